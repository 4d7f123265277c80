"""Measure how fast rebokeh is beside the usual ways to blur, on this machine and in one run.

`python benchmarks/speed/run.py` goes along two axes, megapixels and blur radius, and prints the times as multiples of
rebokeh's render (everything from colour and depth to the picture), the powers they grow by, peak memory, and the bars.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import figures
from chart import chart
from inputs import SCENES
from methods import METHODS, OPENCV, RENDER
from sweep import Plan, Results, run

from rebokeh.bokeh.tools import bench
from rebokeh.bokeh.tools.bench import in_columns
from rebokeh.bokeh.tools.gaussians import gaussians

PARTS = ("megapixels", "radius", "photos", "memory", "threads", "command-line")
MEGAPIXELS = (1.0, 4.0, 12.0, 24.0, 48.0)
RADII_PX = (8.0, 15.0, 30.0, 60.0, 120.0, 240.0)
COMMAND_LINE_MP = (12.0, 48.0)


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few small points, in a few minutes")
    for name, known in (("only", PARTS), ("scenes", tuple(SCENES)), ("methods", METHODS)):
        parser.add_argument(f"--{name}", type=_words(known), default=known, metavar="A,B", help=", ".join(known))
    parser.add_argument("--megapixels", type=_numbers, metavar="A,B", help=_listed(MEGAPIXELS))
    parser.add_argument("--radii", type=_numbers, metavar="A,B", help=f"largest blur radii in px ({_listed(RADII_PX)})")
    parser.add_argument("--at-megapixels", type=float, metavar="A", help="size along the axis of radii (12)")
    parser.add_argument("--at-radius", type=float, default=60.0, metavar="PX", help="radius along the other (60)")
    parser.add_argument("--longest", type=float, default=60.0, metavar="S", help="skip what takes longer (%(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="per method and point (%(default)s)")
    parser.add_argument(
        "--photos", type=Path, nargs="+", default=[], metavar="FOLDER", help="folders of real photos, too"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, after each step")
    parser.add_argument("--read", type=Path, metavar="FILE", help="measure nothing: show what --json wrote")
    parser.add_argument("--svg", type=Path, metavar="DIR", help="write the charts there")
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is not met")
    return parser.parse_args(words)


def plan_of(given: argparse.Namespace) -> Plan:
    """Say what to measure."""
    found = gaussians()
    missing = {OPENCV} if "OpenCV" not in found else set()
    quick = given.quick
    return Plan(
        scenes=given.scenes if not quick or given.scenes != tuple(SCENES) else given.scenes[:1],
        methods=[method for method in given.methods if method not in missing],
        parts=given.only,
        megapixels=given.megapixels or ((0.25, 1.0) if quick else MEGAPIXELS),
        radii_px=given.radii or ((15.0, 60.0) if quick else RADII_PX),
        at_megapixels=given.at_megapixels or (1.0 if quick else 12.0),
        at_radius_px=given.at_radius,
        command_line_mp=(1.0,) if quick else COMMAND_LINE_MP,
        longest_s=given.longest,
        seconds=given.seconds / 4 if quick else given.seconds,
        photos=[
            path
            for one in given.photos
            for path in (sorted(one.iterdir()) if one.is_dir() else [one])
            if path.is_file()
        ],
    )


def main() -> int:
    """Run the benchmark."""
    given = parse()
    if given.read is not None:
        results = Results.read(given.read)
    else:
        results = Results(bench.machine())
        for line in run(plan_of(given), results):
            print(line, file=sys.stderr, flush=True)
            if given.json is not None:
                results.write(given.json)
    report(results, given.markdown)
    if given.svg is not None:
        given.svg.mkdir(parents=True, exist_ok=True)
        for name, drawing in charts(results).items():
            (given.svg / name).write_text(drawing, encoding="utf-8")
    return 1 if given.check and not all(met for _, met in figures.bars(results)) else 0


def report(results: Results, markdown: bool) -> None:
    """Print the tables and the bars."""
    facts = ", ".join(f"{name} {value}" for name, value in results.machine.items() if value is not None)
    print(f"{facts}\n")
    if results.machine["opencv"] is None:
        print("OpenCV is not installed: its Gaussian is missing.\n")
    for scene in dict.fromkeys(t.scene for t in results.times):
        print(f"{'**' * markdown}{scene}{'**' * markdown}; x: times as long as rebokeh's render; ~: extrapolated\n")
        for rows in tables(results, scene):
            if len(rows) > 1:
                print(in_columns(rows, markdown), end="\n\n")
    for rows in (figures.photo_rows(results), figures.command_rows(results)):
        if rows:
            print(in_columns(rows, markdown), end="\n\n")
    for words in results.skipped:
        print(f"{'- ' * markdown}skipped  {words}")
    for words, met in figures.bars(results):
        print(f"{'- ' * markdown}{'met    ' if met else 'NOT MET'}  {words}")


def tables(results: Results, scene: str) -> Sequence[list[list[str]]]:
    """All tables of one scene."""
    return (
        figures.time_rows(figures.by_size(results, scene), "megapixels", "MP"),
        figures.time_rows(figures.by_radius(results, scene), "radius_px", "px"),
        figures.memory_rows(results, scene),
    )


def charts(results: Results) -> dict[str, str]:
    """Draw both axes of the first scene, by file name."""
    scene = results.times[0].scene if results.times else ""
    drawn = {}
    for name, times, axis, held, across in (
        ("speed_megapixels.svg", figures.by_size(results, scene), "megapixels", "radius_px", "megapixels"),
        ("speed_radius.svg", figures.by_radius(results, scene), "radius_px", "megapixels", "largest blur radius, px"),
    ):
        lines = figures.curves(times, axis)
        if len({x for line in lines.values() for x, _ in line}) > 1:
            at = getattr(times[0], held)
            where = f"{at:g} px" if held == "radius_px" else f"{at:g} megapixels"
            powers = {method: figures.power(line) for method, line in lines.items()}
            notes = {method: f"^{p:.2f}" for method, p in powers.items() if math.isfinite(p)}
            drawn[name] = chart(f"Time at {where}, {scene}; ^ is the power it grows by", across, lines, RENDER, notes)
    return drawn


def _words(known: Sequence[str]):
    def parsed(text: str) -> tuple[str, ...]:
        wanted = tuple(word.strip() for word in text.split(","))
        unknown = [word for word in wanted if word not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no {unknown[0]}; there are {', '.join(known)}")
        return wanted

    return parsed


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in text.split(","))


def _listed(values: Sequence[float]) -> str:
    return ",".join(f"{value:g}" for value in values)


if __name__ == "__main__":
    sys.exit(main())
