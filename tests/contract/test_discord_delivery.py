"""One attempt at a time against a Discord that fails in every way: what each failure means, and what is found later."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import discord
import pytest

from adapters.discord.client import LOGGERS, hush
from adapters.discord.platform import DiscordPlatform
from bot.domain.card import Action, Call, Card
from bot.domain.errors import ChannelRefused, PlatformBusy, PlatformError, PlatformRefused, PlatformUncertain
from bot.domain.ids import AccountRef, ChannelRef, MessageRef, PlatformName, ThreadRef, WorkspaceRef
from bot.domain.reading_state import ReadingState
from bot.domain.value import addressed
from tests.fakes.core import an_entry
from tests.fakes.discord_rest import (
    BLOCKED,
    BROKEN,
    CHANNEL,
    DROPPED,
    GIBBERISH,
    GUILD,
    HALF,
    LOCKED,
    NO_JSON,
    FakeDiscord,
    Fault,
    limited,
    refused,
    serving,
)

DISCORD = PlatformName("discord")
HERE = ChannelRef(WorkspaceRef(DISCORD, GUILD), CHANNEL)
KEY = "k3y_of-a-delivery-24-abc"
CARD = Card(title="A card")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def played() -> AsyncIterator[tuple[FakeDiscord, DiscordPlatform]]:
    fake = FakeDiscord()

    async with serving(fake) as platform:
        yield fake, platform


async def test_an_attempt_cut_off_at_its_very_end_keeps_nobody_from_the_channel() -> None:
    async with played() as (fake, platform):
        await platform.log_in()
        cut_off = asyncio.create_task(platform.post(HERE, CARD, key=KEY))
        await until(lambda: len(fake.messages) == 1)
        bucket = platform.client.http.get_ratelimit(f"POST /channels/{{channel_id}}/messages:{CHANNEL}")
        await until(lambda: bucket.outgoing == 0)
        cut_off.cancel()
        with suppress(asyncio.CancelledError):
            await cut_off
        assert cut_off.cancelled()
        async with asyncio.timeout(10):
            await platform.post(HERE, CARD, key="another")

    assert len(fake.messages) == 2


async def until(condition: Callable[[], bool]) -> None:
    """Look again with every turn of the loop."""
    while not condition():  # noqa: ASYNC110 -- there is no event to wait for: it is the library's own state
        await asyncio.sleep(0)


async def test_the_same_key_within_minutes_is_the_same_message() -> None:
    async with played() as (fake, platform):
        first = await platform.post(HERE, CARD, key=KEY)
        assert await platform.post(HERE, CARD, key=KEY) == first

    assert len(fake.messages) == 1
    _, _, body = fake.bodies[0]
    assert (body["nonce"], body["enforce_nonce"]) == (KEY, True)
    assert body["allowed_mentions"] == {"parse": []}


async def test_a_direct_message_whose_answer_was_lost_is_there_once_and_is_found_by_its_key() -> None:
    ana, since = AccountRef(DISCORD, "7"), LONG_AGO

    async with played() as (fake, platform):
        fake.faults.append(DROPPED)
        with pytest.raises(PlatformUncertain):
            await platform.send_direct(ana, CARD, key=KEY, about=HERE.workspace)
        (found,) = await platform.find_direct(ana, KEY, since=since)
        assert await platform.find_direct(ana, "another", since=since) == []
        await platform.send_direct(ana, CARD, key=KEY, about=HERE.workspace)
        await platform.delete(found)

    assert fake.messages == []


async def test_a_message_that_was_removed_before_we_heard_of_it_is_not_posted_again() -> None:
    async with played() as (fake, platform):
        fake.deleted_nonces.add(KEY)
        with pytest.raises(PlatformRefused, match="removed"):
            await platform.post(HERE, CARD, key=KEY)

    assert not fake.messages


@pytest.mark.parametrize(
    "fault", [DROPPED, BROKEN, HALF, GIBBERISH, NO_JSON], ids=["dropped", "503", "half", "html", "json"]
)
async def test_an_answer_that_is_lost_leaves_a_doubt_and_the_message_is_found(fault: Fault) -> None:
    async with played() as (fake, platform):
        fake.faults.append(fault)
        with pytest.raises(PlatformUncertain):
            await platform.post(HERE, CARD, key=KEY)
        found = await platform.find(HERE, KEY, since=LONG_AGO)
        assert [ref.id for ref in found] == [fake.messages[0]["id"]]
        assert await platform.post(HERE, CARD, key=KEY) == found[0]

    assert len(fake.messages) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (limited(20), PlatformBusy),
        (BLOCKED, PlatformBusy),
        (refused(403, 50013, "Missing Permissions"), ChannelRefused),
        (refused(403, 50001, "Missing Access"), ChannelRefused),
        (refused(404, 10003, "Unknown Channel"), ChannelRefused),
        (refused(400, 50035, "Invalid Form Body"), PlatformRefused),
        (refused(400, 240000, "Harmful link"), PlatformRefused),
        (refused(401, 0, "401: Unauthorized"), PlatformBusy),
        (refused(503, 0), PlatformUncertain),
    ],
)
async def test_each_failure_is_one_of_the_three_that_the_core_knows(fault: Fault, error: type[PlatformError]) -> None:
    async with played() as (fake, platform):
        fake.faults.append(fault)
        with pytest.raises(PlatformError) as raised:
            await platform.post(HERE, CARD, key=KEY)
        assert type(raised.value) is error

    assert not fake.messages


NO_PERMISSION = refused(403, 50013, "Missing Permissions")
THERE = ChannelRef(HERE.workspace, LOCKED)
POSTED = MessageRef(THERE, "300000000000000002")
IN_THREAD = ThreadRef(THERE, "300000000000000003")

Step = Callable[[DiscordPlatform], Awaitable[object]]
STEPS: list[tuple[Step, tuple[str, str], discord.Permissions, str, type[PlatformError]]] = [
    (
        lambda platform: platform.post(THERE, CARD, key=KEY),
        ("POST", f"/channels/{LOCKED}/messages"),
        discord.Permissions(send_messages=True),
        "may not post in #locked: it lacks Send Messages",
        ChannelRefused,
    ),
    (
        lambda platform: platform.open_thread(POSTED, "A thread"),
        ("POST", "/threads"),
        discord.Permissions(create_public_threads=True),
        "may not open a thread in #locked: it lacks Create Public Threads",
        PlatformRefused,
    ),
    (
        lambda platform: platform.post(THERE, CARD, key=KEY, thread=IN_THREAD),
        ("POST", f"/channels/{IN_THREAD.id}/messages"),
        discord.Permissions(send_messages_in_threads=True),
        "may not post in the thread in #locked: it lacks Send Messages in Threads",
        PlatformRefused,
    ),
    (
        lambda platform: platform.react(POSTED, ReadingState.READ),
        ("PUT", "/@me"),
        discord.Permissions(add_reactions=True),
        "may not put a reaction on its post in #locked: it lacks Add Reactions",
        PlatformRefused,
    ),
]


@pytest.mark.parametrize(
    ("step", "request_", "denied", "words", "error"), STEPS, ids=["post", "thread", "reply", "seed"]
)
async def test_each_step_names_the_permission_that_it_misses_also_without_a_gateway(
    step: Step, request_: tuple[str, str], denied: discord.Permissions, words: str, error: type[PlatformError]
) -> None:
    async with played() as (fake, platform):
        fake.always[request_] = NO_PERMISSION
        fake.denied = denied.value
        with pytest.raises(PlatformRefused, match=words) as raised:
            await step(platform)
        assert type(raised.value) is error
        assert "#locked › Edit Channel › Permissions" in raised.value.remedy


@pytest.mark.parametrize("fault", [refused(403, 50001), Fault(status=503)], ids=["denied", "broken"])
async def test_where_nothing_can_be_found_out_the_step_says_what_it_needs(fault: Fault) -> None:
    async with played() as (fake, platform):
        fake.always = {("POST", "/messages"): NO_PERMISSION, ("GET", f"/guilds/{GUILD}"): fault}
        with pytest.raises(ChannelRefused, match="may not post in the channel") as raised:
            await platform.post(THERE, CARD, key=KEY)
        assert "Send Messages" in raised.value.remedy


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(closes=True), GIBBERISH], ids=["503", "dropped", "html"])
async def test_a_question_that_gets_no_answer_before_anything_is_sent_leaves_no_doubt(fault: Fault) -> None:
    async with played() as (fake, platform):
        fake.always["GET", f"/channels/{CHANNEL}"] = fault
        with pytest.raises(PlatformBusy):
            await platform.post(HERE, CARD, key=KEY)

    assert not fake.messages


async def test_a_rate_limit_says_how_long_to_wait_and_nothing_sleeps_for_it() -> None:
    async with played() as (fake, platform):
        fake.faults.append(limited(3600))
        with pytest.raises(PlatformBusy) as raised:
            await platform.post(HERE, CARD, key=KEY)
        assert raised.value.retry_after == timedelta(hours=1)
        fake.faults.append(BLOCKED)
        with pytest.raises(PlatformBusy) as raised:
            await platform.post(HERE, CARD, key=KEY)
        assert raised.value.retry_after == timedelta(seconds=30)

    posts = [request for request in fake.requests if request[0] == "POST"]
    assert len(posts) == 2


async def test_a_fault_that_the_library_tries_again_keeps_its_nonce() -> None:
    async with played() as (fake, platform):
        fake.faults.append(Fault(status=502, accepts=True))
        await platform.post(HERE, CARD, key=KEY)

    assert [body["nonce"] for _, _, body in fake.bodies] == [KEY, KEY]
    assert len(fake.messages) == 1


async def test_discord_out_of_reach_is_a_definite_no() -> None:
    async with played() as (_fake, platform):
        from discord.http import Route

        await platform.log_in()
        Route.BASE = "http://127.0.0.1:9"
        with pytest.raises(PlatformBusy):
            await platform.post(HERE, CARD, key=KEY)


async def test_a_message_is_found_behind_pages_of_others_and_in_threads() -> None:
    async with played() as (fake, platform):
        root = await platform.post(HERE, CARD, key=KEY)
        thread = await platform.open_thread(root, "A thread")
        for number in range(250):
            fake._accepted(CHANNEL, {"nonce": f"other{number}"})
        late = await platform.post(HERE, CARD, key="late" * 6)
        reply = await platform.post(HERE, CARD, key="reply-reply-reply-reply1", thread=thread)
        since = datetime.fromtimestamp(fake.now / 1000, UTC) - timedelta(seconds=120)
        assert await platform.find(HERE, "late" * 6, since=since) == [late]
        before = len(fake.requests)
        assert await platform.find(HERE, "reply-reply-reply-reply1", since=since, thread=thread) == [reply]
        assert fake.requests[before:] == [("GET", f"/channels/{thread.id}/messages")]
        assert await platform.find(HERE, "none" * 6, since=since) == []


async def test_the_marker_of_a_stranger_is_not_taken_for_ours() -> None:
    async with played() as (fake, platform):
        await platform.post(HERE, CARD, key=KEY)
        fake.messages[0]["author"] = {"id": "1", "username": "mallory"}
        assert await platform.find(HERE, KEY, since=LONG_AGO) == []


async def test_steps_that_may_be_asked_twice_succeed_twice() -> None:
    async with played() as (fake, platform):
        root = await platform.post(HERE, CARD, key=KEY)
        assert await platform.open_thread(root, "x" * 300) == await platform.open_thread(root, "x")
        await platform.react(root, ReadingState.READ)
        await platform.react(root, ReadingState.LATER)
        await platform.delete(root)
        await platform.delete(root)
        with pytest.raises(PlatformRefused):
            await platform.marks(root)

    assert [emoji for _, _, emoji in fake.reactions] == ["✅", "🔖"]
    name = next(body["name"] for _, path, body in fake.bodies if path.endswith("/threads"))
    assert len(name) == 100


async def test_a_person_is_told_alone() -> None:
    async with played() as (fake, platform):
        await platform.send_direct(AccountRef(DISCORD, "400000000000000001"), CARD)

    (message,) = fake.messages
    assert message["channel_id"] == "300000000000000001"


async def test_a_private_message_sent_again_under_its_key_is_one_message_and_found() -> None:
    person = AccountRef(DISCORD, "400000000000000001")
    pick = Action(
        label="Pass", call=Call(path=("digest", "host"), arguments={"channel": addressed(HERE), "week": "2026-W10"})
    )

    async with played() as (fake, platform):
        fake.faults.append(DROPPED)
        for _ in range(2):
            with suppress(PlatformUncertain):
                sent = await platform.send_direct(
                    person, Card(title="A card", actions=(pick,)), key=KEY, about=HERE.workspace
                )
        found = await platform.find_direct(person, KEY, since=LONG_AGO)
        assert [one.id for one in found] == [sent.id]

    (message,) = fake.messages
    assert "digest.host" in str(message["components"])


async def test_an_event_whose_answer_is_lost_is_there_once() -> None:
    at = datetime(2026, 3, 19, 16, tzinfo=UTC)

    async with played() as (fake, platform):
        fake.faults.append(DROPPED)
        for _ in range(2):
            with suppress(PlatformUncertain):
                await platform.schedule_event(HERE, "Talk about #12 Caching", at)
        await platform.schedule_event(HERE, "Talk about #12 Caching", at + timedelta(days=7))

    events = fake.events
    assert [one["scheduled_start_time"] for one in events] == ["2026-03-19T16:00:00+00:00", "2026-03-26T16:00:00+00:00"]


async def test_without_the_permission_no_event_is_scheduled_and_nothing_fails() -> None:
    async with played() as (fake, platform):
        fake.may_create_events = False
        await platform.schedule_event(HERE, "Talk about #12 Caching", datetime(2026, 3, 19, 16, tzinfo=UTC))

    assert fake.events == []


async def test_a_typed_name_is_refused_before_anything_is_sent() -> None:
    async with played() as (fake, platform):
        with pytest.raises(PlatformRefused, match="not a channel"):
            await platform.post(ChannelRef(HERE.workspace, "general"), CARD, key=KEY)
        with pytest.raises(PlatformRefused):
            await platform.post(HERE, CARD, key=KEY, thread=ThreadRef(HERE, "²"))

    assert not fake.bodies


@pytest.mark.parametrize("forum", [False, True])
async def test_a_channel_of_another_server_is_refused_before_anything_is_sent(*, forum: bool) -> None:
    async with played() as (fake, platform):
        fake.forum = forum
        fake.elsewhere[CHANNEL] = "100000000000000009"
        for _ in range(2):
            with pytest.raises(PlatformRefused, match="not a channel of this server"):
                await platform.post(HERE, CARD, key=KEY)
        with pytest.raises(PlatformRefused, match="not a channel of this server"):
            await platform.find(HERE, KEY, since=LONG_AGO)

    assert not fake.bodies
    assert all("/messages" not in path for _, path in fake.requests)


async def test_a_post_in_a_forum_has_its_tags_and_is_looked_for_before_it_is_made_again() -> None:
    card = Card(title="A card", entry=an_entry(tags=("caching", "scale")))

    async with played() as (fake, platform):
        fake.forum = True
        fake.faults.append(DROPPED)
        with pytest.raises(PlatformUncertain):
            await platform.post(HERE, card, key=KEY)
        (found,) = await platform.find(HERE, KEY, since=LONG_AGO)
        thread = await platform.open_thread(found, "A thread")
        answer = await platform.post(HERE, CARD, key="reply-reply-reply-reply1", thread=thread)
        assert await platform.find(HERE, "reply-reply-reply-reply1", since=LONG_AGO, thread=thread) == [answer]
        await platform.react(found, ReadingState.READ)

    root, reply = fake.messages
    assert root["channel_id"] == reply["channel_id"] == root["id"]
    body = next(body for _, path, body in fake.bodies if path.endswith("/threads"))
    assert (body["name"], body["applied_tags"]) == ("A card", ["7"])
    assert body["message"]["allowed_mentions"] == {"parse": []}


def archived(id: str, at: datetime) -> dict[str, Any]:
    return {"id": id, "parent_id": CHANNEL, "thread_metadata": {"archive_timestamp": at.isoformat()}}


async def test_a_post_in_a_forum_is_found_behind_pages_of_archived_ones_and_no_older_page_is_read() -> None:
    async with played() as (fake, platform):
        fake.forum, fake.archive_page = True, 2
        posted = await platform.post(HERE, CARD, key=KEY)
        now = datetime.fromtimestamp(fake.now / 1000, UTC)
        fake.threads.clear()
        newer = [archived(fake.id(), now + timedelta(minutes=10 - number)) for number in range(4)]
        older = [archived(str(number + 1), now - timedelta(days=number + 1)) for number in range(6)]
        fake.archived = [*newer, archived(posted.channel.id, now), *older]

        assert await platform.find(HERE, KEY, since=now - timedelta(minutes=2)) == [posted]

    pages = [path for _, path in fake.requests if path.endswith("/archived/public")]
    assert len(pages) == 3


async def test_a_tag_that_only_moderators_may_give_is_left_out() -> None:
    async with played() as (fake, platform):
        fake.forum = True
        fake.tags = [{"id": "7", "name": "caching", "moderated": True}, {"id": "8", "name": "scale"}]
        await platform.post(HERE, Card(title="A card", entry=an_entry(tags=("caching", "scale"))), key=KEY)

    (body,) = [body for _, path, body in fake.bodies if path.endswith("/threads")]
    assert body["applied_tags"] == ["8"]


async def test_no_token_no_body_and_no_key_stands_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)
    async with played() as (fake, platform):
        for fault in (None, limited(20), BLOCKED, DROPPED, GIBBERISH, refused(403, 50013)):
            fake.faults.extend([fault] if fault else [])
            with suppress(PlatformError):
                await platform.post(HERE, Card(title="canary words"), key=KEY)

    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert not any(canary in logged for canary in ("token-of-the-test", "canary words", KEY))


def test_a_warning_of_the_library_comes_through_without_what_would_open_a_door(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hush()
    address = "https://discord.com/api/v10/interactions/1/aW50ZXJhY3Rpb24canary/callback"
    bot = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GcAnAr.canary-canary-canary-canary"

    logging.getLogger("discord.http").warning("%s responded with 429 to %s", address, bot)

    (said,) = caplog.messages
    assert "429" in said
    assert "canary" not in said


UNUSED = {f"discord.{name}" for name in ("opus", "player", "voice_client", "voice_state", "webhook.sync")}
"""Loggers of voice, and of a client that waits. Nor are the library's extensions used."""


def test_every_logger_of_the_library_is_heard_without_secrets() -> None:
    folder = Path(discord.__file__).parent
    modules = [path for path in folder.rglob("*.py") if "getLogger(__name__)" in path.read_text(encoding="utf-8")]
    names = {".".join(("discord", *path.relative_to(folder).with_suffix("").parts)) for path in modules}

    used = {name.removesuffix(".__init__") for name in names - UNUSED if not name.startswith("discord.ext.")}

    assert used == set(LOGGERS)
