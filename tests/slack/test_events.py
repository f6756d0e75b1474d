"""Events that are not as they should be, and what is told to nobody: nothing of it is lost without a word."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from adapters.slack.events import BACK, GONE
from adapters.slack.manifest import EVENTS
from adapters.slack.names import SLACK, workspace
from adapters.slack.redaction import Redacted
from tests.fakes.slack import FakeSlack, Json, shown
from tests.fakes.slack_club import SlackClub, running

ANA = "U0ANA"


@asynccontextmanager
async def a_club(database: str, seed: Path) -> AsyncIterator[tuple[SlackClub, Json]]:
    """A club with a post that stands for #12, and a reaction on it that means that Ana has read it."""
    slack = FakeSlack()
    slack.workspace()
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    async with slack.running(), running(slack, database, seed) as club:
        await club.say(ANA, "share #12")
        await club.settle()
        root = next(post for post in slack.sent if post.thread is None)
        yield club, slack.reaction(ANA, "white_check_mark", "C0001", root.ts)


async def state(club: SlackClub) -> str:
    return shown(await club.say(ANA, "show #12")).split("State: ")[1].split()[0]


def test_every_event_that_is_asked_for_is_one_that_is_dealt_with() -> None:
    of_ours = {"reaction_added", "reaction_removed", "app_home_opened", "app_uninstalled", "tokens_revoked"}
    messages = {"app_mention", "message.im"}

    assert set(EVENTS) <= {*of_ours, *messages, *GONE, *BACK, "member_joined_channel", "member_left_channel"}


async def test_an_event_without_a_name_is_left_out_and_no_other_passes_for_it(database: str, seed: Path) -> None:
    async with a_club(database, seed) as (club, reaction):
        status, _ = await club.slack.send({name: reaction[name] for name in reaction if name != "event_id"})
        assert status == 200
        assert await state(club) == "unread"
        await club.slack.send(reaction)
        assert await state(club) == "read"


async def test_a_bug_in_an_event_is_logged_whole_and_the_event_is_not_brought_again(
    database: str, seed: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_club(database, seed) as (club, reaction):
        core: Any = club.club.dispatcher

        async def happened(*_: Any) -> None:
            raise KeyError("zanzibar")

        core.handle = happened

        assert (await club.slack.send(reaction))[0] == 200
    (bug,) = [line for line in capfd.readouterr().err.splitlines() if "bug in an event" in line]
    assert "KeyError: 'zanzibar'" in bug
    assert '"invocation": "slack:Ev' in bug


async def test_events_that_slack_leaves_out_are_told_to_the_host(
    database: str, seed: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    limited = {"token": "unused", "type": "app_rate_limited", "team_id": "T0001", "minute_rate_limited": 1518467820}

    async with a_club(database, seed) as (club, _):
        assert (await club.slack.send({**limited, "api_app_id": "A0001"}))[0] == 200
    assert "Slack leaves out events" in capfd.readouterr().err


async def test_a_workspace_that_was_left_while_nobody_listened_is_noticed_at_the_start(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGEAR_VAULT_KEYS", Fernet.generate_key().decode())

    async with a_club(database, seed) as (club, _):
        before = await club.club.dispatcher.joined_workspaces(SLACK)
        assert list(before) == [workspace("T0001")]
    slack = FakeSlack()
    slack.workspace("T0002", "xoxb-canary-other")
    async with slack.running(), running(slack, database) as club:
        assert [ref.id for ref in await club.club.dispatcher.joined_workspaces(SLACK)] == ["T0002"]


@pytest.mark.parametrize("kind", ["commands", "actions", "app-actions", "workflows", "app", "services", "triggers"])
def test_no_address_that_answers_is_logged(kind: str) -> None:
    record = logging.makeLogRecord({"msg": f"to https://hooks.slack.com/{kind}/T1/2/canary in vain"})

    assert Redacted().filter(record)
    assert record.getMessage() == "to *** in vain"
