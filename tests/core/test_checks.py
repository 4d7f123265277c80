"""Wrong types are told by the name of the field or argument that has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rebokeh as rk

PHOTO = rk.Photo(rgb=np.zeros((8, 12, 3), np.float32))
ANY: Any = rk


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ANY.Lens(f_number="1.8"), "`f_number` is '1.8', a str; it must be a number"),
        (lambda: ANY.Lens(focus_m=[2.1]), r"`focus_m` is \[2.1\], a list; it must be a number or None"),
        (lambda: ANY.Lens(focus_point=3), "`focus_point` is 3, an int; it must be a tuple of 2: a number each or None"),
        (lambda: ANY.Lens(aperture=6), "`aperture` is 6, an int; it must be an Aperture"),
        (lambda: ANY.Lens(focal_mm=True), "`focal_mm` is True"),
        (lambda: ANY.Aperture(blades=6.5), "`blades` is 6.5, a float; it must be a whole number"),
        (lambda: ANY.Wavefront(coma_um="1"), "`coma_um` is '1', a str"),
        (lambda: ANY.Anchor("left", 0.5, 1.0), "`x` is 'left', a str"),
        (lambda: ANY.LoadOptions(anchors=3), "`anchors` is 3, an int; it must be a sequence"),
        (lambda: ANY.load("a.heic", depth_scale="2", depth="b"), "`depth_scale` is '2', a str"),
        (lambda: ANY.load("a.heic", layer=3), "`layer` is 3, an int; it must be text or None"),
        (lambda: ANY.load(3), "the photo is given as int"),
        (lambda: ANY.GainMap(np.zeros((4, 4), np.float32), "2"), "`headroom` is '2', a str"),
        (lambda: ANY.render(PHOTO.rgb), "`photo` is a ndarray; it must be a Photo"),
        (lambda: ANY.render(PHOTO, 1.8), "`lens` is 1.8, a float; it must be a Lens or None"),
        (lambda: ANY.prepare(PHOTO, "fast"), "`settings` is 'fast', a str; it must be a RenderSettings or None"),
        (lambda: ANY.save(PHOTO.rgb, "a.png"), "`photo` is a ndarray; it must be a Photo"),
        (lambda: ANY.save(PHOTO, 3), "`path` is a int; give a file's name"),
        (lambda: ANY.save(PHOTO, "a.png", quality="3"), "`quality` is '3', a str; it must be a whole number or None"),
        (lambda: ANY.save(PHOTO, "a.png", strip=3), "`strip` is 3, an int"),
    ],
)
def test_wrong_types_name_the_field(call, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(rk.UsageError, match=says):
        call()
    assert not list(tmp_path.iterdir())


def test_numbers_of_numpy_are_numbers():
    lens = ANY.Lens(f_number=np.float32(2.0), focus_m=np.float64(3.0), aperture=ANY.Aperture(blades=np.int64(6)))
    assert lens.f_number == 2.0 and lens.aperture.blades == 6
    assert rk.Lens(focus_point=(0, 1)).focus_point == (0, 1)
