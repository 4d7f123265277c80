"""The `tmap` item: a gain map that decoders do not hand out."""

from __future__ import annotations

import numpy as np
import pytest
from support import gain
from support.paths import SHARED

import rebokeh as rk
from rebokeh.bokeh.io.heif import boxes, tone_map

REAL = SHARED / "real"
PICTURE = np.full((128, 256, 3), (200, 150, 100), np.uint8)
CODES = np.broadcast_to(np.arange(0, 256, 2, dtype=np.uint8), (64, 128)).copy()
BLOCK = b"\0" + gain.iso([(0.0, 3.0, 2.0, 0.25, 0.125)], (0.0, 2.5))


@pytest.mark.parametrize("tiles", [1, 2])
@pytest.mark.parametrize("irot", [0, 1, 3])
def test_the_gain_image_is_found_and_decoded(tiles, irot):
    photo = rk.load(gain.tone_mapped(PICTURE, CODES, BLOCK, tiles, irot))
    assert photo.gain_map is not None
    assert photo.size == ((128, 256) if irot == 0 else (256, 128))
    want = np.rot90(3.0 * (CODES / 255) ** 0.5, irot)
    np.testing.assert_allclose(photo.gain_map.log2_gain, want, atol=1e-5)
    assert photo.gain_map.headroom == pytest.approx(2**2.5)
    assert photo.gain_map.offset_base == (0.25,) * 3 and photo.gain_map.offset_alternate == (0.125,) * 3
    assert "gain map: ISO 21496-1, " in " ".join(photo.meta.notes)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (b"", "cut off"),
        (BLOCK[:-1], "cut off"),
        (b"\0\0\1" + BLOCK[3:], "version 1"),
        (BLOCK[:6] + bytes(99), "damaged"),
    ],
)
def test_broken_metadata_is_noted_and_the_picture_read(block, said):
    photo = rk.load(gain.tone_mapped(PICTURE, CODES, block))
    assert photo.gain_map is None and said in " ".join(photo.meta.notes)
    (warning,) = photo.meta.warnings
    assert said in warning and warning.endswith("light above white is lost")
    assert photo.size == (128, 256)


def test_a_gain_image_of_another_shape_is_noted():
    photo = rk.load(gain.tone_mapped(PICTURE, CODES[:, :64], BLOCK))
    assert photo.gain_map is None and "another shape" in " ".join(photo.meta.notes)


def test_an_image_made_of_itself_is_an_error():
    meta = boxes.read_meta(gain.tone_mapped(PICTURE, CODES, BLOCK, 2))
    grid = next(k for k, item in meta.items.items() if item.kind == "grid")
    for tiles in ((grid,), (99,)):
        meta.references = [("dimg", grid, tiles)]
        with pytest.raises(boxes.BoxError):
            tone_map.alone(meta, grid)


def test_a_real_avif():
    path = REAL / "seine_sdr_gainmap_srgb.avif"
    if not path.exists():
        pytest.skip("no real photos here")
    photo = rk.load(path)
    assert photo.gain_map is not None and photo.gain_map.log2_gain.shape == (300, 400, 3)
    assert photo.gain_map.headroom == pytest.approx(2.462, abs=1e-3)
    assert photo.gain_map.offset_base == (1 / 64,) * 3
