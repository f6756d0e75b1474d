"""What was done already, as far as this process remembers."""

import asyncio
from collections import OrderedDict
from datetime import timedelta

REMEMBERED = timedelta(minutes=30)
MAX_REMEMBERED = 50_000


class SeenIds:
    """Remembers for a while what was done already, in this process."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, float] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._seen

    def first(self, name: str) -> bool:
        """Whether this is the first time; it is noted now."""
        now = asyncio.get_running_loop().time()
        if name in self._seen:
            return False
        self._seen[name] = now
        oldest = now - REMEMBERED.total_seconds()
        while self._seen and (len(self._seen) > MAX_REMEMBERED or next(iter(self._seen.values())) < oldest):
            self._seen.popitem(last=False)
        return True
