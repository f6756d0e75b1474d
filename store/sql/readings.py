"""Reading states, choices and marks, as rows."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select, text

from bot.domain.ids import AccountRef, EntryId, MemberId, MessageRef, PlatformName, TeamId
from bot.domain.reading_state import Choice, Insight, Mark, Reading, ReadingCounts, ReadingState, meaning_of
from bot.ports.readings import Marked, TeamCounts
from store.sql import hot_queries
from store.sql.compiled_query import these
from store.sql.filters import folded_tag, on_list
from store.sql.ids import channel_of, id_of, in_channel, number_of, place, team_of
from store.sql.session import AnyRow, Session, lock_number
from store.sql.tables import ENTRY, MARK, MEMBER, READING

MAX_READ = 5

_OF_MEMBER = and_(READING.c.team == bindparam("team"), READING.c.member == bindparam("member"))
_STATES = these(select(READING.c.entry, READING.c.state).where(_OF_MEMBER), READING.c.entry)


_LOCK = text("SELECT pg_advisory_xact_lock_shared(:whole), pg_advisory_xact_lock(:one)")
"""A lock on the whole entry. Members wait for it, but not for each other."""

_MARKED = (
    select(MARK, MEMBER.c.number.label("member"), READING.c.state, READING.c.choice, READING.c.chosen_at)
    .join(MEMBER, and_(*(MEMBER.c[name] == MARK.c[name] for name in ("team", "platform", "account"))))
    .outerjoin(
        READING,
        and_(READING.c.team == MARK.c.team, READING.c.member == MEMBER.c.number, READING.c.entry == MARK.c.entry),
    )
    .where(MARK.c.team == bindparam("of_team"), MARK.c.entry == bindparam("of_entry"))
    .order_by(MEMBER.c.number, MARK.c.at, MARK.c.emoji)
)


class SqlReadings:
    def __init__(self, work: Session) -> None:
        self._work = work

    def lock(self, team: TeamId, account: AccountRef, entry: EntryId) -> None:
        if self._work.engine == "postgresql":
            whole = f"reading {team} {number_of(entry)}"
            one = f"{whole} {account.platform} {account.id}"
            self._work.value(_LOCK, whole=lock_number(whole), one=lock_number(one))

    def lock_entries(self, team: TeamId, entries: Collection[EntryId]) -> None:
        self._work.lock([f"reading {team} {number_of(entry)}" for entry in entries])

    def state(self, member: MemberId, entry: EntryId) -> ReadingState:
        rows = self._work.fast_rows(hot_queries.STATE, **_one(member, entry))
        return ReadingState(rows[0].state) if rows else ReadingState.UNREAD

    def states(self, member: MemberId, entries: Sequence[EntryId]) -> Mapping[EntryId, ReadingState]:
        team = team_of(member)
        numbers = [number_of(entry) for entry in entries if team_of(entry) == team]
        rows = self._work.fast_rows(_STATES, team=team, member=number_of(member), numbers=json.dumps(numbers))
        return {EntryId(id_of(team, entry)): ReadingState(state) for entry, state in rows}

    def choice(self, member: MemberId, entry: EntryId) -> Choice | None:
        rows = self._work.fast_rows(hot_queries.CHOICE, **_one(member, entry))
        return next((Choice(state=ReadingState(row.choice), at=row.chosen_at) for row in rows if row.choice), None)

    def marks(self, team: TeamId, account: AccountRef, entry: EntryId) -> Sequence[Mark]:
        whose = {"platform": account.platform, "account": account.id, "entry": number_of(entry)}
        return (
            [_mark(row) for row in self._work.fast_rows(hot_queries.MARKS, team=team, **whose)]
            if team_of(entry) == team
            else []
        )

    def marks_on(self, team: TeamId, message: MessageRef) -> Sequence[Mark]:
        there = and_(MARK.c.team == team, in_channel(MARK, message.channel), MARK.c.message == message.id)
        return [_mark(row) for row in self._work.rows(select(MARK).where(there).order_by(MARK.c.at, MARK.c.emoji))]

    def marked(self, team: TeamId, entry: EntryId) -> Sequence[Marked]:
        rows = self._work.rows(_MARKED, of_team=team, of_entry=number_of(entry)) if team_of(entry) == team else []
        return [_marked(team, list(of_one)) for _, of_one in groupby(rows, key=attrgetter("member"))]

    def save_mark(self, team: TeamId, mark: Mark) -> bool:
        key = {"team": team, **place(mark.message.channel), "message": mark.message.id, "account": mark.account.id}
        value = {"entry": number_of(mark.entry), "meaning": mark.meaning, "at": mark.at, "live": mark.live}
        statement = hot_queries.KEEP_MARK[self._work.engine]
        return self._work.row(statement, **key, emoji=mark.emoji, **value) is not None

    def save(self, member: MemberId, reading: Reading, choice: Choice | None) -> None:
        chosen = {} if choice is None else {"choice": choice.state, "chosen_at": choice.at}
        statements = hot_queries.KEEP_STATE if choice is None else hot_queries.KEEP_CHOICE
        key = {"team": team_of(member), "member": number_of(member), "entry": number_of(reading.entry)}
        values = {**key, "state": reading.state, "since": reading.since, **chosen}
        self._work.change(statements[self._work.engine], [values])

    def queue(self, member: MemberId, limit: int, minutes: int | None = None) -> Sequence[EntryId]:
        asked = {"team": team_of(member), "member": number_of(member), "limit": limit}
        timed = {"minutes": minutes} if minutes else {}
        rows = self._work.fast_rows(hot_queries.QUEUE[bool(minutes)], **asked, **timed)
        return [EntryId(id_of(team_of(member), row.entry)) for row in rows]

    def unread_count(self, member: MemberId, tag: str | None = None) -> int:
        ((count,),) = self._work.fast_rows(hot_queries.UNREAD_COUNT[bool(tag)], **_unread(member, tag))
        return int(count)

    def unread(self, member: MemberId, tag: str | None = None, *, offset: int, limit: int) -> Sequence[EntryId]:
        asked = {**_unread(member, tag), "offset": offset, "limit": limit}
        rows = self._work.fast_rows(hot_queries.UNREAD[bool(tag)], **asked)
        return [EntryId(id_of(team_of(member), row.number)) for row in rows]

    def counts(self, member: MemberId) -> ReadingCounts:
        team = team_of(member)
        counted = dict(self._work.fast_rows(hot_queries.STATE_COUNTS, team=team, member=number_of(member)))
        read, later = counted.get(ReadingState.READ, 0), counted.get(ReadingState.LATER, 0)
        ((entries,),) = self._work.fast_rows(hot_queries.ON_LIST, team=team)
        return ReadingCounts(read=read, later=later, unread=entries - read - later)

    def readers(self, entry: EntryId, since: datetime | None = None) -> int:
        about = and_(READING.c.team == team_of(entry), _about(entry), READING.c.state == ReadingState.READ)
        lately = [] if since is None else [READING.c.since >= since]
        count: int = self._work.value(select(func.count()).where(about, *lately))
        return count

    def insights(self, entry: EntryId) -> int:
        about = and_(MARK.c.team == team_of(entry), MARK.c.entry == number_of(entry))
        put = select(MARK.c.platform, MARK.c.account).where(about, MARK.c.meaning == Insight.INSIGHT, MARK.c.live)
        count: int = self._work.value(select(func.count()).select_from(put.distinct().subquery()))
        return count

    def read_since(self, member: MemberId, since: datetime) -> int:
        recent = and_(_by(member), READING.c.state == ReadingState.READ, READING.c.since >= since)
        count: int = self._work.value(select(func.count()).where(recent))
        return count

    def read_by(self, member: MemberId, since: datetime) -> Sequence[datetime]:
        own = select(READING.c.since).where(_by(member), READING.c.state == ReadingState.READ, READING.c.since >= since)
        return [row.since for row in self._work.rows(own)]

    def read_in(self, team: TeamId, since: datetime) -> Sequence[tuple[datetime, EntryId]]:
        every = select(READING.c.since, READING.c.entry).where(
            READING.c.team == team, READING.c.state == ReadingState.READ, READING.c.since >= since
        )
        return [(row.since, EntryId(id_of(team, row.entry))) for row in self._work.rows(every)]

    def team_counts(self, team: TeamId, since: datetime) -> TeamCounts:
        read = and_(READING.c.team == team, READING.c.state == ReadingState.READ)
        recent = func.count().filter(READING.c.since >= since)
        row = self._work.row(select(func.count(READING.c.member.distinct()), func.count(), recent).where(read))
        assert row is not None
        readers, reads, reads_since = row
        counted = (
            select(READING.c.entry, func.count().label("readers")).where(read).group_by(READING.c.entry).subquery()
        )
        by_entry = select(counted).join(ENTRY, ENTRY.c.number == counted.c.entry).where(on_list(team))
        most = self._work.rows(by_entry.order_by(counted.c.readers.desc(), counted.c.entry).limit(MAX_READ))
        return TeamCounts(
            members=self._work.value(select(func.count()).where(MEMBER.c.team == team)),
            readers=readers,
            reads=reads,
            reads_since=reads_since,
            entries=self._work.value(select(func.count()).where(on_list(team))),
            entries_read=self._work.value(select(func.count()).select_from(by_entry.subquery())),
            most_read=tuple((EntryId(id_of(team, row.entry)), row.readers) for row in most),
        )


def _unread(member: MemberId, tag: str | None) -> dict[str, Any]:
    tagged = {"tag": folded_tag(tag.removeprefix("#"))} if tag else {}
    return {"team": team_of(member), "member": number_of(member), **tagged}


def _by(member: MemberId) -> ColumnElement[bool]:
    return and_(READING.c.team == team_of(member), READING.c.member == number_of(member))


def _one(member: MemberId, entry: EntryId) -> dict[str, int]:
    """The key of a member's row for an entry. No row matches an entry of another team."""
    number = number_of(entry) if team_of(entry) == team_of(member) else 0
    return {"team": team_of(member), "member": number_of(member), "entry": number}


def _about(entry: EntryId) -> ColumnElement[bool]:
    """Combine it with a condition on the team: entries of other teams have the same numbers."""
    return and_(READING.c.team == team_of(entry), READING.c.entry == number_of(entry))


def _marked(team: TeamId, rows: Sequence[AnyRow]) -> Marked:
    one = rows[0]
    return Marked(
        member=MemberId(id_of(team, one.member)),
        state=ReadingState(one.state) if one.state else ReadingState.UNREAD,
        choice=Choice(state=ReadingState(one.choice), at=one.chosen_at) if one.choice else None,
        marks=tuple(map(_mark, rows)),
    )


def _mark(row: AnyRow) -> Mark:
    return Mark(
        account=AccountRef(platform=PlatformName(row.platform), id=row.account),
        message=MessageRef(channel=channel_of(row), id=row.message),
        entry=EntryId(id_of(row.team, row.entry)),
        emoji=row.emoji,
        meaning=meaning_of(row.meaning),
        at=row.at,
        live=row.live,
    )
