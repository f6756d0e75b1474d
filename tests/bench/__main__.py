"""Measures the budgets of the design, one JSON line each: `python -m tests.bench [NAME…]`, all of them without a name.

A budget is a ratio to something measured beside it in the same run where there is something to compare with. Nothing
fails here: `ok` says whether the budget holds on this machine, now.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module

from tests.bench.row import Row

ROWS = {
    "start": "tests.bench.start",
    "completion": "tests.bench.completion",
    "search": "tests.bench.search",
    "neighbours": "tests.bench.neighbours",
    "deliveries": "tests.bench.deliveries",
    "lists": "tests.bench.lists",
    "edits": "tests.bench.edits",
    "backup": "tests.bench.backup",
    "killed": "tests.bench.killed",
    "noisy": "tests.bench.noisy",
    "meaning": "tests.bench.meaning",
    "slack": "tests.bench.slack",
    "storm": "tests.bench.storm",
}
"""The module that measures what has this name, in the order in which all are run; its `measured()` gives the rows."""

LONG = {
    "hands": "tests.bench.hands",
    "hostile": "tests.bench.hostile",
    "soak": "tests.bench.soak",
}
"""What takes long and is run by its name alone."""
WHOLE = 20 * 60.0
"""Seconds for all of them, where the million entries of other teams were made by an earlier run."""


def main(names: Sequence[str]) -> int:
    known = {**ROWS, **LONG}
    unknown = [name for name in names if name not in known]
    if unknown:
        say(f"no bench has the name {', '.join(unknown)}; there are: {', '.join(known)}")
        return 2
    if len(names) == 1:
        measured: Callable[[], Iterable[Row]] = import_module(known[names[0]]).measured
        tell(measured())
        return 0
    began = time.monotonic()
    ended = [each_alone(name) for name in names or ROWS]
    if not names:
        tell([Row(what="the whole bench", figure=time.monotonic() - began, budget=WHOLE, unit="s")])
    return max(ended)


def each_alone(name: str) -> int:
    """Measure these rows in a process of their own: what earlier ones left in memory would slow each collection."""
    return subprocess.run([sys.executable, "-m", "tests.bench", name], check=False).returncode


def tell(rows: Iterable[Row]) -> None:
    machine = named()
    for row in rows:
        say(json.dumps({**row.shown(), "machine": machine}, ensure_ascii=False))


def named() -> str:
    """The machine in a few words, so that figures of two are not taken for figures of one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}"


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- what it prints is its answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
