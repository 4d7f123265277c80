"""Depth from two pictures: textured planes at known distances, seen from two places."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage

import rebokeh as rk
from rebokeh.bokeh.core.errors import DepthError, UsageError
from rebokeh.bokeh.depth.stereo import match, measure_depth, most_disparity, settle
from rebokeh.bokeh.photo.metadata import Metadata

SIZE = (240, 320)
F35_MM, BASELINE_M = 26.0, 0.05
FOCAL_PX = F35_MM / 43.27 * math.hypot(*SIZE)
NEAR_M, FAR_M = 0.7, 3.0

cv2 = pytest.importorskip("cv2")


def texture(seed: int) -> np.ndarray:
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(SIZE[0], SIZE[1] + 200)), 1.2)
    return (noise - noise.min()) / np.ptp(noise)


def seen_from(right_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Codes 0..1 of a wall with a square before it, and where the square is, from a place further right."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(float)
    wall, square = (
        ndimage.map_coordinates(texture(seed), [y, x + 100 + FOCAL_PX * right_m / metres], order=3)
        for seed, metres in ((1, FAR_M), (2, NEAR_M))
    )
    inside = (np.abs(y - 120) < 60) & (np.abs(x + FOCAL_PX * right_m / NEAR_M - 160) < 60)
    return np.where(inside, square, wall), inside


def photo_of(codes: np.ndarray, f35_mm: float | None = F35_MM) -> rk.Photo:
    three = np.repeat(np.clip(codes, 0, 1)[..., None], 3, axis=2).astype(np.float32)
    return rk.Photo(rgb=rk.Photo(rgb=three).profile.to_linear(three), meta=Metadata(path="x.jpg", f35_mm=f35_mm))


@pytest.fixture(scope="module")
def pair() -> tuple[rk.Photo, rk.Photo, np.ndarray]:
    (left, inside), (right, _) = seen_from(0.0), seen_from(BASELINE_M)
    return photo_of(left), photo_of(right), inside


def test_distances_are_focal_length_times_baseline_over_disparity(pair):
    left, right, inside = pair
    photo = measure_depth(left, right, BASELINE_M)
    assert photo.depth is not None and photo.depth_kind == "absolute" and photo.depth.shape == SIZE
    for region, metres in ((inside, NEAR_M), (~inside, FAR_M)):
        middle = ndimage.binary_erosion(region, iterations=20)
        found = photo.depth[middle]
        assert np.isfinite(found).mean() > 0.98
        assert 1 / np.nanmedian(found) == pytest.approx(metres, rel=0.02)
        error_px = np.abs(found * FOCAL_PX * BASELINE_M - FOCAL_PX * BASELINE_M / metres)
        assert np.nanquantile(error_px, 0.9) < 0.25


def test_what_only_one_of_them_sees_is_a_hole(pair):
    left, right, inside = pair
    depth = measure_depth(left, right, BASELINE_M).depth
    assert depth is not None
    # The square hides a strip of wall on its left from the camera on the right.
    hidden_px = FOCAL_PX * BASELINE_M * (1 / NEAR_M - 1 / FAR_M)
    start = int(np.flatnonzero(inside[120])[0])
    strip = depth[80:160, start - int(hidden_px) + 2 : start - 2]
    assert np.isnan(strip).mean() > 0.8


def test_settling_takes_disparities_to_a_few_hundredths():
    flat = texture(3)
    left, right = (
        np.rint(255 * ndimage.map_coordinates(flat, np.mgrid[: SIZE[0], : SIZE[1]] + np.array([[[0]], [[s]]]), order=3))
        for s in (60.0, 67.3)
    )
    left, right = left.astype(np.uint8), right.astype(np.uint8)
    coarse = match(cv2, left, right, 32)
    error = settle(cv2, left, right, coarse)[20:-20, 40:-20] - 7.3
    assert np.nanquantile(np.abs(error), 0.9) < 0.1
    assert np.nanmedian(np.abs(error)) < np.nanmedian(np.abs(coarse[20:-20, 40:-20] - 7.3))


def test_without_a_focal_length_distances_are_nominal(pair):
    left, right, _ = pair
    photo = measure_depth(rk.Photo(rgb=left.rgb), right, BASELINE_M)
    assert photo.depth_kind == "relative" and any("nominal" in note for note in photo.meta.notes)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a: np.roll(a, 4, axis=0), "not a rectified pair: the same points lie up to 4 rows apart"),
        (lambda a: ndimage.rotate(a, 3, reshape=False, mode="reflect"), "not a rectified pair"),
        (lambda a: np.random.default_rng(9).random(a.shape), "hardly a point in common"),
        (lambda a: a[:-10], "other sizes"),
    ],
)
def test_what_is_no_pair_is_refused(pair, change, says):
    with pytest.raises(DepthError, match=says):
        measure_depth(pair[0], photo_of(change(seen_from(BASELINE_M)[0])), BASELINE_M)


def test_swapped_pictures_are_told(pair):
    left, right, _ = pair
    with pytest.raises(DepthError, match="swapped"):
        measure_depth(right, left, BASELINE_M)


@pytest.mark.parametrize("baseline_m", [0.0, -1.0, math.inf, math.nan])
def test_a_baseline_is_a_length(pair, baseline_m):
    with pytest.raises(UsageError, match="baseline"):
        measure_depth(pair[0], pair[1], baseline_m)


def test_the_search_is_bounded():
    assert most_disparity(3.0, 1600) == 16
    assert most_disparity(57.0, 1600) == 64
    assert most_disparity(1e6, 1600) == 400


def test_the_door_asks_for_both(portrait):
    with pytest.raises(UsageError, match="`stereo` and `baseline_m`"):
        rk.load(portrait.photo, stereo=portrait.photo)
    with pytest.raises(UsageError, match="`depth` and `stereo`"):
        rk.load(portrait.photo, stereo=portrait.photo, baseline_m=0.01, depth=portrait.depth)
