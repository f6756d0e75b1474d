"""Posts into Slack: each once, whatever becomes of the answer, and every refusal ends in what it calls for."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import names, workspaces
from adapters.slack.platform import SlackPlatform
from adapters.slack.setup import SlackSetup
from bot.domain.card import Card
from bot.domain.errors import PlatformBusy, PlatformRefused, PlatformUncertain
from bot.runtime.clock import SystemClock
from tests.fakes.core import NoVault
from tests.fakes.slack import SCOPES, FakeSlack, Fault, buttons, shown
from tests.fakes.slack_club import SlackClub, running

ANA = "U0ANA"
NO_HISTORY = SCOPES.replace("channels:history,groups:history,", "")


@asynccontextmanager
async def a_club(database: str, seed: Path, *, scopes: str = SCOPES, **more: Any) -> AsyncIterator[SlackClub]:
    slack = FakeSlack()
    slack.workspace(scopes=scopes)
    slack.channel()
    slack.channel("C0002", name="other")
    slack.user(ANA, "ana", admin=True)
    async with slack.running(), running(slack, database, seed, **more) as club:
        yield club


async def a_digest_in(club: SlackClub) -> None:
    """Post the digest of a slot that falls due tomorrow, and go on for less than a day."""
    tomorrow = club.club.clock.now() + timedelta(days=1)
    await club.say(ANA, f"schedule set {tomorrow:%a} {tomorrow:%H:%M} UTC")
    await club.advance(timedelta(days=1, minutes=1))


async def a_doubt_in(club: SlackClub, said: int) -> None:
    """Post a digest whose answer is lost, and let people talk on before anybody looks for it."""
    club.slack.fail("chat.postMessage", Fault("drop", after=True))
    tomorrow = club.club.clock.now() + timedelta(days=1)
    await club.say(ANA, f"schedule set {tomorrow:%a} {tomorrow:%H:%M} UTC")
    await club.advance(timedelta(days=1))
    assert roots(club.slack)
    assert not looks(club.slack)
    club.slack.talk(ANA, times=said)


def roots(slack: FakeSlack, channel: str = "C0001") -> list[str]:
    return [post.ts for post in slack.sent if post.thread is None and post.channel == channel]


def told(slack: FakeSlack) -> list[str]:
    return [shown(post.body) for post in slack.sent if post.channel.startswith("D")]


async def test_what_is_due_while_slack_has_not_told_yet_who_we_are_waits_and_is_not_refused() -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    async with slack.running():
        setup = SlackSetup(bot_token="xoxb-canary-bot-token", api_url=slack.api_url)
        platform = SlackPlatform(setup, now=SystemClock().now)
        posting = asyncio.create_task(platform.post(names.channel("T0001", "C0001"), Card(title="A"), key="k"))
        await asyncio.sleep(0)
        await platform._workspaces.open(NoVault())
        posted = await posting
        await platform._web.close()

    assert [posted.id] == roots(slack)


async def test_a_slack_that_does_not_tell_who_we_are_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspaces, "OPENING", 0.01)
    platform = SlackPlatform(SlackSetup(bot_token="xoxb-canary-bot-token"), now=SystemClock().now)

    with pytest.raises(PlatformBusy):
        await platform.post(names.channel("T0001", "C0001"), Card(title="A"), key="k")


@pytest.mark.parametrize("kind", ["drop", "500", "503", "garbage"])
async def test_a_post_whose_answer_is_lost_is_found_and_not_repeated(kind: str, database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        club.slack.fail("chat.postMessage", Fault(kind, after=True))
        await a_digest_in(club)
        await club.advance(timedelta(minutes=5))
        slack = club.slack

    assert len(roots(slack)) == 1
    assert len([post for post in slack.sent if post.thread == roots(slack)[0]]) == 1
    assert not told(slack)


async def test_a_post_is_found_though_our_clock_is_ahead_of_slacks(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        club.slack.clock = lambda: int((club.club.clock.now() - timedelta(hours=1)).timestamp())
        club.slack.fail("chat.postMessage", Fault("drop", after=True))
        await a_digest_in(club)
        await club.advance(timedelta(minutes=5))
        slack = club.slack

    assert len(roots(slack)) == 1
    assert not told(slack)


@pytest.mark.parametrize("kind", ["drop", "500", "503", "garbage"])
async def test_a_post_that_never_arrived_is_posted_after_a_look(kind: str, database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        club.slack.fail("chat.postMessage", Fault(kind))
        await a_digest_in(club)
        await club.advance(timedelta(minutes=4))
        slack = club.slack

    assert len(roots(slack)) == 1
    assert [method for _, method, _ in slack.calls].count("conversations.history") == 1


async def test_a_reply_whose_answer_is_lost_is_looked_for_in_its_thread(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        club.slack.fail("chat.postMessage", Fault("hang"), Fault("drop", after=True))
        await a_digest_in(club)
        await club.advance(timedelta(minutes=5))
        slack = club.slack

    assert len(roots(slack)) == 1
    keys = [post.key for post in slack.sent]
    assert len(keys) == len(set(keys))
    assert "conversations.replies" in {method for _, method, _ in slack.calls}


def looks(slack: FakeSlack) -> list[str]:
    return [method for _, method, _ in slack.calls if method in {"conversations.history", "conversations.replies"}]


@pytest.mark.parametrize("said", [20, 400], ids=["two pages", "more pages than are read at once"])
async def test_a_lost_post_is_found_below_everything_that_people_wrote_since(
    said: int, database: str, seed: Path
) -> None:
    async with a_club(database, seed) as club:
        await a_doubt_in(club, said)
        await club.advance(timedelta(minutes=10))
        slack = club.slack

    assert len(roots(slack)) == 1
    assert len(looks(slack)) > said // 15


async def test_a_look_of_two_pages_ends_where_slack_allows_one_a_minute(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        for _ in range(9):
            club.slack.fail("conversations.history", Fault("hang"), Fault("429", seconds=0))
        await a_doubt_in(club, said=20)
        await club.advance(timedelta(minutes=3))
        slack = club.slack

    assert len(roots(slack)) == 1
    assert [post for post in slack.sent if post.thread == roots(slack)[0]]
    assert len(looks(slack)) == 3


async def test_a_look_that_was_cut_short_says_nothing_of_a_later_attempt(database: str, seed: Path) -> None:
    """Read so far was what was there before: the post of the second attempt stands above it."""
    first, second = SystemClock().now(), SystemClock().now() + timedelta(minutes=5)

    async with a_club(database, seed) as club:
        here, since = names.channel("T0001", "C0001"), first - timedelta(minutes=2)
        club.slack.talk(ANA, times=20)
        club.slack.fail("conversations.history", Fault("hang"), Fault("500"))
        with pytest.raises(PlatformUncertain):
            await club.platform.find(here, "k", since=since, sent_from=first)
        post = await club.platform.post(here, Card(title="A"), key="k")
        posted, found = post.id, list(await club.platform.find(here, "k", since=since, sent_from=second))

    assert [one.id for one in found] == [posted]


@pytest.mark.parametrize(
    ("pressed", "said", "posts"),
    [("Yes, it's there", "Thanks, I noted that the post is here.", 1), ("No, post it", "I am posting it again.", 2)],
)
async def test_without_the_history_scope_an_admin_is_asked_and_their_answer_is_carried_out(
    pressed: str, said: str, posts: int, database: str, seed: Path
) -> None:
    async with a_club(database, seed, scopes=NO_HISTORY) as club:
        club.slack.fail("chat.postMessage", Fault("drop", after=True))
        await a_digest_in(club)
        await club.advance(timedelta(minutes=5))
        (question,) = [post for post in club.slack.sent if post.channel.startswith("D")]
        assert {"Yes, it's there", "No, post it"} == set(buttons(question.body))
        answer = await club.press(ANA, buttons(question.body)[pressed], channel=question.channel)
        assert answer["text"] == said
        await club.settle()
        await club.advance(timedelta(minutes=5))
        slack = club.slack

    assert len(roots(slack)) == posts
    assert len(told(slack)) == 1


@pytest.mark.parametrize(
    ("refuses", "said"),
    [
        ("restricted_action", "policy"),
        ("restricted_action_read_only_channel", "Only some people"),
        ("restricted_action_non_threadable_channel", "no threads"),
        ("is_archived", "archived"),
        ("channel_not_found", "gone, or it is private"),
        ("not_in_channel", "not in this channel"),
    ],
)
async def test_a_channel_that_takes_nothing_pauses_its_schedule_and_tells_the_admin_once(
    refuses: str, said: str, database: str, seed: Path
) -> None:
    async with a_club(database, seed) as club:
        await club.say(ANA, "schedule set mon 09:00 Europe/Berlin")
        club.slack.channels["C0001"].refuses = refuses
        for _ in range(3):
            await club.advance(timedelta(days=7))
        await club.slack.until(lambda: told(club.slack))
        schedules = await club.say(ANA, "schedule list")
        slack, listed = club.slack, shown(schedules)

    assert len(told(slack)) == 1
    assert said in told(slack)[0]
    assert "Paused" in listed
    attempts = [code for method, code in slack.refusals if method == "chat.postMessage"]
    assert attempts == [refuses]


async def test_a_public_channel_is_joined_where_the_scope_allows_it(database: str, seed: Path) -> None:
    async with a_club(database, seed, scopes=f"{SCOPES},channels:join") as club:
        club.slack.channels["C0001"].members.clear()
        await club.say(ANA, "share #12")
        await club.settle()

    assert len(roots(club.slack)) == 1


async def test_a_limit_is_waited_for_to_the_second_in_every_channel(database: str, seed: Path) -> None:
    """Slack limits a method for a whole workspace."""

    async with a_club(database, seed) as club:
        club.slack.fail("chat.postMessage", Fault("429", seconds=2))
        await club.say(ANA, "share #12")
        await club.settle()
        await club.say(ANA, "share #11", channel="C0002")
        await club.settle()
        await asyncio.sleep(2.05)
        await club.settle()
        slack = club.slack

    assert len(roots(slack)) == len(roots(slack, "C0002")) == 1
    posts = [at for _, method, at in slack.calls if method == "chat.postMessage"]
    assert posts[1] - posts[0] >= 2


async def test_a_limit_of_a_method_holds_up_no_other_method_or_workspace(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        elsewhere = names.channel("T0002", "C0009")
        here = names.channel("T0001", "C0001")
        posted = await club.platform.post(here, Card(title="A"), key="a")
        club.slack.fail("chat.postMessage", Fault("429", seconds=600))
        for key in ("b", "c"):
            with pytest.raises(PlatformBusy):
                await club.platform.post(here, Card(title="B"), key=key)
        await club.platform.delete(posted)
        with pytest.raises(PlatformRefused):
            await club.platform.post(elsewhere, Card(title="C"), key="d")
        slack = club.slack

    assert posted.id not in roots(slack)
    assert len([method for _, method, _ in slack.calls if method == "chat.postMessage"]) == 2


async def test_a_limit_of_joining_one_channel_holds_up_no_other(database: str, seed: Path) -> None:
    async with a_club(database, seed, scopes=f"{SCOPES},channels:join") as club:
        club.slack.channels["C0001"].members.clear()
        club.slack.fail("conversations.join", Fault("429", seconds=600))
        await club.say(ANA, "share #12")
        await club.settle()
        await club.say(ANA, "share #11", channel="C0002")
        await club.settle()
        slack = club.slack

    assert not roots(slack)
    assert len(roots(slack, "C0002")) == 1


async def test_of_two_limits_the_longer_one_is_waited_for(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        club.slack.fail("chat.delete", Fault("429", seconds=600), Fault("429", seconds=1))
        message = names.message("T0001", "C0001", "1.1")
        both = await asyncio.gather(*(club.platform.delete(message) for _ in range(2)), return_exceptions=True)
        assert [type(one) for one in both] == [PlatformBusy, PlatformBusy]
        with pytest.raises(PlatformBusy) as waits:
            await club.platform.delete(message)

    assert waits.value.retry_after > timedelta(seconds=60)


async def test_at_the_start_slack_is_asked_again_when_it_said(database: str, seed: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.fail("auth.test", Fault("429", seconds=2))
    async with slack.running(), running(slack, database, seed):
        first, second = [at for _, method, at in slack.calls if method == "auth.test"]

    assert second - first >= 2


async def test_a_dead_token_is_used_once_and_then_no_more(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        await club.say(ANA, "share #12")
        await club.say(ANA, "share #11", channel="C0002")
        club.slack.workspaces["xoxb-canary-bot-token"].revoked = True
        await club.settle()
        await club.advance(timedelta(days=2))
        slack = club.slack

    assert [code for _, code in slack.refusals].count("token_revoked") <= 2
    assert not slack.sent


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long", "metadata_too_large"])
async def test_what_slack_cannot_read_is_said_in_plain_text(code: str, database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        club.slack.fail("chat.postMessage", Fault("error", code=code))
        await club.say(ANA, "share #12")
        await club.settle()
        slack = club.slack
    root = next(post for post in slack.sent if post.thread is None)

    assert "blocks" not in root.body
    assert "Standardized microservice caching" in root.body["text"]


async def test_a_seed_that_is_there_already_counts(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        club.slack.fail("reactions.add", Fault("drop", after=True))
        await club.say(ANA, "share #12")
        await club.settle()
        await club.advance(timedelta(minutes=10))
        slack = club.slack

    assert {name for marks in slack.reactions.values() for _, name in marks} == {"white_check_mark", "bookmark"}


async def test_a_channel_that_goes_is_noted_once_however_often_it_is_told(database: str, seed: Path) -> None:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with slack.running():
        async with running(slack, database, seed) as club:
            await club.say(ANA, "schedule set mon 09:00 Europe/Berlin")
            event = slack.event({"type": "channel_archive", "channel": "C0001", "user": ANA})
            assert (await slack.send(event))[0] == 200
            await club.settle()
            assert told(slack)
            paused = shown(await club.say(ANA, "schedule list"))
            await club.say(ANA, "schedule resume")
        async with running(slack, database) as club:
            assert (await slack.send(event))[0] == 200
            after = shown(await club.say(ANA, "schedule list"))

    assert "archived" in paused
    assert "Paused" not in after
    assert len(told(slack)) == 1


async def test_every_message_carries_text_a_key_and_no_previews(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        await a_digest_in(club)
        slack = club.slack

    for post in slack.sent:
        assert post.body["text"]
        assert re.fullmatch(r"[\w-]{24}", post.key or "")
        assert str(post.body["unfurl_links"]).lower() in {"0", "false"}
        assert str(post.body["unfurl_media"]).lower() in {"0", "false"}


async def test_reactions_on_a_post_in_doubt_count_once_it_is_found(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        await a_doubt_in(club, said=3)
        await club.react(ANA, "white_check_mark", "C0001", roots(club.slack)[0])
        await club.advance(timedelta(minutes=5))

        assert "State: read" in shown(await club.say(ANA, "show #1"))


async def test_a_private_message_whose_answer_is_lost_is_there_once_in_the_end(database: str, seed: Path) -> None:
    async with a_club(database, seed, scopes=f"{SCOPES},im:history") as club:
        await club.say(ANA, "remind #6 1d")
        club.slack.fail("chat.postMessage", Fault("drop", after=True))
        await club.advance(timedelta(days=1, hours=1))
        (reminder,) = told(club.slack)
        assert "You asked me to remind you." in reminder


async def test_without_its_scope_a_private_message_whose_answer_is_lost_comes_twice(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        await club.say(ANA, "remind #6 1d")
        club.slack.fail("chat.postMessage", Fault("drop", after=True))
        await club.advance(timedelta(days=1, hours=1))
        assert len(told(club.slack)) == 2
