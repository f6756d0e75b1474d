"""Vectors of texts, which are near each other if the texts mean much the same. Without a model there are none."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.ids import TeamId
from bot.domain.record import record

DIMENSIONS = 384
"""Numbers in a vector. A vector has length 1."""


class Model(Protocol):
    """Makes vectors."""

    @property
    def id(self) -> str:
        """Identifies the files that the vectors come from; empty while no model is usable."""
        ...

    def of_query(self, text: str) -> bytes | None:
        """The vector of what someone searches for, as float32; None if there is none in time, or the model does not know
        the words. Raises nothing.
        """
        ...


@record
class Unembedded:
    """An entry whose vector is missing or is of another text or model. `content` is the hash of the entry's content."""

    team: TeamId
    number: int
    content: str
    text: str


@record
class Progress:
    """How many of the entries on the list have a vector."""

    made: int
    entries: int


class Vectors(Protocol):
    """The vectors of entries. They are derived from the entries and are not part of a backup."""

    def missing(self, model: str, limit: int) -> Sequence[Unembedded]:
        """Entries on the list of any team without a vector of this model."""
        ...

    def save(self, model: str, made: Sequence[tuple[Unembedded, bytes]]) -> None:
        """Save the entries' vectors, one signed byte for each number, in place of earlier ones."""
        ...

    def delete_others(self, model: str, limit: int) -> int:
        """Delete up to `limit` vectors of other models. Returns how many were deleted."""
        ...

    def load(self, team: TeamId) -> None:
        """Bring the team's vectors into the memory of this process, so that searches do not have to."""
        ...

    def progress(self, team: TeamId | None) -> Progress | None:
        """Of one team or of all; None without a usable model."""
        ...
