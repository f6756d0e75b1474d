"""How far our clock is from Slack's, from the Date header of its answers: messages carry Slack's time."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

WRONG_FOR = timedelta(days=1)
"""How far back is looked where our own clock has been set back since, and so cannot tell."""


class Skew:
    """Remembers by how much we were ahead of Slack at most; being behind it only makes us look further back."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ahead = timedelta()

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take note of an answer that was just read."""
        said = next((value for name, value in headers.items() if name.lower() == "date"), "")
        try:
            moment = parsedate_to_datetime(said)
        except ValueError:
            return
        if moment.tzinfo is not None:
            self._ahead = max(self._ahead, self._now() - moment)

    def theirs(self, since: datetime) -> datetime:
        """A moment of our clock that is not after Slack's own, however wrong we were when it was noted."""
        now = self._now()
        return (now - WRONG_FOR if since > now else since) - self._ahead
