"""Front matter: what is used of it, and that what cannot be used never costs an entry."""

import json
import re
from pathlib import Path

import pytest

from bot.domain.language import LANGUAGES
from bot.domain.source import AboutList, ReadList, Severity
from store.lists.reading import read


def list_with(front_matter: str) -> ReadList:
    return read(f"{front_matter}\n* [A](http://a.example)\n".encode(), "list.md")


def problems_of(front_matter: str) -> list[str]:
    found = list_with(front_matter)
    assert [entry.title for entry in found.entries] == ["A"]
    assert not found.failed
    assert all(problem.severity is Severity.ERROR for problem in found.problems if "front matter" in problem.message)
    return [str(problem) for problem in found.problems]


def test_yaml_gives_title_tags_and_synonyms() -> None:
    found = list_with(
        "---\ntitle: Our  list\ntags: [Data, 2024, data]\ndate: 2024-05-26T15:10:01+03:19\nelse: kept\n"
        "synonyms:\n  K8s: kubernetes\n  cache: [caching, memo]\n---"
    )

    assert found.problems == ()
    assert found.title == "Our list"
    assert found.entries[0].tags == ("data", "2024")
    assert found.synonyms == {"k8s": ("kubernetes",), "cache": ("caching", "memo")}
    assert found.entries[0].line == 10


def test_toml_gives_the_same() -> None:
    found = list_with(
        "+++\ntitle = 'Our list'\ntags = ['Data']\ndate = 2024-05-26T15:10:01+03:19\n"
        "[synonyms]\ncache = ['caching']\n+++"
    )

    assert found.problems == ()
    assert (found.title, found.entries[0].tags) == ("Our list", ("data",))
    assert found.synonyms == {"cache": ("caching",)}


def test_tags_may_be_words_with_commas() -> None:
    assert list_with("---\ntags: data, caches\n---").entries[0].tags == ("data", "caches")


def test_a_draft_is_left_out_and_says_so() -> None:
    draft = list_with("---\ndraft: true\n---")

    assert (draft.entries, draft.failed) == ((), False)
    assert [str(problem) for problem in draft.problems] == [
        "list.md:1: this is a draft, so its entries are left out; remove `draft: true` to show them"
    ]


NOT_USED = "the front matter is not used: "
REMEDY = "; correct it or remove it"


@pytest.mark.parametrize(
    ("front_matter", "message"),
    [
        ("---\n- a\n- b\n---", f"2: {NOT_USED}it should be lines of `name: value`{REMEDY}"),
        ("---\nwords\n---", f"2: {NOT_USED}it should be lines of `name: value`{REMEDY}"),
        ("---\na: &x [1]\nb: *x\n---", f"3: {NOT_USED}it has an alias (`*name`){REMEDY}"),
        (
            "---\na: 1\nb: " + "[" * 900 + "]" * 900 + "\n---",
            f"3: {NOT_USED}it is nested deeper than 20 levels{REMEDY}",
        ),
        ("---\na: " + "[" * 60_000 + "\n---", f"2: {NOT_USED}it is nested deeper than 20 levels{REMEDY}"),
        ("---\na: b: c\n---", f"2: {NOT_USED}put the value of `a` in quotes: it contains a colon{REMEDY}"),
        ("---\n? [a]\n: b\n---", f"2: {NOT_USED}a name cannot be a list{REMEDY}"),
        ("---\na: " + "x" * 70_000 + "\n---", f"1: {NOT_USED}it has more than 65,536 characters{REMEDY}"),
        ("---\n" + "a: [b, c]\n" * 3_000 + "---", f"401: {NOT_USED}it has more than 2,000 values{REMEDY}"),
        ("+++\na = 1\nb = [1 2]\n+++", f"3: {NOT_USED}a `[` is not closed, or a comma is missing{REMEDY}"),
        ("+++\na = " + "[" * 900 + "]" * 900 + "\n+++", f"2: {NOT_USED}it is nested deeper than 20 levels{REMEDY}"),
        ("+++\na = " + "[" * 25 + "]" * 25 + "\n+++", f"2: {NOT_USED}it is nested deeper than 20 levels{REMEDY}"),
        ("+++\na = " + "9" * 5_000 + "\n+++", f"2: {NOT_USED}the number is too long{REMEDY}"),
        (
            "+++\na = 1\ndate = 2024-13-45\n+++",
            f"3: {NOT_USED}put the value in quotes: something follows it{REMEDY}",
        ),
    ],
)
def test_front_matter_that_cannot_be_used_is_one_error(front_matter: str, message: str) -> None:
    assert problems_of(front_matter) == [f"list.md:{message}"]


@pytest.mark.parametrize("value", ["!!python/object/apply:os.system [true]", "!!python/name:os.system"])
def test_a_tag_that_would_run_code_is_refused(value: str) -> None:
    (problem,) = problems_of(f"---\na: {value}\n---")

    assert "it asks for a type (`!!…`) that is not allowed" in problem


def test_a_fence_that_is_never_closed_is_an_error_and_the_entries_load() -> None:
    assert problems_of("---\ntitle: T\n") == [
        "list.md:1: the front matter is not closed, so it is not used; end it with a line of ---"
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2024-13-45", "`2024-13-45` cannot be used: there is no such date or number; correct it"),
        ("1" * 5_000, f"`{'1' * 59}…` cannot be used: the number is too long; correct it"),
        ("!!bool maybe", "`maybe` cannot be used: it is not of its type; correct it"),
        ("!!timestamp soon", "`soon` cannot be used: it is not of its type; correct it"),
    ],
)
def test_a_value_that_cannot_be_made_is_named_and_the_rest_is_used(value: str, message: str) -> None:
    found = list_with(f"---\ntitle: T\nother: {value}\ntags: [x]\n---")

    (problem,) = found.problems
    assert re.fullmatch(f"list.md:3: {message}", str(problem))
    assert (found.title, found.entries[0].tags) == ("T", ("x",))


@pytest.mark.parametrize(
    ("front_matter", "language"),
    [
        ("---\nlang: de\n---", "de"),
        ("---\nlanguage: German\n---", "de"),
        ("---\nLang: pt-BR\n---", "pt"),
        ("---\nlocale: de_AT.UTF-8\n---", "de"),
        ("---\nlang: no\n---", "no"),
        ("---\nlang: nb\n---", "no"),
        ("---\nlang: en-GB\n---", None),
        ("---\nlang:\nlanguage: fr\n---", "fr"),
        ("---\ntitle: T\n---", None),
        ("+++\nlanguageCode = 'es-ES'\n+++", "es"),
        ('{\n"lang": "ru"\n}', "ru"),
        ("title: T\nlang: it\n", "it"),
    ],
)
def test_a_list_names_its_language(front_matter: str, language: str | None) -> None:
    found = list_with(front_matter)

    assert not found.problems
    assert [entry.language for entry in found.entries] == [language]


@pytest.mark.parametrize(
    ("written", "shown"), [("xx", "xx"), ("Klingon", "Klingon"), ("[de, en]", ""), ("deutsch", "deutsch")]
)
def test_a_language_that_search_does_not_know_is_a_warning_with_those_it_knows(written: str, shown: str) -> None:
    (problem,) = problems_of(f"---\ntitle: T\nlang: {written}\n---")

    assert problem.startswith(
        f"list.md:3: `lang` is not used: search does not know the word forms of `{shown}`, only those"
    )
    assert "de German, " in problem
    assert problem.endswith("yi Yiddish")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("title: no", "`title` is not used: it should be some text; put it in quotes"),
        ("tags: {a: b}", "`tags` is not used: it should be a list of words; put them in quotes"),
        ("draft: maybe", "`draft` is not used: it should be true or false"),
        ("date: soon", "`date` is not used: it should be a date such as 2024-05-26"),
        (
            "cover: me.png",
            "`cover` is not used: it should be an `image` whose address starts with https://, with its text as `alt`",
        ),
        ("nested: never", "`nested` is not used: it should be `notes` or `entries`"),
        ("synonyms: [a]", "`synonyms` is not used: it should be words with their synonyms, `cache: [caching, memo]`"),
        ("synonyms: {a: [yes]}", "`synonyms` is not used: it should be words; put them in quotes"),
        ("a: 1\na: 2", "`a` is there twice; remove one"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_warning_at_its_line(line: str, message: str) -> None:
    at = 3 + line.count("\n")

    assert problems_of(f"---\nother: .nan\n{line}\n---") == [f"list.md:{at}: {message}"]


@pytest.mark.parametrize("front_matter", ["---\n---", "---  \n\n---\t", "---\n# a comment\n...", "+++\n+++"])
def test_front_matter_may_be_empty(front_matter: str) -> None:
    assert problems_of(front_matter) == []


@pytest.mark.parametrize(
    "value",
    [
        "2024-05-26",
        "2024-05-26T15:10:01+03:19",
        '"2015-07-25T05:16:01+02:00"',
        "2024-05-26 10:00:00 +0300",
        "2024-05-26 10:00",
        "'2024-05-26T10:00Z'",
        "2024/05/26 10:00",
    ],
)
def test_the_dates_of_jekyll_and_hugo_are_dates(value: str) -> None:
    assert problems_of(f"---\ndate: {value}\n---") == []


@pytest.mark.parametrize(
    "front_matter",
    [
        "---\ndate: 2024-05-26T23:10:01-08:00\ncover:\n  image: https://img.example:8443/a.png?b\n  Alt: Two  shelves\n---",
        "---\ndate: '2024/05/26 10:00'\ncover: {image: 'https://img.example:8443/a.png?b', alt: Two shelves}\n---",
        "+++\ndate = 2024-05-26\ncover.image = 'https://img.example:8443/a.png?b'\ncover.alt = 'Two shelves'\n+++",
        '{\n"date": "2024-05-26", "cover": {"image": "https://img.example:8443/a.png?b", "alt": "Two shelves"}\n}',
    ],
)
def test_a_list_has_a_date_and_a_cover(front_matter: str) -> None:
    found = list_with(front_matter)

    assert found.problems == ()
    assert found.about == AboutList(
        dated="2024-05-26", cover="https://img.example:8443/a.png?b", cover_alt="Two shelves"
    )


@pytest.mark.parametrize(
    "image",
    [
        *(
            "http://img.example/a.png",
            "javascript:alert(1)",
            "data:image/svg+xml,<svg/>",
            "https://",
            "https:img.example",
        ),
        *("https://img.example;script-src *", "https://img.example;script-src/", "https://*/a.png", "https://'self'/a"),
        *("https://a.example,b.example/", "https://me@img.example/a.png", "https://img.example\\@b.example/"),
        *("https://img.example/a b.png", "https://bücher.example/a.png", f"https://{'a' * 254}/", "HTTPS://a:b/"),
    ],
)
def test_a_cover_that_a_policy_cannot_name_is_a_warning(image: str) -> None:
    found = list_with("---\n" + json.dumps({"cover": {"image": image, "alt": "A"}}, ensure_ascii=False) + "\n---")

    assert found.about == AboutList()
    assert ["`cover` is not used" in problem.message for problem in found.problems] == [True]


@pytest.mark.parametrize(
    "cover", ["{image: img/a.png, alt: A}", "{image: //img.example/a.png}", "{hidden: true}", "''"]
)
def test_the_cover_of_another_programs_page_is_ignored(cover: str) -> None:
    found = list_with(f"---\ncover: {cover}\n---")

    assert (found.about, found.problems) == (AboutList(), ())


def test_a_table_of_toml_is_named_at_its_line() -> None:
    (problem,) = problems_of("+++\ntitle = 'A'\n[cover]\nimage = 'http://img.example/a.png'\n+++")

    assert problem.startswith("list.md:3: `cover` is not used")


@pytest.mark.parametrize("value", ["2024-13-26 10:00", "'2024-02-30'", "26 May"])
def test_what_is_no_date_is_a_warning(value: str) -> None:
    assert problems_of(f"---\ndate: {value}\n---") == [
        "list.md:2: `date` is not used: it should be a date such as 2024-05-26"
    ]


@pytest.mark.parametrize(
    "front_matter",
    [
        '{\n  "title": "L",\n  "tags": ["a", "b"]\n}\n',
        '---json\n{"title": "L", "tags": ["a", "b"]}\n---',
        "---toml\ntitle = 'L'\ntags = ['a', 'b']\n---",
        "---yaml\ntitle: L\ntags: [a, b]\n---",
        "\n\n---\ntitle: L\ntags: [a, b]\n---",
        "<!-- about this file -->\n---\ntitle: L\ntags: [a, b]\n---",
        "---\nTitle: L\nTags: [A, B]\n---",
        "---\ntitle: L\ntags: #a #b\n---",
        "---\ntitle: L\ntags: '#a, #b'\n---",
        "Title: L\nDate: 2010-12-03 10:20\nTags: a, b\nSummary: what\n   it says\n",
    ],
)
def test_front_matter_of_other_tools_gives_title_and_tags(front_matter: str) -> None:
    found = list_with(front_matter)

    assert found.problems == ()
    assert (found.title, found.entries[0].tags) == ("L", ("a", "b"))
    assert found.entries[0].line == front_matter.count("\n") + 2
    assert found.entries[0].section == ()


@pytest.mark.parametrize(
    "top", ["---\n\n* [B](http://b.example)\n\n---\n", "---\n\n# Words\n\n---\n", "---\n\nWords.\n"]
)
def test_a_rule_at_the_top_is_not_front_matter(top: str) -> None:
    found = list_with(top)

    assert found.problems == ()
    assert found.entries[-1].title == "A"
    assert len(found.entries) == 1 + top.count("](")


@pytest.mark.parametrize(
    ("front_matter", "words"),
    [
        ("---\ntitle: Data: a list\n---", "put the title in quotes: it contains a colon"),
        ("---\ntitle: 'Data\n---", "a quote is not closed"),
        ("---\ntitle: @home\n---", "put the title in quotes: it begins with a sign that YAML uses"),
        ("---\ntags: [a, b\n---", "a `[` is not closed"),
        ("---\na: 1\n\tb: 2\n---", "indent with spaces: there is a tab"),
        ("{\n  'title': 'L'\n}\n", "put names in double quotes"),
        ("+++\ntitle = L\n+++", "put the value in quotes"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(front_matter: str, words: str) -> None:
    (problem,) = problems_of(front_matter)

    assert words in problem


def test_pelican_drafts_are_left_out() -> None:
    assert list_with("Title: L\nStatus: draft\n").draft


def test_a_line_with_a_colon_and_an_address_is_not_front_matter() -> None:
    assert [entry.title for entry in list_with("Title: http://b.example/c\n").entries] == ["Title", "A"]


def test_every_language_is_in_the_manual() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "reading-list.md").read_text()

    assert [name for name in LANGUAGES.values() if name not in manual] == []
