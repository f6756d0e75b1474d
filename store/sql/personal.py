"""Reminders and weekly notes, as rows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, delete, func, select

from bot.domain.ids import EntryId, MemberId
from bot.domain.meeting import WeeklyTime
from bot.domain.personal import Reminder, WeeklyNote
from bot.domain.schedule import Weekday
from store.sql.ids import id_of, number_of, team_of
from store.sql.session import AnyRow, Session
from store.sql.tables import REMINDER, WEEKLY_NOTE


class SqlPersonal:
    def __init__(self, work: Session) -> None:
        self._work = work

    def lock(self, member: MemberId) -> None:
        self._work.lock([f"personal {member}"])

    def reminders(self, member: MemberId) -> Sequence[Reminder]:
        found = select(REMINDER).where(_by(REMINDER, member)).order_by(REMINDER.c.due_at, REMINDER.c.entry)
        return [_reminder(row) for row in self._work.rows(found)]

    def reminder(self, member: MemberId, entry: EntryId) -> Reminder | None:
        return next(map(_reminder, self._work.rows(select(REMINDER).where(_of(member, entry)))), None)

    def remind(self, reminder: Reminder) -> None:
        key = {
            "team": team_of(reminder.member),
            "member": number_of(reminder.member),
            "entry": number_of(reminder.entry),
        }
        new = self._work.insert(REMINDER).values(**key, due_at=reminder.due_at)
        changed = {"due_at": new.excluded.due_at}
        self._work.change(new.on_conflict_do_update(index_elements=list(key), set_=changed))

    def cancel(self, member: MemberId, entry: EntryId) -> None:
        self._work.change(delete(REMINDER).where(_of(member, entry)))

    def note(self, member: MemberId) -> WeeklyNote | None:
        return next(map(_note, self._work.rows(select(WEEKLY_NOTE).where(_by(WEEKLY_NOTE, member)))), None)

    def save_note(self, note: WeeklyNote) -> None:
        key = {"team": team_of(note.member), "member": number_of(note.member)}
        values = {
            "weekday": int(note.weekly.weekday),
            "at": note.weekly.at,
            "zone": note.weekly.zone,
            "minutes": note.minutes,
            "due_at": note.due_at,
        }
        new = self._work.insert(WEEKLY_NOTE).values(**key, **values)
        changed = {name: new.excluded[name] for name in values}
        self._work.change(new.on_conflict_do_update(index_elements=list(key), set_=changed))

    def remove_note(self, member: MemberId) -> None:
        self._work.change(delete(WEEKLY_NOTE).where(_by(WEEKLY_NOTE, member)))

    def due_reminders(self) -> Sequence[Reminder]:
        due = select(REMINDER).where(REMINDER.c.due_at <= self._work.now())
        return [_reminder(row) for row in self._work.rows(due.order_by(REMINDER.c.due_at))]

    def due_notes(self) -> Sequence[WeeklyNote]:
        due = select(WEEKLY_NOTE).where(WEEKLY_NOTE.c.due_at <= self._work.now())
        return [_note(row) for row in self._work.rows(due.order_by(WEEKLY_NOTE.c.due_at))]

    def next_due(self) -> datetime | None:
        coming = (
            select(func.min(one.c.due_at)).where(one.c.due_at > self._work.now()) for one in (REMINDER, WEEKLY_NOTE)
        )
        return min((at for at in map(self._work.value, coming) if at is not None), default=None)


def _by(table: Table, member: MemberId) -> ColumnElement[bool]:
    return and_(table.c.team == team_of(member), table.c.member == number_of(member))


def _of(member: MemberId, entry: EntryId) -> ColumnElement[bool]:
    return and_(_by(REMINDER, member), REMINDER.c.entry == number_of(entry))


def _reminder(row: AnyRow) -> Reminder:
    return Reminder(
        member=MemberId(id_of(row.team, row.member)), entry=EntryId(id_of(row.team, row.entry)), due_at=row.due_at
    )


def _note(row: AnyRow) -> WeeklyNote:
    return WeeklyNote(
        member=MemberId(id_of(row.team, row.member)),
        weekly=WeeklyTime(weekday=Weekday(row.weekday), at=row.at, zone=row.zone),
        due_at=row.due_at,
        minutes=row.minutes,
    )
