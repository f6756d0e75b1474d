"""Search the team's list."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Conflict, NotFound
from bot.domain.ids import EntryNumber, MemberId, TeamId
from bot.domain.query import Query, Synonym, parse, with_words
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.team import Member
from bot.domain.text import folded, site_of
from bot.domain.url import is_web
from bot.domain.value import unbracketed
from bot.ports.search import Hit
from bot.ports.store import Transaction
from bot.service import entries, takeaways
from bot.service.takeaways import FoundWithEntry

MIN_SEARCHED = 3
"""A completion this long or longer is searched."""


MAX_ADDED = 500
"""The maximum number of a team's pairs added by curators. More belong in the list, where they can be reviewed."""


def list_synonyms(tx: Transaction, team: TeamId) -> Sequence[Synonym]:
    """Every pair, by word."""
    return tx.synonyms.all(team)


def add_synonym(tx: Transaction, team: TeamId, word: str, others: Sequence[str]) -> None:
    """Make the word and each of the others find each other. Raises BadUsage and Conflict."""
    tx.lock([f"synonyms {team}"])
    if sum(1 for known in list_synonyms(tx, team) if known.file is None) + len(others) > MAX_ADDED:
        hint = "Move them to the front matter of the list, as `synonyms:`, and remove some here."
        raise Conflict(f"This team has {MAX_ADDED} synonym pairs, which is the limit.", hint=hint)
    for other in others:
        if not tx.synonyms.add(team, word, other):
            hint = "Name two different words or short phrases: settings synonyms add k8s kubernetes"
            raise BadUsage(f"“{word}” and “{other}” cannot be synonyms.", hint=hint, field="other")


def remove_synonym(tx: Transaction, team: TeamId, word: str, others: Sequence[str]) -> None:
    """Remove the word's pairs that curators added: all, or those with `others`. Raises NotFound."""
    removed = [tx.synonyms.remove(team, word, other) for other in others or (None,)]
    if not any(removed):
        hint = "“settings synonyms” shows them; those of a file are removed from its front matter."
        raise NotFound(f"No synonyms of “{word}” were added here.", hint=hint)


@record
class Found:
    """A page of results, best first, with the asking member's states: page `number` of `pages`.

    `corrected` maps words as typed to the words of the list that were searched instead. `kept` are entries with a
    takeaway that contains all the words, on the first page only. With `close` no entry contains the words, and the items
    are close to them in meaning.
    """

    query: Query
    corrected: Mapping[str, str]
    total: int
    number: int
    pages: int
    items: tuple[tuple[Hit, ReadingState], ...]
    kept: tuple[FoundWithEntry, ...] = ()
    close: bool = False


def find(
    tx: Transaction, team: TeamId, member: MemberId, typed: str, number: int, size: int, *, takeaways_too: bool = True
) -> Found:
    """One page of what `typed` finds; a page past the end is the last one. Without `takeaways_too` no takeaway has a say
    in it.
    """
    address = address_in(typed)
    if address is not None:
        return _found_at(tx, team, member, address)
    host = _BARE_HOST.fullmatch(typed.strip(_AROUND))
    if host and (home := _found_at(tx, team, member, f"https://{host[0]}")).total:
        return home
    query, corrected = _understood(tx, team, typed)
    with_takeaways = takeaways_too and number == 1
    kept = takeaways.find(tx, team, member, query) if with_takeaways else ()
    if corrected and with_takeaways and (as_typed := _kept_as_typed(tx, team, member, typed)):
        query, corrected, kept = as_typed[0], {}, as_typed[1]
    hits = tx.search.find(team, member, query, offset=(number - 1) * size, limit=size)
    sections = [entries.section_named(tx, team, tag) for tag in query.tags] if not hits.total else []
    if any(sections):
        query = replace(query, tags=(), sections=(*query.sections, *filter(None, sections)))
        hits = tx.search.find(team, member, query, offset=(number - 1) * size, limit=size)
    if host and not kept and (hits.close or not hits.total):
        at_host = Query(sites=(site_of(f"https://{host[0]}"),))
        from_there = tx.search.find(team, member, at_host, offset=(number - 1) * size, limit=size)
        if from_there.total:
            query, corrected, hits = at_host, {}, from_there
    pages = max(-(-hits.total // size), 1)
    if number > pages:
        return find(tx, team, member, typed, pages, size, takeaways_too=takeaways_too)
    return Found(
        query=query,
        corrected=corrected,
        total=hits.total,
        number=number,
        pages=pages,
        items=_with_states(tx, member, hits.items),
        kept=kept,
        close=hits.close,
    )


def _kept_as_typed(
    tx: Transaction, team: TeamId, member: MemberId, typed: str
) -> tuple[Query, tuple[FoundWithEntry, ...]] | None:
    """The query as typed and the takeaways that contain it: a word that only they have is not misspelt."""
    query = parse(f"as:typed {typed}")
    kept = takeaways.find(tx, team, member, query)
    return (query, kept) if kept else None


MAX_FACETS = 3
MIN_FACETED, MAX_FACETED = 11, 1_000
"""From so many results on, and up to so many, sections are offered to narrow the search."""


def facets(tx: Transaction, team: TeamId, member: MemberId, found: Found) -> Sequence[tuple[str, int]]:
    """Sections that narrow a long answer, each with the number of its results, the largest first."""
    if found.close or not MIN_FACETED <= found.total <= MAX_FACETED or found.query.sections:
        return ()
    counts = tx.search.sections(team, member, found.query, MAX_FACETED)
    for level in range(max(map(len, counts), default=0)):
        names = {path[level]: None for path in counts if len(path) > level}
        if len(names) > 1:
            sizes = {name: _held(name, counts) for name in names if _can_be_asked(name)}
            narrowing = [(name, size) for name, size in sizes.items() if size < found.total]
            return sorted(narrowing, key=lambda pair: -pair[1])[:MAX_FACETS]
    return ()


def _held(name: str, counts: Mapping[tuple[str, ...], int]) -> int:
    """How many results `in:` finds for the name, which may be part of another section's."""
    return sum(count for path, count in counts.items() if name.casefold() in "\n".join(path).casefold())


def _can_be_asked(name: str) -> bool:
    """Whether `in:"NAME"` means this name. Quotes in it would not."""
    return parse(f'in:"{name}"') == Query(sections=(name.strip().lower(),))


def nearest_topic(tx: Transaction, team: TeamId, found: Found) -> str | None:
    """The filter for the tag or section that is closest to the words that found nothing; None without a close one."""
    from difflib import get_close_matches

    sections = {name for path in tx.entries.sections(team) for name in path if _can_be_asked(name)}
    named = {
        **{word: f'in:"{name}"' for name in sorted(sections) for word in _names(name)},
        **{word: f'tag:"{tag.name}"' for tag in tx.entries.tags(team, None) for word in _names(tag.name)},
    }
    for word in map(folded, (*found.query.words, *found.query.phrases)):
        near = get_close_matches(word, named, n=1, cutoff=MIN_ALIKE) if len(word) > 1 else ()
        if near:
            return named[near[0]]
    return None


MIN_ALIKE = 0.72
"""How alike a word and a topic must be, from 0 to 1, to be offered."""


def _names(topic: str) -> Sequence[str]:
    """The topic, its longer words, and its initials: people type ML for Machine Learning."""
    words = re.findall(r"\w+", folded(topic))
    initials = "".join(word[0] for word in words)
    return [
        folded(topic),
        *(word for word in words if len(word) > MIN_SEARCHED),
        *([initials] if len(words) > 1 else []),
    ]


MAX_MEANT = 3
"""Entries to choose from where the words that were typed fit several."""
_LABELLED = re.compile(r"#(\d{1,9})\s+(\S.*?)\s*…?")


def meant(tx: Transaction, team: TeamId, member: MemberId, name: EntryNumber | str) -> Entry:
    """The entry of this number, address, title, or of words that are in one title only.

    Raises NotFound, with entries to choose from where several fit or only one that is alike.
    """
    if not isinstance(name, str):
        return entries.entry(tx, team, name)
    if is_web(name):
        return _at(tx, team, name)
    labelled = _LABELLED.fullmatch(name)
    if labelled:
        found = entries.entry(tx, team, EntryNumber(int(labelled[1])))
        if folded(found.title).startswith(folded(labelled[2])):
            return found
        raise BadUsage("I only need entry numbers, such as #12.", field="entry")
    hits = tx.search.find(team, member, _understood(tx, team, name)[0], offset=0, limit=MAX_MEANT * 2, lines=False)
    items = [hit.entry for hit in hits.items]
    same = [entry for entry in items if folded(entry.title) == folded(name)]
    fitting = same or [entry for entry in items if _words(name) <= _words(entry.title)]
    if len(fitting) == 1:
        return fitting[0]
    if not items:
        raise NotFound(f"No entry matches “{name}”.", hint="Name it by its number, such as #12.", field="entry")
    offered = (fitting or items)[:MAX_MEANT]
    named = [f"#{entry.number} {entry.title}" for entry in offered]
    message = f"Do you mean {named[0]}?" if len(offered) == 1 else f"Which entry do you mean by “{name}”?"
    raise NotFound(
        message,
        hint="" if len(offered) == 1 else "; ".join(named),
        field="entry",
        choices=[(f"#{entry.number}", label) for entry, label in zip(offered, named, strict=True)],
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", folded(text)))


def _at(tx: Transaction, team: TeamId, address: str) -> Entry:
    found = tx.entries.by_address(team, address)
    if found is None:
        site = site_of(address)
        hint = f"“search site:{site}” finds everything from there."
        raise NotFound("No entry on the list has that address.", hint=hint, field="entry")
    return found


def completed(tx: Transaction, team: TeamId, member: Member | None, typed: str, size: int) -> Sequence[Entry]:
    """Entries that the typed text may mean, by search.

    A text too short to search, or one that finds nothing, is matched by number or title. Someone who is not a member
    yet has no states to search by.
    """
    word = typed.removeprefix("#")
    if member is not None and len(word) >= MIN_SEARCHED and not word.isdigit():
        query, _ = _understood(tx, team, word)
        found = tx.search.find(team, member.id, query, offset=0, limit=size, lines=False)
        if found.items:
            return [hit.entry for hit in found.items]
    return tx.entries.with_title(team, word, size)


def address_in(typed: str) -> str | None:
    """The web address that the query is and nothing else, its scheme may be left out; None for a query in words."""
    text = unbracketed(typed).strip(_AROUND)
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    if is_web(text) and not re.search(r"\s", text):
        return text
    return f"https://{text}" if _BARE_ADDRESS.fullmatch(text) else None


_AROUND = " \t\n\"'`<>“”‘’«».,;!"
"""What people and composers put around an address."""
_BARE_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
_BARE_ADDRESS = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S*", re.IGNORECASE)


def _found_at(tx: Transaction, team: TeamId, member: MemberId, address: str) -> Found:
    """The entry with this address, if it is on the list; else the one without its query, which may be for tracking."""
    entry = tx.entries.by_address(team, address)
    if "?" in address and (entry is None or entry.retired_at is not None):
        entry = tx.entries.by_address(team, address.partition("?")[0])
    hits = (Hit(entry=entry),) if entry and entry.retired_at is None else ()
    items = _with_states(tx, member, hits)
    return Found(query=Query(), corrected={}, total=len(items), number=1, pages=1, items=items)


def _understood(tx: Transaction, team: TeamId, typed: str) -> tuple[Query, Mapping[str, str]]:
    """The query with its synonyms, and the words that were corrected."""
    asked = parse(typed)
    if asked.as_typed:
        return asked, {}
    widened = replace(asked, also=tx.synonyms.for_query(team, asked))
    corrected = tx.search.corrected(team, widened)
    if not corrected:
        return widened, {}
    query = with_words(asked, corrected)
    return replace(query, also=tx.synonyms.for_query(team, query)), corrected


def related(
    tx: Transaction, team: TeamId, member: MemberId, entry: Entry, limit: int
) -> tuple[tuple[Hit, ReadingState], ...]:
    """Similar entries, closest first, with the member's states."""
    return _with_states(tx, member, tx.search.related(team, entry, limit))


def _with_states(tx: Transaction, member: MemberId, hits: Sequence[Hit]) -> tuple[tuple[Hit, ReadingState], ...]:
    states = tx.readings.states(member, [hit.entry.id for hit in hits])
    return tuple((hit, states.get(hit.entry.id, ReadingState.UNREAD)) for hit in hits)
