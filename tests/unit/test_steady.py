"""A part of the process that breaks is begun anew."""

import asyncio

import pytest

from bot.domain.errors import StoreError
from bot.runtime import steady
from bot.runtime.steady import kept_going
from tests.unit.test_supervise import Counted


def test_what_breaks_is_begun_anew_until_it_ends_by_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(steady, "PAUSE", 0)
    metrics, ends = Counted(), [ValueError("a bug"), StoreError("The database is away."), None]

    async def work() -> None:
        error = ends.pop(0)
        if error is not None:
            raise error

    asyncio.run(kept_going("watch", work, metrics))

    assert ends == []
    assert metrics.restarts == ["watch", "watch"]
    assert [bool(record.exc_info) for record in caplog.records] == [True, False]
