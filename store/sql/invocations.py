"""Which uses of writing commands were carried out, as rows."""

from datetime import datetime

from sqlalchemy import delete, select

from bot.domain.ids import InvocationId
from store.sql.session import Session
from store.sql.tables import INVOCATION


class SqlInvocations:
    def __init__(self, work: Session) -> None:
        self._work = work

    def saved_answer(self, id: InvocationId) -> str | None:
        answer: str | None = self._work.value(select(INVOCATION.c.answer).where(INVOCATION.c.id == id))
        return answer

    def save(self, id: InvocationId, answer: str) -> bool:
        statement = self._work.insert(INVOCATION).values(id=id, answer=answer, at=self._work.now())
        return self._work.row(statement.on_conflict_do_nothing().returning(INVOCATION.c.id)) is not None

    def delete_before(self, moment: datetime) -> None:
        self._work.change(delete(INVOCATION).where(INVOCATION.c.at < moment))
