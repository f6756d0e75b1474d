"""Who shares a reading list: teams, their workspaces and their members."""

from enum import IntEnum

from bot.domain.ids import AccountRef, MemberId, TeamId, WorkspaceRef
from bot.domain.record import record


class Role(IntEnum):
    """What a member may do; a higher role may do all that a lower one may."""

    READER = 1
    CURATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()


@record
class Team:
    """The tenant. `zone` is the IANA zone used where a member or a schedule names none."""

    id: TeamId
    name: str
    zone: str


@record
class Workspace:
    """A workspace we are in; one without a team waits until the host assigns it."""

    ref: WorkspaceRef
    name: str
    team: TeamId | None


@record
class Member:
    """A person in a team. `zone` is an IANA name, or None while the member has chosen none."""

    id: MemberId
    team: TeamId
    account: AccountRef
    name: str
    zone: str | None = None
