"""Bulbs that a map lost hang between what their cable leads to; without a cable, or without ends, nothing is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from rebokeh.bokeh.depth.edges import PhotoGuide
from rebokeh.bokeh.depth.light_strings import LightStrings
from rebokeh.bokeh.depth.small_lights import BrightPlaces, lights_in
from rebokeh.bokeh.depth.upsample import upsample

pytestmark = pytest.mark.kernels

SIZE, MAP = (480, 640), (120, 160)
SKY, LEFT, RIGHT, NEAREST = 0.05, 0.30, 0.20, 1.0
STEP = 1.0 / 255.0
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]
POSTS = ((60, 100), (540, 580))
BULBS_X = (160, 220, 280, 340, 410, 470)
BULB_PX = 4.0


def cable_y(x):
    """Return where the cable hangs."""
    return 150.0 + 40.0 * (1.0 - ((x - 320.0) / 220.0) ** 2)


def bulbs(bulbs_x: Sequence[int] = BULBS_X) -> np.ndarray:
    return np.min([np.hypot(Y - cable_y(x) - 8.0, X - x) for x in bulbs_x], axis=0) <= BULB_PX


def post(k: int) -> np.ndarray:
    return (X >= POSTS[k][0]) & (X < POSTS[k][1]) & (Y > 60)


def picture(*, cable: bool = True, lines: int = 0, bulbs_x: Sequence[int] = BULBS_X) -> np.ndarray:
    """Return an evening sky (perceptual) with two posts, a cable between them, and its bulbs."""
    light = np.where(post(0) | post(1), 0.2, 0.4)
    for k in range(-lines, lines + 1):
        aside = Y - cable_y(X) - 5.0 * k
        light = np.where((np.abs(aside) < 1.2) & (X >= 100) & (X < 540) & cable, 0.1, light)
    return np.repeat(np.where(bulbs(bulbs_x), 1.0, light)[..., None], 3, axis=2).astype(np.float32)


def depth(left: float | None = LEFT, right: float | None = RIGHT) -> np.ndarray:
    """Return what a map knows: the posts, and something near that sets its range."""
    known = np.full(SIZE, SKY, np.float32)
    for k, value in ((0, left), (1, right)):
        if value is not None:
            known[post(k)] = value
    known[Y > 440] = NEAREST
    return known


def drawn(colour: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return a depth in which what is known of strings is drawn."""
    step = known.shape[0] // MAP[0]
    coarse = np.ascontiguousarray(known[::step, ::step])
    colour = np.ascontiguousarray(colour)
    small = PhotoGuide(colour, None).at_map(coarse).colour
    found = known.copy()
    LightStrings.of(coarse, BrightPlaces.of(small), small, colour, STEP).draw(found)
    return found


def expected(x):
    """Return the dioptres of a cable that hangs from the one post to the other."""
    return LEFT + (x - POSTS[0][1]) / (POSTS[1][0] - POSTS[0][1]) * (RIGHT - LEFT)


def assert_unchanged(colour: np.ndarray, known: np.ndarray) -> None:
    np.testing.assert_array_equal(drawn(colour, known), known)


def test_bulbs_hang_between_the_posts():
    found = drawn(picture(), depth())
    for x in BULBS_X:
        own = bulbs([x])
        assert np.ptp(found[own]) == 0.0
        assert found[own][0] == pytest.approx(expected(x), abs=0.01)
    np.testing.assert_array_equal(found[~bulbs()], depth()[~bulbs()])


@pytest.mark.parametrize("turned", [np.fliplr, np.flipud, lambda a: np.swapaxes(a, 0, 1)], ids=["lr", "ud", "turned"])
def test_a_turned_picture_has_the_same_string(turned):
    straight, other = drawn(picture(), depth()), drawn(turned(picture()), turned(depth()))
    np.testing.assert_allclose(other, turned(straight), atol=0.005)


def test_lights_without_a_cable_stay():
    """As a row of lit windows does."""
    assert_unchanged(picture(cable=False), depth())


def test_a_row_of_windows_in_a_wall_of_boards_stays():
    """Between boards are dark lines, but many."""
    assert_unchanged(picture(lines=4), depth())


def test_lights_without_ends_stay():
    assert_unchanged(picture(), depth(None, None))


def test_one_end_alone_tells_nothing():
    """It may hide the cable, and not hold it."""
    assert_unchanged(picture(), depth(LEFT, None))


def test_people_before_both_ends_hide_the_cable():
    assert_unchanged(picture(), depth(0.7, 0.8))


def test_three_lights_are_no_string():
    assert_unchanged(picture(bulbs_x=BULBS_X[:3]), depth())


def test_letters_do_not_stand_alone():
    """They have more of their kind beside them."""
    letters = (X >= 120) & (X < 520) & (X % 13 < 5) & (Y > 200) & (Y < 340) & (Y % 12 < 7)
    colour = np.where(letters[..., None], np.float32(1.0), picture(bulbs_x=BULBS_X[:1]))
    bright = BrightPlaces.of(PhotoGuide(colour, None).at_map(depth()[::4, ::4]).colour)
    middles = np.array([light.middle for light in lights_in(bright, colour)])
    inside = (middles[:, 0] > 230) & (middles[:, 0] < 310) & (middles[:, 1] > 150) & (middles[:, 1] < 490)
    assert not inside.any()
    assert np.hypot(*(middles - [cable_y(BULBS_X[0]) + 8.0, BULBS_X[0]]).T).min() < 0.5


@pytest.mark.parametrize("known_x", [[160], [280], [470]])
def test_a_bulb_that_the_map_holds_is_known_of_all(known_x):
    known = depth(None, None)
    known[bulbs(known_x)] = 0.25
    np.testing.assert_allclose(drawn(picture(), known)[bulbs()], 0.25, atol=1e-6)


def test_what_is_already_nearer_stays():
    known = depth()
    known[bulbs([280])] = 0.4
    found = drawn(picture(), known)
    assert (found >= known).all()
    np.testing.assert_array_equal(found[bulbs([280])], np.float32(0.4))


def test_a_phones_map_with_lost_bulbs():
    known = depth()
    small = known.reshape(MAP[0], 4, MAP[1], 4).mean(axis=(1, 3))
    stored = (np.round(small / STEP) * STEP).astype(np.float32)
    found = upsample(stored, picture() ** 2, None)
    for x in BULBS_X:
        assert np.median(found[bulbs([x])]) == pytest.approx(expected(x), abs=0.015)
