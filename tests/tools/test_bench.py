"""`rebokeh bench`: its scene, its lens, the Gaussians beside it, its tables and words."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from typer.testing import CliRunner

import rebokeh as rk
from rebokeh.bokeh.tools import bench
from rebokeh.bokeh.tools.bench import in_columns
from rebokeh.bokeh.tools.table_top import FOCUS_M, table_top
from rebokeh.cli import app

pytestmark = pytest.mark.kernels


def small(megapixels: float = 0.02) -> rk.Photo:
    return table_top(megapixels)


def measured(megapixels: float = 4.0) -> dict:
    def at(radius_px: float, render_s: float, opencv_s: float) -> dict:
        gaussian_s = {"SciPy": 2 * opencv_s, "OpenCV": opencv_s}
        return {"radius_px": radius_px, "render_s": render_s, "again_s": render_s / 4, "gaussian_s": gaussian_s}

    return {
        "machine": {"cores": 2},
        "megapixels": megapixels,
        "radii": [at(15, 1.0, 0.5), at(60, 1.0, 2.0), at(120, 1.5, 4.0)],
        "peak_bytes": 1_500_000_000,
        "input_bytes": 64_000_000,
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
    for name, blur in bench.gaussians().items():
        image = blur(point, 5.0)
        variance = float((image.sum(axis=0) * away[:, None]).sum() / image.sum())
        assert variance == pytest.approx(25.0, rel=0.03), name


def test_calls_alternate_until_their_time_is_up():
    order: list[str] = []
    taken = bench.alternately(
        {"slow": lambda: (order.append("s"), time.sleep(0.5)), "quick": lambda: order.append("q")}, 3, 0.6
    )
    assert order == ["s", "q", "q", "q"]
    assert len(taken["slow"]) == 1 and taken["slow"][0] >= 0.5
    assert bench.alternately({"once": lambda: None}, rounds=0)["once"]


def test_tables_in_both_kinds():
    rows = [["name", "a"], ["long name", "1.25"]]
    assert in_columns(rows) == "name          a\nlong name  1.25"
    assert in_columns(rows, markdown=True) == "| name      |    a |\n| --- | ---: |\n| long name | 1.25 |"


def test_bench_says_what_the_ratios_mean():
    rows = bench.rows(measured())
    assert rows[0][-2:] == ["render : SciPy", "render : OpenCV"]
    assert rows[2] == ["60 px", "1 s", "0.25 s", "4 s", "2 s", "0.25", "0.50"]
    words = " ".join(bench.sentences(measured()))
    assert "0.50 of OpenCV's Gaussian blurs" in words
    assert "8 times the radius a render takes 1.5 times as long, a Gaussian 8.0 times" in words
    assert "1500 MB" in words


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bench look at nothing larger than a stamp."""
    monkeypatch.setattr(bench, "SIZES_MP", (0.02, 0.01))
    monkeypatch.setattr(bench, "RADII_PX", (2, 6))


def test_bench_prints_a_table_or_json(tiny):
    said = CliRunner().invoke(app, ["bench", "--json", "--seconds", "10"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    assert [one["radius_px"] for one in found["radii"]] == [2, 6]
    assert all(one["render_s"] > 0 and one["gaussian_s"]["SciPy"] > 0 for one in found["radii"])
    assert found["megapixels"] in (0.02, 0.01)
    said = CliRunner().invoke(app, ["bench", "--seconds", "10"])
    assert said.exit_code == 0, said.output
    assert "render : SciPy" in said.stdout and "megapixels" in said.stdout


def test_bench_refuses_too_short_a_time():
    said = CliRunner().invoke(app, ["bench", "--seconds", "1"])
    assert said.exit_code == 2
    assert said.stderr == "rebokeh: 1 s is too short to measure anything; give 10 s or more\n"


def test_bench_does_without_opencv(monkeypatch):
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(bench, "import_module", missing)
    assert list(bench.gaussians()) == ["SciPy"]
    assert bench.machine()["opencv"] is None
    without = measured()
    for one in without["radii"]:
        del one["gaussian_s"]["OpenCV"]
    assert any("OpenCV is not installed" in words for words in bench.sentences(without))
