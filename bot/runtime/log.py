"""Logs go to standard error: readable on a terminal, JSON otherwise. They never contain a secret or a message's text."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.chat.trace import followed
from bot.domain.address import redacted
from bot.domain.visible import escaped


class _Lazily(logging.Formatter):
    """Formats records with structlog, which is imported with the first record: most short runs log nothing."""

    def __init__(self, *, human: bool) -> None:
        super().__init__()
        self._human = human
        self._formatter: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._formatter is None:
            self._formatter = _formatter(human=self._human)
        return self._formatter.format(record)


def _followed(_logger: object, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Add the invocation to every record. structlog's own context would import it early."""
    invocation = followed()
    return {**event, "invocation": invocation} if invocation else event


def _redacted(_logger: object, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """A library may quote an address with a password in it, and a name may contain characters that terminals obey."""
    return {name: escaped(redacted(value)) if isinstance(value, str) else value for name, value in event.items()}


def _formatter(*, human: bool) -> logging.Formatter:
    import structlog

    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _followed,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(ensure_ascii=False)
    last: list[Any] = [structlog.processors.format_exc_info, _redacted, renderer]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def set_up(level: str) -> None:
    """Start logging at this level. Libraries log only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lazily(human=sys.stderr.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    known = logging.getLevelNamesMapping()
    logging.getLogger("dogear").setLevel(known.get(level.strip(" \t\r\n\"'").upper(), logging.WARNING))


def log_list_changes() -> None:
    """Log each change of a reading list, unless only errors are to be logged."""
    if logging.getLogger("dogear").level <= logging.WARNING:
        logging.getLogger("dogear.lists").setLevel(logging.INFO)


@contextmanager
def aside(path: Path) -> Iterator[None]:
    """Log to this file while the block runs: a person is typing where the lines would appear."""
    root = logging.getLogger()
    before = root.handlers[:]
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(_Lazily(human=False))
    root.handlers[:] = [handler]
    try:
        yield
    finally:
        root.handlers[:] = before
        handler.close()
