"""A team's week, line for line, on both engines."""

from pathlib import Path

from tests.fakes.talk import numbers, said, states

SEED = Path(__file__).with_name("seed.md")


async def test_a_week_from_the_first_question_to_the_figures(database: str) -> None:
    answers = await said(
        [
            "/blog random",
            "/blog search caching",
            "react ✅ #12",
            "/blog list is:unread page:2",
            "as ben",
            "/blog later #6",
            "/blog schedule set mon 09:00 Europe/Berlin",
            "as ana admin",
            "/blog schedule set mon 09:00 Europe/Berlin",
            "/blog digest",
            "clock +7d",
            "as ben",
            "react ✅",
            "/blog stats",
            "/blog",
        ],
        database=database,
        reading_list=SEED,
    )
    random, search, _, unread, _, later, denied, _, schedule, preview, week, _, _, stats, home = answers

    assert len(random["entries"]) == 1
    assert numbers(search)[0] == 12
    assert numbers(unread) == [9, 10, 11]
    assert states(later) == {6: "later"}
    assert denied["refusal"]
    assert "is for admins" in denied["title"]
    assert schedule["text"].count("09:00") == 4
    assert numbers(preview) == [6]
    root, *thread = week["posts"]
    assert (root["channel"], root["thread"], numbers(root)) == ("#reading", False, [6])
    assert thread
    assert all(post["thread"] for post in thread)
    assert "Read: 1" in " ".join(stats["text"].split())
    assert 6 in numbers(home)


async def test_every_note_line_comes_out_in_order_with_its_number_and_depth(database: str) -> None:
    first, second = await said(["/blog show #1", "/blog show #6"], database=database, reading_list=SEED)

    for answer, line in ((first, 10), (second, 25)):
        wanted = _note_lines(SEED.read_text(encoding="utf-8"), line)
        shown = iter(answer["text"].splitlines())
        for number, text in wanted:
            assert any(number in got and text in got for got in shown), text


def _note_lines(text: str, line: int) -> list[tuple[str, str]]:
    """The notes under the entry at `line`, as (number or nothing, words without marks)."""
    found = []
    for raw in text.splitlines()[line:]:
        if raw.startswith("*"):
            break
        words = raw.strip().replace("**", "")
        head, _, tail = words.partition(" ")
        found.append((head, tail) if head[:1].isdigit() else ("", words.removeprefix("- ")))
    return found


async def test_words_find_the_entries_that_hold_them(database: str) -> None:
    wanted = {
        "caching": 12,
        "kafka": 11,
        "mysql 8.0": 10,
        "zero-downtime": 4,
        '"content filters"': 6,
        "idle tokens": 1,
    }

    answers = await said([f"/blog search {words}" for words in wanted], database=database, reading_list=SEED)

    assert [numbers(answer)[0] for answer in answers] == list(wanted.values())
