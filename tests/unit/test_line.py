"""What a typed line means."""

import pytest

from bot.chat.command import CommandSpec
from bot.chat.line import parse, render, spec_of
from bot.commands.catalogue import CATALOGUE
from bot.domain.card import Call
from bot.domain.errors import BadUsage


def call(*path: str, **arguments: str) -> Call:
    return Call(path=path, arguments={name.removesuffix("_"): value for name, value in arguments.items()})


def refused(typed: str) -> BadUsage:
    with pytest.raises(BadUsage) as caught:
        parse(CATALOGUE, typed)
    return caught.value


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", call("home")),
        ("   ", call("home")),
        ("digest", call("digest", "preview")),
        ("digest #reading", call("digest", "preview", channel="#reading")),
        ("digest channel:reading", call("digest", "preview", channel="reading")),
        ("schedule", call("schedule", "list")),
        ("stats", call("stats", "me")),
        ("settings", call("settings", "show")),
    ],
)
def test_a_default_may_be_left_out(typed: str, meant: Call) -> None:
    assert parse(CATALOGUE, typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("HOME", call("home")),
        ("Schedule PAUSE 2w", call("schedule", "pause", period="2w")),
        ("show ENTRY:#12", call("show", entry="#12")),
        ("List Is:later", call("list", is_="later")),
        ("Search Page:2 Caching", call("search", page="2", query="Caching")),
    ],
)
def test_the_case_of_command_words_and_option_names_does_not_count(typed: str, meant: Call) -> None:
    assert parse(CATALOGUE, typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("show #12", call("show", entry="#12")),
        ("  show\t#12 \n", call("show", entry="#12")),
        ("digest pick #12 #reading", call("digest", "pick", entry="#12", channel="#reading")),
        ("digest pick caching at scale #reading", call("digest", "pick", entry="caching at scale", channel="#reading")),
        ("read #5 #6", call("read", entry="#5 #6")),
        ("later #1, #2", call("later", entry="#1, #2")),
        ("show # 12", call("show", entry="# 12")),
        ("show #4 The #1 rule", call("show", entry="#4 The #1 rule")),
        ("random tag:“two words”", call("random", tag="two words")),
        ("schedule set every monday at 9", call("schedule", "set", weekday="every monday", at="at 9")),
        ("schedule set 9:30 pm mon New York", call("schedule", "set", at="9:30 pm", weekday="mon", zone="New York")),
        ("schedule set mon 9 #a", call("schedule", "set", weekday="mon", at="9", channel="#a")),
        ("schedule set mon 9 Atlantis", call("schedule", "set", weekday="mon", at="9", zone="Atlantis")),
        ("schedule pause until 4 jan 2027 #a", call("schedule", "pause", period="until 4 jan 2027", channel="#a")),
        ("schedule holidays DE skip", call("schedule", "holidays", region="DE", then="skip")),
        ("digest skip #a 2026-12-24", call("digest", "skip", channel="#a", day="2026-12-24")),
        ("digest skip 2026-12-24", call("digest", "skip", day="2026-12-24")),
        ("skip 2026-12-24", call("digest", "skip", day="2026-12-24")),
        ("pause 2 weeks", call("schedule", "pause", period="2 weeks")),
        ("digest pick channel:reading #12", call("digest", "pick", entry="#12", channel="reading")),
        ("digest pick entry:12 #reading", call("digest", "pick", entry="12", channel="#reading")),
        ('random tag:"two words"', call("random", tag="two words")),
        (r'random tag:"a \"quote\" and a \\"', call("random", tag=r'a "quote" and a \\'[:-1])),
        ('show "12"', call("show", entry="12")),
        ('show "page:2"', call("show", entry="page:2")),
        ("random tag:tag:db", call("random", tag="tag:db")),
        ("random tag:", call("random", tag="")),
    ],
)
def test_values_stand_in_their_place_or_after_their_name(typed: str, meant: Call) -> None:
    assert parse(CATALOGUE, typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("search", call("search")),
        ("search caching", call("search", query="caching")),
        ("search  two \n words", call("search", query="two words")),
        ("search one page:2 two", call("search", query="one two", page="2")),
        (r"search \page:2", call("search", query="page:2")),
        (r"search \\page:2", call("search", query=r"\page:2")),
        ("search pages:2 homepage:2", call("search", query="pages:2 homepage:2")),
        ('search "exact phrase" -redis tag:db', call("search", query='"exact phrase" -redis tag:db')),
        ('search "never closed', call("search", query='"never closed')),
        ("search query:x", call("search", query="query:x")),
        ("help schedule set", call("help", command="schedule set")),
    ],
)
def test_the_words_left_over_are_kept_as_they_are(typed: str, meant: Call) -> None:
    assert parse(CATALOGUE, typed) == meant


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("serach caching", "search"),
        ("shwo #12", "show"),
        ("uread #12", "unread"),
        ("shedule off", "schedule off"),
        ("schedule puase 2w", "schedule pause"),
        ("stas team", "stats team"),
        ("digest pik #12", "digest pick"),
        ("diegst", "digest preview"),
        ("HLEP", "help"),
    ],
)
def test_an_unknown_command_names_the_nearest(typed: str, nearest: str) -> None:
    assert refused(typed).hint == f"Did you mean “{nearest}”? “help” lists all commands."


def test_a_command_that_resembles_none_points_to_help() -> None:
    no = refused("xyzzy")

    assert no.message == "I don't know the command “xyzzy”."
    assert no.hint == "“help” lists all commands."


def test_a_word_that_may_not_follow_a_group_is_told_what_may() -> None:
    no = refused("stats foo")

    assert no.message == "I don't know the command “stats foo”."
    assert no.hint == "After “stats” comes one of: me, team. “help” lists all commands."


def test_an_unknown_word_after_a_group_is_named_with_it() -> None:
    assert refused("schedule frobnicate now").message == "I don't know the command “schedule frobnicate”."


@pytest.mark.parametrize("typed", ['show "12', 'random tag:"two words', 'digest pick #12 "', 'show 12"'])
def test_an_unclosed_quote_is_refused_with_the_usage(typed: str) -> None:
    no = refused(typed)

    assert no.message == "A quote is not closed."
    assert no.hint is not None
    assert no.hint.startswith("Usage: ")


@pytest.mark.parametrize(
    ("typed", "message", "usage"),
    [
        ("schedule off #a #b", "“schedule off” has no use for “#b”.", "Usage: schedule off [#channel]"),
        ("random db", "“random” has no use for “db”.", "Usage: random [tag:…] [max:10m]"),
        ("random colour:red", "“random” has no use for “colour:red”.", "Usage: random [tag:…] [max:10m]"),
        ("list tag:a tag:b", "“tag” is given twice.", "Usage: list [tag:…] [is:unread|later|read] [max:10m] [page:2]"),
        ("show #12 entry:13", "“entry” is given twice.", "Usage: show #12"),
    ],
)
def test_a_word_or_an_option_too_many_is_refused_with_the_usage(typed: str, message: str, usage: str) -> None:
    no = refused(typed)

    assert (no.message, no.hint) == (message, usage)


@pytest.mark.parametrize(
    ("meant", "line"),
    [
        (call("home"), "home"),
        (call("show", entry="#12"), "show #12"),
        (call("digest", "pick", entry="#12", channel="reading"), "digest pick #12 reading"),
        (call("digest", "pick", channel="reading"), "digest pick channel:reading"),
        (call("search", query="caching page:3 tag:db", page="2"), r"search page:2 caching \page:3 tag:db"),
        (call("random", tag="two words"), 'random tag:"two words"'),
        (call("schedule", "set", at="09:00"), "schedule set at:09:00"),
        (call("schedule", "set", weekday="mon", zone="UTC"), "schedule set mon zone:UTC"),
    ],
)
def test_a_call_is_written_as_a_person_would_type_it(meant: Call, line: str) -> None:
    assert render(CATALOGUE, meant) == line
    assert parse(CATALOGUE, line) == meant


@pytest.mark.parametrize("path", [(), ("nothing",), ("schedule",), ("schedule", "set", "more")])
def test_a_path_that_is_no_command_is_refused(path: tuple[str, ...]) -> None:
    with pytest.raises(BadUsage, match=r"I don.t know the command"):
        spec_of(CATALOGUE, path)


def test_a_call_with_an_option_that_the_command_lacks_cannot_be_written() -> None:
    with pytest.raises(BadUsage, match="“show” has no option “page”"):
        render(CATALOGUE, call("show", page="2"))


def test_without_a_default_for_nothing_an_empty_line_is_refused() -> None:
    catalogue = (CommandSpec(path=("show",), summary="Show."),)

    with pytest.raises(BadUsage, match=r"I don.t know the command"):
        parse(catalogue, "")
