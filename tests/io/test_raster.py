"""JPEG, PNG, TIFF, AVIF and EXR: every depth of code, orientation, profile; and Apple's JPEG frames."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin
from support import iphone
from support.raster import DEEP, RGB, RNG, H, W, chunk, exr, png16, saved, tif

from rebokeh.bokeh.colour.icc import LINEAR_CURVE, gamma_curve
from rebokeh.bokeh.colour.profile import named_profile
from rebokeh.bokeh.core.errors import InputError
from rebokeh.bokeh.io import decoded
from rebokeh.bokeh.io.raster import pillow
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.photo import Photo

SMOOTH = np.stack(np.broadcast_arrays(*np.ogrid[:120, :160], 90), axis=-1).astype(np.uint8)


def codes_of(photo: Photo, top: int = 255) -> np.ndarray:
    return np.rint(photo.profile.from_linear(photo.rgb) * top)


def said(photo: Photo, word: str) -> bool:
    return any(word in note for note in photo.meta.notes)


# --- depth of code ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        saved(Image.fromarray(RGB), "PNG"),
        saved(Image.fromarray(RGB), "TIFF"),
        saved(Image.fromarray(RGB), "TIFF", compression="tiff_lzw"),
        tif(np.moveaxis(RGB, 2, 0), planarconfig="separate"),
        tif(RGB, compression="zlib", predictor=True, byteorder=">"),
        tif(RGB, tile=(16, 16)),
    ],
)
def test_8_bit_codes_are_exact(data):
    photo = load(data)
    assert np.array_equal(codes_of(photo), RGB) and photo.meta.bit_depth == 8


@pytest.mark.parametrize(
    "data",
    [
        png16(DEEP, 2),
        png16(np.dstack([DEEP, DEEP[..., :1]]), 6),
        tif(DEEP),
        tif(DEEP, byteorder=">"),
        tif(DEEP, compression="zlib", predictor=True),
        tif(np.moveaxis(DEEP, 2, 0), planarconfig="separate"),
    ],
)
def test_16_bit_codes_are_exact(data):
    photo = load(data)
    assert np.abs(codes_of(photo, 65535) - DEEP).max() <= 1 and photo.meta.bit_depth == 16


def test_16_bit_tiff_that_only_libtiff_can_unpack():
    """LZW as Lightroom and Photoshop write it: tifffile alone has no decoder."""
    packed = b"".join(_lzw(row.astype("<u2").tobytes()) for row in DEEP)
    sizes = [len(_lzw(row.astype("<u2").tobytes())) for row in DEEP]
    start = 8
    offsets = [start + sum(sizes[:k]) for k in range(H)]
    at = start + len(packed) + len(packed) % 2
    bits_at, offsets_at, counts_at = at, at + 6, at + 6 + 4 * H
    directory_at = counts_at + 4 * H
    entries = [(256, 4, 1, W), (257, 4, 1, H), (258, 3, 3, bits_at), (259, 3, 1, 5), (262, 3, 1, 2),
               (273, 4, H, offsets_at), (277, 3, 1, 3), (278, 4, 1, 1), (279, 4, H, counts_at)]  # fmt: skip
    body = struct.pack("<HH", 16, 16) + struct.pack("<H", 16) + struct.pack(f"<{H}I", *offsets)
    body += struct.pack(f"<{H}I", *sizes) + struct.pack("<H", len(entries))
    body += b"".join(struct.pack("<HHII", *e) for e in entries) + bytes(4)
    data = b"II*\0" + struct.pack("<I", directory_at) + packed + bytes(len(packed) % 2) + body
    photo = load(data)
    assert photo.meta.bit_depth == 16 and np.abs(codes_of(photo, 65535) - DEEP).max() <= 1


def _lzw(data: bytes) -> bytes:
    """LZW without compression: 9-bit literals, cleared before the codes grow."""
    bits = ""
    for k, byte in enumerate(data):
        if k % 200 == 0:
            bits += f"{256:09b}"
        bits += f"{byte:09b}"
    bits += f"{257:09b}"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_interlaced_16_bit_png():
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = b"".join(
        b"\0" + row.astype(">u2").tobytes() for y, x, dy, dx in passes for row in DEEP[y::dy, x::dx] if row.size
    )
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 16, 2, 0, 0, 1))
    data = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    assert np.abs(codes_of(load(data), 65535) - DEEP).max() <= 1


def test_float_tiff_is_scene_linear_and_keeps_light_above_one():
    light = RNG.random((H, W, 3)).astype(np.float32) * 9
    photo = load(tif(light))
    assert np.array_equal(photo.rgb, light) and said(photo, "scene-linear") and photo.meta.bit_depth == 32
    icc = named_profile("Display P3", LINEAR_CURVE).icc
    photo = load(tif(light, iccprofile=icc))
    assert np.array_equal(photo.rgb, light) and photo.profile.icc == icc
    light[0, 0] = np.nan
    photo = load(tif(light))
    assert np.isfinite(photo.rgb).all()
    assert any("NaN or infinity in 1 pixels" in warning for warning in photo.meta.warnings)


def test_32_bit_integer_tiff_is_refused():
    with pytest.raises(InputError, match="32-bit"):
        load(tif(DEEP.astype(np.uint32)))


# --- modes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (saved(Image.fromarray(RGB[..., 0]), "PNG"), "grey"),
        (saved(Image.fromarray(RGB[..., 0]), "JPEG"), "grey"),
        (saved(Image.fromarray(RGB[..., 0]), "TIFF"), "grey"),
        (png16(DEEP[..., 0], 0), "grey"),
        (png16(DEEP[..., :2], 4), "transparency"),
        (saved(Image.fromarray(RGB).quantize(16), "PNG"), "palette"),
        (saved(Image.fromarray(RGB[..., 0] > 99), "PNG"), "grey"),
        (saved(Image.fromarray(np.dstack([RGB, RGB[..., :1]])), "PNG"), "transparency"),
        (saved(Image.fromarray(np.dstack([RGB[..., 0], RGB[..., 1]])), "PNG"), "transparency"),
        (saved(Image.fromarray(RGB).convert("CMYK"), "JPEG"), "sRGB"),
        (saved(Image.fromarray(RGB).convert("CMYK"), "TIFF"), "sRGB"),
        (saved(Image.fromarray(RGB).convert("LAB"), "TIFF"), "converted"),
        (tif(np.dstack([RGB, RGB[..., :1]]), extrasamples=["unassalpha"]), "transparency"),
    ],
)
def test_every_mode_becomes_rgb_and_says_so(data, note):
    photo = load(data)
    assert photo.rgb.shape == (H, W, 3) and said(photo, note), photo.meta.notes


def test_opaque_alpha_is_not_worth_a_word():
    photo = load(saved(Image.fromarray(np.dstack([RGB, np.full((H, W), 255, np.uint8)])), "PNG"))
    assert np.array_equal(codes_of(photo), RGB) and not photo.meta.notes


def test_grey_16_bit_is_exact():
    for data in (png16(DEEP[..., 0], 0), png16(DEEP[..., :2], 4), tif(DEEP[..., 0])):
        assert np.abs(codes_of(load(data), 65535)[..., 1] - DEEP[..., 0]).max() <= 1


# --- profiles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "AVIF"])
def test_the_icc_profile_is_used_and_kept(kind):
    icc = named_profile("Adobe RGB", gamma_curve(2.2)).icc
    photo = load(saved(Image.fromarray(SMOOTH), kind, icc_profile=icc))
    assert photo.profile.icc == icc
    assert photo.profile.to_linear(np.full((1, 1, 3), 0.5, np.float32))[0, 0, 0] == pytest.approx(0.5**2.2, abs=1e-4)


@pytest.mark.parametrize("icc", [b"nonsense", b"x" * 200, (named_profile("sRGB").icc or b"")[:150]])
def test_a_broken_profile_is_taken_as_srgb_and_said(icc):
    photo = load(saved(Image.fromarray(RGB), "PNG", icc_profile=icc))
    assert np.array_equal(codes_of(photo), RGB) and photo.profile.icc is None and said(photo, "damaged")


def test_a_profile_of_tables_that_does_not_fit_is_taken_as_srgb():
    icc = bytearray(named_profile("sRGB").icc or b"")
    icc[16:20] = b"CMYK"
    photo = load(saved(Image.fromarray(RGB), "PNG", icc_profile=bytes(icc)))
    assert np.array_equal(codes_of(photo), RGB) and said(photo, "does not fit")


def test_a_profile_of_tables_is_converted_by_the_colour_engine():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    icc = bytearray(lab.tobytes())
    at = icc.find(b"rTRC")  # without a red curve it is no matrix profile any more
    icc[at : at + 4] = b"zzzz"
    photo = load(saved(Image.fromarray(RGB), "PNG", icc_profile=bytes(icc)))
    assert photo.rgb.shape == (H, W, 3) and photo.profile.icc is None and photo.meta.notes


def test_png_gamma_and_cicp():
    linear = load(png16(DEEP, 2, chunk(b"gAMA", struct.pack(">I", 100_000))))
    assert np.allclose(linear.rgb, DEEP / 65535, atol=1e-4) and said(linear, "gamma")
    p3 = load(png16(DEEP, 2, chunk(b"cICP", bytes([12, 13, 0, 1]))))
    assert p3.profile.name == "Display P3"
    hlg = load(png16(DEEP, 2, chunk(b"cICP", bytes([9, 18, 0, 1]))))
    assert hlg.profile.name == "Rec.2020" and hlg.meta.hdr == "hlg"


# --- orientation and metadata ----------------------------------------------------------------------------------------


def as_viewed(array: np.ndarray, orientation: int) -> np.ndarray:
    return {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, -1),
        7: lambda a: np.rot90(a.swapaxes(0, 1), 2),
        8: lambda a: np.rot90(a),
    }[orientation](array)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_every_orientation(orientation, kind):
    photo = load(saved(Image.fromarray(RGB), kind, exif=iphone.exif(orientation)[6:]))
    assert np.array_equal(codes_of(photo), as_viewed(RGB, orientation)) and photo.meta.turn == orientation
    assert photo.meta.camera == "Apple iPhone X" and photo.meta.f35_mm == 52


@pytest.mark.parametrize("orientation", range(1, 9))
def test_apple_jpeg_frames_turn_with_the_picture(orientation):
    depth = np.clip(np.add.outer(np.arange(60) * 3, np.arange(80)), 0, 255).astype(np.uint8)
    words = iphone.xmp(
        apdi_AuxiliaryImageType="disparity",
        apdi_FloatMinValue="0.5",
        apdi_FloatMaxValue="2.5",
        depthData_Accuracy="relative",
    )
    block = iphone.exif(orientation, (40, 60, 20, 24), (160, 120))
    photo = load(iphone.jpeg(SMOOTH, [(depth, words)], block))
    assert photo.depth is not None
    assert np.abs((photo.depth - 0.5) / 2 * 255 - as_viewed(depth, orientation)).max() < 6
    assert np.abs(codes_of(photo).astype(int) - as_viewed(SMOOTH, orientation)).max() < 6
    spot = np.zeros((120, 160), bool)
    spot[48:72, 30:50] = True
    rows, columns = np.nonzero(as_viewed(spot, orientation))
    h, w = photo.size
    area = photo.meta.af_area
    assert area is not None
    assert area[0] * w == pytest.approx(columns.min()) and area[1] * h == pytest.approx(rows.min())


def test_apple_frames_are_known_by_their_xmp_not_their_order():
    gradient = np.clip(np.add.outer(np.arange(60) * 3, np.arange(80)), 0, 255).astype(np.uint8)
    depth = (gradient, iphone.xmp(apdi_AuxiliaryImageType="disparity", apdi_FloatMinValue="1", apdi_FloatMaxValue="2"))
    matte = (
        np.full((60, 80), 200, np.uint8),
        iphone.xmp(apdi_AuxiliaryImageType="depth", apdi_AuxiliaryImageSubType="portraiteffectsmatte"),
    )
    gain = (gradient, iphone.xmp(apdi_AuxiliaryImageType=iphone.GAIN_URN, HDRGainMap_HDRGainMapHeadroom="8"))
    other = (gradient, iphone.xmp(apdi_StoredFormat="1"))
    for frames in ([depth, matte, gain, other], [other, gain, matte, depth]):
        photo = load(iphone.jpeg(SMOOTH, frames))
        assert photo.depth is not None and photo.depth.max() == pytest.approx(2, abs=0.05)
        assert photo.matte is not None and np.abs(photo.matte - 200 / 255).max() < 0.02
        assert photo.gain_map is not None and photo.gain_map.headroom == 8


def test_xmp_is_never_a_bomb():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    for words in (bomb, b"<broken", b"\xff\xfe\0", b"<x>" * 5000):
        assert load(saved(Image.fromarray(SMOOTH), "JPEG", xmp=words)).rgb.shape == SMOOTH.shape


# --- EXR -------------------------------------------------------------------------------------------------------------


def test_exr_is_scene_linear_with_depth_in_metres():
    light = (RNG.random((H, W, 3)) * 40).astype(np.float16)
    z = np.full((H, W), 2.0, np.float32)
    z[0, :6] = [np.inf, 1e10, 0, -1, np.nan, 0.5]
    photo = load(exr({"RGB": light, "Z": z}))
    assert np.array_equal(photo.rgb, light.astype(np.float32)) and photo.meta.bit_depth == 16
    assert photo.depth is not None and photo.depth_kind == "absolute"
    assert np.array_equal(photo.depth[0, :7], [0, 0, np.nan, np.nan, np.nan, 2, 0.5], equal_nan=True)
    assert photo.profile.is_linear


def test_exr_variants():
    light = (RNG.random((H, W, 3)) * 4).astype(np.float32)
    assert load(exr({"RGB": light})).meta.bit_depth == 32
    assert load(exr({"RGBA": np.dstack([light, light[..., :1]])})).rgb.shape == (H, W, 3)
    assert np.array_equal(load(exr({"Y": light[..., 0].copy()})).rgb[..., 2], light[..., 0])
    layer = {f"View.Combined.{c}": np.ascontiguousarray(light[..., k]) for k, c in enumerate("RGB")}
    photo = load(exr({**layer, "View.Depth.Z": np.full((H, W), 4, np.float32)}))
    assert np.array_equal(photo.rgb, light) and photo.depth is not None and photo.depth.max() == 0.25
    photo = load(exr({"RGB": light, "Z": np.zeros((H, W), np.float32)}))
    assert photo.depth is None and said(photo, "no usable")
    p3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329)
    photo = load(exr({"RGB": light}, chromaticities=p3))
    assert photo.profile.is_linear and photo.profile.icc and said(photo, "chromaticities")
    wild = light.copy()
    wild[0, 0] = (np.nan, np.inf, -np.inf)
    assert np.isfinite(load(exr({"RGB": wild})).rgb).all()
    with pytest.raises(InputError, match="R, G, B"):
        load(exr({"Z": np.ones((H, W), np.float32)}))


def test_exr_data_window_is_placed_in_the_display_window():
    light = np.ones((10, 20, 3), np.float32)
    windows = {
        "dataWindow": (np.array([5, 3], np.int32), np.array([24, 12], np.int32)),
        "displayWindow": (np.array([0, 0], np.int32), np.array([29, 19], np.int32)),
    }
    photo = load(exr({"RGB": light, "Z": np.full((10, 20), 2, np.float32)}, **windows))
    assert photo.size == (20, 30) and photo.rgb.sum() == light.sum() and photo.rgb[3, 5].tolist() == [1, 1, 1]
    assert photo.depth is not None and np.isnan(photo.depth[0, 0]) and photo.depth[3, 5] == 0.5


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_size_limit_of_our_own(monkeypatch):
    monkeypatch.setattr(decoded, "MAX_PIXELS", 1000)
    for data in (
        saved(Image.fromarray(RGB), "PNG"),
        saved(Image.fromarray(RGB), "JPEG"),
        saved(Image.fromarray(RGB), "AVIF"),
        tif(RGB),
        exr({"RGB": RGB.astype(np.float32)}),
        iphone.heic(SMOOTH),
    ):
        with pytest.raises(InputError, match="megapixels"):
            load(data)


def test_a_png_that_claims_to_be_huge_is_refused_at_once():
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    with pytest.raises(InputError, match="megapixels"):
        load(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b""))


def test_two_pass_trick_is_still_what_pillow_does():
    """If Pillow learns 16-bit colour, its raw mode changes and this says so before a photo goes wrong."""
    image = PngImagePlugin.PngImageFile(io.BytesIO(png16(DEEP, 2)))
    assert image.mode == "RGB" and pillow.raw_mode(image) == "RGB;16B"
