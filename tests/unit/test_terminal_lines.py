"""The forms in which lines are understood."""

from datetime import time, timedelta

import pytest

from adapters.terminal.inbound import Advance, Enter, Press, Quit, Reaction, Say, Speak, Time, Until, Use, read
from bot.domain.errors import BadUsage
from bot.domain.ids import EntryNumber
from bot.domain.reading_state import ReadingState
from bot.domain.schedule import Weekday
from bot.domain.team import Role
from tests.fakes.core import CATALOGUE


def test_what_follows_the_command_word_is_left_to_the_core() -> None:
    assert read('/blog search caching tag:db "two  words"', "blog", CATALOGUE) == Use(
        typed='search caching tag:db "two  words"'
    )
    assert read("/Blog", "blog", CATALOGUE) == Use(typed="")


def test_the_command_word_is_a_setting() -> None:
    assert read("/club home", "club", CATALOGUE) == Use(typed="home")

    with pytest.raises(BadUsage):
        read("/blog home", "club", CATALOGUE)


@pytest.mark.parametrize("emoji", ["✅", "✅\ufe0f", "✅\ufe0e"])
def test_a_reaction_is_read_with_and_without_a_variation_selector(emoji: str) -> None:
    put = read(f"react {emoji} #12", "blog", CATALOGUE)

    assert put == Reaction(emoji="✅", meaning=ReadingState.READ, entry=EntryNumber(12), away=False)


def test_a_reaction_without_a_number_is_about_what_was_shown_last() -> None:
    taken = read("unreact 🔖", "blog", CATALOGUE)

    assert taken == Reaction(emoji="🔖", meaning=ReadingState.LATER, entry=None, away=True)


def test_a_speaker_is_a_reader_unless_said_otherwise() -> None:
    assert read("as ben", "blog", CATALOGUE) == Speak(name="ben", role=Role.READER)
    assert read("as @ben Admin", "blog", CATALOGUE) == Speak(name="ben", role=Role.ADMIN)


def test_channels_are_named_with_or_without_their_sign() -> None:
    assert read("in #books", "blog", CATALOGUE) == read("in books", "blog", CATALOGUE) == Enter(channel="books")


@pytest.mark.parametrize(
    ("typed", "by"),
    [
        ("clock +7d", timedelta(days=7)),
        ("clock +3h", timedelta(hours=3)),
        ("clock + 90m", timedelta(minutes=90)),
        ("clock +2W", timedelta(weeks=2)),
    ],
)
def test_time_is_let_pass_by_a_length(typed: str, by: timedelta) -> None:
    assert read(typed, "blog", CATALOGUE) == Advance(by=by)


def test_time_is_let_pass_until_a_weekday() -> None:
    until = read("clock mon 09:00 europe/berlin", "blog", CATALOGUE)

    assert until == Until(weekday=Weekday.MONDAY, at=time(9), zone="Europe/Berlin")


def test_a_number_alone_presses_the_button_of_that_number() -> None:
    assert read("2", "blog", CATALOGUE) == read("press 2", "blog", CATALOGUE)


def test_the_bare_word_clock_asks_for_the_time() -> None:
    assert read(" clock ", "blog", CATALOGUE) == Time()


def test_a_button_is_pressed_by_its_number() -> None:
    assert read("press 3", "blog", CATALOGUE) == Press(number=3)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("clock -1d", "only goes forward"),
        ("clock +0d", "not a period"),
        ("clock +9999999d", "not a period"),
        ("clock +366000m +1", "not a period"),
        ("clock soon", "Usage: "),
        ("clock soon 9", "not a weekday"),
        ("as", "Usage: "),
        ("as ben king", "not a role"),
        ("as ben reader please", "Usage: "),
        ("in", "Usage: "),
        ("in #", "Usage: "),
        ("press", "Usage: "),
        ("press two", "Usage: "),
        ("press ٣", "Usage: "),
        ("react", "Usage: "),
        ("react 🎉 #12", "means nothing here"),
        ("react ✅ twelve", "not an entry number"),
        ("sync now", "Usage: "),
    ],
)
def test_a_line_that_cannot_be_understood_says_why(typed: str, says: str) -> None:
    with pytest.raises(BadUsage, match=says):
        read(typed, "blog", CATALOGUE)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("search caching", "search caching"),
        ("blog search caching", "search caching"),
        ("/search caching", "search caching"),
        ("Home", "home"),
        ("schedule set mon", "schedule set mon"),
        ("help search", "help search"),
    ],
)
def test_the_command_word_and_the_slash_may_be_left_out(typed: str, meant: str) -> None:
    assert read(typed, "blog", CATALOGUE) == Use(typed=meant)


@pytest.mark.parametrize("typed", ["quit", "exit", "q", "Q", "bye", "/quit", "/exit", ":q"])
def test_every_usual_word_for_leaving_leaves(typed: str) -> None:
    assert read(typed, "blog", CATALOGUE) == Quit()


def test_what_is_said_keeps_its_blanks() -> None:
    assert read("say  two  words ", "blog", CATALOGUE) == Say(text="two  words")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/blgo search", "/blog search"),
        ("serch caching", "/blog search"),
        ("recat ✅ #12", "react"),
        ("something else", None),
    ],
)
def test_an_unknown_line_names_the_nearest_known_one(typed: str, meant: str | None) -> None:
    with pytest.raises(BadUsage) as refused:
        read(typed, "blog", CATALOGUE)

    assert refused.value.hint is not None
    assert (f"Did you mean “{meant}”?" in refused.value.hint) if meant else ("Did you mean" not in refused.value.hint)
