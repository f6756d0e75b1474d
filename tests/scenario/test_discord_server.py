"""What people meet in a Discord server: commands, buttons, forms, menus, completion; two servers; joining and leaving."""

import asyncio
import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.backend.serializers import message_payload
from simcord.enums import InteractionType, OverwriteType
from simcord.interactions import base_payload
from simcord.results import InteractionResult

from adapters.discord import places
from bot.commands.catalogue import CATALOGUE
from bot.domain.ids import EntryNumber, TeamId, WorkspaceRef
from bot.domain.value import Kind
from bot.service import teams
from tests.fakes.server import Nobody, Server, a_server, buttons, entry_message, read_aloud, shown_by
from tests.scenario.test_isolation import VALUES, their_list


async def test_buttons_ask_again_who_presses_and_a_page_takes_the_place_of_the_last(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana, ben = server.member(guild, "ana", admin=True), server.member(guild, "ben")

        listed = await ana.slash(channel, "blog list")
        before = len(channel.history())
        await server.restart()
        paged = await ana.click(listed.response, label="Next")
        assert "page 2 of 2" in shown_by(listed)
        assert len(channel.history()) == before
        assert paged.acknowledged

        await ana.slash(channel, "blog share", entry="#6")
        await server.settle()
        pressed = await ben.click(entry_message(channel), label="Mark as read")
        assert pressed.ephemeral
        assert "#6 is read." in shown_by(pressed)
        noted = await ben.click(entry_message(channel), label="Notes")
        assert "9. Open models are good, and want tuning." in shown_by(noted)
        undone = await ben.click(pressed.response, label="Undo")
        assert "#6 is unread." in shown_by(undone)


async def test_a_form_opens_is_checked_and_is_filled_in_again(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)

        open_club = await ana.slash(channel, "blog schedule set")
        wrong = await ana.submit_modal(open_club, {"weekday": ["Monday"], "at": "25:00", "zone": "Europe/Berlin"})
        assert wrong.ephemeral
        assert "is not a time of day" in shown_by(wrong)
        no_place = await ana.slash(channel, "blog schedule set", weekday="mon", at="9", zone="EST")
        chosen = await ana.click(no_place.response, label="America/New York")
        assert "Monday 09:00 America/New_York" in shown_by(chosen)

        again = await ana.click(wrong.response, label="Fill it in again")
        assert again.modal is not None
        assert again.modal["title"] == "Weekly digest"
        asked = {one["label"]: one["component"] for one in again.modal["components"]}
        assert list(asked) == ["Day", "Time", "Time zone", "Channel", "Only with this tag"]
        assert [one["value"] for one in asked["Day"]["options"] if one.get("default")] == ["Monday"]
        assert asked["Time"]["value"] == "25:00"
        right = await ana.submit_modal(
            again, {"weekday": ["Monday"], "at": "9:00", "zone": "Europe/Berlin", "channel": [channel]}
        )
        assert "The schedule is set." in shown_by(right)
        assert f"<#{channel.id}>" in shown_by(right)


async def test_change_opens_with_what_is_set(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog schedule set", weekday="lundi", at="9.30 pm", zone="new york", tag="platform")

        listed = await ana.slash(channel, "blog schedule list")
        assert "Every: Monday 21:30 America/New_York" in shown_by(listed), shown_by(listed)
        changed = await ana.click(listed.response, label="Change")
        assert changed.modal is not None
        asked = {one["component"]["custom_id"]: one["component"] for one in changed.modal["components"]}
        assert [one["value"] for one in asked["weekday"]["options"] if one.get("default")] == ["Monday"]
        assert [asked[name]["value"] for name in ("at", "zone", "tag")] == [
            "21:30",
            "America/New_York",
            "platform",
        ]


async def test_the_name_of_a_suggestion_names_its_entry(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ben = server.member(guild, "ben")

        (offered, *_) = await ben.autocomplete(channel, "blog read", "entry", "kafka")
        by_name = await ben.slash(channel, "blog read", entry=offered["name"])
        assert f"{offered['value']} is read." in shown_by(by_name)
        several = await ben.slash(channel, "blog read", entry="#5, #6")
        assert "2 entries are read." in shown_by(several)


async def test_a_menu_takes_any_message_with_a_link_of_the_list(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana, ben = server.member(guild, "ana", admin=True), server.member(guild, "ben")
        first = [EntryNumber(5), EntryNumber(6)]
        found = await server.read(lambda tx: [tx.entries.by_number(TeamId(1), number) for number in first])
        one = await ana.send(channel, f"Look at this: {found[0].url}?utm_source=chat!")
        both = await ana.send(channel, f"<{found[0].url}> or {found[1].url}")
        none = await ana.send(channel, "No link at all")

        assert "#5 is read." in shown_by(await ben.context_menu(channel, "Mark as read", one))
        asked = await ben.context_menu(channel, "Read later", both)
        assert [label for label, _ in buttons(asked.response.components)] == [
            f"#{e.number} {e.title}"[:80] for e in found
        ]
        assert "I can't find an article" in shown_by(await ben.context_menu(channel, "Mark as read", none))


async def test_a_menu_adds_the_article_that_a_message_links(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana, ben = server.member(guild, "ana", admin=True), server.member(guild, "ben")
        one = await ana.send(channel, "Read https://new.example/one!")
        both = await ana.send(channel, "https://new.example/two and https://new.example/three")
        none = await ana.send(channel, "No link at all")

        asked = await ben.context_menu(channel, "Add to reading list", one)
        fields = {one["component"]["custom_id"]: one["component"] for one in asked.modal["components"]}
        assert fields["url"]["value"] == "https://new.example/one"
        several = await ben.context_menu(channel, "Add to reading list", both)
        assert [label for label, _ in buttons(several.response.components)] == [
            "new.example/two",
            "new.example/three",
        ]
        assert "no link" in shown_by(await ben.context_menu(channel, "Add to reading list", none))


async def test_completion_knows_titles_numbers_tags_and_zones_and_takes_free_text(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)

        by_title = await ana.autocomplete(channel, "blog show", "entry", "kafka")
        by_number = await ana.autocomplete(channel, "blog read", "entry", "1")
        tags = await ana.autocomplete(channel, "blog random", "tag", "pl")
        zones = await ana.autocomplete(channel, "blog settings zone", "zone", "berlin")

        assert [one["value"] for one in by_title] == ["#11"]
        assert {"#1", "#10", "#11", "#12"} <= {one["value"] for one in by_number}
        assert [one["value"] for one in tags] == ["platform"]
        assert [one["value"] for one in zones] == ["Europe/Berlin"]
        free = await ana.slash(channel, "blog show", entry="12")
        assert "Standardized microservice caching" in shown_by(free)


async def test_what_another_replica_took_is_neither_carried_out_nor_answered(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog home")

        server.env.inject_error("POST", "/interactions/*/callback", status=400, code=40060)
        lost = await ana.slash(channel, "blog read", entry="#6")
        assert not lost.acknowledged

        assert "Read: 0" in shown_by(await ana.slash(channel, "blog stats me"))


async def test_a_digest_in_a_forum_is_a_post_and_reactions_on_it_count(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel, forum = guild.create_text_channel("talk"), guild.create_forum_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="UTC", channel=forum)
        await ana.slash(channel, "blog digest pick", entry="#6", channel=forum)

        await ana.slash(channel, "blog digest post", channel=forum)
        await server.settle()

        (post,) = forum.threads
        root, *replies = post.history()
        assert "#6 Prototyping with models" in server.said(root)
        assert any("Discussion" in server.said(reply) for reply in replies if reply.components)
        assert [reaction.emoji for reaction in root.reactions] == ["✅", "🔖"]
        await ana.react(root, "✅")
        assert "Read: 1" in shown_by(await ana.slash(channel, "blog stats me"))


async def test_menus_are_about_the_entry_that_a_message_of_ours_shows(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana, ben = server.member(guild, "ana", admin=True), server.member(guild, "ben")
        await ana.slash(channel, "blog share", entry="#6")
        await server.settle()
        said = await ben.send(channel, "d::0:read|entry=#6")

        queued = await ben.context_menu(channel, "Read later", entry_message(channel))
        assert "#6 is in your queue." in shown_by(queued)
        read = await ben.context_menu(channel, "Mark as read", entry_message(channel))
        assert "#6 is read." in shown_by(read)
        nothing = await ben.context_menu(channel, "Mark as read", said)
        assert nothing.ephemeral
        assert "find an article from the list" in shown_by(nothing)


async def test_commands_are_registered_once_for_each_change_of_the_catalogue(database: str) -> None:
    async with a_server(database) as server:
        assert not await server.platform.register(server.club.dispatcher)
        await server.restart()
        writes = [one for one in server.env.http_requests if one.method == "PUT" and "commands" in one.path]
        assert len(writes) == 1


THEIRS = "Zanzibar"
MAX_NONCE = 25
"""Discord's documentation of messages, August 2026."""


async def options_of(spec: Any, channel: Any) -> dict[str, Any]:
    values: dict[Kind, Any] = {**VALUES, Kind.CHANNEL: channel, Kind.NUMBER: 1}
    return {param.name: values[param.kind] for param in spec.shown_params if param.kind is not Kind.GROUP}


async def everything(server: Server, who: Any, channel: Any) -> str:
    """Every command that the catalogue has, bare and with every option, as this person is answered."""
    said = []
    for spec in (spec for spec in CATALOGUE if spec.name != "unshare" and not spec.by_button):
        every = await options_of(spec, channel)
        result = await who.slash(channel, f"blog {spec.name}", **every)
        said.append(shown_by(result))
        await server.settle()
    return "\n".join(said)


async def test_two_servers_in_one_process_never_see_each_other(database: str, tmp_path: Path) -> None:
    async with a_server(database) as server:
        theirs = await server.club.runner.write(lambda tx: tx.teams.add("theirs", "UTC"))
        await server.club.lists.use(theirs, [their_list(tmp_path)])
        away, home = await server.guild("away", team="theirs"), await server.guild("home")
        there, here = away.create_text_channel("reading"), home.create_text_channel("reading")
        cleo, ana = server.member(away, "cleo", admin=True), server.member(home, "ana", admin=True)
        await everything(server, cleo, there)
        posted = entry_message(there)
        assert THEIRS in server.said(posted)

        start = len(server.bodies)
        said = await everything(server, ana, here)
        assert THEIRS not in said
        for option in ("", "1", "zan", "k"):
            offered = await ana.autocomplete(here, "blog show", "entry", option)
            tags = await ana.autocomplete(here, "blog random", "tag", option)
            assert THEIRS.lower() not in json.dumps([offered, tags]).lower()
        pressed = await pressed_here(server, ana, entry_message(here), posted)
        assert len(pressed) >= 4
        assert not any(THEIRS in answer for answer in pressed)
        assert THEIRS.lower() not in json.dumps(server.bodies[start:], default=str).lower()
        ours = {f"/channels/{here.id}", *(f"/channels/{thread.id}" for thread in here.threads)}
        paths = [path for _, path, _ in server.bodies[start:] if path.startswith("/channels/")]
        assert paths
        assert all(path.split("/messages")[0].split("/threads")[0] in ours for path in paths)


def to_the_present(server: Server) -> None:
    """Discord's clock shows the club's time: what joins a server from now on has just joined it."""
    backend = server.env.backend
    backend.advance_clock((server.club.clock.now() - backend.clock.now()).total_seconds())


def welcomes(server: Server) -> list[str]:
    told = [body for _, path, body in server.bodies if path.startswith("/channels/") and "components" in body]
    return [words for body in told if "three steps" in (words := read_aloud(body["components"]))]


async def pressed_here(server: Server, who: Any, own: Any, foreign: Any) -> list[str]:
    """What every button of a message of another server comes to, pressed here as if it were on our own message."""
    stored = server.env.backend.get_message(own.channel.id, own.id)
    stored.components = server.env.backend.get_message(foreign.channel.id, foreign.id).components
    found = [await who.click(own, custom_id=custom_id) for _, custom_id in buttons(stored.components)]
    await server.settle()
    assert found
    assert all(answer.acknowledged for answer in found)
    return [shown_by(answer) for answer in found]


async def forged(server: Server, who: Any, channel: Any, kind: InteractionType, custom_id: str) -> Any:
    """An interaction that no client of Discord's would send: a button or a form with an id that somebody made up."""
    data = {"custom_id": custom_id, "component_type": 2, "components": []}
    asked, payload = base_payload(
        server.env.backend, type=kind, channel_id=channel.id, guild_id=channel.guild.id, user_id=who.id, data=data
    )
    raw = dict(message_payload(server.env.backend, server.env.backend.get_message(channel.id, channel.history()[0].id)))
    made_up = {"type": 2, "style": 2, "label": "made up", "custom_id": custom_id}
    raw["components"] = [{"type": 1, "components": [made_up]}]
    server.env.backend.emit("INTERACTION_CREATE", payload | {"message": raw})
    await server.env.settle()
    return InteractionResult(server.env, asked)


FORGED = {
    "d::0:nonsense": "I don't know the command",
    "d::0:read|entry=#999": "#999",
    "d::0:read|entry=%00|x=y": "has no option",
    "d::0:digest.post": "is for admins",
    "d::0:digest.post|channel=discord:1:2": "is for admins",
    "d::0:schedule.set|weekday=mon|at=09:00|zone=UTC": "is for admins",
    "d:AAAAAAAAAAAAAAAAAAAAAAAA:99r:read|entry=": "",
}


@pytest.mark.parametrize("kind", [InteractionType.MESSAGE_COMPONENT, InteractionType.MODAL_SUBMIT])
async def test_a_made_up_id_is_answered_like_anything_else_that_is_asked(database: str, kind: InteractionType) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ben = server.member(guild, "ben")
        await ben.slash(channel, "blog share", entry="#6")
        await server.settle()
        before = len(channel.history())

        for custom_id, told in FORGED.items():
            answer = await forged(server, ben, channel, kind, custom_id)
            assert answer.ephemeral, custom_id
            assert told in shown_by(answer), custom_id
        for custom_id in ("x", "d:", "d::0:", "d::x:read", "e::0:read|entry=#1"):
            assert not (await forged(server, ben, channel, kind, custom_id)).acknowledged, custom_id
        await server.settle()
        assert len(channel.history()) == before


async def test_every_post_has_a_nonce_of_its_own_that_discord_takes(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog share", entry="#6")
        await server.settle()

        places = {f"/channels/{one.id}/messages" for one in (channel, *channel.history())}  # a thread has its post's id
        posts = [body for method, path, body in server.bodies if method == "POST" and path in places]
        nonces = [post["nonce"] for post in posts]
        assert len(nonces) > 1
        assert len(set(nonces)) == len(nonces)
        assert all(0 < len(nonce) <= MAX_NONCE for nonce in nonces)
        assert all(post["enforce_nonce"] for post in posts)


async def test_a_server_that_nobody_assigned_is_told_how(database: str) -> None:
    async with a_server(database) as server:
        owner = server.env.create_user("olga")
        to_the_present(server)
        guild = server.env.create_guild(name="new", owner=owner)
        await server.env.settle()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana")

        answer = await ana.slash(channel, "blog home")

        assert answer.ephemeral
        assert f"dogear team assign discord:{guild.id} TEAM" in shown_by(answer)
        (welcome,) = welcomes(server)
        assert f"dogear team assign discord:{guild.id} TEAM" in welcome


async def test_a_server_is_welcomed_when_it_is_seen_for_the_first_time_and_not_after_a_restart(database: str) -> None:
    async with a_server(database) as server:
        application = server.platform.client.application
        assert application is not None
        application.bot_public = False
        olga = server.env.create_user("olga")
        server.env.create_guild(name="joined long ago", owner=olga)
        await server.env.settle()
        assert welcomes(server) == []

        to_the_present(server)
        server.env.create_guild(name="new", owner=olga)
        await server.settle()
        (welcome,) = welcomes(server)
        assert "/blog schedule set" in welcome
        assert "team assign" not in welcome

        await server.restart()
        await server.settle()

        assert len(welcomes(server)) == 1


async def test_a_process_that_dies_between_sending_and_storing_doubles_no_welcome(database: str) -> None:
    async with a_server(database) as server:
        application = server.platform.client.application
        assert application is not None
        application.bot_public = False
        to_the_present(server)

        async def killed(*_: Any) -> None:
            raise asyncio.CancelledError

        deliverer = server.club.deliverer
        note, deliverer._note = deliverer._note, killed  # type: ignore[assignment] # nothing is stored of what is sent
        server.env.create_guild(name="new", owner=server.env.create_user("olga"))
        await server.settle()
        assert len(welcomes(server)) == 1

        deliverer._note = note
        await server.restart()
        for _ in range(3):
            server.club.clock.move_to(server.club.clock.now() + timedelta(minutes=3))
            await server.settle()
        assert len(welcomes(server)) == 1


async def test_leaving_takes_the_server_off_and_an_outage_does_not(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()

        def known(tx: Any) -> bool:
            return teams.team_of(tx, places.workspace(guild.id)) is not None

        def kept(tx: Any) -> list[WorkspaceRef]:
            return [workspace.ref for workspace in tx.teams.left_workspaces()]

        server.env.backend.emit("GUILD_DELETE", {"id": str(guild.id), "unavailable": True})
        await server.env.settle()
        assert await server.read(known)

        server.env.backend.remove_guild(guild.id)
        await server.env.settle()
        assert not await server.read(known)
        assert places.workspace(guild.id) in await server.read(kept)


async def test_a_server_that_removed_us_while_nobody_listened_is_found_out(database: str) -> None:
    async with a_server(database) as server:
        guild, other = await server.guild(), await server.guild("other")
        client = server.platform.client
        inbox, client.inbox = client.inbox, Nobody()
        server.env.backend.remove_guild(guild.id)
        await server.env.settle()
        client.inbox = inbox
        present = await server.read(lambda tx: tx.teams.present_workspaces(places.DISCORD))
        assert places.workspace(guild.id) in present

        await server.restart()

        present = await server.read(lambda tx: tx.teams.present_workspaces(places.DISCORD))
        assert places.workspace(guild.id) not in present
        assert places.workspace(other.id) in present


async def test_a_missing_permission_is_named_with_its_channel_to_an_admin_once(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="UTC")
        for entry in ("#6", "#1"):
            await server.member(guild, f"reader of {entry}").slash(channel, "blog share", entry=entry)
        await ana.slash(channel, "blog digest post")
        denied = discord.Permissions(send_messages=True).value
        server.env.backend.set_overwrite(channel.id, Overwrite(guild.id, OverwriteType.ROLE, deny=denied))
        await server.settle()
        await server.settle()

        told = [json.dumps(body) for _, path, body in server.bodies if path.endswith("/messages")]
        assert sum("What you shared was not posted" in words for words in told) == 2, "each sharer is told"
        (named,) = [words for words in told if "I paused a weekly digest" in words]
        assert "reading" in named
        assert "it lacks Send Messages" in named
        assert "schedule resume" in named


async def test_a_deleted_channel_pauses_its_schedule(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel, other = guild.create_text_channel("reading"), guild.create_text_channel("other")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog schedule set", weekday="mon", at="09:00", zone="UTC")

        server.env.backend.delete_channel(channel.id)
        await server.env.settle()

        assert "the channel was deleted" in shown_by(await ana.slash(other, "blog schedule list"))


def everything_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """As a host might, who looks for a fault: every logger there is, the library's too, at DEBUG, until the test ends."""
    for name in [name for name in logging.root.manager.loggerDict if name.startswith(("discord", "dogear"))]:
        caplog.set_level(logging.DEBUG, logger=name)


async def test_no_word_of_the_list_and_no_token_stands_in_a_log(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with a_server(database) as server:
        server.platform.client.http.token = "canary-token"
        everything_is_told(caplog)
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        await ana.slash(channel, "blog share", entry="#6")
        await ana.slash(channel, "blog search", query="canary-words")
        await server.settle()
        await ana.react(entry_message(channel), "✅")
        server.env.inject_error("POST", "/interactions/*/callback", status=500, code=0)
        await ana.slash(channel, "blog search", query="canary-words")

    logged = "\n".join(record.getMessage() + str(record.__dict__) for record in caplog.records)
    for canary in ("canary-token", "canary-words", "Prototyping with models", "simcord_interaction_"):
        assert canary not in logged
