"""The platforms that a server can connect, by name. To add one, add a line here and a folder next to this file."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from bot.chat.platform import ChatPlatform
from bot.domain.errors import BadConfig

_HOSTED = {
    "slack": "adapters.slack.hosting",
    "discord": "adapters.discord.hosting",
}
"""Platforms that a host connects with a token: a module with `serve`, and optional tools for the host (see `tool`)."""

OURS = ("bot", "adapters", "store")

HOSTED = tuple(_HOSTED)

_CREDENTIALS = ("token", "bot_token", "app_token", "signing_secret", "client_id", "client_secret")

Options = Mapping[str, str]
"""A platform's own settings, by their names without its prefix."""


def served(name: str, options: Options, word: str) -> ChatPlatform | None:
    """The platform with this name; `word` is the command's. None if it is not set up. Raises BadConfig if only half of
    its settings are set.
    """
    if not is_set_up(options):
        return None
    platform: ChatPlatform = _module(name).serve(options, word)
    return platform


def is_set_up(options: Options) -> bool:
    """Whether any setting is set that lets the platform connect, even if others are missing."""
    return any(options.get(credential) for credential in _CREDENTIALS)


def tool(name: str, word: str) -> Callable[..., Any] | None:
    """A platform's tool for the host (`invite`, `doctor`, `manifest`, `keeps_secrets`, `setup_steps`, `first_words`), None without one. Raises
    BadConfig.
    """
    return getattr(_module(name), word, None) if name in _HOSTED else None


def _module(name: str) -> ModuleType:
    """The platform's module. Raises BadConfig if its packages are not installed."""
    try:
        return import_module(_HOSTED[name])
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in OURS:
            raise
        raise BadConfig(
            [f"“{name}” needs packages that are not here. Install them: pip install 'dogear-club[{name}]'"]
        ) from None
