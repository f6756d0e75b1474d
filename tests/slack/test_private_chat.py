"""A private chat over the database of a served workspace: whatever is tried in it, the workspace does not notice."""

import asyncio
import json
import os
import sys
from contextlib import closing
from datetime import UTC, time, timedelta
from pathlib import Path

from bot.domain.card import Card
from bot.domain.delivery import Draft, Step
from bot.domain.ids import AccountRef, ChannelRef, InvocationId, PlatformName, ScheduleId, WorkspaceRef
from bot.domain.schedule import Schedule, Weekday
from bot.ports.store import Transaction
from bot.runtime.clock import SystemClock
from bot.service import teams
from store.sql import open_store
from tests.fakes import others
from tests.slack.test_stopping import ANA, PLACE, a_process, a_slack

OTHER = "* [Private alpha](https://example.org/private/alpha)\n* [Private beta](https://example.org/private/beta)\n"
TRIED = [
    "/blog read #1",
    "/blog share #2",
    "/blog schedule set mon 09:00 UTC",
    "clock +14d",
    "react 🔖 #2",
    "sync",
    "clock +60d",
    "/blog list",
]


async def chat(database: str, *arguments: str, lines: list[str]) -> tuple[list[dict[str, object]], str]:
    """The answers of a `dogear chat --json`, and what it wrote to standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "chat", "--database", database, "--as", "ana", "--json", *arguments),
        env={**os.environ, "DOGEAR_ADMIN_CHANNEL": "slack:T0001:C0000"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    answers, errors = await process.communicate("".join(f"{line}\n" for line in lines).encode())
    assert process.returncode == 0, errors.decode()
    return [json.loads(line) for line in answers.splitlines()], errors.decode()


def promised(tx: Transaction) -> None:
    """What a moved clock would make due: a digest of every week, a post with a last moment, a workspace that was left."""
    team, now, where = teams.named(tx, "default"), tx.now(), ChannelRef(PLACE, "C0000")
    in_two_days = (now + timedelta(days=2)).astimezone(UTC)
    tx.schedules.save(
        Schedule(
            id=ScheduleId(0),
            team=team.id,
            channel=where,
            weekday=Weekday(in_two_days.weekday()),
            at=time(9, 0),
            zone="UTC",
            tags=(),
            active_from=now,
            created_by=AccountRef(PlatformName("slack"), ANA),
        )
    )
    late = Draft(
        channel=where,
        source_key="late:1",
        step=Step.ROOT,
        ordinal=0,
        card=Card(title="Later"),
        late_after=now + timedelta(days=3),
    )
    tx.ledger.plan(team.id, [late], not_before=now + timedelta(days=2))
    left = WorkspaceRef(PlatformName("slack"), "T0LEFT")
    teams.join(tx, left, "left", team)
    tx.teams.leave(left)
    tx.invocations.save(InvocationId("slack:typed"), "an answer")


async def served(database: str) -> None:
    """Until the process has told the database of its workspace."""
    with closing(open_store(database, SystemClock())) as store:
        for _ in range(600):
            with store.begin(write=False) as tx:
                if tx.teams.of_workspace(PLACE) is not None:
                    break
            await asyncio.sleep(0.1)
        with store.begin(write=True) as tx:
            promised(tx)


async def test_a_served_workspace_is_byte_for_byte_what_it_was(url: str, seed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.md"
    other.write_text(OTHER, encoding="utf-8")

    slack = a_slack(1)
    async with slack.running(), a_process(slack, url, DOGEAR_LIST=str(seed)):
        await served(url)
        rows, schema, calls = others.rows(url), others.schema(url), len(slack.calls)

        answers, told = await chat(url, "--list", str(other), lines=TRIED)
        again, _ = await chat(url, "--list", str(other), lines=["/blog list"])

        assert [answer["refusal"] for answer in answers] == [False] * len(TRIED)
        assert told.startswith(f"Private chat over {other}, saved as team “chat” in ")
        states = [[entry["state"] for entry in one["entries"]] for one in (answers[-1], again[0])]  # type: ignore[attr-defined] # JSON
        assert states == [["read", "later"]] * 2
        assert others.rows(url) == rows
        assert others.schema(url) == schema
        assert [method for _, method, _ in slack.calls[calls:] if method.startswith("chat.")] == []
        assert rows["source"]
        assert rows["entry"]
