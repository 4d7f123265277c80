"""The photo's own size of a layered scene: what differs from the photo is listed, the rest is the photo itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.scratch import Empty
from ..depth.depth_mapping import DepthMapping
from ..image.regions import PixelBox
from .fragments import Fragments, ListedBacks, ListedFragments
from .light_energy import SceneLight

if TYPE_CHECKING:
    from ...kernels.fragments import BackArrays, SeenRows


@dataclass(frozen=True, eq=False)
class PhotoLevel:
    """The photo's own size: the photo itself, and lists of the pixels that are more than one surface.

    Attributes
    ----------
    light : SceneLight
    before : float32
        Where the subject's depths end, dioptres; infinite without a subject.
    band_rows : int
        Rows of each list.
    changed : list of ListedFragments
        Mixed pixels, and those of the subject whose depth is mended.
    hidden : list of ListedBacks
        Pixels behind which something is known that is not seen there.
    """

    light: SceneLight
    before: np.float32
    band_rows: int
    changed: list[ListedFragments]
    hidden: list[ListedBacks]

    def window(self, box: PixelBox, light: SceneLight, depths: DepthMapping, empty: Empty = np.empty) -> Fragments:
        """Return the fragments of a box, at the depths of a light, where these move."""
        rows, columns = box
        found = self._plain(box, light, empty)
        bands = slice(rows.start // self.band_rows, -(-rows.stop // self.band_rows))
        for lists in (self.changed[bands], self.hidden[bands]):
            for n, listed in enumerate(lists, bands.start):
                listed.place(rows.start - n * self.band_rows, columns.start, depths, found)
        return found

    def plain(self, box: PixelBox, empty: Empty = np.empty) -> Fragments:
        """Return the photo in a box, each pixel a single surface."""
        return self._plain(box, self.light, empty)

    def _plain(self, box: PixelBox, light: SceneLight, empty: Empty) -> Fragments:
        corner = box[0].start, box[1].start
        return Fragments.plain(light.rgbd(box, empty), self.light.dioptres, self._matte, self.before, corner, empty)

    def first_seen(self, box: PixelBox, empty: Empty = np.empty) -> SeenRows:
        """Return depth and class of what is seen first in a box."""
        from ...kernels.fragments import SeenRows, begin_seen, place_seen

        shape = box[0].stop - box[0].start, box[1].stop - box[1].start
        corner = box[0].start, box[1].start
        seen = SeenRows(empty(shape, np.float32), empty(shape, np.uint8))
        begin_seen(self.light.dioptres, self._matte, self.before, corner, seen)
        for n in self._bands(box[0]):
            listed = self.changed[n]
            place_seen(listed.rows, listed.pixels, (corner[0] - n * self.band_rows, corner[1]), seen)
        return seen

    def fronts(self, box: PixelBox, rgbd: FloatArray) -> None:
        """Write colour and dioptres of what is seen first in a box: float32 (h, w, 4)."""
        from ...kernels.fragments import place_fronts

        self.light.write_rgbd(box, rgbd)
        for n in self._bands(box[0]):
            listed = self.changed[n]
            place_fronts(listed.rows, listed.pixels, (box[0].start - n * self.band_rows, box[1].start), rgbd)

    def known_behind(self, box: PixelBox, least: float) -> tuple[NDArray[np.int64], NDArray[np.int64], BackArrays]:
        """Return what is hidden and known better than with a weight: rows and columns of the box, in raster order."""
        from ...kernels.fragments import BackArrays

        found = []
        for n in self._bands(box[0]):
            top = box[0].start - n * self.band_rows
            # A box begins above a band, or in it: rows are counted from where the box begins.
            window = top, box[0].stop - n * self.band_rows, box[1].start, box[1].stop
            found.append(self.hidden[n].known(least, window))
        ys, xs = (np.concatenate([one[k] for one in found]) for k in range(2))
        backs = [one[2] for one in found]
        back, weight = (np.concatenate([one[k] for one in backs]) for k in range(2))
        return ys, xs, BackArrays(back, weight, np.concatenate([one.kinds for one in backs]))

    def _bands(self, rows: slice) -> range:
        """Numbers of the lists of some rows."""
        return range(rows.start // self.band_rows, -(-rows.stop // self.band_rows))

    @property
    def _matte(self) -> FloatArray:
        """The subject's coverage; of shape (0, 0) where there is no subject."""
        matte = None if self.light.subject is None else self.light.matte
        return np.empty((0, 0), np.float32) if matte is None else matte

    def where_hidden(self, box: PixelBox, least: float) -> PixelBox | None:
        """Return the part of a box where something hidden is known better than with a weight; None where nothing is."""
        rows, columns = box
        found = []
        for n in self._bands(rows):
            top = n * self.band_rows
            one = self.hidden[n].extent(least, (rows.start - top, rows.stop - top, columns.start, columns.stop))
            if one is not None:
                found.append((one[0] + top, one[1] + top, one[2], one[3]))
        if not found:
            return None
        ends = np.array(found)
        low, high = ends.min(axis=0), ends.max(axis=0)
        return slice(int(low[0]), int(high[1])), slice(int(low[2]), int(high[3]))

    def matte(self, box: PixelBox) -> FloatArray:
        """Return the subject's coverage in a box; not to be written to."""
        if self.light.subject is None or self.light.matte is None:
            return np.zeros((box[0].stop - box[0].start, box[1].stop - box[1].start), np.float32)
        return np.ascontiguousarray(self.light.matte[box])

    @property
    def bytes(self) -> int:
        """What it takes beside the photo."""
        return sum(one.bytes for one in (*self.changed, *self.hidden))
