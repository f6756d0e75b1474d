"""What a fake platform writes down before it answers: one JSON line for each thing that it did or was asked.

`what` is post, again (the same nonce, no second message), delete, react, thread, notified (a private message), history,
busy (asked to wait), early (asked again before that time was over), refused. `said` is what it says, of what is sent
around a digest and to members. `at` is in seconds of the machine's monotonic clock, which all processes share.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """`place` is the channel as the platform was told it, `root` the message whose thread it is, if it is one."""

    what: str
    place: str = ""
    ref: str = ""
    root: str = ""
    text: str = ""
    key: str = ""
    fault: str = ""
    said: str = ""
    until: float = 0.0
    at: float = 0.0


class Journal:
    """Appends; a line stands in the file when the call returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, what: str, **known: str | float) -> None:
        line = Line(what, at=time.monotonic(), **known)  # type: ignore[arg-type]  # names and kinds of the record
        os.write(self._file, json.dumps(asdict(line)).encode() + b"\n")


def read(path: Path) -> list[Line]:
    """Every whole line so far."""
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    return [Line(**json.loads(line)) for line in whole.splitlines()]


class Said(StrEnum):
    """What is sent around a digest and to members, by words that no other message has."""

    HOST = "You host the next digest."
    VOTE = "What shall we read next?"
    VOTED = "voted for it"
    GATHERED = "want to talk about this."
    CLOSING = "The week of "
    REMINDER = "You asked me to remind you."
    NOTE = "Your weekly note"


def said(text: str) -> str:
    """Which of them a message is; empty for any other."""
    return next((one.value for one in Said if one in text), "")


def hashed(text: str) -> str:
    """What stands for a message's words."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
