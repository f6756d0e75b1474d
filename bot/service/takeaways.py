"""Takeaways: what members keep of an entry, and taking that back."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.digest import DISCUSSION, recalled_text, without_recalled
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Conflict, NotFound
from bot.domain.ids import EntryId, EntryNumber, MemberId, MessageRef, TakeawayId, TeamId, Url
from bot.domain.query import Query
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.takeaway import MAX_TAKEAWAY, Counts, Takeaway
from bot.domain.team import Member
from bot.domain.text import Text
from bot.domain.url import is_web
from bot.ports.store import Transaction
from bot.ports.takeaways import FoundTakeaway

MAX_OF_ENTRY = 20
"""Takeaways of one member for one entry."""
MAX_LINK = 500
MAX_FOUND = 20


@record
class Added:
    """A takeaway, and whether it is new; it is not if the member kept the same before."""

    takeaway: Takeaway
    is_new: bool


def add(tx: Transaction, member: Member, entry: Entry, text: str, *, named: bool, about: str | None = None) -> Added:
    """Keep the text for the entry. Raises BadUsage and Conflict."""
    words, link = _checked_text(text), _checked_link(about)
    tx.takeaways.lock(member.id)
    known = tx.takeaways.of_member(member.id, entry.id, limit=MAX_OF_ENTRY)
    same = next((one for one in known if one.text == words and (one.by is not None) == named), None)
    if same is not None:
        return Added(takeaway=same, is_new=False)
    if len(known) >= MAX_OF_ENTRY:
        hint = f"“takeaway list #{entry.number}” shows them; withdraw one first."
        raise Conflict(f"You have {MAX_OF_ENTRY} takeaways of #{entry.number}, which is the limit.", hint=hint)
    return Added(takeaway=tx.takeaways.add(member.id, entry.id, words, named=named, about=link), is_new=True)


def _checked_text(text: str) -> str:
    words = text.strip()
    if not any(character.isalnum() for character in words):
        hint = "Say in your own words what you take away."
        raise BadUsage("A takeaway needs a few words.", hint=hint, field="text")
    if len(words) > MAX_TAKEAWAY:
        hint = f"Shorten it to {MAX_TAKEAWAY} characters."
        raise BadUsage(
            f"A takeaway has at most {MAX_TAKEAWAY} characters; this has {len(words)}.", hint=hint, field="text"
        )
    return words


def _checked_link(about: str | None) -> Url | None:
    if about is None:
        return None
    if not is_web(about) or len(about) > MAX_LINK:
        raise BadUsage("That is not a link.", hint="Copy the link of a message or page.", field="about")
    return Url(about)


def withdraw(tx: Transaction, member: Member, id: TakeawayId) -> Takeaway:
    """Withdraw the member's own takeaway. Returns what it was. Raises NotFound if the member has no such takeaway."""
    tx.takeaways.lock(member.id)
    known = tx.takeaways.get(member.team, id)
    if known is None or known.member != member.id:
        raise NotFound("This takeaway is withdrawn already.", hint="“takeaway list” shows yours.")
    source = tx.takeaways.recalled_in(id)
    tx.takeaways.withdraw(member.team, id)
    for step in tx.ledger.of_source(member.team, source) if source is not None else ():
        if step.draft.card is not None and step.draft.card.title == DISCUSSION:
            tx.ledger.replace_card(step.id, without_recalled(step.draft.card))
    return known


RECALLED_AFTER = timedelta(weeks=4)
"""How old a takeaway is at least that comes back."""
NOT_AGAIN = timedelta(days=180)
"""How long after it came back a takeaway does not come back again."""
MAX_RELATED = 5
MAX_RECALLABLE = 500


def recall(tx: Transaction, entry: Entry, source_key: str) -> Text:
    """An old takeaway of an entry that is related to this one, for the post with this source; empty if there is none.

    Of several the one about the closest entry, and of that the newest one.
    """
    since = tx.now() - NOT_AGAIN
    old = tx.takeaways.recallable(entry.team, before=tx.now() - RECALLED_AFTER, since=since, limit=MAX_RECALLABLE)
    for hit in tx.search.related(entry.team, entry, MAX_RELATED) if old else ():
        for one in old:
            if one.entry == hit.entry.id and tx.takeaways.recall(one.id, source_key, since=since):
                return recalled_text(one, hit.entry.number, tx.now())
    return ()


@record
class Page:
    """A page of takeaways, newest first: page `number` of `pages`, out of `total`. `entries` are those they are about."""

    items: tuple[tuple[Takeaway, Entry], ...]
    total: int
    number: int
    pages: int


def of_entry(tx: Transaction, entry: Entry, number: int, size: int) -> Page:
    """A page of the entry's takeaways; a page past the end is the last one."""
    total = tx.takeaways.count(entry.id)
    pages = max(-(-total // size), 1)
    at = min(number, pages)
    found = tx.takeaways.of_entry(entry.id, offset=(at - 1) * size, limit=size)
    return Page(items=tuple((one, entry) for one in found), total=total, number=at, pages=pages)


def of_member(tx: Transaction, member: Member, number: int, size: int) -> Page:
    """A page of the member's own takeaways; a page past the end is the last one."""
    total = tx.takeaways.count_of(member.id)
    pages = max(-(-total // size), 1)
    at = min(number, pages)
    found = tx.takeaways.of_member(member.id, offset=(at - 1) * size, limit=size)
    return Page(items=_with_entries(tx, member.team, found), total=total, number=at, pages=pages)


def _with_entries(tx: Transaction, team: TeamId, found: Sequence[Takeaway]) -> tuple[tuple[Takeaway, Entry], ...]:
    known = tx.entries.get(team, [one.entry for one in found])
    return tuple((one, known[one.entry]) for one in found)


@record
class FoundWithEntry:
    """A takeaway that a search found, with its entry and the asking member's state."""

    found: FoundTakeaway
    entry: Entry
    state: ReadingState


def find(tx: Transaction, team: TeamId, member: MemberId, query: Query) -> tuple[FoundWithEntry, ...]:
    """The newest matching takeaway of each entry that has one."""
    newest: dict[EntryId, FoundTakeaway] = {}
    for one in tx.takeaways.find(team, member, query, MAX_FOUND):
        newest.setdefault(one.takeaway.entry, one)
    known = tx.entries.get(team, list(newest))
    states = tx.readings.states(member, list(newest))
    return tuple(
        FoundWithEntry(found=one, entry=known[which], state=states.get(which, ReadingState.UNREAD))
        for which, one in newest.items()
    )


def counts(tx: Transaction, entry: EntryId) -> Counts:
    """What members made of the entry."""
    return Counts(
        readers=tx.readings.readers(entry), takeaways=tx.takeaways.count(entry), insights=tx.readings.insights(entry)
    )


def entry_of_thread(tx: Transaction, team: TeamId, message: MessageRef) -> EntryNumber | None:
    """The entry that a post of ours shows; None if it is not ours."""
    shown = tx.ledger.entry_shown_by(message)
    if shown is None or shown[0] != team:
        return None
    return tx.entries.get(team, [shown[1]])[shown[1]].number
