"""Strokes: each changes what it should, where it goes, and nothing else; they are pure, so that undo is to go back."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rebokeh as rk
from rebokeh.bokeh.core.errors import DepthError, UsageError
from rebokeh.bokeh.photo.edits import BRUSHES, CHANNELS, LONGEST_PX, Brush, Edits

SIZE = (300, 400)
HERE, AWAY = (150, 200), (20, 380)
DAB: dict[str, Any] = {"points": [(0.5, 0.5)], "radius": 0.1, "softness": 0.0}
NOTHING = {"depth_kept": 1.0, "depth_added": 0.0, "subject_kept": 1.0, "subject_added": 0.0, "lamp": 0.0}

coordinate = st.floats(-0.5, 1.5)
strokes = st.fixed_dictionaries(
    {
        "brush": st.sampled_from(BRUSHES),
        "points": st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=4),
        "radius": st.floats(0.001, 0.4),
        "softness": st.floats(0.0, 1.0),
        "amount": st.none() | st.floats(0.01, 1.0),
        "dioptres": st.floats(0.0, 16.0),
    }
)


def nothing() -> Edits:
    return Edits.of_size(SIZE)


def at(edits: Edits, place: tuple[int, int]) -> dict[str, float]:
    return {name: float(edits.values(name)[place]) for name in CHANNELS}


@pytest.mark.parametrize(
    ("brush", "more", "painted"),
    [
        ("nearer", {"amount": 0.25}, {"depth_added": 0.25}),
        ("farther", {"amount": 0.25}, {"depth_added": -0.25}),
        ("same", {"dioptres": 0.75}, {"depth_kept": 0.0, "depth_added": 0.75}),
        ("same", {"dioptres": 0.5, "amount": 0.5}, {"depth_kept": 0.5, "depth_added": 0.25}),
        ("subject", {}, {"subject_kept": 0.0, "subject_added": 1.0}),
        ("not-subject", {}, {"subject_kept": 0.0, "subject_added": 0.0}),
        ("lamp", {}, {"lamp": 1.0}),
        ("no-lamp", {}, {"lamp": -1.0}),
    ],
)
def test_each_brush_paints_what_it_should_and_nothing_elsewhere(brush, more, painted):
    done = nothing().with_stroke(brush, **DAB, **more)
    assert at(done, HERE) == pytest.approx(NOTHING | painted, abs=1e-4)
    assert at(done, AWAY) == NOTHING
    assert {name for name in CHANNELS if done.paints(name)} <= set(painted)
    assert not done.is_empty and nothing().is_empty


def test_every_brush_has_a_test_and_a_name():
    assert get_args(Brush) == BRUSHES


def test_later_strokes_lie_over_earlier_ones():
    near: dict[str, Any] = {"amount": 0.5}
    same: dict[str, Any] = {"dioptres": 1.0}
    pushed = nothing().with_stroke("same", **DAB, **same).with_stroke("nearer", **DAB, **near)
    put = nothing().with_stroke("nearer", **DAB, **near).with_stroke("same", **DAB, **same)
    assert (at(pushed, HERE)["depth_added"], at(put, HERE)["depth_added"]) == pytest.approx((1.5, 1.0), abs=1e-3)
    off = nothing().with_stroke("lamp", **DAB).with_stroke("no-lamp", **DAB)
    assert at(off, HERE)["lamp"] == pytest.approx(-1.0)


def test_a_line_is_as_wide_as_its_brush_from_end_to_end():
    line = nothing().with_stroke("lamp", [(0.25, 0.5), (0.75, 0.5)], radius=0.025, softness=0.0)
    rows, columns = np.nonzero(line.values("lamp") > 0.5)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (140, 159, 90, 309)


def test_softness_fades_from_the_middle_to_the_rim():
    middle = nothing().with_stroke("lamp", [(0.5, 0.5)], radius=0.25, softness=1.0).values("lamp")[150, 200:310]
    assert (np.diff(middle) <= 0.0).all() and middle[0] > 0.99 and middle[-1] == 0.0
    assert 0.4 < middle[50] < 0.6


def test_a_stroke_beside_the_picture_changes_nothing():
    assert nothing().with_stroke("lamp", [(1.4, 0.5)], radius=0.1).is_empty


@settings(max_examples=60, deadline=None)
@given(st.lists(strokes, min_size=1, max_size=4))
def test_strokes_are_pure_and_stay_in_range(made):
    done = [Edits.of_size((30, 40))]
    before = []
    for stroke in made:
        before.append(done[-1].digest)
        done.append(done[-1].with_stroke(**stroke))
    assert [one.digest for one in done[:-1]] == [Edits(one.size, dict(one.planes)).digest for one in done[:-1]]
    assert before == [Edits(one.size, dict(one.planes)).digest for one in done[:-1]]
    for name in ("depth_kept", "subject_kept", "subject_added"):
        assert (0.0 <= done[-1].values(name)).all() and (done[-1].values(name) <= 1.0).all()
    assert (done[-1].values("subject_kept") + done[-1].values("subject_added") <= 1.0 + 1e-4).all()


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["radius", "softness", "amount", "dioptres", "x", "y"]),
    st.sampled_from([float("nan"), float("inf"), -float("inf"), -1.0, 1e300, -1e-9]),
    st.sampled_from(BRUSHES),
)
def test_numbers_that_make_no_sense_are_refused_in_one_line(name, value, brush):
    stroke: dict[str, Any] = {"brush": brush, "radius": 0.1, "softness": 0.5, "amount": 0.5, "dioptres": 1.0}
    point = {"x": 0.5, "y": 0.5}
    (point if name in point else stroke)[name] = value
    points = [(point["x"], point["y"])]
    if (name in point and abs(value) < 2.0) or (name == "dioptres" and brush != "same"):
        nothing().with_stroke(points=points, **stroke)  # beside the picture, or not asked for
        return
    with pytest.raises(UsageError) as told:
        nothing().with_stroke(points=points, **stroke)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("points", [[], [(0.5,)], [("a", 0.5)], [(0.5, 0.5)] * 10_001, [None]])
def test_points_that_are_none_are_refused(points):
    with pytest.raises(UsageError, match="points"):
        nothing().with_stroke("lamp", points, radius=0.1)


def test_a_brush_that_is_none_and_a_depth_that_is_not_said_are_refused():
    with pytest.raises(UsageError, match="nearer, farther, same"):
        nothing().with_stroke("further", **DAB)  # pyright: ignore[reportArgumentType]
    with pytest.raises(UsageError, match="dioptres is None"):
        nothing().with_stroke("same", **DAB)


def test_planes_are_checked():
    with pytest.raises(UsageError, match="know no 'colour'"):
        Edits((3, 4), {"colour": np.zeros((3, 4), np.uint16)})
    with pytest.raises(UsageError, match="must be uint16"):
        Edits((3, 4), {"lamp": np.zeros((3, 4), np.uint8)})  # pyright: ignore[reportArgumentType]
    with pytest.raises(UsageError, match="1 to 1024"):
        Edits((3, LONGEST_PX + 1))


def test_the_raster_is_small_and_of_the_photo_s_shape():
    assert Edits.of_size((3024, 4032)).size == (768, 1024)
    assert Edits.of_size((4032, 3024)).size == (1024, 768)
    assert Edits.of_size((7, 5)).size == (7, 5)
    assert Edits.of_size((1, 4000)).size == (1, 1024)


def test_a_digest_is_of_what_is_painted():
    one, other = nothing().with_stroke("lamp", **DAB), nothing().with_stroke("no-lamp", **DAB)
    assert one.digest == nothing().with_stroke("lamp", **DAB).digest != other.digest
    rest = np.full(SIZE, CHANNELS["lamp"].rest, np.uint16)
    assert Edits(SIZE, {"lamp": rest}).digest == nothing().digest != Edits.of_size((30, 40)).digest


def test_a_photo_takes_edits_of_its_shape_and_says_so_in_what_is_asked():
    photo = rk.Photo(rgb=np.zeros((60, 80, 3), np.float32))
    edits = nothing().with_stroke("lamp", **DAB)
    assert photo.with_edits(edits).meta.asked == {"edits": edits.digest}
    assert photo.with_edits(edits).with_edits(nothing()).meta.asked == {}
    assert photo.with_edits(nothing()).edits is None
    with pytest.raises(DepthError, match="another shape"):
        photo.with_edits(Edits.of_size((80, 60)).with_stroke("lamp", **DAB))
    with pytest.raises(DepthError, match="another shape"):
        rk.Photo(rgb=np.zeros((60, 60, 3), np.float32), edits=edits)
