"""Opens the file of a list, and checks what was opened: what a name led to a moment ago may have been swapped."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

MAX_PATH = 1024


@contextmanager
def opened(path: Path, within: Path | None = None) -> Iterator[tuple[IO[bytes], os.stat_result]]:
    """The file, for reading, and its status. Never waits, not even for a pipe without a writer.

    Raises OSError, also for folders and pipes (EISDIR, EINVAL), and if the file is not below the real folder `within`
    (EXDEV).
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a file")
        if within is not None and not _place(file.fileno(), path).is_relative_to(within):
            raise OSError(errno.EXDEV, "it leads out of the folder")
        yield file, status


def _place(descriptor: int, path: Path) -> Path:
    """Where the opened file really is."""
    if hasattr(fcntl, "F_GETPATH"):
        return Path(os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(MAX_PATH)).rstrip(b"\0")))
    try:
        return Path(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115 -- one of the many calls of a re-scan
    except FileNotFoundError:  # no /proc is mounted
        real = Path(os.path.realpath(path))
        if not os.path.samestat(real.stat(), os.fstat(descriptor)):
            raise OSError(errno.EXDEV, "it was replaced while it was opened") from None
        return real
