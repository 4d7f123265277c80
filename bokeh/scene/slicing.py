"""Depth slices: what a lens cuts a scene into, near to far, and at which pyramid level each is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from ..core.arrays import FloatArray
from ..optics.lens import ThinLens

COARSE_RADIUS_PX = 3.0
"""A slice is made at half size as long as its smallest radius stays this large there."""

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
    """One slice of a scene's depth: what is at least this near, of what the nearer slices left.

    Attributes
    ----------
    threshold : float
        Dioptres.
    is_subject : bool
        The subject, by its matte instead.
    least_px, most_px : float
        Smallest and largest blur radius in it, pixels of the photo.
    level : int
        Of the pyramid: it is made at the photo's size halved so often.
    """

    threshold: float
    is_subject: bool
    least_px: float
    most_px: float
    level: int = 0


@dataclass(frozen=True)
class ExtractionStep:
    """What is taken off at once at one level: a depth slice, or several where none of them is drawn there.

    Attributes
    ----------
    depth_slice : DepthSlice
        The last of them.
    number : int
        Which one, near to far.
    drawn : bool
        Whether it is drawn at this level, or only in the way.
    is_last : bool
        Whether it takes all that is left.
    """

    depth_slice: DepthSlice
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


def plan_slices(
    far: float, near: float, subject: SubjectRange | None, lens: ThinLens, most_halvings: int
) -> list[DepthSlice]:
    """Cut a scene into depth slices.

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
    slices: list[DepthSlice] = []

    def add_between(above: float, below: float) -> None:
        for threshold in slice_thresholds(below, above, lens) or [below]:
            slices.append(_slice(threshold, above, False, lens))
            above = threshold

    if subject is not None:
        before = subject.near + subject.margin
        if near > before:
            add_between(near, before)
        slices.append(_slice(subject.far - subject.margin, before, True, lens))
        near = min(near, before)
    add_between(near, far)
    halvings = [_halvings(one.least_px, most_halvings) for one in slices]
    finest = halvings.index(min(halvings))
    halvings = [*accumulate(halvings[: finest + 1], min), *list(accumulate(halvings[:finest:-1], min))[::-1]]
    return [replace(one, level=level) for one, level in zip(slices, halvings, strict=True)]


def extraction_steps(slices: Sequence[DepthSlice], level: int) -> list[ExtractionStep]:
    """List what to take off, near to far, to get at the slices that are drawn at a level.

    Slices that are not drawn there go together, up to the subject; what lies behind the last drawn one is left.
    """
    drawn = [number for number, one in enumerate(slices) if one.level == level]
    steps: list[ExtractionStep] = []
    for number, one in enumerate(slices[: drawn[-1] + 1]):
        if steps and not (steps[-1].drawn or steps[-1].depth_slice.is_subject or one.is_subject or one.level == level):
            steps.pop()
        steps.append(ExtractionStep(one, number, one.level == level, number == len(slices) - 1))
    return steps


def _slice(threshold: float, above: float, is_subject: bool, lens: ThinLens) -> DepthSlice:
    one, other = lens.radius_px(threshold), lens.radius_px(above)
    least = 0.0 if one * other <= 0.0 else min(abs(one), abs(other))
    return DepthSlice(threshold, is_subject, least, max(abs(one), abs(other)))


def _halvings(least_px: float, most: int) -> int:
    return int(np.clip(np.floor(np.log2(max(least_px, 1e-6) / COARSE_RADIUS_PX) + 1e-6), 0, most))
