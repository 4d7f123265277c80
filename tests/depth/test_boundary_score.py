"""Boundary scores: what is exactly on the edge is right, and nothing beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import rebokeh as rk
from rebokeh.bokeh.core.errors import DepthError, NoDepthError
from rebokeh.bokeh.depth.boundary_score import THRESHOLDS, WEIGHTS, score, score_photo, steepest

pytestmark = pytest.mark.kernels


def square(shift: int = 0, near: float = 2.0, size: int = 40) -> tuple[np.ndarray, np.ndarray]:
    matte = np.zeros((size, size), np.float32)
    matte[10:30, 10:30] = 1.0
    return np.where(np.roll(matte, shift, axis=1) > 0, near, 1.0).astype(np.float32), matte


def test_a_map_that_jumps_where_the_matte_does_is_perfect():
    found = score(*square())
    assert (found.precision, found.recall, found.f1) == pytest.approx((1, 1, 1))


@pytest.mark.parametrize("shift", [1, 3])
def test_a_shifted_map_keeps_what_still_coincides(shift):
    # Left and right sides lie elsewhere; of the upper and lower sides 20 - shift of 20 pixels coincide.
    expected = (0 + 0 + 2 * (20 - shift) / 20) / 4
    found = score(*square(shift))
    assert (found.precision, found.recall, found.f1) == pytest.approx((expected,) * 3)


def test_only_thresholds_below_the_jump_find_it():
    share = float(WEIGHTS[THRESHOLDS < 1.15].sum())
    found = score(*square(near=1.15))
    assert found.recall == pytest.approx(share) and found.f1 == pytest.approx(share)
    assert 0 < share < 1


def test_contours_that_the_matte_lacks_cost_precision_only():
    depth, matte = square()
    depth = np.hstack([depth, depth])
    matte = np.hstack([matte, np.zeros_like(matte)])
    found = score(depth, matte)
    assert (found.precision, found.recall, found.f1) == pytest.approx((0.5, 1.0, 2 / 3))


def test_the_subject_must_be_the_nearer():
    depth, matte = square(near=0.5)
    assert score(depth, matte).f1 == 0.0


def test_a_flat_map_has_no_contours():
    found = score(np.ones((20, 20), np.float32), square(size=40)[1][:20, :20])
    assert (found.precision, found.recall, found.f1) == (0.0, 0.0, 0.0)


def test_a_ramp_counts_once_where_it_is_steepest():
    ratio = np.array([[1.0, 1.2, 1.5, 1.3, 1.0, 1.4], [1.3, 1.0, 1.2, 1.2, 1.0, 1.0]], np.float32)
    expected = [[0, 0, 1, 0, 0, 1], [1, 0, 1, 0, 0, 0]]
    np.testing.assert_array_equal(steepest(ratio, 1.1), np.array(expected, bool))


@given(arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=st.sampled_from([1.0, 1.2, 1.4])))
def test_steepest_is_one_per_run(ratio):
    expected = np.zeros(ratio.shape, bool)
    for y, row in enumerate(ratio):
        run: list[int] = []
        for x in range(len(row) + 1):
            if x < len(row) and row[x] > 1.1:
                run.append(x)
            elif run:
                expected[y, max(run, key=lambda k: (row[k], -k))] = True
                run = []
    np.testing.assert_array_equal(steepest(ratio, 1.1), expected)


def test_a_photo_is_scored_at_its_matte():
    depth, matte = square()
    photo = rk.Photo(rgb=np.repeat(matte[..., None], 3, axis=2), depth=depth, matte=matte)
    as_read, as_rendered = score_photo(photo)
    assert as_read.f1 == pytest.approx(1.0) and as_rendered.f1 == pytest.approx(1.0)
    with pytest.raises(NoDepthError, match="`depth`"):
        score_photo(rk.Photo(rgb=photo.rgb, matte=matte))
    with pytest.raises(DepthError, match="`matte`"):
        score_photo(rk.Photo(rgb=photo.rgb, depth=depth))
