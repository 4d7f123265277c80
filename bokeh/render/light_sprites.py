"""Lights through the lens: each a sprite, its own image of the aperture, cut by what stands before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import cores, each
from ..image.tiles import Tile
from ..optics.aperture import boundary
from ..optics.lens import ThinLens
from ..optics.psf import images_of
from ..optics.ray_model import RayModel

CELLS_PER_RADIUS = 16
"""A large disc need not be drawn once for every pixel of its light: light is gathered in cells this much smaller."""

BUNDLES_PER_RADIUS = 6
"""Lights closer together than the radius divided by this are cut by one mask: an occluder moves less than they do."""

SAMPLES_AT_ONCE = 8_000_000
"""Pixels of sprites that are held in memory together."""

BEHIND_PX = 1.0
"""An occluder's blur radius differs from the light's by more than this, else it is the light's own surroundings."""


PUPIL_POINTS = 64


RAY_STEPS, FLAT_PX = 4, 0.25
"""Steps of the fixed point that finds where a ray crosses a layer, and the range of its blur radius below which one
step finds it."""

AROUND_PX = 16
"""So much of the layer around an occluder is kept: its depth says where a ray crosses it."""

BAND_ROWS = 64
"""Rows of the picture that one thread adds lights to at a time; the result does not depend on it."""


@dataclass(frozen=True, eq=False)
class PointLights:
    """Points of light before a lens.

    Attributes
    ----------
    place : float64 (N, 2)
        x, y in pixels.
    energy : float32 (N, 3)
        Radiance times pixels.
    dioptres : float32 (N,)
        Their depth.
    """

    place: NDArray[np.float64]
    energy: FloatArray
    dioptres: FloatArray


@dataclass(frozen=True, eq=False)
class Occluder:
    """What of a layer can stand before a light: its silhouette in a tile, with some of the layer around.

    Attributes
    ----------
    lens : ThinLens
        For the photo's own pixels.
    level : int
        The layer is that of the picture halved so often.
    number : int
        Which depth slice, near to far.
    tile : Tile
        Of the level: the arrays stand for `tile.outer`, and what is beyond `tile.inner` is another occluder's.
    coverage, dioptres : float32 (h, w)
        Some of it is covered.
    """

    lens: ThinLens
    level: int
    number: int
    tile: Tile
    coverage: FloatArray
    whole: FloatArray
    dioptres: FloatArray

    @property
    def own(self) -> tuple[int, int, int, int]:
        """First and last rows, then columns, of `tile.inner` in the arrays."""
        rows, columns = self.tile.within
        return rows.start, rows.stop, columns.start, columns.stop

    @cached_property
    def nearest(self) -> float:
        """Dioptres of the nearest it covers."""
        return float(self.dioptres[self.coverage > 0.0].max())

    @cached_property
    def farthest(self) -> float:
        """Dioptres of the farthest it covers."""
        return float(self.dioptres[self.coverage > 0.0].min())

    @property
    def ray_steps(self) -> int:
        """Steps in which a ray's crossing is found; 1 where the blur is the same all over."""
        flat = (self.nearest - self.farthest) * self.lens.px_per_dioptre < FLAT_PX * 2**self.level
        return 1 if flat else RAY_STEPS

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """First and last rows, then columns, of the picture that its blur reaches."""
        radii = abs(self.lens.radius_px(self.nearest)), abs(self.lens.radius_px(self.farthest))
        scale, far = 2**self.level, int(np.ceil(max(radii))) + 1
        (top, bottom), (left, right) = ((scale * side.start, scale * side.stop) for side in self.tile.inner)
        return top - far, bottom + far, left - far, right + far


def draw_lights(
    lights: PointLights, occluders: Sequence[Occluder], lens: ThinLens, ray_model: RayModel, onto: FloatArray
) -> None:
    """Draw every light as a sprite: its own point spread function, the image of the aperture.

    Parameters
    ----------
    lights : PointLights
    occluders : sequence of Occluder
        What may stand before them.
    lens : ThinLens
    ray_model : RayModel
        The lens before the whole picture.
    onto : float32 (H, W, 3)
        The picture to add the light to. A light that nothing covers keeps its energy.
    """
    from ...kernels import sprite
    from ...kernels.outline import OutlineTables

    lights, _ = _gather(lights, lens, CELLS_PER_RADIUS)
    bundles = _bundled(lights, lens, ray_model)
    order = np.argsort(bundles.of, kind="stable")
    place, of, radiated = lights.place[order], bundles.of[order], lights.energy[order].astype(np.float64)
    radius = lens.radius_px(lights.dioptres[order]).astype(np.float64)
    pupil = pupil_points(ray_model)
    sides = 2 * bundles.reach + 1
    for run in _runs(sides**2, SAMPLES_AT_ONCE):
        start = np.concatenate([[0], np.cumsum(sides[run] ** 2)])
        transmitted = np.ones(start[-1], np.float32)
        middle, reach = bundles.place[run], bundles.reach[run]
        some = sprite.BundleArrays(middle, bundles.radius[run], bundles.behind[run], reach, start)
        own = slice(*np.searchsorted(of, (run.start, run.stop)))
        corner = np.floor(middle[:, ::-1] + 0.5).astype(np.int64) - reach[:, None]
        corner = np.column_stack([corner, sides[run]])
        bundle = of[own] - run.start
        masks = sprite.Masks(corner, start, transmitted)
        images = images_of(ray_model, place[own], radius[own])

        def shade(chosen: NDArray[np.int64], some=some, transmitted=transmitted) -> None:
            (x, y), reach = some.place[chosen].T, some.reach[chosen]
            for piece in occluders:
                bounds = piece.bounds
                near = some.behind[chosen] < piece.nearest
                near &= (y + reach >= bounds[0]) & (y - reach <= bounds[1])
                near &= (x + reach >= bounds[2]) & (x - reach <= bounds[3])
                if near.any():
                    rows, columns = piece.tile.outer
                    cutting = sprite.OccluderArrays(
                        piece.coverage, piece.whole, piece.dioptres, piece.own, (rows.start, columns.start), 2**piece.level, bounds,
                        piece.ray_steps,
                    )  # fmt: skip
                    thin = lens.focus_dioptres, lens.px_per_dioptre
                    sprite.shade(some, chosen[near], cutting, thin, pupil, transmitted)

        def deposit(top: int, masks=masks, images=images, energy=radiated[own], bundle=bundle) -> None:
            rows = top, min(top + BAND_ROWS, onto.shape[0])
            for image in images:
                lights = sprite.LightArrays(image.place, image.radius, energy, bundle, image.which)
                outlines = OutlineTables(image.tables, image.psf_headers)
                sprite.deposit(lights, masks, outlines, image.strips, image.channels, rows, onto)

        each(shade, np.array_split(np.arange(len(middle)), 4 * cores()))
        each(deposit, range(0, onto.shape[0], BAND_ROWS))


@dataclass(frozen=True, eq=False)
class Bundles:
    """Lights that stand so close together that the same occluders cut them alike.

    Attributes
    ----------
    place : float64 (B, 2)
        x, y of the middle.
    radius, behind : float64 (B,)
        Signed blur radius in pixels, and the depth in dioptres beyond which a layer stands before them.
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


def _bundled(lights: PointLights, lens: ThinLens, ray_model: RayModel) -> Bundles:
    middle, of = _gather(lights, lens, BUNDLES_PER_RADIUS)
    radius = lens.radius_px(middle.dioptres).astype(np.float64)
    aside = np.zeros(len(radius))
    np.maximum.at(aside, of, np.abs(lights.place - middle.place[of]).max(axis=1))
    reach = np.ceil(np.maximum(ray_model.reach_px(radius), 0.5) + aside).astype(np.int64) + 2
    behind = (middle.dioptres + BEHIND_PX / lens.px_per_dioptre).astype(np.float64)
    return Bundles(middle.place, radius, behind, reach, of)


def pupil_points(ray_model: RayModel) -> NDArray[np.float64]:
    """Points spread evenly over the unit iris, x to the right and y down: a sunflower within its edge."""
    k = np.arange(PUPIL_POINTS) + 0.5
    angle = k * np.pi * (3.0 - np.sqrt(5.0))
    distance = np.sqrt(k / PUPIL_POINTS) * boundary(ray_model.aperture, angle)
    across = distance * np.cos(angle) / ray_model.lens.glass.pupil.squeeze
    return np.stack([across, -distance * np.sin(angle)], axis=1)


def _gather(lights: PointLights, lens: ThinLens, per_radius: int) -> tuple[PointLights, NDArray[np.int64]]:
    """Gather lights in cells so many to a blur radius, each at its centre of energy; also says each light's cell."""
    place, energy, dioptres = lights.place, lights.energy, lights.dioptres
    cell = np.maximum(np.abs(lens.radius_px(dioptres)) // per_radius, 1).astype(np.int64)
    key = np.stack([place[:, 0] // cell, place[:, 1] // cell, dioptres.view(np.int32)], axis=1).astype(np.int64)
    _, index = np.unique(key, axis=0, return_inverse=True)
    index = index.ravel()
    count = int(index.max()) + 1
    weight = energy.sum(axis=1, dtype=np.float64) + 1e-12

    def total(values: NDArray) -> NDArray[np.float64]:
        return np.bincount(index, values, minlength=count).astype(np.float64)

    centre = np.stack([total(weight * place[:, k]) / total(weight) for k in range(2)], axis=1)
    gathered = np.stack([total(energy[:, k]) for k in range(3)], axis=1).astype(np.float32)
    first = np.full(count, len(index))
    np.minimum.at(first, index, np.arange(len(index)))
    return PointLights(centre, gathered, dioptres[first]), index.astype(np.int64)


def _runs(sizes: NDArray[np.int64], most: int) -> list[slice]:
    """Cut a sequence into runs whose sizes add up to about `most`."""
    run = np.cumsum(sizes) // most
    ends = np.concatenate([[0], np.flatnonzero(np.diff(run)) + 1, [len(sizes)]])
    return [slice(int(a), int(b)) for a, b in zip(ends[:-1], ends[1:], strict=True)]
