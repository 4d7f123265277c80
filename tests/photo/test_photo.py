"""A photo from arrays: what is no picture is refused with a word; and a picture as screens show it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rebokeh as rk
from rebokeh.bokeh.colour.profile import named_profile

Z = np.zeros((8, 12, 3), np.float32)
ONES: Any = np.ones((8, 12))


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"rgb": Z.astype(np.uint8)}, rk.InputError, "rgb holds uint8; it must be float32, scene-linear"),
        ({"rgb": Z.astype(np.uint16)}, rk.InputError, "rgb holds uint16"),
        ({"rgb": Z.astype(complex)}, rk.InputError, "rgb holds complex128"),
        (
            {"rgb": np.where(np.arange(12)[:, None] == 3, np.nan, Z)},
            rk.InputError,
            "rgb holds NaN .* in 8 pix",
        ),
        ({"rgb": Z + np.inf}, rk.InputError, "in 96 pixels"),
        ({"rgb": "photo.jpg"}, rk.InputError, "rgb holds <U9"),
        ({"rgb": Z, "depth": ONES.astype(np.uint8)}, rk.DepthError, "depth map holds uint8; .* dioptres"),
        ({"rgb": Z, "matte": (ONES * 255).astype(np.uint8)}, rk.DepthError, "matte holds uint8; .* divided by 255"),
        ({"rgb": Z, "matte": ONES * np.nan}, rk.DepthError, "matte holds NaN"),
        ({"rgb": Z, "mattes": {"hair": ONES * np.nan}}, rk.DepthError, "hair holds NaN"),
        ({"rgb": Z, "mattes": [ONES]}, rk.UsageError, "`mattes` is .*a list; it must be a mapping"),
        ({"rgb": Z, "meta": "x"}, rk.UsageError, "`meta` is 'x', a str; it must be a Metadata"),
        ({"rgb": Z, "profile": "Display P3"}, rk.UsageError, "`profile` is 'Display P3', a str"),
        ({"rgb": Z, "gain_map": ONES}, rk.UsageError, "`gain_map` is a ndarray; it must be a GainMap or None"),
        ({"rgb": Z, "depth_kind": "metric"}, rk.InputError, "`depth_kind` is 'metric'; it is one of absolute"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_word(given, error, says):
    with pytest.raises(error, match=says):
        rk.Photo(**given)


def test_what_may_be_stays():
    photo = rk.Photo(rgb=Z.astype(np.float64), matte=ONES > 0)  # pyright: ignore[reportArgumentType]
    assert photo.rgb.dtype == np.float32 and photo.matte is not None and photo.matte.max() == 1.0
    holes = ONES.copy()
    holes[0] = np.nan
    depth = rk.Photo(rgb=Z, depth=holes).depth
    assert depth is not None and np.isnan(depth[0]).all()


def test_a_photo_as_screens_show_it():
    photo = rk.Photo(rgb=Z + np.float32(0.214041))
    assert photo.srgb8().shape == (8, 12, 3) and photo.srgb8().dtype == np.uint8
    assert np.abs(photo.srgb8() - 127.5).max() < 1
    assert (rk.Photo(rgb=Z + np.float32(7.0)).srgb8() == 255).all()
    assert photo.srgb8((4, 6)).shape == (4, 6, 3)
    p3 = rk.Photo(rgb=Z + np.array([0.0, 1.0, 0.0], np.float32), profile=named_profile("Display P3"))
    assert p3.srgb8()[0, 0].tolist() == [0, 255, 0]  # P3's green lies outside sRGB
