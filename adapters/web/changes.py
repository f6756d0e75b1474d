"""What changed on a page since it was loaded, in order, for the pages that are open."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.record import record

MAX_KEPT = 300
"""Changes for a page that was away for a while. One that missed more is loaded again."""


@record
class Change:
    """One change. `kind` says what the page does with it."""

    number: int
    kind: str
    about: Mapping[str, Any]


class Changes:
    """The newest changes, numbered from 1."""

    def __init__(self) -> None:
        self._kept: deque[Change] = deque(maxlen=MAX_KEPT)
        self._waiting: set[asyncio.Event] = set()
        self.last = 0
        """The number of the newest change, 0 before the first."""

    def add(self, kind: str, **about: Any) -> None:
        self.last += 1
        self._kept.append(Change(number=self.last, kind=kind, about=about))
        for event in self._waiting:
            event.set()

    def since(self, number: int) -> Sequence[Change]:
        """The changes after this one; only a `reload` if not all of them are here."""
        oldest = self._kept[0].number if self._kept else self.last + 1
        if not oldest - 1 <= number <= self.last:
            return (Change(number=self.last, kind="reload", about={}),)
        return [change for change in self._kept if change.number > number]

    async def wait(self, number: int, seconds: float) -> None:
        """Wait until there is a change after this one, or for that many seconds."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            if self.last == number:
                async with asyncio.timeout(seconds):
                    await event.wait()
        except TimeoutError:
            return
        finally:
            self._waiting.discard(event)
