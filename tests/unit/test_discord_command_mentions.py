"""Commands in our texts, as a person in a server can tap them."""

import pytest

from adapters.discord.command_mentions import CommandMentions
from adapters.discord.markup import size
from adapters.discord.render import MAX_TEXT, messages
from bot.commands.catalogue import CATALOGUE
from bot.domain.card import Card, Paragraph
from bot.domain.text import plain
from tests.fakes.server import read_aloud


def knowing() -> CommandMentions:
    mentions = CommandMentions("blog")
    mentions.learn(CATALOGUE, [{"name": "Mark as read", "id": "7"}, {"name": "blog", "id": "42"}])
    return mentions


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("“/blog random” shows one.", "</blog random:42> shows one."),
        ("Type /blog schedule set here", "Type </blog schedule set:42> here"),
        (
            "“/blog later \\#12” adds it, “/blog next” shows it",
            "</blog later:42> \\#12 adds it, </blog next:42> shows it",
        ),
        ("“/blog digest” shows it", "</blog digest preview:42> shows it"),
        ("Usage: /blog digest skip [#channel]", "Usage: </blog digest skip:42> [#channel]"),
        ("`/blog random` in code", "`/blog random` in code"),
        ("https://example.org/blog random", "https://example.org/blog random"),
        ("/blog unknown and /blogs", "/blog unknown and /blogs"),
    ],
)
def test_a_command_is_a_mention_with_what_follows_it(text: str, shown: str) -> None:
    assert knowing().mentioned(text) == shown


def test_before_the_commands_are_registered_they_are_plain_text() -> None:
    layouts = messages(Card(title="“/blog random” shows one."), word="blog")
    CommandMentions("blog").put(layouts)

    assert "/blog random" in read_aloud([part.to_component_dict() for part in layouts[0].children])


def test_mentions_never_make_a_message_too_long() -> None:
    lines = tuple(Paragraph(text=plain("Type /blog schedule set, " * 20)) for _ in range(6))
    layouts = messages(Card(title="Long", blocks=lines), word="blog")
    knowing().put(layouts)

    for layout in layouts:
        assert sum(size(item.content) for item in layout.walk_children() if hasattr(item, "content")) <= MAX_TEXT
