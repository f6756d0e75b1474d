"""Reads reactions again where events may have been missed: after a start and after a reconnect."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from adapters.slack import names
from adapters.slack.redaction import log
from bot.chat.platform import Core, MarksSeen, Reacted
from bot.domain.errors import PlatformBusy, PlatformError, StoreError
from bot.domain.ids import MessageRef, WorkspaceRef

MAX_MESSAGES = 200
"""The newest messages are read again; older ones are seldom reacted to."""
AT_ONCE = 8
"""Workspaces that are read at the same time, among everything else that we ask Slack."""
SELDOM = 600.0
"""Minimum seconds between two rounds: Slack also reconnects without need."""
STORE_WAIT = 5.0
NOBODY_WAIT = 30.0
SKEW = timedelta(seconds=5)
"""How far our clock may be ahead of Slack's: a reaction that is newer than what was read must not pass for missing."""

Marks = Callable[[MessageRef], Awaitable[Sequence[Reacted]]]


class Repair:
    """Puts right what the store knows of our messages; `pace` is in seconds between two of them in one workspace."""

    def __init__(self, core: Core, marks: Marks, now: Callable[[], datetime], pace: float) -> None:
        self._core = core
        self._marks = marks
        self._now = now
        self._pace = pace
        self._wanted = asyncio.Event()
        self._since: datetime | None = None

    def gap(self) -> None:
        """Events may have been missed from now on, by Slack's clock perhaps from a little earlier."""
        self._since = self._since or self._now() - SKEW
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wanted.wait()
            began = asyncio.get_running_loop().time()
            self._wanted.clear()
            room = asyncio.Semaphore(AT_ONCE)
            present = await self._core.joined_workspaces(names.SLACK)
            if not present:  # none, or the store has trouble and cannot tell
                self._wanted.set()
                await asyncio.sleep(NOBODY_WAIT)
                continue
            since, self._since = self._since, None
            read = await asyncio.gather(*(self._repaired(workspace, since, room) for workspace in present))
            if any(read):
                await asyncio.sleep(max(began + SELDOM - asyncio.get_running_loop().time(), 0))

    async def _repaired(self, workspace: WorkspaceRef, since: datetime | None, room: asyncio.Semaphore) -> int:
        """Read the messages of one workspace again; how many there were."""
        async with room:
            while (messages := await self._core.recent_posts(workspace)) is None:  # noqa: ASYNC110 -- there is no event for the database's return
                await asyncio.sleep(STORE_WAIT)
            for message in messages[:MAX_MESSAGES]:
                await self._repair(message, since)
                await asyncio.sleep(self._pace)
            return len(messages)

    async def _repair(self, message: MessageRef, since: datetime | None) -> None:
        """Read one message and note what is on it; what cannot be read keeps what is known of it until the next time."""
        wait = await self._read(message, since)
        if wait is not None:
            await asyncio.sleep(wait)
            await self._read(message, since)

    async def _read(self, message: MessageRef, since: datetime | None) -> float | None:
        """Read and note it once; seconds to wait before another try, None if there is to be none."""
        at = self._now() - SKEW
        try:
            seen = await self._marks(message)
            await self._core.handle(MarksSeen(message=message, marks=tuple(seen), at=at, since=since))
        except PlatformBusy as busy:
            return busy.retry_after.total_seconds()
        except PlatformError as error:
            log.info("reactions could not be read: %s", error)
        except StoreError as error:
            log.info("what reactions there are could not be noted now: %s", error)
            return STORE_WAIT
        except Exception:  # noqa: BLE001 -- a bug with one message keeps none of the others from being read
            log.error("bug in reading reactions again", exc_info=True)
        return None
