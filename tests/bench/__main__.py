"""Measures the budgets of the design, one JSON line each: `python -m tests.bench [NAME…]`, all of them without a name.

A budget is a ratio to something measured beside it in the same run where there is something to compare with. Nothing
fails here: `ok` says whether the budget holds on this machine, now.
"""

import json
import os
import platform
import sys
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
    "backup": "tests.bench.backup",
    "killed": "tests.bench.killed",
    "noisy": "tests.bench.noisy",
    "slack": "tests.bench.slack",
    "storm": "tests.bench.storm",
}
"""The module that measures what has this name, in the order in which all are run; its `measured()` gives the rows."""

LONG = {
    "soak": "tests.bench.soak",
}
"""What takes long and is run by its name alone."""


def main(names: Sequence[str]) -> int:
    known = {**ROWS, **LONG}
    unknown = [name for name in names if name not in known]
    if unknown:
        say(f"no bench has the name {', '.join(unknown)}; there are: {', '.join(known)}")
        return 2
    machine = named()
    for name in names or ROWS:
        measured: Callable[[], Iterable[Row]] = import_module(known[name]).measured
        for row in measured():
            say(json.dumps({**row.shown(), "machine": machine}, ensure_ascii=False))
    return 0


def named() -> str:
    """The machine in a few words, so that figures of two are not taken for figures of one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}"


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- what it prints is its answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
