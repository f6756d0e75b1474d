"""A part of the process that fails is restarted."""

import pytest

from bot.domain.errors import StoreError
from bot.runtime import bootstrap
from bot.runtime.bootstrap import restart_on_error
from tests.unit.test_supervise import Counted


async def test_a_failing_part_is_restarted_until_it_ends_by_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bootstrap, "RESTART_PAUSE", 0)
    metrics, ends = Counted(), [ValueError("a bug"), StoreError("The database is away."), None]

    async def work() -> None:
        error = ends.pop(0)
        if error is not None:
            raise error

    await restart_on_error("watch", work, metrics)

    assert ends == []
    assert metrics.restarts == ["watch", "watch"]
    assert [bool(record.exc_info) for record in caplog.records] == [True, False]
