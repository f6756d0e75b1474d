"""Lines as they come from pipes and files."""

import asyncio
import os
from pathlib import Path
from typing import TextIO

from adapters.terminal.stream import lines_of


async def every(stream: TextIO) -> list[str]:
    return [line async for line in lines_of(stream)]


async def test_lines_are_put_together_from_what_a_pipe_gives() -> None:
    read, write = os.pipe()
    with os.fdopen(read) as source:
        reading = asyncio.create_task(every(source))
        for part in (b"/blog ho", "me\r\n\n  \n✅".encode(), b" \xff\n", b"no end"):
            os.write(write, part)
            await asyncio.sleep(0)
        os.close(write)

        assert await reading == ["/blog home", "✅ �", "no end"]


async def test_a_regular_file_is_read_like_a_pipe(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_bytes(b"clock\n\xe2\x80\xa8\nquit")

    with script.open(encoding="utf-8") as source:
        assert await every(source) == ["clock", "quit"]


async def test_other_work_goes_on_while_nothing_is_typed() -> None:
    read, write = os.pipe()
    with os.fdopen(read) as source:
        reading = asyncio.create_task(every(source))
        await asyncio.sleep(0)
        os.write(write, b"late\n")
        os.close(write)

        assert await reading == ["late"]
