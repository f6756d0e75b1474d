"""What one member is sent in private: reminders and a weekly note, once, over a database of each engine."""

import asyncio
from pathlib import Path

from bot.domain.card import Action, Card, Form
from bot.domain.team import Role
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of

TITLES = ("Alpha", "Beta", "Gamma")
READER = Role.READER


def offered(card: Card | Form) -> dict[str, Action]:
    assert isinstance(card, Card)
    inside = [action for block in card.blocks for action in getattr(block, "actions", ())]
    return {action.label: action for action in (*card.actions, *inside)}


async def said(house: Clubhouse, line: str, by: str = "ana") -> str:
    return text_of(await house.say(line, by=by, role=READER))


def private_messages(house: Clubhouse, title: str) -> list[tuple[str, Card]]:
    return [(who.id, card) for who, card in house.platform.told if card.title == title]


def reminded(house: Clubhouse) -> list[tuple[str, Card]]:
    return private_messages(house, "You asked me to remind you.")


def noted(house: Clubhouse) -> list[tuple[str, Card]]:
    return private_messages(house, "Your weekly note")


async def test_a_reminder_comes_once_in_private_with_its_buttons(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        answer = await house.say("remind #2 3d", by="ben", role=READER)
        assert "I'll remind you of #2." in text_of(answer)
        assert "Sat 7 Mar 2026 12:00" in text_of(answer)
        await house.wait(days=2, hours=23)
        assert not reminded(house)
        await house.wait(hours=2)
        ((who, card),) = reminded(house)
        assert who == "ben"
        assert "#2 Beta" in words_of(card)
        assert card.article == "https://example.org/beta"
        await house.wait(weeks=2)
        assert len(reminded(house)) == 1

        assert "I'll remind you of #2." in text_of(await house.press(offered(card)["Snooze a week"], by="ben"))
        await house.wait(weeks=1, hours=1)
        assert [who for who, _ in reminded(house)] == ["ben", "ben"]
        assert "#2 is read." in text_of(await house.press(offered(card)["Mark as read"], by="ben"))
        assert not house.platform.posted


async def test_a_reminder_is_taken_back_changed_and_listed(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("settings zone Europe/Berlin")
        first = await house.say("remind #1 tomorrow")
        assert "Thu 5 Mar 2026 09:00" in text_of(first)
        second = await house.say("remind #1 in 2 weeks")
        assert "Wed 18 Mar 2026 13:00" in text_of(second)
        assert "Thu 5 Mar 2026 09:00" in text_of(await house.press(offered(second.show)["Undo"]))
        await house.say("remind #3 mon")
        assert "Reminders: 2, the next one Thu 5 Mar 2026 09:00" in await said(house, "settings")
        listed = await house.say("remind list")
        assert "#1: Alpha: Thu 5 Mar" in text_of(listed)
        assert "#3: Gamma: Mon 9 Mar 2026 09:00" in text_of(listed)
        gone = await house.press(offered(listed.show)["Cancel #1"])
        assert "I won't remind you of #1." in text_of(gone)
        await house.press(offered(gone.show)["Undo"])
        await house.say("remind cancel #3")
        assert "You have no reminder of #3." in await said(house, "remind cancel #3")
        await house.wait(weeks=1)
        assert [words_of(card).splitlines()[1] for _, card in reminded(house)] == ["#1 Alpha"]
        assert "You have no reminders." in await said(house, "remind list")


async def test_a_time_that_cannot_be_is_refused_with_what_to_type(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        for line, problem in (
            ("remind #1 soonish", "“soonish” is not a time in the future."),
            ("remind #1 today", "That time has passed."),
            ("remind #1 2028-01-04", "That is too far ahead."),
            ("remind #9 3d", "There is no entry #9"),
            ("remind #1 9999-99-99T99:99:99Z", "There is no such time."),
            ("settings weekly-note whenever", "When do you want the note?"),
            ("settings weekly-note mon 9 max:x", "“x” is not a reading time."),
            ("settings weekly-note snooze", "You get no weekly note."),
        ):
            answer = await house.say(line, role=READER)
            assert answer.refusal, line
            assert problem in text_of(answer)
        assert "I'll remind you of #1." in await said(house, "remind #1 3 days")
        assert isinstance((await house.say("remind")).show, Form)
        later = await house.say("later #2")
        assert isinstance((await house.press(offered(later.show)["Remind me"])).show, Form)


async def test_a_weekly_note_is_off_until_a_member_asks_for_it(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("settings zone Europe/Berlin", by="ben")
        answer = await house.say("settings weekly-note mon 09:00", by="ben", role=READER)
        assert "The next one comes on Mon 9 Mar 2026 09:00" in text_of(answer)
        await house.wait(weeks=1)
        ((who, card),) = noted(house)
        assert who == "ben"
        assert "3 entries are unread. How about this one?" in words_of(card)
        assert {"Mark as read", "Later", "Snooze a week", "Turn off"} <= offered(card).keys()

        assert "each of the last" not in words_of(card)

        snoozed = await house.press(offered(card)["Snooze a week"], by="ben")
        assert "The next one comes on Mon 23 Mar 2026 09:00" in text_of(snoozed)
        assert (await house.press(offered(card)["Snooze a week"], by="ben")).refusal
        await house.wait(weeks=1)
        assert len(noted(house)) == 1
        await house.wait(weeks=1)
        assert len(noted(house)) == 2

        off = await house.press(offered(card)["Turn off"], by="ben")
        await house.wait(weeks=2)
        assert len(noted(house)) == 2
        await house.press(offered(off.show)["Undo"], by="ben")
        await house.say("read #1 #2 #3", by="ben", role=READER)
        await house.wait(weeks=2)
        assert len(noted(house)) == 2  # there is nothing left to read
        assert {who.id for who, _ in house.platform.told} == {"ben"}


async def test_a_weekly_note_follows_its_members_zone_and_is_left_out_when_late(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("settings weekly-note friday 4 pm")
        moved = await house.say("settings zone America/New_York")
        assert "Your time zone" in text_of(moved)
        assert "Weekly note: the next one Fri 6 Mar 2026 16:00" in await said(house, "settings")
        await house.jump(days=4)
        assert not noted(house)
        assert "Weekly note: the next one Fri 13 Mar 2026 16:00" in await said(house, "settings")


async def test_two_processes_send_a_reminder_and_a_note_once(database: str, tmp_path: Path) -> None:
    async with (
        clubhouse(database, tmp_path, *TITLES) as one,
        clubhouse(database, tmp_path, platform=one.platform) as other,
    ):
        await one.say("remind #1 1d")
        await one.say("settings weekly-note thu 12:00")
        for house in (one, other):
            house.club.clock.move_to(house.club.clock.now().replace(day=5, minute=5))
        await asyncio.gather(*(house.club.ticker.meet() for house in (one, other)))
        await asyncio.gather(*(house.stage.settle() for house in (one, other)))
        assert len(reminded(one)) == len(noted(one)) == 1


async def test_a_weekly_note_counts_weeks_of_reading_and_says_nothing_of_a_gap(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma", "Delta") as house:
        await house.say("settings weekly-note mon 09:00")
        for number in (1, 2):
            await house.say(f"read #{number}")
            await house.wait(weeks=1)
        await house.wait(weeks=1)
        said = ["You read something in each of the last 2 weeks." in words_of(card) for _, card in noted(house)]
        assert said == [False, True, False]
