"""The scatter kernel against the oracle and against what must hold of any scatter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.naive import Iris
from reference.naive import scatter as naive_scatter
from scipy import ndimage
from support.scenes import outlines_of

import rebokeh as rk
from rebokeh.bokeh.image.regions import PixelBox
from rebokeh.bokeh.optics.aperture import area

pytestmark = pytest.mark.kernels

APERTURES = [
    rk.Aperture(),
    rk.Aperture(3, 0.0, 7.0),
    rk.Aperture(5, 0.3, 100.0),
    rk.Aperture(6),
    rk.Aperture(6, 0.0, 30.0),
    rk.Aperture(7, 0.8, -20.0),
    rk.Aperture(8, 1.0, 3.0),
    rk.Aperture(15, 0.0, 1.0),
]


def run(values, radius, active=None, aperture=APERTURES[0], box: PixelBox | None = None) -> np.ndarray:
    """Scatter (H, W, 5) values into a box of the picture, or all of it; (h, w, 4), as shares of the fifth."""
    active = np.ones(radius.shape, bool) if active is None else active
    box = box or (slice(0, radius.shape[0]), slice(0, radius.shape[1]))
    outlines = outlines_of(radius.shape, aperture)
    return outlines.scatter(values.astype(np.float32), radius.astype(np.float32), active, (0, 0), box)


def point(radius_px: float, aperture: rk.Aperture, size: int, place: tuple[int, int] | None = None) -> np.ndarray:
    """Scatter one pixel of 1 among others of 0; away from the border all weights add up to 1."""
    around = max(math.ceil(abs(radius_px)) + 2, 5)
    values = np.zeros((size + 2 * around, size + 2 * around, 5))
    x, y = place or (size // 2, size // 2)
    values[around + y, around + x], values[..., 4] = 1.0, 1.0
    inner = slice(around, around + size)
    radius = np.full(values.shape[:2], radius_px)
    return run(values, radius, None, aperture, (inner, inner))[..., 0].astype(np.float64)


@pytest.mark.parametrize("seed", [1, 7])
@pytest.mark.parametrize("aperture", APERTURES, ids=str)
def test_agrees_with_the_oracle(aperture, seed):
    rng = np.random.default_rng([aperture.blades, seed])
    size = (15, 19)
    radius = rng.uniform(-7, 7, size)
    radius[rng.random(size) < 0.2] *= 0.05  # sharp pixels among the others
    active = rng.random(size) < 0.9
    values = rng.random((*size, 5))
    values[..., :3] *= np.where(rng.random(size) < 0.05, 2000.0, 1.0)[..., None]
    found = run(values, radius, active, aperture)
    expected = naive_scatter(values.astype(np.float32).astype(np.float64), radius, active, Iris(**vars(aperture)))
    # 1e-4 of a pixel's own light or its brightest neighbour's: an edge that just touches it lies right to 1e-4 px
    expected = expected[..., :4] / expected[..., 4:]
    brightest = ndimage.maximum_filter(expected, (3, 3, 1))
    assert (np.abs(found - expected) / np.maximum(brightest, 1e-3)).max() < 1e-4


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3)])
def test_pictures_smaller_than_the_disc(size):
    values = np.random.default_rng(4).uniform(0.5, 1.0, (*size, 5)).astype(np.float32).astype(np.float64)
    radius = np.full(size, 9.3)
    expected = naive_scatter(values, radius, np.ones(size, bool), Iris())
    np.testing.assert_allclose(run(values, radius), expected[..., :4] / expected[..., 4:], rtol=1e-4)


@pytest.mark.parametrize("radius_px", [0.5, 0.7, 1.0, 2.0, 3.3, 10.0, 37.7, 60.0, -0.8, -11.5])
@pytest.mark.parametrize("aperture", APERTURES, ids=str)
def test_a_point_keeps_its_light(aperture, radius_px):
    image = point(radius_px, aperture, 2 * math.ceil(abs(radius_px)) + 5)
    assert image.sum() == pytest.approx(1.0, abs=1e-5)
    assert image.min() >= -1e-9
    assert image.max() <= 1.0 / (area(aperture) * max(abs(radius_px), 0.5) ** 2) * (1 + 1e-5) + 1e-9


@pytest.mark.parametrize("radius_px", [0.0, 0.1, 0.5, -0.3])
def test_what_is_sharp_stays_in_its_pixel(radius_px):
    image = point(radius_px, APERTURES[0], 5)
    assert image[2, 2] == pytest.approx(1.0, abs=1e-6)
    assert np.abs(image).sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("radius_px", [2.0, 5.0, 12.3, 40.0])
def test_second_moment_of_the_disc(radius_px):
    image = point(radius_px, APERTURES[0], 2 * math.ceil(radius_px) + 5)
    offset = np.arange(len(image)) - len(image) // 2
    for axis in range(2):
        moment = (image.sum(axis=axis) * offset**2).sum()
        # r^2/4 of the disc, and 1/12 of the pixel that it is shared out to, less what a mean edge hides of the curve
        assert moment == pytest.approx(radius_px**2 / 4 + 1 / 12, abs=0.1)
        assert (image.sum(axis=axis) * offset).sum() == pytest.approx(0, abs=1e-5)


def test_disc_is_the_same_upside_down_and_mirrored():
    image = point(11.3, APERTURES[0], 31)
    np.testing.assert_allclose(image, image[::-1], atol=1e-8)
    np.testing.assert_allclose(image, image[:, ::-1], atol=1e-8)


@pytest.mark.parametrize("aperture", APERTURES, ids=str)
def test_in_front_of_focus_the_image_is_turned_by_half_a_turn(aperture):
    behind, in_front = point(12.3, aperture, 31), point(-12.3, aperture, 31)
    np.testing.assert_allclose(in_front, behind[::-1, ::-1], atol=1e-6)


@given(st.integers(-4, 12), st.integers(-4, 12), st.floats(0.5, 9.0))
def test_a_disc_over_the_border_is_the_same_disc_cut(x, y, radius_px):
    size = 9
    whole = point(radius_px, APERTURES[2], 41, (16 + x, 16 + y))[16:25, 16:25]
    np.testing.assert_allclose(point(radius_px, APERTURES[2], size, (x, y)), whole, atol=1e-7)


def test_bright_lights_leave_no_streaks():
    # A row of differences of a light of 60000 beside a row of 1: what is left of the light behind it must be nothing.
    values = np.full((9, 200, 5), 1.0)
    values[4, 20, :3] = 60000.0
    radius = np.full((9, 200), 4.0)
    quiet = run(np.ones((9, 200, 5)), radius)
    np.testing.assert_allclose(run(values, radius)[:, 30:], quiet[:, 30:], rtol=1e-6)


def test_inactive_pixels_may_hold_anything():
    values, radius = np.ones((12, 12, 5)), np.full((12, 12), 2.0)
    values[3, 3], radius[7, 7] = np.nan, np.nan
    active = np.ones((12, 12), bool)
    active[3, 3] = active[7, 7] = False
    assert np.isfinite(run(values, radius, active)).all()
    assert not run(values, radius, np.zeros((12, 12), bool)).any()


@pytest.mark.parametrize(
    "box", [np.s_[0:61, 0:83], np.s_[20:21, 5:80], np.s_[0:30, 40:83], np.s_[31:61, 0:1], np.s_[60:61, 82:83]], ids=str
)
def test_a_part_is_the_crop_of_the_whole(box):
    rng = np.random.default_rng(6)
    values, radius = rng.random((61, 83, 5)), rng.uniform(-12, 12, (61, 83))
    whole = run(values, radius, aperture=APERTURES[2])
    np.testing.assert_allclose(run(values, radius, aperture=APERTURES[2], box=box), whole[box], rtol=2e-6)


@pytest.mark.parametrize("radius_px", [2.0, 5.0, 12.3, 40.0, 60.0])
@pytest.mark.parametrize("aperture", APERTURES, ids=str)
def test_every_row_of_a_disc_is_as_long_as_the_aperture(aperture, radius_px):
    size = 2 * math.ceil(radius_px) + 5
    image = point(radius_px, aperture, size) * area(aperture) * radius_px**2
    iris = Iris(**vars(aperture))
    for row, both in enumerate(image.sum(axis=1)):
        top, bottom = (row - 0.5 - size // 2) / radius_px, (row + 0.5 - size // 2) / radius_px
        left, right, covered = iris.mean_edges(top, bottom, True)
        assert both == pytest.approx((right - left) * covered * radius_px**2, abs=0.02)
