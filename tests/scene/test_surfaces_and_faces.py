"""What is a surface by its extent or its line, and what of a lamp's face clips."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from support.photos import STREET, discs, over, photo, taken
from support.scenes import depth_of, lens_of, texture

import rebokeh as rk
from rebokeh.bokeh.hdr.restore import above_clip
from rebokeh.bokeh.photo.photo import GainMap
from rebokeh.bokeh.scene.clipped_spots import _inward
from rebokeh.bokeh.scene.lights import Lights, lights_of

pytestmark = pytest.mark.kernels

SIZE = (400, 520)
PX = 60.0
LAMP = (200, 260)


def found(shot: rk.Photo) -> Lights | None:
    """Find the lights of a photo."""
    assert shot.depth is not None
    return lights_of(shot, np.ascontiguousarray(shot.depth), None, above_clip(shot, "auto"))[0]


def mapped(cover: np.ndarray, stops: np.ndarray | float, colour: tuple[float, float, float] = (1.0, 1.0, 1.0)):
    """Take a picture of something white before a dark room, with a gain map."""
    rgb = np.asarray(over(np.array(texture(SIZE, 2, 0.02, 0.06)), cover, colour), np.float32)
    log2_gain = (stops * (cover > 0.5)).astype(np.float32)
    return photo(rgb, depth_of(8.0, PX), STREET, GainMap(log2_gain, 2.0 ** float(log2_gain.max())))


# --- with a gain map


def screen() -> np.ndarray:
    """Coverage of a window on a screen that the frame cuts, with a dark bar in it."""
    cover = np.zeros(SIZE)
    cover[90:320, :40] = 1.0
    cover[130:180, 12:24] = 0.0
    return cover


def test_a_bright_screen_is_a_surface_and_what_it_shows_stays():
    shot = mapped(screen(), 1.75)
    assert found(shot) is None
    out = rk.render(shot, lens_of(SIZE, PX)).rgb.mean(axis=2)
    assert out[155, 18] < 0.85 * out[250, 18] < 0.86


@pytest.mark.parametrize("radius", [5.0, 10.0])
def test_a_globe_lamp_is_a_light_that_grows_with_its_blur(radius):
    cover = discs(SIZE, [(*LAMP, radius)])
    shot = mapped(cover, 3.0)
    lights = found(shot)
    assert lights is not None and lights.mask[LAMP] and lights.sure[0] > 0.9
    out = rk.render(shot, lens_of(SIZE, PX)).rgb.mean(axis=2)
    assert (out > 0.9).sum() > 1.2 * (cover > 0.5).sum()


def rim(tilt: float = 0.0) -> np.ndarray:
    """Coverage of a long edge."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    return ((np.abs(y - 200 - tilt * (x - 260)) < 3.0) & (x > 60) & (x < 460)).astype(np.float64)


def in_dashes(low: float, high: float) -> np.ndarray:
    """Make stops (H, W) that a threshold would cut to dashes."""
    return np.broadcast_to(np.where(np.arange(SIZE[1]) // 30 % 3 > 0, high, low), SIZE)


@pytest.mark.parametrize("tilt", [0.0, 0.03, 0.4])
def test_a_long_shining_edge_is_one_surface_in_its_colour(tilt):
    colour = (0.97, 1.0, 0.96)
    cover = rim(tilt)
    shot = mapped(cover, in_dashes(0.9, 1.4), colour)
    assert found(shot) is None
    out = rk.render(shot, lens_of(SIZE, PX))
    along = out.rgb[np.rint(200 + tilt * (np.arange(100, 421) - 260)).astype(int), np.arange(100, 421)]
    assert along.std(axis=0).max() < 0.03 * along.mean(), "no dashes"
    assert along[:, 1].min() > along[:, 2].max() * 0.95 and along.mean(axis=0)[1] > along.mean(axis=0)[0]


def test_a_tube_is_a_light():
    tube = np.zeros(SIZE)
    tube[200:203, 240:280] = 1.0
    lights = found(mapped(tube, 3.5))
    assert lights is not None and len(lights.sure) == 1 and lights.mask[201, 260]


# --- faces


def lamp(peak: tuple[float, float, float], half: tuple[float, float], soft_px: float) -> np.ndarray:
    """Take a lamp's face (half axes) that is out of focus already."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    face = np.hypot((y - LAMP[0]) / half[0], (x - LAMP[1]) / half[1]) < 1.0
    return over(texture(SIZE, 3, 0.02, 0.05), ndimage.gaussian_filter(face.astype(np.float64), soft_px), peak)


SOFT = lamp((1.25, 1.1, 0.99), (14.0, 34.0), 5.0)


def test_a_face_that_hardly_clips_is_whole_and_no_hot_spot():
    rgb = taken(SOFT)
    middle, some = rgb.min(axis=2) > 0.955, rgb.max(axis=2) > 0.955
    assert 0 < 2 * middle.sum() < some.sum()
    lights = found(photo(rgb, clip_cd_m2=STREET))
    assert lights is not None and len(lights.sure) == 1
    assert lights.mask[some].mean() > 0.98, "as wide as what clips in some channel"
    bright = lights.radiance.max(axis=1)
    assert bright.max() < 20.0 and bright.mean() > 2.0


def test_a_face_that_hardly_clips_keeps_its_width_in_a_render():
    rgb = taken(SOFT)
    shot = photo(rgb, depth_of(10.0, PX), STREET)
    out = rk.render(shot, lens_of(SIZE, PX), rk.RenderSettings(baked="ignore")).rgb
    before, after = ((v.min(axis=2)[LAMP[0]] > 0.8).sum() for v in (rgb, out))
    assert before <= after < before + 20


def test_glints_beside_each_other_are_no_face():
    rng = np.random.default_rng(2)
    places = [(LAMP[0] + dy, LAMP[1] + dx, 3.0) for dy, dx in rng.uniform(-30, 30, (14, 2))]
    cover = ndimage.gaussian_filter(discs(SIZE, places), 3.0)
    rgb = taken(over(texture(SIZE, 3, 0.02, 0.05), 1.6 * cover / cover.max(), (1.2, 1.05, 0.9)))
    some = rgb.max(axis=2) > 0.955
    lights = found(photo(rgb, clip_cd_m2=STREET))
    assert some.sum() > 300
    assert lights is None or lights.mask[some].mean() < 0.7


# --- the frame


def test_a_lamp_that_the_frame_cuts_shines_from_the_frame():
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    scene = np.array(texture(SIZE, 1, 0.02, 0.06), np.float64)
    scene[0, 260] = 5e4
    lights = found(photo(taken(scene), clip_cd_m2=STREET))
    assert lights is not None
    energy = (lights.radiance - lights.base).sum(axis=1)
    assert lights.rows.max() > 6, "it blooms"
    assert (energy * lights.rows).sum() / energy.sum() < 2.0


def test_depth_within_a_spot_is_its_distance_from_what_is_around_in_the_picture():
    spot = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(60, 80)), 3.0) > 0.0
    labels = np.zeros(spot.shape, np.int32)
    count = int(ndimage.label(spot, np.ones((3, 3)), labels))  # pyright: ignore[reportArgumentType]
    rows, columns = np.nonzero(spot)
    inward = _inward(rows, columns, labels[spot], (60, 80))
    for n in range(1, count + 1):
        want = np.asarray(ndimage.distance_transform_edt(labels == n))
        np.testing.assert_allclose(inward[labels[spot] == n], want[labels == n])
