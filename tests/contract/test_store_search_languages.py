"""Words of lists in other languages than English are found in all their forms, the same on both engines."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.domain.language import LANGUAGES
from bot.domain.query import parse
from bot.domain.source import ReadEntry
from bot.domain.text import Text
from bot.ports.search import Hit
from bot.service import search
from store.sql import SqlStore
from store.sql.search.stems import stems
from store.sql.store import SqlTransaction
from store.sql.tables import ENTRY
from tests.fakes.kept import Club, a_club, a_read_entry


def german(title: str, notes: str = "", key: str = "", tags: tuple[str, ...] = ()) -> ReadEntry:
    return replace(a_read_entry(title, notes, key=key, tags=tags), language="de")


def found(club: Club, typed: str) -> list[str]:
    return [hit.entry.title for hit in hits(club, typed)]


def hits(club: Club, typed: str) -> list[Hit]:
    with club.store.begin(write=False) as tx:
        return [hit for hit, _ in search.find(tx, club.team, club.member, typed, 1, 20).items]


def emphasised(text: Text) -> str:
    return "".join(f"[{span.text}]" if span.bold else span.text for span in text)


@pytest.mark.parametrize(
    ("language", "written", "typed"),
    [
        ("de", "Datenbanken", "datenbank"),
        ("de", "laufend", "lauf"),
        ("de", "Straßen", "STRASSE"),
        ("de", "Häuser", "haus"),
        ("fr", "mangées", "manger"),
        ("fr", "chevaux", "cheval"),
        ("es", "migraciones", "migración"),
        ("pt", "bancos", "banco"),
        ("ru", "новый", "новая"),
        ("ru", "лёгкие", "легкая"),
        ("it", "veloci", "veloce"),
        ("sv", "flickorna", "flicka"),
        ("pl", "bazach", "bazami"),
    ],
)
def test_a_word_is_found_by_another_form_of_its_language(club: Club, language: str, written: str, typed: str) -> None:
    club.add(replace(a_read_entry("Title", f"x {written} y"), language=language), a_read_entry("Other"))

    assert found(club, f"{typed} as:typed") == ["Title"]


def test_forms_of_a_language_do_not_find_entries_of_other_lists(club: Club) -> None:
    club.add(german("Häuser"), a_read_entry("English Häuser"), replace(a_read_entry("French Häuser"), language="fr"))

    assert found(club, "häusern as:typed") == ["Häuser"]


def test_english_words_in_a_german_list_are_found_as_before(club: Club) -> None:
    club.add(german("Caching strategies"), german("Databases", tags=("queues",)))

    assert found(club, "cached") == ["Caching strategies"]
    assert found(club, "database") == found(club, "queue") == ["Databases"]


def test_titles_tags_phrases_and_exclusions_know_the_forms(club: Club) -> None:
    club.add(german("Schnelle Datenbanken"), german("Getaggt", tags=("datenbanken",)), german("Bank der Daten"))

    assert set(found(club, "datenbank as:typed")) == {"Schnelle Datenbanken", "Getaggt"}
    assert found(club, '"schneller datenbank"') == ["Schnelle Datenbanken"]
    assert not found(club, '"datenbank schnell"')
    assert found(club, "schnelle bank -datenbank") == ["Bank der Daten"]


def test_a_phrase_in_another_form_does_not_replace_the_words_beside_it(club: Club) -> None:
    club.add(german("Schnelle Datenbanken"), german("Bank für schnelle Datenbanken"))

    assert found(club, 'bank "schneller datenbank"') == ["Bank für schnelle Datenbanken"]


def test_the_line_with_another_form_is_shown_with_its_path(club: Club) -> None:
    club.add(german("Titel", "* oben\n  * Wie Häuser gebaut werden\n* unten"))

    (hit,) = hits(club, "hauses")

    assert emphasised(hit.matched) == "Wie [Häuser] gebaut werden"
    assert hit.path == ("oben",)


def test_another_form_in_the_title_is_emphasised(club: Club) -> None:
    club.add(german("Neue Datenbanken", "und mehr"))

    (hit,) = hits(club, "datenbank")

    assert emphasised(hit.title) == "Neue [Datenbanken]"
    assert not hit.matched


def test_a_known_form_is_not_corrected_and_a_misspelt_word_is(club: Club) -> None:
    club.add(german("Häuser hausen"))

    with club.store.begin(write=False) as tx:
        assert not tx.search.corrected(club.team, parse("hauses"))
        assert tx.search.corrected(club.team, parse("häsuer")) == {"häsuer": "hauser"}


def test_a_word_still_being_typed_is_found(club: Club) -> None:
    club.add(german("Datenbanken"))

    assert found(club, "datenb") == ["Datenbanken"]


def test_more_of_the_words_in_any_form_rank_higher(club: Club) -> None:
    club.add(german("Datenbank und mehr"), german("Häuser", "eine Datenbank"), german("Etwas", "Datenbanken"))

    assert found(club, "haus datenbanken")[0] == "Häuser"


def test_a_change_of_the_language_is_searched_at_once(club: Club) -> None:
    (entry,) = club.add(german("Häuser", key="k"))

    with club.store.begin(write=True) as tx:
        tx.entries.update(club.team, club.source, [(entry, "list.md", a_read_entry("Häuser", key="k"))])
    without = found(club, "häusern as:typed")
    with club.store.begin(write=True) as tx:
        tx.entries.update(club.team, club.source, [(entry, "list.md", german("Häuser", key="k"))])
    again = found(club, "häusern as:typed")
    with club.store.begin(write=True) as tx:
        tx.entries.retire(club.team, [entry])

    assert not without
    assert again == ["Häuser"]
    assert not found(club, "häusern as:typed")


def test_the_languages_of_another_team_change_nothing(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    theirs.add(german("Häuser"))
    ours.add(a_read_entry("Häuser"))

    assert not found(ours, "häusern as:typed")
    assert found(theirs, "häusern as:typed") == ["Häuser"]


def test_the_language_is_stored_with_the_entry(club: Club) -> None:
    club.add(german("A"), a_read_entry("B"))

    with club.store.begin(write=False) as tx:
        assert isinstance(tx, SqlTransaction)
        assert [row.language for row in tx.rows(select(ENTRY.c.language).order_by(ENTRY.c.number))] == ["de", None]


def test_a_text_of_any_length_and_of_odd_characters_is_indexed(club: Club) -> None:
    club.add(german("Lang", "Häuser " * 20_000), german("Seltsam \ue000de\ue000'\\ ﷽ İ 缓存 C++", "a\0b\ud800'"))

    assert found(club, "haus") == ["Lang"]
    assert found(club, "seltsames as:typed") == found(club, "缓存") == ["Seltsam \ue000de\ue000'\\ ﷽ İ 缓存 C++"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_stemmer(language: str) -> None:
    assert bool(stems("words and more", language)) == (language != "en")


def test_stems_are_those_that_are_indexed() -> None:
    """If this fails after an update of PyStemmer, add a migration that builds the indexes again, and raise REINDEXED."""
    pairs = {
        "de": ("Datenbanken häuser läuft", "datenbank haus lauft"),
        "es": ("migraciones rápidamente", "migracion rapid"),
        "fr": ("chevaux mangées", "cheval mang"),
        "it": ("veloci velocemente", "veloc veloc"),
        "pl": ("bazach danych", "baz dan"),
        "pt": ("bancos migrações", "banc migraco"),
        "ru": ("новый лёгкая базы", "нов легк баз"),
        "sv": ("databaserna", "databas"),
        "tr": ("kitaplar", "kitap"),
    }

    made = {language: " ".join(stems(text, language)) for language, (text, _) in pairs.items()}

    assert made == {
        language: " ".join(f"{language}\ue000{stem}\ue000" for stem in expected.split())
        for language, (_, expected) in pairs.items()
    }
