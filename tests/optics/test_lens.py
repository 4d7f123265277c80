"""The thin lens against its closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rebokeh as rk
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.optics.lens import ThinLens, mount

PICTURE = (3024, 4032)
DIAGONAL_PX = 5040.0
focal_lengths = st.floats(4.0, 300.0)
f_numbers = st.floats(0.7, 32.0)
focus_distances = st.floats(0.4, 100.0)


def coc_radius_mm(f: float, n: float, focus: float, s: float) -> float:
    """Image the point with the Gaussian lens equation and see how wide its cone is on the sensor. All in mm."""
    sensor, image = 1 / (1 / f - 1 / focus), 1 / (1 / f - 1 / s)
    return (f / n / 2) * (sensor - image) / image


@given(focal_lengths, f_numbers, focus_distances, st.floats(0.35, 1e4))
def test_circle_of_confusion_is_the_cone_of_the_lens_equation(f, n, focus_m, s_m):
    lens = ThinLens(f, n, focus_m, px_per_mm=112.0)
    expected = coc_radius_mm(f, n, focus_m * 1000, s_m * 1000) * 112.0
    assert lens.radius_px(1 / s_m) == pytest.approx(expected, rel=1e-6, abs=1e-5)


@given(focal_lengths, f_numbers, focus_distances)
def test_circle_of_confusion_at_infinity(f, n, focus_m):
    lens = ThinLens(f, n, focus_m, px_per_mm=100.0)
    assert lens.radius_px(0.0) == pytest.approx((f / n) * f / (focus_m * 1000 - f) * 100.0 / 2, rel=1e-9)


def test_a_number_worked_by_hand():
    # 50 mm f/2 at 2 m: infinity is a disc of 25 * 50/1950 = 0.6410 mm; 1 m one of the same size on the other side.
    lens = ThinLens(50.0, 2.0, 2.0, px_per_mm=100.0)
    assert lens.radius_px(0.0) == pytest.approx(32.0513, abs=1e-4)
    assert lens.radius_px(1.0) == pytest.approx(-32.0513, abs=1e-4)


def test_sign_is_positive_behind_focus():
    lens = ThinLens(50.0, 2.0, 2.0, 100.0)
    assert lens.radius_px(1 / 2.01) > 0 > lens.radius_px(1 / 1.99)
    assert lens.radius_px(1 / 2.0) == 0


@given(focal_lengths, f_numbers, focus_distances, st.floats(0, 3), st.floats(0, 3))
def test_linear_in_dioptres(f, n, focus_m, one, other):
    lens = ThinLens(f, n, focus_m, 100.0)
    middle = 0.5 * (lens.radius_px(one) + lens.radius_px(other))
    assert lens.radius_px(0.5 * (one + other)) == pytest.approx(middle, rel=1e-9, abs=1e-7)
    assert lens.radius_px(one) - lens.radius_px(other) == pytest.approx(
        (other - one) * lens.px_per_dioptre, rel=1e-7, abs=1e-6
    )


def test_an_array_gives_what_its_numbers_give():
    lens = ThinLens(50.0, 2.0, 2.0, 100.0)
    dioptres = np.linspace(0, 3, 7, dtype=np.float32)
    radius = lens.radius_px(dioptres)
    assert radius.dtype == np.float32
    np.testing.assert_allclose(radius, [lens.radius_px(float(d)) for d in dioptres], rtol=1e-5, atol=1e-4)


@given(focal_lengths, f_numbers, st.floats(0.005, 0.1))
def test_hyperfocal_distance(f, n, coc_mm):
    hyperfocal_m = ThinLens(f, n, 1e5, 1.0).hyperfocal_m(coc_mm)
    assert hyperfocal_m * 1000 == pytest.approx(f * f / (n * coc_mm) + f, rel=1e-12)
    # what defines it: focused there, infinity is blurred by that circle, and so is half the distance
    lens = ThinLens(f, n, hyperfocal_m, px_per_mm=1.0)
    assert 2 * lens.radius_px(0.0) == pytest.approx(coc_mm, rel=1e-6)
    # (exactly half with distances from the front focal point, so nearly half from the lens)
    assert coc_radius_mm(f, n, hyperfocal_m * 1000, hyperfocal_m * 500) == pytest.approx(-coc_mm / 2, rel=1e-6)
    assert 2 * lens.radius_px(2.0 / hyperfocal_m) == pytest.approx(-coc_mm, rel=1e-6)


def test_focus_at_infinity_is_the_limit_of_far_focus():
    infinite, far = ThinLens(85.0, 1.8, math.inf, 100.0), ThinLens(85.0, 1.8, 1e7, 100.0)
    assert infinite.radius_px(0.0) == 0
    assert infinite.radius_px(0.5) == pytest.approx(far.radius_px(0.5), rel=1e-5)
    assert infinite.radius_px(0.5) == pytest.approx(-(85.0**2) / 1.8 / 2000 * 100 / 2, rel=1e-9)


@pytest.mark.parametrize("focus_m", [0.05, 0.085])
def test_focus_within_the_focal_length_has_no_image(focus_m):
    with pytest.raises(UsageError, match="focal length"):
        ThinLens(85.0, 1.8, focus_m, 100.0)
    assert ThinLens(85.0, 1.8, 0.0851, 100.0).radius_px(0.0) > 0


def test_f_number_is_the_full_frame_equivalent():
    # 26 mm equivalent: the picture's diagonal is 43.27 mm of a full frame, and the lens is 26 mm long.
    lens = mount(rk.Lens(f_number=1.8), PICTURE, 26.0, 2.0)
    assert lens.focal_mm == 26.0
    assert lens.px_per_mm == pytest.approx(DIAGONAL_PX / 43.27)
    assert lens.radius_px(0.0) == pytest.approx(26 / 1.8 * 26 / 1974 * DIAGONAL_PX / 43.27 / 2)


def test_focal_keeps_the_picture_and_scales_the_sensor():
    at26, at77 = (mount(rk.Lens(focal_mm=f), PICTURE, 26.0, 1e6) for f in (None, 77.0))
    assert at77.focal_mm == 77.0
    # the same angle of view: the picture's diagonal over the focal length
    assert at77.px_per_mm * 77.0 == pytest.approx(at26.px_per_mm * 26.0)
    # what changes is the pupil F/N: far away the blur grows just as it does
    assert at77.px_per_dioptre / at26.px_per_dioptre == pytest.approx(77 / 26, rel=1e-4)


def test_without_exif_the_focal_length_given_is_the_equivalent():
    lens = mount(rk.Lens(focal_mm=50.0), PICTURE, None, 2.0)
    assert (lens.focal_mm, lens.px_per_mm) == (50.0, pytest.approx(DIAGONAL_PX / 43.27))


def test_sensor_is_taken_literally():
    # the truth scenes' own formula: (f/N) |z - focus|/z f/(focus - f) width/36
    lens = mount(rk.Lens(f_number=1.4, focal_mm=50.0, sensor_mm=(36.0, 24.0)), (640, 960), 26.0, 2.0)
    assert lens.px_per_mm == pytest.approx(960 / 36)
    assert 2 * lens.radius_px(1 / 6.9) == pytest.approx(50 / 1.4 * (4.9 / 6.9) * 50 / 1950 * 960 / 36)


@pytest.mark.parametrize("size", [(960, 640), (640, 960)])
@pytest.mark.parametrize("sensor_mm", [(36.0, 24.0), (24.0, 36.0)])
def test_sensor_turns_with_the_camera(size, sensor_mm):
    lens = mount(rk.Lens(focal_mm=50.0, sensor_mm=sensor_mm), size, None, 2.0)
    assert lens.px_per_mm == pytest.approx(960 / 36)


def test_a_picture_of_another_shape_is_a_crop_of_the_sensor():
    four_thirds = mount(rk.Lens(focal_mm=50.0, sensor_mm=(36.0, 24.0)), (3024, 4032), None, 2.0)
    assert four_thirds.px_per_mm == pytest.approx(3024 / 24)  # 32 x 24 mm of it
    square = mount(rk.Lens(focal_mm=50.0, sensor_mm=(36.0, 24.0)), (600, 600), None, 2.0)
    assert square.px_per_mm == pytest.approx(600 / 24)


@pytest.mark.parametrize(
    "bad",
    [
        {"f_number": 0.0},
        {"f_number": -1.8},
        {"f_number": math.nan},
        {"f_number": math.inf},
        {"focus_m": 0.0},
        {"focus_m": -2.0},
        {"focus_m": math.nan},
        {"focus_point": (1.2, 0.5)},
        {"focus_point": (0.5, -0.01)},
        {"focus_point": (math.nan, 0.5)},
        {"focus_m": 2.0, "focus_point": (0.5, 0.5)},
        {"focus_m": 2.0, "focus_on": "eyes"},
        {"focus_point": (0.5, 0.5), "focus_on": "face"},
        {"focus_on": "nose"},
        {"focal_mm": 0.0},
        {"focal_mm": math.nan},
        {"sensor_mm": (36.0, 0.0)},
    ],
)
def test_a_value_out_of_range_is_a_usage_error(bad):
    with pytest.raises(UsageError):
        rk.Lens(**bad)
