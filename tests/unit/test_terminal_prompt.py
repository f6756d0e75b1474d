"""The chat with a person, driven through a pipe in place of a keyboard."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from adapters.local.suggestions import for_value
from adapters.terminal.guided import Guided
from adapters.terminal.prompted import Prompted
from adapters.terminal.screen import Step
from adapters.terminal.suggestions import for_line
from bot.domain.card import Choice
from bot.domain.value import Kind
from tests.fakes.core import FakeCore, FakeStage, NoVault
from tests.fakes.terminal import a_terminal

TAB, CLEAR, LEAVE = "\t", "\x03", "\x04"


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        yield keys


async def chat(keyboard: PipeInput, typed: str, core: FakeCore, history: Path | None = None) -> str:
    """What is shown when a person types this; the chat ends by itself."""
    sink = io.StringIO()
    keyboard.send_text(typed)
    screen = Prompted(history, sink, 72)
    await a_terminal(screen, FakeStage(core)).run(core, NoVault())
    return sink.getvalue()


async def test_a_typed_line_is_answered_until_the_person_leaves(keyboard: PipeInput) -> None:
    shown = await chat(keyboard, f"/blog home\rquit\r{LEAVE}", FakeCore())

    assert "│ Your reading" in shown
    assert "│ Goodbye." in shown


async def test_a_pasted_block_is_carried_out_line_by_line(keyboard: PipeInput) -> None:
    core = FakeCore()

    shown = await chat(keyboard, f"\x1b[200~/blog read 12\n\n/blog read 7\n\x1b[201~\r{LEAVE}", core)

    order = ["› /blog read 12", "#12 is read.", "› /blog read 7", "#7 is read."]
    assert sorted(order, key=shown.index) == order
    assert core.states.keys() == {("ana", 12), ("ana", 7)}


async def test_a_bare_number_presses_a_button(keyboard: PipeInput) -> None:
    core = FakeCore()

    await chat(keyboard, f"/blog search queues\r1\r{LEAVE}", core)

    assert ("ana", 7) in core.states


async def test_ctrl_c_clears_the_line_and_leaves_at_an_empty_one(keyboard: PipeInput) -> None:
    core = FakeCore()

    await chat(keyboard, f"/blog read 12{CLEAR}/blog read 7\r{CLEAR}", core)

    assert list(core.states) == [("ana", 7)]


async def test_a_form_refuses_at_the_field_and_asks_for_it_again_before_the_next(keyboard: PipeInput) -> None:
    core = FakeCore()
    again = "\x15"

    shown = await chat(keyboard, f"/blog schedule set\rsomeday\r{again}mon\r{again}\r{again}09:00\r\r{LEAVE}", core)

    assert "“someday” is not a weekday." in shown
    assert "Time is needed." in shown
    assert len(core.invocations) == 2, "the command, and the form once it was whole"
    assert "│ The digest comes on Monday at 09:00." in shown


async def test_leaving_a_form_shows_the_line_that_does_the_same(keyboard: PipeInput) -> None:
    core = FakeCore()

    shown = await chat(keyboard, f"/blog schedule set\r{CLEAR}/blog home\r{LEAVE}", core)

    assert "Type it in one line: /blog schedule set mon|tue 09:00" in shown
    assert len(core.invocations) == 2


async def test_what_was_typed_is_there_in_the_next_chat(keyboard: PipeInput, tmp_path: Path) -> None:
    history = tmp_path / "kept" / "history"
    core = FakeCore()

    await chat(keyboard, f"/blog read 7\r{LEAVE}", core, history)
    await chat(keyboard, f"\x1b[A\r{LEAVE}", core, history)

    assert len(core.invocations) == 2


async def test_a_chat_does_not_need_its_history(keyboard: PipeInput, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    core = FakeCore()

    await chat(keyboard, f"/blog read 7\r{LEAVE}", core, tmp_path / "file" / "history")

    assert core.states


WEEK = (
    Step(says="", line="as ben", hidden=True),
    Step(says="Ben looks around.", line="/blog home", waits=True),
    Step(says="He reads one.", line="/blog read 12", waits=True),
    Step(says="Now you.", line="as you admin", hidden=True, always=True),
)


async def guided(keyboard: PipeInput, typed: str, core: FakeCore) -> str:
    sink = io.StringIO()
    keyboard.send_text(typed)
    await a_terminal(Guided(WEEK, None, sink, 72), FakeStage(core)).run(core, NoVault())
    return sink.getvalue()


async def test_a_guided_week_goes_on_with_enter_and_ends_in_a_chat(keyboard: PipeInput) -> None:
    core = FakeCore()

    shown = await guided(keyboard, f"\r\r/blog read 7\r{LEAVE}", core)

    assert core.states.keys() == {("ben", 12), ("you", 7)}
    order = ["Ben looks around.", "ben #reading › /blog home", "He reads one.", "Now you.", "Type /blog help"]
    assert sorted(order, key=shown.index) == order
    assert "Now speaking" not in shown


async def test_one_key_skips_a_guided_week(keyboard: PipeInput) -> None:
    core = FakeCore()

    shown = await guided(keyboard, f"s/blog read 7\r{LEAVE}", core)

    assert core.states.keys() == {("you", 7)}
    assert "He reads one." not in shown
    assert "Now you." in shown


async def test_a_line_typed_in_a_pause_is_carried_out(keyboard: PipeInput) -> None:
    core = FakeCore()

    shown = await guided(keyboard, f"/blog read 7\r\r{LEAVE}", core)

    assert core.states.keys() == {("ben", 7), ("ben", 12)}
    assert "Now you." not in shown


class Around:
    """What a person at the keyboard has around them, without the keyboard."""

    command = "blog"
    catalogue = FakeCore.catalogue
    place = "ana #reading"
    clock = "noon"

    async def complete(self, kind: Kind, typed: str) -> list[Choice]:
        known = {Kind.ENTRY: "#12", Kind.TAG: "caching", Kind.ZONE: "Europe/Berlin", Kind.CHANNEL: "#books"}
        return [Choice(value=known[kind], label="")] if kind in known else []


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("", ["/blog", "react", "unreact", "say", "press", "as", "in", "clock", "sync", "help", "quit"]),
        ("/b", ["/blog"]),
        ("rea", ["react"]),
        ("react ", ["✅", "🔖", "💡", "🎤"]),
        ("react ✅ #", ["#12"]),
        ("as ben c", ["curator"]),
        ("in #", ["#books"]),
        ("clock +", ["+7d", "+1d", "+3h"]),
        ("quit ", []),
        ("/blog ", ["home", "search", "show", "read", "share", "schedule", "announce"]),
        ("/blog sh", ["show", "share"]),
        ("/blog schedule ", ["set"]),
        ("/blog show ", ["#12"]),
        ("/blog search ", ["tag:"]),
        ("/blog search words t", ["tag:"]),
        ("/blog search tag:ca", ["caching"]),
        ("/blog search tag:db ", []),
        ("/blog search zone:Eu", ["Europe/Berlin"]),
        ("/blog schedule set ", ["mon", "tue"]),
        ("/blog schedule set t", ["tue"]),
        ("/blog schedule set mon 09:00 Eu", ["Europe/Berlin"]),
        ("/blog schedule set zone:Eu", ["Europe/Berlin"]),
        ("/blog nonsense ", []),
    ],
)
async def test_what_can_be_typed_next_is_suggested(typed: str, suggested: list[str]) -> None:
    found = await for_line(Around(), typed)

    assert [choice.value for choice in found.choices] == suggested


async def test_a_suggestion_takes_the_place_of_the_value_and_not_of_its_name() -> None:
    by_name = await for_line(Around(), "/blog search tag:ca")
    by_place = await for_line(Around(), "/blog show #1")

    assert (by_name.replaces, by_place.replaces) == (len("ca"), len("#1"))


@pytest.mark.parametrize("typed", ["Dat", '"Dat'])
async def test_a_value_of_several_words_is_suggested_in_quotes(typed: str) -> None:
    class Sections(Around):
        async def complete(self, kind: Kind, typed: str) -> list[Choice]:
            assert typed == "Dat"
            return [Choice(value="Data stores", label="")]

    found = await for_line(Sections(), f"/blog search tag:{typed}")

    assert [choice.value for choice in found.choices] == ['"Data stores"']
    assert found.replaces == len(typed)


async def test_a_field_suggests_its_own_choices_or_what_the_core_knows() -> None:
    fixed = await for_value(Around(), Kind.WEEKDAY, [Choice(value="mon", label="Monday")], "m")
    known = await for_value(Around(), Kind.TAG, (), "c")

    assert [choice.value for choice in fixed.choices] == ["mon"]
    assert [choice.value for choice in known.choices] == ["caching"]


async def test_completion_puts_in_what_is_suggested(keyboard: PipeInput) -> None:
    core = FakeCore()

    screen = Prompted(sink=io.StringIO(), width=72)

    def go_on(buffer: Buffer) -> None:
        if buffer.text == "/blog announce":
            keyboard.send_text(f"\r{LEAVE}")

    screen._session.default_buffer.on_text_changed += go_on
    keyboard.send_text(f"/blog ann{TAB}")
    await a_terminal(screen, FakeStage(core)).run(core, NoVault())

    assert [used.call for used in core.invocations] == ["announce"]
