"""A process that writes edits into a file or a git repository is killed, again and again, and each edit is there once."""

import json
import subprocess
import sys
from pathlib import Path

from bot.domain.edit import EditState
from bot.runtime.git import marks_in
from store.lists.reading import read
from store.sql import open_store
from tests.fakes import killed_git
from tests.fakes.clock import FakeClock
from tests.fakes.git_server import needs_git, repository
from tests.fakes.killed_edits import EDITS, KILLS


def test_a_killed_process_loses_no_edit_and_writes_none_twice(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fakes.killed_edits", str(tmp_path)]
    steps = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert steps[:-1] == list(KILLS)
    found = [entry.title for entry in read((tmp_path / "list.md").read_bytes(), "").entries]
    assert found == ["First", *(f"Title {number}" for number in range(EDITS))]
    store = open_store(f"sqlite:///{tmp_path}/club.db", FakeClock())
    with store.begin(write=False) as tx:
        (team,) = tx.teams.all()
        states = [edit.state for edit in tx.edits.newest(team.id, None, EDITS)]
    store.close()
    assert states == [EditState.APPLIED] * EDITS
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".new")] == []


@needs_git
def test_a_process_that_is_killed_around_a_push_loses_no_edit_and_pushes_none_twice(tmp_path: Path) -> None:
    made = repository(tmp_path, b"- [First](https://example.org/first)\n")
    command = [sys.executable, "-m", "tests.fakes.killed_git", str(tmp_path)]
    steps = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert steps[:-1] == list(killed_git.KILLS)
    found = [entry.title for entry in read(made.read(), "").entries]
    assert found == ["First", *(f"Title {number}" for number in range(killed_git.EDITS))]
    marks = [mark for message in made.messages() for mark in marks_in(message)]
    assert len(marks) == len(set(marks)) == killed_git.EDITS
    store = open_store(f"sqlite:///{tmp_path}/club.db", FakeClock())
    with store.begin(write=False) as tx:
        (team,) = tx.teams.all()
        states = [edit.state for edit in tx.edits.newest(team.id, None, killed_git.EDITS)]
    store.close()
    assert states == [EditState.APPLIED] * killed_git.EDITS
