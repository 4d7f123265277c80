"""What is painted over a photo's maps, at the photo's size: hard borders follow the picture's edges, soft ones do not.

Where nothing is painted, depth and matte stay as they are, to the bit.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..core.arrays import BoolArray, FloatArray
from ..image.boxes import grown
from ..image.regions import PixelBox, box_around
from ..image.resize import resize
from ..photo.edits import CHANNELS, DEPTH_PLANES, SUBJECT_PLANES, Edits

REACH_PX = 10
"""Pixels of the raster by which a hard border may move to an edge of the picture."""

COLOUR_SHARPNESS = 200.0
"""As for a depth map's own edges."""

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
    found = _enlarged(edits, DEPTH_PLANES, rgb)
    if found is None:
        return dioptres
    (kept, added), box = found
    own = dioptres[box]
    edited = np.array(dioptres)
    edited[box] = np.where((kept == 1.0) & (added == 0.0), own, np.maximum(kept * own + added, np.float32(0.0)))
    return edited


def painted_matte(matte: FloatArray | None, edits: Edits | None, rgb: FloatArray) -> FloatArray | None:
    """Return the subject's coverage with what is painted over it; likewise, 0..1. Without one, nothing is covered."""
    found = _enlarged(edits, SUBJECT_PLANES, rgb)
    if found is None:
        return matte
    (kept, added), box = found
    edited = np.zeros(rgb.shape[:2], np.float32) if matte is None else np.array(matte)
    own = edited[box]
    edited[box] = np.where((kept == 1.0) & (added == 0.0), own, np.clip(kept * own + added, 0.0, 1.0))
    return edited


def painted_lamps(edits: Edits | None, size: tuple[int, int]) -> tuple[BoolArray, BoolArray] | None:
    """Where a lamp is painted, and where none: bool (H, W) each; None where neither is."""
    if edits is None or not edits.paints("lamp"):
        return None
    lamp = edits.values("lamp")
    rows, columns = (np.arange(n) * m // n for n, m in zip(size, edits.size, strict=True))
    return tuple(np.take(np.take(mask, rows, axis=0), columns, axis=1) for mask in (lamp > LAMP, lamp < NO_LAMP))  # pyright: ignore


def _enlarged(edits: Edits | None, names: tuple[str, ...], rgb: FloatArray) -> tuple[FloatArray, PixelBox] | None:
    """Bring planes to the photo's size, float32 (K, rows, columns), in the box that is painted; None where none is."""
    from ...kernels.painted import enlarge

    if edits is None or not edits.paints(*names):
        return None
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
    out = np.empty((len(planes), rows.stop - rows.start, columns.stop - columns.start), np.float32)
    enlarge(planes, hardness, colour, rgb, (rows.start, columns.start), REACH_PX, COLOUR_SHARPNESS, out)
    return out, (rows, columns)


def _hardness(plane: FloatArray) -> FloatArray:
    """How hard the borders are within reach of each pixel (h, w), 0..1; 0 where there are none."""
    window = 2 * REACH_PX + 1
    steps = ndimage.maximum_filter(plane, 3) - ndimage.minimum_filter(plane, 3)
    height = ndimage.maximum_filter(plane, window) - ndimage.minimum_filter(plane, window)
    # At the foot of a border only a part of it is within reach.
    steepest, highest = (ndimage.maximum_filter(one, window) for one in (steps, height))
    share = np.where(height > 0.0, steepest / np.maximum(highest, np.float32(1e-9)), np.float32(0.0))
    return np.clip((share - SOFT_SHARE) / (HARD_SHARE - SOFT_SHARE), 0.0, 1.0).astype(np.float32)
