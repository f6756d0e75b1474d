"""What opens the pages in a browser for a member: a link, a session, a private feed."""

from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.ids import MemberId, TeamId, WorkspaceRef
from bot.domain.record import record

LINK_LASTS = timedelta(minutes=5)
SESSION_LASTS = timedelta(days=30)


class Opens(StrEnum):
    """What a key is for: one sign-in, the pages until it expires, or the feeds until it is replaced."""

    LINK = "link"
    SESSION = "session"
    FEED = "feed"


@record
class WebKey:
    """A member's key. Only its hash is stored. It works while the member's workspace belongs to the team."""

    hash: bytes
    team: TeamId
    member: MemberId
    opens: Opens
    workspace: WorkspaceRef
    at: datetime
    until: datetime | None
