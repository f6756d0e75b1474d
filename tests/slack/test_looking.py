"""Adding an article in Slack whose page takes longer than Slack waits for an answer."""

import asyncio
from pathlib import Path

import pytest

from tests.fakes.slack import FakeSlack, buttons, shown
from tests.fakes.slack_club import running
from tests.fakes.web_site import Answer, Write, a_site, html

ANA = "U0ANA"
PAGE = html(f"<title>On queues</title><article>{'word ' * 1428}</article>")


async def late(write: Write) -> None:
    """Later than Slack waits for the answer to a typed command."""
    await asyncio.sleep(3.2)
    await write(PAGE)


@pytest.mark.parametrize("page", [PAGE, late])
async def test_the_preview_is_shown_once_the_page_was_read(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch, page: Answer
) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with a_site(queues=page) as site:
        monkeypatch.setenv("DOGEAR_FETCH", "on")
        monkeypatch.setenv("DOGEAR_FETCH_HOSTS", site.host)
        async with slack.running(), running(slack, database, seed, hosted=True) as club:
            preview = await club.say(ANA, f"add {site.at('/queues')}")
            assert "On queues" in shown(preview)
            assert "6 min" in shown(preview)
            add = buttons(preview)["Add"]
            done = await club.press(ANA, add)
            assert "is on the list." in shown(done)


async def test_the_message_menu_looks_at_the_link_of_the_message(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with a_site(queues=html("<p>No title")) as site:
        monkeypatch.setenv("DOGEAR_FETCH", "on")
        monkeypatch.setenv("DOGEAR_FETCH_HOSTS", site.host)
        async with slack.running(), running(slack, database, seed, hosted=True) as club:
            message = {"ts": "1700000000.000200", "user": ANA, "text": f"Read <{site.at('/queues')}>"}
            asked = await club.answered(slack.shortcut(ANA, "add", message))
            assert "I could not read the page; type the title." in shown(asked)
            typing = buttons(asked)["Type the title"]
            before = len(slack.views)
            status, _ = await slack.send(slack.press(ANA, typing))
            assert status == 200
            view = await slack.until(lambda: len(slack.views) > before and slack.views[-1])
            assert view["title"]["text"] == "Add an article"
            assert site.at("/queues") in str(view)
