"""Slack as a chat platform: posts, threads, reactions and direct messages, each in exactly one attempt."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.slack import names, postable, render
from adapters.slack.answers import Answers
from adapters.slack.api import Api, Web
from adapters.slack.background import Background
from adapters.slack.clock_skew import Skew
from adapters.slack.emoji import SEEDS, Emoji
from adapters.slack.events import Events, left_meanwhile
from adapters.slack.failures import Absent, Already, Unreadable, Vanished
from adapters.slack.history import EVENT_TYPE, History
from adapters.slack.listeners import Listeners
from adapters.slack.manifest import INSTALL, REDIRECT
from adapters.slack.missed_reactions import EVERY, Repair
from adapters.slack.oauth import Install
from adapters.slack.people import People
from adapters.slack.redaction import log
from adapters.slack.requests import PATH, Door, Socket, listening
from adapters.slack.richtext import Json
from adapters.slack.setup import SlackSetup
from adapters.slack.workspace_info import WorkspaceInfo
from adapters.slack.workspaces import Workspaces
from bot.chat.connection import Connection
from bot.chat.jobs import Job, Rounds
from bot.chat.platform import Core, Obstacle, Reacted, Vault, WorkspaceJoined, WorkspaceLeft
from bot.chat.web import Request, Response, Route
from bot.domain.card import Card
from bot.domain.delivery import PostingRules
from bot.domain.errors import BadConfig, PlatformBusy, PlatformRefused, Scope, StoreError
from bot.domain.ids import AccountRef, ChannelRef, MessageRef, PlatformName, ThreadRef, Url, WorkspaceRef
from bot.domain.reading_state import ReadingState


class SlackPlatform:
    """A ChatPlatform over Slack's Web API, receiving through Socket Mode or HTTPS."""

    name: PlatformName = names.SLACK
    posting_rules: PostingRules = PostingRules(
        settle=timedelta(seconds=60), channel_pace=timedelta(seconds=1), workspace_pace=timedelta(milliseconds=100)
    )
    """A channel accepts one message a second, a workspace several hundred a minute
    (https://docs.slack.dev/apis/web-api/rate-limits, 2026-08). A message shows in the history within 50 seconds of the
    end of the longest attempt.
    """

    def __init__(self, setup: SlackSetup, *, now: Callable[[], datetime]) -> None:
        self._setup = setup
        self._web = Web(setup)
        self._workspaces = Workspaces(setup, self._web.client, now)
        self._skew = Skew(now)
        self._api = Api(self._web, self._workspaces, self._closed, self._skew)
        self._history = History(self._api, self._skew)
        self._people = People(self._api)
        self._emoji = Emoji(setup.emoji)
        self._acquaintance = WorkspaceInfo(self._api, self._workspaces, self._emoji)
        self._core: Core | None = None
        self._now = now
        self._door: Door | None = None
        self._install: Install | None = None
        self._rounds = Rounds()
        self._socket: Socket | None = None
        self._reconnects = 0
        self.ready = asyncio.Event()

    async def run(self, core: Core, vault: Vault) -> None:
        """Receive requests until cancelled."""
        self._core = core
        errands = Background()
        listeners = self._listeners(core, errands)
        try:
            ours = await self._workspaces.open(vault)
            if ours is not None:
                joined = WorkspaceJoined(workspace=names.workspace(ours.team), name=ours.name, by_host=True)
                await core.handle(joined)
                await self._acquaintance.meet(ours)
            await left_meanwhile(core, self._workspaces)
            if self._setup.installable:
                self._install = Install(
                    self._setup,
                    web=self._web,
                    workspaces=self._workspaces,
                    acquaintance=self._acquaintance,
                    core=core,
                    now=self._now,
                )
            self._door = Door(listeners.answer, self._setup.signing_secret) if self._setup.signing_secret else None
            repair = Repair(core, self.marks, self._now, self._setup.reading_pace)
            repair.gap()
            async with self._rounds.of(repair.round):
                if self._setup.by_socket:
                    again = repair.gap
                    async with listening(listeners.answer, self._setup.app_token, self._web, again) as self._socket:
                        await self._served()
                else:
                    await self._served()
        finally:
            self.ready.clear()
            self._reconnects += self._socket.reconnects if self._socket else 0
            self._socket = None
            await asyncio.gather(errands.finish(), self._workspaces.finish())
            await self._acquaintance.finish()
            await self._web.close()

    def jobs(self) -> Sequence[Job]:
        return (Job(name="missed reactions", run=self._rounds.once, every=EVERY),)

    async def send_only(self, core: Core, vault: Vault) -> None:
        """Load the workspaces and their tokens, until cancelled."""
        self._core = core
        try:
            await self._workspaces.open(vault)
            await self._served()
        finally:
            self.ready.clear()
            await self._workspaces.finish()
            await self._web.close()

    async def connection(self) -> Connection:
        """Over HTTPS Slack connects to us, so being served is enough."""
        reconnects = self._reconnects + (self._socket.reconnects if self._socket else 0)
        if not self.ready.is_set():
            return Connection(up=False, reason="not connected yet", reconnects=reconnects)
        up = self._socket is None or await self._socket.is_connected()
        reason = "" if up else "Socket Mode is not connected"
        return Connection(up=up, reason=reason, reconnects=reconnects, name=self._workspaces.by_host)

    def _listeners(self, core: Core, errands: Background) -> Listeners:
        word = f"/{self._setup.word}"
        answers = Answers(core, web=self._web, api=self._api, people=self._people, word=word)
        events = Events(
            core,
            api=self._api,
            workspaces=self._workspaces,
            people=self._people,
            acquaintance=self._acquaintance,
            emoji=self._emoji,
            answers=answers,
            errands=errands,
            word=word,
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

    def routes(self) -> Sequence[Route]:
        """The routes for Slack's requests, unless Socket Mode is used, and for the installation's pages."""
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
        """Slack no longer lets us into a workspace."""
        log.warning("Slack has closed a workspace to us", extra={"workspace": team})
        if self._core is None:
            return
        try:
            await self._core.handle(WorkspaceLeft(workspace=names.workspace(team)))
            await self._workspaces.forget_dead(team)
        except (StoreError, BadConfig, PlatformBusy) as error:
            log.warning("that could not be noted: %s", error)

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        """Post the card with the key as its metadata. If Slack rejects its format, post plain text."""
        team = channel.workspace.id
        shown = render.message(card, personal=False)
        arguments: dict[str, Any] = {
            "channel": channel.id,
            "text": shown.text,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": _metadata(key),
            **({"thread_ts": thread.id} if thread else {}),
        }
        try:
            answer = await self._posted(team, {**arguments, "blocks": list(shown.blocks)})
        except Unreadable as error:
            log.error("a card was posted as plain text, for Slack did not take its blocks: %s", error)
            answer = await self._posted(team, arguments)
        return names.message(team, str(answer.get("channel") or channel.id), str(answer["ts"]))

    async def _posted(self, team: str, arguments: dict[str, Any]) -> Json:
        """Post. Join the channel first if we are not a member and may join."""
        try:
            return await self._api.call(team, "chat.postMessage", **arguments)
        except Absent:
            workspace = await self._api.workspace(team)
            if workspace is None or not workspace.may("channels:join"):
                raise
            try:
                await self._api.call(team, "conversations.join", channel=arguments["channel"])
            except PlatformBusy as busy:
                raise PlatformBusy(str(busy), retry_after=busy.retry_after, scope=Scope.CHANNEL) from None
            return await self._api.call(team, "chat.postMessage", **arguments)

    async def can_repeat(self, channel: ChannelRef, *, thread: ThreadRef | None = None) -> bool:  # noqa: ARG002
        """Slack accepts the same message repeatedly."""
        return False

    async def find(
        self,
        channel: ChannelRef,
        key: str,
        *,
        since: datetime,
        thread: ThreadRef | None = None,
        sent_from: datetime | None = None,
    ) -> Sequence[MessageRef]:
        """Our messages with this key, from every page of the thread or channel."""
        return await self._history.carrying(channel, key, since=since, sent_from=sent_from, thread=thread)

    async def revise(self, message: MessageRef, card: Card, *, key: str = "") -> None:  # noqa: ARG002  kept by Slack
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
        except Vanished:
            return

    async def send_direct(
        self,
        account: AccountRef,
        card: Card,
        *,
        key: str = "",
        about: WorkspaceRef | None = None,  # noqa: ARG002 -- a direct message belongs to a workspace
    ) -> MessageRef:
        """Post to the person's id, which Slack delivers as a direct message. The answer names its channel."""
        team, user = names.person(account)
        shown = render.message(card, personal=True)
        answer = await self._api.call(
            team,
            "chat.postMessage",
            channel=user,
            text=shown.text,
            blocks=list(shown.blocks),
            unfurl_links=False,
            unfurl_media=False,
            metadata=_metadata(key),
        )
        return names.message(team, str(answer.get("channel") or user), str(answer["ts"]))

    async def find_direct(
        self,
        account: AccountRef,  # noqa: ARG002  the channel says whose it is
        key: str,
        *,
        since: datetime,
        known: MessageRef | None = None,
    ) -> Sequence[MessageRef]:
        """Only an answer of Slack names the channel of a direct message; asking for it would need another scope."""
        if known is None:
            raise PlatformRefused("A direct message cannot be looked up.", remedy="It is sent again.")
        return await self._history.carrying(known.channel, key, since=since, sent_from=None, thread=None)

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        name = SEEDS.get(meaning)
        if name is None:
            return
        team, channel = message.channel.workspace.id, message.channel.id
        with contextlib.suppress(Already):
            await self._api.call(team, "reactions.add", channel=channel, timestamp=message.id, name=name)

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:  # noqa: ARG002  Slack's have no title
        """Every message in Slack has a thread already."""
        return ThreadRef(message.channel, message.id)

    async def schedule_event(self, channel: ChannelRef, title: str, at: datetime) -> None:
        """Slack has no calendar."""

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        """The reactions on the message. Slack does not say when each was added."""
        team = message.channel.workspace.id
        answer = await self._api.call(
            team, "reactions.get", channel=message.channel.id, timestamp=message.id, full=True
        )
        workspace = await self._api.workspace(team)
        if workspace is not None:
            await self._acquaintance.meet(workspace)
        found = []
        for one in (answer.get("message") or {}).get("reactions") or ():
            name = str(one.get("name", ""))
            meaning = self._emoji.meaning(team, name)
            for user in one.get("users") or () if meaning else ():
                if workspace and user == workspace.bot_user:
                    continue
                person = await self._people.member(team, user)
                if person.bot or person.guest:
                    continue
                assert meaning is not None
                actor = await self._people.actor(team, user, with_rights=False)
                at = names.moment(message.id)
                found.append(Reacted(actor=actor, message=message, emoji=name, meaning=meaning, at=at))
        return found

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> Obstacle | None:
        _, user = names.person(account)
        return await postable.obstacle(self._api, channel.workspace.id, channel.id, user)

    def link(self, message: MessageRef) -> Url | None:
        """The permalink, in the documented form (https://slack.com/help/articles/203274767)."""
        team = message.channel.workspace.id
        place = self._workspaces.place(team)
        if not place:
            return None
        channel, ts = message.channel.id, message.id
        return Url(f"{place}archives/{channel}/p{ts.replace('.', '')}?thread_ts={ts}&cid={channel}")


def _metadata(key: str) -> Json:
    """What a message carries so that `History` finds it."""
    return {"event_type": EVENT_TYPE, "event_payload": {"k": key}}
