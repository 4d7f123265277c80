"""The truth benchmark measures what it says: its metrics by closed forms, its phone, its set."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import phone
import pytest
import table
from support import pictures, score
from support.paths import TRUTH_SET


def a_picture(truth: np.ndarray, metres: np.ndarray) -> Any:
    import rebokeh as rk

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
