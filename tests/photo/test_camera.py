"""The pinhole camera of a photo: there and back, and which numbers it goes by."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.photo.camera import Camera, camera_of
from rebokeh.bokeh.photo.metadata import Intrinsics, Metadata

SIZE = (3024, 4032)
FOCAL = st.floats(50.0, 20_000.0)


@given(FOCAL, FOCAL, st.floats(-500, 9000), st.floats(-500, 9000), st.integers(0, 2**32 - 1))
def test_unproject_then_project_is_where_it_was(fx, fy, cx, cy, seed):
    rng = np.random.default_rng(seed)
    x, y, metres = rng.uniform(0, 8000, 50), rng.uniform(0, 8000, 50), 10 ** rng.uniform(-1, 4, 50)
    camera = Camera(fx, fy, cx, cy)
    # Written as float32, as files hold it.
    there = camera.project(camera.unproject(x, y, metres).astype(np.float32))
    for found, was in zip(there[:2], (x, y), strict=True):
        assert np.abs(found - was).max() < 0.01
    np.testing.assert_allclose(there[2], metres, rtol=1e-6)


def test_a_point_on_the_axis_and_one_beside_it():
    camera = Camera(1000.0, 500.0, 320.0, 240.0)
    np.testing.assert_allclose(camera.unproject([320.0, 420.0], [240.0, 290.0], 2.0), [[0, 0, 2], [0.2, 0.2, 2]])


def test_intrinsics_of_a_smaller_frame_are_brought_to_the_picture():
    stated = Intrinsics(1500.0, 1510.0, 1000.0, 760.0, 2016.0, 1512.0)
    camera = camera_of(Metadata(intrinsics=stated, f35_mm=stated.f35_mm), SIZE)
    assert (camera.focal_x_px, camera.focal_y_px) == (3000.0, 3020.0)
    assert (camera.centre_x_px, camera.centre_y_px) == (2000.0, 1520.0)
    assert "intrinsics" in camera.source


@pytest.mark.parametrize(
    "doubtful",
    [
        Intrinsics(3000.0, 2200.0, 2016.0, 1512.0, 4032.0, 3024.0),  # pixels are square
        Intrinsics(6000.0, 6000.0, 2016.0, 1512.0, 4032.0, 3024.0),  # another zoom
        Intrinsics(3000.0, 3000.0, 1512.0, 2016.0, 3024.0, 4032.0),  # another frame
        None,
    ],
)
def test_else_it_is_the_35_mm_equivalent_by_the_diagonal(doubtful):
    camera = camera_of(Metadata(intrinsics=doubtful, f35_mm=26.0), SIZE)
    focal = 26.0 / 43.27 * math.hypot(*SIZE)
    expected = (focal, focal, 2016.0, 1512.0)
    found = (camera.focal_x_px, camera.focal_y_px, camera.centre_x_px, camera.centre_y_px)
    assert found == pytest.approx(expected)
    assert camera.source == "26 mm, the photo's 35 mm equivalent"


def test_what_is_assumed_is_said():
    assert "assumed" in camera_of(Metadata(), SIZE).source


@pytest.mark.parametrize("numbers", [(0.0, 1.0, 0.0, 0.0), (1.0, -1.0, 0.0, 0.0), (1.0, 1.0, math.nan, 0.0)])
def test_no_camera(numbers):
    with pytest.raises(UsageError, match="makes no sense"):
        Camera(*numbers)
