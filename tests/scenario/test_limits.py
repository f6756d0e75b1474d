"""A person who asks for very much is told when to try again; nobody else notices."""

from pathlib import Path

import pytest

from bot.domain.card import Call
from bot.domain.ids import InvocationId
from bot.domain.team import Role
from bot.domain.value import Kind
from tests.fakes.clubhouse import actor_of, clubhouse, text_of


async def test_a_person_over_the_limit_is_refused_and_others_are_answered(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/dogear.db"
    async with clubhouse(database, tmp_path, "Caching", hosted=True, person_limit=10) as house:
        first = [await house.say("random") for _ in range(5)]
        refused = await house.say("read #1", again="press:1")
        other = await house.say("stats", by="ben")

        assert not any(answer.refusal for answer in first)
        assert refused.refusal
        assert text_of(refused).splitlines()[0] == "You ask for more than can be answered at once."
        assert "Try again in" in text_of(refused)
        assert not other.refusal


@pytest.mark.parametrize("line", ["read #1", "random"])
async def test_a_repeat_costs_nothing(line: str, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/dogear.db"
    async with clubhouse(database, tmp_path, "Caching", hosted=True, person_limit=10) as house:
        answers = [await house.say(line, again="press:1") for _ in range(50)]

        assert not any(answer.refusal for answer in answers)


async def test_an_overview_is_one_use_and_none_after_a_use_and_leaves_out_what_is_not_theirs(tmp_path: Path) -> None:
    calls = [Call(path=(word,)) for word in ("home", "next", "tags", "status")]

    database = f"sqlite:///{tmp_path}/dogear.db"
    async with clubhouse(database, tmp_path, "Caching", hosted=True, person_limit=10) as house:
        core, ana = house.club.dispatcher, actor_of("ana", Role.READER)
        await house.say("stats", again="press:1")
        after = [await core.invoke_all(ana, calls, after=InvocationId("press:1")) for _ in range(20)]
        of_their_own = [await core.invoke_all(ana, calls) for _ in range(5)]
        refused = await core.invoke_all(ana, calls)
        commands = [await house.say("list") for _ in range(4)]
        admins = await core.invoke_all(actor_of("ben", Role.ADMIN), calls)

        *theirs, status = after[-1]
        assert [answer is None or answer.refusal for answer in (*theirs, status)] == [False, False, False, True]
        assert status is None
        assert [answer and answer.transient for answers in of_their_own for answer in answers[:3]] == [False] * 15
        assert [answer.refusal for answer in commands] == [False] * 4  # tabs that open leave the commands alone
        assert [answer and answer.transient for answer in refused] == [True] * 4
        assert [answer and answer.refusal for answer in admins] == [False] * 4


async def test_completions_over_the_limit_are_empty(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/dogear.db"
    async with clubhouse(database, tmp_path, "Caching", hosted=True, person_limit=2) as house:
        core = house.club.dispatcher
        found = [await core.complete(actor_of("ana", Role.READER), Kind.ENTRY, "cach") for _ in range(20)]

        assert [len(choices) for choices in found[:9]] == [1] * 9
        assert found[-1] == ()


async def test_help_states_the_limits(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/dogear.db"
    async with clubhouse(database, tmp_path, "Caching", hosted=True) as house:
        said = text_of(await house.say("help"))

        assert "Commands are limited: 60 a minute for one person, 600 a minute for the whole team." in said


async def test_where_one_person_has_the_process_to_themselves_there_is_no_limit(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching") as house:
        assert not any([(await house.say("random")).refusal for _ in range(100)])
        assert "limited" not in text_of(await house.say("help"))
