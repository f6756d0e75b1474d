"""Commands that look things up in the list."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Annotated

from bot.chat.line import render
from bot.commands import takeaways
from bot.commands.cards import (
    PAGE_SIZE,
    EntryNames,
    button,
    counted,
    empty_list,
    entry_card,
    line_of,
    mark_button,
    moment,
    one_meant,
    page_note,
    pager,
    sentence,
    share_action,
    unknown_times,
)
from bot.commands.declare import Turn, command, named, position, rest
from bot.domain.card import Action, Block, Call, Card, Entries, EntryLine, Fields, Paragraph
from bot.domain.digest import takeaway_action
from bot.domain.entry import Entry
from bot.domain.ids import EntryId
from bot.domain.reading_state import ReadingState
from bot.domain.text import Span, Text, joined, plain, site_of
from bot.domain.value import Kind
from bot.ports.entries import EntryFilter
from bot.ports.search import Hit
from bot.service import edits, entries
from bot.service import search as searching
from bot.service.search import Found

MAX_TAGS = 40
MAX_DISCUSSIONS = 5
LIST_SIZE = 8
"""Entries on a page of the list. With a heading above each, they fit into one message of every platform."""
MAX_SECTIONS = 10
"""Sections that are offered where no entry has a tag."""
MAX_LABEL = 75
"""Characters of a button that repeats what somebody typed."""

MaybePage = Annotated[int, named(Kind.NUMBER, "which page")]
MaybeMax = Annotated[int | None, named(Kind.MINUTES, "only what takes so long to read at most")]


@command("search")
def search(turn: Turn, query: Annotated[str, rest(Kind.TEXT, "what to look for")], page: MaybePage = 1) -> Card:
    """Find entries by words in titles, tags and notes.

    "words in quotes" match as a phrase, -word excludes, one OR other means either; an address finds its entry. tag:db, site:stripe.com, in:section and is:unread
    narrow the search, -tag:db excludes a tag, max:10m finds what takes ten minutes at most. An unknown word is treated as the closest known one, unless it is in quotes.
    Examples: search caching · search tag:db -redis "connection pool" · search is:later page:2
    """
    found = searching.find(turn.tx, turn.team.id, turn.member.id, query, page, PAGE_SIZE)
    if not found.total and not found.kept:
        address = searching.address_in(query)
        if address is not None:
            site = f"“{turn.word} search site:{site_of(address)}” finds everything from there."
            add = Action(label="Add it", call=Call(path=("add",), arguments={"url": address}))
            may_add = edits.is_allowed(turn.tx.edits.rules(turn.team.id), turn.role)
            return sentence("No entry on the list has that address.", site, actions=[add] if may_add else [])
        return _nothing(turn, query, found) if turn.tx.entries.count(turn.team.id) else empty_list(turn)
    call = Call(path=("search",), arguments={"query": query})
    return Card(
        title=f"Search: {query}",
        blocks=(
            *_read_as(found),
            *((Paragraph(text=plain("No exact match. Close in meaning:")),) if found.close else ()),
            *_results(found, _line(call, found.number), page),
            *takeaways.found_block([one for one in found.kept if one.entry.id not in _without_line(found)]),
        ),
        actions=(*pager(call, found.number, found.pages), *_as_typed(query, found), *_facets(turn, query, found)),
    )


def _results(found: Found, back: str, asked: int) -> tuple[Block, ...]:
    if not found.total:
        return ()
    kept = {one.entry.id: takeaways.kept_line(one) for one in found.kept if one.entry.id in _without_line(found)}
    lines = [_hit(replace(hit, matched=kept.get(hit.entry.id, hit.matched)), state, back) for hit, state in found.items]
    return (Entries(items=tuple(lines)), page_note(found.number, found.pages, found.total, "found", asked=asked))


def _without_line(found: Found) -> set[EntryId]:
    """The results on this page of which no line of the notes is shown: the line of a takeaway is, where one matches."""
    return {hit.entry.id for hit, _ in found.items if not hit.matched}


def _nothing(turn: Turn, query: str, found: Found) -> Card:
    loose = query.removeprefix("as:typed ").replace('"', "")
    title = f"Nothing on the list matches “{loose}”."
    back = [_narrowing("Search for similar words", Call(path=("search",), arguments={"query": loose}))]
    actions = back if loose != query and loose.strip() else []
    if edits.is_allowed(turn.tx.edits.rules(turn.team.id), turn.role):
        actions = [*actions, Action(label="Add an article", call=Call(path=("add",)))]
    near = searching.nearest_topic(turn.tx, turn.team.id, found)
    if near is None:
        hint = f"Try fewer or other words; “{turn.word} tags” shows every tag."
        return sentence(title, hint, unknown_times(turn, found.query.minutes), actions=actions)
    name = near.partition(":")[2].strip('"')
    call = Call(path=("search",), arguments={"query": near})
    close = [_narrowing(f"Show {name}", call), *actions]
    return sentence(title, f"There is something close to it: {name}.", actions=close)


def _facets(turn: Turn, query: str, found: Found) -> tuple[Action, ...]:
    """Buttons that narrow a long answer to one of its sections."""
    sections = searching.facets(turn.tx, turn.team.id, turn.member.id, found)
    return tuple(
        _narrowing(f"In {name}: {count:,}", Call(path=("search",), arguments={"query": f'{query} in:"{name}"'}))
        for name, count in sections
    )


def _narrowing(label: str, call: Call) -> Action:
    return Action(label=label[:MAX_LABEL], call=call, replaces=True)


def _line(call: Call, page: int = 1) -> str:
    """The line that shows this page again."""
    paged = {**call.arguments, "page": str(page)} if page > 1 else call.arguments
    return render([search.spec, list_entries.spec, related.spec], Call(path=call.path, arguments=paged))


def _read_as(found: Found) -> Iterator[Block]:
    """What was searched in place of the words, and beside them."""
    better = [(Span(word, bold=True),) for word in dict.fromkeys(found.corrected.values())]
    if better:
        yield Paragraph(text=(*plain("Showing results for "), *joined(better, ", "), *plain(".")))
    also = dict.fromkeys(other for others in found.query.also.values() for other in others)
    if also:
        yield Paragraph(text=plain(f"Also searched for {', '.join(also)}."), quiet=True)


def _as_typed(query: str, found: Found) -> tuple[Action, ...]:
    """A button that searches the words as they were typed."""
    if not found.corrected:
        return ()
    words = [f'"{word}"' if word.casefold() in found.corrected else word for word in query.split()]
    call = Call(path=("search",), arguments={"query": " ".join(words)})
    return (Action(label=f"Search for “{' '.join(found.corrected)}”"[:MAX_LABEL], call=call, replaces=True),)


def _hit(hit: Hit, state: ReadingState, back: str) -> EntryLine:
    entry = hit.entry
    notes = (button("Notes", "show", entry.number),) if entry.notes.markdown.strip() else ()
    line = line_of(entry, state, mark_button(entry.number, state, back), *notes, share_action(entry))
    return replace(line, found=hit.title, matched=hit.matched, path=hit.path)


@command("show")
def show(turn: Turn, entry: Annotated[EntryNames, position(Kind.ENTRY, "an entry's number, address or title")]) -> Card:
    """One entry with all its notes and where it was discussed.

    Examples: show #12 · show https://example.org/post · show caching at scale
    """
    return shown(turn, one_meant(turn, entry))


def shown(turn: Turn, found: Entry) -> Card:
    """The entry with all its notes."""
    (_, state), *_ = entries.with_states(turn.tx, turn.member.id, [found])
    more = (*takeaways.of_entry(turn, found), *_discussed(turn, found))
    card = entry_card(found, state, all_notes=True, more=more)
    return replace(card, actions=(*card.actions, takeaway_action(found.number)))


@command("related")
def related(
    turn: Turn, entry: Annotated[EntryNames, position(Kind.ENTRY, "an entry's number, address or title")]
) -> Card:
    """Similar entries, closest first."""
    like = one_meant(turn, entry)
    found = searching.related(turn.tx, turn.team.id, turn.member.id, like, PAGE_SIZE)
    if not found:
        hint = f"“{turn.word} search” finds entries by words."
        return sentence(f"I found no entry similar to #{like.number}.", hint)
    back = _line(Call(path=("related",), arguments={"entry": f"#{like.number}"}))
    items = tuple(_hit(hit, state, back) for hit, state in found)
    return Card(title=f"More like #{like.number} {like.title}", blocks=(Entries(items=items),))


def _discussed(turn: Turn, entry: Entry) -> tuple[Block, ...]:
    known = turn.tx.ledger.discussions(turn.team.id, entry.id, MAX_DISCUSSIONS)
    if not known:
        return ()
    places: list[Text] = []
    for at, message in known:
        channel = Span(f"#{message.channel.id}", channel=message.channel)
        link = turn.link(message)
        thread = (Span("open the thread", url=link),) if link else ()
        places.append(joined([(channel,), moment(at, turn.zone), thread], ", "))
    return (Fields(items=(("Discussed in", joined(places, "; ")),)),)


@command("list")
def list_entries(
    turn: Turn,
    tag: Annotated[str | None, named(Kind.TAG, "only with this tag")] = None,
    is_: Annotated[ReadingState | None, named(Kind.STATE, "only in this reading state")] = None,
    max: MaybeMax = None,
    page: MaybePage = 1,
) -> Card:
    """The list with its sections, or only entries with a tag, a reading state or a reading time.

    Examples: list · list tag:databases · list is:unread page:2 · list max:10m
    """
    which = EntryFilter(tag=tag, state=is_, minutes=max)
    found = entries.page(turn.tx, turn.team.id, turn.member.id, which, page, LIST_SIZE)
    if not found.total and not turn.tx.entries.count(turn.team.id):
        return empty_list(turn)
    if not found.total:
        title = f"No entry is tagged “{tag}”." if tag and is_ is None and not max else "No entry matches."
        hint = f"“{turn.word} tags” shows every tag." if tag else f"“{turn.word} list” shows every entry."
        return sentence(title, hint, unknown_times(turn, max))
    words = {"tag": tag, "is": is_.value if is_ else None, "max": f"{max}m" if max else None}
    call = Call(path=("list",), arguments={name: value for name, value in words.items() if value})
    back = _line(call, found.number)
    blocks: list[Block] = []
    for section, some in groupby(found.items, key=lambda item: item[0].section):
        lines = [line_of(one, state, mark_button(one.number, state, back)) for one, state in some]
        heading = (Paragraph(text=(Span(" › ".join(section), bold=True),)),) if section else ()
        blocks += [*heading, Entries(items=tuple(lines))]
    return Card(
        title=" ".join(["Reading list", *(f"{name}:{value}" for name, value in call.arguments.items())]),
        blocks=(*blocks, page_note(found.number, found.pages, found.total, "in all", asked=page)),
        actions=pager(call, found.number, found.pages),
    )


@command("tags")
def tags(turn: Turn) -> Card:
    """All tags, with how many entries have each and how many you have not read."""
    known = turn.tx.entries.tags(turn.team.id, turn.member.id)
    if not known:
        # The sections of a list without tags, which narrow it as well.
        if not turn.tx.entries.count(turn.team.id):
            return empty_list(turn)
        names = list(dict.fromkeys(path[0] for path in turn.tx.entries.sections(turn.team.id) if path))
        hint = "Tags come from the list: “- [db] [Title](link)”, or “tags:” in the front matter."
        if not names:
            return sentence("No entry has a tag.", hint)
        actions = [_narrowing(name, Call(path=("list",), arguments={"tag": name})) for name in names[:MAX_SECTIONS]]
        return sentence("No entry has a tag. The list has these sections:", hint, actions=actions)
    shown = tuple(
        (tag.name, plain(f"{counted(tag.entries, 'entry', 'entries')}, {tag.unread:,} unread"))
        for tag in known[:MAX_TAGS]
    )
    more = len(known) - len(shown)
    note = (Paragraph(text=plain(f"and {counted(more, 'rarer tag')}"), quiet=True),) if more else ()
    return Card(title="Tags", blocks=(Fields(items=shown), *note))
