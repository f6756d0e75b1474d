"""How well search finds what a team says that it should find."""

from pathlib import Path

import pytest

from bot.domain.errors import BadConfig
from bot.runtime.bench_search import bench_search, read

LIST = "* [Leases](https://example.org/leases)\n* [Redis caching](https://example.org/redis) {#redis}\n* [Old](https://example.org/old)\n"


async def test_the_bundled_queries_find_their_entries(capsys: pytest.CaptureFixture[str]) -> None:
    assert await bench_search(None, lists=[], database=None, team=None)

    first, *others = capsys.readouterr().out.splitlines()
    assert not others
    assert first.startswith("40 queries: nDCG@10 0.9")


async def test_queries_that_fail_and_entries_that_are_not_there_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reading_list, queries = tmp_path / "list.md", tmp_path / "queries.txt"
    reading_list.write_text(LIST)
    queries.write_text(
        "# Ours\n\nleases => https://example.org/leases?utm_source=x\ncaching => http://www.example.org/redis\n"
        "kafka => #3\nredis => #2 https://example.org/gone\n"
    )

    well = await bench_search(queries, lists=[reading_list], database=None, team=None)

    first, *others = capsys.readouterr().out.splitlines()
    assert not well
    assert first == "4 queries: nDCG@10 0.653, MRR@10 0.750"
    assert others == [
        "line 5: “kafka” does not find it. First is nothing.",
        "line 6: https://example.org/gone is not on the list.",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("caching\n", ":1: “caching” is not a judged query."),
        ("# Ours\ncaching => redis\n", ":2: “redis” is not an address or a number"),
        ("", "has no judged query."),
        (b"\xff\xfe\xfa", "is not UTF-8."),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, text: str | bytes, says: str) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(BadConfig, match=r"queries\.txt") as raised:
        read(queries)

    assert says in str(raised.value)


async def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"none\.txt cannot be read"):
        read(tmp_path / "none.txt")
    with pytest.raises(BadConfig, match=r"none\.md is not here"):
        await bench_search(None, lists=[tmp_path / "none.md"], database=None, team=None)
    with pytest.raises(BadConfig, match="no team “infra”"):
        await bench_search(_one(tmp_path), lists=[], database=f"sqlite:///{tmp_path}/club.db", team="infra")


def _one(folder: Path) -> Path:
    queries = folder / "one.txt"
    queries.write_text("caching => #1\n")
    return queries
