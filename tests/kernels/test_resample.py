"""Half and double size: light is kept, and what the pixels show stays apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebokeh.bokeh.scene.layers import MixedPixels
from rebokeh.kernels import resample

pytestmark = pytest.mark.kernels

shapes = st.tuples(st.integers(1, 9), st.integers(1, 11))


def mixed(shape: tuple[int, int], seed: int) -> tuple[MixedPixels, np.ndarray]:
    """Random surfaces, a few pixels of one alone; and a matte."""
    rng = np.random.default_rng(seed)
    front, back = rng.random((2, *shape, 4)).astype(np.float32)
    depths = np.sort(np.round(rng.random((2, *shape)) * 6).astype(np.float32), axis=0)
    front[..., 3], back[..., 3] = depths[1], depths[0]
    alpha = rng.choice(np.array([0.0, 0.25, 0.6, 1.0], np.float32), shape)
    return MixedPixels(front, back, alpha), rng.random(shape).astype(np.float32)


def halved(whole: MixedPixels, matte: np.ndarray) -> tuple[MixedPixels, np.ndarray]:
    shape = ((matte.shape[0] + 1) // 2, (matte.shape[1] + 1) // 2)
    front, back = np.full((2, *shape, 4), np.nan, np.float32)
    alpha, half_matte = np.full((2, *shape), np.nan, np.float32)
    resample.halve(whole.front, whole.back, whole.alpha, matte, front, back, alpha, half_matte)
    return MixedPixels(front, back, alpha), half_matte


def four(values: np.ndarray) -> np.ndarray:
    """Return the 2 x 2 pixels of each cell, (h, w, 4, ...); the border repeats."""
    height, width = values.shape[:2]
    rows, columns = np.minimum(np.arange(height + height % 2), height - 1), np.arange(width + width % 2)
    padded = values[rows][:, np.minimum(columns, width - 1)]
    return np.stack([padded[i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=2).astype(np.float64)


def seen(whole: MixedPixels) -> np.ndarray:
    return whole.alpha[..., None] * whole.front + (1.0 - whole.alpha[..., None]) * whole.back


@given(shapes, st.integers(0, 9999))
def test_a_smaller_picture_shows_the_mean(shape, seed):
    whole, matte = mixed(shape, seed)
    half, half_matte = halved(whole, matte)
    np.testing.assert_allclose(seen(half), four(seen(whole)).mean(axis=2), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(half_matte, four(matte).mean(axis=2), rtol=1e-5)
    assert half.alpha.min() > 0 and half.alpha.max() <= 1
    assert (half.front[..., 3] >= half.back[..., 3]).all()


@given(shapes, st.integers(0, 9999))
@settings(max_examples=40)
def test_two_surfaces_are_split_at_the_widest_gap(shape, seed):
    whole, matte = mixed(shape, seed)
    half, _ = halved(whole, matte)
    weights = four(np.stack([whole.alpha, 1.0 - whole.alpha], axis=2))
    surfaces = four(np.stack([whole.front, whole.back], axis=2))
    for y, x in np.ndindex(half.alpha.shape):
        weight, values = weights[y, x].ravel(), surfaces[y, x].reshape(-1, 4)
        there = weight > 0
        depths = np.unique(values[there, 3])[::-1]
        if len(depths) == 1:
            assert half.alpha[y, x] == 1.0
            np.testing.assert_array_equal(half.front[y, x], half.back[y, x])
            continue
        gap = -np.diff(depths)
        # Of gaps that are alike, the nearest.
        last_near = depths[np.flatnonzero(gap == gap.max())[0]]
        for part, found in ((values[:, 3] >= last_near, half.front), (values[:, 3] < last_near, half.back)):
            own = weight * part
            np.testing.assert_allclose(found[y, x], (own[:, None] * values).sum(axis=0) / own.sum(), rtol=1e-5)
        assert half.alpha[y, x] == pytest.approx((weight * (values[:, 3] >= last_near)).sum() / 4, abs=1e-6)


def test_one_surface_stays_one():
    rgbd = np.full((6, 6, 4), 0.3, np.float32)
    half, _ = halved(MixedPixels(rgbd, rgbd, np.ones((6, 6), np.float32)), np.zeros((6, 6), np.float32))
    np.testing.assert_allclose(half.front, 0.3, rtol=1e-6)
    np.testing.assert_array_equal(half.front, half.back)
    assert (half.alpha == 1).all()


def doubled(values: np.ndarray, box: tuple[slice, slice] | None = None) -> np.ndarray:
    rows, columns = box or (slice(0, 2 * values.shape[0]), slice(0, 2 * values.shape[1]))
    out = np.full((rows.stop - rows.start, columns.stop - columns.start, 4), np.nan, np.float32)
    resample.double(values.astype(np.float32), rows.start, columns.start, out)
    return out


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 2), (8, 9)])
def test_one_colour_is_enlarged_as_it_is(shape):
    np.testing.assert_allclose(doubled(np.full((*shape, 4), 0.7)), 0.7, rtol=1e-6)


def test_slopes_and_parabolas_are_enlarged_as_they_are():
    # Fine centres lie at a quarter of a coarse pixel beside the coarse ones; the cubic is exact up to the second power.
    y, x = np.mgrid[:14, :16].astype(np.float64)
    fine_y, fine_x = (np.mgrid[:28, :32] + 0.5) / 2 - 0.5

    def surface(y, x):
        return np.stack([x, y, 0.3 * x - 2 * y + 1, 0.1 * x * x + 0.2 * y * y - 0.05 * x * y], axis=-1)

    found = doubled(surface(y, x))[4:-4, 4:-4]
    np.testing.assert_allclose(found, surface(fine_y, fine_x)[4:-4, 4:-4], rtol=1e-5, atol=1e-5)


@given(st.integers(0, 21), st.integers(0, 25), st.integers(1, 9), st.integers(1, 9))
def test_a_part_is_the_crop_of_the_whole(top, left, height, width):
    values = np.random.default_rng(1).random((11, 13, 4))
    box = (slice(top, min(top + height, 22)), slice(left, min(left + width, 26)))
    np.testing.assert_array_equal(doubled(values, box), doubled(values)[box])


def test_light_is_kept_when_enlarged():
    values = np.zeros((16, 16, 4))
    values[6:10, 5:11] = np.random.default_rng(2).random((4, 6, 4))
    np.testing.assert_allclose(doubled(values).sum(axis=(0, 1)), 4 * values.sum(axis=(0, 1)), rtol=1e-5)
