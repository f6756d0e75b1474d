"""What happens around a digest at its own times: the notice to its host, the vote for the next one, the message once
enough members are in, and the one that closes its week. Everything sent is a row of the ledger, so it is sent once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bot.domain.card import Card
from bot.domain.delivery import Draft, State, Step
from bot.domain.edit import EditKind, EditState
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Conflict, NotFound, StoreError
from bot.domain.featuring import Feature
from bot.domain.ids import ChannelRef, TeamId
from bot.domain.meeting import (
    MAX_NOMINEES,
    MAX_QUORUM,
    MIN_NOMINEES,
    MIN_QUORUM,
    MeetingRules,
    Nominee,
    WeeklyTime,
    ballot,
    closing,
    gathered,
    host_notice,
    meeting_time,
)
from bot.domain.record import record
from bot.domain.schedule import Occurrence, Schedule
from bot.domain.team import Member
from bot.ports.store import Transaction
from bot.service import digests, hosts, notices, schedules, votes
from bot.service.digests import Fate

HOST_KNOWS = timedelta(days=2)
"""How long before their digest a host is notified."""
CLOSES = timedelta(days=1)
"""How long before the next digest the week of one is closed."""
ENOUGH_READERS = 3
"""With fewer readers and no takeaway nothing happened that a message is worth; a club of two is left alone."""
MAX_TAKEAWAYS = 50
MAX_EDITS = 50
SAME_PRESS = timedelta(seconds=10)
"""A second press of “I'm in” within this time is a double click, and takes nothing back."""
LIVE = timedelta(weeks=3)
"""How long after a change around a digest something may still have to be said in its thread."""


def due(tx: Transaction, among: Sequence[Schedule]) -> Sequence[Schedule]:
    """The schedules for which something is to be sent now that was not sent before. It only reads.

    Most schedules are neither near their next digest nor have anything that changed, and need no query. One that raises
    is included, so that `plan` raises the same for it alone.
    """
    soon = tx.now() + max(HOST_KNOWS, CLOSES, votes.OPENS)
    live = {schedule for team in {one.team for one in among} for schedule in tx.meetings.touched(team, tx.now() - LIVE)}
    near = (next((slot.due_at <= soon for slot in one.next_dues(tx.now())), False) for one in among)
    return [one for one, is_near in zip(among, near, strict=True) if (is_near or one.id in live) and _may_send(tx, one)]


def _may_send(tx: Transaction, schedule: Schedule) -> bool:
    try:
        return bool(_unsent(tx, schedule))
    except StoreError:
        raise
    except Exception:  # noqa: BLE001 -- whatever it is, the others are due all the same
        return True


def plan(tx: Transaction, schedule: Schedule) -> None:
    """Send what is due around the schedule's digests and was not sent before."""
    schedules.lock(tx, [schedule.channel])
    known = tx.schedules.of_channel(schedule.team, schedule.channel)
    for draft in _unsent(tx, known) if known is not None else ():
        tx.ledger.plan(schedule.team, [draft()], not_before=tx.now())


def next_due(tx: Transaction, among: Sequence[Schedule]) -> datetime | None:
    """When something may next be due."""
    now = tx.now()
    slots = (slot.due_at for one in among for slot in schedules.next_dates(tx, one, most=2))
    times = (at - before for at in slots for before in (HOST_KNOWS, CLOSES, votes.OPENS))
    return min((at for at in times if at > now), default=None)


def _unsent(tx: Transaction, schedule: Schedule) -> Sequence[Callable[[], Draft]]:
    wanted = dict(_wanted(tx, schedule))
    sent = tx.ledger.roots(schedule.team, list(wanted)) if wanted else {}
    return [draft for key, draft in wanted.items() if key not in sent]


def _wanted(tx: Transaction, schedule: Schedule) -> Iterator[tuple[str, Callable[[], Draft]]]:
    """What is to be sent by now, by its source in the ledger, whether or not it was."""
    rules = tx.meetings.rules(schedule.id)
    slot = next(iter(schedules.next_dates(tx, schedule, most=1)), None)
    if slot is not None and slot.due_at - tx.now() <= HOST_KNOWS:
        host = hosts.host_of(tx, schedule.id, slot.week)
        where = notices.direct(tx, host, schedule.channel.workspace) if host is not None else None
        if host is not None and where is not None and digests.coming(tx, schedule, slot) is not None:
            key = f"host:{schedule.id}:{slot.week}:{host.id}"
            yield key, partial(_host_notice, tx, schedule, slot, key, host, where)
    if slot is not None and votes.is_due(tx, schedule, slot):
        key = f"vote:{schedule.id}:{slot.week}"
        is_sent = tx.ledger.roots(schedule.team, [key])
        features = () if is_sent else digests.nominees(tx, schedule, slot, MAX_NOMINEES)
        if len(features) >= MIN_NOMINEES:
            yield key, partial(_vote, tx, schedule, slot, key, features)
    last = digests.latest(tx, schedule)
    into = _into_thread(tx, schedule, last) if last is not None else None
    if last is not None and into is not None:
        going = tx.meetings.going(schedule.id, last.week.week)
        if rules.quorum and len(going) >= rules.quorum:
            key = f"gathered:{schedule.id}:{last.week.week}"
            yield key, partial(_gathered, into, key, rules, last, [one.name for one in going])
            meets_at = _meets_at(rules, last)
            if meets_at is not None and meets_at > tx.now() and last.entry is not None:
                key = f"event:{schedule.id}:{last.week.week}"
                yield key, partial(_event, schedule, key, last.entry, meets_at)
        if rules.closing and slot is not None and slot.due_at - tx.now() <= CLOSES and slot.week != last.week.week:
            came = _came_of(tx, schedule, last, slot)
            if came is not None:
                key = f"closing:{schedule.id}:{last.week.week}"
                yield key, partial(_closing, tx, replace(into, source_key=key, card=came, late_after=slot.due_at))


def _host_notice(
    tx: Transaction, schedule: Schedule, slot: Occurrence, key: str, host: Member, where: ChannelRef
) -> Draft:
    hosts.settle(tx, schedule.id, slot.week)
    digest = digests.coming(tx, schedule, slot)
    assert digest is not None
    vote = votes.period(tx, schedule, slot)
    return Draft(
        channel=where,
        source_key=key,
        step=Step.NOTICE,
        ordinal=0,
        card=host_notice(digest.entry, digest.question, slot, schedule.channel, vote.closes_at if vote else None),
        late_after=slot.due_at,
        notify=host.account,
    )


def _vote(tx: Transaction, schedule: Schedule, slot: Occurrence, key: str, features: Sequence[Feature]) -> Draft:
    """The message in the channel with which the vote begins."""
    tx.meetings.nominate(schedule.id, slot.week, [Nominee(entry=one.entry, reason=one.reason) for one in features])
    known = tx.entries.get(schedule.team, [one.entry for one in features])
    closes_at = slot.due_at - votes.CLOSES
    return Draft(
        channel=schedule.channel,
        source_key=key,
        step=Step.REPLY,
        ordinal=0,
        card=ballot([(known[one.entry], one.reason) for one in features], slot, schedule.channel, closes_at),
        schedule=schedule.id,
        week=slot.week,
        late_after=closes_at,
        notify=schedule.created_by,
    )


def _event(schedule: Schedule, key: str, entry: Entry, at: datetime) -> Draft:
    """The meeting in the platform's calendar."""
    title = f"Talk about #{entry.number} {entry.title}"
    return Draft(channel=schedule.channel, source_key=key, step=Step.EVENT, ordinal=0, title=title, late_after=at)


def _meets_at(rules: MeetingRules, last: Fate) -> datetime | None:
    """When the members meet over the digest, if they do."""
    return rules.meets.after(max(last.week.due_at, last.week.used_at)) if rules.meets else None


def _gathered(into: Draft, key: str, rules: MeetingRules, last: Fate, names: Sequence[str]) -> Draft:
    when = meeting_time(rules.meets, max(last.week.due_at, last.week.used_at)) if rules.meets else ()
    return replace(into, source_key=key, card=gathered(last.week.question or "", names, when))


def _came_of(tx: Transaction, schedule: Schedule, last: Fate, slot: Occurrence) -> Card | None:
    """What came of a digest since it was posted; None if nothing did."""
    entry, since = last.entry, last.week.used_at
    if entry is None:
        return None
    kept = [one for one in tx.takeaways.of_entry(entry.id, limit=MAX_TAKEAWAYS) if one.at >= since]
    readers = tx.readings.readers(entry.id, since)
    if not kept and readers < ENOUGH_READERS:
        return None
    host = hosts.settled(tx, schedule.id, last.week.week)
    return closing(
        entry,
        host=host.name if host else "",
        readers=readers,
        kept=kept,
        added_by=_added_by(tx, entry),
        following=slot.due_at,
    )


def _added_by(tx: Transaction, entry: Entry) -> str:
    """The name of the member who added the entry from the chat; empty if it came with a list."""
    edits = tx.edits.newest(entry.team, entry.number, MAX_EDITS)
    by = next((one.member for one in edits if one.kind is EditKind.ADD and one.state is not EditState.REFUSED), None)
    member = tx.teams.member_with_id(by) if by is not None else None
    return member.name if member else ""


def _closing(tx: Transaction, draft: Draft) -> Draft:
    """The post is revised as well, so that it shows the same."""
    assert draft.schedule is not None
    assert draft.week is not None
    tx.meetings.touch(draft.schedule, draft.week)
    return draft


def _into_thread(tx: Transaction, schedule: Schedule, last: Fate) -> Draft | None:
    """A reply for the digest's thread, without its source and card; None while there is no thread."""
    assert last.post is not None
    steps = tx.ledger.of_source(schedule.team, last.post.draft.source_key)
    opened = next((one for one in steps if one.draft.step is Step.THREAD and one.state is State.SENT), None)
    if opened is None or opened.thread is None:
        return None
    return Draft(
        channel=schedule.channel,
        source_key="",
        step=Step.REPLY,
        ordinal=0,
        schedule=schedule.id,
        week=last.week.week,
        notify=schedule.created_by,
        root=opened.root,
        thread=opened.thread,
    )


@record
class Attendance:
    """Whether the member is in for the entry's digest, how many are, and how many make the thread say so.

    `meets_at` is when they meet, if there is a time that is still to come.
    """

    week: str
    entry: Entry
    going: bool
    names: tuple[str, ...]
    quorum: int
    meets_at: datetime | None = None


def attend(
    tx: Transaction, member: Member, channel: ChannelRef, week: str | None, *, going: bool | None = None
) -> Attendance:
    """Say whether the member is in for the channel's newest digest; without `going` the opposite of what they last said.

    Raises Conflict if the digest of the `week` is over, or the channel's digests have no such button.
    """
    schedule = schedules.locked(tx, member.team, channel)
    rules = tx.meetings.rules(schedule.id)
    if not rules.quorum:
        raise Conflict("Digests in this channel do not ask who is in.", hint="Write in the thread instead.")
    last = digests.latest(tx, schedule)
    if last is None or last.entry is None:
        raise NotFound("There is no digest here to be in for yet.", hint="“digest” shows when the next one comes.")
    if week is not None and week != last.week.week:
        raise Conflict("That digest is over.", hint=f"The newest one is about #{last.entry.number} {last.entry.title}.")
    before = tx.meetings.answer(schedule.id, last.week.week, member.id)
    if going is None:
        repeated = before is not None and tx.now() - before.at < SAME_PRESS
        going = before.going if repeated and before else not (before and before.going)
    if before is None or before.going != going:
        tx.meetings.say(schedule.id, last.week.week, member.id, going=going)
    names = tuple(one.name for one in tx.meetings.going(schedule.id, last.week.week))
    for draft in _unsent(tx, schedule):
        tx.ledger.plan(schedule.team, [draft()], not_before=tx.now())
    at = _meets_at(rules, last)
    return Attendance(
        week=last.week.week,
        entry=last.entry,
        going=going,
        names=names,
        quorum=rules.quorum,
        meets_at=at if at is not None and at > tx.now() else None,
    )


def rules(tx: Transaction, team: TeamId, channel: ChannelRef) -> tuple[Schedule, MeetingRules]:
    """The channel's schedule, locked, and what it offers beside its digests."""
    schedule = schedules.locked(tx, team, channel)
    return schedule, tx.meetings.rules(schedule.id)


def set_rules(tx: Transaction, rules: MeetingRules) -> None:
    """Save what the schedule offers. Raises BadUsage."""
    if rules.quorum and not MIN_QUORUM <= rules.quorum <= MAX_QUORUM:
        hint = f"Use a number from {MIN_QUORUM} to {MAX_QUORUM}, or off."
        raise BadUsage(f"{rules.quorum} is not a number of people who make a talk.", hint=hint, field="in")
    tx.meetings.save_rules(rules)


def meet_at(tx: Transaction, team: TeamId, channel: ChannelRef, meets: WeeklyTime | None) -> MeetingRules:
    """Set when the members meet; what was set before."""
    _, before = rules(tx, team, channel)
    tx.meetings.save_rules(replace(before, meets=meets))
    return before
