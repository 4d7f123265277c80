"""Glow that a phone's blur left beside an edge is the nearer thing's light, and is not spread over what lies behind."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

import rebokeh as rk
from rebokeh.bokeh.scene.glow import Glow
from rebokeh.bokeh.scene.layered import LayeredScene
from rebokeh.bokeh.scene.light_energy import SceneLight

pytestmark = pytest.mark.kernels

SIZE = (432, 576)
VASE, WALL = np.array((0.7, 0.66, 0.6)), np.array((0.025, 0.022, 0.02))
NEAR, FAR = 1.5, 0.5
REACH_PX = 3.0


def vase() -> np.ndarray:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    return ((x - 288) / 78) ** 2 + ((y - 240) / 150) ** 2 < 1.0


def photo_of(glow: np.ndarray, wall: np.ndarray | None = None) -> np.ndarray:
    """Show a bright vase before a dark wall of some grain, with glow: the share of its light beside it."""
    grain = 1.0 + 0.1 * np.random.default_rng(3).standard_normal(SIZE)
    share = np.where(vase(), 1.0, glow)[..., None]
    behind = grain[..., None] * (WALL if wall is None else wall)
    return (share * VASE + (1.0 - share) * behind).astype(np.float32)


def away_px() -> np.ndarray:
    return np.asarray(ndimage.distance_transform_edt(~vase()))


GLOWS = {
    "a rim's blur": lambda: ndimage.gaussian_filter(vase().astype(np.float64), REACH_PX),
    "a veil": lambda: 0.3 * np.exp(-away_px() / (0.8 * REACH_PX)),
}


def light_of(rgb: np.ndarray, matte: np.ndarray | None = None) -> SceneLight:
    depth = np.where(vase(), NEAR, FAR).astype(np.float32)
    return SceneLight(rgb, depth, matte, None, None, False)


@pytest.mark.parametrize("subject", [False, True])
@pytest.mark.parametrize("kind", GLOWS)
def test_glow_is_a_fragment_of_what_it_comes_from(kind: str, subject: bool):
    rgb = photo_of(GLOWS[kind]())
    scene = LayeredScene.of(light_of(rgb, vase().astype(np.float32) if subject else None))
    found = scene.window(0, (slice(0, SIZE[0]), slice(0, SIZE[1])))
    beside = (away_px() >= 3.0) & (away_px() < 6.0)
    assert rgb[beside].mean() > 1.5 * WALL.mean()
    assert (found.alpha[beside] < 1.0).mean() > 0.95
    assert found.back[beside, :3].mean(axis=0) == pytest.approx(WALL, rel=0.35)
    np.testing.assert_allclose(found.front[beside, 3], NEAR, atol=1e-3)
    assert ((found.kinds[beside] & 3) == (1 if subject else 2)).mean() > 0.95
    # What the pixels show is what it was.
    alpha = found.alpha[..., None]
    shown = alpha * found.front[..., :3] + (1.0 - alpha) * np.where(alpha < 1.0, found.back[..., :3], 0.0)
    np.testing.assert_allclose(shown, rgb, atol=2e-5)


@pytest.mark.parametrize("subject", [False, True])
@pytest.mark.parametrize("kind", GLOWS)
def test_no_halo_grows_out_of_it(kind: str, subject: bool):
    small = np.asarray(ndimage.zoom(ndimage.gaussian_filter(np.where(vase(), NEAR, FAR), 2.0), 0.5, order=1))
    codes = (np.round(127 * small / NEAR) / 127 * NEAR).astype(np.float32)
    matte = np.asarray(ndimage.gaussian_filter(vase().astype(np.float32), 1.0), np.float32) if subject else None
    photo = rk.Photo(rgb=photo_of(GLOWS[kind]()), depth=codes, matte=matte)
    scene = rk.prepare(photo, rk.RenderSettings(highlights="off", baked="ignore"))
    lens = rk.Lens(f_number=1.8, focus_m=1.0 / NEAR)
    thin, _ = scene.mount(lens)
    lens = rk.Lens(f_number=1.8 * abs(float(thin.radius_px(np.array([FAR]))[0])) / 14.0, focus_m=1.0 / NEAR)
    out = scene.render(lens).rgb
    beyond = (away_px() > 4.0 * REACH_PX) & (away_px() < 18.0)
    assert photo.rgb[beyond].mean() < 1.1 * WALL.mean()
    assert out[beyond].mean() < 1.15 * WALL.mean()


def test_what_is_no_glow_is_none():
    rng = np.random.default_rng(5)
    slope = np.linspace(1.0, 6.0, SIZE[1])[None, :, None] * WALL
    patches = np.kron(rng.uniform(0.2, 12.0, (SIZE[0] // 8, SIZE[1] // 8)), np.ones((8, 8)))[..., None] * WALL
    lamp = (1.0 + 12.0 * np.exp(-away_px() / 40.0))[..., None] * WALL
    for name, wall in {"grain": None, "slope": slope, "patches": patches, "lamp": lamp}.items():
        light = light_of(photo_of(np.zeros(SIZE), wall))
        assert Glow.of(light, np.float32(0.02), np.float32(np.inf)) is None, name
