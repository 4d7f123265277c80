"""Tone curves and ICC profiles: closed forms, exact inverses, defined answers to bad profiles."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageCms

from rebokeh.bokeh.colour.icc import (
    LINEAR_CURVE,
    REC709_CURVE,
    SRGB_CURVE,
    BrokenProfileError,
    Curve,
    LutProfileError,
    gamma_curve,
)
from rebokeh.bokeh.colour.profile import PRIMARIES, Profile, linear_profile, named_profile

TABLE = Curve(table=tuple(np.linspace(0, 1, 1024) ** 2.2))
PROFILES = [
    Profile(),
    named_profile("Display P3"),
    named_profile("Adobe RGB", gamma_curve(563 / 256)),
    Profile(curves=(gamma_curve(1.8), SRGB_CURVE, gamma_curve(2.4))),
    Profile(curves=(TABLE, TABLE, TABLE)),
    linear_profile(),
]


def grey_codes(n: int, dtype) -> np.ndarray:
    return np.arange(n).astype(dtype)[:, None].repeat(3, axis=1)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_all_256_codes_come_back(profile):
    codes = grey_codes(256, np.uint8)
    for given_as in (codes, codes.astype(np.float32) / 255):
        back = np.rint(profile.from_linear(profile.to_linear(given_as)) * 255)
        assert np.array_equal(back, codes)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_16_bit_codes_come_back_within_one(profile):
    codes = grey_codes(65536, np.uint16)
    back = np.rint(profile.from_linear(profile.to_linear(codes)) * 65535)
    # A gamma curve of 2.4 has 16-bit codes whose light is below 1e-9: there two may merge.
    assert np.abs(back - codes)[64:].max() <= 1
    assert np.abs(back - codes).max() <= 2


def test_srgb_closed_form():
    x = np.linspace(0, 1, 65536)
    exact = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    got = Profile().to_linear(np.repeat(x[:, None].astype(np.float32), 3, axis=1))
    assert np.abs(got[:, 0] - exact).max() < 1e-6
    y = np.random.default_rng(1).random(10_000)
    exact = np.where(y <= 0.0031308, y * 12.92, 1.055 * y ** (1 / 2.4) - 0.055)
    got = Profile().from_linear(np.repeat(y[:, None], 3, axis=1))
    assert np.abs(got[:, 2] - exact).max() < 0.5 / 65535


def test_gain_map_curve_is_rec709_inverted():
    light = np.linspace(0, 1, 1001)
    code = np.where(light < 0.018, 4.5 * light, 1.099 * light**0.45 - 0.099)
    assert np.abs(REC709_CURVE(code) - light).max() < 1e-3


def test_from_linear_clips_and_survives_nan():
    wild = np.array([[np.nan, np.inf, -np.inf], [-1.0, 2.0, 1.0]], np.float32)
    for profile in (Profile(), linear_profile()):
        codes = profile.from_linear(wild)
        assert np.isfinite(codes).all() and codes.min() >= 0 and codes.max() <= 1
        assert codes[1].tolist() == [0, 1, 1]


def test_linear_profile_passes_light_above_one():
    light = np.array([[[0.25, 1.0, 37.5]]], np.float32)
    assert np.array_equal(linear_profile().to_linear(light), light)


def test_channels_have_their_own_curves():
    profile = Profile(curves=(gamma_curve(1.0), gamma_curve(2.0), gamma_curve(3.0)))
    got = profile.to_linear(np.full((2, 2, 3), 0.5, np.float32))
    assert np.allclose(got, [0.5, 0.25, 0.125], atol=1e-4)


@pytest.mark.parametrize("name", PRIMARIES)
def test_a_made_profile_is_read_back_and_a_colour_engine_agrees(name):
    made = named_profile(name)
    again = Profile.from_icc(made.icc)
    assert again.name == name
    assert np.allclose(again.curves[0].params, SRGB_CURVE.params, atol=2e-5)
    corners = made.chromaticities()
    assert corners is not None
    assert np.allclose(corners[:6], np.ravel(PRIMARIES[name]), atol=2e-4)
    opened: Any = ImageCms.ImageCmsProfile(io.BytesIO(made.icc or b"")).profile
    assert opened.profile_description == name
    assert np.allclose([opened.red_primary[1][:2]], [corners[:2]], atol=0.02)


def test_littlecms_srgb_is_srgb():
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = Profile.from_icc(icc)
    x = np.linspace(0, 1, 256, dtype=np.float32)[:, None].repeat(3, axis=1)
    assert np.abs(profile.to_linear(x) - Profile().to_linear(x)).max() < 1e-4


def test_with_curve_keeps_the_primaries():
    p3 = named_profile("Display P3")
    linear = p3.with_curve(LINEAR_CURVE)
    assert linear.is_linear and Profile.from_icc(linear.icc).is_linear
    assert np.allclose(linear.chromaticities() or (), p3.chromaticities() or (), atol=1e-4)


def test_silence_is_srgb():
    assert Profile.from_icc(None) == Profile() and Profile.from_icc(b"") == Profile()


@pytest.mark.parametrize("kind", range(5))
def test_parametric_curves_of_every_type(kind):
    import struct

    g, a, b, c, d, e, f = 2.0, 0.9, 0.1, 0.2, 0.25, 0.0, 0.0
    numbers = {0: (g,), 1: (g, a, b), 2: (g, a, b, 0.0), 3: (g, a, b, c, d), 4: (g, a, b, c, d, e, f)}[kind]
    tag = (
        b"para"
        + bytes(4)
        + struct.pack(">HH", kind, 0)
        + b"".join(struct.pack(">i", round(v * 65536)) for v in numbers)
    )
    icc = named_profile("sRGB", gamma_curve(1.5)).icc or b""
    at = icc.find(b"para")
    profile = Profile.from_icc(icc[:at] + tag.ljust(40, b"\0"))
    x = np.array([0.1, 0.6, 1.0])
    power = (a * x + b) ** g if kind else x**g
    expected = np.where(x < d, c * x, power) if kind >= 3 else power
    assert np.allclose(profile.curves[0](x), expected, atol=1e-4)


def test_a_profile_of_tables_is_told_apart():
    icc = bytearray(named_profile("sRGB").icc or b"")
    icc[16:20] = b"CMYK"
    with pytest.raises(LutProfileError):
        Profile.from_icc(bytes(icc))


def test_a_grey_profile_becomes_rgb_with_its_curve():
    import struct

    trc = b"curv" + bytes(4) + struct.pack(">IH", 1, int(1.8 * 256))
    body = struct.pack(">I4sII", 1, b"kTRC", 144, len(trc)) + trc
    icc = bytearray(128)
    icc[16:20], icc[36:40] = b"GRAY", b"acsp"
    profile = Profile.from_icc(bytes(icc) + body)
    assert profile.curves[0].params[0] == pytest.approx(1.8, abs=0.01)
    assert (profile.icc or b"")[16:20] == b"RGB "


@given(st.binary(max_size=400))
def test_any_bytes_are_a_profile_or_broken(data):
    try:
        Profile.from_icc(data)
    except (BrokenProfileError, LutProfileError):
        pass


@given(st.integers(0, 600), st.integers(0, 255))
def test_one_wrong_byte_is_a_profile_or_broken(at, value):
    icc = bytearray(named_profile("Display P3").icc or b"")
    icc[at % len(icc)] = value
    try:
        profile = Profile.from_icc(bytes(icc))
    except (BrokenProfileError, LutProfileError):
        return
    light = profile.to_linear(np.linspace(0, 1, 9, dtype=np.float32)[:, None].repeat(3, axis=1))
    assert np.isfinite(light).all()
