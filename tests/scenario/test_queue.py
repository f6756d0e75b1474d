"""What waits for a reader: the queue and what is unread, apart, with how much there is and a way to the rest."""

from pathlib import Path

from adapters.discord.render import messages
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


async def test_next_tells_the_queue_from_the_unread_and_leads_to_the_rest_of_each(
    database: str, tmp_path: Path
) -> None:
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
            assert "6 in all" in text_of(listed)


async def test_who_has_read_everything_is_told_so(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say("read #1")
        await house.say("read #2")
        lines = ("next", "random", "random tag:none", "later")
        said = [text_of(await house.say(line)) for line in lines]
        following, drawn, tagged, queue = said[0], said[1], said[2], said[3]

    assert following == "You are done.\nYou have read the whole list."
    assert drawn == "You have no unread entry.\n“/blog list is:read” shows what you have read."
    assert tagged.startswith("You have no unread entry tagged “none”.")
    assert queue.startswith("Your queue is empty.")


async def test_the_past_digests_of_a_channel_are_listed_newest_first_with_the_reason(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta", "Gamma") as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say("later #2", by="ben")
        await house.wait(days=5)
        await house.wait(days=7)
        await house.say("digest skip")

        assert text_of(await house.say("digest history")).splitlines() == [
            "Past digests",
            "Mon 16 Mar 2026 09:00 UTC: #1 Alpha (never featured here)",
            "Mon 9 Mar 2026 09:00 UTC: #2 Beta (never featured here, and members put it in their queue)",
            "Will be skipped: Mon 23 Mar 2026 09:00 UTC",
        ]


async def test_a_page_of_the_list_has_a_heading_for_each_section_and_is_one_message(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path) as house:
        long = " of a rather long name that goes on" * 3
        parts = [f"## Section {n}{long}\n\n* [Title {n}{long}](https://example.org/{n})" for n in range(1, 21)]
        (tmp_path / "list.md").write_text("\n\n".join(parts), encoding="utf-8")
        await house.club.lists.use(house.team, [tmp_path / "list.md"])

        answer = await house.say("list")

        assert [len(group) for group in groups(answer)] == [1] * 8
        assert all(f"Section {n} of" in text_of(answer) for n in range(1, 9))
        assert "page 1 of 3, 20 in all" in text_of(answer)
        assert isinstance(answer.show, Card)
        assert len(messages(answer.show, word="blog")) == 1


async def test_the_teams_figures_name_what_most_members_have_read(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        for who in ("ana", "ben", "cyd"):
            await house.say("home", by=who)
        assert "Most read" not in text_of(await house.say("stats team"))

        for who in ("ana", "ben", "cyd"):
            await house.say("read #2", by=who)

        shown = text_of(await house.say("stats team"))
        assert "Most read:" in shown
        assert "#2 Beta (3 readers)" in shown
