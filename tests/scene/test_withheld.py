"""What a render keeps of the light that its SDR rendition cannot show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.scenes import depth_of, lens_of, texture

import rebokeh as rk
from rebokeh.bokeh.hdr.restore import gained
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.photo.photo import GainMap
from rebokeh.bokeh.scene.light_energy import spread_share
from rebokeh.bokeh.scene.withheld import _kept_of_lights, withheld_by_map

pytestmark = pytest.mark.kernels

SIZE, PX = (120, 160), 40.0


def photo(depth: np.ndarray | float, gain_map: GainMap | None, lamp: bool = True) -> rk.Photo:
    rgb = texture(SIZE, 3, 0.1, 0.5)
    if lamp:
        rgb[60:64, 80:84] = (1.0, 0.75, 0.5)
    dioptres = np.broadcast_to(np.float32(depth), SIZE)
    return rk.Photo(rgb=rgb, depth=dioptres, gain_map=gain_map, meta=Metadata(format="heic", f35_mm=50.0))


def lamp_map(stops: float, colour: bool = False, base: float = 0.0, alternate: float = 0.0) -> GainMap:
    log2_gain = np.zeros((60, 80, 3) if colour else (60, 80), np.float32)
    log2_gain[30:32, 40:42] = np.array([stops, stops / 2, 0.0]) if colour else stops
    return GainMap(log2_gain, 2.0**stops, (base, base, base), (alternate, alternate, alternate))


def radiance(picture: rk.Photo) -> np.ndarray:
    extra = None if picture.gain_map is None else gained(picture.rgb, picture.gain_map)
    return picture.rgb if extra is None else picture.rgb + extra


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("offsets", [(0.0, 0.0), (1 / 64, 1 / 64), (1 / 16, 1 / 32)])
def test_what_is_in_focus_keeps_its_radiance(colour, offsets):
    source = photo(
        depth_of(0.0, PX),
        lamp_map(3.0, colour, *offsets),
    )
    picture = rk.render(source, lens_of(SIZE, PX))
    assert picture.gain_map is not None and picture.gain_map.headroom == pytest.approx(8.0, rel=0.01)
    np.testing.assert_allclose(picture.rgb, source.rgb, atol=1e-5)
    assert source.gain_map is not None
    np.testing.assert_allclose(picture.gain_map.log2_gain, source.gain_map.log2_gain, atol=1e-5)
    np.testing.assert_allclose(radiance(picture), radiance(source), rtol=1e-4)


@pytest.mark.parametrize("size", [(12, 16), (50, 70), (60, 80), (200, 330)])
def test_what_is_in_focus_keeps_its_stops_at_any_size_of_the_map(size):
    stops = np.random.default_rng(2).uniform(0.0, 0.4, size).astype(np.float32)
    middle = tuple(slice(n * 35 // 100, n * 70 // 100) for n in size)
    stops[middle] = 0.5  # nothing becomes brighter than the lamp
    picture = rk.render(photo(depth_of(0.0, PX), GainMap(stops, 2.0)), lens_of(SIZE, PX))
    assert picture.gain_map is not None
    np.testing.assert_allclose(picture.gain_map.log2_gain, stops, atol=1e-5)


def test_what_is_in_focus_and_dimmed_withholds_as_much_less():
    source = photo(depth_of(0.0, PX), GainMap(np.full((60, 80), 1.5, np.float32), 2.0**1.5), lamp=False)
    scene = rk.prepare(source)
    light, (thin, _) = scene.prepared.light(keeps_extra=False), scene.mount(lens_of(SIZE, PX))
    assert light.lights is None and source.gain_map is not None
    found = withheld_by_map(np.float32(0.5) * light.rgb, light, None, thin, None, source.gain_map)
    np.testing.assert_allclose(found.log2_gain, 1.5, atol=1e-5)


def test_what_is_blurred_withholds_nothing():
    picture = rk.render(photo(depth_of(8.0, PX), lamp_map(3.0)), lens_of(SIZE, PX))
    assert picture.gain_map is not None
    assert np.abs(picture.gain_map.log2_gain).max() < 1e-5
    assert picture.rgb.max() > 0.5


def test_the_light_adds_up_to_the_scene_in_both_renditions():
    source = photo(depth_of(1.2, PX), lamp_map(4.0))  # partly spread
    sdr = rk.render(source, lens_of(SIZE, PX))
    hdr = rk.render(source, lens_of(SIZE, PX), rk.RenderSettings(rendition="hdr"))
    assert hdr.gain_map is None
    near = np.s_[54:70, 74:90]
    plain = rk.render(photo(depth_of(1.2, PX), None), lens_of(SIZE, PX), rk.RenderSettings(highlights="off"))
    whole, two = ((p - plain.rgb)[near].sum() for p in (hdr.rgb, radiance(sdr)))
    assert two == pytest.approx(whole, rel=0.25)


def test_where_a_light_adds_nothing_as_much_of_a_surface_stays_as_beside_it():
    scene = rk.prepare(photo(depth_of(1.2, PX), lamp_map(4.0)))
    light = scene.prepared.light(keeps_extra=False)
    thin, _ = scene.mount(lens_of(SIZE, PX))
    spread = spread_share(light.dioptres, thin)
    assert 0.2 < spread.min() == spread.max() < 0.8
    lights = light.lights
    assert lights is not None and light.extra is not None
    adds = light.extra.at(*lights.pixels).max(axis=1) > 0.0
    assert adds.any() and not adds.all(), "a rim of the light adds nothing"
    starts, columns, kept = _kept_of_lights(light, light.share(thin))
    rows = np.repeat(np.arange(SIZE[0]), np.diff(starts))
    # Only what adds light has a share of its own, and that is as beside it.
    np.testing.assert_array_equal(np.stack([rows, columns]), np.stack([lights.rows, lights.columns])[:, adds])
    np.testing.assert_allclose(kept, 1.0 - spread[rows, columns], atol=1e-5)


def test_a_blurred_thing_before_a_highlight_dims_what_is_withheld():
    depth = np.full(SIZE, depth_of(0.0, PX), np.float32)
    depth[:, 81:] = depth_of(-10.0, PX)
    source = replace(photo(0.5, lamp_map(3.0)), depth=depth)
    picture = rk.render(source, lens_of(SIZE, PX))
    assert (radiance(picture) <= radiance(source).max() * 1.05).all()


def test_nothing_is_withheld_of_a_photo_without_light_above_the_clip():
    assert rk.render(photo(0.5, None, lamp=False), lens_of(SIZE, PX)).gain_map is None
    off = rk.render(photo(0.5, lamp_map(3.0)), lens_of(SIZE, PX), rk.RenderSettings(highlights="off"))
    assert off.gain_map is None


def test_an_estimate_is_withheld_too():
    rgb = texture(SIZE, 3, 0.0, 0.05)
    rgb[60:64, 80:84] = 1.0
    source = replace(photo(depth_of(0.0, PX), None), rgb=rgb)
    picture = rk.render(source, lens_of(SIZE, PX))
    assert picture.gain_map is not None and picture.gain_map.log2_gain[30:32, 40:42].min() > 1.0


def test_a_bright_wall_is_no_lamp():
    wall = np.full((*SIZE, 3), 0.6, np.float32)  # twice as bright in truth, and not clipped: toned by the phone
    source = replace(photo(depth_of(8.0, PX), GainMap(np.ones((60, 80), np.float32), 2.0)), rgb=wall)
    picture = rk.render(source, lens_of(SIZE, PX))
    np.testing.assert_allclose(picture.rgb, wall, atol=2e-3)
    assert picture.gain_map is not None
    np.testing.assert_allclose(picture.gain_map.log2_gain, 1.0, atol=0.01)
    hdr = rk.render(source, lens_of(SIZE, PX), rk.RenderSettings(rendition="hdr"))
    np.testing.assert_allclose(hdr.rgb, 2.0 * wall, rtol=5e-3)
