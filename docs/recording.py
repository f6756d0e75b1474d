"""Films the week that `dogear demo` plays on a terminal, as an SVG that moves by itself and needs no script.

`make pictures` runs it. All lines are drawn once, one below the other, behind a window that is as high as a terminal:
one animation moves them up, step by step, as the club prints them. The clock of the film begins on a fixed Monday, so
that it is the same bytes whenever it is made.
"""

import asyncio
import html
import io
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME as THEME
from rich.text import Text

from adapters.terminal.screen import Shown, Step, Surroundings
from adapters.terminal.transcript import Tour
from bot.domain.team import Role
from bot.runtime.chat import SAMPLE, WEEK, Seat, talk
from bot.runtime.settings import load

PICTURE = Path(__file__).parent / "pictures" / "week.svg"
COLUMNS, ROWS = 84, 30
CELL, LINE, EDGE = 8.4, 18, 14
"""Pixels: a character's width, a line's height, and the space around all of them."""
BEGINS = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
SECONDS_TO_READ, SECONDS_A_LINE, SECONDS_AT_THE_END = 1.4, 0.22, 8.0


class Film(Tour):
    """Keeps what is printed after each step, as lines as wide as the window."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__(steps, io.StringIO(), COLUMNS)
        self._console = Console(file=io.StringIO(), width=COLUMNS, force_terminal=True, color_system="truecolor")
        self.lines_so_far: list[Text] = []
        self.pauses: list[int] = []
        self._hidden = False

    def say(self, *lines: Text) -> None:
        for line in lines:
            self.lines_so_far += line.wrap(self._console, COLUMNS) or [Text()]

    def show(self, shown: Shown) -> None:
        if not (self._hidden and shown.answer):
            super().show(shown)

    async def lines(self, around: Surroundings) -> AsyncIterator[str]:
        for step in self._steps:
            if step.says:
                self.narrate(step.says)
                self.pauses.append(len(self.lines_so_far))
            self._hidden = step.hidden
            if not step.hidden and not step.line.startswith("say "):
                self.echo(around, step.line)
                self.pauses.append(len(self.lines_so_far))
            yield step.line
            self.pauses.append(len(self.lines_so_far))


async def filmed() -> Film:
    film = Film([step for step in WEEK if not step.always])
    with tempfile.TemporaryDirectory() as folder:
        settings = load(database=f"sqlite:///{folder}/film.db")
        seat = Seat(lists=[Path(str(SAMPLE))])
        await talk(
            settings,
            film,
            speaker="you",
            role=Role.ADMIN,
            seat=seat,
            log_file=Path(folder, "film.log"),
            kept="",
            begins=BEGINS,
        )
    return film


def week() -> str:
    """The film as an SVG of one animation, which begins where the digest arrives and goes round. Who asked for less motion
    sees just that.
    """
    film = asyncio.run(filmed())
    lines = film.lines_so_far
    width, height = COLUMNS * CELL + 2 * EDGE, ROWS * LINE + 2 * EDGE
    frames = list(_frames(film.pauses))
    length = frames[-1][0] + SECONDS_AT_THE_END
    steps = "".join(f"{100 * at / length:.2f}%{{transform:translateY({_up(count)}px)}}" for at, count in frames)
    shown, digest = next((at, n) for at, n in frames if any("in the thread" in line.plain for line in lines[:n]))
    drawn = "\n".join(_row(number, line) for number, line in enumerate(lines) if line.plain.strip())
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" role="img">
<title>A week of a reading club in the terminal</title>
<style>
text {{ font: 14px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: {THEME.foreground_color.hex}; white-space: pre }}
.film {{ transform: translateY({_up(digest)}px); animation: week {length:.1f}s step-end -{shown:.1f}s infinite }}
@keyframes week {{{steps}}}
@media (prefers-reduced-motion: reduce) {{ .film {{ animation: none }} }}
</style>
<rect width="100%" height="100%" rx="8" fill="{THEME.background_color.hex}"/>
<clipPath id="window"><rect x="{EDGE}" y="{EDGE}" width="{COLUMNS * CELL:g}" height="{ROWS * LINE}"/></clipPath>
<g clip-path="url(#window)"><g class="film">
{drawn}
</g></g>
</svg>
"""


def _frames(pauses: Sequence[int]) -> Iterator[tuple[float, int]]:
    """When how many lines have been printed, in seconds from the start."""
    at, before = 0.0, 0
    for count in pauses:
        if count > before:
            yield at, count
            at += SECONDS_TO_READ + SECONDS_A_LINE * (count - before)
            before = count


def _up(count: int) -> int:
    """How far the lines are moved, so that the last of so many is at the foot of the window."""
    return (ROWS - count) * LINE


def _row(number: int, line: Text) -> str:
    console = Console(width=COLUMNS, color_system="truecolor", force_terminal=True, file=io.StringIO())
    at, spans = 0, []
    for segment in line.render(console):
        words = segment.text.rstrip("\n")
        if words.strip():
            cells = cell_len(words)
            x, fits = EDGE + at * CELL, f'textLength="{cells * CELL:g}"'
            spans.append(f'<tspan x="{x:g}" {fits}{_look(segment.style)}>{html.escape(words)}</tspan>')
        at += cell_len(words)
    return f'<text y="{EDGE + number * LINE + 13}">{"".join(spans)}</text>'


def _look(style: Style | None) -> str:
    if style is None:
        return ""
    colour = style.color.get_truecolor(THEME).hex if style.color and not style.color.is_default else ""
    shown = f' fill="{colour}"' if colour else ""
    shown += ' font-weight="bold"' if style.bold else ""
    shown += ' font-style="italic"' if style.italic else ""
    return shown + (' opacity=".65"' if style.dim else "")


if __name__ == "__main__":
    PICTURE.write_text(week(), encoding="utf-8")
