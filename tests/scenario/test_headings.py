"""The headings of the team's file, offered where a section is typed or chosen on each platform."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bot.chat.platform import Actor
from bot.domain.ids import AccountRef, PlatformName, WorkspaceRef
from bot.domain.value import Kind
from tests.fakes.fronts import Discord, Door, Slack, discord, slack
from tests.scenario.test_week_of_edits import in_another_process, set_up

MANY = 130
"""Headings that neither platform can show all at once."""
LIST = """# Reading list

## Storage at scale

- [Caching](https://example.org/caching)
    - [More on caching](https://example.org/more)

## Networks

- [TCP](https://example.org/tcp)
"""
LONG = "# Reading list\n" + "".join(f"\n## Part {n}\n\n- [A{n}](https://example.org/a{n})\n" for n in range(MANY))


def a_list(folder: Path, text: str) -> tuple[str, Path]:
    file = folder / "reading.md"
    file.write_text(text, encoding="utf-8")
    return f"sqlite:///{folder / 'dogear.db'}", file


@asynccontextmanager
async def on_discord(database: str) -> AsyncIterator[Discord]:
    async with discord(database) as door:
        yield door


async def on_slack(database: str, scene: Callable[[Slack], Awaitable[None]]) -> None:
    async with slack(database) as door:
        await scene(door)


async def test_discord_completes_headings_and_offers_them_in_the_form(tmp_path: Path) -> None:
    database, file = a_list(tmp_path, LIST)
    await in_another_process(database, lambda club: set_up(club, str(file)))
    async with on_discord(database) as door:
        ana = door.members["ana"]
        found = await ana.autocomplete(door.channel, "blog add", "section", "sc")
        assert [one["value"] for one in found] == ["Storage at scale"]

        form = await door.press("ana", await door.type("ana", "edit #3"), "Change")
        (section,) = [
            one["component"] for one in form.raw.modal["components"] if one["component"]["custom_id"] == "section"
        ]
        assert [(one["value"], bool(one.get("default"))) for one in section["options"]] == [
            ("Storage at scale", False),
            ("Networks", True),
        ]
        moved = await door.fill("ana", form, entry="#3", title="TCP", section="Storage at scale")
        assert "Section: Reading list › Storage at scale" in moved.text
    assert file.read_text().index("[TCP]") < file.read_text().index("## Networks")


async def test_slack_offers_headings_in_the_form(tmp_path: Path) -> None:
    async def scene(door: Slack) -> None:
        form = await door.press("ana", await door.type("ana", "edit #3"), "Change")
        (section,) = [one["element"] for one in form.raw["blocks"] if one["block_id"] == "section"]
        assert [one["value"] for one in section["options"]] == ["Storage at scale", "Networks"]
        assert section["initial_option"]["value"] == "Networks"
        moved = await door.fill("ana", form, section="Storage at scale")
        assert "Section: Reading list › Storage at scale" in moved.text

    database, file = a_list(tmp_path, LIST)
    await in_another_process(database, lambda club: set_up(club, str(file)))
    await on_slack(database, scene)
    assert file.read_text().index("[TCP]") < file.read_text().index("## Networks")


async def test_more_headings_than_a_menu_has_room_for_are_searched_for(tmp_path: Path) -> None:
    async def of_slack(door: Slack) -> None:
        form = await door.press("ana", await door.type("ana", "edit #3"), "Change")
        (section,) = [one["element"] for one in form.raw["blocks"] if one["block_id"] == "section"]
        assert (section["type"], section["initial_option"]["value"]) == ("external_select", "Part 2")
        _, found = await door.slack.send(door.slack.suggestion("U0ANA", form.raw, "section", "part 129"))
        assert [one["value"] for one in found["options"]] == ["Part 129"]

    database, file = a_list(tmp_path, LONG)
    await in_another_process(database, lambda club: set_up(club, str(file)))
    await on_slack(database, of_slack)
    async with on_discord(database) as door:
        form = await door.press("ana", await door.type("ana", "edit #3"), "Change")
        assert form.fields is not None
        assert form.fields["section"] == "Part 2"
        found = await door.members["ana"].autocomplete(door.channel, "blog edit", "section", "part 129")
        assert [one["value"] for one in found] == ["Part 129"]


@pytest.mark.parametrize("front", [discord, slack])
async def test_an_entry_below_another_stays_there_when_its_title_is_corrected(
    tmp_path: Path, front: Callable[[str], AbstractAsyncContextManager[Door]]
) -> None:
    database, file = a_list(tmp_path, LIST)
    await in_another_process(database, lambda club: set_up(club, str(file)))

    async with front(database) as door:
        form = await door.press("ana", await door.type("ana", "edit #2"), "Change")
        changed = await door.fill("ana", form, entry="#2", title="Still more")
        assert "#2 is changed." in changed.text
    assert file.read_text() == LIST.replace("More on caching", "Still more")


async def test_a_list_in_no_file_offers_the_sections_that_it_has(tmp_path: Path) -> None:
    async with on_discord(f"sqlite:///{tmp_path / 'dogear.db'}") as door:
        preview = await door.type("ana", 'add https://example.org/a title:A section:"Data stores"')
        await door.press("ana", preview, "Add")
        found = await door.members["ana"].autocomplete(door.channel, "blog add", "section", "")
        assert [one["value"] for one in found] == ["Data stores"]
        free = await door.type("ana", "add https://example.org/b title:B section:Kitchen")
        assert "Section: Kitchen" in free.text


async def test_a_stranger_is_offered_nothing(tmp_path: Path) -> None:
    async with on_discord(f"sqlite:///{tmp_path / 'dogear.db'}") as door:
        place = WorkspaceRef(PlatformName("discord"), "1")
        actor = Actor(account=AccountRef(place.platform, "2"), workspace=place, name="eve")
        assert await door.server.club.dispatcher.complete(actor, Kind.SECTION, "") == ()
