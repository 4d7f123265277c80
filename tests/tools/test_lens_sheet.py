"""The contact sheet: every point of light, every stop, and that it can be looked at."""

from __future__ import annotations

import math

import numpy as np
import pytest

import rebokeh as rk
from rebokeh.bokeh.optics.aperture import area
from rebokeh.bokeh.optics.lens_file import lens_names, read_lens
from rebokeh.bokeh.optics.psf import psf
from rebokeh.bokeh.tools import lens_sheet as sheets
from rebokeh.bokeh.tools.drawing.montage import BACKGROUND, LINE_PX, text_block

pytestmark = pytest.mark.kernels


@pytest.fixture
def points(monkeypatch):
    """Return the points of light that are asked for."""
    asked = []

    def seen(lens, radius_px, field=(0.0, 0.0), diagonal_px=5000.0):
        asked.append((radius_px, field, diagonal_px))
        return psf(lens, radius_px, field, diagonal_px)

    monkeypatch.setattr(sheets, "psf", seen)
    return asked


@pytest.mark.parametrize("name", ["triplet", "mirror-500", "phone"])
def test_a_sheet(points, name):
    sheet = sheets.contact_sheet(read_lens(name))
    assert sheet.dtype == np.uint8 and sheet.ndim == 3 and sheet.shape[2] == 3
    assert len(points) == len(sheets.PLACES) * len(sheets.RADII_PX)
    assert {(radius, field) for radius, field, _ in points} == {
        (radius, field) for radius in sheets.RADII_PX for field in sheets.PLACES.values()
    }
    assert sheet.max() == 255 and sheet.min() < BACKGROUND
    assert max(sheet.shape) < 2000


def test_fields_lie_in_the_picture_and_one_in_its_corner(points):
    sheets.contact_sheet(read_lens("stf"))
    assert max(math.hypot(*field) for _, field, _ in points) == pytest.approx(1.0)


def test_each_cell_is_exposed_for_itself():
    # A disc of 40 px is 1/16 as bright as one of 10 px; both are shown white.
    assert [int(sheets._exposed(np.full((3, 3, 3), level, np.float32)).max()) for level in (1.0, 1 / 16, 1e-5)] == [
        255,
        255,
        255,
    ]
    assert sheets._exposed(np.zeros((3, 3, 3), np.float32)).max() == BACKGROUND // 2


@pytest.mark.parametrize("name", lens_names())
def test_stops_go_from_the_widest_to_f16(name):
    lens_file = read_lens(name)
    stops = sheets.stops_of(lens_file)
    assert stops[0] == lens_file.f_number
    assert stops == sorted(set(stops)) and stops[-1] <= 16.0
    for f_number in stops:  # something is left between the iris and a mirror
        assert lens_file.pupil.obstruction * f_number / lens_file.f_number < 0.9


def test_stops_of_a_fast_and_of_a_slow_lens():
    assert sheets.stops_of(read_lens("modern-85")) == [1.2, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0]
    assert sheets.stops_of(read_lens("mirror-500")) == [8.0, 11.0]


@pytest.mark.parametrize("iris", [rk.Aperture(), rk.Aperture(6, 0.3, 10.0), rk.Aperture(5, ((2.0, 1.0), (8.0, 0.0)))])
def test_an_iris_is_drawn_with_its_own_area(iris):
    drawn = sheets.iris_coverage(iris, 8.0, 60)
    assert drawn.shape == (123, 123)
    assert float(drawn.sum()) == pytest.approx(area(iris.at(8.0)) * 60**2, rel=5e-3)


def test_an_iris_stands_as_in_a_disc_behind_focus():
    # three blades: the middle of one straight edge is at 3 o'clock, half as far from the middle as the corners
    drawn = sheets.iris_coverage(rk.Aperture(3), 4.0, 40)
    row = drawn[41]
    assert float(row[41:].sum()) == pytest.approx(20.5, abs=1.0)
    assert float(row[:41].sum()) == pytest.approx(40.0, abs=1.5)


def test_what_no_font_has_is_no_trouble():
    assert text_block("Фото 写真 \u0301 " * 10, 200).shape[1] == 200
    assert text_block("", 120).shape == (LINE_PX, 120, 3)
