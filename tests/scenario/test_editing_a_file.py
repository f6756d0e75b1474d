"""Edits from the chat that are written into the team's file."""

import stat
from pathlib import Path

import pytest

from bot.domain.edit import EditState
from bot.domain.errors import BadConfig
from bot.domain.team import Role
from bot.runtime import file_edits, writing
from bot.service import edits
from store.lists.reading import read
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of
from tests.scenario.test_editing import URL, added, card_of, notices, pressed, said

LIST = b"""# Articles

Said *before* the list.

## Storage

1.  [db] [Caching](https://example.org/caching) - why
    - a note\r
2.  [Logs](https://example.org/logs)

## Networks

- [TCP](https://example.org/tcp)
"""


async def writes(house: Clubhouse, content: bytes = LIST) -> None:
    """The team's file has this content, and edits are written to it."""
    house.reading_list.write_bytes(content)
    await house.club.lists.use(house.team, [house.reading_list])
    await writing.write_to_file(house.club.runner, house.club.lists, house.team, None)


async def states(house: Clubhouse) -> list[EditState]:
    found = await house.club.runner.read(lambda tx: tx.edits.newest(house.team.id, None, 20))
    return [edit.state for edit in reversed(found)]


async def test_an_article_is_added_to_the_file_under_its_heading_and_gets_a_number(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path) as house:
        await writes(house)
        unknown = await said(house, f"add {URL} title:Queues section:Kitchen")
        assert "no section “Kitchen”" in text_of(unknown)
        waits = await added(house, f'add {URL} title:"On *queues*" section:storage tag:queues notes:"Why: [x]"')
        assert card_of(waits).title == "The change is on its way."
        again = await said(house, f"add {URL} title:Other")
        assert "on its way to the list already" in text_of(again)
        seen = []

        async def show(card: object) -> None:
            seen.append(card)

        from tests.fakes.clubhouse import actor_of

        await house.club.dispatcher.follow(actor_of("ana", Role.READER), card_of(waits), show)
        await house.stage.settle()

        assert [card.title for card in seen] == ["#4 is on the list."]  # type: ignore[attr-defined]
        after = house.reading_list.read_bytes()
        line = b"2.  [Logs](https://example.org/logs)\n"
        new = b"3.  [queues] [On \\*queues\\*](https://example.org/queues)\n    Why: [x]\n"
        assert after == LIST.replace(line, line + new)
        assert await states(house) == [EditState.CONFIRMED]
        assert (await house.club.lists.sync(house.team)).quiet
        assert card_of(await said(house, "show #4")).title == "On *queues*"


async def test_corrections_notes_and_retiring_change_only_their_entry_and_are_undone(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path) as house:
        await writes(house)
        await said(house, "read #1")
        noted = await said(house, "note #3 Slow start is the point")
        edited = await said(house, 'edit #1 title:"Caching well" tag:storage,db')
        retired = await said(house, "retire #2")
        await house.stage.settle()

        changed = (
            LIST.replace(b"[db] [Caching]", b"[storage, db] [Caching well]")
            .replace(b"2.  [Logs](https://example.org/logs)\n", b"")
            .replace(b"tcp)\n", b"tcp)\n    - Slow start is the point\n")
        )
        assert house.reading_list.read_bytes() == changed
        assert not read(changed, "").problems
        shown = await said(house, "show #1")
        assert (card_of(shown).title, "State: read" in text_of(shown)) == ("Caching well", True)
        assert "no longer on the list" in text_of(await said(house, "share #2"))

        for answer in (noted, edited, retired):
            await pressed(house, answer, "Undo")
        await house.stage.settle()

        assert read(house.reading_list.read_bytes(), "").problems == ()
        titles = [(entry.title, entry.tags, entry.notes.markdown) for entry in read(LIST, "").entries]
        now = [
            (entry.title, tuple(sorted(entry.tags)), entry.notes.markdown)
            for entry in read(house.reading_list.read_bytes(), "").entries
        ]
        assert sorted(now) == sorted(titles)
        assert card_of(await said(house, "show #2")).title == "Logs"
        assert "State: read" in text_of(await said(house, "show #1"))
        moved = await said(house, "edit #3 section:Storage")
        await house.stage.settle()
        assert card_of(moved).title == "The change is on its way."
        assert "Section: Articles › Storage" in text_of(await said(house, "show #3"))


async def test_an_edit_waits_while_its_file_cannot_be_written_and_is_written_later(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, admins="fake:ana") as house:
        await writes(house)
        elsewhere = tmp_path / "away.md"
        for spoil, mend, reason in (
            (
                lambda: house.reading_list.rename(elsewhere),
                lambda: elsewhere.rename(house.reading_list),
                "no such file",
            ),
            (lambda: house.reading_list.write_bytes(b""), lambda: house.reading_list.write_bytes(LIST), "empty"),
            (
                lambda: house.reading_list.write_bytes(b"x" * (2 << 20) + b"y"),
                lambda: house.reading_list.write_bytes(LIST),
                "2 MiB",
            ),
            (
                lambda: house.reading_list.write_bytes(b"\xff\xfe*\0"),
                lambda: house.reading_list.write_bytes(LIST),
                "UTF-16",
            ),
        ):
            spoil()
            await said(house, f"note #1 While {reason}")
            await house.stage.settle()
            (card,) = [one for one in await notices(house) if reason in str(one)]
            assert card.title == "A change of the list is waiting."
            (line,) = await house.club.runner.read(lambda tx: writing.waiting_lines(tx, house.team))
            assert reason in line
            patch = await house.club.runner.read(lambda tx: writing.patches(tx, house.team))
            assert patch.startswith(f"# {house.reading_list}: ")
            ((_, well),) = [(line, good) for good, line in await writing.checked(house.club.runner, house.club.lists)]
            assert not well
            mend()
            await house.stage.settle()
            assert await house.club.runner.read(lambda tx: edits.pending(tx, house.team.id)) == []
            assert f"- While {reason}\n".encode() in house.reading_list.read_bytes()
            house.reading_list.write_bytes(LIST)
            await house.club.lists.sync(house.team)


async def test_an_edit_that_has_no_place_waits_and_the_patch_shows_the_others(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path) as house:
        nested = b"- [A](https://example.org/a)\n  - [B](https://example.org/b)\n- [C](https://example.org/c)\n"
        await writes(house, nested)
        retired = await said(house, "retire #1")
        await said(house, "note #1 Also waits")
        await house.stage.settle()
        assert house.reading_list.read_bytes() == nested
        first, second = await house.club.runner.read(lambda tx: writing.waiting_lines(tx, house.team))
        assert "Other entries are listed under “A”" in first
        assert "An earlier change of this entry waits" in second
        withdrawn = await pressed(house, retired, "Undo")
        assert card_of(withdrawn).title == "The change is withdrawn."
        patch = await house.club.runner.read(lambda tx: writing.patches(tx, house.team))
        assert "+  - Also waits\n" in patch


async def test_a_pending_edit_that_is_in_the_file_already_is_not_written_twice(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path) as house:
        await writes(house)
        await added(house, f"add {URL} title:Queues")
        await said(house, "note #1 Once")
        await said(house, "retire #2")
        waiting = await house.club.runner.read(lambda tx: edits.pending(tx, house.team.id))
        file_edits.write_edits(house.reading_list, waiting)  # and the process dies before it notes that
        written = house.reading_list.read_bytes()

        await house.stage.settle()

        assert house.reading_list.read_bytes() == written
        assert written.count(b"Once") == written.count(b"Queues") == 1
        assert await states(house) == [EditState.CONFIRMED] * 3


def test_what_somebody_saves_at_the_same_moment_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.md"
    path.write_bytes(LIST)
    path.chmod(0o640)
    exchange = file_edits._exchange
    saves = [LIST + b"- [Late](https://example.org/late)\n"]

    def saved_between(one: Path, other: Path) -> bool:
        if saves:
            beside = tmp_path / "theirs"
            beside.write_bytes(saves.pop())
            beside.replace(path)
        return exchange(one, other)

    monkeypatch.setattr(file_edits, "_exchange", saved_between)
    with pytest.raises(file_edits.FileChanged):
        file_edits.replace(path, LIST, b"ours")

    assert path.read_bytes().endswith(b"late)\n")
    file_edits.replace(path, path.read_bytes(), b"ours")
    assert (path.read_bytes(), sorted(one.name for one in tmp_path.iterdir())) == (b"ours", ["list.md"])


def test_the_file_keeps_its_rights_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.md", tmp_path / "list.md"
    real.write_bytes(LIST)
    real.chmod(0o640)
    link.symlink_to(real)

    file_edits.replace(link, LIST, b"new")

    assert (link.is_symlink(), real.read_bytes(), stat.S_IMODE(real.stat().st_mode)) == (True, b"new", 0o640)


async def test_the_own_list_moves_into_a_file_once_and_numbers_stay(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Caching", "Queues") as house:
        await added(house, 'add https://example.org/new title:"New one" tag:db section:Storage notes:"- a\n  - b"')
        await said(house, "note #1 From the chat")
        await said(house, "retire #2")
        text = await house.club.runner.read(lambda tx: writing.club_markdown(tx, house.team))
        assert [entry.title for entry in read(text.encode(), "").entries] == ["Caching", "New one"]
        await said(house, "read #3")

        line = await writing.write_to_file(house.club.runner, house.club.lists, house.team, None)

        assert line.endswith(f"are written to {house.reading_list}.")
        content = house.reading_list.read_text()
        assert "* From the chat" in content
        assert "queues" not in content
        assert "New one" in content
        report = await house.club.lists.sync(house.team)
        assert (report.quiet, report.entries) == (True, 2)
        assert await house.club.runner.read(lambda tx: edits.club_entries(tx, house.team.id)) == []
        assert "State: read" in text_of(await said(house, "show #3"))
        restored = await said(house, "restore #2")
        await house.stage.settle()
        assert card_of(restored).title == "The change is on its way."
        assert card_of(await said(house, "show #2")).title == "Queues"
        with pytest.raises(BadConfig, match="is not a file"):
            await writing.write_to_file(house.club.runner, house.club.lists, house.team, tmp_path)


async def test_a_club_without_a_list_gets_a_file_that_keeps_every_number(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path) as house:
        for number in range(1, 4):
            await added(house, f"add https://example.org/{number} title:Title{number} section:Part{number % 2}")
        path = tmp_path / "new" / "reading.md"
        path.parent.mkdir()

        await writing.write_to_file(house.club.runner, house.club.lists, house.team, path)

        assert [entry.title for entry in read(path.read_bytes(), "").entries] == ["Title1", "Title2", "Title3"]
        for number in range(1, 4):
            assert card_of(await said(house, f"show #{number}")).title == f"Title{number}"
        assert (await house.club.lists.sync(house.team)).quiet
