"""Converts deliveries to rows of the ledger and back. The state changes are in `ledger`."""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Any

from bot.domain.card import Card
from bot.domain.delivery import Delivery, Draft, State, Step
from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    DeliveryId,
    EntryId,
    MessageRef,
    PlatformName,
    ScheduleId,
    TeamId,
    ThreadRef,
)
from bot.domain.wire import from_json, to_json
from store.sql.ids import channel_of, id_of, number_of, place
from store.sql.session import AnyRow

KEY_LENGTH = 24
"""Characters; fits what every platform lets us attach to a message."""


def planned(team: TeamId, number: int, draft: Draft, instance: AnyRow, not_before: datetime) -> dict[str, Any]:
    """The row of a new delivery. `instance` is the database's own row."""
    return {
        "team": team,
        "number": number,
        "source_key": draft.source_key,
        "ordinal": draft.ordinal,
        "waits_for": draft.waits_for,
        "step": draft.step,
        **place(draft.channel),
        **written(draft.card),
        "title": draft.title,
        "meaning": draft.meaning,
        "entry": None if draft.entry is None else number_of(draft.entry),
        "schedule": None if draft.schedule is None else number_of(draft.schedule),
        "week": draft.week,
        "late_after": draft.late_after,
        "told_platform": draft.notify.platform if draft.notify else None,
        "told_account": draft.notify.id if draft.notify else None,
        "key": _key(instance.key, f"{team}/{draft.source_key}/{draft.ordinal}"),
        "state": State.PENDING,
        "attempt": 0,
        "not_before": not_before if draft.waits_for is None else None,
        "fence": 0,
        "boot_epoch": instance.boot_epoch,
        "root_channel": draft.root.channel.id if draft.root else None,
        "root": draft.root.id if draft.root else None,
        "thread_channel": draft.thread.channel.id if draft.thread else None,
        "thread": draft.thread.id if draft.thread else None,
    }


def written(card: Card | None) -> dict[str, Any]:
    """The columns of a card."""
    body = None if card is None else to_json(card)
    sha = None if body is None else sha256(body.encode(errors="surrogatepass")).hexdigest()
    return {"body": body, "body_sha": sha}


def _key(instance_key: bytes, identity: str) -> str:
    """Stable over every attempt, and meaningless to a platform."""
    digest = hmac.digest(instance_key, identity.encode(errors="surrogatepass"), "sha256")
    return urlsafe_b64encode(digest).decode()[:KEY_LENGTH]


def delivery_of(row: AnyRow) -> Delivery:
    """The delivery, even if its card is unreadable: one bad row must not block the others."""
    card, unreadable = _card(row.body)
    return Delivery(
        id=DeliveryId(id_of(row.team, row.number)),
        team=TeamId(row.team),
        draft=_draft(row, card),
        key=row.key,
        state=State(row.state),
        outcome=row.outcome,
        attempt=row.attempt,
        not_before=row.not_before,
        lease_owner=row.lease_owner,
        lease_until=row.lease_until,
        fence=row.fence,
        sent_from=row.sent_from,
        first_sent_from=row.first_sent_from,
        message=message_of(row, row.message_channel, row.message) if row.message else None,
        root=message_of(row, row.root_channel, row.root) if row.root else None,
        thread=ThreadRef(channel=_channel(row, row.thread_channel), id=row.thread) if row.thread else None,
        unreadable=unreadable,
    )


def _card(body: str | None) -> tuple[Card | None, str | None]:
    """The card, or why it is unreadable: another version of the program may have written it."""
    try:
        return (None if body is None else from_json(body)), None
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
        return None, str(error) or type(error).__name__


def _draft(row: AnyRow, card: Card | None) -> Draft:
    return Draft(
        channel=channel_of(row),
        source_key=row.source_key,
        step=Step(row.step),
        ordinal=row.ordinal,
        waits_for=row.waits_for,
        card=card,
        title=row.title,
        meaning=row.meaning,
        entry=None if row.entry is None else EntryId(id_of(row.team, row.entry)),
        schedule=None if row.schedule is None else ScheduleId(id_of(row.team, row.schedule)),
        week=row.week,
        late_after=row.late_after,
        notify=AccountRef(PlatformName(row.told_platform), row.told_account) if row.told_account else None,
    )


def message_of(row: AnyRow, channel: str, message: str) -> MessageRef:
    return MessageRef(channel=_channel(row, channel), id=message)


def _channel(row: AnyRow, id: str) -> ChannelRef:
    """The channel (or thread) `id` in the delivery's workspace."""
    return ChannelRef(workspace=channel_of(row).workspace, id=id)
