"""Changes of a list are seen however they are made, and whether or not the file system tells of them."""

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import watchfiles

from bot.domain.errors import StoreError
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.runtime.lists import Lists, News, log_news
from store.lists import folder
from tests.fakes.clubhouse import Clubhouse, clubhouse, write

T = TypeVar("T")
Change = Callable[[Path, list[str]], None]


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What the log says of lists; a club that opens takes other handlers away."""
    lines: list[str] = []

    class StoredEntry(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger, handler = logging.getLogger("dogear.lists"), StoredEntry()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@asynccontextmanager
async def watching(house: Clubhouse) -> AsyncIterator[list[News]]:
    """The club's own watch, without the re-scans: what was heard so far."""
    heard: list[News] = []
    house.club.lists.heard = heard.append
    task = asyncio.create_task(house.club.lists.watch())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def titles(house: Clubhouse) -> set[str]:
    """Of the entries on the list."""

    def read(tx: Any) -> set[str]:
        kept = [entry.id for entry in tx.entries.stored(house.team.id) if not entry.retired]
        return {entry.title for entry in tx.entries.get(house.team.id, kept).values()}

    return await house.club.runner.read(read)


async def until_it_has(house: Clubhouse, wanted: set[str]) -> None:
    async with asyncio.timeout(60):
        while await titles(house) != wanted:  # noqa: ASYNC110 -- what is waited for
            await asyncio.sleep(0.05)


def in_place(path: Path, names: list[str]) -> None:
    write(path, names)


def renamed_over(path: Path, names: list[str]) -> None:
    write(path.with_name(".swap"), names)
    path.with_name(".swap").replace(path)


def folder_made_again(path: Path, names: list[str]) -> None:
    shutil.rmtree(path.parent)
    path.parent.mkdir()
    write(path, names)


def next_release(path: Path, names: list[str]) -> None:
    """`path` is below the symbolic link `current`, as git-sync has it."""
    current = path.parent
    old = current.resolve()
    new = old.with_name(f"{old.name}x")
    new.mkdir()
    write(new / path.name, names)
    current.with_name("next").symlink_to(new.name)
    current.with_name("next").replace(current)
    shutil.rmtree(old)


def next_mount(path: Path, names: list[str]) -> None:
    """`path` leads through the link `..data`, as a mounted ConfigMap has it."""
    data = path.parent / "..data"
    old = data.resolve()
    new = old.with_name(f"{old.name}x")
    new.mkdir()
    write(new / path.name, names)
    data.with_name("..tmp").symlink_to(new.name)
    data.with_name("..tmp").replace(data)
    shutil.rmtree(old)


def made_for(change: Change, root: Path) -> Path:
    """A list in the surroundings that the change needs."""
    if change is next_release:
        (root / "w").mkdir()
        (root / "current").symlink_to("w")
        path = root / "current" / "reading.md"
    else:
        (root / "lists").mkdir()
        path = root / "lists" / "reading.md"
    if change is next_mount:
        (root / "lists" / "..d").mkdir()
        (root / "lists" / "..data").symlink_to("..d")
        write(root / "lists" / "..d" / "reading.md", ["One"])
        path.symlink_to("..data/reading.md")
    else:
        write(path, ["One"])
    return path


@pytest.mark.parametrize("as_folder", [False, True], ids=["file", "folder"])
@pytest.mark.parametrize("change", [in_place, renamed_over, folder_made_again, next_release, next_mount])
async def test_events_tell_of_two_changes_in_a_row(change: Change, as_folder: bool, tmp_path: Path) -> None:
    path = made_for(change, tmp_path)
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Seed") as house:
        await house.club.lists.use(house.team, [path.parent if as_folder else path])
        async with watching(house):
            for names in (["One", "Two"], ["One", "Two", "Three"]):
                await asyncio.to_thread(change, path, names)
                await until_it_has(house, set(names))


async def test_a_list_that_comes_late_is_read(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Seed") as house:
        late = tmp_path / "mount" / "lists" / "reading.md"
        write(tmp_path / "first.md", ["One"])
        await house.club.lists.use(house.team, [tmp_path / "first.md"])
        async with watching(house):
            await house.club.runner.write(lambda tx: tx.entries.set_sources(house.team.id, [str(late)]))
            await house.club.lists.rescan()
            late.parent.mkdir(parents=True)
            write(late, ["Late"])
            async with asyncio.timeout(60):
                while "Late" not in await titles(house):  # noqa: ASYNC110 -- what is waited for
                    await asyncio.sleep(0.05)


async def test_a_rescan_reads_other_words_of_the_same_size_and_time(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Alpha") as house:
        status = house.reading_list.stat()
        write(house.reading_list, ["Omega"])
        os.utime(house.reading_list, ns=(status.st_atime_ns, status.st_mtime_ns))
        await house.club.lists.rescan()
        assert await titles(house) == {"Omega"}


async def test_without_events_lists_are_polled_and_it_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    failing = asyncio.Event()

    async def no_events(*_places: str, **_options: Any) -> AsyncIterator[set[Any]]:
        for _ in ():
            yield set()
        failing.set()
        raise OSError("Too many open files (os error 24)")

    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "One") as house:
        lists = house.club.lists
        with monkeypatch.context() as patch:
            patch.setattr("watchfiles.awatch", no_events)
            async with watching(house):
                for _ in range(2):
                    async with asyncio.timeout(60):
                        await failing.wait()
                        failing.clear()
                    await lists.rescan()
                await lists.poll()
                write(house.reading_list, ["One", "Two"])
                await lists.poll()
                assert await titles(house) == {"One", "Two"}
                patch.undo()
                await lists.rescan()
                write(house.reading_list, ["One", "Two", "Three"])
                await until_it_has(house, {"One", "Two", "Three"})

    assert [line.split("(")[0].strip() for line in said if "file system" in line] == [
        "no events of the file system",
        "the file system tells of changes again",
    ]


async def test_a_folder_that_vanishes_as_its_watch_begins_is_watched_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    begins = watchfiles.awatch
    tried: list[int] = []

    def watch(*places: str, **options: Any) -> Any:
        tried.append(len(places))
        if len(tried) == 1:
            shutil.rmtree(tmp_path / "lists")
        return begins(*places, **options)

    path = made_for(in_place, tmp_path)
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Seed") as house:
        await house.club.lists.use(house.team, [path])
        monkeypatch.setattr("watchfiles.awatch", watch)
        async with watching(house):
            async with asyncio.timeout(60):
                while len(tried) < 2:  # noqa: ASYNC110 -- no one says so
                    await asyncio.sleep(0.05)
            path.parent.mkdir()
            write(path, ["One", "Two"])
            await until_it_has(house, {"One", "Two"})

    assert not [line for line in said if "no events" in line]


class Away:
    """A runner whose writes fail until the database is back."""

    def __init__(self, runner: Runner) -> None:
        self.read = runner.read
        self._runner = runner
        self.failures = 0
        self.back = False

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        if not self.back:
            self.failures += 1
            raise StoreError("The database is away.")
        return await self._runner.write(use_case)


async def test_a_change_that_the_database_does_not_take_is_read_later(tmp_path: Path, said: list[str]) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "One") as house:
        lists = house.club.lists
        away = Away(house.club.runner)
        lists._runner = away
        async with watching(house):
            write(house.reading_list, ["One", "Two"])
            async with asyncio.timeout(60):
                while not away.failures:  # noqa: ASYNC110 -- no one says so
                    await asyncio.sleep(0.05)
            with pytest.raises(StoreError):
                await lists.rescan()
            away.back = True
            await lists.rescan()
            assert await titles(house) == {"One", "Two"}
            write(house.reading_list, ["One", "Two", "Three"])
            await until_it_has(house, {"One", "Two", "Three"})

    assert "a change of the list is read within a minute: The database is away." in said


async def test_a_list_that_cannot_be_looked_at_does_not_end_the_watch_of_others(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "One") as house:
        sources = [str(house.reading_list), str(tmp_path / ("x" * 300)), str(tmp_path / "nowhere" / "list.md")]
        await house.club.runner.write(lambda tx: tx.entries.set_sources(house.team.id, sources))
        async with watching(house):
            await house.club.lists.rescan()
            await house.club.lists.poll()
            write(house.reading_list, ["One", "Two"])
            await until_it_has(house, {"One", "Two"})


async def test_what_changed_while_a_watch_began_is_read_amid_the_events_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def noise(*_places: str, **_options: Any) -> AsyncIterator[set[tuple[int, str]]]:
        begun.set()
        while True:
            await asyncio.sleep(0.2)
            yield {(1, "/elsewhere/file")}

    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "One") as house:
        monkeypatch.setattr("watchfiles.awatch", noise)
        async with watching(house), asyncio.timeout(60):
            await begun.wait()
            write(house.reading_list, ["One", "Two"])
            await until_it_has(house, {"One", "Two"})


async def test_a_forced_poll_waits_for_no_events(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "One", list_poll=True) as house:
        lists = house.club.lists
        await lists.poll()
        write(house.reading_list, ["One", "Two"])
        await lists.poll()
        assert await titles(house) == {"One", "Two"}


async def test_one_watcher_serves_all_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, ...]] = []

    async def one(*places: str, **_options: Any) -> AsyncIterator[set[Any]]:
        begun.append(places)
        await asyncio.Event().wait()
        yield set()

    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "One") as house:
        paths = []
        for number in range(150):
            (tmp_path / str(number)).mkdir()
            paths.append(tmp_path / str(number) / "list.md")
            write(paths[-1], [f"Entry{number}"])
        await house.club.lists.use(house.team, paths)
        monkeypatch.setattr("watchfiles.awatch", one)
        async with watching(house), asyncio.timeout(60):
            while not begun:  # noqa: ASYNC110 -- what is waited for
                await asyncio.sleep(0.01)
        assert len(begun) == 1
        assert {str(path) for path in paths} <= set(begun[0])


async def test_each_change_and_each_broken_file_is_a_line(tmp_path: Path, said: list[str]) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "One", "Two") as house:
        house.club.lists.heard = log_news
        await house.rewrite("One", "Three")
        house.reading_list.write_bytes(b"")
        for _ in range(2):
            await house.club.lists.rescan()
        await house.rewrite("One", "Three")

    assert said[0] == "list.md: 1 added, 1 retired"
    assert said[1].startswith("list.md: the file is empty")
    assert said[2:] == ["list.md: the problem is gone"]


async def test_a_held_change_and_its_end_are_lines(tmp_path: Path, said: list[str]) -> None:
    titles = [f"Entry{number}" for number in range(20)]

    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, *titles) as house:
        house.club.lists.heard = log_news
        await house.rewrite(*titles[:3])
        await house.club.lists.rescan()
        await house.say("sync apply")
        await house.club.lists.rescan()

    assert said[0].startswith("list.md no longer has 17 of its 20 entries: held until an admin decides")
    assert said[1:] == ["list.md: no change is held any more"]


@pytest.mark.parametrize(
    "name",
    [
        "reading (conflicted copy 2026-11-01).md",
        "reading (Ana's conflicted copy 2026-11-01).md",
        "reading (conflicted copy 2026-11-01 101112).md",
        "reading (In Konflikt stehende Kopie von Ana 2026-11-01).md",
        "reading.sync-conflict-20261101-101112-ABCDEFG.md",
        "reading_conflict-20261101-101112.md",
    ],
)
async def test_a_conflicted_copy_never_wins_and_is_named(name: str, tmp_path: Path, said: list[str]) -> None:
    (tmp_path / "lists").mkdir()
    copy, real = tmp_path / "lists" / name, tmp_path / "lists" / "reading.md"
    copy.write_text("* [Old](https://example.org/1)\n")

    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Seed") as house:
        house.club.lists.heard = log_news
        await house.club.lists.use(house.team, [tmp_path / "lists"])
        assert await titles(house) == {"Old"}, "without the file that it is of, it is all there is"
        real.write_text("* [New](https://example.org/1)\n")
        report = await house.club.lists.sync(house.team)
        assert await titles(house) == {"New"}
        assert [str(problem) for problem in report.problems if "conflicted copy of reading.md" in problem.message]
        assert report.retired == 0
        assert f"{name}: a conflicted copy of reading.md" in "".join(said)
        real.write_text("* [Newer](https://example.org/1)\n")
        await house.club.lists.sync(house.team)
        assert await titles(house) == {"Newer"}


@pytest.mark.parametrize(("kind", "found"), [("nfs4", "nfs4"), ("fuse.sshfs", "fuse.sshfs"), ("ext4", "")])
def test_network_file_systems_are_known(kind: str, found: str, tmp_path: Path) -> None:
    lists = tmp_path / "with space"
    lists.mkdir()
    mounts = tmp_path / "mountinfo"
    point = str(lists.resolve()).replace(" ", "\\040")
    mounts.write_text(f"20 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 20 0:50 / {point} rw shared:1 - {kind} there rw\n")

    assert folder.network_file_system(lists / "reading.md", str(mounts)) == found
    assert folder.network_file_system(tmp_path, str(mounts)) == ""
    assert folder.network_file_system(tmp_path, str(tmp_path / "none")) == ""


async def test_a_list_on_a_network_file_system_is_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "network_file_system", lambda _path: "nfs4")

    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "One") as house:
        lists: Lists = house.club.lists
        await lists._say_networks(await lists._sources())
        await lists.poll()
        write(house.reading_list, ["One", "Two"])
        await lists.poll()
        assert await titles(house) == {"One", "Two"}
