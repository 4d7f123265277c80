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
from rebokeh.bokeh.render.layer_stack import LayerStack, nothing
from rebokeh.bokeh.render.light_sprites import Occluder, PointLights, draw_lights
from rebokeh.bokeh.render.scatter import ScatteredLayer, scatter_layer
from rebokeh.bokeh.scene.bridging import widest_gap_px
from rebokeh.bokeh.scene.extraction import extract_layers
from rebokeh.bokeh.scene.layers import Layer, Residual
from rebokeh.bokeh.scene.lights import find_lights
from rebokeh.bokeh.scene.slicing import ExtractionStep, plan_slices

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
    psf_tables : PsfTables
        What the lens makes of a point of light.
    over : LayerStack
    """

    size: tuple[int, int]
    lens: ThinLens
    psf_tables: PsfTables
    over: LayerStack = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing in the way."""
        self.over = LayerStack(nothing(self.size))

    @property
    def tile(self) -> Tile:
        """The whole picture."""
        whole = (slice(0, self.size[0]), slice(0, self.size[1]))
        return Tile(whole, whole, 0)

    def add(self, layer: Layer) -> None:
        """Lay a layer behind all that is there."""
        drawn = self.scatter(layer, self.over.transmittance)
        if drawn is not None:
            self.over.add(drawn)

    def scatter(self, layer: Layer, transmittance: FloatArray) -> ScatteredLayer | None:
        """Blur a layer, of which (H, W) gets through."""
        return scatter_layer(layer, self.lens, self.psf_tables, 0, self.tile, transmittance)


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

    rest = Residual.of(np.dstack([dark, dioptres]), None, widest_gap_px(dioptres.shape))
    nearest, occluders = np.inf, []
    before = behind = np.array(canvas.over.transmittance)  # what lights before and behind the subject must get through

    def lay(layers: Iterator[tuple[ExtractionStep, Layer]]) -> None:
        for step, layer in layers:
            canvas.add(layer)
            occluders.append(Occluder.of(layer, 0, step.number, canvas.tile, canvas.lens))

    if subject is not None:
        # A table belongs to the back, and yet it begins before what stands on it.
        nearest = float(np.percentile(subject.dioptres[subject.coverage > 0.5], 90.0))
        if float(dioptres.max()) > nearest:
            lay(_slices(rest, nearest, lens, False))
        canvas.add(subject)
        alone = canvas.scatter(subject, np.ones_like(before))
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
                drawn, pieces = np.zeros_like(light), [piece for piece in occluders if piece is not None]
                draw_lights(
                    PointLights(place[some], energy[some], lights.dioptres[some]), pieces, lens, ray_model, drawn
                )
                light += through[..., None] * drawn
    return light


def _slices(rest: Residual, far: float, lens: ThinLens, to_the_end: bool) -> Iterator[tuple[ExtractionStep, Layer]]:
    """Take off, slice by slice, what is nearer than `far`; to the end, all that is left with the last."""
    slices = plan_slices(far, float(rest.rgbd[..., 3].max()), None, lens, 0)
    last = len(slices) - 1 if to_the_end else -1
    return extract_layers(
        rest, [ExtractionStep(one, number, True, number == last) for number, one in enumerate(slices)], None, lens
    )


def _sheet(channels: dict[str, FloatArray], name: str) -> Layer | None:
    """Make one sheet of stored channels, its colour and depth continued beyond its outline; None if it is empty."""
    coverage, metres = channels[f"{name}.A"], channels[f"{name}.Z"]
    there = coverage > 0.0
    has_depth = there & (metres > 0.0) & (metres < NO_DEPTH_M)
    if not has_depth.any():
        return None
    colour = channels[f"{name}.RGB"] / np.maximum(coverage, 1e-6)[..., None]
    rgb = inpaint(colour.astype(np.float32), there)
    dioptres = inpaint((1.0 / np.where(has_depth, metres, 1.0)).astype(np.float32)[..., None], has_depth)[..., 0]
    whole = (slice(0, coverage.shape[0]), slice(0, coverage.shape[1]))
    return Layer(whole, rgb, coverage, dioptres, np.ones_like(coverage))
