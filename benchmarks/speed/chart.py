"""A log-log chart as SVG, readable on light and on dark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import cycle
from xml.sax.saxutils import escape

Line = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 744, 400
LEFT, RIGHT, TOP, BOTTOM = 62, 234, 40, 50
LABEL_PX = 15
"""Least distance between two labels at the ends of the lines."""

# Told apart by the colour blind too (Okabe and Ito), and seen on white and on black.
COLOURS = ("#d55e00", "#e69f00", "#cc79a7", "#0072b2", "#56b4e9", "#009e73", "#8c8c2a", "#888888", "#7b4ea3")

STYLE = """
text{font:13px system-ui,sans-serif;fill:#24292f}
.t{font-weight:600;font-size:14px}
.g{stroke:#24292f;stroke-opacity:.15}
.l{fill:none;stroke-width:1.8}
.m{fill:none;stroke-width:3.4}
@media(prefers-color-scheme:dark){text{fill:#d6dce2}.g{stroke:#d6dce2}}
"""


def chart(title: str, across: str, lines: Mapping[str, Line], main: str, notes: Mapping[str, str]) -> str:
    """Draw lines of (x, seconds) on logarithmic axes.

    Parameters
    ----------
    title, across : str
        The chart's, and the horizontal axis's.
    lines : mapping of str to sequence of (float, float)
        All above 0.
    main : str
        The line that is drawn thick.
    notes : mapping of str to str
        Said behind a line's name.

    Returns
    -------
    str
        An SVG document.
    """
    xs = sorted({x for line in lines.values() for x, _ in line})
    ys = [y for line in lines.values() for _, y in line]
    low, high = 10 ** math.floor(math.log10(min(ys))), 10 ** math.ceil(math.log10(max(ys)))
    span_x = math.log(xs[-1] / xs[0]) or 1.0
    span_y = math.log(high / low) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        px = LEFT + math.log(x / xs[0]) / span_x * (WIDTH - LEFT - RIGHT)
        return round(px, 1), round(HEIGHT - BOTTOM - math.log(y / low) / span_y * (HEIGHT - TOP - BOTTOM), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<text class="t" x="{LEFT}" y="22">{escape(title)}</text>',
    ]
    for x in xs:
        px, bottom = at(x, low)
        parts.append(f'<path class="g" d="M{px} {bottom}V{TOP}"/>')
        parts.append(f'<text x="{px}" y="{bottom + 18}" text-anchor="middle">{x:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>')
    for decade in range(round(math.log10(low)), round(math.log10(high)) + 1):
        px, py = at(xs[0], 10.0**decade)
        parts.append(f'<path class="g" d="M{px} {py}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{px - 8}" y="{py + 4}" text-anchor="end">{10.0**decade:g} s</text>')
    coloured = dict(zip(lines, cycle(COLOURS), strict=False))
    for name, line in lines.items():
        points = " ".join(f"{px},{py}" for px, py in (at(x, y) for x, y in line))
        kind = "m" if name == main else "l"
        parts.append(f'<polyline class="{kind}" stroke="{coloured[name]}" points="{points}"/>')
    for name, y in _apart({name: at(*line[-1])[1] for name, line in lines.items()}).items():
        px, py = at(*lines[name][-1])
        x = WIDTH - RIGHT + 12
        parts.append(f'<path class="l" style="stroke-width:1" stroke="{coloured[name]}" d="M{px} {py}L{x - 3} {y}"/>')
        weight = ' font-weight="600"' if name == main else ""
        label = escape(f"{name} {notes.get(name, '')}".strip())
        parts.append(f'<text x="{x}" y="{y + 4:g}"{weight} style="fill:{coloured[name]}">{label}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _apart(heights: Mapping[str, float]) -> dict[str, float]:
    """Push labels apart that would cover each other; the lowest stays, and none leaves the chart at the bottom."""
    placed: dict[str, float] = {}
    limit = math.inf
    for name in sorted(heights, key=lambda n: -heights[n]):
        limit = min(heights[name], limit - LABEL_PX)
        placed[name] = round(limit, 1)
    return placed
