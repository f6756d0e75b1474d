"""A channel's weekly slot, and when it is due.

All of it is pure arithmetic over `zoneinfo`: the schedule can be evaluated at any moment, so no timer has to survive a
restart. A wall-clock time that does not exist on a day means the first moment after the gap; one that exists twice
means the first.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

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


@record
class Occurrence:
    """One week's slot: `week` is the ISO week in the schedule's zone (`2026-W47`), `due_at` aware UTC."""

    week: str
    due_at: datetime


@record
class Schedule:
    """A channel posts once a week, at `at` wall-clock time on `weekday` in the IANA zone `zone`.

    `tags` narrows what may be featured: an entry needs one of them, and an empty tuple means all entries. A slot counts
    only from `active_from` on, and not between `paused_from` (None: since ever) and `paused_until`. `paused_because` is
    set while we have paused it ourselves, and says why: no slot counts until a person resumes it.
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

    def counts(self, occurrence: Occurrence) -> bool:
        """Whether the slot is one to post in: not before `active_from`, and not within a pause."""
        due_at = occurrence.due_at
        return self.paused_because is None and due_at >= self.active_from and not self._is_paused(due_at)

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

    def slot_of(self, week: str) -> Occurrence:
        """The slot of an ISO week as the schedule is now; raises ValueError for what is not a week."""
        year, _, number = week.partition("-W")
        return self._in_week(date.fromisocalendar(int(year), int(number), 1))

    def week_of(self, now: datetime) -> str:
        """The ISO week in which `now` (aware) falls in the schedule's zone."""
        return _week(now.astimezone(ZoneInfo(self.zone)).date())

    def _in_week(self, monday: date) -> Occurrence:
        day = monday + timedelta(days=self.weekday)
        return Occurrence(week=_week(day), due_at=moment(day, self.at, ZoneInfo(self.zone)))


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
