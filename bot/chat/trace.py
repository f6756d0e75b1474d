"""Which invocation the present task is about, so that everything it logs can be told to belong together."""

from contextvars import ContextVar

from bot.domain.ids import InvocationId

_FOLLOWED: ContextVar[InvocationId | None] = ContextVar("invocation", default=None)


def follow(id: InvocationId) -> None:
    """From now on this task, and those it begins, are about this invocation."""
    _FOLLOWED.set(id)


def followed() -> InvocationId | None:
    """The invocation that the present task is about, if it is about one."""
    return _FOLLOWED.get()
