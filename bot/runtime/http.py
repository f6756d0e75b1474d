"""The HTTP server for the platforms' routes and the health checks. Needs aiohttp, which comes with a platform.

aiohttp limits neither how many connections there are, nor how long each may be slow or idle, so a thousand connections
that send half a request would keep everyone else out. `Door` does.
"""

import asyncio
import contextlib
import errno
import logging
import resource
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientError, web
from aiohttp.web_protocol import RequestHandler

from bot.chat.web import MAX_BYTES, Handler, Request, Response, Route
from bot.domain.errors import BadConfig

STILL_SERVED = 3.0
"""Seconds that running requests have when the server stops."""
HEADERS_TIMEOUT = 10.0
"""Seconds from connecting to the end of the first request's headers."""
BODY_TIMEOUT = 20.0
"""Seconds for a request's body."""
IDLE_TIMEOUT = 60.0
"""Seconds that an open connection may wait for its next request."""
LINGER = 1.0
"""Seconds in which the rest of a refused body is read, so that the client reads the refusal."""
MAX_CONNECTIONS = 1000
REPORT_EVERY = 60.0
"""Seconds between two log lines about closed connections."""

log = logging.getLogger("dogear.http")


async def health(request: Request) -> Response:  # noqa: ARG001 -- every handler takes one
    return Response(body='{"status": "ok"}', kind="application/json")


HEALTH = Route(method="GET", path="/health", handle=health)


@asynccontextmanager
async def serving(
    routes: Sequence[Route],
    *,
    host: str,
    port: int,
    places: int | None = None,
    port_option: str = "DOGEAR_HTTP_PORT or DOGEAR_HEALTH_PORT",
) -> AsyncIterator[int]:
    """Serve the routes while the block runs. Yields the port, which is a free one for port 0. `places` limits the
    connections; the default follows from the files that the process may open. `port_option` is where a person sets the
    port.

    Raises BadConfig if it cannot listen there, for example because another process uses the port.
    """
    app = web.Application(client_max_size=MAX_BYTES)
    app.on_response_prepare.append(_without_version)
    for route in routes:
        app.router.add_route(route.method, route.path, _served(route.handle))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STILL_SERVED)
    await runner.setup()
    assert runner.server is not None
    door = Door(runner.server, places or max_connections())
    listening: asyncio.Server | None = None
    try:
        try:
            listening = await asyncio.get_running_loop().create_server(door, host, port, backlog=128)
        except OSError as error:
            raise BadConfig([_taken(host, port, port_option, error)]) from error
        yield listening.sockets[0].getsockname()[1]
    finally:
        if listening is not None:
            listening.close()
        door.report()
        await runner.cleanup()


def _taken(host: str, port: int, port_option: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is already in use. Set {port_option} to another one."
    return f"Dogear cannot listen on {host}:{port}: {error.strerror}. Set another host or port."


async def _without_version(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "dogear"


def _served(handle: Handler) -> "web._RequestHandler":  # type: ignore[name-defined]
    async def answered(asked: web.Request) -> web.StreamResponse:
        headers: dict[str, list[str]] = {}
        for name, value in asked.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                body = await asked.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        except (web.RequestPayloadError, ClientError):  # a wrong Content-Encoding or length
            raise web.HTTPBadRequest from None
        request = Request(
            path=asked.path,
            body=body,
            method=asked.method,
            params=dict(asked.match_info),
            address=asked.remote or "",
            query=dict(asked.query),
            headers=headers,
            cookies=dict(asked.cookies),
        )
        response = await handle(request)
        if response.parts is not None:
            return await _streamed(asked, response, response.parts)
        return web.Response(
            status=response.status, text=response.body, content_type=response.kind, headers=dict(response.headers)
        )

    return answered


async def _streamed(asked: web.Request, response: Response, parts: AsyncGenerator[str, None]) -> web.StreamResponse:
    stream = web.StreamResponse(status=response.status, headers=dict(response.headers))
    stream.content_type, stream.charset = response.kind, "utf-8"
    await stream.prepare(asked)
    with contextlib.suppress(ConnectionError, TimeoutError):  # the client has left, or does not read
        async with contextlib.aclosing(parts) as sent:
            async for part in sent:
                async with asyncio.timeout(BODY_TIMEOUT):
                    await stream.write(part.encode("utf-8", "replace"))
    return stream


def max_connections() -> int:
    """A third of the open files that this process may have: the database, the lists and two servers share them."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else max(16, min(MAX_CONNECTIONS, soft // 3))


class Door:
    """The open connections of one server. Called by asyncio for each new one.

    When all places are taken, the oldest connection that has not sent a request makes room: a client that sends one is
    served however many do not. If every connection has sent a request, the new one is closed.
    """

    def __init__(self, server: web.Server, places: int) -> None:
        self._server = server
        self._places = places
        self._open: dict[LimitedHandler, None] = {}
        self._closed = 0
        self._report: asyncio.TimerHandle | None = None

    def __call__(self) -> RequestHandler:
        return LimitedHandler(self, self._server)

    def enter(self, handler: "LimitedHandler") -> bool:
        """Whether there is a place for the new connection."""
        if len(self._open) >= self._places:
            silent = next((one for one in self._open if not one.has_asked), None)
            self.count_closed()
            if silent is None:
                return False
            self._open.pop(silent)
            silent.abort()
        self._open[handler] = None
        return True

    def leave(self, handler: "LimitedHandler") -> None:
        self._open.pop(handler, None)

    def count_closed(self) -> None:
        """Count a connection that was closed for being slow or one too many. Logged at most once a minute."""
        self._closed += 1
        if self._report is None:
            self._report = asyncio.get_running_loop().call_later(REPORT_EVERY, self.report)
            if self._closed == 1:
                log.warning("closed an HTTP connection that was too slow or one too many; more are counted")

    def report(self) -> None:
        if self._report is not None:
            self._report.cancel()
            self._report = None
        if self._closed > 1:
            log.warning("closed %d HTTP connections that were too slow or too many", self._closed - 1)
        self._closed = 0


class LimitedHandler(RequestHandler):
    """One connection, with a time limit for its first request, and errors without tracebacks or versions."""

    def __init__(self, door: Door, server: web.Server) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=IDLE_TIMEOUT,
            lingering_time=LINGER,
            access_log=None,  # type: ignore[arg-type]
        )
        self._door = door
        self._too_slow: asyncio.TimerHandle | None = None
        self._refused = False

    @property
    def has_asked(self) -> bool:
        return self._request_count > 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._refused = not self._door.enter(self)
        if self._refused:
            transport.abort()  # type: ignore[attr-defined]
            return
        super().connection_made(transport)
        self._too_slow = asyncio.get_running_loop().call_later(HEADERS_TIMEOUT, self._close_if_silent)

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._door.leave(self)
        if self._too_slow is not None:
            self._too_slow.cancel()
        if not self._refused:
            super().connection_lost(exc)

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def _close_if_silent(self) -> None:
        if not self.has_asked:
            self._door.count_closed()
            self.abort()

    def log_exception(self, *arguments: Any, **more: Any) -> None:
        """A body that is not what its headers say is the client's mistake, not a bug."""
        if not isinstance(sys.exc_info()[1], web.RequestPayloadError | ClientError):
            super().log_exception(*arguments, **more)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 -- of the client's own bytes
    ) -> web.StreamResponse:
        """A response for a malformed request, or for a bug. Only a bug is logged."""
        if status >= web.HTTPInternalServerError.status_code:
            log.error("bug in the answer to %s", request.path, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the response was sent already")
        text = "Bad request" if status < web.HTTPInternalServerError.status_code else "Internal server error"
        response = web.Response(status=status, text=text, headers={"Server": "dogear"})
        response.force_close()
        return response
