"""Check renders of real photos by what must hold of any picture: `rebokeh inspect --check` for many.

`python benchmarks/real/run.py FOLDER` prints a row for each photo with depth; a figure out of its range is marked, and
the exit code is then 1. Photos without depth, and files that are none, are named and left out; photos that are broken
are named too, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import rebokeh as rk
from rebokeh.bokeh.core.jsonable import plain
from rebokeh.bokeh.tools.bench import in_columns
from rebokeh.bokeh.tools.check.check import PictureCheck
from rebokeh.bokeh.tools.check.report import MEANINGS, value_words

OUT = " (!)"
"""Marks what is out of range."""


def heading() -> list[str]:
    """Return the table's first row."""
    return ["photo", *(title.lower() for title, _ in MEANINGS.values()), "s"]


def row(name: str, found: PictureCheck, seconds: float) -> list[str]:
    """Return a photo's row."""
    cells = (found[which] for which in MEANINGS)
    said = ("-" if one.value is None else value_words(one) + ("" if one.in_range else OUT) for one in cells)
    return [name, *said, f"{seconds:.0f}"]


def photos_in(given: list[Path]) -> list[Path]:
    """List the files that are meant: those named, and those in the folders named."""
    files = [sorted(path.iterdir()) if path.is_dir() else [path] for path in given]
    return [path for found in files for path in found if path.is_file()]


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path, metavar="FOLDER", help="folders of photos, or photos")
    parser.add_argument("--fstop", type=float, default=1.4, metavar="N", help="f-number (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--markdown", action="store_true", help="the table in Markdown")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Run the benchmark."""
    given = parse(words)
    rows, said, failed, broken = [heading()], list[dict[str, Any]](), 0, 0
    for path in photos_in(given.photos):
        start = time.monotonic()
        try:
            found = rk.check(rk.load(path), rk.Lens(f_number=given.fstop))
        except (rk.NoDepthError, rk.UnknownFormatError) as why:
            print(f"left out: {why}", file=sys.stderr)
            continue
        except rk.RebokehError as why:
            print(f"BROKEN: {why}", file=sys.stderr)
            broken += 1
            continue
        failed += not found.passed
        rows.append(row(path.name, found, time.monotonic() - start))
        said.append({"photo": path.name, **found.to_json()})
        print(f"{path.name}: {'in range' if found.passed else 'OUT OF RANGE'}", file=sys.stderr, flush=True)
    if not said:
        print("no photo with depth is there", file=sys.stderr)
        return 1 if broken else 2
    print(in_columns(rows, given.markdown))
    print(f"\n{len(said)} checked, {failed} of them out of range" + (f"; {broken} broken" if broken else ""))
    if given.json is not None:
        given.json.write_text(json.dumps(plain({"photos": said}), indent=1), "utf-8")
    return 1 if failed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
