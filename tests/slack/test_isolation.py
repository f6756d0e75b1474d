"""Two workspaces that installed the app, in one process, with a team each: neither ever sees anything of the other."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from adapters.slack.names import workspace
from bot.commands.catalogue import CATALOGUE
from bot.domain.team import Team
from bot.ports.store import Transaction
from bot.service import teams
from tests.fakes.slack import FakeSlack, Json, buttons, shown
from tests.fakes.slack_club import SlackClub, running
from tests.slack.test_install import MANY, Browser, granted

ANA, EVE = "U0ANA", "U0EVE"
OURS, THEIRS = "T0001", "T0666"
CANARY = "zanzibar"


async def installed(club: SlackClub, team: str, name: str, path: Path) -> None:
    """The workspace installs the app itself, and its host gives it a team of its own."""
    browser = Browser(club.slack.app_url)
    about: Any = {"team": {"id": team, "name": name}, "bot_user_id": f"UBOT{team[1:]}"}
    club.slack.codes[team] = granted(f"xoxe-canary-{name}", f"xoxe-1-canary-{name}", **about)
    status, _ = await browser.get(f"/slack/oauth_redirect?code={team}&state={await browser.state()}")
    assert status == 200

    def assign(tx: Transaction) -> Team:
        made = tx.teams.add(name, "UTC")
        teams.assign(tx, workspace(team), name)
        return made

    made = await club.club.runner.write(assign)
    await club.club.lists.use(made, [path])


async def test_two_workspaces_in_one_process_never_see_each_other(
    database: str, seed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGEAR_VAULT_KEYS", Fernet.generate_key().decode())
    theirs = tmp_path / "theirs.md"
    entries = "".join(f"* [Zanzibar {n}](https://{CANARY}.example/{n})\n    Zanzibar notes.\n" for n in range(1, 20))
    theirs.write_text(f"---\ntags: [{CANARY}]\n---\n{entries}", encoding="utf-8")

    slack = FakeSlack()
    for team, name, channel, user in ((OURS, "ours", "C0001", ANA), (THEIRS, "theirs", "C0666", EVE)):
        slack.workspace(team, f"xoxe-canary-{name}")
        slack.channel(channel, team)
        slack.user(user, user.lower(), team=team, admin=True)
    async with slack.running(), running(slack, database, None, **MANY) as club:
        await installed(club, OURS, "ours", seed)
        await installed(club, THEIRS, "theirs", theirs)
        root = await what_they_do(club)
        said = await what_we_are_shown(club, root)
        assert len(said) > len(CATALOGUE)
        assert CANARY not in json.dumps(said).lower()
        state = await club.say(EVE, "show #1", team=THEIRS, channel="C0666")
        assert "State: unread" in shown(state)


async def what_they_do(club: SlackClub) -> Json:
    """The other team shares, schedules and reads, so that there is something to see; the post that it shared."""
    where = {"team": THEIRS, "channel": "C0666"}
    assert "Zanzibar" in shown(await club.say(EVE, "list", **where))
    for line in ("share #1", "later #2", "read #3", "schedule set mon 09:00 UTC", "digest pick #4"):
        await club.say(EVE, line, **where)
    await club.settle()
    root = next(post for post in club.slack.sent if post.team == THEIRS and post.thread is None)
    return {**root.body, "ts": root.ts}


async def what_we_are_shown(club: SlackClub, root: Json) -> list[Json]:
    """Every command, every button and shortcut, with whatever of theirs can be guessed."""
    slack = club.slack
    before = len(slack.answers)
    for spec in CATALOGUE:
        lines = [spec.name, f"{spec.name} #1", f"{spec.name} #C0666", f"{spec.name} #1 #C0666"]
        for line in lines if spec.params else lines[:1]:
            await slack.send(slack.command(ANA, line, team=OURS))
    for line in (f"search {CANARY[:4]}", f"list tag:{CANARY[:4]}"):
        await slack.send(slack.command(ANA, line, team=OURS))
    for button in buttons(root).values():
        await slack.send(slack.press(ANA, button, channel="C0666", team=OURS, ts=root["ts"]))
        await slack.send({**slack.press(ANA, button, team=OURS), "team": {"id": THEIRS}})
    await slack.send(slack.shortcut(ANA, "read", {"text": f"<https://{CANARY}.example/1>", "ts": "1.000001"}))
    message = {"text": "x", "ts": root["ts"], "user": "UBOT0666", "bot_id": "BBOT0666", "blocks": root["blocks"]}
    await slack.send(slack.shortcut(ANA, "later", message, channel="C0666"))
    await slack.send(slack.reaction(ANA, "white_check_mark", "C0666", root["ts"]))
    await slack.send(slack.reaction(ANA, "white_check_mark", "C0666", root["ts"], team=THEIRS))
    view = {"id": "V1", "type": "modal", "private_metadata": '{"p":["schedule","off"],"a":{},"channel":"C0666"}'}
    await slack.send(slack.submission(ANA, view, {}))
    suggestions = [
        await slack.send(slack.suggestion(ANA, {**view, "private_metadata": '{"p":["show"]}'}, "entry", "z"))
    ]
    await slack.send(slack.event({"type": "app_home_opened", "user": ANA, "tab": "home"}, OURS))
    home = await slack.until(lambda: slack.homes.get(ANA))
    await club.settle()
    await asyncio.sleep(0.3)
    answers = [answer.body for answer in slack.answers[before:] if answer.user == ANA and answer.team == OURS]
    posts = [post.body for post in slack.sent if post.team == OURS]
    return [*answers, *posts, *slack.views, home, *(said for _, said in suggestions)]
