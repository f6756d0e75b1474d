"""Reads reactions again: after Discord sent us no events for a while, and after the store could not save one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

from bot.chat.platform import Core, MarksSeen, Reacted
from bot.domain.errors import PlatformBusy, PlatformRefused, PlatformUncertain, StoreError
from bot.domain.ids import MessageRef, WorkspaceRef

EVERY = timedelta(seconds=60)
"""Between two rounds over the messages whose reactions could not be saved or read."""
MAX_ROUND = 240.0
"""Seconds after which a round ends. The next one continues with the rest."""
READ_WITHIN = 30.0
"""Seconds for one message; some have many pages of reactions."""

log = logging.getLogger("dogear.discord")

Marks = Callable[[MessageRef], Awaitable[Sequence[Reacted]]]


class Repair:
    """The messages that may have other reactions than we know, since when, and the rounds that read them.

    A round may be requested at any time. Rounds run one after the other.
    """

    def __init__(self, core: Core, marks: Marks, now: Callable[[], datetime]) -> None:
        self._core = core
        self._marks = marks
        self._now = now
        self._gaps: dict[WorkspaceRef, datetime] = {}
        self._doubtful: dict[MessageRef, datetime] = {}
        self._one_at_a_time = asyncio.Lock()
        self._rests_until = 0.0

    def gap(self, workspaces: Iterable[WorkspaceRef]) -> None:
        """Events may have been missed there until now: read every message that still counts."""
        for workspace in workspaces:
            self._gaps.setdefault(workspace, self._now())

    def doubt(self, message: MessageRef, since: datetime) -> None:
        """Read this message again. The earliest doubt stays, so that later choices are newer."""
        self._doubtful[message] = min(since, self._doubtful.get(message, since))

    @property
    def busy(self) -> bool:
        """Whether a round is running."""
        return self._one_at_a_time.locked()

    async def round(self) -> None:
        """Read every doubtful message once. A message that cannot be read ends the round and moves to the end of the
        next one.
        """
        async with self._one_at_a_time:
            began = asyncio.get_running_loop().time()
            if began < self._rests_until:
                return
            await self._look_up()
            for message in list(self._doubtful):
                since = self._doubtful.pop(message)
                settled = False
                try:
                    settled = await self._settled(message, since)
                finally:  # also if the round is cancelled
                    if not settled:
                        self.doubt(message, since)
                if not settled or asyncio.get_running_loop().time() - began > MAX_ROUND:
                    return

    async def _look_up(self) -> None:
        """Look up the messages that a gap affects. If the store fails, try again every round."""
        for workspace, since in list(self._gaps.items()):
            shown = await self._core.recent_posts(workspace)
            if shown is None:
                return
            del self._gaps[workspace]
            for message in shown:
                self.doubt(message, since)

    async def _settled(self, message: MessageRef, since: datetime) -> bool:
        """Read the message and save its reactions. False to try again."""
        at = self._now()
        try:
            async with asyncio.timeout(READ_WITHIN):
                seen = await self._marks(message)
            await self._core.handle(MarksSeen(message=message, marks=tuple(seen), at=at, since=since))
        except PlatformRefused as no:
            log.info("reactions are not read again: %s", no)
        except PlatformBusy as busy:
            self._rests_until = asyncio.get_running_loop().time() + busy.retry_after.total_seconds()
            return False
        except (PlatformUncertain, TimeoutError, StoreError) as error:
            log.info("reactions could not be read or noted now: %s", error or "no answer")
            return False
        except Exception:
            log.exception("bug while reactions were read again")
        return True
