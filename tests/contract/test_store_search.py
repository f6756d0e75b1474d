"""The rules of search, the same on both engines."""

import unicodedata
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.ids import EntryId
from bot.domain.query import parse
from bot.domain.reading_state import Reading, ReadingState
from bot.domain.text import Text, string
from bot.domain.visible import JOINERS
from bot.ports.search import Hit, Hits
from store.sql import SqlStore
from store.sql.search import postgres, sqlite
from store.sql.search.words import LETTERS
from store.sql.store import SqlTransaction
from store.sql.tables import SEARCH_SIZE
from tests.fakes.clock import FakeClock
from tests.fakes.kept import Club, a_club, a_read_entry


def search(club: Club, typed: str, offset: int = 0, limit: int = 10) -> Hits:
    with club.store.begin(write=False) as tx:
        return tx.search.find(club.team, club.member, parse(typed), offset=offset, limit=limit)


def corrected(club: Club, typed: str) -> Mapping[str, str]:
    with club.store.begin(write=False) as tx:
        return tx.search.corrected(club.team, parse(typed))


def titles(club: Club, typed: str) -> list[str]:
    return [hit.entry.title for hit in search(club, typed).items]


def shown(hit: Hit) -> str:
    """The line that matched: of the notes, else the title."""
    return emphasised(hit.matched or hit.title)


def emphasised(text: Text) -> str:
    return "".join(f"[{span.text}]" if span.bold else span.text for span in text)


def fill(club: Club, *entries: str | tuple[str, str]) -> None:
    pairs = [(entry, "") if isinstance(entry, str) else entry for entry in entries]
    club.add(*(a_read_entry(title, notes) for title, notes in pairs))


def test_words_are_found_in_titles_tags_and_notes_whatever_their_form(club: Club) -> None:
    fill(club, "Caches", ("Notes", "we were caching it"), "Queues")
    club.add(a_read_entry("Tagged", tags=["cache"]))

    assert set(titles(club, "CACHED")) == {"Caches", "Notes", "Tagged"}


def test_a_title_counts_for_more_than_a_note(club: Club) -> None:
    fill(club, ("Other matters", "redis"), ("Redis", "other matters"), "Nothing", "Nothing else")

    assert titles(club, "redis") == ["Redis", "Other matters"]


def test_of_two_titles_with_a_word_the_shorter_comes_first(club: Club) -> None:
    fill(club, "Redis and everything that you need beside it", "Redis today", *(f"Other {n}" for n in range(5)))

    assert titles(club, "redis") == ["Redis today", "Redis and everything that you need beside it"]


def test_long_notes_do_not_push_a_title_down(club: Club) -> None:
    fill(club, ("Redis", "and much else " * 80), ("Other", "redis and redis"), *(f"More {n}" for n in range(5)))

    assert titles(club, "redis") == ["Redis", "Other"]


@pytest.mark.parametrize("typed", ["redis", "redis tag:db", "redis cluster", "redis cluster shard node"])
def test_pages_hold_each_entry_once_and_in_one_order(club: Club, typed: str) -> None:
    words = ("redis", "redis cluster", "cluster redis redis", "redis shard node")
    club.add(*(a_read_entry(f"{words[n % 4]} {n}", "redis " * (n % 7), tags=["db"]) for n in range(130)))

    whole = [hit.entry.number for hit in search(club, typed, limit=200).items]
    paged = [hit.entry.number for at in range(0, 130, 7) for hit in search(club, typed, offset=at, limit=7).items]

    assert sorted(whole) == list(range(1, 131))
    assert paged == whole


def test_the_average_lengths_follow_every_change_of_the_list(club: Club) -> None:
    first, second, third = club.add(a_read_entry("Redis", "some notes"), a_read_entry("Ké"), a_read_entry("Kafka"))
    with club.store.begin(write=True) as tx:
        tx.entries.retire(club.team, [first])
        tx.entries.update(club.team, club.source, [(second, "list.md", a_read_entry("Longer", "été", tags=["db"]))])
        tx.entries.retire(club.team, [first])

    assert sizes(club) == (2, len("Longer") + len('["db"]') + len("Kafka") + len("[]"), len("été"))

    with club.store.begin(write=True) as tx:
        tx.entries.retire(club.team, [second, third])

    assert sizes(club) == (0, 0, 0)


def sizes(club: Club) -> tuple[int, ...]:
    """How many entries are on the list, and the characters of their titles with tags, and of their notes."""
    with club.store.begin(write=False) as tx:
        assert isinstance(tx, SqlTransaction)
        (row,) = tx.rows(select(SEARCH_SIZE.c.entries, SEARCH_SIZE.c.titles, SEARCH_SIZE.c.notes))
    return tuple(row)


def test_one_of_the_words_is_enough_and_all_of_few_come_first(club: Club) -> None:
    fill(club, ("Redis", "redis redis redis redis"), ("Long", "a redis cluster " + "and much else " * 30), "Cluster")

    assert titles(club, "redis cluster")[0] == "Long"
    assert set(titles(club, "redis cluster")) == {"Redis", "Long", "Cluster"}


def test_rare_words_weigh_more_than_common_ones(club: Club) -> None:
    fill(club, *(f"Common words {n}" for n in range(8)), "Rare words", "Different things entirely")

    assert titles(club, "common rare very many words")[0] == "Rare words"


def test_where_not_every_word_can_be_weighed_the_rarest_is(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "MAX_RANKS", 1)
    monkeypatch.setattr(postgres, "MIN_WEIGHED", 1)
    fill(club, *(f"Common words {n}" for n in range(8)), "Rare words", "Different things entirely")

    assert titles(club, "common words rare words many")[0] == "Rare words"


def test_a_word_typed_twice_counts_twice(club: Club) -> None:
    fill(club, "alpha one", "beta two", "gamma three four")

    assert titles(club, "alpha beta gamma delta beta beta")[0] == "beta two"
    assert titles(club, "alpha beta gamma delta alpha alpha")[0] == "alpha one"


def test_stop_words_are_dropped_unless_nothing_else_is_left(club: Club) -> None:
    fill(club, "To be or not to be", "The queue")

    assert titles(club, "the queue of to be") == ["The queue"]
    assert titles(club, "to be") == ["To be or not to be"]


def test_the_beginning_of_the_last_word_is_found_after_the_word_itself(club: Club) -> None:
    fill(club, "Postgres at rest", "A blog post", "Kubernetes", "Clustered redis", "Redis alone")

    assert titles(club, "post") == ["A blog post", "Postgres at rest"]
    assert titles(club, "kube") == ["Kubernetes"]
    assert titles(club, "redis clus")[0] == "Clustered redis"
    assert titles(club, "kube queue") == []
    assert titles(club, "ku") == []


def test_a_phrase_must_stand_as_it_is(club: Club) -> None:
    fill(club, "Zero downtime", "Downtime zero", "Zero planned downtime")

    assert titles(club, '"zero downtime"') == ["Zero downtime"]
    assert titles(club, '"zero downtime" planned') == []
    assert titles(club, '"zero downtime" "no such thing"') == []


def test_what_is_excluded_is_not_found(club: Club) -> None:
    fill(club, "Redis caches", "Redis queues", "Kafka queues and streams")

    assert titles(club, "redis -caching") == ["Redis queues"]
    assert titles(club, 'queues -"queues and streams"') == ["Redis queues"]
    assert titles(club, "-redis") == ["Kafka queues and streams"]


@pytest.mark.parametrize("word", ["zero-downtime", "8.0", "k8s", "C++", "über", "GenAI", "don't", "a/b", "кэш", "缓存"])
def test_words_with_signs_and_other_scripts_are_found_as_written(club: Club, word: str) -> None:
    fill(club, f"About {word} here", "Zero and eight and down and time, 0.8 8 0x don")

    assert titles(club, word)[0] == f"About {word} here"


def test_names_of_signs_are_words_of_their_own(club: Club) -> None:
    fill(club, "C is not dead", "Modern C++20", "C# in depth", "ASP.NET and .NET 8", "The net of example.net", "i.++")

    assert titles(club, "c++") == titles(club, "CPP") == ["Modern C++20"]
    assert titles(club, "C#") == ["C# in depth"]
    assert titles(club, "c") == ["C is not dead"]
    assert titles(club, ".net") == ["ASP.NET and .NET 8"]
    assert titles(club, "net") == ["The net of example.net"]
    assert titles(club, '"modern c++"') == titles(club, "modern -c#") == ["Modern C++20"]


def test_a_name_of_signs_is_tagged_excluded_and_emphasised(club: Club) -> None:
    club.add(a_read_entry("Tagged", tags=["c++"]), a_read_entry("Noted", "why C and C++, or C#"))

    assert set(titles(club, "c++")) == {"Tagged", "Noted"}
    assert shown(search(club, "c++").items[1]) == "why C and [C++], or C#"


def test_nobody_is_corrected_from_a_name_of_signs(club: Club) -> None:
    fill(club, "An app", "Another app")

    assert not corrected(club, "c++")


@pytest.mark.parametrize(
    "typed", ["系统", "缓存", "系统设计", "存", "カフカ", "フカ", "카프카", "카프카를", "設計", "𠮷野"]
)
def test_words_of_a_script_without_blanks_are_found_inside_of_a_text(club: Club, typed: str) -> None:
    fill(club, "kafka缓存系统设计", "カフカの設計と𠮷野", ("Notes", "왜 카프카를 쓰는가"), "Other")

    assert typed.lower() in f"{(hit := search(club, typed).items[0].entry).title} {hit.notes.markdown}"


def test_characters_count_only_next_to_each_other_and_all_of_them_first(club: Club) -> None:
    fill(club, "系列统一", "关系", "设计模式", ("Notes", "分布式系统设计"))

    assert titles(club, "系统") == ["Notes"]
    assert titles(club, "系统设计") == ["Notes", "设计模式"]
    assert set(titles(club, "系统-design设计")) == {"Notes", "设计模式"}
    assert titles(club, '"统设"') == ["Notes"]
    assert titles(club, "设计 -系统") == ["设计模式"]
    assert shown(search(club, "设计").items[1]) == "分布式系统[设计]"


def test_composed_and_decomposed_characters_are_the_same(club: Club) -> None:
    fill(club, "ガ行", unicodedata.normalize("NFD", "카프카 ガ"))

    assert len(titles(club, "카프카")) == 1
    assert len(titles(club, unicodedata.normalize("NFD", "ガ"))) == 2


@pytest.mark.parametrize("typed", ["می\u200cخواهم", "میخواهم", "क्\u200dष", "क्ष"])
def test_words_are_found_with_and_without_their_joiners(club: Club, typed: str) -> None:
    fill(club, "می\u200cخواهم و क्\u200dष", "میخواهم و क्ष", "Other")

    assert len(titles(club, typed)) == 2


SPELLINGS = {
    "ёлка": "елка",
    "ışık": "isik",
    "Straße": "strasse",
    "Łódź": "lodz",
    "Ærø": "aero",
    "Ｒｅｄｉｓ": "redis",
    "ｶﾌｶ": "カフカ",
    "ﬁle": "file",
    "Ｃ＋＋": "c++",
    "می\u200cخواهم": "میخواهم",
    "أحمد": "احمد",
    "مُحَمَّد": "محمد",
    "مكتبة": "مكتبه",
    "کتاب": "كتاب",
    "ﻛﺘﺎﺏ": "كتاب",
    "کتابـــي": "كتابى",
    "שָׁלוֹם": "שלום",
    "۱۲۳": "123",
}


def test_spellings_of_one_word_find_each_other_on_both_engines(club: Club) -> None:
    fill(club, *(f"About {one}" for one in SPELLINGS), *(f"About {other}" for other in SPELLINGS.values()))

    for one, other in SPELLINGS.items():
        found = set(titles(club, one))
        assert found == set(titles(club, other)), one
        assert found >= {f"About {one}", f"About {other}"}, one


@pytest.mark.parametrize("joiner", list(JOINERS))
def test_a_word_is_found_with_and_without_joiners_and_emphasised_whole(club: Club, joiner: str) -> None:
    fill(club, f"A co{joiner}operation", "A cooperation")

    for typed in ("cooperation as:typed", f"coop{joiner}eration as:typed"):
        found = search(club, typed).items
        assert {shown(hit) for hit in found} == {f"A [co{joiner}operation]", "A [cooperation]"}


def test_a_word_beside_an_emoji_is_found(club: Club) -> None:
    fill(club, "Caching\U0001f9e0now")

    assert titles(club, "cached as:typed") == ["Caching\U0001f9e0now"]


def test_a_word_whose_stem_is_known_is_not_corrected(club: Club) -> None:
    fill(club, "We were caching", "He catches")

    assert not corrected(club, "caches")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from([chr(code) for code, usual in LETTERS.items() if usual.isalpha()]), min_size=4))
def test_any_folded_letters_are_found_as_they_are_usually_spelled(club: Club, letters: list[str]) -> None:
    word = "".join(letters)[:40]
    usual = "".join(LETTERS[ord(letter)] for letter in word)
    added = club.add(a_read_entry(f"x{word}x"), a_read_entry(f"x{usual}x"))

    for typed in (f"x{word}x as:typed", f"x{usual}x as:typed"):
        assert {hit.entry.id for hit in search(club, typed, limit=200).items} >= set(added)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("โปรแกรม", "การเขียนโปรแกรมคอมพิวเตอร์"),
        ("ຄອມພິວເຕີ", "ການຂຽນໂປຣແກຣມຄອມພິວເຕີ"),
        ("កុំព្យូទ័រ", "ភាសាសម្រាប់កុំព្យូទ័រទំនើប"),
        ("ကွန်ပျူတာ", "မြန်မာကွန်ပျူတာစာအုပ်"),
    ],
)
def test_a_word_inside_a_run_of_southeast_asian_letters_is_found(club: Club, typed: str, written: str) -> None:
    fill(club, ("Notes", written), "Other", typed[0])

    assert titles(club, typed)[0] == "Notes"
    assert titles(club, f'"{typed}"') == ["Notes"]


def test_or_widens_words_and_one_of_them_is_enough(club: Club) -> None:
    fill(club, "Redis cluster", "Kafka cluster", "Redis", "Kafka", "Cluster of notes")

    assert set(titles(club, "redis OR kafka cluster")[:2]) == {"Redis cluster", "Kafka cluster"}
    assert len(titles(club, "redis OR kafka cluster")) == 5
    assert set(titles(club, "redis OR kafka")) == {"Redis cluster", "Kafka cluster", "Redis", "Kafka"}
    assert set(titles(club, '"redis cluster" OR kafka')) == {"Redis cluster", "Kafka cluster", "Kafka"}


def test_accents_do_not_matter(club: Club) -> None:
    fill(club, "Über die Brücke", "cafe")

    assert titles(club, "uber") == ["Über die Brücke"]
    assert titles(club, "café") == ["cafe"]


HOSTILE = [
    "",
    '"',
    '""',
    "*",
    "%",
    "_",
    "(",
    "NEAR(a b)",
    "NOT",
    "a AND",
    "title:x",
    "^a",
    "a*",
    "-",
    "--x",
    '-"',
    "{a b}: c",
    "'; DROP TABLE entry; --",
    "a' | 'b",
    "!a & (b",
    "a <-> b",
    "🔥",
    "\0",
    "\ud800",
    "日本語",
    "a\u0301\u0301\u0301",
    "x" * 10_000,
    "x " * 5_000,
    "x-" * 5_000,
    '"' + "y " * 5_000 + '"',
    "tag:%",
    "tag:" + "t" * 5_000,
    "site:' in:_ is:read",
    "tag:\0 site:\ud800 in:\0",
    "-\u0130\u0130 \u1e9e ﬁ ½ ²",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_no_input_is_an_error_and_no_engine_syntax_is_understood(club: Club, typed: str) -> None:
    fill(club, "An entry", ("b", "c"))

    found = search(club, typed)

    assert found.total >= len(found.items)


@pytest.mark.parametrize("typed", HOSTILE)
def test_any_input_can_be_corrected(club: Club, typed: str) -> None:
    fill(club, "An entry", ("b", "c"))

    found = corrected(club, typed)

    assert set(found) <= set(parse(typed).words)


def test_signs_alone_find_nothing(club: Club) -> None:
    fill(club, "An entry")

    assert search(club, "++").total == search(club, "🔥").total == 0


def test_filters_alone_list_by_number(club: Club) -> None:
    club.add(a_read_entry("one", tags=["Db"]), a_read_entry("two", tags=["db"]), a_read_entry("three"))

    assert titles(club, "tag:DB") == ["one", "two"]
    assert titles(club, "tag:#db") == ["one", "two"]
    assert titles(club, "") == ["one", "two", "three"]
    assert titles(club, "tag:db -two") == ["one"]


def test_filters_narrow_what_words_find(club: Club) -> None:
    club.add(
        a_read_entry("one", "redis", tags=["db"], section=["Backend", "Speed 100%"], key="https://www.one.example/a"),
        a_read_entry("two", "redis", tags=["web"], section=["Frontend"], key="https://blog.two.example/b"),
    )

    assert titles(club, "redis tag:db") == ["one"]
    assert titles(club, "redis tag:db tag:web") == ["one", "two"]
    assert titles(club, "redis site:two.example") == ["two"]
    assert titles(club, "redis site:www.one.example") == ["one"]
    assert titles(club, "redis site:one.exampl") == []
    assert titles(club, "redis in:speed") == ["one"]
    assert titles(club, "redis in:%") == ["one"]
    assert titles(club, "redis in:front tag:db") == []
    assert (
        titles(club, "redis -tag:db") == titles(club, "redis -site:one.example") == titles(club, "-in:back") == ["two"]
    )
    assert titles(club, "redis -site:example") == titles(club, "redis tag:db -tag:db") == []
    assert titles(club, "-tag:other -site:other.example") == ["one", "two"]


def test_states_narrow_to_the_asking_members_own(club: Club, clock: FakeClock) -> None:
    read, later, _ = club.add(*(a_read_entry(title, "redis") for title in ("read", "later", "unread")))
    bob = club.join("bob")
    with club.store.begin(write=True) as tx:
        for entry, state in ((read, ReadingState.READ), (later, ReadingState.LATER)):
            tx.readings.save(club.member, Reading(entry=entry, state=state, since=clock.now()), None)
        tx.readings.save(bob, Reading(entry=later, state=ReadingState.READ, since=clock.now()), None)

    assert titles(club, "redis is:read") == ["read"]
    assert titles(club, "redis is:unread") == ["unread"]
    assert titles(club, "redis -is:unread -is:read") == titles(club, "is:later is:read -is:read") == ["later"]
    assert titles(club, "redis is:read -is:read") == titles(club, "-is:read -is:later -is:unread") == []
    assert set(titles(club, "redis is:unread is:later")) == {"unread", "later"}
    assert len(titles(club, "redis is:unread is:later is:read")) == 3


def test_pages_follow_each_other_and_the_total_is_exact(club: Club) -> None:
    fill(club, *(f"Caching {n}" for n in range(7)), *(f"Cachet {n}" for n in range(4)), "Other")

    pages = [search(club, "cach", offset, 5) for offset in (0, 5, 10, 15)]
    numbers = [hit.entry.number for page in pages for hit in page.items]

    assert [len(page.items) for page in pages] == [5, 5, 1, 0]
    assert {page.total for page in pages} == {11}
    assert len(set(numbers)) == 11


def test_of_very_many_matches_the_newest_are_ranked_and_all_are_counted(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    for engine in (sqlite, postgres):
        monkeypatch.setattr(engine, "MAX_RANKED", 3)
    fill(club, "Redis redis redis", *(f"Redis and much else {n}" for n in range(3)), "Redis redis", "Kafka")

    first, whole = search(club, "redis", limit=3), search(club, "redis")

    assert first.items[0].entry.title == "Redis redis"
    assert "Redis redis redis" not in {hit.entry.title for hit in first.items}
    assert first.total == len(whole.items) == 5
    assert whole.items[0].entry.title == "Redis redis redis"


def test_the_matched_line_is_shown_with_its_words_and_the_items_above_it(club: Club) -> None:
    fill(club, ("Title", "* Backends\n  * redis **caches** and clusters\n* redis"), ("Redis clusters", "* redis"))

    hits = {hit.entry.title: hit for hit in search(club, "cluster redis").items}

    assert shown(hits["Title"]) == "[redis] **caches** and [clusters]"
    assert hits["Title"].path == ("Backends",)
    assert emphasised(hits["Title"].title) == "Title"
    assert emphasised(hits["Redis clusters"].title) == "[Redis] [clusters]"
    assert not hits["Redis clusters"].matched
    assert not hits["Redis clusters"].path


def test_words_are_emphasised_in_the_title_also_where_a_line_of_the_notes_holds_more(club: Club) -> None:
    fill(club, ("Redis", "* redis clusters"))

    (hit,) = search(club, "redis cluster").items

    assert emphasised(hit.title) == "[Redis]"
    assert emphasised(hit.matched) == "[redis] [clusters]"


def test_of_a_line_as_long_as_a_book_the_part_with_the_words_is_shown(club: Club) -> None:
    fill(club, ("Book", f"{'before ' * 5_000}a *redis cluster* {'after ' * 5_000}"))

    (hit,) = search(club, "redis").items

    assert shown(hit).startswith("… before before")
    assert "before a [redis] cluster after" in shown(hit).replace("*", "")
    assert shown(hit).endswith(" …")
    assert len(shown(hit)) < 1_100


def test_phrases_and_beginnings_are_emphasised_too(club: Club) -> None:
    fill(club, ("One", "zero-downtime deploys"), ("Two", "Kubernetes"))

    (phrase,), (begun,) = search(club, '"zero downtime"').items, search(club, "kube").items

    assert shown(phrase) == "[zero]-[downtime] deploys"
    assert shown(begun) == "[Kubernetes]"


def test_a_hit_by_tag_alone_shows_no_line(club: Club) -> None:
    club.add(a_read_entry("Something", tags=["redis"]))

    (hit,) = search(club, "redis").items

    assert string(hit.matched) == ""
    assert emphasised(hit.title) == "Something"


def test_the_index_follows_every_change(club: Club) -> None:
    entry, other = club.add(a_read_entry("Redis", key="k"), a_read_entry("Redis too"))
    changed = a_read_entry("Kafka", key="k")

    def change(*steps: str) -> None:
        with club.store.begin(write=True) as tx:
            for step in steps:
                if step == "retire":
                    tx.entries.retire(club.team, [entry])
                else:
                    tx.entries.update(club.team, club.source, [(entry, "list.md", changed)])

    change("change")
    assert (titles(club, "redis"), titles(club, "kafka")) == (["Redis too"], ["Kafka"])
    change("retire", "retire")
    assert titles(club, "kafka") == titles(club, "tag:x") == []
    change("change", "change")
    assert titles(club, "kafka") == ["Kafka"]
    change("retire", "change", "retire")
    assert titles(club, "kafka") == []
    assert other


def test_a_rolled_back_change_leaves_the_index_as_it_was(club: Club) -> None:
    (entry,) = club.add(a_read_entry("Redis"))

    def fail() -> None:
        with club.store.begin(write=True) as tx:
            tx.entries.retire(club.team, [entry])
            tx.entries.add(club.team, club.source, [("list.md", a_read_entry("Redis again"))])
            assert tx.search.find(club.team, club.member, parse("redis"), offset=0, limit=9).total == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert titles(club, "redis") == ["Redis"]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_postgresql_is_given_what_to_look_for_in_its_own_type(store: SqlStore) -> None:
    """It plans a statement that comes often once for all; a text would then be read as a query for each entry anew."""
    club = a_club(store)
    fill(club, "Caching at scale")

    with store.begin(write=False) as tx:
        for _ in range(10):
            tx.search.find(club.team, club.member, parse("caching"), offset=0, limit=5)
        kept = tx.connection.exec_driver_sql(
            "SELECT parameter_types::text FROM pg_prepared_statements WHERE statement LIKE '%%ts_rank%%' OR statement LIKE '%%@@%%'"
        ).all()

    assert kept
    assert all("tsquery" in types and "text" not in types for (types,) in kept)


def test_nothing_of_another_team_is_found_nor_weighs(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    fill(theirs, *(f"Rare {n}" for n in range(30)), "Secret")
    fill(ours, "Rare", "Common one", "Common two", "Common three")

    assert titles(ours, "secret") == titles(ours, "-common -rare") == []
    assert search(ours, "rare").total == 1
    assert titles(ours, "common rare no such words")[0] == "Rare"


def test_two_teams_may_hold_many_entries_of_the_same_numbers(store: SqlStore) -> None:
    clubs = [a_club(store), a_club(store, "theirs")]

    def found(club: Club) -> Sequence[str]:
        return titles(club, "shared")

    for club in clubs:
        fill(club, *(f"Shared by {club.team} as {n}" for n in range(3)))

    assert all(title.startswith(f"Shared by {club.team}") for club in clubs for title in found(club))


def test_an_entry_as_large_as_a_file_may_be_is_kept_and_found(club: Club) -> None:
    fill(club, ("Large", "needle " + " ".join(f"word{n}" for n in range(150_000))), "Small")

    assert titles(club, "needle") == ["Large"]
    assert titles(club, "word77") == ["Large"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cachnig", "caching"),
        ("kuberentes", "kubernetes"),
        ("qeue", "queue"),
        ("quee", "queue"),
        ("zero-downtmie", "zero-downtime"),
        ("BRÜCEK", "brucke"),
        ("кэшы", "кэш"),
    ],
)
def test_a_word_that_no_entry_holds_is_taken_for_the_nearest_one(club: Club, typed: str, meant: str) -> None:
    fill(club, ("Caching at zero-downtime", "the queue of Kubernetes"), "Über die Brücke", "кэш")

    assert list(corrected(club, typed).values()) == [meant]


@pytest.mark.parametrize(
    "typed", ["cached", "kubern", "qu", "qeuu", "queueueue", "http3", "2025", "youe your", "-cachnig"]
)
def test_a_word_that_is_known_or_too_far_from_any_is_left_alone(club: Club, typed: str) -> None:
    fill(club, ("Caching with HTTP2 in 2024", "the queue of Kubernetes"))

    assert not corrected(club, typed)


def test_of_equally_near_words_the_one_that_more_entries_hold_is_meant(club: Club) -> None:
    fill(club, "A cart", "A card", "Another card", "cart cart cart cart")
    fill(club, "Yet another card")

    assert corrected(club, "carx") == {"carx": "card"}


def test_another_form_of_a_word_on_the_list_is_not_corrected(club: Club) -> None:
    fill(club, "Deploying on Fridays", "Practices that we deplored")

    assert not corrected(club, "deployed often")
    assert corrected(club, "deploret often") == {"deploret": "deplored"}


def test_words_are_corrected_in_tags_too_and_to_three_of_them(club: Club) -> None:
    club.add(a_read_entry("Alpha beta", "gamma", tags=["delta"]))

    assert corrected(club, "alpah gamam detla") == {"alpah": "alpha", "gamam": "gamma", "detla": "delta"}
    assert not corrected(club, "alpah gamam detla bteaa")


def test_nobody_is_corrected_to_a_word_that_left_the_list_or_is_another_teams(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    entry, kept = ours.add(a_read_entry("Caching", "and caching", key="k"), a_read_entry("Kubernetes"))
    fill(theirs, "Caching")
    assert corrected(ours, "cachnig") == {"cachnig": "caching"}

    with store.begin(write=True) as tx:
        tx.entries.retire(ours.team, [entry])
        tx.entries.retire(ours.team, [entry])
    retired = corrected(ours, "cachnig")
    with store.begin(write=True) as tx:
        tx.entries.update(ours.team, ours.source, [(entry, "list.md", a_read_entry("Queues", key="k"))])

    assert not retired
    assert not corrected(ours, "cachnig")
    assert corrected(ours, "quesue") == {"quesue": "queues"}
    assert corrected(theirs, "cachnig") == {"cachnig": "caching"}
    assert kept


def like(club: Club, entry: EntryId, limit: int = 5) -> list[str]:
    with club.store.begin(write=False) as tx:
        return [
            hit.entry.title for hit in tx.search.related(club.team, tx.entries.get(club.team, [entry])[entry], limit)
        ]


def test_entries_that_share_telling_words_are_related_most_alike_first(club: Club) -> None:
    entry, *_ = club.add(
        a_read_entry("Caching with Redis", "the cluster evicts keys by age", tags=["storage"]),
        a_read_entry("Queues", "nothing of the sort"),
        a_read_entry("Redis", "a cluster of caches"),
        a_read_entry("Something else", "about caching alone"),
        a_read_entry("Tagged", tags=["storage"]),
    )

    assert like(club, entry)[0] == "Redis"
    assert set(like(club, entry)) == {"Redis", "Something else", "Tagged"}
    assert like(club, entry, 1) == ["Redis"]


def test_an_entry_like_no_other_has_no_relatives(club: Club) -> None:
    alone, empty, _ = club.add(a_read_entry("The of and"), a_read_entry("Alone", "in its words"), a_read_entry("Other"))

    assert like(club, alone) == like(club, empty) == []


def test_relatives_are_on_the_list_and_of_the_same_team_and_show_why(store: SqlStore) -> None:
    ours, theirs = a_club(store), a_club(store, "theirs")
    entry, gone, _ = ours.add(
        *(a_read_entry(title, "* and the\n  * redis keys") for title in ("Redis one", "Redis two", "Redis three"))
    )
    fill(ours, *(f"Not a word in common {n}" for n in range(4)))
    fill(theirs, "Redis of theirs")
    with store.begin(write=True) as tx:
        tx.entries.retire(ours.team, [gone])

    with store.begin(write=False) as tx:
        hits = tx.search.related(ours.team, tx.entries.get(ours.team, [entry])[entry], 5)
        of_the_gone = tx.search.related(ours.team, tx.entries.get(ours.team, [gone])[gone], 5)

    assert [(hit.entry.title, shown(hit)) for hit in hits] == [("Redis three", "[redis] [keys]")]
    assert {hit.entry.title for hit in of_the_gone} == {"Redis one", "Redis three"}
