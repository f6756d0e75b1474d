"""Exchanges a refresh token for a new access token, in one attempt.

https://docs.slack.dev/authentication/using-token-rotation (2026-08).
"""

from collections.abc import Mapping
from dataclasses import field

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import failures
from adapters.slack.failures import Dead, Spent
from adapters.slack.redaction import log
from adapters.slack.setup import SlackSetup
from bot.domain.errors import PlatformBusy, PlatformRefused, PlatformUncertain
from bot.domain.record import record


@record
class AuthTest:
    """Our identity in the workspace. `url` is the prefix of the workspace's pages."""

    team: str
    name: str
    bot_user: str
    bot: str
    scopes: tuple[str, ...]
    url: str


async def auth_test(client: AsyncWebClient) -> AuthTest:
    """Ask Slack once. Raises PlatformError."""
    try:
        answer = await client.auth_test()
        return AuthTest(
            team=str(answer["team_id"]),
            name=str(answer.get("team") or answer["team_id"]),
            bot_user=str(answer["user_id"]),
            bot=str(answer.get("bot_id") or ""),
            scopes=scopes_of(answer.headers),
            url=str(answer.get("url") or ""),
        )
    except Exception as error:  # noqa: BLE001 -- failures classifies it, and raises a bug
        raise failures.error_of(error, "auth.test") from None


def scopes_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The scopes of our token, from Slack's response headers."""
    named = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
    return tuple(scope.strip() for scope in named.split(",") if scope.strip())


@record
class Granted:
    """The result of a refresh. `lives` is in seconds."""

    token: str = field(repr=False)
    refresh: str = field(repr=False)
    lives: float


async def refreshed_token(client: AsyncWebClient, setup: SlackSetup, refresh: str) -> Granted:
    """Raises Spent for an invalid refresh token, PlatformUncertain if it may have been used up just now, and
    PlatformBusy for any other problem.
    """
    asked = {
        "client_id": setup.client_id,
        "client_secret": setup.client_secret,
        "grant_type": "refresh_token",
        "refresh_token": refresh,
    }
    try:
        answer = await client.api_call("oauth.v2.access", data=asked)
        token, refresh, lives = answer["access_token"], answer["refresh_token"], answer["expires_in"]
        return Granted(token=str(token), refresh=str(refresh), lives=float(lives))
    except KeyError:
        raise PlatformUncertain("Slack's answer to oauth.v2.access cannot be read.") from None
    except Exception as error:  # noqa: BLE001 -- failures classifies it, and raises a bug
        wrong = failures.error_of(error, "oauth.v2.access")
    log.warning("a token could not be exchanged: %s", wrong)
    if isinstance(wrong, Dead):
        raise Spent(str(wrong), remedy=wrong.remedy)
    if isinstance(wrong, PlatformRefused) and not isinstance(wrong, Spent):
        # The host's mistake, such as a wrong client secret, does not mean that the workspace is gone.
        raise PlatformBusy(str(wrong), retry_after=failures.DEFAULT_WAIT)
    raise wrong
