"""A small real Core over a list in memory, for adapters under test, and the stage a terminal stands on."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.chat.command import Catalogue, CommandSpec, Param, Placement, Reply
from bot.chat.line import parse
from bot.chat.platform import (
    Actor,
    Answer,
    ChatPlatform,
    Happening,
    Invocation,
    Joined,
    Reacted,
    Unreacted,
    WorkspaceJoined,
)
from bot.domain import times, value
from bot.domain.card import (
    Action,
    Call,
    Card,
    Choice,
    Divider,
    Entries,
    EntryLine,
    Field,
    Fields,
    Form,
    NoteTree,
    Paragraph,
    Tone,
)
from bot.domain.errors import BadUsage, NotFound, Refusal, StoreBusy
from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    EntryNumber,
    InvocationId,
    MessageRef,
    PlatformName,
    Url,
    WorkspaceRef,
)
from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.reading_state import ReadingState
from bot.domain.text import Span, Text, bold, plain
from bot.domain.value import Kind

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


def an_item(text: str, *children: NoteBlock, marker: str = "•") -> NoteBlock:
    return NoteBlock(kind=NoteKind.ITEM, text=plain(text), marker=marker, children=children)


def an_entry(number: int = 12, title: str = "Caching at scale", **changes: object) -> EntryLine:
    known: dict[str, object] = {
        "number": EntryNumber(number),
        "title": title,
        "url": Url(f"https://example.org/{number}"),
        "state": ReadingState.UNREAD,
    }
    return EntryLine(**{**known, **changes})  # type: ignore[arg-type]  # changes are fields of the record


NOTES = (
    an_item(
        "A cache is a promise about staleness, so say how old an answer may be before you choose where to keep it",
        an_item("Ask the reader, not the database", marker="1."),
        an_item(
            "Write the bound down",
            an_item("as a number with its unit", an_item("and test it")),
            NoteBlock(kind=NoteKind.CODE, text=plain("max-age=60\n  stale-while-revalidate=30")),
            marker="2.",
        ),
    ),
    NoteBlock(
        kind=NoteKind.ITEM,
        marker="•",
        text=(
            Span("See "),
            Span("the survey", url=Url("https://example.org/survey")),
            Span(" and "),
            Span("ETag", code=True),
        ),
        children=(NoteBlock(kind=NoteKind.QUOTE, text=plain("There are only two hard things.")),),
    ),
)

CATALOGUE: Catalogue = (
    CommandSpec(path=("home",), summary="This week's pick and your queue", default=True),
    CommandSpec(
        path=("search",),
        summary="Find entries by their words",
        params=(
            Param(name="words", kind=Kind.TEXT, summary="what to find", required=True, placement=Placement.REST),
            Param(name="tag", kind=Kind.TAG, summary="only with this tag", required=False, placement=Placement.NAMED),
        ),
    ),
    CommandSpec(
        path=("show",),
        summary="Everything about one entry",
        params=(
            Param(name="entry", kind=Kind.ENTRY, summary="its number", required=True, placement=Placement.POSITION),
        ),
    ),
    CommandSpec(
        path=("read",),
        summary="You have read it",
        writes=True,
        params=(
            Param(name="entry", kind=Kind.ENTRY, summary="its number", required=True, placement=Placement.POSITION),
        ),
    ),
    CommandSpec(
        path=("share",),
        summary="Post an entry here",
        writes=True,
        params=(
            Param(name="entry", kind=Kind.ENTRY, summary="its number", required=True, placement=Placement.POSITION),
        ),
    ),
    CommandSpec(
        path=("schedule", "set"),
        summary="When this channel gets its digest",
        form="A schedule",
        writes=True,
        params=(
            Param(
                name="weekday",
                kind=Kind.WEEKDAY,
                summary="on which day",
                required=True,
                placement=Placement.POSITION,
                choices=(Choice(value="mon", label="Monday"), Choice(value="tue", label="Tuesday")),
            ),
            Param(name="time", kind=Kind.TIME, summary="when", required=True, placement=Placement.POSITION),
            Param(name="zone", kind=Kind.ZONE, summary="where", required=False, placement=Placement.POSITION),
        ),
    ),
    CommandSpec(path=("announce",), summary="Say hello to the channel", reply=Reply.PUBLIC),
)


def _with_bold(title: str, words: str) -> Text:
    at = title.lower().index(words)
    end = at + len(words)
    return (*plain(title[:at]), *bold(title[at:end]), *plain(title[end:]))


class FakeCore:
    """Answers from a list of entries. What it owes to channels stands in `owed` until a stage delivers it."""

    catalogue = CATALOGUE

    def __init__(self, entries: Sequence[EntryLine] | None = None) -> None:
        self.entries = tuple(entries if entries is not None else (an_entry(), an_entry(7, "Queues, and why not")))
        self.invocations: list[Invocation] = []
        self.happenings: list[Happening] = []
        self.states: dict[tuple[str, int], ReadingState] = {}
        self.owed: list[tuple[ChannelRef, EntryLine, str]] = []
        self.busy = False
        self.messages: list[MessageRef] = []
        self.workspaces: list[WorkspaceRef] = []

    async def invoke(self, invocation: Invocation) -> Answer:
        self.invocations.append(invocation)
        try:
            call = invocation.call if isinstance(invocation.call, Call) else parse(self.catalogue, invocation.call)
            return self._answers[call.path](self, invocation, call.arguments)
        except Refusal as refused:
            hint = (Paragraph(text=plain(refused.hint)),) if refused.hint else ()
            return Answer(show=Card(title=refused.message, blocks=hint, tone=Tone.REFUSAL), refusal=True)

    async def invoke_all(
        self, actor: Actor, calls: Sequence[Call], *, after: InvocationId | None = None
    ) -> Sequence[Answer | None]:
        ours = InvocationId("overview")
        return [
            await self.invoke(Invocation(id=ours, call=call, actor=actor, channel=None))
            if call.path in self._answers
            else None
            for call in calls
        ]

    async def follow(self, actor: Actor, card: Card, show: Callable[[Card], Awaitable[None]]) -> None:
        """Nothing is ever on its way here."""

    async def complete(self, actor: Actor, kind: Kind, typed: str) -> Sequence[Choice]:
        if kind is Kind.ENTRY:
            return [Choice(value=f"#{entry.number}", label=entry.title) for entry in self.entries]
        return [Choice(value="caching", label="caching")] if kind is Kind.TAG else []

    async def joined_workspaces(self, platform: PlatformName) -> Sequence[WorkspaceRef]:
        return [workspace for workspace in self.workspaces if workspace.platform == platform]

    async def recent_posts(self, workspace: WorkspaceRef) -> Sequence[MessageRef] | None:
        if self.busy:
            return None
        return [message for message in self.messages if message.channel.workspace == workspace]

    async def handle(self, happening: Happening, id: InvocationId | None = None) -> Joined | None:
        if self.busy:
            raise StoreBusy("locked")
        self.happenings.append(happening)
        if (
            isinstance(happening, Reacted)
            and happening.entry is not None
            and isinstance(happening.meaning, ReadingState)
        ):
            self.states[happening.actor.name, happening.entry] = happening.meaning
        if isinstance(happening, Unreacted) and happening.entry is not None:
            self.states.pop((happening.actor.name, happening.entry), None)
        if not isinstance(happening, WorkspaceJoined):
            return None
        news = happening.workspace not in self.workspaces
        self.workspaces += [happening.workspace] if news else []
        return Joined(news=news, has_team=happening.by_host)

    def count_repeat(self) -> None:
        """Nobody counts here."""

    def _home(self, invocation: Invocation, arguments: Mapping[str, str]) -> Answer:
        unread = sum(1 for entry in self.entries if self._state(invocation, entry) is ReadingState.UNREAD)
        fields = Fields(
            items=(
                ("Unread", plain(str(unread))),
                ("Next digest", (Span(f"Monday, {invocation.actor.zone or 'team'} time", at=NOW),)),
            )
        )
        return Answer(show=Card(title="Your reading", blocks=(fields,)))

    def _search(self, invocation: Invocation, arguments: Mapping[str, str]) -> Answer:
        words = arguments.get("words", "").lower()
        found = [entry for entry in self.entries if words in entry.title.lower()]
        if not found:
            return Answer(show=Card(title=f"Nothing found for “{words}”."))
        shown = Entries(items=tuple(self._found(invocation, entry, words) for entry in found))
        quiet = Paragraph(text=plain(f"{len(found)} found, page 1 of 1"), quiet=True)
        return Answer(show=Card(title=f"Found for “{words}”", blocks=(shown, quiet)))

    def _found(self, invocation: Invocation, entry: EntryLine, words: str) -> EntryLine:
        number = str(entry.number)
        return an_entry(
            entry.number,
            entry.title,
            state=self._state(invocation, entry),
            tags=("caching", "scale"),
            found=_with_bold(entry.title, words),
            path=("Bounds",),
            matched=(*plain("why a "), *bold("cache"), *plain(" is a promise about staleness")),
            actions=(
                Action(label="Read", call=Call(path=("read",), arguments={"entry": number}), primary=True),
                Action(label="Notes", call=Call(path=("show",), arguments={"entry": number})),
            ),
        )

    def _show(self, invocation: Invocation, arguments: Mapping[str, str]) -> Answer:
        entry = self._entry(arguments)
        number = {"entry": str(entry.number)}
        card = Card(
            title=entry.title,
            entry=an_entry(entry.number, entry.title, state=self._state(invocation, entry), tags=("caching",)),
            blocks=(NoteTree(blocks=NOTES, part=1, parts=2, left_out=3), Divider()),
            actions=(
                Action(label="Read", call=Call(path=("read",), arguments=number), primary=True),
                Action(label="Share", call=Call(path=("share",), arguments=number)),
            ),
        )
        return Answer(show=card)

    def _read(self, invocation: Invocation, arguments: Mapping[str, str]) -> Answer:
        entry = self._entry(arguments)
        self.states[invocation.actor.name, entry.number] = ReadingState.READ
        return Answer(show=Card(title=f"#{entry.number} is read.", tone=Tone.DONE))

    def _share(self, invocation: Invocation, arguments: Mapping[str, str]) -> Answer:
        entry = self._entry(arguments)
        assert invocation.channel is not None
        self.owed.append((invocation.channel, entry, invocation.id))
        return Answer(show=Card(title=f"#{entry.number} goes to #{invocation.channel.id}.", tone=Tone.DONE))

    def _schedule(self, invocation: Invocation, arguments: Mapping[str, str]) -> Answer:
        if not arguments:
            return Answer(show=self._form({}, {}))
        try:
            day, at = times.weekday(arguments.get("weekday", "")), times.wall_time(arguments.get("time", ""))
        except BadUsage as wrong:
            name = "weekday" if "weekday" in wrong.message else "time"
            return Answer(show=self._form(arguments, {name: wrong.message}))
        return Answer(show=Card(title=f"The digest comes on {day.word} at {at:%H:%M}.", tone=Tone.DONE))

    def _form(self, values: Mapping[str, str], problems: Mapping[str, str]) -> Form:
        spec = next(spec for spec in self.catalogue if spec.form)
        return Form(
            title="When this channel gets its digest",
            submit=Call(path=spec.path),
            fields=tuple(
                Field(
                    name=param.name,
                    label=param.name.capitalize(),
                    kind=param.kind,
                    required=param.required,
                    value=values.get(param.name, ""),
                    choices=param.choices,
                    problem=problems.get(param.name),
                )
                for param in spec.params
            ),
        )

    def _announce(self, invocation: Invocation, arguments: Mapping[str, str]) -> Answer:
        return Answer(show=Card(title=f"{invocation.actor.name} says hello."), reply=Reply.PUBLIC)

    def _entry(self, arguments: Mapping[str, str]) -> EntryLine:
        number = value.entry_number(arguments.get("entry", ""))
        for entry in self.entries:
            if entry.number == number:
                return entry
        raise NotFound(f"There is no entry #{number}.", hint="“search” finds entries by words.")

    def _state(self, invocation: Invocation, entry: EntryLine) -> ReadingState:
        return self.states.get((invocation.actor.name, entry.number), ReadingState.UNREAD)

    _answers: Mapping[tuple[str, ...], Callable[["FakeCore", Invocation, Mapping[str, str]], Answer]] = {
        ("home",): _home,
        ("search",): _search,
        ("show",): _show,
        ("read",): _read,
        ("share",): _share,
        ("schedule", "set"): _schedule,
        ("announce",): _announce,
    }


class FakeStage:
    """Time that stands still until it is moved; what the core owes is delivered as a post with a thread.

    Each `digests` entry is (due at, channel, entry).
    """

    def __init__(self, core: FakeCore) -> None:
        self.digests: list[tuple[datetime, ChannelRef, EntryLine]] = []
        self.platform: ChatPlatform | None = None
        self.busy = False
        self.zones: dict[str, str] = {}
        self._core = core
        self._now = NOW

    def now(self) -> datetime:
        return self._now

    async def zone(self, account: AccountRef) -> str:
        return self.zones.get(account.id, "UTC")

    async def settle(self) -> None:
        if self.busy:
            raise StoreBusy("locked")
        for channel, entry, key in self._core.owed:
            await self._deliver(channel, entry, key)
        self._core.owed.clear()

    async def advance(self, by: timedelta) -> None:
        until = self._now + by
        for due, channel, entry in [digest for digest in self.digests if digest[0] <= until]:
            self._now = due
            await self._deliver(channel, entry, f"digest-{due:%Y-%m-%d}")
        self.digests = [digest for digest in self.digests if digest[0] > until]
        self._now = until

    async def sync(self) -> Card:
        return Card(title="The list was read: nothing changed.", tone=Tone.DONE)

    async def _deliver(self, channel: ChannelRef, entry: EntryLine, key: str) -> None:
        assert self.platform is not None
        root = await self.platform.post(channel, self._post(entry), key=key)
        thread = await self.platform.open_thread(root, entry.title)
        reply = Card(title="All the notes", blocks=(NoteTree(blocks=NOTES),))
        await self.platform.post(channel, reply, key=f"{key}-notes", thread=thread)
        question = Card(title="What would you do differently on Monday?")
        await self.platform.post(channel, question, key=f"{key}-question", thread=thread)
        await self.platform.react(root, ReadingState.READ)

    def _post(self, entry: EntryLine) -> Card:
        number = {"entry": str(entry.number)}
        return Card(
            title="This week's article",
            entry=entry,
            blocks=(
                Paragraph(text=(Span("due at "), Span("some time", at=NOW)), quiet=True),
                NoteTree(blocks=NOTES[:1]),
                Fields(items=(("Read by", plain("2 people")),)),
            ),
            actions=(Action(label="Read", call=Call(path=("read",), arguments=number), primary=True),),
        )


def a_channel(name: str = "reading", platform: str = "terminal") -> ChannelRef:
    return ChannelRef(WorkspaceRef(PlatformName(platform), platform), name)


class NoVault:
    """Keeps nothing: for a platform that has nothing to keep."""

    async def acquire(self, platform: PlatformName, name: str) -> None:
        raise AssertionError("nothing is to be held")

    async def save(self, platform: PlatformName, name: str, secret: bytes) -> None:
        raise AssertionError("nothing is to be kept")

    async def load(self, platform: PlatformName, name: str) -> bytes | None:
        return None

    async def delete(self, platform: PlatformName, name: str) -> None:
        raise AssertionError("nothing is to be forgotten")

    async def compare_and_swap(self, platform: PlatformName, name: str, old: bytes | None, new: bytes | None) -> bool:
        raise AssertionError("nothing is to be kept")
