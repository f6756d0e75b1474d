"""`dogear export site`: a team's list as pages for any static host."""

import os
from collections.abc import Iterable
from pathlib import Path

from adapters.web.pages import Site, pages
from bot.domain.errors import BadConfig
from bot.ports.store import Transaction
from bot.runtime.page_content import posted
from bot.service import entries, teams

MAX_DIGESTS = 520
"""Weeks of one channel that are shown: ten years."""
MARK = ".dogear-site"
"""A file in every exported folder: only such a folder is written over."""


def collected(tx: Transaction, name: str, title: str) -> Site:
    """What anyone may see of a team: its list with notes, and the digests that were posted. No member, no channel.

    Raises NotFound for an unknown team.
    """
    team = teams.named(tx, name)
    stored = [entry for entry in tx.entries.stored(team.id) if not entry.retired]
    found = tx.entries.get(team.id, [entry.id for entry in stored])
    about = entries.about(tx, team)
    return Site(
        title=title or about.title,
        about=about,
        entries=tuple(sorted(found.values(), key=lambda entry: entry.number)),
        digests=posted(tx, team.id, MAX_DIGESTS),
        made_at=tx.now(),
    )


def write(site: Site, folder: Path) -> int:
    """Write the pages, and remove those of an earlier export that are no more. Returns the number of files.

    Raises BadConfig if the folder has anything else in it, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not (folder / MARK).exists():
            raise BadConfig([f"{folder} is not empty and no export of Dogear's. Choose another folder."])
        (folder / MARK).touch()
        written = {_written(folder / name, content) for name, content in pages(site)}
        _remove(path for path in folder.rglob("*") if path.is_file() and path not in written | {folder / MARK})
    except OSError as error:
        raise BadConfig([f"{folder} cannot be written: {error.strerror}."]) from None
    return len(written)


def _written(path: Path, content: bytes) -> Path:
    """The file, replaced as a whole, so that a host never serves half of it."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb") as file:
        file.write(content)
    part.replace(path)
    return path


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        path.unlink()
