"""Who shares a channel with a workspace without being of it presses what they see, and learns and changes nothing."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import people
from tests.fakes.slack import FakeSlack, Fault, Json, buttons, shown
from tests.fakes.slack_club import SlackClub, running

ANA, EVE = "U0ANA", "U0EVE"
OURS, THEIRS = "T0001", "T0666"
CANARY = "zanzibar"
ORGANISATION = {"id": "E0001", "name": "Ours"}


def a_slack(**about: Any) -> FakeSlack:
    """A Slack in which Eve, of another workspace, is as `about` says in the one that has the list."""
    slack = FakeSlack()
    slack.workspace(OURS)
    slack.channel()
    slack.user(ANA, "ana", admin=True)
    slack.user(EVE, "eve")
    slack.users[OURS, EVE] |= {"team_id": THEIRS, "is_admin": True} | about
    return slack


def of_elsewhere(payload: Json, enterprise: Json | None, home: str = THEIRS) -> Json:
    return {**payload, "enterprise": enterprise, "user": {**payload["user"], "team_id": home}}


def everything(slack: FakeSlack, root: Json, enterprise: Json | None) -> list[Json]:
    """Every way to act on what a channel shows, and on what a view of ours would."""
    form = {"id": "V1", "type": "modal", "private_metadata": '{"p":["later"],"a":{"entry":"#1"}}'}
    command = {"p": ["show"], "a": {"entry": "#1"}}
    link = {"text": f"<https://{CANARY}.example/1>", "ts": "1.000001"}
    listed = {"action_id": "use.0", "value": json.dumps({"p": ["list"]})}
    payloads = [
        *(slack.press(EVE, button, ts=root["ts"]) for button in buttons(root).values()),
        slack.press(EVE, {"action_id": "use.0", "value": json.dumps(command)}, view=form),
        slack.press(EVE, listed, view={"type": "home", "id": "VH"}),
        slack.shortcut(EVE, "read", {**root, "user": "UBOT0001"}),
        slack.shortcut(EVE, "later", link),
        slack.submission(EVE, form, {}),
        slack.suggestion(EVE, {**form, "private_metadata": '{"p":["show"]}'}, "entry", "z"),
    ]
    return [of_elsewhere(payload, enterprise) for payload in payloads]


@pytest.mark.parametrize(
    "about",
    [{}, {"is_stranger": True}, {"enterprise_user": {"enterprise_id": "E0666", "teams": [THEIRS]}}],
    ids=["of a workspace", "of none of our channels", "of another organisation"],
)
@pytest.mark.parametrize("enterprise", [None, ORGANISATION], ids=["alone", "in an organisation"])
async def test_a_guest_sees_nothing_of_the_list_and_changes_nothing(
    database: str, tmp_path: Path, enterprise: Json | None, about: Json
) -> None:
    reading_list = tmp_path / "list.md"
    reading_list.write_text(f"* [Zanzibar](https://{CANARY}.example/1)\n    Zanzibar notes.\n", encoding="utf-8")

    slack = a_slack(**about)
    async with slack.running(), running(slack, database, reading_list) as club:
        root = await shared(club)
        before, posts = len(slack.answers), len(slack.sent)
        sent = everything(slack, root, enterprise)
        replies = [(await slack.send(payload))[1] for payload in sent]
        replies.append((await slack.send(slack.command(EVE, "list")))[1])
        await club.react(EVE, "white_check_mark", "C0001", root["ts"])
        await slack.send(slack.event({"type": "app_home_opened", "user": EVE, "tab": "home"}))

        def heard() -> list[Any]:
            answers = [answer.body for answer in slack.answers[before:] if answer.user == EVE]
            return [*replies, *answers, *slack.views, *slack.homes.values()]

        await slack.until(lambda: json.dumps(heard()).count("belongs to another workspace") >= len(sent) - 1)
        await asyncio.sleep(0.3)  # for what must not come
        assert len(slack.sent) == posts
        members = "Team figures need at least 3 members; this team has 1."
        assert members in shown(await club.say(ANA, "stats team"))
        said, payloads = heard(), len(sent)

    assert payloads >= 9
    assert CANARY not in json.dumps(said).lower()


async def shared(club: SlackClub) -> Json:
    await club.say(ANA, "share #1")
    await club.settle()
    root = next(post for post in club.slack.sent if post.thread is None)
    return {**root.body, "ts": root.ts}


async def test_who_is_of_several_workspaces_of_an_organisation_is_answered_in_each(database: str, seed: Path) -> None:
    slack = a_slack(enterprise_user={"enterprise_id": "E0001", "teams": [THEIRS, OURS]})
    async with slack.running(), running(slack, database, seed) as club:
        button = {"action_id": "use.0", "value": json.dumps({"p": ["read"], "a": {"entry": "#1"}})}
        press = of_elsewhere(slack.press(EVE, button), ORGANISATION)
        pressed_, typed = shown(await club.answered(press)), shown(await club.say(EVE, "show #1"))

    assert "#1 is read" in pressed_
    assert "State: read" in typed


async def test_who_is_of_elsewhere_is_not_answered_while_slack_does_not_say_who_they_are(
    database: str, seed: Path
) -> None:
    slack = a_slack()
    async with slack.running(), running(slack, database, seed) as club:
        slack.fail("users.info", *(Fault("500") for _ in range(9)))
        button = {"action_id": "use.0", "value": json.dumps({"p": ["show"], "a": {"entry": "#1"}})}

        assert "belongs to another workspace" in shown(
            await club.answered(of_elsewhere(slack.press(EVE, button), ORGANISATION))
        )


@pytest.mark.parametrize("kind", ["500", "429", "hang"])
async def test_who_is_not_known_yet_gets_no_list_typed_or_pressed(
    kind: str, database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = a_slack()
    async with slack.running(), running(slack, database, seed) as club:
        slack.fail("users.info", *(Fault(kind, seconds=600) for _ in range(20)))
        button = {"action_id": "use.0", "value": json.dumps({"p": ["show"], "a": {"entry": "#1"}})}
        press = slack.press(EVE, button)
        del press["user"]["team_id"]
        with monkeypatch.context() as patch:
            patch.setattr(people, "PATIENCE", 0.2)
            told = [shown(await club.say(EVE, "list")), shown(await club.answered(press))]
        slack.faults.clear()
        club.platform._api._closed.clear()
        listed = shown(await club.say(ANA, "list"))

    assert all("Slack does not say who you are" in each and "#1" not in each for each in told)
    assert "#1" in listed
