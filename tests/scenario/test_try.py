"""A club to try in a browser: what a visitor can do, what bounds it, and that no one sees the club of another."""

import asyncio
import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import html5lib
import pytest
from hypothesis import given, settings

from adapters.local.room import Message
from adapters.web.changes import MAX_KEPT, Changes
from adapters.web.platform import TRIAL
from adapters.web.screen import Screen, drawn, form
from bot.commands.limits import Limits
from bot.domain.card import Card, Form
from bot.domain.ids import ChannelRef, MessageRef
from bot.runtime.trial import MAX_BODY, MAX_STREAMS, SAFE
from tests.fakes import cards
from tests.fakes.core import NOW
from tests.fakes.trial import Site, Visitor, trial
from tests.scenario.test_pages import HOSTILE
from tests.scenario.test_site import ATTRIBUTES, ELEMENTS, Page

WITHIN_PAGES = ELEMENTS | {"aside", "button", "dd", "details", "dialog", "div", "dl", "dt", "h3", "noscript", "option"}
OURS = WITHIN_PAGES | {"select", "summary", "textarea", "datalist", "hr", "em", "s", "pre", "blockquote", "br"}


async def planned(site: Site) -> Visitor:
    """A visitor whose club has a digest every Monday."""
    visitor = await site.visitor()
    await visitor.write("/blog schedule set mon 09:00 UTC")
    return visitor


async def test_a_week_is_played_and_heard_as_it_happens(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await planned(site)
        async with visitor.listening():
            await visitor.act(do="advance", by="7d")
            digest = await visitor.until("message", "This week's article")
            question = await visitor.until("message", "Discussion")
            await visitor.write("We do that, too.", thread=digest["id"])
            said = await visitor.until("message", "We do that, too.")
            await visitor.act(do="react", message=digest["id"], emoji="✅")
            await visitor.until("message", "Read by 1 member")
            await visitor.write("/blog list is:read")
            listed = await visitor.until("message", '<code dir="auto">/blog list is:read')
        page = await visitor.page()

    assert (digest["channel"], digest["thread"]) == ("reading", "")
    assert question["thread"] == said["thread"] == digest["id"]
    assert "Dynamo" in listed["html"]
    assert 'aria-label="✅ 1 read: You"' in page
    assert "2 replies" in page


async def test_two_visitors_have_clubs_of_their_own(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        one, other = await site.visitor(), await site.visitor()
        await one.write("This is only said here.")
        await one.write("/blog read #9")
        await one.act(do="advance", by="7d")
        theirs = await other.page()
        await other.write("/blog list is:read")
        listed = drawn(site.visit(other).platform.screen.messages()[-1])
        mine = await one.page()
        message = re.findall(r'data-message="([^"]+)"', mine)[0]
        status, told = await other.act(do="react", message=message, emoji="✅")

    assert one.at != other.at
    assert "This is only said here." in mine
    assert "This is only said here." not in theirs
    assert "list is:read" in listed
    assert "#9" not in listed
    assert status == 400, told


async def test_nothing_is_behind_an_address_that_was_guessed(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        guessed = Visitor(f"{site.at}/try/{'A' * 43}/", site.session)
        async with site.session.get(guessed.at) as page, site.session.get(f"{guessed.at}changes") as changes:
            closed = page.status, await page.text()
            stream = changes.status
        status, told = await guessed.act(do="advance", by="7d")

    assert closed[0] == 410
    assert "Open a new one." in closed[1]
    assert stream == 204, "the browser does not connect again"
    assert (status, "closed" in told["say"]) == (410, True)


async def test_there_are_no_more_clubs_than_the_bound(tmp_path: Path) -> None:
    async with trial(tmp_path, clubs=2, idle=60) as site:
        opened = [(await site.open())[0] for _ in range(3)]
        there = len(site.trials)
        site.clock.seconds = 61
        later = (await site.open())[0]

    assert opened == [303, 303, 503]
    assert there == 2
    assert later == 303, "the clubs that no one used have made room"


async def test_a_club_ends_with_its_time_and_leaves_nothing(tmp_path: Path) -> None:
    async with trial(tmp_path, lasts=100, idle=60) as site:
        used, idle = await site.visitor(), await site.visitor()
        async with used.listening():
            site.clock.seconds = 50
            await used.write("I am still here.")
            site.clock.seconds = 70
            site.trials.close_old()
            after_idle = len(site.trials)
            site.clock.seconds = 101
            site.trials.close_old()
            over = await used.until("over", "closed")
        status, _ = await used.act(do="advance", by="7d")
        gone, _ = await idle.act(do="advance", by="7d")
    left = await asyncio.to_thread(lambda: [*tmp_path.iterdir()])

    assert after_idle == 1
    assert "nothing of it is kept" in over["say"]
    assert (status, gone) == (410, 410)
    assert left == []


async def test_a_club_that_is_closed_meanwhile_ends_what_it_does_first(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await planned(site)
        acts = [asyncio.create_task(visitor.act(do="advance", by="7d")) for _ in range(3)]
        visit = site.visit(visitor)
        while not visit.lock.locked():  # noqa: ASYNC110 -- until the first act has begun
            await asyncio.sleep(0)
        site.trials.end()
        statuses = [status for status, _ in await asyncio.gather(*acts)]

    assert statuses == [200, 410, 410]


async def test_a_club_can_be_used_so_often_and_no_more(tmp_path: Path) -> None:
    async with trial(tmp_path, uses=3, completions=1) as site:
        visitor = await site.visitor()
        answers = [await visitor.act(do="advance", by="1d") for _ in range(4)]
        completed = [(await visitor.act(do="complete", text="/blog ra", kind=None))[1] for _ in range(2)]

    assert [status for status, _ in answers] == [200, 200, 200, 429]
    assert answers[0][1]["left"].endswith("and 2 more uses.")
    assert "as often as a trial may be" in answers[3][1]["say"]
    assert [choice["value"] for choice in completed[0]["choices"]] == ["random"]
    assert completed[1]["choices"] == []


async def test_only_so_many_pages_of_a_club_are_told_of_changes(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        open_pages = [await site.session.get(f"{visitor.at}changes") for _ in range(MAX_STREAMS + 1)]
        statuses = [page.status for page in open_pages]
        for page in open_pages:
            page.close()

    assert statuses == [200] * MAX_STREAMS + [204]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_another_site_opens_and_uses_no_club(tmp_path: Path, headers: dict[str, str]) -> None:
    async with trial(tmp_path) as site:
        status, _ = await site.open(**headers)
        own, _ = await site.open(Origin=site.at)
        visitor = await site.visitor()
        act = {"do": "advance", "by": "7d"}
        async with site.session.post(f"{visitor.at}do", json=act, headers=headers) as answer:
            used = answer.status
        async with site.session.post(f"{visitor.at}do", data=json.dumps(act)) as answer:
            as_a_form = answer.status
        there = len(site.trials)

    assert (status, used, as_a_form) == (403, 403, 403)
    assert (own, there) == (303, 2)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"do": "nothing"}',
        b'{"do": "write"}',
        b'{"do": "write", "text": "  ", "channel": "reading", "thread": ""}',
        b'{"do": "write", "text": 7, "channel": "reading", "thread": ""}',
        b'{"do": "press", "message": "x", "number": -1, "label": "", "confirmed": false}',
        b'{"do": "press", "message": "x", "number": true, "label": "", "confirmed": false}',
        b'{"do": "press", "message": "x", "number": 99, "label": "Read", "confirmed": false}',
        b'{"do": "submit", "form": 1, "values": []}',
        b'{"do": "submit", "form": 1, "values": {"weekday": "mon"}}',
        b'{"do": "react", "message": "x", "emoji": "<b>"}',
        b'{"do": "react", "message": "x", "emoji": []}',
        b'{"do": "speak", "name": "Eve"}',
        b'{"do": "advance", "by": "900d"}',
        b'{"do": "complete", "text": "", "kind": "everything"}',
    ],
)
async def test_what_no_page_sends_is_refused(tmp_path: Path, body: bytes) -> None:
    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        before = await visitor.page()
        as_json = {"Content-Type": "application/json"}
        async with site.session.post(f"{visitor.at}do", data=body, headers=as_json) as answer:
            status, told = answer.status, await answer.json()
        after = await visitor.page()

    assert status == 400
    assert told["say"]
    assert re.findall("data-message", after) == re.findall("data-message", before)


async def test_a_body_that_is_too_long_is_refused(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        status, _ = await visitor.act(do="write", text="a" * MAX_BODY, channel="reading", thread="")
        longer, _ = await visitor.act(do="write", text="a" * 4001, channel="reading", thread="")

    assert (status, longer) == (413, 400)


async def test_a_form_is_filled_in_and_says_what_is_wrong(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        _, opened = await visitor.press("Plan the digest")
        values = {"weekday": "Monday", "at": "soon", "zone": "UTC", "channel": "#reading"}
        _, wrong = await visitor.act(do="submit", form=form_number(opened["form"]), values=values)
        number = form_number(wrong["form"])
        _, done = await visitor.act(do="submit", form=number, values={**values, "at": "9"})
        status, again = await visitor.act(do="submit", form=number, values=values)
        page = await visitor.page()

    assert 'aria-invalid="true"' not in opened["form"]
    assert 'aria-invalid="true"' in wrong["form"]
    assert 'value="soon"' in wrong["form"]
    assert "form" not in done
    assert "The schedule is set." in page
    assert (status, again["say"]) == (400, "This form was sent already. Open it again.")


def form_number(shown: str) -> int:
    return int(re.findall(r'data-form="(\d+)"', shown)[0])


async def test_an_answer_is_seen_by_the_one_who_asked(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        await visitor.write("/blog search caching")
        await visitor.act(do="speak", name="Ben")
        as_ben = await visitor.page()
        await visitor.write("/blog digest skip")
        refused = await visitor.page()
        await visitor.act(do="speak", name="You")
        as_you = await visitor.page()

    assert "Search: caching" not in as_ben
    assert '<option value="Ben" selected>' in as_ben
    assert "Only Ben can see this" in refused
    assert "Search: caching" in as_you
    assert "Only Ben can see this" not in as_you


async def test_a_reminder_is_a_direct_message(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        await visitor.write("/blog remind #9 1d")
        async with visitor.listening():
            await visitor.act(do="advance", by="1d")
            await visitor.act(do="advance", by="1d")
            reminded = await visitor.until("message", "@dogear")
        status, _ = await visitor.press("Mark as read", message=reminded["id"], number=0)

    assert reminded["channel"] == "@dogear"
    assert status == 200


async def test_a_next_page_replaces_the_page_before_it(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        await visitor.write("/blog search caching")
        await visitor.press("Next")
        page = await visitor.page()

    assert page.count("Search: caching") == 1
    assert "page 2 of 2" in page


async def test_a_shared_entry_is_posted_and_the_answer_says_so(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        await visitor.write("/blog share #9 #general")
        await visitor.write("/blog share #10 #nowhere")
        visit = site.visit(visitor)
        shown = visit.platform.screen.messages()
        answers = [Page(drawn(each)).text for each in shown if each.message.to]

    posted = [each for each in shown if each.channel == "general" and not each.thread]
    assert [each.message.card.entry.number for each in posted if each.message.card.entry] == [9]
    assert "posted" in answers[0]
    assert "There is no channel #nowhere here." in answers[1]


async def test_a_page_that_was_away_hears_what_it_missed(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        last = site.visit(visitor).platform.screen.changes.last
        await visitor.write("Anyone here?")
        async with visitor.listening(last):
            await visitor.until("message", "Anyone here?")
        first = [kind for kind, _ in visitor.heard][:1]
        visitor.heard.clear()
        async with visitor.listening(9_999):
            await visitor.until("reload", "")

    assert first == ["message"]


def test_changes_that_are_no_longer_known_load_the_page_again() -> None:
    changes = Changes()
    for number in range(MAX_KEPT + 5):
        changes.add("clock", now=str(number))

    assert [change.kind for change in changes.since(4)] == ["reload"]
    assert len(changes.since(5)) == MAX_KEPT
    assert [change.number for change in changes.since(changes.last - 1)] == [changes.last]
    assert list(changes.since(changes.last)) == []


async def test_a_visitors_club_has_no_setting_of_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "FETCH": "on",
        "LIST": "/etc/hostname",
        "MODEL": "/nowhere",
        "ADMINS": "web:Mia",
        "DATABASE": "postgresql://nowhere/none",
        "GIT_TOKEN": "canary-token",
        "WORD": "club",
    }.items():
        monkeypatch.setenv(f"DOGEAR_{name}", value)

    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        club = site.visit(visitor).club
        page = await visitor.page()

    assert club.settings.database.startswith(f"sqlite:///{tmp_path}")
    assert (club.settings.fetch, club.settings.list, club.settings.model, club.settings.roles) == (False, "", "", {})
    assert club.linked_page_checks is None
    assert club.vectors is None
    assert "canary" not in str(club.settings.git_tokens)
    assert "/club random" in page, "the word is the host's, so that what one learns here is right there"


async def test_every_answer_has_the_headers_of_a_page(tmp_path: Path) -> None:
    async with trial(tmp_path) as site:
        visitor = await site.visitor()
        for address in (f"{site.at}/try", visitor.at, f"{site.at}/try/static/chat.js", f"{visitor.at}changes"):
            async with site.session.get(address) as answer:
                assert answer.headers["Content-Security-Policy"] == SAFE["Content-Security-Policy"]
                assert answer.headers["Referrer-Policy"] == "same-origin"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert "Set-Cookie" not in answer.headers
        async with site.session.get(f"{site.at}/try/static/..%2fpages.py") as answer:
            assert answer.status == 404
        async with site.session.get(f"{site.at}/", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "try")


def marked_up(page: str) -> None:
    """Fail if anything but our own elements and attributes are in it."""
    for element, attributes in Page(page).elements:
        assert element in OURS, element
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcdoc")]
        unknown = attributes.keys() - ATTRIBUTES - OWN
        assert all(name.startswith(("data-", "aria-")) for name in unknown), attributes
        assert element != "script" or (attributes.get("src") or "").endswith("/static/chat.js")
        href = attributes.get("href") or ""
        assert not re.match(r"\s*(javascript|data|vbscript):", href, re.IGNORECASE), href


OWN = {
    *("autocapitalize", "autocomplete", "enterkeyhint", "for", "hidden", "list", "maxlength", "name", "novalidate"),
    *("placeholder", "role", "rows", "selected", "spellcheck", "tabindex", "target", "title", "type", "value"),
}


async def test_nothing_that_a_visitor_writes_becomes_markup(tmp_path: Path) -> None:
    assert len(HOSTILE) >= 60
    async with trial(tmp_path, uses=1_000) as site:
        visitor = await site.visitor()
        visit = site.visit(visitor)
        visit.club.dispatcher._limits = Limits()
        async with visitor.listening():
            for wrong in HOSTILE:
                text = wrong.encode("utf-8", "replace").decode()
                for line in (text, f"/blog search {text}", f"/{text}"):
                    if line.strip("\0 ").split():
                        await visitor.act(do="write", text=line, channel=text[:200], thread=text[:200])
            for number, wrong in enumerate(HOSTILE[:30], 1):
                await visitor.act(
                    do="write", text=f"/blog takeaway #{number} {wrong!s:.500}", channel="reading", thread=""
                )
            await visitor.write("The end.")
            await visitor.until("message", "The end.")
        page = await visitor.page()
        _, opened = await visitor.press("Plan the digest")
        values = {"weekday": HOSTILE[0], "at": HOSTILE[1], "zone": HOSTILE[2], "tag": HOSTILE[3]}
        _, wrong_form = await visitor.act(do="submit", form=form_number(opened["form"]), values=values)

    html5lib.HTMLParser(strict=True).parse(page)
    for part in (page, wrong_form["form"], *(about["html"] for kind, about in visitor.heard if kind == "message")):
        marked_up(part)
        assert "\u202e" not in part.replace("data-", "")


@settings(max_examples=60, deadline=None)
@given(card=cards.cards)
def test_any_card_at_all_is_our_own_markup(card: Card) -> None:
    screen = Screen(ZoneInfo("Europe/Berlin"))
    ref = MessageRef(ChannelRef(TRIAL, "reading"), "m1")
    screen.add(Message(ref=ref, card=card, at=NOW))

    marked_up(drawn(screen.messages()[0]))


@settings(max_examples=60, deadline=None)
@given(shown=cards.forms)
def test_any_form_at_all_is_our_own_markup(shown: Form) -> None:
    marked_up(form(shown, 1, ["reading", "general"]))
