"""What must hold of every rendered picture, whatever the scene."""

from __future__ import annotations

import math
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from naive import Iris, aperture_image, lay_over, scatter
from scenes import ROUND, depth_inside, depth_of, grown, lens_of, soft, texture
from scipy import ndimage

import rebokeh as rk
from rebokeh.bokeh import spread, sprites
from rebokeh.bokeh.errors import NoDepthError, UsageError
from rebokeh.bokeh.sheets import peel

HEX = rk.Aperture(6, 0.1, 12.0)


def shoot(rgb, depth, px_per_dioptre, aperture=ROUND, matte=None, **settings) -> np.ndarray:
    """Render a scene at its own resolution; focus lies at 2 m."""
    photo = rk.Photo(rgb=rgb, depth=depth, matte=matte)
    lens = lens_of(rgb.shape[:2], px_per_dioptre, aperture)
    return rk.render(photo, lens, rk.RenderSettings(**settings)).rgb.astype(np.float64)


def full(size: tuple[int, int], colour) -> np.ndarray:
    return np.broadcast_to(np.asarray(colour, np.float32), (*size, 3)).copy()


def edge_of_disc(distance: np.ndarray, radius_px: float) -> np.ndarray:
    """Share of a disc that lies on the near side of a straight edge at this signed distance from its centre."""
    t = np.clip(distance / radius_px, -1, 1)
    return 0.5 + (t * np.sqrt(1 - t * t) + np.arcsin(t)) / math.pi


# --- against the oracle


def blobs(size: tuple[int, int], seed: int, radii_px: tuple[float, ...], px_per_dioptre: float) -> np.ndarray:
    """Depth of a few discs and slopes before each other."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    depth = np.full(size, depth_of(max(radii_px), px_per_dioptre), np.float32)
    for radius_px in sorted(radii_px, reverse=True)[1:]:
        cy, cx, r = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(0.15, 0.4) * min(size)
        inside = np.hypot(y - cy, x - cx) < r
        slope = 0.05 * ((x - cx) * rng.normal() + (y - cy) * rng.normal())
        depth[inside] = depth_of(radius_px + slope, px_per_dioptre)[inside]
    return depth


@pytest.mark.parametrize("aperture", [ROUND, HEX], ids=["disc", "hexagon"])
@pytest.mark.parametrize("with_matte", [False, True], ids=["no matte", "matte"])
def test_lays_its_sheets_over_each_other_as_the_oracle_does(aperture, with_matte):
    size, px = (22, 27), 40.0
    rgb = texture(size, 3)
    rgb[5:9, 18:23] = 1.9  # bright, but no light
    depth = blobs(size, 5, (6.0, 2.5, 0.0, -4.0), px)
    matte = (np.abs(0.5 - depth) < 1.5 / px).astype(np.float32) if with_matte else None
    scene = rk.prepare(rk.Photo(rgb=rgb, depth=depth, matte=matte))
    assert scene.lights is None and scene.dioptres is not None
    lens = lens_of(size, px, aperture)
    thin, _ = scene.mount(lens)
    sheets = list(peel(rgb, scene.dioptres, scene.matte, thin))
    assert len(sheets) > 3
    picture, clear = lay_over(sheets, thin, Iris(**vars(aperture)), size)
    assert np.abs(clear).max() < 1e-9
    np.testing.assert_allclose(scene.render(lens).rgb, picture, rtol=1e-4, atol=2.5e-4)


def test_bright_surfaces_agree_with_the_oracle_too():
    size, px = (24, 24), 40.0
    rgb = texture(size, 4)
    rgb[:, 12:] *= 1000.0  # half of the picture is no light
    depth = blobs(size, 6, (5.0, 1.0, -3.0), px)
    scene = rk.prepare(rk.Photo(rgb=rgb, depth=depth))
    assert scene.lights is None and scene.dioptres is not None
    lens = lens_of(size, px)
    thin, _ = scene.mount(lens)
    picture, _ = lay_over(list(peel(rgb, scene.dioptres, None, thin)), thin, Iris(), size)
    found = scene.render(lens).rgb
    brightest = ndimage.maximum_filter(picture, (3, 3, 1))
    assert (np.abs(found - picture) / brightest).max() < 2e-4


# --- light is kept


@pytest.mark.parametrize("radius_px", [0.0, 0.3, 1.0, 3.3, 9.0, 24.0, -2.0, -9.0, -24.0])
@pytest.mark.parametrize("aperture", [ROUND, HEX], ids=["disc", "hexagon"])
@pytest.mark.parametrize("radiance", [1.5, 900.0], ids=["in its sheet", "as a light"])
def test_a_lone_light_keeps_its_energy(radiance, aperture, radius_px):
    size = (128, 128)
    rgb = full(size, 0.0)
    rgb[64, 63] = radiance * np.array([1.0, 0.5, 0.25], np.float32)
    depth = np.full(size, depth_of(radius_px, 100.0), np.float32)
    picture = shoot(rgb, depth, 100.0, aperture)
    np.testing.assert_allclose(picture.sum(axis=(0, 1)), rgb.sum(axis=(0, 1)), rtol=1e-3)
    # a large blur is drawn at half size, and the enlargement may swing a little below the black
    assert picture.min() >= -0.2 * picture.max() if radiance < 2 else picture.min() >= -1e-9


def test_a_light_before_a_wall_adds_to_it():
    size = (96, 96)
    rgb = full(size, 0.2)
    rgb[40:42, 50:52] = 400.0
    depth = np.full(size, depth_of(14.0, 60.0), np.float32)
    picture = shoot(rgb, depth, 60.0)
    extra = picture - 0.2
    np.testing.assert_allclose(extra.sum(axis=(0, 1)), 4 * 399.8, rtol=1e-3)
    parts = [aperture_image(Iris(), 14.0, (x, y), size, strips=4) for x in (50, 51) for y in (40, 41)]
    exact = np.sum(parts, axis=0)
    inside = grown(exact > 0.999 * exact.max(), -2)
    np.testing.assert_allclose(extra[inside], 399.8 * 4 / (math.pi * 14.0**2), rtol=2e-3)
    assert np.abs(extra[~grown(exact > 0, 2)]).max() < 1e-4


def test_a_light_at_the_border_is_cut_not_mirrored():
    size = (80, 80)
    rgb = full(size, 0.05)
    rgb[40, 3] = 2000.0
    picture = shoot(rgb, np.full(size, depth_of(12.0, 60.0), np.float32), 60.0)
    extra = picture[..., 0] - 0.05
    assert extra.max() == pytest.approx(2000 / (math.pi * 144), rel=1e-2)
    seen = edge_of_disc(np.array([3.5]), 12.0)[0]
    assert extra.sum() == pytest.approx(2000 * seen, rel=1e-2)


# --- one colour stays one colour


def depths(size: tuple[int, int], seed: int, kind: str) -> np.ndarray:
    """Random depth fields in dioptres, 0..1.5, focus at 0.5."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]] / min(size)
    depth = np.full(size, rng.uniform(0, 0.3))
    if kind in ("slopes", "all"):
        depth = depth + rng.uniform(-0.6, 0.6) * x + rng.uniform(-0.6, 0.6) * y
    if kind in ("steps", "all"):
        for _ in range(4):
            depth = np.where(x * rng.normal() + y * rng.normal() > rng.normal(0, 0.5), rng.uniform(0, 1.5), depth)
    if kind in ("blobs", "all"):
        for _ in range(6):
            inside = np.hypot(x - rng.uniform(0, 1.3), y - rng.uniform(0, 1)) < rng.uniform(0.02, 0.3)
            depth = np.where(inside, rng.uniform(0, 1.5) + rng.uniform(-0.5, 0.5) * x, depth)
    if kind == "noise":
        depth = soft(rng.normal(size=size), rng.uniform(0.3, 4))
        depth = 0.5 + 0.5 * depth / np.abs(depth).max()
    depth = np.clip(depth, 0, 1.5).astype(np.float32)
    if kind == "all":
        depth[rng.random(size) < 0.02] = np.nan
        depth[:5, 7:20] = np.nan
    return depth


@given(
    st.sampled_from([(64, 80), (47, 33), (1, 50), (9, 9)]),
    st.integers(0, 10_000),
    st.sampled_from(["slopes", "steps", "blobs", "noise", "all"]),
    st.sampled_from([(0.6, 0.3, 0.1), (1.0, 1.0, 1.0), (40.0, 20.0, 30.0), (0.0, 0.0, 0.0)]),
    st.sampled_from([3.0, 12.0, 30.0]),
    st.booleans(),
)
@settings(max_examples=25)
@example((64, 80), 1, "all", (0.6, 0.3, 0.1), 30.0, True)
@example((64, 80), 2, "all", (40.0, 20.0, 30.0), 30.0, False)
def test_one_colour_stays_one_colour(size, seed, kind, colour, px_per_dioptre, with_matte):
    rng = np.random.default_rng(seed)
    matte = None
    if with_matte:
        matte = soft(rng.normal(size=size), 3)
        matte = np.clip(0.5 + matte / max(np.abs(matte).max(), 1e-9), 0, 1).astype(np.float32)
    picture = shoot(full(size, colour), depths(size, seed, kind), px_per_dioptre, HEX if seed % 2 else ROUND, matte)
    np.testing.assert_allclose(picture, full(size, colour), rtol=1e-3, atol=1e-6)


# --- solid things stay solid


def tilted_plane(size: tuple[int, int], px: float, from_px: float, to_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a rectangle through focus, its blur from one signed radius at the left to another at the right."""
    there = np.zeros(size, bool)
    there[size[0] // 8 : -size[0] // 8, size[1] // 6 : -size[1] // 6] = True
    radius = np.linspace(from_px, to_px, size[1])[None].repeat(size[0], axis=0)
    return there, depth_of(radius, px)


@pytest.mark.parametrize("with_matte", [False, True], ids=["no matte", "matte"])
@pytest.mark.parametrize("from_px, to_px", [(-9.0, 9.0), (9.0, -9.0), (-14.0, 3.0)])
@pytest.mark.parametrize("behind", ["bright wall", "bright patches", "lights"])
def test_a_tilted_plane_keeps_its_colour_whatever_lies_behind(behind, from_px, to_px, with_matte):
    size, px = (120, 160), 50.0
    colour = (0.2, 0.5, 0.3)
    there, plane = tilted_plane(size, px, from_px, to_px)
    rgb = full(size, {"bright wall": 50.0, "bright patches": 0.1, "lights": 0.1}[behind])
    y, x = np.mgrid[: size[0], : size[1]]
    if behind == "bright patches":
        rgb[(x // 20 + y // 20) % 2 == 0] = 50.0
    if behind == "lights":
        rgb[(x % 12 == 5) & (y % 12 == 5)] = 500.0
    rgb[there] = colour
    depth = np.where(there, plane, depth_of(22.0, px)).astype(np.float32)
    picture = shoot(rgb, depth, px, ROUND, there.astype(np.float32) if with_matte else None)
    # from the outline's middle, half a pixel out, the blur; and a pixel for the mixed ones
    inside = depth_inside(there) > 1.05 * np.abs((0.5 - depth) * px) + 2
    assert inside.sum() > 2000
    off = np.abs(picture - np.array(colour)).max(axis=2)
    worst = np.unravel_index(np.argmax(np.where(inside, off, 0)), size)
    assert off[inside].max() < 1e-3 * max(colour), f"off by {off[worst]:.4f} at row {worst[0]}, column {worst[1]}"


@pytest.mark.parametrize("from_px, to_px, aperture", [(-6.0, 6.0, ROUND), (7.0, 1.0, HEX), (-7.0, -2.0, ROUND)])
def test_a_textured_tilted_plane_is_one_surface(from_px, to_px, aperture):
    size, px = (24, 64), 40.0
    rgb = texture(size, 8)
    radius = np.linspace(from_px, to_px, size[1])[None].repeat(size[0], axis=0)
    picture = shoot(rgb, depth_of(radius, px), px, aperture)
    once = scatter(np.dstack([rgb, np.ones(size)]), radius, np.ones(size, bool), Iris(**vars(aperture)))
    off = picture - once[..., :3] / once[..., 3:]
    assert np.sqrt(np.mean(off**2)) < 2e-3


def test_what_is_in_focus_comes_out_as_it_went_in():
    size, px = (128, 128), 60.0
    rgb = texture(size, 9)
    rgb[60, 60] = 0.0
    y, x = np.mgrid[: size[0], : size[1]]
    depth = depth_of((x - 64) / 64 * 0.49, px)  # the subject, |CoC| < 0.5 px
    blurred = (y < 40) & (x > 80)
    depth[blurred] = depth_of(12.0, px)
    near = (y > 110) & (x < 30)
    depth[near] = depth_of(-9.0, px)
    for matte in (None, (~(blurred | near)).astype(np.float32)):
        picture = shoot(rgb, depth, px, ROUND, matte)
        # behind focus: stays behind. In front: reaches over as far as its blur.
        away = (depth_inside(~near) > 11) & (depth_inside(~blurred) > 2)
        assert away.sum() > 8000
        assert np.abs(picture - rgb)[away].max() < 1 / 255


def test_a_soft_outline_in_focus_comes_out_as_it_went_in():
    # Hair before a background that is as sharp: taken apart and put together again, each pixel is what it was.
    size, px = (64, 64), 60.0
    rgb = texture(size, 17)
    y, x = np.mgrid[: size[0], : size[1]]
    matte = np.clip((40 - np.hypot(y - 32, x - 20)) / 12, 0, 1).astype(np.float32)
    depth = np.where(matte > 0.5, 0.5, depth_of(0.45, px)).astype(np.float32)
    assert np.abs(shoot(rgb, depth, px, ROUND, matte) - rgb).max() < 1 / 255


@pytest.mark.parametrize("mode", ["auto", "estimate", "off"])
def test_sharp_highlights_stay_as_the_photo_shows_them(mode):
    size = (64, 64)
    rgb = texture(size, 1, 0.0, 0.2)
    rgb[20:26, 20:26] = 1.0
    photo = rk.Photo(rgb=rgb, depth=np.full(size, 0.5, np.float32))
    photo = replace(photo, meta=replace(photo.meta, format="jpeg"))
    lens, modes = lens_of(size, 60.0), rk.RenderSettings(highlights=mode)
    assert np.abs(rk.render(photo, lens, modes).rgb - rgb).max() < 1 / 255
    hdr = rk.render(photo, lens, replace(modes, rendition="hdr")).rgb
    assert (hdr[20:26, 20:26].min() > 1.5) == (mode != "off")


# --- foreground


@pytest.mark.parametrize("radius_px", [3.0, 6.5, 14.0])
@pytest.mark.parametrize("with_matte", [False, True], ids=["no matte", "matte"])
def test_a_blurred_foreground_is_half_transparent_at_its_edge(radius_px, with_matte):
    size, px = (96, 128), 60.0
    near = np.zeros(size, bool)
    near[:, :48] = True
    rgb = full(size, 0.1)
    rgb[near] = 0.9
    depth = np.where(near, depth_of(-radius_px, px), 0.5).astype(np.float32)
    picture = shoot(rgb, depth, px, ROUND, (~near).astype(np.float32) if with_matte else None)
    row = picture[48, :, 1]
    expected = 0.1 + 0.8 * edge_of_disc(47.5 - np.arange(size[1]), radius_px)
    np.testing.assert_allclose(row, expected, atol=0.01)
    # no ghost of the sharp outline: nowhere steeper than the disc's own edge
    assert np.abs(np.diff(row)).max() < 1.15 * 0.8 * 2 / (math.pi * radius_px)
    assert row[48] + row[47] == pytest.approx(1.0, abs=0.02)


def test_the_sharp_subject_shows_through_the_foreground_s_edge():
    size, px, radius_px = (96, 128), 60.0, 10.0
    near = np.zeros(size, bool)
    near[:, :40] = True
    rgb = texture(size, 11)
    rgb[near] = 0.0
    depth = np.where(near, depth_of(-radius_px, px), 0.5).astype(np.float32)
    picture = shoot(rgb, depth, px)
    through = 1 - edge_of_disc(39.5 - np.arange(size[1]), radius_px)
    expected = rgb * through[None, :, None]
    beside = slice(42, 52)  # where the subject itself was seen
    np.testing.assert_allclose(picture[16:-16, beside], expected[16:-16, beside], atol=0.02)


def test_a_sharp_subject_before_a_bright_wall_has_no_glow():
    size, px = (128, 128), 60.0
    y, x = np.mgrid[: size[0], : size[1]]
    # An antialiased disc: the matte's half pixels show both.
    matte = np.clip(30.5 - np.hypot(y - 64, x - 64), 0, 1).astype(np.float32)
    for wall in (1.0, 30.0):
        rgb = (0.05 * matte + wall * (1 - matte))[..., None].repeat(3, axis=2).astype(np.float32)
        depth = np.where(matte > 0.5, 0.5, depth_of(15.0, px)).astype(np.float32)
        picture = shoot(rgb, depth, px, ROUND, matte)
        assert np.abs(picture[matte == 1] - 0.05).max() < 1e-3 * wall
        np.testing.assert_allclose(picture[matte == 0], wall, rtol=2e-3)
        mixed = (matte > 0) & (matte < 1)
        np.testing.assert_allclose(picture[mixed], rgb[mixed], atol=0.02 * wall)


@pytest.mark.parametrize("radius_px", [-7.0, 7.0])
def test_a_blurred_subject_glows_no_more_than_its_disc(radius_px):
    size, px = (128, 128), 60.0
    matte = np.zeros(size, np.float32)
    matte[:, 50:] = 1.0
    rgb = full(size, 2.0)
    rgb[matte > 0] = 0.05
    depth = np.where(matte > 0, depth_of(radius_px, px), depth_of(20.0, px)).astype(np.float32)
    row = shoot(rgb, depth, px, ROUND, matte)[64, :, 1]
    expected = 2.0 - 1.95 * edge_of_disc(np.arange(size[1]) - 49.5, radius_px * np.sign(radius_px))
    np.testing.assert_allclose(row, expected, atol=0.03 * 2)
    np.testing.assert_allclose(row[60:], 0.05, atol=2e-3)


@pytest.mark.parametrize("with_matte", [False, True], ids=["no matte", "matte"])
def test_a_defocused_light_is_cut_by_a_twig(with_matte):
    size, px = (96, 96), 60.0
    twig = np.zeros(size, bool)
    twig[:, 52:56] = True
    rgb = full(size, 0.0)
    rgb[48, 46] = 3000.0
    depth = np.where(twig, 0.5, depth_of(20.0, px)).astype(np.float32)  # focus on the twig
    picture = shoot(rgb, depth, px, ROUND, twig.astype(np.float32) if with_matte else None)[..., 1]
    disc = picture * math.pi * 400 / 3000
    free = aperture_image(Iris(), 20.0, (46, 48), size, strips=4) * math.pi * 400
    inside = free > 0.999
    # the rays that end on the twig came through it: a dark bar where it stands, the rest as bright as ever
    assert disc[:, 53:55].max() < 0.02
    rest = inside & ~grown(twig, 1)
    np.testing.assert_allclose(disc[rest], 1.0, atol=0.02)
    assert picture.sum() / 3000 == pytest.approx((free * ~twig).sum() / free.sum(), abs=0.01)


# --- the same picture again


def busy_scene() -> tuple[rk.Photo, rk.Lens]:
    size, px = (90, 110), 50.0
    rgb = texture(size, 12)
    rgb[20, 30], rgb[60:62, 80] = 500.0, 90.0
    depth = blobs(size, 13, (12.0, 5.0, 0.2, -4.0, -9.0), px)
    matte = soft(np.abs(0.5 - depth) * px < 1.5, 1)
    return rk.Photo(rgb=rgb, depth=depth, matte=matte), lens_of(size, px, HEX)


def test_same_bits_for_any_number_of_threads():
    photo, lens = busy_scene()
    reference = rk.render(photo, lens).rgb
    before = numba.get_num_threads()
    if before < 2:
        pytest.skip("one thread only")
    try:
        for threads in (1, 2):
            numba.set_num_threads(threads)
            np.testing.assert_array_equal(rk.render(photo, lens).rgb, reference)
    finally:
        numba.set_num_threads(before)


def test_same_bits_for_any_bands(monkeypatch):
    photo, lens = busy_scene()
    reference = rk.render(photo, lens).rgb
    for rows in (1, 7, 1000):
        monkeypatch.setattr(spread, "BAND_ROWS", rows)
        monkeypatch.setattr(sprites, "BAND_ROWS", rows)
        np.testing.assert_array_equal(rk.render(photo, lens).rgb, reference)


def test_one_scene_many_lenses_in_any_order():
    photo, lens = busy_scene()
    before = photo.rgb.copy(), photo.depth.copy() if photo.depth is not None else None
    scene = rk.prepare(photo)
    others = [replace(lens, f_number=2 * lens.f_number), replace(lens, focus_m=1.2), rk.Lens()]
    first = scene.render(lens).rgb
    for other in others:
        scene.render(other)
    np.testing.assert_array_equal(scene.render(lens).rgb, first)
    np.testing.assert_array_equal(rk.render(photo, lens).rgb, first)
    np.testing.assert_array_equal(photo.rgb, before[0])
    np.testing.assert_array_equal(photo.depth, before[1])


@pytest.mark.parametrize("axis", [0, 1])
def test_a_mirrored_photo_gives_the_mirrored_picture(axis):
    # Plain colours at the outlines: what hides there is filled from a pyramid, whose cells do not mirror.
    size, px = (64, 128), 50.0
    rgb = texture(size, 14)
    y, x = np.mgrid[: size[0], : size[1]]
    radius = 1.0 + 6.0 * x / size[1] + 2.0 * y / size[0]
    near = np.hypot(y - 31.5, x - 60) < 16
    rgb[np.hypot(y - 31.5, x - 60) < 36] = 0.3
    rgb[near] = 0.8
    rgb[20, 110] = 400.0
    depth = np.where(near, depth_of(-6.0, px), depth_of(radius, px))
    picture = shoot(rgb, depth, px)
    mirrored = shoot(np.flip(rgb, axis), np.flip(depth, axis), px)
    np.testing.assert_allclose(np.flip(mirrored, axis), picture, atol=1e-4)


def test_a_plain_plane_is_mirrored_to_the_last_digits():
    size, px = (64, 64), 50.0
    rgb = texture(size, 16)
    rgb[20, 30] = 400.0
    depth = np.full(size, depth_of(5.7, px), np.float32)
    picture = shoot(rgb, depth, px)
    for axis in (0, 1):
        np.testing.assert_allclose(np.flip(shoot(np.flip(rgb, axis), depth, px), axis), picture, atol=1e-5)


def test_a_longer_stop_is_a_sharper_picture_and_a_pinhole_the_photo():
    photo, lens = busy_scene()
    off = [
        float(np.abs(rk.render(photo, replace(lens, f_number=lens.f_number * k)).rgb - photo.rgb).mean())
        for k in (1, 2, 4, 1000)
    ]
    assert off[0] > off[1] > off[2] > off[3]
    assert off[3] < 1e-4


# --- odd input


def test_nan_and_infinity_do_not_spread():
    size, px = (48, 48), 60.0
    rgb = full(size, 0.3)
    rgb[10, 10], rgb[30, 30] = np.nan, -np.inf
    picture = shoot(rgb, np.full(size, depth_of(6.0, px), np.float32), px)
    assert np.isfinite(picture).all()
    assert picture.max() <= 0.3 + 1e-6
    assert (picture[20, 10:40] > 0.299).all()


def test_negative_values_of_a_wide_gamut_stay():
    size, px = (64, 64), 40.0
    rgb = full(size, (0.5, 0.2, -0.05))
    np.testing.assert_allclose(shoot(rgb, np.full(size, 0.5, np.float32), px), rgb, atol=1e-6)
    np.testing.assert_allclose(shoot(rgb, np.full(size, 0.4, np.float32), px), rgb, atol=1e-4)
    assert np.isfinite(shoot(rgb, depths(size, 3, "all"), px)).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 2), (3, 200)])
def test_pictures_of_any_size(size):
    rgb = texture(size, 15)
    picture = shoot(rgb, np.linspace(0, 1.5, size[0] * size[1], dtype=np.float32).reshape(size), 30.0)
    assert picture.shape == rgb.shape and np.isfinite(picture).all()
    assert picture.min() >= 0 and picture.max() <= rgb.max() + 1e-4


def test_what_the_blur_reaches_stays_within_the_colours_of_the_scene():
    photo, lens = busy_scene()
    dim = replace(photo, rgb=np.minimum(photo.rgb, 1.0))
    picture = rk.render(dim, lens).rgb
    assert picture.min() >= -1e-6 and picture.max() <= 1.0 + 1e-3


def test_without_depth():
    photo = rk.Photo(rgb=full((8, 8), 0.5))
    with pytest.raises(NoDepthError, match="--depth"):
        rk.render(photo)
    with pytest.raises(NoDepthError, match="--matte"):
        rk.render(photo, settings=rk.RenderSettings(style="gaussian"))
    matte = np.zeros((8, 8), np.float32)
    matte[:, 4:] = 1
    picture = rk.render(replace(photo, matte=matte), settings=rk.RenderSettings(style="gaussian"))
    np.testing.assert_allclose(picture.rgb, 0.5, atol=1e-6)


@pytest.mark.parametrize("bad", [{"style": "soft"}, {"highlights": "on"}, {"rendition": "hlg"}])
def test_a_word_that_is_no_setting(bad):
    with pytest.raises(UsageError):
        rk.RenderSettings(**bad)


def test_the_picture_carries_its_depth_and_no_stale_gain_map():
    photo, lens = busy_scene()
    picture = rk.render(photo, lens)
    assert picture.gain_map is None
    assert picture.depth is not None and picture.depth.shape == photo.size
    assert picture.rgb.dtype == np.float32


def test_the_border_goes_on_as_it_is():
    # A horizontal stripe reaching the border is as bright there as in the middle: no dark rim, no bright one.
    size, px = (64, 96), 60.0
    rgb = full(size, 0.1)
    rgb[28:36] = 0.9
    picture = shoot(rgb, np.full(size, depth_of(6.0, px), np.float32), px)
    np.testing.assert_allclose(picture[:, :1].repeat(96, axis=1), picture, atol=2e-2)
