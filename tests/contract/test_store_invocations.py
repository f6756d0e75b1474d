"""Answers kept for repeated uses of a command, on both engines."""

from datetime import timedelta

from bot.domain.ids import InvocationId
from store.sql import SqlStore
from tests.fakes.clock import FakeClock

FIRST = InvocationId("first")


def test_what_was_claimed_is_not_new_to_a_repeat_and_has_its_answer(store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        assert tx.invocations.saved_answer(FIRST) is None
        assert tx.invocations.claim(FIRST)
        tx.invocations.save(FIRST, "done")

    with store.begin(write=True) as tx:
        assert not tx.invocations.claim(FIRST)
        assert tx.invocations.saved_answer(FIRST) == "done"


def test_old_answers_are_forgotten(store: SqlStore, clock: FakeClock) -> None:
    with store.begin(write=True) as tx:
        tx.invocations.claim(FIRST)
        tx.invocations.save(FIRST, "done")
    later = clock.advance(timedelta(days=1))

    with store.begin(write=True) as tx:
        tx.invocations.claim(InvocationId("second"))
        tx.invocations.save(InvocationId("second"), "done")
        tx.invocations.delete_before(later)
        assert tx.invocations.saved_answer(FIRST) is None
        assert tx.invocations.saved_answer(InvocationId("second")) == "done"
