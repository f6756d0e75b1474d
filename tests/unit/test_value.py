"""How each sort of value is read from what a person typed, and what they are told when it cannot be."""

from collections.abc import Callable
from datetime import time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bot.domain.errors import BadUsage
from bot.domain.schedule import Weekday
from bot.domain.value import entry_number, page_number, period, wall_time, weekday, zone


def refused(read: Callable[[str], object], typed: str) -> tuple[str, str | None]:
    with pytest.raises(BadUsage) as caught:
        read(typed)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize(
    ("typed", "number"), [("#12", 12), ("12", 12), (" #7 ", 7), ("007", 7), ("999999999", 999_999_999)]
)
def test_an_entry_is_named_by_its_number_with_or_without_a_hash(typed: str, number: int) -> None:
    assert entry_number(typed) == number


@pytest.mark.parametrize("typed", ["", "#", "twelve", "##12", "# 12", "12a", "-1", "1.5", "1234567890", "#²"])
def test_anything_else_is_no_entry_number(typed: str) -> None:
    assert refused(entry_number, typed) == (f"“{typed}” is not an entry number.", "Type its number, such as #12.")


@pytest.mark.parametrize(("typed", "number"), [("1", 1), (" 2 ", 2), ("010", 10), ("999999", 999_999)])
def test_a_page_is_a_whole_number_from_one(typed: str, number: int) -> None:
    assert page_number(typed) == number


@pytest.mark.parametrize("typed", ["", "0", "000", "-1", "1.5", "two", "1000000", "²"])
def test_anything_else_is_no_page(typed: str) -> None:
    assert refused(page_number, typed) == (f"“{typed}” is not a page.", "Pages are counted from 1.")


@pytest.mark.parametrize("day", list(Weekday))
def test_a_weekday_is_its_name_or_any_beginning_of_three_letters_and_more(day: Weekday) -> None:
    name = day.name

    read = {weekday(name[:length]) for length in range(3, len(name) + 1)} | {weekday(f" {name.capitalize()} ")}

    assert read == {day}


@pytest.mark.parametrize("typed", ["", "m", "mo", "montag", "mondays", "2", "daily"])
def test_anything_else_is_no_weekday(typed: str) -> None:
    assert refused(weekday, typed) == (
        f"“{typed}” is not a weekday.",
        "Use mon, tue, wed, thu, fri, sat or sun.",
    )


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("09:00", time(9)),
        ("9:00", time(9)),
        ("9", time(9)),
        ("0", time(0)),
        ("23:59", time(23, 59)),
        (" 7:05 ", time(7, 5)),
    ],
)
def test_a_time_of_day_is_on_the_clock_of_24_hours(typed: str, at: time) -> None:
    assert wall_time(typed) == at


@pytest.mark.parametrize("typed", ["", "24:00", "9:60", "9:5", "9am", "9.30", "0900", "-1:00", "9:00:00", "noon"])
def test_anything_else_is_no_time_of_day(typed: str) -> None:
    assert refused(wall_time, typed) == (
        f"“{typed}” is not a time of day.",
        "Use a 24-hour time such as 09:00.",
    )


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" AMERICA/NEW_YORK ", "America/New_York"),
        ("utc", "UTC"),
        ("etc/gmt+5", "Etc/GMT+5"),
    ],
)
def test_a_zone_is_spelled_as_the_tz_database_does_in_whatever_case_it_was_typed(typed: str, name: str) -> None:
    assert zone(typed) == name


def test_every_zone_that_is_understood_has_a_clock() -> None:
    understood = {name for name in available_timezones() if name not in {"Factory", "localtime"}}

    assert {ZoneInfo(zone(name)).key for name in understood} == understood


@pytest.mark.parametrize(
    "typed", ["", "Berlin", "Europe/Atlantis", "../../etc/passwd", "/etc/localtime", "UTC+2", "\x00"]
)
def test_anything_else_is_no_zone(typed: str) -> None:
    assert refused(zone, typed) == (
        f"“{typed}” is not a time zone.",
        "Use a name such as Europe/Berlin or UTC.",
    )


@pytest.mark.parametrize("typed", ["localtime", "Factory"])
def test_a_name_that_means_another_zone_on_every_machine_is_no_zone(typed: str) -> None:
    message, _ = refused(zone, typed)

    assert message == f"“{typed}” is not a time zone."


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("3d", 3),
        ("2w", 14),
        ("1 day", 1),
        ("10 days", 10),
        ("1week", 7),
        ("2 Weeks", 14),
        (" 52w ", 364),
        ("364d", 364),
    ],
)
def test_a_length_of_time_is_a_number_of_days_or_weeks(typed: str, days: int) -> None:
    assert period(typed) == timedelta(days=days)


@pytest.mark.parametrize(
    "typed", ["", "0d", "53w", "365d", "1000d", "2", "2h", "1m", "-1d", "1.5w", "2ways", "3deeks", "w"]
)
def test_anything_else_is_no_length_of_time(typed: str) -> None:
    assert refused(period, typed) == (
        f"“{typed}” is not a period.",
        "Use 3d or 2w, at most 52w.",
    )
