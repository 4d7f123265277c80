"""The light of a scene at the photo's size: what it shows, what lies above the clip, and how much a lens spreads."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import BoolArray, FloatArray
from ..core.scratch import Empty
from ..core.threads import each
from ..depth.depth_mapping import DepthMapping
from ..hdr.restore import GainedLight
from ..image.boxes import common_part, grown, within
from ..image.regions import PixelBox, dilate, marked_part
from ..optics.lens import ThinLens
from .lights import Lights, seen_by_pinhole
from .subject_range import SubjectRange, subject_range

SHARP_PX, SPREAD_PX = 0.5, 2.0
"""Blur radii below which a clipped pixel stays as the photo shows it, and from which all its radiance is spread."""

IN_FOCUS_PX, MOST_REACH_PX = 0.3, 200.0
"""Blur radius below which a pixel is in focus, and the farthest that blur is taken to reach it."""

CELL_PX = 32
"""Pixels a side of the cells that are shown as the photo shows them."""

BAND_ROWS = 128
"""Rows of the photo that are looked at together."""

_NOTHING: FloatArray = np.empty((0, 0, 3), np.float32)


@dataclass(frozen=True, eq=False)
class SharedLight:
    """Radiance of the lights' pixels, shared between a picture and the gain map beside it.

    Attributes
    ----------
    spread : float32 (N, 3)
        What the lens spreads.
    withheld : float32 (N, 3)
        What the rendition withholds.
    """

    spread: FloatArray
    withheld: FloatArray


@dataclass(frozen=True, eq=False)
class SceneLight:
    """A scene's radiance: what the photo shows, what a gain map adds, and the lights, where they are and how deep.

    Attributes
    ----------
    rgb : float32 (H, W, 3)
        The photo, scene-linear.
    dioptres : float32 (H, W)
    matte : float32 (H, W), or None
    extra : GainedLight, or None
        What the gain map adds.
    lights : Lights, or None
    keeps_extra : bool
        Whether what is in focus shows its radiance above the clip too.
    moved_from : (SceneLight, DepthMapping), or None
        The light as photographed and how its depths were moved, where they were.
    """

    rgb: FloatArray
    dioptres: FloatArray
    matte: FloatArray | None
    extra: GainedLight | None
    lights: Lights | None
    keeps_extra: bool
    moved_from: tuple[SceneLight, DepthMapping] | None = None

    def moved(self, depths: DepthMapping, dioptres: FloatArray, lights: Lights | None) -> SceneLight:
        """Return the same light at other depths: those that the dioptres, and the lights', are moved to already."""
        return replace(self, dioptres=dioptres, lights=lights, moved_from=(self, depths))

    @cached_property
    def brightest(self) -> np.float32:
        """Radiance of the brightest channel of all that is there, with a little room for rounding."""
        if self.moved_from is not None:
            return self.moved_from[0].brightest
        rows = range(0, self.rgb.shape[0], BAND_ROWS)
        bands = (slice(top, top + BAND_ROWS) for top in rows)
        most = max(float(self.rgb[b].max()) for b in bands) if self.extra is None else float(self.extra.brightest)
        if self.lights is not None:
            most = max(most, float(self.lights.radiance.max(initial=0.0)))
        return np.float32(1.0001 * most)

    @cached_property
    def subject(self) -> SubjectRange | None:
        """Where the subject is."""
        return subject_range(self.dioptres, self.matte)

    def rgbd(self, box: PixelBox, empty: Empty = np.empty) -> FloatArray:
        """Return radiance without the lights, and dioptres, of a box of the photo: float32 (h, w, 4)."""
        spans = [one.indices(n) for one, n in zip(box, self.dioptres.shape, strict=True)]
        rgbd = empty((*(stop - start for start, stop, _ in spans), 4), np.float32)
        self.write_rgbd(box, rgbd)
        return rgbd

    def write_rgbd(self, box: PixelBox, rgbd: FloatArray) -> None:
        """Write what `rgbd` returns."""
        from ...kernels.fragments import interleave

        (top, _, _), (left, _, _) = (one.indices(n) for one, n in zip(box, self.dioptres.shape, strict=True))
        interleave(self.rgb, self.dioptres, top, left, rgbd)
        if self.keeps_extra and self.extra is not None:
            rgbd[..., :3] += self.extra.box(box)
        if self.lights is not None:
            at, inside = self._lights_in(self.lights, box)
            rgbd[at[0], at[1], :3] = self._below_lights(self.lights, inside)

    def share(self, lens: ThinLens) -> SharedLight:
        """Share the lights' radiance beyond their base between what a lens spreads and what the rendition withholds.

        What the subject hid of it in the photo is restored. Where all is kept, nothing is withheld.
        """
        lights = self.lights
        assert lights is not None
        shown = np.minimum(self.rgb[lights.pixels], lights.radiance)
        share = np.float32(1.0) if self.keeps_extra else spread_share(lights.dioptres, lens)[:, None]
        missing = lights.radiance - shown
        withheld = (np.float32(1.0) - share) * missing
        spread = np.maximum(shown - lights.base + share * missing, 0.0)
        if self.subject is not None and self.matte is not None:
            hidden = np.where(lights.dioptres < self.subject.far, self.matte[lights.pixels], np.float32(0.0))
            spread /= seen_by_pinhole(hidden)[:, None]
        return SharedLight(spread, withheld)

    def keep_in_focus(self, picture: FloatArray, lens: ThinLens, part: PixelBox | None = None) -> None:
        """Show what is in focus, and what no blur reaches, as the photo does: in place, without the lights.

        However unsure the matte is there. Cells, of which the depths are known once for all lenses, tell where to look:
        in a part of the picture, or all of it.
        """
        reach_px = self._reach_px(lens)
        blurred = self._cell_blur_px(lens)[0] > IN_FOCUS_PX
        may_be_sharp = ~dilate(blurred, reach_px // CELL_PX)
        size = self.dioptres.shape[0], self.dioptres.shape[1]
        part = part or (slice(0, size[0]), slice(0, size[1]))
        marked = marked_part(may_be_sharp, CELL_PX, part)
        inner = None if marked is None else common_part(marked, part)
        if inner is None:
            return
        sharp = self._show_sharp(picture, inner, grown(inner, reach_px, size), reach_px, lens)
        if self.lights is not None:
            at, inside = self._lights_in(self.lights, inner)
            kept = sharp[at]
            picture[inner][at[0][kept], at[1][kept]] = self._below_lights(self.lights, inside[kept])

    def cells_that_change(self, lens: ThinLens) -> BoolArray:
        """Mark the cells of `CELL_PX` pixels, bool (h, w), that `keep_in_focus` may not show as the photo does."""
        # With a little room for rounding: what is not drawn must be kept.
        blurred = self._cell_blur_px(lens)[1] > 0.99 * IN_FOCUS_PX
        return dilate(blurred, -(-self._reach_px(lens) // CELL_PX))

    def _reach_px(self, lens: ThinLens) -> int:
        """How far blur may reach, in whole pixels."""
        return math.ceil(min(self.most_blur_px(lens), MOST_REACH_PX))

    def _show_sharp(
        self, picture: FloatArray, inner: PixelBox, outer: PixelBox, reach_px: int, lens: ThinLens
    ) -> BoolArray:
        """Show what no blur reaches, in a box, as the photo does: in place; return where.

        Parameters
        ----------
        picture : float32 (H, W, 3)
        inner, outer : (slice, slice)
            The box, and how far blur may come from.
        reach_px : int
            How far it reaches.
        lens : ThinLens
        """
        from ...kernels.focus import keep_sharp, mark_blurred

        (top, left), (rows, columns) = (outer[0].start, outer[1].start), within(inner, outer)
        marks = np.empty((outer[0].stop - top, outer[1].stop - left), np.uint8)
        sharp = np.empty((rows.stop - rows.start, columns.stop - columns.start), np.bool_)
        thin = np.float32(lens.focus_dioptres), np.float32(lens.px_per_dioptre), np.float32(IN_FOCUS_PX)

        def mark(first: int) -> None:
            mark_blurred(self.dioptres, thin, reach_px, (top + first, left), marks[first : first + BAND_ROWS])

        def keep(first: int) -> None:
            at, corner = (rows.start + first, columns.start), (inner[0].start + first, inner[1].start)
            kept, extra = sharp[first : first + BAND_ROWS], _NOTHING
            if self.keeps_extra and self.extra is not None:
                extra = self.extra.box((slice(corner[0], corner[0] + len(kept)), inner[1]))
            keep_sharp(marks, reach_px, at, corner, self.rgb, extra, kept, picture)

        each(mark, range(0, len(marks), BAND_ROWS))
        each(keep, range(0, len(sharp), BAND_ROWS))
        return sharp

    def most_blur_px(self, lens: ThinLens) -> float:
        """Return the largest blur radius of all that is there."""
        return float(self._cell_blur_px(lens)[1].max())

    def _cell_blur_px(self, lens: ThinLens) -> tuple[FloatArray, FloatArray]:
        """Return the smallest blur radius in each cell, or a smaller one, and the largest."""
        far, near = (lens.radius_px(ends) for ends in self._cell_depths)
        least = np.where(far * near <= 0.0, np.float32(0.0), np.minimum(np.abs(far), np.abs(near)))
        return np.asarray(least, np.float32), np.maximum(np.abs(far), np.abs(near))

    @cached_property
    def _cell_depths(self) -> tuple[FloatArray, FloatArray]:
        """Farthest and nearest dioptres in each cell of `CELL_PX` pixels."""
        if self.moved_from is not None:
            light, depths = self.moved_from
            far, near = light._cell_depths
            return depths(far), depths(near)
        height, width = self.dioptres.shape
        columns = np.arange(0, width, CELL_PX)

        def ends(top: int) -> tuple[FloatArray, FloatArray]:
            rows = self.dioptres[top : top + CELL_PX]
            return np.minimum.reduceat(rows.min(axis=0), columns), np.maximum.reduceat(rows.max(axis=0), columns)

        found = each(ends, range(0, height, CELL_PX))
        return np.array([low for low, _ in found]), np.array([high for _, high in found])

    def _below_lights(self, lights: Lights, which: NDArray[np.intp]) -> FloatArray:
        """Return what is seen at some pixels of the lights without them, float32 (K, 3)."""
        base = lights.base[which]
        if not self.keeps_extra or self.extra is None:
            return base
        surface = self.extra.at(lights.rows[which], lights.columns[which])
        return np.asarray(base + lights.surface_share[which, None] * surface, np.float32)

    def _lights_in(
        self, lights: Lights, box: PixelBox
    ) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.intp]]:
        """Where in a box the lights' pixels are, and which of them these are."""
        rows, columns = lights.pixels
        top, bottom, _ = box[0].indices(self.rgb.shape[0])
        left, right, _ = box[1].indices(self.rgb.shape[1])
        first, last = np.searchsorted(rows, (top, bottom))
        inside = first + np.flatnonzero((columns[first:last] >= left) & (columns[first:last] < right))
        return (rows[inside] - top, columns[inside] - left), inside


def spread_share(dioptres: FloatArray, lens: ThinLens) -> FloatArray:
    """Share of what is above the clip that a lens spreads, (...): none in focus, all where it is blurred."""
    blurred = np.abs(lens.radius_px(dioptres))
    return np.asarray(np.clip((blurred - SHARP_PX) / (SPREAD_PX - SHARP_PX), 0.0, 1.0), np.float32)
