"""What SQLite must not do with tables that grow with every week: go through all rows, or all rows of a team.

Which index it takes is left to it: that differs between versions, here 3.40 to 3.53.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bot.domain.delivery import Draft, Durations, State, Step, Transition
from bot.domain.ids import ChannelRef, InvocationId
from store.sql import SqlStore, open_store
from store.sql.store import SqlTransaction
from store.sql.tables import DELIVERY
from tests.fakes.clock import START, FakeClock
from tests.fakes.kept import PLATFORM, Club, a_channel, a_club, a_message, a_read_entry, an_account
from tests.fakes.records import a_schedule

DURATIONS = Durations()
AGAIN = {"other", "earlier", "root"}
"""What statements call the ledger when they ask it a second time."""
GROWING = {"delivery", *AGAIN, "week", "invocation", "mark", "reading"}
PARTIAL = {str(index.name) for index in DELIVERY.indexes if index.dialect_kwargs["sqlite_where"] is not None}
SMALL = PARTIAL - {"ix_delivery_shows"}
"""Indexes of the ledger that hold what is under way or went wrong."""
EVERYTHING = ({"team"}, {"workspace"}, {"platform"}, {"workspace", "platform"})
"""Columns by which a search finds all rows of a team or of a workspace; a host with one of them has no other rows."""
STEP = re.compile(
    r"(?P<way>SCAN|SEARCH|BLOOM FILTER ON) (?P<table>\w+)(?: USING (?P<made>AUTOMATIC )?.*?(?:INDEX (?P<index>\w+))?)?"
    r"(?: \((?P<by>.+)\))?(?: [A-Z-]+)*"
)


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[SqlStore]:
    open_club = open_store(f"sqlite:///{tmp_path / 'dogear.db'}", clock)
    yield open_club
    open_club.close()


@pytest.fixture
def club(store: SqlStore) -> Club:
    return a_club(store)


def walks(store: SqlStore, work: Callable[[SqlTransaction], object]) -> set[str]:
    """Growing tables of which the work's statements go through all rows, each with how it selects them."""
    statements: list[str] = []

    def listen(connection: Any, _record: object) -> None:
        connection.set_trace_callback(statements.append)

    store._engine.dispose()  # so that the next connection is heard
    event.listen(store._engine, "connect", listen)
    with store.begin(write=True) as tx:
        work(tx)
    event.remove(store._engine, "connect", listen)
    kinds = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}
    with store.begin(write=False) as tx:
        asked = [one for one in statements if one.split(maxsplit=1)[0] in kinds]
        steps = [step[3] for one in asked for step in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}")]
    assert steps
    return {found for step in steps if (found := walk(step))}


def walk(step: str) -> str | None:
    """A step of a query plan that goes through all rows, or through all of a team or workspace: the table, and by what.

    An index that is made for one statement, and a Bloom filter, read the whole table first. So does a sort of all its
    rows: their step is in the plan, too.
    """
    found = STEP.fullmatch(step)
    if found is None or found["table"] not in GROWING or found["index"] in SMALL:
        return None
    if found["way"] != "SEARCH" or found["made"] or "ANY(" in (found["by"] or ""):
        return f"{found['table']} whole"
    by = {part.strip() for part in (found["by"] or "").split(" AND ")}
    columns = {part.removesuffix("=?") for part in by}
    return f"{found['table']} by {' and '.join(sorted(columns))}" if columns in EVERYTHING else None


def a_draft(step: Step = Step.ROOT, channel: ChannelRef | None = None, **more: Any) -> Draft:
    late = START + timedelta(days=1)
    return Draft(channel=channel or a_channel(), source_key="due", step=step, ordinal=0, late_after=late, **more)


def more_drafts(many: int) -> list[Draft]:
    return [replace(a_draft(), ordinal=ordinal) for ordinal in range(1, many + 1)]


def test_a_walk_through_a_whole_table_is_seen(store: SqlStore) -> None:
    def everything(tx: SqlTransaction) -> None:
        tx.connection.exec_driver_sql("SELECT count(outcome) FROM delivery").all()

    def of_a_team(tx: SqlTransaction) -> None:
        tx.connection.exec_driver_sql("SELECT count(outcome) FROM delivery WHERE team = 1").all()

    assert walks(store, everything) == {"delivery whole"}
    assert walks(store, of_a_team) == {"delivery by team"}


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ("SCAN delivery", "delivery whole"),
        ("SCAN mark LEFT-JOIN", "mark whole"),
        ("SCAN delivery USING INDEX ix_delivery_team_entry", "delivery whole"),
        ("SCAN delivery USING COVERING INDEX ix_delivery_team_entry", "delivery whole"),
        ("SCAN delivery USING INDEX ix_delivery_shows", "delivery whole"),
        ("SCAN delivery USING INDEX ix_delivery_due", None),
        ("SCAN team", None),
        ("SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)", None),
        ("SEARCH other USING AUTOMATIC COVERING INDEX (channel=?)", "other whole"),
        ("SEARCH mark USING AUTOMATIC PARTIAL COVERING INDEX (entry=?)", "mark whole"),
        ("SEARCH reading USING PRIMARY KEY (team=?)", "reading by team"),
        ("SEARCH mark USING INDEX a_new_one (platform=? AND workspace=?)", "mark by platform and workspace"),
        ("SEARCH mark USING INDEX a_new_one (team=? AND entry=?) LEFT-JOIN", None),
        ("SEARCH mark USING INDEX a_new_one (team=?) LEFT-JOIN", "mark by team"),
        ("SEARCH mark USING INDEX a_new_one (ANY(team) AND entry=?)", "mark whole"),
        ("BLOOM FILTER ON delivery (team=?)", "delivery whole"),
        ("USE TEMP B-TREE FOR ORDER BY", None),
    ],
)
def test_a_step_through_all_rows_is_seen_whatever_index_it_takes(step: str, found: str | None) -> None:
    assert walk(step) == found


def test_a_schedule_is_changed_without_a_look_at_what_was_sent(store: SqlStore, club: Club) -> None:
    """The plan has the look that a foreign key may want in any case; so the steps are counted that are taken."""
    schedule = replace(a_schedule(), team=club.team, channel=a_channel())
    with club.store.begin(write=True) as tx:
        kept = tx.schedules.save(schedule)

    def steps() -> int:
        with store.begin(write=True) as tx:
            driver: Any = tx.connection.connection.driver_connection
            counted = count()
            driver.set_progress_handler(lambda: next(counted) < 0, 1)  # false: go on
            tx.schedules.save(kept)
            driver.set_progress_handler(None, 1)
            return next(counted)

    steps()  # the statements are read
    before = steps()
    with club.store.begin(write=True) as tx:
        tx.ledger.plan(club.team, [a_draft(schedule=kept.id), *more_drafts(99)], not_before=tx.now())

    assert steps() < 2 * before


def test_a_digest_goes_its_way_along_indexes(store: SqlStore, club: Club) -> None:
    (entry,) = club.add(a_read_entry())

    def sent(tx: SqlTransaction) -> None:
        assert tx.ledger.plan(club.team, [a_draft(entry=entry)], not_before=tx.now())
        (leased,) = tx.ledger.lease("worker", 9, DURATIONS, [PLATFORM])
        (begun,) = tx.ledger.start_attempts([leased], DURATIONS)
        swept = tx.now() + timedelta(minutes=1)
        assert tx.ledger.settle(begun, Transition(state=State.SENT, message=a_message(), sweep_at=swept))
        assert tx.ledger.entry_shown_by(a_message())
        assert tx.ledger.posted_messages(a_channel().workspace, START)
        assert tx.ledger.discussions(club.team, entry, 9)
        assert tx.ledger.claim_unswept(9, DURATIONS, [PLATFORM]) == []
        assert tx.ledger.get(begun.id)
        assert tx.ledger.of_source(club.team, "due")
        tx.ledger.save_sweep(begun.id, outcome=None, again_at=None)

    assert walks(store, sent) == set()


def test_what_goes_wrong_is_found_along_indexes(store: SqlStore, club: Club, clock: FakeClock) -> None:
    with club.store.begin(write=True) as tx:
        tx.ledger.plan(club.team, [a_draft()], not_before=tx.now())
        (leased,) = tx.ledger.lease("worker", 9, DURATIONS, [PLATFORM])
        tx.ledger.start_attempts([leased], DURATIONS)
    clock.advance(timedelta(hours=1))

    def looked_into(tx: SqlTransaction) -> None:
        assert tx.ledger.expire({PLATFORM: timedelta()}) == 1
        (doubtful,) = tx.ledger.claim_uncertain("looker", 9, DURATIONS, [PLATFORM])
        assert tx.ledger.settle(doubtful, Transition(state=State.NEEDS_HUMAN))
        assert tx.ledger.unsettled(club.team)
        assert tx.ledger.count_by_state() == {State.NEEDS_HUMAN: 1}
        assert tx.ledger.overdue([PLATFORM]) is None
        assert tx.ledger.skip_overdue() == []
        tx.ledger.halt(a_channel().workspace, [Step.ROOT], START)
        tx.ledger.next_due()
        tx.ledger.clear_deadline(doubtful.id)

    assert walks(store, looked_into) == set()


def test_what_came_from_a_workspace_is_removed_without_a_look_at_other_teams(store: SqlStore, club: Club) -> None:
    """All of its own is found, and for each who was met there the marks of the team, and for each slot what it was sent."""
    workspace = a_channel().workspace

    def purged(tx: SqlTransaction) -> None:
        member = tx.teams.member(club.team, an_account())
        assert member is not None
        tx.teams.add_workspace(member, workspace)
        tx.teams.leave(workspace)
        tx.teams.purge(workspace)
        assert tx.teams.workspace(workspace) is None
        assert tx.teams.member(club.team, an_account()) is None

    assert walks(store, purged) <= {"delivery by platform and workspace", "delivery by team", "mark by team"}


def test_slots_and_repeats_are_looked_up_along_indexes(store: SqlStore, club: Club) -> None:
    (entry,) = club.add(a_read_entry())

    def asked(tx: SqlTransaction) -> None:
        (schedule,) = tx.schedules.all()
        tx.schedules.used_slot(schedule.id, "2026-W48")
        tx.schedules.used_of([(schedule.id, "2026-W48"), (schedule.id, "2026-W49")])
        tx.schedules.weeks(club.team, a_channel(), 9)
        tx.schedules.candidates(club.team, a_channel(), ())
        tx.readings.readers(entry)
        tx.invocations.saved_answer(InvocationId("x"))
        tx.invocations.delete_before(START)

    with club.store.begin(write=True) as tx:
        tx.schedules.save(replace(a_schedule(), team=club.team, channel=a_channel()))

    assert walks(store, asked) == set()
