"""The difference between our clock and Slack's, from the Date header of its responses. Messages have Slack's time."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

WRONG_FOR = timedelta(days=1)
"""How far to look back when our own clock was set back, so that the difference is unknown."""


class Skew:
    """Remembers the most that we were ahead of Slack. Being behind only makes us look further back."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ahead = timedelta()

    def heard(self, headers: Mapping[str, str]) -> None:
        """Learn from a response that was just received."""
        said = next((value for name, value in headers.items() if name.lower() == "date"), "")
        try:
            moment = parsedate_to_datetime(said)
        except ValueError:
            return
        if moment.tzinfo is not None:
            self._ahead = max(self._ahead, self._now() - moment)

    def theirs(self, since: datetime) -> datetime:
        """A time on Slack's clock that is not after our `since`, however wrong our clock was."""
        now = self._now()
        return (now - WRONG_FOR if since > now else since) - self._ahead
