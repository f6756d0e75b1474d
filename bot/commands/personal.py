"""Commands about what a member is sent in private: reminders of entries, and a weekly note."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from bot.commands.cards import EntryNames, moment, one_meant, sentence
from bot.commands.declare import Turn, command, named, position, rest
from bot.domain import times
from bot.domain.card import Action, Call, Card, Fields, Paragraph, Tone
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Refusal
from bot.domain.ids import EntryNumber
from bot.domain.meeting import WeeklyTime
from bot.domain.personal import OFF, SNOOZE, Reminder, WeeklyNote
from bot.domain.schedule import Weekday
from bot.domain.text import Text, joined, plain
from bot.domain.value import Kind
from bot.service import entries, personal

SHOWN = 10
"""Reminders in the list, the next ones."""
AnEntry = Annotated[EntryNames, position(Kind.ENTRY, "an entry's number, address or title")]
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
"""A moment as a button names it."""


@command("remind", "set", default=True, form="Remind me of an article", writes=True, by_button=True)
def remind(
    turn: Turn,
    entry: AnEntry,
    when: Annotated[str, rest(Kind.TEXT, "when, such as 3d, tomorrow or mon", max_length=40, label="When")],
) -> Card:
    """Send me this entry in private at a later time, once.

    On a day it comes at nine in your time zone. “remind list” shows what is to come.

    Examples: remind #12 3d · remind #12 in 2 weeks · remind #12 tomorrow · remind #12 mon
    """
    names, typed = _apart(entry, when)
    found = entries.entry_on_list(turn.tx, turn.team.id, one_meant(turn, names).number)
    reminder, before = personal.remind(turn.tx, turn.member, found, _when(typed), turn.zone)
    if before == reminder:
        actions: tuple[Action, ...] = ()
    else:
        actions = (_set("Undo", found.number, before.due_at) if before else _cancel("Undo", found.number),)
    said = joined([plain(f"#{found.number} {found.title}"), moment(reminder.due_at, turn.zone)], ": ")
    return Card(
        title=f"I'll remind you of #{found.number}.",
        blocks=(Paragraph(text=said),),
        actions=(*actions, _LIST),
        tone=Tone.DONE,
    )


def _apart(names: EntryNames, typed: str) -> tuple[EntryNames, str]:
    """The entry and the time, for a time such as `3 days`, whose number was read as that of another entry."""
    if len(names) > 1 and isinstance(names[-1], int) and re.match(r"(?:d|w)(?:ays?|eeks?|ks?)?\b", typed):
        return names[:-1], f"{names[-1]} {typed}"
    return names, typed


def _when(typed: str) -> personal.When:
    if _INSTANT.fullmatch(typed):
        try:
            return datetime.fromisoformat(typed)
        except ValueError:
            raise BadUsage("There is no such time.", hint="Use 3d, tomorrow, mon or a date.", field="when") from None
    try:
        return times.ahead(typed)
    except BadUsage as wrong:
        raise BadUsage(wrong.message, hint=wrong.hint, field="when", choices=wrong.choices) from wrong


def _set(label: str, number: EntryNumber, at: datetime) -> Action:
    arguments = {"entry": f"#{number}", "when": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    return Action(label=label, call=Call(path=("remind", "set"), arguments=arguments))


def _cancel(label: str, number: EntryNumber) -> Action:
    return Action(label=label, call=Call(path=("remind", "cancel"), arguments={"entry": f"#{number}"}))


_LIST = Action(label="Reminders", call=Call(path=("remind", "list")))


@command("remind", "cancel", writes=True, by_button=True)
def cancel(turn: Turn, entry: AnEntry) -> Card:
    """Cancel a reminder.

    Example: remind cancel #12
    """
    found = one_meant(turn, entry)
    known = personal.cancel(turn.tx, turn.member, found)
    undo = (_set("Undo", found.number, known.due_at),) if known.due_at > turn.tx.now() else ()
    return sentence(f"I won't remind you of #{found.number}.", tone=Tone.DONE, actions=(*undo, _LIST))


@command("remind", "list", by_button=True)
def list_reminders(turn: Turn) -> Card:
    """Your reminders that are still to come."""
    coming = personal.reminders(turn.tx, turn.member)
    if not coming:
        return sentence("You have no reminders.", f"“{turn.word} remind #12 3d” sets one.")
    blocks = tuple(_line(turn, reminder, entry) for reminder, entry in coming[:SHOWN])
    more = len(coming) - len(blocks)
    rest_of_them = (Paragraph(text=plain(f"and {more} later ones"), quiet=True),) if more > 0 else ()
    return Card(title="Your reminders", blocks=(*blocks, *rest_of_them))


def _line(turn: Turn, reminder: Reminder, entry: Entry) -> Fields:
    said = joined([plain(entry.title), moment(reminder.due_at, turn.zone)], ": ")
    return Fields(items=((f"#{entry.number}", said),), actions=(_cancel(f"Cancel #{entry.number}", entry.number),))


def _note_now(turn: Turn, arguments: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG001 -- as every filler
    known = turn.tx.personal.note(turn.member.id)
    if known is None:
        return {}
    return _arguments(known)


@command("settings", "weekly-note", form="Your weekly note", fills=_note_now, writes=True, by_button=True)
def weekly_note(
    turn: Turn,
    when: Annotated[str, rest(Kind.TEXT, "a day and a time, off, or snooze", max_length=40, label="When")],
    max: Annotated[int | None, named(Kind.MINUTES, "an entry that takes no longer", label="Reading time")] = None,
) -> Card:
    """Get a private note once a week: how much is unread, and one entry to read.

    It is off until you turn it on. “settings weekly-note snooze” leaves out the next one, “settings weekly-note off” ends it.

    Examples: settings weekly-note mon 09:00 · settings weekly-note max:10m fri 4pm · settings weekly-note off
    """
    before, word = turn.tx.personal.note(turn.member.id), when.strip().casefold()
    undo = (Action(label="Undo", call=Call(path=_PATH, arguments=_arguments(before))),) if before else (_OFF_BUTTON,)
    if word == OFF:
        personal.remove_note(turn.tx, turn.member)
        said = "You get no weekly note any more." if before else "You get no weekly note."
        return sentence(said, tone=Tone.DONE, actions=undo if before else ())
    if word == SNOOZE:
        later = personal.snooze_note(turn.tx, turn.member)
        return _noted(turn, "The next one is left out.", later, undo)
    note = personal.set_note(turn.tx, turn.member, _weekly(when, turn.zone), max)
    changed = before is None or (before.weekly, before.minutes) != (note.weekly, note.minutes)
    return _noted(turn, "You get a note every week.", note, undo if changed else (_OFF_BUTTON,))


_PATH = ("settings", "weekly-note")
_OFF_BUTTON = Action(label="Turn off", call=Call(path=_PATH, arguments={"when": OFF}))


def _noted(turn: Turn, title: str, note: WeeklyNote, actions: tuple[Action, ...]) -> Card:
    coming = joined([plain("The next one comes on"), moment(note.due_at, turn.zone)], " ")
    return Card(title=title, blocks=(Paragraph(text=coming),), actions=actions, tone=Tone.DONE)


def _arguments(note: WeeklyNote) -> dict[str, str]:
    minutes = {"max": f"{note.minutes}m"} if note.minutes else {}
    return {"when": f"{note.weekly.weekday.word} {note.weekly.at:%H:%M}", **minutes}


def _weekly(typed: str, zone: str) -> WeeklyTime:
    """A weekday and a time. Raises BadUsage."""
    words = typed.split()
    hint = "Type a day and a time, such as mon 09:00, or off."
    for number in range(1, len(words)):
        try:
            day, at = times.weekday(" ".join(words[:number])), times.wall_time(" ".join(words[number:]))
        except Refusal:
            continue
        day = Weekday((day + 1) % len(Weekday)) if at.fold else day
        return WeeklyTime(weekday=day, at=at.replace(fold=0), zone=zone)
    raise BadUsage("When do you want the note?", hint=hint, field="when")


def settings(turn: Turn) -> tuple[tuple[tuple[str, Text], ...], tuple[Action, ...]]:
    """What the settings show of it: the lines, and the buttons."""
    note, coming = turn.tx.personal.note(turn.member.id), turn.tx.personal.reminders(turn.member.id)
    lines: list[tuple[str, Text]] = []
    if note is not None:
        lines.append(("Weekly note", joined([plain("the next one"), moment(note.due_at, turn.zone)])))
    if coming:
        lines.append(
            ("Reminders", joined([plain(f"{len(coming)}, the next one"), moment(coming[0].due_at, turn.zone)]))
        )
    change = Action(label="Weekly note", call=Call(path=_PATH))
    buttons = (
        change,
        *((replace(_OFF_BUTTON, label="No weekly note"),) if note else ()),
        *((_LIST,) if coming else ()),
    )
    return tuple(lines), buttons
