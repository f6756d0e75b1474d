"""Which rows of the ledger want attention: statements that are built once and asked every few seconds.

Building one of them anew costs more than the database needs to answer it. Parameters: `now` everywhere, `limit` and
`platforms` where a worker takes rows.
"""

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Text,
    and_,
    bindparam,
    func,
    literal,
    select,
    tuple_,
    union_all,
    update,
)

from bot.domain.delivery import State
from store.sql.tables import DELIVERY

CHANNEL = ("platform", "workspace", "channel")
_NOW = bindparam("now", type_=DELIVERY.c.not_before.type)
_LIMIT: BindParameter[int] = bindparam("limit")
_OURS = DELIVERY.c.platform.in_(bindparam("platforms", expanding=True))
_ORDER = (DELIVERY.c.not_before, DELIVERY.c.team, DELIVERY.c.number)


def in_state(table: FromClause, *states: State) -> ColumnElement[bool]:
    """The states stand in the statement itself: an engine that does not see them does not use a partial index."""
    listed = bindparam(None, list(states), Text, expanding=True, literal_execute=True)
    return table.c.state.in_(listed)


def _same_channel(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in CHANNEL))


def _probe(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is such a row, asked of an index for each row that comes up until enough are found.

    Without the OFFSET, PostgreSQL joins the whole ledger with itself: 60 ms a lease at 3,000 rows, and 3 s before
    it has gathered statistics.
    """
    return select(literal(1)).where(*where).offset(0).exists()


def _no_other_in_flight() -> ColumnElement[bool]:
    other = DELIVERY.alias("other")
    return ~_probe(_same_channel(other, DELIVERY), in_state(other, State.LEASED, State.SENDING))


def _first_in_channel() -> ColumnElement[bool]:
    earlier = DELIVERY.alias("earlier")
    # COALESCE keeps the planner from the index over all channels, which it takes where it has no statistics.
    at = func.coalesce(earlier.c.not_before, earlier.c.not_before)
    before = tuple_(at, earlier.c.team, earlier.c.number) < tuple_(*_ORDER)
    return ~_probe(_same_channel(earlier, DELIVERY), in_state(earlier, State.PENDING), before)


CHANNEL_IS_FREE = _no_other_in_flight()
"""No delivery to the row's channel is in flight."""

LEASABLE = (
    select(DELIVERY.c.team, DELIVERY.c.number)
    .where(
        in_state(DELIVERY, State.PENDING), DELIVERY.c.not_before <= _NOW, _OURS, CHANNEL_IS_FREE, _first_in_channel()
    )
    .order_by(*_ORDER)
    .limit(_LIMIT)
)
"""Due rows, the longest due first, of each channel without one in flight only the first."""

LEASABLE_AND_UNLOCKED = LEASABLE.with_for_update(skip_locked=True)

ENDED = select(DELIVERY).where(in_state(DELIVERY, State.LEASED, State.SENDING), DELIVERY.c.lease_until <= _NOW)
"""Rows whose lease ended."""

ENDED_AND_UNLOCKED = ENDED.with_for_update(skip_locked=True)

SKIP_LATE = (
    update(DELIVERY)
    .where(in_state(DELIVERY, State.PENDING), DELIVERY.c.late_after <= _NOW)
    .values(state=State.SKIPPED.value, outcome="too late by then", settled_at=_NOW)
    .returning(*DELIVERY.c)
)
"""Skip what nobody sent in time."""

OVERDUE = LEASABLE.with_only_columns(DELIVERY.c.not_before)
"""When what could be leased now fell due."""

OPEN = (
    select(DELIVERY.c.state, func.count().label("number"))
    .where(in_state(DELIVERY, *(state for state in State if not state.final)))
    .group_by(DELIVERY.c.state)
)

_PLACE = func.row_number().over(partition_by=[DELIVERY.c[name] for name in CHANNEL], order_by=_ORDER).label("place")
_RANKED = (
    select(DELIVERY, _PLACE)
    .where(in_state(DELIVERY, State.UNCERTAIN), DELIVERY.c.not_before <= _NOW, _OURS)
    .subquery("ranked")
)
UNCERTAIN = (
    select(_RANKED)
    .where(_RANKED.c.place == 1)
    .order_by(_RANKED.c.not_before, _RANKED.c.team, _RANKED.c.number)
    .limit(_LIMIT)
)
"""Uncertain rows to be looked into; the window runs over what is uncertain now, which is little."""

NEXT = select(
    func.min(
        union_all(
            select(func.min(DELIVERY.c.not_before).label("at")).where(in_state(DELIVERY, State.PENDING)),
            select(func.min(DELIVERY.c.lease_until)).where(in_state(DELIVERY, State.LEASED, State.SENDING)),
            select(func.min(DELIVERY.c.not_before)).where(in_state(DELIVERY, State.UNCERTAIN)),
        )
        .subquery("firsts")
        .c.at
    )
)
"""When the next row wants attention: the least of three, each the first of an index."""
