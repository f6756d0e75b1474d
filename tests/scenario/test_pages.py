"""The club in a browser: who may open its pages, what is on them, and that they do what the chat does."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import aiohttp
import html5lib
from sqlalchemy import func, select

from bot.chat.platform import Actor, Answer, Invocation, WorkspaceJoined, WorkspaceLeft
from bot.domain.card import Action, Card, Entries, Fields, Paragraph
from bot.domain.ids import ChannelRef, InvocationId, WorkspaceRef
from bot.domain.team import Role
from bot.runtime.http import serving
from bot.runtime.pages import PER_ADDRESS, PER_PERSON, SAFE, SESSION
from bot.runtime.serve import pages_of
from bot.service import ledger, teams, web
from store.sql.tables import WEB_KEY
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of
from tests.fakes.platform import NAME, WORKSPACE, account
from tests.scenario.test_site import ATOM, ATTRIBUTES, ELEMENTS, INJECTIONS, Page

BASE = "/some/club"
HOME = f"{BASE}/team/default/"


@dataclass
class Answered:
    status: int
    url: str
    headers: Mapping[str, str]
    text: str

    def seen(self) -> tuple[int, str, dict[str, str]]:
        """What a stranger learns from it."""
        return self.status, self.text, {name: value for name, value in self.headers.items() if name != "Date"}


@dataclass
class Browser:
    """A browser with cookies of its own."""

    at: str
    session: aiohttp.ClientSession

    async def get(self, path: str, **options: Any) -> Answered:
        return await self._asked("GET", path, **options)

    async def post(self, path: str, **form: str) -> Answered:
        return await self._asked("POST", path, data=form)

    async def _asked(self, method: str, path: str, **options: Any) -> Answered:
        async with self.session.request(method, urljoin(self.at, path), **options) as answer:
            return Answered(answer.status, str(answer.url), answer.headers, await answer.text())

    async def press(self, path: str, action: str, **pressed: str) -> Answered:
        """Load the page and press a button of its form."""
        page = await self.get(path)
        return await self.post(urljoin(page.url, action), **fields_of(page), **pressed)

    async def sign_in(self, link: str) -> Answered:
        return await self.post(link, **fields_of(await self.get(link)))


def fields_of(page: Answered) -> dict[str, str]:
    """The hidden fields of the page's first form that has any."""
    return {"token": found[1]} if (found := re.search(r'name="token" value="(\w+)"', page.text)) else {}


@dataclass
class Club:
    house: Clubhouse
    at: str
    opened: list[aiohttp.ClientSession]

    def browser(self) -> Browser:
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.opened.append(session)
        return Browser(self.at, session)

    async def link(self, by: str = "ana") -> str:
        """The path of a link to sign in, as the chat answers it."""
        return link_in(await self.house.say("settings web", by=by))

    async def member(self, by: str = "ana") -> Browser:
        browser = self.browser()
        assert (await browser.sign_in(await self.link(by))).status == 200
        return browser


@asynccontextmanager
async def opened(
    database: str, folder: Path, *titles: str, mode: str = "members", scheme: str = "http"
) -> AsyncIterator[Club]:
    url = f"{scheme}://{'127.0.0.1' if scheme == 'http' else 'club.example.org'}{BASE}"
    async with (
        clubhouse(database, folder, *titles, web=mode, web_url=url) as house,
        serving(pages_of(house.club), host="127.0.0.1", port=0) as port,
    ):
        club = Club(house, f"http://127.0.0.1:{port}", [])
        try:
            yield club
        finally:
            for session in club.opened:
                await session.close()


async def test_a_link_signs_in_once_and_a_preview_does_not_use_it_up(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        link = await club.link()
        preview = await club.browser().get(link)
        unpressed = await club.browser().post(link)
        mine = club.browser()
        signed_in = await mine.sign_in(link)
        other = await club.browser().get(link)
        raced = await mine.post(link, **fields_of(preview))

    assert preview.status == 200
    assert "<p>You sign in as ana, and stay" in preview.text, "so that no one signs in with the link of someone else"
    assert unpressed.status == 403, "a form of another site has no token of this browser"
    assert (signed_in.status, urlsplit(signed_in.url).path) == (200, HOME)
    assert "Caching" in signed_in.text
    assert other.status == raced.status == 403
    assert "Type “/blog settings web”" in other.text


async def test_of_two_browsers_that_use_a_link_at_once_one_gets_in(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        link, browsers = await club.link(), [club.browser() for _ in range(2)]
        forms = [fields_of(await browser.get(link)) for browser in browsers]
        asked = [browser.post(link, **form) for browser, form in zip(browsers, forms, strict=True)]
        answers = await asyncio.gather(*asked)

    assert sorted(answer.status for answer in answers) == [200, 403]


async def test_no_token_is_stored_and_cookies_are_closed_to_scripts(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching", scheme="https") as club:
        link = await club.link()
        browser = club.browser()
        page = await browser.get(link)
        nonce = page.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
        async with browser.session.post(
            urljoin(club.at, link),
            data=fields_of(page),
            cookies={"dogear_sign_in": nonce},
            allow_redirects=False,
        ) as answer:
            cookie = answer.headers["Set-Cookie"]
        token = cookie.partition("=")[2].partition(";")[0]
        kept = "".join(await asyncio.to_thread(lambda: list(club.house.club.store.backup())))

    assert cookie.startswith(f"{SESSION}={token}; Path={BASE}/; ")
    assert {"HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "SameSite=Strict" in page.headers["Set-Cookie"]
    assert len(token) == len(link.rpartition("/")[2]) == 64
    assert token not in kept
    assert link.rpartition("/")[2] not in kept


async def a_stranger(club: Club) -> Browser:
    """A member of another team, signed in."""
    there = WorkspaceRef(NAME, "W2")
    runner = club.house.club.runner
    await runner.write(lambda tx: teams.join(tx, there, "theirs", teams.get_or_create(tx, "others", "UTC")))
    actor = Actor(account=account("zoe"), workspace=there, name="zoe", role=Role.ADMIN)
    asked = Invocation(id=InvocationId("zoe"), call="settings web", actor=actor, channel=ChannelRef(there, "reading"))
    browser = club.browser()
    opened = await browser.sign_in(link_in(await club.house.club.dispatcher.invoke(asked)))
    assert urlsplit(opened.url).path == f"{BASE}/team/others/"
    return browser


def link_in(answer: Answer) -> str:
    """The path of the link that the chat answers with."""
    assert isinstance(answer.show, Card)
    block = answer.show.blocks[0]
    assert isinstance(block, Paragraph)
    return urlsplit(block.text[0].url or "").path


def paths(club: Club, team: str) -> Iterator[tuple[str, str]]:
    """Every route of a team's pages with its method, from the router. HEAD goes where GET goes."""
    for route in pages_of(club.house.club):
        if "{team}" in route.path and route.method != "HEAD":
            yield route.method, route.path.format(team=team, number=1, key="k" * 64)


async def test_whoever_may_not_see_a_team_gets_the_answer_of_a_team_that_is_not_there(
    database: str, tmp_path: Path
) -> None:
    async with opened(database, tmp_path, "Caching+db") as club:
        expired = await club.member()
        club.house.club.clock.move_to(club.house.club.clock.now() + timedelta(days=30))
        revoked, stranger, left = await club.member(), await a_stranger(club), await club.member("ben")
        await club.house.say("settings sign-out")
        visitors = {"none": club.browser(), "expired": expired, "revoked": revoked, "stranger": stranger}
        routes = list(zip(paths(club, "default"), paths(club, "nowhere"), strict=True))
        for name, browser in visitors.items():
            for (method, path), (_, nowhere) in routes:
                answer, there_is_none = [await browser._asked(method, one) for one in (path, nowhere)]
                assert answer.seen() == there_is_none.seen(), (name, method, path)
                assert answer.status == 403
                assert not {"Caching", "default", "ana"} & set(re.findall(r"\w+", answer.text)), (name, path)
        assert (await stranger.get(f"{BASE}/team/others/")).status == 200
        assert (await left.get(HOME)).status == 200
        await club.house.club.dispatcher.handle(WorkspaceLeft(workspace=WORKSPACE))
        gone = [await left._asked(method, path) for method, path in paths(club, "default")]

        others = [route for route in pages_of(club.house.club) if "{team}" not in route.path and route.method != "HEAD"]
        for route in others:
            path = route.path.replace("{link}", "k" * 64).replace("{name}", "pages").replace("{other:.*}", "nowhere")
            answer = await stranger._asked(route.method, path)
            assert not {"Caching", "default", "ana"} & set(re.findall(r"\w+", answer.text)), path

    assert len(routes) > 15
    assert len(others) == 6
    assert {answer.status for answer in gone} == {403}


async def test_a_public_list_shows_no_member_and_only_takeaways_whose_author_agreed(
    database: str, tmp_path: Path
) -> None:
    async with opened(database, tmp_path, "Caching+db", "Kafka", mode="public") as club:
        for name in ("ana", "ben", "cleo"):
            await club.house.say("read #1", by=name)
        await club.house.say("takeaway #1 Measure zebras first.")
        await club.house.say("takeaway #1 anonymous:yes Cache penguins.", by="ben")
        await club.house.say("settings publish yes", by="ben")
        anyone = club.browser()
        pages = {path: await anyone.get(f"{HOME}{path}") for path in PUBLIC}
        private = [await anyone.get(f"{HOME}{path}") for path in ("queue", "stats", "account")]
        private += [await anyone._asked(*route) for route in paths(club, "default") if "/private/" in route[1]]
        found = await anyone.get(f"{HOME}search?q=zebras")
        member = await (await club.member()).get(f"{HOME}entry/1")
        await club.house.say("settings publish no", by="ben")
        after = await anyone.get(f"{HOME}entry/1")
        home = await anyone.get(f"{BASE}/")

    words = {word for page in pages.values() for word in re.findall(r"\w+", page.text)}
    assert {page.status for page in pages.values()} == {200}
    assert {"Caching", "Kafka", "penguins"} <= words
    assert not {"ana", "ben", "cleo", "zebras", "mark", "unread"} & words
    assert {answer.status for answer in private} == {403}
    assert "zebras" not in found.text.replace('value="zebras"', "").replace("<title>zebras", "")
    assert "zebras" in member.text
    assert "penguins" not in after.text
    assert urlsplit(home.url).path == HOME


PUBLIC = ("", "?tag=db", "entry/1", "search?q=caching", "digests", "feed.xml", "opml.xml", "list.json", "list.md")


async def test_a_mark_on_a_page_is_the_state_in_the_chat(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching", "Kafka", "Raft") as club:
        browser = await club.member()
        marked = await browser.press(HOME, "mark", read="1", back="?is=unread")
        await browser.press(f"{HOME}entry/2", "../mark", later="2", back="entry/2")
        queue = await browser.get(f"{HOME}queue")
        foreign = await browser.post(f"{HOME}mark", read="3")
        evil = await browser.press(HOME, "mark", unread="2", back="//evil.example.org/")
        listed = (await club.house.say("list is:read")).show
        await club.house.say("later #3")
        in_queue = await browser.get(f"{HOME}queue")
        missing = await browser.press(HOME, "mark", read="99")

    assert isinstance(listed, Card)
    assert isinstance(listed.blocks[0], Entries)
    assert [line.number for line in listed.blocks[0].items] == [1]
    assert urlsplit(marked.url)._replace(scheme="", netloc="", fragment="").geturl() == f"{HOME}?is=unread"
    assert "Caching" not in marked.text
    assert "Kafka" in queue.text
    assert foreign.status == 403
    assert (evil.status, urlsplit(evil.url).path) == (200, HOME)
    assert "Raft" in in_queue.text
    assert "Kafka" not in in_queue.text
    assert missing.status == 404


async def test_signing_out_ends_this_session_or_all(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        here, there = await club.member(), await club.member()
        settings = text_of(await club.house.say("settings"))
        await here.press(f"{HOME}account", "sign-out")
        one = [(await browser.get(HOME)).status for browser in (here, there)]
        await here.sign_in(await club.link())
        await here.press(f"{HOME}account", "sign-out", everywhere="yes")
        both = [(await browser.get(HOME)).status for browser in (here, there)]
        unused = await club.link()
        said = text_of(await club.house.say("settings sign-out"))
        refused = await here.get(unused)

    assert "Pages: 2 browsers signed in" in settings
    assert one == [403, 200]
    assert both == [403, 403]
    assert said.startswith("You are not signed in anywhere.")
    assert refused.status == 403, "a link that was not used yet ends too"


async def test_an_admin_signs_everyone_out(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        ana, ben, stranger = await club.member(), await club.member("ben"), await a_stranger(club)
        made = await ben.press(f"{HOME}account", "feed", feed="new")
        private = urlsplit(re.findall(r"<code>(\S+)</code>", made.text)[0]).path
        no = await club.house.say("settings sign-out-all", by="ben", role=Role.READER)
        before = [(await browser.get(HOME)).status for browser in (ana, ben)]
        yes = await club.house.say("settings sign-out-all")
        after = [(await browser.get(path)).status for browser, path in ((ana, HOME), (ben, HOME), (ana, private))]
        other = await stranger.get(f"{BASE}/team/others/")

    assert (no.refusal, yes.refusal) == (True, False)
    assert before == [200, 200]
    assert after == [403, 403, 403]
    assert other.status == 200


async def test_the_list_is_shown_by_section_tag_state_and_page(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Start") as club:
        part = "".join(f"* [db] [A{number}](https://example.org/a{number})\n" for number in range(120))
        text = f"## Part one\n\n{part}\n## Part two\n\n* [B](https://example.org/b)\n    1. one\n        * deep\n"
        club.house.reading_list.write_text(text, encoding="utf-8")
        await club.house.club.lists.sync(club.house.team)
        browser = await club.member()
        await club.house.say("read #122")
        shown = {
            query: numbers(await browser.get(f"{HOME}{query}"))
            for query in (
                "",
                "?page=2",
                "?tag=db",
                "?in=Part%20two",
                "?is=read",
                "?is=later",
                "?tag=db&page=2",
                "?tag=none",
            )
        }
        entry = await browser.get(f"{HOME}entry/122")

    assert shown[""] == list(range(2, 102))
    assert shown["?page=2"] == list(range(102, 123))
    assert shown["?tag=db"] == list(range(2, 102))
    assert shown["?tag=db&page=2"] == list(range(102, 122))
    assert shown["?in=Part%20two"] == shown["?is=read"] == [122]
    assert shown["?is=later"] == shown["?tag=none"] == []
    assert "Part two" in entry.text
    assert re.search(r"<ol>\s*<li value=\"1\">one<ul>\s*<li>deep</li>", entry.text)


def numbers(page: Answered) -> list[int]:
    """The entries of a list, in order."""
    return [int(found) for found in re.findall(r'<li id="e(\d+)"', page.text)]


async def test_files_are_sent_again_only_after_a_change(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching", "Kafka") as club:
        browser = await club.member()
        for name in ("feed.xml", "opml.xml", "list.json", "list.md", "feed.xml?tag=db"):
            path = f"{HOME}{name}"
            first = await browser.get(path)
            etag, since = first.headers["ETag"], first.headers["Last-Modified"]
            if name == "list.json":
                known = {"If-None-Match": etag, "If-Modified-Since": since}
            same = await browser.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
            aged = await browser.get(path, headers={"If-Modified-Since": since})
            both = await browser.get(path, headers={"If-Modified-Since": since, "If-None-Match": '"other"'})
            odd = await browser.get(path, headers={"If-Modified-Since": "yesterday"})
            assert (same.status, same.text, aged.status) == (304, "", 304), name
            assert (both.status, odd.status) == (200, 200)
            head = await browser._asked("HEAD", path)
            assert (head.status, head.text, head.headers["ETag"]) == (200, "", etag), name
        await club.house.rewrite("Caching", "Kafka", "Raft")
        changed = await browser.get(f"{HOME}list.json", headers=known)
        newer = await browser.get(f"{HOME}list.json", headers={"If-Modified-Since": known["If-Modified-Since"]})
        feed = ET.fromstring((await browser.get(f"{HOME}feed.xml")).text)
        asked = await club.browser()._asked("HEAD", f"{HOME}feed.xml")

    assert (changed.status, newer.status, asked.status) == (200, 200, 403)
    assert "Raft" in changed.text
    assert len(feed.findall(f"{ATOM}entry")) == 3


async def test_notes_of_an_entry_that_is_off_the_list_are_not_in_the_feed(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching", mode="public") as club:
        await club.house.say("schedule set mon 09:00 Europe/Berlin")
        await club.house.wait(days=6)
        anyone = club.browser()
        before = await anyone.get(f"{HOME}feed.xml")
        await club.house.rewrite("Kafka")
        after = await anyone.get(f"{HOME}feed.xml")
        digests = await anyone.get(f"{HOME}digests")
        entry = await anyone.get(f"{HOME}entry/1")

    assert "Digest: Caching" in before.text
    assert "Kafka" in after.text
    assert "Caching" not in after.text
    assert "Caching" in digests.text, "the week was what it was"
    assert entry.status == 404


async def test_a_private_address_reads_the_feeds_until_it_is_replaced(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        browser, reader = await club.member(), club.browser()
        made = await browser.press(f"{HOME}account", "feed", feed="new")
        addresses = [urlsplit(address).path for address in re.findall(r"<code>(\S+)</code>", made.text)]
        first = [await reader.get(address) for address in addresses]
        page = await reader.get(addresses[0].rpartition("/")[0] + "/")
        hidden = await browser.get(f"{HOME}account")
        replaced = await browser.press(f"{HOME}account", "feed", feed="new")
        old = [(await reader.get(address)).status for address in addresses]
        (newer, *_) = [urlsplit(address).path for address in re.findall(r"<code>(\S+)</code>", replaced.text)]
        signed_out = await club.house.say("settings sign-out")
        kept = await reader.get(newer)
        again = await club.member()
        await again.press(f"{HOME}account", "feed", feed="none")
        removed = await reader.get(newer)

    assert len(addresses) == 4
    assert {answer.status for answer in first} == {200}
    assert page.status == 403, "the address opens the feeds alone"
    assert "<code>" not in hidden.text
    assert set(old) == {403}
    assert not signed_out.refusal
    assert kept.status == 200
    assert removed.status == 403


async def test_every_link_of_the_pages_leads_somewhere_below_a_path(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, *(f"Title{number}+go" for number in range(130))) as club:
        browser = await club.member()
        await club.house.say("later #3")
        seen: dict[str, Answered] = {}
        waiting = [HOME, f"{HOME}search?q=title7"]
        while waiting and len(seen) < 60:
            path = waiting.pop()
            answer = seen[path] = await browser.get(path)
            assert answer.status == 200, path
            for name, value in SAFE.items():
                assert answer.headers[name] == value
            if answer.headers["Content-Type"].startswith("text/html"):
                targets = [urlsplit(urljoin(answer.url, link)) for link in Page(answer.text).links()]
                ours = [target for target in targets if target.netloc == urlsplit(club.at).netloc]
                waiting += [
                    found
                    for target in ours
                    if (found := target._replace(scheme="", netloc="", fragment="").geturl()) not in seen
                ]

    assert all(path.startswith(f"{BASE}/") for path in seen)
    assert f"{HOME}?page=2" in seen
    assert {"site.css", "pages.js"} <= {path.rpartition("/")[2] for path in seen}


CSP = SAFE["Content-Security-Policy"]
COVER = "img-src 'self' https://img.example; "
MORE = (
    '<a href="javascript:alert(1)">x</a>',
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<style>*{display:none}</style>",
    "</textarea><script>alert(1)</script>",
    "<math><mi xlink:href=javascript:alert(1)>",
    "<base href=//evil.example>",
    "<form action=//evil.example><input name=token>",
    '" autofocus onfocus="alert(1)',
    "'-alert(1)-'",
    "</p></div></main></body>",
    "<plaintext>",
    "<!--",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "{% include '/etc/passwd' %}",
    "{{ live.token }}",
    "\u2028alert(1)\u2029",
    "<img src=x:alert(1) onerror=eval(src)>",
    "data:text/html,<script>alert(1)</script>",
    "<details open ontoggle=alert(1)>",
)
HOSTILE = [
    *INJECTIONS,
    *MORE,
    *(f"{one}{other}" for one, other in zip(INJECTIONS, MORE, strict=False)),
    *(f"é {one}" for one in MORE),
]


async def test_nothing_that_people_wrote_becomes_markup(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Start") as club:
        club.house.reading_list.write_text(
            f"## {HOSTILE[0]}\n\n"
            + "".join(
                f"* [t{number}] [{wrong.replace('[', '').replace(']', '')} word{number}](https://example.org/{number})\n    {wrong} notes\n"
                for number, wrong in enumerate(HOSTILE)
            ),
            encoding="utf-8",
            errors="surrogatepass",
        )
        await club.house.club.lists.sync(club.house.team)
        for number, wrong in enumerate(HOSTILE):
            await club.house.say(f"takeaway #{number + 2} words {wrong}")
        browser = await club.member('<script>alert("ana")</script>')
        pages = [await browser.get(f"{HOME}{path}") for path in ("", "account", "stats", "queue", "digests")]
        covers = []
        for wrong in HOSTILE:
            pages.append(await browser.get(f"{HOME}search", params={"q": wrong}))
            pages.append(await browser.get(HOME, params={"tag": wrong, "in": wrong}))
        body = club.house.reading_list.read_text(encoding="utf-8", errors="surrogatepass")
        for wrong in (*INJECTIONS, *MORE):
            cover = {"image": f"https://img.example/{re.sub(r'[^!-~]', '', wrong)}", "alt": wrong}
            about = json.dumps({"title": wrong, "description": wrong, "cover": cover})
            club.house.reading_list.write_text(
                f"---json\n{about}\n---\n{body}", encoding="utf-8", errors="surrogatepass"
            )
            await club.house.club.lists.sync(club.house.team)
            covers.append(await browser.get(HOME))
        listed = int(re.findall(r"(\d+) entries\. Made", pages[0].text)[0])
        entries = [await browser.get(f"{HOME}entry/{number}") for number in range(2, listed + 2)]
        files = [(await browser.get(f"{HOME}{name}")).text for name in ("feed.xml", "opml.xml")]

    assert len(HOSTILE) >= 60
    assert listed >= 55, "some of the lines are not entries"
    assert {page.status for page in (*pages, *covers, *entries)} == {200}
    assert {page.headers["Content-Security-Policy"] for page in covers} == {f"{COVER}{CSP}"}
    for page in covers:
        (image,) = [about for element, about in Page(page.text).elements if element == "img"]
        assert image.keys() == {"class", "src", "alt", "referrerpolicy"}
        assert urlsplit(image["src"] or "").netloc == "img.example"
    for page in (*pages, *covers, *entries):
        html5lib.HTMLParser(strict=True).parse(page.text)
        for element, attributes in Page(page.text).elements:
            if element == "img" and page in covers:
                continue
            assert element in ELEMENTS | LIVE, (page.url, element)
            assert attributes.keys() <= ATTRIBUTES | LIVE_ATTRIBUTES, (page.url, attributes)
            assert element != "script" or (attributes.get("src") or "").endswith("/static/pages.js")
            assert element != "form" or urlsplit(attributes.get("action") or "").netloc == ""
        assert all(urlsplit(link).scheme in ("", "https", "http") for link in Page(page.text).links()), page.url
    for file in files:
        ET.fromstring(file)


LIVE = {"button", "svg", "rect", "text", "figure", "figcaption"}
LIVE_ATTRIBUTES = {
    *("action", "method", "data-live", "maxlength", "viewbox", "x", "y", "width", "height", "preserveaspectratio"),
}


async def test_requests_without_a_session_are_limited_and_members_are_not(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        member, anyone = await club.member(), club.browser()
        answers = [await anyone.get(HOME)]
        while answers[-1].status == 403 and len(answers) < 4 * PER_ADDRESS:  # a slow machine earns some meanwhile
            answers.append(await anyone.get(HOME))
        allowed = await member.get(HOME)

    assert answers[0].status == 403
    assert answers[-1].status == 429
    assert answers[-1].headers["Retry-After"] == "10"
    assert allowed.status == 200


async def test_members_are_limited_apart_from_strangers(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        member, other = await club.member(), await club.member("ben")
        answers = [(await member.get(f"{HOME}entry/1")).status]
        while answers[-1] == 200 and len(answers) < 4 * PER_PERSON:  # a slow machine earns some meanwhile
            answers.append((await member.get(f"{HOME}entry/1")).status)
        allowed = await other.get(HOME)

    assert (answers[0], answers[-1], allowed.status) == (200, 429, 200)


async def test_a_new_session_ends_the_oldest_of_twenty(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        browsers = []
        for _ in range(web.MAX_SESSIONS + 1):
            browsers.append(await club.member())
            club.house.club.clock.move_to(club.house.club.clock.now() + timedelta(seconds=1))
        statuses = [(await browser.get(HOME)).status for browser in browsers]

    assert statuses == [403, *[200] * web.MAX_SESSIONS]


async def test_keys_end_when_the_workspace_gets_another_team(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        browser, link = await club.member(), await club.link()
        runner = club.house.club.runner
        await runner.write(lambda tx: teams.get_or_create(tx, "others", "UTC"))
        await runner.write(lambda tx: teams.assign(tx, WORKSPACE, "others"))
        page, late = await browser.get(HOME), await club.browser().get(link)

    assert (page.status, late.status) == (403, 403)


async def test_a_restore_ends_sessions_and_links_and_keeps_private_addresses(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        browser, link = await club.member(), await club.link()
        made = await browser.press(f"{HOME}account", "feed", feed="new")
        (address, *_) = [urlsplit(one).path for one in re.findall(r"<code>(\S+)</code>", made.text)]
        await club.house.club.runner.write(ledger.after_restore)
        page, late, feed = await browser.get(HOME), await club.browser().get(link), await browser.get(address)

    assert (page.status, late.status, feed.status) == (403, 403, 200)


async def test_no_cache_keeps_a_page(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching", mode="public") as club:
        member, anyone = await club.member(), club.browser()
        link = await club.link()
        pages = [await one.get(path) for one in (member, anyone) for path in (HOME, f"{HOME}queue", f"{HOME}x", link)]
        files = [await one.get(f"{HOME}list.json") for one in (member, anyone)]

    assert {page.headers["Cache-Control"] for page in pages} == {"private, no-store"}
    assert {file.headers["Cache-Control"] for file in files} == {"private, no-cache"}


async def test_keys_end_with_the_workspace_they_were_given_in(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        browser = await club.member()
        await browser.press(f"{HOME}account", "feed", feed="new")
        await club.link()
        there = await rows(club)
        await club.house.wait(hours=2)
        without_link = await rows(club)
        await club.house.club.dispatcher.handle(WorkspaceLeft(workspace=WORKSPACE))
        away = (await browser.get(HOME)).status
        await club.house.club.dispatcher.handle(WorkspaceJoined(workspace=WORKSPACE, name="ours", by_host=False))
        back = (await browser.get(HOME)).status
        await club.house.club.dispatcher.handle(WorkspaceLeft(workspace=WORKSPACE))
        await club.house.wait(days=31)
        purged = await rows(club)

    assert (there, without_link, purged) == (3, 2, 0)
    assert (away, back) == (403, 200)


async def rows(club: Club) -> int:
    await club.house.club.ticker.clean_up()
    counted = select(func.count()).select_from(WEB_KEY)
    found: int = await club.house.club.runner.read(lambda tx: tx.value(counted))  # type: ignore[attr-defined]
    return found


async def test_pages_that_are_off_say_so(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Caching") as house:
        said = await house.say("settings web")

    assert said.refusal
    assert "The pages are off here." in text_of(said)


async def test_an_address_that_means_nothing_is_answered_with_a_page(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        browser = await club.member()
        for path in ("entry/99", "entry/x", "entry/99999999999", "nowhere", "nowhere/at/all"):
            missing = await browser.get(f"{HOME}{path}")
            assert (missing.status, missing.headers["Referrer-Policy"]) == (404, "no-referrer")
            assert "<h1>There is no" in missing.text
        odd = [
            await browser.get(f"{HOME}{path}")
            for path in ("?page=-1", "?page=99999999", "?is=odd", "search?q=%F0%28", "search?q=%00", "search")
        ]
        without_slash = [await browser.get(path) for path in (BASE, HOME.removesuffix("/"))]
        large = await browser.post(f"{HOME}mark", **{f"f{number}": "x" for number in range(50)})
        static = await browser.get(f"{BASE}/static/..%2Fpages.py")

    assert {answer.status for answer in odd} == {200}
    assert [(answer.status, urlsplit(answer.url).path) for answer in without_slash] == [(200, HOME)] * 2
    assert large.status == 403
    assert static.status == 404


async def test_the_front_matter_of_the_list_names_its_pages(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        browser = await club.member()
        text = club.house.reading_list.read_text(encoding="utf-8")
        plain = await browser.get(HOME)
        cover = "{image: 'https://img.example/a.png?a&b', alt: 'Shelves & chairs'}"
        about = f"title: What <we> read\ndescription: 'Good articles & talks'\ndate: 2024-05-26\ncover: {cover}"
        club.house.reading_list.write_text(f"---\n{about}\n---\n{text}", encoding="utf-8")
        await club.house.club.lists.sync(club.house.team)
        list_page = await browser.get(HOME)
        others = [await browser.get(f"{HOME}{path}") for path in ("digests", "queue", "account")]
        named = Page(list_page.text)
        feed = ET.fromstring((await browser.get(f"{HOME}feed.xml")).text)
        club.house.reading_list.write_text(f"---\ndescription: [a]\n---\n{text}", encoding="utf-8")
        await club.house.club.lists.sync(club.house.team)
        after = await browser.get(HOME)

    assert '<h1 dir="auto">Reading list of default</h1>' in plain.text
    assert "What <we> read" in named.text
    assert "Good articles & talks" in named.text
    assert "2024-05-26" in named.text
    assert [about for element, about in named.elements if element == "img"] == [
        {
            "class": "cover",
            "src": "https://img.example/a.png?a&b",
            "alt": "Shelves & chairs",
            "referrerpolicy": "no-referrer",
        }
    ]
    assert list_page.headers["Content-Security-Policy"] == f"{COVER}{CSP}"
    assert {page.headers["Content-Security-Policy"] for page in (plain, *others, after)} == {CSP}
    assert feed.findtext(f"{ATOM}title") == "What <we> read"
    assert "Reading list of default" in after.text
    assert "Good articles" not in after.text


async def test_a_repeat_of_the_command_gets_a_link_that_works(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        links = [link_in(await club.house.say("settings web", again="the same")) for _ in range(2)]
        signed_in = [(await club.browser().sign_in(link)).status for link in links]

    assert len(set(links)) == 2
    assert signed_in == [200, 200]


async def test_many_readers_of_pages_do_not_keep_the_chat_waiting(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, *(f"Title{number}" for number in range(100))) as club:
        browser = await club.member()
        await browser.get(HOME)
        waiting = [asyncio.create_task(browser.get(HOME)) for _ in range(60)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await club.house.say("next")
        unanswered = sum(not one.done() for one in waiting)
        answers = await asyncio.gather(*waiting)

    assert unanswered > 40
    assert {answer.status for answer in answers} == {200}


async def test_pages_show_digests_discussions_matches_and_figures(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching+db", "Kafka+db", "Raft") as club:
        browser = await club.member()
        await club.house.say("schedule set mon 09:00 Europe/Berlin")
        before = await browser.get(f"{HOME}digests")
        small = await browser.get(f"{HOME}stats")
        await club.house.wait(days=6)
        (posted,) = club.house.platform.roots()
        for name in ("ben", "cleo"):
            await club.house.say("read #2", by=name)
        after = await browser.get(f"{HOME}digests")
        (featured,) = re.findall(r'href="entry/(\d+)"', after.text)
        entry = await browser.get(f"{HOME}entry/{featured}")
        found = await browser.get(f"{HOME}search?q=kafka%20-raft")
        none = await browser.get(f"{HOME}search?q=%22no%20such%20phrase%22")
        stats = await browser.get(f"{HOME}stats")
        feed = ET.fromstring((await browser.get(f"{HOME}feed.xml")).text)

    assert "No digest was posted yet." in before.text
    assert "Mon 9 Mar 2026 09:00" in before.text
    assert "Mon 16 Mar 2026 09:00" in after.text
    assert "2026-03-09" in after.text
    assert (
        f'<a href="https://chat.example/{posted.ref.id}" rel="noopener noreferrer nofollow">2026-03-09</a>'
        in entry.text
    )
    assert numbers(found) == [2]
    assert "<strong>Kafka</strong>" in found.text
    assert "<h1>Nothing found</h1>" in none.text
    assert "Team figures need at least 3 members" in small.text
    assert "Read a week" not in small.text
    assert "2 of 3 members have read something." in stats.text
    assert 'aria-label="Read a week: 2 this week, 2 in 13 weeks"' in stats.text
    assert 'aria-label="Added with the tag db, by month: 2 in all"' in stats.text
    titles = [entry.findtext(f"{ATOM}title") or "" for entry in feed.iter(f"{ATOM}entry")]
    assert [title.startswith("Digest: ") for title in titles] == [True, False, False, False]


async def test_settings_have_buttons_for_the_pages(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, "Caching") as club:
        admin, reader = await club.member(), await club.member("ben")
        shown = {role: (await club.house.say("settings", role=role)).show for role in (Role.READER, Role.ADMIN)}
        buttons = {role: buttons_of(card) for role, card in shown.items() if isinstance(card, Card)}
        await club.house.press(buttons[Role.READER]["Sign out everywhere"])
        own = [(await browser.get(HOME)).status for browser in (admin, reader)]
        await club.house.press(buttons[Role.ADMIN]["Sign everyone out"])
        every = [(await browser.get(HOME)).status for browser in (admin, reader)]

    assert [*buttons[Role.READER]] == ["Open in a browser", "Sign out everywhere"]
    assert [*buttons[Role.ADMIN]] == ["Open in a browser", "Sign out everywhere", "Sign everyone out"]
    assert own == [403, 200]
    assert every == [403, 403]


def buttons_of(card: Card) -> dict[str, Action]:
    return {one.label: one for block in card.blocks if isinstance(block, Fields) for one in block.actions}
