"""A process that pushes edits to a git repository and is killed after so many steps, again and again.

`python -m tests.fakes.killed_git FOLDER` forks each writer from itself, so that no kill has to wait for imports. The
folder has the repository that `tests.fakes.git_server` makes.
"""

import json
import os
import sys
from pathlib import Path

from bot.domain.ids import Url
from bot.domain.source import GitFile
from bot.runtime.git import Access, Copy
from bot.service import edits
from bot.service.entries import FileRead, sync
from store.lists.reading import read
from store.sql import open_store
from tests.fakes.clock import FakeClock
from tests.fakes.kept import a_club, an_account
from tests.fakes.killed_edits import killed

EDITS = 8
KILLS = (1, 2, 3, 4, 5, 7)
"""After how many steps each writer is killed: the moment before a push, after it, or after the row that says so."""


def file(folder: Path) -> GitFile:
    return GitFile(url=f"file://{folder}/list.git", branch="main", path="reading.md")


def begin(folder: Path) -> None:
    """A club in which every edit is asked for and none is written."""
    store = open_store(f"sqlite:///{folder}/club.db", FakeClock())
    copy = Copy(file(folder), folder / "copies", Access())
    copy.fetch()
    team = a_club(store).team
    with store.begin(write=True) as tx:
        (source,) = tx.entries.set_sources(team, [str(file(folder))])
        sync(tx, team, [FileRead(source=source.id, digest="1", list=read(copy.list.read_bytes(), "reading.md"))])
        edits.write_to(tx, team, str(file(folder)))
        member = tx.teams.member(team, an_account())
        assert member is not None
        for number in range(EDITS):
            fields = {"title": f"Title {number}", "notes": "- One"}
            edits.carry_out(tx, edits.draft(tx, team, member, Url(f"https://example.org/{number}"), fields))
    store.close()


class Spoken(Copy):
    """Says before and after each push that it is there."""

    writer = 0

    def _push(self, *arguments: object) -> str | None:
        os.write(self.writer, b"b")
        result = super()._push(*arguments)  # type: ignore[arg-type]
        os.write(self.writer, b"a")
        return result


def work(folder: Path, writer: int) -> None:
    """Push each pending edit by itself, and say so after each step."""
    store = open_store(f"sqlite:///{folder}/club.db", FakeClock())
    copy = Spoken(file(folder), folder / "copies", Access())
    copy.writer = writer
    with store.begin(write=False) as tx:
        waiting = edits.pending(tx)
        now = tx.now()
    for edit in waiting:
        copy.write([edit], {edit.id: "Added"}, now)
        with store.begin(write=True) as tx:
            edits.save_applied(tx, edit)
        os.write(writer, b"s")


if __name__ == "__main__":
    where = Path(sys.argv[1])
    begin(where)
    sys.stdout.write(json.dumps([killed(work, where, steps) for steps in (*KILLS, 0)]))
