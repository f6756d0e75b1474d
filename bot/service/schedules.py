"""Weekly slots: set, pause and remove them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from bot.domain.errors import BadUsage, Conflict, NotFound
from bot.domain.ids import AccountRef, ChannelRef, ScheduleId, TeamId
from bot.domain.schedule import Occurrence, OnHoliday, Schedule, Weekday, moment
from bot.domain.times import MAX_WEEKS, Day
from bot.ports.store import Transaction

DATES_ECHOED = 3
NOT_YET_KEPT = ScheduleId(0)


def of(tx: Transaction, team: TeamId, channel: ChannelRef) -> Schedule:
    """The channel's schedule; raises NotFound."""
    schedule = tx.schedules.of_channel(team, channel)
    if schedule is None:
        raise NotFound("This channel has no schedule.", hint="“schedule set mon 09:00 Europe/Berlin” sets one.")
    return schedule


def lock(tx: Transaction, channels: Iterable[ChannelRef]) -> None:
    """Lock these channels' schedules, their picks and their posts until the transaction ends."""
    tx.lock([f"schedule {one.workspace.platform} {one.workspace.id} {one.id}" for one in channels])


def locked(tx: Transaction, team: TeamId, channel: ChannelRef) -> Schedule:
    """The channel's schedule, locked until the transaction ends. Raises NotFound."""
    lock(tx, [channel])
    return of(tx, team, channel)


def put(
    tx: Transaction,
    team: TeamId,
    channel: ChannelRef,
    *,
    weekday: Weekday,
    at: time,
    zone: str,
    tags: Sequence[str],
    by: AccountRef,
) -> Schedule:
    """Set the channel's weekly slot, replacing the old one. A slot earlier this week starts next week.

    Raises Conflict for tags that no entry on the list has.
    """
    lock(tx, [channel])
    if tags and not tx.schedules.candidates(team, channel, tags):
        named = ", ".join(tags)
        raise Conflict(f"No entry on the list is tagged “{named}”.", hint="“tags” shows every tag.", field="tag")
    replaced = tx.schedules.of_channel(team, channel)
    schedule = Schedule(
        id=NOT_YET_KEPT,
        team=team,
        channel=channel,
        weekday=weekday,
        at=at,
        zone=zone,
        tags=tuple(tags),
        active_from=tx.now(),
        created_by=by,
        holidays=replaced.holidays if replaced else None,
        on_holiday=replaced.on_holiday if replaced else OnHoliday.MOVE,
    )
    saved = tx.schedules.save(schedule)
    if replaced is None:
        tx.schedules.pin(saved.id, None)  # the pick of a schedule that was removed
    return saved


def observe(tx: Transaction, team: TeamId, channel: ChannelRef, region: str | None, on_holiday: OnHoliday) -> Schedule:
    """Move or skip what falls on a public holiday of the region; with None holidays count for nothing."""
    schedule = locked(tx, team, channel)
    return tx.schedules.save(replace(schedule, holidays=region, on_holiday=on_holiday))


def pause(tx: Transaction, team: TeamId, channel: ChannelRef, length: timedelta | Day) -> Schedule:
    """Post nothing in the channel for this long from now, or until a day in the schedule's zone; what fell due before is
    still posted. Raises BadUsage for a day that is over or too far away.
    """
    schedule, now = locked(tx, team, channel), tx.now()
    since = schedule.paused_from if _is_paused(schedule, now) else now
    until = now + length if isinstance(length, timedelta) else _beginning(schedule, now, length)
    return tx.schedules.save(replace(schedule, paused_from=since, paused_until=until, paused_because=None))


def _beginning(schedule: Schedule, now: datetime, day: Day) -> datetime:
    """The first moment of the day, after now and within the longest pause."""
    zone = ZoneInfo(schedule.zone)
    until = day(now.astimezone(zone).date())
    if until <= now.astimezone(zone).date():
        raise BadUsage(f"{until} is not in the future.", hint="Name a later day.", field="period")
    if until - now.astimezone(zone).date() > timedelta(weeks=MAX_WEEKS):
        raise BadUsage(f"{until} is more than {MAX_WEEKS} weeks away.", hint="Name an earlier day.", field="period")
    return moment(until, time(), zone)


def _is_paused(schedule: Schedule, now: datetime) -> bool:
    return schedule.paused_because is not None or (schedule.paused_until is not None and now < schedule.paused_until)


def stop(tx: Transaction, channel: ChannelRef, because: str) -> Schedule | None:
    """Pause a channel's schedule indefinitely because we cannot post there. Returns the schedule, if there is one."""
    lock(tx, [channel])
    workspace = tx.teams.workspace(channel.workspace)
    schedule = tx.schedules.of_channel(workspace.team, channel) if workspace and workspace.team is not None else None
    if schedule is None:
        return None
    since = schedule.paused_from if _is_paused(schedule, tx.now()) else tx.now()
    return tx.schedules.save(replace(schedule, paused_from=since, paused_because=because))


def restart(tx: Transaction, channel: ChannelRef) -> Schedule | None:
    """Resume a schedule that we paused ourselves. Returns it, None if there is none."""
    lock(tx, [channel])
    team = tx.teams.of_workspace(channel.workspace)
    schedule = tx.schedules.of_channel(team.id, channel) if team else None
    if schedule is None or schedule.paused_because is None:
        return None
    return tx.schedules.save(replace(schedule, paused_because=None, active_from=tx.now()))


def resume(tx: Transaction, team: TeamId, channel: ChannelRef) -> Schedule:
    """Resume now. Slots within the pause stay unused, but one that was due before the pause is still posted."""
    schedule, now = locked(tx, team, channel), tx.now()
    if not _is_paused(schedule, now):
        return schedule
    return tx.schedules.save(replace(schedule, paused_until=now, paused_because=None))


def remove(tx: Transaction, team: TeamId, channel: ChannelRef) -> Schedule:
    """Remove the channel's slot. Past digests stay in its history."""
    schedule = locked(tx, team, channel)
    tx.schedules.remove(schedule.id)
    return schedule


def restore(tx: Transaction, team: TeamId, channel: ChannelRef) -> Schedule:
    """Bring the channel's removed schedule back as it was; raises Conflict if it has one, or had none."""
    lock(tx, [channel])
    if tx.schedules.of_channel(team, channel) is not None:
        raise Conflict("This channel has a schedule.", hint="“schedule list” shows it.")
    restored = tx.schedules.restore(team, channel)
    if restored is None:
        raise Conflict("This channel has had no schedule.", hint="Set one: schedule set mon 09:00 Europe/Berlin")
    return tx.schedules.save(replace(restored, active_from=tx.now()))


def next_dates(tx: Transaction, schedule: Schedule, most: int = DATES_ECHOED) -> list[Occurrence]:
    """The next slots that will be posted, without used ones. Empty while we have paused the schedule ourselves."""
    coming = schedule.next_dues(tx.now())
    return list(islice((slot for slot in coming if tx.schedules.used_slot(schedule.id, slot.week) is None), most))
