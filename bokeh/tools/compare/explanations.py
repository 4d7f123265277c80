"""What each figure of a comparison means, in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..check.report import verdict
from .measure import ORIGINAL, OURS, PHONE, Comparison, Shown


@dataclass(frozen=True)
class FigureRow:
    """A figure: what it is called, what it means, and its value for each picture in words."""

    title: str
    meaning: str
    values: dict[str, str]


def figure_rows(comparison: Comparison) -> list[FigureRow]:
    """Gather the figures for a table; what is known of no picture is left out."""
    by = "%.1f px"
    known = [
        _row(
            comparison,
            "Highlight energy kept",
            "Light above white that is still there, spread out or not. A lens only moves light: 100 %. Who clips at "
            "white before blurring has lost it, and lamps turn into grey spots.",
            lambda shown: _share(shown.highlights),
        ),
        _row(
            comparison,
            "Leak of the subject's colour",
            "Width of the strip that the subject's light on the background would fill. In focus, a subject covers what "
            "is behind it and gives off no light beyond its outline: 0.",
            lambda shown: "–" if shown.edge is None else by % shown.edge.leak_px,
        ),
        _row(
            comparison,
            "Halo width",
            "How far from the outline a tenth of the light is still the subject's.",
            lambda shown: "–" if shown.edge is None else by % shown.edge.leak_width_px,
        ),
        _row(
            comparison,
            "Sharp rim",
            "Width of the background along the outline that was left sharp, as a matte does that is too large.",
            lambda shown: "–" if shown.edge is None else by % shown.edge.rim_px,
        ),
        _row(
            comparison,
            "Sharpness in focus",
            "Contrast of the fine detail in what is in focus, against the original: 100 % is untouched, more "
            "is sharpened.",
            lambda shown: _share(shown.sharpness),
        ),
        _row(
            comparison,
            "Shape of the blur",
            "Which blur explains the picture best: a disc is what a lens does, a Gaussian what a filter does.",
            lambda shown: (
                "–"
                if shown.curve is None or not shown.curve.bins or not shown.curve.bins[0].pixels
                else shown.curve.shape + (", clipped first" if shown.curve.clipped else "")
            ),
        ),
    ]
    return [row for row in known if set(row.values.values()) != {"–"}]


def blur_caption(comparison: Comparison) -> str:
    """Say what the plot of blur against distance shows."""
    said = [
        "Radius of the blur at each distance, found by holding each picture against the original blurred by known "
        "radii; the dashed line is what the thin lens demands. It leaves 0 at the focus and rises on both sides, the "
        "same step in 1/distance for the same step in blur."
    ]
    for name in (OURS, PHONE):
        shown = comparison.pictures.get(name)
        error = None if shown is None else departure_from_lens(comparison, shown)
        if shown is not None and error is not None:
            said.append(f"{shown.title[:1].upper()}{shown.title[1:]} departs from it by {error:.0%} in the median.")
    return " ".join(said)


def departure_from_lens(comparison: Comparison, shown: Shown) -> float | None:
    """Median departure of a picture's blur from the thin lens's, where that is over two pixels of what was measured."""
    if shown.curve is None:
        return None
    pairs = [(b.radius_px, comparison.expected_px(b.dioptres)) for b in shown.curve.bins if b.pixels]
    least = 2.0 * max(comparison.scene.photo.size) / 1024.0
    off = [abs(found / wanted - 1.0) for found, wanted in pairs if wanted > least]
    return float(np.median(off)) if off else None


def summary_line(comparison: Comparison) -> str:
    """Say the main figures in one line."""
    kept, leaks = [], []
    for name, shown in comparison.pictures.items():
        if shown.highlights is not None:
            kept.append(f"{name} {_share(shown.highlights)}")
        if shown.edge is not None:
            leaks.append(f"{name} {shown.edge.leak_px:.1f} px")
    said = [f"{what} {', '.join(values)}" for what, values in (("highlights kept:", kept), ("leak:", leaks)) if values]
    measured = "; ".join(said) or "nothing above white, and no outline, to measure"
    return measured if comparison.check.passed else f"{measured}; {verdict(comparison.check)}"


def _row(comparison: Comparison, title: str, meaning: str, value: Callable[[Shown], str]) -> FigureRow:
    shown = {name: one for name, one in comparison.pictures.items() if name != ORIGINAL}
    return FigureRow(title, meaning, {name: value(one) for name, one in shown.items()})


def _share(value: float | None) -> str:
    return "–" if value is None else f"{max(100.0 * value, 0.0):.0f} %"
