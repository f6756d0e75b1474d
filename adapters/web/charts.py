"""Bars of a chart, as the template draws them in SVG."""

from collections.abc import Sequence

from bot.domain.record import record

HEIGHT, WIDTH, GAP, ABOVE = 110, 24, 4, 18
"""Of the highest bar, of each bar with the gap after it, and of the place for its number."""
LABELLED = 4
"""Every fourth bar has its label."""


@record
class Bar:
    label: str
    value: int
    x: int
    y: int
    width: int
    height: int
    labelled: bool


@record
class Chart:
    """A chart with its title, and what it shows in words."""

    title: str
    said: str
    bars: tuple[Bar, ...]

    @property
    def width(self) -> int:
        return (len(self.bars) + 1) * WIDTH  # a label may be wider than its bar


def chart(title: str, values: Sequence[tuple[str, int]], said: str) -> Chart:
    """A bar for each label and value, from left to right."""
    highest = max((value for _, value in values), default=0) or 1
    heights = [round(value / highest * HEIGHT) for _, value in values]
    bars = tuple(
        Bar(
            label=label,
            value=value,
            x=place * WIDTH,
            y=HEIGHT + ABOVE - height,
            width=WIDTH - GAP,
            height=height,
            labelled=place % LABELLED == 0,
        )
        for place, ((label, value), height) in enumerate(zip(values, heights, strict=True))
    )
    return Chart(title=title, said=said, bars=bars)
