"""How a command is derived from an annotated function, and how its values are read."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Annotated, cast

import pytest

from bot.chat.command import Param, Placement, Reply
from bot.chat.platform import Actor
from bot.commands.declare import Command, Turn, bound, command, form_of, named, position, rest
from bot.domain.card import Call, Card, Choice, Field
from bot.domain.errors import BadUsage, NotAllowed
from bot.domain.ids import ChannelRef, EntryNumber, InvocationId, WorkspaceRef
from bot.domain.reading_state import ReadingState
from bot.domain.schedule import Weekday
from bot.domain.team import Member, Role, Team
from bot.domain.value import Change, Kind, addressed
from bot.ports.store import Transaction
from tests.fakes.records import ANNA, CHANNEL, PLATFORM


@command("shelf", "put", role=Role.CURATOR, reply=Reply.PUBLIC, default=True, form="A shelf", writes=True)
def put(
    turn: Turn,
    entry: Annotated[tuple[EntryNumber | str, ...], position(Kind.ENTRY, "which entry")],
    is_: Annotated[ReadingState | None, named(Kind.STATE, "your state of it")] = None,
    note: Annotated[str, rest(Kind.TEXT, "what to say")] = "nothing",
) -> Card:
    """Put an entry on a shelf.

    The help goes on
    over two lines.

    And has a second paragraph.
    """
    return Card(title=f"{entry[0]} {is_} {note}")


@command("bare")
def bare(turn: Turn) -> Card:
    """Nothing to give."""
    return Card(title="bare")


def a_turn(channel: ChannelRef | None = CHANNEL) -> Turn:
    """A turn of a conversation whose transaction nobody touches."""
    unused = cast("Transaction", None)
    team = cast("Team", None)
    member = cast("Member", None)
    actor = Actor(account=ANNA, workspace=WorkspaceRef(PLATFORM, "terminal"), name="Anna")
    return Turn(
        tx=unused,
        team=team,
        member=member,
        role=Role.READER,
        actor=actor,
        channel=channel,
        invocation=InvocationId("1"),
        zone="UTC",
        own_zone=None,
        word="/blog",
        limits="",
        below=lambda _: 0,
        link=lambda _: None,
    )


def taking(kind: Kind) -> Command:
    """A command with one parameter of a kind."""
    spec = replace(
        bare.spec,
        params=(Param(name="value", kind=kind, summary="a value", required=True, placement=Placement.POSITION),),
    )
    return replace(bare, spec=spec)


def refused(kind: Kind, typed: str) -> BadUsage:
    with pytest.raises(BadUsage) as caught:
        bound(taking(kind).spec, {"value": typed})
    return caught.value


def test_a_command_is_what_its_declaration_says() -> None:
    spec = put.spec

    assert (spec.path, spec.name) == (("shelf", "put"), "shelf put")
    assert (spec.role, spec.reply, spec.default, spec.form, spec.writes) == (
        Role.CURATOR,
        Reply.PUBLIC,
        True,
        "A shelf",
        True,
    )


def test_the_first_line_of_the_docstring_is_the_summary_and_the_rest_the_help_in_paragraphs() -> None:
    assert put.spec.summary == "Put an entry on a shelf."
    assert put.spec.details == "The help goes on over two lines.\n\nAnd has a second paragraph."
    assert bare.spec.details == ""


def test_parameters_come_from_the_signature_and_the_turn_is_none_of_them() -> None:
    states = tuple(Choice(value=word, label=word) for word in ("unread", "later", "read"))

    assert put.spec.params == (
        Param(name="entry", kind=Kind.ENTRY, summary="which entry", required=True, placement=Placement.POSITION),
        Param(
            name="is",
            kind=Kind.STATE,
            summary="your state of it",
            required=False,
            placement=Placement.NAMED,
            choices=states,
        ),
        Param(name="note", kind=Kind.TEXT, summary="what to say", required=False, placement=Placement.REST),
    )


def test_the_usage_puts_in_brackets_what_may_be_left_out() -> None:
    assert put.spec.usage == "shelf [put] #12 [is:unread|later|read] [note]"


def test_a_command_is_carried_out_with_the_values_as_its_function_takes_them() -> None:
    card = put.run(a_turn(), {"entry": "#12", "is": "Later", "note": "two words"})

    assert card.title == "12 later two words"


def test_what_is_left_out_or_blank_takes_the_default() -> None:
    assert put.run(a_turn(), {"entry": "12"}).title == "12 None nothing"
    assert put.run(a_turn(), {"entry": "12", "is": " ", "note": ""}).title == "12 None nothing"


@pytest.mark.parametrize("arguments", [{}, {"entry": ""}, {"entry": "  "}])
def test_a_value_that_is_missing_is_named_with_the_usage(arguments: dict[str, str]) -> None:
    with pytest.raises(BadUsage) as caught:
        put.run(a_turn(), arguments)

    assert caught.value.message == "“shelf put” needs which entry."
    assert caught.value.hint == f"Usage: {put.spec.usage}"
    assert caught.value.field == "entry"


def test_a_value_that_cannot_be_read_names_its_parameter() -> None:
    with pytest.raises(BadUsage) as caught:
        put.run(a_turn(), {"entry": "…"})

    assert (caught.value.field, caught.value.hint) == (
        "entry",
        "Type its number, such as #12, its address or its title.",
    )


def test_an_option_that_the_command_lacks_is_refused() -> None:
    with pytest.raises(BadUsage, match="“bare” has no option “page”"):
        bare.run(a_turn(), {"page": "2"})


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (Kind.TEXT, " two words ", "two words"),
        (Kind.COMMAND, "schedule set", "schedule set"),
        (Kind.ENTRY, "#12 13", (12, 13)),
        (Kind.TAG, "#DB", "db"),
        (Kind.TAG, "machine learning", "machine learning"),
        (Kind.STATE, "READ", ReadingState.READ),
        (Kind.NUMBER, "3", 3),
        (Kind.CHANNEL, "#Reading", "Reading"),
        (Kind.CHANNEL, "C0123", "C0123"),
        (Kind.WEEKDAY, "mon", Weekday.MONDAY),
        (Kind.TIME, "9:30", time(9, 30)),
        (Kind.ZONE, "europe/berlin", "Europe/Berlin"),
        (Kind.PERIOD, "2w", timedelta(weeks=2)),
        (Kind.CHANGE, "Add", Change.ADD),
        (Kind.YES_NO, "Yes", True),
        (Kind.YES_NO, "no", False),
    ],
)
def test_each_kind_of_value_is_read_in_its_own_way(kind: Kind, typed: str, value: object) -> None:
    assert bound(taking(kind).spec, {"value": typed}) == {"value": value}


@pytest.mark.parametrize(
    "kind", [kind for kind in Kind if kind not in {Kind.TEXT, Kind.LONG_TEXT, Kind.COMMAND, Kind.TAGS, Kind.SECTION}]
)
def test_every_kind_but_words_refuses_what_it_cannot_be_and_names_the_parameter(kind: Kind) -> None:
    assert refused(kind, "#").field == "value"


@pytest.mark.parametrize(
    ("kind", "typed", "message", "hint"),
    [
        (Kind.STATE, "finished", "“finished” is not a reading state.", "Use unread, later or read."),
        (Kind.TAG, "#", "“#” is not a tag.", "“tags” shows every tag."),
        (Kind.CHANNEL, "#", "“#” is not a channel.", "Name one, such as #reading."),
    ],
)
def test_a_value_that_cannot_be_read_says_what_can(kind: Kind, typed: str, message: str, hint: str) -> None:
    no = refused(kind, typed)

    assert (no.message, no.hint) == (message, hint)


def test_a_form_asks_for_every_parameter_and_submits_to_its_command() -> None:
    form = form_of(put.spec, {"entry": "#12"})

    assert (form.title, form.submit) == ("A shelf", Call(path=("shelf", "put")))
    assert [field.name for field in form.fields] == ["entry", "is", "note"]
    assert form.fields[0] == Field(name="entry", label="Entry", kind=Kind.ENTRY, required=True, value="#12")
    assert [choice.value for choice in form.fields[1].choices] == ["unread", "later", "read"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadUsage) as caught:
        put.run(a_turn(), {"is": "finished"})

    form = form_of(put.spec, {"is": "finished"}, caught.value)

    assert [bool(field.problem) for field in form.fields] == [True, True, False]


def test_a_form_begins_with_what_is_set_now() -> None:
    filling = replace(put, fills=lambda _, __: {"entry": "#7", "note": "as before"})

    form = filling.form(a_turn(), {"entry": "#8"})

    assert [field.value for field in form.fields] == ["#8", "", "as before"]


def test_a_form_that_comes_back_says_at_the_field_what_was_wrong() -> None:
    problem = BadUsage("“x” is not an entry number.", hint="Type its number, such as #12.", field="entry")

    form = form_of(put.spec, {"entry": "x", "note": "kept"}, problem)

    assert [field.problem for field in form.fields] == [
        "“x” is not an entry number. Type its number, such as #12.",
        None,
        None,
    ]
    assert [field.value for field in form.fields] == ["x", "", "kept"]


def test_a_channel_that_is_named_is_one_of_the_same_workspace() -> None:
    assert a_turn().here("other") == ChannelRef(CHANNEL.workspace, "other")


def test_a_channel_may_be_named_with_its_workspace_which_must_be_the_same() -> None:
    assert a_turn().here(addressed(CHANNEL)) == CHANNEL

    with pytest.raises(NotAllowed):
        a_turn().here(addressed(ChannelRef(WorkspaceRef(PLATFORM, "another"), CHANNEL.id)))


def test_without_a_name_the_channel_is_this_one() -> None:
    assert a_turn().here(None) == CHANNEL


def test_where_there_is_no_channel_one_must_be_named() -> None:
    with pytest.raises(BadUsage) as caught:
        a_turn(channel=None).here(None)

    assert caught.value.field == "channel"
