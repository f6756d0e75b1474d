"""Carries out what a visitor does on the page of the chat: asks the core, and shows the answer."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from zoneinfo import ZoneInfo

from adapters.local.cards import BUSY
from adapters.local.cards import refusal as refusal_card
from adapters.local.room import MEANINGS, Message
from adapters.local.stage import Stage
from adapters.local.suggestions import Suggestions, beginning, for_command, for_value
from adapters.local.view import local_time
from adapters.web import screen as drawing
from adapters.web.inbound import Act, Advance, Complete, Dismiss, Press, React, Speak, Submit, Write, command_of
from adapters.web.screen import DIRECT, PEOPLE, Person, Screen
from bot.chat.command import Catalogue, Reply
from bot.chat.platform import Actor, Answer, Core, Invocation, Reacted, Unreacted
from bot.domain.card import Action, Call, Card, Choice, Form, actions_of
from bot.domain.errors import NotFound, Refusal, StoreBusy
from bot.domain.ids import AccountRef, ChannelRef, InvocationId, MessageRef, ThreadRef, WorkspaceRef
from bot.domain.record import record
from bot.domain.value import Kind

MAX_FORMS = 20
"""Forms that can still be sent: the newest ones."""


@record
class Place:
    """Where something is said or asked. `replaces` is the answer that the next one replaces."""

    channel: ChannelRef
    thread: ThreadRef | None = None
    replaces: MessageRef | None = None


@record
class Filling:
    """A form that was shown: what sending it runs, and where the answer goes."""

    submit: Call
    place: Place


class Visitor:
    """One visitor of the page, who speaks as one person after the other. Acts are carried out one at a time."""

    def __init__(
        self,
        *,
        core: Core,
        stage: Stage,
        screen: Screen,
        workspace: WorkspaceRef,
        new_id: Callable[[], InvocationId],
        command: str,
        zone: str | None,
    ) -> None:
        self.command = command
        self._core = core
        self._stage = stage
        self._screen = screen
        self._workspace = workspace
        self._new_id = new_id
        self._zone = zone
        self._forms: dict[int, Filling] = {}
        self._number_of_forms = 0
        self._shown = ""
        """The time that the page shows."""

    @property
    def catalogue(self) -> Catalogue:
        """The commands that the speaker may use."""
        role = self._screen.speaker.role
        return [spec for spec in self._core.catalogue if spec.role <= role and not spec.needs_groups]

    async def complete(self, kind: Kind, typed: str) -> Sequence[Choice]:
        if kind is Kind.CHANNEL:
            return beginning((Choice(value=f"#{name}", label="") for name in self._screen.channels()), typed).choices
        return await self._core.complete(self._actor, kind, typed)

    async def suggestions(self, asked: Complete) -> Suggestions:
        """Completions of the text before the cursor."""
        if asked.kind is not None:
            return await for_value(self, asked.kind, (), asked.text)
        *words, current = asked.text.lstrip().split(" ")
        words = [word for word in words if word]
        if not words:
            return beginning([Choice(value=f"/{self.command}", label="a command of the club")], current)
        if words[0].lower() != f"/{self.command}":
            return Suggestions()
        return await for_command(self, tuple(word.lower() for word in words[1:]), current)

    async def act(self, act: Act) -> Mapping[str, str]:
        """Carry it out. What it causes is shown on the screen; a form is returned as HTML, under `form`.

        Raises NotFound for a person who is not in the club, or a form that is no longer known.
        """
        form = None
        try:
            form = await self._carry_out(act)
        except StoreBusy:
            self._answer(Answer(show=BUSY, refusal=True), self._place_of(act))
        await self.settle()
        return {"form": form} if form else {}

    async def settle(self) -> None:
        """Do what is due now, and show the time. What fails now is done later."""
        with suppress(StoreBusy):
            await self._stage.settle()
            if self._zone is None:
                self._screen.zone = ZoneInfo(await self._stage.zone(self._actor.account))
        if self.now != self._shown:
            self._shown = self.now
            self._screen.changes.add("clock", now=self.now)

    @property
    def now(self) -> str:
        return local_time(self._stage.now(), self._screen.zone)

    def welcome(self, card: Card) -> None:
        """Show the card in the first channel, for everyone."""
        ref = MessageRef(self._channel(drawing.CHANNELS[0]), self._new_id())
        self._screen.add(Message(ref=ref, card=card, at=self._stage.now()))

    async def _carry_out(self, act: Act) -> str | None:
        match act:
            case Write():
                return await self._write(act)
            case Press():
                return await self._press(act)
            case Submit():
                return await self._submit(act)
            case React():
                await self._react(act)
            case Speak():
                self._speak(act)
            case Advance():
                await self._stage.advance(act.by)
            case Dismiss():
                message = self._screen.find(act.message)
                if message is not None and message.to and self._screen.room.delete(message.ref):
                    self._screen.gone(message)
        return None

    async def _write(self, act: Write) -> str | None:
        place = self._place_of(act)
        try:
            typed = command_of(act.text, self.command)
        except Refusal as refusal:
            self._answer(Answer(show=refusal_card(refusal), refusal=True), place, act.text)
            return None
        if typed is not None:
            return await self._ask(typed, place, typed=act.text)
        ref = MessageRef(place.channel, self._new_id())
        to = self._screen.speaker.name if place.channel.id == DIRECT else ""
        said = Card(title=act.text)
        now = self._stage.now()
        self._screen.add(Message(ref=ref, card=said, at=now, thread=place.thread, by=self._screen.speaker.name, to=to))
        return None

    async def _press(self, act: Press) -> str | None:
        message = self._screen.find(act.message)
        actions = actions_of(message.card) if message else ()
        action = actions[act.number] if act.number < len(actions) else None
        if message is None or action is None or action.label != act.label:
            raise NotFound("This button is no longer there.", hint="Use the one on the newest message.")
        own = message.ref if message.to and action.replaces else None
        place = Place(channel=message.ref.channel, thread=message.thread, replaces=own)
        return await self._ask(action.call, place, pressed=action, confirmed=act.confirmed)

    async def _submit(self, act: Submit) -> str | None:
        filling = self._forms.pop(act.form, None)
        if filling is None:
            raise NotFound("This form was sent already.", hint="Open it again.")
        call = Call(path=filling.submit.path, arguments={**filling.submit.arguments, **act.values})
        return await self._ask(call, filling.place)

    async def _ask(
        self,
        call: Call | str,
        place: Place,
        *,
        typed: str = "",
        pressed: Action | None = None,
        confirmed: bool = False,
    ) -> str | None:
        """Ask the core, and show its answer. A form is returned as HTML."""
        asked = Invocation(
            id=self._new_id(),
            call=call,
            actor=self._actor,
            channel=None if place.channel.id == DIRECT else place.channel,
            pressed=pressed is not None,
            confirmed=confirmed or (pressed is not None and pressed.confirmed),
        )
        answer = await self._core.invoke(asked)
        if isinstance(answer.show, Form):
            return self._fill(answer.show, place)
        ref = self._answer(answer, place, typed)
        if answer.show.follows:
            await self._follow(answer.show, ref)
        return None

    async def _follow(self, card: Card, ref: MessageRef) -> None:
        """Show what became of a post in place of the answer that announced it."""

        async def show(card: Card) -> None:
            if self._screen.room.at(ref) is not None:
                self._screen.room.revise(ref, card, at=self._stage.now())
                self._screen.show_again(ref)

        await self._stage.settle()
        await self._core.follow(self._actor, card, show)

    def _fill(self, form: Form, place: Place) -> str:
        self._number_of_forms += 1
        self._forms[self._number_of_forms] = Filling(submit=form.submit, place=place)
        for number in list(self._forms)[:-MAX_FORMS]:
            del self._forms[number]
        return drawing.form(form, self._number_of_forms, self._screen.channels())

    def _answer(self, answer: Answer, place: Place, typed: str = "") -> MessageRef:
        assert isinstance(answer.show, Card)
        if place.replaces is not None and self._screen.room.at(place.replaces) is not None:
            self._screen.room.revise(place.replaces, answer.show, at=self._stage.now())
            self._screen.show_again(place.replaces)
            return place.replaces
        public = answer.reply is Reply.PUBLIC and not answer.refusal
        message = Message(
            ref=MessageRef(place.channel, self._new_id()),
            card=answer.show,
            at=self._stage.now(),
            thread=place.thread,
            to="" if public else self._screen.speaker.name,
            typed=typed,
        )
        self._screen.add(message)
        return message.ref

    async def _react(self, act: React) -> None:
        message = self._screen.find(act.message)
        if message is None or message.to:
            raise NotFound("This message is no longer there.")
        mine = any(
            each.emoji == act.emoji and each.actor.account == self._actor.account
            for each in self._screen.room.reactions(message.ref)
        )
        kind = Unreacted if mine else Reacted
        happening = kind(
            actor=self._actor,
            message=message.ref,
            emoji=act.emoji,
            meaning=MEANINGS[act.emoji],
            at=self._stage.now(),
            entry=message.card.entry.number if message.card.entry else None,
        )
        await self._core.handle(happening)
        if isinstance(happening, Reacted):
            self._screen.room.react(happening)
        else:
            self._screen.room.unreact(message.ref, self._actor.account, act.emoji)
        self._screen.show_again(message.ref)

    def _speak(self, act: Speak) -> None:
        self._screen.speaker = self._person(act.name)
        self._screen.changes.add("reload")

    def _person(self, name: str) -> Person:
        for person in PEOPLE:
            if person.name == name:
                return person
        raise NotFound("There is no such person in this club.")

    @property
    def _actor(self) -> Actor:
        person = self._screen.speaker
        account = AccountRef(self._workspace.platform, person.name)
        return Actor(account=account, workspace=self._workspace, name=person.name, role=person.role, zone=self._zone)

    def _channel(self, name: str) -> ChannelRef:
        return ChannelRef(self._workspace, name)

    def _place_of(self, act: Act) -> Place:
        """Where the act is: in the channel of the page, or in a thread."""
        if isinstance(act, Press | React | Dismiss) and (message := self._screen.find(act.message)):
            return Place(channel=message.ref.channel, thread=message.thread)
        if not isinstance(act, Write):
            return Place(channel=self._channel(drawing.CHANNELS[0]))
        known = (*self._screen.channels(), DIRECT)
        channel = self._channel(act.channel if act.channel in known else known[0])
        root = self._screen.find(act.thread) if act.thread else None
        if root is None or root.to or root.thread is not None:
            return Place(channel=channel)
        return Place(channel=root.ref.channel, thread=self._screen.room.open_thread(root.ref, ""))
