"""What a lens slices a scene into, and at which size each slice is made."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scenes import depth_of

from rebokeh.bokeh.optics.lens import ThinLens
from rebokeh.bokeh.scene.slices import (
    BEHIND,
    COARSE_RADIUS_PX,
    FRONT,
    SLICE_RADII_PX,
    SLICE_RATIO,
    SUBJECT,
    TABLE_DEPTHS,
    DepthSlice,
    SliceTable,
    lens_at_level,
    plan_slices,
)
from rebokeh.bokeh.scene.subject_range import SubjectRange

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
    kinds = [one.kind for one in slices]
    assert kinds == sorted(kinds) and kinds[-1] == BEHIND
    assert (SUBJECT in kinds) == (subject is not None)
    for kind in set(kinds):
        own = [one for one in slices if one.kind == kind]
        for nearer, farther in itertools.pairwise(own):
            assert nearer.far == farther.near
    for one in slices:
        assert one.near >= one.far or one.kind == SUBJECT
        assert 0 <= one.level <= most
        assert 0 <= one.least_px <= one.most_px
    assert slices[-1].far == far, "the last takes what is left"
    if subject is not None and near > subject.near + subject.margin:
        assert kinds[0] == FRONT and slices[0].near == near


@given(ranges, lenses)
def test_slices_leave_no_gap_and_hold_the_radii_that_they_name(depths, lens):
    far, near = depths
    slices = plan_slices(far, near, None, lens, 6)
    above = near
    for one in slices:
        between = np.linspace(one.far, above, 50)
        radius = np.abs((lens.focus_dioptres - between) * lens.px_per_dioptre)
        slack = 1e-6 * lens.px_per_dioptre
        assert radius.max() <= one.most_px + slack
        assert radius.min() >= one.least_px - slack
        above = one.far
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
    radii = [lens.radius_px(one.far) for one in plan_slices(0.0, 2.0, None, lens, 0)]
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

    def ends(far: float, near: float) -> list[float]:
        return [one.far for one in plan_slices(far, near, None, lens, 0)]

    assert ends(0.5, 0.5) == [0.5]
    assert ends(0.49, 0.51) == [0.49]
    np.testing.assert_allclose(ends(0.4, 0.5), [depth_of(r, 50.0) for r in (2, 5)], rtol=1e-6)


def test_what_stands_before_the_subject_it_and_what_is_behind_are_cut_apart():
    lens, subject = thin(10.0), SubjectRange(0.45, 0.55, 0.02)
    slices = plan_slices(0.1, 1.0, subject, lens, 0)
    ends = {kind: [(one.near, one.far) for one in slices if one.kind == kind] for kind in (FRONT, SUBJECT, BEHIND)}
    assert ends[FRONT][-1][1] == pytest.approx(0.57)
    assert ends[SUBJECT] == [(pytest.approx(0.57), pytest.approx(0.43))]
    # Behind the subject is what its matte leaves out, as near as the subject.
    assert ends[BEHIND][0][0] == pytest.approx(0.57) and ends[BEHIND][-1][1] == 0.1


@given(scenes_seen(), lenses, st.lists(st.floats(0.0, 1.0), min_size=5, max_size=30))
def test_the_table_finds_each_depth_its_slice(scene, lens, shares):
    far, near, subject = scene
    slices = plan_slices(far, near, subject, lens, 0)
    table = SliceTable.of(slices, (far, near))
    step = max(near - far, 1e-9) / TABLE_DEPTHS
    for share in shares:
        dioptres = far + share * (near - far)
        entry = min(int(np.float32(np.float32(dioptres) - table.depth[0]) * table.depth[1]), TABLE_DEPTHS - 1)
        for kind in {one.kind for one in slices}:
            found: DepthSlice = slices[table.numbers[kind, max(entry, 0)]]
            own = [one for one in slices if one.kind == kind]
            assert found.kind == kind
            # An entry's width beside a cut either may be found.
            slack = 2.0 * step + 1e-6
            assert found is own[0] or dioptres <= found.near + slack
            assert found is own[-1] or dioptres >= found.far - slack


@given(scenes_seen(), lenses, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_slice_may_hold_what_the_table_gives_to_it(scene, lens, one, other):
    far, near, subject = scene
    slices = plan_slices(far, near, subject, lens, 0)
    table = SliceTable.of(slices, (far, near))
    low, high = sorted(far + share * (near - far) for share in (one, other))
    for number, own in enumerate(slices):
        if not table.may_hold(number, own.kind, low, high):
            entries = np.clip(
                (np.linspace(low, high, 50).astype(np.float32) - table.depth[0]) * table.depth[1], 0, None
            )
            found = table.numbers[own.kind, np.minimum(entries.astype(int), TABLE_DEPTHS - 1)]
            assert number not in found


def test_a_smaller_picture_has_a_smaller_blur():
    lens = thin(100.0)
    assert lens_at_level(lens, 3).radius_px(1.0) == pytest.approx(lens.radius_px(1.0) / 8)
    assert lens_at_level(lens, 0) == lens


def test_the_number_of_a_slice_takes_one_byte_however_large_the_blur():
    subject = SubjectRange(1.0, 1.4, 0.1)
    assert len(plan_slices(0.0, 2.5, subject, thin(1e12), 6)) < 255
