"""Keys to the pages in a browser."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.ids import MemberId, TeamId
from bot.domain.web import Opens, WebKey


class WebKeys(Protocol):
    """Keys by their hash. An expired key is not found by any method, nor one of a workspace that left or changed its
    team.
    """

    def add(self, key: WebKey) -> None: ...

    def find(self, opens: Opens, hash: bytes) -> WebKey | None: ...

    def take(self, opens: Opens, hash: bytes) -> WebKey | None:
        """The key, which is deleted: of several who take it at once, only one gets it."""
        ...

    def of_member(self, member: MemberId, opens: Opens) -> Sequence[WebKey]:
        """The member's keys of the kind, newest first."""
        ...

    def remove(self, member: MemberId, opens: Opens, hash: bytes | None = None) -> int:
        """Delete the member's key with the hash, or all of the kind. Returns how many."""
        ...

    def remove_of_team(self, team: TeamId) -> None:
        """Delete every key of the team."""
        ...

    def remove_expired(self) -> None: ...

    def remove_sessions(self) -> None:
        """Delete every session and link of every team."""
        ...

    def set_publishes(self, member: MemberId, *, publishes: bool) -> None:
        """Whether the member lets public pages show their takeaways."""
        ...
