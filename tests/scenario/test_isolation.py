"""Two teams in one database never see each other. The lines come from the catalogue: a new command is in by itself."""

import json
from pathlib import Path

import pytest

from bot.chat.command import CommandSpec
from bot.chat.line import render
from bot.commands.catalogue import CATALOGUE
from bot.domain.card import Call
from bot.domain.value import Kind
from tests.fakes.talk import said

THEIRS = "Zanzibar"
"""Stands in everything of the other team's and in no line that we type."""
VALUES = {
    Kind.TEXT: "kafka",
    Kind.ENTRY: "#3",
    Kind.TAG: "kafka",
    Kind.STATE: "unread",
    Kind.NUMBER: "1",
    Kind.CHANNEL: "#others",
    Kind.WEEKDAY: "mon",
    Kind.TIME: "09:00",
    Kind.ZONE: "Europe/Berlin",
    Kind.PERIOD: "2w",
    Kind.COMMAND: "search",
    Kind.CHANGE: "list",
    Kind.GROUP: "editors",
    Kind.DAY: "tomorrow",
    Kind.REGION: "DE",
    Kind.HOLIDAY: "move",
    Kind.ADDING: "suggest",
    Kind.HOSTING: "me",
    Kind.TAGS: "kafka",
    Kind.SECTION: "Queues",
    Kind.MINUTES: "10m",
    Kind.LONG_TEXT: "kafka",
    Kind.YES_NO: "no",
}
ADMIN_AT_WORK = [
    "/blog schedule set mon 09:00 Europe/Berlin",
    "/blog schedule set tue 09:00 Europe/Berlin #others",
    "/blog read #1",
    "/blog later #3",
    "/blog share #2",
    "clock +8d",
]


def lines_of(spec: CommandSpec) -> list[str]:
    """The command as bare as it may be, and with every parameter."""
    every = {param.name: VALUES[param.kind] for param in spec.params}
    required = {param.name: VALUES[param.kind] for param in spec.params if param.required}
    return [f"/blog {render(CATALOGUE, Call(path=spec.path, arguments=given))}" for given in (required, every)]


def their_list(folder: Path) -> Path:
    address = f"https://{THEIRS.lower()}.example"
    entries = [f"* [kafka] [{THEIRS} {n}]({address}/{n})\n    {THEIRS} and kafka.\n" for n in range(1, 4)]
    path = folder / "theirs.md"
    path.write_text(f"---\ntags: [{THEIRS}]\n---\n## {THEIRS}\n\n" + "".join(entries), encoding="utf-8")
    return path


def our_list(folder: Path) -> Path:
    path = folder / "ours.md"
    path.write_text("* [Ours one](https://ours.example/1)\n* [Ours two](https://ours.example/2)\n", encoding="utf-8")
    return path


@pytest.fixture
def two_lists(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A database with the other team first, and ours."""
    from bot.runtime.cli import app

    for name, path in (("theirs", their_list(tmp_path)), ("ours", our_list(tmp_path))):
        app(["team", "add", name, "--list", str(path), "--database", database], standalone_mode=False)
    capsys.readouterr()
    return database


@pytest.fixture
async def two_teams(two_lists: str) -> str:
    """The other team has states, schedules, digests and shares in the same channels as ours."""
    await said(ADMIN_AT_WORK, database=two_lists, speaker="cleo", team="theirs")
    return two_lists


async def test_no_command_shows_anything_of_another_team(two_teams: str) -> None:
    lines = [line for spec in CATALOGUE for line in lines_of(spec)]

    answers = await said(lines, database=two_teams, speaker="ana", team="ours")

    assert {entry["url"] for answer in answers for entry in answer["entries"]} == {
        "https://ours.example/1",
        "https://ours.example/2",
    }
    for line, answer in zip(lines, answers, strict=True):
        assert THEIRS.lower() not in json.dumps(answer).lower(), line


async def test_their_numbers_are_not_ours(two_teams: str) -> None:
    shown, read, listed = await said(
        ["/blog show #3", "/blog read #3", "/blog list"], database=two_teams, speaker="ana", team="ours"
    )

    assert shown["refusal"]
    assert "no entry #3" in shown["title"]
    assert read["refusal"]
    assert [entry["number"] for entry in listed["entries"]] == [1, 2]


async def test_two_members_of_a_team_keep_their_own_states(two_teams: str) -> None:
    answers = await said(
        ["/blog read #1", "as ben", "/blog list", "/blog stats", "as ana", "/blog list"],
        database=two_teams,
        speaker="ana",
        team="ours",
    )

    assert [entry["state"] for entry in answers[2]["entries"]] == ["unread", "unread"]
    assert [entry["state"] for entry in answers[5]["entries"]] == ["read", "unread"]


async def test_the_same_person_in_two_teams_has_two_sets_of_states(two_teams: str) -> None:
    await said(["/blog read #1"], database=two_teams, speaker="cleo", team="ours")

    (theirs,) = await said(["/blog list"], database=two_teams, speaker="cleo", team="theirs")
    (ours,) = await said(["/blog list"], database=two_teams, speaker="cleo", team="ours")

    assert [entry["state"] for entry in theirs["entries"]] == ["read", "unread", "later"]
    assert [entry["state"] for entry in ours["entries"]] == ["read", "unread"]
