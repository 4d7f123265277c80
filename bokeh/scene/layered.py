"""The layered scene: a photo as a layered depth image, taken apart once, at all sizes, and seen through any lens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.scratch import Empty, Scratch
from ..core.threads import each
from ..depth.depth_mapping import STILL, DepthMapping
from ..image.boxes import within
from ..image.regions import PixelBox
from .bridging import LEAST_WEIGHT, GapBridge
from .fragments import Fragments, ListedBacks, ListedFragments
from .glow import Glow
from .light_energy import SceneLight
from .photo_level import PhotoLevel
from .subject_range import SubjectRange
from .subject_sides import SubjectSides

if TYPE_CHECKING:
    from ...kernels.fragments import SeenRows
    from ...kernels.sides import SubjectDepths

Done = TypeVar("Done")

BAND_ROWS = 64
"""Rows that are made together, whole cells of them; the result does not depend on it."""

AROUND_PX = 4
"""Rows of the photo around those that are split: what lies beside an edge."""

CELL = 32
"""Pixels a side of the cells of which the depths are known, at every size."""

SMALLEST_PX = 8
"""The longer side of the smallest size is no longer."""

JUMP_SHARE, LEAST_JUMP = 0.02, 1e-6
"""Neighbours whose depths differ by more than this share of the scene's range, in dioptres, lie on two surfaces."""

STEEP_SHARE = 0.2
"""What falls by the scene's whole range within this share of the longer side, or slower, is still one surface."""

LEAST_SURE = 0.0001
"""What is hidden is continued at the photo's size as far as it is surer than this; farther only where all is wanted."""


@dataclass(frozen=True, eq=False)
class LayeredScene:
    """A photo as a layered depth image, at its own size and halved again and again.

    Attributes
    ----------
    light : SceneLight
    depth_range : (float, float)
        Smallest and largest dioptres.
    sizes : list of (int, int)
        (H, W) of each level; the last is at most `SMALLEST_PX` long.
    photo : PhotoLevel
        Level 0.
    smaller : list of Fragments
        Levels 1 and up.
    ranges : list of (float32 (3, h, w), float32 (3, h, w))
        Of each level; see `cells`.
    depths : DepthMapping
        Where depths are moved when they are looked at, but for those of the light.
    uses_up : bool
        Whether those of the smaller levels are moved where they lie: nobody else looks at these fragments.

    Notes
    -----
    J. Shade, S. Gortler, L. He, R. Szeliski, "Layered depth images", 1998.
    """

    light: SceneLight
    depth_range: tuple[float, float]
    sizes: list[tuple[int, int]]
    photo: PhotoLevel
    smaller: list[Fragments]
    ranges: list[tuple[FloatArray, FloatArray]]
    depths: DepthMapping = STILL
    uses_up: bool = False
    _used_up: set[int] = field(default_factory=set, init=False, repr=False)

    @property
    def subject(self) -> SubjectRange | None:
        """Where the subject is."""
        return self.light.subject

    def window(self, level: int, box: PixelBox, empty: Empty = np.empty) -> Fragments:
        """Return the fragments of a box (rows, columns) of a level, which lies within it: copies.

        `empty` makes the arrays of the photo's own size.
        """
        if level > 0:
            return self.level(level).crop(box).copy()
        return self.photo.window(box, self.light, self.depths, empty)

    def level(self, level: int) -> Fragments:
        """Return the fragments of a level below the photo's own size; not to be written to."""
        from ...kernels.move import copy_moved

        found = self.smaller[level - 1]
        if self.depths is STILL or level in self._used_up:
            return found
        moved = found
        if self.uses_up:
            self._used_up.add(level)
        else:
            moved = replace(found, front=np.empty_like(found.front), back=np.empty_like(found.back))

        def copy(rows: slice) -> None:
            copy_moved(found.arrays, self.depths.table, (rows.start, rows.stop), moved.front, moved.back)

        _in_bands(len(found.alpha), copy)
        return moved

    def cells(self, level: int) -> tuple[FloatArray, FloatArray]:
        """Lowest and highest dioptres of each class in each cell of `CELL` pixels.

        Parameters
        ----------
        level : int

        Returns
        -------
        lowest, highest : float32 (3, ceil(H / CELL), ceil(W / CELL))
            Of what is seen and what is hidden, at level 0 perhaps a little beyond; 1e30 and -1e30 where a cell holds
            nothing of a class.
        """
        return self.ranges[level]

    def moved(self, depths: DepthMapping, light: SceneLight | None = None, uses_up: bool = False) -> LayeredScene:
        """Return the same scene at other depths, without taking it apart again.

        Parameters
        ----------
        depths : DepthMapping
        light : SceneLight, optional
            The light at those depths, where it is at hand.
        uses_up : bool, optional
            Whether this scene is of no use after, and its memory is the moved one's.
        """
        assert self.depths is STILL
        light = self.light.moved(depths, depths(self.light.dioptres), self.light.lights) if light is None else light
        far, near = (float(end) for end in depths(np.array(self.depth_range, np.float32)))
        ranges = []
        for low, high in self.ranges:
            known = low <= high
            ranges.append((np.where(known, depths(low), low), np.where(known, depths(high), high)))
        return replace(self, light=light, depth_range=(far, near), ranges=ranges, depths=depths, uses_up=uses_up)

    @classmethod
    def of(cls, light: SceneLight, dense: bool = False) -> LayeredScene:
        """Take a scene apart.

        Parameters
        ----------
        light : SceneLight
        dense : bool
            Whether what lies behind is wanted everywhere at the photo's size, however far from where it is seen.
        """
        return _Builder(light, dense).scene()


@dataclass(frozen=True, eq=False)
class _Builder:
    """Takes a scene apart, band by band."""

    light: SceneLight
    dense: bool
    scratch: Scratch = field(default_factory=Scratch)

    def scene(self) -> LayeredScene:
        """Make all of it."""
        sizes = _sizes(self.light.dioptres.shape)
        smaller = [Fragments.empty(size) for size in sizes[1:]]
        photo = self._split(smaller[0] if smaller else None)
        for level in range(1, len(smaller)):
            self._halve(smaller[level - 1], level, smaller[level])
        for level in range(len(smaller) - 1, 0, -1):
            self._hide(smaller[level], level, smaller[level - 1])
        ranges = [_no_ranges(size) for size in sizes]
        for fragments, own in zip(smaller, ranges[1:], strict=True):
            _in_bands(
                len(fragments.alpha), lambda rows, f=fragments, o=own: _find_ranges(f.crop(_whole(rows, f)), o, rows)
            )
        photo = self._hide_photo(photo, smaller[0] if smaller else None, ranges[0])
        return LayeredScene(self.light, self.depth_range, sizes, photo, smaller, ranges)

    @cached_property
    def depth_range(self) -> tuple[float, float]:
        dioptres = self.light.dioptres
        ends = _in_bands(len(dioptres), lambda rows: (float(dioptres[rows].min()), float(dioptres[rows].max())))
        return min(low for low, _ in ends), max(high for _, high in ends)

    @cached_property
    def depths(self) -> SubjectDepths:
        """Where the subject stands, dioptres; nowhere when there is none."""
        from ...kernels.sides import SubjectDepths

        subject = self.light.subject
        if subject is None:
            return SubjectDepths(np.float32(np.inf), np.float32(np.inf))
        return SubjectDepths(np.float32(subject.far - subject.margin), np.float32(subject.near + subject.margin))

    def jump(self, level: int) -> np.float32:
        """Difference in depth of two surfaces at a level, dioptres."""
        return depth_jump(self.depth_range, self.light.dioptres.shape, level)

    def _split(self, half: Fragments | None) -> PhotoLevel:
        """Split the photo's mixed pixels; make the next smaller size, which is overwritten."""
        from ...kernels import splitting, subject

        height, width = self.light.dioptres.shape
        photo = PhotoLevel(self.light, self.depths.near, BAND_ROWS, [], [])
        glow = Glow.of(self.light, self.jump(0), self.depths.near)
        sides = None if self.light.subject is None else SubjectSides.of(self.light, self.depths, glow, self.scratch)

        def band(rows: slice) -> ListedFragments:
            with self.scratch.room() as room:
                return split_band(rows, room.empty)

        def split_band(rows: slice, empty: Empty) -> ListedFragments:
            first, last = max(rows.start - AROUND_PX, 0), min(rows.stop + AROUND_PX, height)
            box = slice(first, last), slice(0, width)
            found, matte = photo.plain(box, empty), photo.matte(box)
            taken = None if glow is None else glow.take_off(found.front, matte, (first, 0))
            rgbd, changed = empty(found.front.shape, np.float32), empty(matte.shape, np.bool_)
            rgbd[:] = found.front
            if splitting.mark_edges(rgbd, matte, self.jump(0), changed):
                splitting.split(rgbd, matte, changed, photo.before, found.arrays)
            if sides is not None:
                at = (first, *sides.corner)
                subject.unmix_subject(
                    rgbd, matte, at, self.depths, (sides.front, sides.back, sides.far), found.arrays, changed
                )
            if glow is not None and taken is not None:
                glow.give_back(taken, (first, 0), found, changed)
            inner = slice(rows.start - first, rows.stop - first)
            found = found.crop((inner, slice(None)))
            if half is not None:
                self._halve_rows(found, 1, half, rows)
            return found.listed(changed[inner])

        return replace(photo, changed=_in_bands(height, band))

    def _halve(self, fine: Fragments, level: int, half: Fragments) -> None:
        """Make level `level + 1` of one."""
        _in_bands(len(fine.alpha), lambda rows: self._halve_rows(fine.crop(_whole(rows, fine)), level + 1, half, rows))

    def _halve_rows(self, fine: Fragments, level: int, half: Fragments, rows: slice) -> None:
        """Make rows of a level of those of the next larger one."""
        from ...kernels.halving import halve

        there = half.crop((slice(rows.start // 2, (rows.stop + 1) // 2), slice(None)))
        halve(fine.arrays, self.jump(level), there.arrays)

    def _hide(self, coarse: Fragments, level: int, fine: Fragments) -> None:
        """Find what lies behind the pixels of a level."""
        from ...kernels.hidden import hide

        def band(rows: slice) -> None:
            hide(coarse.arrays, rows.start, self.jump(level), np.float32(0.0), fine.crop(_whole(rows, fine)).arrays)

        _in_bands(len(fine.alpha), band)

    def _hide_photo(
        self, photo: PhotoLevel, coarse: Fragments | None, ranges: tuple[FloatArray, FloatArray]
    ) -> PhotoLevel:
        """Find what lies behind the photo's pixels, and the ranges of its cells, which are overwritten."""
        height, width = self.light.dioptres.shape
        least = np.float32(0.0 if self.dense else LEAST_SURE)

        def band(rows: slice) -> ListedBacks:
            with self.scratch.room() as room:
                seen = photo.first_seen((rows, slice(0, width)), room.empty)
                if coarse is None:
                    hidden = ListedBacks.none(len(seen.kinds))
                else:
                    hidden = ListedBacks.behind(coarse, rows.start, self.jump(0), least, seen, room.empty)
                _find_seen_ranges(seen, photo.changed[rows.start // photo.band_rows], hidden, ranges, rows)
            return hidden

        hidden = _in_bands(height, band)
        return self._bridge(replace(photo, hidden=hidden), ranges)

    def _bridge(self, photo: PhotoLevel, ranges: tuple[FloatArray, FloatArray]) -> PhotoLevel:
        """Continue what narrow things hide line by line: in place, once all of it was looked at; widen the ranges."""
        from ...kernels.fragments import include_places

        size = self.light.dioptres.shape
        bridge = GapBridge.of(size, float(self.jump(0)), self.depth_range)

        def continued(tile: PixelBox) -> tuple[NDArray, NDArray, NDArray, FloatArray] | None:
            inner = photo.where_hidden(tile, LEAST_WEIGHT)
            if inner is None:
                return None
            outer = bridge.around(inner, size)
            shape = outer[0].stop - outer[0].start, outer[1].stop - outer[1].start
            hidden = photo.known_behind(outer, LEAST_WEIGHT)
            with self.scratch.room() as room:
                seen, rgbd = photo.first_seen(outer, room.empty), room.empty((*shape, 4), np.float32)
                photo.fronts(outer, rgbd)
                ys, xs, kinds, back = bridge.continued((rgbd, seen, hidden), within(inner, outer), room.empty)
            return ys + outer[0].start, xs + outer[1].start, kinds, back

        def put(found: tuple[NDArray, NDArray, NDArray, FloatArray] | None) -> None:
            # Tiles are whole cells, and share no pixel.
            if found is not None:
                rows, columns, kinds, back = found
                include_places(kinds, rows, columns, back, CELL, *ranges)
                ends = np.searchsorted(rows, np.arange(len(photo.hidden) + 1) * photo.band_rows)
                for n in np.flatnonzero(np.diff(ends)):
                    own = slice(ends[n], ends[n + 1])
                    photo.hidden[n].replace(rows[own] - n * photo.band_rows, columns[own], back[own])

        each(put, each(continued, bridge.tiles(size)))
        return photo


def depth_jump(depth_range: tuple[float, float], size: tuple[int, ...], level: int = 0) -> np.float32:
    """Difference in depth of neighbours that lie on two surfaces, dioptres.

    Parameters
    ----------
    depth_range : (float, float)
        Smallest and largest dioptres of the scene.
    size : (int, int)
        (H, W) of the photo.
    level : int
        The neighbours are those of the photo halved so often.
    """
    low, high = depth_range
    steep = 2.0**level / (STEEP_SHARE * max(size))
    return np.float32(max(max(JUMP_SHARE, steep) * (high - low), LEAST_JUMP))


def _sizes(size: tuple[int, ...]) -> list[tuple[int, int]]:
    """(H, W) of each level."""
    sizes = [(size[0], size[1])]
    while max(sizes[-1]) > SMALLEST_PX:
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    return sizes


def _in_bands(height: int, work: Callable[[slice], Done]) -> list[Done]:
    """Do some work for all bands of rows, on all cores."""
    return each(work, [slice(top, min(top + BAND_ROWS, height)) for top in range(0, height, BAND_ROWS)])


def _whole(rows: slice, fragments: Fragments) -> PixelBox:
    return rows, slice(0, fragments.alpha.shape[1])


def _no_ranges(size: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Ranges of depth that hold nothing."""
    cells = (3, -(-size[0] // CELL), -(-size[1] // CELL))
    return np.full(cells, 1e30, np.float32), np.full(cells, -1e30, np.float32)


def _find_ranges(pixels: Fragments, ranges: tuple[FloatArray, FloatArray], rows: slice) -> None:
    """Find the ranges of depth in some rows of cells."""
    from ...kernels.fragments import find_ranges

    cells = slice(rows.start // CELL, -(-rows.stop // CELL))
    low, high = (np.array(one[:, cells], order="C") for one in ranges)
    find_ranges(pixels.arrays, CELL, low, high)
    ranges[0][:, cells], ranges[1][:, cells] = low, high


def _find_seen_ranges(
    seen: SeenRows, changed: ListedFragments, hidden: ListedBacks, ranges: tuple[FloatArray, FloatArray], rows: slice
) -> None:
    """Find the ranges of depth in some rows of cells of the photo: what is seen first, and both lists of backs."""
    from ...kernels.fragments import BackArrays, find_seen_ranges, widen_ranges

    cells = slice(rows.start // CELL, -(-rows.stop // CELL))
    low, high = (np.array(one[:, cells], order="C") for one in ranges)
    find_seen_ranges(seen, CELL, low, high)
    pixels = changed.pixels
    widen_ranges(changed.rows, BackArrays(pixels.back, pixels.weight, pixels.kinds), CELL, low, high)
    widen_ranges(hidden.rows, hidden.backs, CELL, low, high)
    ranges[0][:, cells], ranges[1][:, cells] = low, high
