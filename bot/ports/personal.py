"""What members asked to be sent in private: reminders and weekly notes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.ids import EntryId, MemberId
from bot.domain.personal import Reminder, WeeklyNote


class Personal(Protocol):
    """Reminders, at most one for each member and entry, and weekly notes, at most one for each member."""

    def lock(self, member: MemberId) -> None:
        """Lock what the member asked for until the transaction ends."""
        ...

    def reminders(self, member: MemberId) -> Sequence[Reminder]:
        """The member's reminders that are still to be sent, the next one first."""
        ...

    def reminder(self, member: MemberId, entry: EntryId) -> Reminder | None: ...

    def remind(self, reminder: Reminder) -> None:
        """Save the reminder, in place of an earlier one of the same entry."""
        ...

    def cancel(self, member: MemberId, entry: EntryId) -> None:
        """Delete the reminder, if there is one."""
        ...

    def note(self, member: MemberId) -> WeeklyNote | None:
        """The member's weekly note; None if they did not ask for one."""
        ...

    def save_note(self, note: WeeklyNote) -> None: ...

    def remove_note(self, member: MemberId) -> None: ...

    def due_reminders(self) -> Sequence[Reminder]:
        """Reminders of any team that are due by now, those that have waited longest first."""
        ...

    def due_notes(self) -> Sequence[WeeklyNote]:
        """Weekly notes of any team that are due by now, those that have waited longest first."""
        ...

    def next_due(self) -> datetime | None:
        """When the next one is due that is not due yet."""
        ...
