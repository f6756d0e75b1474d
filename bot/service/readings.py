"""Reading states: choices, reactions, queues and counts."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from bot.chat.platform import Actor, MarksSeen, Reacted, ReactionsCleared, Unreacted
from bot.domain.entry import Entry
from bot.domain.errors import Refusal
from bot.domain.ids import EntryId, EntryNumber, MemberId, MessageRef, TeamId
from bot.domain.reading_state import Choice, Mark, Microphone, Reading, ReadingCounts, ReadingState, state_of
from bot.domain.record import record
from bot.domain.schedule import WEEK
from bot.domain.takeaway import Takeaway
from bot.domain.team import Member, Team
from bot.ports.entries import EntryFilter
from bot.ports.readings import TeamCounts
from bot.ports.store import Transaction
from bot.service import digests, entries, hosts, teams

MIN_FOR_TEAM_STATS = 3
"""In a smaller team, a count would reveal who read what."""
RECENTLY = timedelta(days=30)


def choose(tx: Transaction, member: Member, entry: EntryId, state: ReadingState) -> ReadingState:
    """Save a state that a member typed or picked. Returns the state before.

    The choice is at least as new as what it overrides: clocks differ, and a transaction that waited started earlier.
    """
    tx.readings.lock(member.team, member.account, entry)
    before, last = tx.readings.state(member.id, entry), tx.readings.choice(member.id, entry)
    live = [mark.at for mark in tx.readings.marks(member.team, member.account, entry) if mark.live]
    at = max([tx.now(), *live, *([last.at] if last else [])])
    tx.readings.save(member.id, Reading(entry=entry, state=state, since=tx.now()), Choice(state=state, at=at))
    return before


def react(tx: Transaction, event: Reacted | Unreacted) -> ReadingState | None:
    """Save a reaction that was added or removed. Returns the member's state for the entry afterwards.

    Returns None if the message is not ours, or if an unknown account removed the reaction. The mark is saved in that
    case, because the reaction may arrive after its removal, but the account does not become a member: it may be another
    bot, which not every platform flags here.
    """
    team = teams.team_of(tx, event.actor.workspace)
    entry = _entry_shown(tx, team.id, event) if team else None
    if team is None or entry is None:
        return None
    account = event.actor.account
    if isinstance(event, Reacted):
        teams.admitted(tx, team, event.actor)
    tx.readings.lock(team.id, account, entry)
    tx.readings.save_mark(team.id, _mark_of(event, entry))
    if event.meaning is Microphone.HOST:
        hosts.follow_microphone(tx, team.id, event.message)
    member = tx.teams.member(team.id, account)
    return _follow(tx, member, entry) if member else None


def _mark_of(event: Reacted | Unreacted, entry: EntryId) -> Mark:
    return Mark(
        account=event.actor.account,
        message=event.message,
        entry=entry,
        emoji=event.emoji,
        meaning=event.meaning,
        at=event.at,
        live=isinstance(event, Reacted),
    )


def clear(tx: Transaction, event: ReactionsCleared) -> int:
    """Remove every reaction, or every one of a kind, from a message. Returns the number of marks changed."""
    team = teams.team_of(tx, event.message.channel.workspace)
    if team is None:
        return 0
    marks = [mark for mark in _locked(tx, team.id, event.message) if mark.live and event.emoji in (None, mark.emoji)]
    _take_away(tx, team.id, marks, event.at)
    _follow_all(tx, team.id, {mark.entry for mark in marks})
    if any(mark.meaning is Microphone.HOST for mark in marks):
        hosts.follow_microphone(tx, team.id, event.message)
    return len(marks)


def _locked(tx: Transaction, team: TeamId, message: MessageRef, *shown: EntryId) -> Sequence[Mark]:
    """The marks on a message, after locking the entries it shows. Marks on other entries were added since they were
    read.
    """
    entries = {mark.entry for mark in tx.readings.marks_on(team, message)} | set(shown)
    tx.readings.lock_entries(team, entries)
    return [mark for mark in tx.readings.marks_on(team, message) if mark.entry in entries]


def _take_away(tx: Transaction, team: TeamId, marks: Sequence[Mark], at: datetime) -> None:
    for mark in marks:
        tx.readings.save_mark(team, replace(mark, at=at, live=False))


def see(tx: Transaction, event: MarksSeen) -> int:
    """Sync the stored marks with those on a message, and the states of everyone who reacted to its entry.

    Returns the number of marks added or removed.
    """
    team = teams.team_of(tx, event.message.channel.workspace)
    if team is None:
        return 0
    shown = _entries_shown(tx, team.id, event)
    _admit(tx, team, [one.actor for one in _missed(tx.readings.marks_on(team.id, event.message), event, shown)])
    known = _locked(tx, team.id, event.message, *shown.values())
    by_key = {(mark.account, mark.emoji): mark for mark in known}
    missed = _missed(known, event, shown)
    for one in missed:
        at = _earliest(by_key.get((one.actor.account, one.emoji)), event)
        tx.readings.save_mark(team.id, _mark_of(replace(one, at=at), shown[one.entry]))
    there = {(one.actor.account, one.emoji) for one in event.marks}
    gone = [mark for key, mark in by_key.items() if mark.live and mark.at <= event.at and key not in there]
    _take_away(tx, team.id, gone, event.at)
    _follow_all(tx, team.id, {mark.entry for mark in known} | set(shown.values()))
    if Microphone.HOST in {*(one.meaning for one in missed), *(mark.meaning for mark in gone)}:
        hosts.follow_microphone(tx, team.id, event.message)
    return len(missed) + len(gone)


def _entries_shown(tx: Transaction, team: TeamId, event: MarksSeen) -> Mapping[EntryNumber | None, EntryId]:
    """The entry for each number the marks carry. A message shows one entry however many marks it has, so it is one
    query.
    """
    examples = {one.entry: one for one in event.marks}
    found = {number: _entry_shown(tx, team, one) for number, one in examples.items()}
    return {number: entry for number, entry in found.items() if entry is not None}


def _missed(known: Sequence[Mark], event: MarksSeen, shown: Mapping[EntryNumber | None, EntryId]) -> Sequence[Reacted]:
    """Marks that are on the message but not stored as live."""
    by_key = {(mark.account, mark.emoji): mark for mark in known}
    seen = {(one.actor.account, one.emoji): one for one in event.marks if one.entry in shown}
    return [one for key, one in seen.items() if key not in by_key or _came_back(by_key[key], event)]


def _admit(tx: Transaction, team: Team, actors: Sequence[Actor]) -> None:
    """Add new members first, in order of their ids. Everyone who locks several members uses this order."""
    known = {actor: tx.teams.member(team.id, actor.account) for actor in actors}
    newcomers = [actor for actor, member in known.items() if member is None]
    members = {member.id: actor for actor, member in known.items() if member is not None}
    for actor in (*newcomers, *(members[number] for number in sorted(members))):
        teams.admitted(tx, team, actor)


def _came_back(known: Mark, event: MarksSeen) -> bool:
    """Whether a removed mark is on the message again. An event received after the message was read is newer."""
    return not known.live and known.at <= event.at


def _earliest(known: Mark | None, event: MarksSeen) -> datetime:
    """The earliest time at which a newly seen mark can have been added."""
    since = event.since or event.at
    return max(since, known.at) if known else since


def _entry_shown(tx: Transaction, team: TeamId, event: Reacted | Unreacted) -> EntryId | None:
    if event.entry is not None:
        entry = tx.entries.by_number(team, event.entry)
        return entry.id if entry else None
    shown = tx.ledger.entry_shown_by(event.message)
    return shown[1] if shown and shown[0] == team else None


def _follow(tx: Transaction, member: Member, entry: EntryId) -> ReadingState:
    """Recompute the member's state from the choice and the marks."""
    marks = tx.readings.marks(member.team, member.account, entry)
    state = state_of(tx.readings.choice(member.id, entry), marks)
    if tx.readings.state(member.id, entry) is not state:
        tx.readings.save(member.id, Reading(entry=entry, state=state, since=tx.now()), None)
    return state


def _follow_all(tx: Transaction, team: TeamId, entries: Collection[EntryId]) -> None:
    """As `_follow`, for everyone who reacted to one of the entries."""
    for entry in sorted(entries):
        for one in tx.readings.marked(team, entry):
            state = state_of(one.choice, one.marks)
            if state is not one.state:
                tx.readings.save(one.member, Reading(entry=entry, state=state, since=tx.now()), None)


def next_up(
    tx: Transaction, team: TeamId, member: MemberId, most: int, minutes: int | None = None
) -> tuple[tuple[Entry, ReadingState], ...]:
    """What to read next: the member's queue, oldest first, then unread entries by number. With `minutes` only what takes
    no longer.
    """
    ids = list(tx.readings.queue(member, most, minutes))
    if len(ids) < most and minutes:
        which = EntryFilter(state=ReadingState.UNREAD, minutes=minutes)
        ids += [entry.id for entry in tx.entries.page(team, member, which, offset=0, limit=most - len(ids))[1]]
    elif len(ids) < most:
        ids += tx.readings.unread(member, offset=0, limit=most - len(ids))
    found = tx.entries.get(team, ids)
    return entries.with_states(tx, member, [found[entry] for entry in ids])


def queued(tx: Transaction, team: TeamId, member: MemberId, most: int) -> tuple[tuple[Entry, ReadingState], ...]:
    """The member's queue, oldest first."""
    ids = tx.readings.queue(member, most)
    found = tx.entries.get(team, ids)
    return entries.with_states(tx, member, [found[entry] for entry in ids])


@record
class OwnStats:
    """A member's own figures; `recently` counts entries read within the last 30 days."""

    counts: ReadingCounts
    recently: int


def own_stats(tx: Transaction, member: MemberId) -> OwnStats:
    """The member's own figures."""
    return OwnStats(counts=tx.readings.counts(member), recently=tx.readings.read_since(member, tx.now() - RECENTLY))


def team_stats(tx: Transaction, team: TeamId) -> tuple[TeamCounts, Sequence[tuple[Entry, int]]]:
    """The team's counts and its most read entries with their numbers of readers; raises Refusal in a small team."""
    counts = _team_counts(tx, team, RECENTLY)
    found = tx.entries.get(team, [entry for entry, _ in counts.most_read])
    return counts, [(found[entry], readers) for entry, readers in counts.most_read]


def _team_counts(tx: Transaction, team: TeamId, lately: timedelta) -> TeamCounts:
    counts = tx.readings.team_counts(team, tx.now() - lately)
    if counts.members < MIN_FOR_TEAM_STATS:
        raise Refusal(
            f"Team figures need at least {MIN_FOR_TEAM_STATS} members; this team has {counts.members}.",
            hint="With fewer, a count would show who read what. Your own figures: stats me",
        )
    return counts


WEEKS = 13


def reads_by_week(tx: Transaction, team: TeamId) -> Mapping[date, int]:
    """How often something was read in each of the last 13 weeks, by its Monday, the oldest first. For no small team."""
    today = tx.now().date()
    monday = today - timedelta(days=today.weekday())
    counts = {monday - timedelta(weeks=back): 0 for back in reversed(range(WEEKS))}
    for at, _ in tx.readings.read_in(team, datetime.combine(min(counts), time(), UTC)):
        week = at.date() - timedelta(days=at.weekday())
        counts[week] = counts.get(week, 0) + 1
    return counts


MAX_STREAK = 26


def weeks_in_a_row(tx: Transaction, member: MemberId) -> int:
    """In how many of the last weeks, without a gap, the member read something; half a year at most."""
    now = tx.now()
    read = {(now - at) // WEEK for at in tx.readings.read_by(member, now - MAX_STREAK * WEEK)}
    return next((week for week in range(MAX_STREAK) if week not in read), MAX_STREAK)


@record
class TeamWeek:
    """The team's last seven days: what its channels featured, what members kept, and how often something was read.

    `themes` are the most common tags of all that. `neglected` are tags of several entries, none of which anyone read in
    eight weeks.
    """

    featured: Sequence[Entry]
    kept: Sequence[tuple[Takeaway, Entry]]
    reads: int
    themes: Sequence[str] = ()
    neglected: Sequence[str] = ()


MAX_KEPT = 200
MAX_TAGS = 3
NEGLECTED_AFTER = 8 * WEEK
MIN_NEGLECTED = 2
"""Entries of a tag of which the team's week says that no one reads it."""


def team_week(tx: Transaction, team: TeamId) -> TeamWeek:
    """The team's last seven days. Raises Refusal in a small team."""
    reads, since = _team_counts(tx, team, WEEK).reads_since, tx.now() - WEEK
    of_schedules = [tx.schedules.weeks(team, one.channel, digests.HISTORY) for one in tx.schedules.all(team)]
    used = [week for weeks in of_schedules for week in weeks if week.due_at <= tx.now() and week.used_at >= since]
    posted = {
        fate.entry.id: fate.entry
        for fate in digests.fates(tx, team, used)
        if fate.entry is not None and fate.standing.is_featured
    }
    kept = tx.takeaways.kept_since(team, since, MAX_KEPT)
    known = tx.entries.get(team, [one.entry for one in kept])
    read = tx.readings.read_in(team, tx.now() - NEGLECTED_AFTER)
    entries_read = tx.entries.get(team, sorted({entry for _, entry in read}))
    lately = {entry for at, entry in read if at >= since}
    about = [*posted.values(), *(known[one.entry] for one in kept), *(entries_read[one] for one in sorted(lately))]
    themes = Counter(tag for entry in {one.id: one for one in about}.values() for tag in entry.tags)
    read_tags = {tag.casefold() for entry in entries_read.values() for tag in entry.tags}
    tags = tx.entries.tags(team, None) if read else ()
    neglected = [tag.name for tag in tags if tag.entries >= MIN_NEGLECTED and tag.name.casefold() not in read_tags]
    return TeamWeek(
        featured=list(posted.values()),
        kept=[(one, known[one.entry]) for one in kept],
        reads=reads,
        themes=[tag for tag, _ in themes.most_common(MAX_TAGS)],
        neglected=neglected[:MAX_TAGS],
    )
