"""Discord's REST interface on loopback, as far as a delivery needs it: nonces, history, threads, and every way to fail.

What was accepted is kept in `messages` before any answer, so a test can compare what was planned with what is there.
"""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from adapters.discord.platform import DiscordPlatform
from tests.fakes.discord_openapi import check

BOT = {"id": "900000000000000001", "username": "dogear", "discriminator": "0", "avatar": None, "bot": True}
GUILD, CHANNEL = "100000000000000001", "200000000000000001"
LOCKED = "200000000000000002"
EPOCH = 1420070400000
PERMISSIONS = 309237730368


@dataclass(frozen=True)
class Put:
    """A reaction as it stands on a message; `emoji` is its name and, of a custom one, its id."""

    user: str
    emoji: tuple[str, str | None]
    burst: bool = False


@dataclass
class Fault:
    """What happens to one request. With `accepts` it has its effect all the same."""

    status: int = 0
    accepts: bool = False
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    closes: bool = False
    half: bool = False


def answered(data: Any, *, status: int = 200) -> web.Response:
    """As Discord does: the library takes only this very type for JSON."""
    return web.Response(status=status, body=json.dumps(data).encode(), headers={"Content-Type": "application/json"})


def limited(seconds: float) -> Fault:
    body = json.dumps({"message": "You are being rate limited.", "retry_after": seconds, "global": False}).encode()
    return Fault(status=429, body=body, headers={"Via": "1.1 fake", "Content-Type": "application/json"})


def refused(status: int, code: int, words: str = "no") -> Fault:
    body = json.dumps({"message": words, "code": code}).encode()
    return Fault(status=status, body=body, headers={"Content-Type": "application/json"})


BLOCKED = Fault(status=429, body=b"<html>error 1015</html>", headers={"Retry-After": "30", "Content-Type": "text/html"})
DROPPED = Fault(accepts=True, closes=True)
BROKEN = Fault(status=503, accepts=True)
HALF = Fault(accepts=True, half=True)
GIBBERISH = Fault(status=200, accepts=True, body=b"<html>ok</html>", headers={"Content-Type": "text/html"})
NO_JSON = Fault(status=200, accepts=True, body=b'{"id": ', headers={"Content-Type": "application/json"})


def _as_kept(sent: Any) -> Any:
    """As Discord gives back what was registered: without what is empty or says no."""
    if isinstance(sent, dict):
        return {name: _as_kept(value) for name, value in sent.items() if value not in (False, [], None)}
    return [_as_kept(one) for one in sent] if isinstance(sent, list) else sent


_GUILD: dict[str, Any] = {
    "name": "ours",
    "owner_id": "1",
    "channels": [{"id": CHANNEL, "type": 0, "name": "reading", "position": 0, "permission_overwrites": []}],
    "roles": [],
    "members": [],
    "threads": [],
    "emojis": [],
    "stickers": [],
    "features": [],
    "member_count": 1,
}


def a_guild(guild: str) -> dict[str, Any]:
    """What the gateway tells of a server."""
    return {**_GUILD, "id": guild, "unavailable": False}


class FakeDiscord:
    """`faults` are met by the next posts of a message, one each, and `always` by every request of a method whose path
    ends like this; `now` is milliseconds since 1970.
    """

    def __init__(self) -> None:
        self.now = 1_790_000_000_000
        self.messages: list[dict[str, Any]] = []
        self.threads: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.may_create_events = True
        self.reactions: list[tuple[str, str, str]] = []
        self.faults: deque[Fault] = deque()
        self.always: dict[tuple[str, str], Fault] = {}
        self.denied = 1 << 38
        self.elsewhere: dict[str, str] = {}
        self.archived: list[dict[str, Any]] = []
        self.archive_page = 100
        self.tags: list[dict[str, Any]] = [{"id": "7", "name": "Caching"}, {"id": "8", "name": "other"}]
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[tuple[str, str, Any]] = []
        self.headers: list[str] = []
        self.deleted_nonces: set[str] = set()
        self.shards = 1
        self.starts = 1000
        self.forum = False
        self.trusts = True
        self.flags = 0
        self.public = False
        self.endpoint: str | None = None
        self.guilds = [GUILD]
        self.commands: list[Any] = []
        self.put_on: dict[str, set[Put]] = {}
        self.bots: set[str] = set()
        self.resumes = True
        self.talks = asyncio.Event()
        """While it is not set the gateway says hello and nothing more, and keeps the connections open."""
        self.talks.set()
        self.beat = 41.25
        self.streamed: list[str] = []
        self.told = 0
        self._sockets: list[web.WebSocketResponse] = []
        self.identified: list[dict[str, Any]] = []
        self.heard = asyncio.Event()
        self._numbers = itertools.count(1)

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._noted])
        app.add_routes(
            [
                web.get("/users/@me", self._me),
                web.get("/oauth2/applications/@me", self._application),
                web.post("/channels/{channel}/messages", self._post),
                web.get("/channels/{channel}/messages", self._history),
                web.get("/channels/{channel}/messages/{id}", self._message),
                web.patch("/channels/{channel}/messages/{id}", self._edit),
                web.delete("/channels/{channel}/messages/{id}", self._delete),
                web.post("/channels/{channel}/messages/{id}/threads", self._thread),
                web.put("/channels/{channel}/messages/{id}/reactions/{emoji}/@me", self._react),
                web.get("/guilds/{guild}/threads/active", self._active),
                web.post("/users/@me/channels", self._direct),
                web.get("/channels/{channel}", self._channel),
                web.post("/channels/{channel}/threads", self._forum_post),
                web.get("/channels/{channel}/threads/archived/public", self._archived),
                web.get("/gateway/bot", self._gateway),
                web.get("/gateway/socket", self._socket),
                web.get("/channels/{channel}/messages/{id}/reactions/{emoji}", self._reactors),
                web.put("/applications/{id}/commands", self._registered),
                web.get("/users/@me/guilds", self._guilds),
                web.get("/guilds/{guild}", self._guild),
                web.get("/guilds/{guild}/members/{user}", self._member),
                web.get("/guilds/{guild}/channels", self._channels),
                web.get("/applications/{id}/commands", self._commands),
                web.get("/guilds/{guild}/scheduled-events", self._events),
                web.post("/guilds/{guild}/scheduled-events", self._event),
            ]
        )
        return app

    @web.middleware
    async def _noted(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        if request.can_read_body:
            self.bodies.append((request.method, request.path, await request.json()))
        for (method, end), fault in self.always.items():
            if method == request.method and request.path.endswith(end):
                return await self._failed(request, fault)
        answer: web.StreamResponse = await handler(request)
        return answer

    def id(self) -> str:
        return str(((self.now - EPOCH) << 22) | next(self._numbers))

    async def _me(self, request: web.Request) -> web.Response:
        return answered(BOT) if self.trusts else answered({"message": "401: Unauthorized", "code": 0}, status=401)

    async def _application(self, request: web.Request) -> web.Response:
        about: dict[str, Any] = {
            "id": BOT["id"],
            "name": "dogear",
            "description": "",
            "icon": None,
            "bot_public": self.public,
        }
        about |= {"flags": self.flags, "interactions_endpoint_url": self.endpoint}
        return answered(about | {"bot_require_code_grant": False, "verify_key": "k", "team": None, "owner": BOT})

    async def _post(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else None
        body = await request.json()
        if fault is not None and not fault.accepts:
            return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
        message = self._accepted(request.match_info["channel"], body)
        if fault is not None:
            return await self._failed(request, fault)
        if message is None:
            return answered({"message": "Unknown Message", "code": 10008}, status=404)
        return answered(message)

    def _accepted(self, channel: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The message of this nonce: a new one, the one that is there, or None if that was deleted."""
        nonce = body.get("nonce")
        if nonce in self.deleted_nonces:
            return None
        known = [one for one in self.messages if nonce and one["nonce"] == nonce]
        if known and body.get("enforce_nonce"):
            return known[0]
        message = {
            "id": self.id(),
            "channel_id": channel,
            "author": BOT,
            "content": "",
            "components": body.get("components", []),
            "flags": body.get("flags", 0),
            "nonce": nonce,
        }
        self.messages.append(message)
        return message

    async def _failed(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.closes:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if fault.half:
            answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "500"})
            await answer.prepare(request)
            await answer.write(b'{"id": "1')
            assert request.transport is not None
            request.transport.abort()
            return answer
        return web.Response(status=fault.status, body=fault.body, headers=fault.headers)

    async def _history(self, request: web.Request) -> web.Response:
        """Without nonces, which nobody promises to be in history."""
        after, limit = int(request.query.get("after", 0)), int(request.query.get("limit", 50))
        here = [one for one in self.messages if one["channel_id"] == request.match_info["channel"]]
        later = sorted((one for one in here if int(one["id"]) > after), key=lambda one: int(one["id"]))[:limit]
        shown = [{name: value for name, value in one.items() if name != "nonce"} for one in reversed(later)]
        return answered(shown)

    async def _message(self, request: web.Request) -> web.Response:
        for one in self.messages:
            if one["id"] == request.match_info["id"]:
                return answered(one | {"reactions": self._counted(one["id"])})
        return answered({"message": "Unknown Message", "code": 10008}, status=404)

    def _counted(self, message: str) -> list[dict[str, Any]]:
        """Each emoji once, with how often it stands there as an ordinary reaction and how often as a super one."""
        there = self.put_on.get(message, set())
        return [
            {
                "emoji": {"id": emoji[1], "name": emoji[0]},
                "count_details": {
                    kind: sum(1 for put in there if put.emoji == emoji and put.burst == burst)
                    for kind, burst in (("normal", False), ("burst", True))
                },
            }
            for emoji in {put.emoji for put in there}
        ]

    async def _reactors(self, request: web.Request) -> web.Response:
        name, _, number = request.match_info["emoji"].partition(":")
        burst, after = request.query.get("type") == "1", int(request.query.get("after") or 0)
        there = self.put_on.get(request.match_info["id"], set())
        users = {put.user for put in there if put.emoji == (name, number or None) and put.burst == burst}
        later = sorted((user for user in users if int(user) > after), key=int)[: int(request.query["limit"])]
        return answered([{"id": user, "username": f"u{user}", "bot": user in self.bots} for user in later])

    async def _edit(self, request: web.Request) -> web.Response:
        return await self._message(request)

    async def _delete(self, request: web.Request) -> web.Response:
        before = len(self.messages)
        self.messages = [one for one in self.messages if one["id"] != request.match_info["id"]]
        if len(self.messages) == before:
            return answered({"message": "Unknown Message", "code": 10008}, status=404)
        return web.Response(status=204)

    async def _thread(self, request: web.Request) -> web.Response:
        root = request.match_info["id"]
        if any(thread["id"] == root for thread in self.threads):
            return answered({"message": "A thread exists already", "code": 160004}, status=400)
        thread = {"id": root, "parent_id": request.match_info["channel"], "last_message_id": None}
        self.threads.append(thread)
        for one in self.messages:
            if one["id"] == root:
                one["thread"] = thread
        return answered(thread, status=201)

    async def _react(self, request: web.Request) -> web.Response:
        self.reactions.append((request.match_info["channel"], request.match_info["id"], request.match_info["emoji"]))
        return web.Response(status=204)

    async def _active(self, request: web.Request) -> web.Response:
        for thread in self.threads:
            said = [one["id"] for one in self.messages if one["channel_id"] == thread["id"]]
            thread["last_message_id"] = max(said, key=int, default=None)
        return answered({"threads": self.threads, "members": []})

    async def _channel(self, request: web.Request) -> web.Response:
        channel = request.match_info["channel"]
        known = {"id": channel, "type": 15 if self.forum else 0, "guild_id": self.elsewhere.get(channel, GUILD)}
        return answered(known | {"available_tags": self.tags})

    async def _forum_post(self, request: web.Request) -> web.StreamResponse:
        """A post without a nonce: asked for twice, it is there twice."""
        body = await request.json()
        message = self._accepted("0", body["message"])
        assert message is not None
        message["channel_id"] = message["id"]
        thread = {"id": message["id"], "parent_id": request.match_info["channel"], "last_message_id": message["id"]}
        self.threads.append(thread)
        if self.faults:
            return await self._failed(request, self.faults.popleft())
        return answered(thread | {"message": message}, status=201)

    async def _archived(self, request: web.Request) -> web.Response:
        """Those archived last first, a page at a time."""
        before = request.query.get("before")
        left = [one for one in self.archived if not before or one["thread_metadata"]["archive_timestamp"] < before]
        page = min(int(request.query["limit"]), self.archive_page)
        return answered({"threads": left[:page], "members": [], "has_more": len(left) > page})

    async def _gateway(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": self.starts, "reset_after": 3_600_000, "max_concurrency": 16}
        url = f"ws://{request.host}/gateway/socket"
        return answered({"url": url, "shards": self.shards, "session_start_limit": limit})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        """A gateway that says hello, takes who identifies, and keeps their shard in mind; who comes back is let on
        where it was, or has to begin anew.
        """
        socket = web.WebSocketResponse()
        self._sockets = [socket]
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": self.beat * 1000}})
        async for message in socket:
            said = message.json()
            await self.talks.wait()
            if request.transport is None or request.transport.is_closing():
                break
            if said["op"] == 1:
                await socket.send_json({"op": 11})
            if said["op"] == 2:
                self.identified.append(said["d"])
                self.heard.set()
                ready = {"v": 10, "user": BOT, "guilds": self._away(), "session_id": "s"}
                ready |= {"resume_gateway_url": f"ws://{request.host}/gateway/socket"}
                ready |= {"shard": said["d"]["shard"], "application": {"id": BOT["id"], "flags": 0}}
                await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": ready})
                for guild in self.streamed:
                    await self.emit("GUILD_CREATE", a_guild(guild))
            if said["op"] == 6 and self.resumes:
                await self.emit("RESUMED", {})
            elif said["op"] == 6:
                await socket.send_json({"op": 9, "d": False})
        return socket

    def _away(self) -> list[dict[str, Any]]:
        return [{"id": guild, "unavailable": True} for guild in self.streamed]

    async def emit(self, event: str, data: Any) -> None:
        """Tell whoever is connected."""
        self.told += 1
        for socket in self._sockets:
            await socket.send_json({"op": 0, "t": event, "s": self.told + 1, "d": data})

    async def drop(self) -> None:
        """Send whoever is connected away, as Discord does before it closes a connection."""
        for socket in self._sockets:
            await socket.send_json({"op": 7, "d": None})

    async def _registered(self, request: web.Request) -> web.Response:
        own = {"application_id": BOT["id"], "version": self.id(), "default_member_permissions": None, "nsfw": False}
        self.commands = [_as_kept(one) | own | {"id": self.id()} for one in await request.json()]
        return answered(self.commands)

    async def _guilds(self, request: web.Request) -> web.Response:
        named: dict[str, Any] = {"name": "ours", "icon": None, "owner": False, "features": []}
        return answered([named | {"id": guild} for guild in self.guilds])

    async def _guild(self, request: web.Request) -> web.Response:
        everyone = {"id": GUILD, "name": "@everyone", "permissions": str(PERMISSIONS), "position": 0}
        role = everyone | {"color": 0, "hoist": False, "managed": False, "mentionable": False, "flags": 0}
        guild = {"id": GUILD, "name": "ours", "owner_id": "1", "roles": [role], "emojis": [], "features": []}
        return answered(guild | {"verification_level": 0, "mfa_level": 0, "nsfw_level": 0, "premium_tier": 0})

    async def _member(self, request: web.Request) -> web.Response:
        return answered(
            {
                "user": BOT,
                "roles": [],
                "joined_at": "2026-01-01T00:00:00+00:00",
                "deaf": False,
                "mute": False,
                "flags": 0,
            }
        )

    async def _channels(self, request: web.Request) -> web.Response:
        """One where everything is allowed, one where what is `denied` is not: talk in threads."""
        deny = {"id": GUILD, "type": 0, "allow": "0", "deny": str(self.denied)}
        channel = {"id": CHANNEL, "type": 0, "name": "reading", "guild_id": GUILD, "position": 0}
        open_one = channel | {"permission_overwrites": []}
        locked = channel | {"id": LOCKED, "name": "locked", "permission_overwrites": [deny]}
        return answered([open_one, locked])

    async def _commands(self, request: web.Request) -> web.Response:
        return answered(self.commands)

    async def _events(self, request: web.Request) -> web.Response:
        return answered(self.events)

    async def _event(self, request: web.Request) -> web.StreamResponse:
        if not self.may_create_events:
            return answered({"message": "Missing Permissions", "code": 50013}, status=403)
        event = {**await request.json(), "id": self.id(), "creator_id": BOT["id"]}
        self.events.append(event)
        return await self._failed(request, self.faults.popleft()) if self.faults else answered(event)

    async def _direct(self, request: web.Request) -> web.Response:
        return answered({"id": direct_channel(str((await request.json())["recipient_id"])), "type": 1})


def direct_channel(person: str) -> str:
    """The channel of the direct messages with a person."""
    return f"3{person[1:]}"


@asynccontextmanager
async def serving(fake: FakeDiscord, **options: Any) -> AsyncIterator[DiscordPlatform]:
    """A platform whose library talks to the fake; `options` are the platform's."""
    from discord.gateway import DiscordWebSocket
    from discord.http import Route
    from yarl import URL

    runner = web.AppRunner(fake.application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # asyncio's own server
    before, Route.BASE = Route.BASE, f"http://127.0.0.1:{port}"
    gateway, DiscordWebSocket.DEFAULT_GATEWAY = (
        DiscordWebSocket.DEFAULT_GATEWAY,
        URL(f"ws://127.0.0.1:{port}/gateway/socket"),
    )
    platform = DiscordPlatform("token-of-the-test", **options)
    try:
        async with platform.client:
            yield platform
            check(fake.bodies)
    finally:
        Route.BASE = before
        DiscordWebSocket.DEFAULT_GATEWAY = gateway
        await runner.cleanup()
