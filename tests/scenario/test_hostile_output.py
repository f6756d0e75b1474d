"""No command prints a character that a terminal would obey, whatever files, teams, workspaces and settings are called.

`python -m tests.bench hostile` has every command print each of some 60 values.
"""

import os
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.visible import PLAIN_SIGNS, escaped, holds_invisible
from bot.runtime.streams import EscapedStream
from tests.fakes import commands, hostile

HOSTILE = "\x1b[31mred\x1b]0;title\x07\u202etxt\u200b\x9b2J\x7f\u2066over\rwritten\u2028"


def run(*arguments: str, **variables: str) -> str:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **variables}
    done = commands.dogear(*arguments, env=environment)
    return done.stdout + done.stderr


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/club.db"
    run("migrate", "--database", url)
    return url


def assert_harmless(printed: str) -> None:
    assert printed
    assert not hostile.obeyed(printed)


def test_names_of_files_and_teams_are_printed_with_escapes(database: str, tmp_path: Path) -> None:
    list_file = tmp_path / f"{HOSTILE}.md"
    list_file.write_text(f"- [A {HOSTILE}](https://example.org/a)\n- [B](notaweb)\n", encoding="utf-8")

    for arguments in (
        ("check", "--entries", str(list_file)),
        ("check", f"{tmp_path}/nowhere{HOSTILE}.md"),
        ("team", "add", f"team {HOSTILE}", "--list", str(list_file), "--database", database),
        ("team", "list", "--database", database),
        ("team", "lists", f"team {HOSTILE}", "--database", database),
        ("team", "assign", f"discord:{HOSTILE}", f"team {HOSTILE}", "--database", database),
        ("sync", "--database", database),
        ("backup", f"{tmp_path}/{HOSTILE}/nowhere", "--database", database),
        ("restore", f"{tmp_path}/{HOSTILE}", "--database", database),
        ("chat", "--team", f"no {HOSTILE}", "--database", database),
        ("chat", "--list", str(list_file), "--database", f"sqlite:///{tmp_path}/chat.db"),
        ("migrate", "--database", f"sqlite:///{tmp_path}/{HOSTILE}/x.db"),
        ("invite", HOSTILE),
        (f"--{HOSTILE}",),
        (HOSTILE,),
    ):
        assert_harmless(run(*arguments))


@pytest.mark.parametrize("command", ["settings", "run", "sync"])
def test_values_of_settings_are_printed_with_escapes(command: str) -> None:
    names = ("LIST", "WORD", "ZONE", "ADMINS", "ADMIN_CHANNEL", "HTTP_HOST", "HTTP_PORT", "BACKUP_FOLDER")

    assert_harmless(run(command, **{f"DOGEAR_{name}": f"red {HOSTILE}" for name in names}))


@given(text=st.text() | st.lists(st.sampled_from([*hostile.VALUES, "a", " ", "é", "日"])).map("".join))
def test_nothing_that_a_terminal_obeys_is_written_whatever_the_text(text: str) -> None:
    written = StringIO(newline="")
    EscapedStream(written).write(text)

    said = written.getvalue()
    # joiners within scripts and emoji are part of a word, and a soft hyphen and the like are obeyed by no terminal
    assert not holds_invisible(said)
    assert not {"\u2028", "\u2029"} & set(said)
    assert "\r" not in said.replace("\r\n", "\n")
    assert escaped(said) == said, "what is escaped stays as it is"


def test_escapes_show_what_was_there() -> None:
    assert escaped("over\rwritten\r\n\u2028") == "over\\rwritten\r\n\\u2028"
    assert escaped("a\x1b[0m\u202eb\u200bc") == "a\\x1b[0m\\u202eb\\u200bc"
    assert escaped("tab\tand line\n") == "tab\tand line\n"
    assert escaped("می\u200cخواهم") == "می\u200cخواهم"


def test_an_ascii_terminal_gets_escapes(tmp_path: Path) -> None:
    (tmp_path / "list.md").write_text("- [A](é.md)\n", encoding="utf-8")

    assert "`\\xe9.md`" in run("check", str(tmp_path / "list.md"), PYTHONIOENCODING="ascii")


def test_a_chat_on_an_ascii_terminal_has_signs_of_ascii(tmp_path: Path) -> None:
    (tmp_path / "list.md").write_text("- [Caf\u00e9s](https://example.org/a)\n", encoding="utf-8")

    said = run("demo", PYTHONIOENCODING="ascii") + run(
        "chat",
        "--list",
        str(tmp_path / "list.md"),
        "--database",
        f"sqlite:///{tmp_path}/c.db",
        PYTHONIOENCODING="ascii",
    )

    assert said.isascii()
    assert 'saved as team "chat"' in said
    assert "o unread" in said
    assert "\\u" not in said


def test_our_signs_have_a_form_in_ascii() -> None:
    signs = "“A” ‘b’ – — … › → ▶ ○ ◔ ● │ ─ ✅ 🔖 💡"

    assert signs.encode("ascii", PLAIN_SIGNS) == b"\"A\" 'b' - -- ... > -> > o ~ * | - [read] [later] [found]"
    assert "日".encode("ascii", PLAIN_SIGNS) == b"\\u65e5"
