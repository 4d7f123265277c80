"""Light through the lens: none is lost and none is made."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from reference.naive import Iris, aperture_image
from support.scenes import HEX, ROUND, both, depth_of, edge_of_disc, full, grown, lens_of, rendered, shoot, texture

import rebokeh as rk

pytestmark = pytest.mark.kernels


@both
@pytest.mark.parametrize("radius_px", [0.0, 0.3, 1.0, 3.3, 9.0, 24.0, -2.0, -9.0, -24.0])
@pytest.mark.parametrize("aperture", [ROUND, HEX], ids=["disc", "hexagon"])
@pytest.mark.parametrize("radiance", [1.5, 900.0], ids=["in its layer", "as a light"])
def test_a_lone_light_keeps_its_energy(radiance, aperture, radius_px, quality):
    size = (128, 128)
    rgb = full(size, 0.0)
    rgb[64, 63] = radiance * np.array([1.0, 0.5, 0.25], np.float32)
    depth = np.full(size, depth_of(radius_px, 100.0), np.float32)
    picture = shoot(rgb, depth, 100.0, aperture, quality=quality)
    np.testing.assert_allclose(picture.sum(axis=(0, 1)), rgb.sum(axis=(0, 1)), rtol=1e-3)
    # What is drawn at half size may swing a little below the black when it is enlarged; a light is not.
    coarse = quality != "best" and radiance < 2
    assert picture.min() >= (-0.2 * picture.max() if coarse else -1e-9)


@both
def test_a_light_before_a_wall_adds_to_it(quality):
    size = (96, 96)
    rgb = full(size, 0.2)
    rgb[40:42, 50:52] = 400.0
    depth = np.full(size, depth_of(14.0, 60.0), np.float32)
    picture = shoot(rgb, depth, 60.0, quality=quality)
    extra = picture - 0.2
    np.testing.assert_allclose(extra.sum(axis=(0, 1)), 4 * 399.8, rtol=1e-3)
    parts = [aperture_image(Iris(), 14.0, (x, y), size, strips=4) for x in (50, 51) for y in (40, 41)]
    exact = np.sum(parts, axis=0)
    inside = grown(exact > 0.999 * exact.max(), -2)
    np.testing.assert_allclose(extra[inside], 399.8 * 4 / (math.pi * 14.0**2), rtol=2e-3)
    assert np.abs(extra[~grown(exact > 0, 2)]).max() < 1e-4


@both
def test_a_light_at_the_border_is_cut_not_mirrored(quality):
    size = (80, 80)
    rgb = full(size, 0.05)
    rgb[40, 3] = 2000.0
    picture = shoot(rgb, np.full(size, depth_of(12.0, 60.0), np.float32), 60.0, quality=quality)
    extra = picture[..., 0] - 0.05
    assert extra.max() == pytest.approx(2000 / (math.pi * 144), rel=1e-2)
    seen = edge_of_disc(np.array([3.5]), 12.0)[0]
    assert extra.sum() == pytest.approx(2000 * seen, rel=1e-2)


@both
@pytest.mark.parametrize("mode", ["auto", "estimate", "off"])
def test_sharp_highlights_stay_as_the_photo_shows_them(mode, quality):
    size = (64, 64)
    rgb = texture(size, 1, 0.0, 0.2)
    rgb[20:24, 20:24] = 1.0
    photo = rk.Photo(rgb=rgb, depth=np.full(size, 0.5, np.float32))
    photo = replace(photo, meta=replace(photo.meta, format="jpeg"))
    lens, modes = lens_of(size, 60.0), rk.RenderSettings(highlights=mode)
    assert np.abs(rendered(photo, lens, quality, modes) - rgb).max() < 1 / 255
    hdr = rendered(photo, lens, quality, replace(modes, rendition="hdr"))
    assert (hdr[20:24, 20:24].min() > 1.5) == (mode != "off")


@both
@pytest.mark.parametrize("with_matte", [False, True], ids=["no matte", "matte"])
def test_a_defocused_light_is_cut_by_a_twig(with_matte, quality):
    size, px = (96, 96), 60.0
    twig = np.zeros(size, bool)
    twig[:, 52:56] = True
    rgb = full(size, 0.0)
    rgb[48, 46] = 3000.0
    depth = np.where(twig, 0.5, depth_of(20.0, px)).astype(np.float32)  # focus on the twig
    picture = shoot(rgb, depth, px, ROUND, twig.astype(np.float32) if with_matte else None, quality=quality)[..., 1]
    disc = picture * math.pi * 400 / 3000
    free = aperture_image(Iris(), 20.0, (46, 48), size, strips=4) * math.pi * 400
    inside = free > 0.999
    # the rays that end on the twig came through it: a dark bar where it stands, the rest as bright as ever
    assert disc[:, 53:55].max() < 0.02
    rest = inside & ~grown(twig, 1)
    np.testing.assert_allclose(disc[rest], 1.0, atol=0.02)
    assert picture.sum() / 3000 == pytest.approx((free * ~twig).sum() / free.sum(), abs=0.01)
