"""The ledger of deliveries: what we post, and how far each post got."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.card import Card
from bot.domain.delivery import Delivery, Draft, Durations, State, Step, Transition
from bot.domain.ids import DeliveryId, EntryId, MessageRef, PlatformName, TeamId, WorkspaceRef


class Ledger(Protocol):
    """The ledger of deliveries. The caller checks the state transitions; `bot.domain.delivery` defines them."""

    def plan(self, team: TeamId, drafts: Sequence[Draft], *, not_before: datetime) -> bool:
        """Add the drafts of one source. False, and nothing changed, if the source was planned before.

        A draft that waits for no other step is due at `not_before`, behind the channel's messages that are on hold.
        Each other draft is due when the step it waits for is sent.
        """
        ...

    def lease(self, owner: str, limit: int, durations: Durations, platforms: Sequence[str]) -> Sequence[Delivery]:
        """Lease up to `limit` due deliveries of these platforms, the longest due first, one per channel.

        Rows that another worker holds are skipped without waiting, and so are halted ones.
        """
        ...

    def skip_overdue(self, platforms: Sequence[str] | None = None) -> Sequence[Delivery]:
        """Skip pending deliveries that are past their `late_after`, and the steps that wait for them.

        Covers every platform, or only these. Returns the deliveries that were late themselves.
        """
        ...

    def expire(self, settles: Mapping[PlatformName, timedelta]) -> int:
        """End expired leases on these platforms: leased becomes pending, sending becomes uncertain. Returns how many.

        An uncertain delivery is looked for once the platform's settle time has passed since its attempt started.
        """
        ...

    def start_attempts(self, deliveries: Sequence[Delivery], durations: Durations) -> Sequence[Delivery]:
        """Record that these attempts start, before the first byte leaves. Returns those that may start, as of now.

        Left out is a delivery whose lease has ended or ends too soon, a halted one, and one to a workspace that is not
        the team's (any more), except for a notice to the host's channel.
        """
        ...

    def settle(self, delivery: Delivery, transition: Transition, *, free_at: datetime | None = None) -> bool:
        """Record how the attempt ended. False if the fence has moved on.

        `sent` makes the steps that wait for it due. A final refusal refuses them too, and so does a first message that
        was sent without a known place. The channel's next message is due at `free_at` at the earliest.
        """
        ...

    def clear_deadline(self, delivery: DeliveryId) -> None:
        """Clear its `late_after`, so that it is sent however late."""
        ...

    def replace_card(self, delivery: DeliveryId, card: Card) -> None:
        """Post this card instead, or note it in place of what was posted. Nothing is done while a worker has the delivery."""
        ...

    def halt(self, where: WorkspaceRef | PlatformName, steps: Sequence[Step], until: datetime) -> None:
        """Attempt none of these steps in the workspace, or on the whole platform, until then. Applies to every worker."""
        ...

    def claim_uncertain(
        self, owner: str, limit: int, durations: Durations, platforms: Sequence[str]
    ) -> Sequence[Delivery]:
        """Claim uncertain deliveries that are due for a search, oldest first, one per channel, for the length of a
        lease.

        Claiming moves the fence, so an earlier searcher can no longer settle them.
        """
        ...

    def claim_unswept(self, limit: int, durations: Durations, platforms: Sequence[str]) -> Sequence[Delivery]:
        """Claim sent messages whose `sweep_at` has come, oldest first, for the length of a lease."""
        ...

    def save_sweep(self, delivery: DeliveryId, *, outcome: str | None, again_at: datetime | None) -> None:
        """Record the result of the sweep. With `again_at` it is due once more."""
        ...

    def get(self, delivery: DeliveryId) -> Delivery | None: ...

    def of_source(self, team: TeamId, source_key: str) -> Sequence[Delivery]:
        """Every step of one source, in order."""
        ...

    def roots(self, team: TeamId, source_keys: Collection[str]) -> Mapping[str, Delivery]:
        """The first step of each of these sources, by its key; a source that was never planned is left out."""
        ...

    def recent_roots(self, team: TeamId, entry: EntryId, since: datetime) -> Sequence[tuple[datetime, Delivery]]:
        """The first steps of what shows the entry and was posted, or is to be, since then; newest first."""
        ...

    def withdraw(self, team: TeamId, source_key: str, outcome: str) -> None:
        """Skip every step of the source that no worker has taken yet."""
        ...

    def forget_messages(self, team: TeamId, source_key: str, outcome: str) -> None:
        """Note that the messages of the source were deleted: nothing was posted as far as anyone can see."""
        ...

    def outdated(self, since: datetime, before: datetime, limit: int, platforms: Sequence[str]) -> Sequence[Delivery]:
        """Posts about one entry that were sent after `since`, were neither sent nor revised after `before`, and about whose
        entry a reading state, a takeaway or a 💡 has changed since then, or about whose meeting; those that have waited
        longest come first.
        """
        ...

    def claim_revision(self, delivery: DeliveryId, before: datetime) -> bool:
        """Note that the post is revised now; False, and nothing done, if it was revised after `before`."""
        ...

    def save_revision(self, delivery: DeliveryId, card: Card | None, at: datetime) -> None:
        """Note what the post shows since `at`; without a card it shows what it did, and is not revised before `at`."""
        ...

    def entry_shown_by(self, message: MessageRef) -> tuple[TeamId, EntryId] | None:
        """The team and the entry that a message of ours shows."""
        ...

    def digest_at(self, message: MessageRef) -> Delivery | None:
        """The first step of a digest that this is the message of; None for any other message."""
        ...

    def posted_messages(self, workspace: WorkspaceRef, since: datetime) -> Sequence[MessageRef]:
        """Our messages in the workspace since then that show an entry, newest first."""
        ...

    def discussions(self, team: TeamId, entry: EntryId, limit: int) -> Sequence[tuple[datetime, MessageRef]]:
        """When and where the entry was posted, newest first."""
        ...

    def unsettled(self, team: TeamId) -> Sequence[Delivery]:
        """The team's deliveries that wait for a person or were refused within the last 30 days, newest first.

        Notices about them are left out.
        """
        ...

    def mark_uncertain_after_restore(self) -> int:
        """After a restore: mark due, unsent deliveries as uncertain and end every lease. Returns how many.

        They may have been sent since the backup. A step that waits for one is marked when its turn comes.
        """
        ...

    def next_due(self) -> datetime | None:
        """When the next row is due, or a halt ends; None if neither is ahead."""
        ...

    def overdue(self, platforms: Sequence[str]) -> datetime | None:
        """Since when the oldest due delivery of these platforms waits that is not on hold; None if there is none."""
        ...

    def count_by_state(self) -> Mapping[State, int]:
        """The number of deliveries in each state that is not final, over all teams. States without any are left out."""
        ...
