"""What is in focus and out of reach of all blur is shown as the photo does, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from rebokeh.bokeh.optics.lens import ThinLens
from rebokeh.bokeh.scene.light_energy import CELL_PX, IN_FOCUS_PX, SceneLight

pytestmark = pytest.mark.kernels

LENS = ThinLens(50.0, 1.0, 2.0, 1.0)


def light_of(radius_px: np.ndarray) -> SceneLight:
    """White of these blur radii."""
    dioptres = (LENS.focus_dioptres - radius_px / LENS.px_per_dioptre).astype(np.float32)
    return SceneLight(np.ones((*radius_px.shape, 3), np.float32), dioptres, None, None, None, False)


def kept(radius_px: np.ndarray) -> np.ndarray:
    """Where the photo is kept, of a scene of these blur radii."""
    light = light_of(radius_px)
    picture = np.zeros_like(light.rgb)
    light.keep_in_focus(picture, LENS)
    assert ((picture == 0.0) | (picture == 1.0)).all()
    return picture[..., 0] == 1.0


@pytest.mark.parametrize("most_px", [0.9, 6.6, 39.5, 74.4])
@pytest.mark.parametrize("seed", range(4))
def test_a_pixel_is_kept_where_nothing_blurred_is_as_near_as_the_largest_blur(seed, most_px):
    rng = np.random.default_rng(seed)
    radius = np.full((230, 317), 0.1)
    for _ in range(3):
        y, x = rng.integers(0, 230), rng.integers(0, 317)
        radius[y : y + rng.integers(1, 40), x : x + rng.integers(1, 60)] = most_px * rng.choice([1.0, -1.0])
    reach = int(np.ceil(np.abs(radius).max()))
    near_blur: np.ndarray = ndimage.maximum_filter(np.abs(radius) > IN_FOCUS_PX, 2 * reach + 1, mode="constant")
    np.testing.assert_array_equal(kept(radius), np.logical_not(near_blur))


@pytest.mark.parametrize("most_px", [0.9, 31.9, 32.0, 32.1, 74.4])
@pytest.mark.parametrize("place", [(0, 0), (95, 96), (96, 159), (127, 160), (229, 316)])
def test_what_is_not_said_to_change_is_kept(place, most_px):
    radius = np.full((230, 317), 0.1)
    radius[place] = most_px
    changing = np.repeat(np.repeat(light_of(radius).cells_that_change(LENS), CELL_PX, axis=0), CELL_PX, axis=1)
    still = np.logical_not(changing[:230, :317])
    assert still.any()
    assert kept(radius)[still].all()


def test_nothing_is_kept_of_what_is_blurred_and_all_of_what_is_not():
    assert not kept(np.full((70, 90), 2.0)).any()
    assert kept(np.full((70, 90), -0.2)).all()
