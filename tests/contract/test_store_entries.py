"""Entries, tags, sources and files on both engines."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.entry import Tag
from bot.domain.ids import EntryNumber, Url
from bot.domain.notes import Notes
from bot.domain.reading_state import Choice, Reading, ReadingState
from bot.domain.source import Problem, Severity, SourceFile, content_of
from bot.ports.entries import LOTS, EntryFilter
from store.sql import SqlStore
from tests.fakes.clock import START, FakeClock
from tests.fakes.kept import Club, a_club, a_read_entry, an_address


def test_an_entry_comes_back_as_it_was_read(club: Club, clock: FakeClock) -> None:
    read = replace(
        a_read_entry("Über caches", "* first\n  * second", tags=["DB", "scale"], section=["Backend", "Speed"], line=7),
        url=Url("https://www.example.org/a?b=1"),
        key="explicit-id",
    )
    (kept_id,) = club.add(read)

    with club.store.begin(write=False) as tx:
        entry = tx.entries.by_number(club.team, EntryNumber(1))
        assert entry == tx.entries.by_key(club.team, "explicit-id") == tx.entries.get(club.team, [kept_id])[kept_id]

    assert entry is not None
    assert (entry.title, entry.url, entry.key, entry.line) == (read.title, read.url, read.key, 7)
    assert (entry.tags, entry.section, entry.file) == (("DB", "scale"), ("Backend", "Speed"), "list.md")
    assert entry.notes.markdown == "* first\n  * second"
    assert entry.notes.tree[0].children[0].marker == "•"
    assert (entry.added_at, entry.retired_at, entry.source) == (clock.now(), None, club.source)


def test_an_address_finds_an_entry_that_has_a_key_of_its_own(club: Club) -> None:
    named = replace(a_read_entry("Named", key="#named"), url=Url("https://www.example.org/a?utm_source=x"))
    club.add(named, a_read_entry("Other", key="https://example.org/b"), replace(named, key="#twin"))

    with club.store.begin(write=False) as tx:
        found = [tx.entries.by_address(club.team, f"http://example.org/{path}") for path in ("a/", "b", "none")]

    assert [entry and entry.title for entry in found] == ["Named", "Other", None]


def test_numbers_count_from_one_in_each_team(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")

    numbers = [ours.number(entry) for entry in ours.add(a_read_entry(), a_read_entry())]

    assert numbers == [1, 2]
    assert [theirs.number(entry) for entry in theirs.add(a_read_entry())] == [1]


def test_the_number_of_a_retired_entry_is_not_used_again(club: Club) -> None:
    first, second = club.add(a_read_entry(), a_read_entry())
    with club.store.begin(write=True) as tx:
        tx.entries.retire(club.team, [first, second])

    (third,) = club.add(a_read_entry())

    assert club.number(third) == 3


def test_a_number_that_was_rolled_back_is_given_to_one_entry_only(club: Club) -> None:
    def fail() -> None:
        with club.store.begin(write=True) as tx:
            tx.entries.add(club.team, club.source, [("list.md", a_read_entry("Gone"))])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    club.add(a_read_entry("Stays"))

    with club.store.begin(write=False) as tx:
        assert tx.entries.count(club.team) == 1
        assert [
            entry.title for entry in tx.entries.page(club.team, club.member, EntryFilter(), offset=0, limit=9)[1]
        ] == ["Stays"]


def test_numbers_are_unique_when_many_add_at_the_same_time(club: Club) -> None:
    def add(worker: int) -> None:
        for turn in range(5):
            with club.store.begin(write=True) as tx:
                entries = [("list.md", a_read_entry(key=f"{worker}-{turn}-{n}")) for n in range(3)]
                tx.entries.add(club.team, club.source, entries)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))

    with club.store.begin(write=False) as tx:
        numbers = sorted(kept.number for kept in tx.entries.stored(club.team))
    assert numbers == list(range(1, 61))


def test_entries_are_listed_by_number_a_page_at_a_time(club: Club) -> None:
    club.add(*(a_read_entry(f"Entry {n}", "* note") for n in range(1, 8)))

    with club.store.begin(write=False) as tx:
        total, page = tx.entries.page(club.team, club.member, EntryFilter(), offset=3, limit=2)

    assert total == 7
    assert [entry.title for entry in page] == ["Entry 4", "Entry 5"]
    assert all(entry.notes.markdown and not entry.notes.tree for entry in page)


def test_the_headings_of_a_file_are_named_in_order_without_entries_that_have_others_below(club: Club) -> None:
    top, parent = ("List", "Storage"), a_read_entry("Caching", section=("List", "Networks"))
    club.add(a_read_entry("One", section=top), parent, a_read_entry("Two", section=("List", "Networks", "Caching")))
    club.add(a_read_entry("Three", section=top), a_read_entry("Four"))
    with club.store.begin(write=True) as tx:
        tx.entries.add(club.team, club.source, [("other.md", a_read_entry("Five", section=("Elsewhere",)))])

    with club.store.begin(write=False) as tx:
        assert list(tx.entries.headings(club.source, "list.md")) == ["Storage", "Networks"]
        assert list(tx.entries.headings(club.source, "other.md")) == ["Elsewhere"]
        assert list(tx.entries.headings(club.source, "none.md")) == []


def test_a_list_can_be_narrowed_by_tag_and_by_state(club: Club, clock: FakeClock) -> None:
    read, later, unread = club.add(*(a_read_entry(title, tags=["Db"]) for title in ("read", "later", "unread")))
    club.add(a_read_entry("other", tags=["web"]))
    with club.store.begin(write=True) as tx:
        for entry, state in ((read, ReadingState.READ), (later, ReadingState.LATER)):
            tx.readings.save(club.member, Reading(entry=entry, state=state, since=clock.now()), None)

    def titles(tag: str | None, state: ReadingState | None) -> list[str]:
        with club.store.begin(write=False) as tx:
            which = EntryFilter(tag=tag, state=state)
            return [entry.title for entry in tx.entries.page(club.team, club.member, which, offset=0, limit=9)[1]]

    assert titles("db", None) == ["read", "later", "unread"]
    assert titles("DB", ReadingState.UNREAD) == ["unread"]
    assert titles(None, ReadingState.UNREAD) == ["unread", "other"]
    assert titles(None, ReadingState.LATER) == ["later"]
    assert titles("web", ReadingState.READ) == []
    assert unread


def test_tags_are_counted_with_what_the_member_has_not_read(club: Club, clock: FakeClock) -> None:
    first, _ = club.add(a_read_entry(tags=["db", "web"]), a_read_entry(tags=["db"]))
    (gone,) = club.add(a_read_entry(tags=["old"]))
    with club.store.begin(write=True) as tx:
        tx.entries.retire(club.team, [gone])
        tx.readings.save(club.member, Reading(entry=first, state=ReadingState.READ, since=clock.now()), None)

    with club.store.begin(write=False) as tx:
        tags = tx.entries.tags(club.team, club.member)
        nobodys = tx.entries.tags(club.team, None)

    assert tags == [Tag(name="db", entries=2, unread=1), Tag(name="web", entries=1, unread=0)]
    assert nobodys == [Tag(name="db", entries=2, unread=2), Tag(name="web", entries=1, unread=1)]


def test_the_newest_entries_come_first(club: Club, clock: FakeClock) -> None:
    club.add(a_read_entry("old"))
    since = clock.advance(timedelta(days=1))
    club.add(a_read_entry("new"), a_read_entry("newest"))

    with club.store.begin(write=False) as tx:
        titles = [entry.title for entry in tx.entries.added_since(club.team, since, 9)]

    assert titles == ["newest", "new"]


def test_entries_are_completed_by_number_then_by_the_beginning_of_the_title(club: Club) -> None:
    club.add(a_read_entry("Queues"), a_read_entry("On caches"), a_read_entry("Caches"), a_read_entry("100% of 2"))

    def titles(typed: str) -> list[str]:
        with club.store.begin(write=False) as tx:
            return [entry.title for entry in tx.entries.with_title(club.team, typed, 9)]

    assert titles("cach") == ["Caches", "On caches"]
    assert titles("#2") == ["On caches"]
    assert titles("2") == ["On caches", "100% of 2"]
    assert titles("%") == ["100% of 2"]
    assert len(titles("")) == 4


def test_a_changed_entry_keeps_its_number_and_when_it_was_added(club: Club, clock: FakeClock) -> None:
    (kept_id,) = club.add(a_read_entry("Old", key="k", tags=["old"]))
    added = clock.now()
    clock.advance(timedelta(days=1))

    changed = a_read_entry("New", "* note", key="k", tags=["new"], line=9)
    with club.store.begin(write=True) as tx:
        tx.entries.update(club.team, club.source, [(kept_id, "other.md", changed)])
        entry = tx.entries.get(club.team, [kept_id])[kept_id]
        tags = [tag.name for tag in tx.entries.tags(club.team, club.member)]
        (kept,) = tx.entries.stored(club.team)

    assert (entry.number, entry.title, entry.file, entry.line, entry.added_at) == (1, "New", "other.md", 9, added)
    assert tags == ["new"]
    assert (kept.content, kept.retired) == (content_of(changed), False)


def test_a_moved_entry_has_a_new_place_and_the_same_content(club: Club) -> None:
    (kept_id,) = club.add(a_read_entry("Same"))
    with club.store.begin(write=True) as tx:
        before = tx.entries.stored(club.team)[0]
        tx.entries.move(club.team, club.source, [(kept_id, "moved.md", 44)])
        after = tx.entries.stored(club.team)[0]

    assert after == replace(before, file="moved.md", line=44)


def test_a_retired_entry_leaves_the_list_and_returns_with_its_history(club: Club, clock: FakeClock) -> None:
    read = a_read_entry("Comes and goes", key="k", tags=["db"])
    (kept_id,) = club.add(read)
    with club.store.begin(write=True) as tx:
        choice = Choice(state=ReadingState.READ, at=clock.now())
        tx.readings.save(club.member, Reading(entry=kept_id, state=ReadingState.READ, since=clock.now()), choice)
        tx.entries.retire(club.team, [kept_id])

    with club.store.begin(write=False) as tx:
        retired = tx.entries.by_number(club.team, EntryNumber(1))
        assert retired is not None
        assert retired.retired_at == clock.now()
        assert tx.entries.by_key(club.team, "k") is None
        assert tx.entries.count(club.team) == 0
        assert tx.entries.get(club.team, [kept_id])[kept_id] == retired
    with club.store.begin(write=True) as tx:
        tx.entries.update(club.team, club.source, [(kept_id, "list.md", read)])
    with club.store.begin(write=False) as tx:
        assert tx.entries.by_key(club.team, "k") == replace(retired, retired_at=None)
        assert tx.readings.states(club.member, [kept_id]) == {kept_id: ReadingState.READ}


def test_a_very_long_key_and_a_very_long_tag_are_kept(club: Club) -> None:
    key = "https://example.org/" + "".join(chr(33 + n * n % 89) for n in range(20_000))
    (kept_id,) = club.add(a_read_entry(key=key, tags=["t" * 10_000]))

    with club.store.begin(write=False) as tx:
        assert tx.entries.by_key(club.team, key) is not None
        assert tx.entries.page(club.team, club.member, EntryFilter(tag="t" * 10_000), offset=0, limit=1)[0] == 1
    assert kept_id


def test_sources_are_made_what_they_shall_be(club: Club) -> None:
    with club.store.begin(write=True) as tx:
        tx.entries.save_file(SourceFile(source=club.source, file="a.md", digest="1", entries=3))
        added = tx.entries.set_sources(club.team, ["/lists", "/more"])
        left = tx.entries.set_sources(club.team, ["/more"])
        again = tx.entries.set_sources(club.team, ["/more", "/lists"])

    assert [source.path for source in added] == ["/lists", "/more"]
    assert added[0].id == club.source
    assert left == added[1:]
    assert {source.path for source in again} == {"/lists", "/more"}
    assert club.source not in {source.id for source in again}


def test_what_was_seen_of_a_file_is_replaced_and_forgotten(club: Club) -> None:
    problem = Problem(file="a.md", line=3, severity=Severity.WARNING, message="a “duplicate”")
    first = SourceFile(source=club.source, file="a.md", digest="1", entries=3)
    second = replace(first, digest="2", duplicates=("k",), problems=(problem,))
    with club.store.begin(write=True) as tx:
        tx.entries.save_file(first)
        tx.entries.save_file(second)
        tx.entries.save_file(replace(first, file="b.md"))
        tx.entries.remove_file(club.source, "b.md")

    with club.store.begin(write=False) as tx:
        assert tx.entries.files(club.source) == [second]


def test_nothing_of_another_team_can_be_seen_or_changed(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    key = an_address("shared")
    (mine,) = ours.add(a_read_entry("Mine", key=key, tags=["mine"]))
    (foreign,) = theirs.add(a_read_entry("Theirs", key=key, tags=["theirs"]))

    with store.begin(write=True) as tx:
        tx.entries.retire(ours.team, [foreign])
        tx.entries.move(ours.team, ours.source, [(foreign, "stolen.md", 1)])
        tx.entries.update(ours.team, ours.source, [(foreign, "stolen.md", a_read_entry("Stolen"))])
        assert tx.entries.get(ours.team, [foreign, mine]).keys() == {mine}
        assert tx.entries.count(ours.team) == tx.entries.count(theirs.team) == 1
        assert [tag.name for tag in tx.entries.tags(ours.team, theirs.member)] == ["mine"]
        assert tx.entries.by_key(ours.team, key) == tx.entries.get(ours.team, [mine])[mine]
        kept = tx.entries.get(theirs.team, [foreign])[foreign]
        assert len(tx.entries.stored(ours.team)) == len(tx.entries.with_title(ours.team, "", 9)) == 1
        assert [entry.title for entry in tx.entries.added_since(ours.team, kept.added_at, 9)] == ["Mine"]
        assert [source.id for source in tx.entries.sources(ours.team)] == [ours.source]

    assert (kept.title, kept.file, kept.retired_at) == ("Theirs", "list.md", None)


def test_text_that_no_database_takes_is_kept_as_far_as_it_can_be(club: Club) -> None:
    (kept_id,) = club.add(replace(a_read_entry("T\0itle \ud800"), notes=Notes(markdown="\0")))

    with club.store.begin(write=False) as tx:
        entry = tx.entries.get(club.team, [kept_id])[kept_id]
    assert (entry.title, entry.notes.markdown) == ("T\ufffditle \ufffd", "\ufffd")


def test_every_number_is_drawn_by_as_many_lots(club: Club) -> None:
    club.add(*(a_read_entry(title) for title in ("one", "two", "three")))
    third = LOTS // 3

    with club.store.begin(write=False) as tx:
        drawn = {
            lot: tx.entries.draw(club.member, lot)
            for lot in (0, third, third + 1, LOTS - third - 1, LOTS - third, LOTS - 1)
        }

    assert [entry and entry.number for entry in drawn.values()] == [1, 1, 2, 2, 3, 3]


def test_only_what_is_on_the_list_and_unread_is_drawn(club: Club) -> None:
    (only,) = club.add(a_read_entry())

    def drawn() -> EntryNumber | None:
        with club.store.begin(write=False) as tx:
            found = tx.entries.draw(club.member, LOTS // 2)
        return found.number if found else None

    def put(state: ReadingState) -> None:
        with club.store.begin(write=True) as tx:
            tx.readings.save(club.member, Reading(entry=only, state=state, since=START), None)

    found = [drawn()]
    for state in (ReadingState.READ, ReadingState.LATER, ReadingState.UNREAD):
        put(state)
        found.append(drawn())
    with club.store.begin(write=True) as tx:
        tx.entries.retire(club.team, [only])
    found.append(drawn())

    assert found == [1, None, None, 1, None]


def test_nothing_is_drawn_from_an_empty_list_nor_from_another_teams(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    theirs.add(a_read_entry())

    with store.begin(write=False) as tx:
        assert tx.entries.draw(ours.member, 0) is None
        assert tx.entries.draw(theirs.member, 0) is not None
