"""What must hold of any render: a good one passes, and each fault that a broken one would have is found and placed."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from support import pictures as pictures_of_truth
from support.command import check_refused, rebokeh
from support.paths import TRUTH_SET
from support.photos import STREET, photo
from support.scenes import texture

import rebokeh as rk
from rebokeh.bokeh.core.errors import NoDepthError
from rebokeh.bokeh.render.pipeline import prepare_for, render_scene
from rebokeh.bokeh.render.report import mount_on
from rebokeh.bokeh.scene.prepared import PreparedScene
from rebokeh.bokeh.tools.check import check as checks
from rebokeh.bokeh.tools.check.check import PictureCheck, check, check_pictures, checked_settings
from rebokeh.bokeh.tools.check.figures import Worst, beside_outline, focused_change, light_kept, rendered, solidity
from rebokeh.bokeh.tools.check.report import check_lines
from rebokeh.bokeh.tools.measures.blur import iris_radius

pytestmark = pytest.mark.kernels

SIZE = (240, 360)
MIDDLE = (200, 180)
"""Row and column of the sitter's middle."""

LENS = rk.Lens(f_number=1.4, focus_m=1.0, starburst=0.0)
SETTINGS = checked_settings(rk.RenderSettings())


def sitter(matte: bool = True) -> rk.Photo:
    """Make a sitter at 1 m before a dark wall that runs back from 3 m, a pole at 0.6 m, and two lamps."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float64)
    cover = (np.hypot(y - MIDDLE[0], x - MIDDLE[1]) < 100.0).astype(np.float64)
    pole = x > 330
    wall = 0.2 * texture(SIZE, 3)
    for row, column in ((40, 60), (60, 280)):
        wall[np.hypot(y - row, x - column) < 2.5] = 30.0
    rgb = wall + cover[..., None] * (np.array([0.7, 0.5, 0.4]) * texture(SIZE, 4, 0.7) - wall)
    rgb = np.where(pole[..., None], np.array([0.05, 0.3, 0.1]), rgb)
    depth = np.where(pole, 1.0 / 0.6, np.where(cover > 0.5, 1.0, 1.0 / (3.0 + x / 200.0)))
    mattes = {"matte": cover.astype(np.float32)} if matte else {}
    return photo(np.minimum(rgb, 1.0).astype(np.float32), depth.astype(np.float32), clip_cd_m2=STREET, **mattes)


@pytest.fixture(scope="module")
def scene() -> PreparedScene:
    """Return the portrait, prepared for what is checked."""
    return prepare_for(sitter(), SETTINGS)


@pytest.fixture(scope="module")
def pictures(scene: PreparedScene) -> dict[float, rk.Photo]:
    """Return what the lens makes of it, wide open and stopped down."""
    return {n: render_scene(scene, replace(LENS, f_number=n), SETTINGS) for n in (1.4, 16.0)}


def checked(scene: PreparedScene, pictures: dict[float, rk.Photo], lens: rk.Lens = LENS) -> PictureCheck:
    return check_pictures(scene, lens, mount_on(scene, lens, SETTINGS)[0], pictures, SETTINGS)


def wrong(found: PictureCheck) -> set[str]:
    return {figure.name for figure in found.figures if not figure.in_range}


def test_a_good_render_passes(scene, pictures):
    found = checked(scene, pictures)
    assert found.passed and not wrong(found), found
    assert all(figure.value is not None for figure in found.figures)
    assert rk.check(sitter(), LENS) == found
    assert (found.f_number, found.focus_m) == (1.4, 1.0)


@pytest.mark.parametrize("where", [MIDDLE, (100, 345), (30, 150)], ids=["sitter", "pole", "wall"])
def test_what_is_solid_and_seen_through_is_found_where_it_is(scene, where):
    row, column = where
    thin, _ = mount_on(scene, LENS, SETTINGS)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]

    def broken(flat: PreparedScene, lens: rk.Lens, settings: rk.RenderSettings) -> np.ndarray:
        """Show a wide place as a matte of 0.4 would: 0.6 of what it is not."""
        seen = rendered(flat, lens, settings)
        return np.where((np.hypot(y - row, x - column) < 5)[..., None], 0.4 * seen + 0.6 * (0.5 - seen), seen)

    good, bad = solidity(scene, LENS, thin), solidity(scene, LENS, thin, broken)
    assert good is not None and good.value < 0.02
    assert bad is not None and bad.value == pytest.approx(0.6, abs=0.02)
    assert math.hypot(bad.place[0] - column, bad.place[1] - row) < 5.5


def test_a_matte_of_doubt_that_is_taken_for_coverage_is_found(scene):
    # The scene as it was taken apart when a matte was coverage, whatever depth said: 0.4 of the sitter is there.
    thin, _ = mount_on(scene, LENS, SETTINGS)

    def believing(flat: PreparedScene, lens: rk.Lens, settings: rk.RenderSettings) -> np.ndarray:
        seen = rendered(flat, lens, settings)
        assert flat.matte is not None
        behind = np.asarray(ndimage.gaussian_filter(np.where(flat.matte > 0.5, 0.0, seen[..., 0]), 20.0))
        doubted = 0.4 * flat.matte[..., None]
        return np.where(flat.matte[..., None] > 0.5, doubted * seen + (1.0 - doubted) * behind[..., None], seen)

    found = solidity(scene, LENS, thin, believing)
    assert found is not None and found.value > 0.3


def test_a_scene_of_one_depth_has_nothing_to_be_seen_through():
    flat = prepare_for(photo(texture((60, 80)), 0.5), SETTINGS)
    assert solidity(flat, LENS, mount_on(flat, LENS, SETTINGS)[0]) is None


def test_what_is_in_focus_and_changed_is_found_where_it_is():
    rgb = np.full((200, 300, 3), 0.2140, np.float32)
    radius = np.where(np.arange(300) < 100, 30.0, 0.0) * np.ones((200, 1), np.float32)
    changed = np.array(rgb)
    changed[:, :125] = 0.5
    assert focused_change(rgb, changed, radius) == Worst(0.0, (132, 0))  # as far as blur reaches, nothing is said
    changed[90:110, 200:220] = 0.2232  # sRGB 130 for 128
    changed[100, 210] = 0.2420  # 134.6
    found = focused_change(rgb, changed, radius)
    assert found is not None and found.place == (210, 100)
    assert found.value == pytest.approx(2.5, abs=0.6)
    assert focused_change(rgb, changed, np.full((200, 300), 0.5, np.float32)) is None


def test_a_doctored_picture_fails_by_what_was_done_to_it(scene, pictures):
    picture = pictures[1.4]

    def with_wide(rgb: np.ndarray) -> set[str]:
        return wrong(checked(scene, {1.4: replace(picture, rgb=rgb.astype(np.float32)), 16.0: pictures[16.0]}))

    assert with_wide(picture.rgb) == set()
    assert with_wide(1.08 * picture.rgb) >= {"sharp", "light"}
    spot = np.array(picture.rgb)
    spot[20:24, 150:154] = 60.0
    assert "brightest" in with_wide(spot)
    # The phone's way: one soft blur of everything, then the sitter sharp upon it.
    assert scene.matte is not None
    soft = np.asarray(ndimage.gaussian_filter(np.minimum(scene.photo.rgb, 1.0), (9.0, 9.0, 0.0)))
    cover = (scene.matte > 0.98)[..., None]
    assert {"leak", "halo"} <= with_wide(np.where(cover, picture.rgb, soft))
    dim = 0.97 * pictures[16.0].rgb
    assert wrong(checked(scene, {1.4: picture, 16.0: replace(pictures[16.0], rgb=dim)})) == {"sharp_stopped_down"}


@pytest.mark.parametrize("name", ["o1_portrait/back_f2_hept", "o2_near/subj_f1.8_circ"])
def test_what_a_path_traced_lens_shows_is_in_range(name):
    picture = pictures_of_truth.load(TRUTH_SET, name)
    scene = prepare_for(rk.Photo(rgb=picture.rgb, depth=picture.dioptres, matte=picture.matte), SETTINGS)
    thin, _ = mount_on(scene, picture.lens, SETTINGS)
    truth = replace(scene.photo, rgb=picture.truth)
    light, beside = light_kept(scene, truth), beside_outline(scene, truth, thin, iris_radius(picture.lens))
    assert checks.LIGHT_RANGE[0] < light < checks.LIGHT_RANGE[1]
    assert beside is not None
    assert beside.leak_px <= max(checks.MOST_LEAK, beside.due_leak_px)
    assert beside.halo_px <= max(checks.MOST_HALO, beside.due_halo_px)


@pytest.mark.parametrize("focus_m", [0.6, 4.0])
def test_the_blur_of_a_sitter_out_of_focus_is_no_leak(focus_m):
    found = check(sitter(), replace(LENS, focus_m=focus_m))
    assert found["leak"].value is not None and found["leak"].in_range and found["halo"].in_range, found


def test_what_a_lens_does_on_purpose_is_no_fault():
    swirling = rk.lens_named("petzval", focus_m=1.0)
    found = check(sitter(), swirling)
    assert found.passed, found
    assert found == check(sitter(), replace(swirling, glass=rk.Glass()))


def test_without_a_matte_no_outline_is_measured_and_nothing_is_held_against_it():
    found = check(sitter(matte=False), LENS)
    assert found.passed and found["leak"].value is None
    assert "leak beside the subject: not measured" in "\n".join(check_lines(found))


def test_without_depth_there_is_nothing_to_check():
    with pytest.raises(NoDepthError, match="the photo holds no depth.*`depth_model`"):
        rk.check(rk.Photo(rgb=texture((40, 60))))


# The command


def test_the_command_says_it_in_words_and_as_json(portrait_files):
    said = rebokeh("inspect", *portrait_files, "--check", "--fstop", "1.4")
    assert said.exit_code == 0, said.output
    assert "check at f/1.4, focus 1 m: all in range" in said.stdout
    assert "  solid things: 0.0 % (up to 2.0 %)" in said.stdout
    found = json.loads(rebokeh("inspect", *portrait_files, "--check", "--fstop", "2", "--focus", "4m", "--json").stdout)
    assert found["check"]["passed"] is True
    assert (found["check"]["f_number"], found["check"]["focus_m"]) == (2.0, 4.0)
    assert set(found["check"]["figures"]["solid"]) == {"value", "low", "high", "unit", "in_range", "place"}
    assert "check" not in json.loads(rebokeh("inspect", *portrait_files, "--json").stdout)


def test_what_is_out_of_range_ends_with_1_and_is_placed(portrait_files, monkeypatch):
    monkeypatch.setattr(checks, "solidity", lambda *_: Worst(0.36, (31, 7)))
    said = rebokeh("inspect", *portrait_files, "--check")
    assert said.exit_code == 1
    assert "out of range: solid things" in said.stdout
    assert "  solid things: 36.0 % (up to 2.0 %), OUT OF RANGE, WORST AT 31,7" in said.stdout
    told = rebokeh("inspect", *portrait_files, "--check", "--json")
    assert told.exit_code == 1
    solid = json.loads(told.stdout)["check"]["figures"]["solid"]
    assert solid["in_range"] is False and solid["place"] == [31, 7]


def test_a_photo_without_depth_and_options_without_a_check_are_refused(portrait_files):
    name = portrait_files[0]
    check_refused(rebokeh("inspect", name, "--check"), 3, "photo.png holds no depth", "--depth-model")
    for words in (["--fstop", "2"], ["--focal", "85mm"], ["--with", "a=1"], ["--baked", "ignore"]):
        check_refused(rebokeh("inspect", *portrait_files, *words), 2, words[0], "--check")


@pytest.fixture
def portrait_files(portrait) -> list[object]:
    """Return the words that name a portrait in a folder."""
    return [portrait.photo, "--depth", portrait.depth, "--matte", portrait.matte]
