"""What members asked to be sent in private: reminders of entries, and a weekly note. Each is a row of the ledger, so it is
sent once.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bot.domain.card import Card
from bot.domain.delivery import Draft, Step
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Conflict, NotFound
from bot.domain.ids import ChannelRef, WorkspaceRef
from bot.domain.meeting import WeeklyTime
from bot.domain.personal import A_WEEK, MORNING, Reminder, WeeklyNote, note_card, reminder_card
from bot.domain.schedule import moment
from bot.domain.team import Member
from bot.domain.times import MAX_WEEKS, Day
from bot.ports.store import Transaction
from bot.service import entries, notices, readings

MAX_REMINDERS = 50
"""Reminders of one member that are still to be sent."""
MAX_AT_ONCE = 500
NOTE_LATE = timedelta(days=1)
"""Later than this, a weekly note is left out."""


When: TypeAlias = timedelta | Day | datetime
"""After a while, on a day, or at a moment (aware)."""


def remind(tx: Transaction, member: Member, entry: Entry, when: When, zone: str) -> tuple[Reminder, Reminder | None]:
    """Remind the member of the entry then, on a day at nine in their zone; with the reminder before it, if there was one.

    Raises BadUsage for a time that is past or more than a year ahead, Conflict if the member has too many.
    """
    due_at = _due_at(tx, when, zone)
    if due_at <= tx.now():
        raise BadUsage("That time has passed.", hint="Use 3d, tomorrow, mon or a date.", field="when")
    if due_at > tx.now() + timedelta(weeks=MAX_WEEKS, days=1):
        raise BadUsage("That is too far ahead.", hint=f"I remember things for {MAX_WEEKS} weeks at most.", field="when")
    tx.personal.lock(member.id)
    before = tx.personal.reminder(member.id, entry.id)
    if before is None and len(tx.personal.reminders(member.id)) >= MAX_REMINDERS:
        hint = "“remind list” shows them; cancel one first."
        raise Conflict(f"You have {MAX_REMINDERS} reminders, which is the limit.", hint=hint)
    reminder = Reminder(member=member.id, entry=entry.id, due_at=due_at)
    tx.personal.remind(reminder)
    return reminder, before


def _due_at(tx: Transaction, when: When, zone: str) -> datetime:
    if isinstance(when, datetime):
        return when
    if isinstance(when, timedelta):
        return (tx.now() + when).replace(microsecond=0)
    there = ZoneInfo(zone)
    return moment(when(tx.now().astimezone(there).date()), MORNING, there)


def cancel(tx: Transaction, member: Member, entry: Entry) -> Reminder:
    """Delete the member's reminder of the entry; what it was. Raises NotFound if there is none."""
    tx.personal.lock(member.id)
    known = tx.personal.reminder(member.id, entry.id)
    if known is None:
        hint = "“remind list” shows your reminders."
        raise NotFound(f"You have no reminder of #{entry.number}.", hint=hint)
    tx.personal.cancel(member.id, entry.id)
    return known


def reminders(tx: Transaction, member: Member) -> Sequence[tuple[Reminder, Entry]]:
    """The member's reminders that are still to be sent, the next one first."""
    found = tx.personal.reminders(member.id)
    known = tx.entries.get(member.team, [one.entry for one in found])
    return [(one, known[one.entry]) for one in found]


def set_note(tx: Transaction, member: Member, weekly: WeeklyTime, minutes: int | None) -> WeeklyNote:
    """Send the member a note at this time of every week."""
    tx.personal.lock(member.id)
    note = WeeklyNote(member=member.id, weekly=weekly, due_at=weekly.after(tx.now()), minutes=minutes)
    tx.personal.save_note(note)
    return note


def snooze_note(tx: Transaction, member: Member) -> WeeklyNote:
    """Leave out the member's next weekly note. Raises NotFound if they have none, Conflict if one is left out already."""
    tx.personal.lock(member.id)
    known = tx.personal.note(member.id)
    if known is None:
        raise NotFound("You get no weekly note.", hint="“settings weekly-note mon 09:00” turns it on.")
    if known.due_at > tx.now() + A_WEEK:
        raise Conflict("Your next weekly note is left out already.", hint="“settings show” says when one comes.")
    later = replace(known, due_at=known.weekly.after(known.due_at))
    tx.personal.save_note(later)
    return later


def remove_note(tx: Transaction, member: Member) -> WeeklyNote | None:
    """Send the member no weekly note any more; what they had."""
    tx.personal.lock(member.id)
    known = tx.personal.note(member.id)
    tx.personal.remove_note(member.id)
    return known


def follow_zone(tx: Transaction, member: Member, zone: str) -> None:
    """Send the member's weekly note at the same time of day in their new zone."""
    tx.personal.lock(member.id)
    known = tx.personal.note(member.id)
    if known is not None:
        moved = replace(known.weekly, zone=zone)
        tx.personal.save_note(replace(known, weekly=moved, due_at=moved.after(tx.now())))


def due(tx: Transaction, serves: Callable[[WorkspaceRef], bool]) -> Sequence[Reminder | WeeklyNote]:
    """What is to be sent by now to members in workspaces that this process serves, at most `MAX_AT_ONCE`. It only reads.

    A member whom we share no workspace with any more gets theirs if we meet them again before their data is deleted.
    """
    found: list[Reminder | WeeklyNote] = []
    waiting: list[Reminder | WeeklyNote] = [*tx.personal.due_reminders(), *tx.personal.due_notes()]
    for one in waiting:
        member = tx.teams.member_with_id(one.member)
        where = notices.direct(tx, member) if member is not None else None
        if where is not None and serves(where.workspace) and len(found) < MAX_AT_ONCE:
            found.append(one)
    return found


def send(tx: Transaction, one: Reminder | WeeklyNote, below: Callable[[int], int]) -> None:
    """Enqueue the private message, unless another process did or the member changed their mind. `below` draws a number."""
    tx.personal.lock(one.member)
    member = tx.teams.member_with_id(one.member)
    where = notices.direct(tx, member) if member is not None else None
    if member is None or where is None:
        return
    if isinstance(one, Reminder):
        if tx.personal.reminder(one.member, one.entry) == one:
            tx.personal.cancel(one.member, one.entry)
            card = reminder_card(tx.entries.get(member.team, [one.entry])[one.entry])
            _enqueue(tx, member, where, f"remind:{one.member}:{one.entry}:{one.due_at:%Y%m%dT%H%M%S}", card)
    elif tx.personal.note(one.member) == one:
        _send_note(tx, member, where, one, below)


def _send_note(
    tx: Transaction, member: Member, where: ChannelRef, note: WeeklyNote, below: Callable[[int], int]
) -> None:
    """Enqueue the note, unless it is late or there is nothing unread, and set when the next one comes."""
    tx.personal.save_note(replace(note, due_at=note.weekly.after(tx.now())))
    if tx.now() - note.due_at > NOTE_LATE:
        return
    picks = (
        entries.unread_at_random(tx, member.team, member.id, None, below, minutes)
        for minutes in dict.fromkeys((note.minutes, None))
    )
    pick = next((found for found, _ in filter(None, picks)), None)
    if pick is not None:
        in_a_row = readings.weeks_in_a_row(tx, member.id)
        card = note_card(tx.readings.counts(member.id).unread, pick, in_a_row)
        key = f"weekly:{member.id}:{note.due_at:%Y%m%dT%H%M%S}"
        _enqueue(tx, member, where, key, card, late_after=note.due_at + NOTE_LATE)


def _enqueue(
    tx: Transaction, member: Member, where: ChannelRef, key: str, card: Card, late_after: datetime | None = None
) -> None:
    draft = Draft(
        channel=where,
        source_key=key,
        step=Step.NOTICE,
        ordinal=0,
        card=card,
        late_after=late_after,
        notify=member.account,
    )
    tx.ledger.plan(member.team, [draft], not_before=tx.now())
