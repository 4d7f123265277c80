"""Measure what one waits for, on photos: the whole command by stages, and its peak memory.

`python benchmarks/whole/run.py PHOTO|FOLDER ...` does what `rebokeh bench PHOTO ...` does, and holds it to its bars;
`--first-run` also times a first run after an install, which compiles.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rebokeh.bokeh.tools.bench import F_NUMBER, measure_photos, report_lines
from rebokeh.bokeh.tools.whole_command import CommandTimes, first_run_s

PHOTO_MP = 10.0, 16.0
"""Photos so large count as of 12 megapixels."""

MOST_WHOLE = {"heic": 2.5, "jpeg": 2.0}
MOST_PREPARE = 0.6
"""In Gaussian blurs."""

MOST_START_S, MOST_BYTES = 0.4, 1.2e9

MOST_FIRST_S, MOST_FIRST_LARGE_S = 20.0, 35.0
"""Of a first run: of a small photo, and of one as large as `PHOTO_MP`."""


def bars(measured: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Say what must hold of photos of 12 megapixels, and whether it does."""
    for one in (CommandTimes(**found) for found in measured["commands"]):
        if not PHOTO_MP[0] <= one.megapixels <= PHOTO_MP[1]:
            continue
        limit = MOST_WHOLE.get(one.format)
        if limit is not None:
            yield f"{one.photo}: {one.ratio():.2f} Gaussians in all, at most {limit:g}", one.ratio() <= limit
        share, start = one.ratio("prepare"), one.seconds["start"]
        yield f"{one.photo}: {share:.2f} Gaussians to prepare, at most {MOST_PREPARE:g}", share <= MOST_PREPARE
        yield f"{one.photo}: {start:.2f} s to start, at most {MOST_START_S:g}", start <= MOST_START_S
        if one.peak_bytes is not None:
            held = f"{one.photo}: {one.peak_bytes / 1e9:.2f} GB held, at most {MOST_BYTES / 1e9:g}"
            yield held, one.peak_bytes <= MOST_BYTES
    for one in measured.get("first_runs", ()):
        most_s = MOST_FIRST_LARGE_S if one["megapixels"] >= PHOTO_MP[0] else MOST_FIRST_S
        yield f"{one['photo']}: {one['seconds']:.1f} s for a first run, at most {most_s:g}", one["seconds"] <= most_s


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="photos, or folders of them")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each (%(default)s)")
    parser.add_argument("--first-run", action="store_true", help="also without a kernel compiled, once each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--markdown", action="store_true", help="the table in Markdown")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is not met")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Run the benchmark."""
    given = parse(words)
    found = [sorted(path.iterdir()) if path.is_dir() else [path] for path in given.photos]
    photos = [path for paths in found for path in paths if path.is_file()]
    measured = measure_photos(photos, given.rounds)
    if given.first_run:
        sizes = {one["photo"]: one["megapixels"] for one in measured["commands"]}
        options = "--fstop", f"{F_NUMBER:g}"
        measured["first_runs"] = [
            {"photo": photo.name, "megapixels": sizes[photo.name], "seconds": first_run_s(photo, options)}
            for photo in photos
            if photo.name in sizes
        ]
    if given.json is not None:
        given.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    print("\n".join(report_lines(measured, given.markdown)), end="\n\n")
    held = list(bars(measured))
    for said, met in held:
        print(f"{'- ' * given.markdown}{'met    ' if met else 'NOT MET'}  {said}")
    return 1 if given.check and not all(met for _, met in held) else 0


if __name__ == "__main__":
    sys.exit(main())
