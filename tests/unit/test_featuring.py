"""Which entry a week features and why: the order, the rules that hold throughout, and two years of weeks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations, product
from pathlib import Path

import pytest

from bot.domain.featuring import Candidate, Context, Feature, Featured, Why, choose, upcoming
from bot.domain.ids import EntryId, EntryNumber, ScheduleId
from store.lists.reading import read_path
from tests.fakes.records import LONG_AGO, NOW

WEEK = timedelta(weeks=1)
CONTEXT = Context(schedule=ScheduleId(1), since=NOW - timedelta(days=100))
LISTS = (
    Path(__file__).parents[1] / "scenario" / "seed.md",
    Path(__file__).parents[2] / "bot" / "sample" / "reading-list.md",
)


def a_candidate(number: int, **changes: object) -> Candidate:
    candidate = Candidate(
        entry=EntryId(number),
        number=EntryNumber(number),
        has_notes=True,
        wanted=0,
        added_at=LONG_AGO,
        last_featured=None,
    )
    return replace(candidate, **changes)  # type: ignore[arg-type]  # changes are fields of the record


def featured(*pool: Candidate, pinned: int | None = None, context: Context = CONTEXT) -> Feature | None:
    """The choice from the pool, which must be the same in whatever order the pool comes."""
    pin = None if pinned is None else EntryId(pinned)
    features: set[Feature | None] = set()
    for order in permutations(pool):
        known = next((one for one in order if one.entry == pin), None)
        features.add(choose(order, context, NOW, known.entry if known else pin))
    assert len(features) == 1
    return features.pop()


def chosen(*pool: Candidate, pinned: int | None = None, context: Context = CONTEXT) -> tuple[int, Why] | None:
    feature = featured(*pool, pinned=pinned, context=context)
    return (feature.entry, feature.why) if feature else None


def reason(*pool: Candidate, context: Context = CONTEXT) -> str:
    feature = featured(*pool, context=context)
    assert feature is not None
    return feature.reason


def ago(weeks: float) -> datetime:
    return NOW - weeks * WEEK


def test_from_an_empty_pool_nothing_is_chosen() -> None:
    assert chosen() is None
    assert chosen(pinned=1) is None


def test_a_pick_comes_before_everything_else() -> None:
    picked = a_candidate(1, has_notes=False, last_featured=ago(1), passed_over=NOW)

    assert chosen(picked, a_candidate(2, wanted=5), pinned=1) == (1, Why.PICKED)


def test_a_pick_that_left_the_pool_falls_back() -> None:
    assert chosen(a_candidate(2), pinned=1) == (2, Why.NEVER_FEATURED)


def test_what_most_members_want_comes_next_with_or_without_notes() -> None:
    wanted = a_candidate(2, wanted=2, has_notes=False)

    assert chosen(a_candidate(1, wanted=1), wanted, a_candidate(3, added_at=ago(0.5))) == (2, Why.WANTED)


def test_what_was_featured_already_is_not_wanted_again() -> None:
    assert chosen(a_candidate(1, wanted=9, last_featured=ago(2)), a_candidate(2)) == (2, Why.NEVER_FEATURED)


def test_what_is_new_and_has_notes_comes_before_what_waits() -> None:
    bare, new = a_candidate(1, added_at=ago(0.1), has_notes=False), a_candidate(2, added_at=ago(0.5))

    assert chosen(bare, new, a_candidate(3)) == (2, Why.NEW)
    assert chosen(a_candidate(1, added_at=ago(1)), a_candidate(2, added_at=ago(2))) == (2, Why.NEW)


def test_nothing_is_new_that_is_older_than_the_schedule_or_three_weeks() -> None:
    begun = replace(CONTEXT, since=ago(0.5))

    assert chosen(a_candidate(1, added_at=ago(1)), context=begun) == (1, Why.NEVER_FEATURED)
    assert chosen(a_candidate(1, added_at=ago(3.1))) == (1, Why.NEVER_FEATURED)


def test_with_notes_comes_before_without() -> None:
    assert chosen(a_candidate(1, has_notes=False), a_candidate(2)) == (2, Why.NEVER_FEATURED)


def test_each_schedule_has_an_order_of_its_own_that_is_not_the_lists() -> None:
    pool = [a_candidate(number) for number in range(1, 21)]
    slots = [NOW + week * WEEK for week in range(20)]

    orders = [
        [one.entry for one in upcoming(pool, replace(CONTEXT, schedule=ScheduleId(schedule)), slots)]
        for schedule in (1, 1, 2)
    ]

    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list(range(1, 21)) != orders[0]


def test_sections_and_tags_of_the_last_four_weeks_are_avoided() -> None:
    before = a_candidate(1, last_featured=ago(4), section=("A",), tags=("x",))
    same, tagged, other = (
        a_candidate(number, section=(section,), tags=(tag,))
        for number, (section, tag) in enumerate((("A", "y"), ("B", "X"), ("C", "z")), start=2)
    )

    assert chosen(before, same, tagged, other) == (4, Why.NEVER_FEATURED)
    assert chosen(before, same, tagged) == (3, Why.NEVER_FEATURED)
    gone = replace(CONTEXT, gone=(Featured(at=ago(1), section=("C",), tags=("z",)),))
    assert chosen(a_candidate(2, section=("D",)), other, context=gone) == (2, Why.NEVER_FEATURED)


def test_when_all_were_featured_the_one_longest_ago_comes_again() -> None:
    recently = a_candidate(1, last_featured=ago(1), wanted=9)
    long_ago, just_as_long_ago = a_candidate(3, last_featured=ago(20)), a_candidate(2, last_featured=ago(20))

    assert chosen(recently, long_ago, just_as_long_ago) == (2, Why.LEAST_RECENT)


def test_a_nested_entry_comes_after_the_one_around_it_and_not_within_eight_weeks() -> None:
    inner, other = a_candidate(2, above=(EntryId(1),), wanted=9), a_candidate(3, last_featured=ago(20))

    assert chosen(a_candidate(1, has_notes=False), inner) == (1, Why.NEVER_FEATURED)
    assert chosen(a_candidate(1, last_featured=ago(8)), inner, other) == (3, Why.LEAST_RECENT)
    assert chosen(a_candidate(1, last_featured=ago(9)), inner, other) == (2, Why.WANTED)
    again = (
        a_candidate(1, last_featured=ago(30)),
        replace(inner, last_featured=ago(3)),
        a_candidate(3, last_featured=ago(5)),
    )
    assert chosen(*again) == (3, Why.LEAST_RECENT)
    assert chosen(a_candidate(1, last_featured=ago(1)), inner) == (2, Why.WANTED)


def test_an_entry_with_one_under_it_comes_first_when_little_is_left() -> None:
    outer, inner = a_candidate(1, has_notes=False), a_candidate(2, above=(EntryId(1),))
    others = [a_candidate(number) for number in range(3, 30)]

    assert chosen(outer, inner, *others[:2]) == (1, Why.NEVER_FEATURED)
    with_notes = choose([outer, inner, *others], CONTEXT, NOW)
    assert with_notes is not None
    assert with_notes.entry > 2


def test_what_was_passed_over_is_left_out_for_eight_weeks() -> None:
    assert chosen(a_candidate(1, passed_over=ago(7.9), wanted=5), a_candidate(2)) == (2, Why.NEVER_FEATURED)
    assert chosen(a_candidate(1, passed_over=ago(8), wanted=5), a_candidate(2)) == (1, Why.WANTED)
    assert chosen(a_candidate(1, passed_over=NOW)) == (1, Why.NEVER_FEATURED)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"wanted": 1}, "a member wants to read it"),
        ({"wanted": 5}, "5 members want to read it"),
        ({"added_at": ago(0)}, "added in the last 24 hours"),
        ({"added_at": NOW - timedelta(days=1)}, "added a day ago"),
        ({"added_at": NOW - timedelta(days=3, hours=20)}, "added 3 days ago"),
        ({"tags": ("Caching",)}, "the first digest tagged caching"),
        ({"tags": ("db",)}, "no digest tagged db since June"),
        ({"tags": ("recent",), "section": ("Web", "New")}, "the first digest from “New”"),
        ({"section": ("Web", "Old")}, "no digest from “Old” since March 2025"),
        ({"tags": ("recent",)}, "never featured here"),
        ({"tags": ("ours",)}, "never featured here"),
        ({}, "never featured here"),
    ],
)
def test_the_reason_is_specific_and_true(changes: dict[str, object], said: str) -> None:
    others = (
        a_candidate(8, last_featured=datetime(2026, 6, 3, tzinfo=NOW.tzinfo), tags=("DB",)),
        a_candidate(9, last_featured=ago(1), tags=("recent",)),
    )
    gone = Featured(at=datetime(2025, 3, 3, tzinfo=NOW.tzinfo), section=("Web", "Old"))
    context = replace(CONTEXT, gone=(gone,), filter=("Ours",))

    assert reason(a_candidate(1, **changes), *others, context=context) == said


def test_nothing_is_the_first_where_nothing_was_featured() -> None:
    assert reason(a_candidate(1, tags=("db",))) == "never featured here"
    assert reason(a_candidate(1, last_featured=datetime(2026, 1, 12, tzinfo=NOW.tzinfo))) == (
        "not featured here since January 2026"
    )


def of_list(path: Path) -> list[Candidate]:
    """The candidates of a list; an entry is nested if its section ends with the title of one before it."""
    pool: list[Candidate] = []
    around: dict[tuple[str, ...], Candidate] = {}
    for number, entry in enumerate(read_path(path, path.name).entries, start=1):
        outer = around.get(entry.section)
        above = (outer.entry, *outer.above) if outer else ()
        noted, tags, section = bool(entry.notes.markdown), entry.tags, entry.section
        pool.append(a_candidate(number, has_notes=noted, tags=tags, section=section, above=above))
        around[*entry.section, entry.title] = pool[-1]
    return pool


def made_up(sections: int, nested: int) -> list[Candidate]:
    """A list of 60 entries in sections of equal size; the first ones of each section have entries under them."""
    pool = [a_candidate(n, section=("List", f"Section {n % sections}"), has_notes=n % 3 > 0) for n in range(1, 61)]
    inner = [
        a_candidate(100 * one.number + n, section=(*one.section, f"Title {one.number}"), above=(one.entry,))
        for one, n in product(pool[:4], range(nested))
    ]
    return [*pool, *inner]


@pytest.mark.parametrize(
    "pool",
    [*map(of_list, LISTS), made_up(3, 0), made_up(6, 3), made_up(30, 1)],
    ids=["seed", "sample", "three sections", "nested", "thirty sections"],
)
def test_two_years_of_weeks_keep_every_rule(pool: Sequence[Candidate]) -> None:
    entries = {one.entry: one for one in pool}
    added: dict[EntryId, int] = {}
    weeks: list[EntryId] = []
    for week in range(104):
        at = NOW + week * WEEK
        if week % 10 == 5:
            like = pool[week % len(pool)]
            new = a_candidate(
                10_000 + week, section=like.section[: 2 - len(like.above)], added_at=at - timedelta(days=2)
            )
            entries[new.entry], added[new.entry] = new, week
        feature = choose(list(entries.values()), CONTEXT, at)
        assert feature is not None
        entries[feature.entry] = replace(entries[feature.entry], last_featured=at)
        weeks.append(feature.entry)

    for entry, week in added.items():
        assert entry in weeks[week : week + 3]
    for week, entry in enumerate(weeks):
        before = weeks[:week]
        assert not set(entries[entry].above) & set(weeks[max(0, week - 8) : week])
        assert not {one for one in weeks[max(0, week - 8) : week] if entry in entries[one].above}
        if entry in before:
            since = weeks[week - before[::-1].index(entry) - 1 : week]
            left = {one for one in entries if added.get(one, 0) < week - len(since)} - set(since)
            assert not {one for one in left if one not in before} or len(pool) < 20
        lately = Counter(entries[one].section for one in weeks[max(0, week - 4) : week])
        if lately[entries[entry].section] >= 2:  # then nothing that had not been featured yet was of another section
            fresh = [one for one in entries if one not in before and added.get(one, 0) <= week]
            assert entry in fresh or len(pool) < 20
            assert not [one for one in fresh if lately[entries[one].section] < 2 and not entries[one].above]
