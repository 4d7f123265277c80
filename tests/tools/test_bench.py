"""`rebokeh bench`: its scene, its lens, the Gaussians beside it, its tables and words."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from support.paths import ROOT
from typer.testing import CliRunner

import rebokeh as rk
from rebokeh.bokeh.tools import bench, gaussians, whole_command
from rebokeh.bokeh.tools.bench import in_columns
from rebokeh.bokeh.tools.made_portrait import FOCUS_M as PORTRAIT_M
from rebokeh.bokeh.tools.made_portrait import made_portrait
from rebokeh.bokeh.tools.table_top import FOCUS_M, table_top
from rebokeh.cli import app

pytestmark = pytest.mark.kernels

SAMPLE = ROOT / "samples" / "portrait.heic"


def small(megapixels: float = 0.02) -> rk.Photo:
    return table_top(megapixels)


def measured(**machine: str | None) -> dict:
    seconds = {"start": 0.5, "load": 0.25, "prepare": 1.5, "render": 1.0, "save": 1.25, "whole": 5.0}
    command = {
        "photo": "made.heic", "format": "heic", "megapixels": 12.0, "largest_radius_px": 60.0, "seconds": seconds,
        "gaussian_s": {"OpenCV": 2.0}, "peak_bytes": 1_500_000_000,
    }  # fmt: skip
    render = {"radius_px": 60.0, "render_s": 3.0, "again_s": 1.0, "gaussian_s": {"SciPy": 4.0, "OpenCV": 2.0}}
    return {
        "machine": {"cores": 2, "opencv": "4.10", **machine},
        "megapixels": 12.0,
        "commands": [command],
        "radii": [render],
        "peak_bytes": 1_500_000_000,
        "input_bytes": 192_000_000,
    }


def test_the_scene_is_the_same_at_any_size_and_every_time():
    photo, again = small(0.1), small(0.1)
    assert np.array_equal(photo.rgb, again.rgb)
    assert photo.depth is not None and photo.matte is None
    assert photo.size[0] * photo.size[1] == pytest.approx(0.1e6, rel=0.01)
    assert photo.rgb.max() > 1.0 and photo.rgb.min() >= 0.0
    larger = table_top(0.4).depth
    assert larger is not None
    # Of four pixels of the larger one, one is that of the smaller but for the things' edges.
    assert np.mean(np.abs(larger[::2, ::2][: photo.size[0], : photo.size[1]] - photo.depth) < 0.02) > 0.95


@pytest.mark.parametrize("radius_px", [3.0, 12.0])
def test_the_lens_blurs_by_the_radius_asked_for(radius_px):
    scene = rk.prepare(small())
    lens = bench.lens_of(scene.prepared, radius_px, FOCUS_M)
    assert scene.report(lens)["largest_radius_px"] == pytest.approx(radius_px, rel=1e-6)


def test_gaussians_are_as_wide_as_they_say():
    point = np.zeros((61, 61, 3), np.float32)
    point[30, 30] = 1.0
    away = (np.arange(61) - 30.0) ** 2
    for name, blur in gaussians.gaussians().items():
        image = blur(point, 5.0)
        variance = float((image.sum(axis=0) * away[:, None]).sum() / image.sum())
        assert variance == pytest.approx(25.0, rel=0.03), name


def test_calls_alternate_until_their_time_is_up():
    order: list[str] = []
    taken = gaussians.alternately(
        {"slow": lambda: (order.append("s"), time.sleep(0.5)), "quick": lambda: order.append("q")}, 3, 0.6
    )
    assert order == ["s", "q", "q", "q"]
    assert len(taken["slow"]) == 1 and taken["slow"][0] >= 0.5
    assert gaussians.alternately({"once": lambda: None}, rounds=0)["once"]


def test_tables_in_both_kinds():
    rows = [["name", "a"], ["long name", "1.25"]]
    assert in_columns(rows) == "name          a\nlong name  1.25"
    assert in_columns(rows, markdown=True) == "| name      |    a |\n| --- | ---: |\n| long name | 1.25 |"


def test_bench_says_what_the_ratios_mean():
    head, row = bench.rows(measured())
    assert dict(zip(head, row, strict=True)) == {
        "whole command": "made.heic", "size": "12 MP", "start": "0.25", "load": "0.12", "prepare": "0.75",
        "render": "0.50", "save": "0.62", "all, in OpenCV Gaussians": "2.50", "seconds": "5.00",
        "peak memory": "1.50 GB",
    }  # fmt: skip
    assert bench.render_rows(measured())[1:] == [
        ["render", "3", "0.75", "1.50"],
        ["re-render, another lens", "1", "0.25", "0.50"],
    ]
    assert "0.50 of OpenCV's Gaussian blurs" in " ".join(bench.sentences(measured()))


def test_bench_prints_tables_or_json():
    said = CliRunner().invoke(app, ["bench", "--json", "--size", "0.05", "--rounds", "1"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    assert [one["format"] for one in found["commands"]] == ["heic", "jpeg"]
    for one in found["commands"]:
        stages = [one["seconds"][stage] for stage in whole_command.STAGES]
        assert 0.0 < sum(stages) <= one["seconds"]["whole"] + 0.5
        assert one["largest_radius_px"] == pytest.approx(60.0 * (0.05 / 12.0) ** 0.5, rel=0.1)
    assert found["radii"][0]["again_s"] > 0 and found["megapixels"] == pytest.approx(0.05, rel=0.1)
    lines = "\n".join(bench.report_lines(found))
    assert "made.heic" in lines and "re-render" in lines


def test_bench_measures_photos(portrait):
    said = CliRunner().invoke(app, ["bench", str(SAMPLE), str(portrait.photo), "--json", "--rounds", "1"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    assert [one["photo"] for one in found["commands"]] == [SAMPLE.name]
    assert len(found["left_out"]) == 1 and "holds no depth" in found["left_out"][0]
    assert "left out: " in "\n".join(bench.report_lines(found))


@pytest.mark.parametrize("flags", [("--size", "0.001"), ("--rounds", "0"), ("--size", "nan")])
def test_bench_refuses_what_cannot_be_measured(flags):
    said = CliRunner().invoke(app, ["bench", *flags])
    assert said.exit_code == 2 and said.stderr.startswith(f"rebokeh: {flags[0]} is ")


def test_the_made_portrait_is_the_same_at_any_size_and_every_time():
    photo, again = made_portrait(0.1), made_portrait(0.1)
    assert photo.depth is not None and again.depth is not None
    assert np.array_equal(photo.rgb, again.rgb) and np.array_equal(photo.depth, again.depth)
    assert photo.size[0] * photo.size[1] == pytest.approx(0.1e6, rel=0.05)
    assert photo.matte is not None and photo.gain_map is not None
    # What the matte covers is as near as the depth map says.
    near = np.median(photo.depth[photo.depth > 0.6])
    assert 1.0 / near == pytest.approx(PORTRAIT_M, rel=0.01)
    assert (photo.matte > 0.5).mean() == pytest.approx((photo.depth > 0.6).mean(), abs=0.02)
    assert photo.gain_map.log2_gain.max() == 3.0 and (photo.rgb == 1.0).any()


def test_bench_does_without_opencv(monkeypatch):
    def missing(name: str):
        raise ImportError(name)

    for module in (bench, gaussians):
        monkeypatch.setattr(module, "import_module", missing)
    assert list(gaussians.gaussians()) == ["SciPy"]
    assert bench.machine()["opencv"] is None
    without = measured(opencv=None)
    without["commands"][0]["gaussian_s"] = {"SciPy": 4.0}
    assert bench.rows(without)[0][-3] == "all, in SciPy Gaussians" and bench.rows(without)[1][-3] == "1.25"
    assert any("OpenCV is not installed" in words for words in bench.sentences(without))
