"""What a host does to set a platform up: the platform writes the steps, and the command line leads through them."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeAlias

from bot.domain.record import record

Options: TypeAlias = Mapping[str, str]
"""A platform's own settings, by their names without its prefix."""
Finding: TypeAlias = tuple[bool, str]
"""Whether a check passed, and a sentence about it."""


@record
class SetupStep:
    """One thing to do at the platform.

    `says` are the clicks, from the options known so far. A step that gives a token names its `option`, what the token
    is called, how it `begins`, and a `check` that asks the platform about it. `file` is the name and content of a file
    that the clicks need.
    """

    says: Callable[[Options], str]
    option: str = ""
    called: str = ""
    begins: str = ""
    check: Callable[[Options], AsyncIterator[Finding]] | None = None
    file: tuple[str, str] | None = None
