"""What Dogear saw of the pages that entries lead to: saved, used, and reported if a link is dead. Nothing is fetched here."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.domain import notice
from bot.domain.entry import Entry
from bot.domain.ids import AccountRef, ChannelRef, TeamId, Url
from bot.domain.linked_page import CHECK_AGAIN, DEAD_AFTER, KnownPage, LinkedPage, Seen, with_look
from bot.domain.notice import Host
from bot.domain.url import canonical
from bot.ports.store import Transaction
from bot.service import notices

FRESH = timedelta(hours=1)
FRESH_FAILURE = timedelta(seconds=30)
UNUSED_KEPT = timedelta(days=2)
"""As long as a draft is kept, and a day more."""
MAX_PER_HOUR = 60
"""Regular looks at pages, of all processes together."""
ONLINE = timedelta(days=1)
"""If no page was there for so long, our own network is the likelier cause, and nothing is said of the links."""


def save(tx: Transaction, team: TeamId, url: Url, page: LinkedPage) -> None:
    """Save what a look at the page found."""
    key = canonical(url)
    tx.linked_pages.save(team, key, with_look(tx.linked_pages.get(team, key), page, tx.now(), counts=False))


def seen(tx: Transaction, team: TeamId, url: Url) -> LinkedPage | None:
    """What is known of the page, however old that is."""
    known = tx.linked_pages.get(team, canonical(url))
    return None if known is None else known.page


def is_fresh(tx: Transaction, team: TeamId, url: Url) -> bool:
    """Whether we looked at the page just now, and need not do it again."""
    known = tx.linked_pages.get(team, canonical(url))
    if known is None:
        return False
    return tx.now() - known.checked_at < (FRESH if known.page.seen is Seen.PAGE else FRESH_FAILURE)


def claim_due(tx: Transaction) -> Sequence[Entry]:
    """An entry whose page is to be looked at now, noted so that no other process does it as well; none if enough were
    looked at within the hour.
    """
    tx.lock(["web pages"])
    now = tx.now()
    if tx.linked_pages.checked_since(now - timedelta(hours=1)) >= MAX_PER_HOUR:
        return ()
    due = tx.linked_pages.due(now, 1)
    for entry in due:
        known = tx.linked_pages.get(entry.team, entry.key)
        # If this process ends before it has looked, another look is due in ten days.
        before = known or KnownPage(page=LinkedPage(seen=Seen.UNKNOWN), checked_at=now, due_at=now)
        tx.linked_pages.save(entry.team, entry.key, replace(before, due_at=now + CHECK_AGAIN))
    return due


def save_check(tx: Transaction, entry: Entry, page: LinkedPage, host: Host) -> bool:
    """Save what a regular look found. Reports a link to the curators, once, that failed three times in a row. Returns
    whether it did.
    """
    tx.lock(["web pages"])
    before = tx.linked_pages.get(entry.team, entry.key)
    counts = tx.linked_pages.read_since(tx.now() - ONLINE)
    known = with_look(before, page, tx.now(), counts=counts)
    tx.linked_pages.save(entry.team, entry.key, known)
    if known.failures != DEAD_AFTER or before is None or before.failures == DEAD_AFTER:
        return False

    def card(about: ChannelRef, notify: AccountRef | None, team: TeamId) -> notice.Notice:
        return notice.dead_link(entry, known.page.reason, about, notify, team)

    notices.notify_admins(tx, entry.team, card, host)
    return True


def clean_up(tx: Transaction) -> None:
    """Delete what was seen of addresses that were not added."""
    tx.linked_pages.delete_unused(tx.now() - UNUSED_KEPT)
