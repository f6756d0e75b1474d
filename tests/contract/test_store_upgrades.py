"""A database of an earlier version is upgraded with everything in it. `tests/fixtures` has one for each engine."""

import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select

from adapters.terminal.places import PRIVATE
from bot.domain.delivery import State
from bot.domain.errors import StaleSchema
from bot.domain.ids import AccountRef, EntryNumber, InvocationId, PlatformName
from bot.domain.query import parse
from bot.domain.reading_state import ReadingState
from bot.domain.team import Team
from bot.service import teams
from store.sql import SqlStore, SqlVault, migrate, open_store
from store.sql.engine import address, connect, open_transaction
from store.sql.store import SqlTransaction
from store.sql.tables import DELIVERY, ENTRY, METADATA, SEARCH_SIZE
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import Postgres

FIXTURES = Path(__file__).parents[1] / "fixtures"
VERSIONS = {"0.1.0": "0001"}
"""By version, the schema that its fixture has."""
VAULT_KEY = "ZG9nZWFyIGZpeHR1cmUga2V5IGZvciB0ZXN0cyAxMjM="
SLACK = PlatformName("slack")


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database as version 0.1.0 left it, on each engine."""
    if request.param == "sqlite":
        path = tmp_path / "old.db"
        path.write_bytes(gzip.decompress((FIXTURES / "dogear-0.1.0.db.gz").read_bytes()))
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database("template1") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(gzip.decompress((FIXTURES / "dogear-0.1.0.sql.gz").read_bytes()))
        yield url


def rows(url: str) -> dict[str, int]:
    """How many rows each table has that people's data are in."""
    engine = connect(address(url))
    with open_transaction(engine, write=False) as connection:
        there = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in METADATA.sorted_tables
            if connection.dialect.has_table(connection, table.name)
        }
    engine.dispose()
    return there


def upgraded(url: str, clock: FakeClock) -> SqlStore:
    return open_store(url, clock, migrate=True, database_time=clock.database_time)


def team(store: SqlStore, name: str) -> Team:
    with store.begin(write=False) as tx:
        found = tx.teams.by_name(name)
    assert found is not None
    return found


def test_an_old_database_has_the_schema_of_its_version(old: str) -> None:
    engine = connect(address(old))
    with open_transaction(engine, write=False) as connection:
        assert migrate.revision(connection) == VERSIONS["0.1.0"]
    engine.dispose()


def test_an_old_database_gets_the_newest_schema_and_loses_no_row(old: str, clock: FakeClock) -> None:
    before = rows(old)

    with closing(upgraded(old, clock)) as store:
        assert store.schema() == migrate.REVISION

    after = rows(old)
    assert all(before.values()), "the fixture has something in every table"
    assert {table: count for table, count in before.items() if after.get(table, 0) < count} == {}


def test_teams_workspaces_and_members_are_as_they_were(old: str, clock: FakeClock) -> None:
    with closing(upgraded(old, clock)) as store, store.begin(write=False) as tx:
        described = [(one.name, one.zone, tx.teams.members(one.id)) for one in tx.teams.all()]
        zone = tx.teams.member(team(store, "infra").id, AccountRef(SLACK, "U1"))
        left = [one.ref.id for one in tx.teams.left_workspaces()]
        waiting = [one.ref.id for one in tx.teams.workspaces(None)]

    assert described == [("default", "UTC", 2), ("infra", "Europe/Berlin", 3)]
    assert zone is not None
    assert zone.zone == "Asia/Tokyo"
    assert (left, waiting) == (["T0OLD"], ["T0WAITS"])


@pytest.mark.parametrize("name", ["infra", "default"])
def test_entries_are_numbered_shown_and_found_as_before(old: str, clock: FakeClock, name: str) -> None:
    with closing(upgraded(old, clock)) as store, store.begin(write=False) as tx:
        ours = team(store, name).id
        entries = [tx.entries.by_number(ours, EntryNumber(number)) for number in range(1, 5)]
        account = (
            AccountRef(SLACK, "U1") if name == "infra" else AccountRef(PlatformName("discord"), "800000000000000001")
        )
        asking = tx.teams.member(ours, account)
        assert asking is not None
        found = {
            words: [hit.entry.number for hit in tx.search.find(ours, asking.id, parse(words), offset=0, limit=5).items]
            for words in ("caching", "ubersicht", "缓存")
        }
        sources = [source.path for source in tx.entries.sources(ours)]
        problems = [file.problems for source in tx.entries.sources(ours) for file in tx.entries.files(source.id)]

    assert [entry.title for entry in entries if entry] == [
        "Caching “at scale” 🗂",
        "Große Übersicht",
        "缓存一致性",
        "Retired by now",
    ]
    assert [entry.retired_at is not None for entry in entries if entry] == [False, False, False, True]
    assert [entry.tags for entry in entries if entry] == [("db",), (), ("db", "ops"), ()]
    assert found == {"caching": [1], "ubersicht": [2], "缓存": [3]}
    assert sources == [f"/lists/{name}.md", f"/lists/{name}"]
    assert [problem.line for file in problems for problem in file] == [9]


def test_reading_states_choices_and_marks_are_as_they_were(old: str, clock: FakeClock) -> None:
    with closing(upgraded(old, clock)) as store, store.begin(write=False) as tx:
        ours = team(store, "infra").id
        members = [tx.teams.member(ours, AccountRef(SLACK, name)) for name in ("U1", "U2", "U3")]
        entries = [tx.entries.by_number(ours, EntryNumber(number)) for number in (1, 2, 3)]
        pairs = [(member.id, entry.id) for member, entry in zip(members, entries, strict=True) if member and entry]
        states = [tx.readings.state(*pair) for pair in pairs]
        choices = [tx.readings.choice(*pair) for pair in pairs]
        marks = tx.readings.marks(ours, AccountRef(SLACK, "U1"), pairs[0][1])

    assert states == [ReadingState.READ, ReadingState.LATER, ReadingState.READ]
    assert [choice.state for choice in choices if choice] == states
    assert sorted((mark.emoji, mark.live) for mark in marks) == [("bookmark", False), ("white_check_mark", True)]


def test_schedules_weeks_and_the_ledger_are_as_they_were(old: str, clock: FakeClock) -> None:
    with closing(upgraded(old, clock)) as store, store.begin(write=False) as tx:
        ours = team(store, "infra").id
        schedules = {one.channel.id: one for one in tx.schedules.all(ours)}
        pinned = tx.schedules.pinned(schedules["books"].id)
        weeks = [one.week for one in tx.schedules.weeks(ours, schedules["books"].channel, 9)]
        posts = {state: tx.ledger.of_source(ours, f"digest/{state.value}/2026-W40") for state in State}
        states = Counter(tx.connection.scalars(select(DELIVERY.c.state).where(DELIVERY.c.team == ours)).all())

    assert schedules.keys() == {"books", "lounge"}
    assert schedules["lounge"].paused_because == "The channel is archived"
    assert pinned is not None
    assert weeks == ["2026-W41", "2026-W40"]
    assert {state: steps[0].state for state, steps in posts.items()} == {state: state for state in State}
    assert all(steps[0].draft.card is not None and steps[0].unreadable is None for steps in posts.values())
    assert states == {**{state.value: 1 for state in State}, "pending": 1 + len(State) + 1}


def test_installations_synonyms_and_answers_are_as_they_were(old: str, clock: FakeClock) -> None:
    with closing(upgraded(old, clock)) as store:
        secret = SqlVault(store, [VAULT_KEY]).load(SLACK, "installation/T0ACME")
        with store.begin(write=False) as tx:
            pairs = [(one.word, one.other) for one in tx.synonyms.all(team(store, "infra").id)]
            answer = tx.invocations.saved_answer(InvocationId("slack:typed-1"))

    assert secret == b'{"team":"T0ACME","token":"xoxb-fixture"}'
    assert pairs == [("k8s", "kubernetes")]
    assert answer == '{"title":"#1 is read."}'


def test_an_upgraded_database_goes_on_counting_and_is_backed_up(old: str, clock: FakeClock, tmp_path: Path) -> None:
    clock.advance(timedelta(hours=1))
    with closing(upgraded(old, clock)) as store:
        with store.begin(write=True) as tx:
            made = tx.teams.add("new", "UTC")
            tx.ledger.skip_overdue()
        lines = list(store.backup())
        with closing(open_store(f"sqlite:///{tmp_path}/restored.db", clock)) as empty:
            count, _ = empty.restore(lambda: lines, lambda _: None)
            assert team(empty, "new").id == made.id

    assert made.id == 3
    assert count == sum(rows(old).values())


def test_an_upgraded_database_ranks_by_the_lengths_of_its_lists(old: str, clock: FakeClock) -> None:
    store = upgraded(old, clock)
    with store.begin(write=False) as tx:
        assert isinstance(tx, SqlTransaction)
        listed = select(ENTRY.c.team, func.count()).where(ENTRY.c.retired_at.is_(None)).group_by(ENTRY.c.team)
        sizes = select(SEARCH_SIZE.c.team, SEARCH_SIZE.c.entries).where(SEARCH_SIZE.c.notes > 0)
        assert sorted(map(tuple, tx.rows(sizes))) == sorted(map(tuple, tx.rows(listed))) != []
    store.close()


def test_a_chat_migrates_no_database_in_which_teams_live(
    old: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "REVISION", "9998")
    before = rows(old)

    with pytest.raises(StaleSchema, match=r"0001.*9998.*dogear migrate"):
        open_store(old, clock, migrate=True, alone=PRIVATE)

    assert rows(old) == before


def test_a_chat_is_alone_in_a_database_until_a_team_of_others_is_there(url: str, clock: FakeClock) -> None:
    with closing(open_store(url, clock)) as store:
        with store.begin(write=True) as tx:
            teams.join(tx, PRIVATE, "chat", tx.teams.add("chat", "UTC"))
        alone = not migrate._has_others(store._engine, PRIVATE)
        with store.begin(write=True) as tx:
            tx.teams.add("ours", "UTC")
        assert (alone, migrate._has_others(store._engine, PRIVATE)) == (True, True)
