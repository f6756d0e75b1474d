"""Draws one digest of the bundled list as each platform shows it, from what the adapters themselves render.

`make pictures` runs it. The terminal's is an SVG of its own styled lines. Slack's and Discord's are our drawing of the
very blocks and components that are sent, photographed by Chromium: how the platforms draw them is theirs. A test that
needs no Chromium holds the SVG, and the hash of each page that was photographed.
"""

import asyncio
import hashlib
import html
import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from adapters.discord.render import message as discord_message
from adapters.slack.render import message as slack_message
from adapters.terminal.layout import Button, View
from adapters.terminal.render import Paper
from adapters.terminal.render import message as terminal_message
from adapters.terminal.screen import Shown
from bot.chat.line import render
from bot.commands.catalogue import CATALOGUE
from bot.domain.card import Card
from bot.domain.digest import Digest, card_of, replies_of, thread_title
from bot.domain.entry import Entry
from bot.domain.featuring import Why
from bot.domain.ids import EntryId, EntryNumber, SourceId, TeamId
from bot.domain.notes import Notes
from bot.domain.takeaway import Counts
from store.lists.notes import tree
from store.lists.reading import read_path

QUESTION = "What would you take from this into our own work?"

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
HASHES = "pages.sha256"
NUMBER = 1
WHEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WIDTH = 720
STYLE = """
body { margin: 0; font: 15px/1.5 "DejaVu Sans", sans-serif } .post { display: flex; gap: 12px; padding: 18px; width: 684px }
.face { flex: none; width: 40px; height: 40px; border-radius: 8px; background: #00897b; color: #fff; text-align: center;
  font: 24px/40px "DejaVu Sans" } .who b { margin-right: 6px } .who small { color: #777 } p { margin: 4px 0; white-space: pre-wrap }
p.small { font-size: 13px; color: #616061 } .thread { margin-top: 12px; border-left: 3px solid #ddd; padding-left: 16px }
.thread .post { padding: 6px 0; width: auto } .thread .face { width: 28px; height: 28px; font-size: 17px; line-height: 28px }
ul, ol { margin: 0; padding-left: 24px } a { color: #1264a3; text-decoration: none } .buttons { margin-top: 10px }
.buttons span { border: 1px solid #bbb; border-radius: 6px; padding: 4px 12px; margin-right: 8px; font-weight: bold; font-size: 13px }
.seeds { margin-top: 10px } .seeds span { border: 1px solid #ccc; border-radius: 12px; padding: 2px 9px; margin-right: 6px; font-size: 13px }
.discord { background: #313338; color: #dbdee1 } .discord .face { border-radius: 50% } .discord .box { background: #2b2d31;
  border: 1px solid #3f4147; border-radius: 8px; padding: 8px 14px } .discord a { color: #00a8fc } .discord h3 { margin: 2px 0; font-size: 17px }
.discord .buttons span { background: #4e5058; border: 0; color: #fff } .discord .buttons span.first { background: #5865f2 }
.discord p.small { color: #949ba4 } .discord .thread { border-color: #4e5058 }
.discord .seeds span { border-color: #3f4147; background: #2b2d31 } .discord .who small { color: #949ba4 }
"""


def cards() -> tuple[Card, str, tuple[Card, ...]]:
    """The digest, the title of its thread, and what follows in there."""
    read = read_path(ROOT / "bot" / "sample" / "reading-list.md", "reading-list.md").entries[NUMBER - 1]
    entry = Entry(
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
    week = Digest(
        week="2026-W48",
        due_at=WHEN,
        late=False,
        entry=entry,
        why=Why.WANTED,
        reason="3 members want to read it",
        question=QUESTION,
        counts=Counts(readers=3),
        newest=(),
    )
    return card_of(week), thread_title(entry), replies_of(entry, QUESTION)


def terminal() -> str:
    card, thread, replies = cards()
    console = Console(record=True, width=84, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for shown in (_shown(card), *(_shown(reply, thread) for reply in replies)):
        for line in (*terminal_message(shown, Paper(width=84)), ""):
            console.print(line)
    picture = console.export_svg(title="#reading", unique_id="digest")
    return re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)  # they would be fetched from elsewhere


def _shown(card: Card, thread: str | None = None) -> Shown:
    buttons = tuple(
        Button(number=number, label=action.label, line=f"/blog {render(CATALOGUE, action.call)}")
        for number, action in enumerate(card.actions, 1)
    )
    view = View(zone=ZoneInfo("Europe/Berlin"), personal=False)
    return Shown(card=card, view=view, buttons=buttons, to="#reading", thread=thread)


def pages() -> Mapping[str, str]:
    """What is photographed: the page for each picture."""
    return {"slack.png": slack(), "discord.png": asyncio.run(discord())}


def slack() -> str:
    card, _, replies = cards()
    return _page("slack", _blocks(card), "In the thread", map(_blocks, replies))


def _blocks(card: Card) -> str:
    return "".join(map(_block, slack_message(card, personal=False).blocks))


def _block(block: dict[str, Any]) -> str:
    if block["type"] == "actions":
        return _buttons(element["text"]["text"] for element in block["elements"])
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
    text = html.escape(element.get("text") or element.get("url") or "")
    for style, tag in (("bold", "b"), ("italic", "i"), ("strike", "s"), ("code", "code")):
        text = f"<{tag}>{text}</{tag}>" if element.get("style", {}).get(style) else text
    return f"<a>{text}</a>" if element["type"] == "link" else text


async def discord() -> str:
    card, thread, replies = cards()
    return _page("discord", _box(card), f"In the thread “{thread}”", map(_box, replies))


def _box(card: Card) -> str:
    (box,) = discord_message(card, key="key", word="blog").to_components()
    return f'<div class="box">{"".join(_components(box["components"]))}</div>'


def _components(components: Iterable[Any]) -> Iterator[str]:
    for component in components:
        if "content" in component:
            yield "".join(_markdown(line) for line in component["content"].split("\n"))
        elif "components" in component:
            yield _buttons(button["label"] for button in component["components"])


def _markdown(line: str) -> str:
    text = html.escape(line.removeprefix("### ").removeprefix("-# "), quote=False)
    text = re.sub(r"\[((?:\\.|[^\]])*)\]\(&lt;.*?&gt;\)", r"<a>\1</a>", text)
    text = re.sub(r"(?<!\\)\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"(?<!\\)\*(.+?)\*", r"<i>\1</i>", text)
    text = re.sub(r"\\([^\w\s])", r"\1", text)
    if line.startswith("### "):
        return f"<h3>{text}</h3>"
    return f"<p class=small>{text}</p>" if line.startswith("-# ") else f"<p>{text}</p>"


def _buttons(labels: Iterable[str]) -> str:
    spans = "".join(
        f'<span class="{"" if n else "first"}">{html.escape(label)}</span>' for n, label in enumerate(labels)
    )
    return f'<div class="buttons">{spans}</div>'


def _page(platform: str, post: str, title: str, replies: Iterable[str]) -> str:
    seeds = '<div class="seeds"><span>✅ 3</span><span>🔖 2</span></div>'
    thread = f'<div class="thread"><p class=small>{html.escape(title)}</p>{"".join(map(_said, replies))}</div>'
    inner = _said(f"{post}{seeds}{thread}")
    measure = "<script>document.title = document.body.offsetHeight</script>"
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body class="{platform}">{inner}{measure}'


def _said(what: str) -> str:
    who = '<div class="who"><b>Dogear</b><small>APP 09:00</small></div>'
    return f'<div class="post"><div class="face">d</div><div>{who}{what}</div></div>'


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
    (PICTURES / "digest.svg").write_text(terminal(), encoding="utf-8")
    drawn = pages()
    for name, page in drawn.items():
        photographed(page, PICTURES / name)
    (PICTURES / HASHES).write_text(hashes(drawn), encoding="utf-8")


if __name__ == "__main__":
    main()
