"""Posts of which nobody knows whether they arrived: each ends up in the channel once, and no platform is asked in vain."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import update

from bot.domain.delivery import PostingRules, Step
from bot.domain.errors import MessageRemoved, PlatformBusy, PlatformUncertain
from bot.domain.ids import MessageRef
from bot.service import ledger
from store.sql.tables import DELIVERY
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of
from tests.fakes.platform import RecordingPlatform, channel

AWAY = PlatformUncertain("no answer")
REMEMBERS = PostingRules(
    settle=timedelta(seconds=25), repeatable_within=timedelta(seconds=120), channel_pace=timedelta()
)


async def shared(house: Clubhouse) -> None:
    await house.say("share #1")
    await house.stage.settle()


async def test_a_platform_that_remembers_keys_is_asked_for_the_same_post_again_and_shows_it_once(
    database: str, tmp_path: Path
) -> None:
    deaf = RecordingPlatform(posting_rules=REMEMBERS, refusals=[AWAY], after_accepting=True)
    async with clubhouse(database, tmp_path, "Alpha", platform=deaf) as house:
        await shared(house)
        await house.jump(seconds=24)
        early = len(deaf.threads)
        await house.jump(seconds=2)
        platform = house.platform

    assert (early, len(platform.threads)) == (0, 1)
    assert len(platform.roots()) == 1
    assert platform.looks == 0


async def test_a_platform_that_has_forgotten_the_key_by_then_is_looked_at_first(database: str, tmp_path: Path) -> None:
    deaf = RecordingPlatform(posting_rules=REMEMBERS, refusals=[AWAY], after_accepting=True)
    async with clubhouse(database, tmp_path, "Alpha", platform=deaf) as house:
        await shared(house)
        await house.jump(minutes=3)
        platform = house.platform

    assert len(platform.roots()) == 1
    assert platform.looks == 1


async def test_a_post_that_somebody_removed_before_we_heard_of_it_is_not_posted_again(
    database: str, tmp_path: Path
) -> None:
    gone = MessageRemoved("it was there", remedy="Nothing.")
    platform = RecordingPlatform(posting_rules=REMEMBERS, refusals=[AWAY, gone])
    async with clubhouse(database, tmp_path, "Alpha", platform=platform) as house:
        await shared(house)
        await house.wait(hours=1)
        platform, status = house.platform, text_of(await house.say("status"))

    assert platform.roots() == []
    assert platform.threads == []
    assert platform.seeds == []
    assert platform.told == []
    assert "No delivery has failed." in status


async def test_a_double_that_comes_to_light_later_is_removed_by_one_look_and_ours_stands(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", platform=RecordingPlatform(refusals=[AWAY])) as house:
        platform = house.platform
        await shared(house)
        await house.wait(minutes=2)
        (ours,) = platform.roots()
        late = replace(ours, ref=MessageRef(channel(), "came late"))
        platform.posted.insert(0, late)
        looks = platform.looks
        await house.wait(minutes=6)
        await house.wait(hours=1)
        looks = platform.looks - looks

    assert [posted.ref.id for posted in platform.roots()] == ["1"]
    assert looks == 1


async def test_a_double_that_cannot_be_removed_at_first_keeps_nothing_back_and_is_removed_later(
    database: str, tmp_path: Path
) -> None:
    deaf = RecordingPlatform(refusals=[AWAY], after_accepting=True, undeletable=[AWAY, AWAY])
    async with clubhouse(database, tmp_path, "Alpha", platform=deaf) as house:
        await shared(house)
        (ours,) = deaf.roots()
        deaf.posted.append(replace(ours, ref=MessageRef(channel(), "twice")))
        await house.wait(minutes=2)
        at_first = [posted.ref.id for posted in deaf.roots()]
        assert len(deaf.threads) == 1
        await house.wait(minutes=30)
        platform = deaf

    assert at_first == ["1", "twice"]
    assert [posted.ref.id for posted in platform.roots()] == ["1"]
    assert platform.told == []


async def test_a_post_that_was_never_in_doubt_is_not_looked_for(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await shared(house)
        await house.wait(hours=1)

    assert house.platform.looks == 0


async def test_a_card_that_this_version_cannot_read_waits_for_a_person_and_the_others_go_out(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say("share #1")
        await house.club.runner.write(lambda tx: written_by_a_newer_version(cast(Any, tx)))
        await house.say("share #2", where="other")
        await house.stage.settle()
        platform, status = house.platform, text_of(await house.say("status"))

    assert [posted.ref.channel.id for posted in platform.roots()] == ["other"]
    assert len(platform.told) == 1
    assert "Card has no field mood" in words_of(platform.told[0][1])
    assert "Card has no field mood" in status


def written_by_a_newer_version(tx: Any) -> None:
    body = '{"version":1,"card":{"title":"Alpha","mood":"fine"}}'
    tx.ledger._work.change(update(DELIVERY).where(DELIVERY.c.step == Step.ROOT).values(body=body))


async def test_waiting_for_a_busy_platform_is_no_attempt_however_often(database: str, tmp_path: Path) -> None:
    busy = [PlatformBusy("slow down", retry_after=timedelta(minutes=1)) for _ in range(9)]

    platform = RecordingPlatform(refusals=[*busy, AWAY])
    async with clubhouse(database, tmp_path, "Alpha", platform=platform) as house:
        await shared(house)
        await house.wait(minutes=15)

    assert len(house.platform.roots()) == 1


async def test_what_was_posted_after_the_backup_is_found_after_a_restore_and_not_posted_again(tmp_path: Path) -> None:
    """The backup was made on Sunday, the digest went out on Monday, and an hour later the backup is what there is."""
    file, backup = tmp_path / "club.db", tmp_path / "backup.db"

    async with clubhouse(f"sqlite:///{file}", tmp_path, "Alpha", "Beta") as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.wait(days=4)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(backup)) as copy:
            source.backup(copy)
        await house.wait(days=1)
        platform, monday = house.platform, house.club.clock.now()
    async with clubhouse(f"sqlite:///{backup}", tmp_path, "Alpha", "Beta", at=monday, platform=platform) as house:
        await house.club.runner.write(ledger.after_restore)
        await house.wait(hours=1)

    assert len(platform.roots()) == 1
    assert len(platform.posted) == 2, "the question in the thread is there once, too"
