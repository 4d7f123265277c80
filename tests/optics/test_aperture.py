"""The pupil's outline: areas, curvature, and which way it is turned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.naive import Iris
from support.scenes import depth_of, lens_of

import rebokeh as rk
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.optics.aperture import area, boundary
from rebokeh.bokeh.optics.outlines import even_outlines
from rebokeh.kernels.outline import FIRST, PER_HEIGHT, ROWS, TOP

pytestmark = pytest.mark.kernels

curvatures = st.one_of(st.just(0.0), st.floats(1e-3, 1))
shapes = st.builds(rk.Aperture, st.integers(3, 15), curvatures, st.floats(-180, 180))
PX_PER_DIOPTRE = 100.0


def test_area_of_the_circle():
    assert area(rk.Aperture()) == pytest.approx(math.pi, rel=1e-6)


@pytest.mark.parametrize("blades", range(3, 16))
def test_area_of_straight_blades(blades):
    expected = blades / 2 * math.sin(2 * math.pi / blades)
    for rotation in (0.0, 11.0, 180.0 / blades):
        assert area(rk.Aperture(blades, 0.0, rotation)) == pytest.approx(expected, rel=1e-6)


@given(shapes)
def test_area_of_curved_blades(aperture):
    assert area(aperture) == pytest.approx(Iris(**vars(aperture)).area(), rel=1e-5)


@pytest.mark.parametrize("blades", [3, 6, 15])
def test_curvature_goes_from_the_polygon_to_the_circle(blades):
    areas = [area(rk.Aperture(blades, c, 17.0)) for c in np.linspace(0, 1, 21)]
    assert (np.diff(areas) > 0).all()
    assert areas[-1] == pytest.approx(math.pi, rel=1e-6)
    angles = np.linspace(0, 2 * math.pi, 999)
    np.testing.assert_array_equal(boundary(rk.Aperture(blades, 1.0), angles), 1.0)
    np.testing.assert_allclose(boundary(rk.Aperture(blades, 0.999), angles), 1.0, atol=1e-3)


@given(shapes)
def test_corners_lie_on_the_circle_and_nothing_beyond(aperture):
    corners = Iris(**vars(aperture)).corners()
    np.testing.assert_allclose(boundary(aperture, corners), 1.0, atol=1e-6)
    assert boundary(aperture, np.linspace(0, 7, 500)).max() <= 1 + 1e-9
    # the middle of an edge is where it is nearest: the apothem, and the share of the sagitta that curvature adds
    apothem = math.cos(math.pi / aperture.blades)
    assert boundary(aperture, np.array([math.radians(aperture.rotation_deg)]))[0] == pytest.approx(
        apothem + aperture.curvature * (1 - apothem), abs=1e-6
    )


@given(shapes, st.booleans(), st.floats(-1, 0.99), st.floats(1e-2, 0.5))
def test_table_gives_the_strip_means_of_the_closed_form(aperture, behind, top, thickness):
    tables, headers = even_outlines(aperture)
    header = headers[0 if behind else 1]
    first, rows = int(header[FIRST]), int(header[ROWS])
    # All light is 1, so that a step is as high as 1 / area; the right edge's goes down.
    left_integral, right_integral = area(aperture) * tables[first : first + rows + 1, :, 1].T * [[1.0], [-1.0]]
    height = header[TOP] + np.arange(rows + 1) / header[PER_HEIGHT]
    left, right, covered = Iris(**vars(aperture)).mean_edges(top, top + thickness, behind)
    assert np.ptp(np.clip([top, top + thickness], height[0], height[-1])) == pytest.approx(covered, abs=1e-6)
    for integral, mean in ((left_integral, left), (right_integral, right)):
        over_strip = np.diff(np.interp([top, top + thickness], height, integral))[0]
        # Linear between rows 1/1024 apart: a strip's ends are off by up to an eighth of that times the edge's turn.
        assert over_strip == pytest.approx(mean * covered, abs=1e-4)


def test_table_is_shared_and_cannot_be_written():
    assert even_outlines(rk.Aperture(6)) is even_outlines(rk.Aperture(6))
    with pytest.raises(ValueError, match="read-only"):
        even_outlines(rk.Aperture(6))[0][0, 0, 0] = 1.0


def rendered_point(aperture: rk.Aperture, radius_px: float, size: int) -> np.ndarray:
    """Render a light in the middle of a dark picture; 1 where its image is fully lit."""
    rgb = np.zeros((size, size, 3), np.float32)
    rgb[size // 2, size // 2] = 1000.0
    depth = np.full((size, size), depth_of(radius_px, PX_PER_DIOPTRE), np.float32)
    picture = rk.render(rk.Photo(rgb=rgb, depth=depth), lens_of((size, size), PX_PER_DIOPTRE, aperture))
    return picture.rgb[..., 1].astype(np.float64) * area(aperture) * radius_px**2 / 1000.0


@pytest.mark.parametrize("radius_px", [30.0, -30.0], ids=["behind", "in front"])
@pytest.mark.parametrize("rotation_deg", [0.0, 10.0])
@pytest.mark.parametrize("blades", range(3, 16))
def test_corners_stand_where_the_rotation_says(blades, rotation_deg, radius_px):
    image = rendered_point(rk.Aperture(blades, 0.0, rotation_deg), radius_px, 81)
    y, x = np.mgrid[:81, :81] - 40.0
    # The edges' phase: the outline's n-th harmonic, weighted with the distance so that the rim counts.
    angle, distance = np.arctan2(-y, x), np.hypot(x, y) / 30.0
    harmonic = (image * distance**blades * np.exp(-1j * blades * angle)).sum()
    corner_deg = math.degrees(-np.angle(harmonic)) / blades
    turned = 0.0 if radius_px > 0 else 180.0
    expected = rotation_deg + 180.0 / blades + turned
    off = math.remainder(corner_deg - expected, 360.0 / blades)
    assert abs(off) < 1.5, f"a corner at {corner_deg:.1f} degrees, expected {expected:.1f}"


def test_blades_as_the_words_say():
    # A triangle behind focus: an edge's middle at 3 o'clock, so a corner at 9 o'clock; in front the other way round.
    behind, front = (rendered_point(rk.Aperture(3), r, 81)[40] for r in (30.0, -30.0))
    assert behind[40 + 14] > 0.9 > 0.1 > behind[40 + 17]
    assert behind[40 - 27] > 0.9 > 0.1 > behind[40 - 32]
    np.testing.assert_allclose(front, behind[::-1], atol=1e-4)
    # A quarter of a turn counter-clockwise brings the edge's middle up, row 0 being at the top.
    turned = rendered_point(rk.Aperture(3, 0.0, 90.0), 30.0, 81)[:, 40]
    assert turned[40 - 14] > 0.9 > 0.1 > turned[40 - 17]
    assert turned[40 + 27] > 0.9


@pytest.mark.parametrize(
    "bad",
    [
        {"blades": 1},
        {"blades": 2},
        {"blades": 16},
        {"blades": -6},
        {"curvature": -0.1},
        {"curvature": 1.1},
        {"curvature": math.nan},
        {"rotation_deg": math.inf},
        {"rotation_deg": math.nan},
    ],
)
def test_a_value_out_of_range_is_a_usage_error(bad):
    with pytest.raises(UsageError):
        rk.Aperture(**bad)
