"""Where a team's edits are written, as the command line sets and shows it, and the club's own list as Markdown."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bot.domain.edit import EditState
from bot.domain.errors import BadConfig
from bot.domain.notice import described
from bot.domain.source import ReadEntry, ReadList, git_file, place_in_words
from bot.domain.team import Team
from bot.ports.store import Transaction
from bot.runtime import file_edits
from bot.runtime.lists import Lists
from bot.runtime.threads import ThreadRunner
from bot.service import edits
from store.lists import write
from store.lists.convert import convert


async def write_to_file(runner: ThreadRunner, lists: Lists, team: Team, path: Path | None) -> str:
    """Write the team's edits to a file, which becomes one of its lists. Returns a line that says so.

    A file that is not there yet is made from the club's own list. Raises BadConfig for one that cannot be written.
    """
    sources = await runner.read(lambda tx: [source.path for source in tx.entries.sources(team.id)])
    file = _chosen(team, sources, path)
    if not _is_there(file):
        text = await runner.read(partial(club_markdown, team=team))
        _make(file, text or "# Reading list\n")
    obstacle = file_edits.obstacle(file)
    if obstacle:
        raise BadConfig([f"{file}: {obstacle}", "Nothing was changed."])
    if not any(f"{file}/".startswith(f"{source}/") for source in sources):
        await lists.change(team, add=[file], remove=[])
    document = write.Document(file.read_bytes(), file.name)
    known = {entry.key for entry in document.entries}
    await runner.write(lambda tx: edits.write_to(tx, team.id, str(file), known, document.headings()))
    await lists.write_edits()
    waiting = await runner.read(lambda tx: edits.pending(tx, team.id))
    more = f" {len(waiting):,} of them wait: dogear edits" if waiting else ""
    return f"{team.name}: changes from the chat are written to {file}.{more}"


async def write_to_git(runner: ThreadRunner, lists: Lists, team: Team, path: str | None) -> str:
    """Commit and push the team's edits to one of its lists in git repositories. Returns a line that says so.

    Raises BadConfig for one that cannot be pushed to.
    """
    sources = await runner.read(lambda tx: [one.path for one in tx.entries.sources(team.id) if git_file(one.path)])
    wanted = sources if path is None else [path]
    if len(wanted) != 1 or wanted[0] not in sources:
        known = ", ".join(sources) or f"none. Add it: dogear team lists {team.name} --add URL#BRANCH:/PATH"
        raise BadConfig([f"Which list? Type: dogear team write {team.name} git PATH. Its lists in git: {known}"])
    (file,) = wanted
    obstacle = await lists.examined(file, pushes=True)
    if obstacle:
        raise BadConfig([f"{place_in_words(file)}: {obstacle}", "Nothing was changed."])
    local = lists.local(file)
    document = write.Document(local.read_bytes(), local.name)
    keys = {entry.key for entry in document.entries}
    await runner.write(lambda tx: edits.write_to(tx, team.id, file, keys, document.headings()))
    await lists.write_edits()
    waiting = await runner.read(lambda tx: edits.pending(tx, team.id))
    more = f" {len(waiting):,} of them wait: dogear edits" if waiting else ""
    return f"{team.name}: changes from the chat are pushed to {place_in_words(file)}.{more}"


def _chosen(team: Team, sources: Sequence[str], path: Path | None) -> Path:
    file = Path(os.getcwd(), path) if path is not None else _only(team, sources)  # noqa: PTH109 -- asks the process
    return Path(os.path.normpath(file))


def _is_there(file: Path) -> bool:
    return os.path.exists(file)  # noqa: PTH110 -- pathlib's raises below Python 3.14 where it may not look


def _only(team: Team, sources: Sequence[str]) -> Path:
    """The one file that the team has as its list. Raises BadConfig."""
    files = [source for source in sources if not git_file(source) and os.path.isfile(source)]  # noqa: PTH113 -- as above
    if len(files) != 1:
        known = ", ".join(sources) or "none"
        raise BadConfig([f"Which file? Type: dogear team write {team.name} file PATH. Its lists: {known}."])
    return Path(files[0])


def _make(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8", errors="replace") as made:
            made.write(text)
    except OSError as error:
        raise BadConfig([f"{file} cannot be made ({error.strerror}). Nothing was changed."]) from None


def club_markdown(tx: Transaction, team: Team) -> str:
    """The club's own list as Markdown, without what is retired."""
    entries = tuple(
        ReadEntry(
            line=entry.number,
            title=entry.title,
            url=entry.url,
            key=entry.key,
            notes=entry.notes,
            tags=entry.tags,
            section=entry.section,
        )
        for entry in edits.club_entries(tx, team.id)
        if entry.retired_at is None
    )
    return convert(ReadList(file="", entries=entries, synonyms={}), set()).markdown


def waiting_lines(tx: Transaction, team: Team) -> Sequence[str]:
    """A line for each edit of the team that waits, and why."""
    waiting = tx.edits.in_state(team.id, [EditState.SUGGESTED, EditState.PENDING])
    return [
        f"{team.name}: {edits.name_of(tx, edit)}, {edit.at:%Y-%m-%d %H:%M} UTC: "
        f"{described(edit, tx.entries.with_key(team.id, edit.key))}"
        + (" (waits for a curator)" if edit.state is EditState.SUGGESTED else f" ({edit.reason or 'is being written'})")
        for edit in waiting
    ]


def patches(tx: Transaction, team: Team, local: Callable[[str], Path] = Path) -> str:
    """What the team's pending edits would change in their files, as a diff. `local` says where a file is here."""
    waiting = edits.pending(tx, team.id)
    files = dict.fromkeys(edit.file for edit in waiting if edit.file)
    return "".join(file_edits.patch(local(file), [edit for edit in waiting if edit.file == file]) for file in files)


async def checked(runner: ThreadRunner, lists: Lists) -> Sequence[tuple[bool, str]]:
    """For each team whether the place that its edits are written to can be written, and whether its lists in git
    repositories can be fetched, with a line about each.
    """

    def known(tx: Transaction) -> Sequence[tuple[Team, str | None, Sequence[str]]]:
        return [
            (team, tx.edits.rules(team.id).file, [source.path for source in tx.entries.sources(team.id)])
            for team in tx.teams.all()
        ]

    lines = []
    for team, file, sources in await runner.read(known):
        for path in filter(git_file, sources):
            if path != file:
                obstacle = await lists.examined(path, pushes=False)
                said = f": {obstacle}" if obstacle else " is fetched"
                lines.append((not obstacle, f"{team.name}: {place_in_words(path)}{said}"))
        if file and git_file(file):
            obstacle = await lists.examined(file, pushes=True)
            if not obstacle:
                good, line = await lists.pull_requests(file)
                lines.append((good, f"{team.name}: {line}"))
        else:
            obstacle = file_edits.obstacle(Path(file)) if file else ""
        where = place_in_words(file) if file else "the club's own list"
        lines.append((not obstacle, f"{team.name}: changes go to {where}{': ' + obstacle if obstacle else ''}"))
    return lines
