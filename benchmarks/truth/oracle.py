"""The bound: what layers can reach that are known completely, also where something hides them.

The true sheets (what stands in front, the subject, what lies behind; each rendered as if alone) are blurred one by
one and laid over each other. No photo holds that much. Still it is no strict bound: a layer that is blurred as a
whole cannot cut a single light's disc where a twig hides part of the lens from it, and the truth does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pictures import Picture

from rebokeh.bokeh.aperture import Aperture
from rebokeh.bokeh.fill import fill
from rebokeh.bokeh.highlights import find_lights
from rebokeh.bokeh.lens import ThinLens, mount
from rebokeh.bokeh.sheets import Remaining, Sheet, slice_thresholds, take_nearer
from rebokeh.bokeh.spread import spread
from rebokeh.bokeh.sprites import Silhouette, draw_lights

FloatArray = NDArray[np.float32]

NO_DEPTH_M = 1000.0
"""Depth from which on a pixel's middle ray met nothing."""


@dataclass(eq=False)
class Canvas:
    """The picture as it is composed, near to far.

    Attributes
    ----------
    lens : ThinLens
    aperture : Aperture
    light : float32 (H, W, 3)
    clear : float32 (H, W)
        What the sheets so far let through.
    """

    lens: ThinLens
    aperture: Aperture
    light: FloatArray
    clear: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing in the way."""
        self.clear = np.ones(self.light.shape[:2], np.float32)

    def add(self, sheet: Sheet) -> None:
        """Lay a sheet behind all that is there."""
        drawn = spread(sheet, self.lens, self.aperture, self.clear)
        if drawn is not None:
            self.light[drawn.box] += self.clear[drawn.box][..., None] * drawn.light
            self.clear[drawn.box] *= 1.0 - drawn.coverage


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
    lens = mount(picture.lens, picture.metres.shape, None, picture.lens.focus_m)
    canvas = Canvas(lens, picture.lens.aperture, np.zeros_like(picture.rgb))
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

    rest = Remaining(np.dstack([dark, dioptres]), None, np.ones_like(dioptres), np.ones(dioptres.shape, bool))
    nearest, silhouettes = np.inf, []
    before = behind = np.array(canvas.clear)  # what lights before and behind the subject must get through
    if subject is not None:
        # A table belongs to the back, and yet it begins before what stands on it.
        nearest = float(np.percentile(subject.dioptres[subject.coverage > 0.5], 90.0))
        for sheet in _slices(rest, nearest, lens):
            canvas.add(sheet)
            silhouettes.append(Silhouette.of(sheet))
        canvas.add(subject)
        alone = spread(subject, lens, canvas.aperture, np.ones_like(before))
        if alone is not None:
            behind = np.array(before)
            behind[alone.box] *= 1.0 - alone.coverage
    for sheet in (*_slices(rest, float(rest.rgbd[..., 3].min()), lens), _last(rest)):
        canvas.add(sheet)
        silhouettes.append(Silhouette.of(sheet))
    if lights is not None:
        ys, xs = np.nonzero(lights.mask)
        place = np.stack([xs, ys], axis=1).astype(np.float64)
        energy = np.maximum(rgb[lights.mask] - lights.base, 0.0)
        for some, through in ((lights.dioptres > nearest, before), (lights.dioptres <= nearest, behind)):
            if some.any():
                canvas.light += through[..., None] * draw_lights(
                    place[some], energy[some], lights.dioptres[some], silhouettes, lens, canvas.aperture, before.shape
                )
    return canvas.light


def _slices(rest: Remaining, far: float, lens: ThinLens) -> Iterator[Sheet]:
    """Take off, slice by slice, what is nearer than `far`."""
    lowest, highest = float(rest.rgbd[..., 3].min()), float(rest.rgbd[..., 3].max())
    for threshold in slice_thresholds(far, highest, lens):
        sheet = take_nearer(rest, threshold, lens) if threshold > lowest else None
        if sheet is not None:
            yield sheet


def _last(rest: Remaining) -> Sheet:
    """Take what is left; it covers the whole picture."""
    whole = (slice(0, rest.weight.shape[0]), slice(0, rest.weight.shape[1]))
    return Sheet(whole, rest.rgbd[..., :3], np.ones_like(rest.weight), rest.rgbd[..., 3], rest.weight)


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
