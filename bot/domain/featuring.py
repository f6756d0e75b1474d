"""Which entry a digest features, and the reason that it gives. Pure: the store says what there is and what was featured.

In this order: the pick, what a vote decided, what most members want to read, what is new and has notes, what was never featured here in an
order that is shuffled once for each schedule, and what was featured longest ago. Two rules hold throughout as far as the
list allows it: an entry and one that is nested under it are more than eight weeks apart, the outer one first; and of five
weeks in a row at most two are from one section.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from itertools import chain
from typing import Any

from bot.domain.ids import EntryId, EntryNumber, ScheduleId
from bot.domain.record import record

LATELY = timedelta(weeks=4, days=1)
"""How far back sections and tags are avoided, and what was shared in the channel counts as featured. The day is for a
digest that was late four weeks ago.
"""
APART = timedelta(weeks=8, days=1)
"""An entry and one nested under it are at least this far apart."""
NEW_FOR = timedelta(weeks=3)
"""A new entry with notes is featured within this time."""
PASSED_OVER_FOR = timedelta(weeks=8)
"""How long an entry is left out after “not this one”."""
MOST_OF_SECTION = 2
"""Digests of one section among five in a row."""
SHARE_OF_SECTION = MOST_OF_SECTION / 5
WEEKLY = timedelta(weeks=1)


class Why(StrEnum):
    """Why an entry was featured; stored with the week."""

    PICKED = "picked by an admin"
    VOTED = "voted for by members"
    WANTED = "never featured here, and members put it in their queue"
    NEW = "new on the list"
    NEVER_FEATURED = "never featured here"
    LEAST_RECENT = "everything on the list was featured; this one longest ago"

    @property
    def said(self) -> str:
        """As people read it: a host may pick an entry, too, and the stored word dates from before."""
        return "picked by hand" if self is Why.PICKED else self.value


@record
class Candidate:
    """A candidate for the digest. `wanted` counts the members who have it in their queue, `above` are the entries that it
    is nested under. `last_featured` is when it was last featured or, within four weeks, shared in the channel;
    `passed_over` when an admin last said “not this one”.
    """

    entry: EntryId
    number: EntryNumber
    has_notes: bool
    wanted: int
    added_at: datetime
    last_featured: datetime | None
    tags: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    above: tuple[EntryId, ...] = ()
    passed_over: datetime | None = None


@record
class Featured:
    """An entry that was featured in the channel and has left the list since."""

    at: datetime
    tags: tuple[str, ...] = ()
    section: tuple[str, ...] = ()


@record
class Feature:
    """The choice: which entry, why, and the reason as the digest gives it."""

    entry: EntryId
    why: Why
    reason: str


@record
class Context:
    """What the choice depends on beside the entries. `since` is when the schedule began: older entries are not new.

    `gone` was featured here and is not on the list any more, `filter` are the schedule's own tags.
    """

    schedule: ScheduleId
    since: datetime
    gone: tuple[Featured, ...] = ()
    filter: tuple[str, ...] = ()


def choose(pool: Sequence[Candidate], context: Context, now: datetime, pinned: EntryId | None = None) -> Feature | None:
    """The entry to feature `now` (the time of the digest). None without candidates."""
    found = next((candidate for candidate in pool if candidate.entry == pinned), None)
    if found is not None:
        return Feature(entry=found.entry, why=Why.PICKED, reason=Why.PICKED.said)
    return _Choice(pool, context, now).made() if pool else None


def nominated(pool: Sequence[Candidate], context: Context, now: datetime, most: int) -> list[Feature]:
    """Entries to vote about, each with its reason: what would be featured, what would be without that, and so on."""
    features: list[Feature] = []
    while len(features) < most:
        taken = {feature.entry for feature in features}
        left = [one for one in pool if one.entry not in taken and not is_passed_over(one, now)]
        feature = choose(left, context, now)
        if feature is None:
            break
        features.append(feature)
    return features


def explained(one: Candidate, why: Why, pool: Sequence[Candidate], context: Context, now: datetime) -> Feature:
    """The candidate, chosen before for that reason, with the reason as it is now."""
    return Feature(entry=one.entry, why=why, reason=_Choice(pool, context, now).reason(one, why))


def upcoming(
    pool: Sequence[Candidate], context: Context, slots: Sequence[datetime], first: Feature | None = None
) -> list[Feature]:
    """What the digests at these times would feature, each after those before it, if nothing changed meanwhile. What the
    first one features may be known.
    """
    features: list[Feature] = []
    for at in slots:
        feature = first if first is not None and not features else choose(pool, context, at)
        if feature is None:
            break
        features.append(feature)
        pool = [replace(one, last_featured=at) if one.entry == feature.entry else one for one in pool]
    return features


def is_passed_over(one: Candidate, now: datetime) -> bool:
    """Whether an admin said “not this one” lately."""
    return one.passed_over is not None and now - one.passed_over < PASSED_OVER_FOR


class _Choice:
    """One choice from a pool that is not empty."""

    def __init__(self, pool: Sequence[Candidate], context: Context, now: datetime) -> None:
        self._context = context
        self._now = now
        self._on_list = {one.entry for one in pool}
        self._pool = [one for one in pool if not is_passed_over(one, now)] or list(pool)
        self._featured = {one.entry: one.last_featured for one in pool if one.last_featured is not None}
        self._below = Counter(outer for one in pool if one.last_featured is None for outer in one.above)
        self._nested = _nested(pool)
        here = [(one.last_featured, one.tags, one.section) for one in pool if one.last_featured is not None]
        self._shown = [*here, *((one.at, one.tags, one.section) for one in context.gone)]
        lately = [(tags, section) for at, tags, section in self._shown if now - at <= LATELY]
        self._tags = Counter(chain.from_iterable(set(map(str.casefold, tags)) for tags, _ in lately))
        self._sections = Counter(chain.from_iterable(_places(section) for _, section in lately))
        everywhere = Counter(chain.from_iterable(_places(one.section) for one in pool))
        self._too_large = {place for place, count in everywhere.items() if count > SHARE_OF_SECTION * len(pool)}
        fresh = [one for one in pool if one.last_featured is None]
        self._left = len(fresh)
        self._left_in = Counter(chain.from_iterable(_places(one.section) for one in fresh))

    def made(self) -> Feature:
        free = [one for one in self._pool if self._may_come(one) and not self._came_lately(one)]
        free = free or [one for one in self._pool if one.last_featured is None] or self._pool
        fresh = [one for one in free if one.last_featured is None]
        wanted = [one for one in fresh if one.wanted]
        if wanted:
            best = min(wanted, key=lambda one: (-one.wanted, *self._order(one)))
            return self._feature(best, Why.WANTED)
        new = self._newest(fresh)
        if new is not None:
            return self._feature(new, Why.NEW)
        if fresh:
            return self._feature(min(fresh, key=self._order), Why.NEVER_FEATURED)
        best = min(free, key=lambda one: (self._repeats(one), one.last_featured or self._now, one.number))
        return self._feature(best, Why.LEAST_RECENT)

    def _feature(self, one: Candidate, why: Why) -> Feature:
        return Feature(entry=one.entry, why=why, reason=self.reason(one, why))

    def reason(self, one: Candidate, why: Why) -> str:
        """The reason, which is true of this entry."""
        match why:
            case Why.PICKED:
                return why.said
            case Why.WANTED if one.wanted:
                return "a member wants to read it" if one.wanted == 1 else f"{one.wanted} members want to read it"
            case Why.NEW:
                return _added(one.added_at, self._now)
            case Why.LEAST_RECENT if one.last_featured is not None:
                return f"not featured here since {_month(one.last_featured, self._now)}"
            case _:
                return self._missing(one)

    def _came_lately(self, one: Candidate) -> bool:
        return one.last_featured is not None and self._now - one.last_featured <= LATELY

    def _may_come(self, one: Candidate) -> bool:
        """Whether no entry above or below it was featured lately, and those above it have been featured."""
        near = (*one.above, *self._nested.get(one.entry, ()))
        if any(self._now - self._featured[other] < APART for other in near if other in self._featured):
            return False
        return one.last_featured is not None or all(
            outer in self._featured for outer in one.above if outer in self._on_list
        )

    def _newest(self, fresh: Sequence[Candidate]) -> Candidate | None:
        """The new entry with notes that has waited longest. One of a section that came twice lately waits while it can."""
        new = [
            one
            for one in fresh
            if one.has_notes and one.added_at >= self._context.since and self._now - one.added_at <= NEW_FOR
        ]
        fit = [one for one in new if self._repeats(one) == (False, 0) or self._now + WEEKLY - one.added_at > NEW_FOR]
        return min(fit, key=lambda one: (one.added_at, *self._order(one)), default=None)

    def _order(self, one: Candidate) -> tuple[Any, ...]:
        """The order among entries that were never featured."""
        places = _places(one.section)
        return (
            self._repeats(one),
            not self._is_outer_in_haste(one),
            -self._crowding(one),
            not one.has_notes,
            self._sections[True, one.section],
            sum(self._sections[place] for place in places if place not in self._too_large),
            sum(self._tags[tag] for tag in self._own_tags(one)),
            self._drawn(one),
        )

    def _repeats(self, one: Candidate) -> tuple[bool, int]:
        """Whether its own section came twice in the last four weeks, and how many of those around it did; sections that
        are most of the list do not count.
        """
        places = [place for place in _places(one.section) if place not in self._too_large]
        often = [place for place in places if self._sections[place] >= MOST_OF_SECTION]
        return (True, one.section) in often, len(often)

    def _is_outer_in_haste(self, one: Candidate) -> bool:
        """Whether what is nested under it can only come in this round if it comes soon."""
        below = self._below[one.entry]
        return below > 0 and self._left <= APART // WEEKLY + 3 * below + 2 * len(self._below) + 4

    def _crowding(self, one: Candidate) -> float:
        """By how much its section is too large a part of what is left of this round to be kept apart later."""
        places = [place for place in _places(one.section) if place not in self._too_large]
        share = SHARE_OF_SECTION * (self._left - 1)
        return max(-1.0, *(self._left_in[place] - share for place in places)) if places else -1.0

    def _own_tags(self, one: Candidate) -> list[str]:
        narrowed = {tag.casefold() for tag in self._context.filter}
        return [tag for tag in dict.fromkeys(map(str.casefold, one.tags)) if tag not in narrowed]

    def _drawn(self, one: Candidate) -> bytes:
        """Its place in an order that is shuffled once for each schedule."""
        return blake2b(f"{self._context.schedule}:{one.number}".encode(), digest_size=8).digest()

    def _missing(self, one: Candidate) -> str:
        """What no digest here was about for long, or never: one of the entry's tags, else its section."""
        about = [(f"tagged {tag}", self._last_tagged(tag)) for tag in self._own_tags(one)]
        section = one.section[: len(one.section) - len(one.above)]
        about += [(f"from “{section[-1]}”", self._last_from(section))] if section else []
        known = [(at, what) for what, at in about if at is not None and self._now - at > LATELY]
        if known:
            at, what = min(known)
            return f"no digest {what} since {_month(at, self._now)}"
        never = [what for what, at in about if at is None]
        return f"the first digest {never[0]}" if never and self._shown else "never featured here"

    def _last_tagged(self, tag: str) -> datetime | None:
        return max((at for at, tags, _ in self._shown if tag in map(str.casefold, tags)), default=None)

    def _last_from(self, section: tuple[str, ...]) -> datetime | None:
        return max((at for at, _, where in self._shown if where[: len(section)] == section), default=None)


Place = tuple[bool, tuple[str, ...]]
"""A section: an entry's own, or one that it is somewhere in."""


def _places(section: tuple[str, ...]) -> list[Place]:
    """The entry's own section, that section with all below it, and those around it."""
    around = [(False, section[:depth]) for depth in range(1, len(section) + 1)]
    return [(True, section), *around] if section else []


def _nested(pool: Sequence[Candidate]) -> Mapping[EntryId, Sequence[EntryId]]:
    """The entries under each entry."""
    below: dict[EntryId, list[EntryId]] = {}
    for one in pool:
        for outer in one.above:
            below.setdefault(outer, []).append(one.entry)
    return below


def _added(at: datetime, now: datetime) -> str:
    days = (now - at) // timedelta(days=1)
    return "added in the last 24 hours" if days < 1 else "added a day ago" if days == 1 else f"added {days} days ago"


def _month(at: datetime, now: datetime) -> str:
    """The month; with its year if it is not one of the last ten."""
    return f"{at:%B}" if now - at < timedelta(days=300) else f"{at:%B %Y}"
