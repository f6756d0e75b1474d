"""A week of a club to try, by clicks in a real browser."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.chat.web import Request, Response, Route
from bot.commands.limits import Limits
from bot.runtime.http import serving
from tests.fakes.chromium import CHROMIUM, Tab, chromium
from tests.fakes.trial import Site, trial
from tests.scenario.test_pages import HOSTILE
from tests.scenario.test_pages_in_a_browser import AXE, violations

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed; on Debian: apt-get install chromium"
)

PICTURES = os.environ.get("PICTURES")
"""A folder for screenshots of the page, to look at."""
CHANNEL = "[data-list=reading]"
DIGEST = f"{CHANNEL} .message:has(.talk)"


@asynccontextmanager
async def visited(folder: Path, width: int = 1280, *, dark: bool = False) -> AsyncIterator[tuple[Site, Tab]]:
    """A visitor who has just opened a club."""
    clubs = folder / "clubs"
    clubs.mkdir()
    async with trial(clubs, uses=1_000) as site, chromium(folder) as tab:
        await tab.resize(width, dark=dark)
        await tab.open(f"{site.at}/try")
        await tab.click("button.primary")
        await tab.until("document.querySelector('.message')")
        yield site, tab


async def write(tab: Tab, text: str, box: str = "line") -> None:
    await tab.run(f"document.querySelector('#{box}').value = ''")
    await tab.type(f"#{box}", text)
    await tab.click(f"[data-composer={box}] button")
    await tab.until(f"document.querySelector('#{box}').value === ''")


async def plan(tab: Tab) -> None:
    """Plan the digest with the form."""
    await tab.click("[data-label='Plan the digest']")
    await tab.until("document.querySelector('dialog[open] select')")
    await tab.run("document.querySelector('dialog select').value = 'Monday'")
    await tab.type("dialog input[name=at]", "09:00")
    await tab.click("dialog[open] button.primary")
    await tab.until(
        "document.body.innerText.includes('The schedule is set.') && !document.querySelector('dialog[open]')"
    )


async def play(tab: Tab) -> None:
    """A week, to the reply in the digest's thread."""
    await plan(tab)
    await tab.click("[data-advance='7d']")
    await tab.until(f"document.querySelector('{DIGEST}')")
    await tab.click(f"{DIGEST} > .body > .marks > [data-react='✅']")
    await tab.until(f"document.querySelector('{DIGEST} [aria-pressed=true]')")
    await tab.click(f"{DIGEST} .talk")
    await write(tab, "We do that, too.", "reply")
    await tab.until("document.querySelector('#talks').innerText.includes('We do that, too.')")


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_week_is_played_by_clicks_without_a_reload(tmp_path: Path, width: int) -> None:
    async with visited(tmp_path, width) as (_, tab):
        await tab.run("window.kept = true")
        await play(tab)
        question = await tab.run("document.querySelector('#talks').innerText")
        await tab.click("[data-close-talk]")
        await write(tab, "/blog list is:read")
        await tab.until(f"document.querySelector('{CHANNEL} .message:last-child .typed')")
        listed = await tab.run(f"document.querySelector('{CHANNEL} .message:last-child').innerText")
        kept = await tab.run("window.kept === true")
        marks = await tab.run(f"document.querySelector('{DIGEST} .mark').ariaLabel")

    assert "Discussion" in question
    assert "Dynamo" in listed
    assert "● read" in listed
    assert marks == "✅ 1 read: You"
    assert kept
    assert tab.errors == []


async def test_a_command_is_completed_with_keys_alone(tmp_path: Path) -> None:
    async with visited(tmp_path) as (_, tab):
        await tab.type("#line", "/bl")
        for words in ("/blog ", "/blog search "):
            await tab.until("document.querySelectorAll('#line-choices li').length > 0")
            await press(tab, "Tab")
            await tab.until(f"document.querySelector('#line').value === '{words}'")
            if words == "/blog ":
                await tab.type("#line", "se")
        await tab.type("#line", "tag:")
        await tab.until("document.querySelector('#line-choices').innerText.includes('db')")
        await press(tab, "ArrowDown")
        chosen = await tab.run(
            "document.getElementById(document.querySelector('#line').getAttribute('aria-activedescendant')).ariaSelected"
        )
        await press(tab, "Enter")
        value = await tab.run("document.querySelector('#line').value")
        await press(tab, "Escape")
        hidden = await tab.run("document.querySelector('#line-choices').hidden")
        await press(tab, "Enter")
        await tab.until(f"document.querySelector('{CHANNEL} .message:last-child .typed')")

    assert chosen == "true"
    assert value.startswith("/blog search tag:")
    assert hidden
    assert tab.errors == []


async def press(tab: Tab, key: str) -> None:
    code = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowDown": 40}[key]
    about = {"key": key, "code": key, "windowsVirtualKeyCode": code}
    text = {"text": "\r"} if key == "Enter" else {}
    await tab.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
    await tab.call("Input.dispatchKeyEvent", type="keyUp", **about)


async def test_a_question_is_asked_before_an_entry_is_shared(tmp_path: Path) -> None:
    async with visited(tmp_path) as (_, tab):
        await write(tab, "/blog search dynamo")
        await tab.click("[data-label=Share]")
        await tab.until("document.querySelector('dialog[open] h2')")
        asked = await tab.run("document.querySelector('dialog h2').innerText")
        await tab.click("dialog[open] button[value='']")
        await tab.until("!document.querySelector('dialog[open]')")
        before = await tab.run(f"document.querySelectorAll('{DIGEST}').length")
        await tab.click("[data-label=Share]")
        await tab.click("dialog[open] button[value=yes]")
        await tab.until(f"document.querySelector('{DIGEST}')")

    assert asked.startswith("Post #1 ")
    assert before == 0
    assert tab.errors == []


async def test_a_question_right_after_another_keeps_its_own_answer(tmp_path: Path) -> None:
    """The browser tells of a closed dialog a moment later, when the next question may already be open."""
    async with visited(tmp_path) as (_, tab):
        await write(tab, "/blog search dynamo")
        await tab.click("[data-label=Share]")
        await tab.until("document.querySelector('dialog[open] h2')")
        await tab.run(
            "document.querySelector('dialog button[value=\"\"]').click();"
            "document.querySelector('[data-label=Share]').click()"
        )
        await tab.click("dialog[open] button[value=yes]")
        await tab.until(f"document.querySelector('{DIGEST}')")
        posted = await tab.run(f"document.querySelectorAll('{DIGEST}').length")

    assert posted == 1
    assert tab.errors == []


async def test_another_person_has_answers_and_messages_of_their_own(tmp_path: Path) -> None:
    async with visited(tmp_path) as (_, tab):
        await write(tab, "/blog search caching")
        await tab.until(f"document.querySelector('{CHANNEL} .private')")
        await tab.run("speaker.value = 'Ben'; speaker.dispatchEvent(new Event('change'))")
        await tab.until(f"!document.querySelector('{CHANNEL} .private')")
        await write(tab, "/blog remind #9 1d")
        await tab.until(f"document.querySelector('{CHANNEL} .private')")
        await tab.click("[data-advance='7d']")
        await tab.until("document.querySelector('[data-channel=\"@dogear\"] .unread').innerText === '1 new'")
        await tab.click("[data-channel='@dogear']")
        await tab.until("document.querySelector('[data-list=\"@dogear\"]').innerText.includes('#9')")
        said = await tab.run("document.querySelector('[data-list=\"@dogear\"]').innerText")

    assert "Only Ben can see this" in said
    assert tab.errors == []


async def test_a_page_of_another_site_embeds_it(tmp_path: Path) -> None:
    clubs = tmp_path / "clubs"
    clubs.mkdir()
    async with trial(clubs) as site, chromium(tmp_path) as tab:

        async def embedding(request: Request) -> Response:
            style = "position: fixed; inset: 0; width: 800px; height: 600px; border: 0"
            body = (
                f'<!doctype html><link rel="icon" href="data:,"><iframe src="{site.at}/try" style="{style}"></iframe>'
            )
            return Response(body=body, kind="text/html")

        async with serving([Route(method="GET", path="/", handle=embedding)], host="127.0.0.1", port=0) as port:
            await tab.resize(800, 600)
            await tab.open(f"http://localhost:{port}/")
            async with asyncio.timeout(20):
                while not site.trials:  # the button is in the middle
                    for y in range(280, 400, 20):
                        await click_at(tab, 250, y)
                    await asyncio.sleep(0.2)
                (visit,) = site.trials._visits.values()
                while not visit.streams:  # noqa: ASYNC110 -- until its page is open
                    await asyncio.sleep(0.05)

    assert tab.errors == []


async def test_over_plain_http_a_visitor_opens_a_club(tmp_path: Path) -> None:
    """A browser says where a request comes from only over https and on the machine itself."""
    clubs = tmp_path / "clubs"
    clubs.mkdir()
    rules = "--host-resolver-rules=MAP try.test 127.0.0.1"
    async with trial(clubs) as site, chromium(tmp_path, rules) as tab:
        await tab.open(f"{site.at.replace('127.0.0.1', 'try.test')}/try")
        await tab.click("button.primary")
        await tab.until("document.querySelector('.message')")
        before = await tab.run("document.querySelector('#now').innerText")
        await tab.click("[data-advance='1d']")
        await tab.until(f"document.querySelector('#now').innerText !== '{before}'")

    assert tab.errors == []


async def click_at(tab: Tab, x: int, y: int) -> None:
    for kind in ("mousePressed", "mouseReleased"):
        await tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


async def test_the_page_is_no_wider_than_its_window(tmp_path: Path) -> None:
    async with visited(tmp_path) as (_, tab):
        await play(tab)
        await write(tab, f"{'wide' * 200} " + "/blog", "reply")
        await write(tab, "/blog search caching")
        await tab.until(f"document.querySelector('{CHANNEL} .private:last-child')")
        for width, dark in ((390, False), (390, True), (800, False), (1280, False), (1280, True)):
            await tab.resize(width, 844, dark=dark)
            await asyncio.sleep(0.3)
            assert await tab.run("document.documentElement.scrollWidth") <= width
            assert await tab.run(
                "[...document.querySelectorAll('.scroll')].every((box) => box.scrollWidth <= box.clientWidth)"
            )
            if PICTURES:
                await tab.picture(Path(PICTURES) / f"try-{width}-{'dark' if dark else 'light'}.png")
    assert tab.errors == []


async def test_nothing_that_a_visitor_writes_runs(tmp_path: Path) -> None:
    async with visited(tmp_path) as (site, tab):
        (visit,) = site.trials._visits.values()
        visit.club.dispatcher._limits = Limits()
        for wrong in HOSTILE:
            text = wrong.encode("utf-8", "replace").decode()
            for line in (text, f"/blog search {text}"):
                act = json.dumps({"do": "write", "text": line, "channel": "reading", "thread": ""})
                how = f"{{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: {json.dumps(act)}}}"
                await tab.run(f"fetch('do', {how}).then((answer) => answer.text())")
        await write(tab, "/blog search <img src=x onerror=alert(1)>")
        await write(tab, "The end.")
        await tab.until(f"document.querySelector('{CHANNEL} .message:last-child').innerText.includes('The end.')")
        await tab.open(await tab.run("location.href"))
        scripts = await tab.run("document.scripts.length")
        others = await tab.run("document.querySelectorAll('img, iframe, style, object').length")
        there = await tab.run("document.querySelectorAll('.message').length")

    assert (scripts, others) == (1, 0)
    assert there > 120
    assert tab.errors == []
    assert tab.dialogs == 0


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not here: make axe gets it")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_axe_finds_nothing_on_the_page(tmp_path: Path, width: int, dark: bool) -> None:
    async with visited(tmp_path, width, dark=dark) as (site, tab):
        script = await asyncio.to_thread(AXE.read_text, encoding="utf-8")
        found = {"welcome": await violations(tab, script)}
        await tab.click("[data-label='Plan the digest']")
        await tab.until("document.querySelector('dialog[open]')")
        found["form"] = await violations(tab, script)
        await tab.click("dialog[open] [data-close]")
        await play(tab)
        found["thread"] = await violations(tab, script)
        await tab.click("[data-close-talk]")
        await write(tab, "/blog search caching")
        await tab.until(f"document.querySelector('{CHANNEL} .message:last-child .entries')")
        await tab.type("#line", "/blog s")
        await tab.until("document.querySelector('#line-choices li')")
        await tab.run("document.querySelector('details.more').open = true")
        found["completions"] = await violations(tab, script)
        await tab.open(f"{site.at}/try")
        found["start"] = await violations(tab, script)

    assert not any(found.values()), found
