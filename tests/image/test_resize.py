"""The one family of resizers: closed forms, ranges, holes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rebokeh.bokeh.image.resize import (
    block_means,
    enlarge_with_holes,
    resize,
    resize_codes,
    resize_planes,
    size_within,
)

PLANES = hnp.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(-4, 4, width=32))
SIZES = st.tuples(st.integers(1, 24), st.integers(1, 24))
HOW = st.sampled_from(["linear", "area", "nearest"])


@given(PLANES, SIZES, HOW)
def test_nothing_leaves_the_range_of_the_values(plane, size, how):
    made = resize(plane, size, how)
    assert made.shape == size
    assert made.dtype == np.float32
    assert made.min() >= plane.min() - 1e-5
    assert made.max() <= plane.max() + 1e-5


@given(st.floats(-8, 8, width=32), SIZES, SIZES, HOW)
def test_a_constant_stays_one(value, before, after, how):
    np.testing.assert_allclose(resize(np.full(before, value, np.float32), after, how), value, rtol=1e-6, atol=1e-6)


def test_the_same_size_is_the_same_values():
    plane = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert resize(plane, (3, 4)) is plane


def test_a_ramp_stays_a_ramp():
    ramp = np.broadcast_to(np.arange(8, dtype=np.float32), (4, 8))
    # Pixel middles: (x + 0.5) / 2 - 0.5, flat beyond the first and last.
    expected = np.clip((np.arange(16) + 0.5) / 2 - 0.5, 0, 7)
    np.testing.assert_allclose(resize(ramp, (8, 16)), np.broadcast_to(expected, (8, 16)), atol=1e-5)
    np.testing.assert_allclose(
        enlarge_with_holes(np.ascontiguousarray(ramp), (8, 16)), np.broadcast_to(expected, (8, 16)), atol=1e-5
    )


def test_channels_are_resized_one_by_one():
    rgb = np.random.default_rng(0).random((6, 8, 3), np.float32)
    made = resize(rgb, (3, 5), "area")
    for c in range(3):
        np.testing.assert_array_equal(made[..., c], resize(rgb[..., c], (3, 5), "area"))


@pytest.mark.kernels
@pytest.mark.parametrize(
    "size",
    [(64, 48), (32, 24), (31, 17), (64, 1), (1, 1), (63, 47), (70, 30), (80, 60)],
    ids=lambda size: f"{size[0]}x{size[1]}",
)
@pytest.mark.parametrize("channels", [1, 3])
def test_planes_are_as_each_channel_resized(size, channels):
    picture = np.random.default_rng(3).random((64, 48, channels), np.float32)
    planes = resize_planes(picture, size)
    assert planes.shape == (channels, *size) and planes.dtype == np.float32
    for channel, plane in enumerate(planes):
        np.testing.assert_allclose(plane, resize(picture[..., channel], size), atol=1e-6)


@pytest.mark.kernels
def test_planes_of_many_threads_are_those_of_one(monkeypatch):
    picture = np.random.default_rng(4).random((300, 50, 3), np.float32)
    planes = resize_planes(picture, (200, 40))
    monkeypatch.setenv("REBOKEH_THREADS", "1")
    np.testing.assert_array_equal(resize_planes(picture, (200, 40)), planes)


def test_area_and_block_means_agree():
    plane = np.random.default_rng(1).random((12, 8), np.float32)
    np.testing.assert_allclose(block_means(plane, 4), resize(plane, (3, 2), "area"), rtol=1e-5)
    np.testing.assert_allclose(block_means(plane, 4), plane.reshape(3, 4, 2, 4).mean(axis=(1, 3)), rtol=1e-6)


def test_what_fills_no_block_is_left_out():
    plane = np.ones((7, 9), np.float32)
    plane[6:], plane[:, 8:] = 99.0, 99.0
    np.testing.assert_array_equal(block_means(plane, 2), np.ones((3, 4), np.float32))


def test_holes_stay_holes_and_do_not_spread():
    plane = np.ones((4, 4), np.float32)
    plane[1, 1] = np.nan
    made = enlarge_with_holes(plane, (16, 16))
    assert np.isnan(made[5, 5])
    assert np.nanmin(made) == np.nanmax(made) == 1.0
    assert np.isnan(made).sum() <= 16


def test_codes_keep_their_kind():
    codes = np.full((8, 6, 3), 200, np.uint8)
    for how in ("area", "cubic", "linear", "nearest"):
        made = resize_codes(codes, (4, 3), how)
        assert made.dtype == np.uint8
        assert (made == 200).all()


@pytest.mark.parametrize(
    ("size", "longest", "least", "expected"),
    [((3000, 4000), 400, 1, (300, 400)), ((4000, 3), 100, 1, (100, 1)), ((4000, 3), 100, 2, (100, 2))],
)
def test_sizes_keep_the_aspect(size, longest, least, expected):
    assert size_within(size, longest, least) == expected
