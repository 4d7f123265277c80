"""A layered scene as one lens cuts it: which slice each fragment lies in, and at which size that is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...kernels import slice_values
from ...kernels import slices as kernels
from ..core.arrays import BoolArray, FloatArray
from ..core.scratch import Empty
from ..core.threads import each
from ..image.boxes import within
from ..image.regions import PixelBox, marked_part
from ..optics.lens import ThinLens
from ..scene.fragments import Fragments
from ..scene.layered import CELL as SCENE_CELL
from ..scene.layered import LayeredScene, depth_jump
from ..scene.slices import DepthSlice, SliceTable, lens_at_level
from .observer import Piece

GOES_ON, GOES_ON_PX = float(slice_values.GOES_ON), float(slice_values.GOES_ON_PX)
"""A slice's surface may go on in its neighbours up to this much more blur: by a factor, and by pixels of its level."""

BLUNT_PX = 3
"""What is drawn at a level has edges that are softer by fewer of its pixels: a cubic enlarges it."""

CELL = int(kernels.CELL)

CELLS_AT_ONCE = 128
"""So many cells of a level are numbered by one thread at a time."""

Drawn = tuple[PixelBox, FloatArray]
"""Rows and columns of a tile, and what arrives there: float32 (h, w, 4), premultiplied colour and coverage."""


@dataclass(frozen=True, eq=False)
class NumberedFragments:
    """Fragments, and the slice that each of them lies in.

    Attributes
    ----------
    box : (slice, slice)
        Of the level.
    fragments : tuple of arrays
        As of `scene.fragments.Fragments`, (h, w).
    numbers : (uint8 (h, w), uint8 (h, w))
        Slices of front and back.
    cells : float32 (ceil(h / CELL), ceil(w / CELL), S, 2)
        Farthest and nearest dioptres of each slice in each cell, counted from where they begin.
    """

    box: PixelBox
    fragments: tuple[NDArray, ...]
    numbers: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    cells: NDArray[np.float32]

    @classmethod
    def blank(cls, fragments: Fragments, box: PixelBox, count: int, empty: Empty = np.empty) -> NumberedFragments:
        """Make room for the numbers of some fragments, and what is known of so many slices."""
        arrays = fragments.front, fragments.alpha, fragments.back, fragments.weight, fragments.kinds
        height, width = fragments.kinds.shape
        cells = empty((-(-height // CELL), -(-width // CELL), count, 2), np.float32)
        cells[..., 0], cells[..., 1] = np.inf, -np.inf
        numbers = empty((height, width), np.uint8), empty((height, width), np.uint8)
        return cls(box, arrays, numbers, cells)


@dataclass(frozen=True, eq=False)
class Window:
    """A box of a level that is looked at: its fragments, with others around or without, and which slices lie in it.

    Attributes
    ----------
    numbered : NumberedFragments
    view : (slice, slice)
        Of the level: what is looked at.
    support : int64 (S, 4)
        Rows and columns of the fragments that each slice lies in, or more: from the first to before the last.
    depths : float32 (S, 2)
        Farthest and nearest of each slice there, or beyond, dioptres.
    numbers_here : set of int
        The slices that lie there.
    """

    numbered: NumberedFragments
    view: PixelBox
    support: NDArray[np.int64]
    depths: NDArray[np.float32]
    numbers_here: frozenset[int]

    @classmethod
    def of(cls, numbered: NumberedFragments, view: PixelBox) -> Window:
        """Look at a box of some fragments."""
        rows, columns = within(view, numbered.box)
        spans = rows.start // CELL, -(-rows.stop // CELL), columns.start // CELL, -(-columns.stop // CELL)
        count = numbered.cells.shape[2]
        support, depths = np.empty((count, 4), np.int64), np.empty((count, 2), np.float32)
        kernels.survey(numbered.cells, spans, support, depths)
        support *= CELL
        np.maximum(support[:, ::2], (rows.start, columns.start), out=support[:, ::2])
        np.minimum(support[:, 1::2], (rows.stop, columns.stop), out=support[:, 1::2])
        held = depths[:, 0] <= depths[:, 1]
        return cls(numbered, view, support, depths, frozenset(np.flatnonzero(held).tolist()))

    @property
    def box(self) -> PixelBox:
        """Of the level: where the fragments are."""
        return self.numbered.box

    @property
    def fragments(self) -> tuple[NDArray, ...]:
        """As of `NumberedFragments`."""
        return self.numbered.fragments

    @property
    def numbers(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """As of `NumberedFragments`."""
        return self.numbered.numbers

    def holds(self, number: int) -> bool:
        """Whether something of a slice is here."""
        return number in self.numbers_here

    def is_all(self, number: int, box: PixelBox) -> bool:
        """Whether a box of the window shows one slice and nothing else."""
        front, back = (numbers[box] for numbers in self.numbers)
        return bool((front == number).all() and (back == kernels.NONE).all())

    def piece(self, number: int, one: DepthSlice, box: PixelBox, drawn: Drawn | None) -> Piece:
        """Tell an observer what a box of the level shows of a slice."""
        inside = within(box, self.box)
        front, alpha, back, weight, _ = (values[inside] for values in self.fragments)
        first, behind = (numbers[inside] == number for numbers in self.numbers)
        own = np.where(first[..., None], front, np.float32(0.0))
        np.copyto(own, back, where=(behind & ~first)[..., None])
        both = first & behind
        share = alpha[both, None]
        own[both] = share * front[both] + (np.float32(1.0) - share) * back[both]
        is_mixed = alpha < 1.0
        rows, columns = box
        there = None
        if drawn is not None:
            (down, across), _ = drawn
            there = (
                slice(rows.start + down.start, rows.start + down.stop),
                slice(columns.start + across.start, columns.start + across.stop),
            )
        return Piece(
            number, one.kind, one.level, box, own[..., :3],
            np.where(first & ~behind, alpha, (first | behind).astype(np.float32)),
            np.where(first | (behind & is_mixed), np.float32(1.0), np.where(behind, weight, np.float32(0.0))),
            own[..., 3], is_mixed & (first ^ behind), there, None if drawn is None else np.array(drawn[1]),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class LevelCut:
    """Where a level's slices lie beside those of a coarser level.

    Attributes
    ----------
    bounds : (int, int)
        Slices before the first and beyond the second are the coarser level's.
    depths : (float32, float32)
        Farthest and nearest of what may be the same surface, dioptres.
    coarser : int
    """

    bounds: tuple[int, int]
    depths: tuple[np.float32, np.float32]
    coarser: int


@dataclass(frozen=True, eq=False)
class SlicedScene:
    """A layered scene, and the slices that a lens cuts it into.

    Attributes
    ----------
    scene : LayeredScene
    slices : list of DepthSlice
        Near to far.
    lens : ThinLens
        For the photo's own pixels.
    """

    scene: LayeredScene
    slices: list[DepthSlice]
    lens: ThinLens

    @cached_property
    def table(self) -> SliceTable:
        """The slice of every class and depth."""
        return SliceTable.of(self.slices, self.scene.depth_range)

    @cached_property
    def levels(self) -> range:
        """From the photo's own size to the smallest that a slice is made at."""
        return range(max(one.level for one in self.slices) + 1)

    @cached_property
    def finest(self) -> int:
        """The largest size that a slice is made at."""
        return min(one.level for one in self.slices)

    def numbers_at(self, level: int) -> list[int]:
        """Slices that are made at a level."""
        return self._numbers_by_level[level]

    @cached_property
    def _numbers_by_level(self) -> list[list[int]]:
        numbers = range(len(self.slices))
        return [[number for number in numbers if self.slices[number].level == level] for level in self.levels]

    def lens_at(self, level: int) -> ThinLens:
        """Return the lens for a level's pixels."""
        return self._lenses[level]

    @cached_property
    def _lenses(self) -> list[ThinLens]:
        return [lens_at_level(self.lens, level) for level in self.levels]

    def radii_at(self, number: int) -> tuple[np.float32, np.float32, np.float32]:
        """Smallest and largest blur radius of a slice, and how far they jump in one surface: pixels of its level."""
        one = self.slices[number]
        least, most, jump = (
            np.float32(r / 2**one.level) for r in (one.least_px, one.most_px, self._jumps_px[one.level])
        )
        return least, most, jump

    @cached_property
    def _jumps_px(self) -> list[float]:
        """Of each level, by how much the blur radii of two surfaces differ at least, pixels of the photo."""
        scene = self.scene
        return [float(depth_jump(scene.depth_range, scene.sizes[0], n)) * self.lens.px_per_dioptre for n in self.levels]

    def largest_px(self, number: int) -> float:
        """Largest blur radius of what a slice's coverage is reckoned from, pixels of its level."""
        one = self.slices[number]
        return GOES_ON * one.most_px / 2**one.level + GOES_ON_PX

    def bridge_to_nearer(self, number: int) -> tuple[int, int, np.float32, int] | None:
        """How far a slice goes on in nearer ones that are made at another level; None where there are none.

        Returns
        -------
        int, int, float32, int
            The first of the nearer slices, the slice, the nearest dioptres that may be the same surface, and within how
            many pixels of its level it goes on: as far as the other level's edges are blunter.
        """
        return self._bridges[number]

    @cached_property
    def _bridges(self) -> list[tuple[int, int, np.float32, int] | None]:
        return [self._bridge_of(number) for number in range(len(self.slices))]

    def _bridge_of(self, number: int) -> tuple[int, int, np.float32, int] | None:
        one = self.slices[number]
        if number == 0 or self.slices[number - 1].kind != one.kind or self.slices[number - 1].level == one.level:
            return None
        first = next(n for n, other in enumerate(self.slices) if other.kind == one.kind)
        coarser = max(self.slices[number - 1].level, one.level)
        return first, number, np.float32(one.near + self._beyond(one)), BLUNT_PX * 2 ** (coarser - one.level)

    def _beyond(self, one: DepthSlice) -> float:
        """By how many dioptres a slice's surface may go on beyond it."""
        return ((GOES_ON - 1.0) * one.most_px + GOES_ON_PX * 2**one.level) / self.lens.px_per_dioptre

    def may_hold(self, level: int, box: PixelBox, numbers: Sequence[int]) -> bool:
        """Whether one of some slices may lie in a box of a level."""
        low, high = self.scene.cells(level)
        cells = tuple(slice(b.start // SCENE_CELL, (b.stop - 1) // SCENE_CELL + 1) for b in box)
        for kind in range(3):
            least, most = float(low[kind][cells].min()), float(high[kind][cells].max())
            own = [number for number in numbers if self.slices[number].kind == kind]
            if least <= most and any(self.table.may_hold(number, kind, least, most) for number in own):
                return True
        return False

    def held_in(self, level: int, box: PixelBox) -> PixelBox | None:
        """Return the part of a box of a level, in whole cells, that may hold its slices; None where none is."""
        return marked_part(self._held[level], SCENE_CELL, box)

    @cached_property
    def _held(self) -> list[BoolArray]:
        """Of each level, the cells that may hold its slices."""
        return [self._cells_holding(level) for level in self.levels]

    def _cells_holding(self, level: int) -> BoolArray:
        low, high = self.scene.cells(level)
        is_own = [one.level == level for one in self.slices]
        before = np.concatenate([[0], np.cumsum(is_own)])
        held = np.zeros(low.shape[1:], bool)
        for kind in range(3):
            known = low[kind] <= high[kind]
            first, last = (
                self.table.number(kind, np.where(known, ends[kind], np.float32(0.0))) for ends in (high, low)
            )
            held |= known & (before[last + 1] > before[first])
        return held

    def window(self, level: int, box: PixelBox, empty: Empty = np.empty) -> Window:
        """Look at a box of a level; `empty` makes the arrays of the photo's own size."""
        if level > 0:
            return Window.of(self._smaller[level], box)
        numbered = NumberedFragments.blank(self.scene.window(0, box, empty), box, len(self.slices), empty)
        self._number(0, numbered, range(len(numbered.cells)), self._smaller)
        return Window.of(numbered, box)

    def number_smaller(self) -> None:
        """Find the slices of the smaller levels' fragments now: blur and lights both ask for them."""
        _ = self._smaller, self._held

    @cached_property
    def _smaller(self) -> dict[int, NumberedFragments]:
        """The levels below the photo's own that slices are made at."""
        found: dict[int, NumberedFragments] = {}
        for level in reversed(self.levels[1:]):
            if self.numbers_at(level):
                fragments = self.scene.level(level)
                height, width = fragments.kinds.shape
                numbered = NumberedFragments.blank(fragments, (slice(0, height), slice(0, width)), len(self.slices))
                rows, step = len(numbered.cells), max(CELLS_AT_ONCE // numbered.cells.shape[1], 1)
                bands = [range(top, min(top + step, rows)) for top in range(0, rows, step)]
                each(lambda band, n=numbered, at=level: self._number(at, n, band, found), bands)
                found[level] = numbered
        return found

    def _number(
        self, level: int, numbered: NumberedFragments, band: range, coarser: dict[int, NumberedFragments]
    ) -> None:
        """Find the slices of fragments of a level, in some rows of cells."""
        fragments, numbers, cells = numbered.fragments, numbered.numbers, numbered.cells
        rows = CELL * band.start, min(CELL * band.stop, len(numbers[0]))
        kernels.number_fragments(fragments, self.table.numbers, self.table.depth, rows, numbers, cells)
        for cut in self._cuts[level]:
            coarse = coarser[cut.coarser]
            place = numbered.box[0].start, numbered.box[1].start, cut.coarser - level
            of_cells = band.start, band.stop
            cut_at = cut.bounds, cut.depths
            kernels.adopt(fragments, numbers, coarse.fragments, coarse.numbers, place, *cut_at, of_cells, cells)

    @cached_property
    def _cuts(self) -> list[list[LevelCut]]:
        """Of each level, where its slices lie beside a coarser one's."""
        return [self._cuts_of(level) for level in self.levels]

    def _cuts_of(self, level: int) -> list[LevelCut]:
        here = [number for number, one in enumerate(self.slices) if one.level <= level]
        if not here:
            return []
        first, last, cuts = self.slices[here[0]], self.slices[here[-1]], []

        if here[0] > 0 and first.level == level:
            depths = np.float32(first.far), np.float32(first.near + self._beyond(first))
            cuts.append(LevelCut((here[0], len(self.slices)), depths, self.slices[here[0] - 1].level))
        if here[-1] + 1 < len(self.slices) and last.level == level:
            depths = np.float32(last.far - self._beyond(last)), np.float32(last.near)
            cuts.append(LevelCut((-1, here[-1]), depths, self.slices[here[-1] + 1].level))
        return cuts
