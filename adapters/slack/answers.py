"""Runs a use and shows the answer where it was asked: in private, in the Home tab, or in a modal."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace

from adapters.slack import forms, inbound, names, render
from adapters.slack.api import Api, Web
from adapters.slack.button_value import Way
from adapters.slack.failures import Expired
from adapters.slack.inbound import Origin, Shortcut, Use
from adapters.slack.people import People, Person
from adapters.slack.redaction import log
from adapters.slack.richtext import Json
from bot.chat.command import CommandSpec, Reply
from bot.chat.line import parse, spec_of, understood
from bot.chat.platform import Actor, Answer, Core, Invocation
from bot.domain.card import Action, Call, Card, Form, Paragraph, Tone
from bot.domain.errors import PlatformError, Refusal
from bot.domain.ids import InvocationId
from bot.domain.record import record
from bot.domain.text import plain
from bot.domain.value import Kind, channel_at

UNKNOWN = Card(
    title="Slack does not say who you are.",
    blocks=(Paragraph(text=plain("The list is for members of this workspace only. Try again in a minute.")),),
    tone=Tone.REFUSAL,
)

NOT_THEIRS = Card(
    title="This reading list belongs to another workspace.",
    blocks=(
        Paragraph(text=plain("It answers that workspace's members. Yours can have Dogear with a list of its own.")),
    ),
    tone=Tone.REFUSAL,
)


HOME_CALLS = (
    Call(path=("home",)),
    Call(path=("next",)),
    Call(path=("tags",)),
    Call(path=("settings", "show")),
    Call(path=("status",)),
    Call(path=("schedule", "list")),
)
HOME_BUTTONS: Mapping[tuple[str, ...], tuple[Action, ...]] = {
    ("settings", "show"): (Action(label="Change time zone", call=Call(path=("settings", "zone"))),),
    ("schedule", "list"): (Action(label="Set a schedule", call=Call(path=("schedule", "set")), primary=True),),
}


@record
class Home:
    """The cards in order. `transient`: they only say that the tab cannot be shown right now."""

    cards: tuple[Card, ...]
    transient: bool = False


async def home_of(core: Core, actor: Actor, after: InvocationId | None) -> Home:
    """The person's Home tab. Refusals are left out, except that a first refusal explains why the tab is empty."""
    answers = await core.invoke_all(actor, HOME_CALLS, after=after)
    cards: list[Card] = []
    for call, answer in zip(HOME_CALLS, answers, strict=True):
        if answer is None or not isinstance(answer.show, Card):
            continue
        if answer.transient or (answer.refusal and not cards):
            return Home(cards=(answer.show,), transient=answer.transient)
        if not answer.refusal:
            cards.append(replace(answer.show, actions=(*answer.show.actions, *HOME_BUTTONS.get(call.path, ()))))
    return Home(cards=tuple(cards))


class Answers:
    """Asks the core and shows its answer."""

    def __init__(self, core: Core, *, web: Web, api: Api, people: People, word: str = "") -> None:
        self._core = core
        self._word = word
        self._web = web
        self._api = api
        self._people = people
        self._wanted: dict[tuple[str, str], object] = {}
        self._publishing: dict[tuple[str, str], asyncio.Lock] = {}

    async def answer(self, use: Use) -> None:
        answer = await self.invoked(use)
        await self._show(answer, use)
        await self.follow(answer, use)

    async def shown_when_there(self, answering: asyncio.Task[Answer], use: Use) -> None:
        """Show an answer that was too late for the acknowledgement."""
        answer = await answering
        await self._show(answer, use)
        await self.follow(answer, use)

    async def invoked(self, use: Use) -> Answer:
        spec, call = self._understood(use)
        wrong = _unknown_channel(spec, call) if spec and isinstance(call, Call) else None
        if wrong is not None:
            return Answer(show=wrong, refusal=True)
        with_rights = spec is None or spec.asks_role
        actor = await self._people.actor(use.team, use.user, use.name, with_rights=with_rights)
        closed = _closed_to(use, self._people.last_known(use.team, use.user))
        if closed is not None:
            return Answer(show=closed, refusal=True)
        where = names.channel(use.team, use.channel) if use.channel else None
        if spec is not None and spec.needs_role and not self._people.rights_known(use.team, use.user):
            return Answer(show=UNKNOWN, refusal=True)
        typed = isinstance(use.call, str)
        invocation = Invocation(
            id=use.id,
            call=call,
            actor=actor,
            channel=where,
            typed=typed,
            pressed=use.pressed,
            confirmed=use.confirmed,
        )
        return await self._core.invoke(invocation)

    async def follow(self, answer: Answer, use: Use) -> None:
        """Show the result of a post that the answer announced, once it is known: in place of the answer to a typed command
        or of a modal, otherwise below it.
        """
        if not isinstance(answer.show, Card) or not announces_post(answer):
            return

        async def show(card: Card) -> None:
            try:
                await self._show_later(card, use)
            except PlatformError as error:
                log.info("what became of a post could not be shown: %s", error)

        actor = await self._people.actor(use.team, use.user, use.name, with_rights=False)
        await self._core.follow(actor, answer.show, show)

    async def _show_later(self, card: Card, use: Use) -> None:
        if use.origin is Origin.MODAL:
            await self._update(self.modal(card, use), use)
        elif use.origin is Origin.HOME:
            await self.publish(use.team, use.user, after=use.id, notice=card)
        elif use.respond:
            replaces = use.origin is Origin.COMMAND
            await self._web.respond(use.respond, {**_message(Answer(show=card), card), "replace_original": replaces})

    async def closed_to(self, use: Use) -> Card | None:
        """The refusal of a person who belongs to another workspace, or of whom Slack does not say it: they share a
        channel with this one, but not its reading list.

        Slack lets them press buttons. It reports the same of colleagues in an organisation with several workspaces, so
        we check whether the person belongs here.
        """
        person = None if use.home == use.team else await self._people.person(use.team, use.user)
        return _closed_to(use, person)

    def _understood(self, use: Use) -> tuple[CommandSpec | None, Call | str]:
        """The command that the line means. The core refuses an invalid line."""
        try:
            if isinstance(use.call, Call):
                call = use.call
            elif use.origin is Origin.MENTION:
                call = understood(self._core.catalogue, use.call, self._word)
            else:
                call = parse(self._core.catalogue, use.call)
            if use.origin is Origin.HOME:  # the tab is its own list, and is shown again as a whole
                call = Call(path=call.path, arguments={n: v for n, v in call.arguments.items() if n != "back"})
            return spec_of(self._core.catalogue, call.path), call
        except Refusal:
            return None, use.call

    async def show(self, answer: Answer, use: Use) -> None:
        """Show the answer to a message; a form is behind a button, for a message opens no modal."""
        card = forms.as_card(answer.show) if isinstance(answer.show, Form) else answer.show
        shown = _message(replace(answer, show=card), card)
        body = {name: shown[name] for name in ("text", "blocks", "unfurl_links", "unfurl_media")}
        thread = {"thread_ts": use.thread} if use.thread else {}
        if use.private:
            await self._api.call(use.team, "chat.postMessage", channel=use.room, **body, **thread)
        else:
            private = {name: body[name] for name in ("text", "blocks")}
            await self._api.call(use.team, "chat.postEphemeral", channel=use.room, user=use.user, **private, **thread)

    async def _show(self, answer: Answer, use: Use) -> None:
        if isinstance(answer.show, Form):
            await self._open(forms.modal(answer.show, channel=use.channel), use)
        elif use.origin in {Origin.HOME, Origin.MODAL}:
            await self._show_in_view(answer, answer.show, use)
        elif use.way is Way.NOTES:
            await self._open(self.modal(answer.show, use), use)
        else:
            await self._respond(answer, answer.show, use)

    async def _show_in_view(self, answer: Answer, card: Card, use: Use) -> None:
        """Show a result in the Home tab, also behind a modal. A requested page opens in front of it."""
        done = card.tone is Tone.DONE and not answer.refusal
        if use.origin is Origin.MODAL:
            await self._update(self.modal(card, use), use)
        elif not done:
            await self._open(self.modal(card, use), use)
        if done:
            notice = replace(card, entry=None) if use.origin is Origin.HOME else None
            await self.publish(use.team, use.user, after=use.id, notice=notice)

    async def _update(self, view: Json, use: Use) -> None:
        await self._api.call(use.team, "views.update", view_id=use.view, view=view)

    def modal(self, card: Card, use: Use) -> Json:
        kept = json.dumps({"channel": use.channel} if use.channel else {})
        return render.modal(card, metadata=kept, part=use.part)

    async def _open(self, view: Json, use: Use) -> None:
        try:
            await self._api.call(use.team, "views.open", trigger_id=use.trigger, view=view)
        except Expired as late:
            again = (Action(label="Try again", call=use.call),) if isinstance(use.call, Call) else ()
            card = Card(title=str(late), actions=again, tone=Tone.REFUSAL)
            if use.origin is Origin.MODAL:
                await self._update(self.modal(card, use), use)
            elif use.origin is Origin.HOME:
                await self.publish(use.team, use.user, after=use.id, notice=card)
            elif use.respond:
                await self._respond(Answer(show=card, refusal=True), card, use)

    async def _respond(self, answer: Answer, card: Card, use: Use) -> None:
        body = _message(answer, card)
        private = body["response_type"] == "ephemeral"
        body["replace_original"] = use.way is Way.TURN and use.private and private
        if use.thread:
            body["thread_ts"] = use.thread
        await self._web.respond(use.respond, body)

    async def answer_shortcut(self, picked: Shortcut) -> None:
        use = picked.use
        closed = await self.closed_to(use)
        if closed is not None:
            await self._respond(Answer(show=closed, refusal=True), closed, use)
            return
        if picked.call is not None:
            await self.answer(inbound.replaced(use, picked.call))
            return
        if picked.word == "add":
            await self._add(picked)
            return
        found = await self._listed(picked)
        if not found:
            words = "It shows none, and none of its links is on the reading list."
            card = Card(title="This message has no entry.", blocks=(Paragraph(text=plain(words)),), tone=Tone.REFUSAL)
            await self._respond(Answer(show=card, refusal=True), card, use)
        elif len(found) > 1:
            actions = tuple(Action(label=label, call=_on(picked.word, number)) for number, label in found.items())
            card = Card(title="This message has several entries. Which one?", actions=actions)
            await self._respond(Answer(show=card), card, use)
        else:
            await self.answer(inbound.replaced(use, _on(picked.word, next(iter(found)))))

    async def _add(self, picked: Shortcut) -> None:
        """Add what the message links to the list: the command asks which one, and for the title."""
        if picked.links:
            call = Call(path=("add",), arguments={"url": " ".join(picked.links)})
            await self.answer(inbound.replaced(picked.use, call))
        else:
            card = Card(title="This message has no link.", tone=Tone.REFUSAL)
            await self._respond(Answer(show=card, refusal=True), card, picked.use)

    async def _listed(self, picked: Shortcut) -> dict[str, str]:
        """The entries that the message shows, else those that its links lead to: by number, each with its title."""
        actor = await self._people.actor(picked.use.team, picked.use.user, picked.use.name, with_rights=False)
        if len(picked.entries) == 1:
            return {picked.entries[0]: picked.entries[0]}
        asked = picked.entries or picked.links
        found = [await self._core.complete(actor, Kind.ENTRY, name) for name in asked]
        return {choice.value: choice.label for choices in found for choice in choices[:1]}

    async def shown_late(self, answering: asyncio.Task[Answer], use: Use) -> None:
        answer = await answering
        made = answer.show
        view = forms.modal(made, channel=use.channel) if isinstance(made, Form) else self.modal(made, use)
        await self._update(view, use)
        await self.follow(answer, use)

    async def publish(
        self,
        team: str,
        user: str,
        *,
        after: InvocationId | None = None,
        first: bool = False,
        notice: Card | None = None,
    ) -> None:
        """Publish the person's Home tab again, `after` one of their commands and below a `notice`. A tab that only says
        "try again later" never replaces one with content; only the `first` may say so.

        Slack keeps the tab that arrives last, so a person's tabs are published one at a time and waiting ones but the
        newest are dropped.
        """
        whose, mine = (team, user), object()
        self._wanted[whose] = mine
        async with self._publishing.setdefault(whose, asyncio.Lock()):
            if self._wanted[whose] is not mine:
                return
            try:
                await self._publish(team, user, after=after, first=first, notice=notice)
            finally:
                if self._wanted[whose] is mine:
                    del self._wanted[whose], self._publishing[whose]

    async def _publish(
        self, team: str, user: str, *, after: InvocationId | None, first: bool, notice: Card | None
    ) -> None:
        actor = await self._people.actor(team, user, with_rights=True)
        person = await self._people.person(team, user)
        if person is None and not first:
            return
        if person is not None and person.guest:
            return
        home = await home_of(self._core, actor, after)
        if first or not home.transient:
            cards = (notice, *home.cards) if notice else home.cards
            await self._api.call(team, "views.publish", user_id=user, view=render.home(cards))


def announces_post(answer: Answer) -> bool:
    """Whether the answer says that a post is on its way."""
    return isinstance(answer.show, Card) and bool(answer.show.follows)


def message(answer: Answer) -> Json | None:
    """The answer as a message in the command's place; None for a form, which needs a modal."""
    return None if isinstance(answer.show, Form) else _message(answer, answer.show)


def _message(answer: Answer, card: Card) -> Json:
    public = answer.reply is Reply.PUBLIC and not answer.refusal
    shown = render.message(card, personal=not public)
    return {
        "response_type": "in_channel" if public else "ephemeral",
        "text": shown.text,
        "blocks": list(shown.blocks),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _closed_to(use: Use, person: Person | None) -> Card | None:
    """The refusal of a person from elsewhere, or who is not known yet: the list is shown to none of them."""
    if use.home == use.team or (person is not None and not person.guest):
        return None
    return NOT_THEIRS if use.home or person is not None else UNKNOWN


def _on(word: str, entry: str) -> Call:
    return Call(path=(word,), arguments={"entry": entry})


def _unknown_channel(spec: CommandSpec, call: Call) -> Card | None:
    """Refuse a channel name that Slack did not turn into an id: a post would never arrive there."""
    for param in spec.params:
        given = call.arguments.get(param.name, "").strip().removeprefix("#")
        where = channel_at(given)
        if param.kind is Kind.CHANNEL and given and not names.ID.fullmatch(where.id if where else given):
            hint = "Pick the channel from the list that appears when you type #, and invite the bot to it if it is private."
            return Card(
                title=f"There is no channel #{given} that I can see.",
                blocks=(Paragraph(text=plain(hint)),),
                tone=Tone.REFUSAL,
            )
    return None
