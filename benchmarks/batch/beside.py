"""Photos per second of a batch, next to those of an older revision, in the same run."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import throughput

ROOT = Path(__file__).parents[2]
LEAST_GAIN = 1.5
_WARM_UP, _ROUNDS = 6, 3
NOW = "this code"


def measure(state: dict[str, Any], save: Callable[[], object], folder: Path, revision: str, count: int) -> None:
    """Render a library of sound portraits by both, by turns, each with compiled loops of its own.

    Parameters
    ----------
    state : dict
        Keeps the photos per second of each, "rates", and how many "photos".
    save : callable
    folder : Path
    revision : str
        What git calls it.
    count : int
        How many photos.
    """
    import portraits

    library = [one for one in portraits.library(count) if not one.broken]
    photos, few = folder / f"sound {count}", folder / "sound few"
    portraits.write(library, photos)
    portraits.write(library[:_WARM_UP], few)
    codes = {NOW: environment(ROOT, folder / "now"), revision: environment(checkout(revision, folder), folder / "then")}
    rates = state.setdefault("rates", {name: [] for name in codes})
    state |= {"photos": len(library), "revision": revision}
    for name, env in codes.items():
        render(few, folder / "made few", env)
        print(f"{name}: compiled", flush=True)
    while any(len(found) < _ROUNDS for found in rates.values()):
        for name, env in codes.items():
            rates[name].append(render(photos, folder / "made beside", env))
        save()


def checkout(revision: str, folder: Path) -> Path:
    """Have a revision's files in a folder of their own."""
    place = folder / f"code {revision}"
    if not place.exists():
        subprocess.run(["git", "-C", str(ROOT), "worktree", "prune"], check=True)
        subprocess.run(["git", "-C", str(ROOT), "worktree", "add", "--detach", str(place), revision], check=True)
    return place


def environment(code: Path, place: Path) -> dict[str, str]:
    """Say where a process finds the package, which a checkout is, and where it keeps compiled loops."""
    path = place / "path"
    path.mkdir(parents=True, exist_ok=True)
    link = path / "rebokeh"
    if not link.exists():
        link.symlink_to(code, target_is_directory=True)
    return {"PYTHONPATH": str(path), "NUMBA_CACHE_DIR": str(place / "loops")}


def render(photos: Path, out: Path, env: dict[str, str]) -> float:
    """Run a batch; returns how many pictures it made in a second.

    Raises
    ------
    RuntimeError
        When it makes none.
    """
    found = throughput.batch(photos, out, out.with_suffix(".jsonl"), env)
    if not found["counts"]["done"]:
        raise RuntimeError(f"the batch made no picture (exit code {found['code']})")
    return found["counts"]["done"] / found["wall_s"]


def tables(state: dict[str, Any]) -> tuple[list[list[str]], list[tuple[str, bool]]]:
    """Set the figures for printing, and hold them to their bar."""
    rows = [["batch of portraits", "photos", "photos per second"]]
    rates = {name: median(found) for name, found in state["rates"].items()}
    rows += [[name, str(state["photos"]), f"{rate:.2f}"] for name, rate in rates.items()]
    gain = rates[NOW] / rates[state["revision"]]
    return rows, [(f"{gain:.2f} times as many photos per second (>= {LEAST_GAIN})", gain >= LEAST_GAIN)]
