"""Enqueue notices about problems, in the transaction that finds the problem and once a day at most."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from bot.domain.delivery import Draft, Step
from bot.domain.ids import AccountRef, ChannelRef, TeamId, WorkspaceRef
from bot.domain.notice import Host, Notice
from bot.domain.team import Member
from bot.ports.store import Transaction

MAX_NOTICE_AGE = timedelta(hours=24)
"""Later than this, a notice is skipped. The problem is still in the log and in the status command."""


def notify(tx: Transaction, notice: Notice, host: Host) -> None:
    """Enqueue the notice for the host's channel, else for the person who can fix it. As a ledger row it survives
    crashes.
    """
    if host.channel is None and notice.notify is None:
        return
    now = tx.now()
    draft = Draft(
        channel=host.channel or _direct(notice),
        source_key=f"notice:{now:%Y-%m-%d}:{sha256(notice.problem.encode()).hexdigest()[:32]}",
        step=Step.NOTICE,
        ordinal=0,
        card=notice.card,
        late_after=now + MAX_NOTICE_AGE,
        notify=None if host.channel else notice.notify,
    )
    tx.ledger.plan(notice.team, [draft], not_before=now)


def notify_admins(
    tx: Transaction, team: TeamId, about: Callable[[ChannelRef, AccountRef | None, TeamId], Notice], host: Host
) -> None:
    """Enqueue the notice for the host's channel, else for each known admin of the team.

    Known admins are those in the settings and the people who set up the team's digests.
    """
    if host.channel is not None:
        notify(tx, about(host.channel, None, team), host)
        return
    places = {schedule.created_by: schedule.channel for schedule in tx.schedules.all(team)}
    workspaces = [workspace.ref for workspace in tx.teams.workspaces(team)]
    for account in host.admins:
        member = tx.teams.member(team, account)
        theirs = [ref for ref in workspaces if ref.platform == account.platform]
        known = [ref for ref in theirs if member is not None and ref.id in member.workspaces]
        for ref in (*known, *theirs)[:1]:
            places.setdefault(account, ChannelRef(ref, "list"))
    for account, channel in places.items():
        notify(tx, about(channel, account, team), host)


def direct(tx: Transaction, member: Member, near: WorkspaceRef | None = None) -> ChannelRef | None:
    """The pseudo-channel of the member's direct messages, in the workspace `near` if they are in it; None if we share no
    workspace with them any more.
    """
    platform = member.account.platform
    ours = {one.ref for one in tx.teams.workspaces(member.team)}
    met = [ref for ref in (WorkspaceRef(platform, one) for one in member.workspaces) if ref == near or ref in ours]
    where = near if near in met else next(iter(met), None)
    return ChannelRef(where, f"@{member.account.id}") if where is not None else None


def _direct(notice: Notice) -> ChannelRef:
    """Pseudo-channel for a person's direct messages, so one notice is in flight at a time."""
    assert notice.notify is not None
    return ChannelRef(notice.about.workspace, f"@{notice.notify.id}")
