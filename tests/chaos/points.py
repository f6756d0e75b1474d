"""The fourteen points at which a worker is killed, and the count that makes each of them exact.

P, L, I and R are the transactions of the ledger: plan, lease, intent, result. What is between I and R is one request.
"""

import os
import signal
from dataclasses import dataclass, field
from enum import StrEnum


class Point(StrEnum):
    """Where a worker dies; in the order in which a delivery passes them."""

    PLAN_OPEN = "in P, not committed"
    PLAN_DONE = "after P"
    LEASE_OPEN = "in L, not committed"
    LEASE_DONE = "after L"
    INTENT_OPEN = "in I, not committed"
    INTENT_DONE = "after I"
    CONNECTING = "before connect"
    CONNECTED = "after connect"
    HALF_SENT = "half of the bytes sent"
    SENT = "all bytes sent"
    ANSWERED = "answer read"
    RESULT_OPEN = "in R, not committed"
    RESULT_DONE = "after R"
    NEXT_STEP = "next step leased"


@dataclass
class Trap:
    """Sends its own process the signal when the point is passed for the `hit`-th time, once; without a point never."""

    point: Point | None = None
    hit: int = 1
    by: signal.Signals = signal.SIGKILL
    _passed: dict[Point, int] = field(default_factory=dict)

    def passed(self, point: Point, times: int = 1) -> None:
        """So many deliveries are at this point now."""
        count = self._passed[point] = self._passed.get(point, 0) + times
        if times and point is self.point and count >= self.hit:
            self.point = None
            os.kill(os.getpid(), self.by)

    def has_passed(self, point: Point) -> bool:
        return self._passed.get(point, 0) > 0
