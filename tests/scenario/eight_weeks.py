"""Eight weeks of a team, to be played on any platform: what its members type and press, week by week.

Two hosts, a swap, a week with no one in, one with three in, a vote that ends in a tie, a teaser, a takeaway that comes
back, and a holiday. Each week is one run of the club: it is stopped in between.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TypeAlias

LIST = Path(__file__).with_suffix(".md")
BEGINS = datetime(2026, 2, 11, 12, tzinfo=UTC)
"""A Wednesday; Easter Monday is eight weeks later."""


@dataclass(frozen=True)
class Types:
    """A command: as a line, and as the options of a slash command."""

    who: str
    path: str
    words: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        return f"{self.path} {self.words}".strip()


@dataclass(frozen=True)
class Presses:
    """A button of the newest public message that has it; `line` is what does the same where there are no buttons."""

    who: str
    label: str
    line: str


@dataclass(frozen=True)
class Until:
    """Time passes until this weekday and hour, UTC."""

    weekday: str
    hour: int

    def after(self, now: datetime) -> datetime:
        days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(self.weekday) - now.weekday()
        at = datetime.combine(now.date() + timedelta(days=days % 7), time(self.hour), UTC)
        return at if at > now else at + timedelta(days=7)


Step: TypeAlias = Types | Presses | Until


def _votes(*votes: tuple[str, int]) -> list[Step]:
    return [Presses(who, f"Vote for #{number}", f"digest vote #{number}") for who, number in votes]


def _in(*names: str) -> list[Step]:
    return [Presses(who, "I'm in", "digest in") for who in names]


WEEKS: Sequence[tuple[str, Sequence[Step]]] = (
    (
        "Ana sets up the digest. Nobody does anything: one post, and one message in its thread.",
        [
            Types("ana", "schedule set", "mon 09:00 UTC", {"weekday": "mon", "at": "09:00", "zone": "UTC"}),
            Types("ana", "schedule holidays", "DE", {"region": "DE"}),
            Until("mon", 11),
        ],
    ),
    (
        "Ana and Ben host from now on. Ana is the first, and picks the article; Carla keeps a takeaway.",
        [
            Types("ana", "digest host", "me", {"what": "me"}),
            Types("ben", "digest host", "me", {"what": "me"}),
            Types("ana", "digest host", "pick:#1", {"pick": "#1"}),
            Until("mon", 11),
            Types(
                "carla",
                "takeaway add",
                "#1 Agree on how old an answer may be.",
                {"entry": "#1", "text": "Agree on how old an answer may be."},
            ),
        ],
    ),
    (
        "It is Ben's turn; he swaps with Ana. The thread of the week before is closed on Sunday.",
        [
            Until("sat", 12),
            Types("ben", "digest host", "swap", {"what": "swap"}),
            Until("mon", 11),
        ],
    ),
    ("Ben hosts. No one is in, and no one keeps anything.", [Until("mon", 11)]),
    (
        "Ana hosts again. Three are in, and the thread says so, once.",
        [
            Types(
                "ana",
                "schedule meet",
                "thu 16:00 UTC",
                {"weekday": "thu", "at": "16:00", "zone": "UTC"},
            ),
            Until("mon", 11),
            *_in("ben", "carla", "dave", "ana"),
        ],
    ),
    (
        "Members vote for the next one, and it ends in a tie. It is posted as a teaser.",
        [
            Types("ana", "schedule options", "vote:3 notes:teaser", {"vote": "3", "notes": "teaser"}),
            Until("fri", 12),
            *_votes(("ana", 10), ("dave", 10), ("ben", 3), ("carla", 3)),
            Types("carla", "digest preview"),
            Until("mon", 11),
        ],
    ),
    (
        "Ana picks an article that is about the same as one of February: a takeaway of then comes back.",
        [
            Types("ana", "digest pick", "#2", {"entry": "#2"}),
            Until("mon", 11),
        ],
    ),
    (
        "Monday is a holiday, so the digest comes on Tuesday.",
        [
            Until("mon", 11),
            Until("tue", 11),
            Types("ana", "digest history", "", {}),
        ],
    ),
)

PUBLIC: Sequence[Sequence[str]] = (
    ("channel: #7 One question a week", "thread: Discussion"),
    ("channel: #1 Scaling a cache · Hosted by ana.", "thread: Discussion"),
    ("thread: The week of #1 Scaling a cache", "channel: #8 Tests that explain · Hosted by ana.", "thread: Discussion"),
    ("channel: #4 Postmortems that people read · Hosted by ben.", "thread: Discussion"),
    ("channel: #6 How to hand over a service · Hosted by ana.", "thread: Discussion", "thread: 3 are in"),
    (
        "channel: What shall we read next?",
        "channel: #3 A day without a database · 2 of 4 voted for it · Hosted by ben.",
        "thread: Discussion",
    ),
    (
        "channel: #2 Why cached answers go stale · Hosted by ana.",
        "thread: Discussion · In February carla said about #1: Agree on how old an answer may be.",
    ),
    ("channel: #10 Flaky tests, and what they say · Hosted by ben.", "thread: Discussion"),
)
"""What the channel and its threads get in each week, each once."""
HOST_NOTICES = ("ana", "ben", "ana", "ben", "ana", "ben", "ana", "ben")
"""Who is notified of hosting, in this order: in the week of the swap both are."""


def heard(text: str, *, in_thread: bool) -> str:
    """A public message as a line of `PUBLIC`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    head = next((line for line in lines if re.match(r"#\d+ ", line)), lines[0])
    if in_thread or lines[0].startswith("What shall"):
        head = lines[0]
    voted = re.search(r"\d of \d voted for it", text)
    hosted = re.search(r"Hosted by \w+\.", text) if not in_thread else None
    old = re.search(r"In February .*", text)
    found = [head, *(match[0] for match in (voted, hosted, old) if match)]
    return f"{'thread' if in_thread else 'channel'}: {' · '.join(found)}"
