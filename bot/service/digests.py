"""The weekly digest: preview it, change the next one, and plan it into the ledger when it is due."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.domain import notice
from bot.domain.card import Call, Card
from bot.domain.delivery import SHARE, Delivery, Draft, State, Step
from bot.domain.digest import Digest, Outcome, People, Standing, Week, card_of, replies_of, shared_card, thread_title
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Conflict, NotFound, Refusal
from bot.domain.featuring import (
    LATELY,
    Candidate,
    Context,
    Feature,
    choose,
    explained,
    is_passed_over,
    nominated,
    upcoming,
)
from bot.domain.ids import ChannelRef, EntryId, EntryNumber, InvocationId, TeamId
from bot.domain.meeting import meeting_time
from bot.domain.notice import Host
from bot.domain.question import MAX_QUESTION, NOT_AGAIN, from_bank, quoted
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.schedule import WEEK, Occurrence, Schedule
from bot.domain.team import Member
from bot.domain.times import Day, WholeWeek
from bot.ports.store import Transaction
from bot.service import entries, hosts, notices, schedules, takeaways, votes

SEEDS = (ReadingState.READ, ReadingState.LATER)
LATE = timedelta(hours=24)
"""Later than this, a digest is skipped and the admins are notified. Missed digests are never posted in a burst."""
LATE_LABEL_AFTER = timedelta(minutes=5)
"""Later than this a digest says that it is late."""
HISTORY = 10
MAX_NEWS = 100


@record
class Fate:
    """What became of a used week: its entry, the latest post of it if one was planned, and how that stands.

    With `ahead` its time has not come yet.
    """

    week: Week
    standing: Standing
    ahead: bool
    entry: Entry | None = None
    post: Delivery | None = None


_STANDINGS = {
    State.PENDING: Standing.COMING,
    State.LEASED: Standing.COMING,
    State.SENDING: Standing.COMING,
    State.UNCERTAIN: Standing.CHECKING,
    State.SENT: Standing.POSTED,
    State.REFUSED: Standing.FAILED,
    State.SKIPPED: Standing.FAILED,
    State.NEEDS_HUMAN: Standing.UNCONFIRMED,
}
_UNPOSTED = {Outcome.SKIPPED: Standing.SKIPPED, Outcome.LATE: Standing.LATE, Outcome.EMPTY: Standing.EMPTY}


def fates(tx: Transaction, team: TeamId, weeks: Sequence[Week]) -> Sequence[Fate]:
    """What became of each of the team's used weeks, as their posts in the ledger have it."""
    planned = [week for week in weeks if week.outcome is Outcome.PLANNED]
    posts = tx.ledger.roots(team, [key for week in planned for key in _sources(week)])
    shown = tx.entries.get(team, [week.entry for week in weeks if week.entry is not None])
    found = []
    for week in weeks:
        post = next((posts[key] for key in reversed(_sources(week)) if key in posts), None)
        standing = _UNPOSTED.get(week.outcome) or (_STANDINGS[post.state] if post else Standing.POSTED)
        entry = shown.get(week.entry) if week.entry is not None else None
        ahead = week.due_at > tx.now() and standing is Standing.SKIPPED
        found.append(Fate(week=week, standing=standing, ahead=ahead, entry=entry, post=post))
    return found


def fate(tx: Transaction, schedule: Schedule, week: str) -> Fate | None:
    """What became of one week of the schedule; None while it is unused."""
    used = tx.schedules.used_slot(schedule.id, week)
    return fates(tx, schedule.team, [used])[0] if used else None


@record
class Preview:
    """What will be posted next in a channel, and when. `slot` is None while Dogear itself has paused the schedule.

    `week` is the week that a post now would use, `last` what became of it so far. `coming` is what this and the next
    digests feature, as things stand, `vote` when members vote for the next one.
    """

    schedule: Schedule
    slot: Occurrence | None
    digest: Digest
    week: str
    last: Fate | None
    coming: tuple[tuple[Occurrence, Entry, Feature], ...] = ()
    vote: votes.Period | None = None


AHEAD = 3
"""Digests that a preview looks ahead."""


def preview(tx: Transaction, team: TeamId, channel: ChannelRef) -> Preview:
    """The channel's next digest as it stands now; raises NotFound without a schedule, Refusal for an empty pool."""
    return _previewed(tx, schedules.of(tx, team, channel))


def locked_preview(tx: Transaction, team: TeamId, channel: ChannelRef) -> Preview:
    """As `preview`, locked until the transaction ends."""
    return _previewed(tx, schedules.locked(tx, team, channel))


def _previewed(tx: Transaction, schedule: Schedule) -> Preview:
    now = tx.now()
    slots = schedules.next_dates(tx, schedule, most=AHEAD)
    slot = next(iter(slots), None)
    week = schedule.week_of(now)
    digest = _digest(tx, schedule, slot or Occurrence(week=week, due_at=now), late=False)
    if digest is None:
        raise Refusal("There is no entry to feature.", hint=_empty_hint(schedule))
    return Preview(
        schedule=schedule,
        slot=slot,
        digest=digest,
        week=week,
        last=fate(tx, schedule, week),
        coming=_coming(tx, schedule, digest, slots),
        vote=votes.period(tx, schedule, slot) if slot else None,
    )


def _coming(
    tx: Transaction, schedule: Schedule, digest: Digest, slots: Sequence[Occurrence]
) -> tuple[tuple[Occurrence, Entry, Feature], ...]:
    first = Feature(entry=digest.entry.id, why=digest.why, reason=digest.reason)
    times = [slot.due_at for slot in slots]
    features = upcoming(_pool(tx, schedule), _context(tx, schedule), times, first)
    known = tx.entries.get(schedule.team, [feature.entry for feature in features])
    return tuple((slot, known[one.entry], one) for slot, one in zip(slots, features, strict=False))


def pass_over(
    tx: Transaction, team: TeamId, channel: ChannelRef, number: EntryNumber, *, undo: bool = False
) -> Preview:
    """Leave the entry out of the channel's digests for eight weeks, or take that back."""
    schedule = schedules.locked(tx, team, channel)
    entry = entries.entry(tx, team, number)
    tx.schedules.pass_over(schedule.id, entry.id, None if undo else tx.now())
    if not undo and tx.schedules.pinned(schedule.id) == entry.id:
        tx.schedules.pin(schedule.id, None)
    return _previewed(tx, schedule)


def picked(tx: Transaction, team: TeamId, channel: ChannelRef) -> Entry | None:
    """The entry that an admin picked for the channel's next digest."""
    pinned = tx.schedules.pinned(schedules.locked(tx, team, channel).id)
    return tx.entries.get(team, [pinned]).get(pinned) if pinned is not None else None


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


def slot_on(tx: Transaction, team: TeamId, channel: ChannelRef, day: Day) -> Occurrence:
    """The coming slot of a day; raises NotFound, with the nearest ones to choose from, for a day that has none."""
    schedule = schedules.locked(tx, team, channel)
    zone = ZoneInfo(schedule.zone)
    _next_slot(tx, schedule)
    asked = day(tx.now().astimezone(zone).date())
    coming = schedules.next_dates(tx, schedule, most=MAX_SLOTS_AHEAD)
    days = [slot.due_at.astimezone(zone).date() for slot in coming]
    if isinstance(day, WholeWeek):
        in_week = (slot for slot, on in zip(coming, days, strict=True) if WholeWeek(0)(on) == asked)
        if slot := next(in_week, None):
            return slot
    if asked in days:
        return coming[days.index(asked)]
    near = sorted(sorted(days, key=lambda one: abs(one - asked))[:2])
    when = f"{asked:%A} {asked.day} {asked:%B %Y}"
    raise NotFound(
        f"No digest is due in the week of {when}." if isinstance(day, WholeWeek) else f"No digest is due on {when}.",
        hint=f"The nearest are on {' and '.join(str(one) for one in near)}.",
        field="day",
        choices=[(str(one), f"Skip {one:%a} {one.day} {one:%b}") for one in near],
    )


def unpick(tx: Transaction, team: TeamId, channel: ChannelRef, number: EntryNumber | None = None) -> Preview:
    """Let Dogear choose the next entry again; raises Conflict if no entry, or another than this one, is picked."""
    now_picked = picked(tx, team, channel)
    if now_picked is None:
        raise Conflict("No entry is picked for the next digest.", hint="Dogear chooses one.")
    if number is not None and now_picked.number != number:
        raise Conflict(
            f"#{number} is not picked any more.", hint=f"The pick is #{now_picked.number} {now_picked.title} now."
        )
    schedule = schedules.of(tx, team, channel)
    tx.schedules.pin(schedule.id, None)
    return _previewed(tx, schedule)


def skip(tx: Transaction, team: TeamId, channel: ChannelRef, week: str | None = None) -> tuple[Schedule, Occurrence]:
    """Use up this week's slot, or the channel's next one, without a post; the slot that was skipped.

    Raises Conflict for a week that was used, is over or is not one of the schedule's.
    """
    schedule = schedules.locked(tx, team, channel)
    slot = _next_slot(tx, schedule) if week is None else _slot(schedule, week)
    if slot.due_at <= tx.now() or not schedule.counts(slot):
        raise Conflict("That digest is not planned any more.", hint=f"{_next_one(tx, schedule)}".strip() or None)
    if not tx.schedules.use_slot(_week(tx, schedule, slot, Outcome.SKIPPED)):
        known = fate(tx, schedule, slot.week)
        raise Conflict(f"That week's digest was already {known.standing.value}." if known else "That week is used.")
    return schedule, slot


def unskip(tx: Transaction, team: TeamId, channel: ChannelRef, week: str | None = None) -> tuple[Schedule, Occurrence]:
    """Post in a skipped week after all, this one or the next skipped one; its slot. Raises Conflict if that cannot be done."""
    schedule = schedules.locked(tx, team, channel)
    coming = [one for one in history(tx, team, channel) if one.ahead]
    if week is None:
        if not coming:
            raise Conflict("No coming digest is skipped.", hint=_next_one(tx, schedule).strip() or None)
        week = coming[-1].week.week
    slot = _slot(schedule, week)
    known = fate(tx, schedule, week)
    if known is None:
        raise Conflict("That digest is not skipped.", hint=_next_one(tx, schedule).strip() or None)
    if known.standing is not Standing.SKIPPED:
        raise Conflict(f"That week's digest was {known.standing.value}.")
    if slot.due_at <= tx.now():
        raise Conflict(
            "The time of that digest has passed.",
            hint="“digest post” posts this week's digest now." if week == schedule.week_of(tx.now()) else None,
        )
    tx.schedules.free_slot(schedule.id, week)
    return schedule, slot


def _slot(schedule: Schedule, week: str) -> Occurrence:
    try:
        return schedule.slot_of(week)
    except ValueError:
        raise BadUsage(f"“{week}” is not a week.", hint="Press the button under my message.") from None


def post_now(tx: Transaction, team: TeamId, channel: ChannelRef, *, anyway: bool = False) -> Digest:
    """Plan this week's digest for now and use up this week's slot; raises Conflict if it was posted, or may have been.

    A week that an admin skipped is used only if it is to be posted `anyway`. A schedule that Dogear paused because it
    could not post goes on.
    """
    schedule = schedules.locked(tx, team, channel)
    now = tx.now()
    slot = Occurrence(week=schedule.week_of(now), due_at=now)
    used = fate(tx, schedule, slot.week)
    if used is not None and not used.standing.may_repeat and not (anyway and used.standing is Standing.SKIPPED):
        hint = "“digest history” shows the past weeks, “share #12” posts any entry now."
        raise Conflict(already(tx, schedule, used), hint=hint)
    digest = _plan(tx, schedule, slot, late=False, again=used)
    if digest is None:
        raise Refusal("There is no entry to feature.", hint=_empty_hint(schedule))
    schedules.restart(tx, channel)
    return digest


_ALREADY = {
    Standing.POSTED: "This week's digest was already posted.",
    Standing.COMING: "This week's digest is being posted right now.",
    Standing.CHECKING: "I am checking whether this week's digest arrived.",
    Standing.UNCONFIRMED: "I can't see whether this week's digest arrived.",
    Standing.SKIPPED: "This week's digest was skipped by an admin.",
}


def already(tx: Transaction, schedule: Schedule, used: Fate) -> str:
    """Why this week's digest is not posted again, for an admin who wants to post it."""
    return f"{_ALREADY[used.standing]}{_next_one(tx, schedule)}"


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


def plan_and_notify(tx: Transaction, among: Sequence[Schedule], host: Host) -> Sequence[Tick]:
    """`plan_due`, plus a notice for each slot that was skipped."""
    ticks = plan_due(tx, among)
    for tick in ticks:
        if tick.outcome is not Outcome.PLANNED:
            notices.notify(tx, notice.unused(tick.schedule, tick.slot, tick.outcome, host), host)
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
    if not late and _plan(tx, schedule, slot, late=now - slot.due_at > LATE_LABEL_AFTER) is not None:
        return Outcome.PLANNED
    outcome = Outcome.LATE if late else Outcome.EMPTY
    return outcome if tx.schedules.use_slot(_week(tx, schedule, slot, outcome)) else None


def _plan(
    tx: Transaction, schedule: Schedule, slot: Occurrence, *, late: bool, again: Fate | None = None
) -> Digest | None:
    """Use up the slot and owe the channel its digest; None, and nothing done, for an empty pool or a used slot.

    `again` is how the slot was used before without a post.
    """
    digest = _digest(tx, schedule, slot, late=late)
    if digest is None:
        return None
    feature = Feature(entry=digest.entry.id, why=digest.why, reason=digest.reason)
    week = replace(_week(tx, schedule, slot, Outcome.PLANNED, feature), question=digest.question)
    if again is not None:
        tx.schedules.replace_slot(week)
    elif not tx.schedules.use_slot(week):
        return None
    tx.schedules.pin(schedule.id, None)
    hosts.settle(tx, schedule.id, slot.week)
    source = _unplanned(tx, week)
    step = partial(
        Draft,
        channel=schedule.channel,
        source_key=source,
        schedule=schedule.id,
        week=slot.week,
        notify=schedule.created_by,
    )
    old = takeaways.recall(tx, digest.entry, source) if tx.meetings.rules(schedule.id).closing else ()
    replies = replies_of(digest.entry, digest.question, teaser=digest.teaser, recalled=old)
    root, *others = _drafts(step, card_of(digest), digest.entry, replies)
    drafts = [replace(root, late_after=slot.due_at + LATE), *others]
    tx.ledger.plan(schedule.team, drafts, not_before=slot.due_at)
    return digest


MAX_POSTS = 20
"""How often the digest of one week may be planned: again each time that it could not be posted."""


def _sources(week: Week) -> Sequence[str]:
    """What the ledger calls the posts of a week, the first one foremost."""
    first = f"digest:{week.schedule}:{week.week}"
    return [first, *(f"{first}:{number}" for number in range(2, MAX_POSTS + 1))]


def _unplanned(tx: Transaction, week: Week) -> str:
    """The first of them that is free; raises Conflict if none is."""
    sources = _sources(week)
    planned = tx.ledger.roots(week.team, sources)
    free = next((source for source in sources if source not in planned), None)
    if free is None:
        raise Conflict(f"This week's digest was tried {MAX_POSTS} times.", hint="“share #12” posts any entry now.")
    return free


def share(tx: Transaction, member: Member, channel: ChannelRef, number: EntryNumber, invocation: InvocationId) -> Entry:
    """Enqueue a card of this entry with a thread, once per invocation. Raises NotFound."""
    entry = entries.entry_on_list(tx, member.team, number)
    card = shared_card(entry, member.name, takeaways.counts(tx, entry.id))
    step = partial(Draft, channel=channel, source_key=f"{SHARE}{invocation}", notify=member.account)
    question = question_for(tx, entry, (), f"share:{entry.number}")
    tx.ledger.plan(member.team, _drafts(step, card, entry, replies_of(entry, question)), not_before=tx.now())
    return entry


def history(tx: Transaction, team: TeamId, channel: ChannelRef) -> Sequence[Fate]:
    """What became of the channel's last weeks and of coming ones that are skipped, newest first."""
    return fates(tx, team, tx.schedules.weeks(team, channel, HISTORY))


@record
class Failure:
    """A post that was refused or waits for a person; of a digest with its week, and whether that is the present one."""

    post: Delivery
    entry: Entry | None
    week: str | None = None
    is_current: bool = False


def failures(tx: Transaction, team: TeamId) -> Sequence[Failure]:
    """The team's posts that failed lately, newest first: each once, and none that an admin has posted since."""
    firsts: dict[str, Delivery] = {}
    for one in tx.ledger.unsettled(team):
        known = firsts.get(one.draft.source_key)
        if known is None or one.draft.ordinal < known.draft.ordinal:
            firsts[one.draft.source_key] = one
    current = {schedule.id: schedule.week_of(tx.now()) for schedule in tx.schedules.all(team)}
    found, seen = [], set()
    for one in firsts.values():
        draft = one.draft
        shown = tx.ledger.of_source(team, draft.source_key)[0].draft.entry
        entry = tx.entries.get(team, [shown]).get(shown) if shown is not None else None
        if draft.schedule is None or draft.week is None:
            found.append(Failure(post=one, entry=entry))
            continue
        used = tx.schedules.used_slot(draft.schedule, draft.week)
        latest = fates(tx, team, [used])[0].post if used else None
        if (draft.schedule, draft.week) in seen or (latest and latest.draft.source_key != draft.source_key):
            continue
        seen.add((draft.schedule, draft.week))
        is_current = current.get(draft.schedule) == draft.week
        found.append(Failure(post=one, entry=entry, week=draft.week, is_current=is_current))
    return found


def coming(tx: Transaction, schedule: Schedule, slot: Occurrence) -> Digest | None:
    """The digest of a slot as things stand; None for an empty pool."""
    return _digest(tx, schedule, slot, late=False)


def _digest(tx: Transaction, schedule: Schedule, slot: Occurrence, *, late: bool) -> Digest | None:
    feature = _feature(tx, schedule, slot)
    if feature is None:
        return None
    entry = tx.entries.get(schedule.team, [feature.entry])[feature.entry]
    return Digest(
        week=slot.week,
        due_at=slot.due_at,
        late=late,
        entry=entry,
        why=feature.why,
        reason=feature.reason,
        question=_question(tx, schedule, slot, entry),
        counts=takeaways.counts(tx, feature.entry),
        newest=_newest(tx, schedule, slot, feature.entry),
        people=_people(tx, schedule, slot),
        teaser=tx.meetings.rules(schedule.id).teaser,
    )


def _people(tx: Transaction, schedule: Schedule, slot: Occurrence) -> People:
    rules, host = tx.meetings.rules(schedule.id), hosts.host_of(tx, schedule.id, slot.week)
    join = Call(path=("digest", "in"), arguments={"channel": f"#{schedule.channel.id}", "week": slot.week})
    return People(
        host=host.name if host else "",
        join=join if rules.quorum else None,
        meets=meeting_time(rules.meets, max(slot.due_at, tx.now())) if rules.meets else (),
    )


def latest(tx: Transaction, schedule: Schedule) -> Fate | None:
    """The schedule's newest digest that was posted; None if its newest one was not, or it had none."""
    weeks = tx.schedules.weeks(schedule.team, schedule.channel, HISTORY)
    newest = next((week for week in weeks if week.outcome is Outcome.PLANNED), None)
    found = fates(tx, schedule.team, [newest])[0] if newest else None
    return found if found is not None and found.standing.is_featured and found.post is not None else None


def _question(tx: Transaction, schedule: Schedule, slot: Occurrence, entry: Entry) -> str:
    """The entry's own question, else one from its notes, else one of the bank that the channel was not asked lately."""
    weeks = tx.schedules.weeks(schedule.team, schedule.channel, HISTORY * 2)
    asked = [week.question for week in weeks if week.question is not None and week.week != slot.week]
    return question_for(tx, entry, asked[:NOT_AGAIN], f"{schedule.id}:{entry.number}")


def question_for(tx: Transaction, entry: Entry, asked: Sequence[str], salt: str) -> str:
    return tx.entries.question(entry.id) or quoted(entry.notes.tree) or from_bank(entry, asked, salt)


def ask(tx: Transaction, team: TeamId, number: EntryNumber, text: str | None) -> tuple[Entry, str | None]:
    """Set the question for the entry's thread, or remove it. Returns the entry and the question before. Raises BadUsage."""
    entry = entries.entry(tx, team, number)
    before = tx.entries.question(entry.id)
    if text is not None and not any(character.isalnum() for character in text):
        raise BadUsage("A question needs a few words.", hint="Write what you want to ask.", field="text")
    if text is not None and len(text) > MAX_QUESTION:
        said = f"A question has at most {MAX_QUESTION} characters; this has {len(text)}."
        raise BadUsage(said, hint="Shorten it.", field="text")
    tx.entries.set_question(entry.id, text)
    return entry, before


def nominees(tx: Transaction, schedule: Schedule, slot: Occurrence, most: int) -> Sequence[Feature]:
    """Entries to vote about for this digest, each with its reason; none where one is picked."""
    if tx.schedules.pinned(schedule.id) is not None:
        return ()
    return nominated(_pool(tx, schedule), _context(tx, schedule), slot.due_at, most)


def _feature(tx: Transaction, schedule: Schedule, slot: Occurrence) -> Feature | None:
    """What to feature next: the pick, else what the last digest would have shown had it been posted, else the vote."""
    pool, context, at = _pool(tx, schedule), _context(tx, schedule), slot.due_at
    pinned = tx.schedules.pinned(schedule.id)
    failed = _last_failed(tx, schedule) if pinned is None else None
    if failed is not None and failed.why is not None:
        again = [one for one in pool if one.entry == failed.entry and not is_passed_over(one, at)]
        unseen = next(iter(again), None)
        if unseen is not None:
            return explained(unseen, failed.why, pool, context, at)
    voted = votes.result(tx, schedule, slot, pool) if pinned is None else None
    return voted or choose(pool, context, at, pinned)


def _pool(tx: Transaction, schedule: Schedule) -> Sequence[Candidate]:
    return tx.schedules.candidates(schedule.team, schedule.channel, schedule.tags, tx.now() - LATELY)


def _context(tx: Transaction, schedule: Schedule) -> Context:
    return Context(
        schedule=schedule.id,
        since=schedule.active_from,
        gone=tuple(tx.schedules.gone(schedule.team, schedule.channel)),
        filter=schedule.tags,
    )


def _last_failed(tx: Transaction, schedule: Schedule) -> Week | None:
    """The schedule's last digest if it could not be posted."""
    weeks = tx.schedules.weeks(schedule.team, schedule.channel, HISTORY)
    last = next((week for week in weeks if week.outcome is Outcome.PLANNED or week.due_at <= tx.now()), None)
    if last is None or last.outcome is not Outcome.PLANNED:
        return None
    return last if fates(tx, schedule.team, [last])[0].standing is Standing.FAILED else None


def _newest(tx: Transaction, schedule: Schedule, slot: Occurrence, featured: EntryId) -> tuple[Entry, ...]:
    """The week's new entries without the featured one. Entries older than the schedule are not new."""
    since = max(slot.due_at - WEEK, schedule.active_from)
    fresh = tx.entries.added_since(schedule.team, since, MAX_NEWS)
    return tuple(entry for entry in fresh if entry.id != featured)


def _drafts(step: Callable[..., Draft], root: Card, entry: Entry, replies: Sequence[Card]) -> list[Draft]:
    """The steps of one post: the card, its thread, both seed reactions, and the replies in the thread."""
    steps = [
        step(ordinal=0, step=Step.ROOT, card=root, entry=entry.id),
        step(ordinal=1, step=Step.THREAD, title=thread_title(entry), waits_for=0),
    ]
    seeds = enumerate(SEEDS, start=len(steps))
    steps += [step(ordinal=n, step=Step.SEED, meaning=meaning.value, waits_for=0) for n, meaning in seeds]
    first, *others = enumerate(replies, start=len(steps))
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
    known = fates(tx, team, [week for week in used if week is not None and week.entry is not None])
    shown = {one.entry.id: one.entry for one in known if one.entry is not None and one.standing.is_featured}
    return list(shown.values())
