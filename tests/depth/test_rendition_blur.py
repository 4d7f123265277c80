"""Where a file holds the sharp original beside the phone's blurred picture, no less blur is rendered than that has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.blurred import SIZE, halves
from support.scenes import FOCUS, lens_of

import rebokeh as rk
from rebokeh.bokeh.depth.existing_blur import ExistingBlur, exceeds, missing_blur
from rebokeh.bokeh.depth.rendition_blur import blur_of_rendition
from rebokeh.bokeh.optics.lens import ThinLens
from rebokeh.bokeh.photo.metadata import Metadata

pytestmark = pytest.mark.kernels

FAR = np.s_[60:-60, SIZE // 2 + 60 : -60]


def original(far_radius_px: float) -> rk.Photo:
    """Return a sharp photo of two walls, the far one of which the phone blurred in its own picture."""
    rgb, depth = halves(0.0)
    return rk.Photo(rgb=rgb, depth=depth, meta=Metadata(rendition=halves(far_radius_px)[0]))


def test_the_blur_of_the_phone_is_measured_in_pixels_of_the_photo():
    for radius_px in (3.0, 8.0, 20.0):
        photo = original(radius_px)
        assert photo.depth is not None and photo.meta.rendition is not None
        for every in (1, 2):
            small = np.ascontiguousarray(
                photo.meta.rendition.reshape(SIZE // every, every, SIZE // every, every, 3).mean(axis=(1, 3))
            )
            found = blur_of_rendition(replace(photo, meta=replace(photo.meta, rendition=small)), photo.depth)
            assert found is not None and found.focus_dioptres == pytest.approx(FOCUS, abs=0.01)
            assert float(found.radius_at(0.1)) == pytest.approx(radius_px, rel=0.2)
            assert float(found.radius_at(FOCUS)) == 0.0


def test_a_picture_that_the_phone_left_sharp_has_none():
    photo = original(0.0)
    assert photo.depth is not None
    assert blur_of_rendition(photo, photo.depth) is None
    assert blur_of_rendition(replace(photo, meta=Metadata()), photo.depth) is None
    other = replace(photo, meta=Metadata(rendition=np.full((SIZE, SIZE, 3), 0.2, np.float32)))
    assert blur_of_rendition(other, photo.depth) is None, "another picture"


def test_never_less_blur_than_the_phone_s_picture_has():
    photo, weak = original(8.0), lens_of((SIZE, SIZE), 2.0 / (FOCUS - 0.1))
    phone = photo.meta.rendition
    assert phone is not None
    scene = rk.prepare(photo)
    kept, alone = (rk.render(photo, weak, rk.RenderSettings(baked=word)).rgb for word in ("auto", "ignore"))
    assert np.var(kept[FAR]) == pytest.approx(np.var(phone[FAR]), rel=0.05)
    slopes = [float(np.var(np.diff(picture[FAR], axis=1))) for picture in (alone, kept, phone)]
    assert slopes[1] == pytest.approx(slopes[2], rel=0.3) and slopes[0] > 2.0 * slopes[1]
    near = np.s_[60:-60, 60 : SIZE // 2 - 60]
    np.testing.assert_allclose(rk.render(photo, weak).rgb[near], photo.rgb[near], atol=2e-3)
    (said,) = scene.warnings(weak)
    assert said.startswith(
        "the phone's own picture, which this file holds beside its original, is blurred more than f/"
    )
    assert "its blur is the least that is rendered (`baked` ignore renders f/" in said
    (said,) = replace(scene, settings=rk.RenderSettings(baked="ignore")).warnings(weak)
    assert said.endswith("; the render is less blurred than it")


def test_a_lens_that_blurs_more_than_the_phone_renders_as_ever():
    photo, strong = original(4.0), lens_of((SIZE, SIZE), 12.0 / (FOCUS - 0.1))
    assert rk.prepare(photo).warnings(strong) == ()
    plain = replace(photo, meta=Metadata())
    np.testing.assert_allclose(rk.render(photo, strong).rgb[FAR], rk.render(plain, strong).rgb[FAR], atol=2e-3)


def test_who_focuses_where_the_phone_blurred_gets_that_sharp():
    photo = original(8.0)
    behind = replace(lens_of((SIZE, SIZE), 5.0), focus_m=10.0)
    np.testing.assert_allclose(rk.render(photo, behind).rgb[FAR], photo.rgb[FAR], atol=2e-3)
    aimed = replace(photo, meta=replace(photo.meta, af_area=(0.8, 0.4, 0.1, 0.2)))
    thin, source = rk.prepare(aimed).mount(rk.Lens())
    assert thin.focus_dioptres == pytest.approx(FOCUS, abs=0.01) and source == "where the phone's own picture is sharp"


def test_the_wider_of_two_blurs_is_what_is_missing():
    """At the focus nothing is added, whatever the phone did there; what the photo itself has is taken off."""
    lens = ThinLens(26.0, 26.0**2 * 2000.0 / 1974.0 / 1000.0 * 100.0 / 2.0 / 10.0, 2.0, 100.0)
    assert lens.px_per_dioptre == pytest.approx(10.0)
    phone = ExistingBlur((0.0, 0.5, 1.0), (12.0, 1.0, 3.0), 0.5, 1.0)
    there = ExistingBlur((0.0, 0.5, 1.0), (4.0, 0.0, 0.0), 0.5, 1.0)
    at = np.array([0.0, 0.5, 1.0], np.float32)
    for own, expected in ((None, [11.0, 0.0, -5.0]), (there, [105.0**0.5, 0.0, -5.0])):
        moved = missing_blur(lens, (0.0, 1.0), own, phone)(at)
        np.testing.assert_allclose(lens.radius_px(moved), expected, rtol=1e-4, atol=1e-4)
    dioptres = np.full((8, 8), 0.0, np.float32)
    assert exceeds(phone, lens, dioptres) and not exceeds(phone, lens, dioptres + 1.0)
