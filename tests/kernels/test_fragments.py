"""Fragments, listed row by row and placed again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebokeh.bokeh.scene.fragments import Fragments

pytestmark = pytest.mark.kernels


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 999))
def test_what_is_listed_comes_back_where_it_was(height, width, seed):
    rng = np.random.default_rng(seed)
    made = Fragments.empty((height, width))
    for values in made.arrays:
        values[:] = (255 * rng.random(values.shape)).astype(values.dtype)
    chosen = rng.random((height, width)) < 0.4
    rows = made.listed(chosen)
    assert rows.starts[-1] == chosen.sum() == len(rows.columns)
    first = int(rng.integers(0, 5))  # the list begins at this row of the picture
    top, bottom = np.sort(rng.integers(0, 20, 2))
    left, right = np.sort(rng.integers(0, width + 1, 2))
    box = slice(int(top), int(bottom) + 1), slice(int(left), int(right))
    target = Fragments.empty((box[0].stop - box[0].start, box[1].stop - box[1].start))
    for values in target.arrays:
        values[:] = 0
    target.place(rows, first, box)
    for values, source in zip(target.arrays, made.arrays, strict=True):
        expected = np.zeros((30, *source.shape[1:]), source.dtype)
        expected[first : first + height] = np.where(chosen.reshape(chosen.shape + (1,) * (source.ndim - 2)), source, 0)
        np.testing.assert_array_equal(values, expected[box])
