"""Wires of a fence of which a map holds the posts come back; nothing else does."""

from __future__ import annotations

import numpy as np
import pytest
from support.scenes import texture

from rebokeh.bokeh.depth.fences import Fences

pytestmark = pytest.mark.kernels

SIZE, FAR = (240, 320), 0.2
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]
POINT = 110.0, 400.0
"""Row and column at which the fence vanishes."""

PLANE = 1.2 * (1.0 - X / POINT[1])
"""Dioptres of the fence."""

POSTS = (30, 110, 180, 240)
AT_FIRST = np.arange(-90, 330, 40)
"""Rows of the wires at column 0."""

BETWEEN = (X > POSTS[0]) & (X < POSTS[-1])


def lines(rows, to=POINT) -> np.ndarray:
    """Lines through rows of column 0 and a point, 3 px wide."""
    at = [first + (to[0] - first) * X / to[1] for first in rows]
    return (np.min([np.abs(Y - row) for row in at], axis=0) < 1.5) & BETWEEN


def posts(columns=POSTS) -> np.ndarray:
    return np.min([np.abs(X - column) for column in columns], axis=0) < 4


def held(columns=POSTS, behind: float | np.ndarray = FAR) -> np.ndarray:
    """Return a map that shows posts alone."""
    plane = 1.2 * (1.0 - np.array(POSTS) / POINT[1])
    nearest = np.abs(X[..., None] - np.array(POSTS)).argmin(axis=-1)
    return np.where(posts(columns), plane[nearest], behind).astype(np.float32)


def picture(dark: np.ndarray) -> np.ndarray:
    """Return what is dark before patches in many colours."""
    return np.where((dark | posts())[..., None], np.float32(0.15), texture(SIZE, 5, 0.5, 1.0)).astype(np.float32)


def with_fence(coarse, colour, step=0.0):
    depth = coarse.copy()
    Fences.of(coarse, colour, step).draw(depth)
    return depth


@pytest.mark.parametrize("flip", [np.array, np.fliplr, np.flipud])
def test_wires_between_posts_have_the_depth_of_their_plane(flip):
    coarse, wires = held(), lines(AT_FIRST)
    found = flip(with_fence(np.ascontiguousarray(flip(coarse)), np.ascontiguousarray(flip(picture(wires)))))
    lost = wires & ~posts()
    assert np.mean(np.abs(found - PLANE)[lost] < 0.03) > 0.9
    assert np.mean(found[~wires & ~posts()] == FAR) > 0.99


def test_what_goes_from_wire_to_wire_as_the_posts_do_is_one_too():
    coarse = held()
    upright = np.min([np.abs(X - column) for column in (50, 70, 90, 130, 145, 160)], axis=0) < 1.5
    found = with_fence(coarse, picture(lines(AT_FIRST) | upright))
    assert np.mean(np.abs(found - PLANE)[upright] < 0.03) > 0.9


def test_a_map_whose_posts_have_no_lines_between_them_stays():
    coarse = held()
    np.testing.assert_array_equal(with_fence(coarse, picture(np.zeros(SIZE, bool))), coarse)


@pytest.mark.parametrize("to", [(110.0, 1e6), (110.0, 2000.0), (110.0, -600.0)])
def test_lines_that_run_elsewhere_are_none_of_the_fence(to):
    coarse = held()
    np.testing.assert_array_equal(with_fence(coarse, picture(lines(np.arange(10, 240, 25), to))), coarse)


def test_two_posts_are_no_fence():
    coarse = held(POSTS[:2])
    np.testing.assert_array_equal(with_fence(coarse, picture(lines(AT_FIRST))), coarse)


def test_posts_that_lie_in_no_plane_are_no_fence():
    coarse = held()
    coarse[posts(POSTS[1:2])] *= 0.8
    coarse[posts(POSTS[2:3])] *= 1.2
    np.testing.assert_array_equal(with_fence(coarse, picture(lines(AT_FIRST))), coarse)


def test_lines_that_end_between_posts_are_no_wires():
    coarse = held()
    middles = 0.5 * np.add(POSTS[:-1], POSTS[1:])
    begun = np.any([(X > post) & (X < middle) for post, middle in zip(POSTS[:-1], middles, strict=True)], axis=0)
    np.testing.assert_array_equal(with_fence(coarse, picture(lines(AT_FIRST) & begun)), coarse)


def test_seams_of_a_wall_that_a_map_shows_are_none_of_a_fence_before_it():
    beside = np.min([np.abs(X - column) for column in POSTS], axis=0) < 14
    coarse = held(behind=np.where(beside, FAR, PLANE))
    np.testing.assert_array_equal(with_fence(coarse, picture(lines(AT_FIRST))), coarse)


def test_edges_and_broad_bands_are_no_wires():
    coarse = held()
    row = lambda first: first + (POINT[0] - first) * X / POINT[1]  # noqa: E731
    bands = np.any([(Y > row(first)) & (Y < row(first + 40)) for first in AT_FIRST[::2]], axis=0)
    colour = np.where((bands | posts())[..., None], np.float32(0.15), np.float32(0.8)) * np.ones(3, np.float32)
    np.testing.assert_array_equal(with_fence(coarse, colour.astype(np.float32)), coarse)
