"""The manifest fits Slack's own schema. Needs the file: SLACK_MANIFEST_SCHEMA=… make test-contract-slack."""

import json
import os
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from jsonschema.validators import validator_for

from adapters.slack.manifest import manifest
from adapters.slack.setup import SlackSetup
from bot.commands.catalogue import CATALOGUE

SCHEMA = os.environ.get("SLACK_MANIFEST_SCHEMA")
"""Slack's own, and no part of this project: whoever has it names it (make test-contract-slack)."""
pytestmark = pytest.mark.skipif(
    not SCHEMA, reason="SLACK_MANIFEST_SCHEMA names no file: make test-contract-slack says which one"
)
PLACE = "https://dogear.example.org"
SETUPS = {
    "socket": SlackSetup(bot_token="xoxb-x", app_token="xapp-x"),
    "https": SlackSetup(bot_token="xoxb-x", signing_secret="s", public_url=PLACE, word="club"),
    "many": SlackSetup(client_id="1", client_secret="2", signing_secret="s", public_url=PLACE),
    "nothing yet": SlackSetup(),
}


@pytest.mark.parametrize("name", SETUPS)
def test_the_manifest_is_one_of_slacks(name: str) -> None:
    schema = json.loads(Path(os.environ["SLACK_MANIFEST_SCHEMA"]).read_text(encoding="utf-8"))
    validator = validator_for(schema, default=Draft7Validator)

    wrong = [
        f"{error.json_path}: {error.message}"
        for error in validator(schema).iter_errors(yaml.safe_load(manifest(SETUPS[name], CATALOGUE)))
    ]

    assert wrong == []
    assert list(validator(schema).iter_errors({"display_information": {}})), "the schema takes anything"
