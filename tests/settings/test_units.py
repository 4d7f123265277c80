"""What a photographer types, as numbers, or a sentence that says what is expected."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.settings.units import (
    METRES_PER_UNIT,
    Focus,
    parse_f_number,
    parse_focal_mm,
    parse_focus,
    parse_length_m,
    parse_sensor_mm,
    parse_starburst,
    point_of_pixels,
)

READERS = [parse_length_m, parse_focus, parse_f_number, parse_focal_mm, parse_sensor_mm]
sizes = st.floats(1e-6, 1e6)


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("2.1m", 2.1),
        ("210cm", 2.1),
        ("2100 mm", 2.1),
        ("7ft", 2.1336),
        ("7'", 2.1336),
        ("30in", 0.762),
        (" .5M ", 0.5),
        ("2.m", 2.0),
        ("1e1m", 10.0),
        ("+3m", 3.0),
        ("inf", math.inf),
        ("Infinity", math.inf),
    ],
)
def test_lengths(text, metres):
    assert parse_length_m(text) == pytest.approx(metres, rel=1e-12)
    assert parse_focus(text) == Focus(metres=parse_length_m(text))


@pytest.mark.parametrize(
    "text", ["2.1", "", "m", "two m", "2,1,0m", "2.1furlong", "1e999m", "nan", "nanm", "2.1m 3", "٣m"]
)
def test_what_is_no_length_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="2.1m"):
        parse_length_m(text)
    with pytest.raises(UsageError, match="2.1m"):
        parse_focus(text)


@pytest.mark.parametrize("text", ["0m", "-2m", "-1e-9cm", "1e-400m"])
def test_focus_behind_the_camera_is_refused(text):
    with pytest.raises(UsageError, match="in front of the camera"):
        parse_focus(text)


def test_focus_points():
    assert parse_focus("auto") == parse_focus("AUTO ") == Focus()
    assert parse_focus("0.4,0.6") == parse_focus(".4 , .6") == Focus(point=(0.4, 0.6))
    assert parse_focus("0,1").point == (0.0, 1.0)
    assert [parse_focus(word).target for word in ("eyes", " Face", "SUBJECT", "auto")] == [
        "eyes",
        "face",
        "subject",
        None,
    ]
    for outside in ("1.2,0.5", "0.5,-0.1", "400,600"):
        with pytest.raises(UsageError, match="0 to 1"):
            parse_focus(outside)
    for odd in ("0.4,0.6,0.8", "0,4,0,6", "x,y", "0.4;0.6"):
        with pytest.raises(UsageError, match="expected"):
            parse_focus(odd)


def test_f_numbers():
    assert (
        parse_f_number("1.8") == parse_f_number("f1.8") == parse_f_number("f/1.8") == parse_f_number(" F/1.8 ") == 1.8
    )
    for bad in ("0", "-1.8", "nan", "inf", "1e999", "1,8,0", "", "f", "wide"):
        with pytest.raises(UsageError, match="1.8"):
            parse_f_number(bad)


def test_focal_lengths():
    assert parse_focal_mm("85mm") == parse_focal_mm("85") == parse_focal_mm("85.0 MM") == 85.0
    assert parse_focal_mm("8.5cm") == pytest.approx(85.0)
    for bad in ("0", "-85mm", "inf", "long", "85px", "1e999", "nan"):
        with pytest.raises(UsageError, match="85mm"):
            parse_focal_mm(bad)


def test_sensors():
    assert parse_sensor_mm("36x24") == parse_sensor_mm("36 X 24 mm") == parse_sensor_mm("36mm×24mm") == (36.0, 24.0)
    for bad in ("36", "36x", "36x0", "-36x24", "36x24x1", "big", "1e999x24", "nanx24"):
        with pytest.raises(UsageError, match="36x24"):
            parse_sensor_mm(bad)


def test_starbursts():
    assert (parse_starburst("off"), parse_starburst(" OFF "), parse_starburst("0"), parse_starburst("2.5")) == (
        0,
        0,
        0,
        2.5,
    )
    for bad in ("on", "-1", "nan", "inf", "1e999", ""):
        with pytest.raises(UsageError, match="or off"):
            parse_starburst(bad)


@given(sizes, st.sampled_from(sorted(METRES_PER_UNIT)))
def test_any_length_in_any_unit(size, unit):
    assert parse_length_m(f"{size!r}{unit}") == size * METRES_PER_UNIT[unit]


@given(st.floats(0, 1), st.floats(0, 1))
def test_any_point_of_the_picture(x, y):
    assert parse_focus(f"{x!r},{y!r}").point == (x, y)


@given(sizes, sizes)
def test_any_lens(a, b):
    assert parse_f_number(f"f/{a!r}") == parse_focal_mm(f"{a!r}mm") == a
    assert parse_sensor_mm(f"{a!r}x{b!r}") == (a, b)


@given(st.one_of(st.text(max_size=20), st.text("0123456789.,-+einfatumcx/'\" ", max_size=12)))
def test_any_text_gives_usable_numbers_or_a_usage_error(text):
    for reader in READERS:
        try:
            value = reader(text)
        except UsageError as error:
            assert "\n" not in str(error)
            continue
        if isinstance(value, Focus):
            numbers = [value.metres] if value.metres else list(value.point or (1.0,))
            assert all(n >= 0 for n in numbers)
        else:
            assert all(n > 0 for n in (value if isinstance(value, tuple) else (value,)))


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("0.4,0.6", (0.4, 0.6)),
        ("40%,60%", (0.4, 0.6)),
        ("40 %, 60 %", (0.4, 0.6)),
        ("0,1", (0.0, 1.0)),
        ("100%,0%", (1.0, 0.0)),
    ],
)
def test_a_point_in_shares_or_per_cent(text, point):
    assert parse_focus(text).point == pytest.approx(point)


@pytest.mark.parametrize("text", ["1200x800px", "1200,800px", "1200 x 800 px", "1200px x 800px", "1200×800PX"])
def test_a_point_in_pixels(text):
    assert parse_focus(text).pixels == (1200, 800)
    assert parse_focus(point_of_pixels(text, (1600, 2400))).point == pytest.approx((0.5, 0.5))
    with pytest.raises(UsageError, match="640x480 px"):
        point_of_pixels(text, (480, 640))
    assert point_of_pixels("2.1m", (480, 640)) == "2.1m"


def test_commas_as_much_of_europe_writes_them():
    assert parse_f_number("1,8") == parse_f_number("f/1,8") == 1.8
    assert parse_length_m("2,1m") == parse_length_m("210,0 cm") == pytest.approx(2.1)
    assert parse_focus("2,1m").metres == pytest.approx(2.1) and parse_focal_mm("85,5mm") == 85.5
    # Two numbers without a unit are a point.
    with pytest.raises(UsageError, match="outside the picture"):
        parse_focus("2,1")
