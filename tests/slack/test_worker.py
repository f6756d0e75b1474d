"""`dogear run --worker`: a process that only delivers, beside another one that takes what comes in."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from bot.runtime.bootstrap import open_club
from bot.runtime.settings import load
from tests.fakes.postgres import Postgres
from tests.fakes.slack import SIGNING_SECRET
from tests.slack.test_stopping import a_slack, called, owed

CHANNELS = 3


async def test_a_worker_delivers_what_another_process_owes_and_is_connected_to_nothing(
    postgres: Postgres, seed: Path
) -> None:
    with postgres.database() as database:
        slack = a_slack(CHANNELS)
        settings = {
            "DOGEAR_DATABASE": database,
            "DOGEAR_SLACK_BOT_TOKEN": next(iter(slack.workspaces)),
            "DOGEAR_SLACK_APP_TOKEN": "xapp-1-never-used",
            "DOGEAR_SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "DOGEAR_SLACK_API": slack.api_url,
            "DOGEAR_HEALTH_PORT": "0",
        }
        command = [sys.executable, "-m", "bot", "run", "--worker"]
        async with slack.running(), open_club(load(database=database), migrate=False) as club:
            settings["DOGEAR_SLACK_API"] = slack.api_url
            process = await asyncio.create_subprocess_exec(
                *command, env={**os.environ, **settings}, stderr=asyncio.subprocess.PIPE
            )
            try:
                await slack.until(lambda: called(slack, "auth.test") > 0)
                await owed(club, seed, CHANNELS)
                await slack.until(lambda: len(slack.sent) == 2 * CHANNELS)
                process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(60):
                    _, errors = await process.communicate()
            finally:
                if process.returncode is None:
                    process.kill()

        assert (process.returncode, errors.decode()) == (0, "")
        assert called(slack, "apps.connections.open") == 0
        assert len({post.key for post in slack.sent}) == 2 * CHANNELS


def test_a_worker_of_its_own_over_sqlite_is_refused_in_one_line(tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "bot", "run", "--worker", "--database", f"sqlite:///{tmp_path}/club.db"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "DOGEAR_SLACK_BOT_TOKEN": "xoxb-x", "DOGEAR_SLACK_APP_TOKEN": "xapp-x"},
    )

    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        "dogear: A worker of its own needs PostgreSQL: over SQLite one “dogear run” does everything."
    ]
