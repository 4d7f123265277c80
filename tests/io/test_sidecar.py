"""Depth maps and mattes from files of their own: units, holes, shapes; and nothing gets past the door."""

from __future__ import annotations

import io

import numpy as np
import OpenEXR
import pytest
import tifffile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from support import iphone
from support.raster import png16

from rebokeh.bokeh.core.errors import DepthError, InputError, UnknownFormatError, UsageError
from rebokeh.bokeh.io.sidecar import read_depth, read_matte
from rebokeh.bokeh.load import load

SIZE = (120, 160)  # the picture's (height, width)
H, W = 24, 32
RAMP8 = np.linspace(0, 255, H * W).reshape(H, W).astype(np.uint8)
RAMP16 = np.linspace(0, 65535, H * W).reshape(H, W).astype(np.uint16)
METRES = np.linspace(0.5, 20, H * W, dtype=np.float32).reshape(H, W)


def png(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def jpg(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "JPEG", quality=100)
    return file.getvalue()


def tif(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, photometric="minisblack")
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def pfm(array: np.ndarray, big: bool = False) -> bytes:
    h, w = array.shape
    return f"Pf\n{w} {h}\n{1.0 if big else -1.0}\n".encode() + array[::-1].astype(">f4" if big else "<f4").tobytes()


def exr(**channels: np.ndarray) -> bytes:
    file = io.BytesIO()
    OpenEXR.File({"type": OpenEXR.scanlineimage}, dict(channels)).write(file)
    return file.getvalue()


# --- what the values mean --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [tif(METRES), npy(METRES), npy(METRES.astype(np.float64)), npy(METRES[..., None]), pfm(METRES), pfm(METRES, True),
     exr(Z=METRES), exr(Y=METRES), exr(foo=METRES), exr(A=METRES, Z=METRES)],
)  # fmt: skip
def test_float_maps_are_metres_by_default_and_say_so(data):
    found, _ = read_depth(data, SIZE)
    assert np.allclose(found.dioptres, 1 / METRES, rtol=1e-5) and found.kind == "absolute"
    assert "assumed" in found.source


def test_16_bit_metres_are_millimetres():
    for data in (png(RAMP16), tif(RAMP16), npy(RAMP16)):
        found, _ = read_depth(data, SIZE, unit="m")
        expected = np.where(RAMP16 > 0, 1000 / np.maximum(RAMP16, 1), np.nan)
        assert np.allclose(found.dioptres, expected, equal_nan=True, rtol=1e-5)
        assert "assumed" not in found.source


def test_16_bit_dioptres_are_thousandths():
    assert np.allclose(read_depth(png(RAMP16), SIZE, unit="dioptre")[0].dioptres, RAMP16 / 1000, rtol=1e-5)


def test_16_bit_integers_must_say_what_they_are():
    with pytest.raises(UsageError, match="`depth_unit`"):
        read_depth(png(RAMP16), SIZE)


def test_8_bit_codes_are_literal_times_the_scale():
    found, notes = read_depth(png(RAMP8), SIZE, unit="m", scale=0.02)
    assert np.allclose(found.dioptres, np.where(RAMP8 > 0, 50 / np.maximum(RAMP8, 1), np.nan), equal_nan=True)
    assert np.allclose(read_depth(png(RAMP8), SIZE, unit="dioptre")[0].dioptres, RAMP8)
    assert any("times 0.02" in note for note in notes)


@pytest.mark.parametrize(
    "data", [png(RAMP8), png(np.dstack([RAMP8] * 3)), png(np.dstack([RAMP8] * 4)), tif(RAMP8), npy(RAMP8)]
)
def test_8_bit_is_relative_by_default_brighter_is_nearer(data):
    found, _ = read_depth(data, SIZE)
    assert found.kind == "unitless" and "assumed" in found.source
    assert np.allclose(found.dioptres, RAMP8 / 255 * 2, atol=1e-5)


def test_relative_is_spread_over_its_own_range():
    values = np.array([[-3.0, np.nan, 7.0, 2.0]] * 4)
    found = read_depth(npy(values), (40, 40), unit="relative")[0].dioptres
    assert np.allclose(found[0], [0, np.nan, 2, 1], equal_nan=True)


def test_metres_holes_and_infinity():
    values = np.array([[0, -1, np.nan, np.inf, -np.inf, 2e5, 4, 1e-9]] * 8, np.float32)
    nan = np.nan
    assert np.allclose(
        read_depth(npy(values), (40, 40))[0].dioptres[0], [nan, nan, nan, 0, nan, 0, 0.25, nan], equal_nan=True
    )


def test_dioptre_holes_and_infinity():
    values = np.array([[0, -1, np.nan, np.inf, -np.inf, 4.0]] * 6, np.float32)
    found = read_depth(npy(values), (40, 40), unit="dioptre")[0].dioptres[0]
    assert np.allclose(found, [0, np.nan, np.nan, np.nan, np.nan, 4], equal_nan=True)


def test_jpeg_depth_is_read_with_a_warning():
    found, notes = read_depth(jpg(RAMP8), SIZE)
    assert np.abs(found.dioptres - RAMP8 / 255 * 2).max() < 0.05 and any("JPEG" in note for note in notes)


def test_a_jpeg_of_grey_with_a_trace_of_colour_is_read():
    colour = np.dstack([RAMP8] * 3).astype(np.int16)
    colour[::2, :, 0] += 3
    colour[:, ::3, 2] -= 4
    colour = np.clip(colour, 0, 255).astype(np.uint8)
    found, _ = read_depth(jpg(colour), SIZE)
    assert np.abs(found.dioptres - RAMP8 / 255 * 2).max() < 0.06
    with pytest.raises(DepthError, match="colour picture"):
        read_depth(png(colour), SIZE)
    with pytest.raises(DepthError, match="colour picture"):
        read_depth(jpg(np.dstack([RAMP8, RAMP8, np.where(RAMP8 > 60, RAMP8 - 60, 0).astype(np.uint8)])), SIZE)


def test_16_bit_colour_png_of_grey_keeps_its_bits():
    found, _ = read_depth(png16(np.dstack([RAMP16] * 3), 2), SIZE, unit="dioptre")
    assert np.allclose(found.dioptres, RAMP16 / 1000, rtol=1e-5)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "unit"),
    [
        (npy(np.full((H, W), np.nan)), "m"),
        (npy(np.full((H, W), np.nan)), "relative"),
        (npy(np.full((H, W), -1.0)), "dioptre"),
        (npy(np.zeros((H, W))), "m"),
        (png(np.zeros((H, W), np.uint8)), None),
        (png(np.zeros((H, W), np.uint8)), "m"),
        (png(np.full((H, W), 9, np.uint8)), "relative"),
        (png(np.ones((1, 1), np.uint8)), "m"),
        (png(np.ones((1, 160), np.uint8)), "m"),
        (png(RAMP8.T), None),
        (npy(METRES[:, :8]), "m"),
        (npy(np.zeros((2, 3, 4, 5))), "m"),
        (npy(np.zeros((0, 5))), "m"),
        (npy(np.array(3.0)), "m"),
        (npy(np.array([["a", "b"]] * 2)), "m"),
        (npy(METRES.astype(complex)), "m"),
        (png(np.dstack([RAMP8, RAMP8.T.reshape(H, W), RAMP8])), None),
        (exr(foo=METRES, bar=METRES), None),
    ],
)
def test_useless_maps_are_refused_in_one_line(data, unit):
    with pytest.raises(DepthError) as caught:
        read_depth(data, SIZE, unit=unit)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_pickles_are_never_loaded():
    file = io.BytesIO()
    np.save(file, np.array([{}]), allow_pickle=True)
    with pytest.raises(InputError):
        read_depth(file.getvalue(), SIZE)


@pytest.mark.parametrize("data", [b"GIF89a" + bytes(50), b"x", b"%PDF-1.4", b"\0" * 100])
def test_foreign_files_are_refused(data):
    with pytest.raises(UnknownFormatError):
        read_depth(data, SIZE)


@pytest.mark.parametrize(
    ("unit", "scale"), [("feet", None), ("m", 0.0), ("m", -1.0), ("m", float("nan")), ("relative", 2.0)]
)
def test_senseless_units_and_scales(unit, scale):
    with pytest.raises(UsageError):
        read_depth(npy(METRES), SIZE, unit=unit, scale=scale)


def test_a_unit_without_a_map():
    with pytest.raises(UsageError):
        load(png(np.zeros((*SIZE, 3), np.uint8)), depth_unit="m")


@pytest.mark.parametrize("data", [png(RAMP16), tif(METRES), npy(METRES), pfm(METRES), exr(Z=METRES), jpg(RAMP8)])
def test_truncation_at_any_point_is_an_input_error(data):
    for end in sorted({1, 4, 9, 20, *range(0, len(data) - 16, max(1, len(data) // 60))} - {0}):
        try:
            read_depth(data[:end], SIZE, unit="dioptre")
        except InputError as err:
            assert "\n" not in str(err)


@settings(max_examples=400, deadline=None)
@given(
    values=hnp.arrays(
        st.sampled_from(
            [np.float16, np.float32, np.float64, np.uint8, np.uint16, np.int16, np.int32, np.int64, np.bool_]
        ),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9),
    ),
    unit=st.sampled_from(["m", "dioptre", "relative"]),
    scale=st.one_of(st.none(), st.floats(1e-300, 1e300)),
    turn=st.sampled_from([1, 3, 6, 8]),
)
@example(np.full((4, 4), np.float64(1e308)), "m", None, 1)
@example(np.array([[-1.7e308, 1.7e308]] * 2), "relative", None, 1)
@example(np.full((3, 3), np.float32(1e-45)), "m", None, 1)
def test_any_array_is_refused_or_becomes_a_usable_map(values, unit, scale, turn):
    """Finite, >= 0 or NaN, with at least one value: nothing else may reach the renderer."""
    if unit == "relative":
        scale = None
    for size in ((40, 40), (30, 40)):
        try:
            found, _ = read_depth(npy(values), size, turn, unit, scale)
            photo = load(png(np.zeros((*size, 3), np.uint8)), depth=npy(values), depth_unit=unit, depth_scale=scale)
        except DepthError as err:
            assert "\n" not in str(err)
            continue
        for depth in (found.dioptres, photo.depth):
            assert depth is not None and depth.dtype == np.float32 and depth.ndim == 2
            good = ~np.isnan(depth)
            assert good.any() and np.isfinite(depth[good]).all() and depth[good].min() >= 0


@settings(max_examples=150, deadline=None)
@given(
    body=st.binary(max_size=120), head=st.sampled_from([b"Pf\n", b"PF\n3 3\n", b"\x93NUMPY\x01\0", b"Pf 2 2 -1\n", b""])
)
def test_any_bytes_are_refused_politely(body, head):
    if not head + body:
        return
    for reader in (lambda d: read_depth(d, SIZE, unit="m"), lambda d: read_matte(d, SIZE)):
        try:
            reader(head + body)
        except InputError as err:
            assert "\n" not in str(err)


# --- with the picture ------------------------------------------------------------------------------------------------


def picture(orientation: int) -> bytes:
    rgb = np.zeros((SIZE[0], SIZE[1], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "PNG", exif=iphone.exif(orientation)[6:])
    return file.getvalue()


def test_a_map_turns_with_the_picture_only_when_it_has_to():
    lying = load(picture(6), depth=png(RAMP8)).depth
    standing = load(picture(6), depth=png(np.ascontiguousarray(np.rot90(RAMP8, -1)))).depth
    assert lying is not None and standing is not None
    assert np.array_equal(lying, standing) and lying.shape == (W, H)
    assert np.allclose(lying, np.rot90(RAMP8, -1) / 255 * 2, atol=1e-5)
    half_turn = load(picture(3), depth=png(RAMP8)).depth
    assert half_turn is not None and np.allclose(half_turn, RAMP8 / 255 * 2, atol=1e-5)


def test_a_given_map_replaces_the_files_own_and_is_named():
    photo = load(exr(RGB=np.ones((24, 32, 3), np.float32), Z=METRES), depth=npy(METRES * 2), depth_unit="m")
    assert photo.depth is not None and np.allclose(photo.depth, 0.5 / METRES)
    assert "m" in photo.meta.depth_source and photo.meta.depth_source.startswith("<bytes>")


# --- mattes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [png(RAMP8), png(RAMP16), tif(RAMP16), npy(RAMP8 / 255), exr(Y=(RAMP8 / np.float32(255)))]
)
def test_mattes_are_coverage(data):
    matte = read_matte(data, SIZE)
    assert matte.coverage.dtype == np.float32 and np.abs(matte.coverage - RAMP8 / 255).max() < 5e-3 and matte.source


def test_a_jpeg_matte():
    assert np.abs(read_matte(jpg(RAMP8), SIZE).coverage - RAMP8 / 255).max() < 0.05


def test_a_cut_out_gives_its_transparency():
    cut = np.dstack([np.full((H, W, 3), 255, np.uint8), RAMP8])
    assert np.array_equal(read_matte(png(cut), SIZE).coverage, RAMP8 / np.float32(255))


def test_a_matte_of_zeros_says_what_to_do():
    for data in (png(np.zeros((H, W), np.uint8)), npy(np.full((H, W), np.nan)), npy(np.full((H, W), -2.0))):
        with pytest.raises(DepthError, match="`matte`"):
            read_matte(data, SIZE)


def test_wild_matte_values_are_clipped():
    wild = np.full((H, W), 0.5)
    wild[0, :4] = [np.nan, np.inf, -np.inf, 7]
    found = read_matte(npy(wild), SIZE)
    assert found.coverage[0, :5].tolist() == [0, 1, 0, 1, 0.5]
    assert found.warnings == ("<bytes>: NaN in 1 pixels of the matte: taken for nothing of the subject",)
    assert load(png(np.zeros((*SIZE, 3), np.uint8)), matte=npy(wild)).meta.warnings == found.warnings
    wild[0, 0] = 0.0
    assert read_matte(npy(wild), SIZE).warnings == ()


def test_a_matte_of_another_aspect():
    with pytest.raises(DepthError, match="another"):
        read_matte(png(RAMP8.T), SIZE)


def test_missing_files_are_named(tmp_path):
    rgb = png(np.zeros((*SIZE, 3), np.uint8))
    with pytest.raises(InputError, match="depth map"):
        load(rgb, depth=tmp_path / "none.png")
    with pytest.raises(InputError, match="folder"):
        load(rgb, matte=tmp_path)


# --- plain rasters ---------------------------------------------------------------------------------------------------


def test_plain_rasters_are_read():
    for kind, more in (("PPM", {}), ("BMP", {}), ("WEBP", {"lossless": True})):
        file = io.BytesIO()
        Image.fromarray(RAMP8).save(file, kind, **more)
        found, _ = read_depth(file.getvalue(), SIZE)
        assert np.allclose(found.dioptres, RAMP8 / 255 * 2, atol=1e-5), kind
        assert np.allclose(read_matte(file.getvalue(), SIZE).coverage, RAMP8 / 255), kind
    deep = b"P5\n32 24\n65535\n" + RAMP16.astype(">u2").tobytes()
    found, _ = read_depth(deep, SIZE, unit="m")
    assert np.allclose(found.dioptres, np.where(RAMP16 > 0, 1000 / np.maximum(RAMP16, 1), np.nan), equal_nan=True)
    for broken in (deep[:300], b"P5\n100000 100000\n255\n", b"BM" + bytes(40), b"RIFF\0\0\0\0WEBPVP8 "):
        with pytest.raises(InputError):
            read_depth(broken, SIZE, unit="m")
