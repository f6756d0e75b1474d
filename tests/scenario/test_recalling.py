"""What comes back of what members kept: in the thread of a related digest, and in the team's week. On both engines."""

from pathlib import Path

from bot.domain.card import Action, Card, Entries, Form
from bot.domain.ids import TakeawayId
from bot.domain.team import Role
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of

TITLES = ("Caching-proxies", "Caching-layers", "Zebras", "Otters", "Newts", "Hawks")
OURS = "In March ana said about #1: Measure before you cache."


def thread(house: Clubhouse) -> list[str]:
    return [words_of(post.card) for post in house.platform.posted if post.card.title == "Discussion"]


def recalled(house: Clubhouse) -> list[str]:
    return [said for said in thread(house) if "said about" in said]


def undo(card: Card | Form) -> Action:
    assert isinstance(card, Card)
    return next(action for action in card.actions if action.label == "Undo")


async def weekly(house: Clubhouse, *takeaways: str) -> list[Action]:
    """A club that keeps these takeaways now, with a digest every week; how each is taken back."""
    await house.say("schedule set mon 09:00 UTC")
    said = [await house.say(f"takeaway {line}", role=Role.READER) for line in takeaways]
    return [undo(answer.show) for answer in said]


async def test_an_old_takeaway_of_a_related_entry_comes_back_once_in_180_days(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await weekly(house, "#1 Measure before you cache.", "#3 They are not horses.")
        await house.wait(weeks=4)
        assert not recalled(house)  # it is not four weeks old when the last of these digests comes
        await house.wait(weeks=20)
        assert len(recalled(house)) == 1
        assert OURS in recalled(house)[0]
        await house.wait(weeks=20)
        assert len(recalled(house)) == 2
        assert not [said for said in thread(house) if "horses" in said]


async def test_a_takeaway_comes_back_as_it_was_shared(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        gone, _ = await weekly(house, "#1 Withdrawn words.", "#1 anonymous:yes We do this wrong.")
        await house.press(gone)
        await house.wait(weeks=12)
        (said,) = recalled(house)
        assert "In March someone said about #1: We do this wrong." in said
        assert "ana" not in said
        assert not [said for said in thread(house) if "Withdrawn words" in said]


async def test_a_channel_that_closes_no_threads_recalls_nothing(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await weekly(house, "#1 Measure before you cache.")
        await house.say("schedule options closing:no")
        await house.wait(weeks=12)
        assert not recalled(house)


async def test_words_that_are_withdrawn_before_a_thread_begins_are_not_posted(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        (gone,) = await weekly(house, "#1 Measure before you cache.")
        await house.wait(weeks=4)
        await house.say("digest pick #2")
        await house.stage.settle()
        house.club.clock.move_to(house.club.clock.now().replace(month=4, day=6, hour=9))
        await house.club.ticker.tick()  # the digest is planned, and nothing of it is posted yet
        kept = TakeawayId(int(gone.call.arguments["takeaway"]))
        assert await house.club.runner.read(lambda tx: tx.takeaways.recalled_in(kept))
        await house.press(gone)
        await house.wait(hours=1)
        assert len(thread(house)) == 5
        assert not recalled(house)


async def test_the_week_of_a_team_names_no_one_who_did_not_choose_to(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say("takeaway #3 Long ago.", by="ben", role=Role.READER)
        refused = await house.say("week")
        assert refused.refusal
        assert "need at least 3 members" in text_of(refused)
        await house.wait(weeks=2)
        await house.say("read #1 #4", by="carol", role=Role.READER)
        await house.say("takeaway #1 Measure first.", by="ben", role=Role.READER)
        await house.say("takeaway #2 anonymous:yes We do this wrong.", by="carol", role=Role.READER)
        figures = (await house.say("stats team")).show
        assert isinstance(figures, Card)
        shown = await house.press(figures.actions[0])
        assert isinstance(shown.show, Card)
        words = text_of(shown)
        assert "#1: ben: Measure first." in words
        assert "#2: Someone: We do this wrong." in words
        assert "Members marked articles as read 2 times." in words
        assert "Long ago" not in words
        assert "carol" not in words
        (featured,) = [block for block in shown.show.blocks if isinstance(block, Entries)]
        assert len(featured.items) == 1
        await house.wait(weeks=1)
        await house.say("schedule off")
        await house.jump(days=8)
        assert "A quiet week." in text_of(await house.say("week"))


async def test_a_week_says_what_it_was_about_and_what_no_one_reads(database: str, tmp_path: Path) -> None:
    titles = ("Alpha+cache", "Beta+cache", "Gamma+sre", "Delta+sre", "Epsilon+team")
    async with clubhouse(database, tmp_path, *titles) as house:
        for name in ("ben", "carol"):
            await house.say("read #1", by=name, role=Role.READER)
        await house.wait(weeks=1)
        await house.say("read #2", by="dave", role=Role.READER)
        words = text_of(await house.say("week"))
        assert "The week was about: cache." in words
        assert "No one read about these in eight weeks: sre." in words
        assert "Read a week: ▁▁▁▁▁▁▁▁▁▁▁█▄ 1 this week, 3 in 13 weeks" in text_of(await house.say("stats team"))
