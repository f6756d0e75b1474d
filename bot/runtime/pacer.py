"""When the next request may go out: least times between two of them in a channel, a workspace and a platform.

One process keeps them; what several must agree on, a platform's word that it has no time, stands in the ledger.
"""

from datetime import timedelta
from typing import TypeAlias

from bot.domain.delivery import MESSAGES, Delivery, PostingRules
from bot.domain.ids import ChannelRef, PlatformName, WorkspaceRef
from bot.ports.clock import Clock

Place: TypeAlias = ChannelRef | WorkspaceRef | PlatformName

MAX_KNOWN = 10_000
"""Places kept in mind; of more than that, those are forgotten which are free."""
JITTER = 1000
"""Thousandths of a pace: each is longer by up to a fifth, so that several processes do not go in step."""


class Pacer:
    """Gives each request its turn. Moments are seconds of the event loop's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free: dict[Place, float] = {}

    def turn(self, delivery: Delivery, posting_rules: PostingRules, now: float, longest: float) -> float:
        """How many seconds to wait before this delivery's request; the turn is taken with that.

        One that is further away than `longest` is not: nobody waits for it, and it would only put off all others.
        """
        channel = delivery.draft.channel
        paces: list[tuple[Place, timedelta]] = [
            (channel.workspace, posting_rules.workspace_pace),
            (channel.workspace.platform, posting_rules.platform_pace),
        ]
        at = max(now, *(self._free.get(place, now) for place, _ in paces))
        if delivery.draft.step in MESSAGES:
            at = max(at, self._free.get(channel, now))
        if at - now <= longest:
            for place, pace in paces:
                self._take(place, pace, max(now, self._free.get(place, now)))
        return at - now

    def used(self, delivery: Delivery, posting_rules: PostingRules, now: float) -> None:
        """A message went into the channel, as far as we know, and the next one has to wait."""
        if delivery.draft.step in MESSAGES:
            self._take(delivery.draft.channel, posting_rules.channel_pace, now)

    def _take(self, place: Place, pace: timedelta, at: float) -> None:
        if not pace:
            return
        if len(self._free) >= MAX_KNOWN:
            self._free = {known: free for known, free in self._free.items() if free > at}
        longer = 1 + self._clock.random_below(JITTER // 5) / JITTER
        self._free[place] = at + pace.total_seconds() * longer
