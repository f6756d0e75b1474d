"""The chat room of one run, in memory: messages, threads and reactions. Shows nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.chat.platform import Reacted
from bot.domain.card import Card
from bot.domain.ids import AccountRef, ChannelRef, EntryNumber, MessageRef, ThreadRef
from bot.domain.reading_state import Insight, Meaning, Microphone, ReadingState
from bot.domain.record import record

MEANINGS: Mapping[str, Meaning] = {
    "✅": ReadingState.READ,
    "🔖": ReadingState.LATER,
    "💡": Insight.INSIGHT,
    "🎤": Microphone.HOST,
}
"""The reactions that mean something."""


@record
class Message:
    """One message. `key` is None if no delivery of this run posted it.

    `by` is the person who wrote it, empty for Dogear; `to` is the only person who sees it, empty for everyone. `typed` is
    the line that it answers.
    """

    ref: MessageRef
    card: Card
    at: datetime
    key: str | None = None
    thread: ThreadRef | None = None
    by: str = ""
    to: str = ""
    typed: str = ""


class Room:
    """The messages of this run. A message of an earlier run is unknown here, and accepted as it is."""

    def __init__(self) -> None:
        self._messages: dict[MessageRef, Message] = {}
        self._threads: dict[ThreadRef, str] = {}
        self._reactions: list[Reacted] = []

    def add(self, message: Message) -> None:
        self._messages[message.ref] = message

    def messages(self) -> Sequence[Message]:
        """Every message, in the order in which they were added."""
        return tuple(self._messages.values())

    def at(self, ref: MessageRef) -> Message | None:
        return self._messages.get(ref)

    def find(self, where: ChannelRef, key: str, since: datetime) -> Sequence[MessageRef]:
        found = self._messages.values()
        return [each.ref for each in found if each.ref.channel == where and each.key == key and each.at >= since]

    def revise(self, ref: MessageRef, card: Card, *, at: datetime) -> Message:
        """The message with this card. One of an earlier run is posted `at` this time."""
        known = self._messages.get(ref)
        self._messages[ref] = replace(known, card=card) if known else Message(ref=ref, card=card, at=at)
        return self._messages[ref]

    def delete(self, ref: MessageRef) -> bool:
        """Delete the message with its reactions. Returns whether it existed."""
        self._reactions = [each for each in self._reactions if each.message != ref]
        return self._messages.pop(ref, None) is not None

    def open_thread(self, ref: MessageRef, title: str) -> ThreadRef:
        thread = ThreadRef(ref.channel, ref.id)
        self._threads.setdefault(thread, title)
        return thread

    def newest_thread(self, where: ChannelRef) -> ThreadRef | None:
        """The channel's thread that was opened last."""
        opened = [thread for thread in self._threads if thread.channel == where]
        return opened[-1] if opened else None

    def has_thread(self, thread: ThreadRef) -> bool:
        return thread in self._threads

    def title(self, thread: ThreadRef) -> str:
        """The thread's title; empty for a thread of an earlier run."""
        return self._threads.get(thread, "")

    def showing(self, entry: EntryNumber) -> MessageRef | None:
        """The newest message that shows the entry."""
        shown = [each for each in self._messages.values() if each.card.entry and each.card.entry.number == entry]
        return shown[-1].ref if shown else None

    def react(self, reaction: Reacted) -> None:
        self.unreact(reaction.message, reaction.actor.account, reaction.emoji)
        self._reactions.append(reaction)

    def unreact(self, ref: MessageRef, account: AccountRef, emoji: str) -> None:
        self._reactions = [
            each for each in self._reactions if (each.message, each.actor.account, each.emoji) != (ref, account, emoji)
        ]

    def reacted(self, account: AccountRef, emoji: str, entry: EntryNumber) -> Sequence[MessageRef]:
        """The messages on which the account has this reaction for the entry."""
        found = [each for each in self._reactions if each.actor.account == account and each.emoji == emoji]
        return [each.message for each in found if each.entry == entry]

    def reactions(self, ref: MessageRef) -> Sequence[Reacted]:
        return [each for each in self._reactions if each.message == ref]
