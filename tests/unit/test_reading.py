"""Which reading state follows from what a member chose and from their reactions."""

from datetime import datetime, timedelta

import pytest

from bot.domain.reading_state import Choice, ReadingState, state_of
from tests.fakes.records import NOW, a_mark

UNREAD, LATER, READ = ReadingState.UNREAD, ReadingState.LATER, ReadingState.READ
EARLIER = NOW - timedelta(hours=1)
AFTERWARDS = NOW + timedelta(hours=1)


def test_an_entry_without_a_choice_or_a_mark_is_unread() -> None:
    assert state_of(None, []) is UNREAD


@pytest.mark.parametrize("meaning", [LATER, READ])
def test_a_reaction_sets_its_state(meaning: ReadingState) -> None:
    assert state_of(None, [a_mark(meaning)]) is meaning


def test_read_beats_later_whichever_came_last() -> None:
    read_then_later = [a_mark(READ, EARLIER), a_mark(LATER, NOW)]
    later_then_read = [a_mark(LATER, EARLIER), a_mark(READ, NOW)]

    assert state_of(None, read_then_later) is READ
    assert state_of(None, later_then_read) is READ


def test_removing_the_last_check_mark_falls_back_to_later_where_a_bookmark_is_live() -> None:
    marks = [a_mark(LATER, EARLIER), a_mark(READ, NOW, live=False)]

    assert state_of(None, marks) is LATER


def test_removing_the_last_check_mark_falls_back_to_unread_where_no_bookmark_is_live() -> None:
    marks = [a_mark(LATER, EARLIER, live=False), a_mark(READ, NOW, live=False)]

    assert state_of(None, marks) is UNREAD


def test_removing_one_of_two_check_marks_on_different_messages_changes_nothing() -> None:
    marks = [a_mark(READ, EARLIER, message="1"), a_mark(READ, NOW, message="2", live=False)]

    assert state_of(None, marks) is READ


@pytest.mark.parametrize("chosen", list(ReadingState))
@pytest.mark.parametrize("meaning", [LATER, READ])
def test_what_was_chosen_is_not_undone_by_removing_a_reaction(chosen: ReadingState, meaning: ReadingState) -> None:
    choice = Choice(state=chosen, at=NOW)

    assert state_of(choice, [a_mark(meaning, AFTERWARDS, live=False)]) is chosen


@pytest.mark.parametrize("chosen", list(ReadingState))
@pytest.mark.parametrize("at", [EARLIER, NOW])
def test_a_reaction_that_is_not_newer_than_the_choice_no_longer_counts(chosen: ReadingState, at: datetime) -> None:
    choice = Choice(state=chosen, at=NOW)

    assert state_of(choice, [a_mark(READ, at)]) is chosen


def test_a_reaction_after_a_choice_counts_again() -> None:
    choice = Choice(state=UNREAD, at=NOW)

    assert state_of(choice, [a_mark(LATER, AFTERWARDS)]) is LATER


def test_a_bookmark_does_not_take_back_what_was_typed_as_read() -> None:
    choice = Choice(state=READ, at=NOW)

    assert state_of(choice, [a_mark(LATER, AFTERWARDS)]) is READ
