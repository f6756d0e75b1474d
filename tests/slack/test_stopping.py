"""A real `dogear run` that is told to stop: what has begun is brought to its end, what has not is left to others."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.domain.card import Card
from bot.domain.delivery import Delivery, Draft, State, Step
from bot.domain.ids import ChannelRef, PlatformName, WorkspaceRef
from bot.ports.store import Transaction
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from bot.service import teams
from tests.fakes.slack import SIGNING_SECRET, FakeSlack, Fault

ANA = "U0ANA"
SLOW = 2.0
"""Seconds that Slack takes for a post."""
PLACE = WorkspaceRef(PlatformName("slack"), "T0001")


def a_slack(channels: int) -> FakeSlack:
    slack = FakeSlack()
    slack.workspace()
    slack.user(ANA, "ana", admin=True)
    for number in range(channels):
        slack.channel(f"C{number:04}", name=f"channel-{number}")
    return slack


async def owed(club: Club, seed: Path, channels: int) -> None:
    """Two posts for each channel, due now."""
    team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
    await club.lists.use(team, [seed])

    def planned(tx: Transaction) -> None:
        teams.join(tx, PLACE, "ours", team)
        for number in range(channels):
            where = ChannelRef(PLACE, f"C{number:04}")
            for source in ("first", "second"):
                draft = Draft(
                    channel=where, source_key=f"{source}:{number}", step=Step.ROOT, ordinal=0, card=Card(title=source)
                )
                tx.ledger.plan(team.id, [draft], not_before=tx.now())

    await club.runner.write(planned)


@asynccontextmanager
async def a_process(
    slack: FakeSlack, database: str, *program: str, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`dogear run`, or another program that serves, with more settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "DOGEAR_DATABASE": database,
        "DOGEAR_SLACK_BOT_TOKEN": next(iter(slack.workspaces)),
        "DOGEAR_SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "DOGEAR_SLACK_API": slack.api_url,
        "DOGEAR_HTTP_HOST": "127.0.0.1",
        "DOGEAR_HTTP_PORT": str(port),
        "DOGEAR_HEALTH_PORT": "0",
        **more,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(program or ("-m", "bot", "run")),
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    slack.app_url = f"http://127.0.0.1:{port}"
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def every(club: Club, channels: int) -> Sequence[Delivery]:
    def read(tx: Transaction) -> Sequence[Delivery]:
        (team,) = tx.teams.all()
        keys = [f"{source}:{number}" for source in ("first", "second") for number in range(channels)]
        return [delivery for key in keys for delivery in tx.ledger.of_source(team.id, key)]

    return await club.runner.read(read)


async def test_a_process_that_is_told_to_stop_ends_what_it_began_and_leaves_the_rest(database: str, seed: Path) -> None:
    channels = 5

    slack = a_slack(channels)
    slack.fail("chat.postMessage", *(Fault("hang", seconds=SLOW) for _ in range(2 * channels)))
    async with open_club(load(database=database), migrate=False) as club:
        await owed(club, seed, channels)
        async with slack.running(), a_process(slack, database) as process:
            await slack.until(lambda: called(slack, "chat.postMessage") == channels)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(60):
                _, errors = await process.communicate()
        deliveries = await every(club, channels)

    assert (process.returncode, errors.decode()) == (0, "")
    assert len(slack.sent) == channels
    assert [one.state for one in deliveries] == [State.SENT] * channels + [State.PENDING] * channels
    assert {one.lease_owner for one in deliveries} == {None}


async def test_an_answer_under_way_is_given_before_the_process_ends(database: str, seed: Path) -> None:
    slack = a_slack(1)
    slack.fail("users.info", Fault("hang", seconds=SLOW))
    async with open_club(load(database=database), migrate=False) as club:
        await owed(club, seed, 0)
        async with slack.running(), a_process(slack, database) as process:
            await slack.until(lambda: called(slack, "auth.test") > 0)
            await asked(slack, "status")
            await slack.until(lambda: called(slack, "users.info") > 0)
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(60):
                printed, errors = await process.communicate()

    assert (process.returncode, errors.decode()) == (0, "")
    platforms, source, where, health, *ends = printed.decode().splitlines()
    assert platforms == "Platforms: slack connected as Team T0001 (1 in use)"
    assert source == "Reading list: no file is set (DOGEAR_LIST names one); 12 entries in all teams"
    assert where.startswith("Database: ")
    assert health == "Health checks: off"
    assert sorted(ends) == [
        "SIGHUP: the reading lists are read again.",
        "Stopping because of SIGTERM: started posts are finished, then answers.",
    ]
    assert [answer.user for answer in slack.answers] == [ANA]


NEVER_ENDS = """
import sys, threading
from bot.runtime import backup, serve
from bot.__main__ import main

serve.MAX_STOP, serve.END = 0.5, 3.0
backup.NightlyBackups.make_if_due = lambda nightly: threading.Event().wait()
sys.argv[1:] = ["run"]
main()
"""


async def test_what_never_ends_does_not_keep_the_process(database: str, tmp_path: Path) -> None:
    """Here a nightly backup, in a thread that nothing can interrupt."""

    slack = a_slack(0)
    async with (
        slack.running(),
        a_process(slack, database, "-c", NEVER_ENDS, DOGEAR_BACKUP_FOLDER=str(tmp_path)) as process,
    ):
        await slack.until(lambda: called(slack, "auth.test") > 0)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            _, errors = await process.communicate()

    assert process.returncode == 1
    assert "what is still under way is given up" in errors.decode()
    assert "in <lambda>" in errors.decode(), "it says what did not end"


async def asked(slack: FakeSlack, line: str) -> None:
    """Once the process takes requests."""
    async with asyncio.timeout(60):
        while True:
            try:
                status, _ = await slack.send(slack.command(ANA, line, channel="C0000"))
            except OSError:
                await asyncio.sleep(0.1)
            else:
                if status == 200:
                    return
                await asyncio.sleep(0.1)


def called(slack: FakeSlack, method: str) -> int:
    return sum(name == method for _, name, _ in slack.calls)
