"""Surfaces through the lens: one colour stays one, and what is solid stays solid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference.naive import Iris, scatter
from support.scenes import (
    HEX,
    ROUND,
    both,
    depth_inside,
    depth_of,
    depths,
    edge_of_disc,
    full,
    shoot,
    soft,
    texture,
)  # fmt: skip

pytestmark = pytest.mark.kernels

# --- one colour stays one colour


@both
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
@example((1, 50), 0, "noise", (0.6, 0.3, 0.1), 3.0, False)
def test_one_colour_stays_one_colour(quality, size, seed, kind, colour, px_per_dioptre, with_matte):
    rng = np.random.default_rng(seed)
    matte = None
    if with_matte:
        matte = soft(rng.normal(size=size), 3)
        matte = np.clip(0.5 + matte / max(np.abs(matte).max(), 1e-9), 0, 1).astype(np.float32)
    picture = shoot(
        full(size, colour), depths(size, seed, kind), px_per_dioptre, HEX if seed % 2 else ROUND, matte, quality=quality
    )
    np.testing.assert_allclose(picture, full(size, colour), rtol=1e-3, atol=1e-6)


# --- solid things stay solid


def tilted_plane(size: tuple[int, int], px: float, from_px: float, to_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a rectangle through focus, its blur from one signed radius at the left to another at the right."""
    there = np.zeros(size, bool)
    there[size[0] // 8 : -size[0] // 8, size[1] // 6 : -size[1] // 6] = True
    radius = np.linspace(from_px, to_px, size[1])[None].repeat(size[0], axis=0)
    return there, depth_of(radius, px)


def blunt_px(quality: str, level: int) -> int:
    """How much farther than its blur an outline reaches that is drawn at a level: the cubic's two pixels there."""
    return 0 if quality == "best" else 2 * 2**level


@both
@pytest.mark.parametrize("with_matte", [False, True], ids=["no matte", "matte"])
@pytest.mark.parametrize("from_px, to_px", [(-9.0, 9.0), (-14.0, 3.0), pytest.param(9.0, -9.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("behind", ["bright wall", "bright patches", "lights"])
def test_a_tilted_plane_keeps_its_colour_whatever_lies_behind(behind, from_px, to_px, with_matte, quality):
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
    picture = shoot(rgb, depth, px, ROUND, there.astype(np.float32) if with_matte else None, quality=quality)
    # from the outline's middle, half a pixel out, the blur; and a pixel for the mixed ones
    inside = depth_inside(there) > 1.05 * np.abs((0.5 - depth) * px) + 2 + blunt_px(quality, 1)
    assert inside.sum() > 2000
    off = np.abs(picture - np.array(colour)).max(axis=2)
    worst = np.unravel_index(np.argmax(np.where(inside, off, 0)), size)
    assert off[inside].max() < 1e-3 * max(colour), f"off by {off[worst]:.4f} at row {worst[0]}, column {worst[1]}"


@pytest.mark.parametrize(
    "from_px, to_px",
    [
        (-28.0, 3.0),
        (20.0, -20.0),
        *(pytest.param(*ends, marks=pytest.mark.slow) for ends in ((-60.0, 3.0), (20.0, -40.0))),
    ],
)
def test_a_tilted_plane_is_whole_where_the_size_changes_that_it_is_drawn_at(from_px, to_px):
    # Large enough for two smaller sizes without small tiles.
    size, px, colour = (600, 1100), 50.0, (0.2, 0.5, 0.3)
    there, plane = tilted_plane(size, px, from_px, to_px)
    rgb = full(size, 50.0)
    rgb[there] = colour
    depth = np.where(there, plane, depth_of(22.0, px)).astype(np.float32)
    picture = shoot(rgb, depth, px, quality="fast")
    inside = depth_inside(there) > 1.05 * np.abs((0.5 - depth) * px) + 2 + blunt_px("fast", 2)
    np.testing.assert_allclose(picture[inside], np.broadcast_to(colour, (inside.sum(), 3)), atol=1e-3 * min(colour))


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["before focus", "behind focus"])
def test_a_small_step_across_a_cut_lets_nothing_through(sign):
    # A step too small for two surfaces: nothing is known behind it but what lies far behind all of it.
    size, px = (120, 160), 100.0
    radius = np.full(size, -2.7)
    radius[40:60, 60:100], radius[44:48, 70:74] = -1.19, -2.7
    radius[100:] = 40.0
    radius = radius if sign > 0.0 else np.where(radius > 0.0, 40.0, 4.0 + radius)
    rgb = full(size, 1.0)
    rgb[100:] = 0.0
    picture = shoot(rgb, depth_of(radius, px), px, quality="fast")
    np.testing.assert_allclose(picture[:90], 1.0, atol=2e-3)


@both
@pytest.mark.parametrize("from_px, to_px, aperture", [(-6.0, 6.0, ROUND), (7.0, 1.0, HEX), (-7.0, -2.0, ROUND)])
def test_a_textured_tilted_plane_is_one_surface(from_px, to_px, aperture, quality):
    size, px = (24, 64), 40.0
    rgb = texture(size, 8)
    radius = np.linspace(from_px, to_px, size[1])[None].repeat(size[0], axis=0)
    picture = shoot(rgb, depth_of(radius, px), px, aperture, quality=quality)
    once = scatter(np.dstack([rgb, np.ones(size)]), radius, np.ones(size, bool), Iris(**vars(aperture)))
    off = picture - once[..., :3] / once[..., 3:]
    assert np.sqrt(np.mean(off**2)) < 2e-3


# --- in focus


@both
def test_what_is_in_focus_comes_out_as_it_went_in(quality):
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
        picture = shoot(rgb, depth, px, ROUND, matte, quality=quality)
        # behind focus: stays behind. In front: reaches over as far as its blur.
        away = (depth_inside(~near) > 11) & (depth_inside(~blurred) > 2)
        assert away.sum() > 8000
        assert np.abs(picture - rgb)[away].max() < 1 / 255


@both
def test_a_soft_outline_in_focus_comes_out_as_it_went_in(quality):
    # Hair before a background that is as sharp: taken apart and put together again, each pixel is what it was.
    size, px = (64, 64), 60.0
    rgb = texture(size, 17)
    y, x = np.mgrid[: size[0], : size[1]]
    matte = np.clip((40 - np.hypot(y - 32, x - 20)) / 12, 0, 1).astype(np.float32)
    depth = np.where(matte > 0.5, 0.5, depth_of(0.45, px)).astype(np.float32)
    assert np.abs(shoot(rgb, depth, px, ROUND, matte, quality=quality) - rgb).max() < 1 / 255


# --- foreground


@both
@pytest.mark.parametrize("radius_px", [3.0, 6.5, 14.0])
@pytest.mark.parametrize("with_matte", [False, True], ids=["no matte", "matte"])
def test_a_blurred_foreground_is_half_transparent_at_its_edge(radius_px, with_matte, quality):
    size, px = (96, 128), 60.0
    near = np.zeros(size, bool)
    near[:, :48] = True
    rgb = full(size, 0.1)
    rgb[near] = 0.9
    depth = np.where(near, depth_of(-radius_px, px), 0.5).astype(np.float32)
    picture = shoot(rgb, depth, px, ROUND, (~near).astype(np.float32) if with_matte else None, quality=quality)
    row = picture[48, :, 1]
    expected = 0.1 + 0.8 * edge_of_disc(47.5 - np.arange(size[1]), radius_px)
    np.testing.assert_allclose(row, expected, atol=0.01)
    # no ghost of the sharp outline: nowhere steeper than the disc's own edge
    assert np.abs(np.diff(row)).max() < 1.15 * 0.8 * 2 / (math.pi * radius_px)
    assert row[48] + row[47] == pytest.approx(1.0, abs=0.02)


@both
def test_the_sharp_subject_shows_through_the_foreground_s_edge(quality):
    size, px, radius_px = (96, 128), 60.0, 10.0
    near = np.zeros(size, bool)
    near[:, :40] = True
    rgb = texture(size, 11)
    rgb[near] = 0.0
    depth = np.where(near, depth_of(-radius_px, px), 0.5).astype(np.float32)
    picture = shoot(rgb, depth, px, quality=quality)
    through = 1 - edge_of_disc(39.5 - np.arange(size[1]), radius_px)
    expected = rgb * through[None, :, None]
    beside = slice(42, 52)  # where the subject itself was seen
    np.testing.assert_allclose(picture[16:-16, beside], expected[16:-16, beside], atol=0.02)


@both
def test_a_sharp_subject_before_a_bright_wall_has_no_glow(quality):
    size, px = (128, 128), 60.0
    y, x = np.mgrid[: size[0], : size[1]]
    # An antialiased disc: the matte's half pixels show both.
    matte = np.clip(30.5 - np.hypot(y - 64, x - 64), 0, 1).astype(np.float32)
    for wall in (1.0, 30.0):
        rgb = (0.05 * matte + wall * (1 - matte))[..., None].repeat(3, axis=2).astype(np.float32)
        depth = np.where(matte > 0.5, 0.5, depth_of(15.0, px)).astype(np.float32)
        picture = shoot(rgb, depth, px, ROUND, matte, quality=quality)
        assert np.abs(picture[matte == 1] - 0.05).max() < 1e-3 * wall
        np.testing.assert_allclose(picture[matte == 0], wall, rtol=2e-3)
        mixed = (matte > 0) & (matte < 1)
        np.testing.assert_allclose(picture[mixed], rgb[mixed], atol=0.02 * wall)


@both
@pytest.mark.parametrize("radius_px", [-7.0, 7.0])
def test_a_blurred_subject_glows_no_more_than_its_disc(radius_px, quality):
    size, px = (128, 128), 60.0
    matte = np.zeros(size, np.float32)
    matte[:, 50:] = 1.0
    rgb = full(size, 2.0)
    rgb[matte > 0] = 0.05
    depth = np.where(matte > 0, depth_of(radius_px, px), depth_of(20.0, px)).astype(np.float32)
    row = shoot(rgb, depth, px, ROUND, matte, quality=quality)[64, :, 1]
    expected = 2.0 - 1.95 * edge_of_disc(np.arange(size[1]) - 49.5, radius_px * np.sign(radius_px))
    np.testing.assert_allclose(row, expected, atol=0.03 * 2)
    np.testing.assert_allclose(row[60:], 0.05, atol=2e-3)


@pytest.mark.parametrize("seed", [0, 4, 5])
def test_nothing_far_shows_through_where_three_surfaces_meet(seed):
    """What is nearest lets light pass to what lies between, and that ends it: nothing of the dark is within reach."""
    size, px, reach_px, border = (96, 140), 40.0, 7.0 + 14.0, 110
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    radius = np.full(size, 0.3)
    for radius_px, count in ((-3.0, 4), (-6.3, 4), (-5.7, 3)):
        for _ in range(count):
            cy, cx, side = rng.uniform(0, size[0]), rng.uniform(0, 80), rng.uniform(6, 16)
            radius[np.hypot(y - cy, x - cx) < side] = radius_px
    far = x >= border
    radius[far] = 14.0
    rgb = full(size, 0.5)
    rgb[far] = 0.0
    picture = shoot(rgb, depth_of(radius, px), px, quality="fast")
    np.testing.assert_allclose(picture[:, : border - int(reach_px)], 0.5, rtol=0.01)
