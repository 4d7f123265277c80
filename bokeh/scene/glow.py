"""Glow: light of what is near that the phone's own blur left beside its edge, over what lies behind.

Taken for what lies behind, a lens would spread it once more: a pale halo. Beside an edge, what lies behind is compared
with what is farther out, ring by ring. Where it is the brighter by light of what stands before it the nearer the edge
is, all around alike, that light is glow. A texture or another thing beside the edge is not alike all around, and light
on a wall goes on farther out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import BoolArray, FloatArray
from ..core.threads import each
from ..image.inpaint import inpaint
from .fragments import Fragments
from .light_energy import SceneLight

if TYPE_CHECKING:
    from ...kernels.glow import GlowArrays

LENGTH_PX = 512
"""Glow is sought in a picture about so long."""

REACH_SHARE = 0.014
"""It reaches so far, as a share of the longer side; what is behind is compared with a ring as wide around that."""

BRIGHTER = 2.0
"""What glows is brighter than what lies behind by this factor."""

MOST_SHARE = 0.5
"""Where a blurred edge was, half of the light is from either side; more of it farther out is a thing of its own."""

ALIKE = 1.0
"""Glow counts from so many standard deviations of itself on, and all of it from one more on."""

ENDS = 0.125, 0.25
"""What of it is left where it should end: up to the first share it is glow, from the second on light on a wall."""

AROUND = np.array((1.0, 4.0, 6.0, 4.0, 1.0)) / 6.0
"""What is the same all around is asked of the cells around too, which count so much."""

LEAST_COUNT = 4.0
"""Pixels of a ring around a cell that say something."""

LEAST_SHARE = 0.004
"""Less glow than this share of what it comes from is none."""


@dataclass(frozen=True, eq=False)
class Glow:
    """Glow in a smaller picture.

    Attributes
    ----------
    share : float32 (h, w)
        How much of what lies behind an edge is the light of what stands before it.
    source : float32 (h, w, 4)
        Colour and dioptres of that.
    kinds : uint8 (h, w)
        Its class.
    by : int
        Pixels of the photo to one of these.
    jump : float32
        Difference in depth of two surfaces at the photo's size, dioptres.
    """

    share: FloatArray
    source: FloatArray
    kinds: NDArray[np.uint8]
    by: int
    jump: np.float32

    @classmethod
    def of(cls, light: SceneLight, jump: np.float32, before: np.float32) -> Glow | None:
        """Find the glow of a photo; None where there is none.

        Parameters
        ----------
        light : SceneLight
        jump : float32
            Difference in depth of two surfaces at the photo's size, dioptres.
        before : float32
            Where the subject's depths end, dioptres; infinite without a subject.
        """
        by = max(1, round(max(light.dioptres.shape) / LENGTH_PX))
        every = slice(by // 2, None, by), slice(by // 2, None, by)
        rings = _Rings.around(np.array(light.rgb[every]), np.array(light.dioptres[every]), float(jump))
        share = None if rings is None else rings.share
        if rings is None or share is None:
            return None
        matte = np.float32(0.0) if light.subject is None or light.matte is None else light.matte[every][rings.rim_at]
        kinds = np.where(matte >= 0.5, 1, np.where(rings.source[..., 3] > before, 0, 2)).astype(np.uint8)
        return cls(share, rings.source, kinds, by, jump)

    def take_off(self, rgbd: FloatArray, matte: FloatArray, corner: tuple[int, int]) -> FloatArray:
        """Take it off a box of the photo, float32 (h, w, 4), in place; return the share taken of each pixel, (h, w)."""
        from ...kernels.glow import take_glow

        taken = np.empty(matte.shape, np.float32)
        take_glow(self._arrays, matte, corner, self.jump, rgbd, taken)
        return taken

    def give_back(self, taken: FloatArray, corner: tuple[int, int], found: Fragments, changed: BoolArray) -> None:
        """Give what was taken off a box to what it comes from, as a fragment before what it was taken off.

        Parameters
        ----------
        taken : float32 (h, w)
            As of `take_off`.
        corner : (int, int)
            Row and column that the box begins at.
        found : Fragments, (h, w)
            Of the photo without it; where there is any, overwritten.
        changed : bool (h, w)
            Set there.
        """
        from ...kernels.glow import give_glow

        give_glow(self._arrays, corner, taken, found.arrays, changed)

    @property
    def _arrays(self) -> GlowArrays:
        from ...kernels.glow import GlowArrays

        return GlowArrays(self.share, self.source, self.kinds, self.by)


@dataclass(frozen=True, eq=False)
class _Rings:
    """What lies beside edges of a smaller picture, by its distance from them.

    Attributes
    ----------
    reach : int
        So many rings, a pixel wide each, may hold glow.
    distance : float32 (h, w)
        From the middle of the first ring, pixels.
    rim_at : (int (h, w), int (h, w))
        Where the nearest edge of something that stands before others is.
    source : float32 (h, w, 4)
        Colour and dioptres of that, away from the edge.
    excess : float32 (h, w)
        How much of its light is in a pixel that lies behind, beyond what is farther out there.
    behind : bool (h, w)
        Where that is known.
    """

    reach: int
    distance: FloatArray
    rim_at: tuple[NDArray[np.integer], NDArray[np.integer]]
    source: FloatArray
    excess: FloatArray
    behind: BoolArray

    @classmethod
    def around(cls, rgb: FloatArray, dioptres: FloatArray, jump: float) -> _Rings | None:
        """Look around the edges of a picture; None where nothing stands before anything."""
        rim = dioptres - ndimage.minimum_filter(dioptres, 3, mode="nearest") > jump
        if not rim.any():
            return None
        reach = max(4, round(REACH_SHARE * max(dioptres.shape)))
        away, places = cast(
            "tuple[NDArray[np.float64], NDArray[np.int32]]", ndimage.distance_transform_edt(~rim, return_indices=True)
        )
        rows, columns = places
        near = dioptres[rows, columns]
        behind = (away <= 2 * reach) & (near - dioptres > jump)
        beside = np.asarray(ndimage.binary_dilation(behind, np.ones((3, 3), bool)), bool)
        within = np.asarray(ndimage.binary_dilation(rim, iterations=reach), bool) & ~beside
        front, front_weight = _smooth(rgb, within, 0.5 * reach)
        front, front_known = front[rows, columns], front_weight[rows, columns] > LEAST_SHARE
        far, far_weight = _smooth(rgb, behind & (away > reach), float(reach))
        behind &= front_known & (far_weight > LEAST_SHARE) & (_sum(front) > BRIGHTER * _sum(far))
        line = front - far
        length = np.maximum(_sum(line * line), 1e-9)
        excess = np.where(behind, _sum((rgb - far) * line) / length, np.float32(0.0))
        source = np.concatenate([front, near[..., None]], axis=-1)
        distance = np.asarray(away - 1.0, np.float32)
        return cls(reach, distance, (rows, columns), source, excess, behind) if behind.any() else None

    @property
    def share(self) -> FloatArray | None:
        """How much of each pixel is glow, float32 (h, w), continued to the edges; None where none is."""
        profile = self._profile()
        if not profile.any():
            return None
        side = 2 * self.reach
        ys, xs = np.nonzero(self.behind & (self.distance < self.reach))
        at = [(self.rim_at[k][ys, xs] + 0.5) / side - 0.5 for k in range(2)]
        ring = np.maximum(self.distance[ys, xs], 0.0)
        share = np.zeros(self.behind.shape, np.float32)
        share[ys, xs] = ndimage.map_coordinates(profile, [*at, ring], order=1, mode="nearest")
        known = self.behind | (np.abs(self.distance) > self.reach)
        share[share < LEAST_SHARE] = 0.0
        return inpaint(share[..., None], known)[..., 0] if share.any() else None

    def _profile(self) -> FloatArray:
        """Glow by the cell that an edge lies in, and by ring: float32 (h', w', reach + 1)."""
        side, rings = 2 * self.reach, self.reach + 1
        cells = tuple(-(-n // side) for n in self.behind.shape)
        rows, columns = (self.rim_at[k][self.behind] // side for k in range(2))
        ring = np.clip(self.distance[self.behind] + 0.5, 0, self.reach).astype(np.int64)
        index = (rows * cells[1] + columns) * rings + ring
        excess = self.excess[self.behind]

        def around(values: FloatArray | None) -> FloatArray:
            """Sum something over the cells, and those around them."""
            total = np.bincount(index, values, cells[0] * cells[1] * rings).reshape(*cells, rings)
            weights = np.outer(AROUND, AROUND)[..., None]
            return np.asarray(ndimage.correlate(np.asarray(total, np.float32), weights, mode="constant"), np.float32)

        count = around(None)
        per = 1.0 / np.maximum(count, 1.0)
        mean = per * around(excess)
        deviation = np.sqrt(np.maximum(per * around(excess * excess) - mean * mean, 1e-9))
        said = count >= LEAST_COUNT
        # It fades outward, and is there from the edge on.
        level = np.minimum.accumulate(np.where(said, np.maximum(mean, 0.0), 1.0), axis=-1)
        # Pixels right beside an edge may be mixed: they are no evidence, and hold no more than what the next ones say.
        inner = level[..., 1:2]
        level[..., :1] = np.minimum(level[..., :1], np.maximum(2.0 * inner - level[..., 2:3], inner))
        counts = said & (level > ENDS[0] * inner)
        counts[..., 0] = False
        sure = np.where(counts, np.clip(mean / deviation - ALIKE, 0.0, 1.0), 1.0).min(axis=-1, keepdims=True)
        left = level[..., -2:-1] / np.maximum(inner, 1e-9)
        ends = np.clip((ENDS[1] - left) / (ENDS[1] - ENDS[0]), 0.0, 1.0)
        known = said[..., 1:2] & said[..., -1:] & (inner < MOST_SHARE)
        glow = np.where(known, level * sure * ends, 0.0)
        glow[..., -1] = 0.0
        return np.asarray(glow, np.float32)


def _smooth(rgb: FloatArray, which: BoolArray, sigma: float) -> tuple[FloatArray, FloatArray]:
    """Average some pixels around each: their colour, float32 (h, w, 3), and how much there is of them, (h, w)."""
    weight = np.asarray(which, np.float32)
    planes = [weight, *(weight * rgb[..., k] for k in range(3))]

    def soft(plane: FloatArray) -> FloatArray:
        return np.asarray(ndimage.gaussian_filter(plane, sigma, mode="constant", truncate=3.0), np.float32)

    total, *sums = each(soft, planes)
    known = np.maximum(total, np.float32(1e-6))
    return np.asarray(np.stack([one / known for one in sums], axis=-1), np.float32), total


def _sum(colours: NDArray) -> NDArray:
    """Sum up the channels of (h, w, 3)."""
    return colours[..., 0] + colours[..., 1] + colours[..., 2]
