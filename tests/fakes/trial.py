"""Clubs to try in a browser, served on loopback, and visitors of them."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import aiohttp

from bot.runtime.chat import SAMPLE
from bot.runtime.http import serving
from bot.runtime.settings import load
from bot.runtime.trial import Bounds, Trials, Visit

WITHIN = 20.0
"""Seconds until a change has come."""


@dataclass
class Clock:
    """Seconds that pass when they are told to."""

    seconds: float = 0.0

    def now(self) -> float:
        return self.seconds


@dataclass
class Visitor:
    """A visitor of one club: what their page sends, and the changes that it hears."""

    at: str
    session: aiohttp.ClientSession
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def page(self) -> str:
        async with self.session.get(self.at) as answer:
            assert answer.status == 200
            return await answer.text()

    async def act(self, **act: Any) -> tuple[int, dict[str, Any]]:
        async with self.session.post(f"{self.at}do", json=act) as answer:
            return answer.status, await answer.json()

    async def write(self, text: str, channel: str = "reading", thread: str = "") -> dict[str, Any]:
        status, told = await self.act(do="write", text=text, channel=channel, thread=thread)
        assert status == 200, told
        return told

    async def press(self, label: str, **how: Any) -> tuple[int, dict[str, Any]]:
        """Press the last button with this label."""
        page = await self.page()
        end = page.rindex(f'data-label="{label}"')
        message = re.findall(r'data-message="([^"]+)"', page[:end])[-1]
        number = re.findall(r'data-press="(\d+)"', page[:end])[-1]
        return await self.act(
            **{"do": "press", "message": message, "number": int(number), "label": label, "confirmed": False, **how}
        )

    @asynccontextmanager
    async def listening(self, last: int = 0) -> AsyncIterator[None]:
        """Hear what changes while the block runs."""
        async with self.session.get(f"{self.at}changes", params={"last": str(last)}) as answer:
            assert answer.content_type == "text/event-stream"
            reading = asyncio.create_task(self._read(answer))
            try:
                yield
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, answer: aiohttp.ClientResponse) -> None:
        kind = ""
        async for line in answer.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                self.heard.append((kind, json.loads(value)))

    async def until(self, kind: str, words: str) -> dict[str, Any]:
        """The first change of that kind with these words, heard now or soon."""
        async with asyncio.timeout(WITHIN):
            while True:
                for known, about in self.heard:
                    if known == kind and words in html.unescape(str(about)):
                        return about
                await asyncio.sleep(0.01)


@dataclass
class Site:
    trials: Trials
    at: str
    session: aiohttp.ClientSession
    clock: Clock
    folder: Path

    async def open(self, **headers: str) -> tuple[int, str]:
        """The status of pressing the button on the first page, and the address that it leads to."""
        asked = self.session.post(f"{self.at}/try", data={"zone": "UTC"}, headers=headers, allow_redirects=False)
        async with asked as answer:
            return answer.status, f"{self.at}/{answer.headers.get('Location', '')}"

    async def visitor(self) -> Visitor:
        status, address = await self.open()
        assert status == 303
        return Visitor(address, self.session)

    def visit(self, visitor: Visitor) -> Visit:
        """The club behind the visitor's page."""
        return self.trials._visits[visitor.at.rstrip("/").rpartition("/")[2]]


@asynccontextmanager
async def trial(folder: Path, **bounds: Any) -> AsyncIterator[Site]:
    clock = Clock()
    with as_file(SAMPLE) as sample:
        trials = Trials(load(), sample, folder, bounds=Bounds(**bounds), now=clock.now)
        async with (
            trials.running(),
            serving(trials.routes(), host="127.0.0.1", port=0) as port,
            aiohttp.ClientSession() as session,
        ):
            yield Site(trials, f"http://127.0.0.1:{port}", session, clock, folder)
            trials.end()
