"""Continue a picture into where it is not known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import LEAST_PIXELS, each, each_part

BAND_ROWS = 128
"""Rows of the half size that are made together; the result does not depend on it."""


def inpaint(values: FloatArray, known: NDArray) -> FloatArray:
    """Inpaint the unknown pixels smoothly from the known ones around them (push-pull).

    Parameters
    ----------
    values : float32 (H, W, C)
    known : bool or float32 (H, W)
        1 = known and kept, 0 = unknown, between = blended.

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
    inpaint_in_place(filled, known)
    return filled


def inpaint_in_place(values: FloatArray, known: NDArray) -> None:
    """Inpaint the unknown pixels in place, as `inpaint` does."""
    if not known.any():
        return
    levels = [(values, np.ascontiguousarray(known, np.float32))]
    while levels[-1][1].shape != (1, 1) and not levels[-1][1].min() >= 1.0:
        fine_values, fine_weight = levels[-1]
        height, width = fine_weight.shape
        shape = ((height + 1) // 2, (width + 1) // 2)
        coarse_values = np.empty((*shape, values.shape[2]), np.float32)
        coarse_weight = np.empty(shape, np.float32)
        _push(fine_values, fine_weight, coarse_values, coarse_weight)
        levels.append((coarse_values, coarse_weight))
    complete, _ = levels.pop()
    while levels:
        fine_values, fine_weight = levels.pop()
        _pull(complete, fine_values, fine_weight)
        complete = fine_values


def _push(values: FloatArray, weight: FloatArray, coarse_values: FloatArray, coarse_weight: FloatArray) -> None:
    """Average into the next coarser level on all cores; as of the kernel."""
    from ...kernels.pyramid import push

    def part(own: slice) -> None:
        rows = slice(2 * own.start, 2 * own.stop)
        push(values[rows], weight[rows], coarse_values[own], coarse_weight[own])

    each_part(part, len(coarse_weight))


def _pull(coarse: FloatArray, values: FloatArray, weight: FloatArray) -> None:
    """Fill from the next coarser level on all cores; as of the kernel."""
    from ...kernels.pyramid import pull

    each_part(lambda own: pull(coarse, own.start, values[own], weight[own]), len(values))


def inpaint_at(
    rows_of: Callable[[slice], tuple[FloatArray, NDArray[np.bool_]]],
    size: tuple[int, int],
    channels: int,
    at: tuple[NDArray, NDArray],
) -> FloatArray | None:
    """Inpaint single unknown pixels as `inpaint` does; the picture itself is only looked at, some rows at a time.

    Parameters
    ----------
    rows_of : callable
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
    from ...kernels import pyramid

    half = ((size[0] + 1) // 2, (size[1] + 1) // 2)
    coarse, weight = np.empty((*half, channels), np.float32), np.empty(half, np.float32)

    def push(top: int) -> None:
        rows = slice(top, top + BAND_ROWS)
        values, known = rows_of(slice(2 * top, 2 * (top + BAND_ROWS)))
        pyramid.push(values, known.astype(np.float32), coarse[rows], weight[rows])

    each(push, range(0, half[0], BAND_ROWS))
    if not weight.any():
        return None
    inpaint_in_place(coarse, weight)
    filled = np.empty((len(at[0]), channels), np.float32)
    ys, xs = map(np.ascontiguousarray, at)
    each_part(lambda own: pyramid.pull_at(coarse, ys[own], xs[own], filled[own]), len(ys), LEAST_PIXELS)
    return filled
