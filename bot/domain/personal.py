"""What a member asked to be sent in private: reminders of entries and a weekly note, and their cards. Pure."""

from datetime import datetime, time, timedelta

from bot.domain.card import Action, Call, Card, Paragraph
from bot.domain.digest import entry_actions, shared_line
from bot.domain.entry import Entry
from bot.domain.ids import EntryId, MemberId
from bot.domain.linked_page import minutes_text
from bot.domain.meeting import WeeklyTime
from bot.domain.record import record
from bot.domain.text import Text, plain, string

MORNING = time(9)
"""When a reminder for a day is sent, in the member's zone."""
A_WEEK = timedelta(weeks=1)
OFF, SNOOZE = "off", "snooze"
"""What may be typed instead of the time of a weekly note."""


@record
class Reminder:
    """A member wants to be reminded of the entry at `due_at` (aware UTC), once."""

    member: MemberId
    entry: EntryId
    due_at: datetime


@record
class WeeklyNote:
    """A member wants a note at this time of every week; the next one at `due_at` (aware UTC). With `minutes` its entry
    takes no longer, where there is such a one.
    """

    member: MemberId
    weekly: WeeklyTime
    due_at: datetime
    minutes: int | None = None


def reminder_card(entry: Entry) -> Card:
    """The private message with the entry."""
    argument = {"entry": f"#{entry.number}"}
    snooze = Call(path=("remind", "set"), arguments={**argument, "when": "1w"})
    return Card(
        title="You asked me to remind you.",
        blocks=_about(entry),
        actions=(entry_actions(entry.number)[0], Action(label="Snooze a week", call=snooze)),
        entry=shared_line(entry),
    )


MIN_STREAK = 2


def note_card(unread: int, pick: Entry, weeks_in_a_row: int = 0) -> Card:
    """The private message once a week. Of a row of weeks in which the member read something it says so; of a gap nothing."""
    count = f"{unread:,} {'entry is' if unread == 1 else 'entries are'} unread."
    read, later, *_ = entry_actions(pick.number)
    return Card(
        title="Your weekly note",
        blocks=(*_streak(weeks_in_a_row), Paragraph(text=plain(f"{count} How about this one?")), *_about(pick)),
        actions=(read, later, _weekly("Snooze a week", SNOOZE), _weekly("Turn off", OFF)),
        entry=shared_line(pick),
    )


def _streak(weeks: int) -> tuple[Paragraph, ...]:
    said = f"You read something in each of the last {weeks} weeks."
    return (Paragraph(text=plain(said)),) if weeks >= MIN_STREAK else ()


def _weekly(label: str, when: str) -> Action:
    return Action(label=label, call=Call(path=("settings", "weekly-note"), arguments={"when": when}))


def _about(entry: Entry) -> tuple[Paragraph, ...]:
    facts = " · ".join(filter(None, (entry.site, string(minutes_text(entry.minutes)), ", ".join(entry.tags))))
    return (Paragraph(text=_named(entry)), *((Paragraph(text=plain(facts), quiet=True),) if facts else ()))


def _named(entry: Entry) -> Text:
    return plain(f"#{entry.number} {entry.title}")
