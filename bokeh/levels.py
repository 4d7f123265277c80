"""The photo without its lights at ever smaller sizes: what is blurred anyway needs no more."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .cores import each
from .fill import widest_gap_px
from .lens import ThinLens
from .lights import Lights
from .masks import Box, dilate
from .plan import SubjectRange, subject_range
from .sheets import Mixture, Remaining, take_subject
from .sprites import seen_by_pinhole
from .tiles import GUIDE_LEVELS, TILE_PX, Tile, cells_of, tiles

FloatArray = NDArray[np.float32]

SHARP_PX, SPREAD_PX = 0.5, 2.0
"""Blur radii below which a clipped pixel stays as the photo shows it, and from which all its radiance is spread."""

IN_FOCUS_PX, MOST_REACH_PX = 0.3, 200.0
"""Blur radius below which a pixel is in focus, and the farthest that blur is taken to reach it."""

BAND_ROWS = 128
"""Rows of the smaller picture that are made together."""

AROUND_PX = 4
"""Rows of the photo around those that are halved: what parts a pixel's two surfaces."""

JUMP_SHARE = 0.02
"""Neighbours whose depths differ by more than this share of the scene's range lie on two surfaces."""

PARTING_PX = 48
"""So far around a tile is looked for what lies behind the subject."""

APART = 1e9
"""Dioptres that keep the subject apart from all behind it."""

LEAST_SHARE = 1e-3
"""Share that either side of a parted pixel keeps, so that both stay defined."""


@dataclass(frozen=True, eq=False)
class SharedLight:
    """Radiance of lights' pixels, float32 (N, 3) each: what is spread, and what the rendition withholds."""

    spread: FloatArray
    withheld: FloatArray


def spread_share(dioptres: FloatArray, lens: ThinLens) -> FloatArray:
    """Share of what is above the clip that is spread: none in focus, all where it is blurred."""
    blurred = np.abs(lens.radius_px(dioptres))
    return np.asarray(np.clip((blurred - SHARP_PX) / (SPREAD_PX - SHARP_PX), 0.0, 1.0), np.float32)


@dataclass(eq=False)
class Levels:
    """A photo, its depth and its matte, halved again and again.

    Attributes
    ----------
    rgb : float32 (H, W, 3)
        The photo, scene-linear.
    dioptres : float32 (H, W)
    matte : float32 (H, W), or None
    extra : float32 (H, W, 3), or None
        What the gain map adds.
    lights : Lights, or None
    keeps_extra : bool
        Whether what is in focus shows its radiance above the clip too.
    """

    rgb: FloatArray
    dioptres: FloatArray
    matte: FloatArray | None
    extra: FloatArray | None
    lights: Lights | None
    keeps_extra: bool

    @cached_property
    def sizes(self) -> list[tuple[int, int]]:
        """(H, W) of each level; the last is small enough to be looked at whole."""
        sizes = [(self.rgb.shape[0], self.rgb.shape[1])]
        while max(sizes[-1]) > TILE_PX // 8:
            sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
        return sizes

    @cached_property
    def smaller(self) -> list[tuple[Mixture, FloatArray]]:
        """What the pixels of levels 1 and up show, and their matte (h, w)."""
        from ..kernels.resample import part

        made = [_empty(size) for size in self.sizes[1:]]
        jump = JUMP_SHARE * float(self.dioptres.max() - self.dioptres.min())
        for level, (mixture, matte) in enumerate(made, 1):

            def band(top: int, level: int = level, mixture: Mixture = mixture, matte: FloatArray = matte) -> None:
                rows, fine = slice(top, top + BAND_ROWS), (slice(2 * top, 2 * (top + BAND_ROWS)), slice(None))
                if level == 1:
                    # With some rows around, so that edges are the same wherever a band begins.
                    first = max(2 * top - AROUND_PX, 0)
                    around = slice(first, min(2 * (top + BAND_ROWS) + AROUND_PX, self.sizes[0][0]))
                    rgbd = self._rgbd((around, slice(None)))
                    before = Mixture(np.empty_like(rgbd), np.empty_like(rgbd), np.empty(rgbd.shape[:2], np.float32))
                    part(rgbd, jump, before.near, before.far, before.share)
                    before = before.part((slice(2 * top - first, 2 * (top + BAND_ROWS) - first), slice(None)))
                    cover = self._matte(fine)
                else:
                    before, cover = made[level - 2][0].part(fine), made[level - 2][1][fine]
                _halve(before, cover, mixture.part((rows, slice(None))), matte[rows])

            each(band, range(0, matte.shape[0], BAND_ROWS))
        return made

    @cached_property
    def subject(self) -> SubjectRange | None:
        """Where the subject is."""
        return subject_range(self.dioptres, self.matte)

    @cached_property
    def parted(self) -> list[Mixture]:
        """The subject (near) and what lies behind it (far) of levels 1 and up; empty without a subject.

        They are parted at the photo's own size. What is hidden is continued smoothly: only what is blurred, and
        shows no grain, is made of it.
        """
        if self.subject is None or self.matte is None:
            return []
        subject, size = self.subject, self.sizes[0]
        # Its blur leaves no grain to continue, and its outline no doubt.
        lens = ThinLens(50.0, 1e-3, 1.0 / max(subject.near, 1e-3), 1000.0)
        parts = list(tiles(size, PARTING_PX))
        coarse = self._behind_subject(lens) if len(parts) > 1 else None
        made = [_empty(size) for size in self.sizes[1:]]

        def part(tile: Tile) -> None:
            cover = self._matte(tile.outer)
            rest = Remaining.of(self._rgbd(tile.outer), np.array(cover), 0)
            taken = take_subject(rest, subject, lens, None if coarse is None else coarse[tile.cells])
            near = np.array(rest.rgbd[tile.within])
            if taken is not None:
                near[..., :3] = taken.rgb[tile.within]
            near[..., 3] = APART
            share = np.clip(cover[tile.within], LEAST_SHARE, 1.0 - LEAST_SHARE)
            half = tuple(slice(i.start // 2, (i.stop + 1) // 2) for i in tile.inner)
            own, cover = _empty((half[0].stop - half[0].start, half[1].stop - half[1].start))
            _halve(Mixture(near, np.array(rest.rgbd[tile.within]), share), share, own, cover)
            mixture, _ = made[0]
            mixture.near[half], mixture.far[half], mixture.share[half] = own.near, own.far, own.share

        each(part, parts)
        for (before, _), (mixture, matte) in itertools.pairwise(made):
            _halve(before, before.share, mixture, matte)
        return [mixture for mixture, _ in made]

    def _behind_subject(self, lens: ThinLens) -> FloatArray:
        """Continue behind the subject what lies beside it, a cell a pixel."""
        assert self.subject is not None
        height, width = self.sizes[GUIDE_LEVELS]
        rest = self._smaller_part(GUIDE_LEVELS, (slice(0, height), slice(0, width)))
        take_subject(rest, self.subject, lens)
        return cells_of(rest.rgbd)

    def make(self) -> None:
        """Make all levels now; they are kept for the next lens."""
        _ = self.smaller, self.parted

    def part(self, level: int, box: Box) -> Remaining:
        """Return part of a level, to be taken apart.

        Parameters
        ----------
        level : int
        box : (slice, slice)
            Rows and columns of the level.
        """
        if level == 0:
            gap_px = widest_gap_px(self.sizes[0])
            return Remaining.of(self._rgbd(box), None if self.matte is None else self._matte(box), gap_px)
        rest = self._smaller_part(level, box)
        if self.parted:
            rest.parted = self.parted[level - 1].part(box)
        return rest

    def _smaller_part(self, level: int, box: Box) -> Remaining:
        whole, matte = self.smaller[level - 1]
        # A mixture is used up as its surfaces are taken.
        mixture = Mixture(np.array(whole.near[box]), whole.far[box], whole.share[box])
        rgbd = np.asarray(mixture.far + mixture.share[..., None] * (mixture.near - mixture.far), np.float32)
        rgbd[..., 3] = np.where(mixture.share >= 0.5, mixture.near[..., 3], mixture.far[..., 3])
        return Remaining.of(rgbd, None if self.matte is None else np.array(matte[box]), 0, mixture)

    def depth_and_matte(self, level: int, box: Box) -> tuple[FloatArray, FloatArray | None]:
        """Return the dioptres and the matte of part of a level: only to be looked at."""
        if level == 0:
            return self.dioptres[box], None if self.matte is None else self.matte[box]
        mixture, matte = self.smaller[level - 1]
        return mixture.near[box][..., 3], None if self.matte is None else matte[box]

    def keep_in_focus(self, picture: FloatArray, lens: ThinLens) -> None:
        """Show what is in focus, and what no blur reaches, as the photo does: in place, without the lights.

        However unsure the matte is there.
        """
        blurred = np.abs(lens.radius_px(self.dioptres))
        soft = blurred > IN_FOCUS_PX
        if soft.all():
            return
        sharp = ~dilate(soft, int(np.ceil(min(float(blurred.max()), MOST_REACH_PX))))
        if not sharp.any():
            return
        np.copyto(picture, self.rgb, where=sharp[..., None])
        if self.keeps_extra and self.extra is not None:
            np.add(picture, self.extra, out=picture, where=sharp[..., None])
        if self.lights is not None:
            at = self.lights.rows, self.lights.columns
            own = sharp[at]
            rest = self.lights.base[own]
            if self.keeps_extra and self.extra is not None:
                rest = rest + self.lights.surface_share[own, None] * self.extra[at][own]
            picture[at[0][own], at[1][own]] = rest

    def shared_light(self, lens: ThinLens) -> SharedLight:
        """Share the lights' radiance beyond their base between what is spread and what the rendition withholds.

        What the subject hid of it in the photo is restored. Where all is kept, nothing is withheld.
        """
        lights = self.lights
        assert lights is not None
        shown = np.minimum(self.rgb[lights.rows, lights.columns], lights.radiance)
        share = np.float32(1.0) if self.keeps_extra else spread_share(lights.dioptres, lens)[:, None]
        withheld = (np.float32(1.0) - share) * (lights.radiance - shown)
        spread = np.maximum(lights.radiance - lights.base - withheld, 0.0)
        if self.subject is not None and self.matte is not None:
            cover = self.matte[lights.rows, lights.columns]
            hidden = np.where(lights.dioptres < self.subject.far, cover, np.float32(0.0))
            spread /= seen_by_pinhole(hidden)[:, None]
        return SharedLight(spread, withheld)

    def _rgbd(self, box: Box) -> FloatArray:
        """Radiance without the lights, and dioptres."""
        rgb, dioptres = self.rgb[box], self.dioptres[box]
        rgbd = np.empty((*dioptres.shape, 4), np.float32)
        rgbd[..., :3], rgbd[..., 3] = rgb, dioptres
        if self.keeps_extra and self.extra is not None:
            rgbd[..., :3] += self.extra[box]
        if self.lights is not None:
            at, inside = self._lights_in(box)
            rest = self.lights.base[inside]
            if self.keeps_extra and self.extra is not None:
                rest = rest + self.lights.surface_share[inside, None] * self.extra[box][at]
            rgbd[at[0], at[1], :3] = rest
        return rgbd

    def _matte(self, box: Box) -> FloatArray:
        return np.zeros(self.dioptres[box].shape, np.float32) if self.matte is None else np.array(self.matte[box])

    def _lights_in(self, box: Box) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.intp]]:
        """Where in a box the lights' pixels are, and which of them these are."""
        assert self.lights is not None
        rows, columns = self.lights.rows, self.lights.columns
        top, bottom, _ = box[0].indices(self.sizes[0][0])
        left, right, _ = box[1].indices(self.sizes[0][1])
        first, last = np.searchsorted(rows, (top, bottom))
        inside = first + np.flatnonzero((columns[first:last] >= left) & (columns[first:last] < right))
        return (rows[inside] - top, columns[inside] - left), inside


def _empty(size: tuple[int, int]) -> tuple[Mixture, FloatArray]:
    near, far = (np.empty((*size, 4), np.float32) for _ in range(2))
    share, matte = (np.empty(size, np.float32) for _ in range(2))
    return Mixture(near, far, share), matte


def _halve(mixture: Mixture, matte: FloatArray, half: Mixture, half_matte: FloatArray) -> None:
    from ..kernels.resample import halve

    halve(mixture.near, mixture.far, mixture.share, matte, half.near, half.far, half.share, half_matte)


def at_level(lens: ThinLens, level: int) -> ThinLens:
    """Return the lens for a picture halved so often."""
    return replace(lens, px_per_mm=lens.px_per_mm / 2**level)
