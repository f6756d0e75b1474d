"""The question of a thread: quoted from the notes, or from the bank."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.question import BANK, GENERAL, NOT_AGAIN, from_bank, kind_of, quoted
from store.lists.notes import tree
from tests.fakes.records import an_entry

ALL = [*GENERAL, *(question for questions in BANK.values() for question in questions)]


def asked(*lines: str) -> str | None:
    return quoted(tree("\n".join(lines)))


@pytest.mark.parametrize(
    ("notes", "question"),
    [
        (
            ["* **Make the change easy first.** Then make the easy change and ship it."],
            "“Make the change easy first.” Where does this hold for us, and where does it not?",
        ),
        (
            ["* A note.", "* Prefer a queue instead of a shared table."],
            "“Prefer a queue instead of a shared table.” When would you do it the other way round?",
        ),
        (
            ["1. First.", "    * Projects fail late because nobody asks early. More follows."],
            "“Projects fail late because nobody asks early.” Do you agree with the reason?",
        ),
        (
            ['"Teams should own what they build."'],
            "“Teams should own what they build.” Where does this hold for us, and where does it not?",
        ),
        (
            ["Never store secrets in images"],
            "“Never store secrets in images” Where does this hold for us, and where does it not?",
        ),
    ],
)
def test_a_question_quotes_the_notes_word_for_word(notes: Sequence[str], question: str) -> None:
    assert asked(*notes) == question


@pytest.mark.parametrize(
    "line",
    [
        "A short note.",
        "**Bold** is one word of this sentence here.",
        "**A lead that nothing follows at all**",
        "because nobody asks early, projects fail late.",
        "It works because nobody asks early in it.",
        "Projects fail (late because nobody asks early.",
        "Explains how to use a queue instead of a table.",
        "Other plans fail late because nobody asks early.",
        "Every value should instead have a type.",
        "A game whose clues are patterns that must be matched.",
        "Must watch for everybody in the first year.",
        "Why do projects fail because nobody asks early?",
        "Projects fail late because of https://example.org and others.",
        "Use `a` {because} of the configuration of it all.",
        "Projects fail late because, e.g.",
        f"Projects fail late because {'x' * 300}.",
        "> Projects fail late because nobody asks early.",
        "# Projects fail late because nobody asks early.",
        "```\nProjects fail late because nobody asks early.\n```",
    ],
)
def test_what_cannot_stand_alone_is_not_quoted(line: str) -> None:
    assert asked(line) is None


def test_the_bank_has_a_question_for_every_kind_and_none_twice() -> None:
    assert len(ALL) == len(set(ALL)) >= 24
    assert all(question.endswith("?") and question[0].isupper() for question in ALL)
    assert len(GENERAL) > NOT_AGAIN


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"tags": ("Paper",)}, "paper"),
        ({"tags": (), "section": ("Reading", "Post-mortems and outages")}, "incident"),
        ({"tags": (), "section": ("Videos",)}, "talk"),
        ({"tags": (), "section": (), "title": "A guide to retries"}, "guide"),
        ({"tags": (), "section": (), "title": "Caching", "url": "https://github.com/a/b"}, "tool"),
        ({"tags": ("caching",), "section": (), "title": "Caching"}, None),
    ],
)
def test_the_kind_of_an_article_follows_from_what_the_list_says(changes: dict[str, object], kind: str | None) -> None:
    assert kind_of(replace(an_entry(), **changes)) == kind  # type: ignore[arg-type] # changes are fields of the record


def test_a_question_of_the_bank_fits_the_kind_and_is_not_one_of_the_last_eight() -> None:
    paper = replace(an_entry(), tags=("paper",))
    lately: list[str] = []
    for week in range(60):
        question = from_bank(paper, lately[-NOT_AGAIN:], f"1:{week}")
        assert question not in lately[-NOT_AGAIN:]
        assert question in {*BANK["paper"], *GENERAL}
        assert question == from_bank(paper, lately[-NOT_AGAIN:], f"1:{week}")
        lately.append(question)

    assert lately[0] in BANK["paper"]
    assert len(set(lately)) > NOT_AGAIN
