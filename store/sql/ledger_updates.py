"""The statements that change a delivery, built once.

Building one takes longer than the database needs to run it.
"""

from typing import Any

from sqlalchemy import Integer, Text, and_, bindparam, case, func, literal, or_, select, tuple_, update

from bot.domain.delivery import MESSAGES, State, Step
from store.sql.ledger_queries import CHANNEL, CHANNEL_IS_FREE, NOT_HALTED, in_state
from store.sql.tables import DELIVERY, WORKSPACE

_ROW = DELIVERY.c
_MOMENT = _ROW.not_before.type
_NOW = bindparam("now", type_=_MOMENT)
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
