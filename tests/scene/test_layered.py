"""A photo taken apart: what each pixel shows, how much of it, and what lies behind, at every size."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rebokeh.bokeh.depth.depth_mapping import DepthMapping
from rebokeh.bokeh.hdr.restore import GainedLight
from rebokeh.bokeh.image.inpaint import inpaint
from rebokeh.bokeh.photo.photo import GainMap
from rebokeh.bokeh.scene import layered, subject_sides
from rebokeh.bokeh.scene.fragments import Fragments
from rebokeh.bokeh.scene.layered import CELL, LayeredScene
from rebokeh.bokeh.scene.light_energy import SceneLight
from rebokeh.bokeh.scene.lights import Lights
from rebokeh.kernels.splitting import TRACE

pytestmark = pytest.mark.kernels

RED, BLUE = (0.8, 0.1, 0.2), (0.1, 0.3, 0.9)
NEAR, FAR = 2.0, 0.5


def light_of(rgb, dioptres, matte=None, extra=None, lights=None, keeps_extra: bool = False) -> SceneLight:
    matte = None if matte is None else np.ascontiguousarray(matte, np.float32)
    rgb, dioptres = (np.ascontiguousarray(one, np.float32) for one in (rgb, dioptres))
    return SceneLight(rgb, dioptres, matte, extra, lights, keeps_extra)


def whole(scene: LayeredScene, level: int = 0) -> Fragments:
    height, width = scene.sizes[level]
    return scene.window(level, (slice(0, height), slice(0, width)))


def seen(fragments: Fragments) -> np.ndarray:
    alpha = fragments.alpha[..., None]
    return alpha * fragments.front + (1.0 - alpha) * np.where(alpha < 1.0, fragments.back, 0.0)


def mean_of_four(values: np.ndarray) -> np.ndarray:
    """Average 2 x 2 pixels; the border repeats."""
    rows, columns = (np.minimum(np.arange(n + n % 2), n - 1) for n in values.shape[:2])
    padded = values[rows][:, columns]
    return 0.25 * (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2])


def painted(front: np.ndarray, colours=(RED, BLUE), depths=(NEAR, FAR)) -> tuple[np.ndarray, np.ndarray]:
    """Colour a picture by the coverage of what is in front; depth is that of what covers more."""
    share = front[..., None]
    rgb = share * np.array(colours[0]) + (1.0 - share) * np.array(colours[1])
    return rgb.astype(np.float32), np.where(front >= 0.5, *depths).astype(np.float32)


def busy(shape: tuple[int, int], seed: int, subject: bool) -> SceneLight:
    """Make a picture with depth edges, slopes and a soft matte, all of them random."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 4, (shape[0] // 6 + 1, shape[1] // 7 + 1))
    depth = np.kron(blocks, np.ones((6, 7)))[: shape[0], : shape[1]] * 0.4
    depth += np.linspace(0.0, 0.3, shape[1])
    matte = None
    if subject:
        rows, columns = np.mgrid[: shape[0], : shape[1]]
        matte = np.clip(0.35 * max(shape) - np.hypot(rows - shape[0] * 0.6, columns - shape[1] * 0.5), 0.0, 3.0) / 3.0
        depth = np.where(matte > 0.5, 0.9, depth)
    return light_of(rng.random((*shape, 3)), depth, matte)


def everything(scene: LayeredScene) -> list[np.ndarray]:
    """All that a scene holds, what is not known left out."""
    found: list[np.ndarray] = []
    for level in range(len(scene.sizes)):
        one = whole(scene, level)
        found += [one.front, one.alpha, one.back[one.weight > 0.0], one.weight, one.kinds, *scene.cells(level)]
    return found


# --- what a pixel shows


def test_a_photo_of_one_surface_is_itself():
    rng = np.random.default_rng(1)
    rgb, depth = rng.random((37, 50, 3)), np.linspace(1.0, 1.02, 50) * np.ones((37, 1))
    light = light_of(rgb, depth)
    scene = LayeredScene.of(light)
    found = whole(scene)
    np.testing.assert_array_equal(found.front, light.rgbd((slice(None), slice(None))))
    assert (found.alpha == 1.0).all() and (found.kinds & 3 == 2).all()
    assert scene.depth_range == (pytest.approx(1.0), pytest.approx(1.02))


def test_behind_a_sharp_step_the_far_surface_goes_on():
    front = np.zeros((160, 400))
    front[:, :200] = 1.0
    scene = LayeredScene.of(light_of(*painted(front)))
    found = whole(scene)
    assert (found.alpha == 1.0).all()
    np.testing.assert_array_equal(found.front[..., :3], painted(front)[0])
    known = found.weight > 0.0
    assert known[:, 160:200].all() and not known[:, 200:].any()
    np.testing.assert_allclose(found.back[known], np.tile([*BLUE, FAR], (known.sum(), 1)), atol=1e-5)
    assert found.weight.max() <= 0.5
    # What is nearer to where it is seen is surer.
    steps = found.weight[80, 199 - 2 ** np.arange(6)]
    assert (np.diff(steps) < 0.0).all() and steps[-1] < 0.2 * steps[0]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("flip", [False, True])
def test_a_mixed_pixel_is_split_into_its_colours_and_shares(share, flip):
    front = np.zeros((20, 30))
    front[:, :14] = 1.0
    front[:, 14] = share
    front = front[:, ::-1] if flip else front
    found = whole(LayeredScene.of(light_of(*painted(front))))
    mixed = found.alpha < 1.0
    assert (mixed == ((front > 0.0) & (front < 1.0))).all()
    np.testing.assert_allclose(found.alpha[mixed], share, atol=1e-5)
    np.testing.assert_allclose(found.front[mixed], np.tile([*RED, NEAR], (mixed.sum(), 1)), atol=1e-5)
    np.testing.assert_allclose(found.back[mixed], np.tile([*BLUE, FAR], (mixed.sum(), 1)), atol=1e-5)
    assert (found.weight[mixed] == 1.0).all()


def test_a_fence_of_bars_keeps_its_coverage_at_every_size():
    front = np.zeros((96, 96))
    front[:, 2::8] = front[:, 3::8] = 1.0
    scene = LayeredScene.of(light_of(*painted(front)))
    for level in (3, 4):
        found = whole(scene, level)
        np.testing.assert_allclose(found.alpha, 0.25, atol=1e-5)
        np.testing.assert_allclose(found.front, np.broadcast_to([*RED, NEAR], found.front.shape), atol=1e-5)
        np.testing.assert_allclose(found.back, np.broadcast_to([*BLUE, FAR], found.back.shape), atol=1e-5)
    behind = whole(scene)
    assert (behind.weight[front == 1.0] > 0.0).all()
    np.testing.assert_allclose(behind.back[front == 1.0][:, :3], np.tile(BLUE, (int(front.sum()), 1)), atol=1e-5)


def portrait(share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Colour, depth and matte of a subject whose rim is mixed; its depth has a hole."""
    matte = np.zeros((80, 90))
    matte[20:, 30:60] = 1.0
    matte[20:, 29] = matte[20:, 60] = share
    rgb, depth = painted(matte)
    depth[50:54, 40:44] = FAR
    return rgb, depth, matte


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_the_subject_is_taken_off_by_its_matte(share):
    rgb, depth, matte = portrait(share)
    scene = LayeredScene.of(light_of(rgb, depth, matte))
    found = whole(scene)
    assert scene.subject is not None
    mixed = (matte > 0.0) & (matte < 1.0)
    np.testing.assert_allclose(found.alpha[mixed], (share - TRACE) / (1.0 - 2.0 * TRACE), atol=1e-6)
    np.testing.assert_allclose(found.front[mixed, :3], np.tile(RED, (mixed.sum(), 1)), atol=0.02)
    np.testing.assert_allclose(found.back[mixed], np.tile([*BLUE, FAR], (mixed.sum(), 1)), atol=0.02)
    assert (found.kinds[mixed] == 1 | 2 << 2).all()
    subject = matte == 1.0
    assert (found.kinds[subject] & 3 == 1).all() and (found.kinds[matte == 0.0] & 3 == 2).all()
    # Its depth is mended where a hole is, and nowhere else.
    np.testing.assert_allclose(found.front[subject, 3], NEAR, atol=1e-5)
    np.testing.assert_array_equal(found.front[subject, :3], rgb[subject])


def test_noise_of_a_matte_shows_nothing_through_the_subject():
    rgb, depth, matte = portrait(0.7)
    expected = everything(LayeredScene.of(light_of(rgb, depth, matte)))
    matte[30:70:5, 35:55:4] = 0.985
    for one, other in zip(everything(LayeredScene.of(light_of(rgb, depth, matte))), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_noise_of_a_matte_makes_nothing_of_what_stands_beside_the_subject():
    # A stool, as far as the subject; its edge against what is far stays what it is.
    rgb, depth, matte = portrait(0.7)
    depth[30:, 70:80] = NEAR
    rgb[30:, 70:80] = (0.1, 0.9, 0.1)
    expected = everything(LayeredScene.of(light_of(rgb, depth, matte)))
    matte[40:60, 68:84] = 0.015
    for one, other in zip(everything(LayeredScene.of(light_of(rgb, depth, matte))), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def with_hole(colour) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make a portrait, in the middle of whose subject a matte knows half of a hole, and what is seen there."""
    rgb, depth, matte = portrait(0.7)
    matte[48:54, 42:48] = 0.55
    rgb[48:54, 42:48] = colour
    return rgb, depth, matte


def test_what_is_darker_than_what_it_lets_through_hides_more_than_a_wide_soft_matte_says():
    # Dark hair, half of which the matte gives to the bright wall behind; a strand of it is as thin as the matte says.
    bright = (0.5, 0.4, 0.6)
    matte = np.zeros((80, 120))
    matte[20:, 30:60] = 1.0
    rgb, depth = painted(matte, colours=(RED, bright))
    matte[20:, 60:75] = matte[20:, 85] = 0.6
    rgb[20:, 60:75] = rgb[20:, 85] = 0.01
    found = whole(LayeredScene.of(light_of(rgb, depth, matte)))
    hair, strand = (slice(30, 70), slice(62, 73)), (slice(30, 70), slice(85, 86))
    assert found.alpha[hair].min() > 0.8
    assert found.back[hair][..., :3].min() > 0.05
    np.testing.assert_allclose(found.alpha[strand], (0.6 - TRACE) / (1.0 - 2.0 * TRACE), atol=1e-6)
    np.testing.assert_allclose(seen(found)[hair][..., :3], rgb[hair], atol=1e-5)


def test_where_nothing_is_seen_behind_a_hole_of_the_subject_s_colours_is_none():
    rgb, depth, matte = with_hole(RED)
    found = whole(LayeredScene.of(light_of(rgb, depth, matte)))
    assert found.alpha[48:54, 42:48].min() > 0.97
    np.testing.assert_allclose(found.front[48:54, 42:48, :3], np.broadcast_to(RED, (6, 6, 3)), atol=0.02)


@pytest.mark.parametrize("share", [0.0, 0.55])
def test_a_hole_that_shows_other_colours_stays_one(share):
    rgb, depth, matte = with_hole(share * np.array(RED) + (1.0 - share) * np.array(BLUE))
    found = whole(LayeredScene.of(light_of(rgb, depth, matte)))
    assert found.alpha[48:54, 42:48].max() < 0.65


@pytest.mark.parametrize("colour", [RED, np.array(BLUE)])
def test_a_hole_far_darker_than_what_lies_behind_it_is_none(colour):
    # The lining of a sleeve is black, and a matte hardly sure of it: what is bright behind would be seen through it.
    rgb, depth, matte = portrait(0.7)
    matte[20:50, 30:36] = 0.9
    rgb[20:50, 30:36] = 0.005 * np.array(colour)
    found = whole(LayeredScene.of(light_of(rgb, depth, matte)))
    assert found.alpha[22:48, 31:35].min() > 0.98
    assert seen(found)[22:48, 31:35, :3].max() < 0.01


def test_a_coloured_fringe_of_an_edge_is_no_light_of_what_lies_behind():
    # The lens that took it blurs blue farther than red: the dark bar's rim is blue, and what is behind it is grey.
    ramps = np.array([1.0, 0.99, 0.3, 0.0]), np.array([1.0, 0.95, 0.2, 0.0]), np.array([1.0, 0.75, 0.1, 0.0])
    rgb, depth = np.full((60, 90, 3), 0.6), np.full((60, 90), FAR)
    depth[20:42] = NEAR
    for c, ramp in enumerate(ramps):
        share = np.concatenate([np.ones(18), ramp])[:, None]
        rgb[20:42, :, c] = 0.02 * share + 0.6 * (1.0 - share)
    depth[40:42] = FAR
    found = whole(LayeredScene.of(light_of(rgb, depth)))
    np.testing.assert_allclose(seen(found)[..., :3], rgb, atol=1e-5)
    assert np.abs(found.back[39, 10:80, :3] - 0.6).max() < 0.1


def test_what_is_mixed_tells_what_lies_behind_far_from_where_that_is_seen():
    # A slit: above, it is open; below, the matte is hardly sure of it, and something else stands there.
    size, green = (200, 1600), (0.1, 0.8, 0.1)
    matte = np.zeros(size)
    matte[40:, 600:1000] = 1.0
    matte[40:140, 797:803] = 0.0
    matte[140:, 797:803] = 0.4
    rgb, depth = painted(matte)
    rgb[140:, 797:803] = 0.4 * np.array(RED) + 0.6 * np.array(green)
    found = whole(LayeredScene.of(light_of(rgb, depth, matte)))
    behind = found.back[175:181, 797:803]
    np.testing.assert_allclose(behind[..., :3], np.broadcast_to(green, (6, 6, 3)), atol=0.1)
    np.testing.assert_allclose(behind[..., 3], FAR, atol=1e-4)


def test_a_bright_rim_is_no_light_of_what_lies_behind():
    # The matte is soft over a rim that is brighter than the subject within: what is seen beside it says what is behind.
    matte = np.zeros((200, 1200))
    matte[:, :600] = 1.0
    matte[:, 596:604] = np.linspace(1.0, 0.0, 8)
    rgb, depth = painted(matte)
    rgb[:, 590:600] = 0.95
    found = whole(LayeredScene.of(light_of(rgb, depth, matte)))
    assert rgb[100, 700, 0] < 0.11
    assert found.back[100, 590:602, 0].max() < 0.25


def test_a_soft_rim_keeps_its_coverage_up_to_the_whole():
    matte = np.zeros((80, 90))
    ramp = np.linspace(0.0, 1.0, 24)
    matte[20:, 20:70] = np.concatenate([ramp, [1.0, 1.0], ramp[::-1]])
    found = whole(LayeredScene.of(light_of(*painted(matte), matte)))
    rim = (matte > TRACE) & (matte < 1.0 - TRACE)
    assert (matte[rim] > 0.95).any()
    np.testing.assert_allclose(found.alpha[rim], (matte[rim] - TRACE) / (1.0 - 2.0 * TRACE), atol=1e-6)


def test_what_stands_before_the_subject_is_a_class_of_its_own():
    rgb, depth, matte = portrait(0.7)
    depth[:40, :35] = 5.0
    matte[:40, :35] = 0.0
    rgb[:40, :35] = (0.1, 0.9, 0.1)
    found = whole(LayeredScene.of(light_of(rgb, depth, matte)))
    assert (found.kinds[:40, :35] & 3 == 0).all()
    # Behind its corner stands the subject, and farther out what is behind that.
    hidden = found.kinds[:40, :35][found.weight[:40, :35] > 0.0] >> 2
    assert {1, 2} == set(hidden.tolist())


@pytest.mark.parametrize("off", [-0.06, 0.0, 0.06])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_what_the_subject_shares_with_an_occluder_is_no_background(share, off):
    # A leaf before a coat: its rim is mixed, so the matte is less than all there, and the map knows the coat alone.
    # How much less is a little off: the colours know.
    leaf, matte = np.zeros((80, 90)), np.ones((80, 90))
    leaf[40:, 30:50] = 1.0
    leaf[40:, 29] = leaf[40:, 50] = leaf[39, 29:51] = 1.0 - share
    matte[:, :6] = 0.0
    rgb, depth = painted(leaf, (RED, BLUE), (5.0, NEAR))
    mixed = (leaf > 0.0) & (leaf < 1.0)
    depth[mixed], depth[:, :6] = NEAR, FAR
    rgb[:, :6] = (0.1, 0.9, 0.1)
    scene = LayeredScene.of(light_of(rgb, depth, (matte - leaf + off * mixed) * (matte > 0.0)))
    found = whole(scene)
    np.testing.assert_allclose(found.alpha[mixed], 1.0 - share, atol=0.01)
    np.testing.assert_allclose(found.front[mixed], np.tile([*RED, 5.0], (mixed.sum(), 1)), atol=0.02)
    np.testing.assert_allclose(found.back[mixed], np.tile([*BLUE, NEAR], (mixed.sum(), 1)), atol=0.02)
    assert (found.kinds[mixed] == 0 | 1 << 2).all()
    # Nor is there any behind the leaf, at any size that shows the coat around it.
    for level in (0, 1, 2):
        cut = slice(0, None), slice((24 >> level), (56 >> level))
        seen_or_not = whole(scene, level).crop(cut)
        known = seen_or_not.weight > 0.01
        assert known.any() and (seen_or_not.back[known, 3] > 0.9 * NEAR).all()


def test_a_matte_of_nothing_is_none():
    rgb, depth, matte = portrait(0.7)
    with_none, without = (LayeredScene.of(light_of(rgb, depth, one)) for one in (np.minimum(matte, 0.01), None))
    for one, other in zip(everything(with_none), everything(without), strict=True):
        np.testing.assert_array_equal(one, other)


def test_lights_are_not_in_it_and_what_a_gain_map_adds_is_where_it_is_kept():
    rgb, depth = painted(np.zeros((12, 16)))
    extra = GainedLight.of(rgb.astype(np.float32), GainMap(np.zeros((1, 1), np.float32), 2.0, (0.5, 0.5, 0.5)))
    at = np.array([3]), np.array([5])
    base = np.full((1, 3), 0.25, np.float32)
    lights = Lights(
        (12, 16), *at, np.array([0]), base + 7.0, base, np.zeros(1, np.float32), np.full(1, FAR, np.float32),
        np.ones(1, np.float32), ("exposure",),
    )  # fmt: skip
    for keeps in (False, True):
        light = light_of(rgb, depth, None, extra, lights, keeps)
        found = whole(LayeredScene.of(light))
        np.testing.assert_array_equal(found.front, light.rgbd((slice(0, 12), slice(0, 16))))
        np.testing.assert_allclose(found.front[0, 0, :3], rgb[0, 0] + (0.5 if keeps else 0.0))
        assert found.front[3, 5, 0] < 1.0


# --- invariants

shapes = st.tuples(st.integers(1, 70), st.integers(1, 70))


@given(shapes, st.integers(0, 99), st.booleans())
@settings(max_examples=25)
def test_one_colour_stays_one_colour(shape, seed, subject):
    light = busy(shape, seed, subject)
    flat = light_of(np.broadcast_to((0.2, 0.4, 0.6), (*shape, 3)), light.dioptres, light.matte)
    scene = LayeredScene.of(flat)
    for level in range(len(scene.sizes)):
        found = whole(scene, level)
        for values in (found.front, found.back[found.weight > 0.0]):
            np.testing.assert_allclose(
                values[..., :3], np.broadcast_to((0.2, 0.4, 0.6), values[..., :3].shape), atol=1e-5
            )


@given(shapes, st.integers(0, 99), st.booleans())
@example((42, 64), 0, True)  # a pixel whose colours say the subject, and the matte nearly does
@settings(max_examples=25)
def test_all_sizes_are_finite_and_show_the_same_light(shape, seed, subject):
    light = busy(shape, seed, subject)
    scene = LayeredScene.of(light)
    assert scene.sizes[0] == shape and max(scene.sizes[-1]) <= 8
    levels = [whole(scene, level) for level in range(len(scene.sizes))]
    np.testing.assert_allclose(seen(levels[0])[..., :3], light.rgb, atol=1e-5)
    for found in levels:
        assert np.isfinite(found.front).all() and np.isfinite(found.back[found.weight > 0.0]).all()
        assert found.alpha.min() > 0.0 and found.alpha.max() <= 1.0
        mixed = found.alpha < 1.0
        assert (found.weight[mixed] >= np.maximum(1.0 - found.alpha[mixed] - 1e-6, 1 / 16)).all()
        assert (found.weight[mixed] <= 1.0).all() and (found.weight[~mixed] <= 0.5).all()
    for larger, smaller in itertools.pairwise(levels):
        np.testing.assert_allclose(seen(smaller), mean_of_four(seen(larger)), atol=1e-5)


@pytest.mark.parametrize("subject", [False, True])
@pytest.mark.parametrize("dense", [False, True])
def test_no_cut_and_no_core_changes_a_bit(subject, dense, monkeypatch):
    light = busy((203, 171), 5, subject)
    expected = everything(LayeredScene.of(light, dense))
    for rows, threads in ((32, "2"), (96, "1"), (1024, "1")):
        monkeypatch.setattr(layered, "BAND_ROWS", rows)
        monkeypatch.setattr(subject_sides, "BAND_ROWS", rows)
        monkeypatch.setenv("REBOKEH_THREADS", threads)
        for one, other in zip(everything(LayeredScene.of(light, dense)), expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("level", [0, 1])
def test_a_window_is_a_piece_of_the_whole_and_can_be_written(level):
    scene = LayeredScene.of(busy((150, 140), 3, subject=True))
    all_of_it = whole(scene, level)
    height, width = scene.sizes[level]
    for box in ((slice(0, 1), slice(0, width)), (slice(61, height), slice(33, 70)), (slice(20, 22), slice(5, 6))):
        found, expected = scene.window(level, box), all_of_it.crop(box)
        known = expected.weight > 0.0
        np.testing.assert_array_equal(found.back[known], expected.back[known])
        for name in ("front", "alpha", "weight", "kinds"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
            getattr(found, name)[:] = 0
    np.testing.assert_array_equal(whole(scene, level).front, all_of_it.front)


@pytest.mark.parametrize("subject", [False, True])
def test_cells_tell_the_depths_of_all_that_is_in_them(subject):
    scene = LayeredScene.of(busy((131, 97), 2, subject))
    for level in range(len(scene.sizes)):
        found, (low, high) = whole(scene, level), scene.cells(level)
        assert low.shape == high.shape == (3, *(-(-side // CELL) for side in scene.sizes[level]))
        for kind in range(3):
            for row, column in np.ndindex(low.shape[1:]):
                cell = found.crop((slice(row * CELL, (row + 1) * CELL), slice(column * CELL, (column + 1) * CELL)))
                here = np.concatenate([
                    cell.front[cell.kinds & 3 == kind][:, 3],
                    cell.back[(cell.kinds >> 2 == kind) & (cell.weight > 0.0)][:, 3],
                ])  # fmt: skip
                ends = (here.min(), here.max()) if len(here) else (np.float32(1e30), np.float32(-1e30))
                here = low[kind, row, column], high[kind, row, column]
                assert here == ends or (level == 0 and here[0] <= ends[0] <= ends[1] <= here[1])


def test_where_all_is_wanted_what_is_hidden_is_known_farther():
    front = np.zeros((300, 1200))
    front[:, :800] = 1.0
    light = light_of(*painted(front))
    sparse, dense = (whole(LayeredScene.of(light, one)) for one in (False, True))
    assert (dense.weight[:, 600:800] > 0.0).all()
    known = sparse.weight > 0.0
    assert known[:, 770:800].all() and not known[:, :650].any()
    np.testing.assert_array_equal(sparse.weight[known], dense.weight[known])
    np.testing.assert_array_equal(sparse.back[known], dense.back[known])


def test_a_slope_hides_nothing():
    depth = np.linspace(0.5, 2.0, 200) * np.ones((150, 1))
    found = whole(LayeredScene.of(light_of(np.full((150, 200, 3), 0.5), depth)))
    assert (found.alpha == 1.0).all() and (found.weight == 0.0).all()


# --- grain behind narrow things


def striped(size: tuple[int, int]) -> np.ndarray:
    rows, columns = np.mgrid[: size[0], : size[1]]
    return (0.5 + 0.4 * np.sin((columns * 0.5 + rows) * 0.6))[..., None] * np.array([1.0, 0.8, 0.6])


def error_behind(found: Fragments, where: np.ndarray, true: np.ndarray) -> float:
    hidden = where & (found.weight > 0.003) & (found.alpha == 1.0)
    assert hidden.sum() > 0.5 * where.sum()
    return float(np.abs(found.back[hidden][:, :3] - true[hidden]).mean())


def test_behind_bars_the_grain_goes_on():
    true = striped((200, 260))
    bars = np.arange(260) % 24 < 6
    rgb, depth = np.where(bars[:, None], RED, true), np.where(bars, NEAR, FAR) * np.ones((200, 1))
    found = whole(LayeredScene.of(light_of(rgb, depth)))
    # The mean of the stripes is 0.2 off.
    assert error_behind(found, bars & np.ones((200, 1), bool), true) < 0.05


def test_behind_bars_before_a_subject_its_own_grain_goes_on():
    rows, columns = np.mgrid[:200, :260]
    subject = (abs(columns - 130) < 80) & (rows > 40)
    bars = (columns % 24 < 6) & (rows > 80)
    rgb = np.where(bars[..., None], RED, np.where(subject[..., None], striped((200, 260)), BLUE))
    depth, matte = np.where(bars, 4.0, np.where(subject, NEAR, FAR)), subject & ~bars
    scene = LayeredScene.of(light_of(rgb, depth, matte))
    found = whole(scene)
    inside = bars & (abs(columns - 130) < 60) & (rows > 100)
    behind = found.kinds[inside & (found.weight > 0.003)]
    assert (behind >> 2 == 1).mean() > 0.95
    assert error_behind(found, inside, striped((200, 260))) < 0.08


@pytest.mark.parametrize(("angle_deg", "stripe_deg"), [(45, 0), (90, 20), (-40, 10), (0, 70)])
def test_behind_a_wire_what_is_there_goes_on_with_its_edges(angle_deg, stripe_deg):
    """Stripes of a period of 9 px behind a wire of 5 px: closer than a smooth guess, and at their depth."""
    y, x = np.mgrid[:120, :160].astype(np.float64)
    turn, along = np.radians(angle_deg), np.radians(stripe_deg)
    wave = np.sin(2 * np.pi * ((x - 80) * -np.sin(along) + (y - 60) * np.cos(along)) / 9.0)
    true = np.dstack([0.4 + 0.3 * wave, 0.3 - 0.2 * wave, 0.2 + 0 * wave])
    depth = 0.5 + 0.001 * x
    wire = np.abs((x - 80) * -np.sin(turn) + (y - 60) * np.cos(turn)) < 2.5
    rgb = np.where(wire[..., None], 0.05, true)
    found = whole(LayeredScene.of(light_of(rgb, np.where(wire, NEAR, depth))))
    inner = wire & (found.alpha == 1.0)
    inner[:16] = inner[-16:] = inner[:, :16] = inner[:, -16:] = False
    assert inner.sum() > 0.5 * wire.sum() - 160
    error = np.abs(found.back[inner][:, :3] - true[inner])
    smooth = np.abs(inpaint(rgb.astype(np.float32), ~wire) - true)[inner]
    assert error.mean() < 0.3 * smooth.mean()
    assert np.abs(found.back[inner][:, 3] - depth[inner]).max() < 0.02


def test_behind_a_wire_at_the_edge_of_two_surfaces_each_keeps_its_colour():
    """A wire along a step: on one side white, on the other black and farther; what is hidden is one or the other."""
    columns = np.arange(160) * np.ones((120, 1), int)
    wire, left = (columns >= 76) & (columns < 84), columns < 76
    depth = np.where(wire, 3.0, np.where(left, 1.5, 0.5))
    rgb = np.where(wire[..., None], RED, np.where(left[..., None], 0.8, 0.1))
    found = whole(LayeredScene.of(light_of(rgb, depth)))
    inner = wire & (found.alpha == 1.0) & (found.weight > 0.003)
    assert inner.sum() > 600
    back = found.back[inner]
    true = np.where(back[:, 3] > 1.0, 0.8, 0.1)
    np.testing.assert_allclose(back[:, :3], true[:, None] * np.ones(3), atol=0.02)


def test_behind_a_strip_at_the_border_two_floors_are_not_mixed_far_from_where_they_meet():
    size, meet = (128, 160), 88
    rgb, depth = np.empty((*size, 3)), np.empty(size)
    rgb[:, :meet], rgb[:, meet:] = RED, BLUE
    depth[:, :meet], depth[:, meet:] = 0.9, 0.6
    rgb[111:], depth[111:] = 0.5, 2.5
    found = whole(LayeredScene.of(light_of(rgb, depth)))
    np.testing.assert_allclose(found.back[122, meet - 10, :3], RED, atol=0.05)
    np.testing.assert_allclose(found.back[122, meet + 10, :3], BLUE, atol=0.05)


def test_behind_something_wide_nothing_is_made_up():
    true = striped((200, 260))
    front = np.arange(260) < 130
    rgb, depth = np.where(front[:, None], RED, true), np.where(front, NEAR, FAR) * np.ones((200, 1))
    found = whole(LayeredScene.of(light_of(rgb, depth)))
    inner = found.back[40:160, 90:120, :3]
    assert (found.weight[40:160, 90:120] > 0.0).all()
    assert np.abs(np.diff(inner, axis=0)).max() < 0.03  # the stripes change by 0.24 a pixel


# --- depths that are moved


@pytest.mark.parametrize("subject", [False, True])
def test_moved_depths_are_those_of_a_scene_taken_apart_there(subject):
    # Twice as deep and shifted: what jumps then jumps now. How far a subject goes on is a share of its depth: no shift.
    shift, differ = (0.0, 0.0) if subject else (0.25, 0.03)
    light = busy((90, 120), 4, subject)
    ends = np.array([0.0, 10.0])
    depths = DepthMapping(ends, 2.0 * ends + shift)
    scene = LayeredScene.of(light)
    moved = scene.moved(depths)
    expected = LayeredScene.of(light_of(light.rgb, depths(light.dioptres), light.matte))
    np.testing.assert_allclose(moved.depth_range, expected.depth_range, rtol=1e-6)
    assert (moved.subject is None) == (expected.subject is None)
    if moved.subject is not None and expected.subject is not None:
        assert moved.subject.near == pytest.approx(expected.subject.near, rel=1e-6)
    for level in range(len(scene.sizes)):
        found, other = whole(moved, level), whole(expected, level)
        known = found.weight > 0.0
        np.testing.assert_array_equal(found.weight, whole(scene, level).weight)
        np.testing.assert_allclose(found.front[..., 3], 2.0 * whole(scene, level).front[..., 3] + shift, rtol=1e-5)
        # Of gaps that are as wide to the last digits either may split a pixel of many surfaces.
        same = (np.abs(found.alpha - other.alpha) < 1e-4) & (np.abs(found.front - other.front).max(axis=2) < 1e-3)
        assert (~same).mean() <= differ and np.isfinite(found.back[known]).all()
        for before, after in zip(scene.cells(level), moved.cells(level), strict=True):
            there = np.abs(before) < 1e29
            np.testing.assert_array_equal(after[~there], before[~there])
            np.testing.assert_allclose(after[there], 2.0 * before[there] + shift, rtol=1e-5)
