"""Maps Slack's errors to ours. Every error code leads to the action that it needs.

Codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors and the other methods' pages (2026-08).
"""

from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters import network
from bot.domain.errors import (
    ChannelRefused,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUncertain,
    WorkspaceRefused,
)

DEFAULT_WAIT = timedelta(seconds=30)
"""How long to wait if Slack rate limits us without a time."""
SLOW_WAIT = timedelta(hours=1)

LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
DEAD = frozenset({"account_inactive", "token_revoked", "invalid_auth", "not_authed", "token_expired"})
SPENT = frozenset({"invalid_refresh_token", "authorization_not_found"})
STRANGERS = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
NO_MEMBER = "not_in_channel"
TOO_MUCH = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "metadata_too_large", "no_text"}
)
"""Our own mistake in a message. It can still be sent as plain text."""
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "cant_delete_message"})
ADMINS_AT_WORK = frozenset({"ekm_access_denied", "enterprise_is_restricted", "team_added_to_org", "org_login_required"})
REPEATED = frozenset({"already_reacted", "already_in_channel", "no_reaction"})
"""The requested state exists already."""
UNCERTAIN = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})

CHANNEL = {
    NO_MEMBER: ("The bot is not in this channel", "Invite it there."),
    "channel_not_found": (
        "The channel is gone, or it is private and the bot was removed",
        "Invite the bot there again.",
    ),
    "is_archived": ("The channel is archived", "Unarchive it, or take its schedule away."),
    "restricted_action": ("A policy of the workspace keeps the bot from posting here", _POLICY := "Ask who runs it."),
    "restricted_action_read_only_channel": ("Only some people may post in this channel", _POLICY),
    "restricted_action_thread_only_channel": ("This channel takes replies in threads only", _POLICY),
    "restricted_action_non_threadable_channel": ("This channel has no threads", _POLICY),
    "restricted_action_thread_locked": ("The thread is locked", _POLICY),
}


class Dead(WorkspaceRefused):
    """The token no longer opens the workspace."""


class Spent(PlatformRefused):
    """The refresh token is no longer valid."""


class Stranger(PlatformRefused):
    """Slack does not show us this person: they do not exist, or belong to another organisation."""


class Unreadable(PlatformRefused):
    """Slack rejected the message's format."""


class Absent(ChannelRefused):
    """We are not a member of the channel."""


class Expired(PlatformRefused):
    """It is too late to open a modal."""


class Already(PlatformRefused):
    """It is so already."""


class Gone(PlatformRefused):
    """The message no longer exists, or may not be changed."""


class Vanished(Gone):
    """The message is not there any more."""


def error_of(error: BaseException, method: str) -> PlatformError:
    """The error of one call, for the ledger. Anything that is not a known refusal may have happened."""
    if isinstance(error, SlackApiError):
        return _answered(error, method)
    if reason := network.why_not_reached(error, "Slack"):
        return PlatformBusy(f"{reason[0].upper()}{reason[1:]}.", retry_after=network.NOT_REACHED_WAIT)
    if isinstance(error, (aiohttp.ClientError, TimeoutError, OSError, SlackClientError, ValueError)):
        return PlatformUncertain(f"No answer from Slack to {method} ({type(error).__name__}).")
    raise error


def _answered(error: SlackApiError, method: str) -> PlatformError:
    response = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    code, needed = _code_of(response)
    if status == 429 or code in LIMITED:
        return PlatformBusy(f"Slack asks us to wait before the next {method}.", retry_after=_wait(response))
    if (status is not None and status >= 500) or not code or code in UNCERTAIN:
        return PlatformUncertain(f"Slack answered {method} with {code or status}.")
    return _refused(code, needed, method)


def _refused(code: str, needed: str, method: str) -> PlatformError:
    if code in CHANNEL:
        because, remedy = CHANNEL[code]
        return (Absent if code == NO_MEMBER else ChannelRefused)(f"{because}.", remedy=remedy)
    if code in DEAD:
        return Dead(f"Slack does not know our token any more ({code}).", remedy="Install the app again.")
    if code in STRANGERS:
        return Stranger(
            f"Slack shows us no person with this id ({code}).", remedy="dogear doctor says what to look at."
        )
    if code in SPENT:
        return Spent(f"Slack takes our refresh token no more ({code}).", remedy="Install the app again.")
    if code == "missing_scope":
        scope = needed or "one that it has not"
        return PlatformRefused(f"{method} needs the scope {scope}.", remedy=f"Add {scope} and reinstall the app.")
    if code in TOO_MUCH:
        return Unreadable(f"Slack did not take our message ({code}).", remedy="This is a bug; tell the host.")
    if code in ADMINS_AT_WORK:
        return PlatformBusy(f"The workspace is closed to apps for now ({code}).", retry_after=SLOW_WAIT)
    if code in REPEATED:
        return Already(f"It is so already ({code}).", remedy="Nothing is to be done.")
    if code in GONE:
        return (Vanished if code == "message_not_found" else Gone)(
            f"The message cannot be changed any more ({code}).", remedy="Nothing is to be done."
        )
    if code in {"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_exchanged"}:
        return Expired("That took too long.", remedy="Press again.")
    if code in REFUSED:
        return PlatformRefused(f"Slack refuses {method} ({code}).", remedy="dogear doctor says what to look at.")
    return PlatformUncertain(f"Slack answered {method} with {code}.")


REFUSED = frozenset(
    {
        "access_denied", "bad_timestamp", "cannot_dm_bot", "cant_invite_self", "deprecated_endpoint", "duplicate_external_id",
        "external_channel_migrating", "hash_conflict", "invalid_arguments", "invalid_array_arg", "invalid_charset",
        "invalid_cursor", "invalid_form_data", "invalid_metadata_format", "invalid_metadata_schema", "invalid_name",
        "invalid_post_type", "invalid_ts_latest", "invalid_ts_oldest", "message_limit", "method_deprecated",
        "method_not_supported_for_channel_type", "missing_charset", "missing_post_type", "no_permission", "not_allowed_token_type",
        "not_enabled", "not_found", "team_not_found", "thread_not_found", "too_many_attachments", "two_factor_setup_required",
        "unknown_method", "user_disabled", "user_is_bot", "user_not_in_channel", "view_too_large", "push_limit_reached", "invalid_users", "channel_not_supported", "too_many_emoji",
        "too_many_reactions", "not_reactable", "invalid_code", "bad_redirect_uri", "invalid_client_id", "bad_client_secret",
        "code_already_used", "invalid_grant_type",
    }
)  # fmt: skip
"""Codes that mean that nothing was done."""


def _code_of(response: object) -> tuple[str, str]:
    read = getattr(response, "get", None)
    if read is None or isinstance(response, aiohttp.ClientResponse):
        return "", ""
    try:
        return str(read("error") or ""), str(read("needed") or "")
    except (AttributeError, TypeError, ValueError):
        return "", ""


def _wait(response: object) -> timedelta:
    headers = getattr(response, "headers", None) or {}
    typed = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return timedelta(seconds=int(typed)) if str(typed).isdecimal() else DEFAULT_WAIT
