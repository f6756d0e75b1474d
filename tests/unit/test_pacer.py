"""Whose turn it is: a workspace's requests follow each other at its pace, however many there are."""

from datetime import timedelta

from bot.domain.delivery import PostingRules, State, Step
from bot.runtime.worker import Pacer
from tests.fakes.clock import FakeClock
from tests.fakes.records import a_delivery

TENTH = PostingRules(workspace_pace=timedelta(milliseconds=100))


def test_requests_for_a_workspace_take_turns() -> None:
    pacer = Pacer(FakeClock())
    seed = a_delivery(Step.SEED, State.LEASED)

    waits = [pacer.turn(seed, TENTH, 0.0, 5.0) for _ in range(3)]

    assert waits[0] == 0.0
    assert waits[0] + 0.1 <= waits[1] <= waits[2] - 0.1


def test_a_turn_that_is_too_far_away_to_wait_for_puts_off_nobody() -> None:
    pacer = Pacer(FakeClock())
    seed = a_delivery(Step.SEED, State.LEASED)
    waits = [pacer.turn(seed, TENTH, 0.0, 5.0) for _ in range(1000)]

    assert sum(wait <= 5.0 for wait in waits) > 40
    assert pacer.turn(seed, TENTH, 5.2, 5.0) < 0.2
