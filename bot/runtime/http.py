"""The HTTP server for the platforms' routes and the health checks. Needs aiohttp, which comes with a platform."""

import asyncio
import contextlib
import errno
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import ClientError, web

from bot.chat.web import MAX_BYTES, Handler, Request, Response, Route
from bot.domain.errors import BadConfig
from bot.runtime.http_limits import BODY_TIMEOUT, Door, max_connections

STILL_SERVED = 3.0
"""Seconds that running requests have when the server stops."""


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
