"""Where the focus goes when no distance is given."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import rebokeh as rk
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.depth.autofocus import find_focus, nearest_large_surface
from rebokeh.bokeh.photo.metadata import Metadata

pytestmark = pytest.mark.kernels

SIZE = (120, 160)


def scene() -> np.ndarray:
    """Return a wall at 5 m, a table sloping towards the camera, a person at 2 m, and a fly at 0.2 m."""
    depth = np.full(SIZE, 0.2, np.float32)
    depth[90:] = np.linspace(0.2, 0.35, 30)[:, None]
    depth[30:100, 60:100] = 0.5
    depth[4:8, 4:8] = 5.0
    return depth


def photo(**meta) -> rk.Photo:
    return rk.Photo(rgb=np.full((*SIZE, 3), 0.5, np.float32), depth=scene(), meta=Metadata(**meta))


def focus(lens: rk.Lens, shot: rk.Photo | None = None, matte=None) -> tuple[float, str]:
    return find_focus(lens, shot or photo(), scene(), matte)


def test_a_distance_is_taken_as_given():
    assert focus(rk.Lens(focus_m=3.3)) == (3.3, "as given")


@pytest.mark.parametrize(
    "point, metres", [((0.5, 0.5), 2.0), ((0.9, 0.3), 5.0), ((0.04, 0.05), 0.2), ((0, 0.5), 5.0), ((1, 0), 5.0)]
)
def test_a_point_takes_what_stands_there(point, metres):
    distance, source = focus(rk.Lens(focus_point=point))
    assert distance == pytest.approx(metres, rel=1e-5)
    assert "point" in source


def test_a_point_comes_before_the_autofocus_area_and_the_matte():
    matte = (scene() == 5.0).astype(np.float32)
    assert focus(rk.Lens(focus_point=(0.5, 0.5)), photo(af_area=(0.8, 0.1, 0.1, 0.1)), matte)[0] == pytest.approx(2.0)


def test_the_autofocus_area_comes_before_the_matte():
    matte = (scene() == 0.5).astype(np.float32)
    distance, source = focus(rk.Lens(), photo(af_area=(0.75, 0.1, 0.2, 0.2)), matte)
    assert distance == pytest.approx(5.0) and "autofocus" in source


def test_the_matte_gives_the_subject_s_median():
    matte = (scene() == 0.5).astype(np.float32)
    distance, source = focus(rk.Lens(), matte=matte)
    assert distance == pytest.approx(2.0) and "matte" in source


def test_without_either_the_nearest_large_surface():
    distance, source = focus(rk.Lens())
    assert distance == pytest.approx(2.0, rel=0.05), "the person: not the wall, not the fly"
    assert source == "nearest large surface"


def test_the_nearest_large_surface_is_no_mean_of_two():
    depth = np.full(SIZE, 0.1, np.float32)
    depth[:, :40] = 0.4
    assert nearest_large_surface(depth) == pytest.approx(0.4)
    depth[:8, :16] = 3.0  # too small to be meant
    assert nearest_large_surface(depth) == pytest.approx(0.4)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 5)])
def test_the_smallest_maps_have_a_focus(size):
    depth = np.full(size, 0.25, np.float32)
    small = rk.Photo(rgb=np.zeros((*size, 3), np.float32), depth=depth)
    for lens in (rk.Lens(), rk.Lens(focus_point=(0.0, 0.0)), rk.Lens(focus_point=(1.0, 1.0))):
        assert find_focus(lens, small, depth, None)[0] == pytest.approx(4.0)


def test_metres_mean_nothing_to_a_map_without_metres():
    unitless = replace(photo(), depth_kind="unitless")
    with pytest.raises(UsageError, match="`focus_point`"):
        rk.render(unitless, rk.Lens(focus_m=2.0))
    assert focus(rk.Lens(focus_point=(0.5, 0.5)), unitless)[0] == pytest.approx(2.0)


def test_nominal_metres_are_said_to_be_nominal():
    assert "nominal" in focus(rk.Lens(focus_m=2.0), replace(photo(), depth_kind="relative"))[1]


def test_focus_at_infinity():
    sky = np.zeros(SIZE, np.float32)
    for lens in (rk.Lens(focus_m=math.inf), rk.Lens(focus_point=(0.5, 0.5))):
        distance, _ = find_focus(lens, photo(), sky, None)
        assert math.isfinite(distance) and distance >= 1e5
    rgb = np.random.default_rng(1).random((*SIZE, 3)).astype(np.float32)
    shot = rk.Photo(rgb=rgb, depth=sky)
    np.testing.assert_allclose(rk.render(shot, rk.Lens(focus_m=math.inf)).rgb, rgb, atol=1e-6)


def test_focus_within_the_focal_length_is_refused():
    with pytest.raises(UsageError, match="focal length"):
        rk.render(photo(), rk.Lens(focal_mm=85.0, focus_m=0.08))


def test_the_report_says_where_the_focus_lies_and_why():
    said = rk.prepare(photo(f35_mm=26.0)).report(rk.Lens(f_number=1.8, focus_point=(0.5, 0.5)))
    assert said["focus_m"] == pytest.approx(2.0)
    assert "point" in said["focus_source"]
    assert said["radius_at_infinity_px"] == pytest.approx(26 / 1.8 * 26 / 1974 * 200 / 43.27 / 2)
    assert said["nearest_m"] == pytest.approx(0.2) and said["farthest_m"] == pytest.approx(5.0)
