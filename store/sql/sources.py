"""The sources of a team's entries and the files in them, as rows."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select

from bot.domain.ids import SourceId, TeamId
from bot.domain.source import Problem, Severity, Source, SourceFile
from store.sql.ids import id_of, number_of, team_of
from store.sql.session import AnyRow, Session
from store.sql.tables import SOURCE, SOURCE_FILE, SYNONYM, packed


class SqlSources:
    def __init__(self, work: Session) -> None:
        self._work = work

    def sources(self, team: TeamId) -> Sequence[Source]:
        rows = self._work.rows(select(SOURCE).where(SOURCE.c.team == team).order_by(SOURCE.c.number))
        return [_source(row) for row in rows]

    def set_sources(self, team: TeamId, paths: Sequence[str]) -> Sequence[Source]:
        known = {source.path: source for source in self.sources(team)}
        for path in known.keys() - set(paths):
            self._remove_source(known[path].id)
        fresh = [path for path in dict.fromkeys(paths) if path not in known]
        for path in fresh:
            number = self._work.take(team, "source")
            self._work.change(self._work.insert(SOURCE).values(team=team, number=number, path=path))
        return self.sources(team)

    def _remove_source(self, source: SourceId) -> None:
        self._work.change(delete(SOURCE_FILE).where(_of_source(source)))
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
            "size": file.size,
            "mtime": file.mtime,
            "entries": file.entries,
            "duplicates": file.duplicates,
            "problems": packed([asdict(problem) for problem in file.problems]),
        }
        statement = self._work.insert(SOURCE_FILE).values(values)
        changed = {name: statement.excluded[name] for name in ("size", "mtime", "entries", "duplicates", "problems")}
        key = ["team", "source", "file"]
        self._work.change(statement.on_conflict_do_update(index_elements=key, set_=changed))

    def remove_file(self, source: SourceId, file: str) -> None:
        self._work.change(delete(SOURCE_FILE).where(_of_source(source), SOURCE_FILE.c.file == file))

    def count_problems(self) -> int:
        troubled = select(SOURCE_FILE.c.problems).where(SOURCE_FILE.c.problems != packed([]))
        return sum(len(json.loads(row.problems)) for row in self._work.rows(troubled))


def _of_source(source: SourceId) -> ColumnElement[bool]:
    return and_(SOURCE_FILE.c.team == team_of(source), SOURCE_FILE.c.source == number_of(source))


def _source(row: AnyRow) -> Source:
    return Source(id=SourceId(id_of(row.team, row.number)), team=TeamId(row.team), path=row.path)


def _source_file(row: AnyRow) -> SourceFile:
    return SourceFile(
        source=SourceId(id_of(row.team, row.source)),
        file=row.file,
        size=row.size,
        mtime=row.mtime,
        entries=row.entries,
        duplicates=row.duplicates,
        problems=tuple(_problem(problem) for problem in json.loads(row.problems)),
    )


def _problem(kept: dict[str, Any]) -> Problem:
    return Problem(**{**kept, "severity": Severity(kept["severity"])})
