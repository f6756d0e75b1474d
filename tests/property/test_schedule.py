"""`last_due` against a reference that walks through the minutes and looks at the clock on the wall."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.schedule import Occurrence, Schedule, Weekday
from tests.fakes.records import a_schedule

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
BETWEEN_2020_AND_2030 = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))
WHEN_SAMOA_SKIPPED_A_DAY = (datetime(2011, 12, 1, tzinfo=UTC), datetime(2012, 2, 1, tzinfo=UTC))
STRIDE = timedelta(days=5)
"""No zone changes its clocks twice within so few days in the years looked at."""

Walk = list[tuple[datetime, datetime]]


def clock_changes(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Every change between the two moments: the first minute of the new offset, the old offset and the new."""
    moment, offset = since, since.astimezone(zone).utcoffset()
    while moment < until:
        following = moment + STRIDE
        changed = following.astimezone(zone).utcoffset()
        assert offset is not None
        assert changed is not None
        if changed != offset:
            low, high = moment, following
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == offset else (low, middle)
            yield high, offset, changed
        moment, offset = following, changed


@cache
def rules(since: datetime, until: datetime) -> dict[tuple[tuple[datetime, timedelta, timedelta], ...], str]:
    """One zone for each different set of clock changes among all zones."""
    return {
        changes: name
        for name in sorted(available_timezones())
        if (changes := tuple(clock_changes(ZoneInfo(name), since, until)))
    }


def walked(zone: ZoneInfo, around: datetime) -> Walk:
    """Every minute within 28 hours of a moment, with what clocks on the wall show then."""
    minutes = (around + number * MINUTE for number in range(-28 * 60, 28 * 60))
    return [(minute, minute.astimezone(zone)) for minute in minutes]


def first_moment(walk: Walk, nominal: datetime) -> datetime:
    """The first minute at which the wall shows the nominal time or more; times of one zone compare as the wall shows them."""
    assert walk[0][1] < nominal, "the walk must begin before the slot"
    return next(minute for minute, shown in walk if shown >= nominal)


def iso_week(day: date) -> str:
    """By definition: weeks begin on Monday, and a week belongs to the year that holds its Thursday."""
    thursday = day + (3 - day.weekday()) * DAY
    return f"{thursday.year}-W{(thursday - date(thursday.year, 1, 1)).days // 7 + 1:02}"


def slots_around(changed: datetime, old: timedelta, new: timedelta) -> Iterator[datetime]:
    """Nominal wall-clock times at the edges and in the middle of what is skipped or repeated, and at midnight."""
    one, other = (changed + offset for offset in (old, new))
    low, high = (moment.replace(tzinfo=None) for moment in sorted([one, other]))
    yield from (
        low - MINUTE,
        low,
        low + MINUTE,
        low + (high - low) // MINUTE // 2 * MINUTE,
        high - MINUTE,
        high,
        high + MINUTE,
    )
    for day in {low.date(), high.date()}:
        yield datetime.combine(day, time.min)
        yield datetime.combine(day, time(23, 59))


def check_against_the_walk(name: str, changed: datetime, old: timedelta, new: timedelta) -> None:
    zone = ZoneInfo(name)
    walk = walked(zone, changed)
    for nominal in slots_around(changed, old, new):
        schedule = replace(a_schedule(name, Weekday(nominal.weekday())), at=nominal.time())
        due = Occurrence(week=iso_week(nominal.date()), due_at=first_moment(walk, nominal.replace(tzinfo=zone)))

        assert schedule.last_due(due.due_at) == due, (name, nominal)
        assert schedule.last_due(due.due_at + DAY) == due, (name, nominal)
        before = schedule.last_due(due.due_at - timedelta(microseconds=1))
        assert before.due_at < due.due_at
        assert before.week == iso_week(nominal.date() - 7 * DAY), (name, nominal)
        assert next(schedule.next_dues(due.due_at - MINUTE)) == due, (name, nominal)


def test_every_clock_change_of_every_zone_from_2020_to_2030_agrees_with_the_wall_clock() -> None:
    for changes, name in rules(*BETWEEN_2020_AND_2030).items():
        for changed, old, new in changes:
            check_against_the_walk(name, changed, old, new)


def test_the_day_that_samoa_skipped_agrees_with_the_wall_clock() -> None:
    skipped = {
        name: change
        for changes, name in rules(*WHEN_SAMOA_SKIPPED_A_DAY).items()
        for change in changes
        if change[2] - change[1] >= DAY
    }

    assert skipped, "the day that Samoa skipped must be among the changes"
    for name, (changed, old, new) in skipped.items():
        check_against_the_walk(name, changed, old, new)


def test_the_clock_changes_looked_at_include_the_odd_ones() -> None:
    found = rules(*BETWEEN_2020_AND_2030)
    jumps = {abs(new - old) for changes in found for _, old, new in changes}
    local_starts = {(changed + old).time() for changes in found for changed, old, new in changes if new > old}

    assert timedelta(minutes=30) in jumps
    assert time.min in local_starts
    assert len(found) > 40


schedules = st.builds(
    a_schedule,
    zone=st.sampled_from(sorted(available_timezones())),
    weekday=st.sampled_from(Weekday),
    at=st.times().map(lambda at: f"{at:%H:%M}"),
)
moments = st.datetimes(datetime(2019, 12, 1), datetime(2031, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- the bounds are naive by hypothesis' rule


@given(schedules, moments)
def test_the_next_slot_becomes_the_last_due_one_at_its_moment_and_not_before(schedule: Schedule, now: datetime) -> None:
    coming = next(schedule.next_dues(now))

    assert coming.due_at > now
    assert schedule.last_due(coming.due_at) == coming
    assert schedule.last_due(coming.due_at - timedelta(microseconds=1)) == schedule.last_due(now)
    assert schedule.last_due(now).due_at <= now


@given(schedules, moments)
def test_there_is_one_slot_in_every_iso_week_and_no_week_is_left_out(schedule: Schedule, now: datetime) -> None:
    slots = list(islice(schedule.next_dues(now), 60))
    days = [datetime.strptime(f"{slot.week}-1", "%G-W%V-%u").replace(tzinfo=UTC) for slot in slots]

    assert all(later - earlier == 7 * DAY for earlier, later in pairwise(days))
    assert all(earlier.due_at < later.due_at for earlier, later in pairwise(slots))


@given(schedules, moments, st.lists(st.timedeltas(-20 * DAY, 20 * DAY), max_size=30))
def test_asking_at_any_moments_in_any_order_finds_each_week_at_one_moment(
    schedule: Schedule, now: datetime, jumps: list[timedelta]
) -> None:
    asked = [schedule.last_due(now + jump) for jump in [timedelta(), *jumps]]

    assert len({slot.week for slot in asked}) == len({slot.due_at for slot in asked}) == len(set(asked))


@given(schedules, moments, moments, st.none() | moments)
def test_the_coming_slots_are_those_that_count(
    schedule: Schedule, now: datetime, active_from: datetime, paused_until: datetime | None
) -> None:
    schedule = replace(schedule, active_from=active_from, paused_until=paused_until)

    coming = next(schedule.next_dues(now))

    assert schedule.counts(coming)
    assert coming.due_at >= active_from
    assert paused_until is None or coming.due_at >= paused_until
    before = schedule.last_due(coming.due_at - MINUTE)
    assert before.due_at <= now or not schedule.counts(before)
