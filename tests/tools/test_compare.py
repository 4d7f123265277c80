"""What `rebokeh compare` measures, against pictures whose blur, highlights and edges are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage, special
from support import pictures
from support.paths import TRUTH_SET

import rebokeh as rk
from rebokeh.bokeh.api import prepare
from rebokeh.bokeh.core.errors import InputError
from rebokeh.bokeh.optics.lens import ThinLens
from rebokeh.bokeh.render.gaussian import gaussian_style
from rebokeh.bokeh.render.settings import RenderSettings
from rebokeh.bokeh.tools.compare.register import register
from rebokeh.bokeh.tools.measures.blur import BlurCurve, DepthBlur, blur_curves
from rebokeh.bokeh.tools.measures.figures import edge_figures, highlight_energy, sharpness
from rebokeh.bokeh.tools.measures.ladder import Shape, rungs

pytestmark = pytest.mark.kernels

LENS = ThinLens(focal_mm=50.0, f_number=2.0, focus_m=1.0, px_per_mm=20.0)


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Noise of all sizes, as scenes have: float32 (H, W, 3) in 0..1."""
    rng = np.random.default_rng(seed)
    planes = [
        np.sum([ndimage.gaussian_filter(rng.normal(size=(height, width)), s) * s for s in (0.7, 2, 5, 12)], axis=0)
        for _ in range(3)
    ]
    return np.stack([0.4 + 0.15 * p / p.std() for p in planes], axis=2).clip(0.01, 0.95).astype(np.float32)


def softened(rgb: np.ndarray, sigma: float) -> np.ndarray:
    """Blur rgb (H, W, 3) by a Gaussian, mirrored at the border."""
    return np.asarray(ndimage.gaussian_filter(rgb, (sigma, sigma, 0), mode="mirror"), np.float32)


def scattered(rgb: np.ndarray, radius: float) -> np.ndarray:
    """Blur by a disc whose pixels are covered by their share, sampled finely: another way than the measure's own."""
    reach = math.ceil(radius) + 1
    fine = (np.arange(-reach * 9 - 4, reach * 9 + 5) / 9.0)[:, None]
    disc = (np.hypot(fine, fine.T) <= radius).reshape(2 * reach + 1, 9, 2 * reach + 1, 9).mean(axis=(1, 3))
    return np.stack([ndimage.convolve(rgb[..., c], disc / disc.sum(), mode="mirror") for c in range(3)], axis=2)


def curve_of(radius_px: float, shape: Shape = "disc") -> BlurCurve:
    return BlurCurve(shape, False, (DepthBlur(0.5, radius_px, 1, 0.0),))


@pytest.mark.parametrize("radius", [3.7, *(pytest.param(r, marks=pytest.mark.slow) for r in (2.0, 8.0, 14.5))])
def test_a_known_radius_is_found(radius):
    rgb = texture(320, 400)
    disc = scattered(rgb, radius).astype(np.float32)
    soft = softened(rgb, radius / 2)
    wall = np.full(rgb.shape[:2], 0.25, np.float32)
    wall[:, 380:] = 1.0
    found = blur_curves(rgb, {"disc": disc, "gaussian": soft}, wall, LENS)
    for name, curve in found.items():
        assert curve.shape == name
        assert curve.radius_at(0.25) == pytest.approx(radius, rel=0.05)
        assert curve.bins[0].pixels > 5000


@pytest.mark.slow
def test_a_radius_is_found_under_noise_and_another_exposure():
    rgb, rng = texture(320, 400), np.random.default_rng(1)
    blurred = softened(rgb, 3) * 1.03
    noisy = (blurred + rng.normal(0, 0.01, rgb.shape)).astype(np.float32)
    wall = np.linspace(0.2, 0.21, 400, dtype=np.float32)[None].repeat(320, axis=0)
    found = blur_curves(rgb, {"noisy": noisy}, wall, LENS)["noisy"]
    assert found.shape == "gaussian"
    assert found.radius_at(0.205) == pytest.approx(6.0, rel=0.05)


def test_what_is_flat_tells_nothing():
    grey = np.full((200, 300, 3), 0.4, np.float32)
    depth = np.full((200, 300), 0.5, np.float32)
    assert blur_curves(grey, {"grey": grey}, depth, LENS)["grey"].bins == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["o5_table/back_f1.4_nona", "o1_portrait/subj_f2.8_hex"])
def test_the_curve_is_the_lens_s_for_ours_and_flat_for_the_gaussian(name):
    pytest.importorskip("OpenEXR")
    picture = pictures.load(TRUTH_SET, name)
    photo = rk.Photo(rgb=picture.rgb, depth=picture.dioptres, matte=picture.matte)
    scene = prepare(photo, RenderSettings(rendition="hdr"))
    thin, _ = scene.mount(picture.lens)
    phone = gaussian_style(photo.rgb, scene.dioptres, scene.matte, thin)
    blurred = np.abs(thin.radius_px(picture.dioptres))[picture.matte < 0.5]
    curves = blur_curves(picture.rgb, {"ours": scene.render(picture.lens).rgb, "phone": phone}, picture.dioptres, thin)
    blades = picture.lens.aperture.blades
    of_iris = math.sqrt((2.0 + math.cos(2.0 * math.pi / blades)) / 3.0)
    ours = [(b.radius_px, abs(thin.radius_px(b.dioptres)) * of_iris) for b in curves["ours"].bins]
    wide = [(found, wanted) for found, wanted in ours if wanted > 2.5]
    assert len(wide) >= 5
    errors = [abs(found / wanted - 1.0) for found, wanted in wide]
    assert np.median(errors) < 0.05 and np.mean(errors) < 0.05, wide
    assert curves["ours"].shape == "disc" and not curves["ours"].clipped
    assert curves["phone"].shape == "gaussian" and curves["phone"].clipped
    flat = [b.radius_px for b in curves["phone"].bins if b.radius_px > 0.5]
    assert len(flat) >= 5
    np.testing.assert_allclose(flat, np.median(blurred), rtol=0.05)


def test_highlight_energy_of_known_pictures():
    rgb = texture(300, 400)
    for y, x in ((100, 120), (200, 300), (60, 330)):
        rgb[y : y + 3, x : x + 3] = 40.0
    depth = np.full(rgb.shape[:2], 0.5, np.float32)
    radius = np.array([8.0])
    whole = np.stack([next(rungs(rgb[..., c], radius, "disc")) for c in range(3)], axis=2)
    clipped = np.stack([next(rungs(np.minimum(rgb[..., c], 1.0), radius, "disc")) for c in range(3)], axis=2)
    half = 0.5 * (whole + clipped)
    for picture, kept in ((whole, 1.0), (clipped, 0.0), (half, 0.5), (rgb, None)):
        if kept is not None:
            assert highlight_energy(rgb, picture, depth, curve_of(8.0)) == pytest.approx(kept, abs=0.02)
    assert highlight_energy(rgb, rgb, depth, curve_of(0.0)) == pytest.approx(1.0, abs=1e-3)
    assert highlight_energy(np.minimum(rgb, 1.0), whole, depth, curve_of(8.0)) is None


def half_and_half() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put a light subject on the left of a dark textured wall: rgb, matte, dioptres."""
    matte = np.zeros((240, 360), np.float32)
    matte[:, :160] = 1.0
    wall, skin = 0.25 * texture(240, 360, 3), np.array([0.8, 0.6, 0.5], np.float32)
    rgb = np.where(matte[..., None] > 0, skin, wall).astype(np.float32)
    return rgb, matte, np.where(matte > 0, 1.0, 0.25).astype(np.float32)


@pytest.mark.parametrize("sigma", [3.0, 6.0])
def test_the_leak_of_one_soft_blur_is_known(sigma):
    rgb, matte, depth = half_and_half()
    soft = softened(rgb, sigma)
    picture = np.where(matte[..., None] > 0, rgb, soft)
    found = edge_figures(rgb, picture, matte, depth, curve_of(2 * sigma, "gaussian"))
    assert found is not None
    expected = 0.5 * special.erfc(np.array(found.distances_px) / math.sqrt(2.0) / sigma)
    np.testing.assert_allclose(found.leak, expected, atol=0.02)
    assert found.leak_px == pytest.approx(sigma / math.sqrt(2 * math.pi), rel=0.05)
    assert found.leak_width_px == pytest.approx(1.2816 * sigma, rel=0.05)
    assert found.rim_px < 1.0


def test_no_leak_but_a_sharp_rim_where_the_matte_is_too_large():
    rgb, matte, depth = half_and_half()
    alone = np.concatenate([rgb[:, :159:-1], rgb[:, 160:]], axis=1)  # the wall goes on behind the subject
    soft = softened(alone, 5)[:, 200:]
    clean = np.concatenate([rgb[:, :160], soft], axis=1)
    found = edge_figures(rgb, clean, matte, depth, curve_of(10.0, "gaussian"))
    assert found is not None and found.leak_px < 0.3 and found.rim_px < 0.3
    clean[:, 160:168] = rgb[:, 160:168]
    rimmed = edge_figures(rgb, clean, matte, depth, curve_of(10.0, "gaussian"))
    assert rimmed is not None and rimmed.rim_px == pytest.approx(8.0, abs=0.6) and rimmed.leak_px < 0.6


def test_sharpness_is_the_contrast_of_detail_that_is_left():
    rgb = texture(200, 300)
    radius = np.full(rgb.shape[:2], 9.0, np.float32)
    radius[:, :150] = 0.0
    fine = np.sqrt(rgb)
    half = softened(fine, 2)
    assert sharpness(rgb, rgb, radius) == pytest.approx(1.0)
    grey = np.full((200, 300, 3), 0.3, np.float32)
    y, x = np.mgrid[:200, :300]
    wave = (0.3 + 0.1 * np.sin(2 * np.pi * x / 8.0))[..., None].repeat(3, axis=2).astype(np.float32)
    assert sharpness(wave**2, (0.3 + 0.5 * (wave - 0.3)) ** 2, radius) == pytest.approx(0.5, rel=0.01)
    softer = sharpness(rgb, half**2, radius)
    assert softer is not None and softer < 0.6
    assert sharpness(rgb, grey, np.full_like(radius, 5.0)) is None


@pytest.mark.slow
def test_a_crop_of_another_size_exposure_and_tone_is_put_back():
    rgb = texture(480, 640)
    soft = softened(rgb, 5)
    shown = np.where(
        np.hypot(*(np.mgrid[:480, :640] - np.array([240, 320])[:, None, None]))[..., None] < 150, rgb, soft
    )
    crop = shown[40:440, 50:600]
    half = np.asarray(ndimage.zoom(crop, (0.8, 0.8, 1.0), order=3, grid_mode=True, mode="nearest"))
    brighter = np.clip(half, 0, 1) ** 0.9 * 0.8
    found = register(rgb, brighter.astype(np.float32))
    assert found.placement.scale == pytest.approx(1.25, rel=1e-3)
    assert (found.placement.x_px, found.placement.y_px) == pytest.approx((50, 40), abs=0.3)
    assert found.placement.tone_changed
    inside = np.asarray(ndimage.binary_erosion(found.covered, iterations=4), bool)
    assert not found.covered[:39].any() and found.covered[42:438, 52:598].all()
    assert np.abs(np.sqrt(found.rgb) - np.sqrt(shown))[inside].mean() < 0.01


@pytest.mark.slow
def test_the_same_pixels_stay_as_they_are():
    rgb = texture(300, 400)
    soft = softened(rgb, 3)
    mixed = np.where(np.arange(400)[None, :, None] < 200, rgb, soft)
    found = register(rgb, mixed)
    assert found.covered.all() and not found.placement.tone_changed
    np.testing.assert_array_equal(found.rgb, mixed)


@pytest.mark.slow
def test_another_scene_is_refused():
    with pytest.raises(InputError, match="a.heic and b.heic are not the same scene .* give the picture") as error:
        register(texture(300, 400), texture(300, 400, 9), ("a.heic", "b.heic"))
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="not the same scene"):
        register(texture(300, 400), np.full((20, 30, 3), 0.5, np.float32))
