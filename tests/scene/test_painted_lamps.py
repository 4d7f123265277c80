"""Lamps that somebody painted: taken where they are bright, whatever the evidence; and what is none is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.photos import SUN, discs, over, photo, taken
from support.scenes import texture

import rebokeh as rk
from rebokeh.bokeh.hdr.restore import above_clip
from rebokeh.bokeh.photo.edits import Edits
from rebokeh.bokeh.photo.photo import GainMap
from rebokeh.bokeh.scene.lights import Lights, lights_of

pytestmark = pytest.mark.kernels

SIZE = (200, 260)
LAMP, OTHER = (60, 80, 4.0), (130, 190, 4.0)
WARM = (1.0, 0.6, 0.25)


def found(shot: rk.Photo, mode: Any = "auto") -> Lights | None:
    assert shot.depth is not None
    return lights_of(shot, np.ascontiguousarray(shot.depth), None, above_clip(shot, mode))[0]


def street(radiance: float = 60.0, colour: Any = WARM) -> np.ndarray:
    light = tuple(radiance * one for one in colour)
    return taken(over(texture(SIZE, 1, 0.0, 0.06), discs(SIZE, [LAMP, OTHER]), light))


def painted(shot: rk.Photo, brush: Any, place: tuple[float, float, float], radius: float = 0.04) -> rk.Photo:
    at = [(place[1] / SIZE[1], place[0] / SIZE[0])]
    edits = (shot.edits or Edits.of_size(SIZE)).with_stroke(brush, at, radius=radius, softness=0.0)
    return shot.with_edits(edits)


def where(lights: Lights | None, place: tuple[float, float, float]) -> np.ndarray:
    """Which of the lights' pixels lie at a place."""
    assert lights is not None
    return np.hypot(lights.rows - place[0], lights.columns - place[1]) < 12


def same_at(one: Lights | None, other: Lights | None, place: tuple[float, float, float]) -> bool:
    (a, b), names = (where(one, place), where(other, place)), ("rows", "columns", "radiance", "base", "dioptres")
    return all(np.array_equal(getattr(one, name)[a], getattr(other, name)[b]) for name in names)


def test_what_is_painted_as_none_is_none_and_the_others_are_as_they_were():
    shot = photo(street())
    before, after = found(shot), found(painted(shot, "no-lamp", LAMP))
    assert where(before, LAMP).any() and not where(after, LAMP).any()
    assert same_at(before, after, OTHER)
    assert found(painted(painted(shot, "no-lamp", LAMP), "no-lamp", OTHER)) is None


def test_a_stroke_over_its_middle_is_enough():
    lights = found(painted(photo(street()), "no-lamp", LAMP, radius=0.008))
    assert not where(lights, LAMP).any() and where(lights, OTHER).any()


@pytest.mark.parametrize("clip_cd_m2", [SUN, None])
def test_a_lamp_by_day_is_one_where_it_is_painted(clip_cd_m2):
    """Nothing tells it from a white wall's piece; it does not clip either."""
    day = np.clip(texture(SIZE, 2, 0.1, 0.5), 0.0, 1.0)
    rgb = over(day, discs(SIZE, [LAMP, OTHER]), (0.8, 0.5, 0.2)).astype(np.float32)
    shot = photo(rgb, clip_cd_m2=clip_cd_m2)
    assert found(shot) is None
    lights = found(painted(shot, "lamp", LAMP))
    assert lights is not None and lights.by == ("hand",) and where(lights, LAMP).all()
    assert lights.radiance.max() > 5.0 and (lights.sure == 1.0).all()
    red, green, blue = (lights.radiance - lights.base).sum(axis=0)
    assert red > 1.2 * green > 1.2 * blue > 0.0  # its colour stays
    assert discs(SIZE, [LAMP])[lights.rows, lights.columns].mean() > 0.5  # the lamp, not the stroke


def test_what_is_dark_is_no_lamp_however_it_is_painted():
    assert found(painted(photo(np.full((*SIZE, 3), 0.05, np.float32)), "lamp", LAMP)) is None


def test_a_painted_lamp_takes_the_place_of_one_that_was_found():
    shot = photo(street())
    lights = found(painted(shot, "lamp", LAMP))
    assert lights is not None and lights.by.count("hand") == 1 and len(lights.by) == 2
    assert same_at(found(shot), lights, OTHER)
    assert len(np.unique(lights.rows * SIZE[1] + lights.columns)) == len(lights.rows)  # no pixel twice


def test_with_a_gain_map_it_is_a_lamp_where_the_map_says_nothing():
    rgb = over(texture(SIZE, 2, 0.1, 0.3), discs(SIZE, [LAMP]), 0.9).astype(np.float32)
    shot = photo(rgb, gain_map=GainMap(np.zeros((100, 130), np.float32), headroom=4.0))
    assert found(shot) is None
    lights = found(painted(shot, "lamp", LAMP))
    assert lights is not None and lights.by == ("hand",) and lights.radiance.max() > 5.0


def test_where_nothing_is_restored_it_has_the_light_that_the_photo_holds():
    radiance = texture(SIZE, 2, 0.0, 0.3)
    radiance[58:63, 78:83] = 1.5
    radiance[128:133, 188:193] = 30.0
    shot = rk.Photo(rgb=radiance, depth=np.full(SIZE, 0.2, np.float32))
    lights = found(painted(shot, "lamp", LAMP), "off")
    assert lights is not None and where(lights, LAMP).any() and where(lights, OTHER).any()
    assert np.array_equal(lights.radiance, radiance[lights.pixels])
    assert found(painted(shot, "no-lamp", OTHER), "off") is None


def test_a_large_stroke_over_all_is_no_lamp():
    """What covers much of the picture is a surface."""
    bright = photo(np.full((*SIZE, 3), 0.9, np.float32))
    assert found(painted(bright, "lamp", (100, 130, 0), radius=1.0)) is None


def test_a_painted_lamp_is_seen_as_a_disc_in_the_picture():
    rgb = over(texture(SIZE, 2, 0.05, 0.15), discs(SIZE, [LAMP]), 0.8).astype(np.float32)
    depth = np.full(SIZE, 0.1, np.float32)
    depth[100:] = 1.0
    shot = photo(rgb, depth)
    lens = rk.Lens(f_number=1.4, focus_m=1.0, focal_mm=85.0)
    plain, lit = (rk.render(one, lens).rgb for one in (shot, painted(shot, "lamp", LAMP)))
    assert (lit - plain)[50:70, 70:90].mean() > 0.02
    assert np.array_equal(plain[150:], lit[150:])
