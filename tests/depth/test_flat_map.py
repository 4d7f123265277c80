"""A flat depth map is told from a scene: planes in closed form, and what only looks like one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rebokeh as rk
from rebokeh.bokeh.depth.flat_map import fit_plane, flat_map_warnings, flat_surface

pytestmark = pytest.mark.kernels

H, W = 144, 192
FOCAL_PX = 200.0
Y, X = np.mgrid[:H, :W]


def plane_at(distance_m: float, turn_deg: float = 0.0, tip_deg: float = 0.0) -> np.ndarray:
    """Dioptres of a plane through (0, 0, distance), traced ray by ray."""
    turn, tip = np.radians((turn_deg, tip_deg))
    normal = np.array([np.sin(turn), np.sin(tip), np.cos(turn) * np.cos(tip)])
    rays = np.stack([(X + 0.5 - W / 2) / FOCAL_PX, (Y + 0.5 - H / 2) / FOCAL_PX, np.ones((H, W))], axis=2)
    # The ray z * (x, y, 1) meets n . X = n_z * distance.
    z = normal[2] * distance_m / (rays @ normal)
    assert (z > 0).all()
    return (1.0 / z).astype(np.float32)


def photo_of(depth: np.ndarray, **more) -> rk.Photo:
    return rk.Photo(rgb=np.full((*depth.shape, 3), 0.3, np.float32), depth=depth.astype(np.float32), **more)


def with_person(depth: np.ndarray, nearer: float, radius_px: float) -> np.ndarray:
    """Put a disc before a wall, so many times nearer."""
    return np.where(np.hypot(Y - H / 2, X - W / 2) < radius_px, nearer * depth, depth)


@given(st.floats(0.3, 5.0), st.floats(-40.0, 40.0), st.floats(-40.0, 40.0))
def test_dioptres_of_a_plane_are_linear(distance_m, turn_deg, tip_deg):
    depth = plane_at(distance_m, turn_deg, tip_deg)
    plane = fit_plane(depth)
    assert plane is not None and plane.residual < 1e-5 * depth.max()
    told = plane.corner + plane.across * (X + 0.5) / W + plane.down * (Y + 0.5) / H
    assert np.allclose(told, depth, rtol=0, atol=1e-5 * depth.max())
    far, near = plane.range_dioptres
    # The frame ends half a pixel beyond its outer pixels' centres.
    assert far <= told.min() and near >= told.max()
    assert flat_map_warnings(photo_of(depth))


@pytest.mark.parametrize("kind", ["absolute", "anchored", "relative"])
@pytest.mark.parametrize("turned", [(0.0, 0.0), (25.0, 0.0), (10.0, -30.0)])
@pytest.mark.parametrize("spoilt", ["as it is", "noise", "8 bit", "holes", "finger"])
def test_what_a_map_does_to_a_plane_does_not_hide_it(kind, turned, spoilt):
    rng, depth = np.random.default_rng(3), plane_at(0.4, *turned).astype(np.float64)
    if spoilt == "noise":
        depth *= 1.0 + 0.008 * rng.standard_normal(depth.shape)
    elif spoilt == "8 bit":
        depth = np.round(depth / 0.05) * 0.05
    elif spoilt == "holes":
        depth[rng.random(depth.shape) < 0.3] = np.nan
    elif spoilt == "finger":
        depth[:16, :16] *= 3.0  # less than one in a hundred
    assert flat_surface(photo_of(depth, depth_kind=kind)) is not None


def test_half_a_code_is_no_relief():
    slope = 0.3 + 0.8 * (X + 0.5) / W + np.zeros((H, 1))
    coarse = np.round(slope / 0.1) * 0.1
    assert np.abs(coarse - slope).max() > 0.03 * np.median(slope)
    assert flat_surface(photo_of(coarse)) is not None
    # As far from the plane, but not in steps.
    waves = slope + 0.05 * np.sin(X / 3.0) * np.cos(Y / 5.0)
    assert flat_surface(photo_of(waves)) is None


@pytest.mark.parametrize("turned", [(0.0, 0.0), (25.0, 0.0)])
@pytest.mark.parametrize(("nearer", "radius_px"), [(1.1, 36.0), (2.0, 36.0), (2.0, 16.0), (8.0, 60.0)])
def test_somebody_before_a_wall_is_no_plane(turned, nearer, radius_px):
    assert flat_surface(photo_of(with_person(plane_at(2.0, *turned), nearer, radius_px))) is None


def test_a_sphere_a_corner_and_a_landscape_are_no_planes():
    relief = np.hypot(Y - H / 2, X - W / 2) / W
    for depth in (2.0 - relief, np.abs(X - W / 2) / W + 0.5, np.maximum(Y - H / 2, 0.0) / H):
        assert flat_surface(photo_of(depth)) is None


def test_a_map_without_metres_is_held_against_its_own_range():
    slope = plane_at(1.0, 20.0)
    assert flat_surface(photo_of(slope, depth_kind="unitless")) is not None
    # What would be noise of a map in metres may be all that this one shows.
    faint = with_person(np.full((H, W), 1.0), 1.01, 40.0)
    assert flat_surface(photo_of(faint)) is not None
    assert flat_surface(photo_of(faint, depth_kind="unitless")) is None


def test_one_value_all_over_and_a_tiny_map():
    for depth in (np.full((H, W), 0.7), np.zeros((H, W)), np.full((2, 2), 3.0)):
        assert len(flat_map_warnings(photo_of(depth))) == 1
    assert flat_map_warnings(rk.Photo(rgb=np.zeros((4, 4, 3), np.float32))) == ()
    one = np.full((4, 4), np.nan)
    one[0, 0] = 1.0
    assert fit_plane(one) is None


def test_the_warning_says_how_far():
    (line,) = flat_map_warnings(photo_of(plane_at(0.4)))
    assert "one flat surface, 0.4 m away" in line and "picture of a picture" in line and "\n" not in line
    assert "blurred all alike" in line
    (line,) = flat_map_warnings(photo_of(plane_at(0.4, 30.0)))
    # From in focus to the largest radius: that is not alike.
    assert "alike" not in line and "at a slant" in line and "blur grows along it" in line
    assert "m to " in line
    assert " m " not in flat_map_warnings(photo_of(plane_at(0.4, 30.0), depth_kind="unitless"))[0]


def test_a_render_warns_once_and_a_scene_does_not():
    flat = photo_of(plane_at(0.4, 10.0))
    scene = rk.prepare(flat)
    assert sum("flat surface" in line for line in scene.warnings(rk.Lens())) == 1
    assert sum("flat surface" in line for line in scene.report(rk.Lens())["warnings"]) == 1
    assert sum("flat surface" in line for line in scene.render(rk.Lens()).meta.warnings) == 1
    deep = replace(flat, depth=with_person(plane_at(2.0), 2.0, 30.0))
    assert rk.prepare(deep).warnings(rk.Lens()) == ()


@pytest.mark.slow
def test_no_real_photo_is_called_flat(shared):
    for name in ("ip13pro_macbook.heic", "ipX_depth_pem.jpg"):
        assert flat_map_warnings(rk.load(shared / "real" / name)) == ()
