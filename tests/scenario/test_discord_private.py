"""What one person is told in a direct message of Discord's, and what the buttons there do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from adapters.discord import places
from bot.domain.card import Action, Call, Card
from bot.domain.delivery import State
from bot.domain.value import addressed
from bot.service import ledger, teams
from tests.fakes.server import Server, a_server, buttons, entry_message, shown_by


@dataclass
class Doubt:
    """A server in which nobody can see whether what ana shared arrived, and what she was told about it."""

    server: Server
    guild: Any
    channel: Any
    ana: Any
    told: Any

    async def state(self) -> State:
        team = await self.server.read(lambda tx: teams.team_of(tx, places.workspace(self.guild.id)))
        found = await self.server.read(lambda tx: tx.ledger.unsettled(team.id))
        return State.SENT if not found else found[0].state


@asynccontextmanager
async def a_doubt(database: str, *, digest: bool = False) -> AsyncIterator[Doubt]:
    """Of what ana shared, or of a digest."""
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        if digest:
            await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="UTC")
            await ana.slash(channel, "blog digest post")
        else:
            await ana.slash(channel, "blog share", entry="#6")
        await server.club.runner.write(ledger.after_restore)
        server.club.clock.move_to(server.club.clock.now() + timedelta(minutes=3))
        server.env.inject_error("GET", "/channels/*/messages", status=403, code=50001)
        await server.settle()
        (told,) = ana.user.dm_channel.history()
        doubt = Doubt(server, guild, channel, ana, told)
        assert await doubt.state() == State.NEEDS_HUMAN
        yield doubt


async def test_a_press_in_a_direct_message_settles_the_doubt_that_it_is_about(database: str) -> None:
    async with a_doubt(database) as doubt:
        pressed = await doubt.ana.user.click(doubt.told, label="Yes, it's there")

        assert "Thanks, I noted that the post is here." in shown_by(pressed)
        assert await doubt.state() == State.SENT
        assert not doubt.channel.history()


async def test_a_press_in_a_direct_message_posts_again(database: str) -> None:
    async with a_doubt(database) as doubt:
        pressed = await doubt.ana.user.click(doubt.told, label="No, post it")
        await doubt.server.settle()

        assert "I am posting it again." in shown_by(pressed)
        assert "#6 Prototyping" in doubt.server.said(entry_message(doubt.channel))


async def test_whose_rights_are_gone_by_then_or_who_left_decides_nothing_from_a_direct_message(database: str) -> None:
    async with a_doubt(database, digest=True) as doubt:
        doubt.server.env.backend.get_member(doubt.guild.id, doubt.ana.id).role_ids.clear()
        demoted = await doubt.ana.user.click(doubt.told, label="Yes, it's there")
        assert "Only an admin or the person who shared it can decide that." in shown_by(demoted)

        doubt.guild.remove_member(doubt.ana)
        gone = await doubt.ana.user.click(doubt.told, label="Yes, it's there")
        assert "This cannot be answered from here." in shown_by(gone)
        assert await doubt.state() == State.NEEDS_HUMAN


async def test_every_button_of_a_direct_message_is_answered_and_none_is_there_for_nothing(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        ana = server.member(guild, "ana", admin=True)
        help_ = Action(label="Help", call=Call(path=("help",)))
        await server.platform.send_direct(places.account(ana.id), Card(title="Only words"))
        await server.platform.send_direct(places.account(ana.id), Card(title="A button", actions=(help_,)))
        words, button = ana.user.dm_channel.history()

        kept = server.env.backend.get_message(ana.user.dm_channel.id, words.id)
        assert buttons(kept.components) == []
        assert "This cannot be answered from here." in shown_by(await ana.user.click(button, label="Help"))


@pytest.mark.parametrize("place", ["other", "elsewhere:1:2"])
async def test_a_button_about_a_channel_of_another_workspace_is_refused(database: str, place: str) -> None:
    async with a_doubt(database) as doubt:
        other = await doubt.server.guild("other")
        ops = other.create_text_channel("ops")
        olga = doubt.server.member(other, "olga", admin=True)
        about = addressed(places.channel(doubt.guild.id, doubt.channel.id)) if place == "other" else place
        call = Call(path=("digest", "arrived"), arguments={"channel": about})
        card = Card(title="Did it arrive?", actions=(Action(label="Yes, it's there", call=call),))
        await doubt.server.platform.post(places.channel(other.id, ops.id), card, key="a-key")

        pressed = await olga.click(entry_message(ops), label="Yes, it's there")

        assert "That channel is in another workspace." in shown_by(pressed)
        assert await doubt.state() == State.NEEDS_HUMAN


async def test_the_buttons_of_a_reminder_and_of_their_answers_work_in_a_direct_message(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana")
        later = await ana.slash(channel, "blog later", entry="#6")
        asked = await ana.click(later.response, label="Remind me")
        assert asked.modal is not None
        assert "I'll remind you of #6." in shown_by(await ana.submit_modal(asked, {"entry": "#6", "when": "1d"}))
        server.club.clock.move_to(server.club.clock.now() + timedelta(days=1, minutes=1))
        await server.club.ticker.meet()
        await server.settle()
        (message,) = ana.user.dm_channel.history()
        assert "You asked me to remind you." in server.said(message)

        read = await ana.user.click(message, label="Mark as read")
        assert "#6 is read." in shown_by(read)
        snoozed = await ana.user.click(message, label="Snooze a week")
        assert "I'll remind you of #6." in shown_by(snoozed)
        undone = await ana.user.click(snoozed.response, label="Undo")
        assert "I won't remind you of #6." in shown_by(undone)
