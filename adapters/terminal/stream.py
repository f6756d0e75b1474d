"""Lines from a terminal, a pipe or a file, while the rest of the program goes on."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import TextIO

_CHUNK = 65_536


async def lines_of(stream: TextIO) -> AsyncIterator[str]:
    """The lines that are not blank, without their ends; invalid UTF-8 becomes U+FFFD.

    Nothing is read ahead in a thread: one that still waits for input when the program ends would keep it from
    ending, or make the interpreter abort over the lock of `sys.stdin`.
    """
    async for line in _lines(stream):
        if line.strip():
            yield line.rstrip("\r\n")


async def _lines(stream: TextIO) -> AsyncIterator[str]:
    try:
        file = stream.fileno()
    except OSError:
        for line in stream:
            yield line
        return
    begun = b""
    async for chunk in _chunks(file):
        *ended, begun = (begun + chunk).split(b"\n")
        for each in ended:
            yield each.decode(errors="replace")
    yield begun.decode(errors="replace")


async def _chunks(file: int) -> AsyncIterator[bytes]:
    while True:
        await _readable(file)
        chunk = os.read(file, _CHUNK)
        if not chunk:
            return
        yield chunk


async def _readable(file: int) -> None:
    """Wait until there is something to read. A regular file always has, and the loop refuses to wait for one."""
    readable = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        loop.add_reader(file, readable.set)
    except (PermissionError, NotImplementedError):  # epoll's and Windows' ways to refuse what can always be read
        return
    try:
        await readable.wait()
    finally:
        loop.remove_reader(file)
