"""Against path-traced thin-lens pictures: our own, and others where they are at hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from support import pictures, score
from support.paths import TRUTH_SET

import rebokeh as rk

pytestmark = [pytest.mark.kernels, pytest.mark.slow]
CONFIGS = [
    "s1_portrait/back_f2_hex",
    "s1_portrait/subj_f1.4_circ",
    "s1_portrait/subj_f2.8_hex",
    "s1_portrait/subj_f5.6_circ",
    "s4_fence/back_f0.95_hex",
    "s4_fence/front_f1.4_circ",
    "s4_fence/subj_f1.2_circ",
    "s4_fence/subj_f2.8_hex",
]
LEAST_MEAN_DB = 35.5
LEAST_OWN_MEAN_DB = 34.4


@pytest.fixture(scope="session")
def truth(shared: Path) -> Path:
    """Return the folder of path-traced pictures; skip without it."""
    folder = shared / "truth"
    if not (folder / "peers.json").is_file():
        pytest.skip("no path-traced pictures")
    return folder


@pytest.fixture(scope="session")
def psnr_db() -> Callable[[Path, str], float]:
    """Return what renders one picture of a set with its exact depth and matte, and measures it; once for each."""
    pytest.importorskip("OpenEXR")

    @cache
    def measured(folder: Path, name: str) -> float:
        picture = pictures.load(folder, name)
        made = rk.render(rk.Photo(rgb=picture.rgb, depth=picture.dioptres, matte=picture.matte), picture.lens)
        inner = (slice(picture.margin_px, -picture.margin_px),) * 2
        return score.decibels((score.srgb(made.rgb) - score.srgb(picture.truth))[inner] ** 2)

    return measured


@pytest.mark.parametrize("name", CONFIGS)
def test_no_peer_is_closer(truth, psnr_db, name):
    best_peer = json.loads((truth / "peers.json").read_text())[name]["best"]
    assert psnr_db(truth, name) > best_peer


def test_mean_over_all(truth, psnr_db):
    each = {name: round(psnr_db(truth, name), 2) for name in CONFIGS}
    assert np.mean(list(each.values())) >= LEAST_MEAN_DB, each


def test_mean_over_our_own_set(psnr_db):
    each = {}
    for about in sorted(TRUTH_SET.glob("*.json")):
        facts = json.loads(about.read_text())
        for config in facts["configs"]:
            name = f"{facts['scene']}/{config['name']}"
            each[name] = round(psnr_db(TRUTH_SET, name), 2)
    assert len(each) >= 18
    assert np.mean(list(each.values())) >= LEAST_OWN_MEAN_DB, each
