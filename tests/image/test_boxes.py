"""Boxes that a picture is cut into."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from rebokeh.bokeh.image.boxes import even_boxes


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 40), st.integers(1, 8))
@example(33, 65, 32, 1)
@example(20, 30, 32, 2)
@example(1, 1, 5, 8)
def test_even_boxes_are_the_picture_once(height, width, side, least):
    times, boxes = np.zeros((height, width), int), even_boxes((height, width), side, least)
    for box in boxes:
        times[box] += 1
    np.testing.assert_array_equal(times, 1)
    sizes = np.array([(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in boxes])
    assert 1 <= sizes.min()
    assert sizes.max() <= side
    assert np.ptp(sizes, axis=0).max() <= 1
    assert len(boxes) >= min(least, max(height, width))
