"""How soft the edges of a picture are, cell by cell: what is blurred has none that are sharp."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import each_part

SCALES = 5
"""Edges are looked at through Gaussians of 1, 2, 4, ... pixels."""

SCALE_VARIANCE = 4.0 / 3.0
"""Variance of the finest scale: that of its Gaussian and of the central difference (a box of two pixels)."""

EDGE = 0.03
"""A fainter edge (steps in the square root of light, over sqrt(2 pi)) tells nothing: phones smooth these away."""

ABOVE_NOISE = 6.0
"""... nor does one that is not this many times the noise: the largest of a cell's thousand noisy pixels is near 4."""

WELL_TOLD = 2.0
"""A scale tells blur up to so many times its own width; a coarser one mistakes blurred texture for sharper edges."""

LEAST_RATIO = 1.06
"""Two scales that differ by less (in squared gradient) cannot tell how wide the blur is, only that it is wide."""

WIDEST_PX = 28.0
"""A softer edge is no blurred edge but shading."""

CLIPPED = 0.97
"""Clipping draws new edges, sharper than the blur."""


def measure_edge_blur(picture: FloatArray, cell: int) -> NDArray[np.float64]:
    """Measure how soft the strongest edge of each cell is.

    Parameters
    ----------
    picture : float32 (H, W, 3)
        Perceptual.
    cell : int
        Side of a cell, pixels.

    Returns
    -------
    float64 (h, w)
        Standard deviation of the blur, pixels; NaN where there is no edge.

    Notes
    -----
    Seen through a Gaussian of variance s^2, an edge blurred by b has the slope a / sqrt(2 pi (s^2 + b^2)): the slopes
    at two scales tell b (Zhuo & Sim 2011). The scales are chosen for each cell: the finest that is above the noise, and
    coarser ones as long as the blur is wider than they are.
    """
    from ...kernels.edge_blur import grey

    size = picture.shape[0] // cell, picture.shape[1] // cell
    luma, brightest = np.empty(picture.shape[:2], np.float32), np.empty(size, np.float32)
    cells = -(-picture.shape[0] // cell)
    each_part(lambda rows: grey(picture, cell, (rows.start, rows.stop), luma, brightest), cells, 1)
    noise = _noise(luma, cell, size)
    slopes = _steepest(luma, cell, size)
    blur_px = np.full(size, np.nan)
    for level in range(SCALES - 1):
        variance = SCALE_VARIANCE * 4.0**level
        fine, coarse = slopes[level], slopes[level + 1]
        floor = ABOVE_NOISE**2 * noise**2 / (4.0 * np.pi * variance**2)
        seen = (fine > floor) & (coarse * 4.0 * variance > EDGE**2)
        ratio = np.maximum(fine, LEAST_RATIO * coarse) / np.maximum(coarse, 1e-20)
        found = np.sqrt(np.maximum(variance * (4.0 - ratio) / (ratio - 1.0), 0.0))
        found[fine < LEAST_RATIO * coarse] = np.inf
        wanted = seen & ~(blur_px <= WELL_TOLD * np.sqrt(variance))
        blur_px[wanted] = found[wanted]
    blur_px[(blur_px > WIDEST_PX) | (brightest > CLIPPED**0.5)] = np.nan
    return blur_px


def _steepest(luma: FloatArray, cell: int, size: tuple[int, int]) -> list[FloatArray]:
    """Largest squared gradient of each cell (h, w), per pixel of the picture, at each scale."""
    slopes = []
    # From the picture to a Gaussian of one pixel; then from one pixel of a level to one of the next.
    sigma_px, every = 1.0, 1
    for level in range(SCALES):
        seen = np.empty(tuple(-(-side // every) for side in luma.shape), np.float32)
        _smooth(luma, _gaussian(sigma_px), every, seen)
        slope = np.empty(size, np.float32)
        _find_steepest(seen, cell >> level, slope)
        slopes.append(slope / np.float32(4**level))
        luma, sigma_px, every = seen, 3.0**0.5, 2
    return slopes


def _smooth(values: FloatArray, taps: FloatArray, every: int, out: FloatArray) -> None:
    """Smooth a picture, and keep every so many pixels."""
    from ...kernels.edge_blur import smooth

    each_part(lambda rows: smooth(values, taps, every, (rows.start, rows.stop), out), len(out))


def _find_steepest(values: FloatArray, cell: int, out: FloatArray) -> None:
    """Find the largest squared gradient of each cell."""
    from ...kernels.edge_blur import steepest

    each_part(lambda rows: steepest(values, cell, (rows.start, rows.stop), out), len(out), 1)


def _gaussian(sigma_px: float) -> FloatArray:
    reach = int(np.ceil(3.0 * sigma_px))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    return (taps / taps.sum()).astype(np.float32)


def _noise(luma: FloatArray, cell: int, size: tuple[int, int]) -> float:
    """Measure the standard deviation of the noise in the quietest cells: of every fourth row."""
    above, own, below = (part[: size[0] * cell : 4] for part in (luma[:-2], luma[1:-1], luma[2:]))
    flat = own[:, 1:-1] - 0.25 * (above[:, 1:-1] + below[:, 1:-1] + own[:, :-2] + own[:, 2:])
    cells = in_cells(np.abs(flat), cell // 4, (size[0] - 1, size[1] - 1), cell)
    return float(np.quantile(np.median(cells, axis=(1, 3)), 0.1)) / 0.6745 / 1.25**0.5


def in_cells(values: NDArray, side: int, size: tuple[int, int], across: int = 0) -> FloatArray:
    """Cut a picture into cells: (h, side, w, across)."""
    height, width = size
    across = across or side
    return values[: height * side, : width * across].reshape(height, side, width, across)
