"""Searching the team's list."""

from bot.domain.ids import MemberId, TeamId
from bot.domain.query import Query, parse
from bot.domain.reading import ReadingState
from bot.domain.record import record
from bot.ports import Hit, Transaction


@record
class Found:
    """A page of what was found, best first, with the asking member's states: page `number` of `pages`."""

    query: Query
    total: int
    number: int
    pages: int
    items: tuple[tuple[Hit, ReadingState], ...]


def find(tx: Transaction, team: TeamId, member: MemberId, typed: str, number: int, size: int) -> Found:
    """One page of what `typed` finds; a page past the end is the last one."""
    query = parse(typed)
    hits = tx.search.find(team, member, query, offset=(number - 1) * size, limit=size)
    pages = max(-(-hits.total // size), 1)
    if number > pages:
        return find(tx, team, member, typed, pages, size)
    states = tx.readings.states(member, [hit.entry.id for hit in hits.items])
    return Found(
        query=query,
        total=hits.total,
        number=number,
        pages=pages,
        items=tuple((hit, states.get(hit.entry.id, ReadingState.UNREAD)) for hit in hits.items),
    )
