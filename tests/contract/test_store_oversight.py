"""What the store tells of itself to whoever watches over the process."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.delivery import Draft, Durations, State, Step, Transition
from bot.domain.source import Problem, Severity, SourceFile
from store.sql import SqlStore
from tests.fakes.clock import START, FakeClock
from tests.fakes.kept import PLATFORM, Club, a_channel


def plan(club: Club, source: str, channel: str = "reading") -> None:
    draft = Draft(channel=a_channel(channel), source_key=source, step=Step.ROOT, ordinal=0)
    with club.store.begin(write=True) as tx:
        assert tx.ledger.plan(club.team, [draft], not_before=tx.now())


def test_the_oldest_delivery_that_nothing_holds_back_says_since_when(club: Club, clock: FakeClock) -> None:
    with club.store.begin(write=False) as tx:
        assert tx.ledger.overdue([PLATFORM]) is None
    plan(club, "first")
    clock.advance(timedelta(minutes=5))
    plan(club, "second", "other")

    with club.store.begin(write=False) as tx:
        assert tx.ledger.overdue([PLATFORM]) == START
        assert tx.ledger.overdue(["another platform"]) is None


def test_a_delivery_behind_another_of_its_channel_is_held_back(club: Club, clock: FakeClock) -> None:
    plan(club, "first")
    with club.store.begin(write=True) as tx:
        tx.ledger.lease("worker", 1, Durations(), [PLATFORM])
    plan(club, "second")
    clock.advance(timedelta(minutes=5))

    with club.store.begin(write=False) as tx:
        assert tx.ledger.overdue([PLATFORM]) is None


def test_deliveries_that_are_not_over_are_counted_by_state(club: Club) -> None:
    plan(club, "first")
    plan(club, "second")
    plan(club, "third", "other")
    with club.store.begin(write=True) as tx:
        one, two = tx.ledger.lease("worker", 2, Durations(), [PLATFORM])
        tx.ledger.settle(one, Transition(state=State.SENT))

    with club.store.begin(write=False) as tx:
        assert tx.ledger.count_by_state() == {State.LEASED: 1, State.PENDING: 1}
        assert two.state is State.LEASED


def test_problems_are_counted_over_the_files_of_all_lists(club: Club) -> None:
    one = Problem(file="a.md", line=1, message="one", severity=Severity.WARNING)
    problems = (one, replace(one, line=2))
    with club.store.begin(write=True) as tx:
        assert tx.entries.count_problems() == 0
        for name, wrong in (("a.md", problems), ("b.md", ()), ("c.md", problems[:1])):
            tx.entries.save_file(
                SourceFile(source=club.source, file=name, digest="1", entries=1, duplicates=(), problems=wrong)
            )

        assert tx.entries.count_problems() == 3


def test_links_that_are_not_read_are_counted_for_each_team(club: Club) -> None:
    with club.store.begin(write=True) as tx:
        assert tx.entries.count_not_read(club.team) == 0
        for name, links in (("a.md", 3), ("b.md", 0), ("c.md", 4)):
            tx.entries.save_file(SourceFile(source=club.source, file=name, digest="1", entries=1, not_read=links))
        other = tx.teams.add("other", "UTC")

        assert tx.entries.count_not_read(club.team) == 7
        assert tx.entries.count_not_read(other.id) == 0


def test_the_schema_is_the_one_that_the_program_needs(store: SqlStore) -> None:
    with store.begin(write=False) as tx:
        assert tx.schema() == store.needs == store.schema()
