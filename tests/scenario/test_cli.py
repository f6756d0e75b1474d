"""The command line as a host types it, each command a process of its own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest
from cryptography.fernet import Fernet

from bot.domain.errors import BadConfig
from bot.domain.ids import PlatformName
from store.sql import SqlVault, open_store
from tests.fakes import commands
from tests.fakes.clock import FakeClock
from tests.fakes.pseudo_terminal import on_a_terminal

SAMPLE = Path(__file__).parents[2] / "bot" / "sample" / "reading-list.md"
LIST = "* [db] [Alpha](https://example.org/alpha)\n    A note.\n* [Beta](https://example.org/beta)\n"


def dogear(*arguments: str, database: str = "", lines: str = "") -> subprocess.CompletedProcess[str]:
    return commands.dogear(*arguments, lines=lines, env={**os.environ, "DOGEAR_DATABASE": database})


def a_list(path: Path, text: str = LIST) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_button_shows_only_what_a_person_would_type(tmp_path: Path) -> None:
    reading_list = str(a_list(tmp_path / "list.md"))
    lines = "/blog takeaway add #1 Keep it short.\n/blog schedule set mon 09:00 UTC\n/blog digest host me\nclock +7d\n"

    talked = dogear("chat", "--list", reading_list, database=f"sqlite:///{tmp_path}/dogear.db", lines=lines).stdout

    assert "[1] Undo   [2] All of #1  /blog takeaway list #1" in talked
    assert "Pass  /blog digest host pass channel:#reading" in talked
    assert "trial:" not in talked


def test_a_team_whose_name_differs_in_capitals_alone_is_refused(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/dogear.db"
    reading_list = str(a_list(tmp_path / "list.md"))
    dogear("team", "add", "Infra", "--list", reading_list, database=database)

    refused = dogear("team", "add", "infra", "--list", reading_list, database=database)
    same = dogear("team", "add", "Infra", "--list", reading_list, database=database)

    assert refused.returncode == 1
    assert refused.stderr == (
        "dogear: There is already a team “Infra”; “infra” differs only in capital letters. "
        "Name it “Infra”, or choose another name.\n"
    )
    assert same.returncode == 0


def test_a_team_is_added_listed_synced_and_talked_with(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/club.db"
    reading_list = a_list(tmp_path / "list.md")

    added = dogear("team", "add", "infra", "--list", str(reading_list), "--zone", "europe/berlin", database=database)
    unchanged = dogear("sync", database=database)
    a_list(reading_list, LIST + "* [Gamma](https://example.org/gamma)\n* [Gamma](https://example.org/gamma)\n")
    synced = dogear("sync", "--team", "infra", database=database)
    listed = dogear("team", "list", database=database)
    talked = dogear("chat", "--team", "infra", "--json", database=database, lines="/blog list\n")

    assert added.stdout == "infra: 2 on the list; 2 added.\n"
    assert "nothing changed" in unchanged.stdout
    assert synced.stdout.startswith("infra: 3 on the list; 1 added.\n")
    assert "list.md:5" in synced.stdout
    assert "infra: 3 entries, 0 members, zone Europe/Berlin" in listed.stdout
    assert str(reading_list) in listed.stdout
    assert len(json.loads(talked.stdout)["entries"]) == 3


def test_a_workspace_is_assigned_and_a_wrong_name_is_one_line(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/club.db"
    dogear("team", "add", "infra", "--list", str(a_list(tmp_path / "list.md")), database=database)
    dogear("chat", "--json", database=database, lines="/blog\n")

    assigned = dogear("team", "assign", "terminal:terminal", "infra", database=database)
    nobody = dogear("team", "assign", "terminal:terminal", "nobody", database=database)
    nowhere = dogear("team", "assign", "terminal:elsewhere", "infra", database=database)
    misspelt = dogear("team", "assign", "terminal", "infra", database=database)

    assert assigned.stdout == "terminal:terminal belongs to team infra.\n"
    assert (nobody.returncode, nowhere.returncode, misspelt.returncode) == (1, 1, 2)
    for run in (nobody, nowhere, misspelt):
        assert run.stderr.startswith("dogear: ")
        assert run.stderr.count("\n") == 1


def test_vault_rotate_encrypts_every_secret_with_the_first_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, chat = f"sqlite:///{tmp_path}/dogear.db", PlatformName("chat")
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    store = open_store(database, FakeClock())
    SqlVault(store, [old]).save(chat, "token", b"secret")

    monkeypatch.setenv("DOGEAR_VAULT_KEYS", f"{new},{old}")
    rotated = dogear("vault", "rotate", database=database)

    assert (rotated.returncode, rotated.stdout) == (0, "Secrets encrypted with the first key: 1.\n")
    assert SqlVault(store, [new]).load(chat, "token") == b"secret"
    with pytest.raises(BadConfig):
        SqlVault(store, [old]).load(chat, "token")
    store.close()


def test_vault_rotate_without_the_old_key_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, chat = f"sqlite:///{tmp_path}/dogear.db", PlatformName("chat")
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    store = open_store(database, FakeClock())
    SqlVault(store, [old]).save(chat, "token", b"secret")

    monkeypatch.setenv("DOGEAR_VAULT_KEYS", new)
    wrong = dogear("vault", "rotate", database=database)
    monkeypatch.delenv("DOGEAR_VAULT_KEYS")
    missing = dogear("vault", "rotate", database=database)

    assert (wrong.returncode, missing.returncode) == (2, 2)
    assert "secret token of chat" in wrong.stderr
    assert "DOGEAR_VAULT_KEYS is not set" in missing.stderr
    assert SqlVault(store, [old]).load(chat, "token") == b"secret"
    store.close()


def test_a_club_moves_to_another_database_in_one_file(tmp_path: Path) -> None:
    old, new = f"sqlite:///{tmp_path}/old.db", f"sqlite:///{tmp_path}/new.db"
    dogear("team", "add", "infra", "--list", str(a_list(tmp_path / "list.md")), database=old)

    written = dogear("backup", str(tmp_path / "kept.gz"), database=old)
    restored = dogear("restore", str(tmp_path / "kept.gz"), database=new)
    again = dogear("restore", str(tmp_path / "kept.gz"), database=new)
    listed = dogear("team", "list", database=new)

    assert written.stdout.startswith(f"{tmp_path}/kept.gz: ")
    assert "Restored " in restored.stdout
    assert "infra: 2 entries" in listed.stdout
    assert again.stderr == (
        "dogear: The database is not empty, so nothing was restored. Name a new one with --database.\n"
    )


def test_a_backup_into_a_folder_is_the_days_and_the_oldest_go(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/club.db"
    dogear("team", "add", "infra", "--list", str(a_list(tmp_path / "list.md")), database=database)
    folder = tmp_path / "backups"
    folder.mkdir()
    dogear("backup", str(folder / "dogear-2026-01-01.jsonl.gz"), database=database)
    for day in range(2, 9):
        copyfile(folder / "dogear-2026-01-01.jsonl.gz", folder / f"dogear-2026-01-{day:02}.jsonl.gz")

    made = dogear("backup", str(folder), database=database)
    again = dogear("backup", str(folder), database=database)
    empty = dogear("backup", str(folder), database=f"sqlite:///{tmp_path}/empty.db")

    kept = sorted(path.name for path in folder.iterdir())
    assert made.stdout == f"{folder}/{kept[-1]}\n"
    assert (len(kept), kept[0]) == (7, "dogear-2026-01-03.jsonl.gz")
    assert again.stdout == "The day's backup is there already.\n"
    assert (empty.returncode, "of another database" in empty.stderr) == (2, True)


def test_check_tells_people_and_tools_the_same(tmp_path: Path) -> None:
    path = a_list(tmp_path / "list.md", LIST + "* [Alpha again](https://www.example.org/alpha/)\n")

    told = dogear("check", str(path))
    as_json = json.loads(dogear("check", "--json", str(path)).stdout)

    (file,) = as_json["files"]
    assert [entry["line"] for entry in file["entries"]] == [1, 3, 4]
    assert [entry["notes"] for entry in file["entries"]] == [True, False, False]
    assert [problem["line"] for problem in file["problems"]] == [4]
    assert f"{path}:4" in told.stdout
    assert told.returncode == 0


def test_the_demo_is_a_tour_that_ends_by_itself() -> None:
    run = dogear("demo")

    assert run.returncode == 0
    assert run.stderr == ""
    for line in ("sync", "/blog search caching", "react ✅ #9", "clock mon 09:00 UTC", "/blog stats"):
        assert f"› {line}\n" in run.stdout
    begin, _, _ = run.stdout.partition("› /blog random\n")
    for seen in ("This week's article", "Ben · in the thread", "Mia · in the thread"):
        assert seen in begin


def test_the_demo_on_a_terminal_plays_a_week_and_leaves_the_club() -> None:
    with on_a_terminal(["demo"]) as terminal:
        terminal.expect("Setting up", "a reading list: a Markdown file with", "Enter: go on")
        terminal.type("\r")
        terminal.expect("This week's article", "in the thread", "Ben · in the thread", "Mia · in the thread", "go on")
        terminal.type("s")
        terminal.expect("The club is yours now", "you #reading ›")
        terminal.type("clock +7d\r")
        terminal.expect("This week's article", "in the thread", "It is")
        terminal.type("random\r")
        terminal.expect("Mark as read", "you #reading ›")
        terminal.type("exit\r")
        terminal.expect("Goodbye.", "Nothing of this demo is kept")


def test_an_address_on_a_terminal_is_a_link_and_whole() -> None:
    entry = "https://www.confluent.io/blog/exactly-once-semantics-are-possible-heres-how-apache-kafka-does-it/"

    with on_a_terminal(["demo"]) as terminal:
        terminal.expect("Enter: go on")
        terminal.type("s")
        terminal.expect("you #reading ›")
        terminal.type("show #16\r")
        terminal.expect("Mark as read")
        assert f";{entry}\x1b\\" in terminal.raw
        assert entry in terminal.text


@pytest.mark.parametrize("query", ["caching", "database"])
def test_five_hits_fit_on_one_screen_of_thirty_lines(tmp_path: Path, query: str) -> None:
    shown = in_the_sample(tmp_path, f"/blog search {query}")

    assert len(re.findall("│ #[0-9]+ ", shown)) == 5
    assert len(shown.splitlines()) <= 28, "a prompt and its toolbar are below it"


def test_the_first_help_fits_on_a_screen(tmp_path: Path) -> None:
    assert len(in_the_sample(tmp_path, "/blog help").splitlines()) <= 22


def in_the_sample(tmp_path: Path, line: str) -> str:
    """What 80 columns show for the line, over the list that Dogear brings along."""
    program = [sys.executable, "-m", "bot", "chat", "--list", str(SAMPLE)]
    done = subprocess.run(
        program,
        input=line,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DOGEAR_DATABASE": f"sqlite:///{tmp_path}/sample.db", "COLUMNS": "80"},
    )
    return done.stdout.partition(f"› {line}\n")[2]


def test_a_bug_is_one_line_and_its_place_is_told_to_who_asks(tmp_path: Path) -> None:
    broken = "import bot.runtime.cli as cli; cli.app = lambda: 1 / 0; from bot.__main__ import main; main()"

    runs = [
        subprocess.run(
            [sys.executable, "-c", broken],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "DOGEAR_LOG_LEVEL": level},
        )
        for level in ("WARNING", "DEBUG")
    ]

    assert runs[0].stderr.startswith("dogear: Something broke (ZeroDivisionError")
    assert runs[0].stderr.count("\n") == 1
    assert "Traceback" in runs[1].stderr
    assert [run.returncode for run in runs] == [1, 1]


def test_help_and_every_commands_help_teach_without_a_database() -> None:
    for command in (
        [],
        ["demo"],
        ["chat"],
        ["run"],
        ["check"],
        ["sync"],
        ["migrate"],
        ["backup"],
        ["team"],
        ["team", "add"],
    ):
        run = dogear(*command, "--help", database="nonsense")
        assert run.returncode == 0
        assert "Usage: " in run.stdout


def synced(database: str, *options: str, reading_list: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`dogear sync`, with the list as an option of the host's."""
    more = {"DOGEAR_LIST": str(reading_list)} if reading_list else {}
    return commands.dogear("sync", *options, env={**os.environ, "DOGEAR_DATABASE": database, **more})


def test_sync_makes_the_default_team_in_a_new_database(tmp_path: Path) -> None:
    database, reading_list = f"sqlite:///{tmp_path}/club.db", a_list(tmp_path / "list.md")

    first = synced(database, reading_list=reading_list)
    second = synced(database)

    assert (first.returncode, first.stdout) == (0, f"default: 2 on the list; 2 added.\n  {reading_list}\n")
    assert (second.returncode, second.stdout.splitlines()[0]) == (0, "default: 2 on the list; nothing changed.")


def test_sync_ends_with_1_where_a_list_is_missing_unreadable_or_empty(tmp_path: Path) -> None:
    database, reading_list = f"sqlite:///{tmp_path}/club.db", tmp_path / "list.md"
    none = synced(database)
    missing = synced(database, reading_list=reading_list)
    reading_list.write_text("# Nothing\n", encoding="utf-8")
    empty = synced(database, reading_list=reading_list)
    a_list(reading_list)
    assert synced(database, reading_list=reading_list).returncode == 0
    reading_list.write_bytes(b"\xff\xff\xff")
    unreadable = synced(database, reading_list=reading_list)

    assert (none.returncode, "no reading list" in none.stdout) == (1, True)
    assert (missing.returncode, "no reading list at" in missing.stderr) == (1, True)
    assert empty.returncode == 1
    assert unreadable.returncode == 1
    assert "2 on the list" in unreadable.stdout


def test_sync_accepts_a_held_change_when_it_is_told_to(tmp_path: Path) -> None:
    database, reading_list = f"sqlite:///{tmp_path}/club.db", tmp_path / "list.md"
    lines = [f"* [Entry {number}](https://example.org/{number})\n" for number in range(20)]
    reading_list.write_text("".join(lines), encoding="utf-8")
    synced(database, reading_list=reading_list)
    reading_list.write_text("".join(lines[:3]), encoding="utf-8")

    held = synced(database, reading_list=reading_list)
    accepted = synced(database, "--accept", reading_list=reading_list)

    assert "list.md no longer has 17 of its 20 entries, so the change is held" in held.stdout
    assert accepted.stdout.startswith("default: 3 on the list; 17 retired.\n")


def test_check_ends_with_1_for_an_empty_list(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text("# Nothing\n", encoding="utf-8")
    (tmp_path / "draft.md").write_text("---\ndraft: true\n---\n* [A](https://example.org/a)\n", encoding="utf-8")

    assert dogear("check", str(tmp_path / "empty.md")).returncode == 1
    assert dogear("check", str(tmp_path / "draft.md")).returncode == 0


def test_migrate_says_whether_the_database_is_new(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/club.db"

    first, second = dogear("migrate", database=database), dogear("migrate", database=database)

    assert first.stdout.startswith("The database was created (")
    assert second.stdout.startswith("The database is up to date (")
