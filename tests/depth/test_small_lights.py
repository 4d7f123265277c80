"""Bulbs that a map shows as soft spots have the spots' depth; what passes before lights gives them none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from support.scenes import texture

from rebokeh.bokeh.depth.edges import PhotoGuide
from rebokeh.bokeh.depth.small_lights import BrightPlaces, SmallLights
from rebokeh.bokeh.depth.upsample import upsample

pytestmark = pytest.mark.kernels

SIZE, MAP = (480, 640), (120, 160)
SKY, BULB, LEAF = 0.05, 0.4, 0.8
STEP = 1.0 / 255.0
PLACES = [(90, 90), (91, 250), (230, 170), (300, 330), (380, 90)]
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]


def discs(radius_px: float, aside_px: float = 0.0) -> np.ndarray:
    """Return discs at the places, some way to the right of them."""
    away = [np.hypot(Y - y, X - x - aside_px) for y, x in PLACES]
    return np.min(away, axis=0) <= radius_px


def night(lights: np.ndarray) -> np.ndarray:
    """Return a dark sky with lights, which a photo clips."""
    return np.where(lights[..., None], np.float32(1.0), texture(SIZE, 2, 0.0, 0.03)).astype(np.float32)


def stored(dioptres: np.ndarray) -> np.ndarray:
    """Return the map of a phone: a quarter of the size, soft, in 8-bit codes; a wide thing sets its range."""
    dioptres = np.where(X > 560, 1.0, dioptres)
    small = dioptres.reshape(MAP[0], 4, MAP[1], 4).mean(axis=(1, 3))
    return (np.round(ndimage.gaussian_filter(small, 0.8) / STEP) * STEP).astype(np.float32)


@pytest.mark.parametrize("radius_px", [4.0, 5.0])
@pytest.mark.parametrize("aside_px", [0.0, 4.0])
def test_a_bulb_that_the_map_shows_as_a_spot_has_its_depth(radius_px, aside_px):
    bulbs = discs(radius_px)
    found = upsample(stored(np.where(discs(radius_px, aside_px), BULB, SKY)), night(bulbs), None)
    middle = discs(radius_px - 1.0)
    assert found[middle].min() > 0.2
    assert found[~discs(radius_px + 12.0) & (X < 500)].max() < SKY + 2.0 * STEP


def test_a_bulb_on_a_cable_has_its_depth():
    bulbs, cable = discs(5.0), (np.abs(Y - 90) < 2) & (X < 560)
    found = upsample(stored(np.where(bulbs | cable, BULB, SKY)), night(bulbs), None)
    assert found[discs(4.0)].min() > 0.2


def given_to(rgb: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """Return what is given to a sky without anything."""
    return drawn(lights_of(np.sqrt(rgb), coarse), SIZE)


def lights_of(colour: np.ndarray, coarse: np.ndarray) -> SmallLights:
    return SmallLights.of(coarse, BrightPlaces.of(PhotoGuide(colour, None).at_map(coarse).colour), colour, STEP)


def drawn(lights: SmallLights, size: tuple[int, int]) -> np.ndarray:
    sky = np.full(size, SKY, np.float32)
    lights.draw(sky)
    return sky


def test_a_leaf_beside_a_light_gives_it_no_depth():
    lights, leaves = discs(4.0), discs(26.0, 30.0)
    np.testing.assert_array_equal(given_to(night(lights), stored(np.where(leaves, LEAF, SKY))), np.float32(SKY))


def test_a_light_beside_the_subject_is_not_drawn_to_it():
    """As beside hair, over which the map's edge lies: no cable, though it is not larger than a light."""
    near = stored(np.where((Y > 180) | (X > 300), LEAF, SKY))
    beside = np.hypot(Y - 170, X - 150) <= 12.0
    np.testing.assert_array_equal(given_to(night(beside), near), np.float32(SKY))


def test_a_fence_before_a_light_gives_it_no_depth():
    fence = (np.abs(Y - 90) < 6) | (np.abs(X - 90) < 6) | (np.abs(Y + X - 180) < 8)
    found = given_to(night(discs(4.0)), stored(np.where(fence, LEAF, SKY)))
    assert found[80:100, 80:100].max() == np.float32(SKY)


@pytest.mark.parametrize("what", ["pale", "window"])
def test_what_is_no_light_is_given_nothing(what):
    """A pale spot of a wall; a window, before which the map shows something small."""
    pale = np.where(discs(7.0)[..., None], np.float32(0.5), texture(SIZE, 2, 0.3, 0.35)).astype(np.float32)
    window = night(ndimage.binary_dilation(discs(1.0), np.ones((81, 121))))
    spots = stored(np.where(discs(7.0), BULB, SKY))
    assert given_to(night(discs(7.0)), spots).max() > 0.8 * BULB
    np.testing.assert_array_equal(given_to({"pale": pale, "window": window}[what], spots), np.float32(SKY))


def test_the_photo_may_be_larger_than_its_guide():
    bulbs = discs(7.0)
    lights = lights_of(np.sqrt(night(bulbs)), stored(np.where(bulbs, BULB, SKY)))
    once, twice = (drawn(lights, size) for size in (SIZE, (2 * SIZE[0] + 1, 2 * SIZE[1] + 1)))
    np.testing.assert_array_equal(twice[1:-1:2, 1:-1:2], once)
