"""Workspaces and the teams they belong to, members and time zones."""

from collections.abc import Sequence

from bot.chat.platform import Actor
from bot.domain.errors import Conflict, NotFound
from bot.domain.ids import WorkspaceRef
from bot.domain.team import Member, Team, Workspace
from bot.ports.store import Transaction

DEFAULT_TEAM = "default"
_FOUNDING = "teams"
UNNAMED_ZONE = "UTC"
"""The zone of a team whose host named none."""
PRIVATE_TEAM = "chat"
"""The team of private chats, over lists that were given on the command line."""
MEMBERS_AT_ONCE = 250
"""How many members one transaction removes; every other change waits for it on SQLite."""


def named(tx: Transaction, name: str) -> Team:
    """The team with that name. Raises NotFound."""
    team = tx.teams.by_name(name)
    if team is None:
        known = ", ".join(f"“{team.name}”" for team in tx.teams.all()) or "none yet"
        raise NotFound(f"There is no team “{name}”.", hint=f"Teams: {known}. Add one with: dogear team add")
    return team


def get_or_create(tx: Transaction, name: str, zone: str) -> Team:
    """The team with that name, created if missing. Raises Conflict if another name differs only in case."""
    tx.lock([_FOUNDING])
    team = tx.teams.by_name(name)
    if team is not None:
        return team
    twin = next((known for known in tx.teams.all() if known.name.casefold() == name.casefold()), None)
    if twin is not None:
        hint = f"Name it “{twin.name}”, or choose another name."
        raise Conflict(f"There is already a team “{twin.name}”; “{name}” differs only in capital letters.", hint=hint)
    return tx.teams.add(name, zone)


def get_or_create_default(tx: Transaction, zone: str) -> Team:
    """The default team, which workspaces configured by tokens join. Created if missing."""
    team = tx.teams.by_name(DEFAULT_TEAM)
    if team is None:
        tx.lock([_FOUNDING])
        team = tx.teams.by_name(DEFAULT_TEAM) or tx.teams.add(DEFAULT_TEAM, zone)
    return team


def is_news(tx: Transaction, ref: WorkspaceRef) -> bool:
    """Whether we were not in this workspace until now. Of several who join it at once, only one gets True."""
    tx.lock([f"workspace {ref.platform} {ref.id}"])
    known = tx.teams.workspace(ref)
    return known is None or known.left_at is not None


def is_private(tx: Transaction, ref: WorkspaceRef) -> bool:
    """Whether the team `PRIVATE_TEAM` exists and belongs only to this workspace."""
    team = tx.teams.by_name(PRIVATE_TEAM)
    return team is not None and [workspace.ref for workspace in tx.teams.workspaces(team.id)] == [ref]


def private(tx: Transaction, ref: WorkspaceRef, name: str, zone: str) -> Team:
    """The team of private chats in this workspace, created if missing.

    Raises Conflict if a team with that name exists for something else: its list would be replaced.
    """
    team = next((known for known in tx.teams.all() if known.name.casefold() == PRIVATE_TEAM), None)
    if team is None:
        team = tx.teams.add(PRIVATE_TEAM, zone)
        tx.teams.join(ref, name, team.id)
        tx.teams.assign(ref, team.id)
    elif not is_private(tx, ref):
        raise Conflict(
            f"This database has a team “{team.name}” that is not only for private chats, so nothing was changed.",
            hint=f"Name another database with --database, or talk with that team: dogear chat --team {team.name}",
        )
    return team


def join(tx: Transaction, ref: WorkspaceRef, name: str, team: Team | None) -> Workspace:
    """Record that we are in a workspace. A workspace that has a team keeps it."""
    return tx.teams.join(ref, name, team.id if team else None)


def assign(tx: Transaction, ref: WorkspaceRef, name: str) -> Team:
    """Assign the workspace to the team with that name. Raises NotFound for either."""
    if tx.teams.workspace(ref) is None:
        waiting = ", ".join(f"{waits.ref.platform}:{waits.ref.id}" for waits in tx.teams.workspaces(None)) or "none"
        raise NotFound(f"Dogear is not in a workspace {ref.platform}:{ref.id}.", hint=f"Waiting for a team: {waiting}.")
    team = named(tx, name)
    tx.teams.assign(ref, team.id)
    return team


def forget_left(tx: Transaction) -> Sequence[Workspace]:
    """Remove the data of workspaces that were left too long ago to be restored. Returns those workspaces.

    Lists and teams stay: they belong to the host.
    """
    over = _over(tx)
    for workspace in over:
        tx.teams.purge(workspace.ref)
    return over


def forget_some_members(tx: Transaction) -> bool:
    """Remove some members whom `forget_left` would remove. Returns whether there may be more.

    Repeat it first in transactions of its own, so that nothing waits long for the removal of a large team.
    """
    return any(tx.teams.purge_members(workspace.ref, MEMBERS_AT_ONCE) for workspace in _over(tx))


def _over(tx: Transaction) -> list[Workspace]:
    return [workspace for workspace in tx.teams.left_workspaces() if workspace.is_over(tx.now())]


def team_of(tx: Transaction, ref: WorkspaceRef) -> Team | None:
    """The team of a workspace; None while it waits for one, and after we left it."""
    return tx.teams.of_workspace(ref)


def known(tx: Transaction, actor: Actor) -> tuple[Team | None, Member | None]:
    """The team of an actor's workspace as `team_of` returns it, and the member if known here under this name. Reads
    only.
    """
    team, member = tx.teams.team_and_member(actor.workspace, actor.account) or (None, None)
    return team, member if member and member.name == actor.name and _is_met(member, actor) else None


def admitted(tx: Transaction, team: Team, actor: Actor) -> Member:
    """The member for an actor, added if new. Without a name from the platform, the known name stays."""
    known = tx.teams.member(team.id, actor.account)
    member = (
        known
        if known and not actor.name
        else tx.teams.get_or_add_member(team.id, actor.account, actor.name or actor.account.id)
    )
    return member if _is_met(member, actor) else tx.teams.add_workspace(member, actor.workspace)


def _is_met(member: Member, actor: Actor) -> bool:
    return actor.workspace.id in member.workspaces


def own_zone_of(member: Member, actor: Actor, team: Team) -> str | None:
    """The zone that the member chose, their platform knows or the team was given; None if it is only the default."""
    return member.zone or actor.zone or (team.zone if team.zone != UNNAMED_ZONE else None)


def zone_for(member: Member, actor: Actor, team: Team) -> str:
    """The IANA zone used for this member's times: their own, else the platform's, else the team's."""
    return member.zone or actor.zone or team.zone
