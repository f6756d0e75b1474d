"""A platform that keeps what it is sent, and fails when and how it is told to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.chat.platform import Core, Obstacle, Reacted, Vault
from bot.domain.card import Card
from bot.domain.delivery import PostingRules
from bot.domain.errors import PlatformError
from bot.domain.ids import AccountRef, ChannelRef, MessageRef, PlatformName, ThreadRef, Url, WorkspaceRef
from bot.domain.reading_state import ReadingState

NAME = PlatformName("fake")
WORKSPACE = WorkspaceRef(NAME, "W1")


def channel(name: str = "reading") -> ChannelRef:
    return ChannelRef(WORKSPACE, name)


def account(name: str = "ana") -> AccountRef:
    return AccountRef(NAME, name)


@dataclass
class Posted:
    ref: MessageRef
    card: Card
    key: str
    thread: ThreadRef | None


@dataclass
class RecordingPlatform:
    """`refusals` are raised by the next sends, one each; with `after_accepting` the message is there all the same.

    `blind` is raised by every look for a message, `threadless` by every thread that is opened, `undeletable` by the
    next removals, one each, `untold` by the next times that somebody is told.
    """

    name: PlatformName = NAME
    posting_rules: PostingRules = field(default_factory=lambda: PostingRules(channel_pace=timedelta()))
    posted: list[Posted] = field(default_factory=list)
    threads: list[tuple[MessageRef, str]] = field(default_factory=list)
    seeds: list[tuple[MessageRef, ReadingState]] = field(default_factory=list)
    told: list[tuple[AccountRef, Card]] = field(default_factory=list)
    refusals: list[PlatformError] = field(default_factory=list)
    blind: PlatformError | None = None
    threadless: PlatformError | None = None
    after_accepting: bool = False
    undeletable: list[PlatformError] = field(default_factory=list)
    untold: list[PlatformError] = field(default_factory=list)
    looks: int = 0
    obstacles: dict[ChannelRef, Obstacle] = field(default_factory=dict)
    looked_at: list[tuple[ChannelRef, AccountRef]] = field(default_factory=list)
    revised: list[tuple[MessageRef, Card]] = field(default_factory=list)
    unrevisable: list[PlatformError] = field(default_factory=list)

    async def run(self, core: Core, vault: Vault) -> None:
        """Nothing arrives from here."""

    async def send_only(self, core: Core, vault: Vault) -> None:
        """Nothing is needed to send."""

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        if self.refusals and not self.after_accepting:
            raise self.refusals.pop(0)
        known = (
            [posted.ref for posted in self.posted if posted.key == key] if self.posting_rules.repeatable_within else []
        )
        if known:
            return known[0]
        ref = MessageRef(channel, str(len(self.posted) + 1))
        self.posted.append(Posted(ref, card, key, thread))
        if self.refusals:
            raise self.refusals.pop(0)
        return ref

    async def can_repeat(self, channel: ChannelRef, *, thread: ThreadRef | None = None) -> bool:
        return self.posting_rules.repeatable_within is not None

    async def find(
        self,
        channel: ChannelRef,
        key: str,
        *,
        since: datetime,
        thread: ThreadRef | None = None,
        sent_from: datetime | None = None,
    ) -> Sequence[MessageRef]:
        self.looks += 1
        if self.blind:
            raise self.blind
        return [posted.ref for posted in self.posted if posted.key == key and posted.ref.channel == channel]

    async def revise(self, message: MessageRef, card: Card, *, key: str = "") -> None:
        if self.unrevisable:
            raise self.unrevisable.pop(0)
        self.revised.append((message, card))

    async def obstacle(self, channel: ChannelRef, account: AccountRef) -> Obstacle | None:
        self.looked_at.append((channel, account))
        return self.obstacles.get(channel)

    async def delete(self, message: MessageRef) -> None:
        if self.undeletable:
            raise self.undeletable.pop(0)
        self.posted = [posted for posted in self.posted if posted.ref != message]

    async def find_direct(
        self, account: AccountRef, card: Card, *, since: datetime, about: WorkspaceRef | None = None
    ) -> Sequence[MessageRef]:
        place = ChannelRef(WORKSPACE, f"@{account.id}")
        return [MessageRef(place, str(number)) for number, one in enumerate(self.told) if one == (account, card)]

    async def send_direct(
        self, account: AccountRef, card: Card, *, key: str = "", about: WorkspaceRef | None = None
    ) -> None:
        if self.untold:
            raise self.untold.pop(0)
        self.told.append((account, card))

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        self.seeds.append((message, meaning))

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:
        if self.threadless:
            raise self.threadless
        self.threads.append((message, title))
        return ThreadRef(message.channel, message.id)

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        return []

    def link(self, message: MessageRef) -> Url | None:
        return Url(f"https://chat.example/{message.id}")

    def roots(self) -> list[Posted]:
        return [posted for posted in self.posted if posted.thread is None]
