"""Who somebody is, while Slack says it slowly, not now, or not to us."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.slack import names, people
from bot.domain.errors import PlatformBusy
from bot.ports.store import Transaction
from bot.service import teams
from tests.fakes.slack import SCOPES, FakeSlack, Fault, shown
from tests.fakes.slack_club import SlackClub, running

ANA, BEN, TIM = "U0ANA", "U0BEN", "U0TIM"
SET = "schedule set mon 09:00 UTC"


@asynccontextmanager
async def a_club(database: str, seed: Path, *, scopes: str = SCOPES) -> AsyncIterator[SlackClub]:
    slack = FakeSlack()
    slack.workspace(scopes=scopes)
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    slack.user(BEN, "ben")
    slack.user(TIM, "tim", is_bot=True)
    async with slack.running(), running(slack, database, seed) as club:
        yield club


async def shared(club: SlackClub) -> str:
    await club.say(ANA, "share #12")
    await club.settle()
    return next(post for post in club.slack.sent if post.thread is None).ts


async def is_read(club: SlackClub, user: str) -> bool:
    return "State: read" in shown(await club.say(user, "show #12"))


def silent(club: SlackClub, kind: str = "500") -> None:
    """Slack tells nothing of people until its faults are cleared."""
    club.slack.fail("users.info", *(Fault(kind, seconds=600) for _ in range(100)))


@pytest.mark.parametrize("kind", ["500", "429", "drop"])
async def test_an_admin_of_whom_slack_says_nothing_is_no_reader_and_is_asked_to_try_again(
    kind: str, database: str, seed: Path
) -> None:
    async with a_club(database, seed) as club:
        silent(club, kind)
        told = shown(await club.say(ANA, SET))
        club.slack.faults.clear()
        club.platform._api._closed.clear()
        listed = shown(await club.say(ANA, "schedule list"))

    assert "does not say who you are" in told
    assert "Try again in a minute" in told
    assert "admins" not in told
    assert "No channel" in listed


async def test_rights_that_were_told_a_moment_ago_are_believed_where_slack_says_nothing(
    database: str, seed: Path
) -> None:
    async with a_club(database, seed) as club:
        await club.say(ANA, "status")
        await club.say(BEN, "status")
        silent(club)
        ana, ben = shown(await club.say(ANA, SET)), shown(await club.say(BEN, SET))

    assert "09:00" in ana
    assert "is for admins" in ben


async def test_they_are_not_believed_for_long(database: str, seed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "RIGHTS_FOR", 0.0)

    async with a_club(database, seed) as club:
        await club.say(ANA, "list")
        silent(club)

        assert "does not say who you are" in shown(await club.say(ANA, SET))


async def test_a_reaction_of_somebody_unknown_is_brought_again_and_a_bots_never_counts(
    database: str, seed: Path
) -> None:
    async with a_club(database, seed) as club:
        ts = await shared(club)
        events = [club.slack.reaction(who, "white_check_mark", "C0001", ts, at=club.now()) for who in (BEN, TIM)]
        silent(club)
        statuses = [(await club.slack.send(event))[0] for event in events]
        assert statuses == [503, 503]
        club.slack.faults.clear()
        again = [(await club.slack.send(event))[0] for event in events]

        assert (again[0], again[1], await is_read(club, BEN), await is_read(club, TIM)) == (200, 200, True, False)


async def test_what_stands_on_a_message_is_not_told_while_somebody_is_unknown(database: str, seed: Path) -> None:
    async with a_club(database, seed) as club:
        ts = await shared(club)
        club.slack.put(BEN, "white_check_mark", "C0001", ts)
        club.slack.put(TIM, "white_check_mark", "C0001", ts)
        silent(club)
        with pytest.raises(PlatformBusy):
            await club.platform.marks(names.message("T0001", "C0001", ts))
        club.slack.faults.clear()
        (one,) = await club.platform.marks(names.message("T0001", "C0001", ts))
        assert one.actor.account == names.account("T0001", BEN)


async def test_somebody_whom_slack_does_not_show_us_is_a_guest(database: str, seed: Path) -> None:
    def marks(tx: Transaction, ts: str) -> int:
        team = teams.team_of(tx, names.workspace("T0001"))
        assert team is not None
        return len(tx.readings.marks_on(team.id, names.message("T0001", "C0001", ts)))

    async with a_club(database, seed) as club:
        ts = await shared(club)
        statuses = [await club.react(who, "white_check_mark", "C0001", ts) for who in ("U0GUEST", BEN)]

        assert (statuses[0], statuses[1], await club.club.runner.read(lambda tx: marks(tx, ts))) == (200, 200, 1)


async def test_without_the_scope_to_ask_reactions_still_count(database: str, seed: Path) -> None:
    async with a_club(database, seed, scopes=SCOPES.replace("users:read,", "")) as club:
        ts = await shared(club)
        status = await club.react(BEN, "white_check_mark", "C0001", ts)
        read, told = await is_read(club, BEN), shown(await club.say(ANA, SET))

    assert (status, read) == (200, True)
    assert "is for admins" in told
