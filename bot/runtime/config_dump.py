"""The settings in effect, each with its source. Of secrets it only says that they are set."""

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import SecretStr

from bot.domain.address import HIDDEN, shown
from bot.runtime.settings import PREFIX, Settings, file_name, files, trimmed_names

_ADDRESS = re.compile(r"\s*[\w+.-]+:/|.*:.*@", re.DOTALL)


def lines(settings: Settings) -> Iterator[str]:
    """One line per option, then one per unknown variable that begins with our prefix."""
    read = files()
    width = len(PREFIX) + max(map(len, Settings.model_fields))
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        value = _shown(name, getattr(settings, name), field.default)
        yield f"{variable:<{width}}  {value}  [{_source(name, variable, read.get(name))}]"
    yield from remarks()


def remarks() -> Iterator[str]:
    """A sentence for each unknown variable with our prefix, and for each value that is not used as it was written."""
    known = {f"{PREFIX}{name.upper()}{end}" for name in Settings.model_fields for end in ("", "_FILE")}
    for variable in sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known):
        close = get_close_matches(variable, known, n=1, cutoff=0.8)
        yield f"Unknown variable {variable} (ignored).{f' Did you mean {close[0]}?' if close else ''}"
    for name in trimmed_names():
        yield f"{PREFIX}{name.upper()}: the quotes, blanks or byte order mark around its value are ignored."


def _source(name: str, variable: str, path: str | None) -> str:
    if path:
        return f"file {file_name(path)}"
    return "environment" if os.environ.get(variable) else f"default{_place(name)}"


def _place(name: str) -> str:
    return ": a file in your own data folder" if name == "database" else ""


def _shown(name: str, value: Any, default: Any) -> str:
    if isinstance(value, SecretStr) or (isinstance(value, tuple) and value and isinstance(value[0], SecretStr)):
        return "none" if value == default else HIDDEN
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    if text and (name == "database" or _ADDRESS.match(text)):
        return shown(text)
    return text or "none"
