"""Days, times of day and periods as people write them, and what they are told when several are meant."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest

from bot.domain.errors import BadUsage
from bot.domain.schedule import Weekday
from bot.domain.times import END_OF_DAY, ahead, day, period, wall_time, weekday
from bot.domain.value import day_of_digest

MONDAY = date(2026, 11, 30)


def refused(read: Callable[[str], object], typed: str) -> BadUsage:
    with pytest.raises(BadUsage) as caught:
        read(typed)
    return caught.value


@pytest.mark.parametrize("each", list(Weekday))
def test_a_weekday_is_its_name_or_a_beginning_of_two_letters_and_more(each: Weekday) -> None:
    name = each.name

    assert {weekday(name[:length]) for length in range(2, len(name) + 1)} == {each}
    assert {weekday(f" {name.capitalize()}, "), weekday(f"every {name}"), weekday(f"on {name}s.")} == {each}


@pytest.mark.parametrize(
    "week",
    [
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
        "Mo Di Mi Do Fr Sa So",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lun mar mie jue vie sab dom",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
        "segunda terca quarta quinta sexta sabado domingo",
        "понедельник вторник среда четверг пятница суббота воскресенье",
        "Пн Вт Ср Чт Пт Сб Вс",
        "星期一 星期二 星期三 星期四 星期五 星期六 星期天",
        "周一 周二 周三 周四 周五 周六 周日",
        "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日",
        "सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार",
        "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
        "সোমবার মঙ্গলবার বুধবার বৃহস্পতিবার শুক্রবার শনিবার রবিবার",
        "پیر منگل بدھ جمعرات جمعہ ہفتہ اتوار",
        "senin selasa rabu kamis jumat sabtu minggu",
    ],
)
def test_weekdays_have_their_names_in_the_most_spoken_languages(week: str) -> None:
    assert [weekday(name) for name in week.split()] == list(Weekday)
    assert [weekday(name.upper()) for name in week.split()] == list(Weekday)


@pytest.mark.parametrize(
    "typed", ["jeden Montag", "tous les lundis", "cada lunes", "по понедельникам", "每周一", "毎週月曜日"]
)
def test_every_is_understood_in_front_of_a_day(typed: str) -> None:
    assert weekday(typed) is Weekday.MONDAY


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("mon,thu", ["Monday", "Thursday"]),
        ("Mondays and Thursdays", ["Monday", "Thursday"]),
        ("weekdays", ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]),
        ("weekend", ["Saturday", "Sunday"]),
        ("1", ["Monday", "Sunday"]),
        ("7", ["Saturday", "Sunday"]),
        ("ju", ["Thursday", "Friday"]),
        ("wednesdy", ["Wednesday"]),
        ("måndag", ["Monday"]),
        ("every other monday", ["Monday"]),
        ("the first tuesday of the month", ["Tuesday"]),
        ("biweekly fri", ["Friday"]),
    ],
)
def test_where_several_days_are_meant_there_are_those_to_choose(typed: str, days: list[str]) -> None:
    assert [value for value, _ in refused(weekday, typed).choices] == days


@pytest.mark.parametrize("typed", ["", "m", "0", "8", "every", "noon"])
def test_anything_else_is_no_weekday(typed: str) -> None:
    no = refused(weekday, typed)

    assert (no.message, no.hint) == (
        f"“{typed}” is not a weekday.",
        "Use mon, tue, wed, thu, fri, sat or sun.",
    )


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("09:00", time(9)),
        ("9", time(9)),
        ("0", time(0)),
        ("23:59", time(23, 59)),
        (" 7:05 ", time(7, 5)),
        ("9am", time(9)),
        ("9 AM", time(9)),
        ("9:30 pm", time(21, 30)),
        ("9.30pm", time(21, 30)),
        ("9 a.m.", time(9)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("0900", time(9)),
        ("930", time(9, 30)),
        ("1430", time(14, 30)),
        ("09.00", time(9)),
        ("9h", time(9)),
        ("9h30", time(9, 30)),
        ("9 Uhr", time(9)),
        ("9:00:00", time(9)),
        ("at 9", time(9)),
        ("à 9h", time(9)),
        ("09:00,", time(9)),
        ("9 o'clock", time(9)),
        ("noon", time(12)),
        ("midnight", time(0)),
    ],
)
def test_a_time_of_day_is_read_as_people_write_it(typed: str, at: time) -> None:
    read = wall_time(typed)

    assert (read, read.fold) == (at, 0)


@pytest.mark.parametrize("typed", ["24:00", "2400", "24h"])
def test_24_hours_is_the_end_of_the_day(typed: str) -> None:
    assert (wall_time(typed), wall_time(typed).fold) == (END_OF_DAY, 1)


@pytest.mark.parametrize(
    "typed", ["", "25:00", "24:30", "9:60", "9:5", "-1:00", "13pm", "0am", "99", "9:00:30", "monday"]
)
def test_anything_else_is_no_time_of_day(typed: str) -> None:
    no = refused(wall_time, typed)

    assert (no.message, no.hint) == (f"“{typed}” is not a time of day.", "Use a time such as 09:00 or 9am.")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("2027-01-04", date(2027, 1, 4)),
        ("4 January 2027", date(2027, 1, 4)),
        ("Jan 4, 2027", date(2027, 1, 4)),
        ("4th of January", date(2027, 1, 4)),
        ("04.01.2027", date(2027, 1, 4)),
        ("4.1.", date(2027, 1, 4)),
        ("24/12/2026", date(2026, 12, 24)),
        ("12/24/2026", date(2026, 12, 24)),
        ("30 Nov", date(2026, 11, 30)),
        ("29 Nov", date(2027, 11, 29)),
        ("29 feb", date(2028, 2, 29)),
        ("today", MONDAY),
        ("tomorrow", date(2026, 12, 1)),
        ("monday", date(2026, 12, 7)),
        ("next fri", date(2026, 12, 4)),
    ],
)
def test_a_day_is_read_as_people_write_it(typed: str, found: date) -> None:
    assert day(typed)(MONDAY) == found


@pytest.mark.parametrize("typed", ["31.02.", "2026-13-01", "2026-02-30", "31 June", "13/13/2026", "#books", "", "2w"])
def test_what_is_on_no_calendar_is_no_day(typed: str) -> None:
    assert refused(day, typed).hint == "Use a date such as 2027-01-04."


def test_a_date_with_slashes_that_can_be_two_days_is_asked_back() -> None:
    assert [value for value, _ in refused(day, "1/4/2027").choices] == ["2027-01-04", "2027-04-01"]
    assert [value for value, _ in refused(period, "until 1/4/2027").choices] == ["until 2027-01-04", "until 2027-04-01"]
    assert day("4/4/2027")(MONDAY) == date(2027, 4, 4)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("3d", 3),
        ("2w", 14),
        ("1 day", 1),
        ("10 days", 10),
        ("1week", 7),
        ("2 Weeks", 14),
        ("for 2 weeks", 14),
        ("two weeks", 14),
        ("a week", 7),
        (" 52w ", 364),
        ("364d", 364),
    ],
)
def test_a_length_of_time_is_a_number_of_days_or_weeks(typed: str, days: int) -> None:
    assert period(typed) == timedelta(days=days)


def test_a_period_may_say_until_when() -> None:
    until: Any = period("until 2027-01-04")

    assert until(MONDAY) == date(2027, 1, 4)


def test_a_bare_date_is_asked_back_with_both_meanings() -> None:
    no = refused(period, "2026-12-24")

    assert no.choices == (("until 2026-12-24", "Pause until 2026-12-24"),)
    assert no.hint is not None
    assert "digest skip 2026-12-24" in no.hint


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0d",
        "53w",
        "365d",
        "1000d",
        "0",
        "99",
        "2h",
        "13 months",
        "-1d",
        "1.5w",
        "2ways",
        "3deeks",
        "w",
        "dozen weeks",
    ],
)
def test_anything_else_is_no_length_of_time(typed: str) -> None:
    no = refused(period, typed)

    assert (no.message, no.hint) == (
        f"“{typed}” is not a period.",
        "Use 3d, 2w or until 2027-01-04, at most 52w.",
    )


@pytest.mark.parametrize(
    ("typed", "days"),
    [("3d", 3), ("in 3 days", 3), ("next week", 7), ("in a week", 7), ("for 2 weeks", 14), ("2w.", 14)],
)
def test_a_time_to_come_may_be_a_period(typed: str, days: int) -> None:
    assert ahead(typed) == timedelta(days=days)


@pytest.mark.parametrize(
    ("typed", "date_"),
    [
        ("tomorrow", date(2026, 12, 1)),
        ("mon", date(2026, 12, 7)),
        ("on friday", date(2026, 12, 4)),
        ("next tue", date(2026, 12, 1)),
        ("until 2027-01-04", date(2027, 1, 4)),
        ("2027-01-04", date(2027, 1, 4)),
        ("24 December", date(2026, 12, 24)),
    ],
)
def test_a_time_to_come_may_be_a_day(typed: str, date_: date) -> None:
    found: Any = ahead(typed)

    assert found(MONDAY) == date_


def test_a_time_to_come_that_is_unclear_offers_what_it_can_be() -> None:
    assert refused(ahead, "03/04/2027").choices
    assert refused(ahead, "soonish").message == "“soonish” is not a time in the future."


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("nine", time(9)),
        ("nine pm", time(21)),
        ("half past nine", time(9, 30)),
        ("quarter to ten pm", time(21, 45)),
        ("a quarter past 8", time(8, 15)),
        ("10 past twelve", time(12, 10)),
        ("um halb zehn", time(9, 30)),
        ("Viertel nach neun", time(9, 15)),
        ("9 in the evening", time(21)),
        ("9 in the morning", time(9)),
        ("上午9点", time(9)),
        ("下午3点30分", time(15, 30)),
        ("午後9時", time(21)),
        ("half past nine in the evening", time(21, 30)),
        ("21:00 in the evening", time(21)),
        ("12 at night", time(0)),
        ("2 at night", time(2)),
        ("11 at night", time(23)),
        ("quarter to one", time(12, 45)),
        ("halb eins", time(12, 30)),
        ("20 to 9", time(8, 40)),
        ("9 uur", time(9)),
    ],
)
def test_a_time_is_understood_in_words(typed: str, meant: time) -> None:
    assert wall_time(typed) == meant


@pytest.mark.parametrize(
    ("typed", "times"),
    [
        ("half nine", ["09:30", "08:30"]),
        ("half nine pm", ["09:30 pm", "08:30 pm"]),
        ("half one", ["01:30", "12:30"]),
        ("10 to 12", ["11:50", "10:00"]),
        ("in the morning", ["08:00", "09:00", "10:00"]),
        ("evenings", ["18:00", "19:00", "20:00"]),
    ],
)
def test_a_time_with_several_meanings_is_one_to_choose(typed: str, times: list[str]) -> None:
    no = refused(wall_time, typed)

    assert [label for _, label in no.choices] == times
    assert all(wall_time(value) for value, _ in no.choices)


@pytest.mark.parametrize(
    "typed", ["half thirteen", "quarter to noon", "61 past nine", "9 to 5", "half past", "13 in the evening"]
)
def test_what_no_clock_shows_is_no_time(typed: str) -> None:
    assert refused(wall_time, typed).choices == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("this week", date(2026, 11, 30)),
        ("next week", date(2026, 12, 7)),
        ("next month", date(2026, 12, 1)),
        ("january", date(2027, 1, 1)),
        ("november", date(2027, 11, 1)),
        ("new year", date(2027, 1, 1)),
        ("end of the year", date(2027, 1, 1)),
        ("the end of the month", date(2026, 12, 1)),
    ],
)
def test_a_day_is_the_beginning_of_what_was_named(typed: str, meant: date) -> None:
    assert day(typed)(MONDAY) == meant


@pytest.mark.parametrize(
    ("typed", "ends"),
    [
        ("1 month", date(2026, 12, 30)),
        ("three months", date(2027, 2, 28)),
        ("until february", date(2027, 2, 1)),
        ("until next week", date(2026, 12, 7)),
    ],
)
def test_a_pause_of_months_ends_on_a_day(typed: str, ends: date) -> None:
    meant = period(typed)

    assert not isinstance(meant, timedelta)
    assert meant(MONDAY) == ends


def test_a_fortnight_is_two_weeks() -> None:
    assert period("a fortnight") == timedelta(weeks=2)


@pytest.mark.parametrize(("typed", "values"), [("2", ["2d", "2w"]), ("next week", ["1w"]), ("for ever", [])])
def test_a_pause_that_is_not_clear_is_asked_back(typed: str, values: list[str]) -> None:
    assert [value for value, _ in refused(period, typed).choices] == values


@pytest.mark.parametrize("typed", ["2 weeks", "the next two", "next 3 digests"])
def test_several_digests_are_not_a_day(typed: str) -> None:
    assert "schedule pause" in str(refused(day_of_digest, typed).hint)


def test_a_month_that_can_be_a_weekday_is_asked_back() -> None:
    assert [value for value, _ in refused(day, "mar").choices] == ["march", "Tuesday"]
    assert day("march")(MONDAY) == date(2027, 3, 1)


def test_a_year_is_as_long_as_a_pause_may_be() -> None:
    assert period("12 months") == timedelta(weeks=52)


def test_a_number_alone_is_asked_back_for_a_reminder_too() -> None:
    assert [value for value, _ in refused(ahead, "3").choices] == ["3d", "3w"]
    assert refused(ahead, "this week").message == "On which day of this week?"
