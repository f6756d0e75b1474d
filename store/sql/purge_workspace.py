"""What is removed when a workspace was left for good: its own rows, and those of people who were met nowhere else."""

from collections.abc import Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import Text, and_, delete, select, tuple_, type_coerce, update

from bot.domain.ids import WorkspaceRef
from store.sql.session import AnyRow, Session
from store.sql.tables import DELIVERY, MARK, MEMBER, READING, SCHEDULE, TEAM, WEEK, WORKSPACE, packed

T = TypeVar("T")

_AT_ONCE = 500
"""Rows named in one statement; engines limit its parameters."""


def purge(work: Session, ref: WorkspaceRef) -> None:
    """Remove it in whatever team it was: a workspace that changed its team left rows in both.

    Its own row comes first: whoever joins again in the same moment either waits for that, or was before us.
    """
    it = and_(WORKSPACE.c.platform == ref.platform, WORKSPACE.c.id == ref.id, WORKSPACE.c.left_at.is_not(None))
    if work.change(delete(WORKSPACE).where(it)):
        _places(work, ref)
        _people(work, ref)


def _places(work: Session, ref: WorkspaceRef) -> None:
    """Its schedules and their weeks, its deliveries, and the marks on its messages."""
    there = {
        table: and_(table.c.platform == ref.platform, table.c.workspace == ref.id)
        for table in (MARK, DELIVERY, SCHEDULE)
    }
    slots = select(SCHEDULE.c.team, SCHEDULE.c.number).where(there[SCHEDULE])
    of_any_team = MARK.c.team.in_(select(TEAM.c.id))  # with that SQLite looks along the key, which begins with the team
    work.change(delete(MARK).where(of_any_team, there[MARK]))
    work.change(delete(DELIVERY).where(there[DELIVERY]))
    work.change(delete(WEEK).where(tuple_(WEEK.c.team, WEEK.c.schedule).in_(slots)))
    work.change(delete(SCHEDULE).where(there[SCHEDULE]))


def _people(work: Session, ref: WorkspaceRef) -> None:
    """Members who were met there: those met elsewhere too are no more of there, the others are nobody any more."""
    words = type_coerce(MEMBER.c.workspaces, Text)
    maybe = select(MEMBER).where(MEMBER.c.platform == ref.platform, words.contains(packed(ref.id), autoescape=True))
    met = [row for row in work.rows(maybe) if ref.id in row.workspaces]
    _remove(work, [row for row in met if row.workspaces == (ref.id,)])
    for row in met:
        elsewhere = tuple(one for one in row.workspaces if one != ref.id)
        member = (MEMBER.c.team == row.team) & (MEMBER.c.number == row.number)
        work.change(update(MEMBER).where(member).values(workspaces=elsewhere))


def _remove(work: Session, members: Sequence[AnyRow]) -> None:
    for some in _parts(members):
        numbers = [(row.team, row.number) for row in some]
        accounts = [(row.team, row.platform, row.account) for row in some]
        work.change(delete(MARK).where(work.one_of((MARK.c.team, MARK.c.platform, MARK.c.account), accounts)))
        work.change(delete(READING).where(work.one_of((READING.c.team, READING.c.member), numbers)))
        work.change(delete(MEMBER).where(work.one_of((MEMBER.c.team, MEMBER.c.number), numbers)))


def _parts(rows: Sequence[T]) -> Sequence[Sequence[T]]:
    return [list(islice(rows, at, at + _AT_ONCE)) for at in range(0, len(rows), _AT_ONCE)]
