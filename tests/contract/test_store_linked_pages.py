"""What is known of pages is a team's own, says which entries are short, and when to look again."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.domain.ids import EntryId, EntryNumber, Url
from bot.domain.linked_page import LinkedPage, Seen
from bot.domain.notice import Host
from bot.domain.query import parse
from bot.domain.reading_state import Reading, ReadingState
from bot.ports.entries import EntryFilter
from bot.service import entries, linked_pages, readings
from store.sql import SqlStore
from store.sql.tables import DELIVERY
from tests.fakes.clock import FakeClock
from tests.fakes.kept import Club, a_channel, a_read_entry

GONE = LinkedPage(seen=Seen.GONE, reason="The page is gone (404).")
HOST = Host(channel=a_channel("admins"))


def page_of(minutes: int | None) -> LinkedPage:
    return LinkedPage(seen=Seen.PAGE, title="On queues", description="Why they fill up", minutes=minutes)


@pytest.fixture
def timed(club: Club, store: SqlStore) -> Sequence[EntryId]:
    """Entries of 5, 10 and 15 minutes, and one whose reading time is not known."""
    made = [a_read_entry(f"Caching {name}", tags=["db"], section=["Storage"]) for name in ("a", "b", "c", "d")]
    added = club.add(*made)
    with store.begin(write=True) as tx:
        for entry, minutes in zip(made, (5, 10, 15, None), strict=True):
            linked_pages.save(tx, club.team, Url(entry.url), page_of(minutes))
    return added


def test_a_page_is_known_by_any_spelling_of_its_address_in_its_team_alone(store: SqlStore, club: Club) -> None:
    with store.begin(write=True) as tx:
        other = tx.teams.add("another", "UTC").id
        linked_pages.save(tx, club.team, Url("https://www.example.org/x/?utm_source=y"), page_of(6))

    with store.begin(write=False) as tx:
        assert linked_pages.seen(tx, club.team, Url("http://example.org/x")) == page_of(6)
        assert linked_pages.seen(tx, other, Url("http://example.org/x")) is None


def test_an_entry_has_the_reading_time_of_its_page(store: SqlStore, club: Club, timed: Sequence[EntryId]) -> None:
    with store.begin(write=False) as tx:
        found = tx.entries.get(club.team, timed)
        numbered = tx.entries.by_number(club.team, EntryNumber(2))
        _, listed = tx.entries.page(club.team, club.member, EntryFilter(), offset=0, limit=9)
        hits = tx.search.find(club.team, club.member, parse("caching"), offset=0, limit=9).items

    assert [found[entry].minutes for entry in timed] == [5, 10, 15, None]
    assert numbered is not None
    assert numbered.minutes == 10
    assert [entry.minutes for entry in listed] == [5, 10, 15, None]
    assert {hit.entry.number: hit.entry.minutes for hit in hits} == {1: 5, 2: 10, 3: 15, 4: None}


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        *(("max:10m", [1, 2]), ("max:10 caching", [1, 2]), ("tag:db max:1h", [1, 2, 3]), ("max:4m caching", [])),
        *(("in:storage max:15m -b", [1, 3]), ("max:5m max:20m", [1]), ("is:unread max:9min", [1])),
    ],
)
def test_search_finds_what_is_short_enough(
    store: SqlStore, club: Club, timed: Sequence[EntryId], typed: str, numbers: Sequence[int]
) -> None:
    assert len(timed) == 4
    with store.begin(write=False) as tx:
        found = tx.search.find(club.team, club.member, parse(typed), offset=0, limit=9)

    assert (found.total, sorted(hit.entry.number for hit in found.items)) == (len(numbers), numbers)


def test_list_random_and_next_take_what_is_short_enough(store: SqlStore, club: Club, timed: Sequence[EntryId]) -> None:
    with store.begin(write=True) as tx:
        for entry in (timed[2], timed[1]):
            tx.readings.save(club.member, Reading(entry=entry, state=ReadingState.LATER, since=tx.now()), None)

    with store.begin(write=False) as tx:
        which = EntryFilter(tag="db", minutes=10)
        listed = entries.page(tx, club.team, club.member, which, 1, 9)
        drawn = {
            entries.unread_at_random(tx, club.team, club.member, tag, lambda count: count - 1, 10)
            for tag in (None, "db", "storage")
        }
        nothing = entries.unread_at_random(tx, club.team, club.member, None, lambda _: 0, 4)
        coming = readings.next_up(tx, club.team, club.member, 9, 10)

    assert [entry.number for entry, _ in listed.items] == [1, 2]
    assert {found[0].number for found in drawn if found} == {1}
    assert nothing is None
    assert [(entry.number, state) for entry, state in coming] == [(2, ReadingState.LATER), (1, ReadingState.UNREAD)]


def looked_at(store: SqlStore, page: LinkedPage) -> Sequence[EntryNumber]:
    """Which entries are due, one after the other, each with this page."""
    numbers: list[EntryNumber] = []
    while True:
        with store.begin(write=True) as tx:
            due = linked_pages.claim_due(tx)
        if not due:
            return numbers
        for entry in due:
            numbers.append(entry.number)
            with store.begin(write=True) as tx:
                linked_pages.save_check(tx, entry, page, HOST)


def newly_reported(store: SqlStore) -> int:
    with store.begin(write=False) as tx:
        return len(tx.rows(DELIVERY.select()))


def test_each_entry_on_the_list_is_looked_at_once_a_month(store: SqlStore, club: Club, clock: FakeClock) -> None:
    made = [a_read_entry() for _ in range(3)]
    added = club.add(*made)
    with store.begin(write=True) as tx:
        tx.entries.retire(club.team, [added[1]])

    assert looked_at(store, page_of(6)) == [1, 3]
    assert looked_at(store, page_of(6)) == []
    clock.advance(timedelta(days=29))
    assert looked_at(store, page_of(6)) == []
    clock.advance(timedelta(days=2))
    assert looked_at(store, page_of(6)) == [1, 3]


def test_a_claimed_page_is_left_to_the_process_that_claimed_it(store: SqlStore, club: Club) -> None:
    club.add(a_read_entry())

    with store.begin(write=True) as tx:
        assert len(linked_pages.claim_due(tx)) == 1
    with store.begin(write=True) as tx:
        assert not linked_pages.claim_due(tx)


def test_sixty_pages_an_hour_are_looked_at(store: SqlStore, club: Club, clock: FakeClock) -> None:
    club.add(*(a_read_entry() for _ in range(70)))

    assert len(looked_at(store, page_of(6))) == 60
    clock.advance(timedelta(minutes=61))
    assert len(looked_at(store, page_of(6))) == 10


def test_a_dead_link_is_reported_once_after_three_failures_within_three_weeks(
    store: SqlStore, club: Club, clock: FakeClock
) -> None:
    club.add(a_read_entry("Dead", key="https://example.org/dead"), a_read_entry("Alive"))
    reported: list[int] = []
    for _ in range(120):
        with store.begin(write=True) as tx:
            for entry in linked_pages.claim_due(tx):
                page = GONE if entry.title == "Dead" else page_of(6)
                linked_pages.save(tx, club.team, Url("https://example.org/elsewhere"), page_of(1))
                linked_pages.save_check(tx, entry, page, HOST)
        reported.append(newly_reported(store))
        clock.advance(timedelta(days=1))

    assert reported.index(1) <= 21
    assert reported[-1] == 1
    with store.begin(write=False) as tx:
        (row,) = tx.rows(DELIVERY.select())
    assert "web.archive.org/web/https://example.org/dead" in row.body
    assert '"retire"' in row.body
    assert row.channel == "admins"


def test_links_are_not_called_dead_while_no_page_can_be_reached(store: SqlStore, club: Club, clock: FakeClock) -> None:
    club.add(a_read_entry(), a_read_entry())
    away = LinkedPage(seen=Seen.FAILED, reason="There is no such site.")

    for _ in range(90):
        looked_at(store, away)
        clock.advance(timedelta(days=1))

    assert newly_reported(store) == 0


def test_what_was_seen_of_an_address_that_was_not_added_is_deleted(
    store: SqlStore, club: Club, clock: FakeClock, timed: Sequence[EntryId]
) -> None:
    assert timed
    gone, kept = Url("https://example.org/never-added"), None
    with store.begin(write=True) as tx:
        linked_pages.save(tx, club.team, gone, page_of(6))
    clock.advance(timedelta(days=3))

    with store.begin(write=True) as tx:
        linked_pages.clean_up(tx)

    with store.begin(write=False) as tx:
        kept = tx.entries.by_number(club.team, EntryNumber(1))
        assert linked_pages.seen(tx, club.team, gone) is None
    assert kept is not None
    assert kept.minutes == 5


def test_a_page_that_was_read_just_now_is_not_fetched_again(store: SqlStore, club: Club, clock: FakeClock) -> None:
    url = Url("https://example.org/x")

    def is_fresh() -> bool:
        with store.begin(write=False) as tx:
            return linked_pages.is_fresh(tx, club.team, url)

    assert not is_fresh()
    with store.begin(write=True) as tx:
        linked_pages.save(tx, club.team, url, page_of(6))
    assert is_fresh()
    clock.advance(timedelta(hours=2))
    assert not is_fresh()
    with store.begin(write=True) as tx:
        linked_pages.save(tx, club.team, url, GONE)
    clock.advance(timedelta(minutes=1))
    assert not is_fresh()
