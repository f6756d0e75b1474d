"""The people around a schedule's digests, as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, select

from bot.domain.digest import Outcome
from bot.domain.ids import EntryId, MemberId, ScheduleId, TeamId
from bot.domain.meeting import Answer, InTurn, Meeting, MeetingRules, Nominee, WeeklyTime
from bot.domain.schedule import Weekday
from bot.domain.team import Member
from store.sql.ids import id_of, number_of, team_of
from store.sql.session import AnyRow, Session
from store.sql.tables import GOING, HOST, HOST_PASSED, MEETING, MEETING_RULES, MEMBER, NOMINEE, VOTE, WEEK
from store.sql.teams import member_of


class SqlMeetings:
    def __init__(self, work: Session) -> None:
        self._work = work

    def rules(self, schedule: ScheduleId) -> MeetingRules:
        row = self._work.row(select(MEETING_RULES).where(_of(MEETING_RULES, schedule)))
        return MeetingRules(schedule=schedule) if row is None else _rules(schedule, row)

    def save_rules(self, rules: MeetingRules) -> None:
        meets = rules.meets
        values = {
            "hosts": rules.hosts,
            "quorum": rules.quorum,
            "closing": rules.closing,
            "vote_every": rules.vote_every,
            "teaser": rules.teaser,
            "weekday": int(meets.weekday) if meets else None,
            "at": meets.at if meets else None,
            "zone": meets.zone if meets else None,
        }
        self._put(MEETING_RULES, _key(rules.schedule), values)

    def pool(self, schedule: ScheduleId, before: str) -> Sequence[InTurn]:
        same = and_(*(WEEK.c[name] == MEETING.c[name] for name in ("team", "schedule", "week")))
        posted = select(func.max(MEETING.c.week)).join(WEEK, and_(same, WEEK.c.outcome == Outcome.PLANNED))
        last = posted.where(_of(MEETING, schedule), MEETING.c.week < before, MEETING.c.host == HOST.c.member)
        asked = select(MEMBER, HOST.c.since, last.correlate(HOST).scalar_subquery().label("last"))
        rows = self._work.rows(asked.join_from(HOST, MEMBER, _by(HOST)).where(_of(HOST, schedule)))
        return [InTurn(member=member_of(row), since=row.since, last=row.last or "") for row in rows]

    def hosted(self, team: TeamId) -> set[ScheduleId]:
        found = select(HOST.c.schedule).where(HOST.c.team == team).distinct()
        return {ScheduleId(id_of(team, row.schedule)) for row in self._work.rows(found)}

    def join_pool(self, schedule: ScheduleId, member: MemberId) -> bool:
        new = self._work.insert(HOST).values(**_key(schedule), member=number_of(member), since=self._work.now())
        return self._work.row(new.on_conflict_do_nothing().returning(HOST.c.member)) is not None

    def leave_pool(self, schedule: ScheduleId, member: MemberId) -> bool:
        return self._work.change(delete(HOST).where(_of(HOST, schedule), HOST.c.member == number_of(member))) > 0

    def get(self, schedule: ScheduleId, week: str) -> Meeting:
        row = self._work.row(select(MEETING).where(_of(MEETING, schedule, week)))
        if row is None:
            return Meeting(schedule=schedule, week=week)
        host = None if row.host is None else MemberId(id_of(row.team, row.host))
        return Meeting(schedule=schedule, week=week, host=host, by_reaction=row.by_reaction)

    def set_host(self, meeting: Meeting) -> None:
        host = None if meeting.host is None else number_of(meeting.host)
        values = {"host": host, "by_reaction": meeting.by_reaction, "changed_at": self._work.now()}
        self._put(MEETING, _key(meeting.schedule, meeting.week), values)

    def touched(self, team: TeamId, since: datetime) -> set[ScheduleId]:
        found = select(MEETING.c.schedule).where(MEETING.c.team == team, MEETING.c.changed_at >= since).distinct()
        return {ScheduleId(id_of(team, row.schedule)) for row in self._work.rows(found)}

    def going(self, schedule: ScheduleId, week: str) -> Sequence[Member]:
        found = select(MEMBER).join_from(GOING, MEMBER, _by(GOING)).where(_of(GOING, schedule, week), GOING.c.going)
        return [member_of(row) for row in self._work.rows(found.order_by(GOING.c.at, MEMBER.c.number))]

    def answer(self, schedule: ScheduleId, week: str, member: MemberId) -> Answer | None:
        its = and_(_of(GOING, schedule, week), GOING.c.member == number_of(member))
        row = self._work.row(select(GOING).where(its))
        return None if row is None else Answer(going=row.going, at=row.at)

    def say(self, schedule: ScheduleId, week: str, member: MemberId, *, going: bool) -> None:
        key = {**_key(schedule, week), "member": number_of(member)}
        self._put(GOING, key, {"going": going, "at": self._work.now()})
        self.touch(schedule, week)

    def touch(self, schedule: ScheduleId, week: str) -> None:
        key, now = _key(schedule, week), self._work.now()
        new = self._work.insert(MEETING).values(**key, by_reaction=False, changed_at=now)
        self._work.change(new.on_conflict_do_update(index_elements=list(key), set_={"changed_at": now}))

    def passed(self, schedule: ScheduleId, week: str) -> set[MemberId]:
        rows = self._work.rows(select(HOST_PASSED).where(_of(HOST_PASSED, schedule, week)))
        return {MemberId(id_of(row.team, row.member)) for row in rows}

    def pass_turn(self, schedule: ScheduleId, week: str, member: MemberId, *, undo: bool = False) -> None:
        if undo:
            its = and_(_of(HOST_PASSED, schedule, week), HOST_PASSED.c.member == number_of(member))
            self._work.change(delete(HOST_PASSED).where(its))
            return
        new = self._work.insert(HOST_PASSED).values(**_key(schedule, week), member=number_of(member))
        self._work.change(new.on_conflict_do_nothing())

    def nominees(self, schedule: ScheduleId, week: str) -> Sequence[Nominee]:
        found = select(NOMINEE).where(_of(NOMINEE, schedule, week)).order_by(NOMINEE.c.place)
        return [Nominee(entry=EntryId(id_of(row.team, row.entry)), reason=row.reason) for row in self._work.rows(found)]

    def nominate(self, schedule: ScheduleId, week: str, nominees: Sequence[Nominee]) -> None:
        key = _key(schedule, week)
        rows = [
            {**key, "entry": number_of(one.entry), "place": place, "reason": one.reason}
            for place, one in enumerate(nominees)
        ]
        self._work.change(self._work.insert(NOMINEE), rows)

    def last_vote(self, schedule: ScheduleId, before: str) -> str | None:
        earlier = select(func.max(NOMINEE.c.week)).where(_of(NOMINEE, schedule), NOMINEE.c.week < before)
        last: str | None = self._work.value(earlier)
        return last

    def votes(self, schedule: ScheduleId, week: str) -> Mapping[EntryId, frozenset[MemberId]]:
        found: dict[EntryId, set[MemberId]] = {}
        for row in self._work.rows(select(VOTE).where(_of(VOTE, schedule, week), VOTE.c.in_favour)):
            found.setdefault(EntryId(id_of(row.team, row.entry)), set()).add(MemberId(id_of(row.team, row.member)))
        return {entry: frozenset(members) for entry, members in found.items()}

    def voted(self, schedule: ScheduleId, week: str, entry: EntryId, member: MemberId) -> Answer | None:
        mine = and_(VOTE.c.entry == number_of(entry), VOTE.c.member == number_of(member))
        row = self._work.row(select(VOTE).where(_of(VOTE, schedule, week), mine))
        return None if row is None else Answer(going=row.in_favour, at=row.at)

    def vote(self, schedule: ScheduleId, week: str, entry: EntryId, member: MemberId, *, in_favour: bool) -> None:
        key = {**_key(schedule, week), "entry": number_of(entry), "member": number_of(member)}
        self._put(VOTE, key, {"in_favour": in_favour, "at": self._work.now()})

    def _put(self, table: Table, key: dict[str, Any], values: dict[str, Any]) -> None:
        """Insert the row, or update the one with this key."""
        statement = self._work.insert(table).values(**key, **values)
        changed = {name: statement.excluded[name] for name in values}
        self._work.change(statement.on_conflict_do_update(index_elements=list(key), set_=changed))


def _key(schedule: ScheduleId, week: str | None = None) -> dict[str, Any]:
    key = {"team": team_of(schedule), "schedule": number_of(schedule)}
    return key if week is None else {**key, "week": week}


def _of(table: Table, schedule: ScheduleId, week: str | None = None) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in _key(schedule, week).items()))


def _by(table: Table) -> ColumnElement[bool]:
    return and_(MEMBER.c.team == table.c.team, MEMBER.c.number == table.c.member)


def _rules(schedule: ScheduleId, row: AnyRow) -> MeetingRules:
    meets = WeeklyTime(weekday=Weekday(row.weekday), at=row.at, zone=row.zone) if row.zone is not None else None
    return MeetingRules(
        schedule=schedule,
        hosts=row.hosts,
        quorum=row.quorum,
        meets=meets,
        closing=row.closing,
        vote_every=row.vote_every,
        teaser=row.teaser,
    )
