"""The ledger on both engines."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.domain.card import Card
from bot.domain.delivery import Delivery, Draft, Durations, State, Step, Transition
from bot.domain.ids import ChannelRef, EntryId, MessageRef, ThreadRef, WorkspaceRef
from bot.ports.store import Store
from store.sql import SqlStore, open_store
from tests.fakes.clock import START, FakeClock
from tests.fakes.kept import PLATFORM, Club, a_channel, a_club, a_message, a_read_entry

DURATIONS = Durations()
SETTLE = timedelta(seconds=60)
SETTLES = {PLATFORM: SETTLE}


def drafts(source: str = "digest:1", channel: str = "reading", entry: EntryId | None = None) -> list[Draft]:
    """A post, its thread and a reply; as in a digest, only the post can come too late."""
    cards = {Step.ROOT: Card(title="Root"), Step.REPLY: Card(title="Reply")}
    return [
        Draft(
            channel=a_channel(channel),
            source_key=source,
            step=step,
            ordinal=ordinal,
            waits_for=ordinal - 1 if ordinal else None,
            card=cards.get(step),
            title="Thread" if step is Step.THREAD else "",
            entry=entry if step is Step.ROOT else None,
            week="2026-W48",
            late_after=START + timedelta(days=1) if step is Step.ROOT else None,
        )
        for ordinal, step in enumerate((Step.ROOT, Step.THREAD, Step.REPLY))
    ]


def plan(club: Club, source: str = "digest:1", channel: str = "reading", entry: EntryId | None = None) -> bool:
    with club.store.begin(write=True) as tx:
        return tx.ledger.plan(club.team, drafts(source, channel, entry), not_before=tx.now())


def lease(store: Store, limit: int = 10, owner: str = "worker") -> Sequence[Delivery]:
    with store.begin(write=True) as tx:
        return tx.ledger.lease(owner, limit, DURATIONS, [PLATFORM])


def start_attempts(store: Store, delivery: Delivery) -> bool:
    with store.begin(write=True) as tx:
        return [one.id for one in tx.ledger.start_attempts([delivery], DURATIONS)] == [delivery.id]


def settle(
    store: Store,
    delivery: Delivery,
    state: State,
    *,
    message: MessageRef | None = None,
    thread: ThreadRef | None = None,
    wait: timedelta | None = None,
) -> bool:
    with store.begin(write=True) as tx:
        not_before = None if wait is None else tx.now() + wait
        return tx.ledger.settle(
            delivery, Transition(state=state, outcome="why", message=message, thread=thread, not_before=not_before)
        )


def send(store: Store, message: MessageRef | None = None, thread: ThreadRef | None = None) -> Delivery:
    """Lease the next delivery and note it as sent."""
    (delivery,) = lease(store, 1)
    assert start_attempts(store, delivery)
    assert settle(store, delivery, State.SENT, message=message, thread=thread)
    return delivery


def steps(club: Club, source: str = "digest:1") -> Sequence[Delivery]:
    with club.store.begin(write=False) as tx:
        return tx.ledger.of_source(club.team, source)


def test_a_planned_source_comes_back_as_it_was_drafted(club: Club) -> None:
    (entry,) = club.add(a_read_entry())

    assert plan(club, entry=entry)

    planned = steps(club)
    assert [delivery.draft for delivery in planned] == drafts(entry=entry)
    assert [delivery.not_before for delivery in planned] == [START, None, None]
    assert {delivery.state for delivery in planned} == {State.PENDING}
    assert len({delivery.key for delivery in planned}) == 3
    assert {len(delivery.key) for delivery in planned} == {24}


def test_a_card_of_another_version_is_told_to_be_unreadable_and_keeps_no_other_back(
    club: Club, store: SqlStore
) -> None:
    plan(club)
    plan(club, "fine", "other")
    with store._engine.begin() as connection:
        newer = {"body": '{"version":1,"card":{"title":"Root","mood":"fine"}}', "source": "digest:1"}
        connection.execute(text("UPDATE delivery SET body = :body WHERE source_key = :source AND ordinal = 0"), newer)

    leased = {one.draft.source_key: one for one in lease(club.store)}

    assert leased["fine"].unreadable is None
    assert leased["digest:1"].draft.card is None
    assert "mood" in (leased["digest:1"].unreadable or "")


def test_a_source_is_planned_once(club: Club) -> None:
    assert plan(club)
    assert not plan(club)

    assert len(steps(club)) == 3


def test_a_source_that_is_planned_by_many_at_once_is_planned_once(club: Club) -> None:
    with ThreadPoolExecutor(4) as pool:
        planned = list(pool.map(lambda _: plan(club), range(4)))

    assert sorted(planned) == [False, False, False, True]
    assert len(steps(club)) == 3


def test_keys_differ_between_teams_and_tell_nothing(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    plan(ours)
    plan(theirs)

    keys = [delivery.key for club in (ours, theirs) for delivery in steps(club)]

    assert len(set(keys)) == 6
    assert not any("digest" in key for key in keys)


def test_a_leased_delivery_is_ours_alone_until_the_lease_ends(club: Club, clock: FakeClock) -> None:
    plan(club)

    (delivery,) = lease(club.store)

    assert (delivery.state, delivery.lease_owner, delivery.fence) == (State.LEASED, "worker", 1)
    assert delivery.lease_until == clock.now() + DURATIONS.lease
    assert lease(club.store) == []


def test_only_what_is_due_on_a_platform_that_runs_is_leased(club: Club, clock: FakeClock) -> None:
    with club.store.begin(write=True) as tx:
        tx.ledger.plan(club.team, drafts(), not_before=tx.now() + timedelta(minutes=5))
        assert tx.ledger.lease("worker", 9, DURATIONS, [PLATFORM]) == []
    clock.advance(timedelta(minutes=5))

    with club.store.begin(write=True) as tx:
        assert tx.ledger.lease("worker", 9, DURATIONS, ["elsewhere"]) == []
        assert tx.ledger.lease("worker", 9, DURATIONS, []) == []
        assert len(tx.ledger.lease("worker", 9, DURATIONS, ["elsewhere", PLATFORM])) == 1


def test_the_longest_due_is_leased_first_and_one_for_each_channel(club: Club, clock: FakeClock) -> None:
    plan(club, "second")
    plan(club, "other channel", "other")
    with club.store.begin(write=True) as tx:
        tx.ledger.plan(club.team, drafts("first"), not_before=tx.now() - timedelta(minutes=1))
    clock.advance(timedelta(minutes=1))

    assert [delivery.draft.source_key for delivery in lease(club.store, 1)] == ["first"]
    assert [delivery.draft.source_key for delivery in lease(club.store)] == ["other channel"]
    assert lease(club.store) == []


def test_workers_never_lease_the_same_delivery_nor_two_of_a_channel(club: Club) -> None:
    for channel in range(12):
        for source in range(2):
            plan(club, f"{channel}:{source}", f"channel {channel}")

    with ThreadPoolExecutor(4) as pool:
        leased = [
            delivery for part in pool.map(lambda n: lease(club.store, 3, f"w{n}"), range(16)) for delivery in part
        ]

    assert len({delivery.id for delivery in leased}) == len(leased) == 12
    assert len({delivery.draft.channel for delivery in leased}) == 12


def test_a_lease_that_ended_before_the_attempt_is_free_again(club: Club, clock: FakeClock) -> None:
    plan(club)
    (first,) = lease(club.store)
    clock.advance(DURATIONS.lease)

    with club.store.begin(write=True) as tx:
        assert tx.ledger.expire(SETTLES) == 1
        assert tx.ledger.expire(SETTLES) == 0
    (second,) = lease(club.store)

    assert (second.id, second.fence) == (first.id, 2)
    assert not start_attempts(club.store, first)
    assert not settle(club.store, first, State.SENT)


def test_an_attempt_that_nobody_ended_is_uncertain_and_never_sent_again_by_itself(club: Club, clock: FakeClock) -> None:
    plan(club)
    (delivery,) = lease(club.store)
    clock.advance(timedelta(seconds=30))
    assert start_attempts(club.store, delivery)
    begun = clock.now()
    clock.advance(timedelta(seconds=31))
    with club.store.begin(write=True) as tx:
        tx.ledger.expire(SETTLES)
        assert tx.ledger.claim_uncertain("looker", 9, DURATIONS, [PLATFORM]) == []

    clock.advance(timedelta(seconds=29))

    assert lease(club.store) == []
    with club.store.begin(write=True) as tx:
        (doubtful,) = tx.ledger.claim_uncertain("looker", 9, DURATIONS, [PLATFORM])
        assert tx.ledger.claim_uncertain("looker", 9, DURATIONS, ["elsewhere"]) == []
    assert (doubtful.state, doubtful.attempt, doubtful.sent_from) == (State.UNCERTAIN, 1, begun)
    assert doubtful.not_before == begun + SETTLE


def test_an_attempt_does_not_begin_under_a_short_lease_nor_twice(club: Club, clock: FakeClock) -> None:
    plan(club)
    plan(club, "other", "other")
    first, second = lease(club.store)

    assert start_attempts(club.store, first)
    assert not start_attempts(club.store, first)
    clock.advance(DURATIONS.lease - DURATIONS.enough_lease + timedelta(seconds=1))
    assert not start_attempts(club.store, second)


def test_the_first_attempt_is_remembered_over_later_ones(club: Club, clock: FakeClock) -> None:
    plan(club)
    (delivery,) = lease(club.store)
    start_attempts(club.store, delivery)
    settle(club.store, delivery, State.PENDING, wait=timedelta(minutes=1))
    assert lease(club.store) == []
    later = clock.advance(timedelta(minutes=1))

    (again,) = lease(club.store)
    start_attempts(club.store, again)

    kept = steps(club)[0]
    assert (kept.attempt, kept.first_sent_from, kept.sent_from) == (2, START, later)


def test_what_became_due_again_too_late_is_skipped_and_never_leased(club: Club, clock: FakeClock) -> None:
    """Another worker's look may end between a worker's skipping and its leasing."""
    plan(club)
    clock.advance(timedelta(days=1))

    assert lease(club.store) == []
    with club.store.begin(write=True) as tx:
        assert [one.draft.step for one in tx.ledger.skip_overdue()] == [Step.ROOT]
    assert [(one.state, one.outcome) for one in steps(club)] == [(State.SKIPPED, "too late by then")] * 3


def test_what_was_sent_makes_the_next_step_due_and_tells_it_where(club: Club) -> None:
    plan(club)
    root, thread = a_message("root"), ThreadRef(a_channel(), "thread")

    send(club.store, message=root)
    after_root = steps(club)
    send(club.store, thread=thread)
    after_thread = steps(club)
    reply = MessageRef(a_channel("thread"), "reply")
    send(club.store, message=reply)
    done = steps(club)

    assert [step.not_before for step in after_root] == [START, START, None]
    assert [step.root for step in after_root] == [None, root, root]
    assert after_thread[2].thread == after_thread[1].thread == thread
    assert done[2].message == reply
    assert {step.state for step in done} == {State.SENT}
    assert lease(club.store) == []


@pytest.mark.parametrize("state", [State.REFUSED, State.SKIPPED])
def test_a_final_no_ends_every_step_that_follows(club: Club, state: State) -> None:
    plan(club)
    (delivery,) = lease(club.store)

    settle(club.store, delivery, state)

    assert [(step.state, step.outcome) for step in steps(club)] == [(state, "why")] * 3


def test_what_is_final_stays_so_whatever_a_late_worker_says(club: Club) -> None:
    plan(club)
    delivery = send(club.store, message=a_message("root"))

    assert not settle(club.store, delivery, State.UNCERTAIN)
    assert steps(club)[0].state is State.SENT


def test_uncertain_deliveries_come_oldest_first_and_one_for_each_channel(club: Club, clock: FakeClock) -> None:
    for source, channel in (("a", "one"), ("b", "one"), ("c", "two")):
        plan(club, source, channel)
    for wait in (3, 1, 2):
        (delivery, *_) = lease(club.store, 1)
        start_attempts(club.store, delivery)
        settle(club.store, delivery, State.UNCERTAIN, wait=timedelta(minutes=wait))
    clock.advance(timedelta(minutes=3))

    with club.store.begin(write=True) as tx:
        doubtful = tx.ledger.claim_uncertain("looker", 9, DURATIONS, [PLATFORM])
        assert tx.ledger.claim_uncertain("other", 9, DURATIONS, [PLATFORM]) == [], "one look at a time, in each channel"

    waits = {step.id: step.not_before for source in "abc" for step in steps(club, source) if step.not_before}
    assert len(doubtful) == 2
    assert [delivery.not_before for delivery in doubtful] == sorted(waits[delivery.id] for delivery in doubtful)
    assert {delivery.draft.channel.id for delivery in doubtful} == {"one", "two"}
    clock.advance(DURATIONS.lease)
    with club.store.begin(write=True) as tx:
        (again,) = tx.ledger.claim_uncertain("other", 1, DURATIONS, [PLATFORM])
    assert (again.id, again.fence) == (doubtful[0].id, doubtful[0].fence + 1)
    assert not settle(club.store, doubtful[0], State.SENT, message=a_message("late"))
    assert settle(club.store, again, State.SENT, message=a_message("found"))


def test_a_message_of_ours_says_which_entry_it_shows(club: Club) -> None:
    (entry,) = club.add(a_read_entry())
    plan(club, entry=entry)
    send(club.store, message=a_message("root"))
    send(club.store, thread=ThreadRef(a_channel(), "thread"))

    with club.store.begin(write=False) as tx:
        assert tx.ledger.entry_shown_by(a_message("root")) == (club.team, entry)
        assert tx.ledger.entry_shown_by(a_message("other")) is None
        assert tx.ledger.entry_shown_by(a_message("root", "other channel")) is None
        assert tx.ledger.discussions(club.team, entry, 9) == [(START, a_message("root"))]


def test_what_needs_a_person_or_was_refused_lately_is_unsettled(club: Club, clock: FakeClock) -> None:
    for source in ("old", "refused", "doubtful", "fine"):
        plan(club, source, source)
    leased = {delivery.draft.source_key: delivery for delivery in lease(club.store)}
    settle(club.store, leased["old"], State.REFUSED)
    settle(club.store, leased["doubtful"], State.NEEDS_HUMAN)
    clock.advance(timedelta(days=31))
    settle(club.store, leased["refused"], State.REFUSED)

    with club.store.begin(write=False) as tx:
        unsettled = [delivery.draft.source_key for delivery in tx.ledger.unsettled(club.team)]

    assert unsettled[-1] == "doubtful"
    assert set(unsettled) == {"doubtful", "refused"}


def test_the_next_moment_to_do_something_is_known(club: Club, clock: FakeClock) -> None:
    def due() -> timedelta | None:
        with club.store.begin(write=False) as tx:
            moment = tx.ledger.next_due()
        return None if moment is None else moment - START

    assert due() is None
    plan(club)
    assert due() is None, "what is due already has no next moment"
    (delivery,) = lease(club.store)
    assert due() == DURATIONS.lease
    start_attempts(club.store, delivery)
    settle(club.store, delivery, State.UNCERTAIN, wait=timedelta(minutes=7))
    assert due() == timedelta(minutes=7)
    settle(club.store, delivery, State.NEEDS_HUMAN)
    assert due() is None


def test_after_a_restore_everything_that_was_due_is_looked_into(club: Club, clock: FakeClock) -> None:
    plan(club, "due")
    plan(club, "sent", "other")
    (held, _) = lease(club.store)
    with club.store.begin(write=True) as tx:
        assert tx.ledger.mark_uncertain_after_restore() == 2

    assert lease(club.store) == []
    assert not start_attempts(club.store, held)
    with club.store.begin(write=True) as tx:
        doubtful = tx.ledger.claim_uncertain("looker", 9, DURATIONS, [PLATFORM])
    assert [delivery.first_sent_from for delivery in doubtful] == [START, START]
    assert [step.state for step in steps(club, "due")] == [State.UNCERTAIN] * 3


def test_what_waits_for_a_doubtful_step_is_looked_into_in_its_turn(club: Club) -> None:
    plan(club)
    with club.store.begin(write=True) as tx:
        tx.ledger.mark_uncertain_after_restore()
    (root,) = doubtful(club)
    settle(club.store, root, State.SENT, message=a_message("found"))
    (thread,) = doubtful(club)
    settle(club.store, thread, State.SENT, thread=ThreadRef(a_channel(), "found"))

    (reply,) = doubtful(club)

    assert [step.draft.step for step in (root, thread, reply)] == [Step.ROOT, Step.THREAD, Step.REPLY]
    assert reply.thread == ThreadRef(a_channel(), "found")
    assert reply.first_sent_from == START
    assert lease(club.store) == []


def doubtful(club: Club) -> Sequence[Delivery]:
    with club.store.begin(write=True) as tx:
        return tx.ledger.claim_uncertain("looker", 9, DURATIONS, [PLATFORM])


def test_a_delivery_to_a_workspace_that_is_not_the_teams_any_more_is_not_begun(store: SqlStore) -> None:
    ours = a_club(store)
    plan(ours)
    (leased,) = lease(store)
    with store.begin(write=True) as tx:
        tx.teams.leave(a_channel().workspace)
    assert not start_attempts(store, leased)

    a_club(store, "theirs")
    assert not start_attempts(store, leased)
    with store.begin(write=True) as tx:
        tx.teams.assign(a_channel().workspace, ours.team)
    assert start_attempts(store, leased)


def test_what_a_platform_has_no_time_for_waits_in_that_workspace_alone(club: Club, clock: FakeClock) -> None:
    elsewhere = ChannelRef(WorkspaceRef(PLATFORM, "elsewhere"), "reading")
    plan(club)
    plan(club, "held", "held")
    held = next(one for one in lease(club.store) if one.draft.source_key == "held")
    with club.store.begin(write=True) as tx:
        tx.teams.join(elsewhere.workspace, "elsewhere", club.team)
        (draft, *_) = drafts("there")
        tx.ledger.plan(club.team, [replace(draft, channel=elsewhere)], not_before=tx.now())
        tx.ledger.halt(a_channel().workspace, [Step.ROOT], clock.now() + timedelta(minutes=5))
        tx.ledger.halt(a_channel().workspace, [Step.ROOT], clock.now() + timedelta(minutes=1))
        assert tx.ledger.next_due() == clock.now() + DURATIONS.lease
    plan(club, "later", "later")

    assert not start_attempts(club.store, held)
    assert [one.draft.source_key for one in lease(club.store)] == ["there"]
    clock.advance(timedelta(minutes=4, seconds=59))
    assert lease(club.store) == []
    clock.advance(timedelta(seconds=1))
    assert [one.draft.source_key for one in lease(club.store)] == ["later"]


def test_a_channel_takes_no_message_before_it_is_free(club: Club, clock: FakeClock) -> None:
    plan(club, "first")
    plan(club, "second")
    free = clock.now() + timedelta(seconds=1)
    (root,) = lease(club.store)
    start_attempts(club.store, root)
    with club.store.begin(write=True) as tx:
        tx.ledger.settle(root, Transition(state=State.SENT, message=a_message("root")), free_at=free)

    (thread,) = lease(club.store)
    assert thread.draft.step is Step.THREAD, "it puts no message there"
    start_attempts(club.store, thread)
    with club.store.begin(write=True) as tx:
        place = ThreadRef(a_channel(), "thread")
        tx.ledger.settle(thread, Transition(state=State.SENT, thread=place), free_at=free)
    assert lease(club.store) == []
    with club.store.begin(write=False) as tx:
        assert tx.ledger.next_due() == free
    clock.advance(timedelta(seconds=1))
    assert len(lease(club.store)) == 1


def test_an_attempt_that_a_platform_had_no_time_for_did_not_take_place(club: Club) -> None:
    plan(club)
    (delivery,) = lease(club.store)
    start_attempts(club.store, delivery)

    with club.store.begin(write=True) as tx:
        tx.ledger.settle(delivery, Transition(state=State.PENDING, attempt=0))

    root = steps(club)[0]
    assert (root.attempt, root.first_sent_from) == (0, None)


def test_what_is_to_be_swept_is_swept_once_when_its_time_comes(club: Club, clock: FakeClock) -> None:
    def unswept(*platforms: str) -> Sequence[Delivery]:
        with club.store.begin(write=True) as tx:
            return tx.ledger.claim_unswept(9, DURATIONS, platforms)

    plan(club)
    (delivery,) = lease(club.store)
    start_attempts(club.store, delivery)
    with club.store.begin(write=True) as tx:
        at = tx.now() + timedelta(minutes=5)
        tx.ledger.settle(delivery, Transition(state=State.SENT, message=a_message("root"), sweep_at=at))
    assert unswept(PLATFORM) == []
    clock.advance(timedelta(minutes=5))
    assert unswept("elsewhere") == []

    (swept,) = unswept(PLATFORM)

    assert (swept.id, swept.message) == (delivery.id, a_message("root"))
    assert unswept(PLATFORM) == []
    clock.advance(DURATIONS.lease)
    assert len(unswept(PLATFORM)) == 1, "who took it died"
    with club.store.begin(write=True) as tx:
        tx.ledger.save_sweep(delivery.id, outcome="looked", again_at=None)
    clock.advance(timedelta(days=1))
    assert unswept(PLATFORM) == []
    assert steps(club)[0].outcome == "looked"


def test_a_first_message_that_is_nowhere_ends_what_would_hang_on_it(club: Club) -> None:
    plan(club)
    (delivery,) = lease(club.store)
    settle(club.store, delivery, State.SENT)

    assert [step.state for step in steps(club)] == [State.SENT, State.SKIPPED, State.SKIPPED]


def test_the_ledger_of_another_team_is_not_seen(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    (entry,) = theirs.add(a_read_entry())
    (mine,) = ours.add(a_read_entry())
    plan(theirs, entry=entry)
    send(store, message=a_message("root"))

    with store.begin(write=False) as tx:
        assert tx.ledger.of_source(ours.team, "digest:1") == []
        assert tx.ledger.discussions(ours.team, mine, 9) == tx.ledger.discussions(ours.team, entry, 9) == []
        assert tx.ledger.unsettled(ours.team) == []


def test_a_committed_ledger_survives_a_restart(url: str, clock: FakeClock) -> None:
    first = open_store(url, clock, database_time=clock.database_time)
    club = a_club(first)
    plan(club)
    (delivery,) = lease(first)
    first.close()

    second = open_store(url, FakeClock(START), database_time=clock.database_time)
    with second.begin(write=False) as tx:
        assert tx.ledger.get(delivery.id) == delivery
    second.close()
