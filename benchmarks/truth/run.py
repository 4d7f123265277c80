"""Render the truth set by rebokeh and by others, and say who is how close to what a lens would have shown.

`python benchmarks/truth/run.py` prints one row per picture (PSNR), the means of every metric, and the bars.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from oracle import oracle
from phone import PHONES, opened, resized
from phone_files import file_of
from phone_files import rendered as rendered_from_file
from PIL import Image
from programs import programs
from support.peers import PEERS
from support.pictures import Picture, load, names
from support.score import METRICS, alike, score, srgb
from table import BEST, EXACT, Scored, bars, means, row, row_heading

import rebokeh as rk
from rebokeh.bokeh.tools.bench import in_columns

FloatArray = NDArray[np.float32]


FROM_FILE = "heic"
"""A column of its own: the calibrated phone's maps, in a file of 13 megapixels that is read as a user's is."""


def _as_stored(phone: str, picture: Picture) -> tuple[FloatArray, FloatArray | None]:
    """Return depth and matte as a phone would have stored them."""
    maps = PHONES[phone](picture.dioptres, picture.matte, picture.scene)
    return maps.depth, maps.matte


COLUMNS: dict[str, Callable[[Picture], tuple[FloatArray, FloatArray | None]]] = {
    EXACT: lambda p: (p.dioptres, p.matte),
    **{name: partial(_as_stored, name) for name in PHONES},
    "nomatte": lambda p: (p.dioptres, None),
    "opened": lambda p: (opened(p.dioptres), p.matte),
    BEST: lambda p: (p.dioptres, p.matte),
}
"""What is given: depth and matte, each at its own size. `opened` is exact, but thin things are missing from the depth;
`best` is exact at quality "best", all others are at "fast"."""


@dataclass(frozen=True)
class Task:
    """What to do with one picture."""

    folder: Path
    name: str
    columns: tuple[str, ...]
    peers_given: tuple[str, ...]
    bpy_python: str | None
    diff: Path | None
    files: Path


def rendered(picture: Picture, column: str, files: Path) -> FloatArray:
    """Render by rebokeh, as a user would."""
    if column == FROM_FILE:
        return rendered_from_file(file_of(picture, files), picture)
    dioptres, matte = COLUMNS[column](picture)
    photo = rk.Photo(rgb=picture.rgb, depth=dioptres, matte=matte)
    settings = rk.RenderSettings(quality="best" if column == BEST else "fast")
    return np.asarray(rk.render(photo, picture.lens, settings).rgb, np.float32)


def scored(task: Task) -> Scored:
    """Render one picture by every method and score it."""
    picture = load(task.folder, task.name)

    def measured(rgb: FloatArray, method: str) -> dict[str, float]:
        if task.diff is not None:
            write_difference(task.diff / f"{task.name.replace('/', '_')}_{method}.png", rgb, picture.truth)
        return score(rgb, picture)

    made = {column: rendered(picture, column, task.files) for column in task.columns}
    ours = {column: measured(rgb, column) for column, rgb in made.items()}
    fast_to_best_db = np.nan
    if BEST in made:
        fast = made[EXACT] if EXACT in made else rendered(picture, EXACT, task.files)
        fast_to_best_db = alike(fast, made[BEST], picture)
    others = PEERS | programs(task.bpy_python)[0]
    peers = {
        column: {
            name: measured(render(seen), f"{name}_{column}" if column != EXACT else name)
            for name, render in others.items()
        }
        for column in task.peers_given
        for seen in [as_seen(picture, column)]
    }
    known = oracle(picture)
    if known is not None:
        bound = measured(known, "bound")
    else:
        bound = {m: picture.recorded.get("bound" if m == "psnr" else f"bound_{m}", np.nan) for m in METRICS}
    return Scored(task.name, picture.noise_db, ours, peers, bound, fast_to_best_db)


def as_seen(picture: Picture, column: str) -> Picture:
    """Return a picture whose depth and matte are those of a column, for who renders at its size."""
    depth, matte = COLUMNS[column](picture)
    size = picture.metres.shape
    metres = 1.0 / np.maximum(resized(depth, size), 1e-6)
    seen = picture.matte if matte is None else resized(matte, size)
    return replace(picture, metres=metres.astype(np.float32), matte=seen.astype(np.float32))


def write_difference(path: Path, rgb: FloatArray, truth: FloatArray) -> None:
    """Write side by side: the picture, the truth, and four times their difference."""
    ours, wanted = srgb(rgb), srgb(truth)
    codes = np.concatenate([ours, wanted, np.clip(4.0 * np.abs(ours - wanted), 0.0, 1.0)], axis=1)
    Image.fromarray((codes * 255.0 + 0.5).astype(np.uint8)).save(path)


def run(tasks: list[Task], jobs: int) -> Iterator[Scored]:
    """Work through the tasks in order, here or in so many processes."""
    if jobs == 1:
        yield from map(scored, tasks)
        return
    threads = str(max((os.cpu_count() or 1) // jobs, 1))
    os.environ |= {"NUMBA_NUM_THREADS": threads, "REBOKEH_THREADS": threads}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(scored, tasks)


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).parent
    parser.add_argument("--set", type=Path, default=here / "set", help="folder of the truth set (made by make.py)")
    parser.add_argument("--only", default="", help="only pictures with this in their scene/config")
    parser.add_argument("--columns", default="exact,phone,calibrated,nomatte,opened", metavar="NAMES",
                        help=f"what rebokeh is given, of {', '.join((*COLUMNS, FROM_FILE))} (%(default)s)")  # fmt: skip
    parser.add_argument("--peers", default=",".join((EXACT, *PHONES)), metavar="NAMES",
                        help=f"what the others are given, of {', '.join((EXACT, *PHONES))} (%(default)s)")  # fmt: skip
    parser.add_argument("--no-peers", action="store_true", help="rebokeh and the bound only")
    parser.add_argument("--bpy", default=os.environ.get("BPY_PYTHON"), metavar="PYTHON", help="a Python that has bpy")
    parser.add_argument("--files", type=Path, metavar="FOLDER", help=f"where the files of {FROM_FILE} are kept")
    parser.add_argument("--diff", type=Path, metavar="FOLDER", help="write picture | truth | 4 x difference there")
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown")
    parser.add_argument("--jobs", type=int, default=1, help="pictures at once")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is not met")
    given = parser.parse_args(words)
    given.columns = tuple(given.columns.split(","))
    given.peers = () if given.no_peers else tuple(given.peers.split(","))
    for asked, known in ((given.columns, [*COLUMNS, FROM_FILE]), (given.peers, [EXACT, *PHONES])):
        for column in asked:
            if column not in known:
                parser.error(f"no column {column}; there are {', '.join(known)}")
    return given


def main() -> int:
    """Run the benchmark."""
    given = parse()
    found = names(given.set, given.only)
    if not found:
        print(f"no finished scene in {given.set}; make.py renders them, see benchmarks/README.md", file=sys.stderr)
        return 2
    if given.diff is not None:
        given.diff.mkdir(parents=True, exist_ok=True)
    if not given.no_peers:
        for word in programs(given.bpy)[1]:
            print(word, file=sys.stderr)
    with ExitStack() as stack:
        files = given.files or Path(stack.enter_context(TemporaryDirectory()))
        files.mkdir(parents=True, exist_ok=True)
        tasks = [Task(given.set, name, given.columns, given.peers, given.bpy, given.diff, files) for name in found]
        start, all_scored = time.monotonic(), []
        for one in run(tasks, given.jobs):
            all_scored.append(one)
            done = f"{len(all_scored)}/{len(tasks)} {one.name} {time.monotonic() - start:.0f} s"
            print(done, file=sys.stderr, flush=True)
    report(all_scored, given.columns, given.markdown)
    met = [is_met for _, is_met in bars(all_scored)]
    return 1 if given.check and not all(met) else 0


def report(all_scored: list[Scored], columns: Iterable[str], markdown: bool) -> None:
    """Print the tables and the bars."""
    columns = list(columns)
    print(
        in_columns(
            [row_heading(columns, list(all_scored[0].peers)), *(row(one, columns) for one in all_scored)], markdown
        )
    )
    print()
    print(in_columns(means(all_scored), markdown))
    print()
    for words, is_met in bars(all_scored):
        print(f"{'- ' if markdown else ''}{'met    ' if is_met else 'NOT MET'}  {words}")


if __name__ == "__main__":
    sys.exit(main())
