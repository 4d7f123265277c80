"""A large picture in tiles, each looked at with some of what lies around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import FloatArray
from .regions import PixelBox

TILE_PX = 512

CELL_PX = 32
"""Tiles and their surroundings begin at multiples of this, so that a picture so much smaller has a pixel there."""

GUIDE_LEVELS = 3
"""Halvings from a picture in tiles to its guide: the same picture, small enough to be looked at whole."""


@dataclass(frozen=True)
class Tile:
    """A tile of a picture.

    Attributes
    ----------
    inner : (slice, slice)
        Rows and columns that are made.
    outer : (slice, slice)
        What is looked at for them.
    around_px : int
        How far that goes beyond `inner`, within the picture.
    """

    inner: PixelBox
    outer: PixelBox
    around_px: int

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of what is made."""
        return self.inner[0].stop - self.inner[0].start, self.inner[1].stop - self.inner[1].start

    @property
    def within(self) -> PixelBox:
        """Rows and columns of `inner`, counted from the beginning of `outer`."""
        rows, columns = (
            slice(i.start - o.start, i.stop - o.start) for i, o in zip(self.inner, self.outer, strict=True)
        )
        return rows, columns

    def inside(self, whole: Tile) -> PixelBox:
        """Rows and columns of `inner`, counted from the beginning of a larger tile's."""
        rows, columns = (
            slice(i.start - w.start, i.stop - w.start) for i, w in zip(self.inner, whole.inner, strict=True)
        )
        return rows, columns

    def cut(self, boxes: Sequence[PixelBox], size: tuple[int, int]) -> Tile | None:
        """Cut the tile, of a picture of (H, W), to what boxes of the picture share with it; None for nothing."""
        spans = []
        for axis, own in enumerate(self.inner):
            first = max(min((box[axis].start for box in boxes), default=own.stop), own.start)
            last = min(max((box[axis].stop for box in boxes), default=own.start), own.stop)
            if first >= last:
                return None
            spans.append(slice(first, last))
        return _tile((spans[0], spans[1]), self.around_px, size)

    @property
    def cells(self) -> PixelBox:
        """Cells of `outer`."""
        return cells(self.outer)

    @property
    def guide(self) -> PixelBox:
        """Pixels of the guide that show `outer`."""
        rows, columns = (slice(o.start >> GUIDE_LEVELS, -(-o.stop // 2**GUIDE_LEVELS)) for o in self.outer)
        return rows, columns


def cells(box: PixelBox) -> PixelBox:
    """Cells that a box begins and ends with."""
    rows, columns = (slice(b.start // CELL_PX, -(-b.stop // CELL_PX)) for b in box)
    return rows, columns


def whole_cells(box: PixelBox, size: tuple[int, ...]) -> PixelBox:
    """Grow a box until it begins and ends at whole cells; within a picture of (H, W)."""
    rows, columns = (slice(c.start * CELL_PX, min(c.stop * CELL_PX, n)) for c, n in zip(cells(box), size, strict=True))
    return rows, columns


def cells_of(guide: FloatArray) -> FloatArray:
    """Mean of each cell of a guide (h, w, C)."""
    side = CELL_PX >> GUIDE_LEVELS
    for axis in (0, 1):
        starts = np.arange(0, guide.shape[axis], side)
        count = np.diff(np.append(starts, guide.shape[axis])).astype(np.float32)
        total = np.add.reduceat(guide, starts, axis=axis)
        guide = np.asarray(total / np.expand_dims(count, tuple(range(1, 3 - axis))), np.float32)
    return guide


def tiles(size: tuple[int, int], reach: float) -> Iterator[Tile]:
    """Cut a picture of (H, W) into tiles that see `reach` pixels beyond themselves."""
    around = int(reach) + 1
    height, width = size
    for top in range(0, height, TILE_PX):
        for left in range(0, width, TILE_PX):
            bottom, right = min(top + TILE_PX, height), min(left + TILE_PX, width)
            yield _tile((slice(top, bottom), slice(left, right)), around, size)


def moved(box: PixelBox, origin: PixelBox) -> PixelBox:
    """Move a box that is counted from the beginning of another to where that is."""
    rows, columns = (slice(o.start + b.start, o.start + b.stop) for b, o in zip(box, origin, strict=True))
    return rows, columns


def _tile(inner: PixelBox, around: int, size: tuple[int, int]) -> Tile:
    """See so far beyond a box, and to whole cells."""
    rows, columns = (slice(max(i.start - around, 0), i.stop + around) for i in inner)
    return Tile(inner, whole_cells((rows, columns), size), around)
