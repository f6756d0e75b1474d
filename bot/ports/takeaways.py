"""What members chose to keep of entries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.ids import EntryId, MemberId, TakeawayId, TeamId, Url
from bot.domain.query import Query
from bot.domain.record import record
from bot.domain.takeaway import Takeaway
from bot.domain.text import Text


@record
class FoundTakeaway:
    """A takeaway that a search found: its text, with the matching words in bold."""

    takeaway: Takeaway
    text: Text


class Takeaways(Protocol):
    """Takeaways. A withdrawn one is not found by any method, and its words are deleted."""

    def lock(self, member: MemberId) -> None:
        """Lock the member's takeaways until the transaction ends."""
        ...

    def add(self, member: MemberId, entry: EntryId, text: str, *, named: bool, about: Url | None) -> Takeaway:
        """Save a takeaway of the member. Without `named` their name is not shown."""
        ...

    def get(self, team: TeamId, id: TakeawayId) -> Takeaway | None: ...

    def withdraw(self, team: TeamId, id: TakeawayId) -> None:
        """Delete its text and link. Only that there was one is kept, so that posts with its count are revised."""
        ...

    def kept_since(self, team: TeamId, since: datetime, limit: int) -> Sequence[Takeaway]:
        """The team's takeaways since then, newest first."""
        ...

    def recallable(self, team: TeamId, *, before: datetime, since: datetime, limit: int) -> Sequence[Takeaway]:
        """Takeaways that were kept before then and not recalled since then, newest first."""
        ...

    def recall(self, takeaway: TakeawayId, source_key: str, *, since: datetime) -> bool:
        """Note that the post with this source in the ledger recalls it now. False, and nothing done, if it is withdrawn
        or another post recalled it since then.
        """
        ...

    def recalled_in(self, takeaway: TakeawayId) -> str | None:
        """The source of the last post that recalled it; None if none did."""
        ...

    def of_entry(self, entry: EntryId, *, offset: int = 0, limit: int, published: bool = False) -> Sequence[Takeaway]:
        """The entry's takeaways, newest first; with `published` those that public pages may show."""
        ...

    def of_member(
        self, member: MemberId, entry: EntryId | None = None, *, offset: int = 0, limit: int
    ) -> Sequence[Takeaway]:
        """The member's own takeaways, of one entry or of all, newest first."""
        ...

    def count(self, entry: EntryId) -> int: ...

    def count_of(self, member: MemberId) -> int: ...

    def find(self, team: TeamId, member: MemberId, query: Query, limit: int) -> Sequence[FoundTakeaway]:
        """Takeaways of entries on the list that contain every word and phrase of the query, newest first.

        The query's filters are about the entry; `is:` refers to the reading states of `member`. None if the query has
        only filters.
        """
        ...
