"""What a preview says of the next digests, and what an admin does about it, over a database of each engine."""

import re
from dataclasses import dataclass
from pathlib import Path

from bot.domain.card import Action, Card, Fields
from bot.domain.team import Role
from bot.domain.text import string
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of


@dataclass
class Line:
    """One of the next digests as a preview names it."""

    number: int
    title: str
    reason: str
    actions: dict[str, Action]


async def coming(house: Clubhouse, *, role: Role = Role.ADMIN) -> list[Line]:
    """This digest and the next ones, by the preview."""
    shown = (await house.say("digest", role=role)).show
    assert isinstance(shown, Card)
    return [line_of(block) for block in shown.blocks if isinstance(block, Fields)]


def line_of(block: Fields) -> Line:
    ((_, text),) = block.items
    read = re.fullmatch(r"#(\d+) (\S+): (.*)\.", string(text))
    assert read is not None
    return Line(int(read[1]), read[2], read[3], {action.label: action for action in block.actions})


async def test_a_preview_shows_three_digests_their_reasons_and_what_to_do(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha+db", "Beta+db", "Gamma+web", "Delta+ops") as house:
        await house.say("schedule set mon 09:00 UTC")
        first, second, third = await coming(house)
        assert len({first.number, second.number, third.number}) == 3
        assert first.reason == "never featured here"
        assert second.reason.startswith("the first digest tagged ")
        assert not (await coming(house, role=Role.READER))[0].actions

        passed = await house.press(first.actions["Not this one"])
        assert f"#{first.number} is left out for eight weeks." in text_of(passed)
        left = await coming(house)
        assert first.number not in {line.number for line in left}
        assert isinstance(passed.show, Card)
        undo = next(action for action in passed.show.actions if action.label == "Undo")
        assert "may be featured again" in text_of(await house.press(undo))
        assert (await coming(house))[0].number == first.number

        await house.press(third.actions["Pick"])
        picked, *_ = await coming(house)
        assert (picked.number, picked.reason) == (third.number, "picked by hand")
        assert "Pick" not in picked.actions
        await house.press(picked.actions["Not this one"])
        assert (await coming(house))[0].number == first.number


async def test_what_a_preview_says_is_what_is_posted(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha+db", "Beta+db", "Gamma+web", "Delta+ops") as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say("later #2", by="ben", role=Role.READER)
        first, second, third = await coming(house)
        assert (first.number, first.reason) == (2, "a member wants to read it")
        await house.wait(weeks=3)
        roots = [post.card for post in house.platform.posted if post.card.entry]
        assert [card.entry.number for card in roots if card.entry] == [first.number, second.number, third.number]
        for line, card in zip((first, second, third), roots, strict=True):
            assert f"Why this one: {line.reason}." in words_of(card)


async def test_what_was_shared_here_lately_counts_as_featured(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say("schedule set mon 09:00 UTC")
        first, second, *_ = await coming(house)
        await house.say(f"share #{first.number}")
        await house.stage.settle()
        assert (await coming(house))[0].number == second.number
        await house.say("schedule pause 5w")
        await house.wait(weeks=5)
        await house.say("schedule resume")
        assert (await coming(house))[0].number == first.number


async def test_an_entry_that_is_added_with_notes_is_news(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.wait(days=3)
        await house.rewrite("Alpha", "Beta", "Gamma", "Delta")
        first, *_ = await coming(house)
        assert (first.title, first.reason) == ("Delta", "added a day ago")


def questions(house: Clubhouse) -> list[str]:
    cards = [post.card for post in house.platform.posted if post.card.title == "Discussion"]
    return [words_of(card).partition("\n")[2] for card in cards]


async def test_the_question_of_a_preview_is_posted_and_differs_from_week_to_week(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *(f"Title{number}" for number in range(12))) as house:
        await house.say("schedule set mon 09:00 UTC")
        previewed = []
        for _ in range(12):
            shown = text_of(await house.say("digest"))
            previewed.append(next(line for line in shown.splitlines() if line.startswith("In the thread: ")))
            await house.wait(weeks=1)
        assert [f"In the thread: {question}" for question in questions(house)] == previewed
        assert all(len(set(previewed[week : week + 9])) == len(previewed[week : week + 9]) for week in range(12))


async def test_a_question_that_a_curator_writes_comes_before_all_others(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("schedule set mon 09:00 UTC")
        assert (await house.say("question #1 Why?", role=Role.READER)).refusal
        answer = await house.say("question #1 Would we have caught this?", role=Role.CURATOR)
        assert "In the thread: Would we have caught this?" in text_of(await house.say("digest"))
        other = await house.say("digest question #1 And now?", role=Role.CURATOR)
        assert isinstance(other.show, Card)
        await house.press(other.show.actions[0])
        await house.say("share #1 #reading")
        await house.stage.settle()
        assert questions(house) == ["Would we have caught this?"]
        assert isinstance(answer.show, Card)
        assert "is removed" in text_of(await house.press(answer.show.actions[0]))
        assert "Would we" not in text_of(await house.say("digest"))
        assert "at most 300" in text_of(await house.say(f"question #1 {'x' * 301}"))
        assert "a few words" in text_of(await house.say("question #1 ???"))
