"""HDR out and in again: Ultra HDR JPEG, Apple's gain map, PQ and HLG."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from PIL import Image
from support import iphone

import rebokeh as rk
from rebokeh.bokeh.colour import pq_hlg as pq
from rebokeh.bokeh.colour.profile import named_profile, rgb_from_xyz
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.hdr.gain_map import over_sdr, radiance
from rebokeh.bokeh.hdr.restore import above_clip
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.io.jpeg import ultra_hdr_write
from rebokeh.bokeh.io.metadata.gain_map import apple_gain, coded
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.photo.photo import GainMap

pytestmark = pytest.mark.kernels

H, W = 96, 128
SLIGHT = (1 / 64, 1 / 64, 1 / 64)
HDR_OR_NOT: tuple[Literal["gain-map", "off"], ...] = ("gain-map", "off")
P3 = named_profile("Display P3")
Y, X = np.mgrid[:H, :W].astype(np.float32)


def scene(gain_map: GainMap | None = None, peak: float = 6.0, **meta) -> rk.Photo:
    """Smooth light with a warm disc above white."""
    rgb = np.stack([X / W, Y / H, 0.5 + 0.2 * np.sin(X / 9)], axis=-1) * np.float32(0.8)
    disc = np.clip(36.0 - np.hypot(X - 64, Y - 48), 0.0, 24.0)[..., None] / 24
    rgb = rgb + disc * (np.array([peak, peak / 2, peak / 8], np.float32) - rgb)
    return rk.Photo(rgb=rgb, gain_map=gain_map, profile=P3, meta=Metadata(**{"format": "jpeg", **meta}))


def half(stops: float) -> np.ndarray:
    found = np.zeros((H // 2, W // 2), np.float32)
    found[8:20, 8:24] = stops
    return found


def codes_of(light: np.ndarray) -> np.ndarray:
    return np.rint(P3.from_linear(light) * 255)


def close(got: np.ndarray, want: np.ndarray) -> None:
    """Compare light: exactly but for rounding, save at steep rims, where a map of half size is interpolated."""
    apart = np.abs(got - want) / (want + 0.05)
    assert np.median(apart) < 0.01 and np.quantile(apart, 0.95) < 0.06 and apart.max() < 0.4


# --- renditions


@pytest.mark.parametrize("offset", [0.0, 1 / 64])
@pytest.mark.parametrize("colour", [False, True])
def test_a_map_over_what_does_not_clip_is_kept_value_for_value(offset, colour):
    stops = np.stack([half(3.0), half(2.0), half(0.5)], axis=-1) if colour else half(3.0)
    source = replace(scene(peak=0.9), gain_map=GainMap(stops, 8.0, (offset,) * 3, (offset,) * 3))
    found = over_sdr(source)
    assert found is not None and found.headroom == 8.0 and found.offset_base == (offset,) * 3
    np.testing.assert_allclose(found.log2_gain, stops, atol=1e-6)


def test_clipped_light_is_in_the_map_by_the_closed_form():
    found = over_sdr(scene())
    assert found is not None and found.log2_gain.shape == (H // 2, W // 2, 3)
    np.testing.assert_allclose(found.log2_gain[24, 32], np.log2([6.0, 3.0, 1.0]), atol=1e-5)
    grey = over_sdr(scene(), colour=False)
    assert grey is not None and grey.log2_gain[24, 32] == pytest.approx(np.log2(9.75 / 2.75), abs=1e-5)
    assert over_sdr(scene(peak=0.9)) is None


@pytest.mark.parametrize("headroom", [1.0, 16.0])
def test_apples_codes_mean_the_gain(headroom):
    found = apple_gain(replace(scene(peak=0.9), gain_map=GainMap(half(2.0), headroom)))
    assert found is not None
    codes, head, words = found
    assert head == pytest.approx(max(headroom, 4.0)) and f"{head:.6f}".encode() in words
    gain = 1 + (head - 1) * iphone_curve(codes / 255)
    np.testing.assert_allclose(gain, np.exp2(half(2.0)), rtol=0.03)


def iphone_curve(code: np.ndarray) -> np.ndarray:
    """Rec.709's camera curve, inverted."""
    return np.where(code >= 0.081, ((code + 0.099) / 1.099) ** (1 / 0.45), code / 4.5)


# --- Ultra HDR


@pytest.mark.parametrize("gain", [None, GainMap(half(2.0), 4.0), GainMap(half(2.0), 4.0, SLIGHT, SLIGHT)])
def test_ultra_hdr_reads_back_as_the_same_light(gain):
    source = scene(gain)
    again = rk.load(encode(source, "jpeg", hdr="gain-map"))
    assert again.gain_map is not None and again.meta.hdr == "gain-map" and again.profile.icc == P3.icc
    close(radiance(again), radiance(source))


def test_the_base_is_what_is_written_without_a_map():
    with_map, plain = (
        np.asarray(Image.open(io.BytesIO(encode(scene(), "jpeg", hdr=hdr))).convert("RGB")) for hdr in HDR_OR_NOT
    )
    assert np.array_equal(with_map, plain)


def test_another_reader_agrees():
    imagecodecs = pytest.importorskip("imagecodecs")
    data = encode(scene(), "jpeg", hdr="gain-map")
    theirs = imagecodecs.ultrahdr_decode(data, dtype=np.float16, boost=6.0).astype(np.float32)[..., :3]
    close(theirs, radiance(rk.load(data)))


def test_xmp_and_exif_are_carried_beside_the_container():
    words = iphone.xmp(tiff_Make="Apple")
    source = scene(exif=iphone.exif(1, (), (W, H))[6:], xmp=words)
    data = encode(source, "jpeg", hdr="gain-map")
    again = rk.load(data)
    assert again.meta.camera == "Apple iPhone X" and again.meta.xmp and b"<tiff:Make>Apple" in again.meta.xmp
    assert data.count(b"<Container:Directory>") == 1
    twice = encode(replace(source, meta=replace(source.meta, xmp=again.meta.xmp)), "jpeg", hdr="gain-map")
    assert twice.count(b"<Container:Directory>") == 1
    assert b"Container:Directory" not in encode(again, "jpeg", hdr="off")


def test_xmp_that_is_too_long_gives_way():
    long = iphone.xmp(tiff_Make="A" * 66_000)
    data = ultra_hdr_write.joined(
        encode(scene(), "jpeg"), encode(scene(), "jpeg"), coded(GainMap(half(1.0), 2.0))[1], long
    )
    assert rk.load(data).gain_map is not None and b"AAAA" not in data


# --- HEIC and PQ


def test_heic_carries_the_gain_map_of_what_was_rendered():
    source = scene(GainMap(half(2.0), 8.0), peak=0.9, hdr="gain-map")
    again = rk.load(encode(source, "heic", quality=95))
    assert again.gain_map is not None and again.gain_map.headroom == pytest.approx(8.0)
    np.testing.assert_allclose(again.gain_map.log2_gain, half(2.0), atol=0.12)
    assert rk.load(encode(source, "heic", hdr="off")).gain_map is None


@pytest.mark.parametrize("kind", ["heic", "avif"])
@pytest.mark.parametrize("name", ["sRGB", "Display P3", "Rec.2020", "Adobe RGB"])
def test_pq_reads_back_as_the_same_light(kind, name):
    if kind == "avif":
        pytest.importorskip("imagecodecs")
    profile = named_profile(name)
    light = np.repeat(np.geomspace(0.01, 40.0, W)[None, :, None], H, axis=0).repeat(3, axis=2).astype(np.float32)
    light[:, :, 2] *= 0.6
    again = rk.load(
        encode(rk.Photo(rgb=light, profile=profile, meta=Metadata(format="png")), kind, hdr="pq", quality=100)
    )
    assert again.meta.hdr == "pq" and again.meta.bit_depth == 10
    assert again.profile.name == ("Display P3" if name in ("sRGB", "Display P3") else "Rec.2020")
    matrix = rgb_from_xyz(again.profile) @ np.linalg.inv(rgb_from_xyz(profile))
    want, got = (pq.pq_of_light(a) * 1023 for a in (light @ matrix.T, again.rgb))
    assert np.abs(want - got)[1:-1, 1:-1].max() <= (2.0 if kind == "avif" else 4.0), "10-bit codes"


def test_pq_and_hlg_have_diffuse_white_at_203_nits():
    assert pq.pq_of_light(np.array(1.0)) == pytest.approx(0.5807, abs=1e-4)  # BT.2408: 58 %
    assert pq.light_of_pq(np.array(1.0)) == pytest.approx(10_000 / 203)
    codes = np.full((1, 1, 3), round(0.75 * 65535), np.uint16)  # BT.2408: 75 %
    assert pq.to_linear(codes, "hlg", named_profile("Rec.2020")) == pytest.approx(np.ones((1, 1, 3)), abs=0.01)
    assert pq.to_linear(codes * 0 + 65535, "hlg", P3) == pytest.approx(np.full((1, 1, 3), 1000 / 203), rel=1e-3)
    light = np.geomspace(1e-4, 49, 99)
    np.testing.assert_allclose(pq.light_of_pq(pq.pq_of_light(light)), light, rtol=1e-9)


@pytest.mark.parametrize("bits", [10, 12])
def test_every_pq_code_survives(bits):
    codes = np.arange(2**bits)
    spread = (codes << (16 - bits) | codes >> (2 * bits - 16)).astype(np.uint16)
    light = pq.to_linear(np.repeat(spread[None, :, None], 3, axis=2), "pq", P3)
    assert np.array_equal(pq.to_pq(light, None, bits)[0, :, 0], spread)


def test_a_pq_photo_stays_one_and_its_light_is_no_estimate():
    source = rk.load(encode(scene(), "heic", hdr="pq"))
    assert rk.load(encode(source, "heic")).meta.hdr == "pq"
    assert rk.load(encode(source, "jpeg")).meta.hdr == ""
    depth = np.full((H, W), 0.5, np.float32)
    assert above_clip(replace(source, depth=depth), "auto").extra is None


# --- choices


@pytest.mark.parametrize(
    ("kind", "hdr", "bits"),
    [("png", "pq", None), ("tiff", "gain-map", None), ("jpeg", "pq", None), ("avif", "gain-map", None),
     ("exr", "gain-map", None), ("heic", "pq", 8), ("heic", "bright", None)],
)  # fmt: skip
def test_what_no_file_holds_is_refused(kind, hdr, bits):
    with pytest.raises(UsageError):
        encode(scene(), kind, hdr=hdr, bit_depth=bits)


def test_auto_is_as_the_source_did():
    assert rk.load(encode(scene(), "jpeg")).gain_map is None
    assert rk.load(encode(scene(hdr="gain-map"), "jpeg")).gain_map is not None
    assert rk.load(encode(scene(hdr="gain-map"), "png")).gain_map is None
    assert rk.load(encode(scene(hdr="gain-map", peak=0.9), "jpeg")).gain_map is None, "nothing is above white"


@pytest.mark.parametrize(("kind", "hdr"), [("jpeg", "gain-map"), ("heic", "gain-map"), ("heic", "pq")])
def test_exiftool_finds_no_error(tmp_path, kind, hdr):
    if shutil.which("exiftool") is None:
        pytest.skip("no exiftool here")
    path = tmp_path / f"a.{kind}"
    path.write_bytes(encode(scene(), kind, hdr=hdr))
    said = subprocess.run(["exiftool", "-validate", "-error", "-a", path], capture_output=True, text=True).stdout
    assert "Error" not in said and "Validate" in said
