"""A member's way through the pages in a real browser, with scripts and without."""

import os
from pathlib import Path
from urllib.parse import urljoin

import pytest

from bot.domain.card import Card, Entries
from tests.fakes.chromium import CHROMIUM, Tab, chromium
from tests.scenario.test_pages import HOME, Club, opened

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not here, so the pages are not tried in a browser"
)

PICTURES = os.environ.get("DOGEAR_PICTURES")
"""A folder for screenshots of the pages, to look at."""


async def read_in_the_chat(club: Club) -> list[int]:
    card = (await club.house.say("list is:read")).show
    assert isinstance(card, Card)
    return [line.number for block in card.blocks if isinstance(block, Entries) for line in block.items]


async def sign_in(tab: Tab, club: Club) -> str:
    link = urljoin(club.at, await club.link())
    await tab.open(link)
    await tab.click("button.primary")
    await tab.until("location.pathname.endsWith('/team/default/') && document.querySelector('.entries')")
    return link


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_a_member_signs_in_searches_marks_and_signs_out(tmp_path: Path, scripts: bool) -> None:
    titles = ("Caching+db", "Kafka+queues", "Raft+db", "Sharding")
    async with opened(f"sqlite:///{tmp_path}/club.db", tmp_path, *titles) as club, chromium(tmp_path) as tab:
        link = await sign_in(tab, club)
        await tab.scripts(on=scripts)
        await tab.open(f"{club.at}{HOME}entry/4")
        if scripts:
            await tab.run("window.kept = true")
        await tab.type("#query", "kafka")
        if not scripts:
            await tab.click(".search button")
        await tab.until("document.body.innerText.includes('1 found')")
        await tab.click("#e2 button[name=read]")
        await tab.until("document.querySelector('#e2 .sign')?.ariaLabel === 'read'")
        read, kept = await read_in_the_chat(club), await tab.run("window.kept === true")
        await tab.click("nav a[href*=account]")
        await tab.until("document.body.innerText.includes('Signed in as ana')")
        await tab.click("form[action=sign-out] button")
        await tab.until("document.body.innerText.includes('Sign in from the chat')")
        errors = [error for error in tab.errors if "403" not in error]
        await tab.open(link)
        refused = await tab.text()

    assert read == [2]
    assert kept is scripts, "with scripts no page was loaded in between"
    assert "This link does not work any more" in refused
    assert errors == []


async def test_no_page_is_wider_than_a_phone(tmp_path: Path) -> None:
    titles = [f"Title{number}{'x' * number}+tag{number % 7}" for number in range(60)]
    async with opened(f"sqlite:///{tmp_path}/club.db", tmp_path, *titles) as club, chromium(tmp_path) as tab:
        await sign_in(tab, club)
        await club.house.say("takeaway #1 Measure first.")
        for name in ("ben", "cleo"):
            await club.house.say("read #1", by=name)
        await club.house.say("schedule set mon 09:00 UTC")
        for width, dark in ((390, False), (1280, True)):
            await tab.resize(width, dark=dark)
            for path in ("", "entry/1", "search?q=title", "queue", "digests", "stats", "account"):
                await tab.open(f"{club.at}{HOME}{path}")
                assert await tab.run("document.documentElement.scrollWidth") <= width, path
                if PICTURES:
                    name = path.partition("?")[0].replace("/", "-") or "list"
                    await tab.picture(Path(PICTURES) / f"{name}-{width}.png")
        assert tab.errors == []
