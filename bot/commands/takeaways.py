"""Commands about takeaways: keeping one, listing them, withdrawing one; and how an entry's card shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from bot.commands.cards import EntryNames, line_of, one_meant, page_note, pager, sentence
from bot.commands.declare import Turn, asking, carried, command, named, position, rest
from bot.domain.card import Action, Block, Call, Card, Entries, EntryLine, Fields, Paragraph, Tone
from bot.domain.digest import takeaway_action
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, NotFound
from bot.domain.ids import ChannelRef, EntryNumber, MessageRef, TakeawayId
from bot.domain.takeaway import MAX_TAKEAWAY, Takeaway
from bot.domain.text import Span, Text, plain
from bot.domain.value import Kind
from bot.service import entries, takeaways
from bot.service.takeaways import FoundWithEntry

SHOWN = 3
"""Takeaways on an entry's card, and among the results of a search."""
PAGE_SIZE = 5
MAX_LABEL = 60
"""Characters of a takeaway on a button."""

WITHDRAWN = "The takeaway is withdrawn, and its words are deleted."

MaybePage = Annotated[int, named(Kind.NUMBER, "which page")]
MaybeNumber = Annotated[str | None, carried("the takeaway that the button is about")]
MaybeThread = Annotated[str | None, asking("the post in whose thread it was said, or several that it may be")]


def _filled(turn: Turn, arguments: Mapping[str, str]) -> Mapping[str, str]:
    """The entry that the thread is about, for a form about a message in it."""
    for post in arguments.get("thread", "").split():
        place, _, message = post.partition("/")
        shown = MessageRef(ChannelRef(turn.actor.workspace, place), message)
        number = takeaways.entry_of_thread(turn.tx, turn.team.id, shown)
        if number is not None:
            return {"entry": f"#{number}"}
    return {}


@command("takeaway", "add", default=True, form="Keep a takeaway", fills=_filled, writes=True)
def add(
    turn: Turn,
    entry: Annotated[EntryNames, position(Kind.ENTRY, "an entry's number or address")],
    text: Annotated[
        str,
        rest(
            Kind.LONG_TEXT, "what you take away, in your own words", max_length=MAX_TAKEAWAY, label="In your own words"
        ),
    ],
    anonymous: Annotated[bool, named(Kind.YES_NO, "leave out your name")] = False,
    about: Annotated[str | None, named(Kind.TEXT, "a link to what it is about")] = None,
    thread: MaybeThread = None,  # noqa: ARG001 -- for the form
) -> Card:
    """Keep what you take away from an entry, in your own words, 600 characters at most.

    The team sees it with the entry and in a search. With anonymous:yes your name is left out. You can withdraw it at any time.

    Examples: takeaway #12 Measure before you cache. · takeaway #12 anonymous:yes We do this wrong.
    """
    found = entries.entry_on_list(turn.tx, turn.team.id, one_meant(turn, entry).number)
    added = takeaways.add(turn.tx, turn.member, found, text, named=not anonymous, about=about)
    done = f"Kept for #{found.number}." if added.is_new else f"You have kept this for #{found.number} already."
    undo = _withdraw("Undo" if added.is_new else "Withdraw", added.takeaway)
    return Card(
        title=done,
        blocks=(Paragraph(text=said(added.takeaway)),),
        actions=(undo, list_of(found.number)),
        tone=Tone.DONE,
    )


@command("takeaway", "list")
def list_takeaways(
    turn: Turn,
    entry: Annotated[EntryNames | None, position(Kind.ENTRY, "an entry's number, address or title")] = None,
    page: MaybePage = 1,
) -> Card:
    """All takeaways of an entry, newest first; without an entry your own ones.

    Examples: takeaway list · takeaway list #12
    """
    if entry is None:
        return _own(turn, page)
    found = one_meant(turn, entry)
    shown = takeaways.of_entry(turn.tx, found, page, PAGE_SIZE)
    if not shown.total:
        hint = f"“{turn.word} takeaway #{found.number} …” keeps one, in your own words."
        return sentence(
            f"No one has kept anything of #{found.number} yet.", hint, actions=(takeaway_action(found.number),)
        )
    call = Call(path=("takeaway", "list"), arguments={"entry": f"#{found.number}"})
    blocks = [
        _with_buttons(one, [_withdraw("Withdraw", one)] if one.member == turn.member.id else [])
        for one, _ in shown.items
    ]
    return Card(
        title=f"Takeaways of #{found.number} {found.title}",
        blocks=(*blocks, page_note(shown.number, shown.pages, shown.total, "in all")),
        actions=(*pager(call, shown.number, shown.pages), takeaway_action(found.number)),
    )


def _own(turn: Turn, page: int) -> Card:
    shown = takeaways.of_member(turn.tx, turn.member, page, PAGE_SIZE)
    if not shown.total:
        return sentence("You have no takeaways yet.", f"“{turn.word} takeaway #12 …” keeps one, in your own words.")
    call = Call(path=("takeaway", "list"))
    blocks = [
        Fields(
            items=((f"#{entry.number}", (*_words(one), *_hidden(one), Span(f" · {entry.title}"))),),
            actions=(_withdraw("Withdraw", one),),
        )
        for one, entry in shown.items
    ]
    return Card(
        title="Your takeaways",
        blocks=(*blocks, page_note(shown.number, shown.pages, shown.total, "in all")),
        actions=pager(call, shown.number, shown.pages),
    )


def _hidden(one: Takeaway) -> Text:
    return () if one.by is not None else plain(" (without your name)")


def _with_buttons(one: Takeaway, actions: Sequence[Action]) -> Block:
    """One takeaway; your own one has a button."""
    if not actions:
        return Paragraph(text=said(one))
    return Fields(items=(("You", (*_words(one), *_hidden(one))),), actions=tuple(actions))


@command("takeaway", "withdraw", writes=True)
def withdraw(
    turn: Turn,
    entry: Annotated[EntryNames | None, position(Kind.ENTRY, "an entry's number, address or title")] = None,
    takeaway: MaybeNumber = None,
) -> Card:
    """Withdraw a takeaway of yours. Its words are deleted.

    Example: takeaway withdraw #12
    """
    if takeaway is not None:
        takeaways.withdraw(turn.tx, turn.member, _id(takeaway))
        return sentence(WITHDRAWN, tone=Tone.DONE)
    if entry is None:
        raise BadUsage("Which one?", hint=f"“{turn.word} takeaway list” shows yours.", field="entry")
    found = one_meant(turn, entry)
    own = turn.tx.takeaways.of_member(turn.member.id, found.id, limit=takeaways.MAX_OF_ENTRY)
    if not own:
        raise NotFound(f"You have no takeaway of #{found.number}.", hint="“takeaway list” shows yours.")
    if len(own) > 1:
        choices = tuple(_withdraw(_short(one.text), one) for one in own)
        return Card(title=f"You have {len(own)} takeaways of #{found.number}. Which one?", actions=choices)
    takeaways.withdraw(turn.tx, turn.member, own[0].id)
    return sentence(WITHDRAWN, tone=Tone.DONE)


def _id(typed: str) -> TakeawayId:
    if not (typed.isascii() and typed.isdigit()) or len(typed) > 18:
        raise BadUsage("That is not a takeaway.", hint="“takeaway list” shows yours.")
    return TakeawayId(int(typed))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_LABEL else f"{line[: MAX_LABEL - 1]}…"


def _withdraw(label: str, one: Takeaway) -> Action:
    return Action(label=label, call=Call(path=("takeaway", "withdraw"), arguments={"takeaway": str(one.id)}))


def list_of(number: EntryNumber) -> Action:
    """The button that lists an entry's takeaways."""
    return Action(label=f"All of #{number}", call=Call(path=("takeaway", "list"), arguments={"entry": f"#{number}"}))


def said(one: Takeaway) -> Text:
    """A takeaway as everyone sees it."""
    return (Span(f"{one.by or 'Someone'}: "), *_words(one))


def _words(one: Takeaway) -> Text:
    link = (Span(" ("), Span("about this", url=one.about), Span(")")) if one.about else ()
    return (*plain(one.text), *link)


def of_entry(turn: Turn, entry: Entry) -> tuple[Block, ...]:
    """What an entry's card shows: the newest takeaways, and how many more there are and how many found something."""
    counts = takeaways.counts(turn.tx, entry.id)
    blocks: list[Block] = []
    if counts.takeaways:
        newest = turn.tx.takeaways.of_entry(entry.id, limit=SHOWN)
        blocks += [Paragraph(text=plain("Takeaways:")), *(Paragraph(text=said(one)) for one in newest)]
        more = counts.takeaways - len(newest)
        blocks += [Paragraph(text=plain(f"and {more} more"), quiet=True)] if more > 0 else []
    if counts.insights:
        blocks.append(Paragraph(text=plain(f"💡 {counts.insights:,} found something here."), quiet=True))
    return tuple(blocks)


def found_block(found: Sequence[FoundWithEntry]) -> tuple[Block, ...]:
    """The entries that a search found by their takeaways."""
    if not found:
        return ()
    lines = tuple(_found_line(one) for one in found[:SHOWN])
    more = len(found) - len(lines)
    note = (Paragraph(text=plain(f"and {more} more"), quiet=True),) if more else ()
    return (Paragraph(text=plain("Found in takeaways:")), Entries(items=lines), *note)


def _found_line(one: FoundWithEntry) -> EntryLine:
    line = line_of(one.entry, one.state, list_of(one.entry.number))
    return replace(line, matched=kept_line(one))


def kept_line(one: FoundWithEntry) -> Text:
    """The takeaway that a search found, with whose it is."""
    return (Span(f"{one.found.takeaway.by or 'Someone'} kept: "), *one.found.text)
