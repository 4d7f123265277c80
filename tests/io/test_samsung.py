"""Samsung's SEF trailer: dark is near, the size found among the numbers of the info block, the sharp picture taken."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from support import android, iphone

from rebokeh.bokeh.load import load

ROWS, COLUMNS = np.mgrid[:72, :96]
SHARP = np.stack([COLUMNS * 2, ROWS * 2, 255 - COLUMNS], axis=-1).astype(np.uint8)
PICTURE, ORIGINAL = android.coded(np.full((72, 96, 3), 128, np.uint8)), android.coded(SHARP)
CODES = ((ROWS * 3 + COLUMNS)[::2, ::2] * 0.8).astype(np.uint8)


@pytest.mark.parametrize("single", [False, True])
def test_depth_of_one_camera_and_of_two(single):
    photo = load(android.samsung(PICTURE, CODES, ORIGINAL, single=single))
    assert photo.depth is not None and photo.depth_kind == "unitless"
    assert photo.depth == pytest.approx(2 * (1 - CODES / 255), abs=1e-6)
    assert np.abs(photo.profile.to_codes(photo.rgb, 8).astype(int) - SHARP).max() < 12


def test_numbers_with_the_right_product_must_have_the_picture_s_shape():
    count = CODES.size
    photo = load(android.samsung(PICTURE, CODES, ORIGINAL, extra={2: count, 3: 1, 5: count // 8, 6: 8}))
    assert photo.depth is not None and photo.depth.shape == CODES.shape
    swapped = {19: CODES.shape[1], 20: CODES.shape[0]}
    photo = load(android.samsung(PICTURE, CODES, ORIGINAL, extra=swapped))
    assert photo.depth is not None and photo.depth.shape == CODES.shape


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_the_map_turns_with_the_picture(orientation):
    turned = {3: 2, 6: -1, 8: 1}[orientation]
    primary = android.coded(np.full((72, 96, 3), 128, np.uint8), exif=iphone.exif(orientation))
    photo = load(android.samsung(primary, CODES, ORIGINAL))
    assert photo.depth == pytest.approx(2 * (1 - np.rot90(CODES, turned) / 255), abs=1e-6)


def test_without_a_size_the_map_is_left_out():
    photo = load(android.samsung(PICTURE, CODES, ORIGINAL, extra={19: 7, 20: 9}))
    assert photo.depth is None and any("its size" in note for note in photo.meta.notes)


def test_a_trailer_without_depth_or_a_sharp_picture():
    photo = load(android.samsung(PICTURE, CODES, None))
    assert photo.depth is not None and np.ptp(photo.rgb) < 0.01
    assert load(PICTURE + b"SEFH" + struct.pack("<III", 107, 0, 12) + b"SEFT").depth is None


@pytest.mark.parametrize("length", [0, 1, 2**32 - 1, 10**6])
def test_a_directory_that_is_not_where_it_should_be(length):
    data = android.samsung(PICTURE, CODES, ORIGINAL)
    photo = load(data[:-8] + struct.pack("<I", length) + b"SEFT")
    assert photo.depth is None and any("damaged" in note for note in photo.meta.notes)


def test_blocks_that_lie_outside_are_not_followed():
    data = android.samsung(PICTURE, CODES, ORIGINAL)
    at = data.rfind(b"SEFH") + 12
    for row in range(4):
        for field in (4, 8):
            for value in (0, 3, 2**32 - 1, len(data)):
                broken = bytearray(data)
                struct.pack_into("<I", broken, at + 12 * row + field, value)
                load(bytes(broken))
