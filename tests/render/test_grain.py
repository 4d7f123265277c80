"""Grain and dither: what blur takes of a photo's noise can be put back, and what is smooth does not band."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from support.scenes import depth_of, lens_of, texture

import rebokeh as rk
from rebokeh.bokeh.colour.profile import Profile
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.render.grain import STEPS, noise_of
from rebokeh.bokeh.render.settings import how_rendered
from rebokeh.bokeh.settings.options import Options

pytestmark = pytest.mark.kernels

SIZE = (240, 320)


def noisy(dark: float, bright: float, seed: int = 1) -> np.ndarray:
    """Make a ramp from black to white with noise that grows or falls along it, in square roots of light."""
    rng = np.random.default_rng(seed)
    root = np.linspace(0.05, 0.95, SIZE[1])[None, :, None] * np.ones((*SIZE, 3))
    sigma = dark + (bright - dark) * root
    return (np.clip(root + sigma * rng.standard_normal((*SIZE, 3)), 0, 1) ** 2).astype(np.float32)


def photo(rgb: np.ndarray, depth: float | np.ndarray) -> rk.Photo:
    return rk.Photo(
        rgb=rgb,
        depth=np.broadcast_to(np.float32(depth), SIZE),
        profile=Profile(),
        meta=Metadata(format="jpeg", f35_mm=50.0),
    )


def spread_of(rgb: np.ndarray) -> np.ndarray:
    """Noise in the dark and the bright half, in square roots of light."""
    root = np.sqrt(np.clip(rgb[20:-20], 0, 1))
    return np.array(
        [np.diff(root[:, part, 1], axis=0).std() / np.sqrt(2) for part in (slice(20, 150), slice(170, 300))]
    )


@pytest.mark.parametrize(("dark", "bright"), [(0.02, 0.02), (0.03, 0.008), (0.004, 0.02)])
def test_noise_is_measured_by_brightness(dark, bright):
    found = noise_of(noisy(dark, bright))
    assert found is not None and found.shape == (STEPS, 3)
    level = np.linspace(0, 1, STEPS)[1:-1]
    np.testing.assert_allclose(found[1:-1], (dark + (bright - dark) * level)[:, None].repeat(3, 1), rtol=0.25)


def test_texture_is_no_noise():
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    rgb = noisy(0.01, 0.01)
    rgb[:, ::2] *= np.where((x // 40) % 2 == 0, 1.0, 0.5)[:, ::2, None].astype(np.float32)  # stripes in half of it
    found = noise_of(rgb)
    assert found is not None and found[1:-1].max() < 0.016


def test_a_photo_too_small_to_tell():
    assert noise_of(texture((8, 9), 1)) is None


@pytest.mark.parametrize("radius_px", [1.5, 12.0])
def test_blur_takes_noise_and_grain_puts_it_back(radius_px):
    rgb = noisy(0.03, 0.012)
    shot, lens = photo(rgb, depth_of(radius_px, 60.0)), lens_of(SIZE, 60.0)
    off, match, half = (
        spread_of(rk.render(shot, lens, rk.RenderSettings(grain=grain)).rgb) for grain in ("off", "match", 0.5)
    )
    before = spread_of(rgb)
    assert (off < 0.6 * before).all()
    np.testing.assert_allclose(match, before, rtol=0.2)
    assert (half < match).all() and (half > off).all()


def test_what_is_in_focus_gets_none_and_the_same_bytes_come_out():
    rgb = noisy(0.03, 0.012)
    lens, settings = lens_of(SIZE, 60.0), rk.RenderSettings(grain="match")
    sharp = rk.render(photo(rgb, depth_of(0.0, 60.0)), lens, settings).rgb
    np.testing.assert_allclose(sharp, rgb, atol=1e-6)
    first, second = (rk.render(photo(rgb, depth_of(5.0, 60.0)), lens, settings).rgb for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_what_is_smooth_does_not_band(tmp_path):
    """A slope of a few codes over a whole picture: its mean is right everywhere, not only at the steps."""
    slope = np.linspace(0.2, 0.21, SIZE[1], dtype=np.float32)[None, :, None] * np.ones((*SIZE, 3), np.float32)
    path = rk.save(photo(slope, 0.2), tmp_path / "slope.png")
    codes = np.asarray(Image.open(path), np.float64)
    exact = 255 * Profile().from_linear(slope)
    off = (codes - exact)[..., 1].mean(axis=0)
    rounded = (np.rint(exact) - exact)[..., 1].mean(axis=0)
    assert np.abs(rounded).max() > 0.4 and np.abs(off).max() < 0.15
    assert np.abs(codes - exact).max() < 1.0
    assert path.read_bytes() == rk.save(photo(slope, 0.2), tmp_path / "again.png").read_bytes()


def test_what_is_a_code_exactly_stays_that_code(tmp_path):
    codes = np.random.default_rng(3).integers(0, 256, (*SIZE, 3), np.uint8)
    shot = replace(photo(Profile().to_linear(codes), 0.2))
    path = rk.save(shot, tmp_path / "same.png")
    np.testing.assert_array_equal(np.asarray(Image.open(path)), codes)


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ({"highlights": "0.5"}, {"highlights": 0.5}),
        ({"highlights": "gain-map"}, {"highlights": "gain-map"}),
        ({"grain": "match"}, {"grain": "match"}),
        ({"grain": "0.7"}, {"grain": 0.7}),
        ({}, {}),
    ],
)
def test_flags(words, settings):
    assert Options(**words).recipe().settings == rk.RenderSettings(**settings)


@pytest.mark.parametrize("words", [{"highlights": "-1"}, {"highlights": "all"}, {"grain": "lots"}, {"grain": "nan"}])
def test_wrong_flags(words):
    with pytest.raises(UsageError, match="expected"):
        Options(**words)


def test_wrong_settings():
    with pytest.raises(UsageError, match="0 or more"):
        rk.RenderSettings(grain=-0.1)
    with pytest.raises(UsageError, match="match"):
        rk.RenderSettings(grain="film")  # pyright: ignore[reportArgumentType]


def test_a_recipe_is_another_only_where_grain_is_asked_for():
    said = [how_rendered(rk.Lens(), rk.RenderSettings(grain=grain))["settings"] for grain in ("off", "match", 0.5)]
    assert [one.get("grain") for one in said] == [None, "match", 0.5]


def test_a_render_s_settings_are_those_of_its_flags():
    assert Options(highlights="0.5", grain="match").render_settings() == rk.RenderSettings(
        highlights=0.5, grain="match"
    )
