"""Time zones as people name them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bot.domain.errors import BadUsage
from bot.domain.zones import zone, zone_label, zone_names

NO_PLACES = {"EST", "MST", "HST"}


def refused(typed: str) -> BadUsage:
    with pytest.raises(BadUsage) as caught:
        zone(typed)
    return caught.value


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" AMERICA/NEW_YORK ", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("US/Pacific", "US/Pacific"),
        ("utc", "UTC"),
        ("CET", "CET"),
        ("etc/gmt+5", "Etc/GMT+5"),
        ("Kolkata", "Asia/Kolkata"),
        ("new york", "America/New_York"),
        ("New York,", "America/New_York"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Berlin time", "Europe/Berlin"),
        ("Berlin, Germany", "Europe/Berlin"),
        ("Istanbul", "Europe/Istanbul"),
        ("Munich", "Europe/Berlin"),
        ("mumbai", "Asia/Kolkata"),
    ],
)
def test_a_zone_is_its_name_or_a_city_in_any_case(typed: str, name: str) -> None:
    assert zone(typed) == name


def test_every_zone_of_the_database_is_understood_by_its_own_name() -> None:
    understood = available_timezones() - {"Factory", "localtime"} - NO_PLACES

    assert {ZoneInfo(zone(name)).key for name in understood} == understood
    assert set(zone_names()) == understood


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("GMT+2", 2),
        ("UTC+2", 2),
        ("utc-3", -3),
        ("UTC−3", -3),
        ("+02:00", 2),
        ("UTC+14", 14),
        ("GMT-12", -12),
        ("Z", 0),
    ],
)
def test_hours_from_utc_are_a_zone_without_summer_time(typed: str, hours: int) -> None:
    clock = ZoneInfo(zone(typed))

    for month in (1, 7):
        assert datetime(2026, month, 1, tzinfo=clock).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("typed", "cities"),
    [
        ("EST", ["America/New_York", "America/Toronto"]),
        ("PST", ["America/Los_Angeles", "America/Vancouver"]),
        ("Eastern", ["America/New_York", "America/Toronto"]),
        ("Pacific Time", ["America/Los_Angeles", "America/Vancouver"]),
        ("Eastern Standard Time", ["America/New_York", "America/Toronto"]),
        ("IST", ["Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"]),
        ("JST", ["Asia/Tokyo"]),
        ("UTC+5:30", ["Asia/Kolkata", "Asia/Colombo"]),
    ],
)
def test_a_name_that_is_no_place_is_answered_with_the_cities(typed: str, cities: list[str]) -> None:
    no = refused(typed)

    assert [value for value, _ in no.choices] == cities
    assert no.hint is not None
    assert all(city in no.hint for city in cities)


def test_every_city_that_is_offered_is_a_zone() -> None:
    from bot.domain import zones

    offered = {city for cities in zones._NO_PLACES.values() for city in cities.split()}

    assert {zone(city) for city in offered} == offered


def test_a_mistyped_city_is_answered_with_the_nearest() -> None:
    assert ("Europe/Berlin", "Europe/Berlin") in refused("Berln").choices


@pytest.mark.parametrize("typed", ["", "Mordor", "../../etc/passwd", "/etc/localtime", "UTC+15", "UTC+1:17", "\x00"])
def test_anything_else_is_no_zone(typed: str) -> None:
    no = refused(typed)

    assert (no.message, no.hint) == (
        f"“{typed}” is not a time zone.",
        "Use a city such as Berlin or New York, or UTC.",
    )


@pytest.mark.parametrize("typed", ["localtime", "Factory"])
def test_a_name_that_means_another_zone_on_every_machine_is_no_zone(typed: str) -> None:
    assert refused(typed).message == f"“{typed}” is not a time zone."


def test_a_fixed_zone_is_shown_as_people_write_it() -> None:
    assert [zone_label(zone(typed)) for typed in ("UTC+2", "GMT-3", "Berlin")] == ["UTC+2", "UTC-3", "Europe/Berlin"]


@pytest.mark.parametrize(
    ("typed", "cities"),
    [
        ("India", ["Asia/Kolkata"]),
        ("germany", ["Europe/Berlin", "Europe/Busingen"]),
        ("UK", ["Europe/London"]),
        ("USA", []),
    ],
)
def test_a_country_is_answered_with_its_cities(typed: str, cities: list[str]) -> None:
    assert [value for value, _ in refused(typed).choices] == cities


@pytest.mark.parametrize("typed", ["american", "French", "western", "rep."])
def test_what_tells_two_countries_of_one_name_apart_is_no_country(typed: str) -> None:
    assert "country" not in refused(typed).message


@pytest.mark.parametrize(
    ("typed", "cities"),
    [("Korea", {"Asia/Pyongyang", "Asia/Seoul"}), ("south korea", {"Asia/Seoul"}), ("UK", {"Europe/London"})],
)
def test_countries_with_one_name_are_together(typed: str, cities: set[str]) -> None:
    assert {value for value, _ in refused(typed).choices} == cities


def test_a_country_with_many_zones_is_not_one_of_its_islands() -> None:
    assert refused("us").message == "“us” has several time zones."


@pytest.mark.parametrize("typed", ["my time", "local"])
def test_the_own_zone_is_left_out(typed: str) -> None:
    assert "Leave it out" in str(refused(typed).hint)
