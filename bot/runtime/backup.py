"""Backups as files: written atomically, restored, and made every night if the host wants it."""

import asyncio
import contextlib
import gzip
import logging
import os
import re
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import IO
from zoneinfo import ZoneInfo

from bot.chat.jobs import Job
from bot.domain.errors import BadBackup, BadConfig, Conflict
from bot.ports.clock import Clock
from bot.service import ledger
from store.sql import SqlStore, address

AT_NIGHT = 3
"""A day's backup is made after this hour, in the host's zone."""
MAX_LINE = 16 << 20
"""Characters of a line. A row has the text of an entry twice, and a list file has at most 2 MiB."""
LOOK_EVERY = timedelta(minutes=5)
TIMEOUT = timedelta(hours=1)
"""The timeout of one backup: a database of gigabytes takes minutes."""
_ANOTHER = (
    "The backups in %s are of another database, so they are left alone and none is made. If a volume is not mounted, "
    "stop and mount it; if the data is lost, stop and restore into a new database: dogear restore %s. If this club is to "
    "go on, move those backups to another place."
)
_NIGHTLY = re.compile(r"dogear-\d{4}-\d\d-\d\d\.jsonl\.gz")

log = logging.getLogger("dogear.backup")


def write(store: SqlStore, path: Path) -> int:
    """Write a backup to the file, replacing an earlier one. Returns its number of lines. `….gz` is compressed.

    Raises Conflict if there is nothing to back up, BadConfig if the file cannot be written, and StoreBusy.
    """
    if store.is_empty():
        raise Conflict("The database is empty: there is nothing to back up.", hint="Is --database the right one?")
    try:
        with _replaced(path) as file:
            return sum(1 for line in store.backup() if file.write(line))
    except OSError as error:
        raise BadConfig([f"The backup {path} cannot be written: {error.strerror}."]) from None


@contextmanager
def _replaced(path: Path) -> Iterator[IO[str]]:
    """A temporary file next to `path`, which replaces it if the block succeeds. Only its owner may read it: it holds
    secrets.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)  # of a process that was killed
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            if path.suffix == ".gz":
                with gzip.open(raw, "wt", compresslevel=6, encoding="utf-8", newline="\n") as file:
                    yield file
            else:
                with open(raw.fileno(), "w", encoding="utf-8", newline="\n", closefd=False) as file:
                    yield file
            os.fsync(raw.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def restore(store: SqlStore, path: Path) -> tuple[int, int]:
    """Fill the empty database from the file. Returns the number of rows, and of uncertain deliveries.

    Raises BadConfig if the file cannot be read, BadBackup, StaleSchema, Conflict and StoreBusy. Nothing is restored
    then.
    """
    with _readable(path):
        return store.restore(lambda: lines(path), ledger.after_restore)


@contextmanager
def new_file_removed_on_error(database: str) -> Iterator[None]:
    """Remove the SQLite file that the block created, if the block raises: a refused restore leaves nothing behind."""
    url = address(database)
    file = Path(url.database or "") if url.drivername == "sqlite" else None
    if file is None or os.path.exists(file):  # noqa: PTH110 -- pathlib's raises below Python 3.14 where it may not look
        yield
        return
    try:
        yield
    except BaseException:
        for end in ("", "-wal", "-shm"):
            file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
        raise


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Translate the errors of reading the file into BadConfig or BadBackup."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError):
        raise BadBackup(f"{path} is damaged or was cut off.") from None
    except OSError as error:
        raise BadConfig([f"The backup {path} cannot be read: {error.strerror}."]) from None


def lines(path: Path) -> Generator[str, None, None]:
    """The lines of a backup, compressed or not."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8") as file:
        while line := file.readline(MAX_LINE):
            if len(line) == MAX_LINE:
                raise BadBackup(f"{path} has a line of more than {MAX_LINE >> 20} MiB, which no backup has.")
            yield line


def usable(folder: Path) -> Path:
    """The folder, if files can be created in it. Raises BadConfig."""
    if not os.access(folder, os.W_OK | os.X_OK) or not os.path.isdir(folder):  # noqa: PTH112 -- pathlib's may raise
        raise BadConfig([f"The backup folder {folder} is not there, or cannot be written."])
    return folder


def _key_of(path: Path) -> bytes | None:
    """The key of the database that the backup is of; None if the file cannot be read."""
    try:
        with _readable(path), closing(lines(path)) as read:
            return SqlStore.key_in(read)
    except (BadBackup, BadConfig):
        return None


def _of_another(store: SqlStore, folder: Path) -> Path | None:
    """The newest readable backup, if it is of another database than this one."""
    for path in reversed(made(folder)):
        key = _key_of(path)
        if key is not None:
            return path if key != store.key() else None
    return None


def warn_if_lost(store: SqlStore, folder: Path | None) -> None:
    """Warn loudly if the backups show that data was lost: with an unmounted volume, Dogear starts with an empty database.

    After its second start that database has a team and is no longer empty. Its key still differs from the backups'.
    """
    if not store.is_empty():
        another = _of_another(store, folder) if folder else None
        if another is not None:
            log.error(_ANOTHER, folder, another)
        return
    known = made(folder) if folder else []
    if known:
        log.error(
            "THE DATABASE IS EMPTY, BUT THERE ARE BACKUPS. If a volume is not mounted, stop and mount it; if the data "
            "is lost, stop and restore: dogear restore %s",
            known[-1],
        )


class NightlyBackups:
    """Makes one backup a day in a folder and keeps the newest ones. Replicas that share the folder make only one."""

    def __init__(
        self,
        store: SqlStore,
        clock: Clock,
        folder: Path,
        keep: int,
        zone: str,
        tell: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`tell` is called after every check with the time of the newest backup, if there is one."""
        self._tell = tell
        self._store = store
        self._clock = clock
        self._folder = folder
        self._keep = keep
        self._zone = ZoneInfo(zone)
        self._idle = Lock()

    def job(self) -> Job:
        """Check every few minutes whether the day's backup exists."""
        return Job(name="backup", run=self._run, every=LOOK_EVERY, timeout=TIMEOUT)

    async def _run(self) -> None:
        await asyncio.to_thread(self._look)

    def _look(self) -> None:
        """A thread cannot be cancelled: while a run that hung is still working, no other is started."""
        if not self._idle.acquire(blocking=False):
            raise Conflict("The last look at the backups has not ended.", hint="Check the disk of the backup folder.")
        try:
            self._make_and_tell()
        finally:
            self._idle.release()

    def _make_and_tell(self) -> None:
        try:
            self.make_if_due()
        finally:
            with contextlib.suppress(OSError):
                for newest in made(self._folder)[-1:]:
                    self._tell(newest.stat().st_mtime)

    def make_if_due(self) -> Path | None:
        """The day's backup if it was made now; None if it is too early, or as for `make`. Raises as `make` does."""
        with self._disk_errors():
            self._refuse_another()
        if self._local().hour < AT_NIGHT or self._store.is_empty():
            return None
        return self.make()

    def make(self) -> Path | None:
        """The day's backup if it was made now; None if it exists already, or another replica is making it.

        Raises BadConfig if the folder's backups are of another database. If a volume was not mounted and the club
        started empty, its backups must not replace the old ones. Also raises if the folder cannot be used, and as `write` does.
        """
        with self._disk_errors():
            return self._make()

    def _make(self) -> Path | None:
        self._refuse_another()
        path = self._folder / f"dogear-{self._local():%Y-%m-%d}.jsonl.gz"
        if path.exists():
            return None
        held = self._store.acquire("backup")
        if held is None:
            return None
        try:
            write(self._store, path)
        finally:
            held.release()
        log.info("backup made", extra={"file": path.name})
        for old in made(self._folder)[: -self._keep]:
            if _key_of(old) == self._store.key():
                old.unlink(missing_ok=True)
        return path

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        """Raise BadConfig for what the disk refuses: its mount may have become read-only, or somebody else's."""
        try:
            yield
        except OSError as error:
            raise BadConfig([f"The backup folder {self._folder} cannot be used: {error.strerror}."]) from None

    def _local(self) -> datetime:
        return self._clock.now().astimezone(self._zone)

    def _refuse_another(self) -> None:
        another = _of_another(self._store, self._folder)
        if another is not None:
            raise BadConfig([_ANOTHER % (self._folder, another)])


def made(folder: Path) -> list[Path]:
    """The nightly backups in a folder, oldest first."""
    return sorted(path for path in folder.glob("dogear-*") if _NIGHTLY.fullmatch(path.name))
