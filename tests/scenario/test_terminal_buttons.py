"""The terminal's buttons: a second press confirms, Undo takes back, and a list is shown again as it is then."""

from pathlib import Path
from typing import Any

from tests.fakes.talk import said

SEED = Path(__file__).with_name("seed.md")


def number(answer: dict[str, Any], label: str) -> str:
    """What is typed to press the button."""
    return str([button["label"] for button in answer["buttons"]].index(label) + 1)


async def test_share_asks_and_can_be_deleted(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'dogear.db'}"
    (shown,) = await said(["/blog show #12"], database=database, reading_list=SEED)
    share = number(shown, "Share")
    shown, asked, shared = await said(["/blog show #12", share, "1"], database=database, reading_list=SEED)
    assert asked["title"] == "Post #12 for everyone to see?"
    assert not asked["posts"]
    assert "on its way" in shared["title"]
    assert [post["thread"] for post in shared["posts"]].count(False) == 1

    *_, again = await said(["/blog share #12"], database=database, reading_list=SEED)
    assert again["title"] == "#12 was shared here just now."
    *_, deleted = await said(["/blog unshare #12"], database=database, reading_list=SEED)
    assert deleted["title"] == "#12 is deleted from the channel."


async def test_skip_pressed_twice_skips_one_week(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'dogear.db'}"
    lines = ["/blog schedule set mon 09:00 UTC", "/blog digest"]
    _, preview = await said(lines, database=database, reading_list=SEED)
    lines = ["/blog digest", number(preview, "Skip"), "/blog digest history"]
    _, skipped, history = await said(lines, database=database, reading_list=SEED)
    assert skipped["title"] == "I skip the next digest."
    assert history["title"] == "This channel has had no digest yet."
    lines = ["/blog digest unskip", "/blog digest skip", "1"]
    unskipped, _, undone = await said(lines, database=database, reading_list=SEED)
    assert unskipped["title"] == undone["title"] == "The digest is not skipped any more."


async def test_a_list_is_shown_again_after_a_press(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'dogear.db'}"
    (listed,) = await said(["/blog next"], database=database, reading_list=SEED)
    press = number(listed, "Read")
    _, read, _ = await said(["/blog next", press, "/blog unread #1"], database=database, reading_list=SEED)
    _, again, undone = await said(["/blog next", press, number(read, "Undo")], database=database, reading_list=SEED)
    assert read["title"] == again["title"] == undone["title"] == "Next for you"
    assert "#1 is read." in again["text"]
    assert "#1 is unread." in undone["text"]
