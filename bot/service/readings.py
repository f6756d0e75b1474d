"""Who has read what: choices, reactions, queues and counts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.chat.platform import MarksSeen, Reacted, ReactionsCleared, Unreacted
from bot.domain.entry import Entry
from bot.domain.errors import Refusal
from bot.domain.ids import AccountRef, EntryId, MemberId, TeamId
from bot.domain.reading_state import Choice, Mark, Reading, ReadingCounts, ReadingState, state_of
from bot.domain.record import record
from bot.ports.readings import TeamCounts
from bot.ports.store import Transaction
from bot.service import entries, teams

MIN_FOR_TEAM_STATS = 3
"""With fewer members a count would tell who read what."""
RECENTLY = timedelta(days=30)


def choose(tx: Transaction, member: MemberId, entry: EntryId, state: ReadingState) -> bool:
    """Take what a member typed or pressed; whether the state is another one now."""
    before = tx.readings.state(member, entry)
    now = tx.now()
    tx.readings.save(member, Reading(entry=entry, state=state, since=now), Choice(state=state, at=now))
    return before is not state


def react(tx: Transaction, event: Reacted | Unreacted) -> ReadingState | None:
    """Take a reaction put or taken away; the member's state for the entry then.

    None if the message is not ours, or if who takes it away is nobody we know: the mark is kept, for the reaction may
    come after its end, but nobody becomes a member by it. It may be another bot, which not every platform tells then.
    """
    team = teams.team_of(tx, event.actor.workspace)
    entry = _entry_shown(tx, team.id, event) if team else None
    if team is None or entry is None:
        return None
    there = isinstance(event, Reacted)
    member = teams.admitted(tx, team, event.actor) if there else tx.teams.member(team.id, event.actor.account)
    mark = Mark(
        account=event.actor.account,
        message=event.message,
        entry=entry,
        emoji=event.emoji,
        meaning=event.meaning,
        at=event.at,
        live=there,
    )
    tx.readings.save_mark(team.id, mark)
    return _follow(tx, team.id, member.id, event.actor.account, entry) if member else None


def clear(tx: Transaction, event: ReactionsCleared) -> int:
    """Take away every reaction, or every one of a kind, from a message; how many marks were touched."""
    team = teams.team_of(tx, event.message.channel.workspace)
    if team is None:
        return 0
    marks = [
        mark for mark in tx.readings.marks_on(team.id, event.message) if mark.live and event.emoji in (None, mark.emoji)
    ]
    _take_away(tx, team.id, marks, event.at)
    return len(marks)


def _take_away(tx: Transaction, team: TeamId, marks: Sequence[Mark], at: datetime) -> None:
    for mark in marks:
        tx.readings.save_mark(team, replace(mark, at=at, live=False))
        member = tx.teams.member(team, mark.account)
        if member:
            _follow(tx, team, member.id, mark.account, mark.entry)


def see(tx: Transaction, event: MarksSeen) -> int:
    """Bring the marks of a message in line with what stands on it; how many were put or taken away."""
    team = teams.team_of(tx, event.message.channel.workspace)
    if team is None:
        return 0
    known = {(mark.account, mark.emoji): mark for mark in tx.readings.marks_on(team.id, event.message)}
    there = {(seen.actor.account, seen.emoji): seen for seen in event.marks}
    missed = [seen for one, seen in there.items() if one not in known or _came_back(known[one], event)]
    for seen in missed:
        react(tx, replace(seen, at=_earliest(known.get((seen.actor.account, seen.emoji)), event)))
    gone = [mark for one, mark in known.items() if mark.live and mark.at <= event.at and one not in there]
    _take_away(tx, team.id, gone, event.at)
    return len(missed) + len(gone)


def _came_back(known: Mark, event: MarksSeen) -> bool:
    """Whether a mark that was seen had been taken away; what was heard after the message was read is newer than that."""
    return not known.live and known.at <= event.at


def _earliest(known: Mark | None, event: MarksSeen) -> datetime:
    """When a mark that was seen and is new can have come at the earliest."""
    since = event.since or event.at
    return max(since, known.at) if known else since


def _entry_shown(tx: Transaction, team: TeamId, event: Reacted | Unreacted) -> EntryId | None:
    if event.entry is not None:
        entry = tx.entries.by_number(team, event.entry)
        return entry.id if entry else None
    shown = tx.ledger.entry_shown_by(event.message)
    return shown[1] if shown and shown[0] == team else None


def _follow(tx: Transaction, team: TeamId, member: MemberId, account: AccountRef, entry: EntryId) -> ReadingState:
    """Bring the state in line with the choice and the marks."""
    state = state_of(tx.readings.choice(member, entry), tx.readings.marks(team, account, entry))
    if tx.readings.state(member, entry) is not state:
        tx.readings.save(member, Reading(entry=entry, state=state, since=tx.now()), None)
    return state


def next_up(tx: Transaction, team: TeamId, member: MemberId, most: int) -> tuple[tuple[Entry, ReadingState], ...]:
    """What to read next: the queue, the one queued first foremost, then unread entries by number."""
    ids = list(tx.readings.queue(member, most))
    if len(ids) < most:
        ids += tx.readings.unread(member, offset=0, limit=most - len(ids))
    found = tx.entries.get(team, ids)
    return entries.with_states(tx, member, [found[entry] for entry in ids])


def queued(tx: Transaction, team: TeamId, member: MemberId, most: int) -> tuple[tuple[Entry, ReadingState], ...]:
    """The member's queue, the one queued first foremost."""
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
    counts = tx.readings.team_counts(team, tx.now() - RECENTLY)
    if counts.members < MIN_FOR_TEAM_STATS:
        raise Refusal(
            f"Team figures need at least {MIN_FOR_TEAM_STATS} members; this team has {counts.members}.",
            hint="With fewer, a count would show who read what. Your own figures: stats me",
        )
    found = tx.entries.get(team, [entry for entry, _ in counts.most_read])
    return counts, [(found[entry], readers) for entry, readers in counts.most_read]
