"""Double size: light is kept, and no value lies beyond those around it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from rebokeh.kernels import doubling

pytestmark = pytest.mark.kernels


def doubled(values: np.ndarray, box: tuple[slice, slice] | None = None) -> np.ndarray:
    rows, columns = box or (slice(0, 2 * values.shape[0]), slice(0, 2 * values.shape[1]))
    out = np.full((rows.stop - rows.start, columns.stop - columns.start, 4), np.nan, np.float32)
    doubling.enlarge(values.astype(np.float32), rows.start, columns.start, out)
    return out


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 2), (8, 9)])
def test_one_colour_is_enlarged_as_it_is(shape):
    np.testing.assert_allclose(doubled(np.full((*shape, 4), 0.7)), 0.7, rtol=1e-6)


def test_slopes_and_parabolas_are_enlarged_as_they_are():
    # Fine centres lie at a quarter of a coarse pixel beside the coarse ones; the cubic is exact up to the second power.
    y, x = np.mgrid[:14, :16].astype(np.float64)
    fine_y, fine_x = (np.mgrid[:28, :32] + 0.5) / 2 - 0.5

    def surface(y, x):
        return np.stack([x, y, 0.3 * x - 2 * y + 1, 0.1 * x * x + 0.2 * y * y + 0.05 * x * y], axis=-1)

    found = doubled(surface(y, x))[4:-4, 4:-4]
    np.testing.assert_allclose(found, surface(fine_y, fine_x)[4:-4, 4:-4], rtol=1e-5, atol=1e-5)


@given(st.integers(0, 21), st.integers(0, 25), st.integers(1, 9), st.integers(1, 9))
def test_a_part_is_the_crop_of_the_whole(top, left, height, width):
    values = np.random.default_rng(1).random((11, 13, 4))
    box = (slice(top, min(top + height, 22)), slice(left, min(left + width, 26)))
    np.testing.assert_array_equal(doubled(values, box), doubled(values)[box])


def test_light_of_what_is_blurred_is_kept_when_enlarged():
    values = np.zeros((24, 24, 4))
    values[9:15, 8:16] = np.random.default_rng(2).random((6, 8, 4))
    values = ndimage.uniform_filter(ndimage.uniform_filter(values, 5, axes=(0, 1)), 5, axes=(0, 1))
    np.testing.assert_allclose(doubled(values).sum(axis=(0, 1)), 4 * values.sum(axis=(0, 1)), rtol=2e-3)


def test_beside_an_edge_nothing_swings_over():
    values = np.full((9, 12, 4), 0.25)
    values[:, 6:] = 4.0
    values[4, 3] = 0.0
    found = doubled(values)
    assert found.min() >= 0.0 and found.max() <= 4.0
    assert found[:, :9].max() == 0.25
