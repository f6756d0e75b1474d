"""The entries of a team, as rows. Every change updates the search index."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    or_,
    select,
    update,
)

from bot.domain.entry import Entry, Tag
from bot.domain.ids import EntryId, EntryNumber, MemberId, SourceId, TeamId, Url
from bot.domain.notes import Notes
from bot.domain.reading_state import ReadingState
from bot.domain.source import CLUB, AboutList, HeldChange, Problem, ReadEntry, Severity, Source, SourceFile, content_of
from bot.domain.text import site_of
from bot.domain.url import canonical
from bot.ports.entries import EntryFilter, StoredEntry
from store.sql import hot_queries
from store.sql.filters import ENTRIES, chosen, folded, folded_tag, on_list
from store.sql.ids import hashed, id_of, number_of, team_of
from store.sql.search.index import Index
from store.sql.search.rerank import count_sizes
from store.sql.search.spelling import Spelling
from store.sql.session import AnyRow, Session, Tree
from store.sql.tables import (
    ENTRY,
    ENTRY_TAG,
    HELD_CHANGE,
    QUESTION,
    READING,
    SOURCE,
    SOURCE_FILE,
    SYNONYM,
    packed,
    storable,
)

_AT_ONCE = 500
"""Ids per statement."""
_UNTOUCHED = ("team", "number", "key_hash", "key", "added_at")
"""Columns of an entry that do not depend on its text."""


class SqlSources:
    def __init__(self, work: Session) -> None:
        self._work = work

    def sources(self, team: TeamId) -> Sequence[Source]:
        theirs = select(SOURCE).where(SOURCE.c.team == team, SOURCE.c.path != CLUB)
        return [
            Source(id=SourceId(id_of(row.team, row.number)), team=TeamId(row.team), path=row.path)
            for row in self._work.rows(theirs.order_by(SOURCE.c.number))
        ]

    def club_source(self, team: TeamId) -> SourceId | None:
        number = self._work.value(select(SOURCE.c.number).where(SOURCE.c.team == team, SOURCE.c.path == CLUB))
        return None if number is None else SourceId(id_of(team, number))

    def add_club_source(self, team: TeamId) -> SourceId:
        known = self.club_source(team)
        if known is None:
            self.add_source(team, CLUB)
            known = self.club_source(team)
        assert known is not None
        return known

    def set_sources(self, team: TeamId, paths: Sequence[str]) -> Sequence[Source]:
        known = {source.path: source for source in self.sources(team)}
        for path in known.keys() - set(paths):
            self._remove_source(known[path].id)
        for path in dict.fromkeys(paths):
            if path not in known:
                self.add_source(team, path)
        return self.sources(team)

    def add_source(self, team: TeamId, path: str) -> bool:
        number = self._work.take(team, "source")
        statement = self._work.insert(SOURCE).values(team=team, number=number, path=path)
        return self._work.row(statement.on_conflict_do_nothing().returning(SOURCE.c.number)) is not None

    def remove_source(self, team: TeamId, path: str) -> bool:
        number = self._work.value(select(SOURCE.c.number).where(SOURCE.c.team == team, SOURCE.c.path == path))
        if number is None:
            return False
        self._remove_source(SourceId(id_of(team, number)))
        return True

    def _remove_source(self, source: SourceId) -> None:
        self._work.change(delete(SOURCE_FILE).where(_of_source(source)))
        self.drop_held(source)
        its_own = and_(SYNONYM.c.team == team_of(source), SYNONYM.c.source == number_of(source))
        self._work.change(delete(SYNONYM).where(its_own))
        here = and_(SOURCE.c.team == team_of(source), SOURCE.c.number == number_of(source))
        self._work.change(delete(SOURCE).where(here))

    def files(self, source: SourceId) -> Sequence[SourceFile]:
        rows = self._work.rows(select(SOURCE_FILE).where(_of_source(source)).order_by(SOURCE_FILE.c.file))
        return [_source_file(row) for row in rows]

    def save_file(self, file: SourceFile) -> None:
        values = {
            "team": team_of(file.source),
            "source": number_of(file.source),
            "file": file.file,
            "digest": file.digest,
            "entries": file.entries,
            "duplicates": file.duplicates,
            "problems": packed([asdict(problem) for problem in file.problems]),
            "not_read": file.not_read,
            **asdict(file.about),
        }
        statement = self._work.insert(SOURCE_FILE).values(values)
        key = ["team", "source", "file"]
        changed = {name: statement.excluded[name] for name in values if name not in key}
        self._work.change(statement.on_conflict_do_update(index_elements=key, set_=changed))

    def remove_file(self, source: SourceId, file: str) -> None:
        self._work.change(delete(SOURCE_FILE).where(_of_source(source), SOURCE_FILE.c.file == file))

    def held(self, team: TeamId) -> Sequence[HeldChange]:
        rows = self._work.rows(select(HELD_CHANGE).where(HELD_CHANGE.c.team == team).order_by(HELD_CHANGE.c.source))
        return [_held_change(row) for row in rows]

    def hold(self, change: HeldChange) -> None:
        values = {
            "team": team_of(change.source),
            "source": number_of(change.source),
            "files": packed(change.files),
            "entries": packed(change.entries),
            "listed": change.of,
            "rejected": change.rejected,
        }
        statement = self._work.insert(HELD_CHANGE).values(values)
        changed = {name: statement.excluded[name] for name in ("files", "entries", "listed", "rejected")}
        self._work.change(statement.on_conflict_do_update(index_elements=["team", "source"], set_=changed))

    def drop_held(self, source: SourceId) -> None:
        its_own = and_(HELD_CHANGE.c.team == team_of(source), HELD_CHANGE.c.source == number_of(source))
        self._work.change(delete(HELD_CHANGE).where(its_own))

    def count_problems(self) -> int:
        troubled = select(SOURCE_FILE.c.problems).where(SOURCE_FILE.c.problems != packed([]))
        return sum(len(json.loads(row.problems)) for row in self._work.rows(troubled))

    def count_not_read(self, team: TeamId) -> int:
        (row,) = self._work.rows(
            select(func.coalesce(func.sum(SOURCE_FILE.c.not_read), 0).label("links")).where(SOURCE_FILE.c.team == team)
        )
        return int(row.links)


def _of_source(source: SourceId) -> ColumnElement[bool]:
    return and_(SOURCE_FILE.c.team == team_of(source), SOURCE_FILE.c.source == number_of(source))


def _held_change(row: AnyRow) -> HeldChange:
    return HeldChange(
        source=SourceId(id_of(row.team, row.source)),
        files=tuple((file, digest) for file, digest in json.loads(row.files)),
        entries=tuple(EntryNumber(number) for number in json.loads(row.entries)),
        of=row.listed,
        rejected=row.rejected,
    )


def _source_file(row: AnyRow) -> SourceFile:
    return SourceFile(
        source=SourceId(id_of(row.team, row.source)),
        file=row.file,
        digest=row.digest or "",
        entries=row.entries,
        duplicates=row.duplicates,
        problems=tuple(
            Problem(**{**problem, "severity": Severity(problem["severity"])}) for problem in json.loads(row.problems)
        ),
        not_read=row.not_read or 0,
        about=AboutList(**{each.name: getattr(row, each.name) or "" for each in fields(AboutList)}),
    )


class SqlEntries(SqlSources):
    """Sources are part of the same port, but have their own module here."""

    def __init__(self, work: Session, index: Index, spelling: Spelling) -> None:
        super().__init__(work)
        self._index = index
        self._spelling = spelling

    def question(self, entry: EntryId) -> str | None:
        text: str | None = self._work.value(select(QUESTION.c.text).where(_asked_about(entry)))
        return text

    def set_question(self, entry: EntryId, text: str | None) -> None:
        self._work.change(delete(QUESTION).where(_asked_about(entry)))
        if text is not None:
            values = {"team": team_of(entry), "entry": number_of(entry), "text": text}
            self._work.change(self._work.insert(QUESTION).values(values))

    def by_number(self, team: TeamId, number: EntryNumber) -> Entry | None:
        return next(self._read(self._work.fast_rows(hot_queries.NUMBERED, team=team, number=number)), None)

    def by_key(self, team: TeamId, key: str) -> Entry | None:
        keyed = ENTRIES.where(on_list(team), ENTRY.c.key_hash == hashed(key))
        return next(self._read(self._work.rows(keyed)), None)

    def with_key(self, team: TeamId, key: str) -> Entry | None:
        keyed = ENTRIES.where(ENTRY.c.team == team, ENTRY.c.key_hash == hashed(key))
        return next(self._read(self._work.rows(keyed)), None)

    def of_source(self, source: SourceId) -> Sequence[Entry]:
        its_own = ENTRIES.where(ENTRY.c.team == team_of(source), ENTRY.c.source == number_of(source))
        return self._listed(its_own.order_by(ENTRY.c.number))

    def by_address(self, team: TeamId, address: str) -> Entry | None:
        key = canonical(address)
        entry = self.by_key(team, key)
        if entry is not None:
            return entry
        named = ENTRIES.where(on_list(team), ENTRY.c.site == storable(site_of(key)), ENTRY.c.key.startswith("#"))
        rows = self._work.rows(named.order_by(ENTRY.c.number))
        return next(self._read(row for row in rows if canonical(row.url) == key), None)

    def _read(self, rows: Iterable[Any]) -> Iterator[Entry]:
        return (entry_of(row, self._work.tree) for row in rows)

    def get(self, team: TeamId, ids: Sequence[EntryId]) -> Mapping[EntryId, Entry]:
        rows = self._work.fast_rows(hot_queries.THESE, team=team, numbers=json.dumps(_numbers(team, ids)))
        return {entry.id: entry for entry in self._read(rows)}

    def draw(self, member: MemberId, lot: int) -> Entry | None:
        asked = {"team": team_of(member), "member": number_of(member), "lot": lot}
        return next(self._read(self._work.fast_rows(hot_queries.DRAWN, **asked)), None)

    def count(self, team: TeamId) -> int:
        ((count,),) = self._work.fast_rows(hot_queries.ON_LIST, team=team)
        return int(count)

    def page(
        self, team: TeamId, member: MemberId, which: EntryFilter, *, offset: int, limit: int
    ) -> tuple[int, Sequence[Entry]]:
        where = chosen(team, member, which)
        total: int = self._work.value(select(func.count()).where(where))
        listed = ENTRIES.where(where).order_by(ENTRY.c.number).offset(offset).limit(limit)
        return total, self._listed(listed)

    def tags(self, team: TeamId, member: MemberId | None) -> Sequence[Tag]:
        mine = and_(
            READING.c.team == ENTRY_TAG.c.team,
            READING.c.member == (number_of(member) if member is not None and team_of(member) == team else None),
            READING.c.entry == ENTRY_TAG.c.entry,
            READING.c.state != ReadingState.UNREAD,
        )
        entries, touched = func.count(), func.count(READING.c.state)
        counted = (
            select(ENTRY_TAG.c.tag, entries, entries - touched)
            .select_from(ENTRY_TAG.outerjoin(READING, mine))
            .where(ENTRY_TAG.c.team == team)
            .group_by(ENTRY_TAG.c.tag)
            .order_by(entries.desc(), ENTRY_TAG.c.tag)
        )
        return [Tag(name=row[0], entries=row[1], unread=row[2]) for row in self._work.rows(counted)]

    def sections(self, team: TeamId) -> Sequence[tuple[str, ...]]:
        each = select(ENTRY.c.section).where(on_list(team)).group_by(ENTRY.c.section)
        return [row.section for row in self._work.rows(each.order_by(func.min(ENTRY.c.number)))]

    def headings(self, source: SourceId, file: str) -> Sequence[str]:
        inside = and_(
            ENTRY.c.team == team_of(source), ENTRY.c.source == number_of(source), ENTRY.c.file == storable(file)
        )
        each = select(ENTRY.c.section).where(inside).group_by(ENTRY.c.section).order_by(func.min(ENTRY.c.number))
        names = dict.fromkeys(row.section[-1] for row in self._work.rows(each) if row.section)
        titled = select(ENTRY.c.title).where(inside, ENTRY.c.title.in_([storable(name) for name in names]))
        parents = {row.title for row in self._work.rows(titled)}
        return [name for name in names if name not in parents]

    def added_since(self, team: TeamId, since: datetime, limit: int) -> Sequence[Entry]:
        newest = ENTRIES.where(on_list(team), ENTRY.c.added_at >= since)
        return self._listed(newest.order_by(ENTRY.c.number.desc()).limit(limit))

    def with_title(self, team: TeamId, typed: str, limit: int) -> Sequence[Entry]:
        number, title = typed.strip().removeprefix("#"), typed.strip()
        numbered = cast(ENTRY.c.number, String).startswith(number, autoescape=True)
        begins = ENTRY.c.title.istartswith(title, autoescape=True)
        holds = ENTRY.c.title.icontains(title, autoescape=True)
        found = ENTRIES.where(on_list(team), or_(numbered, holds))
        return self._listed(found.order_by(case((or_(numbered, begins), 0), else_=1), ENTRY.c.number).limit(limit))

    def _listed(self, statement: Any) -> Sequence[Entry]:
        return [entry_of(row, lambda _: ()) for row in self._work.rows(statement)]

    def stored(self, team: TeamId) -> Sequence[StoredEntry]:
        names = ("number", "key", "line", "content", "retired_at", "source", "file")
        rows = self._work.rows(select(*(ENTRY.c[name] for name in names)).where(ENTRY.c.team == team))
        return [
            StoredEntry(
                id=EntryId(id_of(team, number)),
                number=EntryNumber(number),
                key=key,
                line=line,
                content=content,
                retired=retired_at is not None,
                source=SourceId(id_of(team, source)),
                file=file,
            )
            for number, key, line, content, retired_at, source, file in rows
        ]

    def add(self, team: TeamId, source: SourceId, entries: Iterable[tuple[str, ReadEntry]]) -> None:
        new = list(entries)
        if not new:
            return
        first = self._work.take(team, "entry", len(new))
        added_at = self._work.bound(ENTRY.c.added_at, self._work.now())
        rows = [
            {
                "team": team,
                "number": number,
                "added_at": added_at,
                "key": storable(entry.key),
                "key_hash": hashed(entry.key),
                **_text(source, file, entry),
            }
            for number, (file, entry) in enumerate(new, start=first)
        ]
        self._work.change_many(self._work.insert(ENTRY), rows)
        self._note_text(team, [(number, entry) for number, (_, entry) in enumerate(new, start=first)])

    def update(self, team: TeamId, source: SourceId, entries: Iterable[tuple[EntryId, str, ReadEntry]]) -> None:
        changed = [(number_of(which), file, entry) for which, file, entry in entries if team_of(which) == team]
        self._forget_text(team, [number for number, _, _ in changed])
        rows = [{"to": team, "which": number, **_text(source, file, entry)} for number, file, entry in changed]
        self._work.change_many(_CHANGE, rows)
        self._note_text(team, [(number, entry) for number, _, entry in changed])

    def move(self, team: TeamId, source: SourceId, entries: Iterable[tuple[EntryId, str, int]]) -> None:
        rows = [
            {"which": number_of(which), "to_file": file, "to_line": line}
            for which, file, line in entries
            if team_of(which) == team
        ]
        statement = update(ENTRY).where(ENTRY.c.team == team, ENTRY.c.number == bindparam("which"))
        place = {"source": number_of(source), "file": bindparam("to_file"), "line": bindparam("to_line")}
        self._work.change(statement.values(place), rows)

    def retire(self, team: TeamId, ids: Sequence[EntryId]) -> None:
        numbers = _numbers(team, ids)
        self._forget_text(team, numbers)
        now = self._work.now() if numbers else None
        for chunk in _chunks(numbers):
            statement = update(ENTRY).where(on_list(team), ENTRY.c.number.in_(chunk))
            self._work.change(statement.values(retired_at=now))

    def _note_text(self, team: TeamId, entries: Sequence[tuple[int, ReadEntry]]) -> None:
        tags = [
            {"team": team, "tag": storable(tag), "entry": number}
            for number, entry in entries
            for tag in dict.fromkeys(folded_tag(tag) for tag in entry.tags)
        ]
        self._work.change_many(self._work.insert(ENTRY_TAG), tags)
        self._index.add(team, entries)
        self._spelling.add(team, (entry for _, entry in entries))
        count_sizes(self._work, team, [number for number, _ in entries], sign=1)

    def _forget_text(self, team: TeamId, numbers: Sequence[int]) -> None:
        """Remove entries from the index and their tags, while their old text is still in the table."""
        self._index.remove(team, numbers)
        count_sizes(self._work, team, numbers, sign=-1)
        for chunk in _chunks(numbers):
            self._spelling.remove(team, chunk)
            self._work.change(delete(ENTRY_TAG).where(ENTRY_TAG.c.team == team, ENTRY_TAG.c.entry.in_(chunk)))


def _asked_about(entry: EntryId) -> ColumnElement[bool]:
    return and_(QUESTION.c.team == team_of(entry), QUESTION.c.entry == number_of(entry))


def entry_of(row: AnyRow, tree: Tree) -> Entry:
    """The entry of a row of `ENTRIES`."""
    return Entry(
        id=EntryId(id_of(row.team, row.number)),
        team=TeamId(row.team),
        number=EntryNumber(row.number),
        url=Url(row.url),
        key=row.key,
        title=row.title,
        notes=Notes(markdown=row.notes, tree=tree(row.notes) if row.notes else ()),
        tags=row.tags,
        section=row.section,
        source=SourceId(id_of(row.team, row.source)),
        file=row.file,
        line=row.line,
        added_at=row.added_at,
        retired_at=row.retired_at,
        minutes=row.minutes,
    )


def _text(source: SourceId, file: str, entry: ReadEntry) -> dict[str, Any]:
    """The columns that an entry's file determines, as the driver takes them."""
    return {
        "source": number_of(source),
        "file": storable(file),
        "line": entry.line,
        "retired_at": None,
        "url": storable(entry.url),
        "site": _site(entry.url),
        "title": storable(entry.title),
        "notes": storable(entry.notes.markdown),
        "tags": _packed(entry.tags),
        "section": _packed(entry.section),
        "section_folded": _section_folded(entry.section),
        "content": content_of(entry),
        "language": entry.language,
    }


_TEXT = [column.name for column in ENTRY.c if column.name not in _UNTOUCHED]
_CHANGE = (
    update(ENTRY)
    .where(ENTRY.c.team == bindparam("to"), ENTRY.c.number == bindparam("which"))
    .values({name: bindparam(name) for name in _TEXT})
)


@lru_cache(maxsize=10_000)
def _packed(values: tuple[str, ...]) -> str:
    """Cached: a list has few tags and sections, and many entries that have them."""
    return storable(packed(values))


def _site(url: str) -> str:
    """`site_of`, cached by host: a list has few hosts and many links."""
    slash = url.find("/", 8)
    return _site_of(url[:slash] if slash > 0 else url)


@lru_cache(maxsize=10_000)
def _site_of(url: str) -> str:
    return storable(site_of(url))


@lru_cache(maxsize=1_000)
def _section_folded(section: tuple[str, ...]) -> str:
    return storable(folded("\n".join(section)))


def _numbers(team: TeamId, ids: Iterable[EntryId]) -> list[int]:
    return [number_of(which) for which in ids if team_of(which) == team]


def _chunks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))
