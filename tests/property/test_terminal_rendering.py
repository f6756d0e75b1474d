"""Whatever a card holds, the terminal shows it whole, harmless and within its width."""

import io
import json
import re
import unicodedata
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from adapters.local.view import View
from adapters.terminal import cards as own
from adapters.terminal.desk import Desk
from adapters.terminal.json_lines import JsonLines
from adapters.terminal.layout import harmless, rows, unwrapped
from adapters.terminal.render import Paper, body, message
from adapters.terminal.screen import Shown
from adapters.terminal.transcript import PlainLines
from bot.chat.platform import Answer, Invocation
from bot.domain.card import Card, NoteTree, actions_of
from bot.domain.notes import lines
from tests.fakes.cards import cards, forms, note_trees
from tests.fakes.core import CATALOGUE, FakeCore, FakeStage, NoVault, a_channel
from tests.fakes.terminal import a_terminal, answers

UTC = ZoneInfo("UTC")
views = st.builds(View, zone=st.sampled_from((UTC, ZoneInfo("Asia/Kathmandu"))), personal=st.booleans())
papers = st.builds(Paper, width=st.integers(min_value=24, max_value=120), links=st.booleans())
BIDI = {*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
ESCAPES = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")

slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


class Keeper(PlainLines):
    """Keeps what is to be shown."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), io.StringIO())
        self.shown: list[Shown] = []

    def show(self, shown: Shown) -> None:
        self.shown.append(shown)


def offered(card: Card) -> Shown:
    """The card with its buttons numbered, as it comes to the screen."""
    keeper = Keeper()
    desk = Desk(keeper, "blog", UTC)
    desk.catalogue = CATALOGUE
    desk.answer(card, a_channel())
    return keeper.shown[0]


def dangerous(text: str) -> set[str]:
    return {each for each in text if each in BIDI or unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"}} - {"\n"}


def squeezed(text: str) -> str:
    return "".join(text.split())


def note_words(tree: NoteTree) -> list[str]:
    """Every word the notes hold as text of their own, in reading order."""
    spans = (span for line in lines(tree.blocks) for span in line.text if span.at is None and span.channel is None)
    return [word for span in spans for word in harmless(span.text).split()]


def assert_in_order(words: list[str], text: str) -> None:
    position = 0
    for word in words:
        found = text.find(word, position)
        assert found >= 0, f"{word!r} is missing from {text[position : position + 200]!r}"
        position = found + len(word)


@slow
@given(cards, papers)
def test_only_a_whole_address_is_wider_than_the_paper(card: Card, paper: Paper) -> None:
    wide = [line.plain for line in message(offered(card), paper) if cell_len(line.plain) > paper.width]

    assert not [line for line in wide if "://" not in line]


@slow
@given(cards, papers)
def test_nothing_a_terminal_would_obey_comes_through(card: Card, paper: Paper) -> None:
    sink = io.StringIO()
    console = Console(file=sink, force_terminal=True, color_system="truecolor", width=paper.width, highlight=False)

    for line in message(offered(card), paper):
        console.print(line, soft_wrap=True)

    assert not dangerous(ESCAPES.sub("", sink.getvalue()))


@slow
@given(note_trees, views, papers)
def test_every_word_of_every_note_is_shown_in_order(tree: NoteTree, view: View, paper: Paper) -> None:
    card = Card(title="", blocks=(tree,))

    shown = "".join(squeezed(line.plain) for line in body(rows(card, view), paper))

    assert_in_order(note_words(tree), shown)


@slow
@given(note_trees, views)
def test_every_word_of_every_note_is_told_in_order(tree: NoteTree, view: View) -> None:
    told = unwrapped(rows(Card(title="", blocks=(tree,)), view))

    assert not dangerous(told)
    assert_in_order(note_words(tree), squeezed(told))


@slow
@given(cards)
def test_every_button_is_shown_with_its_number(card: Card) -> None:
    shown = offered(card)

    text = "\n".join(line.plain for line in message(shown, Paper(width=80)))

    assert len(shown.buttons) == len(actions_of(card))
    assert all(f"[{button.number}]" in text for button in shown.buttons)


@slow
@given(forms)
def test_any_form_can_be_shown_as_text(form: Any) -> None:
    shown = offered(own.form(form, CATALOGUE, "blog"))

    assert not dangerous("\n".join(line.plain for line in message(shown, Paper(width=60))))


class OneCard(FakeCore):
    """Answers everything with one card."""

    def __init__(self, card: Card) -> None:
        super().__init__()
        self._card = card

    async def invoke(self, invocation: Invocation) -> Answer:
        return Answer(show=self._card)


class Poster(FakeStage):
    """Posts the same card, and a reply."""

    def __init__(self, core: FakeCore, card: Card) -> None:
        super().__init__(core)
        self._card = card

    async def settle(self) -> None:
        assert self.platform is not None
        root = await self.platform.post(a_channel(), self._card, key="root")
        thread = await self.platform.open_thread(root, self._card.title)
        await self.platform.post(a_channel(), self._card, key="reply", thread=thread)


SHAPE: dict[str, type] = {
    "input": str,
    "private": bool,
    "refusal": bool,
    "title": str,
    "text": str,
    "entries": list,
    "buttons": list,
    "posts": list,
}
POST: dict[str, type] = {"channel": str, "thread": bool, "title": str, "text": str, "entries": list, "buttons": list}
ENTRY: dict[str, type] = {"number": int, "title": str, "url": str, "state": str}
BUTTON: dict[str, type] = {"label": str, "line": str}


def assert_shaped(given: dict[str, Any], shape: dict[str, type]) -> None:
    assert {name: type(value) for name, value in given.items()} == shape
    for entry in given.get("entries", []):
        assert_shaped(entry, ENTRY)
        assert entry["state"] in {"unread", "later", "read"}
    for button in given.get("buttons", []):
        assert_shaped(button, BUTTON)
    for post in given.get("posts", []):
        assert_shaped(post, POST)


@slow
@given(cards)
async def test_an_answer_for_tools_has_the_documented_shape(card: Card) -> None:
    core = OneCard(card)

    (answer,) = await answers("/blog home", core=core, stage=Poster(core, card))

    assert_shaped(answer, SHAPE)
    assert [post["thread"] for post in answer["posts"]] == [False, True]
    assert answer["text"] == unwrapped(rows(card, View(zone=UTC)))
    assert not dangerous(json.dumps({**answer, "input": ""}, ensure_ascii=False))


@slow
@given(st.lists(st.one_of(st.text(), st.from_regex(r"(/blog|react|as|in|clock|press|quit) ?[^\n]{0,20}")), max_size=6))
async def test_every_line_that_is_not_blank_is_answered_once(typed: list[str]) -> None:
    source = "\n".join(line.encode(errors="replace").decode() for line in typed)
    sink = io.StringIO()
    core = FakeCore()

    await a_terminal(JsonLines(io.StringIO(source), sink), FakeStage(core)).run(core, NoVault())

    objects = [json.loads(line) for line in sink.getvalue().splitlines()]
    expected = [line.rstrip("\r") for line in source.split("\n") if line.strip()]
    left = next((number for number, line in enumerate(expected) if line.strip().lower() == "quit"), len(expected))
    assert [answer["input"] for answer in objects] == expected[: left + 1]
