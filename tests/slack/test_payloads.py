"""What the fake sends has no key that Slack does not send, so that nothing of ours can come to rest on one.

The keys are those of https://github.com/slackapi/java-slack-sdk/tree/main/json-logs/samples (2026-08), as far as the
fake uses them; `…` stands for what people and we ourselves put there.
"""

from collections.abc import Iterator

import pytest

from adapters.slack.payload import is_sound
from tests.fakes.slack import FakeSlack, Json

WHO = "team.id team.domain enterprise.id enterprise.name user.id user.team_id "
VIEW = "view.id view.team_id view.type view.private_metadata view.hash view.callback_id view.state.… view.… "
ENVELOPE = (
    "token team_id enterprise_id api_app_id type event_id event_time event_context is_ext_shared_channel "
    "authorizations.enterprise_id authorizations.team_id authorizations.user_id authorizations.is_bot "
    "authorizations.is_enterprise_install event.type "
)
KEYS = {
    "command": "token api_app_id team_id team_domain enterprise_id enterprise_name channel_id channel_name user_id "
    "user_name command text response_url trigger_id is_enterprise_install",
    "block_actions": WHO + VIEW + "type api_app_id token trigger_id user.name user.username channel.id channel.name "
    "container.type container.message_ts container.channel_id container.view_id container.is_ephemeral "
    "container.thread_ts response_url is_enterprise_install actions.action_id actions.block_id actions.text.… "
    "actions.value actions.type actions.style actions.action_ts message.…",
    "view_submission": WHO + VIEW + "type api_app_id token trigger_id user.name user.username is_enterprise_install",
    "message_action": WHO + "type callback_id trigger_id message_ts response_url user.name channel.id channel.name "
    "token action_ts is_enterprise_install message.…",
    "reaction_added": ENVELOPE + "event.user event.item.type event.item.channel event.item.ts event.reaction "
    "event.item_user event.event_ts",
    "app_home_opened": ENVELOPE + "event.user event.channel event.tab event.event_ts event.view.…",
    "app_uninstalled": ENVELOPE,
}


def payloads() -> dict[str, Json]:
    slack = FakeSlack()
    slack.user("U0ANA", "ana")
    button = {"action_id": "use.0", "value": "{}", "text": {"type": "plain_text", "text": "Read"}}
    view = {"id": "V1", "type": "modal", "private_metadata": "{}"}
    return {
        "command": slack.command("U0ANA", "stats"),
        "block_actions": slack.press("U0ANA", button),
        "block_actions in a view": slack.press("U0ANA", button, view=view),
        "view_submission": slack.submission("U0ANA", view, {}),
        "message_action": slack.shortcut("U0ANA", "read", {"text": "hello"}),
        "reaction_added": slack.reaction("U0ANA", "bookmark", "C0001", "1.000001"),
        "app_home_opened": slack.event({"type": "app_home_opened", "user": "U0ANA", "tab": "home"}),
        "app_uninstalled": slack.event({"type": "app_uninstalled"}),
    }


def paths(part: object, path: str = "") -> Iterator[str]:
    if isinstance(part, dict) and part:
        for key, value in part.items():
            yield from paths(value, f"{path}.{key}".strip("."))
    elif isinstance(part, list) and part:
        for value in part:
            yield from paths(value, path)
    else:
        yield path


@pytest.mark.parametrize("name", payloads())
def test_every_key_that_the_fake_sends_is_one_of_slacks(name: str) -> None:
    known = KEYS[name.partition(" ")[0]].split()
    open_ended = tuple(one.removesuffix("…") for one in known if one.endswith("…"))
    whole = {one for one in known if not one.endswith("…")} | {one.rpartition(".")[0] for one in known}

    strange = [
        path for path in paths(payloads()[name]) if path not in whole and not path.startswith(open_ended or "\0")
    ]

    assert strange == []


@pytest.mark.parametrize(
    "name", ["enterprise", "team", "user", "channel", "view", "container", "message", "event", "actor"]
)
def test_a_payload_in_which_a_text_is_where_an_object_belongs_is_not_sound(name: str) -> None:
    press = {"type": "block_actions", "team": {"id": "T0001"}, "user": {"id": "U0ANA"}}

    assert is_sound(press)
    assert not is_sound({**press, name: "text"})
