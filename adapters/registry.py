"""The platforms there are, by name. A new one is a line here and a folder beside this file."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from bot.chat.platform import ChatPlatform
from bot.domain.errors import BadConfig

_FACTORIES = {
    "terminal": "adapters.terminal.platform:TerminalPlatform",
}
_HOSTED = {
    "slack": "adapters.slack.hosting",
    "discord": "adapters.discord.hosting",
}
"""What a host connects with a token: a module with `serve`, and with whatever else helps the host (see `tool`)."""

OURS = ("bot", "adapters", "store")

NAMES = tuple(_FACTORIES)
HOSTED = tuple(_HOSTED)

_CREDENTIALS = ("token", "bot_token", "app_token", "signing_secret", "client_id", "client_secret")

Options = Mapping[str, str]
"""A platform's own settings, by what follows its name in ours."""


def factory(name: str) -> Callable[..., ChatPlatform]:
    """What builds the platform of this name, imported only now; raises KeyError for a name not in NAMES."""
    module, _, attribute = _FACTORIES[name].partition(":")
    found: Callable[..., ChatPlatform] = getattr(import_module(module), attribute)
    return found


def served(name: str, options: Options, word: str) -> ChatPlatform | None:
    """The platform of this name, `word` being the command's; None if nothing of it is set up. Raises BadConfig for half
    of what it needs.
    """
    if not is_set_up(options):
        return None
    platform: ChatPlatform = _module(name).serve(options, word)
    return platform


def is_set_up(options: Options) -> bool:
    """Whether anything is set that lets a platform be connected, be it half of what it takes."""
    return any(options.get(credential) for credential in _CREDENTIALS)


def tool(name: str, word: str) -> Callable[..., Any] | None:
    """What a platform has for the host under this word (`invite`, `doctor`, `manifest`, `keeps_secrets`), if it has it; raises BadConfig."""
    return getattr(_module(name), word, None) if name in _HOSTED else None


def _module(name: str) -> ModuleType:
    """The platform's module; raises BadConfig where the packages that it needs are not installed."""
    try:
        return import_module(_HOSTED[name])
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in OURS:
            raise
        raise BadConfig(
            [f"“{name}” needs packages that are not here. Install them: pip install 'dogear-club[{name}]'"]
        ) from None
