"""Whatever a list, a name or a search says: through Discord's front door nothing of it pings, and no link pretends."""

import re
from itertools import product
from pathlib import Path
from typing import Any

from tests.fakes.discord_reader import pings, strings, unsafe_links
from tests.fakes.server import Server, a_server, shown_by

MENTIONS = (
    "@everyone", "@here", "<@1>", "<@!1>", "<@&1>", "<#1>", "</ban:1>", "<id:customize>", "<a:x:1>", "<:x:1>",
    "<!channel>", "<!here|x>", "<!subteam^S1>", "&lt;@1&gt;", "&#64;everyone", "＠everyone", "@\u200beveryone",
    "@\u2060here", "@EVERYONE", "<@1", "@@everyone", "<t:1:R>",
)  # fmt: skip
AROUND = ("{}", "`{}`", "**{}**", "\\{}", "\\\\{}", "||{}", "\u202e{0}{0}")
CASES = [(mention, around.format(mention)) for mention, around in product(MENTIONS, AROUND)]
NO_MESSAGE = (8, 9)
"""Interactions answered by a completion or a form: plain text that only the person who types sees."""
IN_AN_ENTRY = 4
"""Each case stands in a title, in a note, as a link's words and as an image's."""
_OWN_COMMAND = re.compile(r"</blog(?: [a-z]+)*:\d{17,20}>")
LABELS = (
    "words",
    "good.example",
    "https://good.example/x",
    "ѕafe.example",
    "reddit.com",
    "a](https://evil.example) [b",
)
TARGETS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\\tscript:alert(1)", "data:text/html,x", "vbscript:x",
    "file:///etc/passwd", "//evil.example", "http://user@evil.example", "https://good.example@evil.example",
    "\\\\evil.example", "https:evil.example", "https://t.co/1", "https://evil.example/>", "https://evil.example/|x",
    "https://evil.example/%3E", "https://xn--safe-example.evil.example", "https://evil.example/(x", "ftp://evil.example",
)  # fmt: skip
LINKS = list(product(LABELS, TARGETS))


def a_list(folder: Path) -> Path:
    """Mentions in every place of an entry, then every link as a note."""
    lines = []
    for number, (_, case) in enumerate(CASES):
        lines += [
            f"* [hostile] [Case {number} {case}](https://example.org/{number})",
            f"    * A note {case} of {number}",
            f"        * see [label {case}](https://example.org/x) and ![alt {case}](https://example.org/y.png)",
        ]
    lines.append("* [Links](https://example.org/links)")
    lines += [f"    * see {number} [{label}](<{target}>)" for number, (label, target) in enumerate(LINKS)]
    lines += [f"    * see {number} [{label}]({target})" for number, (label, target) in enumerate(LINKS)]
    path = folder / "hostile.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def check(server: Server, channels: frozenset[str]) -> None:
    """Nothing live in any body, and every message forbids mentions besides. A form or a completion is none."""
    for method, path, body in server.bodies:
        private = isinstance(body, dict) and body.get("type") in NO_MESSAGE
        for name, text in strings(body):
            foreign = _OWN_COMMAND.sub("", text)
            live = pings(foreign, channels=channels) if name == "content" or not private else []
            assert not live, (method, path, text)
        message = body.get("data", body) if isinstance(body, dict) else {}
        if not private and "/commands" not in path and ("components" in message or "content" in message):
            assert message["allowed_mentions"] == {"parse": []}, (method, path)


async def test_no_mention_is_live_wherever_it_was_written(tmp_path: Path) -> None:
    async with a_server(f"sqlite:///{tmp_path}/club.db", reading_list=a_list(tmp_path)) as server:
        guild = await server.guild("@everyone <@1>")
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "@here <@&1>", admin=True)
        shown = [await ana.slash(channel, "blog show", entry=f"#{number}") for number in range(1, len(CASES) + 1)]
        told = [answer for answer in map(shown_by, shown) if "A note" in answer and "Case " in answer]
        assert len(told) * IN_AN_ENTRY >= 500
        for mention in MENTIONS:
            await echoed(ana, channel, mention)
        for number in (1, 15, 40):
            await ana.slash(channel, "blog share", entry=f"#{number}")
        await server.settle()
        check(server, frozenset({str(channel.id)}))


async def echoed(who: Any, channel: Any, mention: str) -> None:
    """Wherever what a person typed is said again."""
    await who.slash(channel, "blog search", query=mention)
    await who.slash(channel, "blog show", entry=mention)
    await who.slash(channel, "blog random", tag=mention)
    await who.slash(channel, "blog help", command=mention)
    await who.slash(channel, "blog settings zone", zone=mention)
    await who.autocomplete(channel, "blog show", "entry", mention)
    wrong = await who.slash(channel, "blog schedule set", weekday=mention, at=mention, zone=mention)
    assert wrong.acknowledged


async def test_every_link_leads_where_it_says_and_to_the_web(tmp_path: Path) -> None:
    assert len(LINKS) >= 100

    async with a_server(f"sqlite:///{tmp_path}/club.db", reading_list=a_list(tmp_path)) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        ana = server.member(guild, "ana", admin=True)
        (found,) = await ana.autocomplete(channel, "blog show", "entry", "Links")
        shown = shown_by(await ana.slash(channel, "blog show", entry=found["value"]))
        assert shown.count("see ") == 2 * len(LINKS)
        for method, path, body in server.bodies:
            if "/commands" in path:
                continue
            for name, text in strings(body):
                assert name != "content" or not unsafe_links(text), (method, path, unsafe_links(text))
