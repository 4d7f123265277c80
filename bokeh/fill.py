"""Continue a picture into where it is not known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .cores import each
from .lens import ThinLens
from .masks import dilate

FloatArray = NDArray[np.float32]

GAP_SHARE = 0.012
"""Width of a gap that is closed line by line, as a share of the picture's longer side."""

GRAIN_PX = 5.0
"""A lens that spreads what lies behind by more than this leaves no grain to continue."""

BAND_ROWS = 128
"""Rows of the half size that are made together; the result does not depend on it."""

ALIKE = 0.02
"""Difference of (square root) light between the ends of a line that is as good as none."""


def fill(values: FloatArray, known: NDArray, coarse: FloatArray | None = None) -> FloatArray:
    """Fill the unknown pixels smoothly from the known ones around them (push-pull).

    Parameters
    ----------
    values : float32 (H, W, C)
    known : bool or float32 (H, W)
        1 = known and kept, 0 = unknown, between = blended.
    coarse : float32 (h, w, C), optional
        The same, complete, at the size halved a few times, each time rounded up: from farther than this size shows,
        what is filled comes from there.

    Returns
    -------
    float32 (H, W, C)
        A new array. When nothing at all is known, the values as they are.

    Notes
    -----
    Weighted averages go down a pyramid until everything is known, then back up (Gortler et al., "The Lumigraph",
    1996, section 4). What lies beside a hole counts most, and no value leaves the range of the known ones.
    """
    filled = np.array(values, np.float32)
    fill_in(filled, known, coarse)
    return filled


def fill_in(values: FloatArray, known: NDArray, coarse: FloatArray | None = None) -> None:
    """Fill the unknown pixels in place, as `fill` does."""
    from ..kernels import pyramid

    if coarse is None and not known.any():
        return
    smallest = (1, 1) if coarse is None else coarse.shape[:2]
    levels = [(values, np.ascontiguousarray(known, np.float32))]
    while levels[-1][1].shape != smallest and not levels[-1][1].min() >= 1.0:
        fine_values, fine_weight = levels[-1]
        height, width = fine_weight.shape
        shape = ((height + 1) // 2, (width + 1) // 2)
        coarse_values = np.empty((*shape, values.shape[2]), np.float32)
        coarse_weight = np.empty(shape, np.float32)
        pyramid.push(fine_values, fine_weight, coarse_values, coarse_weight)
        levels.append((coarse_values, coarse_weight))
    complete, weight = levels.pop()
    if coarse is not None and coarse.shape == complete.shape:
        complete += (1.0 - weight[..., None]) * (coarse - complete)
    while levels:
        fine_values, fine_weight = levels.pop()
        pyramid.pull(complete, fine_values, fine_weight)
        complete = fine_values


def fill_at(
    part: Callable[[slice], tuple[FloatArray, NDArray[np.bool_]]],
    size: tuple[int, int],
    channels: int,
    at: tuple[NDArray, NDArray],
) -> FloatArray | None:
    """Fill single unknown pixels as `fill` does; the picture itself is only looked at, some rows at a time.

    Parameters
    ----------
    part : callable
        Returns the values float32 (h, W, C) of a slice of rows, and which are known: bool (h, W).
    size : (int, int)
        Height and width of the picture.
    channels : int
    at : (int64 (N,), int64 (N,))
        Rows and columns of the unknown pixels.

    Returns
    -------
    float32 (N, C), or None
        None when nothing at all is known.
    """
    from ..kernels import pyramid

    half = ((size[0] + 1) // 2, (size[1] + 1) // 2)
    coarse, weight = np.empty((*half, channels), np.float32), np.empty(half, np.float32)

    def push(top: int) -> None:
        rows = slice(top, top + BAND_ROWS)
        values, known = part(slice(2 * top, 2 * (top + BAND_ROWS)))
        pyramid.push(values, known.astype(np.float32), coarse[rows], weight[rows])

    each(push, range(0, half[0], BAND_ROWS))
    if not weight.any():
        return None
    fill_in(coarse, weight)
    filled = np.empty((len(at[0]), channels), np.float32)
    pyramid.pull_at(coarse, *map(np.ascontiguousarray, at), filled)
    return filled


def widest_gap_px(size: tuple[int, ...]) -> int:
    """Width of a gap that is closed line by line, in a picture of (H, W)."""
    return max(6, round(GAP_SHARE * max(size)))


def fill_behind(
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
        As of `fill`.
    """
    from ..kernels import bridge as kernels

    fill_in(rgbd, known, coarse)
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
    from ..kernels.bridge import gradients

    sums = np.empty((4, -(-known.shape[0] // block), -(-known.shape[1] // block)), np.float32)
    gradients(rgbd, known, block, sums)
    around = ndimage.gaussian_filter(sums, (0.0, reach_px / block, reach_px / block), mode="constant")
    return around[:3] / np.maximum(around[3], 1e-3)
