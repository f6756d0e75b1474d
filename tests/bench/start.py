"""How long the command line takes to answer, and how much memory `dogear run` keeps with both platforms connected."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from tests.bench.memory import resident
from tests.bench.row import Row
from tests.fakes.discord_rest import FakeDiscord
from tests.fakes.slack import APP_TOKEN, FakeSlack

DOGEAR = [sys.executable, "-m", "bot"]
RUNS = 5
AT_REST = 10.0
"""Seconds after both platforms are connected at which the memory is read."""
SAMPLE = Path(__file__).parents[2] / "bot" / "sample" / "reading-list.md"
POINTED = """
import sys, yarl, discord.gateway, discord.http
address = sys.argv.pop(1)
discord.http.Route.BASE = address
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"{address.replace('http', 'ws')}/gateway/socket")
from bot.__main__ import main
main()
"""
"""`dogear` against the Discord whose address is its first argument: the library has no setting for it."""


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield _row("dogear --help", 0.5, lambda _: _helped())
        kept = f"sqlite:///{folder}/kept.db"
        _answered(kept)
        yield _row("first answer in chat, current schema", 2.0, lambda _: _answered(kept))
        yield _row("first answer in chat, new database", 3.5, lambda turn: _answered(f"sqlite:///{folder}/{turn}.db"))
        megabytes = asyncio.run(_resident(Path(folder)))
        yield Row(what="resident memory of run, both platforms", figure=megabytes, budget=200, unit="MB")


def _row(what: str, budget: float, seconds: Callable[[int], float]) -> Row:
    """The median of a few runs, after one that only warms the disk's cache."""
    seconds(0)
    before = _children()
    taken = sorted(seconds(turn) for turn in range(1, RUNS + 1))
    beside = {"least": round(taken[0], 2), "most": round(taken[-1], 2), "runs": RUNS}
    beside["processor"] = round((_children() - before) / RUNS, 2)
    return Row(what=what, figure=statistics.median(taken), budget=budget, unit="s", beside=beside)


def _children() -> float:
    """Seconds of the processor that ended children took: what a run costs where others compete for the machine."""
    times = os.times()
    return times.children_user + times.children_system


def _helped() -> float:
    began = time.perf_counter()
    subprocess.run([*DOGEAR, "--help"], check=True, capture_output=True)
    return time.perf_counter() - began


def _answered(database: str) -> float:
    """From the start of the process to the first answer, with the sample list."""
    command = [*DOGEAR, "chat", "--json", "--list", str(SAMPLE), "--database", database]
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as chat:
        assert chat.stdin is not None
        assert chat.stdout is not None
        chat.stdin.write(b"/blog home\n")
        chat.stdin.flush()
        assert chat.stdout.readline().startswith(b"{")
        taken = time.perf_counter() - began
        chat.stdin.close()
    return taken


async def _resident(folder: Path) -> float:
    """Megabytes of a `dogear run` that has been connected to both platforms for a while."""
    slack, discord = FakeSlack(), FakeDiscord()
    slack.workspace()
    async with slack.running(), _served(discord) as address:
        settings = {
            "DOGEAR_DATABASE": f"sqlite:///{folder}/run.db",
            "DOGEAR_LIST": str(SAMPLE),
            "DOGEAR_SLACK_BOT_TOKEN": next(iter(slack.workspaces)),
            "DOGEAR_SLACK_APP_TOKEN": APP_TOKEN,
            "DOGEAR_SLACK_API": slack.api_url,
            "DOGEAR_DISCORD_TOKEN": "token-of-the-bench",
            "DOGEAR_HTTP_HOST": "127.0.0.1",
            "DOGEAR_HTTP_PORT": "0",
        }
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-c", POINTED, address, "run", env={**os.environ, **settings}, stderr=subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(60):
                await slack.connected.wait()
                await discord.heard.wait()
            await asyncio.sleep(AT_REST)
            return resident(running.pid)
        finally:
            running.terminate()
            await running.wait()


@asynccontextmanager
async def _served(discord: FakeDiscord) -> AsyncIterator[str]:
    runner = web.AppRunner(discord.application())
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
