"""Reading states, choices and marks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.ids import AccountRef, EntryId, MemberId, MessageRef, TeamId
from bot.domain.reading_state import Choice, Mark, Reading, ReadingCounts, ReadingState
from bot.domain.record import record


@record
class TeamCounts:
    """A team's reading as counts only: who read what is private."""

    members: int
    readers: int
    reads: int
    reads_since: int
    entries: int
    entries_read: int
    most_read: tuple[tuple[EntryId, int], ...]


@record
class Marked:
    """A member with marks on messages that show an entry: their state, last choice and all of these marks."""

    member: MemberId
    state: ReadingState
    choice: Choice | None
    marks: tuple[Mark, ...]


class Readings(Protocol):
    """Reading states, choices and marks."""

    def lock(self, team: TeamId, account: AccountRef, entry: EntryId) -> None:
        """Lock the account's state for the entry until the transaction ends.

        Admit the member first: every transaction takes these two locks in this order.
        """
        ...

    def lock_entries(self, team: TeamId, entries: Collection[EntryId]) -> None:
        """As `lock` for every account of the team."""
        ...

    def state(self, member: MemberId, entry: EntryId) -> ReadingState:
        """The member's state for one entry; unread without a row."""
        ...

    def states(self, member: MemberId, entries: Sequence[EntryId]) -> Mapping[EntryId, ReadingState]:
        """The states of these entries; an entry without a row is left out."""
        ...

    def choice(self, member: MemberId, entry: EntryId) -> Choice | None: ...

    def marks(self, team: TeamId, account: AccountRef, entry: EntryId) -> Sequence[Mark]:
        """Every mark of the account on messages that show the entry, including removed ones."""
        ...

    def marks_on(self, team: TeamId, message: MessageRef) -> Sequence[Mark]:
        """Every mark on one message."""
        ...

    def marked(self, team: TeamId, entry: EntryId) -> Sequence[Marked]:
        """Every member with a mark on a message that shows the entry."""
        ...

    def save_mark(self, team: TeamId, mark: Mark) -> bool:
        """Save the mark unless a newer one for the same account, message and emoji exists. Returns whether it was
        saved.
        """
        ...

    def save(self, member: MemberId, reading: Reading, choice: Choice | None) -> None:
        """Save the state, and the choice unless it is None."""
        ...

    def queue(self, member: MemberId, limit: int, minutes: int | None = None) -> Sequence[EntryId]:
        """The member's queue of entries on the list, oldest first; with `minutes` only those that take no longer."""
        ...

    def unread_count(self, member: MemberId, tag: str | None = None) -> int:
        """The number of unread entries on the list, optionally with the tag."""
        ...

    def unread(self, member: MemberId, tag: str | None = None, *, offset: int, limit: int) -> Sequence[EntryId]:
        """A page of the unread entries, ordered by number."""
        ...

    def counts(self, member: MemberId) -> ReadingCounts: ...

    def readers(self, entry: EntryId, since: datetime | None = None) -> int:
        """How many members have read the entry; with `since` only those who did after that."""
        ...

    def insights(self, entry: EntryId) -> int:
        """How many accounts have a live 💡 on a message about the entry."""
        ...

    def read_since(self, member: MemberId, since: datetime) -> int:
        """How many entries the member has read since then."""
        ...

    def read_by(self, member: MemberId, since: datetime) -> Sequence[datetime]:
        """When the member read what is read now, since then."""
        ...

    def read_in(self, team: TeamId, since: datetime) -> Sequence[tuple[datetime, EntryId]]:
        """When an entry was read by any member of the team, since then, and which."""
        ...

    def team_counts(self, team: TeamId, since: datetime) -> TeamCounts: ...
