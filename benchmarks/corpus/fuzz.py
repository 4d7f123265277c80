"""Call rebokeh's own parsers with broken input; print how often, and what they did wrong.

    python benchmarks/corpus/fuzz.py [--runs 100000] [--seed 0] [--engine atheris|random] [TARGET ...]

Each parser (tests/support/targets.py) has a process of its own, which begins from whole input. atheris (pip install
atheris) follows what the parser's code does with it; random changes bytes by a seeded die, and needs nothing. What
stands under "wrong" are errors other than those that are the parser's answer to broken input.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

_GIVE_UP_S = 3600


def by_random(name: str, runs: int, seed: int) -> None:
    """Call one target with inputs of a seeded die, until one is wrong."""
    from support.targets import TARGETS, changed

    target, die = TARGETS[name], random.Random(f"{name} {seed}")
    seeds = target.seeds()
    for k in range(runs):
        data = changed(die.choice(seeds), die.randbytes(8 * die.randint(1, 6)))
        try:
            target.parse(data)
        except target.errors:
            pass
        except Exception:
            print(f"Done {k + 1} runs")
            traceback.print_exc(file=sys.stdout)
            print(f"input: {data[:600].hex()}")
            raise SystemExit(1) from None
    print(f"Done {runs} runs")


def by_atheris(name: str, runs: int, seed: int) -> None:
    """Call one target with inputs that atheris finds, until one is wrong; ends the process."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["rebokeh.bokeh"]):
        from support.targets import TARGETS
    target = TARGETS[name]

    def once(data: bytes) -> None:
        try:
            target.parse(data)
        except target.errors:
            pass

    with tempfile.TemporaryDirectory() as folder:
        for k, data in enumerate(target.seeds()):
            (Path(folder) / str(k)).write_bytes(data)
        options = [
            f"-runs={runs}",
            f"-seed={seed + 1}",
            "-max_len=20000",
            "-rss_limit_mb=4000",
            f"-artifact_prefix={folder}/",
        ]
        atheris.Setup([sys.argv[0], folder, *options], once)
        atheris.Fuzz()


def main() -> int:
    """Fuzz every target, each in a process of its own."""
    from support.targets import TARGETS

    parser = argparse.ArgumentParser()
    parser.add_argument("targets", nargs="*", help=", ".join(TARGETS))
    parser.add_argument("--runs", type=int, default=100_000, help="over all targets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("atheris", "random"))
    parser.add_argument("--alone", action="store_true", help="this process calls the one target")
    asked = parser.parse_args()
    engine = asked.engine or ("atheris" if importlib.util.find_spec("atheris") else "random")
    if asked.alone:
        {"atheris": by_atheris, "random": by_random}[engine](asked.targets[0], asked.runs, asked.seed)
        return 0
    names = asked.targets or list(TARGETS)
    each, total, failed = -(-asked.runs // len(names)), 0, []
    for name in names:
        start = time.perf_counter()
        words = ["--alone", "--engine", engine, "--runs", str(each), "--seed", str(asked.seed), name]
        done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, timeout=_GIVE_UP_S)
        said = done.stdout + done.stderr
        counts = re.findall(r"(?:Done |#)(\d+)(?: runs|\t)", said)
        calls = max(map(int, counts), default=0)
        total += calls
        fate = "held" if done.returncode == 0 else "WRONG"
        print(f"{name:18}{calls:9} runs{time.perf_counter() - start:8.1f} s  {fate}", flush=True)
        if done.returncode:
            failed.append(name)
            print(said[-3000:], flush=True)
    print(f"{'all':18}{total:9} runs by {engine}; wrong: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
