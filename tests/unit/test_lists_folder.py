"""Which files of a source changed, which are gone, and which cannot be looked at."""

import os
import tempfile
import threading
import time
from pathlib import Path

import pytest

from bot.domain.ids import SourceId
from bot.domain.source import SourceFile
from store.lists import folder
from store.lists.folder import Scan, glance, scan, skipped_line, watched
from tests.fakes.nobody import nobody


def a_folder(path: Path, **files: str) -> Path:
    for name, text in files.items():
        (path / f"{name}.md").write_text(text)
    return path


def rows(found: Scan, **duplicates: tuple[str, ...]) -> list[SourceFile]:
    return [
        SourceFile(
            source=SourceId(1),
            file=file.file,
            digest=file.digest,
            entries=1,
            duplicates=duplicates.get(file.file.removesuffix(".md"), ()),
        )
        for file in found.files
    ]


NO_LIST = "the folder has no list, such as a Markdown file (.md); put one in it"


def names(found: Scan) -> list[str]:
    return [file.file for file in found.changed]


def test_everything_is_new_at_first_and_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    a_folder(tmp_path / "sub", c="c")

    assert names(scan(a_folder(tmp_path, b="b", a="a"))) == ["a.md", "b.md", "sub/c.md"]


def test_an_unchanged_folder_has_nothing_to_read(tmp_path: Path) -> None:
    first = scan(a_folder(tmp_path, a="a", b="b"))

    assert scan(tmp_path, rows(first)) == Scan(files=first.files)


def test_changed_new_and_gone_files_are_told_apart(tmp_path: Path) -> None:
    seen = rows(scan(a_folder(tmp_path, a="a", b="b", c="c")))
    (tmp_path / "a.md").write_text("longer")
    (tmp_path / "b.md").unlink()
    (tmp_path / "d.md").write_text("d")

    found = scan(tmp_path, seen)

    assert names(found) == ["a.md", "d.md"]
    assert found.gone == ("b.md",)


def test_other_content_of_the_same_size_and_time_is_a_change(tmp_path: Path) -> None:
    seen = rows(scan(a_folder(tmp_path, a="alpha", b="same")))
    for name, text in {"a": "omega", "b": "same"}.items():
        (tmp_path / f"{name}.md").write_text(text)
        os.utime(tmp_path / f"{name}.md", ns=(1, 1))

    assert names(scan(tmp_path, seen)) == ["a.md"]


def test_files_with_duplicates_are_read_again_when_another_changed(tmp_path: Path) -> None:
    seen = rows(scan(a_folder(tmp_path, a="a", b="b", c="c")), b=("https://x.example",))

    assert names(scan(tmp_path, seen)) == []
    (tmp_path / "a.md").unlink()
    assert names(scan(tmp_path, seen)) == ["b.md"]


def test_lists_of_other_formats_are_read_by_their_content(tmp_path: Path) -> None:
    link = "https://example.org/1"
    texts = {
        "a.org": f"- [[{link}][One]]",
        "b.csv": f"url,title\n{link},One",
        "c.json": f'[{{"url": "{link}", "title": "One"}}]',
        "d.txt": f"* Storage\n- [[{link}][One]]",
        "figures.csv": "year,count\n2026,3",
        "package.json": f'{{"homepage": "{link}"}}',
        "plain.txt": f"see {link}",
        "picture.png": link,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)

    found = scan(tmp_path)

    assert names(found) == ["a.org", "b.csv", "c.json", "d.txt"]
    assert found.skipped == ("figures.csv", "package.json", "picture.png", "plain.txt")
    assert skipped_line(found.skipped) == "skipped, not a list: figures.csv, package.json, picture.png, plain.txt"
    assert skipped_line([f"{number}.png" for number in range(12)]).endswith("9.png and 2 more")


def test_a_list_that_has_lost_its_links_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "a.org").write_text("- [[https://example.org/1][One]]")
    seen = rows(scan(tmp_path))
    (tmp_path / "a.org").write_text("nothing")

    assert names(scan(tmp_path, seen)) == ["a.org"]
    assert scan(tmp_path, seen).gone == ()


def test_hidden_and_other_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    a_folder(tmp_path / ".git", x="x")
    (tmp_path / ".hidden.md").write_text("x")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "UPPER.MD").write_text("x")
    (tmp_path / "b.markdown").write_text("x")

    assert names(scan(tmp_path)) == ["UPPER.MD", "b.markdown"]


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("x")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "a.md").symlink_to(tmp_path / "secret.md")
    (tmp_path / "lists" / "sub").symlink_to(tmp_path)

    found = scan(tmp_path / "lists")

    assert found.files == ()
    assert [str(problem) for problem in found.problems] == [
        "a.md: a symbolic link that leads out of the folder is not followed; put the file here",
        "sub: a symbolic link that leads out of the folder is not followed; put the file here",
    ]


def test_a_file_that_was_swapped_for_a_link_after_the_look_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("* [Secret](https://example.org/secret)\n", encoding="utf-8")
    lists = tmp_path / "lists"
    lists.mkdir()
    a_folder(lists, a="* [Ours](https://example.org/ours)\n")
    (lists / "sub").mkdir()
    a_folder(lists / "sub", secret="* [Ours](https://example.org/ours)\n")
    found = scan(lists).files
    (lists / "a.md").unlink()
    (lists / "a.md").symlink_to(tmp_path / "secret.md")
    (lists / "sub").rename(tmp_path / "moved")
    (lists / "sub").symlink_to(tmp_path)

    read = [folder.read(one) for one in found]

    assert [one.file for one in read] == ["a.md", "sub/secret.md"]
    assert [one.failed for one in read] == [True, True]
    assert {"leads out of the folder" in str(problem) for one in read for problem in one.problems} == {True}


@pytest.mark.parametrize("swapped", ["a.md", "sub"])
def test_two_hundred_swaps_for_a_link_while_it_is_read_lead_nowhere(swapped: str, tmp_path: Path) -> None:
    outside, lists = tmp_path / "outside", tmp_path / "lists"
    for where, what in ((outside, "secret"), (lists, "ours")):
        for place in (where, where / "sub"):
            place.mkdir()
            a_folder(place, a=f"* [A](https://example.org/{what})\n")
    target, aside = lists / swapped, tmp_path / "aside"
    link = tmp_path / "link"
    swaps, done = 0, threading.Event()

    def swap() -> None:
        nonlocal swaps
        while not done.is_set():
            link.symlink_to(outside / swapped)
            target.rename(aside)
            link.rename(target)
            target.unlink()
            aside.rename(target)
            swaps += 1

    swapping = threading.Thread(target=swap)
    swapping.start()
    read: list[str] = []
    reads = 0
    try:
        until = time.monotonic() + 20
        while (swaps < 200 or reads < 200) and time.monotonic() < until:
            for found in scan(lists).files:
                read += [entry.url for entry in folder.read(found).entries]
                reads += 1
    finally:
        done.set()
        swapping.join()

    assert min(swaps, reads) >= 200
    assert set(read) == {"https://example.org/ours"}


@pytest.mark.parametrize("name", ["a.md", "a.csv", "a"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    a_folder(tmp_path, b="* [Ours](https://example.org/ours)\n")

    alone, together = scan(tmp_path / name), scan(tmp_path)
    read = {found.file: folder.read(found) for found in (*alone.files, *together.files)}

    assert not read["b.md"].failed
    assert read[name].failed
    assert "this is not a file" in str(read[name].problems[0])


def test_a_link_inside_the_folder_is_followed_as_mounted_volumes_need(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    a_folder(tmp_path / "..2026", a="text")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "a.md").symlink_to("..data/a.md")

    found = scan(tmp_path)

    assert names(found) == ["a.md"]
    assert found.problems == ()


def test_a_link_to_nowhere_is_a_problem_and_not_gone(tmp_path: Path) -> None:
    seen = rows(scan(a_folder(tmp_path, a="a", b="b")))
    (tmp_path / "a.md").unlink()
    (tmp_path / "a.md").symlink_to("nowhere.md")

    found = scan(tmp_path, seen)

    assert (names(found), found.gone) == ([], ())
    assert [str(problem) for problem in found.problems] == [
        "a.md: there is no such file or folder; correct the path or put it back"
    ]


def test_a_source_that_is_away_has_nothing_gone(tmp_path: Path) -> None:
    seen = rows(scan(a_folder(tmp_path, a="a")))

    found = scan(tmp_path / "lists", seen)

    assert (found.files, found.changed, found.gone) == ((), (), ())
    assert [str(problem) for problem in found.problems] == [
        "lists: there is no such file or folder; correct the path or put it back"
    ]


def test_an_empty_folder_has_nothing_gone(tmp_path: Path) -> None:
    seen = rows(scan(a_folder(tmp_path, a="a")))
    (tmp_path / "a.md").unlink()

    found = scan(tmp_path, seen)

    assert found.gone == ()
    assert [problem.message for problem in found.problems] == [NO_LIST]


def test_a_single_file_is_a_source_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "reading").write_text("x")

    found = scan(tmp_path / "reading")

    assert names(found) == ["reading"]
    assert scan(tmp_path / "reading", rows(found)).changed == ()


def test_where_nothing_can_be_looked_at_the_way_to_it_is_watched(tmp_path: Path) -> None:
    long = "x" * 300

    for path in (tmp_path / long, tmp_path / long / "list.md"):
        assert str(tmp_path) in watched(path).names
        assert f"{tmp_path}/{long}" not in watched(path).names
        assert watched(path).concerns(f"{tmp_path}/{long}")
        assert glance(path) == {}


def test_a_file_is_watched_itself_and_what_is_not_there_is_not_watched(tmp_path: Path) -> None:
    (tmp_path / "list.md").touch()

    assert watched(tmp_path / "list.md").names[f"{tmp_path}/list.md"] is None
    found = watched(tmp_path / "gone" / "list.md").names
    assert str(tmp_path) in found
    assert str(tmp_path / "gone") not in found


def test_of_a_list_in_a_closed_folder_the_folder_is_watched() -> None:
    with tempfile.TemporaryDirectory(prefix="dogear-") as made:
        closed = Path(made, "closed")
        closed.mkdir()
        (closed / "list.md").touch()
        Path(made).chmod(0o755)
        closed.chmod(0o600)
        with nobody():
            found = watched(closed / "list.md")
            seen = glance(closed / "list.md")
        closed.chmod(0o700)

    assert {made, str(closed)} <= set(found.names)
    assert str(closed / "list.md") not in found.names
    assert found.concerns(str(closed))
    assert seen == {}
