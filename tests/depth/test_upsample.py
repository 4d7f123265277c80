"""Depth: holes, the code's staircase, edges, and maps that need nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebokeh.bokeh.depth.align import align
from rebokeh.bokeh.depth.deband import deband, find_code_step
from rebokeh.bokeh.depth.edges import measure_ramp_px
from rebokeh.bokeh.depth.upsample import repair_holes, resize_matte, upsample

pytestmark = pytest.mark.kernels


def coded(depth, step):
    """Round a map to whole codes, as a phone writes it."""
    return (np.round((depth - depth.min()) / step) * step + depth.min()).astype(np.float32)


def softened(depth, passes=3):
    """Blur by a binomial, `passes` / 2 pixels of variance."""
    for _ in range(passes):
        padded = np.pad(depth, 1, mode="edge")
        rows = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
        depth = 0.25 * rows[:, :-2] + 0.5 * rows[:, 1:-1] + 0.25 * rows[:, 2:]
    return depth.astype(np.float32)


def two_halves(height, width, edge, left=0.5, right=2.0):
    """Make a picture and its exact depth: two colours, two depths, one edge at column `edge`."""
    rgb = np.empty((height, width, 3), np.float32)
    rgb[:, :edge], rgb[:, edge:] = (0.05, 0.1, 0.3), (0.6, 0.4, 0.2)
    depth = np.full((height, width), left, np.float32)
    depth[:, edge:] = right
    return rgb, depth


def grey(height, width):
    return np.full((height, width, 3), 0.2, np.float32)


# ---- holes


def test_a_hole_at_an_edge_takes_the_farther_side():
    _, depth = two_halves(40, 60, 30)
    depth[15:25, 24:36] = np.nan
    filled = repair_holes(depth)
    np.testing.assert_array_equal(filled[15:25, 24:30], 0.5)
    np.testing.assert_array_equal(filled[18:22, 24:34], 0.5)
    assert set(np.unique(filled)) == {0.5, 2.0}


def test_a_hole_in_one_surface_continues_it():
    plane = np.linspace(1, 2, 80, dtype=np.float32)[None, :].repeat(60, 0)
    holed = plane.copy()
    holed[20:30, 30:38] = np.nan
    assert np.abs(repair_holes(holed) - plane).max() < 0.1
    np.testing.assert_array_equal(repair_holes(holed)[~np.isnan(holed)], plane[~np.isnan(holed)])


def test_one_known_value_fills_everything():
    depth = np.full((7, 9), np.nan, np.float32)
    depth[5, 2] = 1.25
    np.testing.assert_array_equal(repair_holes(depth), 1.25)


# ---- the code's staircase


def test_the_code_step_is_found():
    y, x = np.mgrid[:90, :120].astype(np.float32)
    scene = 0.3 + 0.004 * x + 0.002 * y + 0.05 * np.sin(x / 25)
    step = float(scene.max() - scene.min()) / 60
    assert find_code_step(coded(scene, step)) == pytest.approx(step, rel=1e-3)
    assert find_code_step((1 / (1 / coded(scene, step))).astype(np.float32)) == pytest.approx(step, rel=1e-3)


def test_a_continuous_map_has_no_step():
    y, x = np.mgrid[:90, :120].astype(np.float32)
    assert find_code_step(0.3 + 0.004 * x + 0.002 * y) == 0
    assert find_code_step(np.full((20, 30), 0.7, np.float32)) == 0


@pytest.mark.parametrize("slope", [(0.05, 0.0), (0.0, 0.11), (0.03, 0.07), (-0.02, 0.3)])
def test_a_plane_in_codes_comes_back_straight(slope):
    y, x = np.mgrid[:160, :200].astype(np.float32)
    plane = (40 + slope[0] * y + slope[1] * x).astype(np.float32)
    smooth = deband(coded(plane, 1.0), 1.0)
    assert np.abs(smooth - coded(plane, 1.0)).max() <= 0.5 + 1e-4
    # The last code at the border has only one rim: nothing says how far it goes on.
    inner = (slice(40, -40), slice(40, -40))
    assert np.abs(smooth - plane)[inner].max() < 0.5
    assert np.abs(smooth - plane)[inner].mean() < 0.12
    for axis in (0, 1):
        assert np.abs(np.diff(smooth, 2, axis=axis))[inner].max() < 0.15  # a staircase has 1
    if slope[1] > 0:
        assert (np.diff(smooth, axis=1)[inner] > -0.02).all()


def test_debanding_leaves_edges_and_the_range_alone():
    _, depth = two_halves(40, 60, 30, 10.0, 90.0)
    np.testing.assert_array_equal(deband(depth, 1.0), depth)
    assert deband(depth, 0.0) is depth


# ---- maps that are exact already


def test_an_exact_map_is_not_touched():
    rgb, depth = two_halves(120, 160, 90)
    y, x = np.mgrid[:120, :160].astype(np.float32)
    depth += (0.001 * x + 0.002 * y).astype(np.float32)
    matte = np.roll((depth > 1).astype(np.float32), 5, axis=1)
    assert measure_ramp_px(depth) == pytest.approx(1, abs=0.1)
    np.testing.assert_array_equal(upsample(depth, rgb, None), depth)
    np.testing.assert_array_equal(upsample(depth, rgb, matte), depth)


def test_holes_of_an_exact_map_are_all_that_changes():
    rgb, depth = two_halves(120, 160, 90)
    holed = depth.copy()
    holed[50:60, 85:95] = np.nan
    answer = upsample(holed, rgb, None)
    np.testing.assert_array_equal(answer[~np.isnan(holed)], depth[~np.isnan(holed)])
    assert np.isfinite(answer).all()


def test_softness_is_seen_in_the_map_not_in_its_size():
    _, depth = two_halves(120, 160, 90)
    assert 2 < measure_ramp_px(softened(depth, 4)) < 6


# ---- edges


@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize("shift", [-4, 0, 4])
@pytest.mark.parametrize("with_matte", [False, True])
def test_a_soft_shifted_edge_becomes_the_pictures(scale, shift, with_matte):
    height, width, edge = 240, 320, 173
    rgb, exact = two_halves(height, width, edge)
    matte = (exact > 1).astype(np.float32) if with_matte else None
    shifted = np.roll(exact, shift, axis=1)
    shifted[:, :8], shifted[:, -8:] = 0.5, 2.0
    small = shifted.reshape(height // scale, scale, width // scale, scale).mean((1, 3))
    answer = upsample(softened(small, 3), rgb, matte)
    # No phantom depths: each pixel is one of the two surfaces.
    assert np.minimum(np.abs(answer - 0.5), np.abs(answer - 2.0)).max() < 0.1
    found = (answer > 1.25).argmax(axis=1)
    assert np.abs(found - edge).max() <= 1


def test_align_finds_the_shift():
    rng = np.random.default_rng(1)
    depth = np.full((150, 200), 0.5, np.float32)
    guide = np.full((150, 200, 3), 0.3, np.float32)
    for k in range(6):
        y, x = rng.integers(20, 100), rng.integers(20, 150)
        depth[y : y + 30, x : x + 25] = 1 + 0.3 * k
        guide[y : y + 30, x : x + 25] = rng.random(3)
    soft = softened(depth, 3)
    colour = np.ascontiguousarray(np.moveaxis(guide, 2, 0))
    np.testing.assert_array_equal(align(soft, colour, None, 10), soft)
    back = align(np.roll(soft, (2, -3), axis=(0, 1)), colour, None, 10)
    assert np.abs(back - soft)[10:-10, 10:-10].max() < 0.25


def test_what_the_map_missed_inside_the_matte_is_the_subject():
    """Hair: the matte sees it, the depth camera does not."""
    rgb = grey(240, 320)
    truth = np.full((240, 320), 0.5, np.float32)
    truth[40:, 100:220] = 2.0
    seen = truth.copy()
    seen[40:70, 100:220] = 0.5
    matte = (truth > 1).astype(np.float32)
    small = softened(seen.reshape(120, 2, 160, 2).mean((1, 3)), 3)
    answer = upsample(small, rgb, matte)
    np.testing.assert_allclose(answer[matte == 1], 2.0, atol=0.05)
    np.testing.assert_allclose(answer[matte == 0], 0.5, atol=0.05)


def test_something_in_front_of_the_subject_stays_in_front():
    rgb = grey(240, 320)
    truth = np.full((240, 320), 0.5, np.float32)
    truth[40:, 80:240] = 1.5
    truth[100:150, 120:320] = 3.0
    matte = (truth == 1.5).astype(np.float32)
    small = softened(truth.reshape(120, 2, 160, 2).mean((1, 3)), 3)
    answer = upsample(small, rgb, matte)
    inner = (slice(102, 148), slice(122, 238))
    np.testing.assert_allclose(answer[inner], 3.0, atol=0.05)
    np.testing.assert_allclose(answer[110:140, 250:], 3.0, atol=0.05)


# ---- every size, every value


def test_a_constant_map_stays_constant():
    for shape in ((2, 2), (6, 9), (60, 80)):
        np.testing.assert_array_equal(upsample(np.full(shape, 0.4, np.float32), grey(120, 160), None), np.float32(0.4))


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_the_answer_is_finite_and_within_the_range_of_the_map(data):
    h, w = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    H, W = (h, w) if data.draw(st.booleans()) else data.draw(st.tuples(st.integers(1, 90), st.integers(1, 90)))
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    depth = rng.choice([0.0, 0.3, 1.0, 5.0, 40.0], (h, w)).astype(np.float32)
    if data.draw(st.booleans()):
        depth = softened(depth, 2)
    if data.draw(st.booleans()):
        depth[rng.random((h, w)) < 0.4] = np.nan
    depth[rng.integers(h), rng.integers(w)] = 0.7
    matte = rng.random((H, W)).astype(np.float32) if data.draw(st.booleans()) else None
    rgb = (rng.random((H, W, 3)) * rng.choice([0, 1, 500])).astype(np.float32)
    step = data.draw(st.sampled_from([None, 0.0, 0.05, 1e-6, 50.0]))
    answer = upsample(depth, rgb, matte, code_step=step)
    assert answer.shape == (H, W) and answer.dtype == np.float32
    assert np.isfinite(answer).all()
    assert answer.min() >= np.nanmin(depth) and answer.max() <= np.nanmax(depth)


def test_the_same_bytes_whatever_the_number_of_threads(monkeypatch):
    rgb, exact = two_halves(200, 260, 120)
    rng = np.random.default_rng(3)
    rgb += rng.normal(0, 0.02, rgb.shape).astype(np.float32)
    small = softened(coded(exact + 0.2 * rng.random(exact.shape), 0.01)[::2, ::2], 3)
    first = upsample(small, rgb, None)
    monkeypatch.setenv("REBOKEH_THREADS", "1")
    np.testing.assert_array_equal(upsample(small, rgb, None), first)


def test_a_matte_is_resized_without_ringing():
    matte = np.zeros((30, 40), np.float32)
    matte[10:20, 10:30] = 1
    big = resize_matte(matte, (120, 160))
    assert big.shape == (120, 160) and big.min() == 0 and big.max() == 1
    assert np.abs(big.mean() - matte.mean()) < 1e-3
    assert (np.diff(big[60, :80]) >= 0).all()
    np.testing.assert_array_equal(resize_matte(matte, (30, 40)), matte)
