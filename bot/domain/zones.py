"""Time zones as people name them: by the tz database's name, by a city, or by the hours from UTC."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from zoneinfo import available_timezones

from bot.domain.errors import BadUsage
from bot.domain.text import folded

_MEANINGLESS = {"Factory", "localtime"}
"""A placeholder of the tz database, and whatever the machine happens to be set to."""
_REGIONS = ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian", "Arctic", "Antarctica")
_OFFSET = re.compile(r"(?:utc|gmt|z)?\s?(?P<sign>[+-])\s?(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?")
_FIXED = re.compile(r"Etc/GMT([+-])(\d{1,2})")
_HOURS_EAST, _HOURS_WEST = 14, 12
"""The tz database names so many whole hours on either side of UTC."""

_OWN = {"my", "mine", "local", "my local", "here"}
MAX_IN_COUNTRY = 5

_CITIES = {
    "Europe/Berlin": "Munich München Hamburg Frankfurt Cologne Köln Stuttgart Leipzig Düsseldorf",
    "Europe/London": "Manchester Edinburgh Birmingham Glasgow Bristol Leeds",
    "Europe/Paris": "Lyon Marseille Toulouse",
    "Europe/Madrid": "Barcelona Valencia",
    "Europe/Rome": "Milan Milano Roma Turin Naples",
    "Europe/Zurich": "Geneva Basel Bern",
    "Europe/Warsaw": "Krakow Kraków",
    "Europe/Amsterdam": "Rotterdam The_Hague",
    "Europe/Moscow": "Saint_Petersburg",
    "America/New_York": "Boston Washington Philadelphia Miami Atlanta NYC Washington_DC",
    "America/Chicago": "Houston Dallas Austin Minneapolis",
    "America/Los_Angeles": "San_Francisco Seattle San_Diego Portland Las_Vegas LA SF",
    "America/Toronto": "Montreal Ottawa",
    "America/Sao_Paulo": "Rio_de_Janeiro Brasilia Brasília",
    "America/Mexico_City": "Guadalajara",
    "Asia/Kolkata": "Mumbai Delhi New_Delhi Bangalore Bengaluru Chennai Hyderabad Pune",
    "Asia/Shanghai": "Beijing Shenzhen Guangzhou Hangzhou",
    "Asia/Tokyo": "Osaka Kyoto",
    "Asia/Ho_Chi_Minh": "Hanoi",
    "Asia/Karachi": "Islamabad Lahore",
    "Asia/Dubai": "Abu_Dhabi",
    "Asia/Jerusalem": "Tel_Aviv",
    "Africa/Lagos": "Abuja",
    "Africa/Johannesburg": "Cape_Town",
    "Australia/Sydney": "Canberra",
    "Pacific/Auckland": "Wellington",
}
"""Big cities after which the tz database names no zone."""

_NO_PLACES = {
    "est edt et eastern": "America/New_York America/Toronto",
    "cst cdt ct central": "America/Chicago America/Mexico_City Asia/Shanghai",
    "mst mdt mt mountain": "America/Denver America/Phoenix",
    "pst pdt pt pacific": "America/Los_Angeles America/Vancouver",
    "akst akdt": "America/Anchorage",
    "hst": "Pacific/Honolulu",
    "ast adt atlantic": "America/Halifax Asia/Riyadh",
    "nst ndt": "America/St_Johns",
    "brt": "America/Sao_Paulo",
    "art": "America/Argentina/Buenos_Aires",
    "clt clst": "America/Santiago",
    "cot": "America/Bogota",
    "pet": "America/Lima",
    "bst": "Europe/London Asia/Dhaka",
    "ist": "Asia/Kolkata Asia/Jerusalem Europe/Dublin",
    "cest mez mesz": "Europe/Berlin Europe/Paris Europe/Madrid",
    "eest": "Europe/Athens Europe/Helsinki Europe/Kyiv",
    "west": "Europe/Lisbon",
    "msk": "Europe/Moscow",
    "trt": "Europe/Istanbul",
    "sast": "Africa/Johannesburg",
    "cat": "Africa/Maputo",
    "eat": "Africa/Nairobi",
    "wat": "Africa/Lagos",
    "gst": "Asia/Dubai",
    "pkt": "Asia/Karachi",
    "npt": "Asia/Kathmandu",
    "ict": "Asia/Bangkok",
    "wib": "Asia/Jakarta",
    "sgt": "Asia/Singapore",
    "hkt": "Asia/Hong_Kong",
    "pht": "Asia/Manila",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "aest aedt": "Australia/Sydney Australia/Brisbane",
    "acst acdt": "Australia/Adelaide Australia/Darwin",
    "awst": "Australia/Perth",
    "nzst nzdt": "Pacific/Auckland",
    "+3:30 +330": "Asia/Tehran",
    "+4:30 +430": "Asia/Kabul",
    "+5:30 +530": "Asia/Kolkata Asia/Colombo",
    "+5:45 +545": "Asia/Kathmandu",
    "+6:30 +630": "Asia/Yangon",
    "+9:30 +930": "Australia/Adelaide Australia/Darwin",
    "+10:30 +1030": "Australia/Lord_Howe",
    "+12:45 +1245": "Pacific/Chatham",
    "-3:30 -330": "America/St_Johns",
    "-9:30 -930": "Pacific/Marquesas",
}
"""What says nothing about summer time or has several meanings, with the cities to choose from."""


def zone(typed: str) -> str:
    """The IANA zone with this name, in any case. Raises BadUsage, which offers cities for names such as `EST`."""
    name = _folded(typed)
    if cities := _cities_to_choose().get(name):
        raise _choose(f"“{typed.strip()}” does not name a place, so I don't know its summer time.", cities)
    found = _zones().get(name) or _cities().get(name) or _cities().get(name.partition(",")[0]) or _fixed(name)
    if found:
        return found
    if name in _OWN:
        hint = "Leave it out to use yours, or name a city such as Berlin."
        raise BadUsage(f"“{typed.strip()}” does not say where.", hint=hint)
    if inside := _countries().get(name):
        if len(inside) > MAX_IN_COUNTRY:
            raise BadUsage(f"“{typed.strip()}” has several time zones.", hint="Name a city there.")
        raise _choose(f"“{typed.strip()}” is a country.", inside)
    known, likeness = (_zones(), 0.85) if "/" in name else (_cities(), 0.75)
    near = [known[one] for one in get_close_matches(name, known, 3, likeness)]
    if near:
        raise _choose(f"“{typed.strip()}” is not a time zone.", list(dict.fromkeys(near)))
    raise BadUsage(f"“{typed}” is not a time zone.", hint="Use a city such as Berlin or New York, or UTC.")


def zone_label(name: str) -> str:
    """How people write the zone: the tz database counts `Etc/GMT-2` the other way round from everybody else."""
    match = _FIXED.fullmatch(name)
    return f"UTC{'-' if match[1] == '+' else '+'}{match[2]}" if match else name


def zone_names() -> list[str]:
    """Every zone that `zone` reads by its own name, as the tz database spells it, in order."""
    return sorted(name for name in _zones().values() if _folded(name) not in _cities_to_choose())


def _choose(message: str, zones: Sequence[str]) -> BadUsage:
    *others, last = zones
    named = f"{', '.join(others)} or {last}" if others else last
    return BadUsage(message, hint=f"Choose a city: {named}.", choices=[(one, one.replace("_", " ")) for one in zones])


def _fixed(name: str) -> str | None:
    """A whole number of hours from UTC; raises BadUsage for other offsets, which have cities."""
    match = _OFFSET.fullmatch(name)
    if match is None:
        return None
    hours, minutes = int(match["hours"]), match["minutes"] or "00"
    if minutes != "00":
        cities = _cities_to_choose().get(f"{match['sign']}{hours}:{minutes}")
        if cities:
            raise _choose(f"UTC{match['sign']}{hours}:{minutes} is the time of a region.", cities)
        return None
    if hours == 0:
        return "UTC"
    east = match["sign"] == "+"
    if hours > (_HOURS_EAST if east else _HOURS_WEST):
        return None
    return f"Etc/GMT{'-' if east else '+'}{hours}"


@cache
def _zones() -> Mapping[str, str]:
    known = {_folded(name): name for name in sorted(available_timezones() - _MEANINGLESS)}
    return known | {"utc": "UTC", "gmt": "GMT", "z": "UTC"}


@cache
def _cities() -> Mapping[str, str]:
    """Zones by the city in their name; of several with one city the name in the first region, with the fewest parts."""
    found: dict[str, str] = {}
    inside = [name for name in _zones().values() if name.partition("/")[0] in _REGIONS and "/" in name]
    for name in sorted(inside, key=lambda name: (name.count("/"), _REGIONS.index(name.partition("/")[0]), name)):
        found.setdefault(_folded(name.rpartition("/")[2]), name)
    more = {_folded(city): name for name, cities in _CITIES.items() for city in cities.split()}
    return {**more, **found}


_COUNTRY_ALIASES = {
    **dict.fromkeys(("us", "usa", "america"), "US"),
    **dict.fromkeys(("uk", "england", "great britain"), "GB"),
    "burma": "MM",
    "south korea": "KR",
    "north korea": "KP",
    "uae": "AE",
    "holland": "NL",
}


@cache
def _countries() -> Mapping[str, Sequence[str]]:
    """The zones of each country by its English name, from the tables of the tz database. Those with one name, such as
    Korea, are together.
    """
    tables = resources.files("tzdata.zoneinfo")
    zones: dict[str, list[str]] = {}
    for code, _, name, *_ in _rows(tables.joinpath("zone.tab")):
        zones.setdefault(code, []).append(name)
    found: dict[str, list[str]] = {}
    for code, name in _rows(tables.joinpath("iso3166.tab")):
        found.setdefault(_folded(name.partition("(")[0]), []).extend(zones.get(code, ()))
    return found | {alias: zones[code] for alias, code in _COUNTRY_ALIASES.items()}


def _rows(table: Traversable) -> Iterator[Sequence[str]]:
    for line in table.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


@cache
def _cities_to_choose() -> Mapping[str, Sequence[str]]:
    return {name: cities.split() for names, cities in _NO_PLACES.items() for name in names.split()}


def _folded(typed: str) -> str:
    """Without case, accents and underscores, and without the words around a name."""
    text = re.sub(r"[–—−]", "-", folded(typed)).replace("_", " ").strip(" .,;")
    text = re.sub(r"\s*/\s*", "/", " ".join(text.split()))
    return re.sub(r"(?<=\w)(?: standard| daylight| summer)? time$", "", text)
