"""The ledger, as rows: who may attempt which delivery, and what came of it.

Long because every way in which a row changes its state stands here, and nowhere else.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from bot.domain.delivery import Delivery, Draft, Durations, State, Step
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
    WorkspaceRef,
)
from bot.domain.wire import from_json, to_json
from store.sql.due import (
    CHANNEL,
    CHANNEL_IS_FREE,
    ENDED,
    ENDED_AND_UNLOCKED,
    LEASABLE,
    LEASABLE_AND_UNLOCKED,
    NEXT,
    OPEN,
    OVERDUE,
    SKIP_LATE,
    UNCERTAIN,
)
from store.sql.keys import id_of, number_of, team_of
from store.sql.places import channel_of, place
from store.sql.tables import DELIVERY, INSTANCE
from store.sql.work import AnyRow, Work

KEY_LENGTH = 24
"""Characters: fits what every platform lets us attach to a message."""
_RECENT = timedelta(days=30)
_FINAL = [state for state in State if state.final]


class SqlDeliveries:
    def __init__(self, work: Work) -> None:
        self._work = work

    def plan(self, team: TeamId, drafts: Sequence[Draft], *, not_before: datetime) -> bool:
        if not drafts:
            return True
        instance = self._work.row(select(INSTANCE))
        assert instance is not None
        first = self._work.take(team, "delivery", len(drafts))
        if self.of(team, drafts[0].source_key):
            return False
        self._work.change(
            self._work.insert(DELIVERY),
            [
                _planned(team, number, draft, instance, not_before if draft.waits_for is None else None)
                for number, draft in enumerate(drafts, start=first)
            ],
        )
        return True

    def lease(self, owner: str, limit: int, durations: Durations, platforms: Sequence[str]) -> Sequence[Delivery]:
        now = self._work.now()
        due = {"now": now, "limit": limit, "platforms": list(platforms)}
        picked = self._pick(due) if self._work.engine == "postgresql" else self._work.rows(LEASABLE, **due)
        if not picked:
            return []
        taken = update(DELIVERY).where(_among(picked), CHANNEL_IS_FREE)
        values = {"state": State.LEASED, "lease_owner": owner, "lease_until": now + durations.lease}
        rows = self._work.rows(taken.values(**values, fence=DELIVERY.c.fence + 1).returning(*DELIVERY.c))
        return [_delivery(row) for row in sorted(rows, key=lambda row: (row.not_before, row.team, row.number))]

    def _pick(self, due: Mapping[str, Any]) -> Sequence[AnyRow]:
        """Rows that no other worker holds, in channels that none holds.

        A locked row alone would let two workers take one row each of the same channel. The lock on the channel
        ends with our transaction, and what another one committed before we had it is seen by the statement after.
        """
        rows = self._work.rows(LEASABLE_AND_UNLOCKED, **due)
        if not rows:
            return []
        channel = func.concat_ws("/", *(DELIVERY.c[name] for name in CHANNEL))
        held = func.pg_try_advisory_xact_lock(func.hashtextextended(channel, literal(0, BigInteger)))
        locked = select(DELIVERY.c.team, DELIVERY.c.number, held.label("held")).where(_among(rows))
        return [row for row in self._work.rows(locked) if row.held]

    def skip_late(self) -> Sequence[Delivery]:
        now = self._work.now()
        rows = self._work.rows(SKIP_LATE, now=now)
        for row in rows:
            self._pass_on(row, now)
        return [_delivery(row) for row in rows]

    def expire(self, durations: Durations) -> int:
        now = self._work.now()
        ended = ENDED_AND_UNLOCKED if self._work.engine == "postgresql" else ENDED
        rows = self._work.rows(ended, now=now)
        for row in rows:
            self._work.change(update(DELIVERY).where(_among([row])).values(_after_lease(row, durations)))
        return len(rows)

    def intend(self, delivery: DeliveryId, fence: int, durations: Durations) -> bool:
        now = self._work.now()
        ours = and_(
            _is(delivery),
            DELIVERY.c.fence == fence,
            DELIVERY.c.state == State.LEASED,
            DELIVERY.c.lease_until >= now + durations.enough_lease,
        )
        statement = (
            update(DELIVERY)
            .where(ours)
            .values(
                state=State.SENDING,
                attempt=DELIVERY.c.attempt + 1,
                sent_from=now,
                first_sent_from=func.coalesce(DELIVERY.c.first_sent_from, literal(now, DELIVERY.c.sent_from.type)),
            )
        )
        return self._work.change(statement) == 1

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
    ) -> bool:
        now = self._work.now()
        values: dict[str, Any] = {
            "state": state,
            "outcome": outcome,
            "settled_at": now,
            "not_before": not_before or now,
            "lease_owner": None,
            "lease_until": None,
            **({"message_channel": message.channel.id, "message": message.id} if message else {}),
            **({"thread_channel": thread.channel.id, "thread": thread.id} if thread else {}),
        }
        ours = and_(_is(delivery), DELIVERY.c.fence == fence, DELIVERY.c.state.not_in(_FINAL))
        row = self._work.row(update(DELIVERY).where(ours).values(values).returning(*DELIVERY.c))
        if row is not None and state.final:
            self._pass_on(row, now)
        return row is not None

    def never_late(self, delivery: DeliveryId) -> None:
        self._work.change(update(DELIVERY).where(_is(delivery)).values(late_after=None))

    def _pass_on(self, row: AnyRow, now: datetime) -> None:
        """Let the steps that waited for this one go on, or refuse them with it and what waits for them in turn."""
        waits = DELIVERY.c.state.in_([State.PENDING, State.UNCERTAIN])
        following = update(DELIVERY).where(DELIVERY.c.team == row.team, DELIVERY.c.source_key == row.source_key, waits)
        if row.state == State.SENT:
            known = _landed(row)
            if known:
                self._work.change(following.values(known))
            self._work.change(following.where(DELIVERY.c.waits_for == row.ordinal).values(not_before=now))
            return
        ended = [row.ordinal]
        while ended:
            waiting = following.where(DELIVERY.c.waits_for.in_(ended))
            values = {"state": row.state, "outcome": row.outcome, "settled_at": now}
            ended = [one.ordinal for one in self._work.rows(waiting.values(values).returning(DELIVERY.c.ordinal))]

    def uncertain(self, limit: int, platforms: Sequence[str]) -> Sequence[Delivery]:
        due = {"now": self._work.now(), "limit": limit, "platforms": list(platforms)}
        return [_delivery(row) for row in self._work.rows(UNCERTAIN, **due)]

    def get(self, delivery: DeliveryId) -> Delivery | None:
        row = self._work.row(select(DELIVERY).where(_is(delivery)))
        return _delivery(row) if row else None

    def of(self, team: TeamId, source_key: str) -> Sequence[Delivery]:
        steps = select(DELIVERY).where(DELIVERY.c.team == team, DELIVERY.c.source_key == source_key)
        return [_delivery(row) for row in self._work.rows(steps.order_by(DELIVERY.c.ordinal))]

    def showing(self, message: MessageRef) -> tuple[TeamId, EntryId] | None:
        here = and_(
            DELIVERY.c.platform == message.channel.workspace.platform,
            DELIVERY.c.workspace == message.channel.workspace.id,
            DELIVERY.c.message_channel == message.channel.id,
            DELIVERY.c.message == message.id,
            DELIVERY.c.entry.is_not(None),
        )
        row = self._work.row(select(DELIVERY.c.team, DELIVERY.c.entry).where(here).limit(1))
        return (TeamId(row.team), EntryId(id_of(row.team, row.entry))) if row else None

    def posted(self, workspace: WorkspaceRef, since: datetime) -> Sequence[MessageRef]:
        at = func.coalesce(DELIVERY.c.sent_from, DELIVERY.c.settled_at)
        here = and_(
            DELIVERY.c.platform == workspace.platform,
            DELIVERY.c.workspace == workspace.id,
            DELIVERY.c.message.is_not(None),
            DELIVERY.c.entry.is_not(None),
            at >= since,
        )
        rows = self._work.rows(select(DELIVERY).where(here).order_by(at.desc(), DELIVERY.c.number.desc()))
        return [_message(row, row.message_channel, row.message) for row in rows]

    def discussions(self, team: TeamId, entry: EntryId, limit: int) -> Sequence[tuple[datetime, MessageRef]]:
        at = func.coalesce(DELIVERY.c.sent_from, DELIVERY.c.settled_at)
        posted = and_(
            DELIVERY.c.team == team,
            DELIVERY.c.team == team_of(entry),
            DELIVERY.c.entry == number_of(entry),
            DELIVERY.c.step == Step.ROOT,
            DELIVERY.c.state == State.SENT,
            DELIVERY.c.message.is_not(None),
        )
        newest = select(DELIVERY, at.label("at")).where(posted).order_by(at.desc(), DELIVERY.c.number.desc())
        rows = self._work.rows(newest.limit(limit))
        return [(row.at, _message(row, row.message_channel, row.message)) for row in rows]

    def unsettled(self, team: TeamId) -> Sequence[Delivery]:
        recent = and_(DELIVERY.c.state == State.REFUSED, DELIVERY.c.settled_at >= self._work.now() - _RECENT)
        troubled = select(DELIVERY).where(DELIVERY.c.team == team, or_(DELIVERY.c.state == State.NEEDS_HUMAN, recent))
        newest = troubled.order_by(DELIVERY.c.settled_at.desc(), DELIVERY.c.number.desc())
        return [_delivery(row) for row in self._work.rows(newest)]

    def next_due(self) -> datetime | None:
        at: datetime | None = self._work.value(NEXT)
        return at

    def overdue(self, platforms: Sequence[str]) -> datetime | None:
        rows = self._work.rows(OVERDUE, now=self._work.now(), limit=1, platforms=list(platforms))
        return rows[0].not_before if rows else None

    def open(self) -> Mapping[State, int]:
        return {State(row.state): row.number for row in self._work.rows(OPEN)}

    def doubt_after_restore(self) -> int:
        """After a restored backup nothing due can be trusted not to have been sent since; how many rows there were.

        What waits for a doubtful step may have been sent as well: it is in doubt, too, and is looked into in its turn.
        """
        now = self._work.now()
        self._work.change(update(INSTANCE).values(boot_epoch=INSTANCE.c.boot_epoch + 1))
        doubtful = update(DELIVERY).where(
            DELIVERY.c.state.in_([State.PENDING, State.LEASED, State.SENDING]), DELIVERY.c.not_before <= now
        )
        since = func.coalesce(DELIVERY.c.first_sent_from, DELIVERY.c.not_before)
        values = {"sent_from": since, "first_sent_from": since, "lease_owner": None, "lease_until": None}
        epoch = select(INSTANCE.c.boot_epoch).scalar_subquery()
        again = {"state": State.UNCERTAIN, "boot_epoch": epoch, "fence": DELIVERY.c.fence + 1}
        count = self._work.change(doubtful.values(not_before=now, **again, **values))
        root = DELIVERY.alias("root")
        same = and_(root.c.team == DELIVERY.c.team, root.c.source_key == DELIVERY.c.source_key)
        begun = select(func.min(root.c.first_sent_from)).where(same, root.c.state == State.UNCERTAIN).scalar_subquery()
        waiting = update(DELIVERY).where(DELIVERY.c.state == State.PENDING, DELIVERY.c.not_before.is_(None))
        in_doubt = waiting.where(begun.is_not(None))
        self._work.change(in_doubt.values(sent_from=begun, first_sent_from=begun, **again))
        return count


def _planned(team: TeamId, number: int, draft: Draft, instance: AnyRow, not_before: datetime | None) -> dict[str, Any]:
    body = None if draft.card is None else to_json(draft.card)
    return {
        "team": team,
        "number": number,
        "source_key": draft.source_key,
        "ordinal": draft.ordinal,
        "waits_for": draft.waits_for,
        "step": draft.step,
        **place(draft.channel),
        "body": body,
        "body_sha": None if body is None else sha256(body.encode(errors="surrogatepass")).hexdigest(),
        "title": draft.title,
        "meaning": draft.meaning,
        "entry": None if draft.entry is None else number_of(draft.entry),
        "schedule": None if draft.schedule is None else number_of(draft.schedule),
        "week": draft.week,
        "late_after": draft.late_after,
        "told_platform": draft.told.platform if draft.told else None,
        "told_account": draft.told.id if draft.told else None,
        "key": _key(instance.key, f"{team}/{draft.source_key}/{draft.ordinal}"),
        "state": State.PENDING,
        "attempt": 0,
        "not_before": not_before,
        "fence": 0,
        "boot_epoch": instance.boot_epoch,
    }


def _key(instance_key: bytes, identity: str) -> str:
    """Stable over every attempt, and telling a platform nothing."""
    digest = hmac.digest(instance_key, identity.encode(errors="surrogatepass"), "sha256")
    return urlsafe_b64encode(digest).decode()[:KEY_LENGTH]


def _after_lease(row: AnyRow, durations: Durations) -> dict[str, Any]:
    """What was not begun is free again. What was begun may have arrived, which is looked into once it must show."""
    free = {"lease_owner": None, "lease_until": None}
    if row.state == State.LEASED:
        return {**free, "state": State.PENDING}
    return {**free, "state": State.UNCERTAIN, "not_before": row.sent_from + durations.settle}


def _landed(row: AnyRow) -> dict[str, Any]:
    """What the steps after this one need to know of where it landed."""
    root = {"root_channel": row.message_channel, "root": row.message} if row.step == Step.ROOT and row.message else {}
    thread = {"thread_channel": row.thread_channel, "thread": row.thread} if row.thread else {}
    return {**root, **thread}


def _is(delivery: DeliveryId) -> ColumnElement[bool]:
    return and_(DELIVERY.c.team == team_of(delivery), DELIVERY.c.number == number_of(delivery))


def _among(rows: Sequence[AnyRow]) -> ColumnElement[bool]:
    return tuple_(DELIVERY.c.team, DELIVERY.c.number).in_([(row.team, row.number) for row in rows])


def _delivery(row: AnyRow) -> Delivery:
    return Delivery(
        id=DeliveryId(id_of(row.team, row.number)),
        team=TeamId(row.team),
        draft=_draft(row),
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
        message=_message(row, row.message_channel, row.message) if row.message else None,
        root=_message(row, row.root_channel, row.root) if row.root else None,
        thread=ThreadRef(channel=_channel(row, row.thread_channel), id=row.thread) if row.thread else None,
    )


def _draft(row: AnyRow) -> Draft:
    return Draft(
        channel=channel_of(row),
        source_key=row.source_key,
        step=Step(row.step),
        ordinal=row.ordinal,
        waits_for=row.waits_for,
        card=None if row.body is None else from_json(row.body),
        title=row.title,
        meaning=row.meaning,
        entry=None if row.entry is None else EntryId(id_of(row.team, row.entry)),
        schedule=None if row.schedule is None else ScheduleId(id_of(row.team, row.schedule)),
        week=row.week,
        late_after=row.late_after,
        told=AccountRef(PlatformName(row.told_platform), row.told_account) if row.told_account else None,
    )


def _message(row: AnyRow, channel: str, message: str) -> MessageRef:
    return MessageRef(channel=_channel(row, channel), id=message)


def _channel(row: AnyRow, id: str) -> ChannelRef:
    """A channel (or thread) beside the one the delivery goes to."""
    return ChannelRef(workspace=channel_of(row).workspace, id=id)
