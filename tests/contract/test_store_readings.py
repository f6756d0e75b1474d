"""Reading states, choices, marks and counts on both engines."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.ids import EntryId, MemberId
from bot.domain.reading_state import Choice, Mark, Reading, ReadingCounts, ReadingState
from store.sql import SqlStore
from tests.fakes.clock import START, FakeClock
from tests.fakes.kept import Club, a_club, a_message, a_read_entry, an_account

READ, LATER, UNREAD = ReadingState.READ, ReadingState.LATER, ReadingState.UNREAD


def _keep(
    club: Club, entry: EntryId, state: ReadingState, since: datetime = START, member: MemberId | None = None
) -> None:
    with club.store.begin(write=True) as tx:
        tx.readings.save(member or club.member, Reading(entry=entry, state=state, since=since), None)


def _mark(entry: EntryId, at: datetime = START, **changes: object) -> Mark:
    mark = Mark(account=an_account(), message=a_message(), entry=entry, emoji="check", meaning=READ, at=at)
    return replace(mark, **changes)  # type: ignore[arg-type] # fields by name


def test_an_entry_without_a_row_has_no_state(club: Club) -> None:
    first, second = club.add(a_read_entry(), a_read_entry())
    _keep(club, first, LATER)

    with club.store.begin(write=False) as tx:
        assert tx.readings.states(club.member, [first, second]) == {first: LATER}


def test_a_choice_stays_when_a_reaction_changes_the_state(club: Club, clock: FakeClock) -> None:
    (entry,) = club.add(a_read_entry())
    choice = Choice(state=LATER, at=clock.now())
    with club.store.begin(write=True) as tx:
        assert tx.readings.choice(club.member, entry) is None
        tx.readings.save(club.member, Reading(entry=entry, state=LATER, since=clock.now()), choice)
        tx.readings.save(club.member, Reading(entry=entry, state=READ, since=clock.now()), None)

    with club.store.begin(write=False) as tx:
        assert tx.readings.choice(club.member, entry) == choice
        assert tx.readings.states(club.member, [entry]) == {entry: READ}


def test_of_two_marks_the_newer_one_is_kept_in_whatever_order_they_come(club: Club) -> None:
    (entry,) = club.add(a_read_entry())
    put, taken = _mark(entry), _mark(entry, START + timedelta(seconds=1), live=False)
    with club.store.begin(write=True) as tx:
        kept = [tx.readings.save_mark(club.team, mark) for mark in (taken, put, taken)]
        assert tx.readings.marks(club.team, an_account(), entry) == [taken]

    assert kept == [True, False, True]


def test_marks_are_found_by_entry_and_by_message(club: Club) -> None:
    first, second = club.add(a_read_entry(), a_read_entry())
    here, later = _mark(first), _mark(first, START + timedelta(1), message=a_message("m2"), emoji="bookmark")
    others = [_mark(first, account=an_account("bob")), _mark(second, message=a_message("m3"))]
    with club.store.begin(write=True) as tx:
        for mark in (later, here, *others):
            tx.readings.save_mark(club.team, mark)

    with club.store.begin(write=False) as tx:
        assert tx.readings.marks(club.team, an_account(), first) == [here, later]
        assert set(tx.readings.marks_on(club.team, a_message())) == {here, others[0]}


def test_the_queue_starts_with_what_was_queued_first(club: Club) -> None:
    first, second, third, gone = club.add(*(a_read_entry() for _ in range(4)))
    for entry, day in ((first, 3), (second, 1), (third, 2), (gone, 0)):
        _keep(club, entry, LATER, START + timedelta(days=day))
    with club.store.begin(write=True) as tx:
        tx.entries.retire(club.team, [gone])

    with club.store.begin(write=False) as tx:
        assert tx.readings.queue(club.member, 2) == [second, third]


def test_unread_leaves_out_what_is_read_or_queued_and_counts_what_was_unread_again(club: Club) -> None:
    read, later, again, never = club.add(*(a_read_entry(tags=["db"]) for _ in range(4)))
    for entry, state in ((read, READ), (later, LATER), (again, UNREAD)):
        _keep(club, entry, state)

    with club.store.begin(write=False) as tx:
        assert tx.readings.unread_count(club.member) == 2
        assert tx.readings.unread(club.member, offset=0, limit=9) == [again, never]
        assert tx.readings.unread_count(club.member, "db") == 2
        assert tx.readings.unread(club.member, "db", offset=1, limit=1) == [never]
        assert tx.readings.unread_count(club.member, "web") == 0
        assert tx.readings.unread(club.member, "web", offset=0, limit=9) == []
        assert tx.readings.counts(club.member) == ReadingCounts(read=1, later=1, unread=2)


def test_counts_leave_out_retired_entries(club: Club) -> None:
    read, unread = club.add(a_read_entry(), a_read_entry())
    _keep(club, read, READ)
    with club.store.begin(write=True) as tx:
        tx.entries.retire(club.team, [read])

    with club.store.begin(write=False) as tx:
        assert tx.readings.counts(club.member) == ReadingCounts(read=0, later=0, unread=1)
    assert unread


def test_team_counts_tell_how_much_and_not_who(club: Club) -> None:
    first, second, third = club.add(a_read_entry(), a_read_entry(), a_read_entry())
    bob, _ = club.join("bob"), club.join("carol")
    _keep(club, first, READ)
    _keep(club, first, READ, START - timedelta(days=40), bob)
    _keep(club, second, READ, member=bob)
    _keep(club, third, LATER)

    with club.store.begin(write=False) as tx:
        counts = tx.readings.team_counts(club.team, START - timedelta(days=30))
        assert tx.readings.readers(first) == 2
        assert tx.readings.read_since(bob, START - timedelta(days=30)) == 1

    assert (counts.members, counts.readers, counts.reads, counts.reads_since) == (3, 2, 3, 2)
    assert (counts.entries, counts.entries_read, counts.most_read) == (3, 2, ((first, 2), (second, 1)))


def test_no_reading_of_another_team_is_seen(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    (mine,) = ours.add(a_read_entry())
    (foreign,) = theirs.add(a_read_entry())
    _keep(theirs, foreign, LATER)
    with store.begin(write=True) as tx:
        tx.readings.save_mark(theirs.team, _mark(foreign))

    with store.begin(write=False) as tx:
        assert tx.readings.states(ours.member, [mine, foreign]) == {}
        assert tx.readings.choice(ours.member, foreign) is None
        assert tx.readings.queue(ours.member, 9) == []
        assert tx.readings.unread_count(ours.member) == 1
        assert tx.readings.unread(ours.member, offset=0, limit=9) == [mine]
        assert tx.readings.marks(ours.team, an_account(), foreign) == []
        assert tx.readings.marks_on(ours.team, a_message()) == []
        assert tx.readings.counts(ours.member) == ReadingCounts(read=0, later=0, unread=1)
        assert tx.readings.readers(mine) == tx.readings.read_since(ours.member, START) == 0
        assert tx.readings.team_counts(ours.team, START).reads == 0
