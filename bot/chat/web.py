"""What a platform wants served over HTTP, without a server: the runtime has one for all of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import Protocol, runtime_checkable

from bot.domain.record import record

MAX_BYTES = 1024 * 1024
"""Of a request's body; the server refuses longer ones before they are read."""


@record
class Request:
    """One request. Header names are in lower case; a header that is given twice has both values."""

    path: str
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """The value of a header that is given exactly once."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 else None


@record
class Response:
    """What is answered."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "text/plain"


Handler = Callable[[Request], Awaitable[Response]]


@record
class Route:
    """Requests of this method and path go to `handle`, which never raises."""

    method: str
    path: str
    handle: Handler


@runtime_checkable
class Website(Protocol):
    """A platform that is reached over HTTP."""

    def routes(self) -> Sequence[Route]:
        """What is to be served; none where nothing comes in over HTTP."""
        ...
