"""Whose clock is wrong, and how far back to look for a post that may be there."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from adapters.slack.clock_skew import WRONG_FOR, Skew

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_skew(*said: datetime, ours: Sequence[datetime] = (NOON,)) -> Skew:
    """After these answers of Slack's, read while our clock showed each of `ours`, the last of them still."""
    shown = list(ours)
    skew = Skew(lambda: shown[0])
    for moment in said:
        skew.heard({"date": format_datetime(moment, usegmt=True)})
        if len(shown) > 1:
            shown.pop(0)
    return skew


def test_a_clock_that_is_ahead_of_slacks_looks_as_much_further_back() -> None:
    assert a_skew(NOON - HOUR).theirs(NOON - HOUR) == NOON - 2 * HOUR


def test_a_clock_that_is_right_or_behind_looks_where_it_is_told() -> None:
    assert a_skew(NOON + HOUR).theirs(NOON - HOUR) == NOON - HOUR
    assert a_skew().theirs(NOON - HOUR) == NOON - HOUR


def test_a_clock_that_is_right_again_still_looks_where_it_was_wrong() -> None:
    skew = a_skew(NOON, ours=(NOON + HOUR, NOON + 3 * HOUR))

    assert skew.theirs(NOON + HOUR) == NOON


def test_what_was_noted_by_a_clock_that_is_set_back_since_is_looked_for_a_day_back() -> None:
    assert a_skew().theirs(NOON + HOUR) == NOON - WRONG_FOR


def test_an_answer_without_a_date_that_can_be_read_tells_nothing() -> None:
    skew = a_skew()
    skew.heard({})
    skew.heard({"Date": "soon"})

    assert skew.theirs(NOON - HOUR) == NOON - HOUR
