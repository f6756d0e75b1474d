"""Acknowledges everything that Slack sends in the right way and passes it on. Events and typed commands are handled
before Bolt, buttons and forms through Bolt.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from pydantic_core import to_json
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack import forms, inbound, payload
from adapters.slack.answers import Answers, announces_post, message
from adapters.slack.api import Web
from adapters.slack.background import Background
from adapters.slack.events import Events, is_farewell, team_of
from adapters.slack.inbound import Shortcut, Use
from adapters.slack.payload import Malformed
from adapters.slack.people import People
from adapters.slack.redaction import LIBRARY, log
from adapters.slack.richtext import Json
from adapters.slack.workspaces import Workspaces
from bot.chat.line import spec_of
from bot.chat.platform import Core
from bot.chat.trace import follow
from bot.domain.card import Call, Card, Form, Paragraph
from bot.domain.errors import BadConfig, PlatformBusy, Refusal, StoreError
from bot.domain.ids import InvocationId
from bot.domain.text import plain
from bot.domain.value import Kind

EVENT_TIME = 2.5
"""Seconds to handle an event. Afterwards we ask Slack to deliver it again (it stops waiting after 3)."""
ANSWER_TIME = 1.5
"""Seconds that a typed command waits for its answer before it is acknowledged without one. Slack waits 3 in all."""
FORM_TIME = 2.0
"""Seconds that a submitted form waits for its answer before it shows that it is in progress."""
NOT_HERE = "Dogear is not installed in this workspace any more. Install it again to go on."
WORKING = Card(title="Being worked on.", blocks=(Paragraph(text=plain("This takes longer than usual.")),))

Ack = Callable[..., Awaitable[Any]]


U = TypeVar("U", Use, Shortcut)


REMEMBERED = timedelta(minutes=30)
MAX_REMEMBERED = 50_000


class SeenIds:
    """Remembers ids for a while, in this process."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, float] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._seen

    def first(self, name: str) -> bool:
        """Whether the id is new. It is remembered from now on."""
        now = asyncio.get_running_loop().time()
        if name in self._seen:
            return False
        self._seen[name] = now
        oldest = now - REMEMBERED.total_seconds()
        while self._seen and (len(self._seen) > MAX_REMEMBERED or next(iter(self._seen.values())) < oldest):
            self._seen.popitem(last=False)
        return True


class Listeners:
    """Listens for every workspace, through one Bolt app and before it."""

    def __init__(
        self,
        core: Core,
        *,
        web: Web,
        workspaces: Workspaces,
        people: People,
        answers: Answers,
        events: Events,
        errands: Background,
    ) -> None:
        self._core = core
        self._web = web
        self._workspaces = workspaces
        self._people = people
        self._answers = answers
        self._happenings = events
        self._errands = errands
        self._uses = SeenIds()
        self._events = SeenIds()
        self._app = self._bolt()

    async def answer(self, body: Any, made: Callable[[], AsyncBoltRequest]) -> BoltResponse:
        """The response to Slack. `made` makes a request for Bolt if needed. Payloads of another shape are rejected
        here, because Bolt would fail on them.
        """
        if not payload.is_sound(body):
            return _refused()
        try:
            taken = await self._taken(body)
        except Exception as error:  # noqa: BLE001 -- as Bolt tells of what its listeners raise
            return await _broken(error)
        if taken is not None:
            return taken
        try:
            return await self._app.async_dispatch(made())
        except payload.WRONG_SHAPE:
            return _refused()

    def _bolt(self) -> AsyncApp:
        """The app. We check signatures before it, on the raw bytes, and handle retries ourselves."""

        async def authorized(
            team_id: str | None,
        ) -> AuthorizeResult:  # Bolt passes arguments by name to a function, not to a method
            return await self._authorized(team_id)

        app = AsyncApp(
            name="dogear",
            logger=LIBRARY,
            signing_secret="-",  # noqa: S106 -- required by Bolt, which checks none here
            client=self._web.client(""),
            authorize=authorized,
            process_before_response=True,  # work after the acknowledgement runs in our own tasks
            request_verification_enabled=False,
            ssl_check_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        everything = re.compile("")
        app.action(everything)(self._pressed)
        app.options(everything)(self._asked)
        app.view(everything)(self._submitted)
        app.shortcut(everything)(self._picked)
        app.error(_broken)
        return app

    async def _authorized(self, team_id: str | None) -> AuthorizeResult:
        """The authorization that Bolt needs for an installed workspace."""
        found = await self._workspaces.of(team_id or "")
        assert found is not None
        return AuthorizeResult(
            enterprise_id=None,
            team_id=found.team,
            bot_token=found.token,
            bot_id=found.bot,
            bot_user_id=found.bot_user,
        )

    async def _taken(self, body: Json) -> BoltResponse | None:
        """Handle events, typed commands, and requests that are not for us. Bolt handles the rest.

        For each request Bolt makes a context, and for each of its listeners a client and thirty arguments, which are
        not needed here.
        """
        if body.get("type") == "url_verification":
            return None
        if body.get("type") == "app_rate_limited":
            log.warning("Slack leaves out events: too many came in an hour", extra={"workspace": body.get("team_id")})
            return BoltResponse(status=200, body="")
        stopped = await self._stopped_at_the_door(body)
        if stopped is not None:
            return stopped
        if body.get("type") == "event_callback":
            return await self._settled(body)
        return await self._typed(body) if "command" in body else None

    async def _stopped_at_the_door(self, body: Json) -> BoltResponse | None:
        """Reject requests about workspaces that we are not in, before anything else."""
        try:
            found = await self._workspaces.of(team_of(body))
        except Malformed:
            return BoltResponse(status=400, body="")
        except (BadConfig, StoreError) as error:
            log.warning("a workspace is not readable: %s", error)
            return BoltResponse(status=503, body="")
        if found is None and not is_farewell(body):
            return BoltResponse(status=200, body=NOT_HERE if "command" in body else "")
        return None

    async def _settled(self, body: Json) -> BoltResponse:
        """Acknowledge an event once its effect is committed. Otherwise Slack sends it again."""
        try:
            name = payload.words_at(body, "event_id")
            if name not in self._events:
                async with asyncio.timeout(EVENT_TIME):
                    await self._happenings.take(body, InvocationId(f"slack:{name}"))
                self._events.first(name)
            else:
                self._core.count_repeat()
        except Malformed as wrong:
            log.info("an event was not understood: %s", wrong)
        except (StoreError, PlatformBusy, TimeoutError) as error:
            log.warning("an event could not be noted now: %s", error)
            return BoltResponse(status=503, body="")
        return BoltResponse(status=200, body="")

    async def _typed(self, body: Json) -> BoltResponse:
        """Acknowledge a typed command with its answer, if it is ready in time. A repeat gets none."""
        use = self._first_use(body, inbound.command)
        if use is None:
            return BoltResponse(status=200, body="")
        answering = asyncio.create_task(self._answers.invoked(use))
        await asyncio.wait((answering,), timeout=ANSWER_TIME)
        shown = message(answering.result()) if answering.done() else None
        if shown is None:
            self._errands.start(self._answers.shown_when_there(answering, use))
        elif announces_post(answering.result()):
            self._errands.start(self._answers.follow(answering.result(), use))
        return BoltResponse(status=200, body=to_json(shown).decode() if shown else "")

    async def _pressed(self, ack: Ack, body: Any) -> None:
        await ack()
        use = self._first_use(body, inbound.pressed)
        if use is not None:
            self._errands.start(self._answers.answer(use))

    async def _picked(self, ack: Ack, body: Any, context: Any) -> None:
        await ack()
        ours = {context.bot_user_id, context.bot_id}
        picked = self._first_use(body, partial(inbound.shortcut, ours=ours))
        if picked is not None:
            self._errands.start(self._answers.answer_shortcut(picked))

    def _first_use(self, body: Json, read: Callable[[Json], U]) -> U | None:
        """The use; None if it is malformed or a repeat."""
        try:
            use = read(body)
        except Malformed as wrong:
            log.info("a use was not understood: %s", wrong)
            return None
        name = use.use.id if isinstance(use, Shortcut) else use.id
        if not self._uses.first(name):
            self._core.count_repeat()
            return None
        follow(name)
        return use

    async def _submitted(self, ack: Ack, body: Any) -> None:
        """Acknowledge a form with its result, so that an error is shown at its field."""
        try:
            use = inbound.submitted(body)
        except Malformed as wrong:
            log.info("a form was not understood: %s", wrong)
            await ack()
            return
        follow(use.id)
        answering = asyncio.create_task(self._answers.invoked(use))
        try:
            async with asyncio.timeout(FORM_TIME):
                answer = await asyncio.shield(answering)
        except TimeoutError:
            await ack(response_action="update", view=self._answers.modal(WORKING, use))
            self._errands.start(self._answers.shown_late(answering, use))
            return
        if isinstance(answer.show, Form):
            wrong_fields = forms.problems(answer.show)
            if wrong_fields:
                await ack(response_action="errors", errors=wrong_fields)
            else:
                await ack(response_action="update", view=forms.modal(answer.show, channel=use.channel))
            return
        await ack(response_action="update", view=self._answers.modal(answer.show, use))
        self._errands.start(self._answers.publish(use.team, use.user, after=use.id))
        self._errands.start(self._answers.follow(answer, use))

    async def _asked(self, ack: Ack, body: Any) -> None:
        """Suggestions while a person types."""
        options: Sequence[Json] = ()
        try:
            use = inbound.submitted({**body, "trigger_id": "options"})
            kind = self._kind_asked(use, payload.text_at(body, "block_id"))
            actor = await self._people.actor(use.team, use.user, with_rights=False)
            if await self._answers.closed_to(use) is None:
                found = await self._core.complete(actor, kind, payload.text_at(body, "value"))
                options = [forms.option(choice) for choice in found if 0 < len(choice.value) <= forms.MAX_VALUE]
        except (Malformed, Refusal) as wrong:
            log.info("a question for values was not understood: %s", wrong)
        await ack(options=list(options))

    def _kind_asked(self, use: Use, name: str) -> Kind:
        assert isinstance(use.call, Call)
        for param in spec_of(self._core.catalogue, use.call.path).params:
            if param.name == name:
                return param.kind
        raise Malformed("no field of ours")


def _refused() -> BoltResponse:
    log.info("a payload of another shape was refused")
    return BoltResponse(status=400, body="")


async def _broken(error: Exception) -> BoltResponse:
    """A request that Bolt could not parse, or a bug of ours."""
    log.error("a request could not be handled: %s", type(error).__name__)
    log.debug("the request that could not be handled", exc_info=error)
    return BoltResponse(status=400, body="")
