"""Many photos checked: a row each, what is out of range marked, and an exit code that says so."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import rebokeh as rk


def script() -> ModuleType:
    """Import the benchmark, whose file's name several share."""
    spec = importlib.util.spec_from_file_location("real_run", Path(__file__).parents[1] / "real" / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a photo that holds depth, one that holds none, and a text."""
    rgb = np.full((40, 60, 3), 0.2, np.float32)
    depth = np.where(np.arange(60) < 30, 1.0, 0.5) * np.ones((40, 1))
    rk.save(rk.Photo(rgb=rgb, depth=depth.astype(np.float32)), tmp_path / "a.exr")
    rk.save(rk.Photo(rgb=rgb), tmp_path / "b.png")
    (tmp_path / "c.txt").write_text("no photo")
    return tmp_path


def found(solid: float) -> rk.PictureCheck:
    """Return a check with so much that is seen through."""
    from rebokeh.bokeh.tools.check.report import MEANINGS

    values = dict.fromkeys(MEANINGS, None) | {"solid": solid}
    figures = tuple(rk.CheckFigure(name, value, 0.0, 0.02, "share") for name, value in values.items())
    return rk.PictureCheck(1.4, 1.0, figures)


@pytest.mark.parametrize(("solid", "code", "cell"), [(0.01, 0, "1.0 %"), (0.36, 1, "36.0 % (!)")])
def test_each_photo_has_its_row(folder, monkeypatch, capsys, solid, code, cell):
    run = script()

    def check(photo: rk.Photo, lens: rk.Lens) -> rk.PictureCheck:
        if photo.depth is None:
            raise rk.NoDepthError("b.png holds no depth")
        assert lens.f_number == 1.4
        return found(solid)

    monkeypatch.setattr(rk, "check", check)
    assert run.main([str(folder), "--markdown", "--json", str(folder / "out.json")]) == code
    said = capsys.readouterr()
    (line,) = [line for line in said.out.splitlines() if line.startswith("| a.exr")]
    assert line.split("|")[2].strip() == cell and line.split("|")[3].strip() == "-"
    assert f"1 checked, {code} of them out of range" in said.out
    assert "b.png holds no depth" in said.err and "c.txt" in said.err
    (photo,) = json.loads((folder / "out.json").read_text())["photos"]
    assert photo["passed"] is (code == 0) and photo["figures"]["solid"]["value"] == solid


@pytest.mark.kernels
def test_a_real_check_of_a_file(folder, capsys):
    assert script().main([str(folder / "a.exr")]) == 0
    assert "a.exr" in capsys.readouterr().out


def test_a_folder_without_depth_is_said(tmp_path, capsys):
    rk.save(rk.Photo(rgb=np.full((40, 60, 3), 0.2, np.float32)), tmp_path / "b.png")
    assert script().main([str(tmp_path)]) == 2
    assert "no photo with depth" in capsys.readouterr().err


def test_a_broken_photo_is_named_and_the_others_are_checked(folder, monkeypatch, capsys):
    run = script()
    monkeypatch.setattr(rk, "check", lambda photo, lens: found(0.01))
    (folder / "d.png").write_bytes((folder / "b.png").read_bytes()[:60])
    assert run.main([str(folder)]) == 1
    said = capsys.readouterr()
    assert "BROKEN: " in said.err and "d.png: the picture is truncated or damaged" in said.err
    assert "checked, 0 of them out of range; 1 broken" in said.out
    assert run.main([str(folder / "d.png")]) == 1
    assert run.main([str(folder / "c.txt")]) == 2
