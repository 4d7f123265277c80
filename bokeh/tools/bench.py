"""How long one waits, next to the plainest blur there is: a Gaussian. ``rebokeh bench`` prints it.

Seconds differ from machine to machine; what carries over is how many Gaussian blurs of the same picture, in the same
run, something takes the time of. A disc of radius r spreads light as widely as a Gaussian of sigma = r/2.
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from ..core.errors import RebokehError, UsageError
from ..core.threads import cores
from ..io.encode import save
from ..optics.lens import Lens
from ..photo.photo import Photo
from ..render.pipeline import prepare_for, render_scene
from ..render.report import report_of
from ..render.settings import RenderSettings
from ..scene.prepared import PreparedScene
from .gaussians import alternately, gaussians
from .made_portrait import FOCUS_M, made_portrait
from .whole_command import SIGMA_PX, CommandTimes, command_rows, command_times, measure_of

MEGAPIXELS = 12.0
LEAST_MP, MOST_MP = 0.01, 100.0
F_NUMBER = 1.8

RADIUS_PX = 60.0
"""Largest blur radius at `MEGAPIXELS`; as large a part of a picture of another size."""

ROUNDS = 3


def lens_of(scene: PreparedScene, radius_px: float, focus_m: float) -> Lens:
    """Make the lens that blurs a scene by this radius where it blurs it most."""
    wide_open = Lens(f_number=1.0, focus_m=focus_m)
    largest_px = report_of(scene, wide_open, RenderSettings())["largest_radius_px"]
    return Lens(f_number=largest_px / radius_px, focus_m=focus_m)


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


def measure(megapixels: float = MEGAPIXELS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure what one waits for, on a made portrait with depth, matte and gain map: all by turns, medians.

    That is the whole command, HEIC to HEIC and JPEG to JPEG (depth and matte beside it, and no gain map); a render from
    arrays to the picture; a re-render, another lens before the prepared scene. All with a largest blur radius of 60
    pixels at 12 megapixels.

    Parameters
    ----------
    megapixels : float
    rounds : int
        How often each is measured, beside the first time, which loads or compiles the kernels.

    Returns
    -------
    dict
        Strict JSON: `machine`, `megapixels`, `commands` (as `CommandTimes`), `radii` (one: radius_px, render_s,
        again_s, gaussian_s by name), `peak_bytes` of the commands and `input_bytes`.

    Raises
    ------
    UsageError
        When there is nothing to measure so.
    """
    if not LEAST_MP <= megapixels <= MOST_MP:
        raise UsageError(f"`size` is {megapixels:g} megapixels; give {LEAST_MP:g} to {MOST_MP:g}")
    if rounds < 1:
        raise UsageError(f"`rounds` is {rounds}; it must be 1 or more")
    photo = made_portrait(megapixels)
    height, width = photo.size
    rendered = _timed(photo, RADIUS_PX * (megapixels / MEGAPIXELS) ** 0.5, rounds)
    words = ("--fstop", f"{rendered.pop('f_number'):.6g}", "--focus", f"{FOCUS_M:g}m")
    with tempfile.TemporaryDirectory() as folder:
        files = list(_files_of(photo, Path(folder)))
        del photo
        commands = [command_times(file, (*words, *more), rounds) for file, more in files]
    peaks = [one.peak_bytes for one in commands if one.peak_bytes is not None]
    return {
        "machine": machine(),
        "megapixels": height * width / 1e6,
        "commands": [one.to_json() for one in commands],
        "radii": [rendered],
        "peak_bytes": max(peaks, default=None),
        "input_bytes": height * width * 16,
    }


def measure_photos(photos: Sequence[Path], rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure the whole command on photos, at f/1.8.

    Returns
    -------
    dict
        Strict JSON: `machine`, `commands` (as `CommandTimes`) and `left_out`: why, of those that are not rendered.
    """
    commands, left_out = list[dict[str, Any]](), list[str]()
    for photo in photos:
        try:
            commands.append(command_times(photo, ("--fstop", f"{F_NUMBER:g}"), rounds).to_json())
        except RebokehError as why:
            left_out.append(str(why))
    return {"machine": machine(), "commands": commands, "left_out": left_out}


def _files_of(photo: Photo, folder: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Write a photo as phones do: all in a HEIC; a JPEG, with what it does not hold beside it. With their options."""
    assert photo.depth is not None and photo.matte is not None
    yield save(photo, folder / "made.heic"), ()
    depth, matte = folder / "depth.npy", folder / "matte.png"
    np.save(depth, 1.0 / photo.depth)
    Image.fromarray(np.rint(photo.matte * 255).astype(np.uint8)).save(matte)
    yield save(photo, folder / "made.jpg", hdr="off"), ("--depth", str(depth), "--matte", str(matte))


def _timed(photo: Photo, radius_px: float, rounds: int) -> dict[str, Any]:
    """Time a render, a re-render and Gaussians as wide, of one photo."""
    settings = RenderSettings()
    scene = prepare_for(photo, settings)
    lens = lens_of(scene, radius_px, FOCUS_M)
    render_scene(scene, lens, settings)
    calls: dict[str, Callable[[], object]] = {
        "render": lambda: render_scene(prepare_for(photo, settings), lens, settings),
        "again": lambda: render_scene(scene, lens, settings),
    }
    for name, blur in gaussians().items():
        calls[name] = lambda blur=blur: blur(photo.rgb, radius_px / 2)
    times = {name: median(taken) for name, taken in alternately(calls, rounds).items()}
    return {
        "radius_px": radius_px,
        "f_number": lens.f_number,
        "render_s": times.pop("render"),
        "again_s": times.pop("again"),
        "gaussian_s": times,
    }


def rows(measured: Mapping[str, Any]) -> list[list[str]]:
    """Set what was measured in rows, the first of them the heading: seconds, and how many Gaussian blurs each takes."""
    return command_rows([CommandTimes(**one) for one in measured["commands"]])


def render_rows(measured: Mapping[str, Any]) -> list[list[str]]:
    """Set render and re-render in rows, the first of them the heading."""
    one = measured["radii"][0]
    names = list(one["gaussian_s"])
    lines = [[f"in memory, largest radius {one['radius_px']:.3g} px", "seconds", *(f"in {n} Gaussians" for n in names)]]
    for words, seconds in (("render", one["render_s"]), ("re-render, another lens", one["again_s"])):
        lines.append([words, f"{seconds:.3g}", *(f"{seconds / one['gaussian_s'][name]:.2f}" for name in names)])
    return lines


def sentences(measured: Mapping[str, Any]) -> list[str]:
    """Say what the ratios mean."""
    facts = measured["machine"]
    words = [
        f"{facts['cores']} cores. All is measured in Gaussian blurs of the same picture, float32, sigma {SIGMA_PX:g}, "
        "in the same run; the stages are those of --timing, the rest is the start and end of the process.",
    ]
    if "radii" in measured:
        one = measured["radii"][0]
        name = measure_of(one["gaussian_s"])
        words.append(
            f"A render is everything from arrays to the picture; another lens takes as long as "
            f"{one['again_s'] / one['gaussian_s'][name]:.2f} of {name}'s Gaussian blurs as wide."
        )
    if facts["opencv"] is None:
        words.append("OpenCV is not installed; with opencv-python-headless its Gaussian is measured by.")
    return words


def report_lines(measured: Mapping[str, Any], markdown: bool = False) -> Sequence[str]:
    """Write the tables and what they mean."""
    lines = [in_columns(rows(measured), markdown), ""]
    if "radii" in measured:
        lines += [in_columns(render_rows(measured), markdown), ""]
    return [*lines, *sentences(measured), *(f"left out: {why}" for why in measured.get("left_out", ()))]


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
