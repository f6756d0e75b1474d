"""Setting Slack up: the manifest that Slack takes, and the doctor that says where to click."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.slack.doctor import doctor
from adapters.slack.hosting import serve
from adapters.slack.manifest import EVENTS, OPTIONAL_SCOPES, SCOPES, body, manifest
from adapters.slack.setup import SlackSetup
from bot.commands.catalogue import CATALOGUE
from bot.domain.errors import BadConfig
from tests.fakes.slack import APP_TOKEN, SIGNING_SECRET, FakeSlack

SETUPS = {
    "socket": SlackSetup(bot_token="xoxb-x", app_token=APP_TOKEN),
    "https": SlackSetup(bot_token="xoxb-x", signing_secret="s", public_url="https://dogear.example.org", word="club"),
    "many": SlackSetup(client_id="1", client_secret="2", signing_secret="s", public_url="https://dogear.example.org"),
}


@pytest.mark.parametrize("name", SETUPS)
def test_the_manifest_keeps_slacks_limits(name: str) -> None:
    made: dict[str, Any] = body(SETUPS[name], CATALOGUE)

    about, features = made["display_information"], made["features"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(made["settings"]["event_subscriptions"]["bot_events"]) <= 100
    assert len(made["oauth_config"].get("redirect_urls", ())) <= 1000
    (command,) = features["slash_commands"]
    assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
    assert command["should_escape"]
    assert len(features["shortcuts"]) <= 10
    names = ["Mark as read", "Read later", "Save as takeaway", "Add to reading list"]
    assert [one["name"] for one in features["shortcuts"]] == names
    assert all(len(one["name"]) <= 24 for one in features["shortcuts"])
    assert all(len(one["description"]) <= 150 for one in features["shortcuts"])
    assert all(len(one["callback_id"]) <= 255 for one in features["shortcuts"])
    assert made["settings"]["socket_mode_enabled"] is (name == "socket")
    assert made["settings"]["token_rotation_enabled"] is (name == "many")
    assert made["oauth_config"]["scopes"] == {"bot": list(SCOPES), "bot_optional": list(OPTIONAL_SCOPES)}
    assert set(EVENTS) >= {"app_uninstalled", "tokens_revoked", "reaction_added", "app_home_opened"}
    assert yaml.safe_load(manifest(SETUPS[name], CATALOGUE)) == made


def test_no_scope_is_asked_for_that_reads_everything() -> None:
    asked = {*SCOPES, *OPTIONAL_SCOPES}

    assert not asked & {"chat:write.public", "chat:write.customize", "users:read.email", "channels:manage"}


def test_the_manifest_in_deploy_is_fresh() -> None:
    kept = Path(__file__).parents[2] / "deploy" / "slack-manifest.yaml"

    made = manifest(SlackSetup(app_token=APP_TOKEN), CATALOGUE)

    assert kept.read_text(encoding="utf-8") == made + "\n", "DOGEAR_SLACK_APP_TOKEN=x dogear manifest slack"


def test_the_command_prints_the_manifest() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bot", "manifest", "slack"], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0
    assert yaml.safe_load(run.stdout)["features"]["slash_commands"][0]["command"] == "/blog"


async def examined(
    *, token: str = "xoxb-canary-bot-token", scopes: str = ",".join(SCOPES), **more: Any
) -> tuple[bool, str]:
    slack = FakeSlack()
    slack.workspace(scopes=scopes)
    async with slack.running():
        lines = await doctor(SlackSetup(bot_token=token, api_url=slack.api_url, **more), CATALOGUE)
    return all(well for well, _ in lines), "\n".join(line for _, line in lines)


async def test_the_doctor_finds_nothing_wrong_where_nothing_is() -> None:
    well, said = await examined(app_token=APP_TOKEN)

    assert well, said
    assert "Socket Mode opens a connection" in said
    assert "channels:history (to see whether a post in doubt arrived" in said


async def test_a_bot_token_that_slack_ends_after_some_hours_is_refused_at_the_start() -> None:
    options = {"bot_token": "xoxe.xoxb-1-canary", "app_token": APP_TOKEN}

    with pytest.raises(BadConfig, match=r"ends after 12 hours.*/slack/install"):
        serve(options, "blog")
    well, said = await examined(token="xoxe.xoxb-1-canary", app_token=APP_TOKEN)

    assert not well
    assert "ends after 12 hours" in said
    assert "canary" not in said
    assert serve({**options, "bot_token": "xoxb-canary"}, "blog") is not None


async def test_the_doctor_names_what_is_wrong_and_where_to_click() -> None:
    well, said = await examined(token="xoxb-wrong", app_token="xapp-wrong")
    assert not well
    assert "Install App › Reinstall" in said
    assert "App-Level Tokens" in said

    well, said = await examined(scopes="commands,chat:write,admin", signing_secret=SIGNING_SECRET)
    assert not well
    assert "reactions:read (✅, 🔖, 💡 and 🎤 on a post)" in said
    assert "Granted and not used: admin" in said

    well, said = await examined()
    assert not well
    assert "DOGEAR_SLACK_SIGNING_SECRET" in said
    assert "canary" not in said
