"""The speed benchmark measures what it says: its scenes, its powers, its tables."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import chart
import figures
import inputs
import methods
import numpy as np
import pytest
import sweep
from scipy import ndimage
from support import peers

import rebokeh as rk
from rebokeh.bokeh.tools.gaussians import gaussians

pytestmark = pytest.mark.kernels


def test_the_portrait_has_the_size_asked_for_and_grain():
    photo, focus_m = inputs.portrait(0.3)
    assert photo.size[0] * photo.size[1] == pytest.approx(0.3e6, rel=0.01)
    assert photo.matte is not None and photo.gain_map is not None
    assert 0.5 < focus_m < 5.0
    level = photo.rgb[photo.rgb.min(axis=2) > 0.1]
    steps = np.abs(np.diff(photo.rgb, axis=1))[photo.rgb[:, 1:].min(axis=2) > 0.1]
    assert np.median(steps) > 0.5 * inputs.GRAIN * np.median(level)
    radius = inputs.radius_map(photo, focus_m, 20.0)
    assert radius.shape == photo.size
    assert np.abs(radius).max() == pytest.approx(20.0, rel=0.05)


@pytest.mark.slow
def test_every_method_runs_and_none_changes_the_photo():
    at = methods.Bench(methods.Point("table", 0.01, 4.0))
    before = at.photo.rgb.copy()
    missing = {methods.OPENCV} if "OpenCV" not in gaussians() else set()
    for method in set(methods.METHODS) - {methods.NAIVE} - missing:
        picture = at.call(method)()
        rgb = np.asarray(getattr(picture, "rgb", picture))
        assert rgb.shape == before.shape and np.isfinite(rgb).all(), method
        assert np.abs(rgb - before).max() > 0.05, method
    call, factor = at.naive()
    assert np.asarray(call()).shape == before.shape and factor == 1.0
    assert np.array_equal(at.photo.rgb, before)


def test_the_naive_scatter_is_extrapolated_by_what_it_writes(monkeypatch):
    size, radius_px = (40, 50), 3.0
    y, x = np.mgrid[: size[0], : size[1]]
    inside = sum(np.sum((abs(y - v) <= 3) & (abs(x - u) <= 3)) for v in range(size[0]) for u in range(size[1]))
    assert methods.writes(np.full(size, -radius_px, np.float32)) == inside
    at = methods.Bench(methods.Point("table", 0.01, 4.0))
    all_of_it = methods.writes(at.radius)
    monkeypatch.setattr(methods, "NAIVE_WRITES", all_of_it / 9)
    call, factor = at.naive()
    assert np.asarray(call()).shape[0] == math.ceil(at.radius.shape[0] / 3)
    assert 9.0 < factor < 14.0  # of a smaller picture more is written beyond its frame


# The peer


@pytest.mark.parametrize("radius_px", [6.3, -6.3, 0.0])
@pytest.mark.parametrize("aperture", [rk.Aperture(), rk.Aperture(5, 0.0, 20.0)], ids=str)
def test_one_layer_is_a_convolution(radius_px, aperture):
    rgb = np.random.default_rng(0).random((40, 51, 3), dtype=np.float32)
    kernel = peers.aperture_kernel(aperture, radius_px, 8)
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
    whole = ndimage.convolve(np.ones((40, 51)), kernel, mode="constant")
    direct = [ndimage.convolve(rgb[..., k].astype(np.float64), kernel, mode="constant") / whole for k in range(3)]
    found = peers.layered(rgb, np.full((40, 51), radius_px, np.float32), aperture)
    assert np.abs(found - np.stack(direct, axis=2)).max() < 2e-5


def test_layers_keep_what_is_in_focus_and_lie_over_each_other():
    rgb = np.random.default_rng(1).random((60, 90, 3), dtype=np.float32)
    radius = np.where(np.arange(90) < 45, 0.0, 8.0).astype(np.float32) * np.ones((60, 1), np.float32)
    found = peers.layered(rgb, radius, rk.Aperture(), layers=2)
    assert np.abs(found[:, :44] - rgb[:, :44]).max() < 1e-4
    assert found[12:-12, 58:-12].std() < 0.2 * rgb.std()


# What it comes to


@pytest.mark.parametrize("p", [0.0, 1.0, 2.5, -0.5])
def test_a_power_is_found_again(p):
    assert figures.power([(x, 3.0 * x**p) for x in (1.0, 4.0, 12.0, 48.0)]) == pytest.approx(p, abs=1e-9)


def test_one_point_has_no_power():
    assert math.isnan(figures.power([(2.0, 3.0), (2.0, 4.0)]))
    assert math.isnan(figures.power([]))


def results(slower: float = 1.0):
    """Make up results: 0.25 s per megapixel whatever the radius, for OpenCV 0.005 s per megapixel and pixel."""
    found = sweep.Results({"cores": 2, "opencv": "5"})
    points = [(size, 60.0) for size in (1.0, 12.0, 48.0)] + [(12.0, radius) for radius in (15.0, 240.0)]
    for size, radius in points:
        for method, seconds in (
            (methods.RENDER, slower * 0.25 * size),
            (methods.AGAIN, slower * 0.06 * size),
            (methods.OPENCV, 0.005 * size * radius),
        ):
            found.times.append(sweep.Time("portrait", size, radius, method, seconds, 5))
    for threads, seconds in ((1, 5.4), (2, 3.0)):
        found.times.append(sweep.Time("portrait", 12.0, 60.0, methods.RENDER, seconds, 5, False, threads))
    found.peaks.append(sweep.Peak("portrait", 12.0, 60.0, methods.RENDER, 1_200_000_000, 300_000_000))
    return found


def test_tables_hold_ratios_and_powers():
    found = results()
    rows = figures.time_rows(figures.by_size(found, "portrait"), "megapixels", "MP")
    assert rows[0] == ["time", "1 MP", "12 MP", "48 MP", "power"]
    assert rows[1] == ["rebokeh", "0.25 s", "3 s", "12 s", "1.00"]
    assert rows[3] == ["OpenCV Gaussian", "x 1.2", "x 1.2", "x 1.2", "1.00"]
    rows = figures.time_rows(figures.by_radius(found, "portrait"), "radius_px", "px")
    assert rows[0] == ["time", "15 px", "60 px", "240 px", "power"]
    assert rows[1] == ["rebokeh", "3 s", "3 s", "3 s", "0.00"]
    assert rows[3] == ["OpenCV Gaussian", "x 0.3", "x 1.2", "x 4.8", "1.00"]
    assert figures.memory_rows(found, "portrait")[1:] == [
        ["before: Python and the input", "0.30 GB"],
        ["rebokeh", "1.20 GB"],
    ]


def test_bars_are_met_and_missed():
    met = dict(figures.bars(results()))
    assert met["portrait: render : OpenCV Gaussian, 12 MP, 60 px: 0.83, at most 1"]
    assert met["portrait: render of 48 MP : of 12 MP: 4.00, at most 4.4"]
    assert met["portrait: one thread : two threads: 1.80, at least 1.8"]
    assert met["portrait: peak memory, rebokeh, 12 MP: 1.20 GB, at most 1.2 GB"]
    assert met["portrait: re-render : OpenCV Gaussian, 12 MP, 15 px: 0.80, at most 4"]
    assert all(met.values()) and len(met) == 9
    missed = [words for words, is_met in figures.bars(results(slower=2.0)) if not is_met]
    assert [words.split(":")[1].strip() for words in missed] == ["render", "re-render", "render", "re-render, 1 MP"]


def test_results_are_read_as_they_were_written(tmp_path):
    found = results()
    found.write(tmp_path / "speed.json")
    assert sweep.Results.read(tmp_path / "speed.json") == found


def test_what_would_take_too_long_is_foreseen_and_said():
    found = results()
    plan = sweep.Plan(
        ("portrait",),
        (methods.RENDER, methods.OPENCV),
        ("radius",),
        (12.0,),
        (15.0, 480.0),
        12.0,
        60.0,
        (),
        longest_s=20.0,
    )
    point = methods.Point("portrait", 12.0, 480.0)
    assert sweep.foreseen(found, point, methods.OPENCV) == pytest.approx(0.005 * 12 * 480)
    assert methods.OPENCV not in sweep.worth(plan, point, found)
    assert found.skipped == ["OpenCV Gaussian at portrait, 12 MP, 480 px: about 29 s"]
    assert [p.radius_px for p in plan.points()] == [15.0, 480.0]


def test_a_process_says_its_peak_and_why_it_failed():
    held = "import numpy; print(numpy.ones(20_000_000).sum())"
    printed, peak = sweep.in_a_process(["-c", held])
    assert printed == "20000000.0\n"
    assert 160e6 < peak < 600e6
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        sweep.in_a_process(["-c", "1 / 0"])


def test_the_chart_is_svg_and_says_what_it_shows():
    lines = {"ours": [(1.0, 0.3), (12.0, 3.0)], "theirs & others": [(1.0, 0.31), (12.0, 3.1)]}
    drawing = chart.chart("Seconds", "megapixels", lines, "ours", {"ours": "^1.00"})
    root = ET.fromstring(drawing)
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Seconds", "megapixels", "1", "12", "0.1 s", "10 s", "ours ^1.00", "theirs & others"} <= set(words)
    assert len(drawing) < 6000 and "prefers-color-scheme:dark" in drawing
    heights = sorted(float(t.get("y", 0)) for t in root.iter() if t.text in ("ours ^1.00", "theirs & others"))
    assert heights[1] - heights[0] >= chart.LABEL_PX - 0.2
