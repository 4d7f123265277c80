"""Posts of a fence in a depth map: thin, upright, straight, each at one depth, and together in one plane."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import BoolArray, FloatArray
from ..image.filters import spread

WIDEST, LONG = 0.04, 0.12
"""A post is at most so wide, as a share of the map's width, and at least so high, as one of its height."""

LEAST_ROWS = 3
"""Fewer rows of a map have no line."""

NEARER, UPRIGHT_PX = 3.0, 3
"""A post is nearer than what is beside it by so many times that, and higher than twice so many map pixels."""

UPRIGHT, STRAIGHT_PX, STRAIGHT_SHARE = 0.15, 1.5, 0.7
"""A post leans at most so much, and so much of it lies so near a line, in map pixels."""

ONE_DEPTH, ONE_DEPTH_SHARE = 0.03, 0.6
"""So much of a post is at one depth but for this share of its dioptres."""

LEAST_POSTS, MOST_POSTS, IN_PLANE = 3, 40, 0.04
"""A fence has so many posts at least, whose dioptres differ by no more than this share from those of its plane."""

RECEDES = 0.8
"""The dioptres of its farthest post are less than this share of those of its nearest."""

GAP = 0.04
"""Posts between which wires are sought are at least so far from each other, as a share of the picture's width."""


@dataclass(frozen=True, eq=False)
class FencePost:
    """An upright thing in a map, in pixels of that.

    Attributes
    ----------
    lean, foot : float
        It is at column lean * row + foot.
    top, bottom : int
        Rows.
    wide : float
        Columns.
    dioptres : float
    """

    lean: float
    foot: float
    top: int
    bottom: int
    wide: float
    dioptres: float

    def column(self, row: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return where it is at rows."""
        return self.lean * np.asarray(row) + self.foot


def posts_of(coarse: FloatArray, jump: float) -> list[FencePost]:
    """Find what is thin, upright, straight and at one depth in a map."""
    height, width = coarse.shape
    wide, reach = np.array(coarse), int(WIDEST * width) // 2
    spread(wide.T, reach, np.minimum)
    spread(wide.T, reach, np.maximum)
    raised = coarse - wide
    # What is not upright is no post.
    upright = (raised > NEARER * jump).view(np.uint8)
    spread(upright, UPRIGHT_PX, np.minimum)
    spread(upright, UPRIGHT_PX, np.maximum)
    regions = np.empty(coarse.shape, np.int32)
    ndimage.label(upright, output=regions)
    found = [
        _post_in(coarse, regions[rows, columns] == n + 1, (rows.start, columns.start))
        for n, (rows, columns) in enumerate(ndimage.find_objects(regions))
        if rows.stop - rows.start >= max(LONG * height, LEAST_ROWS)
    ]
    return [post for post in found if post is not None]


def _post_in(coarse: FloatArray, region: BoolArray, corner: tuple[int, int]) -> FencePost | None:
    """Make a post of a region of a map from a place of it on; None where it is none."""
    wide = np.count_nonzero(region, axis=1)
    rows = np.flatnonzero(wide)
    column = (region @ np.arange(region.shape[1]))[rows] / wide[rows] + corner[1]
    rows = rows + corner[0]
    line = np.polyfit(rows, column, 1)
    aside = np.abs(np.polyval(line, rows) - column)
    near = aside <= max(3.0 * float(np.median(aside)), 1.0)
    line = np.polyfit(rows[near], column[near], 1)
    on = np.abs(np.polyval(line, rows) - column) < STRAIGHT_PX
    if on.mean() < STRAIGHT_SHARE or abs(line[0]) > UPRIGHT:
        return None
    rows = rows[on]
    dioptres = coarse[rows, np.clip(np.rint(np.polyval(line, rows)).astype(np.intp), 0, coarse.shape[1] - 1)]
    same = np.abs(dioptres - np.median(dioptres)) < ONE_DEPTH * np.median(dioptres)
    if same.mean() < ONE_DEPTH_SHARE:
        return None
    return FencePost(
        lean=float(line[0]),
        foot=float(line[1]),
        top=int(rows[0]),
        bottom=int(rows[-1]),
        wide=float(np.median(wide[wide > 0])),
        dioptres=float(np.median(dioptres[same])),
    )


def in_one_plane(posts: list[FencePost], width: int) -> list[FencePost]:
    """Return the most posts whose dioptres are linear in the picture, from the nearest to the farthest."""
    if not LEAST_POSTS <= len(posts) <= MOST_POSTS:
        return []
    column = np.array([post.column(0.5 * (post.top + post.bottom)) for post in posts])
    dioptres = np.array([post.dioptres for post in posts])
    best: tuple[int, NDArray[np.float64], BoolArray] | None = None
    for a in range(len(posts)):
        for b in range(a):
            if abs(column[a] - column[b]) < GAP * width:
                continue
            slope = (dioptres[a] - dioptres[b]) / (column[a] - column[b])
            plane = dioptres[a] + slope * (column - column[a])
            within = np.abs(plane - dioptres) < IN_PLANE * dioptres
            receding = min(dioptres[a], dioptres[b]) < RECEDES * max(dioptres[a], dioptres[b])
            if receding and (best is None or within.sum() > best[0]):
                best = int(within.sum()), plane, within
    if best is None or best[0] < LEAST_POSTS:
        return []
    _, _, within = best
    plane = np.polyval(np.polyfit(column[within], dioptres[within], 1), column)
    found = [replace(posts[n], dioptres=float(plane[n])) for n in np.flatnonzero(within)]
    return sorted(found, key=lambda post: -post.dioptres)
