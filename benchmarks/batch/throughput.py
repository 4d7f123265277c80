"""A library of portraits, some of them broken, in one go: how fast, in how much memory, and is all accounted for.

    python benchmarks/batch/throughput.py LIST OUT TIMES

is the plain loop that a batch is compared with: one process that renders photo after photo.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

FSTOP = "1.8"
WORKERS = 2
LEAST_SPEED_UP, MOST_GROWTH = 1.8, 1.1
_HUNDRED = 100
_LOOK_AGAIN_S = 0.2
_EVERY, _EVERY_COMMAND = 10, 50
"""The loop renders every so manieth photo; the single command, which starts anew each time, every so manieth."""

_COMMAND = "from rebokeh.cli import app; app()"


def measure(state: dict[str, Any], save: Callable[[], object], folder: Path, count: int) -> None:
    """Do the steps that `state` does not hold yet.

    Parameters
    ----------
    state : dict
    save : callable
        Keeps the state, after each step.
    folder : Path
        For the library and what is made of it.
    count : int
        How many photos.
    """
    import portraits

    few = count < 500
    library = portraits.library(count)
    photos = folder / f"library {count}"
    if "batch" not in state:
        portraits.write(library, photos)
        out = folder / f"made {count}"
        state["batch"] = batch(photos, out, folder / f"report {count}.jsonl")
        state["photo_seconds"] = [seconds for seconds in state["batch"]["seconds"].values() if seconds > 0]
        state["accounts"] = accounts([p.name for p in library], photos, out, folder / f"report {count}.jsonl")
        state["broken"] = sum(p.broken for p in library)
        save()
    names = [p.name for p in library]
    every = 3 if few else _EVERY
    for name, threads in (("loop", None), ("loop, one thread", 1)):
        if name not in state:
            state[name] = loop(names[::every], photos, folder / "looped", threads)
            save()
    if "command" not in state:
        state["command"] = commands(names[:: 12 if few else _EVERY_COMMAND], photos, folder / "single.bin")
        save()


# --- the batch -------------------------------------------------------------------------------------------------------


def batch(photos: Path, out: Path, report: Path, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run the command over a library, and look at its memory; `env` has what is added to the environment.

    Returns
    -------
    dict
        "wall_s"; "code"; "seconds" of each photo by name; "memory_bytes": resident memory of all its processes and the
        number of photos that were through, at each moment; "counts" by status.
    """
    shutil.rmtree(out, ignore_errors=True)
    words = ["batch", str(photos), "-o", str(out), "--fstop", FSTOP, "--workers", str(WORKERS)]
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *words, "--report", str(report), "--json", "-q"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})},
    )  # fmt: skip
    lines: list[dict[str, Any]] = []

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(json.loads(line))

    listener = threading.Thread(target=listen)
    listener.start()
    samples: list[tuple[int, int]] = []
    while process.poll() is None:
        samples.append((len(lines), resident_bytes(process.pid)))
        time.sleep(_LOOK_AGAIN_S)
    listener.join()
    return {
        "wall_s": time.perf_counter() - begun,
        "code": process.returncode,
        "seconds": {_below(line["input"], photos): line["seconds"] for line in lines},
        "memory_bytes": samples,
        "counts": Counter(line["status"] for line in lines),
    }


def _below(path: str, folder: Path) -> str:
    return Path(path).relative_to(folder).as_posix()


def resident_bytes(pid: int) -> int:
    """Sum what a process and its children hold."""
    held = 0
    with contextlib.suppress(OSError, ValueError):
        held = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            held += sum(map(resident_bytes, map(int, path.read_text().split())))
    return held


def accounts(names: Iterable[str], photos: Path, out: Path, report: Path) -> dict[str, Any]:
    """See that each input stands once in the report, and each picture once in the journal and below the output folder.

    Returns
    -------
    dict
        "wrong": names of what does not; "pictures".
    """
    from rebokeh.bokeh.batch.stores.url import STATE_FOLDER

    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    told = Counter(_below(line["input"], photos) for line in lines)
    done = {_below(line["output"], out) for line in lines if line["status"] == "done"}
    records = map(json.loads, (out / STATE_FOLDER / "journal.jsonl").read_text(encoding="utf-8").splitlines())
    entered = Counter(record["target"] for record in records if record["status"] == "done")
    files = (path for path in out.rglob("*") if path.is_file() and STATE_FOLDER not in path.parts)
    standing = {path.relative_to(out).as_posix() for path in files}
    wanted = set(names)
    wrong = {name for name in wanted | told.keys() if told[name] != 1 or name not in wanted}
    wrong |= (done ^ standing) | {name for name in done | entered.keys() if entered[name] != 1}
    return {"wrong": sorted(wrong), "pictures": len(standing)}


# --- one after the other ---------------------------------------------------------------------------------------------


def loop(names: list[str], photos: Path, out: Path, threads: int | None) -> dict[str, Any]:
    """Render photos one after the other in one process, with so many threads (None: as rebokeh does by itself).

    Returns
    -------
    dict
        "seconds" of each photo by name, the start of the process and the first photo left out.
    """
    out.mkdir(parents=True, exist_ok=True)
    listed, times = out / "list.json", out / "times.json"
    listed.write_text(json.dumps([str(photos / name) for name in names]))
    env = os.environ | ({} if threads is None else {"NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)})
    subprocess.run([sys.executable, __file__, str(listed), str(out), str(times)], check=True, env=env)
    found = json.loads(times.read_text())
    return {"seconds": {_below(path, photos): seconds for path, seconds in found.items()}}


def loop_here(listed: Path, out: Path, times: Path) -> None:
    """Be that process."""
    from rebokeh.bokeh.core.errors import RebokehError
    from rebokeh.bokeh.develop import develop
    from rebokeh.bokeh.io.files.atomic import write_atomic
    from rebokeh.bokeh.settings.options import Options
    from rebokeh.bokeh.settings.preset import Preset

    recipe_for = Preset(flags=Options(fstop=FSTOP)).recipe_for
    paths, found = json.loads(listed.read_text()), {}
    for path in [*paths[:3], *paths]:  # the first ones load the loops
        begun = time.perf_counter()
        with contextlib.suppress(RebokehError):
            write_atomic(out / "picture", develop(path, recipe_for).data)
        found[path] = time.perf_counter() - begun
    times.write_text(json.dumps(found))


def commands(names: list[str], photos: Path, picture: Path) -> dict[str, Any]:
    """Render photos by one command each; "seconds" of each by name."""
    found = {}
    for name in names:
        target = picture.with_suffix(Path(name).suffix)
        words = [str(photos / name), "-o", str(target), "--fstop", FSTOP, "--overwrite", "-q"]
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", _COMMAND, *words], stderr=subprocess.DEVNULL)
        found[name] = time.perf_counter() - begun
    return {"seconds": found}


# --- what it comes to ------------------------------------------------------------------------------------------------


def speed_up(state: dict[str, Any], name: str) -> float:
    """How many times as long one after the other takes.

    Notes
    -----
    What some of the photos take of the batch's wall time is taken to be their share of its work.
    """
    work, other = state["batch"]["seconds"], state[name]["seconds"]
    share = sum(work[photo] for photo in other) / sum(work.values())
    return sum(other.values()) / (share * state["batch"]["wall_s"])


def memory(state: dict[str, Any], from_first: int = 1) -> tuple[tuple[float, float], tuple[float, float]]:
    """Mean and largest memory in bytes, of the first and of the last hundred photos.

    Looked at from when so many are through: before the first one is, workers start.
    """
    samples, count = state["batch"]["memory_bytes"], len(state["batch"]["seconds"])
    part = min(_HUNDRED, count // 2)
    first = [held for through, held in samples if from_first <= through < part]
    last = [held for through, held in samples if count - part <= through < count]
    return (fmean(first), max(first)), (fmean(last), max(last))


def tables(state: dict[str, Any]) -> tuple[list[list[str]], list[tuple[str, bool]]]:
    """Set the figures for printing, and hold them to their bars."""
    counts, count = state["batch"]["counts"], len(state["batch"]["seconds"])
    rows = [["compared with", "photos", "times as long as the batch"]]
    ratios = {name: speed_up(state, name) for name in ("command", "loop", "loop, one thread")}
    for name, words in (
        ("command", "the command, photo after photo"),
        ("loop, one thread", "a loop in one process, one thread"),
        ("loop", "a loop in one process, all threads"),
    ):
        rows.append([words, str(len(state[name]["seconds"])), f"{ratios[name]:.2f}"])
    (mean, most), (late_mean, late_most) = memory(state)
    with_start = memory(state, from_first=0)[0][0]
    wrong = state["accounts"]["wrong"]
    became = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    bars = [
        (f"{name}: {ratio:.2f} x (>= {LEAST_SPEED_UP})", ratio >= LEAST_SPEED_UP) for name, ratio in ratios.items()
    ] + [
        (
            f"memory, last {_HUNDRED} photos / first {_HUNDRED}: mean {late_mean / mean:.3f} "
            f"({late_mean / with_start:.3f} with the seconds in which workers start), "
            f"largest {late_most / most:.3f} of {most / 1e6:.0f} MB (<= {MOST_GROWTH})",
            late_mean <= MOST_GROWTH * mean and late_most <= MOST_GROWTH * most,
        ),
        (
            f"{count} photos, {state['broken']} of them broken: {became}; each once in the report, each of "
            f"{state['accounts']['pictures']} pictures once in the journal; wrong: {', '.join(wrong) or 'none'}",
            not wrong,
        ),
    ]
    return rows, bars


if __name__ == "__main__":
    loop_here(*map(Path, sys.argv[1:]))
