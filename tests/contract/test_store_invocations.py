"""Answers kept for repeated uses of a command, on both engines."""

from datetime import timedelta

from bot.domain.ids import InvocationId
from store.sql import SqlStore
from tests.fakes.clock import FakeClock

FIRST = InvocationId("first")


def test_the_first_answer_is_kept_for_every_repeat(store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        assert tx.invocations.answer(FIRST) is None
        tx.invocations.keep(FIRST, "done")
        tx.invocations.keep(FIRST, "done again")

    with store.begin(write=False) as tx:
        assert tx.invocations.answer(FIRST) == "done"


def test_old_answers_are_forgotten(store: SqlStore, clock: FakeClock) -> None:
    with store.begin(write=True) as tx:
        tx.invocations.keep(FIRST, "done")
    later = clock.advance(timedelta(days=1))

    with store.begin(write=True) as tx:
        tx.invocations.keep(InvocationId("second"), "done")
        tx.invocations.forget_before(later)
        assert tx.invocations.answer(FIRST) is None
        assert tx.invocations.answer(InvocationId("second")) == "done"
