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
    "R0": "tests.chaos.r00_naive:rows",
    "R1": "tests.chaos.r01_kills:rows",
    "R2": "tests.chaos.r02_random:rows",
    "R3": "tests.chaos.r03_lost_answers:rows",
    "R4": "tests.chaos.r03_lost_answers:late_rows",
    "R5": "tests.chaos.r03_lost_answers:blind_rows",
    "R6": "tests.chaos.r06_pauses:rows",
    "R9": "tests.chaos.r09_storm:rows",
    "R10": "tests.chaos.r10_refusals:rows",
    "R11": "tests.chaos.r10_refusals:outage_rows",
    "R12": "tests.chaos.r12_database:rows",
    "R14": "tests.chaos.r14_clocks:rows",
    "R15": "tests.chaos.r15_seasons:rows",
    "R16": "tests.chaos.r16_around:rows",
}
"""What gives the lines of a row, called with whether the counts are the long ones."""
_USED = (
    "adapters.discord.platform",
    "adapters.slack.platform",
    "alembic.command",
    "anyio._backends._asyncio",
    "anyio.to_thread",
    "psycopg",
    "slack_bolt.async_app",
    "slack_bolt.listener_matcher.async_builtins",
    "store.lists.formats.markdown_scan",
    "store.lists.notes",
    "store.sql.migrate",
    "structlog",
    "tests.chaos.worker",
    "watchfiles",
)
"""What the processes of a run use: imported once, before they are forked."""


def main(arguments: Sequence[str]) -> int:
    long = "--long" in arguments
    names = [name for name in arguments if name != "--long"] or list(ROWS)
    unknown = [name for name in names if name.split("/")[0] not in ROWS]
    if unknown:
        say(f"there is no row {', '.join(unknown)}; there are: {', '.join(ROWS)}")
        return 2
    for name in _USED:
        import_module(name)
    rows = [row for name in names for row in _rows(name, long)]
    return 0 if _all_held(rows) else 1


def _rows(name: str, long: bool) -> Iterator[Row]:
    """The row's lines; of `R1/postgresql/slack` those alone that are about both."""
    row, *about = name.split("/")
    module, _, function = ROWS[row].partition(":")
    rows: Callable[[bool], Iterator[Row]] = getattr(import_module(module), function)
    return (one for one in rows(long) if {one.runs[0].engine, one.runs[0].platform} >= set(about))


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
