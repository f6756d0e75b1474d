"""How a fake platform treats those who call it; it may change while the platform runs."""

import json
import os
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True)
class Weather:
    """Seconds are real ones.

    Of every post the share `lost` is accepted and then answered in one of the `ways`: drop (closed without an answer),
    half (of the body), 500, garbage (no JSON), hang. `busy` says for how long a post into a channel is turned away,
    once, from the time it was first asked; until `storm_until` (monotonic) the first workspace is turned away, again and
    again, if the platform limits whole workspaces. `refuses` names the code with which the posts into a channel are refused
    for good. What was posted shows in the history after `shown_after`; a look into it is turned away if the last one
    is not `look_every` ago. Messages to one person get lost too only with `private`. While `away` no connection is
    taken; while `down` everything is answered with 503.
    """

    answers_after: float = 0.05
    lost: float = 0.0
    ways: tuple[str, ...] = ("drop", "half", "500", "garbage", "hang")
    hangs: float = 1.5
    busy: dict[str, float] = field(default_factory=dict)
    storm_until: float = 0.0
    refuses: dict[str, str] = field(default_factory=dict)
    shown_after: float = 0.0
    look_every: float = 0.0
    readable: bool = True
    away: bool = False
    down: bool = False
    nonce_for: float = 18.0
    private: bool = False
    ahead: float = 0.0

    def way(self, key: str, attempt: int) -> str:
        """What becomes of the answer to this attempt, "" for nothing: the same in every run."""
        drawn = int.from_bytes(sha256(f"{key}/{attempt}".encode()).digest()[:4])
        return self.ways[drawn % len(self.ways)] if (drawn >> 8) % 1000 < self.lost * 1000 else ""


def set_weather(path: Path, weather: Weather) -> None:
    """Make it so from the next request on, or a moment later."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(weather)))
    fresh.replace(path)


class Forecast:
    """The weather as it stands in the file now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = -1
        self._weather = Weather()

    def now(self) -> Weather:
        stamp = os.stat(self._path).st_mtime_ns  # noqa: PTH116 -- asked with every request
        if stamp != self._seen:
            known = json.loads(self._path.read_text())
            self._weather = Weather(**{**known, "ways": tuple(known["ways"])})
            self._seen = stamp
        return self._weather
