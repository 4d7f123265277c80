"""The light of a scene at the photo's size: what it shows, what it clipped, and how much of that a lens spreads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..hdr.restore import CLIP
from ..image.regions import PixelBox
from ..optics.lens import ThinLens
from .lights import Lights, seen_by_pinhole
from .slicing import SubjectRange, subject_range

SHARP_PX, SPREAD_PX = 0.5, 2.0
"""Blur radii below which a clipped pixel stays as the photo shows it, and from which all its radiance is spread."""

TONED = (0.95, CLIP, 1.5, 2.5)
"""A photo's tone curve shows bright surfaces as the phone wants them shown: a white wall is no lamp, and stays as
bright when it is blurred. What is shown below the first (8-bit code 249) is not clipped, above the second it is; what
is darker than the third is a surface, brighter than the fourth it is a light (see `LIGHT_RADIANCE`). All light of
clipped lights is spread; the rest of what is above white belongs to the HDR rendition alone."""


@dataclass(frozen=True, eq=False)
class SceneLight:
    """A scene's radiance: what the photo shows, what it clipped, and the lights, where they are and how deep.

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
    def subject(self) -> SubjectRange | None:
        """Where the subject is."""
        return subject_range(self.dioptres, self.matte)

    @property
    def toned(self) -> tuple[float, float, float, float]:
        """What counts as a clipped light; where all light is kept, everything does."""
        return (-2.0, -1.0, -2.0, -1.0) if self.keeps_extra else TONED

    def rgbd(self, box: PixelBox, lens: ThinLens | None) -> FloatArray:
        """Return radiance without the lights, and dioptres, of a box of the photo.

        Parameters
        ----------
        box : (slice, slice)
        lens : ThinLens or None
            What it leaves sharp stays as the photo shows it; None where everything is blurred.

        Returns
        -------
        float32 (h, w, 4)
        """
        from ...kernels.layer import radiance

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
                (sharp_px, least), self.toned, rgbd,
            )  # fmt: skip
        if self.lights is not None:
            at, inside = self._lights_in(box)
            rgbd[at[0], at[1], :3] = np.minimum(rgbd[at[0], at[1], :3], self.lights.base[inside])
        return rgbd

    def energy_of_lights(self, lens: ThinLens) -> FloatArray:
        """Radiance of the lights' pixels (N, 3) beyond their base; what the subject hid of it in the photo restored."""
        assert self.lights is not None
        radiance = self.rgb[self.lights.mask]
        if self.extra is not None:
            extra = self.extra[self.lights.mask]
            radiance = radiance + (extra if self.keeps_extra else _spread_share(self.lights.dioptres, lens) * extra)
        energy = np.asarray(np.maximum(radiance - self.lights.base, 0.0), np.float32)
        if self.subject is None or self.matte is None:
            return energy
        hidden = np.where(self.lights.dioptres < self.subject.far, self.matte[self.lights.mask], np.float32(0.0))
        return energy / seen_by_pinhole(hidden)[:, None]

    def above_clip(self, picture: FloatArray, lens: ThinLens) -> FloatArray:
        """Radiance above the clip (H, W, 3): a render's own, and what it leaves clipped of what is in focus."""
        if self.extra is None or self.keeps_extra:
            return np.maximum(picture - 1.0, 0.0)
        clipped = self.extra * (1.0 - _spread_share(self.dioptres, lens))
        clipped += picture
        clipped -= 1.0
        return np.maximum(clipped, 0.0, out=clipped)

    @cached_property
    def _light_places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        assert self.lights is not None
        rows, columns = np.nonzero(self.lights.mask)
        return rows, columns

    def _lights_in(self, box: PixelBox) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.intp]]:
        """Where in a box the lights' pixels are, and which of them these are."""
        rows, columns = self._light_places
        top, bottom, _ = box[0].indices(self.rgb.shape[0])
        left, right, _ = box[1].indices(self.rgb.shape[1])
        first, last = np.searchsorted(rows, (top, bottom))
        inside = first + np.flatnonzero((columns[first:last] >= left) & (columns[first:last] < right))
        return (rows[inside] - top, columns[inside] - left), inside


def _spread_share(dioptres: FloatArray, lens: ThinLens) -> FloatArray:
    """Share of the radiance above the clip that a lens spreads, (..., 1)."""
    blurred = np.abs(lens.radius_px(dioptres))
    return np.asarray(np.clip((blurred - SHARP_PX) / (SPREAD_PX - SHARP_PX), 0.0, 1.0)[..., None], np.float32)
