"""What a member chose to keep of an entry, in their own words."""

from datetime import datetime

from bot.domain.ids import EntryId, MemberId, TakeawayId, TeamId, Url
from bot.domain.record import record

MAX_TAKEAWAY = 600
"""Characters of a takeaway."""


@record
class Takeaway:
    """One takeaway. `by` is the member's name, None if they left it out. `about` is a link to the message or page that it
    is about.
    """

    id: TakeawayId
    team: TeamId
    entry: EntryId
    member: MemberId
    by: str | None
    text: str
    about: Url | None
    at: datetime


@record
class Counts:
    """What members made of an entry: how many read it, how many takeaways they kept, how many put a 💡 on it."""

    readers: int = 0
    takeaways: int = 0
    insights: int = 0
