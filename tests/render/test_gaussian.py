"""The phone-like baseline: what it must do to be the thing that the lens is compared with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from support.scenes import depth_of, lens_of

import rebokeh as rk

pytestmark = pytest.mark.kernels

PX = 60.0
GAUSSIAN = rk.RenderSettings(style="gaussian")


def shoot(rgb, depth, matte=None) -> np.ndarray:
    return rk.render(rk.Photo(rgb=rgb, depth=depth, matte=matte), lens_of(rgb.shape[:2], PX), GAUSSIAN).rgb


def point(value: float, radius_px: float, size: int = 101) -> np.ndarray:
    rgb = np.zeros((size, size, 3), np.float32)
    rgb[size // 2, size // 2] = value
    depth = np.full((size, size), depth_of(radius_px, PX), np.float32)
    return shoot(rgb, depth, np.zeros((size, size), np.float32))[..., 0].astype(np.float64)


def test_clips_before_it_blurs():
    np.testing.assert_array_equal(point(500.0, 8.0), point(1.0, 8.0))
    assert point(500.0, 8.0).sum() == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize("radius_px", [4.0, 8.0, 15.0, -8.0])
def test_spreads_as_far_as_the_disc_does(radius_px):
    image = point(1.0, radius_px)
    offset = np.arange(101) - 50
    for axis in (0, 1):
        moment = (image.sum(axis=axis) * offset**2).sum() / image.sum()
        assert moment == pytest.approx(radius_px**2 / 4, rel=0.02), "sigma is half of the radius"
    # and is no disc: brightest in the middle, long tails
    assert image[50, 50] > 1.5 * image[50, 50 + round(abs(radius_px) * 0.8)]
    assert image[50, 50 + round(abs(radius_px) * 1.2)] > 0


def test_keeps_the_subject():
    rng = np.random.default_rng(3)
    rgb = rng.random((80, 80, 3)).astype(np.float32)
    matte = np.zeros((80, 80), np.float32)
    matte[20:60, 20:60] = 1.0
    depth = np.where(matte > 0, 0.5, depth_of(9.0, PX)).astype(np.float32)
    picture = shoot(rgb, depth, matte)
    np.testing.assert_allclose(picture[matte == 1], rgb[matte == 1], atol=1e-6)
    assert picture[:10].std() < 0.3 * rgb[:10].std()
    # a matte of nearly one half shows half of each
    half = np.full((80, 80), 0.499, np.float32)
    half[:8, :8] = 1.0
    mixed = shoot(rgb, np.full((80, 80), depth_of(9.0, PX), np.float32), half)
    blurred = np.dstack([ndimage.gaussian_filter(rgb[..., k], 4.5, mode="nearest") for k in range(3)])
    np.testing.assert_allclose(mixed[8:], (0.499 * rgb + 0.501 * blurred)[8:], atol=1e-3)


def test_without_a_matte_what_is_sharp_is_the_subject():
    rng = np.random.default_rng(4)
    rgb = rng.random((80, 80, 3)).astype(np.float32)
    depth = np.full((80, 80), depth_of(12.0, PX), np.float32)
    depth[20:60, 20:60] = 0.5
    picture = shoot(rgb, depth)
    np.testing.assert_allclose(picture[22:58, 22:58], rgb[22:58, 22:58], atol=1e-5)
    assert picture[:10].std() < 0.3 * rgb[:10].std()


def test_all_of_it_the_subject():
    rgb = np.random.default_rng(5).random((40, 40, 3)).astype(np.float32)
    np.testing.assert_allclose(shoot(rgb, np.full((40, 40), 0.5, np.float32), np.ones((40, 40), np.float32)), rgb)
    np.testing.assert_allclose(shoot(rgb, np.full((40, 40), 0.5, np.float32)), rgb, atol=1e-6)


@pytest.mark.parametrize("covered", [0, 1])
def test_a_matte_of_next_to_nothing_is_no_subject(covered):
    matte = np.zeros((80, 80), np.float32)
    matte[0, :covered] = 1.0
    photo = rk.Photo(rgb=np.full((80, 80, 3), 0.2, np.float32), matte=matte)
    with pytest.raises(rk.NoDepthError, match="covers next to nothing"):
        rk.render(photo, lens_of((80, 80), PX), GAUSSIAN)
    # With depth beside it the subject is what the lens leaves sharp.
    depth = np.full((80, 80), 0.5, np.float32)
    assert rk.render(replace(photo, depth=depth), lens_of((80, 80), PX), GAUSSIAN).size == (80, 80)


def test_one_colour_stays_one_colour():
    rgb = np.full((50, 70, 3), (0.2, 0.4, 0.9), np.float32)
    depth = np.random.default_rng(6).uniform(0, 1, (50, 70)).astype(np.float32)
    np.testing.assert_allclose(shoot(rgb, depth), rgb, atol=1e-5)
