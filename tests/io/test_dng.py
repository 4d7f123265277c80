"""Raw files: scene-linear light of known colour, under the camera's white balance, upright."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from support import raw
from support.raster import tif

from rebokeh.bokeh.core.errors import InputError, UsageError
from rebokeh.bokeh.io.signatures import is_dng
from rebokeh.bokeh.load import load

CODES = np.full((96, 128, 3), 1000, np.uint16)
CODES[20:60, 20:60] = 4095
CODES[70:90, 70:90] = (2000, 500, 250)
# Linear sRGB to linear Rec.2020 (ITU-R BT.2087).
TO_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])


@pytest.fixture(autouse=True)
def _rawpy(request):
    if "without" not in request.node.name:
        pytest.importorskip("rawpy")


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("neutral", [(1.0, 1.0, 1.0), (0.5, 1.0, 0.8)])
def test_light_is_linear_and_white_is_one(linear, neutral):
    photo = load(raw.dng(CODES, linear=linear, neutral=neutral))
    balanced = np.minimum(CODES / 4095 / neutral, 1.0)
    assert photo.size == (96, 128) and photo.profile.is_linear and photo.profile.name == "Rec.2020"
    assert photo.meta.format == "dng" and photo.meta.bit_depth == 16 and photo.meta.camera == "Phone Raw One"
    for spot in ((5, 5), (40, 40), (80, 80)):
        assert photo.rgb[spot] == pytest.approx(TO_2020 @ balanced[spot], abs=2e-3)


def test_it_is_turned_upright():
    photo = load(raw.dng(CODES, linear=True, orientation=6))
    upright = np.rot90(load(raw.dng(CODES, linear=True)).rgb, -1)
    assert photo.meta.turn == 6 and np.array_equal(photo.rgb, upright)


def test_depth_comes_from_beside_it(tmp_path):
    np.save(tmp_path / "z.npy", np.full((96, 128), 2.0, np.float32))
    photo = load(raw.dng(CODES), depth=tmp_path / "z.npy")
    assert photo.depth is not None and photo.depth.max() == 0.5


def test_damage_is_an_input_error(capfd):
    data = raw.dng(CODES)
    for end in (200, len(data) // 2, len(data) - 1):
        with pytest.raises(InputError, match="damaged"):
            load(data[:end])
    assert capfd.readouterr() == ("", "")


def test_only_what_says_a_dng_version_is_raw():
    assert is_dng(raw.dng(CODES)) and not is_dng(tif(CODES))
    for junk in (b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"):
        assert not is_dng(junk)


def test_without_rawpy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(UsageError, match=r"pip install .*\(rebokeh's extra raw\), or"):
        load(raw.dng(CODES))
