"""The same query finds the same entries on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.service import search
from store.sql import open_store
from store.sql.search.words import LETTERS
from tests.fakes.clock import FakeClock
from tests.fakes.kept import Club, a_club, a_read_entry
from tests.fakes.postgres import Postgres

SPELT = sorted({letter for code, usual in LETTERS.items() for letter in (chr(code), usual)})
"""Every letter of the folding table, and how it is usually spelled."""
WRITTEN = {
    None: "Zero downtime caching with Redis 8.0, C++ and .NET; naïve café straße ёлка қазақ ＦＵＬＬ ﬁle",
    "de": "Verteilte Datenbanken laufen; die Häuser der großen Straßen, caching und queues",
    "fr": "Les chevaux mangés, une base de données répartie",
    "es": "Migraciones de bases de datos rápidamente",
    "ru": "Новый способ миграции баз данных, лёгкие ёлки",
    "tr": "Kitaplar ve ışık İstanbul",
}
SCRIPTS = (
    "การเขียนโปรแกรมคอมพิวเตอร์",
    "ການຂຽນໂປຣແກຣມຄອມພິວເຕີ",
    "ភាសាសម្រាប់កុំព្យូទ័រទំនើប",
    "မြန်မာကွန်ပျူတာစာအုပ်",
    "分布式缓存系统 カフカ 데이터베이스를",
    "قاعدة البيانات الموزعة كتاب أحمد يمكن ی ک ۱۲٣",
    "מסדי נתונים מבוזרים שָׁלוֹם",
    "βάσεις δεδομένων Σίσυφος",
)
WORDS = [word for text in (*WRITTEN.values(), *SCRIPTS) for word in text.split()]


@pytest.fixture(scope="module")
def both(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Club, Club]]:
    """The same list on SQLite and on PostgreSQL: the texts above, and each letter of the folding table in a word."""
    with postgres.database() as address:
        urls = f"sqlite:///{_file(tmp_path_factory)}", address
        stores = [open_store(url, FakeClock()) for url in urls]
        one, other = map(a_club, stores)
        for number in range(0, len(SPELT), 40):
            letters = SPELT[number : number + 40]
            _add(one, other, f"Letters {number}", " ".join(f"q{letter}v" for letter in letters), None)
        for language, text in WRITTEN.items():
            _add(one, other, f"{language} {text[:20]}", f"{text}\n\n- {text[::-1]}", language)
        for number, text in enumerate(SCRIPTS):
            _add(one, other, f"Script {number} {text[:6]}", text, None)
        yield one, other
        for store in stores:
            store.close()


def _file(folders: pytest.TempPathFactory) -> Path:
    return folders.mktemp("alike") / "dogear.db"


def _add(one: Club, other: Club, title: str, notes: str, language: str | None) -> None:
    entry = replace(a_read_entry(title, notes), language=language)
    one.add(entry)
    other.add(entry)


def found(club: Club, typed: str) -> tuple[int, set[int], dict[str, str]]:
    with club.store.begin(write=False) as tx:
        answer = search.find(tx, club.team, club.member, typed, 1, 200)
    return answer.total, {hit.entry.number for hit, _ in answer.items}, dict(answer.corrected)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(SPELT), min_size=1, max_size=3), st.sampled_from([" ", ""]))
def test_any_spelling_of_letters_finds_the_same_on_both(
    both: tuple[Club, Club], letters: list[str], between: str
) -> None:
    typed = between.join(f"q{letter}v" for letter in letters)

    assert found(both[0], typed) == found(both[1], typed)


def _is_stemmed_alike(word: str) -> bool:
    """FTS5 leaves English words of two letters as they are, PostgreSQL's stemmer does not: decision 38."""
    return not word.isascii() or len(word.strip('"-')) > 2


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda word, start, end, form: form.format(word[start : max(len(word) - end, 0)] or word),
            st.sampled_from(WORDS),
            st.integers(0, 2),
            st.integers(0, 4),
            st.sampled_from(["{}", "{}", "{}", '"{}"', "-{}", "{}en", "{}s", "{}es"]),
        ).filter(_is_stemmed_alike),
        min_size=1,
        max_size=4,
    )
)
def test_words_of_any_script_and_language_find_the_same_on_both(both: tuple[Club, Club], words: list[str]) -> None:
    typed = " ".join(words)

    assert found(both[0], typed) == found(both[1], typed)


def test_every_letter_of_the_folding_table_finds_its_usual_spelling_on_both(both: tuple[Club, Club]) -> None:
    for letter in SPELT:
        numbers = [found(club, f"q{letter}v as:typed")[1] for club in both]

        assert numbers[0] == numbers[1], letter
        assert numbers[0], letter
