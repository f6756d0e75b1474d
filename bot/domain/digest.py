"""One week's featured entry for one schedule: how it is chosen, and the cards that show it.

Everything is a pure function of data, so preview, post and retry show the same.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from bot.domain.card import Action, Block, Call, Card, Entries, EntryLine, NoteTree, Paragraph
from bot.domain.entry import Entry
from bot.domain.featuring import Why
from bot.domain.ids import ChannelRef, EntryId, EntryNumber, ScheduleId, TeamId
from bot.domain.linked_page import minutes_text
from bot.domain.notes import NoteBlock, count, levels, lines, parts
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.takeaway import Counts, Takeaway
from bot.domain.text import Span, Text, plain, string

LEVELS_IN_CHANNEL = 2
PART_BUDGET = 2400
"""Characters of notes per message of the thread: the smaller of the platforms' limits, with room for labels."""
MAX_NEW_ENTRIES = 5


class Outcome(StrEnum):
    """What became of a week's slot."""

    PLANNED = "posted"
    SKIPPED = "skipped by an admin"
    LATE = "skipped because it was too late"
    EMPTY = "skipped because no entry was left to feature"


class Standing(StrEnum):
    """How a week's digest stands, by what became of its post. Not stored: it follows from the outcome and the delivery."""

    POSTED = "posted"
    COMING = "on its way"
    CHECKING = "being checked"
    UNCONFIRMED = "not confirmed"
    FAILED = "not posted"
    SKIPPED = "skipped by an admin"
    LATE = "not posted, because Dogear was offline for more than a day"
    EMPTY = "not posted, because no entry was left to feature"

    @property
    def is_featured(self) -> bool:
        """Whether the entry was shown to the channel, or is about to be."""
        return self in {Standing.POSTED, Standing.COMING}

    @property
    def may_repeat(self) -> bool:
        """Whether it is certain that nothing was posted, so that an admin may still post it."""
        return self in {Standing.FAILED, Standing.LATE, Standing.EMPTY}


@record
class Week:
    """A week's digest that was planned or skipped; unique by schedule and `week`."""

    schedule: ScheduleId
    team: TeamId
    channel: ChannelRef
    week: str
    due_at: datetime
    used_at: datetime
    outcome: Outcome
    entry: EntryId | None = None
    why: Why | None = None
    question: str | None = None


@record
class People:
    """Who is around a digest: the name of its host, how many are in, the call by which a member says so, and when they
    meet.
    """

    host: str = ""
    going: int = 0
    join: Call | None = None
    meets: Text = ()


@record
class Digest:
    """What one week's post shows. `late` is set if it is posted after its time; `counts` is what members made of the
    entry so far. A `teaser` has only the first line of the notes.
    """

    week: str
    due_at: datetime
    late: bool
    entry: Entry
    why: Why
    reason: str
    question: str
    counts: Counts
    newest: tuple[Entry, ...]
    people: People = People()
    teaser: bool = False


def card_of(digest: Digest) -> Card:
    """The card for the channel: the entry with the first levels of its notes, what is new, and the buttons.

    The notes come first. Why the entry was chosen and what members made of it follow in small print.
    """
    entry = digest.entry
    why = " ".join(filter(None, (f"Why this one: {digest.reason}.", _counted(digest.counts))))
    return Card(
        title=entry.title,
        blocks=(
            _about("This week's article", entry),
            *_late(digest),
            *(_teaser(entry.notes.tree) if digest.teaser else _first_levels(entry.notes.tree)),
            _small(why),
            *_people(digest.people),
            *_meets(digest.people.meets),
            *_new(digest.newest),
        ),
        actions=(*_unlocking(post_actions(entry), digest), *_joining(digest.people), *_first_note(entry)),
        entry=shared_line(entry),
    )


def thread_title(entry: Entry) -> str:
    return f"#{entry.number} {entry.title}"


def replies_of(entry: Entry, question: str, *, teaser: bool = False, recalled: Text = ()) -> tuple[Card, ...]:
    """The cards for the thread: all notes if the channel shows only part of them, then the question, and below it an old
    takeaway as `recalled_text` has it. Below a teaser members open the notes for themselves.
    """
    old = (Paragraph(text=recalled),) if recalled else ()
    asked = Card(title=DISCUSSION, blocks=(Paragraph(text=plain(question)), *old))
    return (*(() if teaser else _all_notes(entry)), asked)


DISCUSSION = "Discussion"


def recalled_text(old: Takeaway, about: EntryNumber, now: datetime) -> Text:
    """An old takeaway of a related entry, as it was shared: with its author's name or without."""
    year = f" {old.at:%Y}" if old.at.year != now.year else ""
    return (Span(f"In {old.at:%B}{year} {old.by or 'someone'} said about #{about}: "), *plain(old.text))


def without_recalled(card: Card) -> Card:
    """The card with the question as it is without an old takeaway."""
    return replace(card, blocks=card.blocks[:1])


def shared_card(entry: Entry, by: str, counts: Counts) -> Card:
    """The card of an entry that the member `by` shares in a channel."""
    return Card(
        title=entry.title,
        blocks=(
            _about(f"Shared by {by}", entry),
            *_first_levels(entry.notes.tree),
            *((_small(_counted(counts)),) if _counted(counts) else ()),
        ),
        actions=post_actions(entry),
        entry=shared_line(entry),
    )


def post_actions(entry: Entry) -> tuple[Action, ...]:
    """The buttons of a post about the entry."""
    return (*entry_actions(entry.number, has_notes=bool(entry.notes.tree)), takeaway_action(entry.number))


def _first_note(entry: Entry) -> tuple[Action, ...]:
    """The button that opens the form for the notes, where there are none."""
    call = Call(path=("note",), arguments={"of": str(entry.number)})
    return () if entry.notes.markdown.strip() else (Action(label="Write the first note", call=call),)


def takeaway_action(number: EntryNumber) -> Action:
    """The button that opens the form for a takeaway."""
    return Action(label="Takeaway", call=Call(path=("takeaway", "add"), arguments={"entry": f"#{number}"}))


def shared_line(entry: Entry) -> EntryLine:
    """The entry as everyone sees it, without a member's own reading state."""
    return EntryLine(
        number=entry.number,
        title=entry.title,
        url=entry.url,
        state=ReadingState.UNREAD,
        tags=entry.tags,
        minutes=entry.minutes,
    )


def entry_actions(number: EntryNumber, *, has_notes: bool = True) -> tuple[Action, ...]:
    """The buttons of a message about one entry."""
    argument = {"entry": f"#{number}"}
    notes = Action(label="Notes", call=Call(path=("show",), arguments=argument))
    return (
        Action(label="Mark as read", call=Call(path=("read",), arguments=argument), primary=True),
        Action(label="Later", call=Call(path=("later",), arguments=argument)),
        *((notes,) if has_notes else ()),
        Action(label="Related", call=Call(path=("related",), arguments=argument)),
    )


def _late(digest: Digest) -> tuple[Block, ...]:
    if not digest.late:
        return ()
    due = Span(f"{digest.due_at:%Y-%m-%d %H:%M} UTC", at=digest.due_at)
    return (Paragraph(text=(Span("Late: this was due "), due, Span(".")), quiet=True),)


def _about(what: str, entry: Entry) -> Paragraph:
    minutes = string(minutes_text(entry.minutes))
    facts = (what, entry.site, minutes, " › ".join(entry.section), ", ".join(entry.tags))
    return _small(" · ".join(filter(None, facts)))


def _counted(counts: Counts) -> str:
    """Without what is still zero: a zero under a new post says nothing."""
    readers, takeaways, insights = counts.readers, counts.takeaways, counts.insights
    said = (
        f"Read by {readers} member{'s' if readers > 1 else ''}." if readers else "",
        f"{takeaways} takeaway{'s' if takeaways > 1 else ''}." if takeaways else "",
        f"{insights} found something here." if insights else "",
    )
    return " ".join(filter(None, said))


_HOSTED = "Hosted by "
_IN = re.compile(r"\d+ (?:is|are) in\.")


def _people(people: People) -> tuple[Block, ...]:
    """Who hosts and how many are in, as plain text: no one is notified by it."""
    host = f"{_HOSTED}{people.host}." if people.host else ""
    going = f"{people.going} {'is' if people.going == 1 else 'are'} in." if people.going else ""
    said = " ".join(filter(None, (host, going)))
    return (_small(said),) if said else ()


def _meets(when: Text) -> tuple[Block, ...]:
    return (Paragraph(text=(Span("You meet on "), *when, Span("."))),) if when else ()


def _joining(people: People) -> tuple[Action, ...]:
    return (Action(label="I'm in", call=people.join),) if people.join else ()


def with_people(card: Card, people: People) -> Card:
    """The card of a digest with this host and this many members who are in; after its reason if it named none before."""
    blocks: list[Block] = []
    for block in card.blocks:
        text = string(block.text) if isinstance(block, Paragraph) and block.quiet else ""
        if not text.startswith(_HOSTED) and not _IN.fullmatch(text):
            blocks.append(block)
        if text.startswith(_WHY):
            blocks += _people(people)
    return replace(card, blocks=tuple(blocks))


_COUNT = r"(?:Read by (?:nobody yet|\d+ members?)|\d+ takeaways?|\d+ found something here)\."
_COUNTS = re.compile(rf"\s*{_COUNT}(?: {_COUNT})*$")
"""“Nobody yet” is what version 0.1.0 wrote into posts that are still revised."""
_WHY = "Why this one: "


def with_counts(card: Card, counts: Counts) -> Card:
    """The card of a post with these counts; also a card that an earlier version wrote."""
    said, blocks, shown = _counted(counts), [], False
    for block in card.blocks:
        if not isinstance(block, Paragraph) or not block.quiet:
            blocks.append(block)
            continue
        text = string(block.text)
        if not text.startswith(_WHY) and not _COUNTS.fullmatch(text):
            blocks.append(block)
            continue
        rest = _COUNTS.sub("", text)
        shown = True
        if rest or said:
            blocks.append(_small(" ".join(filter(None, (rest, said)))))
    if said and not shown:
        blocks.append(_small(said))
    return replace(card, blocks=tuple(blocks))


def _small(text: str) -> Paragraph:
    return Paragraph(text=plain(text), quiet=True)


def _first_levels(tree: Sequence[NoteBlock]) -> tuple[Block, ...]:
    if not tree:
        return ()
    shown = parts(levels(tree, LEVELS_IN_CHANNEL), PART_BUDGET)[0]
    return (NoteTree(blocks=shown, left_out=count(tree) - count(shown)),)


def first_line(tree: Sequence[NoteBlock]) -> Text:
    """The first line of the notes; empty if there are none."""
    return next((line.text for line in lines(tree) if line.text), ())


def _teaser(tree: Sequence[NoteBlock]) -> tuple[Block, ...]:
    """The first line of the notes as a paragraph of its own, below which no platform offers the rest."""
    first = first_line(tree)
    return (Paragraph(text=first),) if first else ()


def _unlocking(actions: Sequence[Action], digest: Digest) -> tuple[Action, ...]:
    """The buttons; that for the notes asks first whether the member has read the article, below a teaser."""
    if not digest.teaser:
        return tuple(actions)
    ask = Call(path=("digest", "notes"), arguments={"entry": f"#{digest.entry.number}"})
    return tuple(replace(one, call=ask) if one.call.path == ("show",) else one for one in actions)


def _all_notes(entry: Entry) -> tuple[Card, ...]:
    tree = entry.notes.tree
    if not any(block.left_out for block in _first_levels(tree) if isinstance(block, NoteTree)):
        return ()
    cut = parts(tree, PART_BUDGET)
    title = f"All notes of #{entry.number}"
    return tuple(
        Card(title=title, blocks=(NoteTree(blocks=part, part=number, parts=len(cut)),))
        for number, part in enumerate(cut, start=1)
    )


def _new(newest: Sequence[Entry]) -> tuple[Block, ...]:
    if not newest:
        return ()
    shown = tuple(shared_line(entry) for entry in newest[:MAX_NEW_ENTRIES])
    more = len(newest) - len(shown)
    heading = "New on the list this week" + (f", and {more} more" if more else "")
    return (Paragraph(text=plain(f"{heading}:")), Entries(items=shown))
