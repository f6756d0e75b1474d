"""Owing people a word about a problem: in the transaction that finds it, and once a day whoever finds it again."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from bot.domain.delivery import Draft, Step
from bot.domain.ids import AccountRef, ChannelRef, TeamId
from bot.domain.notice import Host, Notice
from bot.ports.store import Transaction

NO_NEWS = timedelta(hours=24)
"""Later than this nobody is told any more; the problem still stands in the status command and in the log."""


def tell(tx: Transaction, notice: Notice, host: Host) -> None:
    """Owe it to the host's channel, else to who can mend it: a row of the ledger, so that it survives what posts do."""
    if host.channel is None and notice.told is None:
        return
    now = tx.now()
    draft = Draft(
        channel=host.channel or _direct(notice),
        source_key=f"notice:{now:%Y-%m-%d}:{sha256(notice.problem.encode()).hexdigest()[:32]}",
        step=Step.NOTICE,
        ordinal=0,
        card=notice.card,
        late_after=now + NO_NEWS,
        told=None if host.channel else notice.told,
    )
    tx.ledger.plan(notice.team, [draft], not_before=now)


def tell_admins(
    tx: Transaction, team: TeamId, about: Callable[[ChannelRef, AccountRef | None, TeamId], Notice], host: Host
) -> None:
    """Owe the notice to the host's channel, else to each admin of the team that we know: those of the settings, and who
    set up its digests.
    """
    if host.channel is not None:
        tell(tx, about(host.channel, None, team), host)
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
        tell(tx, about(channel, account, team), host)


def _direct(notice: Notice) -> ChannelRef:
    """What stands for the person's direct messages in the ledger: nobody is told two things at once."""
    assert notice.told is not None
    return ChannelRef(notice.about.workspace, f"@{notice.told.id}")
