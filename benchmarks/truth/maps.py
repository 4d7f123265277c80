"""Hold the simulated phone's maps against real ones: `python benchmarks/truth/maps.py FOLDER`.

For every photo in the folder that holds depth, and for the truth set's photos with exact maps and as each simulated
phone would have stored them, the figures of `map_statistics`, and their medians side by side.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from map_statistics import NAMES, MapStatistics, statistics_of, typical
from phone import PHONES
from support.pictures import load, names

import rebokeh as rk
from rebokeh.bokeh.core.jsonable import plain
from rebokeh.bokeh.tools.bench import in_columns
from rebokeh.bokeh.tools.measures.ladder import luminance


def of_photo(path: Path) -> MapStatistics | None:
    """Measure a real photo's maps; None when it holds no depth, is broken, or is no photo."""
    try:
        photo = rk.load(path)
    except rk.RebokehError as why:
        print(f"left out: {why}", file=sys.stderr)
        return None
    return None if photo.depth is None else statistics_of(luminance(photo.rgb), photo.depth, photo.matte)


def of_truth(folder: Path, phone: str) -> dict[str, MapStatistics]:
    """Measure the maps that a simulated phone makes of each scene of a truth set; "exact" takes them as they are."""
    found = {}
    for name in names(folder):
        scene = name.split("/")[0]
        if scene in found:
            continue
        picture = load(folder, name)
        if phone == "exact":
            depth, matte = picture.dioptres, picture.matte
        else:
            maps = PHONES[phone](picture.dioptres, picture.matte, scene)
            depth, matte = maps.depth, maps.matte
        found[scene] = statistics_of(luminance(picture.rgb), depth, matte)
    return found


def row(name: str, one: MapStatistics) -> list[str]:
    """Return a row of the table."""
    return [name, *(_said(key, getattr(one, key)) for key in NAMES)]


def _said(name: str, value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:.0f}" if name == "codes" else f"{value:.1f}" if name.endswith("_px") else f"{100.0 * value:.1f} %"


def main(words: Iterable[str] | None = None) -> int:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, metavar="FOLDER", help="of real photos")
    parser.add_argument("--set", type=Path, default=Path(__file__).parent / "set", help="folder of the truth set")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--markdown", action="store_true", help="the table in Markdown")
    given = parser.parse_args(None if words is None else list(words))
    real = {path.name: one for path in sorted(given.photos.iterdir()) if path.is_file() and (one := of_photo(path))}
    if not real:
        print(f"no photo with depth in {given.photos}", file=sys.stderr)
        return 2
    made = {phone: of_truth(given.set, phone) for phone in ("exact", *PHONES)}
    rows = [["", *(name.removesuffix("_px").replace("_", " ") for name in NAMES)]]
    rows += [row(name, one) for name, one in real.items()]
    medians = {"real, median": typical(list(real.values()))}
    medians |= {f"{phone}, median": typical(list(of.values())) for phone, of in made.items()}
    print(in_columns(rows + [row(name, one) for name, one in medians.items()], given.markdown))
    print("\nLengths are in pixels of a map 768 long.")
    if given.json is not None:
        said = {"real": real, **made}
        figures = {kind: {name: asdict(one) for name, one in of.items()} for kind, of in said.items()}
        given.json.write_text(json.dumps(plain(figures), indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
