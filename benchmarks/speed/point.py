"""One measurement, in a process of its own: `point.py TASK` prints JSON on its last line.

A task is JSON: {"do": "time" | "peak" | "heic" | "photo", "scene", "megapixels", "radius_px", "methods", ...}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import inputs
from methods import AGAIN, LAYERED, NAIVE, OPENCV, Bench, Point

import rebokeh as rk
from rebokeh.bokeh.core.memory import peak_bytes
from rebokeh.bokeh.tools.gaussians import alternately, gaussians

WARM_UP_MP = 0.05


def timed(point: Point, methods: list[str], rounds: int, seconds: float) -> dict[str, Any]:
    """Time methods by turns; medians.

    Returns
    -------
    dict
        `seconds` and `rounds` by method; `extrapolated`: of which the time was measured on a part of the picture;
        `report`: what the lens is.
    """
    ours = [method for method in methods if method.startswith("rebokeh")]
    small = Bench(replace(point, megapixels=WARM_UP_MP, radius_px=min(point.radius_px, 20.0)))
    for method in methods:  # compiles, or loads what is compiled
        (small.naive()[0] if method == NAIVE else small.call(method))()
    at = Bench(point)
    calls: dict[str, Callable[[], object]] = {}
    factors: dict[str, float] = {}
    for method in methods:
        if method == NAIVE:
            calls[method], factors[method] = at.naive()
        else:
            calls[method] = at.call(method)
    found = alternately(calls, rounds, seconds)
    return {
        "seconds": {method: median(taken) * factors.get(method, 1.0) for method, taken in found.items()},
        "rounds": {method: len(taken) for method, taken in found.items()},
        "extrapolated": [method for method, factor in factors.items() if factor > 1.0],
        "report": {k: at.scene.report(at.lens)[k] for k in ("f_number", "largest_radius_px", "lights")} if ours else {},
    }


def peak(point: Point, method: str) -> dict[str, Any]:
    """Run one method once, and say what memory the process held at most: before, and in all."""
    at = Bench(point)
    if method in (LAYERED, NAIVE):
        _ = at.radius
    baseline = peak_bytes()
    (at.naive()[0] if method == NAIVE else at.call(method))()
    return {"baseline_bytes": baseline, "peak_bytes": peak_bytes()}


def photo_timed(path: Path, f_number: float, sigma_px: float, rounds: int, seconds: float) -> dict[str, Any]:
    """Time the re-render of a photo, and a Gaussian of it where there is one, by turns; medians.

    Returns
    -------
    dict
        `megapixels`, and `seconds` by method; `left_out`: why, where a photo has no depth or is none.
    """
    try:
        scene = rk.prepare(rk.load(path))
    except (rk.NoDepthError, rk.UnknownFormatError) as why:
        return {"left_out": str(why)}
    lens, blurs = rk.Lens(f_number=f_number), gaussians()
    calls: dict[str, Callable[[], object]] = {AGAIN: lambda: scene.render(lens)}
    if "OpenCV" in blurs:
        calls[OPENCV] = lambda: blurs["OpenCV"](scene.photo.rgb, sigma_px)
    for call in calls.values():
        call()
    found = alternately(calls, rounds, seconds)
    height, width = scene.photo.size
    return {"megapixels": height * width / 1e6, "seconds": {method: median(taken) for method, taken in found.items()}}


def main() -> None:
    """Do the task."""
    task = json.loads(sys.argv[1])
    if task["do"] == "heic":
        inputs.write_heic(task["megapixels"], Path(task["path"]))
        done: dict[str, Any] = {}
    elif task["do"] == "photo":
        done = photo_timed(Path(task["path"]), *(task[k] for k in ("f_number", "sigma_px", "rounds", "seconds")))
    else:
        point = Point(task["scene"], task["megapixels"], task["radius_px"])
        if task["do"] == "time":
            done = timed(point, task["methods"], task["rounds"], task["seconds"])
        else:
            done = peak(point, task["method"])
    print(json.dumps(done))


if __name__ == "__main__":
    main()
