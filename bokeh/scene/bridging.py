"""What narrow things hide of what lies behind them, continued line by line: with its edges and its grain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import BoolArray, FloatArray
from ..core.scratch import Empty
from ..image.boxes import boxes_of
from ..image.regions import PixelBox, dilate

if TYPE_CHECKING:
    from ...kernels.fragments import BackArrays, SeenRows

GAP_SHARE = 0.012
"""Width of a gap that is closed line by line, as a share of the picture's longer side."""

ALIKE = 0.02
"""Difference of (square root) light between the ends of a line that is as good as none."""

RANGE_COUNTS = 6.0
"""Ends of a line as far apart in depth as the whole scene differ by as much as so many units of (square root) light."""

LEAST_SPAN = 1e-3
"""A scene whose depths differ by less, in dioptres, counts as if they differed by so much."""

TILE_GAPS, AROUND_GAPS = 20, 3
"""Side of the tiles that are made together, and what is looked at around them, in widths of a gap."""

GRAIN_SIGMAS = 4.0
"""How far around the grain is looked at, in standard deviations of its mean."""

LEAST_WEIGHT = 0.003
"""Weight from which what is hidden is near enough to where it is seen for its grain to be continued."""


def widest_gap_px(size: tuple[int, ...]) -> int:
    """Width of a gap that is closed line by line, in a picture of (H, W)."""
    return max(6, round(GAP_SHARE * max(size)))


@dataclass(frozen=True, eq=False)
class GapBridge:
    """Continues what is hidden behind narrow things at a photo's own size.

    Attributes
    ----------
    jump, span : float
        Difference in depth of two surfaces, and between the scene's ends, dioptres.
    gap_px : int
        Width of a gap that is closed all the way, a multiple of 8; one four times as wide stays as it is.
    """

    jump: float
    span: float
    gap_px: int

    @classmethod
    def of(cls, size: tuple[int, ...], jump: float, depth_range: tuple[float, float]) -> GapBridge:
        """Choose the gaps for a photo of (H, W)."""
        return cls(jump, max(depth_range[1] - depth_range[0], LEAST_SPAN), -(-widest_gap_px(size) // 8) * 8)

    def tiles(self, size: tuple[int, ...]) -> list[PixelBox]:
        """Boxes of a picture of (H, W) whose hidden pixels are continued together."""
        return boxes_of((size[0], size[1]), TILE_GAPS * self.gap_px)

    def around(self, inner: PixelBox, size: tuple[int, ...]) -> PixelBox:
        """Return the box to look at for one that is wanted; it begins at a multiple of the gap."""
        reach = AROUND_GAPS * self.gap_px
        rows, columns = (
            slice(max(one.start - reach, 0) // self.gap_px * self.gap_px, min(one.stop + reach, length))
            for one, length in zip(inner, size, strict=True)
        )
        return rows, columns

    def continued(
        self,
        found: tuple[FloatArray, SeenRows, tuple[NDArray[np.int64], NDArray[np.int64], BackArrays]],
        inner: PixelBox,
        empty: Empty = np.empty,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], FloatArray]:
        """Continue what is hidden.

        Parameters
        ----------
        found : (float32 (h, w, 4), SeenRows, (int64 (K,), int64 (K,), BackArrays))
            Of a box of the photo that begins at a multiple of `gap_px`: what is seen first, and rows, columns and guess
            of what is hidden, in raster order.
        inner : (slice, slice)
            The part of the box that is wanted.
        empty : callable, optional
            Makes arrays.

        Returns
        -------
        rows, columns, kinds : int64 (N,)
            Pixels of the box, and the class of what lies behind.
        back : float32 (N, 4)
            What lies behind them.

        Notes
        -----
        The direction of the grain changes slowly: it is sought once per cell, and used by every pixel in it. A line
        ends where a surface is seen that is no nearer than what is hidden by the smoother guess.
        """
        from ...kernels import bridge, lines

        rgbd, seen, (ys, xs, behind) = found
        kinds = behind.kinds.astype(np.int64) >> 2
        least = self._order(behind.back[:, 3], kinds) - np.float32(self.jump)
        wanted = _inside(ys, xs, inner, 0)
        side, block = self.gap_px // 8, self.gap_px // 4
        # Cells are asked with those around them, and so far around what is wanted.
        near = _inside(ys, xs, inner, self.gap_px)
        middle = near & (ys % side == side // 2) & (xs % side == side // 2)
        rows, columns = ys[middle] // side, xs[middle] // side
        size = seen.kinds.shape
        number = np.full((-(-size[0] // side), -(-size[1] // side)), -1, np.int32)
        number[rows, columns] = np.arange(len(rows), dtype=np.int32)
        cost, agreed = (np.empty((len(rows), lines.DIRECTIONS), np.float32) for _ in range(2))
        best = np.empty((len(rows), bridge.BEST), np.int64), np.empty((len(rows), bridge.BEST))
        rays = lines.line_steps(2 * self.gap_px)
        used = np.zeros([-(-n // block) for n in size], bool)
        used[ys[middle] // block, xs[middle] // block] = True
        blocks = -(-size[0] // lines.STRIDE), -(-size[1] // lines.STRIDE)
        order, alone, most = empty(size, np.float32), empty(size, np.bool_), empty(blocks, np.float32)
        lines.order_seen(seen, np.float32(2.0 * self.span), order, alone)
        lines.most_around(order, most)
        known = lines.KnownPixels(order, most)
        alone[ys, xs] = False
        grain = grain_around(rgbd, alone, block, 0.5 * self.gap_px, used)
        bridge.compare_ends(
            rgbd, known, (ys[middle], xs[middle], least[middle]), rays, RANGE_COUNTS / self.span,
            0.2 * ALIKE / side, grain, block, cost,
        )  # fmt: skip
        bridge.agree(cost, number, rows, columns, self.gap_px // (2 * side), agreed)
        bridge.best_of(agreed, ALIKE, *best)
        places, back = (ys[wanted], xs[wanted], least[wanted]), behind.back[wanted]
        bridge.bridge(rgbd, known, places, rays, number, side, best, self.gap_px, np.float32(self.jump), back)
        return places[0], places[1], kinds[wanted], back

    def _order(self, dioptres: FloatArray, kinds: NDArray[np.integer]) -> FloatArray:
        """Tell how far back a surface lies: classes before depths."""
        return np.asarray(np.float32(2.0 * self.span) * kinds.astype(np.float32) - dioptres, np.float32)


def _inside(ys: NDArray[np.int64], xs: NDArray[np.int64], box: PixelBox, margin: int) -> BoolArray:
    """Tell which places lie in a box, or no farther from it than a margin."""
    down = (ys >= box[0].start - margin) & (ys < box[0].stop + margin)
    return down & (xs >= box[1].start - margin) & (xs < box[1].stop + margin)


def grain_around(
    rgbd: FloatArray, known: BoolArray, block: int, reach_px: float, used: BoolArray | None = None
) -> FloatArray:
    """Mean products of the gradients (xx, xy, yy) of what is known around, float32 (3, h, w) in blocks.

    What is `used`, bool (h, w), is right; without it, all of it.
    """
    from ...kernels.structure import gradients

    sums = np.empty((4, -(-known.shape[0] // block), -(-known.shape[1] // block)), np.float32)
    sigma = reach_px / block
    wanted = np.ones(sums.shape[1:], bool) if used is None else dilate(used, math.ceil(GRAIN_SIGMAS * sigma))
    gradients(rgbd, known, block, wanted, sums)
    around = ndimage.gaussian_filter(sums, (0.0, sigma, sigma), mode="constant", truncate=GRAIN_SIGMAS)
    return around[:3] / np.maximum(around[3], 1e-3)
