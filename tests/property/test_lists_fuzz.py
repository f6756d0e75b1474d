"""Mutated lists: whatever an edit or a bad copy makes of a list, reading it raises nothing and counts every link once.

`DOGEAR_FUZZ` says how many are read, `DOGEAR_FUZZ_LISTS` names a folder of other lists to begin with.
"""

import os
import random  # noqa: TID251 -- seeded: every run mutates alike
from pathlib import Path

from store.lists.reading import read

COUNT = int(os.environ.get("DOGEAR_FUZZ", "300"))
FOLDER = Path(os.environ.get("DOGEAR_FUZZ_LISTS") or Path(__file__).parents[1] / "unit" / "lists")
PIECES = (
    b"```\n|<!--|-->|<details>|</details>|[|](|)|**|_|\n\n|\n|    |\t|> |# |- |1. | : |<a href=|{#|[^1]|\xff|\r".split(
        b"|"
    )
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The list after up to eight small edits: a piece put in, a part left out, moved or repeated."""
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.randrange(200))
        part = chance.choice((chance.choice(PIECES), b"", data[start:end] * 2, data[start:end][::-1]))
        data = data[:start] + part + data[end if chance.random() < 0.5 else start :]
    return data


def test_no_mutated_list_raises_anything() -> None:
    chance = random.Random(1)
    lists = [path.read_bytes() for path in sorted(FOLDER.rglob("*.md"))]

    for _ in range(COUNT):
        data = mutated(chance.choice(lists), chance)
        found = read(data, "l.md")
        last = 1 + data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")
        lines = [*(entry.line for entry in found.entries), *(link.line for link in found.unread)]
        assert all(1 <= line <= last for line in lines), data
        assert found.failed or found.links.entries == len(found.entries), data
