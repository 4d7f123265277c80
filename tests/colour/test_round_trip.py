"""Colour through the whole of it: a photo in focus, rendered, saved, and read by somebody else."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pillow_heif
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms
from support import profiles

import rebokeh as rk
from rebokeh.bokeh.colour.icc import LINEAR_CURVE, gamma_curve
from rebokeh.bokeh.colour.profile import named_profile
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.photo import Photo

pytestmark = pytest.mark.kernels

H, W = 72, 96
RNG = np.random.default_rng(5)
ROWS, COLUMNS = np.mgrid[:H, :W]
SMOOTH = np.stack([COLUMNS / W, ROWS / H, (ROWS + COLUMNS) / (H + W)], axis=-1)
DEEP = np.round(np.clip(SMOOTH + RNG.normal(0, 0.01, SMOOTH.shape), 0, 1) * 65535).astype(np.uint16)
RGB = (DEEP >> 8).astype(np.uint8)
GREY = DEEP[..., 2]

POWER = np.linspace(0, 1, 1024) ** 2.2
RGB_PROFILES = {
    "untagged": None,
    "sRGB of LittleCMS": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    "Display P3": named_profile("Display P3").icc,
    "Adobe RGB": named_profile("Adobe RGB", gamma_curve(563 / 256)).icc,
    "linear": profiles.matrix(profiles.curve(None)),
    "gamma 1.8": profiles.matrix(profiles.curve(1.8)),
    "a table": profiles.matrix(profiles.curve(POWER)),
    "a short table": profiles.matrix(profiles.curve(np.linspace(0, 1, 17) ** 2.2)),
    "function 0": profiles.matrix(profiles.parametric(0, 2.2), version=4),
    "function 1": profiles.matrix(profiles.parametric(1, 2.2, 0.95, 0.05), version=4),
    "function 2": profiles.matrix(profiles.parametric(2, 2.0, 0.9, 0.1, 0.0), version=4),
    "function 3": profiles.matrix(profiles.parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045), version=4),
    "function 4": profiles.matrix(
        profiles.parametric(4, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0), version=4
    ),
}
GREY_PROFILES = {
    "untagged": None,
    "gamma 2.2": profiles.grey(profiles.curve(2.2)),
    "dot gain": profiles.grey(profiles.curve(np.linspace(0, 1, 256) ** 1.75)),
    "linear": profiles.grey(profiles.curve(None)),
}


def tiff_of(codes: NDArray, icc: bytes | None) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, codes, photometric="rgb" if codes.ndim == 3 else "minisblack", iccprofile=icc)
    return file.getvalue()


def in_focus(data: bytes) -> Photo:
    photo = load(data)
    photo = replace(photo, depth=np.full(photo.size, 0.5, np.float32))
    return rk.render(photo, rk.Lens(f_number=1.8, focus_m=2.0))


def decoded(data: bytes, kind: str) -> tuple[NDArray, bytes | None]:
    """Codes and profile as another reader finds them."""
    if kind == "tiff":
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            return file.asarray(), file.pages[0].tags.valueof(34675)  # type: ignore[union-attr]
    image = pillow_heif.open_heif(io.BytesIO(data)).to_pillow() if kind == "heic" else Image.open(io.BytesIO(data))
    return np.asarray(image.convert("RGB")), image.info.get("icc_profile")


def lab(image: Image.Image, icc: bytes | None) -> NDArray[np.float64]:
    """CIE Lab by LittleCMS, in steps of 0.4 and 1."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc)) if icc else ImageCms.createProfile("sRGB")
    made = ImageCms.profileToProfile(
        image, source, ImageCms.createProfile("LAB"), renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="LAB", flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )  # fmt: skip
    codes = np.asarray(made).astype(np.float64)
    return np.dstack([codes[..., 0] / 2.55, np.where(codes[..., 1:] > 127, codes[..., 1:] - 256, codes[..., 1:])])


def difference(a: NDArray, b: NDArray) -> NDArray:
    """CIE 1976 colour difference."""
    return np.sqrt(((a - b) ** 2).sum(axis=-1))


@pytest.mark.parametrize("name", RGB_PROFILES)
def test_rgb_comes_back_code_for_code_under_its_own_profile(name):
    icc = RGB_PROFILES[name]
    for codes in (RGB, DEEP):
        picture = in_focus(tiff_of(codes, icc))
        for kind in ("tiff", "png"):
            found, profile = decoded(encode(picture, kind), kind)
            # Pillow reads 16-bit PNG as 8.
            wanted = codes if found.dtype == codes.dtype else codes >> 8
            # A 16-bit code is 1/64 of what 10 bits show.
            assert np.abs(found.astype(int) - wanted).max() <= (0 if found.dtype == np.uint8 else 2)
            assert profile == icc


@pytest.mark.parametrize("name", GREY_PROFILES)
def test_grey_stays_grey_and_as_light_as_it_was(name):
    icc = GREY_PROFILES[name]
    for codes in (GREY, (GREY >> 8).astype(np.uint8)):
        picture = in_focus(tiff_of(codes, icc))
        found, profile = decoded(encode(picture, "tiff"), "tiff")
        assert np.ptp(found.astype(int), axis=-1).max() == 0
        assert np.abs(found[..., 0].astype(int) - codes).max() <= (0 if codes.dtype == np.uint8 else 2)
        assert profile is None or profile[16:20] == b"RGB "  # a grey profile must not tag RGB
    before = lab(Image.fromarray(codes if icc else codes[..., None].repeat(3, axis=2)), icc)
    assert difference(lab(Image.fromarray(found), profile), before).max() <= 0.5


def test_a_grey_profile_on_colours_is_refused_with_a_reason():
    photo = load(tiff_of(RGB, GREY_PROFILES["gamma 2.2"]))
    assert photo.profile.icc is None and any("grey picture" in note for note in photo.meta.notes)


@pytest.mark.parametrize(("kind", "most", "share"), [("heic", 0, 0.0), ("jpeg", 6, 0.08), ("avif", 6, 0.15)])
def test_at_quality_100_lossy_formats_are_as_near_as_they_come(kind, most, share):
    """HEIC is exact; JPEG and AVIF round luma and chroma: of grain, one code in ten is off by more than one."""
    picture = in_focus(tiff_of(RGB, RGB_PROFILES["Display P3"]))
    found, profile = decoded(encode(picture, kind, quality=100), kind)
    away = np.abs(found.astype(int) - RGB)
    assert away.max() <= most and (away > 1).mean() <= share and profile == RGB_PROFILES["Display P3"]


def test_ten_bits_come_back_exactly():
    photo = load(tiff_of(DEEP, RGB_PROFILES["Display P3"]))
    photo = replace(photo, depth=np.full(photo.size, 0.5, np.float32), meta=replace(photo.meta, format="heic"))
    again = encode(rk.render(photo, rk.Lens(f_number=1.8, focus_m=2.0)), "heic", quality=100)
    raw = np.asarray(pillow_heif.open_heif(io.BytesIO(again), convert_hdr_to_8bit=False, hdr_to_16bit=True)[0]) >> 6
    assert np.abs(raw - DEEP / 65535 * 1023).max() <= 0.51
    second = in_focus(again)
    assert second.meta.bit_depth == 10 and second.rgb[-1, -1].max() > 0.9
    deep, _ = decoded(encode(second, "tiff"), "tiff")
    assert np.abs(deep / 65535 - DEEP / 65535).max() <= 0.52 / 1023


def test_ten_bit_white_is_white():
    white = Photo(rgb=np.ones((64, 64, 3), np.float32))
    assert load(encode(white, "heic", bit_depth=10, quality=100)).rgb.min() == pytest.approx(1.0, abs=1e-6)


INKS = np.round(np.dstack([SMOOTH, np.full((H, W), 0.1)]) * 255).astype(np.uint8)


def cmyk_file(icc: bytes | None, kind: str = "TIFF") -> bytes:
    file = io.BytesIO()
    Image.fromarray(INKS, "CMYK").save(file, kind, icc_profile=icc)
    return file.getvalue()


def test_cmyk_becomes_the_colours_that_its_profile_means():
    icc = profiles.tables(b"CMYK", 9, lambda inks: profiles.srgb_lab(profiles.cmyk_as_rgb(inks)))
    picture = in_focus(cmyk_file(icc))
    assert any("converted to sRGB" in note for note in picture.meta.notes)
    found, profile = decoded(encode(picture, "png"), "png")
    away = difference(lab(Image.fromarray(found), profile), lab(Image.fromarray(INKS, "CMYK"), icc))
    assert away.mean() < 0.5 and away.max() < 2.0
    assert np.abs(found - profiles.cmyk_as_rgb(INKS / 255) * 255).mean() < 1


def test_cmyk_beyond_srgb_is_kept_in_a_wider_space():
    wide = named_profile("Display P3")
    matrix = profiles.primaries_matrix(*((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), (0.3127, 0.3290))

    def of_inks(inks: NDArray) -> NDArray:
        return profiles.to_lab(np.clip(1 - inks[..., :3] - inks[..., 3:], 0, 1) ** 2.2 @ matrix.T)

    icc = profiles.tables(b"CMYK", 9, of_inks)
    picture = in_focus(cmyk_file(icc))
    assert picture.profile.icc == wide.icc and any("converted to Display P3" in note for note in picture.meta.notes)
    found, profile = decoded(encode(picture, "png"), "png")
    away = difference(lab(Image.fromarray(found), profile), lab(Image.fromarray(INKS, "CMYK"), icc))
    assert away.mean() < 0.6 and np.percentile(away, 99) < 2.5


def test_cmyk_without_a_profile_says_so():
    assert any("without an ICC profile" in note for note in load(cmyk_file(None, "JPEG")).meta.notes)


@pytest.mark.parametrize("codes", [RGB, DEEP], ids=["8", "16"])
def test_rgb_tables_become_the_colours_that_they_mean(codes):
    icc = profiles.tables(b"RGB ", 17, profiles.srgb_lab)
    picture = in_focus(tiff_of(codes, icc))
    assert picture.meta.bit_depth == 8 and any("8 bit" in note for note in picture.meta.notes)
    found, _ = decoded(encode(picture, "png"), "png")
    assert np.abs(found.astype(int) - RGB).mean() < 0.7 and np.abs(found.astype(int) - RGB).max() <= 3


def test_exr_keeps_its_light_and_its_primaries():
    light = (SMOOTH * 0.9).astype(np.float16).astype(np.float32)
    p3 = named_profile("Display P3", LINEAR_CURVE)
    photo = Photo(rgb=light, profile=p3, depth=np.full((H, W), 0.5, np.float32))
    photo = replace(photo, meta=replace(photo.meta, format="exr", bit_depth=16))
    again = load(encode(in_focus_of(photo), "exr"))
    np.testing.assert_allclose(again.rgb, light, rtol=1e-3, atol=1e-5)
    assert again.profile.chromaticities() == pytest.approx(p3.chromaticities(), abs=2e-3)


def in_focus_of(photo: Photo) -> Photo:
    return rk.render(photo, rk.Lens(f_number=1.8, focus_m=2.0))


@pytest.mark.parametrize(("transfer", "light"), [(13, 0.2140), (4, 0.5**2.2), (5, 0.5**2.8), (8, 0.5), (1, 0.2140)])
def test_code_points_mean_their_curves(transfer, light):
    half = Image.fromarray(np.full((4, 4, 3), 128, np.uint8))
    file = io.BytesIO()
    half.save(file, "PNG")
    data, body = file.getvalue(), b"cICP" + bytes([12, transfer, 0, 1])
    import struct
    import zlib

    data = data[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]
    photo = load(data)
    assert photo.rgb.mean() == pytest.approx(light, rel=0.02) and photo.profile.name == "Display P3"
