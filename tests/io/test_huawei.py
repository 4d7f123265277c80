"""Huawei's edof block: dark is near, turned by its own orientation, the sharp picture in the blurred one's place."""

from __future__ import annotations

import numpy as np
import pytest
from support import android

from rebokeh.bokeh.load import load

ROWS, COLUMNS = np.mgrid[:72, :96]
SHARP = np.stack([COLUMNS * 2, ROWS * 2, 255 - COLUMNS], axis=-1).astype(np.uint8)
PICTURE, ORIGINAL = android.coded(np.full((72, 96, 3), 128, np.uint8)), android.coded(SHARP)
CODES = ((ROWS * 3 + COLUMNS)[::2, ::2] * 0.8).astype(np.uint8)


@pytest.mark.parametrize("byte, quarter_turns", [(0x10, 0), (0x11, 1), (0x12, 2), (0x13, -1)])
def test_the_map_is_turned_by_its_own_orientation(byte, quarter_turns):
    photo = load(android.huawei(PICTURE, np.rot90(CODES, -quarter_turns), ORIGINAL, byte))
    assert photo.depth is not None and photo.depth_kind == "unitless"
    assert photo.depth == pytest.approx(2 * (1 - CODES / 255), abs=1e-6)


def test_the_sharp_picture_is_taken():
    photo = load(android.huawei(PICTURE, CODES, ORIGINAL))
    assert np.abs(photo.profile.to_codes(photo.rgb, 8).astype(int) - SHARP).max() < 12
    assert any("Huawei, before the phone's blur" in note for note in photo.meta.notes)


def test_a_block_of_the_first_phones_has_no_end_label():
    data = android.huawei(PICTURE, CODES, ORIGINAL)
    assert load(data[:-12]).depth is not None
    assert load(data[:-12] + bytes(500)).depth is not None


@pytest.mark.parametrize("end", [-13, -100, -1500])
def test_a_map_that_is_cut_off_is_left_out(end):
    photo = load(android.huawei(PICTURE, CODES, ORIGINAL)[:end])
    assert photo.depth is None and any("cut off" in note for note in photo.meta.notes)


def test_sizes_that_no_map_has():
    data = android.huawei(PICTURE, CODES, ORIGINAL)
    at = data.find(b"edof") + 8 + 12
    for size in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\1\0\1\0", b"\0\0\x10\0"):
        photo = load(data[:at] + size + data[at + 4 :])
        assert photo.depth is None and any("not used" in note for note in photo.meta.notes)


def test_a_sharp_picture_of_the_wrong_length_leaves_the_blurred_one():
    data = bytearray(android.huawei(PICTURE, CODES, ORIGINAL))
    at = data.find(b"edof") - 4
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    photo = load(bytes(data))
    assert photo.depth is not None and np.ptp(photo.rgb) < 0.01
