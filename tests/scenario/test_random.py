"""A random unread entry: every one of them can be drawn, and no other."""

from collections.abc import Callable

import pytest

from bot.domain.reading_state import Reading, ReadingState
from bot.service.entries import DRAWS, unread_at_random
from tests.fakes.clock import FakeClock
from tests.fakes.kept import Club, a_read_entry

TITLES = ["Alpha", "Beta", "Gamma", "Delta"]


def drawn(club: Club, below: Callable[[int], int], tag: str | None = None) -> str | None:
    with club.store.begin(write=False) as tx:
        found = unread_at_random(tx, club.team, club.member, tag, below)
    if found is None:
        return None
    assert found[1] is ReadingState.UNREAD
    return found[0].title


def read(club: Club, clock: FakeClock, *titles: str) -> None:
    with club.store.begin(write=True) as tx:
        for entry in tx.entries.stored(club.team):
            if tx.entries.get(club.team, [entry.id])[entry.id].title in titles:
                reading = Reading(entry=entry.id, state=ReadingState.READ, since=clock.now())
                tx.readings.save(club.member, reading, None)


def test_every_unread_entry_with_the_tag_can_be_drawn(club: Club, clock: FakeClock) -> None:
    club.add(*(a_read_entry(title, tags=["db"]) for title in TITLES), a_read_entry("Other"))
    read(club, clock, "Beta")
    asked: list[int] = []

    def at(offset: int) -> Callable[[int], int]:
        def below(total: int) -> int:
            asked.append(total)
            return offset

        return below

    assert [drawn(club, at(offset), "db") for offset in range(3)] == ["Alpha", "Gamma", "Delta"]
    assert asked == [3, 3, 3]


def test_nothing_is_drawn_where_all_is_read(club: Club, clock: FakeClock) -> None:
    club.add(a_read_entry("Alpha", tags=["db"]))
    read(club, clock, "Alpha")

    assert drawn(club, lambda _: 0) is None
    assert drawn(club, lambda _: 0, "db") is None


def test_an_entry_is_found_by_counting_where_draws_find_none(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    club.add(*(a_read_entry(title) for title in TITLES))
    draws: list[int] = []

    def below(limit: int) -> int:
        draws.append(limit)
        return 2

    with club.store.begin(write=False) as tx:
        monkeypatch.setattr(type(tx.entries), "draw", lambda *_: None)
    assert drawn(club, below) == "Gamma"
    assert len(draws) == DRAWS + 1
    assert draws[-1] == len(TITLES)
