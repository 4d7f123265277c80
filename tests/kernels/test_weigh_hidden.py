"""At quality best only what is hidden is weighed anew; what is seen in part of a pixel keeps its share."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.bokeh.scene.fragments import Fragments
from rebokeh.kernels.slice_values import weigh_hidden
from rebokeh.kernels.slices import NONE

pytestmark = pytest.mark.kernels


def test_what_is_seen_in_part_keeps_its_share_and_what_is_hidden_weighs_more():
    alpha, weight = (np.array([values], np.float32) for values in ([0.8, 1.0, 1.0], [0.2, 0.02, 0.0]))
    surface = np.ones((1, 3, 4), np.float32)
    pixels = Fragments(surface, alpha, surface, weight, np.zeros((1, 3), np.uint8)).arrays
    numbers = np.zeros((1, 3), np.uint8), np.array([[1, 1, NONE]], np.uint8)
    values = np.repeat(weight[..., None], 5, axis=2)
    weigh_hidden(tuple(pixels), numbers, 1, 2, (0, 0), values)
    assert values[0, 0] == pytest.approx(0.2)
    assert values[0, 1] == pytest.approx(0.02 / 0.3**2)
    assert (values[0, 2] == 0.0).all()
