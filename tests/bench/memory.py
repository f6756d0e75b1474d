"""How much memory processes hold, in megabytes, by what Linux tells of them.

`ru_maxrss` is not asked in a process that was started from a large one: a process begins with its parent's peak.
Run as `python -m tests.bench.memory COMMAND…`, it is the small parent of a command, and tells that one's peak.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

MEGABYTE = 1024
"""Kilobytes, in which Linux counts."""


def resident(process: int) -> float:
    """What the process holds now."""
    return _told(process, "VmRSS")


def peak() -> float:
    """The most that this process held at a time."""
    return _told(os.getpid(), "VmHWM")


def peak_of(command: Sequence[str]) -> float:
    """The most that the command held, once it has ended well."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.memory", *command], stdout=subprocess.PIPE, text=True, check=True
    )
    return float(told.stdout)


def _told(process: int, name: str) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / MEGABYTE


def _main(command: Sequence[str]) -> int:
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    print(usage.ru_maxrss / MEGABYTE)  # noqa: T201 -- what it prints is its answer
    return child.returncode


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
