"""The one family of resizers: planes to another size, whole blocks to their means, holes kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..core.arrays import FloatArray
from ..core.threads import each_part

if TYPE_CHECKING:
    from ...kernels.shrink import Taps

How = Literal["linear", "area", "nearest"]

_FILTERS = {
    "linear": Image.Resampling.BILINEAR,
    "area": Image.Resampling.BOX,
    "nearest": Image.Resampling.NEAREST,
}


def resize(values: NDArray, size: tuple[int, int], how: How = "linear") -> FloatArray:
    """Bring a plane or a picture to another size.

    Parameters
    ----------
    values : array (h, w) or (h, w, C)
        Finite; is taken as float32.
    size : (int, int)
        Height and width.
    how : {"linear", "area", "nearest"}
        "linear": linear interpolation when enlarging, triangles as wide as the reduction when reducing; "area": means
        over what a pixel covers; "nearest": the pixel at its middle. No result leaves the range of the values.

    Returns
    -------
    float32 (H, W) or (H, W, C)
        The values themselves where they have that size already.
    """
    values = np.ascontiguousarray(values, np.float32)
    if values.shape[:2] == tuple(size):
        return values
    if values.ndim == 3:
        return np.stack([resize(values[..., c], size, how) for c in range(values.shape[2])], axis=2)
    return np.array(Image.fromarray(values).resize((size[1], size[0]), _FILTERS[how]), np.float32)


def resize_planes(values: NDArray, size: tuple[int, int]) -> FloatArray:
    """Bring the channels of a picture to another size, linearly, each as a plane: as `resize` does but for rounding.

    On all cores where it becomes larger both ways, or smaller.

    Parameters
    ----------
    values : array (H, W, C)
        Finite; is taken as float32.
    size : (int, int)
        Height and width.

    Returns
    -------
    float32 (C, h, w)
    """
    from ...kernels.enlarge import bilinear
    from ...kernels.shrink import shrink

    height, width, channels = values.shape
    out = np.empty((channels, *size), np.float32)
    if size[0] <= height and size[1] <= width:
        lines = np.ascontiguousarray(values, np.float32).reshape(height, width * channels)
        down, across = _taps(height, size[0]), _taps(width, size[1])
        each_part(lambda rows: shrink(lines, down, across, (rows.start, rows.stop), out), size[0])
        return out
    for channel, plane in enumerate(out):
        own = np.ascontiguousarray(values[..., channel], np.float32)
        if size[0] >= height and size[1] >= width:
            each_part(lambda rows, own=own, plane=plane: bilinear(own, (rows.start, rows.stop), plane), size[0])
        else:
            plane[:] = resize(own, size)
    return out


def _taps(length: int, wanted: int) -> Taps:
    """Say how much each pixel along a side counts for each of fewer: by triangles, cut at the border."""
    from ...kernels.shrink import Taps

    scale = length / wanted
    centre = (np.arange(wanted) + 0.5) * scale
    count = min(2 * int(np.ceil(scale)) + 1, length)
    first = np.clip(np.floor(centre - scale + 0.5).astype(np.int64), 0, length - count)
    pixel = first[:, None] + np.arange(count) + 0.5
    share = np.maximum(1.0 - np.abs(pixel - centre[:, None]) / scale, 0.0)
    return Taps(first, (share / share.sum(axis=1, keepdims=True)).astype(np.float32))


def resize_codes(codes: NDArray[np.uint8], size: tuple[int, int], how: How | Literal["cubic"] = "area") -> NDArray:
    """Bring codes, uint8 (h, w) or (h, w, 3), to another height and width: of all channels at once, rounded."""
    if codes.shape[:2] == tuple(size):
        return codes
    chosen = Image.Resampling.BICUBIC if how == "cubic" else _FILTERS[how]
    return np.asarray(Image.fromarray(codes).resize((size[1], size[0]), chosen))


def block_means(values: FloatArray, by: int) -> FloatArray:
    """Means over blocks of `by` x `by` pixels; rows and columns that fill no block are left out."""
    height, width = (side // by * by for side in values.shape[:2])
    total = sum(values[y:height:by, x:width:by] for y in range(by) for x in range(by))
    return np.asarray(total, np.float32) / np.float32(by * by)


def size_within(size: tuple[int, int], longest_px: int, least_px: int = 1) -> tuple[int, int]:
    """Height and width of a picture whose longer side is brought to `longest_px`, neither less than `least_px`."""
    scale = longest_px / max(size)
    return max(round(size[0] * scale), least_px), max(round(size[1] * scale), least_px)


def enlarge_with_holes(values: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Enlarge a map (h, w) linearly to (H, W); holes (NaN) stay holes and do not spread."""
    if values.shape == size:
        return values
    known = np.isfinite(values)
    weights = _linear(known.astype(np.float32), size)
    sums = _linear(np.where(known, values, 0).astype(np.float32), size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weights > 0.5, sums / weights, np.nan).astype(np.float32)


def _linear(plane: FloatArray, size: tuple[int, int]) -> FloatArray:
    for axis in (0, 1):
        length, wanted = plane.shape[axis], size[axis]
        at = np.clip((np.arange(wanted) + 0.5) * (length / wanted) - 0.5, 0.0, length - 1.0)
        before = np.minimum(at.astype(np.intp), max(length - 2, 0))
        share = (at - before).astype(np.float32).reshape((-1, 1) if axis == 0 else (1, -1))
        first, second = np.take(plane, before, axis), np.take(plane, np.minimum(before + 1, length - 1), axis)
        plane = first + (second - first) * share
    return plane
