"""Other people's phone photos, where they are at hand: what is read against what is known of each."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from support.paths import SHARED

from rebokeh.bokeh.load import load

REAL = SHARED / "real"
MANIFEST = REAL / "manifest.tsv"
LINES = list(csv.DictReader(MANIFEST.open(), delimiter="\t")) if MANIFEST.exists() else []

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not LINES, reason="no real photos here")]


@pytest.mark.parametrize("known", LINES, ids=[known["file"] for known in LINES])
def test_a_real_photo_is_read_as_it_is_known(known):
    photo = load(REAL / known["file"])
    width, height = map(int, known["primary"].split("x"))
    assert sorted(photo.size) == sorted((width, height))
    if known["disparity_min_max"]:
        low, high = map(float, known["disparity_min_max"].split(".."))
        found = photo.meta.anchoring
        assert photo.depth is not None and photo.depth_kind == ("anchored" if found else known["accuracy"])
        if found:
            assert known["accuracy"] == "relative"
            low, high = low * found.scale + found.offset, high * found.scale + found.offset
        assert low - 1e-3 <= np.nanmin(photo.depth) and np.nanmax(photo.depth) <= high + 1e-3
        assert photo.depth.shape[0] / photo.depth.shape[1] == pytest.approx(photo.size[0] / photo.size[1], rel=0.02)
    if known["F35mm"]:
        assert photo.meta.f35_mm == float(known["F35mm"])
    assert (photo.matte is not None) == ("portraiteffectsmatte" in known["aux"])
    assert set(photo.mattes) == {m for m in ("hair", "skin", "teeth", "glasses") if f"semantic{m}matte" in known["aux"]}
    assert (photo.gain_map is not None) == any(kind in known["aux"] for kind in ("gainmap", "tmap"))
    if known["SubjectArea"]:
        area = photo.meta.af_area
        assert area is not None and 0 <= area[0] < area[0] + area[2] <= 1 + 1e-9 and area[1] + area[3] <= 1 + 1e-9
