"""Keys to the pages, as rows."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select, update

from bot.domain.ids import MemberId, PlatformName, TeamId, WorkspaceRef
from bot.domain.web import Opens, WebKey
from store.sql.ids import id_of, number_of, team_of
from store.sql.session import AnyRow, Session
from store.sql.tables import MEMBER, WEB_KEY, WORKSPACE

_AT_HOME = exists().where(
    WORKSPACE.c.platform == WEB_KEY.c.platform,
    WORKSPACE.c.id == WEB_KEY.c.workspace,
    WORKSPACE.c.team == WEB_KEY.c.team,
    WORKSPACE.c.left_at.is_(None),
)


class SqlWebKeys:
    def __init__(self, work: Session) -> None:
        self._work = work

    def add(self, key: WebKey) -> None:
        values = {
            "team": key.team,
            "hash": key.hash,
            "member": number_of(key.member),
            "opens": key.opens.value,
            "platform": key.workspace.platform,
            "workspace": key.workspace.id,
            "at": key.at,
            "until": key.until,
        }
        self._work.change(self._work.insert(WEB_KEY).values(values))

    def find(self, opens: Opens, hash: bytes) -> WebKey | None:
        return next(map(_key, self._work.rows(self._live().where(*_named(opens, hash)))), None)

    def take(self, opens: Opens, hash: bytes) -> WebKey | None:
        found = self.find(opens, hash)
        if found is None:
            return None
        return found if self._work.change(delete(WEB_KEY).where(*_named(opens, hash))) else None

    def of_member(self, member: MemberId, opens: Opens) -> Sequence[WebKey]:
        theirs = self._live().where(_of(member), WEB_KEY.c.opens == opens.value)
        return [_key(row) for row in self._work.rows(theirs.order_by(WEB_KEY.c.at.desc(), WEB_KEY.c.hash))]

    def remove(self, member: MemberId, opens: Opens, hash: bytes | None = None) -> int:
        one = [] if hash is None else [WEB_KEY.c.hash == hash]
        return self._work.change(delete(WEB_KEY).where(_of(member), WEB_KEY.c.opens == opens.value, *one))

    def remove_of_team(self, team: TeamId) -> None:
        self._work.change(delete(WEB_KEY).where(WEB_KEY.c.team == team))

    def remove_expired(self) -> None:
        self._work.change(delete(WEB_KEY).where(WEB_KEY.c.until <= self._work.now()))

    def remove_sessions(self) -> None:
        self._work.change(delete(WEB_KEY).where(WEB_KEY.c.opens != Opens.FEED.value))

    def set_publishes(self, member: MemberId, *, publishes: bool) -> None:
        self._work.change(update(MEMBER).where(_who(member)).values(publishes=publishes))

    def _live(self) -> Select[tuple[object, ...]]:
        unexpired = or_(WEB_KEY.c.until.is_(None), WEB_KEY.c.until > self._work.now())
        return select(WEB_KEY).where(unexpired, _AT_HOME)


def _named(opens: Opens, hash: bytes) -> tuple[ColumnElement[bool], ...]:
    return WEB_KEY.c.hash == hash, WEB_KEY.c.opens == opens.value


def _of(member: MemberId) -> ColumnElement[bool]:
    return and_(WEB_KEY.c.team == team_of(member), WEB_KEY.c.member == number_of(member))


def _who(member: MemberId) -> ColumnElement[bool]:
    return and_(MEMBER.c.team == team_of(member), MEMBER.c.number == number_of(member))


def _key(row: AnyRow) -> WebKey:
    return WebKey(
        hash=row.hash,
        team=TeamId(row.team),
        member=MemberId(id_of(row.team, row.member)),
        opens=Opens(row.opens),
        workspace=WorkspaceRef(platform=PlatformName(row.platform), id=row.workspace),
        at=row.at,
        until=row.until,
    )
