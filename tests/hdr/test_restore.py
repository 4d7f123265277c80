"""Radiance above the clip, and the lights that are lifted out of the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.scenes import depth_of, lens_of, texture

import rebokeh as rk
from rebokeh.bokeh.colour.profile import Profile
from rebokeh.bokeh.hdr.restore import above_clip
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.photo.photo import GainMap
from rebokeh.bokeh.scene.lights import find_lights

pytestmark = pytest.mark.kernels

SIZE = (200, 240)


def photo(rgb: np.ndarray, gain_map: GainMap | None = None) -> rk.Photo:
    """Return a photo as from an SDR file."""
    return rk.Photo(rgb=rgb, gain_map=gain_map, profile=Profile(), meta=Metadata(format="jpeg"))


def night(*lamps: tuple[int, int, int]) -> np.ndarray:
    """Return a dark picture with square lamps (row, column, side) that clip."""
    rgb = texture(SIZE, 1, 0.0, 0.08)
    for row, column, side in lamps:
        rgb[row : row + side, column : column + side] = 1.0
    return rgb


# --- gain map


@pytest.mark.parametrize("shape", [(200, 240), (100, 120), (50, 60)])
def test_a_gain_map_restores_the_radiance(shape):
    stops = np.zeros(shape, np.float32)
    stops[: shape[0] // 2] = 2.0
    rgb = texture(SIZE, 2)
    found = above_clip(photo(rgb, GainMap(stops, 4.0)), "auto")
    extra = found.extra
    assert extra is not None and "gain map" in found.words
    np.testing.assert_allclose((rgb + extra.whole())[:90], 4.0 * rgb[:90], rtol=1e-5)
    np.testing.assert_allclose(extra.whole()[110:], 0.0, atol=1e-6)


def test_a_gain_map_of_three_channels():
    stops = np.zeros((100, 120, 3), np.float32)
    stops[..., 0], stops[..., 2] = 1.0, 3.0
    rgb = texture(SIZE, 3)
    extra = above_clip(photo(rgb, GainMap(stops, 8.0)), "gain-map").extra
    assert extra is not None
    np.testing.assert_allclose(rgb + extra.whole(), rgb * [2.0, 1.0, 8.0], rtol=1e-5)


def test_a_gain_map_never_takes_light_away():
    stops = np.full((20, 24), -1.0, np.float32)
    assert above_clip(photo(texture(SIZE, 4), GainMap(stops, 2.0)), "auto").extra is None, "nothing is added"
    stops[:10] = 1.0
    extra = above_clip(photo(texture(SIZE, 4), GainMap(stops, 2.0)), "auto").extra
    assert extra is not None and extra.whole().min() >= 0


def test_a_lamp_of_the_gain_map_becomes_a_bright_disc():
    rgb = night((100, 120, 2))
    stops = np.zeros(SIZE, np.float32)
    stops[100:102, 120:122] = 4.0
    depth = np.full(SIZE, depth_of(12.0, 60.0), np.float32)
    shot = replace(photo(rgb, GainMap(stops, 16.0)), depth=depth)
    with_map, without = (
        rk.render(shot, lens_of(SIZE, 60.0), rk.RenderSettings(highlights=mode)).rgb.astype(np.float64)
        for mode in ("gain-map", "off")
    )
    assert (with_map - without).sum() == pytest.approx(4 * 3 * 15.0, rel=1e-2)


def test_off_and_missing_maps():
    rgb = night((50, 50, 4))
    assert above_clip(photo(rgb, GainMap(np.ones(SIZE, np.float32), 2.0)), "off").extra is None
    nothing = above_clip(photo(rgb), "gain-map")
    assert nothing.extra is None and not nothing.estimates and "no gain map" in nothing.words


def test_scene_linear_input_is_left_as_it_stands():
    rgb = night((50, 50, 4))
    found = above_clip(rk.Photo(rgb=rgb), "auto")
    assert found.extra is None and not found.estimates


# --- lights


def test_small_bright_things_are_lights_and_large_ones_are_not():
    radiance = texture(SIZE, 6, 0.0, 0.3)
    radiance[50:52, 60:62] = 30.0  # a lamp
    radiance[120:160, 120:200] = 30.0  # a window
    radiance[20:22, 200:202] = 0.9  # no more than white
    lights = find_lights(radiance, np.full(SIZE, 0.2, np.float32), None)
    assert lights is not None
    assert lights.mask[50:52, 60:62].all()
    assert not lights.mask[100:].any() and not lights.mask[:, 100:].any()
    assert lights.base.max() <= 1.0, "what is left in the picture is no light any more"


def test_a_picture_without_lights():
    assert find_lights(texture(SIZE, 7, 0.0, 1.0), np.full(SIZE, 0.2, np.float32), None) is None
    assert find_lights(np.full((*SIZE, 3), 40.0, np.float32), np.full(SIZE, 0.2, np.float32), None) is None


def test_every_light_has_one_depth():
    radiance = np.zeros((*SIZE, 3), np.float32)
    depth = np.random.default_rng(8).uniform(0.1, 0.9, SIZE).astype(np.float32)
    places = [(30, 40), (90, 100), (150, 210)]
    for row, column in places:
        radiance[row : row + 4, column : column + 4] = 50.0
        depth[row + 1 : row + 4, column : column + 4] = 0.25
    lights = find_lights(radiance, depth, None)
    assert lights is not None
    field = np.full(SIZE, np.nan, np.float32)
    field[lights.mask] = lights.dioptres
    for row, column in places:
        own = field[row - 1 : row + 5, column - 1 : column + 5]
        assert np.unique(own[np.isfinite(own)]).size == 1
        assert np.nanmax(own) == pytest.approx(0.25), "the median, whatever the rim says"


def test_a_light_in_the_hair_lies_behind_it():
    radiance = np.zeros((*SIZE, 3), np.float32)
    radiance[100:102, 100:102] = 80.0
    depth, matte = np.full(SIZE, 0.1, np.float32), np.zeros(SIZE, np.float32)
    depth[98:104, 98:104], matte[98:104, 98:104] = 0.5, 0.8  # all of it seen through hair at 2 m
    lights = find_lights(radiance, depth, matte)
    assert lights is not None
    np.testing.assert_allclose(lights.dioptres, 0.1)
    matte[100, 100] = 0.1  # one pixel lies free, and its depth is known
    depth[100, 100] = 0.15
    lights = find_lights(radiance, depth, matte)
    assert lights is not None
    np.testing.assert_allclose(lights.dioptres, 0.15)


def test_lights_come_apart_and_together_again():
    radiance = texture(SIZE, 9, 0.0, 0.5)
    radiance[60:63, 70:72] = (300.0, 200.0, 50.0)
    scene = rk.prepare(rk.Photo(rgb=radiance, depth=np.full(SIZE, 0.5, np.float32)))
    assert scene.lights is not None
    np.testing.assert_allclose(scene.render(lens_of(SIZE, 60.0)).rgb, radiance, rtol=1e-4)
