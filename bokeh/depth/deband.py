"""A quantised depth map: the size of its code, and the surface behind the staircase."""

from __future__ import annotations

import numpy as np

from ..core.arrays import FloatArray
from ..core.threads import each_part

# Neighbours further apart than this many codes lie on two surfaces.
LINKED_CODES = 2
# Pixels from its only rim after which the last code of a slope counts as level.
PLATEAU = 16


def find_code_step(depth: FloatArray) -> float:
    """Find the size of one code (dioptres) of a quantised map; 0 when its values are continuous.

    Only flat spots are asked: a map that was enlarged after it was quantised still has its codes there.
    """
    stride = max(1, int(np.sqrt(depth.size / 1e6)))
    rows = depth[::stride]
    # Metres and back, or an enlargement, leave a rounding error of a few parts in ten million.
    rounding = 5e-7 * float(depth.max())
    flat = np.zeros(rows.shape, bool)
    flat[1:-1, 1:-1] = True
    for axis in (0, 1):
        same = np.abs(np.diff(rows, axis=axis)) <= rounding
        flat[1:-1, 1:-1] &= (same[:-1, 1:-1] & same[1:, 1:-1]) if axis == 0 else (same[1:-1, :-1] & same[1:-1, 1:])
    if np.count_nonzero(flat) < 0.02 * flat.size:
        return 0.0
    values = np.unique(rows[flat]).astype(np.float64)
    span = values[-1] - values[0]
    levels = np.split(values, np.flatnonzero(np.diff(values) > max(4 * rounding, 1e-5 * span)) + 1)
    centres = np.array([level.mean() for level in levels])
    if not 8 <= len(centres) <= 4096:
        return 0.0
    step = float(np.median(np.diff(centres)[np.diff(centres) < 1.5 * np.diff(centres).min()]))
    index = np.round((centres - centres[0]) / step)
    if index[-1] > 4096:
        return 0.0
    step, offset = np.polyfit(index, centres, 1)
    residual = centres - (offset + step * index)
    return float(step) if np.sqrt(np.mean(residual**2)) < 0.05 * step else 0.0


def deband(depth: FloatArray, step: float) -> FloatArray:
    """Take the staircase of a code of size `step` (dioptres) out of a map without holes.

    The line between two codes is where the surface has the value between them; from one line to the next it
    goes straight. A plane comes back exactly, and no value leaves the half code around where it was.
    Neighbours more than two codes apart are two surfaces. A step of 0 returns the map as it is.
    """
    from ...kernels import depth as kernels

    if step <= 0:
        return depth
    base = depth.min()
    code = np.round((depth - base) / np.float32(step)).astype(np.int32)
    away = np.empty((2, *depth.shape), np.float32)
    kernels.next_codes(code, LINKED_CODES, away)
    down, up = away
    # The top of a hill, the floor of a dip: one side only, level again after PLATEAU pixels.
    below = np.minimum(0.5 * down / PLATEAU, 0.5) - 0.5
    above = 0.5 - np.minimum(0.5 * up / PLATEAU, 0.5)
    sloped = np.isfinite(down) & np.isfinite(up)
    between = down / np.where(sloped, down + up, 1.0) - 0.5
    fraction = np.where(sloped, between, np.where(np.isfinite(down), below, above))
    half = np.float32(0.5 * step)
    low, high = np.maximum(depth - half, base), np.minimum(depth + half, depth.max())
    values = np.clip(base + (code.astype(np.float32) + fraction) * np.float32(step), low, high)
    jump = np.float32((LINKED_CODES + 0.5) * step)
    across = np.ascontiguousarray(depth.T)
    for length in (2.0, 1.0):
        # Round off the kinks at the lines.
        keep = np.float32(np.exp(-1.0 / length))
        _smooth_rows(values, depth, jump, keep)
        turned = np.ascontiguousarray(values.T)
        _smooth_rows(turned, across, jump, keep)
        values = np.ascontiguousarray(np.clip(turned.T, low, high))
    return values


def _smooth_rows(values: FloatArray, depth: FloatArray, jump: np.float32, keep: np.float32) -> None:
    """Smooth each row in place; as of the kernel."""
    from ...kernels.depth import smooth_rows

    each_part(lambda rows: smooth_rows(values[rows], depth[rows], jump, keep), len(values))
