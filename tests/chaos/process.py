"""Processes of a run: forked from a parent that has imported everything, ended with it, and gone when the run is."""

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

_DIES_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def forked(work: Callable[[], None], log: Path) -> int:
    """Do the work in a process of its own, which writes what it says to `log`; its id."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        _exited.discard(pid)  # of a long row's 10,000 processes some have the number of an earlier one
        return pid
    status = 1
    try:
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(said, 1)
        os.dup2(said, 2)
        work()
        status = 0
    except BaseException:  # noqa: BLE001 -- whatever it is, it ends here and stands in the log
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def killed(pid: int) -> None:
    """End the process as an outage of power would."""
    if not exited(pid):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        _exited.add(pid)


def stopped(pid: int) -> bool:
    """Whether a signal keeps the process from going on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


_exited: set[int] = set()


def exited(pid: int) -> bool:
    """Whether the process, one of this one's own, is over."""
    if pid not in _exited and os.waitpid(pid, os.WNOHANG)[0]:
        _exited.add(pid)
    return pid in _exited


def until(condition: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Wait for the condition, at most so long; whether it came true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True
