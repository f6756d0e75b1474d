"""One edit of a list of 1 MB in a git repository on this machine, over HTTP with `git http-backend`."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bot.domain.edit import NOTE, Edit, EditKind, EditState
from bot.domain.ids import EditId, TeamId, Url
from bot.domain.source import GitFile
from bot.runtime import git
from tests.bench.lists import SIZE, Author
from tests.bench.row import Row
from tests.fakes.git_server import repository, served

ROUNDS = 7


def changes() -> Iterator[Edit]:
    """A note for one entry after the other."""
    for number in range(100, 100 + ROUNDS):
        url = Url(f"https://example.org/{number}")
        yield Edit(
            id=EditId(number),
            team=TeamId(1),
            kind=EditKind.CHANGE,
            state=EditState.PENDING,
            url=url,
            key=url,
            entry=None,
            fields={NOTE: f"Noted {number}"},
            member=None,
            at=datetime(2026, 3, 4, tzinfo=UTC),
        )


def timed(write: Callable[[Edit], Mapping[EditId, str]]) -> float:
    """Seconds of one edit, as the median of some."""
    taken = []
    for edit in changes():
        began = time.perf_counter()
        reasons = write(edit)
        taken.append(time.perf_counter() - began)
        assert not any(reasons.values()), reasons
    return median(taken)


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder, author = Path(name), Author()
        text = "".join(f"* [Entry {number}](https://example.org/{number})\n" for number in range(100, 100 + ROUNDS))
        while len(text) < SIZE:
            text += author.entry()
        repository(folder / "git", text.encode())
        with served(folder / "git") as server:
            file = GitFile(url=server.url, branch="main", path="reading.md")
            copy = git.Copy(file, folder / "copies", git.Access(tokens={"": "right"}))
            copy.fetch()
            at = datetime(2026, 3, 4, tzinfo=UTC)
            in_git = timed(lambda edit: copy.write([edit], {edit.id: "Noted"}, at).reasons)
        yield Row(
            what="one edit of a list of 1 MB in a git repository on this machine, fetched, committed and pushed over HTTP",
            figure=in_git,
            budget=1.0,
            unit="s",
        )
