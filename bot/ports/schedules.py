"""Weekly slots, one per channel, and what became of each week."""

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.domain.digest import Candidate, Week
from bot.domain.ids import ChannelRef, EntryId, ScheduleId, TeamId
from bot.domain.schedule import Schedule


class Schedules(Protocol):
    """Weekly slots, one per channel, and what became of each week."""

    def all(self, team: TeamId | None = None) -> Sequence[Schedule]:
        """Every schedule of one team, or of all; none of a workspace that we have left."""
        ...

    def of_channel(self, team: TeamId, channel: ChannelRef) -> Schedule | None: ...

    def save(self, schedule: Schedule) -> Schedule:
        """Keep the schedule in place of the channel's present one, whose id (and used weeks) it takes over."""
        ...

    def remove(self, schedule: ScheduleId) -> None:
        """Remove the slot; the weeks it used stay as history and count again if the channel gets a new slot."""
        ...

    def use_slot(self, week: Week) -> bool:
        """Use up a week's slot; False, and nothing done, if it was used before."""
        ...

    def used_slot(self, schedule: ScheduleId, week: str) -> Week | None: ...

    def used_of(self, slots: Collection[tuple[ScheduleId, str]]) -> set[tuple[ScheduleId, str]]:
        """Which of these slots, named by schedule and week, were used."""
        ...

    def weeks(self, team: TeamId, channel: ChannelRef, limit: int) -> Sequence[Week]:
        """The channel's used weeks, newest first."""
        ...

    def candidates(self, team: TeamId, channel: ChannelRef, tags: Sequence[str]) -> Sequence[Candidate]:
        """The pool: entries on the list with one of the tags (or all), and when each was featured in the channel."""
        ...

    def pin(self, schedule: ScheduleId, entry: EntryId | None) -> None:
        """Set or clear the pick for the next digest."""
        ...

    def pinned(self, schedule: ScheduleId) -> EntryId | None: ...
