"""What the host configured for Slack."""

from collections.abc import Mapping
from dataclasses import field

from bot.domain.reading_state import ReadingState
from bot.domain.record import record

API_URL = "https://slack.com/api/"
ENDS = (
    "DOGEAR_SLACK_BOT_TOKEN ends after 12 hours (it begins with xoxe), for the app has token rotation. Leave it out and "
    "install the app at /slack/install, as others do, or make an app without DOGEAR_SLACK_CLIENT_ID and its secret."
)
"""A token from the settings cannot be renewed: Slack gives refresh tokens only to OAuth installations."""


@record
class SlackSetup:
    """One workspace by `bot_token`, or many by OAuth with `client_id` and `client_secret`; or both.

    With `app_token` events come through Socket Mode, else over HTTPS, signed with `signing_secret`. `public_url` is our
    public address. `reading_pace` is the minimum of seconds between two messages whose reactions are read again: Slack
    allows 50 such calls a minute (https://docs.slack.dev/apis/web-api/rate-limits, 2026-08).
    """

    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    public_url: str = ""
    api_url: str = API_URL
    word: str = "blog"
    emoji: Mapping[str, ReadingState] = field(default_factory=dict)
    reading_pace: float = 1.5

    @property
    def by_socket(self) -> bool:
        return bool(self.app_token)

    @property
    def bot_token_ends(self) -> bool:
        """Whether it is a token of an app with token rotation (https://docs.slack.dev/authentication/tokens, 2026-08)."""
        return self.bot_token.startswith("xoxe")

    @property
    def installable(self) -> bool:
        """Whether workspaces can install the bot themselves."""
        return bool(self.client_id and self.client_secret)
