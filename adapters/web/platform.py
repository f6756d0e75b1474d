"""A chat in a browser as a platform: one visitor's club, whose messages are on the visitor's page and nowhere else."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.local.room import MEANINGS, Message
from adapters.local.stage import Stage
from adapters.web.screen import DIRECT, UNKNOWN_ZONE, Screen
from adapters.web.visitor import Visitor
from bot.chat.platform import Core, Obstacle, Reacted, Vault, WorkspaceJoined
from bot.domain.card import Card
from bot.domain.delivery import PostingRules
from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    InvocationId,
    MessageRef,
    PlatformName,
    ThreadRef,
    Url,
    WorkspaceRef,
)
from bot.domain.reading_state import ReadingState

WEB = PlatformName("web")
TRIAL = WorkspaceRef(WEB, "trial")
NAME = "the trial in a browser"


class WebPlatform:
    """A ChatPlatform of one visitor, who may speak as anyone of the club.

    `new_id` makes ids of invocations and messages. `zone` is the visitor's IANA zone, None if their browser names none: the
    core then uses the one that they or their team chose. What the visitor does is given to `visitor`, which is there once `ready`
    is set; what they see is in `screen`.
    """

    name: PlatformName = WEB
    posting_rules: PostingRules = PostingRules(channel_pace=timedelta())

    def __init__(
        self, *, stage: Stage, new_id: Callable[[], str], command: str = "blog", zone: str | None = None
    ) -> None:
        self.screen = Screen(ZoneInfo(zone or UNKNOWN_ZONE))
        self.ready = asyncio.Event()
        self.visitor: Visitor | None = None
        self._stage = stage
        self._new_id = new_id
        self._command = command
        self._zone = zone

    async def run(self, core: Core, vault: Vault) -> None:  # noqa: ARG002 -- there is no secret
        """Let the visitor use the club until cancelled."""
        await core.handle(WorkspaceJoined(workspace=TRIAL, name=NAME, by_host=False))
        self.visitor = Visitor(
            core=core,
            stage=self._stage,
            screen=self.screen,
            workspace=TRIAL,
            new_id=lambda: InvocationId(f"{WEB}:{self._new_id()}"),
            command=self._command,
            zone=self._zone,
        )
        self.ready.set()
        await asyncio.Event().wait()

    async def send_only(self, core: Core, vault: Vault) -> None:  # noqa: ARG002 -- the page is in this process
        """Sends nothing: the page belongs to another process."""
        await asyncio.Event().wait()

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        """Show the card in its channel. With a known key, return the message that is there already."""
        ref = MessageRef(channel, key)
        if self.screen.room.at(ref) is None:
            self.screen.add(Message(ref=ref, card=card, at=self._stage.now(), key=key, thread=thread))
        return ref

    async def can_repeat(self, channel: ChannelRef, *, thread: ThreadRef | None = None) -> bool:  # noqa: ARG002
        """The room knows its messages by key, but a new room knows none, so searching is equally good."""
        return False

    async def find(
        self,
        channel: ChannelRef,
        key: str,
        *,
        since: datetime,
        thread: ThreadRef | None = None,  # noqa: ARG002 -- the room knows every message by its key
        sent_from: datetime | None = None,  # noqa: ARG002 -- every search sees all of it
    ) -> Sequence[MessageRef]:
        return self.screen.room.find(channel, key, since)

    async def revise(self, message: MessageRef, card: Card, *, key: str = "") -> None:  # noqa: ARG002 -- the room knows it
        self.screen.room.revise(message, card, at=self._stage.now())
        self.screen.show_again(message)

    async def delete(self, message: MessageRef) -> None:
        self.screen.delete(message)

    async def send_direct(
        self,
        account: AccountRef,
        card: Card,
        *,
        about: WorkspaceRef | None = None,  # noqa: ARG002 -- there is only one workspace
    ) -> None:
        ref = MessageRef(ChannelRef(TRIAL, DIRECT), self._new_id())
        self.screen.add(Message(ref=ref, card=card, at=self._stage.now(), to=account.id))

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        emoji = next(sign for sign, means in MEANINGS.items() if means is meaning)
        self.screen.seeds.setdefault(message, set()).add(emoji)
        self.screen.show_again(message)

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:
        thread = self.screen.room.open_thread(message, title)
        self.screen.show_again(message)
        return thread

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        return self.screen.room.reactions(message)

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> Obstacle | None:  # noqa: ARG002
        channels = self.screen.channels()
        if channel.id in channels:
            return None
        named = " or ".join(f"#{name}" for name in channels)
        return Obstacle(what=f"There is no channel #{channel.id} here.", remedy=f"Use {named}.")

    def link(self, message: MessageRef) -> Url | None:  # noqa: ARG002 -- the page may be behind any address
        return None
