"""What the soak takes for growth: what is left of each thing, and not caches that fill and empty."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.bench.soak import Half, Size, judged

THINGS = 100_000
FIRST, SECOND = range(50_000), range(50_000, THINGS)
QUIET = 105_000_000
CACHED = [12_000_000, 20_000_000, 8_000_000, 21_000_000, 19_000_000]
"""Bytes of pages and of free room at one moment and another, as they were measured."""


def a_half(
    things: range, left: Callable[[int], int] = lambda thing: 0, *, objects: int = 0, descriptors: int = 23
) -> Half:
    """With so many bytes left after that many things, and so many objects of each."""
    step = len(things) // len(CACHED)
    ends = [things.start + step * (number + 1) for number in range(len(CACHED))]
    return Half(
        sizes=[
            Size(resident=QUIET + left(end) + cached, descriptors=descriptors, threads=8, taken=end)
            for end, cached in zip(ends, CACHED, strict=True)
        ],
        objects=390_000 + objects * things.stop,
        given_out=30_000_000 + left(things.stop),
    )


def held(first: Half, second: Half) -> Sequence[bool]:
    """Of resident memory, of Python's objects, of the C library's memory, and of descriptors and threads."""
    return [row.ok for row in judged(first, second, THINGS)]


def test_caches_that_fill_and_empty_are_no_growth() -> None:
    first = a_half(FIRST)
    second = replace(first, sizes=first.sizes[::-1], objects=first.objects + 400, given_out=31_000_000)

    assert held(first, second) == [True, True, True, True]


def test_a_hundred_bytes_left_of_each_thing_are_growth_though_memory_wanders_by_more() -> None:
    first, second = (a_half(things, lambda thing: 100 * thing) for things in (FIRST, SECOND))

    assert held(first, second) == [True, True, False, True]


def test_an_object_left_of_each_thing_is_growth() -> None:
    first, second = (a_half(things, objects=1) for things in (FIRST, SECOND))

    assert held(first, second) == [True, False, True, True]


def test_a_twentieth_more_in_the_second_half_is_growth_wherever_it_is() -> None:
    first, second = a_half(FIRST), a_half(SECOND, lambda thing: 7_000_000)

    assert held(first, replace(second, given_out=first.given_out)) == [False, True, True, True]


def test_one_descriptor_more_is_growth() -> None:
    assert held(a_half(FIRST), a_half(SECOND, descriptors=24)) == [True, True, True, False]


def test_a_c_library_that_does_not_tell_what_it_has_given_out_is_not_judged_by_that() -> None:
    first, second = (replace(a_half(things), given_out=None) for things in (FIRST, SECOND))

    assert len(held(first, second)) == 3
