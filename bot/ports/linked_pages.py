"""What is known of the pages that entries lead to, and the one who looks at them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.entry import Entry
from bot.domain.ids import TeamId, Url
from bot.domain.linked_page import KnownPage, LinkedPage


class LinkedPageReader(Protocol):
    """Looks at pages on the web."""

    async def look(self, url: Url) -> LinkedPage:
        """Fetch the page once. Never raises: what went wrong is in the result. Takes 5 seconds at most."""
        ...


class LinkedPages(Protocol):
    """The pages of teams, by the key of their address, which need not be on the list yet. Lock `web pages` before a change
    that depends on what is known.
    """

    def get(self, team: TeamId, key: str) -> KnownPage | None: ...

    def save(self, team: TeamId, key: str, known: KnownPage) -> None:
        """Save what is known of the page, replacing the previous row."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Entry]:
        """Entries on the lists of all teams whose page is to be looked at: those never looked at first."""
        ...

    def checked_since(self, moment: datetime) -> int:
        """How many pages of all teams were looked at since then."""
        ...

    def read_since(self, moment: datetime) -> bool:
        """Whether any page of any team was there since then."""
        ...

    def delete_unused(self, before: datetime) -> None:
        """Delete what was seen before then of addresses that no list has."""
        ...
