"""Background tasks after an acknowledgement."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from adapters.slack.redaction import log
from bot.domain.errors import PlatformError

LAST_WORDS = 4.0
"""Seconds that running tasks have when we stop."""


class Background:
    """The running tasks. An error in one is logged."""

    def __init__(self) -> None:
        self._working: set[asyncio.Task[None]] = set()

    async def finish(self) -> None:
        """Wait for running tasks."""
        if self._working:
            await asyncio.wait(self._working, timeout=LAST_WORDS)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Continue with something after the acknowledgement."""
        task = asyncio.create_task(self._safely(work))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _safely(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except PlatformError as error:
            log.info("an answer did not arrive: %s", error)
        except Exception:  # noqa: BLE001 -- a bug ends here, in the log
            log.error("bug in an answer", exc_info=True)
