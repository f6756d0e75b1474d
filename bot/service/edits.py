"""Edits of the list from the chat: who may make them, what they change, and how they are undone.

An edit of the club's own list is carried out in the transaction that asks for it. One of a file is saved as pending, and
`bot.runtime.edits` writes it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.domain import notice
from bot.domain.edit import (
    NOTE,
    NOTES,
    SECTION,
    TAGS,
    TITLE,
    WITHOUT_NOTE,
    Adding,
    Content,
    Edit,
    EditKind,
    EditRules,
    EditState,
    changed,
    fields_of,
    with_note,
)
from bot.domain.entry import Entry
from bot.domain.errors import BadUsage, Conflict, NotAllowed, NotFound
from bot.domain.ids import AccountRef, ChannelRef, EditId, EntryNumber, TeamId, Url
from bot.domain.notes import Notes
from bot.domain.notice import Host
from bot.domain.source import CLUB_FILE, ReadEntry, Source, git_file
from bot.domain.team import Member, Role
from bot.domain.url import canonical
from bot.domain.visible import visible
from bot.ports.store import Transaction
from bot.service import entries, notices

DRAFTS_KEPT = timedelta(days=1)
WITHDRAWN = "withdrawn"
"""Why an edit was refused that its member undid before it was written."""
MAX_TITLE = 300
MAX_NOTES = 20_000
MAX_TAGS = 20
_BEGINS_WITH_LINK = re.compile(r"[\[<(*_`\s]*(?:https?://|[^\[\]]*\]\()")
OPEN = frozenset({EditState.SUGGESTED, EditState.PENDING, EditState.APPLIED})


def lock(tx: Transaction, team: TeamId) -> None:
    """Lock the team's edits, and its list with them, until the transaction ends."""
    tx.lock([f"edits {team}", f"list {team}"])


def is_allowed(rules: EditRules, role: Role) -> bool:
    """Whether this role may edit, or suggest an edit."""
    return rules.adding is not Adding.CURATORS or role >= Role.CURATOR


def require_allowed(rules: EditRules, role: Role, admins: str) -> None:
    """Raise NotAllowed if this role may neither edit nor suggest."""
    if not is_allowed(rules, role):
        raise NotAllowed("Only curators change this reading list.", hint=f"Ask {admins}.")


def is_suggestion(rules: EditRules, role: Role) -> bool:
    """Whether a curator decides about what this role asks for."""
    return rules.adding is Adding.SUGGEST and role < Role.CURATOR


def draft(tx: Transaction, team: TeamId, member: Member, url: Url, fields: Mapping[str, str]) -> Edit:
    """Save an article that the member is about to add. It changes nothing until `carry_out`. Raises BadUsage."""
    tx.edits.delete_drafts(team, tx.now() - DRAFTS_KEPT)
    edit = Edit(
        id=tx.edits.next_id(team),
        team=team,
        kind=EditKind.ADD,
        state=EditState.DRAFT,
        url=url,
        key=canonical(url),
        entry=None,
        fields=checked(fields),
        member=member.id,
        at=tx.now(),
    )
    tx.edits.save(edit)
    return edit


def with_first_note(tx: Transaction, edit: Edit, line: str) -> Edit:
    """Give a draft the line as its notes."""
    notes = with_note("", checked({NOTE: line})[NOTE])
    described = replace(edit, fields={**edit.fields, NOTES: notes})
    tx.edits.save(described)
    return described


def checked(fields: Mapping[str, str]) -> Mapping[str, str]:
    """The fields without invisible characters and needless blanks; raises BadUsage for what no list can hold."""
    tidy = dict(fields)
    for name in (TITLE, SECTION, NOTE, WITHOUT_NOTE):
        if name in tidy:
            tidy[name] = " ".join(visible(tidy[name]).split())
    for name in (NOTE, WITHOUT_NOTE):
        if _BEGINS_WITH_LINK.match(tidy.get(name, "")):  # which could be read as another entry
            tidy[name] = f"See {tidy[name]}"
    if NOTES in tidy:
        lines = tidy[NOTES].replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip().split("\n")
        tidy[NOTES] = "\n".join(line.rstrip() for line in lines)
    content = changed(Content(title=""), tidy)
    if TITLE in tidy and not 0 < len(content.title) <= MAX_TITLE:
        raise BadUsage(f"A title has 1 to {MAX_TITLE} characters.", field=TITLE)
    if NOTE in tidy and not tidy[NOTE]:
        raise BadUsage("The note is empty.", hint="Type it after the number.", field="text")
    if len(content.notes) > MAX_NOTES:
        raise BadUsage(f"Notes have {MAX_NOTES:,} characters at most.", field=NOTES)
    if len(content.tags) > MAX_TAGS:
        raise BadUsage(f"An entry has {MAX_TAGS} tags at most.", field="tag")
    for tag in content.tags:
        if not any(map(str.isalpha, tag)) or len(tag) > 40 or any(sign in tag for sign in "[]`#^\n"):
            raise BadUsage(f"“{tag}” cannot be a tag.", hint="Use a word, such as databases.", field="tag")
    if TAGS in tidy:
        tidy[TAGS] = ", ".join(content.tags)
    return tidy


def known(tx: Transaction, team: TeamId, url: Url) -> Entry | None:
    """The team's entry with this address, including a retired one."""
    return tx.entries.with_key(team, canonical(url))


def waiting(tx: Transaction, team: TeamId, url: Url) -> Edit | None:
    """An edit that adds this address and is not on the list yet."""
    key = canonical(url)
    adds = (edit for edit in tx.edits.in_state(team, OPEN) if edit.kind in (EditKind.ADD, EditKind.RESTORE))
    return next((edit for edit in adds if edit.key == key), None)


def edit_of(tx: Transaction, team: TeamId, id: EditId) -> Edit:
    """The team's edit with this id. Raises NotFound."""
    found = tx.edits.get(id)
    if found is None or found.team != team:
        raise NotFound("That change is gone.", hint="“edits” shows the newest changes of the list.")
    return found


def propose(
    tx: Transaction,
    entry: Entry,
    member: Member | None,
    kind: EditKind,
    fields: Mapping[str, str] | None = None,
    undoes: EditId | None = None,
) -> Edit:
    """A new edit of an entry, which changes nothing until `carry_out`. Raises BadUsage."""
    content = content_of(entry)
    if kind is EditKind.RESTORE:
        fields = {**fields_of(content), **(fields or {})}
    tidy = checked(fields or {})
    before = fields_of(content)
    edit = Edit(
        id=tx.edits.next_id(entry.team),
        team=entry.team,
        kind=kind,
        state=EditState.DRAFT,
        url=entry.url,
        key=entry.key,
        entry=entry.number,
        fields=tidy,
        before=before if kind is EditKind.RETIRE else {name: before[name] for name in tidy if name in before},
        member=member.id if member else None,
        at=tx.now(),
        undoes=undoes,
    )
    tx.edits.save(edit)
    return edit


def content_of(entry: Entry) -> Content:
    """What the list says of the entry."""
    return Content(
        title=entry.title,
        tags=entry.tags,
        section=entry.section[-1] if entry.section else "",
        notes=entry.notes.markdown,
    )


def carry_out(tx: Transaction, edit: Edit) -> Edit:
    """Change the club's own list at once, or hand the edit to the one that writes files. Returns the edit as it is then."""
    entry = tx.entries.with_key(edit.team, edit.key)
    file = _target(tx, tx.edits.rules(edit.team), edit, entry)
    if file is not None:
        done = replace(edit, state=EditState.PENDING, file=file, reason="", branch="", link="")
    else:
        number = _change_club(tx, edit, entry)
        done = replace(edit, state=EditState.CONFIRMED, file=None, reason="", branch="", link="", entry=number)
    tx.edits.save(done)
    return done


def _target(tx: Transaction, rules: EditRules, edit: Edit, entry: Entry | None) -> str | None:
    """The file that the edit is written to: the team's, if it holds the entry or is to hold it."""
    if rules.file is None or entry is None or edit.kind is EditKind.ADD:
        return rules.file
    return rules.file if path_of(tx, entry) == rules.file else None


def path_of(tx: Transaction, entry: Entry) -> str | None:
    """The path of the file in which the entry is; None for the club's own list and for a source that is gone."""
    source = next((one for one in tx.entries.sources(entry.team) if one.id == entry.source), None)
    return None if source is None else joined(source.path, entry.file)


def joined(path: str, file: str) -> str:
    """The path of a file of a source: the source itself if it is that file, else a file in its folder."""
    return path if path == file or path.endswith(f"/{file}") else f"{path}/{file}"


def _change_club(tx: Transaction, edit: Edit, entry: Entry | None) -> EntryNumber:
    """Change the club's own list, which takes the entry over from the file that had it. Returns its number."""
    club = tx.entries.add_club_source(edit.team)
    if entry is None:
        tx.entries.add(edit.team, club, [(CLUB_FILE, _as_read(edit, edit.content, ()))])
        entry = tx.entries.with_key(edit.team, edit.key)
        assert entry is not None
    elif edit.kind is EditKind.RETIRE:
        tx.entries.move(edit.team, club, [(entry.id, CLUB_FILE, 0)])
        tx.entries.retire(edit.team, [entry.id])
    else:
        content = changed(content_of(entry), edit.fields)
        kept = entry.section if content.section == content_of(entry).section else None
        tx.entries.update(edit.team, club, [(entry.id, CLUB_FILE, _as_read(edit, content, kept))])
    return entry.number


def _as_read(edit: Edit, content: Content, section: tuple[str, ...] | None) -> ReadEntry:
    """The entry as if it had been read from a file; `section` where the one of the content is not meant."""
    return ReadEntry(
        line=0,
        title=content.title,
        url=edit.url,
        key=edit.key,
        notes=Notes(markdown=content.notes),
        tags=content.tags,
        section=section or ((content.section,) if content.section else ()),
    )


def suggest(tx: Transaction, edit: Edit, host: Host) -> Edit:
    """Leave the edit to a curator, and notify those who can decide."""
    asked = replace(edit, state=EditState.SUGGESTED)
    tx.edits.save(asked)
    entry, who = tx.entries.with_key(edit.team, edit.key), name_of(tx, edit)

    def card(about: ChannelRef, notify: AccountRef | None, team: TeamId) -> notice.Notice:
        return notice.suggested(asked, entry, who, about, notify, team)

    notices.notify_admins(tx, edit.team, card, host)
    return asked


def name_of(tx: Transaction, edit: Edit) -> str:
    """Who made the edit."""
    member = None if edit.member is None else tx.teams.member_with_id(edit.member)
    return member.name if member else "someone"


def name_in_commits(tx: Transaction, edit: Edit) -> str:
    """Who made the edit, if they want to be named in its commit, else empty."""
    member = None if edit.member is None else tx.teams.member_with_id(edit.member)
    return member.name if member and member.named_in_commits else ""


def decline(tx: Transaction, edit: Edit, reason: str) -> Edit:
    """Refuse a draft or a suggestion."""
    done = replace(edit, state=EditState.REFUSED, reason=reason)
    tx.edits.save(done)
    return done


def tell_member(tx: Transaction, edit: Edit) -> None:
    """Notify the member of what became of the suggestion."""
    member = None if edit.member is None else tx.teams.member_with_id(edit.member)
    if member is None:
        return
    theirs = [one.ref for one in tx.teams.workspaces(edit.team) if one.ref.platform == member.account.platform]
    met = [ref for ref in theirs if ref.id in member.workspaces]
    entry = tx.entries.with_key(edit.team, edit.key)
    for ref in (*met, *theirs)[:1]:
        notices.notify(tx, notice.decided(edit, entry, ChannelRef(ref, "list"), member.account), Host())


def undo(tx: Transaction, edit: Edit, member: Member | None) -> Edit:
    """A new edit with the inverse meaning, carried out. Raises Conflict if the entry is no longer as the edit left it."""
    if tx.edits.undone(edit.id):
        raise Conflict("This change was undone already.", hint="“edits” shows the newest changes of the list.")
    if edit.state is EditState.PENDING and edit.reason and not _may_be_pushed(edit):
        return decline(tx, edit, WITHDRAWN)
    if edit.state not in (EditState.PENDING, EditState.APPLIED, EditState.CONFIRMED):
        raise Conflict("This change is not on the list.", hint="There is nothing to undo.")
    entry = tx.entries.with_key(edit.team, edit.key)
    kind, fields = _inverse(edit)
    if entry is None:
        again = replace(
            edit,
            id=tx.edits.next_id(edit.team),
            kind=kind,
            state=EditState.PENDING,
            fields=fields,
            before=edit.fields,
            member=member.id if member else None,
            at=tx.now(),
            undoes=edit.id,
            reason="",
        )
        tx.edits.save(again)
        return again
    if edit.state is EditState.CONFIRMED:
        _require_as_left(edit, entry)
    return carry_out(tx, propose(tx, entry, member, kind, fields, edit.id))


def _may_be_pushed(edit: Edit) -> bool:
    """Whether the edit may be in its repository although it waits: a push may arrive whose answer is lost. So it is not
    withdrawn at once, but undone by the process that looks there.
    """
    return git_file(edit.file or "") is not None and not edit.branch


def save_withdrawn(tx: Transaction, edit: Edit, undo: Edit) -> None:
    """The repository does not have the edit, and it could not be written: neither it nor its undo is to be."""
    lock(tx, edit.team)
    for one in (edit, undo):
        decline(tx, one, WITHDRAWN)


def _inverse(edit: Edit) -> tuple[EditKind, Mapping[str, str]]:
    match edit.kind:
        case EditKind.ADD | EditKind.RESTORE:
            return EditKind.RETIRE, {}
        case EditKind.RETIRE:
            return EditKind.RESTORE, edit.before
        case _:
            opposite = {NOTE: WITHOUT_NOTE, WITHOUT_NOTE: NOTE}
            notes = {opposite[name]: value for name, value in edit.fields.items() if name in opposite}
            return EditKind.CHANGE, {**edit.before, **notes}


def _require_as_left(edit: Edit, entry: Entry) -> None:
    """Raise Conflict if somebody has changed the same thing since."""
    is_retired = entry.retired_at is not None
    if is_retired is not (edit.kind is EditKind.RETIRE):
        said = "is off the list" if is_retired else "is back on the list"
        raise Conflict(f"#{entry.number} {said} by now.", hint="There is nothing to undo.")
    now = fields_of(content_of(entry))
    same = all(now[name].split() == value.split() for name, value in edit.fields.items() if name in now)
    if edit.kind is EditKind.CHANGE and not same:
        raise Conflict(f"#{entry.number} was changed again since then.", hint="“edits” shows the newest changes.")


def sections(tx: Transaction, team: TeamId) -> Sequence[str]:
    """The headings under which the team's file has entries; none if edits go to the club's own list."""
    file = tx.edits.rules(team).file
    source = None if file is None else _source_of(tx, team, file)
    return () if file is None or source is None else tx.entries.headings(source.id, _name_in(source, file))


def pending(tx: Transaction, team: TeamId | None = None) -> Sequence[Edit]:
    """The edits that wait to be written to a file, oldest first."""
    return tx.edits.in_state(team, [EditState.PENDING])


def save_applied(tx: Transaction, edit: Edit) -> None:
    """The edit is in its file. An entry that the club's own list had is from the file from now on."""
    lock(tx, edit.team)
    tx.edits.save(replace(edit, state=EditState.APPLIED, reason="", branch="", link=""))
    assert edit.file is not None
    entry, source = tx.entries.with_key(edit.team, edit.key), _source_of(tx, edit.team, edit.file)
    if entry is not None and source is not None and entry.source == tx.entries.club_source(edit.team):
        tx.entries.move(edit.team, source.id, [(entry.id, _name_in(source, edit.file), 0)])


def _source_of(tx: Transaction, team: TeamId, file: str) -> Source | None:
    """The source of the team in which the file is."""
    return next((one for one in tx.entries.sources(team) if f"{file}/".startswith(f"{one.path}/")), None)


def _name_in(source: Source, file: str) -> str:
    """What the source calls the file: its path in the folder, or its name where the source is the file itself."""
    return file.removeprefix(f"{source.path}/") if file != source.path else file.rpartition("/")[2]


def save_failed(tx: Transaction, edit: Edit, reason: str, host: Host) -> None:
    """The edit cannot be written for now: note why, and notify those who can help, once for each reason."""
    lock(tx, edit.team)
    latest = tx.edits.get(edit.id)
    if latest is None or latest.state is not EditState.PENDING or latest.reason == reason:
        return
    _save_waiting(tx, replace(latest, reason=reason), host)


def save_proposed(tx: Transaction, edit: Edit, branch: str, link: str, reason: str, host: Host) -> None:
    """The edit waits in a branch of its own, and with a link in a pull request, until someone merges that."""
    lock(tx, edit.team)
    latest = tx.edits.get(edit.id)
    if latest is None or latest.state is not EditState.PENDING or (latest.branch, latest.link) == (branch, link):
        return
    _save_waiting(tx, replace(latest, reason=reason, branch=branch, link=link), host)


def save_merged(tx: Transaction, edit: Edit) -> None:
    """The edit's branch was merged. Does nothing if the edit does not wait any more."""
    lock(tx, edit.team)
    latest = tx.edits.get(edit.id)
    if latest is not None and latest.state is EditState.PENDING:
        save_applied(tx, latest)
        tell_member(tx, replace(latest, state=EditState.APPLIED))


def save_refused(tx: Transaction, edit: Edit, reason: str) -> None:
    """What the edit was proposed in was closed. Does nothing if the edit does not wait any more."""
    lock(tx, edit.team)
    latest = tx.edits.get(edit.id)
    if latest is not None and latest.state is EditState.PENDING:
        tell_member(tx, decline(tx, latest, reason))


def write_again(tx: Transaction, file: str, marks: Collection[str]) -> None:
    """The history of the file was changed by force: write those of all teams' edits again that were in it."""
    for edit in tx.edits.in_state(None, [EditState.APPLIED, EditState.CONFIRMED]):
        if edit.file == file and edit.mark in marks:
            lock(tx, edit.team)
            tx.edits.save(replace(edit, state=EditState.PENDING, reason=""))


def _save_waiting(tx: Transaction, waits: Edit, host: Host) -> None:
    tx.edits.save(waits)
    edit = waits
    entry, who = tx.entries.with_key(edit.team, edit.key), name_of(tx, edit)

    def card(about: ChannelRef, notify: AccountRef | None, team: TeamId) -> notice.Notice:
        return notice.waits(waits, entry, who, about, notify, team)

    notices.notify_admins(tx, edit.team, card, host)


def confirm(tx: Transaction, team: TeamId) -> Sequence[Edit]:
    """The applied edits whose entries members see by now, which are confirmed with this."""
    lock(tx, team)
    seen = []
    for edit in tx.edits.in_state(team, [EditState.APPLIED]):
        entry = tx.entries.with_key(team, edit.key)
        if entry is not None or edit.kind is EditKind.RETIRE or tx.edits.undone(edit.id):
            seen.append(replace(edit, state=EditState.CONFIRMED, entry=entry.number if entry else edit.entry))
            tx.edits.save(seen[-1])
    return seen


def club_entries(tx: Transaction, team: TeamId) -> Sequence[Entry]:
    """The entries of the club's own list by number, including retired ones."""
    club = tx.entries.club_source(team)
    return [] if club is None else tx.entries.of_source(club)


def write_to(
    tx: Transaction, team: TeamId, file: str | None, known: Collection[str] = (), headings: Sequence[str] = ()
) -> None:
    """Write edits to this file from now on, or with None to the club's own list.

    What the club's own list has goes into the file once: `known` are the keys that the file has already, `headings` its
    headings. Edits that wait for another file go where the new ones do.
    """
    lock(tx, team)
    tx.edits.set_rules(team, replace(tx.edits.rules(team), file=file))
    for edit in pending(tx, team):
        carry_out(tx, edit)
    names = {one.casefold() for one in headings}
    for entry in club_entries(tx, team) if file is not None else ():
        is_retired, is_known = entry.retired_at is not None, entry.key in known
        if is_retired and not is_known:
            continue
        kind = EditKind.RETIRE if is_retired else EditKind.CHANGE if is_known else EditKind.ADD
        content = content_of(entry)
        if content.section.casefold() not in names:
            content = replace(content, section="")
        edit = propose(tx, entry, None, kind, {} if is_retired else fields_of(content))
        tx.edits.save(replace(edit, state=EditState.PENDING, file=file))


def set_adding(tx: Transaction, team: TeamId, adding: Adding) -> None:
    lock(tx, team)
    tx.edits.set_rules(team, replace(tx.edits.rules(team), adding=adding))


def entry_to_edit(tx: Transaction, team: TeamId, number: EntryNumber, *, retired: bool = False) -> Entry:
    """The entry; raises Conflict if it is off the list, or with `retired` if it is on it."""
    found = entries.entry(tx, team, number)
    if retired and found.retired_at is None:
        raise Conflict(f"#{number} is on the list.", hint="There is nothing to restore.")
    if not retired and found.retired_at is not None:
        raise Conflict(f"#{number} is off the list.", hint=f"To bring it back: “restore #{number}”.")
    return found
