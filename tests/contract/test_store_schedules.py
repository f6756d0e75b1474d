"""Weekly slots and used weeks on both engines."""

from dataclasses import replace
from datetime import time, timedelta

from bot.domain.digest import Outcome, Week
from bot.domain.featuring import Featured, Why
from bot.domain.ids import EntryId, ScheduleId
from bot.domain.reading_state import Reading, ReadingState
from bot.domain.schedule import Schedule, Weekday
from store.sql import SqlStore
from tests.fakes.clock import START
from tests.fakes.kept import Club, a_channel, a_club, a_read_entry, an_account


def a_schedule(club: Club, channel: str = "reading") -> Schedule:
    schedule = Schedule(
        id=ScheduleId(0),
        team=club.team,
        channel=a_channel(channel),
        weekday=Weekday.MONDAY,
        at=time(9, 30),
        zone="Europe/Berlin",
        tags=("db",),
        active_from=START,
        created_by=an_account(),
    )
    with club.store.begin(write=True) as tx:
        return tx.schedules.save(schedule)


def a_week(schedule: Schedule, week: str = "2026-W47", entry: EntryId | None = None, days: int = 0) -> Week:
    due_at = START + timedelta(days=days)
    return Week(
        schedule=schedule.id,
        team=schedule.team,
        channel=schedule.channel,
        week=week,
        due_at=due_at,
        used_at=due_at + timedelta(minutes=1),
        outcome=Outcome.PLANNED,
        entry=entry,
        why=Why.WANTED if entry else None,
    )


def test_a_schedule_comes_back_as_it_was_kept(club: Club) -> None:
    schedule = a_schedule(club)
    paused = replace(schedule, paused_until=START + timedelta(days=7), paused_because="The channel is gone.")

    with club.store.begin(write=True) as tx:
        assert tx.schedules.of_channel(club.team, a_channel()) == schedule
        tx.schedules.save(paused)

    with club.store.begin(write=False) as tx:
        assert tx.schedules.all() == tx.schedules.all(club.team) == [paused]
        assert tx.schedules.of_channel(club.team, a_channel("elsewhere")) is None


def test_a_channel_has_one_schedule_and_a_new_one_takes_over_its_id(club: Club) -> None:
    first, second = a_schedule(club), a_schedule(club)

    with club.store.begin(write=False) as tx:
        assert first.id == second.id
        assert len(tx.schedules.all()) == 1


def test_a_week_is_used_once(club: Club) -> None:
    schedule = a_schedule(club)
    (entry,) = club.add(a_read_entry())
    week = a_week(schedule, entry=entry)

    with club.store.begin(write=True) as tx:
        assert tx.schedules.used_slot(schedule.id, week.week) is None
        assert tx.schedules.use_slot(week)
        assert not tx.schedules.use_slot(replace(week, outcome=Outcome.SKIPPED, entry=None, why=None))
        assert tx.schedules.used_slot(schedule.id, week.week) == week


def test_of_many_slots_the_used_ones_are_told_at_once(club: Club) -> None:
    schedule, other = a_schedule(club), a_schedule(club, "other")
    week = a_week(schedule)
    with club.store.begin(write=True) as tx:
        tx.schedules.use_slot(week)

    many = [(schedule.id, f"1999-W{number:02}") for number in range(1200)]
    with club.store.begin(write=False) as tx:
        assert tx.schedules.used_of([*many, (schedule.id, week.week), (other.id, week.week)]) == {
            (schedule.id, week.week)
        }
        assert tx.schedules.used_of([]) == set()


def test_a_removed_schedule_leaves_its_weeks_and_the_next_one_has_them(club: Club) -> None:
    schedule = a_schedule(club)
    week = a_week(schedule)
    with club.store.begin(write=True) as tx:
        tx.schedules.use_slot(week)
        tx.schedules.remove(schedule.id)
        assert tx.schedules.of_channel(club.team, a_channel()) is None
        assert tx.schedules.all() == []
        assert tx.schedules.weeks(club.team, a_channel(), 9) == [week]

    again = a_schedule(club)

    with club.store.begin(write=True) as tx:
        assert tx.schedules.used_slot(again.id, week.week) == week
        assert not tx.schedules.use_slot(a_week(again))


def test_used_weeks_come_newest_first(club: Club) -> None:
    schedule, other = a_schedule(club), a_schedule(club, "other")
    weeks = [a_week(schedule, f"2026-W{47 + n}", days=7 * n) for n in range(3)]
    with club.store.begin(write=True) as tx:
        for week in (*weeks, a_week(other)):
            tx.schedules.use_slot(week)

    with club.store.begin(write=False) as tx:
        assert tx.schedules.weeks(club.team, a_channel(), 2) == [weeks[2], weeks[1]]


def test_candidates_say_what_the_choice_needs_to_know(club: Club) -> None:
    schedule, other = a_schedule(club), a_schedule(club, "other")
    featured, wanted, plain, gone = club.add(
        a_read_entry("featured", tags=["db"]),
        a_read_entry("wanted", "* note", tags=["db"]),
        a_read_entry("plain"),
        a_read_entry("gone", tags=["db"]),
    )
    with club.store.begin(write=True) as tx:
        tx.schedules.use_slot(a_week(schedule, entry=featured))
        tx.schedules.use_slot(a_week(schedule, "2026-W48", entry=featured, days=7))
        tx.schedules.use_slot(a_week(other, entry=wanted))
        tx.readings.save(club.member, Reading(entry=wanted, state=ReadingState.LATER, since=START), None)
        tx.entries.retire(club.team, [gone])

    with club.store.begin(write=False) as tx:
        pool = tx.schedules.candidates(club.team, a_channel(), ())
        narrowed = tx.schedules.candidates(club.team, a_channel(), ["DB", "web"])

    assert [candidate.entry for candidate in pool] == [featured, wanted, plain]
    assert [candidate.wanted for candidate in pool] == [0, 1, 0]
    assert [candidate.has_notes for candidate in pool] == [False, True, False]
    assert [candidate.last_featured for candidate in pool] == [START + timedelta(days=7, minutes=1), None, None]
    assert [candidate.entry for candidate in narrowed] == [featured, wanted]


def test_candidates_know_what_they_are_nested_under(club: Club) -> None:
    outer, inner, innermost, other, same_title = club.add(
        a_read_entry("Caching", section=["Web"], line=1, tags=["db"]),
        a_read_entry("Inner", section=["Web", "Caching"], line=2),
        a_read_entry("Innermost", section=["Web", "Caching", "Inner"], line=3),
        a_read_entry("Other", section=["Web"], line=4),
        a_read_entry("Caching", section=["Part"], line=5),
    )
    with club.store.begin(write=False) as tx:
        pool = {one.entry: one for one in tx.schedules.candidates(club.team, a_channel(), ())}

    assert [pool[one].above for one in (outer, inner, innermost, other, same_title)] == [
        (),
        (outer,),
        (inner, outer),
        (),
        (),
    ]
    assert (pool[outer].tags, pool[inner].section) == (("db",), ("Web", "Caching"))


def test_what_was_featured_is_remembered_when_it_left_the_list(club: Club) -> None:
    schedule = a_schedule(club)
    gone, stays = club.add(a_read_entry(tags=["db"], section=["Web"]), a_read_entry())
    with club.store.begin(write=True) as tx:
        tx.schedules.use_slot(a_week(schedule, entry=gone))
        tx.schedules.use_slot(a_week(schedule, "2026-W48", entry=stays, days=7))
        tx.entries.retire(club.team, [gone])

    with club.store.begin(write=False) as tx:
        (featured,) = tx.schedules.gone(club.team, a_channel())
        assert tx.schedules.gone(club.team, a_channel("other")) == []
    assert featured == Featured(at=START + timedelta(minutes=1), tags=("db",), section=("Web",))


def test_what_was_passed_over_in_a_channel_is_so_there_alone(club: Club) -> None:
    schedule = a_schedule(club)
    a_schedule(club, "other")
    (entry,) = club.add(a_read_entry())
    with club.store.begin(write=True) as tx:
        tx.schedules.pass_over(schedule.id, entry, START)
        tx.schedules.pass_over(schedule.id, entry, START + timedelta(days=1))
        there = [
            tx.schedules.candidates(club.team, a_channel(name), ())[0].passed_over for name in ("reading", "other")
        ]
        tx.schedules.pass_over(schedule.id, entry, None)
        assert tx.schedules.candidates(club.team, a_channel(), ())[0].passed_over is None

    assert there == [START + timedelta(days=1), None]


def test_a_pick_is_kept_until_it_is_cleared(club: Club) -> None:
    schedule = a_schedule(club)
    (entry,) = club.add(a_read_entry())
    with club.store.begin(write=True) as tx:
        tx.schedules.pin(schedule.id, entry)
        tx.schedules.save(schedule)
        assert tx.schedules.pinned(schedule.id) == entry
        tx.schedules.pin(schedule.id, None)
        assert tx.schedules.pinned(schedule.id) is None


def test_schedules_of_another_team_are_not_seen(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    mine, foreign = a_schedule(ours), a_schedule(theirs)
    (entry,) = theirs.add(a_read_entry())
    with store.begin(write=True) as tx:
        tx.schedules.use_slot(a_week(foreign, entry=entry))
        tx.schedules.pin(foreign.id, entry)

    with store.begin(write=False) as tx:
        assert tx.schedules.all(ours.team) == [mine]
        assert tx.schedules.of_channel(ours.team, a_channel()) == mine
        assert tx.schedules.used_slot(mine.id, "2026-W47") is None
        assert tx.schedules.weeks(ours.team, a_channel(), 9) == []
        assert tx.schedules.candidates(ours.team, a_channel(), ()) == []
        assert tx.schedules.pinned(mine.id) is None
