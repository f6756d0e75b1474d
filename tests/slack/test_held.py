"""A held change of the list is decided in a direct message of Slack's."""

from pathlib import Path

import pytest

from tests.fakes.clubhouse import write
from tests.fakes.slack import FakeSlack, buttons, shown
from tests.fakes.slack_club import running

ANA, BEN = "U0ANA", "U0BEN"
TITLES = [f"Entry{number}" for number in range(1, 21)]


@pytest.mark.parametrize(
    ("pressed", "said", "left"),
    [("Apply", "17 entries are off the list.", 3), ("Keep the old list", "The list stays as it was.", 20)],
)
async def test_an_admin_decides_of_a_held_change(
    pressed: str, said: str, left: int, database: str, tmp_path: Path
) -> None:
    slack, path = FakeSlack(), tmp_path / "reading.md"
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    slack.user(BEN, "ben")
    write(path, TITLES)
    async with slack.running(), running(slack, database, path) as club:
        await club.say(ANA, "schedule set mon 09:00 UTC")
        write(path, TITLES[:3])
        team = await club.club.runner.read(lambda tx: tx.teams.all()[0])
        await club.club.lists.sync(team)
        await club.settle()
        (question,) = [post for post in slack.sent if post.channel.startswith("D")]
        assert "reading.md no longer has 17 of its 20 entries." in shown(question.body)
        press = buttons(question.body)[pressed]

        assert "is for admins" in (await club.press(BEN, press, channel=question.channel))["text"]
        answer = await club.press(ANA, press, channel=question.channel)
        assert answer["text"].startswith(said)
        await club.club.lists.sync(team)
        assert await club.club.runner.read(lambda tx: tx.entries.count(team.id)) == left
