"""A card we owe a channel, and how far it got: the ledger's one state machine.

pending → leased → sending → sent | refused | pending(later) | uncertain
uncertain → sent | pending | needs_human        pending → skipped
What may follow what is decided here; which row and when, in the store and the runtime.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.card import Card
from bot.domain.errors import Conflict
from bot.domain.ids import ChannelRef, DeliveryId, EntryId, MessageRef, ScheduleId, TeamId, ThreadRef
from bot.domain.record import record


class State(StrEnum):
    """How far a delivery got."""

    PENDING = "pending"
    LEASED = "leased"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    REFUSED = "refused"
    SKIPPED = "skipped"
    NEEDS_HUMAN = "needs_human"

    @property
    def final(self) -> bool:
        return self in {State.SENT, State.REFUSED, State.SKIPPED}


ALLOWED: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.LEASED, State.SKIPPED, State.REFUSED}),
    State.LEASED: frozenset({State.SENDING, State.PENDING}),
    State.SENDING: frozenset({State.SENT, State.REFUSED, State.PENDING, State.UNCERTAIN}),
    State.UNCERTAIN: frozenset({State.SENT, State.PENDING, State.NEEDS_HUMAN}),
    State.NEEDS_HUMAN: frozenset({State.SENT, State.PENDING}),
    State.SENT: frozenset(),
    State.REFUSED: frozenset(),
    State.SKIPPED: frozenset(),
}


def check(old: State, new: State) -> None:
    """Raise Conflict where `new` may not follow `old`."""
    if new not in ALLOWED[old]:
        raise Conflict(f"A delivery that is {old} cannot become {new}.")


class Step(StrEnum):
    """What kind of attempt a delivery is; several of one source follow each other in their `ordinal`."""

    ROOT = "root"
    THREAD = "thread"
    REPLY = "reply"
    SEED = "seed"


@record
class Durations:
    """Every length of time of the ledger in one place, so that a test may scale all of them together."""

    lease: timedelta = timedelta(seconds=60)
    enough_lease: timedelta = timedelta(seconds=25)
    stale_intent: timedelta = timedelta(seconds=10)
    attempt: timedelta = timedelta(seconds=10)
    settle: timedelta = timedelta(seconds=60)
    look_back: timedelta = timedelta(seconds=120)
    poll: timedelta = timedelta(seconds=5)
    first_backoff: timedelta = timedelta(minutes=1)
    longest_backoff: timedelta = timedelta(minutes=60)
    give_up: timedelta = timedelta(hours=24)
    late: timedelta = timedelta(hours=24)


MOST_ATTEMPTS = 5


@record
class Draft:
    """A delivery to be planned: one step of what `source_key` owes `channel`.

    `card` is None for a step that shows none (opening the thread, a seed). `title` names a thread, `meaning` a seed.
    """

    channel: ChannelRef
    source_key: str
    step: Step
    ordinal: int
    card: Card | None = None
    title: str = ""
    meaning: str = ""
    entry: EntryId | None = None
    schedule: ScheduleId | None = None
    week: str | None = None
    late_after: datetime | None = None


@record
class Delivery:
    """One row of the ledger. Times are aware UTC; `fence` grows with every lease, so that a stale worker is refused.

    `key` is stable over every attempt, at most 24 characters and safe to show to a platform. `message` is where
    the step landed, `root` and `thread` where the earlier steps of the same source did. `outcome` says in words
    why it ended as it did.
    """

    id: DeliveryId
    team: TeamId
    draft: Draft
    key: str
    state: State
    outcome: str | None
    attempt: int
    not_before: datetime | None
    lease_owner: str | None
    lease_until: datetime | None
    fence: int
    sent_from: datetime | None
    first_sent_from: datetime | None
    message: MessageRef | None
    root: MessageRef | None
    thread: ThreadRef | None


def backoff(attempt: int, durations: Durations) -> timedelta:
    """How long to wait after the `attempt`-th failure, counted from 1: doubling up to the longest."""
    doubled: timedelta = durations.first_backoff * 2 ** max(attempt - 1, 0)
    return min(doubled, durations.longest_backoff)
