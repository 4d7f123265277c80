"""Pictures through real lenses: the light that arrives, and what each lens makes of a scene."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from reference.rays import PACKAGED, centroid, lens_called, made
from support.scenes import FOCUS, HEX, both, depth_of, full, lens_of, rendered, texture

import rebokeh as rk
from rebokeh.bokeh.optics.elements import MOST_UM, Glass, Pupil, Rim, Wavefront
from rebokeh.bokeh.optics.ray_model import RayModel

pytestmark = pytest.mark.kernels

SIZE = (144, 192)
PX_PER_DIOPTRE = 30.0
RADII_PX = (-12.0, 0.0, 12.0)


def blurring(lens: rk.Lens, size: tuple[int, int] = SIZE) -> rk.Lens:
    """Return the lens at its own f-number, blurring a picture of this size by PX_PER_DIOPTRE; focus lies at 2 m."""
    frame = lens_of(size, PX_PER_DIOPTRE)
    assert frame.sensor_mm is not None
    # Blur on the sensor goes with 1/N: a sensor smaller by as much shows the same.
    width, height = (side * frame.f_number / lens.f_number for side in frame.sensor_mm)
    return replace(lens, focus_m=2.0, focal_mm=frame.focal_mm, sensor_mm=(width, height), starburst=0.0)


def strong(lens: rk.Lens, size: tuple[int, int] = SIZE, share: float = 1.0) -> rk.Lens:
    """Return a lens whose flaws are as large in pixels of a small picture as the lens's are at 12 MP, or a share."""
    times = share * 5000.0 / math.hypot(*size)
    wave = lens.glass.wavefront

    def more(value):
        scaled = np.clip(np.multiply(value, times), -MOST_UM, MOST_UM).tolist()
        return tuple(scaled) if isinstance(value, tuple) else scaled

    stronger: dict[str, Any] = {
        key: value if key == "ripple_rings" else more(value) for key, value in vars(wave).items()
    }
    return replace(lens, glass=replace(lens.glass, wavefront=Wavefront(**stronger)))


def plane(rgb: np.ndarray, radius_px: float) -> rk.Photo:
    return rk.Photo(rgb=rgb, depth=np.full(rgb.shape[:2], depth_of(radius_px, PX_PER_DIOPTRE), np.float32))


def arriving(lens: rk.Lens, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Share of the light that arrives at each pixel, float64 (H, W, 1)."""
    y, x = np.mgrid[: size[0], : size[1]]
    ray_model = RayModel(lens, size, math.hypot(*size))
    near, which = np.unique(np.hypot(x - 0.5 * (size[1] - 1), y - 0.5 * (size[0] - 1)).round(1), return_inverse=True)
    field = 2.0 / ray_model.diagonal_px * near[:, None] * np.array([[1.0, 0.0]])
    return ray_model.light(field)[which].reshape(*size, 1)


def scene(size: tuple[int, int] = SIZE) -> rk.Photo:
    """Return a subject in focus with a lamp behind it and a slope before it."""
    rgb = texture(size, 3)
    rgb[30, 40] = 300.0
    y, x = np.mgrid[: size[0], : size[1]]
    depth = np.where(y > 110, FOCUS + 0.004 * (y - 110), FOCUS - 0.3)
    depth[np.hypot(y - 75, x - 100) < 25] = FOCUS
    return rk.Photo(rgb=rgb, depth=depth.astype(np.float32))


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 1.0], ids=["as small as the picture", "as large as at 12 MP"])
@pytest.mark.parametrize("name", PACKAGED)
def test_a_picture_through_each_lens(name, share):
    lens = blurring(lens_called(name))
    lens = strong(lens) if share else lens
    photo = scene()
    fast, best = (rendered(photo, lens, quality) for quality in ("fast", "best"))
    for picture in (fast, best):
        assert np.isfinite(picture).all() and picture.min() > -0.02
    near_the_lamp = np.zeros(SIZE, bool)
    near_the_lamp[:80, :100] = True
    apart = np.abs(fast - best)[~near_the_lamp]
    assert apart.mean() < 0.01 and np.quantile(apart, 0.99) < 0.06


@both
@pytest.mark.parametrize("radius_px", RADII_PX)
@pytest.mark.parametrize("name", ["petzval", "vintage-50", "anamorphic-2x", "mirror-500", "stf"])
def test_a_grey_wall_stays_grey_but_for_the_vignetting(name, radius_px, quality):
    lens = blurring(lens_called(name))
    picture = rendered(plane(full(SIZE, 0.4), radius_px), lens, quality)
    # Every colour alike: no fringes where there are no edges.
    np.testing.assert_allclose(picture, np.broadcast_to(picture[..., 1:2], picture.shape), rtol=1e-3)
    inner = slice(2, -2), slice(2, -2)
    np.testing.assert_allclose(picture[inner][..., 1:2], 0.4 * arriving(lens)[inner], rtol=5e-3)
    assert picture.mean() == pytest.approx(0.4 * arriving(lens).mean(), rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKAGED)
def test_a_grey_wall_stays_grey_through_strong_flaws(name):
    lens = strong(blurring(lens_called(name)))
    for radius_px in RADII_PX:
        picture = rendered(plane(full(SIZE, 0.4), radius_px), lens, "fast")
        np.testing.assert_allclose(picture, np.broadcast_to(picture[..., 1:2], picture.shape), rtol=1e-3)
        assert picture.mean() == pytest.approx(0.4 * arriving(lens).mean(), rel=1e-3)


@both
def test_a_glass_without_flaws_is_none(quality):
    lens = replace(lens_of(SIZE, PX_PER_DIOPTRE, HEX), starburst=0.0)
    plain = rendered(scene(), lens, quality)
    glass = rendered(scene(), replace(lens, glass=Glass(f_number=lens.f_number)), quality)
    np.testing.assert_array_equal(glass, plain)


def test_vignetting_darkens_what_is_in_focus_too():
    lens = blurring(made(2.0, Pupil(front=Rim(1.0, 0.6), rear=Rim(1.05, 0.5))))
    rgb = texture(SIZE, 4)
    picture = rendered(plane(rgb, 0.0), lens, "best")
    np.testing.assert_allclose(picture[2:-2, 2:-2], (rgb * arriving(lens))[2:-2, 2:-2], rtol=2e-2, atol=1e-5)
    assert arriving(lens)[0, 0, 0] < 0.6


def test_lateral_colour_sets_a_light_apart():
    lens = strong(blurring(made(2.0, lateral_um=(3.0, 0.0, -3.0))))
    rgb = full(SIZE, 0.0)
    rgb[30, 150] = 400.0
    picture = rendered(plane(rgb, 8.0), lens, "best")
    red, green, blue = (centroid(picture[..., c]) for c in range(3))
    outwards = np.array([150 - 95.5, 30 - 71.5])
    apart_px = 2.0 * 2.0 * 5000.0 / 43270.0 * 3.0 * outwards / (0.5 * math.hypot(*SIZE))
    np.testing.assert_allclose(green - red, apart_px, atol=0.02)
    np.testing.assert_allclose(blue - green, apart_px, atol=0.02)


def test_lateral_colour_alone_leaves_a_sharp_wall_grey():
    lens = strong(blurring(made(2.0, lateral_um=(3.0, 0.0, -3.0))))
    picture = rendered(plane(full(SIZE, 0.4), 0.0), lens, "best")
    np.testing.assert_allclose(picture, 0.4, rtol=1e-3)


# Stars


def lamp() -> rk.Photo:
    """Return a clipped lamp in focus, 300 times white, before black."""
    rgb = full(SIZE, 0.0)
    rgb[70:73, 90:93] = 300.0
    return rk.Photo(rgb=rgb, depth=np.full(SIZE, FOCUS, np.float32))


def stopped_down(starburst: float = 1.0) -> rk.Lens:
    return rk.Lens(16.0, focus_m=2.0, aperture=HEX, starburst=starburst)


def test_a_clipped_lamp_gets_a_star():
    hdr = rk.RenderSettings(rendition="hdr")
    with_star, without = (rendered(lamp(), stopped_down(s), "fast", hdr) for s in (1.0, 0.0))
    far = np.hypot(*(np.mgrid[: SIZE[0], : SIZE[1]] - np.array([71, 91])[:, None, None])) > 6
    assert with_star[far].max() > 1e-3
    np.testing.assert_allclose(without[far], 0.0, atol=1e-6)
    # HDR: what the star scatters is taken from the lamp. Some of it leaves the picture.
    assert with_star.sum() == pytest.approx(without.sum(), rel=1e-3)


def test_a_white_wall_gets_no_star():
    photo = plane(full(SIZE, 1.0), 0.0)
    with_star, without = (rendered(photo, stopped_down(s), "fast") for s in (1.0, 0.0))
    np.testing.assert_array_equal(with_star, without)
