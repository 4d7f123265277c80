"""The folder of a render's steps, read again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from rebokeh.bokeh.colour.profile import Profile


def listed(folder: Path) -> dict:
    def refuse(constant: str):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads((folder / "steps.json").read_text("utf-8"), parse_constant=refuse)


def file_of(folder: Path, step: str, sheet: int | None = None) -> Path:
    (found,) = (s["file"] for s in listed(folder)["steps"] if (s["step"], s["sheet"]) == (step, sheet))
    return folder / found


def codes(folder: Path, step: str, sheet: int | None = None) -> np.ndarray:
    return np.asarray(Image.open(file_of(folder, step, sheet)))


def light(folder: Path, step: str, sheet: int | None = None) -> np.ndarray:
    return Profile().to_linear(codes(folder, step, sheet)).astype(np.float64)


def share(folder: Path, step: str, sheet: int | None = None) -> np.ndarray:
    return codes(folder, step, sheet).astype(np.float64) / 65535.0
