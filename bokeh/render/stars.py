"""Stars of lights: what the edge of the pupil scatters of a lamp's light, and takes from the lamp."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..colour.profile import rgb_from_xyz
from ..core.arrays import FloatArray
from ..core.threads import each
from ..optics.diffraction import LIGHT_PX, add_starbursts, reach_px, wings
from ..optics.lens import Lens, ThinLens
from ..optics.ray_model import RayModel
from ..photo.photo import Photo
from ..scene.clipped_spots import LIGHT_RADIANCE
from ..scene.light_energy import SharedLight
from ..scene.lights import Lights
from .light_cells import PointLights
from .light_sprites import draw_lights
from .occluders import Occluder

STAR_PX = (4.0, 8.0)
"""Blur radii up to which a light has its whole star, and from which it has none: the disc hides it."""

PHONE_CROP = 3.0
"""A sensor so many times smaller than full frame lies behind a fixed, round aperture."""

CELL_PX = 256
"""Stars of lights that lie in different squares of this side are drawn one after the other."""


@dataclass(frozen=True, eq=False)
class Stars:
    """The light that stars are made of.

    Attributes
    ----------
    which : int64 (K,)
        The pixels of the lights that have a star.
    light : float32 (K, 3)
        Radiance above `LIGHT_RADIANCE` that the pupil scatters, before the share that leaves the lamp is taken.
    wings : float32 (2R + 1, 2R + 1, 3)
    """

    which: NDArray[np.int64]
    light: FloatArray
    wings: FloatArray


@dataclass(frozen=True, eq=False)
class StarSource:
    """Lights of some stars as they arrive in a part of the picture.

    Attributes
    ----------
    light : float32 (h, w, 3)
    corner : (int, int)
        Row and column of the picture where it begins.
    """

    light: FloatArray
    corner: tuple[int, int]


def star_light(
    lights: Lights, shared: SharedLight, lens: Lens, thin: ThinLens, photo: Photo
) -> tuple[SharedLight, Stars | None]:
    """Take from the lamps what their stars are made of.

    What stays clipped gives first, so that a lamp in focus stays as white as it is.

    Parameters
    ----------
    lights : Lights
    shared : SharedLight
    lens : Lens
    thin : ThinLens
    photo : Photo
        For its primaries, and the aperture that it was taken with: it shows already what that one scattered, and only
        what the lens scatters beyond is added.

    Returns
    -------
    SharedLight
        What is left.
    Stars, or None
        None where no light has a star.
    """
    if lens.starburst <= 0.0:
        return shared, None
    blurred = np.abs(thin.radius_px(lights.dioptres))
    has = np.clip((STAR_PX[1] - blurred) / (STAR_PX[1] - STAR_PX[0]), 0.0, 1.0).astype(np.float32)
    whole = shared.spread + shared.withheld + lights.base
    light = np.maximum(whole - LIGHT_RADIANCE, 0.0) * has[:, None]
    which = np.flatnonzero(light.any(axis=1))
    if not len(which):
        return shared, None
    light = light[which]
    pitch_um = 1000.0 / thin.px_per_mm
    reach = reach_px(lens.f_number, pitch_um, lens.starburst * _brightest(lights, which, light))
    star = _beyond_own(lens, pitch_um, photo, reach)
    star = None if star is None else _less_border(star)
    if star is None:
        return shared, None
    share = np.minimum(star.sum(axis=(0, 1), dtype=np.float64), 1.0).astype(np.float32)
    gone = light * share
    spread, withheld = shared.spread.copy(), shared.withheld.copy()
    held = np.minimum(withheld[which], gone)
    withheld[which] -= held
    spread[which] = np.maximum(spread[which] - (gone - held), 0.0)
    return SharedLight(spread, withheld), Stars(which, light, star)


def _beyond_own(lens: Lens, pitch_um: float, photo: Photo, reach: int) -> FloatArray | None:
    """Return what a lens scatters of a point beyond what is in the photo (2R + 1, 2R + 1, 3); None for nothing.

    A phone's round pupil scatters evenly all around, so that the spikes of a bladed one are not in its photos. What
    blades another camera has is not known: as those of this lens.
    """
    own, primaries = photo.meta.f_number, rgb_from_xyz(photo.profile)
    if own is None:
        return wings(lens, pitch_um, primaries, reach) * np.float32(lens.starburst)
    if _is_phone(photo):
        halo = wings(Lens(f_number=own), pitch_um, primaries, reach)
        star = wings(lens, pitch_um, primaries, reach)
        star *= np.float32(lens.starburst)
        star -= halo
        return np.maximum(star, 0.0, out=star)
    strength = lens.starburst - own / lens.f_number
    return wings(lens, pitch_um, primaries, reach) * np.float32(strength) if strength > 0.0 else None


def _less_border(star: FloatArray) -> FloatArray | None:
    """Return what of a star (2R + 1, 2R + 1, 3) is not empty, its middle in the middle; None where all is."""
    middle = len(star) // 2
    lit = np.argwhere(star.any(axis=2))
    if not len(lit):
        return None
    reach = int(np.abs(lit - middle).max())
    around = slice(middle - reach, middle + reach + 1)
    return np.ascontiguousarray(star[around, around])


def _is_phone(photo: Photo) -> bool:
    """Whether a photo is of a camera as small as a phone's."""
    focal_mm, f35_mm = photo.meta.focal_mm, photo.meta.f35_mm
    return focal_mm is not None and f35_mm is not None and f35_mm > PHONE_CROP * focal_mm


def _brightest(lights: Lights, which: NDArray[np.int64], light: FloatArray) -> float:
    """Radiance of the strongest light, summed over its pixels."""
    across = -(-lights.size[1] // LIGHT_PX)
    cell = lights.rows[which] // LIGHT_PX * across + lights.columns[which] // LIGHT_PX
    return float(np.bincount(np.unique(cell, return_inverse=True)[1].ravel(), light.max(axis=1)).max())


def star_sources(
    stars: Stars,
    points: PointLights,
    occluders: Sequence[Occluder],
    thin: ThinLens,
    ray_model: RayModel,
    size: tuple[int, int],
) -> list[StarSource]:
    """Draw the light that stars are made of where it arrives.

    Parameters
    ----------
    stars : Stars
    points : PointLights
        Every pixel of the lights; their energy is not used.
    occluders : sequence of Occluder
    thin : ThinLens
    ray_model : RayModel
    size : (int, int)
        (H, W) of the picture.

    Returns
    -------
    list of StarSource
    """
    own = stars.which
    scattered = PointLights(points.place[own], stars.light, points.dioptres[own])
    margin = math.ceil(float(ray_model.reach_px(STAR_PX[1]))) + 3

    def drawn(some: NDArray[np.int64]) -> StarSource:
        few = PointLights(scattered.place[some], scattered.energy[some], scattered.dioptres[some])
        first, last = few.place.min(axis=0), few.place.max(axis=0)
        top, left = (max(int(first[k]) - margin, 0) for k in (1, 0))
        height, width = (min(int(last[k]) + margin + 1, size[1 - k]) - c for k, c in ((1, top), (0, left)))
        light = np.zeros((height, width, 3), np.float32)
        draw_lights(few, occluders, thin, ray_model, light, (top, left))
        return StarSource(light, (top, left))

    return each(drawn, _apart(scattered, margin + len(stars.wings) // 2))


def add_stars(sources: Sequence[StarSource], wings: FloatArray, picture: FloatArray) -> None:
    """Draw stars onto a picture, float32 (H, W, 3), in place; `wings` are those of `Stars`."""
    for source in sources:
        add_starbursts(picture, source.light, wings, corner=source.corner)


def _apart(lights: PointLights, reach_px: int) -> list[NDArray[np.int64]]:
    """Part lights into groups whose stars are drawn one by one, or leave them together where that is less work."""
    cell = np.floor(lights.place / CELL_PX).astype(np.int64)
    _, of = np.unique(cell[:, 0] + cell[:, 1] * (int(cell[:, 0].max()) + 1), return_inverse=True)
    together = np.ptp(lights.place, axis=0) + 2.0 * reach_px
    groups = [np.flatnonzero(of == n) for n in range(int(of.max()) + 1)]
    if len(groups) * (CELL_PX + 2.0 * reach_px) ** 2 >= together.prod():
        return [np.arange(len(of))]
    return groups
