"""Digests on their way: each once, in order, on time; and what is said when one is not."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.card import Card, EntryLine
from bot.domain.digest import Digest
from bot.domain.errors import PlatformBusy, PlatformRefused, PlatformUncertain
from bot.domain.ids import TeamId
from bot.domain.reading_state import ReadingState
from bot.domain.schedule import Occurrence, Schedule
from bot.ports.store import Transaction
from bot.service import digests
from tests.fakes.clubhouse import WEDNESDAY, clubhouse, text_of, words_of
from tests.fakes.platform import RecordingPlatform, channel

MONDAY_NINE = "schedule set mon 09:00 UTC"
TO_MONDAY = {"days": 5}
AWAY = PlatformUncertain("no answer")
GONE = PlatformRefused("not in the channel", remedy="Invite the bot.")


def shown(card: Card) -> EntryLine:
    assert card.entry is not None
    return card.entry


async def test_a_digest_takes_its_steps_in_order_and_each_once(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say(MONDAY_NINE)
        await house.wait(**TO_MONDAY)
        await house.wait(hours=1)
        platform = house.platform

    (root,) = platform.roots()
    assert shown(root.card).title == "Alpha"
    assert [title for _, title in platform.threads] == ["#1 Alpha"]
    assert [posted.card.title for posted in platform.posted if posted.thread] == ["Discussion"]
    assert [meaning for _, meaning in platform.seeds] == [ReadingState.READ, ReadingState.LATER]
    assert all(len(posted.key) <= 24 for posted in platform.posted)


async def test_what_is_previewed_is_what_is_posted(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await house.say(MONDAY_NINE)
        await house.say("digest pick #3")
        answer = await house.say("digest")
        await house.wait(**TO_MONDAY)
        assert isinstance(answer.show, Card)
        preview, posted = answer.show, house.platform.roots()[0].card

    assert preview.blocks[1 : 1 + len(posted.blocks)] == posted.blocks
    assert shown(posted).number == shown(preview).number == 3


async def test_a_pick_that_was_retired_falls_back_to_the_rule(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say(MONDAY_NINE)
        await house.say("digest pick #2")
        await house.rewrite("Alpha")
        await house.wait(**TO_MONDAY)

        assert shown(house.platform.roots()[0].card).number == 1


async def test_a_platform_that_is_busy_is_asked_again_when_it_said_and_not_before(
    database: str, tmp_path: Path
) -> None:
    busy = RecordingPlatform(refusals=[PlatformBusy("slow down", retry_after=timedelta(minutes=10))])
    async with clubhouse(database, tmp_path, "Alpha", platform=busy) as house:
        await house.say("share #1")
        await house.stage.settle()
        await house.jump(minutes=9)
        before = len(house.platform.posted)
        await house.jump(minutes=2)

        assert (before, len(house.platform.roots())) == (0, 1)


async def test_a_post_whose_answer_was_lost_is_found_and_not_posted_again(database: str, tmp_path: Path) -> None:
    deaf = RecordingPlatform(refusals=[AWAY], after_accepting=True)
    async with clubhouse(database, tmp_path, "Alpha", platform=deaf) as house:
        await house.say(MONDAY_NINE)
        await house.wait(**TO_MONDAY)
        platform = house.platform

    assert len(platform.roots()) == 1
    assert len(platform.threads) == 1


async def test_a_post_that_never_arrived_is_posted_after_the_doubt_is_settled(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", platform=RecordingPlatform(refusals=[AWAY])) as house:
        await house.say("share #1")
        await house.stage.settle()
        assert house.platform.posted == []
        await house.wait(minutes=3)

    assert len(house.platform.roots()) == 1


async def test_a_doubt_that_cannot_be_looked_up_is_shown_to_the_admin_and_never_posted_again(
    database: str, tmp_path: Path
) -> None:
    blind = RecordingPlatform(refusals=[AWAY], blind=PlatformRefused("may not read", remedy="Grant history."))
    async with clubhouse(database, tmp_path, "Alpha", platform=blind) as house:
        await house.say(MONDAY_NINE)
        await house.wait(**TO_MONDAY)
        await house.wait(days=2)
        platform, status = house.platform, text_of(await house.say("status"))

    assert platform.posted == []
    assert len(platform.told) == 1
    assert "wait for a person" in status
    assert "may not read" in status


async def test_what_a_person_wants_posted_again_is_posted_however_late_they_decide(
    database: str, tmp_path: Path
) -> None:
    blind = RecordingPlatform(refusals=[AWAY], blind=PlatformRefused("may not read", remedy="Grant history."))
    async with clubhouse(database, tmp_path, "Alpha", platform=blind) as house:
        await house.say(MONDAY_NINE)
        await house.wait(**TO_MONDAY)
        await house.wait(days=2)
        await house.say("digest again")
        await house.wait(minutes=1)
        platform = house.platform

    (root,) = platform.roots()
    assert shown(root.card).title == "Alpha"
    assert len(platform.threads) == 1


async def test_a_refused_digest_tells_its_admin_once_and_stands_in_the_status(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", platform=RecordingPlatform(refusals=[GONE])) as house:
        await house.say(MONDAY_NINE)
        await house.wait(**TO_MONDAY)
        platform, status = house.platform, text_of(await house.say("status"))

    assert platform.posted == []
    assert platform.threads == []
    assert len(platform.told) == 1
    assert "Invite the bot." in words_of(platform.told[0][1])
    assert "Invite the bot." in status


async def test_a_channel_without_threads_still_gets_its_seeds(database: str, tmp_path: Path) -> None:
    platform = RecordingPlatform(threadless=PlatformRefused("no threads here", remedy="Allow threads."))
    async with clubhouse(database, tmp_path, "Alpha", platform=platform) as house:
        await house.say("share #1")
        await house.stage.settle()
        platform = house.platform

    assert len(platform.posted) == 1
    assert [meaning for _, meaning in platform.seeds] == [ReadingState.READ, ReadingState.LATER]
    assert ["Allow threads." in words_of(card) for _, card in platform.told] == [True]


async def test_a_digest_within_a_day_of_its_time_is_posted_and_says_that_it_is_late(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say(MONDAY_NINE)
        await house.jump(days=5, hours=18)

        assert "Late: this was due" in words_of(house.platform.roots()[0].card)


async def test_a_digest_later_than_a_day_is_skipped_and_its_admin_is_told(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say(MONDAY_NINE)
        await house.jump(days=6)
        await house.jump(hours=1)
        platform = house.platform

    assert platform.posted == []
    assert [card.title for _, card in platform.told] == ["No digest was posted this week."]


async def test_weeks_away_end_in_one_digest_and_not_in_a_burst(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say(MONDAY_NINE)
        await house.jump(days=5 + 28)

        assert len(house.platform.roots()) == 1


async def test_a_planned_digest_that_its_platform_kept_waiting_for_a_day_is_skipped(
    database: str, tmp_path: Path
) -> None:
    busy = RecordingPlatform(refusals=[PlatformBusy("down", retry_after=timedelta(hours=30))])
    async with clubhouse(database, tmp_path, "Alpha", platform=busy) as house:
        await house.say(MONDAY_NINE)
        await house.wait(**TO_MONDAY)
        await house.wait(days=2)
        platform = house.platform

    assert platform.posted == []
    assert len(platform.told) == 1


async def test_a_list_without_entries_posts_nothing_and_tells_its_admin_once(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha+db") as house:
        await house.say(MONDAY_NINE + " tag:db")
        await house.rewrite("Alpha")
        await house.wait(**TO_MONDAY)
        await house.wait(days=1)
        platform = house.platform

    assert platform.posted == []
    assert len(platform.told) == 1


async def test_moving_or_renewing_a_schedule_does_not_post_a_second_time_in_a_week(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await house.say(MONDAY_NINE)
        await house.wait(**TO_MONDAY)
        await house.say("schedule set tue 09:00 UTC")
        await house.wait(days=2)
        await house.say("schedule off")
        await house.say("schedule set fri 09:00 UTC")
        await house.wait(days=3)

        assert len(house.platform.roots()) == 1


async def test_a_schedule_made_after_this_weeks_time_starts_next_week(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say(MONDAY_NINE)
        await house.stage.settle()
        now = len(house.platform.roots())
        await house.wait(**TO_MONDAY)

        assert [now, len(house.platform.roots())] == [0, 1]


async def test_posting_now_uses_up_the_week(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", at=WEDNESDAY + timedelta(days=4, hours=13)) as house:
        await house.say(MONDAY_NINE)
        await house.say("digest post")
        again = await house.say("digest post")
        await house.wait(hours=12)
        early = len(house.platform.roots())
        await house.wait(days=7)
        second, later = text_of(again), len(house.platform.roots())

    assert early == 1
    assert second.startswith("This week's digest is being posted right now. The next one comes on Monday 16 March.")
    assert later == 2


@pytest.mark.parametrize(
    ("first", "said"),
    [("digest post", "was already posted."), ("digest skip", "was skipped by an admin.")],
)
async def test_who_posts_a_digest_of_which_the_week_is_over_reads_what_became_of_it(
    database: str, tmp_path: Path, first: str, said: str
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", at=WEDNESDAY + timedelta(days=5)) as house:
        await house.say("schedule set fri 09:00 UTC")
        await house.say(first)
        await house.stage.settle()

        assert text_of(await house.say("digest post")).startswith(
            f"This week's digest {said} The next one comes on Friday 20 March."
        )


async def test_a_skipped_slot_posts_nothing_and_the_next_one_does(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say(MONDAY_NINE)
        await house.say("digest skip")
        await house.wait(**TO_MONDAY)
        skipped = len(house.platform.roots())
        await house.wait(days=7)

        assert [skipped, len(house.platform.roots())] == [0, 1]


async def test_a_pause_ends_by_itself_and_resuming_makes_nothing_up(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        counts = []
        await house.say(MONDAY_NINE)
        await house.say("schedule pause 1w")
        await house.wait(days=7)
        counts.append(len(house.platform.roots()))
        await house.wait(days=7)
        counts.append(len(house.platform.roots()))
        await house.say("schedule pause 3w")
        await house.wait(days=5, hours=2)
        await house.say("schedule resume")
        await house.stage.settle()
        counts.append(len(house.platform.roots()))

    assert counts == [0, 1, 1]


async def test_two_processes_over_one_database_post_once(database: str, tmp_path: Path) -> None:
    platform = RecordingPlatform()
    async with clubhouse(database, tmp_path, "Alpha", platform=platform) as first:
        await first.say(MONDAY_NINE)
        async with clubhouse(database, tmp_path, platform=platform) as second:
            for house in (first, second):
                house.club.clock.move_to(WEDNESDAY + timedelta(days=5))
            await asyncio.gather(*(house.stage.settle() for house in (first, second, first, second)))
            await asyncio.gather(*(house.stage.settle() for house in (first, second)))

    assert len(platform.roots()) == 1


async def test_a_clock_that_jumps_back_posts_nothing_twice(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say(MONDAY_NINE)
        await house.wait(**TO_MONDAY)
        await house.jump(hours=-6)
        await house.wait(hours=8)

        assert len(house.platform.roots()) == 1


async def test_a_repeated_share_posts_once(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        first = await house.say("share #1", again="press:1")
        house.club.dispatcher._answered.clear()
        second = await house.say("share #1", again="press:1")
        await house.stage.settle()

        assert (len(house.platform.roots()), first == second) == (1, True)


async def test_a_slot_that_is_due_when_its_schedule_is_paused_or_resumed_is_not_lost(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        counts = []
        await house.say(MONDAY_NINE)
        for line, days in (("schedule resume", 4), ("schedule pause 2w", 7), ("schedule resume", 7)):
            await house.wait(days=days)
            before = house.club.clock.now()
            house.club.clock.move_to(before.replace(hour=9, minute=0, second=5) + timedelta(days=1))
            await house.say(line)
            await house.stage.settle()
            counts.append(len(house.platform.roots()))
            house.club.clock.move_to(before)

    assert counts == [1, 2, 2]


async def test_the_status_says_of_every_channel_what_became_of_the_last_digest_and_why(
    database: str, tmp_path: Path
) -> None:
    platform = RecordingPlatform(refusals=[])
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma", platform=platform) as house:
        said = []
        await house.say(MONDAY_NINE)
        for refusal in (None, GONE, PlatformBusy("slow down", retry_after=timedelta(hours=2))):
            platform.refusals.extend([refusal] if refusal else [])
            await house.jump(days=5 if refusal is None else 7)
            said.append(text_of(await house.say("status")))
        await house.say("schedule pause 2w")
        posted, refused, busy, paused = [*said, text_of(await house.say("status"))]

    assert re.search(r"Mon 9 Mar 2026 09:00 UTC: #\d \w+, posted", posted)
    failed = re.search(
        r"Mon 16 Mar 2026 09:00 UTC: (#\d \w+), not posted \(not in the channel Invite the bot\)", refused
    )
    assert failed is not None
    assert f"Mon 23 Mar 2026 09:00 UTC: {failed[1]}, on its way (slow down)" in busy
    assert failed[1] not in posted
    assert "Paused until: " in paused


async def test_a_problem_is_told_once_a_day_whatever_process_meets_it(database: str, tmp_path: Path) -> None:
    told = 0
    for _ in range(2):
        platform = RecordingPlatform(refusals=[GONE])
        async with clubhouse(database, tmp_path, "Alpha", platform=platform) as house:
            await house.say("share #1")
            await house.stage.settle()
            told += len(platform.told)

    assert told == 1


async def test_a_schedule_whose_zone_is_gone_holds_up_no_other_and_its_admin_is_told_once(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        for channel, admin in (("broken", "bert"), ("reading", "ana")):
            await house.say(MONDAY_NINE, where=channel, by=admin)
        await house.club.runner.write(lambda tx: moved_to_a_zone_that_is_gone(tx, house.team.id))
        await house.wait(**TO_MONDAY)
        await house.wait(days=7)
        platform = house.platform

    assert [posted.ref.channel.id for posted in platform.roots()] == ["reading", "reading"]
    assert [account.id for account, _ in platform.told] == ["bert"]


def moved_to_a_zone_that_is_gone(tx: Transaction, team: TeamId) -> None:
    schedule = tx.schedules.of_channel(team, channel("broken"))
    assert schedule is not None
    tx.schedules.save(replace(schedule, zone="Mars/Olympus"))


async def test_a_digest_that_cannot_be_planned_holds_up_none_that_is_due_with_it(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = digests._digest

    def broken(tx: Transaction, schedule: Schedule, slot: Occurrence, *, late: bool) -> Digest | None:
        assert schedule.channel.id != "broken"
        return digest(tx, schedule, slot, late=late)

    async with clubhouse(database, tmp_path, "Alpha") as house:
        for name, admin in (("broken", "bert"), ("reading", "ana"), ("other", "ana")):
            await house.say(MONDAY_NINE, where=name, by=admin)
        monkeypatch.setattr(digests, "_digest", broken)
        await house.wait(**TO_MONDAY)
        await house.wait(hours=1)
        platform = house.platform

    assert sorted(posted.ref.channel.id for posted in platform.roots()) == ["other", "reading"]
    assert [account.id for account, _ in platform.told] == ["bert"]


async def test_many_schedules_due_in_one_minute_are_all_planned_and_posted(database: str, tmp_path: Path) -> None:
    channels = [f"channel-{number}" for number in range(60)]

    async with clubhouse(database, tmp_path, "Alpha") as house:
        for channel in channels:
            await house.say(MONDAY_NINE, where=channel)
        await house.wait(**TO_MONDAY)

        assert sorted([posted.ref.channel.id for posted in house.platform.roots()]) == sorted(channels)
