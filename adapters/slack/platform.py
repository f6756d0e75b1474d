"""Slack as a chat platform: posts, threads, reactions and direct messages, each in exactly one attempt."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.slack import names, render
from adapters.slack.answers import Answers
from adapters.slack.api import Api, Web
from adapters.slack.door import PATH, Door
from adapters.slack.emoji import SEEDS, Emoji
from adapters.slack.errands import Errands
from adapters.slack.events import Events, left_meanwhile
from adapters.slack.failures import Absent, Already, Gone, Unreadable
from adapters.slack.install import Install
from adapters.slack.listeners import Listeners
from adapters.slack.manifest import INSTALL, REDIRECT
from adapters.slack.people import People
from adapters.slack.quiet import log
from adapters.slack.repair import Repair
from adapters.slack.richtext import Json
from adapters.slack.setup import SlackSetup
from adapters.slack.skew import Skew
from adapters.slack.socket import Socket, listening
from adapters.slack.workspaces import Workspace, Workspaces
from bot.chat.connection import Connection
from bot.chat.platform import Core, Reacted, Vault, WorkspaceJoined, WorkspaceLeft
from bot.chat.web import Request, Response, Route
from bot.domain.card import Card
from bot.domain.delivery import Manner
from bot.domain.errors import PlatformError, PlatformRefused, StoreError
from bot.domain.ids import AccountRef, ChannelRef, MessageRef, PlatformName, ThreadRef, Url
from bot.domain.reading import ReadingState

EVENT_TYPE = "club_delivery"
"""Letters, digits and underscores only: with a dot Slack loses the metadata without a word."""
HISTORY_PAGE = 15
"""The most that apps outside the Marketplace are given (https://docs.slack.dev/changelog/2025/05/29/tos-updates)."""
MOST_PAGES = 20
HISTORY_SCOPES = ("channels:history", "groups:history")
MOST_PACED = 10_000


class SlackPlatform:
    """A ChatPlatform over Slack's Web API, with Socket Mode or HTTPS for what comes in."""

    name: PlatformName = names.SLACK
    manner: Manner = Manner(settle=timedelta(seconds=60), workspace_pace=timedelta(milliseconds=100))
    """A workspace takes several hundred posts a minute (https://docs.slack.dev/apis/web-api/rate-limits, 2026-08).
    What was accepted shows in the history within 50 seconds of the longest attempt's end.
    """

    def __init__(self, setup: SlackSetup, *, now: Callable[[], datetime]) -> None:
        self._setup = setup
        self._web = Web(setup)
        self._workspaces = Workspaces(setup, self._web.client, now)
        self._skew = Skew(now)
        self._api = Api(self._web, self._workspaces, self._closed, self._skew)
        self._people = People(self._api)
        self._emoji = Emoji(setup.emoji)
        self._core: Core | None = None
        self._now = now
        self._door: Door | None = None
        self._install: Install | None = None
        self._urls: dict[str, str] = {}
        self._paced: dict[str, float] = {}
        self._socket: Socket | None = None
        self._reconnects = 0
        self.ready = asyncio.Event()

    async def run(self, core: Core, vault: Vault) -> None:
        """Be reachable until cancelled."""
        self._core = core
        errands = Errands()
        listeners = self._listeners(core, errands)
        try:
            ours = await self._workspaces.open(vault)
            if ours is not None:
                joined = WorkspaceJoined(workspace=names.workspace(ours.team), name=ours.name, by_host=True)
                await core.happened(joined)
                await self._get_to_know(ours)
            await left_meanwhile(core, self._workspaces)
            if self._setup.installable:
                self._install = Install(
                    self._setup, web=self._web, workspaces=self._workspaces, core=core, vault=vault, now=self._now
                )
            app = listeners.bolt()
            self._door = Door(app, self._setup.signing_secret) if self._setup.signing_secret else None
            async with self._repairing(core, ours) as anew:
                if self._setup.by_socket:
                    async with listening(app, self._setup.app_token, self._web, anew) as self._socket:
                        await self._served()
                else:
                    await self._served()
        finally:
            self.ready.clear()
            self._reconnects += self._socket.reconnects if self._socket else 0
            self._socket = None
            await errands.finish()
            await self._web.close()

    @contextlib.asynccontextmanager
    async def _repairing(self, core: Core, ours: Workspace | None) -> AsyncIterator[Callable[[], None] | None]:
        """While the block lasts, read the host's workspace's reactions again, now and when what it gives is called.

        Workspaces that installed the app come over HTTPS, where Slack brings again what was not taken.
        """
        if ours is None:
            yield None
            return
        repair = Repair(core, names.workspace(ours.team), self.marks, self._now, self._setup.reading_pace)
        repair.gap()
        repairing = asyncio.create_task(repair.run())
        try:
            yield repair.gap
        finally:
            repairing.cancel()
            await asyncio.gather(repairing, return_exceptions=True)

    async def send_only(self, core: Core, vault: Vault) -> None:
        """Know the workspaces and their tokens until cancelled."""
        self._core = core
        try:
            ours = await self._workspaces.open(vault)
            if ours is not None:
                await self._get_to_know(ours)
            await self._served()
        finally:
            self.ready.clear()
            await self._web.close()

    async def connection(self) -> Connection:
        """Over HTTPS it is Slack that connects, so that being served is all there is to it."""
        reconnects = self._reconnects + (self._socket.reconnects if self._socket else 0)
        if not self.ready.is_set():
            return Connection(up=False, reason="not connected yet", reconnects=reconnects)
        up = self._socket is None or await self._socket.is_connected()
        return Connection(up=up, reason="" if up else "Socket Mode is not connected", reconnects=reconnects)

    def _listeners(self, core: Core, errands: Errands) -> Listeners:
        answers = Answers(core, web=self._web, api=self._api, workspaces=self._workspaces, people=self._people)
        events = Events(
            core,
            api=self._api,
            workspaces=self._workspaces,
            people=self._people,
            emoji=self._emoji,
            answers=answers,
            errands=errands,
            word=f"/{self._setup.word}",
        )
        return Listeners(
            core,
            web=self._web,
            workspaces=self._workspaces,
            people=self._people,
            answers=answers,
            events=events,
            errands=errands,
        )

    async def _served(self) -> None:
        self.ready.set()
        await asyncio.Event().wait()

    async def _get_to_know(self, workspace: Workspace) -> None:
        self._urls[workspace.team] = workspace.url
        if workspace.may("emoji:read"):
            try:
                answer = await self._api.call(workspace.team, "emoji.list")
                self._emoji.learn(workspace.team, answer.get("emoji") or {})
            except PlatformError as error:
                log.info("custom emoji are not known: %s", error)

    def routes(self) -> Sequence[Route]:
        """Slack's requests, unless all comes through Socket Mode, and the pages of the installation."""
        events = [] if self._setup.by_socket else [Route(method="POST", path=PATH, handle=self._answer)]
        pages = (Route(method="GET", path=path, handle=self._page) for path in (INSTALL, REDIRECT))
        return [*events, *(pages if self._setup.installable else ())]

    async def _page(self, request: Request) -> Response:
        if self._install is None:
            return Response(status=503)
        return await (self._install.begin if request.path == INSTALL else self._install.end)(request)

    async def _answer(self, request: Request) -> Response:
        if self._door is None:
            return Response(status=503)
        return await self._door.answer(request)

    async def _closed(self, team: str) -> None:
        """Slack does not let us into a workspace any more."""
        log.warning("Slack has closed a workspace to us", extra={"workspace": team})
        if self._core is None:
            return
        try:
            await self._core.happened(WorkspaceLeft(workspace=names.workspace(team)))
        except StoreError as error:
            log.warning("that could not be noted: %s", error)

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        """Post the card with the key as its metadata. What Slack cannot read of it is said in plain text."""
        team = channel.workspace.id
        await self._pace(channel.id)
        shown = render.message(card, personal=False)
        arguments: dict[str, Any] = {
            "channel": channel.id,
            "text": shown.text,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"k": key}},
            **({"thread_ts": thread.id} if thread else {}),
        }
        try:
            answer = await self._posted(team, {**arguments, "blocks": list(shown.blocks)})
        except Unreadable as error:
            log.error("a card was posted as plain text, for Slack did not take its blocks: %s", error)
            answer = await self._posted(team, arguments)
        return names.message(team, str(answer.get("channel") or channel.id), str(answer["ts"]))

    async def _posted(self, team: str, arguments: dict[str, Any]) -> Json:
        """Posted; where we are no member and may join by ourselves, after joining."""
        try:
            return await self._api.call(team, "chat.postMessage", **arguments)
        except Absent:
            workspace = await self._workspaces.of(team)
            if workspace is None or not workspace.may("channels:join"):
                raise
            await self._api.call(team, "conversations.join", channel=arguments["channel"])
            return await self._api.call(team, "chat.postMessage", **arguments)

    async def _pace(self, channel: str) -> None:
        """About one message a second goes into one channel (https://docs.slack.dev/apis/web-api/rate-limits, 2026-08)."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._paced.get(channel, 0.0))
        if len(self._paced) > MOST_PACED:
            self._paced = {name: at for name, at in self._paced.items() if at > now}
        self._paced[channel] = turn + self._setup.pace
        if turn > now:
            await asyncio.sleep(turn - now)

    async def repeatable(self, channel: ChannelRef, *, thread: ThreadRef | None = None) -> bool:  # noqa: ARG002
        """Slack takes the same message as often as it is posted."""
        return False

    async def find(
        self, channel: ChannelRef, key: str, *, since: datetime, thread: ThreadRef | None = None
    ) -> Sequence[MessageRef]:
        """Our messages with this key, in the thread or in the channel; every page of it is read."""
        team = channel.workspace.id
        workspace = await self._workspaces.of(team)
        if workspace is None or not any(workspace.may(scope) for scope in HISTORY_SCOPES):
            raise PlatformRefused(
                "Whether it arrived cannot be looked up without the scope channels:history.",
                remedy="Look into the channel, then say “It is there” or “Post again”.",
            )
        method = "conversations.replies" if thread else "conversations.history"
        arguments: dict[str, Any] = {
            "channel": channel.id,
            "oldest": names.stamp(self._skew.theirs(since)),
            "limit": HISTORY_PAGE,
            "include_all_metadata": True,
            **({"ts": thread.id} if thread else {}),
        }
        found: set[str] = set()
        for _ in range(MOST_PAGES):
            page = await self._api.call(team, method, **arguments)
            found.update(ts for one in page.get("messages") or () if (ts := _of_ours(one, workspace, key)))
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            arguments["cursor"] = cursor
        return [MessageRef(channel, ts) for ts in sorted(found, key=names.moment)]

    async def revise(self, message: MessageRef, card: Card) -> None:
        shown = render.message(card, personal=False)
        await self._api.call(
            message.channel.workspace.id,
            "chat.update",
            channel=message.channel.id,
            ts=message.id,
            text=shown.text,
            blocks=list(shown.blocks),
        )

    async def delete(self, message: MessageRef) -> None:
        try:
            await self._api.call(message.channel.workspace.id, "chat.delete", channel=message.channel.id, ts=message.id)
        except Gone:
            return

    async def tell(self, account: AccountRef, card: Card) -> None:
        """A direct message, into which Slack turns a post to the person's own id."""
        team, user = names.person(account)
        shown = render.message(card, personal=True)
        await self._api.call(
            team,
            "chat.postMessage",
            channel=user,
            text=shown.text,
            blocks=list(shown.blocks),
            unfurl_links=False,
            unfurl_media=False,
        )

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        name = SEEDS.get(meaning)
        if name is None:
            return
        team, channel = message.channel.workspace.id, message.channel.id
        with contextlib.suppress(Already):
            await self._api.call(team, "reactions.add", channel=channel, timestamp=message.id, name=name)

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:  # noqa: ARG002  Slack's have no title
        """A thread of Slack's is there with its message."""
        return ThreadRef(message.channel, message.id)

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        """The reactions on the message as Slack lists them now; when each was put there it does not tell."""
        team = message.channel.workspace.id
        answer = await self._api.call(
            team, "reactions.get", channel=message.channel.id, timestamp=message.id, full=True
        )
        workspace = await self._workspaces.of(team)
        found = []
        for one in (answer.get("message") or {}).get("reactions") or ():
            name = str(one.get("name", ""))
            meaning = self._emoji.meaning(team, name)
            for user in one.get("users") or () if meaning else ():
                person = await self._people.person(team, user)
                if (workspace and user == workspace.bot_user) or (person is not None and (person.bot or person.guest)):
                    continue
                assert meaning is not None
                actor = await self._people.actor(team, user, with_rights=False)
                at = names.moment(message.id)
                found.append(Reacted(actor=actor, message=message, emoji=name, meaning=meaning, at=at))
        return found

    def link(self, message: MessageRef) -> Url | None:
        """The archive address, which Slack's pages show to be built so (https://slack.com/help/articles/203274767)."""
        team = message.channel.workspace.id
        place = self._urls.get(team)
        return Url(f"{place}archives/{message.channel.id}/p{message.id.replace('.', '')}") if place else None


def _of_ours(message: Any, workspace: Workspace, key: str) -> str | None:
    """The time of the message if it is ours and carries the key."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    ours = workspace.bot_user == message.get("user") or (workspace.bot and workspace.bot == message.get("bot_id"))
    return str(message["ts"]) if ours and metadata.get("event_type") == EVENT_TYPE and payload.get("k") == key else None
