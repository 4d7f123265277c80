"""What can stand before a light: the silhouettes of a scene's slices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.arrays import FloatArray
from ..image.tiles import Tile
from ..optics.lens import ThinLens

RAY_STEPS, FLAT_PX = 4, 0.25
"""Steps of the fixed point that finds where a ray crosses a layer, and the range of its blur radius below which one
step finds it."""

AROUND_PX = 16
"""So much of the layer around an occluder is kept: its depth says where a ray crosses it."""


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
    coverage, whole, dioptres, back : float32 (h, w)
        What a pixel shows of the slice, what it shows of that and all behind it, and its depth. Some is covered. Where
        the rest of a pixel is of the slice too, the depth of that, else -inf: a light may be between the two.
    """

    lens: ThinLens
    level: int
    number: int
    tile: Tile
    coverage: FloatArray
    whole: FloatArray
    dioptres: FloatArray
    back: FloatArray

    @property
    def own(self) -> tuple[int, int, int, int]:
        """First and last rows, then columns, of `tile.inner` in the arrays."""
        rows, columns = self.tile.within
        return rows.start, rows.stop, columns.start, columns.stop

    @cached_property
    def blocks(self) -> tuple[FloatArray, FloatArray]:
        """Nearest and farthest dioptres of what it covers, block by block of `tile.inner`; as `shade_blocks.blocks`."""
        from ...kernels.shade_blocks import BLOCK_PX, blocks

        near, far = (np.empty([-(-side // BLOCK_PX) for side in self.tile.size], np.float32) for _ in range(2))
        blocks(self.coverage, self.dioptres, self.back, self.own, near, far)
        return near, far

    @cached_property
    def nearest(self) -> float:
        """Dioptres of the nearest it covers."""
        return float(self.blocks[0].max())

    @cached_property
    def farthest(self) -> float:
        """Dioptres of the farthest it covers."""
        return float(self.blocks[1].min())

    @cached_property
    def surface(self) -> FloatArray:
        """Dioptres (h, w) that a ray's crossing is reckoned with: what it covers goes on beside itself."""
        beside = np.clip(self.dioptres, self.farthest, self.nearest)
        return np.where(self.coverage > 0.0, self.dioptres, beside)

    @cached_property
    def depths(self) -> tuple[float, float]:
        """Farthest and nearest dioptres that a ray's crossing may be reckoned with."""
        return float(self.surface.min()), float(self.surface.max())

    @cached_property
    def ray_steps(self) -> int:
        """Steps in which a ray's crossing is found; 1 where the blur is the same all over."""
        flat = (self.nearest - self.farthest) * self.lens.px_per_dioptre < FLAT_PX * 2**self.level
        return 1 if flat else RAY_STEPS

    @cached_property
    def bounds(self) -> tuple[int, int, int, int]:
        """First and last rows, then columns, of the picture that its blur reaches."""
        radii = abs(self.lens.radius_px(self.nearest)), abs(self.lens.radius_px(self.farthest))
        scale, far = 2**self.level, int(np.ceil(max(radii))) + 1
        (top, bottom), (left, right) = ((scale * side.start, scale * side.stop) for side in self.tile.inner)
        return top - far, bottom + far, left - far, right + far
