"""The platforms there are, by name. A new one is a line here and a folder beside this file."""

from collections.abc import Callable
from importlib import import_module

from bot.chat.platform import ChatPlatform

_FACTORIES = {
    "terminal": "adapters.terminal.platform:TerminalPlatform",
}

NAMES = tuple(_FACTORIES)


def factory(name: str) -> Callable[..., ChatPlatform]:
    """What builds the platform of this name, imported only now; raises KeyError for a name not in NAMES."""
    module, _, attribute = _FACTORIES[name].partition(":")
    found: Callable[..., ChatPlatform] = getattr(import_module(module), attribute)
    return found
