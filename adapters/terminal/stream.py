"""Lines from a file or a pipe, one at a time, while the rest of the program goes on."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TextIO


async def lines_of(stream: TextIO) -> AsyncIterator[str]:
    """The lines that are not blank, without their ends; bytes that are no UTF-8 come as U+FFFD.

    A thread of its own reads ahead: one of the loop's executor would keep the program from ending at Ctrl-C, and
    a loop cannot wait for a regular file.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        # The loop is closed if somebody left before the end.
        with suppress(RuntimeError):
            for line in stream:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, None)

    threading.Thread(target=read, name="terminal-input", daemon=True).start()
    while (line := await queue.get()) is not None:
        if line.strip():
            yield line.rstrip("\r\n")
