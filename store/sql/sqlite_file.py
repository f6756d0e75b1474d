"""The file of a SQLite database: private, used by one server, and watched.

People delete, replace, move and truncate database files under a running process. SQLite then goes on with the old file,
and everything written is lost without an error. `FileWatch` notices it.

Never open and close the file itself here: closing any descriptor of it drops SQLite's own locks
(https://www.sqlite.org/howtocorrupt.html, 2026-11). Checks use `stat` and connections of SQLite.
"""

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import IO
from urllib.parse import quote

from bot.domain.errors import BadConfig
from store.sql.failures import sentence_for

CHECK_TIMEOUT = 2.0
"""Seconds that a check waits for a writer."""


def create_private(path: Path) -> None:
    """Create an empty file that only its owner may read, whatever the umask, unless it exists."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise BadConfig([f"The database {path} cannot be created: {error.strerror}."]) from None
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)


def lock_for_server(path: Path) -> IO[bytes]:
    """A lock that one process has until it ends. Raises BadConfig if another one has it."""
    lock = Path(f"{path}.lock")
    try:
        file = os.fdopen(os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b")
    except OSError as error:
        raise BadConfig([f"{lock} cannot be created: {error.strerror}."]) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise BadConfig(
            [f"Another “dogear run” uses {path} already. Stop it first. On PostgreSQL several may run."]
        ) from None
    except OSError:
        pass  # a file system without locks
    return file


class FileWatch:
    """Checks that the file at the path is still the database that was opened."""

    def __init__(self, path: Path, key: bytes) -> None:
        """`key` is the database's own, made with it."""
        self._path = path
        self._key = key
        found = path.stat()
        self._identity = found.st_dev, found.st_ino
        self._size = found.st_size

    def trouble(self) -> str:
        """What is wrong with the file and what to do, for the host. Empty if it works."""
        try:
            found = self._path.stat()
        except OSError:
            return f"The database {self._path} is gone. Stop Dogear, then put the file back or restore a backup."
        if (found.st_dev, found.st_ino) != self._identity:
            return f"The database {self._path} was replaced by another file. Restart Dogear to use that one."
        if found.st_size < self._size:
            return f"The database {self._path} was truncated. Stop Dogear and restore a backup."
        self._size = found.st_size
        return self._refused()

    def _refused(self) -> str:
        address = f"file:{quote(str(self._path.absolute()))}?mode=rw"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=CHECK_TIMEOUT, isolation_level=None)) as connection:
                row = connection.execute("SELECT key FROM instance").fetchone()
                if row is None or row[0] != self._key:
                    return f"The database {self._path} was overwritten by another one. Restart Dogear to use that one."
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE instance SET boot_epoch = boot_epoch")
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                return ""  # a long write of ours, or of a backup
            return sentence_for(error) or f"The database {self._path} cannot be used: {error}."
        return ""
