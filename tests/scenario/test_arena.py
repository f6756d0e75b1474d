"""The threads of a process that serves many people share one place for what the C library keeps of memory."""

import asyncio
import ctypes
import os
import platform
import subprocess
import sys
from pathlib import Path
from threading import Barrier

import pytest

from bot.ports.store import Transaction
from bot.runtime.bootstrap import open_club
from bot.runtime.settings import load

READERS = 4


GLIBC = platform.libc_ver()[0] == "glibc"
"""Another C library has no arenas to be bounded, and no `malloc_info` that could be asked for them."""


@pytest.mark.skipif(not GLIBC, reason="another C library has neither arenas nor malloc_info")
@pytest.mark.parametrize(
    ("set_by_the_host", "most"),
    [({}, 1), ({"MALLOC_ARENA_MAX": "2"}, 2), ({"GLIBC_TUNABLES": "glibc.malloc.arena_max=2"}, 2)],
)
def test_a_hosted_process_has_one_arena_unless_its_host_says_how_many(
    tmp_path: Path, set_by_the_host: dict[str, str], most: int
) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MALLOC_ARENA_MAX", "GLIBC_TUNABLES"}
    } | set_by_the_host
    command = [sys.executable, "-c", f"import {__name__} as ours, sys; ours.tell_arenas(sys.argv[1])", str(tmp_path)]

    told = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)

    assert int(told.stdout) == most


def tell_arenas(folder: str) -> None:
    """How many there are when all readers are at work at once."""
    together = Barrier(READERS)

    def wait(tx: Transaction) -> None:
        tx.teams.all()
        together.wait()

    async def read() -> None:
        async with open_club(load(database=f"sqlite:///{folder}/club.db"), migrate=False, hosted=True) as club:
            await asyncio.gather(*(club.runner.read(wait) for _ in range(READERS)))
            print(_arenas(Path(folder, "malloc.xml")))  # noqa: T201 -- what it prints is its answer

    asyncio.run(read())


def _arenas(file: Path) -> int:
    """By what `malloc_info` writes: https://man7.org/linux/man-pages/man3/malloc_info.3.html."""
    library = ctypes.CDLL(None)
    library.fopen.restype = ctypes.c_void_p
    stream = ctypes.c_void_p(library.fopen(os.fsencode(file), b"w"))
    library.malloc_info(0, stream)
    library.fclose(stream)
    return file.read_text(encoding="ascii").count("<heap nr=")
