"""The front matter of a list: YAML between lines of `---`, TOML between lines of `+++`, JSON, or Pelican's `Key: value`.

python-frontmatter's handlers say which of the first three a file has and decode it; our own loader stands behind that of
YAML. Where it begins and ends is found here: the library's `parse` strips the text, so that positions are lost, and
takes a front matter without an end for none at all. What cannot be used is reported and never keeps the entries from
loading.
"""

import json
import re
import tomllib
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import yaml
from frontmatter.default_handlers import BaseHandler, JSONHandler, SafeLoader, YAMLHandler

from bot.domain.language import ENGLISH, LANGUAGES, language_of
from bot.domain.record import record
from bot.domain.url import https_origin
from bot.domain.visible import visible
from store.lists.report import Report
from store.lists.text import excerpt

MAX_CHARACTERS = 64 * 1024
MAX_LEVELS = 20
MAX_DESCRIPTION = 500
"""Characters, also of the text of a cover; the rest is cut off."""
MAX_VALUES = 2_000
_LANGUAGE_KEYS = ("lang", "language", "locale", "languagecode")
"""What a list's language is called, by Jekyll, Pelican, Hugo and others. The first that is there counts."""


class _TomlHandler(BaseHandler):
    """The library's own needs another package; Python has a parser."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)

    def load(self, fm: str) -> dict[str, Any]:
        return tomllib.loads(fm)


_YAML, _TOML, _JSON = YAMLHandler(), _TomlHandler(), JSONHandler()
_HANDLERS = {"": _YAML, "yaml": _YAML, "yml": _YAML, "toml": _TOML, "json": _JSON}
_ABOVE = re.compile(r"\s*(?:<!--(?:[^-]|-(?!->)){0,4000}-->\s*)*(?=^(?:---|\+\+\+|\{)[ \t]*(?:\n|\Z))", re.MULTILINE)
"""Blank lines and comments above the first fence."""
_OPENING = re.compile(r"(---|\+\+\+)[ \t]*(yaml|yml|toml|json)?[ \t]*(?:\n|\Z)", re.IGNORECASE)
_CLOSING = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
    "{": re.compile(r"^\}[ \t]*$", re.MULTILINE),
}
_NAME_AND_VALUE = re.compile(r"\s*(?:#.*\n\s*)*[\"']?[\w .-]{1,60}[\"']?[ \t]*[:=]|\s*[\[{]|\s*[}\]]")
_LINK = re.compile(r"\]\(\s*<?https?://|^\s*[-*+]\s+<?https?://", re.MULTILINE | re.IGNORECASE)
_PELICAN = re.compile(
    r"(?:title|date|modified|authors?|tags|category|slug|status|summary|lang|keywords)[ \t]*:(?![:/])", re.IGNORECASE
)
_PELICAN_LINE = re.compile(r"([A-Za-z][\w -]{0,40}?)[ \t]*:(?![:/])[ \t]*(.*)")
_UNMADE = (ValueError, ArithmeticError, LookupError, AttributeError, TypeError)
"""What PyYAML raises for a value that is not of its type, such as `2024-13-45` or `!!bool maybe`."""
_TOML_LINE = re.compile(r" \(at line (\d+).*\)")
_DATE = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
    r"(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?[ \t]*(?:[Zz]|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?)?"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HASH_TAGS = re.compile(r"^[\"']?tags[\"']?[ \t]*:[ \t]*((?:#[^\s#]+[ \t,]*)+)$", re.MULTILINE | re.IGNORECASE)
_YAML_IN_OUR_WORDS = (
    ("mapping values are not allowed", "put {value} in quotes: it contains a colon"),
    ("'\\t'", "indent with spaces: there is a tab"),
    ("tab character", "indent with spaces: there is a tab"),
    ("found character that cannot start any token", "put {value} in quotes: it begins with a sign that YAML uses"),
    ("could not determine a constructor", "it asks for a type (`!!…`) that is not allowed"),
    ("unhashable key", "a name cannot be a list"),
    ("quoted scalar", "a quote is not closed"),
    ("unexpected end of stream", "a quote or a bracket is not closed"),
    ("',' or ']'", "a `[` is not closed, or put {value} in quotes"),
    ("',' or '}'", "a `{{` is not closed, or put {value} in quotes"),
    ("special characters are not allowed", "there is a character that cannot be seen; delete it"),
    ("did not find expected", "here it is not `name: value`; look at quotes and indentation"),
    ("expected <", "here it is not `name: value`; look at quotes and indentation"),
    ("could not find expected ':'", "a line is not `name: value`"),
)
_TOML_IN_OUR_WORDS = (
    ("Unclosed array", "a `[` is not closed, or a comma is missing"),
    ("Unterminated string", "a quote is not closed"),
    ("Illegal character", "a quote is not closed"),
    ("Invalid value", "put the value in quotes"),
    ("Cannot overwrite", "a name is there twice"),
    ("Expected '='", "here it is not `name = value`"),
    ("Expected newline", "put the value in quotes: something follows it"),
    ("digits", "the number is too long"),
)
_JSON_IN_OUR_WORDS = (
    ("property name", "put names in double quotes, and no comma after the last value"),
    ("',' delimiter", "a comma is missing"),
    ("':' delimiter", "a colon is missing"),
    ("Unterminated string", "a quote is not closed"),
    ("Expecting value", "put the value in double quotes"),
    ("control character", "a quote is not closed"),
    ("digits", "the number is too long"),
)


@record
class FrontMatter:
    """What a list says about itself; `lines` is how many lines of the file it takes, fences included."""

    lines: int = 0
    title: str | None = None
    description: str = ""
    dated: str = ""
    cover: str = ""
    cover_alt: str = ""
    tags: tuple[str, ...] = ()
    language: str | None = None
    draft: bool = False
    nested_are_notes: bool = False
    synonyms: Mapping[str, tuple[str, ...]]


class _Unusable(Exception):
    """The front matter as a whole cannot be used; `line` counts from 0 after the opening fence."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class _Found:
    """Front matter where it is: its text, the line of the file that it begins at, how many lines it takes with all
    above it, and the text below it.
    """

    handler: BaseHandler
    inner: str
    first_line: int
    lines: int
    body: str


def split(text: str, report: Report) -> tuple[FrontMatter, str]:
    """The front matter, and the Markdown after it."""
    above = _ABOVE.match(text)
    start = above.end() if above else 0
    is_json = text.startswith("{", start) and _JSON.detect(text[start : start + 2])
    if is_json or _OPENING.match(text, start):
        return _fenced(text, start, report)
    return _pelican(text, report) or (FrontMatter(synonyms={}), text)


def _fenced(text: str, start: int, report: Report) -> tuple[FrontMatter, str]:
    opening = _OPENING.match(text, start)
    fence = opening[1] if opening else "{"
    begin = opening.end() if opening else start
    closing = _CLOSING[fence].search(text, begin)
    inner = text[begin : closing.start() if closing else None]
    if _is_rule(inner, closed=closing is not None, begins_file=start == 0):
        return FrontMatter(synonyms={}), text
    above = text.count("\n", 0, begin)
    if closing is None:
        if fence == "{":
            return FrontMatter(synonyms={}), text
        message = f"the front matter is not closed, so it is not used; end it with a line of {fence}"
        report.error(message, above)
        return FrontMatter(lines=above, synonyms={}), text[begin:]
    handler = _HANDLERS[(opening[2] or "").lower()] if opening and fence == "---" else _TOML if opening else _JSON
    end = min(closing.end() + 1, len(text))
    inner = inner if opening else f"{inner}}}"
    lines = text.count("\n", 0, closing.start()) + 1
    return _decoded(_Found(handler, inner, above + 1, lines, text[end:]), report), text[end:]


def _is_rule(inner: str, *, closed: bool, begins_file: bool) -> bool:
    """Whether a line of `---` is a rule of the list below and no fence."""
    if _LINK.search(inner) and not _NAME_AND_VALUE.match(inner):
        return True
    is_named = _NAME_AND_VALUE.match(inner) is not None or not inner.strip()
    return not is_named and (not closed or inner.startswith("\n") or not begins_file)


def _decoded(found: _Found, report: Report) -> FrontMatter:
    try:
        values = _values(found, report)
    except _Unusable as error:
        message = f"the front matter is not used: {error}; correct it or remove it"
        report.error(message, found.first_line + error.line)
        return FrontMatter(lines=found.lines, synonyms={})
    return _Reader(values, found, report).front_matter()


def _pelican(text: str, report: Report) -> tuple[FrontMatter, str] | None:
    """The lines `Key: value` with which an article of Pelican begins, up to the first blank line."""
    if not _PELICAN.match(text):
        return None
    end = text.find("\n\n")
    inner = text[: end + 1 if end >= 0 else None]
    values: dict[str, Any] = {}
    name = ""
    for line in inner.rstrip("\n").split("\n"):
        if name and line[:1].isspace():
            values[name] += f" {line.strip()}"
        elif (found := _PELICAN_LINE.fullmatch(line)) and "](" not in line and "://" not in found[2]:
            name = found[1].lower()
            values[name] = found[2]
        else:
            return None
    values["draft"] = values.pop("status", "").strip().lower() == "draft"
    body = text[len(inner) :]
    found_here = _Found(_YAML, inner, 1, inner.count("\n"), body)
    return _Reader(values, found_here, report).front_matter(), body


def _values(found: _Found, report: Report) -> Mapping[str, Any]:
    if len(found.inner) > MAX_CHARACTERS:
        raise _Unusable(f"it has more than {MAX_CHARACTERS:,} characters", -1)
    values = _yaml(found, report) if found.handler is _YAML else _strict(found)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise _Unusable("it should be lines of `name: value`", 0)
    return {str(key).strip().lower(): value for key, value in values.items()}


def _strict(found: _Found) -> Any:
    """TOML or JSON, which have no aliases and are decoded whole."""
    try:
        values = found.handler.load(found.inner) if found.inner.strip() else {}
    except RecursionError:
        raise _Unusable(f"it is nested deeper than {MAX_LEVELS} levels", 0) from None
    except json.JSONDecodeError as error:
        raise _Unusable(_in_our_words(str(error), _JSON_IN_OUR_WORDS, "it is not JSON"), error.lineno - 1) from None
    except ValueError as error:
        at = _TOML_LINE.search(str(error))
        line = int(at[1]) - 1 if at else 0
        raise _Unusable(_in_our_words(str(error), _TOML_IN_OUR_WORDS, "it is not TOML"), line) from None
    if _deeper_than(values, MAX_LEVELS):
        raise _Unusable(f"it is nested deeper than {MAX_LEVELS} levels", 0)
    return values


def _in_our_words(error: str, known: tuple[tuple[str, str], ...], otherwise: str, value: str = "the value") -> str:
    said = next((ours for theirs, ours in known if theirs in error), otherwise)
    return said.format(value=value)


def _deeper_than(value: object, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_deeper_than(each, levels - 1) for each in inner)


def _yaml(found: _Found, report: Report) -> Any:
    text = found.inner
    try:
        _refuse_bombs(text)
        return _YAML.load(text, Loader=_loader_for(report, found.first_line))
    except yaml.MarkedYAMLError as error:
        line = _line(error.problem_mark or error.context_mark)
        written = text.split("\n")[line : line + 1]
        name = re.match(r"[ \t]*([\w-]{1,30})[ \t]*:", "".join(written))
        value = "the value"
        if name:
            value = "the title" if name[1].lower() == "title" else f"the value of `{name[1]}`"
        said = f"{error.context or ''} {error.problem or ''}"
        raise _Unusable(_in_our_words(said, _YAML_IN_OUR_WORDS, "it is not YAML", value), line) from None
    except (yaml.YAMLError, RecursionError, *_UNMADE) as error:
        raise _Unusable(_in_our_words(str(error), _YAML_IN_OUR_WORDS, "it is not YAML"), 0) from None


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


def _loader_for(report: Report, first_line: int) -> type[Any]:
    """A loader that reports a value it cannot make and a key that stands twice, and goes on."""

    class Loader(SafeLoader):  # type: ignore[misc, valid-type]  # which class it is depends on libyaml being there
        def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep=deep)
            except _UNMADE as error:
                line = node.start_mark.line + first_line
                report.error(f"`{excerpt(str(node.value))}` cannot be used: {_why(error)}; correct it", line)
                return None

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            keys = set()
            for key, _ in node.value:
                if isinstance(key.value, str) and key.value in keys:
                    report.warning(
                        f"`{excerpt(key.value)}` is there twice; remove one", key.start_mark.line + first_line
                    )
                keys.add(key.value if isinstance(key.value, str) else None)
            mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
            return mapping

    return Loader


def _why(error: Exception) -> str:
    if not isinstance(error, ValueError):
        return "it is not of its type"
    return "the number is too long" if "digits" in str(error) else "there is no such date or number"


class _Reader:
    """The values we know, each checked for what it should be."""

    def __init__(self, values: Mapping[str, Any], found: _Found, report: Report) -> None:
        self._values = values
        self._found = found
        self._report = report

    def front_matter(self) -> FrontMatter:
        cover, cover_alt = self._cover()
        return FrontMatter(
            lines=self._found.lines,
            title=self._title(),
            description=self._description(),
            dated=self._dated(),
            cover=cover,
            cover_alt=cover_alt,
            tags=self._tags(),
            language=self._language(),
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

    def _description(self) -> str:
        value = self._values.get("description")
        text = "" if value is None else _word(value)
        self._expect(text is not None, "description", "some text; put it in quotes")
        return (text or "")[:MAX_DESCRIPTION]

    def _tags(self) -> tuple[str, ...]:
        value = self._values.get("tags")
        if value is None and (hashed := _HASH_TAGS.search(self._found.inner)):  # which YAML takes for a comment
            value = hashed[1]
        if isinstance(value, str) and value.lstrip().startswith("#"):
            value = value.replace(",", " ").split()
        words = list(_words(value))
        self._expect(None not in words, "tags", "a list of words; put them in quotes")
        return tuple(dict.fromkeys(word.lstrip("#").lower() for word in words if word and word.lstrip("#")))

    def _language(self) -> str | None:
        """The language's code; None for English, whose words are found in every list."""
        key = next((key for key in _LANGUAGE_KEYS if self._values.get(key) not in (None, "")), None)
        if key is None:
            return None
        value = self._values[key]
        typed = "no" if value is False else _word(value) or ""  # what YAML makes of `lang: no`
        code = language_of(typed)
        if code is None:
            known = ", ".join(f"{code} {name}" for code, name in LANGUAGES.items())
            self._report.warning(
                f"`{key}` is not used: search does not know the word forms of `{excerpt(typed)}`, only those of {known}",
                self._line_of(key),
            )
        return None if code == ENGLISH else code

    def _draft(self) -> bool:
        value = self._values.get("draft", False)
        self._expect(isinstance(value, bool) or value is None, "draft", "true or false")
        return value is True

    def _nested(self) -> bool:
        value = self._values.get("nested")
        self._expect(value in (None, "notes", "entries"), "nested", "`notes` or `entries`")
        return value == "notes"

    def _dated(self) -> str:
        """The day as written, without the time."""
        value = self._values.get("date")
        found = value if isinstance(value, date) else _date_in(value)
        self._expect(found is not None or value in (None, ""), "date", "a date such as 2024-05-26")
        return found.isoformat()[:10] if found else ""

    def _cover(self) -> tuple[str, str]:
        """The address of the cover and the text for it. A path belongs to another program's pages and is ignored."""
        value = self._values.get("cover")
        about = {str(key).strip().lower(): each for key, each in value.items()} if isinstance(value, dict) else {}
        image, alt = (_word("" if about.get(name) is None else about[name]) for name in ("image", "alt"))
        shown = image is not None and https_origin(image) is not None
        sound = isinstance(value, dict) or value in (None, "")
        holds = sound and image is not None and alt is not None and (shown or not _SCHEME.match(image))
        self._expect(holds, "cover", "an `image` whose address starts with https://, with its text as `alt`")
        return (image or "", (alt or "")[:MAX_DESCRIPTION]) if holds and shown else ("", "")

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
        at = re.search(
            rf"^[ \t]*(?:[\"']?{key}[\"']?[ \t]*[:=.]|\[{key}\])", self._found.inner, re.MULTILINE | re.IGNORECASE
        )
        return self._found.first_line + (self._found.inner.count("\n", 0, at.start()) if at else -1)


def _date_in(value: object) -> date | None:
    """The date as Jekyll, Hugo and Pelican take it, which YAML reads as text; None if it is not one."""
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


def _words(value: object) -> Iterator[str | None]:
    """The words of a list, or of text with commas. None for each value that is not a word."""
    if value is None:
        return
    if isinstance(value, str):
        yield from (visible(word).strip() for word in value.split(","))
    elif isinstance(value, list):
        yield from (_word(each) for each in value)
    else:
        yield _word(value)


def _word(value: object) -> str | None:
    """Text as it was meant; YAML reads an unquoted `no` as false and `12:30` as a number, which is beyond mending."""
    if isinstance(value, str):
        return " ".join(visible(value).split())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value.isoformat() if isinstance(value, date) else None
