"""The process of a fake platform: it outlives every worker, and only the weather changes how it answers."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from tests.chaos.discord_side import ChaosDiscord
from tests.chaos.journal import Journal
from tests.chaos.slack_side import ChaosSlack
from tests.chaos.weather import Forecast

SIDES: dict[str, type[ChaosSlack] | type[ChaosDiscord]] = {"slack": ChaosSlack, "discord": ChaosDiscord}
LOOKS_EVERY = 0.02


def shine(platform: str, folder: Path, channels: int, others: int, virtual: Callable[[], float]) -> None:
    """Serve until killed; the port stands in the file `port` once it listens."""
    asyncio.run(_serve(platform, folder, channels, others, virtual))


async def _serve(platform: str, folder: Path, channels: int, others: int, virtual: Callable[[], float]) -> None:
    forecast = Forecast(folder / "weather.json")
    side = SIDES[platform](forecast, Journal(folder / "journal"), virtual)
    side.furnish(channels, others)
    runner = web.AppRunner(side.application(), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    listens = True
    while True:
        away = forecast.now().away
        if away and listens:
            await site.stop()
            _hang_up(runner)
        elif not away and not listens:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
        listens = not away
        if not (folder / "port").exists():  # nobody comes before the weather is as it is to be
            (folder / "port.new").write_text(str(port))
            (folder / "port.new").replace(folder / "port")
        await asyncio.sleep(LOOKS_EVERY)


def _hang_up(runner: web.AppRunner) -> None:
    assert runner.server is not None
    for connection in list(runner.server.connections):
        if connection.transport is not None:
            connection.transport.abort()


def started_at(virtual_start: float) -> Callable[[], float]:
    """A clock that shows this moment (POSIX seconds) now, and goes on from it in every process."""
    since = time.monotonic()
    return lambda: virtual_start + time.monotonic() - since


def ahead(clock: Callable[[], float], seconds: float) -> Callable[[], float]:
    """The clock as it would be if so much more time had passed."""
    return lambda: clock() + seconds
