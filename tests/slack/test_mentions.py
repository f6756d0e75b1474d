"""Nothing that a list or a person writes becomes live, wherever it is shown: every string at every place, and by chance."""

import itertools
import random as chance  # noqa: TID251 -- the same dice in every run
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.slack import forms, render
from bot.domain.card import Action, Call, Card, Choice, Entries, Field, Fields, Form, NoteTree, Paragraph
from bot.domain.ids import ChannelRef, PlatformName, Url, WorkspaceRef
from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.text import Span
from bot.domain.value import Kind
from tests.fakes.core import NOW, an_entry
from tests.fakes.slack import Json

MENTIONS = (
    "<!channel>", "<!here|x>", "<!everyone>", "<!subteam^S1>", "<!subteam^S1|@all>", "<@U1>", "<@W1|x>", "<#C1>", "<#C1|x>",
    "<!date^1^{date}|x>", "@everyone", "@channel", "&lt;!here&gt;", "&#60;!here&#62;", "&amp;lt;!here&amp;gt;", "\uff20channel",
    "\uff1c!channel\uff1e", "<!ch\u200bannel>", "<\u202e!channel>", "<https://evil.example|safe>", "<mailto:a@b.example|x>",
    "<tel:1|x>", ":tada:", "|<@U1>|", "]<!here>[", "&<!here>&amp;", "<<!here>>", "<!here", "!here>", "<",
)  # fmt: skip
SETTINGS: tuple[Callable[[str], str], ...] = (
    lambda mention: mention,
    lambda mention: f"`{mention}`",
    lambda mention: f"*_~{mention}~_*",
    lambda mention: f"![{mention}]({mention})",
    lambda mention: f"```\n{mention}\n```\n> {mention}",
    lambda mention: "x" * (render.MAX_TEXT - 5) + mention,
    lambda mention: "&" * 900 + mention,
)


def note(kind: NoteKind, words: str) -> Card:
    return Card(title="t", blocks=(NoteTree(blocks=(NoteBlock(kind=kind, text=(Span(words),)),)),))


def spanned(**about: Any) -> Card:
    return Card(title="t", blocks=(Paragraph(text=(Span(**about),)),))


def listed(**about: Any) -> Card:
    return Card(title="t", blocks=(Entries(items=(an_entry(**about),)),))


def asked(**about: Any) -> Form:
    known: dict[str, Any] = {"name": "tag", "label": "a tag", "kind": Kind.TEXT, "required": True}
    return Form(title="t", fields=(Field(**known | about),), submit=Call(path=("set",)))


HERE = WorkspaceRef(PlatformName("slack"), "T1")
PLACES: dict[str, Callable[[str], Card | Form]] = {
    "title": lambda words: Card(title=words),
    "paragraph": lambda words: spanned(text=words),
    "quiet paragraph": lambda words: Card(title="t", blocks=(Paragraph(text=(Span(words),), quiet=True),)),
    "bold": lambda words: spanned(text=words, bold=True),
    "code": lambda words: spanned(text=words, code=True),
    "label of a link": lambda words: spanned(text=words, url=Url("https://example.org")),
    "address of a link": lambda words: spanned(text="x", url=Url(f"https://example.org/{words}")),
    "words of a moment": lambda words: spanned(text=words, at=NOW),
    "name of a channel": lambda words: spanned(text="x", channel=ChannelRef(HERE, words)),
    "label of a field": lambda words: Card(title="t", blocks=(Fields(items=((words, (Span("x"),)),)),)),
    "value of a field": lambda words: Card(title="t", blocks=(Fields(items=(("x", (Span(words),)),)),)),
    "title of an entry": lambda words: Card(title="t", entry=an_entry(7, words)),
    "entry of a list": lambda words: listed(title=words),
    "tag of an entry": lambda words: listed(tags=(words,)),
    "line that was found": lambda words: listed(matched=(Span(words),), path=(words,)),
    "note": lambda words: note(NoteKind.ITEM, words),
    "heading of notes": lambda words: note(NoteKind.HEADING, words),
    "quote in notes": lambda words: note(NoteKind.QUOTE, words),
    "code in notes": lambda words: note(NoteKind.CODE, words),
    "label of a button": lambda words: Card(title="t", actions=(Action(label=words, call=Call(path=("tags",))),)),
    "argument of a button": lambda words: Card(
        title="t", actions=(Action(label="x", call=Call(path=("search",), arguments={"query": words})),)
    ),
    "title of a form": lambda words: Form(title=words, fields=(), submit=Call(path=("set",))),
    "label of a form's field": lambda words: asked(label=words),
    "value of a form's field": lambda words: asked(value=words),
    "problem of a form's field": lambda words: asked(problem=words),
    "choice of a form's field": lambda words: asked(choices=(Choice(value="x", label=words),)),
}


def sent(shown: Card | Form) -> list[Json]:
    """Every form in which Slack is given it."""
    if isinstance(shown, Form):
        return [forms.modal(shown, channel="C1")]
    found: list[Json] = [render.modal(shown, metadata="{}"), render.home([shown])]
    for personal in (True, False):
        made = render.message(shown, personal=personal)
        found.append({"text": made.text, "blocks": list(made.blocks)})
    return found


QUIET = re.compile(r"(?:[^<>&]|&amp;|&lt;|&gt;)*")
PARTS = {
    "modal", "home", "input", "section", "divider", "context", "actions", "button", "plain_text", "mrkdwn", "text", "link",
    "date", "channel", "rich_text", "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted",
    "plain_text_input", "static_select", "external_select", "conversations_select", "timepicker",
}  # fmt: skip


def live(part: Any) -> Iterator[str]:
    """What is not known to be quiet: markup in what Slack reads markup in, and every kind of part that we do not know."""
    if isinstance(part, list):
        for one in part:
            yield from live(one)
        return
    if not isinstance(part, dict):
        return
    kind = part.get("type", "message")
    if kind not in PARTS | {"message"}:
        yield f"a part of the kind {kind}"
    words = part.get("text")
    if kind in {"mrkdwn", "message"} and isinstance(words, str) and not QUIET.fullmatch(words):
        yield words
    if kind == "plain_text" and part.get("emoji") is not False:
        yield "emoji in plain text"
    if kind == "channel" and not re.fullmatch("[A-Z][A-Z0-9]+", part["channel_id"]):
        yield part["channel_id"]
    if kind == "link" and re.search(r"[<>|\s]", part["url"]):
        yield part["url"]
    for name, inner in part.items():
        if name not in {"filter", "style"} and not (name == "text" and isinstance(inner, str)):
            yield from live(inner)


@pytest.mark.parametrize("place", PLACES)
def test_no_mention_is_live_at_any_place(place: str) -> None:
    cases = list(itertools.product(MENTIONS, SETTINGS))
    assert len(PLACES) * len(cases) >= 5000

    for mention, setting in cases:
        body = sent(PLACES[place](setting(mention)))

        assert list(live(body)) == [], (mention, body)


FRAGMENTS = (
    *MENTIONS, "<", ">", "&", "|", "!", "@", "#", "^", "`", "```", "*", "_", "~", "\\", "\n", "\r", "\t", "\u2028", "\u200b", "\u202e",
    "\ud83d", "\U0001f44d\U0001f3fd", "\u0301", "&lt;", "&gt;", "&amp;", "&", "amp;", "lt;", "here", "channel", "https://", "C1", " ",
)  # fmt: skip
STRINGS = 100_000
TOGETHER = 50
"""So many fit into one message, its text included."""


def test_no_string_of_a_hundred_thousand_by_chance_is_live() -> None:
    dice = chance.Random(17)
    for _ in range(STRINGS // TOGETHER):
        strings = ["".join(dice.choices(FRAGMENTS, k=dice.randint(1, 12))) for _ in range(TOGETHER)]
        paragraphs = [Paragraph(text=tuple(map(Span, strings[first : first + 12]))) for first in range(0, TOGETHER, 12)]

        body = render.message(Card(title="t", blocks=tuple(paragraphs)), personal=False)

        assert len(body.text) < render.MAX_TEXT
        assert list(live([{"text": body.text, "blocks": list(body.blocks)}])) == []
