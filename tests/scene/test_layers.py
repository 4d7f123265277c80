"""Taking the picture apart: complete layers, near to far, and nothing lost on the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from support.scenes import depth_of, layers_of, lens_of, soft, texture

import rebokeh as rk
from rebokeh.bokeh.optics.lens import ThinLens, mount
from rebokeh.bokeh.scene.layers import Layer
from rebokeh.bokeh.scene.unmix import mixing_share, unmix
from rebokeh.kernels import surface

pytestmark = pytest.mark.kernels

PX = 50.0


def thin(size: tuple[int, int], px_per_dioptre: float = PX) -> ThinLens:
    return mount(lens_of(size, px_per_dioptre), size, None, 2.0)


def stacked(layers: list[Layer], size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Lay the layers over each other without any blur."""
    picture, clear = np.zeros((*size, 3)), np.ones(size)
    for layer in layers:
        picture[layer.box] += (clear[layer.box] * layer.coverage)[..., None] * layer.rgb
        clear[layer.box] *= 1 - layer.coverage
    return picture, clear


def blobs(size: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Blobs of one colour each before a textured wall, and the depth of each."""
    rng = np.random.default_rng(seed)
    rgb, depth = texture(size, seed), np.full(size, depth_of(12.0, PX), np.float32)
    y, x = np.mgrid[: size[0], : size[1]]
    for radius_px in (6.0, 0.0, -6.0):
        cy, cx = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        inside = np.hypot(y - cy, x - cx) < rng.uniform(6, 16)
        rgb[inside], depth[inside] = rng.random(3), depth_of(radius_px, PX)
    return rgb, depth


@given(st.integers(0, 9999), st.booleans())
@settings(max_examples=10)
def test_layers_are_whole_and_give_the_photo_again(seed, with_matte):
    size = (48, 60)
    rgb, depth = blobs(size, seed)
    matte = None
    if with_matte:
        matte = soft(depth == np.float32(0.5), 0.7)
    before = rgb.copy(), depth.copy(), None if matte is None else matte.copy()
    layers = layers_of(rgb, depth, matte, thin(size))
    for layer in layers:
        assert layer.rgb.shape == (*layer.coverage.shape, 3) == (*layer.dioptres.shape, 3)
        for values in (layer.rgb, layer.coverage, layer.dioptres, layer.weight):
            assert values.dtype == np.float32 and np.isfinite(values).all()
        assert layer.coverage.min() >= 0 and layer.coverage.max() <= 1 and layer.rgb.min() >= 0
        assert layer.dioptres.min() >= depth.min() - 1e-6 and layer.dioptres.max() <= depth.max() + 1e-6
    last = layers[-1]
    assert last.box == (slice(0, size[0]), slice(0, size[1])) and (last.coverage == 1).all()
    picture, clear = stacked(layers, size)
    assert np.abs(clear).max() < 1e-6
    off = np.abs(picture - rgb).max(axis=2)
    if matte is None:
        assert off.max() < 1e-5
    else:
        # What the matte's soft rim hides of a blurred background may be a guess, and the matte is unknown where
        # something stands in front.
        plain = ndimage.maximum_filter(matte, 7) - ndimage.minimum_filter(matte, 7) == 0
        plain &= ndimage.maximum_filter(depth, 7) <= 0.5
        assert off[plain].max() < 2e-3
    for now, then in zip((rgb, depth, matte), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_layers_come_from_near_to_far():
    size = (48, 60)
    rgb, depth = blobs(size, 3)
    nearest = [float(s.dioptres[s.coverage > 0.5].max()) for s in layers_of(rgb, depth, None, thin(size))]
    assert nearest == sorted(nearest, reverse=True) and len(nearest) > 3


def test_what_is_hidden_is_filled_from_beside_and_farther():
    # A near bar before a wall whose left is red and right green: behind the bar, red meets green, never the bar's blue.
    size = (64, 96)
    rgb = np.zeros((*size, 3), np.float32)
    rgb[:, :48, 0], rgb[:, 48:, 1] = 0.8, 0.8
    depth = np.full(size, depth_of(9.0, PX), np.float32)
    rgb[:, 40:56], depth[:, 40:56] = (0.0, 0.0, 1.0), depth_of(-9.0, PX)
    *_, last = layers_of(rgb, depth, None, thin(size))
    assert last.rgb[..., 2].max() < 1e-3
    np.testing.assert_allclose(last.dioptres, depth_of(9.0, PX), atol=1e-4)
    assert last.rgb[32, 41, 0] > 0.6 and last.rgb[32, 54, 1] > 0.6
    np.testing.assert_allclose(last.rgb.sum(axis=2), 0.8, atol=2e-3)


def test_the_subject_is_one_layer_with_depth_of_its_own():
    size = (64, 64)
    matte = np.zeros(size, np.float32)
    matte[16:, 20:44] = 1.0
    depth = np.where(matte > 0, 0.5, depth_of(15.0, PX)).astype(np.float32)
    depth[16:20, 30:34] = depth_of(15.0, PX)  # hair, where the depth map sees the wall
    layers = layers_of(texture(size, 5), depth, matte, thin(size))
    assert len(layers) == 2
    np.testing.assert_allclose(layers[0].coverage, matte)
    np.testing.assert_allclose(layers[0].dioptres, 0.5, atol=1e-3)
    np.testing.assert_allclose(layers[1].dioptres, depth_of(15.0, PX), atol=1e-3)


def test_where_something_stands_before_the_subject_its_matte_goes_on():
    size = (64, 64)
    matte = np.ones(size, np.float32)
    matte[:, :8] = 0.0
    depth = np.full(size, 0.5, np.float32)
    depth[:, :8] = depth_of(15.0, PX)
    matte[:, 30:34], depth[:, 30:34] = 0.0, depth_of(-12.0, PX)  # a stick in front
    layers = layers_of(np.full((*size, 3), 0.5, np.float32), depth, matte, thin(size))
    subject = layers[-2]
    assert subject.coverage[:, 9:].min() > 0.99 and subject.coverage[:, :7].max() < 0.01


def test_a_mixed_pixel_is_taken_apart():
    # The outline's pixel shows 30 % of the near red and 70 % of the far green.
    size = (32, 64)
    rgb = np.zeros((*size, 3), np.float32)
    rgb[:, :30, 0], rgb[:, 31:, 1] = 1.0, 1.0
    rgb[:, 30] = (0.3, 0.7, 0.0)
    depth = np.full(size, depth_of(9.0, PX), np.float32)
    depth[:, :31] = depth_of(-4.0, PX)
    first, *_, last = layers_of(rgb, depth, None, thin(size))
    column = 30 - first.box[1].start
    np.testing.assert_allclose(first.coverage[:, column], 0.3, atol=0.05)
    np.testing.assert_allclose(first.rgb[:, column], [(1, 0, 0)] * size[0], atol=0.05)
    np.testing.assert_allclose(last.rgb[:, 30], [(0, 1, 0)] * size[0], atol=0.05)


colours = st.lists(st.floats(0, 4), min_size=3, max_size=3)


def single(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


@given(colours, colours, colours, st.floats(0.02, 0.98))
def test_unmixed_colours_mix_to_what_was_seen(colour, front, back, share):
    found_front, found_back = unmix(single(*colour), single(share)[0], single(*front), single(*back))
    assert found_front.min() >= 0 and found_back.min() >= 0
    np.testing.assert_allclose(share * found_front + (1 - share) * found_back, single(*colour), atol=2e-3)


@given(colours, colours, st.floats(0, 1))
def test_a_true_mixture_keeps_its_parts(front, back, share):
    f, b = single(*front), single(*back)
    mixed = (share * f + (1 - share) * b).astype(np.float32)
    if 0.02 < share < 0.98:
        found_front, found_back = unmix(mixed, single(share)[0], f, b)
        np.testing.assert_allclose(found_front, f, atol=2e-3)
        np.testing.assert_allclose(found_back, b, atol=2e-3)
    if ((f - b) ** 2).sum() > 0.01:
        middle = single(1.0 if share >= 0.5 else 0.0)[0]
        np.testing.assert_allclose(mixing_share(mixed, f, b, middle), share, atol=2e-3)


def test_what_is_wholly_black_in_front_leaves_the_back_as_expected():
    black, white = single(0, 0, 0), single(1, 1, 1)
    for share in (1.0, 0.5):
        _, back = unmix((1 - np.float32(share)) * white, single(share)[0], black, white)
        np.testing.assert_allclose(back, white, atol=1e-6)


def test_a_stripe_beside_a_wire_is_not_the_wire():
    """Behind the wire white was guessed; the pixel's middle shows the red that is really there."""
    red, wire, white = single(0.5, 0.05, 0.05), single(0.3, 0.25, 0.2), single(0.7, 0.68, 0.65)
    assert mixing_share(red, wire, white, np.zeros(1, np.float32))[0] < 0.3
    assert mixing_share(red, wire, white, np.ones(1, np.float32))[0] > 0.7


def test_alike_colours_tell_no_share():
    same = np.full((1, 3), 0.5, np.float32)
    assert mixing_share(same, same, same, np.array([0.25], np.float32))[0] == 0.25


def plainly_walked(start: np.ndarray, depth: np.ndarray, jump: float, length: int) -> np.ndarray:
    """Walk from pixel to pixel, counting steps; which of them may be diagonal depends on their number."""
    reached, rim = start.copy(), start.copy()
    for step in range(length):
        grown = reached.copy()
        for v, u in np.ndindex(depth.shape):
            for y, x in np.ndindex(depth.shape):
                far = max(abs(v - y), abs(u - x))
                straight = v == y or u == x
                if reached[y, x] and far == 1 and (straight or step % 2) and abs(depth[v, u] - depth[y, x]) <= jump:
                    grown[v, u] = True
        reached = grown
    return reached & ~rim | start


@given(st.integers(0, 9999), st.integers(0, 12))
@settings(max_examples=15)
def test_a_walk_goes_as_a_plain_one(seed, length):
    rng = np.random.default_rng(seed)
    depth = soft(rng.normal(size=(9, 12)), 1.0)
    start = rng.random((9, 12)) < 0.04
    # A corner whose straight neighbours are reached, its diagonal one not.
    start[:3, 10:] |= np.array([[0, 1], [1, 1], [0, 1]], np.bool_)
    reached = start.copy()
    surface.walk(reached, depth, 0.1, length)
    np.testing.assert_array_equal(reached, plainly_walked(start, depth, 0.1, length))


def test_a_walk_reaches_an_octagon():
    reached = np.zeros((81, 81), bool)
    reached[40, 40] = True
    surface.walk(reached, np.zeros((81, 81), np.float32), 0.5, 30)
    y, x = np.mgrid[-40:41, -40:41]
    distance = np.hypot(y, x)
    assert reached[distance <= 30].all() and not reached[distance > 1.13 * 30].any()


def test_walk_keeps_to_the_surface():
    # A wall with a gap between two rooms: the way leads through the gap, its length is that of the way.
    depth = np.zeros((21, 21), np.float32)
    depth[:, 10] = 5.0
    depth[18, 10] = 0.0

    def reached(length: int) -> np.ndarray:
        walked = np.zeros((21, 21), bool)
        walked[18, 2] = True
        surface.walk(walked, depth, 0.5, length)
        return walked

    assert reached(7)[18, 9] and not reached(6)[18, 9]
    assert reached(16)[18, 18] and not reached(15)[18, 18]
    far = reached(100)
    assert not far[np.arange(21) != 18, 10].any(), "the wall itself is another surface"
    assert far[depth == 0].all()


def test_a_layer_box_lies_within_the_picture():
    size = (40, 50)
    rgb, depth = blobs(size, 8)
    for layer in layers_of(rgb, depth, None, thin(size, 300.0)):
        for side, length in zip(layer.box, size, strict=True):
            assert 0 <= side.start < side.stop <= length
        assert rk.Photo(rgb=layer.rgb).size == layer.coverage.shape
