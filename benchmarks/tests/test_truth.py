"""The truth benchmark measures what it says: its metrics by closed forms, its phone, its set."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import map_statistics
import maps
import numpy as np
import phone
import phone_files
import pytest
import table
from scipy import ndimage
from support import pictures, score
from support.paths import TRUTH_SET

import rebokeh as rk
from rebokeh.bokeh.image.resize import block_means


def a_picture(truth: np.ndarray, metres: np.ndarray) -> Any:
    return pictures.Picture(
        scene="made", config="up", rgb=truth, metres=metres, matte=np.zeros(metres.shape, np.float32), truth=truth,
        lens=rk.Lens(f_number=2.0, focus_m=1.0, focal_mm=50.0), radius_per_dioptre=10.0, margin_px=8, noise_db=60.0,
        folder=Path(),
    )  # fmt: skip


def test_metrics_of_a_constant_error() -> None:
    truth, metres = np.full((64, 96, 3), 3.0, np.float32), np.ones((64, 96), np.float32)
    metres[:, 48:] = 4.0
    scores = score.score(truth + 1.0, a_picture(truth, metres))
    # Clipped, both are white; in stops they differ by log2(5/4) of log2(17).
    assert scores["psnr"] == pytest.approx(120.0)
    assert scores["ssim"] == pytest.approx(1.0)
    assert scores["hdr"] == pytest.approx(-20 * math.log10(math.log2(5 / 4) / math.log2(17)), abs=1e-3)
    assert scores["hl"] == pytest.approx(scores["hdr"])


def test_two_renders_are_compared_within_the_margin() -> None:
    one = np.full((64, 96, 3), 1.0, np.float32)
    picture = a_picture(one, np.ones((64, 96), np.float32))
    other = np.zeros_like(one)
    other[8:-8, 8:-8] = 0.2
    code = float(score.srgb(np.array(0.2)))
    assert score.alike(one, other, picture) == pytest.approx(-20 * math.log10(1.0 - code), abs=1e-3)


@pytest.mark.parametrize("columns", [["exact"], ["exact", "best"]])
def test_a_row_has_what_its_heading_names(columns) -> None:
    ours = {"exact": {"psnr": 35.25}, "best": {"psnr": 34.83}}
    scored = table.Scored("made/up", 60.0, ours, {}, {"psnr": 36.06}, 44.31)
    named = dict(zip(table.row_heading(columns), table.row(scored, columns), strict=True))
    assert (named["exact"], named.get("best")) == ("35.25", "34.83" if "best" in columns else None)
    assert (named["bound"], named.get("fast to best")) == ("36.06", "44.31" if "best" in columns else None)


def test_edge_looks_beside_the_jump_only() -> None:
    truth, metres = np.full((64, 96, 3), 0.2, np.float32), np.ones((64, 96), np.float32)
    metres[:, 48:] = 4.0
    wrong = np.array(truth)
    wrong[:, 40:56] = 0.4
    code = float(np.diff(score.srgb(np.array([0.2, 0.4])))[0])
    scores = score.score(wrong, a_picture(truth, metres))
    # The blur there has a radius of 10 * (1 - 1/4) = 7.5 px: the edge reaches 8 + 2 columns beyond the two that meet,
    # 22 in all, and 16 of them are wrong. The picture within the margin has 80.
    assert scores["edge"] == pytest.approx(-10 * math.log10(code**2 * 16 / 22), abs=1e-3)
    assert scores["psnr"] == pytest.approx(-10 * math.log10(code**2 * 16 / 80), abs=1e-3)


def test_a_phone_loses_thin_things_and_halves_the_matte() -> None:
    dioptres = np.full((427, 640), 0.2, np.float32)
    dioptres[:, 100:103] = 1.0
    dioptres[100:300, 300:400] = 1.0
    seen = phone.phone_depth(dioptres)
    assert np.abs(seen[:, 90:115] - 0.2).max() < 1e-3
    assert seen[200, 350] == pytest.approx(1.0, abs=1e-3)
    # The block's left edge lies two pixels too far to the right.
    assert np.interp(0.6, seen[200, 290:312], np.arange(290, 312)) == pytest.approx(301.5, abs=0.6)
    matte = np.zeros((427, 640), np.float32)
    matte[:, 200:] = 1
    soft = phone.phone_matte(matte)
    assert 0.02 < soft[200, 197] < 0.5 < soft[200, 202] < 0.98


def test_the_simple_phone_is_named_as_ever() -> None:
    dioptres, matte = some_depth(), (some_depth() > 0.5).astype(np.float32)
    stored = phone.PHONES["phone"](dioptres, matte, "any")
    assert (stored.depth == phone.phone_depth(dioptres)).all() and (stored.matte == phone.phone_matte(matte)).all()


def some_depth() -> np.ndarray:
    """Return a block at 1 dioptre before 0.2, and a bar of three pixels."""
    dioptres = np.full((427, 640), 0.2, np.float32)
    dioptres[:, 100:102] = 1.0
    dioptres[100:300, 300:400] = 1.0
    return dioptres


def test_the_calibrated_phone_loses_what_is_thin_only_and_stores_codes() -> None:
    dioptres = some_depth()
    stored = phone.CALIBRATED.maps_of(dioptres, (dioptres > 0.5).astype(np.float32), "any")
    assert max(stored.depth.shape) == 768 and np.unique(stored.depth).size <= 256
    x = (np.arange(768) + 0.5) * 640 / 768
    assert np.abs(stored.depth[240, (x > 90) & (x < 115)] - 0.2).max() < 5e-3
    assert stored.depth[240, np.argmin(np.abs(x - 350))] == pytest.approx(1.0, abs=5e-3)
    wide = np.array(dioptres)
    wide[:, 100:106] = 1.0
    assert phone.CALIBRATED.maps_of(wide, wide, "any").depth[:50, 120:130].max() > 0.7
    assert (
        phone.CALIBRATED.maps_of(dioptres, dioptres, "any").depth == stored.depth
    ).all()  # nothing but the name decides


def test_the_calibrated_matte_doubts_something_beside_the_subject() -> None:
    matte = np.zeros((427, 640), np.float32)
    matte[100:300, 300:400] = 1.0
    soft = phone.CALIBRATED.maps_of(matte, matte, "any").matte
    doubted = (np.abs(soft - phone.CALIBRATED.doubt_level) < 0.02) & (matte == 0.0)
    assert doubted.sum() / matte.sum() == pytest.approx(phone.CALIBRATED.doubt, rel=0.2)
    assert soft[200, 350] == 1.0 and np.unique(soft).size <= 256


def discs(shift_px: float = 0.0, swell_px: float = 0.0, sigma_px: float = 0.8) -> np.ndarray:
    """Return near discs before a far plane, (576, 768), as a map that is wrong in known ways."""
    y, x = np.mgrid[:576, :768].astype(np.float64)
    plane = np.zeros((576, 768))
    for row in range(96, 576, 128):
        for column in range(96, 768, 144):
            away = np.hypot(y - row, x - column - shift_px)
            plane = np.maximum(plane, np.clip(40.5 + swell_px - away, 0.0, 1.0))
    return np.asarray(ndimage.gaussian_filter(0.3 + plane, sigma_px))


@pytest.mark.parametrize(("shift_px", "swell_px", "sigma_px"), [(0.0, 0.0, 0.8), (2.0, 0.0, 1.5), (0.0, 1.0, 2.0)])
def test_the_maps_figures_are_what_was_done_to_them(shift_px, swell_px, sigma_px) -> None:
    light = (0.1 + 0.5 * (discs() - 0.3)).astype(np.float32)
    found = map_statistics.statistics_of(light, discs(shift_px, swell_px, sigma_px), None)
    # A quarter of a pixel is what edges are sampled by.
    assert found.shift_px == pytest.approx(shift_px, abs=map_statistics.STEP_PX)
    assert found.swelling_px == pytest.approx(swell_px, abs=map_statistics.STEP_PX)
    assert found.softness_px == pytest.approx(2.563 * math.hypot(sigma_px, 0.29), abs=0.3)
    assert found.scatter_px < 0.3 and found.holes == 0.0 and math.isnan(found.matte_doubt)


def test_lengths_do_not_depend_on_the_map_s_own_size() -> None:
    depth = np.kron(discs(sigma_px=1.5), np.ones((2, 2)))
    depth[:144] = np.nan
    light = np.kron(0.1 + 0.5 * (discs() - 0.3), np.ones((2, 2)))
    found = map_statistics.statistics_of(light, ndimage.uniform_filter1d(depth, 2), None)
    assert found.softness_px == pytest.approx(2.563 * math.hypot(1.5, 0.29), abs=0.5)
    assert found.holes == pytest.approx(0.125, abs=0.01)


def test_a_matte_s_doubt_and_what_the_map_lost_are_told() -> None:
    matte = np.zeros((576, 768))
    matte[200:400, 300:500] = 1.0
    matte[250:330, 420:500] = 0.45
    matte[298:302, 100:300] = 1.0  # a stick of four pixels
    depth = 0.2 + 0.8 * (matte > 0.4)
    light = np.full((576, 768), 0.2)
    whole = map_statistics.statistics_of(light, depth, matte)
    assert whole.matte_doubt == pytest.approx(74 * 74 / (200 * 200), rel=0.1)
    assert whole.kept_4 == whole.kept_9 == 1.0
    depth[298:302, 100:296] = 0.2
    lost = map_statistics.statistics_of(light, depth, matte)
    assert lost.kept_4 == lost.kept_9 == 0.0
    middle = map_statistics.typical([whole, lost])
    assert middle.kept_4 == 0.5 and math.isnan(middle.shift_px)


def test_real_and_simulated_maps_are_printed_side_by_side(tmp_path, monkeypatch, capsys) -> None:
    light = np.repeat(0.1 + 0.5 * (discs() - 0.3)[..., None], 3, axis=2).astype(np.float32)
    rk.save(rk.Photo(rgb=light, depth=discs(2.0, 0.0, 1.5).astype(np.float32)), tmp_path / "real.exr")
    rk.save(rk.Photo(rgb=light), tmp_path / "flat.png")
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / "torn.png").write_bytes((tmp_path / "flat.png").read_bytes()[:60])
    monkeypatch.setattr(maps, "names", lambda folder: ["o6_glasses/subj_f2_circ", "o6_glasses/subj_f4_hex"])
    assert maps.main([str(tmp_path), "--json", str(tmp_path / "maps.json")]) == 0
    said = capsys.readouterr()
    rows = [line.split("  ")[0] for line in said.out.splitlines()]
    assert rows[1:6] == ["real.exr", "real, median", "exact, median", "phone, median", "calibrated, median"]
    assert "notes.txt" in said.err and "torn.png: the picture is truncated or damaged" in said.err
    figures = json.loads((tmp_path / "maps.json").read_text())
    assert figures["real"]["real.exr"]["shift_px"] == pytest.approx(2.0, abs=map_statistics.STEP_PX)
    assert set(figures["calibrated"]) == {"o6_glasses"}
    # What was calibrated: softer than exact, sharper than the simple phone, 256 codes, and not shifted.
    soft = {phone: figures[phone]["o6_glasses"]["softness_px"] for phone in ("exact", "calibrated", "phone")}
    assert soft["exact"] < soft["calibrated"] < soft["phone"]
    assert figures["calibrated"]["o6_glasses"]["codes"] <= 256 < figures["exact"]["o6_glasses"]["codes"]
    assert figures["calibrated"]["o6_glasses"]["shift_px"] < 1.0 < figures["phone"]["o6_glasses"]["shift_px"]


def test_peers_are_named_by_what_they_were_given() -> None:
    peers = {"exact": {"gather": {"psnr": 30.0}, "fft": {"psnr": 31.0}}, "phone": {"gather": {"psnr": 25.0}}}
    scored = table.Scored("made/up", 60.0, {"exact": {"psnr": 35.0}, "phone": {"psnr": 28.0}}, peers, {}, math.nan)
    named = dict(zip(table.row_heading(["exact"], list(peers)), table.row(scored, ["exact"]), strict=True))
    assert (named["best peer"], named["best peer, phone"]) == ("31.00", "25.00")
    means = {line[0]: line[1] for line in table.means([scored])}
    assert (means["gather"], means["gather, phone"], means["best peer, phone"]) == ("30.00", "25.00", "25.00")
    (line,) = [words for words, met in table.bars([scored]) if "given the same maps" in words and met]
    assert line.startswith("phone ahead of the best peer given the same maps: +3.00")


def test_an_enlarged_plane_keeps_its_means() -> None:
    plane = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    plane[10, 10] = 40.0
    large = phone_files.enlarged(plane, 4)
    assert large.shape == (80, 120) and large.min() >= 0.0
    np.testing.assert_allclose(block_means(large, 4), plane, rtol=1e-4)
    ramp = phone_files.enlarged(np.tile(np.linspace(0.2, 0.4, 30, dtype=np.float32), (20, 1)), 4)
    assert np.abs(np.diff(ramp[40, 8:-8], n=2)).max() < 1e-3  # without steps


@pytest.mark.kernels
def test_a_phone_s_file_comes_through_the_front_door(tmp_path) -> None:
    picture = made_portrait()
    path = phone_files.file_of(picture, tmp_path)
    assert path == phone_files.file_of(picture, tmp_path)  # which is kept
    photo = rk.load(phone_files.write(picture, "calibrated", tmp_path / "small.heic", by=2))
    assert photo.size == (160, 240) and photo.depth_kind == "absolute"
    assert photo.depth is not None and max(photo.depth.shape) == 768 and photo.matte is not None
    assert photo.meta.f35_mm == 50.0 and photo.gain_map is not None
    seen = phone_files.rendered(tmp_path / "small.heic", picture)
    assert seen.shape == picture.rgb.shape
    # The sitter is in focus; the wall is even, and so it stays.
    assert np.abs(score.srgb(seen) - score.srgb(picture.rgb))[picture.matte > 0.5][:, 1].mean() < 0.02
    assert seen[20, 20] == pytest.approx(picture.rgb[20, 20], rel=0.1)
    # The lamp is brighter than the picture shows.
    assert seen.max() > 1.5


def made_portrait() -> Any:
    """Return a picture of a sitter at 1 m before a wall at 4 m, with a lamp."""
    y, x = np.mgrid[:80, :120]
    sitter = np.hypot(y - 60, x - 60) < 30
    rgb = np.where(sitter[..., None], (0.5, 0.35, 0.3), (0.1, 0.12, 0.15)).astype(np.float32)
    rgb[8:14, 90:96] = 6.0
    picture = a_picture(rgb, np.where(sitter, 1.0, 4.0).astype(np.float32))
    lens = rk.Lens(f_number=4.0, focus_m=1.0, focal_mm=50.0, sensor_mm=(36.0, 24.0), starburst=0.0)
    return replace(picture, matte=sitter.astype(np.float32), lens=lens)


def test_the_set_is_whole() -> None:
    scenes = sorted((TRUTH_SET).glob("*.json"))
    assert len(scenes) >= 6
    for about in scenes:
        facts = json.loads(about.read_text())
        for config in facts["configs"]:
            assert (about.parent / f"{facts['scene']}_gt_{config['name']}.exr").is_file()
        assert (about.parent / f"{facts['scene']}_pin.exr").is_file()
        assert (about.parent / f"{facts['scene']}_sheets.exr").is_file()
    size = sum(f.stat().st_size for f in (TRUTH_SET).iterdir())
    assert size < 25e6
