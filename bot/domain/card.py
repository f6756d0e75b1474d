"""Cards and forms, independent of any platform, and their versioned JSON form.

A card says what to show, not how: which text is ours and which was written by others, what a button does, which entry
the message is about. Each adapter decides how its platform shows that best.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import TypeAlias

from bot.domain.ids import EntryNumber, Url
from bot.domain.notes import NoteBlock
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.text import Text
from bot.domain.value import Kind


class Tone(StrEnum):
    """What kind of thing a card says."""

    PLAIN = "plain"
    DONE = "done"
    WARNING = "warning"
    REFUSAL = "refusal"


@record
class Call:
    """A command and its arguments, as a button, a form or a typed line names it; values are as typed."""

    path: tuple[str, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)


@record
class Action:
    """A button: pressing it runs the command `call`. With `replaces` the answer replaces the card.

    `confirm` is a question to ask before the command runs; a platform that cannot ask leaves that to the command. A button
    that is `confirmed` answers such a question.
    """

    label: str
    call: Call
    primary: bool = False
    replaces: bool = False
    confirm: str = ""
    confirmed: bool = False


@record
class EntryLine:
    """One entry as a card shows it.

    For a search result, `found` is the title with the matches in bold, `matched` the best matching line of the notes,
    and `path` where in the notes that line is. `minutes` is its reading time.
    """

    number: EntryNumber
    title: str
    url: Url
    state: ReadingState
    tags: tuple[str, ...] = ()
    minutes: int | None = None
    found: Text = ()
    matched: Text = ()
    path: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()


@record
class Paragraph:
    """A paragraph; `quiet` marks what may be shown smaller (page counts, hints)."""

    text: Text
    quiet: bool = False


@record
class Fields:
    """Short labelled values of one thing, and its buttons. The labels are ours."""

    items: tuple[tuple[str, Text], ...]
    actions: tuple[Action, ...] = ()


@record
class Entries:
    """A list of entries."""

    items: tuple[EntryLine, ...]


@record
class NoteTree:
    """The notes of an entry. `part` of `parts` if they are split; `left_out` counts the lines not shown here."""

    blocks: tuple[NoteBlock, ...]
    part: int = 1
    parts: int = 1
    left_out: int = 0


@record
class Divider:
    """A line between two topics."""


Block: TypeAlias = Paragraph | Fields | Entries | NoteTree | Divider


@record
class Card:
    """Something to show. `entry` is set if the message is about one entry; reactions to it then count for that entry.

    `follows` is the source of a post that the card says is on its way; another card replaces it once that has arrived or
    failed.
    """

    title: str
    blocks: tuple[Block, ...] = ()
    actions: tuple[Action, ...] = ()
    tone: Tone = Tone.PLAIN
    entry: EntryLine | None = None
    follows: str = ""

    @property
    def article(self) -> Url | None:
        """The address to open beside the buttons, where they are about one entry that can be marked as read."""
        if self.entry is None or not any(action.call.path == ("read",) for action in self.actions):
            return None
        return self.entry.url


def actions_of(card: Card) -> tuple[Action, ...]:
    """Every action of the card from top to bottom: of its entry, of each block, and its own."""
    head = card.entry.actions if card.entry else ()
    return (*head, *(action for block in card.blocks for action in _actions_in(block)), *card.actions)


def _actions_in(block: Block) -> tuple[Action, ...]:
    if isinstance(block, Entries):
        return tuple(action for entry in block.items for action in entry.actions)
    return block.actions if isinstance(block, Fields) else ()


OPEN = "Open article"
"""The label of the button that opens `Card.article`."""


@record
class Choice:
    """One option: `value` is sent, `label` is shown."""

    value: str
    label: str


@record
class Field:
    """One value to fill in. `name` is the parameter it becomes, `problem` what was wrong with it last time, `max_length`
    how many characters it may have, 0 for no limit.
    """

    name: str
    label: str
    kind: Kind
    required: bool
    value: str = ""
    choices: tuple[Choice, ...] = ()
    problem: str | None = None
    max_length: int = 0


@record
class Form:
    """Something to fill in. Submitting it runs `submit`, with the fields' values added to its arguments.

    `meant` are presses that submit it with a value that may have been meant, for a platform that shows it as a message.
    """

    title: str
    fields: tuple[Field, ...]
    submit: Call
    meant: tuple[Action, ...] = ()
