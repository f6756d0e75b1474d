"""Ways from a message to what it is about: the article, the thread, the channel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.fakes.slack import FakeSlack, Json, buttons, shown
from tests.fakes.slack_club import SlackClub, running

ANA, BEN = "U0ANA", "U0BEN"


@asynccontextmanager
async def played(database: str, seed: Path) -> AsyncIterator[SlackClub]:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    slack.user(BEN, "ben")
    async with slack.running(), running(slack, database, seed) as club:
        yield club


def elements(part: Any) -> list[Json]:
    """Every element of rich text in the blocks, top to bottom."""
    if isinstance(part, list):
        return [found for one in part for found in elements(one)]
    if not isinstance(part, dict):
        return []
    inner = elements(part.get("elements", []))
    return inner or [part]


async def test_a_post_opens_its_article_beside_the_button_that_marks_it_as_read(url: str, seed: Path) -> None:
    async with played(url, seed) as club:
        await club.say(ANA, "share #12")
        await club.settle()
        root = next(post for post in club.slack.sent if post.thread is None)
        (actions,) = [one for one in root.body["blocks"] if one["type"] == "actions"]
        labels = [one["text"]["text"] for one in actions["elements"]]
        assert labels[:2] == ["Mark as read", "Open article"]
        opens = actions["elements"][1]
        assert opens["url"].startswith("https://")
        status, _ = await club.slack.send(
            club.slack.press(BEN, {name: opens[name] for name in ("action_id", "value")}, ts=root.ts)
        )
        assert status == 200
        assert "Read: 0" in shown(await club.say(BEN, "stats"))


async def test_where_an_entry_was_discussed_the_thread_is_a_link(url: str, seed: Path) -> None:
    async with played(url, seed) as club:
        await club.say(ANA, "share #12")
        await club.settle()
        root = next(post for post in club.slack.sent if post.thread is None)
        parts = elements((await club.say(BEN, "show #12"))["blocks"])
        (link,) = [one for one in parts if one.get("text") == "open the thread"]
        assert link["url"].endswith(f"/archives/C0001/p{root.ts.replace('.', '')}?thread_ts={root.ts}&cid=C0001")
        assert {"type": "channel", "channel_id": "C0001"} in parts


async def test_a_notification_names_the_channel_and_says_the_title_once(url: str, seed: Path) -> None:
    async with played(url, seed) as club:
        assert "<#C0001>" in (await club.say(ANA, "schedule set mon 09:00 Europe/Berlin"))["text"]
        shown_one = await club.say(BEN, "show #12")
        first, *rest = shown_one["text"].splitlines()
        assert first.startswith("#12 ")
        assert first.removeprefix("#12 ") not in rest
        assert "Mark as read" in buttons(shown_one)
