"""The point spread functions of a lens before one picture: outlines by place and blur radius, traced when needed."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.scratch import Empty
from ..image.regions import PixelBox
from .kept_stamps import StampStore
from .lens import Lens
from .outlines import MOST_ROWS
from .ray_model import RayModel
from .stamps import LARGEST_PX, scatter_stamps, stamps_of
from .traced_outlines import TracedOutlines

SMALL_ROWS = 48
"""Most rows for a picture in which what is blurred is made smaller."""

COLOURS = ((0, 4), (1, 3, 4), (2, 4))
"""Of red, green, blue, coverage and weight: what is spread with each colour. Coverage goes with the green."""

TOGETHER = (0, 1, 2, 3, 4)


@lru_cache(maxsize=4)
def psf_tables_of(lens: Lens, size: tuple[int, int], best: bool) -> PsfTables:
    """Return what a lens makes of the points of a picture (H, W), with all that was traced before.

    Parameters
    ----------
    lens : Lens
        Its focus, and the light that it scatters, are of no account: leave them out.
    size : (int, int)
    best : bool
        Whether everything is made at the picture's own size, exactly.
    """
    return PsfTables(RayModel(lens, size, math.hypot(*size)), MOST_ROWS if best else SMALL_ROWS, stamped=not best)


class PsfTables:
    """What a lens makes of the points of a picture, which any thread may ask for.

    Parameters
    ----------
    ray_model, most_rows
        As of `TracedOutlines`.
    stamped : bool
        Whether small blur radii may be rounded, to so many to a pixel; see `kernels.stamps`.
    """

    def __init__(self, ray_model: RayModel, most_rows: int, stamped: bool = False) -> None:
        """Begin with none; those of a lens that makes the same of all points are there at once."""
        self.ray_model = ray_model
        self.outlines = TracedOutlines(ray_model, most_rows)
        self.channels = COLOURS if len(ray_model.colours) == 3 else (TOGETHER,)
        self.stamps = self.store = None
        if stamped and ray_model.is_thin and ray_model.is_even:
            self.stamps = stamps_of(ray_model.aperture, ray_model.lens.glass.pupil.squeeze)
        elif stamped:
            self.store = StampStore(self.outlines)

    def scatter(
        self,
        values: FloatArray,
        radius: FloatArray,
        active: NDArray[np.bool_],
        at: tuple[int, int],
        box: PixelBox,
        level: int = 0,
        largest: float = np.inf,
        empty: Empty = np.empty,
    ) -> FloatArray:
        """Spread the light of some pixels.

        Parameters
        ----------
        values : float32 (h, w, 5)
            Premultiplied colour, coverage, weight.
        radius : float32 (h, w)
            Signed blur radius, pixels.
        active : bool (h, w)
            Pixels to spread.
        at : (int, int)
            Row and column of the picture where the arrays begin.
        box : (slice, slice)
            Rows and columns of the arrays that are wanted.
        level : int
            The pixels are those of the picture halved so often.
        largest : float
            No blur radius is larger, pixels.
        empty : callable, optional
            Makes arrays.

        Returns
        -------
        float32 (h', w', 4)
            Colour and coverage there, divided by the weight.
        """
        from ...kernels.scatter import scatter

        out = empty((box[0].stop - box[0].start, box[1].stop - box[1].start, 4), np.float32)
        if self.stamps is not None and largest <= LARGEST_PX:
            scatter_stamps(values, radius, active, self.stamps, largest, (box[0].start, box[1].start), out, empty)
            return out
        scale = 2.0**level
        farthest = largest + self.ray_model.flaws_px / scale
        if self.store is not None and farthest <= LARGEST_PX:
            self.store.scatter(values, radius, active, at, box, scale, farthest, out)
            return out
        middle_y, middle_x = ((n / scale - 1.0) / 2.0 - first for n, first in zip(self.ray_model.size, at, strict=True))
        for colour, channels in zip(self.ray_model.colours, self.channels, strict=True):
            defocused, which = self.outlines.of_pixels(radius, active, at, scale, colour)
            magnified = middle_y, middle_x, self.ray_model.magnification(colour)
            place, zeros = (box[0].start, box[1].start), (0.0,) * len(channels)
            scatter(values, defocused, which, self.outlines.tables, scale, magnified, place, channels, zeros, out)
        return out
