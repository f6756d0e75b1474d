"""What becomes of a delivery after an attempt, and after a look at the platform."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.domain.delivery import (
    ALLOWED,
    DUPLICATE_REPAIRED,
    MAX_ATTEMPTS,
    Durations,
    PostingRules,
    State,
    Step,
    Swept,
    Transition,
    after_attempt,
    after_repeat,
    after_search,
    after_sweep,
    backoff,
    check,
    may_repeat,
    standing,
)
from bot.domain.errors import (
    Conflict,
    MessageRemoved,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUncertain,
    WorkspaceRefused,
)
from bot.domain.ids import MessageRef, ThreadRef
from tests.fakes.records import CHANNEL, NOW, a_delivery, a_message

DURATIONS = Durations()
MANNER = PostingRules()
BUSY = PlatformBusy("asked to wait", retry_after=timedelta(seconds=17))
REFUSED = PlatformRefused("the channel is gone", remedy="Choose another.")
LEFT = WorkspaceRefused("not there any more", remedy="Install it again.")
UNCERTAIN = PlatformUncertain("no answer within 10 s")
REMOVED = MessageRemoved("it was there", remedy="Nothing.")
POSTS = [Step.ROOT, Step.REPLY]
ONCE_MORE = PostingRules(settle=timedelta(seconds=25), repeatable_within=timedelta(seconds=120))
FIRST = timedelta(seconds=25)
REPEATABLE = [Step.THREAD, Step.SEED]
EARLY = timedelta(minutes=5)


def test_only_what_the_table_allows_may_follow() -> None:
    for old, new in product(State, State):
        if new in ALLOWED[old]:
            check(old, new)
        else:
            with pytest.raises(Conflict, match=f"is {old} cannot become {new}"):
                check(old, new)


def test_a_delivery_that_is_over_stays_as_it_is() -> None:
    over = {state for state in State if not ALLOWED[state]}

    assert over == {state for state in State if state.final} == {State.SENT, State.REFUSED, State.SKIPPED}


def test_what_was_being_sent_when_a_worker_died_may_only_become_uncertain_or_what_its_result_says() -> None:
    assert State.LEASED not in ALLOWED[State.SENDING]
    assert State.SENDING not in ALLOWED[State.UNCERTAIN]
    assert State.SENDING not in ALLOWED[State.PENDING]


@pytest.mark.parametrize("step", POSTS)
def test_a_message_that_was_taken_is_sent_and_known(step: Step) -> None:
    assert after_attempt(a_delivery(step), a_message("77"), NOW, DURATIONS, MANNER) == Transition(
        state=State.SENT, message=a_message("77")
    )


def test_a_thread_that_was_opened_is_sent_and_known() -> None:
    thread = ThreadRef(CHANNEL, "77")

    assert after_attempt(a_delivery(Step.THREAD), thread, NOW, DURATIONS, MANNER) == Transition(
        state=State.SENT, thread=thread
    )


def test_a_seed_that_was_put_is_sent() -> None:
    assert after_attempt(a_delivery(Step.SEED), None, NOW, DURATIONS, MANNER) == Transition(state=State.SENT)


@pytest.mark.parametrize("step", list(Step))
def test_a_busy_platform_is_asked_again_no_sooner_than_it_said(step: Step) -> None:
    tired = a_delivery(step, attempt=MAX_ATTEMPTS + 3)

    assert after_attempt(tired, BUSY, NOW, DURATIONS, MANNER) == Transition(
        state=State.PENDING,
        outcome="asked to wait",
        not_before=NOW + timedelta(seconds=17),
        attempt=MAX_ATTEMPTS + 2,
    )


@pytest.mark.parametrize("step", list(Step))
def test_a_refusal_ends_it_and_says_what_to_do(step: Step) -> None:
    assert after_attempt(a_delivery(step), REFUSED, NOW, DURATIONS, MANNER) == Transition(
        state=State.REFUSED, outcome="the channel is gone Choose another."
    )


@pytest.mark.parametrize("step", list(Step))
def test_what_a_workspace_that_was_left_does_not_take_waits_and_was_no_attempt(step: Step) -> None:
    assert after_attempt(a_delivery(step, attempt=2), LEFT, NOW, DURATIONS, MANNER) == Transition(
        state=State.PENDING, outcome="not there any more", not_before=NOW + DURATIONS.between_visits, attempt=1
    )


def test_a_doubt_about_a_workspace_that_was_left_waits_a_day_before_a_person_is_asked() -> None:
    sent = a_delivery(state=State.UNCERTAIN, sent_from=NOW, first_sent_from=NOW)

    assert after_search(sent, LEFT, NOW + timedelta(hours=23), DURATIONS).state is State.UNCERTAIN
    assert after_search(sent, LEFT, NOW + timedelta(hours=24), DURATIONS).state is State.NEEDS_HUMAN


@pytest.mark.parametrize("step", POSTS)
@pytest.mark.parametrize("error", [UNCERTAIN, PlatformError("anything else")])
def test_a_post_without_a_clear_answer_is_looked_up_after_the_settle_time(step: Step, error: PlatformError) -> None:
    assert after_attempt(a_delivery(step), error, NOW, DURATIONS, MANNER) == Transition(
        state=State.UNCERTAIN, outcome=str(error), not_before=NOW + MANNER.settle
    )


@pytest.mark.parametrize("step", REPEATABLE)
@pytest.mark.parametrize(("attempt", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8)])
def test_a_repeatable_step_without_a_clear_answer_is_asked_for_again(step: Step, attempt: int, minutes: int) -> None:
    assert after_attempt(a_delivery(step, attempt=attempt), UNCERTAIN, NOW, DURATIONS, MANNER) == Transition(
        state=State.PENDING, outcome=str(UNCERTAIN), not_before=NOW + timedelta(minutes=minutes)
    )


@pytest.mark.parametrize("step", REPEATABLE)
def test_a_repeatable_step_is_given_up_after_the_most_attempts(step: Step) -> None:
    assert after_attempt(a_delivery(step, attempt=MAX_ATTEMPTS), UNCERTAIN, NOW, DURATIONS, MANNER) == Transition(
        state=State.REFUSED, outcome=str(UNCERTAIN)
    )


@pytest.mark.parametrize("step", POSTS)
def test_a_message_that_is_found_is_sent(step: Step) -> None:
    found = after_search(a_delivery(step, State.UNCERTAIN), [a_message("77")], NOW, DURATIONS)

    assert found == Transition(state=State.SENT, message=a_message("77"), sweep_at=NOW + DURATIONS.sweep_after)


def test_of_several_messages_the_oldest_stands_and_the_repair_is_told() -> None:
    found = after_search(a_delivery(state=State.UNCERTAIN), [a_message("1"), a_message("2")], NOW, DURATIONS)

    assert (found.state, found.message, found.outcome) == (State.SENT, a_message("1"), DUPLICATE_REPAIRED)


@pytest.mark.parametrize("step", list(Step))
def test_what_is_not_there_is_sent_again_at_once(step: Step) -> None:
    delivery = a_delivery(step, State.UNCERTAIN, attempt=MAX_ATTEMPTS - 1)

    assert after_search(delivery, [], NOW, DURATIONS) == Transition(state=State.PENDING, not_before=NOW)


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.NOTICE])
def test_what_is_not_there_after_the_most_attempts_is_for_a_person(step: Step) -> None:
    delivery = a_delivery(step, State.UNCERTAIN, attempt=MAX_ATTEMPTS)

    assert after_search(delivery, [], NOW, DURATIONS) == Transition(
        state=State.NEEDS_HUMAN, outcome="not there after 5 attempts"
    )


@pytest.mark.parametrize("step", POSTS)
def test_a_message_that_took_more_than_one_attempt_is_looked_for_once_more(step: Step) -> None:
    sent = after_attempt(a_delivery(step, attempt=2), a_message("77"), NOW, DURATIONS, MANNER)

    assert sent == Transition(state=State.SENT, message=a_message("77"), sweep_at=NOW + DURATIONS.sweep_after)


@pytest.mark.parametrize("step", POSTS)
def test_a_first_attempt_after_a_restored_backup_is_looked_for_once_more(step: Step) -> None:
    doubted = replace(a_delivery(step, attempt=1), sent_from=NOW, first_sent_from=NOW - EARLY)

    assert after_attempt(doubted, a_message("77"), NOW, DURATIONS, MANNER).sweep_at == NOW + DURATIONS.sweep_after


def test_a_message_that_was_removed_before_we_heard_of_it_is_sent_and_nowhere() -> None:
    for after in (after_attempt, after_repeat):
        gone = after(a_delivery(), REMOVED, NOW, DURATIONS, MANNER)
        assert (gone.state, gone.message) == (State.SENT, None)
        assert "removed" in (gone.outcome or "")


@pytest.mark.parametrize("step", POSTS)
def test_a_doubtful_message_may_be_repeated_while_an_attempt_still_arrives_in_time(step: Step) -> None:
    delivery = a_delivery(step, State.UNCERTAIN)
    last = NOW + timedelta(seconds=110)

    assert may_repeat(delivery, NOW + FIRST, DURATIONS, ONCE_MORE)
    assert may_repeat(delivery, last - timedelta(seconds=1), DURATIONS, ONCE_MORE)
    assert not may_repeat(delivery, last, DURATIONS, ONCE_MORE)
    assert not may_repeat(delivery, NOW + FIRST, DURATIONS, MANNER)


@pytest.mark.parametrize("step", REPEATABLE)
def test_a_step_without_a_message_is_never_repeated_under_its_key(step: Step) -> None:
    assert not may_repeat(a_delivery(step, State.UNCERTAIN), NOW + FIRST, DURATIONS, ONCE_MORE)


@pytest.mark.parametrize(
    ("error", "wait"), [(BUSY, 17), (UNCERTAIN, 25), (PlatformError("anything else"), 25), (REFUSED, 120)]
)
def test_a_repeat_that_fails_leaves_the_doubt_about_the_first_time(error: PlatformError, wait: int) -> None:
    still = after_repeat(a_delivery(state=State.UNCERTAIN), error, NOW, DURATIONS, ONCE_MORE)

    assert (still.state, still.not_before) == (State.UNCERTAIN, NOW + timedelta(seconds=wait))


def test_of_a_doubled_message_stands_the_one_that_its_thread_hangs_on() -> None:
    late, ours = a_message("1"), a_message("2")

    assert standing(a_delivery(message=ours), [late, ours]) == ours
    assert standing(a_delivery(), [late, ours]) == late


@pytest.mark.parametrize(
    ("found", "swept"),
    [
        ([], Swept()),
        ([a_message("1")], Swept()),
        ([a_message("1"), a_message("2")], Swept(outcome=DUPLICATE_REPAIRED)),
        (BUSY, Swept(again_at=NOW + timedelta(seconds=17))),
        (REFUSED, Swept()),
        (UNCERTAIN, Swept(again_at=NOW + DURATIONS.first_backoff)),
        (PlatformError("anything else"), Swept(again_at=NOW + DURATIONS.first_backoff)),
    ],
)
def test_a_sweep_is_one_look(found: list[MessageRef] | PlatformError, swept: Swept) -> None:
    assert after_sweep(a_delivery(state=State.SENT), found, NOW, DURATIONS) == swept


@pytest.mark.parametrize("error", [BUSY, UNCERTAIN])
def test_a_platform_that_cannot_be_swept_all_day_is_let_be(error: PlatformError) -> None:
    assert after_sweep(a_delivery(state=State.SENT), error, NOW + DURATIONS.give_up, DURATIONS) == Swept()


@pytest.mark.parametrize("step", POSTS)
def test_where_we_may_not_look_a_person_is_asked_at_once(step: Step) -> None:
    delivery = a_delivery(step, State.UNCERTAIN)

    assert after_search(delivery, REFUSED, NOW + EARLY, DURATIONS) == Transition(
        state=State.NEEDS_HUMAN, outcome="cannot be looked up: the channel is gone"
    )


@pytest.mark.parametrize("step", REPEATABLE)
@pytest.mark.parametrize("error", [REFUSED, BUSY, UNCERTAIN])
def test_a_repeatable_step_needs_no_look_to_be_asked_for_again(step: Step, error: PlatformError) -> None:
    delivery = a_delivery(step, State.UNCERTAIN)

    assert after_search(delivery, error, NOW, DURATIONS) == Transition(state=State.PENDING, not_before=NOW)


@pytest.mark.parametrize(("minutes", "wait"), [(0, 1), (1, 1), (2, 2), (5, 4), (9, 8), (40, 32), (90, 60), (1400, 60)])
def test_a_look_that_fails_is_repeated_after_longer_and_longer(minutes: int, wait: int) -> None:
    now = NOW + timedelta(minutes=minutes)

    still = after_search(a_delivery(state=State.UNCERTAIN), UNCERTAIN, now, DURATIONS)

    assert still == Transition(state=State.UNCERTAIN, outcome=str(UNCERTAIN), not_before=now + timedelta(minutes=wait))


def test_a_busy_platform_is_looked_at_again_no_sooner_than_it_said() -> None:
    still = after_search(a_delivery(state=State.UNCERTAIN), BUSY, NOW + EARLY, DURATIONS)

    assert still == Transition(
        state=State.UNCERTAIN, outcome="asked to wait", not_before=NOW + EARLY + timedelta(seconds=17)
    )


@pytest.mark.parametrize("error", [BUSY, UNCERTAIN])
def test_a_doubt_that_lasts_a_day_is_for_a_person(error: PlatformError) -> None:
    delivery = a_delivery(state=State.UNCERTAIN)
    a_day_later = NOW + DURATIONS.give_up

    assert after_search(delivery, error, a_day_later, DURATIONS).state is State.NEEDS_HUMAN
    assert after_search(delivery, error, a_day_later - timedelta(seconds=1), DURATIONS).state is State.UNCERTAIN


def test_a_clock_that_was_set_back_only_means_the_shortest_wait() -> None:
    earlier = NOW - timedelta(hours=1)

    still = after_search(a_delivery(state=State.UNCERTAIN), UNCERTAIN, earlier, DURATIONS)

    assert still.not_before == earlier + DURATIONS.first_backoff


def test_the_wait_doubles_up_to_the_longest() -> None:
    waits = [backoff(attempt, DURATIONS) // timedelta(minutes=1) for attempt in (0, 1, 2, 3, 6, 7, 8, 10_000)]

    assert waits == [1, 1, 2, 4, 32, 60, 60, 60]


def test_a_notice_that_cannot_be_told_is_given_up_and_asks_nobody() -> None:
    tired = a_delivery(Step.NOTICE, State.UNCERTAIN, attempt=MAX_ATTEMPTS)

    assert after_search(tired, [], NOW, DURATIONS).state is State.REFUSED
    assert after_search(replace(tired, attempt=1), REFUSED, NOW, DURATIONS).state is State.REFUSED
    assert after_search(replace(tired, attempt=1), [], NOW, DURATIONS).state is State.PENDING


def test_a_notice_whose_answer_was_lost_is_looked_for_before_it_is_sent_again() -> None:
    sent = a_delivery(Step.NOTICE, State.SENDING)

    assert after_attempt(sent, UNCERTAIN, NOW, DURATIONS, MANNER).state is State.UNCERTAIN
    assert after_repeat(replace(sent, state=State.UNCERTAIN), None, NOW, DURATIONS, MANNER).state is State.SENT
