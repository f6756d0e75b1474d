"""What happens around a digest at its own times: the notice to its host. Everything sent is a row of the ledger, once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.domain.delivery import Draft, Step
from bot.domain.ids import ChannelRef, TeamId, WorkspaceRef
from bot.domain.meeting import host_notice
from bot.domain.schedule import Occurrence, Schedule
from bot.domain.team import Member
from bot.ports.store import Transaction
from bot.service import digests, hosts, schedules

HOST_KNOWS = timedelta(days=2)
"""How long before their digest a host is notified."""


def due(tx: Transaction, among: Sequence[Schedule]) -> Sequence[Schedule]:
    """The schedules for which something may have to be sent now. It only reads."""
    hosted = _hosted(tx, among)
    return [one for one in among if one.id in hosted and _within(tx, one, HOST_KNOWS)]


def plan(tx: Transaction, schedule: Schedule) -> None:
    """Send what is due around the schedule's digests and was not sent before."""
    known = tx.schedules.of_channel(schedule.team, schedule.channel)
    if known is None:
        return
    schedule = schedules.locked(tx, schedule.team, schedule.channel)
    slot = _within(tx, schedule, HOST_KNOWS)
    if slot is not None:
        _notify_host(tx, schedule, slot)


def next_due(tx: Transaction, among: Sequence[Schedule]) -> datetime | None:
    """When something may next be due."""
    hosted, now = _hosted(tx, among), tx.now()
    times = (
        slot.due_at - HOST_KNOWS for one in among if one.id in hosted for slot in schedules.next_dates(tx, one, most=2)
    )
    return min((at for at in times if at > now), default=None)


def _hosted(tx: Transaction, among: Iterable[Schedule]) -> set[int]:
    teams = {one.team for one in among}
    return {schedule for team in teams for schedule in tx.meetings.hosted(team)}


def _within(tx: Transaction, schedule: Schedule, time: timedelta) -> Occurrence | None:
    """The schedule's next slot, if it is due within that time."""
    slot = next(iter(schedules.next_dates(tx, schedule, most=1)), None)
    return slot if slot is not None and slot.due_at - tx.now() <= time else None


def _notify_host(tx: Transaction, schedule: Schedule, slot: Occurrence) -> None:
    host = hosts.settle(tx, schedule.id, slot.week)
    digest = digests.coming(tx, schedule, slot) if host is not None else None
    if host is None or digest is None:
        return
    where = _direct(tx, schedule.team, schedule.channel, host)
    if where is None:
        return
    draft = Draft(
        channel=where,
        source_key=f"host:{schedule.id}:{slot.week}:{host.id}",
        step=Step.NOTICE,
        ordinal=0,
        card=host_notice(digest.entry, digest.question, slot, schedule.channel),
        late_after=slot.due_at,
        notify=host.account,
    )
    tx.ledger.plan(schedule.team, [draft], not_before=tx.now())


def _direct(tx: Transaction, team: TeamId, channel: ChannelRef, member: Member) -> ChannelRef | None:
    """The pseudo-channel of the member's direct messages; None if we share no workspace with them any more."""
    platform = member.account.platform
    if channel.workspace.platform == platform and channel.workspace.id in member.workspaces:
        return ChannelRef(channel.workspace, f"@{member.account.id}")
    ours = {one.ref for one in tx.teams.workspaces(team)}
    met = [ref for ref in (WorkspaceRef(platform, one) for one in member.workspaces) if ref in ours]
    return ChannelRef(met[0], f"@{member.account.id}") if met else None
