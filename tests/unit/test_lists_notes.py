"""The tree of notes: nothing is lost, numbers are as written, links are safe."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.notes import NoteBlock, NoteKind, lines
from bot.domain.text import Span, Text, string
from store.lists.notes import tree
from store.lists.reading import read

ARTICLES = Path(__file__).parent / "lists" / "articles.md"


def shown(markdown: str) -> list[str]:
    """Each block as a line: its depth, its marker or kind, its characters."""
    return [f"{'  ' * line.depth}{line.marker or line.kind} {string(line.text)}" for line in lines(tree(markdown))]


def spans(markdown: str) -> Text:
    return tree(markdown)[0].text


def every(blocks: tuple[NoteBlock, ...]) -> Iterator[NoteBlock]:
    for block in blocks:
        yield block
        yield from every(block.children)


def test_a_paragraph_with_two_points_and_their_nine_points_is_complete() -> None:
    entry = read(ARTICLES.read_bytes(), "articles.md").entries[0]

    paragraph, built, next_steps = tree(entry.notes.markdown)

    assert string(paragraph.text) == ("A team moves its cache closer to its readers & measures what that does.")
    assert [(point.marker, string(point.text)) for point in (built, next_steps)] == [
        ("1.", "What they built:"),
        ("2.", "What comes next:"),
    ]
    assert [string(point.text).partition(":")[0] for point in built.children] == [
        "Placement",
        "Keys",
        "Expiry",
        "Purging",
        "Cost",
        "Failure & fallback",
    ]
    assert [string(point.text) for point in next_steps.children] == [
        "Warm a node before it is used.",
        "Fewer tags for each page.",
        "Alerts that say which region is slow.",
    ]
    assert all(point.text[0].bold for point in (built, next_steps, *built.children))


def test_nine_numbered_points_keep_their_numbers_and_bold_labels() -> None:
    entry = read(ARTICLES.read_bytes(), "articles.md").entries[2]

    points = tree(entry.notes.markdown)

    assert [point.marker for point in points] == [f"{number}." for number in range(1, 10)]
    assert [number for number, point in enumerate(points, 1) if point.text[0].bold] == [2, 3, 7]
    assert string(points[5].text) == "Cover the query if the table is wide. If it is not, the index alone is enough."


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("one\ntwo", ["paragraph one two"]),
        ("one  \ntwo\\\nthree<br>four", ["paragraph one", "paragraph two", "paragraph three", "paragraph four"]),
        ("3. a\n7. b\n7. c", ["3. a", "7. b", "7. c"]),
        ("1) a\n2) b", ["1) a", "2) b"]),
        ("text\na) one\nb) two\n   goes on", ["paragraph text", "a) one", "b) two goes on"]),
        ("• one\n• two", ["• one", "• two"]),
        ("e. g. this one", ["paragraph e. g. this one"]),
        ("- a\n  - b\n    - c", ["• a", "  • b", "    • c"]),
        ("- a\n\n  more\n\n  > said", ["• a", "  paragraph more", "  quote said"]),
        ("- ```\n  code\n    deep\n  ```", ["  code code\n  deep".replace("  code code", "•\x00")]),
        ("> a\n>\n> b\n> - c", ["quote a", "quote b", "• c"]),
        ("```py\nif x:\n\n    y\n```", ["code if x:\n\n    y"]),
        ("# Head\ntext", ["heading Head", "paragraph text"]),
        ("a\n\n---\n\nb", ["paragraph a", "paragraph b"]),
        ("| a | b |\n|---|---|\n| c | d |", ["paragraph a | b", "paragraph c | d"]),
        ("![a picture](p.png) and text", ["paragraph a picture and text"]),
        ("&lt;b&gt; &amp; &eacute;", ["paragraph <b> & é"]),
        ("<b>bold</b> <!-- not shown -->text", ["paragraph bold text"]),
        ("<details><summary>More</summary>\ninside\n</details>", ["paragraph More", "paragraph inside"]),
        ("<script>\nalert(1)\n</script>\ntext", ["paragraph text"]),
        ("<!-- open\ncomment", []),
        ("- [ ] open\n- [x] done", ["• [ ] open", "• [x] done"]),
        ("a\u202eb\u200bc\0", ["paragraph abc"]),
        ("\ud800", ["paragraph ?"]),
        ("", []),
    ],
)
def test_blocks_are_shown_as_they_were_meant(markdown: str, expected: list[str]) -> None:
    if markdown.startswith("- ```"):
        expected = ["• ", "  code code\n  deep"]

    assert shown(markdown) == expected


def test_spans_carry_their_styles() -> None:
    assert spans("a **b *c*** `d` ~~e~~") == (
        Span("a "),
        Span("b ", bold=True),
        Span("c", bold=True, italic=True),
        Span(" "),
        Span("d", code=True),
        Span(" "),
        Span("e", strike=True),
    )


def test_links_and_bare_addresses_are_links() -> None:
    assert [
        (span.text, span.url)
        for span in spans("[a **b**](http://a.example) or http://b.example/c_d_e, <http://c.example>")
    ] == [
        ("a ", "http://a.example"),
        ("b", "http://a.example"),
        (" or ", None),
        ("http://b.example/c_d_e", "http://b.example/c_d_e"),
        (", ", None),
        ("http://c.example", "http://c.example"),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "java&Tab;script:x",
        "data:text/html,x",
        "//a.example",
        "http://u@a.example",
        "file:///etc",
    ],
)
def test_unsafe_links_are_plain_text(url: str) -> None:
    assert spans(f"see [this]({url}) now") == (Span("see this now"),)


def test_what_is_nested_too_deep_is_shown_at_the_last_level() -> None:
    deep = "".join("  " * level + f"- L{level}\n" for level in range(300))

    blocks = tree(deep)

    assert [string(block.text) for block in every(blocks)] == [f"L{level}" for level in range(300)]
    assert max(line.depth for line in lines(blocks)) == 50


def test_a_definition_that_travels_with_the_notes_is_no_text() -> None:
    (block,) = tree("see [that][one]\n\n[one]: <http://b.example>")

    assert block.text == (Span("see "), Span("that", url=block.text[1].url))
    assert block.kind is NoteKind.PARAGRAPH
    assert block.text[1].url == "http://b.example"
