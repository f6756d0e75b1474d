"""Search the team's list."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Conflict, NotFound
from bot.domain.ids import MemberId, TeamId
from bot.domain.query import Query, Synonym, parse, with_words
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.team import Member
from bot.ports.search import Hit
from bot.ports.store import Transaction

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

    `corrected` maps words as typed to the words of the list that were searched instead.
    """

    query: Query
    corrected: Mapping[str, str]
    total: int
    number: int
    pages: int
    items: tuple[tuple[Hit, ReadingState], ...]


def find(tx: Transaction, team: TeamId, member: MemberId, typed: str, number: int, size: int) -> Found:
    """One page of what `typed` finds; a page past the end is the last one."""
    query, corrected = _understood(tx, team, typed)
    hits = tx.search.find(team, member, query, offset=(number - 1) * size, limit=size)
    pages = max(-(-hits.total // size), 1)
    if number > pages:
        return find(tx, team, member, typed, pages, size)
    return Found(
        query=query,
        corrected=corrected,
        total=hits.total,
        number=number,
        pages=pages,
        items=_with_states(tx, member, hits.items),
    )


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
