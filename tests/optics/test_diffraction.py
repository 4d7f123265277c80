"""Starbursts: Airy's numbers, the spikes of every iris, and light that is neither made nor lost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference.far_field import amplitude, far_field
from scipy import ndimage

import rebokeh as rk
from rebokeh.bokeh.colour.cie_observer import matching
from rebokeh.bokeh.colour.profile import PRIMARIES, linear_profile, named_profile, rgb_from_xyz
from rebokeh.bokeh.optics.diffraction import add_starbursts, core_px, reach_px, starburst, wings
from rebokeh.bokeh.optics.elements import Glass, Pupil
from rebokeh.bokeh.optics.otf import overlap, psf_from_otf

pytestmark = pytest.mark.kernels

PITCH_UM = 8.6  # 12 MP on a full frame
GREEN = np.array([0.55])
ALL = np.ones((3, 1))


def distance(reach: int) -> np.ndarray:
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.hypot(y, x)


def on_ring(kernel: np.ndarray, radius: float, degrees: np.ndarray) -> np.ndarray:
    """Green light at angles counter-clockwise from the picture's right, the mean over a few pixels of radius."""
    reach, turn = len(kernel) // 2, np.radians(degrees)
    radii = radius + np.arange(-6, 7)[:, None]
    places = [reach - radii * np.sin(turn), reach + radii * np.cos(turn)]
    return ndimage.map_coordinates(kernel[..., 1].astype(float), places, order=1).mean(axis=0)


def spikes(kernel: np.ndarray, radius: float) -> np.ndarray:
    """Angles of the spikes in degrees, each the middle of its light."""
    degrees = np.arange(0.0, 360.0, 0.1)
    light = on_ring(kernel, radius, degrees)
    high = light > 0.3 * light.max()
    first = int(np.flatnonzero(~high)[0])  # begin between two spikes
    light, high, degrees = (np.roll(v, -first) for v in (light, high, degrees))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], high.astype(int), [0]])))
    degrees = np.where(degrees < degrees[0], degrees + 360.0, degrees)
    middle = [np.average(degrees[a:b], weights=light[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return np.sort(np.mod(middle, 360.0))


def lens(f_number=16.0, blades=0, curvature=0.0, rotation=0.0, **more) -> rk.Lens:
    return rk.Lens(f_number=f_number, aperture=rk.Aperture(blades, curvature, rotation), **more)


@pytest.fixture(scope="module")
def hexagon() -> np.ndarray:
    return starburst(lens(16.0, 6), PITCH_UM, radius_px=160)


def test_airy():
    spot = 8.0  # lambda N in pixels
    round_pupil = amplitude(rk.Aperture(), Pupil(), 1.0, 512)
    assert round_pupil.sum() * (2 / 512) ** 2 == pytest.approx(math.pi, rel=1e-5)
    airy = far_field(round_pupil, 0.55, spot * PITCH_UM / 0.55, PITCH_UM, 100)
    assert airy.min() >= 0.0
    # The share of the light within the first dark ring, and the ring's radius.
    assert airy[distance(100) < 1.22 * spot].sum() == pytest.approx(0.838, rel=0.01)
    row = ndimage.spline_filter(airy[100, 100:])
    fine = np.arange(0.8, 1.6, 0.0005) * spot
    first_zero = fine[np.argmin(ndimage.map_coordinates(row, [fine], prefilter=False))]
    assert first_zero == pytest.approx(1.22 * spot, rel=0.01)
    # Beyond a radius of v spots there is 2 / (pi^2 v) of it.
    inside = airy[distance(100) <= 100].sum()
    assert 1.0 - inside == pytest.approx(2.0 / (math.pi**2 * 100 / spot), rel=0.02)


@pytest.mark.parametrize(
    ("aperture", "pupil", "stop"),
    [
        (rk.Aperture(6, 0.0, 13.0), Pupil(), 1.0),
        (rk.Aperture(7, 0.3), Pupil(), 1.0),
        (rk.Aperture(9, 0.5, 5.0), Pupil(obstruction=0.3, apodisation=1.5), 0.8),
        (rk.Aperture(5), Pupil(squeeze=1.5), 1.0),
    ],
)
def test_the_overlap_of_the_pupil_and_its_samples_give_the_same_image(aperture, pupil, stop):
    reach, spot = 70, 4.0
    sampled = far_field(amplitude(aperture, pupil, stop, 512), 0.55, spot, 0.55, reach)
    shared = overlap(aperture, pupil, stop)
    made = psf_from_otf(shared, GREEN, ALL, spot / 0.55, pupil.squeeze, reach)[..., 1]
    away = distance(reach)
    expected = ndimage.gaussian_filter(sampled, 1.0)
    made = ndimage.gaussian_filter(made, math.sqrt(1.0 - 0.4**2))  # its pixels are that soft already
    for near, far in ((0, 6), (8, 25), (25, 40), (40, 65)):
        ring = (away >= near) & (away < far)
        assert made[ring].mean() == pytest.approx(expected[ring].mean(), rel=0.02)
        difference = np.sqrt(np.mean((made[ring] - expected[ring]) ** 2))
        assert difference < 0.03 * np.sqrt(np.mean(expected[ring] ** 2))


@pytest.mark.parametrize("blades", range(3, 16))
def test_spikes_lie_across_the_blade_edges(blades):
    count = blades if blades % 2 == 0 else 2 * blades
    for rotation in (0.0, 11.0):
        found = spikes(starburst(lens(16.0, blades, rotation=rotation), PITCH_UM, radius_px=100), 60.0)
        assert len(found) == count
        off = np.mod(found - rotation + 180.0 / count, 360.0 / count) - 180.0 / count
        assert np.abs(off).max() <= 0.5


def test_spikes_of_a_squeezed_pupil_turn():
    squeezed = lens(16.0, 6, rotation=10.0, glass=Glass(2.0, Pupil(squeeze=1.5)))
    expected = [math.degrees(math.atan2(math.sin(t), 1.5 * math.cos(t))) for t in np.radians([10, 70, 130])]
    found = spikes(starburst(squeezed, PITCH_UM, radius_px=128), 64.0)
    assert np.mod(found[:3], 180.0) == pytest.approx(expected, abs=0.5)


def test_a_round_iris_has_no_spikes():
    star = starburst(lens(8.0), PITCH_UM, radius_px=128)
    ring = on_ring(star, 50.0, np.arange(0.0, 360.0, 1.0))
    assert ring.std() < 0.02 * ring.mean()
    curved = starburst(lens(8.0, 6, 1.0), PITCH_UM, radius_px=128)
    np.testing.assert_allclose(curved, star, atol=1e-7)


def test_curved_blades_fan_their_spikes_out():
    degrees = np.arange(-30.0, 30.0, 0.1)
    widths = []
    for curvature in (0.0, 0.1, 0.3):
        light = on_ring(starburst(lens(16.0, 6, curvature), PITCH_UM, radius_px=100), 60.0, degrees)
        widths.append(math.sqrt(np.average(degrees**2, weights=light - light.min())))
    assert widths[0] < widths[1] < widths[2]


def spike_light(wavelength_um: float, f_number: float, radius: int) -> float:
    """Light that crosses a circle along one spike of a square iris, by pixel of radius."""
    shared = overlap(rk.Aperture(4, 0.0, 0.0), Pupil(), 1.0)
    one = psf_from_otf(shared, np.array([wavelength_um]), ALL, f_number / PITCH_UM, 1.0, 125)[..., 1]
    return float(one[125 - 40 : 125 + 41, 125 + radius - 20 : 125 + radius + 20].sum() / 40)


def test_spikes_grow_with_the_f_number_and_with_the_wavelength():
    light = spike_light(0.55, 4.0, 100)
    assert spike_light(0.55, 8.0, 100) == pytest.approx(2 * light, rel=0.05)
    assert spike_light(0.65, 4.0, 100) == pytest.approx(light * 0.65 / 0.55, rel=0.05)
    # sinc^2 along the spike of a square of side sqrt(2) radii: on average spot / (sqrt(2) pi^2 r^2) a pixel.
    spot = 0.55 * 4.0 / PITCH_UM
    mean_inverse_square = 1.0 / (80.0 * 120.0)
    assert light == pytest.approx(spot * math.sqrt(2.0) / (2 * math.pi**2) * mean_inverse_square, rel=0.05)


def test_light_is_neither_made_nor_lost(hexagon):
    for star in (hexagon, starburst(lens(2.0, 9, 0.5), PITCH_UM, radius_px=64)):
        assert star.dtype == np.float32
        assert star.min() >= 0.0
        assert star.sum(axis=(0, 1), dtype=np.float64) == pytest.approx([1, 1, 1], abs=1e-5)
        assert star[distance(len(star) // 2) >= len(star) // 2].max() < 1e-9  # no edge where it ends


def test_spikes_are_coloured(hexagon):
    """What lies farther out is redder, as its wavelength is longer."""
    tail = hexagon[160 - 3 : 160 + 4, 160 + 60 : 160 + 100].sum(axis=(0, 1))
    assert tail[0] > 1.05 * tail[1] > 1.1 * tail[2]


def test_the_same_star_in_other_primaries():
    """A star converted from P3 to sRGB is that made for sRGB, up to what is clamped."""
    wide = starburst(lens(16.0, 8), PITCH_UM, "Display P3", 96)
    narrow = starburst(lens(16.0, 8), PITCH_UM, rgb_from_xyz("sRGB"), 96)
    tail = np.s_[96 - 2 : 96 + 3, 96 + 30 : 96 + 60]
    converted = wide[tail].sum(axis=(0, 1)) @ (rgb_from_xyz("sRGB") @ np.linalg.inv(rgb_from_xyz("Display P3"))).T
    assert converted == pytest.approx(narrow[tail].sum(axis=(0, 1)), rel=0.01)


def test_primaries():
    known = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    np.testing.assert_allclose(rgb_from_xyz("sRGB"), known, atol=1e-3)
    for name in PRIMARIES:
        np.testing.assert_allclose(rgb_from_xyz(named_profile(name)), rgb_from_xyz(name), atol=2e-3)
    np.testing.assert_array_equal(rgb_from_xyz(linear_profile()), rgb_from_xyz("sRGB"))


def test_the_observer():
    """Equal energy is white at (1/3, 1/3); 555 nm is the brightest; 520 nm is where the tables have it."""
    nm = np.arange(380.0, 781.0)
    x, y, z = matching(nm / 1000.0)
    assert x.sum() / y.sum() == pytest.approx(1.0, abs=0.01)
    assert z.sum() / y.sum() == pytest.approx(1.0, abs=0.01)
    assert nm[np.argmax(y)] == pytest.approx(555, abs=5)
    assert matching(np.array([0.52]))[:, 0] == pytest.approx([0.0633, 0.7100, 0.0782], abs=0.02)


def test_the_reach_is_bounded_and_grows_when_stopped_down():
    assert 32 <= reach_px(1.4, 100.0) < reach_px(1.4, PITCH_UM) < reach_px(8.0, PITCH_UM) <= 1024
    assert len(starburst(lens(1.2, 6), 40.0)) == 2 * reach_px(1.2, 40.0) + 1
    assert core_px(2.0, PITCH_UM) == 1.5
    assert core_px(64.0, PITCH_UM) == pytest.approx(1.22 * 0.55 * 64.0 / PITCH_UM)


def test_without_light_above_the_clip_nothing_changes():
    white = np.ones((40, 50, 3), np.float32)
    add_starbursts(white, np.zeros_like(white), wings(lens(16.0, 6), PITCH_UM, radius_px=32))
    np.testing.assert_array_equal(white, 1.0)


def test_stars_are_the_wings_of_their_lights():
    """Anywhere, however far apart: a light's star is the kernel at its place; it neither wraps nor is mirrored."""
    wing = wings(lens(16.0, 5), PITCH_UM, radius_px=40)
    assert wing[distance(40) <= 1.5].max() == 0.0
    source = np.zeros((150, 700, 3), np.float32)
    expected = np.zeros((150 + 80, 700 + 80, 3))
    for row, column, light in ((0, 0, 50.0), (149, 699, 20.0), (75, 690, 9.0), (140, 5, 30.0)):
        source[row, column] = light * np.array([1.0, 0.5, 0.25])
        expected[row : row + 81, column : column + 81] += source[row, column] * wing
    picture = np.full((150, 700, 3), 0.5, np.float32)
    add_starbursts(picture, source, wing, 2.0)
    np.testing.assert_allclose(picture, 0.5 + 2.0 * expected[40:-40, 40:-40], rtol=1e-5, atol=2e-6)


@pytest.mark.slow
def test_against_poppy():
    poppy = pytest.importorskip("poppy")
    units = pytest.importorskip("astropy.units")
    reach, spot = 60, 4.0
    # One metre across, at 550 nm: a pixel of lambda / D / 4 is so many arc seconds.
    pixel = math.degrees(0.55e-6 / spot) * 3600
    for blades in (0, 6):
        system = poppy.OpticalSystem(npix=1024, oversample=1)
        # poppy's hexagon has an edge at the top.
        shape = poppy.HexagonAperture(side=0.5) if blades else poppy.CircularAperture(radius=0.5)
        shape.pupil_diam = 1.0 * units.m
        system.add_pupil(shape)
        system.add_detector(pixelscale=pixel, fov_pixels=2 * reach + 1, oversample=5)
        made = system.calc_psf(wavelength=0.55e-6)[0].data
        side = 2 * reach + 1
        theirs = made.reshape(side, 5, side, 5).sum(axis=(1, 3))
        ours = far_field(amplitude(rk.Aperture(blades, 0.0, 90.0), Pupil(), 1.0, 1024), 0.55, spot, 0.55, reach)
        np.testing.assert_allclose(theirs, ours, atol=2e-3 * ours.max())
        assert np.sqrt(np.mean((theirs - ours) ** 2)) < 3e-3 * np.sqrt(np.mean(ours**2))
