"""Entries of any readable format as a Markdown list in Dogear's own shape.

Each entry that has links in its notes is read back; unless all links of its item are what they were, the notes are
written more plainly.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.source import ReadEntry, ReadList
from store.lists.formats.markdown import label, link, paragraphs
from store.lists.formats.markdown_words import is_generic, is_tag
from store.lists.reading import read

_MARKUP = re.compile(r"([\\\[\]`*_<>&~!#{}|$:@])")
_BULLET = re.compile(r"^([ \t]*)(?:[-*+]|(\d{1,9}[.)]))[ \t]+", re.MULTILINE)
_MAY_BE_MORE = re.compile(r"[\[<`~^{]|://|:: |\w\.\w")
"""In notes without any of these nothing is a link or markup that reaches further than its line."""
_PLAIN_TAG = re.compile(r"[^\W_][^\[\]`#^,\n]{1,39}")
MAX_TAG = 40
"""Characters of a tag; what is longer is a sentence."""
_ADDRESS = re.compile(r"<?https?://([^\s<>]*)>?", re.IGNORECASE)
_MAX_LEAD = 180
"""Characters of tags before a link; the others are written after it."""
_LEVELS = 5
"""From `##` to `######`."""


@dataclass(slots=True)
class Converted:
    """What is written of one file, as Markdown: the keys of its entries, and how many were on the list already."""

    file: str
    markdown: str = ""
    written: set[str] = field(default_factory=set)
    known: int = 0


def convert(
    found: ReadList,
    known: set[str],
    *,
    heading: str = "",
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Converted:
    """Write the entries of a list whose keys are not in `known`, and add theirs to it.

    With `heading` entries that are in no section get this one.
    """
    done = Converted(found.file)
    before = frozenset(known)
    own = {entry.key for entry in found.entries}

    def may_hold(key: str) -> bool:
        return key in own and key not in known

    lines: list[str] = []
    above: tuple[str, ...] = ()
    firsts = {entry.key: entry for entry in reversed(found.entries)}
    for number, entry in enumerate(_in_order([entry for entry in found.entries if firsts[entry.key] is entry])):
        progress(number, len(found.entries))
        if entry.key in known:
            done.known += entry.key in before
            continue
        section = entry.section or ((heading,) if heading else ())
        if section != above:
            lines += _headings(section, above, is_first=not lines)
            above = section
        item, keys = _item(entry, may_hold)
        lines += item
        done.written |= keys
        known.update(keys)
    progress(len(found.entries), len(found.entries))
    done.markdown = "\n".join([*lines, ""]) if lines else ""
    return done


def _in_order(entries: Sequence[ReadEntry]) -> Iterator[ReadEntry]:
    """Those in no section first, for a heading holds for all that is below it."""
    yield from (entry for entry in entries if not entry.section)
    yield from (entry for entry in entries if entry.section)


def _headings(section: Sequence[str], above: Sequence[str], *, is_first: bool) -> Iterator[str]:
    """The headings that lead from one section to another."""
    same = next((at for at, (new, old) in enumerate(zip(section, above, strict=False)) if new != old), len(above))
    same = min(same, len(section) - 1)
    for level, name in enumerate(section[same:], same):
        yield from () if is_first and level == same else ("",)
        title = label(_ADDRESS.sub(r"\1", name))
        yield f"{'#' * (2 + min(level, _LEVELS - 1))} {title}"
    yield ""


def _item(entry: ReadEntry, may_hold: Callable[[str], bool]) -> tuple[list[str], set[str]]:
    """The item of an entry, and the keys of all entries that are read in it; besides its own `may_hold` decides."""
    if not _MAY_BE_MORE.search(entry.notes.markdown) and not is_generic(entry.title):
        return _lines(next(_heads(entry)), entry.notes.markdown), {entry.key}
    best: tuple[list[str], set[str]] | None = None
    for head in _heads(entry):
        for notes in _notes(entry.notes.markdown):
            lines = _lines(head, notes)
            whole = read("\n".join([*lines, ""]).encode("utf-8", "replace"), "")
            found = whole.entries
            keys = {each.key for each in found}
            is_right = found and found[0].key == entry.key and not whole.problems
            if not is_right or not all(key == entry.key or may_hold(key) for key in keys):
                continue
            if found[0].title == entry.title and set(found[0].tags) >= set(filter(_is_kept, entry.tags)):
                return lines, keys
            best = best or (lines, keys)
    return best or ([f"- <{entry.url}>"], {entry.key})


def _lines(head: str, notes: str) -> list[str]:
    return [head, *(f"  {line}" if line else "" for line in notes.split("\n") if notes)]


def _is_kept(tag: str) -> bool:
    return is_tag(tag, is_code=True) and len(tag) <= MAX_TAG and "://" not in tag


def _heads(entry: ReadEntry) -> Iterator[str]:
    """The line of the entry in the ways in which it may be written."""
    before: list[str] = []
    after: list[str] = []
    for tag in filter(_is_kept, entry.tags):
        is_long = len(" ".join(before)) + len(tag) > _MAX_LEAD
        (after if is_long else before).append(
            f"[{tag}]" if _PLAIN_TAG.fullmatch(tag) and is_tag(tag, is_code=False) else f"`{tag.replace('`', '')}`"
        )
    identity = f" {{{entry.key}}}" if entry.key.startswith("#") else ""
    if entry.title == entry.url:
        yield f"- {' '.join([*before, f'<{entry.url}>', *after])}{identity}"
    for title in (label(entry.title), _MARKUP.sub(r"\\\1", entry.title)):
        yield f"- {' '.join([*before, link(title, entry.url), *after])}{identity}"


def _notes(markdown: str) -> Iterator[str]:
    """The notes as they are, then without lists, then as plain text."""
    text = markdown.strip("\n").rstrip()
    yield text
    if text:
        yield _BULLET.sub(
            lambda found: f"{found[1]}{'• ' if found[2] is None else found[2][:-1] + chr(92) + found[2][-1] + ' '}",
            text,
        )
        yield paragraphs(text)
        yield ""
