"""Whose answer depends on the role of who asks is declared: a platform on which a role takes a request asks for no other."""

from pathlib import Path

from bot.chat.command import CommandSpec
from bot.chat.platform import Answer
from bot.commands.catalogue import CATALOGUE
from bot.domain.card import Card
from bot.domain.team import Role
from tests.fakes.clubhouse import WEDNESDAY, clubhouse, words_of
from tests.scenario.test_isolation import lines_of

LINES = [(spec, line.removeprefix("/blog ")) for spec in CATALOGUE for line in lines_of(spec)]


def seen(answer: Answer) -> object:
    """What a person sees of it; moments are shown to the minute."""
    if not isinstance(answer.show, Card):
        return answer.show
    return words_of(answer.show), [action.label for action in answer.show.actions], answer.refusal


async def answered(folder: Path, role: Role) -> list[object]:
    """What somebody of this role is told, of one entry and one schedule, with nobody before them."""
    answers: list[object] = []
    for number, (_, line) in enumerate(LINES):
        place = folder / f"{role.word}-{number}"
        place.mkdir()
        async with clubhouse(f"sqlite:///{place}/dogear.db", place, "Kafka+kafka") as house:
            await house.say("schedule set mon 09:00 UTC", by="cleo")
            house.club.clock.move_to(WEDNESDAY)
            answers.append(seen(await house.say(line, role=role)))
    return answers


async def test_only_what_says_so_depends_on_the_role(tmp_path: Path) -> None:
    as_reader, as_admin = [await answered(tmp_path, role) for role in (Role.READER, Role.ADMIN)]

    depend = [spec for (spec, _), one, other in zip(LINES, as_reader, as_admin, strict=True) if one != other]

    assert {spec.name for spec in depend if not spec.asks_role} == set()
    assert {"help", "settings show", "digest preview", "schedule set"} <= {spec.name for spec in depend}


def test_who_may_be_an_admin_is_not_taken_for_a_reader_where_something_changes() -> None:
    needed = {spec.name for spec in CATALOGUE if spec.needs_role and spec.role is Role.READER}

    editing = {"add", "note", "edit", "retire", "restore", "edits confirm", "edits decline", "edits undo"}
    editing |= {"edits look", "edits describe"}
    assert needed == {"digest arrived", "digest again", "digest host", "digest ask"} | editing
    assert all(spec.needs_role for spec in CATALOGUE if _is_not_for_readers(spec))


def _is_not_for_readers(spec: CommandSpec) -> bool:
    return spec.role is not Role.READER
