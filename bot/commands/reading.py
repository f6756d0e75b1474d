"""Commands of one reader: what to read, what was read, and how much."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from bot.chat.line import parse
from bot.commands import browsing
from bot.commands.cards import (
    EntryNames,
    button,
    counted,
    each_meant,
    empty_list,
    entries_block,
    entry_card,
    line_of,
    sentence,
    unknown_times,
)
from bot.commands.declare import Turn, carried, command, named, position
from bot.commands.takeaways import said
from bot.domain.card import Action, Block, Call, Card, Entries, Fields, Paragraph, Tone
from bot.domain.entry import Entry
from bot.domain.errors import NotFound, Refusal
from bot.domain.ids import EntryNumber
from bot.domain.reading_state import ReadingState
from bot.domain.team import Role
from bot.domain.text import bars, plain
from bot.domain.value import Kind
from bot.ports.readings import TeamCounts
from bot.service import digests, entries, readings

NEXT_AT_HOME = 3
NEXT_LISTED = 5
KEPT_SHOWN = 10
"""Takeaways in the team's week."""

SomeEntries = Annotated[EntryNames, position(Kind.ENTRY, "numbers, addresses or a title")]
MaybeEntries = Annotated[EntryNames | None, position(Kind.ENTRY, "numbers, addresses or a title")]


@command("home", default=True, by_role=True)
def home(turn: Turn) -> Card:
    """The week's pick, your next entries, and how much is unread."""
    counts = turn.tx.readings.counts(turn.member.id)
    coming = readings.next_up(turn.tx, turn.team.id, turn.member.id, NEXT_AT_HOME)
    blocks: list[Block] = list(_picks(turn))
    if coming:
        blocks += [Paragraph(text=plain("Next for you:")), entries_block(coming)]
    total = counts.read + counts.later + counts.unread
    summary = f"{counts.unread:,} of {counted(total, 'entry', 'entries')} unread, {counts.later:,} in your queue."
    blocks.append(Paragraph(text=plain(summary if total else "The reading list has no entries yet."), quiet=True))
    if turn.role is Role.ADMIN and (count := turn.tx.entries.count_not_read(turn.team.id)):
        said = f"{counted(count, 'link')} of the list not read; “dogear check” says why."
        blocks.append(Paragraph(text=plain(said), quiet=True))
    return Card(title="Your reading club", blocks=tuple(blocks), actions=_home_buttons())


def _picks(turn: Turn) -> tuple[Block, ...]:
    picks = digests.latest_picks(turn.tx, turn.team.id)
    if not picks:
        return ()
    lines = entries.with_states(turn.tx, turn.member.id, picks)
    return (Paragraph(text=plain("This week's pick:")), entries_block(lines))


def _home_buttons() -> tuple[Action, ...]:
    return (
        Action(label="Random", call=Call(path=("random",)), primary=True),
        Action(label="Queue", call=Call(path=("next",))),
        Action(label="Tags", call=Call(path=("tags",))),
        Action(label="Help", call=Call(path=("help",))),
    )


@command("random")
def random(
    turn: Turn,
    tag: Annotated[str | None, named(Kind.TAG, "only with this tag")] = None,
    max: browsing.MaybeMax = None,
) -> Card:
    """A random unread entry.

    Examples: random · random tag:databases · random max:10m
    """
    found = entries.unread_at_random(turn.tx, turn.team.id, turn.member.id, tag, turn.below, max)
    if found is None and not turn.tx.entries.count(turn.team.id):
        return empty_list(turn)
    if found is None:
        with_tag = f" tagged “{tag}”" if tag else ""
        in_time = f" of {max} minutes at most" if max else ""
        hint = f"“{turn.word} list is:read” shows what you have read."
        return sentence(f"You have no unread entry{with_tag}{in_time}.", hint, unknown_times(turn, max))
    return entry_card(*found, all_notes=False)


@command("next")
def next_up(turn: Turn, max: browsing.MaybeMax = None) -> Card:
    """Your queue, oldest first, then unread entries.

    Examples: next · next max:10m
    """
    coming = readings.next_up(turn.tx, turn.team.id, turn.member.id, NEXT_LISTED, max)
    if not coming and not turn.tx.entries.count(turn.team.id):
        return empty_list(turn)
    if not coming and max:
        said = f"Nothing that you have not read takes {max} minutes at most."
        return sentence(said, unknown_times(turn, max))
    if not coming:
        return sentence("You are done.", "You have read the whole list.")
    if max:
        lines = [line_of(entry, one, button("Read", "read", entry.number, f"next max:{max}m")) for entry, one in coming]
        return Card(title=f"Next for you, {max} minutes at most", blocks=(Entries(items=tuple(lines)),))
    return _waiting(turn, "Next for you", coming, "next")


def _waiting(turn: Turn, title: str, items: Sequence[tuple[Entry, ReadingState]], back: str) -> Card:
    """The entries, those of the queue and the unread ones apart, and how to come to those that are not shown."""
    counts = turn.tx.readings.counts(turn.member.id)
    blocks: list[Block] = []
    more: list[Action] = []
    for state, words, total, label in (
        (ReadingState.LATER, "In your queue", counts.later, "The whole queue"),
        (ReadingState.UNREAD, "Unread", counts.unread, "All unread"),
    ):
        shown = [
            line_of(entry, one, button("Read", "read", entry.number, back)) for entry, one in items if one is state
        ]
        if shown:
            blocks += [Paragraph(text=plain(f"{words}: {total:,}"), quiet=True), Entries(items=tuple(shown))]
            listed = Call(path=("list",), arguments={"is": state.value})
            more += [Action(label=label, call=listed)] if total > len(shown) else []
    return Card(title=title, blocks=tuple(blocks), actions=tuple(more))


MaybeBack = Annotated[str | None, carried("the list in which the button stands")]


@command("later", writes=True)
def later(turn: Turn, entry: MaybeEntries = None, back: MaybeBack = None) -> Card:
    """Put an entry in your queue; without a number, show your queue.

    A 🔖 on a message about one entry does the same, but everyone in the channel sees the reaction.
    """
    if entry is not None:
        return _each_chosen(turn, entry, ReadingState.LATER, back)
    queued = readings.queued(turn.tx, turn.team.id, turn.member.id, NEXT_LISTED)
    if not queued:
        hint = f"“{turn.word} later #12” adds an entry, “{turn.word} next” shows what is unread."
        return sentence("Your queue is empty.", hint)
    return _waiting(turn, "Your queue", queued, "later")


@command("read", writes=True)
def read(turn: Turn, entry: SomeEntries, back: MaybeBack = None) -> Card:
    """Mark an entry as read.

    Examples: read #12 · read #5 #6. Only you see this. A ✅ on a message about one entry does the same, but everyone in the channel sees it.
    """
    return _each_chosen(turn, entry, ReadingState.READ, back)


@command("unread", writes=True)
def unread(turn: Turn, entry: SomeEntries, back: MaybeBack = None) -> Card:
    """Mark an entry as unread and remove it from your queue."""
    return _each_chosen(turn, entry, ReadingState.UNREAD, back)


_SAID = {
    ReadingState.READ: ("#{} is read.", "You had already read #{}."),
    ReadingState.LATER: ("#{} is in your queue.", "#{} was already in your queue."),
    ReadingState.UNREAD: ("#{} is unread.", "#{} was already unread."),
}
"""What is said of a state that is new, and of one that was there before."""
_OTHERWISE = {
    ReadingState.READ: ("Unread", "unread"),
    ReadingState.LATER: ("Remove from queue", "unread"),
    ReadingState.UNREAD: ("Later", "later"),
}
"""What is offered in each state besides taking back the last choice: the label and the command."""


def _each_chosen(turn: Turn, names: EntryNames, state: ReadingState, back: str | None) -> Card:
    try:
        found = each_meant(turn, names)
    except NotFound as missing:
        if len(names) > 1:
            missing.hint = f"I changed none of them. {missing.hint or ''}".strip()
        raise
    if len(found) == 1:
        return _chosen(turn, found[0].number, state, back)
    before = {entry.id: readings.choose(turn.tx, turn.member, entry.id, state) for entry in found}
    changed = [entry for entry in found if before[entry.id] is not state]
    undo = {entry.id: (button("Undo", before[entry.id].value, entry.number),) for entry in changed}
    lines = tuple(line_of(entry, state, *undo.get(entry.id, ())) for entry in found)
    now = {ReadingState.READ: "read", ReadingState.LATER: "in your queue", ReadingState.UNREAD: "unread"}[state]
    return Card(title=f"{len(found)} entries are {now}.", blocks=(Entries(items=lines),), tone=Tone.DONE)


def _chosen(turn: Turn, number: EntryNumber, state: ReadingState, back: str | None) -> Card:
    entry = entries.entry(turn.tx, turn.team.id, number)
    before = readings.choose(turn.tx, turn.member, entry.id, state)
    said = _SAID[state][0 if before is not state else 1].format(number)
    listed = _view(turn, back) if back else None
    if listed is not None and back:
        undo = (button("Undo", before.value, number, back),) if before is not state else ()
        return replace(
            listed,
            tone=Tone.DONE,
            blocks=(Paragraph(text=plain(said)), *listed.blocks),
            actions=(*undo, *listed.actions),
        )
    label, word = _OTHERWISE[state]
    buttons = [button(label, word, number)]
    if before is not state and before.value != word:
        buttons.insert(0, button("Undo", before.value, number))
    elif before is not state and state is not ReadingState.LATER:
        buttons = [button("Undo", word, number)]
    if state is ReadingState.LATER:
        buttons.append(Action(label="Remind me", call=Call(path=("remind", "set"), arguments={"entry": f"#{number}"})))
    return Card(
        title=said,
        tone=Tone.DONE,
        actions=(*buttons, Action(label="Next", call=Call(path=("next",)))),
        entry=line_of(entry, state),
    )


def _view(turn: Turn, back: str) -> Card | None:
    """The list that this line shows, as it is now; None for a line that shows none."""
    views = (next_up, later, browsing.search, browsing.list_entries, browsing.related)
    try:
        call = parse([view.spec for view in views], back)
        shown = next(view for view in views if view.spec.path == call.path)
        return shown.run(turn, call.arguments) if call.path != later.spec.path or not call.arguments else None
    except Refusal:
        return None


@command("stats", "me", default=True)
def stats_me(turn: Turn) -> Card:
    """Your own figures. Only you see them."""
    own = readings.own_stats(turn.tx, turn.member.id)
    figures = (
        ("Read", f"{own.counts.read:,}"),
        ("In your queue", f"{own.counts.later:,}"),
        ("Unread", f"{own.counts.unread:,}"),
        ("Read in the last 30 days", f"{own.recently:,}"),
    )
    return Card(title="Your figures", blocks=(Fields(items=tuple((name, plain(value)) for name, value in figures)),))


@command("stats", "team")
def stats_team(turn: Turn) -> Card:
    """The team's figures. Counts only, never who read what."""
    counts, most_read = readings.team_stats(turn.tx, turn.team.id)
    blocks: tuple[Block, ...] = (Fields(items=tuple((name, plain(value)) for name, value in _figures(counts))),)
    if most_read:
        names = [plain(f"#{entry.number} {entry.title} ({counted(readers, 'reader')})") for entry, readers in most_read]
        blocks += (Paragraph(text=plain("Most read:")), *(Paragraph(text=name) for name in names))
    weekly = list(readings.reads_by_week(turn.tx, turn.team.id).values())
    said = f"{bars(weekly)} {weekly[-1]:,} this week, {sum(weekly):,} in {len(weekly)} weeks"
    blocks += (Fields(items=(("Read a week", plain(said)),)),)
    week = Action(label="This week", call=Call(path=("week",)))
    return Card(title=f"Figures of team {turn.team.name}", blocks=blocks, actions=(week,))


@command("week", by_button=True)
def week(turn: Turn) -> Card:
    """The team's last seven days: digests, takeaways, themes and how often something was read.

    No one is named but who kept a takeaway with their name. It needs three members.
    """
    found = readings.team_week(turn.tx, turn.team.id)
    blocks: list[Block] = []
    if found.featured:
        lines = entries.with_states(turn.tx, turn.member.id, found.featured)
        blocks += [Paragraph(text=plain("In the digests:")), entries_block(lines)]
    if found.kept:
        shown = [Fields(items=((f"#{entry.number}", said(one)),)) for one, entry in found.kept[:KEPT_SHOWN]]
        more = len(found.kept) - len(shown)
        rest = [Paragraph(text=plain(f"and {more} more"), quiet=True)] if more else []
        blocks += [Paragraph(text=plain("What members kept:")), *shown, *rest]
    if found.reads:
        blocks.append(Paragraph(text=plain(f"Members marked articles as read {counted(found.reads, 'time')}.")))
    if found.themes:
        blocks.append(Paragraph(text=plain(f"The week was about: {', '.join(found.themes)}.")))
    if not blocks:
        blocks.append(Paragraph(text=plain(f"A quiet week. “{turn.word} random” shows something to read.")))
    if found.neglected:
        blocks.append(Paragraph(text=plain(f"No one read about these in eight weeks: {', '.join(found.neglected)}.")))
    return Card(title="The club's last seven days", blocks=tuple(blocks))


def _figures(counts: TeamCounts) -> tuple[tuple[str, str], ...]:
    return (
        ("Members", str(counts.members)),
        ("Members who have read something", str(counts.readers)),
        ("Entries with a reader", f"{counts.entries_read:,} of {counts.entries:,}"),
        ("Times read", str(counts.reads)),
        ("Times read in the last 30 days", str(counts.reads_since)),
    )
