"""A change that would retire much of a list is held until an admin decides."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.card import Call, Card
from bot.domain.ids import AccountRef
from bot.domain.team import Role
from bot.service.entries import SyncReport
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of, write
from tests.fakes.platform import NAME, account
from tests.fakes.talk import said

TWENTY = [f"Entry{number}" for number in range(1, 21)]
FEW = TWENTY[:3]


async def listed(house: Clubhouse) -> int:
    return await house.club.runner.read(lambda tx: tx.entries.count(house.team.id))


async def changed(house: Clubhouse, *titles: str) -> SyncReport:
    write(house.reading_list, titles)
    return await house.club.lists.sync(house.team)


def buttons(card: Card) -> dict[str, Call]:
    return {action.label: action.call for action in card.actions}


async def told(house: Clubhouse) -> Sequence[Card]:
    await house.stage.settle()
    return [card for _, card in house.platform.told]


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [(20, 3, True), (20, 13, True), (20, 14, False), (9, 5, False), (9, 4, True), (300, 200, False), (300, 199, True)],
)
async def test_more_than_a_third_and_at_least_five_are_held(
    before: int, after: int, held: bool, tmp_path: Path
) -> None:
    titles = [f"Entry{number}" for number in range(before)]
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, *titles) as house:
        await changed(house, *titles[:after])

        assert await listed(house) == (before if held else after)


async def test_an_admin_gets_one_card_and_applies_what_it_shows(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TWENTY, admins="fake:ana") as house:
        for _ in range(3):
            await changed(house, *FEW, "New")
        (card,) = await told(house)
        assert house.platform.told[0][0] == account("ana")
        assert "list.md no longer has 17 of its 20 entries." in words_of(card)
        assert "17 of its 20" in text_of(await house.say("status"))
        assert await listed(house) == 20

        refused = await house.say(buttons(card)["Apply"], by="ben", role=Role.READER)
        assert refused.refusal
        applied = await house.say(buttons(card)["Apply"])
        again = await house.say(buttons(card)["Apply"])

        assert applied.show.title == "17 entries are off the list."
        assert again.refusal
        assert await listed(house) == 3
        await house.club.lists.sync(house.team)
        assert await listed(house) == 4
        assert "17 of its 20" not in text_of(await house.say("status"))
        await house.rewrite(*TWENTY, "New")
        assert (await house.say("show #20")).show.title == "Entry20"


async def test_keeping_the_old_list_holds_while_another_file_of_the_folder_changes(
    database: str, tmp_path: Path
) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    write(folder / "ours.md", TWENTY)
    write(folder / "theirs.md", ["One"])
    async with clubhouse(database, tmp_path, admins="fake:ana") as house:
        await house.club.lists.use(house.team, [folder])
        write(folder / "ours.md", FEW)
        await house.club.lists.sync(house.team)
        (card,) = await told(house)
        await house.say(buttons(card)["Keep the old list"])

        write(folder / "theirs.md", ["One", "Two"])
        report = await house.club.lists.sync(house.team)

        assert [change.rejected for change in report.held] == [True]
        assert len(await told(house)) == 1


async def test_keeping_the_old_list_holds_until_the_file_changes_again(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TWENTY, admins="fake:ana") as house:
        await changed(house, *FEW)
        (card,) = await told(house)
        await house.say(buttons(card)["Keep the old list"])
        report = await changed(house, *FEW)
        assert (report.held[0].rejected, await listed(house)) == (True, 20)
        assert "chose to keep the old list" in text_of(await house.say("status"))
        async with clubhouse(database, tmp_path, admins="fake:ana") as restarted:
            assert "chose to keep the old list" in text_of(await restarted.say("status"))
            assert await told(restarted) == []

        await changed(house, *TWENTY[:2])

        assert len(await told(house)) == 2
        assert await listed(house) == 20


async def test_a_file_that_is_fixed_ends_the_hold(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TWENTY, admins="fake:ana") as house:
        await changed(house, *FEW)
        (card,) = await told(house)

        report = await changed(house, *TWENTY)

        assert (report.held, await listed(house)) == ((), 20)
        assert (await house.say(buttons(card)["Apply"])).refusal
        assert await listed(house) == 20


async def test_a_card_of_an_older_change_decides_nothing_and_shows_the_newest(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TWENTY, admins="fake:ana") as house:
        await changed(house, *FEW)
        await changed(house, *TWENTY[:2])
        first, second = await told(house)

        shown = (await house.say(buttons(first)["Apply"])).show

        assert isinstance(shown, Card)
        assert "18 of its 20" in words_of(shown)
        assert await listed(house) == 20
        assert buttons(shown).keys() == {"Apply", "Keep the old list"}
        await house.say(buttons(second)["Apply"])
        assert await listed(house) == 2


async def test_the_problems_of_a_held_file_are_those_that_it_has_now(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TWENTY) as house:
        house.reading_list.write_bytes(b"")
        empty = await house.club.lists.sync(house.team)
        held = await changed(house, *FEW)

    assert ["the file is empty" in problem.message for problem in empty.problems] == [True]
    assert (len(held.held), held.problems) == (1, ())


async def test_the_host_accepts_a_held_change(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TWENTY) as house:
        await changed(house, *FEW)
        report = await house.club.lists.sync(house.team, accept=True)

    assert (report.entries, report.retired, report.held) == (3, 17, ())


async def test_other_files_of_the_folder_go_on_while_one_is_held(database: str, tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    write(folder / "a.md", TWENTY)
    write(folder / "b.md", ["Other"])

    async with clubhouse(database, tmp_path, "Seed") as house:
        await house.club.lists.use(house.team, [folder])
        write(folder / "a.md", FEW)
        await house.club.lists.sync(house.team)
        write(folder / "b.md", ["Other", "Newer"])
        report = await house.club.lists.sync(house.team)
        assert (report.added, report.entries, len(report.held)) == (1, 22, 1)
        (folder / "a.md").unlink()
        report = await house.club.lists.sync(house.team)
        assert (report.entries, len(report.held[0].entries)) == (22, 20)


async def test_entries_that_only_move_to_another_file_are_not_held(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    write(folder / "a.md", TWENTY)

    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Seed") as house:
        await house.club.lists.use(house.team, [folder])
        (folder / "a.md").rename(folder / "b.md")
        report = await house.club.lists.sync(house.team)
        assert (report.entries, report.retired, report.held) == (20, 0, ())


async def test_a_draft_and_another_list_are_wishes_and_not_held(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, *TWENTY) as house:
        text = house.reading_list.read_text(encoding="utf-8")
        house.reading_list.write_text(f"---\ndraft: true\n---\n{text}", encoding="utf-8")
        assert (await house.club.lists.sync(house.team)).entries == 0
        house.reading_list.write_text(text, encoding="utf-8")
        assert (await house.club.lists.sync(house.team)).entries == 20
        write(tmp_path / "other.md", FEW)
        assert (await house.club.lists.use(house.team, [tmp_path / "other.md"])).entries == 3


async def test_two_processes_with_the_same_files_ask_once(database: str, tmp_path: Path) -> None:
    async with (
        clubhouse(database, tmp_path, *TWENTY, admins="fake:ana") as house,
        clubhouse(database, tmp_path, admins="fake:ana") as other,
    ):
        write(house.reading_list, FEW)
        first = await house.club.lists.sync(house.team)
        second = await other.club.lists.sync(other.team)
        assert (len(first.news), len(second.news), len(second.held)) == (1, 0, 1)
        assert len(await told(house)) == 1


async def test_who_set_up_a_digest_is_asked_where_the_settings_name_no_admin(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TWENTY) as house:
        await house.say("schedule set mon 09:00 UTC", by="carl")
        await changed(house, *FEW)
        await told(house)
        assert [person for person, _ in house.platform.told] == [AccountRef(NAME, "carl")]


async def test_the_hosts_channel_is_asked_in_place_of_the_admins(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TWENTY, admins="fake:ana", admin_channel="fake:W1:ops") as house:
        await changed(house, *FEW)
        assert await told(house) == []
        (posted,) = house.platform.roots()
        assert buttons(posted.card).keys() == {"Apply", "Keep the old list"}


@pytest.mark.parametrize(("press", "left"), [("press 1", 3), ("press 2", 20)])
async def test_the_terminals_admin_decides_by_number(press: str, left: int, database: str, tmp_path: Path) -> None:
    path = tmp_path / "reading.md"
    write(path, TWENTY)
    await said(["/blog"], database=database, reading_list=path, speaker="you")
    write(path, FEW)

    asked, decided, listing = await said(
        ["clock", press, "/blog status"], database=database, reading_list=path, speaker="you"
    )

    assert [post["title"] for post in asked["posts"]] == ["Part of the reading list is missing."]
    assert not decided["refusal"]
    assert f"{left} entries" in listing["text"]


async def test_a_source_that_is_taken_away_takes_its_held_change_along(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, *TWENTY) as house:
        await changed(house, *FEW)
        write(tmp_path / "other.md", FEW)
        report = await house.club.lists.use(house.team, [tmp_path / "other.md"])
        assert (report.entries, report.held) == (3, ())
