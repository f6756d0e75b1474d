"""The invocation that the current task belongs to, so that its log lines can be correlated."""

from contextvars import ContextVar

from bot.domain.ids import InvocationId

_FOLLOWED: ContextVar[InvocationId | None] = ContextVar("invocation", default=None)


def follow(id: InvocationId) -> None:
    """Set the invocation of this task and of the tasks it starts."""
    _FOLLOWED.set(id)


def followed() -> InvocationId | None:
    """The invocation of the current task, if any."""
    return _FOLLOWED.get()
