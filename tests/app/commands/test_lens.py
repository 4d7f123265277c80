"""Lenses on the command line: chosen, changed, overridden, listed and shown."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.command import Folder, check_refused, rebokeh

import rebokeh as rk
from rebokeh.bokeh.api import Scene
from rebokeh.bokeh.optics.lens_file import lens_names, read_lens
from rebokeh.bokeh.tools import lens_sheet as contact_sheet

pytestmark = pytest.mark.kernels


@pytest.fixture
def lenses(monkeypatch) -> list[rk.Lens]:
    """Return the lenses that are rendered with, as they come; no light is spread."""
    used: list[rk.Lens] = []

    def render(scene, lens, *_, **__):
        used.append(lens)
        return scene.photo

    monkeypatch.setattr(Scene, "render", render)
    return used


def test_a_named_lens_is_used_wide_open_and_said(portrait, folder, lenses):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "--lens", "petzval", "--json", "-v")
    assert result.exit_code == 0, result.output
    assert lenses == [rk.lens_named("petzval")]
    assert folder.new() == {"photo_petzval_f2.2.png"}
    facts = json.loads(result.stdout)
    assert (facts["lens"], facts["f_number"]) == ("petzval", 2.2)
    assert facts["lens_source"].endswith("lenses/petzval.toml")
    assert facts["settings"]["lens"]["glass"]["wavefront"]["astigmatism_um"] == 12.0
    assert "\nlens: petzval\nlens source: rebokeh/" in result.stderr


def test_two_lenses_at_one_stop_are_two_pictures(portrait, folder, lenses):
    for lens in ("petzval", "gauss-58"):
        result = rebokeh(portrait.photo, "--depth", portrait.depth, "--fstop", "4", "--lens", lens)
        assert result.exit_code == 0, result.output
        assert f": {lens} at f/4, focus" in result.stderr
    assert folder.new() == {"photo_petzval_f4.png", "photo_gauss-58_f4.png"}


def test_options_override_the_lens(portrait, lenses):
    words = ["--fstop", "4", "--blades", "7", "--starburst", "off", "--focus", "2m", "--with", "wavefront.coma_um=1"]
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "--lens", "gauss-58", *words, "--json")
    assert result.exit_code == 0, result.output
    expected = rk.lens_named("gauss-58", ["wavefront.coma_um=1"], f_number=4.0, blades=7, starburst=0.0, focus_m=2.0)
    assert lenses == [expected]
    assert lenses[0].aperture.rotation_deg == 11.0  # the lens's own
    assert json.loads(result.stdout)["lens_source"].endswith("gauss-58.toml, with wavefront.coma_um=1")


def test_without_a_lens_all_is_as_it_was(portrait, folder, lenses):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "--json")
    assert lenses == [rk.Lens()]
    assert folder.new() == {"photo_f1.8.png"}
    assert json.loads(result.stdout)["lens"] is None
    assert rebokeh(portrait.photo, "--depth", portrait.depth, "--starburst", "2", "--fstop", "2").exit_code == 0
    assert lenses[-1] == rk.Lens(f_number=2.0, starburst=2.0)


def test_a_lens_of_ones_own(portrait, folder, lenses, tmp_path):
    shown = rebokeh("lens", "show", "triplet")
    (tmp_path / "mine.toml").write_text(shown.stdout, "utf-8")
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "--lens", tmp_path / "mine.toml")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "photo_mine_f2.8.png").is_file()
    assert lenses[0].glass.wavefront == rk.lens_named("triplet").glass.wavefront


def test_the_gaussian_style_takes_the_f_number_only(portrait, folder):
    result = rebokeh(portrait.photo, "--matte", portrait.matte, "--style", "gaussian", "--lens", "petzval")
    assert result.exit_code == 0, result.output
    assert folder.new() == {"photo_petzval_f2.2_gaussian.png"}


@pytest.mark.parametrize(
    ("words", "code", "mention"),
    [
        (["--lens", "petzvall"], 2, "did you mean petzval"),
        (["--lens", "none.toml"], 4, "none.toml"),
        (["--lens", "petzval", "--fstop", "1.8"], 2, "opens to f/2.2"),
        (["--lens", "petzval", "--with", "wavefront.comma_um=1"], 2, "wavefront.coma_um"),
        (["--lens", "petzval", "--with", "spherical"], 2, "KEY=VALUE"),
        (["--with", "wavefront.coma_um=1"], 2, "--lens"),
        (["--starburst", "bright"], 2, "or off"),
        (["--lens", "petzval", "--blades", "2"], 2, "3 to 15"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refusals(portrait, folder, words, code, mention):
    check_refused(rebokeh(portrait.photo, "--depth", portrait.depth, *words), code, mention)
    assert folder.new() == set()


def test_list():
    result = rebokeh("lens", "list")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == lens_names()
    assert all(f"f/{read_lens(line.split()[0]).f_number:g} " in line for line in lines)
    listed = json.loads(rebokeh("lens", "list", "--json").stdout)["lenses"]
    assert [one["name"] for one in listed] == lens_names()
    assert set(listed[0]) == {"name", "f_number", "title"}


@pytest.mark.parametrize("name", ["petzval", "phone"])
def test_show(name):
    result = rebokeh("lens", "show", name, "--with", "starburst=0.5")
    assert (result.exit_code, result.stderr) == (0, "")
    shown = tomllib.loads(result.stdout)
    facts = json.loads(rebokeh("lens", "show", name, "--with", "starburst=0.5", "--json").stdout)
    assert shown["starburst"] == facts["starburst"] == 0.5
    assert {"schema": 1, "name": name, "lens_source": facts["lens_source"], "output": None, **shown} == facts


def test_help_of_the_lens_commands():
    for words in (["lens", "-h"], ["lens", "list", "--help"], ["lens", "show", "-h"]):
        result = rebokeh(*words)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith("Usage: rebokeh lens")
    assert rebokeh("lens").exit_code == 2
    assert "rebokeh lens list" in rebokeh("--help").stdout
    check_refused(rebokeh("lens", "polish"), 2, "polish")
    check_refused(rebokeh("lens", "show"), 2, "NAME|FILE")


@pytest.fixture
def quick_sheets(monkeypatch):
    """Draw no light."""
    monkeypatch.setattr(contact_sheet, "contact_sheet", lambda _: np.zeros((4, 5, 3), np.uint8))


def test_a_sheet_is_written_once(tmp_path, quick_sheets):
    sheet = tmp_path / "sheet.png"
    result = rebokeh("lens", "show", "petzval", "-o", sheet)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"wrote {sheet}: petzval")
    assert Image.open(sheet).size == (5, 4)
    folder = Folder(tmp_path)
    check_refused(rebokeh("lens", "show", "petzval", "-o", sheet), 2, "exists")
    assert folder.new() == set()
    said = rebokeh("lens", "show", "petzval", "-o", sheet, "--overwrite", "--json")
    assert json.loads(said.stdout)["output"] == str(sheet)
    assert rebokeh("lens", "show", "petzval", "-o", sheet, "--overwrite", "-q").output == ""


def test_sheets_that_are_refused(tmp_path, quick_sheets):
    own = tmp_path / "mine.toml"
    own.write_text(rebokeh("lens", "show", "triplet").stdout, "utf-8")
    (tmp_path / "link.png").symlink_to(own)
    folder = Folder(tmp_path)
    for name, mention in {
        "sheet.jpg": ".png",
        "-": ".png",
        "": ".png",
        "none/sheet.png": "does not exist",
        "nul\0.png": "cannot be written",
    }.items():
        out = name if name in ("-", "") else f"{tmp_path}/{name}"
        check_refused(rebokeh("lens", "show", own, "-o", out), 2, mention)
    (tmp_path / "folder.png").mkdir()
    check_refused(rebokeh("lens", "show", own, "-o", tmp_path / "folder.png"), 2, "folder")
    check_refused(rebokeh("lens", "show", own, "-o", tmp_path / "link.png", "--overwrite"), 2, "input")
    assert folder.new() == set()
    assert not list(Path(tmp_path).glob("*.part"))


def test_a_lens_file_is_never_written(portrait, tmp_path, lenses):
    own = tmp_path / "mine.toml"
    own.write_text(rebokeh("lens", "show", "triplet").stdout, "utf-8")
    folder = Folder(tmp_path)
    words = ("--depth", portrait.depth, "--lens", own, "-o", own, "--format", "png", "--overwrite")
    check_refused(rebokeh(portrait.photo, *words), 2, "input")
    assert folder.new() == set()
