"""Reading lists as read from their files, before any of it is stored: what `store.lists` produces, `sync` takes."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from hashlib import blake2b

from bot.domain.ids import EntryNumber, SourceId, TeamId, Url
from bot.domain.notes import Notes
from bot.domain.record import record


class Severity(StrEnum):
    """An error keeps something from loading; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@record
class Problem:
    """One thing wrong in a file: where (`line` and `column` count from 1, 0 for the file as a whole) and what to do."""

    file: str
    line: int
    column: int = 0
    severity: Severity
    message: str

    def __str__(self) -> str:
        place = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        return f"{place}: {self.message}"


@record
class ReadEntry:
    """One occurrence of an entry in a file; `notes.tree` is left empty, the store builds it when it loads an entry."""

    line: int
    title: str
    url: Url
    key: str
    notes: Notes
    tags: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    parent_line: int | None = None


@record
class UnreadLink:
    """A link of a file that is neither an entry nor in the notes of one: its line, its address or words, and why."""

    line: int
    link: str
    reason: str

    def __str__(self) -> str:
        return f"{self.link} is not read: {self.reason}"


@record
class LinkCount:
    """What became of the links of a file: each is an entry, in the notes of an entry, or not read."""

    entries: int = 0
    notes: int = 0
    not_read: int = 0

    @property
    def total(self) -> int:
        return self.entries + self.notes + self.not_read


@record
class ReadList:
    """One file as read.

    `shapes` says how many entries are list items, table rows and so on, `links` and `unread` what became of every
    link. With `failed` the file as a whole could not be used (`problems` says why), `entries` is empty and the last
    good copy is to be kept; of a `draft` they are left out on purpose.
    `synonyms` maps a word to the words that widen it.
    """

    file: str
    title: str | None = None
    entries: tuple[ReadEntry, ...] = ()
    problems: tuple[Problem, ...] = ()
    shapes: Mapping[str, int] = field(default_factory=dict)
    links: LinkCount = LinkCount()
    unread: tuple[UnreadLink, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]]
    failed: bool = False
    draft: bool = False


@record
class Source:
    """Where a team's entries come from: a file, or a folder whose lists are read."""

    id: SourceId
    team: TeamId
    path: str


@record
class SourceFile:
    """What was last seen of one file of a source, so that an unchanged file need not be read again.

    `digest` is a hash of its content, empty if the content is not known; `duplicates` are keys listed here that
    another entry already had, so that the file is read again when that other entry may have gone. `not_read` counts
    its links that are neither an entry nor in the notes of one.
    """

    source: SourceId
    file: str
    digest: str
    entries: int
    duplicates: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    not_read: int = 0


MIN_HELD = 5
"""A change that retires fewer entries of a source is never held."""
GONE = "gone"
"""In place of the digest of a file that is not there any more."""


@record
class HeldChange:
    """A change of a source that would retire so many of its entries that an admin decides; until then it is not taken in.

    `files` are the changed files with their digests, `entries` the numbers of those that would be retired, of
    `of` that the source has on the list. `rejected` means that an admin chose to keep the old list.
    """

    source: SourceId
    files: tuple[tuple[str, str], ...]
    entries: tuple[EntryNumber, ...]
    of: int
    rejected: bool = False

    @property
    def id(self) -> str:
        """Short, the same for the same change of the same files: what a button carries."""
        named = "\x1e".join(f"{file}\x1f{digest}" for file, digest in self.files)
        return blake2b(f"{self.source}\x1e{named}".encode(errors="surrogatepass"), digest_size=6).hexdigest()

    @property
    def names(self) -> str:
        """Its files, for people."""
        return ", ".join(file for file, _ in self.files)


def is_mass_loss(retired: int, of: int) -> bool:
    """Whether a change that retires `retired` of a source's `of` entries is to be held."""
    return retired >= MIN_HELD and 3 * retired > of


def content_of(entry: ReadEntry) -> str:
    """A hash of all that people see of an entry; its line is not part of it, so moving an entry changes nothing."""
    parts = (entry.title, entry.url, entry.notes.markdown, "\x1f".join(entry.tags), "\x1f".join(entry.section))
    return blake2b("\x1e".join(parts).encode(errors="surrogatepass"), digest_size=16).hexdigest()
