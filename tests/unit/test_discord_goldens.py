"""The seed list's two entries with notes, rendered whole: every line in order, with its depth and its number.

Run with `GOLDEN=write` to write the files anew, and read the difference before it is committed.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.render import message, messages
from bot.commands.cards import entry_card
from bot.domain.digest import replies_of, shared_card
from bot.domain.entry import Entry
from bot.domain.ids import EntryId, EntryNumber, SourceId, TeamId
from bot.domain.notes import Notes, lines
from bot.domain.reading_state import ReadingState
from bot.domain.takeaway import Counts
from bot.domain.text import string
from store.lists.notes import tree
from store.lists.reading import read_path
from tests.fakes.records import LONG_AGO
from tests.fakes.server import SEED, read_aloud

QUESTION = "What would you take from this into our own work?"

GOLDEN = Path(__file__).parents[1] / "golden" / "discord"
KEY = "k3y_of-a-delivery-24-abc"


def seeded(number: int) -> Entry:
    """The entry as the list holds it."""
    read = read_path(SEED, "seed.md").entries[number - 1]
    return Entry(
        id=EntryId(number),
        team=TeamId(1),
        number=EntryNumber(number),
        url=read.url,
        key=read.key,
        title=read.title,
        notes=Notes(markdown=read.notes.markdown, tree=tree(read.notes.markdown)),
        tags=read.tags,
        section=read.section,
        source=SourceId(1),
        file="seed.md",
        line=read.line,
        added_at=LONG_AGO,
    )


def golden(name: str, layouts: Any) -> None:
    components: list[Any] = [layout.to_components() for layout in layouts]
    made = json.dumps(components, ensure_ascii=False, indent=1) + "\n"
    path = GOLDEN / f"{name}.json"
    if "GOLDEN" in os.environ:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [1, 6])
def test_an_answer_shows_every_line_of_notes_in_order_with_its_depth_and_number(number: int) -> None:
    entry = seeded(number)
    layouts: list[Any] = messages(entry_card(entry, ReadingState.UNREAD, all_notes=True), word="blog")

    golden(f"entry-{number}", layouts)
    made: list[Any] = [layout.to_components() for layout in layouts]
    shown = iter("\n".join(read_aloud(components) for components in made).splitlines())
    for line in lines(entry.notes.tree):
        wanted = "\u2003\u2003" * line.depth + " ".join(filter(None, [line.marker, string(line.text)]))
        assert any(got == wanted for got in shown), wanted


@pytest.mark.parametrize("number", [1, 6])
def test_a_post_shows_the_first_levels_and_its_thread_the_rest(number: int) -> None:
    entry = seeded(number)
    cards = [shared_card(entry, "ana", Counts(readers=2)), *replies_of(entry, QUESTION)]

    golden(f"post-{number}", [message(card, key=KEY, word="blog") for card in cards])
