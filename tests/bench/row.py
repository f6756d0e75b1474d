"""One line of the bench: what was measured, against which budget."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`figure` holds the budget if it is at most `budget`, or at least that where `at_least`; both are in `unit`,
    which is "times" for a ratio. `beside` has whatever explains the figure: the two sides of a ratio, counts, percentiles.
    """

    what: str
    figure: float
    budget: float
    unit: str
    at_least: bool = False
    beside: Mapping[str, object] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.figure >= self.budget if self.at_least else self.figure <= self.budget

    def shown(self) -> dict[str, object]:
        """As the bench prints it: `limit` says its direction, `reference` what the value is seen beside."""
        return {
            "name": self.what,
            "value": round(self.figure, 3),
            "unit": self.unit,
            "limit": f"{'≥' if self.at_least else '≤'} {self.budget:g}",
            "ok": self.ok,
            "reference": dict(self.beside),
        }
