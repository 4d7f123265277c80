"""Painted depth and coverage at the photo's size: hard borders follow the picture, soft ones do not, the rest stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.scenes import texture

import rebokeh as rk
from rebokeh.bokeh.depth.painted import painted_depth, painted_lamps, painted_matte
from rebokeh.bokeh.photo.edits import Brush, Edits
from rebokeh.bokeh.scene.prepared import at_full_size

pytestmark = pytest.mark.kernels

SIZE = (300, 400)
FLAT = np.full((*SIZE, 3), 0.2, np.float32)
DEPTH = np.full(SIZE, 0.5, np.float32)
DAB: dict[str, Any] = {"points": [(0.5, 0.5)], "radius": 0.1}
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]
AWAY = np.hypot(Y + 0.5 - 150, X + 0.5 - 200)
"""From the dab's middle; its radius is 40 pixels."""


def painted(brush: Any, softness: float = 0.0, rgb: np.ndarray = FLAT, **more: Any) -> np.ndarray:
    """Paint a dab over an even depth."""
    return painted_depth(DEPTH, Edits.of_size(SIZE).with_stroke(brush, **DAB, softness=softness, **more), rgb)


@pytest.mark.parametrize(
    ("brush", "more", "expected"),
    [
        ("nearer", {"amount": 0.25}, 0.75),
        ("farther", {"amount": 0.25}, 0.25),
        ("farther", {"amount": 9.0}, 0.0),  # no farther than infinity
        ("same", {"dioptres": 2.0}, 2.0),
        ("subject", {}, 0.5),
    ],
)
def test_depth_becomes_what_is_painted_and_is_itself_elsewhere(brush, more, expected):
    found = painted(brush, **more)
    assert found[AWAY < 32] == pytest.approx(expected, abs=2e-3)
    assert np.array_equal(found[AWAY > 52], DEPTH[AWAY > 52])


def test_without_edits_the_arrays_are_the_same_ones():
    empty = Edits.of_size(SIZE)
    assert painted_depth(DEPTH, None, FLAT) is DEPTH and painted_depth(DEPTH, empty, FLAT) is DEPTH
    assert painted_matte(DEPTH, empty, FLAT) is DEPTH and painted_matte(None, empty, FLAT) is None
    assert painted_lamps(empty, SIZE) is None


@pytest.mark.parametrize("reduced", [1, 3])
def test_a_hard_border_goes_to_the_edge_of_the_picture(reduced):
    """A disc that somebody painted a little too large, and a little beside it; the raster may be coarser."""
    disc = np.hypot(Y + 0.5 - 151, X + 0.5 - 202) < 37
    rgb = np.where(disc[..., None], np.float32(0.7), np.float32(0.1)) * np.ones(3, np.float32)
    edits = Edits.of_size((SIZE[0] // reduced, SIZE[1] // reduced)).with_stroke("nearer", **DAB, softness=0.0, amount=1)
    found = painted_depth(DEPTH, edits, rgb) > 1.0
    assert (found ^ disc).sum() < 0.02 * disc.sum()
    stroke = AWAY < 40
    assert (stroke ^ disc).sum() > 0.15 * disc.sum()


def test_a_soft_border_stays_where_it_is_painted_whatever_the_picture_shows():
    soft = painted("nearer", softness=1.0, amount=1.0)
    over_texture = painted("nearer", softness=1.0, amount=1.0, rgb=texture(SIZE, 3, 0.0, 1.0))
    assert np.array_equal(soft, over_texture)
    assert np.abs(np.diff(soft, axis=1)).max() < 0.06


def test_coverage_is_painted_where_there_is_a_matte_and_where_there_is_none():
    subject = Edits.of_size(SIZE).with_stroke("subject", **DAB, softness=0.0)
    made = painted_matte(None, subject, FLAT)
    assert made is not None and (made[AWAY < 32] == 1.0).all() and (made[AWAY > 52] == 0.0).all()
    given = np.full(SIZE, 0.75, np.float32)
    more, less = (
        painted_matte(given, Edits.of_size(SIZE).with_stroke(brush, **DAB, softness=0.0), FLAT)
        for brush in ("subject", "not-subject")
    )
    assert more is not None and less is not None
    assert (more[AWAY < 32] == 1.0).all() and (less[AWAY < 32] == 0.0).all()
    assert np.array_equal(more[AWAY > 52], given[AWAY > 52]) and np.array_equal(less[AWAY > 52], given[AWAY > 52])


def photo_of(rgb: np.ndarray, **more: Any) -> rk.Photo:
    depth = np.where(X[::4, ::4] < 100, 1.0, 0.25).astype(np.float32)
    return rk.Photo(rgb=rgb, depth=depth, **more)


def test_maps_at_full_size_are_edited_and_the_same_to_the_bit_elsewhere():
    rgb = texture(SIZE, 5, 0.0, 0.6)
    matte = (X[::4, ::4] < 100).astype(np.float32)
    plain = photo_of(rgb, matte=matte)
    edits = Edits.of_size(SIZE)
    strokes: list[tuple[Brush, dict[str, Any]]] = [("nearer", {"amount": 0.5}), ("subject", {}), ("lamp", {})]
    for brush, more in strokes:
        edits = edits.with_stroke(brush, **DAB, softness=0.3, **more)
    (depth, cover), (own_depth, own_cover) = (at_full_size(one) for one in (plain.with_edits(edits), plain))
    assert depth is not None and own_depth is not None and cover is not None and own_cover is not None
    assert np.array_equal(depth[AWAY > 52], own_depth[AWAY > 52])
    assert np.array_equal(cover[AWAY > 52], own_cover[AWAY > 52])
    assert own_depth[AWAY < 20] == pytest.approx(0.25, abs=0.02)
    assert depth[AWAY < 20] == pytest.approx(1.5, abs=0.01)  # the subject's depth, and nearer by a half
    assert cover[AWAY < 20].min() > 0.99 > 0.5 > own_cover[AWAY < 20].max()
    assert depth.min() >= 0.0 and np.isfinite(depth).all()


def test_a_speck_of_subject_is_none():
    plain = photo_of(texture(SIZE, 5, 0.0, 0.6))
    speck = Edits.of_size(SIZE).with_stroke("subject", [(0.5, 0.5)], radius=0.006, softness=0.0)
    assert at_full_size(plain.with_edits(speck))[1] is None
    big = Edits.of_size(SIZE).with_stroke("subject", **DAB)
    assert at_full_size(plain.with_edits(big))[1] is not None


def test_what_is_painted_as_subject_stays_sharp_with_it():
    """A hand that the matte forgot, at the subject's depth in truth and at the wall's by the map."""
    rgb = texture(SIZE, 9, 0.0, 0.8)
    matte = (X[::4, ::4] < 100).astype(np.float32)
    plain = photo_of(rgb, matte=matte)
    hand = Edits.of_size(SIZE).with_stroke("subject", [(0.25, 0.5), (0.45, 0.5)], radius=0.06, softness=0.0)
    lens = rk.Lens(f_number=1.4, focal_mm=85.0, focus_m=1.0)
    without, with_hand = (rk.render(one, lens).rgb for one in (plain, plain.with_edits(hand)))
    inside = (abs(Y - 150) < 12) & (X > 120) & (X < 160)
    off = [float(np.abs(picture - rgb)[inside].mean()) for picture in (without, with_hand)]
    assert off[1] < 0.1 * off[0]
