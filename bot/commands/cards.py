"""Cards that several commands show: an entry, a page of entries, a plain sentence, a refusal."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bot.chat.command import CommandSpec
from bot.commands.declare import Turn
from bot.domain.card import Action, Block, Call, Card, Entries, EntryLine, Fields, NoteTree, Paragraph, Tone
from bot.domain.digest import LEVELS_IN_CHANNEL, entry_actions
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Refusal
from bot.domain.ids import ChannelRef, EntryNumber
from bot.domain.linked_page import minutes_text
from bot.domain.notes import count, levels
from bot.domain.reading_state import ReadingState
from bot.domain.schedule import Occurrence, Schedule
from bot.domain.text import Span, Text, plain, string
from bot.domain.zones import zone_label
from bot.ports.store import Transaction
from bot.service import edits, schedules
from bot.service import search as searching

PAGE_SIZE = 5
MAX_BACK = 40
"""Characters of the line that leads back to a list: some platforms let a button carry little."""


def sentence(title: str, *more: str, tone: Tone = Tone.PLAIN, actions: Sequence[Action] = ()) -> Card:
    """A card of a few plain sentences."""
    blocks = tuple(Paragraph(text=plain(line)) for line in more if line)
    return Card(title=title, blocks=blocks, tone=tone, actions=tuple(actions))


def with_word(text: str, word: str, commands: Collection[str]) -> str:
    """The text with `word` before each command that it names between quotation marks; `commands` are first words."""

    def named(quoted: re.Match[str]) -> str:
        return f"“{word} {quoted[1]}" if quoted[1] in commands else quoted[0]

    return re.sub(r"“([a-z]+)(?=[ ”])", named, text)


def refusal(error: Refusal, spec: CommandSpec | None, word: str) -> Card:
    """What was wrong and what to do; with the usage, behind the command's `word`, where the way of asking was at fault."""
    hints = [error.hint.replace("Usage: ", f"Usage: {word} ")] if error.hint else []
    hints += [f"{other.message} {other.hint or ''}".strip() for other in error.others]
    if isinstance(error, BadUsage) and spec and not error.choices and not any("Usage:" in hint for hint in hints):
        hints.append(f"Usage: {word} {spec.usage}")
    return sentence(error.message, *hints, tone=Tone.REFUSAL, actions=error.actions)


EntryNames: TypeAlias = tuple[EntryNumber | str, ...]
"""Entries as they were named: by number, by address or in words."""


def each_meant(turn: Turn, names: EntryNames) -> list[Entry]:
    """The entries that are named, each once; raises NotFound and BadUsage."""
    found = [searching.meant(turn.tx, turn.team.id, turn.member.id, name) for name in names]
    return list({entry.id: entry for entry in found}.values())


def one_meant(turn: Turn, names: EntryNames) -> Entry:
    """The entry that is named; raises BadUsage where several are, with each of them to choose."""
    found = each_meant(turn, names)
    if len(found) > 1:
        choices = [(f"#{entry.number}", f"#{entry.number} {entry.title}") for entry in found]
        raise BadUsage("One entry at a time, please.", hint="Choose one.", field="entry", choices=choices)
    return found[0]


def line_of(entry: Entry, state: ReadingState, *actions: Action) -> EntryLine:
    """The entry as a list names it."""
    return EntryLine(
        number=entry.number,
        title=entry.title,
        url=entry.url,
        state=state,
        tags=entry.tags,
        minutes=entry.minutes,
        actions=actions,
    )


def entry_card(entry: Entry, state: ReadingState, *, all_notes: bool, more: Iterable[Block] = ()) -> Card:
    """One entry for one member: the first levels of its notes, or all of them, and the buttons."""
    return Card(
        title=entry.title,
        blocks=(Fields(items=_about(entry, state)), *_notes(entry, all_notes=all_notes), *more),
        actions=(*_entry_buttons(entry, state, all_notes=all_notes), share_action(entry)),
        entry=line_of(entry, state),
    )


def _about(entry: Entry, state: ReadingState) -> tuple[tuple[str, Text], ...]:
    facts = (
        ("State", state.value),
        ("Site", entry.site),
        ("Reading time", string(minutes_text(entry.minutes))),
        ("Section", " › ".join(entry.section)),
        ("Tags", ", ".join(entry.tags)),
    )
    since = Span(f"{entry.retired_at:%Y-%m-%d}", at=entry.retired_at) if entry.retired_at else None
    retired: tuple[tuple[str, Text], ...] = (("Off the list since", (since,)),) if since else ()
    return (*((label, plain(value)) for label, value in facts if value), *retired)


def _notes(entry: Entry, *, all_notes: bool) -> tuple[Block, ...]:
    tree = entry.notes.tree
    shown = tree if all_notes else levels(tree, LEVELS_IN_CHANNEL)
    return (NoteTree(blocks=shown, left_out=count(tree) - count(shown)),) if tree else ()


def _entry_buttons(entry: Entry, state: ReadingState, *, all_notes: bool) -> tuple[Action, ...]:
    read, later, *notes, related = entry_actions(entry.number, has_notes=bool(entry.notes.tree) and not all_notes)
    buttons = [button("Unread", "unread", entry.number) if state is ReadingState.READ else read]
    buttons += [later] if state is ReadingState.UNREAD else []
    buttons += [button("Remove from queue", "unread", entry.number)] if state is ReadingState.LATER else []
    return (*buttons, *notes, related)


def share_action(entry: Entry, where: ChannelRef | None = None) -> Action:
    """The button that shares an entry, into this channel or where it is pressed."""
    place = {"channel": f"#{where.id}"} if where is not None else {}
    call = Call(path=("share",), arguments={"entry": f"#{entry.number}", **place})
    return Action(label="Share", call=call, confirm=f"Post #{entry.number} {entry.title} for everyone to see?")


def button(label: str, word: str, number: EntryNumber, back: str = "") -> Action:
    """A button that uses a command on one entry. `back` is the line of the list in which it stands: the answer is that
    list as it is then, in its place.
    """
    arguments = {"entry": f"#{number}"}
    if not back or len(back) > MAX_BACK:
        return Action(label=label, call=Call(path=(word,), arguments=arguments))
    return Action(label=label, call=Call(path=(word,), arguments={**arguments, "back": back}), replaces=True)


def mark_button(number: EntryNumber, state: ReadingState, back: str) -> Action:
    """The button of a list that marks one of its entries as read, or as unread if it is read."""
    return (
        button("Unread", "unread", number, back) if state is ReadingState.READ else button("Read", "read", number, back)
    )


def pager(call: Call, number: int, pages: int) -> tuple[Action, ...]:
    """Buttons to the page before and the page after."""

    def turned(label: str, to: int) -> Action:
        return Action(
            label=label, call=Call(path=call.path, arguments={**call.arguments, "page": str(to)}), replaces=True
        )

    before = (turned("Previous", number - 1),) if number > 1 else ()
    return (*before, turned("Next", number + 1)) if number < pages else before


def page_note(number: int, pages: int, total: int, what: str, *, asked: int = 1) -> Paragraph:
    """Where in the pages this is. `asked` is the page that was asked for."""
    missing = f"There is no page {asked:,}. " if asked > pages else ""
    of_pages = f"{'Page' if missing else 'page'} {number:,} of {pages:,}, " if pages > 1 else ""
    return Paragraph(text=plain(f"{missing}{of_pages}{total:,} {what}"), quiet=True)


def unknown_times(turn: Turn, minutes: int | None) -> str:
    """What to say where nothing is found within so many minutes and Dogear does not look at pages."""
    if not minutes or turn.looks:
        return ""
    return "Reading times are only known where the host lets me look at pages (DOGEAR_FETCH)."


def empty_list(turn: Turn) -> Card:
    """The answer where the list has no entry at all."""
    may_add = edits.is_allowed(turn.tx.edits.rules(turn.team.id), turn.role)
    hint = (
        f"“{turn.word} add https://…” adds the first one." if may_add else "A curator of this team adds the first one."
    )
    return sentence("The reading list has no entries yet.", hint)


def entries_block(items: Iterable[tuple[Entry, ReadingState]]) -> Entries:
    return Entries(items=tuple(line_of(entry, state) for entry, state in items))


def moment(at: datetime, zone: str) -> Text:
    """A moment (aware) to be shown in the reader's zone; the text is for platforms that cannot."""
    local = at.astimezone(ZoneInfo(zone))
    return (Span(f"{short_day(local)} {local:%Y %H:%M} {zone_label(zone)}", at=at),)


def short_day(local: date) -> str:
    """A day such as `Mon 2 Mar`."""
    return f"{local:%a} {local.day} {local:%b}"


def named_channel(channel: ChannelRef) -> Text:
    """The channel, by the name its platform shows."""
    return (Span(f"#{channel.id}", channel=channel),)


def next_dates(tx: Transaction, schedule: Schedule) -> Text:
    """The next slots as clocks show them in the schedule's own zone, or that there are none while it is paused."""
    zone = ZoneInfo(schedule.zone)
    coming = [_date(schedule, slot, zone) for slot in schedules.next_dates(tx, schedule)]
    return plain(f"{', '.join(coming)} {zone_label(schedule.zone)}" if coming else "none while paused")


def _date(schedule: Schedule, slot: Occurrence, zone: ZoneInfo) -> str:
    moved = f" (moved: {short_day(schedule.nominal_day(slot.week))} is {slot.holiday})" if slot.holiday else ""
    local = slot.due_at.astimezone(zone)
    return f"{short_day(local)} {local:%Y %H:%M}{moved}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 entry`, `2 entries`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
