"""Dynamic Depth: items behind the picture, found in every form of directory; ranges in metres and dioptres."""

from __future__ import annotations

import numpy as np
import pytest
from support import android, iphone

from rebokeh.bokeh.api import prepare
from rebokeh.bokeh.core.errors import NoDepthError
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.photo import Photo

ROWS, COLUMNS = np.mgrid[:72, :96]
SHARP = np.stack([COLUMNS * 2, ROWS * 2, 255 - COLUMNS], axis=-1).astype(np.uint8)
BLURRED = np.full((72, 96, 3), 128, np.uint8)
CODES = (COLUMNS * 255 / 95).astype(np.uint8)
U = CODES / 255
METRES = {"Format": "RangeInverse", "Near": "0.5", "Far": "4", "Units": "Meters", "ItemSemantic": "Depth"}
PICTURE, DEPTH, ORIGINAL = android.coded(BLURRED), android.coded(CODES, "PNG"), android.coded(SHARP)


def depth_of(photo: Photo) -> np.ndarray:
    assert photo.depth is not None, photo.meta.notes
    return photo.depth


def said(photo: Photo, words: str) -> bool:
    return any(words in note for note in photo.meta.notes)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"nested": True},
        {"padding": 9},
        {"after": b"camera's notes" * 3},
        {"before": android.coded(CODES)},
        {"nested": True, "padding": 100, "after": bytes(5)},
    ],
)
def test_items_are_found_in_every_form_of_directory(more):
    photo = load(android.dynamic_depth(PICTURE, DEPTH, METRES, ORIGINAL, **more))
    assert photo.depth_kind == "absolute" and photo.meta.depth_source.startswith("Dynamic Depth")
    assert depth_of(photo) == pytest.approx((1 - U) / 0.5 + U / 4, rel=1e-5)
    assert np.abs(photo.profile.to_codes(photo.rgb, 8).astype(int) - SHARP).max() < 12


def test_without_an_original_the_picture_stays():
    photo = load(android.dynamic_depth(PICTURE, DEPTH, METRES))
    assert depth_of(photo).shape == (72, 96) and np.ptp(photo.rgb) < 0.01


@pytest.mark.parametrize(
    ("values", "dioptres", "kind"),
    [
        ({"Format": "RangeLinear"}, 1 / (0.5 + U * 3.5), "absolute"),
        ({"Units": "Diopters", "Near": "2", "Far": "0.25"}, 2 - U * 1.75, "absolute"),
        ({"Units": "Diopters", "Near": "2", "Far": "0"}, 2 - U * 2, "absolute"),
        ({"Units": "Diopters", "Near": "2", "Far": "0.25", "Format": "RangeLinear"}, 1 / (0.5 + U * 3.5), "absolute"),
        ({"Units": "Diopters", "Near": "0.5", "Far": "4"}, (1 - U) / 0.5 + U / 4, "relative"),  # so they are metres
        ({"Units": "None"}, (1 - U) / 0.5 + U / 4, "relative"),
        ({"Near": "4", "Far": "0.5"}, 2 * (1 - U), "unitless"),
        ({"Near": "x"}, 2 * (1 - U), "unitless"),
    ],
)
def test_ranges_and_how_far_they_are_believed(values, dioptres, kind):
    photo = load(android.dynamic_depth(PICTURE, DEPTH, {**METRES, **values}))
    assert photo.depth_kind == kind and depth_of(photo) == pytest.approx(dioptres, abs=2e-5)


def test_maps_turn_with_the_picture():
    primary = android.coded(BLURRED, exif=iphone.exif(6, camera=("Google", "Pixel 4")))
    photo = load(android.dynamic_depth(primary, DEPTH, METRES, ORIGINAL))
    assert depth_of(photo) == pytest.approx(np.rot90((1 - U) / 0.5 + U / 4, -1), rel=1e-5)
    assert np.abs(photo.profile.to_codes(photo.rgb, 8).astype(int) - np.rot90(SHARP, -1)).max() < 12


def test_a_segmentation_is_no_depth():
    assert load(android.dynamic_depth(PICTURE, DEPTH, {**METRES, "ItemSemantic": "Segmentation"})).depth is None


@pytest.mark.parametrize("unlisted", [10**6, 10**14, -(10**6)])
def test_a_length_beyond_the_file_is_not_followed(unlisted):
    photo = load(android.dynamic_depth(PICTURE, DEPTH, METRES, unlisted=unlisted))
    assert photo.depth is None and said(photo, "cut off or gone")


def test_an_edited_file_without_its_items_says_so():
    photo = load(android.dynamic_depth(PICTURE, DEPTH, METRES)[: -len(DEPTH)])
    assert photo.depth is None and said(photo, "cut off or gone")
    with pytest.raises(NoDepthError, match="cut off or gone"):
        prepare(photo)


def test_gdepth_beside_it_is_not_read_twice():
    values = {"GDepth:Near": "1", "GDepth:Far": "2"}
    both = android.dynamic_depth(PICTURE, DEPTH, METRES)
    words = android.packet(attributes=android.attributes(values))
    photo = load(android.with_segments(both, android.xmp_segment(words)))
    assert photo.depth_kind == "absolute" and not said(photo, "GDepth")


@pytest.mark.parametrize("original", [ORIGINAL, None])
def test_depth_and_an_ultra_hdr_gain_map_in_one_file(original):
    gain = android.gain_image(android.coded(CODES[::2, ::2].copy()), {"Version": "1.0", "GainMapMax": "3"})
    photo = load(android.dynamic_depth(PICTURE, DEPTH, METRES, original, gain=gain))
    assert depth_of(photo) == pytest.approx((1 - U) / 0.5 + U / 4, rel=1e-5)
    assert photo.gain_map is not None and photo.gain_map.log2_gain == pytest.approx(3 * U[::2, ::2], abs=0.1)
