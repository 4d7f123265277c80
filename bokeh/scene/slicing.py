"""What to cut the scene into for a lens, near to far, and at which size each piece is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from ..core.arrays import FloatArray
from ..optics.lens import ThinLens

COARSE_RADIUS_PX = 3.0
"""A piece is made at half size as long as its smallest radius stays this large there."""

SLICE_RADII_PX = (2.0, 2.0 * COARSE_RADIUS_PX)
"""Blur radii at which a scene is cut, and from the last one on in a geometric series."""

SLICE_RATIO = math.sqrt(2.0)

SUBJECT_SHARE = 0.002
"""A matte that covers less of the picture than this is no subject."""

SUBJECT_MARGIN = 0.05
"""What lies beyond the subject's depths by less than this share of them may be part of it."""


@dataclass(frozen=True)
class SubjectRange:
    """Depths of the subject, in dioptres: `far` <= its bulk <= `near`; beyond `margin` from them it is not."""

    far: float
    near: float
    margin: float


def subject_range(dioptres: FloatArray, matte: FloatArray | None) -> SubjectRange | None:
    """Find between which depths the subject stands; None without a matte, or with one of next to nothing."""
    if matte is None:
        return None
    stride = max(1, int(math.sqrt(matte.size / 1e6)))
    dioptres, core = dioptres[::stride, ::stride], matte[::stride, ::stride] > 0.95
    if core.mean() < SUBJECT_SHARE:
        return None
    # Robust against holes in the hair, whose depth is the background's.
    far, middle, near = (float(v) for v in np.percentile(dioptres[core], [3.0, 50.0, 99.5]))
    return SubjectRange(far, near, SUBJECT_MARGIN * middle)


@dataclass(frozen=True)
class DepthSlice:
    """One piece of the scene: what is at least this near, of what the nearer pieces left.

    Attributes
    ----------
    threshold : float
        Dioptres.
    is_subject : bool
        The subject, by its matte instead.
    least_px, most_px : float
        Smallest and largest blur radius in it, pixels of the photo.
    level : int
        It is made at the photo's size halved so often.
    """

    threshold: float
    is_subject: bool
    least_px: float
    most_px: float
    level: int = 0


@dataclass(frozen=True)
class ExtractionStep:
    """One piece taken off at one level: several cuts at once, where none of them is drawn there.

    Attributes
    ----------
    cut : DepthSlice
    number : int
        Which cut, near to far.
    drawn : bool
        Whether it is drawn at this level, or only in the way.
    is_last : bool
        Whether it takes all that is left.
    """

    cut: DepthSlice
    number: int
    drawn: bool
    is_last: bool


def slice_thresholds(far: float, near: float, lens: ThinLens) -> list[float]:
    """Depths, near to far and down to `far`, that cut the range into slices which the lens blurs about alike."""
    if not near > far:
        return []
    most = max(abs(lens.radius_px(near)), abs(lens.radius_px(far)))
    radii = list(SLICE_RADII_PX)
    while radii[-1] < most:
        radii.append(radii[-1] * SLICE_RATIO)
    signed = [*(-r for r in reversed(radii)), *radii]
    depths = [lens.focus_dioptres - r / lens.px_per_dioptre for r in signed]
    return [d for d in depths if far < d < near] + [far]


def plan(far: float, near: float, subject: SubjectRange | None, lens: ThinLens, most_halvings: int) -> list[DepthSlice]:
    """Cut a scene.

    Parameters
    ----------
    far, near : float
        Range of its depths, dioptres.
    subject : SubjectRange or None
    lens : ThinLens
    most_halvings : int
        0 = everything is made at the photo's own size.

    Returns
    -------
    list of DepthSlice
        Near to far; the last takes all that is left. Towards focus the sizes only grow, and beyond it they only
        shrink: a coarser picture is never between two finer ones.
    """
    cuts: list[DepthSlice] = []

    def slices(above: float, below: float) -> None:
        for threshold in slice_thresholds(below, above, lens) or [below]:
            cuts.append(_cut(threshold, above, False, lens))
            above = threshold

    if subject is not None:
        before = subject.near + subject.margin
        if near > before:
            slices(near, before)
        cuts.append(_cut(subject.far - subject.margin, before, True, lens))
        near = min(near, before)
    slices(near, far)
    levels = [_halvings(cut.least_px, most_halvings) for cut in cuts]
    finest = levels.index(min(levels))
    levels = [*accumulate(levels[: finest + 1], min), *list(accumulate(levels[:finest:-1], min))[::-1]]
    return [
        DepthSlice(cut.threshold, cut.is_subject, cut.least_px, cut.most_px, level)
        for cut, level in zip(cuts, levels, strict=True)
    ]


def extraction_steps(cuts: Sequence[DepthSlice], level: int) -> list[ExtractionStep]:
    """List what to take off, near to far, to get at the cuts that are drawn at a level.

    Slices that are not drawn there go together, up to the subject; what lies behind the last drawn one is left.
    """
    drawn = [number for number, cut in enumerate(cuts) if cut.level == level]
    steps: list[ExtractionStep] = []
    for number, cut in enumerate(cuts[: drawn[-1] + 1]):
        joins = steps and not (steps[-1].drawn or steps[-1].cut.is_subject or cut.is_subject or cut.level == level)
        if joins:
            steps.pop()
        steps.append(ExtractionStep(cut, number, cut.level == level, number == len(cuts) - 1))
    return steps


def _cut(threshold: float, above: float, is_subject: bool, lens: ThinLens) -> DepthSlice:
    one, other = lens.radius_px(threshold), lens.radius_px(above)
    least = 0.0 if one * other <= 0.0 else min(abs(one), abs(other))
    return DepthSlice(threshold, is_subject, least, max(abs(one), abs(other)))


def _halvings(least_px: float, most: int) -> int:
    return int(np.clip(np.floor(np.log2(max(least_px, 1e-6) / COARSE_RADIUS_PX) + 1e-6), 0, most))
