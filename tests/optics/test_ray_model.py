"""A lens before a picture: how far light lands from its place, and what is refused."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.rays import PACKAGED, lens_called, made

import rebokeh as rk
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.optics.elements import MOST_SHIFT, MOST_UM, Glass, Pupil, Rim, Wavefront
from rebokeh.bokeh.optics.psf import psf
from rebokeh.bokeh.optics.psf_tables import SMALL_ROWS
from rebokeh.bokeh.optics.ray_model import RayModel, vignette
from rebokeh.bokeh.optics.traced_outlines import TracedOutlines
from rebokeh.kernels.outline import GROWTH, OFFSET
from rebokeh.kernels.pupil import landing

pytestmark = pytest.mark.kernels

SIZE, DIAGONAL_PX = (3000, 4000), 5000.0

microns = st.floats(-20.0, 20.0)
colours = st.tuples(microns, microns, microns)
wavefronts = st.builds(
    Wavefront,
    *[microns] * 5,
    axial_um=colours,
    lateral_um=colours,
    ripple_um=st.floats(-0.1, 0.1),
    ripple_rings=st.floats(0.0, 20.0),
)
pupils = st.builds(Pupil, squeeze=st.floats(1.0, 4.0))
directions = st.floats(-math.pi, math.pi)


def ray_model_of(lens: rk.Lens) -> RayModel:
    return RayModel(lens, SIZE, DIAGONAL_PX)


# How far light lands


@given(
    wavefronts,
    pupils,
    st.floats(0.2, 1.0),
    st.floats(-200.0, 200.0),
    st.floats(0.0, 1.0),
    directions,
    st.integers(0, 2),
)
@settings(max_examples=200)
def test_no_ray_lands_beyond_the_reach(wavefront, pupil, stop, radius_px, height, towards, colour):
    ray_model = ray_model_of(rk.Lens(1.4 / stop, glass=Glass(1.4, pupil, wavefront)))
    field = np.array([[height * math.cos(towards), height * math.sin(towards)]])
    everywhere, curved = ray_model.defocus_px(colour)
    job = ray_model.trace_jobs(np.array([radius_px - everywhere - curved * height**2]), field)[0]
    magnified = 0.5 * DIAGONAL_PX * ray_model.magnification(colour) * field[0]
    for distance in (0.1, 0.5, 0.8, 1.0):
        for angle in np.arange(12) * math.pi / 6.0 + towards:
            u, v = (ray_model.lens.stop * distance * f(angle) for f in (math.cos, math.sin))
            landed = np.array(landing(job, u, v)) + magnified
            assert math.hypot(*landed) <= ray_model.reach_px(abs(radius_px)) * (1.0 + 1e-9)


@pytest.mark.parametrize("size", [(3000, 4000), (700, 1100)])
@pytest.mark.parametrize("name", PACKAGED)
def test_no_pixel_is_drawn_beyond_the_reach(name, size):
    ray_model = RayModel(lens_called(name), size, math.hypot(*size))
    outlines, rng = TracedOutlines(ray_model, SMALL_ROWS), np.random.default_rng(1)
    # Corners, where flaws are largest, and places anywhere.
    place = np.concatenate([rng.integers(0, 2, (50, 2)) * (np.array(size) - 1), rng.integers(0, size, (450, 2))])
    row, column = np.minimum(((place + 0.5) / outlines.cell_px).astype(int), (outlines.down - 1, outlines.across - 1)).T
    field = ray_model.field_position(*place[:, ::-1].T.astype(np.float64))
    square = (field**2).sum(axis=1)
    radius_px = rng.normal(size=len(place)) * 10.0
    for colour in ray_model.colours:
        everywhere, curved = ray_model.defocus_px(colour)
        seen_px = radius_px - everywhere - curved * square
        which = outlines.of_cells(row * outlines.across + column, seen_px[:, None], 1.0)[:, 0]
        header = outlines.tables.psf_headers[which]
        unit_px = header[:, OFFSET] + header[:, GROWTH] * np.abs(seen_px)
        beside_px = 0.5 * ray_model.diagonal_px * ray_model.magnification(colour) * np.sqrt(square)
        # Blur radii share an outline too: a tile looks a pixel farther for that.
        assert (unit_px + beside_px <= ray_model.reach_px(np.abs(radius_px)) + 0.1).all()
    assert ray_model.flaws_px <= ray_model.slopes_px


@given(wavefronts, st.floats(-100.0, 100.0), st.floats(0.0, 1.0), directions, st.floats(0.0, 0.99), directions)
def test_rays_land_where_the_slope_of_the_wavefront_takes_them(wavefront, radius_px, height, towards, distance, angle):
    lens = rk.Lens(1.4, glass=Glass(1.4, wavefront=replace(wavefront, ripple_um=0.0)))
    ray_model = ray_model_of(lens)
    ex, ey = math.cos(towards), math.sin(towards)
    everywhere, curved = ray_model.defocus_px(1)
    defocused = radius_px - everywhere - curved * height**2
    job = ray_model.trace_jobs(np.array([defocused]), height * np.array([[ex, ey]]))[0]

    def um(u: float, v: float) -> float:
        squared, along = u * u + v * v, u * ex + v * ey
        best = -4.0 / 3.0 * wavefront.spherical_um - 1.5 * wavefront.zonal_um
        flat = best + wavefront.field_curvature_um * height**2 + wavefront.axial_um[1]
        primary = wavefront.spherical_um * squared**2 + wavefront.zonal_um * squared**3
        coma = wavefront.coma_um * height * (squared - 1.0) * along
        return primary + coma + wavefront.astigmatism_um * (height * along) ** 2 + flat * squared

    u, v, h = distance * math.cos(angle), distance * math.sin(angle), 1e-4
    per_um = 2.0 * 1.4 * DIAGONAL_PX / 43270.0
    x = radius_px * u - per_um * (um(u + h, v) - um(u - h, v)) / (2.0 * h)
    y = radius_px * v - per_um * (um(u, v + h) - um(u, v - h)) / (2.0 * h)
    # In the very middle there is no direction along the field, and nothing that needs one.
    assert landing(job, u, v) == pytest.approx((x, y), abs=1e-3)


@given(st.floats(0.7, 16.0), st.floats(0.1, 1.0), st.floats(100.0, 20000.0))
def test_a_micron_of_slope_is_two_f_numbers_on_a_full_frame(f_number, stop, diagonal_px):
    lens = rk.Lens(f_number / stop, glass=Glass(f_number))
    # 43.27 mm over the diagonal; the f-number wide open, whatever the stop
    assert RayModel(lens, SIZE, diagonal_px).px_per_um == pytest.approx(2 * f_number / 43270.0 * diagonal_px, rel=1e-9)


@given(colours, st.floats(100.0, 20000.0))
def test_lateral_colour_magnifies(lateral_um, diagonal_px):
    ray_model = RayModel(made(2.0, lateral_um=lateral_um), SIZE, diagonal_px)
    for colour in range(3):
        in_the_corner_px = ray_model.magnification(colour) * diagonal_px / 2.0
        assert in_the_corner_px == pytest.approx(
            ray_model.px_per_um * (max(lateral_um) - lateral_um[colour]), rel=1e-9, abs=1e-12
        )


def test_the_best_focus_spreads_a_point_least():
    for opened in (made(spherical_um=3.0), made(spherical_um=-2.0, zonal_um=3.0)):
        for stop in (1.0, 0.6):
            lens = replace(opened, f_number=1.4 / stop)
            k = np.arange(20000) + 0.5
            radii = stop * np.sqrt(k / 20000)
            ray_model = ray_model_of(lens)
            spread = []
            for radius_px in (-0.3, 0.0, 0.3):
                job = ray_model.trace_jobs(np.array([radius_px - ray_model.defocus_px(1)[0]]), np.zeros((1, 2)))[0]
                spread.append(np.mean([landing(job, u, 0.0)[0] ** 2 for u in radii[::20]]))
            assert spread[1] < min(spread[0], spread[2])


def test_the_place_in_the_picture():
    field = ray_model_of(rk.Lens()).field_position(np.array([1999.5, 3999.5]), np.array([1499.5, 2999.5]))
    np.testing.assert_allclose(field, [[0.0, 0.0], [0.8, 0.6]])


# How much light arrives


@given(st.floats(0.0, 0.9), st.floats(0.0, 0.9), st.floats(1.0, 1.3), st.floats(0.3, 1.0), directions)
@settings(max_examples=50)
def test_less_light_arrives_farther_out(front, rear, radius, stop, towards):
    pupil = Pupil(front=Rim(radius, front * radius), rear=Rim(1.1, rear * 1.1))
    lens = rk.Lens(2.0 / stop, glass=Glass(2.0, pupil))
    away = np.array([math.cos(towards), math.sin(towards)])
    passed = ray_model_of(lens).light(np.linspace(0.0, 1.0, 6)[:, None] * away)
    assert passed[0] == pytest.approx(1.0, abs=1e-6)
    assert (np.diff(passed) <= 1e-3).all() and (passed >= 0.0).all()


def test_vignetting_darkens_a_picture_by_the_light_that_arrives():
    ray_model = RayModel(made(2.0, Pupil(front=Rim(1.05, 0.6), rear=Rim(1.05, 0.4))), (90, 120), 150.0)
    picture = np.ones((90, 120, 3), np.float32)
    vignette(ray_model, picture)
    y, x = (n.astype(np.float64) for n in np.array([[0, 0], [44, 59], [10, 100], [89, 60], [70, 119]]).T)
    arrives = ray_model.light(ray_model.field_position(x, y))
    # Between the outermost of the places at which it is reckoned and the border it stays as it is there.
    np.testing.assert_allclose(picture[y.astype(int), x.astype(int), 1], arrives, atol=6e-3)
    assert arrives.min() < 0.6


def test_stopped_down_nothing_is_vignetted():
    lens = replace(made(2.0, Pupil(front=Rim(1.05, 0.5), rear=Rim(1.05, 0.5))), f_number=4.0)
    picture = np.full((30, 40, 3), 0.3, np.float32)
    vignette(RayModel(lens, (30, 40), 50.0), picture)
    assert (picture == np.float32(0.3)).all()


# What is refused


@pytest.mark.parametrize("f_number", [15.3, 16.0, 17.0, 32.0])
def test_a_mirror_that_covers_the_pupil(f_number):
    with pytest.raises(UsageError, match=r"mirror .* f/15\.2\b"):
        replace(made(8.0, Pupil(obstruction=0.5)), f_number=f_number)


def test_a_mirror_that_leaves_a_ring():
    lens = replace(made(8.0, Pupil(obstruction=0.5)), f_number=15.0)
    assert psf(lens, 30.0).sum() == pytest.approx(3.0, rel=1e-3)


@pytest.mark.parametrize("name", [field.name for field in fields(Wavefront)])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1.01 * MOST_UM, -1.01 * MOST_UM])
def test_a_wavefront_out_of_range(name, value):
    given_value: Any = (0.0, value, 0.0) if name in ("axial_um", "lateral_um") else value
    with pytest.raises(UsageError, match=name):
        Wavefront(**{name: given_value})


@pytest.mark.parametrize("rings", [-1.0, 50.1])
def test_rings_out_of_range(rings):
    with pytest.raises(UsageError, match="ripple_rings"):
        Wavefront(ripple_rings=rings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("squeeze", 0.99),
        ("squeeze", 4.1),
        ("obstruction", -0.1),
        ("obstruction", 0.91),
        ("apodisation", -0.1),
        ("apodisation", 10.1),
        ("squeeze", math.nan),
        ("obstruction", math.nan),
        ("apodisation", math.inf),
    ],
)
def test_a_pupil_out_of_range(name, value):
    with pytest.raises(UsageError, match=name):
        Pupil(**{name: value})


@pytest.mark.parametrize("radius", [0.99, 10.1, math.nan, math.inf])
def test_a_rim_narrower_than_the_iris_or_no_number(radius):
    with pytest.raises(UsageError, match="radius"):
        Rim(radius)


@pytest.mark.parametrize("shift", [-0.1, 1.01 * MOST_SHIFT * 1.2, math.nan])
def test_a_rim_that_hides_the_middle_of_the_iris(shift):
    with pytest.raises(UsageError, match="shift"):
        Rim(1.2, shift)


def test_flaws_belong_to_an_f_number():
    with pytest.raises(UsageError, match="f_number"):
        Glass(wavefront=Wavefront(coma_um=1.0))
    with pytest.raises(UsageError, match="f_number"):
        Glass(pupil=Pupil(squeeze=2.0))
    for f_number in (0.0, -2.0, math.nan, math.inf):
        with pytest.raises(UsageError, match="f_number"):
            Glass(f_number)


def test_a_glass_opens_no_wider_than_it_does():
    with pytest.raises(UsageError, match="f/2"):
        rk.Lens(1.8, glass=Glass(2.0, name="a lens"))
    assert rk.Lens(2.0, glass=Glass(2.0)).f_number == 2.0


# The iris from stop to stop


def test_the_curvature_changes_evenly_with_the_stop():
    iris = rk.Aperture(7, ((2.0, 1.0), (4.0, 0.4), (16.0, 0.2)))
    for f_number, curvature in (
        (1.4, 1.0),
        (2.0, 1.0),
        (2.0 * math.sqrt(2.0), 0.7),
        (4.0, 0.4),
        (8.0, 0.3),
        (22.0, 0.2),
    ):
        assert iris.at(f_number).curvature == pytest.approx(curvature, abs=1e-9)
    assert ray_model_of(rk.Lens(8.0, aperture=iris)).aperture.curvature == pytest.approx(0.3)


@pytest.mark.parametrize(
    "pairs", [(), ((0.0, 0.5),), ((2.0, 0.5), (2.0, 0.4)), ((4.0, 0.5), (2.0, 0.4)), ((2.0, 1.5),)]
)
def test_curvatures_that_are_no_list_by_rising_f_number(pairs):
    with pytest.raises(UsageError, match="curvature"):
        rk.Aperture(7, pairs)
