"""What becomes of each thing that Slack tells: Bolt brings it, the core decides, the answer is shown where it was asked."""

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from adapters.slack import forms, inbound, names, render
from adapters.slack.api import Api, Web
from adapters.slack.emoji import Emoji
from adapters.slack.failures import Expired
from adapters.slack.home import cards_of
from adapters.slack.inbound import Malformed, Origin, Shortcut, Use
from adapters.slack.people import People
from adapters.slack.press import Way
from adapters.slack.quiet import LIBRARY, log
from adapters.slack.richtext import Json
from adapters.slack.workspaces import Workspace, Workspaces
from bot.chat.command import CommandSpec, Reply
from bot.chat.line import parse, spec_of
from bot.chat.platform import Answer, ChannelGone, Core, Invocation, Reacted, Unreacted, WorkspaceLeft
from bot.chat.trace import follow
from bot.domain.card import Action, Call, Card, Form, Paragraph, Tone
from bot.domain.errors import BadConfig, PlatformError, Refusal, StoreError
from bot.domain.ids import InvocationId
from bot.domain.team import Role
from bot.domain.text import plain
from bot.domain.value import Kind

EVENT_TIME = 2.5
"""Seconds until an event must be settled, else Slack is told to bring it again (it gives up waiting after 3)."""
FORM_TIME = 2.0
"""Seconds that a submitted form waits for its answer before it says that it is being worked on."""
REMEMBERED = timedelta(minutes=30)
MOST_REMEMBERED = 50_000
LAST_WORDS = 4.0
"""Seconds for answers under way when we stop."""
GONE = {
    "channel_archive": "the channel was archived",
    "group_archive": "the channel was archived",
    "channel_deleted": "the channel was deleted",
    "group_deleted": "the channel was deleted",
    "channel_left": "the bot was removed from the channel",
    "group_left": "the bot was removed from the channel",
}
NOT_HERE = "Dogear is not installed in this workspace any more. Install it again to go on."
WORKING = Card(title="Being worked on.", blocks=(Paragraph(text=plain("This takes longer than usual.")),))

Ack = Callable[..., Awaitable[Any]]


class Once:
    """Remembers for a while what was done already, in this process."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, float] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._seen

    def first(self, name: str) -> bool:
        """Whether this is the first time; it is noted now."""
        now = asyncio.get_running_loop().time()
        if name in self._seen:
            return False
        self._seen[name] = now
        oldest = now - REMEMBERED.total_seconds()
        while self._seen and (len(self._seen) > MOST_REMEMBERED or next(iter(self._seen.values())) < oldest):
            self._seen.popitem(last=False)
        return True


class Listeners:
    """Listens to one Bolt app for every workspace."""

    def __init__(
        self, core: Core, *, web: Web, api: Api, workspaces: Workspaces, people: People, emoji: Emoji, word: str
    ) -> None:
        self._core = core
        self._web = web
        self._api = api
        self._workspaces = workspaces
        self._people = people
        self._emoji = emoji
        self._word = word
        self._uses = Once()
        self._events = Once()
        self._working: set[asyncio.Task[None]] = set()
        self._specs = {spec.path: spec for spec in core.catalogue}

    def bolt(self) -> AsyncApp:
        """The app. Signatures are checked before it, where bytes are still bytes; retries are ours to settle."""

        async def authorized(team_id: str | None) -> AuthorizeResult:  # Bolt passes what a function names, not a method
            return await self._authorized(team_id)

        app = AsyncApp(
            name="dogear",
            logger=LIBRARY,
            signing_secret="-",  # noqa: S106 -- Bolt wants one, and checks none here
            client=self._web.client(""),
            authorize=authorized,
            before_authorize=self._known,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        everything = re.compile("")
        app.middleware(self._happened)
        app.command(everything)(self._typed)
        app.action(everything)(self._pressed)
        app.options(everything)(self._asked)
        app.view(everything)(self._submitted)
        app.shortcut(everything)(self._picked)
        app.error(_broken)
        return app

    async def finish(self) -> None:
        """Let answers under way be given."""
        if self._working:
            await asyncio.wait(self._working, timeout=LAST_WORDS)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Go on with something after the acknowledgement."""
        task = asyncio.create_task(self._safely(work))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _safely(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except PlatformError as error:
            log.info("an answer did not arrive: %s", error)
        except Exception:  # noqa: BLE001 -- a bug ends here, in the log
            log.error("bug in an answer", exc_info=True)

    async def _authorized(self, team_id: str | None) -> AuthorizeResult:
        """What Bolt wants to know of a workspace that `_known` has let in."""
        found = await self._workspaces.of(team_id or "")
        assert found is not None
        return AuthorizeResult(
            enterprise_id=None,
            team_id=found.team,
            bot_token=found.token,
            bot_id=found.bot,
            bot_user_id=found.bot_user,
        )

    async def _known(self, body: Any, next: Callable[[], Awaitable[Any]]) -> BoltResponse | None:
        """Before anything else: whether we are in the workspace that this is about."""
        if body.get("type") == "url_verification":
            await next()
            return None
        try:
            team = _team_of(body)
            found = await self._workspaces.of(team)
        except Malformed:
            return BoltResponse(status=400, body="")
        except (BadConfig, StoreError) as error:
            log.warning("a workspace is not readable: %s", error)
            return BoltResponse(status=503, body="")
        if found is None:
            return BoltResponse(status=200, body=NOT_HERE if "command" in body else "")
        await next()
        return None

    async def _happened(self, body: Any, next: Callable[[], Awaitable[Any]]) -> BoltResponse | None:
        """An event is acknowledged once its effect is committed, and else not, so that Slack brings it again."""
        if body.get("type") != "event_callback":
            await next()
            return None
        try:
            name = inbound.text_at(body, "event_id")
            if name not in self._events:
                async with asyncio.timeout(EVENT_TIME):
                    await self._taken(body, InvocationId(f"slack:{name}"))
                self._events.first(name)
        except Malformed as wrong:
            log.info("an event was not understood: %s", wrong)
        except (StoreError, TimeoutError) as error:
            log.warning("an event could not be noted now: %s", error)
            return BoltResponse(status=503, body="")
        return BoltResponse(status=200, body="")

    async def _taken(self, body: Json, id: InvocationId) -> None:
        event = body.get("event")
        kind = inbound.text_at(event, "type")
        team = _team_of(body)
        found = await self._workspaces.of(team)
        if found is None or not isinstance(event, dict):
            return
        if kind in {"reaction_added", "reaction_removed"}:
            await self._reacted(found, event, added=kind == "reaction_added")
        elif kind == "app_home_opened":
            if inbound.text_at(event, "tab") in {"home", ""}:
                self.start(self._publish(team, inbound.id_at(event, "user")))
        elif kind in {"app_uninstalled", "tokens_revoked"}:
            await self._left(found, body, event, id)
        elif kind in GONE:
            where = names.channel(team, inbound.id_at(event, "channel"))
            await self._core.happened(ChannelGone(channel=where, because=GONE[kind]), id)
        elif kind in {"member_left_channel", "member_joined_channel"}:
            await self._moved(found, event, id, joined=kind == "member_joined_channel")

    async def _reacted(self, workspace: Workspace, event: Json, *, added: bool) -> None:
        team = workspace.team
        user = inbound.id_at(event, "user")
        name = self._emoji.canonical(team, inbound.text_at(event, "reaction"))
        meaning = self._emoji.meaning(name)
        if user == workspace.bot_user or meaning is None or inbound.text_at(event, "item", "type") != "message":
            return
        person = await self._people.person(team, user)
        if person is not None and (person.bot or person.guest):
            return
        ts = inbound.text_at(event, "item", "ts")
        try:
            names.moment(ts)
            at = names.moment(inbound.text_at(event, "event_ts"))
        except (ValueError, OverflowError) as wrong:
            raise Malformed("no time of Slack's") from wrong
        happening = (Reacted if added else Unreacted)(
            actor=await self._people.actor(team, user, with_rights=False),
            message=names.message(team, inbound.id_at(event, "item", "channel"), ts),
            emoji=name,
            meaning=meaning,
            at=at,
        )
        await self._core.happened(happening)

    async def _left(self, workspace: Workspace, body: Json, event: Json, id: InvocationId) -> None:
        """The app was taken out. What is told of an installation before this one is passed over."""
        tokens = event.get("tokens")
        if inbound.text_at(event, "type") == "tokens_revoked" and not (isinstance(tokens, dict) and tokens.get("bot")):
            return
        told = body.get("event_time")
        if isinstance(told, int) and told < int(workspace.installed_at):
            return
        await self._core.happened(WorkspaceLeft(workspace=names.workspace(workspace.team)), id)
        await self._workspaces.forget(workspace.team)

    async def _moved(self, workspace: Workspace, event: Json, id: InvocationId, *, joined: bool) -> None:
        if inbound.text_at(event, "user") != workspace.bot_user:
            return
        where = inbound.id_at(event, "channel")
        if not joined:
            gone = ChannelGone(channel=names.channel(workspace.team, where), because=GONE["channel_left"])
            await self._core.happened(gone, id)
            return
        inviter = inbound.text_at(event, "inviter")
        if inviter:
            self.start(self._welcome(workspace.team, where, inviter))

    async def _welcome(self, team: str, where: str, inviter: str) -> None:
        lines = ("Share an entry here with:", f"{self._word} share #12", "Give this channel a weekly digest with:")
        words = (*lines, f"{self._word} schedule set mon 09:00 Europe/Berlin")
        card = Card(title="Dogear is in this channel now.", blocks=tuple(Paragraph(text=plain(line)) for line in words))
        shown = render.message(card, personal=True)
        await self._api.call(
            team, "chat.postEphemeral", channel=where, user=inviter, text=shown.text, blocks=list(shown.blocks)
        )

    async def _typed(self, ack: Ack, body: Any) -> None:
        await self._taken_up(ack, body, inbound.command, self._answer)

    async def _pressed(self, ack: Ack, body: Any) -> None:
        await self._taken_up(ack, body, inbound.pressed, self._answer)

    async def _picked(self, ack: Ack, body: Any) -> None:
        await self._taken_up(ack, body, inbound.shortcut, self._answer_shortcut)

    async def _taken_up(
        self, ack: Ack, body: Any, read: Callable[[Json], Any], answer: Callable[[Any], Coroutine[Any, Any, None]]
    ) -> None:
        """Acknowledge first, then work; a repeat is acknowledged alike and does nothing."""
        await ack()
        try:
            use = read(body)
        except Malformed as wrong:
            log.info("a use was not understood: %s", wrong)
            return
        name = use.use.id if isinstance(use, Shortcut) else use.id
        if self._uses.first(name):
            follow(name)
            self.start(answer(use))

    async def _answer(self, use: Use) -> None:
        answer = await self._invoked(use)
        await self._show(answer, use)

    async def _invoked(self, use: Use) -> Answer:
        spec, call = self._understood(use)
        wrong = _unknown_channel(spec, call) if spec and isinstance(call, Call) else None
        if wrong is not None:
            return Answer(show=wrong, refusal=True)
        actor = await self._people.actor(
            use.team, use.user, use.name, with_rights=spec is None or spec.role > Role.READER or _shows_rights(spec)
        )
        where = names.channel(use.team, use.channel) if use.channel else None
        return await self._core.invoke(Invocation(id=use.id, call=use.call, actor=actor, channel=where))

    def _understood(self, use: Use) -> tuple[CommandSpec | None, Call | str]:
        """The command that is meant; a line that means none is left for the core to refuse."""
        try:
            call = use.call if isinstance(use.call, Call) else parse(self._core.catalogue, use.call)
            return spec_of(self._core.catalogue, call.path), call
        except Refusal:
            return None, use.call

    async def _show(self, answer: Answer, use: Use) -> None:
        if isinstance(answer.show, Form):
            await self._open(forms.modal(answer.show, channel=use.channel), use)
        elif use.origin is Origin.MODAL:
            await self._api.call(use.team, "views.update", view_id=use.view, view=self._modal(answer.show, use))
        elif use.origin is Origin.HOME:
            await self._show_at_home(answer, answer.show, use)
        elif use.way is Way.NOTES:
            await self._open(self._modal(answer.show, use), use)
        else:
            await self._respond(answer, answer.show, use)

    async def _show_at_home(self, answer: Answer, card: Card, use: Use) -> None:
        """What is done shows in the Home tab itself; what is asked for opens in front of it."""
        if card.tone is not Tone.DONE or answer.refusal:
            await self._open(self._modal(card, use), use)
        await self._publish(use.team, use.user)

    def _modal(self, card: Card, use: Use) -> Json:
        kept = json.dumps({"channel": use.channel} if use.channel else {})
        return render.modal(card, metadata=kept, part=use.part)

    async def _open(self, view: Json, use: Use) -> None:
        try:
            await self._api.call(use.team, "views.open", trigger_id=use.trigger, view=view)
        except Expired as late:
            again = (Action(label="Try again", call=use.call),) if isinstance(use.call, Call) else ()
            card = Card(title=str(late), actions=again, tone=Tone.REFUSAL)
            if use.respond:
                await self._respond(Answer(show=card, refusal=True), card, use)

    async def _respond(self, answer: Answer, card: Card, use: Use) -> None:
        public = answer.reply is Reply.PUBLIC and not answer.refusal
        shown = render.message(card, personal=not public)
        body: Json = {
            "response_type": "in_channel" if public else "ephemeral",
            "replace_original": use.way is Way.TURN and use.private and not public,
            "text": shown.text,
            "blocks": list(shown.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if use.thread:
            body["thread_ts"] = use.thread
        await self._web.respond(use.respond, body)

    async def _answer_shortcut(self, picked: Shortcut) -> None:
        use = picked.use
        numbers = list(picked.entries) or await self._listed(picked)
        if not numbers:
            words = "It shows none, and none of its links is on the reading list."
            card = Card(title="This message has no entry.", blocks=(Paragraph(text=plain(words)),), tone=Tone.REFUSAL)
            await self._respond(Answer(show=card, refusal=True), card, use)
        elif len(numbers) > 1:
            label = "Read" if picked.word == "read" else "Later"
            actions = tuple(Action(label=f"{label} {one}", call=_on(picked.word, one)) for one in numbers)
            card = Card(title="This message has several entries. Which one?", actions=actions)
            await self._respond(Answer(show=card), card, use)
        else:
            await self._answer(inbound.replaced(use, _on(picked.word, numbers[0])))

    async def _listed(self, picked: Shortcut) -> list[str]:
        """The entries that the message's links lead to."""
        actor = await self._people.actor(picked.use.team, picked.use.user, picked.use.name, with_rights=False)
        found = [await self._core.complete(actor, Kind.ENTRY, link) for link in picked.links]
        return list(dict.fromkeys(choice.value for choices in found for choice in choices[:1]))

    async def _submitted(self, ack: Ack, body: Any) -> None:
        """A form is acknowledged with its outcome, so that what is wrong stands at its field."""
        try:
            use = inbound.submitted(body)
        except Malformed as wrong:
            log.info("a form was not understood: %s", wrong)
            await ack()
            return
        follow(use.id)
        answering = asyncio.create_task(self._invoked(use))
        try:
            answer = await asyncio.wait_for(asyncio.shield(answering), FORM_TIME)
        except TimeoutError:
            await ack(response_action="update", view=self._modal(WORKING, use))
            self.start(self._shown_late(answering, use))
            return
        if isinstance(answer.show, Form):
            wrong_fields = forms.problems(answer.show)
            if wrong_fields:
                await ack(response_action="errors", errors=wrong_fields)
            else:
                await ack(response_action="update", view=forms.modal(answer.show, channel=use.channel))
            return
        await ack(response_action="update", view=self._modal(answer.show, use))
        self.start(self._publish(use.team, use.user))

    async def _shown_late(self, answering: asyncio.Task[Answer], use: Use) -> None:
        answer = await answering
        made = answer.show
        view = forms.modal(made, channel=use.channel) if isinstance(made, Form) else self._modal(made, use)
        await self._api.call(use.team, "views.update", view_id=use.view, view=view)

    async def _asked(self, ack: Ack, body: Any) -> None:
        """Values to pick from while a person types."""
        options: Sequence[Json] = ()
        try:
            kind = self._kind_asked(body)
            team = inbound.id_at(body, "team", "id")
            user = inbound.id_at(body, "user", "id")
            actor = await self._people.actor(team, user, with_rights=False)
            found = await self._core.complete(actor, kind, inbound.text_at(body, "value"))
            options = [forms.option(choice) for choice in found if 0 < len(choice.value) <= forms.MOST_VALUE]
        except (Malformed, Refusal) as wrong:
            log.info("a question for values was not understood: %s", wrong)
        await ack(options=list(options))

    def _kind_asked(self, body: Any) -> Kind:
        use = inbound.submitted({**body, "trigger_id": "options"})
        assert isinstance(use.call, Call)
        spec = spec_of(self._core.catalogue, use.call.path)
        name = inbound.text_at(body, "block_id")
        for param in spec.params:
            if param.name == name:
                return param.kind
        raise Malformed("no field of ours")

    async def _publish(self, team: str, user: str) -> None:
        """Show the person their Home tab anew."""
        actor = await self._people.actor(team, user, with_rights=True)
        view = render.home(await cards_of(self._core, actor))
        await self._api.call(team, "views.publish", user_id=user, view=view)


def _on(word: str, entry: str) -> Call:
    return Call(path=(word,), arguments={"entry": entry})


def _shows_rights(spec: CommandSpec) -> bool:
    """Whether the answer depends on the role of who asks, though everybody may ask."""
    return spec.path[0] in {"digest", "help", "settings", "home"}


def _unknown_channel(spec: CommandSpec, call: Call) -> Card | None:
    """A refusal where a channel is named that Slack did not turn into an id, so that nobody waits for a post in vain."""
    for param in spec.params:
        given = call.arguments.get(param.name, "").strip().removeprefix("#")
        if param.kind is Kind.CHANNEL and given and not names.ID.fullmatch(given):
            hint = "Pick the channel from the list that appears when you type #, and invite the bot to it if it is private."
            return Card(
                title=f"There is no channel #{given} that I can see.",
                blocks=(Paragraph(text=plain(hint)),),
                tone=Tone.REFUSAL,
            )
    return None


def _team_of(body: Any) -> str:
    """The workspace that a payload is about; in a shared channel, the one that has installed us."""
    given = inbound.objects(body, "authorizations")
    if given:
        return inbound.id_at(given[0], "team_id")
    if inbound.text_at(body, "type") in {"event_callback", ""}:
        return inbound.id_at(body, "team_id")
    return inbound.id_at(body, "team", "id")


async def _broken(error: Exception) -> BoltResponse:
    """Whatever Bolt itself could not read, and our own bugs."""
    log.error("a request could not be handled: %s", type(error).__name__)
    log.debug("the request that could not be handled", exc_info=error)
    return BoltResponse(status=400, body="")
