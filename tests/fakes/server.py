"""A Discord server in this process: real discord.py objects over SimCord, with the whole club behind them."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import simcord

from adapters.discord import places
from adapters.discord.client import DiscordClient
from adapters.discord.platform import DiscordPlatform
from bot.domain.reading_state import ReadingState
from bot.ports.store import Transaction
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from bot.service import teams
from tests.fakes.discord_openapi import check
from tests.fakes.pace import unpaced

SEED = Path(__file__).parents[1] / "scenario" / "seed.md"


ORDINARY = discord.Permissions(
    view_channel=True,
    send_messages=True,
    read_message_history=True,
    add_reactions=True,
    use_application_commands=True,
    send_messages_in_threads=True,
)


def a_client() -> DiscordClient:
    client = DiscordClient(shard_count=1)
    client.http.token = "in this process nobody asks for it"
    return client


class Nobody:
    """An inbox from which nothing comes, as if the gateway were away."""

    def __getattr__(self, name: str) -> Any:
        async def unheard(*_: Any) -> None:
            """Nothing comes of it."""

        return unheard


@dataclass
class Server:
    """The club at work in a server, or in several; `bodies` is every JSON body that was sent so far."""

    env: Any
    club: Club
    platform: DiscordPlatform

    @property
    def bodies(self) -> list[tuple[str, str, Any]]:
        return [(one.method, one.path, one.json) for one in self.env.http_requests if one.json is not None]

    async def guild(self, name: str = "ours", team: str = "default") -> Any:
        """A server that has invited us, and that the host has given to a team."""
        made = self.env.create_guild(name=name)
        await self.env.settle()
        await self.club.runner.write(lambda tx: teams.assign(tx, places.workspace(made.id), team))
        return made

    def member(self, guild: Any, name: str, *, admin: bool = False) -> Any:
        rights = discord.Permissions.all() if admin else ORDINARY
        role = guild.create_role(f"rights of {name}", permissions=rights)
        return guild.add_member(self.env.create_user(name), roles=[role])

    def said(self, message: Any) -> str:
        """What the message says to a person, as the server keeps it."""
        return read_aloud(self.env.backend.get_message(message.channel.id, message.id).components)

    async def settle(self) -> None:
        """Let what is owed be delivered and what was said be heard."""
        await self.env.settle()
        await self.club.ticker.tick()
        await self.club.ticker.meet()
        await self.club.deliverer.drain()
        await self.env.settle()

    async def restart(self) -> None:
        """Another process takes over: nothing that was in memory is left."""
        self.platform = a_platform(self.club, a_client())
        self.club.join(self.platform)
        self.platform.listen(self.club.dispatcher)
        await self.env.restart_bot(self.platform.client)
        await self.platform.register(self.club.dispatcher)
        await self.env.settle()

    async def read(self, use_case: Callable[[Transaction], Any]) -> Any:
        return await self.club.runner.read(use_case)


def a_platform(club: Club, client: DiscordClient, custom: Mapping[str, ReadingState] | None = None) -> DiscordPlatform:
    platform = DiscordPlatform("no token", now=club.clock.now, client=client, custom=custom)
    platform.posting_rules = unpaced(platform.posting_rules)
    return platform


@asynccontextmanager
async def a_server(
    database: str,
    *,
    reading_list: Path | None = SEED,
    custom: Mapping[str, ReadingState] | None = None,
    hosted: bool = False,
    **options: Any,
) -> AsyncIterator[Server]:
    """`custom` gives emoji of the host's own, by their id, a meaning; `options` are the host's. Without a `reading_list`
    the team keeps those that it has.
    """
    settings = load(database=database, **options)
    async with open_club(settings, migrate=False, hosted=hosted) as club:
        default = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        if reading_list is not None:
            await club.lists.use(default, [reading_list])
        client = a_client()
        platform = a_platform(club, client, custom)
        club.join(platform)
        platform.listen(club.dispatcher)
        async with simcord.run(client, settle_timeout=60.0) as env:
            await platform.register(club.dispatcher)
            server = Server(env=env, club=club, platform=platform)
            yield server
            check(server.bodies)


def texts(components: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Every text of a message, top to bottom."""
    for component in components:
        if component["type"] == 10:
            yield component["content"]
        yield from texts(component.get("components", ()))


def read_aloud(components: Sequence[Mapping[str, Any]]) -> str:
    """What a person reads: without the marks of Markdown, links as their words."""
    text = "\n".join(texts(components))
    text = re.sub(r"\[((?:\\.|[^\]\\])*)\]\(<[^>]*>\)", r"\1", text)
    text = re.sub(r"(?<!\\)(\*\*|\*|~~|`)|^(?:### |-# |> )", "", text, flags=re.MULTILINE)
    return re.sub(r"\\(.)", r"\1", text).replace("\u200b", "")


def buttons(components: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(label, custom id) of every button but those that open an address."""
    found = []
    for component in components:
        if component["type"] == 2 and "custom_id" in component:
            found.append((component["label"], component["custom_id"]))
        found += buttons([component["accessory"]] if "accessory" in component else [])
        found += buttons(component.get("components", ()))
    return found


def shown_by(result: Any) -> str:
    """The whole answer of an interaction."""
    said = [result.response, *result.followups] if result.response else list(result.followups)
    return "\n".join(read_aloud(one.components) for one in said)


def entry_message(channel: Any) -> Any:
    """The newest message of ours with buttons in the channel."""
    return next(message for message in reversed(channel.history()) if message.components)
