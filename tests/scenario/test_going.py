"""“I'm in” on a digest: said, taken back and shown in the thread once, over a database of each engine."""

from datetime import UTC, datetime
from pathlib import Path

from bot.domain.card import Action, Card, Paragraph
from bot.domain.team import Role
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of

TITLES = ("Alpha", "Beta", "Gamma")
READER = Role.READER


def button(house: Clubhouse) -> Action:
    """The button of the newest digest."""
    card = [post.card for post in house.platform.posted if post.card.entry][-1]
    return next(action for action in card.actions if action.label == "I'm in")


def gathered(house: Clubhouse) -> list[Card]:
    return [post.card for post in house.platform.posted if post.card.title.endswith(" are in")]


async def press(house: Clubhouse, by: str) -> str:
    answer = text_of(await house.press(button(house), by=by))
    await house.stage.settle()
    return answer


async def test_at_three_the_thread_says_so_once_with_the_names_and_the_question(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        assert "There is no digest here to be in for yet." in text_of(await house.say("digest in"))
        await house.wait(days=6)
        posted = len(house.platform.posted)
        assert "When 3 are in, I say so in the thread." in await press(house, "ana")
        await house.wait(minutes=1)
        assert "With you: ana." in await press(house, "ben")
        await house.wait(minutes=1)
        assert "You are not in" in await press(house, "ben")
        await house.wait(minutes=1)
        await press(house, "ben")
        assert len(house.platform.posted) == posted

        await press(house, "carol")
        (card,) = gathered(house)
        assert words_of(card).startswith("3 are in\nana, ben and carol want to talk about this.\n")
        thread = house.platform.posted[-1].thread
        assert thread is not None
        assert words_of(card).splitlines()[-1] in words_of(house.platform.posted[-2].card)
        await house.wait(minutes=1)
        for by in ("carol", "dave"):
            await press(house, by)
        await house.wait(minutes=1)
        await press(house, "carol")
        await house.wait(hours=2)
        assert len(gathered(house)) == 1
        assert "4 are in." in words_of(house.platform.revised[-1][1])

        stale = button(house)
        await house.wait(weeks=1)
        assert "That digest is over." in text_of(await house.press(stale))


async def test_a_double_click_is_one_press(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.wait(days=6)
        assert "You're in" in await press(house, "ana")
        assert "You're in" in await press(house, "ana")
        answer = await house.press(button(house), by="ana")
        assert isinstance(answer.show, Card)
        (undo,) = answer.show.actions
        for _ in range(2):
            assert "You are not in" in text_of(await house.press(undo, by="ana"))


async def test_a_club_says_when_it_meets_and_can_switch_all_of_it_off(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        assert (await house.say("schedule meet thu 16:00", role=READER)).refusal
        assert "Thursday 16:00" in text_of(await house.say("schedule meet thu 16:00 Europe/Berlin"))
        assert (await house.say("schedule options in:1")).refusal
        assert (await house.say("schedule options in:many")).refusal
        await house.say("schedule options in:2")
        await house.wait(days=6)
        digest = [post.card for post in house.platform.posted if post.card.entry][-1]
        when = next(block for block in digest.blocks if isinstance(block, Paragraph) and "You meet" in str(block))
        assert when.text[1].at == datetime(2026, 3, 12, 15, tzinfo=UTC)
        assert when.text[1].text.startswith("Thursday 12 March, 16:00 ")
        await press(house, "ana")
        await press(house, "ben")
        (card,) = gathered(house)
        assert words_of(card).splitlines()[-1].startswith("You meet on Thursday 12 March, 16:00 ")

        off = await house.say("schedule options in:off meet:off hosts:no")
        assert "I'm in: off" in text_of(off)
        assert "do not ask who is in" in text_of(await house.press(button(house), by="carol"))
        assert (await house.say("digest host me")).refusal
        await house.wait(weeks=1)
        digest = [post.card for post in house.platform.posted if post.card.entry][-1]
        assert all(action.label != "I'm in" for action in digest.actions)
        assert "You meet" not in words_of(digest)
        assert isinstance(off.show, Card)
        await house.press(off.show.actions[0])
        shown = text_of(await house.say("schedule options"))
        assert "You meet: Thursday 16:00" in shown
        assert "the thread says so from 2 on" in shown
        assert "members take turns" in shown
        assert (await house.say("schedule options meet:sometime")).refusal
        assert "Friday 15:30" in text_of(await house.say('schedule options meet:"fri 15:30 New York"'))


async def test_a_digest_that_is_posted_after_its_day_names_a_meeting_to_come(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say('schedule options in:2 meet:"thu 16:00 UTC"')
        await house.say("digest skip")
        await house.wait(days=9)  # Friday the 13th, a day after that week's meeting
        asked = await house.say("digest post")
        assert isinstance(asked.show, Card)
        assert not (await house.press(asked.show.actions[0])).refusal
        await house.stage.settle()
        digest = [post.card for post in house.platform.posted if post.card.entry][-1]
        assert "You meet on Thursday 19 March, 16:00" in words_of(digest)
        await press(house, "ana")
        await press(house, "ben")
        assert "You meet on Thursday 19 March, 16:00" in words_of(gathered(house)[0])
