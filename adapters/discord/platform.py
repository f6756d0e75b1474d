"""Discord as a chat platform: posting, each in one attempt, and the connection that receives events."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Literal

import discord
from discord.http import handle_message_parameters

from adapters.discord import forum, permissions, places, surface
from adapters.discord.button_value import afar
from adapters.discord.client import DiscordClient
from adapters.discord.command_mentions import CommandMentions
from adapters.discord.events import Events
from adapters.discord.failures import (
    DENIED,
    GONE,
    THREAD_EXISTS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    before_sending,
    gone,
    translated,
)
from adapters.discord.history import carrying
from adapters.discord.inbound import SEEDS, Emojis
from adapters.discord.markup import shortened, thread_name
from adapters.discord.missed_reactions import EVERY
from adapters.discord.permissions import ANSWER, OPEN_THREAD, POST, REACT, Act, denied
from adapters.discord.ratelimit_workaround import release_buckets
from adapters.discord.reactions import marks_on
from adapters.discord.render import Layout
from adapters.discord.render import message as message_of
from adapters.discord.shards import Shards
from bot.chat.connection import Connection
from bot.chat.jobs import Job, Rounds
from bot.chat.platform import Core, Obstacle, Reacted, Vault
from bot.domain.card import Card
from bot.domain.delivery import PostingRules
from bot.domain.errors import BadConfig, ChannelRefused, MessageRemoved, PlatformBusy, PlatformError, PlatformRefused
from bot.domain.ids import AccountRef, ChannelRef, MessageRef, PlatformName, ThreadRef, Url, WorkspaceRef
from bot.domain.reading_state import ReadingState

log = logging.getLogger("dogear.discord")

MAX_THREAD_NAME = MAX_EVENT_NAME = 100
EVENT_LENGTH = timedelta(hours=1)
SERVERS_PAGE = 200
"""The maximum number of servers per request (documentation of August 2026)."""
REGISTER_TIMEOUT = 5.0
"""Seconds that the registration may hold up the connection."""
MIN_RETRY = timedelta(minutes=1)
REFUSED_WAIT = timedelta(hours=1)
"""How long to wait after a refused registration. Discord counts those that it accepts: 200 a day."""
MAX_SAID = 500
ARCHIVE_AFTER: Literal[10080] = 10080
"""Minutes without a message after which a thread leaves the channel list: a week, the maximum."""


class DiscordPlatform:
    """A ChatPlatform over discord.py.

    `token` is the bot's, `word` the command's name. `custom` maps the host's own emoji (by id) to a meaning. `now` is
    the time of reactions, for which Discord sends none.
    """

    name: PlatformName = places.DISCORD
    posting_rules: PostingRules = PostingRules(
        settle=timedelta(seconds=25),
        repeatable_within=timedelta(seconds=120),
        platform_pace=timedelta(milliseconds=25),
    )
    """A bot may make 50 requests a second; a nonce is known for "the past few minutes" (documentation of August 2026).
    """

    def __init__(
        self,
        token: str,
        *,
        word: str = "blog",
        custom: Mapping[str, ReadingState] | None = None,
        now: Callable[[], datetime] = discord.utils.utcnow,
        client: DiscordClient | None = None,
    ) -> None:
        self._token = token
        self._word = word
        self._emojis = Emojis(custom or {})
        self._now = now
        self.client = client or DiscordClient()
        self._gateway = self.client.gateway
        self._shards: Shards | None = None
        self._rounds = Rounds()
        self._logging_in = asyncio.Lock()
        self._sending_only = False
        self._channels = forum.Channels()
        self._mentions = CommandMentions(word)

    async def run(self, core: Core, vault: Vault) -> None:
        """Connect until cancelled, with the shards that no other replica holds.

        Registers the commands first if they changed. Raises BadConfig for an invalid token.
        """
        self._renew()
        events = self.listen(core)
        try:
            async with self.client:
                try:
                    async with self._rounds.of(events.read_missed):
                        await self._served(core, vault)
                finally:
                    await self.client.finish()
        finally:
            self._shards = None
            self._gateway.up.clear()

    def jobs(self) -> Sequence[Job]:
        return (Job(name="missed reactions", run=self._rounds.once, every=EVERY),)

    async def send_only(self, core: Core, vault: Vault) -> None:  # noqa: ARG002  sending shows nothing but refusals
        """Log in without a gateway until cancelled. Raises BadConfig for an invalid token."""
        self._renew()
        async with self.client:
            try:
                await self._log_in_or_give_up()
                self._sending_only = True
                await asyncio.Event().wait()
            finally:
                self._sending_only = False

    async def _log_in_or_give_up(self) -> None:
        try:
            await self.log_in()
        except PlatformRefused as error:
            raise BadConfig([f"{error}. {error.remedy}"]) from error

    async def _served(self, core: Core, vault: Vault) -> None:
        await self._log_in_or_give_up()
        later = await self._try_to_register(core)
        with translated():
            count, _, starts = await self.client.http.get_bot_gateway()
            _require_starts(starts, count)
        async with asyncio.TaskGroup() as group:
            if later is not None:
                group.create_task(self._register_later(core, later))

            async def start(shards: tuple[int, ...]) -> None:
                group.create_task(self._connected(shards, count))

            self._shards = Shards(vault, self.name, count, start)
            group.create_task(self._shards.keep())

    async def _try_to_register(self, core: Core) -> timedelta | None:
        """Register the commands. Returns how long to wait before another attempt, None if they are registered.

        Without it the commands stay as they were, and everything else works.
        """
        try:
            async with asyncio.timeout(REGISTER_TIMEOUT), self._asking():
                await self.register(core)
        except (PlatformError, TimeoutError) as error:
            wait = max(_until_next(error), MIN_RETRY)
            cause = error.__cause__
            said = cause.text.replace("\n", "; ") if isinstance(cause, discord.HTTPException) else str(error)
            code = cause.code if isinstance(cause, discord.HTTPException) else 0
            about = {"code": code, "reason": said[:MAX_SAID] or "no answer", "retry_in": str(wait)}
            log.warning(
                "Discord refused the registration of the commands; those registered before still work", extra=about
            )
            return wait
        return None

    async def _register_later(self, core: Core, wait: timedelta | None) -> None:
        while wait is not None:
            await asyncio.sleep(wait.total_seconds())
            wait = await self._try_to_register(core)
        log.info("Discord has registered the commands")

    def _renew(self) -> None:
        """A closed client cannot be opened again, so a new one replaces it after a `run`."""
        if self.client.is_closed():
            self.client = DiscordClient()
            self.client.gateway = self._gateway

    async def connection(self) -> Connection:
        """Up if every shard that we should receive is connected.

        While the database does not answer, those are the shards we had before.
        """
        if self._sending_only:
            return Connection(up=True, reconnects=self._gateway.reconnects)
        if self._shards is None:
            return Connection(up=False, reason="not connected yet", reconnects=self._gateway.reconnects)
        if not self._shards.looked and not self._shards.held:
            reason = "the database has not said which shards are ours"
            return Connection(up=False, reason=reason, reconnects=self._gateway.reconnects)
        silent = sorted(set(self._shards.held) - self._gateway.up)
        reason = f"shards not connected: {', '.join(map(str, silent))}" if silent else ""
        name = str(self.client.user or "")
        return Connection(up=not silent, reason=reason, reconnects=self._gateway.reconnects, name=name)

    async def _connected(self, shards: tuple[int, ...], count: int) -> None:
        """Receive these shards: with the client that also posts, or with another one if that client is receiving
        already.
        """
        if self.client.shard_ids is None:
            self.client.shard_ids, self.client.shard_count = list(shards), count
            await self.client.connect()
            return
        async with DiscordClient(shard_ids=list(shards), shard_count=count) as beside:
            beside.inbox, beside.gateway = self.client.inbox, self._gateway
            await beside.login(self._token)
            try:
                await beside.connect()
            finally:
                await beside.finish()

    def listen(self, core: Core) -> Events:
        """Pass every event on to this core from now on."""
        events = Events(
            core,
            self,
            word=self._word,
            mentions=self._mentions,
            emojis=self._emojis,
            now=self._now,
            own=self._own,
            by_host=self._by_host,
        )
        self.client.inbox = events
        return events

    def _own(self) -> int | None:
        return self.client.user.id if self.client.user else None

    def _by_host(self) -> bool:
        """If only the owner can invite the bot, the owner, who is the host, added it to every server."""
        application = self.client.application
        return application is None or not application.bot_public

    async def log_in(self) -> None:
        """Log in once, on first use: a worker posts before the gateway is open, or without one."""
        async with self._logging_in:
            self._renew()
            if self.client.application is None:
                with before_sending(), translated():
                    await self.client.login(self._token)
            self.client.be_quick()

    async def register(self, core: Core) -> bool:
        """Register the catalogue's commands, if they differ. Returns whether they did."""
        wanted: Any = surface.commands(core.catalogue, self._word)
        application = self.client.application_id
        assert application is not None
        registered: Any = await self.client.http.get_global_commands(application)
        current = surface.as_registered(wanted, registered)
        if not current:
            registered = await self.client.http.bulk_upsert_global_commands(application, wanted)
        self._mentions.learn(core.catalogue, registered or ())
        return not current

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[discord.http.HTTPClient]:
        """The library's requests, with its errors translated."""
        await self.log_in()
        try:
            with translated():
                yield self.client.http
        except asyncio.CancelledError:
            release_buckets(self.client.http)
            raise

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        """Post the card. The key is the nonce, so repeating the post within minutes yields the same message."""
        where = thread.id if thread else channel.id
        async with self._asking() as http, self._allowed(ANSWER if thread else POST, channel):
            _number(where)
            try:
                with before_sending():
                    known = None if thread else await self._channels.forum(http, channel, fresh=True)
                if known is not None:
                    return await self._posted(http, channel, known, card, key)
                sent = await http.send_message(_number(where), params=_parameters(self._shown(card, key), nonce=key))
            except discord.HTTPException as error:
                if error.code == UNKNOWN_MESSAGE:
                    raise MessageRemoved(
                        "it was posted, and removed before we heard of it", remedy="It is not posted again."
                    ) from error
                if error.code in GONE and thread is None:
                    raise gone(error) from error
                raise
            return MessageRef(ChannelRef(channel.workspace, where), str(sent["id"]))

    @asynccontextmanager
    async def _allowed(self, act: Act, channel: ChannelRef) -> AsyncIterator[None]:
        """If Discord refuses for a missing permission, name that permission."""
        try:
            yield
        except discord.HTTPException as error:
            if error.code not in DENIED:
                raise
            what, remedy = await denied(self.client, channel, act)
            refused = ChannelRefused if act is POST else PlatformRefused
            raise refused(what, remedy=remedy) from error

    async def _posted(
        self, http: discord.http.HTTPClient, channel: ChannelRef, known: Mapping[str, Any], card: Card, key: str
    ) -> MessageRef:
        """Post the card in a forum. Its first message has the id of its thread."""
        about = {
            "name": thread_name(card.title, MAX_THREAD_NAME),
            "auto_archive_duration": ARCHIVE_AFTER,
            "applied_tags": forum.tags(known, card.entry.tags if card.entry else ()),
        }
        params = handle_message_parameters(
            view=self._shown(card, key),
            allowed_mentions=discord.AllowedMentions.none(),
            channel_payload=about,
        )
        made = await http.start_thread_in_forum(_number(channel.id), params=params)
        return MessageRef(ChannelRef(channel.workspace, str(made["id"])), str(made["message"]["id"]))

    def _shown(self, card: Card, key: str, about: WorkspaceRef | None = None) -> Layout:
        layout = message_of(card, key=key, word=self._word, about=about)
        self._mentions.put([layout])
        return layout

    async def can_repeat(self, channel: ChannelRef, *, thread: ThreadRef | None = None) -> bool:
        """Every message has a nonce, but a new forum post has none."""
        if thread is not None:
            return True
        async with self._asking() as http:
            _number(channel.id)
            return await self._channels.forum(http, channel) is None

    async def find(
        self,
        channel: ChannelRef,
        key: str,
        *,
        since: datetime,
        thread: ThreadRef | None = None,
        sent_from: datetime | None = None,  # noqa: ARG002  every look reads all there is
    ) -> Sequence[MessageRef]:
        """Our messages whose buttons carry the key, in the place they were sent to."""
        async with self._asking() as http:
            places = await self._places(http, channel, since, thread)
            return await carrying(http, places, key, since=since, own=self._own())

    async def _places(
        self, http: discord.http.HTTPClient, channel: ChannelRef, since: datetime, thread: ThreadRef | None
    ) -> Sequence[ChannelRef]:
        """Where a message sent there since then may be: each forum post is a thread."""
        where = ChannelRef(channel.workspace, thread.id if thread else channel.id)
        _number(where.id)
        if thread is not None or await self._channels.forum(http, channel) is None:
            return [where]
        return await forum.threads(http, channel, since)

    async def revise(self, message: MessageRef, card: Card, *, key: str = "") -> None:
        async with self._asking() as http:
            await http.edit_message(
                _number(message.channel.id), _number(message.id), params=_parameters(self._shown(card, key))
            )

    async def delete(self, message: MessageRef) -> None:
        async with self._asking() as http:
            try:
                await http.delete_message(_number(message.channel.id), _number(message.id))
            except discord.NotFound as error:
                if error.code not in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
                    raise

    async def send_direct(
        self, account: AccountRef, card: Card, *, key: str = "", about: WorkspaceRef | None = None
    ) -> MessageRef:
        async with self._asking() as http:
            with before_sending():
                place = await _direct(http, account)
            shown = self._shown(card if about is None else afar(card, about), key, about)
            sent = await http.send_message(_number(place.id), params=_parameters(shown, nonce=key or None))
            return MessageRef(place, str(sent["id"]))

    async def find_direct(
        self,
        account: AccountRef,
        key: str,
        *,
        since: datetime,
        known: MessageRef | None = None,  # noqa: ARG002  a person has one conversation
    ) -> Sequence[MessageRef]:
        async with self._asking() as http:
            return await carrying(http, [await _direct(http, account)], key, since=since, own=self._own())

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        async with self._asking() as http, self._allowed(REACT, message.channel):
            await http.add_reaction(_number(message.channel.id), _number(message.id), SEEDS[meaning])

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:
        """A thread has the id of its message, so an existing one needs no request.

        A forum post is a thread already.
        """
        async with self._asking() as http, self._allowed(OPEN_THREAD, message.channel):
            if message.id == message.channel.id or await self._channels.thread(http, message.channel):
                return ThreadRef(message.channel, message.channel.id)
            try:
                await http.start_thread_with_message(
                    _number(message.channel.id),
                    _number(message.id),
                    name=thread_name(title, MAX_THREAD_NAME),
                    auto_archive_duration=ARCHIVE_AFTER,
                )
            except discord.HTTPException as error:
                if error.code != THREAD_EXISTS:
                    raise
            return ThreadRef(message.channel, message.id)

    async def schedule_event(self, channel: ChannelRef, title: str, at: datetime) -> None:
        """A scheduled event of the server, where the bot may create events. It is recognised by its creator, name and
        start.
        """
        guild, name = _number(channel.workspace.id), shortened(title, MAX_EVENT_NAME)
        async with self._asking() as http:
            try:
                known = await http.get_scheduled_events(guild, with_user_count=False)
                if any(self._is_our_event(one, name, at) for one in known):
                    return
                await http.create_guild_scheduled_event(
                    guild,
                    name=name,
                    privacy_level=discord.PrivacyLevel.guild_only.value,
                    entity_type=discord.EntityType.external.value,
                    entity_metadata={"location": f"https://discord.com/channels/{guild}/{channel.id}"},
                    scheduled_start_time=at.isoformat(),
                    scheduled_end_time=(at + EVENT_LENGTH).isoformat(),
                )
            except discord.Forbidden:
                log.info("no event is scheduled: the bot may not create events", extra={"workspace": guild})

    def _is_our_event(self, event: Mapping[str, Any], name: str, at: datetime) -> bool:
        is_ours = str(event.get("creator_id")) == str(self._own()) and event["name"] == name
        return is_ours and datetime.fromisoformat(event["scheduled_start_time"]) == at

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        async with self._asking() as http:
            return await marks_on(http, message, self._emojis, now=self._now(), own=self._own())

    async def servers(self) -> Collection[WorkspaceRef]:
        """Every server that we are in, including those with an outage."""
        found: set[WorkspaceRef] = set()
        after = None
        async with self._asking() as http:
            while True:
                page = await http.get_guilds(SERVERS_PAGE, after=after, with_counts=False)
                found |= {places.workspace(int(guild["id"])) for guild in page}
                if len(page) < SERVERS_PAGE:
                    return found
                after = int(page[-1]["id"])

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> Obstacle | None:  # noqa: ARG002  Discord asks them
        try:
            await self.log_in()
        except PlatformError:
            return None
        return await permissions.obstacle(self.client, channel)

    def link(self, message: MessageRef) -> Url | None:
        place: WorkspaceRef = message.channel.workspace
        return Url(f"https://discord.com/channels/{place.id}/{message.channel.id}/{message.id}")


def _require_starts(starts: Mapping[str, Any], shards: int) -> None:
    """Raise PlatformBusy if Discord has no session left for a shard. Starting one anyway resets the token
    (documentation of August 2026: 1,000 a day).
    """
    if starts["remaining"] >= shards:
        return
    wait = timedelta(milliseconds=starts["reset_after"])
    raise PlatformBusy(f"Discord lets the bot begin no more sessions for {wait}", retry_after=wait)


def _until_next(error: PlatformError | TimeoutError) -> timedelta:
    """How long to wait after a failed registration."""
    match error:
        case PlatformBusy():
            return error.retry_after
        case PlatformRefused():
            return REFUSED_WAIT
        case _:
            return timedelta()


def _parameters(view: Layout, *, nonce: str | None = None) -> discord.http.MultipartParameters:
    return handle_message_parameters(view=view, nonce=nonce, allowed_mentions=discord.AllowedMentions.none())


def _number(id: str) -> int:
    """The id as a number. Raises PlatformRefused for a typed name, which is not an id."""
    if not (id.isascii() and id.isdigit()):
        raise forum.elsewhere(id)
    return int(id)


async def _direct(http: discord.http.HTTPClient, account: AccountRef) -> ChannelRef:
    """The conversation with the person, which Discord opens if there was none."""
    return ChannelRef(WorkspaceRef(places.DISCORD, "@me"), str((await http.start_private_message(account.id))["id"]))
