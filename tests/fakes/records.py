"""Records of the domain with everything filled in that a test does not care about."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from bot.domain.card import Card
from bot.domain.delivery import Delivery, Draft, State, Step
from bot.domain.entry import Entry
from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    DeliveryId,
    EntryId,
    EntryNumber,
    MessageRef,
    PlatformName,
    ScheduleId,
    SourceId,
    TeamId,
    Url,
    WorkspaceRef,
)
from bot.domain.notes import NoteBlock, NoteKind, Notes
from bot.domain.reading_state import Mark, ReadingState
from bot.domain.schedule import Schedule, Weekday
from bot.domain.text import plain

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
PLATFORM = PlatformName("terminal")
CHANNEL = ChannelRef(WorkspaceRef(PLATFORM, "terminal"), "reading")
ANNA = AccountRef(PLATFORM, "anna")


def a_schedule(zone: str = "Europe/Berlin", weekday: Weekday = Weekday.MONDAY, at: str = "09:00") -> Schedule:
    return Schedule(
        id=ScheduleId(1),
        team=TeamId(1),
        channel=CHANNEL,
        weekday=weekday,
        at=time.fromisoformat(at),
        zone=zone,
        active_from=LONG_AGO,
        created_by=ANNA,
    )


def a_message(id: str = "1") -> MessageRef:
    return MessageRef(CHANNEL, id)


def a_mark(meaning: ReadingState, at: datetime = NOW, *, message: str = "1", live: bool = True) -> Mark:
    return Mark(
        account=ANNA,
        message=a_message(message),
        entry=EntryId(1),
        emoji=meaning.value,
        meaning=meaning,
        at=at,
        live=live,
    )


def an_item(text: str, *children: NoteBlock, marker: str = "•") -> NoteBlock:
    return NoteBlock(kind=NoteKind.ITEM, text=plain(text), marker=marker, children=children)


def a_block(kind: NoteKind, text: str = "", *children: NoteBlock) -> NoteBlock:
    return NoteBlock(kind=kind, text=plain(text), children=children)


def an_entry(*notes: NoteBlock, number: int = 12, **changes: Any) -> Entry:
    entry = Entry(
        id=EntryId(number),
        team=TeamId(1),
        number=EntryNumber(number),
        url=Url(f"https://www.example.org/{number}"),
        key=f"https://example.org/{number}",
        title="Caching at scale",
        notes=Notes(markdown="as written" if notes else "", tree=notes),
        tags=("caching", "scale"),
        section=("Backend", "Speed"),
        source=SourceId(1),
        file="list.md",
        line=7,
        added_at=LONG_AGO,
    )
    return replace(entry, **changes)


def a_delivery(step: Step = Step.ROOT, state: State = State.SENDING, **changes: Any) -> Delivery:
    delivery = Delivery(
        id=DeliveryId(1),
        team=TeamId(1),
        draft=Draft(channel=CHANNEL, source_key="digest:1:2026-W48", step=step, ordinal=0, card=Card(title="A card")),
        key="k" * 24,
        state=state,
        outcome=None,
        attempt=1,
        not_before=None,
        lease_owner="worker",
        lease_until=None,
        fence=1,
        sent_from=NOW,
        first_sent_from=NOW,
        message=None,
        root=None,
        thread=None,
    )
    return replace(delivery, **changes)
