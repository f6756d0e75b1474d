"""The team's list: sync it with its files, and look entries up."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TypeAlias

from bot.domain import notice
from bot.domain.entry import Entry
from bot.domain.errors import Conflict, NotFound
from bot.domain.ids import EntryId, EntryNumber, MemberId, SourceId, TeamId
from bot.domain.notice import Host
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.source import (
    CLUB_FILE,
    GONE,
    AboutList,
    HeldChange,
    Problem,
    ReadEntry,
    ReadList,
    Severity,
    Source,
    SourceFile,
    content_of,
    is_mass_loss,
)
from bot.domain.team import Team
from bot.domain.text import folded
from bot.ports.entries import LOTS, EntryFilter, StoredEntry
from bot.ports.store import Transaction
from bot.service import notices

SAMPLE = 5
"""How many of the entries that a change would retire are listed by name."""


@record
class FileRead:
    """One file of a source as it was read. `digest` is the hash of its content, empty if unknown."""

    source: SourceId
    digest: str
    list: ReadList


@record
class FileChanges:
    """What a sync changed in the entries of one file."""

    file: str
    added: int = 0
    changed: int = 0
    retired: int = 0
    returned: int = 0

    def __str__(self) -> str:
        figures = {
            "added": self.added,
            "changed": self.changed,
            "retired": self.retired,
            "returned": self.returned,
        }
        return f"{self.file}: " + ", ".join(f"{count:,} {word}" for word, count in figures.items() if count)


@record
class SyncReport:
    """The result of a sync.

    `problems` covers every file of the team, including unchanged ones. `held` are the changes that wait for an admin;
    `news` are those of them that were not held before. `not_read` counts the links of all files that are neither an
    entry nor in the notes of one.
    """

    entries: int
    added: int
    changed: int
    retired: int
    returned: int
    problems: tuple[Problem, ...]
    files: tuple[FileChanges, ...] = ()
    held: tuple[HeldChange, ...] = ()
    news: tuple[HeldChange, ...] = ()
    not_read: int = 0

    @property
    def quiet(self) -> bool:
        """Whether nothing changed."""
        return not (self.added or self.changed or self.retired or self.returned)


def sync(
    tx: Transaction,
    team: TeamId,
    read: Sequence[FileRead],
    gone: Iterable[tuple[SourceId, str]] = (),
    *,
    host: Host = Host(),  # noqa: B008 -- frozen
    accept: bool = False,
    unseen: Collection[SourceId] = (),
) -> SyncReport:
    """Bring the team's entries in line with its files. Those of `unseen` sources were not looked at.

    `read` holds the files that changed, and those that listed duplicates (see `SourceFile`). The first of two equal
    entries wins, in the order of `read`. `gone` are the files that no longer exist.

    A file that could not be used, or that lost all its entries at once, keeps its last good copy. So does a file that
    would retire many entries of its source, until an admin decides; `accept` applies such changes at once. A file is
    left out if its source was removed while it was read. The club's own list has no file, and its entries win over
    those of files, also the retired ones.
    """
    lock(tx, team)
    here = {source.id for source in tx.entries.sources(team)}
    read, gone = [file for file in read if file.source in here], [one for one in gone if one[0] in here]
    known_files = {(file.source, file.file): file for source in tx.entries.sources(team) for file in _files(tx, source)}
    club = tx.entries.club_source(team)
    kept = tx.entries.stored(team)
    read = [_kept_copy(file, known_files.get((file.source, file.list.file))) for file in read]
    gone = list(gone)
    losses, left, merge, taken = _without_mass_losses(kept, club, known_files, read, gone, accept=accept)
    held, news = _hold(tx, team, losses, left, read, gone, unseen)
    for change in news:
        notices.notify_admins(tx, team, partial(notice.held, change, _named(tx, team, change)), host)
    for file in read:
        if _place(file) in left and _place(file) in known_files:  # its problems may explain why it lost so much
            earlier = known_files[_place(file)]
            tx.entries.save_file(_marked(replace(earlier, problems=file.list.problems), earlier))
    read = [file for file in read if _place(file) not in left]
    gone = [place for place in gone if place not in left]
    for file in read:
        before = known_files.get(_place(file))
        tx.entries.save_file(_marked(_noted(file, taken[_place(file)], before), before))
        if not file.list.failed:
            tx.synonyms.save_file(file.source, file.list.file, {} if file.list.draft else _synonyms(file.list))
    for source, name in gone:
        tx.entries.remove_file(source, name)
        tx.synonyms.save_file(source, name, {})
    retired = merge.vanished()
    _store(tx, team, merge, [entry.id for entry in retired])
    return SyncReport(
        entries=tx.entries.count(team),
        added=len(merge.added),
        changed=len(merge.changed),
        returned=len(merge.returned),
        retired=len(retired),
        problems=problems(tx, team),
        files=_by_file(merge, retired),
        held=held,
        news=news,
        not_read=tx.entries.count_not_read(team),
    )


Place: TypeAlias = tuple[SourceId, str]
"""A file of a source."""
_Taken: TypeAlias = dict[Place, tuple[tuple[str, ...], tuple[Problem, ...]]]
"""Each file's duplicates with their warnings."""


def _place(file: FileRead) -> Place:
    return file.source, file.list.file


def _merged(
    kept: Sequence[StoredEntry],
    club: SourceId | None,
    known_files: Mapping[Place, SourceFile],
    read: Sequence[FileRead],
    gone: Iterable[Place],
) -> tuple["_Merge", _Taken]:
    """The outcome if these files are taken in, and each file's duplicates with their warnings."""
    merge = _Merge(kept, club)
    merge.touched |= {_place(file) for file in read if not file.list.failed} | set(gone)
    merge.touched |= merge.places() - set(known_files) - {_place(file) for file in read}
    return merge, {_place(file): merge.take(file) for file in read}


def _without_mass_losses(
    kept: Sequence[StoredEntry],
    club: SourceId | None,
    known_files: Mapping[Place, SourceFile],
    read: Sequence[FileRead],
    gone: Sequence[Place],
    *,
    accept: bool,
) -> tuple[dict[SourceId, tuple[list[StoredEntry], int]], set[Place], "_Merge", _Taken]:
    """The sources that would lose many entries, with those entries and their size, the files to leave unchanged, and the
    outcome without these. With `accept` no file is left unchanged.

    Entries of a draft are retired on purpose, and so are those of a source that the host removed.
    """
    guarded = {_place(file) for file in read if not (file.list.failed or file.list.draft)} | set(gone)
    losses: dict[SourceId, tuple[list[StoredEntry], int]] = {}
    left: set[Place] = set()
    while True:
        remaining = [file for file in read if _place(file) not in left]
        merge, taken = _merged(kept, club, known_files, remaining, [place for place in gone if place not in left])
        if accept:
            return losses, left, merge, taken
        lost: dict[SourceId, list[StoredEntry]] = {}
        for entry in merge.vanished():
            if (entry.source, entry.file) in guarded:
                lost.setdefault(entry.source, []).append(entry)
        before = len(left)
        for source, entries in lost.items():
            listed = sum(1 for entry in kept if not entry.retired and entry.source == source)
            if source not in losses and not is_mass_loss(len(entries), listed):
                continue
            losses.setdefault(source, (entries, listed))
            left |= {(entry.source, entry.file) for entry in entries}
        if len(left) == before:  # otherwise an entry that moved into an unchanged file would be lost from both
            return losses, left, merge, taken


def _hold(
    tx: Transaction,
    team: TeamId,
    losses: Mapping[SourceId, tuple[list[StoredEntry], int]],
    left: set[Place],
    read: Sequence[FileRead],
    gone: Sequence[Place],
    unseen: Collection[SourceId],
) -> tuple[tuple[HeldChange, ...], tuple[HeldChange, ...]]:
    """Save the changes held now. Returns all of them, and the new ones. A source that cannot be read, or was not looked
    at, keeps its held change.
    """
    before = {change.source: change for change in tx.entries.held(team)}
    digests = {_place(file): file.digest for file in read} | dict.fromkeys(gone, GONE)
    failed = {file.source for file in read if file.list.failed}
    held, news = [], []
    for source, (entries, listed) in sorted(losses.items()):
        files = tuple(sorted((name, digests[where, name]) for where, name in left if where == source))
        known = before.get(source)
        same = known is not None and known.files == files
        numbers = tuple(sorted(entry.number for entry in entries))
        change = HeldChange(
            source=source, files=files, entries=numbers, of=listed, rejected=known.rejected if known and same else False
        )
        tx.entries.hold(change)
        held.append(change)
        if not same:
            news.append(change)
    for source, change in before.items():
        if source in losses:
            continue
        if source in failed or source in unseen:
            held.append(change)
        else:
            tx.entries.drop_held(source)
    return tuple(held), tuple(news)


def _named(tx: Transaction, team: TeamId, change: HeldChange) -> Sequence[Entry]:
    """The first entries that the change would retire, to show what it is about."""
    found = [tx.entries.by_number(team, number) for number in change.entries[:SAMPLE]]
    return [entry for entry in found if entry is not None]


def held(tx: Transaction, team: TeamId) -> Sequence[tuple[HeldChange, Sequence[Entry]]]:
    """The changes that wait for an admin or were rejected, with the first entries that each would retire."""
    return [(change, _named(tx, team, change)) for change in tx.entries.held(team)]


def apply_held(tx: Transaction, team: TeamId, change: str | None) -> int:
    """Retire the entries of the held change with this id, or of all held changes. Returns how many.

    The next sync takes in the rest of the change. Raises NotFound if nothing is held, Conflict if the change differs by
    now.
    """
    decided = _decided(tx, team, change)
    numbers = {number for one in decided for number in one.entries}
    ids = [entry.id for entry in tx.entries.stored(team) if entry.number in numbers and not entry.retired]
    tx.entries.retire(team, ids)
    for one in decided:
        tx.entries.drop_held(one.source)
    return len(ids)


def reject_held(tx: Transaction, team: TeamId, change: str | None) -> None:
    """Keep the old list until the files change again. Raises as `apply_held` does."""
    for one in _decided(tx, team, change):
        tx.entries.hold(replace(one, rejected=True))


def _decided(tx: Transaction, team: TeamId, change: str | None) -> Sequence[HeldChange]:
    waiting = tx.entries.held(team)
    if not waiting:
        raise NotFound("No change to the list is waiting.", hint="It was applied, or the file was fixed.")
    found = [one for one in waiting if change in (None, one.id)]
    if not found:
        raise Conflict("The list has changed again since then.", hint="Look at the newest change.")
    return found


def lock(tx: Transaction, team: TeamId) -> None:
    """Lock the team's sources, files and entries until the transaction ends."""
    tx.lock([f"list {team}"])


def use(tx: Transaction, team: TeamId, paths: Sequence[str]) -> Sequence[Source]:
    """Set the team's sources. The next `sync` retires the entries of removed ones."""
    lock(tx, team)
    return tx.entries.set_sources(team, paths)


def unchanged(tx: Transaction, team: TeamId) -> SyncReport:
    """The report of a sync that found nothing to do."""
    return SyncReport(
        entries=tx.entries.count(team),
        added=0,
        changed=0,
        retired=0,
        returned=0,
        problems=problems(tx, team),
        held=tuple(tx.entries.held(team)),
        not_read=tx.entries.count_not_read(team),
    )


def change_sources(tx: Transaction, team: Team, add: Sequence[str], remove: Sequence[str]) -> None:
    """Add and remove sources of the team. The next `sync` updates their entries.

    Raises Conflict if a path to add is already a source, NotFound if a path to remove is not.
    """
    for path in remove:
        if not tx.entries.remove_source(team.id, path):
            known = ", ".join(source.path for source in tx.entries.sources(team.id)) or "none"
            raise NotFound(f"{path} is not a list of team “{team.name}”.", hint=f"Its lists: {known}.")
    for path in add:
        if not tx.entries.add_source(team.id, path):
            raise Conflict(f"{path} is a list of team “{team.name}” already.", hint="Nothing was changed.")


def problems(tx: Transaction, team: TeamId) -> tuple[Problem, ...]:
    """Every problem of the team's files as last read, errors first, then by place."""
    found = [problem for source in tx.entries.sources(team) for file in _files(tx, source) for problem in file.problems]
    return tuple(
        sorted(found, key=lambda problem: (problem.severity is not Severity.ERROR, problem.file, problem.line))
    )


class _Merge:
    """Compares the entries that were read with the stored ones."""

    def __init__(self, kept: Sequence[StoredEntry], club: SourceId | None) -> None:
        self._club = club
        self._kept = {entry.key: entry for entry in kept}
        self._claimed: dict[str, str] = {}
        self.touched: set[tuple[SourceId, str]] = set()
        self.added: list[tuple[SourceId, str, ReadEntry]] = []
        self.changed: list[tuple[SourceId, EntryId, str, ReadEntry]] = []
        self.returned: list[tuple[SourceId, EntryId, str, ReadEntry]] = []
        self.moved: list[tuple[SourceId, EntryId, str, int]] = []

    def places(self) -> set[tuple[SourceId, str]]:
        """The files of all entries on the list, apart from those of the club's own list."""
        on_list = (entry for entry in self._kept.values() if not entry.retired and entry.source != self._club)
        return {(entry.source, entry.file) for entry in on_list}

    def take(self, file: FileRead) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
        """Claim the file's entries. Returns the keys of those that another file already has, and a warning for each."""
        duplicates: list[str] = []
        warnings: list[Problem] = []
        for entry in file.list.entries:
            holder = self._holder(entry.key)
            if holder is None:
                self._claim(file, entry)
            elif holder != file.list.file:
                duplicates.append(entry.key)
                if holder != CLUB_FILE:
                    warnings.append(_duplicate(file, entry, holder))
        return tuple(duplicates), tuple(warnings)

    def vanished(self) -> list[StoredEntry]:
        """Entries on the list whose files were read and no longer contain them."""
        return [
            entry
            for entry in self._kept.values()
            if not entry.retired and (entry.source, entry.file) in self.touched and entry.key not in self._claimed
        ]

    def _holder(self, key: str) -> str | None:
        if key in self._claimed:
            return self._claimed[key]
        kept = self._kept.get(key)
        if kept is not None and kept.source == self._club:
            return CLUB_FILE
        elsewhere = kept is not None and not kept.retired and (kept.source, kept.file) not in self.touched
        return kept.file if kept is not None and elsewhere else None

    def _claim(self, file: FileRead, entry: ReadEntry) -> None:
        name = file.list.file
        self._claimed[entry.key] = name
        kept = self._kept.get(entry.key)
        if kept is None:
            self.added.append((file.source, name, entry))
        elif kept.retired:
            self.returned.append((file.source, kept.id, name, entry))
        elif kept.content != content_of(entry):
            self.changed.append((file.source, kept.id, name, entry))
        elif (kept.source, kept.file, kept.line) != (file.source, name, entry.line):
            self.moved.append((file.source, kept.id, name, entry.line))


def _store(tx: Transaction, team: TeamId, merge: _Merge, retired: Sequence[EntryId]) -> None:
    changed = [*merge.changed, *merge.returned]
    sources = {row[0] for row in merge.added} | {row[0] for row in changed} | {row[0] for row in merge.moved}
    for source in sorted(sources):
        tx.entries.add(team, source, [row[1:] for row in merge.added if row[0] == source])
        tx.entries.update(team, source, [row[1:] for row in changed if row[0] == source])
        tx.entries.move(team, source, [row[1:] for row in merge.moved if row[0] == source])
    tx.entries.retire(team, retired)


def _by_file(merge: _Merge, retired: Sequence[StoredEntry]) -> tuple[FileChanges, ...]:
    """The changes of each changed file, by name."""
    counts = {
        "added": Counter(name for _, name, _ in merge.added),
        "changed": Counter(name for _, _, name, _ in merge.changed),
        "retired": Counter(entry.file for entry in retired),
        "returned": Counter(name for _, _, name, _ in merge.returned),
    }
    names = sorted({name for counted in counts.values() for name in counted})
    return tuple(FileChanges(file=name, **{word: counted[name] for word, counted in counts.items()}) for name in names)


def _files(tx: Transaction, source: Source) -> Sequence[SourceFile]:
    return tx.entries.files(source.id)


def _kept_copy(file: FileRead, before: SourceFile | None) -> FileRead:
    """If a file had entries and now has none, keep its last good copy: that is more likely a mishap than a wish."""
    if file.list.failed or file.list.draft or file.list.entries or before is None or not before.entries:
        return file
    problem = Problem(
        file=file.list.file,
        line=0,
        severity=Severity.ERROR,
        message=f"no entries left; the {before.entries} read before are kept. Put `draft: true` on top of the file to retire them.",
    )
    return replace(file, list=replace(file.list, failed=True, problems=(*file.list.problems, problem)))


def _noted(file: FileRead, found: tuple[tuple[str, ...], tuple[Problem, ...]], before: SourceFile | None) -> SourceFile:
    duplicates, warnings = found
    failed = file.list.failed
    return SourceFile(
        source=file.source,
        file=file.list.file,
        digest=file.digest,
        entries=(before.entries if before else 0) if failed else len(file.list.entries),
        duplicates=before.duplicates if before and failed else duplicates,
        problems=(*file.list.problems, *warnings),
        not_read=(before.not_read if before else 0) if failed else file.list.links.not_read,
        about=(before.about if before else AboutList()) if failed else file.list.about,
    )


def _marked(file: SourceFile, before: SourceFile | None) -> SourceFile:
    """The file with the problems marked that are new; read again without a change, with those that were."""
    known = {problem.message: problem.fresh for problem in before.problems} if before else {}
    same = before is not None and before.digest == file.digest
    marked = (
        replace(one, fresh=known.get(one.message, True) if same else one.message not in known) for one in file.problems
    )
    return replace(file, problems=tuple(marked))


def _duplicate(file: FileRead, entry: ReadEntry, holder: str) -> Problem:
    return Problem(
        file=file.list.file,
        line=entry.line,
        severity=Severity.WARNING,
        message=f"“{entry.title}” is in {holder} already; that one is kept. Remove it here or there.",
    )


def entry(tx: Transaction, team: TeamId, number: EntryNumber) -> Entry:
    """The team's entry with that number, including retired ones. Raises NotFound."""
    found = tx.entries.by_number(team, number)
    if found is None:
        raise NotFound(f"There is no entry #{number} on this team's list.", hint="Try “list” or “search”.")
    return found


def entry_on_list(tx: Transaction, team: TeamId, number: EntryNumber) -> Entry:
    """As `entry`, but raises NotFound for a retired one too."""
    found = entry(tx, team, number)
    if found.retired_at is not None:
        raise NotFound(f"#{number} “{found.title}” is no longer on the list.", hint="Try “list” or “search”.")
    return found


@record
class Page:
    """One page of entries with the asking member's states: page `number` of `pages`, counted from 1."""

    total: int
    number: int
    pages: int
    items: tuple[tuple[Entry, ReadingState], ...]


def page(tx: Transaction, team: TeamId, member: MemberId, which: EntryFilter, number: int, size: int) -> Page:
    """One page of the list, ordered by entry number. A page past the end is the last one."""
    total, entries = tx.entries.page(team, member, which, offset=(number - 1) * size, limit=size)
    if not total and which.tag and (section := section_named(tx, team, which.tag)):
        return page(tx, team, member, replace(which, tag=None, section=section), number, size)
    pages = max(-(-total // size), 1)
    if number > pages:
        return page(tx, team, member, which, pages, size)
    return Page(total=total, number=number, pages=pages, items=with_states(tx, member, entries))


def about(tx: Transaction, team: Team) -> AboutList:
    """What the front matter of the team's list says about it: of its one file, or of the one that has a title."""
    files = [file.about for source in tx.entries.sources(team.id) for file in tx.entries.files(source.id)]
    titled = [one for one in files if one.title]
    found = titled if len(titled) == 1 else files
    said = found[0] if len(found) == 1 else AboutList()
    return replace(said, title=said.title or f"Reading list of {team.name}")


def section_named(tx: Transaction, team: TeamId, tag: str) -> str | None:
    """The section of that name, if no entry has such a tag: people ask for both in the same way."""
    name = folded(tag)
    if any(folded(known.name) == name for known in tx.entries.tags(team, None)):
        return None
    return next((part for path in tx.entries.sections(team) for part in path if folded(part) == name), None)


def with_states(tx: Transaction, member: MemberId, entries: Sequence[Entry]) -> tuple[tuple[Entry, ReadingState], ...]:
    """Each entry with the member's state for it."""
    states = tx.readings.states(member, [entry.id for entry in entries])
    return tuple((entry, states.get(entry.id, ReadingState.UNREAD)) for entry in entries)


DRAWS = 4


def unread_at_random(
    tx: Transaction,
    team: TeamId,
    member: MemberId,
    tag: str | None,
    below: Callable[[int], int],
    minutes: int | None = None,
) -> tuple[Entry, ReadingState] | None:
    """One of the member's unread entries, all equally likely; None if every entry is read. With `minutes` only of those
    that take no longer.
    """
    if minutes:
        section = section_named(tx, team, tag) if tag else None
        which = EntryFilter(tag=None if section else tag, section=section, minutes=minutes, state=ReadingState.UNREAD)
        return _one_of(tx, team, member, which, below)
    drawn = None if tag else _drawn(tx, member, below)
    if drawn is not None:
        return drawn, ReadingState.UNREAD
    total = tx.readings.unread_count(member, tag)
    if not total and tag and (section := section_named(tx, team, tag)):
        which = EntryFilter(section=section, state=ReadingState.UNREAD)
        return _one_of(tx, team, member, which, below)
    if not total:
        return None
    (chosen,) = tx.readings.unread(member, tag, offset=below(total), limit=1)
    return tx.entries.get(team, [chosen])[chosen], ReadingState.UNREAD


def _one_of(
    tx: Transaction, team: TeamId, member: MemberId, which: EntryFilter, below: Callable[[int], int]
) -> tuple[Entry, ReadingState] | None:
    """One of the member's unread entries that match."""
    total, _ = tx.entries.page(team, member, which, offset=0, limit=1)
    if not total:
        return None
    _, (chosen,) = tx.entries.page(team, member, which, offset=below(total), limit=1)
    return tx.entries.get(team, [chosen.id])[chosen.id], ReadingState.UNREAD


def _drawn(tx: Transaction, member: MemberId, below: Callable[[int], int]) -> Entry | None:
    """An unread entry by rejection sampling; None if none of a few draws is unread.

    All unread entries are equally likely. Counting them would always find one, but takes time that grows with the list.
    """
    for _ in range(DRAWS):
        entry = tx.entries.draw(member, below(LOTS))
        if entry is not None:
            return entry
    return None


MAX_ACRONYMS = 200
"""Acronyms that one file may explain."""
_ACRONYM = re.compile(r"\((?P<inside>[A-Z][A-Za-z0-9]{1,7})\)|\b(?P<before>[A-Z][A-Za-z0-9]{1,7}) \(")
_WORD = re.compile(r"[^\W_]+")
_SKIPPED = frozenset(["a", "an", "and", "as", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"])
"""Words that acronyms may leave out."""
_MAX_EXPANDED = 100


def _synonyms(read: ReadList) -> Mapping[str, tuple[str, ...]]:
    """The file's synonyms, and the acronyms that its entries explain."""
    texts = (text for entry in read.entries for text in (entry.title, entry.notes.markdown) if "(" in text)
    explained = islice(dict.fromkeys(chain.from_iterable(map(acronyms_in, texts))), MAX_ACRONYMS)
    found = dict(read.synonyms)
    for acronym, words in explained:
        found[acronym] = (*found.get(acronym, ()), words)
    return found


def acronyms_in(text: str) -> Iterator[tuple[str, str]]:
    """The acronyms that the text explains, as in “Retrieval Augmented Generation (RAG)” or “RAG (Retrieval …)”."""
    for match in _ACRONYM.finditer(text):
        acronym = match["inside"] or match["before"]
        acronym = acronym[:-1] if acronym.endswith("s") and acronym[:-1].isupper() else acronym
        if match["inside"]:
            words = _WORD.findall(text[max(match.start() - _MAX_EXPANDED, 0) : match.start()])
            stands_for = _initials(acronym[::-1], words[::-1])[::-1]
        else:
            inside = text[match.end() : match.end() + _MAX_EXPANDED].partition(")")[0]
            stands_for = _initials(acronym, _WORD.findall(inside))
        if stands_for:
            yield acronym.lower(), " ".join(stands_for).lower()


def _initials(acronym: str, words: Sequence[str]) -> Sequence[str]:
    """The first of the words, if their initials are the acronym; else none."""
    left, taken = acronym.lower(), 0
    for word in words:
        if not left:
            break
        if word[0].lower() == left[0]:
            left = left[1:]
        elif word.lower() not in _SKIPPED:
            return ()
        taken += 1
    return words[:taken] if not left else ()
