"""From an invocation or a happening to its effect: the one place for limits, roles, repeats and failures.

An invocation passes three stages:

    guard        the rate limit, and every error turned into a card
    run          the role check, the form where arguments are missing, the transaction
    idempotency  inside a writing transaction: a repeat of the same invocation gets the saved answer
"""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Protocol, TypeVar

from bot.chat.command import Catalogue, CommandSpec, Placement
from bot.chat.jobs import Job
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
    Obstacle,
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
from bot.commands.editing import followed
from bot.commands.limits import COMPLETION, Limits
from bot.domain import notice
from bot.domain.card import Action, Call, Card, Choice, Form, Tone
from bot.domain.entry import Entry
from bot.domain.errors import (
    BadUsage,
    Conflict,
    NotAllowed,
    NotFound,
    PlatformError,
    PlatformRefused,
    Refusal,
    StoreError,
    TooMuch,
)
from bot.domain.ids import AccountRef, ChannelRef, InvocationId, MessageRef, PlatformName, TeamId, Url, WorkspaceRef
from bot.domain.notice import Host
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.schedule import Schedule, Weekday
from bot.domain.team import Member, Role, Team
from bot.domain.url import is_web
from bot.domain.value import Kind, channel_at
from bot.domain.wire import from_json, to_json
from bot.domain.zones import zone_names
from bot.ports.clock import Clock
from bot.ports.linked_pages import LinkedPageReader
from bot.ports.metrics import Metrics
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.service import edits, linked_pages, notices, readings, schedules, search, teams

MAX_CHOICES = 25
"""The lowest limit of any platform for completions (their documentation, August 2026)."""
MAX_BUTTONS = 5
"""Choices below a refusal."""
MAX_REMEMBERED = 1_000
"""How many answered invocations we remember in memory, so that a repeat is not counted again. Only their ids are kept: the
answers of writing commands are in the store, and a reading command is run again.
"""
MARKS_COUNT = timedelta(days=30)
"""How old a post may be for its missed reactions to be read again."""

LOOKED_UP_WITHIN = 1.2
"""Seconds for finding out whether Dogear can post in a channel; platforms wait three for an answer."""
FOLLOWED = timedelta(minutes=14)
"""How long a post is followed: on some platforms an answer can be changed for 15 minutes."""
LOOK_AGAIN = timedelta(seconds=5)
"""Between two looks at posts that are followed: the worker may be another process."""

_ANSWERED = {"answered", "refused"}
"""A repeat after one of these is not counted; after an error it is tried again."""

log = logging.getLogger("dogear.dispatch")

Shown = TypeVar("Shown", Card, Form)


@record
class HostRules:
    """What the host's settings say: where notices go and the command word, roles on top of the platform's own, the
    time zone of the first team, and the public address of the pages, empty if they are off.
    """

    host: Host
    roles: Mapping[AccountRef, Role]
    zone: str
    pages: str = ""


class Outside(Protocol):
    """What the dispatcher needs of the platforms."""

    def link(self, message: MessageRef) -> Url | None:
        """Where a person can open the message."""
        ...

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> Obstacle | None:
        """What keeps Dogear from posting in the channel for this person, as far as is known."""
        ...

    async def delete(self, message: MessageRef) -> None:
        """Remove a message of ours; raises PlatformError."""
        ...


@record
class _Follower:
    """An answer that is to be replaced once a post has arrived or failed; after `until` it cannot be any more.

    `last` is what was shown of something that is not at its end yet, such as a change that waits to be merged.
    """

    actor: Actor
    show: Callable[[Card], Awaitable[None]]
    until: float
    last: Card | None = None


class Dispatcher:
    """Implements `bot.chat.platform.Core` over the catalogue and the store."""

    def __init__(
        self,
        commands: Sequence[Command],
        runner: Runner,
        clock: Clock,
        rules: HostRules,
        *,
        outside: Outside,
        wake: Callable[[], None],
        metrics: Metrics,
        limits: Limits,
        deadline: Deadline,
        pages: LinkedPageReader | None = None,
    ) -> None:
        """`wake` is called when deliveries may be due; `deadline` bounds the wait for the database. Without `pages` no page
        is looked at.
        """
        self._commands = {command.spec.path: command for command in commands}
        self._catalogue = tuple(command.spec for command in commands)
        self._runner = runner
        self._clock = clock
        self._rules = rules
        self._outside = outside
        self._wake = wake
        self._metrics = metrics
        self._limits = limits
        self._deadline = deadline
        self._pages = pages
        self._answered: dict[InvocationId, None] = {}
        self._following: dict[str, list[_Follower]] = {}

    @property
    def catalogue(self) -> Catalogue:
        return self._catalogue

    async def invoke(self, invocation: Invocation) -> Answer:
        """Run one invocation. Every failure comes back as a card."""
        follow(invocation.id)
        repeated = invocation.id in self._answered
        if repeated:
            self._metrics.count_repeat()
        outcome, answer = await self._timed(invocation, already_counted=repeated)
        if outcome in _ANSWERED:
            self._answered[invocation.id] = None
            if len(self._answered) > MAX_REMEMBERED:
                del self._answered[next(iter(self._answered))]
        return answer

    async def invoke_all(
        self, actor: Actor, calls: Sequence[Call], *, after: InvocationId | None = None
    ) -> Sequence[Answer | None]:
        """Answer several calls as one overview: only the first answered one is counted, none after an answered `after`."""
        ours = InvocationId(f"overview:{self._clock.token()}")
        follow(after or ours)
        already_counted = after in self._answered
        answers: list[Answer | None] = []
        trouble: Answer | None = None
        for call in calls:
            command = self._commands.get(call.path)
            if trouble is not None or command is None or command.spec.role > self._role(actor):
                answers.append(trouble)
                continue
            asked = Invocation(id=ours, call=call, actor=actor, channel=None)
            _, answer = await self._timed(asked, already_counted=already_counted, overview=True)
            answers.append(answer)
            already_counted, trouble = True, answer if answer.transient else None
        return answers

    async def _timed(
        self, invocation: Invocation, *, already_counted: bool = False, overview: bool = False
    ) -> tuple[str, Answer]:
        """The outcome in one word, and the answer. `already_counted` invocations do not count against the limit."""
        began = time.perf_counter()
        name, outcome, answer = await self._guard(invocation, already_counted=already_counted, overview=overview)
        seconds = time.perf_counter() - began
        self._metrics.count_answer(name, outcome, seconds)
        log.info(outcome, extra={"command": name, "milliseconds": round(seconds * 1000, 1)})
        return outcome, answer

    async def _guard(self, invocation: Invocation, *, already_counted: bool, overview: bool) -> tuple[str, str, Answer]:
        """First stage: the limit, and errors as cards. Returns the command's name, the outcome and the answer."""
        name, spec, call = "unknown", None, None
        try:
            if not already_counted:
                self._limits.take(invocation.actor, overview=overview)
            call = self._call(invocation)
            command = self._command(call)
            name, spec = command.spec.name, command.spec
            await self._prepare(invocation, command, call)
            run = partial(self._run, invocation, command, call, already_counted=already_counted)
            return name, "answered", await self._deadline.run(run)
        except TooMuch as no:
            return name, "limited", Answer(show=refusal(no, None, self._rules.host.word), refusal=True, transient=True)
        except Refusal as no:
            return name, "refused", self._refused(no, invocation, spec, call)
        except StoreError as error:
            if isinstance(error, DeadlineExceeded) and spec and spec.writes:
                unknown = "I can't tell yet whether this was done."
                return (
                    name,
                    "busy",
                    _trouble(unknown, f"{error} Check in a minute before you try again.", transient=True),
                )
            again = f"{error} Try again in a minute."
            return name, "busy", _trouble("I can't do this right now. Nothing was lost.", again, transient=True)
        except Exception:  # noqa: BLE001 -- a bug becomes a card with a reference, never a traceback
            return name, "broken", self._broken(f"invocation of {name}")

    def _call(self, invocation: Invocation) -> Call:
        if isinstance(invocation.call, Call):
            return invocation.call
        try:
            return parse(self.catalogue, invocation.call)
        except BadUsage:  # again with what the person may use: nothing else is suggested
            return parse(self._usable(invocation.actor), invocation.call)

    def _command(self, call: Call) -> Command:
        command = self._commands.get(call.path)
        if command is None:
            raise BadUsage(f"I don't know the command “{' '.join(call.path)}”.", hint="“help” lists all commands.")
        return command

    async def _run(self, invocation: Invocation, command: Command, call: Call, *, already_counted: bool) -> Answer:
        """Second stage: the role, the form where arguments are missing, then the transaction."""
        spec = command.spec
        role = await self._required_role(invocation.actor, spec)
        if _needs_form(spec, call):
            return Answer(show=await self._read(invocation, lambda turn: command.form(turn, call.arguments), role))
        if spec.writes:
            card = await self._runner.write(
                lambda tx: self._idempotent(tx, invocation, command, call, role, already_counted=already_counted)
            )
            self._wake()
        else:
            card = await self._read(invocation, lambda turn: command.run(turn, call.arguments), role)
        return Answer(show=card, reply=spec.reply, refusal=card.tone is Tone.REFUSAL)

    async def _prepare(self, invocation: Invocation, command: Command, call: Call) -> None:
        """What has to be asked or done on the platform or on the web before the transaction."""
        looks = command.looks is not None and self._pages is not None
        if not (command.spec.posts or command.removes or looks) or _needs_form(command.spec, call):
            return
        role = await self._required_role(invocation.actor, command.spec)
        if command.spec.posts:
            await self._require_postable(invocation, call)
        if command.removes is not None:
            await self._remove(invocation, command, call, role)
        if looks:
            await self._look(invocation, command, call, role)

    async def _required_role(self, actor: Actor, spec: CommandSpec) -> Role:
        """The actor's role; raises NotAllowed if the command needs a higher one."""
        role = await self._role_in(actor) if spec.asks_role else self._role(actor)
        if role < spec.role:
            raise NotAllowed(f"“{spec.name}” is for {spec.role.word}s.", hint=f"Ask {actor.admins}.")
        return role

    async def _require_postable(self, invocation: Invocation, call: Call) -> None:
        """Raise Conflict if the platform says that Dogear cannot post in the channel that is meant."""
        named = call.arguments.get("channel", "").strip().removeprefix("#")
        where = invocation.channel
        if named:
            where = channel_at(named) or ChannelRef(invocation.actor.workspace, named)
        if where is None or where.workspace != invocation.actor.workspace:
            return
        found = invocation.obstacle if where == invocation.channel else None
        if found is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOKED_UP_WITHIN):
                    found = await self._outside.obstacle(where, invocation.actor.account)
        if found is not None:
            sure = invocation.confirmed or not invocation.pressed
            again = Action(label="Try again", call=call, replaces=True, confirmed=sure)
            raise Conflict(found.what, hint=found.remedy, actions=(again,))

    async def _remove(self, invocation: Invocation, command: Command, call: Call, role: Role) -> None:
        """Delete the messages that the command is about, before it notes that they are gone. A repeat deletes nothing."""

        def meant(tx: Transaction) -> Sequence[MessageRef]:
            if tx.invocations.saved_answer(invocation.id) is not None:
                return ()
            team = self._team(tx, invocation.actor)
            member = teams.admitted(tx, team, invocation.actor)
            return command.messages(self._turn(tx, invocation, team, member, role), call.arguments)

        for message in await self._deadline.run(partial(self._runner.write, meant)):
            try:
                await self._outside.delete(message)
            except PlatformError as error:
                remedy = error.remedy if isinstance(error, PlatformRefused) else "Try again in a minute."
                again = Action(label="Try again", call=call, confirmed=True)
                raise Conflict(f"I could not delete it: {error}", hint=remedy, actions=(again,)) from error

    async def _look(self, invocation: Invocation, command: Command, call: Call, role: Role) -> None:
        """Look at the page that the command is about, and save what it says for the command to use."""
        assert self._pages is not None

        def meant(tx: Transaction) -> tuple[TeamId, Url | None]:
            team = self._team(tx, invocation.actor)
            if tx.invocations.saved_answer(invocation.id) is not None:
                return team.id, None
            member = teams.admitted(tx, team, invocation.actor)
            return team.id, command.page(self._turn(tx, invocation, team, member, role), call.arguments)

        team, url = await self._deadline.run(partial(self._runner.write, meant))
        if url is not None:
            page = await self._pages.look(url)
            await self._deadline.run(partial(self._runner.write, lambda tx: linked_pages.save(tx, team, url, page)))

    async def follow(self, actor: Actor, card: Card, show: Callable[[Card], Awaitable[None]]) -> None:
        """Show what became of the post that the card says is on its way, once that is known."""
        if not card.follows:
            return
        until = asyncio.get_running_loop().time() + FOLLOWED.total_seconds()
        self._following.setdefault(card.follows, []).append(_Follower(actor=actor, show=show, until=until))
        await self.settled(card.follows)

    async def settled(self, source: str) -> None:
        """A post of this source was settled: show that to everyone who waits for it. Nothing is raised."""
        for follower in list(self._following.get(source, ())):
            try:
                shown = await self._runner.read(partial(self._followed, follower.actor, source))
            except StoreError:
                return
            except Exception:  # noqa: BLE001 -- an optional answer: the first one stays
                self._broken("what became of a post")
                shown = None
                self._unfollow(source, follower)
            is_over = asyncio.get_running_loop().time() > follower.until
            if follower.last is not None and (shown is None or shown == follower.last):
                if is_over:
                    self._unfollow(source, follower)
                continue
            if shown is None and is_over:
                shown = sentence("It is still not posted.", "I keep trying, and tell you if it fails.")
            if shown is not None and self._unfollow(source, follower):
                if shown.follows == source and not is_over:
                    self._following.setdefault(source, []).append(replace(follower, last=shown))
                try:
                    await follower.show(shown)
                except Exception:  # noqa: BLE001 -- a bug of an adapter must not stop the worker that calls
                    self._broken("showing what became of a post")

    def _unfollow(self, source: str, follower: "_Follower") -> bool:
        """Whether it was still waiting; it is not any more."""
        waiting = self._following.get(source, [])
        if follower not in waiting:
            return False
        waiting.remove(follower)
        if not waiting:
            del self._following[source]
        return True

    async def look_again(self) -> None:
        """Look at everything that is followed: another process may have posted it."""
        for source in list(self._following):
            await self.settled(source)

    def jobs(self) -> Sequence[Job]:
        """The recurring work of the dispatcher."""
        return (Job(name="followed posts", run=self.look_again, every=LOOK_AGAIN),)

    def _followed(self, actor: Actor, source: str, tx: Transaction) -> Card | None:
        team, member = teams.known(tx, actor)
        if team is None or member is None:
            return None
        asked = Invocation(id=InvocationId(source), call="", actor=actor, channel=None)
        return followed(self._turn(tx, asked, team, member, self._role(actor)), source)

    async def _read(self, invocation: Invocation, run: Callable[[Turn], Shown], role: Role) -> Shown:
        """Run in a reading transaction; a newcomer is added first, which takes a writing one."""

        def as_known(tx: Transaction) -> Shown | None:
            known, member = teams.known(tx, invocation.actor)
            team = self._require_team(known, invocation.actor)
            return run(self._turn(tx, invocation, team, member, role)) if member else None

        shown = await self._runner.read(as_known)
        if shown is not None:
            return shown
        return await self._runner.write(lambda tx: self._run_as_member(tx, invocation, run, role))

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
        """Third stage: run a writing command once. A repeat of the same invocation gets the saved answer, except for a
        secret one, which is run again.
        """
        if command.spec.secret:
            return self._run_as_member(tx, invocation, lambda turn: command.run(turn, call.arguments), role)
        if not tx.invocations.claim(invocation.id):
            kept = tx.invocations.saved_answer(invocation.id)
            if not already_counted:
                self._metrics.count_repeat()
            assert kept is not None
            return from_json(kept)
        card = self._run_as_member(tx, invocation, lambda turn: command.run(turn, call.arguments), role)
        tx.invocations.save(invocation.id, to_json(card))
        return card

    def _run_as_member(
        self, tx: Transaction, invocation: Invocation, run: Callable[[Turn], Shown], role: Role
    ) -> Shown:
        actor = invocation.actor
        team = self._team(tx, actor)
        member = teams.admitted(tx, team, actor)
        return run(self._turn(tx, invocation, team, member, role))

    def _team(self, tx: Transaction, actor: Actor) -> Team:
        return self._require_team(teams.team_of(tx, actor.workspace), actor)

    def _require_team(self, team: Team | None, actor: Actor) -> Team:
        """The team, noted for the limits; raises NotFound if the actor's workspace has none."""
        if team is None:
            place = f"{actor.workspace.platform}:{actor.workspace.id}"
            raise NotFound(
                "Dogear is installed, but it has no reading list yet.",
                hint=f"Ask the host. They type: dogear team assign {place} TEAM",
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
            own_zone=teams.own_zone_of(member, invocation.actor, team),
            word=self._rules.host.word,
            limits=self._limits.said,
            below=self._clock.random_below,
            link=self._outside.link,
            unsure=invocation.pressed and not invocation.confirmed,
            host=self._rules.host,
            looks=self._pages is not None,
            pages=self._rules.pages,
        )

    async def _role_in(self, actor: Actor) -> Role:
        """The role with what the workspace's admin group adds to it."""
        role = self._role(actor)
        if role is Role.ADMIN or not actor.groups:
            return role
        group = await self._runner.read(lambda tx: tx.teams.admin_group(actor.workspace))
        return Role.ADMIN if group in actor.groups else role

    def _usable(self, actor: Actor) -> Catalogue:
        role = self._role(actor)
        return [spec for spec in self.catalogue if spec.role <= role]

    def _role(self, actor: Actor) -> Role:
        return max(actor.role, self._rules.roles.get(actor.account, Role.READER))

    def _refused(self, no: Refusal, invocation: Invocation, spec: CommandSpec | None, call: Call | None) -> Answer:
        """The refusal as a card. A submitted form comes back filled in, with the error at its field."""
        for one in (no, *no.others):
            if one.hint:
                usable = self._usable_hint(one.hint, invocation.actor, spec)
                one.hint = with_word(usable, self._rules.host.word, {path[0] for path in self._commands})
        if isinstance(invocation.call, Call) and not invocation.typed and spec and spec.form and no.field:
            form = form_of(spec, invocation.call.arguments, no)
            meant = () if no.others else _choices(no, invocation.call)
            return Answer(show=replace(form, meant=meant), refusal=True)
        card = refusal(no, spec, self._rules.host.word)
        more = _choices(no, call) if call else ()
        return Answer(show=replace(card, actions=(*card.actions, *more)), refusal=True)

    def _usable_hint(self, hint: str, actor: Actor, spec: CommandSpec | None) -> str:
        """The hint without sentences about commands that the person may not use: those say whom to ask."""
        if actor.by_name and spec is not None:
            hint = hint.replace(spec.usage, spec.usage_by_name)
        usable = {one.path for one in self._usable(actor)}
        beyond = [re.escape(one.name) for one in self.catalogue if one.path not in usable]
        named = re.compile(rf"“(?:{'|'.join(beyond)})\b") if beyond and (spec is None or spec.path in usable) else None
        kept = [one for one in re.split(r"(?<=[.;!?])\s+", hint) if named is None or not named.search(one)]
        asked = [] if " ".join(kept) == " ".join(hint.split()) else [f"Ask {actor.admins}."]
        return " ".join([*kept, *asked])

    def _broken(self, what: str) -> Answer:
        reference = self._clock.token()[:4].lower()
        log.error("bug in %s", what, exc_info=True, extra={"reference": reference})  # noqa: LOG014 -- only handlers call
        return _trouble(
            f"Something broke (ref {reference}).", "The host finds the cause in the log under that reference."
        )

    async def complete(self, actor: Actor, kind: Kind, typed: str) -> Sequence[Choice]:
        """Values of a kind that fit what was typed so far; none if anything fails, because completion is only a help."""
        try:
            self._limits.take(actor, COMPLETION)
            return await self._deadline.run(partial(self._completions, actor, kind, typed.strip()))
        except (Refusal, StoreError):
            return ()
        except Exception:  # noqa: BLE001 -- a failed completion must not stop the typing
            self._broken(f"completion of {kind}")
            return ()

    async def _completions(self, actor: Actor, kind: Kind, typed: str) -> Sequence[Choice]:
        if kind is Kind.ENTRY:
            return await self._runner.read(lambda tx: self._entry_choices(tx, actor, typed))
        if kind is Kind.SECTION:
            return await self._runner.read(lambda tx: self._section_choices(tx, actor, typed))
        if kind in (Kind.TAG, Kind.TAGS):
            return await self._runner.read(lambda tx: self._tag_choices(tx, actor, typed))
        if kind is Kind.COMMAND:
            role = await self._role_in(actor)
            return fitting([spec.name for spec in self.catalogue if spec.role <= role], typed)
        return fitting(self._words_of(kind), typed)

    def _words_of(self, kind: Kind) -> Sequence[str]:
        match kind:
            case Kind.ZONE:
                return zone_names()
            case Kind.WEEKDAY:
                return [day.word for day in Weekday]
            case Kind.STATE:
                return [state.value for state in ReadingState]
            case Kind.MINUTES:
                return ["5m", "10m", "15m", "20m", "30m", "60m"]
            case _:
                return []

    def _entry_choices(self, tx: Transaction, actor: Actor, typed: str) -> Sequence[Choice]:
        team = self._team(tx, actor)
        if is_web(typed):
            entry = tx.entries.by_address(team.id, typed)
            found: Sequence[Entry] = [entry] if entry else []
        else:
            found = search.completed(tx, team.id, tx.teams.member(team.id, actor.account), typed, MAX_CHOICES)
        return [Choice(value=f"#{entry.number}", label=f"#{entry.number} {entry.title}") for entry in found]

    def _tag_choices(self, tx: Transaction, actor: Actor, typed: str) -> Sequence[Choice]:
        """The team's tags. Typing does not add a newcomer as a member, so no reading state is involved."""
        team = self._team(tx, actor)
        return fitting([tag.name for tag in tx.entries.tags(team.id, None)], typed)

    def _section_choices(self, tx: Transaction, actor: Actor, typed: str) -> Sequence[Choice]:
        """The headings of the team's file, or of a list that is in no file the sections of its entries."""
        team = self._team(tx, actor)
        known = edits.sections(tx, team.id) or [path[-1] for path in tx.entries.sections(team.id) if path]
        return fitting(list(dict.fromkeys(known)), typed)

    async def joined_workspaces(self, platform: PlatformName) -> Sequence[WorkspaceRef]:
        """The platform's workspaces that we have joined and not left; none if the store fails."""
        try:
            return await self._runner.read(lambda tx: tx.teams.present_workspaces(platform))
        except StoreError:
            return ()

    async def recent_posts(self, workspace: WorkspaceRef) -> Sequence[MessageRef] | None:
        """Our messages of the last 30 days in the workspace that show one entry; None if the store fails."""
        try:
            return await self._runner.read(lambda tx: tx.ledger.posted_messages(workspace, tx.now() - MARKS_COUNT))
        except StoreError:
            return None

    async def handle(self, happening: Happening, id: InvocationId | None = None) -> Joined | None:
        """Apply a happening. Returns once it is committed; raises StoreBusy if it cannot be."""
        if id is not None:
            follow(id)
        apply = partial(self._apply_once, happening=happening, id=id)
        result = await self._deadline.run(partial(self._runner.write, apply))
        if isinstance(result, Schedule) or getattr(happening, "greeting", None):
            self._wake()
        if isinstance(result, Schedule):
            return None
        return result

    def count_repeat(self) -> None:
        """Count a repeat that the platform recognised by itself."""
        self._metrics.count_repeat()

    def _apply_once(self, tx: Transaction, happening: Happening, id: InvocationId | None) -> Schedule | Joined | None:
        if id is not None and not tx.invocations.claim(id):
            self._metrics.count_repeat()
            return None
        return self._apply(tx, happening)

    def _apply(self, tx: Transaction, happening: Happening) -> Schedule | Joined | None:
        """The schedule that had to be paused, or what came of a joined workspace; else None."""
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
                    notices.notify(tx, notice.stopped(stopped, self._rules.host), self._rules.host)
                return stopped
            case ChannelBack():
                schedules.restart(tx, happening.channel)
                ours = tx.teams.of_workspace(happening.channel.workspace)
                if happening.greeting is not None and ours is not None:
                    notices.greet(tx, ours.id, happening.channel, happening.greeting.account, happening.greeting.card)
            case WorkspaceJoined():
                team = teams.get_or_create_default(tx, self._rules.zone) if happening.by_host else None
                news = teams.is_news(tx, happening.workspace)
                joined = teams.join(tx, happening.workspace, happening.name, team)
                if happening.greeting is not None and news and joined.team is not None:
                    notices.greet(
                        tx,
                        joined.team,
                        ChannelRef(happening.workspace, "*"),
                        happening.greeting.account,
                        happening.greeting.card,
                    )
                return Joined(news=news, has_team=joined.team is not None)
            case WorkspaceLeft():
                tx.teams.leave(happening.workspace)
        return None


def _needs_form(spec: CommandSpec, call: Call) -> bool:
    """Whether a form has to ask for the arguments first."""
    if not spec.form:
        return False
    given = [param for param in spec.params if param.name in call.arguments]
    lacks_words = any(
        param.required and param.placement is Placement.REST and param not in given for param in spec.params
    )
    return lacks_words or any(param.asks for param in given) or not any(param.required for param in given)


def fitting(words: Sequence[str], typed: str) -> Sequence[Choice]:
    """The words that begin with what was typed, then those that contain it; at most `MAX_CHOICES`."""
    low = typed.lower()
    begin = [word for word in words if word.lower().startswith(low)]
    hold = [word for word in words if low in word.lower() and not word.lower().startswith(low)]
    return [Choice(value=word, label=word) for word in [*begin, *hold][:MAX_CHOICES]]


def _choices(no: Refusal, call: Call) -> tuple[Action, ...]:
    """A button for each value that may have been meant, which does what was asked with that value."""
    return tuple(
        Action(label=label, call=Call(path=call.path, arguments={**call.arguments, no.field: value}))
        for value, label in no.choices[:MAX_BUTTONS]
        if no.field
    )


def _trouble(title: str, hint: str, *, transient: bool = False) -> Answer:
    return Answer(show=sentence(title, hint, tone=Tone.REFUSAL), refusal=True, transient=transient)
