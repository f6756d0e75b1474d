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


class DogearError(Exception):
    """The root; its text is one plain sentence."""


class Refusal(DogearError):
    """An expected "no", written for the person who asked: what is wrong, and what to do next.

    `field` names the parameter if one is to blame, so that a form can say it there.
    """

    def __init__(self, message: str, *, hint: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field


class BadUsage(Refusal):
    """A line, an option or a form field that cannot be understood."""


class NotFound(Refusal):
    """The team has no such thing. Also the answer for things of another team."""


class NotAllowed(Refusal):
    """The role of the person who asked does not reach."""


class Conflict(Refusal):
    """It can be understood and is allowed, and still does not fit the present state."""


class TooMuch(Refusal):
    """More was asked for than one may ask for at a time; the hint says when to try again."""


class PlatformError(DogearError):
    """An attempt on a platform did not end in success."""


class Scope(StrEnum):
    """How far a "not now" reaches."""

    CHANNEL = "channel"
    WORKSPACE = "workspace"
    PLATFORM = "platform"


class PlatformBusy(PlatformError):
    """A definite "not now": nothing was done, and nothing may be tried within `scope` before `retry_after` has passed."""

    def __init__(self, message: str, *, retry_after: timedelta, scope: Scope = Scope.WORKSPACE) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.scope = scope


class PlatformRefused(PlatformError):
    """A definite "no": nothing was done, and trying again is useless until a person acts as `remedy` says."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class WorkspaceRefused(PlatformRefused):
    """The workspace does not let us in any more. It may again within a day, so what is due waits as long."""


class ChannelRefused(PlatformRefused):
    """The channel itself takes nothing of ours any more: its schedule is paused until a person acts."""


class MessageRemoved(PlatformRefused):
    """The message was there under the same key, and somebody has removed it: it is not to be posted again."""


class PlatformUncertain(PlatformError):
    """The request left us and its effect is not known. Never to be treated as "not done"."""


class StoreError(DogearError):
    """The database cannot do it."""


class StoreBusy(StoreError):
    """The database is away, locked or full right now; the same call may succeed later."""


class StaleSchema(StoreError):
    """The database is of another version than the program; the text names both and the command to run."""


class BadBackup(StoreError):
    """The file to restore from is not what was written; nothing was restored."""


class BadConfig(DogearError):
    """The settings cannot be used; `problems` holds one line for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
