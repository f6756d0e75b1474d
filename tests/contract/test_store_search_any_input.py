"""Whatever is typed is searched: random strings, the same in every run. `make fuzz` tries many more, among
10,000 entries, and prints which took longest.
"""

import os
import time
from collections.abc import Iterator
from hashlib import shake_256

from bot.service import search
from tests.bench import shelf
from tests.fakes.kept import Club, a_read_entry

STRINGS = int(os.environ.get("DOGEAR_FUZZ", "2000"))
BESIDE = 10_000 if "DOGEAR_FUZZ" in os.environ else 0
AT_ONCE = 500
PIECES = (
    *(
        "a",
        "e",
        "x",
        "cach",
        "ing",
        "kuber",
        "netes",
        "redis",
        "the",
        "7",
        "8.0",
        "é",
        "ß",
        "İ",
        "ſ",
        "东京",
        "кэш",
        "🔥",
    ),
    *(" ", "  ", "\t", "\n", "\0", "\ud800", "\u202e", "\u0301", "\U0010ffff", "٣", "²", "Ⅷ", "ﬁ"),
    *('"', "“", "'", "-", "--", "*", "^", "%", "_", "\\", "(", ")", "{", "}", ":", "&", "|", "!", "<->", "+", "#", ";"),
    *("tag:", "site:", "in:", "is:", "is:read", "as:typed", "NEAR", "AND", "OR", "NOT", "title:", "null"),
)


def strings(count: int) -> Iterator[str]:
    """Up to 40 pieces each; every seventh of any characters at all."""
    for number in range(count):
        chance = shake_256(str(number).encode()).digest(160)
        length = chance[0] % 40 + 1
        if number % 7:
            yield "".join(PIECES[byte % len(PIECES)] for byte in chance[1 : length + 1])
        else:
            yield "".join(chr(int.from_bytes(chance[3 * n + 1 : 3 * n + 4]) % 0x110000) for n in range(length))


def test_no_string_is_an_error(club: Club) -> None:
    club.add(a_read_entry("Caching with Redis", "the Kubernetes way"), a_read_entry("кэш 东京 é 8.0", tags=["x"]))
    with club.store.begin(write=True) as tx:
        tx.entries.add(club.team, club.source, [("shelf.md", entry) for entry in shelf.entries(BESIDE)])
        search.find(
            tx, club.team, club.member, "misspeld", 1, 5
        )  # what the first correction imports is no string's time
    typed = list(strings(STRINGS))
    slowest = (0.0, 0.0, "")

    for start in range(0, STRINGS, AT_ONCE):
        with club.store.begin(write=False) as tx:
            for line in typed[start : start + AT_ONCE]:
                wall, cpu = time.perf_counter(), time.thread_time()
                found = search.find(tx, club.team, club.member, line, 1, 5)
                slowest = max(slowest, (time.perf_counter() - wall, time.thread_time() - cpu, line))
                assert len(found.items) <= found.total
    wall, cpu, line = slowest
    said = f"the slowest of {STRINGS:,} took {wall * 1000:.1f} ms, {cpu * 1000:.1f} of them our processor's: {line!r}"
    print(said)  # noqa: T201 -- for `make fuzz`
