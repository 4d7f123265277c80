"""The image of a point of light through the pupil, as tables that the scatter and the sprites read.

A table is data: a new iris, or a new lens, is another table and never another loop. See `kernels.outline`.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..kernels.outline import FIRST, FRAME, GROWTH, PER_HEIGHT, ROWS, SHARP, TOP
from .aperture import Aperture, area, polygon, sides
from .masks import Box
from .optics import Optics

FloatArray = NDArray[np.float32]
Array = NDArray[np.float64]

SHARP_PX = 0.5
"""A disc of this radius lies within its own pixel: what is this sharp stays as it is."""

FLAWED_SHARP_PX = 0.15
"""The same for light that the lens's flaws set beside its pixel: a jump from one to the other would be seen."""

TABLE_ROWS = 2048
"""Rows of an even outline's table: finer than a picture's at the largest radius, some 500 rows."""

CELLS = 28
"""Cells along the longer side of the picture in which all points share their outlines."""

KNEE_PX, PER_OCTAVE = 2.0, 6.0
"""Outlines are traced for radii that lie evenly up to the knee, and beyond it so many to each doubling."""

FEWEST_MOST_ROWS = (24, 512)
"""Fewest and most rows of a traced outline."""

COLOURS = ((0, 4), (1, 3, 4), (2, 4))
"""Of red, green, blue, coverage and weight: what is spread with each colour. Coverage goes with the green."""

TOGETHER = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Fineness:
    """How finely an outline is traced.

    Attributes
    ----------
    lines : int
        Lines that the pupil is cut into.
    pieces : int
        Pieces of even density that each half of a row is made of.
    shows_rings : bool
        Whether the ripple of the wavefront is traced.
    """

    lines: int
    pieces: int
    shows_rings: bool

    @property
    def edges(self) -> int:
        """Steps in a row of the table."""
        return 4 * self.pieces


COARSE = Fineness(24, 2, False)
"""For the pixels of a picture, whose outlines lie upon each other."""


class _Rows:
    """An array that grows; what is in it stays where it is for those who are reading it."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        """Begin empty."""
        self.used = 0
        self.rows: Array = np.empty((0, *shape))

    def add(self, more: Array) -> None:
        """Append rows."""
        needed = self.used + len(more)
        if needed > len(self.rows):
            rows = np.empty((2 * needed, *more.shape[1:]))
            rows[: self.used] = self.rows[: self.used]
            self.rows = rows
        self.rows[self.used : needed] = more
        self.used = needed


class Outlines:
    """What a lens makes of the points of a picture of one size.

    Outlines are traced when they are first needed, and kept: any thread may ask.

    Parameters
    ----------
    optics : Optics
    """

    def __init__(self, optics: Optics) -> None:
        """Begin with none; those of a lens that makes the same of all points are there at once."""
        self.optics = optics
        uniform, flawed = optics.is_uniform, optics.has_flaws
        self.cell_px = max(optics.size) / CELLS if optics.has_rims or flawed else float(2 * max(optics.size))
        down, across = (math.ceil(n / self.cell_px) for n in optics.size)
        self.grid = across, down
        largest = 16.0 * max(optics.size)
        self.most = math.ceil(PER_OCTAVE * math.log2(1.0 + largest / KNEE_PX)) if flawed else 0
        self.channels = COLOURS if len(optics.colours) == 3 else (TOGETHER,)
        edges = 2 if uniform else COARSE.edges
        self.rooms = tuple(((0.0,) * len(channels), (0.0,) * (2 * edges)) for channels in self.channels)
        self.slots = np.full(across * down * (2 * self.most + 2), -1, np.int32)
        self.tables = [_Rows((edges, 2)) for _ in self.channels]
        self.frames = [_Rows((FRAME,)) for _ in self.channels]
        self._lock = threading.Lock()
        if uniform:
            tables, frames = even_outlines(optics.aperture, optics.lens.glass.pupil.squeeze)
            self._keep(np.arange(2), [tables], [frames])

    def scatter(
        self, values: FloatArray, radius: FloatArray, active: NDArray[np.bool_], at: tuple[int, int], box: Box
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

        Returns
        -------
        float32 (h', w', 4)
            Colour and coverage there, divided by the weight.
        """
        from ..kernels.scatter import scatter

        which = self._which(radius, active, at)
        out = np.empty((box[0].stop - box[0].start, box[1].stop - box[1].start, 4), np.float32)
        for tables, frames, channels, room in zip(self.tables, self.frames, self.channels, self.rooms, strict=True):
            top, left = box[0].start, box[1].start
            scatter(values, radius, which, tables.rows, frames.rows, top, left, channels, room, out)
        return out

    def _which(self, radius: FloatArray, active: NDArray[np.bool_], at: tuple[int, int]) -> NDArray[np.int32]:
        """Each pixel's outline; -1 where it is not active."""
        from ..kernels.sheet import choose

        which = np.empty(radius.shape, np.int32)
        wanted = np.zeros(len(self.slots), bool)
        per_octave = PER_OCTAVE if self.most else 0.0
        choice = (radius, active, *at, self.cell_px, *self.grid, per_octave, KNEE_PX, self.most)
        if choose(*choice, self.slots, wanted, which):
            self._trace(np.flatnonzero(wanted))
            choose(*choice, self.slots, wanted, which)
        return which

    def _trace(self, keys: NDArray[np.intp]) -> None:
        """Make the outlines of some cells and radii."""
        per_cell = 2 * self.most + 2
        cell, step = keys // per_cell, keys % per_cell
        if self.most:
            signed = step - self.most
            radius_px = np.sign(signed) * KNEE_PX * (2.0 ** (np.abs(signed) / PER_OCTAVE) - 1.0)
        else:
            radius_px = np.where(step == 0, KNEE_PX, -KNEE_PX)
        across, _ = self.grid
        middle = [(place + 0.5) * self.cell_px - 0.5 for place in (cell % across, cell // across)]
        middle = [np.minimum(place, n - 1.0) for place, n in zip(middle, self.optics.size[::-1], strict=True)]
        field = self.optics.field(*middle) if self.cell_px < max(self.optics.size) else np.zeros((len(keys), 2))
        made = [trace(self.optics, radius_px, field, colour, COARSE) for colour in self.optics.colours]
        self._keep(keys, [tables for tables, _ in made], [frames for _, frames in made])

    def _keep(self, keys: NDArray, tables: list[Array], frames: list[Array]) -> None:
        with self._lock:
            first = self.frames[0].used
            for own, own_frames, more, framed in zip(self.tables, self.frames, tables, frames, strict=True):
                framed[:, FIRST] += own.used
                own.add(more)
                own_frames.add(framed)
            self.slots[keys] = np.arange(first, first + len(keys))


@lru_cache(maxsize=16)
def even_outlines(aperture: Aperture, squeeze: float = 1.0) -> tuple[Array, Array]:
    """Tabulate an evenly lit pupil.

    Parameters
    ----------
    aperture : Aperture
        With one curvature.
    squeeze : float

    Returns
    -------
    float64 (R, 2, 2), float64 (2, FRAME)
        Tables and frames, for lights behind and in front of focus: the second is turned by 180 degrees.
    """
    x, y = polygon(aperture)
    density = squeeze / area(aperture)
    tables, frames = np.zeros((2 * (TABLE_ROWS + 1), 2, 2)), np.zeros((2, FRAME))
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
        frame = frames[side]
        frame[FIRST], frame[ROWS], frame[TOP] = first, TABLE_ROWS, heights[0]
        frame[PER_HEIGHT] = TABLE_ROWS / (heights[-1] - heights[0])
        frame[GROWTH], frame[SHARP] = 1.0, SHARP_PX
    return tables, frames


def fine(optics: Optics) -> Fineness:
    """For a light of its own: with every ring."""
    rings = math.ceil(optics.lens.glass.wavefront.ripple_rings * optics.stop**2)
    return Fineness(max(64, 10 * rings), max(10, 3 * rings), True)


def trace(optics: Optics, radius_px: Array, field: Array, colour: int, fineness: Fineness) -> tuple[Array, Array]:
    """Trace the outlines of some points of light.

    Parameters
    ----------
    optics : Optics
    radius_px : float64 (N,)
        Signed blur radii of the thin lens.
    field : float64 (N, 2)
        Where they are; see `Optics.field`.
    colour : int
        0 red, 1 green, 2 blue.
    fineness : Fineness

    Returns
    -------
    float64 (R, fineness.edges, 2), float64 (N, FRAME)
        Tables and frames; an outline has about a row to a pixel.
    """
    from ..kernels import trace as kernel

    jobs = optics.jobs(radius_px, field, colour)
    if not fineness.shows_rings:
        jobs[:, kernel.RIPPLE] = 0.0
    frames = np.zeros((len(jobs), FRAME))
    frames[:, ROWS] = np.clip(np.ceil(2.0 * optics.reach_px(radius_px)), *FEWEST_MOST_ROWS)
    ends = np.cumsum(frames[:, ROWS] + 1)
    frames[:, FIRST] = np.concatenate([[0.0], ends[:-1]])
    tables = np.empty((int(ends[-1]), fineness.edges, 2))
    sharp_px = FLAWED_SHARP_PX if optics.has_flaws else SHARP_PX
    size = fineness.lines, fineness.pieces
    kernel.outlines(jobs, optics.iris, *size, sharp_px, frames, tables)
    return tables, frames
