"""Somebody who may not write everywhere, for root may."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_NOBODY = 65534
_PR_CAPBSET_DROP = 24
_CAPABILITIES = {"CAP_DAC_OVERRIDE": 1, "CAP_DAC_READ_SEARCH": 2}
"""With which root may do what a file's mode forbids (https://man7.org/linux/man-pages/man7/capabilities.7.html, 2026-11)."""


@contextmanager
def nobody() -> Iterator[None]:
    """While the block lasts this process is not root; nothing new can be imported by then."""
    if os.getuid() != 0:
        yield
        return
    os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def main() -> None:
    """Become a Python with these arguments that heeds the modes of files, whoever runs it."""
    if os.getuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for name, number in _CAPABILITIES.items():
            if libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0):
                raise OSError(ctypes.get_errno(), f"{name} cannot be given up")
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])


if __name__ == "__main__":
    main()
