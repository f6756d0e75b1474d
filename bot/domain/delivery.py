"""A card we owe a channel, and how far it got: the ledger's one state machine.

pending → leased → sending → sent | refused | pending(later) | uncertain        leased → needs_human
uncertain → sent | pending | refused | needs_human        pending | uncertain → refused | skipped with what they wait for
pending → skipped        pending | leased → uncertain after a restore
pending | leased | needs_human → sent, where a worker that was given up has sent it and says so late
What may follow what is decided here; which row and when, in the store and the runtime.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.domain.card import Card
from bot.domain.errors import Conflict, MessageRemoved, PlatformBusy, PlatformError, PlatformRefused, WorkspaceRefused
from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    DeliveryId,
    EntryId,
    InvocationId,
    MessageRef,
    ScheduleId,
    TeamId,
    ThreadRef,
)
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
    def failed(self) -> bool:
        """Whether it is certain that it did not arrive."""
        return self in {State.REFUSED, State.SKIPPED}

    @property
    def final(self) -> bool:
        return self in {State.SENT, State.REFUSED, State.SKIPPED}


ALLOWED: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.LEASED, State.SKIPPED, State.REFUSED, State.UNCERTAIN, State.SENT}),
    State.LEASED: frozenset(
        {State.SENDING, State.PENDING, State.REFUSED, State.UNCERTAIN, State.NEEDS_HUMAN, State.SENT}
    ),
    State.SENDING: frozenset({State.SENT, State.REFUSED, State.PENDING, State.UNCERTAIN}),
    State.UNCERTAIN: frozenset(
        {State.UNCERTAIN, State.SENT, State.PENDING, State.NEEDS_HUMAN, State.REFUSED, State.SKIPPED}
    ),
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
    """The kind of attempt that a delivery needs. The steps of one source differ by their `ordinal`."""

    ROOT = "root"
    THREAD = "thread"
    REPLY = "reply"
    SEED = "seed"
    NOTICE = "notice"
    EVENT = "event"


@record
class Durations:
    """All durations of the ledger in one place, so that a test can scale them together.

    Platform-specific durations are in `PostingRules`. The scheduler plans due digests every `tick`, and within
    `tick_spread` after one is due. A tick that takes longer than `tick_given_up` is cancelled.
    """

    tick: timedelta = timedelta(seconds=15)
    tick_spread: timedelta = timedelta(seconds=1)
    tick_given_up: timedelta = timedelta(seconds=60)
    lease: timedelta = timedelta(seconds=60)
    enough_lease: timedelta = timedelta(seconds=25)
    stale_intent: timedelta = timedelta(seconds=10)
    attempt: timedelta = timedelta(seconds=10)
    look_back: timedelta = timedelta(seconds=120)
    sweep_after: timedelta = timedelta(minutes=5)
    poll: timedelta = timedelta(seconds=5)
    first_backoff: timedelta = timedelta(minutes=1)
    longest_backoff: timedelta = timedelta(minutes=60)
    give_up: timedelta = timedelta(hours=24)
    between_visits: timedelta = timedelta(minutes=5)
    """How often to check whether we are back in a workspace that we left."""


@record
class PostingRules:
    """The platform's rules that the ledger follows.

    `settle` is how long after an attempt started its message shows, if it arrived; searching earlier is useless. Within
    `repeatable_within` of the first attempt the platform treats a post with the same key as the same message, where it
    says so of the channel; None if it never does. The paces are the minimum time between two messages in one channel,
    between two requests for one workspace, and between two requests overall.
    """

    settle: timedelta = timedelta(seconds=60)
    repeatable_within: timedelta | None = None
    channel_pace: timedelta = timedelta(seconds=1)
    workspace_pace: timedelta = timedelta()
    platform_pace: timedelta = timedelta()


MAX_ATTEMPTS = 5


SHARE = "share:"
"""Prefix of a share's source key; the invocation's id follows."""


@record
class Draft:
    """A delivery to plan: one step of what `source_key` posts in `channel`.

    It waits until the step with ordinal `waits_for` is sent, and is refused with it. `card` is None for a step that
    shows none (a thread, a seed reaction, an event). `title` names a thread or an event, `meaning` a seed reaction. After
    `late_after` it is skipped; an event takes place then. `notify` is the account to notify if it does not arrive. For a
    notice, it is its recipient, or None if it goes to the channel; the `title` of a notice of a schedule is the channel
    of that, which hears of it if no admin does. A reply may go into the thread of another source: `root` and `thread` are
    where, and only planned.
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
    notify: AccountRef | None = None
    root: MessageRef | None = None
    thread: ThreadRef | None = None

    @property
    def invocation(self) -> InvocationId | None:
        """The invocation that enqueued it; None if a schedule did."""
        name = self.source_key.removeprefix(SHARE)
        return InvocationId(name) if name != self.source_key else None


@record
class Delivery:
    """One row of the ledger. Times are aware UTC. `fence` grows with every lease, so a stale worker is rejected.

    `key` is stable over every attempt, has at most 24 characters and is safe to show to a platform. `message` is where
    the step was posted, `root` and `thread` where earlier steps of the same source were. `outcome` says in words why it
    ended as it did. `unreadable` says why this version cannot read the card, which the draft then lacks.
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
    unreadable: str | None = None


@record
class Transition:
    """The new state of a delivery after an attempt or a search.

    `attempt` is the new number of attempts, None to leave it as it is. From `sweep_at` on, a worker checks once for
    duplicates of the message.
    """

    state: State
    attempt: int | None = None
    sweep_at: datetime | None = None
    outcome: str | None = None
    message: MessageRef | None = None
    thread: ThreadRef | None = None
    not_before: datetime | None = None


REPEATABLE = frozenset({Step.THREAD, Step.SEED, Step.EVENT})
"""Steps that are simply repeated when uncertain, because the platform applies them only once."""
MESSAGES = frozenset({Step.ROOT, Step.REPLY})
"""Steps that post a message in the channel or in its thread."""
SEARCHABLE = MESSAGES | {Step.NOTICE}
"""Steps whose message carries the key of the delivery, so that it is searched for when uncertain."""

Result: TypeAlias = MessageRef | ThreadRef | PlatformError | None
"""The result of one attempt: a place or None for success, or the error that the platform raised."""

DUPLICATE_REPAIRED = "a doubled message was removed"
REMOVED = "it was posted, and somebody has removed it since"


def after_attempt(
    delivery: Delivery, result: Result, now: datetime, durations: Durations, posting_rules: PostingRules
) -> Transition:
    """What one attempt means; `delivery` is as it was when the attempt started.

    An attempt that the platform was too busy for does not count. A message that may have arrived is looked for once it
    must show.
    """
    match result:
        case PlatformBusy():
            later = now + result.retry_after
            return Transition(
                state=State.PENDING, outcome=str(result), not_before=later, attempt=max(delivery.attempt - 1, 0)
            )
        case MessageRemoved():
            return Transition(state=State.SENT, outcome=REMOVED)
        case WorkspaceRefused():
            again_at, attempt = now + durations.between_visits, max(delivery.attempt - 1, 0)
            return Transition(state=State.PENDING, outcome=str(result), not_before=again_at, attempt=attempt)
        case PlatformRefused():
            return Transition(state=State.REFUSED, outcome=f"{result} {result.remedy}")
        case PlatformError() if delivery.draft.step in REPEATABLE:
            return _again(delivery, str(result), now, durations)
        case PlatformError():
            shows_at = max((delivery.sent_from or now) + posting_rules.settle, now)
            return Transition(state=State.UNCERTAIN, outcome=str(result), not_before=shows_at)
        case ThreadRef():
            return Transition(state=State.SENT, thread=result)
        case _:
            return _landed(delivery, result, now, durations, doubted=_was_doubted(delivery))


def late(delivery: Delivery, transition: Transition, now: datetime, durations: Durations) -> Transition | None:
    """From a worker whose lease expired, only "sent" is accepted.

    Another worker may have sent it as well, so duplicates are checked for once.
    """
    if transition.state is not State.SENT or transition.outcome == REMOVED:
        return None
    sweep = now + durations.sweep_after if delivery.draft.step in SEARCHABLE else None
    return replace(transition, sweep_at=sweep)


def after_search(
    delivery: Delivery, found: Sequence[MessageRef] | PlatformError, now: datetime, durations: Durations
) -> Transition:
    """What a search means for an uncertain delivery; `found` holds its messages, oldest first.

    The oldest message stays and the caller removes the others. Nothing found after the settle time means that nothing
    was posted. A repeatable step leaves nothing to find, so it is repeated in any case. If the platform could not be
    searched, the delivery stays uncertain, and in the end a person is asked. A private message is sent again instead:
    no one else could look for it, and twice is better than never.
    """
    if delivery.draft.step in REPEATABLE:
        return _once_more(delivery, now)
    if isinstance(found, PlatformError):
        return _still_uncertain(delivery, found, now, durations)
    if found:
        repaired = DUPLICATE_REPAIRED if len(found) > 1 else None
        return _landed(delivery, found[0], now, durations, outcome=repaired)
    return _once_more(delivery, now)


def may_repeat(delivery: Delivery, now: datetime, durations: Durations, posting_rules: PostingRules) -> bool:
    """Whether an uncertain message may be posted again under its key without risking a duplicate.

    The request may take as long as any attempt, and must arrive while the platform still remembers the first one.
    """
    if (
        posting_rules.repeatable_within is None
        or delivery.first_sent_from is None
        or delivery.draft.step not in SEARCHABLE
    ):
        return False
    if delivery.unreadable is not None:
        return False
    return now + durations.attempt < delivery.first_sent_from + posting_rules.repeatable_within


def after_repeat(
    delivery: Delivery, result: Result, now: datetime, durations: Durations, posting_rules: PostingRules
) -> Transition:
    """What posting an uncertain delivery again under its key means. A refusal says nothing about the first attempt."""
    match result:
        case PlatformBusy():
            return Transition(state=State.UNCERTAIN, outcome=str(result), not_before=now + result.retry_after)
        case MessageRemoved():
            return Transition(state=State.SENT, outcome=REMOVED)
        case PlatformRefused():
            return Transition(state=State.UNCERTAIN, outcome=str(result), not_before=now + durations.look_back)
        case PlatformError():
            return Transition(state=State.UNCERTAIN, outcome=str(result), not_before=now + posting_rules.settle)
        case MessageRef():
            return _landed(delivery, result, now, durations)
        case _:
            raise Conflict("Only a message can be posted again in doubt.")


def _was_doubted(delivery: Delivery) -> bool:
    """Whether it may have been sent before this attempt: by an earlier one, or before a backup was restored."""
    return delivery.attempt > 1 or delivery.first_sent_from != delivery.sent_from


@record
class Swept:
    """The result of a search for duplicates. With `again_at` the search could not be made yet."""

    outcome: str | None = None
    again_at: datetime | None = None


def standing(delivery: Delivery, found: Sequence[MessageRef]) -> MessageRef:
    """Which of a delivery's messages stays: the one with its thread and reactions."""
    return next((message for message in found if message == delivery.message), found[0])


def after_sweep(
    delivery: Delivery, found: Sequence[MessageRef] | PlatformError, now: datetime, durations: Durations
) -> Swept:
    """What a search for duplicates means. One search is enough. After an error it is retried for a day; a refusal ends
    it.
    """
    since = delivery.first_sent_from or now
    if isinstance(found, PlatformError) and not isinstance(found, PlatformRefused) and now - since < durations.give_up:
        return Swept(again_at=now + _until_again(found, since, now, durations))
    if isinstance(found, PlatformError) or len(found) < 2:
        return Swept(outcome=delivery.outcome)
    return Swept(outcome=DUPLICATE_REPAIRED)


def _landed(
    delivery: Delivery,
    message: MessageRef | None,
    now: datetime,
    durations: Durations,
    *,
    doubted: bool = True,
    outcome: str | None = None,
) -> Transition:
    """Sent. A delivery that was ever uncertain may turn out to be there twice, so duplicates are checked for."""
    sweep = now + durations.sweep_after if doubted and delivery.draft.step in SEARCHABLE else None
    return Transition(state=State.SENT, message=message, outcome=outcome, sweep_at=sweep)


def _once_more(delivery: Delivery, now: datetime) -> Transition:
    if delivery.attempt >= MAX_ATTEMPTS:
        given_up = State.REFUSED if delivery.draft.step is Step.NOTICE else State.NEEDS_HUMAN
        return Transition(state=given_up, outcome=f"not there after {delivery.attempt} attempts")
    return Transition(state=State.PENDING, not_before=now)


def _again(delivery: Delivery, outcome: str, now: datetime, durations: Durations) -> Transition:
    if delivery.attempt >= MAX_ATTEMPTS:
        return Transition(state=State.REFUSED, outcome=outcome)
    return Transition(state=State.PENDING, outcome=outcome, not_before=now + backoff(delivery.attempt, durations))


def _still_uncertain(delivery: Delivery, error: PlatformError, now: datetime, durations: Durations) -> Transition:
    since = delivery.first_sent_from or now
    for_good = isinstance(error, PlatformRefused) and not isinstance(error, WorkspaceRefused)
    if for_good or now - since >= durations.give_up:
        if delivery.draft.step is Step.NOTICE:
            return _again(delivery, str(error), now, durations)
        return Transition(state=State.NEEDS_HUMAN, outcome=f"cannot be looked up: {error}")
    again_at = now + _until_again(error, since, now, durations)
    return Transition(state=State.UNCERTAIN, outcome=str(error), not_before=again_at)


def _until_again(error: PlatformError, since: datetime, now: datetime, durations: Durations) -> timedelta:
    """How long until a failed search is repeated: as long as the platform said, else longer the longer it has failed."""
    if isinstance(error, PlatformBusy):
        return error.retry_after
    return backoff(max((now - since) // durations.first_backoff, 1).bit_length(), durations)


def backoff(attempt: int, durations: Durations) -> timedelta:
    """The delay after the `attempt`-th failure, counted from 1. It doubles up to the maximum."""
    wait = durations.first_backoff
    for _ in range(attempt - 1):
        wait = min(2 * wait, durations.longest_backoff)
    return wait
