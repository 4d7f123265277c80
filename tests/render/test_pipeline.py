"""The pipeline: against the oracle, the same picture again, and whatever comes in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference.naive import Iris, expose
from scipy import ndimage
from support.scenes import (
    HEX,
    ROUND,
    blobs,
    both,
    busy_scene,
    depth_of,
    depths,
    full,
    lens_of,
    rendered,
    rendering,
    shoot,
    texture,
    tiles_of,
)  # fmt: skip

import rebokeh as rk
from rebokeh.bokeh.core.errors import NoDepthError, UsageError
from rebokeh.bokeh.depth.existing_blur import ExistingBlur
from rebokeh.bokeh.render import light_sprites as sprites
from rebokeh.bokeh.render.pipeline import render_scene
from rebokeh.bokeh.scene import layered, subject_sides
from rebokeh.bokeh.scene.slices import plan_slices

pytestmark = pytest.mark.kernels

BEST = rk.RenderSettings(quality="best")

# --- against the oracle


def exposed(scene: rk.Scene, lens: rk.Lens, iris: Iris) -> tuple[np.ndarray, np.ndarray]:
    """Return the oracle's picture of a scene, and the light that found nothing."""
    taken_apart = scene.prepared.layered(keeps_extra=False, dense=True)
    height, width = taken_apart.sizes[0]
    thin, _ = scene.mount(lens)
    slices = plan_slices(*taken_apart.depth_range, taken_apart.subject, thin, 0)
    assert len(slices) >= 3
    jump = float(layered.depth_jump(taken_apart.depth_range, taken_apart.sizes[0]))
    return expose(taken_apart.window(0, (slice(0, height), slice(0, width))), slices, thin, iris, jump)


@pytest.mark.parametrize("aperture", [ROUND, HEX], ids=["disc", "hexagon"])
@pytest.mark.parametrize("with_matte", [False, True], ids=["no matte", "matte"])
def test_lays_its_slices_over_each_other_as_the_oracle_does(aperture, with_matte):
    size, px = (22, 27), 40.0
    rgb = texture(size, 3)
    rgb[5:9, 18:23] = 1.9  # bright, but no light
    depth = blobs(size, 5, (7.0, 2.5, 0.0, -4.0), px)
    matte = (np.abs(0.5 - depth) < 1.5 / px).astype(np.float32) if with_matte else None
    scene = rk.prepare(rk.Photo(rgb=rgb, depth=depth, matte=matte), BEST)
    assert scene.lights is None
    lens = lens_of(size, px, aperture)
    picture, clear = exposed(scene, lens, Iris(**vars(aperture)))
    assert np.abs(clear).max() < 0.05
    np.testing.assert_allclose(scene.render(lens).rgb, picture, rtol=1e-4, atol=2.5e-4)


def test_bright_surfaces_agree_with_the_oracle_too():
    size, px = (24, 24), 40.0
    rgb = texture(size, 4)
    rgb[:, 12:] *= 1000.0  # half of the picture is no light
    depth = blobs(size, 6, (5.0, 1.0, -3.0), px)
    scene = rk.prepare(rk.Photo(rgb=rgb, depth=depth), BEST)
    assert scene.lights is None
    lens = lens_of(size, px)
    picture, _ = exposed(scene, lens, Iris())
    found = scene.render(lens).rgb
    brightest = ndimage.maximum_filter(picture, (3, 3, 1))
    assert (np.abs(found - picture) / brightest).max() < 2e-4


# --- the same picture again


@both
def test_one_scene_many_lenses_in_any_order(quality):
    photo, lens = busy_scene()
    before = photo.rgb.copy(), photo.depth.copy() if photo.depth is not None else None
    others = [replace(lens, f_number=2 * lens.f_number), replace(lens, focus_m=1.2), rk.Lens()]
    with rendering(quality) as chosen:
        scene = rk.prepare(photo, chosen)
        first = scene.render(lens).rgb
        for other in others:
            scene.render(other)
        np.testing.assert_array_equal(scene.render(lens).rgb, first)
    np.testing.assert_array_equal(rendered(photo, lens, quality), first)
    np.testing.assert_array_equal(photo.rgb, before[0])
    np.testing.assert_array_equal(photo.depth, before[1])


KNOWN_BLUR = ExistingBlur((0.1, 0.5, 0.9), (60.0, 0.0, 60.0), 0.5, 1.0)


def test_blur_that_is_there_takes_no_scene_apart_again(monkeypatch):
    photo, lens = busy_scene()
    scene = rk.prepare(photo)
    plain = scene.render(lens).rgb
    blurred = replace(scene.prepared, existing_blur=KNOWN_BLUR)
    first = render_scene(blurred, lens, scene.settings).rgb
    monkeypatch.setattr(layered.LayeredScene, "of", lambda *_: pytest.fail("it was taken apart again"))
    np.testing.assert_array_equal(render_scene(blurred, lens, scene.settings).rgb, first)
    render_scene(blurred, replace(lens, focus_m=1.2), scene.settings)
    # Nothing is missing to such a blur.
    assert np.abs(first - photo.rgb).mean() < 0.01 * np.abs(plain - photo.rgb).mean()


def test_the_last_lens_may_use_the_scene_up(monkeypatch):
    size, px = (480, 640), 100.0
    photo = rk.Photo(rgb=texture(size, 12), depth=blobs(size, 13, (24.0, 10.0, 0.2, -16.0, -40.0), px))
    lens, scene = lens_of(size, px), rk.prepare(photo)
    blurred = replace(scene.prepared, existing_blur=replace(KNOWN_BLUR, radius_px=(2.0, 0.0, 2.0)))
    other = replace(lens, focus_m=1.2)
    first, second = (render_scene(blurred, one, scene.settings).rgb for one in (lens, other))
    made, looked_at = [], []
    level = layered.LayeredScene.level
    monkeypatch.setattr(layered.LayeredScene, "level", lambda self, n: looked_at.append(n) or level(self, n))
    of = layered.LayeredScene.of
    monkeypatch.setattr(layered.LayeredScene, "of", lambda *words: made.append(1) or of(*words))
    np.testing.assert_array_equal(render_scene(blurred, lens, scene.settings, last=True).rgb, first)
    assert looked_at and not made
    np.testing.assert_array_equal(render_scene(blurred, other, scene.settings).rgb, second)
    assert len(made) == 1  # and then it is kept again
    np.testing.assert_array_equal(render_scene(blurred, lens, scene.settings).rgb, first)
    assert len(made) == 1


@both
def test_same_bits_for_any_number_of_threads(quality, monkeypatch):
    photo, lens = busy_scene()
    pictures = []
    for threads in ("1", "2", ""):
        monkeypatch.setenv("REBOKEH_THREADS", threads)
        pictures.append(rendered(photo, lens, quality))
    for picture in pictures[1:]:
        np.testing.assert_array_equal(picture, pictures[0])


@both
def test_same_bits_again_and_again(quality):
    # Whichever tile is done first.
    photo, lens = busy_scene()
    reference = rendered(photo, lens, quality)
    for _ in range(5):
        np.testing.assert_array_equal(rendered(photo, lens, quality), reference)


@pytest.mark.parametrize("rows", [7, *(pytest.param(rows, marks=pytest.mark.slow) for rows in (1, 1000))])
def test_same_bits_for_any_bands(monkeypatch, rows):
    photo, lens = busy_scene()
    reference = rendered(photo, lens, "small tiles")
    monkeypatch.setattr(sprites, "TILE_PX", 16 * rows)
    for module in (layered, subject_sides):
        monkeypatch.setattr(module, "BAND_ROWS", layered.CELL * rows)
    np.testing.assert_array_equal(rendered(photo, lens, "small tiles"), reference)


@pytest.mark.parametrize("quality", ["fast", "best"])
@pytest.mark.parametrize("side", [17, 96, *(pytest.param(side, marks=pytest.mark.slow) for side in (64, 1000))])
def test_same_bits_for_any_tiles(side, quality):
    photo, lens = busy_scene()
    reference = rendered(photo, lens, quality)
    with tiles_of(side):
        picture = rk.render(photo, lens, rk.RenderSettings(quality=quality)).rgb
    np.testing.assert_array_equal(picture, reference)


@both
@pytest.mark.parametrize("axis", [0, 1])
def test_a_mirrored_photo_gives_the_mirrored_picture(axis, quality):
    # Plain colours at the outlines: what hides there is filled from a pyramid, whose cells do not mirror.
    # And none at a depth at which the scene is cut, where the last bit decides.
    size, px = (64, 128), 50.0
    rgb = texture(size, 14)
    y, x = np.mgrid[: size[0], : size[1]]
    radius = 1.0 + 6.0 * x / size[1] + 2.0 * y / size[0]
    near = np.hypot(y - 31.5, x - 60) < 16
    rgb[np.hypot(y - 31.5, x - 60) < 36] = 0.3
    rgb[near] = 0.8
    rgb[20, 110] = 400.0
    depth = np.where(near, depth_of(-7.0, px), depth_of(radius, px))
    picture = shoot(rgb, depth, px, quality=quality)
    mirrored = shoot(np.flip(rgb, axis), np.flip(depth, axis), px, quality=quality)
    np.testing.assert_allclose(np.flip(mirrored, axis), picture, atol=1e-4)


@both
def test_a_plain_plane_is_mirrored_to_the_last_digits(quality):
    size, px = (64, 64), 50.0
    rgb = texture(size, 16)
    rgb[20, 30] = 400.0
    depth = np.full(size, depth_of(5.7, px), np.float32)
    picture = shoot(rgb, depth, px, quality=quality)
    for axis in (0, 1):
        np.testing.assert_allclose(
            np.flip(shoot(np.flip(rgb, axis), depth, px, quality=quality), axis), picture, atol=1e-5
        )


@both
def test_a_longer_stop_is_a_sharper_picture_and_a_pinhole_the_photo(quality):
    photo, lens = busy_scene()
    off = [
        float(np.abs(rendered(photo, replace(lens, f_number=lens.f_number * k), quality) - photo.rgb).mean())
        for k in (1, 2, 4, 1000)
    ]
    assert off[0] > off[1] > off[2] > off[3]
    assert off[3] < 1e-4


# --- odd input


@both
def test_negative_values_of_a_wide_gamut_stay(quality):
    size, px = (64, 64), 40.0
    rgb = full(size, (0.5, 0.2, -0.05))
    np.testing.assert_allclose(shoot(rgb, np.full(size, 0.5, np.float32), px, quality=quality), rgb, atol=1e-6)
    np.testing.assert_allclose(shoot(rgb, np.full(size, 0.4, np.float32), px, quality=quality), rgb, atol=1e-4)
    assert np.isfinite(shoot(rgb, depths(size, 3, "all"), px, quality=quality)).all()


@both
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 2), (3, 200)])
def test_pictures_of_any_size(size, quality):
    rgb = texture(size, 15)
    picture = shoot(rgb, np.linspace(0, 1.5, size[0] * size[1], dtype=np.float32).reshape(size), 30.0, quality=quality)
    assert picture.shape == rgb.shape and np.isfinite(picture).all()
    assert picture.min() >= 0 and picture.max() <= rgb.max() + 1e-4


@both
def test_what_the_blur_reaches_stays_within_the_colours_of_the_scene(quality):
    photo, lens = busy_scene()
    dim = replace(photo, rgb=np.minimum(photo.rgb, 1.0))
    picture = rendered(dim, lens, quality)
    assert picture.min() >= -1e-6 and picture.max() <= 1.0 + 1e-3


def test_without_depth():
    photo = rk.Photo(rgb=full((8, 8), 0.5))
    with pytest.raises(NoDepthError, match="`depth`"):
        rk.render(photo)
    with pytest.raises(NoDepthError, match="`matte`"):
        rk.render(photo, settings=rk.RenderSettings(style="gaussian"))
    matte = np.zeros((8, 8), np.float32)
    matte[:, 4:] = 1
    picture = rk.render(replace(photo, matte=matte), settings=rk.RenderSettings(style="gaussian"))
    np.testing.assert_allclose(picture.rgb, 0.5, atol=1e-6)


@pytest.mark.parametrize("bad", [{"style": "soft"}, {"highlights": "on"}, {"rendition": "hlg"}, {"quality": "good"}])
def test_a_word_that_is_no_setting(bad):
    with pytest.raises(UsageError):
        rk.RenderSettings(**bad)


def test_the_picture_carries_its_depth_and_no_stale_gain_map():
    photo, lens = busy_scene()
    picture = rk.render(photo, lens)
    assert picture.gain_map is None
    assert picture.depth is not None and picture.depth.shape == photo.size
    assert picture.rgb.dtype == np.float32


@both
def test_the_border_goes_on_as_it_is(quality):
    # A horizontal stripe reaching the border is as bright there as in the middle: no dark rim, no bright one.
    size, px = (64, 96), 60.0
    rgb = full(size, 0.1)
    rgb[28:36] = 0.9
    picture = shoot(rgb, np.full(size, depth_of(6.0, px), np.float32), px, quality=quality)
    np.testing.assert_allclose(picture[:, :1].repeat(96, axis=1), picture, atol=2e-2)
