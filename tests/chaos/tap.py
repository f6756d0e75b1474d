"""What a worker's transactions do to the ledger, seen from outside: the store is the product's own."""

import threading
from typing import Any

from sqlalchemy import Connection

from bot.domain.delivery import Delivery, State, Step, Transition
from store.sql import SqlStore
from tests.chaos.points import Point, Trap

_DONE = {
    Point.PLAN_OPEN: Point.PLAN_DONE,
    Point.LEASE_OPEN: Point.LEASE_DONE,
    Point.INTENT_OPEN: Point.INTENT_DONE,
    Point.RESULT_OPEN: Point.RESULT_DONE,
}


def tap(store: SqlStore, trap: Trap, *, naive: bool = False, notices: bool = False) -> None:
    """Tell the trap of every plan, lease, intent and result: before the commit that keeps it, and after; of those of
    messages to one person only with `notices`.

    A `naive` ledger sends again whatever it does not know to have arrived, as most queues do.
    """
    note = Noted(trap)
    transaction, dialect = store._transaction, store._engine.dialect
    commit, rollback = dialect.do_commit, dialect.do_rollback

    def tapped(connection: Connection) -> Any:
        tx: Any = transaction(connection)
        known = tx.ledger
        tx.__dict__["ledger"] = Tapped(Naive(known, tx) if naive else known, note, set() if notices else {Step.NOTICE})
        return tx

    def committed(connection: Any) -> None:
        commit(connection)
        note.kept()

    def rolled_back(connection: Any) -> None:
        rollback(connection)
        note.lost()

    # From outside, for the product has no such seam.
    store._transaction = tapped  # type: ignore[method-assign]
    dialect.do_commit = committed  # type: ignore[method-assign, assignment]
    dialect.do_rollback = rolled_back  # type: ignore[method-assign, assignment]


class Noted(threading.local):
    """What the transaction of this thread did, told as it is done and again when it is kept."""

    def __init__(self, trap: Trap) -> None:
        self._trap = trap
        self._done: dict[Point, int] = {}

    def __call__(self, point: Point, times: int = 1) -> None:
        after = _DONE.get(point, point)
        self._done[after] = self._done.get(after, 0) + times
        if after is not point:
            self._trap.passed(point, times)

    def kept(self) -> None:
        done, self._done = self._done, {}
        for point, times in done.items():
            self._trap.passed(point, times)

    def lost(self) -> None:
        self._done = {}


class Tapped:
    """The ledger's noun, with everything it does noted; what is not named here goes through as it is, and so do the
    steps that are `left_out`.
    """

    def __init__(self, deliveries: Any, note: Noted, left_out: set[Step]) -> None:
        self._deliveries = deliveries
        self._note = note
        self._left_out = left_out

    def __getattr__(self, name: str) -> Any:
        return getattr(self._deliveries, name)

    def plan(self, *arguments: Any, **named: Any) -> Any:
        planned = self._deliveries.plan(*arguments, **named)
        self._note(Point.PLAN_OPEN, bool(planned) and arguments[1][0].step not in self._left_out)
        return planned

    def lease(self, *arguments: Any, **named: Any) -> Any:
        leased = self._deliveries.lease(*arguments, **named)
        self._note(Point.LEASE_OPEN, sum(one.draft.step not in self._left_out for one in leased))
        self._note(Point.NEXT_STEP, sum(one.draft.waits_for is not None for one in leased))
        return leased

    def start_attempts(self, *arguments: Any, **named: Any) -> Any:
        intended = self._deliveries.start_attempts(*arguments, **named)
        self._note(Point.INTENT_OPEN, sum(one.draft.step not in self._left_out for one in intended))
        return intended

    def settle(self, delivery: Delivery, transition: Transition, **named: Any) -> Any:
        settled = self._deliveries.settle(delivery, transition, **named)
        is_post = transition.state is State.SENT and delivery.draft.step not in self._left_out
        self._note(Point.RESULT_OPEN, bool(settled) and is_post)
        return settled


class Naive:
    """Lease and retry: what is in doubt is simply sent again."""

    def __init__(self, deliveries: Any, tx: Any) -> None:
        self._deliveries = deliveries
        self._tx = tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self._deliveries, name)

    def claim_uncertain(self, *arguments: Any, **named: Any) -> Any:
        for one in self._deliveries.claim_uncertain(*arguments, **named):
            self._deliveries.settle(one, Transition(state=State.PENDING, not_before=self._tx.now()))
        return []
