"""What a host is given to connect Discord: the link, the check, and the settings."""

import base64
from datetime import time
from pathlib import Path

import discord
import pytest

from adapters import registry
from adapters.discord import places
from adapters.discord.hosting import custom_emoji, doctor, invite
from adapters.discord.permissions import WANTED, missing
from adapters.discord.platform import DiscordPlatform
from bot.commands.catalogue import CATALOGUE
from bot.domain.errors import BadConfig
from bot.domain.ids import ChannelRef, PlatformName, WorkspaceRef
from bot.domain.reading_state import ReadingState
from bot.domain.schedule import Weekday
from bot.runtime.settings import load
from bot.runtime.teams import scheduled
from bot.service import schedules
from store.sql import open_store
from tests.fakes.clock import FakeClock
from tests.fakes.core import FakeCore
from tests.fakes.discord_rest import BOT, CHANNEL, GUILD, FakeDiscord, serving

TOKEN = base64.b64encode(str(BOT["id"]).encode()).decode().rstrip("=") + ".abc.def"
LEAST = 309237730368
"""The sum in the documentation of the permissions that a post with a thread and two reactions needs."""


def test_the_link_asks_for_the_permissions_that_are_needed_and_no_others() -> None:
    link = invite({"token": TOKEN})

    assert f"client_id={BOT['id']}" in link
    assert f"permissions={LEAST}" in link
    assert "scope=bot+applications.commands" in link
    assert not WANTED.administrator
    assert not WANTED.mention_everyone
    assert missing(WANTED) == []


@pytest.mark.parametrize("token", ["", "nonsense", "!!!.a.b", "eA.b.c"])
def test_a_token_that_is_none_is_named_and_not_shown(token: str) -> None:
    with pytest.raises(BadConfig) as wrong:
        invite({"token": token})

    assert "DOGEAR_DISCORD_TOKEN" in str(wrong.value)
    assert not token or token not in str(wrong.value)


def test_a_custom_emoji_is_given_a_meaning_by_its_id() -> None:
    given = custom_emoji("123456789012345678:read, 123456789012345679:later")

    assert given == {"123456789012345678": ReadingState.READ, "123456789012345679": ReadingState.LATER}
    assert load(discord_emoji="123456789012345678:read").discord_emoji
    with pytest.raises(BadConfig, match="DOGEAR_DISCORD_EMOJI"):
        load(discord_emoji="read")


def test_discord_is_served_only_with_its_token() -> None:
    settings = load(discord_token=TOKEN)

    assert isinstance(registry.served("discord", settings.of("discord"), "blog"), DiscordPlatform)
    assert registry.served("discord", load().of("discord"), "blog") is None
    assert TOKEN not in repr(settings)


LOCKED = ChannelRef(places.workspace(int(GUILD)), "200000000000000002")
OPEN, GONE = ChannelRef(LOCKED.workspace, CHANNEL), ChannelRef(LOCKED.workspace, "200000000000000003")
ELSEWHERE = ChannelRef(places.workspace(7), "8")


async def examined(fake: FakeDiscord, *scheduled: ChannelRef, registered: bool = False) -> list[tuple[bool, str]]:
    async with serving(fake) as platform:
        await platform.log_in()
        if registered:
            core = FakeCore()
            core.catalogue = CATALOGUE
            await platform.register(core)
        return [line async for line in doctor({"token": TOKEN}, "blog", CATALOGUE, scheduled)]


async def test_the_doctor_finds_nothing_wrong_where_nothing_is() -> None:
    lines = await examined(FakeDiscord(), OPEN, registered=True)

    assert lines
    assert all(good for good, _ in lines), lines
    assert (True, "/blog is registered as it should be.") in lines
    assert (True, "ours #reading has a schedule and every permission for it.") in lines
    rest = "ours: may post in 0 of 1 channels without a schedule; not in #locked (Send Messages in Threads)."
    assert (True, rest) in lines


async def test_the_doctor_names_what_is_wrong_and_where_to_click() -> None:
    fake = FakeDiscord()
    fake.flags = discord.ApplicationFlags(gateway_message_content_limited=True, gateway_guild_members=True).value
    fake.endpoint = "https://example.org/interactions"

    wrong = [line for good, line in await examined(fake, LOCKED, GONE, ELSEWHERE) if not good]

    assert [line.partition(":")[0] for line in wrong] == [
        "Intents that Dogear never uses are on",
        "Interactions go to https",
        "/blog is not registered as it should be. Start “dogear run” once",
        "Server 7 has a channel with a schedule, and Dogear is not in it. Invite it",
        "ours #locked has a schedule and lacks Send Messages in Threads. In Discord",
        "ours",
    ]
    assert "Server Members, Message Content. Switch them off: https://discord.com/developers" in wrong[0]
    assert "› General Information › Interactions Endpoint URL" in wrong[1]
    assert "#locked › Edit Channel › Permissions" in wrong[4]
    assert "200000000000000003 has a schedule, and is gone or cannot be seen. Let Dogear see it" in wrong[5]
    assert "oauth2/authorize" in wrong[3]


async def test_the_doctor_says_who_may_invite_it_and_where_it_is_not() -> None:
    fake = FakeDiscord()
    fake.public, fake.guilds = True, []

    lines = await examined(fake)

    assert any(good and "Anybody may invite it" in line for good, line in lines)
    assert any(not good and "in no server. Open this link" in line for good, line in lines)


async def test_the_doctor_says_where_a_new_token_comes_from() -> None:
    fake = FakeDiscord()
    fake.trusts = False

    async with serving(fake):
        (only,) = [line async for line in doctor({"token": TOKEN}, "blog", CATALOGUE)]

    assert only[0] is False
    assert "DOGEAR_DISCORD_TOKEN" in only[1]
    assert "› Bot › Token" in only[1]


def test_the_channels_with_a_schedule_come_from_the_database_if_there_is_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'club.db'}"
    assert scheduled(url, "discord") == ()
    assert not (tmp_path / "club.db").exists()
    store = open_store(url, FakeClock())
    with store.begin(write=True) as tx:
        team = tx.teams.add("ours", "UTC")
        for channel in (OPEN, ChannelRef(WorkspaceRef(PlatformName("another"), "w"), "c")):
            weekday, at = Weekday.MONDAY, time(9)
            by = places.account(1)
            schedules.put(tx, team.id, channel, weekday=weekday, at=at, zone="UTC", tags=(), by=by)
    store.close()

    assert scheduled(url, "discord") == [OPEN]
