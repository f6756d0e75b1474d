"""The ledger as rows: which worker may attempt which delivery, and the results.

Long because every change of a row's state is here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)

from bot.domain.card import Card
from bot.domain.delivery import MESSAGES, Delivery, Draft, Durations, State, Step, Transition
from bot.domain.ids import ChannelRef, DeliveryId, EntryId, MessageRef, PlatformName, TeamId, WorkspaceRef
from bot.domain.reading_state import Insight, ReadingState
from store.sql import hot_queries
from store.sql.ids import id_of, number_of, place, team_of
from store.sql.ledger_queries import (
    BUSY_UNTIL,
    CHANNEL,
    ENDED,
    ENDED_AND_UNLOCKED,
    EVERYWHERE,
    FOLLOW,
    HELD,
    INTEND,
    LEASABLE,
    LEASABLE_AND_UNLOCKED,
    LEASE,
    NEXT,
    OPEN,
    OVERDUE,
    PUSH,
    SETTLE,
    SKIP_LATE,
    SKIP_LATE_OF,
    STILL_UNCERTAIN,
    STILL_UNSWEPT,
    UNCERTAIN,
    UNSETTLED,
    UNSWEPT,
)
from store.sql.ledger_rows import delivery_of, message_of, planned, written
from store.sql.notify import notify_workers
from store.sql.session import AnyRow, Session
from store.sql.tables import DELIVERY, HALT, INSTANCE, MARK, MEETING, READING, TAKEAWAY

_RECENT = timedelta(days=30)
_AT_ONCE = 500
"""Sources asked about in one statement; engines limit its parameters."""


class SqlLedger:
    def __init__(self, work: Session) -> None:
        self._work = work

    def plan(self, team: TeamId, drafts: Sequence[Draft], *, not_before: datetime) -> bool:
        if not drafts:
            return True
        instance = self._work.row(_INSTANCE)
        assert instance is not None
        first = self._work.take(team, "delivery", len(drafts))
        if self._work.rows(_PLANNED, of_team=team, of_source=drafts[0].source_key):
            return False
        due = max(not_before, self._busy_until(drafts[0].channel) or not_before)
        rows = [planned(team, number, draft, instance, due) for number, draft in enumerate(drafts, start=first)]
        self._work.change(_INSERT, rows)
        notify_workers(self._work.connection)
        return True

    def _busy_until(self, channel: ChannelRef) -> datetime | None:
        """Until when the channel's pending messages are on hold. New ones are planned behind them."""
        until: datetime | None = self._work.value(
            BUSY_UNTIL, **{f"of_{name}": at for name, at in place(channel).items()}
        )
        return until if until is not None and until > self._work.now() else None

    def lease(self, owner: str, limit: int, durations: Durations, platforms: Sequence[str]) -> Sequence[Delivery]:
        now = self._work.now()
        due = {"now": now, "limit": limit, "platforms": list(platforms)}
        picked = self._pick(due) if self._work.engine == "postgresql" else self._work.rows(LEASABLE, **due)
        values = {"to_state": State.LEASED, "owner": owner, "until": now + durations.lease}
        rows = self._work.rows(LEASE, keys=_keys(picked), **values) if picked else []
        return [delivery_of(row) for row in sorted(rows, key=_order)]

    def _pick(self, due: Mapping[str, Any]) -> Sequence[AnyRow]:
        """Due rows in channels that no worker holds.

        Row locks alone would let two workers take one row each of the same channel. The lock on the channel lasts for
        our transaction; the next statement sees what another worker committed before we had the lock.
        """
        rows = self._work.rows(LEASABLE_AND_UNLOCKED, **due)
        return [row for row in self._work.rows(HELD, keys=_keys(rows)) if row.held] if rows else []

    def skip_overdue(self, platforms: Sequence[str] | None = None) -> Sequence[Delivery]:
        now = self._work.now()
        if platforms is None:
            rows = self._work.rows(SKIP_LATE, now=now)
        else:
            rows = self._work.rows(SKIP_LATE_OF, now=now, platforms=list(platforms))
        for row in rows:
            self._end(row, now)
        return [delivery_of(row) for row in rows]

    def expire(self, settles: Mapping[PlatformName, timedelta]) -> int:
        now = self._work.now()
        ended = ENDED_AND_UNLOCKED if self._work.engine == "postgresql" else ENDED
        rows = self._work.rows(ended, now=now, platforms=list(settles))
        for row in rows:
            after = _after_lease(row, settles[row.platform])
            self._work.change(update(DELIVERY).where(_among([row])).values(after))
        return len(rows)

    def start_attempts(self, deliveries: Sequence[Delivery], durations: Durations) -> Sequence[Delivery]:
        now = self._work.now()
        fences = [(one.key, one.fence) for one in deliveries]
        named = {"keys": [one.key for one in deliveries], "fences": fences}
        begun = self._work.rows(INTEND, **named, now=now, enough=now + durations.enough_lease) if fences else []
        begins = {id_of(row.team, row.number): row for row in begun}
        return [_begun(one, begins[one.id]) for one in deliveries if one.id in begins]

    def settle(self, delivery: Delivery, transition: Transition, *, free_at: datetime | None = None) -> bool:
        now = self._work.now()
        not_before = transition.not_before or now
        message, thread = transition.message, transition.thread
        settled = self._work.rows(
            SETTLE,
            of_team=team_of(delivery.id),
            of_number=number_of(delivery.id),
            of_fence=delivery.fence,
            now=now,
            to_state=transition.state,
            to_outcome=transition.outcome,
            to_not_before=not_before,
            to_attempt=transition.attempt,
            to_sweep_at=transition.sweep_at,
            to_message_channel=message.channel.id if message else None,
            to_message=message.id if message else None,
            to_thread_channel=thread.channel.id if thread else None,
            to_thread=thread.id if thread else None,
        )
        for row in settled:
            self._go_on(row, now, free_at or now)
        if transition.state is State.PENDING and not_before <= now:
            notify_workers(self._work.connection)
        return bool(settled)

    def _go_on(self, row: AnyRow, now: datetime, free_at: datetime) -> None:
        """Apply a settled row to the rows after it, in its source and in its channel."""
        if row.state == State.SENT and (row.message is not None or row.step != Step.ROOT):
            self._follow(row, now, free_at)
        elif State(row.state).final:
            self._end(row, now)
        if free_at > now and row.step in MESSAGES:
            self._work.change(PUSH, free_at=free_at, **{f"of_{name}": getattr(row, name) for name in CHANNEL})

    def _follow(self, row: AnyRow, now: datetime, free_at: datetime) -> None:
        if row.step in (Step.SEED, Step.NOTICE, Step.EVENT):
            return
        is_root = row.step == Step.ROOT
        self._work.change(
            FOLLOW,
            of_team=row.team,
            of_source=row.source_key,
            now=now,
            free_at=free_at,
            of_ordinal=row.ordinal,
            to_root_channel=row.message_channel if is_root else None,
            to_root=row.message if is_root else None,
            to_thread_channel=row.thread_channel,
            to_thread=row.thread,
        )

    def _end(self, row: AnyRow, now: datetime) -> None:
        """End the steps that waited for this one, and those that wait for them."""
        state = State.SKIPPED if row.state == State.SENT else row.state
        waits = DELIVERY.c.state.in_([State.PENDING, State.UNCERTAIN])
        same_source = and_(DELIVERY.c.team == row.team, DELIVERY.c.source_key == row.source_key, waits)
        following = update(DELIVERY).where(same_source).values(state=state, outcome=row.outcome, settled_at=now)
        ended = [row.ordinal]
        while ended:
            waiting = following.where(DELIVERY.c.waits_for.in_(ended)).returning(DELIVERY.c.ordinal)
            ended = [one.ordinal for one in self._work.rows(waiting)]

    def clear_deadline(self, delivery: DeliveryId) -> None:
        self._work.change(update(DELIVERY).where(_is(delivery)).values(late_after=None))

    def replace_card(self, delivery: DeliveryId, card: Card) -> None:
        held = [State.LEASED, State.SENDING, State.UNCERTAIN, State.NEEDS_HUMAN]
        free = and_(_is(delivery), DELIVERY.c.state.not_in(held))
        self._work.change(update(DELIVERY).where(free).values(written(card)))

    def halt(self, where: WorkspaceRef | PlatformName, steps: Sequence[Step], until: datetime) -> None:
        self._work.change(delete(HALT).where(HALT.c.until <= self._work.now()))
        platform, workspace = (where.platform, where.id) if isinstance(where, WorkspaceRef) else (where, EVERYWHERE)
        here = {"platform": platform, "workspace": workspace, "until": until}
        statement = self._work.insert(HALT).values([{**here, "step": step} for step in sorted(steps)])
        later = case((statement.excluded.until > HALT.c.until, statement.excluded.until), else_=HALT.c.until)
        place_of_it = ["platform", "workspace", "step"]
        self._work.change(statement.on_conflict_do_update(index_elements=place_of_it, set_={"until": later}))

    def claim_uncertain(
        self, owner: str, limit: int, durations: Durations, platforms: Sequence[str]
    ) -> Sequence[Delivery]:
        now = self._work.now()
        chosen = self._work.rows(UNCERTAIN, now=now, limit=limit, platforms=list(platforms))
        if not chosen:
            return []
        held = {"lease_owner": owner, "lease_until": now + durations.lease, "fence": DELIVERY.c.fence + 1}
        taken = update(DELIVERY).where(_among(chosen), STILL_UNCERTAIN).values(held).returning(*DELIVERY.c)
        return [delivery_of(row) for row in sorted(self._work.rows(taken, now=now), key=_order)]

    def claim_unswept(self, limit: int, durations: Durations, platforms: Sequence[str]) -> Sequence[Delivery]:
        now = self._work.now()
        chosen = self._work.rows(UNSWEPT, now=now, limit=limit, platforms=list(platforms))
        if not chosen:
            return []
        taken = update(DELIVERY).where(_among(chosen), STILL_UNSWEPT).values(sweep_at=now + durations.lease)
        return [delivery_of(row) for row in self._work.rows(taken.returning(*DELIVERY.c), now=now)]

    def save_sweep(self, delivery: DeliveryId, *, outcome: str | None, again_at: datetime | None) -> None:
        self._work.change(update(DELIVERY).where(_is(delivery)).values(outcome=outcome, sweep_at=again_at))

    def get(self, delivery: DeliveryId) -> Delivery | None:
        row = self._work.row(select(DELIVERY).where(_is(delivery)))
        return delivery_of(row) if row else None

    def of_source(self, team: TeamId, source_key: str) -> Sequence[Delivery]:
        steps = select(DELIVERY).where(DELIVERY.c.team == team, DELIVERY.c.source_key == source_key)
        return [delivery_of(row) for row in self._work.rows(steps.order_by(DELIVERY.c.ordinal))]

    def roots(self, team: TeamId, source_keys: Collection[str]) -> Mapping[str, Delivery]:
        keys = sorted(set(source_keys))
        found: dict[str, Delivery] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = DELIVERY.c.source_key.in_(keys[start : start + _AT_ONCE])
            first = select(DELIVERY).where(DELIVERY.c.team == team, some, DELIVERY.c.ordinal == 0)
            found |= {row.source_key: delivery_of(row) for row in self._work.rows(first)}
        return found

    def recent_roots(self, team: TeamId, entry: EntryId, since: datetime) -> Sequence[tuple[datetime, Delivery]]:
        if team_of(entry) != team:
            return []
        at = func.coalesce(DELIVERY.c.sent_from, DELIVERY.c.settled_at, DELIVERY.c.not_before)
        shows = and_(DELIVERY.c.team == team, DELIVERY.c.entry == number_of(entry), DELIVERY.c.step == Step.ROOT)
        there = DELIVERY.c.state.not_in([State.REFUSED, State.SKIPPED])
        kept = or_(DELIVERY.c.state != State.SENT, DELIVERY.c.message.is_not(None))
        found = select(*DELIVERY.c, at.label("posted_at")).where(shows, there, kept, at >= since)
        rows = self._work.rows(found.order_by(at.desc(), DELIVERY.c.number.desc()))
        return [(row.posted_at, delivery_of(row)) for row in rows]

    def withdraw(self, team: TeamId, source_key: str, outcome: str) -> None:
        waiting = and_(DELIVERY.c.team == team, DELIVERY.c.source_key == source_key, DELIVERY.c.state == State.PENDING)
        skipped = {"state": State.SKIPPED, "outcome": outcome, "settled_at": self._work.now()}
        self._work.change(update(DELIVERY).where(waiting).values(skipped))

    def forget_messages(self, team: TeamId, source_key: str, outcome: str) -> None:
        sent = and_(DELIVERY.c.team == team, DELIVERY.c.source_key == source_key, DELIVERY.c.message.is_not(None))
        gone = {"message": None, "message_channel": None, "sweep_at": None, "outcome": outcome}
        self._work.change(update(DELIVERY).where(sent).values(gone))

    def outdated(self, since: datetime, before: datetime, limit: int, platforms: Sequence[str]) -> Sequence[Delivery]:
        last = func.coalesce(DELIVERY.c.revised_at, DELIVERY.c.settled_at)
        changed = or_(
            _exists(READING, READING.c.state.in_(list(ReadingState)), READING.c.since > last),
            _exists(TAKEAWAY, func.coalesce(TAKEAWAY.c.withdrawn_at, TAKEAWAY.c.at) > last),
            _exists(MARK, MARK.c.meaning == Insight.INSIGHT, MARK.c.at > last),
            select(literal(1)).where(_ITS_MEETING, MEETING.c.changed_at > last).exists(),
        )
        posts = select(DELIVERY).where(
            text("state = 'sent' AND step = 'root'"),
            DELIVERY.c.settled_at > since,
            DELIVERY.c.message.is_not(None),
            DELIVERY.c.entry.is_not(None),
            DELIVERY.c.platform.in_(list(platforms)),
            last <= before,
            changed,
        )
        return [delivery_of(row) for row in self._work.rows(posts.order_by(last, DELIVERY.c.number).limit(limit))]

    def claim_revision(self, delivery: DeliveryId, before: datetime) -> bool:
        last = func.coalesce(DELIVERY.c.revised_at, DELIVERY.c.settled_at)
        mine = update(DELIVERY).where(_is(delivery), last <= before).values(revised_at=self._work.now())
        return self._work.change(mine) > 0

    def save_revision(self, delivery: DeliveryId, card: Card | None, at: datetime) -> None:
        shown = {} if card is None else written(card)
        self._work.change(update(DELIVERY).where(_is(delivery)).values(revised_at=at, **shown))

    def entry_shown_by(self, message: MessageRef) -> tuple[TeamId, EntryId] | None:
        workspace, channel = message.channel.workspace, message.channel.id
        place = {"platform": workspace.platform, "workspace": workspace.id, "channel": channel}
        rows = self._work.fast_rows(hot_queries.SHOWING, **place, message=message.id)
        return next(((TeamId(row.team), EntryId(id_of(row.team, row.entry))) for row in rows), None)

    def digest_at(self, message: MessageRef) -> Delivery | None:
        workspace = message.channel.workspace
        its = and_(
            DELIVERY.c.message == message.id,
            DELIVERY.c.message_channel == message.channel.id,
            DELIVERY.c.workspace == workspace.id,
            DELIVERY.c.platform == workspace.platform,
            DELIVERY.c.schedule.is_not(None),
            DELIVERY.c.entry.is_not(None),
        )
        row = self._work.row(select(DELIVERY).where(its))
        return delivery_of(row) if row else None

    def posted_messages(self, workspace: WorkspaceRef, since: datetime) -> Sequence[MessageRef]:
        at = func.coalesce(DELIVERY.c.sent_from, DELIVERY.c.settled_at)
        here = and_(
            DELIVERY.c.platform == workspace.platform,
            DELIVERY.c.workspace == workspace.id,
            DELIVERY.c.message.is_not(None),
            DELIVERY.c.entry.is_not(None),
            at >= since,
        )
        rows = self._work.rows(select(DELIVERY).where(here).order_by(at.desc(), DELIVERY.c.number.desc()))
        return [message_of(row, row.message_channel, row.message) for row in rows]

    def discussions(self, team: TeamId, entry: EntryId, limit: int) -> Sequence[tuple[datetime, MessageRef]]:
        if team_of(entry) != team:
            return []
        rows = self._work.fast_rows(hot_queries.DISCUSSIONS, team=team, entry=number_of(entry), limit=limit)
        return [(row.at, message_of(row, row.message_channel, row.message)) for row in rows]

    def unsettled(self, team: TeamId) -> Sequence[Delivery]:
        rows = self._work.rows(UNSETTLED, of_team=team, since=self._work.now() - _RECENT)
        return [delivery_of(row) for row in rows]

    def next_due(self) -> datetime | None:
        rows = self._work.rows(NEXT, now=self._work.now())
        at: datetime | None = rows[0][0]
        return at

    def overdue(self, platforms: Sequence[str]) -> datetime | None:
        rows = self._work.rows(OVERDUE, now=self._work.now(), limit=1, platforms=list(platforms))
        return rows[0].not_before if rows else None

    def count_by_state(self) -> Mapping[State, int]:
        return {State(row.state): row.number for row in self._work.rows(OPEN)}

    def mark_uncertain_after_restore(self) -> int:
        """Mark due deliveries as uncertain: they may have been sent since the backup. Returns how many.

        A step that waits for an uncertain one may have been sent too, so it is marked when its turn comes.
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


_INSTANCE = select(INSTANCE)
_INSERT = insert(DELIVERY)
_PLANNED = (
    select(literal(1))
    .where(
        DELIVERY.c.team == bindparam("of_team", type_=Integer),
        DELIVERY.c.source_key == bindparam("of_source", type_=DELIVERY.c.source_key.type),
    )
    .limit(1)
)


def _begun(leased: Delivery, row: AnyRow) -> Delivery:
    """Known columns are not read again: the card alone costs more than everything else."""
    state, sent, first = State.SENDING, row.sent_from, row.first_sent_from
    return replace(leased, state=state, attempt=row.attempt, sent_from=sent, first_sent_from=first)


def _order(row: AnyRow) -> tuple[datetime, int, int]:
    return row.not_before, row.team, row.number


def _keys(rows: Sequence[AnyRow]) -> list[str]:
    return [row.key for row in rows]


def _after_lease(row: AnyRow, settle: timedelta) -> dict[str, Any]:
    """A delivery whose attempt had not started is pending again. One that was being sent may have arrived, so it is
    searched for once it must show.
    """
    free = {"lease_owner": None, "lease_until": None}
    if row.state == State.LEASED:
        return {**free, "state": State.PENDING}
    return {**free, "state": State.UNCERTAIN, "not_before": row.sent_from + settle}


_ITS_MEETING = and_(
    MEETING.c.team == DELIVERY.c.team, MEETING.c.schedule == DELIVERY.c.schedule, MEETING.c.week == DELIVERY.c.week
)


def _exists(table: Table, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the table has such a row about the entry that the delivery shows."""
    about = and_(table.c.team == DELIVERY.c.team, table.c.entry == DELIVERY.c.entry)
    return select(literal(1)).where(about, *where).exists()


def _is(delivery: DeliveryId) -> ColumnElement[bool]:
    return and_(DELIVERY.c.team == team_of(delivery), DELIVERY.c.number == number_of(delivery))


def _among(rows: Sequence[AnyRow]) -> ColumnElement[bool]:
    return DELIVERY.c.key.in_(_keys(rows))
