"""What the dispatcher does for every command: roles, repeats, forms, trouble and completion."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.platform import Actor, Invocation, WorkspaceJoined, WorkspaceLeft
from bot.commands import dispatch
from bot.commands.catalogue import COMMANDS
from bot.domain.card import Call, Form
from bot.domain.errors import StoreBusy
from bot.domain.ids import InvocationId, WorkspaceRef
from bot.domain.team import Role
from bot.domain.value import Kind
from tests.fakes.clubhouse import actor_of, clubhouse, text_of
from tests.fakes.platform import NAME, WORKSPACE, account


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.spec.role is not Role.READER], ids=lambda c: c.spec.name)
async def test_a_role_is_checked_at_every_use(command: object, database: str, tmp_path: Path) -> None:
    spec = command.spec  # type: ignore[attr-defined] # a Command

    async with clubhouse(database, tmp_path, "Alpha") as house:
        answer = await house.say(Call(path=spec.path, arguments={"entry": "#1"}), role=Role.READER)

    assert answer.refusal
    assert f"is for {spec.role.word}s" in text_of(answer)


async def test_a_role_given_by_the_host_counts(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGEAR_ADMINS", "fake:ana, fake:cleo")

    async with clubhouse(database, tmp_path, "Alpha") as house:
        assert [(await house.say("status", by=name, role=Role.READER)).refusal for name in ("ana", "ben")] == [
            False,
            True,
        ]


async def test_a_repeat_of_a_write_has_no_second_effect_even_after_a_restart(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        before = await house.say("read #1", again="press:7")
        await house.say("unread #1")
    async with clubhouse(database, tmp_path) as house:
        repeated = await house.say("read #1", again="press:7")
        first, second, stats = text_of(before), text_of(repeated), text_of(await house.say("stats"))

    assert first == second
    assert "Read: 0" in stats


async def test_of_what_was_answered_long_ago_nothing_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "MAX_REMEMBERED", 2)

    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Alpha") as house:
        for number in (1, 2, 1, 3):
            await house.say("list", again=f"press:{number}")

        assert list(house.club.dispatcher._answered) == ["press:2", "press:3"]


async def test_what_failed_for_the_databases_sake_may_be_repeated(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise StoreBusy("The database is away.")

    async with clubhouse(database, tmp_path, "Alpha") as house:
        with monkeypatch.context() as patched:
            patched.setattr(house.club.store, "begin", busy)
            patched.setattr(house.club.store, "together", busy)
            first = await house.say("read #1", again="press:8")
        away, back = first, await house.say("read #1", again="press:8")

    assert away.refusal
    assert "Nothing was lost" in text_of(away)
    assert not back.refusal


async def test_a_bug_ends_as_a_card_with_the_reference_of_the_log(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        monkeypatch.setattr(house.club.store, "begin", lambda *, write: 1 / 0)
        answer = await house.say("list")
        monkeypatch.undo()
        title = text_of(answer)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (logged,) = (line for line in lines if "reference" in line)
    assert f"(ref {logged['reference']})" in title
    assert "ZeroDivisionError" in logged["exception"]
    assert "ZeroDivisionError" not in title


async def test_a_command_with_a_form_asks_and_names_the_field_that_is_wrong(database: str, tmp_path: Path) -> None:
    filled = Call(path=("schedule", "set"), arguments={"weekday": "mon", "at": "25:00", "zone": "UTC"})
    async with clubhouse(database, tmp_path, "Alpha") as house:
        asked, wrong = await house.say("schedule set"), await house.say(filled)

    assert isinstance(asked.show, Form)
    assert not asked.refusal
    assert [field.name for field in asked.show.fields if field.required] == ["weekday", "at"]
    assert isinstance(wrong.show, Form)
    assert wrong.refusal
    problems = {field.name: field.problem for field in wrong.show.fields if field.problem}
    assert list(problems) == ["at"]
    assert [field.value for field in wrong.show.fields][:3] == ["Monday", "25:00", "UTC"]


async def test_a_workspace_without_a_team_is_told_what_its_host_must_type(database: str, tmp_path: Path) -> None:
    elsewhere = WorkspaceRef(NAME, "W2")

    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.club.dispatcher.handle(WorkspaceJoined(workspace=elsewhere, name="new", by_host=False))
        actor = Actor(account=account(), workspace=elsewhere, name="ana")
        answer = await house.club.dispatcher.invoke(
            Invocation(id=InvocationId("x"), call="", actor=actor, channel=None)
        )

    assert answer.refusal
    assert "dogear team assign fake:W2 TEAM" in text_of(answer)


async def test_a_workspace_that_left_is_known_no_more(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.club.dispatcher.handle(WorkspaceLeft(workspace=WORKSPACE))

        assert (await house.say("list")).refusal


async def test_completion_offers_what_fits_and_nothing_of_another_kind(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha+db", "Beta+kafka", "Alphabet") as house:
        await house.say("")
        actor = actor_of("ana", Role.READER)
        asked = {
            "alp": Kind.ENTRY,
            "#2": Kind.ENTRY,
            "k": Kind.TAG,
            "berl": Kind.ZONE,
            "dig": Kind.COMMAND,
            "la": Kind.STATE,
            "x": Kind.CHANNEL,
        }
        complete = house.club.dispatcher.complete
        found = {
            typed: [choice.value for choice in await complete(actor, kind, typed)] for typed, kind in asked.items()
        }

    assert sorted(found["alp"]) == ["#1", "#3"]
    assert found["#2"] == ["#2"]
    assert found["k"] == ["kafka"]
    assert found["berl"] == ["Europe/Berlin"]
    assert found["dig"][0].startswith("digest ")
    assert found["la"] == ["later"]
    assert found["x"] == []


async def test_completion_is_the_same_for_a_newcomer_and_for_a_member_under_another_name(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha+kafka") as house:
        await house.say("home")
        ana = actor_of("ana", Role.READER)
        known, found, *others = [
            [choice.value for choice in await house.club.dispatcher.complete(actor, kind, typed)]
            for actor in (ana, replace(ana, name="Ana (away)"), actor_of("newcomer", Role.READER))
            for kind, typed in ((Kind.TAG, "k"), (Kind.ENTRY, "a note about alpha"))
        ]

    assert known == ["kafka"]
    assert found == ["#1"]
    assert others[:2] == [known, found]
    assert others[2] == known


async def test_nobody_is_admitted_by_a_command_that_their_role_forbids(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("status", by="stranger", role=Role.READER)
        for name in ("ana", "ben", "cleo"):
            await house.say("list", by=name)

        assert "Members: 3" in text_of(await house.say("stats team"))


async def test_every_command_that_an_answer_names_is_named_with_the_hosts_word(tmp_path: Path) -> None:
    lines = ("show #99", "nonsense", "later", "list tag:none", "random tag:none", "digest history", "stats foo")
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Alpha", word="books") as house:
        said = "\n".join([text_of(await house.say(line)) for line in lines])

    for command in ("list", "search", "help", "tags", "later #12", "next", "digest", "list is:read"):
        assert f"“/books {command}”" in said
        assert f"“{command}” " not in said
