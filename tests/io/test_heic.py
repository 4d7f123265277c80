"""iPhone HEIC: depth in dioptres, mattes, gain map, metadata, orientation; and the box walk under attack."""

from __future__ import annotations

import io

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import iphone

from rebokeh.bokeh.colour.icc import REC709_CURVE
from rebokeh.bokeh.colour.profile import named_profile
from rebokeh.bokeh.io.heif import boxes
from rebokeh.bokeh.load import load

W, H = 256, 192
ROWS, COLUMNS = np.mgrid[:H, :W]
RGB = np.stack([COLUMNS, ROWS, (COLUMNS + ROWS) // 2], axis=-1).astype(np.uint8)
# A different value in every corner, so that every wrong turn shows.
SMALL = (np.add.outer(np.arange(96) * 1.5, np.arange(128) * 0.8)).astype(np.uint8)
SMALL = (SMALL.astype(np.float32) / SMALL.max() * 255).astype(np.uint8)
BLOB = np.where((np.indices((96, 128)) - np.array([48, 64])[:, None, None]).__abs__().max(axis=0) < 30, 255, 0).astype(
    np.uint8
)


def codes_of(photo) -> np.ndarray:
    return np.rint(photo.profile.from_linear(photo.rgb) * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def portrait() -> bytes:
    return iphone.heic(
        RGB,
        depth=SMALL,
        depth_range=(0.5, 3.5),
        depth_xmp=iphone.xmp(depthData_Accuracy="absolute"),
        auxiliaries={
            iphone.GAIN_URN: (
                SMALL,
                iphone.xmp(HDRGainMap_HDRGainMapVersion="131072", HDRGainMap_HDRGainMapHeadroom="4.0"),
            ),
            iphone.MATTE_URN: (BLOB, None),
            iphone.HAIR_URN: (BLOB // 2, None),
        },
        icc=named_profile("Display P3").icc,
        exif_block=iphone.exif(1, (128, 96, 64, 48), (W, H)),
        picture_xmp=iphone.xmp(tiff_Make="Apple"),
    )


def test_everything_an_iphone_puts_in(portrait):
    photo = load(portrait)
    assert np.array_equal(codes_of(photo), RGB)
    assert photo.profile.name == "Display P3" and photo.meta.format == "heic" and photo.meta.bit_depth == 8
    assert photo.depth is not None and photo.depth.dtype == np.float32 and photo.depth.shape == (96, 128)
    assert np.abs(photo.depth - (0.5 + SMALL / 255 * 3.0)).max() < 1e-4
    assert photo.depth_kind == "absolute"
    assert photo.matte is not None and np.array_equal(photo.matte, BLOB / np.float32(255))
    assert set(photo.mattes) == {"hair"}
    assert photo.gain_map is not None and photo.gain_map.headroom == 4.0
    expected = np.log2(1 + 3.0 * REC709_CURVE(SMALL / 255))
    assert np.abs(photo.gain_map.log2_gain - expected).max() < 1e-6
    assert photo.meta.f35_mm == 52 and photo.meta.focal_mm == 6 and photo.meta.camera == "Apple iPhone X"
    assert photo.meta.af_area == pytest.approx((0.375, 0.375, 0.25, 0.25))
    assert photo.meta.exif and photo.meta.xmp and b"Apple" in photo.meta.xmp
    words = " ".join(photo.meta.notes)
    assert all(word in words for word in ("depth", "matte", "gain map", "hair", "AF area"))


@pytest.mark.parametrize(("accuracy", "kind"), [("relative", "relative"), ("absolute", "absolute"), (None, "relative")])
def test_accuracy_comes_from_the_depth_items_xmp(accuracy, kind):
    words = iphone.xmp(depthData_Accuracy=accuracy) if accuracy else iphone.xmp(depthData_Quality="high")
    # The picture's own XMP must not be taken for it.
    data = iphone.heic(RGB, depth=SMALL, depth_xmp=words, picture_xmp=iphone.xmp(depthData_Accuracy="absolute"))
    assert load(data).depth_kind == kind


@pytest.mark.parametrize("irot", range(4))
def test_a_sky_matte_turns_with_the_picture(irot):
    urn = "urn:com:apple:photo:2020:aux:semanticskymatte"
    photo = load(iphone.heic(RGB, depth=SMALL, auxiliaries={urn: (SMALL, None)}, irot=irot))
    assert set(photo.mattes) == {"sky"} and photo.matte is None
    assert np.array_equal(np.rint(photo.mattes["sky"] * 255), np.rot90(SMALL, irot))


@pytest.mark.parametrize("irot", range(4))
def test_irot_turns_everything_once(irot):
    data = iphone.heic(
        RGB, depth=SMALL, auxiliaries={iphone.MATTE_URN: (SMALL, None)}, irot=irot,
        exif_block=iphone.exif(6, (32, 48, 16, 24), (W, H)),  # an orientation that must not be applied again
    )  # fmt: skip
    photo = load(data)
    assert np.array_equal(codes_of(photo), np.rot90(RGB, irot))
    assert photo.depth is not None and photo.matte is not None
    assert np.array_equal(np.rint((photo.depth - 0.5) / 3 * 255), np.rot90(SMALL, irot))
    assert np.array_equal(np.rint(photo.matte * 255), np.rot90(SMALL, irot))
    spot = np.zeros((H, W), bool)
    spot[36:60, 24:40] = True
    rows, columns = np.nonzero(np.rot90(spot, irot))
    h, w = photo.size
    assert photo.meta.af_area == pytest.approx(
        (columns.min() / w, rows.min() / h, 16 / W if irot % 2 == 0 else 24 / H, 24 / H if irot % 2 == 0 else 16 / W)
    )


def test_an_area_in_sensor_coordinates_beside_upright_pixels():
    tall = np.ascontiguousarray(np.rot90(RGB, 3))
    data = iphone.heic(tall, exif_block=iphone.exif(1, (32, 48, 16, 24), (W, H)))
    # The sensor's (24..40, 36..60) of 256x192, seen by a phone held upright (turned clockwise).
    assert load(data).meta.af_area == pytest.approx((1 - 60 / H, 24 / W, 24 / H, 16 / W))


@pytest.mark.parametrize("area", [(10_000, 10_000, 5, 5), (40, 40), (40, 40, 20), (0, 0, 0, 0), (1, 2, 3, 4, 5)])
def test_areas_of_every_length(area):
    found = load(iphone.heic(RGB, exif_block=iphone.exif(1, area, (W, H)))).meta.af_area
    if area[0] > 1000 or len(area) == 5 or not any(area):
        assert found is None
    else:
        assert found is not None
        x, y, w, h = found
        assert x + w / 2 == pytest.approx(40 / W) and y + h / 2 == pytest.approx(40 / H)


@pytest.mark.parametrize("icc", [named_profile("Display P3").icc, None])
@pytest.mark.parametrize("at", ["picture", "tiles"])
def test_a_grid_may_state_its_colours_at_its_tiles(icc, at):
    photo = load(iphone.heic(RGB, tile=64, colour_at=at, icc=icc))
    assert photo.profile.name == ("Display P3" if icc else "sRGB")
    assert not any("what its colours are" in note for note in photo.meta.notes)


@pytest.mark.parametrize(
    ("irot", "orientation", "said"),
    [(0, 1, ""), (0, 6, "turns nothing"), (1, 8, ""), (1, 1, ""), (1, 6, "says 8"), (3, 6, ""), (3, 3, "says 6")],
)
def test_exif_that_would_turn_otherwise_than_the_file_warns(irot, orientation, said):
    photo = load(iphone.heic(RGB, irot=irot, exif_block=iphone.exif(orientation)))
    assert [said in w and f"orientation {orientation}" in w for w in photo.meta.warnings] == [True] * bool(said)


@pytest.mark.parametrize(
    ("maker", "stops"),
    [
        ({33: (1, 2)}, 1.8),
        ({33: (1, 2), 48: (1, 200)}, 1.7),
        ({33: (1, 2), 48: (1, 1)}, 1.5),
        ({33: (3, 2)}, 3.0),
        ({33: (3, 2), 48: (1, 1)}, 2.0),
        ({33: (3, 2), 48: (100, 1)}, None),
        ({48: (1, 1)}, None),
        ({33: (1, 0)}, None),
        (None, None),
    ],
)
def test_headroom_from_the_maker_note(maker, stops):
    words = iphone.xmp(HDRGainMap_HDRGainMapVersion="65536")
    data = iphone.heic(RGB, auxiliaries={iphone.GAIN_URN: (SMALL, words)}, exif_block=iphone.exif(maker=maker))
    photo = load(data)
    if stops is None:
        assert photo.gain_map is None and any("headroom" in n for n in photo.meta.notes)
        # A headroom of none takes no light away; one that is not known does.
        assert bool(photo.meta.warnings) == any("not stated" in n for n in photo.meta.notes)
    else:
        assert photo.gain_map is not None and photo.gain_map.headroom == pytest.approx(2.0**stops)


def test_an_empty_portrait_matte_is_dropped_and_said():
    photo = load(iphone.heic(RGB, auxiliaries={iphone.MATTE_URN: (np.zeros_like(SMALL), None)}))
    assert photo.matte is None and any("empty" in n for n in photo.meta.notes)


def test_a_matte_of_another_shape_is_dropped_and_said():
    photo = load(iphone.heic(RGB, auxiliaries={iphone.MATTE_URN: (BLOB[:, :96], None)}))
    assert photo.matte is None and any("another shape" in n for n in photo.meta.notes)


def test_a_depth_map_of_another_shape_is_dropped_and_said():
    """Not refused: --depth must be able to take its place."""
    photo = load(iphone.heic(RGB, depth=np.ascontiguousarray(SMALL[:, :96])))
    assert photo.depth is None and any("another shape" in n for n in photo.meta.notes)


def test_a_range_that_is_none_becomes_nominal():
    photo = load(iphone.heic(RGB, depth=SMALL, depth_range=(3.0, 1.0)))
    assert photo.depth_kind == "unitless" and photo.depth is not None and photo.depth.max() == pytest.approx(2.0)


def test_ten_bits_stay_ten():
    wide = np.repeat((np.arange(W * H, dtype=np.uint16).reshape(H, W) % 1024 * 64)[..., None], 3, axis=2)
    file = io.BytesIO()
    pillow_heif.encode(
        "RGB;16", (W, H), wide.tobytes(), file, quality=-1, chroma=444, bit_depth=10, matrix_coefficients=0
    )
    photo = load(file.getvalue())
    assert photo.meta.bit_depth == 10
    codes = np.rint(photo.profile.from_linear(photo.rgb) * 1023)
    assert np.abs(codes - wide / 64).max() <= 1


def test_primaries_without_icc_get_a_profile():
    file = io.BytesIO()
    pillow_heif.encode("RGB", (W, H), RGB.tobytes(), file, color_primaries=12, transfer_characteristics=13)
    photo = load(file.getvalue())
    assert photo.profile.name == "Display P3" and photo.profile.icc


def test_grey_and_transparent_heic():
    for mode, codes in (("L", RGB[..., 0]), ("RGBA", np.dstack([RGB, RGB[..., 0]]))):
        file = io.BytesIO()
        pillow_heif.encode(mode, (W, H), np.ascontiguousarray(codes).tobytes(), file, quality=-1)
        photo = load(file.getvalue())
        assert photo.rgb.shape == (H, W, 3)
        assert any("grey" in n or "transparency" in n for n in photo.meta.notes)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 3000), value=st.integers(0, 255))
def test_the_box_walk_survives_any_byte(portrait, at, value):
    head = bytearray(portrait)
    head[at % len(head)] = value
    try:
        meta = boxes.read_meta(bytes(head))
        for ids in meta.auxiliaries().values():
            for item in ids:
                meta.xmp(item)
    except boxes.BoxError:
        pass


@given(st.binary(max_size=300))
def test_the_box_walk_survives_any_boxes(body):
    data = b"\0\0\0\x10ftypheic\0\0\0\0" + (len(body) + 12).to_bytes(4, "big") + b"meta\0\0\0\0" + body
    with pytest.raises(boxes.BoxError):
        boxes.read_meta(data)
