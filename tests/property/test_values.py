"""No text that people can type breaks the reading of a value, and what is shown is read again as the same."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import BadUsage
from bot.domain.schedule import Weekday
from bot.domain.times import day, period, wall_time, weekday
from bot.domain.value import READERS, Kind, words_taken
from bot.domain.zones import zone, zone_label, zone_names

pieces = st.sampled_from(
    [
        "every",
        "monday",
        "mon,",
        "di",
        "1",
        "24:00",
        "9:30",
        "pm",
        "0900",
        "9h",
        "noon",
        "at",
        "GMT+2",
        "EST",
        "new",
        "york",
        "UTC",
        "-3",
        "2",
        "weeks",
        "until",
        "2027-01-04",
        "4",
        "jan",
        "31.02.",
        "1/4/2027",
        "٣",
        "周一",
        "every",
        "#",
        "#12",
        "https://example.org/",
        "<https://a.org|b>",
        "DE-BY",
        "us-ca",
        "Germany",
        "off",
        "move",
        ",",
        "&",
        "and",
    ]
)
lines = st.text(max_size=30) | st.lists(pieces | st.text(max_size=4), max_size=6).map(" ".join)


def outcome(kind: Kind, typed: str) -> tuple[Any, BadUsage | None]:
    try:
        return READERS[kind](typed), None
    except BadUsage as no:
        return None, no


@pytest.mark.parametrize("kind", list(READERS))
@given(typed=lines)
def test_any_text_is_a_value_or_a_refusal_with_a_way_on(kind: Kind, typed: str) -> None:
    read, no = outcome(kind, typed)

    assert no is None or (no.message and no.hint)
    assert not callable(read) or isinstance(read(date(2026, 11, 30)), date)


@pytest.mark.parametrize("kind", list(READERS))
@given(typed=lines)
def test_whatever_is_offered_to_choose_can_be_read(kind: Kind, typed: str) -> None:
    _, no = outcome(kind, typed)

    assert all(outcome(kind, value)[1] is None for value, _ in (no.choices if no else ()))


@given(st.sampled_from(list(Kind)), st.lists(pieces | st.text(min_size=1, max_size=5).filter(str.strip), min_size=1))
def test_a_value_never_takes_more_words_than_there_are(kind: Kind, words: list[str]) -> None:
    assert 0 <= words_taken(kind, words) <= len(words)


@given(st.times().map(lambda at: at.replace(second=0, microsecond=0)))
def test_a_time_of_day_is_read_again_as_it_is_shown(at: time) -> None:
    written = [f"{at:%H:%M}", f"{at:%H.%M}", f"{at:%H%M}", f"{at:%Hh%M}", f"{at:%I:%M %p}", f"{at:%I.%M%p}".lower()]

    assert {wall_time(one) for one in written} == {at}


@given(st.sampled_from(list(Weekday)), st.sampled_from(["{}", "every {}", "{}s", "{},", "on {}s", "EVERY {}"]))
def test_a_weekday_is_read_again_as_it_is_shown(named: Weekday, around: str) -> None:
    assert weekday(around.format(named.word)) is named


@given(st.sampled_from(zone_names()))
def test_a_zone_is_read_again_as_it_is_shown(name: str) -> None:
    shown = zone(zone_label(name))

    now = datetime(2026, 7, 1)  # noqa: DTZ001 -- compared by what clocks show there
    assert now.replace(tzinfo=ZoneInfo(shown)).utcoffset() == now.replace(tzinfo=ZoneInfo(name)).utcoffset()


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_a_date_is_read_again_as_it_is_shown(found: date) -> None:
    shapes = [str(found), f"{found.day} {found:%B %Y}", f"{found:%B} {found.day}, {found.year}", f"{found:%d.%m.%Y}"]

    assert {day(one)(date(2026, 1, 1)) for one in shapes} == {found}
    until = period(f"until {found}")
    assert callable(until)
    assert until(date(2026, 1, 1)) == found
