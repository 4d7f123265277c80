"""Ten thousand photos on few and many workers: simulated with measured times, and what handing them out costs."""

from __future__ import annotations

import heapq
import random
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import scheduler

PHOTOS = 10_000
WORKERS = (1, 8, 64)
_PAYLOAD = 100_000
"""Bytes of a file that is read and written for nothing: about those of a portrait of the library."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """How a simulated batch went.

    Parameters
    ----------
    makespan_s : float
        From the start until the last picture is in its place.
    tail_s : float
        From when the first worker found nothing more to do.
    efficiency : float
        Share of all workers' time in which they rendered.
    scheduler : float
        Share of the time in which the one process that hands out and publishes was busy.
    """

    makespan_s: float
    tail_s: float
    efficiency: float
    scheduler: float


def simulate(seconds: Sequence[float], workers: int, overhead_s: float) -> Run:
    """Play through a batch, event by event.

    Parameters
    ----------
    seconds : sequence of float
        What each photo takes of a worker, in the order in which they are handed out.
    workers : int
    overhead_s : float
        What each photo takes of the one process that hands out and publishes. A worker waits for it between two
        photos: nothing is handed out ahead.

    Returns
    -------
    Run
    """
    waiting = iter(seconds)
    asking = [(0.0, worker) for worker in range(workers)]
    free_s, busy_s, idle_s = 0.0, 0.0, None
    while asking:
        now, worker = heapq.heappop(asking)
        free_s = max(now, free_s) + overhead_s
        busy_s += overhead_s
        taken = next(waiting, None)
        if taken is not None:
            heapq.heappush(asking, (free_s + taken, worker))
        elif idle_s is None:
            idle_s = now
    return Run(free_s, free_s - (idle_s or 0.0), sum(seconds) / (workers * free_s), busy_s / free_s)


def resampled(seconds: Sequence[float], count: int, seed: int = 0) -> list[float]:
    """Draw the times of a larger library from those of a smaller one."""
    return random.Random(seed).choices(list(seconds), k=count)


def limit_workers(seconds: Sequence[float], overhead_s: float) -> int:
    """With how many workers the process that hands out and publishes has nothing but that to do."""
    return max(round(sum(seconds) / len(seconds) / overhead_s), 1)


# --- what handing out costs ------------------------------------------------------------------------------------------


def pool_overhead(count: int, workers: int, folder: Path) -> float:
    """Measure what a photo costs the pool: seconds for each of `count` that need no work, once all workers run."""
    from rebokeh.bokeh.batch.executors.pool import Pool

    return _overhead(count, folder, lambda: Pool(workers, work="works:nothing"))


def dask_overhead(count: int, workers: int, folder: Path) -> float:
    """Measure what a photo costs with Dask's scheduler between, in a process of this machine."""
    from rebokeh.bokeh.batch.executors.dask import DaskExecutor

    with scheduler(workers) as address:
        return _overhead(count, folder, lambda: DaskExecutor(address, work="works:nothing"))


def _overhead(count: int, folder: Path, make: Callable[[], Any]) -> float:
    from rebokeh.bokeh.batch.job import Job
    from rebokeh.bokeh.batch.run import Batch
    from rebokeh.bokeh.batch.stores.local import LocalStore
    from rebokeh.bokeh.settings.preset import Preset

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    source, out = folder / "photo", folder / "out"
    source.write_bytes(random.Random(0).randbytes(_PAYLOAD))
    jobs = [Job(str(source), f"{k // 100}/{k}.jpg", str(k), "jpeg") for k in range(count)]
    with closing(make()) as executor:
        outcomes = Batch(jobs, Preset(), "", LocalStore(str(out)), executor).run()
        warm = count // 2  # until all workers have started
        for _ in range(warm):
            assert next(outcomes).status == "done"
        begun = time.perf_counter()
        rest = sum(outcome.status == "done" for outcome in outcomes)
        took = time.perf_counter() - begun
    shutil.rmtree(folder)
    assert rest == count - warm
    return took / rest


# --- the part of the benchmark ---------------------------------------------------------------------------------------


def measure(state: dict[str, Any], save: Callable[[], object], folder: Path, quick: bool) -> None:
    """Measure what is not in `state` yet, simulate, and leave the rows in it.

    Parameters
    ----------
    state : dict
    "photo_seconds": the times that the part ``portraits`` has measured.
    save : callable
        Keeps the state, after each step.
    folder : Path
        For files of a moment.
    quick : bool
    """
    costs = state.setdefault("overhead_s", {})
    steps = {
        "pool, 2": lambda: pool_overhead(100 if quick else 1000, 2, folder / "noop"),
        "pool, 8": lambda: pool_overhead(300 if quick else 3000, 8, folder / "noop"),
        "dask, 2": lambda: dask_overhead(60 if quick else 600, 2, folder / "noop"),
    }
    for name, step in steps.items():
        if name not in costs:
            costs[name] = step()
            save()
    state["rows"] = rows(state["photo_seconds"], costs)
    save()


def rows(photo_seconds: Sequence[float], costs: dict[str, float]) -> list[Row]:
    """Simulate each number of workers, and that from which on more of them help no more."""
    seconds, found = resampled(photo_seconds, PHOTOS), []
    for executor, cost in (("pool", max(costs["pool, 2"], costs["pool, 8"])), ("Dask", costs["dask, 2"])):
        limit = limit_workers(seconds, cost)
        for workers in (*WORKERS, limit, 2 * limit):
            run = simulate(seconds, workers, cost)
            found.append({"executor": executor, "workers": workers, "limit": workers == limit, **vars(run)})
    return found


def tables(state: dict[str, Any]) -> tuple[list[list[str]], list[str]]:
    """Set the rows for printing, and say what they mean."""
    rows = [["10,000 photos", "workers", "hours", "efficiency", "scheduler busy", "tail, s"]]
    for row in state["rows"]:
        cells = f"{row['makespan_s'] / 3600:.2f}", f"{row['efficiency']:.1%}", f"{row['scheduler']:.1%}"
        rows.append([row["executor"], f"{row['workers']:,}", *cells, f"{row['tail_s']:.1f}"])
    mean = sum(state["photo_seconds"]) / len(state["photo_seconds"])
    said = [f"a photo takes {mean:.2f} s of a worker on average"]
    for name, cost in state["overhead_s"].items():
        said.append(f"handing out and publishing a photo costs {1e3 * cost:.1f} ms ({name} workers)")
    limits = {row["executor"]: row["workers"] for row in state["rows"] if row["limit"]}
    said += [f"{name}: from {count:,} workers on, more of them help no more" for name, count in limits.items()]
    return rows, said
