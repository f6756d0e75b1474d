"""The reading state of a member for an entry, and the rule by which reactions decide it.

A member *chooses* a state by typing or pressing a button; a *mark* is a live reaction. The state is a pure function of
the last choice and the live marks, so events that arrive late, twice or out of order end in the same state.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.domain.ids import AccountRef, EntryId, MessageRef
from bot.domain.record import record


class ReadingState(StrEnum):
    """One member's state for one entry. Without a row it is unread."""

    UNREAD = "unread"
    LATER = "later"
    READ = "read"


class Insight(StrEnum):
    """💡 on a message about an entry: the member found something in it. It changes no reading state."""

    INSIGHT = "insight"


class Microphone(StrEnum):
    """🎤 on a digest: the member hosts it. It changes no reading state."""

    HOST = "host"


Meaning: TypeAlias = ReadingState | Insight | Microphone
"""What a reaction means."""


def meaning_of(word: str) -> Meaning:
    """Parse the word that a mark is stored with. Raises ValueError."""
    if word == Insight.INSIGHT.value:
        return Insight.INSIGHT
    return Microphone.HOST if word == Microphone.HOST.value else ReadingState(word)


_STRENGTH = {ReadingState.UNREAD: 0, ReadingState.LATER: 1, ReadingState.READ: 2}


@record
class Mark:
    """One reaction of one account to one message that shows one entry.

    `emoji` is the platform's canonical name of the reaction, `meaning` what it means, `at` the platform's time of
    the last change. `live` says whether the reaction is there now.
    """

    account: AccountRef
    message: MessageRef
    entry: EntryId
    emoji: str
    meaning: Meaning
    at: datetime
    live: bool = True


@record
class Choice:
    """The state that a member last chose for an entry, and when."""

    state: ReadingState
    at: datetime


@record
class Reading:
    """The reading state of one member for one entry since `since`."""

    entry: EntryId
    state: ReadingState
    since: datetime


def state_of(choice: Choice | None, marks: Iterable[Mark]) -> ReadingState:
    """The state that follows from the last choice and the marks.

    Only live marks newer than the choice count, and read beats later. 💡 and 🎤 mean no state. So removing a reaction never undoes a choice, and
    a reaction added after a choice still counts.
    """
    live = [mark for mark in marks if mark.live and (choice is None or mark.at > choice.at)]
    states = [mark.meaning for mark in live if isinstance(mark.meaning, ReadingState)]
    if choice is not None:
        states.append(choice.state)
    return max(states, key=_STRENGTH.__getitem__, default=ReadingState.UNREAD)


@record
class ReadingCounts:
    """How many entries on the list one member has in each state."""

    read: int
    later: int
    unread: int
