"""What is a light, and how bright it is: lamps at night are given back their light, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.photos import ROOM, STREET, SUN, discs, over, photo, taken
from support.scenes import depth_of, lens_of, texture

import rebokeh as rk
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.hdr.restore import Mode, above_clip, gained
from rebokeh.bokeh.photo.photo import GainMap
from rebokeh.bokeh.scene.lights import lights_of

pytestmark = pytest.mark.kernels

SIZE = (200, 260)
WARM = (1.0, 0.6, 0.25)


def found(shot: rk.Photo, mode: Mode | float = "auto", matte: np.ndarray | None = None):
    """Find the lights of a photo."""
    assert shot.depth is not None
    return lights_of(shot, np.ascontiguousarray(shot.depth), matte, above_clip(shot, mode))[0]


def restored(shot: rk.Photo, mode: Mode | float = "auto") -> float:
    """Radiance beyond what the photo shows, summed over the picture and averaged over the channels."""
    lights = found(shot, mode)
    return 0.0 if lights is None else float((lights.radiance - shot.rgb[lights.mask]).mean(axis=1).sum())


def night(radiance: float, places: Sequence[tuple[float, float, float]], colour=WARM) -> np.ndarray:
    """Make a dark street with lamps."""
    scene = over(texture(SIZE, 1, 0.0, 0.06), discs(SIZE, places), tuple(radiance * c for c in colour))
    return taken(scene)


# --- lamps


@pytest.mark.parametrize("clip_cd_m2", [STREET, None], ids=["exposure", "no exposure"])
@pytest.mark.parametrize("radiance", [40.0, 150.0])
@pytest.mark.parametrize("radius", [3.0, 6.0])
def test_a_lamp_at_night_is_given_back_its_light(radiance, radius, clip_cd_m2):
    places = [(60, 80, radius), (130, 190, radius)]
    rgb = night(radiance, places)
    true = radiance * np.mean(WARM) * discs(SIZE, places).sum()
    least = 0.1 if clip_cd_m2 is None else 0.3  # what is unsure is dimmer
    assert least * true < restored(photo(rgb, clip_cd_m2=clip_cd_m2)) < 3.0 * true


def test_a_brighter_lamp_is_found_brighter_and_in_its_colour():
    dim, bright = (night(radiance, [(60, 80, 4.0), (130, 190, 4.0)]) for radiance in (30.0, 400.0))
    assert restored(photo(bright)) > 1.8 * restored(photo(dim))
    lights = found(photo(bright))
    assert lights is not None
    red, green, blue = (lights.radiance - lights.base).sum(axis=0)
    assert red > 1.3 * green > 1.3 * blue


def test_strength_scales_what_is_restored_and_0_is_off():
    shot = photo(night(60.0, [(60, 80, 4.0), (130, 190, 4.0)]))
    assert restored(shot, 0.5) == pytest.approx(0.5 * restored(shot), rel=1e-3)
    assert restored(shot, 2.0) == pytest.approx(2.0 * restored(shot), rel=1e-3)
    assert found(shot, 0.0) is None and found(shot, "off") is None
    with pytest.raises(UsageError, match="0 or more"):
        rk.RenderSettings(highlights=-1.0)


def test_an_unsure_lamp_is_dimmer():
    """A lamp of white light in a picture that may be of the day as well."""
    dark = night(60.0, [(60, 80, 4.0), (130, 130, 4.0)], (1.0, 1.0, 1.0))
    light = np.array(dark)
    light[:, 226:] = np.maximum(light[:, 226:], 0.62)
    assert 0.0 < restored(photo(light)) < 0.7 * restored(photo(dark))


def test_a_lamp_becomes_a_bright_disc_and_the_photo_alone_a_grey_one():
    rgb = night(250.0, [(100, 130, 4.0)])
    shot = photo(rgb, depth_of(30.0, 60.0), STREET)
    bright, grey = (rk.render(shot, lens_of(SIZE, 60.0), rk.RenderSettings(highlights=h)).rgb for h in ("auto", "off"))
    disc = discs(SIZE, [(100, 130, 26.0)]) > 0
    assert bright[disc].mean(axis=1).min() > 0.8
    assert grey[disc].mean(axis=1).max() < 0.4


# --- what is no lamp


def leaves(clip: float) -> np.ndarray:
    """Sky of that radiance between leaves, more and more of them to the right."""
    rng = np.random.default_rng(4)
    places = [(rng.uniform(0, SIZE[0]), rng.uniform(-40, 200), rng.uniform(3, 11)) for _ in range(900)]
    colours = texture(SIZE, 5, 0.02, 0.12) * np.array((0.7, 1.0, 0.3), np.float32)
    sky = np.full((*SIZE, 3), clip, np.float32)
    return taken(sky + discs(SIZE, places)[..., None] * (colours - sky))


def strap() -> np.ndarray:
    """Weave a strap in the sun: white squares on black, on grass."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    weave = ((y // 4 + x // 4) % 2 == 0) & (np.abs(y - 100) < 24)
    scene = np.where(np.abs(y - 100)[..., None] < 24, 0.03, texture(SIZE, 6, 0.1, 0.3))
    return taken(over(scene, weave.astype(float), 1.5))


def glints() -> np.ndarray:
    """Sun on water: specks everywhere, some bright and some brighter."""
    rng = np.random.default_rng(7)
    scene = texture(SIZE, 8, 0.1, 0.25)
    cover = np.zeros(SIZE)
    cover[rng.integers(0, SIZE[0], 900), rng.integers(0, SIZE[1], 900)] = rng.uniform(0.2, 3.0, 900)
    return taken(scene + cover[..., None] * 3.0)


def shirt() -> np.ndarray:
    """Make a white shirt that is lit from above: it fades from white to grey, before a dark wall."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(float)
    body = np.clip(70 - np.hypot((x - 130) * 0.9, (y - 120) * 0.7), 0, 1)
    light = 1.25 - 0.012 * np.hypot(y - 70, x - 110)
    fold = 0.1 * np.sin(x / 5.0)
    return taken(over(np.full((*SIZE, 3), 0.08), body, 1.0) * np.where(body > 0, light + fold, 1.0)[..., None])


def window() -> np.ndarray:
    """Look at a window by day from a dim room."""
    scene = texture(SIZE, 9, 0.02, 0.12)
    scene[40:140, 60:180] = 6.0
    scene[88:92, 60:180], scene[40:140, 118:122] = 0.05, 0.05
    return taken(scene)


def snow() -> np.ndarray:
    return taken(texture(SIZE, 10, 0.85, 1.3))


SURFACES = {
    "leaves": (leaves(1.4), SUN), "strap": (strap(), SUN), "glints": (glints(), SUN), "snow": (snow(), SUN),
    "window": (window(), ROOM), "shirt": (shirt(), ROOM),
}  # fmt: skip


@pytest.mark.parametrize("exposure", ["known", "unknown"])
@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_is_no_lamp(name, exposure):
    rgb, clip_cd_m2 = SURFACES[name]
    assert (rgb.min(axis=2) > 0.99).sum() > 20, "the picture clips"
    assert restored(photo(rgb, clip_cd_m2=clip_cd_m2 if exposure == "known" else None)) == 0.0


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_daylight_is_only_blurred(mode):
    rgb = leaves(1.4)
    shot = photo(rgb, depth_of(10.0, 60.0), SUN)
    out = rk.render(shot, lens_of(SIZE, 60.0), rk.RenderSettings(highlights=mode)).rgb
    assert out.max() <= rgb.max() + 0.02
    assert out.mean() == pytest.approx(rgb.mean(), rel=0.03)


def test_nothing_on_the_subject_or_on_skin_is_a_lamp():
    rgb = night(80.0, [(60, 80, 4.0), (130, 200, 4.0)])
    matte = np.zeros(SIZE, np.float32)
    matte[:, :140] = 1.0
    lights = found(photo(rgb), matte=matte)
    assert lights is not None and not lights.mask[:, :140].any() and lights.mask[:, 140:].any()
    lights = found(photo(rgb, mattes={"skin": np.ascontiguousarray(matte[::2, ::2])}))
    assert lights is not None and not lights.mask[:, :140].any() and lights.mask[:, 140:].any()


def test_an_estimate_of_an_array_is_made_when_it_is_asked_for():
    rgb = night(80.0, [(60, 80, 4.0), (130, 200, 4.0)])
    shot = rk.Photo(rgb=rgb, depth=np.full(SIZE, 0.2, np.float32))
    assert found(shot) is None, "what an array holds is radiance, unless it is said otherwise"
    assert found(shot, "estimate") is not None
    assert rk.prepare(shot, rk.RenderSettings(highlights="estimate")).sources["highlights_source"] == "estimated"
    bright = replace(shot, rgb=4.0 * rgb)
    assert "nothing is estimated" in above_clip(bright, "estimate").words


def test_what_is_found_is_said():
    scene = rk.prepare(photo(night(80.0, [(60, 80, 4.0), (130, 200, 4.0)]), clip_cd_m2=STREET))
    report = scene.report(rk.Lens())
    assert "2 lights: 2 by" in report["lights_source"] and "20 cd/m2" in report["lights_source"]
    assert report["lights"] == 2


# --- with a gain map


def map_of(stops: np.ndarray) -> GainMap:
    return GainMap(stops.astype(np.float32), 2.0 ** float(stops.max()))


def hdr(picture: rk.Photo) -> np.ndarray:
    """Return the HDR rendition's radiance."""
    extra = None if picture.gain_map is None else gained(picture.rgb, picture.gain_map)
    return np.maximum(picture.rgb, 0.0) if extra is None else np.maximum(picture.rgb, 0.0) + extra


def test_one_clipped_channel_of_a_pale_surface_is_none():
    wall = np.broadcast_to(np.array((0.7, 0.85, 1.0), np.float32), (*SIZE, 3)).copy()
    wall[:, :100], wall[:, 140:] = 0.1, 0.1
    stops = np.where(wall[..., 2] > 0.5, 2.0, 0.0)
    shot = photo(wall, depth_of(6.0, 60.0), ROOM, map_of(stops))
    assert found(shot) is None
    strip = np.s_[20:180, 112:128]
    out = rk.render(shot, lens_of(SIZE, 60.0))
    np.testing.assert_allclose(out.rgb[strip], wall[strip], atol=2e-3)
    assert out.rgb.max() <= 1.001


@pytest.mark.parametrize("radius_px", [0.0, 0.4, 0.8, 1.2, 1.7, 2.2, 5.0, 14.0])
def test_a_lone_light_keeps_its_energy_in_both_renditions_together(radius_px):
    rgb = np.zeros((*SIZE, 3), np.float32)
    stops = np.zeros(SIZE, np.float32)
    rgb[99:103, 129:133], stops[99:103, 129:133] = 1.0, 3.0
    shot = photo(rgb, depth_of(radius_px, 60.0), STREET, map_of(stops))
    scene = rk.prepare(shot)
    assert scene.lights is not None and scene.lights.sure == pytest.approx(1.0)
    out = scene.render(replace(lens_of(SIZE, 60.0), starburst=0.0))
    np.testing.assert_allclose(hdr(out).sum(axis=(0, 1)), 16 * 8.0, rtol=1e-3)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 999), st.floats(0.0, 8.0), st.floats(0.0, 3.0))
def test_nothing_in_the_hdr_rendition_is_brighter_than_the_scene(seed, radius_px, stops):
    rng = np.random.default_rng(seed)
    size = (96, 128)
    rgb = np.clip(texture(size, seed, 0.0, 0.7), 0.0, 1.0)
    for _ in range(3):
        row, column, side = rng.integers(10, 80), rng.integers(10, 110), rng.integers(2, 9)
        rgb[row : row + side, column : column + side] = rng.uniform(0.7, 1.3, 3).clip(0, 1)
    log2_gain = stops * (rgb.max(axis=2) > 0.6)
    shot = photo(rgb, depth_of(radius_px, 40.0), STREET, GainMap(log2_gain.astype(np.float32), 2.0 ** max(stops, 0.1)))
    out = rk.render(shot, lens_of(size, 40.0))
    assert hdr(out).max() <= 1.02 * hdr(shot).max() + 0.01


def test_a_toned_spot_does_not_grow():
    """It once went from 3.4 to 14.7: spread, and kept in the gain map as well."""
    cover = discs(SIZE, [(100, 130, 4.0)])
    rgb = (0.05 + 0.75 * cover[..., None] * np.ones(3)).astype(np.float32)
    shot = photo(rgb, depth_of(5.0, 60.0), ROOM, map_of(2.1 * (cover > 0.5)))
    out = rk.render(shot, lens_of(SIZE, 60.0))
    assert hdr(out).max() <= 1.001 * hdr(shot).max()
    assert hdr(out).sum() == pytest.approx(hdr(shot).sum(), rel=0.02)


def test_the_gain_of_a_surface_is_blurred_with_it():
    rgb = np.full((*SIZE, 3), 0.5, np.float32)
    stops = np.zeros(SIZE, np.float32)
    stops[:, 130:] = 1.0
    out = rk.render(photo(rgb, depth_of(12.0, 60.0), ROOM, map_of(stops)), lens_of(SIZE, 60.0))
    line = hdr(out)[100, :, 1]
    np.testing.assert_allclose(out.rgb, rgb, atol=1e-3)
    np.testing.assert_allclose(line[[60, 200]], [0.5, 1.0], atol=0.01)
    np.testing.assert_allclose(line[[124, 130, 135]], [0.6, 0.76, 0.86], atol=0.06)
    assert np.diff(line).min() > -0.01


def test_nothing_pops_between_sharp_and_blurred():
    shot = photo(night(60.0, [(100, 130, 4.0)]), 0.2, STREET)
    radii = np.arange(0.3, 2.6, 0.1)
    seen = []
    for radius in radii:
        out = rk.render(replace(shot, depth=np.full(SIZE, depth_of(radius, 60.0), np.float32)), lens_of(SIZE, 60.0))
        seen.append(np.clip(out.rgb, 0.0, 1.0)[80:120, 110:150].sum())
    steps = np.diff(seen)
    assert steps.max() < 4.0 * max(np.median(np.abs(steps)), 0.02 * seen[0])


# --- stars


@pytest.mark.parametrize("f_number", [2.8, 16.0, 22.0])
def test_white_in_focus_comes_out_as_it_went_in(f_number):
    rgb = np.array(texture(SIZE, 3, 0.1, 0.5))
    rgb[50:150, 60:200] = 1.0
    stops = np.where(rgb[..., 0] == 1.0, 1.5, 0.0)
    shot = photo(rgb, 0.5, ROOM, map_of(stops))
    lens = rk.Lens(f_number=f_number, focus_m=2.0, aperture=rk.Aperture(6))
    np.testing.assert_allclose(rk.render(shot, lens).rgb, rgb, atol=1e-5)


def test_a_star_takes_its_light_from_the_lamp():
    rgb = np.zeros((*SIZE, 3), np.float32)
    rgb[100, 130] = 5000.0
    lens = rk.Lens(f_number=16.0, focus_m=2.0, aperture=rk.Aperture(6))
    shot = rk.Photo(rgb=rgb, depth=np.full(SIZE, 0.5, np.float32))
    star, none = (rk.render(shot, replace(lens, starburst=gain)).rgb for gain in (1.0, 0.0))
    assert star[:90].max() > 1e-3 and none[:90].max() < 1e-6
    assert star[100, 130].max() < none[100, 130].max()
    assert star.sum() == pytest.approx(none.sum(), rel=2e-2), "some of the star leaves the picture"


def test_a_photo_shows_already_what_its_own_lens_scattered():
    rgb = np.zeros((*SIZE, 3), np.float32)
    rgb[100, 130] = 5000.0
    lens = rk.Lens(f_number=16.0, focus_m=2.0, aperture=rk.Aperture(6))
    shot = rk.Photo(rgb=rgb, depth=np.full(SIZE, 0.5, np.float32))
    beyond = []
    for own in (None, 8.0, 16.0):
        out = rk.render(replace(shot, meta=replace(shot.meta, f_number=own)), lens).rgb
        beyond.append(float(out[:90].sum()))
    assert beyond[0] > 1.5 * beyond[1] > 0.0 and beyond[2] < 1e-6


def test_a_phone_scatters_evenly_and_shows_no_spikes():
    """Its round pupil leaves a halo, of which hardly anything falls where a bladed one has its spikes."""
    rgb = np.zeros((*SIZE, 3), np.float32)
    rgb[100, 130] = 5000.0
    shot = rk.Photo(rgb=rgb, depth=np.full(SIZE, 0.5, np.float32))
    bladed, round_ = (rk.Lens(f_number=16.0, focus_m=2.0, aperture=rk.Aperture(n)) for n in (6, 0))
    phone, camera = (replace(shot.meta, f_number=8.0, focal_mm=focal, f35_mm=26.0) for focal in (5.0, 26.0))
    spikes = [rk.render(replace(shot, meta=meta), bladed).rgb[:80].max() for meta in (shot.meta, phone, camera)]
    halves = [rk.render(replace(shot, meta=meta), round_).rgb[:80].sum() for meta in (shot.meta, phone)]
    assert 0.9 * spikes[0] < spikes[1] < spikes[0] and spikes[2] == pytest.approx(0.5 * spikes[0], rel=0.01)
    assert halves[1] == pytest.approx(0.5 * halves[0], rel=0.1), "a round pupil's star is a halo, too"
