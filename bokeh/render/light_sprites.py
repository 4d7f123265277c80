"""Lights through the lens: each a sprite, its own image of the aperture, cut by what stands before it.

Lights of one depth that are close together make a bundle: what stands before them cuts them alike. A bundle's light is
gathered on a grid of points, and drawn in a picture so much smaller as its disc is large and as nothing sharp cuts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import cores, each
from ..optics.aperture import boundary
from ..optics.lens import ThinLens
from ..optics.psf import Images, images_of, stamps_of
from ..optics.ray_model import RayModel
from .light_cells import Bundles, PointLights, numbered
from .occluders import Occluder

if TYPE_CHECKING:
    from ...kernels import sprite

SAMPLES_AT_ONCE = 8_000_000
"""Pixels of masks that are held in memory together."""

PUPIL_POINTS = 64

RADII_PER_PX, PLACES_PER_PX = 64, 16
"""Bundles that a lens with flaws shows alike share a stamp: by blur radius and place to such parts of a pixel."""

TILE_PX = 512
"""Side of the parts of the picture that light is added to at a time; the result does not depend on it."""


def draw_lights(
    lights: PointLights,
    occluders: Sequence[Occluder],
    lens: ThinLens,
    ray_model: RayModel,
    onto: FloatArray,
    corner: tuple[int, int] = (0, 0),
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
    onto : float32 (h, w, 3)
        The picture, or a part of it, to add the light to. A light that nothing covers keeps its energy.
    corner : (int, int)
        Row and column of the picture where that begins.
    """
    sprites_of(lights, occluders, lens, ray_model).draw(onto, corner)


def sprites_of(lights: PointLights, occluders: Sequence[Occluder], lens: ThinLens, ray_model: RayModel) -> Sprites:
    """Do all that drawing lights takes and needs no picture; arguments as of `draw_lights`."""
    return Sprites(Bundles.of_lights(lights, occluders, lens, ray_model), lights, ray_model, lens, occluders)


class Sprites:
    """Bundles as they are drawn.

    Parameters
    ----------
    bundles : Bundles
    lights : PointLights
    ray_model : RayModel
    lens : ThinLens
    occluders : sequence of Occluder
    """

    def __init__(
        self,
        bundles: Bundles,
        lights: PointLights,
        ray_model: RayModel,
        lens: ThinLens,
        occluders: Sequence[Occluder],
    ) -> None:
        """Find the grid of each, and what its discs reach."""
        self.bundles, self.lights, self.ray_model, self.lens = bundles, lights, ray_model, lens
        self.occluders = occluders
        cells = bundles.cells
        self.scale = 2**bundles.drawn
        """They are drawn in a picture so many times smaller,"""
        self.grid = 2**cells.level
        """from points on a grid so many times coarser than the picture."""
        on_grid = (cells.box + 0.5) / self.grid[:, None] - 0.5
        self.first = np.floor(on_grid[:, ::2]).astype(np.int64)
        """Row and column of the first point of each."""
        self.points = np.ceil(on_grid[:, 1::2]).astype(np.int64) - self.first + 1
        """Rows and columns of points."""
        self.stride = self.grid // self.scale
        # Points of a coarser grid lie between pixels.
        self.between = np.where(self.stride > 1, 0.5, 0.0)
        self.at = self.first * self.stride[:, None] + (self.stride // 2 - (self.stride > 1))[:, None]
        far = (cells.reach / self.scale).astype(np.int64) + 3
        self.corner = self.at - far[:, None]
        """Row and column that each may reach, where it is drawn, and"""
        self.shape = (self.points - 1) * self.stride[:, None] + 2 + 2 * far[:, None]
        """how many of them."""
        self.order = np.argsort(cells.of, kind="stable")
        """The lights, bundle by bundle."""
        self.index = cells.of[self.order]

        sizes = np.where(bundles.cut, self.shape.prod(axis=1), 0) + self.points.prod(axis=1)
        self.runs = _runs(sizes, SAMPLES_AT_ONCE) if len(sizes) else []
        self._made = None if not self.runs else self._make(self.runs[0])
        if self.are_made:
            self.occluders = ()

    @property
    def are_made(self) -> bool:
        """Whether all is in memory that they are drawn from, as often as is wanted."""
        return len(self.runs) <= 1

    def draw(self, onto: FloatArray, corner: tuple[int, int] = (0, 0)) -> None:
        """Draw them onto a part of the picture that begins at a row and column."""
        for run in self.runs:
            made = self._made or self._make(run)
            if not self.are_made:
                self._made = None
            self._draw(run, *made, onto, corner)

    def _make(self, run: slice) -> tuple[sprite.Patches, sprite.Masks, _Stamped]:
        """Gather the light of some of them, and find what of it gets through and what it looks like."""
        cells = self.bundles.cells
        look = _Stamped(self, run, images_of(self.ray_model, cells.middle[run], cells.radius[run]))
        return self._patches(run), self._masks(run), look

    def _draw(
        self,
        run: slice,
        patches: sprite.Patches,
        masks: sprite.Masks,
        look: _Stamped,
        onto: FloatArray,
        corner: tuple[int, int],
    ) -> None:
        """Draw some of them."""
        from ...kernels import sprite

        scale, drawn = self.scale[run], self.bundles.drawn[run]
        top = (self.corner[run] - 2) * scale[:, None]
        bottom = top + (self.shape[run] + 4) * scale[:, None]

        def add(tile: tuple[slice, slice]) -> None:
            inside = np.ones(len(scale), np.bool_)
            for k in range(2):
                inside &= (top[:, k] < corner[k] + tile[k].stop) & (bottom[:, k] > corner[k] + tile[k].start)
            if not inside.any():
                return
            begin, end = (tuple(corner[k] + getattr(tile[k], name) for k in range(2)) for name in ("start", "stop"))
            spans = [(begin, end)]
            while len(spans) <= int(drawn[inside].max()):
                begin, end = spans[-1]
                spans.append((tuple((b - 1) // 2 for b in begin), tuple(e // 2 + 1 for e in end)))
            coarse: FloatArray | None = None
            for level in range(len(spans) - 1, -1, -1):
                begin, end = spans[level]
                canvas = np.zeros((end[0] - begin[0], end[1] - begin[1], 3), np.float32)
                if coarse is not None:
                    sprite.add_enlarged(coarse, spans[level + 1][0], begin, canvas)
                chosen = np.flatnonzero(inside & (drawn == level))
                sprite.deposit(patches, chosen, look.stamps, look.of, masks, look.shift, begin, canvas)
                coarse = canvas
            if coarse is not None:
                onto[tile] += coarse

        tiles = [
            (slice(row, min(row + TILE_PX, onto.shape[0])), slice(column, min(column + TILE_PX, onto.shape[1])))
            for row in range(0, onto.shape[0], TILE_PX)
            for column in range(0, onto.shape[1], TILE_PX)
        ]
        each(add, tiles)

    def _patches(self, run: slice):
        """Gather the light of some of them."""
        from ...kernels import sprite

        start = np.concatenate([[0], np.cumsum(self.points[run].prod(axis=1))])
        light = np.zeros((start[-1], 4), np.float32)
        patches = sprite.Patches(self.at[run], self.points[run], self.stride[run], start, light)
        own = slice(*np.searchsorted(self.index, (run.start, run.stop)))
        lights, index = self.order[own], self.index[own] - run.start
        scale = np.stack([self.grid[run], self.scale[run]], axis=1)
        sprite.gather(self.lights.place[lights], self.lights.energy[lights], index, self.first[run], scale, patches)
        return patches

    def _masks(self, run: slice):
        """Find what of some of them gets through."""
        from ...kernels import shade, sprite

        cells, lens = self.bundles.cells, self.lens
        sizes = np.where(self.bundles.cut[run], self.shape[run].prod(axis=1), 0)
        start = np.concatenate([[0], np.cumsum(sizes)])
        transmitted = np.ones(start[-1], np.float32)
        cut = np.flatnonzero(self.bundles.cut[run])
        if len(cut):
            arrays = shade.BundleArrays(
                cells.middle[run], cells.radius[run], cells.behind[run],
                (cells.reach + cells.half)[run] + 2.0 * self.scale[run],
                self.scale[run], self.corner[run], self.shape[run], start,
            )  # fmt: skip
            pupil = pupil_points(self.ray_model)
            thin = lens.focus_dioptres, lens.px_per_dioptre

            def shade_some(chosen: NDArray[np.int64]) -> None:
                some = cells.only(run.start + chosen)
                for piece in self.occluders:
                    by = some.cut_by(piece, lens) >= 0.0
                    if by.any():
                        rows, columns = piece.tile.outer
                        cutting = shade.OccluderArrays(
                            piece.coverage, piece.whole, piece.surface, piece.back, piece.own,
                            (rows.start, columns.start), 2**piece.level, piece.bounds, piece.ray_steps,
                            piece.blocks[0], piece.depths,
                        )  # fmt: skip
                        shade.shade(arrays, chosen[by], cutting, thin, pupil, transmitted)

            each(shade_some, np.array_split(cut, min(4 * cores(), len(cut))))
        return sprite.Masks(self.corner[run], self.shape[run], start, transmitted)


class _Stamped:
    """What a run of bundles looks like: stamps, the one of each bundle, and where it lies.

    Parameters
    ----------
    sprites : Sprites
    run : slice
    images : Images
        At the middles of the bundles.
    """

    def __init__(self, sprites: Sprites, run: slice, images: Images) -> None:
        """Draw the stamps; bundles that look the same share one."""
        scale = sprites.scale[run].astype(np.float64)
        middle, between = sprites.bundles.cells.middle[run], sprites.between[run]
        beside = (images.place - middle[:, None]) / scale[:, None, None] + between[:, None, None]
        # The pixel that is nearest to where colours land on average.
        mean = beside.mean(axis=1)
        whole = np.where(sprites.stride[run][:, None] > 1, np.floor(mean), np.floor(mean + 0.5)).astype(np.int64)
        offset = beside - whole[:, None]
        self.shift = np.ascontiguousarray(whole[:, ::-1])
        kinds = sprites.bundles.drawn[run] * 2 + (sprites.stride[run] > 1)
        if sprites.ray_model.is_even and images.which.shape[1] == 1 and (beside == between[:, None, None]).all():
            radii, number = numbered(images.radius[:, 0].copy().view(np.int64))
            key = (images.which[:, 0] * 64 + kinds) * len(radii) + number
        else:
            radii = np.rint(images.radius / scale[:, None] * RADII_PER_PX)
            places = np.rint(offset * PLACES_PER_PX).reshape(len(kinds), -1)
            _, key = np.unique(np.column_stack([kinds, images.which, radii, places]), axis=0, return_inverse=True)
        _, self.of = numbered(key.ravel())
        first = np.empty(int(self.of.max()) + 1, np.int64)
        first[self.of] = np.arange(len(key))
        self.stamps = stamps_of(images, first, np.ascontiguousarray(offset[first]), scale[first])


def pupil_points(ray_model: RayModel) -> NDArray[np.float64]:
    """Points spread evenly over the unit iris, x to the right and y down: a sunflower within its edge."""
    k = np.arange(PUPIL_POINTS) + 0.5
    angle = k * np.pi * (3.0 - np.sqrt(5.0))
    distance = np.sqrt(k / PUPIL_POINTS) * boundary(ray_model.aperture, angle)
    across = distance * np.cos(angle) / ray_model.lens.glass.pupil.squeeze
    return np.stack([across, -distance * np.sin(angle)], axis=1)


def _runs(sizes: NDArray[np.int64], most: int) -> list[slice]:
    """Cut a sequence into runs whose sizes add up to about `most`."""
    run = np.cumsum(sizes) // most
    ends = np.concatenate([[0], np.flatnonzero(np.diff(run)) + 1, [len(sizes)]])
    return [slice(int(a), int(b)) for a, b in zip(ends[:-1], ends[1:], strict=True)]
