"""Which entries on the list: the conditions that listing, reading states and search share."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, false, not_, or_, select

from bot.domain.ids import MemberId, TeamId
from bot.domain.query import Query
from bot.domain.reading import ReadingState
from bot.ports import EntryFilter
from store.sql.keys import number_of, team_of
from store.sql.tables import ENTRY, ENTRY_TAG, READING

LONGEST_TAG = 200
"""Characters of a tag that count when entries are looked up by it: PostgreSQL indexes no text without end."""


def folded(value: str) -> str:
    """The text as filters compare it."""
    return value.casefold()


def folded_tag(tag: str) -> str:
    return folded(tag)[:LONGEST_TAG]


def on_list(team: TeamId) -> ColumnElement[bool]:
    return and_(ENTRY.c.team == team, ENTRY.c.retired_at.is_(None))


def chosen(team: TeamId, member: MemberId, which: EntryFilter) -> ColumnElement[bool]:
    """Entries on the list with the tag and in the member's state."""
    tags = [which.tag] if which.tag else []
    states = [which.state] if which.state else []
    return and_(on_list(team), *_tagged(team, tags), *_in_state(team, member, states))


def asked(team: TeamId, member: MemberId, query: Query) -> list[ColumnElement[bool]]:
    """The conditions of the query's filters; none where it has no filter."""
    without = [
        *([ENTRY.c.number.in_(_having(team, query.without_tags))] if query.without_tags else []),
        *_at(query.without_sites),
        *_under(query.without_sections),
    ]
    return [
        *_tagged(team, query.tags),
        *_in_state(team, member, query.states),
        *_not_in_state(team, member, query.without_states),
        *_at(query.sites),
        *_under(query.sections),
        *(not_(condition) for condition in without),
    ]


def _not_in_state(team: TeamId, member: MemberId, states: Sequence[ReadingState]) -> list[ColumnElement[bool]]:
    left = [state for state in ReadingState if state not in states]
    return _in_state(team, member, left) if left else [false()]


def _at(sites: Sequence[str]) -> list[ColumnElement[bool]]:
    """Entries at one of the sites or below it."""
    named = [site.removeprefix("www.") for site in sites]
    held = [or_(ENTRY.c.site == site, ENTRY.c.site.endswith(f".{site}", autoescape=True)) for site in named]
    return [or_(*held)] if held else []


def _under(sections: Sequence[str]) -> list[ColumnElement[bool]]:
    held = [ENTRY.c.section_folded.contains(folded(name), autoescape=True) for name in sections]
    return [or_(*held)] if held else []


def among(team: TeamId, member: MemberId, query: Query) -> Select[tuple[int]] | None:
    """The numbers that the query's filters leave, of entries that may be off the list; None where it has no filter.

    Tags alone are answered by their own table: with a row of `entry` for each it takes five times as long.
    """
    filters = asked(team, member, query)
    if query.tags and len(filters) == 1:
        return _having(team, query.tags)
    return select(ENTRY.c.number).where(ENTRY.c.team == team, *filters) if filters else None


def tagged(team: TeamId, tags: Sequence[str]) -> ColumnElement[bool]:
    """Entries with one of the tags, or all where there are none."""
    return and_(*_tagged(team, tags)) if tags else ENTRY.c.team == team


def _tagged(team: TeamId, tags: Sequence[str]) -> list[ColumnElement[bool]]:
    if not tags:
        return []
    return [ENTRY.c.number.in_(_having(team, tags))]


def _having(team: TeamId, tags: Sequence[str]) -> Select[tuple[int]]:
    wanted = {folded_tag(tag.removeprefix("#")) for tag in tags}
    return select(ENTRY_TAG.c.entry).where(ENTRY_TAG.c.team == team, ENTRY_TAG.c.tag.in_(wanted))


def _in_state(team: TeamId, member: MemberId, states: Sequence[ReadingState]) -> list[ColumnElement[bool]]:
    """No row means unread, so unread is everything but the rows in the other states."""
    if not states or set(states) == set(ReadingState):
        return []
    unread = ReadingState.UNREAD in states
    listed = set(ReadingState) - set(states) if unread else set(states)
    mine = and_(READING.c.team == team, READING.c.team == team_of(member), READING.c.member == number_of(member))
    numbers = select(READING.c.entry).where(mine, READING.c.state.in_(listed))
    return [ENTRY.c.number.not_in(numbers) if unread else ENTRY.c.number.in_(numbers)]
