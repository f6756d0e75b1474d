"""A transaction with all its nouns."""

from functools import cached_property

from sqlalchemy import select

from store.sql.entries import SqlEntries
from store.sql.invocations import SqlInvocations
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
from store.sql.teams import SqlTeams


class SqlTransaction(Session):
    """The port's Transaction; each noun is made when it is first asked for."""

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
