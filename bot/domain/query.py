"""The query language of `/blog search`: words, "phrases", -without, OR, tag:, site:, in:, is:, max: and as:typed. No input is an
error.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from typing import Any

from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.text import site_of
from bot.domain.times import reading_time

MAX_TERMS = 64
"""Further terms are dropped: a pasted page is not a query."""


@record
class Synonym:
    """Two words or short phrases. A search for one also finds the other. Not transitive: the synonyms of `other` are
    not synonyms of `word`.

    `file` has the pair in its front matter; None if a curator added it.
    """

    word: str
    other: str
    file: str | None = None


@record
class Query:
    """What to look for. Everything that ignores case is in lower case.

    `words` are in the order typed, with repeats. An entry must contain every phrase and none of `without` (words or
    phrases). For each filter that is set, it must match one of the values, and none of the negated ones. With
    `as_typed` no word is corrected. `also` maps words to their synonyms, `corrected` lists the words that are
    corrections. `either` has groups of words that were typed with OR between them; a phrase beside OR is in `words`, not
    in `phrases`. `minutes` is the maximum reading time.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    states: tuple[ReadingState, ...] = ()
    as_typed: bool = False
    without_tags: tuple[str, ...] = ()
    without_sites: tuple[str, ...] = ()
    without_sections: tuple[str, ...] = ()
    without_states: tuple[ReadingState, ...] = ()
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    corrected: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    minutes: int | None = None

    @property
    def empty(self) -> bool:
        """Whether the query asks for nothing."""
        return self == Query()


_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"
"""Phones turn a hyphen into one of these."""
_TERM = re.compile(
    rf"""(?P<minus>[{_DASHES}]?)(?:(?P<filter>(?ai:tag|site|in|is|as|max)):(?:"(?P<quoted>[^"]*)"|(?P<value>[^\s"]+))|"(?P<phrase>[^"]*)")"""
    r"""|(?P<word>\S+)"""
)
_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟«»‹›❝❞〝〞〟＂「」『』《》", '"'))
"""Phones and some chat composers replace straight quotes with typographic ones, and languages have their own."""
_SINGLE_QUOTED = re.compile(r"""(?<!\S)['‘‚‛`]([^\s'‘’‚‛`´"]+(?:\s+[^\s'‘’‚‛`´"]+)+)['’‘`´](?!\w)""")
"""Several words in single quotes. An apostrophe is not a quote."""
_BRACKETED = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>")
"""An address as some platforms pass it on."""
_LIST_OF = {"tag": "tags", "site": "sites", "in": "sections", "is": "states", "as": "as_typed", "max": "minutes"}
_WITHOUT = {kind: f"without_{name}" for kind, name in _LIST_OF.items() if kind not in ("as", "max")}

_LISTS = ("words", "phrases", "without", *_LIST_OF.values(), *_WITHOUT.values())

_VALUES: Mapping[str, Collection[str]] = {"is": set(ReadingState), "as": {"typed"}}
"""Filters with a fixed set of values. With any other value they are words."""


def parse(typed: str) -> Query:
    """Parse the typed text. Whatever fits no rule is words."""
    found: dict[str, list[str]] = {name: [] for name in _LISTS}
    straight = _SINGLE_QUOTED.sub(r'"\1"', _BRACKETED.sub(r"\1", typed).translate(_STRAIGHT))
    matches = list(islice(_TERM.finditer(straight), MAX_TERMS))
    either = list(_either(matches))
    for number, match in enumerate(matches):
        name, value = _term(match)
        if name == "phrases" and (_is_or(matches, number - 1) or _is_or(matches, number + 1)):
            name = "words"
        if value and not _is_or(matches, number):
            found[name].append(value)
    states, without_states = (
        tuple(ReadingState(value) for value in found.pop(name)) for name in ("states", "without_states")
    )
    as_typed = bool(found.pop("as_typed"))
    minutes = min(filter(None, map(reading_time, found.pop("minutes"))), default=None)
    parts: dict[str, Any] = {name: tuple(values) for name, values in found.items()}
    return Query(
        **parts, states=states, without_states=without_states, as_typed=as_typed, minutes=minutes, either=tuple(either)
    )


def _either(matches: Sequence[re.Match[str]]) -> Iterator[tuple[str, ...]]:
    """The groups of words and phrases with OR between them."""
    group: list[str] = []
    for number in range(1, len(matches)):
        if _is_or(matches, number):
            group = group or [_term(matches[number - 1])[1]]
            group.append(_term(matches[number + 1])[1])
        elif group and not _is_or(matches, number - 1):
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


def _is_or(matches: Sequence[re.Match[str]], number: int) -> bool:
    """Whether this is an OR between two words or phrases. Anywhere else it is a word."""
    if not 0 < number < len(matches) - 1 or matches[number]["word"] != "OR":
        return False
    sides = matches[number - 1], matches[number + 1]
    return all(side["word"] != "OR" and _term(side)[0] in ("words", "phrases") and _term(side)[1] for side in sides)


def with_words(query: Query, instead: Mapping[str, str]) -> Query:
    """The query with some words corrected."""
    typed = {word for word in query.words if word not in instead}
    corrected = tuple(dict.fromkeys(instead[word] for word in query.words if instead.get(word, word) not in typed))
    words = tuple(instead.get(word, word) for word in query.words)
    either = tuple(tuple(instead.get(word, word) for word in group) for group in query.either)
    return replace(query, words=words, corrected=corrected, either=either)


def _term(match: re.Match[str]) -> tuple[str, str]:
    if match["word"] is not None:
        word = match["word"].lower()
        without = len(word) > 1 and word[0] in _DASHES and word[1].isalnum()
        return ("without", word[1:]) if without else ("words", word)
    if match["phrase"] is not None:
        return "without" if match["minus"] else "phrases", match["phrase"].strip().lower()
    value = (match["quoted"] or match["value"] or "").strip().lower()
    kind = match["filter"].lower()
    if kind == "site":
        value = site_of(value if "://" in value else f"https://{value}")
    lists = _WITHOUT if match["minus"] else _LIST_OF
    is_wrong = reading_time(value) is None if kind == "max" else value not in _VALUES.get(kind, {value})
    if kind not in lists or (value and is_wrong):
        return "words", match[0].lower()
    return lists[kind], value
