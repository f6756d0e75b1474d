"""Welcomes and notices are there once in the end, whatever happens to the answer, the event or the process."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.slack import SCOPES, FakeSlack, Fault, Json, shown
from tests.fakes.slack_club import SlackClub, running

ANA, BEN = "U0ANA", "U0BEN"
LATER = timedelta(minutes=10)


def a_workspace() -> FakeSlack:
    slack = FakeSlack()
    slack.workspace(scopes=f"{SCOPES},im:history")  # what is sent twice in doubt is deleted where it may be read
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    slack.user(BEN, "ben")
    return slack


def invited(slack: FakeSlack, by: str = ANA) -> Json:
    return slack.event({"type": "member_joined_channel", "user": "UBOT0001", "channel": "C0001", "inviter": by})


def direct(slack: FakeSlack) -> list[str]:
    return [shown(post.body) for post in slack.sent if post.channel.startswith("D")]


async def played(database: str, seed: Path, *scenes: Callable[[SlackClub], Awaitable[None]]) -> FakeSlack:
    """Each scene in a process of its own, over the same database."""
    slack = a_workspace()

    async with slack.running():
        for scene in scenes:
            async with running(slack, database, seed) as club:
                await scene(club)
    return slack


@pytest.mark.parametrize(("by", "next_step"), [(ANA, "/blog schedule set"), (BEN, "An admin can give the channel")])
async def test_the_person_who_invites_us_is_welcomed_once(database: str, seed: Path, by: str, next_step: str) -> None:
    async def scene(club: SlackClub) -> None:
        event = invited(club.slack, by)
        for _ in range(2):  # Slack repeats an event that it has no answer to
            assert (await club.slack.send(event))[0] == 200
        await club.settle()

    async def another(club: SlackClub) -> None:
        await club.slack.send(invited(club.slack, by))
        await club.advance(LATER)

    (welcome,) = direct(await played(database, seed, scene, another))
    assert "I am in #C0001 now." in welcome
    assert "/blog share #12" in welcome
    assert next_step in welcome


@pytest.mark.parametrize("kind", ["drop", "500", "garbage", "half"])
async def test_a_welcome_whose_answer_is_lost_is_there_once_in_the_end(database: str, seed: Path, kind: str) -> None:
    async def scene(club: SlackClub) -> None:
        club.slack.fail("chat.postMessage", Fault(kind, after=True))
        await club.slack.send(invited(club.slack))
        await club.settle()
        await club.advance(LATER)
        await club.advance(LATER)

    assert len(direct(await played(database, seed, scene))) == 1


async def test_a_welcome_that_slack_has_no_time_for_comes_later(database: str, seed: Path) -> None:
    async def scene(club: SlackClub) -> None:
        club.slack.fail("chat.postMessage", Fault("429", seconds=1))
        await club.slack.send(invited(club.slack))
        await club.settle()
        assert not direct(club.slack)
        await asyncio.sleep(1.1)
        await club.advance(LATER)

    assert len(direct(await played(database, seed, scene))) == 1


async def test_a_process_that_dies_before_it_sends_leaves_the_welcome_to_the_next(database: str, seed: Path) -> None:
    async def dies(club: SlackClub) -> None:
        await club.slack.send(invited(club.slack))

    async def next_one(club: SlackClub) -> None:
        await club.advance(LATER)

    assert len(direct(await played(database, seed, dies, next_one))) == 1


async def test_a_process_that_dies_between_sending_and_storing_doubles_nothing(database: str, seed: Path) -> None:
    async def dies(club: SlackClub) -> None:
        async def killed(*_: object) -> None:
            raise asyncio.CancelledError

        club.club.deliverer._note = killed  # type: ignore[assignment] # nothing is stored of what was sent
        await club.say(ANA, "share #12")
        await club.slack.send(invited(club.slack))
        await club.settle()
        assert len(direct(club.slack)) == 1

    async def next_one(club: SlackClub) -> None:
        await club.advance(LATER)
        await club.advance(LATER)

    slack = await played(database, seed, dies, next_one)
    assert len(direct(slack)) == 1
    assert len([post for post in slack.sent if post.channel == "C0001" and post.thread is None]) == 1


@pytest.mark.parametrize("kind", ["drop", "500"])
async def test_a_notice_whose_answer_is_lost_is_there_once_in_the_end(database: str, seed: Path, kind: str) -> None:
    async def scene(club: SlackClub) -> None:
        slack = club.slack
        await club.say(ANA, "schedule set mon 09:00 UTC")
        slack.channels["C0001"].refuses = "restricted_action"
        slack.fail("chat.postMessage", Fault("error", code="restricted_action"), Fault(kind, after=True))
        await club.advance(timedelta(days=7))
        await club.advance(LATER)
        await club.advance(LATER)

    assert len(direct(await played(database, seed, scene))) == 1


async def test_if_the_admin_of_a_schedule_is_gone_another_admin_hears_of_it(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGEAR_ADMINS", f"slack:T0001/{BEN}")

    async def scene(club: SlackClub) -> None:
        await refused_after(club, "restricted_action")

    slack = await played(database, seed, scene)
    told = [post for post in slack.sent if post.channel.startswith("D")]
    assert [post.channel for post in told] == ["D0BEN"]
    assert "I paused a weekly digest." in shown(told[0].body)


async def test_if_no_other_admin_is_known_the_channel_hears_of_it(database: str, seed: Path) -> None:
    async def scene(club: SlackClub) -> None:
        await club.say(ANA, "schedule set mon 09:00 UTC tag:platform")
        await club.slack.send(club.slack.event({"type": "channel_archive", "channel": "C0001", "user": BEN}))
        del club.slack.users["T0001", ANA]
        await club.advance(LATER)

    (heard,) = [shown(post.body) for post in (await played(database, seed, scene)).sent if post.channel == "C0001"]
    assert "I paused a weekly digest." in heard


async def refused_after(club: SlackClub, code: str) -> None:
    """A schedule of Ana's, who left the workspace, in a channel that no longer takes posts."""
    slack = club.slack
    await club.say(ANA, "schedule set mon 09:00 UTC")
    slack.channels["C0001"].refuses = code
    del slack.users["T0001", ANA]
    await club.advance(timedelta(days=7))
    await club.advance(LATER)
