"""GDepth: distances of both formats, units said and unsaid, and the sharp original in the place of the blurred one."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from support import android, iphone

from rebokeh.bokeh.io.encode import save
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.photo import Photo

ROWS, COLUMNS = np.mgrid[:72, :96]
SHARP = np.stack([COLUMNS * 2, ROWS * 2, 255 - COLUMNS], axis=-1).astype(np.uint8)
BLURRED = np.full((72, 96, 3), 128, np.uint8)
CODES = (COLUMNS * 255 / 95).astype(np.uint8)
RANGE = {"GDepth:Format": "RangeInverse", "GDepth:Near": "0.5", "GDepth:Far": "4", "GDepth:Mime": "image/png"}


def made(values: dict[str, str], codes: np.ndarray = CODES, form: str = "PNG", exif: bytes = b"", **more) -> bytes:
    primary = android.coded(BLURRED, exif=exif) if exif else android.coded(BLURRED)
    return android.gdepth(primary, android.coded(codes, form), values, android.coded(SHARP), **more)


def depth_of(photo: Photo) -> np.ndarray:
    assert photo.depth is not None
    return photo.depth


def said(photo: Photo, words: str) -> bool:
    return any(words in note for note in photo.meta.notes)


def distance(values: dict[str, str], u: np.ndarray) -> np.ndarray:
    """Google's two formulas, as they are published."""
    near, far = float(values["GDepth:Near"]), float(values["GDepth:Far"])
    if values["GDepth:Format"] == "RangeLinear":
        return u * (far - near) + near
    return far * near / (far - u * (far - near))


@pytest.mark.parametrize("form", ["RangeInverse", "RangeLinear"])
@pytest.mark.parametrize(("unit", "metres"), [("m", 1.0), ("mm", 0.001)])
def test_distances_in_a_unit_are_absolute(form, unit, metres):
    values = {**RANGE, "GDepth:Format": form, "GDepth:Units": unit}
    values |= {"GDepth:Near": f"{0.5 / metres}", "GDepth:Far": f"{4 / metres}"}
    photo = load(made(values))
    assert photo.depth_kind == "absolute"
    assert depth_of(photo) == pytest.approx(1 / (distance(values, CODES / 255) * metres), rel=1e-5)


@pytest.mark.parametrize("near", ["0.5", "5.6255"])
def test_without_a_unit_the_order_and_the_ratios_hold_and_nothing_more(near):
    values = {**RANGE, "GDepth:Near": near, "GDepth:Far": "40"}
    photo = load(made(values))
    z = distance(values, CODES / 255)
    assert photo.depth_kind == "relative" and said(photo, "no unit")
    scale = 1.0 if near == "0.5" else 0.5 / z.min()  # what may be metres is taken so; else the nearest is put at 0.5 m
    assert depth_of(photo) == pytest.approx(1 / (z * scale), rel=1e-5)


@pytest.mark.parametrize("near, far", [("0", "4"), ("5", "4"), ("nan", "4"), ("", "4"), ("-1", "4"), ("1", "inf")])
def test_a_range_that_is_none_leaves_the_order(near, far):
    photo = load(made({**RANGE, "GDepth:Near": near, "GDepth:Far": far}))
    assert photo.depth_kind == "unitless" and said(photo, "range")
    assert (np.diff(depth_of(photo)[0]) <= 0).all() and depth_of(photo)[0, 0] == 2


@pytest.mark.parametrize("kind", ["L", "LA", "RGB", "RGBA", "I;16", "jpeg"])
def test_any_kind_of_depth_picture(kind):
    values = {**RANGE, "GDepth:Units": "m"}
    if kind == "I;16":
        codes, u = (COLUMNS * 689).astype(np.uint16), COLUMNS * 689 / 65535
    else:
        codes = np.asarray(Image.fromarray(CODES).convert(kind)) if kind != "jpeg" else CODES
        u = CODES / 255
    photo = load(made(values, codes, "JPEG" if kind == "jpeg" else "PNG"))
    assert depth_of(photo) == pytest.approx(1 / distance(values, u), abs=0.02 if kind == "jpeg" else 1e-5)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_sharp_original_takes_the_place_of_the_blurred_picture(orientation):
    block = iphone.exif(orientation, camera=("Google", "Pixel"))
    photo = load(made({**RANGE, "GDepth:Units": "m"}, exif=block, piece=700))
    turned = {1: SHARP, 3: np.rot90(SHARP, 2), 6: np.rot90(SHARP, -1), 8: np.rot90(SHARP)}[orientation]
    assert np.abs(photo.profile.to_codes(photo.rgb, 8).astype(int) - turned).max() < 12
    maps = {1: CODES, 3: np.rot90(CODES, 2), 6: np.rot90(CODES, -1), 8: np.rot90(CODES)}[orientation]
    assert depth_of(photo) == pytest.approx(1 / distance(RANGE, maps / 255), rel=1e-5)
    assert photo.meta.camera == "Google Pixel" and photo.meta.turn == orientation and said(photo, "GImage")


def test_the_phone_s_picture_is_kept_small_to_measure_its_blur():
    rendition = load(made(RANGE)).meta.rendition
    assert rendition is not None and rendition.shape == (72, 96, 3)
    assert rendition == pytest.approx(((128 / 255 + 0.055) / 1.055) ** 2.4, abs=5e-3)


def test_the_profile_stays_when_the_original_has_none():
    from rebokeh.bokeh.colour.profile import named_profile

    primary = android.coded(BLURRED, icc_profile=named_profile("Display P3").icc)
    photo = load(android.gdepth(primary, android.coded(CODES, "PNG"), RANGE, android.coded(SHARP)))
    assert photo.profile.name == "Display P3"
    own = android.coded(SHARP, icc_profile=named_profile("Adobe RGB").icc)
    assert load(android.gdepth(primary, android.coded(CODES, "PNG"), RANGE, own)).profile.name == "Adobe RGB"


@pytest.mark.parametrize("original", [None, b"", b"junk", android.coded(SHARP)[:900], android.coded(SHARP[:40])])
def test_an_original_of_no_use_leaves_the_picture(original):
    photo = load(android.gdepth(android.coded(BLURRED), android.coded(CODES, "PNG"), RANGE, original))
    assert photo.depth is not None and np.ptp(photo.rgb) < 0.01
    assert original is None or said(photo, "before the phone's blur")


@pytest.mark.parametrize(
    "depth",
    [None, b"", b"junk", android.coded(CODES, "PNG")[:60], android.coded(CODES[:30], "PNG"),
     android.coded(np.zeros((720, 960), np.uint8), "PNG")],
)  # fmt: skip
def test_a_map_of_no_use_is_left_out_and_said_so(depth):
    photo = load(android.gdepth(android.coded(BLURRED), depth, RANGE, android.coded(SHARP)))
    assert photo.depth is None and (said(photo, "not used") or said(photo, "not in the file"))
    assert np.ptp(photo.rgb) < 0.01  # an original without its map would be another rendition for nothing


def test_the_phone_s_focus_point_counts_where_the_map_agrees():
    point = {"GFocus:FocalPointX": "0.25", "GFocus:FocalPointY": "0.5"}
    there = float(distance(RANGE, CODES / 255)[36, 24])
    photo = load(made({**RANGE, **point, "GFocus:FocalDistance": f"{there}"}))
    area = photo.meta.af_area
    assert (
        area is not None
        and area[0] + area[2] / 2 == pytest.approx(0.25)
        and area[1] + area[3] / 2 == pytest.approx(0.5)
    )
    assert load(made({**RANGE, **point, "GFocus:FocalDistance": "3.9"})).meta.af_area is None
    assert load(made({**RANGE, **point})).meta.af_area is None


def test_what_is_written_does_not_speak_of_what_it_leaves_behind(tmp_path):
    save(load(made({**RANGE, "GFocus:BlurAtInfinity": "0.02"})), tmp_path / "a.jpg")
    again = load(tmp_path / "a.jpg")
    words = again.meta.xmp
    assert words is not None and b"GFocus:BlurAtInfinity" in words
    assert b"HasExtendedXMP" not in words and b"GDepth:N" not in words and not said(again, "GDepth")


def test_the_real_file(shared):
    photo = load(shared / "real" / "gdepth_wiggle1.jpg")
    assert photo.size == (1536, 2048) and depth_of(photo).shape == (1536, 2048) and photo.depth_kind == "relative"
    assert depth_of(photo)[1500, 1000] > depth_of(photo)[800, 1000] > depth_of(photo)[50, 1000]  # the stone comes near
    with Image.open(shared / "real" / "gdepth_wiggle1.jpg") as image:
        blurred = np.asarray(image.convert("L")).astype(float)
    sharp = photo.profile.to_codes(photo.rgb, 8).mean(axis=2)
    grass = np.s_[:200, :]
    assert np.abs(np.diff(sharp[grass], axis=1)).mean() > 2 * np.abs(np.diff(blurred[grass], axis=1)).mean()
