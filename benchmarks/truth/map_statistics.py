"""How a phone's depth map and matte depart from what they show: the same figures for real files and for simulated ones.

Lengths are in pixels of a map of `MAP_LENGTH`, whatever the map's own size, so that they are shares of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from phone import resized
from scipy import ndimage

FloatArray = NDArray[np.floating]

MAP_LENGTH = 768
"""Longer side of most phones' maps."""

LEAST_STEP = 0.1
"""An edge of the depth map is a step of so much of its range."""

REACH_PX, STEP_PX = 8.0, 0.25
"""Edges are looked at across, so far to each side, in steps."""

PLATEAU_PX = 6.0
"""How far from an edge the two surfaces are looked at that meet there."""

NEAR_PX = 2.0
"""So far from the ridge of its smoothed gradient a step's middle may be."""

CELL_PX = 24
LEAST_EDGE = 10
"""Edge pixels of a cell, at least, for its offset to be told."""

LEAST_PEAK = 1.8
"""The picture's edge is told from its texture when it is so many times the median beside it."""

THIN_PX = (4, 6, 9)
"""Widths at which thin things are looked for."""

AROUND_PX = 40
"""What the subject's and the background's depth are beside a thin thing is looked for in a square of this side."""

APART_PX = 4.0
"""What is thin sticks out when it is farther than this from what is not."""

WIDE_PX = 3.0
"""Doubt of a matte is wide when it is farther than this from what is not doubted."""

DOUBTED = (0.1, 0.9)


@dataclass(frozen=True)
class MapStatistics:
    """Figures of one photo's maps; NaN where it has nothing that they could be measured by.

    Attributes
    ----------
    codes : float
        How many different values the map has.
    holes : float
        Share of the map without a value.
    softness_px, softness_most_px : float
        Width from 10 % to 90 % of a step: median, and of the softest tenth.
    shift_px : float
        By how much the whole map is displaced against the picture.
    swelling_px : float
        By how much what is near is too large in the map, each side.
    scatter_px : float
        Of the edges around that: 1.48 times the median deviation.
    kept_4, kept_6, kept_9 : float
        Share of the subject's parts of up to this width that stick out, by its matte, that the map shows nearer than
        what is behind.
    thin_share : float
        Of all that stands out in the map by its being narrower than a twelfth of it, the share narrower than 6 px.
    matte_softness_px : float
        Width from 10 % to 90 % of the matte's edge, median.
    matte_doubt : float
        Share of what the matte covers that is doubted over a wide area.
    """

    codes: float = np.nan
    holes: float = np.nan
    softness_px: float = np.nan
    softness_most_px: float = np.nan
    shift_px: float = np.nan
    swelling_px: float = np.nan
    scatter_px: float = np.nan
    kept_4: float = np.nan
    kept_6: float = np.nan
    kept_9: float = np.nan
    thin_share: float = np.nan
    matte_softness_px: float = np.nan
    matte_doubt: float = np.nan


NAMES = tuple(one.name for one in fields(MapStatistics))


def statistics_of(light: FloatArray, dioptres: FloatArray, matte: FloatArray | None) -> MapStatistics:
    """Measure a photo's maps.

    Parameters
    ----------
    light : float (H, W)
        Luminance of the picture, scene-linear.
    dioptres : float (h, w)
        The depth map at its own size; NaN = hole.
    matte : float (m, n), optional
        At its own size.
    """
    known = np.isfinite(dioptres)
    unit = MAP_LENGTH / max(dioptres.shape)
    low, high = np.quantile(dioptres[known], (0.01, 0.99))
    depth = (np.where(known, dioptres, low) - low) / max(high - low, 1e-9)
    picture = np.sqrt(np.clip(resized(light, depth.shape), 0.0, 1.0))
    found: dict[str, float] = {
        "codes": float(np.unique(dioptres[known]).size),
        "holes": 1.0 - float(known.mean()),
        "thin_share": _thin_share(depth, unit),
    }
    edges = _edges_of(depth)
    if len(edges.rows):
        widths = _widths(edges, depth) * unit
        found["softness_px"], found["softness_most_px"] = (float(q) for q in np.quantile(widths, (0.5, 0.9)))
        found |= _offsets(edges, picture, unit)
    if matte is not None and 0.01 < matte.mean() < 0.99:
        found |= _of_matte(matte, depth)
    return MapStatistics(**found)


def typical(some: list[MapStatistics]) -> MapStatistics:
    """Median of each figure over those that have it; of doubt the mean, for few mattes have any, and those much."""
    known = {name: [v for one in some if np.isfinite(v := getattr(one, name))] for name in NAMES}
    how = {name: np.mean if name == "matte_doubt" else np.median for name in NAMES}
    return MapStatistics(**{name: float(how[name](v)) if v else np.nan for name, v in known.items()})


@dataclass(frozen=True, eq=False)
class _Edges:
    """Pixels on the ridges of a map's gradient, and the unit vector (down, right) towards what is farther."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    down: FloatArray
    right: FloatArray

    def across(self, plane: FloatArray) -> FloatArray:
        """Sample a plane across each edge, (edges, steps), from near to far."""
        along = np.arange(-REACH_PX, REACH_PX + 1e-6, STEP_PX)
        places = (
            self.rows[:, None] + self.down[:, None] * along,
            self.columns[:, None] + self.right[:, None] * along,
        )
        return np.asarray(ndimage.map_coordinates(plane, places, order=1, mode="nearest"))


def _edges_of(depth: FloatArray) -> _Edges:
    """Find where a map steps from near to far."""
    smooth = ndimage.gaussian_filter(depth, 1.0)
    down, right = np.gradient(smooth)
    slope = np.hypot(down, right)
    unit_down, unit_right = -down / np.maximum(slope, 1e-9), -right / np.maximum(slope, 1e-9)
    rows, columns = np.nonzero(slope > LEAST_STEP / 12.0)
    inner = int(REACH_PX) + 1
    height, width = depth.shape
    kept = (rows >= inner) & (rows < height - inner) & (columns >= inner) & (columns < width - inner)
    rows, columns = rows[kept], columns[kept]
    normal = unit_down[rows, columns], unit_right[rows, columns]
    beside = [
        ndimage.map_coordinates(slope, (rows + s * normal[0], columns + s * normal[1]), order=1) for s in (-1.0, 1.0)
    ]
    step = [
        ndimage.map_coordinates(depth, (rows + s * normal[0], columns + s * normal[1]), order=1)
        for s in (-PLATEAU_PX, PLATEAU_PX)
    ]
    own = slope[rows, columns]
    ridge = (own >= beside[0]) & (own >= beside[1]) & (step[0] - step[1] > LEAST_STEP)
    return _Edges(rows[ridge], columns[ridge], normal[0][ridge], normal[1][ridge])


def _widths(edges: _Edges, plane: FloatArray) -> FloatArray:
    """Width of each edge of a plane, from 10 % to 90 % of its step, in its own pixels."""
    profile = edges.across(plane)
    ends = round((REACH_PX - PLATEAU_PX) / STEP_PX)
    middle = profile.shape[1] // 2
    high, low = (np.median(profile[:, part], axis=1) for part in (slice(0, ends), slice(-ends, None)))
    share = (profile - low[:, None]) / np.maximum(high - low, 1e-9)[:, None]
    # The first 10 % from beside the middle on, and the last 90 % before it.
    every, start = np.arange(len(share)), middle - round(NEAR_PX / STEP_PX)
    after = start + np.argmax(share[:, start:] <= 0.1, axis=1)
    high_before = (share >= 0.9) & (np.arange(share.shape[1]) < after[:, None])
    before = share.shape[1] - 1 - np.argmax(high_before[:, ::-1], axis=1)
    found = (share[every, after] <= 0.1) & high_before.any(axis=1) & (after > start)
    if not found.any():
        return np.array([np.nan])
    # Between two steps.
    every, before, after = every[found], before[found], after[found]
    inner, outer = share[every, before + 1], share[every, after - 1]
    short = (share[every, before] - 0.9) / (share[every, before] - inner) + (0.1 - share[every, after]) / (
        outer - share[every, after]
    )
    return (after - before - short) * STEP_PX


def _offsets(edges: _Edges, picture: FloatArray, unit: float) -> dict[str, float]:
    """Hold a map's edges against the picture's: shift of all, swelling of what is near, scatter."""
    smooth = ndimage.gaussian_filter(picture, 0.8)
    down, right = np.gradient(smooth)
    slope = np.hypot(down, right)
    profile = edges.across(slope)
    sector = np.floor((np.arctan2(edges.down, edges.right) / (2.0 * np.pi) * 8.0 + 0.5) % 8.0).astype(np.intp)
    across = picture.shape[1] // CELL_PX + 1
    key = ((edges.rows // CELL_PX) * across + edges.columns // CELL_PX) * 8 + sector
    along = np.arange(-REACH_PX, REACH_PX + 1e-6, STEP_PX)
    normals, offsets = [], []
    for group in np.unique(key):
        own = key == group
        if own.sum() < LEAST_EDGE:
            continue
        mean = profile[own].mean(axis=0)
        best = int(np.argmax(mean))
        if mean[best] < LEAST_PEAK * np.median(mean) or best in (0, len(mean) - 1):
            continue
        normals.append((edges.down[own].mean(), edges.right[own].mean(), 1.0))
        before, peak, after = mean[best - 1 : best + 2]
        bend = before - 2.0 * peak + after
        offsets.append(along[best] + (STEP_PX * 0.5 * (before - after) / bend if bend < 0.0 else 0.0))
    if len(offsets) < 8:
        return {}
    a, b = np.array(normals), np.array(offsets)
    weight = np.ones(len(b))
    solution = np.zeros(3)
    for _ in range(20):
        # Least absolute deviations: some of the picture's edges are another thing's.
        solution = np.linalg.lstsq(a * weight[:, None], b * weight, rcond=None)[0]
        weight = 1.0 / np.sqrt(np.maximum(np.abs(b - a @ solution), 0.25))
    left = b - a @ solution
    return {
        "shift_px": float(np.hypot(*solution[:2])) * unit,
        "swelling_px": -float(solution[2]) * unit,
        "scatter_px": 1.4826 * float(np.median(np.abs(left - np.median(left)))) * unit,
    }


def _thin_share(depth: FloatArray, unit: float) -> float:
    """Share of what stands out in a map that is narrow."""
    narrow, all_ = (float((depth - ndimage.grey_opening(depth, size=max(round(w / unit), 2))).sum()) for w in (6, 64))
    return narrow / max(all_, 1e-9)


def _of_matte(matte: FloatArray, depth: FloatArray) -> dict[str, float]:
    """Measure a matte, and by it what the map lost."""
    unit = MAP_LENGTH / max(matte.shape)
    edges = _edges_of(np.asarray(matte, np.float64))
    covered, doubted = matte > DOUBTED[0], (matte > DOUBTED[0]) & (matte < DOUBTED[1])
    wide = np.asarray(ndimage.distance_transform_edt(doubted)) * unit > WIDE_PX
    found = {
        "matte_softness_px": float(np.median(_widths(edges, matte))) * unit if len(edges.rows) else np.nan,
        "matte_doubt": float(wide.sum() / max(covered.sum(), 1)),
    }
    subject = resized(matte, depth.shape)
    solid, by = subject > 0.5, MAP_LENGTH / max(depth.shape)
    around = round(AROUND_PX / by)
    near, far = ndimage.maximum_filter(np.where(solid, depth, 0.0), around), ndimage.minimum_filter(depth, around)
    for width in THIN_PX:
        side = max(round(width / by), 1) + 1
        thick = np.asarray(ndimage.binary_opening(solid, np.ones((side, side), bool)), bool)
        thin = solid & (np.asarray(ndimage.distance_transform_edt(~thick)) * by > APART_PX)
        # Where what is behind lies clearly farther than the subject.
        thin &= near - far > LEAST_STEP
        if thin.sum() >= 50:
            found[f"kept_{width}"] = float((depth > 0.5 * (near + far))[thin].mean())
    return found
