"""Layers over each other: what is seen of each past the nearer ones."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.bokeh.render.layer_stack import LayerStack, enlarged, nothing
from rebokeh.bokeh.render.scatter import ScatteredLayer

pytestmark = pytest.mark.kernels

SIZE = (12, 17)


def random_light(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Premultiplied colour and what gets through."""
    rng = np.random.default_rng(seed)
    light = rng.random((*size, 4)).astype(np.float32)
    light[..., 3] *= rng.random(size) < 0.7
    return light


def test_a_layer_is_laid_behind_in_its_box():
    box = np.s_[2:9, 5:17]
    layer = random_light(1, (7, 12))
    over = LayerStack(random_light(2))
    expected = over.light.astype(np.float64)
    over.add(ScatteredLayer(box, layer))
    clear = expected[box][..., 3].copy()
    expected[box][..., :3] += clear[..., None] * layer[..., :3]
    expected[box][..., 3] = clear * (1 - layer[..., 3])
    np.testing.assert_allclose(over.light, expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(over.transmittance, over.light[..., 3])


def test_a_picture_is_laid_behind_all():
    over, behind = LayerStack(random_light(3)), random_light(4)
    expected = over.light.astype(np.float64)
    clear = expected[..., 3:].copy()
    expected[..., :3] += clear * behind[..., :3]
    expected[..., 3:] = clear * behind[..., 3:]
    over.close(behind)
    np.testing.assert_allclose(over.light, expected, rtol=1e-5, atol=1e-7)


def test_through_nothing_everything_is_seen():
    over, behind = LayerStack(nothing(SIZE)), random_light(5)
    over.close(behind)
    np.testing.assert_array_equal(over.light, behind)


def test_what_is_behind_may_be_composed_by_itself():
    """Light through a, b and c is light through a and through (b and c)."""
    a, b, c = (random_light(seed) for seed in (6, 7, 8))
    one_by_one, together = LayerStack(a.copy()), LayerStack(a.copy())
    one_by_one.close(b)
    one_by_one.close(c)
    behind = LayerStack(b.copy())
    behind.close(c)
    together.close(behind.light)
    np.testing.assert_allclose(one_by_one.light, together.light, rtol=1e-5, atol=1e-6)


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
