"""Everything that can go wrong and that a caller may meet, as one tree.

DogearError
├── Refusal         BadUsage · NotFound · NotAllowed · Conflict · TooMuch   an expected "no", shown to the person
├── PlatformError   PlatformBusy · PlatformRefused (WorkspaceRefused, ChannelRefused, MessageRemoved) · PlatformUncertain  raised by adapters only
├── StoreError      StoreBusy · StaleSchema · BadBackup
└── BadConfig       every problem of the settings at once
Anything else that is raised is a bug.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.card import Action


class DogearError(Exception):
    """The root. Its text is one plain sentence."""


class Refusal(DogearError):
    """An expected "no", written for the person who asked: what is wrong, and what to do next.

    `field` names the parameter at fault, if any, so that a form can show the problem there. `choices` are values of it that
    may be meant, each with its label. `others` are further mistakes of the same use, each at its own field. `actions` are
    buttons for what to do next.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        field: str | None = None,
        choices: Sequence[tuple[str, str]] = (),
        others: Sequence["Refusal"] = (),
        actions: Sequence["Action"] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field
        self.choices = tuple(choices)
        self.others = tuple(others)
        self.actions = tuple(actions)


class BadUsage(Refusal):
    """A line, an option or a form field that cannot be understood."""


class NotFound(Refusal):
    """The team has no such thing, or it belongs to another team."""


class NotAllowed(Refusal):
    """The role of the person who asked is not sufficient."""


class Conflict(Refusal):
    """The request is valid and allowed, but conflicts with the current state."""


class TooMuch(Refusal):
    """A rate limit was exceeded. The hint says when to try again."""


class PlatformError(DogearError):
    """An attempt on a platform failed."""


class Scope(StrEnum):
    """What a "not now" applies to."""

    CHANNEL = "channel"
    WORKSPACE = "workspace"
    PLATFORM = "platform"


class PlatformBusy(PlatformError):
    """A definite "not now": nothing was done. Do not try again within `scope` before `retry_after` has passed."""

    def __init__(self, message: str, *, retry_after: timedelta, scope: Scope = Scope.WORKSPACE) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.scope = scope


class PlatformRefused(PlatformError):
    """A definite "no": nothing was done. Trying again fails until a person does what `remedy` says."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class WorkspaceRefused(PlatformRefused):
    """The workspace no longer accepts us. It may again within a day, so its deliveries wait that long."""


class ChannelRefused(PlatformRefused):
    """The channel no longer accepts our posts. Its schedule is paused until a person acts."""


class MessageRemoved(PlatformRefused):
    """The message existed under the same key and someone removed it. Do not post it again."""


class PlatformUncertain(PlatformError):
    """The request was sent and its effect is unknown. Never treat it as "not done"."""


class StoreError(DogearError):
    """A database operation failed."""


class StoreBusy(StoreError):
    """The database is unreachable, locked or full right now. The same call may succeed later."""


class StaleSchema(StoreError):
    """The database has another schema version than the program. The text names both and the command to run."""


class BadBackup(StoreError):
    """The backup file is damaged or incomplete. Nothing was restored."""


class BadConfig(DogearError):
    """The settings are invalid. `problems` has one line per problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
