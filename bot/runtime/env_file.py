"""A file of environment variables that a shell, systemd, Compose and `dogear --env` read alike."""

import os
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from bot.domain.errors import BadConfig

_PLAIN = re.compile(r"[\w@%+:,./=-]*", re.ASCII)


def use(path: Path) -> None:
    """Set the file's variables for this process. What the environment has already wins. Raises BadConfig."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise BadConfig([f"--env: {path} cannot be read: {why}."]) from None
    for line in parse_stream(StringIO(text)):
        if line.error or (line.key and line.value is None):
            written = line.original.string
            number = line.original.line + written[: len(written) - len(written.lstrip())].count("\n")
            raise BadConfig([f"--env: {path}, line {number} is not NAME=value."])
        if line.key and line.value is not None:
            os.environ.setdefault(line.key, line.value)


def write(path: Path, values: Mapping[str, str], *, replace: bool) -> None:
    """Write the variables to a file that only its owner may read. Raises BadConfig if it exists and not `replace`."""
    for name, value in values.items():
        if any(sign in value for sign in "'\\\n\r\0"):
            raise BadConfig([f"{name} cannot be written to {path}: its value has a quote, a backslash or a line end."])
    text = "".join(f"{name}={value if _PLAIN.fullmatch(value) else quoted(value)}\n" for name, value in values.items())
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        if replace:
            new.replace(path)
        else:
            os.link(new, path)  # fails if there is one, unlike a rename
            new.unlink()
    except FileExistsError:
        new.unlink(missing_ok=True)
        raise BadConfig([f"{path} exists. Name another file with --env-file, or replace it with --force."]) from None
    except OSError as error:
        raise BadConfig([f"{path} cannot be written: {error.strerror}."]) from None


def quoted(value: str) -> str:
    """The value in single quotes, between which nothing has a meaning."""
    return f"'{value}'"
