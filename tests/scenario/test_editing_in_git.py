"""Lists in real git repositories, and edits from the chat that are committed and pushed there."""

import asyncio
import base64
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.platform import Answer
from bot.domain.card import Card
from bot.domain.edit import Edit, EditKind, EditState
from bot.domain.errors import BadConfig, Refusal
from bot.domain.ids import EditId, MemberId, TeamId, Url
from bot.domain.team import Role
from bot.ports.store import Transaction
from bot.runtime import git, repositories, writing
from bot.runtime.git import marks_in
from store.lists.reading import read
from tests.fakes import commands
from tests.fakes.clubhouse import Clubhouse, actor_of, clubhouse, text_of, words_of
from tests.fakes.forge import TOKEN, forge
from tests.fakes.git_server import Repository, needs_git, repository, served
from tests.fakes.git_server import git as run_git
from tests.scenario.test_editing import URL, added, card_of, labels, notices, pressed, said

pytestmark = needs_git
LIST = b"""# Articles

- [Caching](https://example.org/caching) - why
    - a note
- [Logs](https://example.org/logs)
- [TCP](https://example.org/tcp)
"""


def at(repository: Repository) -> str:
    return f"{repository.url}#main:/reading.md"


async def writes(house: Clubhouse, source: str) -> None:
    """The team's list is this one in a repository, and edits are written to it."""
    await house.club.lists.use(house.team, [source])
    await writing.write_to_git(house.club.runner, house.club.lists, house.team, None)


async def states(house: Clubhouse) -> list[EditState]:
    found = await house.club.runner.read(lambda tx: tx.edits.newest(house.team.id, None, 50))
    return [edit.state for edit in reversed(found)]


async def waiting(house: Clubhouse) -> Sequence[str]:
    return await house.club.runner.read(lambda tx: writing.waiting_lines(tx, house.team))


async def doctor(house: Clubhouse) -> Sequence[tuple[bool, str]]:
    return await writing.checked(house.club.runner, house.club.lists)


async def retried(house: Clubhouse) -> None:
    """Try again what waits, as happens after a minute."""
    house.club.lists._tried.clear()
    await house.stage.settle()


async def numbers(house: Clubhouse) -> dict[str, int]:
    def known(tx: Transaction) -> dict[str, int]:
        listed = [entry for source in tx.entries.sources(house.team.id) for entry in tx.entries.of_source(source.id)]
        return {entry.title: entry.number for entry in listed if entry.retired_at is None}

    return await house.club.runner.read(known)


async def test_a_list_in_a_repository_is_fetched_and_what_people_push_arrives(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST, "docs/reading.md")
    async with clubhouse(database, tmp_path) as house:
        source = await house.club.lists.fetched(made.url, "", "/docs/reading.md")
        assert source == f"{made.url}#main:/docs/reading.md"
        report = await house.club.lists.use(house.team, [source])
        assert (report.entries, report.problems) == (3, ())
        await said(house, "read #1")

        made.save(
            LIST.replace(b"Logs", b"Logging").replace(b"- [TCP]", b"- [UDP](https://example.org/udp)\n- [TCP]"),
            "docs/reading.md",
        )
        await house.club.lists.rescan()
        assert "Logging" not in await numbers(house)
        await house.club.lists.fetch()

        assert await numbers(house) == {"Caching": 1, "Logging": 2, "TCP": 3, "UDP": 4}
        assert "State: read" in text_of(await said(house, "show #1"))


async def test_a_burst_of_edits_is_one_commit_that_changes_only_their_lines(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)
    async with clubhouse(database, tmp_path) as house:
        await writes(house, at(made))
        lists = house.club.lists
        await said(house, "read #2")
        await house.stage.advance(timedelta(seconds=1))
        settle, house.stage.settle = house.stage.settle, lambda: asyncio.sleep(0)  # type: ignore[method-assign]
        await added(house, f"add {URL} title:Queues notes:Why")
        await said(house, "note #3 Slow start")
        await said(house, 'edit #1 title:"Caching well"')
        await lists.write_edits(at_once=False)
        assert made.read() == LIST
        house.club.clock.move_to(house.club.clock.now() + timedelta(seconds=5))
        await lists.write_edits(at_once=False)
        house.stage.settle = settle  # type: ignore[method-assign]

        newest, *older = made.messages()
        assert len(older) == 1
        assert newest.startswith("Change 3 entries of the reading list\n")
        assert len(marks_in(newest)) == 3
        assert run_git("log", "-1", "--format=%an", "main", at=made.bare) == "Dogear\n"
        expected = LIST.replace(b"[Caching]", b"[Caching well]").replace(
            b"tcp)\n", b"tcp)\n    - Slow start\n- [Queues](https://example.org/queues)\n    Why\n"
        )
        assert made.read() == expected
        assert set(await states(house)) == {EditState.CONFIRMED}
        before = await numbers(house)
        assert before == {"Caching well": 1, "Logs": 2, "TCP": 3, "Queues": 4}

        await lists.fetch()  # our own commit comes back
        assert await numbers(house) == before
        assert (await lists.sync(house.team, fetched=[at(made)])).quiet
        assert "State: read" in text_of(await said(house, "show #2"))
        assert len(made.messages()) == 2


def authors(made: Repository) -> str:
    return run_git("log", "-1", "--format=%an <%ae> %cn: %(trailers:key=Co-authored-by)", "main", at=made.bare).strip()


async def test_a_commit_has_the_name_of_a_member_who_wants_that(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)
    async with clubhouse(database, tmp_path) as house:
        await writes(house, at(made))

        await said(house, "settings name-in-commits yes")
        await said(house, "note #3 Slow start")
        await house.stage.settle()
        assert authors(made) == "ana <dogear@localhost> Dogear:"

        await said(house, "settings name-in-commits no")
        await said(house, "note #3 Fast")
        await house.stage.settle()
        assert authors(made) == "Dogear <dogear@localhost> Dogear:"


def an_edit(number: int) -> Edit:
    return Edit(
        id=EditId(number),
        team=TeamId(1),
        kind=EditKind.CHANGE,
        state=EditState.PENDING,
        url=Url(URL),
        key=f"k{number}",
        entry=None,
        fields={},
        member=MemberId(1),
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("names", "author", "beside"),
    [
        (["", ""], git.AUTHOR, []),
        (["Ana", "Ana"], "Ana <dogear@localhost>", []),
        (["Ana", ""], git.AUTHOR, ["Ana <dogear@localhost>"]),
        (["Ana", "Ben"], git.AUTHOR, ["Ana <dogear@localhost>", "Ben <dogear@localhost>"]),
        (["Ana\nDogear-Edit: x <y>", ""], git.AUTHOR, ["Ana Dogear-Edit: x  y <dogear@localhost>"]),
        (["<>", "."], git.AUTHOR, []),
    ],
)
def test_a_commit_of_several_names_them_beside_each_other(names: list[str], author: str, beside: list[str]) -> None:
    made = [an_edit(number) for number in range(len(names))]
    words = {edit.id: "Change a title" for edit in made}

    message, by = git._signed(made, words, dict(zip(words, names, strict=True)))

    assert by == author
    assert [line.removeprefix("Co-authored-by: ") for line in message.splitlines() if line.startswith("Co-")] == beside
    assert len(marks_in(message)) == len(made)


async def test_an_undo_is_a_commit_of_its_own_and_the_list_is_as_before(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)
    async with clubhouse(database, tmp_path) as house:
        await writes(house, at(made))
        done = await said(house, "note #3 Slow start")
        await house.stage.settle()
        assert made.read() != LIST
        await pressed(house, done, "Undo")
        await house.stage.settle()
        assert made.read() == LIST
        assert len(made.messages()) == 3


async def test_edits_are_applied_to_what_a_person_pushed_meanwhile(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)
    async with clubhouse(database, tmp_path) as house:
        await writes(house, at(made))
        tries = 0
        push = git.Copy._push

        def raced(self: git.Copy, *arguments: object) -> str | None:
            nonlocal tries
            tries += 1
            if tries <= 2:
                made.save(made.read() + f"- [By hand {tries}](https://example.org/hand/{tries})\n".encode())
            return push(self, *arguments)  # type: ignore[arg-type]

        git.Copy._push = raced  # type: ignore[method-assign, assignment]
        try:
            await said(house, "note #1 Meanwhile")
            await house.stage.settle()
        finally:
            git.Copy._push = push  # type: ignore[method-assign]
        assert tries == 3
        titles = [entry.title for entry in read(made.read(), "").entries]
        assert titles == ["Caching", "Logs", "TCP", "By hand 1", "By hand 2"]
        assert b"    - Meanwhile\n" in made.read()
        assert await states(house) == [EditState.CONFIRMED]


async def test_a_forced_push_is_followed_and_edits_that_it_dropped_are_written_again(
    database: str, tmp_path: Path
) -> None:
    made = repository(tmp_path / "git", LIST)
    async with clubhouse(database, tmp_path) as house:
        await writes(house, at(made))
        await added(house, f"add {URL} title:Queues")
        await house.stage.settle()
        await said(house, "read #4")
        await said(house, "note #1 Kept")
        await house.stage.settle()
        assert len(made.messages()) == 3
        made.rewind(2)
        assert made.read() == LIST

        await house.club.lists.fetch()
        await house.stage.settle()

        assert b"[Queues]" in made.read()
        assert b"- Kept\n" in made.read()
        assert await numbers(house) == {"Caching": 1, "Logs": 2, "TCP": 3, "Queues": 4}
        assert "State: read" in text_of(await said(house, "show #4"))
        assert set(await states(house)) == {EditState.CONFIRMED}
        assert "another history" in "".join(made.messages())

        made.rewind(1)  # and a change from the chat finds that before a fetch does
        await said(house, "note #2 Newer")
        await house.stage.settle()
        await house.stage.settle()
        assert b"[Queues]" in made.read()
        assert b"- Newer\n" in made.read()
        assert set(await states(house)) == {EditState.CONFIRMED}


async def test_what_was_pushed_before_a_crash_is_recognised_and_not_done_again(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)
    async with clubhouse(database, tmp_path) as house:
        await writes(house, at(made))
        await said(house, "note #1 Once")
        pending = await house.club.runner.read(lambda tx: tx.edits.in_state(house.team.id, [EditState.PENDING]))
        await house.club.lists._repositories.run(  # and the process ends before it notes that
            at(made), lambda copy: copy.write(pending, {pending[0].id: "Noted"}, house.club.clock.now())
        )
        made.save(made.read().replace(b"    - Once\n", b""))  # a person removes it meanwhile
        await house.stage.settle()
        assert await states(house) == [EditState.CONFIRMED]
        assert b"Once" not in made.read()
        assert len(made.messages()) == 3


async def test_over_http_a_wrong_token_and_one_that_may_only_read_are_named_and_the_edit_is_written_later(
    database: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = repository(tmp_path / "git", LIST)

    with served(tmp_path / "git") as server:
        source = f"{server.url}#main:/reading.md"
        for token, reason in (
            ("", "asks for a token. Set DOGEAR_GIT_TOKEN"),
            ("wrong-secret", "refuses the token. Set DOGEAR_GIT_TOKEN"),
        ):
            async with clubhouse(database, tmp_path, git_token=token, log_level="DEBUG") as house:
                with pytest.raises(Refusal, match=reason) as no:
                    await house.club.lists.use(house.team, [source])
                assert "secret" not in str(no.value)
        async with clubhouse(database, tmp_path, git_token="readonly") as house:
            await house.club.lists.use(house.team, [source])
            with pytest.raises(BadConfig, match="may not write to"):
                await writing.write_to_git(house.club.runner, house.club.lists, house.team, None)
        async with clubhouse(database, tmp_path, git_token="right", admins="fake:ana") as house:
            await writes(house, source)
            server.tokens["right"] = "read"
            await said(house, "note #1 Later")
            (card,) = [one for one in await notices(house) if "may not write to" in str(one)]
            assert card.title == "A change of the list is waiting."
            (line,) = await waiting(house)
            assert "Give it that right" in line
            assert [good for good, _ in await doctor(house)] == [False]
            del server.tokens["right"]
            await retried(house)
            assert "refuses the token" in (await waiting(house))[0]
            server.tokens["right"] = "write"
            await retried(house)
            assert await waiting(house) == []
            assert b"    - Later\n" in made.read()
            assert [good for good, _ in await doctor(house)] == [True, True]
    logged = capfd.readouterr().err
    assert "/list.git" in logged
    assert "wrong-secret" not in logged
    assert base64.b64encode(b"x-access-token:wrong-secret").decode() not in logged


async def test_a_push_whose_answer_is_lost_is_looked_for_before_it_is_done_again(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)

    with served(tmp_path / "git") as server:
        async with clubhouse(database, tmp_path, git_token="127.0.0.1=right") as house:
            await writes(house, f"{server.url}#main:/reading.md")
            server.cut = 1
            await said(house, "note #1 Unclear")
            await house.stage.settle()
            assert "cannot be reached" in (await waiting(house))[0]
            await retried(house)
            assert await waiting(house) == []
            assert made.read().count(b"Unclear") == 1
            assert len(made.messages()) == 2


def meaning(content: bytes) -> dict[str, str]:
    """The titles of a list, each with its notes."""
    return {entry.title: entry.notes.markdown for entry in read(content, "reading.md").entries}


async def undone(house: Clubhouse, answer: Answer) -> Answer:
    """Press *Undo* and try again what waits."""
    after = await pressed(house, answer, "Undo")
    await retried(house)
    return after


@pytest.mark.parametrize("line", ["note #1 Unclear", f"add {URL} title:Queues", 'edit #3 title:"Other"', "retire #2"])
async def test_undo_of_a_change_whose_push_had_no_answer_takes_it_back(
    database: str, tmp_path: Path, line: str
) -> None:
    made = repository(tmp_path / "git", LIST)

    with served(tmp_path / "git") as server:
        async with clubhouse(database, tmp_path, git_token="127.0.0.1=right") as house:
            await writes(house, f"{server.url}#main:/reading.md")
            server.cut = 1
            answer = await (added(house, line) if line.startswith("add") else said(house, line))
            await house.stage.settle()
            assert meaning(made.read()) != meaning(LIST)

            assert card_of(await undone(house, answer)).title == "The change is on its way."
            assert meaning(made.read()) == meaning(LIST)
            assert await waiting(house) == []
            assert "undone" in text_of(await said(house, "edits", role=Role.CURATOR))
            assert len(made.messages()) == 3
            if line.startswith("add"):
                assert labels(await said(house, line))[0] == "Add"


async def test_undo_of_a_change_that_was_never_pushed_leaves_nothing_behind(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)

    with served(tmp_path / "git") as server:
        async with clubhouse(database, tmp_path, git_token="right") as house:
            await writes(house, f"{server.url}#main:/reading.md")
            server.tokens["right"] = "read"
            noted = await said(house, "note #2 Never")
            new = await added(house, f"add {URL} title:Queues")
            await house.stage.settle()
            await undone(house, noted)
            await undone(house, new)
            server.tokens["right"] = "write"
            await retried(house)
            assert made.read() == LIST
            assert len(made.messages()) == 1
            assert await waiting(house) == []
            assert labels(await said(house, f"add {URL} title:Queues"))[0] == "Add"


async def test_undo_of_a_change_that_has_no_place_withdraws_it(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)

    async with clubhouse(database, tmp_path) as house:
        await writes(house, at(made))
        made.save(LIST.replace(b"- [TCP](https://example.org/tcp)\n", b""))  # not fetched yet
        noted = await said(house, "note #3 Gone")
        await house.stage.settle()
        assert len(await waiting(house)) == 1

        seen: list[Card] = []

        async def show(card: Card) -> None:
            seen.append(card)

        await house.club.dispatcher.follow(actor_of("ana", Role.READER), card_of(await undone(house, noted)), show)
        assert await waiting(house) == []
        assert [card.title for card in seen] == ["The change is withdrawn."]
        assert set(await states(house)) == {EditState.REFUSED}


@pytest.mark.parametrize("way", ["file", "http"])
async def test_a_huge_repository_is_refused_before_all_of_it_is_here(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = repository(tmp_path / "git", LIST)
    made.save(os.urandom(400_000), "video.bin")
    monkeypatch.setattr(git, "MAX_FETCH", 100_000)

    with served(tmp_path / "git") as server:
        source = at(made) if way == "file" else f"{server.url}#main:/reading.md"
        async with clubhouse(f"sqlite:///{tmp_path / 'dogear.db'}", tmp_path, git_token="right") as house:
            for _ in range(2):
                with pytest.raises(Refusal, match="larger than") as no:
                    await house.club.lists.use(house.team, [source])
            assert no.value.hint == "Put the list into a repository of its own."
            assert len([path for path in server.asked if "upload-pack" in path]) <= 3  # of one fetch
            left = [file for file in (tmp_path / "copies").rglob("*") if file.is_file()]
            assert sum(file.stat().st_size for file in left) < 100_000


async def test_what_is_wrong_with_a_repository_is_said_in_words(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)

    async with clubhouse(database, tmp_path, admins="fake:ana") as house:
        lists = house.club.lists
        for url, branch, path, reason in (
            (made.url, "dev", "reading.md", "no branch “dev”. It has main."),
            (made.url, "main", "other.md", "has no file other.md"),
            (made.url, "main", "../reading.md", "is not a path in a repository"),
            (made.url, "../../main", "reading.md", "“../../main” is not the name of a branch"),
            (made.url, "main.lock", "reading.md", "is not the name of a branch"),
            ("ssh://-oProxyCommand=id/list.git", "main", "reading.md", "is not an address of a server"),
            ("git@-oProxyCommand:list.git", "main", "reading.md", "is not an address of a server"),
            (f"file://{tmp_path}/none.git", "main", "reading.md", "none.git"),
            ("https://ana:secret@git.example.org/list.git", "main", "reading.md", "The address has a secret in it"),
            ("ftp://git.example.org/list.git", "main", "reading.md", "not an address"),
            ("git.example.org/list.git", "main", "reading.md", "not the address of a git repository"),
            ("http://127.0.0.1:1/list.git", "main", "reading.md", "cannot be reached"),
        ):
            with pytest.raises(Refusal, match=reason.replace(".", r"\.")) as no:
                await lists.fetched(url, branch, path)
            assert "ana:secret" not in f"{no.value} {no.value.hint}"
        await writes(house, at(made))
        for spoil, fix, reason in (
            (
                lambda: made.bare.rename(tmp_path / "away"),
                lambda: (tmp_path / "away").rename(made.bare),
                "Correct the address",
            ),
            (lambda: made.save(b"\n"), lambda: made.save(LIST), "empty"),
            (lambda: made.save(b"x" * (2 << 20) + b"y"), lambda: made.save(LIST), "2 MiB"),
        ):
            spoil()
            await said(house, "note #1 While it is broken")
            await house.stage.settle()
            (line,) = await waiting(house)
            assert reason in line
            fix()
            await retried(house)
            assert await waiting(house) == []
            assert b"While it is broken" in made.read()


@pytest.mark.parametrize("over", ["file", "http"])
@pytest.mark.parametrize("trouble", ["diverged", "forced", "token", "declined", "gone"])
async def test_each_trouble_with_a_repository_is_solved_or_shown_on_a_card_and_the_edit_is_written(
    tmp_path: Path, over: str, trouble: str
) -> None:
    """A person's push needs no card; with the others the card says what to do, and doing it is enough."""
    if (over, trouble) == ("file", "token"):
        pytest.skip("A file has no token.")
    made = repository(tmp_path / "git", LIST)
    with served(tmp_path / "git") as server:
        source = at(made) if over == "file" else f"{server.url}#main:/reading.md"
        url = f"sqlite:///{tmp_path}/club.db"
        async with clubhouse(url, tmp_path, git_token="right", admins="fake:ana") as house:
            await writes(house, source)
            advice = ""
            if trouble == "diverged":
                made.save(LIST.replace(b"[Logs]", b"[Logging]"))
            elif trouble == "forced":
                made.save(LIST.replace(b"[Logs]", b"[Logging]"))
                await house.club.lists.fetch()
                made.rewind(1)
            elif trouble == "token":
                del server.tokens["right"]
                advice = "Set DOGEAR_GIT_TOKEN"
            elif trouble == "declined":
                made.protect()
                advice = "Merge the branch"
            else:
                made.bare.rename(tmp_path / "away")
                advice = "Correct the address"
            await said(house, "note #1 Kept through it")
            await house.stage.settle()
            cards = [card for card in await notices(house) if card.title == "A change of the list is waiting."]
            assert [advice in str(card) for card in cards] == [True] * bool(advice)
            if trouble == "token":
                server.tokens["right"] = "write"
            elif trouble == "declined":
                made.unprotect()
                made.merge(next(name for name in made.branches() if name != "main"))
                await house.club.lists.fetch()
            elif trouble == "gone":
                (tmp_path / "away").rename(made.bare)
            await retried(house)
            assert await waiting(house) == []
            assert set(await states(house)) == {EditState.CONFIRMED}
            assert made.read().count(b"    - Kept through it\n") == 1


def put(made: Repository, tree: str) -> None:
    """Push a commit with this tree alone, each line as `git ls-tree` shows it."""
    run_git("fetch", "-q", "origin", at=made.clone)
    run_git("read-tree", "--empty", at=made.clone)
    run_git("update-index", "--add", "--cacheinfo", tree, at=made.clone)
    root = run_git("write-tree", at=made.clone).strip()
    commit = run_git("commit-tree", root, "-p", "origin/main", "-m", "hostile", at=made.clone).strip()
    run_git("push", "-q", "origin", f"{commit}:refs/heads/main", at=made.clone)


async def test_a_list_that_becomes_something_else_is_named_and_is_left_as_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file where its folder was, a submodule in either place, a link, a folder, and a pointer of Git LFS."""
    made = repository(tmp_path / "git", LIST, "docs/reading.md")

    def stored(content: bytes) -> str:
        (tmp_path / "content").write_bytes(content)
        return run_git("hash-object", "-w", str(tmp_path / "content"), at=made.clone).strip()

    commit = run_git("rev-parse", "HEAD", at=made.clone).strip()
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 1234\n"
    async with clubhouse(f"sqlite:///{tmp_path}/club.db", tmp_path) as house:
        source = f"{made.url}#main:/docs/reading.md"
        await writes(house, source)
        for tree, reason in (
            (f"100644,{stored(b'x')},docs", "has no file docs/reading.md"),
            (f"160000,{commit},docs", "has no file docs/reading.md"),
            (f"160000,{commit},docs/reading.md", "is not a file in the repository"),
            (f"120000,{stored(b'/etc/passwd')},docs/reading.md", "is not a file in the repository"),
            (f"100644,{stored(b'x')},docs/reading.md/inner.md", "is not a file in the repository"),
            (f"100644,{stored(pointer)},docs/reading.md", "is in Git LFS"),
        ):
            put(made, tree)
            pushed = len(made.messages())
            await said(house, f"note #1 While {reason}")
            await retried(house)
            await house.club.lists.fetch()
            assert reason in house.club.lists.unfetched[source]
            assert reason in (await waiting(house))[0]
            assert len(made.messages()) == pushed
            assert await numbers(house) == {"Caching": 1, "Logs": 2, "TCP": 3}
        assert not [record for record in caplog.records if record.exc_info]


async def two_notes(house: Clubhouse, *lines: str) -> None:
    """Two changes that are written together."""
    for line in lines:
        await said(house, line)
    await house.stage.settle()


async def test_a_protected_branch_gets_a_branch_to_merge_by_hand(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)

    async with clubhouse(database, tmp_path, admins="fake:ana") as house:
        await writes(house, at(made))
        made.protect()
        await two_notes(house, "note #1 Protected", "note #3 Too")
        (branch,) = [name for name in made.branches() if name != "main"]
        assert branch.startswith("dogear/")
        assert made.read() == LIST
        assert b"Protected" in made.read(branch=branch)
        assert all(f"Merge the branch {branch}" in line for line in await waiting(house))
        (card,) = [one for one in await notices(house) if branch in str(one)]
        assert card.title == "A change of the list is waiting."

        await said(house, "note #1 After that")  # of the same entry, so it waits for the first
        await retried(house)
        assert "An earlier change of this entry waits" in (await waiting(house))[2]
        made.merge(branch)
        await house.club.lists.fetch()
        assert await states(house) == [EditState.CONFIRMED, EditState.CONFIRMED, EditState.PENDING]
        made.unprotect()
        await retried(house)
        assert set(await states(house)) == {EditState.CONFIRMED}
        assert b"    - Protected\n    - After that\n" in made.read()

        made.protect()
        await said(house, "note #2 Dropped")
        await house.stage.settle()
        (branch,) = [name for name in made.branches() if name != "main"]
        run_git("branch", "-D", branch, at=made.bare)
        await house.club.lists.fetch()
        assert (await states(house))[-1] is EditState.REFUSED
        assert "was deleted and not merged" in text_of(await said(house, "edits"))


async def test_a_branch_that_a_killed_process_pushed_is_not_taken_for_one_with_later_edits(
    database: str, tmp_path: Path
) -> None:
    made = repository(tmp_path / "git", LIST)

    async with clubhouse(database, tmp_path, admins="fake:ana") as house:
        lists = house.club.lists
        await writes(house, at(made))
        made.protect()

        async def killed(*_: object) -> None:
            raise asyncio.CancelledError

        propose, lists._propose = lists._propose, killed  # type: ignore[method-assign, assignment]
        await said(house, "note #1 Pushed before the end")
        with pytest.raises(asyncio.CancelledError):
            await lists.write_edits()
        lists._propose = propose  # type: ignore[method-assign]
        assert len(made.branches()) == 2

        await two_notes(house, "note #3 Made after it")
        (line, other) = await waiting(house)
        branch = next(name for name in made.branches() if name in line)
        assert branch in other
        assert b"Made after it" in made.read(branch=branch)
        made.merge(branch)
        await lists.fetch()
        assert await states(house) == [EditState.CONFIRMED, EditState.CONFIRMED]
        assert made.read().count(b"Pushed before the end") == 1


@pytest.mark.parametrize("kind", ["github", "gitlab", "gitea"])
async def test_where_the_forge_is_known_a_pull_request_is_opened_and_followed(
    database: str, tmp_path: Path, kind: str
) -> None:
    made = repository(tmp_path / "git", LIST)

    with served(tmp_path / "git") as server, forge(kind) as fake:
        own = f"127.0.0.1:{server.port}={kind}:{fake.api}"
        async with clubhouse(database, tmp_path, git_token=TOKEN, git_forge=own, admins="fake:ana") as house:
            await writes(house, f"{server.url}#main:/reading.md")
            made.protect()
            assert (True, "default: a protected branch gets a pull request") in await doctor(house)
            fake.refuses = True
            seen: list[Card] = []

            async def show(card: Card) -> None:
                seen.append(card)

            follow = house.club.dispatcher.follow
            await follow(actor_of("ana", Role.READER), card_of(await said(house, "note #1 First")), show)
            await house.stage.settle()
            assert "No pull request could be opened" in (await waiting(house))[0]
            fake.refuses = False
            await house.club.lists.fetch()
            assert "Merge the pull request https://forge.example.org/list/1" in (await waiting(house))[0]
            assert [request["title"] for request in fake.requests] == ["Change Caching: note: First"]
            assert any("forge.example.org/list/1" in str(card) for card in await notices(house))

            made.merge(fake.requests[0]["branch"])
            fake.requests[0]["state"] = "merged"
            await house.club.lists.fetch()
            assert await states(house) == [EditState.CONFIRMED]
            assert [card.title for card in seen] == ["The change waits.", "The change waits.", "#1 is changed."]
            assert "forge.example.org/list/1" in words_of(seen[1])
            assert "Your change of the list was merged." in [card.title for card in await notices(house)]

            await said(house, "note #2 Second")
            await house.stage.settle()
            fake.requests[1]["state"] = "closed"
            await house.club.lists.fetch()
            assert await states(house) == [EditState.CONFIRMED, EditState.REFUSED]
            assert "the pull request https://forge.example.org/list/2 was closed" in text_of(await said(house, "edits"))
            assert "Your change of the list was not merged." in [card.title for card in await notices(house)]
            del server.tokens[TOKEN]
            fake.kind = "none"
            assert not any(good for good, _ in await doctor(house))


async def test_a_pull_request_that_is_merged_while_it_is_looked_at_is_not_taken_for_declined(tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)

    with served(tmp_path / "git") as server, forge("github") as fake:
        own = f"127.0.0.1:{server.port}=github:{fake.api}"
        database = f"sqlite:///{tmp_path}/club.db"
        async with clubhouse(database, tmp_path, git_token=TOKEN, git_forge=own) as house:
            await writes(house, f"{server.url}#main:/reading.md")
            made.protect()
            await added(house, f"add {URL} title:Queues")
            await house.stage.settle()

            def merged() -> None:
                if fake.requests[0]["state"] == "open":
                    made.merge(fake.requests[0]["branch"])
                    fake.requests[0]["state"] = "merged"

            fake.before = merged  # after the branch was fetched, before the forge answers
            await house.club.lists.fetch()
            assert await states(house) == [EditState.CONFIRMED]
            assert "Queues" in await numbers(house)


@pytest.mark.parametrize("kind", ["github", "gitlab", "gitea"])
@pytest.mark.parametrize("odd", [{"message": "hello"}, [{}], [{"head": None}], "words", [3]])
async def test_a_forge_that_answers_something_else_is_named_and_stops_nothing(
    tmp_path: Path, kind: str, odd: object
) -> None:
    made = repository(tmp_path / "git", LIST)

    with served(tmp_path / "git") as server, forge(kind) as fake:
        own = f"127.0.0.1:{server.port}={kind}:{fake.api}"
        database = f"sqlite:///{tmp_path}/club.db"
        async with clubhouse(database, tmp_path, git_token=TOKEN, git_forge=own) as house:
            await writes(house, f"{server.url}#main:/reading.md")
            made.protect()
            fake.odd = odd
            await two_notes(house, "note #1 Proposed")
            assert f"does not answer as {kind} does. Correct DOGEAR_GIT_FORGE." in (await waiting(house))[0]
            await house.club.lists.fetch()
            fake.odd = None
            await house.club.lists.fetch()
            assert "Merge the pull request https://forge.example.org/list/1" in (await waiting(house))[0]


async def test_five_processes_over_one_database_make_one_commit_of_a_burst(url: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)

    async with AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(
                clubhouse(url, tmp_path, git_folder=str(tmp_path / f"copies {number}"), admins="fake:ana")
            )
            for number in range(5)
        ]
        one, two = houses[:2]
        await writes(one, at(made))
        for number in range(5):
            await said(one, f"note #{1 + number % 3} Note {number}")
        for _ in range(2):
            await asyncio.gather(*(house.club.lists.write_edits() for house in houses))
        assert set(await states(one)) == {EditState.CONFIRMED}
        assert len(made.messages()) == 2
        assert len(marks_in(made.messages()[0])) == 5
        for house in houses:
            assert not [card for card in await notices(house) if "waiting" in card.title]

        made.save(made.read().replace(b"[Logs]", b"[Logging]"))
        await one.club.lists.fetch()
        await two.club.lists.rescan()  # its copy is older, and must not put the list back
        assert "Logging" in await numbers(one)


async def test_over_ssh_the_systems_ssh_and_the_deploy_key_are_used(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = repository(tmp_path / "git", LIST)
    (tmp_path / "bin").mkdir()
    ssh = tmp_path / "bin" / "ssh"
    ssh.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nfor last; do :; done\n'
        f'if [ -e {tmp_path}/refuse ]; then echo "git@git.example.org: Permission denied (publickey)." >&2; exit 255; fi\n'
        'eval "$last"\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    async with clubhouse(database, tmp_path, git_ssh_key="/keys/deploy") as house:
        await writes(house, f"ssh://git@git.example.org{made.bare}#main:/reading.md")
        await said(house, "note #1 By ssh")
        await house.stage.settle()
        assert b"    - By ssh\n" in made.read()
        asked = (tmp_path / "asked").read_text()
        assert "-i /keys/deploy" in asked
        assert "BatchMode=yes" in asked
        (tmp_path / "refuse").touch()
        await said(house, "note #1 Refused")
        await house.stage.settle()
        assert "Permission denied (publickey). Correct the address or the deploy key." in (await waiting(house))[0]


async def test_a_damaged_copy_is_fetched_again_and_many_fetches_leave_few_files(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = repository(tmp_path / "git", LIST)
    monkeypatch.setattr(git, "MAX_PACKS", 3)

    async with clubhouse(database, tmp_path) as house:
        lists = house.club.lists
        await writes(house, at(made))
        objects = lists.local(at(made)).parent / "repository" / "objects"
        for number in range(9):
            made.save(LIST + f"- [New {number}](https://example.org/new)\n".encode())
            await lists.fetch()
            assert f"New {number}" in await numbers(house)
            assert len(await asyncio.to_thread(lambda: list(objects.glob("pack/*.pack")))) <= 4
        await asyncio.to_thread(spoil, objects)
        await said(house, "note #1 Later")
        await house.stage.settle()
        assert "was damaged" in (await waiting(house))[0]
        await retried(house)
        assert await waiting(house) == []
        assert b"    - Later\n" in made.read()


async def test_what_killed_processes_leave_in_a_copy_is_deleted(tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)

    async with clubhouse(f"sqlite:///{tmp_path}/club.db", tmp_path) as house:
        await writes(house, at(made))
        folder = house.club.lists.local(at(made)).parent
        left = [
            folder / ".reading.new",
            folder / "repository" / "objects" / "tmp_pack_1",
            folder / "repository" / "objects" / "pack" / "tmp_pack_2",
            folder / "repository" / "refs" / "heads" / "main.lock",
        ]
        await asyncio.to_thread(lambda: [file.write_bytes(b"half") for file in left])
        await said(house, "note #1 Later")
        await house.stage.settle()
        assert b"    - Later\n" in made.read()
        assert not await asyncio.to_thread(lambda: [file for file in left if file.exists()])


def spoil(objects: Path) -> None:
    for pack in objects.glob("pack/*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(b"spoiled")
    for loose in objects.glob("??/*"):
        loose.chmod(0o600)
        loose.write_bytes(b"spoiled")


def test_the_command_line_sets_up_a_list_in_git_and_says_what_is_wrong(tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST, "docs/reading.md")
    source = f"{made.url}#main:/docs/reading.md"
    where = {**os.environ, "DOGEAR_DATABASE": f"sqlite:///{tmp_path}/club.db"}

    def run(*arguments: str, lines: str = "", **more: str) -> tuple[int, str]:
        done = commands.dogear(*arguments, lines=lines, env={**where, **more})
        return done.returncode, done.stdout + done.stderr

    add = ("team", "add", "docs", "--git", made.url)
    assert run(*add, "--path", "other.md") == (
        1,
        "dogear: The branch main has no file other.md. Put it there, or name another one: dogear team lists\n",
    )
    assert "needs both: --git URL and --path PATH" in run(*add)[1]
    assert run(*add, "--path", "docs/reading.md") == (0, f"docs: 3 on the list; 3 added.\n  {source}\n")
    assert run("team", "lists", "docs") == (0, f"{source}: 3 entries\n")
    assert "are pushed to docs/reading.md on the branch main" in run("team", "write", "docs", "git")[1]
    assert "The change is on its way." in run("chat", "--team", "docs", lines="note #1 By hand\n")[1]
    assert b"    - By hand\n" in made.read("docs/reading.md")
    code, said = run("doctor")
    assert (code, said.count("ok  docs: ")) == (0, 2)

    made.bare.rename(tmp_path / "away")
    run("chat", "--team", "docs", lines="note #1 Later\n")
    assert "does not appear to be a git repository" in run("edits")[1]
    assert "+    - Later\n" in run("edits", "--patch")[1]
    for command in ("doctor", "sync"):
        code, said = run(command)
        assert (code, "does not appear to be a git repository. Correct the address" in said) == (1, True)
    (tmp_path / "away").rename(made.bare)
    made.save(b"- [One](https://example.org/one)\n", "docs/reading.md")
    code, said = run("sync")
    assert (code, "the change is held" in said) == (0, False)
    made.save(
        b"".join(b"- [%d](https://example.org/%d)\n" % (each, each) for each in range(20)),
        "docs/reading.md",
    )
    assert "20 on the list" in run("sync")[1]
    made.save(b"- [1](https://example.org/1)\n", "docs/reading.md")
    assert "so the change is held" in run("sync")[1]
    assert "docs: 1 on the list; 19 retired." in run("sync", "--accept")[1]
    code, said = run("sync", DOGEAR_LIST="https://ana:secret@git.example.org/list.git#main:/reading.md")
    assert (code, "secret@" in said) == (2, False)
    assert "has a secret in its address" in said
    assert "URL#BRANCH:/PATH" in run("team", "lists", "docs", "--add", "https://git.example.org/list.git")[1]


async def test_what_the_clubs_own_list_has_moves_into_the_repository_once(database: str, tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST + b"\n## Later\n\n- [Shelf](https://example.org/shelf)\n")
    async with clubhouse(database, tmp_path) as house:
        await added(house, f"add {URL} title:Queues notes:Why")
        await said(house, "read #1")
        await writes(house, at(made))
        assert made.read().endswith(b"- [Queues](https://example.org/queues)\n    Why\n")
        assert (await numbers(house))["Queues"] == 1
        assert "State: read" in text_of(await said(house, "show #1"))
        await added(house, "add https://example.org/new title:New section:Later")
        await house.stage.settle()
        assert made.read().endswith(b"    Why\n- [New](https://example.org/new)\n")
        count = len(made.messages())
        await writing.write_to_git(house.club.runner, house.club.lists, house.team, None)
        assert len(made.messages()) == count


async def test_a_change_that_retires_much_of_a_list_in_git_is_held_though_other_files_change(
    database: str, tmp_path: Path
) -> None:
    lines = [b"- [%d](https://example.org/%d)\n" % (number, number) for number in range(20)]
    made = repository(tmp_path / "git", b"".join(lines))
    async with clubhouse(database, tmp_path, "Other", admins="fake:ana") as house:
        await house.club.lists.change(house.team, add=[at(made)], remove=[])
        made.save(lines[0])
        await house.club.lists.fetch()
        held = await house.club.runner.read(lambda tx: tx.entries.held(house.team.id))
        assert len(held) == 1
        await house.rewrite("Other", "Another")  # of which the repository is not read again
        assert await house.club.runner.read(lambda tx: tx.entries.held(house.team.id)) == held
        assert len(await numbers(house)) == 22
        await house.club.lists.sync_fetched(house.team, accept=True)
        assert await numbers(house) == {"Other": 1, "0": 2, "Another": 22}


async def test_a_server_that_does_not_answer_is_named_and_the_club_goes_on_meanwhile(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repositories, "LIMIT", 0.3)
    monkeypatch.setattr(git, "SOCKET_TIMEOUT", 1.5)

    async def scene(port: int) -> None:
        async with clubhouse(database, tmp_path, "Caching") as house:
            url = f"http://127.0.0.1:{port}/list.git"
            asked = asyncio.create_task(house.club.lists.fetched(url, "main", "reading.md"))
            await asyncio.sleep(0)
            assert "Caching" in text_of(await said(house, "show #1"))
            assert not asked.done()
            with pytest.raises(Refusal, match="takes too long"):
                await asked
            with pytest.raises(Refusal, match="does not answer"):
                await house.club.lists.fetched(url, "main", "reading.md")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        await scene(listening.getsockname()[1])


async def test_a_running_club_fetches_and_pushes_by_itself(tmp_path: Path) -> None:
    made = repository(tmp_path / "git", LIST)
    async with clubhouse(f"sqlite:///{tmp_path}/club.db", tmp_path) as house:
        await writes(house, at(made))
        made.save(LIST.replace(b"Logs", b"Logging"))
        async with house.club.at_work():
            await until(lambda: has(house, "Logging"))
            for line in ("note #1 First", "note #3 Second"):
                await said(house, line)
            await until(lambda: is_done(house))
        assert len(made.messages()) == 3
        assert made.messages()[0].startswith("Change 2 entries")


async def has(house: Clubhouse, title: str) -> bool:
    return title in await numbers(house)


async def is_done(house: Clubhouse) -> bool:
    return set(await states(house)) == {EditState.CONFIRMED}


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 -- what other tasks store has no event
            await asyncio.sleep(0.05)
