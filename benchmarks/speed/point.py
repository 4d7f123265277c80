"""One measurement, in a process of its own: `point.py TASK` prints JSON on its last line.

A task is JSON: {"do": "time" | "peak" | "heic", "scene", "megapixels", "radius_px", "methods", ...}.
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
from methods import LAYERED, NAIVE, Bench, Point

from rebokeh.bokeh.tools import bench

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
    found = bench.alternately(calls, rounds, seconds)
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
    baseline = bench.peak_bytes()
    (at.naive()[0] if method == NAIVE else at.call(method))()
    return {"baseline_bytes": baseline, "peak_bytes": bench.peak_bytes()}


def main() -> None:
    """Do the task."""
    task = json.loads(sys.argv[1])
    if task["do"] == "heic":
        inputs.write_heic(task["megapixels"], Path(task["path"]))
        done: dict[str, Any] = {}
    else:
        point = Point(task["scene"], task["megapixels"], task["radius_px"])
        if task["do"] == "time":
            done = timed(point, task["methods"], task["rounds"], task["seconds"])
        else:
            done = peak(point, task["method"])
    print(json.dumps(done))


if __name__ == "__main__":
    main()
