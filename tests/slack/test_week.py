"""The terminal club's week, line for line, in Slack: over HTTPS and through Socket Mode, with a restart in the middle."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.slack import FakeSlack, buttons, live_mentions, shown
from tests.fakes.slack_club import running

ANA, BEN = "U0ANA", "U0BEN"


def a_workspace(slack: FakeSlack) -> None:
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    slack.user(BEN, "ben")


async def a_week(database: str, seed: Path, *, by_socket: bool) -> None:
    slack = FakeSlack()
    a_workspace(slack)
    async with slack.running():
        async with running(slack, database, seed, by_socket=by_socket) as club:
            random = await club.say(ANA, "random")
            assert random["response_type"] == "ephemeral"
            assert {"Mark as read", "Later", "Share"} <= set(buttons(random))

            search = await club.say(ANA, "search caching")
            assert "#12 Standardized microservice caching" in shown(search).splitlines()[2]

            shared = await club.say(ANA, "share #12")
            assert "on its way" in shown(shared)
            await club.settle()
            root = slack.sent[0]
            assert root.channel == "C0001"
            assert await club.react(ANA, "white_check_mark::skin-tone-3", "C0001", root.ts) == 200

            unread = await club.say(ANA, "list is:unread page:3")
            assert "#11" in shown(unread)
            assert "#12" not in shown(unread)

            later = await club.say(BEN, "later #6")
            assert "#6 is in your queue" in shown(later)
            denied = await club.say(BEN, "schedule set mon 09:00 Europe/Berlin")
            assert "is for admins" in shown(denied)
            schedule = await club.say(ANA, "schedule set mon 09:00 Europe/Berlin")
            assert shown(schedule).count("09:00") == 4
            preview = await club.say(ANA, "digest")
            assert "#6 Prototyping with models" in shown(preview)

        posted = len(slack.sent)
        async with running(slack, database, by_socket=by_socket) as club:
            await club.advance(timedelta(days=7))
            digest, *thread = slack.sent[posted:]
            assert (digest.channel, digest.thread) == ("C0001", None)
            assert "#6 Prototyping with models" in shown(digest.body)
            assert thread
            assert {post.thread for post in thread} == {digest.ts}
            assert shown(thread[-1].body).startswith("Discussion")
            assert "?" in shown(thread[-1].body)
            seeds = {name for _, name in slack.reactions["C0001", digest.ts]}
            assert seeds == {"white_check_mark", "bookmark"}

            await club.react(BEN, "white_check_mark", "C0001", digest.ts)
            stats = await club.say(BEN, "stats")
            assert "Read: 1" in shown(stats)
            home = await club.say(BEN, "")
            assert "#6" in shown(home)
            pressed = await club.press(ANA, buttons(digest.body)["Mark as read"], ts=digest.ts)
            assert "#6 is read" in shown(pressed)
    assert not slack.refusals
    assert not [live for post in slack.sent for live in live_mentions(post.body)]
    assert slack.sent
    assert all(post.body["text"] for post in slack.sent)


@pytest.mark.parametrize("by_socket", [False, True], ids=["https", "socket"])
async def test_a_week_from_the_first_question_to_the_figures(database: str, seed: Path, by_socket: bool) -> None:
    await a_week(database, seed, by_socket=by_socket)
