"""A layered scene as one lens cuts it: which slice each fragment lies in, and at which size that is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...kernels import slices as kernels
from ..core.arrays import FloatArray
from ..image.boxes import within
from ..image.regions import PixelBox
from ..optics.lens import ThinLens
from ..scene.fragments import Fragments
from ..scene.layered import CELL, LayeredScene
from ..scene.slices import DepthSlice, SliceTable, lens_at_level
from .observer import Piece

GOES_ON, GOES_ON_PX = float(kernels.GOES_ON), float(kernels.GOES_ON_PX)
"""A slice's surface may go on in its neighbours up to this much more blur: by a factor, and by pixels of its level."""

BLUNT_PX = 3
"""What is drawn at a level has edges that are softer by fewer of its pixels: a cubic enlarges it."""

MOST_SLICES = int(kernels.NONE) + 1

Drawn = tuple[PixelBox, FloatArray]
"""Rows and columns of a tile, and what arrives there: float32 (h, w, 4), premultiplied colour and coverage."""


@dataclass(frozen=True, eq=False)
class Window:
    """A box of a level: its fragments, and the slice that each of them lies in.

    Attributes
    ----------
    box : (slice, slice)
        Of the level.
    fragments : tuple of arrays
        As of `scene.fragments.Fragments`.
    numbers : (uint8 (h, w), uint8 (h, w))
        Slices of front and back.
    support : int64 (MOST_SLICES, 4)
        Rows and columns of the window that each slice lies in: from the first to before the last.
    depths : float32 (MOST_SLICES, 2)
        Farthest and nearest of each slice there, dioptres.
    """

    box: PixelBox
    fragments: tuple[NDArray, ...]
    numbers: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    support: NDArray[np.int64]
    depths: NDArray[np.float32]

    @classmethod
    def of(cls, fragments: Fragments, box: PixelBox, table: SliceTable) -> Window:
        """Look up the slices of some fragments."""
        arrays = fragments.front, fragments.alpha, fragments.back, fragments.weight, fragments.kinds
        numbers = np.empty(fragments.kinds.shape, np.uint8), np.empty(fragments.kinds.shape, np.uint8)
        support = np.empty((MOST_SLICES, 4), np.int64)
        support[:, ::2], support[:, 1::2] = np.iinfo(np.int64).max, -1
        depths = np.empty((MOST_SLICES, 2), np.float32)
        depths[:, 0], depths[:, 1] = np.inf, -np.inf
        kernels.number_fragments(arrays, table.numbers, table.depth, numbers, support, depths)
        return cls(box, arrays, numbers, support, depths)

    def holds(self, number: int) -> bool:
        """Whether something of a slice is here."""
        return bool(self.support[number, 0] < self.support[number, 1])

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
            np.where(first, np.float32(1.0), np.where(behind, weight, np.float32(0.0))),
            own[..., 3], (alpha < 1.0) & (first ^ behind), there, None if drawn is None else drawn[1],
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

    @property
    def levels(self) -> range:
        """From the photo's own size to the smallest that a slice is made at."""
        return range(max(one.level for one in self.slices) + 1)

    @property
    def finest(self) -> int:
        """The largest size that a slice is made at."""
        return min(one.level for one in self.slices)

    def numbers_at(self, level: int) -> list[int]:
        """Slices that are made at a level."""
        return [number for number, one in enumerate(self.slices) if one.level == level]

    def lens_at(self, level: int) -> ThinLens:
        """Return the lens for a level's pixels."""
        return lens_at_level(self.lens, level)

    def radii_at(self, number: int) -> tuple[np.float32, np.float32]:
        """Smallest and largest blur radius of a slice, pixels of its level."""
        one = self.slices[number]
        return np.float32(one.least_px / 2**one.level), np.float32(one.most_px / 2**one.level)

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
        cells = tuple(slice(b.start // CELL, (b.stop - 1) // CELL + 1) for b in box)
        for kind in range(3):
            least, most = float(low[kind][cells].min()), float(high[kind][cells].max())
            own = [number for number in numbers if self.slices[number].kind == kind]
            if least <= most and any(self.table.may_hold(number, kind, least, most) for number in own):
                return True
        return False

    def window(self, level: int, box: PixelBox) -> Window:
        """Look at a box of a level."""
        window = Window.of(self.scene.window(level, box), box, self.table)
        for cut in self._cuts[level]:
            halvings = cut.coarser - level
            (top, bottom), (left, right) = (
                (b.start >> halvings, min((b.stop - 1 >> halvings) + 1, n))
                for b, n in zip(box, self.scene.sizes[cut.coarser], strict=True)
            )
            seen = slice(top, bottom), slice(left, right)
            coarse = Window.of(self.scene.window(cut.coarser, seen), seen, self.table)
            place = box[0].start, box[1].start, top, left, halvings
            kernels.adopt(
                window.fragments, window.numbers, coarse.fragments, coarse.numbers, place, cut.bounds, cut.depths,
                window.support, window.depths,
            )  # fmt: skip
        return window

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
