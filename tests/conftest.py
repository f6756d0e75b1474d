"""What every test may ask for: a clock, and a store on each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.sql import SqlStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.kept import Club, a_club
from tests.fakes.postgres import Postgres, running
from tests.fakes.trees import tree


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for each worker, started by the first test that needs it."""
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each engine: a file that is not there yet, or a copy with the schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'dogear.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as address:
        yield address


@pytest.fixture
def store(url: str, clock: FakeClock) -> Iterator[SqlStore]:
    """A store on each engine, whose transactions keep the time of `clock`."""
    open_club = open_store(url, clock, tree=tree, database_time=clock.database_time)
    yield open_club
    open_club.close()


@pytest.fixture
def club(store: SqlStore) -> Club:
    """A team with one source and one member, on each engine."""
    return a_club(store)
