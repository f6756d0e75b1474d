"""The vote for the next digest: who may win it, who voted for what, and what won."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.entry import Entry
from bot.domain.errors import Conflict, NotFound
from bot.domain.featuring import Candidate, Feature, Why
from bot.domain.ids import ChannelRef, EntryId, EntryNumber, MemberId
from bot.domain.meeting import Nominee, won
from bot.domain.record import record
from bot.domain.schedule import Occurrence, Schedule
from bot.domain.team import Member
from bot.ports.store import Transaction
from bot.service import schedules

OPENS = timedelta(days=4)
"""How long before a digest the vote for it begins."""
CLOSES = timedelta(days=1)
"""How long before the digest it ends."""
SAME_PRESS = timedelta(seconds=10)
"""A second press of one button within this time is a double click, and takes nothing back."""


def result(tx: Transaction, schedule: Schedule, slot: Occurrence, pool: Sequence[Candidate]) -> Feature | None:
    """What the vote for this digest decided; None while it runs, without one, once votes are off, and where fewer than
    two voted.
    """
    if tx.now() < slot.due_at - CLOSES or not tx.meetings.rules(schedule.id).vote_every:
        return None
    nominees = {one.entry for one in tx.meetings.nominees(schedule.id, slot.week)}
    votes = tx.meetings.votes(schedule.id, slot.week) if nominees else {}
    found = won(votes, [one for one in pool if one.entry in nominees])
    if found is None:
        return None
    voters = len(set().union(*votes.values()))
    return Feature(entry=found, why=Why.VOTED, reason=f"{len(votes[found])} of {voters} voted for it")


@record
class Period:
    """When members vote for a digest, and whether they can by now."""

    opens_at: datetime
    closes_at: datetime
    is_open: bool


def period(tx: Transaction, schedule: Schedule, slot: Occurrence) -> Period | None:
    """When members vote for this digest; None if they do not, or not any more."""
    opens_at, closes_at = slot.due_at - OPENS, slot.due_at - CLOSES
    if tx.schedules.pinned(schedule.id) is not None or tx.now() >= closes_at or not _has_turn(tx, schedule, slot):
        return None
    is_open = bool(tx.meetings.nominees(schedule.id, slot.week))
    return Period(opens_at=opens_at, closes_at=closes_at, is_open=is_open) if is_open or tx.now() < opens_at else None


def is_due(tx: Transaction, schedule: Schedule, slot: Occurrence) -> bool:
    """Whether the vote for this digest is to be opened by now, or was: votes are on, and it is the turn of one."""
    return slot.due_at - OPENS <= tx.now() < slot.due_at - CLOSES and _has_turn(tx, schedule, slot)


def _has_turn(tx: Transaction, schedule: Schedule, slot: Occurrence) -> bool:
    """Whether votes are on, and the last one is long enough ago."""
    every = tx.meetings.rules(schedule.id).vote_every
    if not every:
        return False
    last = tx.meetings.last_vote(schedule.id, slot.week)
    between = schedule.nominal_day(slot.week) - schedule.nominal_day(last) if last else None
    return between is None or between >= timedelta(weeks=every)


@record
class Vote:
    """The vote for the channel's next digest. `own` is what the member votes for, `counts` how many vote for each, shown
    only to those who have voted.
    """

    slot: Occurrence
    closes_at: datetime
    nominees: tuple[tuple[Entry, str], ...]
    own: frozenset[EntryId]
    counts: Mapping[EntryId, int]
    voters: int


def running(tx: Transaction, member: Member, channel: ChannelRef, week: str | None = None) -> tuple[Schedule, Vote]:
    """The vote that runs in the channel, locked. Raises NotFound without one, Conflict where it is over."""
    schedule = schedules.locked(tx, member.team, channel)
    slot = next(iter(schedules.next_dates(tx, schedule, most=1)), None)
    is_on = bool(tx.meetings.rules(schedule.id).vote_every)
    nominees = tx.meetings.nominees(schedule.id, slot.week) if slot and is_on else ()
    if slot is None or not nominees or (week is not None and week != slot.week):
        said = "There is no vote here now." if week is None or not is_on else "That vote is over."
        raise NotFound(said, hint="“digest” shows what comes next.")
    if tx.now() >= slot.due_at - CLOSES:
        raise Conflict("The vote is over.", hint="“digest” shows what the next digest features.")
    return schedule, _vote(tx, member.id, schedule, slot, nominees)


def _vote(tx: Transaction, member: MemberId, schedule: Schedule, slot: Occurrence, nominees: Sequence[Nominee]) -> Vote:
    votes = tx.meetings.votes(schedule.id, slot.week)
    known = tx.entries.get(schedule.team, [one.entry for one in nominees])
    return Vote(
        slot=slot,
        closes_at=slot.due_at - CLOSES,
        nominees=tuple(
            (known[one.entry], one.reason)
            for one in nominees
            if one.entry in known and known[one.entry].retired_at is None
        ),
        own=frozenset(entry for entry, members in votes.items() if member in members),
        counts={entry: len(members) for entry, members in votes.items()},
        voters=len(set().union(*votes.values())) if votes else 0,
    )


def cast(
    tx: Transaction,
    member: Member,
    channel: ChannelRef,
    number: EntryNumber,
    week: str | None,
    *,
    in_favour: bool | None = None,
) -> tuple[Entry, Vote]:
    """Vote for an entry; without `in_favour` the opposite of before. Raises as `running`, and Conflict for another entry."""
    schedule, vote = running(tx, member, channel, week)
    entry = next((entry for entry, _ in vote.nominees if entry.number == number), None)
    if entry is None:
        names = ", ".join(f"#{one.number}" for one, _ in vote.nominees)
        raise Conflict(f"#{number} is not in this vote.", hint=f"You can vote for {names}.")
    before = tx.meetings.voted(schedule.id, vote.slot.week, entry.id, member.id)
    if in_favour is None:
        repeated = before is not None and tx.now() - before.at < SAME_PRESS
        in_favour = before.going if repeated and before else not (before and before.going)
    if before is None or before.going != in_favour:
        tx.meetings.vote(schedule.id, vote.slot.week, entry.id, member.id, in_favour=in_favour)
    return entry, _vote(tx, member.id, schedule, vote.slot, tx.meetings.nominees(schedule.id, vote.slot.week))
