"""Two people, or one person twice, at the same moment: what is stored is what was answered, on both engines."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import time, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.chat.platform import Actor, MarksSeen, Reacted, ReactionsCleared, Unreacted
from bot.domain.delivery import Durations, State, Transition
from bot.domain.digest import Digest, Outcome
from bot.domain.errors import StoreBusy
from bot.domain.ids import EntryId, EntryNumber, InvocationId, PlatformName, WorkspaceRef
from bot.domain.reading_state import Reading, ReadingState, state_of
from bot.domain.schedule import Weekday
from bot.domain.source import ReadList
from bot.domain.team import Member, Team
from bot.ports.store import Transaction
from bot.service import digests, entries, ledger, readings, schedules, search, teams
from bot.service.entries import FileRead
from store.sql import SqlStore, SqlVault
from tests.fakes.alongside import BLOCKED, alongside, refused
from tests.fakes.clock import START, FakeClock
from tests.fakes.kept import PLATFORM, Club, a_channel, a_message, a_read_entry, an_account

READ, LATER, UNREAD = ReadingState.READ, ReadingState.LATER, ReadingState.UNREAD
HERE = a_channel().workspace
ONE = EntryNumber(1)
Act = Callable[[Transaction], object]


@pytest.fixture
def entry(club: Club) -> EntryId:
    (added,) = club.add(a_read_entry(tags=["db"]))
    return added


def actor(name: str = "anna") -> Actor:
    return Actor(account=an_account(name), workspace=HERE, name="Anna" if name == "anna" else name)


def put(meaning: ReadingState, seconds: float = 1, by: str = "anna") -> Reacted:
    at, emoji = START + timedelta(seconds=seconds), {READ: "✅", LATER: "🔖"}[meaning]
    return Reacted(actor=actor(by), message=a_message(), emoji=emoji, meaning=meaning, at=at, entry=ONE)


def taken(meaning: ReadingState, seconds: float = 2) -> Unreacted:
    one = put(meaning, seconds)
    return Unreacted(actor=one.actor, message=one.message, emoji=one.emoji, meaning=meaning, at=one.at, entry=ONE)


def reacts(event: Reacted | Unreacted) -> Act:
    return lambda tx: readings.react(tx, event)


def types(state: ReadingState) -> Act:
    def chosen(tx: Transaction) -> ReadingState:
        member = teams.admitted(tx, team_of(tx), actor())
        return readings.choose(tx, member, entries.entry(tx, member.team, ONE).id, state)

    return chosen


def clears(tx: Transaction) -> object:
    return readings.clear(tx, ReactionsCleared(message=a_message(), at=START + timedelta(seconds=3)))


def sees(*marks: Reacted) -> Act:
    return lambda tx: readings.see(tx, MarksSeen(message=a_message(), marks=marks, at=START + timedelta(seconds=3)))


def member_of(tx: Transaction, club: Club, name: str = "anna") -> Member:
    member = tx.teams.member(club.team, an_account(name))
    assert member is not None
    return member


def supported(tx: Transaction, club: Club, entry: EntryId) -> ReadingState:
    member = member_of(tx, club)
    return state_of(tx.readings.choice(member.id, entry), tx.readings.marks(club.team, member.account, entry))


BOTH = [
    ((), reacts(put(READ)), reacts(put(LATER)), READ),
    ((), types(READ), reacts(put(LATER)), READ),
    ((reacts(put(LATER)),), types(READ), reacts(taken(LATER)), READ),
    ((reacts(put(READ)), reacts(put(LATER))), reacts(taken(READ)), reacts(taken(LATER)), UNREAD),
    ((reacts(put(READ)),), clears, reacts(put(LATER, 4)), LATER),
    ((reacts(put(LATER)),), sees(put(LATER), put(READ)), reacts(taken(LATER)), READ),
    ((reacts(put(READ)),), types(UNREAD), reacts(put(READ)), UNREAD),
]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("before", "one", "other", "ends"), BOTH)
def test_what_a_person_does_twice_at_one_moment_ends_as_their_marks_say(
    club: Club, store: SqlStore, entry: EntryId, before: tuple[Act, ...], one: Act, other: Act, ends: str, turned: bool
) -> None:
    for act in before:
        with store.begin(write=True) as tx:
            act(tx)

    alongside(store, *((other, one) if turned else (one, other)))

    with store.begin(write=False) as tx:
        assert tx.readings.state(club.member, entry) == supported(tx, club, entry) == ends


def test_a_newcomer_who_reacts_twice_at_one_moment_becomes_one_member(
    club: Club, store: SqlStore, entry: EntryId
) -> None:
    alongside(store, reacts(put(READ, by="cleo")), reacts(put(LATER, by="cleo")))

    with store.begin(write=False) as tx:
        assert tx.readings.state(member_of(tx, club, "cleo").id, entry) is READ
        assert tx.teams.members(club.team) == 2


def test_what_is_typed_wins_over_marks_of_a_clock_that_is_ahead(club: Club, store: SqlStore, entry: EntryId) -> None:
    with store.begin(write=True) as tx:
        readings.react(tx, put(READ, seconds=3600))
        types(UNREAD)(tx)
        readings.react(tx, put(LATER, seconds=1800))

        assert tx.readings.state(club.member, entry) is UNREAD


def test_a_state_that_no_mark_supports_is_repaired_when_the_message_is_read_again(
    club: Club, store: SqlStore, entry: EntryId
) -> None:
    bob = club.join("bob")
    marks = (put(READ), put(LATER), put(LATER, by="bob"))
    with store.begin(write=True) as tx:
        for mark in marks:
            readings.react(tx, mark)
        for member, wrong in ((club.member, LATER), (bob, READ)):
            tx.readings.save(member, Reading(entry=entry, state=wrong, since=tx.now()), None)

    with store.begin(write=True) as tx:
        assert readings.see(tx, MarksSeen(message=a_message(), marks=marks, at=START + timedelta(minutes=1))) == 0

    with store.begin(write=False) as tx:
        assert (tx.readings.state(club.member, entry), tx.readings.state(bob, entry)) == (READ, LATER)


def test_a_state_without_any_live_mark_is_repaired_too_and_what_was_typed_stays(
    club: Club, store: SqlStore, entry: EntryId
) -> None:
    bob = club.join("bob")
    with store.begin(write=True) as tx:
        for event in (put(READ), taken(READ), put(LATER, by="bob")):
            readings.react(tx, event)
        tx.readings.save(club.member, Reading(entry=entry, state=READ, since=tx.now()), None)
        readings.choose(tx, member_of(tx, club, "bob"), entry, READ)

    with store.begin(write=True) as tx:
        readings.see(tx, MarksSeen(message=a_message(), marks=(), at=START + timedelta(minutes=1)))

    with store.begin(write=False) as tx:
        assert (tx.readings.state(club.member, entry), tx.readings.state(bob, entry)) == (UNREAD, READ)


def test_a_message_is_read_again_while_its_readers_go_on(club: Club, store: SqlStore, entry: EntryId) -> None:
    """Newcomers and members, in both transactions and in two orders: neither waits for the other for good."""
    names = ["anna", "bob", "cleo", "dora"]
    seen = tuple(put(READ, by=name) for name in names)
    again = tuple(put(READ, by=name) for name in reversed(names))
    club.join("cleo")

    alongside(store, sees(*seen), sees(*again))

    with store.begin(write=False) as tx:
        assert tx.readings.readers(entry) == len(names)


# --- schedules and digests


@pytest.fixture
def scheduled(club: Club, store: SqlStore, entry: EntryId) -> Club:
    with store.begin(write=True) as tx:
        sets()(tx)
    return club


def team_of(tx: Transaction) -> Team:
    team = teams.team_of(tx, HERE)
    assert team is not None
    return team


def sets(weekday: Weekday = Weekday.MONDAY) -> Act:
    def act(tx: Transaction) -> object:
        at = time(9, 30)
        return schedules.put(
            tx, team_of(tx).id, a_channel(), weekday=weekday, at=at, zone="UTC", tags=(), by=an_account()
        )

    return act


def pauses(tx: Transaction) -> object:
    return schedules.pause(tx, team_of(tx).id, a_channel(), timedelta(days=14))


def stops(tx: Transaction) -> object:
    return schedules.stop(tx, a_channel(), "The channel is gone")


def turns_off(tx: Transaction) -> object:
    return schedules.remove(tx, team_of(tx).id, a_channel())


def posts(tx: Transaction) -> Digest:
    return digests.post_now(tx, team_of(tx).id, a_channel())


def test_a_schedule_that_is_turned_off_is_not_brought_back_by_a_pause(scheduled: Club, store: SqlStore) -> None:
    _, said = alongside(store, turns_off, refused(pauses))

    with store.begin(write=False) as tx:
        assert tx.schedules.of_channel(scheduled.team, a_channel()) is None
    assert said == "This channel has no schedule."


def test_a_stop_does_not_forget_the_pause_of_the_same_moment(scheduled: Club, store: SqlStore) -> None:
    alongside(store, pauses, stops)

    with store.begin(write=False) as tx:
        schedule = tx.schedules.of_channel(scheduled.team, a_channel())
        assert schedule is not None
        assert schedule.paused_because == "The channel is gone"
        assert schedule.paused_until == START + timedelta(days=14)


def test_a_pause_keeps_the_slot_that_was_set_at_the_same_moment(scheduled: Club, store: SqlStore) -> None:
    alongside(store, sets(Weekday.FRIDAY), pauses)

    with store.begin(write=False) as tx:
        schedule = tx.schedules.of_channel(scheduled.team, a_channel())
        assert schedule is not None
        assert (schedule.weekday, schedule.paused_until) == (Weekday.FRIDAY, START + timedelta(days=14))


def test_of_two_who_post_the_digest_one_reads_that_it_is_being_posted(scheduled: Club, store: SqlStore) -> None:
    _, said = alongside(store, posts, refused(posts))

    assert said.startswith("This week's digest is being posted right now. The next one comes on ")
    with store.begin(write=False) as tx:
        assert len(tx.schedules.weeks(scheduled.team, a_channel(), 9)) == 1


@pytest.mark.parametrize("picked", [True, False])
def test_who_picks_or_previews_while_it_is_posted_reads_of_the_week_after(
    scheduled: Club, store: SqlStore, picked: bool
) -> None:
    def looks(tx: Transaction) -> digests.Preview:
        team = team_of(tx).id
        return digests.pick(tx, team, a_channel(), ONE) if picked else digests.preview(tx, team, a_channel())

    posted, found = alongside(store, posts, looks)

    if picked:
        assert found.slot is not None
        assert found.slot.week > posted.week
    assert found.digest.entry.number == ONE


def test_a_skip_while_the_digest_is_posted_skips_the_week_after(scheduled: Club, store: SqlStore) -> None:
    posted, (_, slot) = alongside(store, posts, lambda tx: digests.skip(tx, team_of(tx).id, a_channel()))

    with store.begin(write=False) as tx:
        weeks = {week.week: week.outcome for week in tx.schedules.weeks(scheduled.team, a_channel(), 9)}
    assert weeks == {posted.week: Outcome.PLANNED, slot.week: Outcome.SKIPPED}


def test_two_who_skip_are_each_told_the_slot_that_they_skipped(scheduled: Club, store: SqlStore) -> None:
    skips = [digests.skip for _ in range(2)]
    one, other = alongside(store, *(lambda tx, skip=skip: skip(tx, team_of(tx).id, a_channel())[1] for skip in skips))

    with store.begin(write=False) as tx:
        assert {week.week for week in tx.schedules.weeks(scheduled.team, a_channel(), 9)} == {one.week, other.week}
    assert one.week != other.week


def test_the_ticker_posts_nothing_in_a_slot_that_is_posted_or_moved_at_the_moment(
    scheduled: Club, store: SqlStore, clock: FakeClock
) -> None:
    with store.begin(write=False) as tx:
        (schedule,) = tx.schedules.all()
    clock.advance(schedule.last_due(clock.now() + timedelta(days=7)).due_at - clock.now())

    _, ticks = alongside(store, turns_off, lambda tx: digests.plan_due(tx, [schedule]))

    assert ticks == []


def test_a_doubt_is_decided_by_the_first_of_two(scheduled: Club, store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        posts(tx)
        (leased,) = tx.ledger.lease("worker", 1, Durations(), [PLATFORM])
        tx.ledger.settle(leased, Transition(state=State.NEEDS_HUMAN))
    by = ledger.Decider(team=scheduled.team, account=an_account(), admin=True)

    alongside(
        store,
        lambda tx: ledger.post_again(tx, by, a_channel()),
        refused(lambda tx: ledger.confirm_arrived(tx, by, a_channel())),
    )

    with store.begin(write=False) as tx:
        delivery = tx.ledger.get(leased.id)
        assert delivery is not None
        assert delivery.state is State.PENDING


# --- what is carried out once


def test_a_use_that_is_brought_twice_at_one_moment_is_carried_out_once(store: SqlStore) -> None:
    used = InvocationId("press:1")

    def carries_out(tx: Transaction) -> str:
        if tx.invocations.claim(used):
            tx.invocations.save(used, "done")
            return "carried out"
        return tx.invocations.saved_answer(used) or "nothing is known of it"

    assert alongside(store, carries_out, carries_out) == ("carried out", "done")


# --- teams, members, lists


def test_a_member_met_in_two_workspaces_at_one_moment_is_known_in_both(club: Club, store: SqlStore) -> None:
    with store.begin(write=False) as tx:
        known = member_of(tx, club)

    def meets(name: str) -> Act:
        return lambda tx: tx.teams.add_workspace(known, WorkspaceRef(PLATFORM, name))

    alongside(store, meets("east"), meets("west"))

    with store.begin(write=False) as tx:
        assert member_of(tx, club).workspaces == ("east", "west")


def test_a_member_who_is_met_elsewhere_while_a_workspace_is_removed_stays(club: Club, store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        known = tx.teams.add_workspace(member_of(tx, club), HERE)
        tx.teams.leave(HERE)

    alongside(
        store,
        lambda tx: tx.teams.add_workspace(known, WorkspaceRef(PLATFORM, "elsewhere")),
        lambda tx: tx.teams.purge(HERE),
    )

    with store.begin(write=False) as tx:
        assert member_of(tx, club).workspaces == ("elsewhere",)


def test_a_member_who_is_removed_while_they_write_is_asked_to_try_again(club: Club, store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        known = tx.teams.add_workspace(member_of(tx, club), HERE)
        tx.teams.leave(HERE)

    with pytest.raises(StoreBusy):
        alongside(
            store,
            lambda tx: tx.teams.purge(HERE),
            lambda tx: tx.teams.add_workspace(known, WorkspaceRef(PLATFORM, "elsewhere")),
        )


def test_two_that_found_the_same_team_have_the_same_one(store: SqlStore) -> None:
    one, other = alongside(store, *[lambda tx: teams.get_or_create_default(tx, "UTC")] * 2)
    third, fourth = alongside(store, *[lambda tx: teams.get_or_create(tx, "infra", "UTC")] * 2)

    assert (one, third) == (other, fourth)


def test_of_two_teams_that_differ_in_capitals_one_is_founded(store: SqlStore) -> None:
    _, said = alongside(
        store,
        lambda tx: teams.get_or_create(tx, "Infra", "UTC"),
        refused(lambda tx: teams.get_or_create(tx, "infra", "UTC")),
    )

    assert "capital letters" in said


def test_one_of_two_that_join_a_workspace_at_one_moment_is_its_news(store: SqlStore) -> None:
    def joins(tx: Transaction) -> bool:
        news = teams.is_news(tx, HERE)
        teams.join(tx, HERE, "Here", None)
        return news

    assert alongside(store, joins, joins) == (True, False)


def a_file(club: Club, *titles: str) -> FileRead:
    read = tuple(a_read_entry(title, key=f"https://example.org/{title}") for title in titles)
    found = ReadList(file="list.md", entries=read, problems=(), synonyms={})
    return FileRead(source=club.source, digest="1", list=found)


def test_two_that_take_in_the_same_file_add_each_entry_once(club: Club, store: SqlStore) -> None:
    def syncs(tx: Transaction) -> int:
        return entries.sync(tx, club.team, [a_file(club, "Alpha", "Beta")]).added

    assert alongside(store, syncs, syncs) == (2, 0)


def test_a_source_that_is_removed_while_its_file_is_read_brings_nothing_in(club: Club, store: SqlStore) -> None:
    _, report = alongside(
        store,
        lambda tx: entries.use(tx, club.team, ["/other"]),
        lambda tx: entries.sync(tx, club.team, [a_file(club, "Alpha")]),
    )

    assert (report.added, report.entries) == (0, 0)


def test_two_that_name_the_same_new_list_have_one_source(club: Club, store: SqlStore) -> None:
    one, other = alongside(store, *[lambda tx: entries.use(tx, club.team, ["/new"])] * 2)

    assert one == other


def test_two_curators_together_keep_no_more_pairs_than_one(
    club: Club, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_ADDED", 1)

    alongside(
        store,
        lambda tx: search.add_synonym(tx, club.team, "k8s", ["kubernetes"]),
        refused(lambda tx: search.add_synonym(tx, club.team, "db", ["database"])),
    )


def test_a_secret_that_is_stored_while_all_are_encrypted_again_is_the_new_one(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, chat = SqlVault(store, [Fernet.generate_key().decode()]), PlatformName("chat")
    vault.save(chat, "install/1", b"old")
    opens = SqlVault._opened

    with ThreadPoolExecutor(1) as thread:
        keeping: list[Future[None]] = []

        def meanwhile(self: SqlVault, *of: Any) -> bytes:
            keeping.append(thread.submit(vault.save, chat, "install/1", b"new"))
            wait(keeping, timeout=BLOCKED)
            return opens(self, *of)

        with monkeypatch.context() as patched:
            patched.setattr(SqlVault, "_opened", meanwhile)
            vault.rotate()
        keeping[0].result()

    assert vault.load(chat, "install/1") == b"new"
