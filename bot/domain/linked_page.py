"""What an entry's address leads to, as Dogear saw it when it last looked. Nothing is fetched here."""

import re
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.record import record
from bot.domain.text import Text, plain

WORDS_A_MINUTE = 238
"""How fast adults read English non-fiction silently (Brysbaert 2019, https://doi.org/10.1016/j.jml.2019.104047)."""
CHARACTERS_A_MINUTE = 500
"""Chinese and Japanese have no blanks between words, so their characters are counted."""
MIN_WORDS = 50
"""A page with fewer words is not the article: a page for browsers with JavaScript says so in a sentence."""
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_COUNTED = re.compile(rf"([{_CJK}])|[^\W{_CJK}]+(?:['’\-][^\W{_CJK}]+)*")


class Seen(StrEnum):
    """What a look at a page found; stored. `UNKNOWN` is a page that Dogear is about to look at for the first time.

    `WALL` is a page that only lets people in, `OTHER` something else than a page, such as a PDF file; both are there.
    `FORBIDDEN` is an address at which Dogear does not look.
    """

    PAGE = "page"
    WALL = "wall"
    OTHER = "other"
    GONE = "gone"
    FAILED = "failed"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"

    @property
    def is_failure(self) -> bool:
        """Whether a reader would not get the page either."""
        return self in (Seen.GONE, Seen.FAILED)


@record
class LinkedPage:
    """One look at a page. `minutes` is its reading time, None if it is not known; `reason` says why it was not read."""

    seen: Seen
    title: str = ""
    description: str = ""
    minutes: int | None = None
    reason: str = ""


@record
class KnownPage:
    """The last look at the page of a team's entry, and how often looks have failed in a row since `failing_since`."""

    page: LinkedPage
    checked_at: datetime
    due_at: datetime
    failures: int = 0
    failing_since: datetime | None = None


CHECK_EVERY = timedelta(days=30)
CHECK_AGAIN = timedelta(days=10)
"""After a failure. So the third one comes within three weeks of the first."""
DEAD_AFTER = 3
"""Failures in a row after which curators hear of a link."""


def with_look(before: KnownPage | None, page: LinkedPage, now: datetime, *, counts: bool) -> KnownPage:
    """What is known after another look. A failure counts if the look was one of the regular checks."""
    if not page.seen.is_failure:
        return KnownPage(page=page, checked_at=now, due_at=now + CHECK_EVERY)
    minutes = before.page.minutes if before is not None else None
    failed = LinkedPage(seen=page.seen, reason=page.reason, minutes=minutes)  # the reading time stays
    failures, since = (before.failures, before.failing_since) if before is not None else (0, None)
    failures += 1 if counts else 0
    return KnownPage(
        page=failed,
        checked_at=now,
        due_at=now + (CHECK_AGAIN if failures < DEAD_AFTER else CHECK_EVERY),
        failures=failures,
        failing_since=(since or now) if failures else None,
    )


def reading_minutes(text: str) -> int | None:
    """Minutes that an adult needs for the text, at least 1; None for a text that is too short to be an article."""
    words = characters = 0
    for found in _COUNTED.finditer(text):  # one at a time: a list of all words takes more memory than the page
        if found[1] is None:
            words += 1
        else:
            characters += 1
    if words + characters < MIN_WORDS:
        return None
    return max(1, round(words / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE))


def minutes_text(minutes: int | None) -> Text:
    """The reading time as a card shows it; empty if it is not known."""
    return plain(f"{minutes:,} min") if minutes else ()


_AROUND = re.compile(r"^[\W_]+|[\W_]+$")
_SITE = re.compile(r"\s+[|–—·•:-]\s+|\s*\|\s*")
_WALLS = frozenset(
    (
        "403",
        "403 error",
        "403 forbidden",
        "access denied",
        "access to this page has been denied",
        "are you a robot",
        "are you human",
        "attention required",
        "bot verification",
        "checking your browser",
        "client challenge",
        "ddos-guard",
        "forbidden",
        "human verification",
        "just a moment",
        "making sure you're not a bot",
        "one more step",
        "pardon our interruption",
        "please verify you are a human",
        "please wait",
        "request rejected",
        "robot check",
        "security check",
        "security checkpoint",
        "security verification",
        "validate user",
        "vercel security checkpoint",
        "verify you are human",
        "verifying you are human",
        "you are being redirected",
        "you have been blocked",
    )
)


def is_bot_wall(title: str) -> bool:
    """Whether the title is that of a page which only lets people in. The site's name may follow it."""
    first = _AROUND.sub("", _SITE.split(title.strip(), maxsplit=1)[0])
    return first.casefold().replace("’", "'") in _WALLS
