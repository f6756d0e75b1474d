"""How much one person and one team may ask for, so that none takes the others' turn."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from bot.chat.platform import Actor
from bot.domain.errors import TooMuch
from bot.domain.ids import TeamId, WorkspaceRef
from bot.domain.record import record

COMMAND = 1.0
COMPLETION = 0.1
"""One is asked for with every letter typed."""
MAX_BUCKETS = 20_000
"""One that is dropped was full again, or belongs to the longest idle of very many."""


@record
class Rate:
    """So many a minute in the long run, and half as many at once."""

    per_minute: int

    @property
    def burst(self) -> float:
        return max(self.per_minute / 2, 1.0)

    @property
    def per_second(self) -> float:
        return self.per_minute / 60


@record
class Bucket:
    """How many tokens there were at a moment."""

    tokens: float
    at: float

    def holds(self, rate: Rate, now: float) -> float:
        """How many there are by now."""
        return min(rate.burst, self.tokens + max(now - self.at, 0.0) * rate.per_second)

    def wait(self, rate: Rate, cost: float, now: float) -> float:
        """Seconds until `cost` can be taken; 0 if it can be now."""
        return max(cost - self.holds(rate, now), 0.0) / rate.per_second

    def less(self, rate: Rate, cost: float, now: float) -> "Bucket":
        """What is left once it was taken."""
        return Bucket(tokens=self.holds(rate, now) - cost, at=now)


def full(rate: Rate, now: float) -> Bucket:
    """A bucket of which nothing was taken."""
    return Bucket(tokens=rate.burst, at=now)


class Limits:
    """A bucket for each person and each team; `per_person` and `per_team` are commands a minute, 0 for any number.

    A press and a submitted form count as the command that they are. Reactions do not count: none may be lost.
    """

    def __init__(self, *, per_person: int = 0, per_team: int = 0, now: Callable[[], float] = time.monotonic) -> None:
        self._person = Rate(per_minute=per_person) if per_person else None
        self._team = Rate(per_minute=per_team) if per_team else None
        self._now = now
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()
        self._teams: dict[WorkspaceRef, TeamId] = {}

    @property
    def said(self) -> str:
        """The limits as text for the help; empty without limits."""
        parts = [
            f"{rate.per_minute:,} a minute for {whom}"
            for rate, whom in ((self._person, "one person"), (self._team, "the whole team"))
            if rate
        ]
        return f"Commands are limited: {', '.join(parts)}." if parts else ""

    def belongs(self, workspace: WorkspaceRef, team: TeamId) -> None:
        """The workspaces of a team share its limit as soon as it is known that they are its."""
        self._teams[workspace] = team

    def take(self, actor: Actor, cost: float = COMMAND, *, overview: bool = False) -> None:
        """Count one use; raises TooMuch, and counts nothing, where the person or the team has to wait.

        An `overview`, which is not typed or pressed, has buckets of its own: tabs that open leave the commands alone.
        """
        now = self._now()
        team = self._teams.get(actor.workspace, actor.workspace)
        asked = [
            ((whose, overview), rate) for whose, rate in ((actor.account, self._person), (team, self._team)) if rate
        ]
        for key, rate in asked:
            wait = self._bucket(key, rate, now).wait(rate, cost, now)
            if wait > 0:
                raise _refused(whole_team=key[0] is team, seconds=math.ceil(wait))
        for key, rate in asked:
            self._buckets[key] = self._bucket(key, rate, now).less(rate, cost, now)
            self._buckets.move_to_end(key)
        while len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)

    def _bucket(self, key: Hashable, rate: Rate, now: float) -> Bucket:
        return self._buckets.get(key) or full(rate, now)


def _refused(*, whole_team: bool, seconds: int) -> TooMuch:
    who = "Your team asks" if whole_team else "You ask"
    again = "1 second" if seconds == 1 else f"{seconds} seconds"
    return TooMuch(f"{who} for more than can be answered at once.", hint=f"Try again in {again}.")
