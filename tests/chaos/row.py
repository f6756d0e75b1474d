"""A row of the matrix: its runs, and the one line in which they are told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.case import Case
from tests.chaos.checker import Verdict
from tests.chaos.weather import Weather

Figures = Mapping[str, Any]
"""What a run found: numbers, which a row adds up, and `late` and `whole`, of which it tells the spread."""
_SPREAD = ("late", "whole", "other", "calm")

NEVER = float("inf")
BOUND = 150.0
"""Seconds by which one uncertain post may be late at most, p99."""


@dataclass(frozen=True)
class Run:
    """One database, one platform, and what is done to them. `others` are the channels of a second workspace, a team of its own.
    With `around` everything around a digest falls due, and what members asked for.
    `part` is how much of the machine it takes, 1 for all of it, if more than its engine's workers do.
    """

    platform: str
    engine: str
    script: Callable[[Case], Figures]
    channels: int = 20
    others: int = 0
    weather: Weather = field(default_factory=Weather)
    around: bool = False
    part: float = 0.0


@dataclass(frozen=True)
class Row:
    """`held` says whether the row's targets were met, by its figures."""

    name: str
    what: str
    runs: Sequence[Run]
    held: Callable[[Figures], bool]


def found(verdict: Verdict, **more: Any) -> Figures:
    """A verdict as figures."""
    return {
        "planned": verdict.planned,
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "repaired": verdict.repaired,
        "bare": verdict.bare,
        "late": list(verdict.late),
        "whole": list(verdict.whole),
        **more,
    }


def added(results: Sequence[Figures]) -> dict[str, Any]:
    """The figures of all runs together, with how late the posts were in place of each lateness."""
    names = dict.fromkeys(name for one in results for name in one)
    total: dict[str, Any] = {name: _sum(name, results) for name in names if name not in _SPREAD}
    for name in _SPREAD:
        late = sorted(second for one in results for second in one.get(name, ()))
        if late:
            total[f"{name}_p50_s"] = round(late[len(late) // 2], 1)
            total[f"{name}_p99_s"] = round(late[min(len(late) * 99 // 100, len(late) - 1)], 1)
            total[f"{name}_max_s"] = round(late[-1], 1)
    return total


def once(figures: Figures) -> bool:
    """Each planned step was accepted once."""
    return not (figures["lost"] or figures["doubled"] or figures["bare"] or figures["repaired"])


def once_and_soon(figures: Figures) -> bool:
    """And within the bound for one uncertain post."""
    return once(figures) and bool(figures.get("late_p99_s", NEVER) <= BOUND)


def _sum(name: str, results: Sequence[Figures]) -> Any:
    kinds = [one[name] for one in results if name in one]
    return [place for one in kinds for place in one] if isinstance(kinds[0], list) else sum(kinds)
