"""Breaks things on purpose and tells what came of it, one JSON line a row: `python -m tests.chaos [--long] [ROW…]`.

Ends with 1 if a row did not hold. What is run and how to read a line: docs/chaos.md.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from tests.chaos.row import Row

ROWS = {
    "R1": "tests.chaos.r01_kills",
}
"""The module that has the row; its `rows(long)` gives the lines."""
_USED = (
    "adapters.discord.platform",
    "adapters.slack.platform",
    "alembic.command",
    "apscheduler.schedulers.asyncio",
    "psycopg",
    "store.sql.migrate",
    "slack_bolt.async_app",
    "tests.chaos.worker",
)
"""What the processes of a run use: imported once, before they are forked."""


def main(arguments: Sequence[str]) -> int:
    long = "--long" in arguments
    names = [name for name in arguments if name != "--long"] or list(ROWS)
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        say(f"there is no row {', '.join(unknown)}; there are: {', '.join(ROWS)}")
        return 2
    for name in _USED:
        import_module(name)
    rows = [row for name in names for row in _rows(name, long)]
    return 0 if _all_held(rows) else 1


def _rows(name: str, long: bool) -> Iterator[Row]:
    rows: Callable[[bool], Iterator[Row]] = import_module(ROWS[name]).rows
    return rows(long)


def _all_held(rows: Sequence[Row]) -> bool:
    from tests.chaos.field import told
    from tests.chaos.ground import prepared

    folder = Path(tempfile.mkdtemp(prefix="dogear-chaos-"))
    needs_postgres = any(run.engine == "postgresql" for row in rows for run in row.runs)
    held = True
    with prepared(folder, postgres=needs_postgres) as ground:
        for line in told(rows, ground, folder):
            say(json.dumps(line, ensure_ascii=False))
            held = held and line["ok"]
    return held


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- what it prints is its answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
