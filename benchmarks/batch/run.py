"""Show what `rebokeh batch` promises: speed, memory, that nothing is lost, the same bytes, and how far it scales.

    python benchmarks/batch/run.py [portraits|beside|faults|bytes|tail ...] [--quick] [--json FILE] [--folder DIR]

`beside` compares with an older revision, which --revision names; it is left out without.

With --json each step is kept, and a later call goes on from there; `tail` needs the times that `portraits` measures.
--read measures nothing. Ratios carry over from machine to machine; --check exits with 1 when a bar is not met.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import beside
import equal
import faults
import tail
import throughput

from rebokeh.bokeh.tools.bench import in_columns, machine

PARTS = ("portraits", "beside", "faults", "bytes", "tail")
TIMES = 20
State = dict[str, Any]
Table = tuple[list[list[str]], list[tuple[str, bool]]]


def main() -> int:
    """Run the benchmark."""
    asked = parse()
    state: State = {"machine": machine(), "quick": asked.quick, "parts": {}}
    kept = asked.read or asked.json
    if kept is not None and kept.exists():
        state = json.loads(kept.read_text(encoding="utf-8"))
        if asked.read is None and state["quick"] != asked.quick:
            raise SystemExit(f"{kept} was begun {'with' if state['quick'] else 'without'} --quick; name another file")
    if asked.read is None:
        with tempfile.TemporaryDirectory() as moment:
            measure(state, asked, asked.folder or Path(moment))
    return report(state, asked)


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; by default all")
    parser.add_argument("--quick", action="store_true", help="sixty photos, each fault twice")
    parser.add_argument("--photos", type=int, metavar="N", help="size of the library (2000)")
    parser.add_argument("--revision", metavar="REV", help="git revision that `beside` compares with")
    parser.add_argument("--only", default="", metavar="WORD", help="only the faults whose name holds this word")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep photos and pictures there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep each step there, and go on from there")
    parser.add_argument("--read", type=Path, metavar="FILE", help="measure nothing: show what --json kept")
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is not met")
    asked = parser.parse_args(words)
    if unknown := [part for part in asked.parts if part not in PARTS]:
        parser.error(f"no part {unknown[0]}; there are {', '.join(PARTS)}")
    if "beside" in asked.parts and asked.revision is None and asked.read is None:
        parser.error("`beside` needs --revision")
    asked.parts = asked.parts or list(PARTS)
    return asked


def measure(state: State, asked: argparse.Namespace, folder: Path) -> None:
    """Do what is asked for and not done yet."""

    def save() -> None:
        if asked.json is not None:
            part = asked.json.with_suffix(".new")
            part.write_text(json.dumps(state), encoding="utf-8")
            part.replace(asked.json)

    def of(part: str) -> State:
        return state["parts"].setdefault(part, {})

    folder.mkdir(parents=True, exist_ok=True)
    if "portraits" in asked.parts:
        throughput.measure(of("portraits"), save, folder, asked.photos or (60 if asked.quick else 2000))
    if "beside" in asked.parts and asked.revision is not None:
        beside.measure(of("beside"), save, folder, asked.revision, asked.photos or (60 if asked.quick else 2000))
    if "faults" in asked.parts:
        befall(of("faults"), save, folder, 2 if asked.quick else TIMES, asked.only)
    if "bytes" in asked.parts:
        equal.compare(of("bytes"), save, folder, asked.quick)
    if "tail" in asked.parts:
        measured = of("portraits").get("photo_seconds")
        if not measured:
            raise SystemExit("tail needs the times of photos: let portraits run first, or name both")
        of("tail")["photo_seconds"] = measured
        tail.measure(of("tail"), save, folder, asked.quick)


def befall(state: State, save: Callable[[], object], folder: Path, times: int, only: str = "") -> None:
    """Make every fault so many times; those that came too late to hit anything are made again."""
    photos = faults.prepare(folder / "tiny")
    for name, fault in faults.FAULTS.items():
        done = state.setdefault(name, [])
        while only in name and sum(found["hit"] for found in done) < times and len(done) < 3 * times:
            with tempfile.TemporaryDirectory(dir=folder) as place:
                try:
                    found = fault(photos, Path(place) / "out", random.Random(f"{name} {len(done)}"))
                except faults.NotPossible as why:
                    print(f"{name}: {why}", file=sys.stderr)
                    break
            done.append(vars(found))
            if not found.is_right:
                print(f"{name}, {len(done)}: {vars(found)}", file=sys.stderr, flush=True)
            save()


def fault_tables(state: State) -> Table:
    """Set the counts for printing, and hold them to their bar."""
    rows = [["fault", "times", "corrupt", "lost", "done twice", "else"]]
    for name, done in state.items():
        figures = [sum(found[key] for found in done) for key in ("corrupt", "lost", "twice")]
        times = sum(found["hit"] for found in done)
        rows.append([name, str(times), *map(str, figures), str(sum(len(found["notes"]) for found in done))])
    right = all(cell == "0" for row in rows[1:] for cell in row[2:])
    least = min((int(row[1]) for row in rows[1:]), default=0)
    return rows, [(f"each fault at least {least} times: 0 corrupt, 0 lost, 0 done twice", right and least > 0)]


def tail_tables(state: State) -> Table:
    """Set the simulated rows; they have no bar."""
    rows, said = tail.tables(state)
    return rows, [(words, True) for words in said]


_TABLES = {
    "portraits": throughput.tables,
    "beside": beside.tables,
    "faults": fault_tables,
    "bytes": equal.tables,
    "tail": tail_tables,
}


def report(state: State, asked: argparse.Namespace) -> int:
    """Print tables and bars; the exit code."""
    facts = ", ".join(f"{name} {value}" for name, value in state["machine"].items() if value is not None)
    print(f"{facts}\n")
    all_met = True
    for part in PARTS:
        if part not in asked.parts or not state["parts"].get(part):
            continue
        rows, bars = _TABLES[part](state["parts"][part])
        print(in_columns(rows, asked.markdown), end="\n\n")
        for words, met in bars:
            print(f"{'- ' * asked.markdown}{'met    ' if met else 'NOT MET'}  {words}")
        print()
        all_met &= all(met for _, met in bars)
    return 1 if asked.check and not all_met else 0


if __name__ == "__main__":
    sys.exit(main())
