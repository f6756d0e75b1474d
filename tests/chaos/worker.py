"""The process that is killed: the product's store, ticker, worker of the ledger and sending side of the adapters."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Any

from adapters.discord.platform import DiscordPlatform
from adapters.slack import names
from adapters.slack.platform import SlackPlatform
from adapters.slack.setup import SlackSetup
from bot.chat.platform import ChatPlatform
from bot.domain.errors import StoreError
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from tests.chaos import scaled
from tests.chaos.points import Point, Trap
from tests.chaos.slack_side import OTHER_TEAM, OTHER_TOKEN, TOKEN
from tests.chaos.tap import tap
from tests.chaos.wire import WatchedLoop
from tests.fakes.slack import SCOPES, SIGNING_SECRET

VAULT_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
LOOKS_EVERY = 0.02


@dataclass(frozen=True)
class Order:
    """What a worker is to do: over which database, for which platform, and where it is to die, or to stop `by` a signal.

    With `clock` a file says by how many seconds its machine's clock is wrong. The database then keeps its own time,
    where it is another machine's.
    """

    url: str
    platform: str
    port: int
    virtual: Callable[[], float]
    point: Point | None = None
    hit: int = 1
    by: Signals = SIGKILL
    naive: bool = False
    two: bool = False
    around: bool = False
    clock: Path | None = None


def toil(order: Order) -> None:
    """Deliver until killed."""
    scaled.shorten()
    trap = Trap(order.point, order.hit, order.by)
    with asyncio.Runner(loop_factory=lambda: WatchedLoop(trap, order.port)) as runner:
        runner.run(_deliver(order, trap))


async def _deliver(order: Order, trap: Trap) -> None:
    settings = load(database=order.url, log_level="WARNING", vault_keys=VAULT_KEY)
    async with open_club(settings, migrate=False, durations=scaled.durations()) as club:
        club.clock.move_to(datetime.fromtimestamp(order.virtual(), UTC))
        tap(club.store, trap, naive=order.naive, notices=order.around)
        async with _SENDING[order.platform](order, club) as platform:
            _watch(platform, trap)
            club.join(platform)
            async with club.at_work(), asyncio.TaskGroup() as group:
                group.create_task(_reachable(platform, club))
                if order.clock is not None:
                    group.create_task(_keep_wrong(club, order.clock))


async def _reachable(platform: ChatPlatform, club: Club) -> None:
    """A platform that ends because the database is away is started anew, as the product does."""
    while isinstance(platform, SlackPlatform):
        try:
            await platform.run(club.dispatcher, club.vault)
        except StoreError:
            await asyncio.sleep(scaled.real(5))
    await asyncio.Event().wait()


async def _keep_wrong(club: Club, path: Path) -> None:
    """Set the clock wrong by as much as the file says, as often as it says something else."""
    right = club.clock.offset
    club.store._database_time = lambda moment: moment + right
    while True:
        wrong = await asyncio.to_thread(path.read_text)
        club.clock.offset = right + timedelta(seconds=float(wrong))
        await asyncio.sleep(LOOKS_EVERY)


@asynccontextmanager
async def _slack(order: Order, club: Club) -> AsyncIterator[ChatPlatform]:
    setup = SlackSetup(
        bot_token=TOKEN,
        signing_secret=SIGNING_SECRET,
        api_url=f"http://127.0.0.1:{order.port}/api/",
        client_id="canary-id" if order.two else "",
        client_secret="canary-secret" if order.two else "",
    )
    if order.two:
        await _install_other(club)
    platform = SlackPlatform(setup, now=club.clock.now)
    platform.posting_rules = scaled.posting_rules(platform.posting_rules)
    yield platform


async def _install_other(club: Club) -> None:
    """A second workspace, which has installed the app by itself."""
    other = {"team": OTHER_TEAM, "name": "neighbours", "token": OTHER_TOKEN, "bot_user": f"UBOT{OTHER_TEAM[1:]}"}
    kept = {**other, "bot": f"BBOT{OTHER_TEAM[1:]}", "scopes": SCOPES.split(",")}
    await club.vault.save(names.SLACK, f"install:{OTHER_TEAM}", json.dumps(kept).encode())


@asynccontextmanager
async def _discord(order: Order, club: Club) -> AsyncIterator[ChatPlatform]:
    from discord.http import Route

    Route.BASE = f"http://127.0.0.1:{order.port}"
    platform = DiscordPlatform("token-of-the-test", now=club.clock.now)
    platform.posting_rules = scaled.posting_rules(platform.posting_rules)
    async with platform.client:
        yield platform


_SENDING = {"slack": _slack, "discord": _discord}


def _watch(platform: Any, trap: Trap) -> None:
    """Tell the trap when the answer to a post was read."""
    post = platform.post

    async def watched(*arguments: Any, **named: Any) -> Any:
        posted = await post(*arguments, **named)
        trap.passed(Point.ANSWERED)
        return posted

    platform.post = watched
