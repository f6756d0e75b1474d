"""Which files of a source there are, which changed since they were last read, and where to watch for changes."""

import errno
import os
import re
import stat
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from bot.domain.record import record
from bot.domain.source import Problem, ReadList, Severity, SourceFile
from store.lists.opened import opened

_MARKDOWN = (".md", ".markdown")
_OTHERS = (".org", ".rst", ".rest", ".html", ".htm", ".xhtml", ".opml", ".csv", ".tsv", ".json")
"""A file called so is read if it has any address; one called `.txt` or without an ending, if its content is of one of these formats."""
_SETTINGS = re.compile(
    r"(?:package|package-lock|composer|tsconfig|manifest|renovate|deno|devcontainer|.*\.config)\.json"
)
_MAX_SNIFFED = 2 * 1024 * 1024
_CONFLICTED = re.compile(
    r"(?P<name>.+?)(?: \([^()]*(?:confli[ck]t|konflikt|conflit)[^()]*\)|[._-](?:sync-)?conflict-\d{8}-\d{4,6}.*)",
    re.IGNORECASE,
)
"""How Dropbox, Nextcloud, Syncthing and their like name the copy that lost: the name before its ending."""
MAX_HASHED = 2 * 1024 * 1024
"""Bytes; a longer file is refused anyway, and known by its size and time."""
MAX_NAMED = 10
"""Files that are named of those that are skipped."""
MAX_LINKS = 40
"""Symbolic links on the way to a file, as in Linux."""
NETWORK_FILE_SYSTEMS = frozenset(
    [
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "fuse",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "prl_fs",
        "smb2",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
    ]
)
"""File systems whose remote changes inotify does not report. `fuse` includes `fuse.sshfs` and others."""


@record
class FoundFile:
    """A file of a source: `file` is its name below the source's folder with `/`, `digest` a hash of its content.

    `conflicted` names the file of which this is a conflicted copy, as a tool that syncs folders makes them. `within` is
    the real folder that the file must be in; None for a source that is a file.
    """

    file: str
    path: Path
    digest: str
    conflicted: str = ""
    within: Path | None = None


@record
class Scan:
    """What a look at a source showed, in the order of names.

    `changed` are the files to read, `gone` the names seen before and no longer there. Where the source or a part of
    it cannot be looked at, `problems` says so and nothing of it counts as gone, so that the last good copy is kept.
    `skipped` are the files of a folder that are not lists.
    """

    files: tuple[FoundFile, ...] = ()
    changed: tuple[FoundFile, ...] = ()
    gone: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    skipped: tuple[str, ...] = ()


def scan(path: Path, seen: Iterable[SourceFile] = ()) -> Scan:
    """Compare a file or folder with what was last seen of it.

    Files that list duplicates are read again whenever anything changed: what they gave way to may have gone.
    """
    known = {row.file: row for row in seen}
    look = _Look(path, frozenset(known))
    files = sorted(_with_conflicts(look.files()), key=lambda found: found.file)
    gone = tuple(name for name in sorted(known.keys() - {found.file for found in files}) if not look.is_hidden(name))
    changed = [found for found in files if found.file not in known or known[found.file].digest != found.digest]
    if changed or gone:
        names = {found.file for found in changed}
        changed = [found for found in files if found.file in names or known[found.file].duplicates]
    return Scan(
        files=tuple(files),
        changed=tuple(changed),
        gone=gone,
        problems=tuple(look.problems),
        skipped=tuple(look.skipped),
    )


def skipped_line(names: Sequence[str]) -> str:
    """Which files of a folder are skipped, in one line; empty if none is."""
    if not names:
        return ""
    others = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
    return f"skipped, not a list: {', '.join(names[:MAX_NAMED])}{others}"


def read(found: FoundFile) -> ReadList:
    """Read a file that `scan` found. A conflicted copy has no entries: it must not win over the file that it is of."""
    from store.lists.reading import read_path  # with its parsers, which a list that has not changed does not need

    if not found.conflicted:
        return read_path(found.path, found.file, found.within)
    problem = Problem(
        file=found.file,
        line=0,
        severity=Severity.WARNING,
        message=f"a conflicted copy of {found.conflicted}, so it is not read; copy what is missing there, then delete it",
    )
    return ReadList(file=found.file, problems=(problem,), synonyms={}, draft=True)


@record
class Watched:
    """Where to watch for changes of a source: each place with the names that matter in it, None for all of them.

    Two are equal if the very same folders and files are at these places: one that was removed and made again is another.
    """

    names: Mapping[str, frozenset[str] | None]
    identities: Mapping[str, tuple[int, int]]

    def concerns(self, changed: str) -> bool:
        """Whether a change at that path can be one of the source."""
        folder, name = os.path.split(changed)
        if changed in self.names and self.names[changed] is None:
            return True
        names = self.names.get(folder, frozenset())
        return names is None or name in names


def watched(path: Path) -> Watched:
    """Every folder in which something on the way to the source can change, symbolic links followed; those of a source that
    is a folder, with all in it; and a source's file itself, which may be mounted over.
    """
    names: dict[str, set[str] | None] = {}
    for folder, name in _steps(path):
        known = names.setdefault(folder, set())
        if known is not None:
            known.add(name)
    real = Path(os.path.realpath(path))
    if os.path.isdir(real):  # noqa: PTH112 -- pathlib's raises below Python 3.14 where it may not look
        names |= dict.fromkeys(map(str, _folders(real)))
    elif os.path.exists(real):  # noqa: PTH110 -- so does this one of pathlib's
        names[str(real)] = None
    identities = {}
    for place in names:
        try:
            status = os.stat(place)  # noqa: PTH116 -- one of the many calls of a re-scan
        except OSError:
            continue
        identities[place] = (status.st_dev, status.st_ino)
    return Watched(
        names={
            place: None if known is None else frozenset(known) for place, known in names.items() if place in identities
        },
        identities=identities,
    )


def _steps(path: Path) -> Iterator[tuple[str, str]]:
    """The way to the path as (real folder, name in it), as far as it leads now."""
    current, parts, links = Path(path.anchor), list(path.parts[1:]), 0
    while parts:
        name = parts.pop(0)
        if name == "..":
            current = current.parent
            continue
        here = current / name
        yield str(current), name
        try:
            target = Path(os.readlink(here))  # noqa: PTH115 -- pathlib's raises the same
        except OSError:
            if not os.path.exists(here):  # noqa: PTH110 -- pathlib's raises below Python 3.14 where it may not look
                return
            current = here
            continue
        links += 1
        if links > MAX_LINKS:
            return
        if target.is_absolute():
            current = Path(target.anchor)
            parts = [*target.parts[1:], *parts]
        else:
            parts = [*target.parts, *parts]


def _folders(root: Path) -> Iterator[Path]:
    yield root
    try:
        entries = list(os.scandir(root))
    except OSError:
        return
    for entry in entries:
        if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
            yield from _folders(Path(entry.path))


def network_file_system(path: Path, mounts: str = "/proc/self/mountinfo") -> str:
    """The type of the network file system that the path is on; empty if it is on none, or that cannot be known."""
    real = os.path.realpath(path)
    best, kind = "", ""
    try:
        lines = Path(mounts).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split()[4].replace("\\040", " ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind if kind.partition(".")[0] in NETWORK_FILE_SYSTEMS else ""


def glance(path: Path) -> Mapping[str, tuple[int, int, int]]:
    """Size, time and inode of every file of the source: cheap to compare, on a network file system too."""
    found = {}
    try:
        places = [entry for folder in _folders(path) for entry in folder.iterdir()] if path.is_dir() else [path]
        for place in places:
            status = place.stat()
            found[str(place)] = (status.st_size, status.st_mtime_ns, status.st_ino)
    except OSError:
        return {}
    return found


def _digest(path: Path, within: Path | None) -> str:
    """A hash of the content. For an unreadable file it is the reason, so that the file is read once it is readable."""
    try:
        with opened(path, within) as (content, status):
            if status.st_size > MAX_HASHED:
                return f"{status.st_size}:{status.st_mtime_ns}"
            return blake2b(content.read(MAX_HASHED + 1) or b"", digest_size=16).hexdigest()
    except OSError as error:
        return f"unreadable: {error.errno}"


def _with_conflicts(files: Iterable[FoundFile]) -> Iterator[FoundFile]:
    """The files, with what each conflicted copy is of; one whose original is not there is read as any other."""
    known = {found.file: found for found in files}
    for name, found in known.items():
        stem, dot, ending = name.rpartition(".")
        match = _CONFLICTED.fullmatch(stem)
        original = f"{match['name']}{dot}{ending}" if match else ""
        if original in known:
            yield replace(found, conflicted=original, digest=f"conflicted {found.digest}")
        else:
            yield found


class _Look:
    """One walk through a source; `problems` are places that could not be read, `skipped` are files that are not lists."""

    def __init__(self, path: Path, known: Container[str]) -> None:
        self._path = path
        self._known = known
        self._unseen: list[str] = []
        self.problems: list[Problem] = []
        self.skipped: list[str] = []

    def files(self) -> list[FoundFile]:
        try:
            status = self._path.stat()
        except (OSError, ValueError) as error:
            self._refuse("", self._path.name, _why(error))
            return []
        if not stat.S_ISDIR(status.st_mode):
            return [FoundFile(file=self._path.name, path=self._path, digest=_digest(self._path, None))]
        root = Path(os.path.realpath(self._path))
        found = list(self._below(self._path, root, ""))
        if not found and not self.problems:
            self._refuse("", self._path.name, "the folder has no list, such as a Markdown file (.md); put one in it")
        return found

    def is_hidden(self, name: str) -> bool:
        """Whether the file may still be there, though it could not be seen."""
        return any(name.startswith(prefix) for prefix in self._unseen)

    def _below(self, folder: Path, root: Path, prefix: str) -> Iterator[FoundFile]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self._refuse(prefix, prefix or folder.name, _why(error))
            return
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if entry.name.startswith("."):
                continue
            try:
                yield from self._entry(entry, root, name)
            except OSError as error:
                self._refuse(name, name, _why(error))

    def _entry(self, entry: os.DirEntry[str], root: Path, name: str) -> Iterator[FoundFile]:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from self._below(path, root, f"{name}/")
        elif entry.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
            if entry.is_dir() or name.lower().endswith((*_MARKDOWN, *_OTHERS)):
                self._problem(name, "a symbolic link that leads out of the folder is not followed; put the file here")
        elif entry.is_dir():
            return
        elif name.lower().endswith((*_MARKDOWN, *_OTHERS)) or entry.is_file():
            entry.stat()  # raises for a link that leads nowhere
            of_a_list = path.suffix.lower() in ("", ".txt", *_MARKDOWN, *_OTHERS)
            if name in self._known or (of_a_list and _may_be_list(path, root)):
                yield FoundFile(file=name, path=path, digest=_digest(path, root), within=root)
            else:
                self.skipped.append(name)

    def _refuse(self, prefix: str, file: str, message: str) -> None:
        self._unseen.append(prefix)
        self._problem(file, message)

    def _problem(self, file: str, message: str) -> None:
        self.problems.append(Problem(file=file, line=0, severity=Severity.ERROR, message=message))


def _may_be_list(path: Path, within: Path) -> bool:
    """Whether a file in a folder is read. A file that cannot be read counts, so that its problem is named."""
    name = path.name.lower()
    if name.endswith(_MARKDOWN):
        return True
    if _SETTINGS.fullmatch(name):
        return False
    try:
        with opened(path, within) as (content, status):
            if status.st_size > _MAX_SNIFFED:
                return False
            text = (content.read(_MAX_SNIFFED) or b"").replace(b"\0", b"").decode("utf-8", "replace")
    except OSError as error:
        return error.errno != errno.EINVAL and name.endswith(_OTHERS)
    if "://" not in text:
        return False
    if name.endswith(_OTHERS):
        return True
    from store.lists.formats import detect  # with its parsers, which a folder of Markdown does not need

    return detect.format_of(text, name) is not None


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder; correct the path or put it back"
    return f"it cannot be read ({getattr(error, 'strerror', None) or error}); correct its path or its permissions"
