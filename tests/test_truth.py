"""Against path-traced thin-lens pictures: our own, and others where they are at hand."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import rebokeh as rk

pytestmark = pytest.mark.slow
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
OWN = Path(__file__).parent.parent / "benchmarks" / "truth" / "set"
LEAST_OWN_MEAN_DB = 34.4


@pytest.fixture(scope="session")
def truth(shared: Path) -> Path:
    """Return the folder of path-traced pictures; skip without it."""
    folder = shared / "truth"
    if not (folder / "peers.json").is_file():
        pytest.skip("no path-traced pictures")
    return folder


def channels(path: Path) -> dict[str, np.ndarray]:
    exr = pytest.importorskip("OpenEXR")
    found = {name: np.asarray(c.pixels, np.float32) for name, c in exr.File(str(path)).parts[0].channels.items()}
    if "RGB" not in found:
        found["RGB"] = np.dstack([found[c] for c in "RGB"])
    return found


def srgb(linear: np.ndarray) -> np.ndarray:
    v = np.clip(linear.astype(np.float64), 0, 1)
    return np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.maximum(v, 1e-9) ** (1 / 2.4) - 0.055)


@cache
def psnr_db(folder: Path, name: str) -> float:
    """Render one picture with its exact depth and matte, and compare as the eye sees it, without the border."""
    scene, config = name.split("/")
    about = json.loads((folder / f"{scene}.json").read_text())
    lens = next(c for c in about["configs"] if c["name"] == config)
    pinhole = channels(folder / f"{scene}_pin.exr")
    photo = rk.Photo(rgb=pinhole["RGB"], depth=np.reciprocal(pinhole["Z"]), matte=pinhole["subject"])
    aperture = rk.Aperture(lens["blades"], 0.0, lens["rotation_deg"] if lens["blades"] else 0.0)
    picture = rk.render(
        photo,
        rk.Lens(
            f_number=lens["f_number"],
            focus_m=lens["focus_m"],
            focal_mm=about["focal_mm"],
            sensor_mm=(36.0, 24.0),
            aperture=aperture,
        ),
    )
    inner = (slice(lens["margin_px"], -lens["margin_px"]),) * 2
    off = srgb(picture.rgb) - srgb(channels(folder / f"{scene}_gt_{config}.exr")["RGB"])
    return -10 * math.log10(float(np.mean(off[inner] ** 2)))


@pytest.mark.parametrize("name", CONFIGS)
def test_no_peer_is_closer(truth, name):
    best_peer = json.loads((truth / "peers.json").read_text())[name]["best"]
    assert psnr_db(truth, name) > best_peer


def test_mean_over_all(truth):
    each = {name: round(psnr_db(truth, name), 2) for name in CONFIGS}
    assert np.mean(list(each.values())) >= LEAST_MEAN_DB, each


def test_mean_over_our_own_set():
    each = {}
    for about in sorted(OWN.glob("*.json")):
        facts = json.loads(about.read_text())
        for config in facts["configs"]:
            name = f"{facts['scene']}/{config['name']}"
            each[name] = round(psnr_db(OWN, name), 2)
    assert len(each) >= 18
    assert np.mean(list(each.values())) >= LEAST_OWN_MEAN_DB, each
