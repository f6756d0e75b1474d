"""The HTTP server for the platforms' routes and the health checks. Needs aiohttp, which comes with a platform."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from bot.chat.web import MAX_BYTES, Handler, Request, Response, Route
from bot.domain.errors import BadConfig

STILL_SERVED = 3.0
"""Seconds that running requests have when the server stops."""


async def health(request: Request) -> Response:  # noqa: ARG001 -- every handler takes one
    return Response(body='{"status": "ok"}', kind="application/json")


HEALTH = Route(method="GET", path="/health", handle=health)


@asynccontextmanager
async def serving(routes: Sequence[Route], *, host: str, port: int) -> AsyncIterator[int]:
    """Serve the routes while the block runs. Yields the port, which is a free one for port 0.

    Raises BadConfig if it cannot listen there, for example because another process uses the port.
    """
    app = web.Application(client_max_size=MAX_BYTES)
    for route in routes:
        app.router.add_route(route.method, route.path, _served(route.handle))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STILL_SERVED)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise BadConfig([f"Nothing can be served at {host}:{port}: {error.strerror}. Choose another."]) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _served(handle: Handler) -> "web._RequestHandler":  # type: ignore[name-defined]
    async def answered(asked: web.Request) -> web.Response:
        headers: dict[str, list[str]] = {}
        for name, value in asked.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        request = Request(
            path=asked.path,
            body=await asked.read(),
            query=dict(asked.query),
            headers=headers,
            cookies=dict(asked.cookies),
        )
        response = await handle(request)
        return web.Response(
            status=response.status, text=response.body, content_type=response.kind, headers=dict(response.headers)
        )

    return answered
