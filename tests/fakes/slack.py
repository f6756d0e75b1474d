"""A Slack of one process on loopback: a Web API that refuses what Slack refuses, and a sender of what Slack sends.

What it sends is signed, or goes through Socket Mode. Shapes follow Slack's published payloads (2026-08).
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from slack_sdk.models.blocks import Block

from bot.runtime.clock import SystemClock

Json = dict[str, Any]

SIGNING_SECRET = "canary-signing-secret"
APP_TOKEN = "xapp-canary-app-token"
SCOPES = (
    "commands,chat:write,reactions:read,reactions:write,users:read,channels:read,groups:read,"
    "channels:history,groups:history,emoji:read"
)
NEEDED = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "reactions.add": "reactions:write",
    "reactions.get": "reactions:read",
    "users.info": "users:read",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "conversations.join": "channels:join",
    "conversations.info": "channels:read",
    "emoji.list": "emoji:read",
}
MAX_CHARACTERS = 13_200
TRIGGER_SECONDS = 3.0
LIVE = re.compile(r"<(?:[@!#][^>]*|https?://[^>|]*\|[^>]*)>")


@dataclass
class Workspace:
    team: str
    token: str
    bot_user: str
    bot: str
    scopes: str = SCOPES
    revoked: bool = False
    emoji: dict[str, str] = field(default_factory=dict)


@dataclass
class Channel:
    id: str
    team: str
    name: str
    members: set[str] = field(default_factory=set)
    archived: bool = False
    private: bool = False
    refuses: str = ""


@dataclass
class Fault:
    """What the next call of a method meets: `before` it is carried out or after."""

    kind: str
    after: bool = False
    seconds: float = 0.0
    code: str = ""


@dataclass
class Posted:
    team: str
    channel: str
    ts: str
    body: Json
    seen_from: float = 0.0

    @property
    def thread(self) -> str | None:
        return self.body.get("thread_ts")

    @property
    def key(self) -> str | None:
        return ((self.body.get("metadata") or {}).get("event_payload") or {}).get("k")


@dataclass
class Answered:
    """What came back on a response_url, or with the acknowledgement of a typed command."""

    team: str
    user: str
    body: Json
    hook: str = ""


def now() -> int:
    return int(SystemClock().now().timestamp())


class Refused(Exception):
    def __init__(self, code: str, **more: str) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


class FakeSlack:
    """`sent` holds every accepted message in order, `others` what people wrote, `answers` what came back privately, `calls`
    every API call.
    """

    def __init__(self) -> None:
        self.workspaces: dict[str, Workspace] = {}
        self.channels: dict[str, Channel] = {}
        self.users: dict[tuple[str, str], Json] = {}
        self.sent: list[Posted] = []
        self.others: list[Posted] = []
        self.answers: list[Answered] = []
        self.ephemerals: list[Json] = []
        self.views: list[Json] = []
        self.homes: dict[str, Json] = {}
        self.reactions: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self.calls: list[tuple[str, str, float]] = []
        self.refusals: list[tuple[str, str]] = []
        self.faults: dict[str, list[Fault]] = {}
        self.tokens: dict[str, Json] = {}
        self.codes: dict[str, Json] = {}
        self.history_delay = 0.0
        self.app_url = ""
        self.clock: Callable[[], int] = now
        self.url = ""
        self.secret = SIGNING_SECRET
        self._numbers = itertools.count(1)
        self._hooks: dict[str, tuple[str, str, int]] = {}
        self._triggers: dict[str, tuple[float, bool]] = {}
        self._views: dict[str, Json] = {}
        self._sockets: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Future[Json]] = {}
        self._woken = asyncio.Event()
        self.connected = asyncio.Event()
        self.silent = False
        """Whether pings get no answer, and connections stay open all the same."""
        self.acks: Counter[int] = Counter()

    # -- the world ---------------------------------------------------------------------------------------------------

    def workspace(self, team: str = "T0001", token: str = "xoxb-canary-bot-token", **more: Any) -> Workspace:
        made = Workspace(team=team, token=token, bot_user=f"UBOT{team[1:]}", bot=f"BBOT{team[1:]}", **more)
        self.workspaces[token] = made
        self.users[team, made.bot_user] = self._profile(team, made.bot_user, "dogear", bot=True)
        return made

    def channel(self, id: str = "C0001", team: str = "T0001", name: str = "reading", **more: Any) -> Channel:
        bots = {one.bot_user for one in self.workspaces.values() if one.team == team}
        made = Channel(id=id, team=team, name=name, members=bots, **more)
        self.channels[id] = made
        return made

    def user(self, id: str, name: str, team: str = "T0001", *, admin: bool = False, **more: Any) -> str:
        self.users[team, id] = self._profile(team, id, name, admin=admin) | more
        return id

    def _profile(self, team: str, id: str, name: str, *, admin: bool = False, bot: bool = False) -> Json:
        return {
            "id": id,
            "team_id": team,
            "name": name,
            "real_name": name,
            "tz": "Europe/Berlin",
            "tz_offset": 3600,
            "is_admin": admin,
            "is_owner": False,
            "is_bot": bot,
            "profile": {"display_name": name, "real_name": name},
        }

    def put(self, user: str, name: str, channel: str, ts: str, *, there: bool = True) -> None:
        """A person's reaction as reactions.get tells it; telling the app of it is another matter."""
        marks = self.reactions.setdefault((channel, ts), set())
        marks.add((user, name)) if there else marks.discard((user, name))

    def talk(self, user: str, channel: str = "C0001", thread: str = "", times: int = 1) -> None:
        """A person writes in a channel, or in a thread of it."""
        where = {"thread_ts": thread} if thread else {}
        team = self.channels[channel].team
        for number in range(times):
            body = {"user": user, "text": f"{number + 1}, and still talking", **where}
            self.others.append(Posted(team, channel, self.ts(), body))

    def fail(self, method: str, *faults: Fault) -> None:
        self.faults.setdefault(method, []).extend(faults)

    def number(self) -> int:
        return next(self._numbers)

    def ts(self) -> str:
        return f"{self.clock()}.{self.number():06}"

    # -- the server --------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeSlack"]:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_post("/api/{method}", self._api)
        app.router.add_get("/api/{method}", self._api)
        app.router.add_post("/commands/{hook}", self._hook)
        app.router.add_get("/link", self._link)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=60))
        try:
            yield self
        finally:
            for socket in self._sockets:
                await socket.close()
            await self._client.close()
            await runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await self._body(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        team = self.workspaces[token].team if token in self.workspaces else ""
        self.calls.append((team, method, time.monotonic()))
        fault = self.met(method, body)
        if fault and not fault.after:
            faulty = await self._met(request, fault)
            if faulty is not None:
                return faulty
        answer, scopes = self._answered(method, token, body)
        self._woken.set()
        if fault and fault.after:
            faulty = await self._met(request, fault)
            if faulty is not None:
                return faulty
        return web.json_response(
            answer, headers={"X-OAuth-Scopes": scopes, "Date": formatdate(self.clock(), usegmt=True)}
        )

    def met(self, method: str, body: Json) -> Fault | None:
        """What this call meets, if anything."""
        return self.faults[method].pop(0) if self.faults.get(method) else None

    def _answered(self, method: str, token: str, body: Json) -> tuple[Json, str]:
        workspace = self.workspaces.get(token)
        scopes = workspace.scopes if workspace else ""
        try:
            return {"ok": True, **self._carried_out(method, token, workspace, body)}, scopes
        except Refused as no:
            self.refusals.append((method, no.code))
            return {"ok": False, "error": no.code, **no.more}, scopes

    def _carried_out(self, method: str, token: str, workspace: Workspace | None, body: Json) -> Json:
        if method == "oauth.v2.access":
            return self._granted(body)
        if method == "apps.connections.open":
            if token != APP_TOKEN:
                raise Refused("invalid_auth")
            return {"url": f"{self.url.replace('http', 'ws')}/link?ticket=canary-ticket"}
        if workspace is None:
            raise Refused("invalid_auth" if token else "not_authed")
        if workspace.revoked:
            raise Refused("token_revoked")
        needed = NEEDED.get(method)
        if needed and needed not in workspace.scopes.split(","):
            raise Refused("missing_scope", needed=needed, provided=workspace.scopes)
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", method).replace(".", "_").lower()
        carried_out: Callable[[Workspace, Json], Json] | None = getattr(self, f"_{name}", None)
        if carried_out is None:
            raise Refused("unknown_method")
        return carried_out(workspace, body)

    async def _met(self, request: web.Request, fault: Fault) -> web.StreamResponse | None:
        match fault.kind:
            case "drop":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case "429":
                headers = {"Retry-After": str(int(fault.seconds))}
                return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
            case "500":
                return web.Response(status=500, text="<html>no</html>", content_type="text/html")
            case "503":
                return web.json_response({"ok": False, "error": "service_unavailable"}, status=503)
            case "garbage":
                return web.Response(text='{"ok": tr', content_type="application/json")
            case "half":
                return await _half(request)
            case "error":
                self.refusals.append((request.match_info["method"], fault.code))
                return web.json_response({"ok": False, "error": fault.code})
            case "hang":
                await asyncio.sleep(fault.seconds)
                return None
            case _:
                raise AssertionError(fault.kind)

    async def _body(self, request: web.Request) -> Json:
        if request.content_type == "application/json":
            body: Json = await request.json()
            return body
        form: Json = {**request.query, **(await request.post())}
        for name in ("blocks", "metadata", "view", "attachments"):
            if isinstance(form.get(name), str):
                form[name] = json.loads(str(form[name]))
        return form

    async def _hook(self, request: web.Request) -> web.Response:
        hook = request.match_info["hook"]
        team, user, left = self._hooks.get(hook, ("", "", 0))
        if not left:
            return web.Response(status=404, text="used_url")
        body = await request.json()
        try:
            checked_message(body)
        except Refused as no:
            self.refusals.append(("response_url", no.code))
            return web.Response(status=400, text=no.code)
        self._hooks[hook] = (team, user, left - 1)
        self.answers.append(Answered(team, user, body, f"{self.url}/commands/{hook}"))
        self._woken.set()
        return web.Response(text="ok")

    # -- methods -----------------------------------------------------------------------------------------------------

    def _auth_test(self, workspace: Workspace, body: Json) -> Json:
        return {
            "url": f"https://{workspace.team.lower()}.slack.com/",
            "team": f"Team {workspace.team}",
            "user": "dogear",
            "team_id": workspace.team,
            "user_id": workspace.bot_user,
            "bot_id": workspace.bot,
        }

    def _users_info(self, workspace: Workspace, body: Json) -> Json:
        found = self.users.get((workspace.team, str(body.get("user"))))
        if found is None:
            raise Refused("user_not_found")
        return {"user": found}

    def _emoji_list(self, workspace: Workspace, body: Json) -> Json:
        return {"emoji": workspace.emoji}

    def _room(self, workspace: Workspace, id: Any, *, post: bool = True) -> str:
        if str(id).startswith("U"):
            if (workspace.team, str(id)) not in self.users:
                raise Refused("channel_not_found")
            return f"D{str(id)[1:]}"
        if str(id).startswith("D") and (workspace.team, f"U{str(id)[1:]}") in self.users:
            return str(id)
        found = self.channels.get(str(id))
        if found is None or found.team != workspace.team:
            raise Refused("channel_not_found")
        if workspace.bot_user not in found.members:
            raise Refused("channel_not_found" if found.private else "not_in_channel")
        if post and found.archived:
            raise Refused("is_archived")
        if post and found.refuses:
            raise Refused(found.refuses)
        return found.id

    def _chat_post_message(self, workspace: Workspace, body: Json) -> Json:
        where = self._room(workspace, body.get("channel"))
        checked_message(body)
        metadata = body.get("metadata") or {}
        if metadata and not re.fullmatch(r"\w{1,50}", metadata.get("event_type", "")):
            raise Refused("invalid_metadata_format")
        ts = self.ts()
        posted = Posted(workspace.team, where, ts, body, time.monotonic() + self.history_delay)
        self.sent.append(posted)
        return {"channel": where, "ts": ts, "message": {"ts": ts}}

    def _chat_post_ephemeral(self, workspace: Workspace, body: Json) -> Json:
        self._room(workspace, body.get("channel"))
        checked_message(body)
        self.ephemerals.append(body)
        return {"message_ts": self.ts()}

    def _chat_update(self, workspace: Workspace, body: Json) -> Json:
        checked_message(body)
        message = self._message(workspace, body)
        message.body = {**message.body, **body}
        return {"ts": message.ts, "channel": message.channel}

    def _chat_delete(self, workspace: Workspace, body: Json) -> Json:
        self.sent.remove(self._message(workspace, body))
        return {}

    def _message(self, workspace: Workspace, body: Json) -> Posted:
        for one in self.sent:
            if (one.team, one.channel, one.ts) == (workspace.team, body.get("channel"), body.get("ts")):
                return one
        raise Refused("message_not_found")

    def _conversations_history(self, workspace: Workspace, body: Json) -> Json:
        return self._page(workspace, body, None)

    def _conversations_replies(self, workspace: Workspace, body: Json) -> Json:
        return self._page(workspace, body, str(body["ts"]))

    def _page(self, workspace: Workspace, body: Json, thread: str | None) -> Json:
        """The newest first in a channel, the oldest first in a thread, which begins with the message it hangs on."""
        where = self._room(workspace, body.get("channel"), post=False)
        limit, start = min(int(body.get("limit", 15)), 15), int(body.get("cursor") or 0)
        oldest = float(body.get("oldest", 0))
        since = [one for one in (*self.sent, *self.others) if one.channel == where and float(one.ts) >= oldest]
        shown = [one for one in since if time.monotonic() >= one.seen_from]
        found = sorted((one for one in shown if one.thread == thread), key=lambda one: one.ts, reverse=thread is None)
        found = [one for one in (*self.sent, *self.others) if one.ts == thread and one.channel == where] + found
        more = start + limit < len(found)
        kept = [_kept(one.body) for one in found]
        if str(body.get("include_all_metadata")) not in {"1", "true", "True"}:
            for one in kept:
                one.pop("metadata", None)
        listed = [
            {"ts": one.ts, **self._author(workspace, one), **shows} for one, shows in zip(found, kept, strict=True)
        ]
        cursor = {"response_metadata": {"next_cursor": str(start + limit)}} if more else {}
        return {"messages": listed[start : start + limit], "has_more": more, **cursor}

    def _author(self, workspace: Workspace, posted: Posted) -> Json:
        if posted in self.others:
            return {"user": posted.body["user"]}
        return {"user": workspace.bot_user, "bot_id": workspace.bot}

    def _conversations_info(self, workspace: Workspace, body: Json) -> Json:
        found = self.channels.get(str(body.get("channel")))
        is_member = found is not None and workspace.bot_user in found.members
        if found is None or found.team != workspace.team or (found.private and not is_member):
            raise Refused("channel_not_found")
        about = {"is_member": is_member, "is_archived": found.archived, "is_private": found.private}
        return {"channel": {"id": found.id, "name": found.name, **about}}

    def _conversations_join(self, workspace: Workspace, body: Json) -> Json:
        found = self.channels.get(str(body.get("channel")))
        if found is None or found.private:
            raise Refused("channel_not_found")
        found.members.add(workspace.bot_user)
        return {}

    def _reactions_add(self, workspace: Workspace, body: Json) -> Json:
        where = self._room(workspace, body.get("channel"))
        there = self.reactions.setdefault((where, str(body["timestamp"])), set())
        mark = (workspace.bot_user, str(body["name"]))
        if mark in there:
            raise Refused("already_reacted")
        there.add(mark)
        return {}

    def _reactions_get(self, workspace: Workspace, body: Json) -> Json:
        there = self.reactions.get((str(body.get("channel")), str(body.get("timestamp"))), set())
        named = sorted({name for _, name in there})
        listed = [{"name": name, "users": sorted(user for user, one in there if one == name)} for name in named]
        return {"message": {"reactions": listed}}

    def _views_open(self, workspace: Workspace, body: Json) -> Json:
        trigger = str(body.get("trigger_id"))
        made, used = self._triggers.get(trigger, (0.0, True))
        if used:
            raise Refused("exchanged_trigger_id")
        self._triggers[trigger] = (made, True)
        if time.monotonic() - made > TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        return {"view": self._viewed(workspace, body["view"])}

    def _views_update(self, workspace: Workspace, body: Json) -> Json:
        if body.get("view_id") not in self._views:
            raise Refused("not_found")
        return {"view": self._viewed(workspace, body["view"], str(body["view_id"]))}

    def _viewed(self, workspace: Workspace, view: Json, id: str | None = None) -> Json:
        checked_view(view)
        known = {**view, "id": id or f"V{self.number():06}", "team_id": workspace.team}
        self._views[known["id"]] = known
        self.views.append(known)
        return known

    def _views_publish(self, workspace: Workspace, body: Json) -> Json:
        checked_view(body["view"])
        self.homes[str(body["user_id"])] = body["view"]
        return {"view": body["view"]}

    def _granted(self, body: Json) -> Json:
        if body.get("grant_type") == "refresh_token":
            granted = self.tokens.pop(str(body.get("refresh_token")), None)
            if granted is None:
                raise Refused("invalid_refresh_token")
            return granted
        found = self.codes.pop(str(body.get("code")), None)
        if found is None:
            raise Refused("invalid_code")
        return found

    # -- what Slack sends --------------------------------------------------------------------------------------------

    def trigger(self) -> str:
        made = f"{self.number()}.{now()}.canarytrigger"
        self._triggers[made] = (time.monotonic(), False)
        return made

    def hook(self, team: str, user: str, uses: int = 5) -> str:
        name = f"canary-hook-{self.number()}"
        self._hooks[name] = (team, user, uses)
        return f"{self.url}/commands/{name}"

    def command(self, user: str, text: str, channel: str = "C0001", team: str = "T0001") -> Json:
        return {
            "token": "unused",
            "team_id": team,
            "team_domain": "ours",
            "channel_id": channel,
            "channel_name": "reading",
            "user_id": user,
            "user_name": self.users[team, user]["name"],
            "command": "/blog",
            "text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            "api_app_id": "A0001",
            "is_enterprise_install": "false",
            "response_url": self.hook(team, user),
            "trigger_id": self.trigger(),
        }

    def event(self, event: Json, team: str = "T0001") -> Json:
        return {
            "token": "unused",
            "team_id": team,
            "api_app_id": "A0001",
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{self.number():08}",
            "event_time": self.clock(),
            "authorizations": [{"enterprise_id": None, "team_id": team, "user_id": f"UBOT{team[1:]}", "is_bot": True}],
            "is_ext_shared_channel": False,
        }

    def reaction(
        self, user: str, name: str, channel: str, ts: str, *, added: bool = True, team: str = "T0001", at: str = ""
    ) -> Json:
        return self.event(
            {
                "type": "reaction_added" if added else "reaction_removed",
                "user": user,
                "reaction": name,
                "item_user": f"UBOT{team[1:]}",
                "item": {"type": "message", "channel": channel, "ts": ts},
                "event_ts": at or self.ts(),
            },
            team,
        )

    def press(
        self, user: str, button: Json, *, channel: str = "C0001", team: str = "T0001", view: Json | None = None,
        private: bool = False, ts: str = "", thread: str = "",
    ) -> Json:  # fmt: skip
        payload: Json = {
            "type": "block_actions",
            "user": {"id": user, "username": self.users[team, user]["name"], "team_id": team},
            "api_app_id": "A0001",
            "team": {"id": team, "domain": "ours"},
            "enterprise": None,
            "trigger_id": self.trigger(),
            "actions": [{"type": "button", "block_id": "b", "action_ts": self.ts(), **button}],
        }
        if view is not None:
            return {**payload, "view": view, "container": {"type": "view", "view_id": view.get("id", "VHOME")}}
        container = {"type": "message", "message_ts": ts or self.ts(), "channel_id": channel, "is_ephemeral": private}
        return {
            **payload,
            "channel": {"id": channel, "name": "reading"},
            "container": {**container, **({"thread_ts": thread} if thread else {})},
            "response_url": self.hook(team, user),
        }

    def submission(self, user: str, view: Json, values: Json, team: str = "T0001") -> Json:
        return {
            "type": "view_submission",
            "team": {"id": team, "domain": "ours"},
            "user": {"id": user, "username": self.users[team, user]["name"], "name": "x", "team_id": team},
            "api_app_id": "A0001",
            "trigger_id": self.trigger(),
            "view": {**view, "state": {"values": values}},
            "enterprise": None,
        }

    def suggestion(self, user: str, view: Json, block: str, typed: str, team: str = "T0001") -> Json:
        return {
            "type": "block_suggestion",
            "team": {"id": team, "domain": "ours"},
            "user": {"id": user, "team_id": team},
            "api_app_id": "A0001",
            "view": view,
            "container": {"type": "view", "view_id": view["id"]},
            "action_id": "value",
            "block_id": block,
            "value": typed,
        }

    def shortcut(self, user: str, word: str, message: Json, channel: str = "C0001", team: str = "T0001") -> Json:
        return {
            "type": "message_action",
            "callback_id": word,
            "trigger_id": self.trigger(),
            "message_ts": message.get("ts", self.ts()),
            "response_url": self.hook(team, user),
            "team": {"id": team, "domain": "ours"},
            "user": {"id": user, "name": self.users[team, user]["name"], "team_id": team},
            "channel": {"id": channel, "name": "reading"},
            "message": message,
            "enterprise": None,
        }

    def signed(self, body: bytes, *, at: str | None = None) -> dict[str, str]:
        at = at or str(now())
        made = hmac.new(self.secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={made}"}

    def encoded(self, payload: Json) -> tuple[bytes, str]:
        """The body as Slack sends it over HTTP, and its content type."""
        if payload.get("type") == "event_callback":
            return json.dumps(payload).encode(), "application/json"
        fields = payload if "command" in payload else {"payload": json.dumps(payload)}
        return urlencode(fields).encode(), "application/x-www-form-urlencoded"

    async def send(self, payload: Json, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Send it the way the app is connected: the status of the acknowledgement and what came with it."""
        if self._sockets and not self.app_url:
            status, said = await self._through_socket(payload)
        else:
            body, kind = self.encoded(payload)
            status, said = await self.post(body, {"Content-Type": kind, **self.signed(body), **(headers or {})})
        if "command" in payload and isinstance(said, dict) and said:
            self._answer_with(payload, said)
        return status, said

    def _answer_with(self, payload: Json, said: Json) -> None:
        """Show what a typed command was acknowledged with."""
        try:
            checked_message(said)
        except Refused as no:
            self.refusals.append(("acknowledgement", no.code))
            return
        self.answers.append(Answered(payload["team_id"], payload["user_id"], said, payload["response_url"]))
        self._woken.set()

    async def post(self, body: bytes | BytesIO, headers: dict[str, str]) -> tuple[int, Any]:
        async with self._client.post(f"{self.app_url}/slack/events", data=body, headers=headers) as response:
            text = await response.text()
            self.acks[response.status] += 1
            return response.status, json.loads(text) if text.startswith(("{", "[")) else text

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self._sockets.append(socket)
        await socket.send_json({"type": "hello", "num_connections": len(self._sockets)})
        self.connected.set()
        async for message in socket:
            if message.type is aiohttp.WSMsgType.PING and not self.silent:
                await socket.pong(message.data)
            if message.type is aiohttp.WSMsgType.TEXT and message.data.startswith("{"):
                answer = json.loads(message.data)
                waiting = self._acks.pop(answer.get("envelope_id", ""), None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer.get("payload") or {})
        self._sockets.remove(socket)
        return socket

    async def _through_socket(self, payload: Json) -> tuple[int, Any]:
        kind = "events_api" if payload.get("type") == "event_callback" else "interactive"
        kind = "slash_commands" if "command" in payload else kind
        envelope_id = f"envelope-{self.number()}"
        waiting = self._acks[envelope_id] = asyncio.get_running_loop().create_future()
        envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload, "accepts_response_payload": True}
        await self._sockets[-1].send_json(envelope)
        try:
            async with asyncio.timeout(3.0):
                answer = await waiting
        except TimeoutError:
            return 0, {}
        return 200, answer

    async def frame(self, text: str) -> None:
        """Send this through the connection, whatever it is."""
        await self._sockets[-1].send_str(text)

    async def refresh_sockets(self) -> None:
        """Ask every connection to be opened anew, as Slack does every few hours."""
        self.connected.clear()
        for socket in list(self._sockets):
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    async def drop_sockets(self) -> None:
        """End every connection without a word."""
        for socket in list(self._sockets):
            await socket.close()

    async def until(self, condition: Callable[[], Any]) -> Any:
        """What the condition says once it says anything, however busy the machine is."""
        async with asyncio.timeout(60):
            while not (found := condition()):
                self._woken.clear()
                try:
                    async with asyncio.timeout(0.05):
                        await self._woken.wait()
                except TimeoutError:
                    continue
        return found


async def _half(request: web.Request) -> web.StreamResponse:
    """The beginning of an answer, and then nothing."""
    answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "500"})
    await answer.prepare(request)
    await answer.write(b'{"ok": true, "ts": "1')
    assert request.transport is not None
    request.transport.abort()
    return answer


def _kept(body: Json) -> Json:
    return {name: body[name] for name in ("text", "blocks", "metadata", "thread_ts") if name in body}


# -- what Slack checks ---------------------------------------------------------------------------------------------


def checked_message(body: Json) -> None:
    """Refuse what Slack refuses in a message."""
    blocks = body.get("blocks") or []
    if not body.get("text") and not blocks:
        raise Refused("no_text")
    if not body.get("text"):
        raise Refused("invalid_blocks")
    if len(body["text"]) > 40_000:
        raise Refused("msg_too_long")
    checked_blocks(blocks, 50)
    if sum(len(string) for string in strings_of(blocks)) > MAX_CHARACTERS:
        raise Refused("msg_blocks_too_long")


def checked_view(view: Json) -> None:
    """Refuse what Slack refuses in a modal or in the Home tab."""
    if view["type"] == "modal" and not 0 < len(view["title"]["text"]) <= 24:
        raise Refused("invalid_arguments")
    if len(view.get("private_metadata", "")) > 3000 or len(json.dumps(view)) > 250_000:
        raise Refused("view_too_large")
    has_input = any(one["type"] == "input" for one in view["blocks"])
    if view["type"] == "modal" and has_input and "submit" not in view:
        raise Refused("invalid_arguments")
    checked_blocks(view["blocks"], 100)


def checked_blocks(blocks: list[Json], most: int) -> None:
    if len(blocks) > most:
        raise Refused("invalid_blocks")
    ids = [element["action_id"] for one in blocks if one["type"] == "actions" for element in one["elements"]]
    if len(ids) != len(set(ids)):
        raise Refused("invalid_blocks")
    for one in blocks:
        try:
            parsed = Block.parse(one)
            assert parsed is not None
            parsed.validate_json()
            _checked(one)
        except Refused:
            raise
        except Exception as wrong:
            raise Refused("invalid_blocks") from wrong


def _checked(part: Any) -> None:
    """Every text has words, every list has elements, every button stays within its limits."""
    if isinstance(part, list):
        for inner in part:
            _checked(inner)
        return
    if not isinstance(part, dict):
        return
    kind = part.get("type")
    if kind in {"text", "mrkdwn", "plain_text"} and not part.get("text"):
        raise Refused("invalid_blocks")
    if kind in {"mrkdwn", "plain_text"} and len(part["text"]) > 3000:
        raise Refused("invalid_blocks")
    if str(kind).startswith("rich_text") and not part.get("elements"):
        raise Refused("invalid_blocks")
    if kind == "rich_text_list" and not 0 <= part.get("indent", 0) <= 8:
        raise Refused("invalid_blocks")
    if kind == "button" and (len(part["value"]) > 2000 or len(part["text"]["text"]) > 75):
        raise Refused("invalid_blocks")
    if kind == "link" and (not part["url"].startswith(("http://", "https://")) or len(part["url"]) > 3000):
        raise Refused("invalid_blocks")
    for inner in part.values():
        _checked(inner)


def strings_of(part: Any) -> list[str]:
    """Every string that is shown, or followed."""
    if isinstance(part, list):
        return [string for inner in part for string in strings_of(inner)]
    if not isinstance(part, dict):
        return []
    own = [part[name] for name in ("text", "url", "fallback") if isinstance(part.get(name), str)]
    return own + [string for name, inner in part.items() if name != "value" for string in strings_of(inner)]


def mrkdwn_of(part: Any) -> list[str]:
    """Every string that Slack reads markup in."""
    if isinstance(part, list):
        return [string for inner in part for string in mrkdwn_of(inner)]
    if not isinstance(part, dict):
        return []
    if part.get("type") == "mrkdwn":
        return [part["text"]]
    top = [part["text"]] if isinstance(part.get("text"), str) and "blocks" in part else []
    return top + [string for inner in part.values() for string in mrkdwn_of(inner)]


def live_mentions(part: Any) -> list[str]:
    """Everything in it that would ping somebody, or pass for another's link."""
    found = [token for string in mrkdwn_of(part) for token in LIVE.findall(string)]
    return found + _broadcasts(part)


def _broadcasts(part: Any) -> list[str]:
    if isinstance(part, list):
        return [one for inner in part for one in _broadcasts(inner)]
    if not isinstance(part, dict):
        return []
    own = [part["type"]] if part.get("type") in {"user", "usergroup", "broadcast", "team"} else []
    return own + [one for inner in part.values() for one in _broadcasts(inner)]


def shown(body: Json) -> str:
    """What a person reads in the blocks."""
    return "\n".join(string for one in body.get("blocks", []) for string in _read(one))


def _read(one: Json) -> list[str]:
    if one["type"] == "rich_text":
        return ["".join(_words(inner)) for inner in one["elements"]]
    return strings_of(one)


def _words(part: Json) -> list[str]:
    own = part.get("text") or part.get("fallback") or (f"#{part['channel_id']}" if "channel_id" in part else "")
    inner = [word for one in part.get("elements", []) for word in _words(one)]
    return [own, *inner, "\n"] if part["type"] == "rich_text_section" else [own, *inner]


def buttons(body: Json) -> dict[str, Json]:
    """The buttons by their labels; the last of several alike."""
    return {
        element["text"]["text"]: {name: element[name] for name in ("action_id", "value")}
        for one in body.get("blocks", [])
        if one["type"] == "actions"
        for element in one["elements"]
    }
