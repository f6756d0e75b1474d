"""Who shares a reading list: teams, their workspaces and their members."""

from datetime import datetime, timedelta
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


KEPT_AFTER_LEAVING = timedelta(days=30)
"""For so long what came from a workspace is kept after we were removed from it: removals are undone."""


@record
class Workspace:
    """A workspace we are in, or were in until `left_at`; one without a team waits until the host assigns it."""

    ref: WorkspaceRef
    name: str
    team: TeamId | None
    left_at: datetime | None = None

    @property
    def kept_until(self) -> datetime | None:
        """When what came from it is to be removed; None while we are in it."""
        return None if self.left_at is None else self.left_at + KEPT_AFTER_LEAVING

    def is_over(self, now: datetime) -> bool:
        """Whether it was left so long ago that what came from it is to be removed."""
        return self.kept_until is not None and self.kept_until <= now


@record
class Member:
    """A person in a team. `zone` is an IANA name, or None while the member has chosen none.

    `workspaces` are those of the account's platform in which they were met, by id.
    """

    id: MemberId
    team: TeamId
    account: AccountRef
    name: str
    zone: str | None = None
    workspaces: tuple[str, ...] = ()
