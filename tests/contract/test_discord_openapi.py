"""What we send fits Discord's own description of it. Needs the file: DISCORD_OPENAPI=… make test-contract-discord."""

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord import forms, render, surface
from bot.commands.catalogue import CATALOGUE
from bot.domain.card import Card, Form
from tests.fakes import cards
from tests.fakes.discord_openapi import check

DESCRIPTION = os.environ.get("DISCORD_OPENAPI")
"""Discord's own, 1.2 MB, and no part of this project: whoever has it names it (make test-contract-discord)."""
pytestmark = pytest.mark.skipif(
    not DESCRIPTION, reason="DISCORD_OPENAPI names no file: make test-contract-discord says which one"
)
CALLBACK = "/interactions/1/token/callback"
NO_MENTIONS: dict[str, Any] = {"parse": []}


def test_the_commands_fit() -> None:
    check([("PUT", "/applications/1/commands", surface.commands(CATALOGUE, "blog"))])


@settings(max_examples=100, deadline=None)
@given(cards.cards, st.booleans())
def test_any_card_fits_as_a_post_and_as_an_answer(card: Card, delivered: bool) -> None:
    key = "k3y_of-a-delivery-24-abc"
    layouts = [render.message(card, key=key, word="blog")] if delivered else render.messages(card, word="blog")
    for layout in layouts:
        made: list[Any] = layout.to_components()  # type: ignore[no-untyped-call]  # the library's
        body = {"components": made, "flags": 1 << 15, "allowed_mentions": NO_MENTIONS}
        check([("POST", "/channels/1/messages", body | {"nonce": key, "enforce_nonce": True})])
        check([("POST", CALLBACK, {"type": 4, "data": body})])


@settings(max_examples=100, deadline=None)
@given(cards.forms)
def test_any_form_fits_as_a_modal(form: Form) -> None:
    shown = forms.modal(form)
    if shown is not None:
        check([("POST", CALLBACK, {"type": 9, "data": shown.to_dict()})])
