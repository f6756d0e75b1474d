"""A member's way through the pages in a real browser, with scripts and without."""

import asyncio
import os
from pathlib import Path
from urllib.parse import urljoin

import pytest

from bot.domain.card import Card, Entries
from tests.fakes.chromium import CHROMIUM, Tab, chromium
from tests.scenario.test_pages import HOME, HOSTILE, Club, opened

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed; on Debian: apt-get install chromium"
)

PICTURES = os.environ.get("PICTURES")
"""A folder for screenshots of the pages, to look at."""


AXE = Path(__file__).parents[2] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"


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


PAGES = ("", "entry/1", "search?q=title", "search?q=nowhere", "queue", "digests", "stats", "account", "no-such-page")


async def lived_in(tab: Tab, club: Club) -> None:
    """Something to see on every page."""
    await sign_in(tab, club)
    await club.house.say("takeaway #1 Measure first.")
    await club.house.say("later #2")
    for name in ("ben", "cleo"):
        await club.house.say("read #1", by=name)
    await club.house.say("schedule set mon 09:00 UTC")


async def test_no_page_is_wider_than_a_phone(tmp_path: Path) -> None:
    titles = [f"Title{number}{'x' * number}+tag{number % 7}" for number in range(60)]
    async with opened(f"sqlite:///{tmp_path}/club.db", tmp_path, *titles) as club, chromium(tmp_path) as tab:
        await lived_in(tab, club)
        for width, dark in ((390, False), (1280, True)):
            await tab.resize(width, dark=dark)
            for path in PAGES:
                await tab.open(f"{club.at}{HOME}{path}")
                assert await tab.run("document.documentElement.scrollWidth") <= width, path
                if PICTURES:
                    name = path.partition("?")[0].replace("/", "-") or "list"
                    await tab.picture(Path(PICTURES) / f"{name}-{width}.png")
        assert [error for error in tab.errors if "no-such-page" not in error] == []


async def test_nothing_that_people_wrote_runs(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/club.db", tmp_path, "Start") as club, chromium(tmp_path) as tab:
        lines = [
            f"* [t{number}] [{wrong.replace('[', '').replace(']', '')} word](https://example.org/{number})\n    {wrong}\n"
            for number, wrong in enumerate(HOSTILE)
        ]
        club.house.reading_list.write_text("".join(lines), encoding="utf-8", errors="surrogatepass")
        await club.house.club.lists.sync(club.house.team)
        await sign_in(tab, club)
        for path in (
            "",
            "search?q=word",
            "search?q=%3Cscript%3Ealert(1)%3C/script%3E",
            *(f"entry/{n}" for n in range(2, 30)),
        ):
            await tab.open(f"{club.at}{HOME}{path}")
            assert await tab.run("document.scripts.length") == 1, path
            assert await tab.run("document.querySelectorAll('#page img, #page iframe, #page style').length") == 0, path
        await tab.type("#query", "<img src=x onerror=alert(1)>")
        await tab.until("location.search.includes('onerror')")

    assert tab.errors == []
    assert tab.dialogs == 0


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not here: make axe gets it")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_on_any_page(tmp_path: Path, dark: bool) -> None:
    titles = [f"Title{number}+tag{number % 7}" for number in range(130)]
    async with opened(f"sqlite:///{tmp_path}/club.db", tmp_path, *titles) as club, chromium(tmp_path) as tab:
        script = await asyncio.to_thread(AXE.read_text, encoding="utf-8")
        await tab.open(urljoin(club.at, await club.link()))
        found = {"sign-in": await violations(tab, script)}
        await lived_in(tab, club)
        await tab.resize(1280, dark=dark)
        for path in PAGES:
            await tab.open(f"{club.at}{HOME}{path}")
            found[path] = await violations(tab, script)

    assert not any(found.values()), found


async def violations(tab: Tab, script: str) -> list[str]:
    await tab.run(f"{script};0")
    told: list[str] = await tab.run(
        "axe.run().then((found) => found.violations.map((one) => `${one.id}: ${one.help}`))"
    )
    return told
