"""What ties the end of an installation to its beginning: a state that we signed, good for ten minutes and for one use.

It is signed and not kept, for whoever asks for the page is a stranger and would fill the vault. Another process does
not know that it was used: there the code that comes with it is spent, which Slack takes once.
"""

import hmac
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

LIVES = timedelta(minutes=10)
MAX_REMEMBERED = 10_000
"""Of the states that were used; a stranger who uses more of them in ten minutes could use one of their own again."""
_SHAPE = re.compile(r"(\d{1,12})\.[\w-]{32}\.[0-9a-f]{64}", re.ASCII)


class State:
    """Makes states and takes them back; `secret` is the app's own, which all our processes have."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._secret = secret.encode()
        self._now = now
        self._used: OrderedDict[str, None] = OrderedDict()

    def made(self) -> str:
        ends = int((self._now() + LIVES).timestamp())
        words = f"{ends}.{token_urlsafe(24)}"
        return f"{words}.{self._signature(words)}"

    def used(self, state: str) -> bool:
        """Use it up; False, and nothing done, if it is not ours, too old, or used up already."""
        shape = _SHAPE.fullmatch(state)
        if shape is None:
            return False
        words, _, signature = state.rpartition(".")
        ours = hmac.compare_digest(signature, self._signature(words))
        if not ours or int(shape[1]) < self._now().timestamp() or state in self._used:
            return False
        self._used[state] = None
        while len(self._used) > MAX_REMEMBERED:
            self._used.popitem(last=False)
        return True

    def _signature(self, words: str) -> str:
        return hmac.new(self._secret, f"install {words}".encode(), sha256).hexdigest()
