"""What the times come to: powers, ratios, tables and bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from methods import AGAIN, FLAWED, FLAWED_AGAIN, METHODS, OPENCV, REFOCUSED, RENDER, SCIPY
from sweep import COMMAND_LINE, PHOTO_SIGMA_PX, Results, Time

BAR_MP, BAR_RADIUS_PX = 12.0, 60.0
PHOTO_MP = 10.0, 16.0
"""Photos so large count as of 12 megapixels."""


def power(points: Sequence[tuple[float, float]]) -> float:
    """Fit y = a x^p to (x, y) by least squares of the logarithms; return p, nan with fewer than two x."""
    if len({x for x, _ in points}) < 2:
        return math.nan
    xs, ys = ([math.log(v) for v in values] for values in zip(*points, strict=True))
    x0, y0 = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - x0) * (y - y0) for x, y in zip(xs, ys, strict=True)) / sum((x - x0) ** 2 for x in xs)


def by_size(results: Results, scene: str) -> list[Time]:
    """Select the times along the axis of megapixels: those at the radius that most sizes have."""
    return _along(results, scene, lambda t: t.radius_px, lambda t: t.megapixels)


def by_radius(results: Results, scene: str) -> list[Time]:
    """Select the times along the axis of radii: those at the size that most radii have."""
    return _along(results, scene, lambda t: t.megapixels, lambda t: t.radius_px)


def _along(results: Results, scene: str, held: Callable[[Time], float], axis: Callable[[Time], float]) -> list[Time]:
    """Select the times at the one value of `held` that has the most values of `axis`, in the order of the axis."""
    times = [t for t in results.times if t.scene == scene and t.threads is None and t.method in METHODS]
    if not times:
        return []
    wide = {value: len({axis(t) for t in times if held(t) == value}) for value in {held(t) for t in times}}
    return sorted((t for t in times if held(t) == max(wide, key=lambda v: (wide[v], v))), key=axis)


def curves(times: Iterable[Time], axis: str) -> dict[str, list[tuple[float, float]]]:
    """(axis, seconds) by method; `axis` is a field of Time."""
    found: dict[str, list[tuple[float, float]]] = {}
    for t in times:
        found.setdefault(t.method, []).append((getattr(t, axis), t.seconds))
    return {method: found[method] for method in METHODS if method in found}


def time_rows(times: Sequence[Time], axis: str, unit: str) -> list[list[str]]:
    """Set times in rows: rebokeh's render in seconds, every other method as a multiple of it."""
    values = sorted({getattr(t, axis) for t in times})
    lines = [["time", *(f"{value:g} {unit}" for value in values), "power"]]
    drawn = curves(times, axis)
    own = dict(drawn.get(RENDER, []))
    estimated = {(t.method, getattr(t, axis)) for t in times if t.extrapolated}
    for method, points in drawn.items():
        line = [method]
        for value in values:
            seconds = dict(points).get(value)
            about = "~" if (method, value) in estimated else ""
            if seconds is None:
                line.append("-")
            elif method == RENDER or value not in own:
                line.append(f"{seconds:.3g} s")
            else:
                line.append(f"{about}x {seconds / own[value]:.3g}")
        fitted = power(points)
        lines.append([*line, f"{fitted:.2f}" if math.isfinite(fitted) else "-"])
    return lines


def memory_rows(results: Results, scene: str) -> list[list[str]]:
    """Set the peaks in rows, GB; the first row after the heading is what the process held before."""
    peaks = [p for p in results.peaks if p.scene == scene and p.method != COMMAND_LINE]
    sizes = sorted({p.megapixels for p in peaks})
    if not sizes:
        return []
    lines = [["peak memory", *(f"{size:g} MP" for size in sizes)]]
    held = [[p.baseline_bytes for p in peaks if p.megapixels == size and p.baseline_bytes] for size in sizes]
    lines.append(["before: Python and the input", *(f"{median(b) / 1e9:.2f} GB" if b else "-" for b in held)])
    for method in METHODS:
        found = [results.peak(scene, size, method) for size in sizes]
        if any(found):
            lines.append([method, *("-" if p is None else f"{p.peak_bytes / 1e9:.2f} GB" for p in found)])
    return lines


def command_rows(results: Results) -> list[list[str]]:
    """Set the runs of the whole command in rows."""
    lines = [["whole command, HEIC to HEIC", "time", "peak memory"]]
    for t in results.times:
        if t.method == COMMAND_LINE:
            peak = results.peak(t.scene, t.megapixels, t.method)
            held = f"{peak.peak_bytes / 1e9:.2f} GB" if peak else "-"
            lines.append([f"{t.megapixels:g} MP, radius up to {t.radius_px:g} px", f"{t.seconds:.3g} s", held])
    return lines if len(lines) > 1 else []


def photo_rows(results: Results) -> list[list[str]]:
    """Set the re-renders of photos in rows."""
    lines = [["photo, re-render", "size", "time", OPENCV]]
    for t in results.photos:
        ratio = "-" if t.gaussian_seconds is None else f"x {t.gaussian_seconds / t.seconds:.3g}"
        lines.append([t.photo, f"{t.megapixels:.1f} MP", f"{t.seconds:.3g} s", ratio])
    return lines if len(lines) > 1 else []


def threads_gain(results: Results, scene: str) -> float:
    """How many times as fast two threads are as one; nan when not measured."""
    taken = {
        n: [t.seconds for t in results.times if t.scene == scene and t.threads == n and t.method == RENDER]
        for n in (1, 2)
    }
    return median(taken[1]) / median(taken[2]) if taken[1] and taken[2] else math.nan


def bars(results: Results) -> list[tuple[str, bool]]:
    """Say what must hold, and whether it does; what was not measured is left out."""
    found: list[tuple[str, bool]] = []

    def bar(words: str, figure: float, limit: float, unit: str = "", at_least: bool = False) -> None:
        if math.isfinite(figure):
            met = figure >= limit if at_least else figure <= limit
            found.append((f"{words}: {figure:.2f}{unit}, at {'least' if at_least else 'most'} {limit:g}{unit}", met))

    for scene in dict.fromkeys(t.scene for t in results.times):

        def took(method: str, megapixels: float = BAR_MP, radius: float = BAR_RADIUS_PX, scene: str = scene) -> float:
            seconds = results.seconds(scene, megapixels, radius, method)
            return math.nan if seconds is None else seconds

        own = took(RENDER)
        bar(f"{scene}: render : OpenCV Gaussian, 12 MP, 60 px", own / took(OPENCV), 1.0)
        bar(f"{scene}: render : SciPy Gaussian, 12 MP, 60 px", own / took(SCIPY), 0.4)
        bar(f"{scene}: render with 240 px : with 60 px, 12 MP", took(RENDER, radius=240.0) / own, 1.3)
        bar(f"{scene}: render of 48 MP : of 12 MP", took(RENDER, 48.0) / own, 4.4)
        for method in (AGAIN, REFOCUSED):
            words = method.removeprefix("rebokeh ")
            bar(f"{scene}: {words} : OpenCV Gaussian, 12 MP, 60 px", took(method) / took(OPENCV), 0.3)
        for words, method, limit in (("render", RENDER, 6.0), ("re-render", AGAIN, 4.0)):
            gaussian = took(OPENCV, radius=15.0)
            bar(f"{scene}: {words} : OpenCV Gaussian, 12 MP, 15 px", took(method, radius=15.0) / gaussian, limit)
        bar(f"{scene}: render with gauss-58 : without flaws, 12 MP, 60 px", took(FLAWED) / own, 2.5)
        bar(f"{scene}: the same, re-render", took(FLAWED_AGAIN) / took(AGAIN), 2.5)
        bar(f"{scene}: re-render, 1 MP", took(AGAIN, 1.0), 0.1, " s")
        bar(f"{scene}: one thread : two threads", threads_gain(results, scene), 1.8, at_least=True)
        for method in (RENDER, COMMAND_LINE):
            for megapixels, limit in ((12.0, 1.2), (48.0, 3.5)):
                peak = results.peak(scene, megapixels, method)
                held = math.nan if peak is None else peak.peak_bytes / 1e9
                bar(f"{scene}: peak memory, {method}, {megapixels:g} MP", held, limit, " GB")
    for t in results.photos:
        if PHOTO_MP[0] <= t.megapixels <= PHOTO_MP[1] and t.gaussian_seconds is not None:
            words = f"{t.photo}: re-render at f/{t.f_number:g} : OpenCV Gaussian, sigma {PHOTO_SIGMA_PX:g} px"
            bar(words, t.seconds / t.gaussian_seconds, 0.4)
    return found
