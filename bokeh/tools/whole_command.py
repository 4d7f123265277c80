"""What somebody waits for: the whole command, from one file to the other, next to a Gaussian blur of the picture.

Seconds differ from machine to machine; what carries over is how many Gaussian blurs of the same picture, in the same
run, the command takes the time of.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ..core.errors import RebokehError
from ..load import load
from .gaussians import alternately, gaussians

STAGES = ("start", "load", "prepare", "render", "save")
"""As ``--timing`` names them."""

SIGMA_PX = 30.0
"""Of the Gaussian that a command is measured by; a disc of twice its radius spreads light as widely."""

_WHOLE = "command"


@dataclass(frozen=True)
class CommandRun:
    """One run of the command.

    Attributes
    ----------
    seconds : dict of str to float
        Of each stage, and "whole": of the process, from its start to its end.
    peak_bytes : int or None
        The most memory it held, where the system says.
    width, height : int
        Of the picture.
    largest_radius_px : float
    """

    seconds: dict[str, float]
    peak_bytes: int | None
    width: int
    height: int
    largest_radius_px: float


@dataclass(frozen=True)
class CommandTimes:
    """Several runs of the command on one photo.

    Attributes
    ----------
    photo, format : str
    megapixels, largest_radius_px : float
    seconds : dict of str to float
        Medians by stage, and of the whole.
    gaussian_s : dict of str to float
        Medians by library, between the same runs.
    peak_bytes : int or None
        The most memory of any run.
    """

    photo: str
    format: str
    megapixels: float
    largest_radius_px: float
    seconds: dict[str, float]
    gaussian_s: dict[str, float]
    peak_bytes: int | None

    def ratio(self, stage: str = "whole") -> float:
        """How many Gaussian blurs a stage, or all of it, takes the time of: OpenCV's, or SciPy's without that."""
        return self.seconds[stage] / self.gaussian_s[measure_of(self.gaussian_s)]

    def to_json(self) -> dict[str, Any]:
        """Say it in plain values."""
        return asdict(self)


def run_command(photo: Path, out: Path, words: Sequence[str] = (), loops: Path | None = None) -> CommandRun:
    """Run ``rebokeh PHOTO -o OUT`` in a process of its own.

    Parameters
    ----------
    photo, out : Path
    words : sequence of str
        More of the command.
    loops : Path, optional
        Where it finds and keeps compiled kernels; where it always does, without.

    Raises
    ------
    RebokehError
        When it fails; with what it said.
    """
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "rebokeh", str(photo), "-o", str(out), *words, "--overwrite", "--json", "-q"],
        capture_output=True, text=True, env=None if loops is None else os.environ | {"NUMBA_CACHE_DIR": str(loops)},
    )  # fmt: skip
    whole = time.perf_counter() - begun
    if done.returncode:
        raise RebokehError(done.stderr.strip().removeprefix("rebokeh: ") or f"the command failed ({done.returncode})")
    facts = json.loads(done.stdout)
    seconds = {stage: facts["seconds"][stage] for stage in STAGES} | {"whole": whole}
    radius = facts.get("largest_radius_px", 0.0)
    return CommandRun(seconds, facts["peak_bytes"], facts["width"], facts["height"], radius)


def command_times(photo: Path, words: Sequence[str] = (), rounds: int = 3) -> CommandTimes:
    """Run the command on a photo and a Gaussian of its picture by turns, each `rounds` times; once before, unmeasured.

    Raises
    ------
    RebokehError
        When the photo cannot be read, or the command fails.
    """
    picture = load(photo)
    rgb, kind = picture.rgb, picture.meta.format
    del picture
    blurs = gaussians()
    name = measure_of(blurs)
    runs: list[CommandRun] = []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"out{photo.suffix}"
        run_command(photo, out, words)
        calls: dict[str, Callable[[], object]] = {
            _WHOLE: lambda: runs.append(run_command(photo, out, words)),
            name: lambda: blurs[name](rgb, SIGMA_PX),
        }
        taken = alternately(calls, rounds)
    peaks = [run.peak_bytes for run in runs if run.peak_bytes is not None]
    return CommandTimes(
        photo=photo.name,
        format=kind,
        megapixels=runs[0].width * runs[0].height / 1e6,
        largest_radius_px=runs[0].largest_radius_px,
        seconds={stage: median(run.seconds[stage] for run in runs) for stage in (*STAGES, "whole")},
        gaussian_s={name: median(taken[name])},
        peak_bytes=max(peaks, default=None),
    )


def first_run_s(photo: Path, words: Sequence[str] = ()) -> float:
    """Return the seconds of a first run after an install: no kernel is compiled yet.

    Raises
    ------
    RebokehError
        When the command fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"out{photo.suffix}"
        return run_command(photo, out, words, loops=Path(folder) / "loops").seconds["whole"]


def measure_of(found: dict[str, Any]) -> str:
    """Name the library that is measured by: OpenCV where it is installed."""
    return "OpenCV" if "OpenCV" in found else next(iter(found))


def command_rows(times: Sequence[CommandTimes]) -> list[list[str]]:
    """Set the whole command in rows: each stage and all of it in Gaussian blurs; the first row is the heading."""
    name = measure_of(times[0].gaussian_s) if times else "OpenCV"
    lines = [["whole command", "size", *STAGES, f"all, in {name} Gaussians", "seconds", "peak memory"]]
    for one in times:
        held = "-" if one.peak_bytes is None else f"{one.peak_bytes / 1e9:.2f} GB"
        stages = (f"{one.ratio(stage):.2f}" for stage in STAGES)
        lines.append(
            [one.photo, f"{one.megapixels:.3g} MP", *stages, f"{one.ratio():.2f}", f"{one.seconds['whole']:.2f}", held]
        )
    return lines
