"""The steps of a render: they are all there, in order, show what was used, and change nothing."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.browser import needs_chromium, opened, violations
from support.command import said
from support.portrait import PortraitFiles
from support.scenes import depth_of, lens_of, texture
from support.steps import codes, file_of, light, listed, share
from typer.testing import CliRunner, Result

import rebokeh as rk
from rebokeh.bokeh import api
from rebokeh.bokeh.colour.profile import named_profile
from rebokeh.bokeh.core.errors import OutputError
from rebokeh.bokeh.render.light_sprites import Sprites
from rebokeh.bokeh.tools.steps.frame import StepFrame
from rebokeh.bokeh.tools.steps.pictures import ORIGINS
from rebokeh.bokeh.tools.steps.steps import StepRecorder
from rebokeh.cli import app

pytestmark = pytest.mark.kernels

SIZE, PX = (40, 52), 40.0
LENS = lens_of(SIZE, PX)
OF_EACH_SHEET = ["colour", "coverage", "radius", "origin", "spread_coverage", "light", "seen", "clear"]


def portrait() -> rk.Photo:
    """Make a leaf before a subject in focus before a wall, on which a lamp burns."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    matte = (np.hypot(y - 24, x - 22) < 11).astype(np.float32)
    leaf = np.hypot(y - 33, x - 9) < 8
    depth = np.where(leaf, depth_of(-5.0, PX), np.where(matte > 0.5, depth_of(0.0, PX), depth_of(6.0, PX)))
    rgb = texture(SIZE, 7, 0.05, 0.6)
    rgb[8, 40] = 30.0
    return rk.Photo(rgb=rgb, depth=depth, matte=np.where(leaf, 0.0, matte).astype(np.float32))


@pytest.fixture(scope="module")
def scene():
    return rk.prepare(portrait())


@pytest.fixture(scope="module")
def made(scene, tmp_path_factory):
    """Return the folder of a render's steps."""
    folder = tmp_path_factory.mktemp("made") / "steps"
    scene.render(LENS, folder)
    return folder


# What is written


def test_the_steps_are_in_the_order_of_light(made):
    listing = listed(made)
    files = [step["file"] for step in listing["steps"]]
    assert files == sorted(files)
    assert {f.name for f in made.iterdir()} == {*files, "steps.json", "index.html"}
    before = ["photo", "depth_given", "depth", "radius", "matte_given", "matte", "lights", "without_lights"]
    sheets = [step for step in listing["steps"] if step["sheet"]]
    levels = [f"level_{n}_{name}" for n in range(1) for name in ("front", "back", "coverage", "doubt")]
    alone = [step["step"] for step in listing["steps"] if not step["sheet"]]
    assert alone == [*before, *levels, "lights_drawn", "picture"]
    assert len(listing["sheets"]) >= 3
    for number, _ in enumerate(listing["sheets"], 1):
        shown = [step["step"] for step in sheets if step["sheet"] == number]
        assert shown in (OF_EACH_SHEET, OF_EACH_SHEET[:4])
        assert file_of(made, "colour", number).name.endswith(f"_sheet_{number:02d}_colour.png")
    radii = [np.mean(sheet["radius_px"]) for sheet in listing["sheets"]]
    assert radii == sorted(radii)
    assert files[0] == "001_photo.png"


def test_every_picture_fills_the_frame_and_says_what_it_shows(made):
    for step in listed(made)["steps"]:
        image = Image.open(made / step["file"])
        assert image.size == SIZE[::-1]
        assert image.mode == ("RGB" if len(np.asarray(image).shape) == 3 else "I;16")
        assert step["shows"] and step["unit"] and len(step["scale"]) >= 2


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.images, self.links, self.tags = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.images += [value for key, value in attrs if tag == "img" and key == "src"]
        self.links += [value for key, value in attrs if key == "href"]


def test_the_page_shows_them_all_and_needs_nothing_else(made):
    text = (made / "index.html").read_text("utf-8")
    page = Tags(text)
    files = [step["file"] for step in listed(made)["steps"]]
    assert page.images == [link for link in page.links if not link.startswith("#")] == files
    assert all(f"id='{link[1:]}'" in text for link in page.links if link.startswith("#"))
    assert page.tags.isdisjoint({"script", "link", "iframe"})
    assert "http" not in text and "url(" not in text
    assert "the subject" in text


@needs_chromium
@pytest.mark.parametrize("width", [1280, 375])
def test_the_page_is_for_everybody(made, width):
    with opened(made / "index.html", width, script=True) as tab:
        assert violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_file_name_is_no_markup(tmp_path):
    name = tmp_path / "<script>a&b.png"
    Image.fromarray(np.full((24, 24, 3), 90, np.uint8)).save(name)
    np.save(tmp_path / "depth.npy", np.full((24, 24), 2.0, np.float32))
    rk.render(rk.load(name, depth=tmp_path / "depth.npy"), steps=tmp_path / "steps")
    assert "script" not in Tags((tmp_path / "steps" / "index.html").read_text("utf-8")).tags


def test_the_picture_is_the_same_to_the_bit(scene, tmp_path):
    plain = scene.render(LENS).rgb
    assert np.array_equal(scene.render(LENS, tmp_path / "a").rgb, plain)
    assert np.array_equal(rk.render(portrait(), LENS, steps=str(tmp_path / "b")).rgb, plain)
    a, b = ({f.name: f.read_bytes() for f in (tmp_path / name).iterdir()} for name in "ab")
    assert a == b


def seen_parts(folder: Path) -> list[np.ndarray]:
    """Return what each sheet adds to the picture, from its light and what was clear before it.

    Where three surfaces meet a little may get through all of them; the picture takes what arrives for all there is.
    """
    parts, clear = [], np.ones(SIZE)
    for sheet in listed(folder)["sheets"]:
        if sheet["share_of_light"]:
            parts.append(clear[..., None] * light(folder, "light", sheet["sheet"]))
            clear = share(folder, "clear", sheet["sheet"])
    assert clear.max() < 1.0 / 16.0 and np.mean(clear > 1e-3) < 0.05
    return [part / (1.0 - clear[..., None]) for part in parts]


def test_the_written_light_adds_up_to_the_picture(scene, made):
    rendered = scene.render(LENS).rgb
    dark = rendered.max(axis=2) < 0.95
    assert dark.mean() > 0.8
    parts = seen_parts(made)
    total = np.sum(parts, axis=0) + light(made, "lights_drawn")
    assert np.abs(total - rendered)[dark].max() < 0.015
    for left_out in [*parts, light(made, "lights_drawn")]:
        assert np.abs(total - left_out - rendered)[dark].max() > 0.03
    shown = [n for n, sheet in enumerate(listed(made)["sheets"], 1) if sheet["share_of_light"]]
    for number, part in zip(shown, parts, strict=True):
        assert np.abs(light(made, "seen", number) - part).max() < 0.01
    assert np.abs(light(made, "picture") - rendered)[dark].max() < 0.01
    assert sum(sheet["share_of_light"] for sheet in listed(made)["sheets"]) == pytest.approx(1.0, abs=1e-3)


def test_what_lets_through_is_the_product_of_what_covers(made):
    clear = np.ones(SIZE)
    for sheet in listed(made)["sheets"]:
        if sheet["share_of_light"]:
            clear *= 1.0 - share(made, "spread_coverage", sheet["sheet"])
            np.testing.assert_allclose(share(made, "clear", sheet["sheet"]), clear, atol=2e-4)


def test_colours_of_depth_and_blur(made):
    depth, radius = share(made, "depth"), codes(made, "radius").astype(int)
    leaf, subject, wall = (33, 9), (20, 22), (4, 4)
    assert depth[leaf] == 1.0 and depth[wall] == 0.0 and 0.0 < depth[subject] < 1.0
    assert radius[leaf][0] > radius[leaf][2] + 50  # orange
    assert radius[wall][2] > radius[wall][0] + 50  # blue
    assert radius[subject].max() < 10
    (step,) = (s for s in listed(made)["steps"] if (s["step"], s["sheet"]) == ("radius", None))
    values = [stop["value"] for stop in step["scale"]]
    assert values[0] == pytest.approx(-6.0, abs=0.01) and values[-1] == pytest.approx(6.0, abs=0.01)
    assert values == sorted(values) and step["unit"] == "px"


def test_origins_tell_what_was_filled(made):
    last = len(listed(made)["sheets"])
    origin = codes(made, "origin", last)
    assert tuple(origin[3, 3]) == ORIGINS[0][0]
    assert tuple(origin[20, 22]) == ORIGINS[2][0]


def test_the_scene_taken_apart_is_shown(made):
    wall, subject, rim = (3, 3), (24, 22), np.s_[24, 30:36]
    for name, at_wall, at_subject in (("coverage", 1.0, 1.0), ("doubt", 1.0, 0.9)):
        shown = share(made, f"level_0_{name}")
        assert shown[wall] == at_wall and shown[subject] == pytest.approx(at_subject, abs=0.1)
    # Beside its outline what lies behind the subject is less in doubt.
    doubt = share(made, "level_0_doubt")
    assert doubt[rim].min() < doubt[subject] < 1.0
    photo = light(made, "without_lights")
    assert np.abs(light(made, "level_0_front") - photo)[share(made, "level_0_coverage") == 1.0].max() < 0.01
    # Where nothing is known to lie behind there are checks, not the photo.
    behind = light(made, "level_0_back")
    assert np.abs(behind - photo)[wall].max() > 0.02 and behind[subject].max() > 0.1


def test_holes_and_a_small_map(tmp_path):
    depth = np.full((20, 26), 0.4, np.float32)
    depth[:, 13:] = 0.9
    depth[4:6, 4:6] = np.nan
    rk.render(rk.Photo(rgb=texture(SIZE), depth=depth), LENS, steps=tmp_path / "steps")
    given = codes(tmp_path / "steps", "depth_given")
    assert given.shape == (*SIZE, 3)
    assert tuple(given[9, 9]) == (255, 0, 255)
    assert tuple(given[30, 9]) == (0, 0, 0) and tuple(given[30, 40]) == (255, 255, 255)
    assert (given == (255, 0, 255)).all(axis=2).sum() == 16
    assert "holes" in (tmp_path / "steps" / "index.html").read_text("utf-8")


def test_colours_carry_the_photos_profile(tmp_path):
    profile = named_profile("Display P3")
    photo = rk.Photo(rgb=texture((24, 24)), depth=np.full((24, 24), 0.5, np.float32), profile=profile)
    rk.render(photo, steps=tmp_path / "steps")
    assert Image.open(tmp_path / "steps" / "001_photo.png").info["icc_profile"] == profile.icc
    assert "icc_profile" not in Image.open(file_of(tmp_path / "steps", "depth")).info


def test_gaussian_has_the_steps_that_there_are(tmp_path):
    photo, gaussian = portrait(), rk.RenderSettings(style="gaussian")
    plain = rk.render(photo, LENS, gaussian).rgb
    assert np.array_equal(rk.render(photo, LENS, gaussian, steps=tmp_path / "a").rgb, plain)
    names = [step["step"] for step in listed(tmp_path / "a")["steps"]]
    assert names == ["photo", "depth_given", "depth", "radius", "matte_given", "matte", "picture"]
    rk.render(rk.Photo(rgb=photo.rgb, matte=photo.matte), LENS, gaussian, steps=tmp_path / "b")
    assert [s["step"] for s in listed(tmp_path / "b")["steps"]] == ["photo", "matte_given", "matte", "picture"]


# Large photos


@pytest.mark.parametrize("box", [(slice(0, 41), slice(0, 53)), (slice(5, 17), slice(20, 53)), (slice(40, 41),) * 2])
def test_a_frame_is_reduced_by_means(monkeypatch, box):
    size = (41, 53)
    monkeypatch.setattr("rebokeh.bokeh.tools.steps.frame.LONGEST_PX", 20)
    frame = StepFrame.of(size)
    assert (frame.by, frame.size) == (3, (13, 17))
    whole = np.zeros((*size, 2), np.float32)
    whole[box] = np.random.default_rng(1).random(whole[box].shape)
    expected = whole[:39, :51].reshape(13, 3, 17, 3, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(frame.place(whole[box], box), expected, atol=1e-6)
    np.testing.assert_allclose(frame.whole(whole[..., 0]), expected[..., 0], atol=1e-6)


def test_large_photos_are_shown_small(scene, made, tmp_path, monkeypatch):
    monkeypatch.setattr("rebokeh.bokeh.tools.steps.frame.LONGEST_PX", 26)
    scene.render(LENS, tmp_path / "steps")
    small = tmp_path / "steps"
    assert listed(small)["pictures"] == {"width": 26, "height": 20, "reduced_by": 2}
    assert [s["step"] for s in listed(small)["steps"]] == [s["step"] for s in listed(made)["steps"]]
    for step in listed(small)["steps"]:
        assert Image.open(small / step["file"]).size == (26, 20)
    halved = share(made, "clear", 1).reshape(20, 2, 26, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(share(small, "clear", 1), halved, atol=1e-4)
    assert "1/2" in (small / "index.html").read_text("utf-8")


# What is refused, and that nothing is left behind


def test_a_folder_that_must_not_be_filled(scene, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    for name, mention in (
        ("file", "file"),
        ("full", "not empty"),
        ("none/steps", "does not exist"),
        ("a\0b", "written"),
    ):
        with pytest.raises(OutputError, match=mention) as error:
            scene.render(LENS, tmp_path / name)
        assert "\n" not in str(error.value)
    with pytest.raises(OutputError, match=r"notes\.txt"):
        StepRecorder(tmp_path / "full", overwrite=True)
    assert {f.name for f in tmp_path.iterdir()} == {"file", "full"}
    assert [f.name for f in (tmp_path / "full").iterdir()] == ["notes.txt"]


def test_refused_before_the_photo_is_prepared(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr(api, "prepare", lambda *_: pytest.fail("work was done"))
    with pytest.raises(OutputError):
        rk.render(portrait(), LENS, steps=tmp_path / "file")


def test_an_empty_folder_is_filled_and_one_of_steps_replaced_on_demand(scene, made, tmp_path):
    (tmp_path / "steps").mkdir()
    inode = (tmp_path / "steps").stat().st_ino
    scene.render(LENS, tmp_path / "steps")
    names = {f.name for f in made.iterdir()}
    assert {f.name for f in (tmp_path / "steps").iterdir()} == names
    with pytest.raises(OutputError, match="`overwrite`"):
        scene.render(LENS, tmp_path / "steps")
    gaussian = rk.prepare(portrait(), rk.RenderSettings(style="gaussian"))
    gaussian.render(LENS, StepRecorder(tmp_path / "steps", overwrite=True))
    files = {step["file"] for step in listed(tmp_path / "steps")["steps"]}
    assert {f.name for f in (tmp_path / "steps").iterdir()} == {*files, "steps.json", "index.html"}
    assert len(files) == 7
    assert (tmp_path / "steps").stat().st_ino == inode
    # A folder with a list of steps that names other files is none of ours.
    (tmp_path / "steps" / "diary.txt").write_text("mine")
    with pytest.raises(OutputError, match="diary"):
        StepRecorder(tmp_path / "steps", overwrite=True)
    listing = json.dumps({"steps": [{"file": "diary.txt"}, {"file": "../other.txt"}]})
    (tmp_path / "steps" / "steps.json").write_text(listing)
    (tmp_path / "other.txt").write_text("mine")
    with pytest.raises(OutputError):
        StepRecorder(tmp_path / "steps", overwrite=True)
    assert (tmp_path / "other.txt").exists()


def test_a_folder_with_an_input_is_left_alone(made, tmp_path):
    with pytest.raises(OutputError, match="input"):
        StepRecorder(made, overwrite=True, inputs=[made / "001_photo.png"])


@pytest.mark.parametrize("there", [False, True], ids=["a new folder", "an empty folder"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("bug")], ids=["interrupted", "bug"])
def test_what_fails_leaves_nothing(scene, tmp_path, monkeypatch, there, stop):
    def fail(*_, **__):
        raise stop

    if there:
        (tmp_path / "steps").mkdir()
    monkeypatch.setattr(Sprites, "draw", fail)
    with pytest.raises(type(stop)):
        scene.render(LENS, tmp_path / "steps")
    assert [f.name for f in tmp_path.rglob("*")] == (["steps"] if there else [])


def test_a_full_disk(scene, tmp_path, monkeypatch):
    def full(self, data):
        if "012" in self.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return len(data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left on device"):
        scene.render(LENS, tmp_path / "steps")
    assert list(tmp_path.iterdir()) == []


# The command line


def rebokeh(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_command_line(portrait: PortraitFiles, tmp_path):
    folder = tmp_path / "steps"
    words = (portrait.photo, "--depth", portrait.depth, "--matte", portrait.matte, "--save-steps", folder)
    result = rebokeh(*words, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["steps"] == str(folder)
    assert listed(folder)["photo"] == {"name": "photo.png", "width": 64, "height": 48}
    picture = np.asarray(Image.open(tmp_path / "photo_f1.8.png")).astype(int)
    assert np.abs(codes(folder, "picture").astype(int) - picture).max() <= 1
    again = rebokeh(*words, "-o", tmp_path / "again.png")
    assert again.exit_code == 2 and said(again.stderr).count("\n") == 1 and "--overwrite" in again.stderr
    assert not (tmp_path / "again.png").exists()
    assert rebokeh(*words, "-o", tmp_path / "again.png", "--overwrite", "--style", "gaussian").exit_code == 0
    assert listed(folder)["style"] == "gaussian"


def test_command_line_refusals(portrait: PortraitFiles, tmp_path):
    before = {f.name for f in tmp_path.iterdir()}
    for words, mention in (
        (("--save-steps", portrait.matte), "file"),
        (("--save-steps", tmp_path), "not empty"),
        (("--save-steps", tmp_path, "--overwrite"), "choose another"),
        (("--save-steps", tmp_path / "none" / "steps"), "does not exist"),
        (("--save-steps", tmp_path / "x.png", "-o", tmp_path / "x.png"), "both"),
    ):
        result = rebokeh(portrait.photo, "--depth", portrait.depth, *words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert said(result.stderr).count("\n") == 1 and mention in result.stderr
    assert {f.name for f in tmp_path.iterdir()} == before


def test_steps_of_standard_input(portrait: PortraitFiles, tmp_path):
    command = [Path(sys.executable).parent / "rebokeh", "-", "--depth", portrait.depth, "--save-steps", "d", "-q"]
    result = subprocess.run(
        command, input=portrait.photo.read_bytes(), capture_output=True, cwd=tmp_path, env=os.environ, timeout=120
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout[:4] == b"\x89PNG"
    assert listed(tmp_path / "d")["photo"]["name"] == ""
