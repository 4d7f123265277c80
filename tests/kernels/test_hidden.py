"""What lies behind is that which most of the four places around show, and the surer the nearer it is seen."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.bokeh.scene.fragments import Fragments, ListedBacks
from rebokeh.kernels.fragments import MIXED, SeenRows
from rebokeh.kernels.hidden import FADE, HIDDEN_WEIGHT, hide

pytestmark = pytest.mark.kernels

JUMP = np.float32(0.2)


def surfaces(shape: tuple[int, int], depth: float, kind: int, colour: float) -> Fragments:
    """One surface everywhere."""
    made = Fragments.empty(shape)
    made.front[..., :3], made.front[..., 3] = colour, depth
    made.back[:], made.alpha[:], made.weight[:], made.kinds[:] = np.nan, 1.0, 0.0, kind
    return made


def hidden(coarse: Fragments, fine: Fragments, least: float = 0.0) -> Fragments:
    hide(coarse.arrays, 0, JUMP, np.float32(least), fine.arrays)
    return fine


def test_behind_one_surface_nothing_is_known():
    found = hidden(surfaces((2, 2), 1.0, 2, 0.5), surfaces((4, 4), 1.1, 2, 0.5))
    assert (found.weight == 0.0).all() and (found.kinds == 2).all()


@pytest.mark.parametrize(("near", "far"), [((2.0, 2), (1.0, 2)), ((1.0, 1), (1.0, 2)), ((1.0, 0), (1.0, 1))])
def test_what_is_farther_or_of_a_class_behind_is_found_by_its_share(near: tuple[float, int], far: tuple[float, int]):
    coarse, fine = surfaces((1, 2), *near, 0.9), surfaces((2, 4), *near, 0.9)
    coarse.front[0, 1], coarse.kinds[0, 1] = (0.1, 0.1, 0.1, far[0]), far[1]
    found = hidden(coarse, fine)
    # Pixel 1 looks a quarter into the coarse pixel beside, pixels 2 and 3 lie in it.
    np.testing.assert_allclose(found.weight[0], HIDDEN_WEIGHT * np.array([0.0, 0.25, 0.75, 1.0]), rtol=1e-6)
    np.testing.assert_allclose(found.back[0, 1:], np.tile([0.1, 0.1, 0.1, far[0]], (3, 1)), rtol=1e-6)
    assert (found.kinds[0, 1:] == near[1] | far[1] << 2).all()
    assert (hidden(coarse, surfaces((2, 4), *near, 0.9), 0.3).weight[0] > 0.0).tolist() == [False, False, True, True]


def test_what_is_nearer_is_not_behind():
    coarse = surfaces((1, 2), 1.0, 2, 0.9)
    coarse.front[0, 1, 3] = 3.0
    assert (hidden(coarse, surfaces((2, 4), 1.0, 2, 0.9)).weight == 0.0).all()


def test_what_is_seen_in_part_counts_by_its_part_and_what_is_guessed_fades():
    coarse, fine = surfaces((1, 1), 2.0, 2, 0.9), surfaces((2, 2), 2.0, 2, 0.9)
    coarse.back[0, 0], coarse.weight[0, 0], coarse.kinds[0, 0] = (0.2, 0.3, 0.4, 0.5), 1.0, 2 | 2 << 2
    coarse.alpha[0, 0] = 0.9
    assert hidden(coarse, fine).weight == pytest.approx(np.full((2, 2), HIDDEN_WEIGHT))
    coarse.alpha[0, 0], coarse.weight[0, 0] = 1.0, 0.1
    found = hidden(coarse, fine)
    assert found.weight == pytest.approx(np.full((2, 2), FADE * 0.1))
    np.testing.assert_allclose(found.back, np.broadcast_to((0.2, 0.3, 0.4, 0.5), (2, 2, 4)), rtol=1e-6)


def test_of_two_surfaces_behind_the_one_that_is_seen_more_is_taken_alone():
    coarse, fine = surfaces((2, 2), 3.0, 2, 0.9), surfaces((1, 1), 3.0, 2, 0.9)
    coarse.front[0, 1], coarse.front[1, 0], coarse.front[1, 1] = 0.5, 0.5, 2.0
    coarse.alpha[0, 1], coarse.alpha[1, 0] = 0.25, 1.0
    for place in ((0, 1), (1, 0)):
        coarse.back[place], coarse.weight[place] = 1.0, 1.0
    fine = surfaces((4, 4), 3.0, 2, 0.9)
    found = hidden(coarse, fine)
    # Pixel (1, 1): shares 9/16 of nothing, 3/16 x 1/4 and 3/16 of what is at 0.5, 1/16 of what is at 2.
    np.testing.assert_allclose(found.back[1, 1], 0.5, rtol=1e-6)
    assert found.weight[1, 1] == pytest.approx(HIDDEN_WEIGHT * (3.0 + 3.0 + 1.0) / 16.0)
    # Pixel (2, 2) lies in the one at 2.
    np.testing.assert_allclose(found.back[2, 2], 2.0, rtol=1e-6)


@pytest.mark.parametrize("kind", [0, 1])
def test_a_slope_of_the_surface_itself_gives_way_to_what_is_behind_it(kind: int):
    # A leaf that bends away by a little more than a jump, and the coat behind it, of which less is seen.
    coarse = surfaces((1, 2), 3.0, kind, 0.9)
    coarse.front[0], coarse.alpha[0, 1] = (0.5, 0.5, 0.5, 3.0 - 1.2 * JUMP), 0.7
    coarse.back[0, 1], coarse.weight[0, 1], coarse.kinds[0, 1] = (0.1, 0.1, 0.1, 1.0), 0.5, kind | 2 << 2
    coarse.front[0, 1, 3] = 3.0
    found = hidden(coarse, surfaces((2, 4), 3.0, kind, 0.9))
    assert (found.kinds[:, 2:] == kind | 2 << 2).all()
    np.testing.assert_allclose(found.back[:, 2:, 3], 1.0, rtol=1e-6)
    # Where nothing else is seen it is what is there, but less sure; a whole jump farther it would be sure.
    assert found.weight[0, 0] == pytest.approx(HIDDEN_WEIGHT * 0.2, rel=1e-4)


def test_mixed_pixels_stay_as_they_are():
    coarse, fine = surfaces((1, 1), 1.0, 2, 0.1), surfaces((2, 2), 2.0, 2, 0.9)
    fine.alpha[0, 0], fine.weight[0, 0], fine.back[0, 0] = 0.5, 1.0, 0.7
    found = hidden(coarse, fine)
    assert found.weight[0, 0] == 1.0 and (found.back[0, 0] == np.float32(0.7)).all()
    assert found.weight[1, 1] == HIDDEN_WEIGHT


@pytest.mark.parametrize("least", [0.0, 0.1])
def test_a_list_holds_what_is_found_pixel_by_pixel(least: float):
    rng = np.random.default_rng(4)
    shape, half = (22, 30), (11, 15)
    coarse, fine = surfaces(half, 1.0, 2, 0.5), surfaces(shape, 1.0, 2, 0.5)
    for made in (coarse, fine):
        size = made.alpha.shape
        made.front[:] = rng.random((*size, 4))
        made.back[:], made.weight[:] = rng.random((*size, 4)), rng.choice([0.0, 0.15, 0.5, 1.0], size)
        made.alpha[:] = np.where((made.weight == 1.0) & (rng.random(size) < 0.5), 0.5, 1.0)
        made.kinds[:] = rng.integers(0, 3, size) | rng.integers(0, 3, size) << 2
    top = 6
    rows = slice(top, 20)
    part = fine.crop((rows, slice(None))).copy()
    kinds = (part.kinds & 3 | np.where(part.alpha < 1.0, MIXED, 0)).astype(np.uint8)
    seen = SeenRows(part.front[..., 3].copy(), kinds)
    listed = ListedBacks.behind(coarse, top, JUMP, np.float32(least), seen)
    hide(coarse.arrays, top, JUMP, np.float32(least), part.arrays)
    found = (part.alpha == 1.0) & (part.weight > 0.0)
    ys, xs = np.nonzero(found)
    assert 20 < len(ys) < found.size
    np.testing.assert_array_equal(np.repeat(np.arange(len(found)), np.diff(listed.rows.starts)), ys)
    np.testing.assert_array_equal(listed.rows.columns, xs)
    np.testing.assert_array_equal(listed.backs.back, part.back[found])
    np.testing.assert_array_equal(listed.backs.weight, part.weight[found])
    np.testing.assert_array_equal(listed.backs.kinds, part.kinds[found])
