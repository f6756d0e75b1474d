"""Words and numbers that are in databases, backups and cards already: a later version has to know each of them."""

from enum import Enum

import pytest

from bot.domain.card import Tone
from bot.domain.delivery import DUPLICATE_REPAIRED, REMOVED, SHARE, State, Step
from bot.domain.digest import Outcome
from bot.domain.featuring import Why
from bot.domain.linked_page import Seen
from bot.domain.notes import NoteKind
from bot.domain.reading_state import ReadingState
from bot.domain.schedule import Weekday
from bot.domain.source import Severity, content_of
from bot.domain.team import Role
from bot.domain.web import Opens
from bot.domain.wire import VERSION
from tests.fakes.kept import a_read_entry

STORED: dict[type[Enum], set[str | int]] = {
    State: {"pending", "leased", "sending", "uncertain", "sent", "refused", "skipped", "needs_human"},
    Step: {"root", "thread", "reply", "seed", "notice", "event"},
    ReadingState: {"unread", "later", "read"},
    Outcome: {
        "posted",
        "skipped by an admin",
        "skipped because it was too late",
        "skipped because no entry was left to feature",
    },
    Why: {
        "picked by an admin",
        "voted for by members",
        "never featured here, and members put it in their queue",
        "new on the list",
        "never featured here",
        "everything on the list was featured; this one longest ago",
    },
    Seen: {"page", "wall", "other", "gone", "failed", "forbidden", "unknown"},
    Severity: {"error", "warning"},
    NoteKind: {"paragraph", "item", "quote", "code", "heading"},
    Tone: {"plain", "done", "warning", "refusal"},
    Opens: {"link", "session", "feed"},
    Role: {1, 2, 3},
    Weekday: {0, 1, 2, 3, 4, 5, 6},
}


@pytest.mark.parametrize("kind", STORED, ids=lambda kind: kind.__name__)
def test_what_is_stored_is_known_under_the_same_word(kind: type[Enum]) -> None:
    assert {one.value for one in kind} == STORED[kind]


def test_each_state_has_the_word_that_its_name_says() -> None:
    """Two words that were exchanged are still the same set."""
    for kind in (State, Step, ReadingState, Seen, Severity, NoteKind, Tone):
        assert {one.name.lower(): one.value for one in kind} == {one.value: one.value for one in kind}
    assert [role.name for role in sorted(Role)] == ["READER", "CURATOR", "ADMIN"]
    assert [day.name for day in sorted(Weekday)][:2] == ["MONDAY", "TUESDAY"]
    assert (Outcome.PLANNED, Outcome.SKIPPED) == ("posted", "skipped by an admin")
    assert (Outcome.LATE, Outcome.EMPTY) == (
        "skipped because it was too late",
        "skipped because no entry was left to feature",
    )


def test_other_stored_forms_are_as_they_were() -> None:
    assert (SHARE, VERSION) == ("share:", 1)
    assert (REMOVED, DUPLICATE_REPAIRED) == (
        "it was posted, and somebody has removed it since",
        "a doubled message was removed",
    )
    entry = a_read_entry("Title", "- Notes.", key="https://a.example/", tags=("db", "ops"), section=("A", "B"))
    assert content_of(entry) == "0c4e2d240884b72e54a038efa1211b76", "else every entry of every list is one that changed"
