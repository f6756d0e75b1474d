"""The public holidays of a country or a part of it, from python-holidays, which is loaded only where a schedule needs it."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from bot.domain.errors import BadUsage

OFF = "off"


def region(typed: str) -> str:
    """A country by its code or English name, with a part of it by its code: `DE`, `DE-BY`, `Germany`; or `off`.

    Raises BadUsage.
    """
    name = typed.strip(" .,;")
    if name.casefold() in {OFF, "none", "no"}:
        return OFF
    for country, part in _spellings(name):
        if country not in _countries():
            continue
        parts = _parts(country)
        if part and part not in parts:
            few = ", ".join(f"{country}-{code}" for code in parts[:3])
            hint = f"Use the country alone, {country}{f', or a part such as {few}' if few else ''}."
            raise BadUsage(f"I don't know the part “{part}” of {country}.", hint=hint)
        return f"{country}-{part}" if part else country
    raise BadUsage(f"“{typed}” is not a country I know.", hint="Use its code, such as DE or US-CA, or off.")


def holidays(region: str, year: int) -> Mapping[date, str]:
    """The names of the region's public holidays in the year, by day."""
    return _holidays(region, year)


@cache
def _holidays(region: str, year: int) -> Mapping[date, str]:
    country, _, part = region.partition("-")
    language = "en_US" if "en_US" in _library().country_holidays(country).supported_languages else None
    return dict(_library().country_holidays(country, subdiv=part or None, years=year, language=language))


def _spellings(name: str) -> list[tuple[str, str]]:
    """The country's code and that of its part, as the name can be read."""
    code, _, part = re.sub(r"[\s/_-]+", "-", name.upper()).partition("-")
    by_name = _names().get(re.sub(r"[^a-z]", "", name.casefold()))
    return [(code, part), *([(by_name, "")] if by_name else [])]


@cache
def _countries() -> frozenset[str]:
    return frozenset(code for code in _library().list_supported_countries() if len(code) == 2)


def _parts(country: str) -> list[str]:
    return list(_library().list_supported_countries()[country])


@cache
def _names() -> Mapping[str, str]:
    """Codes by the country's English name, letters alone: the library's own names, and those that people say."""
    from holidays.registry import COUNTRIES

    found = {names[0].casefold(): names[1] for names in COUNTRIES.values()}
    more = {"usa": "US", "uk": "GB", "greatbritain": "GB", "england": "GB", "holland": "NL", "korea": "KR"}
    return {**found, **more}


@cache
def _library() -> Any:
    import holidays  # 200 ms to import

    return holidays
