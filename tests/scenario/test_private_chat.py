"""Private chats and chats with a team, each a process of its own: whose list is read, what is changed, where it is kept."""

import json
import logging
import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from adapters.terminal.places import PRIVATE
from bot.domain.errors import Conflict, StaleSchema
from bot.domain.ids import WorkspaceRef
from bot.runtime.bootstrap import open_club
from bot.runtime.settings import load
from bot.service import entries, teams
from store.sql import migrate, open_store
from store.sql.engine import address, connect, open_transaction
from tests.fakes import commands, others
from tests.fakes.clock import FakeClock
from tests.fakes.talk import numbers, said, states

ALPHA, BETA, GAMMA = (f"* [{name}](https://example.org/{name.lower()})\n" for name in ("Alpha", "Beta", "Gamma"))


def dogear(folder: Path, *arguments: str, lines: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """One process, with a data folder of its own and no setting but these."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("DOGEAR_")}
    environment = {**settings, "XDG_DATA_HOME": str(folder / "data"), **variables}
    return commands.dogear(*arguments, lines=lines, timeout=120, cwd=folder, env=environment)


def titles(run: subprocess.CompletedProcess[str]) -> list[list[str]]:
    """Of each answer the titles of its entries."""
    assert run.returncode == 0, run.stderr
    return [[entry["title"] for entry in json.loads(line)["entries"]] for line in run.stdout.splitlines()]


def sources(url: str) -> dict[str, list[str]]:
    with closing(open_store(url, FakeClock())) as store, store.begin(write=False) as tx:
        return {team.name: [Path(one.path).name for one in tx.entries.sources(team.id)] for team in tx.teams.all()}


def set_revision(url: str, revision: str) -> None:
    engine = connect(address(url))
    with open_transaction(engine, write=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in {"a.md": ALPHA, "b.md": BETA, "c.md": GAMMA}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


@pytest.fixture
async def used(url: str, folder: Path) -> str:
    """A database in which the default team reads a.md."""

    async with open_club(load(database=url), migrate=False) as club:
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.lists.use(team, [folder / "a.md"])
    return url


def test_several_lists_are_read_and_kept_where_no_database_is_named(folder: Path) -> None:
    first = dogear(folder, "chat", "--list", "b.md", "--list", "c.md", lines="/blog read #2\n")
    again = dogear(
        folder, "chat", "--list", "b.md", "--list", "c.md", "--json", lines="/blog list is:read\n/blog list\n"
    )

    assert titles(again) == [["Gamma"], ["Beta", "Gamma"]]
    told = f"Private chat over b.md and c.md, saved as team “chat” in sqlite:///{folder}/data/dogear/chat.db."
    assert first.stdout.splitlines()[0].startswith(told)
    assert again.stderr.splitlines()[0].startswith(told)
    assert not (folder / "data" / "dogear" / "dogear.db").exists(), "that one is the club's"


def test_the_list_of_the_settings_is_read_in_private_too(used: str, folder: Path) -> None:
    rows = others.rows(used)

    private = dogear(folder, "chat", "--json", lines="/blog list\n", DOGEAR_DATABASE=used, DOGEAR_LIST="b.md")
    served = dogear(
        folder, "chat", "--json", "--team", "default", lines="/blog list\n", DOGEAR_DATABASE=used, DOGEAR_LIST="b.md"
    )

    assert titles(private) == [["Beta"]]
    assert titles(served) == [["Alpha"]]
    assert served.stderr.startswith("You are talking with team “default” in ")
    assert others.rows(used)["source"] == rows["source"]
    assert others.rows(used)["entry"] == rows["entry"]
    assert sources(used) == {"chat": ["b.md"], "default": ["a.md"]}


def test_a_chat_that_cannot_be_is_refused_and_changes_nothing(used: str, folder: Path) -> None:
    rows = others.rows(used)

    both = dogear(folder, "chat", "--list", "b.md", "--team", "default", DOGEAR_DATABASE=used)
    nowhere = dogear(folder, "chat", "--list", "b.md", "--list", "none.md", DOGEAR_DATABASE=used)
    nobody = dogear(folder, "chat", "--team", "infra", DOGEAR_DATABASE=used)

    assert (both.returncode, nowhere.returncode, nobody.returncode) == (2, 1, 1)
    assert "dogear team lists default --add PATH" in both.stderr
    assert "There is no reading list at none.md." in nowhere.stderr
    assert "There is no team “infra”." in nobody.stderr
    assert [run.stderr.count("\n") for run in (both, nowhere, nobody)] == [1, 1, 1]
    assert others.rows(used) == rows
    assert sources(used) == {"default": ["a.md"]}


def test_a_chat_refuses_to_migrate_a_database_with_teams(used: str, folder: Path) -> None:
    set_revision(used, "0000")

    runs = [
        dogear(folder, "chat", *how, DOGEAR_DATABASE=used, lines="/blog list\n")
        for how in (["--list", "b.md"], ["--team", "default"])
    ]

    for run in runs:
        assert (run.returncode, run.stdout) == (1, "")
        assert "The database has schema 0000, this program needs" in run.stderr
        assert "Run “dogear migrate”." in run.stderr
    assert list(folder.glob("*.0000")) == [], "no copy was made either"
    set_revision(used, migrate.REVISION)
    assert sources(used) == {"default": ["a.md"]}


def upgrading(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where a migration would be made, what is migrated."""
    migrated: list[str] = []

    def upgrade(engine: Any) -> None:
        migrated.append(str(engine.url.database))

    monkeypatch.setattr(migrate, "upgrade", upgrade)
    return migrated


@pytest.mark.parametrize("private", [True, False], ids=["of private chats", "without a team"])
async def test_an_old_database_of_nobody_elses_is_migrated(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, private: bool
) -> None:
    migrated = upgrading(monkeypatch)
    if private:
        await said(["/blog list"], database=url, reading_list=folder / "b.md")
    else:
        open_store(url, FakeClock()).close()
    set_revision(url, "0000")

    open_store(url, FakeClock(), migrate=True, alone=PRIVATE).close()

    assert len(migrated) == 1
    assert [path.name for path in folder.glob("*.0000")] == (["dogear.db.0000"] if url.startswith("sqlite") else [])


async def test_an_old_database_is_not_migrated_once_anyone_else_is_in_it(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated = upgrading(monkeypatch)
    await said(["/blog list"], database=url, reading_list=folder / "b.md")
    with closing(open_store(url, FakeClock())) as store, store.begin(write=True) as tx:
        teams.join(tx, WorkspaceRef(PRIVATE.platform, "elsewhere"), "elsewhere", teams.named(tx, "chat"))
    set_revision(url, "0000")

    with pytest.raises(StaleSchema, match="dogear migrate"):
        open_store(url, FakeClock(), migrate=True, alone=PRIVATE)

    assert migrated == []


@pytest.mark.parametrize("name", ["chat", "Chat"])
async def test_a_team_that_has_the_name_by_chance_keeps_its_list(url: str, folder: Path, name: str) -> None:
    async with open_club(load(database=url), migrate=False) as club:
        team = await club.runner.write(lambda tx: teams.get_or_create(tx, name, "UTC"))
        await club.lists.use(team, [folder / "a.md"])

    with pytest.raises(Conflict, match="not only for private chats"):
        await said(["/blog list"], database=url, reading_list=folder / "b.md")

    assert sources(url) == {name: ["a.md"]}


async def test_the_private_team_is_refused_where_a_workspace_was_given_to_it(url: str, folder: Path) -> None:
    await said(["/blog list"], database=url, reading_list=folder / "b.md")
    with pytest.raises(Conflict, match="for private chats"):
        await said(["/blog list"], database=url, team="chat")
    elsewhere = WorkspaceRef(PRIVATE.platform, "elsewhere")
    with closing(open_store(url, FakeClock())) as store, store.begin(write=True) as tx:
        teams.join(tx, elsewhere, "elsewhere", teams.named(tx, "chat"))

    with pytest.raises(Conflict, match="not only for private chats"):
        await said(["/blog list"], database=url, reading_list=folder / "c.md")

    assert sources(url) == {"chat": ["b.md"]}


async def test_what_a_list_had_comes_back_with_it(url: str, folder: Path) -> None:
    await said(["/blog read #1"], database=url, reading_list=folder / "a.md")
    (between,) = await said(["/blog list"], database=url, reading_list=folder / "b.md")
    (again,) = await said(["/blog list"], database=url, reading_list=folder / "a.md")

    assert numbers(between) == [2]
    assert states(again) == {1: "read"}


def test_a_teams_lists_are_shown_added_and_removed(used: str, folder: Path) -> None:
    shown = dogear(folder, "team", "lists", "default", DOGEAR_DATABASE=used)
    added = dogear(folder, "team", "lists", "default", "--add", "x/../b.md", "--add", "c.md", DOGEAR_DATABASE=used)
    (folder / "a.md").unlink()
    removed = dogear(folder, "team", "lists", "default", "--remove", "./a.md", DOGEAR_DATABASE=used, DOGEAR_LIST="b.md")

    assert shown.stdout == f"{folder}/a.md: 1 entries\n"
    assert added.stdout.splitlines()[0] == "default: 3 on the list; 2 added."
    assert added.stdout.splitlines()[1:] == [f"{folder}/{name}.md: 1 entries" for name in "abc"]
    assert [json.loads(line)["event"] for line in added.stderr.splitlines()] == [
        f"a list was added to team “default”: {folder}/{name}.md" for name in "bc"
    ]
    assert removed.stdout.splitlines()[0] == "default: 2 on the list; 1 retired."
    assert "“dogear run” will use b.md alone" in removed.stdout
    assert f"a list was removed from team “default”: {folder}/a.md" in removed.stderr
    assert sources(used) == {"default": ["b.md", "c.md"]}


@pytest.mark.parametrize(
    ("arguments", "said_of_it"),
    [
        (["infra"], "There is no team “infra”."),
        (["default", "--add", "none.md"], "There is no reading list at {folder}/none.md."),
        (["default", "--add", "b.md", "--add", "a.md"], "{folder}/a.md is a list of team “default” already."),
        (["default", "--remove", "b.md"], "{folder}/b.md is not a list of team “default”. Its lists: {folder}/a.md."),
    ],
)
def test_a_change_of_lists_that_cannot_be_is_refused(
    folder: Path, arguments: list[str], said_of_it: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/club.db"
    made = dogear(folder, "team", "add", "default", "--list", "a.md", DOGEAR_DATABASE=url)

    refused = dogear(folder, "team", "lists", *arguments, DOGEAR_DATABASE=url)

    assert (made.returncode, refused.returncode, refused.stdout) == (0, 1, "")
    assert refused.stderr.startswith(f"dogear: {said_of_it.format(folder=folder)}")
    assert refused.stderr.count("\n") == 1
    assert sources(url) == {"default": ["a.md"]}


async def test_a_list_that_another_process_adds_is_read_at_the_next_rescan(used: str, folder: Path) -> None:
    async with (
        open_club(load(database=used), migrate=False) as club,
        open_club(load(database=used), migrate=False) as other,
    ):
        team = await club.runner.read(lambda tx: teams.named(tx, "default"))
        await club.lists.rescan()
        await other.runner.write(lambda tx: entries.change_sources(tx, team, [str(folder / "b.md")], []))
        before = await club.runner.read(lambda tx: tx.entries.count(team.id))
        await club.lists.rescan()

        assert (await club.runner.read(lambda tx: tx.entries.count(team.id)) - before) > 0


async def test_a_chat_reads_the_lists_of_its_own_team_only(used: str, folder: Path) -> None:
    async with open_club(load(database=used), migrate=False, local=PRIVATE) as club:
        ours = await club.runner.write(lambda tx: teams.private(tx, PRIVATE, "here", "UTC"))
        await club.lists.use(ours, [folder / "b.md"], level=logging.INFO)
        every = {Path(source.path).name for _, source in await club.lists._sources()}
        async with club.at_work(team=ours):
            watched = {Path(source.path).name for _, source in await club.lists._sources()}
    assert every == {"a.md", "b.md"}
    assert watched == {"b.md"}
