"""Another program's picture in the tones of the original: its exposure, and its tone curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import BoolArray, FloatArray
from ...image.resize import block_means

CELLS, TONES, LEAST_TONE = 14, 10, 0.012
"""Cells along the longer side, larger than any blur; steps of the tone curve that is found from them, and how far
it must be (mean, in the square root of light) from none to be used."""


def match_tone(original: FloatArray, rgb: FloatArray, covered: BoolArray) -> tuple[FloatArray, float | None]:
    """Match exposure and tone, channel by channel, by what both pictures show when looked at from afar.

    Parameters
    ----------
    original, rgb : float32 (H, W, 3)
        Scene-linear, the one pixel on the other.
    covered : bool (H, W)
        Where there is something of `rgb`.

    Returns
    -------
    float32 (H, W, 3), and float or None
        The picture in the original's tones, and by how many stops it was brightened; as it was, and None, where its
        tones are the original's already.
    """
    by = max(max(original.shape) // CELLS, 1)
    full = block_means(covered.astype(np.float32), by) > 0.999
    wanted, given = (np.sqrt(np.clip(block_means(np.minimum(x, 1.0), by), 0.0, 1.0)) for x in (original, rgb))
    curves = [_curve(given[..., c][full], wanted[..., c][full]) for c in range(3)]
    stops = 2.0 * np.log2(np.maximum(wanted[full], 1e-3) / np.maximum(given[full], 1e-3))
    change = max(float(np.abs(y - x).mean()) for x, y in curves)
    if not change > LEAST_TONE:
        return rgb, None
    toned = np.empty_like(rgb)
    for c, (x, y) in enumerate(curves):
        root = np.sqrt(np.maximum(rgb[..., c], 0.0))
        # Beyond the brightest that both show, the light keeps that one's ratio.
        toned[..., c] = np.where(root > x[-1], root * (y[-1] / max(x[-1], 1e-6)), np.interp(root, x, y)) ** 2
    return toned, float(np.median(stops)) if stops.size else 0.0


def _curve(given: FloatArray, wanted: FloatArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tone curve through the medians of what the pictures show, from black up; it never falls."""
    # Sorted by both: by one alone, the extremes would be those that its blur or noise made so.
    order = np.argsort(given + wanted, kind="stable")
    steps = [run for run in np.array_split(order, TONES) if run.size]
    x = np.array([0.0, *(float(np.median(given[run])) for run in steps)])
    y = np.array([0.0, *(float(np.median(wanted[run])) for run in steps)])
    rises = np.concatenate([[True], np.diff(np.maximum.accumulate(x)) > 1e-4])
    return x[rises], np.maximum.accumulate(y)[rises]
