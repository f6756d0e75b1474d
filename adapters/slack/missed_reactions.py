"""Reads reactions again if events may have been missed: after a start and after a reconnect."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from adapters.slack import names
from adapters.slack.redaction import log
from bot.chat.platform import Core, MarksSeen, Reacted
from bot.domain.errors import PlatformBusy, PlatformError, StoreError
from bot.domain.ids import MessageRef, WorkspaceRef

MAX_MESSAGES = 200
"""Only the newest messages are read again; people seldom react to older ones."""
AT_ONCE = 8
"""Workspaces that are read at the same time, besides all other requests to Slack."""
EVERY = timedelta(seconds=5)
"""Between two rounds. A round with nothing to read makes no request."""
MAX_ROUND = 240.0
"""Seconds after which a round ends. The next one continues with the rest."""
SELDOM = 600.0
"""Minimum seconds between two rounds: Slack also reconnects without need."""
STORE_WAIT = 5.0
NOBODY_WAIT = 30.0
SKEW = timedelta(seconds=5)
"""How far our clock may be ahead of Slack's: a reaction newer than the read must not count as missing."""

Marks = Callable[[MessageRef], Awaitable[Sequence[Reacted]]]


class Repair:
    """Corrects the stored reactions to our messages. `pace` is the seconds between two messages of one workspace."""

    def __init__(self, core: Core, marks: Marks, now: Callable[[], datetime], pace: float) -> None:
        self._core = core
        self._marks = marks
        self._now = now
        self._pace = pace
        self._since: datetime | None = None
        """Since when events may have been missed, until a round looks up where; None if none were."""
        self._gaps: dict[WorkspaceRef, datetime] = {}
        """Workspaces whose messages are still to be looked up."""
        self._unread: dict[WorkspaceRef, dict[MessageRef, datetime]] = {}
        self._rests_until = 0.0

    def gap(self) -> None:
        """Events may be missed from now on, by Slack's clock perhaps from slightly earlier."""
        self._since = self._since or self._now() - SKEW

    async def round(self) -> None:
        """Read what needs reading, for a few minutes at most."""
        clock = asyncio.get_running_loop().time
        began = clock()
        if self._since is not None and began >= self._rests_until:
            await self._look_up(began)
        room = asyncio.Semaphore(AT_ONCE)
        waiting = {*self._gaps, *self._unread}
        await asyncio.gather(*(self._repaired(workspace, began + MAX_ROUND, room) for workspace in waiting))

    async def _look_up(self, now: float) -> None:
        """Note the workspaces that the gap affects. Tried again if there are none, or after an error of the store."""
        present = await self._core.joined_workspaces(names.SLACK)
        since, self._since = self._since, None
        if not present or since is None:
            self._since, self._rests_until = since, now + NOBODY_WAIT
            return
        for workspace in present:
            self._gaps.setdefault(workspace, since)

    async def _repaired(self, workspace: WorkspaceRef, until: float, room: asyncio.Semaphore) -> None:
        """Read the messages of one workspace, each once, until that time of the event loop's clock."""
        clock = asyncio.get_running_loop().time
        async with room:
            if clock() > until or (workspace in self._gaps and not await self._listed(workspace)):
                return
            unread = self._unread.get(workspace, {})
            while unread and clock() <= until:
                message = next(iter(unread))
                # If the second try fails too, the stored reactions stay until the next time.
                wait = await self._read(message, unread[message])
                if wait is not None:
                    await asyncio.sleep(wait)
                    await self._read(message, unread[message])
                del unread[message]
                await asyncio.sleep(self._pace)
            if not unread:
                self._unread.pop(workspace, None)

    async def _listed(self, workspace: WorkspaceRef) -> bool:
        """Look up the messages to read. False if the store fails."""
        messages = await self._core.recent_posts(workspace)
        if messages is None:
            return False
        since = self._gaps.pop(workspace)
        unread = self._unread.setdefault(workspace, {})
        for message in messages[:MAX_MESSAGES]:
            unread.setdefault(message, since)
        if unread:
            self._rests_until = asyncio.get_running_loop().time() + SELDOM
        return True

    async def _read(self, message: MessageRef, since: datetime) -> float | None:
        """Read and save it once. Returns the seconds until another try, None for no more."""
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
        except Exception:  # noqa: BLE001 -- a bug with one message must not block the others
            log.error("bug in reading reactions again", exc_info=True)
        return None
