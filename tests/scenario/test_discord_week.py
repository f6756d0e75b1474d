"""The club's week in a Discord server, step for step as it is told of the terminal: two members, and a restart after each post."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.fakes.server import Server, a_server, entry_message, shown_by

BERLIN = ZoneInfo("Europe/Berlin")


def monday_at_nine(now: datetime) -> datetime:
    """The first Monday at nine in Berlin that is more than a minute away."""
    local = now.astimezone(BERLIN)
    day = local.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=-local.weekday() % 7)
    return day if day > local + timedelta(minutes=1) else day + timedelta(days=7)


async def test_a_week_from_the_first_question_to_the_figures(database: str) -> None:
    async with a_server(database) as server:
        await told(server)


async def told(server: Server) -> None:
    guild = await server.guild()
    channel = guild.create_text_channel("reading")
    ana, ben = server.member(guild, "ana", admin=True), server.member(guild, "ben")

    random = await ana.slash(channel, "blog random")
    assert random.ephemeral
    assert "State: unread" in shown_by(random)

    found = await ana.slash(channel, "blog search", query="caching")
    assert "#12 Standardized microservice caching" in shown_by(found)

    await ana.slash(channel, "blog share", entry="#12")
    await server.settle()
    shared = entry_message(channel)

    await server.restart()
    await ana.react(shared, "✅")
    unread = shown_by(await ana.slash(channel, "blog list", **{"is": "unread", "page": 3}))
    assert "#11" in unread
    assert "#12" not in unread
    assert (await ana.click(random.response, label="Related")).acknowledged
    assert "#12 is read." in shown_by(await ben.click(shared, label="Mark as read"))
    assert "#12 is unread." in shown_by(await ben.slash(channel, "blog unread", entry="#12"))

    later = await ben.slash(channel, "blog later", entry="#6")
    assert "#6 is in your queue." in shown_by(later)

    denied = await ben.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="Europe/Berlin")
    assert denied.ephemeral
    assert "is for admins" in shown_by(denied)

    schedule = await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="Europe/Berlin")
    assert shown_by(schedule).count("09:00") == 4

    preview = await ana.slash(channel, "blog digest preview")
    assert "#6 Prototyping with models" in shown_by(preview)

    await server.restart()
    server.club.clock.move_to(monday_at_nine(server.club.clock.now()))
    await server.settle()

    root = entry_message(channel)
    assert "#6 Prototyping with models" in server.said(root)
    assert [reaction.emoji for reaction in root.reactions] == ["✅", "🔖"]
    (thread,) = [one for one in channel.threads if one.id == root.id]
    assert thread.history()

    await server.restart()
    assert "9. Open models are good, and want tuning." in shown_by(await ana.click(root, label="Notes"))
    assert "#6 is in your queue." in shown_by(await ana.click(root, label="Later"))
    await ben.react(root, "✅")
    stats = await ben.slash(channel, "blog stats me")
    assert "Read: 1" in shown_by(stats)

    assert "In your queue: 1" in shown_by(await ana.slash(channel, "blog stats me"))

    home = await ben.slash(channel, "blog home")
    assert "#6 Prototyping with models" in shown_by(home)


async def test_a_post_opens_its_article_and_commands_are_mentions(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog share", entry="#6")
        await server.settle()

        posted = str(server.env.backend.get_message(channel.id, entry_message(channel).id).components)
        assert posted.index("Mark as read") < posted.index("Open article") < posted.index("Later")
        empty = await ana.slash(channel, "blog later")
        assert re.search(r"</blog later:\d+> #12", shown_by(empty))
        shown = await ana.slash(channel, "blog show", entry="#6")
        assert f"<#{channel.id}>" in shown_by(shown)
        assert f"https://discord.com/channels/{guild.id}/{channel.id}/" in str(shown.response.components)
