"""Lights through the lens: each its own image of the aperture, cut by the silhouettes of what stands before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import cores, each
from ..image.regions import PixelBox, box_around
from ..image.tiles import Tile, moved
from ..optics.aperture import boundary
from ..optics.lens import ThinLens
from ..optics.psf import images_of
from ..optics.ray_model import RayModel
from ..scene.layers import Layer

CELLS_PER_RADIUS = 16
"""A large disc need not be drawn once for every pixel of its light: light is gathered in cells this much smaller."""

BUNDLES_PER_RADIUS = 6
"""Lights closer together than the radius divided by this are cut by one mask: a silhouette moves less than they do."""

SAMPLES_AT_ONCE = 8_000_000
"""Pixels of sprites that are held in memory together."""

BEHIND_PX = 1.0
"""An occluder's blur radius differs from the light's by more than this, else it is the light's own surroundings."""


PUPIL_POINTS = 64


RAY_STEPS, FLAT_PX = 4, 0.25
"""Steps of the fixed point that finds where a ray crosses a sheet, and the range of its blur radius below which one
step finds it."""

AROUND_PX = 16
"""So much of the sheet around a piece is kept: its depth says where a ray crosses it."""

BAND_ROWS = 64
"""Rows of the picture that one thread adds lights to at a time; the result does not depend on it."""


@dataclass(frozen=True, eq=False)
class Occluder:
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
    ray_steps : int
        Steps in which a ray's crossing is found; 1 where the blur is the same all over.
    """

    level: int
    number: int
    outer: PixelBox
    inner: PixelBox
    coverage: FloatArray
    dioptres: FloatArray
    nearest: float
    reach_px: int
    ray_steps: int

    @property
    def own(self) -> tuple[int, int, int, int]:
        """First and last rows, then columns, of the piece itself in the arrays."""
        (top, bottom), (left, right) = (
            (i.start - o.start, i.stop - o.start) for i, o in zip(self.inner, self.outer, strict=True)
        )
        return top, bottom, left, right

    @classmethod
    def of(cls, sheet: Layer, level: int, number: int, tile: Tile, lens: ThinLens) -> Occluder | None:
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
        inner = moved((slice(*spans[0]), slice(*spans[1])), tile.outer)
        rows, columns = (
            slice(max(first - AROUND_PX - b.start, 0), min(last + AROUND_PX, b.stop) - b.start)
            for (first, last), b in zip(spans, sheet.box, strict=True)
        )
        outer = moved((rows, columns), moved(sheet.box, tile.outer))
        coverage, dioptres = sheet.coverage[rows, columns].copy(), sheet.dioptres[rows, columns].copy()
        # The box around what the sheet covers may reach into a tile that none of it lies in.
        return cls.through(lens, level, number, outer, inner, coverage, dioptres) if coverage.any() else None

    @classmethod
    def through(
        cls,
        lens: ThinLens,
        level: int,
        number: int,
        outer: PixelBox,
        inner: PixelBox,
        coverage: FloatArray,
        dioptres: FloatArray,
    ) -> Occluder:
        """Say of a piece that covers something how a lens blurs it."""
        covered = dioptres[coverage > 0.0]
        nearest, farthest = float(covered.max()), float(covered.min())
        reach_px = int(np.ceil(max(abs(lens.radius_px(nearest)), abs(lens.radius_px(farthest))))) + 1
        flat = (nearest - farthest) * lens.px_per_dioptre < FLAT_PX * 2**level
        return cls(level, number, outer, inner, coverage, dioptres, nearest, reach_px, 1 if flat else RAY_STEPS)


def draw_lights(
    place: NDArray[np.float64],
    energy: FloatArray,
    dioptres: FloatArray,
    silhouettes: Sequence[Occluder],
    lens: ThinLens,
    optics: RayModel,
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
    silhouettes : sequence of Occluder
        What may stand before them.
    lens : ThinLens
    optics : RayModel
        The lens before the whole picture.
    onto : float32 (H, W, 3)
        The picture to add the light to. A light that nothing covers keeps its energy.
    """
    from ...kernels import sprite
    from ...kernels.outline import OutlineTables

    place, gathered, dioptres, _ = _gather(place, energy, dioptres, lens, CELLS_PER_RADIUS)
    bundles = _bundled(place, gathered, dioptres, lens, optics)
    order = np.argsort(bundles.of, kind="stable")
    place, of, radiated = place[order], bundles.of[order], gathered[order].astype(np.float64)
    radius = lens.radius_px(dioptres[order]).astype(np.float64)
    pupil = pupil_points(optics)
    sides = 2 * bundles.reach + 1
    for part in _parts(sides**2, SAMPLES_AT_ONCE):
        start = np.concatenate([[0], np.cumsum(sides[part] ** 2)])
        transmitted = np.ones(start[-1], np.float32)
        middle, reach = bundles.place[part], bundles.reach[part]
        some = sprite.Bundles(middle, bundles.radius[part], bundles.behind[part], reach, start)
        own = slice(*np.searchsorted(of, (part.start, part.stop)))
        corner = np.floor(middle[:, ::-1] + 0.5).astype(np.int64) - reach[:, None]
        corner = np.column_stack([corner, sides[part]])
        bundle = of[own] - part.start
        masks = sprite.Masks(corner, start, transmitted)
        images = images_of(optics, place[own], radius[own])

        def shade(chosen: NDArray[np.int64], some=some, transmitted=transmitted) -> None:
            (x, y), reach = some.place[chosen].T, some.reach[chosen]
            for piece in silhouettes:
                bounds = _reached(piece)
                near = some.behind[chosen] < piece.nearest
                near &= (y + reach >= bounds[0]) & (y - reach <= bounds[1])
                near &= (x + reach >= bounds[2]) & (x - reach <= bounds[3])
                if near.any():
                    rows, columns = piece.outer
                    cutting = sprite.Piece(
                        piece.coverage, piece.dioptres, piece.own, (rows.start, columns.start), 2**piece.level, bounds,
                        piece.ray_steps,
                    )  # fmt: skip
                    thin = lens.focus_dioptres, lens.px_per_dioptre
                    sprite.shade(some, chosen[near], cutting, thin, pupil, transmitted)

        def deposit(top: int, masks=masks, images=images, energy=radiated[own], bundle=bundle) -> None:
            rows = top, min(top + BAND_ROWS, onto.shape[0])
            for image in images:
                lights = sprite.Lights(image.place, image.radius, energy, bundle, image.which)
                outlines = OutlineTables(image.tables, image.frames)
                sprite.deposit(lights, masks, outlines, image.strips, image.channels, rows, onto)

        each(shade, np.array_split(np.arange(len(middle)), 4 * cores()))
        each(deposit, range(0, onto.shape[0], BAND_ROWS))


@dataclass(frozen=True, eq=False)
class Bundles:
    """Lights that stand so close together that the same silhouettes cut them alike.

    Attributes
    ----------
    place : float64 (B, 2)
        x, y of the middle.
    radius, behind : float64 (B,)
        Signed blur radius in pixels, and the depth in dioptres beyond which a sheet stands before them.
    reach : int64 (B,)
        Pixels from the middle, rounded, to what their discs may reach.
    of : int64 (N,)
        The bundle of each light.
    """

    place: NDArray[np.float64]
    radius: NDArray[np.float64]
    behind: NDArray[np.float64]
    reach: NDArray[np.int64]
    of: NDArray[np.int64]


def _bundled(
    place: NDArray[np.float64], energy: FloatArray, dioptres: FloatArray, lens: ThinLens, optics: RayModel
) -> Bundles:
    middle, _, depth, of = _gather(place, energy, dioptres, lens, BUNDLES_PER_RADIUS)
    radius = lens.radius_px(depth).astype(np.float64)
    aside = np.zeros(len(depth))
    np.maximum.at(aside, of, np.abs(place - middle[of]).max(axis=1))
    reach = np.ceil(np.maximum(optics.reach_px(radius), 0.5) + aside).astype(np.int64) + 2
    return Bundles(middle, radius, (depth + BEHIND_PX / lens.px_per_dioptre).astype(np.float64), reach, of)


def _reached(piece: Occluder) -> tuple[int, int, int, int]:
    """First and last rows, then columns, of the picture that a piece's blur reaches."""
    scale, far = 2**piece.level, piece.reach_px
    rows, columns = piece.inner
    return scale * rows.start - far, scale * rows.stop + far, scale * columns.start - far, scale * columns.stop + far


def pupil_points(optics: RayModel) -> NDArray[np.float64]:
    """Points spread evenly over the unit iris, x to the right and y down: a sunflower within its edge."""
    k = np.arange(PUPIL_POINTS) + 0.5
    angle = k * np.pi * (3.0 - np.sqrt(5.0))
    distance = np.sqrt(k / PUPIL_POINTS) * boundary(optics.aperture, angle)
    across = distance * np.cos(angle) / optics.lens.glass.pupil.squeeze
    return np.stack([across, -distance * np.sin(angle)], axis=1)


def _gather(
    place: NDArray[np.float64], energy: FloatArray, dioptres: FloatArray, lens: ThinLens, per_radius: int
) -> tuple[NDArray[np.float64], FloatArray, FloatArray, NDArray[np.int64]]:
    """Gather lights in cells so many to a blur radius, each at its centre of energy; also says each light's cell."""
    cell = np.maximum(np.abs(lens.radius_px(dioptres)) // per_radius, 1).astype(np.int64)
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
    return gathered_place, gathered_energy, dioptres[first], index.astype(np.int64)


def _parts(sizes: NDArray[np.int64], most: int) -> list[slice]:
    """Cut a sequence into runs whose sizes add up to about `most`."""
    run = np.cumsum(sizes) // most
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(run)) + 1, [len(sizes)]])
    return [slice(int(a), int(b)) for a, b in zip(cuts[:-1], cuts[1:], strict=True)]
