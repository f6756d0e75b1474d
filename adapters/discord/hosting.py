"""The host's tools for Discord: the platform from its settings, the invite link, and the doctor."""

import base64
import binascii
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

from adapters.discord import doctor as discord_doctor
from adapters.discord.permissions import WANTED
from adapters.discord.platform import DiscordPlatform
from bot.chat.command import Catalogue
from bot.chat.setup import SetupStep
from bot.domain.errors import BadConfig
from bot.domain.ids import ChannelRef
from bot.domain.reading_state import ReadingState

Options = Mapping[str, str]
NO_TOKEN = "DOGEAR_DISCORD_TOKEN is not set. You find it in the developer portal: your application › Bot."  # noqa: S105 -- says that there is none


def serve(options: Options, word: str) -> DiscordPlatform:
    """The platform of these settings, not connected yet."""
    return DiscordPlatform(options["token"], word=word, custom=custom_emoji(options.get("emoji", "")))


def custom_emoji(typed: str) -> Mapping[str, ReadingState]:
    """Parse `id:read, id:later`, which the settings have checked."""
    pairs = [part.strip().partition(":") for part in typed.split(",") if part.strip()]
    return {number: ReadingState(meaning) for number, _, meaning in pairs}


def invite(options: Options) -> str:
    """The link that adds the bot to a server with the permissions it needs. Raises BadConfig. Makes no request."""
    query = {
        "client_id": application(options.get("token", "")),
        "scope": "bot applications.commands",
        "permissions": str(WANTED.value),
    }
    return f"https://discord.com/oauth2/authorize?{urlencode(query)}"


def application(token: str) -> str:
    """The application's id, which is the first part of its bot's token. Raises BadConfig."""
    if not token:
        raise BadConfig([NO_TOKEN])
    head = token.strip().partition(".")[0]
    try:
        number = base64.b64decode(head + "=" * (-len(head) % 4)).decode()
    except (binascii.Error, ValueError):
        number = ""
    if not (number.isascii() and number.isdigit()):
        raise BadConfig(["DOGEAR_DISCORD_TOKEN is not a bot's token. Copy it again from the developer portal."])
    return number


def setup_steps(word: str, catalogue: Catalogue) -> Sequence[SetupStep]:  # noqa: ARG001 -- as every platform has it
    """What a host does for servers of their own."""
    return [
        SetupStep(
            says=lambda _: (
                "Open https://discord.com/developers/applications › New Application › name it Dogear › Create.\n"
                "Installation › Install Link: None › Save Changes.\n"
                "Bot › Public Bot: off › Save Changes › Reset Token › Copy. No privileged intent is needed."
            ),
            option="token",
            called="the bot's token",
            check=partial(_check_token, word),
        ),
        SetupStep(
            says=lambda options: f"Open this link, choose your server and authorise:\n{invite(options)}",
        ),
    ]


async def _check_token(word: str, options: Options) -> AsyncIterator[tuple[bool, str]]:
    try:
        application(options.get("token", ""))
    except BadConfig as wrong:
        yield False, wrong.problems[0]
        return
    async for line in discord_doctor.check_token(serve(options, word)):
        yield line


def first_words(word: str) -> str:
    """What a person types first, when the bot runs."""
    return f"In Discord, let Dogear see and write in a channel, then type /{word} in #channel"


async def doctor(
    options: Options, word: str, catalogue: Catalogue, scheduled: Sequence[ChannelRef] = ()
) -> AsyncIterator[tuple[bool, str]]:
    """Each requirement, and whether it is met. Raises BadConfig without a token. Changes nothing.

    `scheduled` are the channels with a schedule, in which the permissions are required.
    """
    application(options.get("token", ""))
    async for line in discord_doctor.findings(serve(options, word), catalogue, word, scheduled, invite(options)):
        yield line
