"""A transaction with all its nouns."""

from datetime import datetime
from functools import cached_property

from sqlalchemy import delete, select, update

from bot.domain.ids import InvocationId
from store.sql.entries import SqlEntries
from store.sql.ledger import SqlLedger
from store.sql.migrate import VERSION
from store.sql.readings import SqlReadings
from store.sql.schedules import SqlSchedules
from store.sql.search.find import SqlSearch
from store.sql.search.index import Index
from store.sql.search.postgres import PostgresIndex
from store.sql.search.spelling import Spelling
from store.sql.search.sqlite import SqliteIndex
from store.sql.search.synonyms import SqlSynonyms
from store.sql.session import Session
from store.sql.tables import INVOCATION
from store.sql.teams import SqlTeams


class SqlInvocations:
    def __init__(self, work: Session) -> None:
        self._work = work

    def claim(self, id: InvocationId) -> bool:
        statement = self._work.insert(INVOCATION).values(id=id, answer="", at=self._work.now())
        return self._work.row(statement.on_conflict_do_nothing().returning(INVOCATION.c.id)) is not None

    def saved_answer(self, id: InvocationId) -> str | None:
        answer: str | None = self._work.value(select(INVOCATION.c.answer).where(INVOCATION.c.id == id))
        return answer

    def save(self, id: InvocationId, answer: str) -> None:
        self._work.change(update(INVOCATION).where(INVOCATION.c.id == id).values(answer=answer))

    def delete_before(self, moment: datetime) -> None:
        self._work.change(delete(INVOCATION).where(INVOCATION.c.at < moment))


class SqlTransaction(Session):
    """Implements the port's Transaction. Each noun is created on first use."""

    def schema(self) -> str:
        found: str = self.value(select(VERSION.c.version_num))
        return found

    @cached_property
    def index(self) -> Index:
        return SqliteIndex(self) if self.engine == "sqlite" else PostgresIndex(self)

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(self, self.index)

    @cached_property
    def teams(self) -> SqlTeams:
        return SqlTeams(self, self.index)

    @cached_property
    def entries(self) -> SqlEntries:
        return SqlEntries(self, self.index, self._spelling)

    @cached_property
    def readings(self) -> SqlReadings:
        return SqlReadings(self)

    @cached_property
    def search(self) -> SqlSearch:
        return SqlSearch(self, self.index, self._spelling)

    @cached_property
    def synonyms(self) -> SqlSynonyms:
        return SqlSynonyms(self)

    @cached_property
    def schedules(self) -> SqlSchedules:
        return SqlSchedules(self)

    @cached_property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self)

    @cached_property
    def invocations(self) -> SqlInvocations:
        return SqlInvocations(self)
