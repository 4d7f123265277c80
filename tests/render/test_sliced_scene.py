"""What an observer is told of a slice."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.bokeh.render.sliced_scene import NumberedFragments, Window
from rebokeh.bokeh.scene.fragments import Fragments
from rebokeh.bokeh.scene.slices import BEHIND, DepthSlice
from rebokeh.kernels.slices import NONE


@pytest.mark.kernels
def test_what_is_seen_in_part_of_a_pixel_is_seen_and_not_hidden():
    """Of one pixel the back is seen in part, of the next it is hidden, of the last it is not known."""
    alpha, weight = (np.array([values], np.float32) for values in ([0.7, 1.0, 1.0], [0.3, 0.2, 0.0]))
    surface, kinds = np.ones((1, 3, 4), np.float32), np.full((1, 3), BEHIND | BEHIND << 2, np.uint8)
    box = slice(0, 1), slice(0, 3)
    numbered = NumberedFragments.blank(Fragments(surface, alpha, 0.5 * surface, weight, kinds), box, 2)
    numbered.numbers[0][:], numbered.numbers[1][:] = 0, [[1, 1, NONE]]
    window, one = Window.of(numbered, box), DepthSlice(BEHIND, 1.0, 0.0, 2.0, 6.0)
    near, far = (window.piece(number, one, box, None) for number in (0, 1))
    np.testing.assert_array_equal(near.weight, [[1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(far.weight, np.array([[1.0, 0.2, 0.0]], np.float32))
    np.testing.assert_array_equal(far.mixed, [[True, False, False]])
    np.testing.assert_array_equal(far.rgb[0, :2], np.full((2, 3), 0.5, np.float32))
