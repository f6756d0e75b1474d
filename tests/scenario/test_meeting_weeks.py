"""Several weeks of a team as one transcript: two hosts, a swap, no one in, three in, a vote with a tie, a teaser, and a
restart in each week, over a database of each engine.
"""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.card import Action, Card, Fields, Paragraph
from bot.domain.team import Role
from bot.domain.text import string
from tests.fakes.clubhouse import WEDNESDAY, Clubhouse, clubhouse, text_of, words_of
from tests.fakes.platform import RecordingPlatform

TITLES = tuple(f"Title{number}" for number in range(1, 8))
READER = Role.READER


def heard(platform: RecordingPlatform) -> list[str]:
    """Everything that the channel and its threads got, and what people got privately, in a line each."""
    lines = []
    for post in platform.posted:
        where = "thread" if post.thread else "channel"
        host = [line for line in words_of(post.card).splitlines() if line.startswith("Hosted by") and post.card.entry]
        what = "digest" if post.card.entry else post.card.title.partition(" of #")[0]
        lines.append(f"{where}: {what} {''.join(host)}")
    return [line.strip() for line in lines]


class Team:
    """The people of the transcript, over a club that is stopped and started again."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database, self.folder, self.platform = database, folder, RecordingPlatform()
        self.house: Clubhouse | None = None

    async def week(self, *play: tuple[str, str] | int | str) -> None:
        """One run of the club: (who, line) says it, a number lets so many days pass, a word presses the digest's button."""
        titles = () if self.house else TITLES
        async with clubhouse(self.database, self.folder, *titles, platform=self.platform, at=self.now()) as self.house:
            for one in play:
                if isinstance(one, int):
                    await self.house.wait(days=one)
                elif isinstance(one, str):
                    await self.house.press(self.button("I'm in"), by=one)
                    await self.house.stage.settle()
                else:
                    who, line = one
                    said = await self.house.say(line, by=who, role=Role.ADMIN if who == "ana" else READER)
                    assert not said.refusal, text_of(said)

    def now(self) -> datetime:
        """Where the clock of the last run stopped."""
        return self.house.club.clock.now() if self.house else WEDNESDAY

    def digest(self) -> Card:
        return [post.card for post in self.platform.posted if post.card.entry][-1]

    def button(self, label: str) -> Action:
        return next(action for action in self.digest().actions if action.label == label)

    def notified(self) -> list[str]:
        return [who.id for who, card in self.platform.told if card.title == "You host the next digest."]


async def test_five_weeks_of_a_team_with_a_restart_in_each(database: str, tmp_path: Path) -> None:
    team = Team(database, tmp_path)
    ours = team.platform
    # Wednesday. Nothing was asked for yet: a quiet week is one post and one message in its thread.
    await team.week(("ana", "schedule set mon 09:00 UTC"), 6)
    await team.week(7)
    quiet = ["channel: digest", "thread: Discussion"]
    assert heard(ours) == quiet * 2
    assert not ours.told

    # Two hosts, and no one is in.
    await team.week(("ana", "digest host me"), ("ben", "digest host me"), 4)
    assert team.notified() == ["ana"]
    await team.week(3)
    assert heard(ours)[4:] == ["channel: digest Hosted by ana.", "thread: Discussion"]

    # Ben swaps with Ana; three are in, of whom one takes it back and returns.
    await team.week(4, ("ben", "digest host swap"))
    await team.week(3)
    assert team.notified() == ["ana", "ben", "ana"]
    assert heard(ours)[6:] == ["channel: digest Hosted by ana.", "thread: Discussion"]
    await team.week("carol", "dave")
    await team.week("ben", 1, "ben", "ben", 1)
    assert heard(ours)[8:] == ["thread: 3 are in"]

    # A takeaway is kept, the week is closed; a vote ends in a tie.
    featured = team.digest().entry
    assert featured is not None
    number = f"#{featured.number}"
    await team.week(("carol", f"takeaway {number} Measure first."), ("ana", "schedule options vote:on notes:teaser"), 2)
    assert heard(ours)[9:] == ["channel: What shall we read next?"]
    ballot = ours.posted[-1].card
    choices = [action for block in ballot.blocks if isinstance(block, Fields) for action in block.actions]
    async with clubhouse(database, tmp_path, platform=ours, at=team.now()) as house:
        for action, by in ((choices[1], "ana"), (choices[2], "ben"), (choices[2], "dave"), (choices[1], "carol")):
            await house.press(action, by=by)
        team.house = house
    await team.week(3)
    assert heard(ours)[10:] == ["thread: The week", "channel: digest Hosted by ben.", "thread: Discussion"]
    closed = words_of(ours.posted[10].card)
    assert "carol: Measure first." in closed
    assert "Hosted by ana." in closed
    assert "Why this one: 2 of 4 voted for it." in words_of(team.digest())

    # It is a teaser: the first line only, and the notes open for those who have read the article.
    teaser = team.digest()
    assert teaser.entry is not None
    assert f"A note about {teaser.entry.title}." in [
        string(block.text) for block in teaser.blocks if isinstance(block, Paragraph)
    ]
    async with clubhouse(database, tmp_path, platform=ours, at=team.now()) as house:
        asked = await house.press(team.button("Notes"), by="zoe")
        assert isinstance(asked.show, Card)
        read, anyway = asked.show.actions
        assert (read.label, anyway.label) == ("I have read it", "Show anyway")
        assert "State: unread" in text_of(await house.press(anyway, by="zoe"))
        assert "State: read" in text_of(await house.press(read, by="zoe"))
        assert "State: read" in text_of(await house.press(team.button("Notes"), by="zoe"))

    assert [post.key for post in ours.posted] == list(dict.fromkeys(post.key for post in ours.posted))


async def test_all_of_it_can_be_switched_off_for_a_channel(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TITLES) as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say("digest host me")
        await house.say("schedule options hosts:no in:off closing:no")
        await house.wait(days=6)
        digest = next(post.card for post in house.platform.posted if post.card.entry)
        assert "I'm in" not in {action.label for action in digest.actions}
        assert digest.entry is not None
        await house.say(f"takeaway #{digest.entry.number} Kept.")
        await house.wait(days=7)
        assert heard(house.platform) == ["channel: digest", "thread: Discussion"] * 2
        assert not house.platform.told


async def test_two_processes_send_each_message_once(database: str, tmp_path: Path) -> None:
    platform = RecordingPlatform()
    async with (
        clubhouse(database, tmp_path, *TITLES, platform=platform) as one,
        clubhouse(database, tmp_path, platform=platform) as other,
    ):
        await one.say("schedule set mon 09:00 UTC")
        await one.say("schedule options vote:on")
        await one.say("digest host me")
        for days in (1, 2, 2, 1, 2, 3):  # Thursday, Saturday, Monday, Tuesday, Thursday, Sunday, each at noon
            one.club.clock.move_to(one.club.clock.now() + timedelta(days=days))
            other.club.clock.move_to(one.club.clock.now())
            await asyncio.gather(one.stage.settle(), other.stage.settle())
            posts = [post.card for post in platform.posted if post.card.entry]
            if posts and days == 1:
                action = next(action for action in posts[0].actions if action.label == "I'm in")
                houses = ((one, "ana"), (other, "ben"), (other, "carol"))
                await asyncio.gather(*(house.press(action, by=by) for house, by in houses))
                number = posts[0].entry.number if posts[0].entry else 0
                await one.say(f"takeaway #{number} Kept.")
                await asyncio.gather(one.stage.settle(), other.stage.settle())
        keys = [post.key for post in platform.posted]
        assert len(keys) == len(set(keys))
        said = Counter(post.card.title.partition(" of #")[0] for post in platform.posted if not post.card.entry)
        assert said == {"What shall we read next?": 2, "Discussion": 1, "3 are in": 1, "The week": 1}
        assert len(platform.told) == len(notified_hosts(platform)) == 2


def notified_hosts(platform: RecordingPlatform) -> list[str]:
    return [who.id for who, card in platform.told if card.title == "You host the next digest."]
