"""Lights through the lens: each its own image of the aperture, cut by the silhouettes of what stands before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .aperture import Aperture, area, boundary, outline
from .cores import cores, each
from .lens import ThinLens
from .masks import Box, box_around
from .sheets import Sheet
from .tiles import Tile

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

AROUND_PX = 16
"""So much of the sheet around a piece is kept: its depth says where a ray crosses it."""

BAND_ROWS = 64
"""Rows of the picture that one thread adds lights to at a time; the result does not depend on it."""


@dataclass(frozen=True, eq=False)
class Silhouette:
    """What of a sheet can stand before a light: a piece of it, with some of the sheet around.

    Attributes
    ----------
    level : int
        The sheet is that of the picture halved so often.
    number : int
        Which sheet, near to far.
    outer : (slice, slice)
        Rows and columns of the level that the arrays stand for.
    inner : (slice, slice)
        Rows and columns of the level of the piece itself; the rest is another piece's.
    coverage, dioptres : float32 (h, w)
    nearest : float
        Dioptres of the nearest it covers.
    reach_px : int
        How far the lens spreads it, pixels of the picture.
    """

    level: int
    number: int
    outer: Box
    inner: Box
    coverage: FloatArray
    dioptres: FloatArray
    nearest: float
    reach_px: int

    @classmethod
    def of(cls, sheet: Sheet, level: int, number: int, tile: Tile, lens: ThinLens) -> Silhouette | None:
        """Cut a tile's sheet to its silhouette; None where it covers nothing of the tile."""
        support = sheet.coverage > 0.0
        if not support.any():
            return None
        own = box_around(support)
        spans = [
            (max(w.start, b.start + o.start), min(w.stop, b.start + o.stop))
            for w, b, o in zip(tile.within, sheet.box, own, strict=True)
        ]
        if any(first >= last for first, last in spans):
            return None
        corner = [o.start for o in tile.outer]
        inner = tuple(slice(c + first, c + last) for c, (first, last) in zip(corner, spans, strict=True))
        cut = tuple(
            slice(max(first - AROUND_PX - b.start, 0), min(last + AROUND_PX, b.stop) - b.start)
            for (first, last), b in zip(spans, sheet.box, strict=True)
        )
        outer = tuple(
            slice(c + b.start + k.start, c + b.start + k.stop) for c, b, k in zip(corner, sheet.box, cut, strict=True)
        )
        coverage, dioptres = sheet.coverage[cut].copy(), sheet.dioptres[cut].copy()
        covered = dioptres[coverage > 0.0]
        nearest, farthest = float(covered.max()), float(covered.min())
        reach_px = int(np.ceil(max(abs(lens.radius_px(nearest)), abs(lens.radius_px(farthest))))) + 1
        return cls(level, number, outer, inner, coverage, dioptres, nearest, reach_px)


def draw_lights(
    place: NDArray[np.float64],
    energy: FloatArray,
    dioptres: FloatArray,
    silhouettes: Sequence[Silhouette],
    lens: ThinLens,
    aperture: Aperture,
    onto: FloatArray,
) -> None:
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
    onto : float32 (H, W, 3)
        The picture to add the light to. A light that nothing covers keeps its energy.
    """
    from ..kernels import sprite

    place, energy, dioptres = _gather(place, energy, dioptres, lens)
    radius = lens.radius_px(dioptres).astype(np.float64)
    behind = dioptres + BEHIND_PX / lens.px_per_dioptre
    pupil = pupil_points(aperture)
    reaches = np.ceil(np.maximum(np.abs(radius), 0.5)).astype(np.int64) + 1
    sides = 2 * reaches + 1
    for part in _parts(sides**2, SAMPLES_AT_ONCE):
        start = np.concatenate([[0], np.cumsum(sides[part] ** 2)])
        transmitted = np.ones(start[-1], np.float32)
        some = (place[part], radius[part], behind[part], start)

        def shade(lights: NDArray[np.int64], some=some, transmitted=transmitted, reach=reaches[part]) -> None:
            for piece in silhouettes:
                bounds = _reached(piece)
                x, y = some[0][lights, 0], some[0][lights, 1]
                near = some[2][lights] < piece.nearest
                near &= (y + reach[lights] >= bounds[0]) & (y - reach[lights] <= bounds[1])
                near &= (x + reach[lights] >= bounds[2]) & (x - reach[lights] <= bounds[3])
                if near.any():
                    rows, columns = piece.outer
                    inner = tuple(
                        edge - o.start
                        for i, o in zip(piece.inner, piece.outer, strict=True)
                        for edge in (i.start, i.stop)
                    )
                    sprite.shade(
                        *some, lights[near], pupil, piece.coverage, piece.dioptres, inner, rows.start, columns.start,
                        2**piece.level, bounds, lens.focus_dioptres, lens.px_per_dioptre, transmitted,
                    )  # fmt: skip

        def deposit(top: int, some=some, transmitted=transmitted, energy=energy[part].astype(np.float64)) -> None:
            sprite.deposit(
                some[0], some[1], energy, some[3], transmitted, outline(aperture), area(aperture), top,
                min(top + BAND_ROWS, onto.shape[0]), onto,
            )  # fmt: skip

        each(shade, np.array_split(np.arange(len(some[0])), 4 * cores()))
        each(deposit, range(0, onto.shape[0], BAND_ROWS))


def _reached(piece: Silhouette) -> tuple[int, int, int, int]:
    """First and last rows, then columns, of the picture that a piece's blur reaches."""
    scale, far = 2**piece.level, piece.reach_px
    rows, columns = piece.inner
    return scale * rows.start - far, scale * rows.stop + far, scale * columns.start - far, scale * columns.stop + far


def seen_by_pinhole(matte: FloatArray) -> FloatArray:
    """Share of each light that the photo shows: hair before it dimmed it, and will again, ray by ray.

    Parameters
    ----------
    matte : float32 (N,)
        Coverage of the subject at each light's pixels, 0 for a light in front of it.

    Returns
    -------
    float32 (N,)
        A light that shines where the subject covers the whole pixel tells that the matte is wrong: it counts as seen
        whole.
    """
    return np.where(matte > 1.0 - LEAST_SEEN, np.float32(1.0), np.float32(1.0) - matte)


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
