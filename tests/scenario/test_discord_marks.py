"""Which reactions in a Discord server mean something: variants, super reactions, the host's own emoji; and what
becomes of one that cannot be noted at once."""

from typing import Any

import pytest
import simcord

from adapters.discord import places
from adapters.discord.platform import DiscordPlatform
from bot.chat.platform import MarksSeen
from bot.domain.reading_state import ReadingState
from tests.fakes.core import FakeCore
from tests.fakes.server import ORDINARY, Server, a_client, a_server, entry_message, shown_by

CUSTOM: dict[str, Any] = {"id": "700000000000000001", "name": "gelesen"}
PLAIN: dict[str, Any] = {"id": None, "name": "✅"}


def emitted(server: Server, event: str, message: Any, **about: Any) -> None:
    common = {
        "channel_id": str(message.channel.id),
        "message_id": str(message.id),
        "guild_id": str(message.guild.id),
    }
    server.env.backend.emit(f"MESSAGE_REACTION_{event}", common | about)


async def put(server: Server, message: Any, who: Any, emoji: dict[str, Any], *, burst: bool = False) -> None:
    about = {"user_id": str(who.id), "emoji": emoji, "burst": burst, "type": int(burst)}
    emitted(server, "ADD", message, **about)
    await server.env.settle()


async def shared(server: Server) -> tuple[Any, Any, Any]:
    guild = await server.guild()
    channel = guild.create_text_channel("reading")
    ana = server.member(guild, "ana", admin=True)
    await ana.slash(channel, "blog share", entry="#6")
    await server.settle()
    return channel, entry_message(channel), ana


async def has_read(who: Any, channel: Any) -> bool:
    return "Read: 1" in shown_by(await who.slash(channel, "blog stats me"))


@pytest.mark.parametrize("name", ["✅", "✅\ufe0f", "✅\ufe0e", "✅\U0001f3fd"])
@pytest.mark.parametrize("burst", [False, True])
async def test_every_variant_of_the_emoji_means_what_the_plain_one_does(database: str, name: str, burst: bool) -> None:
    async with a_server(database) as server:
        channel, message, ana = await shared(server)

        await put(server, message, ana, PLAIN | {"name": name}, burst=burst)

        assert await has_read(ana, channel)


async def test_an_emoji_of_the_hosts_choice_counts_by_its_id_whatever_it_is_called(database: str) -> None:
    async with a_server(database, custom={str(CUSTOM["id"]): ReadingState.READ}) as server:
        channel, message, ana = await shared(server)

        await put(server, message, ana, CUSTOM | {"id": "700000000000000002"})
        assert not await has_read(ana, channel)
        await put(server, message, ana, CUSTOM | {"name": None})
        assert await has_read(ana, channel)


@pytest.mark.parametrize(("emoji", "burst"), [(CUSTOM, False), (CUSTOM, True), (PLAIN, True)])
async def test_clearing_an_emoji_takes_its_ordinary_and_its_super_reactions(
    database: str, emoji: dict[str, Any], burst: bool
) -> None:
    async with a_server(database, custom={str(CUSTOM["id"]): ReadingState.READ}) as server:
        channel, message, ana = await shared(server)
        await put(server, message, ana, emoji, burst=burst)
        assert await has_read(ana, channel)

        emitted(server, "REMOVE_EMOJI", message, emoji=PLAIN | {"name": "🎉"})
        await server.env.settle()
        assert await has_read(ana, channel)
        emitted(server, "REMOVE_EMOJI", message, emoji=emoji)
        await server.env.settle()
        assert not await has_read(ana, channel)


async def test_a_post_in_an_announcement_channel_is_shown_and_its_reactions_count(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_news_channel("news")
        ana = server.member(guild, "ana", admin=True)

        await ana.slash(channel, "blog share", entry="#6")
        await server.settle()

        message = entry_message(channel)
        assert "#6 Prototyping with models" in server.said(message)
        assert [reaction.emoji for reaction in message.reactions] == ["✅", "🔖"]
        await ana.react(message, "✅")
        assert await has_read(ana, channel)


async def test_a_reaction_that_cannot_be_noted_is_read_from_its_message_once_it_can() -> None:
    core, client = FakeCore(), a_client()
    platform = DiscordPlatform("no token", client=client)
    events = platform.listen(core)
    async with simcord.run(client, settle_timeout=60.0) as env:
        guild = env.create_guild(name="ours")
        channel = guild.create_text_channel("reading")
        role = guild.create_role("ordinary", permissions=ORDINARY)
        ana = guild.add_member(env.create_user("ana"), roles=[role])
        message = await ana.send(channel, "any message")
        ref = places.message(guild.id, channel.id, message.id)

        core.busy = True
        await ana.react(message, "✅")
        core.busy = False
        core.happenings.clear()
        await events.began([])

        (seen,) = core.happenings
        assert isinstance(seen, MarksSeen)
        assert seen.message == ref
        assert [mark.meaning for mark in seen.marks] == [ReadingState.READ]
