"""`dogear import`: the entries of any readable file as Markdown, for a list of one's own. No database is used."""

import fcntl
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bot.domain.errors import BadConfig
from bot.domain.source import ReadList, Severity
from bot.runtime.check import read_lists
from bot.runtime.progress import FEW, counter
from store.lists import folder
from store.lists.convert import Converted, convert
from store.lists.formats import detect
from store.lists.reading import MAX_BYTES, read
from store.lists.text import UTF_16_MARKS

MAX_PATH = 1024


def import_lists(files: Sequence[Path], *, into: Path | None, without: Sequence[Path]) -> int:
    """Write the entries of the files as Markdown to standard output, or at the end of `into`; 1 if a file cannot be read.

    Entries that are in `into`, in a list of `without` or in the file that standard output is appended to are left out.
    """
    before = _content(into) if into is not None else _redirected()
    target = str(into) if into is not None else "the list"
    if before and (before.startswith(UTF_16_MARKS) or detect.format_of(before.decode("utf-8", "replace"), "")):
        raise BadConfig([f"{target} is not Markdown in UTF-8, so nothing is written into it. Choose another file."])
    known = {entry.key for found in read_lists(without) for entry in _usable(found).entries}
    known |= {entry.key for entry in read(before, target).entries} if before else set()
    done: list[Converted] = []
    failed = 0
    for found in read_lists(files):
        if found.failed:
            failed += 1
            for problem in found.problems:
                _say(str(problem))
            continue
        heading = "" if not before and not done else found.title or Path(found.file).stem
        done.append(convert(found, known, heading=heading, progress=counter("entry", FEW * 100)))
        _say(_summary(found, done[-1]))
    for path in files:
        is_folder = os.path.isdir(path)  # noqa: PTH112 -- pathlib's raises below Python 3.14 where it may not look
        if is_folder and (line := folder.skipped_line(folder.scan(path).skipped)):
            _say(f"{path}: {line}")
    text = "\n".join(each.markdown for each in done if each.markdown)
    if text:
        _check(before, text, done, target)
        if into is None:
            sys.stdout.buffer.write(_joined(before, text))
            sys.stdout.flush()
        else:
            _append(into, before, text)
    return 1 if failed else 0


def _usable(found: ReadList) -> ReadList:
    """A list that names what is not to be written again must be readable."""
    if found.failed:
        raise BadConfig([str(problem) for problem in found.problems])
    return found


def _summary(found: ReadList, done: Converted) -> str:
    parts = [f"{len(done.written):,} {'entry' if len(done.written) == 1 else 'entries'} written"]
    if done.known:
        parts.append(f"{done.known:,} on the list already")
    if found.links.not_read:
        parts.append(f"{found.links.not_read:,} links not read (dogear check {found.file} says why)")
    errors = sum(problem.severity is Severity.ERROR for problem in found.problems)
    if errors:
        parts.append(f"{errors:,} errors (dogear check {found.file} shows them)")
    return f"{found.file}: {', '.join(parts)}."


def _content(path: Path) -> bytes:
    """What is in the file; nothing if it is not there yet. Raises BadConfig if it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise BadConfig([f"{path} cannot be read ({error.strerror}). Choose a Markdown file."]) from None


def _redirected() -> bytes:
    """What is in the file that standard output goes to, as with `>> reading.md`."""
    try:
        number = sys.stdout.fileno()
        if not stat.S_ISREG(os.fstat(number).st_mode) or not os.fstat(number).st_size:
            return b""
        if hasattr(fcntl, "F_GETPATH"):  # macOS
            return Path(os.fsdecode(fcntl.fcntl(number, fcntl.F_GETPATH, bytes(MAX_PATH)).rstrip(b"\0"))).read_bytes()
        return Path(f"/proc/self/fd/{number}").read_bytes()
    except (OSError, ValueError):
        _say("The file that this is written to cannot be read, so entries may be in it twice. Use --into FILE.")
        return b""


def _joined(before: bytes, text: str) -> bytes:
    """The text with what parts it from the text before it, with the same line ends."""
    gap = "" if not before or before.endswith((b"\n\n", b"\n\r\n")) else "\n" if before.endswith(b"\n") else "\n\n"
    more = f"{gap}{text}".encode("utf-8", "replace")
    return more.replace(b"\n", b"\r\n") if b"\r\n" in before else more


def _check(before: bytes, text: str, done: Sequence[Converted], target: str) -> None:
    """Raise BadConfig if the whole would not be read as it should."""
    whole = before + _joined(before, text)
    if len(whole) > MAX_BYTES:
        most = MAX_BYTES >> 20
        raise BadConfig([f"With these entries {target} would have more than {most} MiB. Import fewer files at a time."])
    missing = {key for each in done for key in each.written} - {entry.key for entry in read(whole, "").entries}
    if missing:
        advice = f"Run “dogear check {target}” and correct what it shows, then import again."
        raise BadConfig([f"{len(missing):,} entries would not be read in {target}. Nothing was written. {advice}"])


def _append(path: Path, before: bytes, text: str) -> None:
    """Write the file beside it and rename it, unless it changed meanwhile."""
    path = Path(os.path.realpath(path))
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            written = Path(file.name)
            file.write(before + _joined(before, text))
        if os.path.exists(path):  # noqa: PTH110 -- pathlib's raises below Python 3.14 where it may not look
            shutil.copymode(path, written)
        else:
            written.chmod(0o644)
        if _content(path) != before:
            written.unlink()
            raise BadConfig([f"{path} changed while it was read. Nothing was written. Import again."])
        written.replace(path)
    except OSError as error:
        raise BadConfig([f"{path} cannot be written ({error.strerror}). Nothing was written."]) from None


def _say(line: str) -> None:
    sys.stderr.write(line.encode("utf-8", "backslashreplace").decode() + "\n")
