"""The conversation keeps its word on every platform: one scene for each promise, through the front doors.

What only one platform has (refusals, permissions, mentions, modals) is in the tests of that platform.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.runtime.bootstrap import Club
from bot.service import teams
from tests.fakes.fronts import FRONTS, Door
from tests.scenario.test_week_of_edits import in_another_process

SEED = Path(__file__).with_name("seed.md")
SET = "schedule set mon 09:00 UTC"

Scene = Callable[[Door], Awaitable[None]]


async def over_seed(club: Club) -> None:
    team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
    await club.lists.use(team, [SEED])


@pytest.fixture(params=FRONTS)
def played(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scene], None]:
    """Plays a scene on one platform, over the seed's list."""
    database = f"sqlite:///{tmp_path / 'dogear.db'}"

    def play(scene: Scene) -> None:
        async def whole() -> None:
            await in_another_process(database, over_seed)
            async with FRONTS[request.param](database) as door:
                await scene(door)

        asyncio.run(whole())

    return play


def test_1_a_button_does_once_what_it_shows(played: Callable[[Scene], None]) -> None:
    async def scene(door: Door) -> None:
        await door.type("ana", SET)
        preview = await door.type("ana", "digest")
        first = await door.press("ana", preview, "Skip")
        second = await door.press("ana", preview, "Skip")
        assert "I skip the next digest." in first.text
        assert "It is already skipped." in second.text
        later = await door.type("ana", "digest")
        old = await door.type("ana", "digest pick #9")
        stale = await door.press("ana", later, "Post now")
        assert "#9" in stale.text
        assert "#9" in old.text

    played(scene)


def test_2_what_changed_something_is_undone(played: Callable[[Scene], None]) -> None:
    async def scene(door: Door) -> None:
        for line, label, after in (
            ("read #6", "Undo", "#6 is unread."),
            ("later #6", "Remove from queue", "#6 is unread."),
        ):
            done = await door.type("ben", line)
            assert after in (await door.press("ben", done, label)).text
        await door.type("ana", SET)
        for line, label, after in (
            ("digest pick #9", "Undo", "The pick is cleared"),
            ("digest skip", "Undo", "is not skipped any more"),
            ("schedule pause 2w", "Resume", "active again"),
            ("schedule off", "Undo", "Every: Monday 09:00 UTC"),
        ):
            done = await door.type("ana", line)
            assert label in done.buttons, (line, done)
            assert after in (await door.press("ana", done, label)).text, line

    played(scene)


def test_3_a_week_that_is_skipped_is_said_to_be_so_everywhere(played: Callable[[Scene], None]) -> None:
    async def scene(door: Door) -> None:
        await door.type("ana", SET)
        await door.type("ana", "digest skip")
        assert "has had no digest yet" in (await door.type("ana", "digest history")).text
        assert "is not skipped any more" in (await door.type("ana", "digest unskip")).text
        post = await door.monday()
        assert "Read by" not in post.text
        assert "#1 Lessons" in post.text
        assert "#1 Lessons" in (await door.type("ana", "digest history")).text

    played(scene)


def test_5_where_an_entry_was_discussed_is_named(played: Callable[[Scene], None]) -> None:
    async def scene(door: Door) -> None:
        await door.type("ana", SET)
        await door.monday()
        shown = await door.type("ben", "digest history")
        number = next(word for word in shown.text.split() if word.startswith("#") and word[1:].isdigit())
        assert "Discussed in" in (await door.type("ben", f"show {number}")).text

    played(scene)


def test_4_what_is_on_its_way_ends_in_the_channel(played: Callable[[Scene], None]) -> None:
    async def scene(door: Door) -> None:
        shared = await door.type("ana", "share #6")
        assert "#6 is posted." in shared.text or "on its way" in shared.text  # the terminal shows the post itself
        again = await door.type("ben", "share #6")
        assert "#6 was shared here just now." in again.text
        assert "Post again" in again.buttons

    played(scene)


def test_6_change_opens_with_what_is_set(played: Callable[[Scene], None]) -> None:
    async def scene(door: Door) -> None:
        await door.type("ana", "schedule set tue 09:30 Europe/Rome tag:platform")
        form = await door.press("ana", await door.type("ana", "schedule list"), "Change")
        shown = form.text if form.fields is None else str(dict(form.fields))
        assert all(word in shown for word in ("Tuesday", "09:30", "Europe/Rome", "platform")), shown

    played(scene)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("monday 9:30 pm UTC", "Monday 21:30 UTC"), ("lundi noon UTC", "Monday 12:00 UTC"), ("mon 0900 Kolkata", "09:00")],
)
def test_6_times_are_taken_as_people_write_them(played: Callable[[Scene], None], typed: str, shown: str) -> None:
    async def scene(door: Door) -> None:
        assert shown in (await door.type("ana", f"schedule set {typed}")).text

    played(scene)


def test_7_entries_are_asked_for_in_other_words(played: Callable[[Scene], None]) -> None:
    async def scene(door: Door) -> None:
        assert "2 entries are read." in (await door.type("ben", "read #5 #6")).text
        assert "#12 " in (await door.type("ben", "show 12")).text
        address = next(word for word in SEED.read_text().replace("(", " ").replace(")", " ").split() if "://" in word)
        assert "#1 " in (await door.type("ben", f"show {address}?utm_source=x")).text
        assert "#11 " in (await door.type("ben", "search kafka —redis")).text

    played(scene)


def test_8_a_member_is_not_sent_to_commands_for_admins(played: Callable[[Scene], None]) -> None:
    async def scene(door: Door) -> None:
        for line in ("help", "home", "status"):
            said = (await door.type("ben", line)).text
            assert "schedule set" not in said, line
        refused = await door.type("ben", SET)
        assert "is for admins" in refused.text

    played(scene)


def test_10_small_things_read_well(played: Callable[[Scene], None]) -> None:
    async def scene(door: Door) -> None:
        await door.type("ben", "later #6")
        assert "Remove from queue" in (await door.type("ben", "show #6")).buttons
        assert "There is no page 9. Page 2 of 2, 12 in all" in (await door.type("ben", "list page:9")).text
        assert "queue is empty" in (await door.type("ana", "later")).text
        helped = await door.type("ben", "help")
        assert {"○", "◔", "●"} <= set(helped.text)
        slip = await door.type("ben", "search cachng")
        assert "as:" not in slip.text

    played(scene)
