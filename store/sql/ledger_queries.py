"""The ledger's statements, built once: which rows are due, and how a delivery changes.

Building one takes longer than the database needs to run it. Parameters of the queries: `now` everywhere, `limit` and
`platforms` where a worker claims rows.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    desc,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from bot.domain.delivery import MESSAGES, State, Step
from store.sql.tables import DELIVERY, HALT, WORKSPACE

EVERYWHERE = ""
"""In a halt: all workspaces of the platform. No workspace has an empty id."""
CHANNEL = ("platform", "workspace", "channel")
_NOW = bindparam("now", type_=DELIVERY.c.not_before.type)
_LIMIT: BindParameter[int] = bindparam("limit")
_OURS = DELIVERY.c.platform.in_(bindparam("platforms", expanding=True))
_ORDER = (DELIVERY.c.not_before, DELIVERY.c.team, DELIVERY.c.number)


def in_state(table: FromClause, *states: State) -> ColumnElement[bool]:
    """The states are literals in the statement: an engine that does not see them does not use a partial index."""
    listed = bindparam(None, list(states), Text, expanding=True, literal_execute=True)
    return table.c.state.in_(listed)


def _same_channel(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in CHANNEL))


def _probe(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether such a row exists, as an index probe for each candidate row until enough are found.

    Without the OFFSET, PostgreSQL joins the whole ledger with itself: 60 ms per lease at 3,000 rows, and 3 s before it
    has gathered statistics.
    """
    return select(literal(1)).where(*where).offset(0).exists()


def _no_other_in_flight() -> ColumnElement[bool]:
    other = DELIVERY.alias("other")
    return ~_probe(_same_channel(other, DELIVERY), in_state(other, State.LEASED, State.SENDING))


def _first_in_channel() -> ColumnElement[bool]:
    earlier = DELIVERY.alias("earlier")
    # COALESCE keeps the planner from the index over all channels, which it chooses without statistics.
    at = func.coalesce(earlier.c.not_before, earlier.c.not_before)
    before = tuple_(at, earlier.c.team, earlier.c.number) < tuple_(*_ORDER)
    return ~_probe(_same_channel(earlier, DELIVERY), in_state(earlier, State.PENDING), before)


def _not_halted() -> ColumnElement[bool]:
    """Skip the steps of a workspace that are halted until its platform has time again."""
    there = HALT.c.workspace.in_([DELIVERY.c.workspace, EVERYWHERE])
    here = and_(HALT.c.platform == DELIVERY.c.platform, there)
    return ~_probe(here, HALT.c.step == DELIVERY.c.step, HALT.c.until > _NOW)


NOT_HALTED = _not_halted()
_IN_TIME = or_(DELIVERY.c.late_after.is_(None), DELIVERY.c.late_after > _NOW)
"""Late rows are excluded: on PostgreSQL a row may have become due again since `skip_overdue`."""
CHANNEL_IS_FREE = _no_other_in_flight()
"""No delivery to the row's channel is in flight."""

LEASABLE = (
    select(DELIVERY.c.key)
    .where(
        in_state(DELIVERY, State.PENDING),
        DELIVERY.c.not_before <= _NOW,
        _OURS,
        CHANNEL_IS_FREE,
        _first_in_channel(),
        NOT_HALTED,
        _IN_TIME,
    )
    .order_by(*_ORDER)
    .limit(_LIMIT)
)
"""Due rows that are not too late, the longest due first. Of each channel only the first, if none is in flight."""

LEASABLE_AND_UNLOCKED = LEASABLE.with_for_update(skip_locked=True)

_NAME = func.concat_ws("/", *(DELIVERY.c[name] for name in CHANNEL))
HELD = select(
    DELIVERY.c.key,
    func.pg_try_advisory_xact_lock(func.hashtextextended(_NAME, literal(0, BigInteger))).label("held"),
).where(DELIVERY.c.key.in_(bindparam("keys", expanding=True)))
"""Lock the channels of the rows with these keys until our transaction ends, if possible. On PostgreSQL."""

ENDED = select(DELIVERY).where(in_state(DELIVERY, State.LEASED, State.SENDING), DELIVERY.c.lease_until <= _NOW, _OURS)
"""Rows whose lease ended."""

ENDED_AND_UNLOCKED = ENDED.with_for_update(skip_locked=True)

SKIP_LATE = (
    update(DELIVERY)
    .where(in_state(DELIVERY, State.PENDING), DELIVERY.c.late_after <= _NOW)
    .values(state=State.SKIPPED.value, outcome="too late by then", settled_at=_NOW)
    .returning(*DELIVERY.c)
)
"""Skip what was not sent in time."""

SKIP_LATE_OF = SKIP_LATE.where(_OURS)
"""The same for some platforms only."""

OVERDUE = LEASABLE.with_only_columns(DELIVERY.c.not_before)
"""When the first row became due that could be leased now."""


_IN_FLIGHT = (State.LEASED, State.SENDING)


def _number_in(*states: State) -> Select[tuple[str, int]]:
    number = select(DELIVERY.c.state, func.count().label("number"))
    return number.where(in_state(DELIVERY, *states)).group_by(DELIVERY.c.state)


OPEN = union_all(
    _number_in(*_IN_FLIGHT),
    *(_number_in(state) for state in State if not state.final and state not in _IN_FLIGHT),
)
"""The number of rows in each state that is not final, from the partial indexes."""

_LOOKED_INTO = and_(DELIVERY.c.lease_until.is_not(None), DELIVERY.c.lease_until > _NOW)
_PLACE = func.row_number().over(
    partition_by=[DELIVERY.c[name] for name in CHANNEL], order_by=(_LOOKED_INTO.desc(), *_ORDER)
)
_RANKED = (
    select(DELIVERY, _PLACE.label("place"), _LOOKED_INTO.label("looked_into"))
    .where(in_state(DELIVERY, State.UNCERTAIN), DELIVERY.c.not_before <= _NOW, _OURS)
    .subquery("ranked")
)
UNCERTAIN = (
    select(_RANKED.c.key)
    .where(_RANKED.c.place == 1, ~_RANKED.c.looked_into)
    .order_by(_RANKED.c.not_before, _RANKED.c.team, _RANKED.c.number)
    .limit(_LIMIT)
)
"""Uncertain rows to search for, one per channel. The window function runs over uncertain rows only, which are few."""

STILL_UNCERTAIN = and_(in_state(DELIVERY, State.UNCERTAIN), DELIVERY.c.not_before <= _NOW, ~_LOOKED_INTO)
"""No other worker has claimed the row since it was selected."""

UNSWEPT = select(DELIVERY.c.key).where(DELIVERY.c.sweep_at <= _NOW, _OURS).order_by(DELIVERY.c.sweep_at).limit(_LIMIT)
"""Sent messages that may have duplicates."""

STILL_UNSWEPT = DELIVERY.c.sweep_at <= _NOW

_TROUBLED = select(DELIVERY).where(
    DELIVERY.c.team == bindparam("of_team", type_=Integer), DELIVERY.c.step != Step.NOTICE
)
_WAIT_FOR_A_PERSON = _TROUBLED.where(in_state(DELIVERY, State.NEEDS_HUMAN))
_REFUSED = _TROUBLED.where(
    in_state(DELIVERY, State.REFUSED), DELIVERY.c.settled_at >= bindparam("since", type_=DELIVERY.c.settled_at.type)
)
UNSETTLED = union_all(_WAIT_FOR_A_PERSON, _REFUSED).order_by(desc("settled_at"), desc("number"))
"""What waits for a person in the team `of_team` or was refused after `since`, newest first.

Each part uses its own index, because these rows are few among all that the team was ever sent.
"""

NEXT = select(
    func.min(
        union_all(
            *(
                select(func.min(moment).label("at")).where(*where, moment > _NOW)
                for moment, *where in (
                    (DELIVERY.c.not_before, in_state(DELIVERY, State.PENDING)),
                    (DELIVERY.c.lease_until, in_state(DELIVERY, State.LEASED, State.SENDING)),
                    (DELIVERY.c.not_before, in_state(DELIVERY, State.UNCERTAIN)),
                    (DELIVERY.c.sweep_at,),
                    (HALT.c.until,),
                )
            )
        )
        .subquery("firsts")
        .c.at
    )
)
"""When the next row is due, or a halt ends: the earliest of five index lookups after now."""


_ROW = DELIVERY.c
_MOMENT = _ROW.not_before.type
_FREE_AT = bindparam("free_at", type_=_MOMENT)
_TEAM, _NUMBER, _FENCE = (bindparam(f"of_{name}", type_=Integer) for name in ("team", "number", "fence"))
_FINAL = [state for state in State if state.final]


def _given(name: str) -> Any:
    """The new value of the column, or the old one if none is given."""
    return func.coalesce(bindparam(f"to_{name}", type_=_ROW[name].type), _ROW[name])


def _is_message() -> Any:
    return _ROW.step.in_(bindparam(None, sorted(MESSAGES), Text, expanding=True, literal_execute=True))


_IS_OURS = (
    select(literal(1))
    .where(WORKSPACE.c.platform == _ROW.platform, WORKSPACE.c.id == _ROW.workspace, WORKSPACE.c.team == _ROW.team)
    .where(WORKSPACE.c.left_at.is_(None))
    .exists()
)

_NAMED = _ROW.key.in_(bindparam("keys", expanding=True))
"""The one column that identifies a row: for a list of several, SQLite would scan the whole ledger."""

LEASE = (
    update(DELIVERY)
    .where(_NAMED, CHANNEL_IS_FREE)
    .values(
        state=bindparam("to_state", type_=Text),
        lease_owner=bindparam("owner", type_=_ROW.lease_owner.type),
        lease_until=bindparam("until", type_=_MOMENT),
        fence=_ROW.fence + 1,
    )
    .returning(*_ROW)
)
"""Claim the rows with these keys."""

INTEND = (
    update(DELIVERY)
    .where(
        _NAMED,
        tuple_(_ROW.key, _ROW.fence).in_(bindparam("fences", expanding=True)),
        _ROW.state == State.LEASED,
        _ROW.lease_until >= bindparam("enough", type_=_MOMENT),
        NOT_HALTED,
        or_(_IS_OURS, and_(_ROW.step == Step.NOTICE, _ROW.told_account.is_(None))),
    )
    .values(
        state=State.SENDING,
        attempt=_ROW.attempt + 1,
        sent_from=_NOW,
        first_sent_from=func.coalesce(_ROW.first_sent_from, _NOW),
    )
    .returning(_ROW.team, _ROW.number, _ROW.attempt, _ROW.sent_from, _ROW.first_sent_from)
)
"""Start attempts. `fences` are (key, fence); `enough` is the time until which the lease must last. Only a notice to the
host's channel may go to another team's workspace.
"""

_ATTEMPT = bindparam("to_attempt", type_=Integer)

SETTLE = (
    update(DELIVERY)
    .where(_ROW.team == _TEAM, _ROW.number == _NUMBER, _ROW.fence == _FENCE, ~in_state(DELIVERY, *_FINAL))
    .values(
        state=bindparam("to_state", type_=Text),
        outcome=bindparam("to_outcome", type_=_ROW.outcome.type),
        settled_at=_NOW,
        not_before=bindparam("to_not_before", type_=_MOMENT),
        sweep_at=bindparam("to_sweep_at", type_=_MOMENT),
        lease_owner=None,
        lease_until=None,
        attempt=func.coalesce(_ATTEMPT, _ROW.attempt),
        first_sent_from=case((_ATTEMPT == 0, None), else_=_ROW.first_sent_from),
        **{name: _given(name) for name in ("message_channel", "message", "thread_channel", "thread")},
    )
    .returning(*(column for column in _ROW if column is not _ROW.body))
)
"""Save how an attempt ended, unless the fence has moved on. A delivery that was never attempted has no first attempt.
"""

_NEXT = _ROW.waits_for == bindparam("of_ordinal", type_=Integer)

FOLLOW = (
    update(DELIVERY)
    .where(
        _ROW.team == _TEAM,
        _ROW.source_key == bindparam("of_source", type_=_ROW.source_key.type),
        in_state(DELIVERY, State.PENDING, State.UNCERTAIN),
    )
    .values(
        not_before=case((and_(_NEXT, _is_message()), _FREE_AT), (_NEXT, _NOW), else_=_ROW.not_before),
        **{name: _given(name) for name in ("root_channel", "root", "thread_channel", "thread")},
    )
)
"""After a step was sent: save its place in the following steps, and make those due that waited for it.

After a restore some of them are already uncertain. They are searched for in turn.
"""

_WAITING = (
    *(_ROW[name] == bindparam(f"of_{name}", type_=_ROW[name].type) for name in CHANNEL),
    in_state(DELIVERY, State.PENDING),
    _is_message(),
)

PUSH = update(DELIVERY).where(*_WAITING, _ROW.not_before < _FREE_AT).values(not_before=_FREE_AT)
"""Hold the channel's other messages back until it is free again."""

BUSY_UNTIL = select(func.max(_ROW.not_before)).where(*_WAITING)
"""When the last pending message of the channel is due. Later than now if the channel is on hold."""
