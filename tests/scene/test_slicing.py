"""What a lens slices a scene into, and at which size each slice is made."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scenes import depth_of

from rebokeh.bokeh.optics.lens import ThinLens
from rebokeh.bokeh.scene.slicing import (
    COARSE_RADIUS_PX,
    SLICE_RADII_PX,
    SLICE_RATIO,
    DepthSlice,
    SubjectRange,
    extraction_steps,
    plan_slices,
    slice_thresholds,
    subject_range,
)

pytestmark = pytest.mark.kernels

lenses = st.builds(
    ThinLens, st.just(50.0), st.floats(0.7, 22.0), st.floats(0.3, 20.0), st.floats(1.0, 300.0).map(float)
)
ranges = st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 5.0)).map(sorted)


@st.composite
def scenes_seen(draw) -> tuple[float, float, SubjectRange | None]:
    """Draw the farthest and the nearest depth, and a subject between them, or none."""
    far, behind, before, near = sorted(draw(st.tuples(*[st.floats(0.0, 5.0)] * 4)))
    margin = draw(st.none() | st.floats(0.001, 0.2))
    return far, near, None if margin is None else SubjectRange(behind, before, margin)


def thin(px_per_dioptre: float) -> ThinLens:
    lens = ThinLens(50.0, 1.0, 2.0, 1.0)
    return ThinLens(50.0, 1.0, 2.0, px_per_dioptre / lens.px_per_dioptre)


@given(scenes_seen(), lenses, st.integers(0, 6))
def test_slices_cover_all_depths_from_near_to_far(scene, lens, most):
    far, near, subject = scene
    slices = plan_slices(far, near, subject, lens, most)
    by_depth = [one for one in slices if not one.is_subject]
    assert len(slices) - len(by_depth) == (subject is not None)
    thresholds = [one.threshold for one in by_depth]
    assert thresholds == sorted(thresholds, reverse=True)
    assert slices[-1].threshold == far and not slices[-1].is_subject, "the last takes what is left"
    for one in slices:
        assert 0 <= one.level <= most
        assert 0 <= one.least_px <= one.most_px


@given(ranges, lenses)
def test_slices_leave_no_gap_and_hold_the_radii_that_they_name(depths, lens):
    far, near = depths
    slices = plan_slices(far, near, None, lens, 6)
    above = near
    for one in slices:
        between = np.linspace(one.threshold, above, 50)
        radius = np.abs((lens.focus_dioptres - between) * lens.px_per_dioptre)
        slack = 1e-6 * lens.px_per_dioptre
        assert radius.max() <= one.most_px + slack
        assert radius.min() >= one.least_px - slack
        above = one.threshold
    assert above == far


@given(scenes_seen(), lenses, st.integers(0, 6))
def test_a_coarser_slice_is_never_between_two_finer_ones(scene, lens, most):
    levels = [one.level for one in plan_slices(scene[0], scene[1], scene[2], lens, most)]
    finest = levels.index(min(levels))
    assert levels[: finest + 1] == sorted(levels[: finest + 1], reverse=True)
    assert levels[finest:] == sorted(levels[finest:])


@given(scenes_seen(), lenses, st.integers(0, 6))
def test_a_slice_is_never_coarser_than_its_blur_allows(scene, lens, most):
    for one in plan_slices(scene[0], scene[1], scene[2], lens, most):
        assert one.level == 0 or one.least_px / 2**one.level >= COARSE_RADIUS_PX * (1 - 1e-5)


def test_without_a_subject_each_slice_is_as_coarse_as_its_blur_allows():
    lens = thin(100.0)
    for one in plan_slices(0.0, 2.0, None, lens, 5):
        allowed = math.floor(math.log2(max(one.least_px, 1e-6) / COARSE_RADIUS_PX) + 1e-5)
        assert one.level == min(max(allowed, 0), 5)


def test_radii_of_the_slices():
    lens = thin(100.0)  # from 50 px behind focus to 150 px in front
    radii = [lens.radius_px(d) for d in slice_thresholds(0.0, 2.0, lens)]
    assert radii[-1] == pytest.approx(50.0), "down to the farthest"
    behind = [r for r in radii[:-1] if r > 0]
    in_front = [-r for r in radii if r < 0][::-1]
    for side in (behind, in_front):
        np.testing.assert_allclose(side[:2], SLICE_RADII_PX)
        np.testing.assert_allclose(np.divide(side[2:], side[1:-1]), SLICE_RATIO)
    assert behind[-1] < 50.0 <= behind[-1] * SLICE_RATIO
    assert in_front[-1] < 150.0 <= in_front[-1] * SLICE_RATIO


def test_slices_of_little_blur_are_few():
    lens = thin(50.0)
    assert slice_thresholds(0.5, 0.5, lens) == []
    assert slice_thresholds(0.49, 0.51, lens) == [0.49]
    np.testing.assert_allclose(slice_thresholds(0.4, 0.5, lens), [depth_of(r, 50.0) for r in (2, 5)], rtol=1e-6)


@given(scenes_seen(), lenses, st.integers(0, 6))
def test_each_slice_is_drawn_at_one_level_and_in_the_way_of_what_lies_behind(scene, lens, most):
    slices = plan_slices(scene[0], scene[1], scene[2], lens, most)
    drawn: list[int] = []
    for level in range(most + 1):
        if not any(one.level == level for one in slices):
            continue
        steps = extraction_steps(slices, level)
        own = [step.number for step in steps if step.drawn]
        assert own == [n for n, one in enumerate(slices) if one.level == level]
        assert [step.number for step in steps] == sorted({step.number for step in steps})
        assert steps[-1].drawn, "what lies behind the last drawn one is left"
        assert all(step.depth_slice is slices[step.number] for step in steps)
        assert [step.is_last for step in steps] == [step.number == len(slices) - 1 for step in steps]
        # What is not drawn is taken off all the same, together up to the subject or the next that is drawn.
        for before, after in zip(steps, steps[1:], strict=False):
            assert before.drawn or after.drawn or before.depth_slice.is_subject or after.depth_slice.is_subject
        if any(one.is_subject for one in slices[: own[-1] + 1]):
            assert any(step.depth_slice.is_subject for step in steps)
        drawn += own
    assert sorted(drawn) == list(range(len(slices)))


def test_slices_that_are_not_drawn_go_together():
    slices = [
        DepthSlice(d, False, 0.0, 1.0, level)
        for d, level in ((0.9, 2), (0.8, 1), (0.7, 0), (0.6, 0), (0.5, 1), (0.4, 2))
    ]
    assert [(s.number, s.drawn) for s in extraction_steps(slices, 2)] == [(0, True), (4, False), (5, True)]
    assert [(s.number, s.drawn) for s in extraction_steps(slices, 1)] == [(0, False), (1, True), (3, False), (4, True)]
    assert [(s.number, s.drawn) for s in extraction_steps(slices, 0)] == [(1, False), (2, True), (3, True)]


def test_a_matte_of_nothing_is_no_subject():
    depth = np.full((64, 64), 0.5, np.float32)
    assert subject_range(depth, np.zeros((64, 64), np.float32)) is None
    assert subject_range(depth, None) is None
    few = np.zeros((64, 64), np.float32)
    few[0, :3] = 1
    assert subject_range(depth, few) is None


def test_the_subject_s_depths_are_those_of_its_bulk():
    matte = np.zeros((100, 100), np.float32)
    matte[20:80, 20:80] = 1.0
    depth = np.where(matte > 0, np.linspace(0.45, 0.55, 100)[None], 0.1).astype(np.float32)
    depth[20:22, 20:60] = 0.1  # holes in the hair
    found = subject_range(depth, matte)
    assert found is not None
    assert 0.1 < found.far < 0.5 < found.near <= 0.55
    assert found.margin == pytest.approx(0.05 * 0.5, rel=0.1)
