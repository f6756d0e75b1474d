"""A process that writes edits into a file and is killed after so many steps, again and again.

`python -m tests.fakes.killed_edits FOLDER` forks each writer from itself, so that no kill has to wait for imports.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from bot.domain.ids import Url
from bot.runtime import file_edits
from bot.service import edits
from bot.service.entries import FileRead, sync
from store.lists.reading import read
from store.sql import open_store
from tests.fakes.clock import FakeClock
from tests.fakes.kept import a_club, an_account

EDITS = 10
KILLS = (1, 2, 3, 5)
"""After how many steps each writer is killed: a step is a written file, or the row that says so."""


def begin(folder: Path) -> None:
    """A club in which every edit is asked for and none is written."""
    store = open_store(f"sqlite:///{folder}/club.db", FakeClock())
    path = folder / "list.md"
    path.write_bytes(b"- [First](https://example.org/first)\n")
    team = a_club(store).team
    with store.begin(write=True) as tx:
        (source,) = tx.entries.set_sources(team, [str(path)])
        sync(tx, team, [FileRead(source=source.id, digest="1", list=read(path.read_bytes(), "list.md"))])
        edits.write_to(tx, team, str(path))
        member = tx.teams.member(team, an_account())
        assert member is not None
        for number in range(EDITS):
            fields = {"title": f"Title {number}", "notes": "- One"}
            edits.carry_out(tx, edits.draft(tx, team, member, Url(f"https://example.org/{number}"), fields))
    store.close()


def work(folder: Path, writer: int) -> None:
    """Write each pending edit by itself, and say so after each step."""
    store = open_store(f"sqlite:///{folder}/club.db", FakeClock())
    with store.begin(write=False) as tx:
        waiting = edits.pending(tx)
    for edit in waiting:
        file_edits.write_edits(folder / "list.md", [edit])
        os.write(writer, b"w")
        with store.begin(write=True) as tx:
            edits.save_applied(tx, edit)
        os.write(writer, b"s")


def killed(work: Callable[[Path, int], None], folder: Path, steps: int) -> int:
    """Fork a writer, and kill it after so many steps; with 0 it ends by itself. Returns the steps that it said.

    `work` writes a byte to the pipe after each step.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        work(folder, writer)
        os._exit(0)
    os.close(writer)
    said = 0
    while (not steps or said < steps) and os.read(reader, 1):
        said += 1
    if steps:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    return said


if __name__ == "__main__":
    where = Path(sys.argv[1])
    begin(where)
    sys.stdout.write(json.dumps([killed(work, where, steps) for steps in (*KILLS, 0)]))
