"""What is most and least around each pixel, and areas that grow and shrink: against squares and crosses laid out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rebokeh.bokeh.image.filters import grown_within, highest, lowest, opened, shrunk

PLANES = hnp.arrays(
    np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.floats(-2, 2, width=32)
)
MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))


def around(values: np.ndarray, side: int, of) -> np.ndarray:
    """Ask each pixel's square, as far as it lies in the plane."""
    reach, found = side // 2, np.empty_like(values)
    for y, x in np.ndindex(values.shape):
        found[y, x] = of(values[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1])
    return found


@given(PLANES, st.integers(0, 7))
def test_most_and_least_around(plane, reach):
    side = 2 * reach + 1
    np.testing.assert_array_equal(highest(plane, side), around(plane, side, np.max))
    np.testing.assert_array_equal(lowest(plane, side), around(plane, side, np.min))


def test_what_is_narrow_is_opened():
    plane = np.zeros((20, 20), np.float32)
    plane[4:9, 4:9], plane[12, 2:18] = 1.0, 2.0
    expected = plane.copy()
    expected[12] = 0.0
    np.testing.assert_array_equal(opened(plane, 5), expected)


def beside(mask: np.ndarray, y: int, x: int, *, corners: bool) -> list[bool]:
    """Neighbours of a pixel that lie in the picture."""
    steps = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0) and (corners or 0 in (dy, dx))]
    places = [(y + dy, x + dx) for dy, dx in steps]
    return [bool(mask[v, u]) for v, u in places if 0 <= v < mask.shape[0] and 0 <= u < mask.shape[1]]


@given(MASKS, st.integers(0, 3))
def test_what_is_shrunk(mask, steps):
    expected = mask
    for _ in range(steps):
        before, expected = expected, expected.copy()
        for y, x in np.argwhere(before):
            expected[y, x] = all(beside(before, y, x, corners=False))
    np.testing.assert_array_equal(shrunk(mask, steps), expected)


@pytest.mark.parametrize("corners", [False, True])
@given(st.data(), MASKS, st.integers(0, 3))
def test_what_grows_within(corners, data, mask, steps):
    within = data.draw(hnp.arrays(bool, mask.shape))
    expected = mask
    for _ in range(steps):
        before, expected = expected, expected.copy()
        for y, x in np.argwhere(within):
            expected[y, x] |= any(beside(before, y, x, corners=corners))
    np.testing.assert_array_equal(grown_within(mask, steps, within, corners=corners), expected)
