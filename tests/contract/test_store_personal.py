"""Reminders and weekly notes on both engines, and that nothing of them stays behind."""

from datetime import time, timedelta

from bot.domain.ids import WorkspaceRef
from bot.domain.meeting import WeeklyTime
from bot.domain.personal import Reminder, WeeklyNote
from bot.domain.schedule import Weekday
from store.sql import SqlStore
from store.sql.tables import REMINDER, WEEKLY_NOTE
from tests.fakes.clock import START, FakeClock
from tests.fakes.kept import PLATFORM, Club, a_read_entry

WEEKLY = WeeklyTime(weekday=Weekday.MONDAY, at=time(9), zone="Europe/Berlin")


def test_a_member_has_one_reminder_of_an_entry_and_one_note(club: Club, clock: FakeClock) -> None:
    one, other = club.add(a_read_entry("One"), a_read_entry("Other"))
    bob = club.join("bob")
    with club.store.begin(write=True) as tx:
        for entry, days in ((one, 1), (other, 2), (one, 3)):
            tx.personal.remind(Reminder(member=bob, entry=entry, due_at=START + timedelta(days=days)))
        for minutes in (None, 10):
            tx.personal.save_note(
                WeeklyNote(member=bob, weekly=WEEKLY, due_at=START + timedelta(days=5), minutes=minutes)
            )
        assert [reminder.entry for reminder in tx.personal.reminders(bob)] == [other, one]
        assert tx.personal.reminders(club.member) == []
        assert tx.personal.note(bob) == WeeklyNote(
            member=bob, weekly=WEEKLY, due_at=START + timedelta(days=5), minutes=10
        )
        assert tx.personal.next_due() == START + timedelta(days=2)
        assert not tx.personal.due_reminders()
    clock.advance(timedelta(days=4))
    with club.store.begin(write=True) as tx:
        assert [reminder.entry for reminder in tx.personal.due_reminders()] == [other, one]
        assert not tx.personal.due_notes()
        assert tx.personal.next_due() == START + timedelta(days=5)
        tx.personal.cancel(bob, other)
        assert tx.personal.reminder(bob, other) is None
        tx.personal.remove_note(bob)
        assert tx.personal.next_due() is None


def test_a_member_who_is_deleted_leaves_nothing_behind(club: Club, store: SqlStore) -> None:
    (entry,) = club.add(a_read_entry("One"))
    away, bob = WorkspaceRef(PLATFORM, "away"), club.join("bob")
    with store.begin(write=True) as tx:
        tx.teams.join(away, "Away", club.team)
        known = tx.teams.member_with_id(bob)
        assert known is not None
        tx.teams.add_workspace(known, away)
        tx.personal.remind(Reminder(member=bob, entry=entry, due_at=START))
        tx.personal.save_note(WeeklyNote(member=bob, weekly=WEEKLY, due_at=START))
        tx.teams.leave(away)
        tx.teams.purge(away)
        assert tx.teams.member_with_id(bob) is None
        assert not [row for table in (REMINDER, WEEKLY_NOTE) for row in tx.rows(table.select())]
