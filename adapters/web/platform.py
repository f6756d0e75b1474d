"""A chat in a browser as a platform: one visitor's club, whose messages are on the visitor's page and nowhere else."""

import asyncio
from collections.abc import Callable
from zoneinfo import ZoneInfo

from adapters.local.platform import LocalPlatform
from adapters.local.room import MEANINGS, Message
from adapters.local.stage import Stage
from adapters.web.screen import DIRECT, UNKNOWN_ZONE, Screen
from adapters.web.visitor import Visitor
from bot.chat.platform import Core, Obstacle, Vault, WorkspaceJoined
from bot.domain.card import Card
from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    InvocationId,
    MessageRef,
    PlatformName,
    ThreadRef,
    WorkspaceRef,
)
from bot.domain.reading_state import ReadingState

WEB = PlatformName("web")
TRIAL = WorkspaceRef(WEB, "trial")
NAME = "the trial in a browser"


class WebPlatform(LocalPlatform):
    """A ChatPlatform of one visitor, who may speak as anyone of the club.

    `new_id` makes ids of invocations and messages. `zone` is the visitor's IANA zone, None if their browser names none: the
    core then uses the one that they or their team chose. What the visitor does is given to `visitor`, which is there once `ready`
    is set; what they see is in `screen`.
    """

    name: PlatformName = WEB

    def __init__(
        self, *, stage: Stage, new_id: Callable[[], str], command: str = "blog", zone: str | None = None
    ) -> None:
        self.screen = Screen(ZoneInfo(zone or UNKNOWN_ZONE))
        super().__init__(self.screen.room, stage)
        self.ready = asyncio.Event()
        self.visitor: Visitor | None = None
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

    async def send_direct(
        self,
        account: AccountRef,
        card: Card,
        *,
        key: str = "",
        about: WorkspaceRef | None = None,  # noqa: ARG002 -- there is only one workspace
    ) -> MessageRef:
        ref = MessageRef(ChannelRef(TRIAL, DIRECT), key or self._new_id())
        if self.screen.room.at(ref) is None:
            self.screen.add(Message(ref=ref, card=card, at=self._stage.now(), to=account.id))
        return ref

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        emoji = next(sign for sign, means in MEANINGS.items() if means is meaning)
        self.screen.seeds.setdefault(message, set()).add(emoji)
        self.screen.show_again(message)

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:
        thread = await super().open_thread(message, title)
        self.screen.show_again(message)
        return thread

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> Obstacle | None:  # noqa: ARG002
        channels = self.screen.channels()
        if channel.id in channels:
            return None
        named = " or ".join(f"#{name}" for name in channels)
        return Obstacle(what=f"There is no channel #{channel.id} here.", remedy=f"Use {named}.")

    def _show(self, message: Message, *, revised: bool) -> None:
        self.screen.show(message, again=revised)

    def _gone(self, message: Message) -> None:
        self.screen.gone(message)
