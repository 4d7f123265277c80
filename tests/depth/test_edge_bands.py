"""Edges of a phone's map beside bands and textures that are neither surface's: one answer, and no specks."""

import numpy as np
import pytest
from scipy import ndimage

from rebokeh.bokeh.depth.upsample import upsample
from rebokeh.bokeh.image.regions import connected
from rebokeh.kernels import bands
from rebokeh.kernels.edges import Surfaces
from rebokeh.kernels.resolve import resolve

pytestmark = pytest.mark.kernels

FAR, NEAR = 1.15, 1.33
SCALE = 5
HIGH, WIDE = 96, 128


def photo_of(light):
    """Make a photo, scene-linear, of a picture that is drawn at its size, with the noise of a camera."""
    picture = np.asarray(light, np.float32)
    noise = np.random.default_rng(1).normal(0, 0.003, (*picture.shape, 3))
    return np.maximum(picture[..., None] + noise, 0).astype(np.float32)


def test_a_rim_of_neither_colour_is_the_near_surfaces_throughout():
    # There the map is on its way from one to the other: farther up on the left than on the right.
    heights = np.linspace(0.75, 0.45, WIDE) + np.array([-0.25, -0.1, 0.1, 0.25])[:, None]
    depth = np.full((HIGH, WIDE), FAR, np.float32)
    depth[48:52] = FAR + heights.clip(0, 1) * (NEAR - FAR)
    depth[52:] = NEAR
    light = np.full((HIGH * SCALE, WIDE * SCALE), 0.012, np.float32)
    light[48 * SCALE : 52 * SCALE] = 0.5
    light[52 * SCALE :] = 0.025
    found = upsample(depth, photo_of(light), None)
    rim = found[48 * SCALE + 3 : 52 * SCALE - 3, 40:-40]
    assert (rim > FAR + 0.8 * (NEAR - FAR)).mean() > 0.995
    assert (found[48 * SCALE - 40 : 48 * SCALE - 3, 40:-40] < FAR + 0.2 * (NEAR - FAR)).mean() > 0.995


def test_a_seam_between_two_panels_alike_lies_in_one_of_them():
    # The map's step wanders about the dark line of a few pixels that parts two bright panels.
    wander = np.cumsum(np.random.default_rng(3).normal(0, 0.5, WIDE))
    step = 48.5 + np.clip(ndimage.gaussian_filter1d(wander, 4) - wander.mean(), -1.0, 1.0)
    rows = np.arange(HIGH)[:, None]
    depth = (FAR + (NEAR - FAR) * np.clip(0.5 + 0.5 * (rows - step), 0, 1)).astype(np.float32)
    light = np.full((HIGH * SCALE, WIDE * SCALE), 0.6, np.float32)
    light[48 * SCALE : 48 * SCALE + 8] = 0.02
    found = upsample(depth, photo_of(light), None)
    is_near = found[48 * SCALE + 1 : 48 * SCALE + 7, 40:-40] > (FAR + NEAR) / 2
    assert min(is_near.mean(), 1 - is_near.mean()) < 0.005


def test_a_texture_that_looks_like_what_lies_behind_leaves_no_specks():
    # Hair before cloth: both of dark and bright bits, of a few pixels each.
    random = np.random.default_rng(5)
    hair, cloth = (
        np.kron(random.choice(tones, (HIGH, WIDE)), np.ones((SCALE, SCALE)))
        for tones in ([0.01, 0.03, 0.15], [0.02, 0.08, 0.3])
    )
    depth = np.full((HIGH, WIDE), FAR, np.float32)
    depth[:, 64:] = NEAR
    depth = np.asarray(ndimage.gaussian_filter(depth, 1.2), np.float32)
    light = np.where(np.arange(WIDE * SCALE) < 64 * SCALE, cloth, hair)
    found = upsample(depth, photo_of(light), None)
    is_near = found > (FAR + NEAR) / 2
    assert connected(is_near).count == 1
    assert connected(~is_near).count == 1


def test_a_line_behind_of_the_near_colour_is_no_spur_of_a_sharp_map():
    # A map as sharp as this was led by the picture: its edge is where it is, to a pixel.
    depth = np.full((HIGH, WIDE), FAR, np.float32)
    depth[:, :64] = NEAR
    light = np.full((HIGH * SCALE, WIDE * SCALE), 0.01, np.float32)
    light[:, : 64 * SCALE] = 0.25
    light[238:242] = 0.25
    is_near = upsample(depth, photo_of(light), None) > (FAR + NEAR) / 2
    assert is_near[238:242].sum(axis=1).max() <= 64 * SCALE + SCALE
    np.testing.assert_array_equal(is_near[100:200].sum(axis=1), 64 * SCALE)


def test_a_pixel_that_looks_like_none_around_it_is_where_it_lies():
    # Weakly far above, surely near below: a mixed pixel of the upper half of its guide pixel is not asked from below.
    near, far, odds = (np.full((6, 6), value, np.float32) for value in (NEAR, FAR, -1.0))
    odds[3:] = 5.0
    depth = np.linspace(FAR, NEAR, 6, dtype=np.float32)[:, None].repeat(6, axis=1)
    light = np.full((12, 12, 3), 0.8, np.float32)
    found = np.empty((12, 12), np.float32)
    resolve(depth, np.zeros((6, 6, 3), np.float32), Surfaces(near, far, odds), light, (FAR, NEAR), (0, 12), found)
    np.testing.assert_allclose(found[4], FAR, rtol=1e-6)
    np.testing.assert_allclose(found[6], NEAR, rtol=1e-6)


def test_what_is_joined_is_told_by_its_first_pixel():
    kind = np.array([[1, 1, 0, 1], [0, 1, 0, 2], [1, 0, 1, 1]], np.int8)
    edge = np.flatnonzero(np.ones(kind.shape))
    parent = np.empty(kind.size, np.int32)
    bands.join_alike(edge, np.ones((edge.size, 8), np.float32), kind.ravel(), np.float32(0.5), 4, parent)
    np.testing.assert_array_equal(parent.reshape(kind.shape), [[0, 0, 2, 3], [4, 0, 6, 7], [0, 9, 0, 0]])


def test_unlike_pixels_and_those_of_the_row_before_are_not_joined():
    kind = np.ones(6, np.int8)
    edge, parent = np.arange(6), np.empty(6, np.int32)
    likeness = np.zeros((6, 8), np.float32)
    likeness[3, [1, 3]] = 1.0
    bands.join_alike(edge, likeness, kind, np.float32(0.5), 3, parent)
    np.testing.assert_array_equal(parent, [0, 1, 2, 0, 4, 5])


def test_the_odds_of_a_band_are_its_mean():
    edge, kind = np.arange(4), np.array([1, 1, 0, 1], np.int8)
    odds = np.array([2.0, -1.0, 5.0, 3.0], np.float32)
    bands.share_odds(edge, kind, np.array([0, 0, 2, 3], np.int32), odds)
    np.testing.assert_array_equal(odds, [0.5, 0.5, 5.0, 3.0])


def test_a_piece_that_the_map_sees_nothing_of_is_turned_over():
    edge, parent = np.arange(4), np.array([0, 0, 2, 3], np.int32)
    near, far = np.full(4, 2.0, np.float32), np.full(4, 1.0, np.float32)
    height = np.array([1.3, 1.8, 1.4, 1.6], np.float32)
    odds = np.array([1.0, 1.0, 1.0, -1.0], np.float32)
    bands.turn_unseen(edge, parent, (near, far), height, np.float32(0.5), 4, odds)
    np.testing.assert_array_equal(odds, [1.0, 1.0, -1.0, 1.0])


def test_a_piece_that_is_no_island_keeps_the_side_that_the_map_is_nearer_to():
    # Near in the middle of nine, and in all nine: the map is a little nearer to it than to what is far.
    near, far, height = (np.full(25, value, np.float32) for value in (2.0, 1.0, 1.6))
    inner = np.add.outer([5, 10, 15], [1, 2, 3]).ravel()
    far[~np.isin(np.arange(25), inner)] = 2.0
    for kept, piece in ((False, [12]), (True, inner)):
        odds = np.where(np.isin(np.arange(25), piece), 1.0, -9.0).astype(np.float32)
        parent = np.where(odds > 0, piece[0], inner[0]).astype(np.int32)
        height[inner] = np.where(odds[inner] > 0, 1.6, 1.1)
        bands.turn_unseen(inner, parent, (near, far), height, np.float32(0.5), 5, odds)
        assert (odds[12] > 0) == kept
