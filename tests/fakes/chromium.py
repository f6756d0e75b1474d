"""A real Chromium without a window, driven over its DevTools protocol."""

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium")
WITHIN = 60.0
"""Seconds until the browser has started, or a page is as expected."""


@dataclass
class Tab:
    """One tab. `errors` has what its console reported: scripts that failed, and what the page's policy refused."""

    socket: aiohttp.ClientWebSocketResponse
    errors: list[str]
    asked: int = 0
    dialogs: int = 0

    async def call(self, method: str, **params: Any) -> Any:
        self.asked += 1
        await self.socket.send_json({"id": self.asked, "method": method, "params": params})
        while True:
            message = await self.socket.receive_json(timeout=WITHIN)
            if message.get("method") == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(message["params"]))
            if message.get("method") == "Page.javascriptDialogOpening":
                self.dialogs += 1
            if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                entry = message["params"]["entry"]
                self.errors.append(f"{entry['text']} {entry.get('url', '')}")
            if message.get("id") == self.asked:
                assert "error" not in message, message
                return message["result"]

    async def run(self, script: str) -> Any:
        """The value of a piece of JavaScript; of a promise, what it resolves to."""
        found = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until the script is true, also while another page is loaded."""
        async with asyncio.timeout(WITHIN):
            while True:
                try:
                    if await self.run(f"Boolean({script})"):
                        return
                except AssertionError:  # the page was replaced meanwhile
                    pass
                await asyncio.sleep(0.05)

    async def open(self, address: str) -> None:
        await self.call("Page.navigate", url=address)
        await self.until(f"document.readyState === 'complete' && location.href === {json.dumps(address)}")

    async def click(self, selector: str) -> None:
        await self.until(f"document.querySelector({json.dumps(selector)})")
        await self.run(f"document.querySelector({json.dumps(selector)}).click()")

    async def type(self, selector: str, text: str) -> None:
        await self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.call("Input.insertText", text=text)

    async def text(self) -> str:
        return str(await self.run("document.body.innerText"))

    async def scripts(self, *, on: bool) -> None:
        await self.call("Emulation.setScriptExecutionDisabled", value=not on)

    async def resize(self, width: int, height: int = 800, *, dark: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        await self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def picture(self, path: Path) -> None:
        taken = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(taken["data"]))


@asynccontextmanager
async def chromium(folder: Path, *more: str) -> AsyncIterator[Tab]:
    """A browser with an empty profile in the folder, and `more` options. It ends with the block."""
    assert CHROMIUM is not None
    profile = folder / "browser"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", f"--user-data-dir={profile}")
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(CHROMIUM, *options, *more, "about:blank", stdout=quiet, stderr=quiet)
    try:
        port = await _port(profile / "DevToolsActivePort")
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as listed:
                (target, *_) = [one for one in await listed.json() if one["type"] == "page"]
            async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Tab(socket, [])
                for domain in ("Page", "Runtime", "Log"):
                    await tab.call(f"{domain}.enable")
                yield tab
    finally:
        process.terminate()
        await process.wait()


async def _port(file: Path) -> int:
    async with asyncio.timeout(WITHIN):
        while not (lines := _lines(file)):  # noqa: ASYNC110 -- another process writes it
            await asyncio.sleep(0.05)
    return int(lines[0])


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
