"""A held change of the list is decided in a direct message of Discord's."""

from pathlib import Path

import pytest

from tests.fakes.clubhouse import write
from tests.fakes.server import a_server, shown_by

TITLES = [f"Entry{number}" for number in range(1, 21)]


@pytest.mark.parametrize(
    ("pressed", "said", "left"),
    [("Apply", "17 entries are off the list.", 3), ("Keep the old list", "The list stays as it was.", 20)],
)
async def test_an_admin_decides_of_a_held_change(
    pressed: str, said: str, left: int, database: str, tmp_path: Path
) -> None:
    path = tmp_path / "reading.md"
    write(path, TITLES)
    async with a_server(database, reading_list=path) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="UTC")
        write(path, TITLES[:3])
        team = await server.read(lambda tx: tx.teams.all()[0])
        await server.club.lists.sync(team)
        await server.settle()
        (told,) = ana.user.dm_channel.history()
        assert "reading.md no longer has 17 of its 20 entries." in server.said(told)

        server.env.backend.get_member(guild.id, ana.id).role_ids, rights = (
            [],
            list(server.env.backend.get_member(guild.id, ana.id).role_ids),
        )
        assert "is for admins" in shown_by(await ana.user.click(told, label=pressed))
        server.env.backend.get_member(guild.id, ana.id).role_ids = rights
        assert said in shown_by(await ana.user.click(told, label=pressed))
        await server.club.lists.sync(team)
        assert await server.read(lambda tx: tx.entries.count(team.id)) == left
