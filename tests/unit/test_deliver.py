"""What a worker does with the results of its attempts when the database does not take them."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

import pytest

import bot.runtime.deliver
from bot.domain.delivery import Durations
from bot.domain.errors import StoreError
from bot.ports import Meter, Runner, Transaction
from bot.runtime.deliver import Deliverer
from bot.runtime.notices import Notices
from bot.service.deliveries import Attempted
from tests.fakes.clock import FakeClock
from tests.fakes.records import a_delivery, a_message

T = TypeVar("T")
ATTEMPT = timedelta(milliseconds=20)


class Broken:
    """Fails `failures` times, each time after longer than an attempt lasts, as after a freeze; then notes nothing."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    async def write(self, use_case: Callable[[Transaction], T]) -> list[Any]:
        if self.failures:
            self.failures -= 1
            await asyncio.sleep(2 * ATTEMPT.total_seconds())
            raise StoreError("The connection is gone.")
        return []


def noted(runner: Broken) -> Any:
    nobody = cast(Any, None)
    worker = Deliverer(
        cast(Runner, runner), {}, cast(Notices, nobody), Durations(attempt=ATTEMPT), FakeClock(), cast(Meter, nobody)
    )
    return asyncio.run(worker._note_all([Attempted(delivery=a_delivery(), result=a_message("1"))]))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.runtime.deliver, "RESULT_AGAIN", 0.005)


def test_a_worker_that_was_frozen_notes_its_result_over_a_new_connection() -> None:
    assert noted(Broken(failures=1)) == []


def test_a_database_that_stays_away_is_let_be_in_the_end() -> None:
    with pytest.raises(StoreError):
        noted(Broken(failures=100))
