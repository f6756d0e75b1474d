"""The app manifest from which Slack creates the app: every command word, scope and event.

Reference: https://docs.slack.dev/reference/app-manifest (2026-08).
"""

from typing import Any

import yaml

from adapters.slack.requests import PATH
from adapters.slack.setup import SlackSetup
from bot.chat.command import Catalogue

SCOPES = {
    "commands": "the slash command and the message shortcuts",
    "chat:write": "the weekly posts, their threads and what members share",
    "reactions:read": "✅, 🔖, 💡 and 🎤 on a post",
    "reactions:write": "the two reactions that a post begins with",
    "users:read": "a member's time zone, and who is an admin of the workspace",
    "channels:read": "to hear that a public channel was archived or deleted, and whether the bot is in it",
    "groups:read": "the same for private channels that the bot was invited to",
}
OPTIONAL_SCOPES = {
    "channels:history": "to see whether a post in doubt arrived; without it an admin is asked",
    "groups:history": "the same in private channels that the bot was invited to",
    "channels:join": "to join a public channel by itself instead of asking for an invitation",
    "app_mentions:read": "to answer a message that names the bot; it sees no other message of a channel",
    "im:history": "to answer what a person writes to the bot in their own direct messages, and to remove a message sent twice",
    "emoji:read": "to understand a workspace's own names for ✅ and 🔖",
}
EVENTS = (
    "app_home_opened", "app_mention", "app_uninstalled", "channel_archive", "channel_deleted", "channel_left",
    "channel_unarchive", "group_archive", "group_deleted", "group_left", "group_unarchive", "member_joined_channel",
    "member_left_channel", "message.im", "reaction_added", "reaction_removed", "tokens_revoked",
)  # fmt: skip
INSTALL = "/slack/install"
REDIRECT = "/slack/oauth_redirect"
MAX_HINT = 1000
NAMES_SHOWN = 12
_NO_ADDRESS = "https://dogear.example.org"
"""The placeholder address in an HTTPS app's manifest until the host sets DOGEAR_SLACK_PUBLIC_URL."""


def manifest(setup: SlackSetup, catalogue: Catalogue) -> str:
    """The manifest as YAML, to paste into Slack, with the reason for each scope."""
    written: str = yaml.safe_dump(body(setup, catalogue), sort_keys=False, allow_unicode=True, width=100)
    reasons = [f"#   {scope}: {why}" for scope, why in SCOPES.items()]
    optional = [f"#   {scope}: {why}" for scope, why in OPTIONAL_SCOPES.items()]
    head = ["# Made by: dogear manifest slack", "# Needed:", *reasons, "# Optional, each may be taken out:", *optional]
    return "\n".join([*head, written])


def body(setup: SlackSetup, catalogue: Catalogue) -> dict[str, Any]:
    """The manifest itself."""
    address = setup.public_url or _NO_ADDRESS
    url = {} if setup.by_socket else {"url": f"{address}{PATH}"}
    interactivity: dict[str, Any] = {"is_enabled": True}
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    if not setup.by_socket:
        interactivity |= {"request_url": f"{address}{PATH}", "message_menu_options_url": f"{address}{PATH}"}
        events = {"request_url": f"{address}{PATH}", **events}
    redirect = {"redirect_urls": [f"{address}{REDIRECT}"]} if setup.installable else {}
    return {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": "Dogear",
            "description": "A reading club for your team's own reading list",
            "background_color": "#3b4a3f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Dogear", "always_online": True},
            "shortcuts": [
                {
                    "name": "Mark as read",
                    "type": "message",
                    "callback_id": "read",
                    "description": "Mark its entry as read",
                },
                {
                    "name": "Read later",
                    "type": "message",
                    "callback_id": "later",
                    "description": "Put its entry in your queue",
                },
                {
                    "name": "Save as takeaway",
                    "type": "message",
                    "callback_id": "takeaway",
                    "description": "Keep what you take away from its entry",
                },
                {
                    "name": "Add to reading list",
                    "type": "message",
                    "callback_id": "add",
                    "description": "Add the article that it links to",
                },
            ],
            "slash_commands": [
                {
                    "command": f"/{setup.word}",
                    "description": "The team's reading list",
                    "usage_hint": _hint(catalogue),
                    "should_escape": True,
                    **url,
                }
            ],
        },
        "oauth_config": {**redirect, "scopes": {"bot": list(SCOPES), "bot_optional": list(OPTIONAL_SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": setup.by_socket,
            "token_rotation_enabled": setup.installable,
        },
    }


def _hint(catalogue: Catalogue) -> str:
    words = list(dict.fromkeys(spec.path[0] for spec in catalogue))
    return f"[{' | '.join(words[:NAMES_SHOWN])}]"[:MAX_HINT]
