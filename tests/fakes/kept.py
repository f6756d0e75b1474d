"""Short ways to put things into a store."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    EntryId,
    EntryNumber,
    MemberId,
    MessageRef,
    PlatformName,
    SourceId,
    TeamId,
    Url,
    WorkspaceRef,
)
from bot.domain.notes import Notes
from bot.domain.source import ReadEntry
from bot.ports.store import Store

PLATFORM = PlatformName("terminal")
OUR_NAME = "ours"
_addresses = count(1)


def an_address(name: str = "") -> str:
    return f"https://example.org/{name or next(_addresses)}"


def a_read_entry(
    title: str = "Caching at scale",
    notes: str = "",
    *,
    key: str = "",
    tags: Sequence[str] = (),
    section: Sequence[str] = (),
    line: int = 1,
) -> ReadEntry:
    """An entry as a file has it; without `key` at an address of its own."""
    url = key or an_address()
    return ReadEntry(
        line=line,
        title=title,
        url=Url(url),
        key=url,
        notes=Notes(markdown=notes),
        tags=tuple(tags),
        section=tuple(section),
    )


def an_account(name: str = "anna") -> AccountRef:
    return AccountRef(PLATFORM, name)


def a_channel(name: str = "reading") -> ChannelRef:
    return ChannelRef(WorkspaceRef(PLATFORM, "local"), name)


def a_message(id: str = "m1", channel: str = "reading") -> MessageRef:
    return MessageRef(a_channel(channel), id)


@dataclass(frozen=True)
class Club:
    """A team with one source and one member."""

    store: Store
    team: TeamId
    source: SourceId
    member: MemberId

    def add(self, *entries: ReadEntry) -> list[EntryId]:
        """Put the entries on the list; their ids."""
        with self.store.begin(write=True) as tx:
            tx.entries.add(self.team, self.source, [("list.md", entry) for entry in entries])
            found = [tx.entries.by_key(self.team, entry.key) for entry in entries]
        return [entry.id for entry in found if entry]

    def join(self, name: str) -> MemberId:
        with self.store.begin(write=True) as tx:
            return tx.teams.get_or_add_member(self.team, an_account(name), name).id

    def number(self, entry: EntryId) -> EntryNumber:
        with self.store.begin(write=False) as tx:
            return tx.entries.get(self.team, [entry])[entry].number


def a_club(store: Store, name: str = OUR_NAME) -> Club:
    """The workspace is the team's from then on."""
    with store.begin(write=True) as tx:
        team = tx.teams.add(name, "Europe/Berlin").id
        source = tx.entries.set_sources(team, ["/lists"])[0].id
        member = tx.teams.get_or_add_member(team, an_account(), "Anna").id
        tx.teams.join(a_channel().workspace, "local", team)
        tx.teams.assign(a_channel().workspace, team)
    return Club(store, team, source, member)
