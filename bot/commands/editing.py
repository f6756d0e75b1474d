"""Commands that change the reading list: add an article, note something, correct, retire, restore, undo."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from bot.commands import posting
from bot.commands.cards import EntryNames, entry_card, moment, one_meant, sentence
from bot.commands.declare import Turn, carried, command, named, position, rest
from bot.domain.card import Action, Block, Call, Card, Fields, NoteTree, Paragraph, Tone
from bot.domain.edit import (
    BULLETS,
    FOLLOWED,
    NOTE,
    NOTES,
    SECTION,
    TAGS,
    TITLE,
    Adding,
    Edit,
    EditKind,
    EditRules,
    EditState,
    changed,
)
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Conflict, NotAllowed
from bot.domain.ids import EditId, EntryNumber, Url
from bot.domain.linked_page import LinkedPage, minutes_text
from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.notice import described, edit_actions, when_tried_again
from bot.domain.source import name_in_words
from bot.domain.team import Role
from bot.domain.text import Text, joined, plain, site_of, string
from bot.domain.url import addresses_in, canonical, web
from bot.domain.value import Kind, unbracketed
from bot.service import edits, entries, linked_pages

MAX_LISTED = 10
MAX_IN_FORM = 2500
"""Characters of notes that a form can show on every platform. Longer ones would be cut."""
MAX_NOTES_TYPED = 3000
"""Characters that one field takes on every platform."""
MAX_SECTIONS = 5
MAX_LINKS = 5
MAX_LABEL = 75
"""Characters of a button that shows an address."""

AnEntry = Annotated[EntryNames, position(Kind.ENTRY, "an entry's number, address or title")]
AnEdit = Annotated[str, carried("the change that the button is about")]
MaybeWhere = Annotated[str | None, carried("the channel that the button is about")]
MaybeTitle = Annotated[str | None, named(Kind.TEXT, "its title")]
MaybeTags = Annotated[str | None, named(Kind.TAGS, "its tags, with commas", label="Tags")]
MaybeSection = Annotated[str | None, named(Kind.SECTION, "the heading it belongs under")]
MaybeNotes = Annotated[
    str | None, named(Kind.LONG_TEXT, "what it says, as notes", max_length=MAX_NOTES_TYPED, label="Notes")
]


def _drafted(turn: Turn, arguments: Mapping[str, str]) -> Mapping[str, str]:
    """What the draft says that the *Edit* button is about."""
    if "draft" not in arguments:
        return {}
    edit = edits.edit_of(turn.tx, turn.team.id, _id(arguments["draft"]))
    known = {"title": TITLE, "tag": TAGS, "section": SECTION, "notes": NOTES}
    return {"url": edit.url, **{name: edit.fields[field] for name, field in known.items() if edit.fields.get(field)}}


def _to_look_at(turn: Turn, url: str, draft: str | None = None, **_: object) -> Url | None:
    """The address whose page is to be looked at: one that the list does not have yet."""
    addresses = _addresses(url)
    if draft is not None or len(addresses) > 1 or not edits.is_allowed(turn.tx.edits.rules(turn.team.id), turn.role):
        return None
    return _unseen(turn, _address(url))


def _unseen(turn: Turn, address: Url) -> Url | None:
    """The address, unless the list has it, is about to have it, or its page was looked at just now."""
    team = turn.team.id
    there = edits.known(turn.tx, team, address) is not None or edits.waiting(turn.tx, team, address) is not None
    return None if there or linked_pages.is_fresh(turn.tx, team, address) else address


@command("add", form="Add an article", fills=_drafted, writes=True, by_role=True, looks=_to_look_at)
def add(
    turn: Turn,
    url: Annotated[str, position(Kind.TEXT, "the address of the article", label="Address")],
    title: MaybeTitle = None,
    tag: MaybeTags = None,
    section: MaybeSection = None,
    notes: MaybeNotes = None,
    draft: Annotated[str | None, carried("the draft that the button is about")] = None,
) -> Card:
    """Add an article to the reading list.

    You see it before it is added. An article that is on the list already is shown.

    Examples: add https://example.org/post title:"Caching at scale" tag:caching · add https://example.org/post
    title:"On queues" section:Storage notes:"Why queues fill up"
    """
    rules = _allowed(turn)
    several = _addresses(url)
    edits.lock(turn.tx, turn.team.id)
    if len(several) > 1:
        return _which(turn, several)
    address = _address(url)
    known = edits.known(turn.tx, turn.team.id, address)
    if known is not None:
        return _known(turn, known, rules)
    coming = edits.waiting(turn.tx, turn.team.id, address)
    if coming is not None:
        return sentence("This article is on its way to the list already.", described(coming, None))
    page = linked_pages.seen(turn.tx, turn.team.id, address) if turn.looks else None
    if title is None and page is not None and draft is None:
        title = page.title or None
    if title is None and (page is None or draft is not None):
        raise BadUsage("What is the title of the article?", hint='Add it, such as title:"On queues".', field="title")
    given = {TITLE: title, TAGS: tag, SECTION: _section(turn, section), NOTES: notes}
    fields = {name: value for name, value in given.items() if value}
    if title is None:
        return _untitled(edits.draft(turn.tx, turn.team.id, turn.member, address, fields), page)
    if draft is not None:
        before = edits.edit_of(turn.tx, turn.team.id, _id(draft))
        if before.state is EditState.DRAFT:
            edits.decline(turn.tx, before, "edited")
    return _preview(turn, edits.draft(turn.tx, turn.team.id, turn.member, address, fields), rules)


def _untitled(edit: Edit, page: LinkedPage | None) -> Card:
    """Ask for the title of an article whose page does not say it."""
    why = page.reason if page is not None and page.reason else "The page has no title."
    typing = Action(label="Type the title", call=Call(path=("add",), arguments={"draft": str(edit.id)}), primary=True)
    cancel = Call(path=("edits", "decline"), arguments={"edit": str(edit.id)})
    return sentence(
        "I could not read the page; type the title.",
        why,
        edit.url,
        actions=(typing, Action(label="Cancel", call=cancel, replaces=True)),
    )


def _draft_to_look_at(turn: Turn, edit: str, **_: object) -> Url | None:
    known = edits.edit_of(turn.tx, turn.team.id, _id(edit))
    return _unseen(turn, known.url) if known.state is EditState.DRAFT else None


@command("edits", "look", writes=True, by_role=True, by_button=True, looks=_draft_to_look_at)
def look(turn: Turn, edit: AnEdit) -> Card:
    """Look at the page of an article that you chose from several.

    The buttons under a message with several links do this.
    """
    known = edits.edit_of(turn.tx, turn.team.id, _id(edit))
    return add.function(turn, known.url)


@command("edits", "describe", writes=True, by_role=True, by_button=True)
def describe(turn: Turn, edit: AnEdit) -> Card:
    """Take the page's own description as the first note of the article that you add.

    The button *Use the description* does this.
    """
    edits.lock(turn.tx, turn.team.id)
    known = edits.edit_of(turn.tx, turn.team.id, _id(edit))
    if known.state is not EditState.DRAFT:
        return _decided(turn, known)
    _require_own(turn, known)
    page = linked_pages.seen(turn.tx, turn.team.id, known.url)
    if page is None or not page.description:
        return _preview(turn, known, _allowed(turn))
    return _preview(turn, edits.with_first_note(turn.tx, known, page.description), _allowed(turn))


def _allowed(turn: Turn) -> EditRules:
    rules = turn.tx.edits.rules(turn.team.id)
    edits.require_allowed(rules, turn.role, turn.actor.admins)
    return rules


def _addresses(typed: str) -> tuple[Url, ...]:
    """The addresses in the text, each article once."""
    text = unbracketed(typed)
    found = [address for start, end in addresses_in(text) if (address := web(text[start:end]))]
    return tuple({canonical(one): one for one in reversed(found)}.values())[::-1]


def _which(turn: Turn, addresses: Sequence[Url]) -> Card:
    """A button for each article of a message. A draft carries the address, which may be too long for a button."""
    drafts = [edits.draft(turn.tx, turn.team.id, turn.member, url, {}) for url in addresses[:MAX_LINKS]]
    calls = (
        Call(path=("edits", "look"), arguments={"edit": str(one.id)})
        if turn.looks
        else Call(path=("add",), arguments={"draft": str(one.id)})
        for one in drafts
    )
    actions = tuple(Action(label=_short(one.url), call=call) for one, call in zip(drafts, calls, strict=True))
    return Card(title="This message has several links. Which one?", actions=actions)


def _short(url: Url) -> str:
    shown = url.partition("://")[2]
    return shown if len(shown) <= MAX_LABEL else f"{shown[: MAX_LABEL - 1]}…"


def _address(typed: str) -> Url:
    found = _addresses(typed)
    address = found[0] if found else web(unbracketed(typed).strip())
    if address is None:
        raise BadUsage(f"“{typed}” is not a web address.", hint="It begins with https://.", field="url")
    return address


def _section(turn: Turn, typed: str | None) -> str | None:
    """The heading as the file spells it; raises BadUsage, with headings to choose from, for one that it does not have."""
    headings = edits.sections(turn.tx, turn.team.id)
    if not typed or not headings:
        return typed
    found = next((one for one in headings if one.casefold() == typed.strip().casefold()), None)
    if found is None:
        offered = [(one, one) for one in headings[:MAX_SECTIONS]]
        hint = f"Its headings: {', '.join(headings[:MAX_SECTIONS])}."
        raise BadUsage(f"The list has no section “{typed}”.", hint=hint, field="section", choices=offered)
    return found


def _known(turn: Turn, entry: Entry, rules: EditRules) -> Card:
    """The entry with its buttons; a retired one comes back."""
    if entry.retired_at is not None:
        edit = edits.propose(turn.tx, entry, turn.member, EditKind.RESTORE)
        return _carried_out(turn, edit, rules)
    (_, state), *_ = entries.with_states(turn.tx, turn.member.id, [entry])
    readers = turn.tx.readings.readers(entry.id)
    read_by = f", read by {readers}" if readers else ""
    said = Paragraph(text=plain(f"It is #{entry.number} already{read_by}."))
    card = entry_card(entry, state, all_notes=False)
    return replace(card, blocks=(said, *card.blocks))


def _preview(turn: Turn, edit: Edit, rules: EditRules) -> Card:
    """What would be added, with the buttons that decide."""
    content = edit.content
    suggestion = edits.is_suggestion(rules, turn.role)
    where = name_in_words(rules.file) if rules.file else "the club's own list"
    page = linked_pages.seen(turn.tx, turn.team.id, edit.url) if turn.looks else None
    facts = (
        ("Title", content.title),
        ("Site", site_of(edit.url)),
        ("Reading time", string(minutes_text(page.minutes)) if page else ""),
        ("Tags", ", ".join(content.tags)),
        ("Section", content.section),
        ("Goes to", where),
    )
    arguments = {"edit": str(edit.id)}
    label = "Suggest" if suggestion else "Add"
    offered = page.description if page is not None and not content.notes else ""
    use = Action(label="Use the description", call=Call(path=("edits", "describe"), arguments=arguments), replaces=True)
    actions = (
        Action(label=label, call=Call(path=("edits", "confirm"), arguments=arguments), primary=True, replaces=True),
        Action(label="Edit", call=Call(path=("add",), arguments={"draft": str(edit.id)})),
        *((use,) if offered else ()),
        Action(label="Cancel", call=Call(path=("edits", "decline"), arguments=arguments), replaces=True),
    )
    return Card(
        title="Suggest this article?" if suggestion else "Add this article?",
        blocks=(
            Fields(items=tuple((name, plain(value)) for name, value in facts if value)),
            *((Paragraph(text=plain(f"The page says: {offered}"), quiet=True),) if offered else ()),
            _lines(edit),
        ),
        actions=actions,
    )


def _lines(edit: Edit) -> Block:
    """The entry as Markdown."""
    content = edit.content
    tags = f"[{', '.join(content.tags)}] " if content.tags else ""
    below = "".join(f"\n  {line}" if line else "\n" for line in content.notes.split("\n")) if content.notes else ""
    return NoteTree(
        blocks=(NoteBlock(kind=NoteKind.CODE, text=plain(f"- {tags}[{content.title}]({edit.url}){below}")),)
    )


def _carried_out(turn: Turn, edit: Edit, rules: EditRules) -> Card:
    """Carry the edit out, or suggest it where a curator decides."""
    if edits.is_suggestion(rules, turn.role):
        edits.suggest(turn.tx, edit, turn.host)
        return sentence("Suggested.", "A curator decides, and I tell you what became of it.", tone=Tone.DONE)
    return _done(turn, edits.carry_out(turn.tx, edit))


_SAID = {
    EditKind.ADD: "is on the list",
    EditKind.CHANGE: "is changed",
    EditKind.RETIRE: "is off the list",
    EditKind.RESTORE: "is back on the list",
}


def _done(turn: Turn, edit: Edit) -> Card:
    """What the edit has done, with *Undo*, or that it is on its way."""
    if edit.state is EditState.REFUSED:
        waits = edit.link or (f"the branch {edit.branch}" if edit.branch else "")
        more = f"It is still in {waits}: close that, or delete it." if waits else ""
        return sentence("The change is withdrawn.", more, tone=Tone.DONE)
    entry = turn.tx.entries.with_key(turn.team.id, edit.key)
    if edit.state is not EditState.CONFIRMED or entry is None:
        said = plain(f"{described(edit, entry)}. I write it to {name_in_words(edit.file or '')}.")
        title = "The change is on its way."
        return Card(
            title=title, blocks=(Paragraph(text=said),), tone=Tone.DONE, actions=(_undo(edit),), follows=edit.source_key
        )
    card = Card(title=f"#{entry.number} {_SAID[edit.kind]}.", tone=Tone.DONE, actions=(_undo(edit),))
    if edit.kind is EditKind.RETIRE:
        return replace(card, blocks=(Paragraph(text=plain(entry.title)),))
    (_, state), *_ = entries.with_states(turn.tx, turn.member.id, [entry])
    shown = entry_card(entry, state, all_notes=True)
    return replace(card, blocks=shown.blocks, entry=shown.entry)


def _undo(edit: Edit) -> Action:
    return Action(label="Undo", call=Call(path=("edits", "undo"), arguments={"edit": str(edit.id)}))


def followed(turn: Turn, source: str) -> Card | None:
    """What became of a post or a change that was on its way; None while it still is."""
    if not source.startswith(FOLLOWED):
        return posting.followed(turn, source)
    edit = edits.edit_of(turn.tx, turn.team.id, _id(source.removeprefix(FOLLOWED)))
    if edit.state is EditState.CONFIRMED:
        return _done(turn, edit)
    if edit.state is EditState.PENDING and edit.reason:
        waits = sentence(
            "The change waits.",
            f"{name_in_words(edit.file or '')}: {edit.reason}",
            "It is on the list as soon as that is merged."
            if edit.branch
            else f"The curators know. {when_tried_again(edit)}",
            tone=Tone.WARNING,
            actions=(_undo(edit),),
        )
        return replace(waits, follows=edit.source_key)
    if edit.state is EditState.REFUSED and edit.reason == edits.WITHDRAWN:
        return _done(turn, edit)
    if edit.state is EditState.REFUSED:
        return sentence("The change was not made.", f"It is off: {edit.reason}.", tone=Tone.WARNING)
    return None


def _id(typed: str) -> EditId:
    if not typed.strip().isdecimal():
        raise BadUsage(f"“{typed}” is not a change of the list.", hint="“edits” shows the newest ones.", field="edit")
    return EditId(int(typed) % 2**63)


def _noted(turn: Turn, arguments: Mapping[str, str]) -> Mapping[str, str]:
    """The notes as they are, for the form that changes all of them."""
    if "of" not in arguments:
        return {}
    found = entries.entry(turn.tx, turn.team.id, EntryNumber(int(arguments["of"])))
    return {"entry": f"#{found.number}", "text": found.notes.markdown}


@command(
    "note",
    form="The notes of an entry",
    fills=_noted,
    writes=True,
    by_role=True,
)
def note(
    turn: Turn,
    entry: AnEntry,
    text: Annotated[
        str | None, rest(Kind.LONG_TEXT, "a line to add to its notes", max_length=MAX_NOTES_TYPED, label="Notes")
    ] = None,
    of: Annotated[str | None, carried("the entry whose notes the form shows")] = None,
) -> Card:
    """Add a line to the notes of an entry, or rewrite all of them in a form.

    Examples: note #12 The benchmark in the last section is worth the time · note #12
    """
    rules = _allowed(turn)
    edits.lock(turn.tx, turn.team.id)
    found = edits.entry_to_edit(turn.tx, turn.team.id, one_meant(turn, entry).number)
    if of is not None:
        fields = _as_notes(found, text or "")
        return _carried_out(turn, edits.propose(turn.tx, found, turn.member, EditKind.CHANGE, fields), rules)
    if text is None:
        return _notes_card(turn, found)
    return _carried_out(turn, edits.propose(turn.tx, found, turn.member, EditKind.CHANGE, {NOTE: text}), rules)


def _as_notes(entry: Entry, typed: str) -> Mapping[str, str]:
    """The fields that give the entry these notes. A first note of one line is a note as any other, and no paragraph."""
    line = typed.strip()
    is_one_line = bool(line) and "\n" not in line and not line.startswith(BULLETS)
    return {NOTE: line} if is_one_line and not entry.notes.markdown else {NOTES: typed}


def write_notes(entry: Entry, label: str) -> tuple[Action, ...]:
    """The button that opens the notes in a form, if a form can show them whole."""
    call = Call(path=("note",), arguments={"of": str(entry.number)})
    return (Action(label=label, call=call),) if len(entry.notes.markdown) <= MAX_IN_FORM else ()


def _notes_card(turn: Turn, entry: Entry) -> Card:
    blocks: tuple[Block, ...] = (NoteTree(blocks=entry.notes.tree),) if entry.notes.tree else ()
    said = f"Type a line to add: “{turn.word} note #{entry.number} …”, or change all of them."
    return Card(
        title=f"The notes of #{entry.number} {entry.title}",
        blocks=(*blocks, Paragraph(text=plain(said), quiet=True)),
        actions=write_notes(entry, "Change the notes" if entry.notes.markdown else "Write the first note"),
    )


def _as_it_is(turn: Turn, arguments: Mapping[str, str]) -> Mapping[str, str]:
    """What the list says of the entry, for the form that changes it."""
    if "of" not in arguments:
        return {}
    content = edits.content_of(entries.entry(turn.tx, turn.team.id, EntryNumber(int(arguments["of"]))))
    shown = {"title": content.title, "tag": ", ".join(content.tags), "section": content.section}
    return {"entry": f"#{arguments['of']}", **{name: value for name, value in shown.items() if value}}


@command("edit", form="Correct an entry", fills=_as_it_is, writes=True, by_role=True)
def edit(
    turn: Turn,
    entry: AnEntry,
    title: MaybeTitle = None,
    tag: MaybeTags = None,
    section: MaybeSection = None,
    of: Annotated[str | None, carried("the entry that the form shows")] = None,
) -> Card:
    """Correct the title, tags or section of an entry.

    Examples: edit #12 title:"Caching at scale" · edit #12 tag:caching,storage · edit #12
    """
    rules = _allowed(turn)
    edits.lock(turn.tx, turn.team.id)
    found = edits.entry_to_edit(turn.tx, turn.team.id, one_meant(turn, entry).number)
    now = edits.content_of(found)
    if of is not None:  # a field that was emptied in the form is meant to be empty
        tag = tag or ""
        section = section or ("" if _can_be_chosen(turn, now.section) else None)
    given = {TITLE: title, TAGS: tag, SECTION: section if section == now.section else _section(turn, section)}
    wanted = edits.checked({name: value for name, value in given.items() if value is not None})
    fields = {name: value for name, value in wanted.items() if changed(now, {name: value}) != now}
    if fields:
        return _carried_out(turn, edits.propose(turn.tx, found, turn.member, EditKind.CHANGE, fields), rules)
    if wanted:
        return sentence(f"#{found.number} is like that already.", "Nothing was changed.")
    facts = (("Title", now.title), ("Tags", ", ".join(now.tags)), ("Section", now.section))
    call = Call(path=("edit",), arguments={"of": str(found.number)})
    retiring = Call(path=("retire",), arguments={"entry": f"#{found.number}"})
    return Card(
        title=f"#{found.number} as it is on the list",
        blocks=(Fields(items=tuple((name, plain(value)) for name, value in facts if value)),),
        actions=(
            Action(label="Change", call=call, primary=True),
            *write_notes(found, "Change the notes" if found.notes.markdown else "Write the first note"),
            Action(label="Retire", call=retiring),
        ),
    )


def _can_be_chosen(turn: Turn, section: str) -> bool:
    """Whether a form could show this section: below an entry with others under it, the field is empty from the start."""
    headings = edits.sections(turn.tx, turn.team.id)
    return not headings or section in headings


@command("retire", writes=True, by_role=True, by_button=True)
def retire(turn: Turn, entry: AnEntry, channel: MaybeWhere = None) -> Card:  # noqa: ARG001 -- for direct messages
    """Take an entry off the list. Its number, history and reading states stay.

    Example: retire #12
    """
    rules = _allowed(turn)
    edits.lock(turn.tx, turn.team.id)
    found = edits.entry_to_edit(turn.tx, turn.team.id, one_meant(turn, entry).number)
    return _carried_out(turn, edits.propose(turn.tx, found, turn.member, EditKind.RETIRE), rules)


@command("restore", writes=True, by_role=True, by_button=True)
def restore(turn: Turn, entry: AnEntry) -> Card:
    """Bring back an entry that is off the list.

    Example: restore #12
    """
    rules = _allowed(turn)
    edits.lock(turn.tx, turn.team.id)
    found = edits.entry_to_edit(turn.tx, turn.team.id, one_meant(turn, entry).number, retired=True)
    return _carried_out(turn, edits.propose(turn.tx, found, turn.member, EditKind.RESTORE), rules)


@command("edits", "list", default=True, role=Role.CURATOR)
def list_edits(
    turn: Turn, entry: Annotated[EntryNames | None, position(Kind.ENTRY, "only of this entry")] = None
) -> Card:
    """The newest changes of the list: who, when and what, with a button that undoes each.

    Examples: edits · edits #12
    """
    number = None if entry is None else one_meant(turn, entry).number
    known = turn.tx.edits.newest(turn.team.id, number, MAX_LISTED)
    if not known:
        return sentence("No one has changed the list from the chat yet.", f"“{turn.word} add” adds an article.")
    shown = tuple(_listed(turn, one) for one in known)
    return Card(title="Changes of the list" if number is None else f"Changes of #{number}", blocks=shown)


_STATES = {
    EditState.SUGGESTED: "waits for a curator",
    EditState.PENDING: "waits for the file",
    EditState.REFUSED: "not done",
}


def _listed(turn: Turn, one: Edit) -> Block:
    entry = turn.tx.entries.with_key(turn.team.id, one.key)
    undone = turn.tx.edits.undone(one.id)
    state = "undone" if undone else _STATES.get(one.state, "")
    because = f" ({state}{': ' + one.reason if one.reason else ''})" if state else ""
    said: Text = joined([moment(one.at, turn.zone), plain(f"{described(one, entry)}{because}")])
    actions: tuple[Action, ...] = ()
    if one.state is EditState.SUGGESTED:
        actions = edit_actions(one)
    elif one.state is not EditState.REFUSED and not undone:
        actions = (_undo(one),)
    return Fields(items=((edits.name_of(turn.tx, one), said),), actions=actions)


@command("edits", "confirm", writes=True, by_role=True, by_button=True)
def confirm(turn: Turn, edit: AnEdit, channel: MaybeWhere = None) -> Card:  # noqa: ARG001 -- for direct messages
    """Add the article that you were shown, or accept what a member suggests.

    The buttons *Add*, *Suggest* and *Accept* do this.
    """
    edits.lock(turn.tx, turn.team.id)
    known = edits.edit_of(turn.tx, turn.team.id, _id(edit))
    rules = _allowed(turn)
    if known.state is EditState.SUGGESTED:
        if turn.role < Role.CURATOR:
            raise NotAllowed("A curator decides about this.", hint=f"Ask {turn.actor.admins}.")
        _require_possible(turn, known)
        done = edits.carry_out(turn.tx, known)
        edits.tell_member(turn.tx, done)
        return _done(turn, done)
    if known.state is not EditState.DRAFT:
        return _decided(turn, known)
    _require_own(turn, known)
    entry = turn.tx.entries.with_key(turn.team.id, known.key)
    if entry is not None:
        edits.decline(turn.tx, known, "on the list already")
        return _known(turn, entry, rules)
    return _carried_out(turn, known, rules)


def _require_own(turn: Turn, edit: Edit) -> None:
    if edit.member != turn.member.id:
        raise NotAllowed("That is somebody else's draft.", hint="Add the article yourself.")


def _require_possible(turn: Turn, edit: Edit) -> None:
    """Raise Conflict where the list has changed so that the suggestion says nothing new."""
    entry = turn.tx.entries.with_key(turn.team.id, edit.key)
    is_on_list = entry is not None and entry.retired_at is None
    if edit.kind is EditKind.ADD and is_on_list and entry is not None:
        edits.decline(turn.tx, edit, f"it is #{entry.number} already")
        raise Conflict(f"It is #{entry.number} already.", hint="There is nothing to decide.")


def _decided(turn: Turn, edit: Edit) -> Card:
    """What was done when the button was pressed before."""
    if edit.state is EditState.REFUSED:
        return sentence("This was decided already.", f"It was not done: {edit.reason}.")
    if edit.state is EditState.SUGGESTED:
        return sentence("Suggested.", "A curator decides, and I tell you what became of it.")
    return _done(turn, edit)


@command("edits", "decline", writes=True, by_role=True, by_button=True)
def decline(turn: Turn, edit: AnEdit, channel: MaybeWhere = None) -> Card:  # noqa: ARG001 -- for direct messages
    """Drop the article that you were shown, or decline what a member suggests.

    The buttons *Cancel* and *Decline* do this.
    """
    edits.lock(turn.tx, turn.team.id)
    known = edits.edit_of(turn.tx, turn.team.id, _id(edit))
    if known.state is EditState.DRAFT:
        _require_own(turn, known)
        edits.decline(turn.tx, known, "cancelled")
        return sentence("Nothing was added.")
    if known.state is not EditState.SUGGESTED:
        return _decided(turn, known)
    if turn.role < Role.CURATOR and known.member != turn.member.id:
        raise NotAllowed("A curator decides about this.", hint=f"Ask {turn.actor.admins}.")
    done = edits.decline(turn.tx, known, "declined by a curator")
    if known.member != turn.member.id:
        edits.tell_member(turn.tx, done)
    return sentence("Declined.", described(done, turn.tx.entries.with_key(turn.team.id, done.key)), tone=Tone.DONE)


@command("edits", "undo", writes=True, by_role=True, by_button=True)
def undo(turn: Turn, edit: AnEdit, channel: MaybeWhere = None) -> Card:  # noqa: ARG001 -- for direct messages
    """Undo a change of the list: your own, or as a curator anyone's.

    The button *Undo* does this.
    """
    edits.lock(turn.tx, turn.team.id)
    known = edits.edit_of(turn.tx, turn.team.id, _id(edit))
    if turn.role < Role.CURATOR and known.member != turn.member.id:
        raise NotAllowed("Only curators undo what others did.", hint=f"Ask {turn.actor.admins}.")
    _allowed(turn)
    return _done(turn, edits.undo(turn.tx, known, turn.member))


@command("settings", "adding", role=Role.ADMIN, writes=True)
def set_adding(
    turn: Turn, who: Annotated[Adding | None, position(Kind.ADDING, "who may change the list")] = None
) -> Card:
    """Who may change the reading list from the chat.

    everybody: every member. curators: curators and admins. suggest: members suggest, and a curator decides.
    Example: settings adding suggest
    """
    before = turn.tx.edits.rules(turn.team.id).adding
    if who is None:
        others = [one for one in Adding if one is not before]
        actions = [Action(label=one.value.capitalize(), call=_adding(one)) for one in others]
        return sentence(f"Who changes the list: {before.value}.", actions=actions)
    edits.set_adding(turn.tx, turn.team.id, who)
    undo_it = [Action(label="Undo", call=_adding(before))] if before is not who else []
    return sentence(f"Who changes the list: {who.value}.", tone=Tone.DONE, actions=undo_it)


def _adding(who: Adding) -> Call:
    return Call(path=("settings", "adding"), arguments={"who": who.value})
