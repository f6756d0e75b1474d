"""10,000 reactions, each told four times, out of order and 50 at once: how long Slack waits for an acknowledgement, which
comes once the effect is committed. A wrong end state is no figure but an error.
"""

import asyncio
import json
import random as chance  # noqa: TID251 -- the same dice in every run
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.slack.names import account
from adapters.slack.requests import PATH
from bot.domain.ids import EntryNumber, TeamId
from bot.domain.reading_state import ReadingState
from bot.ports.store import Transaction
from bot.service import teams
from tests.bench.row import Row
from tests.fakes.postgres import running as postgres
from tests.fakes.slack import FakeSlack, Json
from tests.fakes.slack_club import SlackClub, running

EVENTS = 10_000
COPIES = 4
AT_ONCE = 50
MEMBERS = 400
ANA = "U0ANA"
ENTRY = "* [The one that everybody reacts to](https://example.org/1)\n    1. Why\n"


def storm(slack: FakeSlack, ts: str, dice: chance.Random) -> tuple[list[Json], dict[str, bool]]:
    """Reactions put on and taken off again; and who has one on at the end."""
    events, live = [], {f"U{number:05}": False for number in range(MEMBERS)}
    for number in range(EVENTS):
        user = dice.choice(list(live))
        live[user] = not live[user]
        at = f"{slack.clock()}.{number + 1:06}"
        events.append(slack.reaction(user, "white_check_mark", "C0001", ts, added=live[user], at=at))
    return events, live


async def shared(club: SlackClub) -> str:
    await club.say(ANA, "share #1")
    await club.settle()
    return next(post.ts for post in club.slack.sent if post.thread is None)


def states(tx: Transaction, team: TeamId) -> dict[str, bool]:
    """Who has read the entry, as the store has it."""
    entry = tx.entries.by_number(team, EntryNumber(1))
    assert entry is not None
    found = {}
    for number in range(MEMBERS):
        member = tx.teams.member(team, account("T0001", f"U{number:05}"))
        found[f"U{number:05}"] = member is not None and tx.readings.state(member.id, entry.id) is ReadingState.READ
    return found


async def stormed(folder: Path, database: str) -> dict[str, Any]:
    reading_list = folder / "list.md"
    reading_list.write_text(ENTRY, encoding="utf-8")
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    for number in range(MEMBERS):
        slack.user(f"U{number:05}", f"u{number:05}")
    dice = chance.Random(11)
    async with slack.running(), running(slack, database, reading_list) as club:
        events, wanted = storm(slack, await shared(club), dice)
        copies = [event for event in events for _ in range(COPIES)]
        dice.shuffle(copies)
        file = folder / "events"
        file.write_text("\n".join(json.dumps(event) for event in copies), encoding="utf-8")
        port = slack.app_url.rpartition(":")[2]
        arguments = (sys.executable, "-m", "tests.bench.storm_load", port, PATH, str(file), str(AT_ONCE))
        load = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
        said, _ = await load.communicate()
        team = await club.club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        found = await club.club.runner.read(lambda tx: states(tx, team.id))
    wrong = [user for user in wanted if found[user] != wanted[user]]
    if wrong:
        raise AssertionError(f"{len(wrong)} of {MEMBERS} members end in a wrong state, such as {wrong[0]}")
    answered: dict[str, Any] = json.loads(said)
    return answered


def row(engine: str, answered: dict[str, Any]) -> Row:
    return Row(
        what=f"{EVENTS:,} reactions told {COPIES} times each, {AT_ONCE} at once, end state exact, ack p99, {engine}",
        figure=answered["p99_ms"],
        budget=1000,
        unit="ms",
        beside={name: round(value) for name, value in answered.items() if name != "statuses"}
        | {"statuses": answered["statuses"]},
    )


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield row("SQLite", asyncio.run(stormed(Path(folder), f"sqlite:///{folder}/bench.db")))
    with tempfile.TemporaryDirectory() as folder, postgres() as server, server.database() as url:
        for setting in ("fsync", "full_page_writes"):
            server.execute(f"ALTER SYSTEM RESET {setting}")
        server.execute("SELECT pg_reload_conf()")
        yield row("PostgreSQL", asyncio.run(stormed(Path(folder), url)))
