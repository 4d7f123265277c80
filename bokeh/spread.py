"""A sheet -> its picture through the lens: colour and coverage, spread pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .aperture import Aperture, area, outline
from .lens import ThinLens
from .masks import Box, box_around, dilate
from .sheets import Sheet

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

BAND_ROWS = 16
"""Output rows that one thread sums at a time; the result does not depend on it."""

COARSE_RADIUS_PX = 8.0
"""A sheet is scattered at half size as long as its smallest radius stays this large: 59 dB from full size."""

HIDDEN = 1e-4
"""Where less than this share of the light still gets through the nearer sheets, nothing is drawn."""


@dataclass(frozen=True, eq=False)
class Spread:
    """A blurred sheet, in its part of the picture.

    Attributes
    ----------
    box : (slice, slice)
        Rows and columns of the picture that the arrays stand for.
    light : float32 (h, w, 3)
        Premultiplied colour.
    coverage : float32 (h, w)
        0..1.
    """

    box: Box
    light: FloatArray
    coverage: FloatArray


def spread(sheet: Sheet, lens: ThinLens, aperture: Aperture, clear: FloatArray) -> Spread | None:
    """Blur one sheet.

    Parameters
    ----------
    sheet : Sheet
    lens : ThinLens
    aperture : Aperture
    clear : float32 (H, W)
        Of the whole picture: what the nearer sheets let through. Where that is next to nothing, nothing is drawn.

    Returns
    -------
    Spread or None
        None when nothing of it is seen.

    Notes
    -----
    Coverage is what the sheet's pixels scatter, divided by what they would scatter if the sheet were whole. A whole
    sheet has coverage 1 to the last bit however its radius changes: nothing solid turns translucent. The quotient
    also stands for the scene beyond the frame: it goes on there as it is inside.
    """
    support = sheet.coverage > 0.0
    if not support.any():
        return None
    radius = lens.radius_px(sheet.dioptres)
    on_support = np.abs(radius[support])
    smallest, largest = float(on_support.min()), float(on_support.max())
    reach = int(np.ceil(largest)) + 1

    # A pixel is drawn where some of the sheet falls and light still gets through; whatever reaches it is spread.
    shown = dilate(support, reach) & (clear[sheet.box] > HIDDEN)
    if not shown.any():
        return None
    active = dilate(shown, reach)
    crop = box_around(active)
    values = np.empty((*active[crop].shape, 5), np.float32)
    values[..., 4] = sheet.weight[crop]
    np.multiply(sheet.coverage[crop], sheet.weight[crop], out=values[..., 3])
    np.multiply(sheet.rgb[crop], values[..., 3:4], out=values[..., :3])
    radius = np.clip(radius[crop], -largest, largest)
    picture = _scattered(values, radius, np.ascontiguousarray(active[crop]), aperture, _halvings(smallest))
    rows, columns = (slice(b.start + c.start, b.start + c.stop) for b, c in zip(sheet.box, crop, strict=True))
    # The cubic enlargement swings beyond 0 and 1 beside an edge; colour follows coverage back, or it would shine.
    coverage = np.clip(picture[..., 3], 0.0, 1.0)
    scale = np.divide(coverage, picture[..., 3], out=np.zeros_like(coverage), where=picture[..., 3] > 0.0)
    return Spread((rows, columns), picture[..., :3] * scale[..., None], coverage)


def _halvings(smallest_radius_px: float) -> int:
    """How often a sheet may be halved before its smallest radius falls below the coarse one."""
    return max(int(np.log2(max(smallest_radius_px, 1e-6) / COARSE_RADIUS_PX)), 0)


def _scattered(
    values: FloatArray, radius: FloatArray, active: BoolArray, aperture: Aperture, halvings: int
) -> FloatArray:
    """Scatter at full size, or at half and enlarged; premultiplied colour and coverage, (h, w, 4)."""
    from ..kernels.resample import double, halve
    from ..kernels.scatter import scatter

    if halvings:
        half = ((values.shape[0] + 1) // 2, (values.shape[1] + 1) // 2)
        half_values, half_radius = np.empty((*half, 5), np.float32), np.empty(half, np.float32)
        half_active = np.empty(half, bool)
        halve(values, radius, active, half_values, half_radius, half_active)
        enlarged = np.empty((*radius.shape, 4), np.float32)
        double(_scattered(half_values, half_radius, half_active, aperture, halvings - 1), enlarged)
        return enlarged
    sums = np.empty_like(values)
    scatter(values, radius, active, outline(aperture), area(aperture), BAND_ROWS, sums)
    whole = sums[..., 4:]
    return sums[..., :4] * np.divide(1.0, whole, out=np.zeros_like(whole), where=whole > 1e-9)
