"""The people around a schedule's digests: who hosts, who is in, and the votes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.ids import EntryId, MemberId, ScheduleId, TeamId
from bot.domain.meeting import Answer, InTurn, Meeting, MeetingRules, Nominee
from bot.domain.team import Member


class Meetings(Protocol):
    """The people around a schedule's digests. Lock the schedule before a change."""

    def rules(self, schedule: ScheduleId) -> MeetingRules:
        """The schedule's rules; the usual ones if none were set."""
        ...

    def save_rules(self, rules: MeetingRules) -> None: ...

    def pool(self, schedule: ScheduleId, before: str) -> Sequence[InTurn]:
        """The members who host the schedule's digests, with the digest that they hosted last before the week `before`."""
        ...

    def hosted(self, team: TeamId) -> set[ScheduleId]:
        """The team's schedules that have anyone in their pool."""
        ...

    def join_pool(self, schedule: ScheduleId, member: MemberId) -> bool:
        """Add the member to the pool. False if they were in it."""
        ...

    def leave_pool(self, schedule: ScheduleId, member: MemberId) -> bool:
        """Remove the member from the pool. False if they were not in it."""
        ...

    def get(self, schedule: ScheduleId, week: str) -> Meeting: ...

    def set_host(self, meeting: Meeting) -> None:
        """Save who hosts the week."""
        ...

    def touch(self, schedule: ScheduleId, week: str) -> None:
        """Note that something around the digest has changed, so that its post is revised."""
        ...

    def touched(self, team: TeamId, since: datetime) -> set[ScheduleId]:
        """The team's schedules around whose digests something has changed since then."""
        ...

    def going(self, schedule: ScheduleId, week: str) -> Sequence[Member]:
        """Who is in, in the order in which they said so."""
        ...

    def answer(self, schedule: ScheduleId, week: str, member: MemberId) -> Answer | None:
        """What the member last said about being in."""
        ...

    def say(self, schedule: ScheduleId, week: str, member: MemberId, *, going: bool) -> None:
        """Save whether the member is in."""
        ...

    def passed(self, schedule: ScheduleId, week: str) -> set[MemberId]:
        """Who passed their turn of the week."""
        ...

    def pass_turn(self, schedule: ScheduleId, week: str, member: MemberId, *, undo: bool = False) -> None: ...

    def nominees(self, schedule: ScheduleId, week: str) -> Sequence[Nominee]:
        """What the vote for the week's digest is about; empty if there is none."""
        ...

    def nominate(self, schedule: ScheduleId, week: str, nominees: Sequence[Nominee]) -> None:
        """Save what the vote is about. Once for each week."""
        ...

    def last_vote(self, schedule: ScheduleId, before: str) -> str | None:
        """The last week before this one that had a vote."""
        ...

    def votes(self, schedule: ScheduleId, week: str) -> Mapping[EntryId, frozenset[MemberId]]:
        """Who votes for each entry; entries without a vote are left out."""
        ...

    def voted(self, schedule: ScheduleId, week: str, entry: EntryId, member: MemberId) -> Answer | None:
        """What the member last said about the entry."""
        ...

    def vote(self, schedule: ScheduleId, week: str, entry: EntryId, member: MemberId, *, in_favour: bool) -> None:
        """Save whether the member votes for the entry."""
        ...
