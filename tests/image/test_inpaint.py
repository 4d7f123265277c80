"""Inpainting by push-pull: what is known stays, what is not comes from beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rebokeh.bokeh.image.inpaint import inpaint
from rebokeh.kernels import pyramid

pytestmark = pytest.mark.kernels

shapes = hnp.array_shapes(min_dims=2, max_dims=2, max_side=21)


@given(shapes, st.floats(0, 1), st.integers(0, 999))
def test_known_stays_and_nothing_leaves_its_range(shape, share, seed):
    rng = np.random.default_rng(seed)
    values = rng.uniform(-5, 2000, (*shape, 4)).astype(np.float32)
    known = rng.random(shape) < share
    if known.any():
        values[~known] = 1e6  # must not be looked at
    before = values.copy()
    filled = inpaint(values, known)
    np.testing.assert_array_equal(values, before)
    np.testing.assert_array_equal(filled[known], before[known])
    if known.any():
        low, high = before[known].min(axis=0), before[known].max(axis=0)
        slack = 1e-5 * np.abs(before[known]).max()
        assert (filled >= low - slack).all() and (filled <= high + slack).all()
    else:
        np.testing.assert_array_equal(filled, before)


@given(shapes, st.integers(0, 999))
@settings(max_examples=30)
def test_a_constant_is_continued_as_it_is(shape, seed):
    known = np.random.default_rng(seed).random(shape) < 0.1
    known.flat[seed % known.size] = True
    filled = inpaint(np.full((*shape, 2), 0.7, np.float32), known)
    np.testing.assert_allclose(filled, 0.7, rtol=1e-6)


def test_one_bright_pixel_beyond_the_hole_counts_little():
    values = np.ones((64, 64, 1), np.float32)
    known = np.ones((64, 64), bool)
    known[16:48, 16:48] = False
    values[0, 0] = 50.0
    assert inpaint(values, known)[32, 32, 0] == pytest.approx(1.0, abs=0.1)


def test_what_lies_beside_counts_most():
    values = np.zeros((64, 64, 1), np.float32)
    values[:, 40:] = 1.0
    known = np.ones((64, 64), bool)
    known[:, 24:40] = False
    row = inpaint(values, known)[32, :, 0]
    assert (np.diff(row) >= -1e-6).all()
    assert row[25] < 0.2 and row[38] > 0.8


def test_half_known_pixels_are_blended():
    values = np.array([[[0.0], [1.0]]], np.float32)
    filled = inpaint(values, np.array([[1.0, 0.25]], np.float32))
    assert filled[0, 0, 0] == 0.0
    assert 0.25 <= filled[0, 1, 0] < 0.6  # a quarter of its own, three quarters of the mean of both


def test_mirrored_pictures_are_filled_mirrored():
    rng = np.random.default_rng(2)
    values, known = rng.random((32, 64, 3)).astype(np.float32), rng.random((32, 64)) < 0.05
    np.testing.assert_allclose(inpaint(values[:, ::-1], known[:, ::-1])[:, ::-1], inpaint(values, known), atol=1e-6)
    np.testing.assert_allclose(inpaint(values[::-1], known[::-1])[::-1], inpaint(values, known), atol=1e-6)


def test_push_averages_by_weight():
    values = np.arange(4, dtype=np.float32).reshape(2, 2, 1)
    weight = np.array([[0.5, 0.0], [0.25, 0.0]], np.float32)
    coarse, coarse_weight = np.empty((1, 1, 1), np.float32), np.empty((1, 1), np.float32)
    pyramid.push(values, weight, coarse, coarse_weight)
    assert coarse[0, 0, 0] == pytest.approx((0.5 * 0 + 0.25 * 2) / 0.75)
    assert coarse_weight[0, 0] == pytest.approx(0.75)


def test_rows_of_a_level_are_pulled_as_all_of_it():
    rng = np.random.default_rng(3)
    coarse, weight = rng.random((5, 7, 3), np.float32), rng.random((9, 13), np.float32)
    whole = rng.random((9, 13, 3), np.float32)
    parts = whole.copy()
    pyramid.pull(coarse, 0, whole, weight)
    for own in (slice(0, 3), slice(3, 8), slice(8, 9)):
        pyramid.pull(coarse, own.start, parts[own], weight[own])
    np.testing.assert_array_equal(parts, whole)


def test_pull_keeps_slopes_straight():
    # Cells of 2 x 2 at 0.5, 2.5, ... of a ramp: between them bilinear weights give the ramp again.
    coarse = (2.0 * np.arange(8, dtype=np.float32) + 0.5).reshape(1, 8, 1).repeat(2, axis=0)
    values, weight = np.zeros((4, 16, 1), np.float32), np.zeros((4, 16), np.float32)
    pyramid.pull(coarse, 0, values, weight)
    np.testing.assert_allclose(values[:, 1:-1, 0], np.tile(np.arange(1, 15), (4, 1)), atol=1e-5)
