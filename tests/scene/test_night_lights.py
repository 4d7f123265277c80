"""Lamps at night: bloom is no part of a lamp, coloured lamps clip in some channels, and a city is bright and night."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import fft
from support.photos import ROOM, STREET, SUN, discs, over, photo, taken
from support.scenes import depth_of, lens_of, texture

import rebokeh as rk
from rebokeh.bokeh.hdr.restore import above_clip
from rebokeh.bokeh.scene.light_evidence import night
from rebokeh.bokeh.scene.lights import Lights, lights_of

pytestmark = pytest.mark.kernels

SIZE = (200, 260)
LAMP = (100, 130)
INFINITY_PX = 60.0
POINT = 5e4
"""Radiance of a lamp of one pixel, so that it blooms over some two hundred."""
TWO = [(60, 80), (130, 190)]
COLOURS = {
    "sodium": (8.0, 3.0, 0.3), "red neon": (8.0, 0.6, 0.3), "blue neon": (0.3, 0.8, 9.0), "tail light": (12.0, 0.8, 0.3)
}  # fmt: skip


def found(shot: rk.Photo) -> Lights | None:
    """Find the lights of a photo."""
    assert shot.depth is not None
    return lights_of(shot, np.ascontiguousarray(shot.depth), None, above_clip(shot, "auto"))[0]


def restored(shot: rk.Photo) -> np.ndarray:
    """Radiance (3,) beyond what the photo shows, summed over the picture."""
    lights = found(shot)
    return np.zeros(3) if lights is None else (lights.radiance - shot.rgb[lights.mask]).sum(axis=0)


# --- bloom


def far_lamp(radiance: float, radius: float) -> np.ndarray:
    """Light a street by a lamp, radiance (H, W, 3) before any lens: one pixel where the radius is 0."""
    ground = texture(SIZE, 1, 0.02, 0.1)
    cover = discs(SIZE, [(*LAMP, radius)]) if radius else np.zeros(SIZE)
    cover[LAMP] = 1.0
    return over(ground, cover, radiance)


def blurred(scene: np.ndarray, radius_px: float) -> np.ndarray:
    """Blur a scene (H, W, 3) by a disc."""
    y, x = np.mgrid[-40:41, -40:41]
    disc = np.clip(radius_px + 0.5 - np.hypot(y, x), 0.0, 1.0)
    padded = np.pad(scene, ((40, 40), (40, 40), (0, 0)), mode="reflect")
    size = tuple(fft.next_fast_len(n + 81) for n in padded.shape[:2])
    through = np.asarray(fft.rfft2(disc / disc.sum(), size))
    spread = fft.irfft2(np.asarray(fft.rfft2(padded, size, axes=(0, 1))) * through[..., None], size, axes=(0, 1))
    return np.asarray(spread)[80 : 80 + SIZE[0], 80 : 80 + SIZE[1]]


def gained_db(radius_px: float) -> float:
    """Measure how much nearer to what a wider lens takes of a blooming lamp a render is with lights than without."""
    scene = far_lamp(POINT, 0.0)
    true = taken(blurred(scene, radius_px))
    around = np.hypot(*(np.mgrid[: SIZE[0], : SIZE[1]] - np.reshape(LAMP, (2, 1, 1)))) < radius_px + 25
    shot = photo(taken(scene), depth_of(radius_px, INFINITY_PX), STREET)
    error = {}
    for mode in ("auto", "off"):
        out = rk.render(shot, lens_of(SIZE, INFINITY_PX), rk.RenderSettings(highlights=mode, baked="ignore")).rgb
        error[mode] = float(np.square(np.clip(out, 0.0, 1.0) ** (1 / 2.2) - true ** (1 / 2.2))[around].mean())
    return 10.0 * float(np.log10(error["off"] / error["auto"]))


@pytest.mark.parametrize(("radius_px", "gain_db"), [(4.0, 6.0), (8.0, 6.0), (14.0, 6.0), (30.0, 12.0)])
def test_what_clips_is_mostly_bloom_and_a_small_blur_does_not_widen_it(radius_px, gain_db):
    assert gained_db(radius_px) >= gain_db


def test_bloom_comes_from_its_middle_and_a_face_is_evenly_bright():
    share, evenness = [], []
    for scene in (far_lamp(POINT, 0.0), far_lamp(60.0, 9.0)):
        rgb = taken(scene)
        lights = found(photo(rgb, clip_cd_m2=STREET))
        assert lights is not None
        more = (lights.radiance - rgb[lights.mask]).sum(axis=1)
        away = np.hypot(lights.rows - LAMP[0], lights.columns - LAMP[1])
        reach = away[more > 0.0].max()
        share.append(more[away < reach / 3].sum() / more.sum())
        evenness.append(more[away < 3].mean() / more[(away > 0.6 * reach) & (away < 0.75 * reach)].mean())
    assert share[0] > 0.6 and share[1] < 0.2
    assert evenness[0] > 50.0 and evenness[1] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("f_number", [1.8, 16.0])
def test_a_lamp_in_focus_comes_out_as_it_went_in(f_number):
    rgb = taken(far_lamp(POINT, 0.0))
    lens = rk.Lens(f_number=f_number, focus_m=2.0, starburst=0.0)
    np.testing.assert_allclose(rk.render(photo(rgb, 0.5, STREET), lens).rgb, rgb, atol=1e-5)


# --- coloured lamps


def coloured(colour: tuple[float, float, float], radius: float = 3.0) -> np.ndarray:
    """Make a dark street with two lamps of a radiance (3,)."""
    return taken(over(texture(SIZE, 1, 0.0, 0.03), discs(SIZE, [(*at, radius) for at in TWO]), colour))


@pytest.mark.parametrize("name", COLOURS)
def test_a_lamp_that_clips_in_some_channels_is_restored_in_its_colour(name):
    colour = np.array(COLOURS[name])
    rgb = coloured(COLOURS[name])
    assert rgb.min(axis=2).max() < 0.9 and (rgb.max(axis=2) > 0.99).sum() > 30, "it clips, in some channels only"
    shot = photo(rgb, clip_cd_m2=STREET)
    true = colour * discs(SIZE, [(*at, 3.0) for at in TWO]).sum() - rgb[rgb.max(axis=2) > 0.955].sum(axis=0)
    clipped = np.argmax(colour)
    more = restored(shot)
    assert 0.25 * true[clipped] < more[clipped] < 1.3 * true[clipped]
    unclipped = colour < 1.0
    assert more[unclipped].max() < 0.1 * more[clipped], "what does not clip is as the photo shows it"


def test_a_coloured_lamp_is_dimmer_where_only_the_picture_says_that_it_is_night():
    rgb = coloured(COLOURS["red neon"])
    known, unknown = (restored(photo(rgb, clip_cd_m2=clip))[0] for clip in (STREET, None))
    assert 0.0 < unknown < 0.8 * known


@pytest.mark.parametrize("clip_cd_m2", [STREET, SUN, None], ids=["night", "day", "unknown"])
@pytest.mark.parametrize(
    "colour", [(1.3, 0.1, 0.08), (1.2, 0.9, 0.5), (0.7, 0.85, 1.15)], ids=["cloth", "skin", "wall"]
)
def test_a_coloured_surface_is_as_bright_as_its_other_channels_say(colour, clip_cd_m2):
    rgb = coloured(colour, 6.0)
    assert (rgb.max(axis=2) > 0.955).sum() > 100
    assert not restored(photo(rgb, clip_cd_m2=clip_cd_m2)).any()


@pytest.mark.parametrize("name", COLOURS)
def test_a_coloured_glint_by_day_is_none(name):
    assert not restored(photo(coloured(COLOURS[name]), clip_cd_m2=SUN)).any()


# --- nights with much that is bright


def city(share: float) -> np.ndarray:
    """Line a street by lit facades that take this share of the picture, with lamps against the sky."""
    rng, (height, width) = np.random.default_rng(3), SIZE
    y, x = np.mgrid[:height, :width]
    side = int(share / 0.8 / 0.75 * width / 2)
    scene = np.array(texture(SIZE, 3, 0.0, 0.04), np.float64)
    facade = ((x < side) | (x >= width - side)) & (y >= height // 4)
    scene[facade] = (texture(SIZE, 4, 0.6, 0.85) * np.array((1.0, 0.85, 0.7)))[facade]
    scene[facade & ((y // 8 + x // 6) % 5 == 0)] = 0.05
    room = np.linspace(side + 14, width - side - 14, 4)
    return taken(over(scene, discs(SIZE, [(rng.uniform(20, 140), at, 3.0) for at in room]), (150.0, 120.0, 75.0)))


def boards(share: float) -> np.ndarray:
    """Put a bright signboard of this share of the picture below six lamps."""
    rng, (height, width) = np.random.default_rng(5), SIZE
    scene = np.array(texture(SIZE, 5, 0.0, 0.05), np.float64)
    board = np.s_[height - 10 - int(share * height / 0.8) : height - 10, width // 10 : width - width // 10]
    scene[board] = texture(SIZE, 5, 0.55, 0.9)[board]
    places = [(rng.uniform(16, 90), (k + 0.5) * width / 6, rng.uniform(2, 4)) for k in range(6)]
    return taken(over(scene, discs(SIZE, places), 150.0))


@pytest.mark.parametrize("share", [0.2, 0.25, 0.3])
@pytest.mark.parametrize("made", [city, boards])
def test_a_night_with_much_that_is_bright_has_lamps(made, share):
    rgb = made(share)
    bright = float((rgb.mean(axis=2) > 0.5).mean())
    assert 0.6 * share < bright < 1.2 * share
    lights = found(photo(rgb))
    assert lights is not None and len(lights.sure) >= 2
    assert lights.mask[rgb.mean(axis=2) < 0.95].sum() < 0.02 * lights.mask.size, "no facade and no board is one"


def test_the_more_is_bright_the_less_is_sure():
    sure = [night(boards(share), None) for share in (0.05, 0.2, 0.35, 0.5)]
    values = [max(of.sure, of.lit) for of in sure]
    assert values[0] > values[1] > values[2] > values[3] >= 0.0 and values[2] > 0.1


def backlit() -> np.ndarray:
    """Look up by day through leaves that are black before the sky."""
    rng = np.random.default_rng(4)
    places = [(rng.uniform(0, 200), rng.uniform(-40, 200), rng.uniform(3, 11)) for _ in range(900)]
    sky = np.full((*SIZE, 3), 1.4)
    return taken(sky + discs(SIZE, places)[..., None] * (texture(SIZE, 5, 0.0, 0.02) - sky))


def weave() -> np.ndarray:
    """Weave white on black, all over."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    return taken(over(np.full((*SIZE, 3), 0.01), ((y // 5 + x // 5) % 2 == 0).astype(float), 1.5))


def dim_room() -> np.ndarray:
    """Look out of a dark room by day, by a window with bars."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    scene = np.array(texture(SIZE, 9, 0.0, 0.04), np.float64)
    window = (y > 40) & (y < 140) & (x > 60) & (x < 180) & (y % 25 > 3) & (x % 30 > 3)
    scene[window] = 6.0
    return taken(scene)


def flowers() -> np.ndarray:
    """Grow poppies in the sun, in grass."""
    rng = np.random.default_rng(8)
    places = [(rng.uniform(0, 200), rng.uniform(0, 260), rng.uniform(2, 6)) for _ in range(60)]
    return taken(over(texture(SIZE, 6, 0.02, 0.2), discs(SIZE, places), (1.6, 0.2, 0.15)))


DAYS = {"backlit leaves": backlit(), "weave": weave(), "dim room": dim_room(), "flowers": flowers()}


@pytest.mark.parametrize("clip_cd_m2", [SUN, None], ids=["exposure", "no exposure"])
@pytest.mark.parametrize("name", DAYS)
def test_a_bright_texture_by_day_has_none(name, clip_cd_m2):
    assert (DAYS[name].max(axis=2) > 0.99).sum() > 100, "it clips"
    assert not restored(photo(DAYS[name], clip_cd_m2=clip_cd_m2)).any()


def test_flowers_in_a_room_are_none():
    assert not restored(photo(flowers(), clip_cd_m2=ROOM)).any()
