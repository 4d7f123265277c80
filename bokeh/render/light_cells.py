"""Lights before a lens, gathered: in cells of one depth, and in bundles that what stands before them cuts alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import each
from ..optics.lens import ThinLens
from ..optics.ray_model import RayModel
from .occluders import Occluder

LEVEL_RADIUS_PX, LEVEL_EXTENT_PX = 16.0, 4.0
"""A disc is drawn in a picture of half the size as long as its radius stays this large there, and its light, whose size
is the softness of its edge, this large;"""

MOST_RADIUS_PX = 64.0
"""... and, however small the light, until its radius is no larger than this."""

CELL_POINTS = 32
"""A bundle that nothing cuts is as large as so many points of its grid."""

BUNDLES_PER_RADIUS = 6
"""What is closer together than the radius divided by this is one bundle, whatever cuts it."""

CUT_PX = 2.0
"""A bundle is as large as this moves the cut of what stands before it, in pixels of the level that is made at."""

BEHIND_PX = 1.0
"""An occluder's blur radius differs from the light's by more than this, else it is the light's own surroundings."""


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
class LightCells:
    """Squares of the picture with lights of one depth.

    Attributes
    ----------
    of : int64 (N,)
        The cell of each light.
    box : float64 (C, 4)
        Least and largest y, then x, of the lights' places.
    dioptres : float32 (C,)
    radius, behind, reach : float64 (C,)
        Signed blur radius in pixels, the depth in dioptres beyond which a surface stands before them, and how far from
        its place, in pixels, light lands.
    level : int64 (C,)
        Their discs are large enough to be drawn in the picture halved so often.
    """

    of: NDArray[np.int64]
    box: NDArray[np.float64]
    dioptres: FloatArray
    radius: NDArray[np.float64]
    behind: NDArray[np.float64]
    reach: NDArray[np.float64]
    level: NDArray[np.int64]

    @classmethod
    def of_lights(cls, lights: PointLights, lens: ThinLens, ray_model: RayModel) -> LightCells:
        """Sort lights into the largest cells."""
        depths, depth_of = numbered(lights.dioptres.view(np.int32))
        depth = depths.view(np.float32)
        radius = np.abs(lens.radius_px(depth)).astype(np.float64)
        side = np.asarray(CELL_POINTS * 2.0 ** _halvings(radius, LEVEL_RADIUS_PX), np.float64)
        cells = cls._joined(lights, depth_of, side[depth_of], depth[depth_of], lens, ray_model)
        radius = np.abs(cells.radius)
        level = np.minimum(_halvings(radius, LEVEL_RADIUS_PX), _halvings(2.0 * cells.half + 1.0, LEVEL_EXTENT_PX))
        return replace(cells, level=np.maximum(level, _halvings(radius, MOST_RADIUS_PX)))

    def parted(self, lights: PointLights, side: NDArray[np.float64], lens: ThinLens, ray_model: RayModel) -> LightCells:
        """Part each cell into squares of a side in pixels, float64 (C,)."""
        parted = self._joined(lights, self.of, side[self.of], self.dioptres[self.of], lens, ray_model)
        parted.level[parted.of] = self.level[self.of]
        return parted

    @classmethod
    def _joined(
        cls,
        lights: PointLights,
        key: NDArray[np.int64],
        side: NDArray[np.float64],
        dioptres: FloatArray,
        lens: ThinLens,
        ray_model: RayModel,
    ) -> LightCells:
        """Join lights of one key, number (N,), that lie in one square of a side (N,); at the photo's size."""
        from ...kernels import sprite

        squares = [np.floor((lights.place[:, k] + 0.5) / side).astype(np.int64) for k in (1, 0)]
        _, of = numbered(_packed([key, *squares]))
        count = int(of.max(initial=-1)) + 1
        box = np.empty((count, 4))
        sprite.boxes(lights.place, of, box)
        depth = np.empty(count, np.float32)
        depth[of] = dioptres
        radius = lens.radius_px(depth).astype(np.float64)
        behind = (depth + BEHIND_PX / lens.px_per_dioptre).astype(np.float64)
        reach = np.maximum(ray_model.reach_px(radius), 0.5)
        return cls(of, box, depth, radius, behind, reach, np.zeros(count, np.int64))

    @property
    def middle(self) -> NDArray[np.float64]:
        """x, y of their middles (C, 2)."""
        return np.stack([self.box[:, 2:].mean(axis=1), self.box[:, :2].mean(axis=1)], axis=1)

    @property
    def half(self) -> NDArray[np.float64]:
        """Half the longer side of each box (C,)."""
        return 0.5 * np.maximum(self.box[:, 1] - self.box[:, 0], self.box[:, 3] - self.box[:, 2])

    def only(self, which: NDArray[np.int64]) -> LightCells:
        """Return some of the cells; `of` stays that of all."""
        arrays = (getattr(self, name)[which] for name in ("box", "dioptres", "radius", "behind", "reach", "level"))
        return LightCells(self.of, *arrays)

    @property
    def aside(self) -> NDArray[np.float64]:
        """How far from the pupil's middle, in its radii, a ray to a pixel of their discs may come through (C,)."""
        return np.maximum((self.reach + self.half + 4.0 * 2.0**self.level) / np.maximum(np.abs(self.radius), 2.0), 1.5)

    def crossed(
        self, nearest: float, farthest: float, lens: ThinLens, size: tuple[int, int], side_px: int
    ) -> NDArray[np.bool_]:
        """Find the squares of the picture (H, W) in which their rays may cross a surface before them.

        Parameters
        ----------
        nearest, farthest : float
            Dioptres between which the surface lies.
        lens : ThinLens
        size : (int, int)
        side_px : int

        Returns
        -------
        bool (rows, columns)
        """
        before = self.behind < nearest
        spread = np.maximum(*(np.abs(self.radius[before] - lens.radius_px(d)) for d in (nearest, farthest)))
        spread = self.aside[before] * spread + side_px / 16.0
        counts = [-(-n // side_px) for n in size]
        spans = []
        for k in range(2):
            first, last = self.box[before, 2 * k] - spread, self.box[before, 2 * k + 1] + spread
            first = np.clip(np.floor(first / side_px), 0, counts[k]).astype(np.int64)
            spans.append((first, np.clip(np.floor(last / side_px) + 1, first, counts[k]).astype(np.int64)))
        # Every cell is a rectangle: steps up and down at its corners, summed along both axes.
        steps = np.zeros((counts[0] + 1, counts[1] + 1), np.int64)
        for i in range(2):
            for j in range(2):
                np.add.at(steps, (spans[0][i], spans[1][j]), 1 if i == j else -1)
        return steps.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0

    def cut_by(self, piece: Occluder, lens: ThinLens) -> NDArray[np.float64]:
        """Largest blur radius, in pixels, of what of a piece may stand before each cell (C,); -1 where nothing does."""
        from ...kernels.shade_blocks import Cells, touch

        near, far = piece.blocks
        cells = Cells(self.box, self.radius, self.behind, self.aside)
        largest = np.empty(len(self.radius))
        origin = piece.tile.inner[0].start, piece.tile.inner[1].start
        thin = lens.focus_dioptres, lens.px_per_dioptre
        touch(cells, near, far, origin, 2**piece.level, thin, largest)
        return largest


@dataclass(frozen=True, eq=False)
class Bundles:
    """Lights that stand so close together that the same occluders cut them alike.

    Attributes
    ----------
    cells : LightCells
    drawn : int64 (B,)
        Each is drawn in the picture halved so often.
    cut : bool (B,)
        Whether something stands before it.
    """

    cells: LightCells
    drawn: NDArray[np.int64]
    cut: NDArray[np.bool_]

    @classmethod
    def of_lights(
        cls, lights: PointLights, occluders: Sequence[Occluder], lens: ThinLens, ray_model: RayModel
    ) -> Bundles:
        """Bundle lights as finely as what stands before them needs.

        What is d beside the middle of its bundle is cut d r_o / r beside where it should be, r_o the blur radius of
        what cuts it.
        """
        cells = LightCells.of_lights(lights, lens, ray_model)
        radius, drawn = np.abs(cells.radius), cells.level.copy()
        largest = CELL_POINTS * 2.0**cells.level
        side, cut = largest.copy(), np.zeros(len(radius), np.bool_)
        for piece, blur in zip(occluders, each(lambda one: cells.cut_by(one, lens), occluders), strict=True):
            by = blur >= 0.0
            cut |= by
            side[by] = np.minimum(side[by], CUT_PX * 2.0**piece.level * radius[by] / np.maximum(blur[by], 1e-3))
            drawn[by] = np.minimum(drawn[by], piece.level)
        side = np.minimum(np.maximum(side, radius / BUNDLES_PER_RADIUS), largest)
        side = 2.0 ** np.floor(np.log2(np.maximum(side, 2.0**cells.level)))
        parted = cells.parted(lights, side, lens, ray_model)
        whole = np.empty(len(parted.radius), np.int64)
        whole[parted.of] = cells.of
        return cls(parted, drawn[whole], cut[whole])


def _halvings(size_px: NDArray[np.float64], least_px: float) -> NDArray[np.int64]:
    """How often sizes (N,) can be halved so that they stay no smaller than another; 0 where they are."""
    return np.floor(np.log2(np.maximum(size_px / least_px, 1.0))).astype(np.int64)


def _packed(keys: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Make one number of several (N,) each, as the first, the second, ... sort."""
    packed = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        least = key.min(initial=0)
        packed = packed * (key.max(initial=0) - least + 1) + (key - least)
    return packed


def numbered(key: NDArray) -> tuple[NDArray, NDArray[np.int64]]:
    """Sort out equal keys (N,): each once, in order, and the number of each one's; neighbours are often equal."""
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])[: len(key)])
    alike, number = np.unique(key[first], return_inverse=True)
    return alike, np.repeat(number.ravel().astype(np.int64), np.diff(np.append(first, len(key))))
