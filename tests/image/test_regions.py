"""Sets of pixels: growing and labelling them says what a plain filter and a plain labelling say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from rebokeh.bokeh.image.regions import between, connected, dilate, list_runs

pytestmark = pytest.mark.kernels

masks = hnp.arrays(np.bool_, st.tuples(st.integers(1, 17), st.integers(1, 23)))


@given(mask=masks, reach=st.integers(0, 30))
def test_a_mask_grows_by_a_square(mask, reach):
    size = 2 * reach + 1
    expected = ndimage.maximum_filter(mask.astype(np.uint8), size, mode="constant").astype(bool)
    np.testing.assert_array_equal(dilate(mask, reach), expected)


@given(mask=masks, reach=st.integers(0, 30))
def test_a_mask_grows_up_and_down_alone(mask, reach):
    expected = ndimage.maximum_filter(mask.astype(np.uint8), (2 * reach + 1, 1), mode="constant").astype(bool)
    before = mask.copy()
    np.testing.assert_array_equal(dilate(mask, reach, across=False), expected)
    np.testing.assert_array_equal(mask, before)


@given(mask=masks)
def test_pieces_are_those_of_a_plain_labelling(mask):
    expected, count = ndimage.label(mask, np.ones((3, 3), bool))  # pyright: ignore[reportGeneralTypeIssues]
    pieces = connected(mask)
    assert pieces.count == count
    np.testing.assert_array_equal(pieces.labels, expected[mask])
    sizes = np.bincount(expected[mask], minlength=count + 1)
    np.testing.assert_array_equal(pieces.pixels, sizes)


@given(mask=masks, seed=st.integers(0, 99))
def test_the_pixels_of_some_pieces_are_listed_in_raster_order(mask, seed):
    expected, count = ndimage.label(mask, np.ones((3, 3), bool))  # pyright: ignore[reportGeneralTypeIssues]
    chosen = np.random.default_rng(seed).uniform(size=count + 1) < 0.5
    chosen[0] = False
    rows, columns, labels = connected(mask).places(chosen)
    numbers = np.asarray(expected, np.int64)
    np.testing.assert_array_equal((rows, columns), np.nonzero(chosen[numbers]))
    np.testing.assert_array_equal(labels, numbers[rows, columns])


@given(mask=masks)
def test_runs_draw_the_mask_again(mask):
    row_starts, first, stop = list_runs(mask)
    drawn = np.zeros_like(mask)
    for y in range(len(mask)):
        for run in range(row_starts[y], row_starts[y + 1]):
            assert not drawn[y, max(first[run] - 1, 0) : stop[run]].any(), "runs of a row do not touch"
            drawn[y, first[run] : stop[run]] = True
    np.testing.assert_array_equal(drawn, mask)


def test_between_marks_neither_end():
    values = np.tile(np.array([0.1, 0.2, 0.5, 0.75, 0.9], np.float32), (300, 1))
    np.testing.assert_array_equal(between(values, 0.2, 0.75), np.tile([False, False, True, False, False], (300, 1)))


def test_a_spiral_is_one_piece():
    spiral = np.array(
        [
            [1, 1, 1, 1, 1, 1, 1],
            [0, 0, 0, 0, 0, 0, 1],
            [1, 1, 1, 1, 1, 0, 1],
            [1, 0, 0, 0, 1, 0, 1],
            [1, 0, 1, 1, 1, 0, 1],
            [1, 0, 0, 0, 0, 0, 1],
            [1, 1, 1, 1, 1, 1, 1],
        ],
        bool,
    )
    assert connected(spiral).count == 1
