"""How many signed `/blog random` a second Slack's door answers whole, beside a Bolt listener that does nothing.

Both are served by our HTTP server in this process; another process asks, 50 at once, and takes the answers. One is
complete when its words are in the body of the acknowledgement, where both put them, or have come to the response_url.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.chat.web import Request, Response, Route
from bot.runtime.http import serving
from tests.bench.row import Row
from tests.fakes.slack import SIGNING_SECRET, FakeSlack
from tests.fakes.slack_club import running

ENTRIES = 1_000
MEMBERS = 50
AT_ONCE = 50
ASKED = 2_000
ROUNDS = 3
PATH = "/slack/events"


@asynccontextmanager
async def nothing() -> AsyncIterator[int]:
    """The port of a Bolt app whose one listener acknowledges and says a word."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0001", bot_token="xoxb-x", bot_id="B", bot_user_id="U")

    app = AsyncApp(signing_secret=SIGNING_SECRET, authorize=authorize)

    async def acknowledge(ack: AsyncAck) -> None:
        await ack(text="text")

    app.command("/blog")(acknowledge)

    async def handle(request: Request) -> Response:
        headers: dict[str, str | Sequence[str]] = dict(request.headers)
        given = await app.async_dispatch(AsyncBoltRequest(body=request.body.decode(), headers=headers))
        body = given.body if isinstance(given.body, str) else json.dumps(given.body)
        return Response(status=given.status, body=body)

    async with serving([Route(method="POST", path=PATH, handle=handle)], host="127.0.0.1", port=0) as port:
        yield port


async def asked(port: int) -> dict[str, float]:
    arguments = [str(port), PATH, "random", str(MEMBERS), str(ASKED), str(AT_ONCE)]
    load = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.slack_load", *arguments, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await load.communicate()
    answered: dict[str, float] = json.loads(said)
    return answered


async def rounds(folder: Path) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """What came of each round: ours, and the listener's that does nothing, in turns."""
    path = folder / "list.md"
    entries = (
        f"* [Note {n} of the caching sort](https://example.org/{n})\n    1. Why\n    2. How\n" for n in range(ENTRIES)
    )
    path.write_text("".join(entries), encoding="utf-8")
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    for number in range(MEMBERS):
        slack.user(f"U{number:05}", f"u{number:05}")
    ours, others = [], []
    async with slack.running(), running(slack, f"sqlite:///{folder}/bench.db", path), nothing() as port:
        for _ in range(ROUNDS):
            others.append(await asked(port))
            ours.append(await asked(int(slack.app_url.rpartition(":")[2])))
    return ours, others


def middle(figures: list[dict[str, float]], name: str) -> float:
    return sorted(one[name] for one in figures)[len(figures) // 2]


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        ours, others = asyncio.run(rounds(Path(folder)))
    sides = {
        "answers_a_second": round(middle(ours, "a_second")),
        "of_nothing": round(middle(others, "a_second")),
    }
    ratio = middle(ours, "a_second") / middle(others, "a_second")
    yield Row(
        what="/blog random through Slack's HTTPS door, answers a second beside a Bolt listener that does nothing",
        figure=ratio,
        budget=0.5,
        unit="times",
        at_least=True,
        beside=sides,
    )
    yield Row(
        what=f"/blog random through Slack's HTTPS door, {AT_ONCE} at once, p99",
        figure=middle(ours, "p99_ms"),
        budget=150,
        unit="ms",
        beside={"p50_ms": round(middle(ours, "p50_ms"), 1), "p99_ms_of_nothing": round(middle(others, "p99_ms"), 1)},
    )
