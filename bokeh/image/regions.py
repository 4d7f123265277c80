"""Sets of pixels: grown by a square, their connected regions, and the box around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import BoolArray, FloatArray
from ..core.threads import LEAST_ROWS, each_part
from .filters import spread

PixelBox = tuple[slice, slice]


def dilate(mask: BoolArray, reach: int, *, across: bool = True) -> BoolArray:
    """Grow a mask by `reach` pixels up and down and, unless not `across`, to the left and right: by a square."""
    out = np.empty(mask.shape, np.bool_)

    def band(rows: slice) -> None:
        top = max(rows.start - reach, 0)
        grown = np.array(mask[top : rows.stop + reach], order="C").view(np.uint8)
        spread(grown, reach, np.bitwise_or)
        own = grown[rows.start - top : rows.stop - top]
        if across:
            spread(own.T, reach, np.bitwise_or)
        out[rows] = own.view(np.bool_)

    each_part(band, len(mask), max(LEAST_ROWS, 4 * reach))
    return out


def between(values: FloatArray, low: float, high: float) -> BoolArray:
    """Mark what is more than one value and less than another: bool (H, W)."""
    marks = np.empty(values.shape, np.bool_)

    def band(rows: slice) -> None:
        np.logical_and(values[rows] > low, values[rows] < high, out=marks[rows])

    each_part(band, len(marks))
    return marks


@dataclass(frozen=True, eq=False)
class Regions:
    """The connected regions of a mask, as runs of pixels in raster order.

    A picture of labels would take four bytes per pixel; what is bright takes little of a picture.

    Attributes
    ----------
    row_starts : int64 (H + 1,)
        Number of the first run of each row.
    first, stop : int32 (R,)
        Columns from `first` to before `stop`.
    label : int32 (R,)
        The region that a run belongs to, from 1.
    count : int
        How many regions there are.
    """

    row_starts: NDArray[np.int64]
    first: NDArray[np.int32]
    stop: NDArray[np.int32]
    label: NDArray[np.int32]
    count: int

    @property
    def labels(self) -> NDArray[np.int32]:
        """The label of each pixel of the mask, in raster order."""
        return np.repeat(self.label, self.stop - self.first)

    @property
    def pixels(self) -> NDArray[np.int64]:
        """The size of each region, int64 (count + 1,); 0 for label 0."""
        return np.bincount(self.label, self.stop - self.first, self.count + 1).astype(np.int64)

    @property
    def run_rows(self) -> NDArray[np.int64]:
        """The row of each run (R,)."""
        return np.repeat(np.arange(len(self.row_starts) - 1), np.diff(self.row_starts))

    def places(self, chosen: BoolArray) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Rows, columns and labels of the pixels of some regions, in raster order; `chosen` is (count + 1,)."""
        from ...kernels import masks as kernels

        runs = np.flatnonzero(chosen[self.label])
        before = np.concatenate([[0], np.cumsum(self.stop[runs] - self.first[runs], dtype=np.int64)])
        rows, columns, labels = (np.empty(before[-1], np.int64) for _ in range(3))
        own = self.run_rows[runs], self.first[runs], self.label[runs]
        kernels.list_pixels(own, before, (rows, columns, labels))
        return rows, columns, labels


def list_runs(mask: BoolArray) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """List the runs of a mask (H, W) in raster order.

    Returns
    -------
    row_starts : int64 (H + 1,)
        Number of the first run of each row, and of all.
    first, stop : int32 (R,)
        Columns from `first` to before `stop`.
    """
    from ...kernels import masks as kernels

    row_starts = np.zeros(mask.shape[0] + 1, np.int64)
    counts = row_starts[1:]
    each_part(lambda rows: kernels.count_runs(mask[rows], counts[rows]), len(mask))
    np.cumsum(row_starts, out=row_starts)
    first, stop = np.empty(row_starts[-1], np.int32), np.empty(row_starts[-1], np.int32)

    def listed(rows: slice) -> None:
        kernels.list_runs(mask[rows], row_starts[rows.start : rows.stop + 1], first, stop)

    each_part(listed, len(mask))
    return row_starts, first, stop


def connected(mask: BoolArray) -> Regions:
    """Find the connected regions of a mask (corners connect), numbered in raster order."""
    from ...kernels import masks as kernels

    row_starts, first, stop = list_runs(mask)
    label = np.empty(len(first), np.int32)
    return Regions(row_starts, first, stop, label, int(kernels.number_runs(row_starts, first, stop, label)))


def box_around(mask: BoolArray) -> PixelBox:
    """Smallest box (rows, columns) around a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def marked_part(cells: BoolArray, side: int, box: PixelBox) -> PixelBox | None:
    """Return the part of a box of a picture, in whole cells of `side` pixels, that is marked; None where nothing is."""
    rows, columns = (slice(b.start // side, -(-b.stop // side)) for b in box)
    marked = cells[rows, columns]
    if not marked.any():
        return None
    down, across = box_around(marked)
    return (
        slice(side * (rows.start + down.start), side * (rows.start + down.stop)),
        slice(side * (columns.start + across.start), side * (columns.start + across.stop)),
    )
