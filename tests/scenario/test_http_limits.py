"""The HTTP server stays open for those who send requests, whatever others do with their connections."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest

from bot.chat.web import Request, Response, Route
from bot.domain.errors import BadConfig
from bot.runtime import http
from bot.runtime.http import HEALTH, serving


async def repeat(request: Request) -> Response:
    return Response(body=request.body.decode())


async def break_down(request: Request) -> Response:
    raise RuntimeError("canary")


ROUTES = [
    HEALTH,
    Route(method="POST", path="/repeat", handle=repeat),
    Route(method="GET", path="/bug", handle=break_down),
]


@asynccontextmanager
async def door(places: int = 32) -> AsyncIterator[int]:
    async with serving(ROUTES, host="127.0.0.1", port=0, places=places) as port:
        yield port


async def sent(port: int, request: bytes, *, wait: float = 60) -> bytes:
    """What comes back for these bytes until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        async with asyncio.timeout(wait):
            return await reader.read()
    finally:
        writer.close()


async def is_well(port: int) -> bool:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/health") as answer:
        return answer.status == 200


async def test_half_open_connections_keep_no_one_out_and_do_not_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with door(places=16) as port:
            half_open = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
            for _, writer in half_open:
                writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n")

            assert await is_well(port)
            for _, writer in half_open:
                writer.close()

    assert 1 <= len(caplog.records) <= 3


async def test_a_client_that_has_asked_keeps_its_connection_among_silent_ones() -> None:
    async with door(places=4) as port, aiohttp.ClientSession() as session:
        for _ in range(3):
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
            async with session.get(f"http://127.0.0.1:{port}/health") as answer:
                assert answer.status == 200
            for _, writer in silent:
                writer.close()


async def test_headers_that_do_not_end_close_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async with door() as port:
        with monkeypatch.context() as patch, suppress(ConnectionResetError):
            patch.setattr(http, "HEADERS_TIMEOUT", 0.05)
            assert await sent(port, b"GET /health HTTP/1.1\r\nHost: x\r\n") == b""
        assert await is_well(port)


async def test_an_idle_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "IDLE_TIMEOUT", 0.05)

    async with door() as port:
        answer = await sent(port, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")


async def test_a_body_that_does_not_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_TIMEOUT", 0.05)

    async with door() as port:
        answer = await sent(port, b"POST /repeat HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
        assert answer.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST /repeat HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", b"400"),
        (b"POST /repeat HTTP/1.1\r\nHost: x\r\nContent-Encoding: deflate\r\nContent-Length: 4\r\n\r\nabcd", b"400"),
        (b"not http at all\r\n\r\n", b"400"),
        (b"GET /health HTTP/9.9\r\n\r\n", b"400"),
        (b"GET /health HTTP/1.1\r\nbad header\r\n\r\n", b"400"),
        (b"POST /repeat HTTP/1.1\r\nHost: x\r\nContent-Length: minus\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"404"),
        (b"DELETE /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"405"),
    ],
)
async def test_a_malformed_request_gets_a_plain_refusal_without_traces(
    request_bytes: bytes, status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with door() as port:
            answer = await sent(port, request_bytes)
            assert await is_well(port)

    assert answer.split(b" ")[1] == status
    assert not any(word in answer.lower() for word in (b"aiohttp", b"python", b"traceback"))
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_bug_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    async with door() as port:
        answer = await sent(port, b"GET /bug HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 500")
    assert b"canary" not in answer
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_a_port_in_use_is_named_with_the_setting_to_change() -> None:
    async with door() as port:
        with pytest.raises(BadConfig, match=f"Port {port} on 127.0.0.1 is already in use"):
            async with serving(ROUTES, host="127.0.0.1", port=port):
                pass
