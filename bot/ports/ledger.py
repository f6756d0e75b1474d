"""The ledger of deliveries: what we post, and how far each post got."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.delivery import Delivery, Draft, Durations, State, Step
from bot.domain.ids import DeliveryId, EntryId, MessageRef, PlatformName, TeamId, ThreadRef, WorkspaceRef


class Ledger(Protocol):
    """The ledger. Which state may follow which is for `bot.domain.delivery` to say, and is checked by its caller."""

    def plan(self, team: TeamId, drafts: Sequence[Draft], *, not_before: datetime) -> bool:
        """Add the drafts of one source: those that wait for no other step are due at `not_before`, behind the messages
        to the channel that are held up, each other when the one it waits for is sent. False, and nothing done, if the source
        was planned before.
        """
        ...

    def lease(self, owner: str, limit: int, durations: Durations, platforms: Sequence[str]) -> Sequence[Delivery]:
        """Lease up to `limit` due deliveries of these platforms, the longest due first, one for each channel at a
        time; rows that another worker holds are passed over, not waited for, and so is what is halted.
        """
        ...

    def skip_overdue(self, platforms: Sequence[str] | None = None) -> Sequence[Delivery]:
        """Skip what is pending after its `late_after`, with the steps that wait for it: on every platform, or on these.
        Returns those that were late themselves.
        """
        ...

    def expire(self, settles: Mapping[PlatformName, timedelta]) -> int:
        """Return rows of these platforms whose lease ended: leased to pending, sending to uncertain, to be looked
        into when the platform's settle time is over since the attempt began. How many there were.
        """
        ...

    def start_attempts(self, deliveries: Sequence[Delivery], durations: Durations) -> Sequence[Delivery]:
        """Note, before the first byte leaves, that these attempts begin; those that may, as they are now.

        Left out is what is no longer leased to us for long enough, what is halted, and whatever goes to a workspace
        that is not the team's (any more), but for a notice to the host's channel.
        """
        ...

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
        attempt: int | None = None,
        sweep_at: datetime | None = None,
        free_at: datetime | None = None,
    ) -> bool:
        """Note how the attempt ended; `sent` makes the steps that wait for it due, and a final refusal refuses
        them, as does a first message that is sent without a place. False if the fence has moved on.

        No message that follows in the channel is due before `free_at`.
        """
        ...

    def clear_deadline(self, delivery: DeliveryId) -> None:
        """Take away its `late_after`: it is to be sent however late that is."""
        ...

    def halt(self, where: WorkspaceRef | PlatformName, steps: Sequence[Step], until: datetime) -> None:
        """Attempt none of these steps in the workspace, or anywhere on the platform, until then, whoever it is that
        would.
        """
        ...

    def claim_uncertain(
        self, owner: str, limit: int, durations: Durations, platforms: Sequence[str]
    ) -> Sequence[Delivery]:
        """Take uncertain deliveries that are due to be looked into, oldest first, one for each channel: nobody else
        looks into them for the length of a lease, and who looked before has lost the fence.
        """
        ...

    def claim_unswept(self, limit: int, durations: Durations, platforms: Sequence[str]) -> Sequence[Delivery]:
        """Take sent messages whose `sweep_at` has come, oldest first; nobody else has them for a lease's length."""
        ...

    def save_sweep(self, delivery: DeliveryId, *, outcome: str | None, again_at: datetime | None) -> None:
        """Note what became of the sweep; with `again_at` it is due once more."""
        ...

    def get(self, delivery: DeliveryId) -> Delivery | None: ...

    def of_source(self, team: TeamId, source_key: str) -> Sequence[Delivery]:
        """Every step of one source, in order."""
        ...

    def entry_shown_by(self, message: MessageRef) -> tuple[TeamId, EntryId] | None:
        """Which entry of which team a message of ours shows."""
        ...

    def posted_messages(self, workspace: WorkspaceRef, since: datetime) -> Sequence[MessageRef]:
        """Our messages in the workspace since then that show an entry, newest first."""
        ...

    def discussions(self, team: TeamId, entry: EntryId, limit: int) -> Sequence[tuple[datetime, MessageRef]]:
        """When and where the entry was posted, newest first."""
        ...

    def unsettled(self, team: TeamId) -> Sequence[Delivery]:
        """Deliveries of the team that wait for a person or were refused within the last 30 days, newest first; not
        the notices that told of these.
        """
        ...

    def mark_uncertain_after_restore(self) -> int:
        """After a restored backup: what was due and not sent may have been sent since, so make it uncertain and end
        every lease. What waits for it is uncertain too when its turn comes. How many there were.
        """
        ...

    def next_due(self) -> datetime | None:
        """When the next row wants attention, or a halt ends; None if there is nothing of the kind."""
        ...

    def overdue(self, platforms: Sequence[str]) -> datetime | None:
        """Since when the oldest delivery of these platforms is due that nothing holds back; None if none is."""
        ...

    def count_by_state(self) -> Mapping[State, int]:
        """How many deliveries are in each state that is not final, over all teams; a state without any is left out."""
        ...
