"""The terminal as a chat platform: posts go into this run's chat room and onto the screen."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.local.room import Message, Room
from adapters.local.stage import Stage
from adapters.terminal.cards import EVERYTHING_IS_KEPT
from adapters.terminal.conversation import UNKNOWN_ZONE, Conversation, Start
from adapters.terminal.desk import Desk
from adapters.terminal.places import WORKSPACE
from adapters.terminal.screen import Screen
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
from bot.domain.team import Role

NAME = "this terminal"


class TerminalPlatform:
    """A ChatPlatform of one process and one person, who may speak as anyone.

    `invocation_id` makes ids that are unique over all runs. `zone` is the person's IANA zone, None if unknown: the core
    then uses the one that they or their team chose. Messages are forgotten after the run, but their effects are not.
    `workspace` is where the chat is; its platform is the name under which posts arrive here. `kept` says at the end what
    remains of the chat.
    """

    name: PlatformName = WORKSPACE.platform
    posting_rules: PostingRules = PostingRules(channel_pace=timedelta())

    def __init__(
        self,
        *,
        stage: Stage,
        screen: Screen,
        invocation_id: Callable[[], InvocationId],
        speaker: str,
        role: Role = Role.ADMIN,
        channel: str = "reading",
        command: str = "blog",
        zone: str | None = None,
        workspace: WorkspaceRef = WORKSPACE,
        kept: str = EVERYTHING_IS_KEPT,
    ) -> None:
        self.name = workspace.platform
        self._stage = stage
        self._screen = screen
        self._start = Start(
            invocation_id=invocation_id,
            speaker=speaker,
            role=role,
            channel=channel,
            command=command,
            zone=zone,
            workspace=workspace,
            kept=kept,
        )
        self._room = Room()
        self._desk = Desk(screen, command, ZoneInfo(zone or UNKNOWN_ZONE))

    async def run(self, core: Core, vault: Vault) -> None:  # noqa: ARG002  the terminal has no secret to keep
        """Chat until the lines end or one says to leave."""
        self._desk.catalogue = core.catalogue
        await core.handle(WorkspaceJoined(workspace=self._start.workspace, name=NAME, by_host=False))
        conversation = Conversation(
            core=core,
            stage=self._stage,
            room=self._room,
            desk=self._desk,
            screen=self._screen,
            start=self._start,
        )
        await conversation.hold()

    async def send_only(self, core: Core, vault: Vault) -> None:  # noqa: ARG002  a terminal is there while it is open
        """Sends nothing: another process has the terminal."""
        await asyncio.Event().wait()

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        """Show the card in its channel. With a known key, return the message that is there already."""
        ref = MessageRef(channel, key)
        if self._room.at(ref) is None:
            self._room.add(Message(ref=ref, card=card, at=self._stage.now(), key=key, thread=thread))
            self._show(ref)
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
        thread: ThreadRef | None = None,  # noqa: ARG002  the room knows every message by its key
        sent_from: datetime | None = None,  # noqa: ARG002  every look sees all of it
    ) -> Sequence[MessageRef]:
        return self._room.find(channel, key, since)

    async def revise(self, message: MessageRef, card: Card, *, key: str = "") -> None:  # noqa: ARG002  the room knows it
        self._room.revise(message, card, at=self._stage.now())
        self._show(message, revised=True)

    async def delete(self, message: MessageRef) -> None:
        if self._room.delete(message):
            self._screen.gone(message.id)

    async def send_direct(
        self,
        account: AccountRef,
        card: Card,
        *,
        about: WorkspaceRef | None = None,  # noqa: ARG002 -- there is only one workspace
    ) -> None:
        self._desk.note(card, account.id)

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        """Our own reaction invites people to press it, which makes no sense in text, so nothing is shown."""

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:
        return self._room.open_thread(message, title)

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        return self._room.reactions(message)

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> Obstacle | None:  # noqa: ARG002
        """A channel of the terminal exists by being named."""
        return None

    def link(self, message: MessageRef) -> Url | None:  # noqa: ARG002  nothing in a terminal has an address
        return None

    def _show(self, ref: MessageRef, *, revised: bool = False) -> None:
        message = self._room.at(ref)
        assert message is not None
        thread = self._room.title(message.thread) if message.thread else None
        self._desk.message(message, thread=thread, revised=revised)
