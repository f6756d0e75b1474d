"""Teams, as the command line shows them."""

from collections.abc import Iterator, Sequence

from bot.domain.ids import ChannelRef
from bot.domain.source import CLUB_FILE
from bot.domain.team import Team, Workspace
from bot.ports.store import Transaction
from bot.runtime.clock import SystemClock
from store.sql import exists, open_store


def described(tx: Transaction) -> Sequence[str]:
    """One line per team with its lists and workspaces, and one per workspace that waits for a team or was left."""
    lines = [line for team in tx.teams.all() for line in _team(tx, team)]
    waiting = [
        f"waiting for a team: {waits.ref.platform}:{waits.ref.id} ({waits.name})" for waits in tx.teams.workspaces(None)
    ]
    left = [_left(workspace) for workspace in tx.teams.left_workspaces()]
    return [*lines, *waiting, *left] or ["There is no team yet. Add one: dogear team add NAME --list PATH"]


def lists_of(tx: Transaction, team: Team) -> Sequence[str]:
    """One line per list of the team, with the number of its entries."""
    return [
        f"{source.path}: {sum(file.entries for file in tx.entries.files(source.id)):,} entries"
        for source in tx.entries.sources(team.id)
    ] or [f"{team.name} has no list. Add one: dogear team lists {team.name} --add PATH"]


def scheduled(url: str, platform: str) -> Sequence[ChannelRef]:
    """The platform's channels that have a schedule in this database. Empty if there is no database yet.

    Raises BadConfig for an invalid address, StaleSchema for a database of another version.
    """
    if not exists(url):
        return ()
    store = open_store(url, SystemClock())
    try:
        with store.begin(write=False) as tx:
            found = [schedule.channel for schedule in tx.schedules.all()]
    finally:
        store.close()
    return [channel for channel in found if channel.workspace.platform == platform]


def _left(workspace: Workspace) -> str:
    place = f"{workspace.ref.platform}:{workspace.ref.id} ({workspace.name})"
    return (
        f"left: {place}; what came from there is removed on {workspace.kept_until:%Y-%m-%d} unless we are back by then"
    )


def _team(tx: Transaction, team: Team) -> Iterator[str]:
    yield f"{team.name}: {tx.entries.count(team.id):,} entries, {tx.teams.members(team.id)} members, zone {team.zone}"
    for source in tx.entries.sources(team.id):
        yield f"  list {source.path}"
    if tx.entries.club_source(team.id) is not None:
        yield f"  list {CLUB_FILE}"
    if file := tx.edits.rules(team.id).file:
        yield f"  changes from the chat go to {file}"
    for workspace in tx.teams.workspaces(team.id):
        yield f"  workspace {workspace.ref.platform}:{workspace.ref.id} ({workspace.name})"
