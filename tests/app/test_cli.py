"""The command line: names, refusals, exit codes, and that nothing is ever left behind or overwritten."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.command import Folder, check_refused, rebokeh, said, shell
from support.portrait import write_portrait

from rebokeh.bokeh.api import Scene

pytestmark = pytest.mark.kernels

# What it does


def test_writes_beside_the_photo_and_leaves_the_photo_alone(portrait, folder):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "--fstop", "1.4", "--focus", "1m", "--focal", "200mm")
    assert result.exit_code == 0, result.output
    assert folder.new() == {"photo_f1.4_1m_200mm.png"}
    assert result.stdout == ""
    written = portrait.photo.parent / "photo_f1.4_1m_200mm.png"
    assert said(result.stderr) == f"wrote {written}: f/1.4, focus 1 m, as given\n"
    before = np.asarray(Image.open(portrait.photo), np.float32)
    after = np.asarray(Image.open(portrait.photo.parent / "photo_f1.4_1m_200mm.png"), np.float32)
    assert after.shape == before.shape
    # The subject's middle is in focus, the wall's checks are not.
    assert np.abs(after[22:26, 30:34] - before[22:26, 30:34]).max() <= 1
    assert after[:, :10].std() < 0.9 * before[:, :10].std()


def test_a_second_try_with_another_focus_has_another_name(portrait, folder):
    for words in ([], ["--focus", "2m"], ["--focus", "0.5,0.5"], ["--blades", "6"]):
        result = rebokeh(portrait.photo, "--depth", portrait.depth, *words)
        assert result.exit_code == 0, result.output
    names = {"photo_f1.8.png", "photo_f1.8_2m.png", "photo_f1.8_at0.5-0.5.png", "photo_f1.8_6blades.png"}
    assert folder.new() == names
    check_refused(rebokeh(portrait.photo, "--depth", portrait.depth, "--focus", "2m"), 2, "exists")


def test_a_folder_that_is_not_there_is_made(portrait, tmp_path):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "-o", f"{tmp_path}/a/b/")
    assert result.exit_code == 0 and (tmp_path / "a" / "b" / "photo_f1.8.png").is_file()
    # And is gone again where nothing came of it.
    check_refused(rebokeh(portrait.photo, "--depth", portrait.depth, "--focus", "1mm", "-o", f"{tmp_path}/c/"), 2)
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("words", [["render"], ["render", "--fstop", "2"], ["--fstop", "2"], ["--style", "lens"]])
def test_the_first_word_is_a_subcommand_or_a_photo(portrait, folder, words):
    result = rebokeh(*words, portrait.photo, "--depth", portrait.depth)
    assert result.exit_code == 0, result.output
    assert len(folder.new()) == 1


@pytest.mark.parametrize(
    "name", ["[x].png", "[red]x.png", "Fotó 写真.png", "two  blanks.png", "%s{0}.png", "-dash.png"]
)
def test_odd_names(tmp_path, monkeypatch, name):
    files = write_portrait(tmp_path, name)
    folder = Folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = rebokeh("--depth", files.depth, "--", name)
    assert result.exit_code == 0, result.output
    assert folder.new() == {f"{Path(name).stem}_f1.8.png"}
    assert f"{Path(name).stem}_f1.8.png" in result.stderr


def test_a_photo_called_like_a_subcommand(tmp_path, monkeypatch):
    files = write_portrait(tmp_path)
    files.photo.rename(tmp_path / "render")
    folder = Folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    check_refused(rebokeh("render"), 2, "PHOTO")
    assert rebokeh("./render", "--depth", "depth.npy").exit_code == 0
    assert rebokeh("render", "render", "--depth", "depth.npy", "--fstop", "4").exit_code == 0
    assert folder.new() == {"render_f1.8.png", "render_f4.png"}


def test_output_to_a_file_a_folder_and_a_format(portrait, folder, tmp_path):
    depth = ("--depth", portrait.depth)
    (tmp_path / "out").mkdir()
    assert rebokeh(portrait.photo, *depth, "-o", tmp_path / "named.jpg").exit_code == 0
    assert rebokeh(portrait.photo, *depth, "-o", tmp_path / "out").exit_code == 0
    assert rebokeh(portrait.photo, *depth, "--format", "tiff").exit_code == 0
    assert folder.new() == {"named.jpg", "photo_f1.8.tif"}
    assert [f.name for f in (tmp_path / "out").iterdir()] == ["photo_f1.8.png"]
    assert Image.open(tmp_path / "named.jpg").format == "JPEG"
    assert Image.open(tmp_path / "photo_f1.8.tif").format == "TIFF"


def test_exr_output_is_scene_linear(portrait, folder):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "--format", "exr", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["settings"]["rendition"] == "hdr"
    assert folder.new() == {"photo_f1.8.exr"}


@pytest.mark.parametrize(("point", "metres"), [("32x24px", 1.0), ("3x3px", 4.0), ("50%,50%", 1.0), ("4m", 4.0)])
def test_compare_and_inspect_take_a_focus_as_a_render_does(portrait, tmp_path, point, metres):
    words = (portrait.photo, "--depth", portrait.depth, "--focus", point, "--json")
    done = rebokeh("compare", *words, "-o", tmp_path / "page.html")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["focus_m"] == pytest.approx(metres)
    done = rebokeh("inspect", *words, "--check")
    assert json.loads(done.stdout)["check"]["focus_m"] == pytest.approx(metres), done.output


def test_a_focus_in_pixels_lies_in_the_picture(portrait, folder):
    check_refused(rebokeh("compare", portrait.photo, "--depth", portrait.depth, "--focus", "65x3px"), 2, "64x48 px")
    assert folder.new() == set()


def test_gaussian_needs_no_depth_but_a_subject(portrait, folder):
    result = rebokeh(portrait.photo, "--style", "gaussian", "--matte", portrait.matte)
    assert result.exit_code == 0, result.output
    assert folder.new() == {"photo_f1.8_gaussian.png"}
    check_refused(rebokeh(portrait.photo, "--style", "gaussian", "-o", folder.path / "x.png"), 3, "photo.png")


# What it says


def test_json_is_one_object(portrait):
    lens = ("--fstop", "f/2", "--focus", "0.5,0.5", "--blades", "6", "--curvature", "0.2", "--rotation", "15")
    result = rebokeh(portrait.photo, "--depth", portrait.depth, *lens, "--focal", "85mm", "--json")
    assert result.exit_code == 0, result.output

    def refuse(constant: str):
        raise AssertionError(f"{constant} is no JSON")

    facts = json.loads(result.stdout, parse_constant=refuse)
    assert result.stdout.count("\n") == 1
    assert facts["input"] == str(portrait.photo)
    assert facts["output"] == str(
        portrait.photo.parent / "photo_f2_at0.5-0.5_85mm_6blades_curvature-0.2_rotation-15.png"
    )
    assert Path(facts["output"]).is_file()
    assert (facts["format"], facts["width"], facts["height"]) == ("png", 64, 48)
    assert facts["settings"]["lens"]["aperture"] == {"blades": 6, "curvature": 0.2, "rotation_deg": 15.0}
    assert facts["settings"]["lens"]["focus_point"] == [0.5, 0.5]
    assert facts["settings"]["style"] == "lens"
    assert facts["f_number"] == 2.0
    assert facts["focal_mm"] == 85.0
    assert facts["focus_m"] == pytest.approx(1.0, rel=0.02)
    assert set(facts["seconds"]) == {"start", "load", "prepare", "render", "save", "total"}


@pytest.mark.parametrize(("words", "quality"), [([], "fast"), (["--quality", "best"], "best")])
def test_the_quality_reaches_the_render_and_is_said(portrait, words, quality, monkeypatch):
    asked = []
    through = Scene.render

    def noted(scene, *rest, **more):
        asked.append(scene.settings)
        return through(scene, *rest, **more)

    monkeypatch.setattr(Scene, "render", noted)
    result = rebokeh(portrait.photo, "--depth", portrait.depth, *words, "--json", "-v")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert [settings.quality for settings in asked] == [facts["quality"]] == [facts["settings"]["quality"]] == [quality]
    assert f"quality: {quality}\n" in result.stderr


def test_verbose_says_the_same_in_words(portrait):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "-v")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    for word in ("f number: 1.8", "focus m:", "depth source:", "seconds: start", "load"):
        assert word in result.stderr


def test_quiet_is_quiet_but_for_errors(portrait):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "-q")
    assert (result.exit_code, result.output) == (0, "")
    check_refused(rebokeh(portrait.photo, "--depth", portrait.depth, "-q"), 2, "exists")
    check_refused(rebokeh(portrait.photo, "-q", "-v"), 2, "-v and -q")


def test_help_and_version():
    for words in (["--help"], ["-h"], ["render", "--help"], ["x.heic", "--help"]):
        result = rebokeh(*words)
        assert result.exit_code == 0
        assert result.stdout.startswith("Usage: rebokeh PHOTO... [OPTIONS]")
        assert result.stderr == ""
    assert rebokeh().exit_code == 2
    version = rebokeh("--version")
    assert version.exit_code == 0
    for name in ("rebokeh ", "numba ", "Pillow ", "libheif "):
        assert name in version.stdout


def test_help_lists_the_commands_and_shows_each():
    everything = rebokeh("--help").stdout
    assert rebokeh("help").stdout == everything
    for name, words in (("batch", "whole library"), ("inspect", "what a photo holds"), ("warmup", "Compile")):
        assert any(line.strip().startswith(name + " ") and words in line for line in everything.splitlines())
        assert rebokeh("help", name).stdout == rebokeh(name, "--help").stdout != everything
    assert rebokeh("help", "lens", "show").stdout == rebokeh("lens", "show", "--help").stdout
    check_refused(rebokeh("help", "inspct"), 2, "did you mean inspect?")
    check_refused(rebokeh("inspct", "a.heic"), 2, "did you mean inspect?")


def test_a_file_that_is_called_nearly_like_a_command_is_a_photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inspct").write_bytes(b"no picture")
    check_refused(rebokeh("inspct"), 4, "inspct")


@pytest.mark.parametrize("word", ["jpg", "JPEG", ".jpg"])
def test_a_format_may_be_an_ending(portrait, folder, word):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "--format", word, "--focus", "50%,50%")
    assert result.exit_code == 0, result.output
    assert folder.new() == {"photo_f1.8_at50%-50%.jpg"}


def test_pixels_are_a_point_of_the_photo(portrait):
    wanted = json.loads(rebokeh(portrait.photo, "--depth", portrait.depth, "--focus", "0.5,0.5", "--json").stdout)
    width, height = wanted["width"], wanted["height"]
    words = ("--focus", f"{width / 2:g}x{height / 2:g}px", "--json")
    found = json.loads(rebokeh(portrait.photo, "--depth", portrait.depth, *words).stdout)
    assert found["focus_m"] == wanted["focus_m"] and found["schema"] == 1


def test_json_says_errors_and_versions_too(tmp_path):
    result = rebokeh(tmp_path / "none.heic", "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == said["error"]["code"] == 4 and said["error"]["kind"] == "InputError"
    assert said["error"]["message"] in result.stderr and said["schema"] == 1
    assert json.loads(rebokeh("--nonsense", "--json").stdout)["error"]["code"] == 2
    assert json.loads(rebokeh("--version", "--json").stdout).keys() >= {"rebokeh", "numba", "pillow", "libheif"}


# What it refuses


@pytest.mark.parametrize(
    ("words", "mention"),
    [
        (["--fstop", "0"], "1.8"),
        (["--fstop", "-1.8"], "1.8"),
        (["--fstop", "nan"], "1.8"),
        (["--fstop", "wide"], "1.8"),
        (["--focus", "-2m"], "in front of the camera"),
        (["--focus", "0m"], "in front of the camera"),
        (["--focus", "2.1"], "unit"),
        (["--focus", "1.5,0.5"], "0 to 1"),
        (["--focus", "the face"], "auto"),
        (["--focus", "1mm"], "focal length"),
        (["--focal", "0"], "85mm"),
        (["--focal", "long"], "85mm"),
        (["--sensor", "36"], "36x24"),
        (["--blades", "2"], "3 to 15"),
        (["--blades", "16"], "3 to 15"),
        (["--blades", "six"], "--blades"),
        (["--curvature", "1.1"], "curvature"),
        (["--curvature", "nan"], "curvature"),
        (["--rotation", "inf"], "rotation"),
        (["--format", "gif"], "heic"),
        (["--style", "dreamy"], "gaussian"),
        (["--highlights", "all"], "estimate"),
        (["--quality", "good"], "best"),
        (["--depth-unit", "yard"], "dioptre"),
        (["--strip", "exif"], "gps"),
        (["--strip", "depth,exif"], "'exif' is not one of 'gps'"),
        (["--nonsense"], "--nonsense"),
        (["--aperture", "1.8"], "--fstop"),
        (["--focus", "2.1", "m"], "quotes"),
        (["--focus", "9000x1px"], "outside the picture, which is"),
        (["another.png"], "another.png"),
        (["--json", "-o", "-"], "--json"),
        (["-o", "x.gif"], "--format"),
        (["-o", "x.jpg", "--format", "png"], "x.jpg"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_settings(portrait, folder, words, mention):
    check_refused(rebokeh(portrait.photo, "--depth", portrait.depth, *words), 2, mention)
    assert folder.new() == set()


@pytest.mark.parametrize("words", [("--strip", "depth, location"), ("--strip=depth,location",)], ids=str)
def test_several_things_to_leave_out_in_one_word(portrait, tmp_path, words):
    done = rebokeh(portrait.photo, "--depth", portrait.depth, "--format", "heic", "--fstop", "2", *words)
    assert done.exit_code == 0, done.output
    apart = "--strip", "depth", "--strip", "location"
    each = rebokeh(portrait.photo, "--depth", portrait.depth, "--fstop", "2", *apart, "-o", tmp_path / "each.heic")
    assert each.exit_code == 0, each.output
    assert (tmp_path / "each.heic").read_bytes() == (portrait.photo.parent / "photo_f2.heic").read_bytes()


def test_a_refusal_points_to_the_help_of_its_command():
    for words, called in (
        (["inspect", "a.png", "-q"], "rebokeh inspect"),
        (["lens", "show", "--x"], "rebokeh lens show"),
    ):
        check_refused(rebokeh(*words), 2, f"no such option: {words[-1]}", f"see {called} --help")
    check_refused(rebokeh("a.png", "--x"), 2, "see rebokeh --help")


def test_a_depth_unit_without_a_depth_map(portrait):
    check_refused(rebokeh(portrait.photo, "--depth-unit", "m"), 2, "--depth")


def test_no_depth_says_what_to_do(portrait, folder):
    check_refused(rebokeh(portrait.photo), 3, "photo.png", "--depth", "--style gaussian")
    assert folder.new() == set()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.8])
def test_truncated_photo(portrait, share):
    whole = portrait.photo.read_bytes()
    portrait.photo.write_bytes(whole[: int(len(whole) * share)])
    folder = Folder(portrait.photo.parent)
    check_refused(rebokeh(portrait.photo, "--depth", portrait.depth), 4, "photo.png")
    assert folder.new() == set()


def test_what_is_no_photo(portrait, folder, tmp_path):
    (tmp_path / "words.heic").write_text("not a photo\n" * 100)
    folder = Folder(tmp_path)
    for photo in ("words.heic", "missing.heic", "depth.npy", ""):
        check_refused(rebokeh(tmp_path / photo, "--depth", portrait.depth), 4)
    check_refused(rebokeh(tmp_path / "missing.heic"), 4, "missing.heic")
    assert folder.new() == set()


@pytest.mark.parametrize(
    ("depth", "mention"),
    [
        (np.ones((1, 1), np.float32), "1x1"),
        (np.ones((64, 48), np.float32), "48x64"),
        (np.ones((48, 64, 3, 2), np.float32), "depth"),
        (np.full((48, 64), np.nan, np.float32), "depth"),
        (np.full((48, 64), -1.0, np.float32), "depth"),
        (np.full((48, 64), "far"), "depth"),
    ],
    ids=["1x1", "aspect", "4D", "NaN", "negative", "words"],
)
def test_unusable_depth(portrait, tmp_path, depth, mention):
    np.save(portrait.depth, depth)
    folder = Folder(tmp_path)
    check_refused(rebokeh(portrait.photo, "--depth", portrait.depth), 4, mention)
    assert folder.new() == set()


def test_missing_depth_and_matte_files(portrait, folder, tmp_path):
    check_refused(rebokeh(portrait.photo, "--depth", tmp_path / "none.npy"), 4, "none.npy")
    check_refused(rebokeh(portrait.photo, "--depth", portrait.depth, "--matte", tmp_path / "none.png"), 4, "none.png")
    assert folder.new() == set()


def test_an_existing_output_is_kept_unless_told(portrait, tmp_path):
    target = tmp_path / "photo_f1.8.png"
    target.write_bytes(b"mine")
    folder = Folder(tmp_path)
    words = (portrait.photo, "--depth", portrait.depth)
    check_refused(rebokeh(*words), 2, "photo_f1.8.png", "--overwrite")
    assert folder.new() == set()
    assert rebokeh(*words, "--overwrite").exit_code == 0
    assert Image.open(target).size == (64, 48)


def test_an_input_is_never_written(portrait, folder):
    for target in (portrait.photo, portrait.matte):
        words = ("--depth", portrait.depth, "--matte", portrait.matte, "-o", target, "--overwrite")
        check_refused(rebokeh(portrait.photo, *words), 2, "input")
    assert folder.new() == set()


def test_folders_that_cannot_be_written(portrait, folder, tmp_path):
    words = (portrait.photo, "--depth", portrait.depth, "-o")
    check_refused(rebokeh(*words, tmp_path / "none" / "x.png"), 2, "does not exist")
    check_refused(rebokeh(*words, portrait.photo / "x.png"), 2, "not a folder")
    if os.path.isdir("/proc/self"):
        check_refused(rebokeh(*words, "/proc/self/x.png"), 2, "cannot be written")
    assert folder.new() == set()


@pytest.mark.parametrize(
    ("error", "mention"),
    [
        (MemoryError(), "memory"),
        (OSError(errno.ENOSPC, "No space left on device", "x.png"), "No space left on device"),
        (RuntimeError("two\nlines"), "internal error"),
    ],
    ids=["memory", "disk", "bug"],
)
def test_the_unexpected_is_one_line_too(portrait, folder, monkeypatch, error, mention):
    from rebokeh.bokeh import develop as one

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(one, "encode", fail)
    words = (portrait.photo, "--depth", portrait.depth)
    check_refused(rebokeh(*words), 1, mention)
    shown = rebokeh(*words, "--debug")
    assert shown.exit_code == 1
    assert "Traceback" in shown.stderr
    assert folder.new() == set()


def test_a_manual_page_of_all_commands():
    page = rebokeh("help", "--man").stdout
    assert page.startswith(".TH REBOKEH 1 ") and page.count("\n.SH ") >= 12
    assert '\n.SH "REBOKEH"\n' in page and '\n.SH "REBOKEH LENS SHOW"\n' in page and "\\-\\-fstop N" in page
    # No line of the text is taken for one of man's own orders.
    orders = {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))}
    assert orders == {".TH", ".SH", ".nf", ".fi"}


def test_the_shell_completes_commands_and_options():
    def completed(*words: str) -> list[str]:
        asked = {"_REBOKEH_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        return shell(env={**os.environ, **asked}).stdout.decode().split()

    assert completed("rebokeh", "ins") == ["inspect"]
    assert {"--focus", "--focal"} <= set(completed("rebokeh", "a.heic", "--foc"))
    assert completed("rebokeh", "batch", "--dry") == ["--dry-run"]
    # Which shell runs this is not asked: it may be one that completes nothing.
    taught = shell("--show-completion", "bash", env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert taught.returncode == 0 and b"_REBOKEH_COMPLETE" in taught.stdout


def test_zsh_completes_from_the_first_tab(tmp_path):
    """Its first Tab runs the file that is installed as the function; what that says then must complete."""
    zsh = {**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    for _ in range(2):
        assert shell("--install-completion", "zsh", env=zsh).returncode == 0
        lines = (tmp_path / ".zfunc" / "_rebokeh").read_text().splitlines()
        assert lines[-1] == '[[ $zsh_eval_context[-1] == loadautofunc ]] && _rebokeh_completion "$@"'
        assert sum("loadautofunc" in line for line in lines) == 1 and "compdef _rebokeh_completion rebokeh" in lines
