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

    def set_zone(self, team: TeamId, zone: str) -> None: ...

    def workspace(self, ref: WorkspaceRef) -> Workspace | None: ...

    def of_workspace(self, ref: WorkspaceRef) -> Team | None:
        """The team of a workspace, None while it waits for one, once it was left, and if it is not known."""
        ...

    def workspaces(self, team: TeamId | None) -> Sequence[Workspace]:
        """The workspaces of a team, or with None those that wait for one; not those that we have left."""
        ...

    def present_workspaces(self, platform: PlatformName) -> Sequence[WorkspaceRef]:
        """The platform's workspaces that we have not left, with a team or without."""
        ...

    def left_workspaces(self) -> Sequence[Workspace]:
        """The workspaces that we have left and of which something is kept still, the first one left foremost."""
        ...

    def join(self, ref: WorkspaceRef, name: str, team: TeamId | None) -> Workspace:
        """Note that we are in a workspace; a known one, left or not, keeps its team and takes the new name."""
        ...

    def assign(self, ref: WorkspaceRef, team: TeamId) -> None:
        """Give a known workspace to a team."""
        ...

    def leave(self, ref: WorkspaceRef) -> None:
        """Note that we are in a workspace no more; all that came from it stays. The first time counts."""
        ...

    def purge(self, ref: WorkspaceRef) -> None:
        """Remove a workspace and what came from it: its schedules and their weeks, what was posted there, the marks
        on that, and the members who were met nowhere else, with all that they read. The list and the rest stay. Nothing is done unless it was left.
        """
        ...

    def member(self, team: TeamId, account: AccountRef) -> Member | None: ...

    def team_and_member(self, ref: WorkspaceRef, account: AccountRef) -> tuple[Team, Member | None] | None:
        """The team that `of` gives and its `member`, which every use of a command asks for, at one look."""
        ...

    def get_or_add_member(self, team: TeamId, account: AccountRef, name: str) -> Member:
        """The member with this account, added if new, renamed if the name differs; an empty name changes nothing."""
        ...

    def add_workspace(self, member: Member, workspace: WorkspaceRef) -> Member:
        """Note that the member is in this workspace too."""
        ...

    def set_zone_of_member(self, member: MemberId, zone: str) -> None: ...

    def members(self, team: TeamId) -> int:
        """How many members the team has."""
        ...
