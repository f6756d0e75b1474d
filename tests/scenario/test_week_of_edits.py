"""The club's week of changes to its list, played through the front door of every platform, into a file and into git.

Ben suggests an article out of a message, Ana adds it as the curator and notes something, the digest asks for the first
note, and a takeaway comes out of its thread. At the end the list says all of that, and nothing else of it has changed.
"""

import difflib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.runtime import writing
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from bot.service import teams
from tests.fakes.fronts import ADD, FRONTS, TAKEAWAY, Door
from tests.fakes.git_server import Repository, needs_git, repository, served

LIST = b"""# Reading list

## Storage

- [Caching](https://example.org/caching)
    - Keep it small.

## Networks

- [TCP](https://example.org/tcp) - slow start
"""
DIFF = """\

 - [Caching](https://example.org/caching)
     - Keep it small.
+    - The table on page 3 is all you need.
+- [queues] [On queues](https://example.org/queues)
+    - They hide trouble until it is late.

 ## Networks

"""


@dataclass
class Target:
    """Where the list is. `source` names it as the team's list, `read` is its content, `merge` what a person does to let
    the changes in.
    """

    source: str
    read: Callable[[], bytes]
    merge: Callable[[], None] | None = None


@asynccontextmanager
async def target(kind: str, folder: Path, stack: AsyncExitStack) -> AsyncIterator[Target]:
    if kind == "file":
        file = folder / "reading.md"
        file.write_bytes(LIST)
        yield Target(str(file), file.read_bytes)
        return
    made = repository(folder / "git", LIST)
    url = stack.enter_context(served(folder / "git")).url if kind == "http" else made.url
    source = f"{url}#main:/reading.md"
    if kind == "protected":
        made.protect()
        yield Target(source, made.read, lambda: merge(made))
        assert made.branches() == ["main"]
    else:
        yield Target(source, made.read)


def merge(made: Repository) -> None:
    """A person merges what waits in branches of its own."""
    for branch in made.branches():
        if branch != "main":
            made.merge(branch)


async def in_another_process(database: str, work: Callable[[Club], Awaitable[None]]) -> None:
    async with open_club(load(database=database), migrate=True) as club:
        await work(club)


async def set_up(club: Club, source: str) -> None:
    team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
    await club.lists.use(team, [source])
    if "#" in source:
        await writing.write_to_git(club.runner, club.lists, team, None)
    else:
        await writing.write_to_file(club.runner, club.lists, team, None)


async def the_week(door: Door, let_in: Callable[[], Awaitable[None]], heard_of: str) -> None:
    """`let_in` lets the changes into the list, after which Ben has `heard_of` his suggestion."""
    await door.type("ana", "schedule set mon 09:00 UTC")
    await door.type("ana", "settings adding suggest")

    form = await door.pick("ben", ADD, "Read https://example.org/queues before Monday!")
    preview = await door.fill("ben", form, title="On queues", tag="queues", section="Storage")
    assert "- [queues] [On queues](https://example.org/queues)" in preview.text
    assert preview.buttons == ["Suggest", "Edit", "Cancel"]
    suggested = await door.press("ben", preview, "Suggest")
    assert "Suggested." in suggested.text

    await door.settle()
    asked = await door.direct("ana")
    assert "ben suggests a change of the list." in asked.text
    assert asked.buttons[:2] == ["Add", "Decline"]
    await door.press("ana", asked, "Add")
    await let_in()
    heard = await door.direct("ben")
    assert heard_of in heard.text
    assert "On queues" in (await door.type("ben", "show #3")).text

    await door.type("ana", "note #1 The table on page 3 is all you need.")
    await let_in()
    await door.type("ana", "settings adding everybody")
    await door.type("ana", "digest pick #3")
    digest = await door.monday()
    assert "On queues" in digest.text
    first = await door.press("ben", digest, "Write the first note")
    if first.fields is None:  # where no form can be filled in, the line is typed
        await door.type("ben", "note #3 They hide trouble until it is late.")
    else:
        await door.fill("ben", first, text="They hide trouble until it is late.")
    await let_in()

    kept = await door.pick("ben", TAKEAWAY, "Put a limit on every queue.", in_thread=True)
    done = await door.fill("ben", kept, entry="#3")
    assert "Kept for #3." in done.text
    shown = await door.type("ana", "show #3")
    assert "They hide trouble until it is late." in shown.text
    assert "ben: Put a limit on every queue." in shown.text
    changes = await door.type("ana", "edits")
    assert "ben" in changes.text


@pytest.mark.parametrize(
    "kind", ["file", *(pytest.param(one, marks=needs_git) for one in ("git", "http", "protected"))]
)
@pytest.mark.parametrize("front", FRONTS)
async def test_what_a_week_of_the_club_adds_to_its_list(
    tmp_path: Path, front: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"sqlite:///{tmp_path / 'dogear.db'}"
    monkeypatch.setenv("DOGEAR_GIT_FOLDER", str(tmp_path / "copies"))
    monkeypatch.setenv("DOGEAR_GIT_TOKEN", "right")

    async with AsyncExitStack() as stack:
        where = await stack.enter_async_context(target(kind, tmp_path, stack))
        await in_another_process(database, lambda club: set_up(club, where.source))
        door = await stack.enter_async_context(FRONTS[front](database))

        async def let_in() -> None:
            await door.settle()
            if where.merge is not None:
                where.merge()
                await in_another_process(database, lambda club: club.lists.fetch())
                await door.settle()

        heard_of = "Your suggestion was accepted." if where.merge is None else "Your change of the list was merged."
        try:
            await the_week(door, let_in, heard_of)
        finally:
            (tmp_path / "transcript.txt").write_text("\n\n".join(door.transcript), encoding="utf-8")
        lines = difflib.unified_diff(LIST.decode().splitlines(True), where.read().decode().splitlines(True))
        assert [line.rstrip() for line in lines][3:] == DIFF.splitlines()
