"""What a person sees, compared with transcripts under tests/golden/terminal; GOLDEN=write makes them anew."""

import io
import os
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.style import Style

from adapters.local.view import View
from adapters.terminal import screens
from adapters.terminal.layout import Button, Look, Row, rows
from adapters.terminal.render import Paper, body, message
from adapters.terminal.screen import Shown, Step
from adapters.terminal.transcript import Printer, follows_links
from bot.domain.card import Card, Entries, Paragraph
from bot.domain.ids import Url
from bot.domain.text import Span, plain
from tests.fakes.core import NOW, FakeCore, FakeStage, NoVault, a_channel, an_entry
from tests.fakes.terminal import a_terminal, transcript

UTC = ZoneInfo("UTC")
GOLDEN = Path(__file__).parent.parent / "golden" / "terminal"


TRANSCRIPTS: dict[str, list[str]] = {
    "search": ["/blog search c"],
    "entry": ["/blog show #12"],
    "digest": ["clock +7d", "react ✅", "as ben", "/blog home"],
    "refusal": ["/blog show #99", "anounce", "react 🎉 #12", "press 3"],
    "form": ["/blog schedule set", "/blog schedule set mon 09:00"],
    "help": ["help", "quit"],
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
async def test_a_transcript_is_as_agreed(name: str) -> None:
    core = FakeCore([an_entry(), an_entry(7, "Clocks, and why not")] if name == "search" else None)
    stage = FakeStage(core)
    if name == "digest":
        stage.digests = [(NOW + timedelta(days=2), a_channel(), an_entry())]

    shown = await transcript(TRANSCRIPTS[name], core, stage)
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(shown, encoding="utf-8")

    assert shown == golden.read_text(encoding="utf-8")


def test_what_a_search_found_in_a_title_is_bold_and_nothing_else_of_it() -> None:
    found = an_entry(found=(Span("Caching", bold=True), Span(" at scale")))
    card = Card(title="Search", blocks=(Entries(items=(found, an_entry())),))

    shown = list(body(rows(card, View(zone=UTC, personal=True)), Paper(width=72)))

    styled = [
        [line.plain[span.start : span.end] for span in line.spans if isinstance(span.style, Style) and span.style.bold]
        for line in shown
        if line.plain.startswith("#12")
    ]
    assert styled == [["#12", "Caching"], ["#12", "Caching at scale"]]


async def test_a_tour_tells_what_comes_types_it_and_ends() -> None:
    core = FakeCore()
    sink = io.StringIO()
    steps = [Step(says="First, what is new.", line="/blog home"), Step(says="Then the time.", line="clock")]

    await a_terminal(screens.tour(steps, sink, 72), FakeStage(core)).run(core, NoVault())

    told = [line for line in sink.getvalue().splitlines() if line and not line.startswith("│")]
    assert told == [
        "First, what is new.",
        "ana #reading › /blog home",
        "Then the time.",
        "ana #reading › clock",
    ]


def a_message(card: Card, **how: object) -> Shown:
    known: dict[str, object] = {
        "card": card,
        "view": View(zone=ZoneInfo("UTC")),
        "buttons": (),
        "to": "only you",
        "private": True,
    }
    return Shown(**{**known, **how})  # type: ignore[arg-type]  # how are fields of the record


def lines(shown: Shown, width: int = 40) -> list[str]:
    return [line.plain.rstrip() for line in message(shown, Paper(width=width))]


def test_who_sees_it_stands_above_it() -> None:
    card = Card(title="Hello")

    assert lines(a_message(card)) == ["│ only you", "│ Hello"]
    assert lines(a_message(card, to="#reading", private=False)) == ["┃ #reading", "┃ Hello"]
    assert lines(a_message(card, to="#reading", private=False, thread="Caching")) == [
        "  ┃ #reading · in the thread “Caching”",
        "  ┃ Hello",
    ]
    assert lines(a_message(card, to="#reading", private=False, thread="", revised=True))[0] == (
        "  ┃ #reading · in a thread · changed"
    )


def test_a_button_that_fits_on_a_line_is_not_broken() -> None:
    row = Row(
        look=Look.BUTTONS,
        buttons=(
            Button(number=1, label="Read", line="/blog read 12", shown="/blog read 12"),
            Button(number=2, label="Notes", line="/blog show 12", shown="/blog show 12"),
        ),
    )

    assert [line.plain for line in body([row], Paper(width=34))] == [
        "[1] Read  /blog read 12",
        "[2] Notes  /blog show 12",
    ]


def test_wide_characters_take_the_cells_they_take() -> None:
    row = Row(look=Look.BODY, text=plain("漢字かな漢字かな ✅✅✅ 👩‍👩‍👧👩‍👩‍👧"))

    assert [line.plain for line in body([row], Paper(width=10))] == ["漢字かな漢", "字かな", "✅✅✅", "👩‍👩‍👧👩‍👩‍👧"]


def test_a_link_that_cannot_be_followed_shows_where_it_leads() -> None:
    text = (
        Span("the "),
        Span("long ", url=Url("https://e.org/x")),
        Span("survey", bold=True, url=Url("https://e.org/x")),
    )
    row = Row(look=Look.BODY, text=text)

    (plainly,) = body([row], Paper(width=60))
    (linked,) = body([row], Paper(width=60, links=True))

    assert plainly.plain == "the long survey (https://e.org/x)"
    assert linked.plain == "the long survey"


LONG = Url("https://example.org/" + "a-long-way/" * 9)


def test_a_long_address_is_never_broken() -> None:
    entry = Row(look=Look.LINK, indent=3, text=(Span(LONG, url=LONG),))
    note = Row(look=Look.NOTE, marker="•", text=(Span("the"), Span(" survey", url=LONG), Span(" and more")))

    for row in (entry, note):
        assert [LONG in line.plain for line in body([row], Paper(width=60))].count(True) == 1


def test_where_links_are_followed_a_long_address_takes_one_line() -> None:
    row = Row(look=Look.LINK, indent=3, text=(Span(LONG, url=LONG),))

    (line,) = body([row], Paper(width=60, links=True, shortens=True))

    assert (cell_len(line.plain), line.plain[-1]) == (60, "…")
    assert {span.style.link for span in line.spans if isinstance(span.style, Style)} == {LONG}


@pytest.mark.parametrize(
    ("variables", "followed"),
    [
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"VTE_VERSION": "7600", "TERM": "xterm-256color"}, True),
        ({"VTE_VERSION": "7600", "TERM": "tmux-256color"}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
    ],
)
def test_an_address_is_shortened_only_where_links_surely_work(variables: dict[str, str], followed: bool) -> None:
    assert follows_links(variables) is followed


def test_a_snippet_is_one_line_around_what_was_found() -> None:
    words = ("one two three four five six seven eight nine ten " * 3, "cache", " and more words after it" * 3)
    row = Row(look=Look.SNIPPET, indent=3, text=(Span(words[0]), Span(words[1], bold=True), Span(words[2])))

    (line,) = body([row], Paper(width=50))

    assert "cache" in line.plain
    assert (line.plain.strip()[0], line.plain[-1]) == ("…", "…")
    assert cell_len(line.plain) <= 50


async def test_people_speak_in_the_thread_of_the_newest_post() -> None:
    core = FakeCore()
    stage = FakeStage(core)
    stage.digests = [(NOW + timedelta(days=2), a_channel(), an_entry())]

    shown = await transcript(["say Anyone here?", "clock +2d", "as ben", "say So [bold]true[/bold]."], core, stage)

    assert "┃ ana · Mon 23 Nov, 08:30\n┃ Anyone here?\n" in shown
    assert "  ┃ ben · in the thread · Wed 25 Nov, 08:30\n  ┃ So [bold]true[/bold].\n" in shown


def test_of_a_changed_post_only_the_change_is_printed_again() -> None:
    sink = io.StringIO()
    printer = Printer(sink, 60)
    first = Card(title="", entry=an_entry(), blocks=(Paragraph(text=plain("The notes.")),))
    changed = Card(title="", entry=an_entry(), blocks=(*first.blocks, Paragraph(text=plain("Read by 2."), quiet=True)))

    printer.show(a_message(first, id="m", private=False))
    printer.show(a_message(changed, id="m", private=False, revised=True))

    again = sink.getvalue().rpartition("changed\n")[2]
    assert again == "┃ #12 Caching at scale\n┃ Read by 2.\n\n"


def on_a_terminal(card: Card, monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name in ("NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    sink = io.StringIO()
    Printer(sink, 60).show(a_message(card))
    return sink.getvalue()


LINKED = Card(
    title="[bold]Data[/bold]",
    blocks=(
        Entries(items=(an_entry(),)),
        Paragraph(text=(Span("see", url=Url("https://e.org/x")), Span("bad", url=Url("javascript:alert(1)")))),
    ),
)


def test_links_can_be_followed_on_a_terminal_with_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_a_terminal(LINKED, monkeypatch)

    assert ";https://e.org/x\x1b\\" in shown
    assert ";https://example.org/12\x1b\\" in shown
    assert "https://example.org/12\x1b[0m" in shown
    assert ";javascript" not in shown


def test_no_color_means_no_colour_and_no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_a_terminal(LINKED, monkeypatch, NO_COLOR="1")

    assert "\x1b]8" not in shown
    assert "\x1b[3" not in shown
    assert "(https://e.org/x)" in shown


def test_markup_in_the_list_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "[bold]Data[/bold]" in on_a_terminal(LINKED, monkeypatch)
