"""The people around digests on both engines: hosts, who is in, votes, and that nothing of them stays behind."""

from datetime import timedelta

from bot.domain.digest import Outcome, Week
from bot.domain.ids import MemberId, ScheduleId, WorkspaceRef
from bot.domain.meeting import Meeting, MeetingRules, Nominee, WeeklyTime
from bot.domain.schedule import Schedule, Weekday
from store.sql import SqlStore
from store.sql.tables import GOING, HOST, HOST_PASSED, MEETING, MEETING_RULES, NOMINEE, VOTE
from tests.contract.test_store_backup import a_schedule
from tests.fakes.clock import START, FakeClock
from tests.fakes.kept import PLATFORM, Club, a_channel, a_read_entry

WEEK, NEXT = "2026-W47", "2026-W48"


def scheduled(club: Club) -> Schedule:
    with club.store.begin(write=True) as tx:
        return tx.schedules.save(a_schedule(club))


def a_week(club: Club, schedule: ScheduleId, week: str, outcome: Outcome = Outcome.PLANNED) -> Week:
    return Week(
        schedule=schedule,
        team=club.team,
        channel=a_channel(),
        week=week,
        due_at=START,
        used_at=START,
        outcome=outcome,
    )


def test_rules_are_the_usual_ones_until_they_are_set(club: Club) -> None:
    schedule = scheduled(club).id
    meets = WeeklyTime(weekday=Weekday.THURSDAY, at=a_schedule(club).at, zone="Europe/Berlin")
    wanted = MeetingRules(
        schedule=schedule, hosts=False, quorum=0, meets=meets, closing=False, vote_every=2, teaser=True
    )
    with club.store.begin(write=True) as tx:
        assert tx.meetings.rules(schedule) == MeetingRules(schedule=schedule)
        tx.meetings.save_rules(wanted)
        tx.meetings.save_rules(wanted)
        assert tx.meetings.rules(schedule) == wanted


def test_the_pool_knows_what_each_hosted_last_before_a_week(club: Club, clock: FakeClock) -> None:
    schedule, bob = scheduled(club).id, club.join("bob")
    with club.store.begin(write=True) as tx:
        assert tx.meetings.join_pool(schedule, club.member)
        assert not tx.meetings.join_pool(schedule, club.member)
        tx.meetings.set_host(Meeting(schedule=schedule, week=WEEK, host=club.member))
        tx.meetings.set_host(Meeting(schedule=schedule, week=NEXT, host=bob, by_reaction=True))
        tx.schedules.use_slot(a_week(club, schedule, WEEK))
        tx.schedules.use_slot(a_week(club, schedule, NEXT))
        tx.meetings.set_host(Meeting(schedule=schedule, week="2026-W46", host=bob))
        tx.schedules.use_slot(a_week(club, schedule, "2026-W46", Outcome.SKIPPED))  # what was skipped, no one hosted
    clock.advance(timedelta(minutes=1))
    with club.store.begin(write=True) as tx:
        tx.meetings.join_pool(schedule, bob)
        pool = {one.member.id: one.last for one in tx.meetings.pool(schedule, NEXT)}
        assert pool == {club.member: WEEK, bob: ""}
        assert {one.last for one in tx.meetings.pool(schedule, "2026-W49")} == {WEEK, NEXT}
        assert tx.meetings.get(schedule, NEXT) == Meeting(schedule=schedule, week=NEXT, host=bob, by_reaction=True)
        assert tx.meetings.hosted(club.team) == {schedule}
        tx.meetings.pass_turn(schedule, WEEK, bob)
        tx.meetings.pass_turn(schedule, WEEK, bob)
        assert tx.meetings.passed(schedule, WEEK) == {bob}
        tx.meetings.pass_turn(schedule, WEEK, bob, undo=True)
        assert not tx.meetings.passed(schedule, WEEK)
        assert tx.meetings.leave_pool(schedule, bob)
        assert not tx.meetings.leave_pool(schedule, bob)


def test_who_is_in_and_who_votes_is_what_they_said_last(club: Club, clock: FakeClock) -> None:
    schedule, bob = scheduled(club).id, club.join("bob")
    one, other = club.add(a_read_entry(), a_read_entry())
    with club.store.begin(write=True) as tx:
        tx.meetings.say(schedule, WEEK, club.member, going=True)
        since = tx.now()
        tx.meetings.nominate(schedule, WEEK, [Nominee(entry=other, reason="new"), Nominee(entry=one, reason="old")])
        tx.meetings.vote(schedule, WEEK, one, club.member, in_favour=True)
    clock.advance(timedelta(minutes=1))
    with club.store.begin(write=True) as tx:
        tx.meetings.say(schedule, WEEK, bob, going=True)
        assert [member.id for member in tx.meetings.going(schedule, WEEK)] == [club.member, bob]
        tx.meetings.say(schedule, WEEK, club.member, going=False)
        assert [member.id for member in tx.meetings.going(schedule, WEEK)] == [bob]
        answer = tx.meetings.answer(schedule, WEEK, club.member)
        assert answer is not None
        assert (answer.going, answer.at) == (False, tx.now())
        assert tx.meetings.answer(schedule, NEXT, club.member) is None
        assert tx.meetings.touched(club.team, since) == {schedule}
        assert not tx.meetings.touched(club.team, tx.now() + timedelta(minutes=1))

        assert [nominee.reason for nominee in tx.meetings.nominees(schedule, WEEK)] == ["new", "old"]
        tx.meetings.vote(schedule, WEEK, one, bob, in_favour=True)
        assert tx.meetings.votes(schedule, WEEK) == {one: {club.member, bob}}
        tx.meetings.vote(schedule, WEEK, one, bob, in_favour=False)
        assert tx.meetings.votes(schedule, WEEK) == {one: {club.member}}
        assert tx.meetings.voted(schedule, WEEK, other, bob) is None
        assert (tx.meetings.last_vote(schedule, NEXT), tx.meetings.last_vote(schedule, WEEK)) == (WEEK, None)


def everything(club: Club, schedule: ScheduleId, member: MemberId) -> None:
    (entry,) = club.add(a_read_entry())
    with club.store.begin(write=True) as tx:
        tx.meetings.save_rules(MeetingRules(schedule=schedule))
        tx.meetings.join_pool(schedule, member)
        tx.meetings.set_host(Meeting(schedule=schedule, week=WEEK, host=member))
        tx.meetings.pass_turn(schedule, WEEK, member)
        tx.meetings.say(schedule, WEEK, member, going=True)
        tx.meetings.nominate(schedule, WEEK, [Nominee(entry=entry, reason="new")])
        tx.meetings.vote(schedule, WEEK, entry, member, in_favour=True)


def test_a_member_who_is_deleted_leaves_nothing_behind(club: Club, store: SqlStore) -> None:
    away = WorkspaceRef(PLATFORM, "away")
    schedule, bob = scheduled(club).id, club.join("bob")
    with store.begin(write=True) as tx:
        tx.teams.join(away, "Away", club.team)
        known = tx.teams.member_with_id(bob)
        assert known is not None
        tx.teams.add_workspace(known, away)
    everything(club, schedule, bob)
    with store.begin(write=True) as tx:
        tx.teams.leave(away)
        tx.teams.purge(away)
        assert tx.teams.member_with_id(bob) is None
        assert tx.meetings.get(schedule, WEEK) == Meeting(schedule=schedule, week=WEEK)
        assert not [row for table in (HOST, HOST_PASSED, GOING, VOTE) for row in tx.rows(table.select())]
        assert tx.meetings.nominees(schedule, WEEK)


def test_a_schedule_that_is_deleted_leaves_nothing_behind(club: Club, store: SqlStore) -> None:
    everything(club, scheduled(club).id, club.member)
    here = a_channel().workspace
    with store.begin(write=True) as tx:
        tx.teams.leave(here)
        tx.teams.purge(here)
        tables = (MEETING_RULES, MEETING, HOST, HOST_PASSED, GOING, NOMINEE, VOTE)
        assert not [row for table in tables for row in tx.rows(table.select())]
