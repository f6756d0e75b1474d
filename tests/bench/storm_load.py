"""The other side of the storm, in a process of its own: sends each line of a file as a signed event, many at once.

`python -m tests.bench.storm_load PORT PATH FILE AT_ONCE` prints in JSON how long acknowledgements took. An event that is
answered 503 is brought again, as Slack does; each answer is one acknowledgement.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.bench.slack_load import head_of, length_of
from tests.fakes.slack import FakeSlack


async def connection(
    port: int, path: str, lines: Iterator[bytes], taken: list[float], statuses: "Counter[int]"
) -> None:
    slack = FakeSlack()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for body in lines:
        status = 503
        while status == 503:
            head = "".join(f"{name}: {value}\r\n" for name, value in slack.signed(body).items())
            kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            began = time.perf_counter()
            writer.write(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{kind}{head}\r\n".encode() + body)
            said = await head_of(reader)
            await reader.readexactly(length_of(said))
            taken.append(time.perf_counter() - began)
            status = int(said.split(b" ", 2)[1])
            statuses[status] += 1
    writer.close()


async def stormed(port: int, path: str, lines: Iterator[bytes], at_once: int) -> dict[str, object]:
    taken: list[float] = []
    statuses: Counter[int] = Counter()
    began = time.perf_counter()
    await asyncio.gather(*(connection(port, path, lines, taken, statuses) for _ in range(at_once)))
    took = time.perf_counter() - began
    taken.sort()
    return {
        "p50_ms": taken[len(taken) // 2] * 1000,
        "p99_ms": taken[len(taken) * 99 // 100] * 1000,
        "max_ms": taken[-1] * 1000,
        "seconds": took,
        "statuses": dict(statuses),
    }


if __name__ == "__main__":
    port, path, file, at_once = sys.argv[1:]
    print(json.dumps(asyncio.run(stormed(int(port), path, iter(Path(file).read_bytes().splitlines()), int(at_once)))))  # noqa: T201 -- its answer
