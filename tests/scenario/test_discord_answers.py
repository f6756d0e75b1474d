"""How an interaction of Discord's is acknowledged and answered, over a core that does as it is told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import simcord

from adapters.discord import answers
from adapters.discord.platform import DiscordPlatform
from bot.chat.command import Reply
from bot.chat.platform import Actor, Answer, Invocation
from bot.domain.card import Card, Choice, Paragraph
from bot.domain.text import plain
from bot.domain.value import Kind
from tests.fakes.core import FakeCore
from tests.fakes.server import ORDINARY, a_client, shown_by

A_MOMENT = 0.02
"""Seconds, longer than the patience of a late answer: else it is there before the loop sees that no patience is left."""


class Refusing(FakeCore):
    """Says no to everything, in the way in which a public command does."""

    async def invoke(self, invocation: Invocation) -> Answer:
        await asyncio.sleep(A_MOMENT)
        return Answer(show=Card(title="Not here."), reply=Reply.PUBLIC, refusal=True)


class Thoughtful(FakeCore):
    """Answers after a moment."""

    async def invoke(self, invocation: Invocation) -> Answer:
        await asyncio.sleep(A_MOMENT)
        return await super().invoke(invocation)


class Broken(FakeCore):
    """Raises what a core never does, as a fault of our own on the way to it would."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    async def invoke(self, invocation: Invocation) -> Answer:
        await asyncio.sleep(A_MOMENT)
        raise self._error

    async def complete(self, actor: Actor, kind: Kind, typed: str) -> Sequence[Choice]:
        raise self._error


@dataclass
class Place:
    """A channel and somebody in it."""

    env: Any
    channel: Any
    ana: Any

    def said(self) -> list[Any]:
        """What everybody in the channel sees."""
        return list(self.channel.history())


@asynccontextmanager
async def a_place(core: FakeCore) -> AsyncIterator[Place]:
    client = a_client()
    platform = DiscordPlatform("no token", client=client)
    platform.listen(core)
    async with simcord.run(client, settle_timeout=60.0) as env:
        await platform.register(core)
        guild = env.create_guild(name="ours")
        channel = guild.create_text_channel("reading")
        role = guild.create_role("ordinary", permissions=ORDINARY)
        yield Place(env, channel, guild.add_member(env.create_user("ana"), roles=[role]))


@pytest.fixture(params=["at once", "late"])
def pace(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether the core answers before or after the interaction had to be acknowledged."""
    if request.param == "late":
        monkeypatch.setattr(answers, "PATIENCE", 0.0)
    return str(request.param)


async def test_a_public_command_is_answered_for_everybody(pace: str) -> None:
    async with a_place(Thoughtful()) as place:
        hello = await place.ana.slash(place.channel, "blog announce")

        assert any(one.method == "PATCH" for one in place.env.http_requests) == (pace == "late")
        assert not hello.ephemeral
        assert "ana says hello." in shown_by(hello)
        assert len(place.said()) == 1


async def test_a_refusal_of_a_public_command_is_private(pace: str) -> None:
    async with a_place(Refusing()) as place:
        refused = await place.ana.slash(place.channel, "blog announce")

        assert "Not here." in shown_by(refused)
        assert place.said() == []


async def test_a_command_that_lacks_a_value_opens_its_form_filled_with_what_was_typed() -> None:
    async with a_place(FakeCore()) as place:
        open_club = await place.ana.slash(place.channel, "blog schedule set", weekday="mon")

        assert open_club.modal is not None


async def test_a_command_with_a_form_and_every_value_is_carried_out_by_whoever_took_it() -> None:
    core = FakeCore()
    async with a_place(core) as place:
        place.env.inject_error("POST", "/interactions/*/callback", status=400, code=40060)
        await place.ana.slash(place.channel, "blog schedule set", weekday="mon", time="09:00")
        assert core.invocations == []

        ours = await place.ana.slash(place.channel, "blog schedule set", weekday="mon", time="09:00")
        assert "The digest comes on Monday at 09:00." in shown_by(ours)


async def test_a_wrong_value_is_told_with_a_button_to_the_form() -> None:
    async with a_place(FakeCore()) as place:
        wrong = await place.ana.slash(place.channel, "blog schedule set", weekday="mon", time="25:00")
        assert "is not a time of day" in shown_by(wrong)

        again = await place.ana.click(wrong.response, label="Fill it in again")
        assert again.modal is not None


@pytest.mark.parametrize("error", [RuntimeError("a bug"), aiohttp.ClientConnectionError("gone"), OSError("gone")])
@pytest.mark.parametrize("command", ["home", "announce"])
async def test_whoever_waits_is_told_in_private_that_nothing_comes(
    error: Exception, command: str, caplog: pytest.LogCaptureFixture, pace: str
) -> None:
    with caplog.at_level(logging.WARNING, logger="dogear.discord"):
        async with a_place(Broken(error)) as place:
            told = await place.ana.slash(place.channel, f"blog {command}")
            assert place.said() == []
            said = shown_by(told)

    (record,) = [record for record in caplog.records if record.name == "dogear.discord"]
    assert f"The answer was not posted completely (ref {record.__dict__['reference']})." in said
    assert ("gone" in caplog.text) is False


async def test_an_answer_that_discord_does_not_take_is_owned_up_to() -> None:
    async with a_place(FakeCore()) as place:
        place.env.inject_error("PATCH", "/webhooks/*/messages/@original", status=400, code=50035)

        told = await place.ana.slash(place.channel, "blog home")

        assert "The answer was not posted completely" in shown_by(told)


async def test_what_was_shown_of_a_public_answer_stays_when_the_rest_does_not_arrive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Lengthy(FakeCore):
        async def invoke(self, invocation: Invocation) -> Answer:
            await asyncio.sleep(A_MOMENT)
            return Answer(show=Card(title="Long", blocks=(Paragraph(text=plain("word " * 1500)),)), reply=Reply.PUBLIC)

    monkeypatch.setattr(answers, "PATIENCE", 0.0)
    async with a_place(Lengthy()) as place:
        place.env.inject_error("POST", "/webhooks/*", status=400, code=50035)

        told = await place.ana.slash(place.channel, "blog announce")

        assert "Long" in shown_by(told)
        assert "The answer was not posted completely" in shown_by(told)
        assert len(place.said()) == 1


async def test_completion_that_breaks_offers_nothing_and_says_nothing() -> None:
    async with a_place(Broken(RuntimeError("a bug"))) as place:
        assert await place.ana.autocomplete(place.channel, "blog show", "entry", "x") == []
        assert place.said() == []


async def test_nobody_can_be_told_where_nothing_gets_through(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="dogear.discord"):
        async with a_place(FakeCore()) as place:
            place.env.inject_error("*", "/webhooks/*", status=400, code=50035, times=None)
            lost = await place.ana.slash(place.channel, "blog home")
            assert shown_by(lost) == ""

    assert "could not be shown to the person: HTTPException" in caplog.text
