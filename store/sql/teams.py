"""Teams, their workspaces and members, as rows."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Text, and_, bindparam, delete, func, select, tuple_, type_coerce, update

from bot.domain.errors import Conflict, StoreBusy
from bot.domain.ids import AccountRef, MemberId, PlatformName, TeamId, WorkspaceRef
from bot.domain.team import Member, Team, Workspace
from store.sql.compiled_query import once
from store.sql.ids import id_of, number_of, team_of
from store.sql.search.index import Index
from store.sql.session import AnyRow, Session
from store.sql.tables import (
    DELIVERY,
    EDIT,
    GOING,
    HOST,
    HOST_PASSED,
    MARK,
    MEETING,
    MEETING_RULES,
    MEMBER,
    NOMINEE,
    PASSED_OVER,
    READING,
    REMINDER,
    SCHEDULE,
    TAKEAWAY,
    TEAM,
    VOTE,
    WEB_KEY,
    WEEK,
    WEEKLY_NOTE,
    WORKSPACE,
    packed,
)

_TEAM = select(TEAM).where(TEAM.c.id == bindparam("team"))
_WORKSPACE = once(
    select(WORKSPACE).where(WORKSPACE.c.platform == bindparam("platform"), WORKSPACE.c.id == bindparam("workspace"))
)
_TEAM_OF = once(
    select(TEAM).where(
        TEAM.c.id == WORKSPACE.c.team,
        WORKSPACE.c.platform == bindparam("platform"),
        WORKSPACE.c.id == bindparam("workspace"),
        WORKSPACE.c.left_at.is_(None),
    )
)
_MEMBER = once(
    select(MEMBER).where(
        MEMBER.c.team == bindparam("team"),
        MEMBER.c.platform == bindparam("platform"),
        MEMBER.c.account == bindparam("account"),
    )
)
_KNOWN = once(
    select(TEAM.c.id.label("team_id"), TEAM.c.name.label("team_name"), TEAM.c.zone.label("team_zone"), MEMBER)
    .join_from(WORKSPACE, TEAM, TEAM.c.id == WORKSPACE.c.team)
    .outerjoin(
        MEMBER,
        and_(
            MEMBER.c.team == TEAM.c.id,
            MEMBER.c.platform == bindparam("of"),
            MEMBER.c.account == bindparam("account"),
        ),
    )
    .where(
        WORKSPACE.c.platform == bindparam("platform"),
        WORKSPACE.c.id == bindparam("workspace"),
        WORKSPACE.c.left_at.is_(None),
    )
)
"""Needed at every use of a command."""


_ROWS_PER_STATEMENT = 500
"""Engines limit the number of a statement's parameters."""


def purge_workspace(work: Session, ref: WorkspaceRef) -> None:
    """Delete the workspace's data from every team: a workspace that changed its team left rows in both.

    Its own row is deleted first, so a join at the same time waits for us, or we wait for it.
    """
    if work.change(delete(WORKSPACE).where(_is(ref), WORKSPACE.c.left_at.is_not(None))):
        _remove_places(work, ref)
        _members_met_there(work, ref)


def _remove_places(work: Session, ref: WorkspaceRef) -> None:
    """Delete its schedules and their weeks, its deliveries, the marks on its messages, and the keys to the pages given
    there.
    """
    there = {
        table: and_(table.c.platform == ref.platform, table.c.workspace == ref.id)
        for table in (MARK, DELIVERY, SCHEDULE, WEB_KEY)
    }
    slots = select(SCHEDULE.c.team, SCHEDULE.c.number).where(there[SCHEDULE])
    of_any_team = MARK.c.team.in_(select(TEAM.c.id))  # lets SQLite search along the key, which begins with the team
    work.change(delete(MARK).where(of_any_team, there[MARK]))
    work.change(delete(DELIVERY).where(there[DELIVERY]))
    for table in (WEEK, PASSED_OVER, MEETING_RULES, MEETING, HOST, HOST_PASSED, GOING, NOMINEE, VOTE):
        work.change(delete(table).where(tuple_(table.c.team, table.c.schedule).in_(slots)))
    work.change(delete(WEB_KEY).where(there[WEB_KEY]))
    work.change(delete(SCHEDULE).where(there[SCHEDULE]))


def _members_met_there(work: Session, ref: WorkspaceRef, at_most: int | None = None) -> int:
    """Members seen there: those also seen in another workspace only lose this one, the others are deleted.

    Returns how many they were.
    """
    words = type_coerce(MEMBER.c.workspaces, Text)
    maybe = select(MEMBER).where(MEMBER.c.platform == ref.platform, words.contains(packed(ref.id), autoescape=True))
    maybe = maybe.order_by(MEMBER.c.team, MEMBER.c.number).limit(at_most)
    maybe = maybe.with_for_update()  # a member who joins elsewhere right now is not deleted
    met = [row for row in work.rows(maybe) if ref.id in row.workspaces]
    _remove_members(work, [row for row in met if row.workspaces == (ref.id,)])
    for row in met:
        elsewhere = tuple(one for one in row.workspaces if one != ref.id)
        if elsewhere:
            member = (MEMBER.c.team == row.team) & (MEMBER.c.number == row.number)
            work.change(update(MEMBER).where(member).values(workspaces=elsewhere))
    return len(met)


def _remove_members(work: Session, members: Sequence[AnyRow]) -> None:
    for at in range(0, len(members), _ROWS_PER_STATEMENT):
        some = members[at : at + _ROWS_PER_STATEMENT]
        numbers = [(row.team, row.number) for row in some]
        accounts = [(row.team, row.platform, row.account) for row in some]
        work.change(delete(MARK).where(work.one_of((MARK.c.team, MARK.c.platform, MARK.c.account), accounts)))
        work.change(delete(READING).where(work.one_of((READING.c.team, READING.c.member), numbers)))
        work.change(delete(TAKEAWAY).where(work.one_of((TAKEAWAY.c.team, TAKEAWAY.c.member), numbers)))
        for table in (HOST, HOST_PASSED, GOING, VOTE, REMINDER, WEEKLY_NOTE):
            work.change(delete(table).where(work.one_of((table.c.team, table.c.member), numbers)))
        hosted = work.one_of((MEETING.c.team, MEETING.c.host), numbers)
        work.change(update(MEETING).where(hosted).values(host=None, by_reaction=False))
        work.change(delete(WEB_KEY).where(work.one_of((WEB_KEY.c.team, WEB_KEY.c.member), numbers)))
        theirs = work.one_of((EDIT.c.team, EDIT.c.member), numbers)
        work.change(update(EDIT).where(theirs).values(member=None))
        work.change(delete(MEMBER).where(work.one_of((MEMBER.c.team, MEMBER.c.number), numbers)))


class SqlTeams:
    def __init__(self, work: Session, index: Index) -> None:
        self._work = work
        self._index = index

    def add(self, name: str, zone: str) -> Team:
        statement = self._work.insert(TEAM).values(name=name, zone=zone)
        row = self._work.row(statement.on_conflict_do_nothing().returning(*TEAM.c))
        if row is None:
            raise Conflict(f"There is a team “{name}” already.", hint="Choose another name.")
        self._index.create(row.id)
        return _team(row)

    def get(self, team: TeamId) -> Team:
        row = self._work.row(_TEAM, team=team)
        assert row is not None
        return _team(row)

    def by_name(self, name: str) -> Team | None:
        row = self._work.row(select(TEAM).where(TEAM.c.name == name))
        return _team(row) if row else None

    def all(self) -> Sequence[Team]:
        return [_team(row) for row in self._work.rows(select(TEAM).order_by(TEAM.c.name, TEAM.c.id))]

    def workspace(self, ref: WorkspaceRef) -> Workspace | None:
        return next(map(_workspace, self._work.fast_rows(_WORKSPACE, platform=ref.platform, workspace=ref.id)), None)

    def of_workspace(self, ref: WorkspaceRef) -> Team | None:
        return next(map(_team, self._work.fast_rows(_TEAM_OF, platform=ref.platform, workspace=ref.id)), None)

    def workspaces(self, team: TeamId | None) -> Sequence[Workspace]:
        statement = select(WORKSPACE).where(WORKSPACE.c.team.is_not_distinct_from(team), WORKSPACE.c.left_at.is_(None))
        return [_workspace(row) for row in self._work.rows(statement.order_by(WORKSPACE.c.platform, WORKSPACE.c.id))]

    def present_workspaces(self, platform: PlatformName) -> Sequence[WorkspaceRef]:
        here = select(WORKSPACE).where(WORKSPACE.c.platform == platform, WORKSPACE.c.left_at.is_(None))
        return [_workspace(row).ref for row in self._work.rows(here)]

    def left_workspaces(self) -> Sequence[Workspace]:
        statement = select(WORKSPACE).where(WORKSPACE.c.left_at.is_not(None))
        return [_workspace(row) for row in self._work.rows(statement.order_by(WORKSPACE.c.left_at, WORKSPACE.c.id))]

    def join(self, ref: WorkspaceRef, name: str, team: TeamId | None) -> Workspace:
        statement = self._work.insert(WORKSPACE).values(platform=ref.platform, id=ref.id, name=name, team=team)
        kept = func.coalesce(WORKSPACE.c.team, statement.excluded.team)
        statement = statement.on_conflict_do_update(
            index_elements=["platform", "id"],
            set_={"name": statement.excluded.name, "team": kept, "left_at": None},
        )
        row = self._work.row(statement.returning(*WORKSPACE.c))
        assert row is not None
        return _workspace(row)

    def assign(self, ref: WorkspaceRef, team: TeamId) -> None:
        self._work.change(update(WORKSPACE).where(_is(ref)).values(team=team))

    def leave(self, ref: WorkspaceRef) -> None:
        here = update(WORKSPACE).where(_is(ref), WORKSPACE.c.left_at.is_(None))
        self._work.change(here.values(left_at=self._work.now()))

    def purge_members(self, ref: WorkspaceRef, at_most: int) -> int:
        left = (
            select(WORKSPACE.c.id).where(_is(ref), WORKSPACE.c.left_at.is_not(None)).with_for_update()
        )  # a join at the same time waits
        return _members_met_there(self._work, ref, at_most) if self._work.value(left) is not None else 0

    def purge(self, ref: WorkspaceRef) -> None:
        purge_workspace(self._work, ref)

    def admin_group(self, ref: WorkspaceRef) -> str | None:
        group: str | None = self._work.value(select(WORKSPACE.c.admin_group).where(_is(ref)))
        return group

    def set_admin_group(self, ref: WorkspaceRef, group: str | None) -> None:
        self._work.change(update(WORKSPACE).where(_is(ref)).values(admin_group=group))

    def member(self, team: TeamId, account: AccountRef) -> Member | None:
        rows = self._work.fast_rows(_MEMBER, team=team, platform=account.platform, account=account.id)
        return next(map(member_of, rows), None)

    def team_and_member(self, ref: WorkspaceRef, account: AccountRef) -> tuple[Team, Member | None] | None:
        whose = {"of": account.platform, "account": account.id}
        for row in self._work.fast_rows(_KNOWN, platform=ref.platform, workspace=ref.id, **whose):
            team = Team(id=TeamId(row.team_id), name=row.team_name, zone=row.team_zone)
            return team, None if row.number is None else member_of(row)
        return None

    def get_or_add_member(self, team: TeamId, account: AccountRef, name: str) -> Member:
        known = self.member(team, account)
        if known is not None and name in (known.name, ""):
            return known
        number = number_of(known.id) if known else self._work.take(team, "member")
        values = {"team": team, "number": number, "platform": account.platform, "account": account.id, "name": name}
        statement = self._work.insert(MEMBER).values(**values, workspaces=())
        statement = statement.on_conflict_do_update(
            index_elements=["team", "platform", "account"], set_={"name": statement.excluded.name}
        )
        row = self._work.row(statement.returning(*MEMBER.c))
        assert row is not None
        return member_of(row)

    def add_workspace(self, member: Member, workspace: WorkspaceRef) -> Member:
        known = self._work.value(select(MEMBER.c.workspaces).where(_who(member.id)).with_for_update())
        if known is None:
            raise StoreBusy("The database was busy with the same rows.")
        met = tuple(sorted({*known, workspace.id}))
        self._work.change(update(MEMBER).where(_who(member.id)).values(workspaces=met))
        return replace(member, workspaces=met)

    def member_with_id(self, member: MemberId) -> Member | None:
        return next(map(member_of, self._work.rows(select(MEMBER).where(_who(member)))), None)

    def set_zone_of_member(self, member: MemberId, zone: str) -> None:
        self._work.change(update(MEMBER).where(_who(member)).values(zone=zone))

    def set_named_in_commits(self, member: MemberId, *, named: bool) -> None:
        self._work.change(update(MEMBER).where(_who(member)).values(named_in_commits=named))

    def members(self, team: TeamId) -> int:
        count: int = self._work.value(select(func.count()).where(MEMBER.c.team == team))
        return count


def _is(ref: WorkspaceRef) -> ColumnElement[bool]:
    return (WORKSPACE.c.platform == ref.platform) & (WORKSPACE.c.id == ref.id)


def _who(member: MemberId) -> ColumnElement[bool]:
    return (MEMBER.c.team == team_of(member)) & (MEMBER.c.number == number_of(member))


def _team(row: AnyRow) -> Team:
    return Team(id=TeamId(row.id), name=row.name, zone=row.zone)


def _workspace(row: AnyRow) -> Workspace:
    return Workspace(
        ref=WorkspaceRef(platform=PlatformName(row.platform), id=row.id),
        name=row.name,
        team=None if row.team is None else TeamId(row.team),
        left_at=row.left_at,
    )


def member_of(row: AnyRow) -> Member:
    return Member(
        id=MemberId(id_of(row.team, row.number)),
        team=TeamId(row.team),
        account=AccountRef(platform=PlatformName(row.platform), id=row.account),
        name=row.name,
        zone=row.zone,
        workspaces=row.workspaces,
        named_in_commits=bool(row.named_in_commits),
    )
