"""What a pixel spreads through a lens with flaws, as stamps: made when first needed, and kept for the next render."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...kernels.kept_stamps import LANES, NEW, PARTS, PER_PX, PLACE_BITS, RADIUS_BITS, STAMPS, STEPS, KeptStamps
from ...kernels.outline import GROWTH, OFFSET
from ..core.arrays import BoolArray, DoubleArray, FloatArray
from ..image.regions import PixelBox
from .traced_outlines import TracedOutlines

SLOTS, MOST_STEPS = 1 << 18, 1 << 20
"""Places for stamps that a thread keeps at one size of the picture; of more steps than these all are forgotten."""

FEWEST_NEW = 64
"""Room for so many stamps is made at a time, however large."""


@dataclass(eq=False)
class _Shelf:
    """Stamps of one size of the picture, which one thread at a time has in hand.

    Attributes
    ----------
    kept : KeptStamps
    patch : float64 (m, m, LANES)
        Zeros, for a stamp while it is made.
    """

    kept: KeptStamps
    patch: DoubleArray = field(default_factory=lambda: np.zeros((0, 0, LANES)))

    @staticmethod
    def empty() -> _Shelf:
        """Return one without stamps."""
        return _Shelf(
            KeptStamps(
                np.full(SLOTS, -1), np.empty((SLOTS, 2), np.int64), np.empty(SLOTS, np.int32),
                np.empty(SLOTS // 2, np.int64), np.empty((0, 2), np.int16), np.empty((0, LANES), np.float32),
                np.zeros(3, np.int64),
            )
        )  # fmt: skip

    def make_room(self, reaches: NDArray[np.int32]) -> None:
        """Make room for stamps of these reaches."""
        kept, sides = self.kept, 2 * reaches.astype(np.int64) + 1
        used = int(kept.counts[STEPS])
        needed = used + int((sides * sides).sum())
        if needed > len(kept.step):
            place, step = np.empty((2 * needed, 2), np.int16), np.empty((2 * needed, LANES), np.float32)
            place[:used], step[:used] = kept.place[:used], kept.step[:used]
            self.kept = kept._replace(place=place, step=step)
        if sides.max() + 1 > len(self.patch):
            self.patch = np.zeros((int(sides.max()) + 1, int(sides.max()) + 1, LANES))

    def forget_if_full(self, most_new: int) -> None:
        """Forget all where there might be no room for so many more."""
        counts = self.kept.counts
        if counts[STEPS] > MOST_STEPS or 2 * (counts[STAMPS] + most_new) > SLOTS:
            self.kept.keys[:] = -1
            counts[:] = 0


class StampStore:
    """The stamps of a lens before a picture.

    Parameters
    ----------
    outlines : TracedOutlines
    """

    def __init__(self, outlines: TracedOutlines) -> None:
        """Begin with none."""
        self.outlines = outlines
        ray_model = outlines.ray_model
        self._magnified = np.array([ray_model.magnification(colour) for colour in ray_model.colours])
        self._free: dict[float, list[_Shelf]] = {}

    @property
    def made(self) -> int:
        """How many stamps are kept; of those that threads have in hand, none."""
        return sum(int(shelf.kept.counts[STAMPS]) for free in self._free.values() for shelf in free)

    def scatter(
        self,
        values: FloatArray,
        radius: FloatArray,
        active: BoolArray,
        at: tuple[int, int],
        box: PixelBox,
        scale: float,
        largest_px: float,
        out: FloatArray,
    ) -> None:
        """Spread the light of some pixels.

        Parameters
        ----------
        values, radius, active, at, box
            As of `PsfTables.scatter`.
        scale : float
            The picture is so many times smaller.
        largest_px : float
            No light goes farther, by blur and flaws.
        out : float32 (h', w', 4), overwritten
        """
        from ...kernels.kept_stamps import add_kept, find, sum_kept

        free = self._free.setdefault(scale, [])
        try:
            shelf = free.pop()
        except IndexError:  # another thread has it
            shelf = _Shelf.empty()
        # The more they spread, the fewer there is room for at a time.
        most_new = max(MOST_STEPS // (2 * math.ceil(largest_px) + 3) ** 2, FEWEST_NEW)
        middle_y, middle_x, corner, _, curved = self.outlines.lens(scale, self.outlines.ray_model.colours[0])
        lens = middle_y, middle_x, corner, curved, float(self._magnified.max()) * PARTS
        slots, cells = np.empty(radius.shape, np.int32), self.outlines.cells(scale)
        steps, margin, first = np.empty((0, 0, 2 * LANES)), -1, 0
        while first < radius.size:
            shelf.forget_if_full(most_new)
            end, reach = find(radius, active, at, lens, cells, first, most_new, shelf.kept, slots)
            needed = max(reach, self._make(shelf, scale))
            if needed > margin:
                steps, margin = _widened(steps, radius.shape, margin, needed), needed
            add_kept(values, slots, (first, end), shelf.kept, margin, steps.reshape(-1, 2 * LANES))
            first = end
        free.append(shelf)
        sum_kept(steps.reshape(-1, 2 * LANES), steps.shape[1], (box[0].start + margin, box[1].start + margin), out)

    def _make(self, shelf: _Shelf, scale: float) -> int:
        """Make the stamps that are new on a shelf; return how far they reach."""
        from ...kernels.kept_stamps import make

        new = int(shelf.kept.counts[NEW])
        if new == 0:
            return 0
        cell, signed, shift = _taken_apart(shelf.kept.keys[shelf.kept.new[:new]])
        ray_model = self.outlines.ray_model
        taken = [ray_model.defocus_px(colour)[0] / scale for colour in ray_model.colours]
        signed = signed[:, None] - np.array(taken)
        which = self.outlines.of_cells(cell, signed, scale)
        tables = self.outlines.tables
        shapes = np.empty((*which.shape, 3))
        header = tables.psf_headers[which]
        shapes[..., 0] = header[..., OFFSET] / scale + header[..., GROWTH] * np.abs(signed)
        farthest = self._magnified.max()
        share = self._magnified / farthest if farthest > 0.0 else np.zeros(len(self._magnified))
        shapes[..., 1:] = share[:, None] * shift[:, None]
        reaches = np.ceil((shapes[..., :1] + np.abs(shapes[..., 1:])).max(axis=(1, 2))).astype(np.int32) + 3
        shelf.make_room(reaches)
        make(tables, which, shapes, reaches, np.empty((tables.tables.shape[1], 2)), shelf.patch, shelf.kept)
        return int(reaches.max())


def _taken_apart(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], DoubleArray, DoubleArray]:
    """Take keys (n,) apart: cells (n,), blur radii (n,) and how far light lands down and across (n, 2), pixels."""
    places = keys[:, None] >> np.array([PLACE_BITS, 0]) & ((1 << PLACE_BITS) - 1)
    size = keys >> 2 * PLACE_BITS & ((1 << RADIUS_BITS) - 1)
    signed = (size - (1 << RADIUS_BITS - 1)) / PER_PX
    return keys >> 2 * PLACE_BITS + RADIUS_BITS, signed, (places - (1 << PLACE_BITS - 1)) / PARTS


def _widened(steps: DoubleArray, shape: tuple[int, ...], margin: int, wider: int) -> DoubleArray:
    """Return steps of so many pixels with a wider margin: float64 (h + 2 m, w + 2 m, 2 * LANES); -1 where are none."""
    zeros = np.zeros((shape[0] + 2 * wider, shape[1] + 2 * wider, 2 * LANES))
    if margin >= 0:
        before = wider - margin
        zeros[before:-before, before:-before] = steps
    return zeros
