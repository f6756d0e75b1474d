"""Draws one digest of the bundled list as Slack and Discord show it, from what the adapters themselves render.

`make pictures` runs it. The pictures are our drawing of the very blocks and components that are sent, photographed by
Chromium: how the platforms draw them is theirs. The page of `dogear demo --web` is photographed as it is served. A test
that needs no Chromium holds the hash of each page that was photographed.
"""

import asyncio
import hashlib
import html
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from adapters.discord.render import message as discord_message
from adapters.local.room import MEANINGS, Message
from adapters.local.view import local_time
from adapters.slack.render import message as slack_message
from adapters.web.pages import static
from adapters.web.platform import TRIAL
from adapters.web.screen import PEOPLE as CLUB
from adapters.web.screen import Screen
from bot.chat.platform import Actor, Reacted
from bot.domain.card import Call, Card
from bot.domain.digest import Digest, People, card_of, replies_of, thread_title
from bot.domain.entry import Entry
from bot.domain.featuring import Why
from bot.domain.ids import (
    AccountRef,
    ChannelRef,
    EntryId,
    EntryNumber,
    MemberId,
    MessageRef,
    SourceId,
    TakeawayId,
    TeamId,
)
from bot.domain.meeting import closing, gathered
from bot.domain.notes import Notes
from bot.domain.takeaway import Counts, Takeaway
from store.lists.notes import tree
from store.lists.reading import read_path

QUESTION = "What would you take from this into our own work?"

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
HASHES = "pages.sha256"
NUMBER = 1
WHEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WIDTH = 1180
PRIMARY = 1
"""The style of a button of Discord's."""
CHANNELS = ("general", "backend", "incidents", "reading", "random")
STYLE = """
* { box-sizing: border-box } body { margin: 0; font: 15px/1.46 Inter, sans-serif; background: var(--page); color: var(--text) }
.app { display: flex; width: 1180px } nav { flex: none; width: 210px; padding: 14px 10px; background: var(--side); color: var(--faint) }
nav b { display: block; color: var(--name); font-size: 17px; margin: 0 8px 14px } nav span { display: block; padding: 4px 8px; border-radius: 6px }
nav .here { background: var(--here); color: var(--on) } nav small { display: block; margin: 16px 8px 4px; color: var(--faint) }
main, aside { padding: 0 0 14px } main { width: 570px; border-right: 1px solid var(--line) } aside { width: 400px }
header { padding: 12px 18px; border-bottom: 1px solid var(--line); font-weight: 700 } header small { margin-left: 8px; font-weight: 400 }
small, p.small { color: var(--faint); font-size: 13px } p { margin: 3px 0; white-space: pre-wrap }
.post { display: flex; gap: 10px; padding: 8px 18px } .face { flex: none; width: 36px; height: 36px; border-radius: var(--round) }
.who b { margin-right: 6px } .who i { background: var(--chip); border-radius: 3px; padding: 1px 4px; font: 700 10px Inter, sans-serif; margin-right: 6px }
a { color: var(--link); text-decoration: none } ul, ol { margin: 0; padding-left: 24px } h3 { margin: 2px 0; font-size: 16px }
.buttons span { display: inline-block; border: 1px solid var(--edge); border-radius: 6px; padding: 4px 11px; margin: 6px 6px 0 0;
  font-weight: 700; font-size: 13px; background: var(--button); color: var(--ink) } .buttons span.first { background: var(--first); color: var(--onfirst) }
.marks span { display: inline-block; border: 1px solid var(--edge); background: var(--chip); border-radius: 12px; padding: 1px 8px; margin: 7px 5px 0 0;
  font: 13px "Inter", "Noto Color Emoji" } .replies { margin-top: 8px; font-size: 13px } .replies .face { width: 22px; height: 22px; vertical-align: -6px; margin-right: 3px }
.box { border: 1px solid var(--line); border-radius: 8px; padding: 6px 12px; background: var(--box) }
.slack { --page: #fff; --text: #1d1c1d; --side: #3f0e40; --faint: #616061; --name: #fff; --here: #1164a3; --on: #fff; --line: #dddddd; --round: 8px;
  --chip: #eef0f2; --link: #1264a3; --edge: #bbb; --button: #fff; --ink: #1d1c1d; --first: #007a5a; --onfirst: #fff; --box: #fff }
.slack nav { --faint: #cbb8cc } .slack.dark { --page: #1a1d21; --text: #d1d2d3; --side: #19171d; --faint: #9a9b9d; --line: #35373b; --chip: #2b2d31;
  --link: #1d9bd1; --edge: #565856; --button: #1a1d21; --ink: #d1d2d3 }
.discord { --page: #313338; --text: #dbdee1; --side: #2b2d31; --faint: #a3aab2; --name: #f2f3f5; --here: #404249; --on: #fff; --line: #3f4147;
  --round: 50%; --chip: #2b2d31; --link: #00a8fc; --edge: #4e5058; --button: #4e5058; --ink: #fff; --first: #5865f2; --onfirst: #fff; --box: #2b2d31 }
.discord.light { --page: #fff; --text: #313338; --side: #f2f3f5; --faint: #5c5e66; --name: #060607; --here: #d7d9dc; --on: #060607; --line: #e1e2e4;
  --chip: #f2f3f5; --link: #0067b8; --edge: #d7d9dc; --button: #e3e5e8; --ink: #313338; --box: #f8f9fa }
"""
PEOPLE = {
    "Ana": ("#f2c6a0", "#5b3a29"),
    "Ben": ("#d9a577", "#222"),
    "Chi": ("#f5d6b4", "#111"),
    "Dara": ("#a9714b", "#3b2417"),
}
"""The colours of skin and hair of the people in the pictures, who are made up."""
BEFORE = ("Ana", "08:52", "Coffee is on, and it is digest day.")
AFTER = (
    ("Dara", "09:20", "Saved it for the train home."),
    ("Ben", "11:30", "Random gave me the one about keyset pagination. Ten minutes well spent."),
)
TALK = (
    ("Dogear", "09:00", ""),
    ("Ana", "09:14", "Our basket refuses the write instead. I would rather merge twice a year than lose a sale once."),
    ("Ben", "09:31", "Deleted items coming back is exactly the bug from March. Now I know its name."),
    ("Dogear", "09:40", ""),
    ("Chi", "10:02", "I tried the quorum numbers on staging: two of three is enough for us."),
    ("Dogear", "Sunday", ""),
)
"""The thread: who speaks, when, and what people say."""
IN_THE_BROWSER = (
    ("Ben", 31, "Deleted items coming back is exactly the bug from March. Now I know its name."),
    ("You", 44, "Our basket refuses the write instead. I would rather merge twice a year than lose a sale once."),
)
"""The thread of the club to try: who speaks, how many minutes after the digest, and what they say."""


def the_entry() -> Entry:
    read = read_path(ROOT / "bot" / "sample" / "reading-list.md", "reading-list.md").entries[NUMBER - 1]
    return Entry(
        id=EntryId(NUMBER),
        team=TeamId(1),
        number=EntryNumber(NUMBER),
        url=read.url,
        key=read.key,
        title=read.title,
        notes=Notes(markdown=read.notes.markdown, tree=tree(read.notes.markdown)),
        tags=read.tags,
        section=read.section,
        source=SourceId(1),
        file="reading-list.md",
        line=read.line,
        added_at=WHEN,
    )


def cards() -> tuple[Card, str, tuple[Card, ...]]:
    """The digest, the title of its thread, and what follows in there."""
    entry = the_entry()
    week = Digest(
        week="2026-W48",
        due_at=WHEN,
        late=False,
        entry=entry,
        why=Why.WANTED,
        reason="3 members want to read it",
        question=QUESTION,
        counts=Counts(readers=3, takeaways=1),
        newest=(),
        people=People(host="Ana", going=3, join=Call(path=("digest", "in"))),
    )
    return card_of(week), thread_title(entry), replies_of(entry, QUESTION)


def pages() -> Mapping[str, str]:
    """What is photographed: the page for each picture."""
    in_slack, in_discord = slack(), asyncio.run(discord())
    return {
        "slack.png": _page("slack", *in_slack),
        "slack-dark.png": _page("slack dark", *in_slack),
        "discord.png": _page("discord", *in_discord),
        "discord-light.png": _page("discord light", *in_discord),
        "try.png": browser(),
    }


def browser() -> str:
    """The page of a club to try, with its style and script in it, and the digest's thread open."""
    zone = ZoneInfo("Europe/Berlin")
    channel, screen = ChannelRef(TRIAL, "reading"), Screen(zone)
    card, title, replies = cards()
    root = MessageRef(channel, "digest")
    screen.add(Message(ref=root, card=card, at=WHEN))
    thread = screen.room.open_thread(root, title)
    for number, reply in enumerate(replies):
        screen.add(Message(ref=MessageRef(channel, f"reply-{number}"), card=reply, at=WHEN, thread=thread))
    for number, (name, minutes, what) in enumerate(IN_THE_BROWSER):
        said = MessageRef(channel, f"said-{number}")
        screen.add(
            Message(ref=said, card=Card(title=what), at=WHEN + timedelta(minutes=minutes), thread=thread, by=name)
        )
    for person, emoji in ((CLUB[0], "✅"), (CLUB[2], "✅"), (CLUB[3], "🔖")):
        actor = Actor(account=AccountRef(TRIAL.platform, person.name), workspace=TRIAL, name=person.name)
        screen.room.react(Reacted(actor=actor, message=root, emoji=emoji, meaning=MEANINGS[emoji], at=WHEN))
    left = "Open for 52 more minutes, and 481 more uses."
    page = screen.page(now=local_time(WHEN + timedelta(hours=3), zone), word="blog", entries=41, left=left)
    icon = "data:image/svg+xml," + quote((static("icon-white.svg") or b"").decode())
    style = (static("chat.css") or b"").decode().replace("icon-white.svg", icon)
    script = (static("chat.js") or b"").decode()
    quiet = "window.EventSource = class { addEventListener() {} }"  # there is no server to hear from
    show = (
        'document.body.style.height = "900px"; document.querySelector(".talk").click(); '
        'document.querySelectorAll(".messages").forEach((each) => each.scrollTo(0, each.scrollHeight)); document.title = 900'
    )
    return (
        page.replace(
            '<link rel="stylesheet" href="../static/chat.css">',
            f"<style>{style} * {{ scroll-behavior: auto !important }}</style>",
        )
        .replace('<script src="../static/chat.js" defer></script>', "")
        .replace("</body>", f"<script>{quiet}</script><script>{script}</script><script>{show}</script></body>")
    )


def slack() -> tuple[str, Sequence[str]]:
    """The post of the digest, and what Dogear says in its thread."""
    card, _, replies = cards()
    return _blocks(card), [_blocks(one) for one in (*replies, *together())]


def together() -> tuple[Card, Card]:
    """What the thread has once members are in, and the day before the next digest."""
    kept = Takeaway(
        id=TakeawayId(1),
        team=TeamId(1),
        entry=EntryId(NUMBER),
        member=MemberId(1),
        by="Ben",
        text="Deciding who merges is the design. The rest is plumbing.",
        about=None,
        at=WHEN,
    )
    week = closing(the_entry(), host="Ana", readers=3, kept=[kept], added_by="Chi", following=WHEN + timedelta(days=7))
    return gathered(QUESTION, ["Ana", "Ben", "Chi"], ()), week


def _blocks(card: Card) -> str:
    return "".join(map(_block, slack_message(card, personal=False).blocks))


def _block(block: dict[str, Any]) -> str:
    if block["type"] == "actions":
        return _buttons((one["text"]["text"], one.get("style") == "primary") for one in block["elements"])
    if block["type"] == "context":
        return f"<p class=small>{html.escape(block['elements'][0]['text'])}</p>"
    return "".join(_rich(element) for element in block.get("elements", ()))


def _rich(part: dict[str, Any]) -> str:
    match part["type"]:
        case "rich_text_section":
            return f"<p>{_inline(part)}</p>"
        case "rich_text_list":
            tag = "ol" if part["style"] == "ordered" else "ul"
            items = "".join(f"<li>{_inline(item)}</li>" for item in part["elements"])
            first, indent = part.get("offset", 0) + 1, part.get("indent", 0) * 24
            return f'<{tag} start="{first}" style="margin-left:{indent}px">{items}</{tag}>'
        case "rich_text_preformatted":
            return f"<pre>{_inline(part)}</pre>"
    return f"<blockquote>{_inline(part)}</blockquote>"


def _inline(part: dict[str, Any]) -> str:
    return "".join(_span(element) for element in part["elements"])


def _span(element: dict[str, Any]) -> str:
    text = html.escape(element.get("text") or element.get("url") or element.get("fallback") or "")
    for style, tag in (("bold", "b"), ("italic", "i"), ("strike", "s"), ("code", "code")):
        text = f"<{tag}>{text}</{tag}>" if element.get("style", {}).get(style) else text
    return f"<a>{text}</a>" if element["type"] == "link" else text


async def discord() -> tuple[str, Sequence[str]]:
    card, _, replies = cards()
    return _box(card), [_box(one) for one in (*replies, *together())]


def _box(card: Card) -> str:
    (box,) = discord_message(card, key="key", word="blog").to_components()
    return f'<div class="box">{"".join(_components(box["components"]))}</div>'


def _components(components: Iterable[Any]) -> Iterator[str]:
    for component in components:
        if "content" in component:
            yield "".join(_markdown(line) for line in component["content"].split("\n"))
        elif "components" in component:
            yield _buttons((button["label"], button["style"] == PRIMARY) for button in component["components"])


def _markdown(line: str) -> str:
    text = html.escape(line.removeprefix("### ").removeprefix("-# "), quote=False)
    text = re.sub(r"\[((?:\\.|[^\]])*)\]\(&lt;.*?&gt;\)", r"<a>\1</a>", text)
    text = re.sub(r"(?<!\\)\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"(?<!\\)\*(.+?)\*", r"<i>\1</i>", text)
    text = re.sub(r"\\([^\w\s])", r"\1", text)
    text = re.sub(r"&lt;t:(\d+):\w&gt;", lambda at: f"{datetime.fromtimestamp(int(at[1]), UTC):%A %d %B, %H:%M}", text)
    if line.startswith("### "):
        return f"<h3>{text}</h3>"
    return f"<p class=small>{text}</p>" if line.startswith("-# ") else f"<p>{text}</p>"


def _buttons(shown: Iterable[tuple[str, bool]]) -> str:
    """Each with its label and whether it is the one to press first."""
    spans = (f'<span class="{"first" if first else ""}">{html.escape(label)}</span>' for label, first in shown)
    return f'<div class="buttons">{"".join(spans)}</div>'


def _page(look: str, post: str, thread: Sequence[str]) -> str:
    """A window of the platform: its channels, the channel with the digest, and the thread."""
    _, title, _ = cards()
    channels = "".join(f'<span class="{"here" if name == "reading" else ""}"># {name}</span>' for name in CHANNELS)
    marks = '<div class="marks"><span>✅ 3</span><span>🔖 2</span><span>💡 1</span><span>🎤 1</span></div>'
    replies = f'<div class="replies">{"".join(map(_face, PEOPLE))} <a>{len(TALK)} replies</a> <small>Last reply on Sunday</small></div>'
    channel = _said(*BEFORE) + _said("Dogear", "09:00", f"{post}{marks}{replies}")
    channel += "".join(_said(*one) for one in AFTER)
    ours = iter(thread)
    talk = "".join(_said(who, at, what or next(ours)) for who, at, what in TALK)
    return (
        f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body class="{look}"><div class="app">'
        f"<nav><b>Paper Boats</b>{channels}<small>Apps</small><span>Dogear</span></nav>"
        f"<main><header># reading<small>One article a week, and we talk</small></header>{channel}</main>"
        f"<aside><header>Thread<small>{html.escape(title)}</small></header>{talk}</aside></div>"
        "<script>document.title = document.body.offsetHeight</script>"
    )


def _said(who: str, at: str, what: str) -> str:
    app = "<i>APP</i>" if who == "Dogear" else ""
    said = what if what.startswith("<") else f"<p>{html.escape(what)}</p>"
    return f'<div class="post">{_face(who)}<div><div class="who"><b>{who}</b>{app}<small>{at}</small></div>{said}</div></div>'


def _face(who: str) -> str:
    if who == "Dogear":  # a page with a folded corner
        inner = '<rect width="36" height="36" fill="#00897b"/><path d="M10 7h11l6 6v16H10z" fill="#fff"/><path d="M21 7v6h6z" fill="#b2dfdb"/>'
    else:
        skin, hair = PEOPLE[who]
        inner = (
            f'<rect width="36" height="36" fill="{skin}" opacity=".45"/><path d="M4 36c1-10 27-10 28 0z" fill="{hair}" opacity=".7"/>'
            f'<circle cx="18" cy="16" r="9" fill="{skin}"/><path d="M9 15c0-13 18-13 18 0-4-5-14-5-18 0z" fill="{hair}"/>'
            '<circle cx="15" cy="16" r="1.2"/><circle cx="21" cy="16" r="1.2"/>'
        )
    return f'<svg class="face" viewBox="0 0 36 36">{inner}</svg>'


def photographed(page: str, picture: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "page.html")
        source.write_text(page, encoding="utf-8")
        told = _chromium(folder, "--dump-dom", f"--window-size={WIDTH},600", source.as_uri())
        height = re.search(r"<title>(\d+)</title>", told)
        size = f"--window-size={WIDTH},{height[1] if height else 600}"
        _chromium(folder, size, f"--screenshot={picture}", source.as_uri())


def _chromium(folder: str, *arguments: str) -> str:
    chromium = shutil.which("chromium") or sys.exit("chromium is not here: on Debian, apt-get install chromium")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        f"--disable-component-update --disable-sync --hide-scrollbars --user-data-dir={folder}/profile"
    )
    command = [chromium, *flags.split(), *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=120, text=True).stdout  # noqa: S603 -- our own page


def hashes(drawn: Mapping[str, str]) -> str:
    """A line for each picture: the hash of the page that it is a photograph of."""
    return "".join(f"{hashlib.sha256(page.encode()).hexdigest()}  {name}\n" for name, page in drawn.items())


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    drawn = pages()
    for name, page in drawn.items():
        photographed(page, PICTURES / name)
    (PICTURES / HASHES).write_text(hashes(drawn), encoding="utf-8")


if __name__ == "__main__":
    main()
