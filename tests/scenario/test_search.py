"""What a search answers, line for line, on both engines."""

from pathlib import Path

from bot.domain.team import Role
from tests.fakes.talk import numbers, said

SEED = Path(__file__).with_name("seed.md")


async def test_a_misspelt_word_is_corrected_and_the_answer_says_so(database: str) -> None:
    clean, misspelt = await said(["/blog search caching", "/blog search cachnig"], database=database, reading_list=SEED)

    assert numbers(misspelt) == numbers(clean)
    assert "Showing results for caching." in misspelt["text"]
    assert "Showing results" not in clean["text"]


async def test_the_words_can_be_searched_as_they_were_typed(database: str) -> None:
    (corrected,) = await said(["/blog search cachnig kafka"], database=database, reading_list=SEED)
    button = next(button for button in corrected["buttons"] if "cachnig" in button["label"])
    (typed,) = await said([button["line"]], database=database, reading_list=SEED)

    assert button["line"] == '/blog search "cachnig" kafka'
    assert typed["title"] == "Nothing on the list matches “cachnig kafka”."
    assert {"label": "Search for similar words", "line": "/blog search cachnig kafka"} in typed["buttons"]


SECTIONED = (
    "# Reading\n## Databases\n"
    + "".join(f"* [db] [Redis {n}](https://a.example/{n})\n" for n in range(7))
    + "## Caching\n"
    + "".join(f"* [Redis cache {n}](https://b.example/{n})\n" for n in range(4))
    + '## The "fast" part\n* [Redis now](https://c.example)\n## Machine learning\n* [ml] [Models](https://d.example)\n'
)


async def test_a_long_answer_is_narrowed_by_section(database: str, tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(SECTIONED)
    whole, short = await said(["/blog search redis", "/blog search cache"], database=database, reading_list=path)
    narrowing = [button for button in whole["buttons"] if button["label"].startswith("In ")]
    databases, caching = await said([button["line"] for button in narrowing], database=database, reading_list=path)

    assert [button["label"] for button in narrowing] == ["In Databases: 7", "In Caching: 4"]
    assert "7 found" in databases["text"]
    assert "4 found" in caching["text"]
    for answer in (short, databases, caching):
        assert not any(button["label"].startswith("In ") for button in answer["buttons"])


async def test_an_empty_answer_names_the_closest_tag_or_section(database: str, tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(SECTIONED)
    lines = ['/blog search "databses"', '/blog search "machine-lerning"', "/blog search zzzz"]
    section, spaced, none = await said(lines, database=database, reading_list=path)

    assert section["title"] == "Nothing on the list matches “databses”."
    assert [button["line"] for button in section["buttons"]] == [
        '/blog search in:"Databases"',
        "/blog search databses",
        "/blog add",
    ]
    assert [button["line"] for button in spaced["buttons"]] == [
        '/blog search in:"Machine learning"',
        "/blog search machine-lerning",
        "/blog add",
    ]
    assert "Nothing on the list" in none["title"]
    assert [button["label"] for button in none["buttons"]] == ["Add an article"]


async def test_every_entry_leads_to_those_that_are_like_it(database: str) -> None:
    lines = ["/blog show #1", "/blog related #1"]
    entry, related = await said(lines, database=database, reading_list=SEED)

    assert {"label": "Related", "line": "/blog related #1"} in entry["buttons"]
    assert numbers(related)
    assert 1 not in numbers(related)


async def test_an_acronym_that_the_list_explains_finds_what_it_means(database: str, tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(
        "* [Retrieval Augmented Generation (RAG)](https://a.example)\n* [RAG](https://b.example)\n"
        "* [On retrieval-augmented generation](https://c.example)\n* [Other](https://d.example)\n"
        "    * An SLO (service level objective) says how well\n* [Service level objectives](https://e.example)\n"
    )
    lines = ["/blog search rag", "/blog search retrieval augmented generation", "/blog search slo"]
    short, long, level = await said(lines, database=database, reading_list=path)

    assert set(numbers(short)) == set(numbers(long)) == {1, 2, 3}
    assert numbers(level) == [4, 5]


async def test_a_list_in_german_is_searched_in_german_and_a_change_of_it_counts(database: str, tmp_path: Path) -> None:
    path, entries = (
        tmp_path / "list.md",
        "* [Alte Häuser](https://a.example)\n* [Caching](https://b.example)\n",
    )
    lines = ["/blog search häusern as:typed", '/blog search "altes haus"', "/blog search cached"]
    path.write_text(f"---\nlang: de-AT\n---\n{entries}")
    german = await said(lines, database=database, reading_list=path)
    path.write_text(f"---\nlang: en\n---\n{entries}")
    english = await said(lines, database=database, reading_list=path)

    assert [numbers(answer) for answer in german] == [[1], [1], [2]]
    assert [numbers(answer) for answer in english] == [[], [], [2]]


async def test_synonyms_come_from_the_list_and_from_curators_and_the_answer_says_so(
    database: str, tmp_path: Path
) -> None:
    path = tmp_path / "list.md"
    path.write_text(
        "---\nsynonyms: {k8s: [kubernetes]}\n---\n* [Kubernetes](https://a.example)\n* [ML](https://b.example)\n"
    )
    lines = [
        "/blog search k8s",
        '/blog settings synonyms add ml "machine learning"',
        "/blog search machine learning",
        "/blog settings synonyms",
        "/blog settings synonyms remove k8s",
        "/blog settings synonyms remove ml",
        "/blog search machine learning",
        "as bo",
        "/blog settings synonyms",
    ]
    answers = await said(lines, database=database, reading_list=path, role=Role.CURATOR)
    listed, added, found, shown, of_the_file, removed, nothing, _, refused = answers

    assert numbers(listed) == [1]
    assert "Also searched for kubernetes." in listed["text"]
    assert not added["refusal"]
    assert numbers(found) == [2]
    assert "k8s: kubernetes (list.md)" in shown["text"]
    assert "ml: machine learning" in shown["text"]
    assert of_the_file["refusal"]
    assert not removed["refusal"]
    assert not nothing["entries"]
    assert refused["refusal"]


async def test_what_is_no_pair_of_words_is_refused(database: str) -> None:
    lines = ["add", "add k8s", "remove", "add k8s K8s", "add k8s ,", "remove k8s", "nonsense"]
    answers = await said(
        [f"/blog settings synonyms {line}" for line in lines], database=database, reading_list=SEED, role=Role.CURATOR
    )

    assert all(answer["refusal"] for answer in answers)


async def test_a_host_without_an_entry_of_its_own_finds_what_is_from_there(database: str, tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(
        "* [Internals](https://www.redis.io/docs)\n* [Blog](https://blog.redis.io/a)\n* [Node.js](https://a.example)\n"
    )
    lines = ["/blog search redis.io", "/blog search node.js", "/blog search other.io"]
    from_there, words, nothing = await said(lines, database=database, reading_list=path)

    assert numbers(from_there) == [1, 2]
    assert numbers(words) == [3]
    assert "Nothing on the list" in nothing["title"]


async def test_an_empty_answer_offers_to_add_an_article_to_those_who_may(database: str) -> None:
    lines = ["/blog settings adding curators", "/blog search zzzz", "as bo reader", "/blog search zzzz"]
    _, curator, _, reader = await said(lines, database=database, reading_list=SEED)
    (form,) = await said([curator["buttons"][-1]["line"]], database=database, reading_list=SEED)

    assert curator["buttons"] == [{"label": "Add an article", "line": "/blog add"}]
    assert not reader["buttons"]
    assert form["title"] == "Add an article"


async def test_an_address_with_unknown_tracking_finds_its_entry(database: str, tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text("* [A](https://a.example/x)\n* [Two](https://b.example/watch?v=2)\n")
    lines = [
        "/blog search https://a.example/x?trk=feed#top",
        "/blog search https://b.example/watch?v=1",
        "/blog search b.example/watch?v=2&utm_source=x",
    ]
    tracked, other, same = await said(lines, database=database, reading_list=path)

    assert numbers(tracked) == [1]
    assert other["title"] == "No entry on the list has that address."
    assert numbers(same) == [2]
