"""Adding an article whose page Dogear looks at, and what it says of the pages that it has read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import pytest

from bot.chat.platform import Answer
from bot.domain.card import Action, Call, Card, Form
from bot.domain.errors import BadConfig
from bot.domain.team import Role
from bot.runtime import writing
from bot.runtime.bootstrap import linked_page_reader, linked_pages_line
from bot.runtime.settings import load
from store.lists.reading import read_path
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of
from tests.fakes.web_site import Answer as Page
from tests.fakes.web_site import Site, Write, a_site, html, moved

QUEUES = html(
    f'<title>On queues</title><meta name="description" content="Why they fill up."><article>{"word " * 1428}</article>'
)


def card_of(answer: Answer) -> Card:
    assert isinstance(answer.show, Card), answer.show
    return answer.show


def button(answer: Answer, label: str) -> Action:
    return next(action for action in card_of(answer).actions if action.label == label)


def labels(answer: Answer) -> list[str]:
    return [action.label for action in card_of(answer).actions]


@asynccontextmanager
async def looking(
    database: str, folder: Path, *titles: str, fetch: bool = True, **pages: Page
) -> AsyncIterator[tuple[Clubhouse, Site]]:
    """A club that looks at the pages of a site, and the site."""
    async with (
        a_site(**pages) as site,
        clubhouse(database, folder, *titles, hosted=True, fetch=fetch, fetch_hosts=(site.host,)) as house,
    ):
        yield house, site


async def test_the_preview_has_what_the_page_says(database: str, tmp_path: Path) -> None:
    async with looking(database, tmp_path, queues=QUEUES) as (house, site):
        preview = await house.say(f"add {site.at('/queues')} tag:queues")

        said = text_of(preview)
        assert "Title: On queues\nSite: 127.0.0.1\nReading time: 6 min\nTags: queues" in said
        assert "The page says: Why they fill up." in said
        assert labels(preview) == ["Add", "Edit", "Use the description", "Cancel"]

        described = await house.press(button(preview, "Use the description"))
        assert labels(described) == ["Add", "Edit", "Cancel"]
        assert "Why they fill up." in str(card_of(described).blocks[-1])

        done = await house.press(button(described, "Add"))
        assert "#1 is on the list." in text_of(done)
        shown = text_of(await house.say("show #1"))
        assert "Reading time: 6 min" in shown
        assert "Why they fill up" in str((await house.say("show #1")).show)
        assert "On queues" in str((await house.say("list max:6m")).show)
        assert "No entry matches." in text_of(await house.say("list max:5m"))
        assert len(site.asked) == 1  # what was read is not fetched again


async def never(write: Write) -> None:
    await asyncio.sleep(30)
    await write(b"")


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (html("<title>Just a moment...</title>"), "The page is only shown to people."),
        (html("", status="403 Forbidden"), "The site does not show it to Dogear (403)."),
        (html("", status="404 Not Found"), "The page is gone (404)."),
        (html("<p>No title"), "The page has no title."),
        (html("%PDF", kind="application/pdf"), "It is not a web page."),
        (moved("http://10.0.0.1/"), "Dogear does not look at addresses like this one."),
        (never, "It did not answer within 5 seconds."),
    ],
)
async def test_a_page_that_cannot_be_read_never_blocks_adding(
    database: str, tmp_path: Path, page: Page, why: str
) -> None:
    async with looking(database, tmp_path, queues=page) as (house, site):
        asked = await house.say(f"add {site.at('/queues')} tag:queues")
        assert text_of(asked).splitlines()[:2] == ["I could not read the page; type the title.", why]
        assert labels(asked) == ["Type the title", "Cancel"]

        form = (await house.press(button(asked, "Type the title"))).show
        assert isinstance(form, Form)
        assert {field.name: field.value for field in form.fields}["url"] == site.at("/queues")
        assert {field.name: field.value for field in form.fields}["tag"] == "queues"
        typed = Call(path=("add",), arguments={**form.submit.arguments, "url": site.at("/queues"), "title": "Queues"})
        preview = await house.say(typed)
        done = await house.press(button(preview, "Add"))
        assert "#1 is on the list." in text_of(done)

        with_title = await house.say(f'add {site.at("/queues")}?x=1 title:"Other"')
        assert labels(with_title) == ["Add", "Edit", "Cancel"]


async def test_a_form_without_a_title_asks_for_it_at_its_field(database: str, tmp_path: Path) -> None:
    async with looking(database, tmp_path, queues=html("<p>No title")) as (house, site):
        asked = await house.say(f"add {site.at('/queues')}")
        form = (await house.press(button(asked, "Type the title"))).show
        assert isinstance(form, Form)

        again = await house.say(Call(path=("add",), arguments={**form.submit.arguments, "url": site.at("/queues")}))

        assert isinstance(again.show, Form)
        assert [field.name for field in again.show.fields if field.problem] == ["title"]


async def test_of_several_links_the_chosen_one_is_looked_at(database: str, tmp_path: Path) -> None:
    async with looking(database, tmp_path, queues=QUEUES, other=QUEUES) as (house, site):
        links = f"{site.at('/other')} {site.at('/queues')}"
        several = await house.say(Call(path=("add",), arguments={"url": links}))
        assert site.asked == []

        preview = await house.press(card_of(several).actions[1])

        assert "Title: On queues" in text_of(preview)
        assert [lines[0] for lines in site.asked] == ["GET /queues HTTP/1.1"]


async def test_nothing_is_fetched_that_need_not_be(database: str, tmp_path: Path) -> None:
    async with looking(database, tmp_path, queues=QUEUES) as (house, site):
        url = site.at("/queues")
        await house.say("settings adding curators")
        refused = await house.say(f"add {url}", role=Role.READER, by="ben")
        assert "Only curators" in text_of(refused)
        assert site.asked == []

        preview = await house.say(f"add {url}", again="typed:1")
        await house.say(f"add {url}", again="typed:1")
        await house.press(button(preview, "Add"))
        assert "It is #1 already." in text_of(await house.say(f"add {url}"))
        assert len(site.asked) == 1


async def test_nothing_is_fetched_unless_the_host_wants_it(database: str, tmp_path: Path) -> None:
    async with looking(database, tmp_path, "Caching", fetch=False, queues=QUEUES) as (house, site):
        asked = await house.say(f"add {site.at('/queues')}")
        assert "What is the title of the article?" in text_of(asked)
        assert "DOGEAR_FETCH" in text_of(await house.say("random max:10m"))
        assert house.club.linked_page_checks is None
        assert site.connections == 0


async def test_entries_of_the_list_get_their_reading_times_in_the_background(database: str, tmp_path: Path) -> None:
    async with looking(database, tmp_path, queues=QUEUES) as (house, site):
        house.reading_list.write_text(
            f"* [Queues]({site.at('/queues')})\n* [Gone]({site.at('/gone')})\n", encoding="utf-8"
        )
        await house.club.lists.use(house.team, [house.reading_list])
        checks = house.club.linked_page_checks
        assert checks is not None
        for _ in range(3):
            await checks.check()
        await checks.clean_up()

        assert [lines[0] for lines in site.asked] == ["GET /queues HTTP/1.1", "GET /gone HTTP/1.1"]
        assert "Reading time: 6 min" in text_of(await house.say("show #1"))
        assert "Reading time" not in text_of(await house.say("show #2"))
        assert "Queues" in text_of(await house.say("random max:10m"))
        await house.say("share #1")
        await house.wait(seconds=5)
        assert "6 min" in str(house.platform.posted)


async def test_curators_hear_of_a_dead_link_and_retire_it(database: str, tmp_path: Path) -> None:
    async with looking(database, tmp_path, queues=QUEUES) as (house, site):
        house.reading_list.write_text(
            f"* [Queues]({site.at('/queues')})\n* [Gone]({site.at('/gone')})\n", encoding="utf-8"
        )
        await house.club.lists.use(house.team, [house.reading_list])
        await house.say("schedule set mon 09:00 UTC")
        checks = house.club.linked_page_checks
        assert checks is not None
        for _ in range(4):
            await checks.check()
            await checks.check()
            await house.stage.settle()
            await house.jump(days=10)
            await house.say(f"add {site.at('/queues')}?fresh")
        await house.stage.settle()

        notices = [card for _, card in house.platform.told if "dead" in card.title]
        assert len(notices) == 1
        (retire,) = notices[0].actions
        assert (retire.label, retire.call.arguments["entry"]) == ("Retire", "#2")
        assert "#2 is off the list." in text_of(await house.press(retire))


@pytest.mark.parametrize("typed", ["https://wiki.example.org", "wiki.example.org/path", "a b", "*.example.org"])
def test_a_host_that_cannot_be_one_is_refused(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGEAR_FETCH_HOSTS", f"wiki.example.org, {typed}")

    with pytest.raises(BadConfig, match="DOGEAR_FETCH_HOSTS names") as refused:
        load()

    assert typed in str(refused.value.problems[0])


def test_allowed_hosts_may_have_a_port_and_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGEAR_FETCH_HOSTS", "Wiki.Example.org, 10.0.0.5:8080,, [::1]:80")

    assert load().fetch_hosts == ("wiki.example.org", "10.0.0.5:8080", "[::1]:80")


def test_a_missing_package_is_named_with_the_extra_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "bot.runtime.linked_page_reader", None)

    with pytest.raises(BadConfig) as refused:
        linked_page_reader(load(fetch=True))

    assert "pip install 'dogear-club[fetch]'" in refused.value.problems[0]
    assert linked_pages_line(load(fetch=True)) == (False, refused.value.problems[0])


@pytest.mark.parametrize(
    "words",
    [
        "[Buy](https://evil.example/a) now",
        "](https://evil.example/a) - [Buy](https://evil.example/b)",
        "- [Buy](https://evil.example/a)",
        "https://evil.example/a",
        "# Heading",
        "&lt;!channel&gt; @everyone &lt;script&gt;",
        "```",
        "--- title: x",
    ],
)
async def test_what_a_page_says_adds_one_entry_to_the_file_and_no_more(tmp_path: Path, words: str) -> None:
    page = html(f'<title>{words}</title><meta name="description" content="{words}">')
    async with looking(f"sqlite:///{tmp_path / 'dogear.db'}", tmp_path, "Caching", queues=page) as (house, site):
        await writing.write_to_file(house.club.runner, house.club.lists, house.team, None)
        preview = await house.say(f"add {site.at('/queues')}")
        if "Use the description" in labels(preview):
            preview = await house.press(button(preview, "Use the description"))
        await house.press(button(preview, "Add"))
        await house.stage.settle()

        read = read_path(house.reading_list, "list.md").entries

        assert [entry.url for entry in read] == ["https://example.org/caching", site.at("/queues")]
        assert read[1].title == unescape(words)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "Linked pages: not looked at (DOGEAR_FETCH is off)"),
        ({"fetch": True}, "Linked pages: looked at on the public web (DOGEAR_FETCH is on)"),
        (
            {"fetch": True, "fetch_hosts": ("wiki.example.org",)},
            "Linked pages: looked at on the public web (DOGEAR_FETCH is on), and hosts of your own network: wiki.example.org",
        ),
    ],
)
def test_the_doctor_says_whether_pages_are_looked_at(options: dict[str, object], line: str) -> None:
    assert linked_pages_line(load(**options)) == (True, line)
