"""How near to the thin lens `rebokeh compare` finds blur: of our render, of the path-traced truth, of one Gaussian.

    python benchmarks/truth/curves.py [FOLDER]

For each picture: how many depths were measured, the median and mean departure from the thin lens, and the radii that
were found of a Gaussian whose radius is known.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
from support import pictures

import rebokeh as rk
from rebokeh.bokeh.optics.lens import ThinLens
from rebokeh.bokeh.render.gaussian import gaussian_style
from rebokeh.bokeh.tools.bench import in_columns
from rebokeh.bokeh.tools.measures.blur import BlurCurve, blur_curves, iris_radius

LEAST_PX = 2.5
"""Smaller blur is not told from none at this size."""


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "set"
    rows = [["picture", "depths", "rebokeh", "path-traced", "Gaussian of", "found"]]
    for path in sorted(folder.glob("*_gt_*.exr")):
        rows.append(row(pictures.load(folder, path.stem.replace("_gt_", "/", 1))))
        print(f"\r{len(rows) - 1} ", end="", file=sys.stderr, flush=True)
    print(in_columns(rows))


def row(picture: pictures.Picture) -> list[str]:
    """Measure one picture."""
    photo = rk.Photo(rgb=picture.rgb, depth=picture.dioptres, matte=picture.matte)
    scene = rk.prepare(photo, rk.RenderSettings(rendition="hdr"))
    thin, _ = scene.mount(picture.lens)
    assert scene.dioptres is not None
    shown = {
        "rebokeh": scene.render(picture.lens).rgb,
        "truth": picture.truth,
        "gaussian": gaussian_style(photo.rgb, scene.dioptres, scene.matte, thin),
    }
    curves = blur_curves(picture.rgb, shown, picture.dioptres, thin)
    iris = iris_radius(picture.lens)
    ours, truth = (departures(curves[name], thin, iris) for name in ("rebokeh", "truth"))
    behind = np.abs(thin.radius_px(picture.dioptres))[picture.matte < 0.5]
    flat = [b.radius_px for b in curves["gaussian"].bins if b.radius_px > 0.5]
    found = f"{min(flat):.2f} to {max(flat):.2f} px" if flat else "-"
    known = f"{np.median(behind):.2f} px" if flat else "-"
    return [f"{picture.scene}/{picture.config}", str(len(ours)), shares(ours), shares(truth), known, found]


def departures(curve: BlurCurve, thin: ThinLens, iris: float) -> list[float]:
    """Departures from the thin lens, as shares of its radius, where that is large enough to measure."""
    pairs = [(b.radius_px, abs(float(thin.radius_px(b.dioptres))) * iris) for b in curve.bins]
    return [abs(found / wanted - 1.0) for found, wanted in pairs if wanted > LEAST_PX]


def shares(values: list[float]) -> str:
    """Median and mean in words."""
    return f"{np.median(values):.1%}, {math.fsum(values) / len(values):.1%}" if values else "-"


if __name__ == "__main__":
    main()
