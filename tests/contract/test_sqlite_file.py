"""A database file that is deleted, replaced or damaged under a running process is noticed, and nothing more is lost."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.errors import BadConfig, StoreBusy
from bot.service import teams
from store.sql import SqlStore, open_store
from tests.fakes.clock import FakeClock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "club.db"


@pytest.fixture
def served(file: Path, clock: FakeClock) -> Iterator[SqlStore]:
    """A store as `dogear run` has it."""
    with closing(open_store(f"sqlite:///{file}", clock)) as store:
        lock = store.serve_alone()
        assert lock is not None
        with lock:
            yield store


def found_a_team(store: SqlStore, name: str = "default") -> None:
    with store.begin(write=True) as tx:
        teams.get_or_create(tx, name, "UTC")


def test_a_file_that_works_has_no_trouble_however_often_it_is_written(served: SqlStore) -> None:
    found_a_team(served)

    assert [served.check() for _ in range(3)] == ["", "", ""]
    found_a_team(served, "another")


def delete(file: Path, clock: FakeClock) -> None:
    file.unlink()


def move(file: Path, clock: FakeClock) -> None:
    file.rename(file.with_name("elsewhere.db"))


def replace(file: Path, clock: FakeClock) -> None:
    other = file.with_name("other.db")
    open_store(f"sqlite:///{other}", clock).close()
    other.replace(file)


def copy_over(file: Path, clock: FakeClock) -> None:
    other = file.with_name("other.db")
    open_store(f"sqlite:///{other}", clock).close()
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("CREATE TABLE padding AS SELECT zeroblob(5000000) AS filler")
        connection.commit()
    for end in ("-wal", "-shm"):
        file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
    shutil.copyfile(other, file)


def truncate(file: Path, clock: FakeClock) -> None:
    os.truncate(file, 4096)


def empty(file: Path, clock: FakeClock) -> None:
    os.truncate(file, 0)


def overwrite(file: Path, clock: FakeClock) -> None:
    with file.open("r+b") as opened:
        opened.write(b"x" * 4096)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (delete, "is gone. Stop Dogear, then put the file back"),
        (move, "is gone. Stop Dogear, then put the file back"),
        (replace, "was replaced by another file. Restart Dogear"),
        (copy_over, "was overwritten by another one. Restart Dogear"),
        (truncate, "was truncated. Stop Dogear and restore a backup."),
        (empty, "was truncated. Stop Dogear and restore a backup."),
        (overwrite, "is damaged. Stop Dogear and restore a backup."),
    ],
)
def test_what_happened_to_the_file_is_named_and_nothing_is_written(
    harm: Callable[[Path, FakeClock], None], says: str, served: SqlStore, file: Path, clock: FakeClock
) -> None:
    found_a_team(served)
    with closing(sqlite3.connect(file)) as connection:  # so that the file itself has everything
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert served.check() == ""
    harm(file, clock)

    assert says in served.check()
    with pytest.raises(StoreBusy) as refused:
        found_a_team(served, "lost")
    assert says in str(refused.value)
    with pytest.raises(StoreBusy) as refused:
        served.together([lambda tx: tx.teams.add("lost", "UTC")])
    assert says in str(refused.value)


def test_a_file_that_is_put_back_works_again(served: SqlStore, file: Path, clock: FakeClock) -> None:
    move(file, clock)
    assert served.check()
    file.with_name("elsewhere.db").rename(file)

    assert served.check() == ""
    found_a_team(served)


def test_a_writer_that_takes_long_is_no_trouble(served: SqlStore, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")

        assert served.check() == ""


def test_a_second_server_of_the_same_file_is_refused(served: SqlStore, file: Path, clock: FakeClock) -> None:
    with closing(open_store(f"sqlite:///{file}", clock)) as second:
        found_a_team(second)  # a chat or another command may use it
        with pytest.raises(BadConfig, match=r"Another “dogear run” uses .* already"):
            second.serve_alone()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_only_the_owner_may_read_a_new_database(umask: int, file: Path, clock: FakeClock) -> None:
    before = os.umask(umask)
    try:
        with closing(open_store(f"sqlite:///{file}", clock)) as store:
            found_a_team(store)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.glob("club.db*")}
    finally:
        os.umask(before)

    assert modes["club.db"] == 0o600
    assert set(modes.values()) == {0o600}
