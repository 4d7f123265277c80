"""Wires of which a map shows pieces come back; nothing else does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from support.scenes import texture

from rebokeh.bokeh.depth.wires import Wires

pytestmark = pytest.mark.kernels

SIZE, FAR, NEAR = (240, 320), 0.5, 2.0
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]
MIDDLES = [20 + 40 * n for n in range(7)]
ROWS = [20 + 40 * n for n in range(6)]


def with_wires(depth, coarse, colour, step):
    Wires.of(coarse, colour, step).draw(depth)
    return depth


def fence(width_px: int) -> np.ndarray:
    """Return wires along and across, 40 px apart."""
    near = width_px / 2.0
    across = np.min([np.abs(X - at) for at in MIDDLES], axis=0) < near
    down = np.min([np.abs(Y - at) for at in ROWS], axis=0) < near
    frame = (X >= 20) & (X <= 260) & (Y >= 20) & (Y <= 220)
    return (across | down) & frame


def knots() -> np.ndarray:
    """Return a map that shows the crossings alone."""
    one = np.zeros(SIZE, bool)
    one[np.ix_(ROWS, MIDDLES)] = True
    return np.where(ndimage.binary_dilation(one, np.ones((5, 5))), NEAR, FAR).astype(np.float32)


def wall() -> np.ndarray:
    """Return patches in many colours, none of which is the wire's."""
    return texture(SIZE, 3, 0.5, 1.0)


@pytest.mark.parametrize("width_px", [3, 4])
def test_a_fence_whose_knots_have_depth_is_whole(width_px):
    wires, coarse = fence(width_px), knots()
    colour = np.where(wires[..., None], np.float32(0.2), wall())
    found = with_wires(coarse.copy(), coarse, colour, 0.0)
    np.testing.assert_allclose(found[wires], NEAR, atol=1e-6)
    np.testing.assert_array_equal(found[~wires], coarse[~wires])


def test_without_a_line_in_the_picture_the_map_stays():
    coarse = knots()
    for colour in (wall(), np.full((*SIZE, 3), 0.5, np.float32)):
        np.testing.assert_array_equal(with_wires(coarse.copy(), coarse, colour, 0.0), coarse)


def test_the_picture_may_be_smaller_than_the_photo():
    wires, coarse = fence(4), knots()
    colour = np.where(wires[..., None], np.float32(0.2), wall())
    large = np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)
    found = with_wires(large.copy(), coarse, colour, 0.0)[::2, ::2]
    assert (found[wires] > 1.9).mean() > 0.97 and (found[~wires & (coarse < 1.0)] > 0.6).mean() < 0.01


def test_bumps_along_the_border_of_something_large_are_no_wire():
    """A keyboard's keys: a row of small pieces with a dark line between, but near all the way on one side."""
    coarse = np.where(X >= 160, NEAR, FAR).astype(np.float32)
    for at in range(20, 220, 20):
        coarse[at : at + 5, 155:160] = NEAR
    colour = np.where(X[..., None] >= 160, np.float32(0.8), wall())
    colour[:, 155:159] = 0.2
    np.testing.assert_array_equal(with_wires(coarse.copy(), coarse, colour, 0.0), coarse)


def test_a_single_line_between_two_pieces_proves_nothing():
    coarse = np.full(SIZE, FAR, np.float32)
    coarse[100:105, 100:105] = coarse[100:105, 150:155] = NEAR
    colour = wall()
    colour[101:104, 100:155] = 0.2
    np.testing.assert_array_equal(with_wires(coarse.copy(), coarse, colour, 0.0), coarse)


def test_no_pieces_cost_nothing_and_change_nothing():
    coarse = np.where(X > 100, NEAR, FAR).astype(np.float32)
    np.testing.assert_array_equal(with_wires(coarse.copy(), coarse, wall(), 0.0), coarse)
