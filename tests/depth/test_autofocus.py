"""Where the focus goes when no distance is given."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from support.command import rebokeh
from support.portrait import write_portrait

import rebokeh as rk
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.depth.autofocus import find_focus, focus_warnings, nearest_large_surface
from rebokeh.bokeh.depth.face_regions import face_of
from rebokeh.bokeh.photo.metadata import FaceRegion, Metadata
from rebokeh.bokeh.settings.preset import read_preset

pytestmark = pytest.mark.kernels

SIZE = (120, 160)
FACE = (0.25, 20 / 120, 0.5, 80 / 120)


def scene() -> np.ndarray:
    """Return a wall at 5 m, a table sloping towards the camera, a person at 2 m, and a fly at 0.2 m."""
    depth = np.full(SIZE, 0.2, np.float32)
    depth[90:] = np.linspace(0.2, 0.35, 30)[:, None]
    depth[30:100, 60:100] = 0.5
    depth[4:8, 4:8] = 5.0
    return depth


def photo(**meta) -> rk.Photo:
    return rk.Photo(rgb=np.full((*SIZE, 3), 0.5, np.float32), depth=scene(), meta=Metadata(**meta))


def focus(lens: rk.Lens, shot: rk.Photo | None = None, matte=None) -> tuple[float, str]:
    return find_focus(lens, shot or photo(), scene(), matte)


def test_a_distance_is_taken_as_given():
    assert focus(rk.Lens(focus_m=3.3)) == (3.3, "as given")


@pytest.mark.parametrize(
    "point, metres", [((0.5, 0.5), 2.0), ((0.9, 0.3), 5.0), ((0.04, 0.05), 0.2), ((0, 0.5), 5.0), ((1, 0), 5.0)]
)
def test_a_point_takes_what_stands_there(point, metres):
    distance, source = focus(rk.Lens(focus_point=point))
    assert distance == pytest.approx(metres, rel=1e-5)
    assert "point" in source


def test_a_point_comes_before_the_autofocus_area_and_the_matte():
    matte = (scene() == 5.0).astype(np.float32)
    assert focus(rk.Lens(focus_point=(0.5, 0.5)), photo(af_area=(0.8, 0.1, 0.1, 0.1)), matte)[0] == pytest.approx(2.0)


def test_the_autofocus_area_comes_before_the_matte():
    matte = (scene() == 0.5).astype(np.float32)
    distance, source = focus(rk.Lens(), photo(af_area=(0.75, 0.1, 0.2, 0.2)), matte)
    assert distance == pytest.approx(5.0) and "autofocus" in source


def test_the_matte_gives_the_subject_s_median():
    matte = (scene() == 0.5).astype(np.float32)
    distance, source = focus(rk.Lens(), matte=matte)
    assert distance == pytest.approx(2.0) and "matte" in source


def test_without_either_the_nearest_large_surface():
    distance, source = focus(rk.Lens())
    assert distance == pytest.approx(2.0, rel=0.05), "the person: not the wall, not the fly"
    assert source == "nearest large surface"


def test_the_nearest_large_surface_is_no_mean_of_two():
    depth = np.full(SIZE, 0.1, np.float32)
    depth[:, :40] = 0.4
    assert nearest_large_surface(depth) == pytest.approx(0.4)
    depth[:8, :16] = 3.0  # too small to be meant
    assert nearest_large_surface(depth) == pytest.approx(0.4)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 5)])
def test_the_smallest_maps_have_a_focus(size):
    depth = np.full(size, 0.25, np.float32)
    small = rk.Photo(rgb=np.zeros((*size, 3), np.float32), depth=depth)
    for lens in (rk.Lens(), rk.Lens(focus_point=(0.0, 0.0)), rk.Lens(focus_point=(1.0, 1.0))):
        assert find_focus(lens, small, depth, None)[0] == pytest.approx(4.0)


def test_metres_mean_nothing_to_a_map_without_metres():
    unitless = replace(photo(), depth_kind="unitless")
    with pytest.raises(UsageError, match="`focus_point`"):
        rk.render(unitless, rk.Lens(focus_m=2.0))
    assert focus(rk.Lens(focus_point=(0.5, 0.5)), unitless)[0] == pytest.approx(2.0)


def test_nominal_metres_are_said_to_be_nominal():
    assert "nominal" in focus(rk.Lens(focus_m=2.0), replace(photo(), depth_kind="relative"))[1]


def with_face(box=FACE, **meta) -> rk.Photo:
    """Return a close-up: a face at 0.5 m, nose nearer, ears farther, with eyes at 0.49 and 0.485 m."""
    return photo(faces=(box,), **meta)


def head() -> np.ndarray:
    """Return dioptres of a head in `FACE`: ears and cheeks, the eyes' sockets, the nose."""
    depth = np.full(SIZE, 0.2, np.float32)
    depth[20:100, 40:120] = 1.9
    depth[45:59, 55:70] = 2.0  # the left eye
    depth[45:59, 90:105] = 2.05  # the right one: nearer
    depth[50:75, 74:86] = 2.3  # the nose
    return depth


@pytest.mark.parametrize(
    ("target", "metres", "source"),
    [("eyes", 1 / 2.05, "eyes (the file's region)"), ("face", 1 / 1.9, "face (the file's region)")],
)
def test_focus_on_a_face(target, metres, source):
    distance, how = find_focus(rk.Lens(focus_on=target), with_face(), head(), None)
    assert distance == pytest.approx(metres, rel=1e-5) and how == source
    assert focus_warnings(rk.Lens(focus_on=target), with_face(), head(), None) == ()


def test_the_nose_of_a_selfie_is_not_what_is_sharp():
    """At a long focal length and a wide stop the eyes are sharp, and the nose is not."""
    shot, eyes = replace(with_face(f35_mm=26.0), depth=head()), rk.Lens(1.4, focal_mm=85.0, focus_on="eyes")
    nose = rk.Lens(1.4, focal_mm=85.0, focus_point=(0.5, 0.5))
    scene = rk.prepare(shot)
    assert abs(scene.mount(eyes)[0].radius_px(2.05)) < 0.01 < 1.0 < abs(scene.mount(eyes)[0].radius_px(2.3))
    assert abs(scene.mount(nose)[0].radius_px(2.3)) < 0.01


def test_the_face_that_the_autofocus_is_in_is_meant():
    small, large = (0.0, 0.0, 0.2, 0.2), FACE
    assert face_of(photo(faces=(small, large))) == FaceRegion(large, "the file's region")
    assert face_of(photo(faces=(small, large), af_area=(0.05, 0.05, 0.1, 0.1))) == FaceRegion(
        small, "the file's region"
    )
    assert face_of(photo(faces=(small, large), af_area=(0.9, 0.9, 0.05, 0.05))) == FaceRegion(
        large, "the file's region"
    )


def test_a_face_by_its_skin():
    """A head on a neck on bare shoulders: its region ends before the neck, and a hand beside it is none."""
    skin = np.zeros((120, 160), np.float32)
    skin[20:46, 70:90] = 1.0
    skin[46:60, 75:85] = 1.0
    skin[60:120, 40:120] = 1.0
    skin[100:110, 10:20] = 1.0
    skin[12:20, 78:80] = 1.0  # between strands of hair
    found = face_of(replace(photo(), mattes={"skin": skin}))
    assert found is not None and found.source == "the skin matte"
    np.testing.assert_allclose(found.box, (70 / 160, 20 / 120, 20 / 160, 26 / 120), atol=1e-6)
    assert face_of(replace(photo(), mattes={"skin": np.zeros((120, 160), np.float32)})) is None


def test_eyes_are_read_on_the_subject():
    """Hair or the wall beside a face that a region reaches over is not its eyes."""
    matte = (head() > 1.0).astype(np.float32)
    wide = (0.05, 20 / 120, 0.6, 80 / 120)
    lens = rk.Lens(focus_on="face")
    assert find_focus(lens, with_face(wide), head(), matte)[0] == pytest.approx(1 / 1.9, rel=1e-5)


def test_focus_on_the_subject():
    matte = (scene() == 0.5).astype(np.float32)
    on = rk.Lens(focus_on="subject")
    aimed = photo(af_area=(0.75, 0.1, 0.2, 0.2))
    assert focus(on, aimed, matte) == (2.0, "subject's matte"), "whatever the autofocus was on"
    assert focus_warnings(on, aimed, scene(), matte) == ()


@pytest.mark.parametrize(
    ("target", "matte", "said"),
    [
        ("eyes", True, "no face is known in this photo, so the focus is on the subject's matte"),
        ("face", False, "no face is known in this photo, so the focus is on the nearest large surface"),
        ("subject", False, "no subject is known in this photo, so the focus is on the nearest large surface"),
    ],
)
def test_what_is_not_known_is_not_focused_on_in_silence(target, matte, said):
    covers = (scene() == 0.5).astype(np.float32) if matte else None
    lens = rk.Lens(focus_on=target)
    assert focus(lens, matte=covers)[0] == pytest.approx(2.0, rel=0.05)
    (warning,) = focus_warnings(lens, photo(), scene(), covers)
    assert warning.startswith(said)


def test_the_command_line_focuses_on_eyes(tmp_path):
    files = write_portrait(tmp_path)
    result = rebokeh(files.photo, "--depth", files.depth, "--matte", files.matte, "--focus", "eyes")
    assert result.exit_code == 0, result.output
    assert (
        "warning: no face is known in this photo, so the focus is on the subject's matte; give a point with --focus x,y"
        in (result.stderr)
    )
    assert (tmp_path / "photo_f1.8_eyes.png").is_file()


def test_a_preset_focuses_on_a_face(tmp_path):
    (tmp_path / "mine.toml").write_text('focus = "face"\n[[rule]]\nwhen = { people = false }\nfocus = "auto"\n')
    preset = read_preset(tmp_path / "mine.toml")
    assert preset.recipe_for(with_face()).lens.focus_on == "face"
    assert preset.recipe_for(photo()).lens.focus_on is None


def test_a_focus_where_nothing_is():
    depth = np.full(SIZE, 1.5, np.float32)
    depth[30:100, 60:100] = 4.0
    shot = photo(f35_mm=26.0)
    lens = rk.Lens(f_number=0.5, focal_mm=85.0, focus_m=2.1)
    (said,) = focus_warnings(lens, shot, depth, None)
    assert said == (
        "nothing in this photo lies at 2.1 m, so all of it is soft: it reaches from 0.25 m to 0.667 m; the automatic "
        "focus takes 0.25 m (nearest large surface)"
    )
    assert focus_warnings(replace(lens, focus_m=0.25), shot, depth, None) == ()
    assert focus_warnings(replace(lens, f_number=64.0), shot, depth, None) == (), "all is sharp at a small stop"
    assert focus_warnings(lens.focused_at(None), shot, depth, None) == ()
    assert focus_warnings(replace(lens, focus_m=0.35), shot, depth, None), "nor is anything between the two"


def test_focus_at_infinity():
    sky = np.zeros(SIZE, np.float32)
    for lens in (rk.Lens(focus_m=math.inf), rk.Lens(focus_point=(0.5, 0.5))):
        distance, _ = find_focus(lens, photo(), sky, None)
        assert math.isfinite(distance) and distance >= 1e5
    rgb = np.random.default_rng(1).random((*SIZE, 3)).astype(np.float32)
    shot = rk.Photo(rgb=rgb, depth=sky)
    np.testing.assert_allclose(rk.render(shot, rk.Lens(focus_m=math.inf)).rgb, rgb, atol=1e-6)


def test_focus_within_the_focal_length_is_refused():
    with pytest.raises(UsageError, match="focal length"):
        rk.render(photo(), rk.Lens(focal_mm=85.0, focus_m=0.08))


def test_the_report_says_where_the_focus_lies_and_why():
    said = rk.prepare(photo(f35_mm=26.0)).report(rk.Lens(f_number=1.8, focus_point=(0.5, 0.5)))
    assert said["focus_m"] == pytest.approx(2.0)
    assert "point" in said["focus_source"]
    assert said["radius_at_infinity_px"] == pytest.approx(26 / 1.8 * 26 / 1974 * 200 / 43.27 / 2)
    assert said["nearest_m"] == pytest.approx(0.2) and said["farthest_m"] == pytest.approx(5.0)
