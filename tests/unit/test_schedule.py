"""When a weekly slot falls, and whether it counts."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from bot.domain import holidays as holidays_module
from bot.domain.errors import BadUsage
from bot.domain.holidays import region
from bot.domain.schedule import Occurrence, OnHoliday, Schedule, Weekday
from tests.fakes.records import a_schedule


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due_on(schedule: Schedule, day: str) -> str:
    """The local wall clock at which the slot of this local day falls due."""
    noon_after = datetime.fromisoformat(day).replace(hour=23, minute=59, tzinfo=ZoneInfo(schedule.zone))
    due = schedule.last_due(noon_after.astimezone(UTC) + timedelta(minutes=1)).due_at
    return f"{due.astimezone(ZoneInfo(schedule.zone)):%Y-%m-%d %H:%M %z}"


def test_a_slot_is_due_from_its_very_moment_on() -> None:
    schedule = a_schedule("Europe/Berlin", Weekday.MONDAY, "09:00")

    just_before = schedule.last_due(utc("2026-11-23 07:59:59.999999"))
    at_its_moment = schedule.last_due(utc("2026-11-23 08:00"))

    assert just_before == Occurrence(week="2026-W47", due_at=utc("2026-11-16 08:00"))
    assert at_its_moment == Occurrence(week="2026-W48", due_at=utc("2026-11-23 08:00"))


def test_the_zone_of_the_question_makes_no_difference() -> None:
    schedule = a_schedule("Pacific/Auckland", Weekday.MONDAY, "00:00")
    now = utc("2026-11-22 11:00")

    asked_elsewhere = schedule.last_due(now.astimezone(ZoneInfo("America/Los_Angeles")))

    assert asked_elsewhere == schedule.last_due(now) == Occurrence(week="2026-W48", due_at=now)


@pytest.mark.parametrize(
    ("zone", "day", "at", "due"),
    [
        ("Europe/Paris", "2026-03-29", "02:30", "2026-03-29 03:00 +0200"),
        ("America/New_York", "2026-03-08", "02:00", "2026-03-08 03:00 -0400"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04 02:30 +1100"),
        ("Africa/Casablanca", "2026-03-22", "02:30", "2026-03-22 03:00 +0100"),
        ("Asia/Tehran", "2021-03-22", "00:30", "2021-03-22 01:00 +0430"),
        ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-24 01:00 +0300"),
        ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-31 00:00 +1400"),
    ],
)
def test_a_time_that_the_clocks_skip_means_the_first_moment_after_the_gap(
    zone: str, day: str, at: str, due: str
) -> None:
    weekday = Weekday(datetime.fromisoformat(day).weekday())
    schedule = a_schedule(zone, weekday, at)

    assert due_on(schedule, day) == due


@pytest.mark.parametrize(
    ("zone", "day", "at", "due"),
    [
        ("Europe/Paris", "2026-10-25", "02:30", "2026-10-25 02:30 +0200"),
        ("America/New_York", "2026-11-01", "01:00", "2026-11-01 01:00 -0400"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-05 01:45 +1100"),
        ("Africa/Casablanca", "2026-02-15", "02:30", "2026-02-15 02:30 +0100"),
        ("Asia/Tehran", "2021-09-21", "23:30", "2021-09-21 23:30 +0430"),
    ],
)
def test_a_time_that_exists_twice_means_the_first(zone: str, day: str, at: str, due: str) -> None:
    weekday = Weekday(datetime.fromisoformat(day).weekday())
    schedule = a_schedule(zone, weekday, at)

    assert due_on(schedule, day) == due


def test_a_country_that_gave_up_summer_time_has_no_gap_any_more() -> None:
    schedule = a_schedule("Asia/Tehran", Weekday.TUESDAY, "00:30")

    assert due_on(schedule, "2023-03-21") == "2023-03-21 00:30 +0330"


@pytest.mark.parametrize(
    ("now", "week"),
    [
        ("2020-12-31 12:00", "2020-W53"),
        ("2021-01-03 23:00", "2020-W53"),
        ("2021-01-07 12:00", "2021-W01"),
        ("2026-12-31 12:00", "2026-W53"),
        ("2019-12-30 12:00", "2020-W01"),
    ],
)
def test_a_week_is_named_by_the_iso_calendar(now: str, week: str) -> None:
    schedule = a_schedule("UTC")

    assert schedule.week_of(utc(now)) == week


def test_a_week_begins_when_it_is_monday_in_the_zone_of_the_schedule() -> None:
    sunday_in_utc = utc("2026-11-22 11:30")

    assert a_schedule("UTC").week_of(sunday_in_utc) == "2026-W47"
    assert a_schedule("Pacific/Auckland").week_of(sunday_in_utc) == "2026-W48"


def test_a_schedule_made_after_this_weeks_time_starts_next_week() -> None:
    made = utc("2026-11-23 08:00:01")
    schedule = replace(a_schedule("Europe/Berlin", Weekday.MONDAY, "09:00"), active_from=made)

    this_week = schedule.last_due(made)
    first = next(schedule.next_dues(made))

    assert not schedule.counts(this_week)
    assert first == Occurrence(week="2026-W49", due_at=utc("2026-11-30 08:00"))
    assert schedule.counts(first)


def test_a_schedule_made_before_this_weeks_time_starts_this_week() -> None:
    made = utc("2026-11-23 07:59")
    schedule = replace(a_schedule("Europe/Berlin", Weekday.MONDAY, "09:00"), active_from=made)

    first = next(schedule.next_dues(made))

    assert first.due_at == utc("2026-11-23 08:00")
    assert schedule.counts(schedule.last_due(first.due_at))


def test_no_slot_counts_that_falls_into_a_pause() -> None:
    schedule = replace(a_schedule("UTC", Weekday.MONDAY, "09:00"), paused_until=utc("2026-12-07 09:00"))

    paused, first_after = schedule.last_due(utc("2026-11-30 09:00")), schedule.last_due(utc("2026-12-07 09:00"))

    assert not schedule.counts(paused)
    assert schedule.counts(first_after)
    assert next(schedule.next_dues(utc("2026-11-24 00:00"))) == first_after


def test_a_pause_from_before_the_schedule_was_set_does_not_bring_earlier_slots_back() -> None:
    schedule = replace(
        a_schedule("UTC", Weekday.MONDAY, "09:00"),
        paused_until=utc("2026-11-01 00:00"),
        active_from=utc("2026-11-20 00:00"),
    )

    assert not schedule.counts(schedule.last_due(utc("2026-11-17 00:00")))
    assert schedule.counts(schedule.last_due(utc("2026-11-24 00:00")))


def test_after_resuming_the_slots_that_fell_into_the_pause_stay_unused() -> None:
    resumed = utc("2026-11-24 12:00")
    schedule = replace(a_schedule("UTC", Weekday.MONDAY, "09:00"), paused_until=None, active_from=resumed)

    assert not schedule.counts(schedule.last_due(resumed))
    assert next(schedule.next_dues(resumed)).due_at == utc("2026-11-30 09:00")


def test_while_we_paused_it_ourselves_no_slot_counts_and_none_is_coming() -> None:
    schedule = replace(a_schedule("UTC"), paused_because="the channel is gone")
    now = utc("2026-11-24 12:00")

    assert not schedule.counts(schedule.last_due(now))
    assert list(schedule.next_dues(now)) == []


def test_the_slot_that_falls_due_now_is_not_a_coming_one() -> None:
    schedule = a_schedule("UTC", Weekday.MONDAY, "09:00")

    assert next(schedule.next_dues(utc("2026-11-23 09:00"))).due_at == utc("2026-11-30 09:00")


def test_the_coming_slots_are_a_week_apart_on_the_wall_clock_over_a_clock_change() -> None:
    schedule = a_schedule("Europe/Berlin", Weekday.MONDAY, "09:00")

    coming = list(islice(schedule.next_dues(utc("2026-10-13 00:00")), 3))

    assert [slot.due_at for slot in coming] == [
        utc("2026-10-19 07:00"),
        utc("2026-10-26 08:00"),
        utc("2026-11-02 08:00"),
    ]


def test_a_moved_weekday_falls_into_a_week_of_the_same_name() -> None:
    now = utc("2026-11-26 12:00")

    on_monday = a_schedule("UTC", Weekday.MONDAY).last_due(now)
    on_thursday = a_schedule("UTC", Weekday.THURSDAY).last_due(now)

    assert on_monday.week == on_thursday.week == "2026-W48"


def observing(region: str, on_holiday: OnHoliday, day: Weekday = Weekday.FRIDAY) -> Schedule:
    return replace(a_schedule(weekday=day), holidays=region, on_holiday=on_holiday)


def days(schedule: Schedule, after: date, count: int) -> list[str]:
    now = datetime.combine(after, time(23), UTC)
    return [str(slot.due_at.date()) for slot in islice(schedule.next_dues(now), count)]


def test_a_digest_on_a_holiday_moves_to_the_next_working_day_of_its_week_or_the_next() -> None:
    moved = observing("DE", OnHoliday.MOVE)
    slot = next(moved.next_dues(datetime(2026, 12, 20, tzinfo=UTC)))

    assert days(moved, date(2026, 12, 11), 4) == ["2026-12-18", "2026-12-28", "2027-01-04", "2027-01-08"]
    assert (slot.week, slot.holiday, slot.left_out) == ("2026-W52", "Christmas Day", False)
    assert moved.nominal_day(slot.week) == date(2026, 12, 25)
    assert moved.last_due(datetime(2026, 12, 26, tzinfo=UTC)).week == "2026-W51"
    assert moved.last_due(slot.due_at) == slot


def test_a_digest_on_a_holiday_is_skipped_where_that_was_chosen() -> None:
    skipping = observing("DE", OnHoliday.SKIP)

    assert days(skipping, date(2026, 12, 11), 3) == ["2026-12-18", "2027-01-08", "2027-01-15"]
    left_out = skipping.last_due(datetime(2026, 12, 26, tzinfo=UTC))
    assert (left_out.week, skipping.counts(left_out)) == ("2026-W52", False)


def test_holidays_of_a_part_of_a_country_count_there_alone() -> None:
    epiphany = date(2027, 1, 6)

    assert str(epiphany) not in days(observing("DE-BY", OnHoliday.MOVE, Weekday.WEDNESDAY), date(2026, 12, 31), 2)
    assert str(epiphany) in days(observing("DE", OnHoliday.MOVE, Weekday.WEDNESDAY), date(2026, 12, 31), 2)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("DE", "DE"),
        ("de-by", "DE-BY"),
        ("us ca", "US-CA"),
        ("Germany", "DE"),
        ("UK", "UK"),
        ("United States", "US"),
        ("off", "off"),
    ],
)
def test_a_country_is_its_code_or_its_name(typed: str, read: str) -> None:
    assert region(typed) == read


@pytest.mark.parametrize(
    ("typed", "says"), [("Atlantis", "is not a country"), ("DE-XX", "the part “XX” of DE"), ("", "country")]
)
def test_an_unknown_country_or_part_is_refused(typed: str, says: str) -> None:
    with pytest.raises(BadUsage, match=says):
        region(typed)


def test_holidays_have_english_names_whatever_the_machine_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    holidays_module._holidays.cache_clear()

    assert holidays_module.holidays("AT", 2026)[date(2026, 12, 25)] == "Christmas Day"
