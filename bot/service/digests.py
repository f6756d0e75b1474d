"""The weekly digest: preview it, change the next one, and plan it into the ledger when it is due."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.domain import notice
from bot.domain.card import Card
from bot.domain.delivery import SHARE, Delivery, Draft, State, Step
from bot.domain.digest import (
    Digest,
    Feature,
    Outcome,
    Week,
    card_of,
    choose,
    replies_of,
    shared_card,
    thread_title,
)
from bot.domain.entry import Entry
from bot.domain.errors import Conflict, NotFound, Refusal
from bot.domain.ids import ChannelRef, EntryId, EntryNumber, InvocationId, ScheduleId, TeamId
from bot.domain.notice import Host
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.schedule import WEEK, Occurrence, Schedule
from bot.domain.team import Member
from bot.domain.times import Day
from bot.ports.store import Transaction
from bot.service import entries, notices, schedules

SEEDS = (ReadingState.READ, ReadingState.LATER)
LATE = timedelta(hours=24)
"""Later than this, a digest is skipped and the admins are notified. Missed digests are never posted in a burst."""
SAID_TO_BE_LATE = timedelta(minutes=5)
"""Later than this a digest says that it is late."""
HISTORY = 10
MAX_NEWS = 100


@record
class Preview:
    """What will be posted next in a channel, and when."""

    schedule: Schedule
    slot: Occurrence
    digest: Digest


def preview(tx: Transaction, team: TeamId, channel: ChannelRef) -> Preview:
    """The channel's next digest as of now. Raises NotFound without a schedule, Refusal if there is no entry to feature."""
    schedule = schedules.of(tx, team, channel)
    slot = _next_slot(tx, schedule)
    digest = _digest(tx, schedule, slot, late=False)
    if digest is None:
        raise Refusal("There is no entry to feature.", hint=_empty_hint(schedule))
    return Preview(schedule=schedule, slot=slot, digest=digest)


def pick(tx: Transaction, team: TeamId, channel: ChannelRef, number: EntryNumber) -> Preview:
    """Feature this entry next. Raises NotFound, or Conflict if the entry has none of the schedule's tags."""
    schedule = schedules.locked(tx, team, channel)
    entry = entries.entry_on_list(tx, team, number)
    if entry.id not in {candidate.entry for candidate in tx.schedules.candidates(team, channel, schedule.tags)}:
        raise Conflict(
            f"#{number} has none of this schedule's tags ({', '.join(schedule.tags)}).",
            hint="Pick another entry, or set the schedule without tags.",
        )
    tx.schedules.pin(schedule.id, entry.id)
    return preview(tx, team, channel)


MAX_SLOTS_AHEAD = 60
"""Slots among which a day is looked for: more than a year."""


def skip(tx: Transaction, team: TeamId, channel: ChannelRef, day: Day | None = None) -> tuple[Schedule, Occurrence]:
    """Use up the channel's next slot, or the one of a day, without a post; the slot that was skipped.

    Raises NotFound, with the slots around it to choose from, for a day that has none.
    """
    schedule = schedules.locked(tx, team, channel)
    slot = _slot_on(tx, schedule, day) if day else _next_slot(tx, schedule)
    tx.schedules.use_slot(_week(tx, schedule, slot, Outcome.SKIPPED))
    return schedule, slot


def _slot_on(tx: Transaction, schedule: Schedule, day: Day) -> Occurrence:
    zone = ZoneInfo(schedule.zone)
    _next_slot(tx, schedule)
    asked = day(tx.now().astimezone(zone).date())
    coming = schedules.next_dates(tx, schedule, most=MAX_SLOTS_AHEAD)
    days = [slot.due_at.astimezone(zone).date() for slot in coming]
    if asked in days:
        return coming[days.index(asked)]
    near = sorted(sorted(days, key=lambda one: abs(one - asked))[:2])
    raise NotFound(
        f"No digest is due on {asked:%A} {asked.day} {asked:%B %Y}.",
        hint=f"The nearest are on {' and '.join(str(one) for one in near)}.",
        field="day",
        choices=[(str(one), f"Skip {one:%a} {one.day} {one:%b}") for one in near],
    )


def post_now(tx: Transaction, team: TeamId, channel: ChannelRef) -> Digest:
    """Plan this week's digest for now, in place of this week's slot. Raises Conflict if the slot was already used."""
    schedule = schedules.locked(tx, team, channel)
    now = tx.now()
    slot = Occurrence(week=schedule.week_of(now), due_at=now)
    used = tx.schedules.used_slot(schedule.id, slot.week)
    if used is not None:
        hint = "“digest history” shows the past weeks, “share #12” posts any entry now."
        raise Conflict(f"{_already(tx, used)}{_next_one(tx, schedule)}", hint=hint)
    digest = _plan(tx, schedule, slot, late=False)
    if digest is None:
        raise Refusal("There is no entry to feature.", hint=_empty_hint(schedule))
    return digest


def _already(tx: Transaction, used: Week) -> str:
    """What became of this week's digest, for an admin who wants to post it."""
    post = posted(tx, used)
    if used.outcome is not Outcome.PLANNED or post is None:
        return f"This week's digest was already {used.outcome.value}."
    if post.state is State.SENT:
        return "This week's digest was already posted."
    if post.state.final:
        return "This week's digest could not be posted."
    if post.state is State.NEEDS_HUMAN:
        return "This week's digest was posted, but I can't see whether it arrived."
    return "This week's digest is being posted right now."


def _next_one(tx: Transaction, schedule: Schedule) -> str:
    coming = schedules.next_dates(tx, schedule, most=1)
    at = coming[0].due_at.astimezone(ZoneInfo(schedule.zone)) if coming else None
    return f" The next one comes on {at:%A} {at.day} {at:%B}." if at else ""


@record
class Tick:
    """The result of planning one schedule's slot."""

    schedule: Schedule
    slot: Occurrence
    outcome: Outcome


@record
class Due:
    """Due slots that are not used yet, and the schedules that could not be checked, each with its error.

    `coming` is the time until the next slot, None if there is none within the period asked for.
    """

    slots: Sequence[tuple[Schedule, Occurrence]]
    broken: Sequence[tuple[Schedule, Exception]]
    coming: timedelta | None


def due(tx: Transaction, among: Sequence[Schedule] | None = None, *, ahead: timedelta = timedelta()) -> Due:
    """The slots that are due now, of all schedules or of `among`. `ahead` (under a week) bounds the search for the
    next.

    A schedule that raises, for example because its time zone no longer exists, does not affect the others.
    """
    now, slots, coming, broken = tx.now(), [], [], []
    for schedule in tx.schedules.all() if among is None else among:
        try:
            slot = schedule.last_due(now + ahead)
            if slot.due_at > now:
                coming += [slot.due_at - now] if schedule.counts(slot) else []
                slot = schedule.last_due(now)
        except Exception as error:  # noqa: BLE001 -- the other teams' digests are due in any case
            broken.append((schedule, error))
        else:
            slots += [(schedule, slot)] if schedule.counts(slot) else []
    used = tx.schedules.used_of([(schedule.id, slot.week) for schedule, slot in slots])
    unused = [one for one in slots if (one[0].id, one[1].week) not in used]
    return Due(slots=unused, broken=broken, coming=min(coming, default=None))


def any_due(tx: Transaction) -> bool:
    """Whether `plan_due` would find anything to do."""
    return bool(due(tx).slots)


def plan_due(tx: Transaction, among: Sequence[Schedule] | None = None) -> Sequence[Tick]:
    """Plan a digest for each due slot that is not used yet, or skip the slot if it is too late or no entry is left.

    The schedules in `among` are locked and read again first. Without `among`, all schedules are planned without locks:
    only a restore does that. Planning the same slots again, on any machine, changes nothing.
    """
    now = tx.now()
    if among is not None:
        schedules.lock(tx, [schedule.channel for schedule in among])
        kept = [tx.schedules.of_channel(schedule.team, schedule.channel) for schedule in among]
        among = [schedule for schedule in kept if schedule is not None]
    used = [(schedule, slot, _use(tx, schedule, slot, now)) for schedule, slot in due(tx, among).slots]
    return [Tick(schedule=one, slot=slot, outcome=outcome) for one, slot, outcome in used if outcome is not None]


def plan_and_tell(tx: Transaction, among: Sequence[Schedule], host: Host) -> Sequence[Tick]:
    """`plan_due`, plus a notice for each slot that was skipped."""
    ticks = plan_due(tx, among)
    for tick in ticks:
        if tick.outcome is not Outcome.PLANNED:
            notices.tell(tx, notice.unused(tick.schedule, tick.slot, tick.outcome, host), host)
    return ticks


def next_due(tx: Transaction, among: Sequence[Schedule] | None = None) -> datetime | None:
    """When the next slot of all schedules, or of `among`, is due."""
    among = tx.schedules.all() if among is None else among
    broken = {schedule.id for schedule, _ in due(tx, among).broken}
    sound = [schedule for schedule in among if schedule.id not in broken]
    coming = [schedules.next_dates(tx, schedule, most=1) for schedule in sound]
    return min((slots[0].due_at for slots in coming if slots), default=None)


def _use(tx: Transaction, schedule: Schedule, slot: Occurrence, now: datetime) -> Outcome | None:
    """What became of the slot; None if another machine has just used it."""
    late = now - slot.due_at > LATE
    if not late and _plan(tx, schedule, slot, late=now - slot.due_at > SAID_TO_BE_LATE) is not None:
        return Outcome.PLANNED
    outcome = Outcome.LATE if late else Outcome.EMPTY
    return outcome if tx.schedules.use_slot(_week(tx, schedule, slot, outcome)) else None


def _plan(tx: Transaction, schedule: Schedule, slot: Occurrence, *, late: bool) -> Digest | None:
    """Use the slot and enqueue its digest. Returns None and changes nothing if no entry is left or the slot is used."""
    digest = _digest(tx, schedule, slot, late=late)
    if digest is None:
        return None
    feature = Feature(entry=digest.entry.id, why=digest.why)
    if not tx.schedules.use_slot(_week(tx, schedule, slot, Outcome.PLANNED, feature)):
        return None
    tx.schedules.pin(schedule.id, None)
    step = partial(
        Draft,
        channel=schedule.channel,
        source_key=_source(schedule.id, slot.week),
        schedule=schedule.id,
        week=slot.week,
        told=schedule.created_by,
    )
    root, *others = _drafts(step, card_of(digest), digest.entry)
    drafts = [replace(root, late_after=slot.due_at + LATE), *others]
    tx.ledger.plan(schedule.team, drafts, not_before=slot.due_at)
    return digest


def posted(tx: Transaction, week: Week) -> Delivery | None:
    """The delivery of a used week's digest; None if none was planned."""
    steps = tx.ledger.of_source(week.team, _source(week.schedule, week.week))
    return steps[0] if steps else None


def _source(schedule: ScheduleId, week: str) -> str:
    return f"digest:{schedule}:{week}"


def share(tx: Transaction, member: Member, channel: ChannelRef, number: EntryNumber, invocation: InvocationId) -> Entry:
    """Enqueue a card of this entry with a thread, once per invocation. Raises NotFound."""
    entry = entries.entry_on_list(tx, member.team, number)
    card = shared_card(entry, member.name, tx.readings.readers(entry.id))
    step = partial(Draft, channel=channel, source_key=f"{SHARE}{invocation}", told=member.account)
    tx.ledger.plan(member.team, _drafts(step, card, entry), not_before=tx.now())
    return entry


def history(tx: Transaction, team: TeamId, channel: ChannelRef) -> Sequence[tuple[Week, Entry | None]]:
    """The channel's last weeks, newest first, each with the entry that was featured."""
    weeks = tx.schedules.weeks(team, channel, HISTORY)
    found = tx.entries.get(team, [week.entry for week in weeks if week.entry is not None])
    return [(week, found.get(week.entry) if week.entry is not None else None) for week in weeks]


def _digest(tx: Transaction, schedule: Schedule, slot: Occurrence, *, late: bool) -> Digest | None:
    pool = tx.schedules.candidates(schedule.team, schedule.channel, schedule.tags)
    feature = choose(pool, tx.schedules.pinned(schedule.id))
    if feature is None:
        return None
    return Digest(
        week=slot.week,
        due_at=slot.due_at,
        late=late,
        entry=tx.entries.get(schedule.team, [feature.entry])[feature.entry],
        why=feature.why,
        readers=tx.readings.readers(feature.entry),
        newest=_newest(tx, schedule, slot, feature.entry),
    )


def _newest(tx: Transaction, schedule: Schedule, slot: Occurrence, featured: EntryId) -> tuple[Entry, ...]:
    """The week's new entries without the featured one. Entries older than the schedule are not new."""
    since = max(slot.due_at - WEEK, schedule.active_from)
    fresh = tx.entries.added_since(schedule.team, since, MAX_NEWS)
    return tuple(entry for entry in fresh if entry.id != featured)


def _drafts(step: Callable[..., Draft], root: Card, entry: Entry) -> list[Draft]:
    """The steps of one post: the card, its thread, both seed reactions, and the replies in the thread."""
    steps = [
        step(ordinal=0, step=Step.ROOT, card=root, entry=entry.id),
        step(ordinal=1, step=Step.THREAD, title=thread_title(entry), waits_for=0),
    ]
    seeds = enumerate(SEEDS, start=len(steps))
    steps += [step(ordinal=n, step=Step.SEED, meaning=meaning.value, waits_for=0) for n, meaning in seeds]
    first, *others = enumerate(replies_of(entry), start=len(steps))
    steps.append(step(ordinal=first[0], step=Step.REPLY, card=first[1], waits_for=1))
    return steps + [step(ordinal=n, step=Step.REPLY, card=reply, waits_for=n - 1) for n, reply in others]


def _next_slot(tx: Transaction, schedule: Schedule) -> Occurrence:
    coming = schedules.next_dates(tx, schedule, most=1)
    if not coming:
        raise Refusal(
            f"This channel's schedule is paused: {schedule.paused_because}.",
            hint="“schedule resume” resumes it.",
        )
    return coming[0]


def _week(
    tx: Transaction, schedule: Schedule, slot: Occurrence, outcome: Outcome, feature: Feature | None = None
) -> Week:
    return Week(
        schedule=schedule.id,
        team=schedule.team,
        channel=schedule.channel,
        week=slot.week,
        due_at=slot.due_at,
        used_at=tx.now(),
        outcome=outcome,
        entry=feature.entry if feature else None,
        why=feature.why if feature else None,
    )


def _empty_hint(schedule: Schedule) -> str:
    if schedule.tags:
        return f"No entry on the list has a tag of this schedule ({', '.join(schedule.tags)})."
    return "Add entries to the reading list."


def latest_picks(tx: Transaction, team: TeamId) -> Sequence[Entry]:
    """The entries featured this week in any of the team's channels, each once."""
    now = tx.now()
    used = [tx.schedules.used_slot(schedule.id, schedule.week_of(now)) for schedule in tx.schedules.all(team)]
    ids = list(dict.fromkeys(week.entry for week in used if week is not None and week.entry is not None))
    found = tx.entries.get(team, ids)
    return [found[entry] for entry in ids]
