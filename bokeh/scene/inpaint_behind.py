"""Inpainting of what lies behind: from what lies beside it and farther."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..image.inpaint import inpaint_in_place
from ..image.regions import dilate
from ..optics.lens import ThinLens
from .bridging import ALIKE, grain_around, places_of

GRAIN_PX = 5.0
"""A lens that spreads what lies behind by more than this leaves no grain to continue."""


def inpaint_behind(
    rgbd: FloatArray,
    known: NDArray[np.bool_],
    wanted: NDArray[np.bool_],
    lens: ThinLens,
    gap_px: int,
    coarse: FloatArray | None = None,
) -> None:
    """Continue colour and depth behind what hides them: smoothly, and across narrow gaps with their edges and grain.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
        Scene-linear colour, dioptres; filled in place where not known.
    known : bool (H, W)
    wanted : bool (H, W)
        Pixels of which something will be seen.
    lens : ThinLens
        What it blurs needs no grain.
    gap_px : int
        Width of a gap that is closed line by line; one four times as wide is filled smoothly. 0 for none.
    coarse : float32 (h, w, 4), optional
        As of `inpaint`.
    """
    from ...kernels import bridge as kernels

    inpaint_in_place(rgbd, known, coarse)
    if gap_px == 0:
        return
    narrow = wanted & ~known & dilate(known, gap_px)
    narrow[narrow] = np.abs(lens.radius_px(rgbd[narrow, 3])) < GRAIN_PX
    ys, xs = places_of(narrow)
    if not len(ys):
        return
    # The direction of the grain changes slowly: it is sought once per cell, and used by every pixel in it.
    side = max(1, gap_px // 8)
    middle = narrow[side // 2 :: side, side // 2 :: side]
    rows, columns = places_of(middle)
    number = np.full((-(-narrow.shape[0] // side), -(-narrow.shape[1] // side)), -1, np.int32)
    number[rows, columns] = np.arange(len(rows), dtype=np.int32)
    cost = np.empty((len(rows), kernels.DIRECTIONS), np.float32)
    agreed = np.empty_like(cost)
    block = max(1, gap_px // 4)
    middles = rows * side + side // 2, columns * side + side // 2, np.ones(len(rows), np.float32)
    grain = grain_around(rgbd, known, block, 0.5 * gap_px)
    kernels.lines(rgbd, known, middles, 2 * gap_px, 0.1 * lens.px_per_dioptre, 0.2 * ALIKE / side, grain, block, cost)
    kernels.agree(cost, number, rows, columns, max(1, gap_px // (2 * side)), agreed)
    filled = rgbd[ys, xs]
    kernels.bridge(rgbd, known, (ys, xs, np.ones(len(ys), np.float32)), number, side, agreed, gap_px, ALIKE, filled)
    rgbd[ys, xs] = filled
