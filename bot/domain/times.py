"""Days, times of day and periods as people write them. Each reader raises BadUsage, with choices where several are meant."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time, timedelta
from difflib import get_close_matches
from functools import cache
from typing import TypeAlias

from bot.domain.errors import BadUsage
from bot.domain.schedule import Weekday
from bot.domain.text import folded

MAX_WEEKS = 52
END_OF_DAY = time(0, 0, fold=1)
"""24:00, the midnight that ends a day. It equals 00:00, and only `fold` tells them apart."""

Day: TypeAlias = Callable[[date], date]
"""A day that may need the present one to be known: called with today, it returns the date."""

_NAMES = """
monday mon mo|tuesday tue tu|wednesday wed we|thursday thu th|friday fri fr|saturday sat sa|sunday sun su
montag|dienstag di|mittwoch mi|donnerstag do|freitag|samstag sonnabend|sonntag so
lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche
lunes|martes|miércoles|jueves|viernes|sábado|domingo
segunda segunda-feira|terça terça-feira|quarta quarta-feira|quinta quinta-feira|sexta sexta-feira|sábado|domingo
понедельник понедельникам пн|вторник вторникам вт|среда среду средам ср|четверг четвергам чт|пятница пятницу пятницам пт|суббота субботу субботам сб|воскресенье воскресеньям вс
星期一 周一 週一 礼拜一 月曜日 月曜|星期二 周二 週二 礼拜二 火曜日 火曜|星期三 周三 週三 礼拜三 水曜日 水曜|星期四 周四 週四 礼拜四 木曜日 木曜|星期五 周五 週五 礼拜五 金曜日 金曜|星期六 周六 週六 礼拜六 土曜日 土曜|星期日 星期天 周日 周天 週日 礼拜天 日曜日 日曜
सोमवार|मंगलवार|बुधवार|गुरुवार बृहस्पतिवार|शुक्रवार|शनिवार|रविवार इतवार
الاثنين الإثنين اثنين|الثلاثاء ثلاثاء|الأربعاء أربعاء|الخميس خميس|الجمعة جمعة|السبت سبت|الأحد أحد
সোমবার|মঙ্গলবার|বুধবার|বৃহস্পতিবার|শুক্রবার|শনিবার|রবিবার
پیر|منگل|بدھ|جمعرات|جمعہ|ہفتہ|اتوار
senin|selasa|rabu|kamis|jumat|sabtu|minggu
lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica
maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag
"""
_EVERY = re.compile(
    r"^(?:(?:every|each|on|jeden|jede|am|chaque|tous les|le|les|cada|todos los|todas as|el|los|toda|às|каждый|каждую|каждое|по|в"
    r"|во|हर|प्रत्येक|كل|يوم|প্রতি|ہر|setiap)\s+|每个|每|毎週|(?:كل يوم\s+))+"
)
_SEVERAL = re.compile(r"\s*(?:[,;/&+–—-]|\band\b|\bund\b|\bet\b|\by\b|\s)\s*")
_RANGES: Mapping[str, Sequence[Weekday]] = {
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays"), tuple(Weekday)[:5]),
    **dict.fromkeys(("day", "days", "daily", "everyday"), tuple(Weekday)),
    **dict.fromkeys(("weekend", "weekends"), tuple(Weekday)[5:]),
}
_NAMED_TIMES = {
    **dict.fromkeys(("noon", "midday", "mittag", "mittags", "midi", "mediodia", "meio-dia", "полдень"), time(12)),
    **dict.fromkeys(("midnight", "mitternacht", "minuit", "medianoche", "meia-noite", "полночь"), time(0)),
}
_PARTS_OF_DAY = {
    **dict.fromkeys(("morning", "mornings"), (8, 9, 10)),
    **dict.fromkeys(("afternoon", "afternoons"), (14, 15, 16)),
    **dict.fromkeys(("evening", "evenings", "night", "nights"), (18, 19, 20)),
}
_HOURS = {
    word: hour
    for words in (
        "one two three four five six seven eight nine ten eleven twelve",
        "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    )
    for hour, word in enumerate(map(folded, words.split()), 1)
}
_PAST = {"half": 30, "a quarter": 15, "quarter": 15, "viertel": 15}
_BY_QUARTERS = re.compile(
    rf"(?P<part>{'|'.join(_PAST)}|5|10|20|25) (?P<way>past|after|nach|to|before|vor) (?P<hour>\w+)(?P<rest> ?(?:am|pm)?)"
)
_HALF_OF = re.compile(r"(?P<word>half|halb) (?P<hour>\w+)(?P<rest> ?(?:am|pm)?)")
_EASTERN_HALF = re.compile(r"^(上午|午前|下午|午後)\s*")
_AT = re.compile(r"^(?:at\s+|@\s*|um\s+|a\s+las?\s+|as\s+|a\s+|в\s+|alle\s+)")
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h点點時时시](?P<minute>\d{2})(?::00)?[分분]?|(?P<compact>\d{2}))?\s*"
    r"(?:o['’]?\s?clock|h|hrs?|hours?|uhr|uur|heures?|horas?|点|點|時|时|시)?\s*(?P<half>am|pm)?"
)
_UNITS = {"d": 1, "day": 1, "days": 1, "w": 7, "wk": 7, "wks": 7, "week": 7, "weeks": 7, "fortnight": 14}
_NUMBERS = {
    word: number
    for number, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1)
}
_NUMBERS |= {"a": 1, "an": 1}
_RARER = re.compile(
    r"(?:(?:every|the) )?(?:other|2nd|second|third|fourth|first|1st|last|bi-?weekly|fortnightly|monthly)(?: on)?"
    r" (?P<day>\w+)(?: (?:of|in) (?:the|each|every|a) month)?"
)
"""A day that comes less often than every week."""
_ALIKE = 0.8
"""From this likeness on a word is a mistyped weekday."""
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_LEAP_YEAR = 2028


@dataclass(frozen=True, slots=True)
class WholeWeek:
    """The week that begins so many weeks after the present one; as a day, its Monday."""

    after: int

    def __call__(self, today: date) -> date:
        return today + timedelta(weeks=self.after, days=-today.weekday())


def weekday(typed: str) -> Weekday:
    """A day's name in one of the most spoken languages, or the start of it; `every` and a plural are understood."""
    word = _EVERY.sub("", folded(typed)).strip(" .,;:")
    if word in _RANGES:
        raise _one_day(_RANGES[word])
    found = _days_named(word)
    if len(found) == 1:
        return found[0]
    if found:
        raise _unclear(typed, found)
    if len(word) == 1 and word in "1234567":  # the week begins on a Monday here, and on a Sunday there
        raise _unclear(typed, sorted({Weekday(int(word) - 1), Weekday((int(word) - 2) % 7)}))
    several = [_days_named(part) for part in _SEVERAL.split(word) if part]
    if len(several) > 1 and all(len(days) == 1 for days in several):
        raise _one_day(tuple(dict.fromkeys(days[0] for days in several)))
    if (rarer := _RARER.fullmatch(word)) and len(days := _days_named(rarer["day"])) == 1:
        raise BadUsage(
            "A digest comes every week.",
            hint=f"Choose {days[0].word}, and skip a week with “digest skip”.",
            choices=[(days[0].word, f"Every {days[0].word}")],
        )
    known = {name: day for language in _names() for day, names in zip(Weekday, language, strict=True) for name in names}
    if near := get_close_matches(word, known, 1, _ALIKE) if " " not in word else []:
        meant = known[near[0]].word
        raise BadUsage(f"“{typed}” is not a weekday.", hint=f"Did you mean {meant}?", choices=[(meant, meant)])
    raise BadUsage(f"“{typed}” is not a weekday.", hint="Use mon, tue, wed, thu, fri, sat or sun.")


def _one_day(days: Sequence[Weekday]) -> BadUsage:
    hint = f"Choose one: {', '.join(day.word for day in days)}."
    return BadUsage(
        "A digest comes once a week, on one day.", hint=hint, choices=[(day.word, day.word) for day in days]
    )


def _unclear(typed: str, days: Sequence[Weekday]) -> BadUsage:
    words = [day.word for day in days]
    return BadUsage(
        f"“{typed}” can be {' or '.join(words)}.", hint="Type the whole name.", choices=[(day, day) for day in words]
    )


def _days_named(word: str) -> Sequence[Weekday]:
    """The days that a word can mean: English comes first, then whole names and usual short forms, then beginnings."""
    for names in (_names()[:1], _names()):
        for same in (str.__eq__, str.startswith):
            found = {
                day
                for language in names
                for day, known in zip(Weekday, language, strict=True)
                for name in known
                for tried in (word, word.removesuffix("s"))
                if len(tried) > 1 and same(name, tried)
            }
            if found:
                return sorted(found)
    return ()


@cache
def _names() -> Sequence[Sequence[Sequence[str]]]:
    return [[folded(day).split() for day in language.split("|")] for language in _NAMES.strip().splitlines()]


def wall_time(typed: str) -> time:
    """A time of day: `09:00`, `9`, `9am`, `9.30 pm`, `0900`, `9h30`, `noon`; `24:00` is `END_OF_DAY`."""
    text = _AT.sub("", re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", folded(typed)).strip(" ,;")).strip(" .,;")
    text = _by_halves(typed, text)
    if text in _NAMED_TIMES:
        return _NAMED_TIMES[text]
    if hours := _PARTS_OF_DAY.get(text.removeprefix("in the ")):
        choices = [(f"{hour:02}:00", f"{hour:02}:00") for hour in hours]
        raise BadUsage(
            f"When in the {text.removeprefix('in the ')}?", hint="Type a time such as 09:00.", choices=choices
        )
    match = _CLOCK.fullmatch(text) or re.fullmatch(r"(?P<hour>\d)(?P<compact>\d{2})\s*(?P<half>am|pm)?", text)
    if match:
        found = match.groupdict()
        hour, minute = int(found["hour"]), int(found.get("minute") or found["compact"] or 0)
        if found["half"] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if found["half"] == "pm" else 0)
        elif found["half"]:
            hour = 99
        if (hour, minute) == (24, 0):
            return END_OF_DAY
        if hour <= 23 and minute <= 59:
            return time(hour, minute)
    raise BadUsage(f"“{typed}” is not a time of day.", hint="Use a time such as 09:00 or 9am.")


def _by_halves(typed: str, text: str) -> str:
    """`half past nine in the evening`, `2 at night` and `上午9点` in digits with am or pm. Raises as `_in_digits`."""
    if found := re.fullmatch(r"(.+?) (?:in the (morning|afternoon|evening)|at (night))", text):
        digits, part = _in_digits(typed, found[1]), found[2] or found[3]
        hour = int(clock["hour"]) if (clock := _CLOCK.fullmatch(digits)) else 0
        if "m" in digits or hour >= 17 or (hour > 12 and part == "afternoon"):
            return digits
        if hour == 12 and part == "evening":
            choices = [("00:00", "00:00"), ("12:00", "12:00")]
            raise BadUsage(f"“{typed}” can be 00:00 or 12:00.", hint="Type it in digits.", choices=choices)
        return f"{digits}{'am' if part == 'morning' or (part == 'night' and (hour == 12 or hour < 6)) else 'pm'}"
    if half := _EASTERN_HALF.match(text):
        return f"{text[half.end() :]}{'am' if half[1] in {'上午', '午前'} else 'pm'}"
    return _in_digits(typed, text)


def _in_digits(typed: str, text: str) -> str:
    """`half past nine`, `quarter to 10` and `nine am` in digits. Raises BadUsage for `half nine` and `10 to 12`, which
    have two meanings.
    """
    if match := _HALF_OF.fullmatch(text):
        hour = _hour(match["hour"])
        if hour and match["word"] == "halb":
            return f"{_before(hour)}:30{match['rest']}"
        if hour:
            choices = [(f"{one}:30{match['rest']}", f"{one:02}:30{match['rest']}") for one in (hour, _before(hour))]
            labels = " or ".join(label for _, label in choices)
            raise BadUsage(f"“{typed}” can be {labels}.", hint="Type it in digits.", choices=choices)
    if match := _BY_QUARTERS.fullmatch(text):
        hour, minutes = _hour(match["hour"]), _PAST.get(match["part"]) or int(match["part"])
        before = match["way"] in {"to", "before", "vor"}
        digits = f"{_before(hour) if before else hour}:{60 - minutes if before else minutes:02}{match['rest']}"
        if hour and match["part"] in {"5", "10"} and match["way"] == "to":  # which can be from 10 to 12 o'clock
            first = f"{match['part']}{match['rest']}"
            choices = [(digits, digits), (first, f"{first}:00" if not match["rest"] else first)]
            labels = " or ".join(label for _, label in choices)
            raise BadUsage(f"“{typed}” can be {labels}.", hint="Type it in digits.", choices=choices)
        if hour:
            return digits
    first, _, rest = text.partition(" ")
    return f"{_HOURS[first]} {rest}".strip() if first in _HOURS else text


def _before(hour: int) -> int:
    """The hour before, on a clock face."""
    return (hour - 1) or 12


def _hour(word: str) -> int:
    """The hour, 0 if it is not one that a clock face has."""
    return _HOURS.get(word) or (int(word) if word.isdecimal() and 1 <= int(word) <= 12 else 0)


def day(typed: str) -> Day:
    """A date, a weekday, `today`, `tomorrow`, or the first day of a week, month or year that is named. Without a year it
    is the next such day.
    """
    text = folded(typed).strip(" .,;")
    if text in {"today", "tomorrow"}:
        return lambda today: today + timedelta(days=text == "tomorrow")
    if text in {"this week", "next week"}:
        return WholeWeek(int(text == "next week"))
    if re.fullmatch(r"(?:the )?next month|(?:the )?end of (?:the|this) month", text):
        return lambda today: _months_later(today.replace(day=1), 1)
    if re.fullmatch(r"(?:the )?(?:new|next) year|(?:the )?(?:end of )?(?:the|this) year|year'?s end|end of year", text):
        return lambda today: date(today.year + 1, 1, 1)
    if number := _month(text) if len(text) > 2 else 0:
        if days := _days_named(text):
            choices = [(_MONTHS[number - 1], _MONTHS[number - 1].title()), *((each.word, each.word) for each in days)]
            labels = " or ".join(label for _, label in choices)
            raise BadUsage(f"“{typed}” can be {labels}.", hint="Type the whole name.", choices=choices)
        return lambda today: _months_later(today.replace(day=1), (number - today.month - 1) % 12 + 1)
    for pattern in _DATES:
        if match := pattern.fullmatch(text):
            found = match.groupdict()
            year = int(found["year"]) if found.get("year") else None
            month = found["month"]
            number = int(month) if month.isdecimal() else _month(month)
            return _on(typed, year, number, int(found.get("day") or 1))
    if match := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        return _slashed(typed, int(match[1]), int(match[2]), int(match[3]))
    try:
        name = weekday(text.removeprefix("next "))
    except BadUsage:
        raise BadUsage(f"“{typed}” is not a day.", hint="Use a date such as 2027-01-04.") from None
    return lambda today: today + timedelta(days=(name - today.weekday() - 1) % 7 + 1)


_MONTH = r"(?P<month>[a-z]{3,9})\.?"
_DATES = [
    re.compile(pattern)
    for pattern in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})(?:\.\s?(?P<year>\d{4}))?",
        rf"(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)? (?={'|'.join(name[:3] for name in _MONTHS)}){_MONTH},?(?: (?P<year>\d{{4}}))?",
        rf"(?={'|'.join(name[:3] for name in _MONTHS)}){_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?",
    )
]


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last one of that month."""
    year, month = divmod(day.month - 1 + months, 12)
    return day.replace(
        year=day.year + year, month=month + 1, day=min(day.day, monthrange(day.year + year, month + 1)[1])
    )


def _month(word: str) -> int:
    return next((number for number, name in enumerate(_MONTHS, 1) if name.startswith(word)), 0)


def _on(typed: str, year: int | None, month: int, number: int) -> Day:
    try:
        asked = date(_LEAP_YEAR if year is None else year, month, number)
    except ValueError:
        raise BadUsage(f"There is no day “{typed}”.", hint="Use a date such as 2027-01-04.") from None
    if year is not None:
        return lambda _: asked

    def coming(today: date) -> date:
        for later in range(9):  # a 29 February may be eight years away
            try:
                found = asked.replace(year=today.year + later)
            except ValueError:
                continue
            if found >= today:
                return found
        return today  # pragma: no cover -- every date comes within eight years

    return coming


def _slashed(typed: str, one: int, other: int, year: int) -> Day:
    """Half of the world writes the day first, and the other half the month: it is clear where one of them is above 12."""
    fitting = []
    for month, number in dict.fromkeys([(one, other), (other, one)]):
        with suppress(ValueError):
            fitting.append(date(year, month, number))
    if not fitting:
        raise BadUsage(f"There is no day “{typed}”.", hint="Use a date such as 2027-01-04.")
    if len(fitting) == 1:
        return lambda _: fitting[0]
    choices = [(str(each), f"{each.day} {each:%B %Y}") for each in fitting]
    hint = f"Write it as {' or '.join(map(str, fitting))}."
    raise BadUsage(f"I can't tell day and month apart in “{typed}”.", hint=hint, choices=choices)


_READING_TIME = re.compile(r"(?P<number>\d{1,3})\s*(?:m|min|mins|minutes?|(?P<hours>h|hrs?|hours?))?", re.ASCII)


def reading_time(typed: str) -> int | None:
    """Whole minutes, from `10m`, `10 min`, `10` or `1h`; None for anything else."""
    match = _READING_TIME.fullmatch(typed.strip().lower())
    return (int(match["number"]) * (60 if match["hours"] else 1) or None) if match else None


def minutes(typed: str) -> int:
    """As `reading_time`, but raises BadUsage."""
    found = reading_time(typed)
    if found is None:
        raise BadUsage(f"“{typed}” is not a reading time.", hint="Type minutes, such as 10m.")
    return found


def period(typed: str) -> timedelta | Day:
    """`3d`, `2 weeks`, `a month` up to a year, or `until` a day."""
    text = re.sub(r"^for\s+", "", folded(typed).strip(" .,;"))
    if match := re.fullmatch(r"(?:until|till|til|bis)\s+(.+)", text):
        return _until(match[1])
    if match := re.fullmatch(r"(\d{1,2}|[a-z]{1,5})\s*(?:months?|mo)", text):
        months = int(match[1]) if match[1].isdecimal() else _NUMBERS.get(match[1], 0)
        if months == 12:
            return timedelta(weeks=MAX_WEEKS)
        if 1 <= months < 12:
            return lambda today: _months_later(today, months)
    if text.isdecimal() and 1 <= int(text) <= MAX_WEEKS:
        units = [
            (f"{int(text)}{unit[0]}", f"{int(text)} {unit if int(text) > 1 else unit[:-1]}")
            for unit in ("days", "weeks")
        ]
        raise BadUsage(f"{text} days or weeks?", hint=f"Type {text}d or {text}w.", choices=units)
    if text in {"next week", "this week"}:
        raise BadUsage(
            f"Pause for a week from now, or skip the digest of {text}?",
            hint=f"Type “schedule pause 1w”, or “digest skip {text}”.",
            choices=[("1w", "Pause for a week")],
        )
    if text in {"forever", "indefinitely", "for ever"}:
        hint = "“schedule off” ends it, and “schedule restore” brings it back."
        raise BadUsage(f"A pause ends by itself, after {MAX_WEEKS} weeks at most.", hint=hint)
    match = re.fullmatch(r"(\d{1,3}|[a-z]{1,5})\s*(d|w|days?|weeks?|wks?|fortnight)", text)
    number = 0
    if match:
        number = int(match[1]) if match[1].isdecimal() else _NUMBERS.get(match[1], 0)
    length = timedelta(days=number * _UNITS[match[2]]) if match else timedelta()
    if timedelta() < length <= timedelta(weeks=MAX_WEEKS):
        return length
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", text):
        day(text)
        choices = [(f"until {text}", f"Pause until {text}")]
        raise BadUsage(
            f"Pause until {text}, or skip the digest of that day?",
            hint=f"Type “schedule pause until {text}”, or “digest skip {text}”.",
            choices=choices,
        )
    raise BadUsage(f"“{typed}” is not a period.", hint=f"Use 3d, 2w or until 2027-01-04, at most {MAX_WEEKS}w.")


def ahead(typed: str) -> timedelta | Day:
    """`3d`, `in 3 days`, `tomorrow`, `mon` or a date: a period as `period` reads it, or a day. Raises BadUsage."""
    text = re.sub(r"^next (?=week$)", "a ", re.sub(r"^(?:in|on|for)\s+", "", folded(typed).strip(" .,;")))
    hint = f"Use 3d, 2 weeks, tomorrow, mon or a date, at most {MAX_WEEKS} weeks ahead."
    if text == "this week":
        raise BadUsage("On which day of this week?", hint=hint)
    try:
        return day(text)
    except BadUsage as wrong:
        if wrong.choices:
            raise
    try:
        return period(text)
    except BadUsage as wrong:
        if wrong.choices:
            raise
    raise BadUsage(f"“{typed}” is not a time in the future.", hint=hint)


def _until(typed: str) -> Day:
    try:
        return day(typed)
    except BadUsage as wrong:
        choices = [(f"until {value}", label) for value, label in wrong.choices]
        raise BadUsage(wrong.message, hint=wrong.hint, choices=choices) from wrong
