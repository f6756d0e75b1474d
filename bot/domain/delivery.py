"""A card we owe a channel, and how far it got: the ledger's one state machine.

pending → leased → sending → sent | refused | pending(later) | uncertain
uncertain → sent | pending | needs_human        pending → skipped
What may follow what is decided here; which row and when, in the store and the runtime.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.card import Card
from bot.domain.errors import Conflict, PlatformBusy, PlatformError, PlatformRefused
from bot.domain.ids import AccountRef, ChannelRef, DeliveryId, EntryId, MessageRef, ScheduleId, TeamId, ThreadRef
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
    State.UNCERTAIN: frozenset({State.UNCERTAIN, State.SENT, State.PENDING, State.NEEDS_HUMAN}),
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
    """What kind of attempt a delivery is; the steps of one source are told apart by their `ordinal`."""

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


MOST_ATTEMPTS = 5


@record
class Draft:
    """A delivery to be planned: one step of what `source_key` owes `channel`.

    It waits until the step of the ordinal `waits_for` was sent, and is refused with it. `card` is None for a step
    that shows none (opening the thread, a seed). `title` names a thread, `meaning` a seed. After `late_after` it is
    skipped. `told` is who hears of it when it does not arrive.
    """

    channel: ChannelRef
    source_key: str
    step: Step
    ordinal: int
    waits_for: int | None = None
    card: Card | None = None
    title: str = ""
    meaning: str = ""
    entry: EntryId | None = None
    schedule: ScheduleId | None = None
    week: str | None = None
    late_after: datetime | None = None
    told: AccountRef | None = None


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


@record
class Transition:
    """What becomes of a delivery after an attempt or a look at the platform."""

    state: State
    outcome: str | None = None
    message: MessageRef | None = None
    thread: ThreadRef | None = None
    not_before: datetime | None = None


REPEATABLE = frozenset({Step.THREAD, Step.SEED})
"""Steps that a platform takes once however often they are asked of it, so a doubt is settled by asking again."""


def after_attempt(
    delivery: Delivery, result: MessageRef | ThreadRef | PlatformError | None, now: datetime, durations: Durations
) -> Transition:
    """What one attempt means: a place or None for success, or what the platform raised."""
    match result:
        case PlatformBusy():
            return Transition(state=State.PENDING, outcome=str(result), not_before=now + result.retry_after)
        case PlatformRefused():
            return Transition(state=State.REFUSED, outcome=f"{result} {result.remedy}")
        case PlatformError() if delivery.draft.step in REPEATABLE:
            return _again(delivery, str(result), now, durations)
        case PlatformError():
            return Transition(state=State.UNCERTAIN, outcome=str(result), not_before=now + durations.settle)
        case ThreadRef():
            return Transition(state=State.SENT, thread=result)
        case _:
            return Transition(state=State.SENT, message=result)


def after_search(
    delivery: Delivery, found: Sequence[MessageRef] | PlatformError, now: datetime, durations: Durations
) -> Transition:
    """What a look at the platform means for an uncertain delivery; `found` holds its messages, oldest first.

    The oldest stands, the caller removes the others. Nothing found after the settle time means that nothing was
    posted, and a repeatable step leaves nothing to find, so it is asked for again whatever the look came to. Where
    the platform could not be read, the doubt stays, and in the end a person is asked.
    """
    if delivery.draft.step in REPEATABLE:
        return _once_more(delivery, now)
    if isinstance(found, PlatformError):
        return _still_uncertain(delivery, found, now, durations)
    if found:
        repaired = "a doubled message was removed" if len(found) > 1 else None
        return Transition(state=State.SENT, message=found[0], outcome=repaired)
    return _once_more(delivery, now)


def _once_more(delivery: Delivery, now: datetime) -> Transition:
    if delivery.attempt >= MOST_ATTEMPTS:
        return Transition(state=State.NEEDS_HUMAN, outcome=f"not there after {delivery.attempt} attempts")
    return Transition(state=State.PENDING, not_before=now)


def _again(delivery: Delivery, outcome: str, now: datetime, durations: Durations) -> Transition:
    if delivery.attempt >= MOST_ATTEMPTS:
        return Transition(state=State.REFUSED, outcome=outcome)
    return Transition(state=State.PENDING, outcome=outcome, not_before=now + backoff(delivery.attempt, durations))


def _still_uncertain(delivery: Delivery, error: PlatformError, now: datetime, durations: Durations) -> Transition:
    since = delivery.first_sent_from or now
    if isinstance(error, PlatformRefused) or now - since >= durations.give_up:
        return Transition(state=State.NEEDS_HUMAN, outcome=f"cannot be looked up: {error}")
    waited = max((now - since) // durations.first_backoff, 1)
    wait = error.retry_after if isinstance(error, PlatformBusy) else backoff(waited.bit_length(), durations)
    return Transition(state=State.UNCERTAIN, outcome=str(error), not_before=now + wait)


def backoff(attempt: int, durations: Durations) -> timedelta:
    """How long to wait after the `attempt`-th failure, counted from 1: doubling up to the longest."""
    wait = durations.first_backoff
    for _ in range(attempt - 1):
        wait = min(2 * wait, durations.longest_backoff)
    return wait
