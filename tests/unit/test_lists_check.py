"""What `dogear check` prints, and what it exits with."""

import json
from pathlib import Path

import pytest

from bot.runtime.check import check

GOOD = "# L\n* [A](http://a.example) - notes\n  - [B](http://b.example)\n"


def test_a_good_list_ends_with_the_account_of_its_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "good.md"
    path.write_text("---\nlang: de\nsynonyms: {k8s: kubernetes}\n---\n" + GOOD)

    assert check([path], as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: words are found in all their forms in German and English",
        f"{path}: k8s also finds kubernetes",
        f"{path}: 2 links: 2 entries, 0 in notes, 0 not read",
    ]


def test_warnings_are_shown_and_do_not_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "list.md"
    path.write_text("* [A](http://a.example)\n* [A](http://a.example)\n")

    assert check([path], as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path}:2: duplicate of line 1; the first is kept when it is synced",
        f"{path}: 2 links: 2 entries, 0 in notes, 0 not read, 1 warning",
    ]


def test_errors_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "list.md"
    path.write_bytes(b"---\ndate: 2024-13-45\n---\n* [A](http://a.example)\n")

    assert check([path, tmp_path / "away.md"], as_json=False) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{path}:2: `2024-13-45` cannot be used: there is no such date or number; correct it",
        f"{path}: 1 link: 1 entry, 0 in notes, 0 not read, 1 error",
        f"{tmp_path / 'away.md'}: there is no such file; correct the path or put the file back",
        f"{tmp_path / 'away.md'}: not read",
    ]


def test_json_has_every_entry_and_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "list.md"
    path.write_text(GOOD + "* [C](c.md)\n")

    assert check([path], as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {
        "files": [
            {
                "path": str(path),
                "entries": [
                    {
                        "line": 2,
                        "title": "A",
                        "url": "http://a.example",
                        "notes": True,
                        "notes_markdown": "notes\n- [B](http://b.example)",
                        "tags": [],
                        "section": ["L"],
                        "parent_line": None,
                    },
                    {
                        "line": 3,
                        "title": "B",
                        "url": "http://b.example",
                        "notes": False,
                        "notes_markdown": "",
                        "tags": [],
                        "section": ["L", "A"],
                        "parent_line": 2,
                    },
                ],
                "problems": [
                    {
                        "line": 4,
                        "severity": "warning",
                        "message": "`c.md` is not read: it is not a web address; start it with https://",
                    }
                ],
                "shapes": {"list items": 2},
                "links": {"entries": 2, "notes": 0, "not_read": 1},
                "unread": [{"line": 4, "link": "c.md", "reason": "it is not a web address"}],
            }
        ]
    }


def test_each_link_that_is_not_read_is_named_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "list.md"
    path.write_text("* [A](http://a.example) see [N](http://n.example)\n\nSome words and [P](http://p.example/x).\n")

    assert check([path], as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path}:3: http://p.example/x is not read: it is in running text",
        f"{path}: 3 links: 1 entry, 1 in notes, 1 not read",
    ]


def test_entries_can_be_printed_as_they_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "list.md"
    path.write_text("| What | Where |\n|---|---|\n| **A** | [Paper](http://a.example) |\n")

    assert check([path], as_json=False, with_entries=True) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path}:3: 1. A <http://a.example>",
        f"{path}: 1 link: 1 entry, 0 in notes, 0 not read, 1 in table rows",
    ]


def test_folders_are_expanded_and_their_problems_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "lists" / "b.md").write_text(GOOD)
    (tmp_path / "lists" / "a.md").symlink_to("/etc/hostname")

    assert check([tmp_path / "lists", tmp_path / "empty"], as_json=False) == 1
    assert [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()] == [
        str(tmp_path / "lists" / "b.md"),
        str(tmp_path / "lists" / "a.md"),
        str(tmp_path / "lists" / "a.md"),
        str(tmp_path / "empty"),
        str(tmp_path / "empty"),
    ]


def test_no_control_character_of_a_list_reaches_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.md"
    path.write_bytes(b"* [A](<x\x1b[2Jy.md>)\n")

    check([path], as_json=False)

    assert "\x1b" not in capsys.readouterr().out


def test_an_entry_that_two_files_share_is_said_at_the_second(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.md").write_text("* [B](http://b.example)\n")
    (tmp_path / "b.md").write_text("* [A](http://a.example)\n* [B again](http://b.example/)\n")

    assert check([tmp_path], as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/a.md: 1 link: 1 entry, 0 in notes, 0 not read",
        f"{tmp_path}/b.md:2: “B again” is in {tmp_path}/a.md:1 too; a team that has both keeps one of them.",
        f"{tmp_path}/b.md: 2 links: 2 entries, 0 in notes, 0 not read, 1 warning",
    ]
