"""Handles Slack's events: reactions, an opened Home tab, channels and workspaces that come and go."""

from typing import Any

from adapters.slack import inbound, names, payload
from adapters.slack.answers import Answers
from adapters.slack.api import Api
from adapters.slack.background import Background
from adapters.slack.emoji import Emoji
from adapters.slack.payload import Malformed
from adapters.slack.people import People
from adapters.slack.redaction import log
from adapters.slack.richtext import Json
from adapters.slack.workspace import Workspace
from adapters.slack.workspace_info import WorkspaceInfo
from adapters.slack.workspaces import Workspaces
from bot.chat.platform import ChannelBack, ChannelGone, Core, Greeting, Reacted, Unreacted, WorkspaceLeft
from bot.chat.trace import follow
from bot.domain.card import Card, Paragraph
from bot.domain.errors import DogearError
from bot.domain.ids import ChannelRef, InvocationId
from bot.domain.team import Role
from bot.domain.text import Span, plain

GONE = {
    "channel_archive": "the channel was archived",
    "group_archive": "the channel was archived",
    "channel_deleted": "the channel was deleted",
    "group_deleted": "the channel was deleted",
    "channel_left": "the bot was removed from the channel",
    "group_left": "the bot was removed from the channel",
}
FAREWELLS = ("app_uninstalled", "tokens_revoked")
"""Events that are also handled for a workspace closed to us, because its tokens may still be stored."""
BACK = {"channel_unarchive", "group_unarchive"}


class Events:
    """Handles each event. Returns once its effect is committed."""

    def __init__(
        self,
        core: Core,
        *,
        api: Api,
        workspaces: Workspaces,
        people: People,
        acquaintance: WorkspaceInfo,
        emoji: Emoji,
        answers: Answers,
        errands: Background,
        word: str,
    ) -> None:
        self._core = core
        self._api = api
        self._workspaces = workspaces
        self._people = people
        self._acquaintance = acquaintance
        self._emoji = emoji
        self._answers = answers
        self._errands = errands
        self._word = word

    async def take(self, body: Json, id: InvocationId) -> None:
        """A bug of ours is logged, and the event is dropped: a repeat would only hit the bug again."""
        follow(id)
        try:
            await self._take(body, id)
        except (DogearError, Malformed):
            raise
        except Exception:  # noqa: BLE001 -- malformed events were rejected before
            log.error("bug in an event", exc_info=True)

    async def _take(self, body: Json, id: InvocationId) -> None:
        event = body.get("event")
        kind = payload.text_at(event, "type")
        team = team_of(body)
        of = self._workspaces.installation if kind in FAREWELLS else self._workspaces.of
        found = await of(team)
        if found is None or not isinstance(event, dict):
            return
        if kind in {"reaction_added", "reaction_removed"}:
            await self._reacted(found, event, added=kind == "reaction_added")
        elif kind == "app_home_opened":
            if payload.text_at(event, "tab") in {"home", ""}:
                first = not event.get("view")
                self._errands.start(self._answers.publish(team, payload.id_at(event, "user"), first=first))
        elif kind in FAREWELLS:
            await self._left(found, body, event, id)
        elif kind in GONE:
            where = names.channel(team, payload.id_at(event, "channel"))
            await self._core.handle(ChannelGone(channel=where, because=GONE[kind]), id)
        elif kind in BACK:
            where = names.channel(team, payload.id_at(event, "channel"))
            await self._core.handle(ChannelBack(channel=where), id)
        elif kind in {"app_mention", "message"}:
            await self._said(found, event, id)
        elif kind in {"member_left_channel", "member_joined_channel"}:
            await self._moved(found, event, id, joined=kind == "member_joined_channel")

    async def _reacted(self, workspace: Workspace, event: Json, *, added: bool) -> None:
        team = workspace.team
        await self._acquaintance.meet(workspace)
        user = payload.id_at(event, "user")
        name = payload.text_at(event, "reaction")
        meaning = self._emoji.meaning(team, name)
        if user == workspace.bot_user or meaning is None or payload.text_at(event, "item", "type") != "message":
            return
        person = await self._people.member(team, user)
        if person.bot or person.guest:
            return
        ts = payload.text_at(event, "item", "ts")
        try:
            names.moment(ts)
            at = names.moment(payload.text_at(event, "event_ts"))
        except (ValueError, OverflowError) as wrong:
            raise Malformed("no time of Slack's") from wrong
        happening = (Reacted if added else Unreacted)(
            actor=await self._people.actor(team, user, with_rights=False),
            message=names.message(team, payload.id_at(event, "item", "channel"), ts),
            emoji=name,
            meaning=meaning,
            at=at,
        )
        await self._core.handle(happening)

    async def _said(self, workspace: Workspace, event: Json, id: InvocationId) -> None:
        """Somebody writes to us: what is asked for is done before the event is acknowledged, and shown after it."""
        use = inbound.said(event, workspace.team, id, workspace.bot_user)
        if use is None or (await self._people.member(workspace.team, use.user)).bot:
            return
        answer = await self._answers.invoked(use)
        self._errands.start(self._answers.show(answer, use))

    async def _left(self, workspace: Workspace, body: Json, event: Json, id: InvocationId) -> None:
        """The app was removed. An event about an earlier installation is ignored."""
        tokens = event.get("tokens")
        if payload.text_at(event, "type") == "tokens_revoked" and not (isinstance(tokens, dict) and tokens.get("bot")):
            return
        told = body.get("event_time")
        if isinstance(told, int) and told < int(workspace.installed_at):
            return
        await self._core.handle(WorkspaceLeft(workspace=names.workspace(workspace.team)), id)
        await self._workspaces.forget(workspace)

    async def _moved(self, workspace: Workspace, event: Json, id: InvocationId, *, joined: bool) -> None:
        if payload.text_at(event, "user") != workspace.bot_user:
            return
        where = payload.id_at(event, "channel")
        if not joined:
            gone = ChannelGone(channel=names.channel(workspace.team, where), because=GONE["channel_left"])
            await self._core.handle(gone, id)
            return
        inviter = payload.text_at(event, "inviter")
        channel = names.channel(workspace.team, where)
        greeting = await self._greeting(channel, inviter) if inviter else None
        await self._core.handle(ChannelBack(channel=channel, greeting=greeting), id)

    async def _greeting(self, channel: ChannelRef, inviter: str) -> Greeting:
        """What to do next, for the person who invited us into the channel."""
        actor = await self._people.actor(channel.workspace.id, inviter, with_rights=True)
        share = ("Share an entry there with:", f"{self._word} share #12")
        set_up = ("Give the channel a weekly digest; type there:", f"{self._word} schedule set mon 09:00 Europe/Berlin")
        words = (
            *share,
            *(set_up if actor.role is Role.ADMIN else ("An admin can give the channel a weekly digest.",)),
        )
        where = (Span("I am in "), Span(f"#{channel.id}", channel=channel), Span(" now."))
        blocks = tuple(Paragraph(text=text) for text in (where, *map(plain, words)))
        return Greeting(account=actor.account, card=Card(title="Thanks for inviting Dogear.", blocks=blocks))


def is_farewell(body: Json) -> bool:
    """Whether the event says that we were removed from a workspace."""
    event = body.get("event")
    return isinstance(event, dict) and event.get("type") in FAREWELLS


async def left_meanwhile(core: Core, workspaces: Workspaces) -> None:
    """Report the workspaces that we believe to be in but have no token for: we missed their removal."""
    for ref in await core.joined_workspaces(names.SLACK):
        try:
            if await workspaces.is_shut(ref.id):
                await core.handle(WorkspaceLeft(workspace=ref))
        except (DogearError, TimeoutError) as error:
            log.warning("whether a workspace was left is not known: %s", error, extra={"workspace": ref.id})


def team_of(body: Any) -> str:
    """The workspace of a payload; in a shared channel, the one that has installed us."""
    given = payload.objects(body, "authorizations")
    if given:
        return payload.id_at(given[0], "team_id")
    if payload.text_at(body, "type") in {"event_callback", ""}:
        return payload.id_at(body, "team_id")
    return payload.id_at(body, "team", "id")
