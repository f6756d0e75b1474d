"""Changes of the reading list that members ask for in the chat.

draft → pending | suggested | confirmed | refused        suggested → pending | confirmed | refused
pending → applied → confirmed        pending → refused
An edit is meaning, not a diff: it names the entry and what is to be true of it, and is applied to the newest list.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from bot.domain.ids import EditId, EntryNumber, MemberId, TeamId, Url
from bot.domain.record import record


class EditKind(StrEnum):
    """What an edit does to an entry."""

    ADD = "add"
    CHANGE = "change"
    RETIRE = "retire"
    RESTORE = "restore"


class EditState(StrEnum):
    """How far an edit got.

    A draft waits for its member, a suggestion for a curator, a pending edit for the file. An applied one is in the file,
    a confirmed one also on the list that members see.
    """

    DRAFT = "draft"
    SUGGESTED = "suggested"
    PENDING = "pending"
    APPLIED = "applied"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class Adding(StrEnum):
    """Who may change the team's list from the chat. With `SUGGEST` members propose, and curators decide."""

    EVERYBODY = "everybody"
    CURATORS = "curators"
    SUGGEST = "suggest"


@record
class EditRules:
    """How a team's list is edited: who may, and the file that edits are written to; None for the club's own list."""

    adding: Adding = Adding.EVERYBODY
    file: str | None = None


@record
class Content:
    """What a list says of one entry, apart from its address."""

    title: str
    tags: tuple[str, ...] = ()
    section: str = ""
    notes: str = ""


TITLE, TAGS, SECTION, NOTES, NOTE, WITHOUT_NOTE = "title", "tags", "section", "notes", "note", "without"
"""The fields of an edit. `NOTE` is a line to add to the notes, `WITHOUT_NOTE` one to remove from them."""


@record
class Edit:
    """One change of one entry.

    `fields` are what it sets, `before` what those fields were. `reason` says why it was refused or still waits. `member`
    is None for the host. `file` is the file it is written to, None for the club's own list. `branch` is the branch in
    which it waits to be merged, `link` the address of its pull request; both are empty otherwise.
    """

    id: EditId
    team: TeamId
    kind: EditKind
    state: EditState
    url: Url
    key: str
    entry: EntryNumber | None
    fields: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    member: MemberId | None
    file: str | None = None
    at: datetime
    reason: str = ""
    undoes: EditId | None = None
    branch: str = ""
    link: str = ""

    @property
    def mark(self) -> str:
        """What its commit is recognised by. Another database never has the same, even if it has the same id."""
        said = f"{self.id} {self.at.timestamp():.3f} {self.key}"
        return blake2b(said.encode(errors="surrogatepass"), digest_size=8).hexdigest()

    @property
    def source_key(self) -> str:
        """What an answer follows until the edit is on the list."""
        return f"{FOLLOWED}{self.id}"

    @property
    def content(self) -> Content:
        """What an added or restored entry says."""
        return changed(Content(title=""), self.fields)


FOLLOWED = "edit:"


def tags_in(typed: str) -> tuple[str, ...]:
    """The tags of a field, separated by commas."""
    return tuple(dict.fromkeys(tag for each in typed.split(",") if (tag := each.strip().lstrip("#").strip().lower())))


def changed(content: Content, fields: Mapping[str, str]) -> Content:
    """The content with the fields set. Setting the same fields twice is as good as once."""
    notes = fields.get(NOTES, content.notes)
    if NOTE in fields:
        notes = with_note(notes, fields[NOTE])
    if WITHOUT_NOTE in fields:
        notes = without_note(notes, fields[WITHOUT_NOTE])
    return Content(
        title=fields.get(TITLE, content.title),
        tags=tags_in(fields[TAGS]) if TAGS in fields else content.tags,
        section=fields.get(SECTION, content.section),
        notes=notes,
    )


BULLETS = ("* ", "- ", "+ ")


def with_note(notes: str, line: str) -> str:
    """The notes with one more item in the style of the last one; unchanged if the item is there already."""
    lines = notes.split("\n") if notes else []
    if _place_of(lines, line) is not None:
        return notes
    items = [each for each in lines if each.startswith(BULLETS)]
    if not items and len(lines) == 1 and lines[0]:
        lines = [f"- {lines[0]}"]
    bullet = items[-1][:2] if items else "- "
    gap = [] if items or len(lines) <= 1 else [""]
    return "\n".join([*lines, *gap, f"{bullet}{line}"])


def without_note(notes: str, line: str) -> str:
    """The notes without the item that `with_note` added; unchanged if it is not there."""
    lines = notes.split("\n")
    at = _place_of(lines, line)
    if at is None:
        return notes
    del lines[at]
    return "\n".join(lines).rstrip("\n")


def _place_of(lines: list[str], line: str) -> int | None:
    return next((at for at, each in enumerate(lines) if each.startswith(BULLETS) and each[2:] == line), None)


def fields_of(content: Content) -> Mapping[str, str]:
    """All fields that give an entry this content."""
    return {
        TITLE: content.title,
        TAGS: ", ".join(content.tags),
        SECTION: content.section,
        NOTES: content.notes,
    }
