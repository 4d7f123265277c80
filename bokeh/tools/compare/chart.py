"""Plots as inline SVG, readable on light and on dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 44
TICKS = 5


@dataclass(frozen=True)
class Line:
    """One line of a plot.

    Attributes
    ----------
    name : str
    colour : str
        CSS.
    points : sequence of (float, float)
    marked : bool
        Whether each point is marked; else the line alone is drawn, dashed.
    """

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    marked: bool = True


@dataclass(frozen=True)
class Axis:
    """What an axis says, and from where to where it goes; `is_log` for distances."""

    title: str
    low: float
    high: float
    is_log: bool = False

    def share(self, value: float) -> float:
        """Place of a value along the axis, 0..1 and no farther."""
        value = min(max(value, self.low), self.high)
        if self.is_log:
            return math.log(value / self.low) / (math.log(self.high / self.low) or 1.0)
        return (value - self.low) / ((self.high - self.low) or 1.0)

    @property
    def ticks(self) -> list[float]:
        """Round values to write on it."""
        if self.is_log:
            steps = [m * 10.0**e for e in range(-3, 5) for m in (1, 2, 5)]
            return [s for s in steps if self.low <= s <= self.high]
        rough = (self.high - self.low) / TICKS or 1.0
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= rough)
        return [step * k for k in range(math.ceil(self.low / step), int(self.high / step + 1e-9) + 1)]


def chart(title: str, across: Axis, up: Axis, lines: Sequence[Line]) -> str:
    """Draw lines with a legend below.

    Parameters
    ----------
    title : str
        For those who cannot see it.
    across, up : Axis
    lines : sequence of Line

    Returns
    -------
    str
        HTML: an SVG and its legend.
    """

    def at(x: float, y: float) -> tuple[float, float]:
        px = LEFT + across.share(x) * (WIDTH - LEFT - RIGHT)
        return round(px, 1), round(HEIGHT - BOTTOM - up.share(y) * (HEIGHT - TOP - BOTTOM), 1)

    elements = [f"<svg class='chart' viewBox='0 0 {WIDTH} {HEIGHT}' role='img'><title>{escape(title)}</title>"]
    for x in across.ticks:
        px, bottom = at(x, up.low)
        elements.append(f"<path class='grid' d='M{px} {bottom}V{TOP}'/>")
        elements.append(f"<text x='{px}' y='{bottom + 17}' text-anchor='middle'>{x:g}</text>")
    for y in up.ticks:
        left, py = at(across.low, y)
        elements.append(f"<path class='grid' d='M{left} {py}H{WIDTH - RIGHT}'/>")
        elements.append(f"<text x='{left - 7}' y='{py + 4}' text-anchor='end'>{y:g}</text>")
    middle = (LEFT + WIDTH - RIGHT) / 2
    elements.append(f"<text x='{middle}' y='{HEIGHT - 8}' text-anchor='middle'>{escape(across.title)}</text>")
    half = (HEIGHT - BOTTOM + TOP) / 2
    elements.append(
        f"<text transform='translate(13 {half}) rotate(-90)' text-anchor='middle'>{escape(up.title)}</text>"
    )
    for line in lines:
        places = [at(x, y) for x, y in line.points]
        dashes = "" if line.marked else " stroke-dasharray='6 5'"
        joined = " ".join(f"{px},{py}" for px, py in places)
        elements.append(f"<polyline fill='none' stroke='{line.colour}' stroke-width='2'{dashes} points='{joined}'/>")
        if line.marked:
            elements += [f"<circle cx='{px}' cy='{py}' r='3.2' fill='{line.colour}'/>" for px, py in places]
    keys = [
        f"<span><i{'' if line.marked else ' class=dashed'} style='background:{line.colour}'></i>"
        f"{escape(line.name)}</span>"
        for line in lines
    ]
    return "".join([*elements, "</svg>", f"<p class='keys'>{''.join(keys)}</p>"])
