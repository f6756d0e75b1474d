"""No part of a database's password is printed or logged, by any command, as processes of their own."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.address import HIDDEN
from bot.runtime.settings import PREFIX
from tests.fakes import commands

PASSWORDS = (
    "XZ@Z/ZX%XX#ZZ?Ä",
    "XZ@XZ/ZX?XX#ZZ%XZ",
    "[XZ]:ZX@[ZZ]",
    "XZ 'ZX\" @ÄЖ",
    "%40XZ%2FZX@%",
    "XZ/ZX?XX=ZZ&ZX",
    "XZZX~XX",
)
"""Nothing else that is printed has any two neighbouring letters of them. The last one is well formed, so that what the
driver says is shown with it.
"""
ADDRESSES = (
    "postgresql://dogear:{password}@127.0.0.1:1/club",
    "postgresql://dogear:{password}@127.0.0.1:port/club",
    "postgresql:/dogear:{password}@127.0.0.1:1/club",
    "dogear:{password}@127.0.0.1:1/club",
)
COMMANDS = (
    ("settings",),
    ("migrate",),
    ("run",),
    ("doctor", "slack"),
    ("chat",),
    ("sync",),
    ("backup", "{folder}/backup.jsonl"),
    ("restore", "{folder}/nothing.jsonl"),
)


EACH_ADDRESS = """
import os, sys
from bot.__main__ import main
for address in sys.stdin.read().split("\\0"):
    os.environ["DOGEAR_DATABASE"] = address
    try:
        main()
    except SystemExit:
        pass
"""
"""Runs a command once for each address, in one process: to begin a process takes a second."""


def dogear(*arguments: str, databases: Sequence[str] = (), **environment: str) -> str:
    """All that a command prints and logs."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment = {
        **ours,
        "DOGEAR_LOG_LEVEL": "DEBUG",
        "DOGEAR_SLACK_BOT_TOKEN": "xoxb-1",
        "DOGEAR_SLACK_APP_TOKEN": "xapp-1",
        "DOGEAR_SLACK_API": "http://dogear:XZ@127.0.0.1:1/",
        "DOGEAR_HEALTH_PORT": "0",
        "PYTHONIOENCODING": "utf-8",
        **environment,
    }
    if not databases:
        return commands.dogear(*arguments, env=environment, timeout=300, together=True).stdout
    done = subprocess.run(
        [sys.executable, "-c", EACH_ADDRESS, *arguments],
        input="\0".join(databases).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
        env=environment,
    )
    return done.stdout.decode()


def pairs(password: str) -> set[str]:
    """Every two neighbouring letters."""
    return {
        password[at : at + 2] for at in range(len(password) - 1) if re.fullmatch(r"[^\W\d_]{2}", password[at : at + 2])
    }


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_part_of_a_password_is_shown(command: tuple[str, ...], tmp_path: Path) -> None:
    arguments = [one.format(folder=tmp_path) for one in command]
    addresses = [address.format(password=password) for address in ADDRESSES for password in PASSWORDS]

    said = dogear(*arguments, databases=addresses)

    shown = HIDDEN if command == ("settings",) else "What is set is not a URL."
    assert said.count(shown) >= len(PASSWORDS), "each address was tried: the last kind has no scheme"
    assert "Traceback" not in said
    assert "Something broke" not in said
    assert not [pair for password in PASSWORDS for pair in pairs(password) if pair in said]


@pytest.mark.parametrize("command", [("migrate", "--database"), ("chat", "--database"), ("backup",), ("restore",)])
def test_an_address_on_the_command_line_is_not_repeated(command: tuple[str, ...], tmp_path: Path) -> None:
    url = "postgresql:///dogear:XZ@ZX/ZZ@127.0.0.1/club"

    said = dogear(*command, url, DOGEAR_DATABASE=f"sqlite:///{tmp_path}/club.db")

    assert said
    assert not {"XZ", "ZX", "ZZ"} & {said[at : at + 2] for at in range(len(said))}


@pytest.mark.parametrize("name", ["DOGEAR_DATABASE_FILE", "DOGEAR_LIST", "DOGEAR_SLACK_BOT_TOKEN_FILE"])
def test_an_address_in_place_of_a_file_is_not_repeated(name: str, tmp_path: Path) -> None:
    given = {"DOGEAR_SLACK_BOT_TOKEN": "", "DOGEAR_DATABASE": f"sqlite:///{tmp_path}/club.db"}
    given |= {"DOGEAR_DATABASE": ""} if name == "DOGEAR_DATABASE_FILE" else {}
    given[name] = "https://dogear:XZ@127.0.0.1/list.md"

    for command in ("settings", "migrate", "run", "chat"):
        assert "XZ" not in dogear(command, **given), command


def test_a_password_that_is_not_utf8_is_refused_and_not_shown() -> None:
    url = os.fsdecode(b"postgresql://dogear:XZ\xe9ZX@127.0.0.1/club")

    for command in ("settings", "migrate", "run"):
        said = dogear(command, DOGEAR_DATABASE=url)
        assert said == "dogear: DOGEAR_DATABASE is not text in UTF-8.\n"
