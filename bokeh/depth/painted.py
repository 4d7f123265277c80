"""What is painted over a photo's maps, at the photo's size: hard borders follow the picture's edges, soft ones do not.

Where nothing is painted, depth and matte stay as they are, to the bit.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..core.arrays import BoolArray, FloatArray
from ..core.threads import each_part
from ..image.boxes import grown
from ..image.regions import box_around
from ..image.resize import resize
from ..photo.edits import CHANNELS, DEPTH_PLANES, SUBJECT_PLANES, Edits

REACH_PX = 10
"""Pixels of the raster by which a hard border may move to an edge of the picture."""

COLOUR_SHARPNESS = 30.0
"""How much squared differences of perceptual colour count: less than for a map's own edges, or the grain of a table
frays what is painted on it."""

SOFT_SHARE, HARD_SHARE = 0.35, 0.7
"""A border is soft where it takes up to the first share of its height within three pixels, of what it takes within
`REACH_PX`; hard from the second."""

LAMP, NO_LAMP = 0.25, -0.25
"""Painted more than this it is a lamp; less, none."""


def painted_depth(dioptres: FloatArray, edits: Edits | None, rgb: FloatArray) -> FloatArray:
    """Return depth with what is painted over it.

    Parameters
    ----------
    dioptres : float32 (H, W)
    edits : Edits, optional
    rgb : float32 (H, W, 3)
        The photo.

    Returns
    -------
    float32 (H, W)
        Dioptres, >= 0; the given array where nothing is painted.
    """
    if edits is None or not edits.paints(*DEPTH_PLANES):
        return dioptres
    edited = np.array(dioptres)
    _paint(edited, edits, DEPTH_PLANES, rgb, np.inf)
    return edited


def painted_matte(matte: FloatArray | None, edits: Edits | None, rgb: FloatArray) -> FloatArray | None:
    """Return the subject's coverage with what is painted over it; likewise, 0..1. Without one, nothing is covered."""
    if edits is None or not edits.paints(*SUBJECT_PLANES):
        return matte
    edited = np.zeros(rgb.shape[:2], np.float32) if matte is None else np.array(matte)
    _paint(edited, edits, SUBJECT_PLANES, rgb, 1.0)
    return edited


def painted_lamps(edits: Edits | None, size: tuple[int, int]) -> tuple[BoolArray, BoolArray] | None:
    """Where a lamp is painted, and where none: bool (H, W) each; None where neither is."""
    if edits is None or not edits.paints("lamp"):
        return None
    lamp = edits.values("lamp")
    rows, columns = (np.arange(n) * m // n for n, m in zip(size, edits.size, strict=True))
    return tuple(np.take(np.take(mask, rows, axis=0), columns, axis=1) for mask in (lamp > LAMP, lamp < NO_LAMP))  # pyright: ignore


def _paint(values: FloatArray, edits: Edits, names: tuple[str, str], rgb: FloatArray, most: float) -> None:
    """Paint over a map of the photo's size, in place: so much of it is kept, so much added, nothing above `most`."""
    from ...kernels.painted import paint

    planes = np.stack([edits.values(name) for name in names])
    rest = [(CHANNELS[name].rest - CHANNELS[name].zero) * CHANNELS[name].scale for name in names]
    painted = (planes != np.array(rest, np.float32)[:, None, None]).any(axis=0)
    box = grown(box_around(painted), REACH_PX + 1, edits.size)
    rows, columns = (
        slice(side.start * n // m, min(-(-side.stop * n // m), n))
        for side, n, m in zip(box, rgb.shape[:2], edits.size, strict=True)
    )
    colour = np.sqrt(np.clip(resize(rgb, edits.size, "area"), 0.0, 1.0))
    hardness = np.max([_hardness(plane) for plane in planes], axis=0)
    look = REACH_PX, np.float32(COLOUR_SHARPNESS)

    def paint_rows(part: slice) -> None:
        within = rows.start + part.start, rows.start + part.stop, columns.start, columns.stop
        paint(planes, hardness, colour, rgb, within, look, np.float32(most), values)

    each_part(paint_rows, rows.stop - rows.start)


def _hardness(plane: FloatArray) -> FloatArray:
    """How hard the borders are within reach of each pixel (h, w), 0..1; 0 where there are none."""
    window = 2 * REACH_PX + 1
    steps = ndimage.maximum_filter(plane, 3) - ndimage.minimum_filter(plane, 3)
    height = ndimage.maximum_filter(plane, window) - ndimage.minimum_filter(plane, window)
    # At the foot of a border only a part of it is within reach.
    steepest, highest = (ndimage.maximum_filter(one, window) for one in (steps, height))
    share = np.where(height > 0.0, steepest / np.maximum(highest, np.float32(1e-9)), np.float32(0.0))
    return np.clip((share - SOFT_SHARE) / (HARD_SHARE - SOFT_SHARE), 0.0, 1.0).astype(np.float32)
