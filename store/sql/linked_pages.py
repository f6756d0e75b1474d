"""What is known of the pages that entries lead to, as rows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, select

from bot.domain.entry import Entry
from bot.domain.ids import TeamId
from bot.domain.linked_page import KnownPage, LinkedPage, Seen
from store.sql.entries import entry_of
from store.sql.filters import ENTRIES
from store.sql.ids import hashed
from store.sql.session import Session
from store.sql.tables import ENTRY, WEB_PAGE


class SqlLinkedPages:
    def __init__(self, work: Session) -> None:
        self._work = work

    def get(self, team: TeamId, key: str) -> KnownPage | None:
        row = self._work.row(select(WEB_PAGE).where(WEB_PAGE.c.team == team, WEB_PAGE.c.key_hash == hashed(key)))
        if row is None:
            return None
        return KnownPage(
            page=LinkedPage(
                seen=Seen(row.seen),
                title=row.title,
                description=row.description,
                minutes=row.minutes,
                reason=row.reason,
            ),
            checked_at=row.checked_at,
            due_at=row.due_at,
            failures=row.failures,
            failing_since=row.failing_since,
        )

    def save(self, team: TeamId, key: str, known: KnownPage) -> None:
        page = known.page
        values = {
            "team": team,
            "key_hash": hashed(key),
            "seen": page.seen.value,
            "title": page.title,
            "description": page.description,
            "minutes": page.minutes,
            "reason": page.reason,
            "checked_at": known.checked_at,
            "due_at": known.due_at,
            "failures": known.failures,
            "failing_since": known.failing_since,
        }
        statement = self._work.insert(WEB_PAGE).values(values)
        changed = {name: statement.excluded[name] for name in values if name not in ("team", "key_hash")}
        self._work.change(statement.on_conflict_do_update(index_elements=["team", "key_hash"], set_=changed))

    def due(self, now: datetime, limit: int) -> Sequence[Entry]:
        on_list = ENTRIES.where(ENTRY.c.retired_at.is_(None))
        new = on_list.where(WEB_PAGE.c.team.is_(None)).order_by(ENTRY.c.team, ENTRY.c.number).limit(limit)
        found = list(self._work.rows(new))
        if len(found) < limit:
            again = on_list.where(WEB_PAGE.c.due_at <= now).order_by(WEB_PAGE.c.due_at)
            found += self._work.rows(again.limit(limit - len(found)))
        return [entry_of(row, lambda _: ()) for row in found]

    def checked_since(self, moment: datetime) -> int:
        count: int = self._work.value(select(func.count()).where(WEB_PAGE.c.checked_at > moment))
        return count

    def read_since(self, moment: datetime) -> bool:
        there = [seen.value for seen in (Seen.PAGE, Seen.WALL, Seen.OTHER)]
        was_there = select(WEB_PAGE.c.team).where(WEB_PAGE.c.checked_at > moment, WEB_PAGE.c.seen.in_(there))
        return self._work.row(was_there.limit(1)) is not None

    def delete_unused(self, before: datetime) -> None:
        of_entry = exists().where(ENTRY.c.team == WEB_PAGE.c.team, ENTRY.c.key_hash == WEB_PAGE.c.key_hash)
        self._work.change(delete(WEB_PAGE).where(WEB_PAGE.c.checked_at < before, ~of_entry))
