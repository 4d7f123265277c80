"""The outlines of a lens before one picture, by place and blur radius: traced when needed, and kept."""

from __future__ import annotations

import math
import threading

import numpy as np
from numpy.typing import NDArray

from ...kernels.outline import FIRST, HEADER, OutlineTables
from ..core.arrays import BoolArray, DoubleArray, FloatArray
from .outlines import coarse, even_outlines, trace
from .ray_model import RayModel

CELLS = 28
"""Cells along the longer side of the picture in which all points share their outlines."""

KNEE_PX, PER_OCTAVE = 2.0, 10.0
"""Outlines are traced for radii that lie evenly up to the knee, and beyond it so many to each doubling."""


class _GrowingArray:
    """An array that grows; what is in it stays where it is for those who are reading it."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        """Begin empty."""
        self.used = 0
        self.rows: DoubleArray = np.empty((0, *shape))

    def add(self, more: DoubleArray) -> None:
        """Append rows."""
        needed = self.used + len(more)
        if needed > len(self.rows):
            rows = np.empty((2 * needed, *more.shape[1:]))
            rows[: self.used] = self.rows[: self.used]
            self.rows = rows
        self.rows[self.used : needed] = more
        self.used = needed


class TracedOutlines:
    """Outlines of a lens before a picture.

    Any thread may ask. Colours, and the picture's smaller sizes, share them: what differs is the blur radius, the place
    and the scale.

    Parameters
    ----------
    ray_model : RayModel
        The lens before the whole picture.
    most_rows : int
        No table has more rows; one to a pixel of the size that it is drawn at is enough.
    """

    def __init__(self, ray_model: RayModel, most_rows: int) -> None:
        """Begin with none; those of a lens that makes the same of all points are there at once."""
        self.ray_model, self.most_rows = ray_model, most_rows
        self.cell_px = max(ray_model.size) / CELLS if ray_model.varies else 2.0 * max(ray_model.size)
        self.across, self.down = (math.ceil(n / self.cell_px) for n in ray_model.size[::-1])
        largest = 16.0 * max(ray_model.size)
        self.most = math.ceil(PER_OCTAVE * math.log2(1.0 + largest / KNEE_PX)) if ray_model.has_flaws else 0
        self.fineness = coarse(ray_model)
        edges = 2 if ray_model.is_even else self.fineness.edges
        self.slots = np.full(self.across * self.down * (2 * self.most + 2), -1, np.int32)
        self._tables, self._psf_headers = _GrowingArray((edges, 2)), _GrowingArray((HEADER,))
        self._lock = threading.Lock()
        if ray_model.is_even:
            self._keep(np.arange(2), *even_outlines(ray_model.aperture, ray_model.lens.glass.pupil.squeeze))

    @property
    def tables(self) -> OutlineTables:
        """All that are there by now."""
        return OutlineTables(self._tables.rows, self._psf_headers.rows)

    @property
    def count(self) -> int:
        """How many are there by now."""
        return self._psf_headers.used

    def cells(self, scale: float) -> tuple[float, int, int]:
        """Side of a cell in pixels of a picture `scale` times smaller; how many cells lie across and down."""
        return self.cell_px / scale, self.across, self.down

    def lens(self, scale: float, colour: int) -> tuple[float, float, float, float, float]:
        """Tell what is taken from the blur radius of a colour, for `kernels.choice.choose`."""
        everywhere, curved = (taken / scale for taken in self.ray_model.defocus_px(colour))
        middle_y, middle_x = ((n / scale - 1.0) / 2.0 for n in self.ray_model.size)
        return middle_y, middle_x, (self.ray_model.diagonal_px / scale / 2.0) ** 2, everywhere, curved

    def of_pixels(
        self, radius: FloatArray, active: BoolArray, at: tuple[int, int], scale: float, colour: int
    ) -> tuple[FloatArray, NDArray[np.int32]]:
        """Find each pixel's outline.

        Parameters
        ----------
        radius : float32 (h, w)
            Signed blur radius, pixels.
        active : bool (h, w)
        at : (int, int)
            Row and column of the picture where the arrays begin.
        scale : float
            It is so many times smaller.
        colour : int

        Returns
        -------
        float32 (h, w)
            The blur radius in this colour.
        int32 (h, w)
            The number of the outline; -1 where a pixel is not active.
        """
        from ...kernels.choice import choose

        defocused, which = np.empty_like(radius), np.empty(radius.shape, np.int32)
        wanted = np.zeros(len(self.slots), bool)
        of_lens, cells, radii = self.lens(scale, colour), self.cells(scale), self._radii(scale)
        choice = (radius, active, at, of_lens, cells, radii, self.slots, wanted, defocused, which)
        if choose(*choice):
            self._trace(np.flatnonzero(wanted))
            choose(*choice)
        return defocused, which

    def of_cells(self, cell: NDArray[np.int64], signed_px: DoubleArray, scale: float) -> NDArray[np.int32]:
        """Find the outlines of cells (n,) at blur radii (n, C), less what the lens takes, pixels: int32 (n, C)."""
        from ...kernels.choice import choose_listed

        which, wanted = np.empty(signed_px.shape, np.int32), np.zeros(len(self.slots), bool)
        choice = (cell, signed_px, self._radii(scale), self.slots, wanted, which)
        if choose_listed(*choice):
            self._trace(np.flatnonzero(wanted))
            choose_listed(*choice)
        return which

    def _radii(self, scale: float) -> tuple[float, float, int]:
        return PER_OCTAVE if self.most else 0.0, KNEE_PX / scale, self.most

    def _trace(self, keys: NDArray[np.intp]) -> None:
        """Make the outlines of some cells and radii."""
        cell, step = np.divmod(keys, 2 * self.most + 2)
        if self.most:
            signed = step - self.most
            radius_px = np.sign(signed) * KNEE_PX * (2.0 ** (np.abs(signed) / PER_OCTAVE) - 1.0)
        else:
            radius_px = np.where(step == 0, KNEE_PX, -KNEE_PX)
        field_position = np.zeros((len(keys), 2))
        if self.ray_model.varies:
            row, column = np.divmod(cell, self.across)
            middle = [(place + 0.5) * self.cell_px - 0.5 for place in (column, row)]
            field_position = self.ray_model.field_position(*middle)
        self._keep(keys, *trace(self.ray_model, radius_px, field_position, self.fineness, self.most_rows))

    def _keep(self, keys: NDArray, tables: DoubleArray, psf_headers: DoubleArray) -> None:
        with self._lock:
            first = self._psf_headers.used
            psf_headers = np.array(psf_headers)
            psf_headers[:, FIRST] += self._tables.used
            self._tables.add(tables)
            self._psf_headers.add(psf_headers)
            self.slots[keys] = np.arange(first, first + len(keys))
