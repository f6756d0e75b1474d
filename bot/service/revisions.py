"""Keeping a post current: its counts (readers, takeaways, 💡) and its host. At most once an hour."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.card import Card
from bot.domain.delivery import Delivery
from bot.domain.digest import People, with_counts, with_people
from bot.domain.errors import PlatformError, PlatformRefused
from bot.domain.ids import DeliveryId
from bot.ports.store import Transaction
from bot.service import hosts, takeaways

AT_MOST_EVERY = timedelta(hours=1)
CURRENT_FOR = timedelta(days=14)
"""Older posts are left as they are."""


def outdated(tx: Transaction, limit: int, platforms: Sequence[str]) -> Sequence[Delivery]:
    """Posts on these platforms whose counts may have changed, and that may be revised by now."""
    now = tx.now()
    return tx.ledger.outdated(now - CURRENT_FOR, now - AT_MOST_EVERY, limit, platforms)


def claim(tx: Transaction, post: Delivery) -> Card | None:
    """Take the post to revise it: what it is to show. None if another process has it, or the counts are the same."""
    shown, entry = post.draft.card, post.draft.entry
    if shown is None or entry is None or not tx.ledger.claim_revision(post.id, tx.now() - AT_MOST_EVERY):
        return None
    card = with_counts(shown, takeaways.counts(tx, entry))
    if post.draft.schedule is not None and post.draft.week is not None:
        host = hosts.settled(tx, post.draft.schedule, post.draft.week)
        going = len(tx.meetings.going(post.draft.schedule, post.draft.week))
        card = with_people(card, People(host=host.name if host else "", going=going))
    return card if card != shown else None


def note(tx: Transaction, post: DeliveryId, card: Card, error: PlatformError | None) -> None:
    """Note what came of it. A post that the platform does not let us change is left as it is from now on."""
    if error is None:
        tx.ledger.save_revision(post, card, tx.now())
    elif isinstance(error, PlatformRefused):
        tx.ledger.save_revision(post, None, tx.now() + CURRENT_FOR)
