"""What Slack says of us: who we are in the workspace that a token opens, and what the token may do."""

from collections.abc import Mapping

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import failures
from bot.domain.record import record


@record
class AuthTest:
    """Who we are there. `url` is where the workspace's own pages begin."""

    team: str
    name: str
    bot_user: str
    bot: str
    scopes: tuple[str, ...]
    url: str


async def auth_test(client: AsyncWebClient) -> AuthTest:
    """Ask once; raises PlatformError."""
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
    except Exception as error:  # noqa: BLE001 -- told apart by failures, which raises what is a bug
        raise failures.error_of(error, "auth.test") from None


def scopes_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The scopes that Slack says our token has."""
    named = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
    return tuple(scope.strip() for scope in named.split(",") if scope.strip())
