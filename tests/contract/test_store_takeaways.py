"""Takeaways and 💡 on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.ids import EntryId, MemberId, TakeawayId, TeamId, Url
from bot.domain.query import Query, parse
from bot.domain.reading_state import Insight, Mark, Reading, ReadingState
from bot.domain.takeaway import Takeaway
from bot.domain.text import string
from store.sql import SqlStore
from tests.fakes.clock import START, FakeClock
from tests.fakes.kept import Club, a_channel, a_club, a_message, a_read_entry, an_account


def keep(club: Club, entry: EntryId, text: str, member: MemberId | None = None, *, named: bool = True) -> Takeaway:
    with club.store.begin(write=True) as tx:
        return tx.takeaways.add(member or club.member, entry, text, named=named, about=None)


def found(club: Club, typed: str | Query) -> list[str]:
    query = parse(typed) if isinstance(typed, str) else typed
    with club.store.begin(write=False) as tx:
        return [one.takeaway.text for one in tx.takeaways.find(club.team, club.member, query, 10)]


def test_takeaways_are_listed_newest_first_by_entry_and_by_member(club: Club, clock: FakeClock) -> None:
    first, second = club.add(a_read_entry(), a_read_entry())
    bob = club.join("bob")
    with club.store.begin(write=True) as tx:
        link = Url("https://example.org/m/1")
        linked = tx.takeaways.add(club.member, first, "one", named=True, about=link)
    clock.advance(timedelta(minutes=1))
    hidden, other = keep(club, first, "two", bob, named=False), keep(club, second, "three")

    with club.store.begin(write=False) as tx:
        assert tx.takeaways.of_entry(first, limit=9) == [hidden, linked]
        assert tx.takeaways.of_entry(first, offset=1, limit=1) == [linked]
        assert tx.takeaways.of_member(club.member, limit=9) == [other, linked]
        assert tx.takeaways.of_member(club.member, first, limit=9) == [linked]
        assert [tx.takeaways.count(first), tx.takeaways.count_of(club.member)] == [2, 2]
        assert tx.takeaways.get(club.team, hidden.id) == hidden
    assert (linked.by, linked.about, hidden.by) == ("Anna", link, None)


def test_a_withdrawn_takeaway_leaves_no_word_behind(club: Club) -> None:
    (entry,) = club.add(a_read_entry())
    secret = keep(club, entry, "zebrafish")
    with club.store.begin(write=True) as tx:
        tx.takeaways.withdraw(club.team, secret.id)
        tx.takeaways.withdraw(club.team, secret.id)

    with club.store.begin(write=False) as tx:
        assert tx.takeaways.get(club.team, secret.id) is None
        assert not tx.takeaways.of_entry(entry, limit=9)
        assert tx.takeaways.count(entry) == tx.takeaways.count_of(club.member) == 0
    assert not found(club, "zebrafish")
    assert "zebrafish" not in "".join(club.store.backup())  # type: ignore[attr-defined] # the real store


def test_another_team_neither_sees_nor_withdraws_them(club: Club, store: SqlStore) -> None:
    other = a_club(store, "others")
    (entry,) = club.add(a_read_entry())
    kept = keep(club, entry, "zebrafish")
    with store.begin(write=True) as tx:
        tx.takeaways.withdraw(other.team, kept.id)
        assert tx.takeaways.get(other.team, kept.id) is None
        assert tx.takeaways.get(club.team, TakeawayId(0)) is None
        assert not tx.takeaways.find(TeamId(other.team), other.member, parse("zebrafish"), 9)
        assert tx.takeaways.count(entry) == 1


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ("cache", True),
        ("caching measured", True),
        ("CACHES before", True),
        ('"before you cache"', True),
        ('"you before"', False),
        ("cache redis", False),
        ("cache -measure", False),
        ("cachalot", False),
        ("tag:db cache", True),
        ("tag:web cache", False),
        ("is:unread cache", True),
        ("is:read cache", False),
        ("tag:db", False),
        ("the you", False),
        ("-cache", False),
    ],
)
def test_a_search_finds_takeaways_with_every_word_in_any_form(club: Club, typed: str, is_found: bool) -> None:
    (entry,) = club.add(a_read_entry("Nothing", tags=["db"]))
    keep(club, entry, "Measure before you cache.")

    assert found(club, typed) == (["Measure before you cache."] if is_found else [])


def test_a_takeaway_is_found_by_synonyms_and_shows_the_words_in_bold(club: Club) -> None:
    (entry,) = club.add(a_read_entry())
    keep(club, entry, "k8s is 100% too much for us, 数据库 too")
    also = replace(parse("kubernetes"), also={"kubernetes": ("k8s",)})
    with club.store.begin(write=False) as tx:
        (one,) = tx.takeaways.find(club.team, club.member, also, 9)

    assert [span.text for span in one.text if span.bold] == ["k8s"]
    assert string(one.text) == one.takeaway.text
    assert found(club, "100%") == found(club, "数据") == [one.takeaway.text]
    assert not found(club, "%")


def test_takeaways_of_what_is_off_the_list_are_not_found(club: Club) -> None:
    (entry,) = club.add(a_read_entry())
    keep(club, entry, "zebrafish")
    with club.store.begin(write=True) as tx:
        tx.entries.retire(club.team, [entry])

    assert not found(club, "zebrafish")


def test_takeaways_go_with_the_member_when_a_workspace_is_purged(club: Club) -> None:
    (entry,) = club.add(a_read_entry())
    with club.store.begin(write=True) as tx:
        member = tx.teams.get_or_add_member(club.team, an_account("bob"), "bob")
        tx.teams.add_workspace(member, a_channel().workspace)
    gone = keep(club, entry, "of bob", member.id)
    with club.store.begin(write=True) as tx:
        tx.takeaways.withdraw(club.team, gone.id)
    keep(club, entry, "again of bob", member.id)
    keep(club, entry, "of Anna")
    with club.store.begin(write=True) as tx:
        tx.teams.leave(a_channel().workspace)
        tx.teams.purge(a_channel().workspace)

    with club.store.begin(write=False) as tx:
        assert [one.text for one in tx.takeaways.of_entry(entry, limit=9)] == ["of Anna"]


def test_each_account_counts_once_however_many_bulbs_it_put(club: Club) -> None:
    (entry,) = club.add(a_read_entry())
    one = Mark(account=an_account(), message=a_message(), entry=entry, emoji="bulb", meaning=Insight.INSIGHT, at=START)
    marks = [
        one,
        replace(one, message=a_message("m2")),
        replace(one, account=an_account("bob")),
        replace(one, account=an_account("carol"), live=False),
        replace(one, account=an_account("dave"), meaning=ReadingState.READ),
    ]
    with club.store.begin(write=True) as tx:
        for mark in marks:
            tx.readings.save_mark(club.team, mark)
        tx.readings.save(club.member, Reading(entry=entry, state=ReadingState.READ, since=START), None)

    with club.store.begin(write=False) as tx:
        assert tx.readings.insights(entry) == 2
        assert tx.readings.marks(club.team, an_account("bob"), entry) == [marks[2]]
