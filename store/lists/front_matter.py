"""The front matter of a list: YAML between lines of `---`, or TOML between lines of `+++`.

The fence is found here: python-frontmatter's own `parse` strips the text, so that positions are lost, and takes a
front matter without an end for none at all. What cannot be used is reported and never keeps the entries from loading.
"""

import re
import tomllib
from collections.abc import Hashable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import yaml
from frontmatter.default_handlers import SafeLoader, YAMLHandler

from bot.domain.record import record
from store.lists.characters import excerpt, seen
from store.lists.report import Report

MAX_CHARACTERS = 64 * 1024
MAX_LEVELS = 20
MAX_VALUES = 2_000

_OPENING = re.compile(r"(---|\+\+\+)[ \t]*(?:\n|\Z)")
_CLOSING = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
}
_UNMADE = (ValueError, ArithmeticError, LookupError, AttributeError, TypeError)
"""What PyYAML raises for a value that is not of its type, such as `2024-13-45` or `!!bool maybe`."""
_LINE = re.compile(r" \(at line (\d+).*\)")


@record
class FrontMatter:
    """What a list says about itself; `lines` is how many lines of the file it takes, fences included."""

    lines: int = 0
    title: str | None = None
    tags: tuple[str, ...] = ()
    draft: bool = False
    nested_are_notes: bool = False
    synonyms: Mapping[str, tuple[str, ...]]


class _Unusable(Exception):
    """The front matter as a whole cannot be used; `line` counts from 0 after the opening fence."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def split(text: str, report: Report) -> tuple[FrontMatter, str]:
    """The front matter, and the Markdown after it."""
    opening = _OPENING.match(text)
    if opening is None:
        return FrontMatter(synonyms={}), text
    fence = opening[1]
    closing = _CLOSING[fence].search(text, opening.end())
    if closing is None:
        report.error(f"the front matter is not closed, so it is not used; end it with a line of {fence}", 1)
        return FrontMatter(lines=1, synonyms={}), text[opening.end() :]
    inner, body = text[opening.end() : closing.start()], text[closing.end() + 1 :]
    lines = inner.count("\n") + 2
    try:
        values = _values(fence, inner, report)
    except _Unusable as error:
        report.error(f"the front matter is not used: {error}; correct it or remove it", error.line + 2)
        return FrontMatter(lines=lines, synonyms={}), body
    return _Reader(values, inner, report).front_matter(lines), body


def _values(fence: str, inner: str, report: Report) -> Mapping[str, Any]:
    if len(inner) > MAX_CHARACTERS:
        raise _Unusable(f"it has more than {MAX_CHARACTERS:,} characters", -1)
    values = _yaml(inner, report) if fence == "---" else _toml(inner)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise _Unusable("it should be lines of `name: value`", 0)
    return {str(key): value for key, value in values.items()}


def _toml(text: str) -> Any:
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise _Unusable(f"it is nested deeper than {MAX_LEVELS} levels", 0) from None
    except ValueError as error:
        at = _LINE.search(str(error))
        raise _Unusable(_why(error), int(at[1]) - 1 if at else 0) from None
    if _deeper_than(values, MAX_LEVELS):
        raise _Unusable(f"it is nested deeper than {MAX_LEVELS} levels", 0)
    return values


def _deeper_than(value: object, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_deeper_than(each, levels - 1) for each in inner)


def _yaml(text: str, report: Report) -> Any:
    try:
        _refuse_bombs(text)
        return YAMLHandler().load(text, Loader=_loader_for(report))
    except yaml.MarkedYAMLError as error:
        line = _line(error.problem_mark or error.context_mark)
        raise _Unusable(excerpt(error.problem or "it is no YAML", 120), line) from None
    except (yaml.YAMLError, RecursionError, *_UNMADE) as error:
        raise _Unusable(excerpt(str(error), 120), 0) from None


def _line(mark: Any) -> int:
    return mark.line if mark else 0


def _refuse_bombs(text: str) -> None:
    """Refuse what takes more to build than to write, before anything is built."""
    level = 0
    for number, event in enumerate(yaml.parse(text, Loader=SafeLoader)):
        if number > MAX_VALUES:
            raise _Unusable(f"it has more than {MAX_VALUES:,} values", _line(event.start_mark))
        if isinstance(event, yaml.AliasEvent):
            raise _Unusable("it has an alias (`*name`)", _line(event.start_mark))
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
            if level > MAX_LEVELS:
                raise _Unusable(f"it is nested deeper than {MAX_LEVELS} levels", _line(event.start_mark))
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1


def _loader_for(report: Report) -> type[Any]:
    """A loader that reports a value it cannot make and a key that stands twice, and goes on."""

    class Loader(SafeLoader):  # type: ignore[misc, valid-type]  # which class it is depends on libyaml being there
        def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep=deep)
            except _UNMADE as error:
                line = node.start_mark.line + 2
                report.error(f"`{excerpt(str(node.value))}` cannot be used: {_why(error)}; correct it", line)
                return None

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            keys = set()
            for key, _ in node.value:
                if isinstance(key.value, str) and key.value in keys:
                    report.warning(f"`{excerpt(key.value)}` stands twice; remove one", key.start_mark.line + 2)
                keys.add(key.value if isinstance(key.value, str) else None)
            mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
            return mapping

    return Loader


def _why(error: Exception) -> str:
    if not isinstance(error, ValueError):
        return "it is not of its type"
    return "the number is too long" if "digits" in str(error) else excerpt(_LINE.sub("", str(error)), 120)


class _Reader:
    """The values we know, each checked for what it should be."""

    def __init__(self, values: Mapping[str, Any], inner: str, report: Report) -> None:
        self._values = values
        self._inner = inner
        self._report = report

    def front_matter(self, lines: int) -> FrontMatter:
        self._check_date()
        return FrontMatter(
            lines=lines,
            title=self._title(),
            tags=self._tags(),
            draft=self._draft(),
            nested_are_notes=self._nested(),
            synonyms=self._synonyms(),
        )

    def _title(self) -> str | None:
        value = self._values.get("title")
        if value is None or (title := _word(value)) is None:
            self._expect(value is None, "title", "some text; put it in quotes")
            return None
        return title or None

    def _tags(self) -> tuple[str, ...]:
        value = self._values.get("tags")
        words = list(_words(value))
        self._expect(None not in words, "tags", "a list of words; put them in quotes")
        return tuple(dict.fromkeys(word.lower() for word in words if word))

    def _draft(self) -> bool:
        value = self._values.get("draft", False)
        self._expect(isinstance(value, bool) or value is None, "draft", "true or false")
        return value is True

    def _nested(self) -> bool:
        value = self._values.get("nested")
        self._expect(value in (None, "notes", "entries"), "nested", "`notes` or `entries`")
        return value == "notes"

    def _check_date(self) -> None:
        value = self._values.get("date")
        self._expect(value is None or isinstance(value, date | datetime), "date", "a date such as 2024-05-26")

    def _synonyms(self) -> Mapping[str, tuple[str, ...]]:
        value = self._values.get("synonyms")
        pairs = value if isinstance(value, dict) else {}
        self._expect(isinstance(value, dict | None), "synonyms", "words with their synonyms, `cache: [caching, memo]`")
        found = {_word(word): list(_words(others)) for word, others in pairs.items()}
        sound = all(word and None not in others for word, others in found.items())
        self._expect(sound, "synonyms", "words; put them in quotes")
        return {
            word.lower(): tuple(dict.fromkeys(other.lower() for other in others if other))
            for word, others in found.items()
            if word and any(others)
        }

    def _expect(self, holds: bool, key: str, expected: str) -> None:
        if not holds:
            self._report.warning(f"`{key}` is not used: it should be {expected}", self._line_of(key))

    def _line_of(self, key: str) -> int:
        at = re.search(rf"^[\"']?{key}[\"']?[ \t]*[:=]", self._inner, re.MULTILINE)
        return self._inner.count("\n", 0, at.start()) + 2 if at else 1


def _words(value: object) -> Iterator[str | None]:
    """The words of a list, or of text with commas; None for each that is no word."""
    if value is None:
        return
    if isinstance(value, str):
        yield from (seen(word).strip() for word in value.split(","))
    elif isinstance(value, list):
        yield from (_word(each) for each in value)
    else:
        yield _word(value)


def _word(value: object) -> str | None:
    """Text as it was meant; YAML reads an unquoted `no` as false and `12:30` as a number, which is beyond mending."""
    if isinstance(value, str):
        return " ".join(seen(value).split())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value.isoformat() if isinstance(value, date) else None
