"""Outlines: the light that a point sends through the pupil, as tables; traced, or of an even pupil in closed form.

A table is data: a new iris, or a new lens, is another table and never another loop. See `kernels.outline`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...kernels.outline import FIRST, GROWTH, HEADER, PER_HEIGHT, ROWS, SHARP, TOP, USED
from ..core.arrays import DoubleArray
from .aperture import Aperture, area, polygon, sides
from .ray_model import RayModel

SHARP_PX = 0.5
"""A disc of this radius lies within its own pixel: what is this sharp stays as it is."""

FLAWED_SHARP_PX = 0.15
"""The same for light that the lens's flaws set beside its pixel: a jump from one to the other would be seen."""

TABLE_ROWS = 2048
"""Rows of an even outline's table: finer than a picture's at the largest radius, some 500 rows."""

FEWEST_ROWS, MOST_ROWS = 24, 512
"""Rows of a traced outline's table."""


@dataclass(frozen=True)
class Fineness:
    """How finely an outline is traced.

    Attributes
    ----------
    lines : int
        Lines that the pupil is cut into.
    pieces : int
        Pieces of even density that a row is made of.
    rows_per_px : int
        Rows of its table to a pixel.
    slight : float
        About a mirror, few pieces tell its hole badly: light that is bent by less than this share of the blur is even.
    shows_rings : bool
        Whether the ripple of the wavefront is traced.
    """

    lines: int
    pieces: int
    rows_per_px: int
    slight: float
    shows_rings: bool

    @property
    def edges(self) -> int:
        """Steps in a row of the table."""
        return 2 * self.pieces


def coarse(ray_model: RayModel) -> Fineness:
    """For the pixels of a picture, whose outlines lie upon each other; a filter fades over more pieces."""
    return Fineness(24, 12 if ray_model.lens.glass.pupil.apodisation > 0.0 else 6, 1, 0.2, False)


def fine(ray_model: RayModel) -> Fineness:
    """For a light of its own: with every ring."""
    rings = math.ceil(ray_model.lens.glass.wavefront.ripple_rings * ray_model.lens.stop**2)
    return Fineness(max(64, 8 * rings), max(24, 4 * rings), 2, 0.0, True)


@lru_cache(maxsize=16)
def even_outlines(aperture: Aperture, squeeze: float = 1.0) -> tuple[DoubleArray, DoubleArray]:
    """Tabulate an evenly lit pupil.

    Parameters
    ----------
    aperture : Aperture
        With one curvature.
    squeeze : float

    Returns
    -------
    float64 (R, 2, 2), float64 (2, HEADER)
        Tables and headers, for lights behind and in front of focus: the second is turned by 180 degrees. Read-only.
    """
    x, y = polygon(aperture)
    density = squeeze / area(aperture)
    tables, psf_headers = np.zeros((2 * (TABLE_ROWS + 1), 2, 2)), np.zeros((2, HEADER))
    for side, sign in enumerate((1.0, -1.0)):
        heights = np.linspace((sign * y).min(), (sign * y).max(), TABLE_ROWS + 1)
        # Between two corners an edge is straight, so its value at the middle is its mean: the integral is exact.
        knots = np.unique(np.concatenate([heights, sign * y]))
        middle, step = 0.5 * (knots[1:] + knots[:-1]), np.diff(knots)
        at_height = np.searchsorted(knots, heights)
        first = side * (TABLE_ROWS + 1)
        for edge, (up, place) in enumerate(zip((1.0, -1.0), sides(sign * x / squeeze, sign * y, middle), strict=True)):
            table = tables[first : first + TABLE_ROWS + 1, edge]
            table[:, 0] = up * density * (heights - heights[0])
            table[:, 1] = up * density * np.concatenate([[0.0], np.cumsum(place * step)])[at_height]
        header = psf_headers[side]
        header[FIRST], header[ROWS], header[TOP] = first, TABLE_ROWS, heights[0]
        header[PER_HEIGHT] = TABLE_ROWS / (heights[-1] - heights[0])
        header[GROWTH], header[SHARP], header[USED] = 1.0, SHARP_PX, 2
    return _read_only(tables), _read_only(psf_headers)


def trace(
    ray_model: RayModel,
    radius_px: DoubleArray,
    field_position: DoubleArray,
    fineness: Fineness,
    most_rows: int = MOST_ROWS,
) -> tuple[DoubleArray, DoubleArray]:
    """Trace the outlines of some points of light.

    Parameters
    ----------
    ray_model : RayModel
    radius_px : float64 (N,)
        Signed blur radii, less `RayModel.defocus_px`.
    field_position : float64 (N, 2)
        Where they are; see `RayModel.field_position`.
    fineness : Fineness
    most_rows : int
        An outline has about a row to a pixel, and no more than these.

    Returns
    -------
    float64 (R, fineness.edges, 2), float64 (N, HEADER)
        Tables and headers, read-only.
    """
    from ...kernels.pupil import RIPPLE
    from ...kernels.trace import outlines

    trace_jobs = ray_model.trace_jobs(radius_px, field_position)
    if not fineness.shows_rings:
        trace_jobs[:, RIPPLE] = 0.0
    psf_headers = np.zeros((len(trace_jobs), HEADER))
    psf_headers[:, ROWS] = np.clip(
        np.ceil(2.0 * fineness.rows_per_px * (np.abs(radius_px) + ray_model.slopes_px)), FEWEST_ROWS, most_rows
    )
    ends = np.cumsum(psf_headers[:, ROWS] + 1)
    psf_headers[:, FIRST] = np.concatenate([[0.0], ends[:-1]])
    tables = np.empty((int(ends[-1]), fineness.edges, 2))
    sharp_px = FLAWED_SHARP_PX if ray_model.has_flaws else SHARP_PX
    size = fineness.lines, fineness.pieces, fineness.slight
    outlines(trace_jobs, ray_model.iris, *size, sharp_px, psf_headers, tables)
    return _read_only(tables), _read_only(psf_headers)


def _read_only(values: DoubleArray) -> DoubleArray:
    values.setflags(write=False)
    return values
