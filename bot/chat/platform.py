"""The interface between adapters and the core: what a platform implements, and what it may call."""

from collections.abc import Awaitable, Callable, Sequence
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
from bot.domain.reading_state import Meaning, ReadingState
from bot.domain.record import record
from bot.domain.team import Role
from bot.domain.value import Kind


@record
class Obstacle:
    """Why Dogear cannot post somewhere, and what a person can do about it."""

    what: str
    remedy: str


@record
class Actor:
    """The person who acts, as their platform identifies them right now.

    `role` comes from the platform's own permissions; settings may raise it. `name` is empty if the platform sends none
    with an event: the known name stays. `zone` is the person's IANA zone on the platform, None if unknown. `groups` are the platform's
    groups the person is in, by id; None on a platform without any. `admins` says who may do more, as members call them.
    With `by_name` the platform's commands take their values by name.
    """

    account: AccountRef
    workspace: WorkspaceRef
    name: str
    role: Role = Role.READER
    zone: str | None = None
    groups: tuple[str, ...] | None = None
    admins: str = "an admin"
    by_name: bool = False


@record
class Invocation:
    """One use of a command: `call` if it was picked, pressed or submitted, else the line as typed.

    A platform that parses the line itself passes the call with `typed`: a mistake is then answered with text instead of
    a form. `id` is the platform's own and is the same for every repeat of this use. `channel` is None where there is no
    channel (a home screen, a direct message). `pressed` is set for a button, `confirmed` if the person was asked whether
    they are sure and said yes. `obstacle` is why Dogear cannot post in `channel`, if the platform says so with this use.
    """

    id: InvocationId
    call: Call | str
    actor: Actor
    channel: ChannelRef | None
    typed: bool = False
    pressed: bool = False
    confirmed: bool = False
    obstacle: Obstacle | None = None


@record
class Answer:
    """The answer to an invocation. `refusal` means that nothing was done; a refusal is private whatever `reply` a
    command declares.

    `transient` means that trying again may succeed within a minute: a rate limit, or a busy store.
    """

    show: Card | Form
    reply: Reply = Reply.PRIVATE
    refusal: bool = False
    transient: bool = False


@record
class Reacted:
    """An account added a reaction that has a meaning.

    `emoji` is the platform's own name of it, the same for the same reaction; `at` is the platform's time. `entry` is
    set only if the platform's message says itself which entry it shows; otherwise the ledger knows.
    """

    actor: Actor
    message: MessageRef
    emoji: str
    meaning: Meaning
    at: datetime
    entry: EntryNumber | None = None


@record
class Unreacted:
    """An account removed a reaction. The fields are those of `Reacted`."""

    actor: Actor
    message: MessageRef
    emoji: str
    meaning: Meaning
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
    """The reactions on a message at `at`, read from the platform because events may have been missed.

    `marks` is all of them. A known reaction keeps its time. A new one counts from `since`, when events began to be
    missed, so that a choice made after that stays. Without `since` it counts from `at`.
    """

    message: MessageRef
    marks: tuple[Reacted, ...]
    at: datetime
    since: datetime | None = None


@record
class ChannelGone:
    """We can no longer post in a channel. `because` explains it to an admin."""

    channel: ChannelRef
    because: str


@record
class Greeting:
    """A private message to the person who invited us. It is sent once."""

    account: AccountRef
    card: Card


@record
class ChannelBack:
    """We can post in a channel, perhaps again. `greeting` is for the person who invited us into it."""

    channel: ChannelRef
    greeting: Greeting | None = None


@record
class WorkspaceJoined:
    """We were installed in a workspace, or see it again.

    `by_host` means that the host configured it with a token. Such a workspace joins the default team; others wait until
    the host assigns them. `greeting` is sent if the workspace is new and has a team.
    """

    workspace: WorkspaceRef
    name: str
    by_host: bool
    greeting: Greeting | None = None


@record
class WorkspaceLeft:
    """We were removed from a workspace; an outage is not this.

    Its data is kept for 30 days and is back if we return within that time.
    """

    workspace: WorkspaceRef


Happening: TypeAlias = (
    Reacted | Unreacted | ReactionsCleared | MarksSeen | ChannelGone | ChannelBack | WorkspaceJoined | WorkspaceLeft
)


@record
class Joined:
    """The result of a WorkspaceJoined: whether the workspace is new, and whether it has a team or waits for one."""

    news: bool
    has_team: bool


class Core(Protocol):
    """What a platform may call. Only `handle` raises: other errors are returned as cards."""

    @property
    def catalogue(self) -> Catalogue:
        """Every command, in the order of the help."""
        ...

    async def invoke(self, invocation: Invocation) -> Answer:
        """Run one use of a command. A repeat of the same id has no second effect.

        A repeat of a command that writes gets the first answer; otherwise the answer is computed again.
        """
        ...

    async def invoke_all(
        self, actor: Actor, calls: Sequence[Call], *, after: InvocationId | None = None
    ) -> Sequence[Answer | None]:
        """Answer several calls that only read, to be shown together. None for a call that the actor may not make.

        They count as one use, or as none if they follow the answered use `after`. Once an answer is `transient`, so are
        all later ones.
        """
        ...

    async def follow(self, actor: Actor, card: Card, show: Callable[[Card], Awaitable[None]]) -> None:
        """Have `show` replace a card that says that a post is on its way, once the post has arrived or failed. Call it
        after the card was shown; it returns at once.
        """
        ...

    async def complete(self, actor: Actor, kind: Kind, typed: str) -> Sequence[Choice]:
        """At most 25 values of `kind` that begin with or contain the typed text, best first. Empty after an error.

        An entry can also be found by its address.
        """
        ...

    async def joined_workspaces(self, platform: PlatformName) -> Sequence[WorkspaceRef]:
        """The platform's workspaces that we believe to be in. Empty after an error.

        A platform that is no longer in one of them reports WorkspaceLeft: we may have been removed while no process was
        running.
        """
        ...

    async def recent_posts(self, workspace: WorkspaceRef) -> Sequence[MessageRef] | None:
        """Our messages of the last 30 days in the workspace that show an entry, newest first.

        None after an error, which is not the same as no messages: the caller tries again later.
        """
        ...

    async def handle(self, happening: Happening, id: InvocationId | None = None) -> Joined | None:
        """Handle an event. Returns once its effect is committed; raises StoreBusy if that is not possible now. Only a
        WorkspaceJoined has a result.

        With the platform's own `id` of the event, a repeat has no second effect. Reactions need no id: they have a
        time, and the newest wins.
        """
        ...

    def count_repeat(self) -> None:
        """Count an event or invocation that the adapter itself recognised as a repeat."""
        ...


class ExclusiveLock(Protocol):
    """A lock that only one process holds, until it releases the lock or dies."""

    async def is_held(self) -> bool:
        """Whether we still hold it. Asking also renews it: ask about every 15 seconds."""
        ...

    async def release(self) -> None: ...


class Vault(Protocol):
    """Encrypted storage for a platform's small secrets, by name, and locks between processes that serve the same
    platform.
    """

    async def acquire(self, platform: PlatformName, name: str) -> ExclusiveLock | None:
        """Take the lock. None if another process has it. Raises StoreBusy.

        A process that does not ask for 10 seconds loses it, and one that is cut off loses it within 25.
        """
        ...

    async def save(self, platform: PlatformName, name: str, secret: bytes) -> None:
        """Save `secret` under `name`, replacing the previous value."""
        ...

    async def load(self, platform: PlatformName, name: str) -> bytes | None:
        """The secret under `name`, or None."""
        ...

    async def delete(self, platform: PlatformName, name: str) -> None:
        """Delete the secret under `name`. Does nothing if there is none."""
        ...

    async def compare_and_swap(self, platform: PlatformName, name: str, old: bytes | None, new: bytes | None) -> bool:
        """Replace `old` with `new` under the row's lock. False, and nothing changed, if the stored value is not `old`.

        None means that nothing is stored. Of several callers with the same `old`, one succeeds.
        """
        ...


class ChatPlatform(Protocol):
    """A platform: translates events into `Core` calls, and cards into messages.

    Every method that calls the platform makes exactly one attempt. If that fails, it raises PlatformBusy,
    PlatformRefused or PlatformUncertain, and nothing else.
    """

    @property
    def name(self) -> PlatformName: ...

    @property
    def posting_rules(self) -> PostingRules:
        """The platform's rules for the ledger: when a message shows, how long a key is remembered, and the rate limits."""
        ...

    async def run(self, core: Core, vault: Vault) -> None:
        """Connect and translate events until cancelled, or until the platform ends by itself."""
        ...

    async def send_only(self, core: Core, vault: Vault) -> None:
        """Instead of `run`, if another process is connected: be able to send, until cancelled.

        The core only hears that a workspace is closed to us, which sending reveals.
        """
        ...

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        """Post the card. `key` is sent along so that `find` can recognise the message, and as the platform's
        idempotency key if it has one.
        """
        ...

    async def can_repeat(self, channel: ChannelRef, *, thread: ThreadRef | None = None) -> bool:
        """Whether posting again under a key, within `repeatable_within`, yields the same message there.

        If so, an uncertain message is posted again under its key. Otherwise it is looked for first, and never posted
        again blindly. Posting a message again that was removed raises MessageRemoved.
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

        It was sent to `thread`, or to the channel itself; an adapter may search only there. If the history cannot be
        read in one go, raise PlatformBusy. The next call with the same `sent_from` (the time of the last attempt) may
        then continue, but a search from before another attempt says nothing about that one.
        """
        ...

    async def revise(self, message: MessageRef, card: Card, *, key: str = "") -> None:
        """Replace what the message shows with `card`. `key` is that of the delivery that posted it."""
        ...

    async def delete(self, message: MessageRef) -> None:
        """Delete a message of ours. One that no longer exists counts as deleted."""
        ...

    async def send_direct(
        self, account: AccountRef, card: Card, *, key: str = "", about: WorkspaceRef | None = None
    ) -> MessageRef:
        """Show the card to one person in a direct message. Its buttons are used as a member of the workspace `about`,
        on a platform whose direct messages belong to none. The `key` is sent along as with `post`; where the platform
        remembers keys, sending again under one yields the same message.
        """
        ...

    async def find_direct(
        self, account: AccountRef, key: str, *, since: datetime, known: MessageRef | None = None
    ) -> Sequence[MessageRef]:
        """Every direct message of ours to the person since `since` that carries `key`, oldest first.

        `known` is one of them. Raise PlatformRefused if they can only be found with it.
        """
        ...

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        """Add our own reaction of that meaning to the message. One that is there already counts."""
        ...

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:
        """The message's thread, created if missing."""
        ...

    async def schedule_event(self, channel: ChannelRef, title: str, at: datetime) -> None:
        """Put a meeting of an hour into the calendar of the channel's workspace. One that is there already counts.

        Does nothing on a platform without a calendar, or without the permission for it.
        """
        ...

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        """Every reaction with a meaning on the message, except our own and those of other bots."""
        ...

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> Obstacle | None:
        """What keeps Dogear from posting in the channel for this person; None if nothing does, or if it is not known."""
        ...

    def link(self, message: MessageRef) -> Url | None:
        """Where a person can open the message; None if the platform has no such address."""
        ...
