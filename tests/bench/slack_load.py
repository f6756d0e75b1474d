"""The other side of the bench of Slack, in a process of its own: it signs and sends commands, and takes the answers.

`python -m tests.bench.slack_load PORT PATH TEXT USERS COUNT AT_ONCE` prints what came of it as JSON. An answer is complete
when its words are here: in the body of the response or, where that is empty, at the response_url. HTTP is spoken by hand on both sides, so that what is measured is the server and not this process.
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import quote

from tests.fakes.slack import SIGNING_SECRET, now

WARM = 200


@dataclass
class Sink:
    """The response_urls: whoever waits for the answer of a number is woken when it is here."""

    waiting: dict[int, "asyncio.Future[bytes]"] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await head_of(reader):
            body = await reader.readexactly(length_of(head))
            number = int(head.split(b" ", 2)[1].rpartition(b"/")[2])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            self.waiting[number].set_result(body)
        writer.close()


async def head_of(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionResetError, asyncio.CancelledError):
        return b""


def length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


@dataclass(frozen=True)
class Load:
    """What is sent where, by how many people in turn."""

    port: int
    path: str
    text: str
    users: int

    def request(self, number: int, sink: int) -> bytes:
        user = f"U{number % self.users:05}"
        url = quote(f"http://127.0.0.1:{sink}/commands/{number}", safe="")
        body = (
            f"token=x&team_id=T0001&team_domain=ours&channel_id=C0001&channel_name=reading&user_id={user}"
            f"&user_name={user.lower()}&command=%2Fblog&text={self.text}&api_app_id=A0001&is_enterprise_install=false"
            f"&response_url={url}&trigger_id={number}.{time.monotonic_ns()}.x"
        ).encode()
        at = str(now())
        signed = hmac.new(SIGNING_SECRET.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"X-Slack-Request-Timestamp: {at}\r\nX-Slack-Signature: v0={signed}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def member(load: Load, sink: Sink, sink_port: int, numbers: "count[int]", last: int, taken: list[float]) -> None:
    """One of those who ask at the same time: the next question when the last one is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
    while (number := next(numbers)) < last:
        answered = sink.waiting[number] = asyncio.get_running_loop().create_future()
        request = load.request(number, sink_port)
        began = time.perf_counter()
        writer.write(request)
        head = await head_of(reader)
        body = await reader.readexactly(length_of(head))
        assert head.startswith(b"HTTP/1.1 200"), head
        if not body:
            body = await answered
        sink.waiting.pop(number, None)
        assert b"text" in body, body
        taken.append(time.perf_counter() - began)
    writer.close()


async def measured(load: Load, asked: int, at_once: int) -> dict[str, float]:
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    numbers: count[int] = count()

    async def all_of(last: int) -> list[float]:
        taken: list[float] = []
        await asyncio.gather(*(member(load, sink, port, numbers, last, taken) for _ in range(at_once)))
        return sorted(taken)

    await all_of(WARM)
    began = time.perf_counter()
    taken = await all_of(WARM + at_once + asked)
    took = time.perf_counter() - began
    server.close()
    return {
        "a_second": len(taken) / took,
        "p50_ms": taken[len(taken) // 2] * 1000,
        "p99_ms": taken[len(taken) * 99 // 100] * 1000,
    }


def main(port: str, path: str, text: str, users: str, asked: str, at_once: str) -> None:
    load = Load(int(port), path, text, int(users))
    print(json.dumps(asyncio.run(measured(load, int(asked), int(at_once)))))  # noqa: T201 -- what it prints is its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
