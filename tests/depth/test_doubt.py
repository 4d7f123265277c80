"""A matte's doubt: a solid thing between subject and background is no part of the subject; hair stays hair."""

from __future__ import annotations

import numpy as np
import pytest

import rebokeh as rk
from rebokeh.bokeh.depth.align import agree_with_matte
from rebokeh.bokeh.depth.doubt import without_doubt
from rebokeh.bokeh.render.report import report_of
from rebokeh.bokeh.scene.prepared import prepare_scene
from rebokeh.bokeh.tools.extract.sources import Material

pytestmark = pytest.mark.kernels

SIZE = (480, 360)
FAR, CHAIR, SUBJECT = 0.5, 1.6, 2.5
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]
BODY = (X > 140) & (X < 260) & (Y > 100)
CHAIR_AREA = (X > 60) & (X <= 140) & (Y > 200)


def matte_of(level: float) -> np.ndarray:
    """Return a matte that is unsure of the chair, unevenly, and more so at its rim."""
    rim = CHAIR_AREA & ~((X > 66) & (X < 136) & (Y > 206))
    uneven = level + 0.1 * np.sin(X / 9.0) * np.sin(Y / 7.0) + 0.25 * rim
    return np.where(BODY, 1.0, np.where(CHAIR_AREA, uneven, 0.0)).astype(np.float32)


def depth_of(chair: float) -> np.ndarray:
    return np.where(BODY, SUBJECT, np.where(CHAIR_AREA, chair, FAR)).astype(np.float32)


@pytest.mark.parametrize("level", [0.2, 0.45])
def test_a_solid_thing_that_the_matte_is_unsure_of_is_none_of_the_subject(level):
    found = without_doubt(matte_of(level), depth_of(CHAIR))
    np.testing.assert_allclose(found[BODY], 1.0, atol=1e-6)
    assert found[CHAIR_AREA].max() < 0.02


def test_where_a_matte_of_the_hair_finds_none_the_background_is_none_of_the_subject():
    matte, depth = matte_of(0.4), depth_of(FAR)
    hair = np.zeros((240, 180), np.float32)
    assert without_doubt(matte, depth, hair)[CHAIR_AREA].max() < 0.02
    # Without one it may be hair that the map did not see.
    np.testing.assert_array_equal(without_doubt(matte, depth), matte)
    hair[90:, 20:75] = 0.5
    np.testing.assert_array_equal(without_doubt(matte, depth, hair), matte)


@pytest.mark.parametrize("width_px", [4, 6])
def test_a_band_in_part_stays_whatever_the_depth(width_px):
    """Hair, defocus, motion: along the outline, in a band."""
    band = (X > 140 - width_px) & (X <= 140) & (Y > 100)
    matte = np.where(BODY, 1.0, np.where(band, 0.5, 0.0)).astype(np.float32)
    np.testing.assert_array_equal(without_doubt(matte, depth_of(CHAIR)), matte)


def test_wide_hair_that_the_map_draws_at_the_subject_stays():
    matte = matte_of(0.4)
    np.testing.assert_array_equal(without_doubt(matte, depth_of(SUBJECT - 0.05)), matte)


def test_holes_of_the_map_are_no_evidence():
    depth = depth_of(CHAIR)
    depth[np.random.default_rng(1).random(SIZE) < 0.1] = np.nan
    found = without_doubt(matte_of(0.45), depth)
    assert np.isfinite(found).all() and found[BODY].min() > 0.999 and found[CHAIR_AREA].max() < 0.02


def test_a_finger_beside_doubt_stays_where_the_map_shows_the_subject():
    finger = (X > 100) & (X <= 140) & (Y > 260) & (Y < 300)
    matte, depth = matte_of(0.45), depth_of(CHAIR)
    matte[finger], depth[finger] = 0.7, SUBJECT
    found = without_doubt(matte, depth)
    inner = (X > 102) & (X <= 140) & (Y > 262) & (Y < 298)
    np.testing.assert_allclose(found[inner], 0.7, atol=0.02)
    assert found[CHAIR_AREA & ~finger].max() < 0.75 and np.median(found[CHAIR_AREA & ~finger]) < 0.02


def test_a_gap_between_the_legs_that_the_map_did_not_see_shows_what_is_behind():
    """A gap narrower than WIDE_GAP, at the subject's depth in the map; a person beside it at that depth stays."""
    gap, beside = (abs(X - 200) < 9) & (Y > 250), (X > 290) & (Y > 150)
    covered = np.where(BODY & ~gap, 1.0, 0.0).astype(np.float32)
    depth = np.where(BODY | beside, SUBJECT, FAR).astype(np.float32)
    found = agree_with_matte(depth, covered, 0.0)
    np.testing.assert_allclose(found[gap], FAR, atol=0.1)
    np.testing.assert_array_equal(found[beside], depth[beside])
    np.testing.assert_array_equal(found[BODY & ~gap], depth[BODY & ~gap])


@pytest.mark.parametrize(("level", "share"), [(0.45, 0.13), (0.0, 0.0)])
def test_how_much_of_a_matte_is_in_doubt_is_said_once(level, share):
    """Some 80 x 279 of 360 x 480 pixels, most of which are more than a quarter there."""
    matte = matte_of(level) if level else BODY.astype(np.float32)
    photo = rk.Photo(rgb=np.full((*SIZE, 3), 0.2, np.float32), depth=depth_of(CHAIR), matte=matte)
    scene = prepare_scene(photo, "off")
    assert scene.doubted == pytest.approx(share, abs=0.01)
    said = [one for one in report_of(scene, rk.Lens(), rk.RenderSettings())["warnings"] if "unsure" in one]
    assert len(said) == (level > 0)
    assert not said or said[0].startswith("the matte is unsure of 13% of the picture, which by its depth is no part of")
    material = Material(photo, 1000, None)
    assert not any("unsure" in one for one in material.warnings())  # it has not been asked for the matte
    assert material.matte is not None and [one for one in material.warnings() if "unsure" in one] == said
