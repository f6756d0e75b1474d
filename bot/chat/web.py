"""What a platform serves over HTTP. The runtime has one server for all platforms."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import Protocol, runtime_checkable

from bot.domain.record import record

MAX_BYTES = 1024 * 1024
"""The maximum size of a request's body. The server refuses longer ones before reading them."""


@record
class Request:
    """One request. Header names are in lower case. A repeated header has all its values. `params` are the parts of the
    path that the route names in braces, `address` is the client's, or that of a proxy before us.
    """

    path: str
    body: bytes
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """The value of a header that is given exactly once."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 else None


@record
class Response:
    """A response. With `parts`, they are sent one by one as they come, until they end or the client leaves."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "text/plain"
    parts: AsyncGenerator[str, None] | None = None


Handler = Callable[[Request], Awaitable[Response]]


@record
class Route:
    """Requests with this method and path go to `handle`, which must not raise."""

    method: str
    path: str
    handle: Handler


@runtime_checkable
class Website(Protocol):
    """A platform that is reached over HTTP."""

    def routes(self) -> Sequence[Route]:
        """The routes to serve; empty if nothing comes in over HTTP."""
        ...
