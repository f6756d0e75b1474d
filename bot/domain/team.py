"""Who shares a reading list: teams, their workspaces and their members."""

from datetime import datetime, timedelta
from enum import IntEnum

from bot.domain.ids import AccountRef, MemberId, TeamId, WorkspaceRef
from bot.domain.record import record


class Role(IntEnum):
    """A member's permissions. A higher role includes the lower ones."""

    READER = 1
    CURATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()


@record
class Team:
    """The tenant. `zone` is the default IANA zone of its members and schedules."""

    id: TeamId
    name: str
    zone: str


KEPT_AFTER_LEAVING = timedelta(days=30)
"""How long a workspace's data is kept after it removed us, in case we are added back."""


@record
class Workspace:
    """A workspace that we are in, or were in until `left_at`. Without a team it waits until the host assigns it."""

    ref: WorkspaceRef
    name: str
    team: TeamId | None
    left_at: datetime | None = None

    @property
    def kept_until(self) -> datetime | None:
        """When its data will be deleted; None while we are in it."""
        return None if self.left_at is None else self.left_at + KEPT_AFTER_LEAVING

    def is_over(self, now: datetime) -> bool:
        """Whether it was left so long ago that its data is to be deleted."""
        return self.kept_until is not None and self.kept_until <= now


@record
class Member:
    """A person in a team. `zone` is an IANA name, or None if they have not chosen one.

    `workspaces` are the ids of the account's workspaces, on its platform, in which we have seen them. Only with
    `named_in_commits` do commits with the member's changes have their name.
    """

    id: MemberId
    team: TeamId
    account: AccountRef
    name: str
    zone: str | None = None
    workspaces: tuple[str, ...] = ()
    named_in_commits: bool = False
