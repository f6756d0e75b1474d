"""Teams, their workspaces, members and settings."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.ids import AccountRef, MemberId, PlatformName, TeamId, WorkspaceRef
from bot.domain.team import Member, Team, Workspace


class Teams(Protocol):
    """Teams, their workspaces, members and settings."""

    def add(self, name: str, zone: str) -> Team:
        """A new team; raises Conflict if the name is taken."""
        ...

    def get(self, team: TeamId) -> Team: ...

    def by_name(self, name: str) -> Team | None: ...

    def all(self) -> Sequence[Team]:
        """Every team, by name."""
        ...

    def workspace(self, ref: WorkspaceRef) -> Workspace | None: ...

    def of_workspace(self, ref: WorkspaceRef) -> Team | None:
        """The team of a workspace; None if it waits for one, was left, or is unknown."""
        ...

    def workspaces(self, team: TeamId | None) -> Sequence[Workspace]:
        """The workspaces of a team, or with None those that wait for one. Workspaces that we left are excluded."""
        ...

    def present_workspaces(self, platform: PlatformName) -> Sequence[WorkspaceRef]:
        """The platform's workspaces that we are in, with or without a team."""
        ...

    def left_workspaces(self) -> Sequence[Workspace]:
        """The workspaces that we left and that still have data, the first one left first."""
        ...

    def join(self, ref: WorkspaceRef, name: str, team: TeamId | None) -> Workspace:
        """Record that we are in a workspace. A known one keeps its team and takes the new name."""
        ...

    def assign(self, ref: WorkspaceRef, team: TeamId) -> None:
        """Assign a known workspace to a team."""
        ...

    def leave(self, ref: WorkspaceRef) -> None:
        """Record that we left a workspace. Its data stays. Repeating it does not change the time."""
        ...

    def purge_members(self, ref: WorkspaceRef, at_most: int) -> int:
        """Do the part of `purge` that concerns members, for some of them. Returns how many; 0 when none are left, or if
        we have not left the workspace.
        """
        ...

    def purge(self, ref: WorkspaceRef) -> None:
        """Delete a workspace that we left and its data: schedules and their weeks, deliveries and the marks on them,
        and the members who were only ever there, with their reading states.

        The list stays. Does nothing if we have not left the workspace.
        """
        ...

    def admin_group(self, ref: WorkspaceRef) -> str | None:
        """The platform's group whose members are admins in this workspace, by id; None if none was named."""
        ...

    def set_admin_group(self, ref: WorkspaceRef, group: str | None) -> None: ...

    def member(self, team: TeamId, account: AccountRef) -> Member | None: ...

    def team_and_member(self, ref: WorkspaceRef, account: AccountRef) -> tuple[Team, Member | None] | None:
        """The workspace's team and the account's member, in one query. Every command needs both."""
        ...

    def get_or_add_member(self, team: TeamId, account: AccountRef, name: str) -> Member:
        """The member with this account: added if new, renamed if the name differs. An empty name changes nothing."""
        ...

    def add_workspace(self, member: Member, workspace: WorkspaceRef) -> Member:
        """Record that the member is in this workspace too."""
        ...

    def member_with_id(self, member: MemberId) -> Member | None: ...

    def set_zone_of_member(self, member: MemberId, zone: str) -> None: ...

    def set_named_in_commits(self, member: MemberId, *, named: bool) -> None:
        """Whether commits with the member's changes have their name."""
        ...

    def members(self, team: TeamId) -> int:
        """How many members the team has."""
        ...
