"""A channel's weekly slot, and when it is due.

All of it is pure arithmetic over `zoneinfo`: the schedule can be evaluated at any moment, so no timer has to survive a
restart. A wall-clock time that does not exist on a day means the first moment after the gap; one that exists twice
means the first.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

from bot.domain.holidays import holidays
from bot.domain.ids import AccountRef, ChannelRef, ScheduleId, TeamId
from bot.domain.record import record

WEEK = timedelta(days=7)


class Weekday(IntEnum):
    """Days as `date.weekday()` counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6

    @property
    def word(self) -> str:
        return self.name.capitalize()


class OnHoliday(StrEnum):
    """What happens to a digest that falls on a public holiday: it comes on the next working day, or not at all."""

    MOVE = "move"
    SKIP = "skip"


@record
class Occurrence:
    """One week's slot: `week` is the ISO week in the schedule's zone (`2026-W47`), `due_at` aware UTC.

    `holiday` names the holiday on which it would have fallen; `left_out` says that it is skipped for it.
    """

    week: str
    due_at: datetime
    holiday: str = ""
    left_out: bool = False


@record
class Schedule:
    """A channel posts once a week, at `at` wall-clock time on `weekday` in the IANA zone `zone`.

    `tags` narrows what may be featured: an entry needs one of them, and an empty tuple means all entries. A slot counts
    only from `active_from` on, and not between `paused_from` (None: since ever) and `paused_until`. `paused_because` is
    set while we have paused it ourselves, and says why: no slot counts until a person resumes it. On a public holiday of
    the region `holidays`, a slot moves to the next working day or is skipped, as `on_holiday` says.
    """

    id: ScheduleId
    team: TeamId
    channel: ChannelRef
    weekday: Weekday
    at: time
    zone: str
    tags: tuple[str, ...] = ()
    active_from: datetime
    paused_from: datetime | None = None
    paused_until: datetime | None = None
    paused_because: str | None = None
    created_by: AccountRef
    holidays: str | None = None
    on_holiday: OnHoliday = OnHoliday.MOVE

    def counts(self, occurrence: Occurrence) -> bool:
        """Whether the slot is one to post in: not before `active_from`, not within a pause, not left out for a holiday."""
        due_at = occurrence.due_at
        return (
            not occurrence.left_out
            and self.paused_because is None
            and due_at >= self.active_from
            and not self._is_paused(due_at)
        )

    def _is_paused(self, moment: datetime) -> bool:
        if self.paused_until is None or moment >= self.paused_until:
            return False
        return self.paused_from is None or moment >= self.paused_from

    def last_due(self, now: datetime) -> Occurrence:
        """The latest slot at or before `now` (aware), whether or not it counts."""
        monday = _monday(now.astimezone(ZoneInfo(self.zone)).date()) + WEEK
        while True:
            occurrence = self._in_week(monday)
            if occurrence.due_at <= now:
                return occurrence
            monday -= WEEK

    def next_dues(self, now: datetime) -> Iterator[Occurrence]:
        """The slots after `now` (aware) that count, soonest first: without end, or none at all."""
        if self.paused_because is not None:
            return
        monday = _monday(now.astimezone(ZoneInfo(self.zone)).date()) - WEEK
        while True:
            occurrence = self._in_week(monday)
            if occurrence.due_at > now and self.counts(occurrence):
                yield occurrence
            monday += WEEK

    def nominal_day(self, week: str) -> date:
        """The day on which the week's slot falls by the calendar alone."""
        year, number = week.split("-W")
        return date.fromisocalendar(int(year), int(number), self.weekday + 1)

    def slot_of(self, week: str) -> Occurrence:
        """The slot of an ISO week as the schedule is now; raises ValueError for what is not a week."""
        year, _, number = week.partition("-W")
        return self._in_week(date.fromisocalendar(int(year), int(number), 1))

    def week_of(self, now: datetime) -> str:
        """The ISO week in which `now` (aware) falls in the schedule's zone."""
        return _week(now.astimezone(ZoneInfo(self.zone)).date())

    def _in_week(self, monday: date) -> Occurrence:
        day = monday + timedelta(days=self.weekday)
        return self._clear_of_holidays(_week(day), day) if self.holidays else self._on(_week(day), day)

    def _on(self, week: str, day: date, holiday: str = "", *, left_out: bool = False) -> Occurrence:
        due_at = moment(day, self.at, ZoneInfo(self.zone))
        return Occurrence(week=week, due_at=due_at, holiday=holiday, left_out=left_out)

    def _clear_of_holidays(self, week: str, day: date) -> Occurrence:
        """The slot of this day, or of the first working day after it and before the next slot, if the day is a holiday."""
        assert self.holidays is not None
        name = holidays(self.holidays, day.year).get(day)
        if name is None:
            return self._on(week, day)
        if self.on_holiday is OnHoliday.MOVE:
            for later in (day + timedelta(days=more) for more in range(1, 7)):
                if later.weekday() < Weekday.SATURDAY and later not in holidays(self.holidays, later.year):
                    return self._on(week, later, name)
        return self._on(week, day, name, left_out=True)


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) at which clocks in `zone` show `at` on `day`, or have jumped over it."""
    local = datetime.combine(day, at)
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local:
        return first
    return _end_of_gap(local, zone)


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """The transition that skips `local`: inside a gap, fold 0 reads with the old offset and fold 1 with the new."""
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
