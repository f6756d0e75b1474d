"""Checks the host's Slack setup: what works, what does not, and where to click. Changes nothing."""

from collections.abc import AsyncIterator

from adapters.slack import failures
from adapters.slack.api import Web
from adapters.slack.manifest import OPTIONAL_SCOPES, SCOPES
from adapters.slack.setup import ENDS, SlackSetup
from adapters.slack.tokens import scopes_of
from bot.chat.command import Catalogue
from bot.domain.errors import PlatformError, PlatformRefused

APPS = "https://api.slack.com/apps"


async def doctor(setup: SlackSetup, catalogue: Catalogue) -> list[tuple[bool, str]]:
    """One line per check, and whether it passed."""
    web = Web(setup)
    try:
        found = [line async for line in _looked_at(setup, web)]
    finally:
        await web.close()
    others = "another app may own that word, and the one installed last answers; DOGEAR_WORD sets another"
    found.append((True, f"The command is /{setup.word}, with {len(catalogue)} commands; {others}."))
    return found


async def check_token(setup: SlackSetup, option: str) -> AsyncIterator[tuple[bool, str]]:
    """The checks of this one token."""
    web = Web(setup)
    try:
        if option == "app_token":
            yield await _socket(setup, web)
        elif setup.bot_token_ends:
            yield False, ENDS
        else:
            async for line in _token(setup, web):
                yield line
    finally:
        await web.close()


async def _looked_at(setup: SlackSetup, web: Web) -> AsyncIterator[tuple[bool, str]]:
    if not setup.bot_token and not setup.installable:
        yield False, f"No DOGEAR_SLACK_BOT_TOKEN. Copy it from {APPS} › your app › OAuth & Permissions."
    if setup.bot_token_ends:
        yield False, ENDS
    if setup.bot_token:
        async for line in _token(setup, web):
            yield line
    if setup.by_socket:
        yield await _socket(setup, web)
    elif setup.signing_secret:
        yield True, "Slack comes over HTTPS, signed. Its address is in the manifest; DOGEAR_SLACK_PUBLIC_URL sets it."
    else:
        yield False, f"Neither DOGEAR_SLACK_APP_TOKEN nor DOGEAR_SLACK_SIGNING_SECRET. See {APPS} › Basic Information."
    if setup.installable and not setup.public_url:
        yield False, "Others can install the app only at a public address: set DOGEAR_SLACK_PUBLIC_URL."


async def _token(setup: SlackSetup, web: Web) -> AsyncIterator[tuple[bool, str]]:
    try:
        answer = await web.client(setup.bot_token).auth_test()
    except Exception as error:  # noqa: BLE001 -- failures classifies it, and raises a bug
        wrong = failures.error_of(error, "auth.test")
        yield False, _why_not("The bot token", wrong, f"{APPS} › Install App › Reinstall.")
        return
    yield True, f"The bot token opens {answer.get('team')} ({answer['team_id']}) as {answer.get('user')}."
    granted = set(scopes_of(answer.headers))
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        where = f"{APPS} › OAuth & Permissions › Scopes, then reinstall"
        yield (
            False,
            f"Scopes are missing: {', '.join(f'{scope} ({SCOPES[scope]})' for scope in missing)}. Add them at {where}.",
        )
    else:
        yield True, "Every scope that is needed is granted."
    for scope, why in OPTIONAL_SCOPES.items():
        if scope not in granted:
            yield True, f"Not granted, and optional: {scope} ({why})."
    unused = sorted(granted - set(SCOPES) - set(OPTIONAL_SCOPES))
    if unused:
        yield True, f"Granted and not used: {', '.join(unused)}. They may be taken away."


async def _socket(setup: SlackSetup, web: Web) -> tuple[bool, str]:
    try:
        await web.client("").apps_connections_open(app_token=setup.app_token)
    except Exception as error:  # noqa: BLE001 -- failures classifies it, and raises a bug
        wrong: PlatformError = failures.error_of(error, "apps.connections.open")
        where = f"{APPS} › Basic Information › App-Level Tokens, with connections:write; then Socket Mode › Enable"
        return False, _why_not("Socket Mode", wrong, f"Make a new token at {where}.")
    return True, "Socket Mode opens a connection. Run only one process with this app token, or they share the events."


def _why_not(what: str, error: PlatformError, remedy: str) -> str:
    """Another token helps only where Slack refused this one."""
    if isinstance(error, PlatformRefused):
        return f"{what}: {error} {error.remedy} {remedy}"
    return f"{what}: {error} Is this machine allowed to reach slack.com?"
