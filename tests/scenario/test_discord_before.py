"""What Discord's members hear before, and after, something is posted in a channel."""

from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from tests.fakes.server import Server, a_server, buttons, entry_message, shown_by


def deny(server: Server, guild: Any, channel: Any, **rights: bool) -> None:
    denied = discord.Permissions(**rights).value
    server.env.backend.set_overwrite(channel.id, Overwrite(guild.id, OverwriteType.ROLE, deny=denied))


def allow(server: Server, guild: Any, channel: Any) -> None:
    server.env.backend.set_overwrite(channel.id, Overwrite(guild.id, OverwriteType.ROLE, deny=0))


def custom_id(message: Any, label: str) -> str:
    return next(own for name, own in buttons(message.components) if name == label)


@pytest.mark.parametrize("line", ["blog share", "blog schedule set", "blog digest post"])
async def test_a_missing_permission_is_named_before_anything_is_promised(database: str, line: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="UTC")
        values = {
            "blog share": {"entry": "#6"},
            "blog schedule set": {"weekday": "tue", "at": "10:00", "zone": "UTC"},
        }
        words = {
            "blog share": "is on its way",
            "blog schedule set": "Tuesday 10:00",
            "blog digest post": "is on its way",
        }
        deny(server, guild, channel, create_public_threads=True, add_reactions=True)
        await server.env.settle()

        refused = await ana.slash(channel, line, **values.get(line, {}))
        assert refused.ephemeral
        assert "I can't post in #reading: I lack Create Public Threads, Add Reactions." in shown_by(refused)
        await server.settle()
        assert not channel.history()
        assert "Tuesday" not in shown_by(await ana.slash(channel, "blog schedule list"))

        allow(server, guild, channel)
        await server.env.settle()
        again = await ana.click(refused.response, label="Try again")
        assert words[line] in shown_by(again)


async def test_a_voice_channel_and_a_named_closed_channel_are_refused_at_once(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel, closed = guild.create_text_channel("reading"), guild.create_text_channel("news")
        voice, stage = guild.create_voice_channel("lounge"), guild.create_stage_channel("talks")
        ana, ben = server.member(guild, "ana", admin=True), server.member(guild, "ben")

        for place, word in ((voice, "voice channel"), (stage, "stage channel")):
            refused = shown_by(await ana.slash(place, "blog share", entry="#6"))
            assert word in refused
            assert "Choose a text, announcement or forum channel." in refused
        deny(server, guild, closed, send_messages=True)
        server.env.backend.set_overwrite(
            closed.id,
            Overwrite(server.env.backend.bot_user.id, OverwriteType.MEMBER, allow=discord.Permissions.all().value),
        )
        await server.env.settle()
        theirs = await ben.slash(channel, "blog share", entry="#6", channel=closed)
        assert "You may not write in that channel." in shown_by(theirs)

        shared = await ana.slash(voice, "blog share", entry="#6", channel=channel)
        assert "on its way" in shown_by(shared)
        await server.settle()
        assert "#6 Prototyping" in server.said(entry_message(channel))


async def test_an_answer_on_its_way_becomes_a_link_to_the_post(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ben = server.member(guild, "ben")
        shared = await ben.slash(channel, "blog share", entry="#6")
        assert "on its way" in shown_by(shared)
        await server.settle()
        assert "#6 is posted." in shown_by(shared)
        assert f"/{channel.id}/{entry_message(channel).id}" in str(shared.response.components)

        deleted = await ben.click(shared.response, label="Delete it")
        assert "#6 is deleted from the channel." in shown_by(deleted)
        assert not [message for message in channel.history() if message.components]


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (400, 240000)], ids=["no permission", "blocked link"])
async def test_a_refused_digest_reads_the_same_everywhere_and_is_posted_later(
    database: str, status: int, code: int
) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="UTC")
        server.env.inject_error("POST", "/channels/*/messages", status=status, code=code)
        on_its_way = await ana.slash(channel, "blog digest post")
        await server.settle()
        assert "was not posted." in shown_by(on_its_way)

        assert not channel.history()
        assert "This week's pick" not in shown_by(await ana.slash(channel, "blog home"))
        assert "This week's digest: not posted" in shown_by(await ana.slash(channel, "blog digest preview"))
        assert "not posted" in shown_by(await ana.slash(channel, "blog digest history"))
        assert "Not posted:" in shown_by(await ana.slash(channel, "blog status"))

        preview = await ana.slash(channel, "blog digest preview")
        asked = await ana.click(preview.response, label="Post now")
        assert "Post #" in shown_by(asked)
        await ana.click(asked.response, label="Post now")
        await server.settle()
        assert entry_message(channel)
        assert "This week's pick" in shown_by(await ana.slash(channel, "blog home"))
        assert "Not posted:" not in shown_by(await ana.slash(channel, "blog status"))


async def test_a_second_press_confirms_and_a_repeat_does_nothing_more(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        shown = await ana.slash(channel, "blog show", entry="#6")
        asked = await ana.click(shown.response, label="Share")
        assert "Post #6 for everyone to see?" in shown_by(asked)
        await server.settle()
        assert not channel.history()
        await ana.click(asked.response, label="Share")
        await server.settle()
        again = await ana.click(asked.response, label="Share")
        await server.settle()
        assert "#6 was shared here just now." in shown_by(again)
        assert len([message for message in channel.history() if message.components]) == 1

        await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="UTC")
        preview = await ana.slash(channel, "blog digest preview")
        await server.restart()
        first = await ana.click(preview.response, label="Skip")
        second = await ana.click(preview.response, label="Skip")
        assert "I skip the next digest." in shown_by(first)
        assert "It is already skipped." in shown_by(second)
        assert "week=" in custom_id(preview.response, "Skip")
        undone = await ana.click(first.response, label="Undo")
        assert "not skipped any more" in shown_by(undone)


async def test_a_list_is_updated_where_it_stands(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ben = server.member(guild, "ben")
        listed = await ben.slash(channel, "blog next")
        read = next(own for name, own in buttons(listed.response.components) if name == "Read")
        await ben.click(listed.response, custom_id=read)
        assert "is read." in shown_by(listed)
        assert "Next for you" in shown_by(listed)
        await ben.click(listed.response, label="Undo")
        assert "is unread." in shown_by(listed)
