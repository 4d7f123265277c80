"""Lights through the lens: each its own image of the aperture, cut by the silhouettes of what stands before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .aperture import Aperture, area, boundary, outline
from .lens import ThinLens
from .masks import Box, box_around
from .sheets import Sheet
from .spread import BAND_ROWS

FloatArray = NDArray[np.float32]

CELLS_PER_RADIUS = 16
"""A large disc need not be drawn once for every pixel of its light: light is gathered in cells this much smaller."""

SAMPLES_AT_ONCE = 8_000_000
"""Pixels of sprites that are held in memory together."""

BEHIND_PX = 1.0
"""An occluder's blur radius differs from the light's by more than this, else it is the light's own surroundings."""

LEAST_SEEN = 0.1
"""A light of which less is seen cannot be told apart from a wrong coverage."""

PUPIL_POINTS = 64


@dataclass(frozen=True, eq=False)
class Silhouette:
    """What of a sheet can stand before a light: its coverage and depth, cut to where it covers anything.

    Attributes
    ----------
    box : (slice, slice)
        Rows and columns of the picture.
    coverage, dioptres : float32 (h, w)
    """

    box: Box
    coverage: FloatArray
    dioptres: FloatArray

    @classmethod
    def of(cls, sheet: Sheet) -> Silhouette:
        """Cut a sheet to its silhouette."""
        support = sheet.coverage > 0.0
        if not support.any():
            support[0, 0] = True
        inner = box_around(support)
        rows, columns = (slice(b.start + i.start, b.start + i.stop) for b, i in zip(sheet.box, inner, strict=True))
        return cls((rows, columns), sheet.coverage[inner].copy(), sheet.dioptres[inner].copy())


def draw_lights(
    place: NDArray[np.float64],
    energy: FloatArray,
    dioptres: FloatArray,
    silhouettes: Sequence[Silhouette],
    lens: ThinLens,
    aperture: Aperture,
    size: tuple[int, int],
) -> FloatArray:
    """Draw every light's image of the aperture.

    Parameters
    ----------
    place : float64 (N, 2)
        x, y in pixels.
    energy : float32 (N, 3)
        Radiance times pixels.
    dioptres : float32 (N,)
        Depth of the lights.
    silhouettes : sequence of Silhouette
        What may stand before them.
    lens : ThinLens
    aperture : Aperture
    size : (int, int)
        Height and width of the picture.

    Returns
    -------
    float32 (H, W, 3)
        Light to add to the picture. A light that nothing covers keeps its energy.
    """
    from ..kernels import sprite

    picture = np.zeros((*size, 3), np.float64)
    energy = energy / _seen_by_pinhole(place, dioptres, silhouettes, lens)[:, None]
    place, energy, dioptres = _gather(place, energy, dioptres, lens)
    radius = lens.radius_px(dioptres).astype(np.float64)
    behind = dioptres + BEHIND_PX / lens.px_per_dioptre
    pupil = pupil_points(aperture)
    sides = 2 * np.ceil(np.maximum(np.abs(radius), 0.5)).astype(np.int64) + 3
    for part in _parts(sides**2, SAMPLES_AT_ONCE):
        start = np.concatenate([[0], np.cumsum(sides[part] ** 2)])
        transmitted = np.ones(start[-1], np.float32)
        for silhouette in silhouettes:
            rows, columns = silhouette.box
            sprite.shade(
                place[part], radius[part], behind[part], start, pupil, silhouette.coverage, silhouette.dioptres,
                rows.start, columns.start, lens.focus_dioptres, lens.px_per_dioptre, transmitted,
            )  # fmt: skip
        sprite.deposit(
            place[part], radius[part], energy[part].astype(np.float64), start, transmitted,
            outline(aperture), area(aperture), BAND_ROWS, picture,
        )  # fmt: skip
    return picture.astype(np.float32)


def _seen_by_pinhole(
    place: NDArray[np.float64], dioptres: FloatArray, silhouettes: Sequence[Silhouette], lens: ThinLens
) -> FloatArray:
    """Share of each light that the photo shows: hair before it dimmed it, and will again, ray by ray.

    A light that shines where something nearer covers the whole pixel tells that the coverage is wrong: it counts as
    seen whole.
    """
    seen = np.ones(len(place), np.float32)
    at = np.rint(place).astype(np.int64)
    behind = dioptres + np.float32(BEHIND_PX / lens.px_per_dioptre)
    for silhouette in silhouettes:
        rows, columns = silhouette.box
        row, column = at[:, 1] - rows.start, at[:, 0] - columns.start
        height, width = silhouette.coverage.shape
        inside = np.flatnonzero((row >= 0) & (column >= 0) & (row < height) & (column < width))
        before = inside[silhouette.dioptres[row[inside], column[inside]] > behind[inside]]
        seen[before] *= 1.0 - silhouette.coverage[row[before], column[before]]
    return np.where(seen < LEAST_SEEN, np.float32(1.0), seen)


def pupil_points(aperture: Aperture) -> NDArray[np.float64]:
    """Points spread evenly over the unit pupil, x to the right and y down: a sunflower within its edge."""
    k = np.arange(PUPIL_POINTS) + 0.5
    angle = k * np.pi * (3.0 - np.sqrt(5.0))
    distance = np.sqrt(k / PUPIL_POINTS) * boundary(aperture, angle)
    return np.stack([distance * np.cos(angle), -distance * np.sin(angle)], axis=1)


def _gather(
    place: NDArray[np.float64], energy: FloatArray, dioptres: FloatArray, lens: ThinLens
) -> tuple[NDArray[np.float64], FloatArray, FloatArray]:
    """Gather the pixels of a large light in cells, each at its centre of energy."""
    cell = np.maximum(np.abs(lens.radius_px(dioptres)) // CELLS_PER_RADIUS, 1).astype(np.int64)
    key = np.stack([place[:, 0] // cell, place[:, 1] // cell, dioptres.view(np.int32)], axis=1).astype(np.int64)
    _, index = np.unique(key, axis=0, return_inverse=True)
    index = index.ravel()
    count = int(index.max()) + 1
    weight = energy.sum(axis=1, dtype=np.float64) + 1e-12

    def total(values: NDArray) -> NDArray[np.float64]:
        return np.bincount(index, values, minlength=count).astype(np.float64)

    gathered_place = np.stack([total(weight * place[:, k]) / total(weight) for k in range(2)], axis=1)
    gathered_energy = np.stack([total(energy[:, k]) for k in range(3)], axis=1).astype(np.float32)
    first = np.full(count, len(index))
    np.minimum.at(first, index, np.arange(len(index)))
    return gathered_place, gathered_energy, dioptres[first]


def _parts(sizes: NDArray[np.int64], most: int) -> list[slice]:
    """Cut a sequence into runs whose sizes add up to about `most`."""
    run = np.cumsum(sizes) // most
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(run)) + 1, [len(sizes)]])
    return [slice(int(a), int(b)) for a, b in zip(cuts[:-1], cuts[1:], strict=True)]
