"""Measure what one waits for, on photos: the whole command by stages, and its peak memory.

`python benchmarks/whole/run.py PHOTO|FOLDER ...` does what `rebokeh bench PHOTO ...` does, and holds it to its bars.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rebokeh.bokeh.tools.bench import measure_photos, report_lines
from rebokeh.bokeh.tools.whole_command import CommandTimes

PHOTO_MP = 10.0, 16.0
"""Photos so large count as of 12 megapixels."""

MOST_WHOLE = {"heic": 2.5, "jpeg": 2.0}
MOST_PREPARE = 0.6
"""In Gaussian blurs."""

MOST_START_S, MOST_BYTES = 0.4, 1.2e9


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


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="photos, or folders of them")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--markdown", action="store_true", help="the table in Markdown")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is not met")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Run the benchmark."""
    given = parse(words)
    found = [sorted(path.iterdir()) if path.is_dir() else [path] for path in given.photos]
    measured = measure_photos([path for paths in found for path in paths if path.is_file()], given.rounds)
    if given.json is not None:
        given.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    print("\n".join(report_lines(measured, given.markdown)), end="\n\n")
    held = list(bars(measured))
    for words_, met in held:
        print(f"{'- ' * given.markdown}{'met    ' if met else 'NOT MET'}  {words_}")
    return 1 if given.check and not all(met for _, met in held) else 0


if __name__ == "__main__":
    sys.exit(main())
