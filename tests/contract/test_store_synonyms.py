"""Words that stand for each other, the same on both engines."""

from collections.abc import Mapping, Sequence

import pytest

from bot.domain.query import Synonym, parse
from bot.domain.source import ReadList
from bot.service import entries, search
from bot.service.entries import FileRead
from store.sql import SqlStore
from tests.fakes.kept import Club, a_club, a_read_entry


def add(club: Club, word: str, other: str) -> bool:
    with club.store.begin(write=True) as tx:
        return tx.synonyms.add(club.team, word, other)


def of(club: Club, typed: str) -> Mapping[str, Sequence[str]]:
    with club.store.begin(write=False) as tx:
        return tx.synonyms.for_query(club.team, parse(typed))


def known(club: Club) -> Sequence[Synonym]:
    with club.store.begin(write=False) as tx:
        return tx.synonyms.all(club.team)


def found(club: Club, typed: str) -> list[str]:
    with club.store.begin(write=False) as tx:
        return [hit.entry.title for hit, _ in search.find(tx, club.team, club.member, typed, 1, 10).items]


def shown(club: Club, typed: str) -> list[str]:
    with club.store.begin(write=False) as tx:
        hits = [hit for hit, _ in search.find(tx, club.team, club.member, typed, 1, 10).items]
    return ["".join(f"[{span.text}]" if span.bold else span.text for span in hit.matched or hit.title) for hit in hits]


def read(club: Club, file: str, synonyms: Mapping[str, tuple[str, ...]], *, failed: bool = False) -> None:
    list_ = ReadList(file=file, entries=(a_read_entry(file, key=file),), synonyms=synonyms, failed=failed)
    with club.store.begin(write=True) as tx:
        entries.sync(tx, club.team, [FileRead(source=club.source, digest="1", list=list_)])


def test_a_synonym_finds_what_a_word_alone_does_not_in_both_directions(club: Club) -> None:
    club.add(a_read_entry("About K8s"), a_read_entry("Kubernetes clusters"), a_read_entry("Nomad"))
    add(club, "k8s", "Kubernetes")

    assert found(club, "k8s") == ["About K8s", "Kubernetes clusters"]
    assert found(club, "KUBERNETES") == ["Kubernetes clusters", "About K8s"]
    assert shown(club, "k8s") == ["About [K8s]", "[Kubernetes] clusters"]


def test_what_holds_the_word_comes_before_what_holds_a_synonym_and_both_before_a_beginning(club: Club) -> None:
    club.add(
        a_read_entry("Memoization", "memoization " * 20),
        a_read_entry("Other", "a cache among very many other words " * 5),
        a_read_entry("Cachet"),
    )
    add(club, "cache", "memoization")

    assert found(club, "cache") == ["Other", "Memoization", "Cachet"]


def test_an_entry_with_all_words_but_by_synonyms_comes_before_one_with_some(club: Club) -> None:
    club.add(
        a_read_entry("Upgrades", "upgrades " * 10),
        a_read_entry("Kubernetes", "how upgrades went, among many words that are about something else"),
        a_read_entry("k8s upgrades", "and many words that are about something else"),
    )
    add(club, "k8s", "kubernetes")

    assert found(club, "k8s upgrades") == ["k8s upgrades", "Kubernetes", "Upgrades"]


def test_what_holds_a_typed_word_comes_before_a_synonym_and_that_before_a_corrected_word(club: Club) -> None:
    much_else = "among very many words that are about something else " * 5
    club.add(
        a_read_entry("Memoization", "memoization " * 20),
        a_read_entry("Caching", "caching " * 10),
        a_read_entry("Kubernetes", much_else),
        a_read_entry("Other", f"k8s {much_else}"),
        a_read_entry("Both", f"k8s caching {much_else}"),
    )
    add(club, "k8s", "kubernetes")
    add(club, "caching", "memoization")
    in_order = ["Both", "Other", "Kubernetes", "Caching", "Memoization"]

    assert found(club, "k8s cachnig") == in_order
    assert found(club, "k8s cachnig 41 42 43") == in_order


def test_a_word_that_is_typed_right_once_is_no_corrected_one(club: Club) -> None:
    club.add(a_read_entry("Caching", "caching " * 10), a_read_entry("Queues"))

    assert found(club, "queues caching cachnig") == ["Caching", "Queues"]


def test_a_corrected_word_weighs_as_much_among_what_holds_a_typed_one(club: Club) -> None:
    club.add(*(a_read_entry(f"Redis {n}", "redis redis") for n in range(3)), a_read_entry("Redis", "caching"))

    assert found(club, "redis cachnig 41 42 43")[0] == "Redis"


def test_synonyms_reach_one_level(club: Club) -> None:
    club.add(a_read_entry("One"), a_read_entry("Two"), a_read_entry("Three"))
    add(club, "one", "two")
    add(club, "two", "three")

    assert set(found(club, "one")) == {"One", "Two"}
    assert set(found(club, "two")) == {"One", "Two", "Three"}


def test_phrases_have_synonyms_and_are_synonyms(club: Club) -> None:
    club.add(a_read_entry("ML in use"), a_read_entry("Machine learning"), a_read_entry("Learning a machine"))
    add(club, "ml", "machine learning")

    assert found(club, "ml") == ["ML in use", "Machine learning"]
    assert found(club, "machine learning")[-1] == "ML in use"
    assert found(club, "use machine learning")[0] == "ML in use"
    assert not of(club, "learning machine")
    assert not of(club, '"machine learning"')


def test_a_word_with_a_synonym_is_not_taken_for_a_misspelt_one(club: Club) -> None:
    club.add(a_read_entry("Caching"), a_read_entry("Kubernetes"))
    add(club, "cacing", "kubernetes")

    assert found(club, "cacing") == ["Kubernetes"]
    assert found(club, "cachng") == ["Caching"]


def test_a_corrected_word_has_its_synonyms_too(club: Club) -> None:
    club.add(a_read_entry("Kubernetes"), a_read_entry("K8s"))
    add(club, "kubernetes", "k8s")

    assert found(club, "kubernetse") == ["Kubernetes", "K8s"]
    assert found(club, "as:typed kubernetes") == ["Kubernetes"]


@pytest.mark.parametrize("pair", [("a", "A"), ("", "b"), ("b", "?!"), ("x" * 500, "y"), ("É", "e")])
def test_what_is_no_two_words_is_no_pair(club: Club, pair: tuple[str, str]) -> None:
    assert not add(club, *pair)
    assert not known(club)


def test_a_pair_can_be_removed_by_either_word_and_only_where_a_curator_added_it(club: Club) -> None:
    read(club, "list.md", {"k8s": ("kubernetes", "kube")})
    add(club, "k8s", "kubernetes")
    add(club, "db", "database")
    add(club, "db", "store")

    with club.store.begin(write=True) as tx:
        removed = [
            tx.synonyms.remove(club.team, *which)
            for which in [("Kubernetes", None), ("kube", None), ("database", "DB"), ("store", "other"), ("k8s", None)]
        ]

    assert removed == [1, 0, 1, 0, 0]
    assert known(club) == [
        Synonym(word="db", other="store"),
        Synonym(word="k8s", other="kube", file="list.md"),
        Synonym(word="k8s", other="kubernetes", file="list.md"),
    ]


def test_the_pairs_of_a_file_are_those_that_it_has_now(club: Club) -> None:
    read(club, "a.md", {"one": ("two", "2"), "eins": ("zwei",)})
    read(club, "b.md", {"one": ("two",)})

    read(club, "a.md", {"uno": ("dos",)})
    assert {(pair.word, pair.other, pair.file) for pair in known(club)} == {
        ("uno", "dos", "a.md"),
        ("one", "two", "b.md"),
    }
    read(club, "a.md", {}, failed=True)
    assert of(club, "uno") == {"uno": ("dos",)}
    with club.store.begin(write=True) as tx:
        entries.sync(tx, club.team, [], [(club.source, "a.md")])
    assert [pair.file for pair in known(club)] == ["b.md"]
    with club.store.begin(write=True) as tx:
        tx.entries.set_sources(club.team, ["/elsewhere"])
    assert not known(club)


def test_another_team_has_its_own(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    add(theirs, "k8s", "kubernetes")
    read(theirs, "list.md", {"k8s": ("kube",)})

    with store.begin(write=True) as tx:
        tx.synonyms.remove(ours.team, "k8s", None)
        tx.synonyms.save_file(ours.source, "list.md", {})

    assert not of(ours, "k8s")
    assert not known(ours)
    assert of(theirs, "k8s") == {"k8s": ("kube", "kubernetes")}


@pytest.mark.parametrize("typed", ["", "\0", "\ud800 x", "'; --", "🔥", "x " * 5_000])
def test_any_words_may_be_looked_up(club: Club, typed: str) -> None:
    add(club, "k8s", "kubernetes")

    assert not of(club, typed)
