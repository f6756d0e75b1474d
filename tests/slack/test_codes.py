"""Every code by which Slack says no, one by one, ends in the action that it calls for."""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from slack_sdk.errors import SlackApiError

from adapters.slack import failures
from adapters.slack.failures import Already, Expired, Gone
from bot.domain.errors import PlatformRefused, PlatformUncertain
from tests.fakes.slack import FakeSlack, Fault, buttons, shown
from tests.fakes.slack_club import SlackClub, running
from tests.slack.test_install import EVE, MANY, assigned, granted, installed

ANA = "U0ANA"
POST = "chat.postMessage"


@asynccontextmanager
async def a_club(database: str, seed: Path) -> AsyncIterator[SlackClub]:
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with slack.running(), running(slack, database, seed) as club:
        yield club


async def refused(club: SlackClub, *codes: str) -> FakeSlack:
    """The digest of a slot that falls due tomorrow, whose first posts are answered with these codes."""
    tomorrow = club.club.clock.now() + timedelta(days=1)
    await club.say(ANA, f"schedule set {tomorrow:%a} {tomorrow:%H:%M} UTC")
    club.slack.fail(POST, *(Fault("error", code=code) for code in codes))
    await club.advance(timedelta(days=1, minutes=1))
    return club.slack


def posts(slack: FakeSlack) -> list[str]:
    return [post.ts for post in slack.sent if post.thread is None and not post.channel.startswith("D")]


def told(slack: FakeSlack) -> list[str]:
    return [shown(post.body) for post in slack.sent if post.channel.startswith("D")]


def attempts(slack: FakeSlack, method: str = POST) -> int:
    return [called for _, called, _ in slack.calls].count(method)


POLICIES = sorted(code for code in failures.CHANNEL if code.startswith("restricted_action"))


@pytest.mark.parametrize("code", ["not_in_channel", "channel_not_found", "is_archived", *POLICIES])
async def test_a_channel_that_takes_nothing_is_paused_and_its_admin_told(code: str, database: str, seed: Path) -> None:
    assert len(POLICIES) == 5
    async with a_club(database, seed) as club:
        slack = await refused(club, code)
        await slack.until(lambda: told(slack))
        assert not posts(slack)
        assert failures.CHANNEL[code][0].lower() in told(slack)[0].lower()
        assert "Paused" in shown(await club.say(ANA, "schedule list"))


@pytest.mark.parametrize(("back", "who"), [("channel_unarchive", ANA), ("member_joined_channel", "UBOT0001")])
async def test_a_channel_that_is_back_is_posted_in_again(back: str, who: str, database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = await refused(club, "is_archived")
        await slack.until(lambda: told(slack))
        event = {"type": back, "channel": "C0001", "user": who}
        assert (await slack.send(slack.event(event)))[0] == 200
        assert "Paused" not in shown(await club.say(ANA, "schedule list"))
        await club.advance(timedelta(days=7))
        assert len(posts(slack)) == 1


async def test_a_pause_of_a_person_outlasts_the_archiving(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        await club.say(ANA, "schedule set mon 09:00 UTC")
        await club.say(ANA, "schedule pause 2w")
        await slack.send(slack.event({"type": "channel_unarchive", "channel": "C0001", "user": ANA}))
        assert "Paused" in shown(await club.say(ANA, "schedule list"))


@pytest.mark.parametrize("code", sorted(failures.DEAD - {"token_expired"}))
async def test_a_dead_token_closes_the_workspace_and_is_not_used_again(code: str, database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = await refused(club, code)
        used = len(slack.calls)
        await club.advance(timedelta(days=14))
        assert len(slack.calls) == used
        assert not slack.sent
        _, said = await slack.send(slack.command(ANA, "stats"))
        assert "not installed" in said


@pytest.mark.parametrize("code", sorted(failures.DEAD))
async def test_a_token_that_can_be_exchanged_is_exchanged_once_and_then_the_workspace_is_closed(
    code: str, database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGEAR_VAULT_KEYS", Fernet.generate_key().decode())

    slack = FakeSlack()
    slack.workspace("T0666", "xoxe-canary-first")
    slack.channel("C0666", "T0666")
    slack.user(EVE, "eve", team="T0666", admin=True)
    async with slack.running(), running(slack, database, seed, **MANY) as club:
        await installed(club)
        await assigned(club)
        slack.workspace("T0666", "xoxe-canary-second")
        slack.tokens["xoxe-1-canary"] = granted("xoxe-canary-second", "xoxe-1-canary-next")
        await club.say(EVE, "share #12", team="T0666", channel="C0666")
        slack.fail(POST, Fault("error", code=code))
        await club.settle()
        assert len(posts(slack)) == 1
        assert attempts(slack, "oauth.v2.access") == 2

        await club.say(EVE, "share #11", team="T0666", channel="C0666")
        slack.fail(POST, Fault("error", code=code))
        await club.settle()
        used = len(slack.calls)
        await club.advance(timedelta(days=2))
        assert attempts(slack, "oauth.v2.access") == 3
        assert len(slack.calls) == used
        assert len(posts(slack)) == 1


async def test_a_missing_scope_is_named_to_the_admin_who_can_reinstall(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = club.slack
        slack.workspaces["xoxb-canary-bot-token"].scopes = "commands,users:read"
        await refused(club)
        assert not slack.sent
        assert attempts(slack) == 3  # the digest, its admin, and the channel because the admin hears of nothing
        assert "Add chat:write and reinstall the app" in shown(await club.say(ANA, "status"))


@pytest.mark.parametrize("code", sorted(failures.TOO_MUCH))
async def test_a_message_that_slack_cannot_read_is_our_bug_and_is_said_in_plain_text(
    code: str, database: str, seed: Path
) -> None:
    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append((record.levelname, record.getMessage()))

    heard: list[tuple[str, str]] = []
    handler = Heard(logging.ERROR)

    logging.getLogger("dogear.slack").addHandler(handler)
    try:
        async with a_club(database, seed) as club:
            slack = await refused(club, code)
            root = next(post for post in slack.sent if post.thread is None)
            assert "blocks" not in root.body
            assert root.body["text"]
            assert root.key
            assert not told(slack)
    finally:
        logging.getLogger("dogear.slack").removeHandler(handler)

    ((level, said),) = heard
    assert level == "ERROR"
    assert code in said


@pytest.mark.parametrize("code", sorted(failures.ADMINS_AT_WORK))
async def test_a_workspace_whose_admins_are_at_work_is_tried_again_after_an_hour(
    code: str, database: str, seed: Path
) -> None:
    async with a_club(database, seed) as club:
        slack = await refused(club, code, code)
        await club.advance(timedelta(minutes=55))
        assert attempts(slack) == 1

        slack.fail(POST)
        club.platform._api._closed.clear()  # the loop's clock does not move with the club's
        await club.advance(timedelta(minutes=10))
        club.platform._api._closed.clear()
        await club.advance(timedelta(hours=2))
        assert len(posts(slack)) == 1
        assert not told(slack)


@pytest.mark.parametrize("code", sorted(failures.LIMITED))
async def test_a_limit_is_a_definite_no_that_is_waited_for(code: str, database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = await refused(club, code)
        assert not slack.sent
        assert attempts(slack) == 1
        club.platform._api._closed.clear()
        await club.advance(timedelta(minutes=1))
        assert len(posts(slack)) == 1
        assert attempts(slack, "conversations.history") == 0


@pytest.mark.parametrize("code", [*sorted(failures.UNCERTAIN), "a_code_of_next_year"])
async def test_a_code_after_which_it_may_have_been_posted_is_looked_into(code: str, database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        slack = await refused(club, code)
        await club.advance(timedelta(minutes=2))
        assert attempts(slack, "conversations.history") == 1
        assert len(posts(slack)) == 1


@pytest.mark.parametrize(
    ("codes", "means"),
    [
        (failures.GONE, Gone),
        (failures.REPEATED, Already),
        ({"expired_trigger_id", "exchanged_trigger_id"}, Expired),
    ],
)
async def test_what_is_gone_or_so_already_or_too_late_is_not_tried_again(
    codes: set[str], means: type[Exception], database: str, seed: Path
) -> None:
    async with a_club(database, seed) as club:
        for code in sorted(codes):
            club.slack.fail("chat.update", Fault("error", code=code))
            with pytest.raises(means):
                await club.platform._api.call("T0001", "chat.update", channel="C0001", ts="1.000001", text="x")
        assert attempts(club.slack, "chat.update") == len(codes)


async def test_an_expired_trigger_is_said_where_the_button_was_and_offers_another_try(
    database: str, seed: Path
) -> None:
    async with a_club(database, seed) as club:
        club.slack.fail("views.open", Fault("error", code="expired_trigger_id"))
        button = {"action_id": "use.0", "value": '{"p":["schedule","set"],"a":{}}'}
        said = await club.press(ANA, button)
        assert "took too long" in shown(said)
        assert "Try again" in buttons(said)


@pytest.mark.parametrize("kind", ["drop", "500", "503", "garbage"])
async def test_no_answer_at_all_is_no_answer(kind: str, database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        club.slack.fail("chat.update", Fault(kind))
        with pytest.raises(PlatformUncertain):
            await club.platform._api.call("T0001", "chat.update", channel="C0001", ts="1.000001", text="x")


@pytest.mark.parametrize(
    "code",
    sorted(
        {*failures.CHANNEL, "missing_scope", "expired_trigger_id"}.union(
            failures.DEAD, failures.SPENT, failures.STRANGERS, failures.TOO_MUCH, failures.REPEATED, failures.GONE
        )
        | failures.REFUSED
    ),
)
def test_every_refusal_has_a_remedy_that_is_a_whole_sentence(code: str) -> None:
    said = SlackApiError("no", {"ok": False, "error": code})  # type: ignore[no-untyped-call]  # the library's

    refused = failures.error_of(said, POST)

    assert isinstance(refused, PlatformRefused)
    assert re.search(r"[a-z)]\.$", str(refused))
    assert re.search(r"[a-z]\.$", refused.remedy)
