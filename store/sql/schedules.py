"""Weekly slots and the outcome of each week, as rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, literal, or_, select, text, update

from bot.domain.delivery import State, Step
from bot.domain.digest import Outcome, Week
from bot.domain.featuring import Candidate, Featured, Why
from bot.domain.ids import AccountRef, ChannelRef, EntryId, EntryNumber, PlatformName, ScheduleId, TeamId
from bot.domain.reading_state import ReadingState
from bot.domain.schedule import OnHoliday, Schedule, Weekday
from store.sql.filters import on_list, tagged
from store.sql.ids import channel_of, id_of, in_channel, number_of, place, team_of
from store.sql.session import AnyRow, Session
from store.sql.tables import DELIVERY, ENTRY, PASSED_OVER, READING, SCHEDULE, WEEK, WORKSPACE

_AT_ONCE = 500
"""Slots per statement; engines limit the number of its parameters."""


class SqlSchedules:
    """A removed slot keeps its row, so that the channel's next slot takes over its weeks."""

    def __init__(self, work: Session) -> None:
        self._work = work

    def all(self, team: TeamId | None = None) -> Sequence[Schedule]:
        statement = select(SCHEDULE).where(~SCHEDULE.c.removed, ~_LEFT)
        if team is not None:
            statement = statement.where(SCHEDULE.c.team == team)
        return [_schedule(row) for row in self._work.rows(statement.order_by(SCHEDULE.c.team, SCHEDULE.c.number))]

    def of_channel(self, team: TeamId, channel: ChannelRef) -> Schedule | None:
        row = self._work.row(select(SCHEDULE).where(_in(team, channel), ~SCHEDULE.c.removed))
        return _schedule(row) if row else None

    def save(self, schedule: Schedule) -> Schedule:
        values = _values(schedule)
        known = self._work.value(select(SCHEDULE.c.number).where(_in(schedule.team, schedule.channel)))
        number = known or self._work.take(schedule.team, "schedule")
        statement = self._work.insert(SCHEDULE).values(number=number, **values)
        statement = statement.on_conflict_do_update(
            index_elements=_CHANNEL,
            set_={name: statement.excluded[name] for name in values if name not in _CHANNEL},
        )
        number = self._work.value(statement.returning(SCHEDULE.c.number))
        return replace(schedule, id=ScheduleId(id_of(schedule.team, number)))

    def remove(self, schedule: ScheduleId) -> None:
        self._work.change(update(SCHEDULE).where(_is(schedule)).values(removed=True))

    def use_slot(self, week: Week) -> bool:
        statement = self._work.insert(WEEK).values(
            team=week.team,
            schedule=number_of(week.schedule),
            week=week.week,
            due_at=week.due_at,
            used_at=week.used_at,
            outcome=week.outcome,
            entry=None if week.entry is None else number_of(week.entry),
            why=week.why,
            question=week.question,
        )
        return self._work.row(statement.on_conflict_do_nothing().returning(WEEK.c.week)) is not None

    def replace_slot(self, week: Week) -> None:
        values = {
            "used_at": week.used_at,
            "outcome": week.outcome,
            "entry": None if week.entry is None else number_of(week.entry),
            "why": week.why,
            "question": week.question,
        }
        self._work.change(update(WEEK).where(_is_week(week.schedule, week.week)).values(values))

    def free_slot(self, schedule: ScheduleId, week: str) -> None:
        self._work.change(delete(WEEK).where(_is_week(schedule, week), WEEK.c.outcome == Outcome.SKIPPED))

    def restore(self, team: TeamId, channel: ChannelRef) -> Schedule | None:
        statement = update(SCHEDULE).where(_in(team, channel), SCHEDULE.c.removed)
        row = self._work.row(statement.values(removed=False).returning(*SCHEDULE.c))
        return _schedule(row) if row else None

    def used_slot(self, schedule: ScheduleId, week: str) -> Week | None:
        row = self._work.row(_WEEKS.where(_is(schedule), WEEK.c.week == week))
        return _week(row) if row else None

    def used_of(self, slots: Collection[tuple[ScheduleId, str]]) -> set[tuple[ScheduleId, str]]:
        named = [(team_of(schedule), number_of(schedule), week) for schedule, week in slots]
        slot = (WEEK.c.team, WEEK.c.schedule, WEEK.c.week)
        asked = [self._work.one_of(slot, named[start : start + _AT_ONCE]) for start in range(0, len(named), _AT_ONCE)]
        rows = [row for some in asked for row in self._work.rows(select(*slot).where(some))]
        return {(ScheduleId(id_of(row.team, row.schedule)), row.week) for row in rows}

    def weeks(self, team: TeamId, channel: ChannelRef, limit: int) -> Sequence[Week]:
        newest = _WEEKS.where(_in(team, channel)).order_by(WEEK.c.due_at.desc(), WEEK.c.week.desc()).limit(limit)
        return [_week(row) for row in self._work.rows(newest)]

    def candidates(
        self, team: TeamId, channel: ChannelRef, tags: Sequence[str], shared_since: datetime | None = None
    ) -> Sequence[Candidate]:
        """A few statements and a join in Python: each of them follows an index, a join in SQL would not."""
        wanted = self._by_entry(
            select(READING.c.entry, func.count())
            .where(READING.c.team == team, READING.c.state == ReadingState.LATER)
            .group_by(READING.c.entry)
        )
        shown = self._featured(team, channel)
        for number, at in self._shared(team, channel, shared_since).items():
            shown[number] = max(shown.get(number, at), at)
        passed = self._by_entry(
            select(PASSED_OVER.c.entry, func.max(PASSED_OVER.c.at))
            .join(SCHEDULE, and_(SCHEDULE.c.team == PASSED_OVER.c.team, SCHEDULE.c.number == PASSED_OVER.c.schedule))
            .where(_in(team, channel))
            .group_by(PASSED_OVER.c.entry)
        )
        has_notes = (ENTRY.c.notes != "").label("has_notes")
        columns = (ENTRY.c[name] for name in ("number", "added_at", "tags", "section", "title", "source", "file"))
        pool = select(*columns, has_notes).where(on_list(team), tagged(team, tags))
        rows = self._work.rows(pool.order_by(ENTRY.c.source, ENTRY.c.file, ENTRY.c.line, ENTRY.c.number))
        above = _above(rows)
        found = [
            Candidate(
                entry=EntryId(id_of(team, row.number)),
                number=EntryNumber(row.number),
                has_notes=row.has_notes,
                wanted=wanted.get(row.number, 0),
                added_at=row.added_at,
                last_featured=shown.get(row.number),
                tags=row.tags,
                section=row.section,
                above=tuple(EntryId(id_of(team, number)) for number in above.get(row.number, ())),
                passed_over=passed.get(row.number),
            )
            for row in rows
        ]
        return sorted(found, key=lambda one: one.number)

    def _featured(self, team: TeamId, channel: ChannelRef) -> dict[int, Any]:
        return self._by_entry(
            select(WEEK.c.entry, func.max(WEEK.c.used_at))
            .join(SCHEDULE, _SAME_SCHEDULE)
            .where(_in(team, channel), WEEK.c.entry.is_not(None), or_(_ARRIVES, ~_PLANNED))
            .group_by(WEEK.c.entry)
        )

    def _shared(self, team: TeamId, channel: ChannelRef, since: datetime | None) -> dict[int, Any]:
        if since is None:
            return {}
        here = and_(DELIVERY.c.team == team, in_channel(DELIVERY, channel), DELIVERY.c.entry.is_not(None))
        posted = and_(text("state = 'sent' AND step = 'root'"), DELIVERY.c.settled_at > since)
        shares = select(DELIVERY.c.entry, func.max(DELIVERY.c.settled_at)).where(
            posted, here, DELIVERY.c.schedule.is_(None), DELIVERY.c.message.is_not(None)
        )
        return self._by_entry(shares.group_by(DELIVERY.c.entry))

    def gone(self, team: TeamId, channel: ChannelRef) -> Sequence[Featured]:
        shown = self._featured(team, channel)
        retired = select(ENTRY.c.number, ENTRY.c.tags, ENTRY.c.section).where(
            ENTRY.c.team == team, ENTRY.c.number.in_(list(shown)), ENTRY.c.retired_at.is_not(None)
        )
        return [Featured(at=shown[row.number], tags=row.tags, section=row.section) for row in self._work.rows(retired)]

    def pass_over(self, schedule: ScheduleId, entry: EntryId, at: datetime | None) -> None:
        key = {"team": team_of(schedule), "schedule": number_of(schedule), "entry": number_of(entry)}
        self._work.change(delete(PASSED_OVER).where(*(PASSED_OVER.c[name] == value for name, value in key.items())))
        if at is not None:
            self._work.change(self._work.insert(PASSED_OVER).values(**key, at=at))

    def pin(self, schedule: ScheduleId, entry: EntryId | None) -> None:
        number = None if entry is None else number_of(entry)
        self._work.change(update(SCHEDULE).where(_is(schedule)).values(pinned=number))

    def pinned(self, schedule: ScheduleId) -> EntryId | None:
        number = self._work.value(select(SCHEDULE.c.pinned).where(_is(schedule)))
        return None if number is None else EntryId(id_of(team_of(schedule), number))

    def _by_entry(self, statement: Any) -> dict[int, Any]:
        return {row[0]: row[1] for row in self._work.rows(statement)}


def _above(rows: Sequence[AnyRow]) -> Mapping[int, tuple[int, ...]]:
    """The entries that each entry is nested under, the nearest first. The rows come in the order of their files.

    The section of a nested entry ends with the title of the entry around it.
    """
    around: dict[tuple[Any, ...], int] = {}
    above: dict[int, tuple[int, ...]] = {}
    for row in rows:
        outer = around.get((row.source, row.file, row.section)) if row.section else None
        if outer is not None:
            above[row.number] = (outer, *above.get(outer, ()))
        around[row.source, row.file, (*row.section, row.title)] = row.number
    return above


_CHANNEL = ["team", "platform", "workspace", "channel"]
"""The columns that identify a slot. They are not updated: SQLite would scan the whole ledger for rows that refer to the
old ones.
"""
_SAME_SCHEDULE = and_(SCHEDULE.c.team == WEEK.c.team, SCHEDULE.c.number == WEEK.c.schedule)
_WEEKS = select(WEEK, SCHEDULE.c.platform, SCHEDULE.c.workspace, SCHEDULE.c.channel).join(SCHEDULE, _SAME_SCHEDULE)


_LEFT = (
    select(WORKSPACE.c.id)
    .where(
        WORKSPACE.c.platform == SCHEDULE.c.platform,
        WORKSPACE.c.id == SCHEDULE.c.workspace,
        WORKSPACE.c.left_at.is_not(None),
    )
    .exists()
)
"""We are no longer in the schedule's workspace."""


_POST = (
    select(literal(1))
    .where(
        DELIVERY.c.team == WEEK.c.team,
        DELIVERY.c.entry == WEEK.c.entry,
        DELIVERY.c.schedule == WEEK.c.schedule,
        DELIVERY.c.week == WEEK.c.week,
        DELIVERY.c.step == Step.ROOT,
    )
    .correlate(WEEK)
)
_PLANNED = _POST.exists()
_ARRIVES = _POST.where(DELIVERY.c.state.in_([State.PENDING, State.LEASED, State.SENDING, State.SENT])).exists()
"""A week's entry was shown, or is about to be; what was refused or is in doubt was not."""


def _is_week(schedule: ScheduleId, week: str) -> ColumnElement[bool]:
    return and_(WEEK.c.team == team_of(schedule), WEEK.c.schedule == number_of(schedule), WEEK.c.week == week)


def _is(schedule: ScheduleId) -> ColumnElement[bool]:
    return and_(SCHEDULE.c.team == team_of(schedule), SCHEDULE.c.number == number_of(schedule))


def _in(team: TeamId, channel: ChannelRef) -> ColumnElement[bool]:
    return and_(SCHEDULE.c.team == team, in_channel(SCHEDULE, channel))


def _values(schedule: Schedule) -> dict[str, Any]:
    return {
        "team": schedule.team,
        **place(schedule.channel),
        "weekday": int(schedule.weekday),
        "at": schedule.at,
        "zone": schedule.zone,
        "tags": schedule.tags,
        "active_from": schedule.active_from,
        "paused_from": schedule.paused_from,
        "paused_until": schedule.paused_until,
        "paused_because": schedule.paused_because,
        "creator_platform": schedule.created_by.platform,
        "creator": schedule.created_by.id,
        "holidays": schedule.holidays,
        "on_holiday": schedule.on_holiday.value,
        "removed": False,
    }


def _schedule(row: AnyRow) -> Schedule:
    return Schedule(
        id=ScheduleId(id_of(row.team, row.number)),
        team=TeamId(row.team),
        channel=channel_of(row),
        weekday=Weekday(row.weekday),
        at=row.at,
        zone=row.zone,
        tags=row.tags,
        active_from=row.active_from,
        paused_from=row.paused_from,
        paused_until=row.paused_until,
        paused_because=row.paused_because,
        created_by=AccountRef(platform=PlatformName(row.creator_platform), id=row.creator),
        holidays=row.holidays,
        on_holiday=OnHoliday(row.on_holiday or OnHoliday.MOVE),
    )


def _week(row: AnyRow) -> Week:
    return Week(
        schedule=ScheduleId(id_of(row.team, row.schedule)),
        team=TeamId(row.team),
        channel=channel_of(row),
        week=row.week,
        due_at=row.due_at,
        used_at=row.used_at,
        outcome=Outcome(row.outcome),
        entry=None if row.entry is None else EntryId(id_of(row.team, row.entry)),
        why=Why(row.why) if row.why else None,
        question=row.question,
    )
