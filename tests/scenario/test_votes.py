"""The vote for the next digest, over a database of each engine."""

from collections.abc import Sequence
from pathlib import Path

from bot.domain.card import Action, Card, Fields, Form
from bot.domain.errors import PlatformRefused
from bot.domain.team import Role
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of
from tests.fakes.platform import RecordingPlatform

TITLES = tuple(f"Title{number}" for number in range(1, 9))
READER = Role.READER


def buttons(card: Card | Form) -> list[Action]:
    assert isinstance(card, Card)
    return [action for block in card.blocks if isinstance(block, Fields) for action in block.actions]


def ballots(house: Clubhouse) -> list[Card]:
    return [post.card for post in house.platform.posted if post.card.title == "What shall we read next?"]


def digest(house: Clubhouse) -> Card:
    return [post.card for post in house.platform.posted if post.card.entry][-1]


def reason(house: Clubhouse) -> str:
    return next(line for line in words_of(digest(house)).splitlines() if line.startswith("Why this one"))


async def press(house: Clubhouse, votes: Sequence[tuple[Action, str]]) -> str:
    said = ""
    for action, by in votes:
        said = text_of(await house.press(action, by=by))
        await house.wait(minutes=1)
    return said


async def test_members_vote_for_what_comes_next_and_see_how_it_stands_after_their_own_vote(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        assert "Votes: every week" in text_of(await house.say("schedule options vote:on"))
        assert "There is no vote here now." in text_of(await house.say("digest vote"))
        await house.wait(days=1)
        (ballot,) = ballots(house)
        choices = buttons(ballot)
        assert len(choices) == 5
        assert all(": A note about Title" in line for line in words_of(ballot).splitlines()[1:6])
        assert "vote" not in text_of(await house.say("digest vote", by="dave", role=READER)).split("\n")[1]

        assert "(1 vote)" in await press(house, [(choices[1], "ana")])
        assert "(2 votes)" in await press(house, [(choices[2], "ana"), (choices[2], "ben")])
        once = text_of(await house.press(choices[3], by="carol"))
        assert once == text_of(await house.press(choices[3], by="carol"))  # a double click
        await house.wait(minutes=1)
        assert "You do not vote for" in await press(house, [(choices[3], "carol")])
        await press(house, [(choices[2], "carol"), (choices[1], "carol")])
        assert (await house.say("digest vote #99", by="ana")).refusal
        other = next(n for n in range(1, 9) if f"#{n}" not in words_of(ballot))
        assert f"#{other} is not in this vote." in text_of(await house.say(f"digest vote #{other}"))

        await house.wait(days=3)
        assert "The vote is over." in text_of(await house.press(choices[0], by="dave"))
        await house.wait(days=1)
        assert digest(house).entry is not None
        assert f"#{digest(house).entry.number}" == choices[2].call.arguments["entry"]  # type: ignore[union-attr]
        assert reason(house).startswith("Why this one: 3 of 3 voted for it.")
        assert (await house.press(choices[0], by="dave")).refusal
        await house.wait(days=2)
        assert len(ballots(house)) == 1
        await house.wait(days=2)
        assert len(ballots(house)) == 2


async def test_a_tie_goes_to_what_was_not_featured_for_longest_and_one_vote_decides_nothing(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.wait(weeks=3)  # by now each was featured once
        order = [post.card.entry.number for post in house.platform.posted if post.card.entry]
        await house.say("schedule pause 5w")
        await house.wait(weeks=6)
        order = [post.card.entry.number for post in house.platform.posted if post.card.entry]
        await house.say("schedule options vote:2")
        await house.wait(days=3)
        (ballot,) = ballots(house)
        by_number = {action.call.arguments["entry"]: action for action in buttons(ballot)}
        newest, older = order[-1], order[-2]
        await press(house, [(by_number[f"#{newest}"], "ana"), (by_number[f"#{older}"], "ben")])
        await house.wait(days=4)
        assert digest(house).entry is not None
        assert digest(house).entry.number == older  # type: ignore[union-attr]
        assert "1 of 2 voted for it" in reason(house)
        await house.wait(weeks=1)
        assert len(ballots(house)) == 1  # every second week
        await house.wait(days=4)
        assert len(ballots(house)) == 2
        latest = {action.call.arguments["entry"]: action for action in buttons(ballots(house)[-1])}
        await press(house, [(latest[f"#{older}"], "ana")])
        await house.wait(days=4)
        assert "voted for it" not in reason(house)


async def test_what_is_picked_needs_no_vote_and_comes_before_one(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        changed = await house.say("schedule options vote:3")
        await house.say("digest pick #8")
        await house.wait(days=4)
        assert not ballots(house)
        await house.wait(days=5)
        (ballot,) = ballots(house)
        await press(house, [(buttons(ballot)[0], "ana"), (buttons(ballot)[0], "ben")])
        await house.say("digest pick #7" if buttons(ballot)[0].call.arguments["entry"] != "#7" else "digest pick #6")
        await house.wait(days=4)
        assert "picked by hand" in reason(house)
        assert isinstance(changed.show, Card)
        assert "Votes: off" in text_of(await house.press(changed.show.actions[0]))
        assert (await house.say("schedule options vote:often")).refusal


async def test_votes_that_are_switched_off_end_at_once_and_decide_nothing(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say("schedule options vote:on")
        await house.wait(days=1)
        last = buttons(ballots(house)[0])[-1]
        await press(house, [(last, "ana"), (last, "ben")])
        await house.say("schedule options vote:off")
        assert "There is no vote here now." in text_of(await house.press(last, by="carol"))
        assert "There is no vote here now." in text_of(await house.say("digest vote"))
        await house.wait(days=4)
        assert "voted for it" not in reason(house)


async def test_an_entry_that_is_retired_leaves_the_vote(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say("schedule options vote:on")
        await house.wait(days=1)
        first, second, *_ = buttons(ballots(house)[0])
        await press(house, [(first, "ana"), (first, "ben"), (second, "carol")])
        number = first.call.arguments["entry"]
        assert isinstance(number, str)
        await house.rewrite(*(title for title in TITLES if title != f"Title{number[1:]}"))
        refused = await house.press(first, by="dave")
        assert f"{number} is not in this vote." in text_of(refused)
        assert f"{number}," not in text_of(refused)
        assert f"{number}:" not in text_of(await house.say("digest vote", by="carol"))
        await house.wait(days=4)
        assert f"#{digest(house).entry.number}" == second.call.arguments["entry"]  # type: ignore[union-attr]


async def test_the_vote_of_a_digest_that_is_skipped_is_over(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say("schedule options vote:on")
        await house.wait(days=1)
        (ballot,) = ballots(house)
        await house.say("digest skip")
        assert text_of(await house.press(buttons(ballot)[0])).startswith("That vote is over.")
        await house.say("digest unskip")
        assert "You voted for" in text_of(await house.press(buttons(ballot)[0]))
        assert len(ballots(house)) == 1


async def test_the_message_of_a_vote_that_cannot_be_posted_is_named(database: str, tmp_path: Path) -> None:
    gone = PlatformRefused("not in the channel.", remedy="Invite the bot.")
    platform = RecordingPlatform(refusals=[gone])
    async with clubhouse(database, tmp_path, *TITLES, platform=platform) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say("schedule options vote:on")
        await house.wait(days=2)
        (card,) = [card for _, card in platform.told if "not posted" in card.title]
        assert words_of(card).startswith("A message was not posted.\n“What shall we read next?” in #reading.\n")
