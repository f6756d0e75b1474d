"""A web site on loopback that answers as a test says, and counts what is asked of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Write = Callable[[bytes], Awaitable[None]]
Answer = bytes | Callable[[Write], Awaitable[None]]
"""What is sent, or what sends it piece by piece."""


@dataclass
class Site:
    """`answers` by path; `asked` is what came in: each request's first line, then its headers."""

    port: int
    answers: dict[str, Answer]
    asked: list[list[str]] = field(default_factory=list)
    connections: int = 0
    sent: int = 0

    def at(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


def html(body: str | bytes, *, kind: str = "text/html; charset=utf-8", status: str = "200 OK", more: str = "") -> bytes:
    """A whole answer with this page."""
    content = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n{more}Connection: close\r\n\r\n"
    return head.encode() + content


def moved(to: str) -> bytes:
    """A redirect."""
    return html("", status="302 Found", more=f"Location: {to}\r\n")


@asynccontextmanager
async def a_site(**answers: Answer) -> AsyncIterator[Site]:
    """A site with an answer for each path; `page="…"` is at `/page`. Others are not there."""
    site = Site(0, {f"/{name}": answer for name, answer in answers.items()})

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            site.asked.append(head[:-2])
            answer = site.answers.get(head[0].split(" ")[1].partition("?")[0], html("gone", status="404 Not Found"))

            async def write(part: bytes) -> None:
                writer.write(part)
                await writer.drain()
                site.sent += len(part)

            await (write(answer) if isinstance(answer, bytes) else answer(write))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    servers = [await asyncio.start_server(serve, "127.0.0.1", 0)]
    site.port = servers[0].sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        for server in servers:
            server.close()
