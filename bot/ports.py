"""What use cases ask of the world: a transaction over the store, one protocol per noun, and a clock.

Every method of a transaction's nouns may raise StoreBusy, and nothing else that is not named. Each that takes a
team answers from that team's rows alone: a thing of another team is a thing that does not exist. Long because it is
one contract, which its implementer reads from end to end.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.domain.delivery import Delivery, Draft, Durations, State, Step, Transition
from bot.domain.digest import Candidate, Week
from bot.domain.entry import Entry, Tag
from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    DeliveryId,
    EntryId,
    EntryNumber,
    InvocationId,
    MemberId,
    MessageRef,
    PlatformName,
    ScheduleId,
    SourceId,
    TeamId,
    ThreadRef,
    WorkspaceRef,
)
from bot.domain.query import Query
from bot.domain.reading_state import Choice, Mark, Reading, ReadingCounts, ReadingState
from bot.domain.record import record
from bot.domain.schedule import Schedule
from bot.domain.source import ReadEntry, Source, SourceFile
from bot.domain.synonym import Synonym
from bot.domain.team import Member, Team, Workspace
from bot.domain.text import Text

T = TypeVar("T")


class Clock(Protocol):
    """The only source of time and chance."""

    def now(self) -> datetime:
        """The moment, aware UTC."""
        ...

    def random_below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1, every one as likely."""
        ...

    def token(self) -> str:
        """A fresh unguessable word of at most 22 characters, letters, digits, `-` and `_`."""
        ...


class Teams(Protocol):
    """Teams, their workspaces, members and settings."""

    def add(self, name: str, zone: str) -> Team:
        """A new team; raises Conflict if the name is taken."""
        ...

    def get(self, team: TeamId) -> Team: ...

    def by_name(self, name: str) -> Team | None: ...

    def all(self) -> Sequence[Team]:
        """Every team, by name."""
        ...

    def set_zone(self, team: TeamId, zone: str) -> None: ...

    def workspace(self, ref: WorkspaceRef) -> Workspace | None: ...

    def of_workspace(self, ref: WorkspaceRef) -> Team | None:
        """The team of a workspace, None while it waits for one, once it was left, and if it is not known."""
        ...

    def workspaces(self, team: TeamId | None) -> Sequence[Workspace]:
        """The workspaces of a team, or with None those that wait for one; not those that we have left."""
        ...

    def present_workspaces(self, platform: PlatformName) -> Sequence[WorkspaceRef]:
        """The platform's workspaces that we have not left, with a team or without."""
        ...

    def left_workspaces(self) -> Sequence[Workspace]:
        """The workspaces that we have left and of which something is kept still, the first one left foremost."""
        ...

    def join(self, ref: WorkspaceRef, name: str, team: TeamId | None) -> Workspace:
        """Note that we are in a workspace; a known one, left or not, keeps its team and takes the new name."""
        ...

    def assign(self, ref: WorkspaceRef, team: TeamId) -> None:
        """Give a known workspace to a team."""
        ...

    def leave(self, ref: WorkspaceRef) -> None:
        """Note that we are in a workspace no more; all that came from it stays. The first time counts."""
        ...

    def purge(self, ref: WorkspaceRef) -> None:
        """Remove a workspace and what came from it: its schedules and their weeks, what was posted there, the marks
        on that, and the members who were met nowhere else, with all that they read. The list and the rest stay. Nothing is done unless it was left.
        """
        ...

    def member(self, team: TeamId, account: AccountRef) -> Member | None: ...

    def team_and_member(self, ref: WorkspaceRef, account: AccountRef) -> tuple[Team, Member | None] | None:
        """The team that `of` gives and its `member`, which every use of a command asks for, at one look."""
        ...

    def get_or_add_member(self, team: TeamId, account: AccountRef, name: str) -> Member:
        """The member with this account, added if new, renamed if the name differs; an empty name changes nothing."""
        ...

    def add_workspace(self, member: Member, workspace: WorkspaceRef) -> Member:
        """Note that the member is in this workspace too."""
        ...

    def set_zone_of_member(self, member: MemberId, zone: str) -> None: ...

    def members(self, team: TeamId) -> int:
        """How many members the team has."""
        ...


@record
class EntryFilter:
    """Which entries on the list: those with the tag, and those in the state for the asking member."""

    tag: str | None = None
    state: ReadingState | None = None


@record
class StoredEntry:
    """What is kept of an entry of a file, as much as a sync needs; `content` is the hash that `content_of` makes."""

    id: EntryId
    number: EntryNumber
    key: str
    line: int
    content: str
    retired: bool
    source: SourceId
    file: str


LOTS = 2**31
"""Of so many one is drawn; a number has at most one more than another."""


class Entries(Protocol):
    """The entries of a team. Retired ones are left out wherever it is not said otherwise.

    `page`, `added_since` and `titled` are for listing: their entries have notes as Markdown and no tree.
    """

    def by_number(self, team: TeamId, number: EntryNumber) -> Entry | None:
        """The entry of that number, retired ones too."""
        ...

    def get(self, team: TeamId, ids: Sequence[EntryId]) -> Mapping[EntryId, Entry]:
        """The entries of these ids, retired ones too; unknown ids are left out."""
        ...

    def by_key(self, team: TeamId, key: str) -> Entry | None: ...

    def draw(self, member: MemberId, lot: int) -> Entry | None:
        """The entry of the member's team whose number `lot` draws, one of `LOTS` from 0 on, if it is on the list and
        unread; every number from 1 to the highest has about as many lots.
        """
        ...

    def count(self, team: TeamId) -> int: ...

    def page(
        self, team: TeamId, member: MemberId, which: EntryFilter, *, offset: int, limit: int
    ) -> tuple[int, Sequence[Entry]]:
        """How many entries there are, and `limit` of them from `offset` by number."""
        ...

    def tags(self, team: TeamId, member: MemberId | None) -> Sequence[Tag]:
        """Every tag in use, the commonest first, then by name; to None everything is unread."""
        ...

    def added_since(self, team: TeamId, since: datetime, limit: int) -> Sequence[Entry]:
        """The newest entries added since then, newest first."""
        ...

    def with_title(self, team: TeamId, typed: str, limit: int) -> Sequence[Entry]:
        """Entries whose number or title begins with what was typed, then those whose title holds it."""
        ...

    def sources(self, team: TeamId) -> Sequence[Source]: ...

    def set_sources(self, team: TeamId, paths: Sequence[str]) -> Sequence[Source]:
        """Make these the team's sources; a source that is no longer among them is removed, its entries stay
        until they are retired by the next `sync`.
        """
        ...

    def files(self, source: SourceId) -> Sequence[SourceFile]: ...

    def save_file(self, file: SourceFile) -> None:
        """Note what was seen of a file, in place of what was noted before."""
        ...

    def remove_file(self, source: SourceId, file: str) -> None: ...

    def count_problems(self) -> int:
        """How many problems the files of all teams' lists have."""
        ...

    def stored(self, team: TeamId) -> Sequence[StoredEntry]:
        """What is kept of every entry of the team, retired ones too."""
        ...

    def add(self, team: TeamId, source: SourceId, entries: Iterable[tuple[str, ReadEntry]]) -> None:
        """Add new entries as (file, entry) in order, each with the team's next number."""
        ...

    def update(self, team: TeamId, source: SourceId, entries: Iterable[tuple[EntryId, str, ReadEntry]]) -> None:
        """Replace what is kept of entries by (id, file, entry), and bring retired ones back."""
        ...

    def move(self, team: TeamId, source: SourceId, entries: Iterable[tuple[EntryId, str, int]]) -> None:
        """Note a new place, (id, file, line), for entries whose content is the same."""
        ...

    def retire(self, team: TeamId, ids: Sequence[EntryId]) -> None:
        """Take entries off the list; numbers, states and history stay."""
        ...


@record
class TeamCounts:
    """A team's reading as counts alone: who read what is nobody else's business."""

    members: int
    readers: int
    reads: int
    reads_since: int
    entries: int
    entries_read: int
    most_read: tuple[tuple[EntryId, int], ...]


class Readings(Protocol):
    """Reading states, choices and marks."""

    def state(self, member: MemberId, entry: EntryId) -> ReadingState:
        """The member's state for one entry; unread where nothing is kept."""
        ...

    def states(self, member: MemberId, entries: Sequence[EntryId]) -> Mapping[EntryId, ReadingState]:
        """The states of these entries; an entry without a row is left out."""
        ...

    def choice(self, member: MemberId, entry: EntryId) -> Choice | None: ...

    def marks(self, team: TeamId, account: AccountRef, entry: EntryId) -> Sequence[Mark]:
        """Every mark of the account on messages that show the entry, those no longer live too."""
        ...

    def marks_on(self, team: TeamId, message: MessageRef) -> Sequence[Mark]:
        """Every mark on one message."""
        ...

    def save_mark(self, team: TeamId, mark: Mark) -> bool:
        """Keep the mark unless a newer one of the same account, message and emoji is kept; whether it was kept."""
        ...

    def save(self, member: MemberId, reading: Reading, choice: Choice | None) -> None:
        """Keep the state, and the choice with it unless it is None."""
        ...

    def queue(self, member: MemberId, limit: int) -> Sequence[EntryId]:
        """Entries on the list that the member wants to read later, the one queued first foremost."""
        ...

    def unread_count(self, member: MemberId, tag: str | None = None) -> int:
        """How many entries on the list, all or those with the tag, the member has in state unread."""
        ...

    def unread(self, member: MemberId, tag: str | None = None, *, offset: int, limit: int) -> Sequence[EntryId]:
        """Some of them, by number."""
        ...

    def counts(self, member: MemberId) -> ReadingCounts: ...

    def readers(self, entry: EntryId) -> int:
        """How many members have read the entry."""
        ...

    def read_since(self, member: MemberId, since: datetime) -> int:
        """How many entries the member has read since then."""
        ...

    def team_counts(self, team: TeamId, since: datetime) -> TeamCounts: ...

    def queued_counts(self, team: TeamId) -> Mapping[EntryId, int]:
        """For how many members each entry is in the queue; entries that nobody queued are left out."""
        ...


@record
class Hit:
    """One found entry: its title with the words that matched emphasised, the line of its notes that holds more of them,
    if one does, and where that stands.

    The entry has notes as Markdown and no tree.
    """

    entry: Entry
    title: Text = ()
    matched: Text = ()
    path: tuple[str, ...] = ()


@record
class Hits:
    """A page of what was found, best first, out of `total`."""

    total: int
    items: tuple[Hit, ...]


class Search(Protocol):
    """The full-text index of each team; the methods of Entries keep it up to date in the same transaction."""

    def find(
        self, team: TeamId, member: MemberId, query: Query, *, offset: int, limit: int, lines: bool = True
    ) -> Hits:
        """Entries on the list that match, best first; `member` is whose reading states `is:` asks about. Without
        `lines` it is not looked for what matched.
        """
        ...

    def related(self, team: TeamId, entry: Entry, limit: int) -> Sequence[Hit]:
        """Other entries on the list that hold the words which tell this one from the rest, most alike first."""
        ...

    def corrected(self, team: TeamId, query: Query) -> Mapping[str, str]:
        """For words of the query that no entry on the list holds, the word of the list that was probably meant.

        A word in whose place another may stand is left alone.
        """
        ...


class Synonyms(Protocol):
    """Words of a team that stand for each other, in both directions; all are compared without case and accents."""

    def for_query(self, team: TeamId, query: Query) -> Mapping[str, tuple[str, ...]]:
        """For words of the query what may stand in for them; a word of a pair of several words has to be next to the
        others. Nothing that the query asks for itself.
        """
        ...

    def all(self, team: TeamId) -> Sequence[Synonym]:
        """Every pair, by word; one that several files have is there several times."""
        ...

    def add(self, team: TeamId, word: str, other: str) -> bool:
        """Keep a pair of a curator's; False, and nothing done, for what is no two different words."""
        ...

    def remove(self, team: TeamId, word: str, other: str | None) -> int:
        """Remove the pairs of curators' that have the word (and the other); how many there were."""
        ...

    def save_file(self, source: SourceId, file: str, synonyms: Mapping[str, Sequence[str]]) -> None:
        """Make these the pairs of a file's front matter."""
        ...


class Schedules(Protocol):
    """Weekly slots, one per channel, and what became of each week."""

    def all(self, team: TeamId | None = None) -> Sequence[Schedule]:
        """Every schedule of one team, or of all; none of a workspace that we have left."""
        ...

    def of_channel(self, team: TeamId, channel: ChannelRef) -> Schedule | None: ...

    def save(self, schedule: Schedule) -> Schedule:
        """Keep the schedule in place of the channel's present one, whose id (and used weeks) it takes over."""
        ...

    def remove(self, schedule: ScheduleId) -> None:
        """Remove the slot; the weeks it used stay as history and count again if the channel gets a new slot."""
        ...

    def use_slot(self, week: Week) -> bool:
        """Use up a week's slot; False, and nothing done, if it was used before."""
        ...

    def used_slot(self, schedule: ScheduleId, week: str) -> Week | None: ...

    def used_of(self, slots: Collection[tuple[ScheduleId, str]]) -> set[tuple[ScheduleId, str]]:
        """Which of these slots, named by schedule and week, were used."""
        ...

    def weeks(self, team: TeamId, channel: ChannelRef, limit: int) -> Sequence[Week]:
        """The channel's used weeks, newest first."""
        ...

    def candidates(self, team: TeamId, channel: ChannelRef, tags: Sequence[str]) -> Sequence[Candidate]:
        """The pool: entries on the list with one of the tags (or all), and when each was featured in the channel."""
        ...

    def pin(self, schedule: ScheduleId, entry: EntryId | None) -> None:
        """Set or clear the pick for the next digest."""
        ...

    def pinned(self, schedule: ScheduleId) -> EntryId | None: ...


class Ledger(Protocol):
    """The ledger. Which state may follow which is for `bot.domain.delivery` to say, and is checked by its caller."""

    def plan(self, team: TeamId, drafts: Sequence[Draft], *, not_before: datetime) -> bool:
        """Add the drafts of one source: those that wait for no other step are due at `not_before`, behind the messages
        to the channel that are held up, each other when the one it waits for is sent. False, and nothing done, if the source
        was planned before.
        """
        ...

    def lease(self, owner: str, limit: int, durations: Durations, platforms: Sequence[str]) -> Sequence[Delivery]:
        """Lease up to `limit` due deliveries of these platforms, the longest due first, one for each channel at a
        time; rows that another worker holds are passed over, not waited for, and so is what is halted.
        """
        ...

    def skip_overdue(self) -> Sequence[Delivery]:
        """Skip what is pending after its `late_after`, with the steps that wait for it; those skipped themselves."""
        ...

    def expire(self, settles: Mapping[PlatformName, timedelta]) -> int:
        """Return rows of these platforms whose lease ended: leased to pending, sending to uncertain, to be looked
        into when the platform's settle time is over since the attempt began. How many there were.
        """
        ...

    def start_attempts(self, deliveries: Sequence[Delivery], durations: Durations) -> Sequence[Delivery]:
        """Note, before the first byte leaves, that these attempts begin; those that may, as they are now.

        Left out is what is no longer leased to us for long enough, what is halted, and whatever goes to a workspace
        that is not the team's (any more), but for a notice to the host's channel.
        """
        ...

    def settle(
        self,
        delivery: DeliveryId,
        fence: int,
        state: State,
        *,
        outcome: str | None = None,
        message: MessageRef | None = None,
        thread: ThreadRef | None = None,
        not_before: datetime | None = None,
        attempt: int | None = None,
        sweep_at: datetime | None = None,
        free_at: datetime | None = None,
    ) -> bool:
        """Note how the attempt ended; `sent` makes the steps that wait for it due, and a final refusal refuses
        them, as does a first message that is sent without a place. False if the fence has moved on.

        No message that follows in the channel is due before `free_at`.
        """
        ...

    def clear_deadline(self, delivery: DeliveryId) -> None:
        """Take away its `late_after`: it is to be sent however late that is."""
        ...

    def halt(self, where: WorkspaceRef | PlatformName, steps: Sequence[Step], until: datetime) -> None:
        """Attempt none of these steps in the workspace, or anywhere on the platform, until then, whoever it is that
        would.
        """
        ...

    def claim_uncertain(
        self, owner: str, limit: int, durations: Durations, platforms: Sequence[str]
    ) -> Sequence[Delivery]:
        """Take uncertain deliveries that are due to be looked into, oldest first, one for each channel: nobody else
        looks into them for the length of a lease, and who looked before has lost the fence.
        """
        ...

    def claim_unswept(self, limit: int, durations: Durations, platforms: Sequence[str]) -> Sequence[Delivery]:
        """Take sent messages whose `sweep_at` has come, oldest first; nobody else has them for a lease's length."""
        ...

    def save_sweep(self, delivery: DeliveryId, *, outcome: str | None, again_at: datetime | None) -> None:
        """Note what became of the sweep; with `again_at` it is due once more."""
        ...

    def get(self, delivery: DeliveryId) -> Delivery | None: ...

    def of_source(self, team: TeamId, source_key: str) -> Sequence[Delivery]:
        """Every step of one source, in order."""
        ...

    def entry_shown_by(self, message: MessageRef) -> tuple[TeamId, EntryId] | None:
        """Which entry of which team a message of ours shows."""
        ...

    def posted_messages(self, workspace: WorkspaceRef, since: datetime) -> Sequence[MessageRef]:
        """Our messages in the workspace since then that show an entry, newest first."""
        ...

    def discussions(self, team: TeamId, entry: EntryId, limit: int) -> Sequence[tuple[datetime, MessageRef]]:
        """When and where the entry was posted, newest first."""
        ...

    def unsettled(self, team: TeamId) -> Sequence[Delivery]:
        """Deliveries of the team that wait for a person or were refused within the last 30 days, newest first; not
        the notices that told of these.
        """
        ...

    def mark_uncertain_after_restore(self) -> int:
        """After a restored backup: what was due and not sent may have been sent since, so make it uncertain and end
        every lease. What waits for it is uncertain too when its turn comes. How many there were.
        """
        ...

    def next_due(self) -> datetime | None:
        """When the next row wants attention, or a halt ends; None if there is nothing of the kind."""
        ...

    def overdue(self, platforms: Sequence[str]) -> datetime | None:
        """Since when the oldest delivery of these platforms is due that nothing holds back; None if none is."""
        ...

    def count_by_state(self) -> Mapping[State, int]:
        """How many deliveries are in each state that is not final, over all teams; a state without any is left out."""
        ...


class Invocations(Protocol):
    """Which uses of writing commands were carried out, so that a repeat has no second effect."""

    def saved_answer(self, id: InvocationId) -> str | None:
        """The answer kept for it, as the dispatcher wrote it; None if it is new."""
        ...

    def save(self, id: InvocationId, answer: str) -> bool:
        """Keep the answer, unless one is kept already; whether it was kept."""
        ...

    def delete_before(self, moment: datetime) -> None: ...


class Transaction(Protocol):
    """One unit of work. Whatever a use case reads and writes, it does through one of these."""

    @property
    def teams(self) -> Teams: ...
    @property
    def entries(self) -> Entries: ...
    @property
    def readings(self) -> Readings: ...
    @property
    def search(self) -> Search: ...
    @property
    def synonyms(self) -> Synonyms: ...
    @property
    def schedules(self) -> Schedules: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def invocations(self) -> Invocations: ...

    def now(self) -> datetime:
        """The transaction's own moment, aware UTC: the database's clock where several machines share it."""
        ...

    def schema(self) -> str:
        """The revision of the schema that the database has now."""
        ...


class Store(Protocol):
    """Where everything is kept."""

    def begin(self, *, write: bool) -> AbstractContextManager[Transaction]:
        """A transaction that commits when the block ends cleanly and rolls back when it raises."""
        ...


class Metrics(Protocol):
    """Counts what happens, for the host. No name and no id of a team or a person goes in here; nothing is raised."""

    def count_answer(self, command: str, outcome: str, seconds: float) -> None:
        """A command was answered; `outcome` is one word for what came of it."""
        ...

    def count_repeat(self) -> None:
        """A platform brought an invocation or an event again."""
        ...

    def count_settled(self, delivery: Delivery, transition: Transition) -> None:
        """What became of a delivery that was attempted or looked for."""
        ...

    def count_restart(self, part: str) -> None:
        """A part of the process stood still or broke, and was started anew."""
        ...


class Failed:
    """What a use case raised, where several were carried out together and the others' results stand."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Runner(Protocol):
    """Carries a use case over one transaction into a worker thread: the only bridge from async to the store."""

    async def read(self, use_case: Callable[[Transaction], T]) -> T: ...

    async def write(self, use_case: Callable[[Transaction], T]) -> T: ...
