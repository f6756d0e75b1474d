"""Edits of the team's list from the chat, and how the list is edited."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.edit import Edit, EditRules, EditState
from bot.domain.ids import EditId, EntryNumber, TeamId


class Edits(Protocol):
    """The edits of teams. Lock `edits TEAM` before a change."""

    def rules(self, team: TeamId) -> EditRules: ...

    def set_rules(self, team: TeamId, rules: EditRules) -> None: ...

    def next_id(self, team: TeamId) -> EditId:
        """An id for a new edit of the team."""
        ...

    def save(self, edit: Edit) -> None:
        """Save a new edit, or replace the known one with its id."""
        ...

    def get(self, edit: EditId) -> Edit | None: ...

    def newest(self, team: TeamId, entry: EntryNumber | None, limit: int) -> Sequence[Edit]:
        """The newest edits, drafts excepted, newest first; with `entry` only those of that entry."""
        ...

    def in_state(self, team: TeamId | None, states: Collection[EditState]) -> Sequence[Edit]:
        """The edits of a team, or of all, that are in one of the states, oldest first."""
        ...

    def undone(self, edit: EditId) -> bool:
        """Whether another edit undoes this one and was not refused."""
        ...

    def delete_drafts(self, team: TeamId, before: datetime) -> None: ...
