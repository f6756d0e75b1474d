"""What came of a digest, shown in its thread the day before the next one, over a database of each engine."""

from pathlib import Path

from bot.domain.card import Card
from bot.domain.reading_state import ReadingState
from bot.domain.team import Role
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of

TITLES = ("Alpha", "Beta", "Gamma")
READER = Role.READER


def closing(house: Clubhouse) -> list[Card]:
    return [post.card for post in house.platform.posted if post.card.title.startswith("The week of ")]


def featured(house: Clubhouse) -> str:
    card = [post.card for post in house.platform.posted if post.card.entry][-1]
    assert card.entry is not None
    return f"#{card.entry.number}"


async def test_the_day_before_the_next_digest_the_thread_says_once_what_came_of_it(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        added = await house.say('add https://example.org/new title:"Newest"', by="zoe", role=READER)
        assert isinstance(added.show, Card)
        assert "#4" in text_of(await house.press(added.show.actions[0], by="zoe"))
        await house.say("schedule set mon 09:00 UTC")
        await house.say("digest host me", by="ana", role=READER)
        await house.say("digest pick #4")
        await house.wait(days=6)
        assert featured(house) == "#4"
        await house.say("takeaway #4 Measure first.", by="ben", role=READER)
        await house.say("takeaway #4 anonymous:yes We do this wrong.", by="carol", role=READER)
        await house.say("read #4", by="carol", role=READER)
        await house.wait(days=4, hours=20)  # Monday at noon to Sunday, an hour before nine
        assert not closing(house)
        await house.wait(hours=2)
        (card,) = closing(house)
        said = words_of(card).splitlines()
        assert said[0] == "The week of #4 Newest"
        assert said[1] == "Hosted by ana. Read by 1 member since it was posted. Added to the list by zoe."
        assert set(said[2:5]) == {"What members keep of it:", "ben: Measure first.", "Someone: We do this wrong."}
        assert "carol" not in words_of(card)
        assert house.platform.posted[-1].thread is not None
        await house.wait(weeks=1)
        assert len(closing(house)) == 1


async def test_nothing_is_said_where_nothing_happened_or_it_is_switched_off(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.wait(days=6)
        first = featured(house)
        messages = len(house.platform.posted)
        for by in ("ana", "ben"):
            await house.say(f"read {first}", by=by, role=READER)
        await house.wait(days=5, hours=20)
        assert len(house.platform.posted) == messages
        await house.wait(days=1)
        await house.say(f"takeaway {featured(house)} Kept.", role=READER)
        await house.say("schedule options closing:no")
        await house.wait(days=6)
        assert not closing(house)


async def test_three_readers_are_worth_a_word_but_not_those_of_long_ago(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.wait(days=6)
        post = next(post.ref for post in house.platform.posted if post.card.entry)
        for by in ("ana", "ben", "carol"):
            await house.react(post, ReadingState.READ, by=by)
        await house.wait(days=6)
        (card,) = closing(house)
        assert "Read by 3 members since it was posted." in words_of(card)
        await house.wait(weeks=2)
        assert len(closing(house)) == 1
