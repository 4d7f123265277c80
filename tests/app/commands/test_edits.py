"""What is painted over a photo is honoured by every command: render, inspect, extract, presets and batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support import iphone
from support.command import Folder, check_refused, rebokeh
from support.portrait import portrait_arrays

import rebokeh as rk
from rebokeh.bokeh.io.metadata import render_mark

pytestmark = pytest.mark.kernels

WIDE = ("--fstop", "1.4", "--focus", "1m", "--focal", "85mm")
LENS = rk.Lens(f_number=1.4, focus_m=1.0, focal_mm=85.0)


@pytest.fixture
def photo(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    codes, metres, _ = portrait_arrays(96, 128)
    path = Path("a.heic")
    path.write_bytes(iphone.heic(codes, depth=(80 / metres).astype(np.uint8)))
    return path


def paint(path: Path, brush: Any = "same", **more: Any) -> Path:
    """Bring a piece of the wall to the subject's depth, or paint something else, and keep it beside the photo."""
    photo = rk.load(path, edits="off")
    told = {"dioptres": 1.0} if brush == "same" else {}
    edits = rk.Edits.of_size(photo.size).with_stroke(brush, [(0.15, 0.3)], radius=0.08, softness=0.0, **told, **more)
    place = rk.save_edits(photo.with_edits(edits))
    assert place is not None
    return place


def codes_of(path: str) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


def test_a_render_takes_what_lies_beside_names_it_and_can_leave_it(photo):
    paint(photo)
    folder = Folder(Path.cwd())
    told = rebokeh(photo, *WIDE, "-v", "-o", "edited.png")
    assert told.exit_code == 0 and "edits: a.rebokeh.json" in told.stderr
    assert rebokeh(photo, *WIDE, "--edits", "off", "-o", "plain.png").exit_code == 0
    assert rebokeh(photo, *WIDE, "--edits", "a.rebokeh.json", "-o", "named.png").exit_code == 0
    assert folder.new() == {"edited.png", "plain.png", "named.png"}
    edited, plain, own = codes_of("edited.png"), codes_of("plain.png"), portrait_arrays(96, 128)[0]
    assert Path("named.png").read_bytes() == Path("edited.png").read_bytes()
    there = slice(24, 33), slice(15, 24)
    off = [np.abs(picture[there] - own[there]).mean() for picture in (edited, plain)]
    assert off[0] < 0.35 * off[1]
    assert np.array_equal(edited[70:], plain[70:])
    Path("a.rebokeh.json").unlink()
    assert rebokeh(photo, *WIDE, "-o", "without.png").exit_code == 0
    assert Path("without.png").read_bytes() == Path("plain.png").read_bytes()


def test_the_library_gives_the_command_s_bytes(photo):
    paint(photo)
    assert rebokeh(photo, *WIDE, "-o", "command.png").exit_code == 0
    picture = rk.render(rk.load(photo), LENS)
    assert rk.save(picture, "library.png").read_bytes() == Path("command.png").read_bytes()
    loaded, off = rk.load(photo), rk.load(photo, edits="off")
    again = rk.render(off.with_edits(loaded.edits), LENS)
    assert rk.save(again, "again.png").read_bytes() == Path("command.png").read_bytes()


def test_what_is_wrong_beside_is_a_warning_and_what_is_named_an_error(photo):
    Path("a.rebokeh.json").write_text("{")
    told = rebokeh(photo, *WIDE, "-o", "out.png")
    assert told.exit_code == 0 and "warning: a.rebokeh.json" in told.stderr and "without edits" in told.stderr
    check_refused(rebokeh(photo, "--edits", "a.rebokeh.json", "-o", "no.png"), 4, "a.rebokeh.json")
    check_refused(rebokeh(photo, "--edits", "nowhere", "-o", "no.png"), 4, "no such file")


def test_a_saved_picture_does_not_carry_them(photo):
    paint(photo)
    assert rebokeh(photo, *WIDE, "-o", "out.heic").exit_code == 0
    assert b"rebokeh edits" not in Path("out.heic").read_bytes() and not Path("out.rebokeh.json").exists()
    assert rk.load("out.heic").edits is None


def test_inspect_says_that_there_are_some(photo):
    plain = json.loads(rebokeh("inspect", photo, "--json").stdout)
    assert plain["edits"] is None
    paint(photo)
    found = json.loads(rebokeh("inspect", photo, "--json").stdout)["edits"]
    assert list(found) == ["depth"] and 0.01 < found["depth"] < 0.05
    assert "edits, and how much" in rebokeh("inspect", photo).stdout


def test_extract_gives_edited_maps(photo):
    paint(photo)
    assert rebokeh("extract", photo, "-o", "maps", "--only", "depth").exit_code == 0
    away = np.load("maps/depth.npy")
    assert away[28, 19] == pytest.approx(1.0, rel=0.02) and away[28, 100] > 1.3
    paint(photo, "subject", amount=1.0)
    assert rebokeh("extract", photo, "-o", "mattes", "--only", "mattes").exit_code == 0
    matte = codes_of("mattes/matte_subject.png")
    assert matte[28, 19] == 255 and matte[80, 100] == 0


def test_a_batch_renders_anew_when_they_change(photo):
    def run(*more: str) -> str:
        told = rebokeh("batch", ".", "-o", "out", *WIDE, "--json", *more)
        found = [json.loads(line) for line in told.stdout.splitlines()]
        assert {one["input"] for one in found if one["status"] != "skipped"} == {"./a.heic"}, found
        return found[0]["status"]

    assert (run(), run()) == ("done", "already")
    plain = Path("out/a.heic").read_bytes()
    paint(photo)
    assert (run("--overwrite"), run()) == ("done", "already")
    edited = Path("out/a.heic").read_bytes()
    assert edited != plain
    assert rebokeh(photo, *WIDE, "-o", "alone.heic").exit_code == 0
    assert Path("alone.heic").read_bytes() == edited
    Path("alone.heic").unlink()
    paint(photo, "subject")
    assert run("--overwrite") == "done" and Path("out/a.heic").read_bytes() != edited
    assert run("--edits", "off", "--overwrite") == "done" and Path("out/a.heic").read_bytes() == plain


def test_without_a_journal_the_mark_tells_that_it_was_made_with_them(photo):
    paint(photo)
    command = ("batch", photo, "-o", "out", *WIDE, "--json")
    assert json.loads(rebokeh(*command).stdout)["status"] == "done"
    mark = render_mark.of_file(Path("out/a.heic").read_bytes())
    for file in Path("out/.rebokeh").glob("journal*"):
        file.unlink()
    assert json.loads(rebokeh(*command).stdout)["status"] == "already"
    Path("a.rebokeh.json").unlink()
    other = json.loads(rebokeh(*command).stdout)
    assert other["status"] == "skipped" and "by another recipe" in other["reason"]
    assert render_mark.of_file(Path("out/a.heic").read_bytes()) == mark


def test_a_preset_may_leave_them_and_names_no_file(photo):
    paint(photo)
    Path("off.toml").write_text('edits = "off"\nfstop = 1.4\nfocus = "1m"\nfocal = 85')
    assert rebokeh(photo, "--preset", "off.toml", "-o", "preset.png").exit_code == 0
    assert rebokeh(photo, *WIDE, "--edits", "off", "-o", "plain.png").exit_code == 0
    assert np.array_equal(codes_of("preset.png"), codes_of("plain.png"))
    Path("file.toml").write_text('edits = "a.rebokeh.json"')
    check_refused(rebokeh(photo, "--preset", "file.toml", "-o", "no.png"), 2, "each has its own")
    Path("rule.toml").write_text('[[rule]]\nwhen = { depth = true }\nedits = "off"')
    check_refused(rebokeh(photo, "--preset", "rule.toml", "-o", "no.png"), 2, "rule 1", "--edits")
    check_refused(rebokeh("batch", photo, "-o", "out", "--edits", "a.rebokeh.json"), 2, "each has its own")
