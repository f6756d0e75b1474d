"""Limits for the connections of the HTTP server: how many there are, and how long each may be slow or idle.

aiohttp limits neither, so a thousand connections that send half a request would keep everyone else out.
"""

import asyncio
import logging
import resource
import sys
from typing import Any

from aiohttp import ClientError, web
from aiohttp.web_protocol import RequestHandler

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
