"""What was made at half the size, enlarged."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.bokeh.render.layer_stack import enlarged, nothing

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("seed", range(5))
def test_an_enlarged_coverage_stays_within_its_bounds_and_keeps_its_colour(seed):
    rng = np.random.default_rng(seed)
    covered = (rng.random((9, 11)) < 0.5).astype(np.float32)
    colour = np.array([0.2, 30.0, 0.7], np.float32)
    light = np.dstack([covered[..., None] * colour, 1.0 - covered])
    large = enlarged(light, np.s_[3:15, 2:20])
    assert large[..., 3].min() >= 0.0 and large[..., 3].max() <= 1.0
    np.testing.assert_allclose(large[..., :3], (1.0 - large[..., 3:]) * colour, rtol=1e-4, atol=1e-4)


def test_nothing_is_enlarged_to_nothing():
    np.testing.assert_array_equal(enlarged(None, np.s_[3:7, 2:12]), nothing((4, 10)))
