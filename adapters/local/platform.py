"""What a platform without a network has in common: its messages are in a room of this process, and nothing can get lost."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.local.room import Message, Room
from adapters.local.stage import Stage
from bot.chat.platform import Core, Reacted, Vault
from bot.domain.card import Card
from bot.domain.delivery import PostingRules
from bot.domain.ids import AccountRef, ChannelRef, MessageRef, ThreadRef, Url


class LocalPlatform(ABC):
    """The part of a ChatPlatform that only changes the room. A subclass shows the changes, and has the rest."""

    posting_rules: PostingRules = PostingRules(channel_pace=timedelta())

    def __init__(self, room: Room, stage: Stage) -> None:
        self._room = room
        self._stage = stage

    @abstractmethod
    def _show(self, message: Message, *, revised: bool) -> None:
        """Show a message that was posted or changed."""

    @abstractmethod
    def _gone(self, message: Message) -> None:
        """A message was deleted."""

    async def send_only(self, core: Core, vault: Vault) -> None:  # noqa: ARG002 -- what shows it is in another process
        """Sends nothing: another process has the room."""
        await asyncio.Event().wait()

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        """Show the card in its channel. With a known key, return the message that is there already."""
        ref = MessageRef(channel, key)
        if self._room.at(ref) is None:
            message = Message(ref=ref, card=card, at=self._stage.now(), key=key, thread=thread)
            self._room.add(message)
            self._show(message, revised=False)
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

    async def find_direct(
        self,
        account: AccountRef,  # noqa: ARG002
        key: str,  # noqa: ARG002
        *,
        since: datetime,  # noqa: ARG002
        known: MessageRef | None = None,  # noqa: ARG002
    ) -> Sequence[MessageRef]:
        """Empty: what was shown to one person is on the screen only."""
        return []

    async def schedule_event(self, channel: ChannelRef, title: str, at: datetime) -> None:  # noqa: B027 -- a room has none
        """A room has no calendar."""

    async def revise(self, message: MessageRef, card: Card, *, key: str = "") -> None:  # noqa: ARG002  the room knows it
        self._show(self._room.revise(message, card, at=self._stage.now()), revised=True)

    async def delete(self, message: MessageRef) -> None:
        known = self._room.at(message)
        if self._room.delete(message) and known is not None:
            self._gone(known)

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:
        return self._room.open_thread(message, title)

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        return self._room.reactions(message)

    def link(self, message: MessageRef) -> Url | None:  # noqa: ARG002
        """A message in a room has no address of its own."""
        return None
