"""What every command of the catalogue keeps to, so that every platform can show it and every reader is helped."""

import re
from collections import Counter

import pytest

from bot.chat.command import CommandSpec, Param, Placement
from bot.chat.line import parse
from bot.commands.catalogue import CATALOGUE
from bot.commands.declare import bound, form_of
from bot.domain.team import Role
from bot.domain.value import Kind

MAX_DESCRIPTION = 100
NAME = re.compile(r"[-_a-z0-9]{1,32}")
MAX_OPTIONS = 25
MAX_CHARACTERS = 8000
"""Discord's limits for an application command, docs of August 2026; names and descriptions together in the last."""

every_command = pytest.mark.parametrize("spec", CATALOGUE, ids=lambda spec: spec.name)
every_parameter = pytest.mark.parametrize(
    "param",
    [pytest.param(param, id=f"{spec.name} {param.name}") for spec in CATALOGUE for param in spec.params],
)


def examples(spec: CommandSpec) -> list[str]:
    """The lines after “Examples:” up to the end of the sentence, which ends in a full stop and a blank."""
    found = re.findall(r"Examples?: (.+?)(?:\.\s|\.?$)", spec.details, re.DOTALL)
    return [example for lines in found for example in lines.split(" · ")]


@every_command
def test_the_summary_is_one_short_sentence(spec: CommandSpec) -> None:
    assert re.fullmatch(r"[A-Z].*[^.]\.", spec.summary)
    assert len(spec.summary) <= MAX_DESCRIPTION


@every_command
def test_the_help_of_a_command_has_no_exclamation_mark_and_no_line_breaks_within_a_sentence(spec: CommandSpec) -> None:
    told = [spec.summary, spec.details, *(param.summary for param in spec.params)]

    assert not any("!" in text for text in told)
    assert not re.search(r"[^\n]\n[^\n]", spec.details)


@every_command
def test_names_can_be_used_on_every_platform(spec: CommandSpec) -> None:
    assert 1 <= len(spec.path) <= 2
    assert all(NAME.fullmatch(word) for word in spec.path)
    assert len(spec.params) <= MAX_OPTIONS
    assert len({param.name for param in spec.params}) == len(spec.params)


@every_command
def test_required_parameters_come_before_those_that_may_be_left_out(spec: CommandSpec) -> None:
    required = [param.required for param in spec.params]

    assert required == sorted(required, reverse=True)


@every_command
def test_before_the_rest_of_a_line_comes_at_most_an_entry(spec: CommandSpec) -> None:
    placements = Counter(param.placement for param in spec.params)
    in_place = [param.kind for param in spec.params if param.placement is Placement.POSITION]

    assert placements[Placement.REST] <= 1
    assert not placements[Placement.REST] or in_place in ([], [Kind.ENTRY])


@every_parameter
def test_a_parameter_can_be_shown_on_every_platform(param: Param) -> None:
    assert NAME.fullmatch(param.name)
    assert re.fullmatch(r"[a-z].*[^.]", param.summary)
    assert len(param.summary) <= MAX_DESCRIPTION
    assert len(param.choices) <= MAX_OPTIONS


def test_no_path_is_declared_twice() -> None:
    assert [path for path, times in Counter(spec.path for spec in CATALOGUE).items() if times > 1] == []


def test_no_group_is_also_a_command() -> None:
    groups = {spec.path[:-1] for spec in CATALOGUE}

    assert groups & {spec.path for spec in CATALOGUE} == set()


def test_a_group_has_at_most_one_default() -> None:
    defaults = Counter(spec.path[:-1] for spec in CATALOGUE if spec.default)

    assert set(defaults.values()) == {1}
    assert () in defaults


def test_all_commands_together_fit_into_one_application_command() -> None:
    shown = [spec for spec in CATALOGUE if not spec.by_button]
    first_words = {spec.path[0] for spec in shown}
    groups = Counter(spec.path[0] for spec in shown if len(spec.path) > 1)
    characters = sum(
        len(spec.path[-1])
        + len(spec.summary)
        + sum(
            len(param.name)
            + len(param.summary)
            + sum(len(choice.label) + len(choice.value) for choice in param.choices)
            for param in spec.params
        )
        for spec in shown
    )

    assert len(first_words) <= MAX_OPTIONS
    assert max(groups.values()) <= MAX_OPTIONS
    assert characters <= MAX_CHARACTERS


@pytest.mark.parametrize(
    ("spec", "line"),
    [pytest.param(spec, line, id=line) for spec in CATALOGUE for line in examples(spec)],
)
def test_every_example_in_the_help_is_a_use_of_its_command(spec: CommandSpec, line: str) -> None:
    call = parse(CATALOGUE, line)

    assert call.path == spec.path
    assert set(bound(spec, call.arguments)) == set(call.arguments)


def test_there_are_examples_where_an_option_can_be_given_by_name() -> None:
    named = {
        spec.name for spec in CATALOGUE for param in spec.shown_params if param.placement is not Placement.POSITION
    }

    assert named - {spec.name for spec in CATALOGUE if examples(spec)} == set()


@every_command
def test_the_usage_of_a_command_begins_with_what_a_person_types(spec: CommandSpec) -> None:
    typed = spec.usage.replace("[", "").replace("]", "")

    assert typed.startswith(spec.name)
    assert all(param.required or "[" in spec.usage for param in spec.shown_params)
    assert not any(f"{param.name}:" in spec.usage for param in spec.params if param.hidden)


def test_what_changes_the_digest_or_the_schedule_is_for_admins() -> None:
    changing = {spec.name: spec.role for spec in CATALOGUE if spec.path[0] in {"digest", "schedule"} and spec.writes}
    by_whose_it_is = {
        "digest arrived",
        "digest again",
        "digest host",
        "digest ask",
        "digest in",
        "digest vote",
        "digest notes",
    }

    assert changing.pop("digest question") is Role.CURATOR  # it is about an entry, whatever the channel
    assert {role for name, role in changing.items() if name not in by_whose_it_is} == {Role.ADMIN}


def test_a_form_can_ask_for_what_its_command_needs() -> None:
    for spec in CATALOGUE:
        if spec.form:
            assert any(param.required for param in spec.params)
            assert [field.name for field in form_of(spec, {}).fields] == [param.name for param in spec.shown_params]
