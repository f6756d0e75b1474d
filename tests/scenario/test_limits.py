"""A person who asks for very much is told when to try again; nobody else notices."""

import asyncio
from pathlib import Path

from bot.domain.team import Role
from bot.domain.value import Kind
from tests.fakes.clubhouse import actor_of, clubhouse, text_of


def test_a_person_over_the_limit_is_refused_and_others_are_answered(tmp_path: Path) -> None:
    async def scene() -> None:
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

    asyncio.run(scene())


def test_a_repeat_costs_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        database = f"sqlite:///{tmp_path}/dogear.db"
        async with clubhouse(database, tmp_path, "Caching", hosted=True, person_limit=10) as house:
            answers = [await house.say("read #1", again="press:1") for _ in range(50)]

            assert not any(answer.refusal for answer in answers)

    asyncio.run(scene())


def test_completions_over_the_limit_are_empty(tmp_path: Path) -> None:
    async def scene() -> None:
        database = f"sqlite:///{tmp_path}/dogear.db"
        async with clubhouse(database, tmp_path, "Caching", hosted=True, person_limit=2) as house:
            core = house.club.dispatcher
            found = [await core.complete(actor_of("ana", Role.READER), Kind.ENTRY, "cach") for _ in range(20)]

            assert [len(choices) for choices in found[:9]] == [1] * 9
            assert found[-1] == ()

    asyncio.run(scene())


def test_help_states_the_limits(tmp_path: Path) -> None:
    async def scene() -> None:
        database = f"sqlite:///{tmp_path}/dogear.db"
        async with clubhouse(database, tmp_path, "Caching", hosted=True) as house:
            said = text_of(await house.say("help"))

            assert "Commands are limited: 60 a minute for one person, 600 a minute for the whole team." in said

    asyncio.run(scene())


def test_where_one_person_has_the_process_to_themselves_there_is_no_limit(tmp_path: Path) -> None:
    async def scene() -> None:
        async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching") as house:
            assert not any([(await house.say("random")).refusal for _ in range(100)])
            assert "limited" not in text_of(await house.say("help"))

    asyncio.run(scene())
