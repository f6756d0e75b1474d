"""The host's tools for Slack: the platform from its settings, the app manifest, and the doctor."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.slack import doctor as examination
from adapters.slack import manifest as description
from adapters.slack.platform import SlackPlatform
from adapters.slack.setup import API_URL, ENDS, SlackSetup
from bot.chat.command import Catalogue
from bot.chat.setup import SetupStep
from bot.domain.errors import BadConfig
from bot.domain.ids import ChannelRef
from bot.domain.reading_state import ReadingState

_EMOJI = re.compile(r":?([\w+'-]+):?=(read|later)")
_ADDRESS = re.compile(r"https?://[^\s/?#@]+/?")

Options = Mapping[str, Any]


def serve(options: Options, word: str) -> SlackPlatform:
    """Slack with one workspace's token, or for others to install. Raises BadConfig if only half of the settings are
    set.
    """
    emoji, problems = _read(options)
    setup = _given(options, word, emoji)
    problems = [*problems, *_missing(setup)]
    if problems:
        raise BadConfig(problems)
    return SlackPlatform(setup, now=_now)


def keeps_secrets(options: Options) -> bool:
    """Whether the tokens of other workspaces are stored in our vault."""
    return _given(options, "", {}).installable


def _missing(setup: SlackSetup) -> Iterator[str]:
    """The missing settings, as sentences."""
    if bool(setup.client_id) != bool(setup.client_secret):
        yield "DOGEAR_SLACK_CLIENT_ID and DOGEAR_SLACK_CLIENT_SECRET belong together: set both, or neither."
    elif not setup.bot_token and not setup.installable:
        yield (
            "Slack needs DOGEAR_SLACK_BOT_TOKEN for one workspace, or DOGEAR_SLACK_CLIENT_ID and "
            "DOGEAR_SLACK_CLIENT_SECRET for many."
        )
    if not setup.app_token and not setup.signing_secret:
        yield "Slack needs DOGEAR_SLACK_APP_TOKEN (Socket Mode) or DOGEAR_SLACK_SIGNING_SECRET (HTTPS)."
    if setup.installable and not setup.public_url:
        yield "Slack's installation by others needs DOGEAR_SLACK_PUBLIC_URL."
    if setup.bot_token_ends:
        yield ENDS


def manifest(options: Options, word: str, catalogue: Catalogue) -> str:
    """The manifest from which Slack creates the app."""
    return description.manifest(setup_of(options, word), catalogue)


async def doctor(
    options: Options,
    word: str,
    catalogue: Catalogue,
    scheduled: Sequence[ChannelRef] = (),  # noqa: ARG001 -- Slack tells a channel's rights only when one posts
) -> AsyncIterator[tuple[bool, str]]:
    """Each check, and whether it passed."""
    for line in await examination.doctor(setup_of(options, word), catalogue):
        yield line


def setup_steps(word: str, catalogue: Catalogue) -> Sequence[SetupStep]:
    """What a host does for one workspace over Socket Mode."""
    placeholder = SlackSetup(app_token="later", word=word)  # noqa: S106 -- any value means Socket Mode
    return [
        SetupStep(
            file=("slack-manifest.yaml", description.manifest(placeholder, catalogue) + "\n"),
            says=lambda _: (
                "Open https://api.slack.com/apps › Create New App › From a manifest › your workspace › Next.\n"
                "Paste the whole file slack-manifest.yaml in place of what is there › Next › Create."
            ),
        ),
        SetupStep(
            says=lambda _: (
                "Basic Information › App-Level Tokens › Generate Token and Scopes › any name › Add Scope ›\n"
                "connections:write › Generate. Copy the token."
            ),
            option="app_token",
            called="the app-level token",
            begins="xapp-",
            check=lambda options: examination.check_token(_given(options, word, {}), "app_token"),
        ),
        SetupStep(
            says=lambda _: "Install App › Install to your workspace › Allow. Copy the Bot User OAuth Token.",
            option="bot_token",
            called="the bot token",
            begins="xoxb-",
            check=lambda options: examination.check_token(_given(options, word, {}), "bot_token"),
        ),
    ]


def first_words(word: str) -> str:
    """What a person types first, when the bot runs."""
    return f"In Slack, type /invite @Dogear in a channel, then type /{word} in #channel"


def setup_of(options: Options, word: str) -> SlackSetup:
    """The settings of Slack. Raises BadConfig."""
    emoji, problems = _read(options)
    if problems:
        raise BadConfig(problems)
    return _given(options, word, emoji)


def _given(options: Options, word: str, emoji: Mapping[str, ReadingState]) -> SlackSetup:
    """The settings as they are, complete or not."""
    return SlackSetup(
        bot_token=options.get("bot_token", ""),
        app_token=options.get("app_token", ""),
        signing_secret=options.get("signing_secret", ""),
        client_id=options.get("client_id", ""),
        client_secret=options.get("client_secret", ""),
        public_url=options.get("public_url", "").rstrip("/"),
        api_url=options.get("api") or API_URL,
        word=word,
        emoji=emoji,
    )


def _read(options: Options) -> tuple[Mapping[str, ReadingState], Sequence[str]]:
    """The emoji, and the problems in them and in the address."""
    problems = []
    emoji = {}
    for one in filter(None, (part.strip() for part in options.get("emoji", "").split(","))):
        known = _EMOJI.fullmatch(one)
        if known is None:
            problems.append(f"DOGEAR_SLACK_EMOJI: “{one}” is not emoji=read or emoji=later.")
        else:
            emoji[known[1]] = ReadingState(known[2])
    address = options.get("public_url", "")
    if address and not _ADDRESS.fullmatch(address):
        problems.append("DOGEAR_SLACK_PUBLIC_URL is not an address such as https://dogear.example.org.")
    return emoji, problems


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 -- Slack's tokens expire by the wall clock
