"""Slices over each other: what is seen of each past the nearer ones."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.bokeh.render.layer_stack import nothing
from rebokeh.kernels.composite import HIDDEN, add

pytestmark = pytest.mark.kernels

SIZE = (12, 17)


def random_light(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Premultiplied colour and what gets through."""
    rng = np.random.default_rng(seed)
    light = rng.random((*size, 4)).astype(np.float32)
    light[..., 3] *= rng.random(size) < 0.7
    return light


def end(light: np.ndarray, behind: np.ndarray) -> None:
    """Lay a whole picture, given with what gets through, behind another."""
    add(light, np.dstack([behind[..., :3], 1 - behind[..., 3]]), 0, 0)


def test_a_slice_is_laid_behind_in_its_box():
    box = np.s_[2:9, 5:17]
    arrived, light = random_light(1, (7, 12)), random_light(2)
    expected = light.astype(np.float64)
    add(light, arrived, 2, 5)
    clear = expected[box][..., 3].copy()
    expected[box][..., :3] += clear[..., None] * arrived[..., :3]
    expected[box][..., 3] = clear * (1 - arrived[..., 3])
    np.testing.assert_allclose(light, expected, rtol=1e-5, atol=1e-7)


def test_a_picture_is_laid_behind_all():
    light, behind = random_light(3), random_light(4)
    expected = light.astype(np.float64)
    clear = expected[..., 3:].copy()
    expected[..., :3] += clear * behind[..., :3]
    expected[..., 3:] = clear * behind[..., 3:]
    end(light, behind)
    np.testing.assert_allclose(light, expected, rtol=1e-5, atol=1e-7)


def test_where_no_light_gets_through_nothing_changes():
    light, behind = random_light(3), random_light(4)
    light[..., 3] *= np.float32(0.5) * HIDDEN
    before = light.copy()
    end(light, behind)
    add(light, behind, 0, 0)
    np.testing.assert_array_equal(light, before)


def test_through_nothing_everything_is_seen():
    light, behind = nothing(SIZE), random_light(5)
    end(light, behind)
    np.testing.assert_allclose(light, behind, atol=1e-7)


def test_what_is_behind_may_be_composed_by_itself():
    """Light through a, b and c is light through a and through (b and c)."""
    a, b, c = (random_light(seed) for seed in (6, 7, 8))
    one_by_one, together, behind = a.copy(), a.copy(), b.copy()
    end(one_by_one, b)
    end(one_by_one, c)
    end(behind, c)
    end(together, behind)
    np.testing.assert_allclose(one_by_one, together, rtol=1e-5, atol=1e-6)
