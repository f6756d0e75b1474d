"""Builds every team's search index again, from the entries on their lists."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from bot.domain.ids import TeamId, Url
from bot.domain.notes import Notes
from bot.domain.source import ReadEntry
from store.sql.filters import on_list
from store.sql.search.postgres import PostgresIndex
from store.sql.search.rerank import count_sizes
from store.sql.search.spelling import Spelling
from store.sql.search.sqlite import SqliteIndex
from store.sql.session import Session
from store.sql.tables import ENTRY, SEARCH_SIZE, SPELLING, TEAM

AT_ONCE = 500
"""Entries that are in memory at a time."""


def rebuild(connection: Connection) -> None:
    """Replace the indexes, after a change in how texts are split into words."""
    work = Session(connection, tree=lambda _: (), now=_no_time, database_time=lambda moment: moment)
    index = SqliteIndex(work) if work.engine == "sqlite" else PostgresIndex(work)
    spelling = Spelling(work, index)
    for table in (SPELLING, SEARCH_SIZE):
        work.change(delete(table))
    for row in work.rows(select(TEAM.c.id).order_by(TEAM.c.id)):
        team = TeamId(row.id)
        index.drop(team)
        index.create(team)
        for numbers in _batches(work, team):
            entries = _entries(work, team, numbers)
            index.add(team, entries)
            spelling.add(team, (entry for _, entry in entries))
            count_sizes(work, team, numbers, sign=1)


def _batches(work: Session, team: TeamId) -> Iterator[Sequence[int]]:
    numbers = [row.number for row in work.rows(select(ENTRY.c.number).where(on_list(team)).order_by(ENTRY.c.number))]
    return (numbers[at : at + AT_ONCE] for at in range(0, len(numbers), AT_ONCE))


def _entries(work: Session, team: TeamId, numbers: Sequence[int]) -> list[tuple[int, ReadEntry]]:
    names = ("number", "line", "title", "url", "key", "notes", "tags", "section", "language")
    these = select(*(ENTRY.c[name] for name in names)).where(
        on_list(team), ENTRY.c.number.between(numbers[0], numbers[-1])
    )
    return [(row.number, read_entry(row)) for row in work.rows(these.order_by(ENTRY.c.number))]


def read_entry(row: Any) -> ReadEntry:
    """The entry of a row of its table, as an index takes it: without the tree of its notes."""
    return ReadEntry(
        line=row.line,
        title=row.title,
        url=Url(row.url),
        key=row.key,
        notes=Notes(markdown=row.notes),
        tags=row.tags,
        section=row.section,
        language=row.language,
    )


def _no_time() -> datetime:
    """No statement of an index asks for the time; one that did would need the clock of the upgrade."""
    raise AssertionError("The indexes of a search hold no times.")
