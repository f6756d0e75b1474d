"""The ledger's states under any run of attempts, looks, deaths and people: a machine that may do what the store may."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.delivery import (
    ALLOWED,
    DUPLICATE_REPAIRED,
    MAX_ATTEMPTS,
    MESSAGES,
    REPEATABLE,
    Delivery,
    Durations,
    PostingRules,
    State,
    Step,
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
from bot.domain.errors import MessageRemoved, PlatformBusy, PlatformError, PlatformRefused, PlatformUncertain
from bot.domain.ids import MessageRef, ThreadRef
from tests.fakes.records import CHANNEL, NOW, a_delivery, a_message

DURATIONS = Durations()
MANNER = PostingRules(settle=timedelta(seconds=25), repeatable_within=timedelta(seconds=120))

waits = st.timedeltas(timedelta(), timedelta(minutes=30))
errors = st.one_of(
    st.builds(PlatformBusy, st.just("busy"), retry_after=waits),
    st.builds(PlatformRefused, st.just("no"), remedy=st.just("Act.")),
    st.builds(MessageRemoved, st.just("it was there"), remedy=st.just("Act.")),
    st.builds(PlatformUncertain, st.just("no answer")),
    st.builds(PlatformError, st.just("who knows")),
)
landings = st.lists(st.sampled_from([a_message("1"), a_message("2"), a_message("3")]), max_size=3)


def place(step: Step) -> MessageRef | ThreadRef | None:
    return {Step.THREAD: ThreadRef(CHANNEL, "9"), Step.SEED: None}.get(step, a_message("9"))


class Ledger(RuleBasedStateMachine):
    """One row of the ledger. `looked` is whether the platform was looked at since the row became uncertain."""

    @initialize(step=st.sampled_from(Step))
    def plan(self, step: Step) -> None:
        self.row: Delivery = a_delivery(step, State.PENDING, attempt=0, sent_from=None, first_sent_from=None)
        self.now: datetime = NOW
        self.looked = False
        self.landed = False
        self.doubted = False
        self.ended: State | None = None

    def become(self, transition: Transition) -> None:
        check(self.row.state, transition.state)
        if self.row.state is State.UNCERTAIN and transition.state is State.PENDING:
            assert self.looked, "a doubt may only be settled by a look"
        if transition.state is State.SENT:
            assert self.landed, "only what landed may count as sent"
        if transition.not_before is not None:
            assert transition.not_before >= self.now
        if transition.sweep_at is not None:
            assert transition.state is State.SENT
            assert self.row.draft.step in MESSAGES
            assert transition.sweep_at == self.now + DURATIONS.sweep_after
        elif transition.message is not None and self.row.draft.step in MESSAGES:
            assert not self.doubted, "what was ever in doubt is looked for once more"
        self.doubted = self.doubted or transition.state is State.UNCERTAIN
        attempt = self.row.attempt if transition.attempt is None else transition.attempt
        self.row = replace(self.row, state=transition.state, not_before=transition.not_before, attempt=attempt)
        if transition.state.final:
            self.ended = transition.state

    @rule(by=waits)
    def time_passes(self, by: timedelta) -> None:
        self.now += by

    @precondition(lambda self: self.row.state is State.PENDING)
    @rule()
    def is_leased(self) -> None:
        self.now = max(self.now, self.row.not_before or self.now)
        self.become(Transition(state=State.LEASED))

    @precondition(lambda self: self.row.state is State.PENDING)
    @rule()
    def is_too_late(self) -> None:
        self.become(Transition(state=State.SKIPPED))

    @precondition(lambda self: self.row.state is State.LEASED)
    @rule()
    def is_about_to_be_sent(self) -> None:
        self.become(Transition(state=State.SENDING))
        self.row = replace(
            self.row,
            attempt=self.row.attempt + 1,
            sent_from=self.now,
            first_sent_from=self.row.first_sent_from or self.now,
        )

    @precondition(lambda self: self.row.state is State.LEASED)
    @rule()
    def worker_dies_before_sending(self) -> None:
        self.become(Transition(state=State.PENDING))

    @precondition(lambda self: self.row.state is State.SENDING)
    @rule(landed=st.booleans())
    def worker_dies_while_sending(self, landed: bool) -> None:
        self.landed = self.landed or landed
        self.looked = False
        self.become(Transition(state=State.UNCERTAIN))

    @precondition(lambda self: self.row.state is State.SENDING)
    @rule()
    def platform_takes_it(self) -> None:
        self.landed = True
        self.become(after_attempt(self.row, place(self.row.draft.step), self.now, DURATIONS, MANNER))
        assert self.row.state is State.SENT

    @precondition(lambda self: self.row.state is State.SENDING)
    @rule(error=errors)
    def platform_fails(self, error: PlatformError) -> None:
        self.looked = False
        self.landed = self.landed or isinstance(error, MessageRemoved)
        before = self.row.attempt - 1
        transition = after_attempt(self.row, error, self.now, DURATIONS, MANNER)
        self.become(transition)
        assert transition.outcome
        if isinstance(error, PlatformBusy):
            assert transition == Transition(
                state=State.PENDING, outcome=str(error), not_before=self.now + error.retry_after, attempt=before
            )
        elif isinstance(error, MessageRemoved):
            assert transition.state is State.SENT
        elif isinstance(error, PlatformRefused):
            assert transition.state is State.REFUSED
        elif self.row.draft.step not in REPEATABLE:
            assert transition.state is State.UNCERTAIN

    @precondition(lambda self: self.row.state is State.UNCERTAIN)
    @rule(found=landings)
    def platform_is_looked_at(self, found: list[MessageRef]) -> None:
        self.looked = True
        self.landed = self.landed or bool(found)
        transition = after_search(self.row, found, self.now, DURATIONS)
        self.become(transition)
        if self.row.draft.step not in REPEATABLE and found:
            assert (transition.state, transition.message) == (State.SENT, found[0])
        else:
            ended = self.row.attempt >= MAX_ATTEMPTS
            given_up = State.REFUSED if self.row.draft.step is Step.NOTICE else State.NEEDS_HUMAN
            assert transition.state is (given_up if ended else State.PENDING)

    @precondition(lambda self: self.row.state is State.UNCERTAIN)
    @rule(error=errors)
    def platform_cannot_be_looked_at(self, error: PlatformError) -> None:
        self.looked = self.row.draft.step in REPEATABLE
        transition = after_search(self.row, error, self.now, DURATIONS)
        self.become(transition)
        if transition.state is State.UNCERTAIN and not isinstance(error, PlatformBusy):
            assert transition.not_before is not None
            assert DURATIONS.first_backoff <= transition.not_before - self.now <= DURATIONS.longest_backoff

    @precondition(lambda self: self.row.state in {State.PENDING, State.LEASED, State.SENDING})
    @rule()
    def database_is_restored(self) -> None:
        self.looked = False
        since = self.row.first_sent_from or self.now
        self.become(Transition(state=State.UNCERTAIN))
        self.row = replace(self.row, sent_from=since, first_sent_from=since)

    @precondition(lambda self: self.row.state is State.UNCERTAIN and may_repeat(self.row, self.now, DURATIONS, MANNER))
    @rule()
    def is_repeated_and_stands_once(self) -> None:
        assert self.row.first_sent_from is not None
        assert MANNER.repeatable_within is not None
        assert self.now + DURATIONS.attempt < self.row.first_sent_from + MANNER.repeatable_within
        assert self.row.draft.step not in REPEATABLE
        self.looked = self.landed = True
        self.become(after_repeat(self.row, a_message("9"), self.now, DURATIONS, MANNER))
        assert self.row.state is State.SENT

    @precondition(lambda self: self.row.state is State.UNCERTAIN and self.row.draft.step in MESSAGES)
    @rule(error=errors)
    def repeat_fails(self, error: PlatformError) -> None:
        self.landed = self.landed or isinstance(error, MessageRemoved)
        self.become(after_repeat(self.row, error, self.now, DURATIONS, MANNER))
        assert self.row.state is (State.SENT if isinstance(error, MessageRemoved) else State.UNCERTAIN)

    @precondition(lambda self: self.row.state is State.SENT and self.row.draft.step in MESSAGES)
    @rule(found=st.one_of(landings, errors))
    def is_swept(self, found: list[MessageRef] | PlatformError) -> None:
        swept = after_sweep(self.row, found, self.now, DURATIONS)
        failed = isinstance(found, PlatformError) and not isinstance(found, PlatformRefused)
        assert swept.again_at is None or failed
        if isinstance(found, list) and found:
            assert standing(self.row, found) in found
            assert (swept.outcome == DUPLICATE_REPAIRED) == (len(found) > 1)

    @precondition(lambda self: self.row.state is State.NEEDS_HUMAN)
    @rule(there=st.booleans())
    def person_decides(self, there: bool) -> None:
        self.landed = self.landed or there
        self.become(Transition(state=State.SENT if there else State.PENDING))

    @invariant()
    def what_is_over_stays_over(self) -> None:
        if self.ended is not None:
            assert self.row.state is self.ended
            assert not ALLOWED[self.ended]


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=150, stateful_step_count=30)


@given(st.integers(0, 10_000), st.timedeltas(timedelta(milliseconds=1), timedelta(hours=1)), st.integers(1, 100))
def test_the_wait_never_shrinks_and_is_bounded(attempt: int, first: timedelta, times: int) -> None:
    durations = Durations(first_backoff=first, longest_backoff=first * times)

    wait = backoff(attempt, durations)

    assert first <= wait <= backoff(attempt + 1, durations) <= first * times


@given(st.sampled_from(State))
def test_every_state_can_lead_to_an_end(state: State) -> None:
    reached, before = {state}, set[State]()
    while reached != before:
        before = reached
        reached = reached.union(*(ALLOWED[each] for each in reached))

    assert any(each.final for each in reached)
