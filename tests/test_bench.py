"""The speed benchmark measures what it says: its scenes, its powers, its tables; and `rebokeh bench`."""

from __future__ import annotations

import importlib
import json
import math
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage
from typer.testing import CliRunner

import rebokeh as rk
from rebokeh.bokeh.tools import bench
from rebokeh.bokeh.tools.bench import in_columns
from rebokeh.cli import app

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Import the benchmark's modules, which lie beside each other and in no package."""
    for folder in ("truth", "speed"):
        monkeypatch.syspath_prepend(str(BENCHMARKS / folder))
    names = ("inputs", "methods", "sweep", "figures", "chart", "peers")
    return SimpleNamespace(**{name: importlib.import_module(name) for name in names})


def small(megapixels: float = 0.02) -> rk.Photo:
    return bench.table_top(megapixels)


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


# What is measured


def test_the_scene_is_the_same_at_any_size_and_every_time():
    photo, again = small(0.1), small(0.1)
    assert np.array_equal(photo.rgb, again.rgb)
    assert photo.depth is not None and photo.matte is None
    assert photo.size[0] * photo.size[1] == pytest.approx(0.1e6, rel=0.01)
    assert photo.rgb.max() > 1.0 and photo.rgb.min() >= 0.0
    larger = bench.table_top(0.4).depth
    assert larger is not None
    # Of four pixels of the larger one, one is that of the smaller but for the things' edges.
    assert np.mean(np.abs(larger[::2, ::2][: photo.size[0], : photo.size[1]] - photo.depth) < 0.02) > 0.95


@pytest.mark.parametrize("radius_px", [3.0, 12.0])
def test_the_lens_blurs_by_the_radius_asked_for(radius_px):
    scene = rk.prepare(small())
    lens = bench.lens_of(scene.prepared, radius_px, bench.FOCUS_M)
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
        {"slow": lambda: (order.append("s"), time.sleep(0.05)), "quick": lambda: order.append("q")}, 3, 0.06
    )
    assert order == ["s", "q", "q", "q"]
    assert len(taken["slow"]) == 1 and taken["slow"][0] >= 0.05
    assert bench.alternately({"once": lambda: None}, rounds=0)["once"]


def test_the_portrait_has_the_size_asked_for_and_grain(speed):
    photo, focus_m = speed.inputs.portrait(0.3)
    assert photo.size[0] * photo.size[1] == pytest.approx(0.3e6, rel=0.01)
    assert photo.matte is not None and photo.gain_map is not None
    assert 0.5 < focus_m < 5.0
    level = photo.rgb[photo.rgb.min(axis=2) > 0.1]
    steps = np.abs(np.diff(photo.rgb, axis=1))[photo.rgb[:, 1:].min(axis=2) > 0.1]
    assert np.median(steps) > 0.5 * speed.inputs.GRAIN * np.median(level)
    radius = speed.inputs.radius_map(photo, focus_m, 20.0)
    assert radius.shape == photo.size
    assert np.abs(radius).max() == pytest.approx(20.0, rel=0.05)


@pytest.mark.slow
def test_every_method_runs_and_none_changes_the_photo(speed):
    at = speed.methods.Bench(speed.methods.Point("table", 0.01, 4.0))
    before = at.photo.rgb.copy()
    missing = {speed.methods.OPENCV} if "OpenCV" not in bench.gaussians() else set()
    for method in set(speed.methods.METHODS) - {speed.methods.NAIVE} - missing:
        picture = at.call(method)()
        rgb = np.asarray(getattr(picture, "rgb", picture))
        assert rgb.shape == before.shape and np.isfinite(rgb).all(), method
        assert np.abs(rgb - before).max() > 0.05, method
    call, factor = at.naive()
    assert call().shape == before.shape and factor == 1.0
    assert np.array_equal(at.photo.rgb, before)


def test_the_naive_scatter_is_extrapolated_by_what_it_writes(speed, monkeypatch):
    size, radius_px = (40, 50), 3.0
    y, x = np.mgrid[: size[0], : size[1]]
    inside = sum(np.sum((abs(y - v) <= 3) & (abs(x - u) <= 3)) for v in range(size[0]) for u in range(size[1]))
    assert speed.methods.writes(np.full(size, -radius_px, np.float32)) == inside
    at = speed.methods.Bench(speed.methods.Point("table", 0.01, 4.0))
    all_of_it = speed.methods.writes(at.radius)
    monkeypatch.setattr(speed.methods, "NAIVE_WRITES", all_of_it / 9)
    call, factor = at.naive()
    assert call().shape[0] == math.ceil(at.radius.shape[0] / 3)
    assert 9.0 < factor < 14.0  # of a smaller picture more is written beyond its frame


# The peer


@pytest.mark.parametrize("radius_px", [6.3, -6.3, 0.0])
@pytest.mark.parametrize("aperture", [rk.Aperture(), rk.Aperture(5, 0.0, 20.0)], ids=str)
def test_one_layer_is_a_convolution(speed, radius_px, aperture):
    rgb = np.random.default_rng(0).random((40, 51, 3), dtype=np.float32)
    kernel = speed.peers.aperture_kernel(aperture, radius_px, 8)
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
    whole = ndimage.convolve(np.ones((40, 51)), kernel, mode="constant")
    direct = [ndimage.convolve(rgb[..., k].astype(np.float64), kernel, mode="constant") / whole for k in range(3)]
    found = speed.peers.layered(rgb, np.full((40, 51), radius_px, np.float32), aperture)
    assert np.abs(found - np.stack(direct, axis=2)).max() < 2e-5


def test_layers_keep_what_is_in_focus_and_lie_over_each_other(speed):
    rgb = np.random.default_rng(1).random((60, 90, 3), dtype=np.float32)
    radius = np.where(np.arange(90) < 45, 0.0, 8.0).astype(np.float32) * np.ones((60, 1), np.float32)
    found = speed.peers.layered(rgb, radius, rk.Aperture(), layers=2)
    assert np.abs(found[:, :44] - rgb[:, :44]).max() < 1e-4
    assert found[12:-12, 58:-12].std() < 0.2 * rgb.std()


# What it comes to


@pytest.mark.parametrize("p", [0.0, 1.0, 2.5, -0.5])
def test_a_power_is_found_again(speed, p):
    assert speed.figures.power([(x, 3.0 * x**p) for x in (1.0, 4.0, 12.0, 48.0)]) == pytest.approx(p, abs=1e-9)


def test_one_point_has_no_power(speed):
    assert math.isnan(speed.figures.power([(2.0, 3.0), (2.0, 4.0)]))
    assert math.isnan(speed.figures.power([]))


def results(speed, slower: float = 1.0):
    """Make up results: 0.25 s per megapixel whatever the radius, for OpenCV 0.005 s per megapixel and pixel."""
    found = speed.sweep.Results({"cores": 2, "opencv": "5"})
    points = [(size, 60.0) for size in (1.0, 12.0, 48.0)] + [(12.0, radius) for radius in (15.0, 240.0)]
    for size, radius in points:
        for method, seconds in (
            (speed.methods.RENDER, slower * 0.25 * size),
            (speed.methods.AGAIN, slower * 0.06 * size),
            (speed.methods.OPENCV, 0.005 * size * radius),
        ):
            found.times.append(speed.sweep.Time("portrait", size, radius, method, seconds, 5))
    for threads, seconds in ((1, 5.4), (2, 3.0)):
        found.times.append(speed.sweep.Time("portrait", 12.0, 60.0, speed.methods.RENDER, seconds, 5, False, threads))
    found.peaks.append(speed.sweep.Peak("portrait", 12.0, 60.0, speed.methods.RENDER, 1_200_000_000, 300_000_000))
    return found


def test_tables_hold_ratios_and_powers(speed):
    found = results(speed)
    rows = speed.figures.time_rows(speed.figures.by_size(found, "portrait"), "megapixels", "MP")
    assert rows[0] == ["time", "1 MP", "12 MP", "48 MP", "power"]
    assert rows[1] == ["rebokeh", "0.25 s", "3 s", "12 s", "1.00"]
    assert rows[3] == ["OpenCV Gaussian", "x 1.2", "x 1.2", "x 1.2", "1.00"]
    rows = speed.figures.time_rows(speed.figures.by_radius(found, "portrait"), "radius_px", "px")
    assert rows[0] == ["time", "15 px", "60 px", "240 px", "power"]
    assert rows[1] == ["rebokeh", "3 s", "3 s", "3 s", "0.00"]
    assert rows[3] == ["OpenCV Gaussian", "x 0.3", "x 1.2", "x 4.8", "1.00"]
    assert speed.figures.memory_rows(found, "portrait")[1:] == [
        ["before: Python and the input", "0.30 GB"],
        ["rebokeh", "1.20 GB"],
    ]


def test_bars_are_met_and_missed(speed):
    met = dict(speed.figures.bars(results(speed)))
    assert met["portrait: render : OpenCV Gaussian, 12 MP, 60 px: 0.83, at most 1"]
    assert met["portrait: render of 48 MP : of 12 MP: 4.00, at most 4.4"]
    assert met["portrait: one thread : two threads: 1.80, at least 1.7"]
    assert met["portrait: peak memory, rebokeh, 12 MP: 1.20 GB, at most 1.5 GB"]
    assert all(met.values()) and len(met) == 7
    missed = [words for words, is_met in speed.figures.bars(results(speed, slower=2.0)) if not is_met]
    assert [words.split(":")[1].strip() for words in missed] == ["render", "re-render", "re-render, 1 MP"]


def test_results_are_read_as_they_were_written(speed, tmp_path):
    found = results(speed)
    found.write(tmp_path / "speed.json")
    assert speed.sweep.Results.read(tmp_path / "speed.json") == found


def test_what_would_take_too_long_is_foreseen_and_said(speed):
    found = results(speed)
    plan = speed.sweep.Plan(
        ("portrait",),
        (speed.methods.RENDER, speed.methods.OPENCV),
        ("radius",),
        (12.0,),
        (15.0, 480.0),
        12.0,
        60.0,
        (),
        longest_s=20.0,
    )
    point = speed.methods.Point("portrait", 12.0, 480.0)
    assert speed.sweep.foreseen(found, point, speed.methods.OPENCV) == pytest.approx(0.005 * 12 * 480)
    assert speed.methods.OPENCV not in speed.sweep.worth(plan, point, found)
    assert found.skipped == ["OpenCV Gaussian at portrait, 12 MP, 480 px: about 29 s"]
    assert [p.radius_px for p in plan.points()] == [15.0, 480.0]


def test_a_process_says_its_peak_and_why_it_failed(speed):
    held = "import numpy; print(numpy.ones(20_000_000).sum())"
    printed, peak = speed.sweep.in_a_process(["-c", held])
    assert printed == "20000000.0\n"
    assert 160e6 < peak < 600e6
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        speed.sweep.in_a_process(["-c", "1 / 0"])


def test_the_chart_is_svg_and_says_what_it_shows(speed):
    lines = {"ours": [(1.0, 0.3), (12.0, 3.0)], "theirs & others": [(1.0, 0.31), (12.0, 3.1)]}
    drawing = speed.chart.chart("Seconds", "megapixels", lines, "ours", {"ours": "^1.00"})
    root = ET.fromstring(drawing)
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Seconds", "megapixels", "1", "12", "0.1 s", "10 s", "ours ^1.00", "theirs & others"} <= set(words)
    assert len(drawing) < 6000 and "prefers-color-scheme:dark" in drawing
    heights = sorted(float(t.get("y", 0)) for t in root.iter() if t.text in ("ours ^1.00", "theirs & others"))
    assert heights[1] - heights[0] >= speed.chart.LABEL_PX - 0.2


# rebokeh bench


def test_tables_in_both_kinds():
    rows = [["name", "a"], ["long name", "1.25"]]
    assert in_columns(rows) == "name          a\nlong name  1.25"
    assert in_columns(rows, markdown=True) == "| name      |    a |\n| --- | ---: |\n| long name | 1.25 |"


def test_bench_says_what_the_ratios_mean():
    rows = bench.rows(measured())
    assert rows[0][-2:] == ["render : SciPy", "render : OpenCV"]
    assert rows[2] == ["60 px", "1 s", "0.25 s", "4 s", "2 s", "0.25", "0.50"]
    words = " ".join(bench.in_words(measured()))
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
    assert any("OpenCV is not installed" in words for words in bench.in_words(without))
