"""Inpainting of what lies behind: from what lies beside it and farther."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import FloatArray
from ..image.inpaint import inpaint_in_place
from ..image.regions import dilate
from ..optics.lens import ThinLens

GAP_SHARE = 0.012
"""Width of a gap that is closed line by line, as a share of the picture's longer side."""

GRAIN_PX = 5.0
"""A lens that spreads what lies behind by more than this leaves no grain to continue."""

ALIKE = 0.02
"""Difference of (square root) light between the ends of a line that is as good as none."""


def widest_gap_px(size: tuple[int, ...]) -> int:
    """Width of a gap that is closed line by line, in a picture of (H, W)."""
    return max(6, round(GAP_SHARE * max(size)))


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
    ys, xs = _places(narrow)
    if not len(ys):
        return
    # The direction of the grain changes slowly: it is sought once per cell, and used by every pixel in it.
    side = max(1, gap_px // 8)
    middle = narrow[side // 2 :: side, side // 2 :: side]
    rows, columns = _places(middle)
    number = np.full((-(-narrow.shape[0] // side), -(-narrow.shape[1] // side)), -1, np.int32)
    number[rows, columns] = np.arange(len(rows), dtype=np.int32)
    cost = np.empty((len(rows), kernels.DIRECTIONS), np.float32)
    agreed = np.empty_like(cost)
    block = max(1, gap_px // 4)
    kernels.lines(
        rgbd, known, rows * side + side // 2, columns * side + side // 2, 2 * gap_px,
        0.1 * lens.px_per_dioptre, 0.2 * ALIKE / side, _grain(rgbd, known, block, 0.5 * gap_px), block, cost,
    )  # fmt: skip
    kernels.agree(cost, number, rows, columns, max(1, gap_px // (2 * side)), agreed)
    kernels.bridge(rgbd, known, ys, xs, number, side, agreed, gap_px, ALIKE, rgbd)


def _places(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of a mask's pixels, laid out alike however many: a kernel is compiled for each layout."""
    ys, xs = np.nonzero(mask)
    return np.ascontiguousarray(ys), np.ascontiguousarray(xs)


def _grain(rgbd: FloatArray, known: NDArray[np.bool_], block: int, reach_px: float) -> FloatArray:
    """Mean products of the gradients (xx, xy, yy) of what is known around, float32 (3, h, w) in blocks."""
    from ...kernels.bridge import gradients

    sums = np.empty((4, -(-known.shape[0] // block), -(-known.shape[1] // block)), np.float32)
    gradients(rgbd, known, block, sums)
    around = ndimage.gaussian_filter(sums, (0.0, reach_px / block, reach_px / block), mode="constant")
    return around[:3] / np.maximum(around[3], 1e-3)
