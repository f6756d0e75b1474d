"""What waits for a reader: the queue and what is unread, apart, with how much there is and a way to the rest."""

import asyncio
from pathlib import Path

from bot.chat.platform import Answer
from bot.domain.card import Card, Entries
from tests.fakes.clubhouse import clubhouse, text_of

TITLES = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta")


def groups(answer: Answer) -> list[list[str]]:
    """The titles as they are listed together."""
    assert isinstance(answer.show, Card)
    return [[entry.title for entry in block.items] for block in answer.show.blocks if isinstance(block, Entries)]


def labels(answer: Answer) -> list[str]:
    assert isinstance(answer.show, Card)
    return [action.label for action in answer.show.actions]


def test_next_tells_the_queue_from_the_unread_and_leads_to_the_rest_of_each(database: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with clubhouse(database, tmp_path, *TITLES) as house:
            for number in (4, 2):
                await house.say(f"later #{number}")
            few = await house.say("next")
            assert groups(few) == [["Delta", "Beta"], ["Alpha", "Gamma", "Epsilon"]]
            assert "In your queue: 2" in text_of(few)
            assert "Unread: 6" in text_of(few)
            assert labels(few) == ["All unread"]

            for number in (1, 3, 5, 6):
                await house.say(f"later #{number}")
            for many in (await house.say("next"), await house.say("later")):
                assert groups(many) == [["Delta", "Beta", "Alpha", "Gamma", "Epsilon"]]
                assert "In your queue: 6" in text_of(many)
                assert labels(many) == ["The whole queue"]
                assert isinstance(many.show, Card)
                listed = await house.say(many.show.actions[0].call)
                assert "1 of 2, 6 in all" in text_of(listed)

    asyncio.run(scenario())
