"""A sheet -> its picture through the lens: colour and coverage, spread pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.arrays import FloatArray
from ..image.regions import PixelBox, box_around, common, dilate
from ..optics.lens import ThinLens
from ..optics.psf_tables import PsfTables
from ..scene.layers import Layer

HIDDEN = 1e-4
"""Where less than this share of the light still gets through the nearer sheets, nothing is drawn."""


@dataclass(frozen=True, eq=False)
class ScatteredLayer:
    """A blurred sheet, in the wanted part of the picture.

    Attributes
    ----------
    box : (slice, slice)
        Rows and columns of the wanted part that the arrays stand for.
    light : float32 (h, w, 4)
        Premultiplied colour, and coverage 0..1.
    """

    box: PixelBox
    light: FloatArray


def spread(
    sheet: Layer,
    lens: ThinLens,
    outlines: PsfTables,
    level: int,
    at: tuple[int, int],
    clear: FloatArray,
    inner: PixelBox,
) -> ScatteredLayer | None:
    """Blur one sheet.

    Parameters
    ----------
    sheet : Layer
    lens : ThinLens
    outlines : PsfTables
        What the lens makes of a point of light.
    level : int
        The sheet is that of the picture halved so often; `lens` is for its pixels.
    at : (int, int)
        Row and column of the whole picture where the one that the sheet's box is of begins.
    clear : float32 (h, w)
        Of the wanted part: what the nearer sheets let through. Where that is next to nothing, nothing is drawn.
    inner : (slice, slice)
        The wanted part of the picture that the sheet lies in.

    Returns
    -------
    ScatteredLayer or None
        In the wanted part; None when nothing of it is seen.

    Notes
    -----
    Coverage is what the sheet's pixels scatter, divided by what they would scatter if the sheet were whole. A whole
    sheet has coverage 1 to the last bit however its radius changes: nothing solid turns translucent. The quotient
    also stands for the scene beyond the frame: it goes on there as it is inside.
    """
    from ...kernels.sheet import weigh

    support = sheet.coverage > 0.0
    if not support.any():
        return None
    radius = lens.radius_px(sheet.dioptres)
    largest = float(np.abs(radius[support]).max())
    reach = int(np.ceil(outlines.optics.reach_px(largest * 2**level) / 2**level)) + 1

    # A pixel is drawn where some of the sheet falls and light still gets through; whatever reaches it is spread.
    here, there = common(sheet.box, inner)
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
    weigh(sheet.rgb, sheet.coverage, sheet.weight, (top, left), radius, np.float32(largest), values)
    place = (at[0] + sheet.box[0].start + top, at[1] + sheet.box[1].start + left)
    wanted = slice(part[0].start - top, part[0].stop - top), slice(part[1].start - left, part[1].stop - left)
    light = outlines.scatter(values, radius, active, place, wanted, level)
    rows, columns = (
        slice(b.start + p.start - i.start, b.start + p.stop - i.start)
        for b, p, i in zip(sheet.box, part, inner, strict=True)
    )
    return ScatteredLayer((rows, columns), light)
