"""How often something may be done: a bucket of tokens that fills by itself. The time is given, in seconds."""

from bot.domain.record import record


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
