"""Fragments, listed row by row and placed again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebokeh.bokeh.depth.depth_mapping import STILL, DepthMapping
from rebokeh.bokeh.scene.fragments import Fragments, ListedBacks
from rebokeh.kernels.fragments import BackArrays

pytestmark = pytest.mark.kernels


MOVED = DepthMapping(np.array([0.0, 100.0, 300.0]), np.array([10.0, 150.0, 200.0]))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 999), st.sampled_from([STILL, MOVED]))
def test_what_is_listed_comes_back_where_it_was(height, width, seed, depths):
    """At the depths that it is moved to."""
    rng = np.random.default_rng(seed)
    made = Fragments.empty((height, width))
    for values in made.arrays:
        values[:] = (255 * rng.random(values.shape)).astype(values.dtype)
    chosen = rng.random((height, width)) < 0.4
    row, column = (int(rng.integers(-9, 9)), int(rng.integers(0, width)))  # of the list, where the box begins
    size = int(rng.integers(1, 12)), int(rng.integers(1, width - column + 1))
    whole = made.listed(chosen)
    backs = ListedBacks(whole.rows, BackArrays(whole.pixels.back, whole.pixels.weight, whole.pixels.kinds))
    for listed, backs_only in ((whole, False), (backs, True)):
        assert listed.rows.starts[-1] == chosen.sum() == len(listed.rows.columns)
        box = Fragments.empty(size)
        for values in box.arrays:
            values[:] = 0
        listed.place(row, column, depths, box)
        for name, values, source in zip(box.arrays._fields, box.arrays, made.arrays, strict=True):
            expected = np.zeros((40, *source.shape[1:]), source.dtype)
            if not (backs_only and name in ("front", "alpha")):
                moved = expected[10 : 10 + height]
                moved[chosen] = source[chosen]
                if name in ("front", "back"):  # light, and the depth last
                    moved[chosen, 3] = depths(source[chosen, 3])
            np.testing.assert_array_equal(
                values, expected[10 + row : 10 + row + size[0], column : column + size[1]], err_msg=name
            )
