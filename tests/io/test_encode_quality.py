"""What a save costs in quality and bytes: the settings hold their bounds on a picture with grain."""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from rebokeh.bokeh.colour import profile as tone
from rebokeh.bokeh.colour.icc import SRGB_CURVE, gamma_curve
from rebokeh.bokeh.colour.profile import Profile, linear_profile, named_profile
from rebokeh.bokeh.core import threads as cores
from rebokeh.bokeh.io import encode as writer
from rebokeh.bokeh.io.writers import png, tiff
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.photo.photo import Photo

P3 = named_profile("Display P3")
H, W = 240, 320
LUMA = np.array([0.299, 0.587, 0.114])


def grainy(seed: int = 3) -> np.ndarray:
    """Soft colours under fine grain, uint8."""
    rng = np.random.default_rng(seed)
    soft = ndimage.gaussian_filter(rng.random((H, W, 3)), (12, 12, 0))
    soft = (soft - soft.min()) / np.ptp(soft) * 180 + 30
    return np.clip(np.rint(soft + rng.normal(0, 1.5, (H, W, 1)) + rng.normal(0, 0.75, (H, W, 3))), 0, 255).astype(
        np.uint8
    )


GRAINY = grainy()
PHOTO = Photo(rgb=P3.to_linear(GRAINY), profile=P3)


def luma_db(data: bytes) -> float:
    again = load(data)
    error = (again.profile.from_linear(again.rgb) * 255 - GRAINY) @ LUMA
    return float(10 * np.log10(255**2 / (error**2).mean()))


@pytest.mark.parametrize(("kind", "most_bits"), [("heic", 4.5), ("jpeg", 4.5), ("avif", 4.5)])
def test_the_default_is_visually_lossless_and_no_larger_than_it_need_be(kind, most_bits):
    data = writer.encode(PHOTO, kind)
    assert luma_db(data) >= 45
    assert 8 * len(data) / (H * W) <= most_bits
    assert load(data).profile.icc == P3.icc


@pytest.mark.parametrize("kind", ["heic", "jpeg", "avif"])
def test_quality_is_what_is_asked_for(kind):
    low, high = (writer.encode(PHOTO, kind, quality=q) for q in (40, 97))
    assert len(low) < len(high) and luma_db(low) < 45 < luma_db(high)


def test_ten_bits_are_nearer_than_eight():
    ten, eight = (luma_db(writer.encode(PHOTO, "heic", bit_depth=bits)) for bits in (10, 8))
    assert ten > eight


def test_heic_is_what_decoders_in_hardware_take():
    info: Any = pillow_heif.open_heif(writer.encode(PHOTO, "heic")).info
    assert info["chroma"] == 420 and info["bit_depth"] == 8


def test_red_edges_stay_sharp_in_jpeg():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2, 0] = 200
    again = load(writer.encode(Photo(rgb=Profile().to_linear(stripes)), "jpeg"))
    assert np.abs(np.rint(again.profile.from_linear(again.rgb) * 255) - stripes).max() < 20


# --- PNG and TIFF in pieces ------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([np.uint8, np.uint16]),
    st.integers(1, 2000),
    st.integers(0, 9),
)
def test_a_png_in_strips_of_any_size_is_one_stream(h, w, dtype, strip_bytes, seed):
    codes = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, (h, w, 3), dtype, True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(png, "_STRIP_BYTES", strip_bytes)
        patch.setattr(tiff, "_STRIP_BYTES", strip_bytes)
        data = png.png(codes, None, None, None)
        assert np.array_equal(tiff_codes(tiff.tiff(codes, None, None, None)), codes)
    body, at = b"", 8
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        assert zlib.crc32(data[at + 4 : at + 8 + size]) == int.from_bytes(data[at + 8 + size : at + 12 + size], "big")
        body += data[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    squeeze = zlib.decompressobj()  # checks the sum over all strips
    assert len(squeeze.decompress(body)) == h * (1 + w * 3 * codes.itemsize) and squeeze.eof and not squeeze.unused_data
    again = load(data)
    assert np.array_equal(np.rint(again.profile.from_linear(again.rgb) * np.iinfo(dtype).max), codes)


def tiff_codes(data: bytes) -> np.ndarray:
    import tifffile

    return tifffile.imread(io.BytesIO(data))


def test_smooth_pictures_pack_well():
    ramp = np.repeat(np.linspace(0, 255, W).astype(np.uint8)[None, :, None], H, axis=0).repeat(3, axis=2)
    other = io.BytesIO()
    Image.fromarray(ramp).save(other, "PNG", compress_level=6)
    assert len(png.png(ramp, None, None, None)) < 3 * len(other.getvalue())
    assert len(png.png(ramp, None, None, None)) < ramp.nbytes / 50


# --- codes in one pass -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "profile", [Profile(), Profile(curves=(gamma_curve(1.8), SRGB_CURVE, gamma_curve(2.4))), linear_profile()]
)
@pytest.mark.parametrize(("bits", "top"), [(8, 255), (10, 65535), (16, 65535)])
def test_codes_are_from_linear_rounded(profile, bits, top):
    light = np.random.default_rng(5).normal(0.4, 0.5, (37, 41, 3)).astype(np.float32)
    light[0, :3] = [[np.nan, np.inf, -np.inf], [0, 1, 2], [-1, 1e-8, 65504]]
    codes = profile.to_codes(light, bits)
    assert codes.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert np.array_equal(codes, np.rint(profile.from_linear(light) * np.float32(top)))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_blocks_and_cores_change_nothing(monkeypatch, count):
    light = np.random.default_rng(6).random((53, 47, 3), np.float32)
    whole = Profile().from_linear(light)
    monkeypatch.setattr(tone, "_BLOCK", 300)
    monkeypatch.setattr(tone, "cores", lambda: count)
    assert np.array_equal(Profile().from_linear(light), whole)
    curves = Profile(curves=(gamma_curve(1.8), SRGB_CURVE, gamma_curve(2.4)))
    for k, curve in enumerate(curves.curves):
        alone = Profile(curves=(curve, curve, curve)).from_linear(light)
        assert np.array_equal(curves.from_linear(light)[..., k], alone[..., k])


def test_each_keeps_the_order_and_raises(monkeypatch):
    monkeypatch.setattr(cores, "cores", lambda: 4)
    assert cores.each(lambda k: k * k, range(50)) == [k * k for k in range(50)]
    with pytest.raises(ZeroDivisionError):
        cores.each(lambda k: 1 // (k - 3), range(9))
    assert cores.each(str, []) == []


@pytest.mark.parametrize("bound", ["1", "999999", "", "many"])
def test_cores_are_bounded_as_the_kernels_are(monkeypatch, bound):
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    free = cores.cores()
    monkeypatch.setenv("NUMBA_NUM_THREADS", bound)
    assert cores.cores() == (1 if bound == "1" else free)


def test_half_floats_are_clipped_to_what_they_hold():
    light = np.full((40, 3, 3), 1e6, np.float32)
    light[20:] = -0.25
    again = load(writer.encode(Photo(rgb=light, meta=Metadata(format="exr")), "exr"))
    assert again.rgb.max() == 65504 and again.rgb.min() == -0.25
