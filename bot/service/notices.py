"""Enqueue notices about problems, in the transaction that finds the problem and once a day at most."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from bot.domain.card import Card
from bot.domain.delivery import Delivery, Draft, Step
from bot.domain.ids import AccountRef, ChannelRef, TeamId, WorkspaceRef
from bot.domain.notice import Host, Notice
from bot.domain.team import Member
from bot.domain.value import addressed, channel_at
from bot.ports.store import Transaction

MAX_NOTICE_AGE = timedelta(hours=24)
"""Later than this, a notice is skipped. The problem is still in the log and in the status command."""


def notify(tx: Transaction, notice: Notice, host: Host) -> None:
    """Enqueue the notice for the host's channel, else for the person who can fix it. As a ledger row it survives
    crashes.
    """
    if host.channel is None and notice.notify is None:
        return
    now, channel = tx.now(), host.channel or _direct(notice)
    problem = f"{notice.problem} {addressed(channel)}"  # several people may be notified of one
    draft = Draft(
        channel=channel,
        source_key=f"notice:{now:%Y-%m-%d}:{sha256(problem.encode()).hexdigest()[:32]}",
        step=Step.NOTICE,
        ordinal=0,
        card=notice.card,
        late_after=now + MAX_NOTICE_AGE,
        notify=None if host.channel else notice.notify,
        title=addressed(notice.about) if notice.of_schedule else "",
    )
    tx.ledger.plan(notice.team, [draft], not_before=now)


def greet(tx: Transaction, team: TeamId, where: ChannelRef, account: AccountRef, card: Card) -> None:
    """Enqueue a welcome for the person who invited us there, once a day at most."""
    now = tx.now()
    draft = Draft(
        channel=ChannelRef(where.workspace, f"@{account.id}"),
        source_key=f"welcome:{where.workspace.platform}:{where.workspace.id}:{where.id}:{now:%Y-%m-%d}",
        step=Step.NOTICE,
        ordinal=0,
        card=card,
        late_after=now + MAX_NOTICE_AGE,
        notify=account,
    )
    tx.ledger.plan(team, [draft], not_before=now)


def pass_on(tx: Transaction, refused: Delivery, host: Host) -> None:
    """The person who set a schedule up takes no notice of it, for example because they left: enqueue it for the other
    known admins, or where there is none for the schedule's channel.
    """
    draft, channel = refused.draft, channel_at(refused.draft.title)
    if draft.notify is None or channel is None:
        return
    others = {account: place for account, place in _admins(tx, refused.team, host).items() if account != draft.notify}
    places: dict[ChannelRef, AccountRef | None] = {
        ChannelRef(place.workspace, f"@{account.id}"): account for account, place in others.items()
    }
    for place, account in (places or {channel: None}).items():
        passed = replace(
            draft, channel=place, notify=account, title="", source_key=f"{draft.source_key}:{addressed(place)}"
        )
        tx.ledger.plan(refused.team, [passed], not_before=tx.now())


def notify_admins(
    tx: Transaction, team: TeamId, about: Callable[[ChannelRef, AccountRef | None, TeamId], Notice], host: Host
) -> None:
    """Enqueue the notice for the host's channel, else for each known admin of the team."""
    if host.channel is not None:
        notify(tx, about(host.channel, None, team), host)
        return
    for account, channel in _admins(tx, team, host).items():
        notify(tx, about(channel, account, team), host)


def _admins(tx: Transaction, team: TeamId, host: Host) -> Mapping[AccountRef, ChannelRef]:
    """The known admins of the team, each with a channel of the workspace in which they are: those in the settings, and
    the people who set up the team's digests.
    """
    places = {schedule.created_by: schedule.channel for schedule in tx.schedules.all(team)}
    workspaces = [workspace.ref for workspace in tx.teams.workspaces(team)]
    for account in host.admins:
        member = tx.teams.member(team, account)
        theirs = [ref for ref in workspaces if ref.platform == account.platform]
        known = [ref for ref in theirs if member is not None and ref.id in member.workspaces]
        for ref in (*known, *theirs)[:1]:
            places.setdefault(account, ChannelRef(ref, "list"))
    return places


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
