"""The language adapters speak: what a platform is, what it may ask of us and what it may keep."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from bot.chat.command import Catalogue, Reply
from bot.domain.card import Call, Card, Choice, Form
from bot.domain.delivery import PostingRules
from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    EntryNumber,
    InvocationId,
    MessageRef,
    PlatformName,
    ThreadRef,
    Url,
    WorkspaceRef,
)
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.team import Role
from bot.domain.value import Kind


@record
class Actor:
    """Who does something, as their platform vouches for them at this very moment.

    `role` is what the platform's own rights amount to; settings may raise it. `name` is empty where the platform
    tells none with an event: the one known stays. `zone` is the platform's IANA zone of the person, None where it
    tells none.
    """

    account: AccountRef
    workspace: WorkspaceRef
    name: str
    role: Role = Role.READER
    zone: str | None = None


@record
class Invocation:
    """One use of a command: `call` as picked, pressed or submitted, or the line as typed. A platform that has read the
    line gives the call and says that it was `typed`: whoever made a mistake in it is told so and is shown no form.

    `id` is the platform's own and the same for every repeat of this use. `channel` is where it was used, None
    where there is no channel (a home screen, a direct message).
    """

    id: InvocationId
    call: Call | str
    actor: Actor
    channel: ChannelRef | None
    typed: bool = False


@record
class Answer:
    """What comes back. `refusal` says that nothing was done; a refusal is private whatever `reply` a command declares.

    `transient` is one of the moment: too much was asked for, or the store is away. It may be answered in a minute.
    """

    show: Card | Form
    reply: Reply = Reply.PRIVATE
    refusal: bool = False
    transient: bool = False


@record
class Reacted:
    """An account put a reaction with a meaning on a message.

    `emoji` is the platform's own name of it, the same whenever it is the same reaction to the platform, `at` the
    platform's own time of it. `entry` is set only by a platform whose message itself says which entry it shows; else
    we know the message from the ledger.
    """

    actor: Actor
    message: MessageRef
    emoji: str
    meaning: ReadingState
    at: datetime
    entry: EntryNumber | None = None


@record
class Unreacted:
    """An account took a reaction away; the fields are those of `Reacted`."""

    actor: Actor
    message: MessageRef
    emoji: str
    meaning: ReadingState
    at: datetime
    entry: EntryNumber | None = None


@record
class ReactionsCleared:
    """A moderator removed every reaction from a message, or with `emoji` every one of that kind."""

    message: MessageRef
    at: datetime
    emoji: str | None = None


@record
class MarksSeen:
    """What stood on a message at `at`, read from the platform because events may have been missed.

    `marks` is all of it. A reaction that is known keeps the time we know. Of a new one it is known only that it came
    after `since`, where events began to be missed, and counts from then on: what was typed or pressed after that stays.
    Without `since` it counts from `at` on.
    """

    message: MessageRef
    marks: tuple[Reacted, ...]
    at: datetime
    since: datetime | None = None


@record
class ChannelGone:
    """We can no longer post in a channel; `because` says why in words for an admin."""

    channel: ChannelRef
    because: str


@record
class ChannelBack:
    """We can post in a channel again that was gone."""

    channel: ChannelRef


@record
class WorkspaceJoined:
    """We were installed in a workspace, or see it again.

    `by_host` says that the host configured it with a token: such a workspace joins the default team, one that
    installed itself waits until the host assigns it.
    """

    workspace: WorkspaceRef
    name: str
    by_host: bool


@record
class WorkspaceLeft:
    """We were removed from a workspace; an outage of the platform is not this.

    What came from it is kept for 30 days, and everything is as it was if we are back before.
    """

    workspace: WorkspaceRef


Happening: TypeAlias = (
    Reacted | Unreacted | ReactionsCleared | MarksSeen | ChannelGone | ChannelBack | WorkspaceJoined | WorkspaceLeft
)


@record
class Joined:
    """What came of a WorkspaceJoined: whether we were not there before, and whether it has a team or waits for one."""

    news: bool
    has_team: bool


class Core(Protocol):
    """What a platform may ask of us. Nothing here raises but `happened`: errors come back as cards."""

    @property
    def catalogue(self) -> Catalogue:
        """Every command, in the order in which help shows them."""
        ...

    async def invoke(self, invocation: Invocation) -> Answer:
        """Carry out one use of a command. A repeat of the same id has no second effect: it gets the first answer again, and
        where nothing was changed the answer of now.
        """
        ...

    async def invoke_all(
        self, actor: Actor, calls: Sequence[Call], *, after: InvocationId | None = None
    ) -> Sequence[Answer | None]:
        """Answer each of several calls that only read, to be shown together; None for one that is not the actor's.

        It is one use, and none where it follows the answered use `after`. Once one answer is `transient`, all after it are.
        """
        ...

    async def complete(self, actor: Actor, kind: Kind, typed: str) -> Sequence[Choice]:
        """At most 25 values of `kind` that begin with or hold what was typed, best first; none on any trouble.

        An entry is also found by its address.
        """
        ...

    async def joined_workspaces(self, platform: PlatformName) -> Sequence[WorkspaceRef]:
        """The platform's workspaces in which we take ourselves to be; none on trouble. A platform that finds us in
        one of them no more tells so by WorkspaceLeft: we may have been removed while nobody listened.
        """
        ...

    async def recent_posts(self, workspace: WorkspaceRef) -> Sequence[MessageRef] | None:
        """Our messages of the last 30 days in the workspace that stand for one entry, newest first; None on trouble,
        which is not the same as there being none: whoever missed something asks again later.
        """
        ...

    async def handle(self, happening: Happening, id: InvocationId | None = None) -> Joined | None:
        """Take note of it. Returns once the effect is committed; raises StoreBusy if that cannot be done now. Only of a
        WorkspaceJoined there is something to say.

        With the platform's own `id` of the event a repeat has no second effect. Reactions need none: they carry
        their time, and the newest stands.
        """
        ...

    def count_repeat(self) -> None:
        """A platform brought something again, and the adapter knows by itself that it was taken up: it is counted."""
        ...


class ExclusiveLock(Protocol):
    """Something that one process alone has, until it lets go or dies."""

    async def is_held(self) -> bool:
        """Whether it is still ours. Asking is what keeps it: ask every 15 seconds or so."""
        ...

    async def release(self) -> None: ...


class Vault(Protocol):
    """What a platform may keep with us: small secrets of its own, encrypted at rest, by name; and what one process
    alone may have of it, where several serve the same platform.
    """

    async def acquire(self, platform: PlatformName, name: str) -> ExclusiveLock | None:
        """Take it; None while another process has it, which is over at most 45 seconds after that one died.
        Raises StoreBusy.
        """
        ...

    async def save(self, platform: PlatformName, name: str, secret: bytes) -> None:
        """Keep `secret` under `name`, in place of what was there."""
        ...

    async def load(self, platform: PlatformName, name: str) -> bytes | None:
        """What was kept under `name`, or None."""
        ...

    async def delete(self, platform: PlatformName, name: str) -> None:
        """Remove what was kept under `name`; nothing happens if there is nothing."""
        ...

    async def compare_and_swap(self, platform: PlatformName, name: str, old: bytes | None, new: bytes | None) -> bool:
        """Put `new` in place of `old` under the row's lock; False, and nothing done, if something else is kept.

        None stands for nothing being kept. Of several who swap the same `old`, one succeeds.
        """
        ...


class ChatPlatform(Protocol):
    """All that a platform is: a translation of events into `Core` calls and of cards into messages.

    Every method that talks to the platform makes exactly one attempt and raises PlatformBusy, PlatformRefused or
    PlatformUncertain, and nothing else, when it does not succeed.
    """

    @property
    def name(self) -> PlatformName: ...

    @property
    def posting_rules(self) -> PostingRules:
        """How the ledger is to treat the platform: how long until a message shows, for how long a key is remembered,
        and how fast requests may follow each other.
        """
        ...

    async def run(self, core: Core, vault: Vault) -> None:
        """Be connected and translate events until cancelled, or until the platform is over by itself."""
        ...

    async def send_only(self, core: Core, vault: Vault) -> None:
        """In place of `run` where another process is connected: have what it takes to send, until cancelled. `core` is
        told of nothing but what sending shows, a workspace that is closed to us.
        """
        ...

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        """Post the card; `key` goes along so that `find` can recognise the message, and is the platform's own guard
        against doubles where it has one.
        """
        ...

    async def can_repeat(self, channel: ChannelRef, *, thread: ThreadRef | None = None) -> bool:
        """Whether a post there with a key that was posted within the manner's `repeatable_within` is that very message.

        A doubtful message is then posted again under its key; elsewhere it is looked for first, and never posted
        again blindly. Such a post of a message that was removed raises MessageRemoved.
        """
        ...

    async def find(
        self,
        channel: ChannelRef,
        key: str,
        *,
        since: datetime,
        thread: ThreadRef | None = None,
        sent_from: datetime | None = None,
    ) -> Sequence[MessageRef]:
        """Every message of ours since `since` that carries `key`, oldest first.

        It was sent to `thread`, or to the channel itself: an adapter may look only there. Whoever cannot read all of it
        at once raises PlatformBusy, and may go on where it was when it is asked again with the same `sent_from`, which
        is when the last attempt began; what was read before another attempt tells nothing of that one.
        """
        ...

    async def revise(self, message: MessageRef, card: Card) -> None:
        """Show `card` in place of what the message shows."""
        ...

    async def delete(self, message: MessageRef) -> None:
        """Remove a message of ours; one that is gone already counts as removed."""
        ...

    async def send_direct(self, account: AccountRef, card: Card) -> None:
        """Show the card to one person alone, in a direct message."""
        ...

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        """Put our own reaction of that meaning on the message; one that is there already counts."""
        ...

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:
        """The message's thread, opened if it is not there yet."""
        ...

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        """Every reaction with a meaning that is on the message now, our own and other bots' left out."""
        ...

    def link(self, message: MessageRef) -> Url | None:
        """Where a person can open the message, None where the platform has no such address."""
        ...
