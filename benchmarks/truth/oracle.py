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
from support.pictures import Picture

from rebokeh.bokeh.image.inpaint import inpaint
from rebokeh.bokeh.image.tiles import Tile
from rebokeh.bokeh.optics.lens import ThinLens, mount
from rebokeh.bokeh.optics.outlines import MOST_ROWS
from rebokeh.bokeh.optics.psf_tables import PsfTables
from rebokeh.bokeh.optics.ray_model import RayModel
from rebokeh.bokeh.render.layer_stack import nothing
from rebokeh.bokeh.render.light_cells import PointLights
from rebokeh.bokeh.render.light_sprites import draw_lights
from rebokeh.bokeh.render.occluders import Occluder
from rebokeh.bokeh.scene.fragments import Fragments
from rebokeh.bokeh.scene.layered import LayeredScene
from rebokeh.bokeh.scene.light_energy import SceneLight
from rebokeh.bokeh.scene.lights import find_lights
from rebokeh.bokeh.scene.slices import DepthSlice, plan_slices
from rebokeh.kernels.composite import add

FloatArray = NDArray[np.float32]

NO_DEPTH_M = 1000.0
"""Depth from which on a pixel's middle ray met nothing."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """One surface in the whole frame.

    Attributes
    ----------
    rgb : float32 (H, W, 3)
        Not premultiplied.
    coverage : float32 (H, W)
        What a pixel shows of it.
    whole : float32 (H, W)
        What that is a share of: of this and all behind it; 0 where a nearer one has taken all.
    dioptres : float32 (H, W)
        Also where it does not cover: there it goes on.
    """

    rgb: FloatArray
    coverage: FloatArray
    whole: FloatArray
    dioptres: FloatArray


@dataclass(eq=False)
class Canvas:
    """The picture as it is composed, near to far, in one piece and at its own size.

    Attributes
    ----------
    size : (int, int)
        (H, W).
    lens : ThinLens
    psf_tables : PsfTables
        What the lens makes of a point of light.
    light : float32 (H, W, 4)
        Colour that arrives so far, and the share of light that gets through from behind.
    """

    size: tuple[int, int]
    lens: ThinLens
    psf_tables: PsfTables
    light: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing in the way."""
        self.light = nothing(self.size)

    def add(self, sheet: Sheet) -> None:
        """Lay a sheet behind all that is there."""
        add(self.light, self.scatter(sheet), 0, 0)

    def scatter(self, sheet: Sheet) -> FloatArray:
        """Blur a sheet: premultiplied colour and coverage, float32 (H, W, 4)."""
        values = np.dstack([sheet.rgb * sheet.coverage[..., None], sheet.coverage, sheet.whole]).astype(np.float32)
        radius = self.lens.radius_px(sheet.dioptres)
        # Where it only goes on it is blurred no more than where it is seen.
        largest = np.abs(radius[sheet.coverage > 0.0]).max(initial=0.0)
        radius = np.clip(radius, -largest, largest).astype(np.float32)
        whole = slice(0, self.size[0]), slice(0, self.size[1])
        return self.psf_tables.scatter(values, radius, sheet.whole > 0.0, (0, 0), whole)


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
    ray_model = RayModel(picture.lens, size, math.hypot(*size))
    canvas = Canvas(size, lens, PsfTables(ray_model, MOST_ROWS))
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

    nearest, occluders = np.inf, []
    before = behind = np.array(canvas.light[..., 3])  # what lights before and behind the subject must get through
    if subject is not None:
        # A table belongs to the back, and yet it begins before what stands on it.
        nearest = float(np.percentile(subject.dioptres[subject.coverage > 0.5], 90.0))
    scene = LayeredScene.of(SceneLight(dark, dioptres, None, None, None, False), dense=True)
    far, near = scene.depth_range
    slices = plan_slices(nearest, near, None, lens, 0) if nearest < near else []
    split = len(slices)
    slices += plan_slices(far, min(near, max(nearest, far)), None, lens, 0)
    everywhere = slice(0, size[0]), slice(0, size[1])
    pixels = scene.window(0, everywhere)
    for number, sheet in enumerate(_sheets(pixels, slices)):
        if number == split and subject is not None:
            canvas.add(subject)
            behind = before * (1.0 - canvas.scatter(subject)[..., 3])
        if sheet.coverage.any():
            canvas.add(sheet)
            tile = Tile(everywhere, everywhere, 0)
            no_back = np.full(size, -np.inf, np.float32)
            occluders.append(Occluder(lens, 0, number, tile, sheet.coverage, sheet.whole, sheet.dioptres, no_back))
    light = np.array(canvas.light[..., :3])
    if lights is not None:
        ys, xs = np.nonzero(lights.mask)
        place = np.stack([xs, ys], axis=1).astype(np.float64)
        energy = np.maximum(rgb[lights.mask] - lights.base, 0.0)
        for some, through in ((lights.dioptres > nearest, before), (lights.dioptres <= nearest, behind)):
            if some.any():
                drawn = np.zeros_like(light)
                draw_lights(
                    PointLights(place[some], energy[some], lights.dioptres[some]), occluders, lens, ray_model, drawn
                )
                light += through[..., None] * drawn
    return light


def _sheets(pixels: Fragments, slices: list[DepthSlice]) -> Iterator[Sheet]:
    """Cut the fragments of a picture of one class into sheets, near to far."""
    ends = -np.array([one.far for one in slices[:-1]])
    first = np.searchsorted(ends, -pixels.front[..., 3].astype(np.float64))
    known = pixels.weight > 0.0
    depth_behind = np.where(known, pixels.back[..., 3], 0.0).astype(np.float64)
    behind = np.where(known, np.searchsorted(ends, -depth_behind), -1)
    for number, one in enumerate(slices):
        both = (first == number) & (behind == number)
        hidden = (first < number) & (behind == number)
        coverage = np.where(first == number, np.where(both, 1.0, pixels.alpha), np.where(hidden, pixels.weight, 0.0))
        still = np.where(first >= number, 1.0, np.where(hidden, pixels.weight, 0.0))
        whole = np.where((first < number) & (behind > number), 1.0 - pixels.alpha, still)
        surface = np.where(hidden[..., None], pixels.back, pixels.front)
        share = pixels.alpha[both, None]
        surface[both] = share * pixels.front[both] + (1.0 - share) * pixels.back[both]
        dioptres = np.clip(surface[..., 3], one.far, one.near).astype(np.float32)
        yield Sheet(surface[..., :3], coverage.astype(np.float32), whole.astype(np.float32), dioptres)


def _sheet(channels: dict[str, FloatArray], name: str) -> Sheet | None:
    """Make one sheet of stored channels, its colour and depth continued beyond its outline; None if it is empty."""
    coverage, metres = channels[f"{name}.A"], channels[f"{name}.Z"]
    there = coverage > 0.0
    has_depth = there & (metres > 0.0) & (metres < NO_DEPTH_M)
    if not has_depth.any():
        return None
    colour = channels[f"{name}.RGB"] / np.maximum(coverage, 1e-6)[..., None]
    rgb = inpaint(colour.astype(np.float32), there)
    dioptres = inpaint((1.0 / np.where(has_depth, metres, 1.0)).astype(np.float32)[..., None], has_depth)[..., 0]
    return Sheet(rgb, coverage, np.ones_like(coverage), dioptres)
