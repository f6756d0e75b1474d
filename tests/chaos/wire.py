"""An event loop that sees what goes over the wire to a platform, whichever library sends it.

The requests that count are those that post a message; where the bytes stand is told to the trap.
"""

import asyncio
import re
from typing import Any

from tests.chaos.points import Point, Trap

_POST = re.compile(rb"POST (/api/chat\.postMessage|/api/v\d+/channels/\d+/messages|/channels/\d+/messages)\b")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class WatchedLoop(asyncio.SelectorEventLoop):
    """`port` is the platform's. A connection counts once an intent stands, for only then is it made for a post."""

    def __init__(self, trap: Trap, port: int) -> None:
        super().__init__()
        self._trap = trap
        self._port = port

    async def sock_connect(self, sock: Any, address: Any) -> None:
        counts = address[1] == self._port and self._trap.has_passed(Point.INTENT_DONE)
        self._trap.passed(Point.CONNECTING, counts)
        await super().sock_connect(sock, address)
        self._trap.passed(Point.CONNECTED, counts)

    def _make_socket_transport(self, sock: Any, *arguments: Any, **options: Any) -> Any:
        make: Any = super()._make_socket_transport  # type: ignore[misc]  # asyncio's own seam, not in its stubs
        transport = make(sock, *arguments, **options)
        if sock.family.name.startswith("AF_INET") and sock.getpeername()[1] == self._port:
            transport.write = Outgoing(self._trap, transport.write).write
            transport.writelines = lambda parts: transport.write(b"".join(parts))
        return transport


class Outgoing:
    """One connection's requests, cut into writes as the library does."""

    def __init__(self, trap: Trap, write: Any) -> None:
        self._trap = trap
        self._write = write
        self._request = bytearray()

    def write(self, data: bytes) -> None:
        self._request += data
        if not complete(self._request):
            self._write(data)
            return
        posts = _POST.match(self._request) is not None
        self._request.clear()
        middle = len(data) // 2
        self._write(data[:middle])
        self._trap.passed(Point.HALF_SENT, posts)
        self._write(data[middle:])
        self._trap.passed(Point.SENT, posts)


def complete(request: bytes | bytearray) -> bool:
    """Whether the whole request is there."""
    head, end, body = bytes(request).partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)
