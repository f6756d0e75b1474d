"""What a host is given to connect Discord: the link, the check, and the settings."""

import asyncio
import base64

import pytest

from adapters import registry
from adapters.discord.hosting import custom_emoji, doctor, invite
from adapters.discord.permissions import WANTED, missing
from adapters.discord.platform import DiscordPlatform
from bot.commands.catalogue import CATALOGUE
from bot.domain.errors import BadConfig
from bot.domain.reading import ReadingState
from bot.runtime.settings import load
from tests.fakes.discord_rest import BOT, FakeDiscord, serving

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


def test_the_doctor_names_every_channel_and_permission_that_is_missing() -> None:
    async def examined() -> list[tuple[bool, str]]:
        fake = FakeDiscord()
        async with serving(fake):
            return [line async for line in doctor({"token": TOKEN}, "blog", CATALOGUE)]

    lines = asyncio.run(examined())

    assert (True, "the token is that of dogear") in lines
    assert (False, "/blog is registered as it should be; “dogear run” does that") in lines
    assert (True, "ours: may post in 1 of 2 channels") in lines
    assert (False, "ours #locked: missing Send Messages in Threads") in lines
