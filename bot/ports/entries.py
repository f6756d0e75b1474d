"""The entries of a team's list and the files that they come from."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.entry import Entry, Tag
from bot.domain.ids import EntryId, EntryNumber, MemberId, SourceId, TeamId
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.source import HeldChange, ReadEntry, Source, SourceFile


@record
class EntryFilter:
    """Which entries on the list: those with the tag, and those in the state for the asking member."""

    tag: str | None = None
    state: ReadingState | None = None


@record
class StoredEntry:
    """What is kept of an entry of a file, as much as a sync needs; `content` is the hash that `content_of` makes."""

    id: EntryId
    number: EntryNumber
    key: str
    line: int
    content: str
    retired: bool
    source: SourceId
    file: str


LOTS = 2**31
"""Of so many one is drawn; a number has at most one more than another."""


class Entries(Protocol):
    """The entries of a team. Retired ones are left out wherever it is not said otherwise.

    `page`, `added_since` and `titled` are for listing: their entries have notes as Markdown and no tree.
    """

    def by_number(self, team: TeamId, number: EntryNumber) -> Entry | None:
        """The entry of that number, retired ones too."""
        ...

    def get(self, team: TeamId, ids: Sequence[EntryId]) -> Mapping[EntryId, Entry]:
        """The entries of these ids, retired ones too; unknown ids are left out."""
        ...

    def by_key(self, team: TeamId, key: str) -> Entry | None: ...

    def draw(self, member: MemberId, lot: int) -> Entry | None:
        """The entry of the member's team whose number `lot` draws, one of `LOTS` from 0 on, if it is on the list and
        unread; every number from 1 to the highest has about as many lots.
        """
        ...

    def count(self, team: TeamId) -> int: ...

    def page(
        self, team: TeamId, member: MemberId, which: EntryFilter, *, offset: int, limit: int
    ) -> tuple[int, Sequence[Entry]]:
        """How many entries there are, and `limit` of them from `offset` by number."""
        ...

    def tags(self, team: TeamId, member: MemberId | None) -> Sequence[Tag]:
        """Every tag in use, the commonest first, then by name; to None everything is unread."""
        ...

    def added_since(self, team: TeamId, since: datetime, limit: int) -> Sequence[Entry]:
        """The newest entries added since then, newest first."""
        ...

    def with_title(self, team: TeamId, typed: str, limit: int) -> Sequence[Entry]:
        """Entries whose number or title begins with what was typed, then those whose title holds it."""
        ...

    def sources(self, team: TeamId) -> Sequence[Source]: ...

    def set_sources(self, team: TeamId, paths: Sequence[str]) -> Sequence[Source]:
        """Make these the team's sources; a source that is no longer among them is removed, its entries stay
        until they are retired by the next `sync`.
        """
        ...

    def add_source(self, team: TeamId, path: str) -> bool:
        """Add one source to the team's; False, and nothing done, if it is one of them already."""
        ...

    def remove_source(self, team: TeamId, path: str) -> bool:
        """Remove one of the team's sources as `set_sources` does; False if it is not one of them."""
        ...

    def files(self, source: SourceId) -> Sequence[SourceFile]: ...

    def save_file(self, file: SourceFile) -> None:
        """Note what was seen of a file, in place of what was noted before."""
        ...

    def remove_file(self, source: SourceId, file: str) -> None: ...

    def held(self, team: TeamId) -> Sequence[HeldChange]:
        """The changes of the team's sources that wait for an admin, or that one rejected."""
        ...

    def hold(self, change: HeldChange) -> None:
        """Keep it, in place of what is held of its source."""
        ...

    def drop_held(self, source: SourceId) -> None: ...

    def count_problems(self) -> int:
        """How many problems the files of all teams' lists have."""
        ...

    def count_not_read(self, team: TeamId) -> int:
        """How many links of the team's files are neither an entry nor in the notes of one."""
        ...

    def stored(self, team: TeamId) -> Sequence[StoredEntry]:
        """What is kept of every entry of the team, retired ones too."""
        ...

    def add(self, team: TeamId, source: SourceId, entries: Iterable[tuple[str, ReadEntry]]) -> None:
        """Add new entries as (file, entry) in order, each with the team's next number."""
        ...

    def update(self, team: TeamId, source: SourceId, entries: Iterable[tuple[EntryId, str, ReadEntry]]) -> None:
        """Replace what is kept of entries by (id, file, entry), and bring retired ones back."""
        ...

    def move(self, team: TeamId, source: SourceId, entries: Iterable[tuple[EntryId, str, int]]) -> None:
        """Note a new place, (id, file, line), for entries whose content is the same."""
        ...

    def retire(self, team: TeamId, ids: Sequence[EntryId]) -> None:
        """Take entries off the list; numbers, states and history stay."""
        ...
