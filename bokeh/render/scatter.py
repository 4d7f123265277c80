"""A layer -> its picture through the lens: colour and coverage, spread pixel by pixel (splatting)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.arrays import FloatArray
from ..image.regions import PixelBox, box_around, common, dilate
from ..image.tiles import Tile
from ..optics.lens import ThinLens
from ..optics.psf_tables import PsfTables
from ..scene.layers import Layer

HIDDEN = 1e-4
"""Where less than this share of the light still gets through the nearer layers, nothing is drawn."""


@dataclass(frozen=True, eq=False)
class ScatteredLayer:
    """A blurred layer, in the wanted box of the picture.

    Attributes
    ----------
    box : (slice, slice)
        Rows and columns of the wanted box that the arrays stand for.
    light : float32 (h, w, 4)
        Premultiplied colour, and coverage 0..1.
    """

    box: PixelBox
    light: FloatArray


def scatter_layer(
    layer: Layer, lens: ThinLens, psf_tables: PsfTables, level: int, tile: Tile, transmittance: FloatArray
) -> ScatteredLayer | None:
    """Spread each pixel of a layer over its circle of confusion.

    Parameters
    ----------
    layer : Layer
        Its box counts from the beginning of `tile.outer`.
    lens : ThinLens
        For the level's pixels.
    psf_tables : PsfTables
        What the lens makes of a point of light.
    level : int
        The layer is that of the picture halved so often.
    tile : Tile
        Of the level: `tile.inner` is wanted.
    transmittance : float32 (h, w)
        Of the wanted box: what the nearer layers let through. Where that is next to nothing, nothing is drawn.

    Returns
    -------
    ScatteredLayer or None
        In the wanted box; None when nothing of it is seen.

    Notes
    -----
    Coverage is what the layer's pixels scatter, divided by what they would scatter if the layer were whole. A whole
    layer has coverage 1 to the last bit however its radius changes: nothing solid turns translucent. The quotient
    also stands for the scene beyond the frame: it goes on there as it is inside.
    """
    from ...kernels.layer import weigh

    support = layer.coverage > 0.0
    if not support.any():
        return None
    radius = lens.radius_px(layer.dioptres)
    largest = float(np.abs(radius[support]).max())
    reach = int(np.ceil(psf_tables.ray_model.reach_px(largest * 2**level) / 2**level)) + 1

    # A pixel is drawn where some of the layer falls and light still gets through; whatever reaches it is spread.
    inner = tile.within
    here, there = common(layer.box, inner)
    shown = np.zeros(support.shape, bool)
    shown[here] = dilate(support, reach)[here] & (transmittance[there] > HIDDEN)
    if not shown.any():
        return None
    drawn = box_around(shown)
    active = dilate(shown, reach)
    crop = box_around(active)
    top, left = crop[0].start, crop[1].start
    active, radius = np.ascontiguousarray(active[crop]), np.ascontiguousarray(radius[crop])
    values = np.empty((*active.shape, 5), np.float32)
    weigh(layer.rgb, layer.coverage, layer.weight, (top, left), radius, np.float32(largest), values)
    rows, columns = (o.start + b.start + c.start for o, b, c in zip(tile.outer, layer.box, crop, strict=True))
    wanted = slice(drawn[0].start - top, drawn[0].stop - top), slice(drawn[1].start - left, drawn[1].stop - left)
    light = psf_tables.scatter(values, radius, active, (rows, columns), wanted, level)
    box = tuple(
        slice(b.start + d.start - i.start, b.start + d.stop - i.start)
        for b, d, i in zip(layer.box, drawn, inner, strict=True)
    )
    return ScatteredLayer((box[0], box[1]), light)
