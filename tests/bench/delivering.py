"""One worker of the bench: delivers what is due to a platform that answers after 50 ms, from a first line on until it is told to stop.

Run by `tests.bench.deliveries`; prints what it took of memory and how many requests the platform had.
"""

import asyncio
import json
import resource
import signal
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.chat.platform import Core, Reacted, Vault
from bot.domain.card import Card
from bot.domain.delivery import PostingRules
from bot.domain.errors import PlatformBusy
from bot.domain.ids import AccountRef, ChannelRef, MessageRef, PlatformName, ThreadRef, Url, WorkspaceRef
from bot.domain.reading_state import ReadingState
from bot.runtime.bootstrap import open_club
from bot.runtime.settings import load
from tests.bench.memory import peak

NAME = PlatformName("bench")
ANSWERS_AFTER = 0.05
MANNER = PostingRules(workspace_pace=timedelta(milliseconds=20))
"""A second between two messages in a channel, as everywhere."""


class PromptPlatform:
    """Takes everything, each after 50 ms, but turns away a second message in a channel within the same second."""

    name = NAME
    posting_rules = MANNER

    def __init__(self) -> None:
        self.answered = 0
        self.turned_away = 0
        self._last: dict[ChannelRef, float] = {}

    async def _answer(self) -> int:
        await asyncio.sleep(ANSWERS_AFTER)
        self.answered += 1
        return self.answered

    async def run(self, core: Core, vault: Vault) -> None:
        """Nothing comes in."""

    async def send_only(self, core: Core, vault: Vault) -> None:
        """Nothing is needed to send."""

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        now = asyncio.get_running_loop().time()
        if now - self._last.get(channel, now - 2) < 1:
            self.turned_away += 1
            raise PlatformBusy("too fast", retry_after=timedelta(seconds=1))
        self._last[channel] = now
        await self._answer()
        return MessageRef(channel, key)

    async def can_repeat(self, channel: ChannelRef, *, thread: ThreadRef | None = None) -> bool:
        return False

    async def find(
        self,
        channel: ChannelRef,
        key: str,
        *,
        since: datetime,
        thread: ThreadRef | None = None,
        sent_from: datetime | None = None,
    ) -> Sequence[MessageRef]:
        await self._answer()
        return []

    async def revise(self, message: MessageRef, card: Card, *, key: str = "") -> None:
        await self._answer()

    async def delete(self, message: MessageRef) -> None:
        await self._answer()

    async def find_direct(
        self, account: AccountRef, card: Card, *, since: datetime, about: WorkspaceRef | None = None
    ) -> Sequence[MessageRef]:
        return ()

    async def send_direct(
        self, account: AccountRef, card: Card, *, key: str = "", about: WorkspaceRef | None = None
    ) -> None:
        await self._answer()

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        await self._answer()

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:
        await self._answer()
        return ThreadRef(message.channel, message.id)

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        return []

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> None:
        return None

    def link(self, message: MessageRef) -> Url | None:
        return None


async def delivering(database: str) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    platform = PromptPlatform()
    async with open_club(load(database=database), migrate=False) as club:
        club.join(platform)
        say("ready")
        sys.stdin.readline()
        used = resource.getrusage(resource.RUSAGE_SELF)
        began = used.ru_utime + used.ru_stime
        async with club.at_work(lists=False):
            await stopped.wait()
    used = resource.getrusage(resource.RUSAGE_SELF)
    said = {
        "answered": platform.answered,
        "turned_away": platform.turned_away,
        "megabytes": peak(),
        "cpu": used.ru_utime + used.ru_stime - began,
    }
    say(json.dumps({name: round(value, 1) for name, value in said.items()}))


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- the bench reads it


if __name__ == "__main__":
    asyncio.run(delivering(sys.argv[1]))
