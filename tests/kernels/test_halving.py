"""Half size: light is kept, classes and surfaces stay apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebokeh.bokeh.scene.fragments import Fragments
from rebokeh.kernels import halving

pytestmark = pytest.mark.kernels

shapes = st.tuples(st.integers(1, 9), st.integers(1, 11))


def random_fragments(shape: tuple[int, int], seed: int) -> Fragments:
    """Random fragments of a few depths and all classes, many of them covering all."""
    rng = np.random.default_rng(seed)
    front, back = rng.random((2, *shape, 4)).astype(np.float32)
    depths = np.sort(np.round(rng.random((2, *shape)) * 6).astype(np.float32), axis=0)
    front[..., 3], back[..., 3] = depths[1], depths[0]
    alpha = rng.choice(np.array([0.25, 0.6, 1.0, 1.0], np.float32), shape)
    kinds = np.sort(rng.integers(0, 3, (2, *shape)), axis=0).astype(np.uint8)
    return Fragments(front, alpha, back, (alpha < 1.0).astype(np.float32), kinds[0] | kinds[1] << 2)


def halved(fine: Fragments, jump: float) -> Fragments:
    height, width = fine.alpha.shape
    half = Fragments.empty(((height + 1) // 2, (width + 1) // 2))
    for values in (half.front, half.alpha, half.back, half.weight):
        values[:] = np.nan
    half.kinds[:] = 255
    halving.halve(fine.arrays, np.float32(jump), half.arrays)
    return half


def four(values: np.ndarray) -> np.ndarray:
    """Return the 2 x 2 pixels of each cell, (h, w, 4, ...); the border repeats."""
    height, width = values.shape[:2]
    rows, columns = (np.minimum(np.arange(n + n % 2), n - 1) for n in (height, width))
    padded = values[rows][:, columns]
    return np.stack([padded[i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=2)


def seen(pixels: Fragments) -> np.ndarray:
    alpha = pixels.alpha[..., None].astype(np.float64)
    return alpha * pixels.front + (1.0 - alpha) * np.where(alpha < 1.0, pixels.back, 0.0)


@given(shapes, st.integers(0, 9999), st.sampled_from([0.0, 0.5, 2.5]))
def test_a_smaller_picture_shows_the_mean(shape, seed, jump):
    fine = random_fragments(shape, seed)
    half = halved(fine, jump)
    np.testing.assert_allclose(seen(half), four(seen(fine)).mean(axis=2), rtol=1e-5, atol=1e-6)
    assert half.alpha.min() > 0 and half.alpha.max() <= 1
    # What is seen by next to nothing is known as little.
    np.testing.assert_array_equal(half.weight, np.where(half.alpha < 1.0, np.maximum(1.0 - half.alpha, 1 / 16), 0.0))


@given(shapes, st.integers(0, 9999))
@settings(max_examples=40)
def test_classes_are_parted_first_and_the_nearer_class_is_in_front(shape, seed):
    fine = random_fragments(shape, seed)
    half = halved(fine, 1.5)
    front, back = four(fine.kinds & 3), np.where(four(fine.alpha) < 1.0, four(fine.kinds >> 2), four(fine.kinds & 3))
    least, most = np.minimum(front, back).min(axis=2), np.maximum(front, back).max(axis=2)
    assert (half.kinds & 3 == least).all()
    assert ((half.alpha < 1.0) | (least == most)).all()
    two = (most - least == 1) & (half.alpha < 1.0)
    assert ((half.kinds >> 2)[two] == most[two]).all()
    share = 0.25 * (four(fine.alpha) * (front == least[..., None])).sum(axis=2)
    share += 0.25 * ((1.0 - four(fine.alpha)) * (back == least[..., None])).sum(axis=2)
    np.testing.assert_allclose(half.alpha[two], share[two], atol=1e-6)


def one_cell(depths: list[float], kinds: list[int]) -> Fragments:
    fine = Fragments.empty((2, 2))
    fine.front[..., :3], fine.front[..., 3] = 0.5, np.reshape(depths, (2, 2))
    fine.alpha[:], fine.weight[:], fine.kinds[:] = 1.0, 0.0, np.reshape(kinds, (2, 2))
    return fine


@pytest.mark.parametrize(
    ("depths", "kinds", "alpha", "front", "back"),
    [
        ([1.0, 1.05, 1.02, 1.04], [2, 2, 2, 2], 1.0, 1.0275, None),  # one surface
        ([1.0, 3.0, 1.2, 1.1], [2, 2, 2, 2], 0.25, 3.0, 1.1),  # the widest gap
        ([1.0, 1.2, 1.4, 3.0], [2, 2, 2, 2], 0.25, 3.0, 1.2),
        ([1.0, 1.0, 1.0, 1.0], [1, 2, 2, 2], 0.25, 1.0, 1.0),  # a class
        ([3.0, 1.0, 1.0, 1.0], [2, 1, 1, 1], 0.75, 1.0, 3.0),  # the subject stands before what its matte leaves out
        ([4.0, 1.0, 0.9, 0.2], [0, 2, 2, 2], 0.25, 4.0, 0.7),
        ([4.0, 1.0, 0.9, 0.2], [0, 1, 1, 2], 0.25, 4.0, 0.7),  # of three classes the widest gap parts two
        ([2.0, 1.9, 1.9, 0.2], [0, 1, 1, 2], 0.75, 5.8 / 3.0, 0.2),
    ],
)
def test_what_is_parted_where(depths, kinds, alpha, front, back):
    half = halved(one_cell(depths, kinds), 0.1)
    assert half.alpha[0, 0] == alpha
    assert half.front[0, 0, 3] == pytest.approx(front)
    if back is not None:
        assert half.back[0, 0, 3] == pytest.approx(back)
