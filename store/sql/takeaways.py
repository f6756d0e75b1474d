"""Takeaways, as rows, and how a search finds their words.

They have no full-text index: a team has hundreds, and `words` holds the folded words of each, so one scan of the team's
rows with LIKE finds the few whose words are then compared here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update

from bot.domain.ids import EntryId, MemberId, TakeawayId, TeamId, Url
from bot.domain.query import Query
from bot.domain.takeaway import Takeaway
from bot.domain.text import plain
from bot.ports.takeaways import FoundTakeaway
from store.sql.filters import asked, on_list
from store.sql.ids import id_of, number_of, team_of
from store.sql.search.index import Index
from store.sql.search.query_plan import STOP_WORDS, plan_query
from store.sql.search.snippet import emphasised
from store.sql.search.words import tokens
from store.sql.session import AnyRow, Session
from store.sql.tables import ENTRY, MEMBER, TAKEAWAY

MAX_COMPARED = 200
"""Takeaways whose words are compared in one search, the newest first."""
MIN_ROOT = 3
_ENDINGS = frozenset({"", "s", "es", "d", "ed", "e", "ing", "y", "ies", "ied"})
"""Endings in which two forms of an English word differ."""
_LONGEST = max(map(len, _ENDINGS))

_BY_NAME = and_(MEMBER.c.team == TAKEAWAY.c.team, MEMBER.c.number == TAKEAWAY.c.member)
_KEPT = TAKEAWAY.c.withdrawn_at.is_(None)
_NEWEST = (TAKEAWAY.c.at.desc(), TAKEAWAY.c.number.desc())


class SqlTakeaways:
    def __init__(self, work: Session, index: Index) -> None:
        self._work = work
        self._index = index

    def lock(self, member: MemberId) -> None:
        self._work.lock([f"takeaways {member}"])

    def add(self, member: MemberId, entry: EntryId, text: str, *, named: bool, about: Url | None) -> Takeaway:
        team = team_of(member)
        number = self._work.take(team, "takeaway")
        values = {
            "team": team,
            "number": number,
            "entry": number_of(entry),
            "member": number_of(member),
            "named": named,
            "text": text,
            "words": _words(tokens(text)),
            "about": about,
            "at": self._work.now(),
        }
        self._work.change(self._work.insert(TAKEAWAY).values(values))
        added = self.get(team, TakeawayId(id_of(team, number)))
        assert added is not None
        return added

    def get(self, team: TeamId, id: TakeawayId) -> Takeaway | None:
        mine = _selected().where(TAKEAWAY.c.team == team, TAKEAWAY.c.number == number_of(id), _KEPT)
        return next(map(_takeaway, self._work.rows(mine)), None) if team_of(id) == team else None

    def withdraw(self, team: TeamId, id: TakeawayId) -> None:
        it = and_(TAKEAWAY.c.team == team, TAKEAWAY.c.number == number_of(id), _KEPT)
        gone = {"text": "", "words": "", "about": None, "withdrawn_at": self._work.now()}
        if team_of(id) == team:
            self._work.change(update(TAKEAWAY).where(it).values(gone))

    def kept_since(self, team: TeamId, since: datetime, limit: int) -> Sequence[Takeaway]:
        return self._newest(and_(TAKEAWAY.c.team == team, TAKEAWAY.c.at >= since), 0, limit)

    def recallable(self, team: TeamId, *, before: datetime, since: datetime, limit: int) -> Sequence[Takeaway]:
        return self._newest(and_(TAKEAWAY.c.team == team, TAKEAWAY.c.at < before, _not_recalled(since)), 0, limit)

    def recall(self, takeaway: TakeawayId, source_key: str, *, since: datetime) -> bool:
        noted = {"recalled_at": self._work.now(), "recalled_in": source_key}
        it = and_(_is(takeaway), _KEPT, _not_recalled(since))
        return self._work.change(update(TAKEAWAY).where(it).values(noted)) > 0

    def recalled_in(self, takeaway: TakeawayId) -> str | None:
        found: str | None = self._work.value(select(TAKEAWAY.c.recalled_in).where(_is(takeaway)))
        return found

    def of_entry(self, entry: EntryId, *, offset: int = 0, limit: int, published: bool = False) -> Sequence[Takeaway]:
        which = and_(_about(entry), MEMBER.c.publishes.is_(True)) if published else _about(entry)
        return self._newest(which, offset, limit)

    def of_member(
        self, member: MemberId, entry: EntryId | None = None, *, offset: int = 0, limit: int
    ) -> Sequence[Takeaway]:
        return self._newest(_by(member) if entry is None else and_(_by(member), _about(entry)), offset, limit)

    def _newest(self, where: ColumnElement[bool], offset: int, limit: int) -> Sequence[Takeaway]:
        found = _selected().where(where, _KEPT).order_by(*_NEWEST).offset(offset).limit(limit)
        return [_takeaway(row) for row in self._work.rows(found)]

    def count(self, entry: EntryId) -> int:
        return self._counted(_about(entry))

    def count_of(self, member: MemberId) -> int:
        return self._counted(_by(member))

    def _counted(self, where: ColumnElement[bool]) -> int:
        count: int = self._work.value(select(func.count()).select_from(TAKEAWAY).where(where, _KEPT))
        return count

    def find(self, team: TeamId, member: MemberId, query: Query, limit: int) -> Sequence[FoundTakeaway]:
        wanted, unwanted = _wanted(query), [tuple(tokens(word)) for word in query.without]
        if not wanted:
            return ()
        excluded = self._index.excluded(team, plan_query(query)) if query.without else None
        without = [] if excluded is None else [TAKEAWAY.c.entry.not_in(excluded)]
        of_entry = and_(ENTRY.c.team == TAKEAWAY.c.team, ENTRY.c.number == TAKEAWAY.c.entry)
        among = (on_list(team), *asked(team, member, query), *without, *(_likely(one) for one in wanted))
        rows = _selected().join(ENTRY, of_entry).where(TAKEAWAY.c.team == team, _KEPT, *among)
        found: list[FoundTakeaway] = []
        for row in self._work.rows(rows.order_by(*_NEWEST).limit(MAX_COMPARED)):
            matched = _matched(wanted, unwanted, tokens(row.text))
            if matched and len(found) < limit:
                found.append(FoundTakeaway(takeaway=_takeaway(row), text=emphasised(plain(row.text), matched)))
        return found


def _selected() -> Select[tuple[object, ...]]:
    return select(TAKEAWAY, MEMBER.c.name).join_from(TAKEAWAY, MEMBER, _BY_NAME)


def _is(takeaway: TakeawayId) -> ColumnElement[bool]:
    return and_(TAKEAWAY.c.team == team_of(takeaway), TAKEAWAY.c.number == number_of(takeaway))


def _not_recalled(since: datetime) -> ColumnElement[bool]:
    return or_(TAKEAWAY.c.recalled_at.is_(None), TAKEAWAY.c.recalled_at < since)


def _about(entry: EntryId) -> ColumnElement[bool]:
    return and_(TAKEAWAY.c.team == team_of(entry), TAKEAWAY.c.entry == number_of(entry))


def _by(member: MemberId) -> ColumnElement[bool]:
    return and_(TAKEAWAY.c.team == team_of(member), TAKEAWAY.c.member == number_of(member))


def _takeaway(row: AnyRow) -> Takeaway:
    return Takeaway(
        id=TakeawayId(id_of(row.team, row.number)),
        team=TeamId(row.team),
        entry=EntryId(id_of(row.team, row.entry)),
        member=MemberId(id_of(row.team, row.member)),
        by=row.name if row.named else None,
        text=row.text,
        about=None if row.about is None else Url(row.about),
        at=row.at,
    )


Run = tuple[str, ...]
"""Words that must follow each other."""


def _words(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "


def _wanted(query: Query) -> list[tuple[Run, ...]]:
    """For each word or phrase of the query the runs of words of which one must be there."""
    wanted = [tuple(tuple(tokens(form)) for form in (word, *query.also.get(word, ()))) for word in query.words]
    wanted = [runs for runs in wanted if not all(set(run) <= STOP_WORDS for run in runs)]
    wanted += [(tuple(tokens(phrase)),) for phrase in query.phrases]
    meant = [tuple(run for run in runs if run) for runs in wanted]
    return [runs for runs in meant if runs]


def _likely(runs: Sequence[Run]) -> ColumnElement[bool]:
    """Whether the words may contain one of the runs: they contain how its first word begins."""
    starts = [run[0][: max(MIN_ROOT, len(run[0]) - _LONGEST)] for run in runs]
    return or_(*(TAKEAWAY.c.words.contains(f" {start}", autoescape=True) for start in starts))


def _matched(wanted: Sequence[Sequence[Run]], unwanted: Sequence[Run], words: Sequence[str]) -> set[str]:
    """The words that match; empty unless every wanted run is there and no unwanted one."""
    if any(_found(run, words) for run in unwanted if run):
        return set()
    found = [set().union(*(_found(run, words) for run in runs)) for runs in wanted]
    return set().union(*found) if all(found) else set()


def _found(run: Run, words: Sequence[str]) -> set[str]:
    size = len(run)
    places = (words[at : at + size] for at in range(len(words) - size + 1))
    return {word for place in places if all(map(_alike, run, place)) for word in place}


def _alike(one: str, other: str) -> bool:
    """Whether two words are the same, or forms of one word."""
    if one == other:
        return True
    pairs = zip(one, other, strict=False)
    root = next((at for at, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))
    return root >= MIN_ROOT and one[root:] in _ENDINGS and other[root:] in _ENDINGS
