"""The photo without its lights at ever smaller sizes: what is blurred anyway needs no more."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import each
from ..hdr.restore import CLIP
from ..image.regions import PixelBox
from ..image.tiles import GUIDE_LEVELS, TILE_PX, Tile, cells_of, tiles
from ..optics.lens import ThinLens
from ..photo.photo import GainMap
from .inpaint_behind import widest_gap_px
from .layers import MixedPixels, Residual, take_subject
from .lights import Lights, seen_by_pinhole
from .slicing import SubjectRange, subject_range

SHARP_PX, SPREAD_PX = 0.5, 2.0
"""Blur radii below which a clipped pixel stays as the photo shows it, and from which all its radiance is spread."""

TONED = (0.95, CLIP, 1.5, 2.5)
"""A photo's tone curve shows bright surfaces as the phone wants them shown: a white wall is no lamp, and stays as
bright when it is blurred. What is shown below the first (8-bit code 249) is not clipped, above the second it is; what
is darker than the third is a surface, brighter than the fourth it is a light (see `LIGHT_RADIANCE`). All light of
clipped lights is spread; the rest of what is above white belongs to the HDR rendition alone."""

BAND_ROWS = 128
"""Rows of the smaller picture that are made together."""

AROUND_PX = 4
"""Rows of the photo around those that are halved: what parts a pixel's two surfaces."""

JUMP_SHARE = 0.02
"""Neighbours whose depths differ by more than this share of the scene's range lie on two surfaces."""

PARTING_PX = 48
"""So far around a tile is looked for what lies behind the subject."""

_NO_STOPS: FloatArray = np.empty((0, 0, 1), np.float32)

APART = 1e9
"""Dioptres that keep the subject apart from all behind it."""

LEAST_SHARE = 1e-3
"""Share that either side of a parted pixel keeps, so that both stay defined."""


@dataclass(eq=False)
class ImagePyramid:
    """A photo, its depth and its matte, halved again and again.

    Attributes
    ----------
    rgb : float32 (H, W, 3)
        The photo, scene-linear.
    dioptres : float32 (H, W)
    matte : float32 (H, W), or None
    extra : float32 (H, W, 3), or None
        Radiance above the clip.
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
    def smaller(self) -> list[tuple[MixedPixels, FloatArray]]:
        """What the pixels of levels 1 and up show, and their matte (h, w)."""
        from ...kernels.resample import split_surfaces

        made = [_empty(size) for size in self.sizes[1:]]
        jump = JUMP_SHARE * float(self.dioptres.max() - self.dioptres.min())
        for level, (mixture, matte) in enumerate(made, 1):

            def band(top: int, level: int = level, mixture: MixedPixels = mixture, matte: FloatArray = matte) -> None:
                rows, fine = slice(top, top + BAND_ROWS), (slice(2 * top, 2 * (top + BAND_ROWS)), slice(None))
                if level == 1:
                    # With some rows around, so that edges are the same wherever a band begins.
                    first = max(2 * top - AROUND_PX, 0)
                    around = slice(first, min(2 * (top + BAND_ROWS) + AROUND_PX, self.sizes[0][0]))
                    rgbd = self._rgbd((around, slice(None)), None)
                    before = MixedPixels(np.empty_like(rgbd), np.empty_like(rgbd), np.empty(rgbd.shape[:2], np.float32))
                    split_surfaces(rgbd, jump, before.near, before.far, before.share)
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
    def parted(self) -> list[MixedPixels]:
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
            rest = Residual.of(self._rgbd(tile.outer, None), np.array(cover), 0)
            taken = take_subject(rest, subject, lens, None if coarse is None else coarse[tile.cells])
            near = np.array(rest.rgbd[tile.within])
            if taken is not None:
                near[..., :3] = taken.rgb[tile.within]
            near[..., 3] = APART
            share = np.clip(cover[tile.within], LEAST_SHARE, 1.0 - LEAST_SHARE)
            half = tuple(slice(i.start // 2, (i.stop + 1) // 2) for i in tile.inner)
            own, cover = _empty((half[0].stop - half[0].start, half[1].stop - half[1].start))
            _halve(MixedPixels(near, np.array(rest.rgbd[tile.within]), share), share, own, cover)
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

    def part(self, level: int, box: PixelBox, lens: ThinLens) -> Residual:
        """Return part of a level, to be taken apart.

        Parameters
        ----------
        level : int
        box : (slice, slice)
            Rows and columns of the level.
        lens : ThinLens
            For the photo's own pixels: at level 0 what is sharp stays as the photo shows it.
        """
        if level == 0:
            gap_px = widest_gap_px(self.sizes[0])
            return Residual.of(self._rgbd(box, lens), None if self.matte is None else self._matte(box), gap_px)
        rest = self._smaller_part(level, box)
        if self.parted:
            rest.parted = self.parted[level - 1].part(box)
        return rest

    def _smaller_part(self, level: int, box: PixelBox) -> Residual:
        whole, matte = self.smaller[level - 1]
        # A mixture is used up as its surfaces are taken.
        mixture = MixedPixels(np.array(whole.near[box]), whole.far[box], whole.share[box])
        rgbd = np.asarray(mixture.far + mixture.share[..., None] * (mixture.near - mixture.far), np.float32)
        rgbd[..., 3] = np.where(mixture.share >= 0.5, mixture.near[..., 3], mixture.far[..., 3])
        return Residual.of(rgbd, None if self.matte is None else np.array(matte[box]), 0, mixture)

    def depth_and_matte(self, level: int, box: PixelBox) -> tuple[FloatArray, FloatArray | None]:
        """Return the dioptres and the matte of part of a level: only to be looked at."""
        if level == 0:
            return self.dioptres[box], None if self.matte is None else self.matte[box]
        mixture, matte = self.smaller[level - 1]
        return mixture.near[box][..., 3], None if self.matte is None else matte[box]

    def light_energy(self, lens: ThinLens) -> FloatArray:
        """Radiance of the lights' pixels (N, 3) beyond their base; what the subject hid of it in the photo restored."""
        assert self.lights is not None
        radiance = self.rgb[self.lights.mask]
        if self.extra is not None:
            extra = self.extra[self.lights.mask]
            radiance = radiance + (extra if self.keeps_extra else self._share(self.lights.dioptres, lens) * extra)
        energy = np.asarray(np.maximum(radiance - self.lights.base, 0.0), np.float32)
        if self.subject is None or self.matte is None:
            return energy
        hidden = np.where(self.lights.dioptres < self.subject.far, self.matte[self.lights.mask], np.float32(0.0))
        return energy / seen_by_pinhole(hidden)[:, None]

    def light_above(self, picture: FloatArray, lens: ThinLens) -> FloatArray:
        """Radiance above the clip (H, W, 3): a render's own, and what it leaves clipped of what is in focus."""
        if self.extra is None or self.keeps_extra:
            return np.maximum(picture - 1.0, 0.0)
        clipped = self.extra * (1.0 - self._share(self.dioptres, lens))
        clipped += picture
        clipped -= 1.0
        return np.maximum(clipped, 0.0, out=clipped)

    def withheld(self, picture: FloatArray, lens: ThinLens, source: GainMap | None) -> GainMap | None:
        """Return what a render leaves clipped of what is in focus, as a gain map; None when nothing is.

        Parameters
        ----------
        picture : float32 (H, W, 3)
            The render.
        lens : ThinLens
        source : GainMap, optional
            The photo's, if `extra` is of it: its size, channels and offsets are kept. Without one the size is half the
            picture's.
        """
        from ...kernels.gain import withheld

        if self.extra is None or self.keeps_extra:
            return None
        dioptres = self.dioptres
        if self.lights is not None:
            dioptres = np.array(dioptres)
            dioptres[self.lights.mask] = self.lights.dioptres
        if source is None:
            size, stops = ((picture.shape[0] + 1) // 2, (picture.shape[1] + 1) // 2, 1), _NO_STOPS
            source = GainMap(stops[..., 0], 1.0)
        else:
            stops = source.planes
            size = stops.shape
        kept = np.empty(size, np.float32)
        optics = (lens.focus_dioptres, lens.px_per_dioptre, SHARP_PX, SPREAD_PX)
        withheld(picture, self.rgb, self.extra, dioptres, optics, self._toned, stops, *source.offsets, kept)
        headroom = max(source.headroom, 2.0 ** float(kept.max()))
        return replace(source, log2_gain=kept[..., 0] if kept.shape[2] == 1 else kept, headroom=headroom)

    def _rgbd(self, box: PixelBox, lens: ThinLens | None) -> FloatArray:
        """Radiance without the lights, and dioptres; without a lens as where everything is blurred."""
        from ...kernels.sheet import radiance

        rgb, dioptres = self.rgb[box], self.dioptres[box]
        rgbd = np.empty((*dioptres.shape, 4), np.float32)
        if self.extra is None:
            rgbd[..., :3], rgbd[..., 3] = rgb, dioptres
        else:
            # Without a lens, or where all of it is kept, nothing is too sharp.
            sharp_px = -SPREAD_PX if lens is None or self.keeps_extra else SHARP_PX
            focus, per_dioptre = (0.0, 0.0) if lens is None else (lens.focus_dioptres, lens.px_per_dioptre)
            least = 0.0 if sharp_px < 0 else SPREAD_PX
            radiance(
                self.rgb, self.dioptres, self.extra, (box[0].start, box[1].start or 0), (focus, per_dioptre),
                (sharp_px, least), self._toned, rgbd,
            )  # fmt: skip
        if self.lights is not None:
            at, inside = self._lights_in(box)
            rgbd[at[0], at[1], :3] = np.minimum(rgbd[at[0], at[1], :3], self.lights.base[inside])
        return rgbd

    def _matte(self, box: PixelBox) -> FloatArray:
        return np.zeros(self.dioptres[box].shape, np.float32) if self.matte is None else np.array(self.matte[box])

    @property
    def _toned(self) -> tuple[float, float, float, float]:
        """What counts as a clipped light; where all light is kept, everything does."""
        return (-2.0, -1.0, -2.0, -1.0) if self.keeps_extra else TONED

    def _share(self, dioptres: FloatArray, lens: ThinLens) -> FloatArray:
        blurred = np.abs(lens.radius_px(dioptres))
        return np.asarray(np.clip((blurred - SHARP_PX) / (SPREAD_PX - SHARP_PX), 0.0, 1.0)[..., None], np.float32)

    @cached_property
    def _light_places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        assert self.lights is not None
        rows, columns = np.nonzero(self.lights.mask)
        return rows, columns

    def _lights_in(self, box: PixelBox) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.intp]]:
        """Where in a box the lights' pixels are, and which of them these are."""
        rows, columns = self._light_places
        top, bottom, _ = box[0].indices(self.sizes[0][0])
        left, right, _ = box[1].indices(self.sizes[0][1])
        first, last = np.searchsorted(rows, (top, bottom))
        inside = first + np.flatnonzero((columns[first:last] >= left) & (columns[first:last] < right))
        return (rows[inside] - top, columns[inside] - left), inside


def _empty(size: tuple[int, int]) -> tuple[MixedPixels, FloatArray]:
    near, far = (np.empty((*size, 4), np.float32) for _ in range(2))
    share, matte = (np.empty(size, np.float32) for _ in range(2))
    return MixedPixels(near, far, share), matte


def _halve(mixture: MixedPixels, matte: FloatArray, half: MixedPixels, half_matte: FloatArray) -> None:
    from ...kernels.resample import halve

    halve(mixture.near, mixture.far, mixture.share, matte, half.near, half.far, half.share, half_matte)


def lens_at_level(lens: ThinLens, level: int) -> ThinLens:
    """Return the lens for a picture halved so often."""
    return replace(lens, px_per_mm=lens.px_per_mm / 2**level)
