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

HIDDEN = 1e-4
"""Where less than this share of the light still gets through the nearer sheets, nothing is drawn."""


@dataclass(frozen=True, eq=False)
class Spread:
    """A blurred sheet, in the wanted part of the picture.

    Attributes
    ----------
    box : (slice, slice)
        Rows and columns of the wanted part that the arrays stand for.
    light : float32 (h, w, 4)
        Premultiplied colour, and coverage 0..1.
    """

    box: Box
    light: FloatArray


def spread(sheet: Sheet, lens: ThinLens, aperture: Aperture, clear: FloatArray, inner: Box) -> Spread | None:
    """Blur one sheet.

    Parameters
    ----------
    sheet : Sheet
    lens : ThinLens
    aperture : Aperture
    clear : float32 (h, w)
        Of the wanted part: what the nearer sheets let through. Where that is next to nothing, nothing is drawn.
    inner : (slice, slice)
        The wanted part of the picture that the sheet lies in.

    Returns
    -------
    Spread or None
        In the wanted part; None when nothing of it is seen.

    Notes
    -----
    Coverage is what the sheet's pixels scatter, divided by what they would scatter if the sheet were whole. A whole
    sheet has coverage 1 to the last bit however its radius changes: nothing solid turns translucent. The quotient
    also stands for the scene beyond the frame: it goes on there as it is inside.
    """
    from ..kernels.scatter import scatter
    from ..kernels.sheet import weigh

    support = sheet.coverage > 0.0
    if not support.any():
        return None
    radius = lens.radius_px(sheet.dioptres)
    largest = float(np.abs(radius[support]).max())
    reach = int(np.ceil(largest)) + 1

    # A pixel is drawn where some of the sheet falls and light still gets through; whatever reaches it is spread.
    here, there = _common(sheet.box, inner)
    shown = np.zeros(support.shape, bool)
    shown[here] = dilate(support, reach)[here] & (clear[there] > HIDDEN)
    if not shown.any():
        return None
    part = box_around(shown)
    active = dilate(shown, reach)
    crop = box_around(active)
    top, left = crop[0].start, crop[1].start
    active, radius = np.ascontiguousarray(active[crop]), np.ascontiguousarray(radius[crop])
    values = np.empty((*active.shape, 5), np.float32)
    weigh(sheet.rgb, sheet.coverage, sheet.weight, top, left, radius, np.float32(largest), values)
    light = np.empty((part[0].stop - part[0].start, part[1].stop - part[1].start, 4), np.float32)
    shape = outline(aperture), area(aperture)
    scatter(values, radius, active, *shape, part[0].start - top, part[1].start - left, light)
    rows, columns = (
        slice(b.start + p.start - i.start, b.start + p.stop - i.start)
        for b, p, i in zip(sheet.box, part, inner, strict=True)
    )
    return Spread((rows, columns), light)


def _common(box: Box, inner: Box) -> tuple[Box, Box]:
    """What two boxes share, counted from the beginning of each."""
    spans = [(max(b.start, i.start), max(min(b.stop, i.stop), max(b.start, i.start))) for b, i in zip(box, inner)]
    first, second = (
        tuple(slice(start - c.start, stop - c.start) for (start, stop), c in zip(spans, corner, strict=True))
        for corner in (box, inner)
    )
    return first, second  # pyright: ignore[reportReturnType]
