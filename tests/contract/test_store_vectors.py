"""Searches by meaning, with the real model, the same on both engines."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.domain.query import parse
from bot.domain.reading_state import Reading, ReadingState
from bot.ports.search import Hits
from bot.ports.vectors import DIMENSIONS, Progress
from bot.runtime.meaning import HostModel
from store.sql import SqlStore
from store.sql.search import vectors
from store.sql.tables import VECTOR
from tests.fakes.clock import FakeClock
from tests.fakes.kept import Club, a_club, a_read_entry
from tests.fakes.model import embed, model_folder, with_model

LIST = (
    "How data is powering skills-based hiring",
    "Upgrading a MySQL fleet to version 8.0",
    "Building video classifiers with vision-language models",
    "Kafka self-serve for engineers",
    "Developing rapidly with generative AI",
    "Musings on building a generative AI product",
    "Keeping secrets safe: security and private data",
)

SYNTAX = (
    "hiring",
    "recruiting",
    "hirng",
    "-kafka",
    '"generative AI"',
    "tag:x",
    "is:unread",
    "OR",
    "как",
    "搜索",
    "🦄",
    "the",
)


@pytest.fixture
def model(store: SqlStore, tmp_path: Path) -> Iterator[HostModel]:
    found = with_model(store, model_folder(tmp_path / "model"))
    yield found
    found.close()


@pytest.fixture
def filled(club: Club, model: HostModel) -> Club:
    """A club with a list and its vectors."""
    fill(club, *LIST)
    embed(club, model)
    return club


def fill(club: Club, *titles: str) -> None:
    club.add(*(a_read_entry(title) for title in titles))


def search(club: Club, typed: str, offset: int = 0, limit: int = 10) -> Hits:
    with club.store.begin(write=False) as tx:
        return tx.search.find(club.team, club.member, parse(typed), offset=offset, limit=limit)


def numbers(hits: Hits) -> list[int]:
    return [hit.entry.number for hit in hits.items]


def test_an_entry_is_found_by_what_it_means(club: Club, model: HostModel) -> None:
    fill(club, *LIST)
    embed(club, model)

    found = search(club, "recruiting")

    assert found.close
    assert numbers(found)[0] == 1
    assert found.total == len(found.items)
    assert search(club, "football results") == Hits(total=0, items=())


def test_entries_with_the_word_come_before_those_that_are_close_to_it(club: Club, model: HostModel) -> None:
    fill(club, *LIST, "GenAI infrastructure")
    embed(club, model)

    found = search(club, "genai")

    assert not found.close
    assert numbers(found)[0] == 8
    assert {5, 6} <= set(numbers(found))


def test_of_several_words_the_meaning_of_all_outweighs_one_of_them(club: Club, model: HostModel) -> None:
    fill(club, *LIST, "Migrations with zero downtime")
    embed(club, model)

    assert numbers(search(club, "zero trust privacy"))[0] == 7


@pytest.mark.parametrize(
    "typed", ["redis", "redis cluster", "redis cluster shard node", "redis is:unread", "memcached"]
)
def test_pages_hold_each_entry_once_and_in_one_order(club: Club, model: HostModel, typed: str) -> None:
    words = ("redis", "redis cluster", "cluster redis redis", "memory store", "cache of values", "key-value database")
    fill(club, *(f"A {words[number % len(words)]} {number}" for number in range(70)))
    embed(club, model)

    whole = search(club, typed, limit=100)
    pages = [search(club, typed, offset=start, limit=5) for start in range(0, whole.total, 5)]

    assert whole.total == len(whole.items) == len(set(numbers(whole))) > 10
    assert {page.total for page in pages} == {whole.total}
    assert [number for page in pages for number in numbers(page)] == numbers(whole)


def test_filters_phrases_and_excluded_words_hold_for_what_is_close(club: Club, model: HostModel) -> None:
    club.add(a_read_entry("Hiring by skills", tags=["people"]), a_read_entry("Recruitment at scale"))
    embed(club, model)
    with club.store.begin(write=True) as tx:
        (first,) = (
            hit.entry.id for hit in tx.search.find(club.team, club.member, parse("skills"), offset=0, limit=1).items
        )
        tx.readings.save(club.member, Reading(entry=first, state=ReadingState.READ, since=tx.now()), None)

    assert set(numbers(search(club, "finding employees"))) == {1, 2}
    assert numbers(search(club, "finding employees tag:people")) == [1]
    assert numbers(search(club, "finding employees is:unread")) == [2]
    assert numbers(search(club, "finding employees -recruitment")) == [1]
    assert not search(club, '"finding employees"').items
    assert not search(club, "as:typed finding employees").items


def test_without_vectors_words_alone_find(club: Club, model: HostModel) -> None:
    fill(club, *LIST)

    assert not search(club, "recruiting").items
    assert numbers(search(club, "hiring")) == [1]


def test_entries_whose_vector_is_still_missing_keep_being_found(club: Club, model: HostModel) -> None:
    fill(club, *LIST)
    embed(club, model)
    fill(club, "Hiring and hiring again")

    assert set(numbers(search(club, "hiring"))) >= {1, 8}


def test_what_is_no_longer_on_the_list_is_not_close_to_anything(club: Club, model: HostModel) -> None:
    fill(club, *LIST)
    embed(club, model)
    with club.store.begin(write=True) as tx:
        (hit,) = tx.search.find(club.team, club.member, parse("hiring"), offset=0, limit=1).items
        tx.entries.retire(club.team, [hit.entry.id])

    assert 1 not in numbers(search(club, "recruiting"))


def test_a_changed_entry_gets_another_vector_and_the_rest_keep_theirs(club: Club, model: HostModel) -> None:
    first = a_read_entry("Growing tomatoes", key="https://example.org/first")
    club.add(first, a_read_entry("Kafka"))
    assert embed(club, model) == 2
    assert embed(club, model) == 0
    assert not search(club, "recruiting").items

    changed = a_read_entry("Hiring by skills", key="https://example.org/first")
    with club.store.begin(write=True) as tx:
        entry = tx.entries.by_key(club.team, first.key)
        assert entry is not None
        tx.entries.update(club.team, club.source, [(entry.id, "list.md", changed)])

    assert embed(club, model) == 1
    assert numbers(search(club, "recruiting")) == [1]


def test_vectors_of_another_model_are_not_used_and_are_deleted(club: Club, model: HostModel) -> None:
    fill(club, *LIST)
    with club.store.begin(write=True) as tx:
        tx.vectors.save("other", [(entry, b"\x7f" * DIMENSIONS) for entry in tx.vectors.missing("other", 3)])

    assert not search(club, "recruiting").items
    with club.store.begin(write=True) as tx:
        assert [tx.vectors.delete_others(model.id, 2) for _ in range(3)] == [2, 1, 0]
    embed(club, model)
    assert numbers(search(club, "recruiting"))[0] == 1


def test_progress_counts_what_is_up_to_date(club: Club, model: HostModel) -> None:
    fill(club, *LIST)
    with club.store.begin(write=False) as tx:
        assert tx.vectors.progress(club.team) == Progress(made=0, entries=7)
    embed(club, model)
    fill(club, "One more")

    with club.store.begin(write=False) as tx:
        assert tx.vectors.progress(club.team) == tx.vectors.progress(None) == Progress(made=7, entries=8)


def test_entries_are_related_by_what_they_mean(club: Club, model: HostModel) -> None:
    fill(club, *LIST, "Recruiting engineers")
    embed(club, model)

    with club.store.begin(write=False) as tx:
        (entry,) = (
            hit.entry for hit in tx.search.find(club.team, club.member, parse("skills"), offset=0, limit=1).items
        )
        related = tx.search.related(club.team, entry, 3)

    assert related[0].entry.number == 8
    assert 1 not in [hit.entry.number for hit in related]


def test_teams_find_nothing_of_each_other(store: SqlStore, club: Club, model: HostModel) -> None:
    fill(club, *LIST)
    other = a_club(store, "others")
    other.add(a_read_entry("Kafka"))
    embed(club, model)

    assert not search(other, "recruiting").items
    with store.begin(write=False) as tx:
        assert tx.vectors.progress(other.team) == Progress(made=1, entries=1)


def test_only_so_many_vectors_are_in_memory(club: Club, model: HostModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "MAX_VECTORS", 5)
    fill(club, *LIST)
    embed(club, model)

    assert numbers(search(club, "recruiting"))[0] == 1
    assert not search(club, "zzyx protection of confidential information").items
    assert numbers(search(club, "secrets")) == [7]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(max_size=40) | st.lists(st.sampled_from(SYNTAX), max_size=6).map(" ".join))
def test_no_input_is_an_error(filled: Club, typed: str) -> None:
    found = search(filled, typed, limit=50)
    page = search(filled, typed, offset=2, limit=3)

    assert found.total == len(found.items)
    assert numbers(page) == numbers(found)[2:5]


def test_of_many_vectors_the_nearest_are_found(club: Club, model: HostModel, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(club, *LIST, *(f"Notes on {word}" for word in ("tea", "rust", "tents", "yoga", "maps", "salt", "wool", "ice")))
    embed(club, model)
    exact = [numbers(search(club, typed)) for typed in ("recruiting", "genai", "drinks", "camping")]

    monkeypatch.setattr(vectors, "MAX_MULTIPLIED", 4)

    assert [numbers(search(club, typed))[:1] for typed in ("recruiting", "genai", "drinks", "camping")] == [
        found[:1] for found in exact
    ]


def test_vectors_that_arrive_during_a_search_do_not_break_it() -> None:
    def row(number: int) -> tuple[int, int, bytes]:
        return number, number, np.full(DIMENSIONS, number % 100 + 1, np.int8).tobytes()

    found = vectors._TeamVectors()
    found._add([row(1)])

    def asked() -> Iterator[int]:
        yield 1
        found._add([row(number) for number in range(2, 50)])  # another thread, which needs longer arrays
        yield 49

    asked_for = (np.ones(DIMENSIONS, np.float32) / DIMENSIONS**0.5).tobytes()
    assert set(found.cosines(asked_for, asked())) == {1, 49}


def test_a_restored_backup_has_no_vectors_and_they_are_made_again(
    club: Club, model: HostModel, clock: FakeClock
) -> None:
    fill(club, *LIST)
    embed(club, model)

    lines = list(club.store.backup())  # type: ignore[attr-defined]

    assert '"vector"' not in "".join(lines)
    with club.store.begin(write=False) as tx:
        assert tx.value(select(func.count()).select_from(VECTOR)) == len(LIST)  # type: ignore[attr-defined]
