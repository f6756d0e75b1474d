"""Every limit of Discord's, and no live mention or unsafe link, for any card at all."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.discord import button_value, forms, render
from adapters.discord.markup import size
from adapters.discord.rows import LeftOut, Words, rows
from bot.domain.card import Action, Call, Card, Choice, Entries, Field, Form, NoteTree, Paragraph, Tone
from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.text import Span, plain
from bot.domain.value import Kind
from tests.fakes.cards import actions, cards, crowded
from tests.fakes.cards import forms as any_forms

TEXT, BUTTON, ROW, SECTION, CONTAINER = 10, 2, 1, 9, 17
"""Types of components; these and the limits below are Discord's documentation of August 2026, written down apart from
the renderer so that a slip there shows.
"""
MAX_COMPONENTS, MAX_TEXT = 40, 4000
MAX_INSIDE = {ROW: 5, SECTION: 3, CONTAINER: MAX_COMPONENTS}
MAX_LABEL, MAX_CUSTOM_ID = 80, 100
MAX_FIELDS, MAX_OPTIONS, MAX_MODAL_TITLE, MAX_FIELD_LABEL, MAX_FIELD_DESCRIPTION = 5, 25, 45, 45, 100

KEY = "k3y_of-a-delivery-24-abc"
HUGE = Card(
    title="x" * 5000,
    blocks=(
        Paragraph(text=plain("word " * 4000)),
        NoteTree(blocks=tuple(NoteBlock(kind=NoteKind.ITEM, marker="•", text=plain("*" * 600)) for _ in range(60))),
    ),
    actions=tuple(Action(label="y" * 300, call=Call(path=("show",), arguments={"entry": f"#{n}"})) for n in range(40)),
)
ODD = Card(title="@everyone", blocks=(Paragraph(text=(Span("<@1> @here", code=True), Span("é" * 9000, bold=True))),))

many_notes = st.builds(
    lambda words, left_out: Card(
        title="A card",
        blocks=(
            NoteTree(
                blocks=tuple(
                    NoteBlock(kind=NoteKind.ITEM, marker=f"{number}.", text=plain(f"{number} {'a' * length}"))
                    for number, length in enumerate(words, start=1)
                ),
                left_out=left_out,
            ),
            Paragraph(text=plain("after the notes")),
        ),
    ),
    words=st.lists(st.integers(min_value=0, max_value=400), min_size=60, max_size=120),
    left_out=st.integers(min_value=0, max_value=50),
)
"""Short lines, often more of them than one message holds."""


def written(layout: Any) -> list[dict[str, Any]]:
    components: list[dict[str, Any]] = layout.to_components()
    return components


def walked(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for component in components:
        yield component
        yield from walked(component.get("components", ()))
        if "accessory" in component:
            yield from walked([component["accessory"]])


def check_limits(components: Sequence[Mapping[str, Any]]) -> None:
    every = list(walked(components))
    assert len(every) <= MAX_COMPONENTS
    assert sum(size(one["content"]) for one in every if one["type"] == TEXT) <= MAX_TEXT
    ids = [one["custom_id"] for one in every if "custom_id" in one]
    assert len(set(ids)) == len(ids)
    for one in every:
        if one["type"] == TEXT:
            assert one["content"].strip()
        elif one["type"] == BUTTON:
            assert 0 < size(one["label"]) <= MAX_LABEL
            assert 0 < size(one["custom_id"]) <= MAX_CUSTOM_ID
        elif one["type"] in MAX_INSIDE:
            assert 0 < len(one["components"]) <= MAX_INSIDE[one["type"]]
    json.dumps(components, ensure_ascii=False).encode()


def check_harmless(components: Sequence[Mapping[str, Any]]) -> None:
    """A strict reader: nothing that could ping even inside of code, and no link but to the web."""
    for one in walked(components):
        text = one.get("content", "")
        assert not re.search(r"@(everyone|here)", text)
        assert not re.search(r"(?<!\\)<(@|#(?![0-9]{15,20}>)|/|id:|a?:)|<@[!&]?[0-9]", text)
        for target in re.findall(r"(?<!\\)\]\(<?([^>)]*)", text):
            assert re.match(r"https?://", target), target
        assert not re.search(r"[\u202a-\u202e\u200e\u200f\x00-\x08\x0e-\x1f]", text)


@pytest.mark.parametrize(
    ("tone", "colour"),
    [(Tone.PLAIN, None), (Tone.DONE, 0x2E7D32), (Tone.WARNING, 0xF9A825), (Tone.REFUSAL, 0xC62828)],
)
def test_the_edge_of_a_card_has_the_colour_of_its_tone(tone: Tone, colour: int | None) -> None:
    (container,) = written(render.message(Card(title="A", tone=tone), key=KEY, word="blog"))

    assert container.get("accent_color") == colour


@given(cards)
@example(HUGE)
@example(ODD)
def test_a_delivery_is_one_message_within_every_limit(card: Card) -> None:
    components = written(render.message(card, key=KEY, word="blog"))

    check_limits(components)
    check_harmless(components)
    carried = [button_value.press(one["custom_id"]) for one in walked(components) if "custom_id" in one]
    assert any(press is not None and press.key == KEY for press in carried)


@given(cards)
@example(HUGE)
@example(ODD)
def test_an_answer_is_as_many_messages_as_it_takes(card: Card) -> None:
    for layout in render.messages(card, word="blog"):
        check_limits(written(layout))
        check_harmless(written(layout))


@given(crowded)
def test_a_card_of_many_small_parts_keeps_every_limit_and_loses_no_entry(card: Card) -> None:
    answer = [written(layout) for layout in render.messages(card, word="blog")]

    for components in (*answer, written(render.message(card, key=KEY, word="blog"))):
        check_limits(components)
    shown = "".join(one["content"] for components in answer for one in walked(components) if one["type"] == TEXT)
    lines = [line for block in card.blocks if isinstance(block, Entries) for line in block.items]
    assert shown.count("Entry") == len(lines)


@given(cards)
def test_no_line_of_notes_is_lost_in_an_answer(card: Card) -> None:
    wanted = [row.markdown for row in rows(card, personal=True) if isinstance(row, Words) and row.note]
    shown = "\n".join(
        one["content"]
        for layout in render.messages(card, word="blog")
        for one in walked(written(layout))
        if one["type"] == TEXT
    )

    at = 0
    for line in wanted:
        found = shown.find(line, at)
        assert found >= 0
        at = found + len(line)


@given(many_notes)
def test_what_a_post_leaves_out_it_counts_once(card: Card) -> None:
    lines = [row for row in rows(card, personal=False) if isinstance(row, Words) and row.note and not row.goes_on]
    told = sum(block.left_out for block in card.blocks if isinstance(block, NoteTree))

    shown = "\n".join(
        one["content"] for one in walked(written(render.message(card, key=KEY, word="blog"))) if one["type"] == TEXT
    ).splitlines()

    counts = [line for line in shown if line.startswith("-# … ")]
    missing = told + sum(1 for row in lines if row.markdown not in shown)
    assert counts == ([LeftOut(lines=missing).markdown] if missing else [])


@given(actions, st.sampled_from(("", KEY)))
def test_a_press_means_what_the_button_meant(action: Action, key: str) -> None:
    carried = button_value.custom_id(action, key=key, number=3)

    if carried is not None:
        assert button_value.press(carried) == button_value.Press(key=key, replaces=action.replaces, call=action.call)


@given(any_forms)
def test_a_form_keeps_the_limits_of_a_modal(form: Form) -> None:
    shown = forms.modal(form)

    if shown is not None:
        made = shown.to_dict()
        assert 0 < size(made["title"]) <= MAX_MODAL_TITLE
        assert len(made["components"]) <= MAX_FIELDS
        for label in made["components"]:
            assert 0 < size(label["label"]) <= MAX_FIELD_LABEL
            assert size(label.get("description") or "") <= MAX_FIELD_DESCRIPTION
            assert len(label["component"].get("options", ())) <= MAX_OPTIONS
    for layout in render.messages(forms.as_card(form), word="blog"):
        check_limits(written(layout))


def test_a_form_as_large_as_a_modal_takes_is_shown_whole() -> None:
    choices = tuple(Choice(value=f"v{n}".ljust(100, "v"), label=f"l{n}".ljust(100, "l")) for n in range(MAX_OPTIONS))
    fields = tuple(
        Field(
            name=f"field{n}",
            label=f"L{n}".ljust(MAX_FIELD_LABEL, "l"),
            kind=Kind.STATE,
            required=True,
            choices=choices,
            problem="p" * MAX_FIELD_DESCRIPTION,
        )
        for n in range(MAX_FIELDS)
    )
    form = Form(title="t" * MAX_MODAL_TITLE, fields=fields, submit=Call(path=("show",)))

    shown = forms.modal(form)

    assert shown is not None
    made = shown.to_dict()
    assert made["title"] == form.title
    assert [(one["label"], one["description"]) for one in made["components"]] == [
        (field.label, field.problem) for field in fields
    ]
    for one in made["components"]:
        assert [(option["value"], option["label"]) for option in one["component"]["options"]] == [
            (choice.value, choice.label) for choice in choices
        ]
