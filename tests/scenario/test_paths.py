"""Paths that nobody can use are told in one line, on every command that takes one: none of them is a bug of ours."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.runtime.settings import PREFIX

EACH = """
import contextlib, io, json, os, sys
from bot.__main__ import main
for environment, arguments in json.load(sys.stdin):
    os.environ.update(environment)
    sys.argv[1:] = arguments
    status, said = 0, io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main()
        except SystemExit as end:
            status = end.code
    for name in environment:
        del os.environ[name]
    print(json.dumps([status, said.getvalue()]))
"""
"""Runs command after command in one process, which heeds the modes of files."""


@dataclass(frozen=True)
class Ended:
    status: int
    said: str


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that holds a list, and that nobody may look into."""
    folder = tmp_path / "closed"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "list.md").write_text("* [A](https://example.org/a)\n")
    folder.chmod(0o000)
    yield folder
    folder.chmod(0o700)


def each(folder: Path, *commands: Sequence[str], **environment: str) -> list[Ended]:
    """How each command ends, over the database in this folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.fakes.nobody", "-c", EACH],
        input=json.dumps([(environment, list(command)) for command in commands]),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        env={**clean, "DOGEAR_DATABASE": f"sqlite:///{folder}/dogear.db"},
    )
    return [Ended(*json.loads(line)) for line in done.stdout.splitlines()]


def on(path: str) -> list[list[str]]:
    """Every command that takes a path, on this one."""
    return [
        ["check", path],
        ["check", "--json", path],
        ["chat", "--list", path],
        ["team", "add", "infra", "--list", path],
        ["team", "lists", "default", "--add", path],
        ["team", "lists", "default", "--remove", path],
        ["backup", path],
        ["restore", path],
        ["sync", "--database", f"sqlite:///{path}"],
        ["sync", "--database", f"sqlite:///{path}/dogear.db"],
    ]


A_LIST = "* [B](https://example.org/b)\n"


def test_every_path_that_cannot_be_used_is_told_in_words(tmp_path: Path, closed: Path) -> None:
    good = tmp_path / "good.md"
    good.write_text(A_LIST)
    paths = [
        f"{closed}/inner/list.md",
        f"{closed}/inner",
        f"{good}/under",
        f"{tmp_path}/{'x' * 300}",
        f"{tmp_path}/" + "x/" * 3000,
        f"{tmp_path}/nowhere/list.md",
    ]
    commands = [command for path in paths for command in on(path)]

    started, *ended = each(tmp_path, ["team", "add", "default", "--list", str(good)], *commands)

    assert started.status == 0, started.said
    wrong = [
        (command, one)
        for command, one in zip(commands, ended, strict=True)
        if one.status not in {1, 2} or "bug of Dogear" in one.said or "Traceback" in one.said
    ]
    assert not wrong


@pytest.mark.parametrize("inside", ["inner", "inner/list.md"])
def test_a_list_in_a_folder_that_is_closed_is_not_called_missing(inside: str, tmp_path: Path, closed: Path) -> None:
    path = closed / inside

    added, checked, default = each(
        tmp_path, ["team", "add", "infra", "--list", str(path)], ["check", str(path)], ["sync"], DOGEAR_LIST=str(path)
    )

    said = f"dogear: The reading list {path} cannot be read: Permission denied. Correct the path or its permissions.\n"
    assert (added.status, added.said) == (1, said)
    assert checked.said.startswith(f"{path}: the file cannot be read (Permission denied); correct its path or")
    assert (default.status, default.said) == (1, said)


def test_a_list_whose_folder_is_closed_later_keeps_its_entries(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "list.md").write_text(A_LIST)
    path = str(folder / "list.md")
    assert each(tmp_path, ["team", "add", "infra", "--list", path])[0].status == 0

    folder.chmod(0o000)
    closed = each(tmp_path, ["sync"])[0]
    folder.chmod(0o700)

    assert closed.status == 1
    assert closed.said.startswith("infra: 1 on the list; nothing changed.")
    assert "it cannot be read (Permission denied)" in closed.said


def test_a_path_that_is_not_text_is_no_list(tmp_path: Path) -> None:
    strange = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.md"))
    strange.write_text(A_LIST)
    done = subprocess.run(
        [sys.executable, "-m", "bot", "team", "add", "infra", "--list", strange],
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "DOGEAR_DATABASE": f"sqlite:///{tmp_path}/dogear.db"},
    )

    assert done.returncode == 1
    assert done.stderr == b"dogear: The path of a reading list is not text in UTF-8. Rename the file.\n"


def test_a_file_of_an_option_with_a_null_character_is_told(tmp_path: Path) -> None:
    held = tmp_path / "held"
    held.write_bytes(b"sqlite:///a\0b")

    for option in ("LIST", "DATABASE", "BACKUP_FOLDER"):
        ended = each(tmp_path, ["sync"], **{f"DOGEAR_{option}_FILE": str(held), f"DOGEAR_{option}": ""})[0]
        assert (ended.status, ended.said) == (2, f"dogear: DOGEAR_{option} has a null character.\n")
