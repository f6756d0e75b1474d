"""Stems of words, by the Snowball stemmers, which both engines index for lists with a language beside the words themselves.

FTS5 has a stemmer for English only, and PostgreSQL's stemmers change with its version, so they are made here. Words keep
their accents until they are stemmed: suffixes of Russian, Spanish and others depend on them. An index contains the stems
that were made when an entry was added, so a PyStemmer with other stems needs a migration that builds the indexes again.
"""

from functools import cache, lru_cache
from typing import Any

from bot.domain.language import ENGLISH, LANGUAGES
from store.sql.search.words import MAX_TOKEN, indexed, tokens, written

_MARK = "\ue000"
"""Around each stem in the index. It is a letter for FTS5 and in no word of a query, and no English suffix ends with it."""


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The English stem of a folded word."""
    found: str = _stemmer(ENGLISH).stemWord(word)
    return found


@cache
def _stemmer(language: str) -> Any:
    from Stemmer import Stemmer

    return Stemmer(LANGUAGES[language].lower())


def stems(text: str, language: str | None) -> list[str]:
    """The stem of each word of a text in one of `LANGUAGES`, folded and marked. None in English or no language."""
    if language is None or language == ENGLISH or language not in LANGUAGES:
        return []
    return [found for word in written(text) if (found := stem_token(word, language))]


@lru_cache(maxsize=50_000)
def stem_token(word: str, language: str) -> str:
    """The stem of a word of `written` as the index contains it; empty if nothing is left of it."""
    found = "".join(tokens(_stemmer(language).stemWord(word)))
    return f"{language}{_MARK}{found[:MAX_TOKEN]}{_MARK}" if found else ""


def indexed_with_stems(text: str, language: str | None = None) -> str:
    """The text as SQLite indexes it: the words, then the stems in the list's language."""
    return " ".join([indexed(text), *stems(text, language)]) if language else indexed(text)
