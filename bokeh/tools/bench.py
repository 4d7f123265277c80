"""How fast a render is, next to the plainest blur there is: a Gaussian. ``rebokeh bench`` prints it.

Seconds differ from machine to machine; what carries over is how many Gaussian blurs of the same spread, on the same
pixels, a render takes the time of. A disc of radius r spreads light as widely as a Gaussian of sigma = r/2.
"""

from __future__ import annotations

import math
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from statistics import median
from typing import Any

import numpy as np
from scipy import ndimage

from ..core.arrays import FloatArray
from ..core.errors import UsageError
from ..core.threads import cores
from ..optics.lens import Lens
from ..photo.photo import Photo
from ..render.pipeline import prepare_for, render_scene
from ..render.report import report_of
from ..render.settings import RenderSettings
from ..scene.prepared import PreparedScene
from .table_top import FOCUS_M, shape_of, table_top

Blur = Callable[[FloatArray, float], FloatArray]

RADII_PX = (15, 60, 120)
"""Largest blur radii that are measured."""

SIZES_MP = (12.0, 4.0, 1.0, 0.25)
"""Sizes of the picture to choose from, in megapixels; the last is measured first, to choose by."""

ROUNDS = 3
LEAST_SECONDS = 10.0


def lens_of(scene: PreparedScene, radius_px: float, focus_m: float) -> Lens:
    """Make the lens that blurs a scene by this radius where it blurs it most."""
    wide_open = Lens(f_number=1.0, focus_m=focus_m)
    largest_px = report_of(scene, wide_open, RenderSettings())["largest_radius_px"]
    return Lens(f_number=largest_px / radius_px, focus_m=focus_m)


def gaussians() -> dict[str, Blur]:
    """Find who blurs float32 (H, W, 3) by a Gaussian of so many pixels: SciPy, and OpenCV when it is installed."""
    found: dict[str, Blur] = {"SciPy": _scipy_gaussian}
    try:
        cv2 = import_module("cv2")
    except ImportError:
        return found
    found["OpenCV"] = lambda rgb, sigma: cv2.GaussianBlur(rgb, (0, 0), sigma)
    return found


def _scipy_gaussian(rgb: FloatArray, sigma: float) -> FloatArray:
    out = np.empty_like(rgb)
    for channel in range(3):
        ndimage.gaussian_filter(rgb[..., channel], sigma, output=out[..., channel])
    return out


def alternately(
    calls: Mapping[str, Callable[[], object]], rounds: int = ROUNDS, seconds: float = math.inf
) -> dict[str, list[float]]:
    """Time calls by turns, so that whatever else slows the machine slows all of them.

    Parameters
    ----------
    calls : mapping of str to callable
    rounds : int
        How often each is called.
    seconds : float
        A call that has taken as long in all is not made again.

    Returns
    -------
    dict of str to list of float
        Seconds of each call; one of each at least.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(max(rounds, 1)):
        for name, call in calls.items():
            if taken[name] and sum(taken[name]) + median(taken[name]) > seconds:
                continue
            start = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - start)
    return taken


def peak_bytes() -> int | None:
    """Return the most memory this process ever held; None where the system does not say (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def machine() -> dict[str, Any]:
    """Say what is measured on, and with what."""
    try:
        opencv = import_module("cv2").__version__
    except ImportError:
        opencv = None
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": cores(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "scipy", "numba")},
        "opencv": opencv,
    }


def measure(seconds: float = 50.0) -> dict[str, Any]:
    """Measure renders next to Gaussian blurs, on as large a picture as the time allows.

    Parameters
    ----------
    seconds : float
        Time to take, beside that of compiling the kernels on their first run.

    Returns
    -------
    dict
        Strict JSON: `machine`, `megapixels`, `radii` (a list of radius_px, render_s, again_s, gaussian_s by
        name), `peak_bytes` and `input_bytes`.

    Raises
    ------
    UsageError
        When the time is too short for any figure.
    """
    if not seconds >= LEAST_SECONDS:
        raise UsageError(f"{seconds:g} s is too short to measure anything; give {LEAST_SECONDS:g} s or more")
    _render(table_top(0.05), Lens(focus_m=FOCUS_M))  # compiles
    start = time.perf_counter()
    tried = [_timed(SIZES_MP[-1], radius_px, 1, math.inf) for radius_px in RADII_PX]
    each = time.perf_counter() - start
    left = seconds - each
    megapixels = next((size for size in SIZES_MP if each * size / SIZES_MP[-1] * ROUNDS < left), SIZES_MP[-1])
    if megapixels > SIZES_MP[-1]:
        tried = [_timed(megapixels, radius_px, ROUNDS, left / len(RADII_PX) / 2) for radius_px in RADII_PX]
    height, width = shape_of(megapixels)
    return {
        "machine": machine(),
        "megapixels": megapixels,
        "radii": [{k: v for k, v in one.items() if k != "peak_bytes"} for one in tried],
        # Of the first, before any other way of blurring has run at this size.
        "peak_bytes": tried[0]["peak_bytes"],
        "input_bytes": height * width * 16,
    }


def _timed(megapixels: float, radius_px: float, rounds: int, seconds: float) -> dict[str, Any]:
    photo, settings = table_top(megapixels), RenderSettings()
    scene = prepare_for(photo, settings)
    lens = lens_of(scene, radius_px, FOCUS_M)
    render_scene(scene, lens, settings)
    peak = peak_bytes()
    calls: dict[str, Callable[[], object]] = {
        "render": lambda: _render(photo, lens),
        "again": lambda: render_scene(scene, lens, settings),
    }
    for name, blur in gaussians().items():
        calls[name] = lambda blur=blur: blur(photo.rgb, radius_px / 2)
    times = {name: median(taken) for name, taken in alternately(calls, rounds, seconds).items()}
    return {
        "radius_px": radius_px,
        "render_s": times.pop("render"),
        "again_s": times.pop("again"),
        "gaussian_s": times,
        "peak_bytes": peak,
    }


def _render(photo: Photo, lens: Lens) -> Photo:
    """Do everything from colour and depth to the picture."""
    settings = RenderSettings()
    return render_scene(prepare_for(photo, settings), lens, settings)


def rows(measured: Mapping[str, Any]) -> list[list[str]]:
    """Set what was measured in rows, the first of them the heading."""
    names = list(measured["radii"][0]["gaussian_s"])
    lines = [["largest radius", "render", "again", *(f"{name} Gaussian" for name in names)]]
    lines[0] += [f"render : {name}" for name in names]
    for one in measured["radii"]:
        seconds = [one["render_s"], one["again_s"], *one["gaussian_s"].values()]
        ratios = [one["render_s"] / one["gaussian_s"][name] for name in names]
        line = [f"{one['radius_px']:g} px", *(f"{s:.3g} s" for s in seconds), *(f"{ratio:.2f}" for ratio in ratios)]
        lines.append(line)
    return lines


def sentences(measured: Mapping[str, Any]) -> list[str]:
    """Say what the ratios mean."""
    radii, facts = measured["radii"], measured["machine"]
    first, last = radii[0], radii[-1]
    middle = radii[len(radii) // 2]
    wider = f"{last['radius_px'] / first['radius_px']:g} times the radius"
    words = [
        f"{measured['megapixels']:g} megapixels, {facts['cores']} cores; a render is everything from colour and depth "
        "to the picture, 'again' is another lens on the same photo.",
    ]
    for name, seconds in middle["gaussian_s"].items():
        words.append(
            f"At {middle['radius_px']:g} px a render takes as long as {middle['render_s'] / seconds:.2f} of {name}'s "
            f"Gaussian blurs as wide, another lens as long as {middle['again_s'] / seconds:.2f}."
        )
    growth = [
        f"{last['gaussian_s'][name] / first['gaussian_s'][name]:.1f} times with {name}" for name in last["gaussian_s"]
    ]
    words.append(
        f"For {wider} a render takes {last['render_s'] / first['render_s']:.1f} times as long, a Gaussian "
        f"{', '.join(growth)}."
    )
    if "OpenCV" not in middle["gaussian_s"]:
        words.append("OpenCV is not installed; with opencv-python-headless its Gaussian is measured too.")
    if measured["peak_bytes"] is not None:
        words.append(
            f"Peak memory of a render, Python and all: {measured['peak_bytes'] / 1e6:.0f} MB, for colour and depth of "
            f"{measured['input_bytes'] / 1e6:.0f} MB."
        )
    return words


def report_lines(measured: Mapping[str, Any]) -> Sequence[str]:
    """Write the table and what it means, for a terminal."""
    return [in_columns(rows(measured)), "", *sentences(measured)]


def in_columns(rows: Sequence[Sequence[str]], markdown: bool = False) -> str:
    """Set rows in columns, the first row the heading; the first column to the left, the others to the right.

    Parameters
    ----------
    rows : sequence of sequences of str
        All of one length.
    markdown : bool
        Write a Markdown table instead of one for a terminal.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        for row in rows
    ]
    if not markdown:
        return "\n".join("  ".join(line).rstrip() for line in lines)
    lines.insert(1, ["---", *["---:"] * (len(widths) - 1)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
