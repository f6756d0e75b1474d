"""The ledger's use cases: taking due deliveries, and noting how they ended. The attempts are the runtime's."""

from collections.abc import Sequence

from bot.domain.delivery import Delivery, Durations, State, Transition, after_attempt, after_search, check
from bot.domain.errors import ChannelRefused, NotFound, PlatformError
from bot.domain.ids import ChannelRef, MessageRef, TeamId, ThreadRef
from bot.domain.record import record
from bot.domain.schedule import Schedule
from bot.ports import Transaction
from bot.service import digests, schedules


@record
class Taken:
    """What one worker has to do now: attempts to make, doubts to look into, and people to tell of what is too late."""

    leased: Sequence[Delivery]
    doubtful: Sequence[Delivery]
    skipped: Sequence[Delivery]


def take(tx: Transaction, owner: str, limit: int, durations: Durations, platforms: Sequence[str]) -> Taken:
    """Put right what ended while nobody watched, then lease what is due."""
    tx.deliveries.expire(durations)
    skipped = tx.deliveries.skip_late()
    leased = tx.deliveries.lease(owner, limit, durations, platforms)
    return Taken(leased=leased, doubtful=tx.deliveries.uncertain(limit, platforms), skipped=skipped)


def intend(tx: Transaction, delivery: Delivery, durations: Durations) -> bool:
    """Note that the attempt begins now; False if the delivery is no longer ours to attempt."""
    return tx.deliveries.intend(delivery.id, delivery.fence, durations)


def give_back(tx: Transaction, delivery: Delivery) -> None:
    """Return a delivery whose attempt did not begin after all."""
    tx.deliveries.settle(delivery.id, delivery.fence, State.PENDING, not_before=tx.now())


def note_attempt(
    tx: Transaction, delivery: Delivery, result: MessageRef | ThreadRef | PlatformError | None, durations: Durations
) -> Transition:
    """Note what one attempt came to."""
    return _note(tx, delivery, State.SENDING, after_attempt(delivery, result, tx.now(), durations))


def stop_if_refused(
    tx: Transaction, delivery: Delivery, result: MessageRef | ThreadRef | PlatformError | None
) -> Schedule | None:
    """Pause the schedule of a channel that takes nothing any more; the schedule, if there is one."""
    if not isinstance(result, ChannelRefused):
        return None
    return schedules.stop(tx, delivery.draft.channel, str(result).rstrip("."))


def note_search(
    tx: Transaction, delivery: Delivery, found: Sequence[MessageRef] | PlatformError, durations: Durations
) -> Transition:
    """Note what a look at the platform came to for an uncertain delivery."""
    return _note(tx, delivery, State.UNCERTAIN, after_search(delivery, found, tx.now(), durations))


def _note(tx: Transaction, delivery: Delivery, before: State, transition: Transition) -> Transition:
    check(before, transition.state)
    tx.deliveries.settle(
        delivery.id,
        delivery.fence,
        transition.state,
        outcome=transition.outcome,
        message=transition.message,
        thread=transition.thread,
        not_before=transition.not_before,
    )
    return transition


def after_restore(tx: Transaction) -> int:
    """Whoever restored a backup calls this once, on the restored database, before anything runs on it.

    What the backup still shows as due may have been sent since it was made, and so may a digest whose slot passed
    since. So the digests due by now are planned, and each delivery that was due and is not sent starts in doubt: its platform is asked for it first, and it is posted only where it is not there.
    Where the platform cannot be asked, an admin is. Every lease ends, and the count of restores (`boot_epoch`) grows,
    so that whoever still runs on the old database finds no lease of theirs in this one. How many are in doubt;
    nothing is posted or asked by this call.
    """
    digests.plan_due(tx)
    return tx.deliveries.doubt_after_restore()


def troubles(tx: Transaction, team: TeamId) -> Sequence[Delivery]:
    """Deliveries of the team that were refused or that wait for a person."""
    return tx.deliveries.unsettled(team)


def arrived(tx: Transaction, team: TeamId, channel: ChannelRef) -> Delivery:
    """Take a person's word that the channel's doubtful delivery is there; raises NotFound if none is in doubt.

    Where it stands nobody can tell us, so what would have gone on below it is skipped.
    """
    delivery = _doubtful(tx, team, channel)
    check(delivery.state, State.SENT)
    tx.deliveries.settle(delivery.id, delivery.fence, State.SENT, outcome="a person saw it there")
    for step in tx.deliveries.of(team, delivery.draft.source_key):
        if step.state is State.PENDING and step.root is None:
            unknown = "where the post stands is not known"
            tx.deliveries.settle(step.id, step.fence, State.SKIPPED, outcome=unknown)
    return delivery


def again(tx: Transaction, team: TeamId, channel: ChannelRef) -> Delivery:
    """Post the channel's doubtful delivery again, however late it is by now; raises NotFound if none is in doubt."""
    delivery = _doubtful(tx, team, channel)
    check(delivery.state, State.PENDING)
    tx.deliveries.never_late(delivery.id)
    tx.deliveries.settle(delivery.id, delivery.fence, State.PENDING, not_before=tx.now())
    return delivery


def _doubtful(tx: Transaction, team: TeamId, channel: ChannelRef) -> Delivery:
    """The delivery to the channel that has waited for a person the longest."""
    waiting = [one for one in tx.deliveries.unsettled(team) if one.state is State.NEEDS_HUMAN]
    here = [one for one in waiting if one.draft.channel == channel]
    if not here:
        raise NotFound("Nothing in this channel is in doubt.", hint="“status” shows what went wrong lately.")
    return here[-1]
