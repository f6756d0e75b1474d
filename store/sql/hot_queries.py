"""Statements about entries and reading states that most commands or every reaction need, built once.

Building one takes several times as long as the database needs to answer it. Parameters have the names of the columns
they are compared with.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Table, and_, bindparam, cast, exists, func, select

from bot.domain.delivery import State, Step
from bot.domain.reading_state import ReadingState
from bot.ports.entries import LOTS
from store.sql.compiled_query import once, these
from store.sql.filters import ENTRIES, within
from store.sql.session import INSERTS
from store.sql.tables import DELIVERY, ENTRY, ENTRY_TAG, MARK, READING

MARK_KEY = ("team", "platform", "workspace", "channel", "message", "account", "emoji")
_MARK_VALUE = ("entry", "meaning", "at", "live")
_MESSAGE = ("platform", "workspace", "channel", "message_channel", "message")
_READING_KEY = ("team", "member", "entry")


def _where(table: Table, *names: str) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(name) for name in names))


def _unread(*, tagged: bool) -> ColumnElement[bool]:
    """Entries on the list without a row in another state: without a row an entry is unread."""
    touched = select(READING.c.entry).where(_where(READING, "team", "member"), READING.c.state != ReadingState.UNREAD)
    having = select(ENTRY_TAG.c.entry).where(_where(ENTRY_TAG, "team", "tag"))
    on_list = and_(_where(ENTRY, "team"), ENTRY.c.retired_at.is_(None), ENTRY.c.number.not_in(touched))
    return and_(on_list, ENTRY.c.number.in_(having)) if tagged else on_list


def _page(*, tagged: bool) -> Select[Any]:
    page = select(ENTRY.c.number).where(_unread(tagged=tagged)).order_by(ENTRY.c.number)
    return page.offset(bindparam("offset")).limit(bindparam("limit"))


def _counted(*where: ColumnElement[bool]) -> Select[Any]:
    return select(func.count().label("number")).where(*where)


UNREAD_COUNT = {tagged: once(_counted(_unread(tagged=tagged))) for tagged in (False, True)}
UNREAD = {tagged: once(_page(tagged=tagged)) for tagged in (False, True)}

ON_LIST = once(_counted(_where(ENTRY, "team"), ENTRY.c.retired_at.is_(None)))
_LISTED = READING.join(ENTRY, and_(ENTRY.c.team == READING.c.team, ENTRY.c.number == READING.c.entry))
_TOUCHED = and_(_where(READING, "team", "member"), ENTRY.c.retired_at.is_(None))
STATE_COUNTS = once(
    select(READING.c.state, func.count().label("number")).select_from(_LISTED).where(_TOUCHED).group_by(READING.c.state)
)
_QUEUE = select(READING.c.entry).select_from(_LISTED).where(_TOUCHED, READING.c.state == ReadingState.LATER)
_IN_TIME = within(bindparam("team"), bindparam("minutes"))
QUEUE = {
    timed: once(queue.order_by(READING.c.since, READING.c.entry).limit(bindparam("limit")))
    for timed, queue in ((False, _QUEUE), (True, _QUEUE.where(_IN_TIME)))
}

NUMBERED = once(ENTRIES.where(_where(ENTRY, "team", "number")))
THESE = these(ENTRIES.where(_where(ENTRY, "team")), ENTRY.c.number)
_LAST = select(func.max(ENTRY.c.number)).where(_where(ENTRY, "team")).scalar_subquery()
_DRAWN = ENTRIES.where(
    _where(ENTRY, "team"),
    ENTRY.c.number == 1 + cast(_LAST, BigInteger) * bindparam("lot", type_=BigInteger) // LOTS,
    ENTRY.c.retired_at.is_(None),
    ~exists().where(
        _where(READING, "team", "member"),
        READING.c.entry == ENTRY.c.number,
        READING.c.state != ReadingState.UNREAD,
    ),
)
DRAWN = once(_DRAWN)

STATE = once(select(READING.c.state).where(_where(READING, *_READING_KEY)))
CHOICE = once(select(READING.c.choice, READING.c.chosen_at).where(_where(READING, *_READING_KEY)))
_MARKS = select(MARK).where(_where(MARK, "team", "platform", "account", "entry"))
MARKS = once(_MARKS.order_by(MARK.c.at, MARK.c.emoji))


_SHOWING = select(DELIVERY.c.team, DELIVERY.c.entry).where(
    _where(DELIVERY, "platform", "workspace", "message"),
    DELIVERY.c.message_channel == bindparam("channel"),
    DELIVERY.c.entry.is_not(None),
)
SHOWING = once(_SHOWING.limit(1))
_POSTED_AT = func.coalesce(DELIVERY.c.sent_from, DELIVERY.c.settled_at)
_DISCUSSIONS = (
    select(*(DELIVERY.c[name] for name in _MESSAGE), _POSTED_AT.label("at"))
    .where(
        _where(DELIVERY, "team", "entry"),
        DELIVERY.c.step == Step.ROOT,
        DELIVERY.c.state == State.SENT,
        DELIVERY.c.message.is_not(None),
    )
    .order_by(_POSTED_AT.desc(), DELIVERY.c.number.desc())
)
DISCUSSIONS = once(_DISCUSSIONS.limit(bindparam("limit")))


def _keep_mark(insert: Any) -> Any:
    """Insert the mark, or update an older one."""
    statement = insert(MARK).values({name: bindparam(name) for name in (*MARK_KEY, *_MARK_VALUE)})
    statement = statement.on_conflict_do_update(
        index_elements=list(MARK_KEY),
        set_={name: statement.excluded[name] for name in _MARK_VALUE},
        where=MARK.c.at <= statement.excluded.at,
    )
    return statement.returning(MARK.c.at)


def _keep(insert: Any, *values: str) -> Any:
    statement = insert(READING).values({name: bindparam(name) for name in (*_READING_KEY, *values)})
    changed = {name: statement.excluded[name] for name in values}
    return statement.on_conflict_do_update(index_elements=list(_READING_KEY), set_=changed)


KEEP_MARK = {engine: _keep_mark(insert) for engine, insert in INSERTS.items()}
KEEP_STATE = {engine: _keep(insert, "state", "since") for engine, insert in INSERTS.items()}
KEEP_CHOICE = {engine: _keep(insert, "state", "since", "choice", "chosen_at") for engine, insert in INSERTS.items()}
