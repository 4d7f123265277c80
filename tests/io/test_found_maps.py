"""What adapters found beside a picture, and how it is merged."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.bokeh.colour.profile import named_profile
from rebokeh.bokeh.io.decoded import Decoded
from rebokeh.bokeh.io.found_maps import DepthMap, FoundMaps, Matte, SharpOriginal, UnusableMapError, attempt
from rebokeh.bokeh.photo.photo import GainMap

PLANE = np.full((4, 6), 0.5, np.float32)
CODES = np.zeros((4, 6, 3), np.uint8)


def depth(source: str) -> DepthMap:
    return DepthMap(PLANE, "relative", source)


def test_what_was_found_first_stays_and_notes_follow_in_order():
    first = FoundMaps(depth=depth("first"), mattes={"hair": PLANE}, notes=("a",))
    gain = GainMap(PLANE, 4.0)
    second = FoundMaps(
        depth=depth("second"),
        matte=Matte(PLANE, "m"),
        mattes={"hair": 0 * PLANE, "sky": PLANE},
        gain_map=gain,
        notes=("b",),
    )
    both = first.filled(second).noted("c", "d")
    assert both.depth is first.depth and both.matte is second.matte and both.gain_map is gain
    assert both.mattes.keys() == {"hair", "sky"} and both.mattes["hair"] is PLANE
    assert both.notes == ("a", "b", "c", "d") and first.notes == ("a",)


def test_a_map_that_cannot_be_used_leaves_a_note_and_no_other_error_is_swallowed():
    def unusable() -> FoundMaps:
        raise UnusableMapError("the map is torn")

    def broken() -> FoundMaps:
        raise KeyError("mine")

    found = attempt(unusable)
    assert found.notes == ("the map is torn",) and found.depth is None
    with pytest.raises(KeyError):
        attempt(broken)


def test_the_photo_is_made_of_what_was_found():
    sharp = SharpOriginal(np.full((4, 6, 3), 255, np.uint8), named_profile("Display P3"))
    area = (0.1, 0.2, 0.3, 0.4)
    maps = FoundMaps(
        depth=depth("of a test"), matte=Matte(PLANE, "by hand"), original=sharp, af_area=area, notes=("found",)
    )
    photo = Decoded(CODES, "a.jpg", "jpeg", notes=["read"]).photo(maps)
    assert photo.depth is not None and photo.depth_kind == "relative" and photo.meta.depth_source == "of a test"
    assert photo.matte is not None and photo.meta.matte_source == "by hand" and photo.meta.af_area == area
    assert photo.rgb.min() == 1.0 and photo.profile.name == "Display P3"
    assert photo.meta.notes == ("read", "found")
    blurred = Decoded(CODES, "a.jpg", "jpeg", profile=sharp.profile or named_profile("sRGB"))
    assert blurred.photo(FoundMaps(original=SharpOriginal(sharp.codes))).profile.name == "Display P3"
