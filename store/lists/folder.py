"""Which files of a source there are, and which changed since they were last read. No content is read here."""

import os
import stat
from asyncio import Event, to_thread
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from bot.domain.record import record
from bot.domain.source import Problem, Severity, SourceFile

_SUFFIXES = (".md", ".markdown")


@record
class FoundFile:
    """A file of a source: `file` is its name below the source's folder with `/`, `mtime` in nanoseconds."""

    file: str
    path: Path
    size: int
    mtime: int


@record
class Scan:
    """What a look at a source showed, in the order of names.

    `changed` are the files to read, `gone` the names seen before and no longer there. Where the source or a part of
    it cannot be looked at, `problems` says so and nothing of it counts as gone, so that the last good copy is kept.
    """

    files: tuple[FoundFile, ...] = ()
    changed: tuple[FoundFile, ...] = ()
    gone: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def scan(path: Path, seen: Iterable[SourceFile] = ()) -> Scan:
    """Compare a file or folder with what was last seen of it.

    Files that list duplicates are read again whenever anything changed: what they gave way to may have gone.
    """
    look = _Look(path)
    files = sorted(look.files(), key=lambda found: found.file)
    known = {row.file: row for row in seen}
    gone = tuple(name for name in sorted(known.keys() - {found.file for found in files}) if not look.is_hidden(name))
    changed = [found for found in files if not _is_unchanged(found, known.get(found.file))]
    if changed or gone:
        names = {found.file for found in changed}
        changed = [found for found in files if found.file in names or known[found.file].duplicates]
    return Scan(files=tuple(files), changed=tuple(changed), gone=gone, problems=tuple(look.problems))


async def watch(path: Path, *, stop: Event | None = None) -> AsyncIterator[None]:
    """Yield each time something at the source may have changed, until `stop` is set; scan then says what.

    A single file is watched through its folder, because editors replace a file instead of writing into it. Raises
    OSError if there is nothing to watch, or when it goes away.
    """
    from watchfiles import awatch  # 60 ms, and only a running bot watches

    name = None if await to_thread(path.is_dir) else path.name
    folder = path if name is None else path.parent
    async for changes in awatch(folder, watch_filter=None, stop_event=stop, recursive=name is None):
        if name is None or any(Path(changed).name == name for _, changed in changes):
            yield


def _is_unchanged(found: FoundFile, row: SourceFile | None) -> bool:
    return row is not None and (row.size, row.mtime) == (found.size, found.mtime)


class _Look:
    """One walk through a source; `problems` tells what could not be looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unseen: list[str] = []
        self.problems: list[Problem] = []

    def files(self) -> list[FoundFile]:
        try:
            status = self._path.stat()
        except (OSError, ValueError) as error:
            self._refuse("", self._path.name, _why(error))
            return []
        if not stat.S_ISDIR(status.st_mode):
            return [FoundFile(file=self._path.name, path=self._path, size=status.st_size, mtime=status.st_mtime_ns)]
        root = Path(os.path.realpath(self._path))
        found = list(self._below(self._path, root, ""))
        if not found and not self.problems:
            self._refuse("", self._path.name, "the folder has no Markdown files (.md); put one in it")
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
            if entry.is_dir() or name.lower().endswith(_SUFFIXES):
                self._problem(name, "a symbolic link that leads out of the folder is not followed; put the file here")
        elif name.lower().endswith(_SUFFIXES) and not entry.is_dir():
            status = entry.stat()
            yield FoundFile(file=name, path=path, size=status.st_size, mtime=status.st_mtime_ns)

    def _refuse(self, prefix: str, file: str, message: str) -> None:
        self._unseen.append(prefix)
        self._problem(file, message)

    def _problem(self, file: str, message: str) -> None:
        self.problems.append(Problem(file=file, line=0, severity=Severity.ERROR, message=message))


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder; correct the path or put it back"
    return f"it cannot be read ({getattr(error, 'strerror', None) or error}); correct its path or its permissions"
