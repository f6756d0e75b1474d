"""Reactions that arrive late, twice or in any order end in the same state (reliability R8, in small)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import MessageRef
from bot.domain.reading_state import Choice, Mark, ReadingState, state_of
from tests.fakes.records import NOW, a_mark

LATER, READ = ReadingState.LATER, ReadingState.READ


def kept(events: Iterable[Mark]) -> list[Mark]:
    """What the store keeps of these events (`bot.ports.readings.Readings.save_mark`): the newest of each reaction."""
    newest: dict[tuple[MessageRef, str], Mark] = {}
    for event in events:
        known = newest.setdefault((event.message, event.emoji), event)
        if event.at > known.at:
            newest[event.message, event.emoji] = event
    return list(newest.values())


seconds = st.integers(-100, 100).map(lambda number: NOW + timedelta(seconds=number))
marks = st.builds(
    a_mark, st.sampled_from([LATER, READ]), seconds, message=st.sampled_from(["1", "2"]), live=st.booleans()
)
events = st.lists(marks, max_size=12, unique_by=lambda mark: mark.at)
choices = st.none() | st.builds(Choice, state=st.sampled_from(ReadingState), at=seconds)


@given(choices, events, st.data())
def test_the_order_in_which_events_arrive_makes_no_difference(
    choice: Choice | None, events: Sequence[Mark], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(events))

    assert state_of(choice, kept(shuffled)) is state_of(choice, kept(events))


@given(choices, events, st.data())
def test_an_event_that_arrives_again_makes_no_difference(
    choice: Choice | None, events: Sequence[Mark], data: st.DataObject
) -> None:
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=20)) if events else []

    assert state_of(choice, kept([*events, *repeats])) is state_of(choice, kept(events))


@given(choices, events)
def test_the_newest_event_of_a_reaction_decides_whether_it_counts(
    choice: Choice | None, events: Sequence[Mark]
) -> None:
    state = state_of(choice, kept(events))

    since = choice.at if choice else NOW - timedelta(days=1)
    last = {(mark.message, mark.emoji): mark for mark in sorted(events, key=lambda mark: mark.at)}
    live = {mark.meaning for mark in last.values() if mark.live and mark.at > since}
    if READ in live or (choice and choice.state is READ):
        assert state is READ
    elif LATER in live or (choice and choice.state is LATER):
        assert state is LATER
    else:
        assert state is ReadingState.UNREAD


@given(choices, events, marks)
def test_removing_a_reaction_never_goes_below_what_was_chosen(
    choice: Choice | None, events: Sequence[Mark], gone: Mark
) -> None:
    order = [ReadingState.UNREAD, LATER, READ]
    before = state_of(choice, [*events, gone])

    after = state_of(choice, events)

    floor = choice.state if choice else ReadingState.UNREAD
    assert order.index(floor) <= order.index(after) <= order.index(before)
