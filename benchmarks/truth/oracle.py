"""The bound: what layers can reach that are known completely, also where something hides them.

The true sheets (what stands in front, the subject, what lies behind; each rendered as if alone) are blurred one by
one and laid over each other. No photo holds that much. Still it is no strict bound: a layer that is blurred as a
whole cannot cut a single light's disc where a twig hides part of the lens from it, and the truth does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pictures import Picture

from rebokeh.bokeh.composite import Over, nothing
from rebokeh.bokeh.fill import fill, widest_gap_px
from rebokeh.bokeh.lens import ThinLens, mount
from rebokeh.bokeh.lights import find_lights
from rebokeh.bokeh.optics import Optics
from rebokeh.bokeh.outline import MOST_ROWS, Outlines
from rebokeh.bokeh.plan import Step, plan
from rebokeh.bokeh.sheets import Remaining, Sheet, peel
from rebokeh.bokeh.spread import Spread, spread
from rebokeh.bokeh.sprites import Silhouette, draw_lights
from rebokeh.bokeh.tiles import Tile

FloatArray = NDArray[np.float32]

NO_DEPTH_M = 1000.0
"""Depth from which on a pixel's middle ray met nothing."""


@dataclass(eq=False)
class Canvas:
    """The picture as it is composed, near to far, in one piece and at its own size.

    Attributes
    ----------
    size : (int, int)
        (H, W).
    lens : ThinLens
    outlines : Outlines
        What the lens makes of a point of light.
    over : Over
    """

    size: tuple[int, int]
    lens: ThinLens
    outlines: Outlines
    over: Over = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing in the way."""
        self.over = Over(nothing(self.size))

    @property
    def tile(self) -> Tile:
        """The whole picture."""
        whole = (slice(0, self.size[0]), slice(0, self.size[1]))
        return Tile(whole, whole, 0)

    def add(self, sheet: Sheet) -> None:
        """Lay a sheet behind all that is there."""
        drawn = self.spread(sheet, self.over.clear)
        if drawn is not None:
            self.over.add(drawn)

    def spread(self, sheet: Sheet, clear: FloatArray) -> Spread | None:
        """Blur a sheet, of which (H, W) gets through."""
        return spread(sheet, self.lens, self.outlines, 0, (0, 0), clear, self.tile.inner)


def oracle(picture: Picture) -> FloatArray | None:
    """Render from the true sheets.

    Parameters
    ----------
    picture : Picture

    Returns
    -------
    float32 (H, W, 3), or None
        Scene-linear; None when the set has no sheets.
    """
    channels = picture.sheets()
    if channels is None:
        return None
    assert picture.lens.focus_m is not None
    size = picture.metres.shape
    lens = mount(picture.lens, size, None, picture.lens.focus_m)
    optics = Optics(picture.lens, size, math.hypot(*size))
    canvas = Canvas(size, lens, Outlines(optics, MOST_ROWS))
    front, subject = _sheet(channels, "front"), _sheet(channels, "subject")
    if front is not None:
        canvas.add(front)

    stored = channels["back.Z"] > 0.0
    rgb = np.where(stored[..., None], channels["back.RGB"], picture.rgb)
    dioptres = (1.0 / np.where(stored, channels["back.Z"], picture.metres)).astype(np.float32)
    lights = find_lights(rgb, dioptres, None)
    dark = np.array(rgb)
    if lights is not None:
        dark[lights.mask] = np.minimum(rgb[lights.mask], lights.base)

    rest = Remaining.of(np.dstack([dark, dioptres]), None, widest_gap_px(dioptres.shape))
    nearest, silhouettes = np.inf, []
    before = behind = np.array(canvas.over.clear)  # what lights before and behind the subject must get through

    def lay(sheets: Iterator[tuple[Step, Sheet]]) -> None:
        for step, sheet in sheets:
            canvas.add(sheet)
            silhouettes.append(Silhouette.of(sheet, 0, step.number, canvas.tile, canvas.lens))

    if subject is not None:
        # A table belongs to the back, and yet it begins before what stands on it.
        nearest = float(np.percentile(subject.dioptres[subject.coverage > 0.5], 90.0))
        if float(dioptres.max()) > nearest:
            lay(_slices(rest, nearest, lens, False))
        canvas.add(subject)
        alone = canvas.spread(subject, np.ones_like(before))
        if alone is not None:
            behind = np.array(before)
            behind[alone.box] *= 1.0 - alone.light[..., 3]
    lay(_slices(rest, float(rest.rgbd[..., 3].min()), lens, True))
    light = np.array(canvas.over.light[..., :3])
    if lights is not None:
        ys, xs = np.nonzero(lights.mask)
        place = np.stack([xs, ys], axis=1).astype(np.float64)
        energy = np.maximum(rgb[lights.mask] - lights.base, 0.0)
        for some, through in ((lights.dioptres > nearest, before), (lights.dioptres <= nearest, behind)):
            if some.any():
                drawn, pieces = np.zeros_like(light), [piece for piece in silhouettes if piece is not None]
                draw_lights(place[some], energy[some], lights.dioptres[some], pieces, lens, optics, drawn)
                light += through[..., None] * drawn
    return light


def _slices(rest: Remaining, far: float, lens: ThinLens, to_the_end: bool) -> Iterator[tuple[Step, Sheet]]:
    """Take off, slice by slice, what is nearer than `far`; to the end, all that is left with the last."""
    cuts = plan(far, float(rest.rgbd[..., 3].max()), None, lens, 0)
    last = len(cuts) - 1 if to_the_end else -1
    return peel(rest, [Step(cut, number, True, number == last) for number, cut in enumerate(cuts)], None, lens)


def _sheet(channels: dict[str, FloatArray], name: str) -> Sheet | None:
    """Make one sheet of stored channels, its colour and depth continued beyond its outline; None if it is empty."""
    coverage, metres = channels[f"{name}.A"], channels[f"{name}.Z"]
    there = coverage > 0.0
    has_depth = there & (metres > 0.0) & (metres < NO_DEPTH_M)
    if not has_depth.any():
        return None
    colour = channels[f"{name}.RGB"] / np.maximum(coverage, 1e-6)[..., None]
    rgb = fill(colour.astype(np.float32), there)
    dioptres = fill((1.0 / np.where(has_depth, metres, 1.0)).astype(np.float32)[..., None], has_depth)[..., 0]
    whole = (slice(0, coverage.shape[0]), slice(0, coverage.shape[1]))
    return Sheet(whole, rgb, coverage, dioptres, np.ones_like(coverage))
