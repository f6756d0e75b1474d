"""Reads lines from a terminal, a pipe or a file without blocking the event loop."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import TextIO

_CHUNK = 65_536


async def lines_of(stream: TextIO) -> AsyncIterator[str]:
    """The lines that are not blank, without their ends. Invalid UTF-8 becomes U+FFFD.

    Does not read in a thread: one that still waits for input would keep the program from ending, or make the
    interpreter abort over the lock of `sys.stdin`.
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
    """Wait for input. A regular file is always ready, and the loop refuses to wait for one."""
    readable = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        loop.add_reader(file, readable.set)
    except (
        PermissionError,
        NotImplementedError,
    ):  # epoll and Windows' loop refuse a regular file, which needs no waiting
        return
    try:
        await readable.wait()
    finally:
        loop.remove_reader(file)
