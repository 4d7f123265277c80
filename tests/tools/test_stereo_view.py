"""Two views of a photo: disparity is focal length * baseline / distance, and no view has holes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.photo.camera import Camera
from rebokeh.bokeh.tools.extract.stereo_view import (
    COMFORT,
    EYES_M,
    StereoPair,
    anaglyph,
    comfortable_baseline_m,
    side_by_side,
    stereo_pair,
)

pytestmark = pytest.mark.kernels

SIZE = (120, 240)
CAMERA = Camera(300.0, 300.0, 120.0, 60.0)
BASELINE_M = 0.05
NEAR_M, FAR_M = 1.3, 3.7
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]
DISC = np.hypot(Y - 60, X - 120) < 35
WITHIN, BESIDE = np.hypot(Y - 60, X - 120) < 22, (np.abs(X - 120) > 60) & (np.abs(X - 120) < 105)


def texture(seed: int) -> np.ndarray:
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SIZE), 1.5)
    return np.clip(0.5 + 1.2 * noise, 0.1, 1.0)


def photo() -> tuple[np.ndarray, np.ndarray]:
    """Make a red disc before a green wall, both with texture in all channels; dioptres."""
    shown = np.where(DISC, texture(1), texture(2))[..., None]
    rgb = np.where(DISC[..., None], shown * [0.9, 0.2, 0.2], shown * [0.1, 0.8, 0.3]).astype(np.float32)
    return rgb, np.where(DISC, 1 / NEAR_M, 1 / FAR_M).astype(np.float32)


def measured_px(one: np.ndarray, other: np.ndarray, where: np.ndarray, start: float) -> float:
    """By how much the first picture's content lies further right than the other's, by least squares."""
    shift = start
    for _ in range(10):
        moved = ndimage.shift(other, (0, shift), order=3)
        slope = np.gradient(moved, axis=1)
        shift -= float(((one - moved) * slope)[where].sum() / (slope**2)[where].sum())
    return shift


@pytest.fixture(scope="module", params=["matte", "depth alone"])
def pair(request) -> StereoPair:
    rgb, dioptres = photo()
    return stereo_pair(rgb, dioptres, DISC.astype(np.float32) if request.param == "matte" else None, CAMERA, BASELINE_M)


@pytest.mark.parametrize(("where", "metres", "channel"), [(WITHIN, NEAR_M, 0), (BESIDE, FAR_M, 1)])
def test_disparity_is_focal_length_times_baseline_over_distance(pair, where, metres, channel):
    expected = 300.0 * BASELINE_M / metres
    assert pair.disparity_px(metres) == pytest.approx(expected)
    start = round(expected)
    found = measured_px(pair.left[..., channel], pair.right[..., channel], where, start)
    assert found == pytest.approx(expected, abs=0.05)
    rgb, _ = photo()
    for view, half in ((pair.left, 0.5), (pair.right, -0.5)):
        moved = measured_px(view[..., channel], rgb[..., channel], where, round(half * expected))
        assert moved == pytest.approx(half * expected, abs=0.05)


def test_what_is_uncovered_is_the_wall_and_nothing_is_missing(pair):
    for view, side in ((pair.left, -1), (pair.right, 1)):
        assert np.isfinite(view).all() and view.max(axis=2).min() > 0
        # Beside the disc, where the photo's own disc was: green, not the disc's red.
        bare = DISC & (np.hypot(Y - 60, X - 120 + side * 300.0 * BASELINE_M / 2 / NEAR_M) > 37)
        assert bare.sum() > 100
        assert (view[bare, 1] > view[bare, 0]).mean() > 0.98


def test_a_slope_has_the_disparity_of_every_distance():
    dioptres = np.repeat(np.linspace(0.1, 1.0, SIZE[0], dtype=np.float32)[:, None], SIZE[1], axis=1)
    rgb = np.repeat(texture(5)[..., None], 3, axis=2).astype(np.float32)
    pair = stereo_pair(rgb, dioptres, None, CAMERA, BASELINE_M)
    for row in range(20, 101, 20):
        where = (np.abs(Y - row) <= 4) & (np.abs(X - 120) < 90)
        expected = 300.0 * BASELINE_M * float(dioptres[row - 4 : row + 5].mean())
        assert measured_px(pair.left[..., 0], pair.right[..., 0], where, expected) == pytest.approx(expected, abs=0.05)


def test_on_the_screen_what_is_in_its_plane_has_no_disparity(pair):
    left, right = pair.converged(NEAR_M)
    assert left.shape == right.shape and left.shape[1] == SIZE[1] - round(pair.disparity_px(NEAR_M))
    where = np.hypot(Y - 60, X - 114)[:, : left.shape[1]] < 18
    assert abs(measured_px(left[..., 0], right[..., 0], where, 0.0)) <= 0.55
    red_cyan, both = anaglyph(left, right), side_by_side(left, right)
    np.testing.assert_array_equal(red_cyan[..., 0], left[..., 0])
    np.testing.assert_array_equal(red_cyan[..., 1:], right[..., 1:])
    np.testing.assert_array_equal(np.split(both, 2, axis=1), [left, right])


def test_the_baseline():
    rgb, dioptres = photo()
    chosen = comfortable_baseline_m(dioptres, CAMERA)
    assert chosen < EYES_M
    assert 300.0 * chosen * (1 / NEAR_M - 1 / FAR_M) == pytest.approx(COMFORT * SIZE[1], rel=1e-3)
    assert comfortable_baseline_m((0.01 * dioptres).astype(np.float32), CAMERA) == EYES_M
    with pytest.raises(UsageError, match=r"choose one below (3[45]\d|3\.5e\+02) mm"):
        stereo_pair(rgb, dioptres, None, CAMERA, 1.0)
    for none in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(UsageError, match="above 0"):
            stereo_pair(rgb, dioptres, None, CAMERA, none)
