"""Names and values with characters that a terminal would obey, and every command that prints them."""

import os
import shutil
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.domain.ids import PlatformName, WorkspaceRef
from bot.runtime.clock import SystemClock
from store.sql import open_store
from tests.fakes import commands

VALUES = (
    *(chr(code) for code in (*range(1, 10), *range(11, 32), *range(0x7F, 0xA0, 3))),
    *("\u061c", "\u200b", "\u200e", "\u200f", "\u202a", "\u202d", "\u202e", "\u2060", "\u2066", "\u2069", "\ufeff"),
    *("\u2028", "\u2029", "\ufff9", "\U000e0041", "line\nline", "line\r\nline", "over\rwritten", "tab\tbed"),
    *(
        "\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07",
        "\x1b]8;;https://example.org\x1b\\",
        "\x1b[2J",
        "\x1bP$q\x1b\\",
        "\x9b2J",
    ),
)
"""Single characters and the sequences that they make: more than 60 of them."""
_SETTINGS = (
    *("LIST", "WORD", "ZONE", "ADMINS", "ADMIN_CHANNEL", "HTTP_HOST", "HTTP_PORT", "BACKUP_FOLDER", "LOG_LEVEL"),
    *(
        "DATABASE",
        "MODEL",
        "SLACK_PUBLIC_URL",
        "PUBLIC_URL",
        "VAULT_KEYS",
        "DISCORD_TOKEN",
        "SLACK_BOT_TOKEN",
        "CANARY",
    ),
)
_LINES = "list\nhelp\nsearch {0}\nshow #1\nnote #1 {0}\nadd https://example.org/{0} {0}\n{0}\nquit\n"


def printed(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Each command whose files, teams, workspaces, lines or settings have this name, and what it prints."""
    folder.mkdir()
    of_file = name.replace("/", "")
    list_file = folder / f"{of_file}.md"
    list_file.write_text(
        f"# {name}\n- [A {name}](https://example.org/a)\n- [B {name}](not{name}aweb)\n", encoding="utf-8"
    )
    (folder / f"{of_file}.csv").write_text(f"title,url,tags\n{name},https://example.org/c,{name}\n", encoding="utf-8")
    url = f"sqlite:///{folder / 'club.db'}"
    team = f"team {name}"

    def run(*arguments: str, lines: str = "", **variables: str) -> tuple[str, str]:
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "DOGEAR_DATABASE": url, **variables}
        done = commands.dogear(*arguments, lines=lines, env=environment, timeout=120)
        return " ".join(arguments[:2]), done.stdout + done.stderr

    yield run("migrate")
    _with_workspace(url, name)
    file, nowhere = str(list_file), f"{folder}/nowhere {of_file}"
    for arguments in (
        ("team", "add", team, "--list", file),
        ("team", "add", team, "--list", nowhere),
        ("team", "add", f"{team} 2", "--zone", name),
        ("team", "list"),
        ("team", "lists", team),
        ("team", "lists", name),
        ("team", "write", team, "file", nowhere),
        ("team", "assign", f"slack:{name}", team),
        ("team", "assign", "slack:W1", team),
        ("team", "assign", name, name),
        ("sync",),
        ("sync", "--team", name),
        ("edits", "--patch"),
        ("edits", "--team", name),
        ("check", "--entries", file),
        ("check", "--entries", str(folder)),
        ("check", nowhere),
        ("import", str(folder / f"{of_file}.csv")),
        ("import", nowhere),
        ("import", file, "--into", nowhere),
        ("backup", str(folder / of_file)),
        ("backup", f"{folder}/{of_file}/nowhere/x"),
        ("restore", str(folder / of_file)),
        ("restore", nowhere),
        ("migrate", "--database", f"sqlite:///{nowhere}/x.db"),
        ("migrate", "--database", f"{name}://x"),
        ("export", "list", "--team", team),
        ("export", "list", "--team", name),
        ("export", "site", str(folder / f"site {of_file}"), "--team", team),
        ("bench-search", nowhere, "--list", file),
        ("bench-search", "--team", name),
        ("mcp", "--team", name),
        ("vault", "rotate"),
        ("healthcheck",),
        ("doctor",),
        ("doctor", name),
        ("invite", name),
        ("manifest", name),
        ("init", "--platform", name, "--list", file),
        ("--env", nowhere, "settings"),
        (f"--{name}",),
        (name,),
    ):
        yield run(*arguments)
    yield run("chat", "--team", team, lines=_LINES.format(name))
    yield run("chat", "--team", name)
    yield run("chat", "--list", file, lines=_LINES.format(name))
    values = {f"DOGEAR_{setting}": f"x{name}" for setting in _SETTINGS}
    for command in ("settings", "run", "sync", "doctor", "healthcheck", "vault rotate"):
        yield run(*command.split(), **values)
    shutil.rmtree(folder)


def _with_workspace(url: str, name: str) -> None:
    store = open_store(url, SystemClock())
    try:
        with store.begin(write=True) as tx:
            tx.teams.join(WorkspaceRef(PlatformName("slack"), "W1"), name, None)
    finally:
        store.close()


def obeyed(text: str) -> Sequence[str]:
    """The characters in it that a terminal obeys, other than line ends and tabs: controls, directions, separators."""
    return [
        sign
        for sign in text.replace("\r\n", "\n")
        if sign not in "\n\t" and unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]


def names(each: int) -> Iterator[str]:
    """Names made of so many of the values each, which hold them all."""
    left = deque(VALUES)
    while left:
        yield "n" + "x".join(left.popleft() for _ in range(min(each, len(left)))) + "e"
