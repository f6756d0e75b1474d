"""Messages to the bot: a mention in a channel, a direct message, a link that somebody shared. Over HTTP and the socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.manifest import EVENTS, OPTIONAL_SCOPES, SCOPES
from tests.fakes.slack import FakeSlack, Json, buttons, shown
from tests.fakes.slack_club import SlackClub, running

ANA, BEN = "U0ANA", "U0BEN"


@asynccontextmanager
async def played(database: str, seed: Path, *, by_socket: bool = False) -> AsyncIterator[SlackClub]:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.channel("D0001", name="")
    slack.user(ANA, "ana", admin=True)
    slack.user(BEN, "ben")
    async with slack.running(), running(slack, database, seed, by_socket=by_socket) as club:
        yield club


def mention(club: SlackClub, text: str, user: str = BEN, **more: Any) -> Json:
    event = {"type": "app_mention", "user": user, "channel": "C0001", "text": text, "ts": club.now(), "team": "T0001"}
    return club.slack.event({**event, "event_ts": club.now(), **more})


def direct(club: SlackClub, text: str, user: str = BEN, **more: Any) -> Json:
    room = {"type": "message", "channel_type": "im", "channel": "D0001"}
    return mention(club, text, user, **{**room, **more})


async def heard(club: SlackClub, payload: Json) -> Json:
    """What comes back to a message: in a channel to the person alone, in direct messages as a message."""
    before = said(club)
    status, _ = await club.slack.send(payload)
    assert status == 200
    await club.slack.until(lambda: len(said(club)) > len(before))
    return said(club)[-1]


def said(club: SlackClub) -> list[Json]:
    return [*(posted.body for posted in club.slack.sent), *club.slack.ephemerals]


@pytest.mark.parametrize("by_socket", [False, True])
async def test_a_mention_is_answered_in_private_where_it_was_made(url: str, seed: Path, by_socket: bool) -> None:
    async with played(url, seed, by_socket=by_socket) as club:
        found = await heard(club, mention(club, "<@UBOT0001> kafka", thread_ts="1.000001"))
        assert (found["channel"], found["user"], found["thread_ts"]) == ("C0001", BEN, "1.000001")
        assert "#11" in shown(found)
        read = await heard(club, mention(club, "please <@UBOT0001>: hi"))
        assert shown(read)


async def test_a_command_in_a_direct_message_has_its_effect_once(url: str, seed: Path) -> None:
    async with played(url, seed) as club:
        payload = direct(club, "/blog read #6 #11")
        answer = await heard(club, payload)
        assert answer["channel"] == "D0001"
        assert "2 entries are read" in shown(answer)
        await club.slack.send(payload)
        assert "Read: 2" in shown(await heard(club, direct(club, "stats")))
        assert len(said(club)) == 2


async def test_a_greeting_is_answered_with_what_can_be_done(url: str, seed: Path) -> None:
    async with played(url, seed) as club:
        for words in ("<@UBOT0001>", "<@UBOT0001> hello!", "Hola <@UBOT0001>"):
            assert "/blog search" in shown(await heard(club, mention(club, words)))


async def test_a_message_with_an_address_shows_the_entry_and_a_slip_is_named(url: str, seed: Path) -> None:
    async with played(url, seed) as club:
        shown_one = shown(await club.say(BEN, "show #6"))
        assert "#6" in shown_one
        by_number = await heard(club, direct(club, "#6"))
        assert "#6" in shown(by_number)
        slip = await heard(club, direct(club, "serach kafka"))
        assert "Did you mean" in shown(slip)


async def test_a_form_that_a_message_asks_for_is_behind_a_button(url: str, seed: Path) -> None:
    async with played(url, seed) as club:
        asked = await heard(club, mention(club, "<@UBOT0001> schedule set", ANA))
        await club.slack.send(club.slack.press(ANA, buttons(asked)["Fill it in"]))
        form = await club.slack.until(lambda: club.slack.views and club.slack.views[-1])
        assert form["title"]["text"] == "Weekly digest"


@pytest.mark.parametrize(
    "more", [{"bot_id": "B1"}, {"subtype": "message_changed"}, {"user": "UBOT0001"}, {"channel_type": "channel"}]
)
async def test_what_apps_write_and_what_is_not_for_us_is_left_alone(url: str, seed: Path, more: dict[str, str]) -> None:
    async with played(url, seed) as club:
        status, _ = await club.slack.send(direct(club, "read #6", **more))
        assert status == 200
        assert "Read: 0" in shown(await heard(club, direct(club, "stats")))
        assert len(said(club)) == 1


def test_what_messages_need_is_optional_and_explained() -> None:
    assert {"app_mention", "message.im"} <= set(EVENTS)
    for scope in ("app_mentions:read", "im:history"):
        assert OPTIONAL_SCOPES[scope]
        assert scope not in SCOPES
