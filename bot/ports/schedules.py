"""Weekly slots, one per channel, and the outcome of each week."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.digest import Week
from bot.domain.featuring import Candidate, Featured
from bot.domain.ids import ChannelRef, EntryId, ScheduleId, TeamId
from bot.domain.schedule import Schedule


class Schedules(Protocol):
    """Weekly slots, one per channel, and the outcome of each week."""

    def all(self, team: TeamId | None = None) -> Sequence[Schedule]:
        """Every schedule of one team, or of all teams. Schedules of workspaces that we left are excluded."""
        ...

    def of_channel(self, team: TeamId, channel: ChannelRef) -> Schedule | None: ...

    def save(self, schedule: Schedule) -> Schedule:
        """Save the schedule. It replaces the channel's current one and keeps its id and used weeks."""
        ...

    def remove(self, schedule: ScheduleId) -> None:
        """Remove the slot. Its used weeks stay as history and count again if the channel gets a new slot."""
        ...

    def use_slot(self, week: Week) -> bool:
        """Use a week's slot. False, and nothing changed, if it was used before."""
        ...

    def replace_slot(self, week: Week) -> None:
        """Use up again a slot that was used without a post."""
        ...

    def free_slot(self, schedule: ScheduleId, week: str) -> None:
        """Make a slot that was skipped usable again."""
        ...

    def restore(self, team: TeamId, channel: ChannelRef) -> Schedule | None:
        """Bring the channel's removed slot back as it was; None if none was removed, or it has one."""
        ...

    def used_slot(self, schedule: ScheduleId, week: str) -> Week | None: ...

    def used_of(self, slots: Collection[tuple[ScheduleId, str]]) -> set[tuple[ScheduleId, str]]:
        """Which of these slots, given as (schedule, week), are used."""
        ...

    def weeks(self, team: TeamId, channel: ChannelRef, limit: int) -> Sequence[Week]:
        """The channel's used weeks, newest first."""
        ...

    def candidates(
        self, team: TeamId, channel: ChannelRef, tags: Sequence[str], shared_since: datetime | None = None
    ) -> Sequence[Candidate]:
        """The candidates: entries on the list with one of the tags (or all), and when each was last featured in the
        channel, or shared there after `shared_since`.
        """
        ...

    def gone(self, team: TeamId, channel: ChannelRef) -> Sequence[Featured]:
        """What was featured in the channel and is not on the list any more."""
        ...

    def pass_over(self, schedule: ScheduleId, entry: EntryId, at: datetime | None) -> None:
        """Note that an admin does not want the entry now; None takes that back."""
        ...

    def pin(self, schedule: ScheduleId, entry: EntryId | None) -> None:
        """Set or clear the pick for the next digest."""
        ...

    def pinned(self, schedule: ScheduleId) -> EntryId | None: ...
