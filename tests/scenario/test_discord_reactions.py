"""Reactions in a Discord server: whatever came, went, or was missed, the marks are what the server shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import discord

from adapters.discord import places
from bot.domain.ids import EntryId
from bot.domain.reading_state import ReadingState
from bot.ports.store import Transaction
from tests.fakes.server import Nobody, Server, a_server, entry_message, shown_by

READ, LATER, UNREAD = ReadingState.READ, ReadingState.LATER, ReadingState.UNREAD


async def shared(server: Server) -> tuple[Any, Any, Any, Any]:
    """A server with two members and entry #6 posted: its channel, its message, and the two."""
    guild = await server.guild()
    channel = guild.create_text_channel("reading")
    ana, ben = server.member(guild, "ana", admin=True), server.member(guild, "ben")
    await ana.slash(channel, "blog share", entry="#6")
    await server.settle()
    return channel, entry_message(channel), ana, ben


async def state(server: Server, who: Any) -> ReadingState:
    def asked(tx: Transaction) -> ReadingState:
        team = tx.teams.by_name("default")
        assert team is not None
        member = tx.teams.member(team.id, places.account(who.id))
        entry = tx.entries.by_number(team.id, 6)  # type: ignore[arg-type]  # a number as good as any
        assert entry is not None
        return tx.readings.states(member.id, [EntryId(entry.id)]).get(entry.id, UNREAD) if member else UNREAD

    found: ReadingState = await server.read(asked)
    return found


async def live(server: Server, message: Any) -> set[tuple[str, str]]:
    """The marks that are kept as live, as (account, emoji)."""
    ref = places.message(message.guild.id, message.channel.id, message.id)

    def asked(tx: Transaction) -> set[tuple[str, str]]:
        team = tx.teams.by_name("default")
        assert team is not None
        return {(mark.account.id, mark.emoji) for mark in tx.readings.marks_on(team.id, ref) if mark.live}

    found: set[tuple[str, str]] = await server.read(asked)
    return found


def on_the_server(server: Server, message: Any) -> set[tuple[str, str]]:
    stored = server.env.backend.get_message(message.channel.id, message.id)
    bot = server.env.backend.bot_user.id
    return {(str(user), one.emoji) for one in stored.reactions for user in one.user_ids if user != bot}


@contextmanager
def deaf(server: Server) -> Iterator[None]:
    """As if the gateway were away: no reaction is heard."""
    client = server.platform.client
    inbox, client.inbox = client.inbox, Nobody()
    try:
        yield
    finally:
        client.inbox = inbox


async def test_marks_follow_what_people_put_on_and_take_off(database: str) -> None:
    async with a_server(database) as server:
        _, message, ana, ben = await shared(server)
        assert await live(server, message) == set()

        await ana.react(message, "✅")
        await ben.react(message, "🔖")
        await ben.react(message, "🎉")
        assert (await state(server, ana), await state(server, ben)) == (READ, LATER)

        await ben.react(message, "✅")
        await ben.unreact(message, "✅")
        assert await state(server, ben) == LATER

        await server.restart()
        await ben.unreact(message, "🔖")
        await ana.unreact(message, "✅")
        assert (await state(server, ana), await state(server, ben)) == (UNREAD, UNREAD)


async def test_a_moderator_clears_one_emoji_and_then_all(database: str) -> None:
    async with a_server(database) as server:
        channel, message, ana, ben = await shared(server)
        for member in (ana, ben):
            await member.react(message, "✅")
            await member.react(message, "🔖")

        server.env.backend.clear_reaction(channel.id, message.id, "✅")
        await server.env.settle()
        assert (await state(server, ana), await state(server, ben)) == (LATER, LATER)

        server.env.backend.clear_reactions(channel.id, message.id)
        await server.env.settle()
        assert (await state(server, ana), await state(server, ben)) == (UNREAD, UNREAD)
        assert await live(server, message) == set()


async def test_a_variant_beside_the_plain_emoji_counts_once_and_holds_until_both_are_gone(database: str) -> None:
    async with a_server(database) as server:
        _, message, ana, _ = await shared(server)

        await ana.react(message, "✅")
        await ana.react(message, "✅\ufe0f")
        assert await live(server, message) == on_the_server(server, message)
        await ana.unreact(message, "✅")
        assert await state(server, ana) == READ
        await ana.unreact(message, "✅\ufe0f")
        assert await state(server, ana) == UNREAD


async def test_what_was_missed_during_a_gap_is_read_from_the_message(database: str) -> None:
    async with a_server(database) as server:
        channel, message, ana, ben = await shared(server)
        await ana.react(message, "✅")

        with deaf(server):
            await ana.unreact(message, "✅")
            await ana.react(message, "🔖")
            await ben.react(message, "✅")
        assert await state(server, ana) == READ

        inbox = server.platform.client.inbox
        assert inbox is not None
        await inbox.began(list(server.platform.client.guilds))
        assert await live(server, message) == on_the_server(server, message)
        assert (await state(server, ana), await state(server, ben)) == (LATER, READ)

        await ana.slash(channel, "blog unread", entry="#6")
        await inbox.began(list(server.platform.client.guilds))
        assert await state(server, ana) == UNREAD, "a choice outlives the marks that were there before it"


async def test_a_restart_is_a_gap_too(database: str) -> None:
    async with a_server(database) as server:
        _, message, ana, _ = await shared(server)
        with deaf(server):
            await ana.react(message, "✅")

        await server.restart()

        assert await state(server, ana) == READ


async def test_another_bot_and_a_custom_emoji_of_the_same_name_count_for_nothing(database: str) -> None:
    async with a_server(database) as server:
        channel, message, ana, _ = await shared(server)
        server.env.backend.emit("MESSAGE_REACTION_ADD", event(channel, message, ana, {"id": "5", "name": "✅"}))
        await server.env.settle()
        assert await state(server, ana) == UNREAD

        burst = event(channel, message, ana, {"id": None, "name": "✅"}) | {"burst": True, "type": 1}
        server.env.backend.emit("MESSAGE_REACTION_ADD", burst)
        await server.env.settle()
        await ana.react(message, "✅")
        await ana.unreact(message, "✅")
        assert await state(server, ana) == READ, "the super reaction is still there"

        stats = await ana.slash(channel, "blog stats me")
        assert "Read: 1" in shown_by(stats)


async def test_another_bot_that_takes_its_reaction_off_does_not_become_a_member(database: str) -> None:
    def members(tx: Transaction) -> int:
        team = tx.teams.by_name("default")
        assert team is not None
        return tx.teams.members(team.id)

    async with a_server(database) as server:
        channel, message, ana, ben = await shared(server)
        robot = channel.guild.add_member(server.env.create_user("robot", bot=True))
        for who in (ana, ben):
            await who.react(message, "🔖")
        before = await server.read(members)

        await robot.react(message, "✅")
        await robot.unreact(message, "✅")

        assert await server.read(members) == before
        await ben.unreact(message, "🔖")
        assert await state(server, ben) == UNREAD


def event(channel: Any, message: discord.Message, who: Any, emoji: dict[str, Any]) -> dict[str, Any]:
    assert message.guild is not None
    return {
        "user_id": str(who.id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "guild_id": str(message.guild.id),
        "emoji": emoji,
        "burst": False,
        "type": 0,
    }
