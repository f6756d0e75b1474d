"""Conditions on the entries of a list, shared by listing, reading states and search."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, false, not_, or_, select

from bot.domain.ids import MemberId, TeamId
from bot.domain.query import Query
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.ports.entries import EntryFilter
from store.sql.ids import number_of, team_of
from store.sql.tables import ENTRY, ENTRY_TAG, READING, WEB_PAGE

MAX_TAG = 200
"""Characters of a tag that count in a lookup: PostgreSQL does not index texts of any length."""


ENTRIES = select(ENTRY, WEB_PAGE.c.minutes).outerjoin_from(
    ENTRY, WEB_PAGE, and_(WEB_PAGE.c.team == ENTRY.c.team, WEB_PAGE.c.key_hash == ENTRY.c.key_hash)
)
"""Entries as `entry_of` reads them."""
_TIMED = WEB_PAGE.alias("timed")


def folded(value: str) -> str:
    """The text as filters compare it."""
    return value.casefold()


def folded_tag(tag: str) -> str:
    return folded(tag)[:MAX_TAG]


def on_list(team: TeamId) -> ColumnElement[bool]:
    return and_(ENTRY.c.team == team, ENTRY.c.retired_at.is_(None))


def chosen(team: TeamId, member: MemberId, which: EntryFilter) -> ColumnElement[bool]:
    """Entries on the list with the tag, in the section, in the member's state and within the reading time."""
    tags = [which.tag] if which.tag else []
    sections = [which.section] if which.section else []
    states = [which.state] if which.state else []
    timed = [within(team, which.minutes)] if which.minutes else []
    return and_(on_list(team), *_tagged(team, tags), *_under(sections), *_in_state(team, member, states), *timed)


def asked(team: TeamId, member: MemberId, query: Query) -> list[ColumnElement[bool]]:
    """The conditions of the query's filters; empty without any."""
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
        *([within(team, query.minutes)] if query.minutes else []),
        *(not_(condition) for condition in without),
    ]


def within(team: Any, minutes: Any) -> ColumnElement[bool]:
    """Entries with a known reading time of at most so many minutes."""
    return ENTRY.c.key_hash.in_(select(_TIMED.c.key_hash).where(_TIMED.c.team == team, _TIMED.c.minutes <= minutes))


def _not_in_state(team: TeamId, member: MemberId, states: Sequence[ReadingState]) -> list[ColumnElement[bool]]:
    left = [state for state in ReadingState if state not in states]
    return _in_state(team, member, left) if left else [false()]


def _at(sites: Sequence[str]) -> list[ColumnElement[bool]]:
    """Entries of one of the sites or of its subdomains."""
    named = [site.removeprefix("www.") for site in sites]
    held = [or_(ENTRY.c.site == site, ENTRY.c.site.endswith(f".{site}", autoescape=True)) for site in named]
    return [or_(*held)] if held else []


def _under(sections: Sequence[str]) -> list[ColumnElement[bool]]:
    held = [ENTRY.c.section_folded.contains(folded(name), autoescape=True) for name in sections]
    return [or_(*held)] if held else []


@record
class Tagged:
    """The folded tags of a query without other filters. The table of tags alone answers it."""

    tags: tuple[str, ...]

    def numbers(self, team: int) -> Select[tuple[int]]:
        return _numbered(team, self.tags)


@record
class Filtered:
    """The filters of a query that has other filters than tags."""

    conditions: tuple[ColumnElement[bool], ...]

    def numbers(self, team: int) -> Select[tuple[int]]:
        return select(ENTRY.c.number).where(ENTRY.c.team == team, *self.conditions)


Among: TypeAlias = Tagged | Filtered
"""The filters of a query. `numbers` selects the matching entries, which may include retired ones."""


def among(team: TeamId, member: MemberId, query: Query) -> Among | None:
    """None if the query has no filter.

    A query with only tags is a case of its own: reading a row of `entry` for each match takes five times as long, and
    such queries are too frequent to build their SQL each time.
    """
    if query.tags and query == _only_tagged(query):
        return Tagged(tags=_folded_tags(query.tags))
    filters = asked(team, member, query)
    return Filtered(conditions=tuple(filters)) if filters else None


def _only_tagged(query: Query) -> Query:
    """The query with no filter except its tags."""
    return Query(
        words=query.words,
        phrases=query.phrases,
        without=query.without,
        tags=query.tags,
        as_typed=query.as_typed,
        also=query.also,
        corrected=query.corrected,
        either=query.either,
    )


def tagged(team: TeamId, tags: Sequence[str]) -> ColumnElement[bool]:
    """Entries with one of the tags, or all if there are none."""
    return and_(*_tagged(team, tags)) if tags else ENTRY.c.team == team


def _tagged(team: TeamId, tags: Sequence[str]) -> list[ColumnElement[bool]]:
    if not tags:
        return []
    return [ENTRY.c.number.in_(_having(team, tags))]


def _having(team: TeamId, tags: Sequence[str]) -> Select[tuple[int]]:
    return _numbered(team, _folded_tags(tags))


def _numbered(team: int, folded_tags: Sequence[str]) -> Select[tuple[int]]:
    return select(ENTRY_TAG.c.entry).where(ENTRY_TAG.c.team == team, ENTRY_TAG.c.tag.in_(folded_tags))


def _folded_tags(tags: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded_tag(tag.removeprefix("#")) for tag in tags))


def _in_state(team: TeamId, member: MemberId, states: Sequence[ReadingState]) -> list[ColumnElement[bool]]:
    """Unread means that there is no row, so it is everything except the rows in the other states."""
    if not states or set(states) == set(ReadingState):
        return []
    unread = ReadingState.UNREAD in states
    listed = set(ReadingState) - set(states) if unread else set(states)
    mine = and_(READING.c.team == team, READING.c.team == team_of(member), READING.c.member == number_of(member))
    numbers = select(READING.c.entry).where(mine, READING.c.state.in_(listed))
    return [ENTRY.c.number.not_in(numbers) if unread else ENTRY.c.number.in_(numbers)]
