"""Writes edits from the chat into the file of a team's list.

The order makes a crash harmless: the file is replaced first, then the edits are saved as applied. An edit that is in the
file already is recognised when it is tried again, for it says what is to be true and not how to get there.
"""

import contextlib
import ctypes
import fcntl
import glob
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from types import MappingProxyType

from bot.domain.edit import Edit
from bot.domain.errors import Conflict, DogearError, Refusal
from bot.domain.ids import EditId
from store.lists import write
from store.lists.reading import MAX_BYTES

MAX_TRIES = 3
"""How often a file is read again that changes while it is edited."""
_AT_FDCWD, _EXCHANGE = -100, 2


class FileChanged(DogearError):
    """Somebody saved the file at the same moment. Nothing was overwritten."""


def write_edits(path: Path, edits: Sequence[Edit]) -> Mapping[EditId, str]:
    """Apply the edits to the file, oldest first. Returns for each why it could not be, empty if it is in the file now.

    After one that fails, those of the same article wait too.
    """
    for _ in range(MAX_TRIES):
        try:
            with alone(path):
                before = _content(path)
                after, reasons = edited(before, path.name, edits)
                if after != before:
                    _tidy_up(path)
                    replace(path, before, after)
                return reasons
        except FileChanged:
            continue
        except OSError as error:
            return {edit.id: _reason(error) for edit in edits}
        except Refusal as no:
            return {edit.id: no.message for edit in edits}
    return {edit.id: "The file changes all the time." for edit in edits}


def edited(
    data: bytes, file: str, edits: Sequence[Edit], waiting: Mapping[str, str] = MappingProxyType({})
) -> tuple[bytes, Mapping[EditId, str]]:
    """The content of a file with the edits in it, and for each why it is not in it, empty if it is.

    `waiting` says why earlier edits of the entries with these keys are not in it. Raises Conflict if the file cannot be edited at all.
    """
    document = write.Document(data, file)
    reasons: dict[EditId, str] = {}
    stuck = dict(waiting)
    for edit in edits:
        if edit.key in stuck:
            reasons[edit.id] = f"An earlier change of this entry waits: {stuck[edit.key]}"
            continue
        try:
            document, reasons[edit.id] = document.applied(edit), ""
        except Refusal as no:
            reasons[edit.id] = stuck[edit.key] = no.message
    return document.data, reasons


def _content(path: Path) -> bytes:
    """What is in the file. Raises Conflict for one that cannot be a list, and OSError."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise Conflict("This is not a file; name a Markdown file.")
    if status.st_size > MAX_BYTES:
        raise Conflict(f"The file has more than {MAX_BYTES >> 20} MiB; split it into several files.")
    return path.read_bytes()


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock on the file's folder, where the file system has locks, so that two processes take turns."""
    folder = os.open(os.path.realpath(path.parent), os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def replace(path: Path, before: bytes, after: bytes) -> None:
    """Write the new content beside the file and put it in its place, unless the file is not as it was.

    Raises FileChanged then, and OSError.
    """
    real = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(prefix=f".{real.name}.", suffix=".new", dir=real.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            _keep_rights(file.fileno(), real.stat())
            os.fsync(file.fileno())
        if real.read_bytes() != before:
            raise FileChanged("The file changed.")
        if _exchange(beside, real):
            if beside.read_bytes() != before:  # saved in the moment between: put that back
                _exchange(beside, real)
                raise FileChanged("The file changed.")
        else:
            beside.replace(real)
        _sync_folder(real.parent)
    finally:
        beside.unlink(missing_ok=True)


def _tidy_up(path: Path) -> None:
    """Delete what a killed process left beside the file. The lock says that no other process is writing now."""
    real = Path(os.path.realpath(path))
    for left in real.parent.glob(f".{glob.escape(real.name)}.*.new"):
        left.unlink(missing_ok=True)


def _keep_rights(file: int, known: os.stat_result) -> None:
    os.fchmod(file, stat.S_IMODE(known.st_mode))
    with contextlib.suppress(OSError):  # only root may give a file away
        os.fchown(file, known.st_uid, known.st_gid)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two files in one step, so that what another program saved a moment ago is not lost. False if that is unknown
    here. Raises OSError.
    """
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    return bool(call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(folder)
    finally:
        os.close(folder)


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "There is no such file. Put it back, or name another one: dogear team write"
    reason = error.strerror or type(error).__name__
    if error.errno in (16, 18):  # EBUSY, EXDEV: a file mounted by itself
        return f"The file cannot be replaced ({reason}). Mount its folder instead of the file."
    return f"The file cannot be written ({reason}). Correct its permissions or the mount."


def obstacle(path: Path) -> str:
    """What keeps edits from being written to the file, empty if nothing does."""
    try:
        write.Document(_content(path), path.name)
        real = Path(os.path.realpath(path))
        handle, name = tempfile.mkstemp(prefix=f".{real.name}.", suffix=".new", dir=real.parent)
        os.close(handle)
        Path(name).unlink()
    except OSError as error:
        return _reason(error)
    except Refusal as no:
        return no.message
    return ""


def patch(path: Path, edits: Sequence[Edit]) -> str:
    """What the waiting edits would change, as a diff that `patch` applies; with a comment for each that has no place."""
    try:
        before = _content(path)
        after, reasons = edited(before, path.name, edits)
    except Refusal as no:
        return _comments(path, edits, dict.fromkeys((edit.id for edit in edits), no.message))
    except OSError as error:
        return _comments(path, edits, dict.fromkeys((edit.id for edit in edits), _reason(error)))
    old, new = (data.decode("utf-8", "replace").splitlines(keepends=True) for data in (before, after))
    lines = unified_diff(old, new, f"a/{path.name}", f"b/{path.name}")
    ended = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return _comments(path, edits, reasons) + "".join(ended)


def _comments(path: Path, edits: Sequence[Edit], reasons: Mapping[EditId, str]) -> str:
    lines = []
    for edit in edits:
        if reasons[edit.id]:
            lines += [f"# {path}: {reasons[edit.id]}", f"#   {edit.kind} {edit.url}"]
            lines += [f"#   {name}: {line}" for name, value in edit.fields.items() for line in value.split("\n")]
    return "".join(f"{line}\n" for line in lines)
