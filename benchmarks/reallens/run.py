"""Renders beside what a real lens took: photos at f/16, and the same views through the same lens wide open.

    python benchmarks/reallens/run.py FOLDER [--only NAME,...] [--methods NAME,...] [--out FOLDER] [--json FILE]
    python benchmarks/reallens/run.py --read FILE,... [--only NAME,...] [--methods NAME,...]

FOLDER holds, for each view, NAME_f16.jpg, NAME_f1.8.jpg (f2.8, f8), NAME_depth.png (relative inverse depth, larger is
nearer) and NAME_focus.png (white where it is in focus). What no file tells is fitted, for every method alike: the blur
radius of what is infinitely far, by a gather on small pictures; or it is read with --radii.

The wide open picture is moved onto the photo by what is in focus, and every render's exposure is brought to its own by
a gain and a gamma per channel. Wind, breathing of the focus and the depth map's errors stay in the score: only
differences count, between methods and between versions. The slowest methods take minutes for a view: a run may be of
some methods only, and --read makes one table of several runs.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize
from scored_rows import Row, read, table
from support.peers import GAUSSIAN_SIGMA, SAME_DEPTH_PX, layered, spread_all

import rebokeh as rk
from rebokeh.bokeh.colour.profile import Profile

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

STOPS = (1.8, 2.8, 8.0)
SENSOR_MM, FOCAL_MM = (36.0, 24.0), 50.0
BORDER_PX = 48
"""Not scored: there the lens saw what lies outside the photo."""
SMALL = 4
"""The radius is fitted on pictures so many times smaller."""
RADII_PX = (3.0, 120.0)
"""Blur radii at infinity and f/1.8 between which it is sought."""
OUTLINE_PX, LIGHT_PX, SPOT_PX = 41, 25, 9
"""Squares around the subject's outline and around lights, and the smallest light."""
WHITE = 0.93
LEAST_PIXELS = 500
TONE_SIGMA, TONE_RANGE = 24.0, (0.002, 0.7)

SRGB = Profile()


@dataclass(frozen=True, eq=False)
class View:
    """One view: the photo, what the lens took at each stop, and the depth.

    Attributes
    ----------
    name : str
    path : Path
        Of the photo.
    rgb : float32 (H, W, 3)
        The photo at f/16, linear.
    taken : dict of float32 (H, W, 3)
        By f-number, linear, moved onto the photo.
    nearness : float32 (H, W)
        Relative inverse depth, 1 in focus.
    focus : bool (H, W)
    """

    name: str
    path: Path
    rgb: FloatArray
    taken: dict[float, FloatArray]
    nearness: FloatArray
    focus: BoolArray


def views(folder: Path, only: Collection[str]) -> Iterator[View]:
    """Read the views of a folder."""
    for path in sorted(folder.glob("*_f16.jpg")):
        name = path.name.removesuffix("_f16.jpg")
        if only and name not in only:
            continue
        photo, focus = _codes(path), _codes(folder / f"{name}_focus.png")[..., 0] > 127
        depth = _codes(folder / f"{name}_depth.png")[..., 0].astype(np.float32)
        nearness = depth / np.float32(max(float(np.median(depth[focus])), 1.0))
        files = {stop: folder / f"{name}_f{stop:g}.jpg" for stop in STOPS}
        taken = {s: SRGB.to_linear(moved(_codes(f), photo, focus)) for s, f in files.items() if f.exists()}
        yield View(name, path, SRGB.to_linear(photo), taken, nearness, focus)


def _codes(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        sys.exit(f"{path} cannot be read")
    return np.ascontiguousarray(picture[..., ::-1]).astype(np.uint8)


def moved(picture: NDArray[np.uint8], onto: NDArray[np.uint8], focus: BoolArray) -> NDArray[np.uint8]:
    """Move a picture onto another by an affine map, fitted where they are both sharp."""

    def detail(codes: NDArray[np.uint8]) -> FloatArray:
        grey = ndimage.gaussian_filter(codes.mean(axis=2, dtype=np.float32) / 255.0, 1.5)
        return (grey - ndimage.gaussian_filter(grey, 25.0)).astype(np.float32)

    mask = ndimage.binary_dilation(focus, iterations=7).astype(np.uint8)
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 300, 1e-7)
    still = np.eye(2, 3, dtype=np.float32)
    try:
        _, still = cv2.findTransformECC(detail(onto), detail(picture), still, cv2.MOTION_AFFINE, until, mask, 5)
    except cv2.error as err:
        print(f"the pictures are compared as they lie: {err}", file=sys.stderr)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = onto.shape[1], onto.shape[0]
    return cv2.warpAffine(picture, still, size, flags=flags, borderMode=cv2.BORDER_REFLECT).astype(np.uint8)


def toned(render: FloatArray, taken: FloatArray) -> FloatArray:
    """Give a render the exposure of what was taken: a gain and a gamma per channel, fitted on what is smooth."""
    out = np.empty_like(render)
    for channel in range(3):
        x, y = (
            ndimage.gaussian_filter(np.minimum(v[..., channel], 1.0), TONE_SIGMA).ravel()[::37] for v in (render, taken)
        )
        ok = (np.minimum(x, y) > TONE_RANGE[0]) & (np.maximum(x, y) < TONE_RANGE[1])
        x, stops = np.log(x[ok]), np.log(y[ok] / x[ok])
        slope, gain = optimize.least_squares(
            lambda p, x=x, stops=stops: p[0] * x + p[1] - stops, (0.0, 0.0), loss="cauchy", f_scale=0.1
        ).x
        low, high = np.percentile(x, [1, 99])
        log = np.clip(np.log(np.maximum(render[..., channel], 1e-5)), low, high)
        out[..., channel] = render[..., channel] * np.exp(np.clip(slope, -0.35, 0.35) * log + gain)
    return out


def psnr(made: FloatArray, taken: FloatArray, where: BoolArray | None = None) -> float:
    """PSNR of pictures of 0..1, dB; of part of them; NaN of none."""
    error = np.square(made - taken) if where is None else np.square(made - taken)[where]
    return -10.0 * math.log10(max(float(error.mean()), 1e-12)) if error.size else math.nan


def scores(render: FloatArray, taken: FloatArray, focus: BoolArray) -> dict[str, float]:
    """PSNR of all, beside the outline of what is in focus and around lights; and how bright the lights are.

    Lights are where the real lens shows white that is not in focus; their brightness is 1 where ours is as theirs.
    """
    inner = (slice(BORDER_PX, -BORDER_PX),) * 2
    a, b, focus = SRGB.from_linear(render)[inner], SRGB.from_linear(taken)[inner], focus[inner]
    outline = np.not_equal(ndimage.binary_dilation(focus), ndimage.binary_erosion(focus))
    edge = np.asarray(ndimage.maximum_filter(outline, OUTLINE_PX), np.bool_)
    white = np.asarray(ndimage.binary_opening(b.min(axis=2) > WHITE, np.ones((SPOT_PX, SPOT_PX))), np.bool_)
    found = {"psnr": psnr(a, b), "edge": psnr(a, b, edge)}
    around = np.asarray(ndimage.maximum_filter(white, LIGHT_PX), np.bool_) & ~focus
    if around.sum() > LEAST_PIXELS:
        core = white & ~focus
        level = float(np.minimum(render[inner][core], 1.0).mean() / np.minimum(taken[inner][core], 1.0).mean())
        found |= {"lights": psnr(a, b, around), "level": level}
    return found


def fitted(view: View) -> float:
    """Find the blur radius at infinity, at f/1.8, pixels: the one whose gather is nearest to what was taken."""
    small = partial(_smaller, factor=SMALL)
    rgb, taken, nearness = small(view.rgb), small(view.taken[STOPS[0]]), small(view.nearness[..., None])[..., 0]
    win = (slice(BORDER_PX // SMALL, -BORDER_PX // SMALL),) * 2

    def off(log_radius: float) -> float:
        radius = (math.exp(log_radius) / SMALL * (1.0 - nearness)).astype(np.float32)
        made = toned(spread_all(rgb, radius, rk.Aperture(), SAME_DEPTH_PX), taken)
        return -psnr(SRGB.from_linear(made)[win], SRGB.from_linear(taken)[win])

    tries = np.log(np.geomspace(*RADII_PX, 10))
    best = int(np.argmin([off(float(t)) for t in tries]))
    bounds = tries[max(best - 1, 0)], tries[min(best + 1, len(tries) - 1)]
    return math.exp(optimize.minimize_scalar(off, bounds=bounds, method="bounded", options={"maxiter": 10}).x)


def _smaller(values: FloatArray, factor: int) -> FloatArray:
    height, width = (n // factor for n in values.shape[:2])
    cut = values[: height * factor, : width * factor]
    return np.ascontiguousarray(cut.reshape(height, factor, width, factor, -1).mean(axis=(1, 3)), np.float32)


def rendered(view: View, radius_px: float, stop: float, highlights: str) -> FloatArray:
    """Render a view as a user would: the photo's file with a map of dioptres, and a 50 mm lens before full frame.

    It is focused where what is infinitely far is blurred by so much.
    """
    per_mm = view.rgb.shape[1] / SENSOR_MM[0]
    focus_m = (FOCAL_MM + FOCAL_MM**2 * per_mm / (2.0 * stop * radius_px)) / 1000.0
    lens = rk.Lens(f_number=stop, focal_mm=FOCAL_MM, sensor_mm=SENSOR_MM, focus_m=focus_m, starburst=0.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "depth.npy"
        np.save(path, view.nearness / np.float32(focus_m))
        photo = rk.load(view.path, depth=path, depth_unit="dioptre")
    settings = rk.RenderSettings(highlights=highlights, baked="ignore")  # pyright: ignore[reportArgumentType]
    return rk.render(photo, lens, settings).rgb


def one_gaussian(view: View, radius: FloatArray) -> FloatArray:
    """Blur what is out of focus evenly, as the portrait modes of old."""
    sigma = GAUSSIAN_SIGMA * float(np.abs(radius[~view.focus]).mean())
    blurred = ndimage.gaussian_filter(view.rgb, (sigma, sigma, 0.0))
    return np.where(view.focus[..., None], view.rgb, blurred)


def methods(view: View, radius_px: float, stop: float) -> dict[str, Callable[[], FloatArray]]:
    """Every method, to be called for its picture (H, W, 3), linear."""
    radius = (radius_px * (1.0 - view.nearness)).astype(np.float32)
    disc = rk.Aperture()
    return {
        "rebokeh": lambda: rendered(view, radius_px, stop, "auto"),
        "rebokeh highlights off": lambda: rendered(view, radius_px, stop, "off"),
        "gather with a depth test": lambda: spread_all(view.rgb, radius, disc, SAME_DEPTH_PX),
        "scatter without visibility": lambda: spread_all(view.rgb, radius, disc),
        "layered FFT": lambda: layered(view.rgb, radius, disc),
        "Gaussian around what is sharp": lambda: one_gaussian(view, radius),
        "no blur": lambda: view.rgb,
    }


def main() -> None:
    """Score every method on every view, or show what was scored."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", default="", metavar="NAME,...", help="these views")
    parser.add_argument("--methods", default="", metavar="NAME,...", help="these methods")
    parser.add_argument("--stops", default=",".join(f"{stop:g}" for stop in STOPS), metavar="N,...")
    parser.add_argument("--radii", type=Path, help="JSON: blur radius at infinity, f/1.8, of each view")
    parser.add_argument("--out", type=Path, help="pictures: render | taken")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--read", metavar="FILE,...", help="measure nothing: a table of what --json wrote")
    given = parser.parse_args()
    if (given.folder is None) == (given.read is None):
        parser.error("give a folder, or --read")
    stops = [float(stop) for stop in given.stops.split(",")]
    only, wanted = (frozenset(filter(None, names.split(","))) for names in (given.only, given.methods))
    if given.read:
        rows = [
            row for row in read(map(Path, given.read.split(",")))
            if (not only or row["view"] in only) and (not wanted or row["method"] in wanted)
        ]  # fmt: skip
    else:
        radii: dict[str, float] = json.loads(given.radii.read_text()) if given.radii else {}
        rows = list(scored(views(given.folder, only), radii, stops, wanted, given.out))
    print("\n\n".join(table(rows, stop) for stop in stops if any(row["f"] == stop for row in rows)))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))


def scored(
    some: Iterable[View], radii: dict[str, float], stops: list[float], wanted: frozenset[str], out: Path | None
) -> Iterator[Row]:
    """Score views by the methods wanted (none: all), and write their pictures, if anywhere."""
    for view in some:
        at_widest = radii.get(view.name) or fitted(view)
        print(f"{view.name}: {at_widest:.2f} px at infinity", flush=True)
        for stop in (stop for stop in view.taken if stop in stops):
            every = methods(view, at_widest * STOPS[0] / stop, stop)
            if unknown := wanted - every.keys():
                sys.exit(f"no method {', '.join(unknown)}; there are {', '.join(every)}")
            for method, make in every.items():
                if wanted and method not in wanted:
                    continue
                picture = toned(np.asarray(make(), np.float32), view.taken[stop])
                found = scores(picture, view.taken[stop], view.focus)
                print(f"  f/{stop:g} {method:30s}", " ".join(f"{k} {v:.2f}" for k, v in found.items()), flush=True)
                if out:
                    out.mkdir(parents=True, exist_ok=True)
                    both = SRGB.to_codes(np.hstack([picture, view.taken[stop]]), 8)[..., ::-1]
                    cv2.imwrite(str(out / f"{view.name}_f{stop:g}_{method.replace(' ', '_')}.png"), both)
                yield {"view": view.name, "f": stop, "method": method, **found}


if __name__ == "__main__":
    main()
