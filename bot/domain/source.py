"""Reading lists as parsed from their files, before storing: `store.lists` produces them and `sync` consumes them."""

import re
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from hashlib import blake2b

from bot.domain.ids import EntryNumber, SourceId, TeamId, Url
from bot.domain.notes import Notes
from bot.domain.record import record


class Severity(StrEnum):
    """An error means that something was not loaded. A warning does not."""

    ERROR = "error"
    WARNING = "warning"


@record
class Problem:
    """One problem in a file: where it is (`line` and `column` from 1, 0 for the whole file) and how to fix it.

    It is `fresh` if it came with the file's last change.
    """

    file: str
    line: int
    column: int = 0
    severity: Severity
    message: str
    fresh: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        place = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        return f"{place}: {self.message}"


@record
class ReadEntry:
    """One occurrence of an entry in a file. `notes.tree` is empty: the store builds it when it loads an entry.

    `language` is a code of `LANGUAGES`, of the list; None for English and for lists that name none.
    """

    line: int
    title: str
    url: Url
    key: str
    notes: Notes
    tags: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    language: str | None = None
    parent_line: int | None = None


@record
class UnreadLink:
    """A link that is neither an entry nor in an entry's notes: its line, its address or text, and why."""

    line: int
    link: str
    reason: str

    def __str__(self) -> str:
        return f"{self.link} is not read: {self.reason}"


@record
class LinkCount:
    """The links of a file, counted: entries, links in the notes of an entry, and links not read."""

    entries: int = 0
    notes: int = 0
    not_read: int = 0

    @property
    def total(self) -> int:
        return self.entries + self.notes + self.not_read


@record
class AboutList:
    """What the front matter of a list says about it, empty where it says nothing.

    `dated` is its date in ISO format, `cover` the https address of a picture, `cover_alt` the text for it.
    """

    title: str = ""
    description: str = ""
    dated: str = ""
    cover: str = ""
    cover_alt: str = ""


@record
class ReadList:
    """One file as read.

    `shapes` counts the entries by form (list items, table rows, …), and `links` and `unread` account for every link.
    With `failed` the file could not be used (`problems` says why), `entries` is empty and the last good copy stays. The
    entries of a `draft` are left out on purpose. `synonyms` maps a word to its synonyms. `title` may come from the first
    heading, `about` comes from the front matter only.
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
    about: AboutList = AboutList()


@record
class Source:
    """A file, or a folder whose lists are read."""

    id: SourceId
    team: TeamId
    path: str


@record
class SourceFile:
    """The state of one file when it was last read, so that an unchanged file is not read again.

    `digest` is a hash of its content, empty if unknown. `duplicates` are keys in this file that another entry already
    had: the file is read again when that entry may be gone. `not_read` counts its links that are neither an entry nor in
    the notes of one.
    """

    source: SourceId
    file: str
    digest: str
    entries: int
    duplicates: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    not_read: int = 0
    about: AboutList = AboutList()


_GIT = re.compile(r"(?P<url>(?:[a-z+]+://|[\w.-]+@)[^#\s]+)#(?P<branch>[^\s:#]+):/(?P<path>\S(?:.*\S)?)")


@record
class GitFile:
    """A list that is a file in a git repository. As text it is the path of a source: `URL#BRANCH:/PATH`."""

    url: str
    branch: str
    path: str

    def __str__(self) -> str:
        return f"{self.url}#{self.branch}:/{self.path}"

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def words(self) -> str:
        """The file in words."""
        return f"{self.path} on the branch {self.branch} of {self.url}"


def git_file(path: str) -> GitFile | None:
    """The file in a git repository that this path of a source names; None for one of the file system."""
    found = _GIT.fullmatch(path)
    return None if found is None else GitFile(**found.groupdict())


def place_in_words(path: str) -> str:
    """The path of a source as the host is shown it."""
    file = git_file(path)
    return path if file is None else file.words


def name_in_words(path: str) -> str:
    """The path of a source as members are shown it: its name, without a folder of the host or a server."""
    file = git_file(path)
    return path.rstrip("/").rpartition("/")[2] if file is None else file.path


CLUB = "club:"
"""The path of the club's own list: the source of a team whose entries are only in the database."""
CLUB_FILE = "the club's own list"
"""What the club's own list is called where a file has its name."""
MIN_HELD = 5
"""A change that retires fewer entries of a source is never held."""
GONE = "gone"
"""The digest of a file that no longer exists."""


@record
class HeldChange:
    """A change that would retire so many entries of a source that an admin has to decide. It is held until then.

    `files` are the changed files with their digests. `entries` are the numbers of the entries to retire, out of `of`
    that the source has on the list. `rejected` means that an admin chose to keep the old list.
    """

    source: SourceId
    files: tuple[tuple[str, str], ...]
    entries: tuple[EntryNumber, ...]
    of: int
    rejected: bool = False

    @property
    def id(self) -> str:
        """A short id for buttons, the same for the same change of the same files."""
        named = "\x1e".join(f"{file}\x1f{digest}" for file, digest in self.files)
        return blake2b(f"{self.source}\x1e{named}".encode(errors="surrogatepass"), digest_size=6).hexdigest()

    @property
    def names(self) -> str:
        """The names of its files, as text."""
        return ", ".join(file for file, _ in self.files)


def is_mass_loss(retired: int, of: int) -> bool:
    """Whether to hold a change that retires `retired` of a source's `of` entries."""
    return retired >= MIN_HELD and 3 * retired > of


def content_of(entry: ReadEntry) -> str:
    """A hash of everything visible of an entry, and of its language. Its line is excluded, so moving an entry changes nothing."""
    parts = [entry.title, entry.url, entry.notes.markdown, "\x1f".join(entry.tags), "\x1f".join(entry.section)]
    if entry.language is not None:  # the others keep the hashes that are stored
        parts.append(entry.language)
    return blake2b("\x1e".join(parts).encode(errors="surrogatepass"), digest_size=16).hexdigest()
