"""The ledger's use cases: claim due deliveries, and record how they ended. The runtime makes the attempts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bot.domain import notice
from bot.domain.delivery import (
    MESSAGES,
    Delivery,
    Durations,
    PostingRules,
    Result,
    State,
    Step,
    Swept,
    Transition,
    after_attempt,
    after_repeat,
    after_search,
    after_sweep,
    check,
    late,
)
from bot.domain.entry import Entry
from bot.domain.errors import (
    ChannelRefused,
    Conflict,
    NotAllowed,
    NotFound,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    Scope,
)
from bot.domain.ids import AccountRef, ChannelRef, DeliveryId, MessageRef, PlatformName, TeamId
from bot.domain.notice import Host, Notice
from bot.domain.record import record
from bot.domain.schedule import Schedule
from bot.ports.store import Transaction
from bot.service import digests, notices, schedules

RulesByPlatform = Mapping[PlatformName, PostingRules]


@record
class WorkBatch:
    """What one worker has to do now: attempts to make, uncertain deliveries to look for, messages to check for
    duplicates.

    `given_up` are deliveries found to be too late or unreadable. `at` is the database's time; `next_due` is the time
    until more is due, None if unknown.
    """

    at: datetime
    leased: Sequence[Delivery]
    doubtful: Sequence[Delivery]
    unswept: Sequence[Delivery]
    given_up: Sequence[Delivery]
    next_due: timedelta | None


def claim(
    tx: Transaction,
    owner: str,
    limit: int,
    durations: Durations,
    rules: RulesByPlatform,
    *,
    host: Host,
    looks: int | None = None,
    alone: bool = False,
) -> WorkBatch:
    """Expire old leases, then claim up to `limit` due deliveries of these platforms, at most `looks` of them searches.

    Late posts are skipped on every platform, or only on these with `alone`.
    """
    names = list(rules)
    tx.ledger.expire({name: posting_rules.settle for name, posting_rules in rules.items()})
    skipped = _by_team(tx.ledger.skip_overdue(names if alone else None))
    for one in skipped:
        _tell(tx, one, notice.failed, one.outcome, host)
    looks = limit if looks is None else looks
    doubtful = tx.ledger.claim_uncertain(owner, looks, durations, names)
    leased = tx.ledger.lease(owner, limit - len(doubtful), durations, names)
    left = min(looks - len(doubtful), limit - len(doubtful) - len(leased))
    unswept = tx.ledger.claim_unswept(left, durations, names)
    unreadable = [_put_aside(tx, one, host) for one in _by_team(leased) if one.unreadable is not None]
    full = len(doubtful) + len(leased) + len(unswept) >= limit
    coming = None if full else tx.ledger.next_due()
    return WorkBatch(
        at=tx.now(),
        leased=[one for one in leased if one.unreadable is None],
        doubtful=doubtful,
        unswept=unswept,
        given_up=[*skipped, *unreadable],
        next_due=None if coming is None else coming - tx.now(),
    )


def _by_team(found: Sequence[Delivery]) -> Sequence[Delivery]:
    """Sorted by id: every transaction takes the numbers of several teams in this order, so two never deadlock."""
    return sorted(found, key=lambda one: one.id)


def _put_aside(tx: Transaction, delivery: Delivery, host: Host) -> Delivery:
    """Leave a card that this version cannot read to a person. Posting part of it would be worse."""
    state = State.REFUSED if delivery.draft.step is Step.NOTICE else State.NEEDS_HUMAN
    check(State.LEASED, state)
    outcome = f"this version of Dogear cannot read it ({delivery.unreadable}); bring every process up to date first"
    tx.ledger.settle(delivery, Transition(state=state, outcome=outcome))
    _tell(tx, delivery, partial(notice.unreadable, host=host), outcome, host)
    return replace(delivery, state=state, outcome=outcome)


def _tell(
    tx: Transaction,
    delivery: Delivery,
    about: Callable[[Delivery, str | None, Entry | None], Notice],
    outcome: str | None,
    host: Host,
) -> None:
    """Notify someone about a delivery. A notice that could not be delivered is only logged."""
    if delivery.draft.step is not Step.NOTICE:
        notices.notify(tx, about(delivery, outcome, _entry_of(tx, delivery)), host)


def _entry_of(tx: Transaction, delivery: Delivery) -> Entry | None:
    """The entry that the post is about. Only the first step names it."""
    steps = tx.ledger.of_source(delivery.team, delivery.draft.source_key)
    entry = next((step.draft.entry for step in steps if step.draft.entry is not None), None)
    return tx.entries.get(delivery.team, [entry]).get(entry) if entry is not None else None


def start_attempts(
    tx: Transaction, leased: Sequence[Delivery], durations: Durations, host: Host
) -> Sequence[Delivery | None]:
    """Record that these attempts start now. Returns each delivery as of now, or None if it must not be attempted.

    A delivery that was halted since it was leased is given back, so that it does not wait for the lease to end. A
    delivery to a workspace that we left waits a day in case we return, and is then refused.
    """
    begun = {delivery.id: delivery for delivery in tx.ledger.start_attempts(leased, durations)}
    held_back = [delivery for delivery in _by_team(leased) if delivery.id not in begun]
    ended = {delivery.id: _hold_back(tx, delivery, durations, host) for delivery in held_back}
    return [begun.get(delivery.id) or ended[delivery.id] for delivery in leased]


NOT_THERE = "Dogear is not in this workspace any more"


def _hold_back(tx: Transaction, delivery: Delivery, durations: Durations, host: Host) -> Delivery | None:
    """Do not attempt the delivery. Returns it if that was its end."""
    workspace = tx.teams.workspace(delivery.draft.channel.workspace)
    to_host = delivery.draft.step is Step.NOTICE and delivery.draft.notify is None
    if to_host or (workspace is not None and workspace.team == delivery.team and workspace.left_at is None):
        give_back(tx, delivery)
    elif workspace is None or workspace.left_at is None or tx.now() - workspace.left_at >= durations.give_up:
        refused = Transition(state=State.REFUSED, outcome=NOT_THERE)
        if not _note(tx, delivery, State.LEASED, refused, durations).lost:
            _tell_of(tx, delivery, refused, host)
            return replace(delivery, state=State.REFUSED, outcome=NOT_THERE)
    else:
        give_back(tx, replace(delivery, outcome=NOT_THERE), durations.between_visits)
        notices.notify(tx, notice.left(delivery, workspace), host)
    return None


def give_back(tx: Transaction, delivery: Delivery, wait: timedelta = timedelta()) -> None:
    """Return a delivery whose attempt did not start. It is due again after `wait` and keeps its place in the channel."""
    attempt = max(delivery.attempt - 1, 0) if delivery.state is State.SENDING else None
    due = tx.now() + wait
    pending = Transition(
        state=State.PENDING,
        not_before=due if wait else delivery.not_before,
        attempt=attempt,
        outcome=delivery.outcome,
    )
    tx.ledger.settle(delivery, pending, free_at=due)


@record
class Attempt:
    """One attempt and its result."""

    delivery: Delivery
    result: Result


@record
class Outcome:
    """What became of a delivery.

    `lost` means that another worker has it by now, so nothing was recorded. `surplus` is our message that duplicates
    the one another worker sent meanwhile.
    """

    transition: Transition
    lost: bool = False
    surplus: MessageRef | None = None


def note_attempts(
    tx: Transaction, attempts: Sequence[Attempt], durations: Durations, rules: RulesByPlatform, host: Host
) -> Sequence[Outcome]:
    """Record the results of attempts. Locks every schedule that stops before the first note takes a number."""
    schedules.lock(tx, [one.delivery.draft.channel for one in attempts if _refuses(one.delivery, one.result)])
    results = {one.delivery.id: one.result for one in attempts}
    known = _by_team([one.delivery for one in attempts])
    noted = {one.id: _note_attempt(tx, one, results[one.id], durations, rules, host) for one in known}
    return [noted[one.delivery.id] for one in attempts]


def _note_attempt(
    tx: Transaction, delivery: Delivery, result: Result, durations: Durations, rules: RulesByPlatform, host: Host
) -> Outcome:
    posting_rules = rules[delivery.draft.channel.workspace.platform]
    transition = after_attempt(delivery, result, tx.now(), durations, posting_rules)
    free_at = tx.now() + posting_rules.channel_pace
    if transition.state is State.PENDING:
        free_at = max(free_at, transition.not_before or free_at)  # later messages to the channel stay behind it
    noted = _note(tx, delivery, State.SENDING, transition, durations, free_at)
    if noted.lost:
        return noted
    if isinstance(result, PlatformBusy):
        _halt(tx, delivery, result)
    if (
        isinstance(result, PlatformRefused)
        and noted.transition.state is State.REFUSED
        and delivery.draft.step is Step.NOTICE
    ):
        notices.pass_on(tx, delivery, host)
    _tell_of(tx, delivery, noted.transition, host, stopped=_stop_if_refused(tx, delivery, result))
    return noted


def _tell_of(
    tx: Transaction, delivery: Delivery, transition: Transition, host: Host, *, stopped: Schedule | None = None
) -> None:
    """Notify the person who can fix it. If a digest stopped its schedule, the notice about the schedule is enough."""
    if stopped is not None:
        notices.notify(tx, notice.stopped(stopped, host), host)
    if transition.state is State.NEEDS_HUMAN:
        _tell(tx, delivery, partial(notice.doubtful, host=host), transition.outcome, host)
    elif transition.state is State.REFUSED and (stopped is None or delivery.draft.schedule is None):
        _tell(tx, delivery, notice.failed, transition.outcome, host)


def _halt(tx: Transaction, delivery: Delivery, busy: PlatformBusy) -> None:
    """Stop requests of the same kind to the workspace or platform until it has time again.

    A channel needs no halt: its later messages wait behind this delivery.
    """
    until, workspace = tx.now() + busy.retry_after, delivery.draft.channel.workspace
    same = MESSAGES if delivery.draft.step in MESSAGES else {delivery.draft.step}
    if busy.scope is Scope.PLATFORM:
        tx.ledger.halt(workspace.platform, sorted(Step), until)
    elif busy.scope is Scope.WORKSPACE:
        tx.ledger.halt(workspace, sorted(same), until)


def _stop_if_refused(tx: Transaction, delivery: Delivery, result: Result) -> Schedule | None:
    """Pause the schedule of a channel that no longer accepts posts. Returns the schedule, if there is one.

    A channel that only refuses a reply, as in a locked thread, still accepts the next digest.
    """
    if not _refuses(delivery, result):
        return None
    return schedules.stop(tx, delivery.draft.channel, str(result).rstrip("."))


def _refuses(delivery: Delivery, result: Result) -> bool:
    return isinstance(result, ChannelRefused) and delivery.draft.step is Step.ROOT


def note_search(
    tx: Transaction,
    delivery: Delivery,
    found: Sequence[MessageRef] | PlatformError,
    durations: Durations,
    host: Host,
) -> Outcome:
    """Record the result of a search for an uncertain delivery."""
    noted = _note(tx, delivery, State.UNCERTAIN, after_search(delivery, found, tx.now(), durations), durations)
    if not noted.lost:
        _tell_of(tx, delivery, noted.transition, host)
    return noted


def note_repeat(
    tx: Transaction, delivery: Delivery, result: Result, durations: Durations, posting_rules: PostingRules
) -> Outcome:
    """Record the result of posting an uncertain delivery again under its key."""
    transition = after_repeat(delivery, result, tx.now(), durations, posting_rules)
    noted = _note(tx, delivery, State.UNCERTAIN, transition, durations, tx.now() + posting_rules.channel_pace)
    if isinstance(result, PlatformBusy) and not noted.lost:
        _halt(tx, delivery, result)
    return noted


def note_sweep(
    tx: Transaction, delivery: Delivery, found: Sequence[MessageRef] | PlatformError, durations: Durations
) -> Swept:
    """Record the result of a search for duplicate messages."""
    swept = after_sweep(delivery, found, tx.now(), durations)
    tx.ledger.save_sweep(delivery.id, outcome=swept.outcome or delivery.outcome, again_at=swept.again_at)
    return swept


def _note(
    tx: Transaction,
    delivery: Delivery,
    before: State,
    transition: Transition,
    durations: Durations,
    free_at: datetime | None = None,
) -> Outcome:
    check(before, transition.state)
    if tx.ledger.settle(delivery, transition, free_at=free_at):
        return Outcome(transition=transition)
    return _note_late(tx, delivery, transition, durations)


def _note_late(tx: Transaction, delivery: Delivery, transition: Transition, durations: Durations) -> Outcome:
    """Handle the result of a worker whose lease expired.

    "Sent" is accepted if no message is known yet; a message besides a known one is surplus.
    """
    stored, accepted = tx.ledger.get(delivery.id), late(delivery, transition, tx.now(), durations)
    if stored is None or accepted is None:
        return Outcome(transition=transition, lost=True)
    if not stored.state.final and stored.message is None:
        check(stored.state, accepted.state)
        if tx.ledger.settle(stored, accepted):
            return Outcome(transition=accepted)
    beside = stored.message is not None and transition.message != stored.message
    return Outcome(transition=transition, lost=True, surplus=transition.message if beside else None)


def after_restore(tx: Transaction) -> int:
    """Prepare a restored database. Call it once, before anything runs on it. Returns the number of uncertain
    deliveries.

    Whatever the backup shows as due may have been sent since it was made, and so may a digest whose slot has passed. So
    this plans the digests that are due by now and marks every due, unsent delivery as uncertain: the worker first looks
    for it on its platform and posts it only if it is not there. If the platform cannot be searched, an admin decides.

    It also ends every lease and increments `boot_epoch`, so that a worker still running on the old database has no
    lease in this one. It posts nothing itself. Everyone signs in to the pages again: a session that ended after the
    backup was made would work again otherwise.
    """
    tx.web_keys.remove_sessions()
    digests.plan_due(tx)
    return tx.ledger.mark_uncertain_after_restore()


@record
class Decider:
    """Who may decide about an uncertain post: any of the team's admins, or the member who shared it."""

    team: TeamId
    account: AccountRef
    admin: bool


def confirm_arrived(tx: Transaction, by: Decider, where: ChannelRef | DeliveryId) -> Delivery:
    """Confirm that an uncertain delivery arrived: this one, or the channel's.

    Raises NotFound if there is none that this person may decide about, NotAllowed if only an admin may. The message's
    place stays unknown, so the steps that depend on it are skipped.
    """
    delivery = _doubtful(tx, by, where)
    check(delivery.state, State.SENT)
    if not tx.ledger.settle(delivery, Transition(state=State.SENT, outcome="a person saw it there")):
        raise _settled_meanwhile()
    return delivery


def post_again(tx: Transaction, by: Decider, where: ChannelRef | DeliveryId) -> Delivery:
    """Post an uncertain delivery again, however late: this one, or the channel's. Raises as `confirm_arrived`."""
    delivery = _doubtful(tx, by, where)
    check(delivery.state, State.PENDING)
    tx.ledger.clear_deadline(delivery.id)
    if not tx.ledger.settle(delivery, Transition(state=State.PENDING, not_before=tx.now())):
        raise _settled_meanwhile()
    return delivery


def _settled_meanwhile() -> Conflict:
    """A worker whose lease had expired reported at this moment that it arrived."""
    return Conflict("That post has just arrived.", hint="There is nothing to confirm any more.")


def _standing_now(delivery: Delivery | None, team: TeamId) -> str:
    """Why no one has to confirm this post any more."""
    if delivery is None or delivery.team != team or delivery.state is State.SENT:
        return "That post has arrived; there is nothing to confirm."
    if delivery.state.failed:
        return f"That post was not posted: {(delivery.outcome or delivery.state.value).rstrip('.')}."
    return "That post is on its way; there is nothing to confirm."


def _doubtful(tx: Transaction, by: Decider, where: ChannelRef | DeliveryId) -> Delivery:
    """The matching delivery that has waited longest for a person, locked so that two people decide one after the other."""
    tx.lock([f"doubts {by.team}"])
    waiting = [one for one in tx.ledger.unsettled(by.team) if one.state is State.NEEDS_HUMAN]
    if isinstance(where, ChannelRef):
        meant, what = (
            [one for one in waiting if one.draft.channel == where],
            "Every post in this channel has arrived; there is nothing to confirm.",
        )
    else:
        meant, what = [one for one in waiting if one.id == where], _standing_now(tx.ledger.get(where), by.team)
    if not meant:
        raise NotFound(what, hint="“status” shows what failed lately.")
    allowed = [one for one in meant if by.admin or (one.draft.schedule is None and one.draft.notify == by.account)]
    if not allowed:
        raise NotAllowed(
            "Only an admin or the person who shared it can decide that.", hint="Ask an admin of this workspace."
        )
    return allowed[-1]
