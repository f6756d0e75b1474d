"""What people and files get wrong: one clear line each, the rest goes on, no traceback."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.fakes import commands
from tests.fakes.talk import numbers, said

GOOD = "* [Good](https://example.org/good)\n    A note.\n"


def dogear(*arguments: str, lines: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return commands.dogear(*arguments, lines=lines, env={**os.environ, **environment})


FILES: dict[str, tuple[bytes, str, bool]] = {
    "empty": (b"", "empty", False),
    "binary": (bytes(range(256)) * 20, "bad.md", False),
    "not UTF-8": (b"* [Caf\xe9](https://example.org/a)\n" + GOOD.encode(), "bad.md", False),
    "a NUL": (b"* [A\0B](https://example.org/a)\n" + GOOD.encode(), "bad.md", False),
    "over 2 MiB": (GOOD.encode() * 50_000, "MiB", False),
    "front matter that is no mapping": (b"---\n- a\n---\n" + GOOD.encode(), "bad.md:", True),
    "aliases": (b"---\na: &a [x]\nb: *a\n---\n" + GOOD.encode(), "bad.md:", True),
    "900 levels": (b"---\na: " + b"[" * 900 + b"]" * 900 + b"\n---\n" + GOOD.encode(), "bad.md:", True),
    "an impossible date": (b"---\ndate: 2024-13-45\n---\n" + GOOD.encode(), "bad.md:", True),
    "a number of 5,000 digits": (b"---\nn: " + b"9" * 5000 + b"\n---\n" + GOOD.encode(), "bad.md:", True),
    "no closing fence": (b"---\ntitle: x\n" + GOOD.encode(), "bad.md:", True),
    "20,000 images that are none": (b"![" * 9_999 + b"\n\n" + GOOD.encode(), "", True),
    "300 levels of list": (
        b"".join(b"  " * depth + b"* x\n" for depth in range(300)) + b"\n" + GOOD.encode(),
        "bad.md:",
        True,
    ),
    "a javascript link": (b"* [Bad](javascript:alert(1))\n" + GOOD.encode(), "bad.md:1", True),
    "right-to-left and zero-width": (
        "* [A\u202eB\u200bC](https://example.org/rtl)\n".encode() + GOOD.encode(),
        "bad.md:1",
        True,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_check_says_where_and_what_for_a_bad_file(name: str, tmp_path: Path) -> None:
    content, said_of_it, rest_loads = FILES[name]
    path = tmp_path / "bad.md"
    path.write_bytes(content)

    run = dogear("check", str(path))

    assert "Traceback" not in run.stdout + run.stderr
    assert said_of_it in run.stdout
    if rest_loads:
        assert "no entries" not in run.stdout


@pytest.mark.parametrize("name", [name for name, (_, _, rest_loads) in FILES.items() if rest_loads])
async def test_the_rest_of_a_bad_file_loads(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.md"
    path.write_bytes(FILES[name][0])

    (found,) = await said(["/blog search good"], database=f"sqlite:///{tmp_path}/d.db", reading_list=path)

    assert "Good" in [entry["title"] for entry in found["entries"]]


def test_a_missing_and_an_unreadable_list_are_one_line_each(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")

    for path in (tmp_path / "missing.md", blocked / "under-a-file.md"):
        run = dogear("check", str(path))
        assert run.returncode == 1
        assert path.name in run.stdout
        assert "Traceback" not in run.stderr


REFUSED = {
    "/blog serach x": "search",
    "/blog digset pick #1": "digest pick",
    "/blog schedule foo": "help",
    "/blog random color:red": "Usage: /blog random",
    "/blog show": "Usage: /blog show",
    "/blog show #999": "search",
    "/blog read twelve": "#12",
    '/blog list tag:"open': "Usage: /blog list",
    "/blog schedule set someday 09:00 UTC": "mon",
    "/blog schedule set mon 25:00 UTC": "09:00",
    "/blog schedule set mon 09:00 Mars/Base": "a city such as Berlin",
    "/blog schedule pause forever": "2w",
    "/blog settings zone Nowhere": "Europe/Berlin",
    "/blog list is:done": "later",
    "/blog list page:0": "counted from 1",
    "/blog digest": "schedule set",
    "/blog stats team": "stats me",
    "hello": "/blog",
    "react ✅ #999": "list",
    "/blog schedule set mon 09:00 UTC tag:none": "tags",
    "react 🎉 #1": "",
    "clock -1d": "",
    "as ana owner": "",
}


async def test_every_mistake_is_refused_with_what_to_do(database: str, tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(GOOD, encoding="utf-8")

    answers = await said(list(REFUSED), database=database, reading_list=path)

    for (line, hint), answer in zip(REFUSED.items(), answers, strict=True):
        assert answer["refusal"], line
        assert answer["private"], line
        assert hint in answer["text"], (line, answer["text"])


async def test_no_search_is_a_mistake(database: str, tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(GOOD, encoding="utf-8")
    queries = ['"good', "good*", "NEAR(good", "good AND", "%", "(", "C++", "tag:", "-", "😀", "検索", "good " * 2000]

    answers = await said([f"/blog search {query}" for query in queries], database=database, reading_list=path)

    assert not any(answer["refusal"] for answer in answers)
    assert numbers(answers[0]) == [1]
    assert numbers(answers[-1]) == [1]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////dev/null/x.db",
        "sqlite:///",
        "mysql://x/y",
        "nonsense",
        "sqlite:////missing/folder/x.db",
        "postgresql://dogear:secret@127.0.0.1:port/dogear",
        "postgresql://dogear:p@secret@127.0.0.1:1/dogear",
        "postgresql://dogear:secret@127.0.0.1:1/dogear?password=secret",
    ],
)
def test_a_database_that_cannot_be_used_stops_the_start_with_one_line(url: str) -> None:
    run = dogear("chat", "--json", "--database", url, lines="/blog\n")

    assert run.returncode in (1, 2)
    assert run.stdout == ""
    assert run.stderr.startswith("dogear: ")
    assert run.stderr.count("\n") == 1
    assert "secret" not in run.stderr
    assert "a bug" not in run.stderr


def test_every_problem_of_the_settings_is_told_at_once() -> None:
    run = dogear("sync", DOGEAR_ZONE="Mars/Base", DOGEAR_WORD="Blog Post", DOGEAR_ADMINS="ana")

    assert run.returncode == 2
    assert [line.split()[1] for line in run.stderr.splitlines()] == ["DOGEAR_WORD", "DOGEAR_ZONE", "DOGEAR_ADMINS"]
