"""The people around a digest in Discord: hosts, 🎤, I'm in, a vote and a teaser, with a restart after each part."""

import re
from datetime import timedelta
from typing import Any

from tests.fakes.server import Server, a_server, entry_message, shown_by
from tests.scenario.test_discord_week import monday_at_nine


def events(server: Server, guild: Any) -> list[dict[str, Any]]:
    """The scheduled events that were created."""
    path = f"/guilds/{guild.id}/scheduled-events"
    return [body for method, where, body in server.bodies if method == "POST" and where.endswith(path)]


def featured(server: Server, root: Any) -> str:
    found = re.search(r"#\d+ [^\n]+", server.said(root))
    assert found is not None
    return found[0]


async def test_a_club_meets_over_a_digest(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        ben, carl = server.member(guild, "ben"), server.member(guild, "carl")
        await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="Europe/Berlin")
        await ana.slash(channel, "blog schedule meet", weekday="thu", at="16:00", zone="Europe/Berlin")
        await ana.slash(channel, "blog schedule options", vote="on", notes="teaser")
        assert "one of the hosts now" in shown_by(await ben.slash(channel, "blog digest host", what="me"))
        await carl.slash(channel, "blog digest host", what="me")
        swapped = await ben.slash(channel, "blog digest host", what="swap", who=f"<@{carl.user.id}>")
        assert "carl hosts the next digest." in shown_by(swapped)
        await server.restart()
        monday = monday_at_nine(server.club.clock.now())
        server.club.clock.move_to(monday)
        await server.settle()

        root = entry_message(channel)
        assert "Hosted by carl." in server.said(root)
        when = int((monday + timedelta(days=3, hours=7)).timestamp())
        assert f"You meet on <t:{when}" in server.said(root)
        for member in (ana, ben, carl):
            going = await member.click(root, label="I'm in")
            assert "You're in" in shown_by(going)
        reminded = await carl.click(going.response, label="Remind me that day")
        assert f"<t:{int((monday + timedelta(days=3, hours=1)).timestamp())}" in shown_by(reminded)
        await server.settle()
        assert [one["name"] for one in events(server, guild)] == [f"Talk about {featured(server, root)}"]
        (thread,) = [one for one in channel.threads if one.id == root.id]
        said = [server.said(message) for message in thread.history()]
        assert any("3 are in" in one and "ana, ben and carl want to talk about this." in one for one in said)

        await server.restart()
        asked = await ben.click(root, label="Notes")
        assert "Have you read #" in shown_by(asked)
        assert "State: read" in shown_by(await ben.click(asked.response, label="I have read it"))

        server.club.clock.move_to(monday + timedelta(days=3, minutes=1))
        await server.settle()
        ballot = next(one for one in channel.history() if "What shall we read next?" in server.said(one))
        shown = str(server.env.backend.get_message(channel.id, ballot.id).components)
        label = re.findall(r"Vote for #\d+", shown)[-1]
        await server.restart()
        for member in (ana, ben):
            assert "You voted for" in shown_by(await member.click(ballot, label=label))
        server.club.clock.move_to(monday + timedelta(days=7))
        await server.settle()
        latest = next(one for one in channel.history() if "2 of 2 voted for it" in server.said(one))
        assert label.removeprefix("Vote for ") in server.said(latest)


async def test_a_microphone_makes_a_member_the_host(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana, ben = server.member(guild, "ana", admin=True), server.member(guild, "ben")
        await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="Europe/Berlin")
        server.club.clock.move_to(monday_at_nine(server.club.clock.now()))
        await server.settle()
        root = entry_message(channel)
        assert "Hosted by" not in server.said(root)
        await ben.react(root, "🎤")
        server.club.clock.move_to(server.club.clock.now() + timedelta(hours=2))
        await server.club.deliverer.revise()
        assert "Hosted by ben." in str(server.env.backend.get_message(channel.id, root.id).components)
