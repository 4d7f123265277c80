"""Edges of a depth map: how soft they are, and each made one step where the photo has its edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import FloatArray
from ..core.threads import LEAST_PIXELS, each, each_part
from ..image.filters import highest, lowest
from ..image.resize import resize_planes

if TYPE_CHECKING:
    from ...kernels.edges import Surfaces

# Rounds of agreement among neighbours at an edge.
AGREEMENT_STEPS = 12
# A piece of one side is seen by the map where that lies beyond the middle by this share of the way.
SEEN = np.float32(0.5)
# Neighbours that weigh more are of one colour.
BAND_LIKENESS = np.float32(0.4)


def measure_ramp_px(depth: FloatArray) -> float:
    """Measure how many pixels a map takes from one surface to the next: 1 = exact, 3 to 6 = a phone's.

    The sharpest quarter decides: a soft map has nearly no step of one pixel, an exact one has many.
    Returns 1 when the map has no edges.
    """
    least = least_jump(depth, 0.0)
    widths = []
    for lines in (depth[:: max(1, depth.shape[0] // 512)], depth.T[:: max(1, depth.shape[1] // 512)]):
        lines = np.ascontiguousarray(lines)
        reach = max(9, lines.shape[1] // 40) | 1
        if lines.shape[1] <= reach:
            continue
        widths.append(_ramp_widths(lines, reach, least))
    found = np.concatenate(widths) if widths else np.zeros(0)
    return float(np.quantile(found, 0.25)) if found.size else 1.0


def _ramp_widths(lines: FloatArray, reach: int, least: np.float32) -> FloatArray:
    """Widths of the ramps along lines (N, W), pixels: around the steepest step within an odd reach of each."""
    window = reach - 1
    step = np.abs(np.diff(lines, axis=1))
    # Beside the border the window is cut short, and any slope looks like an edge.
    inner = step[:, reach // 2 : step.shape[1] - reach // 2]
    # What is jumped is more than the least, and less than this many steps: few are so steep.
    line, at = np.nonzero(0.5 * window * inner > least)
    steepest = sliding_window_view(step, window, axis=1)[line, at].max(axis=1)
    line, at = line[inner[line, at] == steepest], at[inner[line, at] == steepest]
    around = sliding_window_view(lines, reach, axis=1)[line, at + 1]
    jump, own = around.max(axis=1) - around.min(axis=1), inner[line, at]
    edge = (jump > least) & (jump < 0.5 * window * own)
    return jump[edge] / own[edge]


@dataclass(frozen=True, eq=False)
class PhotoGuide:
    """The photo as edges of depth are sought in it.

    Attributes
    ----------
    colour : float32 (H, W, 3); (3, h, w) at a map's size
        Perceptual, and perhaps reduced.
    matte : float32 (H, W), or None
        Coverage of the subject at the same size.
    """

    colour: FloatArray
    matte: FloatArray | None

    def at_map(self, depth: FloatArray) -> PhotoGuide:
        """Bring it to the size of a map (h, w); its channels come first there."""
        return PhotoGuide(resize_planes(self.colour, (depth.shape[0], depth.shape[1])), self.matte_at(depth))

    def matte_at(self, depth: FloatArray) -> FloatArray | None:
        """Bring the matte to the size of a map (h, w)."""
        size = depth.shape[0], depth.shape[1]
        return None if self.matte is None else resize_planes(self.matte[..., None], size)[0]


def sharpen_edges(
    depth: FloatArray,
    rgb: FloatArray,
    guide: PhotoGuide,
    small: PhotoGuide,
    step: float,
    ramp_px: float,
) -> FloatArray:
    """Enlarge a map to the photo and turn each soft ramp into one step where the photo has its edge.

    Parameters
    ----------
    depth : float32 (h, w)
        Dioptres, without holes.
    rgb : float32 (H, W, 3)
        The photo, scene-linear.
    guide, small : PhotoGuide
        What decides, at its resolution, and at the map's size.
    step : float
        Size of one code in dioptres, 0 = continuous.
    ramp_px : float
        Usual width of this map's ramps, map pixels; what is much wider is no edge.

    Returns
    -------
    float32 (H, W)
    """
    from ...kernels.agreement import likeness_of_neighbours
    from ...kernels.edges import CoarseMap, FineGuide, Surfaces, two_surfaces
    from ...kernels.resolve import resolve as resolve_rows

    size = guide.colour.shape[:2]
    nothing = np.empty((0, 0), np.float32)
    coarse, fine = (nothing if matte is None else matte for matte in (small.matte, guide.matte))
    radius = 4 + round(min(2.0, 4 * depth.shape[1] / size[1]))
    slope = _slope(depth)
    around = 2 * radius + 1
    filters = (
        lambda: lowest(depth, around),
        lambda: highest(depth, around),
        lambda: highest(slope, around),
    )
    low, high, steepest = each(lambda filtered: filtered(), filters)
    jump = high - low
    # A plane or a cheek has its range spread over the window, an edge in as few pixels as this map's edges do.
    steep = np.clip(0.6 / ramp_px, 0.13, 0.2)
    np.copyto(high, low, where=(jump < least_jump(depth, step)) | (steepest < steep * jump))
    # A map whose edges are sharp was led by the picture, and has them nearer to where they are.
    astray = 0.25 * radius * min(1.0, max(0.5, 0.5 * ramp_px))
    coarse_map = CoarseMap(depth, slope, low, high, small.colour, coarse)
    near, far, data = (np.empty(size, np.float32) for _ in range(3))
    odd = np.zeros(size, np.int8)
    rows, columns = (_first_in_each(map_px, px) for map_px, px in zip(depth.shape, size, strict=True))
    surfaces = Surfaces(near, far, data)
    seen, cells = FineGuide(guide.colour, fine), (rows, columns)

    def separate(own: slice) -> None:
        two_surfaces(coarse_map, seen, radius, astray, cells, (own.start, own.stop), surfaces, odd)

    each_part(separate, len(depth))

    def list_edge(own: slice) -> NDArray[np.int64]:
        return np.flatnonzero(near[own] != far[own]) + own.start * size[1]

    edge = np.concatenate(each_part(list_edge, len(data)))
    weights = np.empty((edge.size, 8), np.float32)

    def compare(own: slice) -> None:
        likeness_of_neighbours(guide.colour, near, far, edge[own], weights[own])

    each_part(compare, edge.size, LEAST_PIXELS)
    _decide_bands(edge, weights, odd, data)
    own = data.ravel()[edge]
    odds, leaning, other = np.empty_like(own), *(np.zeros(data.size, np.float32) for _ in range(2))
    leaning[edge] = own / np.sqrt(4.0 + own * own)
    for _ in range(AGREEMENT_STEPS):
        _agree((edge, weights), (own, leaning), (odds, other), size[1])
        leaning, other = other, leaning
    data.ravel()[edge] = odds
    _clear_specks(edge, weights, surfaces, depth)
    out = np.empty(rgb.shape[:2], np.float32)
    limits = depth.min(), depth.max()

    def resolve(own: slice) -> None:
        resolve_rows(depth, guide.colour, surfaces, rgb, limits, (own.start, own.stop), out)

    each_part(resolve, len(out))
    return out


def _decide_bands(edge: NDArray[np.int64], weights: FloatArray, odd: NDArray[np.int8], odds: FloatArray) -> None:
    """Give each band of one colour that is neither surface's one answer, the mean of its pixels' odds, in place.

    The rim of a thing, or a seam along it, is one or the other as a whole; where the map is of two minds, its pixels
    alone would be now this, now that.
    """
    from ...kernels.bands import join_alike, share_odds

    parent = np.empty(odds.size, np.int32)
    join_alike(edge, weights, odd.ravel(), BAND_LIKENESS, odds.shape[1], parent)
    share_odds(edge, odd.ravel(), parent, odds.ravel())


def _clear_specks(edge: NDArray[np.int64], weights: FloatArray, surfaces: Surfaces, depth: FloatArray) -> None:
    """Turn pieces of one side that the map sees nothing of over to the other, which is around them: odds, in place."""
    from ...kernels.bands import join_alike, turn_unseen
    from ...kernels.enlarge import bilinear

    size, (near, far, odds) = surfaces.near.shape, (given.ravel() for given in surfaces)
    side = np.zeros(odds.size, np.int8)
    side[edge] = np.where(odds[edge] > 0.0, 1, -1)
    parent, height = np.empty(odds.size, np.int32), np.empty(size, np.float32)
    join_alike(edge, weights, side, np.float32(0.0), size[1], parent)
    each_part(lambda rows: bilinear(depth, (rows.start, rows.stop), height), size[0])
    turn_unseen(edge, parent, (near, far), height.ravel(), SEEN, size[1], odds)


def _agree(
    edge: tuple[NDArray[np.int64], FloatArray],
    before: tuple[FloatArray, FloatArray],
    after: tuple[FloatArray, FloatArray],
    width: int,
) -> None:
    """Have the pixels of edges agree with their neighbours once; as of the kernel, which is given parts of them."""
    from ...kernels.agreement import agree

    def part(own: slice) -> None:
        agree(edge[0][own], edge[1][own], before[0][own], before[1], after[0][own], after[1], width)

    each_part(part, edge[0].size, LEAST_PIXELS)


def least_jump(depth: FloatArray, step: float) -> np.float32:
    """Return the smallest difference in dioptres that is called an edge: below it no blur tells the sides apart."""
    low, high = range_of(depth)
    return np.float32(max(3.0 * step, 0.05 * (high - low), 1e-6))


def least_difference(depth: FloatArray, step: float) -> float:
    """Return by how many dioptres small things differ at least from what is around: by more than a map's noise."""
    low, high = range_of(depth)
    return max(3.0 * step, 0.01 * float(high - low))


def range_of(depth: FloatArray) -> tuple[np.floating, np.floating]:
    """Return the dioptres that nearly all of a map lies between."""
    low, high = np.quantile(depth[:: max(1, depth.shape[0] // 256)], (0.01, 0.99))
    return low, high


def _first_in_each(map_px: int, px: int) -> NDArray[np.int64]:
    """First of `px` pixels that lies in each of `map_px` map pixels along the same side; int64 (map_px + 1,)."""
    own = np.minimum(((np.arange(px) + 0.5) * (map_px / px)).astype(np.int64), map_px - 1)
    return np.searchsorted(own, np.arange(map_px + 1))


def _slope(depth: FloatArray) -> FloatArray:
    """Size of the gradient, per pixel."""
    down, across = (ndimage.correlate1d(depth, [-0.5, 0, 0.5], axis=axis, mode="nearest") for axis in (0, 1))
    return np.hypot(down, across)
