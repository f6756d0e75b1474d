"""The terminal as a chat platform: posts go into this run's chat room and onto the screen."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from adapters.local.platform import LocalPlatform
from adapters.local.room import Message, Room
from adapters.local.stage import Stage
from adapters.terminal.cards import EVERYTHING_IS_KEPT
from adapters.terminal.conversation import UNKNOWN_ZONE, Conversation, Start
from adapters.terminal.desk import Desk
from adapters.terminal.places import WORKSPACE
from adapters.terminal.screen import Screen
from bot.chat.platform import Core, Obstacle, Vault, WorkspaceJoined
from bot.domain.card import Card
from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    InvocationId,
    MessageRef,
    PlatformName,
    WorkspaceRef,
)
from bot.domain.reading_state import ReadingState
from bot.domain.team import Role

NAME = "this terminal"


class TerminalPlatform(LocalPlatform):
    """A ChatPlatform of one process and one person, who may speak as anyone.

    `invocation_id` makes ids that are unique over all runs. `zone` is the person's IANA zone, None if unknown: the core
    then uses the one that they or their team chose. Messages are forgotten after the run, but their effects are not.
    `workspace` is where the chat is; its platform is the name under which posts arrive here. `kept` says at the end what
    remains of the chat.
    """

    name: PlatformName = WORKSPACE.platform

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
        super().__init__(Room(), stage)
        self.name = workspace.platform
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

    async def send_direct(
        self,
        account: AccountRef,
        card: Card,
        *,
        key: str = "",
        about: WorkspaceRef | None = None,  # noqa: ARG002 -- there is only one workspace
    ) -> MessageRef:
        self._desk.note(card, account.id)
        return MessageRef(ChannelRef(WORKSPACE, f"@{account.id}"), key)

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        """Our own reaction invites people to press it, which makes no sense in text, so nothing is shown."""

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> Obstacle | None:  # noqa: ARG002
        """A channel of the terminal exists by being named."""
        return None

    def _show(self, message: Message, *, revised: bool) -> None:
        thread = self._room.title(message.thread) if message.thread else None
        self._desk.message(message, thread=thread, revised=revised)

    def _gone(self, message: Message) -> None:
        self._screen.gone(message.ref.id)
