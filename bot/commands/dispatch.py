"""From an invocation or a happening to its effect: the one place where roles, repeats and failures are dealt with."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from bot.chat.command import Catalogue, CommandSpec
from bot.chat.line import parse
from bot.chat.platform import (
    Actor,
    Answer,
    ChannelBack,
    ChannelGone,
    Happening,
    Invocation,
    Joined,
    MarksSeen,
    Reacted,
    ReactionsCleared,
    Unreacted,
    WorkspaceJoined,
    WorkspaceLeft,
)
from bot.chat.trace import follow
from bot.commands.cards import refusal, sentence, with_word
from bot.commands.deadline import Deadline, DeadlineExceeded
from bot.commands.declare import Command, Turn, form_of
from bot.commands.limits import COMPLETION, Limits
from bot.domain import notice
from bot.domain.card import Call, Card, Choice, Tone
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, NotAllowed, NotFound, Refusal, StoreError, TooMuch
from bot.domain.ids import AccountRef, InvocationId, MessageRef, PlatformName, Url, WorkspaceRef
from bot.domain.notice import Host
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.schedule import Schedule, Weekday
from bot.domain.team import Member, Role, Team
from bot.domain.url import canonical, is_web
from bot.domain.value import Kind, zone_names
from bot.domain.wire import from_json, to_json
from bot.ports.clock import Clock
from bot.ports.metrics import Metrics
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.service import notices, readings, schedules, search, teams

MAX_CHOICES = 25
"""The smallest limit that a platform has for completions (its documentation of August 2026)."""
MAX_REMEMBERED = 1_000
"""Uses of which it is known that they were answered, so that a repeat is none. Not their answers: those of what was changed are
in the store, what was only read is read again, and cards that are kept fit no core's cache.
"""
MARKS_COUNT = timedelta(days=30)
"""For so long the reactions on a message are read again where events may have been missed."""

_KNOWN = {"answered", "refused"}
"""Outcomes of which a repeat is no use of its own; of trouble it may be rid by then."""

log = logging.getLogger("dogear.dispatch")


@record
class HostRules:
    """The host's rules: what their settings say to notices, and the word that begins a typed command among it; roles
    on top of the platform's; the zone of the first team.
    """

    host: Host
    roles: Mapping[AccountRef, Role]
    zone: str


class Dispatcher:
    """Implements `bot.chat.platform.Core` over the catalogue and the store."""

    def __init__(
        self,
        commands: Sequence[Command],
        runner: Runner,
        clock: Clock,
        rules: HostRules,
        *,
        link: Callable[[MessageRef], Url | None],
        wake: Callable[[], None],
        meter: Metrics,
        limits: Limits,
        patience: Deadline,
    ) -> None:
        """`wake` is called when deliveries may have become due."""
        self._commands = {command.spec.path: command for command in commands}
        self._catalogue = tuple(command.spec for command in commands)
        self._runner = runner
        self._clock = clock
        self._rules = rules
        self._link = link
        self._wake = wake
        self._meter = meter
        self._limits = limits
        self._patience = patience
        self._answered: dict[InvocationId, None] = {}

    @property
    def catalogue(self) -> Catalogue:
        return self._catalogue

    async def invoke(self, invocation: Invocation) -> Answer:
        """Carry out one use of a command; whatever goes wrong comes back as a card."""
        follow(invocation.id)
        repeated = invocation.id in self._answered
        if repeated:
            self._meter.count_repeat()
        outcome, answer = await self._timed(invocation, already_counted=repeated)
        if outcome in _KNOWN:
            self._remember(invocation.id)
        return answer

    async def invoke_all(
        self, actor: Actor, calls: Sequence[Call], *, after: InvocationId | None = None
    ) -> Sequence[Answer | None]:
        """Answer several calls as one use: the first that is answered counts, unless all belong to a use that did."""
        ours = InvocationId(f"overview:{self._clock.token()}")
        follow(after or ours)
        already_counted = after in self._answered
        answers: list[Answer | None] = []
        trouble: Answer | None = None
        for call in calls:
            if trouble is not None or not self._is_theirs(actor, call):
                answers.append(trouble)
                continue
            asked = Invocation(id=ours, call=call, actor=actor, channel=None)
            _, answer = await self._timed(asked, already_counted=already_counted)
            answers.append(answer)
            already_counted, trouble = True, answer if answer.transient else None
        return answers

    def _is_theirs(self, actor: Actor, call: Call) -> bool:
        command = self._commands.get(call.path)
        return command is not None and command.spec.role <= self._role(actor)

    async def _timed(self, invocation: Invocation, *, already_counted: bool = False) -> tuple[str, Answer]:
        """One word for what came of it, and the answer; `already_counted` is what is no use of its own."""
        began = time.perf_counter()
        name, outcome, answer = await self._guarded(invocation, already_counted=already_counted)
        seconds = time.perf_counter() - began
        self._meter.count_answer(name, outcome, seconds)
        log.info(outcome, extra={"command": name, "milliseconds": round(seconds * 1000, 1)})
        return outcome, answer

    async def _guarded(self, invocation: Invocation, *, already_counted: bool) -> tuple[str, str, Answer]:
        """The command's name, one word for what came of it, and the answer."""
        name, spec = "unknown", None
        try:
            if not already_counted:
                self._limits.take(invocation.actor)
            call = self._call(invocation)
            command = self._command(call)
            name, spec = command.spec.name, command.spec
            carried_out = partial(self._run, invocation, command, call, already_counted=already_counted)
            return name, "answered", await self._patience.of(carried_out)
        except TooMuch as no:
            return name, "limited", Answer(show=refusal(no, None, self._rules.host.word), refusal=True, transient=True)
        except Refusal as no:
            return name, "refused", self._refused(no, invocation, spec)
        except StoreError as error:
            if isinstance(error, DeadlineExceeded) and spec and spec.writes:
                unknown = "It is not known yet whether this was done."
                return (
                    name,
                    "busy",
                    _trouble(unknown, f"{error} Look in a minute, before you do it again.", transient=True),
                )
            again = f"{error} Try again in a minute."
            return name, "busy", _trouble("This cannot be done right now; nothing was lost.", again, transient=True)
        except Exception:  # noqa: BLE001 -- a bug ends here, as a card with a reference, and never at the person
            return name, "broken", self._broken(f"invocation of {name}")

    def _call(self, invocation: Invocation) -> Call:
        if isinstance(invocation.call, Call):
            return invocation.call
        return parse(self.catalogue, invocation.call)

    def _command(self, call: Call) -> Command:
        command = self._commands.get(call.path)
        if command is None:
            raise BadUsage(f"There is no command “{' '.join(call.path)}”.", hint="“help” lists every command.")
        return command

    async def _run(self, invocation: Invocation, command: Command, call: Call, *, already_counted: bool) -> Answer:
        spec = command.spec
        role = self._role(invocation.actor)
        if role < spec.role:
            raise NotAllowed(f"“{spec.name}” is for {spec.role.word}s.", hint="Ask an admin of this workspace.")
        if spec.form and not any(param.name in call.arguments for param in spec.params if param.required):
            return Answer(show=form_of(spec, call.arguments))
        if spec.writes:
            card = await self._runner.write(
                lambda tx: self._idempotent(tx, invocation, command, call, role, already_counted=already_counted)
            )
            self._wake()
        else:
            card = await self._read(invocation, command, call, role)
        return Answer(show=card, reply=spec.reply)

    async def _read(self, invocation: Invocation, command: Command, call: Call, role: Role) -> Card:
        """Answer within a reading transaction, unless the member has to be admitted first."""

        def as_known(tx: Transaction) -> Card | None:
            known, member = teams.known(tx, invocation.actor)
            team = self._found(known, invocation.actor)
            return command.run(self._turn(tx, invocation, team, member, role), call.arguments) if member else None

        card = await self._runner.read(as_known)
        if card is not None:
            return card
        return await self._runner.write(lambda tx: self._admitted(tx, invocation, command, call, role))

    def _idempotent(
        self,
        tx: Transaction,
        invocation: Invocation,
        command: Command,
        call: Call,
        role: Role,
        *,
        already_counted: bool,
    ) -> Card:
        """Carry out a writing command, unless this very use of it was carried out before: then its answer again."""
        kept = tx.invocations.saved_answer(invocation.id)
        if kept is not None:
            if not already_counted:
                self._meter.count_repeat()
            return from_json(kept)
        card = self._admitted(tx, invocation, command, call, role)
        tx.invocations.save(invocation.id, to_json(card))
        return card

    def _admitted(self, tx: Transaction, invocation: Invocation, command: Command, call: Call, role: Role) -> Card:
        actor = invocation.actor
        team = self._team(tx, actor)
        member = teams.admitted(tx, team, actor)
        return command.run(self._turn(tx, invocation, team, member, role), call.arguments)

    def _team(self, tx: Transaction, actor: Actor) -> Team:
        return self._found(teams.team_of(tx, actor.workspace), actor)

    def _found(self, team: Team | None, actor: Actor) -> Team:
        """The team that was found for the actor's workspace; raises NotFound where there is none."""
        if team is None:
            place = f"{actor.workspace.platform}:{actor.workspace.id}"
            raise NotFound(
                "This workspace does not belong to a team yet.", hint=f"The host runs: dogear team assign {place} TEAM"
            )
        self._limits.belongs(actor.workspace, team.id)
        return team

    def _turn(self, tx: Transaction, invocation: Invocation, team: Team, member: Member, role: Role) -> Turn:
        return Turn(
            tx=tx,
            team=team,
            member=member,
            role=role,
            actor=invocation.actor,
            channel=invocation.channel,
            invocation=invocation.id,
            zone=teams.zone_for(member, invocation.actor, team),
            word=self._rules.host.word,
            limits=self._limits.said,
            below=self._clock.random_below,
            link=self._link,
        )

    def _role(self, actor: Actor) -> Role:
        return max(actor.role, self._rules.roles.get(actor.account, Role.READER))

    def _refused(self, no: Refusal, invocation: Invocation, spec: CommandSpec | None) -> Answer:
        """A card; or the form, filled in, with what was wrong at its field, but not where a line was typed."""
        if no.hint:
            no.hint = with_word(no.hint, self._rules.host.word, {path[0] for path in self._commands})
        call = invocation.call
        if isinstance(call, Call) and not invocation.typed and spec and spec.form and no.field:
            return Answer(show=form_of(spec, call.arguments, no), refusal=True)
        return Answer(show=refusal(no, spec, self._rules.host.word), refusal=True)

    def _broken(self, what: str) -> Answer:
        reference = self._clock.token()[:4].lower()
        log.error("bug in %s", what, exc_info=True, extra={"reference": reference})  # noqa: LOG014 -- only handlers call
        return _trouble(f"Something broke (ref {reference}).", "The host finds it in the log under that reference.")

    def _remember(self, id: InvocationId) -> None:
        self._answered[id] = None
        if len(self._answered) > MAX_REMEMBERED:
            del self._answered[next(iter(self._answered))]

    async def complete(self, actor: Actor, kind: Kind, typed: str) -> Sequence[Choice]:
        """Values of a kind that fit what was typed so far; none on any trouble, for it is only help."""
        try:
            self._limits.take(actor, COMPLETION)
            return await self._patience.of(partial(self._completions, actor, kind, typed.strip()))
        except (Refusal, StoreError):
            return ()
        except Exception:  # noqa: BLE001 -- help that fails must not stop the typing
            self._broken(f"completion of {kind}")
            return ()

    async def _completions(self, actor: Actor, kind: Kind, typed: str) -> Sequence[Choice]:
        if kind is Kind.ENTRY:
            return await self._runner.read(lambda tx: self._entry_choices(tx, actor, typed))
        if kind is Kind.TAG:
            return await self._runner.read(lambda tx: self._tag_choices(tx, actor, typed))
        return fitting(self._words_of(kind), typed)

    def _words_of(self, kind: Kind) -> Sequence[str]:
        match kind:
            case Kind.ZONE:
                return zone_names()
            case Kind.WEEKDAY:
                return [day.word for day in Weekday]
            case Kind.STATE:
                return [state.value for state in ReadingState]
            case Kind.COMMAND:
                return [spec.name for spec in self.catalogue]
            case _:
                return []

    def _entry_choices(self, tx: Transaction, actor: Actor, typed: str) -> Sequence[Choice]:
        team = self._team(tx, actor)
        if is_web(typed):
            entry = tx.entries.by_key(team.id, canonical(typed))
            found: Sequence[Entry] = [entry] if entry else []
        else:
            found = search.completed(tx, team.id, tx.teams.member(team.id, actor.account), typed, MAX_CHOICES)
        return [Choice(value=f"#{entry.number}", label=f"#{entry.number} {entry.title}") for entry in found]

    def _tag_choices(self, tx: Transaction, actor: Actor, typed: str) -> Sequence[Choice]:
        """Whoever asks: nobody is admitted by typing, so a newcomer is no member yet."""
        team = self._team(tx, actor)
        return fitting([tag.name for tag in tx.entries.tags(team.id, None)], typed)

    async def joined_workspaces(self, platform: PlatformName) -> Sequence[WorkspaceRef]:
        """The platform's workspaces in which we take ourselves to be; none on any trouble."""
        try:
            return await self._runner.read(lambda tx: tx.teams.present_workspaces(platform))
        except StoreError:
            return ()

    async def recent_posts(self, workspace: WorkspaceRef) -> Sequence[MessageRef] | None:
        """Our messages of the last 30 days in the workspace that stand for one entry; None on any trouble."""
        try:
            return await self._runner.read(lambda tx: tx.ledger.posted_messages(workspace, tx.now() - MARKS_COUNT))
        except StoreError:
            return None

    async def handle(self, happening: Happening, id: InvocationId | None = None) -> Joined | None:
        """Take note of what a platform tells; returns once that is committed, raises StoreBusy if it cannot be."""
        if id is not None:
            follow(id)
        noted = partial(self._apply_once, happening=happening, id=id)
        came = await self._patience.of(partial(self._runner.write, noted))
        if isinstance(came, Schedule):
            self._wake()
            return None
        return came

    def count_repeat(self) -> None:
        """Count what a platform knows to be a repeat."""
        self._meter.count_repeat()

    def _apply_once(self, tx: Transaction, happening: Happening, id: InvocationId | None) -> Schedule | Joined | None:
        if id is not None:
            if tx.invocations.saved_answer(id) is not None:
                self._meter.count_repeat()
                return None
            tx.invocations.save(id, "")
        return self._apply(tx, happening)

    def _apply(self, tx: Transaction, happening: Happening) -> Schedule | Joined | None:
        """A schedule that had to be stopped, or what there is to say of a workspace that was joined."""
        match happening:
            case Reacted() | Unreacted():
                readings.react(tx, happening)
            case ReactionsCleared():
                readings.clear(tx, happening)
            case MarksSeen():
                readings.see(tx, happening)
            case ChannelGone():
                stopped = schedules.stop(tx, happening.channel, happening.because)
                if stopped is not None:
                    notices.tell(tx, notice.stopped(stopped, self._rules.host), self._rules.host)
                return stopped
            case ChannelBack():
                schedules.restart(tx, happening.channel)
            case WorkspaceJoined():
                team = teams.get_or_create_default(tx, self._rules.zone) if happening.by_host else None
                known = tx.teams.workspace(happening.workspace)
                joined = teams.join(tx, happening.workspace, happening.name, team)
                return Joined(news=known is None or known.left_at is not None, has_team=joined.team is not None)
            case WorkspaceLeft():
                tx.teams.leave(happening.workspace)
        return None


def fitting(words: Sequence[str], typed: str) -> Sequence[Choice]:
    """The words that begin with what was typed, then those that hold it, at most as many as a platform shows."""
    low = typed.lower()
    begin = [word for word in words if word.lower().startswith(low)]
    hold = [word for word in words if low in word.lower() and not word.lower().startswith(low)]
    return [Choice(value=word, label=word) for word in [*begin, *hold][:MAX_CHOICES]]


def _trouble(title: str, hint: str, *, transient: bool = False) -> Answer:
    return Answer(show=sentence(title, hint, tone=Tone.REFUSAL), refusal=True, transient=transient)
