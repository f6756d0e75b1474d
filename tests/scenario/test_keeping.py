"""What must survive: restarts, new titles, moved lines, entries that come and go, and files that break."""

from pathlib import Path

import pytest

from bot.domain.errors import NotFound
from tests.fakes.talk import numbers, said, states

TITLES = ("Alpha", "Beta", "Gamma")


def entry(title: str, address: str | None = None) -> str:
    return f"* [{title}](https://example.org/{(address or title).lower()})\n    A note about {title}.\n"


def write(path: Path, *entries: str) -> Path:
    path.write_text("# List\n\n" + "".join(entries), encoding="utf-8")
    return path


async def test_states_survive_a_restart_a_new_title_and_a_moved_line(database: str, tmp_path: Path) -> None:
    reading_list = write(tmp_path / "list.md", *map(entry, TITLES))
    await said(["/blog read #1", "/blog later #2"], database=database, reading_list=reading_list)

    write(reading_list, entry("Gamma"), entry("Beta"), entry("Alpha, second edition", "alpha"))
    (listed,) = await said(["/blog list"], database=database, reading_list=reading_list)

    assert states(listed) == {1: "read", 2: "later", 3: "unread"}
    assert listed["entries"][0]["title"] == "Alpha, second edition"


async def test_a_removed_entry_that_returns_has_its_number_and_states_again(database: str, tmp_path: Path) -> None:
    reading_list = write(tmp_path / "list.md", *map(entry, TITLES))
    await said(["/blog read #2"], database=database, reading_list=reading_list)

    write(reading_list, entry("Alpha"), entry("Gamma"))
    gone, shown = await said(["/blog list", "/blog show #2"], database=database, reading_list=reading_list)
    write(reading_list, *map(entry, TITLES), entry("Delta"))
    (back,) = await said(["/blog list"], database=database, reading_list=reading_list)

    assert numbers(gone) == [1, 3]
    assert "Off the list since" in shown["text"]
    assert states(back) == {1: "unread", 2: "read", 3: "unread", 4: "unread"}


async def test_a_file_that_breaks_keeps_its_last_good_copy(database: str, tmp_path: Path) -> None:
    reading_list = write(tmp_path / "list.md", *map(entry, TITLES))
    await said(["/blog read #1"], database=database, reading_list=reading_list)

    for broken in (b"", b"\xff\xfe\x00bad", b"# Nothing left\n", b"---\ntitle: [\n"):
        reading_list.write_bytes(broken)
        listed, status = await said(["/blog list", "/blog status"], database=database, reading_list=reading_list)
        assert states(listed) == {1: "read", 2: "unread", 3: "unread"}, broken
        assert "problem" in status["text"], broken

    reading_list.unlink()
    listed, status = await said(["/blog list", "/blog status"], database=database, reading_list=reading_list)
    assert len(listed["entries"]) == 3
    assert "there is no such file" in status["text"]


async def test_a_draft_takes_its_entries_off_the_list(database: str, tmp_path: Path) -> None:
    reading_list = write(tmp_path / "list.md", *map(entry, TITLES))
    await said(["/blog read #1"], database=database, reading_list=reading_list)

    text = reading_list.read_text(encoding="utf-8")
    reading_list.write_text(f"---\ndraft: true\n---\n{text}", encoding="utf-8")
    (hidden,) = await said(["/blog list"], database=database, reading_list=reading_list)
    reading_list.write_text(text, encoding="utf-8")
    (shown,) = await said(["/blog list"], database=database, reading_list=reading_list)

    assert hidden["entries"] == []
    assert states(shown) == {1: "read", 2: "unread", 3: "unread"}


async def test_an_entry_in_two_files_is_kept_once_and_stays_when_the_first_file_drops_it(
    database: str, tmp_path: Path
) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    write(folder / "a.md", entry("Alpha"), entry("Beta"))
    write(folder / "b.md", entry("Beta"), entry("Gamma"))
    first, status = await said(["/blog read #2", "/blog status"], database=database, reading_list=folder)

    write(folder / "a.md", entry("Alpha"))
    (listed,) = await said(["/blog list"], database=database, reading_list=folder)

    assert not first["refusal"]
    assert "b.md:3" in status["text"]
    assert states(listed) == {1: "unread", 2: "read", 3: "unread"}


async def test_another_list_retires_what_it_does_not_hold(database: str, tmp_path: Path) -> None:
    await said(["/blog"], database=database, reading_list=write(tmp_path / "one.md", *map(entry, TITLES)))

    other = write(tmp_path / "two.md", entry("Beta"), entry("Delta"))
    (listed,) = await said(["/blog list"], database=database, reading_list=other)

    assert numbers(listed) == [2, 4]


async def test_a_slip_in_the_lists_path_is_refused_and_keeps_the_list(database: str, tmp_path: Path) -> None:
    reading_list = write(tmp_path / "list.md", *map(entry, TITLES))
    await said(["/blog read #1"], database=database, reading_list=reading_list)

    with pytest.raises(NotFound, match="no reading list at"):
        await said(["/blog list"], database=database, reading_list=tmp_path / "lst.md")

    (listed,) = await said(["/blog list"], database=database, reading_list=reading_list)
    assert states(listed) == {1: "read", 2: "unread", 3: "unread"}
