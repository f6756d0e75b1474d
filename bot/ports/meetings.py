"""The people around a schedule's digests: who hosts."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.ids import MemberId, ScheduleId, TeamId
from bot.domain.meeting import InTurn, Meeting, MeetingRules


class Meetings(Protocol):
    """The people around a schedule's digests. Lock the schedule before a change."""

    def rules(self, schedule: ScheduleId) -> MeetingRules:
        """The schedule's rules; the usual ones if none were set."""
        ...

    def save_rules(self, rules: MeetingRules) -> None: ...

    def pool(self, schedule: ScheduleId, before: str) -> Sequence[InTurn]:
        """The members who host the schedule's digests, with what they hosted before the week `before`."""
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

    def passed(self, schedule: ScheduleId, week: str) -> set[MemberId]:
        """Who passed their turn of the week."""
        ...

    def pass_turn(self, schedule: ScheduleId, week: str, member: MemberId, *, undo: bool = False) -> None: ...
