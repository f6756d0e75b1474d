"""A place that cannot be written is told at the start, with what to do: a mount that is read-only, or somebody else's."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.errors import BadConfig
from bot.runtime import backup
from store.sql import address
from tests.fakes.nobody import nobody


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that everybody may look into, which pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="dogear-") as made:
        Path(made).chmod(0o777)
        yield Path(made)
        Path(made).chmod(0o777)


def refused(folder: Path, name: str = "dogear.db") -> str:
    with nobody(), pytest.raises(BadConfig) as wrong:
        address(f"sqlite:///{folder}/{name}")
    return str(wrong.value)


def test_a_database_can_be_where_everybody_may_write(folder: Path) -> None:
    with nobody():
        assert address(f"sqlite:///{folder}/dogear.db").database == f"{folder}/dogear.db"
        assert backup.usable(folder) == folder


@pytest.mark.parametrize("mode", [0o555, 0o666])
def test_a_folder_in_which_no_file_can_be_made_is_no_place_for_a_database(folder: Path, mode: int) -> None:
    folder.chmod(mode)

    assert refused(folder) == f"{folder} cannot be written, and the database must be: fix its owner or its mount."


def test_a_database_that_cannot_be_written_is_named(folder: Path) -> None:
    database = folder / "dogear.db"
    database.touch(0o444)

    assert refused(folder) == f"{database} cannot be written, and the database must be: fix its owner or its mount."


def test_a_folder_that_cannot_be_looked_into_is_no_bug_of_ours(folder: Path) -> None:
    (folder / "data").mkdir()
    folder.chmod(0o600)

    assert refused(folder / "data").startswith(f"{folder}/data cannot be written")
    with (
        nobody(),
        pytest.raises(BadConfig, match=f"The backup folder {folder}/data is not there, or cannot be written"),
    ):
        backup.usable(folder / "data")


@pytest.mark.parametrize("mode", [0o555, 0o666])
def test_a_folder_in_which_no_file_can_be_made_is_no_place_for_backups(folder: Path, mode: int) -> None:
    folder.chmod(mode)

    with nobody(), pytest.raises(BadConfig, match=f"The backup folder {folder} is not there, or cannot be written"):
        backup.usable(folder)


def test_what_is_under_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for place in (tmp_path / "file", tmp_path / "file" / "under", tmp_path / "nowhere"):
        with pytest.raises(BadConfig, match="is not there, or cannot be written"):
            backup.usable(place)
        with pytest.raises(BadConfig, match="does not exist"):
            address(f"sqlite:///{place}/dogear.db")
