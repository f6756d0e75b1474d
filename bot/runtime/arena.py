"""Where the C library keeps memory: in one place for all threads, where it would make one for each.

SQLite's connections go round between threads. Pages that one thread has asked for are freed by another one and go back to
the first one's arena, where nobody else finds them: after 20,000 commands 18 MB of 118 were such room, and with one
arena 3 to 10. Four threads that do nothing but fill and empty SQLite's caches take as much of the processor with one.
"""

import ctypes
import os
import sys

M_ARENA_MAX = -8
"""https://sourceware.org/git/?p=glibc.git;a=blob;f=malloc/malloc.h (November 2026)."""


def have_one_arena() -> None:
    """Before there are threads, for what they have is kept. Does nothing where the host has set a number, or without glibc."""
    set_by_host = "MALLOC_ARENA_MAX" in os.environ or "glibc.malloc.arena_max" in os.environ.get("GLIBC_TUNABLES", "")
    if sys.platform != "linux" or set_by_host:
        return
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(M_ARENA_MAX, 1)
