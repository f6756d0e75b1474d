"""An entry of a team's reading list, as it is kept."""

from datetime import datetime

from bot.domain.ids import EntryId, EntryNumber, SourceId, TeamId, Url
from bot.domain.notes import Notes
from bot.domain.record import record
from bot.domain.text import site_of


@record
class Entry:
    """One article on a team's list.

    `url` is as written; `key` identifies the article (see `bot.domain.url.canonical`) and is unique in the team.
    `section` is the path of headings above it, outermost first. `file` and `line` (from 1) are its place in the source.
    A retired entry has left the list and keeps its number, states and history. `minutes` is its reading time, None if it
    is not known.
    """

    id: EntryId
    team: TeamId
    number: EntryNumber
    url: Url
    key: str
    title: str
    notes: Notes
    tags: tuple[str, ...]
    section: tuple[str, ...]
    source: SourceId
    file: str
    line: int
    added_at: datetime
    retired_at: datetime | None = None
    minutes: int | None = None

    @property
    def site(self) -> str:
        """The host, as a reader would name it."""
        return site_of(self.url)


@record
class Tag:
    """A tag with the number of its entries, and of those that the asking member has not read."""

    name: str
    entries: int
    unread: int
