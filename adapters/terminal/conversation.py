"""Handles each typed line: asks the core and shows the answer."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from zoneinfo import ZoneInfo

from adapters.local.cards import BUSY
from adapters.local.cards import refusal as refusal_card
from adapters.local.room import Room
from adapters.local.stage import Stage
from adapters.local.view import local_time
from adapters.terminal import cards, inbound
from adapters.terminal.desk import Desk
from adapters.terminal.places import channel
from adapters.terminal.screen import Screen
from bot.chat.command import Catalogue, Reply
from bot.chat.platform import Actor, Answer, Core, Invocation, Reacted, Unreacted
from bot.domain.card import Action, Call, Card, Choice, Form
from bot.domain.edit import FOLLOWED
from bot.domain.errors import BadUsage, NotFound, Refusal, StoreBusy
from bot.domain.ids import AccountRef, ChannelRef, EntryNumber, InvocationId, MessageRef, WorkspaceRef
from bot.domain.record import record
from bot.domain.schedule import moment as moment_of
from bot.domain.team import Role
from bot.domain.value import Kind

UNKNOWN_ZONE = "UTC"


@record
class Start:
    """How a conversation starts. `invocation_id` makes ids that are unique over all runs.

    `kept` says at the end what remains of it.
    """

    invocation_id: Callable[[], InvocationId]
    speaker: str
    role: Role
    channel: str
    command: str
    zone: str | None
    workspace: WorkspaceRef
    kept: str = cards.EVERYTHING_IS_KEPT


class Conversation:
    """Who speaks where, one line after the other."""

    def __init__(
        self,
        *,
        core: Core,
        stage: Stage,
        room: Room,
        desk: Desk,
        screen: Screen,
        start: Start,
    ) -> None:
        self.command = start.command
        self._core = core
        self._stage = stage
        self._room = room
        self._desk = desk
        self._screen = screen
        self._invocation_id = start.invocation_id
        self._zone = start.zone
        self._shown = start.zone or UNKNOWN_ZONE
        self._workspace = start.workspace
        self._kept = start.kept
        self._actor = self._named(start.speaker, start.role)
        self._channel = channel(start.channel, start.workspace)

    @property
    def catalogue(self) -> Catalogue:
        """The commands that the speaker may use."""
        return [spec for spec in self._core.catalogue if spec.role <= self._actor.role and not spec.needs_groups]

    @property
    def place(self) -> str:
        return f"{self._actor.name} #{self._channel.id}"

    @property
    def clock(self) -> str:
        return local_time(self._stage.now(), ZoneInfo(self._shown))

    async def complete(self, kind: Kind, typed: str) -> Sequence[Choice]:
        return await self._core.complete(self._actor, kind, typed)

    async def hold(self) -> None:
        """Process lines until they end or one says to leave."""
        await self._look_at_the_clock()
        async for typed in self._screen.lines(self):
            self._desk.next_line()
            over = await self._take(typed)
            # A delivery that failed now stays pending and is sent after a later line.
            with suppress(StoreBusy):
                await self._stage.settle()
            await self._look_at_the_clock()
            self._screen.done()
            if over:
                return
        if self._kept != cards.EVERYTHING_IS_KEPT:
            self._screen.remark(self._kept)

    async def _look_at_the_clock(self) -> None:
        """Use the zone that the speaker has chosen."""
        if self._zone is None:
            with suppress(StoreBusy):
                self._shown = await self._stage.zone(self._actor.account)
                self._desk.zone = ZoneInfo(self._shown)

    async def _take(self, typed: str) -> bool:
        """Process one line. Returns whether it was the last."""
        try:
            line = inbound.read(typed, self.command, self.catalogue)
            await self._carry_out(line)
        except Refusal as refusal:
            self._refuse(refusal_card(refusal))
        except StoreBusy:
            self._refuse(BUSY)
        else:
            return isinstance(line, inbound.Quit)
        return False

    async def _carry_out(self, line: inbound.Line) -> None:
        match line:
            case inbound.Use():
                await self._use(line.typed, self._channel)
            case inbound.Press():
                await self._press(line.number)
            case inbound.Reaction():
                await self._react(line)
            case inbound.Say():
                thread = self._room.newest_thread(self._channel)
                title = self._room.title(thread) if thread else None
                self._desk.said(line.text, self._actor.name, self._channel, title, self._stage.now())
            case inbound.Speak():
                self._actor = self._named(line.name, line.role)
                self._answer(cards.speaker(line.name, line.role))
            case inbound.Enter():
                self._channel = channel(line.channel, self._workspace)
                self._answer(cards.place(line.channel))
            case inbound.Advance():
                await self._advance(line.by)
            case inbound.Until():
                await self._advance(self._until(line))
            case inbound.Time():
                self._answer(cards.clock(self.clock))
            case inbound.Sync():
                self._answer(await self._stage.sync())
            case inbound.Help():
                self._answer(cards.help(self.command))
            case inbound.Quit():
                self._answer(cards.goodbye(self._kept))

    async def _use(self, call: Call | str, where: ChannelRef | None, pressed: Action | None = None) -> None:
        answer = await self._invoke(call, where, pressed)
        while isinstance(answer.show, Form):
            form = answer.show
            filled = await self._screen.fill(form, self)
            if filled is None:
                card = cards.form(form, self.catalogue, self.command)
                self._desk.answer(card, where, refusal=answer.refusal)
                return
            submitted = Call(path=form.submit.path, arguments={**form.submit.arguments, **filled})
            answer = await self._invoke(submitted, where)
        public = answer.reply is Reply.PUBLIC and not answer.refusal
        self._desk.answer(answer.show, where, public=public, refusal=answer.refusal)
        if answer.show.follows.startswith(FOLLOWED):
            await self._follow(answer.show, where)

    async def _follow(self, card: Card, where: ChannelRef | None) -> None:
        """Show what became of a change of the list. A post shows itself."""

        async def show(card: Card) -> None:
            self._desk.answer(card, where)

        await self._stage.settle()
        await self._core.follow(self._actor, card, show)

    async def _invoke(self, call: Call | str, where: ChannelRef | None, pressed: Action | None = None) -> Answer:
        return await self._core.invoke(
            Invocation(
                id=self._invocation_id(),
                call=call,
                actor=self._actor,
                channel=where,
                pressed=pressed is not None,
                confirmed=pressed is not None and pressed.confirmed,
            )
        )

    async def _press(self, number: int) -> None:
        offer = self._desk.offer(number)
        if offer is None:
            most = self._desk.offered
            hint = f"Press a number from 1 to {most}." if most else "No buttons were shown yet."
            raise NotFound(f"There is no button {number}.", hint=hint)
        await self._use(offer.action.call, offer.channel, offer.action)

    async def _react(self, line: inbound.Reaction) -> None:
        entry = line.entry or self._desk.entry
        if entry is None:
            raise BadUsage("No entry was shown yet.", hint=f"Name one: react {line.emoji} #12.")
        await self._refuse_unknown(entry)
        for message in self._targets(line, entry):
            await self._happened(line, entry, message)
        self._answer(cards.reacted(line, entry))

    async def _refuse_unknown(self, entry: EntryNumber) -> None:
        """Without a message to react to, the entry must at least exist."""
        if self._room.showing(entry) is None:
            known = await self._core.complete(self._actor, Kind.ENTRY, f"#{entry}")
            if not any(choice.value == f"#{entry}" for choice in known):
                raise NotFound(f"There is no entry #{entry} on the list.", hint=f"Try: /{self.command} list")

    def _targets(self, line: inbound.Reaction, entry: EntryNumber) -> Sequence[MessageRef]:
        """The messages that a reaction applies to: the newest message about the entry, or to remove it, all with the
        speaker's reaction.

        If no message of this run shows the entry, it is a made-up one with the same id in every run, so that a reaction
        can be removed after a restart.
        """
        put = self._room.reacted(self._actor.account, line.emoji, entry) if line.away else ()
        return put or [self._room.showing(entry) or MessageRef(self._channel, f"#{entry}")]

    async def _happened(self, line: inbound.Reaction, entry: EntryNumber, message: MessageRef) -> None:
        kind = Unreacted if line.away else Reacted
        happening = kind(
            actor=self._actor,
            message=message,
            emoji=line.emoji,
            meaning=line.meaning,
            at=self._stage.now(),
            entry=entry,
        )
        await self._core.handle(happening)
        if isinstance(happening, Reacted):
            self._room.react(happening)
        else:
            self._room.unreact(message, self._actor.account, line.emoji)

    async def _advance(self, by: timedelta) -> None:
        await self._stage.advance(by)
        self._answer(cards.clock(self.clock))

    def _until(self, line: inbound.Until) -> timedelta:
        now = self._stage.now()
        zone = ZoneInfo(line.zone or self._shown)
        today = now.astimezone(zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(9))
        moments = (moment_of(day, line.at, zone) for day in days if day.weekday() == line.weekday)
        return next(moment for moment in moments if moment > now) - now

    def _answer(self, card: Card) -> None:
        self._desk.answer(card, self._channel)

    def _refuse(self, card: Card) -> None:
        self._desk.answer(card, self._channel, refusal=True)

    def _named(self, name: str, role: Role) -> Actor:
        account = AccountRef(self._workspace.platform, name)
        return Actor(account=account, workspace=self._workspace, name=name, role=role, zone=self._zone)
