"""The image pyramid: the photo without its lights at ever smaller sizes, for what is blurred needs no more."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..core.arrays import FloatArray
from ..core.threads import each
from ..image.regions import PixelBox
from ..image.tiles import GUIDE_LEVELS, TILE_PX, Tile, cells_of, tiles
from ..optics.lens import ThinLens
from .bridging import widest_gap_px
from .extraction import take_subject
from .layers import MixedPixels, Residual
from .light_energy import SceneLight
from .slicing import SubjectRange

BAND_ROWS = 128
"""Rows of the smaller picture that are made together."""

AROUND_PX = 4
"""Rows of the photo around those that are halved: what splits a pixel's two surfaces."""

JUMP_SHARE = 0.02
"""Neighbours whose depths differ by more than this share of the scene's range lie on two surfaces."""

SPLIT_AROUND_PX = 48
"""So far around a tile is looked for what lies behind the subject."""

APART = 1e9
"""Dioptres that keep the subject apart from all behind it."""

LEAST_ALPHA = 1e-3
"""Share that either side of a split pixel keeps, so that both stay defined."""


@dataclass(frozen=True, eq=False)
class PyramidLevel:
    """A picture of half the size of the one before it.

    Attributes
    ----------
    mixed : MixedPixels, (h, w)
        The two surfaces that its pixels show.
    matte : float32 (h, w)
        Coverage of the subject.
    """

    mixed: MixedPixels
    matte: FloatArray

    @classmethod
    def empty(cls, size: tuple[int, int]) -> PyramidLevel:
        """Make room for a level of (h, w)."""
        front, back = (np.empty((*size, 4), np.float32) for _ in range(2))
        alpha, matte = (np.empty(size, np.float32) for _ in range(2))
        return cls(MixedPixels(front, back, alpha), matte)

    def crop(self, box: PixelBox) -> PyramidLevel:
        """Look at a box of it."""
        return PyramidLevel(self.mixed.crop(box), self.matte[box])

    def halve_into(self, half: PyramidLevel) -> None:
        """Average 2 x 2 pixels, each of two surfaces, into one of two surfaces."""
        from ...kernels.resample import halve

        large, small = self.mixed, half.mixed
        halve(large.front, large.back, large.alpha, self.matte, small.front, small.back, small.alpha, half.matte)


@dataclass(frozen=True, eq=False)
class ImagePyramid:
    """A scene's light without its lights, its depth and its matte, halved again and again.

    Attributes
    ----------
    light : SceneLight
        Level 0: the photo's own size.
    """

    light: SceneLight

    @cached_property
    def sizes(self) -> list[tuple[int, int]]:
        """(H, W) of each level; the last is small enough to be looked at whole."""
        sizes = [(self.light.rgb.shape[0], self.light.rgb.shape[1])]
        while max(sizes[-1]) > TILE_PX // 8:
            sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
        return sizes

    @property
    def subject(self) -> SubjectRange | None:
        """Where the subject is."""
        return self.light.subject

    @cached_property
    def smaller(self) -> list[PyramidLevel]:
        """Levels 1 and up."""
        made = [PyramidLevel.empty(size) for size in self.sizes[1:]]
        jump = JUMP_SHARE * float(self.light.dioptres.max() - self.light.dioptres.min())
        for larger, half in zip([None, *made], made, strict=False):

            def band(top: int, larger: PyramidLevel | None = larger, half: PyramidLevel = half) -> None:
                fine = slice(2 * top, 2 * (top + BAND_ROWS))
                rows = self._surfaces_of(fine, jump) if larger is None else larger.crop((fine, slice(None)))
                rows.halve_into(half.crop((slice(top, top + BAND_ROWS), slice(None))))

            each(band, range(0, half.matte.shape[0], BAND_ROWS))
        return made

    def _surfaces_of(self, rows: slice, jump: float) -> PyramidLevel:
        """Split rows of the photo into the two surfaces of each pixel, where depth jumps by so many dioptres."""
        from ...kernels.resample import split_surfaces

        # With some rows around, so that edges are the same wherever a band begins.
        first = max(rows.start - AROUND_PX, 0)
        around = slice(first, min(rows.stop + AROUND_PX, self.sizes[0][0]))
        rgbd = self.light.rgbd((around, slice(None)))
        mixed = MixedPixels(np.empty_like(rgbd), np.empty_like(rgbd), np.empty(rgbd.shape[:2], np.float32))
        split_surfaces(rgbd, jump, mixed.front, mixed.back, mixed.alpha)
        inside = slice(rows.start - first, rows.stop - first)
        return PyramidLevel(mixed.crop((inside, slice(None))), self._matte((rows, slice(None))))

    @cached_property
    def subject_split(self) -> list[MixedPixels]:
        """The subject (front) and what lies behind it (back) of levels 1 and up; empty without a subject.

        They are split at the photo's own size. What is hidden is inpainted smoothly: only what is blurred, and shows no
        grain, is made of it.
        """
        if self.subject is None or self.light.matte is None:
            return []
        # Its blur leaves no grain to continue, and its outline no doubt.
        lens = ThinLens(50.0, 1e-3, 1.0 / max(self.subject.near, 1e-3), 1000.0)
        all_tiles = list(tiles(self.sizes[0], SPLIT_AROUND_PX))
        coarse = self._behind_subject(lens) if len(all_tiles) > 1 else None
        made = [PyramidLevel.empty(size) for size in self.sizes[1:]]

        def split(tile: Tile) -> None:
            whole = self._split_subject(tile, lens, None if coarse is None else coarse[tile.cells])
            rows, columns = (slice(i.start // 2, (i.stop + 1) // 2) for i in tile.inner)
            half = PyramidLevel.empty((rows.stop - rows.start, columns.stop - columns.start))
            whole.halve_into(half)
            there = made[0].mixed.crop((rows, columns))
            there.front[:], there.back[:], there.alpha[:] = half.mixed.front, half.mixed.back, half.mixed.alpha

        each(split, all_tiles)
        for larger, half in itertools.pairwise(made):
            PyramidLevel(larger.mixed, larger.mixed.alpha).halve_into(half)
        return [level.mixed for level in made]

    def _split_subject(self, tile: Tile, lens: ThinLens, coarse: FloatArray | None) -> PyramidLevel:
        """Split a tile of the photo into the subject and what lies behind it."""
        assert self.subject is not None
        matte = self._matte(tile.outer)
        rest = Residual.of(self.light.rgbd(tile.outer), np.array(matte), 0)
        taken = take_subject(rest, self.subject, lens, coarse)
        front, back = np.array(rest.rgbd[tile.within]), np.array(rest.rgbd[tile.within])
        if taken is not None:
            front[..., :3] = taken.rgb[tile.within]
        front[..., 3] = APART
        alpha = np.clip(matte[tile.within], LEAST_ALPHA, 1.0 - LEAST_ALPHA)
        return PyramidLevel(MixedPixels(front, back, alpha), alpha)

    def _behind_subject(self, lens: ThinLens) -> FloatArray:
        """Inpaint behind the subject what lies beside it, a cell a pixel."""
        assert self.subject is not None
        height, width = self.sizes[GUIDE_LEVELS]
        rest = self._crop_smaller(GUIDE_LEVELS, (slice(0, height), slice(0, width)))
        take_subject(rest, self.subject, lens)
        return cells_of(rest.rgbd)

    def make(self) -> None:
        """Make all levels now; they are kept for the next lens."""
        _ = self.smaller, self.subject_split

    def crop(self, level: int, box: PixelBox) -> Residual:
        """Return a box of a level, for layers to be extracted from.

        Parameters
        ----------
        level : int
        box : (slice, slice)
            Rows and columns of the level.
        """
        if level == 0:
            matte = None if self.light.matte is None else self._matte(box)
            return Residual.of(self.light.rgbd(box), matte, widest_gap_px(self.sizes[0]))
        rest = self._crop_smaller(level, box)
        if self.subject_split:
            rest.subject_split = self.subject_split[level - 1].crop(box)
        return rest

    def _crop_smaller(self, level: int, box: PixelBox) -> Residual:
        whole = self.smaller[level - 1].crop(box)
        # What the pixels are made of is used up as their surfaces are taken.
        mixed = replace(whole.mixed, front=np.array(whole.mixed.front))
        front, back, alpha = mixed.front, mixed.back, mixed.alpha
        rgbd = np.asarray(back + alpha[..., None] * (front - back), np.float32)
        rgbd[..., 3] = np.where(alpha >= 0.5, front[..., 3], back[..., 3])
        return Residual.of(rgbd, None if self.light.matte is None else np.array(whole.matte), 0, mixed)

    def depth_and_matte(self, level: int, box: PixelBox) -> tuple[FloatArray, FloatArray | None]:
        """Return the dioptres and the matte of a box of a level: only to be looked at."""
        if level == 0:
            return self.light.dioptres[box], None if self.light.matte is None else self.light.matte[box]
        whole = self.smaller[level - 1].crop(box)
        return whole.mixed.front[..., 3], None if self.light.matte is None else whole.matte

    def _matte(self, box: PixelBox) -> FloatArray:
        matte, dioptres = self.light.matte, self.light.dioptres
        return np.zeros(dioptres[box].shape, np.float32) if matte is None else np.array(matte[box])


def lens_at_level(lens: ThinLens, level: int) -> ThinLens:
    """Return the lens for a picture halved so often."""
    return replace(lens, px_per_mm=lens.px_per_mm / 2**level)
