"""Removed from a workspace: everything waits there for 30 days, and then what came from it is gone, and no more."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.chat.platform import Actor, Invocation, Reacted, WorkspaceJoined, WorkspaceLeft
from bot.domain.card import Card
from bot.domain.ids import ChannelRef, InvocationId, WorkspaceRef
from bot.domain.reading_state import ReadingState
from bot.domain.team import Role
from bot.domain.wire import to_json
from bot.runtime import teams as described
from bot.service import teams
from store.sql.tables import DELIVERY, MARK, MEMBER, READING, SCHEDULE, WEEK
from tests.fakes.clubhouse import Clubhouse, clubhouse, words_of
from tests.fakes.platform import NAME, WORKSPACE, account, channel

AWAY = WorkspaceRef(NAME, "W2")


async def said(house: Clubhouse, line: str, *, by: str, there: WorkspaceRef) -> str:
    actor = Actor(account=account(by), workspace=there, name=by, role=Role.ADMIN)
    channel = ChannelRef(there, "reading")
    invocation = Invocation(id=InvocationId(house.club.clock.token()), call=line, actor=actor, channel=channel)
    card = (await house.club.dispatcher.invoke(invocation)).show
    assert isinstance(card, Card)
    return to_json(card)


async def a_week_in_both(house: Clubhouse) -> None:
    """Ana is in both workspaces, ben in ours, cleo in the other; each workspace has had a digest with a mark on it."""
    await house.club.runner.write(lambda tx: teams.join(tx, AWAY, "away", house.team))
    for there, people in ((WORKSPACE, ("ana", "ben")), (AWAY, ("ana", "cleo"))):
        await said(house, "schedule set mon 09:00 UTC", by=people[0], there=there)
        for name in people:
            await said(house, "later #2", by=name, there=there)
    await house.wait(days=6)
    for posted, name in zip(house.platform.roots(), ("ben", "cleo"), strict=True):
        actor = Actor(account=account(name), workspace=posted.ref.channel.workspace, name=name)
        at, meaning = house.stage.now(), ReadingState.READ
        await house.club.dispatcher.handle(Reacted(actor=actor, message=posted.ref, emoji="✅", meaning=meaning, at=at))


async def rows(house: Clubhouse) -> dict[str, int]:
    """How many rows there are of everything that may come from a workspace."""

    def counted(tx: Any) -> dict[str, int]:
        tables = (MEMBER, READING, MARK, SCHEDULE, WEEK, DELIVERY)
        return {table.name: tx.value(select(func.count()).select_from(table)) for table in tables}

    found: dict[str, int] = await house.club.runner.read(counted)
    return found


async def test_whoever_is_back_within_thirty_days_finds_everything(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await a_week_in_both(house)
        before, queue = await rows(house), await said(house, "next", by="cleo", there=AWAY)
        await house.club.dispatcher.handle(WorkspaceLeft(workspace=AWAY))
        refused = await said(house, "next", by="cleo", there=AWAY)
        posts = len(house.platform.roots())
        await house.wait(days=29)
        others = [posted.ref.channel.workspace for posted in house.platform.roots()[posts:]]
        assert set(others) == {WORKSPACE}, "nothing is posted where we are no more"

        await house.club.dispatcher.handle(WorkspaceJoined(workspace=AWAY, name="away", by_host=False))
        assert "has no reading list yet" in refused
        assert await said(house, "next", by="cleo", there=AWAY) == queue
        after, listed = await rows(house), await said(house, "schedule list", by="ana", there=AWAY)

    assert all(after[name] >= count for name, count in before.items())
    assert "09:00" in listed


async def test_after_thirty_days_only_what_came_from_there_is_gone(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await a_week_in_both(house)
        before = await rows(house)
        assert (before["member"], before["reading"], before["mark"], before["week"]) == (3, 3, 2, 2)
        await said(house, "schedule off", by="ana", there=WORKSPACE)
        await house.club.dispatcher.handle(WorkspaceLeft(workspace=AWAY))
        await house.wait(days=29)
        assert (await rows(house))["member"] == 3
        lines = await house.club.runner.read(described.described)
        assert any(line.startswith("left: fake:W2 (away)") for line in lines)

        await house.wait(days=2)

        after = await rows(house)
        assert (after["member"], after["reading"], after["mark"], after["week"]) == (2, 2, 1, 1)
        assert after["delivery"] == before["delivery"] // 2
        assert "Beta" in await said(house, "next", by="ana", there=WORKSPACE)
        assert '"Read",[{"text":"1"}]' in await said(house, "stats me", by="ben", there=WORKSPACE)
        assert "Alpha" in await said(house, "show #1", by="ana", there=WORKSPACE)
        lines = await house.club.runner.read(described.described)
        assert lines
        assert not any("W2" in line for line in lines)


async def test_no_transaction_removes_a_large_team_at_once(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teams, "MEMBERS_AT_ONCE", 2)
    left = []
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        for name in ("ana", "ben", "cleo", "dora", "emil"):
            await said(house, "later #1", by=name, there=WORKSPACE)
        runner = house.club.runner
        write = runner.write

        async def counted(use_case: Any) -> Any:
            done = await write(use_case)
            left.append((await rows(house))["member"])
            return done

        await house.club.dispatcher.handle(WorkspaceLeft(workspace=WORKSPACE))
        monkeypatch.setattr(type(runner), "write", lambda _, use_case, *a, **k: counted(use_case))
        await house.wait(days=31)

    assert [now for before, now in pairwise(left) if now != before] == [3, 1, 0]


async def test_whoever_returns_later_begins_anew(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await a_week_in_both(house)
        for there in (WORKSPACE, AWAY):
            await house.club.dispatcher.handle(WorkspaceLeft(workspace=there))
        await house.wait(days=31)
        emptied = await rows(house)
        assert set(emptied.values()) == {0}

        await house.club.dispatcher.handle(WorkspaceJoined(workspace=AWAY, name="away", by_host=True))
        stats, schedules = (
            await said(house, "stats me", by="cleo", there=AWAY),
            await said(house, "schedule list", by="cleo", there=AWAY),
        )

    assert '"Read",[{"text":"0"}]' in stats
    assert "No channel has a schedule" in schedules


async def test_what_is_owed_to_a_workspace_that_we_left_waits_for_a_day_and_the_host_hears_of_it_once(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", admin_channel="fake:host:ops") as house:
        await house.say("share #1")
        await house.club.dispatcher.handle(WorkspaceLeft(workspace=WORKSPACE))
        await house.wait(hours=3)
        (told,) = house.platform.roots()
        assert told.ref.channel.workspace.id == "host"
        assert "ours (fake:W1) has removed Dogear" in words_of(told.card)
        await house.club.dispatcher.handle(WorkspaceJoined(workspace=WORKSPACE, name="ours", by_host=False))
        await house.wait(minutes=6)
        (posted,) = house.platform.roots()[1:]

    assert posted.ref.channel == channel()


async def test_what_is_owed_to_a_workspace_that_we_left_is_refused_after_a_day_and_told(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", admin_channel="fake:host:ops") as house:
        await house.say("share #1")
        await house.club.dispatcher.handle(WorkspaceLeft(workspace=WORKSPACE))
        for _ in range(2):
            await house.jump(days=1, minutes=1)
        team = house.team.id
        (trouble, *_) = await house.club.runner.read(lambda tx: tx.ledger.unsettled(team))
        told, outcome = [posted.card.title for posted in house.platform.posted], trouble.outcome or ""

    assert told == ["What you shared was not posted completely."]
    assert outcome == "Dogear is not in this workspace any more"
    (warned,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (warned["level"], warned["event"], warned["outcome"]) == ("warning", "delivery refused", outcome)
