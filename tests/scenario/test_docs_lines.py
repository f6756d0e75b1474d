"""What the documentation says to type is understood, in blocks and within sentences, and is run where that can be."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
import yaml
from typer.exceptions import TyperException

from bot.chat.command import Placement
from bot.chat.line import parse
from bot.commands.catalogue import CATALOGUE
from bot.commands.declare import Command, Turn, command, named
from bot.domain.card import Card
from bot.domain.value import Kind
from bot.runtime.cli import app
from tests.fakes import commands
from tests.fakes.pages import ROOT, blocks, code

VARIABLES = r"(?:[A-Z_]+=\S* )*"
DOGEAR = re.compile(rf"{VARIABLES}(?:\.venv/bin/)?dogear (.+)")
MAKE = re.compile(r"make ([a-z-]+)(?: (.+))?")
DOCKER = re.compile(rf"{VARIABLES}docker compose (.+)")
LINES = sorted({line for line in code() if DOGEAR.fullmatch(line)} - {"dogear hold"})  # the name of a connection
TARGETS = sorted({line for line in code() if MAKE.fullmatch(line)})
NOT_RUN = {
    "demo": "the tests of the command line run it",
    "bench-search": "its own tests run it",
    "init": "its own tests run it",
    "run": "needs a token",
    "invite": "needs a token",
    "doctor": "needs a token and asks the platform",
    "healthcheck": "asks a process that runs",
    "restore": "the tests of backups do it",
    "team assign": "needs a workspace that has come",
}


def command_of(line: str) -> tuple[Any, Sequence[str], Sequence[str]]:
    """The command that a line names, its words, and what follows them."""
    found = DOGEAR.fullmatch(line)
    assert found is not None
    words = shlex.split(found[1])
    here: Any = typer.main.get_command(app)
    path = []
    if words[:1] == ["--env"]:
        words = words[2:]
    while words and words[0] in getattr(here, "commands", {}):
        path.append(words.pop(0))
        here = here.commands[path[-1]]
    return here, path, words


def can_run(line: str) -> bool:
    """Not what is only named, though it takes an argument, and not what needs something that is not here."""
    here, path, arguments = command_of(line)
    needs = [parameter for parameter in here.params if parameter.required]
    in_git = re.search(r"\bgit\b", line)  # its own tests have a repository
    return " ".join(path) not in NOT_RUN and not in_git and bool(arguments or not needs)


def prepared(folder: Path) -> dict[str, str]:
    """The variables for command lines in this folder, which gets a program, reading lists and a database of its own."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "dogear"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bot "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (folder / "reading.md").write_text("* [Alpha](https://example.org/alpha)\n", encoding="utf-8")
    bookmark = '<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><DT><A HREF="https://example.org/beta">Beta</A></DL>'
    (folder / "bookmarks.html").write_text(bookmark, encoding="utf-8")
    (folder / "pocket.csv").write_text("title,url\nGamma,https://example.org/gamma\n", encoding="utf-8")
    variables = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "XDG_DATA_HOME": str(folder),
        "DOGEAR_VAULT_KEYS": "canary0of0a0key0canary0of0a0key0canary0of0a=",
    }
    return {**os.environ, "DOGEAR_DATABASE": "", **variables}


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the lines in an empty folder."""
    return subprocess.run(
        ["bash", "-euxc", script.replace(".venv/bin/", "")],
        cwd=folder,
        env=prepared(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_block_of_command_lines_runs_or_says_why_it_is_not_run(tmp_path: Path) -> None:
    lines = [text for _, text, marked in blocks("sh") if not marked]

    done = run("\n".join(lines), tmp_path)

    assert lines
    assert done.returncode == 0, done.stderr


def test_every_command_line_in_a_sentence_runs_where_it_can(tmp_path: Path) -> None:
    lines = sorted(filter(can_run, LINES), key=lambda line: "team add" not in line)

    environment = prepared(tmp_path)

    assert len(lines) > 8
    for line in lines:
        for name in ("FILE", "PATH"):
            shutil.copy(tmp_path / "reading.md", tmp_path / name)
        before, _, after = line.partition("dogear ")
        given = dict(word.split("=", 1) for word in shlex.split(before) if "=" in word)
        done = commands.dogear(*shlex.split(after), cwd=tmp_path, env={**environment, **given})
        assert done.returncode == 0, (line, done.stderr)


@pytest.mark.parametrize("line", LINES)
def test_every_command_line_in_a_sentence_is_understood(line: str) -> None:
    here, path, arguments = command_of(line)

    assert path or line == "dogear --version"
    if path and arguments:
        try:
            here.make_context(path[-1], list(arguments))
        except TyperException as wrong:
            pytest.fail(f"{line}: {wrong}")


@pytest.mark.parametrize("line", TARGETS)
def test_every_target_in_a_sentence_is_one_of_the_makefile(line: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = MAKE.fullmatch(line)
    assert found is not None

    assert re.search(rf"^{found[1]}:.* ## ", makefile, re.MULTILINE)
    assert all(f"$({given.partition('=')[0]})" in makefile for given in shlex.split(found[2] or ""))


def test_every_line_for_docker_compose_names_what_the_file_has() -> None:
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    profiles = {profile for service in services.values() for profile in service.get("profiles", ())}
    lines = [found[1] for line in code() if (found := DOCKER.fullmatch(line))]

    for line in lines:
        assert set(re.findall(r"--profile (\w+)", line)) <= profiles, line
        for service, word in re.findall(r"\brun --rm (\w+) (\w+)", line):
            assert service in services, line
            assert command_of(f"dogear {word}")[1], line
    assert lines


def test_what_is_typed_into_the_chat_is_understood(tmp_path: Path) -> None:
    typed = [line for _, text, _ in blocks("chat") for line in text.splitlines()]
    program = [sys.executable, "-m", "bot", "chat", "--json", "--database", f"sqlite:///{tmp_path}/docs.db"]

    done = subprocess.run(
        [*program, "--list", str(ROOT / "bot" / "sample" / "reading-list.md")],
        input="\n".join(typed),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(typed) > 10
    assert not [answer for answer in answers if answer["refusal"]]


def test_the_example_of_a_command_is_declared_as_the_page_says() -> None:
    (example,) = (text for page, text, _ in blocks("python") if page.name == "adding-a-command.md")
    names: dict[str, Any] = {
        "Annotated": Annotated,
        "Card": Card,
        "Kind": Kind,
        "Turn": Turn,
        "command": command,
        "named": named,
    }

    exec(example, names)

    recent = names["recent"]
    assert isinstance(recent, Command)
    assert [(param.name, param.placement) for param in recent.spec.params] == [("tag", Placement.NAMED)]
    for line in recent.spec.details.removeprefix("Examples: ").split(" · "):
        assert parse((*CATALOGUE, recent.spec), line).path == ("recent",)
