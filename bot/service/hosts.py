"""Who hosts a channel's digests: only members who said that they do, in turn."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.errors import Conflict, NotAllowed, NotFound, Refusal
from bot.domain.ids import ChannelRef, MessageRef, ScheduleId, TeamId
from bot.domain.meeting import InTurn, Meeting, next_host, turns
from bot.domain.reading_state import Microphone
from bot.domain.record import record
from bot.domain.schedule import Occurrence, Schedule
from bot.domain.team import Member
from bot.ports.store import Transaction
from bot.service import schedules


@record
class Turns:
    """Who hosts the schedule's next digest, and the hosts in the order of their turns."""

    schedule: Schedule
    slot: Occurrence
    host: Member | None
    pool: Sequence[InTurn]


def upcoming(tx: Transaction, team: TeamId, channel: ChannelRef) -> Turns:
    """The hosts of the channel's next digests. Raises NotFound without a schedule, Refusal if it has no next digest."""
    return _turns(tx, schedules.of(tx, team, channel))


def locked(tx: Transaction, team: TeamId, channel: ChannelRef) -> Turns:
    """As `upcoming`, locked until the transaction ends. Raises Conflict where hosts are switched off."""
    schedule = schedules.locked(tx, team, channel)
    if not tx.meetings.rules(schedule.id).hosts:
        raise Conflict("Digests in this channel have no hosts.", hint="An admin can change that.")
    return _turns(tx, schedule)


def _turns(tx: Transaction, schedule: Schedule) -> Turns:
    slot = next(iter(schedules.next_dates(tx, schedule, most=1)), None)
    if slot is None:
        hint = "“schedule resume” resumes it."
        raise Refusal(f"This channel's schedule is paused: {schedule.paused_because}.", hint=hint)
    pool = turns(tx.meetings.pool(schedule.id, slot.week))
    return Turns(schedule=schedule, slot=slot, host=host_of(tx, schedule.id, slot.week), pool=pool)


def host_of(tx: Transaction, schedule: ScheduleId, week: str) -> Member | None:
    """Who hosts the week's digest, as things stand."""
    if not tx.meetings.rules(schedule).hosts:
        return None
    known = settled(tx, schedule, week)
    return known or next_host(tx.meetings.pool(schedule, week), tx.meetings.passed(schedule, week))


def settled(tx: Transaction, schedule: ScheduleId, week: str) -> Member | None:
    """Who hosts, or hosted, the week; None if that was never settled."""
    known = tx.meetings.get(schedule, week)
    return tx.teams.member_with_id(known.host) if known.host is not None else None


def settle(tx: Transaction, schedule: ScheduleId, week: str) -> Member | None:
    """Fix who hosts the week, so that no one who joins later takes the turn of a host who knows of it."""
    host = host_of(tx, schedule, week)
    if host is not None and tx.meetings.get(schedule, week).host is None:
        _set(tx, schedule, week, host)
    return host


def _set(tx: Transaction, schedule: ScheduleId, week: str, host: Member | None) -> None:
    tx.meetings.set_host(Meeting(schedule=schedule, week=week, host=host.id if host else None))


def join(tx: Transaction, found: Turns, member: Member) -> bool:
    """Add the member to the hosts. False if they were one. Whose turn it is does not change if it is known."""
    settle(tx, found.schedule.id, found.slot.week)
    return tx.meetings.join_pool(found.schedule.id, member.id)


def leave(tx: Transaction, found: Turns, member: Member) -> bool:
    """Remove the member from the hosts, and from the next digest. False if they were not one."""
    if found.host is not None and found.host.id == member.id:
        _set(tx, found.schedule.id, found.slot.week, None)
    return tx.meetings.leave_pool(found.schedule.id, member.id)


def pass_turn(tx: Transaction, found: Turns, member: Member) -> Member | None:
    """Pass the member's turn; who has it now. Raises Conflict if it is not theirs."""
    if found.host is None or found.host.id != member.id:
        raise Conflict(f"{_now(found)} You have nothing to pass.", hint="“digest host” shows whose turn it is.")
    tx.meetings.pass_turn(found.schedule.id, found.slot.week, member.id)
    _set(tx, found.schedule.id, found.slot.week, None)
    return settle(tx, found.schedule.id, found.slot.week)


def take(tx: Transaction, found: Turns, member: Member, before: str | None) -> None:
    """Give the member their turn back, if it is still with the member named `before`. Raises Conflict."""
    now = str(found.host.id) if found.host else "-"
    if now != before or not any(one.member.id == member.id for one in found.pool):
        raise Conflict(f"{_now(found)} That was changed since.", hint="“digest host” shows whose turn it is.")
    tx.meetings.pass_turn(found.schedule.id, found.slot.week, member.id, undo=True)
    _set(tx, found.schedule.id, found.slot.week, member)


def swap(tx: Transaction, found: Turns, by: Member, other: Member | None, *, admin: bool) -> Member:
    """Let another host have the turn: `other`, or who comes next. Raises Conflict, and NotAllowed for a turn that is
    neither the member's own nor an admin's to swap.
    """
    if not admin and (found.host is None or found.host.id != by.id):
        raise NotAllowed(f"{_now(found)} Only they or an admin can swap.", hint="“digest host” shows the turns.")
    passed = tx.meetings.passed(found.schedule.id, found.slot.week)
    others = [one.member for one in found.pool if found.host is None or one.member.id != found.host.id]
    chosen = other or next((one for one in others if one.id not in passed), None) or next(iter(others), None)
    if chosen is None:
        raise Conflict("There is no one to swap with.", hint="“digest host me” adds you to the hosts.")
    if chosen.id not in {one.id for one in others}:
        raise Conflict(f"{chosen.name} has the turn already.", hint="Name another host, or leave the name out.")
    tx.meetings.pass_turn(found.schedule.id, found.slot.week, chosen.id, undo=True)
    _set(tx, found.schedule.id, found.slot.week, chosen)
    return chosen


def _now(found: Turns) -> str:
    return f"{found.host.name} hosts the next digest." if found.host else "The next digest has no host."


def named(found: Turns, typed: str, account: str | None) -> Member:
    """The host that is meant, by name or by the account that was mentioned. Raises NotFound."""
    wanted = typed.removeprefix("@").casefold()
    for one in found.pool:
        name = one.member.name.casefold()
        if account is not None and one.member.account.id.rpartition("/")[2] == account:
            return one.member
        if account is None and wanted in (name, name.partition(" ")[0]):
            return one.member
    names = ", ".join(one.member.name for one in found.pool) or "no one yet"
    raise NotFound("That is not one of the hosts here.", hint=f"The hosts are: {names}.", field="who")


def require_host(found: Turns, member: Member) -> None:
    """Raise NotAllowed unless the member hosts the next digest."""
    if found.host is None or found.host.id != member.id:
        raise NotAllowed(f"{_now(found)} Only they can do that.", hint="“digest host” shows whose turn it is.")


def follow_microphone(tx: Transaction, team: TeamId, message: MessageRef) -> None:
    """Let the first member with a 🎤 on the digest host it; no one if there is none. A host whose turn it was stays."""
    post = tx.ledger.digest_at(message)
    if post is None or post.team != team or post.draft.schedule is None or post.draft.week is None:
        return
    schedule, week = post.draft.schedule, post.draft.week
    schedules.lock(tx, [post.draft.channel])
    known = tx.meetings.get(schedule, week)
    if not tx.meetings.rules(schedule).hosts or (known.host is not None and not known.by_reaction):
        return
    marks = [mark for mark in tx.readings.marks_on(team, message) if mark.live and mark.meaning is Microphone.HOST]
    members = (tx.teams.member(team, mark.account) for mark in sorted(marks, key=lambda mark: mark.at))
    host = next((member.id for member in members if member is not None), None)
    if host != known.host:
        tx.meetings.set_host(replace(known, host=host, by_reaction=host is not None))
