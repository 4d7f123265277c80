"""Depths that a table moves."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.bokeh.depth.depth_mapping import STILL, DepthMapping

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("nodes", ["even", "even but one", "uneven", "two", "one"])
def test_depths_move_to_the_bit_as_numpy_interpolates(nodes):
    rng = np.random.default_rng(7)
    even = np.linspace(0.2, 3.0, 400)
    dioptres = {
        "even": even,
        "even but one": np.union1d(even, [1.2345]),
        "uneven": np.sort(rng.uniform(0.2, 3.0, 300) ** 4 / 27.0),
        "two": even[[0, -1]],
        "one": even[:1],
    }[nodes]
    moved = np.cumsum(rng.uniform(0.0, 0.1, len(dioptres)))
    depths = rng.uniform(-0.5, 3.5, 20000).astype(np.float32)
    depths[: len(dioptres)], depths[-2:] = dioptres, (np.inf, -np.inf)
    wanted = np.interp(depths, dioptres, moved).astype(np.float32)
    np.testing.assert_array_equal(DepthMapping(dioptres, moved)(depths.reshape(100, 200)).ravel(), wanted)


def test_a_depth_that_is_none_stays_none_and_without_nodes_nothing_moves():
    depths = np.array([[np.nan, 1.0]], np.float32)
    moved = DepthMapping(np.array([0.0, 2.0]), np.array([1.0, 3.0]))(depths)
    np.testing.assert_array_equal(moved, np.array([[np.nan, 2.0]], np.float32))
    np.testing.assert_array_equal(STILL(depths), depths)
