"""What readers are told: nothing names a command that they may not use, and whoever tries one hears whom to ask."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.commands.catalogue import CATALOGUE
from bot.domain.card import Card, Fields
from bot.domain.team import Role
from bot.domain.value import Kind
from tests.fakes.clubhouse import Clubhouse, actor_of, clubhouse, text_of
from tests.fakes.server import a_server, buttons, shown_by

BEYOND = [spec.name for spec in CATALOGUE if spec.role > Role.READER]
ODD = ["", "#99", "nothing like it", "#1 #2", "…", "https://nowhere.example/x", "page:9", "tag:none", "puase", '"']


@asynccontextmanager
async def in_a_club(database: str, folder: Path) -> AsyncIterator[Clubhouse]:
    async with clubhouse(database, folder, "Caching", "Queues", person_limit=0, team_limit=0) as house:
        yield house


def named(text: str) -> list[str]:
    return [name for name in BEYOND if f"/blog {name}" in text or f"“{name}" in text]


async def test_no_answer_to_a_reader_names_a_command_for_admins(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        lines = [
            f"{spec.name} {odd}" for spec in CATALOGUE if spec.role is Role.READER and not spec.form for odd in ODD
        ]
        for line in [
            *lines,
            "digest puase",
            "schedule puase 2w",
            "shedule set",
            "statsu",
            "help schedule set",
            "help status",
        ]:
            answer = text_of(await house.say(line, by="ben", role=Role.READER))
            assert not named(answer.replace(f"“{line.split()[-1]}", "")), (line, answer)


async def test_whoever_tries_hears_that_it_is_for_admins_and_whom_to_ask(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        for spec in CATALOGUE:
            if spec.role > Role.READER and not spec.needs_groups:
                answer = text_of(await house.say(spec.name, by="ben", role=Role.READER))
                assert answer.startswith(f"“{spec.name}” is for {spec.role.word}s.")
                assert "Ask an admin." in answer


async def test_a_refusal_that_an_admin_can_end_says_whom_to_ask(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        reader = text_of(await house.say("digest", by="ben", role=Role.READER))
        admin = text_of(await house.say("digest"))
        assert reader == "This channel has no schedule.\nAsk an admin."
        assert "“/blog schedule set mon 09:00 Europe/Berlin” sets one." in admin


@pytest.mark.parametrize(("role", "last"), [(Role.READER, "tags"), (Role.ADMIN, "status")])
async def test_help_has_ten_lines_and_the_rest_behind_a_button(url: str, tmp_path: Path, role: Role, last: str) -> None:
    async with in_a_club(url, tmp_path) as house:
        short = (await house.say("help", role=role)).show
        assert isinstance(short, Card)
        (listed,) = [block for block in short.blocks if isinstance(block, Fields)]
        assert len(listed.items) == 10
        assert listed.items[-1][0] == f"/blog {last}" or role is Role.READER
        assert "○ is unread, ◔ is in your queue and ● is read" in text_of(await house.say("help", role=role))
        (more,) = short.actions
        assert more.label == "All commands"
        whole = text_of(await house.say(more.call, role=role))
        usable = [spec for spec in CATALOGUE if spec.role <= role and not spec.needs_groups]
        assert all(f"/blog {spec.usage}" in whole for spec in usable)
        assert [title in whole for title in ("Read", "Find", "The weekly digest", "About Dogear")] == [True] * 4
        assert role is Role.ADMIN or not named(whole)


async def test_completion_offers_a_reader_no_command_for_admins(url: str, tmp_path: Path) -> None:
    async with in_a_club(url, tmp_path) as house:
        offered = await house.club.dispatcher.complete(actor_of("ben", Role.READER), Kind.COMMAND, "s")
        assert offered
        assert not {choice.value for choice in offered} & set(BEYOND)
        theirs = await house.club.dispatcher.complete(actor_of("ana", Role.ADMIN), Kind.COMMAND, "schedule")
        assert "schedule set" in {choice.value for choice in theirs}


async def test_the_members_of_a_role_are_admins_in_that_server_alone(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        other = await server.guild("theirs")
        channel = guild.create_text_channel("reading")
        ana, ben = server.member(guild, "ana", admin=True), server.member(guild, "ben")
        editors = guild.create_role("editors")
        eva = guild.add_member(server.env.create_user("eva"), roles=[editors])

        tried = shown_by(await eva.slash(channel, "blog status"))
        assert "is for admins" in tried
        assert "Ask a member with the Manage Server permission." in tried
        assert "is for admins" in shown_by(await eva.slash(channel, "blog settings admins", role=editors))
        assert "are admins here" in shown_by(await ana.slash(channel, "blog settings admins", role=editors))
        assert "Status of team" in shown_by(await eva.slash(channel, "blog status"))
        assert "admin" in shown_by(await eva.slash(channel, "blog settings show"))
        assert "is for admins" in shown_by(await ben.slash(channel, "blog status"))
        elsewhere = other.create_text_channel("reading")
        stranger = other.add_member(server.env.create_user("kim"), roles=[other.create_role("editors")])
        assert "is for admins" in shown_by(await stranger.slash(elsewhere, "blog status"))

        await server.restart()
        kept = await ana.slash(channel, "blog settings admins")
        assert [label for label, _ in buttons(kept.response.components)] == ["Remove the role"]
        await ana.click(kept.response, label="Remove the role")
        assert "is for admins" in shown_by(await eva.slash(channel, "blog status"))


async def test_in_a_server_usages_give_every_value_its_name(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ben = server.member(guild, "ben")
        assert "entry:#12" in shown_by(await ben.slash(channel, "blog help", command="show"))
        assert "query:" in shown_by(await ben.slash(channel, "blog help"))
